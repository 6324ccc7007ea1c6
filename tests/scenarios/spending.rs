//! Who pays for a message, and why nothing can.

use crate::common::world::World;
use crate::common::{AU, CANADA, NZ, SHORT, US, changed, draws, refusal, text};
use serde_json::{Value, json};
use sms_ledger::catalog::Catalog;
use std::sync::Arc;

const NOW: &str = "2026-01-15T10:00:00Z";

fn subscribed() -> World {
    let mut world = World::new(NOW);
    world.open(json!({ "plan": "starter" })).unwrap();
    world
}

fn activated_later() -> Arc<Catalog> {
    changed(|catalog| catalog["offers"][0]["activation_seconds"] = json!(300))
}

fn valid_for_a_month() -> Arc<Catalog> {
    changed(|catalog| {
        catalog["offers"][0]["validity"] = json!({ "months": 1 });
        catalog["policy"]["hold"] = json!({ "hours": 2000, "then": "settle" });
    })
}

fn never_split() -> Arc<Catalog> {
    changed(|catalog| catalog["policy"]["split"] = json!("never"))
}

#[test]
fn plan_credits_pay_before_packs() {
    let mut world = subscribed();
    world.buy("o1", "pack-au", 100);
    assert_eq!(draws(&world.reserve("m1", AU, &text(50)).unwrap()), "p1:50");
    assert_eq!(draws(&world.reserve("m2", AU, SHORT).unwrap()), "p2:1");
}

#[test]
fn one_plan_credit_left_and_a_text_of_two_segments_are_split() {
    let mut world = subscribed();
    world.buy("o1", "pack-au", 100);
    world.reserve("m1", AU, &text(49)).unwrap();
    let answer = world.reserve("m2", AU, &text(2)).unwrap();
    assert_eq!((draws(&answer).as_str(), &answer["available"]), ("p1:1 p2:1", &json!(99)));
    world.release("m2").unwrap();
    assert_eq!(world.counts(), [101, 49, 0, 0]);
    assert_eq!(draws(&world.reserve("m3", AU, &text(2)).unwrap()), "p1:1 p2:1");
    world.proven();
}

#[test]
fn packs_pay_in_the_order_they_were_bought() {
    let mut world = World::opened(NOW);
    world.buy("o1", "pack-au", 100);
    world.at("2026-01-15T11:00:00Z").buy("o2", "pack-au", 100);
    assert_eq!(draws(&world.reserve("m1", AU, &text(99)).unwrap()), "p1:99");
    assert_eq!(draws(&world.reserve("m2", AU, &text(2)).unwrap()), "p1:1 p2:1");
    world.release("m1").unwrap();
    assert_eq!(draws(&world.reserve("m3", AU, SHORT).unwrap()), "p1:1");
}

#[test]
fn a_pack_pays_its_region_only_and_plan_credits_pay_any() {
    let mut world = subscribed();
    world.buy("o1", "pack-us", 100);
    assert_eq!(draws(&world.reserve("m1", AU, &text(20)).unwrap()), "p1:20");
    assert_eq!(draws(&world.reserve("m2", NZ, &text(20)).unwrap()), "p1:20");
    assert_eq!(draws(&world.reserve("m3", US, &text(20)).unwrap()), "p1:10 p2:10");
    assert_eq!(refusal(&world.reserve("m4", AU, SHORT)), "INSUFFICIENT_BALANCE exhausted");
    assert_eq!(draws(&world.reserve("m5", US, SHORT).unwrap()), "p2:1");
    world.proven();
}

#[test]
fn a_region_without_a_price_is_refused_whatever_is_left() {
    let mut world = subscribed();
    for to in [CANADA, "+4915112345678", "+87012345678"] {
        let refused = world.reserve(to, to, SHORT);
        assert_eq!(refusal(&refused), "UNKNOWN_REGION unpriced_region", "{to}");
        assert_eq!(refusal(&world.preview(to, SHORT)), "UNKNOWN_REGION unpriced_region", "{to}");
    }
    assert_eq!(world.counts(), [50, 0, 0, 0]);
    // The refusal is a record of its own; no balance moved, so the journal has no line of it.
    assert_eq!(world.journal(), ["open", "plan"]);
    assert!(world.proven().iter().any(|(_, key, _)| *key == format!("hold/{CANADA}")));
}

