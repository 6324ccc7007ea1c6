//! The region that a number belongs to and that a price is for.

use super::{NumberError, decode::Table, excerpt};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{fmt, str::FromStr};

/// A region: a country or territory by the two letters of ISO 3166-1, such as `AU`, or a worldwide service by its calling
/// code, such as `870`.
///
/// Any two capitals but `UK` are a region here; which regions can be sold to is the catalog's to say. The worldwide services are
/// those of the numbering table (800, 808, 870, 878, 881, 882, 883, 888 and 979): each has prices of its own, so that each is a
/// region, where libphonenumber has one, `001`, for them all.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region([u8; 3]); // up to three characters, filled up with zeros

impl Region {
    /// No region in particular, as Unicode's locale data names it; no number belongs to it.
    pub(crate) const UNKNOWN: Self = Self(*b"ZZ\0");

    /// The region of a name that is known to be one.
    pub(super) fn of(name: &str) -> Self {
        match *name.as_bytes() {
            [first, second] => Self([first, second, 0]),
            [first, second, third] => Self([first, second, third]),
            _ => Self([0; 3]),
        }
    }

    /// The code, such as `AU`.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// The code's letters or digits: what is written for every message is not looked at again.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        let [code @ .., 0] = &self.0 else { return &self.0 };
        code
    }
}

impl FromStr for Region {
    type Err = NumberError;

    /// Reads two ASCII capitals, or a worldwide calling code, strictly.
    ///
    /// # Errors
    /// [`NumberError::UnitedKingdom`] for `UK`, [`NumberError::NotARegion`] for anything else.
    fn from_str(input: &str) -> Result<Self, NumberError> {
        match *input.as_bytes() {
            [b'U', b'K'] => Err(NumberError::UnitedKingdom),
            [b'A'..=b'Z', b'A'..=b'Z'] => Ok(Self::of(input)),
            [b'0'..=b'9', _, _]
                if Table::get().owners().iter().any(|owner| owner.region.as_str() == input) =>
            {
                Ok(Self::of(input))
            }
            _ => Err(NumberError::NotARegion { input: excerpt(input) }),
        }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Region {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Region {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(RegionVisitor)
    }
}

struct RegionVisitor;

impl de::Visitor<'_> for RegionVisitor {
    type Value = Region;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a region, such as \"AU\"")
    }

    fn visit_str<E: de::Error>(self, input: &str) -> Result<Region, E> {
        input.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_and_written() {
        let region: Region = "AU".parse().unwrap();
        assert_eq!((region.as_str(), region.to_string()), ("AU", "AU".to_owned()));
        assert_eq!(serde_json::to_string(&region).unwrap(), "\"AU\"");
        assert_eq!(serde_json::from_str::<Region>("\"AU\"").unwrap(), region);
        assert!(region < "GB".parse().unwrap());
        assert_eq!("870".parse::<Region>().unwrap().as_str(), "870");
    }

    #[test]
    fn refused() {
        for input in ["", "A", "au", "AUS", "A1", "ÄU", "--", "AU ", "001", "061", "999", "8"] {
            assert_eq!(
                input.parse::<Region>().unwrap_err().to_string(),
                format!(
                    "`{input}` is not a region: write the two capitals of ISO 3166-1, such as `AU`, or the calling code of \
                     a worldwide service, such as `870`"
                )
            );
        }
        let error = "UK".parse::<Region>().unwrap_err().to_string();
        assert_eq!(error, "`UK` is not a region: ISO 3166-1 has `GB` for the United Kingdom");
        let error = serde_json::from_str::<Region>("61").unwrap_err().to_string();
        assert!(
            error.starts_with("invalid type: integer `61`, expected a region, such as \"AU\""),
            "{error}"
        );
    }
}
