//! Messages that nobody says a final word of (domain rule 23): settled or released at the very instant, whether or not anything
//! runs, in order with all else that time does.

use crate::common::shared::Shared;
use crate::common::world::World;
use crate::common::{AU, NZ, SHORT, changed, refusal, text};
use serde_json::{Value, json};
use sms_ledger::catalog::Catalog;
use sms_ledger::engine::{Command, Options};
use sms_ledger::storage::Limits;
use std::sync::Arc;

const NOW: &str = "2026-01-15T10:00:00Z";
/// 72 hours later.
const DUE: &str = "2026-01-18T10:00:00Z";
const BEFORE: &str = "2026-01-18T09:59:59.999Z";

fn hold(hours: u32, then: &str, fields: Value) -> Arc<Catalog> {
    changed(|catalog| {
        catalog["policy"]["hold"] = json!({ "hours": hours, "then": then });
        catalog["policy"]["receipts"][4]["charge"] = json!("none");
        for (name, value) in fields.as_object().unwrap() {
            match name.as_str() {
                "validity" => catalog["offers"][0]["validity"] = value.clone(),
                "revision" => catalog["revision"] = value.clone(),
                name => catalog["policy"][name] = value.clone(),
            }
        }
    })
}

/// A pack of 100 and a message of 3 segments.
fn sent(then: &str, fields: Value) -> World {
    let mut world = World::opened_of(hold(72, then, fields), NOW);
    world.buy("o1", "pack-au", 100);
    world.reserve("m1", AU, &text(3)).unwrap();
    world
}

fn kinds(world: &mut World) -> String {
    world.journal()[2..].join(" ")
}

/// `state spent released expired applied`.
fn summary(outcome: &Value) -> String {
    let counts = ["spent", "released", "expired", "applied"].map(|name| outcome[name].to_string()).join(" ");
    format!("{} {counts}", outcome["state"].as_str().unwrap())
}

/// The stretches of the journal in which messages are in flight, as the head has them.
fn in_flight(world: &World) -> String {
    let head = world.store.dump().into_iter().find(|(_, key, _)| key == "account").unwrap().2;
    let head: Value = serde_json::from_str(&head).unwrap();
    head[19].to_string()
}

#[test]
fn rule_23_a_message_without_a_final_word_is_settled_after_72_hours_or_released() {
    for (fields, then, counts, kind) in [
        (json!({}), None, [97, 0, 3, 0], "settle"),
        (json!({}), Some("settle"), [97, 0, 3, 0], "settle"),
        (json!({}), Some("release"), [100, 0, 0, 0], "release"),
    ] {
        let catalog = match then {
            Some(then) => hold(72, then, fields),
            None => changed(|_| {}),
        };
        let mut world = World::opened_of(catalog, NOW);
        world.buy("o1", "pack-au", 100);
        world.reserve("m1", AU, &text(3)).unwrap();
        assert_eq!(world.balance()["nextDue"], "2026-01-18T10:00:00.000Z");
        // Asked from before, at the instant and just before it: computed, and nothing written.
        let stored = world.store.dump();
        for (at, expected) in [(BEFORE, [97, 3, 0, 0]), (DUE, counts), ("2026-09-01T00:00:00Z", counts)] {
            let balance = world.call("balance", json!({ "at": at })).unwrap();
            let found = ["available", "held", "spent", "expired"].map(|name| balance[name].as_u64().unwrap());
            assert_eq!(found, expected, "{then:?} {at}");
        }
        // Asked then, by a process that has not seen the message.
        for mut world in [world.again(), world.again()] {
            assert_eq!(world.at(BEFORE).counts(), [97, 3, 0, 0]);
            assert_eq!(world.at(DUE).counts(), counts);
            assert!(world.balance().get("nextDue").is_none());
        }
        assert_eq!(world.store.dump(), stored);
        // Written with the next command, as of its instant.
        world.at("2026-02-01T00:00:00Z").reserve("m2", AU, SHORT).unwrap();
        assert_eq!(kinds(&mut world), ["reserve", kind, "reserve"].join(" "));
        let entry = world.call("entries", json!({ "after": 3 })).unwrap()["entries"][0].clone();
        assert_eq!(
            (&entry["reference"], &entry["effectiveAt"], &entry["recordedAt"]),
            (&json!("m1"), &json!("2026-01-18T10:00:00.000Z"), &json!("2026-02-01T00:00:00.000Z"))
        );
        world.proven();
        assert_eq!(in_flight(&world), "[[[5,0,1],1770163200000]]");
    }
}

