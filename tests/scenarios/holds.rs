//! Holds: when a message is charged, and what ends it (domain rules 22 to 25).

use crate::common::world::World;
use crate::common::{AU, bytes, changed, refusal, text};
use serde_json::{Value, json};
use sms_ledger::catalog::Catalog;
use std::sync::Arc;

const NOW: &str = "2026-01-15T10:00:00Z";

/// A catalog with this in its policy, in which a message that is not delivered costs nothing, and packs last 30 days.
fn policy(fields: Value) -> Arc<Catalog> {
    changed(|catalog| {
        catalog["policy"]["receipts"][4]["charge"] = json!("none");
        catalog["offers"][0]["validity"] = json!({ "days": 30 });
        catalog["policy"]["hold"] = json!({ "hours": 8784, "then": "settle" });
        for (name, value) in fields.as_object().unwrap() {
            match value {
                Value::Array(rules) if name == "receipts" => {
                    catalog["policy"]["receipts"].as_array_mut().unwrap().extend(rules.clone());
                }
                value => catalog["policy"][name] = value.clone(),
            }
        }
    })
}

/// A pack of 100 and a message of 3 segments.
fn sent(fields: Value) -> World {
    let mut world = World::opened_of(policy(fields), NOW);
    world.buy("o1", "pack-au", 100);
    world.reserve("m1", AU, &text(3)).unwrap();
    world
}

/// `state spent released expired`, and whether this word decided it.
fn summary(outcome: &Value) -> String {
    let counts = ["spent", "released", "expired"].map(|name| outcome[name].to_string()).join(" ");
    let applied = if outcome["applied"] == true { "applied" } else { "not applied" };
    format!("{} {counts} {applied}", outcome["state"].as_str().unwrap())
}

fn kinds(world: &mut World) -> String {
    world.journal()[2..].join(" ")
}

#[test]
fn rule_25_a_code_costs_what_its_rule_says_and_any_other_what_the_stage_does() {
    let rules = json!([
        { "stage": "delivered", "codes": ["4", "5"], "charge": "none" },
        { "stage": "undelivered", "codes": ["4"], "charge": "full" },
        { "stage": "unknown", "codes": ["dead"], "charge": "full" },
    ]);
    for (stage, code, expected) in [
        ("delivered", None, "settled 3 0 0 applied"),
        ("delivered", Some("0"), "settled 3 0 0 applied"),
        ("delivered", Some("4"), "released 0 3 0 applied"),
        ("delivered", Some("5"), "released 0 3 0 applied"),
        ("undelivered", Some("5"), "released 0 3 0 applied"),
        ("undelivered", Some("4"), "settled 3 0 0 applied"),
        ("unknown", Some("4"), "held 0 0 0 not applied"),
        ("unknown", Some("dead"), "settled 3 0 0 applied"),
        ("accepted", Some("dead"), "held 0 0 0 not applied"),
    ] {
        let mut world = sent(json!({ "receipts": rules }));
        assert_eq!(summary(&world.report("m1", stage, code).unwrap()), expected, "{stage} {code:?}");
        world.proven();
    }
}

#[test]
fn rule_22_on_submission_a_message_is_spent_at_once_and_the_first_final_word_may_give_back() {
    type Word = fn(&mut World) -> crate::common::Reply;
    let cases: [(&str, &str, [u64; 4], Word); 8] = [
        ("settled 3 0 0 applied", "spend", [97, 0, 3, 0], |world| world.report("m1", "delivered", None)),
        ("settled 3 0 0 not applied", "spend", [97, 0, 3, 0], |world| world.report("m1", "accepted", None)),
        ("settled 3 0 0 applied", "spend", [97, 0, 3, 0], |world| world.settle("m1", None)),
        ("settled 2 1 0 applied", "spend release", [98, 0, 2, 0], |world| world.settle("m1", Some(2))),
        ("released 0 3 0 applied", "spend release", [100, 0, 0, 0], |world| world.release("m1")),
        ("released 0 3 0 applied", "spend release", [100, 0, 0, 0], |world| {
            world.report("m1", "rejected", None)
        }),
        ("released 0 0 3 applied", "spend expire release", [0, 0, 0, 100], |world| {
            world.at("2026-02-14T10:00:00Z").release("m1")
        }),
        ("settled 3 0 0 applied", "spend", [97, 0, 3, 0], |world| {
            world.report("m1", "submitted", None).unwrap();
            world.at("2026-02-01T00:00:00Z").report("m1", "expired", None)
        }),
    ];
    for (expected, entries, counts, word) in cases {
        let mut world = sent(json!({ "charge_on": "submit" }));
        assert_eq!(world.counts(), [97, 0, 3, 0]);
        let told = word(&mut world);
        assert_eq!(summary(told.as_ref().unwrap()), expected);
        assert_eq!((world.counts(), kinds(&mut world)), (counts, entries.to_owned()));
        let stored = world.proven();
        assert_eq!(bytes(&word(&mut world.again())), bytes(&told), "the same again");
        assert_eq!(world.proven(), stored);
    }
}

