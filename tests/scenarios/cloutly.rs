//! «SMS Credits & Pricing in Cloutly», sentence by sentence, on the catalog `cloutly`. docs/seeds.md has the table.

use crate::common::world::World;
use crate::common::{AU, CANADA, NZ, SHORT, US, draws, refusal, text};
use serde_json::json;

const NOW: &str = "2026-01-15T10:00:00Z";
const UK: &str = "+447400123456";

fn on(plan: &str) -> World {
    let mut world = World::new(NOW);
    world.open(json!({ "plan": plan })).unwrap();
    world
}

/// One message, sent and delivered.
fn sent(world: &mut World, id: &str, to: &str, text: &str) {
    world.reserve(id, to, text).unwrap();
    world.report(id, "delivered", None).unwrap();
}

#[test]
fn one_credit_is_one_segment() {
    for (characters, segments) in [(1, 1), (160, 1), (161, 2), (306, 2), (307, 3)] {
        let mut world = on("starter");
        sent(&mut world, "m1", AU, &"a".repeat(characters));
        assert_eq!(world.counts(), [50 - segments, 0, segments, 0], "{characters}");
    }
}

#[test]
fn a_hundred_credits_send_a_hundred_messages() {
    let mut world = World::opened(NOW);
    world.buy("o1", "pack-au", 100);
    for number in 0..100 {
        sent(&mut world, &format!("m{number}"), AU, SHORT);
    }
    assert_eq!(world.counts(), [0, 0, 100, 0]);
    assert_eq!(refusal(&world.reserve("m100", AU, SHORT)), "INSUFFICIENT_BALANCE exhausted");
    world.proven();
}

#[test]
fn each_plan_has_its_credits_a_month() {
    for (plan, credits) in [("starter", 50), ("essentials", 75), ("growth", 100)] {
        let mut world = on(plan);
        assert_eq!(world.counts(), [credits, 0, 0, 0], "{plan}");
        sent(&mut world, "m1", AU, SHORT);
        // What is left at the billing date does not add up.
        assert_eq!(world.at("2026-02-15T09:59:59Z").counts(), [credits - 1, 0, 1, 0], "{plan}");
        assert_eq!(world.at("2026-02-15T10:00:00Z").counts(), [credits, 0, 1, credits - 1], "{plan}");
    }
}

#[test]
fn once_the_plans_credits_are_used_packs_pay_on() {
    let mut world = on("starter");
    world.reserve("m1", AU, &text(50)).unwrap();
    assert_eq!(refusal(&world.reserve("m2", AU, SHORT)), "INSUFFICIENT_BALANCE exhausted");
    world.buy("o1", "pack-au", 100);
    assert_eq!(draws(&world.reserve("m3", AU, SHORT).unwrap()), "p2:1");
}

#[test]
fn a_pack_remains_until_it_is_used() {
    let mut world = World::opened(NOW);
    let order = world.buy("o1", "pack-au", 100);
    assert!(order.get("expiresAt").is_none(), "{order}");
    world.at("2096-01-15T10:00:00Z");
    assert_eq!(world.counts(), [100, 0, 0, 0]);
    sent(&mut world, "m1", AU, &text(100));
    assert_eq!(world.counts(), [0, 0, 100, 0]);
}

#[test]
fn a_hundred_credits_cost_what_the_page_says() {
    let world = World::opened(NOW);
    for (offer, price) in
        [("pack-au", "6.20"), ("pack-us", "1.00"), ("pack-gb", "6.30"), ("pack-nz", "12.60")]
    {
        let quote = world.quote(offer, 100);
        assert_eq!((&quote["total"], &quote["currency"]), (&json!(price), &json!("USD")), "{offer}");
    }
}

#[test]
fn a_pack_sends_to_the_region_that_it_is_priced_for() {
    let mut world = World::opened(NOW);
    let packs = [("pack-au", AU), ("pack-us", US), ("pack-gb", UK), ("pack-nz", NZ)];
    for (offer, _) in packs {
        world.buy(offer, offer, 100);
    }
    for (offer, to) in packs {
        sent(&mut world, offer, to, &text(100));
        assert_eq!(
            refusal(&world.reserve(to, to, SHORT)).split(' ').next(),
            Some("INSUFFICIENT_BALANCE"),
            "{offer}"
        );
    }
    assert_eq!(refusal(&world.reserve("m1", CANADA, SHORT)), "UNKNOWN_REGION unpriced_region");
    assert_eq!(world.counts(), [0, 0, 400, 0]);
    world.proven();
}

#[test]
fn packs_can_be_bought_at_any_time_with_or_without_a_plan() {
    let mut world = World::opened("2025-10-01T00:00:00Z");
    world.buy("o1", "pack-au", 100);
    world.at("2031-02-28T23:59:59Z").buy("o2", "pack-au", 300);
    assert_eq!(world.counts(), [400, 0, 0, 0]);
    let mut world = on("growth");
    world.buy("o1", "pack-nz", 100);
    assert_eq!(world.counts(), [200, 0, 0, 0]);
}
