//! `forecast` and `pace`: when an account runs dry, what expires unspent, and nothing of it written.

use crate::common::world::World;
use crate::common::{AU, NZ, SHORT, US, changed, refusal, text};
use serde_json::{Value, json};
use sms_ledger::engine::{Command, Tags};

const NOW: &str = "2026-01-15T10:00:00Z";

fn forecast(world: &mut World, pace: &Value, days: u32) -> Value {
    let before = world.store.dump();
    let told = world.call("forecast", json!({ "pace": pace, "days": days })).unwrap();
    assert_eq!(world.store.dump(), before, "left a trace");
    told
}

fn daily(region: &str, segments: Value) -> Value {
    json!([{ "region": region, "segmentsPerDay": segments }])
}

/// `region available dryAt` of each pool.
fn pools(told: &Value) -> Vec<String> {
    let pool = |pool: &Value| {
        let field = |name: &str| pool.get(name).and_then(Value::as_str).unwrap_or("-").to_owned();
        format!("{} {} {}", field("region"), pool["available"], field("dryAt"))
    };
    told["pools"].as_array().unwrap().iter().map(pool).collect()
}

fn bought(segments: u64) -> World {
    let mut world = World::opened(NOW);
    world.buy("o1", "pack-au", segments);
    world
}

#[test]
fn a_pool_runs_dry_when_its_last_segment_is_sent() {
    let mut world = bought(100);
    for (pace, dry_at) in [
        (json!(10), "2026-01-25T10:00:00.000Z"),
        (json!(100), "2026-01-16T10:00:00.000Z"),
        (json!("2.5"), "2026-02-24T10:00:00.000Z"),
        // The hundredth segment in the 33rd of three a day, to the millisecond and not before.
        (json!("3"), "2026-02-17T18:00:00.000Z"),
        (json!("0.001"), "-"),
        (json!(0), "-"),
        (json!(100_000_000), "2026-01-15T10:00:00.087Z"),
    ] {
        let told = forecast(&mut world, &daily("AU", pace), 90);
        assert_eq!(pools(&told), [format!("AU 100 {dry_at}")]);
        assert_eq!(told.get("dryAt").and_then(Value::as_str).unwrap_or("-"), dry_at);
    }
}

#[test]
fn what_cannot_be_paid_is_told_from_the_first_message_on() {
    let mut world = bought(100);
    let told = forecast(&mut world, &daily("AU", json!(10)), 15);
    let row = &told["pace"][0];
    assert_eq!((&row["segmentsPerDay"], &row["unpaid"]), (&json!("10"), &json!(50)));
    // The hundred and first is sent a tenth of a day later.
    assert_eq!(
        (&told["dryAt"], &row["shortAt"]),
        (&json!("2026-01-25T10:00:00.000Z"), &json!("2026-01-25T12:24:00.000Z"))
    );
    let told = forecast(&mut world, &daily("NZ", json!("0.5")), 15);
    assert_eq!(
        (&told["pace"][0]["shortAt"], &told["pace"][0]["unpaid"]),
        (&json!("2026-01-17T10:00:00.000Z"), &json!(7))
    );
    assert_eq!(told["pace"][0]["segmentsPerDay"], "0.500");
    assert_eq!(pools(&told), ["AU 100 -"]);
}

/// In draw order: the plan's credits first, then packs; and what several kinds of messages share is shared.
#[test]
fn packages_are_spent_in_draw_order_by_all_that_they_pay() {
    let mut world = World::new(NOW);
    world.open(json!({ "plan": "starter" })).unwrap();
    world.buy("o1", "pack-au", 100);
    let pace = json!([{ "region": "AU", "segmentsPerDay": 5 }, { "region": "US", "segmentsPerDay": 5 }]);
    let told = forecast(&mut world, &pace, 20);
    // 50 general credits at ten a day; then messages to Australia go on, and those to the States do not.
    assert_eq!(pools(&told), ["- 50 2026-01-20T10:00:00.000Z", "AU 100 -"]);
    let short =
        |index: usize| (told["pace"][index]["shortAt"].clone(), told["pace"][index]["unpaid"].clone());
    assert_eq!(short(0), (Value::Null, json!(0)));
    assert_eq!(short(1), (json!("2026-01-20T14:48:00.000Z"), json!(75)));
    assert_eq!(told.get("dryAt"), None);
}

