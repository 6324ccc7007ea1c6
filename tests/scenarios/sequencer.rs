//! The sequencer by what its host sees of it: what is kept in memory, how large commits are, how often it tries again, whom it tells, and
//! what it wants charged.

use crate::common::shared::{Calls, Fault, Shared};
use crate::common::world::{ACCOUNT, World};
use crate::common::{AU, SHORT, changed, cloutly, refusal, reply, text};
use serde_json::{Value, json};
use sms_ledger::calendar::NamedZones;
use sms_ledger::engine::{Action, Command, Loaded, Message, Options, Sequencer, Shape, Tags, parse};
use sms_ledger::storage::{Committed, Limits, Storage};
use std::sync::Arc;

const NOW: &str = "2026-01-15T10:00:00Z";
const LATER: &str = "2026-06-01T00:00:00Z";

fn stocked(options: Options) -> World {
    let mut world = World::with(cloutly(), NOW, options);
    world.open(json!({})).unwrap();
    world.buy("o1", "pack-au", 1_000);
    world.store.calls();
    world
}

fn writing(writes: usize) -> Options {
    Options { limits: Limits { writes, ..Limits::default() }, ..Options::default() }
}

fn balance(world: &mut World, account: &str) -> usize {
    world.store.calls();
    world.call("balance", json!({ "account": account })).unwrap();
    world.store.calls().gets
}

/// Every 256 commands: where the accounts are too large together, the quarter of them that was used longest ago goes.
#[test]
fn a_quarter_of_the_cache_goes_where_it_is_full() {
    // An account without packages takes 4,096 bytes; its record of the opening none.
    for (cache_bytes_max, forgotten) in [(8 * 4_096, vec![]), (8 * 4_096 - 1, vec![0, 1])] {
        let options = Options { cache_bytes_max, exclusive: true, ..Options::default() };
        let mut world = World::with(cloutly(), NOW, options);
        let id = |number: usize| format!("account-{number}");
        for number in 0..8 {
            world.open(json!({ "id": id(number) })).unwrap();
        }
        // 8 commands, and 247 to come: one less than the first look.
        for number in (0..247).map(|number| number % 8) {
            assert_eq!(balance(&mut world, &id(number)), 0);
        }
        // The last that were used are 0 to 6; now 7, so that 0 and 1 were used longest ago.
        assert_eq!(balance(&mut world, &id(7)), 0);
        let read: Vec<usize> = (0..8).rev().filter(|number| balance(&mut world, &id(*number)) > 0).collect();
        assert_eq!(read.into_iter().rev().collect::<Vec<_>>(), forgotten, "{cache_bytes_max}");
    }
}

#[test]
fn what_is_under_way_is_never_forgotten() {
    let mut world = stocked(Options { cache_bytes_max: 0, ..Options::default() });
    let commands = (0..300).map(|number| world.message(&format!("m{number}"), AU, SHORT, 1)).collect();
    let answers = world.driver.run_all(ACCOUNT, commands, world.now);
    assert_eq!((answers.len(), answers.iter().all(Result::is_ok)), (300, true));
    assert_eq!(world.counts(), [700, 300, 0, 0]);
}

/// Of what was asked together one look at the head proves all, however many groups it makes.
#[test]
fn one_look_at_the_head_proves_all_that_was_asked_before_it() {
    let mut world = stocked(Options::default());
    let commands = (0..1_200).map(|_| world.parsed("balance", &json!({ "account": ACCOUNT }))).collect();
    let answers = world.driver.run_all(ACCOUNT, commands, world.now);
    assert_eq!(answers.len(), 1_200);
    assert_eq!(world.store.calls(), Calls { gets: 1, ..Calls::default() });
}