#[test]
fn a_word_in_time_decides_and_a_later_one_finds_the_message_decided() {
    type Word = fn(&mut World) -> crate::common::Reply;
    let settle: Word = |world| world.settle("m1", None);
    let part: Word = |world| world.settle("m1", Some(1));
    let release: Word = |world| world.release("m1");
    let delivered: Word = |world| world.report("m1", "delivered", None);
    let undelivered: Word = |world| world.report("m1", "undelivered", None);
    for (then, at, word, expected) in [
        ("settle", BEFORE, release, "released 0 3 0 true"),
        ("settle", BEFORE, part, "settled 1 2 0 true"),
        ("settle", DUE, settle, "settled 3 0 0 false"),
        ("settle", DUE, delivered, "settled 3 0 0 false"),
        ("settle", DUE, undelivered, "settled 3 0 0 false"),
        ("settle", DUE, part, "HOLD_ENDED"),
        ("settle", DUE, release, "HOLD_ENDED"),
        ("release", BEFORE, delivered, "settled 3 0 0 true"),
        ("release", DUE, release, "released 0 3 0 false"),
        ("release", DUE, delivered, "released 0 3 0 false"),
        ("release", DUE, settle, "HOLD_ENDED"),
    ] {
        for fresh in [false, true] {
            let mut world = sent(then, json!({}));
            if fresh {
                world = world.again();
            }
            let told = word(world.at(at));
            let found = told.as_ref().map_or_else(|_| refusal(&told), summary);
            assert_eq!(found, expected, "{then} {at}");
            world.reserve("m2", AU, SHORT).unwrap();
            world.proven();
        }
    }
}

#[test]
fn rule_24_a_receipt_after_the_time_out_is_recorded_or_corrects_it() {
    for (then, stage, corrections, expected, counts) in [
        ("settle", "undelivered", false, "settled 3 0 0 false", [97, 0, 3, 0]),
        ("settle", "undelivered", true, "released 0 3 0 true", [100, 0, 0, 0]),
        ("release", "delivered", false, "released 0 3 0 false", [100, 0, 0, 0]),
        ("release", "delivered", true, "settled 3 0 0 true", [97, 0, 3, 0]),
    ] {
        let mut world = sent(then, json!({ "corrections": corrections }));
        let told = world.at("2026-01-20T10:00:00Z").report("m1", stage, None).unwrap();
        assert_eq!(summary(&told), expected, "{then} {corrections}");
        assert_eq!(world.counts(), counts);
        world.proven();
    }
}

/// At the same instant packages end first.
#[test]
fn rule_23_what_a_time_out_releases_is_breakage_where_its_package_has_expired() {
    for (hours, grace, counts) in [
        (95, 0, [0, 0, 0, 100]),
        (96, 0, [0, 0, 0, 100]),
        (97, 0, [0, 0, 0, 100]),
        (97, 2, [0, 0, 0, 100]),
        (97, 24, [3, 0, 0, 97]),
        (96, 1, [0, 0, 0, 100]),
    ] {
        let fields = json!({ "validity": { "days": 4 }, "grace_hours": grace });
        let mut world = World::opened_of(hold(hours, "release", fields), NOW);
        world.buy("o1", "pack-au", 100);
        world.reserve("m1", AU, &text(3)).unwrap();
        // 98 hours later: a grace of two is over.
        assert_eq!(world.at("2026-01-19T12:00:00Z").counts(), counts, "{hours} {grace}");
        let order = if hours < 96 { "reserve release expire" } else { "reserve expire release" };
        world.reserve("m2", NZ, SHORT).unwrap_err();
        assert!(kinds(&mut world).starts_with(order), "{hours} {grace}: {}", kinds(&mut world));
        world.proven();
    }
    for hours in [95, 96, 97] {
        let mut world = World::opened_of(hold(hours, "settle", json!({ "validity": { "days": 4 } })), NOW);
        world.buy("o1", "pack-au", 100);
        world.reserve("m1", AU, &text(3)).unwrap();
        assert_eq!(world.at("2026-01-20T00:00:00Z").counts(), [0, 0, 3, 97], "{hours}");
    }
}

#[test]
fn what_is_charged_on_submission_has_no_time_out() {
    let mut world = sent("release", json!({ "charge_on": "submit" }));
    assert_eq!(in_flight(&world), "[]");
    assert!(world.balance().get("nextDue").is_none());
    assert_eq!(world.at("2026-03-01T00:00:00Z").counts(), [97, 0, 3, 0]);
}

