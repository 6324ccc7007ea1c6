//! Money in hard cases: proofs of payment, vouchers that several orders had, prices of tomorrow, and refunds by terms of yesterday
//! (domain rules 13 to 16).

use crate::common::world::World;
use crate::common::{AU, Reply, bytes, changed, refusal, text};
use serde_json::{Value, json};
use sms_ledger::catalog::Catalog;
use std::sync::Arc;

const NOW: &str = "2026-01-15T10:00:00Z";

/// `cloutly`, whose Australian packs take vouchers.
fn shop() -> Arc<Catalog> {
    changed(|catalog| catalog["offers"][0]["vouchers"] = json!(true))
}

fn opened(catalog: Arc<Catalog>) -> World {
    World::opened_of(catalog, NOW)
}

fn place(world: &mut World, id: &str, quote: &Value) -> Reply {
    world.call("purchase", json!({ "id": id, "quote": quote, "payment": { "method": "card" } }))
}

fn confirm(world: &mut World, id: &str, outcome: Value) -> Reply {
    world.call("confirmPayment", json!({ "order": id, "outcome": outcome }))
}

fn paid(reference: &str) -> Value {
    json!({ "status": "paid", "reference": reference })
}

fn grant(world: &mut World, voucher: Value) -> Reply {
    world.call("grantVoucher", json!({ "voucher": voucher }))
}

fn quote_with(world: &mut World, voucher: &str, quantity: u64) -> Reply {
    world.call("quote", json!({ "offer": "pack-au", "quantity": quantity, "voucher": voucher }))
}

/// Whoever was charged has a package, however long the proof is; and two proofs that begin alike stay two.
#[test]
fn a_long_proof_of_payment_is_shortened_and_stays_itself() {
    let long = |end: &str| ["é".repeat(200).as_str(), end].concat();
    let mut world = opened(shop());
    let quote = world.quote("pack-au", 100);
    place(&mut world, "o1", &quote).unwrap();
    let order = confirm(&mut world, "o1", paid(&long("1"))).unwrap();
    let kept = order["payment"]["reference"].as_str().unwrap();
    assert!((200..=256).contains(&kept.len()) && kept.starts_with("ééé"), "{kept}");
    let again = confirm(&mut world.again(), "o1", paid(&long("1")));
    assert_eq!(again.unwrap(), order);
    assert_eq!(refusal(&confirm(&mut world, "o1", paid(&long("2")))), "ORDER_DECIDED paid_twice");
    let input = json!({ "id": "o2", "quote": quote, "payment": { "reference": long("3") } });
    let bought = world.call("purchase", input.clone());
    assert_eq!(bought.as_ref().unwrap()["state"], "fulfilled");
    assert_eq!(bytes(&world.again().call("purchase", input)), bytes(&bought));
    // The longest that is kept as it is.
    let whole = "x".repeat(256);
    let input = json!({ "id": "o3", "quote": quote, "payment": { "reference": whole } });
    assert_eq!(world.call("purchase", input).unwrap()["payment"]["reference"], whole);
    world.proven();
}

#[test]
fn a_charge_without_a_proof_is_named_by_the_proof_that_comes_later() {
    let mut world = opened(shop());
    let quote = world.quote("pack-au", 100);
    for id in ["o1", "o2"] {
        place(&mut world, id, &quote).unwrap();
    }
    confirm(&mut world, "o1", paid("no-reference")).unwrap();
    let named = confirm(&mut world.again(), "o1", paid("pi_1")).unwrap();
    assert_eq!((&named["payment"]["reference"], &named["package"]), (&json!("pi_1"), &json!("p1")));
    // Neither is the nameless one a second payment, nor is a second one nameless.
    assert_eq!(confirm(&mut world, "o1", paid("no-reference")).unwrap(), named);
    assert_eq!(refusal(&confirm(&mut world, "o1", paid("pi_2"))), "ORDER_DECIDED paid_twice");
    assert_eq!(world.packages().len(), 1);
    world.proven();
}

/// A key of a payment provider has 255 characters at most: an account's id, a space, an order's id.
#[test]
fn an_orders_id_leaves_room_for_its_accounts() {
    let mut world = opened(shop());
    let quote = world.quote("pack-au", 100);
    assert_eq!(refusal(&place(&mut world, &"x".repeat(127), &quote)), "INVALID_INPUT");
    place(&mut world, &"x".repeat(126), &quote).unwrap();
}

