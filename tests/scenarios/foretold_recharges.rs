//! `estimate` and auto-recharge: the orders that messages would lead to, each as the messages themselves place it, and none of them kept.

use super::estimate::{estimate, estimate_at};
use crate::common::world::World;
use crate::common::{AU, NZ, US, changed, text};
use serde_json::{Value, json};

const NOW: &str = "2026-01-15T10:00:00Z";

/// An account with so many segments for Australia and New Zealand each.
fn stocked(segments: u64) -> World {
    of(World::opened(NOW), segments)
}

fn of(mut world: World, segments: u64) -> World {
    for region in ["AU", "NZ"] {
        let id = format!("stock-{region}");
        let input = json!({ "id": id, "segments": segments, "reason": "test", "region": region });
        world.call("adjust", input).unwrap();
    }
    world
}

fn set(world: &mut World, offer: &str, threshold: u64) {
    let input = json!({ "offer": offer, "threshold": threshold, "method": "card", "perDay": 2 });
    world.call("setRecharge", input).unwrap();
}

fn confirm(world: &mut World, outcome: &Value) {
    let settings = world.call("settings", json!({})).unwrap();
    let order = settings["recharges"][0]["order"]["id"].clone();
    world.call("confirmPayment", json!({ "order": order, "outcome": outcome })).unwrap();
}

/// What the events say was ordered.
fn ordered(world: &mut World) -> Vec<Value> {
    let page = world.call("eventPage", json!({ "limit": 1000 })).unwrap();
    let events = page["events"].as_array().unwrap().iter();
    let told = events.filter(|event| event["kind"] == "recharge").map(|event| event["recharge"].clone());
    told.filter(|recharge| recharge.get("halted").is_none()).collect()
}

/// What an estimate foretells, which the messages one by one then lead to; with it and without it, the account is the same to the byte.
fn foretold(world: &mut World, untold: &mut World, rows: &[(&str, u32)]) -> Value {
    let before = ordered(world).len();
    let told = estimate(world, rows);
    for (index, (to, segments)) in rows.iter().enumerate() {
        let (id, body) = (format!("m{index}"), text(usize::try_from(*segments).unwrap()));
        world.reserve(&id, to, &body).ok();
        untold.reserve(&id, to, &body).ok();
    }
    assert_eq!(world.store.dump(), untold.store.dump());
    assert_eq!(told["recharges"], json!(ordered(world).split_off(before)));
    assert_eq!(told["available"], world.balance()["available"]);
    world.proven();
    told
}

fn order(region: &str, quantity: u64, total: &str, trigger: &str) -> Value {
    let offer = format!("pack-{}", region.to_lowercase());
    json!({
        "region": region, "offer": offer, "quantity": quantity, "total": total, "currency": "USD", "trigger": trigger,
    })
}

#[test]
fn an_estimate_names_the_orders_that_its_messages_lead_to() {
    type Given = fn(&mut World);
    let australia: Given = |world| set(world, "pack-au", 10);
    let both: Given = |world| {
        set(world, "pack-au", 10);
        set(world, "pack-nz", 0);
    };
    let cooling: Given = |world| {
        set(world, "pack-au", 100);
        confirm(world, &json!({ "status": "declined" }));
    };
    let capped: Given = |world| {
        for threshold in [100, 200] {
            set(world, "pack-au", threshold);
            confirm(world, &json!({ "status": "paid", "reference": "card" }));
        }
        assert_eq!(world.call("settings", json!({})).unwrap()["recharges"][0]["state"], "capped");
    };
    let on_its_way: Given = |world| set(world, "pack-au", 100);
    let ended: Given = |world| {
        set(world, "pack-au", 10);
        world.call("setRecharge", json!({ "region": "AU", "enabled": false })).unwrap();
    };
    let none: Vec<Value> = Vec::new();
    let by_threshold = || order("AU", 100, "6.20", "threshold");
    let cases: Vec<(&str, Given, Vec<(&str, u32)>, Vec<Value>)> = vec![
        ("nothing is set", |_| (), vec![(AU, 60), (AU, 60)], none.clone()),
        ("more than the threshold is left", australia, vec![(AU, 89)], none.clone()),
        ("no more than the threshold is left", australia, vec![(AU, 60), (AU, 30)], vec![by_threshold()]),
        (
            "a message cannot be paid",
            australia,
            vec![(AU, 60), (AU, 60)],
            vec![order("AU", 100, "6.20", "message")],
        ),
        (
            "one that takes more than a pack",
            australia,
            vec![(AU, 255)],
            vec![order("AU", 200, "12.40", "message")],
        ),
        ("one order at a time", australia, vec![(AU, 95), (AU, 255), (AU, 5), (AU, 9)], vec![by_threshold()]),
        (
            "one for each region",
            both,
            vec![(AU, 95), (NZ, 101), (NZ, 1)],
            vec![by_threshold(), order("NZ", 100, "12.60", "message")],
        ),
        ("another region's message", australia, vec![(US, 1)], none.clone()),
        ("one is on its way", on_its_way, vec![(AU, 60), (AU, 60)], none.clone()),
        ("a payment was declined", cooling, vec![(AU, 60), (AU, 60)], none.clone()),
        ("the day has its orders", capped, vec![(AU, 255), (AU, 255)], none.clone()),
        ("it was ended", ended, vec![(AU, 60), (AU, 60)], none),
    ];
    for (case, given, rows, recharges) in cases {
        let [mut world, mut untold] = [(); 2].map(|()| stocked(100));
        given(&mut world);
        given(&mut untold);
        let told = foretold(&mut world, &mut untold, &rows);
        assert_eq!(told["recharges"], json!(recharges), "{case}");
    }
}

