//! «Purchase China SMS Package» and what follows it, sentence by sentence, on the catalog `tencent-sms`. docs/seeds.md has
//! the table.

use crate::common::world::World;
use crate::common::{draws, refusal};
use serde_json::{Value, json};
use sms_ledger::catalog::{Catalog, profiles};
use sms_ledger::engine::Tags;
use std::sync::Arc;

const CN: &str = "+8613800138000";
/// Payment and, five minutes later, its effect.
const PAID: &str = "2026-03-02T04:00:00Z";
const EFFECTIVE: &str = "2026-03-02T04:05:00.000Z";

fn opened() -> World {
    World::opened_of(Arc::new(Catalog::from_json(profiles::TENCENT_SMS).unwrap()), PAID)
}

/// With packages of so many segments, bought one after the other and in effect.
fn with_packages(quantities: &[u64]) -> World {
    let mut world = opened();
    for (number, quantity) in quantities.iter().enumerate() {
        world.buy(&format!("o{number}"), "cn-custom", *quantity);
    }
    world.at(EFFECTIVE);
    world
}

/// A text of so many segments: any text counts 70, then 67.
fn text(segments: usize) -> String {
    if segments == 1 { "字".repeat(70) } else { "字".repeat(67 * segments) }
}

/// Spends a package down to what is left of it.
fn spent(world: &mut World, mut segments: usize) {
    let mut number = 0;
    while segments > 0 {
        let part = segments.min(250);
        let id = format!("spent{number}");
        world.reserve(&id, CN, &text(part)).unwrap();
        world.report(&id, "delivered", None).unwrap();
        (segments, number) = (segments - part, number + 1);
    }
}

#[test]
fn messages_are_paid_from_a_package_bought_before() {
    let mut world = opened();
    let refused = world.reserve("m1", CN, &text(1));
    assert_eq!(refusal(&refused), "INSUFFICIENT_BALANCE none");
    assert_eq!(refused.unwrap_err().seller_code.as_deref(), Some("1031"));
    assert_eq!(world.counts(), [0, 0, 0, 0]);
    let order = world.buy("o1", "cn-custom", 1_000);
    assert_eq!((order["quantity"].as_u64(), order["total"].as_str()), (Some(1_000), Some("50.00")));
    world.at(EFFECTIVE);
    assert_eq!(draws(&world.attempt("m1", CN, &text(1), 2).unwrap()), "p1:1");
}

#[test]
fn a_package_takes_effect_five_minutes_after_its_purchase() {
    let mut world = opened();
    let order = world.buy("o1", "cn-custom", 1_000);
    assert_eq!(order["effectiveAt"], EFFECTIVE);
    world.at("2026-03-02T04:04:59.999Z");
    assert_eq!(refusal(&world.reserve("m1", CN, &text(1))), "INSUFFICIENT_BALANCE pending");
    world.at(EFFECTIVE);
    assert_eq!(draws(&world.reserve("m2", CN, &text(1)).unwrap()), "p1:1");
}

#[test]
fn a_package_is_shared_by_all_applications() {
    let mut world = with_packages(&[1_000]);
    for project in ["1400000001", "1400000002"] {
        let tags = Tags { project: Some(project), ..Tags::default() };
        let message = world.tagged(project, CN, &text(1), tags, 1);
        assert_eq!(draws(&world.run(message).unwrap()), "p1:1", "{project}");
    }
    assert_eq!(world.counts(), [998, 2, 0, 0]);
}

/// With a hundred complimentary segments and a package of a thousand in effect.
fn postpaid() -> World {
    let mut world = opened();
    world.call("setGates", json!({ "gates": ["postpaid"] })).unwrap();
    world.buy("o1", "cn-custom", 1_000);
    world.at(EFFECTIVE);
    world
}

#[test]
fn the_complimentary_package_pays_first_if_it_has_enough() {
    let mut world = postpaid();
    let source = |world: &mut World, package: &str| -> Value {
        let packages = world.packages();
        let found = packages.iter().find(|each| each["id"] == package);
        found.map_or(Value::Null, |package| package["source"].clone())
    };
    assert_eq!(source(&mut world, "p1"), "complimentary");
    assert_eq!(source(&mut world, "p2"), "purchase");
    spent(&mut world, 99);
    // One complimentary segment is left: a text of two goes to the package, one of one does not.
    assert_eq!(draws(&world.reserve("m1", CN, &text(2)).unwrap()), "p2:2");
    assert_eq!(draws(&world.reserve("m2", CN, &text(1)).unwrap()), "p1:1");
    assert_eq!(draws(&world.reserve("m3", CN, &text(1)).unwrap()), "p2:1");
}

