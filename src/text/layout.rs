//! Encodings, counting rules and what one segment holds.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The most segments of one message: the concatenation header numbers them in one octet (TS 23.040 9.2.3.24.1).
pub const SEGMENTS_MAX: u32 = 255;

/// How a text travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Encoding {
    /// Seven bits a character: the default alphabet and its extension table (TS 23.038 6.2.1). Units are septets.
    #[serde(rename = "GSM-7")]
    Gsm7,
    /// Sixteen bits (TS 23.038 6.2.3). Units are UTF-16 units.
    #[serde(rename = "UCS-2")]
    Ucs2,
}

impl Encoding {
    /// `GSM-7` or `UCS-2`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gsm7 => "GSM-7",
            Self::Ucs2 => "UCS-2",
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The rule by which a seller counts segments (domain rule 17).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Counting {
    /// As the networks do: GSM-7 at 160 then 153 septets where every character fits, else UCS-2 at 70 then 67.
    #[default]
    Gsm,
    /// As the sellers of mainland China do: 70 UTF-16 units, then 67, for any text; reported as UCS-2.
    #[serde(rename = "any-text-70")]
    AnyText70,
}

/// Why a text cannot be one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// More segments than one message can have.
    #[error("the text takes {segments} segments: write a text of at most {segments_max}")]
    TooLong {
        /// Segments that the text would take.
        segments: u32,
        /// [`SEGMENTS_MAX`].
        segments_max: u32,
    },
}

/// What a segment holds, in units of the encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) encoding: Encoding,
    /// Units of a message of one segment.
    pub(super) single: usize,
    /// Units of each segment of several: a header of 6 octets takes the rest (TS 23.040 9.2.3.24.1).
    pub(super) part: usize,
}

impl Layout {
    pub(super) const GSM7: Self = Self { encoding: Encoding::Gsm7, single: 160, part: 153 };
    pub(super) const UCS2: Self = Self { encoding: Encoding::Ucs2, single: 70, part: 67 };
}