/// Periods of the plan come when they are due, and what is left of the one before is lost.
#[test]
fn a_plan_refills_and_expires_on_its_dates() {
    let mut world = World::new(NOW);
    world.open(json!({ "plan": "starter" })).unwrap();
    let told = forecast(&mut world, &daily("AU", json!(1)), 89);
    // 31 and 28 days of one segment each, of 50 each: one that is sent when a period begins is of that period.
    let lost = |at: &str, segments: u64| json!({ "source": "plan", "expiresAt": at, "segments": segments });
    let mut first = lost("2026-02-15T10:00:00.000Z", 50 - 30);
    first["package"] = json!("p1");
    assert_eq!(told["expires"], json!([first, lost("2026-03-15T10:00:00.000Z", 50 - 28)]));
    let issued = |at: &str| json!({ "source": "plan", "at": at, "segments": 50 });
    assert_eq!(
        told["issues"],
        json!([issued("2026-02-15T10:00:00.000Z"), issued("2026-03-15T10:00:00.000Z")])
    );
    assert_eq!((told.get("dryAt"), &told["until"]), (None, &json!("2026-04-14T10:00:00.000Z")));
    // A plan that is used up runs dry once, and comes again.
    let told = forecast(&mut world, &daily("AU", json!(10)), 89);
    assert_eq!(pools(&told), ["- 50 2026-01-20T10:00:00.000Z"]);
    assert_eq!((&told["expires"], told["issues"].as_array().unwrap().len()), (&json!([]), 2));
    assert_eq!(told["pace"][0]["unpaid"], json!(890 - 150));
}

/// Messages in flight time out as they will: what is held is spent or comes back.
#[test]
fn messages_in_flight_come_back_when_their_time_is_out() {
    for (then, dry_at) in [("settle", "2026-01-19T10:00:00.000Z"), ("release", "2026-01-25T10:00:00.000Z")] {
        let catalog = changed(|catalog| catalog["policy"]["hold"] = json!({ "hours": 72, "then": then }));
        let mut world = World::opened_of(catalog, NOW);
        world.buy("o1", "pack-au", 100);
        world.reserve("m1", AU, &text(60)).unwrap();
        for world in [&mut world.again(), &mut world] {
            let told = forecast(world, &daily("AU", json!(10)), 30);
            assert_eq!(pools(&told), [format!("AU 40 {dry_at}")], "{then}");
        }
    }
}

#[test]
fn packages_begin_and_expire_meanwhile() {
    let catalog = changed(|catalog| {
        catalog["offers"][0]["validity"] = json!({ "days": 10 });
        catalog["offers"][3]["activation_seconds"] = json!(86_400);
    });
    let mut world = World::opened_of(catalog, NOW);
    world.buy("o1", "pack-au", 100);
    world.buy("o2", "pack-nz", 100);
    let pace = json!([{ "region": "AU", "segmentsPerDay": 2 }, { "region": "NZ", "segmentsPerDay": 2 }]);
    let told = forecast(&mut world, &pace, 30);
    // A message at the instant of the expiry is too late.
    let lost = json!({ "package": "p1", "source": "purchase", "expiresAt": "2026-01-25T10:00:00.000Z", "segments": 81 });
    assert_eq!(told["expires"], json!([lost]));
    assert_eq!(pools(&told), ["AU 100 2026-01-25T10:00:00.000Z", "NZ 0 -"]);
    assert_eq!(
        (&told["pace"][1]["shortAt"], &told["pace"][1]["unpaid"]),
        (&json!("2026-01-15T22:00:00.000Z"), &json!(1))
    );
}

