//! What can be bought, and for how much.

use crate::money::Price;
use crate::numbering::Region;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Something that can be bought: it issues one package.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Offer {
    /// Unique in the catalog.
    pub id: Arc<str>,
    /// The package's name.
    pub name: Arc<str>,
    /// The regions a buyer may choose from; the package pays only the one chosen (domain rule 26).
    pub regions: Vec<Region>,
    /// Which quantities are sold.
    pub quantity: Quantity,
    /// What they cost.
    pub price: PriceModel,
    /// How long the package lasts from payment; absent = it never expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validity: Option<Validity>,
    /// Seconds from payment until the package can be used (domain rule 5).
    #[serde(default)]
    pub activation_seconds: u32,
}

/// Which quantities are sold: multiples of `step` from `min` to `max` (domain rule 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Quantity {
    /// Segments between two valid quantities.
    pub step: u64,
    /// Fewest segments.
    pub min: u64,
    /// Most segments.
    pub max: u64,
}

/// How a quantity becomes a price (domain rule 9).
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PriceModel {
    /// Which of the fields below apply.
    pub model: Model,
    /// How many segments a price is for: 1 unless given. Not with `fixed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per: Option<u64>,
    /// `flat`: the price of `per` segments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Price>,
    /// `volume` and `graduated`: the price of `per` segments by quantity.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<Tier>,
    /// `fixed`: the list of packs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub packs: Vec<Pack>,
}

/// The price models.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// First quantity.
    pub from: u64,
    /// Last quantity; absent on the last tier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to: Option<u64>,
    /// Price of `per` segments.
    pub amount: Price,
}

/// A pack of the `fixed` model.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
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
