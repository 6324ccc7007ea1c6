//! Stored documents outlive the release that wrote them: those of every version that there ever was are kept as fixtures, one of each kind
//! at least, and stay readable.
//!
//! `UPDATE_DOCUMENTS=1 cargo test --test scenarios documents` writes the fixture of the present version, which is not to be done any more
//! once that version is released: what changes a document afterwards counts the version up and adds a fixture.

use crate::common::world::{ACCOUNT, World};
use crate::common::{AU, NZ, SHORT, US, changed, text};
use serde_json::{Value, json};
use sms_ledger::catalog::Catalog;
use sms_ledger::storage::documents::{Key, VERSION};
use sms_ledger::storage::{
    Batch, Expect, Storage, decode_account, decode_adjustment, decode_entries, decode_hold, decode_migration,
    decode_order, decode_package, decode_policy, decode_settings, decode_unpaid, decode_voucher,
};
use std::sync::Arc;

/// Every version that there ever was, with an account in it.
const FIXTURES: &[(u8, &str)] = &[(1, include_str!("../fixtures/documents/1.json"))];
/// Where they are, to write the last of them.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/documents");

const BEFORE: &str = "2024-05-01T00:00:00.000Z";
const NOW: &str = "2026-01-15T10:00:00.000Z";
const LATER: &str = "2026-02-20T10:00:00.000Z";

fn seller() -> Arc<Catalog> {
    changed(|catalog| {
        catalog["legacy"][0]["rates"] = json!([
            { "region": "AU", "credits": "1.5" }, { "region": "US", "credits": "0.5" }, { "region": "NZ", "credits": "1" },
        ]);
        for offer in catalog["offers"].as_array_mut().unwrap() {
            offer["vouchers"] = json!(true);
        }
    })
}

/// An account of before September 2025 with a bit of everything.
fn story() -> World {
    let mut world = World::of(seller(), NOW);
    world.open(json!({ "createdAt": BEFORE, "plan": "starter", "zone": "Australia/Sydney" })).unwrap();
    world.buy("o1", "pack-au", 100);
    world.buy("o2", "pack-us", 100);
    let (quote, method) = (world.quote("pack-nz", 100), json!({ "method": "card" }));
    world
        .call("grantVoucher", json!({ "voucher": { "id": "v1", "amount": "5", "currency": "USD" } }))
        .unwrap();
    world
        .call("grantVoucher", json!({ "voucher": { "id": "v2", "percent": "10", "regions": ["NZ"] } }))
        .unwrap();
    world.call("purchase", json!({ "id": "o3", "quote": quote, "payment": method })).unwrap();
    let paid_less = json!({ "offer": "pack-nz", "quantity": 100, "voucher": "v2" });
    let quote = world.call("quote", paid_less).unwrap();
    let paid = json!({ "id": "o4", "quote": quote, "voucher": "v2", "payment": { "reference": "pay-4" } });
    world.call("purchase", paid).unwrap();
    world.call("adjust", json!({ "id": "a1", "segments": 7, "reason": "世界 \"thanks\" \u{1}" })).unwrap();
    let alarms =
        json!({ "thresholds": [{ "below": 300 }, { "region": "AU", "below": 90 }], "expiryDays": [7, 1] });
    world.call("setAlarms", alarms).unwrap();
    world
        .call("setCeilings", json!({ "ceilings": [{ "perDay": 500 }, { "region": "AU", "perHour": 200 }] }))
        .unwrap();
    world.call("setRecharge", json!({ "offer": "pack-au", "method": "card" })).unwrap();
    for (id, to, segments) in [("m1", AU, 1), ("m2", AU, 2), ("m3", US, 3), ("m4", NZ, 1), ("m5", US, 1)] {
        world.reserve(id, to, &text(segments)).unwrap();
    }
    world.report("m1", "delivered", None).unwrap();
    world.release("m2").unwrap();
    world.reserve("refused", "+4915112345678", SHORT).unwrap_err();
    world.reserve("large", US, &text(9)).unwrap();
    world.report("m3", "rejected", Some("30003")).unwrap();
    world
        .call("migrate", json!({ "id": "g1", "ratio": { "from": 3, "to": 2 }, "reason": "on request" }))
        .unwrap();
    world.at(LATER).call("advance", json!({})).unwrap();
    world.reserve("m6", AU, SHORT).unwrap();
    world
}

/// A fixture: the documents, and what the account says of them.
fn fixture(world: &mut World) -> Value {
    let documents: Vec<_> =
        world.store.documents().into_iter().map(|(_, key, value)| json!([key, value])).collect();
    json!({ "documents": documents, "told": told(world) })
}

fn told(world: &mut World) -> Value {
    json!({
        "at": world.now.to_string(),
        "counts": world.counts(),
        "packages": world.packages().iter().map(|package| json!([package["id"], package["available"]])).collect::<Vec<_>>(),
        "journal": world.journal(),
        "verified": world.call("verify", json!({})).unwrap(),
    })
}

