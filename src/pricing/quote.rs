//! A quote: what an offer costs now, for how long that holds, and what the package would be.

use super::lines::{QuoteLine, lines};
use crate::calendar::{CalendarError, Instant};
use crate::catalog::{Catalog, Offer, PriceModel, Validity};
use crate::money::{Amount, Currency, Decimal, MoneyError, Price, Rounding};
use crate::numbering::Region;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What a buyer asks for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QuoteRequest {
    /// The offer's id.
    pub offer: Arc<str>,
    /// Needed only where the offer covers several regions.
    #[serde(default)]
    pub region: Option<Region>,
    /// Segments to buy.
    pub quantity: u64,
    /// The instant of the quote; now unless given.
    #[serde(default)]
    pub at: Option<Instant>,
}

/// A price and how long it holds. An order keeps it (domain rule 16).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Quote {
    /// The offer's id.
    pub offer: Arc<str>,
    /// The region that the package will pay.
    pub region: Region,
    /// Segments.
    pub quantity: u64,
    /// Currency of every amount.
    pub currency: Currency,
    /// How the total comes about.
    pub lines: Vec<QuoteLine>,
    /// Sum of the lines.
    pub total: Price,
    /// A larger quantity that costs less (domain rule 10).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cheaper_at: Option<CheaperAt>,
    /// How long the package would last from payment; absent = it never expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validity: Option<Validity>,
    /// The instant of the quote.
    pub quoted_at: Instant,
    /// First instant at which it no longer holds.
    pub expires_at: Instant,
    /// The catalog it was made from.
    pub catalog: CatalogId,
}

/// A larger quantity that costs less.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CheaperAt {
    /// Segments.
    pub quantity: u64,
    /// What they cost.
    pub total: Price,
}

/// A revision of a catalog.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogId {
    /// The catalog's id.
    pub id: Arc<str>,
    /// Its revision.
    pub revision: u32,
}

/// Why there is no price.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuoteError {
    /// The catalog has no such offer.
    #[error("`{offer}` is not an offer of this catalog: choose one of {offers}")]
    UnknownOffer {
        /// As asked.
        offer: Arc<str>,
        /// The ids on offer.
        offers: String,
    },
    /// The offer has several regions and none was chosen, or one that it does not have.
    #[error("{given}: choose one of {regions}")]
    Region {
        /// What was asked.
        given: String,
        /// The regions of the offer.
        regions: String,
    },
    /// The offer is not sold in this quantity (domain rule 8).
    #[error("`{quantity}` is not sold: the nearest quantities are {}", list(nearest))]
    Quantity {
        /// As asked.
        quantity: u64,
        /// One or two valid quantities around it.
        nearest: Vec<u64>,
    },
    /// The sum does not fit.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// The quote's end does not fit the calendar.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
}

/// Prices a quantity of an offer at an instant.
///
/// # Errors
/// [`QuoteError`] where the offer, its region or the quantity is not on sale.
pub fn quote(catalog: &Catalog, request: &QuoteRequest, now: Instant) -> Result<Quote, QuoteError> {
    let offer = find_offer(catalog, &request.offer)?;
    let region = choose_region(offer, request.region)?;
    check_quantity(offer, request.quantity)?;
    let quoted_at = request.at.unwrap_or(now);
    let (lines, total) = price(&offer.price, request.quantity, catalog.currency)?;
    Ok(Quote {
        offer: Arc::clone(&offer.id),
        region,
        quantity: request.quantity,
        currency: catalog.currency,
        cheaper_at: cheaper(offer, request.quantity, total, catalog.currency)?,
        lines,
        total,
        validity: offer.validity,
        quoted_at,
        expires_at: quoted_at.checked_add_seconds(i64::from(catalog.quote_seconds))?,
        catalog: CatalogId { id: Arc::clone(&catalog.id), revision: catalog.revision },
    })
}

fn find_offer<'a>(catalog: &'a Catalog, id: &Arc<str>) -> Result<&'a Offer, QuoteError> {
    catalog.offer(id).ok_or_else(|| QuoteError::UnknownOffer {
        offer: Arc::clone(id),
        offers: list(&catalog.offers.iter().map(|offer| Arc::clone(&offer.id)).collect::<Vec<_>>()),
    })
}

