//! The id is the idempotency key: the same again is answered the same again, to the byte.

use crate::common::world::World;
use crate::common::{AU, CANADA, SHORT, US, bytes, draws, refusal, text};
use serde_json::json;
use sms_ledger::engine::Tags;

const NOW: &str = "2026-01-15T10:00:00Z";

fn stocked() -> World {
    let mut world = World::opened(NOW);
    world.buy("o1", "pack-au", 100);
    world
}

#[test]
fn the_same_message_again_is_answered_the_same() {
    let mut world = stocked();
    let first = world.reserve("m1", AU, &text(2));
    world.reserve("m2", AU, &text(7)).unwrap();
    world.at("2026-02-01T00:00:00Z").settle("m1", None).unwrap();
    world.buy("o2", "pack-au", 100);
    let stored = world.store.dump();
    assert_eq!(bytes(&world.reserve("m1", AU, &text(2))), bytes(&first), "after later changes");
    assert_eq!(bytes(&world.again().reserve("m1", AU, &text(2))), bytes(&first), "after a restart");
    let mut later = world.again();
    later.at("2027-01-01T00:00:00Z");
    assert_eq!(bytes(&later.reserve("m1", AU, &text(2))), bytes(&first), "a year later");
    assert_eq!(world.store.dump(), stored);
}

#[test]
fn the_same_number_written_otherwise_is_the_same_body() {
    let mut world = stocked();
    let first = world.reserve("m1", "+61 412 345 678", SHORT);
    if first.is_ok() {
        assert_eq!(bytes(&world.reserve("m1", AU, SHORT)), bytes(&first));
    }
}

#[test]
fn an_id_names_one_command_for_good() {
    let mut world = stocked();
    world.reserve("m1", AU, SHORT).unwrap();
    world.reserve("refused", CANADA, SHORT).unwrap_err();
    let stored = world.store.dump();
    for world in [&mut world.again(), &mut world] {
        assert_eq!(refusal(&world.reserve("m1", AU, "Another text")), "ID_REUSED");
        assert_eq!(refusal(&world.reserve("m1", US, SHORT)), "ID_REUSED");
        assert_eq!(refusal(&world.reserve("refused", AU, SHORT)), "ID_REUSED");
        assert_eq!(refusal(&world.attempt("refused", AU, SHORT, 2)), "ID_REUSED");
    }
    assert_eq!(world.store.dump(), stored);
    // An order and a message are different things.
    world.buy("m1", "pack-au", 100);
}

#[test]
fn an_opening_again_is_answered_the_same() {
    let mut world = World::new(NOW);
    let input = json!({ "plan": "starter", "zone": "Australia/Sydney" });
    let first = world.open(input.clone());
    world.reserve("m1", AU, SHORT).unwrap();
    world.at("2026-06-01T00:00:00Z").reserve("m2", AU, SHORT).unwrap();
    let stored = world.store.dump();
    assert_eq!(bytes(&world.open(input.clone())), bytes(&first));
    assert_eq!(bytes(&world.again().open(input)), bytes(&first));
    assert_eq!(refusal(&world.open(json!({ "plan": "growth" }))), "ID_REUSED");
    assert_eq!(refusal(&world.open(json!({}))), "ID_REUSED");
    assert_eq!(world.store.dump(), stored);
}

#[test]
fn a_refused_message_stays_refused_until_its_next_attempt() {
    let mut world = World::opened(NOW);
    let refused = world.reserve("m1", AU, SHORT);
    assert_eq!(refusal(&refused), "INSUFFICIENT_BALANCE none");
    world.at("2026-01-15T11:00:00Z").buy("o1", "pack-au", 100);
    assert_eq!(bytes(&world.reserve("m1", AU, SHORT)), bytes(&refused), "a late duplicate must not succeed");
    assert_eq!(bytes(&world.again().reserve("m1", AU, SHORT)), bytes(&refused));
    assert_eq!(refusal(&world.attempt("m1", AU, SHORT, 3)), "INVALID_INPUT", "out of order");
    let held = world.attempt("m1", AU, SHORT, 2);
    assert_eq!(draws(held.as_ref().unwrap()), "p1:1");
    world.at("2026-01-16T00:00:00Z").settle("m1", None).unwrap();
    let stored = world.store.dump();
    for world in [&mut world.again(), &mut world] {
        assert_eq!(bytes(&world.reserve("m1", AU, SHORT)), bytes(&refused), "attempt 1 again");
        assert_eq!(bytes(&world.attempt("m1", AU, SHORT, 2)), bytes(&held), "attempt 2 again");
        assert_eq!(refusal(&world.attempt("m1", AU, SHORT, 3)), "INVALID_INPUT");
    }
    assert_eq!(world.store.dump(), stored);
    assert_eq!(world.counts(), [99, 0, 1, 0]);
    world.proven();
}

#[test]
fn a_first_attempt_cannot_be_skipped() {
    let mut world = stocked();
    let before = world.store.dump();
    assert_eq!(refusal(&world.attempt("m1", AU, SHORT, 2)), "INVALID_INPUT");
    assert_eq!(world.store.dump(), before);
    world.reserve("m1", AU, SHORT).unwrap();
    assert_eq!(refusal(&world.attempt("m1", AU, SHORT, 2)), "INVALID_INPUT", "it was never refused");
}

#[test]
fn a_message_may_be_tried_twenty_times() {
    let mut world = World::opened(NOW);
    for attempt in 1..=20 {
        assert_eq!(refusal(&world.attempt("m1", AU, SHORT, attempt)), "INSUFFICIENT_BALANCE none");
    }
    assert!(
        sms_ledger::engine::Message::reserve(&world.catalog, "m1", AU, SHORT, Tags::default(), 21).is_err()
    );
    assert!(
        sms_ledger::engine::Message::reserve(&world.catalog, "m1", AU, SHORT, Tags::default(), 0).is_err()
    );
    let mut again = world.again();
    assert_eq!(refusal(&again.attempt("m1", AU, SHORT, 20)), "INSUFFICIENT_BALANCE none");
    assert_eq!(refusal(&again.attempt("m1", AU, SHORT, 7)), "INSUFFICIENT_BALANCE none");
}

/// Every error but a recorded refusal leaves the store as it was, though months went by for the account.
#[test]
fn errors_write_nothing() {
    let mut world = World::new(NOW);
    world.open(json!({ "plan": "starter" })).unwrap();
    world.reserve("m1", AU, &text(2)).unwrap();
    let quote = world.quote("pack-au", 100);
    let before = world.store.dump();
    world.at("2026-05-20T00:00:00Z");
    assert_eq!(refusal(&world.purchase("o1", &quote)), "QUOTE_EXPIRED");
    assert_eq!(refusal(&world.reserve("m1", AU, SHORT)), "ID_REUSED");
    assert_eq!(refusal(&world.settle("m1", Some(9))), "INVALID_INPUT");
    assert_eq!(refusal(&world.settle("m9", None)), "UNKNOWN_HOLD");
    assert_eq!(refusal(&world.attempt("m1", AU, &text(2), 5)), "INVALID_INPUT");
    assert_eq!(refusal(&world.open(json!({ "plan": "growth" }))), "ID_REUSED");
    assert_eq!(refusal(&world.call("balance", json!({ "at": "2020-01-01T00:00:00Z" }))), "INVALID_INPUT");
    assert_eq!(world.store.dump(), before);
    assert_eq!(world.counts(), [50, 0, 2, 48]);
}