/// A message whose time is out gives back what it held: that is not issued anew, and not lost.
#[test]
fn what_comes_back_is_no_renewal() {
    let mut world = World::opened_of(
        changed(|catalog| catalog["policy"]["hold"] = json!({ "hours": 72, "then": "release" })),
        NOW,
    );
    world.buy("o1", "pack-au", 100);
    world.reserve("m1", AU, &text(20)).unwrap();
    let told = forecast(&mut world, &daily("AU", json!(10)), 20);
    assert_eq!(pools(&told), ["AU 80 2026-01-25T10:00:00.000Z"]);
    assert_eq!((&told["issues"], &told["expires"]), (&json!([]), &json!([])), "{told}");
}

/// A suspended account pays nothing, and its packages go on expiring.
#[test]
fn nothing_is_spent_where_nothing_may_be_sent() {
    let mut world = bought(100);
    world.call("suspend", json!({ "reason": "test" })).unwrap();
    let told = forecast(&mut world, &daily("AU", json!(10)), 10);
    assert_eq!((pools(&told), &told["pace"][0]["unpaid"]), (vec!["AU 100 -".to_owned()], &json!(100)));
    world.call("close", json!({ "reason": "test" })).unwrap();
    assert_eq!(refusal(&world.call("forecast", json!({ "pace": [] }))), "ACCOUNT_CLOSED");
}

#[test]
fn a_pace_is_read_as_it_is_told() {
    let mut world = bought(100);
    for (pace, path) in [
        (daily("AU", json!("1.2345")), "pace[0].segmentsPerDay"),
        (daily("AU", json!("-1")), "pace[0].segmentsPerDay"),
        (daily("AU", json!("1.")), "pace[0].segmentsPerDay"),
        (daily("AU", json!(1.5)), "pace[0].segmentsPerDay"),
        (daily("AU", json!("+1")), "pace[0].segmentsPerDay"),
        (daily("AU", json!("+1.5")), "pace[0].segmentsPerDay"),
        (daily("AU", json!("1.+5")), "pace[0].segmentsPerDay"),
        (daily("AU", json!(".5")), "pace[0].segmentsPerDay"),
        (daily("AU", json!("")), "pace[0].segmentsPerDay"),
        (daily("AU", json!("100000000.001")), "pace[0].segmentsPerDay"),
        (daily("australia", json!(1)), "pace[0].region"),
        (json!([{ "segmentsPerDay": 1 }]), "pace[0]"),
    ] {
        let error = world.call("forecast", json!({ "pace": pace })).unwrap_err();
        assert_eq!(
            (error.code.as_str(), error.details["path"].as_str()),
            ("INVALID_INPUT", Some(path)),
            "{pace}"
        );
    }
    for (kinds, fits) in [(1_000, true), (1_001, false), (1_002, false)] {
        let pace: Vec<Value> = (0..kinds)
            .map(|number| json!({ "region": "AU", "project": format!("p{number}"), "segmentsPerDay": "0.001" }))
            .collect();
        let told = world.call("forecast", json!({ "pace": pace, "days": 1 }));
        assert_eq!(told.map_err(|error| error.details["path"].clone()).err(), (!fits).then(|| json!("pace")));
    }
    for days in [0, 3_661] {
        assert_eq!(refusal(&world.call("forecast", json!({ "pace": [], "days": days }))), "INVALID_INPUT");
    }
    assert_eq!(refusal(&World::new(NOW).call("forecast", json!({ "pace": [] }))), "UNKNOWN_ACCOUNT");
}

