//! Earlier charge models and the migration away from them (domain rule 34).

use crate::common::shared::Fault;
use crate::common::world::World;
use crate::common::{AU, NZ, Reply, SHORT, US, changed, draws, refusal, reply, text};
use serde_json::{Value, json};
use sms_ledger::catalog::Catalog;
use sms_ledger::engine::{Command, Options};
use sms_ledger::storage::Limits;
use std::sync::Arc;

const NOW: &str = "2026-01-15T10:00:00.000Z";
const BEFORE: &str = "2024-05-01T00:00:00.000Z";

/// `cloutly` where a shop knows the rates of its earlier model: 1.5 credits a segment to Australia, half a one to the USA.
fn rated(change: impl FnOnce(&mut Value)) -> Arc<Catalog> {
    changed(|catalog| {
        catalog["legacy"][0]["rates"] =
            json!([{ "region": "AU", "credits": "1.5" }, { "region": "US", "credits": "0.5" }]);
        change(catalog);
    })
}

/// An account of before September 2025 with 100 credits for Australia.
fn legacy(change: impl FnOnce(&mut Value)) -> World {
    let mut world = World::of(rated(change), NOW);
    world.open(json!({ "createdAt": BEFORE })).unwrap();
    world.buy("o1", "pack-au", 100);
    world
}

/// `segments credits`, the draws, and what is left.
fn cost(reply: &Reply) -> String {
    let answer = reply.as_ref().unwrap();
    format!("{} {} {} {}", answer["segments"], answer["credits"], draws(answer), answer["available"])
}

/// `credits spent released expired`.
fn outcome(reply: &Reply) -> String {
    let answer = reply.as_ref().unwrap();
    ["credits", "spent", "released", "expired"].map(|name| answer[name].to_string()).join(" ")
}

#[test]
fn an_account_created_before_the_date_is_under_the_earlier_model() {
    for (created, model) in [
        (json!({ "createdAt": "2025-08-31T23:59:59.999Z" }), json!("credits")),
        (json!({ "createdAt": BEFORE }), json!("credits")),
        (json!({ "createdAt": "2025-09-01T00:00:00.000Z" }), Value::Null),
        (json!({ "createdAt": NOW }), Value::Null),
        // An account that nobody says more of is new.
        (json!({}), Value::Null),
    ] {
        let mut world = World::of(rated(|_| {}), NOW);
        let opened = world.open(created.clone()).unwrap();
        assert_eq!(
            (&opened["chargeModel"], &opened["createdAt"]),
            (&model, &created["createdAt"]),
            "{created}"
        );
        assert_eq!(world.call("account", json!({})).unwrap()["chargeModel"], model, "{created}");
        // The same again is answered the same, by any process; another instant is another account.
        assert_eq!(world.again().open(created.clone()).unwrap(), opened);
        assert_eq!(refusal(&world.open(json!({ "createdAt": "2020-01-01T00:00:00Z" }))), "ID_REUSED");
        world.proven();
    }
}

#[test]
fn an_account_is_not_created_after_now() {
    let mut world = World::of(rated(|_| {}), NOW);
    let error = world.open(json!({ "createdAt": "2026-01-15T10:00:00.001Z" })).unwrap_err();
    assert_eq!(error.message, "createdAt: lies ahead: it is 2026-01-15T10:00:00.000Z");
    assert!(world.store.dump().is_empty());
}

#[test]
fn of_several_models_the_one_that_ended_first_after_the_creation_applies() {
    let catalog = rated(|catalog| {
        let older = json!({ "id": "older", "name": "Older", "opened_before": "2020-01-01T00:00:00Z" });
        catalog["legacy"].as_array_mut().unwrap().push(older);
    });
    for (created, model) in [("2019-12-31T00:00:00Z", "older"), ("2020-01-01T00:00:00Z", "credits")] {
        let mut world = World::of(Arc::clone(&catalog), NOW);
        assert_eq!(world.open(json!({ "createdAt": created })).unwrap()["chargeModel"], model);
    }
}

#[test]
fn a_message_costs_credits_by_region_rounded_down_and_one_at_least() {
    for (to, segments, expected) in [
        (AU, 1, "1 1 p1:1 199"),
        (AU, 2, "2 3 p1:3 197"),
        (AU, 3, "3 4 p1:4 196"),
        (US, 1, "1 1 p2:1 199"),
        (US, 3, "3 1 p2:1 199"),
        (US, 4, "4 2 p2:2 198"),
    ] {
        let mut world = legacy(|_| {});
        world.buy("o2", "pack-us", 100);
        assert_eq!(cost(&world.preview(to, &text(segments))), expected, "{to} {segments}");
        let reserved = world.reserve("m1", to, &text(segments));
        assert_eq!(cost(&reserved), expected, "{to} {segments}");
        assert_eq!(world.again().reserve("m1", to, &text(segments)), reserved);
        let explained = world.call("explain", json!({ "to": to, "text": text(segments) })).unwrap();
        assert_eq!(explained["credits"], reserved.unwrap()["credits"]);
        world.proven();
    }
}

