//! Accounts under an earlier charge model, migrated and taken back at any time, held against what their messages cost by the rates and
//! against the exact ratio: nothing is lost to the buyer.

use super::histories::START;
use super::invariants::{each_package_in_one_list, hold_in_journal, hold_in_store};
use super::steps::{NUMBERS, OFFERS, Step, catalog, pause};
use crate::common::shared::Fault;
use crate::common::world::World;
use crate::common::{Reply, bytes, refusal, text};
use proptest::prelude::*;
use serde_json::{Value, json};
use sms_ledger::catalog::Catalog;
use sms_ledger::engine::{Command, Options, Said};
use sms_ledger::storage::Limits;
use std::collections::BTreeMap;
use std::sync::Arc;

const CREATED: &str = "2024-02-29T00:00:00Z";
/// Rates as numerators of 4; none to New Zealand.
const RATES: [(&str, u64); 2] = [("AU", 7), ("US", 2)];

#[derive(Clone, Debug)]
enum Act {
    Buy { offer: usize, quantity: u64 },
    Send { id: u8, to: usize, segments: usize, attempt: u32 },
    Said { id: u8, segments: Option<u32> },
    Report { id: u8, stage: usize, segments: Option<u32> },
    Take { package: u32 },
    Migrate { id: u8, from: u32, to: u32, dry_run: bool },
    Revert { id: u8 },
}

fn act() -> impl Strategy<Value = Act> {
    let part = || prop_oneof![2 => Just(None), 1 => (1..9_u32).prop_map(Some)];
    let of_ratio = || prop_oneof![3 => 1..6_u32, 1 => Just(1_000_u32)];
    prop_oneof![
        5 => (0..3_usize, 1..12_u64).prop_map(|(offer, quantity)| Act::Buy { offer, quantity }),
        12 => (0..24_u8, 0..4_usize, 1..6_usize, prop_oneof![6 => Just(1), 1 => Just(2)])
            .prop_map(|(id, to, segments, attempt)| Act::Send { id, to, segments, attempt }),
        5 => (0..24_u8, prop_oneof![1 => Just(Some(0)), 2 => part()]).prop_map(|(id, segments)| Act::Said { id, segments }),
        6 => (0..24_u8, 0..3_usize, part()).prop_map(|(id, stage, segments)| Act::Report { id, stage, segments }),
        1 => (1..9_u32).prop_map(|package| Act::Take { package }),
        4 => (0..4_u8, of_ratio(), of_ratio(), any::<bool>())
            .prop_map(|(id, from, to, dry_run)| Act::Migrate { id, from, to, dry_run }),
        4 => (0..4_u8).prop_map(|id| Act::Revert { id }),
    ]
}

/// The catalog of the histories with rates, and receipts that may be corrected.
fn rated(split: bool, submit: bool, corrections: bool) -> Arc<Catalog> {
    let mut catalog: Value = serde_json::from_str(
        &serde_json::to_string(&*catalog(if split { "allow" } else { "never" })).unwrap(),
    )
    .unwrap();
    let rate = |(region, quarters): (&str, u64)| json!({ "region": region, "credits": format!("{}.{:02}", quarters / 4, quarters % 4 * 25) });
    catalog["legacy"][0]["rates"] = RATES.into_iter().map(rate).collect();
    catalog["policy"]["corrections"] = json!(corrections);
    catalog["policy"]["charge_on"] = json!(if submit { "submit" } else { "delivery" });
    catalog["policy"]["grace_hours"] = json!(240);
    Arc::new(Catalog::from_json(&catalog.to_string()).unwrap())
}

fn open(world: &mut World) {
    world.open(json!({ "createdAt": CREATED, "plan": "starter" })).unwrap();
}

