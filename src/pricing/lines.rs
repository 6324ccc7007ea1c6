//! A quantity under a price model, line by line.

use crate::catalog::{Model, PriceModel, Tier};
use crate::money::{Amount, Currency, Decimal, MoneyError, Price, Rounding};
use serde::{Deserialize, Serialize};

/// One line of a quote.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
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
    let one = |price| line(quantity, price, per, currency);
    match model.model {
        Model::Flat => model.amount.map(one).into_iter().collect(),
        Model::Volume => tier_of(&model.tiers, quantity).map(|tier| one(tier.amount)).into_iter().collect(),
        Model::Graduated => {
            slices(&model.tiers, quantity).map(|(slice, price)| line(slice, price, per, currency)).collect()
        }
        Model::Fixed => {
            let pack = model.packs.iter().find(|pack| pack.quantity == quantity);
            pack.map(|pack| line(quantity, pack.amount, quantity, currency)).into_iter().collect()
        }
    }
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

fn tier_of(tiers: &[Tier], quantity: u64) -> Option<&Tier> {
    tiers.iter().find(|tier| quantity >= tier.from && tier.up_to.is_none_or(|up_to| quantity <= up_to))
}

/// What of a quantity falls into each tier.
fn slices(tiers: &[Tier], quantity: u64) -> impl Iterator<Item = (u64, Price)> {
    tiers.iter().filter(move |tier| quantity >= tier.from).map(move |tier| {
        let last = tier.up_to.map_or(quantity, |up_to| up_to.min(quantity));
        (last.saturating_sub(tier.from).saturating_add(1), tier.amount)
    })
}
