//! Auto-recharge (domain rule 33): what is ordered by itself, when, of how much, and how often.

use crate::common::world::World;
use crate::common::{AU, Reply, SHORT, US, changed, draws, refusal, text};
use serde_json::{Value, json};

const NOON: &str = "2026-01-10T12:00:00Z";

/// An account with so many segments for Australia in `p1`, and a recharge of them, changed as the test needs it.
fn recharged(segments: u64, terms: Value) -> World {
    of(World::opened(NOON), segments, terms)
}

fn of(mut world: World, segments: u64, terms: Value) -> World {
    if segments > 0 {
        give(&mut world, "stock", segments);
    }
    set(&mut world, terms).unwrap();
    world
}

fn give(world: &mut World, id: &str, segments: u64) {
    let input = json!({ "id": id, "segments": segments, "reason": "test", "region": "AU" });
    world.call("adjust", input).unwrap();
}

fn set(world: &mut World, terms: Value) -> Reply {
    let mut input = json!({ "offer": "pack-au", "method": "card" });
    input.as_object_mut().unwrap().extend(terms.as_object().unwrap().clone());
    world.call("setRecharge", input)
}

/// The first recharge as `settings` shows it.
fn shown(world: &mut World) -> Value {
    world.call("settings", json!({})).unwrap()["recharges"][0].clone()
}

fn state(world: &mut World) -> String {
    shown(world)["state"].as_str().unwrap().to_owned()
}

/// The order that waits to be paid, if any.
fn on_order(world: &mut World) -> Option<String> {
    shown(world)["order"]["id"].as_str().map(str::to_owned)
}

fn order(world: &mut World, id: &str) -> Value {
    world.call("order", json!({ "id": id })).unwrap()
}

fn confirm(world: &mut World, order: &str, status: &str) -> Value {
    world.call("confirmPayment", json!({ "order": order, "outcome": outcome(status) })).unwrap()
}

fn outcome(status: &str) -> Value {
    if status == "paid" {
        json!({ "status": status, "reference": "pay" })
    } else {
        json!({ "status": status })
    }
}

/// Says what became of the order that waits.
fn decide(world: &mut World, status: &str) -> String {
    let order = on_order(world).unwrap();
    confirm(world, &order, status);
    order
}

fn orders(world: &mut World) -> Vec<Value> {
    world.call("orders", json!({})).unwrap()["orders"].as_array().unwrap().clone()
}

fn events(world: &mut World) -> Vec<Value> {
    let page = world.call("eventPage", json!({ "limit": 1000 })).unwrap();
    let events = page["events"].as_array().unwrap().iter();
    events.filter(|event| event["kind"] == "recharge").cloned().collect()
}

#[test]
fn a_balance_that_hits_zero_orders_a_pack_and_a_payment_applies_it() {
    let mut world = recharged(2, json!({}));
    world.reserve("m1", AU, SHORT).unwrap();
    assert_eq!((state(&mut world).as_str(), orders(&mut world).len()), ("armed", 0), "1 is left");
    world.reserve("m2", AU, SHORT).unwrap();
    assert_eq!(state(&mut world), "paying");
    let id = on_order(&mut world).unwrap();
    let placed = order(&mut world, &id);
    assert_eq!(
        (
            &placed["state"],
            &placed["quantity"],
            &placed["total"],
            &placed["payment"]["method"],
            &placed["recharge"]
        ),
        (&json!("placed"), &json!(100), &json!("6.20"), &json!("card"), &json!(true))
    );
    assert_eq!(world.call("orders", json!({ "undecided": true })).unwrap()["orders"][0]["id"], id.as_str());
    confirm(&mut world, &id, "paid");
    let package = world.packages().pop().unwrap();
    assert_eq!(
        (&package["source"], &package["available"], &package["order"], &package["region"]),
        (&json!("recharge"), &json!(100), &json!(id), &json!("AU"))
    );
    assert_eq!((state(&mut world).as_str(), shown(&mut world)["placedToday"].as_u64()), ("armed", Some(1)));
    world.reserve("m3", AU, SHORT).unwrap();
    world.proven();
}

#[test]
fn the_order_is_named_after_its_entry_which_is_an_event() {
    let mut world = recharged(1, json!({}));
    world.reserve("m1", AU, SHORT).unwrap();
    assert_eq!(world.journal(), ["open", "adjust", "reserve", "recharge"]);
    let [event] = &events(&mut world)[..] else { panic!("one order, one event") };
    assert_eq!((&event["id"], &event["reference"]), (&json!("recharge/4"), &json!("recharge-4")));
    let told = json!({
        "region": "AU", "offer": "pack-au", "quantity": 100, "total": "6.20", "currency": "USD", "trigger": "threshold",
    });
    assert_eq!(event["recharge"], told);
    // Nobody else can take such an id.
    let quote = world.quote("pack-au", 100);
    assert_eq!(refusal(&world.purchase("recharge-9", &quote)), "INVALID_INPUT");
    assert_eq!(on_order(&mut world.again()).as_deref(), Some("recharge-4"));
}

