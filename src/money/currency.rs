//! The currencies of ISO 4217.

use super::error::{MoneyError, excerpt};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{fmt, str::FromStr};

/// Active ISO 4217 codes (List One) in order, each followed by its minor units. Codes without a minor unit
/// (metals, test codes, units of account) are not money that anything can be sold in and are left out.
const CURRENCIES: &[u8] = b"\
    AED2AFN2ALL2AMD2AOA2ARS2AUD2AWG2AZN2BAM2BBD2BDT2BHD3BIF0BMD2BND2BOB2BOV2BRL2BSD2BTN2BWP2BYN2BZD2\
    CAD2CDF2CHE2CHF2CHW2CLF4CLP0CNY2COP2COU2CRC2CUP2CVE2CZK2DJF0DKK2DOP2DZD2EGP2ERN2ETB2EUR2FJD2FKP2\
    GBP2GEL2GHS2GIP2GMD2GNF0GTQ2GYD2HKD2HNL2HTG2HUF2IDR2ILS2INR2IQD3IRR2ISK0JMD2JOD3JPY0KES2KGS2KHR2\
    KMF0KPW2KRW0KWD3KYD2KZT2LAK2LBP2LKR2LRD2LSL2LYD3MAD2MDL2MGA2MKD2MMK2MNT2MOP2MRU2MUR2MVR2MWK2MXN2\
    MXV2MYR2MZN2NAD2NGN2NIO2NOK2NPR2NZD2OMR3PAB2PEN2PGK2PHP2PKR2PLN2PYG0QAR2RON2RSD2RUB2RWF0SAR2SBD2\
    SCR2SDG2SEK2SGD2SHP2SLE2SOS2SRD2SSP2STN2SVC2SYP2SZL2THB2TJS2TMT2TND3TOP2TRY2TTD2TWD2TZS2UAH2UGX0\
    USD2USN2UYI0UYU2UYW4UZS2VED2VES2VND0VUV0WST2XAF0XCD2XCG2XOF0XPF0YER2ZAR2ZMW2ZWG2";

/// A currency of ISO 4217.
///
/// Ordered by its code; stored and spoken as the three-letter code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency {
    code: [u8; 3],
    minor_units: u8,
}

impl Currency {
    /// No currency, as ISO 4217 names it: nothing is priced in it.
    pub(crate) const NONE: Self = Self { code: *b"XXX", minor_units: 0 };

    /// The alphabetic code, such as `USD`.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.code).unwrap_or_default()
    }

    /// Decimal places of the smallest unit: 2 for `USD`, 0 for `JPY`, 3 for `KWD`.
    pub fn minor_units(self) -> u32 {
        u32::from(self.minor_units)
    }

    fn look_up(code: [u8; 3]) -> Option<Self> {
        let (rows, _) = CURRENCIES.as_chunks::<4>();
        let at = rows.binary_search_by(|&[a, b, c, _]| [a, b, c].cmp(&code)).ok()?;
        let &[_, _, _, minor_units] = rows.get(at)?;
        Some(Self { code, minor_units: minor_units.wrapping_sub(b'0') })
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    /// Reads an alphabetic code, strictly: three capitals, no space.
    ///
    /// # Errors
    /// [`MoneyError::UnknownCurrency`] for anything else, historic codes and codes without a minor unit included.
    fn from_str(input: &str) -> Result<Self, MoneyError> {
        <[u8; 3]>::try_from(input.as_bytes())
            .ok()
            .and_then(Self::look_up)
            .ok_or_else(|| MoneyError::UnknownCurrency { input: excerpt(input) })
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(CodeVisitor)
    }
}

struct CodeVisitor;

impl de::Visitor<'_> for CodeVisitor {
    type Value = Currency;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a currency code, such as \"USD\"")
    }

    fn visit_str<E: de::Error>(self, input: &str) -> Result<Currency, E> {
        input.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_well_formed() {
        let (rows, rest) = CURRENCIES.as_chunks::<4>();
        assert!(rest.is_empty());
        assert!(rows.is_sorted_by(|a, b| a[..3] < b[..3]));
        for row in rows {
            assert!(row[..3].iter().all(u8::is_ascii_uppercase));
            assert!(matches!(row[3], b'0' | b'2'..=b'4'));
        }
    }

    #[test]
    fn codes_and_minor_units() {
        for (code, minor_units) in
            [("USD", 2), ("AUD", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("AED", 2), ("ZWG", 2), ("UYI", 0)]
        {
            let currency: Currency = code.parse().unwrap();
            assert_eq!((currency.code(), currency.minor_units()), (code, minor_units));
        }
    }

    #[test]
    fn refused() {
        for input in ["", "usd", "US", "USDD", " USD", "XXX", "XAU", "DEM", "U§"] {
            let error = input.parse::<Currency>().unwrap_err();
            assert_eq!(
                error.to_string(),
                format!(
                    "`{input}` is not a currency: write an active ISO 4217 code in capitals, such as `USD`"
                )
            );
        }
    }

    #[test]
    fn json() {
        let currency: Currency = serde_json::from_str("\"NZD\"").unwrap();
        assert_eq!(serde_json::to_string(&currency).unwrap(), "\"NZD\"");
        let error = serde_json::from_str::<Currency>("36").unwrap_err().to_string();
        assert!(
            error.starts_with("invalid type: integer `36`, expected a currency code, such as \"USD\""),
            "{error}"
        );
    }
}
