//! Vouchers: what one takes off an order, and why it does not (domain rule 14). Pure: who owns it and whether it is spent is the
//! ledger's to say.

use crate::calendar::Instant;
use crate::money::{Amount, Currency, Decimal, MoneyError, Price, Rounding};
use crate::numbering::Region;
use crate::shape::Fields;
use crate::shape::expected::{CURRENCY, MONEY, TIME};
use std::sync::Arc;

/// What all of an order is, in percent.
const PERCENT_MAX: Decimal = Decimal::ONE_HUNDRED;
/// Decimal places of a percentage, so that its share of any price is exact before it is rounded.
const PERCENT_PLACES_MAX: u32 = 6;

/// What a voucher takes off, and where it applies. It is granted to one account and consumed whole by one order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voucher {
    /// Unique in its account.
    pub id: Arc<str>,
    /// What it takes off.
    pub discount: Discount,
    /// Currency of its amounts, and of the orders that it applies to; absent = any, of a percentage without amounts.
    pub currency: Option<Currency>,
    /// The least that the order costs without it.
    pub min_spend: Option<Price>,
    /// The most that it takes off.
    pub cap: Option<Price>,
    /// The offers that it applies to; none = all.
    pub offers: Vec<Arc<str>>,
    /// The regions that it applies to; none = all.
    pub regions: Vec<Region>,
    /// First instant of its validity; absent = since ever.
    pub from: Option<Instant>,
    /// First instant at which it is no longer valid; absent = never.
    pub until: Option<Instant>,
}

/// What a voucher takes off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discount {
    /// Money.
    Amount(Price),
    /// Hundredths of the order, more than 0 and at most 100.
    Percent(Price),
}

/// Why a voucher does not apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ineligible {
    /// An order has consumed it.
    Consumed,
    /// Its validity has not begun.
    NotYetValid,
    /// Its validity is over.
    Expired,
    /// The offer takes no vouchers.
    OfferExcluded,
    /// It is for other offers.
    WrongOffer,
    /// It is for other regions.
    WrongRegion,
    /// It is for orders in another currency.
    WrongCurrency,
    /// The order costs too little.
    BelowMinSpend,
    /// The order costs so little that nothing is taken off.
    NothingOff,
}

impl Ineligible {
    /// As answers and errors write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Consumed => "consumed",
            Self::NotYetValid => "not_yet_valid",
            Self::Expired => "expired",
            Self::OfferExcluded => "offer_excluded",
            Self::WrongOffer => "wrong_offer",
            Self::WrongRegion => "wrong_region",
            Self::WrongCurrency => "wrong_currency",
            Self::BelowMinSpend => "below_min_spend",
            Self::NothingOff => "nothing_off",
        }
    }
}

/// The order that a voucher is held against.
#[derive(Clone, Copy, Debug)]
pub(super) struct Basket<'a> {
    pub(super) offer: &'a str,
    /// Whether the offer takes vouchers.
    pub(super) vouchers: bool,
    pub(super) region: Region,
    pub(super) currency: Currency,
    pub(super) at: Instant,
}

/// What is wrong with a voucher that ends before it begins.
pub(crate) const NEVER_VALID: &str = "is not after `from`: it would never be valid";

