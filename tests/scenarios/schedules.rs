//! Credits that the seller gives every calendar month: once a month, in the catalog's zone, for accounts that have the gates.

use crate::common::world::World;
use crate::common::{at, draws, refusal, text};
use serde_json::{Value, json};
use sms_ledger::catalog::{Catalog, profiles};
use sms_ledger::engine::Options;
use sms_ledger::storage::Limits;
use std::sync::Arc;

const CN: &str = "+8613800138000";
const SHORT: &str = "验证码 123456";

/// The profile `tencent-sms`, changed as data.
fn tencent(change: impl FnOnce(&mut Value)) -> Arc<Catalog> {
    let json = profiles::ALL.iter().find(|json| json.contains("\"id\": \"tencent-sms\"")).unwrap();
    let mut catalog: Value = serde_json::from_str(json).unwrap();
    change(&mut catalog);
    Arc::new(Catalog::from_json(&catalog.to_string()).unwrap())
}

fn opened(now: &str, catalog: Arc<Catalog>) -> World {
    let mut world = World::of(catalog, now);
    world.open(json!({ "gates": ["postpaid"] })).unwrap();
    world
}

fn postpaid(now: &str) -> World {
    opened(now, tencent(|_| {}))
}

fn months(world: &mut World) -> usize {
    world.journal().iter().filter(|kind| *kind == "schedule").count()
}

/// The seed: "100 SMS messages are provided to your account free of charge in a form of package each month", for postpaid users.
#[test]
fn a_hundred_segments_come_every_month_for_those_who_have_the_gate() {
    let mut world = postpaid("2026-01-15T10:00:00Z");
    assert_eq!(world.counts(), [100, 0, 0, 0]);
    let package = world.packages().remove(0);
    for (field, expected) in [
        ("source", "complimentary"),
        ("name", "Complimentary China SMS package"),
        ("region", "CN"),
        ("effectiveAt", "2026-01-15T10:00:00.000Z"),
        ("expiresAt", "2026-01-31T16:00:00.000Z"),
    ] {
        assert_eq!(package[field], expected, "{field}");
    }
    assert_eq!(world.journal(), ["open", "schedule"]);
    world.proven();

    let mut other = World::opened_of(tencent(|_| {}), "2026-01-15T10:00:00Z");
    assert_eq!(other.counts(), [0; 4]);
    assert_eq!(refusal(&other.reserve("m1", CN, SHORT)), "INSUFFICIENT_BALANCE none");
    assert_eq!(other.balance().get("nextDue"), None);
}

/// "This package is valid until 23:59:59 on the last day of the current month", by the clocks of Beijing.
#[test]
fn what_is_left_is_lost_when_the_month_ends_in_beijing() {
    let mut world = postpaid("2026-01-15T10:00:00Z");
    world.reserve("m1", CN, SHORT).unwrap();
    world.settle("m1", None).unwrap();
    world.at("2026-01-31T15:59:59.999Z");
    assert_eq!(world.counts(), [99, 0, 1, 0]);
    assert_eq!(world.balance()["nextDue"], "2026-01-31T16:00:00.000Z");
    // That very instant belongs to February.
    world.at("2026-01-31T16:00:00Z");
    assert_eq!(world.counts(), [100, 0, 1, 99]);
    let packages = world.packages();
    assert_eq!((packages.len(), &packages[0]["status"]), (2, &json!("expired")));
    assert_eq!(packages[1]["effectiveAt"], "2026-01-31T16:00:00.000Z");
    assert_eq!(packages[1]["expiresAt"], "2026-02-28T16:00:00.000Z");
    world.reserve("m2", CN, SHORT).unwrap();
    assert_eq!(world.journal()[4..], ["expire", "schedule", "reserve"]);
    world.proven();
}

#[test]
fn months_that_are_over_are_never_issued() {
    let mut world = postpaid("2026-01-15T10:00:00Z");
    world.at("2026-08-10T00:00:00Z");
    assert_eq!(world.counts(), [100, 0, 0, 100]);
    world.reserve("m1", CN, SHORT).unwrap();
    assert_eq!(world.journal(), ["open", "schedule", "expire", "schedule", "reserve"]);
    world.proven();
}