#[test]
fn rule_24_on_submission_too_the_first_final_word_stands() {
    let mut world = sent(json!({ "charge_on": "submit" }));
    world.report("m1", "delivered", None).unwrap();
    assert_eq!(summary(&world.report("m1", "rejected", None).unwrap()), "settled 3 0 0 not applied");
    assert_eq!(refusal(&world.release("m1")), "HOLD_ENDED");
    let mut world = sent(json!({ "charge_on": "submit" }));
    world.report("m1", "rejected", None).unwrap();
    assert_eq!(summary(&world.report("m1", "delivered", None).unwrap()), "released 0 3 0 not applied");
    assert_eq!(refusal(&world.settle("m1", None)), "HOLD_ENDED");
    assert_eq!(world.counts(), [100, 0, 0, 0]);
}

/// The plan's 50 credits and 2 of a pack are all spent by one message; what comes back opens the packages again.
#[test]
fn rule_23_what_comes_back_goes_to_packages_that_had_ended() {
    for restarted in [false, true] {
        let catalog = changed(|catalog| {
            catalog["policy"]["charge_on"] = json!("submit");
            catalog["offers"][0]["quantity"] = json!({ "step": 1, "min": 1, "max": 100 });
        });
        let mut world = World::of(catalog, NOW);
        world.open(json!({ "plan": "starter" })).unwrap();
        world.buy("o1", "pack-au", 2);
        world.reserve("m1", AU, &text(52)).unwrap();
        assert_eq!(world.packages(), [json!(null); 0]);
        assert_eq!(world.counts(), [0, 0, 52, 0]);
        if restarted {
            world = world.again();
        }
        assert_eq!(summary(&world.settle("m1", Some(20)).unwrap()), "settled 20 32 0 applied");
        let left: Vec<_> = world.packages().iter().map(|package| package["available"].clone()).collect();
        assert_eq!(left, [json!(30), json!(2)]);
        world.proven();
        world.reserve("m2", AU, &text(32)).unwrap();
        assert_eq!(world.packages(), [json!(null); 0], "and close again");
        world.proven();
    }
}

/// In one commit: a package ends, is opened again, and ends again.
#[test]
fn rule_23_a_package_may_end_twice_in_one_commit() {
    let catalog = changed(|catalog| {
        catalog["policy"]["charge_on"] = json!("submit");
        catalog["offers"][0]["quantity"] = json!({ "step": 1, "min": 1, "max": 100 });
    });
    for again in [false, true] {
        let mut world = World::opened_of(Arc::clone(&catalog), NOW);
        world.buy("o1", "pack-au", 3);
        let mut commands = vec![
            world.message("m1", AU, &text(3), 1),
            sms_ledger::engine::Command::Outcome(sms_ledger::engine::Said::release("m1").unwrap()),
        ];
        if again {
            commands.push(world.message("m2", AU, &text(3), 1));
        }
        world.store.calls();
        let answers = world.driver.run_all(crate::common::world::ACCOUNT, commands, world.now);
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
        assert_eq!(world.counts(), if again { [0, 0, 3, 0] } else { [3, 0, 0, 0] });
        world.proven();
        let held = world.again().counts();
        assert_eq!(held, world.counts());
    }
}

#[test]
fn a_package_that_cannot_be_read_concerns_the_message_that_gives_back_to_it() {
    let catalog = changed(|catalog| {
        catalog["policy"]["charge_on"] = json!("submit");
        catalog["offers"][0]["quantity"] = json!({ "step": 1, "min": 1, "max": 100 });
    });
    let mut world = World::opened_of(catalog, NOW);
    world.buy("o1", "pack-au", 3);
    world.buy("o2", "pack-au", 3);
    world.reserve("m1", AU, &text(3)).unwrap();
    world.store.tamper("package/ended/00000001", |_| "[]".to_owned());
    let mut world = world.again();
    assert_eq!(refusal(&world.release("m1")), "STORAGE_CORRUPT");
    world.reserve("m2", AU, &text(2)).unwrap();
    assert_eq!(summary(&world.settle("m1", None).unwrap()), "settled 3 0 0 applied");
}