/// A pack that is used up, and another behind it.
fn one_used_up_and_another() -> World {
    let mut world = World::opened_of(valid_for_a_month(), NOW);
    world.buy("o1", "pack-au", 100);
    world.reserve("all", AU, &text(100)).unwrap();
    world.settle("all", None).unwrap();
    world.buy("o2", "pack-au", 100);
    world
}

#[test]
fn a_refusal_says_why() {
    type Given = fn() -> World;
    let cases: &[(&str, Given)] = &[
        ("none", || World::opened(NOW)),
        ("exhausted", || {
            let mut world = World::opened(NOW);
            world.buy("o1", "pack-au", 100);
            world.reserve("all", AU, &text(99)).unwrap();
            world
        }),
        ("exhausted", || {
            let mut world = World::opened(NOW);
            world.buy("o1", "pack-au", 100);
            world.reserve("all", AU, &text(100)).unwrap();
            world.settle("all", None).unwrap();
            world
        }),
        ("expired", || {
            let mut world = World::opened_of(valid_for_a_month(), NOW);
            world.buy("o1", "pack-au", 100);
            world.at("2026-02-15T10:00:00Z");
            world
        }),
        ("expired", || {
            let mut world = World::opened_of(valid_for_a_month(), NOW);
            world.buy("o1", "pack-au", 100);
            world.reserve("held", AU, SHORT).unwrap();
            world.at("2026-02-15T10:00:00Z");
            world
        }),
        // What ended last says why: one pack was used up, the next ran out of time.
        ("expired", || {
            let mut world = one_used_up_and_another();
            world.at("2026-02-15T10:00:00Z");
            world
        }),
        // So it does while a message still holds something of the one that ran out of time.
        ("expired", || {
            let mut world = one_used_up_and_another();
            world.reserve("held", AU, SHORT).unwrap();
            world.at("2026-02-15T10:00:00Z");
            world
        }),
        ("wrong_region", || {
            let mut world = World::opened(NOW);
            world.buy("o1", "pack-us", 100);
            world
        }),
        ("pending", || {
            let mut world = World::opened_of(activated_later(), NOW);
            world.buy("o1", "pack-au", 100);
            world.at("2026-01-15T10:04:59.999Z");
            world
        }),
        ("fragmented", || {
            let mut world = World::opened_of(never_split(), NOW);
            world.buy("o1", "pack-au", 100);
            world.buy("o2", "pack-au", 100);
            world.reserve("a", AU, &text(99)).unwrap();
            world.reserve("b", AU, &text(99)).unwrap();
            world
        }),
    ];
    for (reason, given) in cases {
        let mut world = given();
        let expected = format!("INSUFFICIENT_BALANCE {reason}");
        assert_eq!(refusal(&world.preview(AU, &text(2))), expected);
        let explained = world.call("explain", json!({ "to": AU, "text": text(2) })).unwrap();
        assert_eq!((&explained["payable"], &explained["reason"]), (&json!(false), &json!(reason)));
        let before = world.counts();
        assert_eq!(refusal(&world.reserve("m", AU, &text(2))), expected);
        assert_eq!(world.counts(), before, "{reason}");
        world.proven();
    }
}

#[test]
fn where_splitting_is_forbidden_the_first_package_that_has_enough_pays() {
    let mut world = World::opened_of(never_split(), NOW);
    world.buy("o1", "pack-au", 100);
    world.buy("o2", "pack-au", 100);
    world.reserve("a", AU, &text(99)).unwrap();
    assert_eq!(draws(&world.reserve("b", AU, &text(2)).unwrap()), "p2:2");
    assert_eq!(draws(&world.reserve("c", AU, SHORT).unwrap()), "p1:1");
    let explained = world.call("explain", json!({ "to": AU, "text": text(2) })).unwrap();
    let verdicts: Vec<&Value> =
        explained["packages"].as_array().unwrap().iter().map(|package| &package["verdict"]).collect();
    assert_eq!(verdicts, ["exhausted", "pays"]);
}

