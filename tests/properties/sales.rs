//! Random histories of orders, payments, vouchers, refunds and adjustments, over several processes.

use crate::common::world::World;
use crate::common::{AU, Reply, bytes, changed};
use crate::properties::invariants::{hold_in_journal, hold_in_store};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const NOW: &str = "2026-01-15T10:00:00Z";
const STATUSES: [&str; 5] = ["paid", "declined", "cancelled", "timed_out", "unknown"];

#[derive(Clone, Debug)]
enum Sale {
    Grant { voucher: u8, percent: u8 },
    Place { order: u8, hundreds: u64, voucher: Option<u8>, paid: bool },
    Confirm { order: u8, status: usize, reference: u8 },
    Refund { order: u8 },
    Give { adjustment: u8, segments: u64 },
    Take { adjustment: u8, package: u8, segments: u64 },
    Reserve { message: u8, segments: usize },
    Settle { message: u8 },
    Later { hours: i64 },
    Again,
}

fn sale() -> impl Strategy<Value = Sale> {
    prop_oneof![
        1 => (0..3_u8, 1..=100_u8).prop_map(|(voucher, percent)| Sale::Grant { voucher, percent }),
        4 => (0..5_u8, 1..4_u64, proptest::option::of(0..3_u8), any::<bool>())
            .prop_map(|(order, hundreds, voucher, paid)| Sale::Place { order, hundreds, voucher, paid }),
        5 => (0..5_u8, 0..5_usize, 0..2_u8)
            .prop_map(|(order, status, reference)| Sale::Confirm { order, status, reference }),
        2 => (0..5_u8).prop_map(|order| Sale::Refund { order }),
        1 => (0..4_u8, 1..50_u64).prop_map(|(adjustment, segments)| Sale::Give { adjustment, segments }),
        1 => (0..4_u8, 1..6_u8, 1..150_u64)
            .prop_map(|(adjustment, package, segments)| Sale::Take { adjustment, package, segments }),
        2 => (0..6_u8, 1..9_usize).prop_map(|(message, segments)| Sale::Reserve { message, segments }),
        2 => (0..6_u8).prop_map(|message| Sale::Settle { message }),
        1 => (1..400_i64).prop_map(|hours| Sale::Later { hours }),
        2 => Just(Sale::Again),
    ]
}

fn shop() -> World {
    World::opened_of(
        changed(|catalog| {
            let offer = &mut catalog["offers"][0];
            offer["vouchers"] = json!(true);
            offer["validity"] = json!({ "days": 30 });
            offer["refund"] = json!({ "model": "unused", "within": { "days": 20 } });
        }),
        NOW,
    )
}

/// What must have come of it, told without the ledger: which orders were ever charged, under which reference.
#[derive(Default)]
struct Till {
    charged: BTreeMap<String, String>,
    placed: BTreeSet<String>,
}

fn quote(world: &mut World, hundreds: u64, voucher: Option<u8>) -> Option<Value> {
    let mut wanted = json!({ "offer": "pack-au", "quantity": hundreds * 100 });
    if let Some(voucher) = voucher {
        wanted["voucher"] = json!(format!("v{voucher}"));
    }
    world.call("quote", wanted).ok()
}

fn step(world: &mut World, till: &mut Till, sale: &Sale) -> Option<(String, Value, Reply)> {
    let (name, input) = match sale {
        Sale::Grant { voucher, percent } => (
            "grantVoucher",
            json!({ "voucher": { "id": format!("v{voucher}"), "percent": percent.to_string() } }),
        ),
        Sale::Place { order, hundreds, voucher, paid } => {
            let quote = quote(world, *hundreds, *voucher)?;
            let payment =
                if *paid { json!({ "reference": format!("r{order}") }) } else { json!({ "method": "card" }) };
            ("purchase", json!({ "id": format!("o{order}"), "quote": quote, "payment": payment }))
        }
        Sale::Confirm { order, status, reference } => {
            let mut outcome = json!({ "status": STATUSES[*status] });
            if *status == 0 {
                outcome["reference"] = json!(format!("r{reference}"));
            }
            ("confirmPayment", json!({ "order": format!("o{order}"), "outcome": outcome }))
        }
        Sale::Refund { order } => ("refund", json!({ "order": format!("o{order}") })),
        Sale::Give { adjustment, segments } => {
            ("adjust", json!({ "id": format!("a{adjustment}"), "segments": segments, "reason": "given" }))
        }
        Sale::Take { adjustment, package, segments } => {
            let segments = -i64::try_from(*segments).unwrap();
            let package = format!("p{package}");
            (
                "adjust",
                json!({ "id": format!("a{adjustment}"), "segments": segments, "package": package, "reason": "taken" }),
            )
        }
        Sale::Reserve { message, segments } => {
            drop(world.reserve(&format!("m{message}"), AU, &crate::common::text(*segments)));
            return None;
        }
        Sale::Settle { message } => {
            drop(world.settle(&format!("m{message}"), None));
            return None;
        }
        Sale::Later { hours } => {
            world.now = world.now.checked_add_seconds(hours * 3_600).unwrap();
            return None;
        }
        Sale::Again => {
            *world = world.again();
            return None;
        }
    };
    let answer = world.call(name, input.clone());
    if let (Ok(order), "purchase" | "confirmPayment") = (&answer, name) {
        let id = order["id"].as_str().unwrap().to_owned();
        till.placed.insert(id.clone());
        let free = order["total"] == "0.00";
        let paid = input["outcome"]["status"] == "paid" || !input["payment"]["reference"].is_null() || free;
        if paid {
            let reference = order["payment"]["reference"].as_str().unwrap().to_owned();
            // The first reference stays.
            assert_eq!(till.charged.entry(id).or_insert_with(|| reference.clone()), &reference);
        }
    }
    Some((name.to_owned(), input, answer))
}

