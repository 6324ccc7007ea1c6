//! The catalogs of the histories: the profiles as they ship, and revisions of them in which policy, plans, schedules and offers differ.

use histories::random::Random;
use serde_json::{Value, json};
use sms_ledger::catalog::{Catalog, profiles};
use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::Arc;

/// Revisions of each profile; the first is as it ships.
pub(crate) const REVISIONS: u64 = 8;

/// Which catalog: the profile by its place, and the revision from 0.
pub(crate) type Which = (usize, u64);

/// The catalogs that were written so far, by their numbers.
#[derive(Default)]
pub(crate) struct Catalogs {
    known: HashMap<Which, (usize, Arc<Catalog>)>,
}

impl Catalogs {
    /// The catalog and its number; written where it is the first time.
    pub(crate) fn get(&mut self, which: Which, out: &mut impl Write) -> io::Result<(usize, Arc<Catalog>)> {
        if let Some((number, catalog)) = self.known.get(&which) {
            return Ok((*number, Arc::clone(catalog)));
        }
        let text = text(which);
        let catalog =
            Arc::new(Catalog::from_json(&text).unwrap_or_else(|error| panic!("{which:?}: {error:?}")));
        writeln!(out, "{}", json!({ "catalog": text }))?;
        let number = self.known.len();
        self.known.insert(which, (number, Arc::clone(&catalog)));
        Ok((number, catalog))
    }
}

fn text((profile, revision): Which) -> String {
    let shipped = profiles::ALL[profile];
    if revision == 0 {
        return shipped.to_owned();
    }
    let mut random = Random::new(u64::try_from(profile).unwrap() * 1_000 + revision);
    let mut catalog: Value = serde_json::from_str(shipped).unwrap();
    catalog["revision"] = json!(revision + 1);
    change_policy(&mut catalog["policy"], &mut random);
    change_offers(&mut catalog, &mut random);
    change_periods(&mut catalog, &mut random);
    if let Some(models) = catalog.get_mut("legacy").and_then(Value::as_array_mut) {
        let rate = |region: &str, random: &mut Random| json!({ "region": region, "credits": random.of(&["0.5", "1.5", "3"]) });
        models[0]["rates"] = json!([rate("AU", &mut random), rate("US", &mut random)]);
    }
    catalog.to_string()
}

fn change_policy(policy: &mut Value, random: &mut Random) {
    let mut set = |percent: u64, name: &str, value: fn(&mut Random) -> Value| {
        if let Some(value) = random.maybe(percent, value) {
            policy[name] = value;
        }
    };
    set(50, "charge_on", |random| json!(random.of(&["submit", "delivery"])));
    set(50, "split", |random| json!(random.of(&["never", "allow"])));
    set(
        70,
        "hold",
        |random| json!({ "hours": random.of(&[1, 24, 72, 500]), "then": random.of(&["settle", "release"]) }),
    );
    set(40, "grace_hours", |random| json!(random.of(&[1, 24, 48, 240])));
    set(60, "corrections", |_| json!(true));
    set(40, "draw", |random| {
        random
            .of(&[
                json!(["scope", "expiry", "sequence"]),
                json!(["expiry", "purchased"]),
                json!(["source", "effective", "sequence"]),
                json!(["sequence"]),
            ])
            .clone()
    });
    set(30, "packs_need_plan", |_| json!(true));
    set(30, "suspended_blocks", |_| json!(false));
    set(30, "counting", |random| json!(random.of(&["gsm", "any-text-70"])));
    set(20, "segments_max", |_| json!(6));
    set(50, "alarms", |random| {
        let thresholds = json!([{ "below": random.of(&[20, 60]), "margin": 5 }, { "below": 8 }]);
        json!({ "thresholds": thresholds, "expiry_days": [7, 5, 3, 1] })
    });
    set(30, "ceilings", |random| json!([{ "per_hour": random.of(&[15, 40]), "per_day": 120 }]));
    if random.percent(50) {
        let rules = policy["receipts"].as_array_mut().unwrap();
        rules.push(json!({ "stage": "undelivered", "codes": ["4"], "charge": random.of(&["full", "none"]) }));
        rules.push(json!({ "stage": "unknown", "codes": ["5"], "charge": "full" }));
    }
}

/// Small quantities, so that things run out, and terms that come to their ends.
fn change_offers(catalog: &mut Value, random: &mut Random) {
    for offer in catalog["offers"].as_array_mut().unwrap() {
        if offer.get("price").is_some() && random.percent(80) {
            offer["quantity"] = json!({ "step": 1, "min": 1, "max": 1000 });
        }
        if random.percent(50) {
            offer["validity"] =
                random.of(&[json!({ "days": 3 }), json!({ "months": 1 }), json!({ "months": 2 })]).clone();
        }
        if random.percent(40) {
            offer["activation_seconds"] = json!(random.of(&[0, 300, 7_200]));
        }
        if random.percent(50) {
            offer["refund"] = json!({ "model": "unused", "within": { "months": 1 } });
        }
        if random.percent(60) {
            offer["vouchers"] = json!(true);
        }
        if random.percent(15) {
            offer["gates"] = json!(["vip"]);
        }
    }
    if random.percent(20) {
        catalog["regions"][0]["gates"] = json!(["vip"]);
    }
}

fn change_periods(catalog: &mut Value, random: &mut Random) {
    let credits: &[u64] = &[12, 25, 25, 40];
    if random.percent(70) {
        let mut plan = |(index, credits): (usize, &u64)| {
            let mut plan = json!({ "id": PLANS[index], "name": PLANS[index], "credits": credits });
            if random.percent(40) {
                plan["prorate"] = json!(true);
            }
            if let Some(periods) = random.maybe(40, |random| *random.of(&[1, 3])) {
                plan["rollover"] = json!({ "periods": periods });
                if random.percent(50) {
                    plan["rollover"]["cap"] = json!(random.of(&[0, 10, 30]));
                }
            }
            plan
        };
        catalog["plans"] = credits.iter().enumerate().map(&mut plan).collect();
        // A plan that comes and goes with the revisions.
        if random.percent(30) {
            catalog["plans"].as_array_mut().unwrap().remove(0);
        }
    }
    if random.percent(60) {
        let prorate = random.percent(50);
        catalog["schedules"] = json!([
            { "id": "gift", "name": "Gift", "credits": 7, "gates": ["vip"], "prorate": prorate },
            { "id": "all", "name": "For all", "credits": 3 },
        ]);
    }
}

/// Plans that histories choose from; not every catalog has them.
pub(crate) const PLANS: [&str; 4] = ["starter", "essentials", "growth", "other"];
