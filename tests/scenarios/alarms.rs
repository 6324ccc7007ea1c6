//! Alarms: thresholds and notices of expiries (domain rule 32), and the feed of events that they come by.

use crate::common::world::World;
use crate::common::{AU, SHORT, changed, refusal, text};
use serde_json::{Value, json};
use sms_ledger::engine::Options;
use sms_ledger::storage::Limits;

const NOON: &str = "2026-01-10T12:00:00Z";

/// An account with a package of so many segments, `p1`, which pays any region.
fn stocked(segments: i64, alarms: Value) -> World {
    let mut world = World::opened(NOON);
    world.call("adjust", json!({ "id": "a1", "segments": segments, "reason": "test" })).unwrap();
    world.call("setAlarms", alarms).unwrap();
    world
}

fn take(world: &mut World, id: &str, segments: i64) {
    let input = json!({ "id": id, "segments": -segments, "reason": "test", "package": "p1" });
    world.call("adjust", input).unwrap();
}

fn give(world: &mut World, id: &str, segments: i64) {
    world.call("adjust", json!({ "id": id, "segments": segments, "reason": "test" })).unwrap();
}

fn events(world: &mut World, kind: &str) -> Vec<Value> {
    let page = world.call("eventPage", json!({ "limit": 1000 })).unwrap();
    let events = page["events"].as_array().unwrap().iter();
    events.filter(|event| event["kind"] == kind).cloned().collect()
}

/// The thresholds that fired, in the order in which they did.
fn fired(world: &mut World) -> Vec<u64> {
    let low = |event: Value| event["low"].as_array().unwrap().clone();
    events(world, "alarm").into_iter().flat_map(low).map(|low| low["below"].as_u64().unwrap()).collect()
}

/// `LG-25` of the shared scenarios. Decided: strictly below, so that a threshold which is just met has not fired; no repeated
/// alarms between thresholds; and what cannot go below 0 ends there.
#[test]
fn each_threshold_fires_once_when_it_is_crossed() {
    let three = &[200, 500, 800][..];
    for (thresholds, before, now, expected) in [
        (three, 1_000, 1_000, &[][..]),
        (three, 1_000, 500, &[800]),
        (three, 1_000, 499, &[800, 500]),
        (three, 450, 100, &[200]),
        (three, 400, 450, &[]),
        (three, 700, 600, &[]),
        (three, 600, 0, &[500, 200]),
        (&[80, 50], 90, 70, &[80]),
    ] {
        let listed: Vec<Value> = thresholds.iter().map(|below| json!({ "below": below })).collect();
        let mut world = stocked(2_000, json!({ "thresholds": listed }));
        take(&mut world, "before", 2_000 - before);
        let already = fired(&mut world).len();
        match before - now {
            0 => {}
            less if less > 0 => take(&mut world, "now", less),
            more => give(&mut world, "now", -more),
        }
        let found = fired(&mut world).split_off(already);
        assert_eq!(found, expected, "{before} to {now}");
        world.proven();
    }
}

#[test]
fn an_alarm_fires_once_and_is_armed_again_at_its_threshold_and_margin() {
    let mut world = stocked(1_000, json!({ "thresholds": [{ "below": 100, "margin": 50 }] }));
    take(&mut world, "t1", 900);
    assert_eq!(fired(&mut world), [0_u64; 0], "100 are not fewer than 100");
    world.reserve("m1", AU, SHORT).unwrap();
    world.reserve("m2", AU, SHORT).unwrap();
    assert_eq!(fired(&mut world), [100], "held segments are not usable, and one crossing is one alarm");
    // What goes up and down within the margin says nothing new.
    world.release("m1").unwrap();
    give(&mut world, "g1", 40);
    world.reserve("m3", AU, &text(45)).unwrap();
    assert_eq!(fired(&mut world), [100]);
    let state =
        |world: &mut World| world.call("settings", json!({})).unwrap()["thresholds"][0]["state"].clone();
    assert_eq!(state(&mut world), "fired");
    give(&mut world, "g2", 60);
    assert_eq!(state(&mut world), "armed");
    world.reserve("m4", AU, &text(60)).unwrap();
    assert_eq!(fired(&mut world), [100, 100]);
}

