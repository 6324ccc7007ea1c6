//! `setPlan`: up at once, down from the next period, cancelled at its end; nothing is ever given twice.

use crate::common::world::World;
use crate::common::{AU, Reply, SHORT, changed, cloutly, draws, refusal, text};
use serde_json::{Value, json};
use sms_ledger::catalog::{Catalog, HoldTerms, Then, TimeOut};
use std::sync::Arc;

const NOW: &str = "2026-01-15T10:00:00Z";
/// The middle of the period that begins at [`NOW`].
const MIDDLE: &str = "2026-01-30T22:00:00Z";
const RENEWAL: &str = "2026-02-15T10:00:00Z";

fn on(plan: &str) -> World {
    under(cloutly(), plan)
}

fn under(catalog: Arc<Catalog>, plan: &str) -> World {
    // It is plans that time changes here: what is held stays so.
    let mut catalog = Catalog::clone(&catalog);
    let hold = TimeOut { hours: 8_784, then: Then::Settle };
    catalog.policy.holds = Arc::new(HoldTerms { hold, ..HoldTerms::clone(&catalog.policy.holds) });
    let mut world = World::of(Arc::new(catalog), NOW);
    world.open(json!({ "plan": plan })).unwrap();
    world
}

fn set(world: &mut World, plan: Value) -> Reply {
    world.call("setPlan", json!({ "plan": plan }))
}

/// The plan as the account shows it: `starter until 2026-02-15T10:00:00.000Z then growth`.
fn shown(account: &Value) -> String {
    let Some(plan) = account["plan"].as_str() else { return "none".to_owned() };
    let until = account["renewsAt"].as_str().unwrap();
    match (account["nextPlan"].as_str(), account.get("planEnds")) {
        (Some(next), None) => format!("{plan} until {until} then {next}"),
        (None, Some(_)) => format!("{plan} until {until} then none"),
        (None, None) => format!("{plan} renews {until}"),
        both => panic!("{both:?}"),
    }
}

/// Kind, reference and reason of the entries about plans.
fn told(world: &mut World) -> Vec<String> {
    let page = world.call("entries", json!({ "limit": 1000 })).unwrap();
    let entries = page["entries"].as_array().unwrap().iter();
    let entries = entries.filter(|entry| entry["kind"].as_str().unwrap().starts_with("plan"));
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    let line = |entry: &Value| {
        [&entry["kind"], &entry["reference"], &entry["reason"]].map(text).join(" ").trim_end().to_owned()
    };
    entries.map(line).collect()
}

#[test]
fn a_larger_plan_adds_the_difference_at_once() {
    let mut world = on("starter");
    world.reserve("m1", AU, &text(10)).unwrap();
    world.at(MIDDLE);
    let account = set(&mut world, json!("growth")).unwrap();
    assert_eq!(shown(&account), "growth renews 2026-02-15T10:00:00.000Z");
    assert_eq!(world.counts(), [90, 10, 0, 0]);
    let package = world.packages().remove(1);
    assert_eq!(
        ["name", "source", "effectiveAt", "expiresAt"].map(|field| package[field].as_str().unwrap()),
        ["Growth plan credits", "plan", "2026-01-30T22:00:00.000Z", "2026-02-15T10:00:00.000Z"]
    );
    world.at(RENEWAL);
    assert_eq!(world.counts(), [100, 10, 0, 90]);
    world.reserve("m2", AU, SHORT).unwrap();
    assert_eq!(
        told(&mut world),
        ["plan starter", "plan_change growth at once", "plan growth", "plan growth"]
    );
    world.proven();
}

