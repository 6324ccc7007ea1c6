//! Batches of which all messages are reserved or none (domain rule 27). In the mode `per_message` each is reserved by itself, which
//! `js/test/batch.test.ts` shows.

use crate::common::shared::Fault;
use crate::common::world::{ACCOUNT, World};
use crate::common::{AU, CANADA, Reply, US, bytes, draws, refusal, text};
use serde_json::{Value, json};
use sms_ledger::engine::{Command, Message, Options, Tags};
use sms_ledger::storage::Limits;

const NOW: &str = "2026-01-15T10:00:00Z";

/// Id, number, segments, attempt.
type Row<'a> = (&'a str, &'a str, usize, u32);

fn batch(world: &World, rows: &[Row<'_>]) -> Command {
    let message = |(id, to, segments, attempt): &Row<'_>| {
        Message::reserve(&world.catalog, id, to, &text(*segments), Tags::default(), *attempt).unwrap()
    };
    Command::ReserveAll(rows.iter().map(message).collect())
}

fn reserve_all(world: &mut World, rows: &[Row<'_>]) -> Reply {
    let command = batch(world, rows);
    world.run(command)
}

fn stocked() -> World {
    let mut world = World::opened(NOW);
    world.buy("o1", "pack-au", 100);
    world.buy("o2", "pack-us", 100);
    world
}

#[test]
fn all_are_reserved_in_one_commit_as_one_after_the_other() {
    let rows = [("m1", AU, 2, 1), ("m2", US, 3, 1), ("m3", AU, 98, 1)];
    let (mut together, mut singly) = (stocked(), stocked());
    together.store.calls();
    let answer = reserve_all(&mut together, &rows).unwrap();
    assert_eq!(together.store.calls().commits, 1);
    let one_by_one: Vec<Value> =
        rows.iter().map(|(id, to, segments, _)| singly.reserve(id, to, &text(*segments)).unwrap()).collect();
    assert_eq!(answer["reserved"], json!(one_by_one));
    let taken: Vec<String> = answer["reserved"].as_array().unwrap().iter().map(draws).collect();
    assert_eq!(taken, ["p1:2", "p2:3", "p1:98"]);
    assert_eq!(together.proven(), singly.proven());
}

#[test]
fn none_is_reserved_where_one_cannot_be() {
    let mut world = stocked();
    let refused = reserve_all(&mut world, &[("m1", AU, 60, 1), ("m2", US, 1, 1), ("m3", AU, 41, 1)]);
    assert_eq!(refusal(&refused), "INSUFFICIENT_BALANCE exhausted");
    let error = refused.unwrap_err();
    assert_eq!(error.details["message"], 2);
    assert_eq!((&error.details["needed"], &error.details["available"]), (&json!(41), &json!(40)));
    assert!(error.message.starts_with("messages[2]: nothing can pay 41 segments"), "{}", error.message);
    assert_eq!(world.counts(), [200, 0, 0, 0]);
    // The others were never tried: their ids are free.
    let records: Vec<String> = world.proven().into_iter().map(|(_, key, _)| key).collect();
    assert!(records.contains(&"hold/m3".to_owned()));
    assert!(!records.contains(&"hold/m1".to_owned()) && !records.contains(&"hold/m2".to_owned()));
}

#[test]
fn a_refused_batch_stays_refused_until_its_message_is_tried_anew() {
    let mut world = stocked();
    let rows = [("m1", AU, 60, 1), ("m2", AU, 60, 1)];
    let refused = reserve_all(&mut world, &rows);
    world.buy("o3", "pack-au", 100);
    let stored = world.store.dump();
    assert_eq!(bytes(&reserve_all(&mut world, &rows)), bytes(&refused));
    assert_eq!(bytes(&reserve_all(&mut world.again(), &rows)), bytes(&refused), "after a restart");
    assert_eq!(world.store.dump(), stored);
    let answer = reserve_all(&mut world.again(), &[("m1", AU, 60, 1), ("m2", AU, 60, 2)]).unwrap();
    assert_eq!(answer["reserved"].as_array().unwrap().len(), 2);
    assert_eq!(world.again().counts(), [180, 120, 0, 0]);
    world.again().proven();
}

#[test]
fn the_same_batch_again_is_answered_the_same() {
    let rows = [("m1", AU, 2, 1), ("m2", US, 3, 1), ("m1", AU, 2, 1)];
    let mut world = stocked();
    let first = reserve_all(&mut world, &rows);
    let reserved = first.as_ref().unwrap()["reserved"].clone();
    assert_eq!(reserved[0], reserved[2], "the same message twice");
    world.at("2026-02-01T00:00:00Z").settle("m1", None).unwrap();
    let stored = world.store.dump();
    assert_eq!(bytes(&reserve_all(&mut world, &rows)), bytes(&first));
    assert_eq!(bytes(&reserve_all(&mut world.again(), &rows)), bytes(&first), "after a restart");
    assert_eq!(world.store.dump(), stored);
    // Some of them may have been reserved before, by themselves or in another batch.
    let more = reserve_all(&mut world.again(), &[("m4", AU, 1, 1), ("m2", US, 3, 1)]).unwrap();
    assert_eq!(more["reserved"][1], reserved[1]);
    assert_eq!(refusal(&reserve_all(&mut world.again(), &[("m5", AU, 1, 1), ("m2", US, 4, 1)])), "ID_REUSED");
    assert_eq!(refusal(&world.again().settle("m5", None)), "UNKNOWN_HOLD");
    world.again().proven();
}

#[test]
fn a_failed_commit_is_repeated_under_the_same_ids() {
    for fault in [Fault::Lost, Fault::Failed] {
        let rows = [("m1", AU, 2, 1), ("m2", US, 3, 1)];
        let mut world = stocked();
        world.store.fail(fault);
        let failed = reserve_all(&mut world, &rows).unwrap_err();
        assert_eq!((failed.code.as_str(), failed.outcome_unknown), ("STORAGE_UNAVAILABLE", true));
        let answer = reserve_all(&mut world, &rows).unwrap();
        assert_eq!(answer["reserved"][1]["available"], 195);
        assert_eq!(world.counts(), [195, 5, 0, 0]);
        world.proven();
    }
}

#[test]
fn a_region_without_a_price_refuses_all() {
    let mut world = stocked();
    let refused = reserve_all(&mut world, &[("m1", AU, 1, 1), ("m2", CANADA, 1, 1)]);
    assert_eq!(refusal(&refused), "UNKNOWN_REGION unpriced_region");
    let error = refused.unwrap_err();
    assert_eq!(error.details["message"], 1);
    assert_eq!(world.counts(), [200, 0, 0, 0]);
    let mut nobody = World::new(NOW);
    assert_eq!(refusal(&reserve_all(&mut nobody, &[("m1", AU, 1, 1)])), "UNKNOWN_ACCOUNT");
}

/// Never a half: what the store cannot write at once is refused beforehand.
#[test]
fn a_batch_is_as_large_as_a_commit() {
    let options =
        Options { limits: Limits { checks: 50, writes: 64, ..Limits::default() }, ..Options::default() };
    let mut world = World::with_single_segments(40, NOW, options);
    let ids: Vec<String> = (0..30).map(|number| format!("m{number}")).collect();
    let rows =
        |count: usize| -> Vec<Row<'_>> { ids.iter().take(count).map(|id| (id.as_str(), AU, 2, 1)).collect() };
    let stored = world.store.dump();
    let large = reserve_all(&mut world, &rows(20)).unwrap_err();
    assert_eq!(large.code.as_str(), "BATCH_TOO_LARGE");
    assert_eq!((&large.details["messages"], &large.details["messagesMax"]), (&json!(20), &json!(16)));
    // Each of these 16 takes from two packages, which are written too.
    let wide = reserve_all(&mut world, &rows(16)).unwrap_err();
    assert_eq!((wide.code.as_str(), &wide.details["messagesMax"]), ("BATCH_TOO_LARGE", &json!(8)));
    assert_eq!(world.store.dump(), stored);
    reserve_all(&mut world, &rows(8)).unwrap();
    assert!(world.store.largest().1 <= 64);
    assert_eq!(world.counts(), [24, 16, 0, 0]);
    world.proven();
}

#[test]
fn other_commands_that_wait_are_carried_out_before_and_behind() {
    let mut world = stocked();
    world.store.calls();
    let commands = vec![
        world.message("m1", AU, &text(1), 1),
        batch(&world, &[("m2", AU, 1, 1), ("m3", US, 1, 1)]),
        world.message("m4", AU, &text(1), 1),
        batch(&world, &[("m5", AU, 1, 1), ("m6", AU, 99, 1)]),
        world.message("m7", AU, &text(1), 1),
    ];
    let now = world.now;
    let answers = world.driver.run_all(ACCOUNT, commands, now);
    let good: Vec<bool> = answers.iter().map(Result::is_ok).collect();
    assert_eq!(good, [true, true, true, false, true]);
    assert_eq!(world.counts(), [195, 5, 0, 0]);
    world.proven();
}