/// The kinds of documents. A new one is missing in the match, and then in the fixture.
fn kind(key: Key<'_>) -> &'static str {
    match key {
        Key::Account => "account",
        Key::Settings => "settings",
        Key::Open(_) => "package/open/",
        Key::Ended(_) => "package/ended/",
        Key::Hold(_) => "hold/",
        Key::Order(_) => "order/",
        Key::Unpaid(_) => "unpaid/",
        Key::Voucher(_) => "voucher/",
        Key::Adjustment(_) => "adjustment/",
        Key::Migration(_) => "migration/",
        Key::Policy(_) => "policy/",
        Key::Entry(_) => "entry/",
    }
}

const KINDS: [Key<'_>; 12] = [
    Key::Account,
    Key::Settings,
    Key::Open(0),
    Key::Ended(0),
    Key::Hold(""),
    Key::Order(""),
    Key::Unpaid(""),
    Key::Voucher(""),
    Key::Adjustment(""),
    Key::Migration(""),
    Key::Policy(0),
    Key::Entry(0),
];

/// Reads a document as the engine does; the problem where it cannot.
fn read(key: &str, value: &str) -> Result<(), String> {
    let found = KINDS.into_iter().map(kind).filter(|kind| key.starts_with(kind)).collect::<Vec<_>>();
    let read = match found[..] {
        ["account"] => decode_account(key, value).map(drop),
        ["settings"] => decode_settings(key, value).map(drop),
        ["package/open/" | "package/ended/"] => decode_package(key, value).map(drop),
        ["hold/"] => decode_hold(key, value).map(drop),
        ["order/"] => decode_order(key, value).map(drop),
        ["voucher/"] => decode_voucher(key, value).map(drop),
        ["adjustment/"] => decode_adjustment(key, value).map(drop),
        ["migration/"] => decode_migration(key, value).map(drop),
        ["policy/"] => decode_policy(key, value).map(drop),
        ["entry/"] => decode_entries(key, value).map(drop),
        ["unpaid/"] => decode_unpaid(key, value).map(drop),
        _ => panic!("`{key}` is a document of no kind or of several"),
    };
    read.map_err(|error| error.to_string())
}

fn documents(fixture: &str) -> Vec<(String, String)> {
    let fixture: Value = serde_json::from_str(fixture).unwrap();
    serde_json::from_value(fixture["documents"].clone()).unwrap()
}

#[test]
fn the_fixture_of_this_version_is_what_this_release_writes() {
    let (version, committed) = FIXTURES.last().unwrap();
    assert_eq!(*version, VERSION, "the present version has no fixture");
    let written = serde_json::to_string_pretty(&fixture(&mut story())).unwrap() + "\n";
    if std::env::var_os("UPDATE_DOCUMENTS").is_some() {
        std::fs::write(format!("{FOLDER}/{version}.json"), &written).unwrap();
        return;
    }
    let problem =
        "run `UPDATE_DOCUMENTS=1 cargo test --test scenarios documents`, unless the version is released";
    assert_eq!(*committed, written, "tests/fixtures/documents/{version}.json: {problem}");
}

#[test]
fn every_fixture_has_documents_of_every_kind() {
    for (version, fixture) in FIXTURES {
        for kind in KINDS.map(kind) {
            let count = documents(fixture).iter().filter(|(key, _)| key.starts_with(kind)).count();
            assert!(count > 0, "version {version} has no document `{kind}`");
        }
    }
}

#[test]
fn documents_of_every_version_are_read_and_tell_what_they_told() {
    for (version, fixture) in FIXTURES {
        let mut world = World::of(seller(), LATER);
        for (key, value) in documents(fixture) {
            assert_eq!(read(&key, &value), Ok(()), "version {version}: {key}");
            let mut batch = Batch::default();
            batch.put(|text| text.push_str(&key), Expect::Anything, |text| text.push_str(&value));
            world.store.commit(ACCOUNT, &batch).unwrap();
        }
        let fixture: Value = serde_json::from_str(fixture).unwrap();
        assert_eq!(told(&mut world), fixture["told"], "version {version}");
        // It can be gone on with, and what was said before is answered as it was.
        world.reserve("new", AU, SHORT).unwrap();
        world.report("m4", "delivered", None).unwrap();
        let orders = world.call("orders", json!({ "undecided": true })).unwrap();
        assert_eq!(orders["orders"][0]["id"], "o3", "version {version}: {orders}");
        world.proven();
    }
}

#[test]
fn documents_of_unknown_versions_are_refused() {
    for (version, fixture) in FIXTURES {
        for (key, value) in documents(fixture) {
            let rest = value.strip_prefix(&format!("[{version},")).unwrap();
            for unknown in [0, VERSION + 1, u8::MAX] {
                let problem = read(&key, &format!("[{unknown},{rest}")).unwrap_err();
                assert!(problem.contains(&format!("version `{unknown}` is unknown")), "{key}: {problem}");
            }
            for broken in
                ["", "[]", "[1]", "null", "{}", value.strip_suffix(']').unwrap(), &format!("{value}]")]
            {
                assert!(read(&key, broken).is_err(), "{key}: {broken}");
            }
        }
    }
}

#[test]
fn undecided_orders_are_not_listed_by_a_note_of_an_unknown_version() {
    let mut world = World::of(seller(), LATER);
    for (key, value) in documents(FIXTURES.last().unwrap().1) {
        let newer = key.starts_with(kind(Key::Unpaid("")));
        let value = if newer { value.replacen(&format!("[{VERSION},"), "[9,", 1) } else { value };
        let mut batch = Batch::default();
        batch.put(|text| text.push_str(&key), Expect::Anything, |text| text.push_str(&value));
        world.store.commit(ACCOUNT, &batch).unwrap();
    }
    let error = world.call("orders", json!({ "undecided": true })).unwrap_err();
    assert!(error.to_string().contains("version `9` is unknown"), "{error}");
}
