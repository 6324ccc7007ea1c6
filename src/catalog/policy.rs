//! How packages are spent: counting and draw order. What decides a message stands in `holds`.

use super::holds::HoldTerms;
use super::limits::{Alarms, Ceiling, RechargeLimits};
use crate::calendar::Instant;
use crate::money::Price;
use crate::numbering::Region;
use crate::shape::names;
use crate::text::Counting;
use serde::Serialize;
use std::sync::Arc;

/// The rules of spending that differ between sellers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Policy {
    /// How a text becomes segments (domain rule 17).
    pub counting: Counting,
    /// Most segments in one message.
    #[cfg_attr(test, schemars(range(min = 1, max = 255)))]
    pub segments_max: u32,
    /// The order in which packages pay: sort keys, first difference decides; the sequence makes it total (domain rule 20).
    #[cfg_attr(test, schemars(length(min = 1)))]
    pub draw: Vec<DrawKey>,
    /// What the `source` key sorts by; a source that is not listed comes last.
    #[cfg_attr(test, schemars(length(min = 1)))]
    pub sources: Vec<Source>,
    /// Whether one message may be paid from several packages (domain rules 18, 19).
    pub split: Split,
    /// What a message is for that does not say it; absent = such a message is paid by packages without a purpose only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(regex(pattern = "^[!-~]{1,128}$")))]
    pub default_purpose: Option<Arc<str>>,
    /// Whether a suspended account neither sends nor buys; `true` unless given.
    #[serde(skip_serializing_if = "is_true")]
    pub suspended_blocks: bool,
    /// Most segments in an hour and a day, of accounts that set no ceilings of their own (domain rule 28).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, schemars(length(max = 16)))]
    pub ceilings: Vec<Ceiling>,
    /// When owners are told that something runs low or out, unless they say it themselves (domain rule 32); absent = never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alarms: Option<Alarms>,
    /// How often auto-recharge may order, of accounts that set no limits of their own (domain rule 33).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recharge: Option<RechargeLimits>,
    /// Whether what was bought can be used only while the account has a plan (domain rule 31).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub packs_need_plan: bool,
    /// What decides messages.
    #[serde(flatten)]
    pub holds: Arc<HoldTerms>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde hands over")]
fn is_true(flag: &bool) -> bool {
    *flag
}

/// A key of the draw order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DrawKey {
    /// Bound before general: to the region first, then to the purpose, then to the project.
    Scope,
    /// By the order of `sources`.
    Source,
    /// Earliest expiry; those that never expire last.
    Expiry,
    /// Earliest activation.
    Effective,
    /// First bought.
    Purchased,
    /// First issued: always the last key.
    Sequence,
}

names!(DrawKey {
    Scope = "scope",
    Source = "source",
    Expiry = "expiry",
    Effective = "effective",
    Purchased = "purchased",
    Sequence = "sequence",
});

/// Where a package comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Bought by an order.
    Purchase,
    /// Given by the seller.
    Complimentary,
    /// A period of a plan.
    Plan,
    /// Bought by auto-recharge.
    Recharge,
    /// Carried over from a legacy model.
    Migration,
    /// Given by an administrator.
    Adjustment,
}

impl Source {
    /// Whether it was paid for: a pack, not what comes with a plan or as a gift.
    pub fn is_bought(self) -> bool {
        matches!(self, Self::Purchase | Self::Recharge | Self::Migration)
    }
}

names!(Source {
    Purchase = "purchase",
    Complimentary = "complimentary",
    Plan = "plan",
    Recharge = "recharge",
    Migration = "migration",
    Adjustment = "adjustment",
});

/// Whether one message may be paid from several packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// The first package in draw order that has enough pays all.
    Never,
    /// Packages pay in draw order until all is paid.
    Allow,
}

names!(Split {
    Never = "never",
    Allow = "allow",
});

/// How accounts that have been the seller's for longer are charged until they are migrated (domain rule 34).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LegacyModel {
    /// The charge model's id on the account.
    #[cfg_attr(test, schemars(regex(pattern = "^[!-~]{1,128}$")))]
    pub id: Arc<str>,
    /// What a person reads.
    #[cfg_attr(test, schemars(length(min = 1, max = 256)))]
    pub name: Arc<str>,
    /// Of accounts created before this instant.
    pub opened_before: Instant,
    /// Credits for a segment, by region. To a region that is not listed such an account sends nothing: its cost is never guessed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rates: Vec<LegacyRate>,
}

/// What a segment costs under a legacy model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LegacyRate {
    /// The region.
    pub region: Region,
    /// Credits for a segment: a decimal above 0, at most 1,000.
    pub credits: Price,
}

impl LegacyModel {
    /// Credits for a segment to a region.
    pub fn rate(&self, region: Region) -> Option<Price> {
        self.rates.iter().find(|rate| rate.region == region).map(|rate| rate.credits)
    }
}

/// The seller's own code of an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SellerError {
    /// This product's code, such as `INSUFFICIENT_BALANCE`.
    #[cfg_attr(test, schemars(regex(pattern = "^[!-~]{1,128}$")))]
    pub code: Arc<str>,
    /// Only of errors with this reason, such as `fragmented`; absent = of all others of the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(regex(pattern = "^[!-~]{1,128}$")))]
    pub reason: Option<Arc<str>>,
    /// The seller's.
    #[cfg_attr(test, schemars(regex(pattern = "^[!-~]{1,128}$")))]
    pub seller: Arc<str>,
}
