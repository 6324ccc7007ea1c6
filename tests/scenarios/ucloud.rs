//! «SMS Package» of the USMS console, sentence by sentence, on the catalog `ucloud-usms`. docs/seeds.md has the table.

use crate::common::world::World;
use crate::common::{Reply, refusal};
use serde_json::{Value, json};
use sms_ledger::catalog::{Catalog, profiles};
use std::sync::Arc;

const NOW: &str = "2026-03-02T04:00:00.000Z";
const FRANCE: &str = "+33612345678";

fn opened() -> World {
    World::opened_of(Arc::new(Catalog::from_json(profiles::UCLOUD_USMS).unwrap()), NOW)
}

/// An account that has been certified.
fn certified() -> World {
    let mut world = opened();
    world.call("setGates", json!({ "gates": ["enterprise-certified"] })).unwrap();
    world
}

fn wanted(region: &str, quantity: u64) -> Value {
    json!({ "offer": "international", "region": region, "quantity": quantity, "validity": { "months": 6 } })
}

fn order(id: &str, quote: &Value) -> Value {
    json!({
        "id": id,
        "quote": quote,
        "agreement": { "id": "global-sms-service-agreement", "version": "1" },
        "payment": { "reference": "pay-1" },
    })
}

fn bought(world: &mut World, id: &str, quantity: u64) -> Value {
    let quote = world.call("quote", wanted("FR", quantity)).unwrap();
    world.call("purchase", order(id, &quote)).unwrap()
}

#[test]
fn a_package_shows_what_the_page_lists() {
    let mut world = certified();
    let bought = bought(&mut world, "o1", 300);
    world.reserve("m1", FRANCE, "Bonjour").unwrap();
    world.report("m1", "delivered", None).unwrap();
    let packages = world.packages();
    let [package] = packages.as_slice() else { panic!("{packages:?}") };
    assert_eq!(package["id"], bought["package"]);
    let name = package["name"].as_str().unwrap();
    assert!(name.starts_with("International SMS"), "{name}");
    assert_eq!((&package["region"], &package["issued"]), (&json!("FR"), &json!(300)));
    assert_eq!((&package["available"], &package["spent"]), (&json!(299), &json!(1)));
    // A date without a time is none: six months from payment, to the second.
    assert_eq!(
        (&package["expiresAt"], &package["status"]),
        (&json!("2026-09-02T04:00:00.000Z"), &json!("effective"))
    );
}

#[test]
fn a_package_is_effective_exhausted_or_expired() {
    let status = |world: &mut World, list: &str| -> Value {
        let answer = world.call(list, json!({})).unwrap();
        let packages = answer.get("packages").unwrap_or(&answer);
        packages[0]["status"].clone()
    };
    let mut world = certified();
    bought(&mut world, "o1", 100);
    assert_eq!(status(&mut world, "packages"), "effective");
    world.reserve("m1", FRANCE, &"a".repeat(67 * 100)).unwrap();
    world.report("m1", "delivered", None).unwrap();
    assert_eq!(status(&mut world, "endedPackages"), "exhausted");
    let mut world = certified();
    bought(&mut world, "o1", 100);
    world.at("2026-09-02T04:00:00Z");
    assert_eq!(refusal(&world.reserve("m1", FRANCE, "Bonjour")), "INSUFFICIENT_BALANCE expired");
    assert_eq!(world.counts(), [0, 0, 0, 100]);
    assert_eq!(status(&mut world, "endedPackages"), "expired");
}

#[test]
fn what_remains_is_valid_only_before_the_expiration_date() {
    let mut world = certified();
    bought(&mut world, "o1", 100);
    world.at("2026-09-02T03:59:59Z");
    world.reserve("m1", FRANCE, "Bonjour").unwrap();
    world.at("2026-09-02T04:00:00Z");
    assert_eq!(refusal(&world.reserve("m2", FRANCE, "Bonjour")), "INSUFFICIENT_BALANCE expired");
    assert_eq!(world.counts(), [0, 1, 0, 99]);
    world.proven();
}

#[test]
fn any_amount_is_sold_in_units_of_a_hundred_from_a_hundred_on() {
    let mut world = certified();
    for quantity in [100, 200, 12_300] {
        assert_eq!(world.call("quote", wanted("FR", quantity)).unwrap()["quantity"], quantity);
    }
    for (quantity, nearest) in
        [(1, json!([100])), (99, json!([100])), (150, json!([100, 200])), (12_345, json!([12_300, 12_400]))]
    {
        let error = world.call("quote", wanted("FR", quantity)).unwrap_err();
        assert_eq!(
            (error.code.as_str(), &error.details["nearest"]),
            ("INVALID_QUANTITY", &nearest),
            "{quantity}"
        );
    }
}