#[test]
fn the_whole_a_part_or_nothing_of_a_message_is_paid_in_its_credits() {
    // 5 segments to Australia are 7 credits.
    let words: [(fn(&mut World) -> Reply, &str); 7] = [
        (|world| world.settle("m1", None), "7 7 0 0"),
        (|world| world.settle("m1", Some(1)), "7 1 6 0"),
        (|world| world.settle("m1", Some(3)), "7 4 3 0"),
        (|world| world.report_part("m1", 2), "7 3 4 0"),
        (|world| world.report("m1", "undelivered", None), "7 7 0 0"),
        (|world| world.report("m1", "rejected", None), "7 0 7 0"),
        (|world| world.release("m1"), "7 0 7 0"),
    ];
    for charge_on in ["delivery", "submit"] {
        for (word, expected) in words {
            let mut world = legacy(|catalog| catalog["policy"]["charge_on"] = json!(charge_on));
            world.reserve("m1", AU, &text(5)).unwrap();
            let said = word(&mut world);
            assert_eq!(outcome(&said), expected, "{charge_on}");
            assert_eq!(word(&mut world.again()), said);
            world.proven();
        }
        let mut world = legacy(|catalog| catalog["policy"]["charge_on"] = json!(charge_on));
        world.reserve("m1", AU, &text(5)).unwrap();
        let error = world.settle("m1", Some(6)).unwrap_err();
        assert_eq!(error.message, "segments: `6` are more than the 5 held for `m1`");
    }
}

#[test]
fn a_message_that_times_out_is_paid_in_its_credits() {
    let mut world = legacy(|_| {});
    world.reserve("m1", AU, &text(2)).unwrap();
    assert_eq!(world.at("2026-01-18T10:00:00Z").counts(), [97, 0, 3, 0]);
}

#[test]
fn a_correction_moves_credits() {
    let mut world = legacy(|catalog| catalog["policy"]["corrections"] = json!(true));
    world.reserve("m1", AU, &text(3)).unwrap();
    world.report("m1", "rejected", None).unwrap();
    assert_eq!(outcome(&world.report("m1", "delivered", None)), "4 4 0 0");
    assert_eq!(world.counts(), [96, 0, 4, 0]);
    assert_eq!(outcome(&world.report_part("m1", 1)), "4 1 3 0");
    assert_eq!(world.counts(), [99, 0, 1, 0]);
    world.proven();
}

#[test]
fn a_region_without_a_rate_is_refused_and_never_guessed() {
    let mut world = legacy(|_| {});
    world.buy("o2", "pack-nz", 100);
    let refused = world.reserve("m1", NZ, SHORT);
    assert_eq!(refusal(&refused), "UNKNOWN_REGION unrated_region");
    let error = refused.unwrap_err();
    assert_eq!(
        error.message,
        "the account's charge model has no rate for messages to `NZ`; this attempt stays refused: once the catalog has one, or \
         the account is migrated, reserve with `attempt: 2`"
    );
    let explained = world.call("explain", json!({ "to": NZ, "text": SHORT })).unwrap();
    assert_eq!(
        (&explained["reason"], &explained["packages"][0]["verdict"]),
        (&json!("unrated_region"), &json!("unrated_region"))
    );
    // What no message could use is stranded.
    assert_eq!(world.balance()["stranded"], 100);
    // A later revision has the rate; a repetition is told what it was.
    let catalog = rated(|catalog| {
        catalog["revision"] = json!(2);
        catalog["legacy"][0]["rates"] = json!([{ "region": "NZ", "credits": "2" }]);
    });
    let mut later = world.again_under(catalog);
    assert_eq!(later.reserve("m1", NZ, SHORT).unwrap_err(), error);
    assert_eq!(cost(&later.attempt("m1", NZ, SHORT, 2)), "1 2 p2:2 198");
    assert_eq!(later.balance()["stranded"], 100);
}

#[test]
fn the_profile_knows_no_rates_so_that_a_shop_supplies_them() {
    let mut world = World::new(NOW);
    world.open(json!({ "createdAt": BEFORE, "plan": "starter" })).unwrap();
    assert_eq!(refusal(&world.reserve("m1", AU, SHORT)), "UNKNOWN_REGION unrated_region");
    let mut world = world.again_under(rated(|_| {}));
    assert_eq!(cost(&world.attempt("m1", AU, SHORT, 2)), "1 1 p1:1 49");
}

#[test]
fn what_is_held_keeps_its_rate_and_what_is_new_has_the_present_one() {
    let mut world = legacy(|_| {});
    world.reserve("m1", AU, &text(4)).unwrap();
    let mut later = world.again_under(rated(|catalog| {
        catalog["revision"] = json!(2);
        catalog["legacy"][0]["rates"][0]["credits"] = json!("2.75");
    }));
    assert_eq!(outcome(&later.settle("m1", Some(3))), "6 4 2 0");
    assert_eq!(cost(&later.reserve("m2", AU, &text(4))), "4 11 p1:11 85");
    later.proven();
    // A model that the catalog has no longer rates nothing.
    let mut gone = world.again_under(changed(|catalog| catalog["legacy"] = json!([])));
    assert_eq!(refusal(&gone.reserve("m3", AU, SHORT)), "UNKNOWN_REGION unrated_region");
}