#[test]
fn a_race_may_be_lost_sixty_four_times() {
    for (lost, expected) in [(64, Ok(999)), (65, Err("CONTENTION".to_owned()))] {
        let mut world = stocked(Options::default());
        for _ in 0..lost {
            world.store.fail(Fault::Stale);
        }
        let reserved = world.reserve("m1", AU, SHORT);
        if let Err(error) = &reserved {
            assert!(error.retryable && !error.outcome_unknown);
        }
        let told = reserved.map(|answer| answer["available"].as_u64().unwrap());
        assert_eq!(told.map_err(|error| refusal(&Err(error))), expected, "{lost}");
        world.store.heal();
        world.reserve("m2", AU, SHORT).unwrap();
        world.proven();
    }
}

/// Another process moves segments between a read of the head and of the packages, so many times in a row.
fn disturb(store: &Shared, mut other: World, times: u32) {
    let own = store.clone();
    store.meanwhile(move || {
        other.reserve(&format!("other-{times}"), AU, SHORT).unwrap();
        if times > 1 {
            disturb(&own, other, times - 1);
        }
    });
}

#[test]
fn an_account_may_change_sixty_four_times_while_it_is_read() {
    for (times, expected) in [(64, Ok(936)), (65, Err("CONTENTION".to_owned()))] {
        let world = stocked(Options::default());
        let mut other = world.again();
        other.reserve("first", AU, SHORT).unwrap();
        other.release("first").unwrap();
        disturb(&world.store, other, times);
        let mut fresh = world.again();
        let told = fresh.call("balance", json!({})).map(|balance| balance["available"].as_u64().unwrap());
        assert_eq!(told.map_err(|error| refusal(&Err(error))), expected, "{times}");
    }
}

/// Only a command that writes may have been carried out, and only where the store has not said.
#[test]
fn an_outcome_is_unknown_of_what_writes_alone() {
    let mut world = stocked(Options::default());
    world.store.fail(Fault::Lost);
    let preview = Message::preview(&world.catalog, AU, SHORT, Tags::default()).unwrap();
    let commands = vec![world.message("m1", AU, SHORT, 1), Command::Preview(preview)];
    let answers = world.driver.run_all(ACCOUNT, commands, world.now);
    let told: Vec<(&str, bool)> = answers
        .iter()
        .map(|answer| answer.as_ref().unwrap_err())
        .map(|error| (error.code.as_str(), error.outcome_unknown))
        .collect();
    assert_eq!(told, [("STORAGE_UNAVAILABLE", true), ("STORAGE_UNAVAILABLE", false)]);
}

/// Where only one process writes, books that do not add up are damaged, without another look.
#[test]
fn the_only_writer_does_not_doubt_what_it_reads() {
    for (exclusive, gets) in [(true, 1), (false, 2)] {
        let world = stocked(Options::default());
        world.store.tamper("package/open/00000001", |package| package.replace("1000", "999"));
        world.store.calls();
        let mut fresh = world.again_with(Options { exclusive, ..Options::default() });
        assert_eq!(refusal(&fresh.reserve("m1", AU, SHORT)), "STORAGE_CORRUPT");
        assert_eq!(fresh.store.calls().gets, gets);
    }
}

/// A further attempt is decided by what was refused before, which is read first: no commit is tried in vain.
#[test]
fn a_further_attempt_is_read_before_it_is_decided() {
    let mut world = stocked(Options::default());
    world.call("setCeilings", json!({ "ceilings": [{ "perHour": 1 }] })).unwrap();
    for id in ["m1", "m2"] {
        world.reserve(id, AU, &text(2)).unwrap_err();
    }
    world.call("setCeilings", json!({ "ceilings": [] })).unwrap();
    let mut fresh = world.again();
    fresh.store.calls();
    fresh.attempt("m1", AU, &text(2), 2).unwrap();
    assert_eq!(fresh.store.calls(), Calls { gets: 2, lists: 1, commits: 1, stale: 0 });
    let mut fresh = world.again();
    let message = |id: &str, segments: usize, attempt: u32| {
        Message::reserve(&world.catalog, id, AU, &text(segments), Tags::default(), attempt).unwrap()
    };
    let batch = Command::ReserveAll(vec![message("m2", 2, 2), message("m3", 1, 1)]);
    fresh.store.calls();
    fresh.run(batch).unwrap();
    assert_eq!(fresh.store.calls(), Calls { gets: 2, lists: 1, commits: 1, stale: 0 });
    fresh.proven();
}