fn choose_region(offer: &Offer, asked: Option<Region>) -> Result<Region, QuoteError> {
    let refuse = |given: String| QuoteError::Region { given, regions: list(&offer.regions) };
    match (asked, offer.regions.as_slice()) {
        (Some(region), regions) if regions.contains(&region) => Ok(region),
        (Some(region), _) => Err(refuse(format!("`{region}` is not a region of this offer"))),
        (None, [only]) => Ok(*only),
        (None, _) => Err(refuse("missing: this offer covers several regions".to_owned())),
    }
}

fn check_quantity(offer: &Offer, quantity: u64) -> Result<(), QuoteError> {
    let nearest = nearest(offer, quantity);
    if nearest.contains(&quantity) { Ok(()) } else { Err(QuoteError::Quantity { quantity, nearest }) }
}

/// The valid quantities next to one, itself where it is valid.
fn nearest(offer: &Offer, quantity: u64) -> Vec<u64> {
    if !offer.price.packs.is_empty() {
        let packs = || offer.price.packs.iter().map(|pack| pack.quantity);
        let mut around: Vec<u64> = packs().rfind(|pack| *pack <= quantity).into_iter().collect();
        around.extend(packs().find(|pack| *pack > quantity));
        return around;
    }
    let rule = offer.quantity;
    let within = quantity.clamp(rule.min, rule.max);
    let below = within.saturating_sub(within.checked_rem(rule.step).unwrap_or(0));
    let above = if below == within { below } else { below.saturating_add(rule.step) };
    let mut around = vec![below, above];
    around.dedup();
    around
}

fn price(
    model: &PriceModel,
    quantity: u64,
    currency: Currency,
) -> Result<(Vec<QuoteLine>, Price), MoneyError> {
    let lines = lines(model, quantity, currency)?;
    let sum = |sum: Decimal, line: &QuoteLine| sum.checked_add(line.amount.value());
    let total = lines.iter().try_fold(Decimal::ZERO, sum).ok_or(MoneyError::OutOfRange)?;
    let total = Amount::rounded(total, currency, Rounding::HalfUp)?;
    Ok((lines, Price::new(total.value())?))
}

/// The cheapest of the larger quantities at which a price changes, where it costs less.
fn cheaper(
    offer: &Offer,
    quantity: u64,
    total: Price,
    currency: Currency,
) -> Result<Option<CheaperAt>, MoneyError> {
    let steps = offer.price.tiers.iter().map(|tier| up_to_step(offer, tier.from));
    let packs = offer.price.packs.iter().map(|pack| pack.quantity);
    let mut best: Option<CheaperAt> = None;
    for candidate in
        steps.chain(packs).filter(|candidate| *candidate > quantity && *candidate <= offer.quantity.max)
    {
        let (_, price) = price(&offer.price, candidate, currency)?;
        if price < best.as_ref().map_or(total, |best| best.total) {
            best = Some(CheaperAt { quantity: candidate, total: price });
        }
    }
    Ok(best)
}

fn up_to_step(offer: &Offer, quantity: u64) -> u64 {
    let least = quantity.max(offer.quantity.min);
    least.checked_next_multiple_of(offer.quantity.step).unwrap_or(u64::MAX)
}

