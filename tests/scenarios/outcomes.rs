//! What becomes of a hold: the first final word wins.

use crate::common::world::World;
use crate::common::{AU, CANADA, SHORT, bytes, refusal, text};
use serde_json::{Value, json};

const NOW: &str = "2026-01-15T10:00:00Z";

/// A pack of 100 and a message of 3 segments, held.
fn held() -> World {
    let mut world = World::opened(NOW);
    world.buy("o1", "pack-au", 100);
    world.reserve("m1", AU, &text(3)).unwrap();
    world
}

fn summary(outcome: &Value) -> String {
    format!(
        "{} {} {} {}",
        outcome["state"].as_str().unwrap(),
        outcome["spent"],
        outcome["released"],
        if outcome["applied"] == true { "applied" } else { "not applied" }
    )
}

#[test]
fn settle_all_some_and_release() {
    type When = fn(&mut World) -> crate::common::Reply;
    let cases: &[(&str, [u64; 4], When)] = &[
        ("settled 3 0 applied", [97, 0, 3, 0], |world| world.settle("m1", None)),
        ("settled 3 0 applied", [97, 0, 3, 0], |world| world.settle("m1", Some(3))),
        ("settled 2 1 applied", [98, 0, 2, 0], |world| world.settle("m1", Some(2))),
        ("released 0 3 applied", [100, 0, 0, 0], |world| world.release("m1")),
    ];
    for (expected, counts, when) in cases {
        let mut world = held();
        assert_eq!(world.counts(), [97, 3, 0, 0]);
        let first = when(&mut world);
        assert_eq!(summary(first.as_ref().unwrap()), *expected);
        assert_eq!(world.counts(), *counts);
        let stored = world.proven();
        world.at("2026-01-16T00:00:00Z");
        assert_eq!(bytes(&when(&mut world)), bytes(&first), "the same again");
        assert_eq!(bytes(&when(&mut world.again())), bytes(&first), "the same again after a restart");
        assert_eq!(world.proven(), stored);
    }
}

#[test]
fn more_than_held_and_nothing_held_are_refused() {
    let mut world = held();
    let before = world.store.dump();
    assert_eq!(refusal(&world.settle("m1", Some(4))), "INVALID_INPUT");
    assert_eq!(refusal(&world.settle("m2", None)), "UNKNOWN_HOLD");
    assert_eq!(refusal(&world.release("m2")), "UNKNOWN_HOLD");
    assert_eq!(refusal(&world.report("m2", "delivered", None)), "UNKNOWN_HOLD");
    assert!(sms_ledger::engine::Said::settle("m1", Some(0)).is_err());
    for (bytes, fits) in [(0, false), (1, true), (256, true), (257, false)] {
        let said = sms_ledger::engine::Said::report("m1", "delivered", Some(&"c".repeat(bytes)), None);
        assert_eq!(said.map_err(|error| error.details["path"].clone()).err(), (!fits).then(|| json!("code")));
    }
    assert_eq!(world.store.dump(), before);
}

#[test]
fn each_stage_of_a_report_costs_what_the_catalog_says() {
    for (stage, expected) in [
        ("rejected", "released 0 3 applied"),
        ("accepted", "held 0 0 not applied"),
        ("submitted", "held 0 0 not applied"),
        ("delivered", "settled 3 0 applied"),
        ("undelivered", "settled 3 0 applied"),
        ("expired", "settled 3 0 applied"),
        ("unknown", "held 0 0 not applied"),
    ] {
        let mut world = held();
        assert_eq!(summary(&world.report("m1", stage, Some("42")).unwrap()), expected, "{stage}");
        world.proven();
    }
}

#[test]
fn a_report_that_decides_nothing_writes_nothing() {
    let mut world = held();
    let before = world.store.dump();
    for stage in ["accepted", "submitted", "unknown"] {
        world.report("m1", stage, None).unwrap();
    }
    assert_eq!(world.store.dump(), before);
}

