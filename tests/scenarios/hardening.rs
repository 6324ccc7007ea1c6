//! What once went wrong, each as the smallest story that showed it.

use crate::common::shared::Fault;
use crate::common::world::{ACCOUNT, World};
use crate::common::{AU, Reply, SHORT, changed, cloutly, refusal, reply, text};
use serde_json::json;
use sms_ledger::engine::{Command, Message, Options, Said, Tags};
use sms_ledger::storage::{Batch, Expect, Limits, Storage};

const NOW: &str = "2026-01-15T10:00:00Z";

/// Puts a document into the store behind the ledger's back.
fn tamper(world: &mut World, key: &str, value: &str) {
    let mut batch = Batch::default();
    batch.put(|text| text.push_str(key), Expect::Anything, |text| text.push_str(value));
    world.store.clone().commit(ACCOUNT, &batch).unwrap();
}

/// A refusal's words, nothing for an answer.
fn told(reply: &Reply) -> String {
    if reply.is_ok() { String::new() } else { refusal(reply) }
}

fn stored(world: &World, key: &str) -> String {
    let found = world.store.dump().into_iter().find(|(_, stored, _)| stored == key);
    found.map(|(_, _, value)| value).unwrap()
}

#[test]
fn what_was_bought_for_a_region_pays_though_the_offer_is_withdrawn() {
    let mut world = World::opened(NOW);
    world.buy("o1", "pack-au", 100);
    let mut later = world.again_under(changed(|catalog| {
        catalog["revision"] = json!(2);
        catalog["offers"].as_array_mut().unwrap().remove(0);
    }));
    later.reserve("m1", AU, SHORT).unwrap();
    assert_eq!(later.counts(), [99, 1, 0, 0]);
    later.proven();
}

#[test]
fn general_credits_do_not_pay_for_a_region_without_a_price() {
    let mut world = World::of(cloutly(), NOW);
    world.open(json!({ "plan": "starter" })).unwrap();
    let mut later = world.again_under(changed(|catalog| {
        catalog["revision"] = json!(2);
        catalog["offers"].as_array_mut().unwrap().remove(0);
    }));
    assert_eq!(refusal(&later.reserve("m1", AU, SHORT)), "UNKNOWN_REGION unpriced_region");
}

/// The preview is the bill on a small store too, and what was reserved can be settled.
#[test]
fn a_message_is_never_paid_from_more_packages_than_the_store_can_write() {
    let limits = Limits { writes: 16, checks: 16, ..Limits::default() };
    let catalog =
        changed(|catalog| catalog["offers"][0]["quantity"] = json!({ "step": 1, "min": 1, "max": 1000 }));
    let mut world = World::with(catalog, NOW, Options { limits, ..Options::default() });
    world.open(json!({})).unwrap();
    for number in 0..20 {
        world.buy(&format!("o{number}"), "pack-au", 1);
    }
    let mut paid = 0;
    for segments in 1..=20 {
        let id = format!("m{segments}");
        let preview = told(&world.preview(AU, &text(segments)));
        let reserved = world.reserve(&id, AU, &text(segments));
        assert_eq!(preview, told(&reserved));
        if reserved.is_ok() {
            world.settle(&id, None).unwrap();
            paid += u64::try_from(segments).unwrap();
        }
    }
    assert_eq!(refusal(&world.reserve("last", AU, &text(10))), "INSUFFICIENT_BALANCE fragmented");
    assert!(paid > 0);
    assert_eq!(world.counts(), [20 - paid, 0, paid, 0]);
    let (checks, writes) = world.store.largest();
    assert!(checks <= limits.checks && writes <= limits.writes, "{checks} {writes}");
    world.proven();
}

#[test]
fn no_value_is_longer_than_the_store_takes() {
    let limits = Limits { value_bytes: 100, ..Limits::default() };
    let mut world = World::with(cloutly(), NOW, Options { limits, ..Options::default() });
    let answer = world.open(json!({}));
    assert_eq!(refusal(&answer), "STORAGE_CORRUPT");
    assert_eq!(world.store.dump(), []);
    // There is no such account, whoever asks.
    assert_eq!(refusal(&world.call("balance", json!({}))), "UNKNOWN_ACCOUNT");
}

