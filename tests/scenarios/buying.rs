//! Purchases: a paid quote becomes an order and a package, once.

use crate::common::world::World;
use crate::common::{AU, Reply, SHORT, at, bytes, changed, refusal, text};
use serde_json::{Value, json};

const NOW: &str = "2026-01-15T10:00:00Z";

#[test]
fn a_purchase_issues_a_package() {
    let mut world = World::opened(NOW);
    let order = world.buy("o1", "pack-au", 300);
    let expected = json!({
        "id": "o1", "state": "fulfilled", "package": "p1", "offer": "pack-au", "region": "AU", "quantity": 300,
        "total": "18.60", "currency": "USD", "catalog": { "id": "cloutly", "revision": 1 },
        "payment": { "reference": "pay-1" }, "placedAt": "2026-01-15T10:00:00.000Z", "purchasedAt": "2026-01-15T10:00:00.000Z", "effectiveAt": "2026-01-15T10:00:00.000Z",
        "available": 300,
    });
    assert_eq!(order, expected);
    assert_eq!(world.packages()[0]["order"], "o1");
    assert_eq!(world.counts(), [300, 0, 0, 0]);
    assert_eq!(world.journal(), ["open", "purchase"]);
    world.proven();
}

/// A buyer is never charged twice: the same order again is the same order, however late and wherever it comes.
#[test]
fn a_repeated_purchase_is_answered_the_same_and_issues_nothing() {
    let mut world = World::opened(NOW);
    let quote = world.quote("pack-au", 100);
    let first = world.purchase("o1", &quote);
    world.reserve("m1", AU, &text(5)).unwrap();
    let stored = world.store.dump();
    assert_eq!(bytes(&world.purchase("o1", &quote)), bytes(&first), "at once");
    assert_eq!(bytes(&world.again().purchase("o1", &quote)), bytes(&first), "after a restart");
    world.at("2026-03-01T00:00:00Z");
    assert_eq!(bytes(&world.purchase("o1", &quote)), bytes(&first), "after the quote has expired");
    assert_eq!(bytes(&world.again().purchase("o1", &quote)), bytes(&first), "after both");
    let mut newer = world.again_under(changed(|catalog| catalog["revision"] = json!(2)));
    assert_eq!(bytes(&newer.purchase("o1", &quote)), bytes(&first), "under a newer catalog");
    assert_eq!(world.store.dump(), stored);
}

#[test]
fn an_order_with_another_body_is_refused() {
    let mut world = World::opened(NOW);
    let quote = world.quote("pack-au", 100);
    world.purchase("o1", &quote).unwrap();
    let other = world.quote("pack-us", 100);
    let stored = world.store.dump();
    let again = world.at("2026-01-15T10:01:00Z").quote("pack-au", 100);
    let otherwise_paid =
        json!({ "id": "o1", "account": "acme", "quote": quote, "payment": { "reference": "pay-2" } });
    let of_a_project = json!({
        "id": "o1", "account": "acme", "quote": quote, "payment": { "reference": "pay-1" }, "project": "web",
    });
    for world in [&mut world.again(), &mut world] {
        let differs = |reply: Reply| {
            assert_eq!(refusal(&reply), "ID_REUSED");
            reply.unwrap_err().details.get("differs").cloned()
        };
        assert_eq!(differs(world.purchase("o1", &other)), None, "of the same instant");
        assert_eq!(differs(world.purchase("o1", &again)), Some(json!("quote")), "made anew");
        assert_eq!(differs(world.call("purchase", otherwise_paid.clone())), None);
        assert_eq!(differs(world.call("purchase", of_a_project.clone())), None);
    }
    assert_eq!(world.store.dump(), stored);
}

#[test]
fn a_quote_that_was_changed_is_refused() {
    type Change = fn(&mut Value);
    let changes: &[(&str, Change)] = &[
        ("total", |quote| quote["total"] = json!("0.01")),
        ("amount of a line", |quote| quote["lines"][0]["amount"] = json!("0.01")),
        ("quantity", |quote| quote["quantity"] = json!(200)),
        ("validity", |quote| quote["validity"] = json!({ "months": 12 })),
        ("end", |quote| quote["expiresAt"] = json!("2027-01-01T00:00:00.000Z")),
        ("revision", |quote| quote["catalog"]["revision"] = json!(2)),
        ("seller", |quote| quote["catalog"]["id"] = json!("other")),
        ("currency", |quote| quote["currency"] = json!("EUR")),
    ];
    let mut world = World::opened(NOW);
    let quote = world.quote("pack-us", 100);
    let before = world.store.dump();
    for (what, change) in changes {
        let mut changed = quote.clone();
        change(&mut changed);
        assert_eq!(refusal(&world.purchase("o1", &changed)), "QUOTE_MISMATCH", "{what}");
        assert_eq!(world.store.dump(), before, "{what}");
    }
}

