//! What bounds an account, out of a document.

use super::check;
use crate::catalog::QUANTITY_MAX;
use crate::catalog::limits::{
    Alarms, CEILINGS_MAX, COOLDOWN_SECONDS_MAX, COOLDOWN_SECONDS_MIN, Ceiling, EXPIRY_DAY_MAX,
    EXPIRY_DAYS_MAX, RECHARGES_MAX, RechargeLimits, THRESHOLDS_MAX, Threshold,
};
use crate::numbering::Region;
use crate::shape::expected::REGION;
use crate::shape::{Fields, twice};

pub(super) fn ceilings(policy: &Fields<'_>, known: Option<&[Region]>) -> Vec<Ceiling> {
    let mut ceilings: Vec<Ceiling> = Vec::new();
    for fields in policy.items("ceilings", &["region", "per_hour", "per_day"]) {
        let region = bound(&fields, known);
        let [per_hour, per_day] = ["per_hour", "per_day"].map(|name| count(&fields, name));
        if per_hour.is_none() && per_day.is_none() {
            fields.add("per_hour", "is missing, and so is `per_day`: write one of them or both");
        }
        if ceilings.iter().any(|ceiling| ceiling.region == region) {
            fields.add("region", twice(region.as_ref().map_or("all regions", Region::as_str)));
        }
        ceilings.push(Ceiling { region, per_hour, per_day });
    }
    if ceilings.len() > CEILINGS_MAX {
        policy.add("ceilings", format!("{} are more than {CEILINGS_MAX}", ceilings.len()));
    }
    ceilings
}

pub(super) fn alarms(policy: &Fields<'_>, known: Option<&[Region]>) -> Option<Alarms> {
    let fields = policy.object("alarms", false, &["thresholds", "expiry_days"])?;
    let mut thresholds: Vec<Threshold> = Vec::new();
    for fields in fields.items("thresholds", &["region", "below", "margin"]) {
        let region = bound(&fields, known);
        let threshold = threshold(&fields, region, &thresholds);
        thresholds.push(threshold);
    }
    let mut alarms = Alarms { thresholds, expiry_days: expiry_days(&fields, "expiry_days") };
    check_alarms(&fields, "thresholds", "expiry_days", &alarms);
    alarms.sort();
    Some(alarms)
}

pub(super) fn recharge(policy: &Fields<'_>) -> Option<RechargeLimits> {
    let names = ["per_day", "per_month", "cooldown_seconds"];
    policy.object("recharge", false, &names).map(|fields| recharge_limits(&fields, names))
}

/// Limits of auto-recharge, by the names of their fields.
pub(crate) fn recharge_limits(
    fields: &Fields<'_>,
    [per_day, per_month, cooldown]: [&str; 3],
) -> RechargeLimits {
    let limit = |name: &str, least, most| fields.get(name).map(|_| fields.small(name, least, most, None));
    RechargeLimits {
        per_day: limit(per_day, 1, RECHARGES_MAX),
        per_month: limit(per_month, 1, RECHARGES_MAX),
        cooldown_seconds: limit(cooldown, COOLDOWN_SECONDS_MIN, COOLDOWN_SECONDS_MAX),
    }
}

/// A threshold of a region, which no other of the list may be.
pub(crate) fn threshold(fields: &Fields<'_>, region: Option<Region>, others: &[Threshold]) -> Threshold {
    let below = fields.whole("below", 1, QUANTITY_MAX, None);
    let margin = fields.whole("margin", 0, QUANTITY_MAX, Some(0));
    if others.iter().any(|other| (other.region, other.below) == (region, below)) {
        fields.add("below", twice(&below.to_string()));
    }
    Threshold { region, below, margin }
}

/// Days before an expiry, each once.
pub(crate) fn expiry_days(fields: &Fields<'_>, name: &str) -> Vec<u32> {
    let mut days = Vec::new();
    for (index, value) in fields.list(name).iter().enumerate() {
        let day = value.as_u64().and_then(|day| u32::try_from(day).ok());
        match day.filter(|day| (1..=EXPIRY_DAY_MAX).contains(day)) {
            None => {
                let expected = format_args!("a whole number from 1 to {EXPIRY_DAY_MAX}");
                fields.report.wrong(fields.at_item(name, index), &expected, value);
            }
            Some(day) if days.contains(&day) => {
                fields.report.add(fields.at_item(name, index), twice(&day.to_string()));
            }
            Some(day) => days.push(day),
        }
    }
    days
}

/// Notes what is more than an account can have.
pub(crate) fn check_alarms(fields: &Fields<'_>, thresholds: &str, days: &str, alarms: &Alarms) {
    for (name, count, most) in [
        (thresholds, alarms.thresholds.len(), THRESHOLDS_MAX),
        (days, alarms.expiry_days.len(), EXPIRY_DAYS_MAX),
    ] {
        if count > most {
            fields.add(name, format!("{count} are more than {most}"));
        }
    }
}

/// The region that something is bound to, of the `known` ones where those are given; none where it is bound to no one.
fn bound(fields: &Fields<'_>, known: Option<&[Region]>) -> Option<Region> {
    let region = fields.parsed("region", false, REGION)?;
    check(fields, fields.at("region"), region, known);
    Some(region)
}

/// A count of segments that may be absent.
fn count(fields: &Fields<'_>, name: &str) -> Option<u64> {
    fields.get(name).map(|_| fields.whole(name, 1, QUANTITY_MAX, None))
}
