//! The store's laws from the engine's side: what is read and committed, and what a failing store cannot break.

use crate::common::shared::{Calls, Fault};
use crate::common::world::{ACCOUNT, World};
use crate::common::{AU, CANADA, SHORT, bytes, changed, cloutly, draws, refusal, reply, text};
use serde_json::json;
use sms_ledger::engine::{Command, Options, Said};
use sms_ledger::storage::Limits;

const NOW: &str = "2026-01-15T10:00:00Z";

fn stocked() -> World {
    stocked_with(Options::default())
}

fn stocked_with(options: Options) -> World {
    let mut world = World::with(cloutly(), NOW, options);
    world.open(json!({})).unwrap();
    world.buy("o1", "pack-au", 1000);
    world.store.calls();
    world
}

fn messages(world: &World, name: &str, count: usize) -> Vec<Command> {
    (0..count).map(|number| world.message(&format!("{name}{number}"), AU, SHORT, 1)).collect()
}

#[test]
fn a_reserve_on_a_cached_account_reads_nothing_and_commits_once() {
    let mut world = stocked();
    for number in 0..10 {
        world.reserve(&format!("m{number}"), AU, SHORT).unwrap();
        assert_eq!(world.store.calls(), Calls { commits: 1, ..Calls::default() });
        world.settle(&format!("m{number}"), None).unwrap();
        assert_eq!(world.store.calls(), Calls { commits: 1, ..Calls::default() });
    }
    // A refusal is recorded like any answer.
    world.reserve("refused", CANADA, SHORT).unwrap_err();
    assert_eq!(world.store.calls(), Calls { commits: 1, ..Calls::default() });
    world.preview(AU, SHORT).unwrap();
    assert_eq!(world.store.calls(), Calls { gets: 1, ..Calls::default() }, "proven by a look at the head");
}

#[test]
fn the_only_writer_reads_nothing_for_a_query_either() {
    let mut world = stocked_with(Options { exclusive: true, ..Options::default() });
    world.preview(AU, SHORT).unwrap();
    world.balance();
    world.reserve("m1", AU, SHORT).unwrap();
    world.reserve("m1", AU, SHORT).unwrap();
    assert_eq!(world.store.calls(), Calls { commits: 1, ..Calls::default() });
}

/// What is forgotten is proven by one look at the store, and known again.
#[test]
fn the_only_writer_looks_once_at_an_account_that_was_forgotten() {
    let mut world = stocked_with(Options { exclusive: true, ..Options::default() });
    let before = world.balance();
    world.driver.forget("another");
    world.driver.forget(ACCOUNT);
    assert_eq!(bytes(&Ok(world.balance())), bytes(&Ok(before)));
    assert_eq!(world.store.calls(), Calls { gets: 1, lists: 1, ..Calls::default() });
    world.balance();
    assert_eq!(world.store.calls(), Calls::default());
}

/// A message that an earlier process has reserved is taken for new at first, and the store's refusal says that it is known. That is no
/// race that is lost: however many are repeated in a row, each is answered.
#[test]
fn the_only_writer_answers_any_number_of_repetitions_in_a_row() {
    let exclusive = Options { exclusive: true, ..Options::default() };
    let mut world = stocked_with(exclusive);
    let ids: Vec<String> = (0..70).map(|number| format!("m{number}")).collect();
    let first: Vec<String> = ids.iter().map(|id| bytes(&world.reserve(id, AU, SHORT))).collect();
    let mut again = world.again_with(exclusive);
    let repeated: Vec<String> = ids.iter().map(|id| bytes(&again.reserve(id, AU, SHORT))).collect();
    assert_eq!(repeated, first);
}

#[test]
fn commands_at_once_share_commits() {
    let mut world = stocked();
    let commands = messages(&world, "m", 256);
    let answers = world.driver.run_all(ACCOUNT, commands, world.now);
    assert!(answers.len() == 256 && answers.iter().all(Result::is_ok));
    assert_eq!(world.store.calls(), Calls { commits: 1, ..Calls::default() });
    assert_eq!(world.counts(), [744, 256, 0, 0]);
    world.proven();
}

