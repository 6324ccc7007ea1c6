//! Each problem of a catalog, by its path.

use crate::catalog::Catalog;
use crate::catalog::profiles::CLOUTLY;
use serde_json::{Value, json};

fn problems_after(path: &str, value: Value) -> String {
    let mut catalog: Value = serde_json::from_str(CLOUTLY).unwrap();
    let (parent, field) = path.rsplit_once('/').unwrap();
    let target = if parent.is_empty() { &mut catalog } else { catalog.pointer_mut(parent).unwrap() };
    match target {
        Value::Array(list) => list[field.parse::<usize>().unwrap()] = value,
        other => other[field] = value,
    }
    Catalog::from_json(&catalog.to_string()).unwrap_err().to_string()
}

#[test]
fn each_problem_names_its_path() {
    let tier = |from: u64, up_to: Value| json!({"from": from, "up_to": up_to, "amount": "0.05"});
    let tiers = |list: Value| json!({"model": "volume", "tiers": list});
    for (path, value, starts) in [
        ("/format", json!(2), "format: `2` is not a known format"),
        ("/colour", json!("red"), "colour: is not known here; allowed are `format`, `id`"),
        ("/currency", json!("DOLLAR"), "currency: `DOLLAR` is not a currency"),
        (
            "/quote_seconds",
            json!(-1),
            "quote_seconds: expected a whole number of 0 or more, found the number `-1`",
        ),
        ("/offers/2/quantity/min", json!(150), "offers[2].quantity.min: `150` is not a multiple"),
        ("/offers/1/id", json!("pack-au"), "offers[1].id: `pack-au` stands twice"),
        ("/offers/1/regions/0", json!(""), "offers[1].regions[0]: `` is not a region"),
        ("/offers/1/regions/0", json!(1), "offers[1].regions[0]: expected a string, found the number `1`"),
        ("/offers/1/gates", json!([""]), "offers[1].gates[0]: `` is not an id"),
        ("/offers/1/regions/0", json!("CA"), "offers[1].regions[0]: `CA` is not a region of this catalog"),
        (
            "/offers/1/price/amount",
            json!(6.2),
            "offers[1].price.amount: expected money as a decimal string, such as \"6.20\", found the number `6.2`",
        ),
        ("/offers/1/price/amount", json!("-1"), "offers[1].price.amount: `-1` is negative"),
        (
            "/offers/2/price",
            tiers(json!([tier(1, json!(99)), tier(90, Value::Null)])),
            "offers[2].price.tiers[1].from: `90` overlaps",
        ),
        (
            "/offers/2/price",
            tiers(json!([tier(1, json!(99)), tier(120, Value::Null)])),
            "offers[2].price.tiers[1].from: `120` leaves a gap",
        ),
        (
            "/offers/2/price",
            tiers(json!([tier(1, Value::Null), tier(100, Value::Null)])),
            "offers[2].price.tiers[1].from: overlaps",
        ),
        (
            "/offers/2/price",
            tiers(json!([tier(1, json!(99)), tier(100, json!(9))])),
            "offers[2].price.tiers[1].up_to: `9` is less than",
        ),
        (
            "/offers/2/price",
            tiers(json!([tier(1, json!(99))])),
            "offers[2].price.tiers[0].up_to: ends before",
        ),
        ("/offers/2/price", json!({"model": "flat", "tiers": []}), "offers[2].price.amount: missing"),
        ("/offers/2/validity", json!({"months": 0}), "offers[2].validity.months: `0` is not 1 to"),
        ("/offers/1/regions", json!(["US", "US"]), "offers[1].regions[1]: `US` stands twice"),
        ("/offers/1/name", json!(""), "offers[1].name: 0 bytes long"),
        ("/plans/1/name", json!("x".repeat(257)), "plans[1].name: 257 bytes long"),
        ("/plans/0/credits", json!(0), "plans[0].credits: `0` is not 1 to"),
        ("/plans/0/prorate", json!("yes"), "plans[0].prorate: expected `true` or `false`"),
        ("/plans/0/rollover", json!({ "cap": 1 }), "plans[0].rollover: `periods` is missing"),
        ("/plans/0/rollover", json!({ "periods": 121 }), "plans[0].rollover.periods: `121` is not 1 to 120"),
        (
            "/plans/0/rollover",
            json!({ "periods": 1, "cap": -1 }),
            "plans[0].rollover.cap: expected a whole number",
        ),
        ("/policy/packs_need_plan", json!(1), "policy.packs_need_plan: expected `true` or `false`"),
        ("/policy/segments_max", json!(256), "policy.segments_max: `256` is not 1 to 255"),
        ("/policy/draw", json!(["source", "source"]), "policy.draw[1]: `source` stands twice"),
        ("/policy/receipts", json!([]), "policy.receipts: `rejected` is missing"),
        ("/policy/receipts/1/codes", json!(["7"]), "policy.receipts: `accepted` is missing"),
        ("/policy/receipts/1/codes", json!([]), "policy.receipts[1].codes: empty"),
        ("/policy/receipts/1/codes", json!([""]), "policy.receipts[1].codes[0]: 0 bytes long"),
        ("/policy/receipts/1/codes", json!(["7", "7"]), "policy.receipts[1].codes[1]: `7` stands twice"),
        ("/policy/charge_on", json!("never"), "policy.charge_on: expected one of"),
        ("/policy/hold", json!({ "hours": 0, "then": "settle" }), "policy.hold.hours: "),
        ("/policy/hold", json!({ "hours": 8785, "then": "settle" }), "policy.hold.hours: "),
        ("/policy/hold", json!({ "hours": 72, "then": "wait" }), "policy.hold.then: expected one of"),
        ("/policy/hold", json!({ "hours": 72 }), "policy.hold: `then` is missing"),
    ] {
        let problem = problems_after(path, value);
        assert!(problem.starts_with(starts), "{path}: {problem}");
    }
}

