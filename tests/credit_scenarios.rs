//! The scenarios of other credit engines (`tests/fixtures/credit-scenarios.json`), by their ids. Where one wants what a prepaid
//! ledger does not do, the test says what it does instead, and why.
//!
//! Three decisions recur. Nothing goes below zero: a message that nothing can pay is refused, so that there is no overage, and later
//! packages never pay for earlier refusals. What recurs does so by months. A void is an adjustment: it takes what is left.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

mod common;

use common::world::World;
use common::{AU, at, changed, cloutly, draws, refusal, text};
use serde_json::{Value, json};
use sms_ledger::calendar::{Instant, UtcZones, add_months};
use sms_ledger::catalog::{Catalog, Source};
use sms_ledger::engine::{Command, Message, Tags};
use sms_ledger::ledger::{Counts, EntryKind, Ledger, Need, Package, PackageId, Profile, Scope};
use sms_ledger::pricing::CatalogId;
use std::collections::BTreeMap;
use std::sync::Arc;

const SCENARIOS: &str = include_str!("fixtures/credit-scenarios.json");
const T0: &str = "2024-01-01T00:00:00Z";
const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

fn scenario(id: &str) -> Value {
    let file: Value = serde_json::from_str(SCENARIOS).unwrap();
    let scenarios = file["scenarios"].as_array().unwrap();
    scenarios.iter().find(|scenario| scenario["id"] == id).unwrap().clone()
}

/// What a scenario starts with.
fn given(id: &str) -> Value {
    scenario(id)["given"].clone()
}

/// What a scenario expects.
fn expected(id: &str) -> Value {
    scenario(id)["expect"].clone()
}

/// So many seconds after a time.
fn after(start: &str, seconds: i64) -> Instant {
    at(start).checked_add_seconds(seconds).unwrap()
}

/// Where packages pay by their expiry, and then as they were issued.
fn by_expiry(change: impl FnOnce(&mut Value)) -> Arc<Catalog> {
    changed(|catalog| {
        catalog["policy"]["draw"] = json!(["expiry", "sequence"]);
        change(catalog);
    })
}

fn opened(catalog: Arc<Catalog>, now: Instant) -> World {
    let mut world = World::of(catalog, T0);
    world.now = now;
    world.open(json!({})).unwrap();
    world
}

fn grant(world: &mut World, id: &str, segments: u64, expires: Option<Instant>) {
    let expires = expires.map(|expires| expires.to_string());
    let input =
        json!({ "id": id, "segments": segments, "reason": "grant", "name": id, "expiresAt": expires });
    world.call("adjust", input).unwrap();
}

/// A message of so many segments that was sent.
fn spend(world: &mut World, id: &str, segments: usize) {
    world.reserve(id, AU, &text(segments)).unwrap();
    world.settle(id, None).unwrap();
}

/// What is left, by the packages' names; 0 of one that has ended.
fn left(world: &mut World, name: &str) -> u64 {
    let packages = world.packages();
    let named = packages.iter().filter(|package| package["name"] == name);
    named.map(|package| package["available"].as_u64().unwrap()).sum()
}

#[test]
fn om_01_two_grants_are_burnt_down_one_after_the_other() {
    let mut world = opened(by_expiry(|_| {}), at(T0));
    for id in ["g1", "g2"] {
        grant(&mut world, id, 100, Some(after(T0, 30 * DAY)));
    }
    world.now = after(T0, HOUR);
    spend(&mut world, "usage", 200);
    world.now = after(T0, DAY);
    let expect = expected("OM-01");
    assert_eq!(json!({ "g1": left(&mut world, "g1"), "g2": left(&mut world, "g2"), "overage": 0 }), expect);
    assert_eq!(world.counts(), [0, 0, 200, 0]);
    world.proven();
}

#[test]
fn om_03_what_expires_first_pays_first() {
    let mut world = opened(by_expiry(|_| {}), at(T0));
    grant(&mut world, "g2", 100, Some(add_months(at(T0), 1_200, "UTC", &UtcZones).unwrap()));
    grant(&mut world, "g1", 100, Some(after(T0, 30 * DAY)));
    world.now = after(T0, HOUR);
    spend(&mut world, "usage", 120);
    let expect = expected("OM-03");
    assert_eq!(json!({ "g1": left(&mut world, "g1"), "g2": left(&mut world, "g2"), "overage": 0 }), expect);
}