/// Each message by the hours and the outcome of the revision that held it, in the order of their instants.
#[test]
fn rule_34_a_message_times_out_under_the_policy_that_held_it() {
    let first = hold(72, "settle", json!({ "revision": 1 }));
    let second = hold(1, "release", json!({ "revision": 2 }));
    let mut world = World::opened_of(Arc::clone(&first), NOW);
    world.buy("o1", "pack-au", 100);
    world.reserve("a1", AU, &text(3)).unwrap();
    let mut world = world.again_under(Arc::clone(&second));
    world.reserve("b1", AU, &text(5)).unwrap();
    let mut world = world.again_under(Arc::clone(&first));
    world.reserve("a2", AU, &text(7)).unwrap();
    for catalog in [&first, &second] {
        let mut world = world.again_under(Arc::clone(catalog));
        for (at, counts) in [
            ("2026-01-15T10:59:59.999Z", [85, 15, 0, 0]),
            ("2026-01-15T11:00:00Z", [90, 10, 0, 0]),
            (BEFORE, [90, 10, 0, 0]),
            (DUE, [90, 0, 10, 0]),
        ] {
            assert_eq!(world.at(at).counts(), counts, "{at}");
        }
    }
    world.at(DUE).reserve("a3", AU, SHORT).unwrap();
    assert_eq!(kinds(&mut world), "reserve reserve reserve release settle settle reserve");
    world.proven();
}

/// So many messages that several commits bring the account to now, over stores of any size; each ends once, and in order.
#[test]
fn three_thousand_time_out_at_once() {
    for (writes, then) in [(4096, "settle"), (4096, "release"), (24, "settle")] {
        let limits = Limits { writes, ..Limits::default() };
        let options = Options { limits, ..Options::default() };
        let messages: u64 = if writes < 100 { 300 } else { 3_000 };
        let mut world = World::with(hold(72, then, json!({})), NOW, options);
        world.open(json!({})).unwrap();
        world.buy("o1", "pack-au", 10_000);
        let ids: Vec<String> = (0..messages).map(|number| format!("m{number}")).collect();
        let commands: Vec<Command> = ids.iter().map(|id| world.message(id, AU, SHORT, 1)).collect();
        for answer in world.driver.run_all("acme", commands, world.now) {
            answer.unwrap();
        }
        // One in seven is decided in time.
        for id in ids.iter().step_by(7) {
            world.report(id, "delivered", None).unwrap();
        }
        let told = messages.div_ceil(7);
        let mut world = world.again_with(options);
        assert_eq!(world.at(BEFORE).counts(), [10_000 - messages, messages - told, told, 0]);
        let spent = if then == "settle" { messages } else { told };
        let after = [10_000 - spent, 0, spent, 0];
        assert_eq!(world.at(DUE).counts(), after);
        world.at("2026-01-19T00:00:00Z").reserve("last", AU, SHORT).unwrap();
        assert_eq!(world.counts(), [10_000 - spent - 1, 1, spent, 0]);
        assert!(world.store.largest().1 <= writes);
        let stored = world.proven();
        assert_eq!(in_flight(&world).matches(']').count(), 3, "one stretch is left");
        let timed_out = stored.iter().filter(|(_, _, value)| value.contains("\"timed_out\"")).count();
        assert_eq!(u64::try_from(timed_out).unwrap(), messages - told);
    }
}

/// The head stays small, however many messages are in flight and whichever end first.
#[test]
fn stretches_of_the_journal_are_few() {
    let mut world = World::opened_of(hold(72, "settle", json!({})), NOW);
    world.buy("o1", "pack-au", 1_000_000);
    let count = 34_000_u32;
    let commands = |world: &World| -> Vec<Command> {
        (0..count).map(|number| world.message(&format!("m{number}"), AU, SHORT, 1)).collect()
    };
    for part in commands(&world).chunks(5_000) {
        for answer in world.driver.run_all("acme", part.to_vec(), world.now) {
            answer.unwrap();
        }
    }
    let stretches: Value = serde_json::from_str(&in_flight(&world)).unwrap();
    let held = |stretch: &Value| stretch[0][2].as_u64().unwrap();
    let stretches = stretches.as_array().unwrap();
    assert!((4..=8).contains(&stretches.len()), "{}", stretches.len());
    assert_eq!(stretches.iter().map(held).sum::<u64>(), u64::from(count));
    assert_eq!(world.call("balance", json!({ "at": DUE })).unwrap()["spent"], count);
    // Another process reads no more than it must.
    let mut other = world.again();
    other.store.calls();
    other.reserve("new", AU, SHORT).unwrap();
    let calls = other.store.calls();
    assert_eq!((calls.gets, calls.lists, calls.commits), (1, 1, 1));
}