#[test]
fn a_pack_never_expires() {
    let mut world = World::opened(NOW);
    world.buy("o1", "pack-au", 100);
    assert_eq!(world.packages()[0].get("expiresAt"), None);
    assert_eq!(world.balance().get("nextDue"), None);
    world.at("2099-12-31T23:59:59Z");
    assert_eq!(draws(&world.reserve("m1", AU, SHORT).unwrap()), "p1:1");
}

#[test]
fn an_activation_takes_effect_at_its_instant() {
    let mut world = World::opened_of(activated_later(), NOW);
    let order = world.buy("o1", "pack-au", 100);
    assert_eq!(order["effectiveAt"], "2026-01-15T10:05:00.000Z");
    assert_eq!(world.packages()[0]["status"], "pending");
    assert_eq!(world.balance()["nextDue"], "2026-01-15T10:05:00.000Z");
    assert_eq!(world.balance()["pools"], json!([]));
    world.at("2026-01-15T10:05:00Z");
    assert_eq!(world.packages()[0]["status"], "effective");
    assert_eq!(world.balance()["pools"], json!([{ "region": "AU", "available": 100 }]));
    assert_eq!(draws(&world.reserve("m1", AU, SHORT).unwrap()), "p1:1");
    assert_eq!(world.journal(), ["open", "purchase", "reserve"]);
    world.proven();
}

/// An activation writes no entry, so it must not be lost when what comes right after it leaves no trace.
#[test]
fn an_activation_survives_what_is_taken_back_around_it() {
    let mut world = World::opened_of(activated_later(), NOW);
    world.buy("o1", "pack-au", 100);
    world.at("2026-01-15T10:05:00Z").preview(AU, SHORT).unwrap();
    world.at("2026-01-15T10:04:00Z");
    assert_eq!(world.packages()[0]["status"], "pending");
    assert_eq!(refusal(&world.preview(AU, SHORT)), "INSUFFICIENT_BALANCE pending");
    world.at("2026-01-15T10:05:00Z");
    assert_eq!(refusal(&world.settle("nothing", None)), "UNKNOWN_HOLD");
    assert_eq!(draws(&world.preview(AU, SHORT).unwrap()), "p1:1");
    assert_eq!(draws(&world.reserve("m1", AU, SHORT).unwrap()), "p1:1");
}

#[test]
fn a_months_validity_ends_at_its_half_open_end_as_breakage() {
    let mut world = World::opened_of(valid_for_a_month(), "2026-01-31T10:00:00Z");
    let order = world.buy("o1", "pack-au", 100);
    assert_eq!(order["expiresAt"], "2026-02-28T10:00:00.000Z");
    world.reserve("m1", AU, &text(3)).unwrap();
    world.settle("m1", None).unwrap();
    world.at("2026-02-28T09:59:59.999Z").reserve("m2", AU, SHORT).unwrap();
    world.release("m2").unwrap();
    world.at("2026-02-28T10:00:00Z");
    assert_eq!(refusal(&world.reserve("m3", AU, SHORT)), "INSUFFICIENT_BALANCE expired");
    assert_eq!(world.counts(), [0, 0, 3, 97]);
    let journal = ["open", "purchase", "reserve", "settle", "reserve", "release", "expire"];
    assert_eq!(world.journal(), journal);
    assert_eq!(world.packages(), Vec::<Value>::new());
    let ended = world.call("endedPackages", json!({})).unwrap();
    assert_eq!(
        (&ended["packages"][0]["status"], &ended["packages"][0]["expired"]),
        (&json!("expired"), &json!(97))
    );
    world.proven();
}

#[test]
fn a_hold_taken_in_time_is_spent_after_the_package_expired() {
    let mut world = World::opened_of(valid_for_a_month(), NOW);
    world.buy("o1", "pack-au", 100);
    world.reserve("m1", AU, &text(3)).unwrap();
    world.at("2026-03-01T00:00:00Z");
    let answer = world.settle("m1", None).unwrap();
    assert_eq!((&answer["spent"], &answer["expired"]), (&json!(3), &json!(0)));
    assert_eq!(world.counts(), [0, 0, 3, 97]);
    world.proven();
}

