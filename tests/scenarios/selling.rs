//! Orders on their way to payment, vouchers, gates, agreements, refunds and adjustments (domain rules 11 to 16).

use crate::common::world::World;
use crate::common::{AU, Reply, SHORT, bytes, changed, refusal, text};
use serde_json::{Value, json};
use sms_ledger::catalog::{Catalog, profiles};
use sms_ledger::ledger::{OrderState, PaymentStatus, Transition};
use std::sync::Arc;

const NOW: &str = "2026-01-15T10:00:00Z";

/// `cloutly`, whose Australian packs take vouchers, ask for an agreement and can be given back.
fn shop() -> Arc<Catalog> {
    changed(|catalog| {
        let offer = &mut catalog["offers"][0];
        offer["vouchers"] = json!(true);
        offer["agreement"] = json!({ "id": "terms", "version": "2" });
        offer["refund"] = json!({ "model": "unused", "within": { "days": 14 } });
        offer["activation_seconds"] = json!(300);
        offer["validity"] = json!({ "months": 12 });
    })
}

fn opened() -> World {
    World::opened_of(shop(), NOW)
}

const ACCEPTED: [&str; 2] = ["terms", "2"];

fn order(id: &str, quote: &Value) -> Value {
    let [agreement, version] = ACCEPTED;
    json!({ "id": id, "quote": quote, "agreement": { "id": agreement, "version": version }, "payment": { "method": "card" } })
}

fn place(world: &mut World, id: &str) -> Value {
    let quote = world.quote("pack-au", 200);
    world.call("purchase", order(id, &quote)).unwrap()
}

fn outcome(status: &str) -> Value {
    match status {
        "paid" => json!({ "status": "paid", "reference": "pay-1" }),
        other => json!({ "status": other, "reason": "as the bank says" }),
    }
}

fn confirm(world: &mut World, id: &str, status: &str) -> Reply {
    world.call("confirmPayment", json!({ "order": id, "outcome": outcome(status) }))
}

/// The table of states, in the words of `docs/orders.md`, which shows it to readers.
#[test]
fn the_table_of_states_is_the_documented_one() {
    let docs = include_str!("../../docs/orders.md");
    let mut shown = 0;
    for state in OrderState::ALL {
        let row = docs.lines().find(|line| line.starts_with(&format!("| `{}` |", state.as_str())));
        let row = row.unwrap_or_else(|| panic!("no row of `{}`", state.as_str()));
        let cells: Vec<&str> = row.split('|').map(str::trim).skip(2).collect();
        for (outcome, cell) in PaymentStatus::ALL.into_iter().zip(cells) {
            let expected = match state.after(outcome) {
                Transition::To(next) => format!("`{}`", next.as_str()),
                Transition::Same => "same".to_owned(),
                Transition::Contradiction => "`ORDER_DECIDED`".to_owned(),
            };
            assert_eq!(cell, expected, "{state:?} {outcome:?}");
            shown += 1;
        }
    }
    assert_eq!(shown, 35);
}

/// Every pair of outcomes, one after the other: whoever was charged has one package, whoever was not has none.
#[test]
fn outcomes_in_any_order_issue_one_package_where_one_of_them_is_paid() {
    for first in PaymentStatus::NAMES {
        for second in PaymentStatus::NAMES {
            let mut world = opened();
            place(&mut world, "o1");
            confirm(&mut world, "o1", first).unwrap();
            let answer = confirm(&mut world, "o1", second);
            let paid = first == "paid" || second == "paid";
            let order = world.call("order", json!({ "id": "o1" })).unwrap();
            assert_eq!(order["state"] == "fulfilled", paid, "{first} {second}: {order}");
            assert_eq!(world.packages().len(), usize::from(paid), "{first} {second}");
            let contradicts = first == "paid" && !matches!(second, "paid" | "unknown");
            assert_eq!(answer.is_err(), contradicts, "{first} {second}");
            // And the same again says nothing new.
            let stored = world.proven();
            assert_eq!(bytes(&confirm(&mut world, "o1", second)), bytes(&answer));
            assert_eq!(world.store.dump(), stored, "{first} {second}");
        }
    }
}