/// Beside the head's revision: of every new record, that there is none yet.
#[test]
fn what_is_new_is_checked_to_be_new() {
    let mut world = World::opened(NOW);
    assert_eq!(world.store.largest().0, 1);
    world.call("adjust", json!({ "id": "a1", "segments": 5, "reason": "test", "region": "AU" })).unwrap();
    assert_eq!(world.store.largest().0, 2);
    let commands = messages(&world, "m", 3);
    for answer in world.driver.run_all(ACCOUNT, commands, world.now) {
        answer.unwrap();
    }
    assert_eq!(world.store.largest().0, 4);
}

#[test]
fn no_commit_is_more_than_the_store_can_take() {
    for limits in [
        Limits { checks: 10, writes: 4096, ..Limits::default() },
        Limits { checks: 2048, writes: 41, ..Limits::default() },
    ] {
        let mut world = stocked_with(Options { limits, ..Options::default() });
        let commands = messages(&world, "m", 100);
        let answers = world.driver.run_all(ACCOUNT, commands, world.now);
        assert!(answers.iter().all(Result::is_ok));
        let (checks, writes) = world.store.largest();
        assert!(checks <= limits.checks && writes <= limits.writes, "{checks} {writes}");
        world.proven();
    }
}

/// Each of these messages empties packages, so each writes more than one of an ordinary kind.
#[test]
fn messages_that_empty_many_packages_keep_to_the_limit_too() {
    let limits = Limits { checks: 2048, writes: 60, ..Limits::default() };
    let mut world = World::with_single_segments(80, NOW, Options { limits, ..Options::default() });
    let commands: Vec<Command> = (0..8)
        .flat_map(|number| {
            let id = format!("m{number}");
            [world.message(&id, AU, &text(10), 1), Command::Outcome(Said::settle(&id, None).unwrap())]
        })
        .collect();
    let answers = world.driver.run_all(ACCOUNT, commands, world.now);
    assert!(answers.iter().all(Result::is_ok));
    let (_, writes) = world.store.largest();
    assert!(writes <= limits.writes, "{writes}");
    assert_eq!(world.counts(), [0, 0, 80, 0]);
    world.proven();
}

#[test]
fn a_group_is_answered_as_one_by_one() {
    let commands = |world: &World| {
        let mut commands = messages(world, "m", 5);
        commands.extend(messages(world, "m", 3));
        commands.push(world.message("m1", AU, "Another text", 1));
        commands.push(world.message("big", AU, &text(255), 1));
        commands.extend((0..5).map(|number| world.message(&format!("big{number}"), AU, &text(255), 1)));
        commands.push(Command::Outcome(Said::settle("m0", None).unwrap()));
        commands.push(Command::Outcome(Said::release("m0").unwrap()));
        commands.push(Command::Outcome(Said::release("big").unwrap()));
        commands.push(world.message("big4", AU, &text(255), 2));
        commands.push(Command::Outcome(Said::report("nothing", "delivered", None, None).unwrap()));
        commands.push(world.parsed("balance", &json!({ "account": ACCOUNT, "at": "2027-01-01T00:00:00Z" })));
        commands.push(world.message("last", AU, SHORT, 1));
        commands
    };
    let (mut one, mut all) = (stocked(), stocked());
    let singly: Vec<String> = commands(&one).into_iter().map(|command| bytes(&one.run(command))).collect();
    let list = commands(&all);
    let together = all.driver.run_all(ACCOUNT, list, all.now);
    let together: Vec<String> = together.into_iter().map(|answer| bytes(&reply(answer))).collect();
    assert_eq!(singly, together);
    assert_eq!(one.proven(), all.proven());
}

#[test]
fn an_opening_and_its_first_messages_share_a_commit() {
    let mut world = World::new(NOW);
    let mut commands = vec![world.parsed("openAccount", &json!({ "id": ACCOUNT, "plan": "starter" }))];
    commands.extend(messages(&world, "m", 3));
    let answers = world.driver.run_all(ACCOUNT, commands, world.now);
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(world.store.calls().commits, 1);
    assert_eq!(world.counts(), [47, 3, 0, 0]);
    world.proven();
}

