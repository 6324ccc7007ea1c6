//! Random histories of an account that recharges: messages, payments of every outcome, purchases by hand, other processes, days and
//! months; and what must hold whatever comes.

use super::invariants::{hold_in_journal, hold_in_store};
use crate::common::shared::Fault;
use crate::common::world::World;
use crate::common::{AU, Reply, bytes, changed, refusal, text};
use proptest::prelude::*;
use serde_json::{Value, json};
use sms_ledger::engine::{Command, Estimate, Message, Tags};
use std::collections::{BTreeMap, BTreeSet};

const NOW: &str = "2026-01-30T08:00:00Z";
const STATUSES: [&str; 5] = ["paid", "declined", "cancelled", "timed_out", "unknown"];
const METHODS: [&str; 2] = ["card", "other"];

#[derive(Clone, Debug)]
enum Step {
    Set {
        threshold: u64,
        pack: u64,
        method: usize,
        day: u32,
        month: u32,
    },
    End,
    Reserve {
        message: u8,
        segments: usize,
        attempt: u32,
    },
    Batch {
        first: u8,
        messages: u8,
        segments: usize,
    },
    Release {
        message: u8,
    },
    /// What becomes of the order placed so many orders ago.
    Decide {
        back: usize,
        status: usize,
    },
    Buy {
        order: u8,
        quantity: u64,
        method: usize,
    },
    Give {
        adjustment: u8,
        segments: u64,
    },
    Take {
        adjustment: u8,
        package: u8,
        segments: u64,
    },
    Suspend {
        on: bool,
    },
    Later {
        minutes: i64,
    },
    Again,
    Fails {
        lost: bool,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0..30_u64, 1..40_u64, 0..2_usize, 1..5_u32, 1..9_u32)
            .prop_map(|(threshold, pack, method, day, month)| Step::Set { threshold, pack, method, day, month }),
        1 => Just(Step::End),
        12 => (0..40_u8, 1..60_usize, prop_oneof![6 => Just(1_u32), 1 => Just(2)])
            .prop_map(|(message, segments, attempt)| Step::Reserve { message, segments, attempt }),
        3 => (40..60_u8, 1..8_u8, 1..30_usize)
            .prop_map(|(first, messages, segments)| Step::Batch { first, messages, segments }),
        2 => (0..40_u8).prop_map(|message| Step::Release { message }),
        8 => (0..3_usize, prop_oneof![4 => Just(0_usize), 4 => 1..5_usize])
            .prop_map(|(back, status)| Step::Decide { back, status }),
        2 => (0..6_u8, 1..40_u64, 0..2_usize).prop_map(|(order, quantity, method)| Step::Buy { order, quantity, method }),
        1 => (0..8_u8, 1..50_u64).prop_map(|(adjustment, segments)| Step::Give { adjustment, segments }),
        2 => (0..8_u8, 1..6_u8, 1..50_u64)
            .prop_map(|(adjustment, package, segments)| Step::Take { adjustment, package, segments }),
        1 => any::<bool>().prop_map(|on| Step::Suspend { on }),
        5 => prop_oneof![1..90_i64, 600..2_000_i64, 10_000..50_000_i64].prop_map(|minutes| Step::Later { minutes }),
        2 => Just(Step::Again),
        2 => any::<bool>().prop_map(|lost| Step::Fails { lost }),
    ]
}

/// Nothing expires, so that what is available is what is usable.
fn shop(split: &str) -> World {
    let catalog = changed(|catalog| {
        catalog["policy"]["split"] = json!(split);
        catalog["offers"][0]["quantity"] = json!({ "step": 1, "min": 1, "max": 5_000 });
    });
    World::opened_of(catalog, NOW)
}

/// Said until it is answered: what fails may have been carried out.
fn said(world: &mut World, mut say: impl FnMut(&mut World) -> Reply) -> Reply {
    loop {
        let reply = say(world);
        if !reply.as_ref().is_err_and(|error| error.outcome_unknown) {
            return reply;
        }
    }
}

fn called(world: &mut World, name: &str, input: Value) -> Reply {
    said(world, |world| world.call(name, input.clone()))
}

fn run(world: &mut World, command: &Command) -> Reply {
    said(world, |world| world.run(command.clone()))
}

