//! What `verify` finds: each field of each kind of document is changed behind the ledger's back, and each document deleted. Whatever it
//! does not find stands in a list with the reason.

use crate::common::world::World;
use crate::common::{AU, NZ, SHORT, US, changed, text};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// An account that has lived: each kind of document, in each of its states.
fn lived() -> World {
    let catalog = changed(|catalog| {
        catalog["legacy"][0]["rates"] = json!([
            { "region": "AU", "credits": "1.5" }, { "region": "US", "credits": "0.5" }, { "region": "NZ", "credits": "1" },
        ]);
        for offer in catalog["offers"].as_array_mut().unwrap() {
            offer["vouchers"] = json!(true);
            offer["validity"] = json!({ "days": 30 });
            offer["refund"] = json!({ "model": "unused", "within": { "days": 14 } });
        }
        catalog["policy"]["grace_hours"] = json!(48);
        catalog["policy"]["hold"] = json!({ "hours": 720, "then": "settle" });
        catalog["policy"]["corrections"] = json!(true);
    });
    let mut world = World::of(catalog, "2026-01-15T10:00:00Z");
    world
        .open(json!({ "createdAt": "2024-05-01T00:00:00Z", "plan": "starter", "zone": "Australia/Sydney", "gates": ["certified"] }))
        .unwrap();
    world.buy("o1", "pack-au", 100);
    world
        .call("grantVoucher", json!({ "voucher": { "id": "free", "amount": "5", "currency": "USD" } }))
        .unwrap();
    world
        .call("grantVoucher", json!({ "voucher": { "id": "used", "percent": "10", "regions": ["NZ"], "minSpend": "1", "currency": "USD" } }))
        .unwrap();
    let quote = world.quote("pack-nz", 100);
    let method = json!({ "method": "card" });
    for id in ["open", "declined"] {
        world.call("purchase", json!({ "id": id, "quote": quote, "payment": method })).unwrap();
    }
    let declined = json!({ "status": "declined", "reason": "no cover" });
    world.call("confirmPayment", json!({ "order": "declined", "outcome": declined })).unwrap();
    let quote =
        world.call("quote", json!({ "offer": "pack-nz", "quantity": 100, "voucher": "used" })).unwrap();
    let paid =
        json!({ "id": "less", "quote": quote, "voucher": "used", "payment": { "reference": "pay-4" } });
    world.call("purchase", paid).unwrap();
    world.buy("back", "pack-us", 200);
    world.call("refund", json!({ "order": "back" })).unwrap();
    world.call("adjust", json!({ "id": "gift", "segments": 7, "reason": "thanks" })).unwrap();
    world
        .call("adjust", json!({ "id": "fine", "package": "p2", "segments": -3, "reason": "abuse" }))
        .unwrap();
    world.call("setAlarms", json!({ "thresholds": [{ "below": 300 }], "expiryDays": [7, 1] })).unwrap();
    world
        .call("setCeilings", json!({ "ceilings": [{ "region": "AU", "perHour": 200, "perDay": 500 }] }))
        .unwrap();
    world.call("setRecharge", json!({ "offer": "pack-us", "method": "card" })).unwrap();
    world.at("2026-01-16T10:00:00Z");
    for (id, to, segments) in [
        ("settled", AU, 2),
        ("released", AU, 2),
        ("late", AU, 3),
        ("corrected", AU, 1),
        ("held", AU, 1),
        ("part", NZ, 5),
    ] {
        world.reserve(id, to, &text(segments)).unwrap();
    }
    world.settle("settled", None).unwrap();
    world.release("released").unwrap();
    world.report("corrected", "undelivered", Some("30003")).unwrap();
    world.report("corrected", "delivered", None).unwrap();
    world.report_part("part", 3).unwrap();
    world.reserve("refused", "+4915112345678", SHORT).unwrap_err();
    // Recharge: nothing is left for the United States.
    world.reserve("asks", US, &text(200)).unwrap_err();
    world.call("setGates", json!({ "gates": ["certified", "trusted"] })).unwrap();
    world.call("suspend", json!({ "reason": "unpaid" })).unwrap();
    world
        .call("migrate", json!({ "id": "g1", "ratio": { "from": 3, "to": 2 }, "reason": "on request" }))
        .unwrap();
    world.at("2026-02-12T10:00:00Z").call("advance", json!({})).unwrap();
    world.at("2026-02-14T22:00:00Z").call("advance", json!({})).unwrap();
    world.release("late").unwrap();
    world.proven();
    world
}

