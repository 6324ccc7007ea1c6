//! What holds for every text under every options: the rules of the room, none of its functions.

#![allow(clippy::arithmetic_side_effects, clippy::as_conversions, reason = "tests")]

use super::count::{Text, saturate};
use super::national::Alphabet;
use super::{
    Choice, Counting, Encoding, Language, Languages, Options, Reference, Refusal, Tables, analyze_utf16,
    count_utf16,
};
use proptest::prelude::*;

fn texts() -> impl Strategy<Value = Vec<u16>> {
    let characters = |pattern: &'static str| {
        proptest::string::string_regex(pattern).unwrap().prop_map(|text| text.encode_utf16().collect())
    };
    prop_oneof![
        characters("[a-z €{é\n]{0,700}"),
        characters("[a-zğşıİç€^]{0,400}"),
        characters("[a-zÁáÍíñ¿ãõ]{0,400}"),
        characters("[\u{905}-\u{939}\u{964}\u{966}-\u{96F} a{@]{0,400}"),
        characters("[ж😀a\u{301}\u{200D}]{0,400}"),
        proptest::collection::vec(prop_oneof![0..0x80_u16, 0xD7F0..0xE010_u16, any::<u16>()], 0..300),
    ]
}

fn languages() -> impl Strategy<Value = Option<Language>> {
    (0..=13_u32).prop_map(Language::from_identifier)
}

fn options() -> impl Strategy<Value = Options> {
    let counting = prop_oneof![4 => Just(Counting::Gsm), 1 => Just(Counting::AnyText70)];
    let encoding = prop_oneof![4 => Just(Choice::Auto), 1 => Just(Choice::Ucs2), 1 => Just(Choice::Gsm7)];
    let reference = prop_oneof![Just(Reference::Bits8), Just(Reference::Bits16)];
    let national = prop_oneof![Just(0), any::<u32>()].prop_map(Languages::from_bits);
    (counting, encoding, reference, prop_oneof![Just(0), 0..=u8::MAX], languages(), languages(), national)
        .prop_map(|(counting, encoding, reference, extra_header, locking, single, national)| Options {
            counting,
            encoding,
            reference,
            extra_header,
            tables: Tables { locking, single },
            national,
            ..Options::default()
        })
}

/// Clusters as a host might tell them: starts of characters, some left out.
fn clusters_of(text: &[u16], kept: usize) -> Vec<u32> {
    let characters = Text { units: text, clusters: None };
    let starts = characters.characters().map(|(index, _)| saturate(index));
    starts.enumerate().filter(|(at, _)| at % (kept + 1) == 0).map(|(_, start)| start).collect()
}

/// The units of each character, with its index.
fn units_of(text: &[u16], encoding: Encoding, tables: Tables) -> Vec<(u32, u32)> {
    let alphabet = if encoding == Encoding::Ucs2 { Alphabet::Ucs2 } else { Alphabet::of(tables) };
    let characters = Text { units: text, clusters: None };
    characters.characters().map(|(index, code)| (saturate(index), saturate(alphabet.units(code)))).collect()
}