fn orders(world: &mut World) -> Vec<Value> {
    let page = world.call("orders", json!({ "limit": 1000 })).unwrap();
    let orders = page["orders"].as_array().unwrap().iter().filter(|order| order["recharge"] == true);
    let mut orders: Vec<Value> = orders.cloned().collect();
    let number = |order: &Value| order["id"].as_str()?.strip_prefix("recharge-")?.parse::<u64>().ok();
    orders.sort_by_key(|order| number(order).unwrap());
    orders
}

fn message(world: &World, message: u8, segments: usize, attempt: u32) -> Message {
    Message::reserve(&world.catalog, &format!("m{message}"), AU, &text(segments), Tags::default(), attempt)
        .unwrap()
}

/// A message, which a preview foretells; and where it waits, whoever pays lets it through.
fn reserve(world: &mut World, id: u8, segments: usize, attempt: u32) {
    let key = format!("hold/m{id}");
    let new = attempt == 1 && !world.store.dump().iter().any(|(_, stored, _)| *stored == key);
    let foretold = world.preview(AU, &text(segments));
    let command = Command::Reserve(message(world, id, segments, attempt));
    let reply = run(world, &command);
    let elsewhere = world.again().run(command.clone());
    assert_eq!(bytes(&elsewhere), bytes(&reply), "asked again, elsewhere");
    if !new {
        return;
    }
    match (&foretold, &reply) {
        (Ok(foretold), Ok(reserved)) => assert_eq!(foretold["draws"], reserved["draws"]),
        (Err(foretold), Err(refused)) => {
            assert_eq!(foretold.code, refused.code);
            assert_eq!(foretold.details.get("recharge"), refused.details.get("recharge"));
            let quantity = |details: &serde_json::Map<String, Value>| {
                details.get("order").map(|order| order["quantity"].clone())
            };
            assert_eq!(quantity(&foretold.details), quantity(&refused.details));
        }
        _ => panic!("{foretold:?} {reply:?}"),
    }
}

fn take(world: &mut World, step: &Step) {
    match step {
        Step::Set { threshold, pack, method, day, month } => {
            let input = json!({
                "offer": "pack-au", "threshold": threshold, "quantity": pack, "method": METHODS[*method], "perDay": day,
                "perMonth": month,
            });
            drop(called(world, "setRecharge", input));
        }
        Step::End => drop(called(world, "setRecharge", json!({ "region": "AU", "enabled": false }))),
        Step::Reserve { message, segments, attempt } => reserve(world, *message, *segments, *attempt),
        Step::Batch { first, messages, segments } => {
            let all = (0..*messages).map(|index| message(world, first + index, *segments, 1)).collect();
            let command = Command::ReserveAll(all);
            let reply = run(world, &command);
            let elsewhere = world.again().run(command);
            assert_eq!(bytes(&elsewhere), bytes(&reply));
        }
        Step::Release { message } => {
            let command =
                Command::Outcome(sms_ledger::engine::Said::release(&format!("m{message}")).unwrap());
            drop(run(world, &command));
        }
        Step::Decide { back, status } => {
            let Some(order) = orders(world).into_iter().rev().nth(*back) else { return };
            let mut outcome = json!({ "status": STATUSES[*status] });
            if *status == 0 {
                outcome["reference"] = json!("pay");
            }
            drop(called(world, "confirmPayment", json!({ "order": order["id"], "outcome": outcome })));
        }
        Step::Buy { order, quantity, method } => {
            let quote = world.quote("pack-au", *quantity);
            let payment = json!({ "reference": "by-hand", "method": METHODS[*method] });
            drop(called(
                world,
                "purchase",
                json!({ "id": format!("o{order}"), "quote": quote, "payment": payment }),
            ));
        }
        Step::Give { adjustment, segments } => {
            let input = json!({ "id": format!("a{adjustment}"), "segments": segments, "reason": "test" });
            drop(called(world, "adjust", input));
        }
        Step::Take { adjustment, package, segments } => {
            let segments = -i64::try_from(*segments).unwrap();
            let package = format!("p{package}");
            let id = format!("a{adjustment}");
            let input = json!({ "id": id, "segments": segments, "package": package, "reason": "test" });
            drop(called(world, "adjust", input));
        }
        Step::Suspend { on } => {
            drop(called(world, if *on { "suspend" } else { "resume" }, json!({ "reason": "test" })));
        }
        Step::Later { minutes } => world.now = world.now.checked_add_seconds(minutes * 60).unwrap(),
        Step::Again => *world = world.again(),
        Step::Fails { lost } => world.store.fail(if *lost { Fault::Lost } else { Fault::Failed }),
    }
}