#[test]
fn an_alarm_says_what_runs_low_and_has_a_stable_id() {
    let mut world = stocked(10, json!({ "thresholds": [{ "below": 10 }, { "region": "AU", "below": 5 }] }));
    world.reserve("m1", AU, &text(6)).unwrap();
    let [alarm] = &events(&mut world, "alarm")[..] else { panic!("one entry tells of both") };
    assert_eq!(alarm["id"], "alarm/4");
    assert_eq!(
        (&alarm["reference"], &alarm["postings"], &alarm["low"]),
        (
            &json!("acme"),
            &json!([]),
            &json!([{ "below": 10, "usable": 4 }, { "region": "AU", "below": 5, "usable": 4 }])
        )
    );
    // It stands behind what caused it, in the same commit.
    assert_eq!(world.journal(), ["open", "adjust", "reserve", "alarm"]);
    assert_eq!(
        world.again().call("eventPage", json!({})).unwrap(),
        world.call("eventPage", json!({})).unwrap()
    );
}

/// An account that never had anything is no news; nor is a threshold set above what there is.
#[test]
fn what_was_never_reached_does_not_fire() {
    let catalog =
        changed(|catalog| catalog["policy"]["alarms"] = json!({ "thresholds": [{ "below": 5000 }] }));
    let mut world = World::opened_of(catalog, NOON);
    world.buy("o1", "pack-au", 100);
    world.reserve("m1", AU, SHORT).unwrap();
    let threshold = world.call("settings", json!({})).unwrap()["thresholds"][0].clone();
    assert_eq!(threshold, json!({ "below": 5000, "margin": 0, "usable": 99, "state": "waiting" }));
    world.buy("o2", "pack-us", 5_000);
    world.reserve("m2", AU, &text(99)).unwrap();
    assert_eq!(fired(&mut world), [0_u64; 0], "5,000 are left");
    world.reserve("m3", crate::common::US, SHORT).unwrap();
    assert_eq!(fired(&mut world), [5000]);
}

/// A threshold that was taken away is forgotten: set again above what there is, it is one that was never reached.
#[test]
fn a_threshold_that_was_taken_away_does_not_fire_when_it_is_set_again() {
    let mut world = stocked(120, json!({ "thresholds": [{ "below": 100 }] }));
    world.call("setAlarms", json!({ "thresholds": [{ "below": 50 }, { "below": 20 }] })).unwrap();
    take(&mut world, "t1", 50);
    world.call("setAlarms", json!({ "thresholds": [{ "below": 100 }, { "below": 50 }] })).unwrap();
    take(&mut world, "t2", 1);
    assert_eq!(fired(&mut world), [0_u64; 0]);
    take(&mut world, "t3", 20);
    assert_eq!(fired(&mut world), [50]);
}

/// A package that is given for just as long as a notice looks ahead is told of by its being given.
#[test]
fn a_notice_at_the_instant_of_issue_is_none() {
    for (end, expected) in [("2026-01-17T12:00:00Z", 0), ("2026-01-17T12:00:00.001Z", 1)] {
        let mut world = World::opened(NOON);
        world.call("setAlarms", json!({ "expiryDays": [7] })).unwrap();
        let given = json!({ "id": "a1", "segments": 10, "reason": "test", "expiresAt": end });
        world.call("adjust", given).unwrap();
        world.at("2026-01-12T12:00:00Z").call("advance", json!({})).unwrap();
        assert_eq!(events(&mut world, "expiring").len(), expected, "{end}");
    }
}

#[test]
fn a_regions_threshold_counts_what_can_pay_for_it() {
    let mut world = World::opened(NOON);
    world.buy("o1", "pack-au", 100);
    world.buy("o2", "pack-us", 100);
    give(&mut world, "g1", 10);
    world.call("setAlarms", json!({ "thresholds": [{ "region": "AU", "below": 105 }] })).unwrap();
    world.reserve("m1", crate::common::US, &text(100)).unwrap();
    assert_eq!(fired(&mut world), [0_u64; 0]);
    world.reserve("m2", AU, &text(6)).unwrap();
    assert_eq!(fired(&mut world), [105]);
}

/// Segments that are not yet active are not usable; when they become so, alarms are armed.
#[test]
fn pending_packages_do_not_count() {
    let catalog = changed(|catalog| catalog["offers"][0]["activation_seconds"] = json!(300));
    let mut world = World::opened_of(catalog, NOON);
    world.call("setAlarms", json!({ "thresholds": [{ "below": 50 }] })).unwrap();
    world.buy("o1", "pack-au", 100);
    assert_eq!(world.call("settings", json!({})).unwrap()["thresholds"][0]["state"], "waiting");
    world.at("2026-01-10T12:05:00Z").reserve("m1", AU, &text(51)).unwrap();
    assert_eq!(fired(&mut world), [50]);
}

