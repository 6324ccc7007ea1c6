//! The national languages of GSM-7 (3GPP TS 23.038 6.2.1.2) and what a character costs under their tables.
//!
//! A locking table takes the default alphabet's place, a single shift table that of its extension table. Each announces
//! itself with an element of the header (TS 23.040 9.2.3.24.15 and 16), which `layout.rs` reckons with.

use super::alphabet;
use super::tables::{LOCKING, SINGLE};

/// The characters of one table: bits of ASCII, bits of the 256 code points from `first` on, and the few beyond.
pub(super) struct Letters {
    pub(super) first: u32,
    pub(super) bits: [u64; 6],
    pub(super) others: &'static [u16],
}

/// Code points of ASCII, which the bits begin with.
const ASCII: u32 = 0x80;

impl Letters {
    pub(super) fn has(&self, code_point: u32) -> bool {
        let at = if code_point < ASCII {
            code_point
        } else {
            code_point.wrapping_sub(self.first).saturating_add(ASCII)
        };
        let word = usize::try_from(at.wrapping_shr(6)).ok().and_then(|word| self.bits.get(word));
        match word {
            Some(word) => word.wrapping_shr(at & 0x3F) & 1 == 1,
            None => u16::try_from(code_point).is_ok_and(|unit| self.others.contains(&unit)),
        }
    }
}

/// A language with tables of its own, by its identifier in the header (TS 23.038 6.2.1.2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Language {
    /// `tr`
    Turkish = 1,
    /// `es`; it has no locking table.
    Spanish = 2,
    /// `pt`
    Portuguese = 3,
    /// `bn`
    Bengali = 4,
    /// `gu`
    Gujarati = 5,
    /// `hi`
    Hindi = 6,
    /// `kn`
    Kannada = 7,
    /// `ml`
    Malayalam = 8,
    /// `or`
    Oriya = 9,
    /// `pa`
    Punjabi = 10,
    /// `ta`
    Tamil = 11,
    /// `te`
    Telugu = 12,
    /// `ur`
    Urdu = 13,
}

impl Language {
    /// Every language, by identifier.
    pub const ALL: [Self; 13] = [
        Self::Turkish,
        Self::Spanish,
        Self::Portuguese,
        Self::Bengali,
        Self::Gujarati,
        Self::Hindi,
        Self::Kannada,
        Self::Malayalam,
        Self::Oriya,
        Self::Punjabi,
        Self::Tamil,
        Self::Telugu,
        Self::Urdu,
    ];

    /// Its identifier in the header, 1 to 13.
    #[expect(clippy::as_conversions, reason = "the discriminant is the identifier")]
    pub const fn identifier(self) -> u8 {
        self as u8
    }

    /// The language of an identifier.
    pub fn from_identifier(identifier: u32) -> Option<Self> {
        let at = usize::try_from(identifier.checked_sub(1)?).ok()?;
        Self::ALL.get(at).copied()
    }

    /// Whether it has a locking table: all but Spanish.
    pub fn has_locking(self) -> bool {
        self != Self::Spanish
    }

    fn of(self, tables: &'static [Letters; 13]) -> Option<&'static Letters> {
        tables.get(usize::from(self.identifier().wrapping_sub(1)))
    }
}

/// Which tables a message in GSM-7 uses; none = the default ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tables {
    /// In place of the default alphabet; Spanish changes nothing.
    pub locking: Option<Language>,
    /// In place of the default extension table.
    pub single: Option<Language>,
}

impl Tables {
    /// The language whose locking table is used.
    fn locked(self) -> Option<Language> {
        self.locking.filter(|language| language.has_locking())
    }

    /// Header elements that announce them.
    pub(super) fn elements(self) -> usize {
        usize::from(self.locked().is_some()).wrapping_add(usize::from(self.single.is_some()))
    }
}

/// What characters cost in one encoding.
#[derive(Clone, Copy)]
pub(super) enum Alphabet {
    Gsm7 { locking: Option<&'static Letters>, single: Option<&'static Letters> },
    Ucs2,
}

impl Alphabet {
    pub(super) fn of(tables: Tables) -> Self {
        Self::Gsm7 {
            locking: tables.locked().and_then(|language| language.of(&LOCKING)),
            single: tables.single.and_then(|language| language.of(&SINGLE)),
        }
    }

    /// Units of a character, 0 where the alphabet lacks it. A lone surrogate is a unit of UCS-2 and in no table.
    pub(super) fn units(self, code_point: u32) -> usize {
        let Self::Gsm7 { locking, single } = self else {
            return if code_point > 0xFFFF { 2 } else { 1 };
        };
        let usual = alphabet::septets(code_point);
        if locking.map_or(usual == 1, |letters| letters.has(code_point)) {
            1
        } else if single.map_or(usual == 2, |letters| letters.has(code_point)) {
            2
        } else {
            0
        }
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "tests")]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::collections::BTreeSet;

    const CODES: [&str; 13] = ["tr", "es", "pt", "bn", "gu", "hi", "kn", "ml", "or", "pa", "ta", "te", "ur"];

    fn cells(table: &Value) -> BTreeSet<u32> {
        let cells = table.as_object().into_iter().flat_map(|cells| cells.values());
        cells.map(|cell| u32::from_str_radix(cell.as_str().unwrap(), 16).unwrap()).collect()
    }

    #[test]
    fn every_character_of_every_table() {
        let source = include_str!("../../tests/fixtures/gsm-national-tables.json");
        let source: Value = serde_json::from_str(source).unwrap();
        for (code, language) in CODES.into_iter().zip(Language::ALL) {
            let table = &source[code];
            assert_eq!(table["id"], language.identifier());
            assert_eq!(Language::from_identifier(u32::from(language.identifier())), Some(language));
            assert_eq!(table.get("locking").is_some(), language.has_locking());
            for (key, tables) in [("locking", &LOCKING), ("single", &SINGLE)] {
                let expected = cells(table.get(key).unwrap_or(&Value::Null));
                let letters = language.of(tables).unwrap();
                for code_point in (0..=0x0011_FFFF).chain([u32::MAX]) {
                    assert_eq!(
                        letters.has(code_point),
                        expected.contains(&code_point),
                        "{code} {key} U+{code_point:04X}"
                    );
                }
            }
        }
        assert_eq!(Language::from_identifier(0), None);
        assert_eq!(Language::from_identifier(14), None);
    }

    #[test]
    fn what_published_tables_have_wrong() {
        let units = |locking, single, character: char| {
            Alphabet::of(Tables { locking, single }).units(u32::from(character))
        };
        for language in Language::ALL {
            assert_eq!(units(None, Some(language), '\u{C}'), 2, "form feed is a character of the extension");
            for tables in [(Some(language), None), (None, Some(language)), (Some(language), Some(language))] {
                assert_eq!(units(tables.0, tables.1, '\u{1B}'), 0, "the escape is never text");
                assert_eq!(units(tables.0, tables.1, ','), 1, "the comma of {language:?}");
            }
        }
        assert_eq!(units(Some(Language::Hindi), None, '\''), 0);
        assert_eq!(units(Some(Language::Kannada), None, 'ಡ'), 1);
        assert_eq!(units(None, Some(Language::Telugu), '€'), 0);
        assert_eq!(units(None, None, '€'), 2);
    }
}