#[test]
fn international_messages_are_general_unless_said_otherwise() {
    let mut world = certified();
    assert_eq!(world.call("quote", wanted("FR", 100)).unwrap()["purpose"], "general");
    let mut other = wanted("FR", 100);
    other["purpose"] = json!("marketing");
    assert_eq!(refusal(&world.call("quote", other)), "INVALID_INPUT");
}

#[test]
fn the_purchase_page_says_how_long_a_package_lasts() {
    let mut world = certified();
    for (months, end) in
        [(6, "2026-09-02T04:00:00.000Z"), (12, "2027-03-02T04:00:00.000Z"), (24, "2028-03-02T04:00:00.000Z")]
    {
        let mut wanted = wanted("FR", 100);
        wanted["validity"] = json!({ "months": months });
        let quote = world.call("quote", wanted).unwrap();
        let order = world.call("purchase", order(&format!("o{months}"), &quote)).unwrap();
        assert_eq!(order["expiresAt"], end);
    }
    let mut undecided = wanted("FR", 100);
    undecided.as_object_mut().unwrap().remove("validity");
    assert_eq!(refusal(&world.call("quote", undecided)), "INVALID_INPUT");
}

#[test]
fn the_total_is_the_quantity_times_the_regions_unit_price() {
    let mut world = certified();
    // 0.598 and 0.321 CNY a message.
    for (region, quantity, total) in [("AF", 100, "59.80"), ("AL", 12_300, "3948.30")] {
        let quote = world.call("quote", wanted(region, quantity)).unwrap();
        assert_eq!((&quote["total"], &quote["currency"]), (&json!(total), &json!("CNY")), "{region}");
    }
}

#[test]
fn the_agreement_is_accepted_before_the_purchase_and_stored_with_it() {
    let mut world = certified();
    let quote = world.call("quote", wanted("FR", 100)).unwrap();
    let mut unread = order("o1", &quote);
    unread.as_object_mut().unwrap().remove("agreement");
    assert_eq!(refusal(&world.call("purchase", unread)), "AGREEMENT_REQUIRED");
    let placed = world.call("purchase", order("o1", &quote)).unwrap();
    assert_eq!(placed["agreement"], json!({ "id": "global-sms-service-agreement", "version": "1" }));
    assert_eq!(placed["placedAt"], NOW);
}

#[test]
fn international_packages_are_for_certified_enterprises() {
    let mut world = opened();
    assert_eq!(refusal(&world.call("quote", wanted("FR", 100))), "GATE_CLOSED");
    world.call("setGates", json!({ "gates": ["enterprise-certified"] })).unwrap();
    bought(&mut world, "o1", 100);
}

#[test]
fn nothing_is_taken_back() {
    let mut world = certified();
    bought(&mut world, "o1", 100);
    assert_eq!(refusal(&world.call("refund", json!({ "order": "o1" }))), "NOT_REFUNDABLE no_refunds");
}

#[test]
fn a_package_is_issued_when_its_payment_is_confirmed() {
    let mut world = certified();
    let quote = world.call("quote", wanted("FR", 100)).unwrap();
    let mut unpaid = order("o1", &quote);
    unpaid.as_object_mut().unwrap().remove("payment");
    assert_eq!(world.call("purchase", unpaid).unwrap()["state"], "placed");
    assert_eq!(world.counts(), [0, 0, 0, 0]);
    let paid = json!({ "order": "o1", "outcome": { "status": "paid", "reference": "pay-1" } });
    assert_eq!(world.call("confirmPayment", paid).unwrap()["state"], "fulfilled");
    assert_eq!(world.counts(), [100, 0, 0, 0]);
}

#[test]
fn one_voucher_may_be_used_in_a_payment() {
    let mut world = certified();
    for id in ["v1", "v2"] {
        let voucher = json!({ "id": id, "amount": "5", "currency": "CNY" });
        world.call("grantVoucher", json!({ "voucher": voucher })).unwrap();
    }
    let with = |world: &mut World, voucher: Value| -> Reply {
        let mut wanted = wanted("AF", 100);
        wanted["voucher"] = voucher;
        world.call("quote", wanted)
    };
    let quote = with(&mut world, json!("v1")).unwrap();
    assert_eq!((&quote["discount"], &quote["total"]), (&json!("5.00"), &json!("54.80")));
    assert_eq!(refusal(&with(&mut world, json!(["v1", "v2"]))), "INVALID_INPUT");
    let mut input = order("o1", &quote);
    input["voucher"] = json!("v1");
    world.call("purchase", input).unwrap();
    assert_eq!(refusal(&with(&mut world, json!("v1"))), "VOUCHER_NOT_ELIGIBLE consumed");
}