#[test]
fn a_package_must_not_end_before_it_can_be_used() {
    let mut catalog: Value = serde_json::from_str(CLOUTLY).unwrap();
    catalog["offers"][0]["validity"] = json!({"days": 1});
    catalog["offers"][0]["activation_seconds"] = json!(79_199);
    assert!(Catalog::from_json(&catalog.to_string()).is_ok());
    catalog["offers"][0]["activation_seconds"] = json!(172_800);
    let error = Catalog::from_json(&catalog.to_string()).unwrap_err().to_string();
    assert!(error.starts_with("offers[0].activation_seconds: `172800` is not less"), "{error}");
}

#[test]
fn all_problems_are_reported() {
    let mut catalog: Value = serde_json::from_str(CLOUTLY).unwrap();
    catalog["revision"] = json!(0);
    catalog["plans"][1]["credits"] = json!(0);
    assert_eq!(Catalog::from_json(&catalog.to_string()).unwrap_err().problems.len(), 2);
}

/// A catalog with dated lists: each change breaks one rule.
fn dated() -> Value {
    let mut catalog: Value = serde_json::from_str(CLOUTLY).unwrap();
    let offer = &mut catalog["offers"][0];
    offer["prices"] = json!("au");
    offer.as_object_mut().unwrap().remove("price");
    let list = |id: &str, from: Value, until: Value| {
        json!({"id": id, "series": "au", "currency": "USD", "from": from, "until": until,
            "prices": [{"region": "AU", "model": "flat", "amount": "0.062"}]})
    };
    catalog["price_lists"] = json!([
        list("first", Value::Null, json!("2026-01-01T00:00:00Z")),
        list("second", json!("2026-01-01T00:00:00Z"), Value::Null)
    ]);
    catalog
}

