//! Plan credits: issued once a period, on the billing date, in the account's zone.

use crate::common::at;
use crate::common::world::World;
use crate::common::{AU, SHORT, changed, cloutly, draws, refusal, text};
use serde_json::{Value, json};
use sms_ledger::calendar::{Instant, Zones};
use sms_ledger::engine::Options;

/// Start and end of the effective plan package.
fn period(world: &mut World) -> (String, String) {
    let packages = world.packages();
    // What is held of an earlier period keeps its package open.
    let open = |package: &&Value| package["source"] == "plan" && package["status"] == "effective";
    let plan: Vec<&Value> = packages.iter().filter(open).collect();
    assert_eq!(plan.len(), 1, "{packages:?}");
    let time = |name: &str| plan[0][name].as_str().unwrap().to_owned();
    (time("effectiveAt"), time("expiresAt"))
}

fn subscribed(now: &str, input: Value) -> World {
    let mut world = World::new(now);
    world.open(input).unwrap();
    world
}

#[test]
fn opening_with_a_plan_issues_the_current_period() {
    for (plan, credits) in [("starter", 50), ("essentials", 75), ("growth", 100)] {
        let mut world = subscribed("2026-01-15T10:00:00Z", json!({ "plan": plan }));
        assert_eq!(world.counts(), [credits, 0, 0, 0]);
        let expected = ("2026-01-15T10:00:00.000Z".to_owned(), "2026-02-15T10:00:00.000Z".to_owned());
        assert_eq!(period(&mut world), expected);
        assert_eq!(world.journal(), ["open", "plan"]);
        world.proven();
    }
}

#[test]
fn the_refresh_is_on_the_billing_date_clamped_and_comes_back() {
    let mut world = subscribed("2025-01-31T00:00:00Z", json!({ "plan": "starter" }));
    for (now, start, end) in [
        ("2025-02-27T23:59:59.999Z", "2025-01-31", "2025-02-28"),
        ("2025-02-28T00:00:00Z", "2025-02-28", "2025-03-31"),
        ("2025-03-30T23:59:59.999Z", "2025-02-28", "2025-03-31"),
        ("2025-03-31T00:00:00Z", "2025-03-31", "2025-04-30"),
        ("2025-04-30T00:00:00Z", "2025-04-30", "2025-05-31"),
    ] {
        world.at(now).reserve(now, AU, SHORT).unwrap();
        let day = |day: &str| format!("{day}T00:00:00.000Z");
        assert_eq!(period(&mut world), (day(start), day(end)), "{now}");
    }
    // 4 periods of 50; what was left of the three before is lost; of the 5 messages only the last is held still.
    assert_eq!(world.counts(), [49, 1, 4, 146]);
    world.proven();
}

#[test]
fn what_is_left_at_the_refresh_is_lost_and_not_carried_over() {
    let mut world = subscribed("2026-01-15T10:00:00Z", json!({ "plan": "starter" }));
    world.reserve("m1", AU, &text(3)).unwrap();
    world.settle("m1", None).unwrap();
    world.at("2026-02-15T10:00:00Z");
    assert_eq!(world.counts(), [50, 0, 3, 47]);
}

#[test]
fn idle_for_months_issues_the_current_period_only() {
    let mut world = subscribed("2025-01-31T12:00:00Z", json!({ "plan": "growth" }));
    world.at("2025-08-10T00:00:00Z");
    assert_eq!(world.counts(), [100, 0, 0, 100]);
    world.reserve("m1", AU, SHORT).unwrap();
    assert_eq!(world.journal(), ["open", "plan", "expire", "plan", "reserve"]);
    let expected = ("2025-07-31T12:00:00.000Z".to_owned(), "2025-08-31T12:00:00.000Z".to_owned());
    assert_eq!(period(&mut world), expected);
    world.proven();
}

