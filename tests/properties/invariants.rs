//! The invariants of the stored documents, read from their text and not through the ledger.

use crate::common::world::World;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn numbers(value: &Value) -> Vec<u64> {
    value.as_array().unwrap().iter().map(|number| number.as_u64().unwrap()).collect()
}

/// Of a package as answers write it.
fn number(package: &str) -> u64 {
    package.trim_start_matches('p').parse().unwrap()
}

fn added(counts: &[u64]) -> bool {
    counts[0] == counts[1..].iter().sum::<u64>()
}

/// Each package adds up; packages, head and journal agree; every hold that is held is in its packages' counts.
pub(crate) fn hold_in_store(world: &World) {
    let mut documents: BTreeMap<String, Value> = BTreeMap::new();
    for (_, key, value) in world.store.dump() {
        documents.insert(key, serde_json::from_str(&value).unwrap());
    }
    let Some(head) = documents.get("account") else { return };
    let under = |prefix: &'static str| documents.iter().filter(move |(key, _)| key.starts_with(prefix));
    let (mut sum, mut held, mut drawn) = (vec![0; 6], BTreeMap::new(), BTreeMap::new());
    for (key, package) in under("package/") {
        let counts = numbers(&package[6]);
        assert!(added(&counts), "{key} {package}");
        assert_eq!(key.starts_with("package/open/"), counts[1] + counts[2] > 0, "{key} {package}");
        sum.iter_mut().zip(&counts).for_each(|(sum, count)| *sum += count);
        if counts[2] > 0 {
            held.insert(package[1].as_u64().unwrap(), counts[2]);
        }
    }
    assert_eq!(sum, numbers(&head[7]));
    for (_, hold) in under("hold/").filter(|(_, hold)| hold[3] == "held") {
        for draw in hold[7].as_array().unwrap() {
            *drawn.entry(draw[0].as_u64().unwrap()).or_insert(0) += draw[1].as_u64().unwrap();
        }
    }
    assert_eq!(held, drawn, "held by packages, drawn by holds");
    spent_once(&documents);
    let entries: Vec<&Value> = under("entry/").map(|(_, entry)| entry).collect();
    assert_eq!(entries.len() as u64, head[8].as_u64().unwrap());
    let last = entries.last().unwrap();
    assert_eq!((&last[6], &last[9]), (&head[7], &head[10]));
    assert!(entries.iter().map(|entry| entry[3].as_i64().unwrap()).is_sorted());
    // Each period of a plan, each month of a schedule and each order was issued once; what a larger plan adds to a period bears
    // its own name.
    let issued = |source: &str, field: usize| {
        let mut found: Vec<String> = under("package/")
            .filter(|(_, package)| package[2] == source)
            .map(|(_, package)| format!("{} {}", package[4], package[field]))
            .collect();
        found.sort_unstable();
        let all = found.len();
        found.dedup();
        assert_eq!(found.len(), all, "{source} {field}: {found:?}");
    };
    issued("plan", 8);
    issued("complimentary", 8);
    issued("purchase", 4);
    issued("recharge", 4);
    // Nothing was issued for a period that was over.
    for (key, package) in under("package/") {
        let [issued, until] = [7, 9].map(|field| package[field].as_i64());
        assert!(until.is_none_or(|until| issued.unwrap() < until), "{key} {package}");
    }
    // Whoever is charged has a package, and a voucher is consumed by one order that keeps it.
    for (key, order) in under("order/") {
        let issued = order[3] == "fulfilled" || order[3] == "refunded";
        assert_eq!(issued, order[9].is_array(), "{key} {order}");
        let open = order[3] == "placed" || order[3] == "unknown";
        let unpaid = documents.contains_key(&key.replace("order/", "unpaid/"));
        assert_eq!(open, unpaid, "{key} {order}");
    }
    for (key, voucher) in under("voucher/").filter(|(_, voucher)| voucher[12].is_string()) {
        let order = &documents[&format!("order/{}", voucher[12].as_str().unwrap())];
        assert_eq!(order[5][5], voucher[1], "{key}: {order}");
        assert_ne!(order[3], "cancelled", "{key}: {order}");
    }
}

/// What packages have spent is what messages have, each from the packages that it drew from, first drawn first; and what became of a
/// message is all of it.
fn spent_once(documents: &BTreeMap<String, Value>) {
    let mut spent: BTreeMap<u64, u64> = BTreeMap::new();
    for (key, hold) in documents.iter().filter(|(key, _)| key.starts_with("hold/")) {
        if hold[11].is_null() {
            continue;
        }
        let became = numbers(&hold[11][1]);
        let drawn: u64 = hold[7].as_array().unwrap().iter().map(|draw| draw[1].as_u64().unwrap()).sum();
        assert_eq!(became.iter().sum::<u64>(), drawn, "{key} {hold}");
        // A segment is a credit unless an earlier charge model has a rate.
        assert!(!hold[17].is_null() || drawn == hold[6].as_u64().unwrap(), "{key} {hold}");
        let mut left = became[0];
        for draw in hold[7].as_array().unwrap() {
            let [package, drawn] = [0, 1].map(|field| draw[field].as_u64().unwrap());
            *spent.entry(package).or_insert(0) += left.min(drawn);
            left -= left.min(drawn);
        }
    }
    spent.retain(|_, segments| *segments > 0);
    let of_packages = documents.iter().filter(|(key, _)| key.starts_with("package/"));
    let of_packages = of_packages.map(|(_, package)| (package[1].as_u64().unwrap(), numbers(&package[6])[3]));
    let of_packages: BTreeMap<u64, u64> = of_packages.filter(|(_, segments)| *segments > 0).collect();
    assert_eq!(of_packages, spent, "spent by packages, spent by messages");
}

/// `packages` and `endedPackages` have every package that was ever issued, each once.
pub(crate) fn each_package_in_one_list(world: &mut World) {
    let Ok(open) = world.call("packages", json!({})) else { return };
    let ended = world.call("endedPackages", json!({ "limit": 1000 })).unwrap();
    let both = open.as_array().unwrap().iter().chain(ended["packages"].as_array().unwrap());
    let mut found: Vec<u64> = both.map(|one| number(one["id"].as_str().unwrap())).collect();
    found.sort_unstable();
    assert!(found.iter().copied().eq(1..=found.len() as u64), "{found:?}");
}

/// The journal replayed gives the account.
pub(crate) fn hold_in_journal(world: &mut World) {
    let proof = world.call("verify", json!({})).unwrap();
    assert_eq!(proof["ok"], true, "{proof}");
}
