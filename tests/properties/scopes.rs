//! Who pays, by every order of the draw, with and without splitting, charged on submission or on delivery: packages bound to
//! regions, purposes and projects, accounts that are suspended and closed, held against a list walked from its first package
//! to its last.

use super::invariants::{each_package_in_one_list, hold_in_journal, hold_in_store};
use crate::common::world::World;
use crate::common::{AU, Reply, US, changed, draws, refusal, text};
use proptest::prelude::*;
use serde_json::{Value, json};
use sms_ledger::catalog::Catalog;
use sms_ledger::engine::Tags;
use std::collections::BTreeMap;
use std::sync::Arc;

const NOW: &str = "2026-01-15T10:00:00Z";
const REGIONS: [(&str, &str); 2] = [(AU, "AU"), (US, "US")];
const PURPOSES: [&str; 2] = ["codes", "news"];
const PROJECTS: [&str; 2] = ["shop", "blog"];
const ORDERS: [&[&str]; 5] = [
    &["source", "purchased", "sequence"],
    &["scope", "sequence"],
    &["expiry", "purchased", "sequence"],
    &["effective", "scope", "sequence"],
    &["scope", "source", "expiry", "effective", "purchased", "sequence"],
];
/// Seconds from payment until a bought package can be used, and until it no longer can.
const WAIT: i64 = 3_600;
const LASTS: i64 = 86_400;

/// Of region, purpose and project the numbers in the lists above.
type Bound = [Option<usize>; 3];

#[derive(Clone, Debug)]
enum Act {
    Give { segments: u64, scope: Bound, hours: Option<i64> },
    Buy { segments: u64, project: Option<usize> },
    Take { package: usize, segments: u64 },
    Activate { package: usize },
    Send { to: usize, said: [Option<usize>; 2], segments: usize },
    Receipt { message: usize, delivered: bool },
    Suspend,
    Resume,
    Close,
    Later { seconds: i64 },
}

fn act() -> impl Strategy<Value = Act> {
    let either = || proptest::option::of(0..2_usize);
    prop_oneof![
        6 => (1..9_u64, [either(), either(), either()], proptest::option::weighted(0.6, 1..40_i64))
            .prop_map(|(segments, scope, hours)| Act::Give { segments, scope, hours }),
        3 => (1..9_u64, either()).prop_map(|(segments, project)| Act::Buy { segments, project }),
        1 => (0..20_usize, 1..4_u64).prop_map(|(package, segments)| Act::Take { package, segments }),
        2 => (0..20_usize).prop_map(|package| Act::Activate { package }),
        12 => (0..2_usize, [either(), either()], 1..7_usize)
            .prop_map(|(to, said, segments)| Act::Send { to, said, segments }),
        5 => (0..20_usize, any::<bool>()).prop_map(|(message, delivered)| Act::Receipt { message, delivered }),
        1 => Just(Act::Suspend),
        2 => Just(Act::Resume),
        4 => prop_oneof![0..900_i64, Just(WAIT), 0..LASTS].prop_map(|seconds| Act::Later { seconds }),
    ]
}

/// Acts, and after them perhaps the account's end and what is tried then.
fn acts() -> impl Strategy<Value = Vec<Act>> {
    let then = proptest::option::weighted(0.2, proptest::collection::vec(act(), 1..12));
    (proptest::collection::vec(act(), 1..60), then).prop_map(|(mut acts, then)| {
        if let Some(then) = then {
            acts.push(Act::Close);
            acts.extend(then);
        }
        acts
    })
}

#[derive(Clone, Debug)]
struct Pack {
    bought: bool,
    scope: Bound,
    issued: i64,
    from: i64,
    until: i64,
    available: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Active,
    Suspended,
    Closed,
}

/// What a message has drawn, until its receipt comes.
type Sent = Option<Vec<(usize, u64)>>;

struct Model {
    order: &'static [&'static str],
    split: bool,
    state: State,
    now: i64,
    packs: Vec<Pack>,
    sent: Vec<Sent>,
}

impl Model {
    fn expire(&mut self) {
        for pack in self.packs.iter_mut().filter(|pack| pack.until <= self.now) {
            pack.available = 0;
        }
    }

    fn available(&self) -> u64 {
        self.packs.iter().map(|pack| pack.available).sum()
    }