#[test]
fn a_smaller_plan_holds_from_the_next_period() {
    let mut world = on("growth");
    let account = set(&mut world, json!("starter")).unwrap();
    assert_eq!(shown(&account), "growth until 2026-02-15T10:00:00.000Z then starter");
    assert_eq!(world.counts(), [100, 0, 0, 0]);
    world.at("2026-02-15T09:59:59.999Z");
    assert_eq!(world.counts(), [100, 0, 0, 0]);
    world.at(RENEWAL);
    assert_eq!(world.counts(), [50, 0, 0, 100]);
    world.reserve("m1", AU, SHORT).unwrap();
    assert_eq!(
        told(&mut world),
        ["plan growth", "plan_change starter from 2026-02-15T10:00:00.000Z", "plan starter"]
    );
    assert_eq!(shown(&set(&mut world, json!("starter")).unwrap()), "starter renews 2026-03-15T10:00:00.000Z");
    world.proven();
}

#[test]
fn up_and_down_and_up_again_gives_the_difference_once() {
    let mut world = on("starter");
    for (plan, available) in [
        ("essentials", 75),
        ("starter", 75),
        ("essentials", 75),
        ("growth", 100),
        ("starter", 100),
        ("essentials", 100),
        ("growth", 100),
        ("growth", 100),
    ] {
        set(&mut world, json!(plan)).unwrap();
        assert_eq!(world.counts(), [available, 0, 0, 0], "{plan}");
    }
    world.proven();
}

/// It says what the plan shall be: a second time, or from another process, changes nothing.
#[test]
fn the_same_again_changes_nothing() {
    let mut world = on("starter");
    for plan in [json!("growth"), json!("essentials"), json!(null)] {
        let first = set(&mut world, plan.clone()).unwrap();
        let stored = world.store.dump();
        assert_eq!(set(&mut world, plan.clone()).unwrap(), first);
        assert_eq!(set(&mut world.again(), plan).unwrap(), first);
        assert_eq!(world.call("account", json!({})).unwrap(), first);
        assert_eq!(world.store.dump(), stored);
    }
    // An opening again is answered as the first time.
    let opened = world.open(json!({ "plan": "starter" })).unwrap();
    assert_eq!((&opened["plan"], opened.get("planEnds")), (&json!("starter"), None));
}

#[test]
fn a_cancelled_plan_ends_with_its_period_and_packs_stay() {
    let mut world = on("starter");
    world.buy("o1", "pack-au", 100);
    let account = set(&mut world, json!(null)).unwrap();
    assert_eq!(shown(&account), "starter until 2026-02-15T10:00:00.000Z then none");
    assert_eq!(draws(&world.reserve("m1", AU, SHORT).unwrap()), "p1:1");
    world.at(RENEWAL);
    assert_eq!(world.counts(), [100, 1, 0, 49]);
    // Only the message's own time is yet to come.
    assert_eq!(world.balance()["nextDue"], "2027-01-16T10:00:00.000Z");
    assert_eq!(draws(&world.reserve("m2", AU, SHORT).unwrap()), "p2:1");
    assert_eq!(shown(&set(&mut world, json!(null)).unwrap()), "none");
    assert_eq!(
        told(&mut world),
        ["plan starter", "plan_change starter until 2026-02-15T10:00:00.000Z", "plan_change starter ended"]
    );
    world.at("2026-08-01T00:00:00Z");
    assert_eq!(world.counts(), [99, 2, 0, 49]);
    world.proven();
}

#[test]
fn a_cancellation_is_taken_back_by_choosing_a_plan() {
    let mut world = on("essentials");
    for (plan, expected) in [
        ("essentials", "essentials renews 2026-02-15T10:00:00.000Z"),
        ("starter", "essentials until 2026-02-15T10:00:00.000Z then starter"),
        ("growth", "growth renews 2026-02-15T10:00:00.000Z"),
    ] {
        set(&mut world, json!(null)).unwrap();
        assert_eq!(shown(&set(&mut world, json!(plan)).unwrap()), expected);
    }
    assert_eq!(world.counts(), [100, 0, 0, 0]);
    world.proven();
}