#[test]
fn rule_24_a_message_that_arrived_in_part_settles_that_part() {
    for on in ["delivery", "submit"] {
        let mut world = sent(json!({ "charge_on": on }));
        assert_eq!(refusal(&world.report_part("m1", 4)), "INVALID_INPUT");
        let told = world.report_part("m1", 2);
        assert_eq!(summary(told.as_ref().unwrap()), "settled 2 1 0 applied");
        assert_eq!(world.counts(), [98, 0, 2, 0]);
        let stored = world.proven();
        assert_eq!(bytes(&world.again().report_part("m1", 2)), bytes(&told));
        assert_eq!(world.proven(), stored);
        assert_eq!(summary(&world.report("m1", "delivered", None).unwrap()), "settled 2 1 0 not applied");
        assert_eq!(refusal(&world.settle("m1", None)), "HOLD_ENDED");
    }
    for (stage, segments) in [("delivered", 0), ("undelivered", 2), ("submitted", 3)] {
        assert!(sms_ledger::engine::Said::report("m1", stage, None, Some(segments)).is_err(), "{stage}");
    }
    let mut world = sent(json!({}));
    world.report("m1", "delivered", None).unwrap();
    let all = world.report_part("m1", 3).unwrap();
    assert_eq!(summary(&all), "settled 3 0 0 applied", "all of them is the same as no number");
}

#[test]
fn rule_24_a_correction_moves_the_difference_for_the_same_packages() {
    let mut world = sent(json!({ "corrections": true }));
    world.report("m1", "delivered", None).unwrap();
    assert_eq!(summary(&world.report("m1", "undelivered", Some("9")).unwrap()), "released 0 3 0 applied");
    assert_eq!(world.counts(), [100, 0, 0, 0]);
    // A duplicate of the first one says nothing new, nor does one of the second.
    let stored = world.proven();
    assert_eq!(summary(&world.report("m1", "delivered", None).unwrap()), "released 0 3 0 not applied");
    assert_eq!(summary(&world.report("m1", "undelivered", Some("9")).unwrap()), "released 0 3 0 applied");
    assert_eq!(world.proven(), stored);
    assert_eq!(summary(&world.report_part("m1", 2).unwrap()), "settled 2 1 0 applied");
    assert_eq!(
        (world.counts(), kinds(&mut world)),
        ([98, 0, 2, 0], "reserve settle correct correct".to_owned())
    );
    // An explicit word never is one.
    assert_eq!(refusal(&world.release("m1")), "HOLD_ENDED");
    let stored = world.proven();
    let again = world.again().report_part("m1", 2);
    assert_eq!(bytes(&again), bytes(&world.report_part("m1", 2)));
    assert_eq!(world.proven(), stored);
}

#[test]
fn rule_24_without_leave_and_of_an_explicit_word_nothing_is_corrected() {
    for (corrections, explicit) in [(false, false), (true, true), (false, true)] {
        let mut world = sent(json!({ "corrections": corrections }));
        let first = if explicit { world.settle("m1", None) } else { world.report("m1", "delivered", None) };
        first.unwrap();
        let told = world.report("m1", "rejected", None).unwrap();
        assert_eq!(summary(&told), "settled 3 0 0 not applied");
        assert_eq!(told["contradicted"]["stage"], "rejected");
        assert_eq!((world.counts(), kinds(&mut world)), ([97, 0, 3, 0], "reserve settle".to_owned()));
        world.proven();
    }
}

/// A package that has ended is read where segments of it move, and not to note a word.
#[test]
fn a_word_that_moves_nothing_reads_no_package() {
    for (corrections, gets) in [(false, 2), (true, 3)] {
        let mut world = sent(json!({ "corrections": corrections }));
        world.report("m1", "delivered", None).unwrap();
        world.reserve("m2", AU, &text(97)).unwrap();
        world.settle("m2", None).unwrap();
        let mut fresh = world.again();
        fresh.store.calls();
        fresh.report("m1", "rejected", None).unwrap();
        assert_eq!(fresh.store.calls().gets, gets, "{corrections}");
    }
}