#[test]
fn a_release_after_the_expiry_is_breakage() {
    for (settled, spent, released, expired) in [(None, 0, 0, 3), (Some(2), 2, 0, 1)] {
        let mut world = World::opened_of(valid_for_a_month(), NOW);
        world.buy("o1", "pack-au", 100);
        world.reserve("m1", AU, &text(3)).unwrap();
        world.at("2026-03-01T00:00:00Z");
        let answer =
            if settled.is_some() { world.settle("m1", settled) } else { world.release("m1") }.unwrap();
        let found = ["spent", "released", "expired"].map(|name| answer[name].as_u64().unwrap());
        assert_eq!(found, [spent, released, expired]);
        assert_eq!(world.counts(), [0, 0, spent, 100 - spent]);
        world.proven();
    }
}

#[test]
fn a_hold_over_two_packages_of_which_one_expired_gives_back_what_it_can() {
    let mut world = World::of(valid_for_a_month(), NOW);
    world.open(json!({ "plan": "starter" })).unwrap();
    world.buy("o1", "pack-us", 100);
    world.reserve("m1", US, &text(52)).unwrap();
    world.at("2026-02-20T00:00:00Z");
    let answer = world.release("m1").unwrap();
    assert_eq!((&answer["released"], &answer["expired"]), (&json!(2), &json!(50)));
    // 50 anew, 100 in the pack.
    assert_eq!(world.counts(), [150, 0, 0, 50]);
    world.proven();
}

#[test]
fn a_text_longer_than_the_catalog_allows_is_no_message() {
    let catalog = changed(|catalog| catalog["policy"]["segments_max"] = json!(3));
    let mut world = World::opened_of(catalog, NOW);
    world.buy("o1", "pack-au", 100);
    let before = world.store.dump();
    let now = world.now;
    let refused = crate::common::reply(world.driver.reserve("acme", "m1", AU, &text(4), now));
    assert_eq!(refusal(&refused), "MESSAGE_TOO_LONG");
    for number in ["0412345678", "+61", "hello", ""] {
        let refused = crate::common::reply(world.driver.reserve("acme", "m1", number, SHORT, now));
        assert_eq!(refusal(&refused), "INVALID_NUMBER", "{number}");
    }
    assert_eq!(world.store.dump(), before);
}

/// Never split: what comes back to a package in parts pays a message as long as all of them, in any process.
#[test]
fn what_comes_back_in_parts_pays_a_whole_message() {
    let catalog = changed(|catalog| catalog["policy"]["split"] = json!("never"));
    let mut world = World::opened_of(catalog, NOW);
    world.call("adjust", json!({ "id": "a1", "segments": 5, "reason": "test" })).unwrap();
    world.reserve("m1", AU, &text(2)).unwrap();
    world.reserve("m2", AU, &text(3)).unwrap();
    let mut world = world.again();
    world.release("m1").unwrap();
    world.release("m2").unwrap();
    assert_eq!(draws(&world.reserve("m3", AU, &text(4)).unwrap()), "p1:4");
    world.release("m3").unwrap();
    assert_eq!(draws(&world.reserve("m4", AU, &text(5)).unwrap()), "p1:5");
}

/// Never split, and no plan: a package that is large enough waits for one all the same (domain rule 31).
#[test]
fn a_large_package_waits_for_a_plan_where_packs_need_one() {
    let catalog = changed(|catalog| {
        catalog["policy"]["split"] = json!("never");
        catalog["policy"]["packs_need_plan"] = json!(true);
    });
    let mut world = World::opened_of(catalog, NOW);
    world.buy("o1", "pack-au", 1_000);
    assert_eq!(refusal(&world.reserve("m1", AU, &text(60))), "INSUFFICIENT_BALANCE no_plan");
    world.call("setPlan", json!({ "plan": "starter" })).unwrap();
    assert_eq!(draws(&world.attempt("m1", AU, &text(60), 2).unwrap()), "p1:60");
}