/// On the books themselves: it is their draw order that is asked.
#[test]
fn om_05_among_a_hundred_thousand_the_one_that_expires_first_pays() {
    const GRANTS: u32 = 100_000;
    // The place of `grant-0` in the shuffled order.
    const FIRST: u32 = 54_321;
    let now = at(T0);
    let catalog = by_expiry(|_| {});
    let profile = Profile {
        id: "acme".into(),
        fingerprint: [0; 16],
        catalog: CatalogId { id: Arc::clone(&catalog.id), revision: 1 },
        zone: "UTC".into(),
        opened_at: now,
        created_at: None,
        charge_model: None,
    };
    let mut ledger = Ledger::create(catalog, profile, None, Vec::new()).unwrap();
    for number in 1..=GRANTS {
        let days = if number == FIRST { 29 } else { 30 };
        let package = Package {
            id: PackageId(number),
            source: Source::Adjustment,
            name: "grant".into(),
            category: None,
            reference: "grant".into(),
            scope: Scope::default(),
            counts: Counts::default(),
            issued_at: now,
            effective_at: now,
            expires_at: Some(after(T0, days * DAY)),
            grace_until: None,
            noticed: None,
            exchanged: None,
        };
        ledger.issue(EntryKind::Adjust, package, 100, None).unwrap();
        ledger.committed();
    }
    let need = Need { region: "AU".parse().unwrap(), purpose: None, project: None, segments: 99 };
    let paid = ledger.draw(&need).unwrap();
    assert_eq!(paid.len(), 1);
    assert_eq!((paid[0].package, 100 - paid[0].segments), (PackageId(FIRST), 1));
    assert_eq!(expected("OM-05")["grant-0"], 1);
}

/// A void takes what is left; what was spent before stays spent, and what comes after is refused where the scenario has overage.
#[test]
fn om_07_a_void_takes_what_is_left() {
    let mut world = opened(by_expiry(|_| {}), at(T0));
    grant(&mut world, "g1", 100, Some(after(T0, 30 * DAY)));
    world.now = after(T0, 59 * MINUTE);
    spend(&mut world, "before", 50);
    world.now = after(T0, 60 * MINUTE);
    world
        .call("adjust", json!({ "id": "void", "segments": -50, "package": "p1", "reason": "void" }))
        .unwrap();
    world.now = after(T0, 61 * MINUTE);
    assert_eq!(refusal(&world.reserve("after", AU, &text(50))), "INSUFFICIENT_BALANCE exhausted");
    world.now = after(T0, 5 * DAY);
    assert_eq!(expected("OM-07")["g1"], left(&mut world, "g1"));
    assert_eq!(world.counts(), [0, 0, 50, 0]);
    world.proven();
}

/// A week is not a period here: the plan's month is set so that it renews at t0+3d, as the scenario's grant does.
#[test]
fn om_09_a_plan_begins_before_its_billing_date_and_is_whole_at_it() {
    let catalog = by_expiry(|catalog| {
        catalog["plans"][0]["credits"] = json!(100);
        catalog["policy"]["draw"] = json!(["source", "sequence"]);
    });
    let mut world = opened(catalog, after(T0, -DAY));
    grant(&mut world, "g1", 80, Some(after(T0, 29 * DAY)));
    world.now = after(T0, HOUR);
    spend(&mut world, "u1", 20);
    world.now = after(T0, DAY - 1);
    spend(&mut world, "u2", 20);
    // The instant at which it takes effect is its own already.
    world.now = after(T0, DAY);
    world.call("setPlan", json!({ "plan": "starter", "billingAnchor": "2023-12-04T00:00:00Z" })).unwrap();
    spend(&mut world, "u3", 20);
    assert_eq!(world.counts()[0], 40 + 80);
    world.now = after(T0, 3 * DAY - 1);
    assert_eq!(world.counts()[0], 40 + 80);
    world.now = after(T0, 3 * DAY);
    assert_eq!(world.counts()[0], 40 + 100);
    world.now = after(T0, 10 * DAY);
    let found = json!({ "g1": left(&mut world, "g1"), "g2": left(&mut world, "Starter plan credits") });
    assert_eq!(found, expected("OM-09"));
}

