//! Rules 17 to 21: how texts are counted, who pays for a message, and why nothing can.

use super::sellers::{
    CHINA, FRANCE, HALF_A_YEAR, NOW, any_text, changed, cloutly, cloutly_on, for_france, spend, tencent,
    tencent_live, tencent_with_gift, ucloud,
};
use crate::common::world::World;
use crate::common::{AU, SHORT, US, draws, refusal, text};
use serde_json::{Value, json};
use sms_ledger::catalog::profiles;
use sms_ledger::engine::Tags;

/// Given by an administrator: segments, and the day on which they end.
fn give(world: &mut World, id: &str, segments: u64, until: &str) {
    let input = json!({ "id": id, "segments": segments, "reason": "test", "expiresAt": until });
    world.call("adjust", input).unwrap();
}

#[test]
fn rule_17_one_credit_is_one_segment_counted_as_the_seller_counts() {
    let latin = |characters: usize| "a".repeat(characters);
    let cyrillic = |characters: usize| "я".repeat(characters);
    let signed = |characters: usize| ["【UCloud】".to_owned(), "a".repeat(characters - 8)].concat();
    let counted = |world: &mut World, to: &str, text: &str| {
        let before = world.balance()["available"].as_u64().unwrap();
        let id = format!("m{}", world.journal().len());
        world.reserve(&id, to, text).unwrap();
        before - world.balance()["available"].as_u64().unwrap()
    };
    // Any text at 70, then 67, its signature included.
    let mut france = ucloud();
    for_france(&mut france, "o1", 1_000, HALF_A_YEAR, None);
    let (mut china, mut live) = (tencent(), tencent_live());
    china.buy("o1", "cn-custom", 1_000);
    china.at("2026-03-02T04:05:00Z");
    for (world, to) in [(&mut france, FRANCE), (&mut china, CHINA), (&mut live, CHINA)] {
        for text in [latin, cyrillic, signed] {
            for (characters, segments) in [(70, 1), (71, 2), (134, 2), (135, 3)] {
                assert_eq!(counted(world, to, &text(characters)), segments, "{}", text(characters));
            }
        }
    }
    // Elsewhere 160 and 153 in GSM-7, 70 and 67 in UCS-2.
    let mut world = cloutly();
    world.buy("o1", "pack-au", 100);
    for (text, segments) in [
        (latin(160), 1),
        (latin(161), 2),
        (latin(306), 2),
        (latin(307), 3),
        (cyrillic(70), 1),
        (cyrillic(71), 2),
        (cyrillic(134), 2),
        (cyrillic(135), 3),
    ] {
        assert_eq!(counted(&mut world, AU, &text), segments, "{text}");
    }
    // It is policy: data of a catalog.
    let counting = |catalog: &mut Value| catalog["policy"]["counting"] = json!("any-text-70");
    let mut world = World::opened_of(changed(profiles::CLOUTLY, counting), NOW);
    world.buy("o1", "pack-au", 100);
    assert_eq!(counted(&mut world, AU, &latin(160)), 3);
}

#[test]
fn rule_18_tencent_the_complimentary_package_if_it_has_enough_else_the_first_bought_that_has() {
    let mut world = tencent_with_gift();
    for order in ["o1", "o2"] {
        world.buy(order, "cn-custom", 1_000);
    }
    world.at("2026-03-02T04:05:00Z");
    spend(&mut world, CHINA, 99, any_text);
    // One complimentary segment is left, and a text of two: the purchased package pays both.
    assert_eq!(draws(&world.reserve("m1", CHINA, &any_text(2)).unwrap()), "p2:2");
    assert_eq!(draws(&world.reserve("m2", CHINA, &any_text(1)).unwrap()), "p1:1");
    spend(&mut world, CHINA, 997, any_text);
    // One is left in the first that was bought: it is never split with the second.
    assert_eq!(draws(&world.reserve("m3", CHINA, &any_text(2)).unwrap()), "p3:2");
    assert_eq!(draws(&world.reserve("m4", CHINA, &any_text(1)).unwrap()), "p2:1");
    assert_eq!(draws(&world.reserve("m5", CHINA, &any_text(1)).unwrap()), "p3:1");
}

