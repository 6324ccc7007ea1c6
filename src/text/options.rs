//! How a caller wants a text counted, and why a text cannot be counted so.

use super::layout::{Counting, EXTRA_HEADER_OCTETS_MAX, Layout, Reference, SEGMENTS_MAX};
use super::national::{Language, Tables};

/// How a text is to travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Choice {
    /// GSM-7 where it carries every character, else UCS-2.
    #[default]
    Auto,
    /// GSM-7 or not at all.
    Gsm7,
    /// UCS-2, whatever the text.
    Ucs2,
}

/// Some of the languages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Languages(u16);

impl Languages {
    /// None of them.
    pub const NONE: Self = Self(0);
    /// All thirteen.
    pub const ALL: Self = Self(0x3FFE);

    /// These and another one.
    #[must_use]
    pub fn with(self, language: Language) -> Self {
        Self(self.0 | 1_u16.wrapping_shl(u32::from(language.identifier())))
    }

    /// One bit for each identifier, bit 1 for Turkish; other bits are left out.
    pub fn from_bits(bits: u32) -> Self {
        Self(u16::try_from(bits & u32::from(Self::ALL.0)).unwrap_or(0))
    }

    /// Whether there is none.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether a language is one of them.
    pub fn has(self, language: Language) -> bool {
        self.0.wrapping_shr(u32::from(language.identifier())) & 1 == 1
    }
}

/// How a text is counted. The default is what the networks do with a plain message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Options {
    /// The seller's rule.
    pub counting: Counting,
    /// How the text is to travel; of no account under [`Counting::AnyText70`].
    pub encoding: Choice,
    /// The reference number of a message in several segments.
    pub reference: Reference,
    /// Octets of other header elements in every segment, at most [`EXTRA_HEADER_OCTETS_MAX`].
    pub extra_header: u8,
    /// The national tables that GSM-7 uses. They announce themselves whether or not the text needs them.
    pub tables: Tables,
    /// Languages of which the cheapest tables are taken instead of `tables`, if any.
    pub national: Languages,
    /// The most segments, at most [`SEGMENTS_MAX`].
    pub segments_max: u32,
    /// The most Unicode characters.
    pub characters_max: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            counting: Counting::Gsm,
            encoding: Choice::Auto,
            reference: Reference::Bits8,
            extra_header: 0,
            tables: Tables::default(),
            national: Languages::NONE,
            segments_max: SEGMENTS_MAX,
            characters_max: u32::MAX,
        }
    }
}

impl Options {
    #[inline]
    pub(super) fn gsm7(&self, tables: Tables) -> Layout {
        Layout::gsm7(tables.elements(), self.reference, self.extra())
    }

    #[inline]
    pub(super) fn ucs2(&self) -> Layout {
        Layout::ucs2(self.reference, self.extra())
    }

    #[inline]
    fn extra(&self) -> usize {
        usize::from(self.extra_header.min(EXTRA_HEADER_OCTETS_MAX))
    }

    #[inline]
    pub(super) fn tries_gsm7(&self) -> bool {
        self.counting == Counting::Gsm && self.encoding != Choice::Ucs2
    }
}

impl From<Counting> for Options {
    fn from(counting: Counting) -> Self {
        Self { counting, ..Self::default() }
    }
}

/// Why a text cannot be counted as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// More segments than allowed.
    #[error("the text takes {segments} segments: write a text of at most {segments_max}")]
    TooLong {
        /// Segments that the text would take.
        segments: u32,
        /// How many it may.
        segments_max: u32,
    },
    /// More characters than allowed.
    #[error("the text has {characters} characters: write a text of at most {characters_max}")]
    TooManyCharacters {
        /// Characters of the text.
        characters: u32,
        /// How many it may have.
        characters_max: u32,
    },
    /// A character that the tables of GSM-7 lack, where GSM-7 is asked for.
    #[error(
        "the text has U+{code_point:04X} at {index}, which GSM-7 cannot carry: leave the encoding to `auto`"
    )]
    NotGsm7 {
        /// The first such character's place, in UTF-16 units.
        index: u32,
        /// Its code point.
        code_point: u32,
        /// How many such characters there are.
        count: u32,
    },
}