/// The renewal at t0+1d is the plan's; the pack becomes active an hour later and sets nothing going again.
#[test]
fn om_11_a_refill_happens_once() {
    let catalog = changed(|catalog| {
        catalog["plans"][0]["credits"] = json!(100);
        catalog["offers"][0]["activation_seconds"] = json!(3600);
    });
    let mut world = World::of(catalog, T0);
    world.open(json!({ "plan": "starter", "billingAnchor": "2023-12-02T00:00:00Z" })).unwrap();
    let mut starts = vec![world.counts()[0]];
    world.now = after(T0, DAY);
    starts.push(world.counts()[0]);
    world.buy("g2", "pack-au", 100);
    world.now = after(T0, DAY + HOUR / 2);
    spend(&mut world, "u1", 30);
    world.now = after(T0, DAY + HOUR);
    starts.push(left(&mut world, "Starter plan credits"));
    world.now = after(T0, DAY + HOUR + HOUR / 2);
    spend(&mut world, "u2", 20);
    world.now = after(T0, DAY + 2 * HOUR);
    let found = json!({
        "g1": left(&mut world, "Starter plan credits"),
        "g2": left(&mut world, "Australia SMS credits"),
        "g1_segment_starts": starts,
    });
    assert_eq!(found, expected("OM-11"));
}

/// Credits of 100 of which at most 50 roll over, 10 of them spent.
fn rolling(credits: u64, cap: u64) -> World {
    let catalog = changed(|catalog| {
        catalog["plans"][0]["credits"] = json!(credits);
        catalog["plans"][0]["rollover"] = json!({ "periods": 1, "cap": cap });
    });
    let mut world = World::of(catalog, T0);
    world.open(json!({ "plan": "starter" })).unwrap();
    world
}

/// Decided: a refusal is no debt, so that there is no overage to keep over a reset. The message of 100 is refused whole, the 90 stay,
/// and 50 of them roll over, where the scenario has 40. There is no least that rolls over: nothing is given that was not left.
#[test]
fn om_13_a_refusal_is_no_debt_after_a_reset() {
    let mut world = rolling(100, 50);
    world.now = after(T0, HOUR);
    spend(&mut world, "u1", 10);
    world.now = after(T0, 2 * HOUR);
    assert_eq!(refusal(&world.reserve("u2", AU, &text(100))), "INSUFFICIENT_BALANCE exhausted");
    world.at("2024-02-01T00:00:00Z").reserve("u3", AU, &text(1)).unwrap();
    let packages = world.packages();
    assert_eq!(packages[0]["available"], 50 - 1);
    assert_eq!(packages[1]["available"], 100);
    assert_eq!(expected("OM-13")["overage_after"], 0);
    world.proven();
}

/// Decided likewise: what was asked for before there was anything is refused, and the packages that come later are whole, however much
/// it was; where the scenario's first one is eaten up by what came before it.
#[test]
fn om_15_later_packages_never_pay_for_earlier_refusals() {
    for usage in [2_100_usize, 2_600] {
        let catalog = changed(|catalog| {
            catalog["plans"][0]["credits"] = json!(1000);
            catalog["plans"][0]["rollover"] = json!({ "periods": 1, "cap": 500 });
        });
        let mut world = World::opened_of(catalog, T0);
        world.now = after(T0, MINUTE);
        for message in 0..usage / 100 {
            let refused = refusal(&world.reserve(&format!("m{message}"), AU, &text(100)));
            assert_eq!(refused, "INSUFFICIENT_BALANCE none");
        }
        world.now = after(T0, 2 * HOUR);
        grant(&mut world, "g1", 1000, None);
        world.call("setPlan", json!({ "plan": "starter" })).unwrap();
        assert_eq!(world.counts(), [2000, 0, 0, 0]);
        world.now = after(T0, 31 * DAY + 2 * HOUR);
        // All of the one, the half of the other, and the new period.
        assert_eq!(world.counts(), [1000 + 500 + 1000, 0, 0, 500]);
    }
}

