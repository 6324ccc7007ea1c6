//! What an estimate says is missing suffices, and what it says of the rest is what `reserve` does.

use super::histories::START;
use super::steps::{NUMBERS, Step, catalog, pause, step};
use crate::common::text;
use crate::common::world::World;
use proptest::prelude::*;
use serde_json::{Value, json};

/// Numbers for which packs are sold that can be used at once.
const SOLD: [(usize, &str); 2] = [(0, "pack-au"), (2, "pack-nz")];

fn segments(rows: &Value) -> u64 {
    rows.as_array().unwrap().iter().map(|row| row["segments"].as_u64().unwrap()).sum()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whoever buys what is missing has all messages paid, in their order.
    #[test]
    fn what_is_missing_pays_all(
        split in any::<bool>(),
        steps in proptest::collection::vec((pause(), step().prop_map(Step::normal)), 0..30),
        messages in proptest::collection::vec((0..SOLD.len(), 1..9_usize), 1..12),
    ) {
        let mut world = World::of(catalog(if split { "allow" } else { "never" }), START);
        Step::Open { plan: true }.take(&mut world).unwrap();
        for (pause, step) in steps {
            world.now = world.now.checked_add_seconds(pause.max(0)).unwrap();
            step.take(&mut world).ok();
        }
        let messages: Vec<(usize, usize)> = messages.into_iter().map(|(at, segments)| (SOLD[at].0, segments)).collect();
        let estimate = Step::Estimate { messages: messages.clone() };
        let told = estimate.take(&mut world).unwrap();
        prop_assert_eq!(
            segments(&told["packages"]) + segments(&told["unpaid"]),
            told["segments"].as_u64().unwrap(),
            "{}", told
        );
        prop_assert_eq!(told["missing"] == json!([]), told["unpaid"] == json!([]), "{}", told);
        for (index, gap) in told["missing"].as_array().unwrap().iter().enumerate() {
            let sold = SOLD.iter().find(|(to, _)| gap["region"] == NUMBERS[*to].1).unwrap();
            // More is sold in one pack than what twelve messages take.
            world.buy(&format!("gap{index}"), sold.1, gap["segments"].as_u64().unwrap());
        }
        let after = estimate.take(&mut world).unwrap();
        prop_assert_eq!(&after["unpaid"], &json!([]), "{} and then {}", told, after);
        for (index, (to, segments)) in messages.iter().enumerate() {
            let reserved = world.reserve(&format!("last{index}"), NUMBERS[*to].0, &text(*segments));
            prop_assert!(reserved.is_ok());
        }
        prop_assert_eq!(&after["available"], &world.balance()["available"]);
    }

    /// The alarms and recharges that it tells of are those that reserving the messages, one after the other, sets off.
    #[test]
    fn what_would_fire_is_what_fires(
        split in any::<bool>(),
        steps in proptest::collection::vec((pause(), step().prop_map(Step::normal)), 0..30),
        messages in proptest::collection::vec((0..SOLD.len(), 1..9_usize), 1..12),
        threshold in 0..60_u64,
    ) {
        let mut world = World::of(catalog(if split { "allow" } else { "never" }), START);
        Step::Open { plan: true }.take(&mut world).unwrap();
        for (pause, step) in steps {
            world.now = world.now.checked_add_seconds(pause.max(0)).unwrap();
            step.take(&mut world).ok();
        }
        for (_, offer) in SOLD {
            world.call("setRecharge", json!({ "offer": offer, "threshold": threshold, "perDay": 9 })).ok();
        }
        world.call("advance", json!({})).unwrap();
        let last = world.call("entries", json!({ "reverse": true, "limit": 1 })).unwrap();
        let messages: Vec<(usize, usize)> = messages.into_iter().map(|(at, segments)| (SOLD[at].0, segments)).collect();
        let told = Step::Estimate { messages: messages.clone() }.take(&mut world).unwrap();
        for (index, (to, segments)) in messages.iter().enumerate() {
            world.reserve(&format!("last{index}"), NUMBERS[*to].0, &text(*segments)).ok();
        }
        let after = &last["entries"][0]["sequence"];
        let page = world.call("eventPage", json!({ "after": after, "limit": 1000 })).unwrap();
        let events = page["events"].as_array().unwrap();
        let low: Vec<&Value> = events.iter().filter_map(|event| event["low"].as_array()).flatten().collect();
        prop_assert_eq!(&told["alarms"], &json!(low), "{:?}", events);
        let placed: Vec<&Value> =
            events.iter().map(|event| &event["recharge"]).filter(|recharge| recharge["trigger"].is_string()).collect();
        prop_assert_eq!(&told["recharges"], &json!(placed), "{:?}", events);
    }
}
