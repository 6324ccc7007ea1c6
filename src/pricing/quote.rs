//! A quote: what an offer costs now, for how long that holds, and what the package would be.

use super::lines::{QuoteLine, sum};
use super::voucher::{Basket, Ineligible, Voucher};
use crate::calendar::{CalendarError, Instant};
use crate::catalog::{Agreement, Catalog, Offer, PriceList, PriceModel, Pricing, Quantity, Validity};
use crate::money::{Currency, MoneyError, Price};
use crate::numbering::Region;
use crate::shape::ToJson;
use std::sync::Arc;

/// What a buyer asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuoteRequest {
    /// The offer's id.
    pub offer: Arc<str>,
    /// Needed only where the offer covers several regions.
    pub region: Option<Region>,
    /// Segments to buy.
    pub quantity: u64,
    /// Needed only where the offer has several.
    pub purpose: Option<Arc<str>>,
    /// The catalog's unless given.
    pub currency: Option<Currency>,
    /// Needed only where the offer leaves the choice to the buyer.
    pub validity: Option<Validity>,
    /// What is to be taken off.
    pub voucher: Option<Voucher>,
    /// The instant of the quote; now unless given.
    pub at: Option<Instant>,
}

/// A price and how long it holds. An order keeps it (domain rule 16).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// The offer's id.
    pub offer: Arc<str>,
    /// The region that the package will pay.
    pub region: Region,
    /// The purpose that the price is for.
    pub purpose: Option<Arc<str>>,
    /// Segments.
    pub quantity: u64,
    /// Currency of every amount.
    pub currency: Currency,
    /// How the total comes about.
    pub lines: Vec<QuoteLine>,
    /// The voucher that the discount comes of.
    pub voucher: Option<Arc<str>>,
    /// What the voucher takes off; there where it is.
    pub discount: Option<Price>,
    /// Sum of the lines less the discount: what is paid.
    pub total: Price,
    /// A larger quantity that costs less (domain rule 10).
    pub cheaper_at: Option<Alternative>,
    /// The quantities on sale next to this one, the smaller first.
    pub alternatives: Vec<Alternative>,
    /// How long the package would last from payment; absent = it never expires.
    pub validity: Option<Validity>,
    /// The instant of the quote.
    pub quoted_at: Instant,
    /// First instant at which it no longer holds.
    pub expires_at: Instant,
    /// The catalog it was made from.
    pub catalog: CatalogId,
    /// The price list that the price stands in; absent where it stands with the offer.
    pub price_list: Option<Arc<str>>,
    /// What an account must have to buy it (domain rule 12).
    pub gates: Vec<Arc<str>>,
    /// What the buyer must accept to buy it (domain rule 11).
    pub agreement: Option<Agreement>,
}

/// Another quantity of the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternative {
    /// Segments.
    pub quantity: u64,
    /// What they cost.
    pub total: Price,
}

/// A revision of a catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// The offer leaves a choice and none was made, or one that it does not have.
    #[error("{given}: choose one of {choices}")]
    Choice {
        /// What is to be chosen: a property of the request.
        of: &'static str,
        /// What was asked.
        given: String,
        /// What there is.
        choices: String,
    },
    /// It is not sold in this currency.
    #[error("`{region}` has no price in `{currency}`: choose one of {}", list(currencies.iter()))]
    NoCurrency {
        /// The region chosen.
        region: Region,
        /// The currency asked for.
        currency: Currency,
        /// Those in which it is sold: then, or where it is in none, at some time.
        currencies: Vec<Currency>,
    },
    /// It is sold in this currency, but not at this time.
    #[error("`{region}` has no price in `{currency}` at {at}: {}", begins(*from))]
    NoTime {
        /// The region chosen.
        region: Region,
        /// The currency asked for.
        currency: Currency,
        /// The instant of the quote.
        at: Instant,
        /// When it will be sold next; absent where no later price is known.
        from: Option<Instant>,
    },
    /// The offer is not sold in this quantity (domain rule 8).
    #[error("`{quantity}` is not sold: {} {}", nearest_is(nearest), list(nearest.iter()))]
    Quantity {
        /// As asked.
        quantity: u64,
        /// One or two valid quantities around it.
        nearest: Vec<u64>,
    },
    /// The voucher does not apply.
    #[error("`{voucher}` does not apply: {}", why(*.reason))]
    Voucher {
        /// Its id.
        voucher: Arc<str>,
        /// Why not.
        reason: Ineligible,
    },
    /// The sum does not fit.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// The quote's end does not fit the calendar.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
}

