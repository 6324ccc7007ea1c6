//! What packages are bound to, and what messages need: region, purpose and project (domain rules 1, 6, 21, 26).

use crate::common::world::World;
use crate::common::{AU, SHORT, US, changed, draws, refusal, text};
use serde_json::{Value, json};
use sms_ledger::catalog::{Catalog, profiles};
use sms_ledger::engine::Tags;
use std::sync::Arc;

const NOW: &str = "2026-01-15T10:00:00Z";

/// Draws by scope first.
fn by_scope() -> Arc<Catalog> {
    changed(|catalog| catalog["policy"]["draw"] = json!(["scope", "sequence"]))
}

fn given(world: &mut World, id: &str, segments: u64, scope: [&str; 3]) {
    let mut input = json!({ "id": id, "segments": segments, "reason": "test" });
    for (name, value) in
        ["region", "purpose", "project"].into_iter().zip(scope).filter(|(_, value)| !value.is_empty())
    {
        input[name] = json!(value);
    }
    world.call("adjust", input).unwrap();
}

/// `purpose project` of a message, `-` where it says none.
fn tags<'a>(said: &'a str) -> Tags<'a> {
    let mut said = said.split(' ').map(|name: &'a str| (name != "-").then_some(name));
    Tags { purpose: said.next().flatten(), project: said.next().flatten() }
}

fn explained(world: &mut World, to: &str, said: &str, body: &str) -> Value {
    let tags = tags(said);
    let input = json!({ "to": to, "text": body, "purpose": tags.purpose, "project": tags.project });
    world.call("explain", input).unwrap()
}

#[test]
fn a_package_pays_only_what_it_is_bound_to_and_the_more_specific_pays_first() {
    // One segment in each of the eight scopes of codes to Australia by the shop, and some that fit none of it.
    let packages = [
        ["", "", ""],
        ["", "", "shop"],
        ["", "codes", ""],
        ["", "codes", "shop"],
        ["AU", "", ""],
        ["AU", "", "shop"],
        ["AU", "codes", ""],
        ["AU", "codes", "shop"],
        ["US", "codes", "shop"],
        ["AU", "news", "shop"],
        ["AU", "codes", "blog"],
    ];
    let cases = [
        (AU, "codes shop", "p8 p7 p6 p5 p4 p3 p2 p1"),
        (AU, "codes -", "p7 p5 p3 p1"),
        (AU, "- shop", "p6 p5 p2 p1"),
        (AU, "- -", "p5 p1"),
        (AU, "news shop", "p10 p6 p5 p2 p1"),
        (AU, "codes blog", "p11 p7 p5 p3 p1"),
        (AU, "news blog", "p5 p1"),
        (US, "codes shop", "p9 p4 p3 p2 p1"),
        (US, "- -", "p1"),
    ];
    for (to, said, expected) in cases {
        let mut world = World::opened_of(by_scope(), NOW);
        for (index, scope) in packages.into_iter().enumerate() {
            given(&mut world, &format!("a{index}"), 1, scope);
        }
        let paying: Vec<&str> = expected.split(' ').collect();
        let command = world.tagged("m1", to, &text(paying.len()), tags(said), 1);
        let taken = world.run(command).unwrap();
        assert_eq!(draws(&taken), paying.join(":1 ") + ":1", "{to} {said}");
        let command = world.tagged("m2", to, SHORT, tags(said), 1);
        let refused = world.run(command);
        assert_eq!(refusal(&refused), "INSUFFICIENT_BALANCE exhausted", "{to} {said}");
        world.release("m1").unwrap();
        world.proven();
    }
}

