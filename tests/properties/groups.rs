//! One run equals any split of the run into groups, over stores of any size.

use super::histories::START;
use super::steps::{Step, catalog, pause, step};
use crate::common::world::{ACCOUNT, World};
use crate::common::{bytes, reply};
use proptest::prelude::*;
use sms_ledger::engine::Options;
use sms_ledger::storage::Limits;

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_run_equals_any_split(
        plan in any::<bool>(),
        rounds in proptest::collection::vec((pause(), proptest::collection::vec(step().prop_map(Step::normal), 1..24)), 1..10),
        cuts in proptest::collection::vec(1..9_usize, 60),
        // From the least that a store must take: in 16 writes a message is paid from at most three packages.
        writes in prop_oneof![Just(4096_usize), 16..80_usize],
        checks in prop_oneof![Just(2048_usize), 2..9_usize],
    ) {
        let options = Options { limits: Limits { checks, writes, ..Limits::default() }, ..Options::default() };
        let mut singly = World::of(catalog("allow"), START);
        let mut together = World::of(catalog("allow"), START);
        let mut cut = World::with(catalog("allow"), START, options);
        let worlds = [&mut singly, &mut together, &mut cut];
        for world in worlds {
            Step::Open { plan }.take(world).unwrap();
        }
        let mut cuts = cuts.into_iter().cycle();
        for (pause, mut steps) in rounds {
            // What a store takes at once bounds a batch; every store takes one message.
            for step in &mut steps {
                if let Step::Batch { messages } = step {
                    messages.truncate(1);
                }
            }
            for world in [&mut singly, &mut together, &mut cut] {
                world.now = world.now.checked_add_seconds(pause).unwrap();
            }
            let one: Vec<String> = steps.iter().map(|step| bytes(&step.take(&mut singly))).collect();
            let all = run(&mut together, &steps);
            let mut some = Vec::new();
            let mut rest = steps.as_slice();
            while !rest.is_empty() {
                let (group, after) = rest.split_at(cuts.next().unwrap().min(rest.len()));
                some.extend(run(&mut cut, group));
                rest = after;
            }
            prop_assert_eq!(&one, &all);
            prop_assert_eq!(&one, &some);
        }
        prop_assert!(cut.store.largest().0 <= checks.max(2));
        prop_assert_eq!(singly.store.dump(), together.store.dump());
        prop_assert_eq!(singly.store.dump(), cut.store.dump());
        singly.proven();
    }
}

fn run(world: &mut World, steps: &[Step]) -> Vec<String> {
    let commands = steps.iter().map(|step| step.command(world)).collect();
    let answers = world.driver.run_all(ACCOUNT, commands, world.now);
    assert_eq!(answers.len(), steps.len());
    answers.into_iter().map(|answer| bytes(&reply(answer))).collect()
}
