//! Auto-recharge (domain rule 33): what is ordered by itself, when, of how much, and how often.

use crate::common::world::World;
use crate::common::{AU, Reply, SHORT, US, changed, draws, refusal, text};
use serde_json::{Value, json};
use sms_ledger::engine::{Command, Message, Tags};
use std::sync::Arc;

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
    let suspended = world.reserve("m3", AU, &text(2));
    assert_eq!(refusal(&suspended), "INSUFFICIENT_BALANCE suspended");
    assert!(suspended.unwrap_err().message.contains("once the account is resumed"));
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

#[test]
fn one_order_is_on_its_way_until_it_is_decided() {
    let mut world = recharged(1, json!({}));
    world.reserve("m1", AU, SHORT).unwrap();
    let first = on_order(&mut world).unwrap();
    for status in ["unknown", "timed_out"] {
        confirm(&mut world, &first, status);
        world.release("m1").unwrap();
        world.call("adjust", json!({ "id": status, "segments": 1, "reason": "test" })).unwrap();
        assert_eq!(refusal(&world.reserve(status, AU, &text(9))), "TOP_UP_REQUIRED exhausted");
        assert_eq!((state(&mut world).as_str(), orders(&mut world).len()), ("paying", 1), "{status}");
    }
    // It may be paid late, however late.
    world.at("2026-03-01T12:00:00Z");
    assert_eq!(decide(&mut world, "paid"), first);
    assert_eq!((state(&mut world).as_str(), orders(&mut world).len()), ("armed", 1));
    assert_eq!(shown(&mut world)["placedThisMonth"], 0, "it was placed in another month");
}

#[test]
fn orders_of_a_day_and_of_a_month_have_a_limit() {
    let mut world = World::new("2026-01-30T20:00:00Z");
    world.open(json!({ "zone": "Asia/Shanghai" })).unwrap();
    set(&mut world, json!({ "perDay": 2, "perMonth": 3 })).unwrap();
    // In Shanghai it is the 31st: the day and the month end at 16:00 UTC.
    let (mut number, mut placed) = (0, Vec::new());
    for now in
        ["2026-01-30T20:00:00Z", "2026-01-31T15:59:59Z", "2026-01-31T16:00:00Z", "2026-02-01T16:00:00Z"]
    {
        world.at(now);
        for _ in 0..4 {
            number += 1;
            let id = format!("m{number}");
            let refused = world.reserve(&id, AU, &text(100)).is_err();
            if refused && on_order(&mut world).is_some() {
                decide(&mut world, "paid");
                world.reserve(&id, AU, &text(100)).unwrap();
            }
            if let Some(order) = on_order(&mut world) {
                confirm(&mut world, &order, "paid");
            }
        }
        placed.push((shown(&mut world)["placedToday"].clone(), orders(&mut world).len(), state(&mut world)));
    }
    let capped = |today: u64, all: usize| (json!(today), all, "capped".to_owned());
    assert_eq!(placed, [capped(2, 2), capped(2, 2), capped(2, 4), capped(1, 5)]);
    let refused = world.reserve("last", AU, &text(255)).unwrap_err();
    assert_eq!(
        (refused.code.as_str(), &refused.details["recharge"]),
        ("INSUFFICIENT_BALANCE", &json!("capped"))
    );
    // To end it and to set it anew lifts no limit.
    world.call("setRecharge", json!({ "region": "AU", "enabled": false })).unwrap();
    assert_eq!(state(&mut world), "off");
    set(&mut world, json!({ "perDay": 2, "perMonth": 3 })).unwrap();
    assert_eq!(state(&mut world), "capped");
    set(&mut world, json!({ "perDay": 2, "perMonth": 4 })).unwrap();
    assert_eq!(state(&mut world), "paying", "a higher one does");
}

