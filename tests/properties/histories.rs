//! Random histories against the model, the invariants and themselves.

use super::invariants::{each_package_in_one_list, hold_in_journal, hold_in_store};
use super::model::{Model, PAST};
use super::steps::{Step, TERMS, catalog, pause, revised, step};
use crate::common::shared::Fault;
use crate::common::world::World;
use crate::common::{Reply, bytes, refusal};
use proptest::prelude::*;
use serde_json::Value;

/// 2025-01-31T12:00:00Z: a day that not every month has.
pub(crate) const START_SECONDS: i64 = 1_738_324_800;
pub(crate) const START: &str = "2025-01-31T12:00:00Z";

/// What matters of an answer, in the model's words.
fn said(step: &Step, reply: &Reply) -> String {
    let Ok(answer) = reply else { return refusal(reply) };
    let field = |name: &str| answer[name].to_string();
    match step {
        Step::Open { .. } | Step::SetGates { .. } => "account".to_owned(),
        Step::SetPlan { .. } => {
            format!("{} {} {} {}", field("plan"), field("renewsAt"), field("nextPlan"), field("planEnds"))
        }
        Step::Buy { .. } => format!("{} {}", answer["package"].as_str().unwrap(), field("available")),
        Step::Reserve { .. } | Step::Preview { .. } => {
            format!("{} {}", crate::common::draws(answer), field("available"))
        }
        Step::Batch { .. } => {
            let each = answer["reserved"].as_array().unwrap().iter();
            let each = each.map(|one| format!("{} {}", crate::common::draws(one), one["available"]));
            each.collect::<Vec<_>>().join("; ")
        }
        Step::Estimate { .. } => estimated(answer),
        Step::Balance { .. } => counts(answer),
        _ if answer.get("at").is_none() => "waits".to_owned(),
        _ => format!(
            "{} {} {} {} {}",
            field("spent"),
            field("released"),
            field("expired"),
            field("available"),
            if answer["applied"] == true { "applied" } else { "not applied" }
        ),
    }
}

/// Who would pay, what would be refused, and what would be left.
fn estimated(answer: &Value) -> String {
    let list = |name: &str| answer[name].as_array().unwrap().clone();
    let paid = list("packages").into_iter();
    let mut said: Vec<String> =
        paid.map(|one| format!("{}:{}", one["package"].as_str().unwrap(), one["segments"])).collect();
    let mut refused: Vec<String> = list("unpaid")
        .into_iter()
        .map(|one| {
            let name = |name: &str| one[name].as_str().unwrap().to_owned();
            format!("{} {} {} {}", name("region"), name("reason"), one["messages"], one["segments"])
        })
        .collect();
    refused.sort();
    said.append(&mut refused);
    said.push(answer["available"].to_string());
    said.join("; ")
}

/// Whether an answer is the model's, which knows nothing of the past but when it begins.
fn agree(step: &Step, reply: &Reply, expected: &str) -> bool {
    let said = said(step, reply);
    if expected == PAST { reply.is_ok() || said == "INVALID_INPUT" } else { said == expected }
}

fn counts(balance: &Value) -> String {
    ["available", "held", "spent", "expired"].map(|name| balance[name].to_string()).join(" ")
}

/// Now and then another revision of the catalog.
fn revision() -> impl Strategy<Value = Option<usize>> {
    proptest::option::weighted(0.15, 0..TERMS.len())
}

fn history(length: usize) -> impl Strategy<Value = Vec<(i64, Step)>> {
    proptest::collection::vec((pause(), step().prop_map(Step::normal)), 1..length)
}

/// A step in a history with several processes and failures.
#[derive(Clone, Debug)]
struct Turn {
    process: usize,
    /// It starts again, under this revision of the catalog.
    restart: Option<usize>,
    faults: Vec<Fault>,
}

fn turn() -> impl Strategy<Value = Turn> {
    let fault = prop_oneof![Just(Fault::Read), Just(Fault::Lost), Just(Fault::Failed), Just(Fault::Stale)];
    let faults = prop_oneof![3 => Just(Vec::new()), 1 => proptest::collection::vec(fault, 1..3)];
    (0..3_usize, revision(), faults).prop_map(|(process, restart, faults)| Turn { process, restart, faults })
}