/// A seller of single segments that last for 30 days.
fn singles(writes: usize, packages: u32) -> World {
    let catalog = changed(|catalog| {
        catalog["offers"][0]["quantity"] = json!({ "step": 1, "min": 1, "max": 1000 });
        catalog["offers"][0]["validity"] = json!({ "days": 30 });
    });
    let mut world = World::with(catalog, NOW, writing(writes));
    world.open(json!({})).unwrap();
    for number in 0..packages {
        world.buy(&format!("o{number}"), "pack-au", 1);
    }
    world.call("adjust", json!({ "id": "a1", "segments": 10, "reason": "test" })).unwrap();
    world.store.calls();
    world
}

/// What time does is cut into commits, and so is what arrives together: each holds as much as the store takes.
#[test]
fn a_commit_holds_as_much_as_the_store_takes() {
    for writes in 24..=64 {
        // For each thing that time does there is room for eight documents, next to eight of the command behind it.
        let mut world = singles(writes, 9);
        world.at(LATER).reserve("m1", AU, SHORT).unwrap();
        assert_eq!(world.store.calls().commits, 9_usize.div_ceil((writes - 8) / 8), "{writes}");
        assert!(world.store.largest().1 <= writes);
        // Six messages of three packages each are 32 documents with the head and the policy.
        let mut world = singles(writes, 30);
        let messages = (0..6).map(|number| world.message(&format!("m{number}"), AU, &text(3), 1)).collect();
        for answer in world.driver.run_all(ACCOUNT, messages, world.now) {
            answer.unwrap();
        }
        assert_eq!(world.store.calls().commits, if writes < 32 { 2 } else { 1 }, "{writes}");
        assert!(world.store.largest().1 <= writes);
    }
}

/// At most 64 things that time does are in one commit, with the command behind them.
#[test]
fn a_commit_holds_sixty_four_effects_of_time() {
    for (packages, commits) in [(63, 1), (64, 1), (65, 2), (128, 2), (129, 3)] {
        let mut world = singles(Limits::default().writes, packages);
        world.at(LATER).reserve("m1", AU, SHORT).unwrap();
        assert_eq!(world.store.calls().commits, commits, "{packages}");
    }
}

/// The past is read out of the journal, in which what was decided together with the question must stand first.
#[test]
fn the_past_is_asked_for_when_what_came_before_is_written() {
    let catalog = changed(|catalog| catalog["offers"][0]["validity"] = json!({ "days": 30 }));
    let mut world = World::opened_of(Arc::clone(&catalog), NOW);
    world.buy("o1", "pack-au", 100);
    world.call("adjust", json!({ "id": "a1", "segments": 10, "reason": "test" })).unwrap();
    // The pack has expired on 14 February, which is written with the message.
    let at = json!({ "account": ACCOUNT, "at": "2026-02-20T00:00:00Z" });
    let mut sequencer = Sequencer::new(catalog, Box::new(NamedZones), Options::default());
    for command in [world.message("m1", AU, SHORT, 1), world.parsed("balance", &at)] {
        sequencer.enqueue(1, ACCOUNT, command, crate::common::at(LATER));
    }
    let (_, answers) = driven(&mut sequencer, &mut world.store.clone());
    let balance = answers.iter().find(|answer| answer.get("pools").is_some()).unwrap();
    assert_eq!((&balance["available"], &balance["expired"]), (&json!(10), &json!(100)), "{balance}");
}

