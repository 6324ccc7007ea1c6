//! Rules 26 and 27: which region a number belongs to and who pays for it, and batches.

use super::sellers::{cloutly, cloutly_on};
use crate::common::world::{ACCOUNT, World};
use crate::common::{AU, CANADA, NZ, SHORT, US, draws, refusal, reply, text};
use serde_json::json;
use sms_ledger::engine::{Command, Message, Tags};

const UK: &str = "+447400123456";

#[test]
fn rule_26_a_number_belongs_to_the_region_of_its_longest_prefix_and_without_a_price_it_is_refused() {
    let mut world = cloutly_on("growth");
    // +1 is 25 countries, of which one is priced.
    for (to, region) in [(AU, "AU"), (US, "US"), (UK, "GB"), (NZ, "NZ")] {
        assert_eq!(world.preview(to, SHORT).unwrap()["region"], region, "{to}");
    }
    for to in [CANADA, "+18765550123", "+12425550123", "+33612345678"] {
        assert_eq!(refusal(&world.reserve(to, to, SHORT)), "UNKNOWN_REGION unpriced_region", "{to}");
    }
    // Plan credits pay any priced region.
    for to in [AU, US, UK, NZ] {
        assert_eq!(draws(&world.reserve(to, to, SHORT).unwrap()), "p1:1");
    }
    // A pack pays only the region that it is bound to.
    let mut world = cloutly();
    world.buy("o1", "pack-au", 100);
    assert_eq!(draws(&world.reserve("m1", AU, SHORT).unwrap()), "p1:1");
    for to in [US, UK, NZ] {
        assert_eq!(refusal(&world.reserve(to, to, SHORT)), "INSUFFICIENT_BALANCE wrong_region", "{to}");
    }
}

#[test]
fn rule_27_a_batch_is_all_or_nothing_or_message_by_message() {
    let stocked = || {
        let mut world = cloutly();
        world.buy("o1", "pack-au", 100);
        world
    };
    let message = |world: &World, id: &str, segments: usize| {
        Message::reserve(&world.catalog, id, AU, &text(segments), Tags::default(), 1).unwrap()
    };
    // Too much together: none is reserved, and the answer says which one could not be paid.
    let mut world = stocked();
    let all = vec![message(&world, "m1", 60), message(&world, "m2", 60)];
    let error = world.run(Command::ReserveAll(all)).unwrap_err();
    assert_eq!((error.code.as_str(), &error.details["message"]), ("INSUFFICIENT_BALANCE", &json!(1)));
    assert_eq!(world.counts(), [100, 0, 0, 0]);
    // What fits is reserved whole.
    let all = vec![message(&world, "m3", 60), message(&world, "m4", 40)];
    let answer = world.run(Command::ReserveAll(all)).unwrap();
    assert_eq!(answer["reserved"].as_array().unwrap().len(), 2);
    assert_eq!(world.counts(), [0, 100, 0, 0]);
    // Message by message each has its own answer, in order.
    let mut world = stocked();
    let each = [("m1", 60), ("m2", 60), ("m3", 40)]
        .map(|(id, segments)| Command::Reserve(message(&world, id, segments)));
    let now = world.now;
    let answers: Vec<String> = world
        .driver
        .run_all(ACCOUNT, each.to_vec(), now)
        .into_iter()
        .map(reply)
        .map(|reply| reply.as_ref().map_or_else(|_| refusal(&reply), draws))
        .collect();
    assert_eq!(answers, ["p1:60", "INSUFFICIENT_BALANCE exhausted", "p1:40"]);
    assert_eq!(world.counts(), [0, 100, 0, 0]);
}