fn list<T: std::fmt::Display>(items: &[T]) -> String {
    let quoted: Vec<String> = items.iter().map(|item| format!("`{item}`")).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::profiles::CLOUTLY;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    const NOW: &str = "2026-11-21T09:30:00.000Z";

    fn catalog(price: Value) -> Catalog {
        let mut catalog: Value = serde_json::from_str(CLOUTLY).unwrap();
        catalog["offers"][0]["price"] = price;
        catalog["offers"][0]["quantity"] = json!({"step": 1, "min": 1, "max": 10_000_000});
        Catalog::from_json(&catalog.to_string()).unwrap()
    }

    fn ask(catalog: &Catalog, quantity: u64) -> Result<Quote, QuoteError> {
        let request = QuoteRequest { offer: "pack-au".into(), region: None, quantity, at: None };
        quote(catalog, &request, NOW.parse().unwrap())
    }

    fn tiers() -> Value {
        json!([{"from": 1, "up_to": 100, "amount": "0.10"}, {"from": 101, "up_to": 1000, "amount": "0.05"}, {"from": 1001, "amount": "0.041"}])
    }

    #[test]
    fn totals_by_model() {
        let flat = json!({"model": "flat", "per": 100, "amount": "6.20"});
        let fixed = json!({"model": "fixed", "packs": [{"quantity": 50, "amount": "4.00"}, {"quantity": 500, "amount": "30.00"}]});
        for (price, quantity, total, lines) in [
            (flat.clone(), 100, "6.20", 1),
            (flat.clone(), 1, "0.06", 1),
            (flat, 25, "1.55", 1),
            (json!({"model": "volume", "tiers": tiers()}), 100, "10.00", 1),
            (json!({"model": "volume", "tiers": tiers()}), 101, "5.05", 1),
            (json!({"model": "graduated", "tiers": tiers()}), 101, "10.05", 2),
            (json!({"model": "graduated", "tiers": tiers()}), 1001, "55.04", 3),
            (fixed, 500, "30.00", 1),
        ] {
            let quote = ask(&catalog(price), quantity).unwrap();
            assert_eq!((quote.total.to_string().as_str(), quote.lines.len()), (total, lines), "{quantity}");
        }
    }

    /// Domain rule 10: 100 cost 10.00 and 101 cost 5.05, and the quote says so.
    #[test]
    fn a_larger_quantity_that_costs_less_is_named() {
        let volume = catalog(json!({"model": "volume", "tiers": tiers()}));
        let cheaper = ask(&volume, 100).unwrap().cheaper_at.unwrap();
        assert_eq!((cheaper.quantity, cheaper.total.to_string().as_str()), (101, "5.05"));
        assert_eq!(ask(&volume, 101).unwrap().cheaper_at, None);
    }

    /// Domain rule 8: nothing is rounded silently.
    #[test]
    fn a_quantity_between_steps_is_refused_with_its_neighbours() {
        let cloutly = Catalog::from_json(CLOUTLY).unwrap();
        for (quantity, expected) in
            [(150, vec![100, 200]), (0, vec![100]), (99, vec![100]), (2_000_000, vec![1_000_000])]
        {
            match ask(&cloutly, quantity).unwrap_err() {
                QuoteError::Quantity { nearest, .. } => assert_eq!(nearest, expected),
                other => panic!("{other}"),
            }
        }
    }

    #[test]
    fn a_quote_holds_for_the_catalogs_time() {
        let quote = ask(&Catalog::from_json(CLOUTLY).unwrap(), 100).unwrap();
        assert_eq!(quote.expires_at.to_string(), "2026-11-21T10:00:00.000Z");
    }

    #[expect(clippy::arithmetic_side_effects, reason = "an independent computation, in a test")]
    fn error(line: &QuoteLine) -> Decimal {
        (line.price.value() * Decimal::from(line.quantity) / Decimal::from(line.per) - line.amount.value())
            .abs()
    }

    proptest! {
        #[test]
        fn volume_and_graduated_agree_in_the_first_tier(quantity in 1_u64..=100) {
            let volume = ask(&catalog(json!({"model": "volume", "tiers": tiers()})), quantity).unwrap();
            let graduated = ask(&catalog(json!({"model": "graduated", "tiers": tiers()})), quantity).unwrap();
            prop_assert_eq!(volume.total, graduated.total);
        }

        #[test]
        fn each_line_is_off_by_half_a_minor_unit_at_most(quantity in 1_u64..=10_000_000) {
            let quote = ask(&catalog(json!({"model": "graduated", "tiers": tiers()})), quantity).unwrap();
            prop_assert_eq!(quote.lines.iter().map(|line| line.quantity).sum::<u64>(), quantity);
            for line in &quote.lines {
                prop_assert!(error(line) <= Decimal::new(5, 3));
            }
        }
    }
}
