//! Queries answer as of an instant and write nothing; time does what it does whether or not anything runs.

use crate::common::world::World;
use crate::common::{AU, NZ, SHORT, US, bytes, changed, refusal, text};
use serde_json::{Value, json};

const NOW: &str = "2026-01-15T10:00:00Z";

fn subscribed() -> World {
    subscribed_for(72)
}

/// Whose messages are held for so many hours.
fn subscribed_for(hours: u32) -> World {
    let catalog = changed(|catalog| catalog["policy"]["hold"] = json!({ "hours": hours, "then": "settle" }));
    let mut world = World::of(catalog, NOW);
    world.open(json!({ "plan": "starter" })).unwrap();
    world.buy("o1", "pack-au", 100);
    world
}

/// A preview is the same decision as the reservation, in every state.
#[test]
fn the_preview_is_the_bill() {
    let mut world = subscribed();
    for (index, (to, segments)) in
        [(AU, 3), (US, 40), (AU, 10), (US, 9), (NZ, 1), (AU, 97), (AU, 1)].into_iter().enumerate()
    {
        let before = world.store.dump();
        let preview = world.preview(to, &text(segments));
        assert_eq!(world.store.dump(), before);
        let reserved = world.reserve(&format!("m{index}"), to, &text(segments));
        match (preview, reserved) {
            (Ok(preview), Ok(mut reserved)) => {
                let fields = reserved.as_object_mut().unwrap();
                assert!(fields.remove("id").is_some() && fields.remove("at").is_some());
                assert_eq!(preview, reserved);
            }
            (Err(preview), Err(mut reserved)) => {
                // What to do about it belongs to the attempt; a preview is none.
                assert_eq!(reserved.details.remove("nextAttempt"), Some(json!(2)));
                assert_eq!((preview.code, &preview.details), (reserved.code, &reserved.details));
                assert!(reserved.message.starts_with(&preview.message), "{}", preview.message);
            }
            (preview, reserved) => panic!("{} {}", bytes(&preview), bytes(&reserved)),
        }
    }
}

#[test]
fn queries_write_nothing() {
    let mut world = subscribed();
    world.reserve("m1", AU, &text(2)).unwrap();
    let before = world.store.dump();
    for now in [NOW, "2026-02-15T10:00:00Z", "2026-09-01T00:00:00Z"] {
        world.at(now);
        for (name, input) in [
            ("balance", json!({})),
            ("balance", json!({ "at": "2027-01-01T00:00:00Z" })),
            ("packages", json!({})),
            ("packages", json!({ "at": "2027-01-01T00:00:00Z" })),
            ("forecast", json!({ "pace": [{ "region": "AU", "segmentsPerDay": 3 }] })),
            ("pace", json!({})),
            ("endedPackages", json!({})),
            ("entries", json!({})),
            ("explain", json!({ "to": AU, "text": SHORT })),
            ("verify", json!({})),
            ("snapshot", json!({})),
        ] {
            world.call(name, input).unwrap();
        }
        world.preview(AU, SHORT).unwrap();
    }
    assert_eq!(world.store.dump(), before);
    world.at(NOW);
    assert_eq!(world.counts(), [148, 2, 0, 0]);
}

#[test]
fn a_balance_of_the_future_shows_renewals_and_expiries() {
    let mut world = subscribed();
    world.reserve("m1", AU, &text(2)).unwrap();
    for (at, available, expired, next_due) in [
        ("2026-01-15T10:00:00.000Z", 148, 0, "2026-01-18T10:00:00.000Z"),
        ("2026-01-18T10:00:00.000Z", 148, 0, "2026-02-15T10:00:00.000Z"),
        ("2026-02-15T09:59:59.999Z", 148, 0, "2026-02-15T10:00:00.000Z"),
        ("2026-02-15T10:00:00.000Z", 150, 48, "2026-03-15T10:00:00.000Z"),
        ("2026-08-01T00:00:00.000Z", 150, 48, "2026-08-15T10:00:00.000Z"),
    ] {
        let balance = world.call("balance", json!({ "at": at })).unwrap();
        let expected = (json!(at), json!(available), json!(expired), json!(next_due));
        let found = |name: &str| balance[name].clone();
        assert_eq!((found("at"), found("available"), found("expired"), found("nextDue")), expected);
        let general = balance["pools"].as_array().unwrap().iter().find(|one| one.get("region").is_none());
        assert_eq!(general.unwrap()["available"], available - 100);
    }
}

