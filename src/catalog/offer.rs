//! What can be bought, and for how much.

use crate::money::Price;
use crate::numbering::Region;
use crate::shape::names;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Something that can be bought: it issues one package.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Offer {
    /// Unique in the catalog.
    #[cfg_attr(test, schemars(regex(pattern = "^[!-~]{1,128}$")))]
    pub id: Arc<str>,
    /// The package's name.
    #[cfg_attr(test, schemars(length(min = 1, max = 256)))]
    pub name: Arc<str>,
    /// What kind of messages it is for, such as `international`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(regex(pattern = "^[!-~]{1,128}$")))]
    pub category: Option<Arc<str>>,
    /// What kind of package it is, such as `custom`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(regex(pattern = "^[!-~]{1,128}$")))]
    pub package_type: Option<Arc<str>>,
    /// The regions a buyer may choose from; the package pays only the one chosen (domain rule 26).
    #[cfg_attr(test, schemars(length(min = 1)))]
    pub regions: Vec<Region>,
    /// The purposes a buyer may choose from; none = any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, schemars(inner(regex(pattern = "^[!-~]{1,128}$"))))]
    pub purposes: Vec<Arc<str>>,
    /// Which quantities are sold.
    pub quantity: Quantity,
    /// What they cost.
    #[serde(flatten)]
    pub pricing: Pricing,
    /// How long the package lasts from payment: one, or the choices of the buyer; none = it never expires.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, schemars(schema_with = "super::schema::choices"))]
    pub validity: Vec<Validity>,
    /// Seconds from payment until the package can be used (domain rule 5).
    #[serde(skip_serializing_if = "is_zero")]
    pub activation_seconds: u32,
    /// What a buyer must accept (domain rule 11).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agreement: Option<Agreement>,
    /// What an account must have to buy it (domain rule 12).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, schemars(inner(regex(pattern = "^[!-~]{1,128}$"))))]
    pub gates: Vec<Arc<str>>,
    /// What is paid back for a package that is given back; absent = nothing (domain rule 13).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refund: Option<Refund>,
    /// Whether vouchers apply (domain rule 14).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub vouchers: bool,
    /// Segments that auto-recharge buys at once (domain rule 33).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(range(min = 1, max = 1_000_000_000_u64)))]
    pub recharge_quantity: Option<u64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde hands over")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// Where an offer's price stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pricing {
    /// With the offer, in the catalog's currency, for every region of it.
    Price(PriceModel),
    /// In the price lists of this series.
    Prices(Arc<str>),
}

/// A text that a buyer accepts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Agreement {
    /// Which.
    #[cfg_attr(test, schemars(regex(pattern = "^[!-~]{1,128}$")))]
    pub id: Arc<str>,
    /// In which wording.
    #[cfg_attr(test, schemars(regex(pattern = "^[!-~]{1,128}$")))]
    pub version: Arc<str>,
}

/// What is paid back for a package (domain rule 13).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(transform = super::schema::by_refund))]
pub struct Refund {
    /// How it is reckoned.
    pub model: RefundModel,
    /// For how long after payment; absent = as long as anything is left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<Validity>,
    /// `used-value`: the series of price lists that say what used segments cost, as of the quote.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(regex(pattern = "^[!-~]{1,128}$")))]
    pub prices: Option<Arc<str>>,
}

/// How a refund is reckoned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RefundModel {
    /// Nothing is paid back.
    None,
    /// The part of the price that the unused part of the package is.
    Unused,
    /// The price less what the used segments cost by a price list of their own.
    UsedValue,
}

/// Which quantities are sold: multiples of `step` from `min` to `max` (domain rule 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Quantity {
    /// Segments between two valid quantities.
    #[cfg_attr(test, schemars(range(min = 1, max = 1_000_000_000_u64)))]
    pub step: u64,
    /// Fewest segments.
    #[cfg_attr(test, schemars(range(min = 1, max = 1_000_000_000_u64)))]
    pub min: u64,
    /// Most segments.
    #[cfg_attr(test, schemars(range(min = 1, max = 1_000_000_000_u64)))]
    pub max: u64,
}

/// How a quantity becomes a price (domain rule 9).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(transform = super::schema::by_model))]
pub struct PriceModel {
    /// Which of the fields below apply.
    pub model: Model,
    /// How many segments a price is for: 1 unless given. Not with `fixed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub per: Option<u64>,
    /// `flat`: the price of `per` segments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Price>,
    /// `volume` and `graduated`: the price of `per` segments by quantity.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, schemars(length(max = 200)))]
    pub tiers: Vec<Tier>,
    /// `fixed`: the list of packs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub packs: Vec<Pack>,
}

/// The price models.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Model {
    /// One price for any quantity.
    Flat,
    /// The whole quantity at its tier's price.
    Volume,
    /// Each slice of the quantity at its tier's price.
    Graduated,
    /// A list of packs.
    Fixed,
}

/// A range of quantities, both bounds inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Tier {
    /// First quantity.
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub from: u64,
    /// Last quantity; absent on the last tier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub up_to: Option<u64>,
    /// Price of `per` segments.
    pub amount: Price,
}

/// A pack of the `fixed` model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Pack {
    /// Segments in the pack.
    pub quantity: u64,
    /// Price of the pack.
    pub amount: Price,
}

/// How long a package lasts, in calendar units of the catalog's zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Validity {
    /// Calendar months, clamped at a month's end (domain rule 7).
    Months(u32),
    /// Days.
    Days(u32),
}

names!(Model {
    Flat = "flat",
    Volume = "volume",
    Graduated = "graduated",
    Fixed = "fixed",
});

names!(RefundModel {
    None = "none",
    Unused = "unused",
    UsedValue = "used-value",
});

impl Validity {
    /// The unit and how many of it.
    pub fn parts(self) -> (&'static str, u32) {
        match self {
            Self::Months(months) => ("months", months),
            Self::Days(days) => ("days", days),
        }
    }
}

impl std::fmt::Display for Validity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (unit, count) = self.parts();
        write!(f, "{count} {unit}")
    }
}