/// One order at a time, and never more than the limits that held at some time allow: `most` a day and a month.
fn bounded(world: &mut World, most: (u32, u32)) {
    let orders = orders(world);
    let open = orders
        .iter()
        .filter(|order| matches!(order["state"].as_str(), Some("placed" | "unknown" | "timed_out")));
    assert!(open.count() <= 1, "{orders:?}");
    for (length, most) in [("2026-01-01".len(), most.0), ("2026-01".len(), most.1)] {
        let mut placed = BTreeMap::new();
        for order in &orders {
            *placed.entry(order["placedAt"].as_str().unwrap().get(..length).unwrap()).or_insert(0) += 1;
        }
        assert!(placed.values().all(|count| *count <= most), "{placed:?} {most}");
    }
    // Charged once is one package, of all that was ordered.
    let packages = world.packages();
    let ended = world.call("endedPackages", json!({ "limit": 1000 })).unwrap()["packages"]
        .as_array()
        .unwrap()
        .clone();
    let issued: BTreeMap<&str, &Value> = (packages.iter().chain(&ended))
        .filter(|package| package["source"] == "recharge")
        .map(|package| (package["order"].as_str().unwrap(), &package["issued"]))
        .collect();
    let paid: BTreeMap<&str, &Value> = (orders.iter())
        .filter(|order| order["state"] == "fulfilled")
        .map(|order| (order["id"].as_str().unwrap(), &order["quantity"]))
        .collect();
    assert_eq!(issued, paid);
}

