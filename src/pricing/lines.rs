//! A quantity under a price model, line by line.

use crate::catalog::{Model, PriceModel};
use crate::money::{Amount, Currency, Decimal, MoneyError, Price, Rounding};

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

/// The lines of a quantity; none where the model does not sell it.
pub(super) fn lines(
    model: &PriceModel,
    quantity: u64,
    currency: Currency,
) -> Result<Vec<QuoteLine>, MoneyError> {
    let per = model.per.unwrap_or(1);
    let mut lines = Vec::new();
    let mut add = |(quantity, price, per)| line(quantity, price, per, currency).map(|line| lines.push(line));
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
    Ok(lines)
}

fn line(quantity: u64, price: Price, per: u64, currency: Currency) -> Result<QuoteLine, MoneyError> {
    let exact = price
        .value()
        .checked_mul(Decimal::from(quantity))
        .and_then(|total| total.checked_div(Decimal::from(per)));
    let exact = exact.ok_or(MoneyError::OutOfRange)?;
    let amount = Amount::rounded(exact, currency, Rounding::HalfUp)?;
    Ok(QuoteLine { quantity, price, per, amount: Price::new(amount.value())? })
}