#[test]
fn om_17_after_a_void_usage_falls_to_the_plan() {
    let catalog = by_expiry(|catalog| catalog["plans"][0]["credits"] = json!(500));
    let mut world = World::of(catalog, "2024-07-01T00:00:00Z");
    world.open(json!({ "plan": "starter" })).unwrap();
    world.at("2024-07-09T12:09:00Z");
    grant(&mut world, "extra", 10_000, Some(at("2024-07-16T12:09:00Z")));
    world.at("2024-07-09T13:09:00Z");
    assert_eq!(draws(&world.reserve("u1", AU, &text(10)).unwrap()), "p2:10");
    world.settle("u1", None).unwrap();
    world.at("2024-07-09T14:54:00Z");
    world
        .call("adjust", json!({ "id": "void", "segments": -9_990, "package": "p2", "reason": "void" }))
        .unwrap();
    world.at("2024-07-09T15:09:04Z");
    assert_eq!(draws(&world.reserve("u2", AU, &text(12)).unwrap()), "p1:12");
    world.settle("u2", None).unwrap();
    world.at("2024-07-09T16:38:00Z");
    assert_eq!(expected("OM-17")["balance"], world.counts()[0]);
}

#[test]
fn om_19_what_will_still_expire_is_what_the_future_balance_says() {
    let now = at(T0);
    let mut world = opened(by_expiry(|_| {}), now);
    grant(&mut world, "p1", 10, Some(after(T0, 10 * HOUR)));
    grant(&mut world, "p2", 15, Some(after(T0, 15 * HOUR)));
    spend(&mut world, "collect", 15);
    let mut expired = |hours: i64| {
        let at = after(T0, hours * HOUR).to_string();
        world.call("balance", json!({ "at": at })).unwrap()["expired"].as_u64().unwrap()
    };
    let expect = &expected("OM-19")["open_to_expire"];
    assert_eq!(expect["p1"], expired(10));
    assert_eq!(expect["p2"], expired(15) - expired(10));
}

/// Start and end of the plan's period that `now` lies in.
fn period(anchor: &str, now: &str) -> (String, String) {
    let mut world = World::of(cloutly(), now);
    world.open(json!({ "plan": "starter", "billingAnchor": anchor })).unwrap();
    let package = world.packages().remove(0);
    let time = |name: &str| package[name].as_str().unwrap().to_owned();
    (time("effectiveAt"), time("expiresAt"))
}

#[test]
fn me_21_month_ends_are_clamped_and_come_back() {
    let expect = expected("ME-21");
    let cases = expect["cases"].as_array().unwrap();
    let instant = |text: &str| {
        let text = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.replace("00Z", "00:00Z") };
        at(&text).to_string()
    };
    let bounds = |case: &Value| (instant(case[0].as_str().unwrap()), instant(case[1].as_str().unwrap()));
    for (case, anchor, now) in [
        (0, "2025-01-31T15:00:00Z", "2025-08-13T20:00:00Z"),
        (1, "2025-01-31T15:00:00Z", "2025-09-30T15:00:00Z"),
        (2, "2025-01-30T15:00:00Z", "2025-02-13T20:00:00Z"),
        (13, "2024-01-31T00:00:00Z", "2024-02-15T00:00:00Z"),
        (14, "2024-01-31T00:00:00Z", "2024-02-29T00:00:00Z"),
        (15, "2024-01-31T00:00:00Z", "2024-03-31T00:00:00Z"),
    ] {
        assert_eq!(period(anchor, now), bounds(&cases[case]), "{case}");
    }
    let day = |text: &str| at(&format!("{text}T00:00:00Z"));
    for (case, start, months) in [(3, "2024-12-31", 6), (4, "2024-02-29", 12), (5, "2025-01-31", 1)] {
        let found = add_months(day(start), months, "UTC", &UtcZones).unwrap();
        assert_eq!(found.to_string(), instant(cases[case].as_str().unwrap()), "{case}");
    }
    // Those that fire on a day: so many months after the start.
    for (case, start, months, fires) in [
        (6, "2021-03-31", 1, "2021-04-30"),
        (7, "2021-03-31", 15, "2022-06-30"),
        (8, "2020-02-29", 24, "2022-02-28"),
    ] {
        let found = add_months(day(start), months, "UTC", &UtcZones).unwrap();
        assert_eq!(cases[case], found == day(fires), "{case}");
    }
    // A bill day is an anchor of that day, of the last month that has it.
    for (case, anchor, start) in [
        (9, "2012-01-30", "2012-02-16"),
        (10, "2012-01-30", "2012-01-31"),
        (11, "2012-03-31", "2012-04-30"),
        (12, "2012-02-14", "2012-02-16"),
    ] {
        let [anchor, start] = [anchor, start].map(|day| format!("{day}T00:00:00Z"));
        assert_eq!(period(&anchor, &start).1, instant(cases[case].as_str().unwrap()), "{case}");
    }
}

