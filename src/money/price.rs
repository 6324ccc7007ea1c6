//! A price as catalogs and quotes carry it.

use super::{AMOUNT_MAX, Currency, Decimal, error::MoneyError, parse_decimal};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{fmt, str::FromStr};

/// A price: an exact decimal, zero or more, with any number of decimal places (unit prices such as `0.041` are finer
/// than a minor unit). Its scale is kept: what was written `6.20` is written `6.20` again.
///
/// As data it is a decimal *string*; a number is refused, because a reader of JSON would make it a binary float.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Price(Decimal);

impl Price {
    /// Nothing.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// Takes a decimal as a price.
    ///
    /// # Errors
    /// [`MoneyError::Negative`] below zero.
    pub fn new(value: Decimal) -> Result<Self, MoneyError> {
        if value.is_sign_negative() && !value.is_zero() {
            return Err(MoneyError::Negative { input: value });
        }
        Ok(Self(value))
    }

    /// The decimal.
    pub fn value(self) -> Decimal {
        self.0
    }

    /// The same price with no more decimal places than it needs.
    #[must_use]
    pub fn normalized(self) -> Self {
        Self(self.0.normalize())
    }

    /// What `some` cost where `per` cost this price: exact, then rounded once, half up, to the currency's minor unit.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] beyond [`AMOUNT_MAX`], and where it is for none.
    pub fn for_some(self, some: u64, per: u64, currency: Currency) -> Result<Self, MoneyError> {
        small(self.0, some, per, currency)
            .map_or_else(|| large(self.0, some, per, currency).ok_or(MoneyError::OutOfRange), Ok)
    }
}

/// Amounts below this many minor units are reckoned in 64 bits.
const SMALL: u64 = 1_000_000_000_000_000;

/// In whole numbers of 64 bits, which is many times faster; none where they might not do.
fn small(price: Decimal, some: u64, per: u64, currency: Currency) -> Option<Price> {
    let (places, minor) = (price.scale(), currency.minor_units());
    let digits = u64::try_from(price.mantissa()).ok()?;
    let dividend =
        digits.checked_mul(some)?.checked_mul(10_u64.checked_pow(minor.saturating_sub(places))?)?;
    let divisor = per.checked_mul(10_u64.checked_pow(places.saturating_sub(minor))?)?;
    let (whole, rest) = (dividend.checked_div(divisor)?, dividend.checked_rem(divisor)?);
    // Half up: as much or more than is missing to the next one.
    let up = u64::from(rest >= divisor.checked_sub(rest)?);
    let amount = whole.checked_add(up).filter(|amount| *amount < SMALL)?;
    Some(Price(Decimal::new(i64::try_from(amount).ok()?, minor)))
}

/// The same in 128 bits, which hold a price's 96 and a quantity's 30, and a decimal's 28 places for 30 bits of what it is for: what
/// does not fit is beyond any amount.
fn large(price: Decimal, some: u64, per: u64, currency: Currency) -> Option<Price> {
    let (places, minor) = (price.scale(), currency.minor_units());
    let digits = u128::try_from(price.mantissa()).ok()?;
    let dividend =
        digits.checked_mul(some.into())?.checked_mul(10_u128.checked_pow(minor.saturating_sub(places))?)?;
    let divisor = u128::from(per).checked_mul(10_u128.checked_pow(places.saturating_sub(minor))?)?;
    let (whole, rest) = (dividend.checked_div(divisor)?, dividend.checked_rem(divisor)?);
    let up = u128::from(rest >= divisor.checked_sub(rest)?);
    let amount = i128::try_from(whole.checked_add(up)?).ok()?;
    let amount = Decimal::try_from_i128_with_scale(amount, minor).ok()?;
    (amount <= AMOUNT_MAX).then_some(Price(amount))
}

impl FromStr for Price {
    type Err = MoneyError;

    /// Reads a decimal string without a sign; see [`parse_decimal`].
    fn from_str(input: &str) -> Result<Self, MoneyError> {
        let value = parse_decimal(input)?;
        // A sign says that something is owed, even before a 0.
        if input.starts_with('-') { Err(MoneyError::Negative { input: value }) } else { Self::new(value) }
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Serialize for Price {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Price {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(PriceVisitor)
    }
}

struct PriceVisitor;

impl de::Visitor<'_> for PriceVisitor {
    type Value = Price;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("money as a decimal string, such as \"6.20\"")
    }

