//! What bounds an account beside its balance: ceilings against traffic pumping.

use crate::numbering::Region;
use serde::Serialize;

/// Most ceilings of one account, and of a catalog's policy.
pub const CEILINGS_MAX: usize = 16;

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
