//! The sellers of the simulation: the profile `cloutly` with small packs that run out, and policies by the seed. What the engine reads
//! as a catalog the model reads as [`Terms`]: both are made here, of the same draws of chance.

use crate::model::{Offer, Terms};
use crate::operation::{GATE, REGIONS, STAGES, Seller};
use histories::random::Random;
use serde_json::{Value, json};
use sms_ledger::catalog::{Catalog, profiles};
use std::sync::Arc;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// The seller of a seed, over a store that takes so many messages at once; one that `holds` charges nothing on submission.
pub(crate) fn seller(random: &mut Random, batch_max: usize, holds: bool) -> Seller {
    let mut terms = terms(random, batch_max);
    terms.submit &= !holds;
    let catalog = Catalog::from_json(&catalog(&terms).to_string()).unwrap();
    Seller { catalog: Arc::new(catalog), terms: Arc::new(terms) }
}

fn terms(random: &mut Random, batch_max: usize) -> Terms {
    let receipts = random.of(&[
        [Some(false), None, None, Some(true), Some(true), Some(true), None],
        [Some(false), None, None, Some(true), Some(false), Some(false), None],
        [Some(false), None, Some(true), Some(true), Some(false), None, Some(false)],
    ]);
    let draws: [&[&str]; 5] = [
        &["source", "purchased", "sequence"],
        &["scope", "expiry", "sequence"],
        &["expiry", "purchased"],
        &["effective", "source"],
        &["sequence"],
    ];
    let mut offer = |id, region, price| Offer {
        id,
        region,
        price,
        activation: *random.of(&[0, 0, 5 * MINUTE, 2 * HOUR]),
        months: u32::try_from(random.below(4)).unwrap(),
        refunds: random.percent(50),
    };
    let offers = vec![offer("pack-au", 0, 620), offer("pack-us", 1, 100), offer("pack-nz", 2, 1_260)];
    Terms {
        plans: vec![("starter", 20), ("essentials", 25), ("growth", 40), ("other", 25)],
        offers,
        gift: 7,
        draw: random.of(&draws).to_vec(),
        split: random.percent(60),
        submit: random.percent(30),
        hold: *random.of(&[1, 24, 72, 500]) * HOUR,
        settles: random.percent(50),
        grace: *random.of(&[0, 0, 1, 48]) * HOUR,
        corrections: random.percent(40),
        receipts: *receipts,
        batch_max,
    }
}

fn catalog(terms: &Terms) -> Value {
    let mut catalog: Value = serde_json::from_str(profiles::CLOUTLY).unwrap();
    let mut offers = catalog["offers"].take();
    for offer in &terms.offers {
        let all = offers.as_array_mut().unwrap();
        let own =
            all.iter_mut().find(|own| own["id"] == offer.id && own["regions"][0] == REGIONS[offer.region].1);
        let own = own.unwrap();
        own["quantity"] = json!({ "step": 1, "min": 1, "max": 100_000 });
        own["vouchers"] = json!(true);
        own["recharge_quantity"] = json!(10);
        own["activation_seconds"] = json!(offer.activation / 1_000);
        if offer.months > 0 {
            own["validity"] = json!({ "months": offer.months });
        }
        if offer.refunds {
            own["refund"] = json!({ "model": "unused" });
        }
    }
    catalog["offers"] = offers;
    let plan = |(id, credits): &(&str, u64)| json!({ "id": id, "name": id, "credits": credits });
    catalog["plans"] = terms.plans.iter().map(plan).collect();
    catalog["schedules"] = json!([{ "id": "gift", "name": "Gift", "credits": terms.gift, "gates": [GATE] }]);
    let policy = &mut catalog["policy"];
    policy["draw"] = json!(terms.draw);
    policy["sources"] = json!(["complimentary", "plan", "adjustment", "purchase", "recharge"]);
    policy["split"] = json!(if terms.split { "allow" } else { "never" });
    policy["charge_on"] = json!(if terms.submit { "submit" } else { "delivery" });
    let then = if terms.settles { "settle" } else { "release" };
    policy["hold"] = json!({ "hours": terms.hold / HOUR, "then": then });
    policy["grace_hours"] = json!(terms.grace / HOUR);
    policy["corrections"] = json!(terms.corrections);
    let rule = |(stage, costs): (&str, &Option<bool>)| {
        let charge = costs.map_or("wait", |full| if full { "full" } else { "none" });
        json!({ "stage": stage, "charge": charge })
    };
    policy["receipts"] = STAGES.into_iter().zip(&terms.receipts).map(rule).collect();
    catalog
}