#[test]
fn there_is_always_a_limit_and_the_policy_may_set_another() {
    let mut world = recharged(1_000, json!({}));
    let limits = |world: &mut World| {
        let shown = shown(world);
        ["perDay", "perMonth", "cooldownSeconds"].map(|name| shown[name].as_u64().unwrap())
    };
    assert_eq!(limits(&mut world), [5, 20, 3_600]);
    let catalog =
        changed(|catalog| catalog["policy"]["recharge"] = json!({ "per_day": 2, "cooldown_seconds": 60 }));
    let mut world = world.again_under(catalog);
    assert_eq!(limits(&mut world), [2, 20, 60]);
    set(&mut world, json!({ "perDay": 9 })).unwrap();
    assert_eq!(limits(&mut world), [9, 20, 60]);
    for (name, wrong) in [("perDay", 0), ("perMonth", 1_001), ("cooldownSeconds", 59)] {
        assert_eq!(refusal(&set(&mut world, json!({ name: wrong }))), "INVALID_INPUT", "{name}");
    }
}

#[test]
fn a_cooldown_follows_a_declined_payment() {
    for status in ["declined", "cancelled"] {
        let mut world = recharged(1, json!({ "cooldownSeconds": 600 }));
        let two = text(2);
        world.reserve("m1", AU, &two).unwrap_err();
        decide(&mut world, status);
        assert_eq!((state(&mut world).as_str(), orders(&mut world).len()), ("cooling", 1), "{status}");
        assert_eq!(shown(&mut world)["coolUntil"], "2026-01-10T12:10:00.000Z");
        world.at("2026-01-10T12:09:59.999Z");
        let refused = world.reserve("m1", AU, &two);
        assert_eq!(refusal(&refused), "INSUFFICIENT_BALANCE exhausted");
        let refused = refused.unwrap_err();
        assert_eq!(
            (&refused.details["recharge"], &refused.details["nextAttempt"]),
            (&json!("cooling"), &json!(2))
        );
        world.at("2026-01-10T12:10:00Z");
        assert_eq!(shown(&mut world).get("coolUntil"), None);
        // The refusal was recorded, and stays what it was.
        assert_eq!(world.reserve("m1", AU, &two).unwrap_err(), refused, "{status}");
        assert_eq!(world.again().reserve("m1", AU, &two).unwrap_err().details["recharge"], "cooling");
        assert_eq!(refusal(&world.attempt("m1", AU, &two, 2)), "TOP_UP_REQUIRED exhausted");
        assert_eq!(orders(&mut world).len(), 2);
        decide(&mut world, "paid");
        world.attempt("m1", AU, &two, 2).unwrap();
        assert_eq!(shown(&mut world)["declines"], 0);
    }
}

/// Nothing else has happened meanwhile: to `advance` it is enough that it is time.
#[test]
fn advance_orders_what_is_low_when_a_cooldown_is_over_or_a_day() {
    let mut world = recharged(0, json!({ "cooldownSeconds": 600, "perDay": 2 }));
    decide(&mut world, "declined");
    let advance = |world: &mut World, at: &str| {
        world.at(at);
        world.call("advance", json!({})).unwrap();
        orders(world).len()
    };
    assert_eq!(advance(&mut world, "2026-01-10T12:09:59.999Z"), 1, "it cools down");
    assert_eq!(advance(&mut world, "2026-01-10T12:10:00Z"), 2);
    assert_eq!(advance(&mut world, "2026-01-10T12:10:01Z"), 2, "one at a time");
    decide(&mut world, "cancelled");
    assert_eq!(advance(&mut world, "2026-01-10T23:59:59.999Z"), 2, "as many as a day may have");
    assert_eq!(advance(&mut world, "2026-01-11T00:00:00Z"), 3);
    world.proven();
}

/// Declines as often as it takes, an hour after the other.
fn broken() -> World {
    let mut world = recharged(1, json!({}));
    for (hour, state_after) in [(12, "cooling"), (14, "cooling"), (16, "halted")] {
        world.at(&format!("2026-01-10T{hour}:00:00Z"));
        world.reserve(&format!("m{hour}"), AU, &text(2)).unwrap_err();
        decide(&mut world, "declined");
        assert_eq!(state(&mut world), state_after);
    }
    world.at("2026-01-11T12:00:00Z");
    let refused = world.reserve("late", AU, &text(2)).unwrap_err();
    assert_eq!((&refused.details["recharge"], orders(&mut world).len()), (&json!("halted"), 3));
    world
}

