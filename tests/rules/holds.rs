//! Rules 22 to 25: when a message is charged, what ends it, and what a receipt costs.

use super::sellers::{
    CHINA, FRANCE, HALF_A_YEAR, NOW, any_text, changed, cloutly, for_france, outcome, tencent, tencent_live,
    ucloud,
};
use crate::common::world::World;
use crate::common::{AU, bytes, draws, refusal, text};
use serde_json::{Value, json};
use sms_ledger::catalog::profiles;

/// Of Cloutly under a changed policy: the plan's 50, which end on 2 April, a pack of 100, and a message of 52 over both.
fn over_both(policy: Value) -> World {
    let catalog = changed(profiles::CLOUTLY, |catalog| {
        for (name, value) in policy.as_object().unwrap() {
            catalog["policy"][name] = value.clone();
        }
    });
    let mut world = World::of(catalog, NOW);
    world.open(json!({ "plan": "starter" })).unwrap();
    world.buy("o1", "pack-au", 100);
    assert_eq!(draws(&world.reserve("m1", AU, &text(52)).unwrap()), "p1:50 p2:2");
    world
}

/// What is left in each open package.
fn left(world: &mut World) -> Vec<u64> {
    world.packages().iter().map(|package| package["available"].as_u64().unwrap()).collect()
}

#[test]
fn rule_22_a_message_is_charged_on_delivery_or_on_submission_as_the_policy_says() {
    // As the page says: held on submission, spent on delivery, so that nothing is sold twice.
    let mut world = tencent();
    world.buy("o1", "cn-custom", 1_000);
    world.at("2026-03-02T04:05:00Z");
    for index in 0..4 {
        world.reserve(&format!("m{index}"), CHINA, &any_text(250)).unwrap();
    }
    assert_eq!(world.counts(), [0, 1_000, 0, 0]);
    assert_eq!(refusal(&world.reserve("m4", CHINA, &any_text(1))), "INSUFFICIENT_BALANCE exhausted");
    world.report("m0", "delivered", None).unwrap();
    world.report("m1", "undelivered", None).unwrap();
    assert_eq!(world.counts(), [250, 500, 250, 0]);
    // As it is charged in fact: spent on submission, whatever becomes of it.
    let mut world = tencent_live();
    world.reserve("m0", CHINA, &any_text(60)).unwrap();
    assert_eq!(world.counts(), [40, 0, 60, 0]);
    for stage in ["accepted", "submitted", "undelivered"] {
        assert_eq!(outcome(&world.report("m0", stage, None).unwrap()), "settled 60 0 0");
    }
    assert_eq!(world.counts(), [40, 0, 60, 0]);
    // Only what was never submitted comes back.
    world.reserve("m1", CHINA, &any_text(30)).unwrap();
    assert_eq!(outcome(&world.report("m1", "rejected", None).unwrap()), "released 0 30 0");
    assert_eq!(world.counts(), [40, 0, 60, 0]);
    world.proven();
}

#[test]
fn rule_23_a_hold_ends_after_72_hours_and_gives_back_exactly_what_it_drew() {
    // Settled unless the switch says release, at that very instant.
    for (policy, after) in
        [(json!({}), [98, 0, 52, 0]), (json!({ "hold": { "hours": 72, "then": "release" } }), [150, 0, 0, 0])]
    {
        let mut world = over_both(policy);
        assert_eq!(world.at("2026-03-05T03:59:59.999Z").counts(), [98, 52, 0, 0]);
        assert_eq!(world.at("2026-03-05T04:00:00Z").counts(), after);
    }
    // A release goes back to exactly the packages and amounts drawn.
    let mut world = over_both(json!({}));
    world.release("m1").unwrap();
    assert_eq!(left(&mut world), [50, 100]);
    // Taken in time it settles after its package has expired; what is released then is breakage, the rest comes back.
    let patient = json!({ "hours": 8_784, "then": "settle" });
    let mut world = over_both(json!({ "hold": patient }));
    world.at("2026-04-02T04:00:00Z");
    assert_eq!(outcome(&world.settle("m1", None).unwrap()), "settled 52 0 0");
    let mut world = over_both(json!({ "hold": patient }));
    world.at("2026-04-02T04:00:00Z");
    assert_eq!(outcome(&world.release("m1").unwrap()), "released 0 2 50");
    assert_eq!(world.counts(), [150, 0, 0, 50]);
    // Within the grace it comes back, and can be used until that is over.
    let mut world = over_both(json!({ "hold": patient, "grace_hours": 24 }));
    world.at("2026-04-03T03:59:59Z");
    assert_eq!(outcome(&world.release("m1").unwrap()), "released 0 52 0");
    assert_eq!(world.counts(), [200, 0, 0, 0]);
    assert_eq!(world.at("2026-04-03T04:00:00Z").counts(), [150, 0, 0, 50]);
    world.proven();
}