#[test]
fn a_quote_from_the_future_is_refused_beyond_the_skew_of_clocks() {
    let mut world = World::opened(NOW);
    world.at("2026-01-15T10:05:00Z");
    let near = world.quote("pack-au", 100);
    world.at("2026-01-15T10:05:00.001Z");
    let far = world.quote("pack-au", 100);
    world.at(NOW);
    assert_eq!(refusal(&world.purchase("o1", &far)), "QUOTE_MISMATCH");
    assert_eq!(world.purchase("o2", &near).unwrap()["purchasedAt"], "2026-01-15T10:00:00.000Z");
}

#[test]
fn a_quote_holds_until_its_end_exclusive() {
    let mut world = World::opened(NOW);
    let quote = world.quote("pack-au", 100);
    let before = world.store.dump();
    world.at("2026-01-15T10:30:00Z");
    assert_eq!(refusal(&world.purchase("o1", &quote)), "QUOTE_EXPIRED");
    assert_eq!(world.store.dump(), before);
    world.at("2026-01-15T10:29:59.999Z").purchase("o1", &quote).unwrap();
}

#[test]
fn a_purchase_refused_for_its_quote_may_come_again_with_a_new_one() {
    let mut world = World::opened(NOW);
    let old = world.quote("pack-au", 100);
    world.at("2026-01-15T11:00:00Z").purchase("o1", &old).unwrap_err();
    let new = world.quote("pack-au", 100);
    world.purchase("o1", &new).unwrap();
}

#[test]
fn what_is_not_a_purchase_writes_nothing() {
    let mut world = World::opened(NOW);
    let (before, quote) = (world.store.dump(), world.quote("pack-au", 100));
    for input in [
        json!({}),
        json!({ "id": "o 1", "quote": quote, "payment": { "reference": "x" } }),
        json!({ "id": "o1", "quote": quote, "payment": { "reference": "" } }),
        json!({ "id": "o1", "payment": { "reference": "x" } }),
        json!({ "id": "o1", "quote": quote, "payment": { "reference": "x", "paid": true } }),
        json!({ "id": "o1", "quote": quote, "voucher": "v1", "payment": { "reference": "x" } }),
        json!({ "id": "o1", "quote": quote, "agreement": { "id": "a" }, "payment": { "reference": "x" } }),
        json!({ "id": "o1", "quote": quote, "payment": { "reference": "x" }, "price": 1 }),
        json!({ "id": "o1", "quote": "6.20", "payment": { "reference": "x" } }),
    ] {
        assert_eq!(refusal(&world.call("purchase", input)), "INVALID_INPUT");
    }
    assert_eq!(world.store.dump(), before);
    let mut nobody = World::new(NOW);
    assert_eq!(refusal(&nobody.purchase("o1", &quote)), "UNKNOWN_ACCOUNT");
    assert_eq!(nobody.store.dump(), []);
}

#[test]
fn a_months_validity_runs_from_payment_in_the_catalogs_zone() {
    let catalog = changed(|catalog| {
        catalog["zone"] = json!("Asia/Shanghai");
        catalog["offers"][0]["validity"] = json!({ "months": 1 });
    });
    let mut world = World::opened_of(catalog, "2026-01-30T17:00:00Z");
    // 01:00 on 31 January in Shanghai, so 01:00 on 28 February there.
    assert_eq!(world.buy("o1", "pack-au", 100)["expiresAt"], "2026-02-27T17:00:00.000Z");
    world.at("2026-02-27T16:59:59Z").reserve("m1", AU, SHORT).unwrap();
    assert_eq!(world.now, at("2026-02-27T16:59:59Z"));
}

#[test]
fn a_quote_without_a_region_asks_for_one() {
    let catalog = changed(|catalog| catalog["offers"][0]["regions"] = json!(["AU", "NZ"]));
    let mut world = World::opened_of(catalog, NOW);
    for region in [Value::Null, json!("US")] {
        let mut input = json!({ "offer": "pack-au", "quantity": 100 });
        if !region.is_null() {
            input["region"] = region;
        }
        let refused = world.call("quote", input).unwrap_err();
        assert_eq!((refused.code.as_str(), &refused.details["path"]), ("UNKNOWN_REGION", &json!("region")));
    }
}
