//! A quantity under a price model, line by line.

use crate::catalog::{Model, PriceModel};
use crate::money::{AMOUNT_MAX, Amount, Currency, Decimal, MoneyError, Price, Rounding};

/// One line of a quote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuoteLine {
    /// Segments.
    pub quantity: u64,
    /// Price of `per` segments.
    pub price: Price,
    /// Segments that `price` is for.
    pub per: u64,
    /// Rounded once, half up, to the currency's minor unit (domain rule 10).
    pub amount: Price,
}

/// Each line of a quantity; none where the model does not sell it.
pub(super) fn each_line(
    model: &PriceModel,
    quantity: u64,
    currency: Currency,
    mut take: impl FnMut(QuoteLine),
) -> Result<(), MoneyError> {
    let per = model.per.unwrap_or(1);
    let mut add = |(quantity, price, per)| line(quantity, price, per, currency).map(&mut take);
    if let Some(price) = model.amount {
        add((quantity, price, per))?;
    }
    let mut priced = 0;
    for tier in model.tiers.iter().filter(|tier| quantity >= tier.from) {
        let last = tier.up_to.map_or(quantity, |up_to| up_to.min(quantity));
        match model.model {
            Model::Graduated => add((last.saturating_sub(priced), tier.amount, per))?,
            _ if last == quantity => add((quantity, tier.amount, per))?,
            _ => {}
        }
        priced = last;
    }
    for pack in model.packs.iter().filter(|pack| pack.quantity == quantity) {
        add((quantity, pack.amount, quantity))?;
    }
    Ok(())
}

/// What all lines come to: a sum of whole minor units, which needs no rounding.
pub(super) fn sum(
    model: &PriceModel,
    quantity: u64,
    currency: Currency,
    mut take: impl FnMut(QuoteLine),
) -> Result<Price, MoneyError> {
    let mut sum: Option<Decimal> = None;
    let mut overflown = false;
    each_line(model, quantity, currency, |line| {
        let amount = line.amount.value();
        match sum.map_or(Some(amount), |sum| sum.checked_add(amount)) {
            None => overflown = true,
            added => sum = added,
        }
        take(line);
    })?;
    let sum = sum.unwrap_or(Amount::zero(currency).value());
    if overflown || sum > AMOUNT_MAX { Err(MoneyError::OutOfRange) } else { Price::new(sum) }
}

fn line(quantity: u64, price: Price, per: u64, currency: Currency) -> Result<QuoteLine, MoneyError> {
    if let Some(amount) = small(quantity, price, per, currency) {
        return Ok(QuoteLine { quantity, price, per, amount });
    }
    let exact = price
        .value()
        .checked_mul(Decimal::from(quantity))
        .and_then(|total| total.checked_div(Decimal::from(per)));
    let exact = exact.ok_or(MoneyError::OutOfRange)?;
    let amount = Amount::rounded(exact, currency, Rounding::HalfUp)?;
    Ok(QuoteLine { quantity, price, per, amount: Price::new(amount.value())? })
}

/// Amounts below this many minor units are reckoned in 64 bits.
const SMALL: u64 = 1_000_000_000_000_000;

/// The same in whole numbers of 64 bits, which is many times faster; none where they might not do.
fn small(quantity: u64, price: Price, per: u64, currency: Currency) -> Option<Price> {
    let price = price.value();
    let (places, minor) = (price.scale(), currency.minor_units());
    let digits = u64::try_from(price.mantissa()).ok()?;
    let dividend =
        digits.checked_mul(quantity)?.checked_mul(10_u64.checked_pow(minor.saturating_sub(places))?)?;
    let divisor = per.checked_mul(10_u64.checked_pow(places.saturating_sub(minor))?)?;
    let (whole, rest) = (dividend.checked_div(divisor)?, dividend.checked_rem(divisor)?);
    // Half up: as much or more than is missing to the next one.
    let up = u64::from(rest >= divisor.checked_sub(rest)?);
    let amount = whole.checked_add(up).filter(|amount| *amount < SMALL)?;
    Price::new(Decimal::new(i64::try_from(amount).ok()?, minor)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn exact(quantity: u64, price: Price, per: u64, currency: Currency) -> Price {
        let product = price.value().checked_mul(Decimal::from(quantity)).unwrap();
        let exact = product.checked_div(Decimal::from(per)).unwrap();
        Price::new(Amount::rounded(exact, currency, Rounding::HalfUp).unwrap().value()).unwrap()
    }

    #[test]
    fn halves_go_up() {
        for (quantity, price, per, currency, amount) in [
            (1, "0.005", 1, "USD", "0.01"),
            (1, "0.0049999", 1, "USD", "0.00"),
            (3, "0.5", 1, "JPY", "2"),
            (1, "1", 3, "USD", "0.33"),
            (2, "1", 3, "USD", "0.67"),
            (1, "7", 1, "KWD", "7.000"),
            (0, "7", 1, "USD", "0.00"),
        ] {
            let (price, currency) = (price.parse().unwrap(), currency.parse().unwrap());
            assert_eq!(small(quantity, price, per, currency).unwrap().to_string(), amount);
            assert_eq!(exact(quantity, price, per, currency).to_string(), amount);
        }
    }

    proptest! {
        /// What is reckoned in 64 bits is what is reckoned in decimals, to the last place and its zeros.
        #[test]
        fn small_amounts_are_exact(
            quantity in 0_u64..=1_000_000_000, digits in 0_i64..=10_000_000_000, places in 0_u32..=9,
            per in 1_u64..=10_000, currency in 0_usize..4,
        ) {
            let currency: Currency = ["JPY", "USD", "KWD", "CLF"][currency].parse().unwrap();
            let price = Price::new(Decimal::new(digits, places)).unwrap();
            if let Some(amount) = small(quantity, price, per, currency) {
                prop_assert_eq!(amount.to_string(), exact(quantity, price, per, currency).to_string());
            }
        }
    }
}