impl Act {
    fn take(&self, world: &mut World) -> Reply {
        match *self {
            Self::Buy { offer, quantity } => {
                let quote = Step::quote(world, offer, quantity, 0);
                let id = format!("o{offer}-{quantity}-{}", world.now.millis());
                world.purchase(&id, &quote)
            }
            Self::Send { id, to, segments, attempt } => {
                world.attempt(&format!("m{id}"), NUMBERS[to].0, &text(segments), attempt)
            }
            Self::Said { id, segments: Some(0) } => world.release(&format!("m{id}")),
            Self::Said { id, segments } => world.settle(&format!("m{id}"), segments),
            Self::Report { id, stage, segments } => {
                let stage = ["delivered", "rejected", "unknown"][stage];
                let segments = segments.filter(|_| stage == "delivered");
                let said = Said::report(&format!("m{id}"), stage, None, segments).unwrap();
                world.run(Command::Outcome(said))
            }
            Self::Take { package } => {
                let id = format!("a{package}-{}", world.now.millis());
                let input =
                    json!({ "id": id, "segments": -1, "reason": "test", "package": format!("p{package}") });
                world.call("adjust", input)
            }
            Self::Migrate { id, from, to, dry_run } => {
                let input =
                    json!({ "id": format!("x{id}"), "ratio": { "from": from, "to": to }, "dryRun": dry_run });
                world.call("migrate", input)
            }
            Self::Revert { id } => world.call("revertMigration", json!({ "id": format!("x{id}") })),
        }
    }
}

/// What is left in each package.
fn left(world: &mut World) -> BTreeMap<String, u64> {
    let packages = world.packages().into_iter();
    packages.map(|one| (one["id"].as_str().unwrap().to_owned(), one["available"].as_u64().unwrap())).collect()
}

fn quarters(region: &str) -> Option<u64> {
    RATES.iter().find(|(own, _)| *own == region).map(|(_, quarters)| *quarters)
}

/// What a message says of itself: what it draws is what it costs, by the rate of its region, or a credit a segment.
fn costs_what_it_draws(answer: &Value, legacy: bool) {
    let drawn: u64 =
        answer["draws"].as_array().unwrap().iter().map(|draw| draw["segments"].as_u64().unwrap()).sum();
    let segments = answer["segments"].as_u64().unwrap();
    if legacy {
        let quarters = quarters(answer["region"].as_str().unwrap()).unwrap();
        assert_eq!(drawn, (segments * quarters / 4).max(1), "{answer}");
        assert_eq!(answer["credits"], drawn);
    } else {
        assert_eq!((drawn, answer.get("credits")), (segments, None), "{answer}");
    }
}

/// What a word comes to adds up to what the message costs.
fn adds_up(answer: &Value) {
    if answer.get("at").is_none() {
        return;
    }
    let sum: u64 = ["spent", "released", "expired"].iter().map(|name| answer[*name].as_u64().unwrap()).sum();
    assert_eq!(sum, answer.get("credits").unwrap_or(&answer["segments"]).as_u64().unwrap(), "{answer}");
}

/// Before and after a migration: each package has the exact ratio of what it had, rounded up.
fn is_exchanged(before: &BTreeMap<String, u64>, after: &BTreeMap<String, u64>, from: u32, to: u32) {
    assert!(before.keys().eq(after.keys()));
    for (package, had) in before {
        let (has, exact) = (after[package] * u64::from(from), had * u64::from(to));
        assert!(exact <= has && has < exact + u64::from(from), "{package}: {had} became {}", after[package]);
    }
}

/// The account, its records and its journal as they are stored.
type Stored = Vec<(String, String, String)>;