/// One voucher, five orders, of which four were given up and then paid all the same: each has its package, and says whose the
/// voucher was.
#[test]
fn an_order_says_that_another_had_its_voucher() {
    let mut world = opened(shop());
    grant(&mut world, json!({ "id": "v1", "amount": "5", "currency": "USD" })).unwrap();
    let quote = quote_with(&mut world, "v1", 200).unwrap();
    let ids = ["o1", "o2", "o3"];
    for id in ids {
        place(&mut world.again(), id, &quote).unwrap();
        if id != "o3" {
            confirm(&mut world.again(), id, json!({ "status": "cancelled" })).unwrap();
        }
    }
    for id in ids {
        let order = confirm(&mut world.again(), id, paid(id)).unwrap();
        let expected = if id == "o3" { Value::Null } else { json!("o3") };
        assert_eq!(order["voucherUsedBy"], expected, "{id}");
        assert_eq!(world.again().call("order", json!({ "id": id })).unwrap(), order);
    }
    assert_eq!(world.again().packages().len(), 3);
    // Free again when it is paid, an order takes it, and nobody else had it.
    grant(&mut world, json!({ "id": "v2", "percent": "10" })).unwrap();
    let quote = quote_with(&mut world, "v2", 200).unwrap();
    place(&mut world, "o4", &quote).unwrap();
    confirm(&mut world, "o4", json!({ "status": "cancelled" })).unwrap();
    let order = confirm(&mut world, "o4", paid("o4")).unwrap();
    assert_eq!(order.get("voucherUsedBy"), None);
    world.proven();
}

#[test]
fn a_voucher_takes_off_whole_minor_units_and_never_nothing() {
    let mut world = opened(shop());
    for (voucher, path) in [
        (json!({ "id": "v", "amount": "0.005", "currency": "USD" }), "voucher.amount"),
        (json!({ "id": "v", "percent": "100", "cap": "1.005", "currency": "USD" }), "voucher.cap"),
        (json!({ "id": "v", "amount": "10.5", "currency": "JPY" }), "voucher.amount"),
        (json!({ "id": "v", "percent": "5", "minSpend": "1.234", "currency": "USD" }), "voucher.minSpend"),
        (json!({ "id": "v", "percent": "33.3333333" }), "voucher.percent"),
    ] {
        let error = grant(&mut world, voucher.clone()).unwrap_err();
        assert_eq!(
            (error.code.as_str(), &error.details["path"]),
            ("INVALID_INPUT", &json!(path)),
            "{voucher}"
        );
    }
    for voucher in [
        json!({ "id": "tiny", "percent": "0.001" }),
        json!({ "id": "none", "percent": "100", "cap": "0", "currency": "USD" }),
    ] {
        let id = voucher["id"].as_str().unwrap().to_owned();
        grant(&mut world, voucher).unwrap();
        assert_eq!(refusal(&quote_with(&mut world, &id, 100)), "VOUCHER_NOT_ELIGIBLE nothing_off");
    }
    let asked = json!({ "for": { "offer": "pack-au", "quantity": 100 } });
    let page = world.again().call("vouchers", asked).unwrap();
    assert_eq!(page["vouchers"][1]["reason"], "nothing_off");
    // Enough of it, and there is something: 0.001 % of 620.
    assert_eq!(quote_with(&mut world, "tiny", 10_000).unwrap()["discount"], "0.01");
    grant(&mut world, json!({ "id": "whole", "amount": "1.500", "currency": "USD" })).unwrap();
    assert_eq!(quote_with(&mut world, "whole", 100).unwrap()["total"], "4.70");
}

#[test]
fn a_voucher_is_the_same_however_its_decimals_are_written() {
    let mut world = opened(shop());
    let first = grant(&mut world, json!({ "id": "v", "percent": "10", "cap": "5.0", "currency": "USD" }));
    let again = json!({ "id": "v", "percent": "10.00", "cap": "5", "currency": "USD" });
    assert_eq!(bytes(&grant(&mut world.again(), again)), bytes(&first));
    let other = json!({ "id": "v", "percent": "10.01", "cap": "5", "currency": "USD" });
    assert_eq!(refusal(&grant(&mut world, other)), "ID_REUSED");
}

/// A price list that begins in two minutes, and one that ends then.
fn dated() -> Arc<Catalog> {
    changed(|catalog| {
        let offer = catalog["offers"][0].as_object_mut().unwrap();
        offer.remove("price");
        offer.insert("prices".to_owned(), json!("au"));
        offer.insert("vouchers".to_owned(), json!(true));
        let list = |id: &str, amount: &str| json!({ "id": id, "series": "au", "currency": "USD", "prices": [{ "region": "AU", "model": "flat", "per": 100, "amount": amount }] });
        let (mut now, mut next) = (list("now", "6.20"), list("next", "3.10"));
        now["until"] = json!("2026-01-15T10:02:00Z");
        next["from"] = json!("2026-01-15T10:02:00Z");
        catalog["price_lists"] = json!([now, next]);
    })
}

