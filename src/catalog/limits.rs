//! What watches over an account beside its balance: ceilings against traffic pumping, alarms, and limits of auto-recharge.

use crate::numbering::Region;
use serde::Serialize;

/// Most ceilings of one account, and of a catalog's policy.
pub const CEILINGS_MAX: usize = 16;
/// Most thresholds of one account, and of a catalog's policy.
pub const THRESHOLDS_MAX: usize = 16;
/// Most notices of one expiry.
pub const EXPIRY_DAYS_MAX: usize = 8;
/// The earliest notice of an expiry, in days before it.
pub const EXPIRY_DAY_MAX: u32 = 365;
/// Most orders that auto-recharge may be allowed in a calendar day or month.
pub const RECHARGES_MAX: u32 = 1_000;
/// The shortest time for which nothing is ordered after a declined payment, in seconds.
pub const COOLDOWN_SECONDS_MIN: u32 = 60;
/// The longest, in seconds: 30 days.
pub const COOLDOWN_SECONDS_MAX: u32 = 2_592_000;

/// Most segments that messages may reserve in a clock hour (of UTC) and in a calendar day (in the account's zone), to one region or
/// to all together (domain rule 28).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Ceiling {
    /// Of messages to this region alone; absent = of all messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// Segments in a clock hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(range(min = 1, max = 1_000_000_000_u64)))]
    pub per_hour: Option<u64>,
    /// Segments in a calendar day.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(range(min = 1, max = 1_000_000_000_u64)))]
    pub per_day: Option<u64>,
}

/// When an account's owner is told that something runs low or out (domain rule 32).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Alarms {
    /// What counts as low, of all regions together or of one; each once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, schemars(length(max = 16)))]
    pub thresholds: Vec<Threshold>,
    /// How many days (of 24 hours) before its expiry a package with something left in it is told of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, schemars(length(max = 8), inner(range(min = 1, max = 365))))]
    pub expiry_days: Vec<u32>,
}

/// What counts as low.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Threshold {
    /// Of what can pay for messages to this region; absent = of everything usable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// An alarm fires when fewer segments than this are usable.
    #[cfg_attr(test, schemars(range(min = 1, max = 1_000_000_000_u64)))]
    pub below: u64,
    /// It is armed again once so many more than that are usable.
    #[serde(skip_serializing_if = "is_zero")]
    #[cfg_attr(test, schemars(range(min = 0, max = 1_000_000_000_u64)))]
    pub margin: u64,
}

/// How often auto-recharge may order, of one region and purpose (domain rule 33). There is always a limit: what an account does not
/// set is the policy's, and what the policy does not is the usual one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RechargeLimits {
    /// Most orders placed in a calendar day, in the account's zone, whatever becomes of them; 5 unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(range(min = 1, max = 1000)))]
    pub per_day: Option<u32>,
    /// Most orders placed in a calendar month; 20 unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(range(min = 1, max = 1000)))]
    pub per_month: Option<u32>,
    /// For how many seconds nothing is ordered after a payment was declined, or an order cancelled; 3,600 unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(range(min = 60, max = 2_592_000)))]
    pub cooldown_seconds: Option<u32>,
}

impl RechargeLimits {
    /// Those of an account that sets none, under a policy that sets none.
    pub const USUAL: Self = Self { per_day: Some(5), per_month: Some(20), cooldown_seconds: Some(3_600) };

    /// These, and where there is none, others.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        Self {
            per_day: self.per_day.or(others.per_day),
            per_month: self.per_month.or(others.per_month),
            cooldown_seconds: self.cooldown_seconds.or(others.cooldown_seconds),
        }
    }
}

// On 32 bits a reference is smaller than what it refers to.
#[cfg_attr(
    target_pointer_width = "64",
    expect(clippy::trivially_copy_pass_by_ref, reason = "what serde hands over")
)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Alarms {
    /// The largest threshold of each region first, so that alarms come in the order in which thresholds are crossed; the earliest
    /// notice first.
    pub(crate) fn sort(&mut self) {
        sort(&mut self.thresholds, |one, other| (one.region, other.below) < (other.region, one.below));
        sort(&mut self.expiry_days, |one, other| one > other);
    }
}

/// Sorts a short list; items of which neither comes before the other keep their order. The standard library's ways to sort would take
/// more of the module than all that is said of alarms.
fn sort<T>(items: &mut Vec<T>, before: impl Fn(&T, &T) -> bool) {
    let mut sorted = Vec::with_capacity(items.len());
    for item in items.drain(..) {
        let at = sorted.partition_point(|known| !before(&item, known));
        sorted.insert(at, item);
    }
    *items = sorted;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_threshold_of_each_region_and_the_earliest_notice_come_first() {
        let threshold = |region: &str, below| Threshold { region: region.parse().ok(), below, margin: 0 };
        let mut alarms = Alarms {
            thresholds: [("US", 3), ("", 5), ("AU", 1), ("", 7), ("US", 9), ("AU", 2)]
                .map(|(region, below)| threshold(region, below))
                .into(),
            expiry_days: vec![3, 7, 1, 30, 5],
        };
        alarms.sort();
        let sorted = [("", 7), ("", 5), ("AU", 2), ("AU", 1), ("US", 9), ("US", 3)];
        assert_eq!(alarms.thresholds, sorted.map(|(region, below)| threshold(region, below)));
        assert_eq!(alarms.expiry_days, [30, 7, 5, 3, 1]);
    }
}