fn later(world: &mut World, seconds: i64) -> i64 {
    world.now = world.now.checked_add_seconds(seconds).unwrap();
    world.now.millis() / 1000
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    /// One process, nothing fails, and the catalog's revision changes now and then: every answer and balance is the model's.
    #[test]
    fn a_history_is_as_the_model_says(split in any::<bool>(), plan in any::<bool>(), steps in proptest::collection::vec((revision(), pause(), step().prop_map(Step::normal)), 1..60)) {
        let revised = |revision| revised(if split { "allow" } else { "never" }, revision);
        let mut world = World::of(revised(0), START);
        let mut model = Model::new(split);
        let opened = Step::Open { plan };
        prop_assert_eq!(said(&opened, &opened.take(&mut world)), model.take(&opened, START_SECONDS));
        for (revision, pause, step) in steps {
            if let Some(revision) = revision {
                world = world.again_under(revised(revision));
                model.revise(revision);
            }
            let now = later(&mut world, pause);
            let before = world.store.dump();
            let reply = step.take(&mut world);
            prop_assert!(agree(&step, &reply, &model.take(&step, now)), "{:?} {:?} {:?}", step, reply, model);
            let unrecorded = reply.as_ref().is_err_and(|error| !error.details.contains_key("reason"));
            if !step.writes() || unrecorded {
                prop_assert!(world.store.dump() == before, "{step:?} left a trace");
            }
            let balance = Step::Balance { later: 0 };
            prop_assert!(agree(&balance, &balance.take(&mut world), &model.take(&balance, now)), "{:?}", model);
            hold_in_store(&world);
            each_package_in_one_list(&mut world);
        }
        hold_in_journal(&mut world);
    }

    /// Three processes over one store, of which any call may fail and any process may start again: a call is repeated until it
    /// is answered, and the answers are the model's all the same.
    #[test]
    fn processes_and_failures_change_no_answer(plan in any::<bool>(), steps in proptest::collection::vec((pause(), step().prop_map(Step::normal), turn()), 1..50)) {
        let first = World::of(catalog("allow"), START);
        let mut worlds = [first.again(), first.again(), first];
        let mut model = Model::new(true);
        let opened = Step::Open { plan };
        prop_assert_eq!(said(&opened, &opened.take(&mut worlds[0])), model.take(&opened, START_SECONDS));
        let (mut clock, mut revisions) = (worlds[0].now, [0; 3]);
        for (pause, step, turn) in steps {
            let world = &mut worlds[turn.process];
            world.now = clock;
            let now = later(world, pause);
            clock = world.now;
            if let Some(revision) = turn.restart {
                *world = world.again_under(revised("allow", revision));
                revisions[turn.process] = revision;
            }
            model.revise(revisions[turn.process]);
            for fault in &turn.faults {
                world.store.fail(*fault);
            }
            let reply = loop {
                let reply = step.take(world);
                let Err(error) = &reply else { break reply };
                let code = refusal(&reply);
                if code != "STORAGE_UNAVAILABLE" {
                    break reply;
                }
                prop_assert!(error.retryable);
            };
            world.store.heal();
            prop_assert!(agree(&step, &reply, &model.take(&step, now)), "{:?} {:?} {:?}", step, reply, model);
            hold_in_store(world);
        }
        hold_in_journal(&mut worlds[0]);
    }

    /// The same history twice: the same answers and the same bytes in the store, however often the second one starts again.
    #[test]
    fn the_same_history_gives_the_same_bytes(steps in history(60), every in 1..9_usize) {
        let (mut one, mut two) = (World::of(catalog("allow"), START), World::of(catalog("allow"), START));
        for (index, (pause, step)) in steps.into_iter().enumerate() {
            if index % every == 0 {
                two = two.again();
            }
            later(&mut one, pause);
            later(&mut two, pause);
            prop_assert_eq!(bytes(&step.take(&mut one)), bytes(&step.take(&mut two)));
        }
        prop_assert_eq!(one.store.dump(), two.store.dump());
    }

    /// Queries in between, at any instant, change nothing of what follows.
    #[test]
    fn queries_leave_no_trace(steps in history(40), looks in proptest::collection::vec(0..200 * 86_400_i64, 40)) {
        let (mut one, mut two) = (World::of(catalog("allow"), START), World::of(catalog("allow"), START));
        let opened = Step::Open { plan: true };
        opened.take(&mut one).unwrap();
        opened.take(&mut two).unwrap();
        for ((pause, step), look) in steps.into_iter().zip(looks) {
            later(&mut one, pause);
            later(&mut two, pause);
            let now = two.now;
            later(&mut two, look);
            Step::Preview { to: 0, segments: 3 }.take(&mut two).ok();
            Step::Estimate { messages: vec![(0, 3), (1, 60), (3, 1)] }.take(&mut two).unwrap();
            Step::Settle { id: 99, segments: None }.take(&mut two).unwrap_err();
            two.packages();
            let pace = serde_json::json!([{ "region": "AU", "segmentsPerDay": "2.5" }]);
            two.call("forecast", serde_json::json!({ "pace": pace, "days": 60 })).unwrap();
            two.now = now;
            prop_assert_eq!(bytes(&step.take(&mut one)), bytes(&step.take(&mut two)));
            prop_assert_eq!(one.packages(), two.packages());
            prop_assert_eq!(one.balance(), two.balance());
        }
        prop_assert_eq!(one.store.dump(), two.store.dump());
    }

    /// A release gives back exactly what was drawn, unless a package has expired meanwhile.
    #[test]
    fn a_release_restores_what_was_drawn(steps in history(30), to in 0..3_usize, segments in 1..12_usize) {
        let mut world = World::of(catalog("allow"), START);
        Step::Open { plan: true }.take(&mut world).unwrap();
        for (pause, step) in steps {
            later(&mut world, pause);
            step.take(&mut world).ok();
        }
        // So that nothing is due between the two.
        Step::Reserve { id: 98, to: 3, segments: 1, attempt: 1 }.take(&mut world).unwrap_err();
        let open = |world: &World| -> Vec<(String, String)> {
            let dump = world.store.dump().into_iter();
            dump.filter(|(_, key, _)| key.starts_with("package/")).map(|(_, key, value)| (key, value)).collect()
        };
        let before = open(&world);
        if (Step::Reserve { id: 99, to, segments, attempt: 1 }).take(&mut world).is_ok() {
            prop_assert!(open(&world) != before);
            Step::Release { id: 99 }.take(&mut world).unwrap();
        }
        prop_assert_eq!(open(&world), before);
    }
}