#[test]
fn a_refusal_says_which_binding_is_in_the_way() {
    let cases: &[(&[[&str; 3]], &str, &str, &[&str])] = &[
        (&[["US", "", ""]], "codes shop", "wrong_region", &["wrong_region"]),
        (&[["AU", "news", ""]], "codes shop", "wrong_purpose", &["wrong_purpose"]),
        (&[["AU", "news", ""]], "- -", "wrong_purpose", &["wrong_purpose"]),
        (&[["AU", "codes", "blog"]], "codes shop", "wrong_project", &["wrong_project"]),
        (&[["", "", "blog"]], "- -", "wrong_project", &["wrong_project"]),
        // The one that comes nearest says why.
        (
            &[["US", "codes", "shop"], ["AU", "news", "shop"], ["AU", "codes", "blog"]],
            "codes shop",
            "wrong_project",
            &["wrong_region", "wrong_purpose", "wrong_project"],
        ),
        (
            &[["US", "codes", "shop"], ["AU", "news", "blog"]],
            "codes shop",
            "wrong_purpose",
            &["wrong_region", "wrong_purpose"],
        ),
    ];
    for (packages, said, reason, verdicts) in cases {
        let mut world = World::opened(NOW);
        for (index, scope) in packages.iter().enumerate() {
            given(&mut world, &format!("a{index}"), 10, *scope);
        }
        let told = explained(&mut world, AU, said, SHORT);
        assert_eq!(
            (&told["payable"], &told["reason"]),
            (&json!(false), &json!(reason)),
            "{packages:?} {said}"
        );
        let found: Vec<&Value> =
            told["packages"].as_array().unwrap().iter().map(|one| &one["verdict"]).collect();
        assert_eq!(found, *verdicts, "{packages:?} {said}");
        let command = world.tagged("m1", AU, SHORT, tags(said), 1);
        let refused = world.run(command);
        assert_eq!(refusal(&refused), format!("INSUFFICIENT_BALANCE {reason}"));
        let details = &refused.unwrap_err().details;
        assert_eq!(details.get("purpose").and_then(Value::as_str), tags(said).purpose);
        assert_eq!(details.get("project").and_then(Value::as_str), tags(said).project);
        world.proven();
    }
}

#[test]
fn what_has_ended_in_a_scope_is_told_of_messages_in_it_only() {
    let mut world = World::opened(NOW);
    given(&mut world, "a1", 1, ["AU", "codes", "shop"]);
    let command = world.tagged("m1", AU, SHORT, tags("codes shop"), 1);
    world.run(command).unwrap();
    world.settle("m1", None).unwrap();
    let reason = |world: &mut World, said: &str| explained(world, AU, said, SHORT)["reason"].clone();
    assert_eq!(reason(&mut world, "codes shop"), "exhausted");
    for said in ["codes -", "- shop", "- -", "news shop"] {
        assert_eq!(reason(&mut world, said), "none", "{said}");
    }
    // Another process knows the same.
    assert_eq!(reason(&mut world.again(), "codes shop"), "exhausted");
}

/// What was bought for a region pays for it whatever the catalog sells now (domain rule 26), so what it is bound to besides says
/// why it does not.
#[test]
fn a_region_that_is_no_longer_priced_is_not_why_a_bound_package_does_not_pay() {
    let mut world = World::opened(NOW);
    given(&mut world, "a1", 10, ["AU", "codes", ""]);
    given(&mut world, "a2", 10, ["", "codes", ""]);
    let later = changed(|catalog| {
        catalog["revision"] = json!(2);
        let offers = catalog["offers"].as_array_mut().unwrap();
        offers.retain(|offer| offer["regions"] != json!(["AU"]));
    });
    let mut world = world.again_under(later);
    let told = explained(&mut world, AU, "news -", SHORT);
    assert_eq!(told["reason"], "wrong_purpose");
    let found: Vec<&Value> = told["packages"].as_array().unwrap().iter().map(|one| &one["verdict"]).collect();
    assert_eq!(found, ["wrong_purpose", "unpriced_region"]);
    assert_eq!(explained(&mut world, AU, "codes -", SHORT)["payable"], true);
}

/// Nothing is left in a package of which messages hold all: it is no reason to look for another region.
#[test]
fn a_package_with_nothing_left_is_not_in_the_way() {
    let mut world = World::opened(NOW);
    given(&mut world, "a1", 2, ["AU", "", ""]);
    assert_eq!(explained(&mut world, US, "- -", SHORT)["reason"], "wrong_region");
    world.reserve("m1", AU, &text(2)).unwrap();
    assert_eq!(explained(&mut world, US, "- -", SHORT)["reason"], "none");
    assert_eq!(explained(&mut world, AU, "- -", SHORT)["reason"], "exhausted");
}