/// Messages in flight are counted as their time-outs will leave them, and packages as they will stand.
#[test]
fn packages_of_the_future_have_what_times_out_and_expires_until_then() {
    for (then, [before, after]) in
        [("settle", [[98, 2, 0], [98, 0, 2]]), ("release", [[98, 2, 0], [100, 0, 0]])]
    {
        let catalog = changed(|catalog| {
            catalog["policy"]["hold"] = json!({ "hours": 72, "then": then });
            catalog["offers"][0]["validity"] = json!({ "days": 30 });
        });
        let mut world = World::opened_of(catalog, NOW);
        world.buy("o1", "pack-au", 100);
        world.reserve("m1", AU, &text(2)).unwrap();
        for (at, status, [available, held, spent], expired) in [
            ("2026-01-18T09:59:59.999Z", "effective", before, 0),
            ("2026-01-18T10:00:00Z", "effective", after, 0),
            ("2026-02-14T09:59:59.999Z", "effective", after, 0),
            ("2026-02-14T10:00:00Z", "expired", [0, 0, after[2]], after[0]),
        ] {
            for world in [&mut world.again(), &mut world] {
                let packages = world.call("packages", json!({ "at": at })).unwrap();
                let field = |name: &str| packages[0][name].clone();
                let counts = ["available", "held", "spent", "expired"].map(field);
                assert_eq!(json!(counts), json!([available, held, spent, expired]), "{then} {at}");
                assert_eq!(field("status"), status, "{then} {at}");
                let balance = world.call("balance", json!({ "at": at })).unwrap();
                assert_eq!((&balance["available"], &balance["held"]), (&json!(available), &json!(held)));
            }
        }
    }
}

/// What is written later belongs to the past where time itself did it then: an expiry, a plan's period.
#[test]
fn the_past_is_the_journal_up_to_it_and_what_time_had_done_by_then() {
    let mut world = subscribed_for(8_784);
    world.at("2026-01-20T00:00:00Z").reserve("m1", AU, SHORT).unwrap();
    // Nobody looks in while the first period ends.
    world.at("2026-02-25T00:00:00Z").settle("m1", None).unwrap();
    for (at, available, held, spent, expired) in [
        ("2026-01-15T10:00:00Z", 150, 0, 0, 0),
        ("2026-01-19T00:00:00Z", 150, 0, 0, 0),
        ("2026-01-20T00:00:00Z", 149, 1, 0, 0),
        ("2026-02-15T09:59:59.999Z", 149, 1, 0, 0),
        ("2026-02-15T10:00:00Z", 150, 1, 0, 49),
        ("2026-02-24T00:00:00Z", 150, 1, 0, 49),
        ("2026-02-25T00:00:00Z", 150, 0, 1, 49),
        ("2026-03-01T00:00:00Z", 150, 0, 1, 49),
        ("2026-03-15T10:00:00Z", 150, 0, 1, 99),
    ] {
        for world in [&mut world.again(), &mut world] {
            let balance = world.call("balance", json!({ "at": at })).unwrap();
            let counts =
                ["available", "held", "spent", "expired"].map(|name| balance[name].as_u64().unwrap());
            assert_eq!(counts, [available, held, spent, expired], "{at}");
            let pools = balance["pools"].as_array().unwrap().iter();
            assert_eq!(pools.map(|pool| pool["available"].as_u64().unwrap()).sum::<u64>(), available, "{at}");
            let packages = world.call("packages", json!({ "at": at })).unwrap();
            let packages = packages.as_array().unwrap().iter();
            assert_eq!(
                packages.map(|package| package["available"].as_u64().unwrap()).sum::<u64>(),
                available
            );
        }
    }
    let before = world.call("balance", json!({ "at": "2026-01-15T09:59:59Z" }));
    assert_eq!(refusal(&before), "INVALID_INPUT");
}

