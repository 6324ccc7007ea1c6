//! Rules 1 to 7: what a package shows, and when it can be used.

use super::sellers::{
    CHINA, FRANCE, HALF_A_YEAR, any_text, cloutly, cloutly_on, entries, for_france, hold, line, spend,
    tencent, tencent_live, tencent_with_gift, ucloud,
};
use crate::common::world::World;
use crate::common::{AU, SHORT, US, draws, refusal, text};
use serde_json::{Value, json};
use sms_ledger::engine::Tags;

/// Every package of both lists.
fn all(world: &mut World) -> Vec<Value> {
    let mut packages = world.packages();
    let ended = world.call("endedPackages", json!({})).unwrap();
    packages.extend(ended["packages"].as_array().unwrap().iter().cloned());
    packages
}

fn statuses(world: &mut World) -> String {
    let all = all(world);
    let each = all.iter().map(|package| package["status"].as_str().unwrap());
    each.collect::<Vec<_>>().join(" ")
}

#[test]
fn rule_01_a_package_shows_id_name_purpose_total_remaining_expiry_and_status() {
    let shown = ["id", "name", "category", "region", "purpose", "issued", "available", "expiresAt", "status"];
    let mut ucloud = ucloud();
    for_france(&mut ucloud, "o1", 300, HALF_A_YEAR, None);
    ucloud.reserve("m1", FRANCE, &any_text(2)).unwrap();
    let mut tencent = tencent();
    tencent.buy("o1", "cn-custom", 1_000);
    let mut live = tencent_live();
    let mut cloutly = cloutly_on("starter");
    cloutly.buy("o1", "pack-au", 100);
    for (world, expected) in [
        (
            &mut ucloud,
            &[
                "p1 / International SMS, France / international / FR / general / 300 / 298 / 2026-09-02T04:00:00.000Z / effective",
            ][..],
        ),
        (
            &mut tencent,
            &[
                "p1 / China SMS package / domestic / CN / - / 1000 / 1000 / 2028-03-02T04:00:00.000Z / pending",
            ],
        ),
        (
            &mut live,
            &[
                "p1 / Complimentary China SMS package / - / CN / - / 100 / 100 / 2026-03-31T16:00:00.000Z / effective",
            ],
        ),
        (
            &mut cloutly,
            &[
                "p1 / Starter plan credits / - / - / - / 50 / 50 / 2026-04-02T04:00:00.000Z / effective",
                "p2 / Australia SMS credits / - / AU / - / 100 / 100 / - / effective",
            ],
        ),
    ] {
        let found: Vec<String> = world.packages().iter().map(|package| line(package, &shown)).collect();
        assert_eq!(found, expected);
    }
}

#[test]
fn rule_02_status_is_pending_expired_exhausted_or_effective_and_counts_add_up() {
    // One that waits, is used up by a message that is held, and runs out of time meanwhile.
    let mut world = tencent();
    world.buy("o1", "cn-custom", 1_000);
    for (now, segments, expected) in [
        ("2026-03-02T04:04:59.999Z", 0, "pending"),
        ("2026-03-02T04:05:00Z", 0, "effective"),
        ("2028-03-02T03:00:00Z", 995, "effective"),
        ("2028-03-02T03:59:59.999Z", 5, "exhausted"),
        ("2028-03-02T04:00:00Z", 0, "expired"),
    ] {
        world.at(now);
        hold(&mut world, CHINA, segments, any_text);
        assert_eq!(statuses(&mut world), expected, "{now}");
        for package in all(&mut world) {
            let count = |name: &str| package[name].as_u64().unwrap();
            let parts = ["available", "held", "spent", "expired", "adjusted"].map(count);
            assert_eq!(parts.iter().sum::<u64>(), count("issued"), "{package}");
        }
    }
    // A function of the package and the instant alone: asked of the instant from before, nothing is written.
    let mut asked = tencent();
    asked.buy("o1", "cn-custom", 1_000);
    let stored = asked.store.dump();
    for (at, expected) in [
        ("2026-03-02T04:04:59.999Z", "pending"),
        ("2026-03-02T04:05:00Z", "effective"),
        ("2028-03-02T04:00:00Z", "expired"),
    ] {
        assert_eq!(asked.call("packages", json!({ "at": at })).unwrap()[0]["status"], expected);
    }
    assert_eq!(asked.store.dump(), stored);
}

