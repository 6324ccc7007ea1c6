//! Encoding and number of segments of a text.

use super::cheapest::cheapest;
use super::fill::{Cut, Filling};
use super::layout::{Counting, Encoding, Layout, SEGMENTS_MAX, TextError};
use super::national::{Alphabet, Tables};
use super::options::{Choice, Options, Refusal};
use super::read;

/// What a message costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Count {
    /// How the text travels.
    pub encoding: Encoding,
    /// Segments; 1 for the empty text.
    pub segments: u32,
    /// Septets, escapes included, or UTF-16 units.
    pub units: u32,
    /// Units left in the last segment.
    pub remaining: u32,
}

/// Counts the segments of a text, as a bill does.
///
/// GSM-7 takes 160 septets in one segment or 153 in each of several, and an escape pair is never cut; UCS-2 takes 70
/// UTF-16 units or 67, and a surrogate pair is never cut. A pair that would be cut starts the next segment.
///
/// # Errors
/// [`TextError::TooLong`] beyond [`SEGMENTS_MAX`] segments.
#[inline]
pub fn count(text: &str, counting: Counting) -> Result<Count, TextError> {
    let mut filling = Filling::new(Layout::GSM7, None);
    let gsm7 = counting == Counting::Gsm && read::gsm7_utf8(text, &mut filling).is_some();
    let (encoding, layout) = if gsm7 {
        (Encoding::Gsm7, Layout::GSM7)
    } else {
        filling = Filling::new(Layout::UCS2, None);
        read::ucs2_utf8(text, &mut filling);
        (Encoding::Ucs2, Layout::UCS2)
    };
    let count = Laid::of(encoding, Tables::default(), layout, &filling).count();
    if count.segments > SEGMENTS_MAX {
        return Err(TextError::TooLong { segments: count.segments, segments_max: SEGMENTS_MAX });
    }
    Ok(count)
}

/// Counts the segments of a text in UTF-16, which may have lone surrogates: each is a unit that GSM-7 cannot carry.
///
/// `clusters` says where each cluster of characters starts, in UTF-16 units and ascending, if they are to be kept whole:
/// only one that is larger than a segment is then cut, between two characters. Without it the text is cut between
/// any two characters, as the standard allows.
///
/// # Errors
/// [`Refusal`], where the text does not fit the options.
#[inline]
pub fn count_utf16(text: &[u16], clusters: Option<&[u32]>, options: &Options) -> Result<Count, Refusal> {
    let text = Text { units: text, clusters };
    let count = lay(text, options, None)?.count();
    check(text, count.segments, options)?;
    Ok(count)
}

/// The same as [`count_utf16`] with the usual options, for a text that may be in one segment, where nothing is cut; none where
/// it takes a closer look. Most texts are such, and a campaign counts many.
#[inline(always)]
#[expect(clippy::inline_always, reason = "as what it calls")]
pub fn count_short_utf16(text: &[u16]) -> Option<Count> {
    let one = |encoding, layout: Layout, units: usize| Count {
        encoding,
        segments: 1,
        units: saturate(units),
        remaining: saturate(layout.single.wrapping_sub(units)),
    };
    if text.len() > Layout::GSM7.single {
        return None;
    }
    match read::septets_utf16(text) {
        Some(units) if units <= Layout::GSM7.single => Some(one(Encoding::Gsm7, Layout::GSM7, units)),
        None if text.len() <= Layout::UCS2.single => Some(one(Encoding::Ucs2, Layout::UCS2, text.len())),
        _ => None,
    }
}

pub(super) fn saturate(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// A text and, where they are kept whole, where its clusters start.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    pub(super) units: &'a [u16],
    pub(super) clusters: Option<&'a [u32]>,
}

impl Text<'_> {
    /// How many characters there are.
    pub(super) fn length(self) -> u32 {
        let mut high = false;
        let mut pairs = 0_usize;
        for &unit in self.units {
            let low = high && matches!(unit, 0xDC00..0xE000);
            pairs = pairs.wrapping_add(usize::from(low));
            high = matches!(unit, 0xD800..0xDC00);
        }
        saturate(self.units.len().wrapping_sub(pairs))
    }

    /// Every character with its index; a lone surrogate is one.
    pub(super) fn characters(self) -> impl Iterator<Item = (usize, u32)> {
        let mut index = 0_usize;
        char::decode_utf16(self.units.iter().copied()).map(move |decoded| {
            let code_point = match decoded {
                Ok(character) => u32::from(character),
                Err(lone) => u32::from(lone.unpaired_surrogate()),
            };
            let at = index;
            index = index.wrapping_add(if code_point > 0xFFFF { 2 } else { 1 });
            (at, code_point)
        })
    }
}