#[test]
fn rule_19_cloutly_pays_from_the_plan_then_from_packs_and_ucloud_by_the_earliest_end_both_split() {
    let mut world = cloutly();
    world.buy("o1", "pack-au", 100);
    world.call("setPlan", json!({ "plan": "starter" })).unwrap();
    // The plan came later, and pays first.
    assert_eq!(draws(&world.reserve("m1", AU, &text(49)).unwrap()), "p2:49");
    assert_eq!(draws(&world.reserve("m2", AU, &text(3)).unwrap()), "p2:1 p1:2");
    // Earliest end; of the same end the first bought; of the same instant the first in line.
    let mut world = ucloud();
    for_france(&mut world, "o1", 100, 24, None);
    for_france(&mut world, "o2", 100, 12, None);
    for_france(&mut world, "o3", 100, 12, None);
    world.at("2026-09-02T04:00:00Z");
    for_france(&mut world, "o4", 100, 6, None);
    give(&mut world, "a1", 2, "2026-12-31");
    let ends: Vec<Value> = world.packages().iter().map(|package| package["expiresAt"].clone()).collect();
    assert_eq!((&ends[1], &ends[2]), (&ends[3], &json!("2027-03-02T04:00:00.000Z")));
    assert_eq!(draws(&world.reserve("m1", FRANCE, &any_text(103)).unwrap()), "p5:2 p2:100 p3:1");
    assert_eq!(draws(&world.reserve("m2", FRANCE, &any_text(200)).unwrap()), "p3:99 p4:100 p1:1");
}

#[test]
fn rule_20_the_draw_order_is_a_list_of_sort_keys_total_versioned_and_recorded_with_each_draw() {
    // What differs between two packages, and the key that puts the second first.
    for (keys, first, second) in [
        (json!(["scope"]), json!({}), json!({ "region": "AU" })),
        (json!(["expiry"]), json!({}), json!({ "expiresAt": "2026-12-31" })),
        (json!(["scope", "expiry"]), json!({ "expiresAt": "2026-12-31" }), json!({ "region": "AU" })),
    ] {
        for (draw, expected) in
            [(keys.clone(), "p2:1"), (json!(["sequence"]), "p1:1"), (json!(["purchased"]), "p1:1")]
        {
            let catalog = changed(profiles::CLOUTLY, |catalog| catalog["policy"]["draw"] = draw.clone());
            let mut world = World::opened_of(catalog, NOW);
            for (id, terms) in [("a1", &first), ("a2", &second)] {
                let mut input = json!({ "id": id, "segments": 5, "reason": "test" });
                input.as_object_mut().unwrap().extend(terms.as_object().unwrap().clone());
                world.call("adjust", input).unwrap();
            }
            assert_eq!(draws(&world.reserve("m1", AU, SHORT).unwrap()), expected, "{draw} {second}");
        }
    }
    // By source, in the order of the policy's list: what the list has first goes first.
    for (sources, expected) in [(json!(["plan", "purchase"]), "p2:1"), (json!(["purchase", "plan"]), "p1:1")]
    {
        let catalog = changed(profiles::CLOUTLY, |catalog| catalog["policy"]["sources"] = sources.clone());
        let mut world = World::opened_of(catalog, NOW);
        world.buy("o1", "pack-au", 100);
        world.call("setPlan", json!({ "plan": "starter" })).unwrap();
        assert_eq!(draws(&world.reserve("m1", AU, SHORT).unwrap()), expected, "{sources}");
    }
    // Total: packages that are the same in every key but their sequence pay in that order, however they came into memory.
    let mut world = cloutly();
    for id in ["o1", "o2", "o3"] {
        world.buy(id, "pack-au", 100);
    }
    let mut again = world.again();
    assert_eq!(draws(&again.reserve("m1", AU, &text(201)).unwrap()), "p1:100 p2:100 p3:1");
    // Each draw records what it took from which package, in an entry and with the message.
    let entry = super::sellers::entries(&mut again, "reserve").remove(0);
    let held: Vec<String> = entry["postings"].as_array().unwrap().iter().map(Value::to_string).collect();
    assert_eq!(held.len(), 6, "{held:?}");
    assert_eq!(draws(&world.again().reserve("m1", AU, &text(201)).unwrap()), "p1:100 p2:100 p3:1");
    // Versioned: under which revision of which catalog it was drawn stands with the message.
    let stored = |world: &World, key: &str| {
        let found = world.store.dump().into_iter().find(|(_, at, _)| at == key).unwrap().2;
        serde_json::from_str::<Value>(&found).unwrap()
    };
    let newer = changed(profiles::CLOUTLY, |catalog| catalog["revision"] = json!(7));
    let mut later = again.again_under(newer);
    later.reserve("m2", AU, SHORT).unwrap();
    assert_eq!((&stored(&later, "hold/m1")[12], &stored(&later, "hold/m2")[12]), (&json!(1), &json!(7)));
    assert_eq!(stored(&later, "policy/00000001")[6], json!(["source", "purchased", "sequence"]));
    stored(&later, "policy/00000007");
}

