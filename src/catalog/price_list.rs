//! Dated price lists: what a segment costs in a region, in a currency, from one instant until another.

use super::offer::PriceModel;
use crate::calendar::Instant;
use crate::money::Currency;
use crate::numbering::Region;
use serde::Serialize;
use std::sync::Arc;

/// Prices that hold together. Of the lists of a series, those of one currency follow each other in time.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PriceList {
    /// Unique in the catalog; a quote names it.
    #[cfg_attr(test, schemars(regex(pattern = "^[!-~]{1,128}$")))]
    pub id: Arc<str>,
    /// What offers refer to.
    #[cfg_attr(test, schemars(regex(pattern = "^[!-~]{1,128}$")))]
    pub series: Arc<str>,
    /// Currency of every price in it.
    pub currency: Currency,
    /// First instant at which it holds; absent = since ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Instant>,
    /// First instant at which it no longer holds; absent = until further notice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Instant>,
    /// Whether the prices are only known to have been asked once.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub historic: bool,
    /// Where the prices come from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Arc<str>>,
    /// When they were seen there, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<Arc<str>>,
    /// The prices.
    #[cfg_attr(test, schemars(length(min = 1)))]
    pub prices: Vec<ListedPrice>,
}

/// A price of a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ListedPrice {
    /// The region that it is for.
    pub region: Region,
    /// The purpose that it is for; absent = any.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(regex(pattern = "^[!-~]{1,128}$")))]
    pub purpose: Option<Arc<str>>,
    /// What it is.
    #[serde(flatten)]
    pub price: PriceModel,
}

impl PriceList {
    /// Whether it holds at an instant.
    pub fn holds(&self, at: Instant) -> bool {
        self.from.is_none_or(|from| from <= at) && self.until.is_none_or(|until| at < until)
    }

    /// The price for a region and a purpose.
    pub fn price(&self, region: Region, purpose: Option<&str>) -> Option<&PriceModel> {
        let listed = self.prices.iter().find(|listed| listed.is_for(region, purpose));
        listed.map(|listed| &listed.price)
    }

    /// Whether there is an instant at which both hold.
    pub(super) fn meets(&self, other: &Self) -> bool {
        let before =
            |a: &Self, b: &Self| a.until.is_some_and(|until| b.from.is_some_and(|from| until <= from));
        !before(self, other) && !before(other, self)
    }
}

impl ListedPrice {
    /// Whether it is for a region and a purpose.
    pub fn is_for(&self, region: Region, purpose: Option<&str>) -> bool {
        self.region == region && self.purpose.as_deref().is_none_or(|own| purpose == Some(own))
    }

    /// Whether one purchase could be priced by both.
    pub(super) fn meets(&self, other: &Self) -> bool {
        self.region == other.region
            && (self.purpose.is_none() || other.purpose.is_none() || self.purpose == other.purpose)
    }
}