/// Each order was placed at or below a threshold, or for what could not be paid, and has as few packs as will do.
fn justified(world: &mut World, sets: &[(u64, u64)]) {
    let page = world.call("entries", json!({ "limit": 1000 })).unwrap();
    let mut seen = BTreeSet::new();
    for entry in page["entries"].as_array().unwrap().iter().filter(|entry| entry["kind"] == "recharge") {
        let Some(quantity) = entry["recharge"]["quantity"].as_u64() else { continue };
        assert_eq!(entry["reference"], format!("recharge-{}", entry["sequence"]));
        assert!(seen.insert(entry["reference"].to_string()));
        let available = entry["balance"]["available"].as_u64().unwrap();
        if entry["recharge"]["trigger"] == "threshold" {
            let fits = |(threshold, pack): &(u64, u64)| {
                let fewest = (threshold + 1).saturating_sub(available).max(1).div_ceil(*pack) * pack;
                available <= *threshold && quantity == fewest
            };
            assert!(sets.iter().any(fits), "{entry} {sets:?}");
        }
    }
    assert_eq!(seen.len(), orders(world).len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 160, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_recharge_keeps_its_limits_and_whoever_is_charged_has_a_package(
        never in any::<bool>(),
        steps in proptest::collection::vec(step(), 1..50),
    ) {
        let mut world = shop(if never { "never" } else { "allow" });
        let (mut most, mut sets) = ((0, 0), Vec::new());
        for step in &steps {
            if let Step::Set { threshold, pack, day, month, .. } = step {
                most = (most.0.max(*day), most.1.max(*month));
                sets.push((*threshold, *pack));
            }
            take(&mut world, step);
            world.store.heal();
            hold_in_store(&world);
            bounded(&mut world, most);
        }
        justified(&mut world, &sets);
        hold_in_journal(&mut world);
        hold_in_journal(&mut world.again());
    }

    /// Whoever pays what a message waits for lets it through, under the same id and attempt.
    #[test]
    fn a_message_that_waits_goes_through_once_its_order_is_paid(
        never in any::<bool>(), stock in 0..60_u64, threshold in 0..80_u64, pack in 1..60_u64, segments in 1..200_usize, batch in 1..5_u8,
    ) {
        let mut world = shop(if never { "never" } else { "allow" });
        if stock > 0 {
            take(&mut world, &Step::Give { adjustment: 0, segments: stock });
        }
        take(&mut world, &Step::Set { threshold, pack, method: 0, day: 4, month: 8 });
        // What is low already is bought first.
        take(&mut world, &Step::Decide { back: 0, status: 0 });
        let command = match batch {
            1 => Command::Reserve(message(&world, 1, segments, 1)),
            _ => Command::ReserveAll((0..batch).map(|index| message(&world, index, segments, 1)).collect()),
        };
        let placed = orders(&mut world).len();
        let first = world.run(command.clone());
        if first.is_err() {
            prop_assert!(refusal(&first).starts_with("TOP_UP_REQUIRED"), "{:?}", first);
            prop_assert_eq!(orders(&mut world).len(), placed + 1);
            take(&mut world, &Step::Decide { back: 0, status: 0 });
            prop_assert!(world.run(command).is_ok());
            prop_assert!(world.counts()[0] > threshold, "strictly more is left");
        }
    }

    /// What an estimate foretells is what its messages then lead to, in one group; the estimate itself leaves nothing.
    #[test]
    fn an_estimate_names_the_orders_that_its_messages_place(
        never in any::<bool>(),
        steps in proptest::collection::vec(step(), 0..24),
        (threshold, pack, day) in (0..60_u64, 1..40_u64, 1..5_u32),
        messages in proptest::collection::vec(1..60_usize, 1..16),
    ) {
        let mut world = shop(if never { "never" } else { "allow" });
        for step in &steps {
            take(&mut world, step);
            world.store.heal();
        }
        take(&mut world, &Step::Set { threshold, pack, method: 0, day, month: 20 });
        let ordered = |world: &mut World| -> Vec<Value> {
            let page = world.call("entries", json!({ "limit": 1000 })).unwrap();
            let told = page["entries"].as_array().unwrap().iter().map(|entry| entry["recharge"].clone());
            told.filter(|recharge| recharge["trigger"].is_string()).collect()
        };
        let before = (world.store.dump(), ordered(&mut world).len());
        let sized = messages.iter().map(|segments| {
            Message::sized(&world.catalog, AU, u32::try_from(*segments).unwrap(), Tags::default())
        });
        let told = Estimate::of(sized, None);
        let told = world.run(Command::Estimate(Box::new(told))).unwrap();
        prop_assert_eq!(world.store.dump(), before.0);
        let commands = (100_u8..).zip(&messages)
            .map(|(id, segments)| Command::Reserve(message(&world, id, *segments, 1)))
            .collect();
        let answers = world.driver.run_all("acme", commands, world.now);
        let unpaid = answers.iter().filter(|answer| answer.is_err()).count() as u64;
        prop_assert_eq!(&told["recharges"], &json!(ordered(&mut world).split_off(before.1)));
        let foretold = told["unpaid"].as_array().unwrap().iter().map(|row| row["messages"].as_u64().unwrap());
        prop_assert_eq!(foretold.sum::<u64>(), unpaid);
        prop_assert_eq!(&told["available"], &world.balance()["available"]);
    }

    /// In one group as one by one, however many processes have seen the messages before.
    #[test]
    fn a_group_recharges_as_its_messages_would_one_by_one(
        before in proptest::collection::vec((0..12_u8, 1..40_usize), 0..6), stock in 0..60_u64,
        messages in proptest::collection::vec((0..12_u8, 1..40_usize), 1..24),
    ) {
        let mut worlds = [shop("allow"), shop("allow")];
        for world in &mut worlds {
            take(world, &Step::Give { adjustment: 0, segments: stock + 1 });
            take(world, &Step::Set { threshold: 0, pack: 30, method: 0, day: 4, month: 8 });
            for (id, segments) in &before {
                let command = Command::Reserve(message(world, *id, *segments, 1));
                drop(world.run(command));
            }
            *world = world.again();
        }
        let [grouped, alone] = &mut worlds;
        let commands: Vec<Command> =
            messages.iter().map(|(id, segments)| Command::Reserve(message(grouped, *id, *segments, 1))).collect();
        let now = grouped.now;
        let answers = grouped.driver.run_all("acme", commands.clone(), now);
        for (command, answer) in commands.into_iter().zip(answers) {
            prop_assert_eq!(bytes(&alone.run(command)), bytes(&crate::common::reply(answer)));
        }
        let documents = |world: &World| -> Vec<(String, String)> {
            world.store.dump().into_iter().map(|(_, key, value)| (key, value)).collect()
        };
        prop_assert_eq!(documents(grouped), documents(alone));
    }
}