#[test]
fn a_stale_head_is_decided_again() {
    let mut one = stocked();
    let mut two = one.again();
    two.reserve("b1", AU, &text(5)).unwrap();
    one.store.calls();
    let answer = one.reserve("a1", AU, SHORT).unwrap();
    assert_eq!((&answer["available"], draws(&answer).as_str()), (&json!(994), "p1:1"));
    let calls = one.store.calls();
    assert_eq!((calls.commits, calls.stale), (2, 1));
    assert_eq!(two.counts(), [994, 6, 0, 0], "a query is never answered from a stale cache");
    one.proven();
}

#[test]
fn a_decision_on_a_stale_cache_never_leaves() {
    let mut one = World::opened(NOW);
    let mut two = one.again();
    two.buy("o1", "pack-au", 100);
    // The first has never heard of the package: its refusal must not be recorded.
    one.reserve("m1", AU, SHORT).unwrap();
    two.reserve("m2", AU, &text(99)).unwrap();
    assert_eq!(refusal(&one.preview(AU, SHORT)), "INSUFFICIENT_BALANCE exhausted");
    assert_eq!(refusal(&one.reserve("m3", AU, SHORT)), "INSUFFICIENT_BALANCE exhausted");
    one.proven();
}

#[test]
fn an_id_that_another_process_used_is_answered_from_its_record() {
    let mut one = stocked();
    let mut two = one.again();
    let theirs = two.reserve("m1", AU, &text(2));
    assert_eq!(bytes(&one.reserve("m1", AU, &text(2))), bytes(&theirs));
    assert_eq!(bytes(&one.settle("m1", None)), bytes(&two.settle("m1", None)));
    assert_eq!(refusal(&one.reserve("m1", AU, SHORT)), "ID_REUSED");
    let quote = two.quote("pack-au", 100);
    let theirs = two.purchase("o2", &quote);
    assert_eq!(bytes(&one.purchase("o2", &quote)), bytes(&theirs));
    let theirs = two.reserve("refused", CANADA, SHORT);
    assert_eq!(bytes(&one.reserve("refused", CANADA, SHORT)), bytes(&theirs));
    assert_eq!(one.counts(), [1098, 0, 2, 0]);
    one.proven();
}

#[test]
fn a_group_with_old_and_new_ids_answers_both() {
    let world = stocked();
    let mut before = world.again();
    let theirs = bytes(&before.reserve("m3", AU, SHORT));
    let mut world = world.again();
    let commands = messages(&world, "m", 8);
    let answers = world.driver.run_all(ACCOUNT, commands, world.now);
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(bytes(&reply(answers.into_iter().nth(3).unwrap())), theirs);
    assert_eq!(world.counts(), [992, 8, 0, 0]);
    world.proven();
}

#[test]
fn two_processes_lose_nothing() {
    let mut one = stocked();
    let mut two = one.again();
    for number in 0..200 {
        let (mine, theirs) = if number % 2 == 0 { (&mut one, &mut two) } else { (&mut two, &mut one) };
        mine.reserve(&format!("m{number}"), AU, &text(2)).unwrap();
        if number % 3 == 0 {
            theirs.settle(&format!("m{number}"), None).unwrap();
        } else if number % 3 == 1 {
            theirs.release(&format!("m{number}")).unwrap();
        }
    }
    assert_eq!(one.counts(), [734, 132, 134, 0]);
    assert_eq!(one.proven(), two.proven());
}

/// Applied or not: the caller repeats the same id and gets what happened.
#[test]
fn an_unknown_outcome_is_safe_to_repeat() {
    for fault in [Fault::Lost, Fault::Failed] {
        let mut world = stocked();
        let quote = world.quote("pack-au", 100);
        type When = fn(&mut World, &serde_json::Value) -> crate::common::Reply;
        let cases: [(When, [u64; 4]); 5] = [
            (|world, _| world.reserve("m1", AU, &text(3)), [997, 3, 0, 0]),
            (|world, _| world.settle("m1", Some(2)), [998, 0, 2, 0]),
            (|world, quote| world.purchase("o2", quote), [1098, 0, 2, 0]),
            (|world, _| world.reserve("refused", CANADA, SHORT), [1098, 0, 2, 0]),
            (|world, _| world.open(json!({})), [1098, 0, 2, 0]),
        ];
        for (when, counts) in cases {
            world.store.fail(fault);
            if let Err(error) = when(&mut world, &quote) {
                let expected = error.outcome_unknown && error.retryable;
                assert!(expected || error.code != sms_ledger::engine::Code::StorageUnavailable);
            }
            let first = bytes(&when(&mut world, &quote));
            assert!(!first.contains("STORAGE_UNAVAILABLE"), "{first}");
            assert_eq!(bytes(&when(&mut world.again(), &quote)), first);
            assert_eq!(world.counts(), counts, "{fault:?}");
            world.proven();
        }
    }
}