/// A host by hand, whose store commits only when there is nothing left to read; it writes down what is to be charged.
fn driven(sequencer: &mut Sequencer, store: &mut Shared) -> (Vec<String>, Vec<Value>) {
    let (mut charges, mut answers, mut commits) = (Vec::new(), Vec::new(), Vec::new());
    loop {
        let (mut actions, finished) = sequencer.poll();
        answers.extend(finished.into_iter().map(|(_, answer)| reply(answer).unwrap()));
        commits.extend(actions.extract_if(.., |action| matches!(action, Action::Commit { .. })));
        if actions.is_empty() {
            actions.append(&mut commits);
        }
        if actions.is_empty() {
            return (charges, answers);
        }
        for action in actions {
            match action {
                Action::Read { read, partition, keys, ranges, .. } => {
                    assert_eq!(
                        sequencer.shape(read),
                        Some(Shape { keys: keys.clone(), ranges: ranges.len() })
                    );
                    let keys = store.get(&partition, &keys).unwrap();
                    let ranges = ranges.iter().map(|range| store.list(&partition, range).unwrap()).collect();
                    sequencer.loaded(read, Loaded { keys, ranges });
                    assert_eq!(sequencer.shape(read), None);
                }
                Action::Commit { commit, partition, batch } => {
                    match store.commit(&partition, &batch).unwrap() {
                        Committed::Applied(revision) => sequencer.committed(commit, &revision),
                        Committed::Stale(keys) => sequencer.refused(commit, &keys),
                    }
                }
                Action::Charge { account, order } => charges.push(format!("{account} {order}")),
            }
        }
    }
}

/// Messages of before, and what time does until the next command, share commits that the store can take.
#[test]
fn what_time_does_behind_other_commands_keeps_to_what_the_store_takes() {
    for writes in [24, 40, 41, 42, 43, 44] {
        for before in 0..10 {
            let world = singles(writes, 12);
            let mut store = world.store.clone();
            let mut sequencer =
                Sequencer::new(Arc::clone(&world.catalog), Box::new(NamedZones), writing(writes));
            for number in 0..before {
                let message = world.message(&format!("m{number}"), AU, SHORT, 1);
                sequencer.enqueue(number, ACCOUNT, message, world.now);
            }
            sequencer.enqueue(before, ACCOUNT, world.message("last", AU, SHORT, 1), crate::common::at(LATER));
            let (_, answers) = driven(&mut sequencer, &mut store);
            assert_eq!(answers.len(), usize::try_from(before).unwrap() + 1);
            assert!(store.largest().1 <= writes, "{writes} {before}: {:?}", store.largest());
            world.again().proven();
        }
    }
}

/// What the buyer orders is charged by whoever has called; what is ordered by itself, once and while it waits.
#[test]
fn what_is_ordered_by_itself_is_to_be_charged() {
    let (catalog, mut store) = (cloutly(), Shared::default());
    let mut sequencer = Sequencer::new(Arc::clone(&catalog), Box::new(NamedZones), Options::default());
    let world = World::new(NOW);
    let mut say = |name: &str, mut input: Value| {
        let key = if name == "openAccount" { "id" } else { "account" };
        input[key] = json!(ACCOUNT);
        sequencer.enqueue(1, ACCOUNT, parse(&catalog, name, &input).unwrap().1, world.now);
        driven(&mut sequencer, &mut store).0
    };
    let none: [&str; 0] = [];
    assert_eq!(say("openAccount", json!({})), none);
    assert_eq!(say("purchase", json!({ "id": "o1", "quote": world.quote("pack-au", 100) })), none);
    assert_eq!(say("setRecharge", json!({ "region": "AU", "offer": "pack-au" })), ["acme recharge-2"]);
    assert_eq!(say("settings", json!({})), none);
    let paid = |order: &str| json!({ "order": order, "outcome": { "status": "paid", "reference": order } });
    assert_eq!(say("confirmPayment", paid("o1")), none);
    assert_eq!(say("confirmPayment", paid("recharge-2")), none);
}