#[test]
fn three_declines_in_a_row_end_it_until_another_method_is_set() {
    let mut world = broken();
    let told = events(&mut world).pop().unwrap();
    assert_eq!(told["recharge"], json!({ "region": "AU", "offer": "pack-au", "halted": "declined" }));
    // The same method once more, or ended and set anew: no.
    set(&mut world, json!({ "threshold": 50 })).unwrap();
    world.call("setRecharge", json!({ "region": "AU", "enabled": false })).unwrap();
    set(&mut world, json!({})).unwrap();
    assert_eq!((state(&mut world).as_str(), &shown(&mut world)["declines"]), ("halted", &json!(3)));
    set(&mut world, json!({ "method": "other", "threshold": 1 })).unwrap();
    assert_eq!((state(&mut world).as_str(), &shown(&mut world)["declines"]), ("paying", &json!(0)));
    let id = on_order(&mut world).unwrap();
    assert_eq!(order(&mut world, &id)["payment"]["method"], "other");
}

#[test]
fn three_declines_in_a_row_end_it_until_a_payment_succeeds() {
    // By hand with the same method; by hand otherwise; or what was declined is paid after all.
    for (by, armed) in [("card", true), ("other", false), ("", true)] {
        let mut world = broken();
        if by.is_empty() {
            let declined = orders(&mut world)[0]["id"].as_str().unwrap().to_owned();
            confirm(&mut world, &declined, "paid");
        } else {
            let quote = world.quote("pack-au", 100);
            let payment = json!({ "method": by, "reference": "pay" });
            world.call("purchase", json!({ "id": "o1", "quote": quote, "payment": payment })).unwrap();
        }
        assert_eq!(state(&mut world), if armed { "armed" } else { "halted" }, "{by}");
        world.reserve("m1", AU, &text(101)).unwrap();
        assert_eq!(state(&mut world), if armed { "paying" } else { "halted" }, "{by}");
    }
}

#[test]
fn a_region_of_its_own_each_and_one_order_a_call() {
    let mut world = World::new(NOON);
    world.open(json!({ "plan": "starter" })).unwrap();
    for (offer, region) in [("pack-au", "AU"), ("pack-us", "US"), ("pack-gb", "GB")] {
        let set = world.call("setRecharge", json!({ "offer": offer })).unwrap();
        assert_eq!(set["recharges"].as_array().unwrap().last().unwrap()["region"], region);
    }
    // The last of the plan's credits, which pay all of them.
    world.reserve("m1", AU, &text(50)).unwrap();
    assert_eq!(orders(&mut world).len(), 1);
    // A message goes before the others.
    assert_eq!(refusal(&world.reserve("m2", US, SHORT)), "TOP_UP_REQUIRED exhausted");
    assert_eq!(orders(&mut world).len(), 2);
    world.call("grantVoucher", json!({ "voucher": { "id": "v", "percent": "1" } })).unwrap();
    let regions: Vec<Value> = orders(&mut world).into_iter().map(|order| order["region"].clone()).collect();
    assert_eq!(regions.len(), 3, "{regions:?}");
    for order in orders(&mut world) {
        confirm(&mut world, order["id"].as_str().unwrap(), "paid");
    }
    world.reserve("m2", US, SHORT).unwrap();
    assert_eq!(orders(&mut world).len(), 3);
    world.proven();
}