/// A message that nobody said a final word of was settled at its instant, whenever that was written.
#[test]
fn the_past_has_the_time_outs_of_messages() {
    let mut world = subscribed();
    world.at("2026-01-20T00:00:00Z").reserve("m1", AU, SHORT).unwrap();
    world.at("2026-02-01T00:00:00Z").reserve("m2", AU, SHORT).unwrap();
    for (at, available, held, spent) in [
        ("2026-01-20T00:00:00Z", 149, 1, 0),
        ("2026-01-22T23:59:59.999Z", 149, 1, 0),
        ("2026-01-23T00:00:00Z", 149, 0, 1),
        ("2026-01-31T00:00:00Z", 149, 0, 1),
        ("2026-02-01T00:00:00Z", 148, 1, 1),
        ("2026-02-04T00:00:00Z", 148, 0, 2),
    ] {
        for world in [&mut world.again(), &mut world] {
            let balance = world.call("balance", json!({ "at": at })).unwrap();
            let counts = ["available", "held", "spent"].map(|name| balance[name].as_u64().unwrap());
            assert_eq!(counts, [available, held, spent], "{at}");
        }
    }
}

/// A period that is issued late is written before what expired in the periods that were over by then.
#[test]
fn the_past_has_what_expired_though_it_is_written_behind_what_came_later() {
    let catalog = changed(|catalog| catalog["offers"][0]["validity"] = json!({ "months": 3 }));
    let mut world = World::of(catalog, "2025-01-31T12:00:00Z");
    world.open(json!({ "plan": "starter" })).unwrap();
    world.buy("o1", "pack-au", 100);
    world.at("2025-06-05T00:00:00Z").reserve("m1", AU, SHORT).unwrap();
    let balance = world.call("balance", json!({ "at": "2025-05-10T00:00:00Z" })).unwrap();
    assert_eq!((&balance["available"], &balance["expired"]), (&json!(0), &json!(150)));
}

/// Far back in a long journal, page after page.
#[test]
fn the_past_is_found_behind_many_entries() {
    let mut world = subscribed();
    for number in 0..700_u32 {
        world.now = world.now.checked_add_seconds(1).unwrap();
        let id = format!("m{number}");
        world.reserve(&id, AU, SHORT).unwrap();
        world.release(&id).unwrap();
    }
    world.reserve("last", AU, SHORT).unwrap();
    let kept = crate::common::at("2026-01-15T10:11:00Z");
    let balance = world.call("balance", json!({ "at": kept })).unwrap();
    assert_eq!((&balance["available"], &balance["held"]), (&json!(150), &json!(0)));
    // No more is read than up to the next change.
    world.store.calls();
    let balance = world.call("balance", json!({ "at": "2026-01-15T10:00:00Z" })).unwrap();
    assert_eq!((&balance["available"], world.store.calls().lists), (&json!(150), 1));
    world.call("balance", json!({ "at": kept })).unwrap();
    assert_eq!(world.store.calls().lists, 6);
}

/// When time next does something is said of what there was then.
#[test]
fn the_past_knows_nothing_of_what_came_later() {
    let mut world = World::opened(NOW);
    world.call("adjust", json!({ "id": "a1", "segments": 100, "reason": "test" })).unwrap();
    world.at("2026-01-20T00:00:00Z").call("setPlan", json!({ "plan": "starter" })).unwrap();
    world.reserve("m1", AU, SHORT).unwrap();
    let balance = world.call("balance", json!({ "at": "2026-01-18T00:00:00Z" })).unwrap();
    assert_eq!((&balance["available"], balance.get("nextDue")), (&json!(100), None));
}

/// Until something has come back to a package behind its end, it has no grace, and ends when it expires.
#[test]
fn the_past_has_a_grace_once_something_has_come_back() {
    let catalog = changed(|catalog| {
        catalog["offers"][0]["validity"] = json!({ "days": 30 });
        catalog["policy"]["hold"] = json!({ "hours": 8_760, "then": "settle" });
        catalog["policy"]["grace_hours"] = json!(24);
    });
    let mut world = World::opened_of(catalog, NOW);
    world.buy("o1", "pack-au", 100);
    world.reserve("m1", AU, &text(3)).unwrap();
    world.at("2026-02-14T12:00:00Z").release("m1").unwrap();
    world.at("2026-02-14T14:00:00Z").reserve("m2", AU, SHORT).unwrap();
    for (at, grace_until) in [
        ("2026-02-14T09:00:00Z", Value::Null),
        ("2026-02-14T11:00:00Z", Value::Null),
        ("2026-02-14T13:00:00Z", json!("2026-02-15T10:00:00.000Z")),
    ] {
        let packages = world.call("packages", json!({ "at": at })).unwrap();
        assert_eq!(packages[0]["graceUntil"], grace_until, "{at}");
        let due = if grace_until.is_null() { json!("2026-02-14T10:00:00.000Z") } else { grace_until };
        let balance = world.call("balance", json!({ "at": at })).unwrap();
        assert_eq!(balance.get("nextDue"), Some(&due).filter(|_| at != "2026-02-14T11:00:00Z"), "{at}");
    }
}

