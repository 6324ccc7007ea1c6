//! `setAlarms`: when an account's owner is told that something runs low or out (domain rule 32).

use super::region;
use crate::catalog::read::limits::{check_alarms, expiry_days, threshold};
use crate::catalog::{Alarms, Catalog};
use crate::engine::answer::Answer;
use crate::engine::decide::Context;
use crate::engine::error::Result;
use crate::ledger::Ledger;
use crate::shape::Fields;

/// Sets an account's alarms.
#[derive(Clone, Debug)]
pub struct SetAlarms {
    /// All of them; absent = those of the catalog's policy.
    pub alarms: Option<Alarms>,
}

impl SetAlarms {
    pub(in crate::engine) const FIELDS: [&'static str; 3] = ["account", "thresholds", "expiryDays"];

    pub(in crate::engine) fn read(fields: &Fields<'_>, catalog: &Catalog) -> Self {
        let mut alarms = Alarms { thresholds: Vec::new(), expiry_days: expiry_days(fields, "expiryDays") };
        for fields in fields.items("thresholds", &["region", "below", "margin"]) {
            let region = region(&fields, catalog);
            let threshold = threshold(&fields, region, &alarms.thresholds);
            alarms.thresholds.push(threshold);
        }
        check_alarms(fields, "thresholds", "expiryDays", &alarms);
        alarms.sort();
        let given = fields.get("thresholds").or(fields.get("expiryDays"));
        Self { alarms: given.map(|_| alarms) }
    }
}

pub(in crate::engine) fn set_alarms(
    ledger: &mut Ledger,
    input: &SetAlarms,
    context: Context<'_>,
) -> Result<Answer> {
    if ledger.settings().alarms != input.alarms {
        let mut settings = (**ledger.settings()).clone();
        settings.alarms.clone_from(&input.alarms);
        ledger.set_settings(settings);
        // What was reached is armed from now on, as the answer shows; what was not, waits until it is.
        ledger.watch(ledger.account().head.last_at)?;
    }
    super::settings(ledger, context)
}