#[test]
fn a_damaged_record_concerns_only_the_commands_about_it() {
    let mut world = World::opened(NOW);
    world.buy("o1", "pack-au", 100);
    for id in ["m1", "m2"] {
        world.reserve(id, AU, SHORT).unwrap();
    }
    tamper(&mut world, "hold/m1", "{}");
    let mut world = world.again();
    let settle = |id: &str| Command::Outcome(Said::settle(id, None).unwrap());
    let commands = vec![settle("m2"), settle("m1"), world.message("m3", AU, SHORT, 1)];
    let answers = world.driver.run_all(ACCOUNT, commands, world.now);
    let words: Vec<String> = answers.into_iter().map(|answer| told(&reply(answer))).collect();
    assert_eq!(words, ["", "STORAGE_CORRUPT", ""]);
    assert_eq!(world.counts(), [97, 2, 1, 0]);
    // Of a message that is taken for new at first, alone and in a batch.
    let batch = Command::ReserveAll(
        ["m4", "m1"]
            .map(|id| Message::reserve(&world.catalog, id, AU, SHORT, Tags::default(), 1).unwrap())
            .to_vec(),
    );
    let commands = vec![world.message("m1", AU, SHORT, 1), world.message("m5", AU, SHORT, 1), batch];
    let answers = world.driver.run_all(ACCOUNT, commands, world.now);
    let words: Vec<String> = answers.into_iter().map(|answer| told(&reply(answer))).collect();
    assert_eq!(words, ["STORAGE_CORRUPT", "", "STORAGE_CORRUPT"]);
}

