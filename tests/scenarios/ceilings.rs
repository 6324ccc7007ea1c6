//! Ceilings: most segments in an hour and a day, by account and by region (domain rule 28).

use crate::common::world::World;
use crate::common::{AU, NZ, SHORT, US, at, bytes, changed, refusal, text};
use serde_json::{Value, json};
use std::sync::Arc;

const NOON: &str = "2026-01-10T12:00:00Z";

/// With 1,000 segments for each of Australia and the USA.
fn stocked(ceilings: Value) -> World {
    let mut world = World::opened(NOON);
    for (id, offer) in [("o1", "pack-au"), ("o2", "pack-us")] {
        world.buy(id, offer, 1_000);
    }
    if !ceilings.is_null() {
        world.call("setCeilings", json!({ "ceilings": ceilings })).unwrap();
    }
    world
}

fn detail(world: &mut World, id: &str, to: &str, segments: usize, name: &str) -> String {
    let error = world.reserve(id, to, &text(segments)).unwrap_err();
    error.details[name].to_string()
}

#[test]
fn a_message_that_would_break_a_ceiling_is_refused_before_the_hold() {
    let mut world = stocked(json!([{ "perHour": 10 }]));
    world.reserve("m1", AU, &text(6)).unwrap();
    // What just fits is no breach.
    world.reserve("m2", US, &text(4)).unwrap();
    let before = world.counts();
    let refused = world.reserve("m3", AU, SHORT);
    assert_eq!(refusal(&refused), "CEILING_REACHED ceiling");
    assert_eq!(world.counts(), before);
    let details = refused.unwrap_err().details;
    assert_eq!(
        Value::Object(details),
        json!({
            "reason": "ceiling", "region": "AU", "needed": 1, "available": 994, "at": "2026-01-10T12:00:00.000Z",
            "nextAttempt": 2, "ceiling": { "per": "hour", "segments": 10 }, "used": 10,
            "resetsAt": "2026-01-10T13:00:00.000Z",
        })
    );
}