/// The clocks of a buyer and a seller may differ by five minutes, but not so that the buyer has tomorrow's price today.
#[test]
fn a_quote_from_ahead_is_at_the_price_of_now() {
    let mut world = opened(dated());
    grant(&mut world, json!({ "id": "v", "percent": "10", "from": "2026-01-15T10:01:00Z" })).unwrap();
    let asked = |at: &str, voucher: Option<&str>| {
        let mut wanted = json!({ "offer": "pack-au", "quantity": 100, "at": at });
        if let Some(voucher) = voucher {
            wanted["voucher"] = json!(voucher);
        }
        wanted
    };
    let soon = world.call("quote", asked("2026-01-15T10:01:59Z", None)).unwrap();
    let next = world.call("quote", asked("2026-01-15T10:02:00Z", None)).unwrap();
    let early = world.call("quote", asked("2026-01-15T10:01:30Z", Some("v"))).unwrap();
    assert_eq!((&soon["total"], &next["total"]), (&json!("6.20"), &json!("3.10")));
    assert_eq!(refusal(&place(&mut world, "o1", &next)), "QUOTE_MISMATCH");
    assert_eq!(refusal(&place(&mut world, "o1", &early)), "VOUCHER_NOT_ELIGIBLE not_yet_valid");
    let order = place(&mut world, "o1", &soon).unwrap();
    assert_eq!((&order["total"], &order["priceList"]), (&json!("6.20"), &json!("now")));
    confirm(&mut world, "o1", paid("pay-1")).unwrap();
    let bought = world.call("entries", json!({ "kinds": ["purchase"] })).unwrap()["entries"][0].clone();
    assert_eq!(bought["priceList"], "now");
    // Once it is their time, both are good; and so is the earlier quote for as long as it holds.
    world.at("2026-01-15T10:02:00Z");
    assert_eq!(place(&mut world, "o2", &next).unwrap()["total"], "3.10");
    assert_eq!(place(&mut world, "o3", &early).unwrap()["total"], "5.58");
}

/// An order is paid back by what used segments cost when it was quoted, whatever later revisions say, or no longer say.
#[test]
fn a_refund_goes_by_the_prices_of_its_order() {
    let with = |revision: u32, used: Option<&str>| {
        changed(|catalog| {
            catalog["revision"] = json!(revision);
            let Some(used) = used else { return };
            catalog["offers"][0]["refund"] = json!({ "model": "used-value", "prices": "used" });
            catalog["price_lists"] = json!([{ "id": "used", "series": "used", "currency": "USD", "prices": [
                { "region": "AU", "model": "graduated", "per": 100, "tiers": [
                    { "from": 1, "up_to": 10, "amount": used }, { "from": 11, "amount": "5.00" },
                ] },
            ] }]);
        })
    };
    let mut world = opened(with(1, Some("10.00")));
    world.buy("o1", "pack-au", 100);
    world.reserve("m1", AU, &text(10)).unwrap();
    world.settle("m1", None).unwrap();
    world.reserve("m2", AU, &text(10)).unwrap();
    world.settle("m2", None).unwrap();
    let dry = json!({ "order": "o1", "dryRun": true });
    // 10 at 0.10 and 10 at 0.05 are used of 6.20.
    for later in [with(1, Some("10.00")), with(2, Some("20.00")), with(3, None)] {
        let told = world.again_under(later).call("refund", dry.clone()).unwrap();
        assert_eq!(told["refunded"]["amount"], "4.70");
    }
    world.proven();
}

#[test]
fn a_package_that_would_outlast_the_calendar_is_not_sold() {
    let catalog = changed(|catalog| catalog["offers"][0]["validity"] = json!({ "months": 1200 }));
    let mut world = World::of(Arc::clone(&catalog), "9899-12-31T23:59:59Z");
    world.open(json!({})).unwrap();
    let quote = world.quote("pack-au", 100);
    place(&mut world, "o1", &quote).unwrap();
    world.at("9900-01-01T00:00:00Z");
    let late = world.quote("pack-au", 100);
    let stored = world.store.dump();
    assert_eq!(refusal(&place(&mut world, "o2", &late)), "INVALID_INPUT");
    assert_eq!(world.store.dump(), stored);
    // Sold in time and charged late: it lasts as long as the calendar.
    let order = confirm(&mut world, "o1", paid("r")).unwrap();
    assert_eq!(
        (&order["state"], &order["expiresAt"]),
        (&json!("fulfilled"), &json!("9999-12-31T23:59:59.999Z"))
    );
}

/// What costs more than can be counted is left out beside what does not.
#[test]
fn a_quantity_next_to_one_that_cannot_be_counted_has_a_price() {
    let catalog = changed(|catalog| {
        catalog["offers"][0]["price"] = json!({ "model": "volume", "tiers": [
            { "from": 1, "up_to": 100, "amount": "1" }, { "from": 101, "amount": "999999999999999999" },
        ] });
    });
    let world = opened(catalog);
    let quote = world.quote("pack-au", 100);
    assert_eq!((&quote["total"], &quote["alternatives"]), (&json!("100.00"), &json!([])));
    assert_eq!(quote.get("cheaperAt"), None);
}