/// Whoever has the account in memory learns it by its next commit, and by its next look.
#[test]
fn an_account_that_is_imported_or_has_moved_takes_no_command() {
    for (head, code, retryable) in
        [(r#"[0,"import"]"#, "ACCOUNT_IMPORTING", true), (r#"[0,"moved"]"#, "ACCOUNT_MOVED", false)]
    {
        let mut world = World::opened(NOW);
        world.buy("o1", "pack-au", 100);
        world.reserve("m1", AU, SHORT).unwrap();
        tamper(&mut world, "account", head);
        let before = world.store.dump();
        let refused = world.reserve("m2", AU, SHORT).unwrap_err();
        assert_eq!((refused.code.as_str(), refused.retryable), (code, retryable));
        for mut world in [world.again(), world] {
            assert_eq!(refusal(&world.settle("m1", None)), code);
            assert_eq!(refusal(&world.call("balance", json!({}))), code);
            assert_eq!(refusal(&world.open(json!({}))), code);
            assert_eq!(world.store.dump(), before);
        }
    }
}

#[test]
fn a_document_under_another_key_is_not_taken() {
    let mut world = World::opened(NOW);
    world.buy("o1", "pack-au", 100);
    world.reserve("m1", AU, SHORT).unwrap();
    world.reserve("m2", AU, &text(3)).unwrap();
    let other = stored(&world, "hold/m2");
    tamper(&mut world, "hold/m1", &other);
    assert_eq!(refusal(&world.again().settle("m1", None)), "STORAGE_CORRUPT");
    let package = stored(&world, "package/open/00000001");
    tamper(&mut world, "package/open/00000007", &package);
    assert_eq!(refusal(&world.again().reserve("m3", AU, SHORT)), "STORAGE_CORRUPT");
}

#[test]
fn a_quote_is_judged_by_the_hosts_clock() {
    let mut ahead = World::opened(NOW);
    ahead.buy("o0", "pack-au", 100);
    let mut other = ahead.again();
    // A host whose clock is 31 minutes ahead takes the account's clock along.
    ahead.at("2026-01-15T10:31:00Z").reserve("m1", AU, SHORT).unwrap();
    let quote = other.quote("pack-au", 100);
    other.purchase("o1", &quote).unwrap();
}

#[test]
fn an_order_keeps_the_quote_as_made_however_it_is_written() {
    let mut world = World::opened(NOW);
    let honest = world.quote("pack-au", 100);
    let mut padded = honest.clone();
    padded["total"] = json!("6.2000000000000");
    let answer = world.purchase("o1", &padded).unwrap();
    assert_eq!(answer["total"], "6.20");
    assert_eq!(world.purchase("o1", &honest).unwrap(), answer);
}

#[test]
fn a_time_that_the_calendar_cannot_reach_is_no_damage() {
    let mut world = World::of(cloutly(), NOW);
    world.open(json!({ "plan": "starter" })).unwrap();
    let answer = world.call("balance", json!({ "at": "9999-12-31T23:00:00Z" }));
    assert_eq!(refusal(&answer), "INVALID_INPUT");
}

#[test]
fn a_plan_that_comes_back_is_issued_in_its_next_period() {
    let mut world = World::of(cloutly(), NOW);
    world.open(json!({ "plan": "starter" })).unwrap();
    world.buy("o1", "pack-au", 100);
    let mut without = world.again_under(changed(|catalog| {
        catalog["plans"].as_array_mut().unwrap().remove(0);
    }));
    without.at("2026-02-15T10:00:00Z").reserve("m1", AU, SHORT).unwrap();
    let mut back = without.again_under(cloutly());
    back.at("2026-03-15T10:00:00Z").reserve("m2", AU, SHORT).unwrap();
    assert_eq!(back.journal().iter().filter(|kind| *kind == "plan").count(), 2);
    back.proven();
}

#[test]
fn a_list_asks_for_the_same_seller_as_a_command() {
    let world = World::opened(NOW);
    let mut other = world.again_under(changed(|catalog| catalog["id"] = json!("another")));
    for name in ["balance", "entries", "endedPackages", "verify"] {
        assert_eq!(refusal(&other.call(name, json!({}))), "INVALID_CATALOG", "{name}");
    }
}

#[test]
fn a_record_written_twice_in_one_commit_keeps_both_writings() {
    let mut world = World::opened(NOW);
    let tries = vec![world.message("m1", AU, SHORT, 1), world.message("m1", AU, SHORT, 2)];
    let refused: Vec<String> = world
        .driver
        .run_all(ACCOUNT, tries, world.now)
        .into_iter()
        .map(|answer| told(&reply(answer)))
        .collect();
    assert_eq!(refused, ["INSUFFICIENT_BALANCE none"; 2]);
    let mut world = world.again();
    for attempt in [1, 2] {
        assert_eq!(told(&world.attempt("m1", AU, SHORT, attempt)), "INSUFFICIENT_BALANCE none");
    }
    world.buy("o1", "pack-au", 100);
    let commands =
        vec![world.message("m1", AU, SHORT, 3), Command::Outcome(Said::settle("m1", None).unwrap())];
    let answers = world.driver.run_all(ACCOUNT, commands, world.now);
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let mut world = world.again();
    assert_eq!(world.settle("m1", None).unwrap()["state"], "settled");
    assert_eq!(world.counts(), [99, 0, 1, 0]);
}

/// More has expired than one commit takes, and the store fails: the one who waits is told, and nothing is tried for ever.
#[test]
fn a_store_that_fails_while_time_is_caught_up_is_told_to_the_one_who_waits() {
    for fault in [Fault::Failed, Fault::Lost, Fault::Stale] {
        let catalog = changed(|catalog| catalog["offers"][0]["validity"] = json!({ "days": 1 }));
        let mut world = World::of(catalog, NOW);
        world.open(json!({})).unwrap();
        for number in 0..65 {
            world.buy(&format!("o{number}"), "pack-au", 100);
        }
        world.at("2026-02-15T10:00:00Z");
        for _ in 0..200 {
            world.store.fail(fault);
        }
        let quote = world.quote("pack-au", 100);
        let told = told(&world.purchase("late", &quote));
        let expected = if fault == Fault::Stale { "CONTENTION" } else { "STORAGE_UNAVAILABLE" };
        assert_eq!(told, expected);
        assert!(world.store.calls().commits <= 200);
        world.store.heal();
        world.purchase("late", &quote).unwrap();
        assert_eq!(world.counts(), [100, 0, 0, 6500]);
        world.proven();
    }
}

#[test]
fn a_message_that_contradicts_itself_is_not_taken() {
    let forged: [fn(&str) -> String; 5] = [
        |hold| hold.replace("[[1,1]]", "[]"),
        |hold| hold.replace("[[1,1]]", "[[1,2]]"),
        |hold| hold.replace("\"GSM-7\",1,", "\"GSM-7\",100,"),
        |hold| hold.replace("\"held\"", "\"settled\""),
        |hold| hold.replace("\"held\"", "\"refused\""),
    ];
    for change in forged {
        let mut world = World::opened(NOW);
        world.buy("o1", "pack-au", 100);
        world.reserve("m1", AU, SHORT).unwrap();
        let before = world.store.dump();
        world.store.tamper("hold/m1", change);
        assert_ne!(world.store.dump(), before);
        let mut world = world.again();
        assert_eq!(told(&world.settle("m1", None)), "STORAGE_CORRUPT");
        assert_eq!(world.counts(), [99, 1, 0, 0]);
    }
}

#[test]
fn an_account_that_forgets_how_many_packages_it_issued_is_not_taken() {
    let mut world = World::opened(NOW);
    world.buy("o1", "pack-au", 100);
    world.store.tamper("account", |head| head.replacen(",2,1,", ",2,0,", 1));
    let mut other = world.again();
    assert_eq!(told(&other.call("balance", json!({}))), "STORAGE_CORRUPT");
    world.store.tamper("account", |head| head.replacen(",2,0,", ",2,2,", 1));
    let proof = world.again().call("verify", json!({})).unwrap();
    assert_eq!(proof["ok"], false, "{proof}");
}

#[test]
fn a_line_behind_the_last_is_no_line_of_the_journal() {
    let mut world = World::opened(NOW);
    world.buy("o1", "pack-au", 100);
    tamper(&mut world, "entry/0000000000000099", "{}");
    let page = world.call("entries", json!({})).unwrap();
    assert_eq!((page["entries"].as_array().unwrap().len(), page.get("next")), (2, None));
    let page = world.call("entries", json!({ "reverse": true, "limit": 1 })).unwrap();
    assert_eq!((&page["entries"][0]["sequence"], &page["next"]), (&json!(2), &json!(2)));
}

/// The head says more lines than there are, and behind them stands one that is none of them.
#[test]
fn a_journal_with_a_gap_is_not_read_for_ever() {
    let mut world = World::opened(NOW);
    world.buy("o1", "pack-au", 100);
    world.store.tamper("account", |head| head.replacen(",2,1,", ",40,1,", 1));
    tamper(&mut world, "entry/0000000000000099", "{}");
    for (input, found) in [
        (json!({}), 2),
        (json!({ "after": 2 }), 0),
        (json!({ "kinds": ["purchase"] }), 1),
        (json!({ "reverse": true }), 2),
        (json!({ "reverse": true, "after": 30 }), 2),
    ] {
        let page = world.again().call("entries", input.clone()).unwrap();
        assert_eq!(page["entries"].as_array().unwrap().len(), found, "{input}");
    }
    assert!(world.again().call("eventPage", json!({})).is_ok());
    assert_eq!(world.again().call("verify", json!({})).unwrap()["ok"], false);
}

/// What does not fit into one value of the store is not drawn, and the preview says so as well.
#[test]
fn a_message_is_paid_from_no_more_packages_than_its_entry_can_name() {
    let limits = Limits { value_bytes: 8_192, ..Limits::default() };
    let mut world = World::with_single_segments(80, NOW, Options { limits, ..Options::default() });
    assert_eq!(told(&world.preview(AU, &text(70))), "INSUFFICIENT_BALANCE fragmented");
    assert_eq!(told(&world.reserve("m1", AU, &text(70))), "INSUFFICIENT_BALANCE fragmented");
    world.reserve("m2", AU, &text(54)).unwrap();
    world.settle("m2", Some(53)).unwrap();
    assert_eq!(world.counts(), [27, 0, 53, 0]);
    world.proven();
}

/// What `advance` finds nothing to do for leaves nothing behind, the clock neither: the next command is of its own time, whichever process is asked.
#[test]
fn an_advance_that_writes_nothing_leaves_the_clock_where_it_was() {
    let mut world = World::opened(NOW);
    world.buy("o1", "pack-au", 100);
    let stored = world.store.dump();
    world.at("2026-01-15T12:00:00Z").call("advance", json!({})).unwrap();
    assert_eq!(world.store.dump(), stored);
    let other = world.again();
    for (id, mut world) in [("here", world), ("elsewhere", other)] {
        let held = world.at("2026-01-15T11:00:00Z").reserve(id, AU, SHORT).unwrap();
        assert_eq!(held["at"], "2026-01-15T11:00:00.000Z", "{id}");
    }
}

/// A zone decides when a day begins: one that this host does not know is refused when it is set.
#[test]
fn a_zone_that_nobody_knows_is_refused() {
    let mut world = World::new(NOW);
    let refused = world.open(json!({ "zone": "Mars/Base" })).unwrap_err();
    assert_eq!((refused.code.as_str(), &refused.details["path"]), ("INVALID_INPUT", &json!("zone")));
    assert_eq!(world.store.dump(), []);
}