fn findings(catalog: &Value) -> String {
    let found = Catalog::validate(catalog, &crate::calendar::NamedZones);
    let written = |list: &[crate::catalog::Problem]| {
        list.iter().map(|found| format!("{}: {}", found.path, found.message)).collect::<Vec<_>>().join("; ")
    };
    if found.problems.is_empty() {
        format!("warnings {}", written(&found.warnings))
    } else {
        written(&found.problems)
    }
}

#[test]
fn lists_of_a_series_follow_each_other() {
    assert_eq!(findings(&dated()), "warnings ");
    for (path, value, starts) in [
        (
            "/price_lists/1/from",
            json!("2025-12-31T00:00:00Z"),
            "price_lists[1].from: overlaps `first`, which",
        ),
        (
            "/price_lists/1/from",
            json!("2026-01-02T00:00:00Z"),
            "warnings price_lists[0]: no list of the series",
        ),
        ("/price_lists/0/from", json!("2026-01-01T00:00:00Z"), "price_lists[0].until: not after `from`"),
        ("/price_lists/1/series", json!("nz"), "warnings "),
        ("/price_lists/1/currency", json!("EUR"), "warnings "),
        (
            "/price_lists/0/prices/0/region",
            json!("CA"),
            "price_lists[0].prices[0].region: `CA` is not a region",
        ),
        ("/offers/0/prices", json!("nz"), "offers[0].prices: `nz` is not the series of a price list"),
        (
            "/offers/0/regions",
            json!(["AU", "NZ"]),
            "offers[0].regions[1]: no list of the series `au` prices `NZ`",
        ),
        ("/offers/0/purposes", json!(["general"]), "warnings "),
        (
            "/offers/0/price",
            json!({"model": "flat", "amount": "1"}),
            "offers[0].prices: stands beside `price`",
        ),
        ("/offers/0/validity", json!([{"months": 1}, {"months": 1}]), "offers[0].validity[1]: stands twice"),
        ("/offers/0/validity", json!({}), "offers[0].validity: write either"),
        ("/offers/0/recharge_quantity", json!(150), "offers[0].recharge_quantity: `150` is not one"),
        ("/policy/recharge", json!({"per_day": 0}), "policy.recharge.per_day: `0` is not 1 to 1000"),
        (
            "/policy/recharge",
            json!({"cooldown_seconds": 59}),
            "policy.recharge.cooldown_seconds: `59` is not 60 to 2592000",
        ),
        ("/policy/recharge", json!({"perDay": 1}), "policy.recharge.perDay: is not known here"),
        ("/offers/0/gates", json!(["a b"]), "offers[0].gates[0]: `a b` is not an id"),
        ("/offers/0/agreement", json!({"id": "terms"}), "offers[0].agreement: `version` is missing"),
        ("/regions/0/numbers", json!(["NZ"]), "regions[3].code: `NZ` stands twice"),
        (
            "/legacy/0/rates",
            json!([{"region": "AU", "credits": 2}]),
            "legacy[0].rates[0].credits: expected money",
        ),
        (
            "/legacy/0/rates",
            json!([{"region": "AU", "credits": "0.00"}]),
            "legacy[0].rates[0].credits: `0.00` is not more than 0 and at most 1000",
        ),
        (
            "/legacy/0/rates",
            json!([{"region": "AU", "credits": "1000.01"}]),
            "legacy[0].rates[0].credits: `1000.01` is not more than 0",
        ),
        ("/schedules", json!([{"id": "m", "name": "M", "credits": 0}]), "schedules[0].credits: `0` is not 1"),
        (
            "/schedules",
            json!([{"id": "m", "name": "M", "credits": 1, "regions": ["AU", "NZ"]}]),
            "schedules[0].regions: a package pays one region or any",
        ),
        (
            "/schedules",
            json!([{"id": "m", "name": "M", "credits": 1, "prorate": 1}]),
            "schedules[0].prorate: expected `true` or `false`",
        ),
        (
            "/schedules",
            json!(vec![json!({"id": "m", "name": "M", "credits": 1}); 17]),
            "schedules: 17 are more than 16",
        ),
        ("/errors", json!([{"code": "X", "seller": ""}]), "errors[0].seller: `` is not an id"),
        ("/zone", json!("Mars/Olympus"), "zone: `Mars/Olympus` is not a zone"),
    ] {
        let mut catalog = dated();
        let (parent, field) = path.rsplit_once('/').unwrap();
        let target = if parent.is_empty() { &mut catalog } else { catalog.pointer_mut(parent).unwrap() };
        target[field] = value;
        let found = findings(&catalog);
        assert!(found.starts_with(starts), "{path}: {found}");
    }
}

