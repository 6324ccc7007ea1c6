//! Sellers as data: offers, price lists, plans, regions and policy of one seller, and what makes such a document valid.
//!
//! A rule that differs between sellers is a field here, never an `if` on a seller's name. Only `profiles` may name one.

mod holds;
mod limits;
mod offer;
mod plan;
mod policy;
mod price_list;
pub mod profiles;
pub(crate) mod read;
mod report;
#[cfg(test)]
mod schema;

use crate::calendar::{Instant, Zones};
use crate::money::Currency;
use crate::numbering::Region;
use crate::shape::Report;
use serde::Serialize;
use std::sync::Arc;

pub use crate::shape::{Findings, Problem};
pub use holds::{Charge, ChargeOn, HoldTerms, ReceiptRule, Stage, Then, TimeOut};
pub use limits::{
    Alarms, CEILINGS_MAX, COOLDOWN_SECONDS_MAX, COOLDOWN_SECONDS_MIN, Ceiling, EXPIRY_DAY_MAX,
    EXPIRY_DAYS_MAX, RECHARGES_MAX, RechargeLimits, THRESHOLDS_MAX, Threshold,
};
pub use offer::{
    Agreement, Model, Offer, Pack, PriceModel, Pricing, Quantity, Refund, RefundModel, Tier, Validity,
};
pub use plan::{Plan, Rollover, Schedule};
pub use policy::{DrawKey, LegacyModel, LegacyRate, Policy, SellerError, Source, Split};
pub use price_list::{ListedPrice, PriceList};
pub use report::CatalogError;

/// The only format of a catalog that this version reads.
pub const FORMAT: u32 = 1;
/// Most segments in one package or one period of a plan, so that sums of counts never overflow.
pub const QUANTITY_MAX: u64 = 1_000_000_000;

/// One seller: what is sold, at which price, and how it is spent. An immutable revision.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Catalog {
    /// The version of this document's format: 1.
    #[cfg_attr(test, schemars(range(min = 1, max = 1)))]
    pub format: u32,
    /// The seller's id, printable ASCII.
    #[cfg_attr(test, schemars(regex(pattern = "^[!-~]{1,128}$")))]
    pub id: Arc<str>,
    /// Counts up from 1; a published revision never changes.
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub revision: u32,
    /// What a person reads.
    #[cfg_attr(test, schemars(length(min = 1, max = 256)))]
    pub name: Arc<str>,
    /// Where the facts come from, with their date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Arc<str>>,
    /// Currency of every price.
    pub currency: Currency,
    /// IANA zone of billing dates and of dates without a time.
    #[cfg_attr(test, schemars(length(min = 1)))]
    pub zone: Arc<str>,
    /// How long a quote holds, in seconds.
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub quote_seconds: u32,
    /// The regions that messages may be sent to.
    #[cfg_attr(test, schemars(length(min = 1)))]
    pub regions: Vec<CatalogRegion>,
    /// What can be bought.
    pub offers: Vec<Offer>,
    /// Dated prices, which offers refer to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub price_lists: Vec<PriceList>,
    /// Recurring credits.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub plans: Vec<Plan>,
    /// Credits that the seller gives.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub schedules: Vec<Schedule>,
    /// How packages are spent.
    pub policy: Policy,
    /// How earlier accounts are charged.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub legacy: Vec<LegacyModel>,
    /// The seller's own codes of errors.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<SellerError>,
}

/// A region of the seller's list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CatalogRegion {
    /// What prices and packages are for.
    pub code: Region,
    /// What a person reads.
    #[cfg_attr(test, schemars(length(min = 1, max = 256)))]
    pub name: Arc<str>,
    /// The regions of the numbering plan whose numbers belong to it besides its own code: a seller's list may be older than
    /// the plan, or coarser.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub numbers: Vec<Region>,
    /// What an account must have to send there, such as `enterprise-certified`: a switch of its own, beside that of the offers
    /// (domain rule 12).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, schemars(inner(regex(pattern = "^[!-~]{1,128}$"))))]
    pub gates: Vec<Arc<str>>,
}

impl Catalog {
    /// Reads and checks a catalog from JSON.
    ///
    /// # Errors
    /// [`CatalogError`] with every problem found and its path.
    pub fn from_json(json: &str) -> Result<Self, CatalogError> {
        let value = serde_json::from_str(json)
            .map_err(|error| CatalogError::one("", &format!("not JSON: {error}")))?;
        Self::from_value(&value)
    }

    /// Reads and checks a catalog from a JSON value.
    ///
    /// # Errors
    /// [`CatalogError`] with every problem found and its path.
    pub fn from_value(value: &serde_json::Value) -> Result<Self, CatalogError> {
        Self::checked(value).map_err(|findings| CatalogError { problems: findings.problems })
    }

    /// Everything that is wrong or odd with a JSON value as a catalog, without making one.
    pub fn validate(value: &serde_json::Value, zones: &dyn Zones) -> Findings {
        let report = Report::default();
        read::catalog(value, &report);
        if let Some(Err(message)) =
            value.get("zone").and_then(|zone| zone.as_str()).map(|zone| known(zone, zones))
        {
            report.add("zone".to_owned(), message);
        }
        report.findings()
    }

    fn checked(value: &serde_json::Value) -> Result<Self, Findings> {
        let report = Report::default();
        read::catalog(value, &report).ok_or_else(|| report.findings())
    }

