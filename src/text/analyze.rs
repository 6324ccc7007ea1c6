//! The full report on a text: for people who write one, not for the bill.

use super::{
    Count, Counting, Encoding, TextError,
    alphabet::septets,
    count::{count, saturate},
    layout::Layout,
};
use serde::Serialize;

/// How a text is cut into segments, and why it costs what it does. Agrees with [`count`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Analysis {
    /// How the text travels.
    pub encoding: Encoding,
    /// Segments; 1 for the empty text.
    pub segments: u32,
    /// Septets, escapes included, or UTF-16 units.
    pub units: u32,
    /// Units of each segment; they add up to `units`.
    pub per_segment: Vec<u32>,
    /// Units that one segment of this layout holds: 160 or 70 alone, 153 or 67 among several.
    pub capacity: u32,
    /// Units left in the last segment.
    pub remaining: u32,
    /// Unicode characters (scalar values).
    pub characters: u32,
    /// Characters that GSM-7 cannot carry, in order.
    pub non_gsm: Vec<NonGsm>,
    /// Where each segment starts, in UTF-16 units.
    pub breaks: Vec<u32>,
}

/// A character that GSM-7 cannot carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NonGsm {
    /// Where it stands, in UTF-16 units.
    pub index: u32,
    /// Its Unicode code point.
    pub code_point: u32,
    /// The character itself.
    pub character: char,
}

/// Reports how a text is cut into segments.
///
/// # Errors
/// [`TextError::TooLong`], as [`count`].
pub fn analyze(text: &str, counting: Counting) -> Result<Analysis, TextError> {
    let Count { encoding, segments, units } = count(text, counting)?;
    let layout = match encoding {
        Encoding::Gsm7 => Layout::GSM7,
        Encoding::Ucs2 => Layout::UCS2,
    };
    let capacity = saturate(if segments == 1 { layout.single } else { layout.part });
    let mut cutter = Cutter::new(capacity, segments);
    for character in text.chars() {
        cutter.push(character, encoding);
    }
    Ok(cutter.finish(encoding, segments, units))
}

/// Cuts character by character. Within [`super::SEGMENTS_MAX`] segments no sum here leaves a `u32`.
struct Cutter {
    capacity: u32,
    /// Units in the segment being filled.
    filled: u32,
    /// UTF-16 units read.
    index: u32,
    characters: u32,
    per_segment: Vec<u32>,
    breaks: Vec<u32>,
    non_gsm: Vec<NonGsm>,
}

impl Cutter {
    fn new(capacity: u32, segments: u32) -> Self {
        let segments = usize::try_from(segments).unwrap_or(0);
        let mut breaks = Vec::with_capacity(segments);
        breaks.push(0);
        let per_segment = Vec::with_capacity(segments);
        Self { capacity, filled: 0, index: 0, characters: 0, per_segment, breaks, non_gsm: Vec::new() }
    }

    fn push(&mut self, character: char, encoding: Encoding) {
        let septets = septets(character);
        if septets.is_none() {
            self.non_gsm.push(NonGsm { index: self.index, code_point: u32::from(character), character });
        }
        let utf16 = saturate(character.len_utf16());
        let units = match encoding {
            Encoding::Gsm7 => saturate(septets.unwrap_or(0)),
            Encoding::Ucs2 => utf16,
        };
        if self.filled.saturating_add(units) > self.capacity {
            self.per_segment.push(self.filled);
            self.breaks.push(self.index);
            self.filled = 0;
        }
        self.filled = self.filled.saturating_add(units);
        self.index = self.index.saturating_add(utf16);
        self.characters = self.characters.saturating_add(1);
    }

    fn finish(mut self, encoding: Encoding, segments: u32, units: u32) -> Analysis {
        self.per_segment.push(self.filled);
        // INVARIANT: the report and the bill agree.
        debug_assert_eq!(saturate(self.per_segment.len()), segments);
        debug_assert_eq!(self.per_segment.iter().sum::<u32>(), units);
        Analysis {
            encoding,
            segments,
            units,
            per_segment: self.per_segment,
            capacity: self.capacity,
            remaining: self.capacity.saturating_sub(self.filled),
            characters: self.characters,
            non_gsm: self.non_gsm,
            breaks: self.breaks,
        }
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::as_conversions, clippy::string_slice, reason = "tests")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_empty_text_is_one_empty_segment() {
        let json = serde_json::to_string(&analyze("", Counting::Gsm).unwrap()).unwrap();
        assert_eq!(
            json,
            r#"{"encoding":"GSM-7","segments":1,"units":0,"perSegment":[0],"capacity":160,"remaining":160,"characters":0,"nonGsm":[],"breaks":[0]}"#
        );
    }

    #[test]
    fn one_curly_quote() {
        let text = format!("It{}s {}", '’', "a".repeat(66));
        let report = analyze(&text, Counting::Gsm).unwrap();
        assert_eq!((report.encoding, report.segments, report.units), (Encoding::Ucs2, 2, 71));
        assert_eq!((report.per_segment, report.breaks), (vec![67, 4], vec![0, 67]));
        assert_eq!(report.non_gsm, [NonGsm { index: 2, code_point: 0x2019, character: '’' }]);
        assert_eq!(
            serde_json::to_string(&report.non_gsm).unwrap(),
            r#"[{"index":2,"codePoint":8217,"character":"’"}]"#
        );
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
                if encoding == Encoding::Gsm7 { saturate(septets(character).unwrap()) } else { utf16 },
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
                let encoded = found.character.encode_utf16(&mut buffer);
                prop_assert!(utf16[found.index as usize..].starts_with(encoded));
            }
        }
    }
}
