//! One run equals any split of the run into groups, over stores of any size.

use super::histories::START;
use super::invariants::hold_in_store;
use super::steps::{OFFERS, Step, TERMS, pause, revised, step};
use crate::common::world::{ACCOUNT, World};
use crate::common::{bytes, reply};
use proptest::prelude::*;
use serde_json::{Value, json};
use sms_ledger::engine::{Command, Options};
use sms_ledger::storage::Limits;

/// What a history without a model may have besides: the account's settings and states, and what an administrator does.
#[derive(Clone, Debug)]
enum Any {
    Step(Step),
    Other(&'static str, Value),
}

impl Any {
    fn command(&self, world: &World) -> Command {
        match self {
            Self::Step(step) => step.command(world),
            Self::Other(name, input) => {
                let mut input = input.clone();
                input["account"] = json!(ACCOUNT);
                world.parsed(name, &input)
            }
        }
    }
}

fn any_step() -> impl Strategy<Value = Any> {
    let low = (1..40_u64)
        .prop_map(|below| json!([{ "below": below, "margin": 3 }, { "region": "AU", "below": 4 }]));
    let alarms =
        (proptest::option::of(low), proptest::option::of(1..9_u32)).prop_map(|(thresholds, days)| {
            ("setAlarms", json!({ "thresholds": thresholds, "expiryDays": days.map(|days| [days]) }))
        });
    let ceilings = proptest::option::of((1..30_u64, 1..60_u64)).prop_map(|bounds| {
        let bounds =
            bounds.map(|(hour, day)| json!([{ "perHour": hour }, { "region": "AU", "perDay": day }]));
        ("setCeilings", json!({ "ceilings": bounds }))
    });
    let reason = || json!({ "reason": "test" });
    let given = (0..9_u8, 1..20_i64, proptest::option::of(1..28_u8)).prop_map(|(id, segments, day)| {
        let until = day.map(|day| format!("2025-03-{day:02}"));
        (
            "adjust",
            json!({ "id": format!("a{id}"), "segments": segments, "reason": "test", "expiresAt": until }),
        )
    });
    let taken = (0..9_u8, 1..4_i64, 1..6_u8).prop_map(|(id, segments, package)| {
        let package = format!("p{package}");
        (
            "adjust",
            json!({ "id": format!("a{id}"), "segments": -segments, "reason": "test", "package": package }),
        )
    });
    let recharge =
        (0..3_usize, 0..30_u64, 1..20_u64, 1..4_u32).prop_map(|(offer, threshold, quantity, day)| {
            let offer = OFFERS[offer].0;
            (
                "setRecharge",
                json!({ "offer": offer, "threshold": threshold, "quantity": quantity, "perDay": day }),
            )
        });
    let confirmed = (2..16_u32, 0..4_usize).prop_map(|(entry, status)| {
        let outcome = [
            json!({ "status": "paid", "reference": "card" }),
            json!({ "status": "paid", "reference": "card" }),
            json!({ "status": "declined" }),
            json!({ "status": "cancelled" }),
        ];
        ("confirmPayment", json!({ "order": format!("recharge-{entry}"), "outcome": outcome[status] }))
    });
    prop_oneof![
        12 => step().prop_map(Step::normal).prop_map(Any::Step),
        4 => prop_oneof![
            1 => alarms,
            1 => ceilings,
            1 => given,
            1 => taken,
            2 => recharge,
            4 => confirmed,
            1 => Just(("suspend", reason())),
            1 => Just(("resume", reason())),
            1 => Just(("resume", reason())),
            1 => Just(("advance", json!({}))),
            1 => Just(("settings", json!({}))),
            1 => (1..6_u8).prop_map(|package| ("activate", json!({ "package": format!("p{package}") }))),
        ]
        .prop_map(|(name, input)| Any::Other(name, input)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// And over the smallest stores, where some messages are refused that others pay, the books add up as well.
    #[test]
    fn one_run_equals_any_split(
        plan in any::<bool>(),
        rounds in proptest::collection::vec((pause(), proptest::collection::vec(any_step(), 1..24)), 1..10),
        revision in 0..TERMS.len(),
        cuts in proptest::collection::vec(1..9_usize, 60),
        // In 36 writes a message of 8 segments is paid from whatever packages it may need; in fewer it is refused sometimes.
        writes in prop_oneof![Just(4096_usize), 36..80_usize],
        few in 16..36_usize,
        checks in prop_oneof![Just(2048_usize), 2..9_usize],
    ) {
        let options = |writes| Options { limits: Limits { checks, writes, ..Limits::default() }, ..Options::default() };
        let mut singly = World::of(revised("allow", revision), START);
        let mut together = World::of(revised("allow", revision), START);
        let mut cut = World::with(revised("allow", revision), START, options(writes));
        let mut small = World::with(revised("allow", revision), START, options(few));
        let worlds = [&mut singly, &mut together, &mut cut, &mut small];
        for world in worlds {
            Step::Open { plan }.take(world).unwrap();
        }
        let mut cuts = cuts.into_iter().cycle();
        for (pause, mut steps) in rounds {
            // What a store takes at once bounds a batch; every store takes one message.
            for step in &mut steps {
                if let Any::Step(Step::Batch { messages }) = step {
                    messages.truncate(1);
                }
            }
            for world in [&mut singly, &mut together, &mut cut, &mut small] {
                world.now = world.now.checked_add_seconds(pause).unwrap();
            }
            let mut one = Vec::new();
            for step in &steps {
                one.extend(run(&mut singly, std::slice::from_ref(step)));
                hold_in_store(&singly);
            }
            let all = run(&mut together, &steps);
            let mut some = Vec::new();
            let mut rest = steps.as_slice();
            while !rest.is_empty() {
                let (group, after) = rest.split_at(cuts.next().unwrap().min(rest.len()));
                some.extend(run(&mut cut, group));
                rest = after;
            }
            let failed = |answer: &String| answer.contains("STORAGE") || answer.contains("CONTENTION");
            prop_assert_eq!(run(&mut small, &steps).into_iter().find(failed), None);
            hold_in_store(&small);
            prop_assert_eq!(&one, &all);
            prop_assert_eq!(&one, &some);
        }
        prop_assert!(cut.store.largest().0 <= checks.max(2));
        prop_assert_eq!(singly.store.dump(), together.store.dump());
        prop_assert_eq!(singly.store.dump(), cut.store.dump());
        prop_assert!(small.store.largest().1 <= few);
        small.proven();
        singly.proven();
    }
}

fn run(world: &mut World, steps: &[Any]) -> Vec<String> {
    let commands = steps.iter().map(|step| step.command(world)).collect();
    let answers = world.driver.run_all(ACCOUNT, commands, world.now);
    assert_eq!(answers.len(), steps.len());
    answers.into_iter().map(|answer| bytes(&reply(answer))).collect()
}