impl Voucher {
    /// The properties of one.
    pub(crate) const FIELDS: [&'static str; 10] =
        ["id", "amount", "percent", "currency", "minSpend", "cap", "offers", "regions", "from", "until"];

    /// Whether its validity leaves out an instant.
    pub fn untimely(&self, at: Instant) -> Option<Ineligible> {
        if self.from.is_some_and(|from| at < from) {
            return Some(Ineligible::NotYetValid);
        }
        self.until.is_some_and(|until| until <= at).then_some(Ineligible::Expired)
    }

    /// Why it does not apply to any order like this one, whatever that costs.
    pub(super) fn excluded(&self, basket: Basket<'_>) -> Option<Ineligible> {
        let absent = |wrong: bool, reason: Ineligible| wrong.then_some(reason);
        self.untimely(basket.at)
            .or_else(|| absent(!basket.vouchers, Ineligible::OfferExcluded))
            .or_else(|| {
                let named = self.offers.iter().any(|offer| **offer == *basket.offer);
                absent(!self.offers.is_empty() && !named, Ineligible::WrongOffer)
            })
            .or_else(|| {
                let named = self.regions.contains(&basket.region);
                absent(!self.regions.is_empty() && !named, Ineligible::WrongRegion)
            })
            .or_else(|| {
                let other = self.currency.is_some_and(|own| own != basket.currency);
                absent(other, Ineligible::WrongCurrency)
            })
    }

    /// What it takes off an order of this price: a share is rounded once, half up, and nothing is ever more than the cap or the
    /// price itself. Or why that is nothing.
    pub(super) fn takes_off(
        &self,
        price: Price,
        currency: Currency,
    ) -> Result<Result<Price, Ineligible>, MoneyError> {
        if self.min_spend.is_some_and(|least| price < least) {
            return Ok(Err(Ineligible::BelowMinSpend));
        }
        let full = match self.discount {
            Discount::Amount(amount) => amount,
            Discount::Percent(percent) => share(price, percent, currency)?,
        };
        // INVARIANT: amounts and caps are whole minor units, so that this rounding only writes their zeros.
        let capped = full.min(self.cap.unwrap_or(full)).min(price).value();
        let off = Price::new(Amount::rounded(capped, currency, Rounding::Down)?.value())?;
        Ok(if off.value().is_zero() { Err(Ineligible::NothingOff) } else { Ok(off) })
    }

    /// The same voucher with its decimals written the shortest way, so that `10.0` is `10`.
    pub(crate) fn normalized(&self) -> Self {
        let [min_spend, cap] = [self.min_spend, self.cap].map(|amount| amount.map(Price::normalized));
        let discount = match self.discount {
            Discount::Amount(amount) => Discount::Amount(amount.normalized()),
            Discount::Percent(percent) => Discount::Percent(percent.normalized()),
        };
        Self { discount, min_spend, cap, ..self.clone() }
    }

    /// Reads one from an object; none where there are problems, which are in the report. When it ends is the caller's to read, who may
    /// know the zone of a date.
    pub(crate) fn read(fields: &Fields<'_>, until: Option<Instant>) -> Option<Self> {
        let [amount, percent, min_spend, cap] =
            ["amount", "percent", "minSpend", "cap"].map(|name| fields.parsed(name, false, MONEY));
        let currency = fields.parsed("currency", false, CURRENCY);
        let discount = discount(fields, amount, percent);
        let amounts = [("amount", amount), ("minSpend", min_spend), ("cap", cap)];
        match currency {
            None if amounts.iter().any(|(_, amount)| amount.is_some()) => {
                fields.add("", "`currency` is missing: say which currency its amounts are in");
            }
            Some(currency) => check_minor_units(fields, &amounts, currency),
            None => {}
        }
        let from = fields.parsed("from", false, TIME);
        if until.is_some() && until <= from {
            fields.add("until", NEVER_VALID);
        }
        let texts = fields.texts("regions").into_iter().enumerate();
        let regions =
            texts.filter(|(index, _)| fields.is_text("regions", *index)).filter_map(|(index, text)| {
                let region: Result<Region, _> = text.parse();
                region
                    .map_err(|error| fields.report.add(fields.at_item("regions", index), error.to_string()))
                    .ok()
            });
        Some(Self {
            id: fields.id("id"),
            regions: regions.collect(),
            offers: fields.ids("offers"),
            currency,
            min_spend,
            cap,
            from,
            until,
            discount: discount?,
        })
    }
}

/// Money that nobody can pay would have to be rounded, in favour of one side.
fn check_minor_units(fields: &Fields<'_>, amounts: &[(&str, Option<Price>)], currency: Currency) {
    let places = currency.minor_units();
    for (name, amount) in amounts {
        if amount.is_some_and(|amount| amount.normalized().value().scale() > places) {
            let message = format!("is finer than `{currency}`, which has {places} decimal places");
            fields.add(name, message);
        }
    }
}

/// So many hundredths of a price, rounded half up.
fn share(price: Price, percent: Price, currency: Currency) -> Result<Price, MoneyError> {
    let percent = percent.value();
    let hundredths = u64::try_from(percent.mantissa()).map_err(|_| MoneyError::OutOfRange)?;
    let whole = 10_u64.checked_pow(percent.scale()).and_then(|one| one.checked_mul(100));
    price.for_some(hundredths, whole.ok_or(MoneyError::OutOfRange)?, currency)
}

fn discount(fields: &Fields<'_>, amount: Option<Price>, percent: Option<Price>) -> Option<Discount> {
    let given = ["amount", "percent"].map(|name| fields.get(name).is_some());
    if given == [true, true] || given == [false, false] {
        fields.add("", "write either `amount` or `percent`: what it takes off");
    }
    for (name, value, most) in [("amount", amount, None), ("percent", percent, Some(PERCENT_MAX))] {
        let value = value.map(Price::value);
        if value.is_some_and(|value| value.is_zero() || most.is_some_and(|most| value > most)) {
            let bound = if most.is_some() { " and at most 100" } else { "" };
            fields.add(name, ["must be more than 0", bound].concat());
        }
    }
    if percent.is_some_and(|percent| percent.value().scale() > PERCENT_PLACES_MAX) {
        fields.add("percent", format!("has more than {PERCENT_PLACES_MAX} decimal places"));
    }
    amount.map(Discount::Amount).or(percent.map(Discount::Percent))
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "small numbers")]
mod tests {
    use super::*;
    use crate::catalog::{Catalog, profiles};
    use crate::pricing::{Quote, QuoteError, QuoteRequest, quote};
    use crate::shape::Report;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    const NOW: &str = "2026-11-24T09:30:00.000Z";

