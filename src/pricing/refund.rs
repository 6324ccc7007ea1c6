//! What is paid back for a package that was bought: by the terms that its order keeps (domain rule 13). Pure.

use super::lines::sum;
use crate::catalog::{PriceModel, RefundModel};
use crate::money::{Amount, Currency, Decimal, MoneyError, Price, Rounding};

/// A package that may be given back.
#[derive(Clone, Copy, Debug)]
pub struct Returned {
    /// What was paid for it.
    pub paid: Price,
    /// In this currency.
    pub currency: Currency,
    /// Segments bought.
    pub quantity: u64,
    /// Segments that are gone: spent, or lost otherwise.
    pub gone: u64,
}

/// What is paid back: never more than was paid, and nothing where nothing is left. `used` is what used segments cost, for the
/// model that asks for it.
///
/// # Errors
/// [`MoneyError`] where an amount does not fit.
pub fn refund(
    model: RefundModel,
    used: Option<&PriceModel>,
    returned: Returned,
) -> Result<Price, MoneyError> {
    let Returned { paid, currency, quantity, gone } = returned;
    let left = quantity.saturating_sub(gone);
    let back = match (model, used) {
        _ if left == 0 => Decimal::ZERO,
        (RefundModel::None, _) | (RefundModel::UsedValue, None) => Decimal::ZERO,
        (RefundModel::Unused, _) => paid.for_some(left, quantity, currency)?.value(),
        (RefundModel::UsedValue, Some(prices)) => {
            let used = if gone == 0 { Price::ZERO } else { sum(prices, gone, currency, drop)? };
            paid.value().checked_sub(used.value()).ok_or(MoneyError::OutOfRange)?
        }
    };
    let back = back.max(Decimal::ZERO).min(paid.value());
    Price::new(Amount::rounded(back, currency, Rounding::HalfUp)?.value())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Catalog, profiles};

    /// The vendor's own examples (domain.md, known vectors): three packages of 500,000, of which 920,000 are spent.
    #[test]
    fn the_vendors_examples_of_a_refund() {
        let catalog = Catalog::from_json(profiles::TENCENT_SMS).unwrap();
        let currency = catalog.currency;
        let examples = [
            ("2019-06-01T00:00:00Z", "19000", ["0.00", "100.00", "19000.00"], "19100.00"),
            ("2020-06-01T00:00:00Z", "20500", ["0.00", "760.00", "20500.00"], "21260.00"),
        ];
        for (at, paid, expected, total) in examples {
            let at = at.parse().unwrap();
            let used = catalog.listed("cn-refund", ("CN".parse().unwrap(), None), currency, at).unwrap().0;
            let back: Vec<Price> = [500_000, 420_000, 0]
                .map(|gone| Returned { paid: paid.parse().unwrap(), currency, quantity: 500_000, gone })
                .map(|returned| refund(RefundModel::UsedValue, Some(used), returned).unwrap())
                .to_vec();
            assert_eq!(back.iter().map(ToString::to_string).collect::<Vec<_>>(), expected, "{at}");
            let sum: Decimal = back.iter().map(|back| back.value()).sum();
            assert_eq!(sum, total.parse().unwrap());
        }
    }

    /// Used segments may cost less than was paid: what is used up is still paid back with nothing.
    #[test]
    fn a_package_without_a_rest_pays_nothing_back() {
        let catalog = Catalog::from_json(profiles::TENCENT_SMS).unwrap();
        let (currency, at) = (catalog.currency, "2020-06-01T00:00:00Z".parse().unwrap());
        let used = catalog.listed("cn-refund", ("CN".parse().unwrap(), None), currency, at).unwrap().0;
        for (gone, expected) in [(420_000, "79260.00"), (500_000, "0.00"), (500_001, "0.00")] {
            let returned = Returned { paid: "99000".parse().unwrap(), currency, quantity: 500_000, gone };
            let back = refund(RefundModel::UsedValue, Some(used), returned).unwrap();
            assert_eq!(back.to_string(), expected, "{gone}");
        }
    }

    #[test]
    fn what_each_model_pays_back() {
        let currency: Currency = "USD".parse().unwrap();
        let cases = [
            (RefundModel::None, "10.00", 100, 0, "0.00"),
            (RefundModel::Unused, "10.00", 100, 0, "10.00"),
            (RefundModel::Unused, "10.00", 300, 100, "6.67"),
            (RefundModel::Unused, "10.00", 300, 200, "3.33"),
            (RefundModel::Unused, "10.00", 300, 300, "0.00"),
            (RefundModel::Unused, "10.00", 300, 301, "0.00"),
            // Without a price of what was used nothing can be reckoned.
            (RefundModel::UsedValue, "10.00", 300, 1, "0.00"),
        ];
        for (model, paid, quantity, gone, expected) in cases {
            let returned = Returned { paid: paid.parse().unwrap(), currency, quantity, gone };
            assert_eq!(refund(model, None, returned).unwrap().to_string(), expected, "{model:?} {gone}");
        }
    }
}
