//! A quantity under a price model, line by line.

use crate::catalog::{Model, PriceModel};
use crate::money::{AMOUNT_MAX, Amount, Currency, Decimal, MoneyError, Price};

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
    Ok(QuoteLine { quantity, price, per, amount: price.for_some(quantity, per, currency)? })
}
