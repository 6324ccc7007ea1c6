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
    /// Places in `prices`, by region: a list has a price for each of hundreds of regions, and every quote looks one up.
    #[serde(skip)]
    #[cfg_attr(test, schemars(skip))]
    pub(super) by_region: Vec<usize>,
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
        let at = |place: &usize| self.prices.get(*place);
        let first =
            self.by_region.partition_point(|place| at(place).is_some_and(|listed| listed.region < region));
        let mut own = self.by_region.iter().skip(first).map_while(at).take_while(|one| one.region == region);
        own.find(|listed| listed.is_for(region, purpose)).map(|listed| &listed.price)
    }

    /// The places of prices by region, those of one region in their own order.
    pub(super) fn by_region(prices: &[ListedPrice]) -> Vec<usize> {
        let mut places: Vec<usize> = Vec::with_capacity(prices.len());
        for (place, listed) in prices.iter().enumerate() {
            let behind =
                |other: &usize| prices.get(*other).is_some_and(|other| other.region <= listed.region);
            places.insert(places.partition_point(behind), place);
        }
        places
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