    /// The catalog, where the host knows its zone.
    ///
    /// # Errors
    /// [`CatalogError`] at `zone`.
    pub fn in_zones(self, zones: &dyn Zones) -> Result<Self, CatalogError> {
        match known(&self.zone, zones) {
            Ok(()) => Ok(self),
            Err(message) => Err(CatalogError::one("zone", &message)),
        }
    }

    /// The offer with this id.
    pub fn offer(&self, id: &str) -> Option<&Offer> {
        self.offers.iter().find(|offer| &*offer.id == id)
    }

    /// The plan with this id.
    pub fn plan(&self, id: &str) -> Option<&Plan> {
        self.plans.iter().find(|plan| &*plan.id == id)
    }

    /// The charge model of an account that was created then: of those that end later the one that ends first; none = a segment is a
    /// credit (domain rule 34).
    pub fn charge_model(&self, created_at: Instant) -> Option<&LegacyModel> {
        let models = self.legacy.iter().filter(|model| created_at < model.opened_before);
        models.min_by_key(|model| model.opened_before)
    }

    /// The legacy model with this id.
    pub fn legacy_model(&self, id: &str) -> Option<&LegacyModel> {
        self.legacy.iter().find(|model| &*model.id == id)
    }

    /// Whether messages to a region can be paid for at all: some offer prices it (domain rule 26).
    pub fn prices(&self, region: Region) -> bool {
        self.offers.iter().any(|offer| offer.regions.contains(&region))
    }

    /// The regions that some offer prices, one of several offers more than once.
    pub fn priced(&self) -> impl Iterator<Item = Region> {
        self.offers.iter().flat_map(|offer| offer.regions.iter().copied())
    }

    /// Whether a number can belong to a region: not where another region of the catalog claims its numbers.
    pub fn reaches(&self, region: Region) -> bool {
        let claims = |listed: &CatalogRegion| listed.code == region && !listed.numbers.is_empty();
        self.region_of(region) == region || self.regions.iter().any(claims)
    }

    /// What an account must have to send to a region.
    pub fn sending_gates(&self, region: Region) -> &[Arc<str>] {
        let listed = self.regions.iter().find(|listed| listed.code == region);
        listed.map_or(&[], |listed| &listed.gates)
    }

    /// The seller's own code of an error: that of its reason, or else of all errors of this code.
    pub fn seller_code(&self, code: &str, reason: Option<&str>) -> Option<&Arc<str>> {
        let of = |reason: Option<&str>| {
            self.errors.iter().find(|error| *error.code == *code && error.reason.as_deref() == reason)
        };
        reason.and_then(|reason| of(Some(reason))).or_else(|| of(None)).map(|error| &error.seller)
    }

    /// The region of this catalog to which a number's region belongs; itself unless a region of the catalog claims it.
    pub fn region_of(&self, number: Region) -> Region {
        let claims = |region: &&CatalogRegion| region.numbers.contains(&number);
        self.regions.iter().find(claims).map_or(number, |region| region.code)
    }

    /// The price of an offer for a region and a purpose in a currency at an instant, and the list that it stands in; none
    /// where there is none.
    pub fn price<'a>(
        &'a self,
        offer: &'a Offer,
        (region, purpose): (Region, Option<&str>),
        currency: Currency,
        at: Instant,
    ) -> Option<(&'a PriceModel, Option<&'a PriceList>)> {
        match &offer.pricing {
            Pricing::Price(price) => (currency == self.currency).then_some((price, None)),
            Pricing::Prices(series) => {
                let listed = self.listed(series, (region, purpose), currency, at);
                listed.map(|(price, list)| (price, Some(list)))
            }
        }
    }

    /// The price of a series for a region and a purpose in a currency at an instant, and the list that it stands in.
    pub fn listed(
        &self,
        series: &str,
        (region, purpose): (Region, Option<&str>),
        currency: Currency,
        at: Instant,
    ) -> Option<(&PriceModel, &PriceList)> {
        let holds =
            |list: &&PriceList| *list.series == *series && list.currency == currency && list.holds(at);
        let mut lists = self.price_lists.iter().filter(holds);
        lists.find_map(|list| Some((list.price(region, purpose)?, list)))
    }
}

/// Whether the host knows a zone; an empty one is told of elsewhere.
fn known(zone: &str, zones: &dyn Zones) -> Result<(), String> {
    if zone.is_empty() || zones.offset_seconds(zone, Instant::MIN).is_some() {
        return Ok(());
    }
    Err(format!("`{zone}` is not a zone that this host knows: write an IANA zone, such as `UTC`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zone_is_one_that_the_host_knows() {
        let mut catalog = Catalog::from_json(profiles::CLOUTLY).unwrap();
        catalog = catalog.in_zones(&crate::calendar::NamedZones).unwrap();
        catalog.zone = Arc::from("Mars/Olympus");
        let error = catalog.in_zones(&crate::calendar::NamedZones).unwrap_err().to_string();
        assert!(error.starts_with("zone: `Mars/Olympus` is not a zone"), "{error}");
    }

    #[test]
    fn profiles_are_valid_and_survive_a_round_trip() {
        for json in profiles::ALL {
            let catalog = Catalog::from_json(json).unwrap();
            assert_eq!(Catalog::from_json(&serde_json::to_string(&catalog).unwrap()).unwrap(), catalog);
        }
    }
}