#[test]
fn an_order_waits_for_its_payment_and_keeps_its_price() {
    let mut world = opened();
    let placed = place(&mut world, "o1");
    let expected = json!({
        "id": "o1", "state": "placed", "offer": "pack-au", "region": "AU", "quantity": 200, "total": "12.40",
        "currency": "USD", "catalog": { "id": "cloutly", "revision": 1 },
        "agreement": { "id": "terms", "version": "2" }, "payment": { "method": "card" },
        "placedAt": "2026-01-15T10:00:00.000Z",
    });
    assert_eq!(placed, expected);
    assert_eq!((world.packages().len(), world.journal()), (0, vec!["open".to_owned()]));
    // Paid a day later, in another process, under a catalog that has forgotten the offer's terms and raised its price.
    let dearer = changed(|catalog| {
        catalog["revision"] = json!(2);
        catalog["offers"][0]["price"]["amount"] = json!("9.99");
    });
    let mut later = world.again_under(dearer);
    later.at("2026-01-16T10:00:00Z");
    let paid = confirm(&mut later, "o1", "paid").unwrap();
    let text = |name: &str| paid[name].as_str().unwrap().to_owned();
    assert_eq!((text("state"), text("total")), ("fulfilled".to_owned(), "12.40".to_owned()));
    assert_eq!(text("purchasedAt"), "2026-01-16T10:00:00.000Z");
    assert_eq!(text("effectiveAt"), "2026-01-16T10:05:00.000Z");
    assert_eq!(text("expiresAt"), "2027-01-16T10:00:00.000Z");
    assert_eq!(paid["payment"], json!({ "method": "card", "reference": "pay-1" }));
    later.proven();
}

#[test]
fn a_purchase_is_answered_as_its_order_stands() {
    let mut world = opened();
    let quote = world.quote("pack-au", 200);
    let placed = world.call("purchase", order("o1", &quote));
    assert_eq!(bytes(&world.call("purchase", order("o1", &quote))), bytes(&placed));
    let paid = confirm(&mut world, "o1", "paid");
    assert_eq!(bytes(&world.again().call("purchase", order("o1", &quote))), bytes(&paid));
    let mut other = order("o1", &quote);
    other["payment"] = json!({ "method": "another card" });
    assert_eq!(refusal(&world.call("purchase", other)), "ID_REUSED");
}

#[test]
fn a_second_payment_of_an_order_is_not_swallowed() {
    let mut world = opened();
    place(&mut world, "o1");
    confirm(&mut world, "o1", "paid").unwrap();
    let again = json!({ "order": "o1", "outcome": { "status": "paid", "reference": "pay-2" } });
    let error = world.call("confirmPayment", again).unwrap_err();
    assert_eq!(error.code.as_str(), "ORDER_DECIDED");
    assert_eq!(
        (&error.details["reference"], &error.details["reason"]),
        (&json!("pay-1"), &json!("paid_twice"))
    );
    assert!(error.message.contains("must be paid back"), "{}", error.message);
    // A late word that nobody was charged is none of the buyer's money.
    let late = world.call("confirmPayment", json!({ "order": "o1", "outcome": { "status": "declined" } }));
    let error = late.unwrap_err();
    assert_eq!(error.details["reason"], "contradicted");
    assert!(!error.message.contains("paid back"), "{}", error.message);
    assert_eq!(world.packages().len(), 1);
}

#[test]
fn an_order_that_is_given_up_says_still_why_it_was_declined() {
    let mut world = opened();
    place(&mut world, "o1");
    let say = |world: &mut World, outcome: Value| {
        let order = world.call("confirmPayment", json!({ "order": "o1", "outcome": outcome })).unwrap();
        (order["state"].clone(), order["payment"]["reason"].clone())
    };
    let declined = say(&mut world, json!({ "status": "declined", "reason": "no funds" }));
    assert_eq!(declined, (json!("declined"), json!("no funds")));
    let cancelled = say(&mut world, json!({ "status": "cancelled" }));
    assert_eq!(cancelled, (json!("cancelled"), json!("no funds")));
    let mut world = opened();
    place(&mut world, "o1");
    say(&mut world, json!({ "status": "declined", "reason": "no funds" }));
    let cancelled = say(&mut world, json!({ "status": "cancelled", "reason": "asked to" }));
    assert_eq!(cancelled, (json!("cancelled"), json!("asked to")));
}

#[test]
fn payments_of_what_is_no_order_are_refused() {
    let mut world = opened();
    let stored = world.store.dump();
    assert_eq!(refusal(&confirm(&mut world, "o1", "paid")), "UNKNOWN_ORDER");
    for outcome in [
        json!({ "status": "payed", "reference": "x" }),
        json!({ "status": "paid" }),
        json!({ "status": "paid", "reference": "" }),
        json!({ "status": "paid", "reference": "x", "reason": "y" }),
        json!({ "status": "declined", "reference": "x" }),
        json!("paid"),
        json!(null),
    ] {
        let answer = world.call("confirmPayment", json!({ "order": "o1", "outcome": outcome }));
        assert_eq!(refusal(&answer), "INVALID_INPUT", "{outcome}");
    }
    assert_eq!(world.store.dump(), stored);
}