/// How a text lies in segments.
#[derive(Clone, Copy)]
pub(super) struct Laid {
    pub(super) encoding: Encoding,
    /// Of GSM-7; in UCS-2 those that come closest.
    pub(super) tables: Tables,
    pub(super) capacity: usize,
    pub(super) segments: usize,
    pub(super) units: usize,
    /// Units of the last segment.
    pub(super) last: usize,
}

impl Laid {
    #[inline]
    fn of(encoding: Encoding, tables: Tables, layout: Layout, filling: &Filling<'_>) -> Self {
        let (segments, last) = filling.segments(layout);
        let capacity = if segments == 1 { layout.single } else { layout.part };
        Self { encoding, tables, capacity, segments, units: filling.units, last }
    }

    #[inline]
    pub(super) fn count(&self) -> Count {
        Count {
            encoding: self.encoding,
            segments: saturate(self.segments),
            units: saturate(self.units),
            remaining: saturate(self.capacity.saturating_sub(self.last)),
        }
    }
}

/// Lays a text out as the options say, and tells where it is cut. Limits are not looked at here.
#[inline]
pub(super) fn lay(
    text: Text<'_>,
    options: &Options,
    mut cuts: Option<&mut Vec<Cut>>,
) -> Result<Laid, Refusal> {
    let mut tables = options.tables;
    if options.tries_gsm7() {
        if !options.national.is_empty() {
            tables = cheapest(text, options);
        }
        if let Some(laid) = lay_gsm7(text, tables, options, cuts.as_deref_mut()) {
            return Ok(laid);
        }
        if options.encoding == Choice::Gsm7 {
            return Err(not_gsm7(text, tables));
        }
        if let Some(cuts) = &mut cuts {
            cuts.clear();
        }
    }
    let layout = options.ucs2();
    let mut filling = Filling::new(layout, cuts);
    if text.clusters.is_none() {
        read::ucs2_utf16(text.units, layout.part, &mut filling);
    } else {
        by_character(text, Alphabet::Ucs2, &mut filling);
    }
    Ok(Laid::of(Encoding::Ucs2, tables, layout, &filling))
}

/// Lays a text out in septets of some tables; none where they lack a character.
#[inline]
pub(super) fn lay_gsm7(
    text: Text<'_>,
    tables: Tables,
    options: &Options,
    cuts: Option<&mut Vec<Cut>>,
) -> Option<Laid> {
    let layout = options.gsm7(tables);
    let mut filling = Filling::new(layout, cuts);
    if tables == Tables::default() && text.clusters.is_none() {
        read::gsm7_utf16(text.units, &mut filling)?;
    } else {
        by_character(text, Alphabet::of(tables), &mut filling)?;
    }
    Some(Laid::of(Encoding::Gsm7, tables, layout, &filling))
}

/// Fills in character by character, clusters kept whole; none where the alphabet lacks one.
fn by_character(text: Text<'_>, alphabet: Alphabet, filling: &mut Filling<'_>) -> Option<()> {
    let mut starts = text.clusters.unwrap_or_default();
    for (index, code_point) in text.characters() {
        let units = alphabet.units(code_point);
        if units == 0 {
            return None;
        }
        if let Some((&start, rest)) = starts.split_first()
            && usize::try_from(start).is_ok_and(|start| start <= index)
        {
            starts = rest;
            let end = rest.first().and_then(|&end| usize::try_from(end).ok());
            let cluster = text.units.get(index..end.unwrap_or(text.units.len())).unwrap_or_default();
            let cluster = Text { units: cluster, clusters: None };
            let whole = cluster.characters().map(|(_, code_point)| alphabet.units(code_point)).sum();
            if !filling.fits(whole) && filling.whole_fits(whole) {
                filling.cut(index);
            }
        }
        filling.character(index, units);
    }
    Some(())
}

/// The characters that the tables lack, with their indexes.
pub(super) fn foreign(text: Text<'_>, tables: Tables) -> impl Iterator<Item = (usize, u32)> {
    let alphabet = Alphabet::of(tables);
    text.characters().filter(move |(_, code_point)| alphabet.units(*code_point) == 0)
}

