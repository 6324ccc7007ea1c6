//! Encodings, counting rules and what one segment holds.

use serde::Serialize;
use std::fmt;

/// The most segments of one message: the concatenation header numbers them in one octet (TS 23.040 9.2.3.24.1).
pub const SEGMENTS_MAX: u32 = 255;

/// How a text travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Encoding {
    /// Seven bits a character: the default alphabet and its extension table (TS 23.038 6.2.1). Units are septets.
    Gsm7,
    /// Sixteen bits (TS 23.038 6.2.3). Units are UTF-16 units.
    Ucs2,
}

impl Encoding {
    /// The encoding of this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Gsm7, Self::Ucs2].into_iter().find(|encoding| encoding.as_str() == name)
    }

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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Counting {
    /// As the networks do: GSM-7 at 160 then 153 septets where every character fits, else UCS-2 at 70 then 67.
    #[default]
    Gsm,
    /// As the sellers of mainland China do: 70 UTF-16 units, then 67, for any text; reported as UCS-2.
    #[serde(rename = "any-text-70")]
    AnyText70,
}

impl Counting {
    /// `gsm` or `any-text-70`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gsm => "gsm",
            Self::AnyText70 => "any-text-70",
        }
    }
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

/// The width of the number by which the segments of one message know each other (TS 23.040 9.2.3.24.1 and 8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Reference {
    /// Five octets in the header: 153 septets or 67 units a segment.
    #[default]
    Bits8,
    /// Six octets in the header: 152 septets or 66 units a segment.
    Bits16,
}

/// Octets of one message's user data, its header included (TS 23.040 9.2.3.24).
const OCTETS: usize = 140;
/// The same in septets, where there is no header.
const SEPTETS: usize = 160;
/// Octets of a header element that announces a national table.
const SHIFT_OCTETS: usize = 3;

/// The most octets that the caller's own header elements may take: the largest character still fits behind them all.
pub const EXTRA_HEADER_OCTETS_MAX: u8 = 120;

/// What a segment holds, in units of the encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Units of a message of one segment.
    pub(super) single: usize,
    /// Units of each segment of several.
    pub(super) part: usize,
}

impl Layout {
    pub(super) const GSM7: Self = Self::gsm7(0, Reference::Bits8, 0);
    pub(super) const UCS2: Self = Self::ucs2(Reference::Bits8, 0);

    /// With so many national tables and so many octets of other header elements.
    #[inline]
    pub(super) const fn gsm7(tables: usize, reference: Reference, extra: usize) -> Self {
        let elements = tables.wrapping_mul(SHIFT_OCTETS).wrapping_add(extra);
        Self { single: septets(elements), part: septets(elements.wrapping_add(octets_of(reference))) }
    }

    /// With so many octets of other header elements.
    #[inline]
    pub(super) const fn ucs2(reference: Reference, extra: usize) -> Self {
        Self { single: units(extra), part: units(extra.wrapping_add(octets_of(reference))) }
    }
}

#[inline]
const fn octets_of(reference: Reference) -> usize {
    match reference {
        Reference::Bits8 => 5,
        Reference::Bits16 => 6,
    }
}

/// Octets of a header with these elements: its length stands before it, and without elements there is none.
#[inline]
const fn header(elements: usize) -> usize {
    if elements == 0 { 0 } else { elements.wrapping_add(1) }
}

/// Septets beside a header: the text begins at the next whole septet.
#[inline]
const fn septets(elements: usize) -> usize {
    SEPTETS.saturating_sub(header(elements).wrapping_mul(8).div_ceil(7))
}

/// UTF-16 units beside a header: an odd octet stays unused.
#[inline]
const fn units(elements: usize) -> usize {
    OCTETS.saturating_sub(header(elements)) / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_segment_holds() {
        use Reference::{Bits8, Bits16};
        let gsm7 = |tables, reference, extra| {
            let Layout { single, part } = Layout::gsm7(tables, reference, extra);
            (single, part)
        };
        let ucs2 = |reference, extra| {
            let Layout { single, part } = Layout::ucs2(reference, extra);
            (single, part)
        };
        assert_eq!(gsm7(0, Bits8, 0), (160, 153));
        assert_eq!(gsm7(0, Bits16, 0), (160, 152));
        assert_eq!(gsm7(1, Bits8, 0), (155, 149));
        assert_eq!(gsm7(2, Bits8, 0), (152, 146));
        assert_eq!(gsm7(1, Bits16, 0), (155, 148));
        // 16-bit port numbers (TS 23.040 9.2.3.24.4): six octets.
        assert_eq!(gsm7(0, Bits8, 6), (152, 146));
        assert_eq!(ucs2(Bits8, 0), (70, 67));
        assert_eq!(ucs2(Bits16, 0), (70, 66));
        assert_eq!(ucs2(Bits8, 6), (66, 64));
        let most = usize::from(EXTRA_HEADER_OCTETS_MAX);
        assert!(gsm7(2, Bits16, most).1 >= 2 && ucs2(Bits16, most).1 >= 2);
    }
}