/// Adapted: segments are whole, so that money and credits cannot drift apart. Money is rounded once, half up, and the quantity stays.
#[test]
fn lg_23_money_is_rounded_and_segments_never_are() {
    let catalog = changed(|catalog| {
        catalog["offers"][0]["quantity"] = json!({ "step": 1, "min": 1, "max": 100_000 });
        catalog["offers"][0]["price"] = json!({ "model": "flat", "amount": "0.001" });
        catalog["offers"][1]["price"] =
            json!({ "model": "flat", "per": 100, "amount": "17.9699999999999988" });
    });
    let mut world = World::opened_of(catalog, T0);
    let expect = expected("LG-23");
    let quote = world.quote("pack-au", 1034);
    assert_eq!(quote["total"], expect["cases"][2]["money"]);
    assert_eq!(quote["quantity"], 1034);
    assert_eq!(world.quote("pack-us", 100)["total"], "17.97");
    assert_eq!(expect["cases"][0]["credits"], "17.97");
    // Parts of a segment are neither given nor taken.
    grant(&mut world, "g1", 100, None);
    for segments in [json!(-14.284_449_99), json!(0.4), json!("14")] {
        let input = json!({ "id": "void", "segments": segments, "package": "p1", "reason": "void" });
        assert_eq!(refusal(&world.call("adjust", input)), "INVALID_INPUT");
    }
    assert_eq!(world.counts(), [100, 0, 0, 0]);
}

/// A priority is the place of a package's source in the policy: purchase, adjustment, plan, and last what is not listed.
#[test]
fn fx_29_a_debit_goes_by_priority_and_then_by_expiry() {
    let catalog = changed(|catalog| {
        catalog["policy"]["draw"] = json!(["source", "expiry", "sequence"]);
        catalog["policy"]["sources"] = json!(["purchase", "adjustment", "plan"]);
        catalog["plans"][0]["credits"] = json!(30);
        catalog["schedules"] = json!([{ "id": "fifty", "name": "50", "credits": 50 }]);
        for offer in 0..2 {
            let offer = &mut catalog["offers"][offer];
            offer["quantity"] = json!({ "step": 10, "min": 10, "max": 100 });
            offer["regions"] = json!(["AU"]);
        }
        catalog["offers"][1]["validity"] = json!({ "months": 146 });
    });
    let mut world = World::of(catalog, T0);
    world.open(json!({ "plan": "starter" })).unwrap();
    world.buy("forty", "pack-au", 40);
    grant(&mut world, "twenty", 20, None);
    world.buy("sixty", "pack-us", 60);
    spend(&mut world, "debit", 90);
    let expect = expected("FX-29");
    assert_eq!(expect["cases"][0]["total_left"], world.counts()[0]);
    let found: Vec<u64> =
        ["USA SMS credits", "Australia SMS credits", "twenty", "Starter plan credits", "50"]
            .into_iter()
            .map(|name| left(&mut world, name))
            .collect();
    let by_order = |case: &Value| -> Vec<u64> {
        let lines = case["by_order"].as_array().unwrap().iter();
        lines.map(|line| line[1].as_u64().unwrap()).collect()
    };
    assert_eq!(found, by_order(&expect["cases"][0]));

    let mut world = opened(by_expiry(|_| {}), at(T0));
    for (segments, expires) in
        [(50, None), (30, Some("2036-01-01")), (20, Some("2036-02-01")), (100, Some("2036-03-01"))]
    {
        let expires = expires.map(|day| at(&format!("{day}T00:00:00Z")));
        grant(&mut world, &segments.to_string(), segments, expires);
    }
    spend(&mut world, "debit", 70);
    assert_eq!(expect["cases"][1]["total_left"], world.counts()[0]);
    let found: Vec<u64> = ["30", "20", "100", "50"].into_iter().map(|name| left(&mut world, name)).collect();
    assert_eq!(found, by_order(&expect["cases"][1]));
}