#[test]
fn a_plan_begins_on_an_account_without_one() {
    let mut world = World::opened(NOW);
    world.at("2026-01-31T12:00:00Z");
    let account = set(&mut world, json!("starter")).unwrap();
    assert_eq!(shown(&account), "starter renews 2026-02-28T12:00:00.000Z");
    assert_eq!(account["billingAnchor"], "2026-01-31T12:00:00.000Z");
    assert_eq!(world.counts(), [50, 0, 0, 0]);
    world.at("2026-03-30T00:00:00Z");
    let packages = world.packages();
    let running = packages.iter().find(|package| package["status"] == "effective").unwrap();
    assert_eq!(running["expiresAt"], "2026-03-31T12:00:00.000Z");
    // Cancelled, ended, and begun again: a period of its own.
    set(&mut world, json!(null)).unwrap();
    world.at("2026-04-02T00:00:00Z");
    assert_eq!(world.counts()[0], 0);
    let input = json!({ "plan": "growth", "billingAnchor": "2026-01-10T00:00:00Z" });
    let account = world.call("setPlan", input.clone()).unwrap();
    assert_eq!(shown(&account), "growth renews 2026-04-10T00:00:00.000Z");
    assert_eq!(world.counts()[0], 100);
    // The same again, anchor and all.
    assert_eq!(world.call("setPlan", input).unwrap(), account);
    world.proven();
}

#[test]
fn a_plan_that_has_not_begun_is_exchanged_or_dropped_at_once() {
    let mut world = World::of(cloutly(), NOW);
    world.open(json!({ "plan": "growth", "billingAnchor": "2026-02-01T00:00:00Z" })).unwrap();
    assert_eq!(shown(&set(&mut world, json!("starter")).unwrap()), "starter renews 2026-02-01T00:00:00.000Z");
    assert_eq!(world.counts(), [0; 4]);
    let mut other = world.again();
    assert_eq!(shown(&set(&mut other, json!(null)).unwrap()), "none");
    assert_eq!(other.at("2026-02-01T00:00:00Z").counts(), [0; 4]);
    other.proven();
}

/// With `prorate` a plan that comes within a period, or a larger one, brings the part that is left of it, rounded up.
#[test]
fn a_switch_prorates_what_comes_within_a_period() {
    let catalog = changed(|catalog| {
        for plan in catalog["plans"].as_array_mut().unwrap() {
            plan["prorate"] = json!(true);
        }
    });
    for (opened, credits) in [
        ("2026-01-15T10:00:00Z", 50),
        ("2026-01-30T22:00:00Z", 25),
        ("2026-01-30T21:59:59.999Z", 26),
        ("2026-02-15T09:59:59.999Z", 1),
    ] {
        let mut world = World::of(Arc::clone(&catalog), opened);
        world.open(json!({ "plan": "starter", "billingAnchor": NOW })).unwrap();
        assert_eq!(world.counts()[0], credits, "{opened}");
        world.at("2026-03-10T00:00:00Z");
        assert_eq!(world.counts()[0], 50, "{opened}");
    }
    let mut world = under(catalog, "starter");
    world.at(MIDDLE);
    set(&mut world, json!("growth")).unwrap();
    assert_eq!(world.counts()[0], 75);
    set(&mut world, json!("starter")).unwrap();
    set(&mut world, json!("growth")).unwrap();
    assert_eq!(world.counts()[0], 75);
    world.at(RENEWAL);
    assert_eq!(world.counts()[0], 100);
    world.proven();
}