/// Where the journal does not begin with the account, nothing is made up.
#[test]
fn the_past_wants_the_journal_from_its_beginning() {
    let mut world = subscribed();
    for number in 0..3 {
        world.now = world.now.checked_add_seconds(60).unwrap();
        world.reserve(&format!("m{number}"), AU, SHORT).unwrap();
    }
    let asked = |world: &mut World, at: &str| {
        let error = world.call("balance", json!({ "at": at })).unwrap_err();
        assert_eq!((error.code.as_str(), &error.details["path"]), ("INVALID_INPUT", &json!("at")));
        error.message
    };
    let before = asked(&mut world, "2026-01-15T09:59:59Z");
    assert!(before.contains("lies before the account was opened"), "{before}");
    let (first, _) = world
        .store
        .documents()
        .into_iter()
        .map(|(_, key, value)| (key, value))
        .find(|(key, _)| key.starts_with("entry/"))
        .unwrap();
    world.store.put(&first, None);
    for at in ["2026-01-15T10:00:00Z", "2026-01-15T10:02:30Z"] {
        let gone = asked(&mut world, at);
        assert!(gone.contains("is in no journal that is here"), "{gone}");
    }
}

#[test]
fn entries_carry_running_balances() {
    let mut world = subscribed();
    world.at("2026-01-20T00:00:00Z").reserve("m1", AU, SHORT).unwrap();
    let entries = world.call("entries", json!({})).unwrap();
    let balances: Vec<u64> = entries["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["balance"]["available"].as_u64().unwrap())
        .collect();
    assert_eq!(balances, [0, 50, 150, 149]);
}

#[test]
fn a_clock_that_runs_backwards_stands_still() {
    let mut world = subscribed();
    world.at("2026-03-20T00:00:00Z").reserve("m1", AU, SHORT).unwrap();
    world.at("2026-01-16T00:00:00Z");
    let answer = world.reserve("m2", AU, SHORT).unwrap();
    assert_eq!(answer["at"], "2026-03-20T00:00:00.000Z");
    assert_eq!(world.balance()["at"], "2026-03-20T00:00:00.000Z");
    assert_eq!(world.settle("m2", None).unwrap()["at"], "2026-03-20T00:00:00.000Z");
    let entries = world.call("entries", json!({})).unwrap();
    let recorded: Vec<&str> = entries["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["recordedAt"].as_str().unwrap())
        .collect();
    assert!(recorded.is_sorted(), "{recorded:?}");
    world.proven();
}

#[test]
fn a_query_in_the_future_does_not_move_the_clock() {
    let mut world = subscribed();
    world.at("2026-03-20T00:00:00Z").preview(AU, SHORT).unwrap();
    world.balance();
    world.at("2026-01-16T00:00:00Z");
    assert_eq!(world.reserve("m1", AU, SHORT).unwrap()["at"], "2026-01-16T00:00:00.000Z");
    assert_eq!(world.counts(), [149, 1, 0, 0]);
}

#[test]
fn explain_tells_of_every_package_in_draw_order() {
    let catalog = changed(|catalog| {
        catalog["offers"][3]["activation_seconds"] = json!(300);
        catalog["offers"][3]["regions"] = json!(["NZ", "AU"]);
    });
    let mut world = World::of(catalog, NOW);
    world.open(json!({ "plan": "starter" })).unwrap();
    world.buy("o1", "pack-us", 100);
    world.buy("o2", "pack-au", 100);
    let request =
        sms_ledger::engine::read_request(&json!({ "offer": "pack-nz", "region": "AU", "quantity": 100 }))
            .unwrap();
    let quote = sms_ledger::pricing::quote(&world.catalog, &request, world.now).unwrap();
    world.purchase("o3", &serde_json::from_str(&quote.json()).unwrap()).unwrap();
    let explained = world.call("explain", json!({ "to": AU, "text": text(60) })).unwrap();
    let told: Vec<String> = explained["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            format!(
                "{} {} {}",
                one["package"].as_str().unwrap(),
                one["verdict"].as_str().unwrap(),
                one["segments"]
            )
        })
        .collect();
    assert_eq!(told, ["p1 pays 50", "p2 wrong_region 0", "p3 pays 10", "p4 pending 0"]);
    assert_eq!((&explained["payable"], explained.get("reason")), (&json!(true), None));
}