#[test]
fn an_anchor_in_the_past_fixes_the_day() {
    let mut world = subscribed(
        "2026-03-15T08:00:00Z",
        json!({ "plan": "starter", "billingAnchor": "2025-12-31T18:30:00Z" }),
    );
    assert_eq!(world.counts(), [50, 0, 0, 0]);
    let expected = ("2026-02-28T18:30:00.000Z".to_owned(), "2026-03-31T18:30:00.000Z".to_owned());
    assert_eq!(period(&mut world), expected);
}

#[test]
fn an_anchor_in_the_future_issues_nothing_before_it() {
    let mut world = subscribed(
        "2026-03-15T08:00:00Z",
        json!({ "plan": "starter", "billingAnchor": "2026-04-01T00:00:00Z" }),
    );
    assert_eq!(world.counts(), [0; 4]);
    assert_eq!(refusal(&world.reserve("m1", AU, SHORT)), "INSUFFICIENT_BALANCE none");
    assert_eq!(world.balance()["nextDue"], "2026-04-01T00:00:00.000Z");
    world.at("2026-03-31T23:59:59.999Z");
    assert_eq!(world.counts(), [0; 4]);
    world.at("2026-04-01T00:00:00Z");
    assert_eq!(world.counts(), [50, 0, 0, 0]);
    world.reserve("m2", AU, SHORT).unwrap();
    world.proven();
}

/// Sydney: daylight saving ends on 5 April 2026 and starts on 4 October 2026.
#[test]
fn the_billing_date_is_local_time_over_daylight_saving() {
    let mut world = subscribed(
        "2026-03-20T00:00:00Z",
        json!({ "plan": "starter", "zone": "Australia/Sydney", "billingAnchor": "2026-03-15T09:00:00+11:00" }),
    );
    for (now, start, end) in [
        ("2026-03-20T00:00:00Z", "2026-03-14T22:00:00.000Z", "2026-04-14T23:00:00.000Z"),
        ("2026-04-14T22:59:59Z", "2026-03-14T22:00:00.000Z", "2026-04-14T23:00:00.000Z"),
        ("2026-04-14T23:00:00Z", "2026-04-14T23:00:00.000Z", "2026-05-14T23:00:00.000Z"),
        ("2026-10-14T21:59:59Z", "2026-09-14T23:00:00.000Z", "2026-10-14T22:00:00.000Z"),
        ("2026-10-14T22:00:00Z", "2026-10-14T22:00:00.000Z", "2026-11-14T22:00:00.000Z"),
    ] {
        world.at(now).reserve(now, AU, SHORT).unwrap();
        assert_eq!(period(&mut world), (start.to_owned(), end.to_owned()), "{now}");
    }
    world.proven();
}

#[test]
fn a_period_is_issued_once_whoever_comes_first() {
    let mut one = subscribed("2026-01-15T10:00:00Z", json!({ "plan": "starter" }));
    let mut two = one.again();
    two.reserve("m0", AU, SHORT).unwrap();
    for (index, month) in (2..=6).enumerate() {
        let now = format!("2026-{month:02}-15T10:00:00Z");
        let (first, second) = if index % 2 == 0 { (&mut one, &mut two) } else { (&mut two, &mut one) };
        first.at(&now).reserve(&format!("a{month}"), AU, SHORT).unwrap();
        second.at(&now).reserve(&format!("b{month}"), AU, SHORT).unwrap();
        assert_eq!(first.counts()[0], 48);
        assert_eq!(second.counts()[0], 48);
    }
    assert_eq!(one.journal().iter().filter(|kind| *kind == "plan").count(), 6);
    one.proven();
}