/// An order that cannot be placed is none: that it is halted is told by whatever comes to it.
#[test]
fn what_can_no_longer_be_ordered_is_not_foretold() {
    let [mut world, mut untold] = [(); 2].map(|()| {
        let mut world = stocked(100);
        set(&mut world, "pack-au", 10);
        world.again_under(changed(|catalog| catalog["offers"][0]["gates"] = json!(["certified"])))
    });
    let told = foretold(&mut world, &mut untold, &[(AU, 95), (AU, 50)]);
    assert_eq!(told["recharges"], json!([]));
    assert_eq!(world.call("settings", json!({})).unwrap()["recharges"][0]["halted"], "gate");
}

/// An order is not paid yet: what comes after it is unpaid, and missing is what pays all of it at once.
#[test]
fn what_is_ordered_neither_pays_nor_fills_what_is_missing() {
    let mut world = stocked(100);
    let rows = [(AU, 95), (AU, 20), (AU, 5), (AU, 30)];
    let without = estimate(&mut world, &rows);
    set(&mut world, "pack-au", 10);
    let told = estimate(&mut world, &rows);
    assert_eq!(told["recharges"], json!([order("AU", 100, "6.20", "threshold")]));
    for name in ["unpaid", "missing", "packages", "available"] {
        assert_eq!(told[name], without[name], "{name}");
    }
    assert_eq!(told["missing"], json!([{ "region": "AU", "segments": 50, "largest": 30 }]));
}

/// What costs nothing is issued at once, and pays what comes after the message that it was ordered for.
#[test]
fn what_is_free_is_issued_at_once() {
    let free = || changed(|catalog| catalog["offers"][0]["price"]["amount"] = json!("0"));
    let [mut world, mut untold] = [(); 2].map(|()| {
        let mut world = of(World::opened_of(free(), NOW), 10);
        set(&mut world, "pack-au", 0);
        world
    });
    let told = foretold(&mut world, &mut untold, &[(AU, 11), (AU, 60), (AU, 50)]);
    assert_eq!(
        told["recharges"],
        json!([order("AU", 100, "0.00", "message"), order("AU", 100, "0.00", "threshold")])
    );
    assert_eq!(
        told["packages"],
        json!([{ "package": "p1", "segments": 10 }, { "package": "p3", "segments": 100 }])
    );
}

/// An order has the price of the day on which the messages are sent.
#[test]
fn a_later_instant_has_its_own_price() {
    let catalog = changed(|catalog| {
        let list = |id: &str, from: &str, until: Option<&str>, amount: &str| {
            let price = json!({ "region": "AU", "model": "flat", "per": 100, "amount": amount });
            let mut list =
                json!({ "id": id, "series": "au", "currency": "USD", "from": from, "prices": [price] });
            if let Some(until) = until {
                list["until"] = json!(until);
            }
            list
        };
        let turn = "2026-02-01T00:00:00Z";
        catalog["price_lists"] =
            json!([list("old", "2025-01-01T00:00:00Z", Some(turn), "6.20"), list("new", turn, None, "7.00")]);
        let offer = catalog["offers"][0].as_object_mut().unwrap();
        offer.remove("price");
        offer.insert("prices".to_owned(), json!("au"));
    });
    let mut world = of(World::opened_of(catalog, NOW), 100);
    set(&mut world, "pack-au", 10);
    for (at, total) in
        [(None, "6.20"), (Some("2026-01-31T23:59:59Z"), "6.20"), (Some("2026-02-01T00:00:00Z"), "7.00")]
    {
        let told = estimate_at(&mut world, &[(AU, 95, None)], at).unwrap();
        assert_eq!(told["recharges"][0]["total"], total, "{at:?}");
    }
}