/// Domain rule 21: the rule that passes a package over, where messages are split and where they never are.
#[test]
fn explain_tells_what_is_too_small_from_what_is_not_needed() {
    for (split, segments, expected) in [
        ("never", 1, "pays not_needed not_needed not_needed"),
        ("never", 2, "too_small pays not_needed too_small"),
        ("never", 5, "too_small pays not_needed too_small"),
        ("never", 6, "too_small too_small too_small too_small"),
        ("allow", 1, "pays not_needed not_needed not_needed"),
        ("allow", 6, "pays pays not_needed not_needed"),
        ("allow", 12, "pays pays pays pays"),
        ("allow", 13, "too_small too_small too_small too_small"),
    ] {
        let catalog = changed(|catalog| {
            catalog["policy"]["draw"] = json!(["sequence"]);
            catalog["policy"]["split"] = json!(split);
        });
        let mut world = World::opened_of(catalog, NOW);
        for (number, left) in [1, 5, 5, 1].into_iter().enumerate() {
            let input = json!({ "id": format!("a{number}"), "segments": left, "reason": "test" });
            world.call("adjust", input).unwrap();
        }
        let explained = world.call("explain", json!({ "to": AU, "text": text(segments) })).unwrap();
        let packages = explained["packages"].as_array().unwrap().iter();
        let told: Vec<&str> = packages.map(|one| one["verdict"].as_str().unwrap()).collect();
        assert_eq!(told.join(" "), expected, "{split} {segments}");
    }
}

#[test]
fn pages_follow_each_other_without_gap_or_double() {
    let mut world = subscribed();
    for number in 0..25 {
        world.reserve(&format!("m{number}"), AU, SHORT).unwrap();
    }
    let (mut after, mut sequences) = (0, Vec::new());
    loop {
        let page = world.call("entries", json!({ "after": after, "limit": 7 })).unwrap();
        sequences.extend(
            page["entries"].as_array().unwrap().iter().map(|entry| entry["sequence"].as_u64().unwrap()),
        );
        let Some(next) = page.get("next").and_then(Value::as_u64) else { break };
        after = next;
    }
    assert_eq!(sequences, (1..=28).collect::<Vec<u64>>());
    // A page that ends with the journal is the last one.
    for reverse in [false, true] {
        let page = world.call("entries", json!({ "limit": 28, "reverse": reverse })).unwrap();
        assert_eq!((page["entries"].as_array().unwrap().len(), page.get("next")), (28, None));
    }
    // A page of whatever comes reads no more documents than it has entries.
    world.store.read();
    world.call("entries", json!({ "after": 5, "limit": 7 })).unwrap();
    assert_eq!(world.store.read(), (1, 7));
    world.call("entries", json!({ "after": 5, "limit": 7, "kinds": ["reserve"] })).unwrap();
    assert_eq!(world.store.read(), (1, 23));
    world.call("eventPage", json!({ "after": 5, "limit": 7 })).unwrap();
    assert_eq!(world.store.read(), (1, 23));
    for limit in [0, 1001] {
        assert_eq!(refusal(&world.call("entries", json!({ "limit": limit }))), "INVALID_INPUT");
    }
    for name in ["entries", "endedPackages", "verify", "balance", "snapshot"] {
        assert_eq!(refusal(&world.call(name, json!({ "account": "nobody" }))), "UNKNOWN_ACCOUNT", "{name}");
    }
}

/// Sequence and kind of every entry that is asked for, page by page.
fn walked(world: &mut World, mut input: Value) -> Vec<String> {
    let mut found = Vec::new();
    for _ in 0..100 {
        let page = world.call("entries", input.clone()).unwrap();
        let entries = page["entries"].as_array().unwrap();
        found.extend(
            entries.iter().map(|entry| format!("{} {}", entry["sequence"], entry["kind"].as_str().unwrap())),
        );
        let Some(next) = page.get("next") else { return found };
        input["after"] = next.clone();
    }
    panic!("never ends")
}