#[test]
fn a_larger_quantity_that_costs_less_is_a_warning() {
    let mut catalog: Value = serde_json::from_str(CLOUTLY).unwrap();
    catalog["offers"][0]["price"] = json!({"model": "volume", "tiers": [
        {"from": 1, "up_to": 100, "amount": "0.10"}, {"from": 101, "amount": "0.04"}]});
    assert!(findings(&catalog).starts_with("warnings offers[0].price.tiers[1]: 200 cost less than 100"));
    catalog["offers"][0]["price"]["model"] = json!("graduated");
    assert_eq!(findings(&catalog), "warnings ");
    // Of several steps down the one that saves most, and of quantities those that are sold: 4,900 before 5,000.
    catalog["offers"][0]["price"] = json!({"model": "volume", "tiers": [
        {"from": 1, "up_to": 999, "amount": "0.10"}, {"from": 1000, "up_to": 4999, "amount": "0.099"},
        {"from": 5000, "amount": "0.05"}]});
    assert_eq!(
        findings(&catalog),
        "warnings offers[0].price.tiers[2]: 5000 cost less than 4900: a quote for 4900 will say so"
    );
    // A tier that no quantity on sale falls into is no step, and dearer at the next quantity is no step down.
    catalog["offers"][0]["price"] = json!({"model": "volume", "tiers": [
        {"from": 1, "up_to": 100, "amount": "0.10"}, {"from": 101, "up_to": 199, "amount": "0.01"},
        {"from": 200, "amount": "0.06"}]});
    assert_eq!(findings(&catalog), "warnings ");
}

/// Wrong shapes and broken rules together, each told once, whatever else is wrong.
#[test]
fn wrong_shapes_hide_nothing() {
    let mut catalog: Value = serde_json::from_str(CLOUTLY).unwrap();
    catalog["revision"] = json!("1");
    catalog["colour"] = json!("red");
    catalog["offers"][0]["price"]["amount"] = json!(6.2);
    catalog["offers"][1]["quantity"]["min"] = json!(150);
    catalog["offers"][2].as_object_mut().unwrap().remove("name");
    catalog["offers"][3] = json!(7);
    catalog["plans"] = json!({});
    catalog["policy"]["split"] = json!("maybe");
    catalog["policy"]["receipts"][0]["stage"] = json!("lost");
    catalog["currency"] = json!("DOLLAR");
    catalog["legacy"][0]["opened_before"] = json!("yesterday");
    let error = Catalog::from_value(&catalog).unwrap_err();
    let mut paths: Vec<&str> = error.problems.iter().map(|problem| problem.path.as_str()).collect();
    paths.sort_unstable();
    let expected = [
        "colour",
        "currency",
        "legacy[0].opened_before",
        "offers[0].price.amount",
        "offers[1].quantity.min",
        "offers[1].recharge_quantity",
        "offers[2]",
        "offers[3]",
        "plans",
        "policy.receipts[0].stage",
        "policy.split",
        "revision",
    ];
    assert_eq!(paths, expected, "{error}");
}