/// What ends before the month of the renewal ends first, so that the journal tells things in their order.
#[test]
fn a_late_renewal_comes_behind_what_ended_before_it() {
    let mut world = postpaid("2026-01-15T10:00:00Z");
    world
        .call(
            "adjust",
            json!({ "id": "a1", "segments": 5, "reason": "sorry", "region": "CN", "expiresAt": "2026-05-05T00:00:00Z" }),
        )
        .unwrap();
    world.at("2026-08-10T00:00:00Z").reserve("m1", CN, SHORT).unwrap();
    let page = world.call("entries", json!({ "after": 3 })).unwrap();
    let entries = page["entries"].as_array().unwrap();
    let told: Vec<String> =
        entries.iter().map(|entry| format!("{} {}", entry["kind"], entry["effectiveAt"])).collect();
    assert_eq!(
        told,
        [
            r#""expire" "2026-01-31T16:00:00.000Z""#,
            r#""expire" "2026-05-05T00:00:00.000Z""#,
            r#""schedule" "2026-07-31T16:00:00.000Z""#,
            r#""reserve" "2026-08-10T00:00:00.000Z""#,
        ]
    );
}

#[test]
fn a_month_is_issued_once_whoever_comes_first() {
    let mut one = postpaid("2026-01-15T10:00:00Z");
    let mut two = one.again();
    for month in 2..=6 {
        let now = format!("2026-{month:02}-15T10:00:00Z");
        let (first, second) = if month % 2 == 0 { (&mut one, &mut two) } else { (&mut two, &mut one) };
        first.at(&now).reserve(&format!("a{month}"), CN, SHORT).unwrap();
        second.at(&now).reserve(&format!("b{month}"), CN, SHORT).unwrap();
        assert_eq!(first.counts()[0], 98);
        assert_eq!(second.counts()[0], 98);
    }
    assert_eq!(months(&mut one), 6);
    one.proven();
}

#[test]
fn a_gate_gained_within_a_month_brings_all_of_it_at_once_and_a_gate_lost_no_more() {
    let mut world = World::opened_of(tencent(|_| {}), "2026-01-03T10:00:00Z");
    world.at("2026-01-20T10:00:00Z").call("setGates", json!({ "gates": ["postpaid"] })).unwrap();
    assert_eq!(world.counts(), [100, 0, 0, 0]);
    world.reserve("m1", CN, SHORT).unwrap();
    // What was issued stays.
    world.call("setGates", json!({ "gates": [] })).unwrap();
    assert_eq!(world.counts(), [99, 1, 0, 0]);
    // Lost and gained again within the month: not twice.
    world.call("setGates", json!({ "gates": ["postpaid"] })).unwrap();
    assert_eq!(world.counts(), [99, 1, 0, 0]);
    world.call("setGates", json!({ "gates": [] })).unwrap();
    world.at("2026-03-10T10:00:00Z");
    assert_eq!(world.counts(), [0, 0, 1, 99]);
    assert_eq!(refusal(&world.reserve("m2", CN, SHORT)), "INSUFFICIENT_BALANCE expired");
    world.call("setGates", json!({ "gates": ["postpaid", "vip"] })).unwrap();
    assert_eq!(world.counts(), [100, 0, 1, 99]);
    world.reserve("m3", CN, SHORT).unwrap();
    assert_eq!(months(&mut world), 2);
    world.proven();
}

