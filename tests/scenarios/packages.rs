//! What is told of packages, and when they can be used (domain rules 1 to 5), and who pays first at each seller (18 to 20).

use crate::common::world::World;
use crate::common::{AU, SHORT, US, changed, draws, refusal};
use serde_json::{Value, json};
use sms_ledger::calendar::Instant;
use sms_ledger::catalog::{Catalog, Source, profiles};
use sms_ledger::ledger::{Counts, Package, PackageId, Scope, Status};
use std::sync::Arc;

const NOW: &str = "2026-01-15T10:00:00Z";

fn waiting() -> World {
    let mut world = World::opened_of(
        changed(|catalog| {
            catalog["offers"][0]["activation_seconds"] = json!(300);
            catalog["offers"][0]["validity"] = json!({ "months": 1 });
        }),
        NOW,
    );
    world.buy("o1", "pack-au", 100);
    world
}

#[test]
fn rule_2_status_by_precedence_pending_expired_exhausted_effective() {
    let at = |millis: i64| Instant::from_millis(millis).unwrap();
    let package = |available: u64, expires_at: Option<i64>| Package {
        id: PackageId(1),
        source: Source::Purchase,
        name: "".into(),
        category: None,
        reference: "".into(),
        scope: Scope::default(),
        counts: Counts { issued: 1, available, held: 1 - available, ..Counts::default() },
        issued_at: at(0),
        effective_at: at(10),
        expires_at: expires_at.map(at),
        grace_until: None,
        noticed: None,
        exchanged: None,
    };
    for (now, available, expires_at, expected) in [
        (9, 1, Some(20), Status::Pending),
        (9, 0, Some(5), Status::Pending),
        (10, 1, Some(20), Status::Effective),
        (10, 0, Some(20), Status::Exhausted),
        (19, 1, Some(20), Status::Effective),
        (20, 1, Some(20), Status::Expired),
        (20, 0, Some(20), Status::Expired),
        (1_000_000, 1, None, Status::Effective),
        (1_000_000, 0, None, Status::Exhausted),
    ] {
        let found = package(available, expires_at).status(at(now));
        assert_eq!(found, expected, "{now} {available} {expires_at:?}");
    }
}

#[test]
fn rule_5_a_waiting_package_can_be_activated_early() {
    let mut world = waiting();
    world.at("2026-01-15T10:01:00Z");
    assert_eq!(refusal(&world.preview(AU, SHORT)), "INSUFFICIENT_BALANCE pending");
    let package = world.call("activate", json!({ "package": "p1" })).unwrap();
    assert_eq!(
        (&package["status"], &package["effectiveAt"]),
        (&json!("effective"), &json!("2026-01-15T10:01:00.000Z"))
    );
    // Its validity runs from payment all the same.
    assert_eq!(package["expiresAt"], "2026-02-15T10:00:00.000Z");
    assert_eq!(world.balance()["nextDue"], "2026-02-15T10:00:00.000Z");
    // Saying it again, now or after its time, changes nothing.
    assert_eq!(world.call("activate", json!({ "package": "p1" })).unwrap(), package);
    world.at("2026-01-15T10:05:00Z");
    assert_eq!(world.call("activate", json!({ "package": "p1" })).unwrap(), package);
    assert_eq!(draws(&world.reserve("m1", AU, SHORT).unwrap()), "p1:1");
    assert_eq!(world.journal(), ["open", "purchase", "activate", "reserve"]);
    world.proven();
    assert_eq!(world.again().packages(), world.packages());
    // It is proven by the journal: neither instant can be changed behind the ledger's back.
    let effective = Instant::millis("2026-01-15T10:01:00Z".parse().unwrap()).to_string();
    world.store.tamper("package/open/00000001", |value| value.replace(&effective, "1768471200000"));
    assert_eq!(world.call("verify", json!({})).unwrap()["ok"], false);
}

#[test]
fn only_what_is_there_can_be_activated() {
    let mut world = waiting();
    let before = world.store.dump();
    for (package, code) in [("p2", "UNKNOWN_PACKAGE"), ("1", "INVALID_INPUT"), ("p", "INVALID_INPUT")] {
        assert_eq!(refusal(&world.call("activate", json!({ "package": package }))), code, "{package}");
    }
    assert_eq!(refusal(&world.call("activate", json!({}))), "INVALID_INPUT");
    assert_eq!(world.store.dump(), before);
}