    fn read(value: &Value) -> Result<Voucher, Vec<String>> {
        let report = Report::default();
        let fields = Fields::of(value, String::new(), &Voucher::FIELDS, &report);
        let voucher = Voucher::read(&fields, fields.parsed("until", false, TIME));
        let problems = report.findings().problems;
        if problems.is_empty() {
            return Ok(voucher.unwrap());
        }
        Err(problems.into_iter().map(|problem| format!("{}: {}", problem.path, problem.message)).collect())
    }

    fn catalog() -> Catalog {
        let mut catalog: Value = serde_json::from_str(profiles::CLOUTLY).unwrap();
        catalog["offers"][0]["vouchers"] = json!(true);
        catalog["offers"][0]["price"] = json!({ "model": "volume", "per": 100, "tiers": [
            { "from": 1, "up_to": 999, "amount": "6.20" }, { "from": 1000, "amount": "6.00" },
        ] });
        Catalog::from_value(&catalog).unwrap()
    }

    fn quoted(voucher: &Value, quantity: u64) -> Result<Quote, QuoteError> {
        let (catalog, voucher) = (catalog(), Some(read(voucher).unwrap()));
        let offer = catalog.offers[0].id.clone();
        let request = QuoteRequest { offer, quantity, voucher, ..QuoteRequest::default() };
        quote(&catalog, &request, NOW.parse().unwrap())
    }

    #[test]
    fn what_a_voucher_takes_off() {
        // 200 cost 12.40, 1,000 cost 60.00.
        let cases = [
            (json!({ "id": "v", "amount": "2.40", "currency": "USD" }), 200, "2.40", "10.00"),
            (json!({ "id": "v", "amount": "99", "currency": "USD" }), 200, "12.40", "0.00"),
            (json!({ "id": "v", "percent": "15" }), 200, "1.86", "10.54"),
            (json!({ "id": "v", "percent": "12.5" }), 200, "1.55", "10.85"),
            (json!({ "id": "v", "percent": "12.500001" }), 200, "1.55", "10.85"),
            // 1.2772 and 0.775: rounded once, half up.
            (json!({ "id": "v", "percent": "10.3" }), 200, "1.28", "11.12"),
            (json!({ "id": "v", "percent": "6.25" }), 200, "0.78", "11.62"),
            (json!({ "id": "v", "percent": "100" }), 200, "12.40", "0.00"),
            (json!({ "id": "v", "percent": "50", "cap": "5", "currency": "USD" }), 200, "5.00", "7.40"),
            (
                json!({ "id": "v", "percent": "10", "minSpend": "12.40", "currency": "USD" }),
                200,
                "1.24",
                "11.16",
            ),
            (json!({ "id": "v", "percent": "10", "offers": ["pack-us", "pack-au"] }), 1000, "6.00", "54.00"),
            (json!({ "id": "v", "percent": "10", "regions": ["AU"] }), 1000, "6.00", "54.00"),
            (json!({ "id": "v", "percent": "10", "from": NOW }), 1000, "6.00", "54.00"),
        ];
        for (voucher, quantity, discount, total) in cases {
            let quote = quoted(&voucher, quantity).unwrap();
            let found = (quote.discount.unwrap().to_string(), quote.total.to_string());
            assert_eq!(found, (discount.to_owned(), total.to_owned()), "{voucher}");
            assert_eq!(quote.voucher.as_deref(), Some("v"));
        }
    }