#[test]
fn rule_24_the_first_final_receipt_wins_and_partial_delivery_settles_its_part() {
    let sent = |corrections: bool| {
        let catalog =
            changed(profiles::CLOUTLY, |catalog| catalog["policy"]["corrections"] = json!(corrections));
        let mut world = World::opened_of(catalog, NOW);
        world.buy("o1", "pack-au", 100);
        world.reserve("m1", AU, &text(3)).unwrap();
        world
    };
    // Early ones decide nothing; of the final ones the first does; a duplicate changes nothing, to the byte.
    let mut world = sent(false);
    for stage in ["accepted", "submitted"] {
        assert_eq!(outcome(&world.report("m1", stage, None).unwrap()), "held 0 0 0");
    }
    let first = world.report("m1", "delivered", None);
    let stored = world.store.dump();
    assert_eq!(bytes(&world.report("m1", "delivered", None)), bytes(&first));
    assert_eq!(world.store.dump(), stored);
    // A contradicting one is recorded, and no more.
    let told = world.report("m1", "rejected", Some("21")).unwrap();
    assert_eq!((outcome(&told).as_str(), &told["applied"]), ("settled 3 0 0", &json!(false)));
    assert_eq!(
        (&told["contradicted"]["stage"], &told["contradicted"]["code"]),
        (&json!("rejected"), &json!("21"))
    );
    assert_eq!(world.counts(), [97, 0, 3, 0]);
    // Where the policy allows corrections it is applied.
    let mut world = sent(true);
    world.report("m1", "delivered", None).unwrap();
    let told = world.report("m1", "rejected", None).unwrap();
    assert_eq!((outcome(&told).as_str(), &told["applied"]), ("released 0 3 0", &json!(true)));
    assert_eq!(world.counts(), [100, 0, 0, 0]);
    world.proven();
    // Two of three arrived.
    let mut world = sent(false);
    assert_eq!(outcome(&world.report_part("m1", 2).unwrap()), "settled 2 1 0");
    assert_eq!(world.counts(), [98, 0, 2, 0]);
}

#[test]
fn rule_25_what_a_receipt_costs_is_data_by_stage_and_code() {
    let stages = ["rejected", "accepted", "submitted", "delivered", "undelivered", "expired", "unknown"];
    let (held, full, none) = ("held 0 0 0", "settled 2 0 0", "released 0 2 0");
    let cases: [(fn() -> World, &str, fn(usize) -> String, [&str; 7]); 4] = [
        (cloutly, AU, text, [none, held, held, full, full, full, held]),
        (ucloud, FRANCE, any_text, [none, held, held, full, full, full, held]),
        (tencent, CHINA, any_text, [none, held, held, full, none, none, held]),
        // Spent from the start: nothing is held.
        (tencent_live, CHINA, any_text, [none, full, full, full, full, full, full]),
    ];
    for (seller, to, text, expected) in cases {
        let mut world = seller();
        world.call("adjust", json!({ "id": "a1", "segments": 100, "reason": "test" })).unwrap();
        for (stage, expected) in stages.into_iter().zip(expected) {
            world.reserve(stage, to, &text(2)).unwrap();
            let told = world.report(stage, stage, Some("42")).unwrap();
            assert_eq!(outcome(&told), expected, "{} {stage}", world.catalog.id);
        }
        world.proven();
    }
    // A code that the table lists goes before its stage.
    let catalog = changed(profiles::UCLOUD_USMS, |catalog| {
        let rule = json!({ "stage": "undelivered", "codes": ["DB:0141"], "charge": "none" });
        catalog["policy"]["receipts"].as_array_mut().unwrap().push(rule);
    });
    let mut world = World::of(catalog, NOW);
    world.open(json!({ "gates": ["enterprise-certified"] })).unwrap();
    for_france(&mut world, "o1", 100, HALF_A_YEAR, None);
    for (code, expected) in [(Some("DB:0141"), none), (Some("DB:0142"), full), (None, full)] {
        let id = code.unwrap_or("no-code");
        world.reserve(id, FRANCE, &any_text(2)).unwrap();
        assert_eq!(outcome(&world.report(id, "undelivered", code).unwrap()), expected, "{id}");
    }
}