#[test]
fn the_complimentary_package_is_valid_to_the_last_second_of_the_month_in_beijing() {
    let mut world = postpaid();
    world.at("2026-03-31T15:59:59Z");
    assert_eq!(draws(&world.reserve("m1", CN, &text(1)).unwrap()), "p1:1");
    world.at("2026-03-31T16:00:00Z");
    assert_eq!(world.counts(), [1_100, 1, 0, 99]);
    assert_eq!(draws(&world.reserve("m2", CN, &text(1)).unwrap()), "p3:1");
    world.proven();
}

#[test]
fn of_several_packages_the_first_bought_that_has_enough_pays() {
    let mut world = with_packages(&[1_000, 1_000]);
    assert_eq!(draws(&world.reserve("m1", CN, &text(1)).unwrap()), "p1:1");
    spent(&mut world, 998);
    // One is left in the first, and no message is split.
    assert_eq!(draws(&world.reserve("m2", CN, &text(2)).unwrap()), "p2:2");
    assert_eq!(draws(&world.reserve("m3", CN, &text(1)).unwrap()), "p1:1");
    assert_eq!(draws(&world.reserve("m4", CN, &text(1)).unwrap()), "p2:1");
    world.proven();
}

#[test]
fn a_package_that_is_no_longer_valid_is_passed_over() {
    let mut world = with_packages(&[1_000]);
    world.at("2027-03-02T04:00:00Z").buy("o2", "cn-custom", 1_000);
    // 24 months from payment.
    world.at("2028-03-02T03:59:59Z");
    assert_eq!(draws(&world.reserve("m1", CN, &text(1)).unwrap()), "p1:1");
    world.at("2028-03-02T04:00:00Z");
    assert_eq!(draws(&world.reserve("m2", CN, &text(1)).unwrap()), "p2:1");
    assert_eq!(world.counts(), [999, 2, 0, 999]);
}

#[test]
fn where_no_package_is_available_sending_fails() {
    let mut world = with_packages(&[1_000]);
    spent(&mut world, 999);
    assert_eq!(refusal(&world.reserve("m1", CN, &text(2))), "INSUFFICIENT_BALANCE exhausted");
    world.reserve("m2", CN, &text(1)).unwrap();
    assert_eq!(refusal(&world.reserve("m3", CN, &text(1))), "INSUFFICIENT_BALANCE exhausted");
}

#[test]
fn what_is_delivered_is_deducted_and_what_is_not_comes_back() {
    let mut world = with_packages(&[1_000]);
    let counts = |world: &mut World, stage: &str| -> [u64; 4] {
        world.reserve(stage, CN, &text(3)).unwrap();
        world.report(stage, stage, None).unwrap();
        world.counts()
    };
    assert_eq!(counts(&mut world, "delivered"), [997, 0, 3, 0]);
    for stage in ["rejected", "undelivered", "expired"] {
        assert_eq!(counts(&mut world, stage), [997, 0, 3, 0], "{stage}");
    }
    for (stage, held) in [("accepted", 3), ("submitted", 6), ("unknown", 9)] {
        assert_eq!(counts(&mut world, stage), [997 - held, held, 3, 0], "{stage}");
    }
    let packages: Vec<Value> = world.packages();
    assert_eq!(packages[0]["available"], 988);
    world.proven();
}

/// What alarms have told: the threshold, and what was usable.
fn alarms(world: &mut World) -> Vec<(u64, u64)> {
    let page = world.call("eventPage", json!({ "limit": 1000 })).unwrap();
    let events = page["events"].as_array().unwrap().iter().filter(|event| event["kind"] == "alarm");
    let low = events.flat_map(|event| event["low"].as_array().unwrap().clone());
    low.map(|low| (low["below"].as_u64().unwrap(), low["usable"].as_u64().unwrap())).collect()
}

/// Rule 32: strictly lower.
#[test]
fn an_alarm_comes_below_5000_messages_unless_set_otherwise() {
    let mut world = with_packages(&[5_002]);
    spent(&mut world, 2);
    assert_eq!(alarms(&mut world), []);
    world.reserve("m1", CN, &text(1)).unwrap();
    assert_eq!(alarms(&mut world), [(5_000, 4_999)]);
    world.call("setAlarms", json!({ "thresholds": [{ "below": 4_998 }] })).unwrap();
    world.reserve("m2", CN, &text(1)).unwrap();
    assert_eq!(alarms(&mut world).len(), 1);
    world.reserve("m3", CN, &text(1)).unwrap();
    assert_eq!(alarms(&mut world), [(5_000, 4_999), (4_998, 4_997)]);
}