#[test]
fn rule_3_a_date_is_the_end_of_that_day_in_the_catalogs_zone() {
    let mut world = World::opened_of(Arc::new(Catalog::from_json(profiles::TENCENT_SMS).unwrap()), NOW);
    let mut give = |id: &str, until: &str| {
        world.call(
            "adjust",
            json!({ "id": id, "segments": 10, "reason": "gift", "region": "CN", "expiresAt": until }),
        )
    };
    give("a1", "2026-03-31").unwrap();
    assert_eq!(refusal(&give("a1", "2026-03-31T16:00:00Z")), "ID_REUSED");
    // Today is not over there, yesterday is.
    give("a2", "2026-01-15").unwrap();
    for wrong in ["2026-01-14", "2026-02-30", "31.03.2026"] {
        assert_eq!(refusal(&give("a3", wrong)), "INVALID_INPUT", "{wrong}");
    }
    assert_eq!(world.packages()[0]["expiresAt"], "2026-03-31T16:00:00.000Z");
    let china = "+8613800138000";
    world.at("2026-03-31T15:59:59.999Z").preview(china, SHORT).unwrap();
    world.at("2026-03-31T16:00:00Z");
    assert_eq!(refusal(&world.preview(china, SHORT)), "INSUFFICIENT_BALANCE expired");
    world.proven();
}

/// Of each list the packages and their statuses.
fn lists(world: &mut World) -> [String; 2] {
    let said = |packages: &[Value]| {
        let each = packages
            .iter()
            .map(|one| [&one["id"], &one["status"]].map(|part| part.as_str().unwrap()).join(" "));
        each.collect::<Vec<_>>().join(", ")
    };
    let ended = world.call("endedPackages", json!({})).unwrap();
    [said(&world.packages()), said(ended["packages"].as_array().unwrap())]
}

#[test]
fn rule_2_every_package_is_in_one_list_whatever_time_has_done() {
    let mut world = waiting();
    world.buy("o2", "pack-us", 100);
    assert_eq!(lists(&mut world), ["p1 pending, p2 effective", ""]);
    world.at("2026-02-15T09:59:59.999Z");
    assert_eq!(lists(&mut world), ["p1 effective, p2 effective", ""]);
    // Nothing has been written since it expired: it is still among the open ones, in its place.
    let at = "2026-02-15T10:00:00Z";
    let later = world.call("packages", json!({ "at": at })).unwrap();
    world.at(at);
    assert_eq!(lists(&mut world), ["p1 expired, p2 effective", ""]);
    assert_eq!(later, json!(world.packages()));
    assert_eq!((&later[0]["available"], &later[0]["expired"]), (&json!(0), &json!(100)));
    let why = world.call("explain", json!({ "to": AU, "text": SHORT })).unwrap();
    assert_eq!((&why["reason"], &why["packages"][0]["verdict"]), (&json!("expired"), &json!("expired")));
    assert_eq!(world.again().packages(), world.packages());
    // Any command that writes is what ends it.
    world.reserve("m1", US, SHORT).unwrap();
    assert_eq!(lists(&mut world), ["p2 effective", "p1 expired"]);
    // What is used up ends at once.
    world.call("adjust", json!({ "id": "a1", "segments": 1, "reason": "gift", "region": "AU", "expiresAt": "2026-03-01T00:00:00Z" })).unwrap();
    world.reserve("m2", AU, SHORT).unwrap();
    assert_eq!(lists(&mut world), ["p2 effective, p3 exhausted", "p1 expired"]);
    world.settle("m2", None).unwrap();
    assert_eq!(lists(&mut world), ["p2 effective", "p1 expired, p3 exhausted"]);
    world.at("2026-03-01T00:00:00Z");
    assert_eq!(lists(&mut world), ["p2 effective", "p1 expired, p3 expired"]);
    world.proven();
}

