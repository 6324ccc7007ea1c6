//! The policy of a document.

use crate::catalog::policy::{Charge, DrawKey, Policy, ReceiptRule, SOURCES, STAGES, Split};
use crate::shape::{Fields, twice};
use crate::text::Counting;

/// The longest message that the standard can concatenate (3GPP TS 23.040 9.2.3.24.1).
const SEGMENTS_MAX: u32 = 255;

const KEYS: [DrawKey; 6] = [
    DrawKey::Scope,
    DrawKey::Source,
    DrawKey::Expiry,
    DrawKey::Effective,
    DrawKey::Purchased,
    DrawKey::Sequence,
];
const KEY_NAMES: [&str; 6] = ["scope", "source", "expiry", "effective", "purchased", "sequence"];
const SOURCE_NAMES: [&str; 6] = ["purchase", "complimentary", "plan", "recharge", "migration", "adjustment"];
const STAGE_NAMES: [&str; 7] =
    ["rejected", "accepted", "submitted", "delivered", "undelivered", "expired", "unknown"];
const COUNTINGS: [Counting; 2] = [Counting::Gsm, Counting::AnyText70];
const SPLITS: [Split; 2] = [Split::Never, Split::Allow];
const CHARGES: [Charge; 3] = [Charge::Full, Charge::None, Charge::Wait];

pub(super) fn policy(document: &Fields<'_>) -> Option<Policy> {
    let known = ["counting", "segments_max", "draw", "sources", "split", "default_purpose", "receipts"];
    let fields = document.object("policy", true, &known)?;
    let counting = fields.one_of("counting", &["gsm", "any-text-70"]);
    let segments_max = fields.small("segments_max", 1, SEGMENTS_MAX, None);
    let split = fields.one_of("split", &["never", "allow"]);
    let draw = fields.names("draw", &KEY_NAMES);
    let sources = fields.names("sources", &SOURCE_NAMES);
    let receipts = receipts(&fields);
    Some(Policy {
        counting: *COUNTINGS.get(counting?)?,
        segments_max,
        draw: draw.into_iter().filter_map(|at| KEYS.get(at).copied()).collect(),
        sources: sources.into_iter().filter_map(|at| SOURCES.get(at).copied()).collect(),
        default_purpose: fields.optional_id("default_purpose"),
        split: *SPLITS.get(split?)?,
        receipts,
    })
}

fn receipts(policy: &Fields<'_>) -> Vec<ReceiptRule> {
    let mut rules: Vec<ReceiptRule> = Vec::new();
    let items = policy.items("receipts", &["stage", "charge"]);
    for fields in &items {
        let stage = fields.one_of("stage", &STAGE_NAMES);
        let charge = fields.one_of("charge", &["full", "none", "wait"]);
        let (Some(stage), Some(charge)) =
            (stage.and_then(|at| STAGES.get(at)), charge.and_then(|at| CHARGES.get(at)))
        else {
            continue;
        };
        if rules.iter().any(|rule| rule.stage == *stage) {
            fields.add("stage", twice(stage.as_str()));
        }
        rules.push(ReceiptRule { stage: *stage, charge: *charge });
    }
    for stage in STAGES {
        if rules.len() == items.len() && !rules.iter().any(|rule| rule.stage == stage) {
            policy
                .add("receipts", ["`", stage.as_str(), "` is missing: say what every stage costs"].concat());
        }
    }
    rules
}