#[test]
fn a_batch_of_all_or_none_is_ordered_for_as_a_whole() {
    let mut world = recharged(10, json!({}));
    let rows: Vec<(String, &str, String)> =
        (0..150).map(|number| (format!("m{number}"), AU, text(2))).collect();
    let waits = batch(&mut world, &rows).unwrap_err();
    assert_eq!((waits.code.as_str(), &waits.details["message"]), ("TOP_UP_REQUIRED", &json!(5)));
    // 290 segments are missing, and more than 0 are to be left.
    assert_eq!(waits.details["order"]["quantity"], 300);
    assert_eq!((world.counts(), world.journal().len()), ([10, 0, 0, 0], 3), "nothing else was written");
    assert_eq!(events(&mut world)[0]["recharge"]["trigger"], "batch");
    assert_eq!(batch(&mut world, &rows).unwrap_err(), waits);
    decide(&mut world, "paid");
    assert_eq!(batch(&mut world, &rows).unwrap()["reserved"].as_array().map(Vec::len), Some(150));
    assert_eq!(world.counts(), [10, 300, 0, 0]);
    world.proven();
}

fn batch(world: &mut World, rows: &[(String, &str, String)]) -> Reply {
    let messages = rows
        .iter()
        .map(|(id, to, text)| Message::reserve(&world.catalog, id, to, text, Tags::default(), 1).unwrap());
    let command = Command::ReserveAll(messages.collect());
    world.run(command)
}

#[test]
fn a_batch_that_lacks_more_than_credits_orders_nothing() {
    let mut world = recharged(1, json!({}));
    let mut rows = vec![("m1".to_owned(), AU, text(2)), ("m2".to_owned(), AU, text(2))];
    rows.push(("m3".to_owned(), US, SHORT.to_owned()));
    let refused = batch(&mut world, &rows);
    assert_eq!(refusal(&refused), "INSUFFICIENT_BALANCE wrong_region");
    assert_eq!(refused.unwrap_err().details["message"], 2);
    assert_eq!((orders(&mut world).len(), state(&mut world).as_str()), (0, "armed"));
    // Where it may not order, the batch is refused, and stays so.
    set(&mut world, json!({ "perDay": 1 })).unwrap();
    world.reserve("one", AU, SHORT).unwrap();
    decide(&mut world, "cancelled");
    rows.pop();
    for _ in 0..2 {
        let refused = batch(&mut world, &rows).unwrap_err();
        assert_eq!(
            (refused.code.as_str(), &refused.details["recharge"]),
            ("INSUFFICIENT_BALANCE", &json!("cooling"))
        );
        world.at("2026-01-10T12:30:00Z");
    }
}

/// A seller whose messages are never split, and whose packages wait for five minutes.
fn whole_after_five_minutes() -> World {
    let catalog = changed(|catalog| {
        catalog["policy"]["split"] = json!("never");
        catalog["offers"][0]["activation_seconds"] = json!(300);
        catalog["offers"][0]["quantity"] = json!({ "step": 1, "min": 1, "max": 100 });
        catalog["offers"][0]["recharge_quantity"] = json!(2);
    });
    World::opened_of(catalog, NOON)
}

#[test]
fn where_messages_are_not_split_one_package_holds_the_message() {
    let mut world = of(whole_after_five_minutes(), 4, json!({}));
    give(&mut world, "more", 4);
    let waits = world.reserve("m1", AU, &text(5)).unwrap_err();
    assert_eq!(
        (&waits.details["reason"], &waits.details["order"]["quantity"]),
        (&json!("fragmented"), &json!(6))
    );
    decide(&mut world, "paid");
    world.at("2026-01-10T12:05:00Z");
    assert_eq!(draws(&world.reserve("m1", AU, &text(5)).unwrap()), "p3:5");
    assert_eq!(refusal(&world.reserve("m2", AU, &text(100))), "TOP_UP_REQUIRED exhausted");
    decide(&mut world, "cancelled");
    world.at("2026-01-10T14:00:00Z");
    let refused = world.reserve("m2", AU, &text(101)).unwrap_err();
    assert_eq!(
        (refused.code.as_str(), &refused.details["recharge"]),
        ("INSUFFICIENT_BALANCE", &json!("too_large"))
    );
    assert_eq!(orders(&mut world).len(), 2);
}

