//! What a forecast says comes to pass: every segment of the pace is reserved at its instant, and the account is what was told.

use super::histories::START;
use super::steps::{NUMBERS, Step, TERMS, pause, revised, step};
use crate::common::SHORT;
use crate::common::world::World;
use proptest::prelude::*;
use serde_json::{Value, json};
use sms_ledger::calendar::Instant;

/// A day in thousandths of a millisecond.
const DAY: u64 = 86_400_000_000;

/// Of so many thousandths of a segment a day: the millisecond in which each is sent, until one.
fn sent(per_day: u64, until: u64) -> impl Iterator<Item = u64> {
    (1_u64..).map(move |number| (number * DAY).div_ceil(per_day)).take_while(move |at| *at <= until)
}

fn sum(rows: &Value, name: &str) -> u64 {
    rows.as_array().unwrap().iter().map(|row| row[name].as_u64().unwrap()).sum()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_told_comes_to_pass(
        revision in 0..TERMS.len(),
        steps in proptest::collection::vec((pause(), step().prop_map(Step::normal)), 0..30),
        pace in proptest::collection::btree_map(0..4_usize, 100..4_000_u64, 1..4),
        days in 1..70_u64,
    ) {
        let mut world = World::of(revised("allow", revision), START);
        Step::Open { plan: true }.take(&mut world).unwrap();
        for (pause, step) in steps {
            world.now = world.now.checked_add_seconds(pause.max(0)).unwrap();
            step.take(&mut world).ok();
        }
        // A period in which nobody does anything is never issued; this one is.
        world.call("advance", json!({})).unwrap();
        let row = |(to, per_day): (&usize, &u64)| {
            let decimal = format!("{}.{:03}", per_day / 1_000, per_day % 1_000);
            json!({ "region": NUMBERS[*to].1, "segmentsPerDay": decimal })
        };
        let rows: Vec<Value> = pace.iter().map(row).collect();
        let told = world.call("forecast", json!({ "pace": rows, "days": days })).unwrap();

        let (start, until) = (world.now, days * DAY / 1_000);
        let mut sends: Vec<(u64, usize, usize)> = Vec::new();
        for (index, (to, per_day)) in pace.iter().enumerate() {
            sends.extend(sent(*per_day, until).map(|at| (at, index, *to)));
        }
        sends.sort_unstable();
        let before = world.balance();
        let (mut unpaid, mut short) = (vec![0_u64; pace.len()], vec![None; pace.len()]);
        for (number, (at, index, to)) in sends.into_iter().enumerate() {
            world.now = start.checked_add_millis(at.cast_signed()).unwrap();
            let id = format!("sent{number}");
            if world.reserve(&id, NUMBERS[to].0, SHORT).is_ok() {
                world.settle(&id, None).unwrap();
            } else {
                unpaid[index] += 1;
                short[index].get_or_insert(world.now);
            }
        }
        world.now = start.checked_add_millis(until.cast_signed()).unwrap();
        world.call("advance", json!({})).unwrap();
        let after = world.balance();
        for (index, row) in told["pace"].as_array().unwrap().iter().enumerate() {
            let short = short[index].map(|at: Instant| at.to_string());
            prop_assert_eq!(
                (row["unpaid"].as_u64().unwrap(), row.get("shortAt").and_then(Value::as_str)),
                (unpaid[index], short.as_deref()),
                "{}", told
            );
        }
        let grown = |name: &str| after[name].as_u64().unwrap() - before[name].as_u64().unwrap();
        prop_assert_eq!(sum(&told["expires"], "segments"), grown("expired"), "{}", told);
        prop_assert_eq!(sum(&told["issues"], "segments"), grown("issued"), "{}", told);
        for pool in told["pools"].as_array().unwrap().iter().filter(|pool| pool.get("dryAt").is_none()) {
            let left = after["pools"].as_array().unwrap().iter().any(|one| one.get("region") == pool.get("region"));
            prop_assert!(left, "{} did not run dry: {}", pool, after);
        }
    }
}
