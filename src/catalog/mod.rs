//! Sellers as data: offers, plans, regions and policy of one seller, and what makes such a document valid.
//!
//! A rule that differs between sellers is a field here, never an `if` on a seller's name. Only `profiles` may name one.

mod offer;
mod plan;
mod policy;
pub mod profiles;
mod validate;

use crate::calendar::{Instant, Zones};
use crate::money::Currency;
use crate::numbering::Region;
use crate::shape;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub use offer::{Model, Offer, Pack, PriceModel, Quantity, Tier, Validity};
pub use plan::Plan;
pub use policy::{Charge, DrawKey, Policy, ReceiptRule, Source, Split, Stage};
pub use validate::{CatalogError, Problem};

/// The only format of a catalog that this version reads.
pub const FORMAT: u32 = 1;
/// Most segments in one package or one period of a plan, so that sums of counts never overflow.
pub const QUANTITY_MAX: u64 = 1_000_000_000;

/// One seller: what is sold, at which price, and how it is spent. An immutable revision.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Catalog {
    /// The version of this document's format: [`FORMAT`].
    pub format: u32,
    /// The seller's id, printable ASCII.
    pub id: Arc<str>,
    /// Counts up from 1; a published revision never changes.
    pub revision: u32,
    /// What a person reads.
    pub name: String,
    /// Where the facts come from, with their date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Currency of every price.
    pub currency: Currency,
    /// IANA zone of billing dates and of dates without a time.
    pub zone: Arc<str>,
    /// How long a quote holds.
    pub quote_seconds: u32,
    /// The regions that messages may be sent to.
    pub regions: Vec<CatalogRegion>,
    /// What can be bought.
    pub offers: Vec<Offer>,
    /// Recurring credits.
    #[serde(default)]
    pub plans: Vec<Plan>,
    /// How packages are spent.
    pub policy: Policy,
}

/// A region of the seller's list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogRegion {
    /// As numbers resolve to it.
    pub code: Region,
    /// What a person reads.
    pub name: String,
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
    /// [`CatalogError`] with every problem found and its path; where the shape is wrong, the first.
    pub fn from_value(value: &serde_json::Value) -> Result<Self, CatalogError> {
        let catalog: Self =
            shape::read(value).map_err(|misfit| CatalogError::one(&misfit.path, &misfit.message))?;
        validate::problems(&catalog).map_or(Ok(catalog), Err)
    }

    /// The catalog, where the host knows its zone.
    ///
    /// # Errors
    /// [`CatalogError`] at `zone`.
    pub fn in_zones(self, zones: &dyn Zones) -> Result<Self, CatalogError> {
        if zones.offset_seconds(&self.zone, Instant::MIN).is_some() {
            return Ok(self);
        }
        let message =
            format!("`{}` is not a zone that this host knows: write an IANA zone, such as `UTC`", self.zone);
        Err(CatalogError::one("zone", &message))
    }

    /// The offer with this id.
    pub fn offer(&self, id: &str) -> Option<&Offer> {
        self.offers.iter().find(|offer| &*offer.id == id)
    }

    /// The plan with this id.
    pub fn plan(&self, id: &str) -> Option<&Plan> {
        self.plans.iter().find(|plan| &*plan.id == id)
    }

    /// Whether messages to a region can be paid for at all: some offer prices it (domain rule 26).
    pub fn prices(&self, region: Region) -> bool {
        self.offers.iter().any(|offer| offer.regions.contains(&region))
    }
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