    fn visit_str<E: de::Error>(self, input: &str) -> Result<Price, E> {
        input.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn halves_go_up_and_nothing_is_rounded_twice() {
        for (some, price, per, currency, expected) in [
            (1, "0.005", 1, "USD", "0.01"),
            (1, "0.0049999", 1, "USD", "0.00"),
            (3, "0.5", 1, "JPY", "2"),
            (1, "1", 3, "USD", "0.33"),
            (2, "1", 3, "USD", "0.67"),
            (1, "7", 1, "KWD", "7.000"),
            (0, "7", 1, "USD", "0.00"),
            // 1000000009.00499999999999…: 36 digits, of which 28 would read as half a cent.
            (999_999_999, "1.00000001000500001000500001", 1, "USD", "1000000009.00"),
            (999_999_999, "1.00000001000500001000500002", 1, "USD", "1000000009.01"),
            // A hair below half a cent, in what would be the 29th place.
            (499_999_999, "0.00001", 1_000_000, "USD", "0.00"),
            (999_999_999, "0.01", 2_000_000_000, "USD", "0.00"),
            (1_000_000_000, "0.01", 2_000_000_000, "USD", "0.01"),
            (1_000_000_000, "1000000000", 1, "USD", "1000000000000000000.00"),
        ] {
            let (price, currency): (Price, Currency) = (price.parse().unwrap(), currency.parse().unwrap());
            assert_eq!(price.for_some(some, per, currency).unwrap().to_string(), expected, "{some} {price}");
            assert_eq!(large(price.0, some, per, currency).unwrap().to_string(), expected, "{some} {price}");
        }
    }

    #[test]
    fn what_cannot_be_counted_is_refused() {
        for (some, price, per) in [
            (1_000_000_000, "1000000000.01", 1),
            (1_000_000_000, "9999999999999999999999999999", 1),
            (u64::MAX, "9999999999999999999999999999", 1),
            (1, "1", 0),
        ] {
            let price: Price = price.parse().unwrap();
            let error = price.for_some(some, per, "CLF".parse().unwrap()).unwrap_err();
            assert_eq!(error, MoneyError::OutOfRange, "{some} {price} {per}");
        }
    }

    proptest! {
        /// Both ways of reckoning come to the same, to the last place and its zeros.
        #[test]
        fn small_amounts_are_as_large_ones(
            some in 0_u64..=1_000_000_000, digits in 0_i64..=10_000_000_000, places in 0_u32..=9,
            per in 1_u64..=10_000, currency in 0_usize..4,
        ) {
            let currency: Currency = ["JPY", "USD", "KWD", "CLF"][currency].parse().unwrap();
            let price = Decimal::new(digits, places);
            if let Some(amount) = small(price, some, per, currency) {
                prop_assert_eq!(amount.to_string(), large(price, some, per, currency).unwrap().to_string());
            }
        }

        /// Of any price that is read, the sum is within half a minor unit of the exact one, and up at half: in fractions, cross-multiplied.
        #[test]
        #[expect(clippy::arithmetic_side_effects, reason = "an independent computation")]
        fn one_rounding(digits in 0_u64..=u64::MAX, places in 0_u32..=27, some in 0_u64..=1_000_000_000, per in 1_u64..=1_000) {
            let price = Price::new(Decimal::from_i128_with_scale(digits.into(), places)).unwrap();
            let Ok(amount) = price.for_some(some, per, "USD".parse().unwrap()) else { return Ok(()) };
            // digits * some / (per * 10^places) against cents / 100, times 2 * 100 * per * 10^places, in 256 bits.
            let cents = u128::try_from(amount.0.mantissa()).unwrap();
            let one = u128::from(per) * 10_u128.pow(places);
            let exact = wide(u128::from(digits) * u128::from(some), 200);
            prop_assert!(exact < wide(one, 2 * cents + 1));
            prop_assert!(cents == 0 || exact >= wide(one, 2 * cents - 1));
        }
    }

    /// A product of 256 bits, the high half first.
    #[expect(clippy::arithmetic_side_effects, reason = "halves do not overflow")]
    fn wide(a: u128, b: u128) -> (u128, u128) {
        let half = |number: u128| (number >> 64, number & u128::from(u64::MAX));
        let ((a1, a0), (b1, b0)) = (half(a), half(b));
        let (low, cross, other, high) = (a0 * b0, a1 * b0, a0 * b1, a1 * b1);
        let middle = (low >> 64) + half(cross).1 + half(other).1;
        (high + half(cross).0 + half(other).0 + (middle >> 64), (middle << 64) | half(low).1)
    }

    #[test]
    fn json_keeps_the_scale() {
        for json in ["\"6.20\"", "\"0\"", "\"0.041\"", "\"12.600\""] {
            let price: Price = serde_json::from_str(json).unwrap();
            assert_eq!(serde_json::to_string(&price).unwrap(), json);
        }
    }

    #[test]
    fn json_refused() {
        for (json, message) in [
            (
                "6.2",
                "invalid type: floating point `6.2`, expected money as a decimal string, such as \"6.20\"",
            ),
            ("6", "invalid type: integer `6`, expected money as a decimal string, such as \"6.20\""),
            ("null", "invalid type: null, expected money as a decimal string, such as \"6.20\""),
            ("\"-1\"", "`-1` is negative: write a price of zero or more"),
            (
                "\"1e2\"",
                "`1e2` is not a decimal: write digits with at most one point and no zeros in front, such as `6.20`",
            ),
            ("\"-0\"", "`0` is negative: write a price of zero or more"),
            ("\"-0.00\"", "`0.00` is negative: write a price of zero or more"),
        ] {
            let error = serde_json::from_str::<Price>(json).unwrap_err().to_string();
            assert!(error.starts_with(message), "{error}");
        }
    }
}