/// The head stays small however many projects come and go; what is forgotten reads as if it had never been.
#[test]
fn the_head_remembers_the_latest_scopes_only() {
    let mut world = World::opened(NOW);
    for number in 0..200 {
        let project = format!("project-{number:03}");
        given(&mut world, &format!("a{number}"), 1, ["AU", "", &project]);
        let command = world.tagged(
            &format!("m{number}"),
            AU,
            SHORT,
            Tags { purpose: None, project: Some(&project) },
            1,
        );
        world.run(command).unwrap();
        world.settle(&format!("m{number}"), None).unwrap();
    }
    assert_eq!(explained(&mut world, AU, "- project-199", SHORT)["reason"], "exhausted");
    assert_eq!(explained(&mut world, AU, "- project-000", SHORT)["reason"], "none");
    let (_, _, head) = world.store.dump().into_iter().find(|(_, key, _)| key == "account").unwrap();
    assert!(head.len() < 3_000, "{} bytes", head.len());
    world.proven();
}

/// More regions than a head remembers: any two capitals are one.
fn many_regions() -> Vec<String> {
    let capitals = |last: u8| (b'A'..=last).map(char::from);
    capitals(b'H').flat_map(|first| capitals(b'Z').map(move |second| format!("{first}{second}"))).collect()
}

/// Bytes of the head of an account that has all there can be, with ids of this letter.
fn fullest_head(letter: &str) -> usize {
    let long = |number: usize| format!("{number:03}{}", letter.repeat(125));
    let catalog = changed(|catalog| {
        let regions = many_regions();
        catalog["id"] = json!(long(0));
        catalog["regions"] =
            regions.iter().map(|code| json!({ "code": code, "name": code })).collect::<Value>();
        catalog["offers"] = json!([catalog["offers"][0]]);
        catalog["offers"][0]["regions"] = json!(regions);
        catalog["plans"][0]["id"] = json!(long(0));
        let schedule = |number| json!({ "id": long(number), "name": "Monthly", "credits": 1 });
        catalog["schedules"] = (0..16).map(schedule).collect::<Value>();
    });
    let gates: Vec<String> = (0..102).map(|number| format!("{number:03}{letter}")).collect();
    let mut world = World::of(catalog, NOW);
    let account = long(0);
    let opening =
        json!({ "id": account, "plan": account, "zone": "America/Argentina/ComodRivadavia", "gates": gates });
    world.open(opening).unwrap();
    let end = "2026-01-15T11:00:00Z";
    let mut give = |id: String, mut input: Value| {
        input["segments"] = json!(1);
        input["reason"] = json!("test");
        input["account"] = json!(account);
        input["id"] = json!(id);
        world.call("adjust", input).unwrap();
    };
    for region in many_regions() {
        give(region.clone(), json!({ "region": region, "expiresAt": end }));
        let named = json!({ "region": region, "purpose": letter.repeat(9), "project": format!("{region}{letter}"), "expiresAt": end });
        give(format!("{region}-named"), named);
    }
    world.at(end);
    world
        .call("adjust", json!({ "account": account, "id": "last", "segments": 1, "reason": "test" }))
        .unwrap();
    assert_eq!(world.call("balance", json!({ "account": account })).unwrap()["expired"], 2 * 8 * 26);
    let (_, _, head) = world.store.dump().into_iter().find(|(_, key, _)| key == "account").unwrap();
    // What messages have reserved of 16 ceilings is not in it.
    head.len() + 16 * r#"["AU",1000000000,1000000000],"#.len()
}

/// The smallest store takes values of 16 KiB; where ids have no quotes in them, half of it will do.
#[test]
fn the_fullest_head_fits_the_smallest_store() {
    let (plain, quoted) = (fullest_head("x"), fullest_head("\""));
    assert!((6_000..=8_192).contains(&plain), "{plain} bytes");
    assert!((plain..=16_384).contains(&quoted), "{quoted} bytes");
}

#[test]
fn the_balance_is_told_by_pool_and_adds_up() {
    let mut world = World::opened(NOW);
    given(&mut world, "a1", 5, ["AU", "codes", ""]);
    given(&mut world, "a2", 7, ["AU", "codes", ""]);
    given(&mut world, "a3", 11, ["AU", "", "shop"]);
    given(&mut world, "a4", 13, ["", "", ""]);
    let command = world.tagged("m1", AU, &text(2), tags("codes -"), 1);
    world.run(command).unwrap();
    let pools = json!([
        { "available": 13 },
        { "region": "AU", "project": "shop", "available": 11 },
        { "region": "AU", "purpose": "codes", "available": 10 },
    ]);
    assert_eq!(world.balance()["pools"], pools);
    assert_eq!(world.balance()["available"], 34);
    assert_eq!(world.again().balance()["pools"], pools);
}