/// What expires is missed at its instant, whoever comes when.
#[test]
fn an_expiry_fires_alarms_at_its_instant() {
    let catalog = changed(|catalog| catalog["offers"][0]["validity"] = json!({ "days": 30 }));
    let mut world = World::opened_of(catalog, NOON);
    world.call("setAlarms", json!({ "thresholds": [{ "below": 150 }] })).unwrap();
    world.buy("o1", "pack-au", 100);
    world.buy("o2", "pack-us", 100);
    world.at("2026-03-01T00:00:00Z").call("advance", json!({})).unwrap();
    let alarm = &events(&mut world, "alarm")[0];
    assert_eq!(alarm["effectiveAt"], "2026-02-09T12:00:00.000Z");
    assert_eq!(alarm["recordedAt"], "2026-03-01T00:00:00.000Z");
    world.proven();
}

/// With packages for a month, and notices as far ahead as Tencent's rule has them.
fn expiring() -> World {
    let catalog = changed(|catalog| {
        catalog["offers"][0]["validity"] = json!({ "days": 30 });
        catalog["policy"]["alarms"] = json!({ "expiry_days": [1, 3, 5, 7] });
    });
    let mut world = World::opened_of(catalog, NOON);
    world.buy("o1", "pack-au", 100);
    world
}

#[test]
fn notices_come_once_for_each_day_before_an_expiry() {
    let mut world = expiring();
    let mut due = Vec::new();
    for _ in 0..6 {
        let Some(next) = world.balance()["nextDue"].as_str().map(str::to_owned) else { break };
        world.at(&next).call("advance", json!({})).unwrap();
        world.call("advance", json!({})).unwrap();
        due.push(next.split('T').next().unwrap_or_default().to_owned());
    }
    assert_eq!(due, ["2026-02-02", "2026-02-04", "2026-02-06", "2026-02-08", "2026-02-09"]);
    let found = events(&mut world, "expiring");
    let days: Vec<_> = found.iter().map(|event| event["expiring"]["days"].as_u64().unwrap()).collect();
    assert_eq!(days, [7, 5, 3, 1]);
    assert_eq!(
        (&found[0]["reference"], &found[0]["expiring"]),
        (&json!("p1"), &json!({ "days": 7, "segments": 100, "expiresAt": "2026-02-09T12:00:00.000Z" }))
    );
    world.proven();
}

/// Who comes late is told what still matters: the nearest notice, and none of what is gone.
#[test]
fn of_several_notices_at_once_the_nearest_is_given() {
    for (now, expected) in [
        ("2026-02-06T13:00:00Z", &[3][..]),
        ("2026-02-04T12:00:00Z", &[5]),
        ("2026-02-09T11:59:59.999Z", &[1]),
        ("2026-02-09T12:00:00Z", &[]),
    ] {
        let mut world = expiring();
        world.at(now).reserve("m1", crate::common::US, SHORT).unwrap_err();
        world.again().call("advance", json!({})).unwrap();
        let found = events(&mut world, "expiring");
        let days: Vec<_> = found.iter().map(|event| event["expiring"]["days"].as_u64().unwrap()).collect();
        assert_eq!(days, expected, "{now}");
    }
}

#[test]
fn nothing_is_told_of_what_has_nothing_left_or_comes_anew_by_itself() {
    let catalog = changed(|catalog| {
        catalog["offers"][0]["validity"] = json!({ "days": 30 });
        catalog["policy"]["alarms"] = json!({ "expiry_days": [7, 1] });
        catalog["policy"]["hold"] = json!({ "hours": 2000, "then": "settle" });
    });
    let mut world = World::of(catalog, NOON);
    world.open(json!({ "plan": "starter" })).unwrap();
    world.buy("o1", "pack-au", 100);
    for (id, segments) in [("m1", 50), ("m2", 100)] {
        world.reserve(id, AU, &text(segments)).unwrap();
    }
    world.at("2026-02-03T00:00:00Z").call("advance", json!({})).unwrap();
    // It comes back: the notice of the last day tells of it.
    world.release("m2").unwrap();
    world.at("2026-02-09T00:00:00Z").call("advance", json!({})).unwrap();
    let found = events(&mut world, "expiring");
    let told: Vec<_> = found.iter().map(|event| (&event["reference"], &event["expiring"]["days"])).collect();
    assert_eq!(told, [(&json!("p2"), &json!(1))]);
}

#[test]
fn alarms_that_are_set_take_the_place_of_the_policys() {
    let mut world = expiring();
    world.call("setAlarms", json!({ "expiryDays": [2] })).unwrap();
    world.at("2026-02-09T00:00:00Z").call("advance", json!({})).unwrap();
    let set = world.call("setAlarms", json!({})).unwrap();
    assert_eq!(set["expiryDays"], json!([7, 5, 3, 1]));
    let found = events(&mut world, "expiring");
    assert_eq!(found.iter().map(|event| &event["expiring"]["days"]).collect::<Vec<_>>(), [2]);
}