    fn key(&self, index: usize) -> Vec<i64> {
        let pack = &self.packs[index];
        let open = |place: usize| i64::from(pack.scope[place].is_none());
        let key = |name: &&str| match *name {
            "scope" => open(0) * 4 + open(1) * 2 + open(2),
            "source" => i64::from(!pack.bought),
            "expiry" => pack.until,
            "effective" => pack.from,
            "purchased" => pack.issued,
            _ => i64::try_from(index).unwrap(),
        };
        self.order.iter().map(key).collect()
    }

    /// In draw order: the least of what is left, over and over.
    fn ordered(&self, mut left: Vec<usize>) -> Vec<usize> {
        let mut ordered = Vec::new();
        while let Some(next) = (0..left.len()).min_by_key(|place| self.key(left[*place])) {
            ordered.push(left.remove(next));
        }
        ordered
    }

    /// Packages that could pay now.
    fn paying(&self, to: usize, said: [Option<usize>; 2]) -> Vec<usize> {
        let asked = [Some(to), said[0], said[1]];
        let fits = |pack: &Pack| {
            (0..3).all(|place| pack.scope[place].is_none() || pack.scope[place] == asked[place])
        };
        let pays = |pack: &Pack| fits(pack) && pack.from <= self.now && pack.available > 0;
        self.ordered((0..self.packs.len()).filter(|index| pays(&self.packs[*index])).collect())
    }

    /// Who pays, and what those that could have together.
    fn draw(&self, to: usize, said: [Option<usize>; 2], segments: u64) -> (Option<Vec<(usize, u64)>>, u64) {
        let paying = self.paying(to, said);
        let usable = paying.iter().map(|index| self.packs[*index].available).sum();
        if self.state == State::Suspended {
            return (None, usable);
        }
        let (mut drawn, mut missing) = (Vec::new(), segments);
        for index in paying {
            let taken = self.packs[index].available.min(missing);
            if taken > 0 && (self.split || taken == segments) {
                drawn.push((index, taken));
                missing -= taken;
            }
        }
        ((missing == 0).then_some(drawn), usable)
    }

    /// Usable segments by scope, as `balance` words it.
    fn pools(&self) -> BTreeMap<String, u64> {
        let mut pools = BTreeMap::new();
        for pack in self.packs.iter().filter(|pack| pack.from <= self.now && pack.available > 0) {
            *pools.entry(worded(pack.scope)).or_insert(0) += pack.available;
        }
        pools
    }
}

fn named(scope: Bound) -> [Option<&'static str>; 3] {
    [scope[0].map(|at| REGIONS[at].1), scope[1].map(|at| PURPOSES[at]), scope[2].map(|at| PROJECTS[at])]
}

fn worded(scope: Bound) -> String {
    named(scope).map(|name| name.unwrap_or("-")).join(" ")
}

fn catalog(order: &[&str], split: bool, submit: bool) -> Arc<Catalog> {
    changed(|catalog| {
        let offer = &mut catalog["offers"][0];
        offer["quantity"] = json!({ "step": 1, "min": 1, "max": 100 });
        offer["activation_seconds"] = json!(WAIT);
        offer["validity"] = json!({ "days": 1 });
        let policy = &mut catalog["policy"];
        policy["draw"] = json!(order);
        policy["sources"] = json!(["purchase", "adjustment"]);
        policy["split"] = json!(if split { "allow" } else { "never" });
        policy["charge_on"] = json!(if submit { "submit" } else { "delivery" });
    })
}

/// A ledger and a model of it, and how many of what there was.
struct Pair {
    world: World,
    model: Model,
    number: usize,
}

impl Pair {
    fn call(&mut self, name: &str, input: Value) -> Reply {
        self.world.call(name, input)
    }

    /// Whether an act was taken, or refused as the model says.
    fn issued(&mut self, reply: &Reply, refused: Option<&str>, pack: Pack) {
        if let Some(code) = refused {
            assert_eq!(refusal(reply), code);
        } else {
            assert!(reply.is_ok(), "{reply:?}");
            self.model.packs.push(pack);
        }
    }

