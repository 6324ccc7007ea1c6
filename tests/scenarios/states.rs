//! Accounts that are suspended or closed, what sending asks for, and the seller's own codes (domain rules 12 and 21).

use crate::common::world::World;
use crate::common::{AU, SHORT, US, bytes, changed, refusal, text};
use serde_json::{Value, json};
use sms_ledger::catalog::{Catalog, profiles};
use std::sync::Arc;

const NOW: &str = "2026-01-15T10:00:00Z";

fn said(world: &mut World, name: &str) -> crate::common::Reply {
    world.call(name, json!({ "reason": "overdue" }))
}

fn bought() -> World {
    let mut world = World::opened(NOW);
    world.buy("o1", "pack-au", 100);
    world
}

#[test]
fn states_follow_one_another_and_closed_is_the_last() {
    // What was said, and what the account is then or how it was refused.
    let cases: &[&[(&str, &str)]] = &[
        &[("suspend", "suspended"), ("suspend", "suspended"), ("resume", "active"), ("resume", "active")],
        &[
            ("close", "closed"),
            ("close", "closed"),
            ("resume", "ACCOUNT_CLOSED"),
            ("suspend", "ACCOUNT_CLOSED"),
        ],
        &[("suspend", "suspended"), ("close", "closed")],
    ];
    let journals: [&[&str]; 3] = [&["suspend", "resume"], &["close"], &["suspend", "close"]];
    for (steps, journal) in cases.iter().zip(journals) {
        let mut world = World::opened(NOW);
        for (name, expected) in *steps {
            let reply = said(&mut world, name);
            let found = match &reply {
                Ok(account) => account["state"].as_str().unwrap().to_owned(),
                Err(_) => refusal(&reply),
            };
            assert_eq!(found, *expected, "{steps:?}");
        }
        assert_eq!(world.journal()[1..], *journal);
        let entries = world.call("entries", json!({ "after": 1 })).unwrap();
        assert!(entries["entries"].as_array().unwrap().iter().all(|entry| entry["reason"] == "overdue"));
        assert_eq!(
            world.again().call("account", json!({})).unwrap()["state"],
            steps.last().map_or("", |_| match journal {
                [.., "resume"] => "active",
                _ => "closed",
            })
        );
        world.proven();
    }
}

#[test]
fn a_suspended_account_neither_sends_nor_buys_until_it_is_resumed() {
    let mut world = bought();
    let quote = world.quote("pack-au", 100);
    world.reserve("before", AU, &text(3)).unwrap();
    said(&mut world, "suspend").unwrap();
    assert_eq!(refusal(&world.preview(AU, SHORT)), "INSUFFICIENT_BALANCE suspended");
    let refused = world.reserve("m1", AU, SHORT);
    assert_eq!(refusal(&refused), "INSUFFICIENT_BALANCE suspended");
    let details = refused.as_ref().unwrap_err().details.clone();
    assert_eq!((&details["available"], &details["nextAttempt"]), (&json!(97), &json!(2)));
    let explained = world.call("explain", json!({ "to": AU, "text": SHORT })).unwrap();
    assert_eq!(
        (&explained["reason"], &explained["packages"][0]["verdict"]),
        (&json!("suspended"), &json!("suspended"))
    );
    assert_eq!(refusal(&world.purchase("o2", &quote)), "ACCOUNT_SUSPENDED");
    assert_eq!(
        refusal(&world.call("quote", json!({ "offer": "pack-au", "quantity": 100 }))),
        "ACCOUNT_SUSPENDED"
    );
    // What is on its way goes on, and what was said before is answered as before.
    world.settle("before", None).unwrap();
    assert_eq!(world.buy("o1", "pack-au", 100)["state"], "fulfilled");
    said(&mut world, "resume").unwrap();
    // A recorded refusal stays; the next attempt pays.
    assert_eq!(bytes(&world.reserve("m1", AU, SHORT)), bytes(&refused));
    world.attempt("m1", AU, SHORT, 2).unwrap();
    world.purchase("o2", &quote).unwrap();
    world.proven();
}