impl QuoteError {
    fn voucher(voucher: &Voucher, reason: Ineligible) -> Self {
        Self::Voucher { voucher: Arc::clone(&voucher.id), reason }
    }
}

fn nearest_is(nearest: &[u64]) -> &'static str {
    if let [_] = nearest { "the nearest quantity is" } else { "the nearest quantities are" }
}

fn begins(from: Option<Instant>) -> String {
    from.map_or_else(|| "its prices ended before".into(), |from| format!("the next one holds from {from}"))
}

fn why(reason: Ineligible) -> &'static str {
    match reason {
        Ineligible::Consumed => "an order has consumed it",
        Ineligible::NotYetValid => "its validity has not begun",
        Ineligible::Expired => "its validity is over",
        Ineligible::OfferExcluded => "the offer takes no vouchers",
        Ineligible::WrongOffer => "it is for other offers",
        Ineligible::WrongRegion => "it is for other regions",
        Ineligible::WrongCurrency => "it is for another currency",
        Ineligible::BelowMinSpend => "the order costs less than its minimum",
        Ineligible::NothingOff => "the order costs so little that it takes nothing off",
    }
}

impl Quote {
    /// The quote as JSON text, as the JavaScript API gives it and `purchase` takes it.
    pub fn json(&self) -> String {
        ToJson::json(self)
    }
}

/// The total of a quote alone, for requests without a voucher.
///
/// # Errors
/// Wherever [`quote`] has some.
pub fn total(catalog: &Catalog, request: &QuoteRequest, now: Instant) -> Result<Price, QuoteError> {
    let offer = find_offer(catalog, &request.offer)?;
    let region = choose_region(offer, request.region)?;
    let purpose = chosen_purpose(offer, request.purpose.as_deref())?;
    choose_validity(offer, request.validity)?;
    let quoted_at = request.at.unwrap_or(now);
    let what = (region, purpose.map(|purpose| &**purpose));
    let (sale, _) = Sale::of(catalog, offer, what, request.currency, quoted_at)?;
    sale.check_quantity(request.quantity)?;
    quoted_at.checked_add_seconds(i64::from(catalog.quote_seconds))?;
    Ok(sum(sale.model, request.quantity, sale.currency, drop)?)
}

/// Prices a quantity of an offer at an instant.
///
/// # Errors
/// [`QuoteError`] where the offer, its region, the quantity or another choice is not on sale.
pub fn quote(catalog: &Catalog, request: &QuoteRequest, now: Instant) -> Result<Quote, QuoteError> {
    let offer = find_offer(catalog, &request.offer)?;
    let region = choose_region(offer, request.region)?;
    let purpose = choose_purpose(offer, request.purpose.as_deref())?;
    let validity = choose_validity(offer, request.validity)?;
    let quoted_at = request.at.unwrap_or(now);
    let (mut sale, list) =
        Sale::of(catalog, offer, (region, purpose.as_deref()), request.currency, quoted_at)?;
    sale.check_quantity(request.quantity)?;
    if let Some(voucher) = &request.voucher {
        sale.accept(voucher, offer, region, quoted_at)?;
    }
    let (lines, price) = sale.price(request.quantity)?;
    let discount = match (&request.voucher, sale.discount(price)?) {
        (Some(voucher), Err(reason)) => return Err(QuoteError::voucher(voucher, reason)),
        (_, discount) => discount.ok(),
    };
    let total = sale.total(price)?;
    Ok(Quote {
        offer: Arc::clone(&offer.id),
        region,
        purpose,
        quantity: request.quantity,
        currency: sale.currency,
        cheaper_at: sale.cheaper(request.quantity, total),
        alternatives: sale.alternatives(request.quantity),
        lines,
        voucher: sale.voucher.map(|voucher| Arc::clone(&voucher.id)),
        discount,
        total,
        validity,
        quoted_at,
        expires_at: quoted_at.checked_add_seconds(i64::from(catalog.quote_seconds))?,
        catalog: CatalogId { id: Arc::clone(&catalog.id), revision: catalog.revision },
        price_list: list.map(|list| Arc::clone(&list.id)),
        gates: offer.gates.clone(),
        agreement: offer.agreement.clone(),
    })
}

pub(super) fn find_offer<'a>(catalog: &'a Catalog, id: &Arc<str>) -> Result<&'a Offer, QuoteError> {
    catalog.offer(id).ok_or_else(|| QuoteError::UnknownOffer {
        offer: Arc::clone(id),
        offers: list(catalog.offers.iter().map(|offer| &*offer.id)),
    })
}