/// Decided: there is no forced debit. What cannot be paid is refused and leaves what there is, asked for in whatever way.
#[test]
fn fx_29_no_debit_goes_below_zero() {
    let mut world = World::opened(T0);
    grant(&mut world, "g1", 100, None);
    assert_eq!(refusal(&world.reserve("normal", AU, &text(150))), "INSUFFICIENT_BALANCE exhausted");
    let forced = json!({ "id": "forced", "segments": -150, "package": "p1", "reason": "forced" });
    assert_eq!(refusal(&world.call("adjust", forced)), "INVALID_INPUT");
    assert_eq!(world.counts(), [100, 0, 0, 0]);
    assert_eq!(expected("FX-29")["cases"][2], "refused, 100 left");
}

/// Proration to the millisecond, of whole segments, rounded up: 39 where the scenario has 38.70967742. Decided: what begins at or behind
/// the period's end gets nothing of it, but the period that it lies in.
#[test]
fn fx_29_a_grant_is_prorated_by_what_is_left_of_the_period() {
    let catalog = changed(|catalog| {
        catalog["schedules"] =
            json!([{ "id": "monthly", "name": "January", "credits": 100, "prorate": true }]);
    });
    let expect = expected("FX-29");
    let rounded_up = |share: &Value| -> u64 {
        let share = share.as_str().unwrap();
        let (whole, part) = share.split_once('.').unwrap_or((share, "0"));
        whole.parse::<u64>().unwrap() + u64::from(part.bytes().any(|digit| digit != b'0'))
    };
    let shares: Vec<u64> = expect["cases"][4].as_array().unwrap().iter().map(rounded_up).collect();
    let january = ["2025-01-01T00:00:00Z", "2025-01-16T12:00:00Z", "2025-01-20T00:00:00Z"];
    for (from, share) in january.into_iter().zip(&shares) {
        let mut world = opened(Arc::clone(&catalog), at(from));
        assert_eq!(world.counts()[0], *share, "{from}");
        assert_eq!(world.packages()[0]["expiresAt"], "2025-02-01T00:00:00.000Z");
    }
    assert_eq!(shares, [100, 50, 39, 0, 0]);
    for (from, segments, start) in
        [("2025-02-01T00:00:00Z", 100, "2025-02-01"), ("2025-03-15T00:00:00Z", 55, "2025-03-15")]
    {
        let mut world = opened(Arc::clone(&catalog), at(from));
        assert_eq!(world.counts()[0], segments, "{from}");
        assert_eq!(world.packages()[0]["effectiveAt"], format!("{start}T00:00:00.000Z"));
    }
}

/// Decided: a threshold that is just met orders; and nothing can be used before it is paid, so that the uses of a case are messages, and
/// one that waits is sent again.
#[test]
fn au_27_a_top_up_comes_at_the_threshold() {
    let (given, expect) = (&given("AU-27"), expected("AU-27"));
    for index in 0..4 {
        let case = &given["cases"][index];
        let mut world = World::opened(T0);
        grant(&mut world, "start", case["balance"].as_u64().unwrap(), None);
        let terms = json!({
            "offer": "pack-au", "quantity": case["add"], "threshold": case["threshold"],
            "perMonth": case.get("max_per_month").cloned().unwrap_or(json!(20)),
        });
        world.call("setRecharge", terms).unwrap();
        let mut left = Vec::new();
        for (use_, segments) in case["use"].as_array().unwrap().iter().enumerate() {
            // No message has as many segments.
            for (part, segments) in parts(segments.as_u64().unwrap()).into_iter().enumerate() {
                world.reserve(&format!("m{use_}-{part}"), AU, &text(segments)).unwrap();
                pay_top_up(&mut world);
            }
            left.push(world.counts()[0]);
        }
        assert_eq!(json!(left), expect["cases"][index], "{case}");
        world.proven();
    }
}

/// In messages of at most 100 segments.
fn parts(mut segments: u64) -> Vec<usize> {
    let mut parts = Vec::new();
    while segments > 0 {
        let part = segments.min(100);
        parts.push(usize::try_from(part).unwrap());
        segments -= part;
    }
    parts
}