    fn give(&mut self, segments: u64, scope: Bound, hours: Option<i64>) {
        let id = format!("a{}", self.number);
        let [region, purpose, project] = named(scope);
        let until = hours.map(|hours| self.world.now.checked_add_seconds(hours * 3_600).unwrap());
        let mut input = json!({ "id": id, "segments": segments, "reason": "test" });
        for (name, value) in [("region", region), ("purpose", purpose), ("project", project)] {
            if let Some(value) = value {
                input[name] = json!(value);
            }
        }
        if let Some(until) = until {
            input["expiresAt"] = json!(until);
        }
        let reply = self.call("adjust", input);
        let now = self.model.now;
        let until = hours.map_or(i64::MAX, |hours| now + hours * 3_600);
        let closed = (self.model.state == State::Closed).then_some("ACCOUNT_CLOSED");
        let pack = Pack { bought: false, scope, issued: now, from: now, until, available: segments };
        self.issued(&reply, closed, pack);
    }

    fn buy(&mut self, segments: u64, project: Option<usize>) {
        let quote = self.world.quote("pack-au", segments);
        let mut input =
            json!({ "id": format!("o{}", self.number), "quote": quote, "payment": { "reference": "paid" } });
        if let Some(project) = project {
            input["project"] = json!(PROJECTS[project]);
        }
        let reply = self.call("purchase", input);
        let refused = match self.model.state {
            State::Active => None,
            State::Suspended => Some("ACCOUNT_SUSPENDED"),
            State::Closed => Some("ACCOUNT_CLOSED"),
        };
        let (now, scope) = (self.model.now, [Some(0), None, project]);
        let pack = Pack {
            bought: true,
            scope,
            issued: now,
            from: now + WAIT,
            until: now + LASTS,
            available: segments,
        };
        self.issued(&reply, refused, pack);
    }

    fn take(&mut self, index: usize, segments: u64) {
        let taken = -i64::try_from(segments).unwrap();
        let package = format!("p{}", index + 1);
        let id = format!("a{}", self.number);
        let reply =
            self.call("adjust", json!({ "id": id, "segments": taken, "reason": "test", "package": package }));
        match self.model.packs.get_mut(index) {
            Some(pack) if pack.available >= segments => {
                pack.available -= segments;
                assert!(reply.is_ok(), "{reply:?}");
            }
            _ => {
                assert!(
                    ["UNKNOWN_PACKAGE", "INVALID_INPUT"].contains(&refusal(&reply).as_str()),
                    "{reply:?}"
                );
            }
        }
    }

    fn activate(&mut self, index: usize) {
        let (now, closed) = (self.model.now, self.model.state == State::Closed);
        let reply = self.call("activate", json!({ "package": format!("p{}", index + 1) }));
        match self.model.packs.get_mut(index).filter(|pack| pack.from > now && pack.available > 0) {
            Some(_) if closed => assert_eq!(refusal(&reply), "ACCOUNT_CLOSED"),
            Some(pack) => {
                pack.from = now;
                assert_eq!(reply.unwrap()["status"], "effective");
            }
            None => assert!(reply.is_ok() || refusal(&reply) == "UNKNOWN_PACKAGE", "{reply:?}"),
        }
    }

    fn send(&mut self, to: usize, said: [Option<usize>; 2], segments: usize) {
        let tags = Tags { purpose: said[0].map(|at| PURPOSES[at]), project: said[1].map(|at| PROJECTS[at]) };
        let (number, body) = (REGIONS[to].0, text(segments));
        let asked = json!({ "to": number, "text": body, "purpose": tags.purpose, "project": tags.project });
        let explained = self.call("explain", asked).unwrap();
        let command = self.world.tagged(&format!("m{}", self.model.sent.len()), number, &body, tags, 1);
        let reply = self.world.run(command);
        if self.model.state == State::Closed {
            assert_eq!(refusal(&reply), "ACCOUNT_CLOSED");
            return;
        }
        let (drawn, usable) = self.model.draw(to, said, segments as u64);
        let considered = explained["packages"].as_array().unwrap();
        let pays = considered.iter().filter(|one| one["verdict"] == "pays");
        let pays: Vec<String> =
            pays.map(|one| format!("{}:{}", one["package"].as_str().unwrap(), one["segments"])).collect();
        if let Some(drawn) = &drawn {
            let each = drawn.iter().map(|(index, taken)| format!("p{}:{taken}", index + 1));
            let expected = each.collect::<Vec<_>>().join(" ");
            assert_eq!(draws(reply.as_ref().unwrap()), expected);
            assert_eq!(pays.join(" "), expected);
            for (index, taken) in drawn {
                self.model.packs[*index].available -= taken;
            }
        } else {
            let suspended = self.model.state == State::Suspended;
            let fragmented = usable >= segments as u64 && !suspended;
            let reason = refusal(&reply);
            assert_eq!(reason == "INSUFFICIENT_BALANCE suspended", suspended, "{reason}");
            assert_eq!(reason == "INSUFFICIENT_BALANCE fragmented", fragmented, "{reason}");
            assert_eq!(reply.unwrap_err().details["available"], usable);
            assert_eq!((pays.len(), explained["reason"].as_str()), (0, reason.split(' ').nth(1)));
        }
        self.model.sent.push(drawn);
    }

