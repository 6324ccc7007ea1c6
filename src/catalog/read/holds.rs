//! What decides a message, out of a document's policy.

use crate::catalog::holds::{Charge, ChargeOn, HOURS_MAX, HoldTerms, ReceiptRule, Stage, Then, TimeOut};
use crate::shape::{Fields, twice};
use std::sync::Arc;

/// The fields of a policy that are read here.
pub(super) const FIELDS: [&str; 5] = ["receipts", "charge_on", "hold", "grace_hours", "corrections"];

/// Most rules of receipts.
const RULES_MAX: usize = 64;
/// Most bytes of all their codes together: an account keeps the rules that its messages were held under.
const CODES_BYTES_MAX: usize = 4_096;
/// The longest code.
const CODE_BYTES_MAX: usize = 256;

pub(super) fn holds(policy: &Fields<'_>) -> Option<HoldTerms> {
    let charge_on = match policy.get("charge_on") {
        Some(_) => *ChargeOn::ALL.get(policy.one_of("charge_on", &ChargeOn::NAMES)?)?,
        None => ChargeOn::default(),
    };
    Some(HoldTerms {
        receipts: receipts(policy),
        charge_on,
        hold: time_out(policy)?,
        grace_hours: policy.small("grace_hours", 0, HOURS_MAX, Some(0)),
        corrections: policy.flag("corrections"),
    })
}

fn time_out(policy: &Fields<'_>) -> Option<TimeOut> {
    if policy.get("hold").is_none() {
        return Some(TimeOut::default());
    }
    let fields = policy.object("hold", true, &["hours", "then"])?;
    let hours = fields.small("hours", 1, HOURS_MAX, None);
    let then = *Then::ALL.get(fields.one_of("then", &Then::NAMES)?)?;
    Some(TimeOut { hours, then })
}

fn receipts(policy: &Fields<'_>) -> Vec<ReceiptRule> {
    let mut rules: Vec<ReceiptRule> = Vec::new();
    let items = policy.items("receipts", &["stage", "codes", "charge"]);
    for fields in &items {
        let stage = fields.one_of("stage", &Stage::NAMES);
        let codes = codes(fields);
        let charge = fields.one_of("charge", &Charge::NAMES);
        let (Some(stage), Some(charge)) =
            (stage.and_then(|at| Stage::ALL.get(at)), charge.and_then(|at| Charge::ALL.get(at)))
        else {
            continue;
        };
        let rule = ReceiptRule { stage: *stage, codes, charge: *charge };
        check_once(fields, &rules, &rule);
        rules.push(rule);
    }
    for stage in Stage::ALL {
        let is_usual = |rule: &ReceiptRule| rule.stage == stage && rule.codes.is_empty();
        if rules.len() == items.len() && !rules.iter().any(is_usual) {
            let message =
                ["`", stage.as_str(), "` is missing: say what every stage costs, whatever the code"];
            policy.add("receipts", message.concat());
        }
    }
    let bytes =
        rules.iter().flat_map(|rule| &rule.codes).map(|code| code.len()).fold(0, usize::saturating_add);
    if rules.len() > RULES_MAX || bytes > CODES_BYTES_MAX {
        let message = format!(
            "too many: write at most {RULES_MAX} rules, and codes of {CODES_BYTES_MAX} bytes together"
        );
        policy.add("receipts", message);
    }
    rules
}

fn codes(rule: &Fields<'_>) -> Vec<Arc<str>> {
    let texts = rule.texts("codes");
    for (index, code) in texts.iter().enumerate().filter(|(index, _)| rule.is_text("codes", *index)) {
        if !(1..=CODE_BYTES_MAX).contains(&code.len()) {
            let message = format!("{} bytes long: write 1 to {CODE_BYTES_MAX}", code.len());
            rule.report.add(rule.at_item("codes", index), message);
        }
    }
    if rule.get("codes").is_some_and(serde_json::Value::is_array) && texts.is_empty() {
        rule.add("codes", "empty: list at least one, or leave it out");
    }
    texts.into_iter().map(Arc::from).collect()
}

/// No two rules are for the same stage and code.
fn check_once(fields: &Fields<'_>, rules: &[ReceiptRule], rule: &ReceiptRule) {
    for other in rules.iter().filter(|other| other.stage == rule.stage) {
        if rule.codes.is_empty() && other.codes.is_empty() {
            fields.add("stage", twice(rule.stage.as_str()));
        }
        for (index, code) in rule.codes.iter().enumerate().filter(|(_, code)| other.codes.contains(code)) {
            fields.report.add(fields.at_item("codes", index), twice(code));
        }
    }
}