/// Pays what was ordered by itself, if anything was.
fn pay_top_up(world: &mut World) -> Option<Value> {
    let settings = world.call("settings", json!({})).unwrap();
    let order = settings["recharges"][0].get("order").cloned()?;
    let outcome = json!({ "status": "paid", "reference": "pay" });
    world.call("confirmPayment", json!({ "order": order["id"], "outcome": outcome })).unwrap();
    Some(order)
}

/// Decided: a prepaid account never goes negative, so that there is no debt to pay down. The uses beyond what there is wait, as one batch of
/// which all or none are sent, for an order of what is missing: the same six packs in one payment, and the same 100 are left.
#[test]
fn au_27_what_is_beyond_the_balance_is_bought_first() {
    let (given, expect) = (&given("AU-27"), expected("AU-27"));
    let (case, expect) = (&given["cases"][4], &expect["cases"][4]);
    let mut world = World::opened(T0);
    grant(&mut world, "base", case["base"].as_u64().unwrap(), None);
    let terms = json!({ "offer": "pack-au", "quantity": 100, "threshold": case["threshold"] });
    world.call("setRecharge", terms).unwrap();
    let all = |world: &mut World| {
        let used = case["use"][0].as_u64().unwrap() / 100;
        let message = |number| {
            let (id, text) = (format!("m{number}"), text(100));
            Message::reserve(&world.catalog, &id, AU, &text, Tags::default(), 1).unwrap()
        };
        world.run(Command::ReserveAll((0..used).map(message).collect()))
    };
    assert_eq!(refusal(&all(&mut world)), "TOP_UP_REQUIRED exhausted");
    assert_eq!(world.counts(), [1_000, 0, 0, 0], "nothing is owed");
    let order = pay_top_up(&mut world).unwrap();
    assert_eq!(order["quantity"], case["add"]);
    assert_eq!(order["quantity"].as_u64().unwrap() / 100, expect["packs_of_100_charged"].as_u64().unwrap());
    all(&mut world).unwrap();
    assert_eq!(expect["left"], world.counts()[0]);
}

#[test]
fn au_27_three_failures_end_it_for_the_same_card() {
    let (given, expect) = (&given("AU-27"), expected("AU-27"));
    let (case, expect) = (&given["cases"][5], &expect["cases"][5]);
    let mut world = World::opened(T0);
    let terms = json!({ "offer": "pack-au", "method": "card" });
    world.call("setRecharge", terms.clone()).unwrap();
    for failure in 0..case["failures_in_a_row"].as_i64().unwrap() {
        world.now = world.now.checked_add_seconds(7_200).unwrap();
        let _ = world.reserve(&format!("m{failure}"), AU, &text(1));
        let settings = world.call("settings", json!({})).unwrap();
        let order = settings["recharges"][0]["order"]["id"].clone();
        let outcome = json!({ "status": "declined" });
        world.call("confirmPayment", json!({ "order": order, "outcome": outcome })).unwrap();
    }
    world.call("setRecharge", terms).unwrap();
    world.now = world.now.checked_add_seconds(86_400).unwrap();
    assert_eq!(refusal(&world.reserve("one-more", AU, &text(1))), "INSUFFICIENT_BALANCE none");
    let undecided = world.call("orders", json!({ "undecided": true })).unwrap();
    assert_eq!(expect["charge_attempts_after"], undecided["orders"].as_array().unwrap().len());
    let settings = world.call("settings", json!({})).unwrap();
    assert_eq!(expect["suspended"], settings["recharges"][0]["state"] == "halted");
}

/// Every scenario has a test here, but that of alarms, which has its own in `tests/scenarios/alarms.rs`.
#[test]
fn every_scenario_is_tested() {
    let file: Value = serde_json::from_str(SCENARIOS).unwrap();
    let source = include_str!("credit_scenarios.rs");
    let mut untested = BTreeMap::new();
    for scenario in file["scenarios"].as_array().unwrap() {
        let id = scenario["id"].as_str().unwrap();
        let name = format!("fn {}_", id.to_lowercase().replace('-', "_"));
        if !source.contains(&name) {
            untested.insert(id.to_owned(), scenario["topic"].to_string());
        }
    }
    assert!(untested.keys().map(String::as_str).eq(["LG-25"]), "{untested:?}");
}