#[test]
fn a_refund_is_reckoned_by_what_the_catalog_holds() {
    let after = |refund: Value| {
        let mut catalog: Value = serde_json::from_str(crate::catalog::profiles::TENCENT_SMS).unwrap();
        catalog["offers"][0]["refund"] = refund;
        Catalog::from_value(&catalog).map_err(|error| error.to_string())
    };
    for (refund, starts) in [
        (json!({ "model": "all" }), "offers[0].refund.model: expected one of `none`, `unused`, `used-value`"),
        (json!({ "model": "used-value" }), "offers[0].refund.prices: belongs to the model `used-value`"),
        (
            json!({ "model": "unused", "prices": "cn-refund" }),
            "offers[0].refund.prices: belongs to the model",
        ),
        (
            json!({ "model": "used-value", "prices": "cn-reefund" }),
            "offers[0].refund.prices: `cn-reefund` is not the series of a price list",
        ),
        (
            json!({ "model": "used-value", "prices": "regional-packs" }),
            "offers[0].regions[0]: no list of the series `regional-packs`, by which refunds are reckoned, prices `CN` in `CNY`",
        ),
        (
            json!({ "model": "used-value", "prices": "cn-packs" }),
            "price_lists[1].prices[0].model: `fixed` prices no part of a package",
        ),
        (
            json!({ "model": "unused", "within": { "weeks": 2 } }),
            "offers[0].refund.within.weeks: is not known",
        ),
    ] {
        let message = after(refund.clone()).unwrap_err();
        assert!(message.starts_with(starts), "{refund}: {message}");
    }
    for refund in [
        json!({ "model": "none" }),
        json!({ "model": "unused", "within": { "days": 14 } }),
        json!({ "model": "used-value", "prices": "cn-refund" }),
    ] {
        after(refund).unwrap();
    }
}

/// A refund needs a price for whatever can have been bought: in each currency, and for each purpose.
#[test]
fn a_refund_has_a_price_for_each_purpose_and_currency() {
    let list = |id: &str, series: &str, currency: &str, purpose: Option<&str>| {
        let mut list = json!({"id": id, "series": series, "currency": currency,
            "prices": [{"region": "AU", "model": "flat", "amount": "0.1"}]});
        if let Some(purpose) = purpose {
            list["prices"][0]["purpose"] = json!(purpose);
        }
        list
    };
    let after = |purposes: Value, lists: Value| {
        let mut catalog = dated();
        catalog["offers"][0]["refund"] = json!({"model": "used-value", "prices": "used"});
        catalog["offers"][0]["purposes"] = purposes;
        catalog["price_lists"] = lists;
        findings(&catalog)
    };
    let (usd, eur) = (list("usd", "au", "USD", None), list("eur", "au", "EUR", None));
    let refunds = |currency: &str, purpose: Option<&str>| list(currency, "used", currency, purpose);
    assert_eq!(after(json!([]), json!([usd, refunds("USD", None)])), "warnings ");
    assert_eq!(
        after(json!([]), json!([usd, eur, refunds("USD", None)])),
        "offers[0].regions[0]: no list of the series `used`, by which refunds are reckoned, prices `AU` in `EUR` for every purpose of the offer"
    );
    assert_eq!(after(json!([]), json!([usd, eur, refunds("USD", None), refunds("EUR", None)])), "warnings ");
    let told = after(json!(["a", "b"]), json!([usd, refunds("USD", Some("a"))]));
    assert!(told.starts_with("offers[0].regions[0]: no list of the series `used`"), "{told}");
}