/// With `prorate` the part of the month that is left, rounded up; the months after that are whole.
#[test]
fn a_switch_prorates_the_first_month() {
    let catalog = tencent(|catalog| catalog["schedules"][0]["prorate"] = json!(true));
    for (now, credits) in [
        ("2025-12-31T16:00:00Z", 100),
        ("2025-12-31T16:00:00.001Z", 100),
        // Half of January.
        ("2026-01-16T04:00:00Z", 50),
        ("2026-01-16T03:59:59.999Z", 51),
        ("2026-01-31T15:59:59.999Z", 1),
    ] {
        let mut world = opened(now, Arc::clone(&catalog));
        assert_eq!(world.counts()[0], credits, "{now}");
        world.at("2026-02-28T15:59:59Z");
        assert_eq!(world.counts()[0], 100, "{now}");
    }
    let mut world = World::opened_of(catalog, "2026-01-03T10:00:00Z");
    world.at("2026-01-16T04:00:00Z").call("setGates", json!({ "gates": ["postpaid"] })).unwrap();
    // The gate is what counts, not the first look.
    world.at("2026-01-30T00:00:00Z");
    assert_eq!(world.counts()[0], 50);
}

#[test]
fn a_schedule_without_a_region_pays_all_and_several_have_packages_each() {
    let catalog = tencent(|catalog| {
        catalog["schedules"] = json!([
            { "id": "china", "name": "China", "credits": 10, "regions": ["CN"] },
            { "id": "any", "name": "Anywhere", "credits": 5, "gates": ["postpaid"] },
        ]);
    });
    let mut world = opened("2026-01-15T10:00:00Z", Arc::clone(&catalog));
    assert_eq!(draws(&world.reserve("m1", CN, &text(2)).unwrap()), "p1:5");
    assert_eq!(draws(&world.reserve("m2", "+66812345678", &text(1)).unwrap()), "p2:3");
    assert_eq!(world.journal()[..3], ["open", "schedule", "schedule"]);
    world.proven();
}

/// A schedule that a later revision brings is for the whole month; one that it no longer has issues nothing more.
#[test]
fn schedules_come_and_go_with_the_catalog() {
    let mut before = opened("2026-01-15T10:00:00Z", tencent(|catalog| catalog["schedules"] = json!([])));
    assert_eq!(before.counts(), [0; 4]);
    let mut world = before.again_under(tencent(|catalog| {
        catalog["revision"] = json!(2);
        catalog["schedules"][0]["prorate"] = json!(true);
    }));
    world.at("2026-03-20T10:00:00Z");
    assert_eq!(world.counts(), [100, 0, 0, 0]);
    world.reserve("m1", CN, SHORT).unwrap();
    let mut world = world.again_under(tencent(|catalog| {
        catalog["revision"] = json!(3);
        catalog["schedules"][0]["id"] = json!("other");
    }));
    world.at("2026-04-20T10:00:00Z").reserve("m2", CN, SHORT).unwrap();
    let head = world.store.dump().into_iter().find(|(_, key, _)| key == "account").unwrap().2;
    // What the catalog no longer has is forgotten once its month is over.
    assert!(head.contains("\"other\"") && !head.contains("\"monthly\""), "{head}");
    assert_eq!(months(&mut world), 2);
    world.proven();
}

/// A store of the smallest size takes what many schedules issue, in several commits.
#[test]
fn many_schedules_fit_a_small_store() {
    let schedule = |number: usize| {
        let id = format!("{number:03}{}", "s".repeat(125));
        json!({ "id": id, "name": "n".repeat(256), "credits": 1_000_000_000_u64, "regions": ["CN"] })
    };
    let catalog = tencent(|catalog| {
        catalog["schedules"] = Value::Array((0..16).map(schedule).collect());
    });
    let limits = Limits { checks: 2, writes: 16, value_bytes: 16_384 };
    let mut world = World::with(catalog, "2026-01-15T10:00:00Z", Options { limits, ..Options::default() });
    world.open(json!({})).unwrap();
    assert_eq!(world.counts()[0], 16_000_000_000);
    for month in 2..5 {
        world.now = at(&format!("2026-{month:02}-15T10:00:00Z"));
        world.reserve(&format!("m{month}"), CN, SHORT).unwrap();
        assert_eq!(world.counts()[0], 16_000_000_000 - 1);
    }
    assert!(world.store.largest().1 <= 16);
    // With the opening only the first: the others of January would have come with the next command in January.
    assert_eq!(months(&mut world), 1 + 3 * 16);
    world.proven();
}
