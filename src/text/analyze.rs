//! The full report on a text: for people who write one, not for the bill.

use super::count::{Text, check, foreign, lay, saturate};
use super::fill::Cut;
use super::layout::{Counting, Encoding, TextError};
use super::national::Tables;
use super::options::{Options, Refusal};

/// How a text is cut into segments, and why it costs what it does. It is cut by the very code that counts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Analysis {
    /// How the text travels.
    pub encoding: Encoding,
    /// Segments; 1 for the empty text.
    pub segments: u32,
    /// Septets, escapes included, or UTF-16 units.
    pub units: u32,
    /// Units of each segment; they add up to `units`.
    pub per_segment: Vec<u32>,
    /// Units that one segment of this layout holds: 160 or 70 alone, 153 or 67 among several, less with a larger header.
    pub capacity: u32,
    /// Units left in the last segment.
    pub remaining: u32,
    /// Unicode characters (scalar values); a lone surrogate counts as one.
    pub characters: u32,
    /// Characters that the tables of GSM-7 lack, in order.
    pub non_gsm: Vec<NonGsm>,
    /// Where each segment starts, in UTF-16 units.
    pub breaks: Vec<u32>,
    /// The tables that carry the text, or those that come closest.
    pub tables: Tables,
}

/// A character that GSM-7 cannot carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NonGsm {
    /// Where it stands, in UTF-16 units.
    pub index: u32,
    /// Its Unicode code point, or that of a lone surrogate.
    pub code_point: u32,
}

impl NonGsm {
    /// The character itself; none for a lone surrogate.
    pub fn character(self) -> Option<char> {
        char::from_u32(self.code_point)
    }
}

/// Reports how a text is cut into segments.
///
/// # Errors
/// [`TextError::TooLong`], as [`super::count`].
pub fn analyze(text: &str, counting: Counting) -> Result<Analysis, TextError> {
    let units: Vec<u16> = text.encode_utf16().collect();
    analyze_utf16(&units, None, &counting.into()).map_err(|refusal| match refusal {
        Refusal::TooLong { segments, segments_max } => TextError::TooLong { segments, segments_max },
        // No other limit was given.
        _ => TextError::TooLong { segments: u32::MAX, segments_max: super::SEGMENTS_MAX },
    })
}

/// Reports how a text in UTF-16 is cut into segments; `clusters` as in [`super::count_utf16`].
///
/// # Errors
/// [`Refusal`], where the text does not fit the options.
pub fn analyze_utf16(text: &[u16], clusters: Option<&[u32]>, options: &Options) -> Result<Analysis, Refusal> {
    let text = Text { units: text, clusters };
    let mut cuts = Vec::new();
    let laid = lay(text, options, Some(&mut cuts))?;
    let count = laid.count();
    check(text, count.segments, options)?;
    if laid.segments == 1 {
        cuts.clear();
    }
    let last = Cut { index: 0, filled: laid.last };
    let starts = cuts.iter().map(|cut| saturate(cut.index));
    // GSM-7 has no surrogates, and where it carries a text there is nothing to list.
    let (listed, characters) = if laid.encoding == Encoding::Gsm7 {
        (Text { units: &[], clusters: None }, saturate(text.units.len()))
    } else {
        (text, text.length())
    };
    let non_gsm =
        foreign(listed, laid.tables).map(|(index, code_point)| NonGsm { index: saturate(index), code_point });
    Ok(Analysis {
        encoding: count.encoding,
        segments: count.segments,
        units: count.units,
        breaks: std::iter::once(0).chain(starts).collect(),
        per_segment: cuts.iter().chain([&last]).map(|cut| saturate(cut.filled)).collect(),
        capacity: saturate(laid.capacity),
        remaining: count.remaining,
        characters,
        non_gsm: non_gsm.collect(),
        tables: laid.tables,
    })
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::as_conversions, clippy::string_slice, reason = "tests")]
mod tests {
    use super::*;
    use crate::text::alphabet::septets;
    use crate::text::count;
    use proptest::prelude::*;

    #[test]
    fn the_empty_text_is_one_empty_segment() {
        let report = analyze("", Counting::Gsm).unwrap();
        assert_eq!((report.segments, report.units, report.characters), (1, 0, 0));
        assert_eq!((report.capacity, report.remaining), (160, 160));
        assert_eq!((report.per_segment, report.breaks), (vec![0], vec![0]));
    }