#[test]
fn rule_24_a_correction_takes_no_segments_that_were_spent_meanwhile() {
    for (meanwhile, expected, counts) in
        [(98, "released 0 3 0 not applied", [2, 98, 0, 0]), (97, "settled 3 0 0 applied", [0, 97, 3, 0])]
    {
        let mut world = sent(json!({ "corrections": true }));
        world.report("m1", "undelivered", None).unwrap();
        world.reserve("m2", AU, &text(meanwhile)).unwrap();
        let told = world.report("m1", "delivered", None).unwrap();
        assert_eq!(summary(&told), expected);
        let contradicted = if told["applied"] == true { json!(null) } else { json!("delivered") };
        assert_eq!(told["contradicted"]["stage"], contradicted);
        assert_eq!(world.counts(), counts);
        world.proven();
    }
}

/// Of a message that two packages pay, a correction touches only those for which something changes.
#[test]
fn rule_24_a_correction_leaves_packages_alone_that_pay_the_same() {
    let mut world = World::opened_of(policy(json!({ "corrections": true })), NOW);
    world.buy("o1", "pack-au", 100);
    world.buy("o2", "pack-au", 100);
    world.reserve("m0", AU, &text(99)).unwrap();
    world.settle("m0", None).unwrap();
    world.reserve("m1", AU, &text(3)).unwrap();
    assert_eq!(summary(&world.report_part("m1", 1).unwrap()), "settled 1 2 0 applied");
    // The first pack has ended.
    let ended = |world: &World| {
        let documents = world.store.documents();
        documents.into_iter().find(|(_, key, _)| key == "package/ended/00000001").unwrap().2
    };
    let before = ended(&world);
    assert_eq!(summary(&world.report("m1", "delivered", None).unwrap()), "settled 3 0 0 applied");
    assert_eq!((ended(&world), world.counts()), (before, [98, 0, 102, 0]));
    let mut world = world.again();
    assert_eq!(world.counts(), [98, 0, 102, 0]);
    world.proven();
}

/// The first pack has expired when its two segments come back too late, the second has not.
#[test]
fn rule_24_a_correction_takes_breakage_where_it_was() {
    let mut world = World::opened_of(policy(json!({ "corrections": true, "grace_hours": 0 })), NOW);
    world.buy("o1", "pack-au", 100);
    world.at("2026-01-20T10:00:00Z").buy("o2", "pack-au", 100);
    world.reserve("m0", AU, &text(98)).unwrap();
    world.settle("m0", None).unwrap();
    world.reserve("m1", AU, &text(3)).unwrap();
    world.at("2026-02-14T12:00:00Z");
    for (word, expected, counts) in [
        (0, "released 0 1 2 applied", [100, 0, 98, 2]),
        (1, "settled 1 1 1 applied", [100, 0, 99, 1]),
        (3, "settled 3 0 0 applied", [99, 0, 101, 0]),
        (2, "settled 2 1 0 applied", [100, 0, 100, 0]),
        (0, "released 0 1 2 applied", [100, 0, 98, 2]),
    ] {
        let told = match word {
            0 => world.report("m1", "undelivered", Some(&world.now.to_string())),
            _ => world.report_part("m1", word),
        };
        assert_eq!(summary(&told.unwrap()), expected, "{word}");
        assert_eq!(world.counts(), counts);
        world.now = world.now.checked_add_seconds(1).unwrap();
    }
    world.proven();
}

#[test]
fn rule_24_a_correction_reaches_packages_that_have_ended_or_expired() {
    // The pack has ended with the message; the correction opens it again.
    for restarted in [false, true] {
        let mut world = sent(json!({ "corrections": true }));
        world.report("m1", "delivered", None).unwrap();
        world.reserve("m2", AU, &text(97)).unwrap();
        world.settle("m2", None).unwrap();
        assert_eq!(world.packages(), [json!(null); 0]);
        if restarted {
            world = world.again();
        }
        assert_eq!(summary(&world.report("m1", "rejected", None).unwrap()), "released 0 3 0 applied");
        assert_eq!(world.counts(), [3, 0, 97, 0]);
        world.proven();
    }
    // What came back has expired since: it is taken out of the breakage, and goes back there.
    let mut world = sent(json!({ "corrections": true }));
    world.report("m1", "rejected", None).unwrap();
    world.at("2026-03-01T00:00:00Z");
    assert_eq!(summary(&world.report("m1", "delivered", None).unwrap()), "settled 3 0 0 applied");
    assert_eq!(world.counts(), [0, 0, 3, 97]);
    assert_eq!(summary(&world.report("m1", "undelivered", None).unwrap()), "released 0 0 3 applied");
    assert_eq!(world.counts(), [0, 0, 0, 100]);
    assert_eq!(summary(&world.report_part("m1", 1).unwrap()), "settled 1 0 2 applied");
    assert_eq!(world.counts(), [0, 0, 1, 99]);
    world.proven();
}

