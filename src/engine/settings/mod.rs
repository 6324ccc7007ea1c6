//! What an account sets for itself: the commands that set it, and `settings`, which shows it as it stands.

mod alarms;
mod ceilings;
mod recharges;

pub use alarms::SetAlarms;
pub(super) use alarms::set_alarms;
pub use ceilings::SetCeilings;
pub(super) use ceilings::set_ceilings;
pub(super) use recharges::set_recharge;
pub use recharges::{OwnRecharge, SetRecharge};

use super::answer::Answer;
use super::decide::Context;
use super::error::Result;
use crate::calendar::Instant;
use crate::catalog::{Catalog, Ceiling, Threshold};
use crate::ledger::{Ledger, Used};
use crate::numbering::Region;
use crate::shape::expected::REGION;
use crate::shape::{Fields, Json};
use std::sync::Arc;

/// What an account has set, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are described in js/src/types.ts")]
pub struct Settings {
    pub account: Arc<str>,
    pub at: Instant,
    pub thresholds: Vec<(Threshold, u64, &'static str)>,
    pub expiry_days: Vec<u32>,
    pub ceilings: Vec<(Ceiling, Used)>,
    pub recharges: Vec<OwnRecharge>,
}

pub(super) fn settings(ledger: &mut Ledger, context: Context<'_>) -> Result<Answer> {
    ledger.begin_windows(context.zones)?;
    let account = ledger.account();
    let used = |region: Option<Region>| {
        account.usage.rows.iter().find(|used| used.region == region).copied().unwrap_or_default()
    };
    let ceilings = ledger.ceilings().iter().map(|ceiling| (*ceiling, used(ceiling.region)));
    let alarms = ledger.alarms();
    let thresholds = alarms.map_or(&[][..], |alarms| &alarms.thresholds).iter().map(|threshold| {
        let state = match ledger.watched(threshold) {
            None => "waiting",
            Some(watched) if watched.fired => "fired",
            Some(_) => "armed",
        };
        (*threshold, ledger.usable_in(threshold.region), state)
    });
    Ok(Answer::Settings(Box::new(Settings {
        account: Arc::clone(&account.profile.id),
        at: account.head.last_at,
        thresholds: thresholds.collect(),
        expiry_days: alarms.map(|alarms| alarms.expiry_days.clone()).unwrap_or_default(),
        ceilings: ceilings.collect(),
        recharges: ledger.settings().recharges.iter().map(|row| OwnRecharge::of(ledger, row)).collect(),
    })))
}

/// The region that something is bound to, which the catalog must have; none where it is bound to no one.
fn region(fields: &Fields<'_>, catalog: &Catalog) -> Option<Region> {
    let region: Region = fields.parsed("region", false, REGION)?;
    if !catalog.regions.iter().any(|known| known.code == region) {
        fields.add("region", ["`", region.as_str(), "` is not a region of this catalog"].concat());
    }
    Some(region)
}

impl Settings {
    pub(super) fn tell(&self, json: &mut Json) {
        json.text("account", &self.account);
        json.shown("at", &self.at);
        json.objects("thresholds", self.thresholds.len(), &|json, index| {
            let Some((threshold, usable, state)) = self.thresholds.get(index) else { return };
            json.optional("region", threshold.region.as_ref().map(Region::as_str));
            json.number("below", threshold.below);
            json.number("margin", threshold.margin);
            json.number("usable", *usable);
            json.text("state", state);
        });
        json.numbers("expiryDays", &self.expiry_days);
        json.objects("ceilings", self.ceilings.len(), &|json, index| {
            let Some((ceiling, used)) = self.ceilings.get(index) else { return };
            json.optional("region", ceiling.region.as_ref().map(Region::as_str));
            for (name, most) in [("perHour", ceiling.per_hour), ("perDay", ceiling.per_day)] {
                if let Some(most) = most {
                    json.number(name, most);
                }
            }
            json.number("usedThisHour", used.hour);
            json.number("usedToday", used.day);
        });
        json.objects("recharges", self.recharges.len(), &|json, index| {
            if let Some(recharge) = self.recharges.get(index) {
                recharge.tell(json);
            }
        });
    }
}
