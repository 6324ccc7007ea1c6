//! What was asked at an instant is what is told of it afterwards.

use super::histories::START;
use super::steps::{Step, TERMS, catalog, pause, revised, step};
use crate::common::world::World;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Balance and packages at an instant, or now. When the next change is due is left out: a plan's next period is not in the journal.
fn look(world: &mut World, at: Option<&str>) -> (Value, Value) {
    let input = at.map_or_else(|| json!({}), |at| json!({ "at": at }));
    let mut balance = world.call("balance", input.clone()).unwrap();
    balance.as_object_mut().unwrap().remove("nextDue");
    (balance, world.call("packages", input).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// Without a plan and a schedule, since a period of which nobody made use is in no journal; and with a clock that does not go back, or what is
    /// recorded later may be of an instant before.
    #[test]
    fn the_past_is_what_it_was(steps in proptest::collection::vec((pause(), step().prop_map(Step::normal), any::<bool>()), 1..50)) {
        let mut world = World::of(catalog("allow"), START);
        Step::Open { plan: false }.take(&mut world).unwrap();
        let mut looks = BTreeMap::new();
        for (pause, step, again) in steps {
            world.now = world.now.checked_add_seconds(pause.max(0)).unwrap();
            if !matches!(step, Step::SetPlan { .. } | Step::SetGates { .. }) {
                step.take(&mut world).ok();
            }
            let told = look(&mut world, None);
            looks.insert(told.0["at"].as_str().unwrap().to_owned(), told);
            if again {
                world = world.again();
            }
        }
        for (at, told) in &looks {
            prop_assert_eq!(&look(&mut world, Some(at)), told, "at {}", at);
        }
    }

    /// What is told of an instant to come is what is there then, and what is written then, where nothing happens meanwhile.
    #[test]
    fn the_future_is_what_will_be(
        plan in any::<bool>(),
        revision in 0..TERMS.len(),
        steps in proptest::collection::vec((pause(), step().prop_map(Step::normal)), 1..40),
        later in prop_oneof![0..100 * 3_600_i64, 0..400 * 86_400_i64],
    ) {
        let mut world = World::of(revised("allow", revision), START);
        Step::Open { plan }.take(&mut world).unwrap();
        for (pause, step) in steps {
            world.now = world.now.checked_add_seconds(pause.max(0)).unwrap();
            step.take(&mut world).ok();
        }
        let then = world.now.checked_add_seconds(later).unwrap();
        let told = look(&mut world, Some(&then.to_string()));
        prop_assert_eq!(&look(&mut world.again(), Some(&then.to_string())), &told);
        world.now = then;
        prop_assert_eq!(&look(&mut world, None), &told);
        world.call("advance", json!({})).unwrap();
        let (balance, packages) = look(&mut world, None);
        prop_assert_eq!(&balance, &told.0);
        // Those that have ended by then are no longer among the open ones once that is written.
        let open = |package: &&Value| package["available"] != 0 || package["held"] != 0;
        let all = told.1.as_array().unwrap();
        prop_assert_eq!(packages, all.iter().filter(open).cloned().collect::<Value>());
    }
}
