//! `setCeilings`: most segments that an account's messages reserve in an hour and a day (domain rule 28).

use super::region;
use crate::catalog::{CEILINGS_MAX, Catalog, Ceiling, QUANTITY_MAX};
use crate::engine::answer::Answer;
use crate::engine::decide::Context;
use crate::engine::error::Result;
use crate::ledger::Ledger;
use crate::numbering::Region;
use crate::shape::{Fields, twice};

/// Sets an account's ceilings.
#[derive(Clone, Debug)]
pub struct SetCeilings {
    /// All of them; absent = those of the catalog's policy.
    pub ceilings: Option<Vec<Ceiling>>,
}

impl SetCeilings {
    pub(in crate::engine) const FIELDS: [&'static str; 2] = ["account", "ceilings"];

    pub(in crate::engine) fn read(fields: &Fields<'_>, catalog: &Catalog) -> Self {
        let mut ceilings: Vec<Ceiling> = Vec::new();
        for fields in fields.items("ceilings", &["region", "perHour", "perDay"]) {
            let region = region(&fields, catalog);
            let [per_hour, per_day] = ["perHour", "perDay"]
                .map(|name| fields.get(name).map(|_| fields.whole(name, 1, QUANTITY_MAX, None)));
            if per_hour.is_none() && per_day.is_none() {
                fields.add("perHour", "is missing, and so is `perDay`: write one of them or both");
            }
            if ceilings.iter().any(|ceiling| ceiling.region == region) {
                fields.add("region", twice(region.as_ref().map_or("all regions", Region::as_str)));
            }
            ceilings.push(Ceiling { region, per_hour, per_day });
        }
        if ceilings.len() > CEILINGS_MAX {
            fields.add("ceilings", format!("{} are more than {CEILINGS_MAX}", ceilings.len()));
        }
        Self { ceilings: fields.get("ceilings").map(|_| ceilings) }
    }
}

pub(in crate::engine) fn set_ceilings(
    ledger: &mut Ledger,
    input: &SetCeilings,
    context: Context<'_>,
) -> Result<Answer> {
    if ledger.settings().ceilings != input.ceilings {
        let mut settings = (**ledger.settings()).clone();
        settings.ceilings.clone_from(&input.ceilings);
        ledger.set_settings(settings);
    }
    super::settings(ledger, context)
}