type Given = fn(&mut World);

/// Two packages of Tencent's with a segment left in each.
fn one_left_in_each(world: &mut World) {
    for order in ["o1", "o2"] {
        world.buy(order, "cn-custom", 1_000);
    }
    world.at("2026-03-02T04:05:00Z");
    for _ in 0..2 {
        spend(world, CHINA, 999, any_text);
    }
}

#[test]
fn rule_21_when_nothing_can_pay_the_error_says_why_in_our_words_and_with_the_sellers_code() {
    let cases: [(&str, fn() -> World, &str, Given, Value); 9] = [
        ("1031 none", tencent, CHINA, |_| {}, json!([])),
        (
            "1031 pending",
            tencent,
            CHINA,
            |world| {
                world.buy("o1", "cn-custom", 1_000);
            },
            json!(["pending"]),
        ),
        (
            "1031 expired",
            tencent,
            CHINA,
            |world| {
                world.buy("o1", "cn-custom", 1_000);
                world.at("2028-03-02T04:00:00Z");
            },
            json!(["expired"]),
        ),
        ("1031 fragmented", tencent, CHINA, one_left_in_each, json!(["too_small", "too_small"])),
        (
            "1031 exhausted",
            tencent_with_gift,
            CHINA,
            |world| spend(world, CHINA, 99, any_text),
            json!(["too_small"]),
        ),
        (
            "1031 suspended",
            tencent_with_gift,
            CHINA,
            |world| {
                world.call("suspend", json!({ "reason": "unpaid" })).unwrap();
            },
            json!(["suspended"]),
        ),
        (
            "18013 wrong_region",
            ucloud,
            "+4915112345678",
            |world| {
                for_france(world, "o1", 100, HALF_A_YEAR, None);
            },
            json!(["wrong_region"]),
        ),
        (
            "18013 wrong_purpose",
            ucloud,
            CHINA,
            |world| {
                let gift = json!({ "id": "a1", "segments": 9, "reason": "gift", "region": "CN", "purpose": "marketing" });
                world.call("adjust", gift).unwrap();
            },
            json!(["wrong_purpose"]),
        ),
        (
            "- exhausted",
            || cloutly_on("starter"),
            US,
            |world| spend(world, US, 49, text),
            json!(["too_small"]),
        ),
    ];
    for (expected, seller, to, given, verdicts) in cases {
        let mut world = seller();
        given(&mut world);
        let text = if expected.starts_with('-') { text(2) } else { any_text(2) };
        let explained = world.call("explain", json!({ "to": to, "text": text })).unwrap();
        let found: Value =
            explained["packages"].as_array().unwrap().iter().map(|one| one["verdict"].clone()).collect();
        assert_eq!(found, verdicts, "{expected}: {explained}");
        let before = world.counts();
        let error = world.reserve("m1", to, &text).unwrap_err();
        assert_eq!(error.code.as_str(), "INSUFFICIENT_BALANCE");
        let code = error.seller_code.as_deref().unwrap_or("-");
        assert_eq!([code, error.details["reason"].as_str().unwrap()].join(" "), expected);
        assert_eq!(explained["reason"], error.details["reason"]);
        assert_eq!(world.counts(), before);
    }
    // Of a message that can be paid every candidate is listed too.
    let mut world = ucloud();
    for_france(&mut world, "o1", 100, HALF_A_YEAR, Some("shop"));
    for_france(&mut world, "o2", 100, HALF_A_YEAR, None);
    let message = world.tagged("m1", FRANCE, SHORT, Tags { purpose: Some("marketing"), project: None }, 1);
    assert_eq!(refusal(&world.run(message)), "INSUFFICIENT_BALANCE wrong_purpose");
    let explained = world.call("explain", json!({ "to": FRANCE, "text": SHORT })).unwrap();
    let found: Vec<&Value> =
        explained["packages"].as_array().unwrap().iter().map(|one| &one["verdict"]).collect();
    assert_eq!(
        (explained["payable"].clone(), found),
        (json!(true), vec![&json!("wrong_project"), &json!("pays")])
    );
}
