//! Random histories of plans, schedules and gates in zones with daylight saving, over month ends: whatever comes by itself comes once.

use crate::common::world::World;
use crate::common::{AU, bytes, changed, text};
use crate::properties::invariants::{hold_in_journal, hold_in_store};
use proptest::prelude::*;
use serde_json::{Value, json};
use sms_ledger::calendar::{Instant, NamedZones, calendar_month};
use sms_ledger::catalog::Catalog;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const PLANS: [(&str, u64); 3] = [("starter", 20), ("essentials", 30), ("growth", 45)];
const GIFT: u64 = 31;
const ZONES: [&str; 5] =
    ["UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "America/Asuncion"];

#[derive(Clone, Debug)]
enum Turn {
    SetPlan {
        plan: Option<usize>,
        anchor_before: Option<i64>,
    },
    SetGates {
        vip: bool,
    },
    Reserve {
        id: u8,
        segments: usize,
    },
    Settle {
        id: u8,
    },
    Release {
        id: u8,
    },
    Later {
        seconds: i64,
    },
    /// Right before, at or behind the next thing that time does.
    Due {
        millis: i64,
    },
    Again,
}

fn turn() -> impl Strategy<Value = Turn> {
    let anchor = proptest::option::weighted(0.3, -40 * 86_400..400 * 86_400_i64);
    prop_oneof![
        4 => (proptest::option::weighted(0.8, 0..PLANS.len()), anchor)
            .prop_map(|(plan, anchor_before)| Turn::SetPlan { plan, anchor_before }),
        2 => any::<bool>().prop_map(|vip| Turn::SetGates { vip }),
        4 => (0..12_u8, 1..25_usize).prop_map(|(id, segments)| Turn::Reserve { id, segments }),
        2 => (0..12_u8).prop_map(|id| Turn::Settle { id }),
        2 => (0..12_u8).prop_map(|id| Turn::Release { id }),
        3 => prop_oneof![0..86_400_i64, 0..40 * 86_400_i64, 60 * 86_400..200 * 86_400_i64]
            .prop_map(|seconds| Turn::Later { seconds }),
        4 => (-1..=1_i64).prop_map(|millis| Turn::Due { millis }),
        1 => Just(Turn::Again),
    ]
}

fn catalog(zone: &str, prorate: bool, rollover: Option<(u32, Option<u64>)>) -> Arc<Catalog> {
    changed(|catalog| {
        catalog["zone"] = json!(zone);
        catalog["plans"] = PLANS
            .into_iter()
            .map(|(id, credits)| {
                let rollover = rollover.map(|(periods, cap)| json!({ "periods": periods, "cap": cap }));
                json!({ "id": id, "name": id, "credits": credits, "prorate": prorate, "rollover": rollover })
            })
            .collect();
        let gift =
            json!({ "id": "gift", "name": "Gift", "credits": GIFT, "gates": ["vip"], "prorate": prorate });
        catalog["schedules"] = json!([gift]);
    })
}

impl Turn {
    fn take(&self, world: &mut World) {
        let reply = match self {
            Self::SetPlan { plan, anchor_before } => {
                let mut input = json!({ "plan": plan.map(|plan| PLANS[plan].0) });
                if let Some(before) = anchor_before.filter(|_| plan.is_some()) {
                    input["billingAnchor"] = json!(world.now.checked_add_seconds(-before).unwrap());
                }
                world.call("setPlan", input)
            }
            Self::SetGates { vip } => {
                world.call("setGates", json!({ "gates": if *vip { vec!["vip"] } else { Vec::new() } }))
            }
            Self::Reserve { id, segments } => world.reserve(&format!("m{id}"), AU, &text(*segments)),
            Self::Settle { id } => world.settle(&format!("m{id}"), None),
            Self::Release { id } => world.release(&format!("m{id}")),
            Self::Later { seconds } => {
                world.now = world.now.checked_add_seconds(*seconds).unwrap();
                return;
            }
            Self::Due { millis } => {
                let due = world.balance()["nextDue"].as_str().map(|due| due.parse::<Instant>().unwrap());
                if let Some(due) = due.and_then(|due| due.checked_add_millis(*millis).ok()) {
                    world.now = world.now.max(due);
                }
                return;
            }
            Self::Again => {
                *world = world.again();
                return;
            }
        };
        drop(reply);
    }
}

/// All that there ever were. What time has done by now is written first: a query alone writes nothing.
fn packages(world: &mut World) -> Vec<Value> {
    world.call("adjust", json!({ "id": "last", "segments": 1, "reason": "to write" })).unwrap();
    let ended = world.call("endedPackages", json!({ "limit": 1000 })).unwrap();
    let mut all = world.packages();
    all.extend(ended["packages"].as_array().unwrap().iter().cloned());
    all
}

fn time(package: &Value, name: &str) -> Instant {
    package[name].as_str().unwrap().parse().unwrap()
}

/// Told from the packages alone.
fn come_once(world: &mut World, zone: &str, prorate: bool) -> Result<(), TestCaseError> {
    let (mut months, mut periods) = (BTreeSet::new(), BTreeMap::<Instant, u64>::new());
    for package in packages(world) {
        if package["expiresAt"].is_null() {
            continue;
        }
        let (from, until) = (time(&package, "effectiveAt"), time(&package, "expiresAt"));
        let issued = package["issued"].as_u64().unwrap();
        // In its time, neither before nor when it was over.
        prop_assert!((from..until).contains(&time(&package, "issuedAt")), "{package}");
        if package["source"] == "complimentary" {
            let month = calendar_month(zone, &NamedZones, from).unwrap();
            prop_assert_eq!(month.end, until);
            prop_assert!(months.insert(month.start), "twice: {package}");
            prop_assert!(if prorate { (1..=GIFT).contains(&issued) } else { issued == GIFT }, "{package}");
        } else {
            // All that comes in one period ends with it.
            *periods.entry(until).or_default() += issued;
        }
    }
    let largest = PLANS[PLANS.len() - 1].1;
    // Each part that is prorated is rounded up by less than one.
    let rounded = if prorate { PLANS.len() as u64 - 1 } else { 0 };
    for (until, issued) in periods {
        prop_assert!(issued <= largest + rounded, "{issued} in the period until {until}");
        prop_assert!(prorate || PLANS.iter().any(|(_, credits)| *credits == issued), "{issued}");
    }
    Ok(())
}

/// No more rolls over than the cap when a period begins, told from the journal alone; a plan's first period is no renewal.
fn cap_holds(world: &mut World, cap: i64) -> Result<(), TestCaseError> {
    let page = world.call("entries", json!({ "limit": 1000 })).unwrap();
    let (mut left, mut plans, mut goes_on) = (BTreeMap::new(), BTreeSet::new(), false);
    for entry in page["entries"].as_array().unwrap() {
        if entry["kind"] == "plan" {
            let rolled: i64 = plans.iter().filter_map(|package| left.get(package)).sum();
            prop_assert!(!goes_on || rolled <= cap, "{rolled} roll over: {entry}");
            plans.insert(entry["postings"][0]["package"].to_string());
        }
        goes_on = match entry["kind"].as_str().unwrap() {
            "plan" => true,
            "plan_change" => false,
            _ => goes_on,
        };
        for posting in entry["postings"].as_array().unwrap() {
            if posting["bucket"] == "available" {
                *left.entry(posting["package"].to_string()).or_insert(0) +=
                    posting["segments"].as_i64().unwrap();
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_comes_by_itself_comes_once_and_in_its_time(
        zone in proptest::sample::select(&ZONES[..]),
        billing in proptest::sample::select(&ZONES[..]),
        start in 1_400_000_000..1_700_000_000_i64,
        prorate in any::<bool>(),
        rollover in proptest::option::of((1..4_u32, proptest::option::of(0..40_u64))),
        turns in proptest::collection::vec(turn(), 1..40),
    ) {
        let catalog = catalog(zone, prorate, rollover);
        let mut world = World::of(Arc::clone(&catalog), "2014-01-01T00:00:00Z");
        world.now = Instant::from_millis(start * 1000).unwrap();
        // The same without anybody looking in between.
        let mut blind = World::of(catalog, "2014-01-01T00:00:00Z");
        blind.now = world.now;
        let input = json!({ "plan": "starter", "zone": billing });
        prop_assert_eq!(bytes(&world.open(input.clone())), bytes(&blind.open(input)));
        for turn in &turns {
            turn.take(&mut world);
            blind.now = world.now;
            if !matches!(turn, Turn::Due { .. } | Turn::Later { .. }) {
                turn.take(&mut blind);
            }
            world.balance();
            hold_in_store(&world);
        }
        prop_assert_eq!(world.store.dump(), blind.store.dump());
        come_once(&mut world, zone, prorate)?;
        if let Some((_, Some(cap))) = rollover {
            cap_holds(&mut world, i64::try_from(cap).unwrap())?;
        }
        hold_in_journal(&mut world);
    }
}