#[test]
fn the_journal_is_read_from_either_end_and_by_kinds() {
    let mut world = subscribed();
    for number in 0..6 {
        world.reserve(&format!("m{number}"), AU, SHORT).unwrap();
    }
    world.release("m1").unwrap();
    world.settle("m0", None).unwrap();
    let forward = walked(&mut world, json!({}));
    assert_eq!(forward.len(), 11);
    assert_eq!(forward[3], "4 reserve");
    for limit in 1..=12 {
        assert_eq!(walked(&mut world, json!({ "limit": limit })), forward, "{limit}");
        let mut back = walked(&mut world, json!({ "limit": limit, "reverse": true }));
        back.reverse();
        assert_eq!(back, forward, "{limit}");
        for (reverse, expected) in
            [(false, ["1 open", "10 release", "11 settle"]), (true, ["11 settle", "10 release", "1 open"])]
        {
            let asked = json!({ "limit": limit, "reverse": reverse, "kinds": ["settle", "open", "release"] });
            assert_eq!(walked(&mut world, asked), expected, "{limit}");
        }
    }
    assert_eq!(walked(&mut world, json!({ "reverse": true, "after": 3 })), ["2 plan", "1 open"]);
    assert_eq!(walked(&mut world, json!({ "reverse": true, "after": 1 })), [""; 0]);
    assert_eq!(walked(&mut world, json!({ "reverse": true, "after": 99, "limit": 11 })).len(), 11);
    assert_eq!(walked(&mut world, json!({ "kinds": ["refund"] })), [""; 0]);
    for wrong in [json!([]), json!(["settled"]), json!(["open", "open"]), json!("open")] {
        assert_eq!(refusal(&world.call("entries", json!({ "kinds": wrong }))), "INVALID_INPUT", "{wrong}");
    }
    assert_eq!(refusal(&world.call("entries", json!({ "reverse": 1 }))), "INVALID_INPUT");
}

/// What little there is of a kind in a long journal is found page by page.
#[test]
fn rare_kinds_are_looked_for_over_several_pages() {
    let mut world = subscribed();
    world.call("adjust", json!({ "id": "a1", "segments": 20_000, "reason": "test" })).unwrap();
    let now = world.now;
    for part in 0..4 {
        let ids = (0..4_050).map(|number| format!("m{part}-{number}"));
        let commands = ids.map(|id| world.message(&id, AU, SHORT, 1)).collect();
        drop(world.driver.run_all("acme", commands, now));
    }
    let asked = json!({ "kinds": ["open"], "reverse": true });
    let page = world.call("entries", asked.clone()).unwrap();
    assert_eq!(page, json!({ "entries": [], "next": 205 }));
    assert_eq!(walked(&mut world, asked), ["1 open"]);
}

/// A snapshot is the account as stored, so that another place computes the same from it at any instant; but for the messages in
/// flight, of which it has neither journal nor records.
#[test]
fn a_snapshot_is_the_account_as_stored() {
    let mut world = subscribed();
    world.reserve("m1", AU, &text(2)).unwrap();
    world.at("2026-02-20T00:00:00Z");
    let snapshot = world.call("snapshot", json!({})).unwrap();
    let stored: Vec<Value> = world
        .store
        .dump()
        .into_iter()
        .filter(|(_, key, _)| key == "account" || key.starts_with("package/open/"))
        .map(|(_, key, value)| json!({ "key": key, "value": value.replace("[[[4,0,1],1768730400000]]", "[]") }))
        .collect();
    assert_eq!(snapshot["entries"], json!(stored));
}

