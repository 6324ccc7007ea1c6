//! Rules 28 and 32: ceilings and alarms.

use super::sellers::{CHINA, NOW, any_text, changed, cloutly, hold, spend, tencent, tencent_with_gift};
use crate::common::world::World;
use crate::common::{AU, SHORT, US, refusal, text};
use serde_json::{Value, json};
use sms_ledger::catalog::profiles;

#[test]
fn rule_28_ceilings_bound_an_hour_and_a_day_of_an_account_and_a_region_before_the_hold() {
    let mut world = cloutly();
    for offer in ["pack-au", "pack-us"] {
        world.buy(offer, offer, 1_000);
    }
    let ceilings = json!([{ "perHour": 10, "perDay": 12 }, { "region": "AU", "perHour": 5, "perDay": 6 }]);
    world.call("setCeilings", json!({ "ceilings": ceilings })).unwrap();
    let broken = |world: &mut World, id: &str, to: &str, segments: usize| {
        let before = world.counts();
        let refused = world.reserve(id, to, &text(segments));
        assert_eq!(refusal(&refused), "CEILING_REACHED ceiling");
        assert_eq!(world.counts(), before, "refused before the hold");
        let ceiling = &refused.unwrap_err().details["ceiling"];
        super::sellers::line(ceiling, &["per", "region", "segments"])
    };
    world.reserve("m1", AU, &text(5)).unwrap();
    assert_eq!(broken(&mut world, "m2", AU, 1), "hour / AU / 5");
    world.reserve("m3", US, &text(5)).unwrap();
    assert_eq!(broken(&mut world, "m4", US, 1), "hour / - / 10");
    world.at("2026-03-02T05:00:00Z").reserve("m5", AU, SHORT).unwrap();
    assert_eq!(broken(&mut world, "m6", AU, 1), "day / AU / 6");
    world.reserve("m7", US, SHORT).unwrap();
    assert_eq!(broken(&mut world, "m8", US, 1), "day / - / 12");
    world.at("2026-03-03T00:00:00Z").reserve("m9", AU, &text(5)).unwrap();
    // A catalog may set them for everybody.
    let catalog =
        changed(profiles::TENCENT_SMS, |catalog| catalog["policy"]["ceilings"] = json!([{ "per_day": 2 }]));
    let mut world = World::of(catalog, NOW);
    world.open(json!({ "gates": ["postpaid"] })).unwrap();
    world.reserve("m1", CHINA, &any_text(2)).unwrap();
    assert_eq!(broken(&mut world, "m2", CHINA, 1), "day / - / 2");
}

/// The thresholds or the days that events of a kind have told of.
fn told(world: &mut World, kind: &str) -> Vec<u64> {
    let page = world.call("eventPage", json!({ "limit": 1000 })).unwrap();
    let events = page["events"].as_array().unwrap().iter().filter(|event| event["kind"] == kind);
    let numbers = events.flat_map(|event| match event.get("low") {
        Some(low) => low.as_array().unwrap().iter().map(|low| low["below"].clone()).collect(),
        None => vec![event["expiring"]["days"].clone()],
    });
    numbers.map(|number: Value| number.as_u64().unwrap()).collect()
}

#[test]
fn rule_32_an_alarm_comes_once_when_fewer_than_the_threshold_are_usable_and_notices_before_an_expiry() {
    // 5,000 unless set, strictly lower, over everything that is usable and unheld.
    let mut world = tencent_with_gift();
    world.buy("o1", "cn-custom", 4_902);
    hold(&mut world, CHINA, 2, any_text);
    assert_eq!(
        told(&mut world, "alarm"),
        [0_u64; 0],
        "what is not in effect yet is not usable, and was not missed"
    );
    world.at("2026-03-02T04:05:00Z").call("advance", json!({})).unwrap();
    assert_eq!(told(&mut world, "alarm"), [0_u64; 0], "5,000 are not fewer");
    world.reserve("m1", CHINA, SHORT).unwrap();
    assert_eq!(told(&mut world, "alarm"), [5_000]);
    // Once for each crossing: it is armed again at the threshold.
    world.reserve("m2", CHINA, SHORT).unwrap();
    world.release("m2").unwrap();
    assert_eq!(told(&mut world, "alarm"), [5_000]);
    world.release("m1").unwrap();
    world.reserve("m3", CHINA, SHORT).unwrap();
    assert_eq!(told(&mut world, "alarm"), [5_000, 5_000]);
    // Several, and a margin that has to be made up for before one fires again.
    let thresholds = json!([{ "below": 4_000 }, { "below": 3_000, "margin": 500 }]);
    world.call("setAlarms", json!({ "thresholds": thresholds })).unwrap();
    spend(&mut world, CHINA, 2_600, any_text);
    assert_eq!(told(&mut world, "alarm")[2..], [4_000, 3_000]);
    let below_3000 = |world: &mut World| told(world, "alarm").iter().filter(|below| **below == 3_000).count();
    for (id, quantity, times) in [("o2", 1_000, 1), ("o3", 1_200, 2)] {
        world.buy(id, "cn-custom", quantity);
        world.now = world.now.checked_add_seconds(300).unwrap();
        let usable = usize::try_from(world.balance()["available"].as_u64().unwrap()).unwrap();
        assert_eq!(usable >= 3_500, times == 2, "{usable}");
        spend(&mut world, CHINA, usable - 2_400, any_text);
        assert_eq!(below_3000(&mut world), times, "{usable}");
    }
    // 7, 5, 3 and 1 days before an expiry.
    let mut world = tencent();
    world.buy("o1", "cn-custom", 1_000);
    for day in [22, 23, 24, 25, 26, 27, 28, 29] {
        world.at(&format!("2028-02-{day}T04:00:00Z")).call("advance", json!({})).unwrap();
    }
    world.at("2028-03-01T04:00:00Z").call("advance", json!({})).unwrap();
    assert_eq!(told(&mut world, "expiring"), [7, 5, 3, 1]);
}