/// A later revision of the policy may let messages wait for less long: of stretches that are too many to be written at once, the one
/// that is due first is read first.
#[test]
fn rule_34_what_was_held_later_may_time_out_first() {
    for (batches, order) in [
        (vec![(1_024_u32, 72), (2, 1)], vec![1, 0]),
        (vec![(512, 1), (512, 72), (2, 2)], vec![0, 2, 1]),
        (vec![(1_024, 2), (1_024, 3), (3, 1)], vec![2, 0, 1]),
    ] {
        let mut world = World::opened_of(hold(72, "release", json!({})), NOW);
        world.buy("o1", "pack-au", 10_000);
        for (batch, (messages, hours)) in batches.iter().enumerate() {
            world = world.again_under(hold(*hours, "release", json!({ "revision": batch + 1 })));
            let ids = (0..*messages).map(|number| format!("m{batch}-{number}"));
            let commands: Vec<Command> = ids.map(|id| world.message(&id, AU, SHORT, 1)).collect();
            for answer in world.driver.run_all("acme", commands, world.now) {
                answer.unwrap();
            }
        }
        let mut world = world.again();
        world.at("2026-01-19T00:00:00Z").reserve("last", AU, SHORT).unwrap();
        assert_eq!(world.counts(), [9_999, 1, 0, 0]);
        let (mut released, mut after) = (Vec::new(), json!(0));
        while !after.is_null() {
            let asked = json!({ "after": after, "limit": 1_000, "kinds": ["release"] });
            let mut page = world.call("entries", asked).unwrap();
            released.append(page["entries"].as_array_mut().unwrap());
            after = page["next"].take();
        }
        let expected = order
            .iter()
            .flat_map(|batch| (0..batches[*batch].0).map(move |number| format!("m{batch}-{number}")));
        let released: Vec<&str> = released.iter().map(|entry| entry["reference"].as_str().unwrap()).collect();
        assert_eq!(released, expected.collect::<Vec<_>>());
        world.proven();
    }
}

/// A stretch is read in steps, however little of it is messages.
#[test]
fn a_stretch_of_many_documents_is_read_to_its_end() {
    let mut world = World::opened_of(hold(72, "release", json!({})), NOW);
    world.buy("o1", "pack-au", 100);
    world.reserve("m1", AU, SHORT).unwrap();
    for number in 0..100 {
        let gift = json!({ "id": format!("a{number}"), "segments": 1, "reason": "test" });
        world.call("adjust", gift).unwrap();
    }
    world.reserve("m2", AU, SHORT).unwrap();
    let mut world = world.again();
    assert_eq!(world.at(BEFORE).counts(), [198, 2, 0, 0]);
    assert_eq!(world.at(DUE).counts(), [200, 0, 0, 0]);
    world.reserve("m3", AU, SHORT).unwrap();
    world.proven();
}

/// Another process may end a message between the head and the journal; a record that is gone is damage.
#[test]
fn what_is_read_of_messages_in_flight_must_fit_the_head() {
    fn at_the_second_list(store: &Shared, event: impl FnOnce() + 'static) {
        let own = store.clone();
        store.meanwhile(move || own.meanwhile(event));
    }
    for exclusive in [false, true] {
        let world = sent("release", json!({}));
        let options = Options { exclusive, ..Options::default() };
        if !exclusive {
            let (mut other, mut fresh) = (world.again(), world.again_with(options));
            other.reserve("m2", AU, SHORT).unwrap();
            at_the_second_list(&world.store, move || drop(other.settle("m1", None).unwrap()));
            assert_eq!(fresh.at(DUE).counts(), [97, 0, 3, 0]);
        }
        let world = sent("release", json!({}));
        world.store.put("hold/m1", None);
        world.store.calls();
        let mut fresh = world.again_with(options);
        assert_eq!(refusal(&fresh.at(DUE).reserve("m3", AU, SHORT)), "STORAGE_CORRUPT");
        let calls = fresh.store.calls();
        assert_eq!((calls.gets, calls.commits), (if exclusive { 2 } else { 3 }, 0));
    }
}