/// Every order that was charged has its package and no other has, and the journal has each amount once.
fn add_up(world: &mut World, till: &Till) {
    let page = world.call("orders", json!({ "limit": 1000 })).unwrap();
    let orders = page["orders"].as_array().unwrap();
    assert_eq!(
        orders.iter().map(|order| order["id"].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>(),
        till.placed
    );
    let entries = world.call("entries", json!({ "limit": 1000 })).unwrap();
    let lines = |kind: &str, id: &str| -> Vec<Value> {
        let all = entries["entries"].as_array().unwrap().iter();
        all.filter(|line| line["kind"] == kind && line["reference"] == id).cloned().collect()
    };
    let (mut open, mut vouchers) = (0, BTreeSet::new());
    for order in orders {
        let id = order["id"].as_str().unwrap();
        let state = order["state"].as_str().unwrap();
        let charged = till.charged.get(id);
        assert_eq!(charged.is_some(), state == "fulfilled" || state == "refunded", "{order}");
        assert_eq!(charged.map(String::as_str), order["payment"]["reference"].as_str(), "{order}");
        let bought = lines("purchase", id);
        assert_eq!(bought.len(), usize::from(charged.is_some()), "{order}");
        for line in bought {
            assert_eq!((&line["amount"], &line["currency"]), (&order["total"], &order["currency"]));
            assert_eq!(line["voucher"], order["voucher"]);
        }
        let back = lines("refund", id);
        assert_eq!(back.len(), usize::from(state == "refunded"), "{order}");
        for line in back {
            assert_eq!(line["amount"], order["refunded"]["amount"]);
            let [paid, back] = [&order["total"], &line["amount"]]
                .map(|amount| amount.as_str().unwrap().parse::<f64>().unwrap());
            assert!(back <= paid && back > 0.0, "{order}");
        }
        open += u32::from(matches!(state, "placed" | "unknown"));
        if let Some(voucher) = order["voucher"].as_str().filter(|_| state != "cancelled") {
            // One that was paid after it had been given up may find its voucher taken.
            if charged.is_none() {
                assert!(vouchers.insert(voucher.to_owned()), "{voucher} is bound twice");
            }
        }
    }
    let undecided = world.call("orders", json!({ "undecided": true })).unwrap();
    assert_eq!(undecided["orders"].as_array().unwrap().len(), open as usize);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn whoever_is_charged_has_a_package_and_nobody_is_charged_twice(
        sales in proptest::collection::vec(sale(), 1..40)
    ) {
        let mut world = shop();
        let mut till = Till::default();
        for sale in &sales {
            let told = step(&mut world, &mut till, sale);
            hold_in_store(&world);
            // The same again says the same and writes nothing, here and in another process.
            if let Some((name, input, answer)) = told {
                let stored = world.store.dump();
                let again = world.call(&name, input.clone());
                let elsewhere = world.again().call(&name, input);
                prop_assert_eq!(&world.store.dump(), &stored, "{}", name);
                prop_assert_eq!(bytes(&again), bytes(&elsewhere));
                if answer.is_ok() {
                    prop_assert_eq!(bytes(&again), bytes(&answer), "{}", name);
                }
            }
        }
        add_up(&mut world, &till);
        hold_in_journal(&mut world);
        hold_in_journal(&mut world.again());
    }
}