proptest! {
    #[test]
    fn the_bill_and_the_report_agree(text in texts(), options in options(), kept in 0..4_usize) {
        let clusters = (kept > 0).then(|| clusters_of(&text, kept));
        let counted = count_utf16(&text, clusters.as_deref(), &options);
        match analyze_utf16(&text, clusters.as_deref(), &options) {
            Ok(report) => {
                let counted = counted.unwrap();
                prop_assert_eq!((report.encoding, report.segments), (counted.encoding, counted.segments));
                prop_assert_eq!((report.units, report.remaining), (counted.units, counted.remaining));
                prop_assert_eq!(report.per_segment.iter().sum::<u32>(), report.units);
                prop_assert_eq!(report.per_segment.len(), report.segments as usize);
                prop_assert_eq!(report.breaks.len(), report.segments as usize);
                prop_assert_eq!(report.per_segment.last().unwrap() + report.remaining, report.capacity);
                prop_assert!(report.per_segment.iter().all(|&units| units <= report.capacity));
                prop_assert_eq!(report.characters as usize, units_of(&text, report.encoding, report.tables).len());
            }
            Err(refusal) => prop_assert_eq!(counted, Err(refusal)),
        }
    }

    #[test]
    fn every_cut_is_between_characters_and_as_late_as_can_be(text in texts(), options in options()) {
        let Ok(report) = analyze_utf16(&text, None, &options) else { return Ok(()) };
        let characters = units_of(&text, report.encoding, report.tables);
        for (segment, &start) in report.breaks.iter().enumerate().skip(1) {
            let (_, units) = characters.iter().find(|(index, _)| *index == start).expect("a cut inside a pair");
            prop_assert!(report.per_segment[segment - 1] + units > report.capacity);
        }
    }

    #[test]
    fn a_cluster_is_cut_only_where_it_is_larger_than_a_segment(
        text in texts(),
        options in options(),
        kept in 1..5_usize,
    ) {
        let clusters = clusters_of(&text, kept);
        let Ok(report) = analyze_utf16(&text, Some(&clusters), &options) else { return Ok(()) };
        let characters = units_of(&text, report.encoding, report.tables);
        for &cut in report.breaks.iter().skip(1) {
            if clusters.contains(&cut) {
                continue;
            }
            let start = clusters.iter().copied().filter(|start| *start < cut).max().unwrap_or(0);
            let end = clusters.iter().copied().filter(|start| *start > cut).min().unwrap_or(u32::MAX);
            let whole = characters.iter().filter(|(index, _)| (start..end).contains(index));
            prop_assert!(whole.map(|(_, units)| units).sum::<u32>() > report.capacity);
        }
    }

    #[test]
    fn appending_never_lowers_units(text in texts(), more in texts(), options in options()) {
        let (Ok(before), Ok(after)) = (
            analyze_utf16(&text, None, &options),
            analyze_utf16(&[text, more].concat(), None, &options),
        ) else { return Ok(()) };
        if (before.encoding, before.tables) == (after.encoding, after.tables) {
            prop_assert!(after.units >= before.units && after.segments >= before.segments);
        }
    }

    #[test]
    fn no_pair_of_allowed_tables_is_cheaper(text in texts(), bits in any::<u32>()) {
        let national = Languages::from_bits(bits);
        let chosen = count_utf16(&text, None, &Options { national, ..Options::default() }).unwrap();
        let allowed = || {
            let languages = Language::ALL.into_iter().filter(|language| national.has(*language));
            std::iter::once(None).chain(languages.map(Some))
        };
        for locking in allowed() {
            for single in allowed() {
                let options = Options { tables: Tables { locking, single }, ..Options::default() };
                let other = count_utf16(&text, None, &options).unwrap();
                prop_assert!(chosen.segments <= other.segments);
                prop_assert!(chosen.encoding == Encoding::Gsm7 || other.encoding == Encoding::Ucs2);
            }
        }
    }

    #[test]
    fn forced_gsm7_says_what_it_lacks(text in texts(), tables in (languages(), languages())) {
        let tables = Tables { locking: tables.0, single: tables.1 };
        let options = Options { tables, ..Options::default() };
        let free = analyze_utf16(&text, None, &options).unwrap();
        let forced = analyze_utf16(&text, None, &Options { encoding: Choice::Gsm7, ..options });
        match (forced, free.non_gsm.first()) {
            (Ok(forced), None) => prop_assert_eq!(forced, free),
            (Err(Refusal::NotGsm7 { index, code_point, count }), Some(first)) => {
                prop_assert_eq!((index, code_point), (first.index, first.code_point));
                prop_assert_eq!(count as usize, free.non_gsm.len());
            }
            (forced, first) => prop_assert!(false, "{forced:?} {first:?}"),
        }
    }
}

#[test]
fn limits() {
    let text: Vec<u16> = "a".repeat(161).encode_utf16().collect();
    let limited = |segments_max, characters_max| {
        let options = Options { segments_max, characters_max, ..Options::default() };
        count_utf16(&text, None, &options).map(|count| count.segments)
    };
    assert_eq!(limited(2, 161), Ok(2));
    assert_eq!(limited(1, u32::MAX), Err(Refusal::TooLong { segments: 2, segments_max: 1 }));
    assert_eq!(limited(255, 160), Err(Refusal::TooManyCharacters { characters: 161, characters_max: 160 }));
    // No more than the header can number, whatever is asked for.
    let long: Vec<u16> = "a".repeat(255 * 153 + 1).encode_utf16().collect();
    let options = Options { segments_max: 1_000, ..Options::default() };
    let refusal = Refusal::TooLong { segments: 256, segments_max: 255 };
    assert_eq!(count_utf16(&long, None, &options), Err(refusal));
    assert_eq!(refusal.to_string(), "the text takes 256 segments: write a text of at most 255");
}