/// Why the journal does not tell of them, and the places that are not found, each with what it has within it. A number is the place of a
/// field in its row, as `src/storage/documents.rs` lists them.
const UNFOUND: &[(&str, &[&str])] = &[
    (
        "the body of a command is nowhere but in its record: a repetition of it is refused as another one's",
        &[
            "adjustment.2",
            "hold.2",
            "refused hold.2",
            "migration.2",
            "order.2",
            "unpaid order.2",
            "voucher.2",
            "used voucher.2",
        ],
    ),
    (
        "what was available right after is told to whoever repeats a command, and to nobody else",
        &["adjustment.7", "hold.9", "hold.11.3", "refused hold.9", "order.9.4", "order.10.3"],
    ),
    (
        "a plan's dates and what it has issued follow from the calendar; the packages of its periods are in the journal",
        &["account.11"],
    ),
    ("of a schedule the same", &["account.14"]),
    ("only words that tell a refusal's reason", &["account.13", "account.15"]),
    ("messages count against a ceiling for an hour and a day; no entry says their region", &["account.16"]),
    ("at worst a policy is written once more", &["account.18"]),
    (
        "where messages are in flight is an index: one that does not lead to them all is found when they are due",
        &["account.19"],
    ),
    (
        "how far an exchange is; what each package has left is in the journal",
        &["account.22.3", "account.22.4", "account.22.6"],
    ),
    ("commands move the clock without an entry, and never back behind the last one", &["account.6"]),
    (
        "what is said of a message beside its segments is in no entry, so that a reserve costs no more",
        &["hold.4", "hold.10", "hold.11.0", "hold.13", "hold.14", "hold.15", "hold.16.0", "hold.17"],
    ),
    ("a refused message has no entry", &["refused hold"]),
    (
        "how many credits a migration has exchanged is told by the entries of its packages",
        &["migration.3", "migration.6"],
    ),
    ("an order that is not paid has no entry, unless it was placed by itself", &["unpaid order"]),
    (
        "terms of a sale that its entry does not say: its quote, its refund, its agreement, its payment",
        &[
            "order.4.0",
            "order.4.2",
            "order.4.6.1",
            "order.4.7",
            "order.4.8",
            "order.5.2",
            "order.5.6",
            "order.7",
            "order.8",
        ],
    ),
    ("the notice of an expiry that is given next", &["package/ended.12", "package/open.12"]),
    ("the catalog of that revision says the same", &["policy"]),
    ("what is set has no entry", &["settings"]),
    ("a voucher is told of only once an order has used it", &["voucher"]),
    (
        "what a voucher would still take off; what it has taken off is in the entry of the order",
        &[
            "used voucher.3",
            "used voucher.4",
            "used voucher.5",
            "used voucher.7",
            "used voucher.8",
            "used voucher.9",
            "used voucher.10",
            "used voucher.11",
        ],
    ),
];

/// Values of which one stands for another, where a text is one of a few.
const NAMES: &[&[&str]] = &[
    &["held", "settled", "released", "refused"],
    &["placed", "unknown", "declined", "cancelled", "timed_out", "fulfilled", "refunded"],
    &["active", "suspended", "closed"],
    &["gsm7", "ucs2"],
    &["delivered", "undelivered", "rejected", "submitted"],
    &["purchase", "plan", "adjustment", "recharge", "complimentary"],
    &["none", "unused"],
    &["AU", "US"],
    &["NZ", "GB"],
    &["USD", "AUD"],
    &["settle", "release"],
    &["exhausted", "expired", "wrong_region", "none"],
    &["all", "none", "wait", "full"],
    &["submit", "delivery"],
    &["flat", "volume"],
    &["earliest", "allowed", "never"],
];

/// Items of lists that are empty: a schedule, how a package of a scope ended, a refusal, a contradiction, an offer and a region.
const ITEMS: &[&str] = &[
    r#"["x", 1768471200000, 1768471200000, null]"#,
    r#"[["AU", "x", null], 1768471200000, false]"#,
    r#"["exhausted", 1, 1768471200000, null, null, null]"#,
    r#"["release", 1768471200000, false]"#,
    r#""pack-au""#,
    r#""AU""#,
];

fn item_of(item: &str) -> Value {
    serde_json::from_str(item).unwrap()
}

/// What a value is changed to.
fn forged(value: &Value) -> Vec<Value> {
    match value {
        Value::Null => {
            vec![json!(1), json!(1_900_000_000_000_i64), json!("x"), json!(["x", 1]), json!([1, 1])]
        }
        Value::Bool(said) => vec![json!(!said)],
        Value::Number(number) => {
            let number = number.as_i64().unwrap();
            vec![json!(number + 1), json!(number - 1)]
        }
        Value::String(said) if said.is_empty() => vec![json!("x")],
        Value::String(said) => {
            let names = NAMES.iter().filter(|names| names.contains(&said.as_str()));
            let others =
                names.flat_map(|names| names.iter()).filter(|name| **name != said).map(|name| json!(name));
            let last = if said.ends_with('0') { "1" } else { "0" };
            let cut: String = said.chars().take(said.chars().count() - 1).collect();
            others
                .chain([json!(format!("{cut}{last}")), json!(format!("{said}1")), json!(format!("{said}x"))])
                .collect()
        }
        Value::Array(items) if items.is_empty() => ITEMS.iter().map(|item| json!([item_of(item)])).collect(),
        Value::Array(items) => {
            let mut fewer = items.clone();
            fewer.pop();
            vec![json!(fewer)]
        }
        Value::Object(_) => Vec::new(),
    }
}