#[test]
fn orders_are_listed_and_those_that_are_undecided_apart() {
    let mut world = opened();
    for id in ["o1", "o2", "o3", "o4", "o5"] {
        place(&mut world, id);
    }
    confirm(&mut world, "o2", "paid").unwrap();
    confirm(&mut world, "o3", "unknown").unwrap();
    confirm(&mut world, "o4", "declined").unwrap();
    let ids = |input: Value| {
        let page = world.again().call("orders", input).unwrap();
        let ids: Vec<String> =
            page["orders"].as_array().unwrap().iter().map(|order| order["id"].to_string()).collect();
        (ids.join(" "), page["next"].as_str().map(str::to_owned))
    };
    assert_eq!(ids(json!({})), (r#""o1" "o2" "o3" "o4" "o5""#.to_owned(), None));
    assert_eq!(ids(json!({ "undecided": true })), (r#""o1" "o3" "o5""#.to_owned(), None));
    assert_eq!(
        ids(json!({ "undecided": true, "limit": 2 })),
        (r#""o1" "o3""#.to_owned(), Some("o3".to_owned()))
    );
    assert_eq!(ids(json!({ "undecided": true, "after": "o3" })), (r#""o5""#.to_owned(), None));
    assert_eq!(ids(json!({ "after": "o1", "limit": 2 })), (r#""o2" "o3""#.to_owned(), Some("o3".to_owned())));
    confirm(&mut world, "o1", "timed_out").unwrap();
    confirm(&mut world, "o3", "cancelled").unwrap();
    confirm(&mut world, "o5", "paid").unwrap();
    let none = world.call("orders", json!({ "undecided": true })).unwrap();
    assert_eq!(none, json!({ "orders": [] }));
}

#[test]
fn the_agreement_must_be_accepted_as_it_stands() {
    let mut world = opened();
    let quote = world.quote("pack-au", 100);
    for agreement in
        [None, Some(json!({ "id": "terms", "version": "1" })), Some(json!({ "id": "other", "version": "2" }))]
    {
        let mut input = order("o1", &quote);
        input.as_object_mut().unwrap().remove("agreement");
        input.as_object_mut().unwrap().extend(agreement.map(|agreement| ("agreement".to_owned(), agreement)));
        let error = world.call("purchase", input).unwrap_err();
        assert_eq!(error.code.as_str(), "AGREEMENT_REQUIRED");
        assert_eq!(error.details["agreement"], json!({ "id": "terms", "version": "2" }));
    }
    let quote = world.quote("pack-us", 100);
    assert_eq!(refusal(&world.call("purchase", order("o1", &quote))), "INVALID_INPUT");
}

#[test]
fn a_gate_opens_for_accounts_that_have_what_it_asks_for() {
    let catalog = Arc::new(Catalog::from_json(profiles::UCLOUD_USMS).unwrap());
    let mut world = World::opened_of(catalog, NOW);
    let wanted =
        json!({ "offer": "international", "region": "FR", "quantity": 100, "validity": { "months": 6 } });
    let asked = |world: &mut World| world.call("quote", wanted.clone());
    let error = asked(&mut world).unwrap_err();
    assert_eq!(error.code.as_str(), "GATE_CLOSED");
    assert_eq!(error.details["gates"], json!(["enterprise-certified"]));
    let quote = sms_ledger::engine::read_request(&wanted)
        .and_then(|request| Ok(sms_ledger::pricing::quote(&world.catalog, &request, world.now)?))
        .unwrap();
    let quote: Value = serde_json::from_str(&quote.json()).unwrap();
    let agreement = json!({ "id": "global-sms-service-agreement", "version": "1" });
    let input =
        json!({ "id": "o1", "quote": quote, "agreement": agreement, "payment": { "reference": "r" } });
    assert_eq!(refusal(&world.call("purchase", input.clone())), "GATE_CLOSED");
    let account = world.call("setGates", json!({ "gates": ["z", "enterprise-certified"] })).unwrap();
    assert_eq!(account["gates"], json!(["enterprise-certified", "z"]));
    let stored = world.proven();
    world.call("setGates", json!({ "gates": ["enterprise-certified", "z"] })).unwrap();
    assert_eq!(world.store.dump(), stored, "nothing new, nothing written");
    assert_eq!(asked(&mut world.again()).unwrap(), quote);
    world.again().call("purchase", input).unwrap();
    world.call("setGates", json!({ "gates": [] })).unwrap();
    assert_eq!(refusal(&asked(&mut world)), "GATE_CLOSED");
    assert_eq!(world.journal(), ["open", "gates", "purchase", "gates"]);
    world.proven();
}

fn grant(world: &mut World, voucher: Value) -> Reply {
    world.call("grantVoucher", json!({ "voucher": voucher }))
}

fn quote_with(world: &mut World, voucher: &str, quantity: u64) -> Reply {
    world.call("quote", json!({ "offer": "pack-au", "quantity": quantity, "voucher": voucher }))
}

#[test]
fn a_voucher_is_granted_once_and_consumed_once() {
    let mut world = opened();
    let five = json!({ "id": "v1", "amount": "5", "currency": "USD", "minSpend": "10" });
    let granted = grant(&mut world, five.clone());
    assert_eq!(granted.as_ref().unwrap()["eligible"], true);
    let stored = world.proven();
    assert_eq!(bytes(&grant(&mut world.again(), five)), bytes(&granted));
    let longer = json!({ "id": "v1", "amount": "5.00", "currency": "USD", "minSpend": "10.0" });
    assert_eq!(bytes(&grant(&mut world, longer)), bytes(&granted), "the same, written otherwise");
    assert_eq!(world.store.dump(), stored);
    let six = json!({ "id": "v1", "amount": "6", "currency": "USD" });
    assert_eq!(refusal(&grant(&mut world, six)), "ID_REUSED");
    assert_eq!(refusal(&quote_with(&mut world, "v1", 100)), "VOUCHER_NOT_ELIGIBLE below_min_spend");
    assert_eq!(refusal(&quote_with(&mut world, "v2", 200)), "UNKNOWN_VOUCHER");
    let quote = quote_with(&mut world, "v1", 200).unwrap();
    assert_eq!((&quote["discount"], &quote["total"]), (&json!("5.00"), &json!("7.40")));
    let placed = world.call("purchase", order("o1", &quote)).unwrap();
    assert_eq!(
        (&placed["voucher"], &placed["discount"], &placed["total"]),
        (&json!("v1"), &json!("5.00"), &json!("7.40"))
    );
    // Bound from the order on: another order does not get it, not even with a quote from before.
    assert_eq!(refusal(&world.call("purchase", order("o2", &quote))), "VOUCHER_NOT_ELIGIBLE consumed");
    assert_eq!(refusal(&quote_with(&mut world.again(), "v1", 200)), "VOUCHER_NOT_ELIGIBLE consumed");
    confirm(&mut world, "o1", "paid").unwrap();
    let line = world.call("entries", json!({ "after": 1 })).unwrap()["entries"][0].clone();
    let money =
        ["amount", "currency", "discount", "voucher"].map(|name| line[name].as_str().unwrap().to_owned());
    assert_eq!(money, ["7.40", "USD", "5.00", "v1"]);
    world.proven();
}

#[test]
fn a_voucher_comes_back_only_with_an_order_that_is_given_up_before_payment() {
    for (said, free) in [
        (&["declined"][..], false),
        (&["timed_out"], false),
        (&["unknown"], false),
        (&["cancelled"], true),
        (&["declined", "cancelled"], true),
        (&["paid"], false),
        // Given up, and paid after all: it is consumed again.
        (&["cancelled", "paid"], false),
    ] {
        let mut world = opened();
        grant(&mut world, json!({ "id": "v1", "percent": "10" })).unwrap();
        let quote = quote_with(&mut world, "v1", 200).unwrap();
        world.call("purchase", order("o1", &quote)).unwrap();
        for status in said {
            confirm(&mut world.again(), "o1", status).unwrap();
        }
        let listed = world.again().call("vouchers", json!({})).unwrap()["vouchers"][0].clone();
        assert_eq!(listed["eligible"], free, "{said:?}");
        assert_eq!(listed.get("order").is_none(), free, "{said:?}");
        assert_eq!(world.again().call("purchase", order("o2", &quote)).is_ok(), free, "{said:?}");
    }
}

/// The voucher of an order that was given up has gone to another, and then the first is paid after all.
#[test]
fn a_voucher_is_never_taken_from_the_order_that_has_it() {
    let mut world = opened();
    grant(&mut world, json!({ "id": "v1", "percent": "10" })).unwrap();
    let quote = quote_with(&mut world, "v1", 200).unwrap();
    world.call("purchase", order("o1", &quote)).unwrap();
    confirm(&mut world, "o1", "cancelled").unwrap();
    world.call("purchase", order("o2", &quote)).unwrap();
    confirm(&mut world.again(), "o1", "paid").unwrap();
    let voucher = world.again().call("vouchers", json!({})).unwrap()["vouchers"][0].clone();
    assert_eq!(voucher["order"], "o2");
    confirm(&mut world.again(), "o2", "cancelled").unwrap();
    let voucher = world.again().call("vouchers", json!({})).unwrap()["vouchers"][0].clone();
    assert_eq!(voucher.get("order"), None);
    assert_eq!(world.again().packages().len(), 1);
}

/// Rule 3: a date is the end of that day in the catalog's zone.
#[test]
fn a_voucher_is_valid_to_the_end_of_its_last_day() {
    let catalog = crate::common::changed(|catalog| {
        catalog["zone"] = json!("Asia/Shanghai");
        catalog["offers"][0]["vouchers"] = json!(true);
    });
    let mut world = World::opened_of(catalog, "2026-03-31T15:59:59.999Z");
    let voucher =
        |until: &str| json!({ "id": "v1", "percent": "10", "from": "2026-03-01T00:00:00Z", "until": until });
    let granted = grant(&mut world, voucher("2026-03-31")).unwrap();
    assert_eq!(
        (&granted["voucher"]["until"], &granted["eligible"]),
        (&json!("2026-03-31T16:00:00.000Z"), &json!(true))
    );
    assert_eq!(grant(&mut world, voucher("2026-03-31")).unwrap(), granted);
    for other in ["2026-03-31T16:00:00Z", "2026-04-01"] {
        assert_eq!(refusal(&grant(&mut world, voucher(other))), "ID_REUSED", "{other}");
    }
    world.at("2026-03-31T16:00:00Z");
    let asked = json!({ "offer": "pack-au", "quantity": 100, "voucher": "v1" });
    assert_eq!(refusal(&world.call("quote", asked)), "VOUCHER_NOT_ELIGIBLE expired");
    for wrong in ["2026-02-28", "2026-02-30"] {
        let voucher = json!({ "id": "v2", "percent": "10", "from": "2026-03-01T00:00:00Z", "until": wrong });
        let error = grant(&mut world, voucher).unwrap_err();
        assert_eq!(
            (error.code.as_str(), &error.details["path"]),
            ("INVALID_INPUT", &json!("voucher.until")),
            "{wrong}"
        );
    }
}

#[test]
fn vouchers_are_listed_as_eligible_or_not_with_the_reason() {
    let mut world = opened();
    for voucher in [
        json!({ "id": "a-now", "percent": "10" }),
        json!({ "id": "b-later", "percent": "10", "from": "2026-02-01T00:00:00Z" }),
        json!({ "id": "c-over", "percent": "10", "until": "2026-01-15T10:00:00Z" }),
        json!({ "id": "d-dear", "amount": "3", "currency": "USD", "minSpend": "100" }),
        json!({ "id": "e-us", "percent": "10", "regions": ["US"] }),
        json!({ "id": "f-nz", "percent": "10", "offers": ["pack-nz"] }),
    ] {
        grant(&mut world, voucher).unwrap();
    }
    let told = |page: &Value| {
        let vouchers = page["vouchers"].as_array().unwrap().iter();
        let one = |own: &Value| {
            format!("{} {}", own["voucher"]["id"].as_str().unwrap(), own["reason"].as_str().unwrap_or("yes"))
        };
        vouchers.map(one).collect::<Vec<_>>()
    };
    let asked = json!({ "for": { "offer": "pack-au", "quantity": 200 } });
    let page = world.again().call("vouchers", asked).unwrap();
    let expected = [
        "a-now yes",
        "b-later not_yet_valid",
        "c-over expired",
        "d-dear below_min_spend",
        "e-us wrong_region",
        "f-nz wrong_offer",
    ];
    assert_eq!(told(&page), expected);
    assert_eq!(page["vouchers"][0]["discount"], "1.24");
    let plain = world.call("vouchers", json!({ "limit": 3 })).unwrap();
    assert_eq!(told(&plain), ["a-now yes", "b-later not_yet_valid", "c-over expired"]);
    assert_eq!(plain["next"], "c-over");
    let us = json!({ "for": { "offer": "pack-us", "quantity": 100 }, "limit": 1 });
    assert_eq!(told(&world.call("vouchers", us).unwrap()), ["a-now offer_excluded"]);
    let wrong = json!({ "for": { "offer": "pack-xx", "quantity": 100 } });
    assert_eq!(refusal(&world.call("vouchers", wrong)), "UNKNOWN_OFFER");
    for scope in [
        json!({ "id": "x", "percent": "1", "offers": ["pack-xx"] }),
        json!({ "id": "x", "percent": "1", "regions": ["FR"] }),
    ] {
        assert_eq!(refusal(&grant(&mut world, scope)), "INVALID_INPUT");
    }
}

#[test]
fn what_costs_nothing_is_not_charged() {
    let mut world = opened();
    grant(&mut world, json!({ "id": "v1", "percent": "100" })).unwrap();
    let quote = quote_with(&mut world, "v1", 200).unwrap();
    let order = world.call("purchase", order("o1", &quote)).unwrap();
    assert_eq!((&order["state"], &order["total"]), (&json!("fulfilled"), &json!("0.00")));
    assert_eq!(order["payment"]["reference"], "nothing-to-pay");
    assert_eq!(world.counts(), [200, 0, 0, 0]);
}

fn refund(world: &mut World, id: &str) -> Reply {
    world.call("refund", json!({ "order": id }))
}

#[test]
fn a_package_is_taken_back_by_the_terms_of_its_order() {
    let mut world = opened();
    place(&mut world, "o1");
    assert_eq!(refusal(&refund(&mut world, "o1")), "NOT_REFUNDABLE not_fulfilled");
    assert_eq!(refusal(&refund(&mut world, "o2")), "UNKNOWN_ORDER");
    confirm(&mut world, "o1", "paid").unwrap();
    world.at("2026-01-15T11:00:00Z");
    world.reserve("m1", AU, &text(50)).unwrap();
    assert_eq!(refusal(&refund(&mut world, "o1")), "NOT_REFUNDABLE held");
    world.settle("m1", None).unwrap();
    let stored = world.proven();
    let mut told = world.call("refund", json!({ "order": "o1", "dryRun": true })).unwrap();
    assert_eq!(told.as_object_mut().unwrap().remove("dryRun"), Some(json!(true)));
    assert_eq!(world.store.dump(), stored, "a dry run writes nothing");
    let back = refund(&mut world, "o1");
    assert_eq!(back.as_ref().unwrap(), &told);
    // 150 of 200 for 12.40.
    assert_eq!(told["state"], "refunded");
    assert_eq!(told["refunded"]["amount"], "9.30");
    assert_eq!(told["refunded"]["segments"], 150);
    assert_eq!(world.counts(), [0, 0, 50, 0]);
    assert_eq!(bytes(&refund(&mut world.again(), "o1")), bytes(&back));
    let page = world.call("entries", json!({ "after": 4 })).unwrap();
    let line = &page["entries"][0];
    assert_eq!(
        (&line["kind"], &line["amount"], &line["currency"]),
        (&json!("refund"), &json!("9.30"), &json!("USD"))
    );
    assert_eq!(refusal(&world.reserve("m2", AU, SHORT)), "INSUFFICIENT_BALANCE exhausted");
    assert_eq!(refusal(&confirm(&mut world, "o1", "declined")), "ORDER_DECIDED contradicted");
    confirm(&mut world, "o1", "paid").unwrap();
    world.proven();
}

#[test]
fn a_refund_has_its_time_and_its_policy() {
    let mut world = opened();
    place(&mut world, "o1");
    confirm(&mut world, "o1", "paid").unwrap();
    world.at("2026-01-29T10:00:00Z");
    assert_eq!(refusal(&refund(&mut world, "o1")), "NOT_REFUNDABLE too_late");
    world.at("2026-01-29T09:59:59Z");
    let mut just_in_time = opened();
    place(&mut just_in_time, "o1");
    confirm(&mut just_in_time, "o1", "paid").unwrap();
    just_in_time.at("2026-01-29T09:59:59Z");
    assert_eq!(refund(&mut just_in_time, "o1").unwrap()["refunded"]["amount"], "12.40");
    world.at(NOW);
    let quote = world.quote("pack-us", 100);
    world.call("purchase", json!({ "id": "o9", "quote": quote, "payment": { "reference": "r" } })).unwrap();
    assert_eq!(refusal(&refund(&mut world, "o9")), "NOT_REFUNDABLE no_refunds");
}

/// The vendor's example of 2020, spent message by message: 920,000 of three packages of 500,000 (domain.md, known vectors).
#[test]
fn the_vendors_refund_comes_out_of_real_packages() {
    let catalog = Arc::new(Catalog::from_json(profiles::TENCENT_SMS).unwrap());
    let mut world = World::opened_of(catalog, "2020-06-01T00:00:00Z");
    for id in ["o1", "o2", "o3"] {
        let quote = world.quote("cn-packs", 500_000);
        assert_eq!(quote["total"], "20500.00");
        world.purchase(id, &quote).unwrap();
    }
    world.at("2020-06-02T00:00:00Z");
    // 70 characters, then 67 a segment.
    let longest = "字".repeat(67 * 250);
    for number in 0..3_680 {
        let id = format!("m{number}");
        world.reserve(&id, "+8613800138000", &longest).unwrap();
        world.report(&id, "delivered", None).unwrap();
    }
    assert_eq!(world.counts(), [580_000, 0, 920_000, 0]);
    assert_eq!(refusal(&refund(&mut world, "o1")), "NOT_REFUNDABLE nothing_back");
    assert_eq!(refund(&mut world, "o2").unwrap()["refunded"]["amount"], "760.00");
    assert_eq!(refund(&mut world, "o3").unwrap()["refunded"]["amount"], "20500.00");
    world.at("2020-09-02T00:00:00Z");
    let proof = world.call("verify", json!({})).unwrap();
    assert_eq!(proof["ok"], true, "{proof}");
}

#[test]
fn an_administrator_gives_and_takes_with_a_reason() {
    let mut world = opened();
    let adjust = |world: &mut World, input: Value| world.call("adjust", input);
    let gift = json!({ "id": "a1", "segments": 30, "reason": "sorry for the outage", "region": "AU", "expiresAt": "2026-01-17T00:00:00Z" });
    let given = adjust(&mut world, gift.clone());
    let answer = given.as_ref().unwrap();
    assert_eq!(
        (&answer["package"], &answer["segments"], &answer["available"]),
        (&json!("p1"), &json!(30), &json!(30))
    );
    assert_eq!(bytes(&adjust(&mut world.again(), gift.clone())), bytes(&given));
    let mut other = gift;
    other["segments"] = json!(31);
    assert_eq!(refusal(&adjust(&mut world, other)), "ID_REUSED");
    let taken = json!({ "id": "a2", "segments": -10, "reason": "typed one zero too many", "package": "p1" });
    assert_eq!(adjust(&mut world, taken).unwrap()["available"], 20);
    let package = world.packages()[0].clone();
    assert_eq!(
        (&package["source"], &package["available"], &package["adjusted"]),
        (&json!("adjustment"), &json!(20), &json!(10))
    );
    world.reserve("m1", AU, &text(15)).unwrap();
    let stored = world.proven();
    for (input, code) in [
        (json!({ "id": "a3", "segments": -6, "reason": "r", "package": "p1" }), "INVALID_INPUT"),
        (json!({ "id": "a3", "segments": -1, "reason": "r", "package": "p2" }), "UNKNOWN_PACKAGE"),
        (json!({ "id": "a3", "segments": -1, "reason": "r" }), "INVALID_INPUT"),
        (json!({ "id": "a3", "segments": 0, "reason": "r" }), "INVALID_INPUT"),
        (json!({ "id": "a3", "segments": 1, "reason": "" }), "INVALID_INPUT"),
        (json!({ "id": "a3", "segments": 1 }), "INVALID_INPUT"),
        (json!({ "id": "a3", "segments": 1, "reason": "r", "package": "p1" }), "INVALID_INPUT"),
        (json!({ "id": "a3", "segments": 1, "reason": "r", "region": "FR" }), "INVALID_INPUT"),
        (json!({ "id": "a3", "segments": 1, "reason": "r", "expiresAt": NOW }), "INVALID_INPUT"),
        (json!({ "id": "a3", "segments": -1, "reason": "r", "package": "p1", "name": "n" }), "INVALID_INPUT"),
    ] {
        assert_eq!(refusal(&adjust(&mut world, input.clone())), code, "{input}");
    }
    for (input, path) in [
        (json!({ "id": "a3", "segments": -1, "reason": "r" }), "package"),
        (json!({ "id": "a3", "segments": 0, "reason": "r" }), "segments"),
        (json!({ "id": "a3", "segments": 1, "reason": "r", "package": "p1" }), "package"),
        (json!({ "id": "a3", "segments": -1, "reason": "r", "package": "p1", "region": "AU" }), "region"),
    ] {
        assert_eq!(adjust(&mut world, input).unwrap_err().details["path"], path);
    }
    assert_eq!(world.store.dump(), stored);
    assert_eq!(world.journal(), ["open", "adjust", "adjust", "reserve"]);
    let page = world.call("entries", json!({})).unwrap();
    assert_eq!(page["entries"][2]["reason"], "typed one zero too many");
    world.at("2026-01-17T00:00:00Z").release("m1").unwrap();
    assert_eq!(world.counts(), [0, 0, 0, 20]);
    world.proven();
}

/// What an entry says of money and reasons is part of its hash.
#[test]
fn verify_finds_an_amount_or_a_reason_that_was_changed() {
    for (from, to) in [("\"12.40\"", "\"2.40\""), ("\"sorry\"", "\"bribe\""), (",\"USD\"]", ",\"EUR\"]")] {
        let mut world = opened();
        place(&mut world, "o1");
        confirm(&mut world, "o1", "paid").unwrap();
        world.call("adjust", json!({ "id": "a1", "segments": 5, "reason": "sorry" })).unwrap();
        world.proven();
        let before = world.store.dump();
        for entry in ["entry/0000000000000002", "entry/0000000000000003"] {
            world.store.tamper(entry, |value| value.replace(from, to));
        }
        assert_ne!(world.store.dump(), before);
        let proof = world.call("verify", json!({})).unwrap();
        assert_eq!(proof["ok"], false, "{from}");
    }
}

#[test]
fn what_could_not_be_stored_everywhere_is_refused() {
    let mut world = opened();
    let long = |count: usize, length: usize| -> Vec<String> {
        (0..count).map(|at| format!("{at:0length$}")).collect()
    };
    let gates = |world: &mut World, gates: Vec<String>| world.call("setGates", json!({ "gates": gates }));
    assert_eq!(refusal(&gates(&mut world, long(4, 128))), "INVALID_INPUT");
    gates(&mut world, long(4, 127)).unwrap();
    let offers: Vec<&str> = vec!["pack-au"; 2];
    assert_eq!(
        refusal(&grant(&mut world, json!({ "id": "v1", "percent": "1", "offers": offers }))),
        "INVALID_INPUT"
    );
    let many = long(33, 10);
    assert_eq!(
        refusal(&grant(&mut world, json!({ "id": "v1", "percent": "1", "offers": many }))),
        "INVALID_INPUT"
    );
}

#[test]
fn a_voucher_names_no_more_than_thirty_two_offers_and_regions() {
    let more =
        "AT BE BR CH CN CZ DE DK ES FI FR GR HU IE IL IN IT JP KR MX NL NO PL PT RO SE SG ZA AR CL PE TR UA";
    let (offers, more): (Vec<String>, Vec<&str>) =
        ((0..40).map(|number| format!("offer-{number}")).collect(), more.split(' ').collect());
    let catalog = changed(|catalog| {
        let offer = catalog["offers"][0].clone();
        for id in &offers {
            let mut other = offer.clone();
            other["id"] = json!(id);
            catalog["offers"].as_array_mut().unwrap().push(other);
        }
        for code in &more {
            catalog["regions"].as_array_mut().unwrap().push(json!({ "code": code, "name": code }));
        }
        catalog["offers"][0]["regions"].as_array_mut().unwrap().extend(more.iter().map(|code| json!(code)));
    });
    let mut world = World::opened_of(catalog, NOW);
    for (number, (of_offers, of_regions, path)) in
        [(32, 32, None), (33, 32, Some("offers")), (32, 33, Some("regions")), (40, 1, Some("offers"))]
            .into_iter()
            .enumerate()
    {
        let voucher = json!({
            "id": format!("v{number}"), "percent": "10",
            "offers": &offers[..of_offers], "regions": &more[..of_regions],
        });
        let told = grant(&mut world, voucher).map_err(|error| error.details["path"].clone());
        assert_eq!(told.err(), path.map(|path| json!(format!("voucher.{path}"))));
    }
}

#[test]
fn an_entry_names_what_an_account_has() {
    let mut world = opened();
    world.call("setGates", json!({ "gates": ["kyc", "prepaid"] })).unwrap();
    world.call("setGates", json!({ "gates": [] })).unwrap();
    let entries = world.call("entries", json!({ "kinds": ["gates"] })).unwrap()["entries"].clone();
    assert_eq!((&entries[0]["reason"], &entries[1]["reason"]), (&json!("kyc prepaid"), &json!("none")));
}
