//! What watches over an account beside its balance: ceilings against traffic pumping, and alarms.

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
        self.thresholds.sort_by_key(|threshold| (threshold.region, std::cmp::Reverse(threshold.below)));
        self.expiry_days.sort_by_key(|days| std::cmp::Reverse(*days));
    }
}