#[test]
fn a_message_keeps_no_more_than_eight_words() {
    let mut world = sent(json!({ "corrections": true }));
    world.report("m1", "delivered", None).unwrap();
    for code in 0..8 {
        let stage = if code % 2 == 0 { "undelivered" } else { "delivered" };
        let told = world.report("m1", stage, Some(&code.to_string())).unwrap();
        assert_eq!(told["applied"], true, "{code}");
    }
    let stored = world.proven();
    assert_eq!(summary(&world.report("m1", "rejected", None).unwrap()), "settled 3 0 0 not applied");
    assert_eq!(world.proven(), stored);
}

/// The pack of 100 expires on 14 February at 10:00.
#[test]
fn rule_23_a_release_after_expiry_is_breakage_or_comes_back_within_the_grace() {
    for (grace, released_at, expected, counts) in [
        (0, "2026-02-14T09:59:59.999Z", "released 0 3 0 applied", [100, 0, 0, 0]),
        (0, "2026-02-14T10:00:00Z", "released 0 0 3 applied", [0, 0, 0, 100]),
        (24, "2026-02-14T10:00:00Z", "released 0 3 0 applied", [3, 0, 0, 97]),
        (24, "2026-02-15T09:59:59.999Z", "released 0 3 0 applied", [3, 0, 0, 97]),
        (24, "2026-02-15T10:00:00Z", "released 0 0 3 applied", [0, 0, 0, 100]),
    ] {
        for on in ["delivery", "submit"] {
            let mut world = sent(json!({ "grace_hours": grace, "charge_on": on }));
            let told = world.at(released_at).release("m1").unwrap();
            assert_eq!(summary(&told), expected, "{grace} {released_at} {on}");
            assert_eq!(world.counts(), counts);
            world.proven();
        }
    }
}

/// Where messages hold all of a package at its end, nothing is lost yet, and the journal says nothing.
#[test]
fn rule_23_an_end_of_which_all_is_held_is_no_entry() {
    let mut world = sent(json!({ "grace_hours": 0 }));
    world.reserve("m2", AU, &text(97)).unwrap();
    world.at("2026-02-14T10:00:00Z").call("advance", json!({})).unwrap();
    assert_eq!(kinds(&mut world), "reserve reserve");
    assert_eq!(summary(&world.release("m2").unwrap()), "released 0 0 97 applied");
    world.proven();
}

#[test]
fn rule_23_what_comes_back_within_the_grace_can_be_used_until_it_is_over() {
    let mut world = sent(json!({ "grace_hours": 24 }));
    world.at("2026-02-14T12:00:00Z").release("m1").unwrap();
    let package = world.packages().remove(0);
    assert_eq!(
        (&package["status"], &package["graceUntil"]),
        (&json!("effective"), &json!("2026-02-15T10:00:00.000Z"))
    );
    assert_eq!(world.balance()["nextDue"], "2026-02-15T10:00:00.000Z");
    let mut world = world.again();
    world.reserve("m2", AU, &text(2)).unwrap();
    assert_eq!(world.at("2026-02-15T09:59:59Z").counts(), [1, 2, 0, 97]);
    assert_eq!(world.at("2026-02-15T10:00:00Z").counts(), [0, 2, 0, 98]);
    assert_eq!(summary(&world.release("m2").unwrap()), "released 0 0 2 applied");
    assert_eq!(kinds(&mut world), "reserve expire release reserve expire release");
    world.proven();
}