/// A query, a preview and a refused commit leave no trace of what they have seen.
#[test]
fn only_what_is_committed_has_fired() {
    let mut world = stocked(10, json!({ "thresholds": [{ "below": 10 }] }));
    world.preview(AU, &text(5)).unwrap();
    world.store.fail(crate::common::shared::Fault::Failed);
    assert_eq!(refusal(&world.reserve("m1", AU, SHORT)), "STORAGE_UNAVAILABLE");
    assert_eq!(fired(&mut world), [0_u64; 0]);
    world.store.fail(crate::common::shared::Fault::Stale);
    world.reserve("m1", AU, SHORT).unwrap();
    assert_eq!(fired(&mut world), [10]);
    assert_eq!(world.again().call("settings", json!({})).unwrap()["thresholds"][0]["state"], "fired");
}

#[test]
fn the_feed_leaves_out_what_messages_did_and_goes_on_where_it_ended() {
    let mut world = stocked(100, json!({ "thresholds": [{ "below": 99 }] }));
    for id in ["m1", "m2", "m3"] {
        world.reserve(id, AU, SHORT).unwrap();
        world.settle(id, None).unwrap();
    }
    let kinds = |page: &Value| {
        let events = page["events"].as_array().unwrap().iter();
        events.map(|event| event["kind"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let first = world.call("eventPage", json!({ "limit": 2 })).unwrap();
    assert_eq!((kinds(&first), &first["more"]), (vec!["open".to_owned(), "adjust".to_owned()], &json!(true)));
    let second = world.call("eventPage", json!({ "after": first["cursor"] })).unwrap();
    assert_eq!((kinds(&second), &second["more"]), (vec!["alarm".to_owned()], &json!(false)));
    // The cursor is behind all that was looked at, events or not.
    assert_eq!(second["cursor"], 9);
    let third = world.call("eventPage", json!({ "after": second["cursor"] })).unwrap();
    assert_eq!(third, json!({ "events": [], "cursor": 9, "more": false }));
    assert_eq!(refusal(&world.call("eventPage", json!({ "account": "nobody" }))), "UNKNOWN_ACCOUNT");
}

#[test]
fn alarms_that_cannot_be() {
    let mut world = World::opened(NOON);
    for (alarms, path) in [
        (json!({ "thresholds": [{ "below": 0 }] }), "thresholds[0].below"),
        (json!({ "thresholds": [{ "below": 5 }, { "below": 5, "margin": 1 }] }), "thresholds[1].below"),
        (json!({ "thresholds": [{ "region": "CA", "below": 5 }] }), "thresholds[0].region"),
        (json!({ "expiryDays": [0] }), "expiryDays[0]"),
        (json!({ "expiryDays": [3, 3] }), "expiryDays[1]"),
        (json!({ "expiryDays": [1, 2, 3, 4, 5, 6, 7, 8, 9] }), "expiryDays"),
    ] {
        let error = world.call("setAlarms", alarms).unwrap_err();
        assert_eq!((error.code.as_str(), &error.details["path"]), ("INVALID_INPUT", &json!(path)), "{error}");
    }
}

/// Who comes after the expiries is told of none of them, but that none is told has to be written like everything else.
#[test]
fn notices_that_come_too_late_never_make_a_commit_larger_than_the_store_takes() {
    let mut journals = Vec::new();
    for writes in [16, 40, 1_000] {
        let catalog = changed(|catalog| {
            catalog["policy"]["alarms"] = json!({ "expiry_days": [7, 5, 3, 1] });
        });
        let limits = Limits { writes, ..Limits::default() };
        let mut world = World::with(catalog, NOON, Options { limits, ..Options::default() });
        world.open(json!({})).unwrap();
        for number in 0..60 {
            let gift = json!({ "id": format!("a{number}"), "segments": 5, "reason": "test", "region": "AU",
                "expiresAt": "2026-02-10T12:00:00Z" });
            world.call("adjust", gift).unwrap();
        }
        world.at("2026-03-01T00:00:00Z").call("advance", json!({})).unwrap();
        assert_eq!(world.counts(), [0, 0, 0, 300]);
        assert!(world.store.largest().1 <= writes, "{writes}: {:?}", world.store.largest());
        assert_eq!(events(&mut world, "expiring"), Vec::<Value>::new());
        world.proven();
        journals.push(world.call("verify", json!({})).unwrap()["hash"].clone());
    }
    assert!(journals.iter().all(|hash| *hash == journals[0]), "{journals:?}");
}