#[test]
fn an_opening_whose_answer_was_lost_is_opened_once() {
    for fault in [Fault::Lost, Fault::Failed] {
        let mut world = World::new(NOW);
        world.store.fail(fault);
        assert_eq!(refusal(&world.open(json!({ "plan": "starter" }))), "STORAGE_UNAVAILABLE");
        world.at("2026-01-16T10:00:00Z").open(json!({ "plan": "starter" })).unwrap();
        assert_eq!(world.counts(), [50, 0, 0, 0]);
        world.proven();
    }
}

#[test]
fn what_waits_behind_an_unknown_outcome_is_decided_anew() {
    let mut world = stocked_with(Options {
        limits: Limits { checks: 3, writes: 4096, ..Limits::default() },
        ..Options::default()
    });
    world.store.fail(Fault::Lost);
    let commands = messages(&world, "m", 6);
    let answers = world.driver.run_all(ACCOUNT, commands, world.now);
    assert_eq!(answers.iter().filter(|answer| answer.is_err()).count(), 2);
    assert_eq!(world.counts(), [994, 6, 0, 0]);
    world.proven();
}

#[test]
fn a_read_that_fails_loses_nothing() {
    let world = stocked();
    for faults in [1, 2] {
        let mut fresh = world.again();
        for _ in 0..faults {
            world.store.fail(Fault::Read);
        }
        for _ in 0..faults {
            let error = fresh.reserve("m1", AU, SHORT).unwrap_err();
            assert_eq!(refusal(&Err(error.clone())), "STORAGE_UNAVAILABLE");
            assert!(error.retryable && !error.outcome_unknown, "nothing was written");
        }
        fresh.reserve("m1", AU, SHORT).unwrap();
    }
    let mut fresh = world.again();
    fresh.balance();
    world.store.fail(Fault::Read);
    assert_eq!(refusal(&fresh.settle("m1", None)), "STORAGE_UNAVAILABLE", "the record could not be read");
    world.store.fail(Fault::Read);
    assert_eq!(refusal(&fresh.preview(AU, SHORT)), "STORAGE_UNAVAILABLE", "the head could not be read");
    world.store.fail(Fault::Read);
    assert_eq!(refusal(&fresh.call("verify", json!({}))), "STORAGE_UNAVAILABLE");
    fresh.settle("m1", None).unwrap();
    assert_eq!(fresh.counts(), [999, 0, 1, 0]);
    fresh.proven();
}

/// Between the read of the head and the list of the packages another process commits.
#[test]
fn a_torn_load_is_never_wrong() {
    type Meanwhile = fn(&mut World);
    let cases: &[(Meanwhile, [u64; 4])] = &[
        (|two| drop(two.reserve("b1", AU, &text(5)).unwrap()), [994, 6, 0, 0]),
        (|two| drop(two.buy("o2", "pack-au", 100)), [1099, 1, 0, 0]),
        // The sums stay as they were, the packages do not.
        (
            |two| {
                two.reserve("b1", AU, &text(5)).unwrap();
                two.release("b1").unwrap();
            },
            [999, 1, 0, 0],
        ),
    ];
    for (meanwhile, counts) in cases {
        let world = stocked();
        let (mut two, meanwhile) = (world.again(), *meanwhile);
        world.store.meanwhile(move || meanwhile(&mut two));
        let mut one = world.again();
        one.reserve("a1", AU, SHORT).unwrap();
        assert_eq!(one.counts(), *counts);
        one.proven();
        let (mut two, world) = (one.again(), one.again());
        world.store.meanwhile(move || drop(two.reserve("c1", AU, SHORT).unwrap()));
        let mut query = world.again();
        assert_eq!(query.counts()[1], counts[1] + 1);
    }
}