#[test]
fn nothing_more_is_ordered_while_what_is_paid_waits_for_its_time() {
    let mut world = of(whole_after_five_minutes(), 1, json!({}));
    world.reserve("m1", AU, SHORT).unwrap();
    let waits = |world: &mut World| world.reserve("m2", AU, SHORT).unwrap_err().details["order"].clone();
    assert_eq!(waits(&mut world)["effectiveAt"], Value::Null);
    decide(&mut world, "paid");
    assert_eq!(state(&mut world), "pending");
    assert_eq!(waits(&mut world)["effectiveAt"], "2026-01-10T12:05:00.000Z");
    world.at("2026-01-10T12:04:59Z");
    assert_eq!(
        (refusal(&world.reserve("m2", AU, SHORT)), orders(&mut world).len()),
        ("TOP_UP_REQUIRED pending".into(), 1)
    );
    world.at("2026-01-10T12:05:00Z");
    world.reserve("m2", AU, SHORT).unwrap();
    assert_eq!(state(&mut world), "armed");
    assert_eq!(on_order(&mut world), None);
    world.reserve("m3", AU, SHORT).unwrap();
    assert_eq!((state(&mut world).as_str(), orders(&mut world).len()), ("paying", 2));
    // What is bought by hand waits as well, and is no reason to buy more.
    decide(&mut world, "cancelled");
    world.at("2026-01-10T14:00:00Z");
    world.buy("hand", "pack-au", 50);
    let refused = world.reserve("m4", AU, SHORT).unwrap_err();
    assert_eq!(
        (refused.code.as_str(), &refused.details["recharge"]),
        ("INSUFFICIENT_BALANCE", &json!("pending"))
    );
    assert_eq!(orders(&mut world).len(), 3);
}

#[test]
fn what_can_no_longer_be_ordered_halts_it_and_says_so() {
    let agreement = |version: &str| {
        let agreement = json!({ "id": "terms", "version": version });
        changed(|catalog| {
            catalog["offers"][0]["agreement"] = agreement;
            catalog["offers"][0]["gates"] = json!(["certified"]);
        })
    };
    let mut world = World::opened_of(agreement("1"), NOON);
    give(&mut world, "stock", 3);
    assert_eq!(refusal(&set(&mut world, json!({}))), "GATE_CLOSED");
    world.call("setGates", json!({ "gates": ["certified"] })).unwrap();
    assert_eq!(refusal(&set(&mut world, json!({}))), "AGREEMENT_REQUIRED");
    set(&mut world, json!({ "agreement": { "id": "terms", "version": "1" } })).unwrap();
    let mut world = world.again_under(agreement("2"));
    let halted = |world: &mut World, id: &str| {
        let refused = world.reserve(id, AU, &text(9)).unwrap_err();
        assert_eq!(
            (refused.code.as_str(), &refused.details["recharge"]),
            ("INSUFFICIENT_BALANCE", &json!("halted"))
        );
        shown(world)["halted"].clone()
    };
    assert_eq!(halted(&mut world, "m1"), "agreement");
    // Tried again after the cooldown, and told once.
    world.at("2026-01-10T13:00:01Z");
    assert_eq!(halted(&mut world, "m2"), "agreement");
    assert_eq!((events(&mut world).len(), state(&mut world).as_str()), (1, "halted"));
    set(&mut world, json!({ "agreement": { "id": "terms", "version": "2" } })).unwrap();
    world.call("setGates", json!({ "gates": [] })).unwrap();
    assert_eq!(halted(&mut world, "m3"), "gate");
    let mut world = world.again_under(changed(|catalog| {
        catalog["offers"].as_array_mut().unwrap().remove(0);
    }));
    world.at("2026-01-10T15:00:00Z");
    assert_eq!(halted(&mut world, "m4"), "not_sold");
    let told: Vec<Value> =
        events(&mut world).into_iter().map(|event| event["recharge"]["halted"].clone()).collect();
    assert_eq!(told, ["agreement", "gate", "not_sold"]);
    // What stood in the way is gone: it goes on by itself.
    let mut world = world.again_under(agreement("2"));
    world.call("setGates", json!({ "gates": ["certified"] })).unwrap();
    world.at("2026-01-10T17:00:00Z");
    assert_eq!(refusal(&world.reserve("m5", AU, &text(9))), "TOP_UP_REQUIRED exhausted");
    let id = on_order(&mut world).unwrap();
    assert_eq!(order(&mut world, &id)["agreement"]["version"], "2");
    world.proven();
}

