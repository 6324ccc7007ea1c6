//! The sellers of the simulation: the profile `cloutly` with small packs that run out, and policies by the seed. What the engine reads
//! as a catalog the model reads as [`Terms`]: both are made here, of the same draws of chance.

use crate::operation::{GATE, Millis, STAGES, Seller};
use histories::random::Random;
use serde_json::{Value, json};
use sms_ledger::catalog::{Catalog, profiles};
use std::collections::BTreeMap;
use std::sync::Arc;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
/// Plans, and the segments of their months.
pub(crate) const PLANS: [(&str, i64); 4] =
    [("starter", 20), ("essentials", 25), ("growth", 40), ("other", 25)];

/// Where packages come from, in the order in which they are drawn.
pub(crate) const SOURCES: [&str; 5] = ["complimentary", "plan", "adjustment", "purchase", "recharge"];

/// What the seller says, as far as the simulated accounts meet it.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the policy")]
pub(crate) struct Terms {
    /// [`PLANS`].
    pub(crate) plans: BTreeMap<&'static str, i64>,
    /// What is sold.
    pub(crate) offers: Vec<Offer>,
    /// Segments a month for those who have the gate.
    pub(crate) gift: i64,
    /// Rule 20: what packages are sorted by.
    pub(crate) draw: Vec<&'static str>,
    /// Rule 18: whether a message may be paid from several packages.
    pub(crate) split: bool,
    /// Rule 22: whether segments are spent at once.
    pub(crate) submit: bool,
    /// Rule 23: for how long a message is held, whether it is spent then, and the grace of packages.
    pub(crate) hold: Millis,
    pub(crate) settles: bool,
    pub(crate) grace: Millis,
    /// Rule 24: whether a later receipt may correct the first.
    pub(crate) corrections: bool,
    /// Rule 25: what a stage costs: all, nothing, or not yet known.
    pub(crate) receipts: BTreeMap<&'static str, Option<bool>>,
    /// Messages that the store takes at once.
    pub(crate) batch_max: usize,
}

/// What is sold: where, cents for a hundred segments, how long it waits, how long it lasts, and whether unused segments are paid back.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    pub(crate) id: &'static str,
    pub(crate) region: &'static str,
    pub(crate) price: i64,
    pub(crate) activation: Millis,
    pub(crate) months: u32,
    pub(crate) refunds: bool,
}

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
    let offers =
        vec![offer("pack-au", "AU", 620), offer("pack-us", "US", 100), offer("pack-nz", "NZ", 1_260)];
    Terms {
        plans: PLANS.into(),
        offers,
        gift: 7,
        draw: random.of(&draws).to_vec(),
        split: random.percent(60),
        submit: random.percent(30),
        hold: *random.of(&[1, 24, 72, 500]) * HOUR,
        settles: random.percent(50),
        grace: *random.of(&[0, 0, 1, 48]) * HOUR,
        corrections: random.percent(40),
        receipts: STAGES.into_iter().zip(*receipts).collect(),
        batch_max,
    }
}

fn catalog(terms: &Terms) -> Value {
    let mut catalog: Value = serde_json::from_str(profiles::CLOUTLY).unwrap();
    let mut offers = catalog["offers"].take();
    for offer in &terms.offers {
        let all = offers.as_array_mut().unwrap();
        let own = all.iter_mut().find(|own| own["id"] == offer.id && own["regions"][0] == offer.region);
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
    let plan = |(id, credits): (&str, i64)| json!({ "id": id, "name": id, "credits": credits });
    catalog["plans"] = PLANS.into_iter().map(plan).collect();
    catalog["schedules"] = json!([{ "id": "gift", "name": "Gift", "credits": terms.gift, "gates": [GATE] }]);
    let policy = &mut catalog["policy"];
    policy["draw"] = json!(terms.draw);
    policy["sources"] = json!(SOURCES);
    policy["split"] = json!(if terms.split { "allow" } else { "never" });
    policy["charge_on"] = json!(if terms.submit { "submit" } else { "delivery" });
    let then = if terms.settles { "settle" } else { "release" };
    policy["hold"] = json!({ "hours": terms.hold / HOUR, "then": then });
    policy["grace_hours"] = json!(terms.grace / HOUR);
    policy["corrections"] = json!(terms.corrections);
    let rule = |stage: &str| {
        let charge = terms.receipts[stage].map_or("wait", |full| if full { "full" } else { "none" });
        json!({ "stage": stage, "charge": charge })
    };
    policy["receipts"] = STAGES.map(rule).into();
    catalog
}