/// The record of a message is read after another process wrote it, and the packages were read before: the two are no one state.
#[test]
fn a_record_that_is_newer_than_the_packages_is_never_wrong() {
    let mut one = stocked();
    let mut two = one.again();
    one.store.afterwards(move || drop(two.reserve("b1", AU, &text(5)).unwrap()));
    let commands = vec![one.message("a1", AU, SHORT, 1), Command::Outcome(Said::settle("b1", None).unwrap())];
    let answers = one.driver.run_all(ACCOUNT, commands, one.now);
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(one.counts(), [994, 1, 5, 0]);
    one.proven();
}

#[test]
fn verify_holds_while_others_write() {
    let world = stocked();
    let mut two = world.again();
    world.store.meanwhile(move || drop(two.reserve("b1", AU, &text(5)).unwrap()));
    world.again().proven();
}

#[test]
fn verify_reads_messages_again_that_were_changed_meanwhile() {
    let mut world = stocked();
    for number in 0..3 {
        world.reserve(&format!("m{number}"), AU, SHORT).unwrap();
    }
    let mut two = world.again();
    world.store.meanwhile(move || {
        two.settle("m1", None).unwrap();
        two.release("m2").unwrap();
        two.reserve("m3", AU, SHORT).unwrap();
    });
    world.again().proven();
    let mut two = world.again();
    world.store.meanwhile(move || drop(two.settle("m3", None).unwrap()));
    world.store.tamper("hold/m0", |value| value.replace("[[1,1]]", "[[2,1]]"));
    let proof = world.again().call("verify", json!({})).unwrap();
    assert_eq!(proof["problem"], "message `m0` does not follow from the journal");
}

#[test]
fn a_store_that_always_says_stale_is_contention() {
    let mut world = stocked();
    for _ in 0..200 {
        world.store.fail(Fault::Stale);
    }
    assert_eq!(refusal(&world.reserve("m1", AU, SHORT)), "CONTENTION");
    let calls = world.store.calls();
    assert!(calls.commits <= 70, "{calls:?}");
}

#[test]
fn a_full_queue_refuses_early() {
    let mut world = stocked_with(Options { queue_max: 10, ..Options::default() });
    let commands = messages(&world, "m", 15);
    let answers = world.driver.run_all(ACCOUNT, commands, world.now);
    let refused: Vec<usize> =
        answers.iter().enumerate().filter(|(_, answer)| answer.is_err()).map(|(index, _)| index).collect();
    assert_eq!(refused, [10, 11, 12, 13, 14]);
    for answer in answers.into_iter().skip(10) {
        let error = answer.unwrap_err();
        assert!(error.retryable && !error.outcome_unknown);
        assert_eq!(refusal(&Err(error)), "OVERLOADED");
    }
    assert_eq!(world.counts(), [990, 10, 0, 0]);
}

#[test]
fn a_small_cache_forgets_accounts_and_loses_nothing() {
    let mut world = World::with(cloutly(), NOW, Options { cache_bytes_max: 4096, ..Options::default() });
    for number in 0..60 {
        let id = format!("account-{number}");
        world.open(json!({ "id": id, "plan": "starter" })).unwrap();
    }
    for round in 0..10 {
        for number in 0..60 {
            let (id, now) = (format!("account-{number}"), world.now);
            world.driver.reserve(&id, &format!("m{round}"), AU, SHORT, now).unwrap();
        }
    }
    for number in 0..60 {
        let input = json!({ "account": format!("account-{number}") });
        assert_eq!(world.call("balance", input.clone()).unwrap()["held"], 10);
        assert_eq!(world.call("verify", input).unwrap()["ok"], true);
    }
}

#[test]
fn a_store_that_mixes_accounts_up_is_found_out() {
    let mut world = stocked();
    world.store.tamper("account", |value| value.replace("\"acme\"", "\"other\""));
    let mut fresh = world.again();
    for refused in
        [fresh.reserve("m1", AU, SHORT), fresh.call("verify", json!({})), fresh.call("entries", json!({}))]
    {
        assert_eq!(refusal(&refused), "STORAGE_CORRUPT");
    }
    assert_eq!(refusal(&world.reserve("m1", AU, SHORT)), "STORAGE_CORRUPT");
}

