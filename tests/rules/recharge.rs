//! Rule 33: what is ordered by itself.

use super::sellers::{cloutly, entries, hold};
use crate::common::world::World;
use crate::common::{AU, SHORT, US, draws, refusal, text};
use serde_json::{Value, json};

const DAY: i64 = 86_400;

/// Of Cloutly, with so many credits for Australia, and a recharge for it.
fn recharged(credits: usize, terms: Value) -> World {
    let mut world = cloutly();
    world.buy("o1", "pack-au", 100);
    hold(&mut world, AU, 100 - credits, text);
    let mut input = json!({ "offer": "pack-au", "method": "card-1" });
    input.as_object_mut().unwrap().extend(terms.as_object().unwrap().clone());
    world.call("setRecharge", input).unwrap();
    world
}

/// Of the first recharge: its state, why it stands still, and the quantity of the order on its way.
fn shown(world: &mut World) -> String {
    let shown = world.call("settings", json!({})).unwrap()["recharges"][0].clone();
    let [state, quantity] = [&shown["state"], &shown["order"]["quantity"]].map(Value::to_string);
    [state.trim_matches('"'), " ", &quantity].concat()
}

/// What becomes of the payment of the order on its way.
fn decide(world: &mut World, status: &str) {
    let order = world.call("settings", json!({})).unwrap()["recharges"][0]["order"]["id"].clone();
    let mut outcome = json!({ "status": status });
    if status == "paid" {
        outcome["reference"] = json!(order);
    }
    world.call("confirmPayment", json!({ "order": order, "outcome": outcome })).unwrap();
}

/// A message of one segment is sent so many seconds later, or cannot be; what is shown then.
fn sent(world: &mut World, seconds: i64) -> String {
    world.now = world.now.checked_add_seconds(seconds).unwrap();
    let id = format!("m{}-{}", world.journal().len(), world.now);
    world.reserve(&id, AU, SHORT).ok();
    shown(world)
}

#[test]
fn rule_33_a_pack_is_ordered_when_the_balance_hits_zero_or_a_message_cannot_be_paid() {
    // At zero, and not before; at the threshold, where there is one.
    let mut world = recharged(2, json!({}));
    assert_eq!(sent(&mut world, 0), "armed null");
    assert_eq!(sent(&mut world, 0), "paying 100");
    // The engine has decided; the host pays, and the pack is applied.
    assert_eq!(world.counts()[0], 0);
    decide(&mut world, "paid");
    assert_eq!((world.counts()[0], shown(&mut world).as_str()), (100, "armed null"));
    assert_eq!(world.packages().last().unwrap()["source"], "recharge");
    let mut world = recharged(12, json!({ "threshold": 10 }));
    assert_eq!(sent(&mut world, 0), "armed null");
    assert_eq!(sent(&mut world, 0), "paying 100");
    // One credit left and a text of two: the message waits for the order, and succeeds with the same id.
    let mut world = recharged(1, json!({}));
    assert_eq!(refusal(&world.reserve("m1", AU, &text(2))), "TOP_UP_REQUIRED exhausted");
    decide(&mut world, "paid");
    assert_eq!(draws(&world.reserve("m1", AU, &text(2)).unwrap()), "p1:1 p2:1");
    // For its region alone.
    let mut world = recharged(5, json!({}));
    assert_eq!(refusal(&world.reserve("m1", US, SHORT)), "INSUFFICIENT_BALANCE wrong_region");
    assert_eq!(shown(&mut world), "armed null");
    // Whole packs that close the gap in one payment, and one order at a time.
    let mut world = recharged(50, json!({}));
    for id in ["m1", "m2"] {
        assert_eq!(refusal(&world.reserve(id, AU, &text(200))), "TOP_UP_REQUIRED exhausted");
        assert_eq!(shown(&mut world), "paying 200");
    }
    assert_eq!(entries(&mut world, "recharge").len(), 1);
    world.proven();
    limits_hold_it_back();
    declines_hold_it_back();
}

/// So many orders in a day and in a month.
fn limits_hold_it_back() {
    for (limits, days) in [(json!({ "perDay": 1 }), 1), (json!({ "perMonth": 1 }), 30)] {
        let mut world = recharged(1, limits);
        assert_eq!(sent(&mut world, 0), "paying 100");
        decide(&mut world, "paid");
        hold(&mut world, AU, 100, text);
        assert_eq!(shown(&mut world), "capped null");
        assert_eq!(sent(&mut world, (days - 1) * DAY), "capped null");
        assert_eq!(sent(&mut world, DAY), "paying 100");
    }
}

/// A cooldown after each; after the third only another method, or a success, lets it go on.
fn declines_hold_it_back() {
    for another in [true, false] {
        let mut world = recharged(1, json!({}));
        assert_eq!(sent(&mut world, 0), "paying 100");
        for declines in 1..=3 {
            decide(&mut world, "declined");
            let (cooling, after) =
                if declines < 3 { ("cooling null", "paying 100") } else { ("halted null", "halted null") };
            assert_eq!(sent(&mut world, 3_599), cooling);
            assert_eq!(sent(&mut world, 1), after);
        }
        if another {
            world.call("setRecharge", json!({ "offer": "pack-au", "method": "card-2" })).unwrap();
        } else {
            let quote = world.quote("pack-us", 100);
            let payment = json!({ "method": "card-1", "reference": "paid" });
            world.call("purchase", json!({ "id": "o2", "quote": quote, "payment": payment })).unwrap();
        }
        assert_eq!(sent(&mut world, 0), "paying 100", "{another}");
    }
}