    /// What was charged on submission comes back like what was held.
    fn receipt(&mut self, message: usize, delivered: bool) {
        let Some(sent) = self.model.sent.get_mut(message) else { return };
        let drawn = sent.take();
        let stage = if delivered { "delivered" } else { "rejected" };
        let reply = self.world.report(&format!("m{message}"), stage, None);
        let Some(drawn) = drawn else { return };
        let answer = reply.unwrap();
        let (mut back, mut lost) = (0, 0);
        for (index, taken) in drawn.into_iter().filter(|_| !delivered) {
            let pack = &mut self.model.packs[index];
            let late = pack.until <= self.model.now;
            if late {
                lost += taken;
            } else {
                back += taken;
            }
            pack.available += if late { 0 } else { taken };
        }
        assert_eq!((&answer["released"], &answer["expired"]), (&json!(back), &json!(lost)));
    }

    fn set(&mut self, name: &str, state: State) {
        let reply = self.call(name, json!({ "reason": "test" }));
        if self.model.state == State::Closed && state != State::Closed {
            assert_eq!(refusal(&reply), "ACCOUNT_CLOSED");
        } else {
            assert!(reply.is_ok(), "{reply:?}");
            self.model.state = state;
        }
    }

    fn take_act(&mut self, act: &Act) {
        self.number += 1;
        match *act {
            Act::Give { segments, scope, hours } => self.give(segments, scope, hours),
            Act::Buy { segments, project } => self.buy(segments, project),
            Act::Take { package, segments } => self.take(package, segments),
            Act::Activate { package } => self.activate(package),
            Act::Send { to, said, segments } => self.send(to, said, segments),
            Act::Receipt { message, delivered } => self.receipt(message, delivered),
            Act::Suspend => self.set("suspend", State::Suspended),
            Act::Resume => self.set("resume", State::Active),
            Act::Close => self.set("close", State::Closed),
            Act::Later { seconds } => {
                self.world.now = self.world.now.checked_add_seconds(seconds).unwrap();
                self.model.now += seconds;
                self.model.expire();
            }
        }
    }

    /// Sums by pool, and the order of all that is open.
    fn agree(&mut self) {
        let balance = self.world.balance();
        assert_eq!(balance["available"], self.model.available());
        let pool = |pool: &Value| {
            let scope = ["region", "purpose", "project"].map(|name| pool[name].as_str().unwrap_or("-"));
            (scope.join(" "), pool["available"].as_u64().unwrap())
        };
        let pools: BTreeMap<String, u64> = balance["pools"].as_array().unwrap().iter().map(pool).collect();
        assert_eq!(pools, self.model.pools());
        let number =
            |one: &Value| one["id"].as_str().unwrap().trim_start_matches('p').parse::<usize>().unwrap() - 1;
        let packages = self.world.packages();
        let shown: Vec<usize> = packages.iter().map(number).collect();
        assert_eq!(shown, self.model.ordered(shown.clone()));
        for (index, package) in shown.iter().zip(&packages) {
            assert_eq!(package["available"], self.model.packs[*index].available, "{package}");
        }
        hold_in_store(&self.world);
        each_package_in_one_list(&mut self.world);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn who_pays_is_who_a_walk_through_a_list_finds(
        order in 0..ORDERS.len(),
        split in any::<bool>(),
        submit in any::<bool>(),
        again in 1..9_usize,
        acts in acts(),
    ) {
        let world = World::opened_of(catalog(ORDERS[order], split, submit), NOW);
        let now = world.now.millis() / 1_000;
        let model = Model { order: ORDERS[order], split, state: State::Active, now, packs: Vec::new(), sent: Vec::new() };
        let mut pair = Pair { world, model, number: 0 };
        for (index, act) in acts.iter().enumerate() {
            if index % again == 0 {
                pair.world = pair.world.again();
            }
            pair.take_act(act);
            pair.agree();
        }
        hold_in_journal(&mut pair.world);
    }
}