/// The package's time is over, but not that of what came back to it: whoever finds that used up is told of use, not of time.
#[test]
fn rule_23_what_came_back_within_the_grace_and_is_used_up_is_exhausted() {
    let mut world = sent(json!({ "grace_hours": 24 }));
    world.at("2026-02-14T12:00:00Z").release("m1").unwrap();
    world.reserve("m2", AU, &text(3)).unwrap();
    assert_eq!(world.counts(), [0, 3, 0, 97]);
    assert_eq!(world.reserve("m3", AU, &text(1)).unwrap_err().details["reason"], "exhausted");
    world.proven();
}

/// Under which revision a message was reserved decides what its report costs, whichever the ledger runs on.
#[test]
fn rule_34_a_hold_settles_under_the_policy_that_made_it() {
    let [first, second] = [1, 2].map(|revision| {
        let charge = if revision == 1 { "none" } else { "full" };
        changed(|catalog| {
            catalog["revision"] = json!(revision);
            catalog["policy"]["receipts"][4]["charge"] = json!(charge);
            catalog["policy"]["corrections"] = json!(revision == 2);
        })
    });
    let mut world = World::opened_of(Arc::clone(&first), NOW);
    world.buy("o1", "pack-au", 100);
    for id in ["a1", "a2", "a3"] {
        world.reserve(id, AU, &text(1)).unwrap();
    }
    let mut world = world.again_under(Arc::clone(&second));
    world.reserve("b1", AU, &text(1)).unwrap();
    assert_eq!(summary(&world.report("a1", "undelivered", None).unwrap()), "released 0 1 0 applied");
    assert_eq!(summary(&world.report("b1", "undelivered", None).unwrap()), "settled 1 0 0 applied");
    assert_eq!(summary(&world.report("a1", "delivered", None).unwrap()), "released 0 1 0 not applied");
    assert_eq!(summary(&world.report("b1", "rejected", None).unwrap()), "released 0 1 0 applied");
    // And back, as while a service is being rolled out.
    let mut world = world.again_under(first);
    world.reserve("a4", AU, &text(1)).unwrap();
    assert_eq!(summary(&world.report("a2", "undelivered", None).unwrap()), "released 0 1 0 applied");
    world.reserve("b2", AU, &text(1)).unwrap();
    let keys: Vec<String> = world.store.dump().into_iter().map(|(_, key, _)| key).collect();
    assert_eq!(keys.iter().filter(|key| key.starts_with("policy/")).count(), 2, "{keys:?}");
    // Where the policy is gone, nothing is guessed.
    let mut world = world.again_under(second);
    let mut kept = String::new();
    world.store.tamper("policy/00000001", |policy| {
        policy.clone_into(&mut kept);
        "[]".to_owned()
    });
    assert_eq!(refusal(&world.report("a3", "delivered", None)), "STORAGE_CORRUPT");
    world.reserve("b3", AU, &text(1)).unwrap();
    let problem = |world: &mut World| world.call("verify", json!({})).unwrap()["problem"].clone();
    assert!(problem(&mut world).as_str().unwrap().contains("policy/00000001"));
    world.store.put("policy/00000001", None);
    assert_eq!(problem(&mut world), "a policy is missing under which messages were paid");
    world.store.put("policy/00000001", Some(&kept));
    world.proven();
}

/// Each message has the grace of the policy that held it; the package has the longest of what came back to it.
#[test]
fn rule_34_what_came_back_can_be_used_for_the_longest_grace() {
    for graces in [[2, 24], [24, 2]] {
        let [first, second] = [1, 2].map(|revision| {
            let mut catalog = (*policy(json!({ "grace_hours": graces[revision - 1] }))).clone();
            catalog.revision = u32::try_from(revision).unwrap();
            Arc::new(catalog)
        });
        let mut world = World::opened_of(first, NOW);
        world.buy("o1", "pack-au", 100);
        world.reserve("m1", AU, &text(3)).unwrap();
        let mut world = world.again_under(second);
        world.reserve("m2", AU, &text(2)).unwrap();
        world.at("2026-02-14T11:00:00Z").release("m1").unwrap();
        assert_eq!(world.counts(), [3, 2, 0, 95]);
        world.release("m2").unwrap();
        for (at, counts) in [
            ("2026-02-14T11:00:00Z", [5, 0, 0, 95]),
            ("2026-02-15T09:59:59Z", [5, 0, 0, 95]),
            ("2026-02-15T10:00:00Z", [0, 0, 0, 100]),
        ] {
            assert_eq!(world.at(at).counts(), counts, "{graces:?}");
        }
        world.proven();
    }
}