#[test]
fn purpose_and_project_belong_to_the_body_of_a_message() {
    let mut world = World::opened(NOW);
    given(&mut world, "a1", 10, ["", "", ""]);
    let mut take = |said: &str| {
        let command = world.tagged("m1", AU, SHORT, tags(said), 1);
        world.run(command)
    };
    let first = take("codes shop").unwrap();
    assert_eq!(take("codes shop").unwrap(), first);
    for other in ["codes blog", "news shop", "codes -", "- shop", "- -"] {
        assert_eq!(refusal(&take(other)), "ID_REUSED", "{other}");
    }
}

#[test]
fn a_bought_package_pays_its_purpose_and_the_project_it_was_bought_for() {
    let catalog = Arc::new(Catalog::from_json(profiles::UCLOUD_USMS).unwrap());
    let mut world = World::of(catalog, NOW);
    world.open(json!({ "gates": ["enterprise-certified"] })).unwrap();
    let mut buy = |id: &str, request: Value, project: Option<&str>| {
        let request = sms_ledger::engine::read_request(&request).unwrap();
        let quote = sms_ledger::pricing::quote(&world.catalog, &request, world.now).unwrap().json();
        let quote: Value = serde_json::from_str(&quote).unwrap();
        let agreement = json!({ "id": "global-sms-service-agreement", "version": "1" });
        let input = json!({
            "id": id, "quote": quote, "agreement": agreement, "project": project, "payment": { "reference": id },
        });
        world.call("purchase", input).unwrap()
    };
    let months = json!({ "months": 6 });
    let request = json!({ "offer": "domestic", "quantity": 100, "purpose": "marketing", "validity": months });
    assert_eq!(buy("o1", request, Some("shop"))["project"], "shop");
    let request = json!({ "offer": "international", "region": "FR", "quantity": 100, "validity": months });
    assert_eq!(buy("o2", request, None).get("project"), None);
    let shown: Vec<Value> = world.packages();
    // As the seller's list shows them: name (kind and region), purpose, project; `issued` is the total, `available` remains.
    for (package, name, category, purpose, project) in [
        (&shown[0], "Domestic SMS, China mainland", "domestic", "marketing", Some("shop")),
        (&shown[1], "International SMS, France", "international", "general", None),
    ] {
        let text = |field: &str| package[field].as_str();
        assert_eq!(
            [text("name"), text("category"), text("purpose"), text("project"), text("status")],
            [Some(name), Some(category), Some(purpose), project, Some("effective")]
        );
        assert_eq!((&package["issued"], &package["available"]), (&json!(100), &json!(100)));
        assert_eq!(package["expiresAt"], "2026-07-15T10:00:00.000Z");
    }
    // The seed: what is said of no purpose is general.
    let (china, france) = ("+8613800138000", "+33612345678");
    assert_eq!(explained(&mut world, france, "- -", SHORT)["purpose"], "general");
    for (to, said, expected) in [
        (france, "- -", "pays"),
        (france, "- shop", "pays"),
        (france, "marketing -", "wrong_purpose"),
        (china, "- shop", "wrong_purpose"),
        (china, "marketing -", "wrong_project"),
        (china, "marketing shop", "pays"),
    ] {
        let told = explained(&mut world, to, said, SHORT);
        let found = if told["payable"] == true { "pays" } else { told["reason"].as_str().unwrap() };
        assert_eq!(found, expected, "{to} {said}");
    }
    world.proven();
}

#[test]
fn a_purpose_and_a_project_are_ids() {
    let world = World::opened(NOW);
    let long = "x".repeat(129);
    for wrong in ["", "two words", "größe", &long] {
        for tags in
            [Tags { purpose: Some(wrong), project: None }, Tags { purpose: None, project: Some(wrong) }]
        {
            let refused = sms_ledger::engine::Message::preview(&world.catalog, AU, SHORT, tags).unwrap_err();
            assert_eq!(refused.code.as_str(), "INVALID_INPUT", "{wrong}");
        }
    }
}