/// Whether the account is under the earlier model.
fn is_legacy(world: &mut World) -> bool {
    world.call("account", json!({})).unwrap().get("chargeModel").is_some()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// One process: every message costs what its model says, every migration exchanges what is there and nothing else, and one that is taken
    /// back leaves every package as it was.
    #[test]
    fn nothing_is_lost_to_a_buyer_who_is_migrated(
        split: bool, submit: bool, corrections: bool, acts in proptest::collection::vec((pause(), act()), 1..60),
    ) {
        let mut world = World::of(rated(split, submit, corrections), START);
        open(&mut world);
        let mut migrated: Option<BTreeMap<String, u64>> = None;
        for (pause, act) in acts {
            world.now = world.now.checked_add_seconds(pause).unwrap();
            // Time first, so that what follows is the act's own doing.
            world.call("advance", json!({})).unwrap();
            let (before, legacy): (_, bool) = (left(&mut world), is_legacy(&mut world));
            let stored: Stored = world.store.dump();
            let told = act.take(&mut world);
            let now = left(&mut world);
            match (&act, &told) {
                (Act::Send { attempt: 1, .. }, Ok(answer)) if world.store.dump() != stored => costs_what_it_draws(answer, legacy),
                (Act::Send { to, .. }, Err(error)) if legacy && world.store.dump() != stored => {
                    let unrated = quarters(NUMBERS[*to].1).is_none();
                    let reason = error.details.get("reason").and_then(Value::as_str).unwrap();
                    assert_eq!(unrated, reason == "unrated_region", "{error}");
                }
                (Act::Said { .. } | Act::Report { .. }, Ok(answer)) => adds_up(answer),
                (Act::Migrate { from, to, dry_run, .. }, Ok(answer)) if legacy && answer.get("revertedAt").is_none() => {
                    let sum = |packages: &BTreeMap<String, u64>| packages.values().sum::<u64>();
                    assert_eq!(answer["before"], sum(&before));
                    if *dry_run {
                        assert_eq!(&world.store.dump(), &stored, "a dry run left a trace");
                        let became = |one: &Value| (one["package"].as_str().unwrap().to_owned(), one["after"].as_u64().unwrap());
                        let mut would: BTreeMap<_, _> = before.keys().map(|package| (package.clone(), 0)).collect();
                        would.extend(answer["exchanges"].as_array().unwrap().iter().map(became));
                        is_exchanged(&before, &would, *from, *to);
                    } else {
                        assert_eq!(answer["after"], sum(&now));
                        is_exchanged(&before, &now, *from, *to);
                        migrated = Some(before);
                    }
                }
                (Act::Revert { .. }, Ok(_)) if !legacy && is_legacy(&mut world) => {
                    // What was there is as it was; what came since stays.
                    for (package, had) in migrated.take().unwrap() {
                        assert_eq!(now[&package], had, "{package}");
                    }
                }
                (Act::Migrate { .. } | Act::Revert { .. }, Err(_)) => assert_eq!(&world.store.dump(), &stored),
                _ => {}
            }
            // Said again, it is answered the same and changes nothing.
            if matches!(act, Act::Send { .. } | Act::Migrate { .. } | Act::Revert { .. }) {
                let stored = world.store.dump();
                assert_eq!(bytes(&act.take(&mut world)), bytes(&told));
                assert_eq!(world.store.dump(), stored);
            }
            hold_in_store(&world);
            each_package_in_one_list(&mut world);
        }
        hold_in_journal(&mut world);
    }

    /// Stores that write little at once, processes that start again and commits whose answers are lost come to the same bytes.
    #[test]
    fn a_migration_is_the_same_however_it_is_written(
        acts in proptest::collection::vec((pause(), act(), 0..8_u8), 1..40), packages in 0..40_u64,
    ) {
        // A message is not split: from how many packages one is paid depends on what the store writes at once.
        let catalog = rated(false, false, true);
        let small = Options { limits: Limits { writes: 16, ..Limits::default() }, ..Options::default() };
        let mut one = World::of(Arc::clone(&catalog), START);
        let mut two = World::with(catalog, START, small);
        for world in [&mut one, &mut two] {
            open(world);
            for number in 0..packages {
                let quote = Step::quote(world, 0, number + 1, 0);
                world.purchase(&format!("p{number}"), &quote).unwrap();
            }
        }
        for (pause, act, trouble) in acts {
            for world in [&mut one, &mut two] {
                world.now = world.now.checked_add_seconds(pause.max(0)).unwrap();
                // Time first: how much of it is written with a command that is refused depends on the store.
                world.call("advance", json!({})).unwrap();
            }
            if trouble == 0 {
                two = two.again_with(small);
            }
            let told = act.take(&mut one);
            if trouble < 4 && matches!(act, Act::Migrate { .. } | Act::Revert { .. }) {
                two.store.fail_after(usize::from(trouble), Fault::Lost);
            }
            let mut answer = act.take(&mut two);
            two.store.heal();
            if answer.is_err() && refusal(&answer) == "STORAGE_UNAVAILABLE" {
                two = two.again_with(small);
                answer = act.take(&mut two);
            }
            prop_assert_eq!(bytes(&answer), bytes(&told));
            prop_assert!(two.store.largest().1 <= 16);
        }
        let journal = |world: &World| -> Stored {
            let head = |key: &str| key.starts_with("entry/") || key.starts_with("package/") || key.starts_with("hold/");
            world.store.dump().into_iter().filter(|(_, key, _)| head(key)).collect()
        };
        prop_assert_eq!(journal(&one), journal(&two));
    }
}

#[test]
fn the_offers_of_these_histories_are_for_regions_with_a_rate_and_without() {
    let rated = OFFERS.map(|(_, region, ..)| quarters(region).is_some());
    assert_eq!(rated, [true, true, false]);
}