#[test]
fn rule_03_validity_is_half_open_and_a_date_is_the_end_of_that_day_in_the_catalogs_zone() {
    // From this instant on, and until just before that one.
    let mut world = ucloud();
    for_france(&mut world, "o1", 100, HALF_A_YEAR, None);
    world.reserve("first", FRANCE, SHORT).unwrap();
    world.at("2026-09-02T03:59:59.999Z").reserve("last", FRANCE, SHORT).unwrap();
    world.at("2026-09-02T04:00:00Z");
    assert_eq!(refusal(&world.reserve("late", FRANCE, SHORT)), "INSUFFICIENT_BALANCE expired");
    // A date, by the seller's clocks.
    for (mut world, end) in [
        (cloutly(), "2026-04-01T00:00:00.000Z"),
        (tencent(), "2026-03-31T16:00:00.000Z"),
        (ucloud(), "2026-03-31T16:00:00.000Z"),
    ] {
        let gift = json!({ "id": "a1", "segments": 1, "reason": "gift", "expiresAt": "2026-03-31" });
        world.call("adjust", gift).unwrap();
        assert_eq!(world.packages()[0]["expiresAt"], end, "{}", world.catalog.id);
    }
    let mut world = ucloud();
    let voucher = json!({ "id": "v1", "percent": "10", "until": "2026-03-31" });
    assert_eq!(
        world.call("grantVoucher", json!({ "voucher": voucher })).unwrap()["voucher"]["until"],
        "2026-03-31T16:00:00.000Z"
    );
    // 23:59:59 on the last day of the month is the first instant of the next one, exclusive.
    let mut world = tencent_with_gift();
    assert_eq!(world.packages()[0]["expiresAt"], "2026-03-31T16:00:00.000Z");
    world.at("2026-03-31T15:59:59.999Z");
    assert_eq!(draws(&world.reserve("m1", CHINA, SHORT).unwrap()), "p1:1");
    world.at("2026-03-31T16:00:00Z");
    assert_eq!(draws(&world.reserve("m2", CHINA, SHORT).unwrap()), "p2:1");
}

#[test]
fn rule_04_cloutlys_packs_never_expire_and_what_expires_elsewhere_is_breakage_in_an_entry() {
    let mut world = cloutly();
    world.buy("o1", "pack-au", 100);
    world.at("2126-03-02T04:00:00Z");
    assert_eq!(statuses(&mut world), "effective");
    assert_eq!(draws(&world.reserve("m1", AU, SHORT).unwrap()), "p1:1");
    let mut world = ucloud();
    for_france(&mut world, "o1", 100, HALF_A_YEAR, None);
    spend(&mut world, FRANCE, 30, any_text);
    world.at("2026-10-01T00:00:00Z").call("advance", json!({})).unwrap();
    assert_eq!(world.counts(), [0, 0, 30, 70]);
    let expiry = entries(&mut world, "expire").remove(0);
    assert_eq!(line(&expiry, &["effectiveAt", "reference"]), "2026-09-02T04:00:00.000Z / p1");
    assert_eq!(
        expiry["postings"],
        json!([
            { "package": "p1", "bucket": "available", "segments": -70 },
            { "package": "p1", "bucket": "expired", "segments": 70 },
        ])
    );
}

