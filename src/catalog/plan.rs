//! Recurring credits: with a plan, or given by the seller.

use crate::numbering::Region;
use serde::Serialize;
use std::sync::Arc;

/// Credits that come anew on every billing date, monthly; what is left of the old ones expires then, unless they roll over (domain
/// rule 29). They pay any region that the catalog prices (domain rule 26).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Plan {
    /// Unique in the catalog.
    #[cfg_attr(test, schemars(regex(pattern = "^[!-~]{1,128}$")))]
    pub id: Arc<str>,
    /// The package's name.
    #[cfg_attr(test, schemars(length(min = 1, max = 256)))]
    pub name: Arc<str>,
    /// Segments a month.
    #[cfg_attr(test, schemars(range(min = 1, max = 1_000_000_000_u64)))]
    pub credits: u64,
    /// Whether what comes within a period, be it the plan or a larger one than before, brings the part of its credits that is left
    /// of the period (domain rules 30, 31); otherwise it brings them all.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub prorate: bool,
    /// How long unspent credits outlast their period; absent = not at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollover: Option<Rollover>,
}

/// How unspent credits of a period roll over into the next ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Rollover {
    /// For how many further periods they can be used.
    #[cfg_attr(test, schemars(range(min = 1, max = 120)))]
    pub periods: u32,
    /// Most segments that roll over in all when a period begins; what is above is lost, the oldest first. Absent = all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(range(min = 0, max = 1_000_000_000_u64)))]
    pub cap: Option<u64>,
}

/// Segments that an account gets every calendar month without buying, until the month's end in the catalog's zone (domain
/// rule 29), as long as it has what the schedule asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Schedule {
    /// Unique in the catalog.
    #[cfg_attr(test, schemars(regex(pattern = "^[!-~]{1,128}$")))]
    pub id: Arc<str>,
    /// The package's name.
    #[cfg_attr(test, schemars(length(min = 1, max = 256)))]
    pub name: Arc<str>,
    /// Segments a month.
    #[cfg_attr(test, schemars(range(min = 1, max = 1_000_000_000_u64)))]
    pub credits: u64,
    /// The only region that they pay: one at most, since a package pays one region or any; none = any that the catalog prices.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, schemars(length(max = 1)))]
    pub regions: Vec<Region>,
    /// What an account must have to get them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, schemars(inner(regex(pattern = "^[!-~]{1,128}$"))))]
    pub gates: Vec<Arc<str>>,
    /// Whether an account that comes to it within a month gets the part of the credits that is left of the month (domain rule
    /// 30); otherwise it gets them all.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub prorate: bool,
}

impl Schedule {
    /// Whether an account with these gates gets the credits.
    pub fn is_for(&self, gates: &[Arc<str>]) -> bool {
        self.gates.iter().all(|gate| gates.contains(gate))
    }
}