/// Rule 31, the switch: what was bought waits for a plan.
#[test]
fn a_switch_keeps_packs_for_those_who_have_a_plan() {
    let catalog = changed(|catalog| catalog["policy"]["packs_need_plan"] = json!(true));
    let mut world = under(catalog, "starter");
    world.buy("o1", "pack-au", 100);
    set(&mut world, json!(null)).unwrap();
    world.reserve("m1", AU, &text(60)).unwrap();
    world.at(RENEWAL);
    assert_eq!(refusal(&world.reserve("m2", AU, SHORT)), "INSUFFICIENT_BALANCE no_plan");
    assert_eq!(refusal(&world.reserve("m3", AU, &text(91))), "INSUFFICIENT_BALANCE no_plan");
    let explained = world.call("explain", json!({ "to": AU, "text": SHORT })).unwrap();
    assert_eq!(
        (&explained["reason"], &explained["packages"][1]["verdict"]),
        (&json!("no_plan"), &json!("no_plan"))
    );
    // It is there, and no message could use it.
    assert_eq!((&world.balance()["available"], &world.balance()["stranded"]), (&json!(90), &json!(90)));
    assert_eq!(world.packages()[1]["stranded"], 90);
    // What an administrator gave was not bought.
    world.call("adjust", json!({ "id": "a1", "segments": 1, "reason": "sorry" })).unwrap();
    assert_eq!(draws(&world.attempt("m2", AU, SHORT, 2).unwrap()), "p3:1");
    // What was held of a pack goes on as before.
    world.settle("m1", Some(5)).unwrap();
    set(&mut world, json!("starter")).unwrap();
    assert_eq!(world.balance()["stranded"], 0);
    assert_eq!(draws(&world.attempt("m3", AU, &text(91), 2).unwrap()), "p4:50 p2:41");
    world.proven();
}

/// It is told, period by period, and the account shows it.
#[test]
fn a_plan_that_the_catalog_no_longer_has_says_so() {
    let world = on("starter");
    let mut later = world.again_under(changed(|catalog| {
        catalog["revision"] = json!(2);
        catalog["plans"].as_array_mut().unwrap().remove(0);
    }));
    assert_eq!(refusal(&set(&mut later, json!("starter"))), "UNKNOWN_PLAN");
    later.at("2026-03-20T10:00:00Z").buy("o1", "pack-au", 100);
    assert_eq!(told(&mut later), ["plan starter", "plan_change starter not in the catalog"]);
    let account = later.call("account", json!({})).unwrap();
    assert_eq!((&account["plan"], &account["planGone"]), (&json!("starter"), &json!(true)));
    // Nothing was issued for the period, so another plan brings it whole.
    set(&mut later, json!("essentials")).unwrap();
    assert_eq!(later.counts(), [175, 0, 0, 50]);
    // The catalog has it again: it goes on with the next period.
    let mut again = world.again_under(changed(|catalog| catalog["revision"] = json!(3)));
    again.at("2026-04-15T10:00:00Z").reserve("m1", AU, SHORT).unwrap();
    assert_eq!(again.journal().iter().filter(|kind| *kind == "plan").count(), 3);
    again.proven();
}

#[test]
fn what_is_no_plan_is_refused() {
    let mut world = on("starter");
    let stored = world.store.dump();
    for (input, code) in [
        (json!({ "plan": "gold" }), "UNKNOWN_PLAN"),
        (json!({}), "INVALID_INPUT"),
        (json!({ "plan": 7 }), "INVALID_INPUT"),
        (json!({ "plan": null, "billingAnchor": NOW }), "INVALID_INPUT"),
        (json!({ "plan": "starter", "billingAnchor": RENEWAL }), "INVALID_INPUT"),
        (json!({ "plan": "growth", "id": "c1" }), "INVALID_INPUT"),
        (json!({ "plan": "growth", "account": "nobody" }), "UNKNOWN_ACCOUNT"),
    ] {
        assert_eq!(refusal(&world.call("setPlan", input.clone())), code, "{input}");
    }
    assert_eq!(world.store.dump(), stored);
}

#[test]
fn a_suspended_account_chooses_no_plan_and_may_cancel() {
    let mut world = on("starter");
    world.call("suspend", json!({ "reason": "complaints" })).unwrap();
    assert_eq!(refusal(&set(&mut world, json!("growth"))), "ACCOUNT_SUSPENDED");
    let account = set(&mut world, json!(null)).unwrap();
    assert_eq!(shown(&account), "starter until 2026-02-15T10:00:00.000Z then none");
    world.call("close", json!({ "reason": "left" })).unwrap();
    assert_eq!(refusal(&set(&mut world, json!("starter"))), "ACCOUNT_CLOSED");
    assert_eq!(world.call("account", json!({})).unwrap()["state"], "closed");
    world.proven();
}