#[test]
fn a_duplicate_receipt_is_answered_the_same_to_the_byte() {
    let mut world = held();
    let first = world.report("m1", "delivered", Some("000"));
    let stored = world.store.dump();
    world.at("2026-01-17T00:00:00Z");
    assert_eq!(bytes(&world.report("m1", "delivered", Some("000"))), bytes(&first));
    assert_eq!(bytes(&world.again().report("m1", "delivered", Some("000"))), bytes(&first));
    assert_eq!(world.store.dump(), stored);
}

#[test]
fn a_contradicting_receipt_changes_nothing_but_is_kept() {
    let mut world = held();
    world.report("m1", "delivered", Some("000")).unwrap();
    let stored = world.store.dump();
    for (stage, code) in [("undelivered", None), ("delivered", Some("001")), ("submitted", None)] {
        let answer = world.report("m1", stage, code).unwrap();
        assert_eq!(summary(&answer), "settled 3 0 not applied", "{stage}");
        assert!(answer.get("contradicted").is_none(), "{stage}");
    }
    assert_eq!(world.store.dump(), stored, "what costs the same is no contradiction");
    let told = world.report("m1", "rejected", Some("7"));
    let answer = told.as_ref().unwrap();
    assert_eq!(summary(answer), "settled 3 0 not applied");
    let kept = json!({ "stage": "rejected", "code": "7", "at": "2026-01-15T10:00:00.000Z" });
    assert_eq!(answer["contradicted"], kept);
    let stored = world.store.dump();
    world.at("2026-01-17T00:00:00Z");
    assert_eq!(bytes(&world.report("m1", "rejected", Some("7"))), bytes(&told), "a duplicate of it is none");
    assert_eq!(world.again().report("m1", "delivered", Some("000")).unwrap()["contradicted"], kept);
    assert_eq!(world.store.dump(), stored);
    assert_eq!(world.counts(), [97, 0, 3, 0]);
}

#[test]
fn an_explicit_word_that_wants_something_else_is_refused() {
    let mut world = held();
    world.settle("m1", Some(2)).unwrap();
    let stored = world.store.dump();
    assert_eq!(refusal(&world.settle("m1", None)), "HOLD_ENDED");
    assert_eq!(refusal(&world.settle("m1", Some(1))), "HOLD_ENDED");
    assert_eq!(refusal(&world.release("m1")), "HOLD_ENDED");
    assert_eq!(world.store.dump(), stored);
    let mut world = held();
    world.release("m1").unwrap();
    assert_eq!(refusal(&world.settle("m1", None)), "HOLD_ENDED");
}

#[test]
fn an_explicit_word_that_says_what_a_receipt_said_agrees() {
    let mut world = held();
    world.report("m1", "rejected", None).unwrap();
    assert_eq!(summary(&world.release("m1").unwrap()), "released 0 3 not applied");
    let mut world = held();
    world.report("m1", "delivered", None).unwrap();
    assert_eq!(summary(&world.settle("m1", None).unwrap()), "settled 3 0 not applied");
}

#[test]
fn a_refused_message_has_no_outcome() {
    let mut world = held();
    world.reserve("refused", CANADA, SHORT).unwrap_err();
    let stored = world.store.dump();
    assert_eq!(refusal(&world.settle("refused", None)), "HOLD_ENDED");
    assert_eq!(refusal(&world.release("refused")), "HOLD_ENDED");
    for stage in ["accepted", "delivered", "rejected"] {
        assert_eq!(refusal(&world.report("refused", stage, None)), "HOLD_ENDED", "{stage}");
    }
    assert_eq!(world.store.dump(), stored);
}

#[test]
fn a_partly_settled_hold_spends_what_was_drawn_first() {
    let mut world = World::new(NOW);
    world.open(json!({ "plan": "starter" })).unwrap();
    world.buy("o1", "pack-au", 100);
    world.reserve("m1", AU, &text(52)).unwrap();
    world.settle("m1", Some(51)).unwrap();
    let packages = world.packages();
    assert_eq!(packages.len(), 1, "the plan's credits have ended");
    assert_eq!((&packages[0]["available"], &packages[0]["spent"]), (&json!(99), &json!(1)));
    world.proven();
}