#[test]
fn a_renewal_lets_a_refused_message_be_tried_again() {
    let mut world = subscribed("2026-01-15T10:00:00Z", json!({ "plan": "starter" }));
    world.reserve("all", AU, &text(50)).unwrap();
    world.settle("all", None).unwrap();
    assert_eq!(refusal(&world.reserve("m1", AU, SHORT)), "INSUFFICIENT_BALANCE exhausted");
    world.at("2026-02-15T10:00:00Z");
    assert_eq!(refusal(&world.reserve("m1", AU, SHORT)), "INSUFFICIENT_BALANCE exhausted");
    assert_eq!(draws(&world.attempt("m1", AU, SHORT, 2).unwrap()), "p2:1");
}

#[test]
fn a_plan_that_the_catalog_no_longer_has_issues_nothing_more() {
    let world = subscribed("2026-01-15T10:00:00Z", json!({ "plan": "starter" }));
    let mut later = world.again_under(crate::common::changed(|catalog| {
        catalog["revision"] = json!(2);
        catalog["plans"].as_array_mut().unwrap().remove(0);
    }));
    later.at("2026-02-15T10:00:00Z");
    assert_eq!(later.counts(), [0, 0, 0, 50]);
    assert_eq!(refusal(&later.reserve("m1", AU, SHORT)), "INSUFFICIENT_BALANCE expired");
    later.proven();
}

#[test]
fn unknown_plans_and_zones_open_nothing() {
    let mut world = World::with(cloutly(), "2026-01-15T10:00:00Z", Options::default());
    for (input, code) in [
        (json!({ "plan": "gold" }), "UNKNOWN_PLAN"),
        (json!({ "plan": "starter", "zone": "Mars/Olympus" }), "INVALID_INPUT"),
        (json!({ "billingAnchor": "2026-01-01T00:00:00Z" }), "INVALID_INPUT"),
        (json!({ "plan": "starter", "billingAnchor": "yesterday" }), "INVALID_INPUT"),
        (json!({ "id": "" }), "INVALID_INPUT"),
        (json!({ "id": "two words" }), "INVALID_INPUT"),
        (json!({ "colour": "red" }), "INVALID_INPUT"),
    ] {
        assert_eq!(refusal(&world.open(input)), code);
    }
    let none = changed(|catalog| catalog["plans"] = json!([]));
    for (mut world, choice) in [
        (world.again(), "choose one of `starter`, `essentials`, `growth`"),
        (World::with(none, "2026-01-15T10:00:00Z", Options::default()), "which has none"),
    ] {
        let refused = world.open(json!({ "plan": "gold" })).unwrap_err();
        assert_eq!(refused.message, format!("plan: `gold` is not a plan of this catalog: {choice}"));
    }
    assert_eq!(world.store.dump(), []);
    assert_eq!(refusal(&world.reserve("m1", AU, SHORT)), "UNKNOWN_ACCOUNT");
    assert_eq!(at("2026-01-15T10:00:00Z"), world.now);
}

/// The same zone, reckoned by a host that has learnt meanwhile that the clocks go back two hours on 1 February.
struct Moved;

impl Zones for Moved {
    fn offset_seconds(&self, _zone: &str, when: Instant) -> Option<i32> {
        Some(if when < at("2026-02-01T00:00:00Z") { 11 * 3600 } else { 9 * 3600 })
    }
}

#[test]
fn a_period_is_issued_once_even_where_the_rules_of_the_zone_change() {
    let zone = "Australia/Sydney";
    let mut world = subscribed("2026-01-15T10:00:00Z", json!({ "plan": "starter", "zone": zone }));
    world.reserve("m1", AU, SHORT).unwrap();
    // By the new rules the billing date has not come at the instant that was stored for it.
    let mut world = world.again_in(Box::new(Moved));
    let mut now = at("2026-02-14T00:00:00Z");
    for _ in 0..72 {
        now = now.checked_add_seconds(3600).unwrap();
        world.now = now;
        world.reserve(&now.to_string(), AU, SHORT).ok();
    }
    let plans = world.journal().iter().filter(|kind| *kind == "plan").count();
    assert_eq!(plans, 2, "{:?}", world.journal());
    world.proven();
}