fn rolling(periods: u32, cap: Option<u64>) -> World {
    let catalog = changed(|catalog| {
        catalog["plans"][0]["rollover"] = json!({ "periods": periods, "cap": cap });
    });
    under(catalog, "starter")
}

#[test]
fn unspent_credits_roll_over_for_so_many_periods_and_pay_first() {
    let mut world = rolling(2, None);
    world.reserve("m1", AU, &text(10)).unwrap();
    world.settle("m1", None).unwrap();
    for (now, available, expired) in [
        ("2026-02-15T10:00:00Z", 90, 0),
        ("2026-03-15T10:00:00Z", 140, 0),
        ("2026-04-15T10:00:00Z", 150, 40),
        ("2026-05-15T10:00:00Z", 150, 90),
    ] {
        world.at(now);
        // As asked for, and as written.
        assert_eq!(world.counts(), [available, 0, 10, expired], "{now}");
        world.reserve(now, AU, SHORT).unwrap();
        world.release(now).unwrap();
    }
    assert_eq!(draws(&world.reserve("m2", AU, &text(60)).unwrap()), "p3:50 p4:10");
    world.proven();
}

/// What is above the cap when a period begins is lost, the oldest first; what is held then is not counted, and comes back.
#[test]
fn a_cap_bounds_what_rolls_over() {
    let mut world = rolling(3, Some(60));
    world.reserve("m1", AU, &text(5)).unwrap();
    world.at("2026-02-15T10:00:00Z").reserve("m2", AU, SHORT).unwrap();
    world.release("m2").unwrap();
    assert_eq!(world.counts(), [95, 5, 0, 0]);
    world.at("2026-03-15T10:00:00Z");
    assert_eq!(world.counts(), [110, 5, 0, 35]);
    world.release("m1").unwrap();
    assert_eq!(world.counts(), [115, 0, 0, 35]);
    let left: Vec<u64> =
        world.packages().iter().map(|package| package["available"].as_u64().unwrap()).collect();
    assert_eq!(left, [15, 50, 50]);
    world.at("2026-04-15T10:00:00Z");
    assert_eq!(world.counts(), [110, 0, 0, 90]);
    world.proven();
}

/// A cap of nothing is a reset, and idle periods neither add to what rolls over nor escape the cap.
#[test]
fn idle_periods_roll_nothing_more() {
    let mut world = rolling(12, Some(0));
    world.at("2026-02-15T10:00:00Z");
    assert_eq!(world.counts(), [50, 0, 0, 50]);
    let mut world = rolling(3, Some(20));
    world.at("2026-04-20T00:00:00Z");
    assert_eq!(world.counts(), [70, 0, 0, 30]);
    world.reserve("m1", AU, SHORT).unwrap();
    let page = world.call("entries", json!({ "after": 2, "limit": 1 })).unwrap();
    assert_eq!(page["entries"][0]["effectiveAt"], "2026-02-15T10:00:00.000Z");
    world.at("2026-05-15T10:00:00Z");
    // The 19 of the first period that are left and nothing of the two that were never issued; the cap takes what is above 20.
    assert_eq!(world.counts(), [70, 1, 0, 79]);
    world.proven();
}

/// What was issued keeps its terms: a cancelled plan's credits last as long as they were to.
#[test]
fn rolled_credits_outlast_a_cancelled_plan() {
    let mut world = rolling(1, None);
    set(&mut world, json!(null)).unwrap();
    world.at("2026-02-20T00:00:00Z");
    assert_eq!(world.counts(), [50, 0, 0, 0]);
    world.at("2026-03-15T10:00:00Z");
    assert_eq!(world.counts(), [0, 0, 0, 50]);
}
