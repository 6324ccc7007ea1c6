//! An amount of money in whole minor units, and the one rounding that makes it.

use super::{Currency, Decimal, MoneyError};
use rust_decimal::RoundingStrategy;
use std::fmt;

/// The largest amount either side of zero, in units of its currency. Far above any bill, and far enough below what a
/// [`Decimal`] holds that no sum or product within it is ever inexact.
pub const AMOUNT_MAX: Decimal = Decimal::from_parts(2_808_348_672, 232_830_643, 0, false, 0);

/// How a value between two minor units becomes one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rounding {
    /// To the nearest, a half away from zero: 0.125 is 0.13. What bills use (domain rule 10).
    HalfUp,
    /// Towards zero: 0.129 is 0.12.
    Down,
    /// Away from zero: 0.121 is 0.13.
    Up,
}

/// A whole number of minor units of a currency, such as 6.20 USD.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Amount {
    value: Decimal,
    currency: Currency,
}

impl Amount {
    /// Rounds an exact value to the currency's minor unit.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] beyond [`AMOUNT_MAX`].
    pub fn rounded(value: Decimal, currency: Currency, rounding: Rounding) -> Result<Self, MoneyError> {
        Self::bounded(value.round_dp_with_strategy(currency.minor_units(), rounding.strategy()), currency)
    }

    /// Nothing, in a currency.
    pub fn zero(currency: Currency) -> Self {
        Self { value: Decimal::new(0, currency.minor_units()), currency }
    }

    /// The value in units of the currency; its scale is the currency's minor units.
    pub fn value(self) -> Decimal {
        self.value
    }

    /// The currency.
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// The sum.
    ///
    /// # Errors
    /// [`MoneyError::CurrenciesDiffer`]; [`MoneyError::OutOfRange`] beyond [`AMOUNT_MAX`].
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        Self::bounded(self.value.checked_add(other.value).ok_or(MoneyError::OutOfRange)?, self.currency)
    }

    /// The difference, which may be below zero.
    ///
    /// # Errors
    /// [`MoneyError::CurrenciesDiffer`]; [`MoneyError::OutOfRange`] beyond [`AMOUNT_MAX`].
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        Self::bounded(self.value.checked_sub(other.value).ok_or(MoneyError::OutOfRange)?, self.currency)
    }

    /// So many times the amount.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] beyond [`AMOUNT_MAX`].
    pub fn checked_mul(self, count: u64) -> Result<Self, MoneyError> {
        Self::bounded(
            self.value.checked_mul(Decimal::from(count)).ok_or(MoneyError::OutOfRange)?,
            self.currency,
        )
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            return Ok(());
        }
        Err(MoneyError::CurrenciesDiffer { left: self.currency, right: other.currency })
    }

    // INVARIANT: within AMOUNT_MAX (19 digits, and at most 4 minor ones) a value at the currency's scale is exact.
    fn bounded(mut value: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        if value.abs() > AMOUNT_MAX {
            return Err(MoneyError::OutOfRange);
        }
        if value.is_zero() {
            value.set_sign_positive(true);
        }
        value.rescale(currency.minor_units());
        Ok(Self { value, currency })
    }
}

impl fmt::Display for Amount {
    /// The decimal with exactly the currency's minor units, such as `6.20`; without the currency.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.value, f)
    }
}

impl Rounding {
    fn strategy(self) -> RoundingStrategy {
        match self {
            Self::HalfUp => RoundingStrategy::MidpointAwayFromZero,
            Self::Down => RoundingStrategy::ToZero,
            Self::Up => RoundingStrategy::AwayFromZero,
        }
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::as_conversions, clippy::string_slice, reason = "tests")]
mod tests {
    use super::*;
    use crate::money::parse_decimal;
    use proptest::prelude::*;

    fn amount(value: &str, currency: &str, rounding: Rounding) -> Result<Amount, MoneyError> {
        Amount::rounded(parse_decimal(value).unwrap(), currency.parse().unwrap(), rounding)
    }

    #[test]
    fn the_bound_is_ten_to_the_eighteenth() {
        assert_eq!(AMOUNT_MAX.to_string(), "1000000000000000000");
    }

    #[test]
    fn rounded() {
        use Rounding::{Down, HalfUp, Up};
        for (value, currency, rounding, output) in [
            ("6.2", "USD", HalfUp, "6.20"),
            ("6", "USD", HalfUp, "6.00"),
            ("0.125", "USD", HalfUp, "0.13"),
            ("0.135", "USD", HalfUp, "0.14"),
            ("0.1249999999", "USD", HalfUp, "0.12"),
            ("-0.125", "USD", HalfUp, "-0.13"),
            ("0.129", "USD", Down, "0.12"),
            ("-0.129", "USD", Down, "-0.12"),
            ("0.121", "USD", Up, "0.13"),
            ("0.120", "USD", Up, "0.12"),
            ("0.5", "JPY", HalfUp, "1"),
            ("1.5", "KWD", HalfUp, "1.500"),
            ("-0.001", "USD", HalfUp, "0.00"),
            ("1000000000000000000", "CLF", HalfUp, "1000000000000000000.0000"),
        ] {
            assert_eq!(amount(value, currency, rounding).unwrap().to_string(), output, "{value} {currency}");
        }
        assert_eq!(amount("1000000000000000000.01", "USD", HalfUp), Err(MoneyError::OutOfRange));
    }

    #[test]
    fn arithmetic() {
        let usd = |value| amount(value, "USD", Rounding::HalfUp).unwrap();
        assert_eq!(usd("6.20").checked_add(usd("0.80")).unwrap().to_string(), "7.00");
        assert_eq!(usd("6.20").checked_sub(usd("7")).unwrap().to_string(), "-0.80");
        assert_eq!(usd("6.20").checked_mul(100).unwrap().to_string(), "620.00");
        assert_eq!(usd("6.20").checked_mul(u64::MAX), Err(MoneyError::OutOfRange));
        assert_eq!(usd("6.20").checked_mul(0).unwrap(), Amount::zero("USD".parse().unwrap()));
        assert_eq!(
            usd("1").checked_add(amount("1", "AUD", Rounding::HalfUp).unwrap()).unwrap_err().to_string(),
            "`USD` and `AUD` cannot be added: amounts must be of one currency"
        );
    }

    proptest! {
        #[test]
        fn sums_are_exact(a in -1_000_000_000_000_i64..1_000_000_000_000, b in -1_000_000_000_000_i64..1_000_000_000_000, n in 0_u64..1_000_000) {
            let usd = |cents| Amount::rounded(Decimal::new(cents, 2), "USD".parse().unwrap(), Rounding::Down).unwrap();
            prop_assert_eq!(usd(a).checked_add(usd(b)).unwrap(), usd(a + b));
            prop_assert_eq!(usd(a).checked_sub(usd(b)).unwrap(), usd(a - b));
            let product = i128::from(a) * i128::from(n);
            prop_assert_eq!(usd(a).checked_mul(n).unwrap().value(), Decimal::from_i128_with_scale(product, 2));
        }
    }
}