#[test]
fn what_a_suspended_account_has_goes_on_expiring() {
    let catalog = changed(|catalog| catalog["offers"][0]["validity"] = json!({ "months": 1 }));
    let mut world = World::opened_of(catalog, NOW);
    world.buy("o1", "pack-au", 100);
    said(&mut world, "suspend").unwrap();
    world.at("2026-02-15T10:00:00Z");
    said(&mut world, "resume").unwrap();
    assert_eq!(world.counts(), [0, 0, 0, 100]);
    assert_eq!(refusal(&world.reserve("m1", AU, SHORT)), "INSUFFICIENT_BALANCE expired");
}

#[test]
fn a_suspension_that_does_not_block_is_only_told() {
    let catalog = changed(|catalog| catalog["policy"]["suspended_blocks"] = json!(false));
    let mut world = World::opened_of(catalog, NOW);
    world.buy("o1", "pack-au", 100);
    assert_eq!(said(&mut world, "suspend").unwrap()["state"], "suspended");
    world.reserve("m1", AU, SHORT).unwrap();
    world.buy("o2", "pack-au", 100);
}

#[test]
fn a_closed_account_winds_up_and_begins_nothing_new() {
    let catalog = changed(|catalog| catalog["offers"][0]["refund"] = json!({ "model": "unused" }));
    let mut world = World::of(catalog, NOW);
    world.open(json!({ "plan": "starter" })).unwrap();
    let (paid, open) = (world.quote("pack-au", 100), world.quote("pack-us", 100));
    world.purchase("paid", &paid).unwrap();
    world.call("purchase", json!({ "id": "open", "quote": open })).unwrap();
    let held = world.reserve("held", US, SHORT).unwrap();
    let refused = world.reserve("refused", "+14165550123", SHORT);
    said(&mut world, "close").unwrap();
    let before = world.store.dump();
    let voucher = json!({ "voucher": { "id": "v1", "percent": "10" } });
    let give = json!({ "id": "a1", "segments": 1, "reason": "kind" });
    for (name, input) in [
        ("purchase", json!({ "id": "new", "quote": paid })),
        ("grantVoucher", voucher),
        ("adjust", give),
        ("setGates", json!({ "gates": ["enterprise-certified"] })),
    ] {
        assert_eq!(refusal(&world.call(name, input)), "ACCOUNT_CLOSED", "{name}");
    }
    for to in [US, "+14165550123"] {
        assert_eq!(refusal(&world.reserve("new", to, SHORT)), "ACCOUNT_CLOSED");
    }
    assert_eq!(refusal(&world.preview(US, SHORT)), "ACCOUNT_CLOSED");
    assert_eq!(world.store.dump(), before);
    // The same again is answered the same again, by a process that has not seen it as well.
    for world in [&mut world.again(), &mut world] {
        assert_eq!(world.reserve("held", US, SHORT).unwrap(), held);
        assert_eq!(refusal(&world.reserve("held", US, "Another text")), "ID_REUSED");
        assert_eq!(bytes(&world.reserve("refused", "+14165550123", SHORT)), bytes(&refused));
    }
    assert_eq!(world.purchase("paid", &paid).unwrap()["state"], "fulfilled");
    // And what is on its way comes to its end: nobody is charged without a package.
    world.release("held").unwrap();
    let outcome = json!({ "status": "paid", "reference": "late" });
    let order = world.call("confirmPayment", json!({ "order": "open", "outcome": outcome })).unwrap();
    assert_eq!(order["state"], "fulfilled");
    assert_eq!(world.call("refund", json!({ "order": "paid" })).unwrap()["state"], "refunded");
    let take = json!({ "id": "a2", "segments": -100, "reason": "closed", "package": "p3" });
    world.call("adjust", take).unwrap();
    // No further period is issued, and what is left expires.
    world.at("2026-03-01T00:00:00Z");
    assert_eq!(world.balance()["available"], 0);
    assert_eq!(world.balance().get("nextDue"), None);
    world.proven();
}