/// What is missing or of a wrong kind hides nothing, and nothing is said of what only follows from it.
#[test]
fn what_is_missing_hides_nothing() {
    let remove = |catalog: &mut Value, parent: &str, field: &str| {
        catalog.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(field);
    };
    let mut catalog: Value = serde_json::from_str(CLOUTLY).unwrap();
    remove(&mut catalog, "/offers/0", "price");
    catalog["offers"][0]["refund"] = json!({"model": "used-value", "prices": "nowhere"});
    catalog["offers"][0]["recharge_quantity"] = json!(150);
    assert_eq!(
        findings(&catalog),
        "offers[0]: `price` is missing; offers[0].refund.prices: `nowhere` is not the series of a price list; \
         offers[0].recharge_quantity: `150` is not one of the offer's quantities"
    );
    let mut catalog: Value = serde_json::from_str(CLOUTLY).unwrap();
    remove(&mut catalog, "/offers/0/quantity", "max");
    catalog["offers"][0]["price"] = json!({"model": "fixed", "packs": [{"quantity": 500, "amount": "1"}]});
    assert_eq!(findings(&catalog), "offers[0].quantity: `max` is missing");
    let mut catalog = dated();
    remove(&mut catalog, "/price_lists/0", "currency");
    remove(&mut catalog, "/price_lists/1", "currency");
    assert_eq!(
        findings(&catalog),
        "price_lists[0]: `currency` is missing; price_lists[1]: `currency` is missing"
    );
    let mut catalog = dated();
    for list in 0..2 {
        remove(&mut catalog, &format!("/price_lists/{list}/prices/0"), "model");
    }
    assert_eq!(
        findings(&catalog),
        "price_lists[0].prices[0]: `model` is missing; price_lists[1].prices[0]: `model` is missing"
    );
}

#[test]
fn a_recharge_is_a_pack_where_packs_are_sold() {
    let packs = json!({"model": "fixed", "packs": [{"quantity": 500, "amount": "30"}, {"quantity": 1000, "amount": "50"}]});
    let after = |recharge: u64, listed: bool| {
        let mut catalog = if listed { dated() } else { serde_json::from_str(CLOUTLY).unwrap() };
        catalog["offers"][0]["recharge_quantity"] = json!(recharge);
        if listed {
            for list in 0..2 {
                let price = &mut catalog["price_lists"][list]["prices"][0];
                *price = packs.clone();
                price["region"] = json!("AU");
            }
        } else {
            catalog["offers"][0]["price"] = packs.clone();
        }
        findings(&catalog)
    };
    for listed in [false, true] {
        assert_eq!(after(1000, listed), "warnings ");
        assert_eq!(
            after(600, listed),
            "offers[0].recharge_quantity: `600` is not one of the offer's quantities"
        );
    }
}

#[test]
fn lists_that_leave_a_region_or_the_catalogs_currency_out_are_a_warning() {
    let mut catalog = dated();
    for list in 0..2 {
        catalog["price_lists"][list]["currency"] = json!("EUR");
    }
    assert_eq!(
        findings(&catalog),
        "warnings offers[0].prices: no list of the series is in the catalog's currency, `USD`: quotes must name another"
    );
    // Another region's list goes on, which is no price for this one.
    let mut catalog = dated();
    catalog["price_lists"][1]["from"] = json!("2026-02-01T00:00:00Z");
    let mut other = catalog["price_lists"][0].clone();
    other["id"] = json!("other");
    other["until"] = Value::Null;
    other["prices"][0]["region"] = json!("US");
    catalog["price_lists"].as_array_mut().unwrap().push(other);
    assert_eq!(
        findings(&catalog),
        "warnings price_lists[0]: no list of the series prices `AU` from 2026-01-01T00:00:00.000Z until the next one begins"
    );
    catalog["price_lists"][2]["prices"][0]["region"] = json!("AU");
    catalog["price_lists"][2]["from"] = json!("2026-01-01T00:00:00Z");
    catalog["price_lists"][2]["until"] = json!("2026-02-01T00:00:00Z");
    assert_eq!(findings(&catalog), "warnings ");
}

#[test]
fn a_price_has_no_sign_and_so_many_tiers() {
    let problem = problems_after("/offers/2/price", json!({"model": "flat", "amount": "-0"}));
    assert!(problem.starts_with("offers[2].price.amount: `0` is negative"), "{problem}");
    let tiers: Vec<Value> =
        (1..=201).map(|from| json!({"from": from, "up_to": if from < 201 { json!(from) } else { Value::Null }, "amount": "1"})).collect();
    let problem = problems_after("/offers/2/price", json!({"model": "volume", "tiers": tiers}));
    assert_eq!(problem, "offers[2].price.tiers: 201 are more than 200");
}