/// What time does is committed with a command that writes, and with no other, however much it is.
#[test]
fn a_hundred_expiries_before_an_error_write_nothing() {
    let catalog = changed(|catalog| catalog["offers"][0]["validity"] = json!({ "days": 30 }));
    let mut world = World::opened_of(catalog, NOW);
    for number in 0..100 {
        world.buy(&format!("o{number}"), "pack-au", 100);
    }
    let before = world.store.dump();
    world.at("2026-06-01T00:00:00Z");
    assert_eq!(refusal(&world.settle("nothing", None)), "UNKNOWN_HOLD");
    assert_eq!(world.store.dump(), before);
}

/// More effects than one commit may carry: the rest follows in further commits before the command is decided.
#[test]
fn a_hundred_expiries_take_several_commits_and_come_out_the_same() {
    let catalog = changed(|catalog| catalog["offers"][0]["validity"] = json!({ "days": 30 }));
    let mut world = World::opened_of(catalog, NOW);
    for number in 0..100 {
        world.buy(&format!("o{number}"), "pack-au", 100);
    }
    let mut other = world.again();
    world.at("2026-06-01T00:00:00Z");
    other.at("2026-06-01T00:00:00Z");
    assert_eq!(world.counts(), [0, 0, 0, 10_000]);
    world.store.calls();
    assert_eq!(refusal(&world.reserve("m1", AU, SHORT)), "INSUFFICIENT_BALANCE expired");
    assert_eq!(world.store.calls(), Calls { commits: 2, ..Calls::default() });
    assert_eq!(refusal(&other.reserve("m2", AU, SHORT)), "INSUFFICIENT_BALANCE expired");
    assert_eq!(world.counts(), [0, 0, 0, 10_000]);
    world.proven();
}

/// A document is what a store counts: the entries of one commit share few, each no longer than the store takes.
#[test]
fn entries_of_one_commit_share_documents() {
    let limits = Limits { value_bytes: 16_384, ..Limits::default() };
    for (segments, documents) in [(1, 4), (100, 4)] {
        let options = Options { limits, ..Options::default() };
        let mut world = World::with_single_segments(0, NOW, options);
        world.call("adjust", json!({ "id": "a1", "segments": 100_000, "reason": "test" })).unwrap();
        let before = journal(&world);
        let commands = (0..200).map(|number| world.message(&format!("m{number}"), AU, &text(segments), 1));
        let answers = {
            let commands = commands.collect();
            world.driver.run_all(ACCOUNT, commands, world.now)
        };
        assert!(answers.iter().all(Result::is_ok));
        let written: Vec<(String, String)> = journal(&world).split_off(before.len());
        assert_eq!(written.len(), documents, "{written:?}");
        assert!(written.iter().all(|(_, value)| value.len() <= limits.value_bytes));
        // From anywhere within a document, and to anywhere.
        for (after, limit, last) in [(0, 5, 5), (3, 100, 103), (60, 70, 130), (150, 1_000, 202)] {
            let page = world.call("entries", json!({ "after": after, "limit": limit })).unwrap();
            let sequences: Vec<u64> = page["entries"]
                .as_array()
                .unwrap()
                .iter()
                .map(|entry| entry["sequence"].as_u64().unwrap())
                .collect();
            assert_eq!(sequences, (after + 1..=last).collect::<Vec<_>>());
            assert_eq!(page.get("next").is_some(), last < 202);
        }
        world.proven();
    }
}

/// The documents of the journal.
fn journal(world: &World) -> Vec<(String, String)> {
    let documents = world.store.documents().into_iter().filter(|(_, key, _)| key.starts_with("entry/"));
    documents.map(|(_, key, value)| (key, value)).collect()
}

#[test]
fn a_gap_between_entries_of_a_document_is_found() {
    let mut world = World::opened(NOW);
    world.call("adjust", json!({ "id": "a1", "segments": 100, "reason": "test" })).unwrap();
    let commands = (0..3).map(|number| world.message(&format!("m{number}"), AU, SHORT, 1)).collect();
    world.driver.run_all(ACCOUNT, commands, world.now);
    world.proven();
    world.store.tamper("entry/0000000000000005", |value| value.replacen("[4,", "[3,", 1));
    let refused = world.call("entries", json!({})).unwrap_err();
    assert_eq!(refused.code.as_str(), "STORAGE_CORRUPT");
    let proof = world.call("verify", json!({})).unwrap();
    assert_eq!(proof["ok"], false, "{proof}");
}