#[test]
fn a_message_that_cannot_be_paid_waits_for_the_order_and_succeeds_on_retry() {
    let mut world = recharged(1, json!({}));
    let two = text(2);
    let waits = world.reserve("m1", AU, &two).unwrap_err();
    assert_eq!((waits.code.as_str(), waits.retryable), ("TOP_UP_REQUIRED", true));
    let details = Value::Object(waits.details.clone());
    assert_eq!(
        details["order"],
        json!({ "id": "recharge-3", "amount": "6.20", "currency": "USD", "quantity": 100 })
    );
    assert_eq!(
        (&details["reason"], &details["available"], &details["nextAttempt"]),
        (&json!("exhausted"), &json!(1), &json!(1))
    );
    // The same message again, another one, and another process: one order.
    for world in [&mut world.again(), &mut world] {
        for id in ["m1", "m2"] {
            let waits = world.reserve(id, AU, &two).unwrap_err();
            assert_eq!(waits.details["order"]["id"], "recharge-3");
        }
    }
    assert_eq!((orders(&mut world).len(), world.counts()), (1, [1, 0, 0, 0]));
    decide(&mut world, "paid");
    let reserved = world.reserve("m1", AU, &two).unwrap();
    assert_eq!((draws(&reserved), &reserved["available"]), ("p1:1 p2:1".to_owned(), &json!(99)));
    assert_eq!(world.reserve("m1", AU, &two).unwrap(), reserved, "a repetition is answered as before");
    world.proven();
}

#[test]
fn what_other_reasons_refuse_orders_nothing() {
    let catalog = changed(|catalog| catalog["regions"][0]["gates"] = json!(["certified"]));
    let mut world = World::opened_of(catalog, NOON);
    world.call("setGates", json!({ "gates": ["certified"] })).unwrap();
    let mut world = of(world, 1, json!({}));
    world.call("setCeilings", json!({ "ceilings": [{ "perDay": 1 }] })).unwrap();
    assert_eq!(refusal(&world.reserve("m1", AU, &text(2))), "CEILING_REACHED ceiling");
    world.call("setCeilings", json!({ "ceilings": [] })).unwrap();
    world.call("setGates", json!({ "gates": [] })).unwrap();
    assert_eq!(refusal(&world.reserve("m2", AU, &text(2))), "GATE_CLOSED gate_closed");
    world.call("setGates", json!({ "gates": ["certified"] })).unwrap();
    world.call("suspend", json!({ "reason": "test" })).unwrap();
    assert_eq!(refusal(&world.reserve("m3", AU, &text(2))), "INSUFFICIENT_BALANCE suspended");
    world.call("adjust", json!({ "id": "a", "segments": -1, "package": "p1", "reason": "test" })).unwrap();
    assert_eq!((orders(&mut world).len(), state(&mut world).as_str()), (0, "armed"), "suspended at 0");
    world.call("resume", json!({ "reason": "test" })).unwrap();
    assert_eq!(state(&mut world), "paying", "it is low, and can buy again");
    assert_eq!(
        refusal(&world.reserve("m4", US, SHORT)),
        "INSUFFICIENT_BALANCE none",
        "nothing is set for it"
    );
    assert_eq!(orders(&mut world).len(), 1);
}

/// `AU-27` of the shared scenarios shows the same, again and again.
#[test]
fn whole_packs_close_the_gap_in_one_payment() {
    for (threshold, pack, left, message, expected) in [
        // What is left is strictly above the threshold.
        (98, 100, 0, 0, 100),
        (99, 100, 0, 0, 100),
        (100, 100, 0, 0, 200),
        (100, 100, 3, 0, 100),
        (1_000, 100, 0, 0, 1_100),
        (1_000, 500, 0, 0, 1_500),
        // And so it is once the message that waits is paid.
        (0, 100, 1, 2, 100),
        (0, 100, 1, 100, 100),
        (0, 100, 1, 101, 200),
        (5, 100, 10, 104, 100),
        (5, 100, 10, 105, 200),
    ] {
        let mut world = recharged(5_000, json!({ "threshold": threshold, "quantity": pack }));
        let taken = json!({ "id": "a", "segments": left - 5_000, "package": "p1", "reason": "test" });
        world.call("adjust", taken).unwrap();
        if message > 0 {
            assert_eq!(refusal(&world.reserve("m1", AU, &text(message))), "TOP_UP_REQUIRED exhausted");
        }
        let placed = shown(&mut world)["order"]["quantity"].clone();
        assert_eq!(placed, json!(expected), "{threshold} {pack} {left} {message}");
        decide(&mut world, "paid");
        if message > 0 {
            world.reserve("m1", AU, &text(message)).unwrap();
        }
        assert!(world.balance()["available"].as_u64().unwrap() > threshold, "{threshold} {pack} {left}");
        assert_eq!((orders(&mut world).len(), state(&mut world).as_str()), (1, "armed"));
    }
}
