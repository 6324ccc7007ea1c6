//! A price as catalogs and quotes carry it.

use super::{Decimal, error::MoneyError, parse_decimal};
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
}

impl FromStr for Price {
    type Err = MoneyError;

    /// Reads a decimal string; see [`parse_decimal`].
    fn from_str(input: &str) -> Result<Self, MoneyError> {
        Self::new(parse_decimal(input)?)
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
        ] {
            let error = serde_json::from_str::<Price>(json).unwrap_err().to_string();
            assert!(error.starts_with(message), "{error}");
        }
    }
}