#[test]
fn a_refusal_says_the_credits_and_stays_as_it_was() {
    let mut world = legacy(|_| {});
    let refused = world.reserve("m1", AU, &text(68));
    assert_eq!(refusal(&refused), "INSUFFICIENT_BALANCE exhausted");
    let error = refused.unwrap_err();
    assert!(error.message.starts_with("nothing can pay 102 credits to `AU`: 100 usable there"), "{error}");
    assert_eq!((&error.details["needed"], &error.details["segments"]), (&json!(102), &json!(68)));
}

#[test]
fn ceilings_count_segments() {
    let mut world = legacy(|catalog| catalog["policy"]["ceilings"] = json!([{ "per_hour": 4 }]));
    world.reserve("m1", AU, &text(3)).unwrap();
    assert_eq!(refusal(&world.reserve("m2", AU, &text(2))), "CEILING_REACHED ceiling");
    assert_eq!(cost(&world.reserve("m3", AU, SHORT)), "1 1 p1:1 95");
}

#[test]
fn a_message_is_split_or_not_by_its_credits() {
    for (split, expected) in [("allow", "2 3 p1:2 p2:1 98"), ("never", "2 3 p2:3 98")] {
        let mut world = legacy(|catalog| catalog["policy"]["split"] = json!(split));
        world
            .call("adjust", json!({ "id": "a1", "segments": -98, "reason": "test", "package": "p1" }))
            .unwrap();
        world
            .call("adjust", json!({ "id": "a2", "segments": 99, "reason": "test", "region": "AU" }))
            .unwrap();
        assert_eq!(cost(&world.reserve("m1", AU, &text(2))), expected, "{split}");
    }
}

/// Migrated at a ratio, as `m`.
fn migrate(world: &mut World, from: u32, to: u32) -> Reply {
    world.call("migrate", json!({ "id": "m", "ratio": { "from": from, "to": to }, "reason": "on request" }))
}

/// Under the earlier model with a plan, two packs and one that waits; 2 credits are held and 3 are spent.
fn stocked(change: impl FnOnce(&mut Value)) -> World {
    let mut world = World::of(
        rated(|catalog| {
            catalog["offers"][1]["activation_seconds"] = json!(86_400);
            catalog["offers"][1]["validity"] = json!({ "months": 6 });
            change(catalog);
        }),
        NOW,
    );
    world.open(json!({ "createdAt": BEFORE, "plan": "starter" })).unwrap();
    world.buy("o1", "pack-au", 100);
    world.buy("o2", "pack-us", 100);
    world.call("adjust", json!({ "id": "a1", "segments": 1, "reason": "test" })).unwrap();
    world.reserve("held", AU, &text(4)).unwrap();
    world.reserve("spent", AU, &text(2)).unwrap();
    world.settle("spent", None).unwrap();
    world
}

/// Of each package what is left, and what was before the migration.
fn left(world: &mut World) -> String {
    let shown = |package: &Value| {
        let before = package.get("exchanged").map_or_else(String::new, |before| format!(" of {before}"));
        format!("{}{before}", package["available"])
    };
    world.packages().iter().map(shown).collect::<Vec<_>>().join(", ")
}

#[test]
fn rule_34_a_migration_exchanges_what_is_left_at_a_ratio_rounded_up() {
    for ((from, to), expected, entries) in [
        ((3, 2), "28 of 41, 67 of 100, 67 of 100, 1", 3),
        ((2, 3), "62 of 41, 150 of 100, 150 of 100, 2 of 1", 4),
        ((1, 1), "41, 100, 100, 1", 0),
        ((1, 1_000_000), "41000000 of 41, 100000000 of 100, 100000000 of 100, 1000000 of 1", 4),
        ((1_000_000, 1), "1 of 41, 1 of 100, 1 of 100, 1", 3),
    ] {
        let mut world = stocked(|_| {});
        assert_eq!(left(&mut world), "41, 100, 100, 1");
        let before = world.packages();
        let stored = world.store.dump();
        // First what it would come to, which writes nothing.
        let ratio = json!({ "from": from, "to": to });
        let would = world
            .call("migrate", json!({ "id": "m", "ratio": ratio, "reason": "on request", "dryRun": true }))
            .unwrap();
        assert_eq!(world.store.dump(), stored);
        let mut migrated = migrate(&mut world, from, to).unwrap();
        assert_eq!(left(&mut world), expected, "{from}:{to}");
        assert_eq!(
            migrated,
            json!({
                "id": "m", "chargeModel": "credits", "ratio": { "from": from, "to": to, "rounding": "up" },
                "reason": "on request", "packages": 4, "before": 242, "after": world.balance()["available"], "at": NOW,
            })
        );
        // The dry run said the same, and of each package what becomes of it.
        let after = world.packages();
        migrated["dryRun"] = json!(true);
        let exchanges = before.iter().zip(&after).map(|(before, after)| {
            json!({ "package": before["id"], "name": before["name"], "before": before["available"], "after": after["available"] })
        });
        let mut exchanges: Vec<Value> = exchanges.collect();
        exchanges.sort_by_key(|exchange| exchange["package"].as_str().unwrap().to_owned());
        migrated["exchanges"] = json!(exchanges);
        assert_eq!(would, migrated, "{from}:{to}");
        // Whatever else is true of a package stays.
        for (mut before, mut after) in before.into_iter().zip(after) {
            for field in ["available", "issued", "adjusted", "exchanged"] {
                before.as_object_mut().unwrap().remove(field);
                after.as_object_mut().unwrap().remove(field);
            }
            assert_eq!(before, after);
        }
        let journal = world.journal();
        assert_eq!(journal.iter().filter(|kind| *kind == "exchange").count(), entries, "{journal:?}");
        world.proven();
    }
}