pub(super) fn choose_region(offer: &Offer, asked: Option<Region>) -> Result<Region, QuoteError> {
    match (asked, offer.regions.as_slice()) {
        (Some(region), regions) if regions.contains(&region) => Ok(region),
        (None, [only]) => Ok(*only),
        (asked, regions) => {
            Err(refuse("region", asked.as_ref().map(Region::as_str), &mut regions.iter().map(Region::as_str)))
        }
    }
}

fn choose_purpose(offer: &Offer, asked: Option<&str>) -> Result<Option<Arc<str>>, QuoteError> {
    chosen_purpose(offer, asked).map(|purpose| purpose.map(Arc::clone))
}

pub(super) fn chosen_purpose<'a>(
    offer: &'a Offer,
    asked: Option<&str>,
) -> Result<Option<&'a Arc<str>>, QuoteError> {
    let found = offer.purposes.iter().find(|purpose| asked == Some(purpose));
    match (asked, &*offer.purposes) {
        (None, []) => Ok(None),
        (None, [only]) => Ok(Some(only)),
        (asked, purposes) => {
            let refuse = || refuse("purpose", asked, &mut purposes.iter().map(|purpose| &**purpose));
            found.map(Some).ok_or_else(refuse)
        }
    }
}

fn choose_validity(offer: &Offer, asked: Option<Validity>) -> Result<Option<Validity>, QuoteError> {
    match (asked, &*offer.validity) {
        (None, []) => Ok(None),
        (None, [only]) => Ok(Some(*only)),
        (Some(asked), choices) if choices.contains(&asked) => Ok(Some(asked)),
        (asked, choices) => {
            let [asked, choices] = [asked.as_slice(), choices]
                .map(|list| list.iter().map(ToString::to_string).collect::<Vec<String>>());
            Err(refuse(
                "validity",
                asked.first().map(String::as_str),
                &mut choices.iter().map(String::as_str),
            ))
        }
    }
}

#[cold]
fn refuse(of: &'static str, asked: Option<&str>, choices: &mut dyn Iterator<Item = &str>) -> QuoteError {
    let given = match asked {
        Some(asked) => format!("`{asked}` is not a {of} of this offer"),
        None => ["missing: this offer leaves the ", of, " to the buyer"].concat(),
    };
    QuoteError::Choice { of, given, choices: list(choices) }
}

/// Why a sale has no price: its currency or its time.
#[cold]
fn unpriced(
    catalog: &Catalog,
    offer: &Offer,
    (region, purpose): (Region, Option<&str>),
    currency: Currency,
    at: Instant,
) -> QuoteError {
    let Pricing::Prices(series) = &offer.pricing else {
        return QuoteError::NoCurrency { region, currency, currencies: vec![catalog.currency] };
    };
    let lists = || {
        let listed = |list: &&PriceList| list.series == *series && list.price(region, purpose).is_some();
        catalog.price_lists.iter().filter(listed)
    };
    let mut currencies: Vec<Currency> = Vec::new();
    let mut note = |list: &PriceList| {
        if !currencies.contains(&list.currency) {
            currencies.push(list.currency);
        }
    };
    lists().filter(|list| list.holds(at)).for_each(&mut note);
    let own = || lists().filter(|list| list.currency == currency);
    if currencies.is_empty() && own().next().is_some() {
        let from = own().filter_map(|list| list.from).filter(|from| *from > at).min();
        return QuoteError::NoTime { region, currency, at, from };
    }
    if currencies.is_empty() {
        lists().for_each(|list| currencies.push(list.currency));
        currencies.dedup();
    }
    QuoteError::NoCurrency { region, currency, currencies }
}

/// What is sold: a price, the quantities that it is for, and its currency.
pub(super) struct Sale<'a> {
    model: &'a PriceModel,
    rule: Quantity,
    currency: Currency,
    /// One that applies, but perhaps not to every price.
    voucher: Option<&'a Voucher>,
}

impl<'a> Sale<'a> {
    pub(super) fn of(
        catalog: &'a Catalog,
        offer: &'a Offer,
        what: (Region, Option<&str>),
        currency: Option<Currency>,
        at: Instant,
    ) -> Result<(Self, Option<&'a PriceList>), QuoteError> {
        let currency = currency.unwrap_or(catalog.currency);
        let (model, list) = catalog
            .price(offer, what, currency, at)
            .ok_or_else(|| unpriced(catalog, offer, what, currency, at))?;
        Ok((Self { model, rule: offer.quantity, currency, voucher: None }, list))
    }