#[test]
fn what_no_message_could_use_is_stranded() {
    let told = |world: &mut World| {
        let each = world
            .packages()
            .iter()
            .inspect(|package| assert_ne!(package["stranded"], 0, "what is not stranded does not say so"))
            .map(|package| package["stranded"].as_u64().unwrap_or(0))
            .collect::<Vec<_>>();
        let balance = world.balance();
        assert_eq!(balance["stranded"].as_u64().unwrap(), each.iter().sum::<u64>());
        each
    };
    let mut world = World::of(crate::common::cloutly(), NOW);
    world.open(json!({ "plan": "starter" })).unwrap();
    world.buy("o1", "pack-au", 100);
    world.buy("o2", "pack-us", 100);
    world.reserve("m1", AU, SHORT).unwrap();
    // One segment is enough for a message, whatever is split: nothing is stranded.
    assert_eq!(told(&mut world), [0, 0, 0]);
    // What sending asks for is lacking.
    let gated = |regions: &[usize]| {
        changed(|catalog| {
            for region in regions {
                catalog["regions"][*region]["gates"] = json!(["kyc"]);
            }
        })
    };
    let place =
        |code: &str| world.catalog.regions.iter().position(|region| region.code.as_str() == code).unwrap();
    let mut lacking = world.again_under(gated(&[place("AU")]));
    assert_eq!(told(&mut lacking), [0, 100, 0]);
    let mut lacking = world.again_under(gated(&[0, 1, 2, 3]));
    assert_eq!(told(&mut lacking), [49, 100, 100]);
    lacking.call("setGates", json!({ "gates": ["kyc"] })).unwrap();
    assert_eq!(told(&mut lacking), [0, 0, 0]);
    // Another region has taken over the numbers, and so no number belongs to the package's any longer.
    let mut claimed = world.again_under(changed(|catalog| {
        let us = place("US");
        catalog["regions"].as_array_mut().unwrap().remove(us);
        catalog["regions"][0]["numbers"] = json!(["US"]);
        let offers = catalog["offers"].as_array_mut().unwrap();
        offers.retain(|offer| offer["regions"] != json!(["US"]));
    }));
    assert_eq!(told(&mut claimed), [0, 0, 100]);
    // Nothing is priced any longer: what was bought pays all the same, general credits do not.
    let mut sold_out = world.again_under(changed(|catalog| catalog["offers"] = json!([])));
    assert_eq!(told(&mut sold_out), [49, 0, 0]);
}

/// Rules 18, 19 and 20: packages as source, segments, days until the end (0 = never) and, in order, who pays first.
#[test]
fn rules_18_to_20_who_pays_first_at_each_seller() {
    let cases: &[(&str, &str, &[(u64, &str)], &[(usize, &str)])] = &[
        // Tencent: the first bought that has enough; one message is never split.
        (
            profiles::TENCENT_SMS,
            "+8613800138000",
            &[(1, "2026-03-01"), (5, "2026-02-01")],
            &[(2, "p2:2"), (1, "p1:1"), (3, "p2:3")],
        ),
        // UCloud: the earliest end first, split.
        (
            profiles::UCLOUD_USMS,
            "+33612345678",
            &[(5, "2026-03-01"), (1, "2026-02-01")],
            &[(2, "p2:1 p1:1"), (4, "p1:4")],
        ),
        // Cloutly: in the order they came, split, whatever ends first.
        (profiles::CLOUTLY, AU, &[(1, "2026-03-01"), (5, "2026-02-01")], &[(2, "p1:1 p2:1"), (4, "p2:4")]),
    ];
    for (profile, to, packages, messages) in cases {
        let mut world = World::opened_of(Arc::new(Catalog::from_json(profile).unwrap()), NOW);
        for (index, (segments, until)) in packages.iter().enumerate() {
            let id = format!("a{index}");
            world
                .call(
                    "adjust",
                    json!({ "id": id, "segments": segments, "reason": "test", "expiresAt": until }),
                )
                .unwrap();
        }
        for (index, (segments, expected)) in messages.iter().enumerate() {
            // 67 characters a segment where any text counts so, 153 elsewhere.
            let body = "a".repeat(if world.catalog.id.as_ref() == "cloutly" { 153 } else { 67 } * segments);
            let explained = world.call("explain", json!({ "to": to, "text": body })).unwrap();
            let paying: Vec<String> = explained["packages"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|one| one["verdict"] == "pays")
                .map(|one| format!("{}:{}", one["package"].as_str().unwrap(), one["segments"]))
                .collect();
            assert_eq!(paying.join(" "), *expected, "{} {index}", world.catalog.id);
            let reserved = world.reserve(&format!("m{index}"), to, &body).unwrap();
            assert_eq!(draws(&reserved), *expected, "{} {index}", world.catalog.id);
        }
        assert_eq!(world.balance()["available"], Value::from(0));
        world.proven();
    }
}

#[test]
fn a_page_that_ends_with_the_list_is_the_last_one() {
    let mut world = World::with_single_segments(3, NOW, sms_ledger::engine::Options::default());
    for number in 0..3 {
        world.reserve(&format!("m{number}"), AU, SHORT).unwrap();
        world.settle(&format!("m{number}"), None).unwrap();
    }
    for (limit, count, next) in [(2, 2, json!(2)), (3, 3, Value::Null), (4, 3, Value::Null)] {
        let page = world.call("endedPackages", json!({ "limit": limit })).unwrap();
        assert_eq!((page["packages"].as_array().unwrap().len(), &page["next"]), (count, &next));
    }
}