/// A package of which messages hold all has nothing left to exchange, and is not counted.
#[test]
fn a_package_with_nothing_left_is_not_exchanged() {
    let mut world = legacy(|_| {});
    world.buy("o2", "pack-us", 100);
    world.reserve("m1", US, &text(100)).unwrap();
    world.reserve("m2", US, &text(100)).unwrap();
    let migrated = migrate(&mut world, 3, 2).unwrap();
    assert_eq!(
        (&migrated["packages"], &migrated["before"], &migrated["after"]),
        (&json!(1), &json!(100), &json!(67))
    );
    world.proven();
}

#[test]
fn a_segment_is_a_credit_after_the_migration() {
    let mut world = stocked(|_| {});
    migrate(&mut world, 3, 2).unwrap();
    let account = world.call("account", json!({})).unwrap();
    assert_eq!((account.get("chargeModel"), &account["migration"]), (None, &json!("m")));
    let reserved = world.reserve("m1", AU, &text(4)).unwrap();
    assert_eq!((draws(&reserved), reserved.get("credits")), ("p1:4".to_owned(), None));
    assert!(world.settle("m1", Some(3)).unwrap().get("credits").is_none());
    // Also where the earlier model had no rate; and what the plan and the shop give is as before.
    world.buy("o3", "pack-nz", 100);
    assert_eq!(draws(&world.reserve("m2", NZ, SHORT).unwrap()), "p1:1");
    assert_eq!(world.at("2026-02-15T10:00:00Z").packages()[0]["issued"], 50);
    // The opening is answered as it was.
    let opened = world.open(json!({ "createdAt": BEFORE, "plan": "starter" })).unwrap();
    assert_eq!((&opened["chargeModel"], opened.get("migration")), (&json!("credits"), None));
    world.proven();
}