fn not_gsm7(text: Text<'_>, tables: Tables) -> Refusal {
    let mut found = foreign(text, tables);
    let (index, code_point) = found.next().unwrap_or_default();
    let count = saturate(found.count()).saturating_add(1);
    Refusal::NotGsm7 { index: saturate(index), code_point, count }
}

/// Whether a text of so many segments is within the options' limits.
#[inline]
pub(super) fn check(text: Text<'_>, segments: u32, options: &Options) -> Result<(), Refusal> {
    let segments_max = options.segments_max.min(SEGMENTS_MAX);
    if segments > segments_max {
        return Err(Refusal::TooLong { segments, segments_max });
    }
    let characters_max = options.characters_max;
    if characters_max < u32::MAX {
        let characters = text.length();
        if characters > characters_max {
            return Err(Refusal::TooManyCharacters { characters, characters_max });
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::as_conversions, clippy::string_slice, reason = "tests")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counted(text: &str) -> (Encoding, u32, u32) {
        let Count { encoding, segments, units, .. } = count(text, Counting::Gsm).unwrap();
        (encoding, segments, units)
    }

    #[test]
    fn lengths() {
        use Encoding::{Gsm7, Ucs2};
        for (text, expected) in [
            (String::new(), (Gsm7, 1, 0)),
            ("a".repeat(160), (Gsm7, 1, 160)),
            ("a".repeat(161), (Gsm7, 2, 161)),
            ("a".repeat(306), (Gsm7, 2, 306)),
            ("a".repeat(307), (Gsm7, 3, 307)),
            ("a".repeat(320), (Gsm7, 3, 320)),
            ("a".repeat(350), (Gsm7, 3, 350)),
            ("€".repeat(80), (Gsm7, 1, 160)),
            ("€".repeat(81), (Gsm7, 2, 162)),
            ("€".repeat(152), (Gsm7, 2, 304)),
            ("€".repeat(153), (Gsm7, 3, 306)),
            ("a".repeat(152) + "€" + &"a".repeat(152), (Gsm7, 3, 306)),
            ("ж".repeat(70), (Ucs2, 1, 70)),
            ("ж".repeat(71), (Ucs2, 2, 71)),
            ("ж".repeat(134), (Ucs2, 2, 134)),
            ("ж".repeat(135), (Ucs2, 3, 135)),
            ("😀".repeat(35), (Ucs2, 1, 70)),
            ("😀".repeat(66), (Ucs2, 2, 132)),
            ("😀".repeat(67), (Ucs2, 3, 134)),
        ] {
            assert_eq!(counted(&text), expected, "{text}");
        }
    }

    #[test]
    fn any_text_counts_seventy() {
        for (length, segments) in [(0, 1), (70, 1), (71, 2), (134, 2), (135, 3), (150, 3), (160, 3)] {
            let expected = (Encoding::Ucs2, segments, length);
            let text = "a".repeat(usize::try_from(length).unwrap());
            let found = count(&text, Counting::AnyText70).unwrap();
            assert_eq!((found.encoding, found.segments, found.units), expected);
        }
    }

    #[test]
    fn too_long() {
        assert_eq!(counted(&"a".repeat(255 * 153)).1, 255);
        let error = count(&"a".repeat(255 * 153 + 1), Counting::Gsm).unwrap_err();
        assert_eq!(error, TextError::TooLong { segments: 256, segments_max: 255 });
        assert_eq!(error.to_string(), "the text takes 256 segments: write a text of at most 255");
        assert_eq!(counted(&"ж".repeat(255 * 67)).1, 255);
        assert!(count(&"ж".repeat(255 * 67 + 1), Counting::Gsm).is_err());
    }

    proptest! {
        #[test]
        fn a_short_text_is_counted_as_any(text in texts(), lone in proptest::option::of(0..70_usize)) {
            let mut units: Vec<u16> = text.encode_utf16().collect();
            if let Some(at) = lone.filter(|&at| at <= units.len()) {
                units.insert(at, 0xD812);
            }
            if let Some(short) = count_short_utf16(&units) {
                prop_assert_eq!(Ok(short), count_utf16(&units, None, &Options::default()));
            } else {
                prop_assert!(units.len() > 70);
            }
        }

        #[test]
        fn utf16_counts_as_utf8(text in texts(), any_text_70: bool) {
            let counting = if any_text_70 { Counting::AnyText70 } else { Counting::Gsm };
            let units: Vec<u16> = text.encode_utf16().collect();
            let expected = count(&text, counting).unwrap();
            prop_assert_eq!(count_utf16(&units, None, &counting.into()), Ok(expected));
        }

        /// The default tables and the national ones are read by two readers, which agree.
        #[test]
        fn the_fast_reader_agrees_with_the_general_one(text in texts()) {
            let units: Vec<u16> = text.encode_utf16().collect();
            let clusters: Vec<u32> = characters_of(&units);
            let expected = count_utf16(&units, None, &Options::default());
            prop_assert_eq!(count_utf16(&units, Some(&clusters), &Options::default()), expected);
        }

        #[test]
        fn utf16_units_are_those_of_the_text(text in texts()) {
            let counted = count(&text, Counting::AnyText70).unwrap();
            prop_assert_eq!(counted.units as usize, text.encode_utf16().count());
        }

        #[test]
        fn septets_are_those_of_the_characters(text in "[a-zA-Z \n€{}éÉ`àΔ]{0,200}") {
            let costs: Vec<usize> = text.chars().map(|c| crate::text::alphabet::septets(u32::from(c))).collect();
            let counted = count(&text, Counting::Gsm).unwrap();
            prop_assert_eq!(counted.encoding == Encoding::Gsm7, costs.iter().all(|&cost| cost > 0));
            if counted.encoding == Encoding::Gsm7 {
                prop_assert_eq!(counted.units as usize, costs.iter().sum::<usize>());
            }
        }

        /// A lone surrogate costs what any other unit beyond GSM-7 costs.
        #[test]
        fn a_lone_surrogate_is_a_unit(before in "[ж😀a]{0,90}", after in "[ж😀a]{0,90}", low: bool) {
            let lone: u16 = if low { 0xDC12 } else { 0xD812 };
            let stand_in = format!("{before}\u{FFFD}{after}");
            let mut units: Vec<u16> = before.encode_utf16().collect();
            units.push(lone);
            units.extend(after.encode_utf16());
            let found = count_utf16(&units, None, &Options::default()).unwrap();
            prop_assert_eq!(found, count(&stand_in, Counting::Gsm).unwrap());
        }
    }

    /// Every character as a cluster of its own.
    fn characters_of(units: &[u16]) -> Vec<u32> {
        Text { units, clusters: None }.characters().map(|(index, _)| saturate(index)).collect()
    }

    fn texts() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-z €{é\n]{0,700}",
            "[a-zж😀]{0,400}",
            "[a-zA-Z{}|_@0-9 ]{0,700}",
            proptest::collection::vec(any::<char>(), 0..300)
                .prop_map(|characters| characters.into_iter().collect()),
            ("[a~]{0,8}", 0..330_usize).prop_map(|(end, length)| "x".repeat(length) + &end),
            ("[ж😀]{0,8}", 0..150_usize).prop_map(|(end, length)| "ж".repeat(length) + &end),
        ]
    }

    #[test]
    fn clusters_are_kept_unless_larger_than_a_segment() {
        let family = "👩\u{200D}👩\u{200D}👧"; // 8 units
        let text = "ж".repeat(62) + family + "ж";
        let units: Vec<u16> = text.encode_utf16().collect();
        assert_eq!(units.len(), 71);
        let mut starts: Vec<u32> = (0..=62).collect();
        starts.push(70);
        let options = Options::default();
        let split = count_utf16(&units, None, &options).unwrap();
        assert_eq!((split.segments, split.remaining), (2, 67 - 4));
        let kept = count_utf16(&units, Some(&starts), &options).unwrap();
        assert_eq!((kept.segments, kept.remaining), (2, 67 - 9));
        let marks: Vec<u16> = ("e".to_owned() + &"\u{301}".repeat(150)).encode_utf16().collect();
        assert_eq!(count_utf16(&marks, Some(&[0]), &options).unwrap().segments, 3);
        let crlf: Vec<u16> = ("a".repeat(152) + "\r\n" + &"a".repeat(10)).encode_utf16().collect();
        let mut starts: Vec<u32> = (0..=152).chain(154..164).collect();
        starts.dedup();
        assert_eq!(count_utf16(&crlf, None, &options).unwrap().remaining, 153 - 11);
        assert_eq!(count_utf16(&crlf, Some(&starts), &options).unwrap().remaining, 153 - 12);
    }
}
