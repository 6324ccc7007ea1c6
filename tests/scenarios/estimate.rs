//! `estimate`: what messages would come to, by the decision of `reserve` itself, and nothing of it written.

use crate::common::world::World;
use crate::common::{AU, CANADA, NZ, Reply, SHORT, US, changed, draws, refusal, text};
use serde_json::{Value, json};
use sms_ledger::engine::{Command, Estimate, Message, Options, Tags};
use sms_ledger::storage::Limits;
use std::collections::BTreeMap;
use std::sync::Arc;

const NOW: &str = "2026-01-15T10:00:00Z";

/// Number, segments, purpose.
pub(super) type Row<'a> = (&'a str, u32, Option<&'a str>);

pub(super) fn estimate_at(world: &mut World, rows: &[Row<'_>], at: Option<&str>) -> Reply {
    let catalog = Arc::clone(&world.catalog);
    let messages = rows.iter().map(|(to, segments, purpose)| {
        Message::sized(&catalog, to, *segments, Tags { purpose: *purpose, project: None })
    });
    let estimate = Estimate::of(messages, at.map(crate::common::at));
    world.run(Command::Estimate(Box::new(estimate)))
}

/// Which leaves no trace.
pub(super) fn estimate(world: &mut World, rows: &[(&str, u32)]) -> Value {
    let rows: Vec<Row<'_>> = rows.iter().map(|(to, segments)| (*to, *segments, None)).collect();
    let before = world.store.dump();
    let answer = estimate_at(world, &rows, None).unwrap();
    assert_eq!(world.store.dump(), before);
    answer
}

/// 50 plan credits, which pay first, and 100 segments for Australia.
fn stocked() -> World {
    let mut world = World::new(NOW);
    world.open(json!({ "plan": "starter" })).unwrap();
    world.buy("o1", "pack-au", 100);
    world
}

#[test]
fn an_estimate_counts_by_region_and_says_who_would_pay() {
    let mut world = stocked();
    let told = estimate(&mut world, &[(AU, 2), (US, 3), (AU, 1), (US, 44), (AU, 5)]);
    assert_eq!(
        told,
        json!({
            "account": "acme", "at": "2026-01-15T10:00:00.000Z", "messages": 5, "segments": 55, "credits": 55,
            "regions": [
                { "region": "AU", "messages": 3, "segments": 8, "credits": 8 },
                { "region": "US", "messages": 2, "segments": 47, "credits": 47 },
            ],
            "packages": [{ "package": "p1", "segments": 50 }, { "package": "p2", "segments": 5 }],
            "available": 95, "unpaid": [], "missing": [], "alarms": [], "recharges": [], "unused": [], "invalid": [], "gates": [],
        })
    );
    assert_eq!(world.counts(), [150, 0, 0, 0]);
}

/// Every message is decided as `reserve` decides it: what each package would pay, and which are refused and why.
#[test]
fn the_estimate_is_the_bill() {
    for split in ["allow", "never"] {
        let catalog = changed(|catalog| catalog["policy"]["split"] = json!(split));
        let mut world = World::of(catalog, NOW);
        world.open(json!({ "plan": "starter" })).unwrap();
        world.buy("o1", "pack-au", 100);
        world.call("setCeilings", json!({ "ceilings": [{ "region": "NZ", "perHour": 2 }] })).unwrap();
        let rows = [(AU, 60), (US, 48), (NZ, 2), (NZ, 1), (AU, 41), (CANADA, 1), (US, 1), (AU, 40), (AU, 1)];
        let told = estimate(&mut world, &rows);
        let (mut paid, mut refused) = (BTreeMap::new(), BTreeMap::new());
        for (index, (to, segments)) in rows.iter().enumerate() {
            let body = text(usize::try_from(*segments).unwrap());
            match world.reserve(&format!("m{index}"), to, &body) {
                Ok(answer) => {
                    for draw in draws(&answer).split(' ') {
                        let (package, segments) = draw.split_once(':').unwrap();
                        *paid.entry(package.to_owned()).or_insert(0) += segments.parse::<u64>().unwrap();
                    }
                }
                Err(error) => {
                    let detail = |name: &str| error.details[name].as_str().unwrap().to_owned();
                    *refused.entry((detail("region"), detail("reason"))).or_insert(0) += 1;
                }
            }
        }
        let packages = told["packages"].as_array().unwrap().iter();
        let packages = packages
            .map(|one| (one["package"].as_str().unwrap().to_owned(), one["segments"].as_u64().unwrap()));
        assert_eq!(packages.collect::<BTreeMap<_, _>>(), paid, "{split}");
        let unpaid = told["unpaid"].as_array().unwrap().iter().map(|one| {
            let field = |name: &str| one[name].as_str().unwrap().to_owned();
            ((field("region"), field("reason")), one["messages"].as_u64().unwrap())
        });
        assert_eq!(unpaid.collect::<BTreeMap<_, _>>(), refused, "{split}");
        assert_eq!(told["available"], world.balance()["available"]);
    }
}

/// Where messages are split, what is left is used; where they are not, one package must hold each.
#[test]
fn what_is_missing_closes_the_gap() {
    let missing = |told: &Value| -> Vec<String> {
        let gap = |one: &Value| {
            let field = |name: &str| one.get(name).map_or_else(String::new, ToString::to_string);
            format!("{} {} {}", field("region"), field("segments"), field("largest"))
        };
        told["missing"].as_array().unwrap().iter().map(gap).collect()
    };
    let mut world = World::opened(NOW);
    world.buy("o1", "pack-au", 100);
    // 1 is left, and 2 are needed.
    assert_eq!(missing(&estimate(&mut world, &[(AU, 99), (AU, 2)])), ["\"AU\" 1 2"]);
    assert_eq!(missing(&estimate(&mut world, &[(AU, 99), (AU, 2), (AU, 1)])), ["\"AU\" 2 2"]);
    assert_eq!(missing(&estimate(&mut world, &[(AU, 99), (NZ, 3), (NZ, 2)])), ["\"NZ\" 5 3"]);
    assert_eq!(missing(&estimate(&mut world, &[(AU, 100)])), [""; 0]);
    // A region without a price is never for sale, nor does a purchase raise a ceiling.
    world.call("setCeilings", json!({ "ceilings": [{ "perHour": 5 }] })).unwrap();
    assert_eq!(missing(&estimate(&mut world, &[(CANADA, 1), (AU, 6)])), [""; 0]);
    world.call("setCeilings", json!({ "ceilings": [] })).unwrap();
    world.call("suspend", json!({ "reason": "test" })).unwrap();
    let told = estimate(&mut world, &[(AU, 1)]);
    assert_eq!((&told["unpaid"][0]["reason"], missing(&told)), (&json!("suspended"), Vec::new()));

    let catalog = changed(|catalog| catalog["policy"]["split"] = json!("never"));
    let mut world = World::opened_of(catalog, NOW);
    world.buy("o1", "pack-au", 100);
    let told = estimate(&mut world, &[(AU, 98), (AU, 3), (AU, 4)]);
    assert_eq!(missing(&told), ["\"AU\" 7 4"]);
    world.buy("o2", "pack-au", 100);
    let told = estimate(&mut world, &[(AU, 99), (AU, 99), (AU, 2)]);
    assert_eq!(told["unpaid"][0]["reason"], "fragmented");
    assert_eq!(missing(&told), ["\"AU\" 2 2"]);
}

/// What is bought pays for any project.
#[test]
fn what_is_missing_is_bound_to_no_project() {
    let mut world = World::opened(NOW);
    let messages = ["shop", "blog"]
        .map(|project| Message::sized(&world.catalog, AU, 2, Tags { purpose: None, project: Some(project) }));
    let estimate = Command::Estimate(Box::new(Estimate::of(messages.into_iter(), None)));
    let told = world.run(estimate).unwrap();
    assert_eq!(told["missing"], json!([{ "region": "AU", "segments": 4, "largest": 2 }]));
}

/// What was bought for one message may let another one find what is general taken: all of them are paid by what is said to be missing.
#[test]
fn what_is_missing_suffices_for_all_messages() {
    let mut world = World::opened(NOW);
    world.call("adjust", json!({ "id": "a1", "segments": 10, "reason": "test" })).unwrap();
    let catalog = changed(|catalog| catalog["policy"]["draw"] = json!(["effective", "sequence"]));
    let mut world = world.again_under(catalog);
    // By itself the first is short of one segment; with it, it takes the ten that now pay the second.
    let rows = [(AU, 11), (NZ, 10)];
    let told = estimate(&mut world, &rows);
    assert_eq!(told["missing"].as_array().unwrap().len(), 2, "{told}");
    for gap in told["missing"].as_array().unwrap() {
        let id = format!("gap-{}", gap["region"].as_str().unwrap());
        let input =
            json!({ "id": id, "segments": gap["segments"], "region": gap["region"], "reason": "test" });
        world.call("adjust", input).unwrap();
    }
    assert_eq!(estimate(&mut world, &rows)["unpaid"], json!([]));
}

#[test]
fn an_account_without_the_plan_that_packs_need_is_missing_nothing_that_is_sold() {
    let catalog = changed(|catalog| catalog["policy"]["packs_need_plan"] = json!(true));
    let mut world = World::opened_of(catalog, NOW);
    world.buy("o1", "pack-au", 100);
    let told = estimate(&mut world, &[(AU, 1), (NZ, 1)]);
    assert_eq!((told["unpaid"].as_array().unwrap().len(), &told["missing"]), (2, &json!([])));
}

#[test]
fn alarms_that_would_fire_are_told_once_each() {
    let mut world = stocked();
    world
        .call(
            "setAlarms",
            json!({ "thresholds": [{ "below": 100 }, { "below": 120 }, { "region": "AU", "below": 100 }] }),
        )
        .unwrap();
    let rows: Vec<(&str, u32)> = std::iter::repeat_n((AU, 10), 6).collect();
    let told = estimate(&mut world, &rows);
    assert_eq!(
        told["alarms"],
        json!([
            { "below": 120, "usable": 110 },
            { "below": 100, "usable": 90 },
            { "region": "AU", "below": 100, "usable": 90 },
        ])
    );
    for index in 0..6 {
        world.reserve(&format!("m{index}"), AU, &text(10)).unwrap();
    }
    let page = world.call("eventPage", json!({ "limit": 1000 })).unwrap();
    let fired: Vec<Value> = page["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["kind"] == "alarm")
        .flat_map(|event| event["low"].as_array().unwrap().clone())
        .collect();
    assert_eq!(told["alarms"], json!(fired));
    // What has fired does not fire again.
    assert_eq!(estimate(&mut world, &[(AU, 1)])["alarms"], json!([]));
}

/// The estimate orders as `reserve` would, of each recharge one pack: what it waits for is not counted on.
#[test]
fn recharges_that_would_fire_are_told_as_they_would_be_placed() {
    for (segments, count, trigger) in [(1_u32, 3, "threshold"), (2, 2, "message")] {
        let mut world = World::opened(NOW);
        world
            .call("adjust", json!({ "id": "stock", "segments": 3, "reason": "test", "region": "AU" }))
            .unwrap();
        world.call("setRecharge", json!({ "offer": "pack-au", "method": "card" })).unwrap();
        let rows: Vec<(&str, u32)> = std::iter::repeat_n((AU, segments), count).collect();
        assert_eq!(
            estimate(&mut world, &rows[..1])["recharges"],
            json!([]),
            "{trigger}: nothing runs low yet"
        );
        let told = estimate(&mut world, &rows);
        for index in 0..count {
            let answer = world.reserve(&format!("m{index}"), AU, &text(usize::try_from(segments).unwrap()));
            assert!(answer.is_ok() || refusal(&answer).starts_with("TOP_UP_REQUIRED"));
        }
        let page = world.call("eventPage", json!({ "limit": 1000 })).unwrap();
        let placed: Vec<Value> = page["events"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|event| event["kind"] == "recharge")
            .map(|event| event["recharge"].clone())
            .collect();
        assert_eq!(told["recharges"], json!(placed));
        assert_eq!(
            told["recharges"],
            json!([{
                "region": "AU", "offer": "pack-au", "quantity": 100, "total": "6.20", "currency": "USD",
                "trigger": trigger,
            }])
        );
        // One that is on its way is not placed again.
        assert_eq!(estimate(&mut world, &rows)["recharges"], json!([]));
    }
}

/// It writes nothing, so that a region that runs low as well has not its turn yet.
#[test]
fn a_message_that_waits_for_an_order_on_its_way_sets_off_no_other() {
    for (second, expected) in [(AU, vec!["AU threshold"]), (NZ, vec!["AU threshold", "NZ message"])] {
        let mut world = World::opened(NOW);
        world.call("adjust", json!({ "id": "stock", "segments": 1, "reason": "test" })).unwrap();
        for offer in ["pack-au", "pack-nz"] {
            world.call("setRecharge", json!({ "offer": offer })).unwrap();
        }
        let told = estimate(&mut world, &[(AU, 1), (second, 1)]);
        let shown = |recharge: &Value| {
            format!("{} {}", recharge["region"].as_str().unwrap(), recharge["trigger"].as_str().unwrap())
        };
        let told: Vec<String> = told["recharges"].as_array().unwrap().iter().map(shown).collect();
        assert_eq!(told, expected, "{second}");
        for (id, to) in [("m1", AU), ("m2", second)] {
            world.reserve(id, to, SHORT).ok();
        }
        let placed = world.call("orders", json!({})).unwrap()["orders"].as_array().unwrap().len();
        assert_eq!(placed, expected.len());
    }
}

#[test]
fn what_would_be_left_to_expire_is_told() {
    let catalog = changed(|catalog| catalog["offers"][0]["validity"] = json!({ "days": 30 }));
    let mut world = World::of(catalog, NOW);
    world.open(json!({ "plan": "starter" })).unwrap();
    world.buy("o1", "pack-au", 100);
    let told = estimate(&mut world, &[(AU, 60)]);
    assert_eq!(
        told["unused"],
        json!([{ "package": "p2", "expiresAt": "2026-02-14T10:00:00.000Z", "segments": 90 }])
    );
}

#[test]
fn a_later_instant_has_what_time_does_until_then() {
    let mut world = stocked();
    let rows = [(US, 60, None)];
    let told = estimate_at(&mut world, &rows, Some("2026-02-15T10:00:00Z")).unwrap();
    assert_eq!(
        (&told["at"], &told["unpaid"][0]["segments"]),
        (&json!("2026-02-15T10:00:00.000Z"), &json!(60))
    );
    let told = estimate_at(&mut world, &[(US, 1, None)], Some("2026-02-15T10:00:00Z")).unwrap();
    assert_eq!(told["packages"], json!([{ "package": "p3", "segments": 1 }]));
    world.at("2026-03-01T00:00:00Z").reserve("m1", AU, SHORT).unwrap();
    let past = estimate_at(&mut world, &rows, Some("2026-02-20T00:00:00Z"));
    assert_eq!(
        (refusal(&past), &past.unwrap_err().details["path"]),
        ("INVALID_INPUT".to_owned(), &json!("at"))
    );
}

#[test]
fn messages_are_paid_by_purpose() {
    let catalog = changed(|catalog| catalog["policy"]["draw"] = json!(["scope", "sequence"]));
    let mut world = World::opened_of(catalog, NOW);
    let input = json!({ "id": "a1", "segments": 5, "region": "AU", "purpose": "codes", "reason": "test" });
    world.call("adjust", input).unwrap();
    let told = estimate_at(&mut world, &[(AU, 4, Some("codes")), (AU, 3, Some("news")), (AU, 2, None)], None)
        .unwrap();
    let row = |purpose: &str, reason: &str, segments: u32| {
        let mut row = json!({ "region": "AU", "reason": reason, "messages": 1, "segments": segments, "credits": segments });
        if !purpose.is_empty() {
            row["purpose"] = json!(purpose);
        }
        row
    };
    let unpaid = told["unpaid"].as_array().unwrap();
    assert_eq!(unpaid.len(), 2);
    assert!(
        unpaid.contains(&row("news", "wrong_purpose", 3)) && unpaid.contains(&row("", "wrong_purpose", 2)),
        "{told}"
    );
    assert_eq!(
        told["missing"],
        json!([
            { "region": "AU", "segments": 2, "largest": 2 },
            { "region": "AU", "purpose": "news", "segments": 3, "largest": 3 },
        ])
    );
}

#[test]
fn messages_that_cannot_be_sent_are_told_by_their_places() {
    let mut world = stocked();
    let catalog = Arc::clone(&world.catalog);
    let read = |to: &str, text: &str| Message::preview(&catalog, to, text, Tags::default());
    let messages =
        [read(AU, SHORT), read("0412", SHORT), read(AU, &"a".repeat(40_000)), read("+999123456789", SHORT)];
    let estimate = Estimate::of(messages.into_iter(), None);
    let told = world.run(Command::Estimate(Box::new(estimate))).unwrap();
    assert_eq!(
        told["invalid"],
        json!([{ "message": 1, "code": "INVALID_NUMBER" }, { "message": 2, "code": "MESSAGE_TOO_LONG" }])
    );
    assert_eq!((&told["messages"], &told["packages"][0]["segments"]), (&json!(2), &json!(1)));
    let unpriced = json!({ "reason": "unpriced_region", "messages": 1, "segments": 1, "credits": 1 });
    assert_eq!(told["unpaid"], json!([unpriced]));
}

#[test]
fn a_closed_account_and_an_unknown_one_have_no_estimate() {
    let mut world = stocked();
    world.call("close", json!({ "reason": "test" })).unwrap();
    assert_eq!(refusal(&estimate_at(&mut world, &[(AU, 1, None)], None)), "ACCOUNT_CLOSED");
    let mut nobody = World::new(NOW);
    assert_eq!(refusal(&estimate_at(&mut nobody, &[(AU, 1, None)], None)), "UNKNOWN_ACCOUNT");
}

/// A store that writes little takes a message from few packages: no purchase helps one that lies in more, so that none is asked for.
#[test]
fn what_lies_in_too_many_packages_for_the_store_is_missing_nothing() {
    let missing =
        |segments: u64, largest: u64| json!([{ "region": "AU", "segments": segments, "largest": largest }]);
    for (writes, each, unpaid, missing) in [
        (16, 8, json!(["fragmented 2"]), json!([])),
        (4096, 8, json!(["exhausted 1"]), missing(5, 8)),
        // Two packages pay each but the last, for which one is left.
        (16, 2, json!(["exhausted 1"]), missing(1, 2)),
    ] {
        let options = Options { limits: Limits { writes, ..Limits::default() }, ..Options::default() };
        let mut world = World::with_single_segments(11, NOW, options);
        let rows = vec![(AU, each); if each == 8 { 2 } else { 6 }];
        let told = estimate(&mut world, &rows);
        let unpaid_of = |told: &Value| -> Value {
            let row = |one: &Value| format!("{} {}", one["reason"].as_str().unwrap(), one["messages"]);
            told["unpaid"].as_array().unwrap().iter().map(row).collect()
        };
        assert_eq!((unpaid_of(&told), &told["missing"]), (unpaid, &missing), "{writes} {each}");
    }
}