/// Each place within a value, and the values with that place forged.
fn forgeries(
    value: &Value,
    place: &str,
    whole: &dyn Fn(Value) -> Option<Value>,
    found: &mut Vec<(String, Option<Value>)>,
) {
    found.extend(forged(value).into_iter().map(|other| (place.to_owned(), whole(other))));
    let items: Vec<(String, &Value)> = match value {
        Value::Array(items) => items.iter().enumerate().map(|(at, item)| (at.to_string(), item)).collect(),
        Value::Object(items) => items.iter().map(|(name, item)| (name.clone(), item)).collect(),
        _ => Vec::new(),
    };
    for (at, item) in items {
        let inner = |other: Value| {
            let mut changed = value.clone();
            match &mut changed {
                Value::Array(items) => items[at.parse::<usize>().unwrap()] = other,
                Value::Object(items) => drop(items.insert(at.clone(), other)),
                _ => unreachable!(),
            }
            whole(changed)
        };
        forgeries(item, &format!("{place}.{at}"), &inner, found);
    }
}

/// A kind of document, and where that matters its state.
fn kind(key: &str) -> String {
    let (kind, id) = key.rsplit_once('/').unwrap_or((key, ""));
    let state = match (kind, id) {
        ("hold", "refused" | "asks") => "refused ",
        ("order", "open" | "declined" | "recharge-19") => "unpaid ",
        ("voucher", "used") => "used ",
        _ => "",
    };
    [state, kind].concat()
}

#[test]
fn every_forgery_is_found_or_has_a_reason_not_to_be() {
    let world = lived();
    let mut unfound: BTreeSet<String> = BTreeSet::new();
    for (_, key, value) in world.store.documents() {
        let document: Value = serde_json::from_str(&value).unwrap();
        let mut changes = vec![(kind(&key), None)];
        forgeries(&document, &kind(&key), &Some, &mut changes);
        changes.retain(|(_, other)| other.as_ref() != Some(&document));
        for (place, other) in changes {
            world.store.put(&key, other.map(|other| other.to_string()).as_deref());
            if world.again().call("verify", json!({})).is_ok_and(|proof| proof["ok"] == true) {
                unfound.insert(place);
            }
        }
        world.store.put(&key, Some(&value));
    }
    let within = |place: &str, known: &str| {
        place.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let known = || UNFOUND.iter().flat_map(|(_, places)| places.iter());
    let new: Vec<&String> =
        unfound.iter().filter(|place| !known().any(|known| within(place, known))).collect();
    assert!(new.is_empty(), "no break is found and no reason given: {new:?}");
    let found: Vec<&&str> =
        known().filter(|known| !unfound.iter().any(|place| within(place, known))).collect();
    assert!(found.is_empty(), "is found by now: {found:?}");
}

/// What would have given segments or money twice is named as the first break.
#[test]
fn the_first_break_is_named() {
    let adjustment = "entry 7 is of something under `adjustment/` that is missing";
    for (key, change, problem) in [
        ("adjustment/gift", None, adjustment),
        ("adjustment/fine", Some(("-3", "-2")), "adjustment `fine` does not follow from the journal"),
        ("migration/g1", None, "is of something under `migration/` that is missing"),
        ("order/o1", None, "entry 3 is of something under `order/` that is missing"),
        ("order/o1", Some(("100,", "101,")), "order `o1` does not follow from the journal"),
        ("order/back", Some(("refunded", "fulfilled")), "its parts do not add up"),
        ("order/recharge-19", None, "entry 19 is of something under `order/` that is missing"),
        ("unpaid/open", None, "order `open` and the note that its payment is open do not agree"),
        ("order/open", None, "order `open` and the note that its payment is open do not agree"),
        ("voucher/used", None, "is of something under `voucher/` that is missing"),
        ("voucher/used", Some(("\"less\"", "null")), "voucher `used` does not follow from the journal"),
        (
            "voucher/free",
            Some(("00,null]", "00,\"less\"]")),
            "voucher `free` does not follow from the journal",
        ),
        ("policy/00000001", None, "a policy is missing under which messages were paid"),
        ("account", Some(("suspended", "active")), "the head is not the one that the journal tells of"),
        (
            "account",
            Some(("Australia/Sydney", "Etc/UTC")),
            "the head is not the one that the journal tells of",
        ),
        ("settings", Some(("[1,", "[9,")), "version `9` is unknown"),
    ] {
        let world = lived();
        let documents = world.store.documents();
        let (_, _, value) = documents.iter().find(|(_, at, _)| at == key).unwrap();
        let changed = change.map(|(from, to): (&str, &str)| {
            assert!(value.contains(from), "{key}: {value}");
            value.replacen(from, to, 1)
        });
        world.store.put(key, changed.as_deref());
        let proof = world.again().call("verify", json!({})).unwrap();
        let found = proof["problem"].as_str().unwrap_or_default();
        assert!(proof["ok"] == false && found.contains(problem), "{key}: {proof}");
    }
}