#[test]
fn an_hour_is_a_clock_hour_and_a_day_is_the_accounts() {
    let mut world = World::of(changed(|_| {}), "2026-01-10T12:59:59.999Z");
    world.open(json!({ "zone": "Asia/Kathmandu" })).unwrap();
    world.buy("o1", "pack-au", 1_000);
    world.call("setCeilings", json!({ "ceilings": [{ "perHour": 2, "perDay": 3 }] })).unwrap();
    world.reserve("m1", AU, &text(2)).unwrap();
    assert_eq!(detail(&mut world, "m2", AU, 1, "resetsAt"), "\"2026-01-10T13:00:00.000Z\"");
    world.at("2026-01-10T13:00:00Z").reserve("m3", AU, SHORT).unwrap();
    // Midnight in Kathmandu, 5 hours and 45 minutes ahead of UTC.
    assert_eq!(detail(&mut world, "m4", AU, 1, "resetsAt"), "\"2026-01-10T18:15:00.000Z\"");
    assert_eq!(
        refusal(&world.at("2026-01-10T18:14:59.999Z").reserve("m5", AU, SHORT)),
        "CEILING_REACHED ceiling"
    );
    world.at("2026-01-10T18:15:00Z").reserve("m6", AU, SHORT).unwrap();
    // The hour goes on over midnight.
    world.reserve("m7", AU, SHORT).unwrap();
    assert_eq!(detail(&mut world, "m8", AU, 1, "ceiling"), r#"{"per":"hour","segments":2}"#);
}

/// Where midnight is not at a full hour of UTC, a new day begins within an hour, which goes on.
#[test]
fn an_hour_goes_on_when_a_day_begins() {
    let mut world = World::of(changed(|_| {}), "2026-01-10T18:10:00Z");
    world.open(json!({ "zone": "Asia/Kolkata" })).unwrap();
    world.buy("o1", "pack-au", 1_000);
    world.call("setCeilings", json!({ "ceilings": [{ "perHour": 5 }] })).unwrap();
    world.reserve("m1", AU, &text(5)).unwrap();
    assert_eq!(detail(&mut world.at("2026-01-10T18:40:00Z").again(), "m2", AU, 1, "used"), "5");
    assert_eq!(detail(&mut world, "m3", AU, 1, "resetsAt"), "\"2026-01-10T19:00:00.000Z\"");
    world.at("2026-01-10T19:00:00Z").reserve("m4", AU, &text(5)).unwrap();
}

/// A ceiling that is taken away and set again begins anew, once a window has.
#[test]
fn what_no_longer_has_a_ceiling_is_not_remembered() {
    let mut world = stocked(json!([{ "perDay": 10 }]));
    world.reserve("m1", AU, &text(5)).unwrap();
    world.call("setCeilings", json!({ "ceilings": [{ "region": "US", "perHour": 10 }] })).unwrap();
    world.at("2026-01-10T13:00:00Z").reserve("m2", AU, SHORT).unwrap();
    world.call("setCeilings", json!({ "ceilings": [{ "perDay": 10 }] })).unwrap();
    world.reserve("m3", AU, &text(10)).unwrap();
    assert_eq!(detail(&mut world, "m4", AU, 1, "used"), "10");
}

#[test]
fn a_regions_ceiling_stands_beside_that_of_all() {
    let ceilings = json!([{ "region": "AU", "perDay": 5 }, { "perDay": 8 }]);
    let mut world = stocked(ceilings);
    world.reserve("m1", AU, &text(5)).unwrap();
    assert_eq!(detail(&mut world, "m2", AU, 1, "ceiling"), r#"{"per":"day","region":"AU","segments":5}"#);
    world.reserve("m3", US, &text(3)).unwrap();
    assert_eq!(detail(&mut world, "m4", US, 1, "ceiling"), r#"{"per":"day","segments":8}"#);
    let shown = world.call("settings", json!({})).unwrap();
    assert_eq!(
        shown["ceilings"],
        json!([
            { "region": "AU", "perDay": 5, "usedThisHour": 5, "usedToday": 5 },
            { "perDay": 8, "usedThisHour": 8, "usedToday": 8 },
        ])
    );
}

/// What is pumped is often never delivered: what was reserved counts, whatever becomes of it.
#[test]
fn a_release_gives_no_room_back() {
    let mut world = stocked(json!([{ "perHour": 2 }]));
    world.reserve("m1", AU, &text(2)).unwrap();
    world.release("m1").unwrap();
    assert_eq!(refusal(&world.reserve("m2", AU, SHORT)), "CEILING_REACHED ceiling");
}

/// A refusal that depends on the account's state is recorded: a late duplicate must not succeed behind the caller's back.
#[test]
fn a_refused_message_stays_refused_until_its_next_attempt() {
    let mut world = stocked(json!([{ "perHour": 1 }]));
    world.reserve("m1", AU, SHORT).unwrap();
    let refused = bytes(&world.reserve("m2", AU, SHORT));
    let mut later = world.again();
    later.at("2026-01-10T15:00:00Z");
    assert_eq!(bytes(&later.reserve("m2", AU, SHORT)), refused);
    later.attempt("m2", AU, SHORT, 2).unwrap();
    assert_eq!(later.counts(), [1_998, 2, 0, 0]);
    later.proven();
}

#[test]
fn a_refusal_and_a_preview_count_nothing() {
    let mut world = stocked(json!([{ "perHour": 2 }]));
    for _ in 0..3 {
        world.preview(AU, &text(2)).unwrap();
    }
    assert_eq!(refusal(&world.preview(AU, &text(3))), "CEILING_REACHED ceiling");
    assert_eq!(refusal(&world.reserve("m1", AU, &text(3))), "CEILING_REACHED ceiling");
    assert_eq!(refusal(&world.reserve("m2", NZ, SHORT)), "INSUFFICIENT_BALANCE wrong_region");
    world.reserve("m3", AU, &text(2)).unwrap();
    // A repetition is the first one's answer and reserves nothing more.
    world.reserve("m3", AU, &text(2)).unwrap();
    assert_eq!(world.call("settings", json!({})).unwrap()["ceilings"][0]["usedThisHour"], 2);
}

/// Several messages of one commit see each other, and what was decided in vain counts nothing.
#[test]
fn a_group_counts_as_if_one_by_one() {
    let mut world = stocked(json!([{ "perHour": 3 }]));
    let commands = (1..=5).map(|n| world.message(&format!("m{n}"), AU, SHORT, 1)).collect();
    world.store.fail(crate::common::shared::Fault::Stale);
    let now = world.now;
    let taken = world.driver.run_all("acme", commands, now).iter().filter(|answer| answer.is_ok()).count();
    assert_eq!((taken, world.counts()), (3, [1_997, 3, 0, 0]));
    assert_eq!(world.again().call("settings", json!({})).unwrap()["ceilings"][0]["usedThisHour"], 3);
}

#[test]
fn ceilings_come_from_the_policy_unless_the_account_sets_its_own() {
    let catalog =
        changed(|catalog| catalog["policy"]["ceilings"] = json!([{ "region": "AU", "per_hour": 1 }]));
    let mut world = World::opened_of(catalog, NOON);
    world.buy("o1", "pack-au", 100);
    world.reserve("m1", AU, SHORT).unwrap();
    assert_eq!(refusal(&world.reserve("m2", AU, SHORT)), "CEILING_REACHED ceiling");
    // Of its own: none.
    world.call("setCeilings", json!({ "ceilings": [] })).unwrap();
    world.reserve("m3", AU, SHORT).unwrap();
    let mut again = world.again();
    again.reserve("m4", AU, SHORT).unwrap();
    // Back to the policy's: what was reserved under it this hour still counts.
    again.call("setCeilings", json!({})).unwrap();
    assert_eq!(refusal(&again.reserve("m5", AU, SHORT)), "CEILING_REACHED ceiling");
    again.at("2026-01-10T13:00:00Z").reserve("m6", AU, SHORT).unwrap();
}

/// Who may not send more must not be made to buy more.
#[test]
fn a_ceiling_is_told_before_an_empty_balance() {
    let mut world = World::opened(NOON);
    world.call("setCeilings", json!({ "ceilings": [{ "region": "AU", "perHour": 1 }] })).unwrap();
    assert_eq!(refusal(&world.reserve("m1", AU, &text(2))), "CEILING_REACHED ceiling");
    assert_eq!(refusal(&world.reserve("m2", AU, SHORT)), "INSUFFICIENT_BALANCE none");
}

#[test]
fn ceilings_that_cannot_be() {
    let mut world = World::opened(NOON);
    let many: Vec<Value> = (0..17).map(|_| json!({ "perHour": 1 })).collect();
    for (ceilings, path) in [
        (json!([{}]), "ceilings[0].perHour"),
        (json!([{ "perHour": 0 }]), "ceilings[0].perHour"),
        (json!([{ "region": "CA", "perDay": 1 }]), "ceilings[0].region"),
        (json!([{ "perDay": 1 }, { "perHour": 1 }]), "ceilings[1].region"),
        (json!([{ "perday": 1 }]), "ceilings[0].perday"),
        (json!(many), "ceilings[1].region"),
    ] {
        let error = world.call("setCeilings", json!({ "ceilings": ceilings })).unwrap_err();
        assert_eq!((error.code.as_str(), &error.details["path"]), ("INVALID_INPUT", &json!(path)), "{error}");
    }
    assert!(!world.store.dump().iter().any(|(_, key, _)| key == "settings"));
    assert_eq!(at(NOON), world.now);
}

#[test]
fn an_account_has_at_most_sixteen_ceilings() {
    let codes = "AU NZ US GB AT BE CH CZ DE DK ES FI FR GR HU IE IT NO";
    let catalog = changed(|catalog| {
        let regions = catalog["regions"].as_array_mut().unwrap();
        for code in codes.split(' ').skip(4) {
            regions.push(json!({ "code": code, "name": code }));
        }
        catalog["offers"][0]["regions"] = codes.split(' ').collect();
    });
    for (count, fits) in [(16, true), (17, false), (18, false)] {
        let mut world = World::opened_of(Arc::clone(&catalog), NOON);
        let ceilings: Vec<Value> =
            codes.split(' ').take(count).map(|code| json!({ "region": code, "perHour": 1 })).collect();
        let told = world.call("setCeilings", json!({ "ceilings": ceilings }));
        assert_eq!(
            told.map_err(|error| error.details["path"].clone()).err(),
            (!fits).then(|| json!("ceilings"))
        );
    }
}