    #[test]
    fn why_a_voucher_does_not_apply() {
        let cases = [
            (
                json!({ "id": "v", "percent": "1", "from": "2026-11-24T09:30:00.001Z" }),
                Ineligible::NotYetValid,
            ),
            (json!({ "id": "v", "percent": "1", "until": NOW }), Ineligible::Expired),
            (json!({ "id": "v", "percent": "1", "offers": ["pack-us"] }), Ineligible::WrongOffer),
            (json!({ "id": "v", "percent": "1", "regions": ["US"] }), Ineligible::WrongRegion),
            (json!({ "id": "v", "amount": "1", "currency": "EUR" }), Ineligible::WrongCurrency),
            (
                json!({ "id": "v", "amount": "1", "currency": "USD", "minSpend": "12.41" }),
                Ineligible::BelowMinSpend,
            ),
        ];
        for (voucher, expected) in cases {
            match quoted(&voucher, 200) {
                Err(QuoteError::Voucher { reason, .. }) => assert_eq!(reason, expected, "{voucher}"),
                other => panic!("{voucher}: {other:?}"),
            }
        }
        let plain = Catalog::from_json(profiles::CLOUTLY).unwrap();
        let voucher = Some(read(&json!({ "id": "v", "percent": "1" })).unwrap());
        let offer = plain.offers[0].id.clone();
        let request = QuoteRequest { offer, quantity: 100, voucher, ..QuoteRequest::default() };
        let error = quote(&plain, &request, NOW.parse().unwrap()).unwrap_err();
        assert!(matches!(error, QuoteError::Voucher { reason: Ineligible::OfferExcluded, .. }), "{error}");
        assert_eq!(error.to_string(), "`v` does not apply: the offer takes no vouchers");
    }

    /// The other quantities are shown as they would be bought: with the voucher where it applies to them, too.
    #[test]
    fn alternatives_bear_the_voucher_where_it_applies_to_them() {
        let voucher = json!({ "id": "v", "amount": "10", "currency": "USD", "minSpend": "12.40" });
        let quote = quoted(&voucher, 200).unwrap();
        let totals: Vec<String> =
            quote.alternatives.iter().map(|other| format!("{} {}", other.quantity, other.total)).collect();
        assert_eq!(totals, ["100 6.20", "300 8.60"]);
    }

    #[test]
    fn a_voucher_that_is_none() {
        let cases = [
            (json!({ "id": "v" }), ": write either `amount` or `percent`: what it takes off"),
            (
                json!({ "id": "v", "amount": "1", "percent": "1", "currency": "USD" }),
                ": write either `amount` or `percent`: what it takes off",
            ),
            (json!({ "id": "v", "percent": "0" }), "percent: must be more than 0 and at most 100"),
            (json!({ "id": "v", "percent": "100.01" }), "percent: must be more than 0 and at most 100"),
            (json!({ "id": "v", "percent": "12.5000001" }), "percent: has more than 6 decimal places"),
            (json!({ "id": "v", "amount": "0.00", "currency": "USD" }), "amount: must be more than 0"),
            (
                json!({ "id": "v", "amount": "1" }),
                ": `currency` is missing: say which currency its amounts are in",
            ),
            (
                json!({ "id": "v", "percent": "5", "cap": "1" }),
                ": `currency` is missing: say which currency its amounts are in",
            ),
            (
                json!({ "id": "v", "percent": "5", "from": NOW, "until": NOW }),
                "until: is not after `from`: it would never be valid",
            ),
            (
                json!({ "id": "a b", "percent": "5" }),
                "id: `a b` is not an id: write 1 to 128 printable ASCII characters without spaces",
            ),
        ];
        for (voucher, expected) in cases {
            assert_eq!(read(&voucher).unwrap_err(), [expected], "{voucher}");
        }
    }

    proptest! {
        /// The discount is the share of the price to half a minor unit, and nobody is ever paid for buying.
        #[test]
        fn a_discount_is_exact_and_a_total_never_negative(hundreds in 1_u64..=10_000, percent in 1_u64..=10_000, cap in 0_u64..10_000_000) {
            let decimal = |hundredths: u64| Decimal::new(i64::try_from(hundredths).unwrap(), 2);
            let voucher = json!({ "id": "v", "percent": decimal(percent).to_string(), "cap": decimal(cap).to_string(), "currency": "USD" });
            let quote = quoted(&voucher, hundreds * 100).unwrap();
            let price: Decimal = quote.lines.iter().map(|line| line.amount.value()).sum();
            let discount = quote.discount.unwrap().value();
            prop_assert_eq!(quote.total.value() + discount, price);
            prop_assert!(quote.total.value() >= Decimal::ZERO);
            let exact = (price * decimal(percent) / Decimal::ONE_HUNDRED).min(decimal(cap));
            prop_assert!((discount - exact).abs() <= Decimal::new(5, 3), "{} {}", discount, exact);
        }
    }
}