    fn accept(
        &mut self,
        voucher: &'a Voucher,
        offer: &Offer,
        region: Region,
        at: Instant,
    ) -> Result<(), QuoteError> {
        let basket =
            Basket { offer: &offer.id, vouchers: offer.vouchers, region, currency: self.currency, at };
        self.voucher = Some(voucher);
        voucher.excluded(basket).map_or(Ok(()), |reason| Err(QuoteError::voucher(voucher, reason)))
    }

    /// What the voucher takes off a price, or why that is nothing, as it is without a voucher.
    fn discount(&self, price: Price) -> Result<Result<Price, Ineligible>, MoneyError> {
        let none = Ok(Err(Ineligible::NothingOff));
        self.voucher.map_or(none, |voucher| voucher.takes_off(price, self.currency))
    }

    /// What is left to pay.
    fn total(&self, price: Price) -> Result<Price, MoneyError> {
        let Ok(discount) = self.discount(price)? else { return Ok(price) };
        let left = price.value().checked_sub(discount.value()).ok_or(MoneyError::OutOfRange)?;
        Price::new(left)
    }

    fn packs(&self) -> impl DoubleEndedIterator<Item = u64> {
        self.model.packs.iter().map(|pack| pack.quantity)
    }

    pub(super) fn is_packs(&self) -> bool {
        !self.model.packs.is_empty()
    }

    /// The largest quantity on sale below one.
    pub(super) fn below(&self, quantity: u64) -> Option<u64> {
        if self.is_packs() {
            return self.packs().rfind(|pack| *pack < quantity);
        }
        let within = quantity.checked_sub(1)?.min(self.rule.max);
        let stepped = within.saturating_sub(within.checked_rem(self.rule.step)?);
        (stepped >= self.rule.min).then_some(stepped)
    }

    /// The smallest quantity on sale from one on.
    pub(super) fn from(&self, quantity: u64) -> Option<u64> {
        if self.is_packs() {
            return self.packs().find(|pack| *pack >= quantity);
        }
        let stepped = quantity.max(self.rule.min).checked_next_multiple_of(self.rule.step)?;
        (stepped <= self.rule.max).then_some(stepped)
    }

    pub(super) fn check_quantity(&self, quantity: u64) -> Result<(), QuoteError> {
        let from = self.from(quantity);
        if from == Some(quantity) {
            return Ok(());
        }
        Err(QuoteError::Quantity {
            quantity,
            nearest: self.below(quantity).into_iter().chain(from).collect(),
        })
    }

    fn price(&self, quantity: u64) -> Result<(Vec<QuoteLine>, Price), MoneyError> {
        let mut lines = Vec::new();
        let total = sum(self.model, quantity, self.currency, |line| lines.push(line))?;
        Ok((lines, total))
    }

    /// Another quantity; none where it costs more than can be counted.
    fn alternative(&self, quantity: u64) -> Option<Alternative> {
        let price = sum(self.model, quantity, self.currency, drop).ok()?;
        Some(Alternative { quantity, total: self.total(price).ok()? })
    }

    /// The quantities on sale next to one.
    fn alternatives(&self, quantity: u64) -> Vec<Alternative> {
        let above = self.from(quantity.saturating_add(1));
        let beside = self.below(quantity).into_iter().chain(above);
        beside.filter_map(|quantity| self.alternative(quantity)).collect()
    }

    /// The cheapest of the larger quantities at which a price changes, where it costs less.
    fn cheaper(&self, quantity: u64, total: Price) -> Option<Alternative> {
        let steps = self.model.tiers.iter().filter_map(|tier| self.from(tier.from));
        let mut best: Option<Alternative> = None;
        let larger = steps.chain(self.packs()).filter(|candidate| *candidate > quantity);
        for other in larger.filter_map(|candidate| self.alternative(candidate)) {
            if other.total < best.as_ref().map_or(total, |best| best.total) {
                best = Some(other);
            }
        }
        best
    }
}