/// What was spent and what is held, by region; not what came back.
#[test]
fn the_pace_is_what_the_messages_of_the_journal_used() {
    let mut world = bought(100);
    world.buy("o2", "pack-us", 100);
    world.at("2026-01-17T10:00:00Z").reserve("m1", AU, &text(6)).unwrap();
    world.reserve("m2", AU, &text(4)).unwrap();
    world.reserve("m3", US, &text(3)).unwrap();
    world.reserve("m4", US, &text(9)).unwrap();
    world.reserve("m5", NZ, SHORT).unwrap_err();
    world.settle("m1", Some(5)).unwrap();
    world.release("m4").unwrap();
    world.at("2026-01-25T10:00:00Z");
    let before = world.store.dump();
    let pace = world.call("pace", json!({})).unwrap();
    assert_eq!(world.store.dump(), before);
    // Ten days since the account was opened: 9 segments, and 3.
    assert_eq!(
        pace,
        json!({
            "account": "acme", "from": "2026-01-15T10:00:00.000Z", "to": "2026-01-25T10:00:00.000Z",
            "messages": 3, "segments": 12,
            "pace": [{ "region": "AU", "segmentsPerDay": "0.900" }, { "region": "US", "segmentsPerDay": "0.300" }],
        })
    );
    // What is told is what a forecast takes.
    let told = forecast(&mut world, &pace["pace"], 10);
    assert_eq!(told["pace"][0]["unpaid"], 0);
    let lately = world.call("pace", json!({ "over": 8 })).unwrap();
    assert_eq!((&lately["messages"], &lately["from"]), (&json!(3), &json!("2026-01-17T10:00:00.000Z")));
    assert_eq!(world.call("pace", json!({ "over": 7 })).unwrap()["pace"], json!([]));
    // An account that is younger than a day.
    let mut young = bought(100);
    young.reserve("m1", AU, &text(5)).unwrap();
    assert_eq!(young.call("pace", json!({})).unwrap()["pace"][0]["segmentsPerDay"], "5");
    assert_eq!(refusal(&World::new(NOW).call("pace", json!({}))), "UNKNOWN_ACCOUNT");
}

/// Of a long journal the latest part is read, and the pace is that of the time it spans.
#[test]
fn the_pace_of_a_long_journal_is_that_of_its_end() {
    let mut world = bought(10_000);
    for number in 0..5_500_u32 {
        world.now = world.now.checked_add_seconds(86).unwrap();
        let id = format!("m{number}");
        world.reserve(&id, AU, SHORT).unwrap();
        world.settle(&id, None).unwrap();
    }
    let pace = world.call("pace", json!({})).unwrap();
    // Ten thousand entries are five thousand messages, of the last five days.
    assert_eq!((&pace["messages"], &pace["segments"]), (&json!(5_000), &json!(5_000)));
    let daily: f64 = pace["pace"][0]["segmentsPerDay"].as_str().unwrap().parse().unwrap();
    assert!((daily - 86_400.0 / 86.0).abs() < 1.0, "{daily}");
}

/// Of more kinds than a forecast takes, the projects are left out.
#[test]
fn a_pace_has_no_more_kinds_than_a_forecast_takes() {
    for (projects, kinds) in [(2, 2), (1_000, 1_000), (1_001, 1), (1_003, 1)] {
        let mut world = bought(10_000);
        let commands = (0..projects).map(|number| {
            let project = format!("p{number}");
            let tags = Tags { project: Some(&project), ..Tags::default() };
            world.tagged(&format!("m{number}"), AU, SHORT, tags, 1)
        });
        let commands: Vec<Command> = commands.collect();
        for answer in world.driver.run_all("acme", commands, world.now) {
            answer.unwrap();
        }
        let pace = world.call("pace", json!({})).unwrap();
        assert_eq!((&pace["segments"], pace["pace"].as_array().unwrap().len()), (&json!(projects), kinds));
        let project = if kinds == 1 { Value::Null } else { json!("p0") };
        assert_eq!(pace["pace"][0]["project"], project);
        forecast(&mut world, &pace["pace"], 1);
    }
}

/// Where the journal does not begin with the account, as in a snapshot, its pace is not guessed.
#[test]
fn a_pace_wants_the_journal_from_its_beginning() {
    let mut world = bought(100);
    for number in 0..3 {
        world.reserve(&format!("m{number}"), AU, SHORT).unwrap();
    }
    world.store.put("entry/0000000000000001", None);
    let refused = world.call("pace", json!({})).unwrap_err();
    assert_eq!((refused.code.as_str(), &refused.details["path"]), ("INVALID_INPUT", &json!("pace")));
}