#[test]
fn sending_has_a_switch_of_its_own() {
    let catalog = changed(|catalog| {
        catalog["regions"][0]["gates"] = json!(["enterprise-certified", "kyc"]);
    });
    let region = catalog.regions[0].code.to_string();
    let (to, offer) = if region == "AU" { (AU, "pack-au") } else { (US, "pack-us") };
    let mut world = World::opened_of(catalog, NOW);
    world.buy("o1", offer, 100);
    world.call("setGates", json!({ "gates": ["kyc"] })).unwrap();
    let refused = world.reserve("m1", to, SHORT);
    assert_eq!(refusal(&refused), "GATE_CLOSED gate_closed");
    let details = &refused.as_ref().unwrap_err().details;
    assert_eq!(
        (&details["gates"], &details["region"]),
        (&json!(["enterprise-certified", "kyc"]), &json!(region))
    );
    assert_eq!(refusal(&world.preview(to, SHORT)), "GATE_CLOSED gate_closed");
    let explained = world.call("explain", json!({ "to": to, "text": SHORT })).unwrap();
    assert_eq!(
        (&explained["reason"], &explained["packages"][0]["verdict"]),
        (&json!("gate_closed"), &json!("gate_closed"))
    );
    world.call("setGates", json!({ "gates": ["enterprise-certified", "kyc"] })).unwrap();
    // Recorded, as whatever depends on the account.
    assert_eq!(bytes(&world.reserve("m1", to, SHORT)), bytes(&refused));
    world.attempt("m1", to, SHORT, 2).unwrap();
    world.proven();
}

#[test]
fn a_refusal_carries_the_sellers_own_code() {
    let seller = |reply: &crate::common::Reply| {
        let told: Value = serde_json::from_str(&reply.as_ref().unwrap_err().json()).unwrap();
        told["sellerCode"].as_str().map(str::to_owned)
    };
    let china = "+8613800138000";
    for (profile, code) in [
        (profiles::TENCENT_SMS, Some("1031")),
        (profiles::TENCENT_SMS_LIVE, Some("1031")),
        (profiles::UCLOUD_USMS, Some("18013")),
        (profiles::CLOUTLY, None),
    ] {
        let mut world = World::opened_of(Arc::new(Catalog::from_json(profile).unwrap()), NOW);
        let to = if code.is_some() { china } else { AU };
        let first = world.reserve("m1", to, SHORT);
        assert_eq!(refusal(&first), "INSUFFICIENT_BALANCE none");
        assert_eq!(seller(&first).as_deref(), code, "{}", world.catalog.id);
        assert_eq!(seller(&world.preview(to, SHORT)).as_deref(), code);
        // It stays, in another process too.
        let mut again = world.again();
        assert_eq!(bytes(&again.reserve("m1", to, SHORT)), bytes(&first));
        assert_eq!(seller(&world.settle("nothing", None)), None);
    }
}

#[test]
fn a_code_of_one_reason_goes_before_that_of_all() {
    let catalog = changed(|catalog| {
        catalog["errors"] = json!([
            { "code": "INSUFFICIENT_BALANCE", "seller": "1" },
            { "code": "INSUFFICIENT_BALANCE", "reason": "wrong_region", "seller": "2" },
            { "code": "UNKNOWN_ORDER", "seller": "3" },
        ]);
    });
    let mut world = World::opened_of(catalog, NOW);
    let code =
        |reply: crate::common::Reply| reply.unwrap_err().seller_code.clone().unwrap_or_else(|| "none".into());
    assert_eq!(&*code(world.reserve("m1", AU, SHORT)), "1");
    world.buy("o1", "pack-us", 100);
    assert_eq!(&*code(world.reserve("m2", AU, SHORT)), "2");
    assert_eq!(&*code(world.call("order", json!({ "id": "o2" }))), "3");
    assert_eq!(&*code(world.call("vouchers", json!({ "limit": 0 }))), "none");
    let twice = Catalog::from_value(&{
        let mut catalog: Value = serde_json::from_str(profiles::CLOUTLY).unwrap();
        catalog["errors"] = json!([{ "code": "A", "seller": "1" }, { "code": "A", "seller": "2" }]);
        catalog
    });
    assert_eq!(twice.unwrap_err().problems[0].path, "errors[1].code");
}