#[test]
fn the_journal_says_the_ratio_and_the_reason() {
    let mut world = stocked(|_| {});
    let before = world.journal().len();
    migrate(&mut world, 3, 2).unwrap();
    let page = world.call("eventPage", json!({ "after": before })).unwrap();
    let events = page["events"].as_array().unwrap();
    let said = |event: &Value| {
        let postings = event["postings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|posting| format!("{} {}", posting["bucket"].as_str().unwrap(), posting["segments"]));
        let postings = postings.collect::<Vec<_>>().join(" ");
        format!("{} {} {postings}", event["kind"].as_str().unwrap(), event["reference"].as_str().unwrap())
    };
    assert_eq!(
        events.iter().map(said).collect::<Vec<_>>(),
        [
            "migrate m ",
            "exchange p1 available -13 adjusted 13",
            "exchange p2 available -33 adjusted 33",
            "exchange p3 available -33 adjusted 33",
        ]
    );
    assert_eq!(events[0]["reason"], "on request");
    for event in events {
        assert_eq!(event["ratio"], json!({ "from": 3, "to": 2, "rounding": "up" }));
    }
    // The ratio is hashed, and each exchange follows from it.
    for (key, from, to, problem) in [
        (
            "entry/0000000000000009",
            "[3,2]",
            "[3,1]",
            "entry 9 was changed: its hash does not follow from it and the one before",
        ),
        (
            "entry/0000000000000009",
            "[3,2]]",
            "null]",
            "entry 9 was changed: its hash does not follow from it and the one before",
        ),
        ("package/open/00000002", ",100]", ",99]", "package `p2` does not follow from the journal"),
    ] {
        let change = |from: &str, to: &str| {
            world.store.tamper(key, |value| {
                assert!(value.contains(from), "{value}");
                value.replace(from, to)
            });
        };
        change(from, to);
        assert_eq!(world.again().call("verify", json!({})).unwrap()["problem"], problem, "{key}");
        change(to, from);
    }
    world.proven();
}

#[test]
fn open_messages_settle_under_the_model_that_made_them() {
    for ((from, to), word, expected, counts) in [
        // 4 segments were 6 credits. What is spent is spent in them, what comes back is exchanged, rounded up.
        ((3, 2), "all", "6 6 0 0", [163, 0, 9, 0]),
        ((3, 2), "none", "6 0 6 0", [167, 0, 3, 0]),
        ((3, 2), "2", "6 3 3 0", [165, 0, 6, 0]),
        ((3, 2), "3", "6 4 2 0", [165, 0, 7, 0]),
        ((2, 3), "none", "6 0 6 0", [373, 0, 3, 0]),
        ((2, 3), "1", "6 1 5 0", [372, 0, 4, 0]),
    ] {
        let mut world = stocked(|_| {});
        migrate(&mut world, from, to).unwrap();
        let word = |world: &mut World| match word {
            "all" => world.settle("held", None),
            "none" => world.release("held"),
            part => world.settle("held", part.parse().ok()),
        };
        let said = word(&mut world.again());
        assert_eq!(outcome(&said), expected, "{from}:{to}");
        assert_eq!(world.again().counts(), counts, "{from}:{to} {expected}");
        assert_eq!(said.as_ref().unwrap()["available"], counts[0]);
        assert_eq!(word(&mut world), said);
        world.proven();
    }
}

#[test]
fn a_message_that_times_out_after_a_migration_settles_under_its_own_model() {
    for (then, counts) in [("settle", [163, 0, 9, 0]), ("release", [167, 0, 3, 0])] {
        let mut world = stocked(|catalog| catalog["policy"]["hold"] = json!({ "hours": 72, "then": then }));
        migrate(&mut world, 3, 2).unwrap();
        assert_eq!(world.at("2026-01-18T10:00:00Z").counts(), counts);
        world.call("advance", json!({})).unwrap();
        assert_eq!(world.counts(), counts);
        world.proven();
    }
}

#[test]
fn a_correction_after_a_migration_moves_exchanged_credits() {
    for charge_on in ["delivery", "submit"] {
        let mut world = stocked(|catalog| {
            catalog["policy"]["corrections"] = json!(true);
            catalog["policy"]["charge_on"] = json!(charge_on);
        });
        world.report("held", "delivered", None).unwrap();
        migrate(&mut world, 4, 3).unwrap();
        let [available, ..] = world.counts();
        // 6 credits come back as 5, and of them 4 are taken as 3.
        world.report("held", "rejected", None).unwrap();
        assert_eq!(world.counts()[0], available + 5, "{charge_on}");
        world.report_part("held", 3).unwrap();
        assert_eq!(world.counts()[0], available + 2, "{charge_on}");
        world.proven();
    }
}

#[test]
fn a_migration_is_made_once() {
    let mut world = stocked(|_| {});
    let migrated = migrate(&mut world, 3, 2);
    let stored = world.store.dump();
    // The same again is answered the same, and another is not made under its id.
    assert_eq!(migrate(&mut world, 3, 2), migrated);
    assert_eq!(migrate(&mut world.again(), 3, 2), migrated);
    assert_eq!(refusal(&migrate(&mut world, 2, 3)), "ID_REUSED");
    let other = world.call("migrate", json!({ "id": "m2", "ratio": { "from": 1, "to": 1 } }));
    assert_eq!(refusal(&other), "NOT_MIGRATABLE migrated");
    assert_eq!(other.unwrap_err().details["migration"], "m");
    assert_eq!(world.store.dump(), stored);
}

#[test]
fn an_account_under_no_earlier_model_is_not_migrated() {
    let mut world = World::opened(NOW);
    let stored = world.store.dump();
    for dry_run in [true, false] {
        let reply =
            world.call("migrate", json!({ "id": "m", "ratio": { "from": 1, "to": 1 }, "dryRun": dry_run }));
        assert_eq!(refusal(&reply), "NOT_MIGRATABLE not_legacy");
    }
    assert_eq!(refusal(&world.call("revertMigration", json!({ "id": "m" }))), "UNKNOWN_MIGRATION");
    assert_eq!(world.store.dump(), stored);
    for (input, message) in [
        (json!({ "id": "m", "ratio": { "from": 0, "to": 1 } }), "ratio.from: `0` is not 1 to 1000000"),
        (json!({ "id": "m", "ratio": { "from": 1 } }), "ratio: `to` is missing"),
        (json!({ "id": "m" }), "`ratio` is missing"),
        (
            json!({ "id": "m", "ratio": { "from": 1, "to": 1 }, "reason": "" }),
            "reason: 0 bytes long: write 1 to 256",
        ),
    ] {
        let reply = world.driver.call(
            "migrate",
            &{
                let mut input = input.clone();
                input["account"] = json!("acme");
                input
            },
            world.now,
        );
        assert_eq!(reply.unwrap_err().message, message, "{input}");
    }
}

#[test]
fn a_closed_account_is_not_migrated_and_a_suspended_one_is() {
    let mut world = stocked(|_| {});
    world.call("suspend", json!({ "reason": "test" })).unwrap();
    migrate(&mut world, 3, 2).unwrap();
    world.call("revertMigration", json!({ "id": "m" })).unwrap();
    world.call("close", json!({ "reason": "test" })).unwrap();
    for dry_run in [true, false] {
        let reply =
            world.call("migrate", json!({ "id": "m2", "ratio": { "from": 1, "to": 1 }, "dryRun": dry_run }));
        assert_eq!(refusal(&reply), "ACCOUNT_CLOSED");
    }
}

#[test]
fn a_migration_is_taken_back_until_the_first_spend() {
    for (from, to) in [(3, 2), (2, 3), (1, 1), (1_000_000, 1)] {
        let mut world = stocked(|_| {});
        let packages = world.packages();
        let account = world.call("account", json!({})).unwrap();
        migrate(&mut world, from, to).unwrap();
        // What comes meanwhile is not touched; a message that is sent in full moves nothing that is left.
        world.settle("held", None).unwrap();
        world.buy("o3", "pack-nz", 100);
        let reverted = world
            .at("2026-01-15T11:00:00Z")
            .call("revertMigration", json!({ "id": "m", "reason": "by mistake" }));
        assert_eq!(reverted.as_ref().unwrap()["revertedAt"], "2026-01-15T11:00:00.000Z");
        assert_eq!(world.again().call("revertMigration", json!({ "id": "m" })), reverted);
        let page = world.call("eventPage", json!({ "limit": 1000 })).unwrap();
        let entry =
            page["events"].as_array().unwrap().iter().find(|event| event["kind"] == "revert").unwrap();
        let ratio = json!({ "from": from, "to": to, "rounding": "up" });
        assert_eq!((&entry["reason"], &entry["ratio"]), (&json!("by mistake"), &ratio));
        assert_eq!(migrate(&mut world, from, to), reverted);
        let now = world.packages();
        for package in &packages {
            let found = now.iter().find(|found| found["id"] == package["id"]).unwrap();
            for name in ["available", "issued", "expired", "adjusted", "exchanged"] {
                assert_eq!(found[name], package[name], "{name} {found}");
            }
        }
        assert_eq!(world.call("account", json!({})).unwrap(), account);
        assert_eq!(cost(&world.reserve("m1", AU, &text(2))).split(' ').nth(1), Some("3"));
        world.proven();
        // Another one may follow.
        let again = world.call("migrate", json!({ "id": "m2", "ratio": { "from": 1, "to": 2 } })).unwrap();
        assert_eq!(again["before"], 339);
        world.proven();
    }
}

#[test]
fn a_migration_is_not_taken_back_once_what_is_left_has_moved() {
    let words: [(&str, fn(&mut World) -> Reply); 6] = [
        ("reserved", |world| world.reserve("m1", AU, SHORT)),
        ("given back", |world| world.release("held")),
        ("taken", |world| {
            world.call("adjust", json!({ "id": "a2", "segments": -1, "reason": "test", "package": "p2" }))
        }),
        ("expired", |world| world.at("2026-02-15T10:00:00Z").call("advance", json!({}))),
        ("reserved and given back", |world| {
            world.reserve("m1", AU, SHORT).unwrap();
            world.release("m1")
        }),
        ("reserved by a batch", |world| {
            let command = world.message("m1", US, SHORT, 1);
            let Command::Reserve(message) = command else { panic!("not a message") };
            world.run(Command::ReserveAll(vec![message]))
        }),
    ];
    for (name, word) in words {
        let mut world = stocked(|_| {});
        migrate(&mut world, 3, 2).unwrap();
        let mut moved = world.journal().len() + 1;
        word(&mut world).unwrap();
        // A message that was paid in full moved nothing that was left.
        moved += usize::from(name == "expired");
        let stored = world.store.dump();
        let reply = world.again().call("revertMigration", json!({ "id": "m" }));
        assert_eq!(refusal(&reply), "NOT_REVERTIBLE moved", "{name}");
        assert_eq!(reply.unwrap_err().details["entry"], moved, "{name}");
        assert_eq!(world.store.dump(), stored, "{name}");
        world.proven();
    }
}

#[test]
fn a_package_that_was_exchanged_is_not_refunded() {
    let mut world = stocked(|catalog| catalog["offers"][0]["refund"] = json!({ "model": "unused" }));
    assert_eq!(
        world.call("refund", json!({ "order": "o1", "dryRun": true })).unwrap()["refunded"]["segments"],
        100
    );
    migrate(&mut world, 2, 3).unwrap();
    assert_eq!(refusal(&world.call("refund", json!({ "order": "o1" }))), "NOT_REFUNDABLE migrated");
    // What was bought after it was never exchanged.
    world.buy("later", "pack-au", 100);
    assert_eq!(
        world.call("refund", json!({ "order": "later", "dryRun": true })).unwrap()["refunded"]["segments"],
        100
    );
    world.call("refund", json!({ "order": "later" })).unwrap();
    world.call("revertMigration", json!({ "id": "m" })).unwrap();
    assert_eq!(world.call("refund", json!({ "order": "o1" })).unwrap()["refunded"]["segments"], 100);
}

#[test]
fn balances_of_the_past_are_those_before_and_after_a_migration() {
    let mut world = stocked(|_| {});
    world.at("2026-01-15T12:00:00Z");
    migrate(&mut world, 3, 2).unwrap();
    world.at("2026-01-15T13:00:00Z").call("revertMigration", json!({ "id": "m" })).unwrap();
    world
        .at("2026-01-15T14:00:00Z")
        .call("migrate", json!({ "id": "m2", "ratio": { "from": 1, "to": 2 } }))
        .unwrap();
    world.at("2026-01-15T15:00:00Z").buy("o3", "pack-nz", 100);
    for (at, available, exchanged) in [
        ("2026-01-15T11:59:59.999Z", 242, Value::Null),
        ("2026-01-15T12:00:00Z", 163, Value::Null),
        ("2026-01-15T13:59:59.999Z", 242, Value::Null),
        ("2026-01-15T14:00:00Z", 484, json!(41)),
        ("2026-01-15T14:59:59.999Z", 484, json!(41)),
        ("2026-01-15T15:00:00Z", 584, json!(41)),
    ] {
        assert_eq!(world.call("balance", json!({ "at": at })).unwrap()["available"], available, "{at}");
        let packages = world.call("packages", json!({ "at": at })).unwrap();
        assert_eq!(packages[0]["exchanged"], exchanged, "{at}");
    }
}

#[test]
fn alarms_are_told_of_what_is_left_after_the_whole_migration() {
    let alarm = |below: u32| json!({ "thresholds": [{ "below": below }] });
    for below in [170, 160] {
        let mut world = stocked(|_| {});
        world.at("2026-01-17T10:00:00Z");
        world.call("setAlarms", alarm(below)).unwrap();
        let before = world.journal().len();
        migrate(&mut world, 3, 2).unwrap();
        let events = world.call("eventPage", json!({ "after": before })).unwrap();
        let told: Vec<&Value> =
            events["events"].as_array().unwrap().iter().filter(|event| event["kind"] == "alarm").collect();
        assert_eq!(told.len(), usize::from(below == 170), "{told:?}");
        if let Some(alarm) = told.first() {
            assert_eq!(alarm["low"], json!([{ "below": 170, "usable": 163 }]));
        }
    }
}

/// With so many packages of three credits.
fn crowded(packages: u32, writes: usize) -> World {
    let catalog =
        rated(|catalog| catalog["offers"][0]["quantity"] = json!({ "step": 1, "min": 1, "max": 1000 }));
    let limits = Limits { writes, ..Limits::default() };
    let mut world = World::with(catalog, NOW, Options { limits, ..Options::default() });
    world.open(json!({ "createdAt": BEFORE })).unwrap();
    for number in 0..packages {
        world.buy(&format!("o{number}"), "pack-au", 3);
    }
    world
}

#[test]
fn an_account_with_any_number_of_packages_is_migrated_before_anything_else_is_decided() {
    let mut journals = Vec::new();
    for writes in [16, 40, 1_000] {
        let mut world = crowded(150, writes);
        let command = world.parsed(
            "migrate",
            &json!({ "account": "acme", "id": "m", "ratio": { "from": 3, "to": 2 }, "reason": "on request" }),
        );
        let next = world.message("m1", AU, SHORT, 1);
        let answers = world.driver.run_all("acme", vec![command, next], world.now);
        let [migrated, reserved] = answers.try_into().map(|answers: [_; 2]| answers.map(reply)).unwrap();
        let migrated = migrated.unwrap();
        assert_eq!((&migrated["before"], &migrated["after"]), (&json!(450), &json!(300)));
        assert_eq!(reserved.unwrap()["available"], 299);
        assert!(world.store.largest().1 <= writes, "{:?}", world.store.largest());
        assert_eq!(migrate(&mut world, 3, 2).unwrap()["after"], 300);
        journals.push(world.call("verify", json!({})).unwrap()["hash"].clone());
        let kinds = world.journal();
        assert_eq!(kinds.iter().filter(|kind| *kind == "exchange").count(), 150);
    }
    // However many commits it took, the journal is the same.
    assert!(journals.iter().all(|hash| *hash == journals[0]), "{journals:?}");
}

#[test]
fn a_migration_that_was_interrupted_goes_on_with_whatever_comes_next() {
    for (commits, fault) in (0..12).flat_map(|commits| [(commits, Fault::Lost), (commits, Fault::Failed)]) {
        let mut world = crowded(40, 16);
        // The process ends somewhere on the way.
        world.store.fail_after(commits, fault);
        assert_eq!(refusal(&migrate(&mut world, 3, 2)), "STORAGE_UNAVAILABLE");
        world.store.heal();
        let mut next = world
            .again_with(Options { limits: Limits { writes: 16, ..Limits::default() }, ..Options::default() });
        let migrated = next.call("account", json!({})).unwrap().get("migration").is_some();
        // All or nothing to see, whatever is written yet.
        assert_eq!(next.counts()[0], if migrated { 80 } else { 120 }, "{commits} {fault:?}");
        assert_eq!(migrated, commits > 0 || fault == Fault::Lost);
        assert_eq!(migrate(&mut next, 3, 2).unwrap()["after"], 80);
        assert_eq!(next.counts()[0], 80);
        next.proven();
        next.call("revertMigration", json!({ "id": "m" })).unwrap();
        assert_eq!(next.counts()[0], 120);
        next.proven();
    }
}

#[test]
fn what_time_has_done_is_written_before_a_migration_where_a_store_takes_little_at_once() {
    let mut journals = Vec::new();
    for writes in [16, 40, 1_000] {
        let mut world = crowded(4, writes);
        for number in 1..=30 {
            let gift = json!({ "id": format!("a{number}"), "segments": 3, "reason": "gift",
                "expiresAt": format!("2026-12-01T00:00:{number:02}Z") });
            world.call("adjust", gift).unwrap();
        }
        world.at("2026-12-02T00:00:00Z");
        assert_eq!(migrate(&mut world, 3, 2).unwrap()["after"], 8);
        assert!(world.store.largest().1 <= writes, "{writes}: {:?}", world.store.largest());
        world.call("revertMigration", json!({ "id": "m" })).unwrap();
        assert!(world.store.largest().1 <= writes, "{writes}: {:?}", world.store.largest());
        journals.push(world.call("verify", json!({})).unwrap()["hash"].clone());
    }
    assert!(journals.iter().all(|hash| *hash == journals[0]), "{journals:?}");
}

/// What the past was charged by, whatever has been migrated since.
#[test]
fn the_past_stands_under_the_model_of_then() {
    let mut world = legacy(|_| {});
    world.buy("o2", "pack-nz", 100);
    // The model has no rate for New Zealand.
    world.at("2026-01-16T00:00:00Z").reserve("m1", AU, SHORT).unwrap();
    migrate(world.at("2026-01-17T00:00:00Z"), 1, 1).unwrap();
    world.at("2026-01-19T00:00:00Z").reserve("m2", AU, SHORT).unwrap();
    for (at, stranded) in [
        ("2026-01-15T12:00:00Z", 100),
        ("2026-01-16T12:00:00Z", 100),
        ("2026-01-17T00:00:00Z", 0),
        ("2026-01-18T00:00:00Z", 0),
    ] {
        let balance = world.call("balance", json!({ "at": at })).unwrap();
        assert_eq!(balance["stranded"], stranded, "{at}");
    }
}

/// What waits before a migration may fill its commit: it begins with the next one.
#[test]
fn messages_and_a_migration_keep_to_what_the_store_takes() {
    for writes in [24, 40, 41, 42, 43, 44] {
        for before in 0..10 {
            let mut world = crowded(40, writes);
            let migrate =
                json!({ "account": "acme", "id": "m", "ratio": { "from": 3, "to": 2 }, "reason": "test" });
            let mut commands: Vec<Command> =
                (0..before).map(|number| world.message(&format!("m{number}"), AU, &text(2), 1)).collect();
            commands.push(world.parsed("migrate", &migrate));
            for answer in world.driver.run_all("acme", commands, world.now) {
                answer.unwrap();
            }
            assert!(world.store.largest().1 <= writes, "{writes} {before}: {:?}", world.store.largest());
            world.proven();
        }
    }
}

/// Whatever the hashes say, a package is exchanged by the ratio that its line has.
#[test]
fn verify_finds_an_exchange_by_another_ratio() {
    let mut world = legacy(|_| {});
    migrate(&mut world, 3, 2).unwrap();
    world.forge(|entry| *entry = serde_json::from_str(&entry.to_string().replace("[3,2]", "[3,1]")).unwrap());
    let proof = world.call("verify", json!({})).unwrap();
    assert_eq!(proof["problem"], "entry 4 exchanges by another ratio than it says");
}

/// Also where it takes several commits.
#[test]
fn alarms_follow_the_last_part_of_a_migration() {
    let mut world = crowded(40, 16);
    world.call("setAlarms", json!({ "thresholds": [{ "below": 100 }] })).unwrap();
    migrate(&mut world, 3, 2).unwrap();
    let kinds = world.journal().split_off(41);
    assert_eq!(kinds.first().map(String::as_str), Some("migrate"));
    assert!(kinds[1..41].iter().all(|kind| kind == "exchange"), "{kinds:?}");
    assert_eq!(kinds[41..], ["alarm"]);
}

/// What runs low is ordered once the last package is exchanged.
#[test]
fn a_recharge_follows_the_last_part_of_a_migration() {
    let mut world = crowded(40, 24);
    world.call("setRecharge", json!({ "offer": "pack-au", "threshold": 119, "method": "card" })).unwrap();
    migrate(&mut world, 3, 2).unwrap();
    let kinds = world.journal().split_off(41);
    assert!(kinds[1..41].iter().all(|kind| kind == "exchange"), "{kinds:?}");
    assert_eq!(kinds[41..], ["recharge"]);
}