#[test]
fn what_is_low_when_it_is_set_is_ordered_at_once() {
    let mut world = World::opened(NOON);
    let set = set(&mut world, json!({})).unwrap();
    assert_eq!(set["recharges"][0]["state"], "paying");
    assert_eq!(orders(&mut world).len(), 1);
    assert_eq!(set, world.call("settings", json!({})).unwrap());
}

#[test]
fn what_is_ended_orders_nothing_and_what_was_never_used_is_gone() {
    let mut world = recharged(1, json!({}));
    world.call("setRecharge", json!({ "region": "AU", "enabled": false })).unwrap();
    assert_eq!(world.call("settings", json!({})).unwrap()["recharges"], json!([]));
    world.reserve("m1", AU, SHORT).unwrap();
    assert_eq!(refusal(&world.reserve("m2", AU, SHORT)), "INSUFFICIENT_BALANCE exhausted");
    assert!(orders(&mut world).is_empty());
    for wrong in
        [json!({ "enabled": false }), json!({ "enabled": false, "region": "AU", "offer": "pack-au" })]
    {
        assert_eq!(refusal(&world.call("setRecharge", wrong)), "INVALID_INPUT");
    }
    // An order on its way outlives the recharge, and is no second one when that is set anew.
    set(&mut world, json!({})).unwrap();
    let order = on_order(&mut world).unwrap();
    world.call("setRecharge", json!({ "region": "AU", "enabled": false })).unwrap();
    assert_eq!(state(&mut world), "paying");
    set(&mut world, json!({})).unwrap();
    assert_eq!((on_order(&mut world), orders(&mut world).len()), (Some(order), 1));
}

#[test]
fn a_preview_orders_nothing_and_says_what_would_be() {
    let mut world = recharged(1, json!({}));
    let stored = world.proven();
    let waits = world.preview(AU, &text(2)).unwrap_err();
    assert_eq!(waits.code.as_str(), "TOP_UP_REQUIRED");
    assert_eq!(waits.details["order"], json!({ "amount": "6.20", "currency": "USD", "quantity": 100 }));
    assert_eq!(waits.details.get("nextAttempt"), None);
    assert_eq!(world.proven(), stored);
    world.reserve("m1", AU, &text(2)).unwrap_err();
    let waits = world.preview(AU, &text(2)).unwrap_err();
    assert_eq!(waits.details["order"]["id"], "recharge-3", "this one is there");
}

#[test]
fn a_closed_account_orders_nothing_and_what_is_paid_late_is_issued() {
    let mut world = recharged(1, json!({}));
    world.reserve("m1", AU, SHORT).unwrap();
    world.call("close", json!({ "reason": "test" })).unwrap();
    let order = decide(&mut world, "declined");
    world.release("m1").unwrap();
    world.at("2026-02-10T12:00:00Z");
    world.call("adjust", json!({ "id": "a", "segments": -1, "package": "p1", "reason": "test" })).unwrap();
    assert_eq!(orders(&mut world).len(), 1);
    confirm(&mut world, &order, "paid");
    assert_eq!(world.counts()[0], 100);
}

