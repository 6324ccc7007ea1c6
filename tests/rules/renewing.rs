//! Rules 29 to 31: credits that come every month, and changes of the plan.

use super::sellers::{NOW, changed, cloutly_on, line, spend, tencent, tencent_live, tencent_with_gift};
use crate::common::world::World;
use crate::common::{AU, SHORT, draws, refusal, text};
use serde_json::{Value, json};
use sms_ledger::catalog::{Catalog, profiles};
use std::sync::Arc;

fn plan(change: impl Fn(&mut Value)) -> Arc<Catalog> {
    changed(profiles::CLOUTLY, |catalog| {
        catalog["plans"].as_array_mut().unwrap().iter_mut().for_each(change);
    })
}

fn on(catalog: Arc<Catalog>, input: Value) -> World {
    let mut world = World::of(catalog, NOW);
    world.open(input).unwrap();
    world
}

#[test]
fn rule_29_what_sellers_give_every_month_until_when_to_whom_and_what_becomes_of_the_rest() {
    // Tencent: 100 until the month's end in UTC+8, for those who are eligible; who is, is data.
    let gift = "complimentary / 100 / 2026-03-31T16:00:00.000Z";
    for mut world in [tencent_with_gift(), tencent_live()] {
        assert_eq!(line(&world.packages()[0], &["source", "issued", "expiresAt"]), gift);
    }
    assert_eq!(tencent().counts(), [0; 4]);
    for (profile, gate) in [(profiles::TENCENT_SMS, "prepaid"), (profiles::TENCENT_SMS_LIVE, "postpaid")] {
        assert_eq!(on(changed(profile, |_| {}), json!({ "gates": [gate] })).counts(), [0; 4], "{gate}");
    }
    // Cloutly: by the plan, on the billing date. A refresh resets.
    for (plan, credits) in [("starter", 50), ("essentials", 75), ("growth", 100)] {
        let mut world = cloutly_on(plan);
        assert_eq!(world.counts(), [credits, 0, 0, 0]);
        spend(&mut world, AU, 10, text);
        assert_eq!(world.at("2026-04-02T03:59:59.999Z").counts(), [credits - 10, 0, 10, 0]);
        assert_eq!(world.at("2026-04-02T04:00:00Z").counts(), [credits, 0, 10, credits - 10]);
    }
    // Rollover is data: for so many periods, at most so many.
    for (rollover, available) in [
        (json!({ "periods": 1 }), [90, 100, 100]),
        (json!({ "periods": 2 }), [90, 140, 150]),
        (json!({ "periods": 2, "cap": 15 }), [65, 65, 65]),
    ] {
        let mut world = on(plan_rolling(&rollover), json!({ "plan": "starter" }));
        spend(&mut world, AU, 10, text);
        for (month, available) in [4, 5, 6].into_iter().zip(available) {
            world.at(&format!("2026-{month:02}-02T04:00:00Z")).call("advance", json!({})).unwrap();
            assert_eq!(world.counts()[0], available, "{rollover} {month}");
        }
    }
}

fn plan_rolling(rollover: &Value) -> Arc<Catalog> {
    plan(|plan| plan["rollover"] = rollover.clone())
}

#[test]
fn rule_30_each_period_is_issued_once_late_ones_are_caught_up_and_none_that_is_over() {
    let periods = |world: &mut World, kind: &str| super::sellers::entries(world, kind).len();
    // Once, whoever comes first, and the instant of renewal belongs to the new period.
    for (mut one, kind, renewal) in [
        (cloutly_on("starter"), "plan", "2026-04-02T04:00:00Z"),
        (tencent_with_gift(), "schedule", "2026-03-31T16:00:00Z"),
    ] {
        let (mut two, mut three) = (one.again(), one.again());
        for world in [&mut one, &mut two, &mut three] {
            world.at(renewal).call("advance", json!({})).unwrap();
            world.call("advance", json!({})).unwrap();
        }
        assert_eq!(periods(&mut one, kind), 2);
        // Late: the running one, and none of those in between.
        one.at("2026-12-24T00:00:00Z").call("advance", json!({})).unwrap();
        assert_eq!(periods(&mut one, kind), 3);
        let last = super::sellers::entries(&mut one, kind).pop().unwrap();
        let began = if kind == "plan" { "2026-12-02T04:00:00.000Z" } else { "2026-11-30T16:00:00.000Z" };
        assert_eq!(
            (&last["effectiveAt"], &last["recordedAt"]),
            (&json!(began), &json!("2026-12-24T00:00:00.000Z"))
        );
        one.proven();
    }
    // Opened within a period: all of it, or by the switch the part that is left, rounded up.
    for (prorate, expected) in [(false, 50), (true, 25)] {
        let catalog = plan(|plan| plan["prorate"] = json!(prorate));
        let half = json!({ "plan": "starter", "billingAnchor": "2026-02-14T16:00:00Z" });
        let mut world = World::of(catalog, "2026-02-28T16:00:00Z");
        world.open(half).unwrap();
        assert_eq!(world.counts(), [expected, 0, 0, 0], "{prorate}");
    }
    assert_eq!(tencent_with_gift().counts()[0], 100, "opened on the second of the month");
}

#[test]
fn rule_31_up_at_once_down_with_the_next_period_and_a_cancelled_plan_leaves_the_packs() {
    let set = |world: &mut World, plan: Value| world.call("setPlan", json!({ "plan": plan })).unwrap();
    // Up: the difference, at once.
    let mut world = cloutly_on("starter");
    spend(&mut world, AU, 10, text);
    set(&mut world, json!("growth"));
    assert_eq!(world.counts(), [90, 0, 10, 0]);
    // Down: from the next period.
    let account = set(&mut world, json!("starter"));
    assert_eq!(line(&account, &["plan", "nextPlan"]), "growth / starter");
    assert_eq!(world.at("2026-04-02T03:59:59.999Z").counts()[0], 90);
    assert_eq!(world.at("2026-04-02T04:00:00Z").counts()[0], 50);
    // Cancelled: what was bought stays, and can be used or, by the switch, waits for a plan.
    for (needed, told) in [(false, "p2:1"), (true, "INSUFFICIENT_BALANCE no_plan")] {
        let catalog =
            changed(profiles::CLOUTLY, |catalog| catalog["policy"]["packs_need_plan"] = json!(needed));
        let mut world = on(catalog, json!({ "plan": "starter" }));
        world.buy("o1", "pack-au", 100);
        assert_eq!(set(&mut world, Value::Null)["planEnds"], true);
        // The period is paid for.
        assert_eq!(draws(&world.reserve("m1", AU, SHORT).unwrap()), "p1:1");
        world.release("m1").unwrap();
        world.at("2026-04-02T04:00:00Z");
        let sent = world.reserve("m2", AU, SHORT);
        assert_eq!(sent.as_ref().map_or_else(|_| refusal(&sent), draws), told);
        assert_eq!(world.packages()[0]["issued"], 100);
        // With a plan again both pay.
        set(&mut world, json!("starter"));
        assert_eq!(draws(&world.reserve("m3", AU, &text(51)).unwrap()), "p3:50 p2:1");
    }
}