    #[test]
    fn one_curly_quote() {
        let text = format!("It{}s {}", '’', "a".repeat(66));
        let report = analyze(&text, Counting::Gsm).unwrap();
        assert_eq!((report.encoding, report.segments, report.units), (Encoding::Ucs2, 2, 71));
        assert_eq!((report.per_segment, report.breaks), (vec![67, 4], vec![0, 67]));
        assert_eq!(report.non_gsm, [NonGsm { index: 2, code_point: 0x2019 }]);
        assert_eq!(report.non_gsm[0].character(), Some('’'));
    }

    #[test]
    fn a_pair_is_never_cut() {
        let gsm = analyze(&("a".repeat(152) + "€" + &"a".repeat(20)), Counting::Gsm).unwrap();
        assert_eq!((gsm.per_segment, gsm.breaks, gsm.remaining), (vec![152, 22], vec![0, 152], 131));
        let ucs2 = analyze(&("ж".repeat(66) + "😀" + &"ж".repeat(20)), Counting::Gsm).unwrap();
        assert_eq!((ucs2.per_segment, ucs2.breaks, ucs2.characters), (vec![66, 22], vec![0, 66], 87));
    }

    fn texts() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-z €{é\n]{0,700}",
            "[a-zж😀]{0,400}",
            proptest::collection::vec(any::<char>(), 0..300)
                .prop_map(|characters| characters.into_iter().collect()),
            ("[a~]{0,8}", 0..330_usize).prop_map(|(end, length)| "x".repeat(length) + &end),
            ("[ж😀]{0,8}", 0..150_usize).prop_map(|(end, length)| "ж".repeat(length) + &end),
        ]
    }

    fn countings() -> impl Strategy<Value = Counting> {
        prop_oneof![Just(Counting::Gsm), Just(Counting::AnyText70)]
    }

    /// Units of each character of a text, with its index in UTF-16 units.
    fn units_of(text: &str, encoding: Encoding) -> Vec<(u32, u32)> {
        let mut index = 0;
        let mut all = Vec::new();
        for character in text.chars() {
            let utf16 = saturate(character.len_utf16());
            all.push((
                index,
                if encoding == Encoding::Gsm7 { saturate(septets(u32::from(character))) } else { utf16 },
            ));
            index += utf16;
        }
        all
    }

    proptest! {
        #[test]
        fn agrees_with_count(text in texts(), counting in countings()) {
            let counted = count(&text, counting).unwrap();
            let report = analyze(&text, counting).unwrap();
            prop_assert_eq!((report.encoding, report.segments, report.units), (counted.encoding, counted.segments, counted.units));
            prop_assert_eq!(report.per_segment.len(), report.segments as usize);
            prop_assert_eq!(report.breaks.len(), report.segments as usize);
            prop_assert_eq!(report.per_segment.iter().sum::<u32>(), report.units);
            prop_assert_eq!(report.per_segment.last().unwrap() + report.remaining, report.capacity);
            prop_assert_eq!(report.characters as usize, text.chars().count());
        }

        #[test]
        fn cuts_between_characters_and_as_late_as_possible(text in texts(), counting in countings()) {
            let report = analyze(&text, counting).unwrap();
            let characters = units_of(&text, report.encoding);
            for (segment, &start) in report.breaks.iter().enumerate().skip(1) {
                let (_, units) = characters.iter().find(|(index, _)| *index == start).expect("a cut inside a pair");
                prop_assert!(report.per_segment[segment - 1] + units > report.capacity);
            }
            prop_assert!(report.per_segment.iter().all(|&units| units <= report.capacity));
        }

        #[test]
        fn appending_never_lowers_units(text in texts(), more in texts(), counting in countings()) {
            let before = count(&text, counting).unwrap();
            let after = count(&(text + &more), counting).unwrap();
            if before.encoding == after.encoding {
                prop_assert!(after.units >= before.units && after.segments >= before.segments);
            }
        }

        #[test]
        fn non_gsm_is_why_the_text_is_ucs2(text in texts()) {
            let report = analyze(&text, Counting::Gsm).unwrap();
            prop_assert_eq!(report.non_gsm.is_empty(), report.encoding == Encoding::Gsm7);
            let utf16: Vec<u16> = text.encode_utf16().collect();
            for found in report.non_gsm {
                let mut buffer = [0; 2];
                let encoded = found.character().unwrap().encode_utf16(&mut buffer);
                prop_assert!(utf16[found.index as usize..].starts_with(encoded));
            }
        }
    }
}