/// The largest settings that an account can have are stored whatever becomes of them.
#[test]
fn recharges_have_a_bound_and_can_always_be_stored() {
    let regions: Vec<Value> = (b'A'..=b'Z')
        .flat_map(|one| [(one, b'A'), (one, b'L')])
        .map(|(one, two)| json!(String::from_utf8(vec![one, two]).unwrap()))
        .filter(|code| code.as_str().unwrap().parse::<sms_ledger::numbering::Region>().is_ok())
        .collect();
    let catalog = changed(|catalog| {
        let listed = regions.iter().map(|code| json!({ "code": code, "name": code }));
        catalog["regions"] = listed.collect();
        catalog["plans"] = json!([]);
        catalog["offers"].as_array_mut().unwrap().truncate(1);
        catalog["offers"][0]["regions"] = json!(regions);
    });
    let mut world = World::opened_of(catalog, NOON);
    let method = "m".repeat(89);
    let terms = |region: &Value, method: &str| {
        json!({
            "region": region, "method": method, "quantity": 1_000_000, "threshold": 900_000, "currency": "USD",
            "perDay": 1_000, "perMonth": 1_000, "cooldownSeconds": 2_592_000,
        })
    };
    for region in &regions[..32] {
        set(&mut world, terms(region, &method)).unwrap();
        let order = on_order_of(&mut world, region);
        confirm(&mut world, &order, "unknown");
    }
    let settings = world.store.dump().into_iter().find(|(_, key, _)| key == "settings").unwrap().2;
    assert!((8_000..16_384 - 5_000).contains(&settings.len()), "{}", settings.len());
    assert_eq!(refusal(&set(&mut world, terms(&regions[32], ""))), "INVALID_INPUT");
    assert_eq!(refusal(&set(&mut world, terms(&regions[32], "m"))), "INVALID_INPUT", "32 are the most");
    assert_eq!(
        refusal(&set(&mut world, terms(&regions[0], &"m".repeat(256)))),
        "INVALID_INPUT",
        "too much text"
    );
}

fn on_order_of(world: &mut World, region: &Value) -> String {
    let settings = world.call("settings", json!({})).unwrap();
    let rows = settings["recharges"].as_array().unwrap().iter();
    rows.filter(|row| row["region"] == *region)
        .map(|row| row["order"]["id"].as_str().unwrap().to_owned())
        .next()
        .unwrap()
}

/// A message that was reserved before must not be ordered for when it comes again, whoever is asked.
#[test]
fn a_repetition_is_never_taken_for_a_message_that_waits() {
    let mut world = recharged(2, json!({}));
    let reserved = world.reserve("m1", AU, &text(2)).unwrap();
    decide(&mut world, "paid");
    world.reserve("m2", AU, &text(99)).unwrap();
    assert_eq!(state(&mut world), "armed");
    let mut other = world.again();
    assert_eq!(other.reserve("m1", AU, &text(2)).unwrap(), reserved);
    assert_eq!(orders(&mut world).len(), 1);
    // In a group with others, each is told its own.
    let ids = ["m1", "m3", "m4", "m2", "m5"];
    let commands = ids.iter().map(|id| world.message(id, AU, &text(if *id == "m2" { 99 } else { 2 }), 1));
    let commands: Vec<_> = commands.collect();
    let mut other = world.again();
    let answers = other.driver.run_all("acme", commands, world.now);
    let told = answers.into_iter().map(|answer| answer.map_or_else(|error| error.code.as_str(), |_| "ok"));
    let told: Vec<&str> = told.collect();
    assert_eq!(told, ["ok", "TOP_UP_REQUIRED", "TOP_UP_REQUIRED", "ok", "TOP_UP_REQUIRED"]);
    assert_eq!(orders(&mut other).len(), 2);
    world.again().proven();
}

/// What could not be used is not ordered, however little is left.
#[test]
fn nothing_is_ordered_for_a_region_where_nothing_may_be_sent() {
    for (gates, state_after, count) in [(json!(["kyc"]), "paying", 1), (json!([]), "armed", 0)] {
        let catalog = changed(|catalog| {
            let regions = catalog["regions"].as_array_mut().unwrap();
            let au = regions.iter_mut().find(|region| region["code"] == "AU").unwrap();
            au["gates"] = json!(["kyc"]);
        });
        let mut world = World::of(catalog, NOON);
        world.open(json!({ "gates": ["kyc"] })).unwrap();
        let mut world = of(world, 100, json!({ "threshold": 50 }));
        world.call("setGates", json!({ "gates": gates })).unwrap();
        let taken = json!({ "id": "taken", "segments": -60, "reason": "test", "package": "p1" });
        world.call("adjust", taken).unwrap();
        assert_eq!((state(&mut world).as_str(), orders(&mut world).len()), (state_after, count), "{gates}");
    }
}