#[test]
fn rule_05_tencents_packages_take_effect_300_seconds_after_payment_and_others_at_once() {
    for mut world in [tencent(), tencent_live()] {
        world.call("setGates", json!({ "gates": [] })).unwrap();
        let order = world.buy("o1", "cn-custom", 1_000);
        // Its validity runs from payment.
        assert_eq!(
            line(&order, &["effectiveAt", "expiresAt"]),
            "2026-03-02T04:05:00.000Z / 2028-03-02T04:00:00.000Z"
        );
        world.at("2026-03-02T04:04:59.999Z");
        let package = order["package"].clone();
        let pending =
            world.packages().into_iter().find(|shown| shown["id"] == package).unwrap()["status"].clone();
        assert_eq!(pending, "pending", "{}", world.catalog.id);
        // The host may activate early, and nothing else of the package changes.
        let mut early = world.again();
        early.at("2026-03-02T04:01:00Z");
        let activated = early.call("activate", json!({ "package": package })).unwrap();
        assert_eq!(line(&activated, &["status", "expiresAt"]), "effective / 2028-03-02T04:00:00.000Z");
    }
    let mut world = ucloud();
    for_france(&mut world, "o1", 100, HALF_A_YEAR, None);
    world.reserve("m1", FRANCE, SHORT).unwrap();
    let mut world = cloutly();
    world.buy("o1", "pack-au", 100);
    world.reserve("m1", AU, SHORT).unwrap();
}

#[test]
fn rule_06_packages_are_shared_by_all_applications_or_belong_to_a_project() {
    let sent = |world: &mut World, id: &str, to: &str, project: Option<&str>| {
        let message = world.tagged(id, to, SHORT, Tags { purpose: None, project }, 1);
        let reply = world.run(message);
        reply.as_ref().map_or_else(|_| refusal(&reply), draws)
    };
    let mut world = tencent();
    world.buy("o1", "cn-custom", 1_000);
    world.at("2026-03-02T04:05:00Z");
    assert_eq!(sent(&mut world, "m1", CHINA, Some("shop")), "p1:1");
    assert_eq!(sent(&mut world, "m2", CHINA, Some("bank")), "p1:1");
    assert_eq!(sent(&mut world, "m3", CHINA, None), "p1:1");
    // UCloud lists what was bought for a project there, and it pays nothing else.
    let mut world = ucloud();
    for_france(&mut world, "o1", 100, HALF_A_YEAR, Some("shop"));
    assert_eq!(line(&world.packages()[0], &["id", "project"]), "p1 / shop");
    assert_eq!(sent(&mut world, "m1", FRANCE, Some("shop")), "p1:1");
    assert_eq!(sent(&mut world, "m2", FRANCE, Some("bank")), "INSUFFICIENT_BALANCE wrong_project");
    assert_eq!(sent(&mut world, "m3", FRANCE, None), "INSUFFICIENT_BALANCE wrong_project");
    // Without one it is shared.
    for_france(&mut world, "o2", 100, HALF_A_YEAR, None);
    assert_eq!(line(&world.packages()[1], &["id", "project"]), "p2 / -");
    assert_eq!(sent(&mut world, "m4", FRANCE, Some("bank")), "p2:1");
    assert_eq!(sent(&mut world, "m5", FRANCE, None), "p2:1");
}

#[test]
fn rule_07_months_are_added_to_the_anchor_and_clamped_never_stepped() {
    // A billing date.
    let mut world = World::of(crate::common::cloutly(), "2025-01-31T00:00:00Z");
    world.open(json!({ "plan": "starter" })).unwrap();
    for (now, until) in [
        ("2025-01-31", "2025-02-28"),
        ("2025-02-28", "2025-03-31"),
        ("2025-03-31", "2025-04-30"),
        ("2025-04-30", "2025-05-31"),
    ] {
        world.at(&format!("{now}T00:00:00Z")).reserve(now, US, &text(1)).unwrap();
        let account = world.call("account", json!({})).unwrap();
        assert_eq!(account["renewsAt"], format!("{until}T00:00:00.000Z"));
    }
    // A validity, from payment: by the seller's clocks the 31st has begun.
    for (paid, months, end) in [
        ("2026-08-31T04:00:00Z", 6, "2027-02-28T04:00:00.000Z"),
        ("2027-08-31T04:00:00Z", 6, "2028-02-29T04:00:00.000Z"),
        ("2026-10-30T17:00:00Z", 6, "2027-04-29T17:00:00.000Z"),
        ("2028-02-29T04:00:00Z", 24, "2030-02-28T04:00:00.000Z"),
    ] {
        let mut world = ucloud();
        world.at(paid);
        assert_eq!(for_france(&mut world, "o1", 100, months, None)["expiresAt"], end, "{paid}");
    }
}