fn list<T: std::fmt::Display>(items: impl Iterator<Item = T>) -> String {
    let quoted: Vec<String> = items.map(|item| format!("`{item}`")).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::profiles::CLOUTLY;
    use crate::money::Decimal;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    const NOW: &str = "2026-11-21T09:30:00.000Z";

    fn catalog(price: Value) -> Catalog {
        let mut catalog: Value = serde_json::from_str(CLOUTLY).unwrap();
        catalog["offers"][0]["price"] = price;
        catalog["offers"][0]["quantity"] = json!({"step": 1, "min": 1, "max": 10_000_000});
        catalog["offers"][0].as_object_mut().unwrap().remove("recharge_quantity");
        Catalog::from_json(&catalog.to_string()).unwrap()
    }

    fn ask(catalog: &Catalog, quantity: u64) -> Result<Quote, QuoteError> {
        quote(catalog, &request(quantity), NOW.parse().unwrap())
    }

    fn request(quantity: u64) -> QuoteRequest {
        QuoteRequest { offer: "pack-au".into(), quantity, ..QuoteRequest::default() }
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
        // 200 cost 10.00, too: the same is not less.
        let even = catalog(json!({"model": "volume", "tiers": [
            {"from": 1, "up_to": 199, "amount": "0.10"}, {"from": 200, "amount": "0.05"},
        ]}));
        assert_eq!(ask(&even, 100).unwrap().cheaper_at, None);
        assert_eq!(ask(&even, 101).unwrap().cheaper_at.unwrap().quantity, 200);
    }

    #[test]
    fn a_pack_has_other_packs_beside_it() {
        let packs = [(50, "4.00"), (500, "30.00"), (5_000, "200.00")]
            .map(|(quantity, amount)| json!({"quantity": quantity, "amount": amount}));
        let catalog = catalog(json!({"model": "fixed", "packs": packs}));
        for (quantity, beside) in [(50, vec![500]), (500, vec![50, 5_000]), (5_000, vec![500])] {
            let alternatives = ask(&catalog, quantity).unwrap().alternatives;
            let found: Vec<u64> = alternatives.iter().map(|other| other.quantity).collect();
            assert_eq!(found, beside, "{quantity}");
        }
        for (quantity, message) in [
            (49, "`49` is not sold: the nearest quantity is `50`"),
            (400, "`400` is not sold: the nearest quantities are `50`, `500`"),
            (5_001, "`5001` is not sold: the nearest quantity is `5000`"),
        ] {
            assert_eq!(ask(&catalog, quantity).unwrap_err().to_string(), message);
        }
    }

    /// What is too much for one line is too much for two together.
    #[test]
    fn a_total_is_at_most_what_can_be_counted() {
        let graduated = |last: &str| {
            let tiers =
                json!([{"from": 1, "up_to": 1, "amount": "500000000000000000"}, {"from": 2, "amount": last}]);
            catalog(json!({"model": "graduated", "tiers": tiers}))
        };
        let most = ask(&graduated("500000000000000000"), 2).unwrap();
        assert_eq!(most.total.to_string(), "1000000000000000000.00");
        let error = ask(&graduated("500000000000000000.01"), 2).unwrap_err();
        assert!(matches!(error, QuoteError::Money(MoneyError::OutOfRange)), "{error}");
    }

    /// A package is bought for a region that its offer has, whatever else the catalog sells (domain rule 26).
    #[test]
    fn a_region_of_other_offers_is_refused() {
        let cloutly = Catalog::from_json(CLOUTLY).unwrap();
        let asked = |region: &str| {
            let request = QuoteRequest { region: Some(region.parse().unwrap()), ..request(100) };
            quote(&cloutly, &request, NOW.parse().unwrap())
        };
        assert_eq!(asked("AU").unwrap().region.as_str(), "AU");
        assert_eq!(
            asked("US").unwrap_err().to_string(),
            "`US` is not a region of this offer: choose one of `AU`"
        );
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

    /// Dated lists: what has no price says whether the currency or the time is why, and what would have one.
    #[test]
    fn what_has_no_price_says_why() {
        let list = |id: &str, currency: &str, from: &str, until: Option<&str>| {
            json!({"id": id, "series": "au", "currency": currency, "from": from, "until": until,
                "prices": [{"region": "AU", "model": "flat", "amount": "0.062"}]})
        };
        let mut other = list("gbp", "GBP", "2026-01-01T00:00:00Z", None);
        other["series"] = json!("other");
        let mut document: Value = serde_json::from_str(CLOUTLY).unwrap();
        let offer = document["offers"][0].as_object_mut().unwrap();
        offer.remove("price");
        offer.insert("prices".to_owned(), json!("au"));
        document["price_lists"] = json!([
            list("usd", "USD", "2026-01-01T00:00:00Z", Some("2027-01-01T00:00:00Z")),
            list("eur", "EUR", "2026-06-01T00:00:00Z", None),
            // Of no offer: its currency is none to choose.
            other,
        ]);
        let catalog = Catalog::from_json(&document.to_string()).unwrap();
        for (currency, at, message) in [
            (Some("AUD"), NOW, "`AU` has no price in `AUD`: choose one of `USD`, `EUR`"),
            (Some("AUD"), "2020-01-01T00:00:00Z", "`AU` has no price in `AUD`: choose one of `USD`, `EUR`"),
            (Some("EUR"), "2026-02-01T00:00:00Z", "`AU` has no price in `EUR`: choose one of `USD`"),
            (
                None,
                "2025-02-01T00:00:00Z",
                "`AU` has no price in `USD` at 2025-02-01T00:00:00.000Z: the next one holds from 2026-01-01T00:00:00.000Z",
            ),
            (None, "2027-02-01T00:00:00Z", "`AU` has no price in `USD`: choose one of `EUR`"),
        ] {
            let request = QuoteRequest {
                offer: "pack-au".into(),
                quantity: 100,
                currency: currency.map(|code| code.parse().unwrap()),
                at: Some(at.parse().unwrap()),
                ..QuoteRequest::default()
            };
            let error = quote(&catalog, &request, NOW.parse().unwrap()).unwrap_err();
            assert_eq!(error.to_string(), message);
        }
        let flat = QuoteRequest { currency: Some("EUR".parse().unwrap()), ..request(100) };
        let error = quote(&Catalog::from_json(CLOUTLY).unwrap(), &flat, NOW.parse().unwrap()).unwrap_err();
        assert_eq!(error.to_string(), "`AU` has no price in `EUR`: choose one of `USD`");
    }

    #[test]
    fn a_quote_says_what_it_takes_to_buy() {
        let mut document: Value = serde_json::from_str(CLOUTLY).unwrap();
        document["offers"][0]["gates"] = json!(["enterprise-certified"]);
        document["offers"][0]["agreement"] = json!({"id": "terms", "version": "2"});
        let quote = ask(&Catalog::from_json(&document.to_string()).unwrap(), 100).unwrap();
        assert_eq!(quote.gates, ["enterprise-certified".into()]);
        let written = quote.json();
        let end = r#""gates":["enterprise-certified"],"agreement":{"id":"terms","version":"2"}}"#;
        assert!(written.ends_with(end), "{written}");
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

        /// A graduated price whose first tier begins above 1 prices what lies below as the first slice.
        #[test]
        fn totals_are_sums_of_their_lines_and_never_negative(
            quantity in 1_u64..=10_000_000,
            micros in proptest::array::uniform3(0_u32..2_000_000),
            model in prop_oneof![Just("volume"), Just("graduated")],
            first in prop_oneof![Just(1_u64), Just(100)],
        ) {
            let quantity = quantity.max(first);
            let amount = |micros: u32| Decimal::new(i64::from(micros), 6).to_string();
            let [a, b, c] = micros.map(amount);
            let tiers = json!([{"from": first, "up_to": 999, "amount": a}, {"from": 1000, "up_to": 99_999, "amount": b},
                {"from": 100_000, "amount": c}]);
            let mut document: Value = serde_json::from_str(CLOUTLY).unwrap();
            document["offers"][0]["price"] = json!({"model": model, "tiers": tiers});
            document["offers"][0]["quantity"] = json!({"step": 1, "min": first, "max": 10_000_000});
            document["offers"][0].as_object_mut().unwrap().remove("recharge_quantity");
            let catalog = Catalog::from_json(&document.to_string()).unwrap();
            let quote = ask(&catalog, quantity).unwrap();
            prop_assert_eq!(quote.lines.iter().map(|line| line.quantity).sum::<u64>(), quantity);
            let sum: Decimal = quote.lines.iter().map(|line| line.amount.value()).sum();
            prop_assert_eq!(quote.total.value(), sum);
            prop_assert!(sum >= Decimal::ZERO);
            prop_assert!(quote.lines.iter().all(|line| error(line) <= Decimal::new(5, 3)));
            prop_assert!(quote.cheaper_at.is_none_or(|other| other.quantity > quantity && other.total < quote.total));
            let at = QuoteRequest {
                offer: quote.offer.clone(), quantity, at: Some(quote.quoted_at), ..QuoteRequest::default()
            };
            let again = super::quote(&catalog, &at, Instant::MAX).unwrap();
            prop_assert_eq!(again.lines, quote.lines);
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