#[test]
fn verify_finds_what_was_tampered_with() {
    let hide = |value: &str| value.replace("[1,3,50]", "[1,4,50]");
    let more = |value: &str| value.replace("[150,", "[151,");
    let later = |value: &str| value.replacen("1768", "1868", 1);
    let cases: [(&str, fn(&str) -> String, &str); 9] = [
        ("entry/0000000000000005", hide, "hash"),
        ("entry/0000000000000003", later, "hash"),
        ("account", more, "head"),
        ("account", |value| value.replace("[[6,0,1],", "[[6,0,2],"), "in flight"),
        ("account", |value| value.replace("[[6,0,1],", "[[5,0,1],"), "in flight"),
        ("package/open/00000002", |value| value.replace("[100,97,1,2,", "[100,98,1,1,"), "package `p2`"),
        ("package/open/00000002", |value| value.replace("\"AU\"", "\"US\""), "package `p2`"),
        ("package/ended/00000001", |value| value.replace("1771149600000", "null"), "package `p1`"),
        ("entry/0000000000000003", |value| value.replacen(",\"", ",null,\"", 3), "entry/"),
    ];
    for (key, change, found) in cases {
        let mut world = subscribed();
        world.reserve("m1", AU, &text(52)).unwrap();
        world.settle("m1", None).unwrap();
        world.reserve("m2", AU, SHORT).unwrap();
        world.proven();
        let before = world.store.dump();
        world.store.tamper(key, change);
        assert_ne!(world.store.dump(), before, "{key}");
        let proof = world.call("verify", json!({})).unwrap();
        let problem = proof["problem"].as_str().unwrap_or_default();
        assert!(proof["ok"] == false && problem.contains(found), "{key}: {proof}");
    }
}

#[test]
fn verify_finds_a_message_that_the_journal_does_not_tell_so() {
    let settled = r#"[{"settle":52},[52,0,0],"#;
    let cases: [(&str, fn(&str) -> Option<String>, &str); 9] = [
        (
            "hold/m1",
            |value| Some(value.replace("{\"settle\":52},[52,0,0]", "{\"settle\":50},[50,2,0]")),
            "m1`",
        ),
        ("hold/m1", |value| Some(value.replace("[[1,50],[2,2]]", "[[2,50],[1,2]]")), "m1`"),
        ("hold/m1", |value| Some(value.replace("\"settled\"", "\"released\"")), "m1`"),
        ("hold/m1", |_| None, "entry 4"),
        ("hold/m2", |value| Some(value.replace("[1768730400000,6]", "[1768730400000,4]")), "m2`"),
        ("hold/m2", |value| Some(value.replace("\"held\"", "\"refused\"")), "m2`"),
        ("hold/m2", |_| None, "entry 6"),
        ("hold/m3", |value| Some(value.replace("\"refused\"", "\"held\"")), "m3`"),
        ("hold/m3", |value| Some(value.replace("\"exhausted\"", "\"tired\"")), "m3`"),
    ];
    for (key, change, found) in cases {
        let mut world = subscribed();
        world.reserve("m1", AU, &text(52)).unwrap();
        world.settle("m1", None).unwrap();
        world.reserve("m2", AU, SHORT).unwrap();
        world.reserve("m3", AU, &text(120)).unwrap_err();
        world.proven();
        let documents = world.store.documents();
        let (_, _, value) = documents.iter().find(|(_, at, _)| at == key).unwrap();
        assert!(key != "hold/m1" || value.contains(settled), "{value}");
        let changed = change(value);
        assert_ne!(changed.as_ref(), Some(value), "{key}");
        world.store.put(key, changed.as_deref());
        let proof = world.again().call("verify", json!({})).unwrap();
        let problem = proof["problem"].as_str().unwrap_or_default();
        assert!(proof["ok"] == false && problem.contains(found), "{key}: {proof}");
    }
}

#[test]
fn verify_finds_a_message_that_was_put_beside_the_journal() {
    let mut world = subscribed();
    world.reserve("m1", AU, SHORT).unwrap();
    let documents = world.store.documents();
    let (_, _, value) = documents.iter().find(|(_, key, _)| key == "hold/m1").unwrap();
    world.store.put("hold/m2", Some(&value.replace("\"m1\"", "\"m2\"")));
    let proof = world.call("verify", json!({})).unwrap();
    assert_eq!(proof["problem"], "message `m2` does not follow from the journal");
}

/// Whoever reckons the hashes anew as well is found by the sums, as long as the numbers are not all changed.
#[test]
fn verify_finds_a_line_that_was_forged() {
    let mut world = subscribed();
    world.reserve("m1", AU, SHORT).unwrap();
    let problem = |world: &mut World| world.call("verify", json!({})).unwrap()["problem"].clone();
    // The same again is the same line.
    world.forge(|_| {});
    world.proven();
    world.forge(|entry| {
        let balance = entry[6].as_array_mut().unwrap();
        let held = balance.iter().position(|count| *count == 1).unwrap();
        balance.swap(held, held + 1);
    });
    assert_eq!(problem(&mut world), "entry 4 states a balance that does not follow from the journal");
}