/// What waits for its time is reckoned with, but no more than it is.
#[test]
fn what_waits_and_is_too_little_is_added_to() {
    let catalog = changed(|catalog| catalog["offers"][0]["activation_seconds"] = json!(300));
    let mut world = World::opened_of(catalog, NOON);
    world.buy("hand", "pack-au", 100);
    set(&mut world, json!({ "threshold": 149 })).unwrap();
    assert_eq!((state(&mut world).as_str(), orders(&mut world).len()), ("paying", 2));
    let id = on_order(&mut world).unwrap();
    assert_eq!(order(&mut world, &id)["quantity"], 100);
}

/// What is ordered lasts as long as was set.
#[test]
fn what_is_ordered_is_what_was_set() {
    let catalog = changed(|catalog| {
        catalog["offers"][0]["validity"] = json!([{ "months": 3 }, { "months": 6 }]);
    });
    for (months, until) in [(3, "2026-04-10T12:00:00.000Z"), (6, "2026-07-10T12:00:00.000Z")] {
        let terms = json!({ "validity": { "months": months } });
        let mut world = of(World::opened_of(Arc::clone(&catalog), NOON), 0, terms);
        decide(&mut world, "paid");
        assert_eq!(world.packages()[0]["expiresAt"], until);
    }
}

/// A payment of what it has ordered shows that payments succeed again, whatever method is set by then; of anything else, only by the same
/// method.
#[test]
fn its_own_order_ends_declines_by_whatever_method() {
    for (own, declines) in [(true, 0), (false, 1)] {
        let mut world = recharged(1, json!({}));
        world.reserve("m1", AU, &text(2)).unwrap_err();
        let first = decide(&mut world, "declined");
        let order = if own {
            first
        } else {
            let quote = world.quote("pack-au", 100);
            let input = json!({ "id": "hand", "quote": quote, "payment": { "method": "card" } });
            world.call("purchase", input).unwrap()["id"].as_str().unwrap().to_owned()
        };
        // Declined once more, so that another method has declines of its own.
        set(&mut world, json!({ "method": "other" })).unwrap();
        world.at("2026-01-10T14:00:00Z").attempt("m1", AU, &text(2), 1).unwrap_err();
        decide(&mut world, "declined");
        assert_eq!(shown(&mut world)["declines"], 1);
        confirm(&mut world, &order, "paid");
        assert_eq!(shown(&mut world)["declines"], declines, "{own}");
    }
}

/// A reason to order nothing is told until something is ordered.
#[test]
fn what_halted_is_forgotten_with_the_next_order() {
    let mut world = recharged(1, json!({}));
    let mut without = world.again_under(changed(|catalog| {
        catalog["offers"].as_array_mut().unwrap().remove(0);
    }));
    without.reserve("m1", AU, &text(2)).unwrap_err();
    assert_eq!(
        (state(&mut without).as_str(), &shown(&mut without)["halted"]),
        ("halted", &json!("not_sold"))
    );
    world = world.again();
    world.at("2026-01-10T14:00:00Z").reserve("m2", AU, &text(2)).unwrap_err();
    assert_eq!((state(&mut world).as_str(), shown(&mut world).get("halted")), ("paying", None));
}

/// What is ordered is paid in the currency that was set.
#[test]
fn what_is_ordered_has_the_currency_that_was_set() {
    let catalog = changed(|catalog| {
        let offer = catalog["offers"][0].as_object_mut().unwrap();
        offer.remove("price");
        offer.insert("prices".to_owned(), json!("au"));
        catalog["price_lists"] = ["USD", "EUR"]
            .map(|currency| {
                let price = json!({ "region": "AU", "model": "flat", "per": 100, "amount": "6.20" });
                json!({ "id": currency, "series": "au", "currency": currency, "prices": [price] })
            })
            .into_iter()
            .collect();
    });
    for currency in ["USD", "EUR"] {
        let mut world = of(World::opened_of(Arc::clone(&catalog), NOON), 0, json!({ "currency": currency }));
        assert_eq!(orders(&mut world)[0]["currency"], currency);
    }
}
