//! Encoding and number of segments of a text: the hot path. One pass where GSM-7 carries the text, else two; no
//! allocation; eight bytes at a time as far as they are plain.

use super::{
    Counting, Encoding, SEGMENTS_MAX, TextError,
    alphabet::{ascii_septets, septets},
    layout::Layout,
};

/// What a message costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Count {
    /// How the text travels.
    pub encoding: Encoding,
    /// Segments; 1 for the empty text.
    pub segments: u32,
    /// Septets, escapes included, or UTF-16 units.
    pub units: u32,
}

/// Counts the segments of a text.
///
/// GSM-7 takes 160 septets in one segment or 153 in each of several, and an escape pair is never cut; UCS-2 takes 70
/// UTF-16 units or 67, and a surrogate pair is never cut. A pair that would be cut starts the next segment.
///
/// # Errors
/// [`TextError::TooLong`] beyond [`SEGMENTS_MAX`] segments.
pub fn count(text: &str, counting: Counting) -> Result<Count, TextError> {
    let gsm = match counting {
        Counting::Gsm => lay_gsm(text),
        Counting::AnyText70 => None,
    };
    let (layout, length) = match gsm {
        Some(length) => (Layout::GSM7, length),
        None => (Layout::UCS2, lay_ucs2(text)),
    };
    let segments = saturate(length.segments(layout));
    if segments > SEGMENTS_MAX {
        return Err(TextError::TooLong { segments, segments_max: SEGMENTS_MAX });
    }
    Ok(Count { encoding: layout.encoding, segments, units: saturate(length.units) })
}

pub(super) fn saturate(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// How far a text reaches: in units, and in units as laid into parts, where a pair that would be cut leaves one empty.
#[derive(Clone, Copy, Default)]
struct Length {
    units: usize,
    laid: usize,
}

// A text is at most isize::MAX bytes and every byte adds at most two units and one empty one, so nothing here wraps
// on 64 bits; on 32 bits a text of a gigabyte would have to be handed in first.
impl Length {
    #[inline]
    fn add(&mut self, units: usize) {
        self.units = self.units.wrapping_add(units);
        self.laid = self.laid.wrapping_add(units);
    }

    #[inline]
    fn add_pair(&mut self, part: usize) {
        let into_part = self.laid.checked_rem(part).unwrap_or(0);
        self.laid = self.laid.wrapping_add(usize::from(into_part.wrapping_add(1) == part));
        self.add(2);
    }

    fn segments(self, layout: Layout) -> usize {
        if self.units <= layout.single { 1 } else { self.laid.div_ceil(layout.part) }
    }
}

/// Lays a text out in septets; none where a character is in neither table.
fn lay_gsm(text: &str) -> Option<Length> {
    let mut length = Length::default();
    let mut rest = text;
    loop {
        let plain = plain_prefix(rest.as_bytes());
        length.add(plain);
        rest = rest.get(plain..)?;
        let mut characters = rest.chars();
        let Some(character) = characters.next() else { return Some(length) };
        match septets(character)? {
            1 => length.add(1),
            _ => length.add_pair(Layout::GSM7.part),
        }
        rest = characters.as_str();
    }
}

/// How many bytes from the start are ASCII characters of one septet.
fn plain_prefix(bytes: &[u8]) -> usize {
    let (chunks, rest) = bytes.as_chunks::<8>();
    let mut plain = 0_usize;
    for chunk in chunks {
        let other = not_plain(u64::from_le_bytes(*chunk));
        if other != 0 {
            let before = usize::try_from(other.trailing_zeros().wrapping_shr(3)).unwrap_or(0);
            return plain.wrapping_add(before);
        }
        plain = plain.wrapping_add(8);
    }
    let last = rest.iter().take_while(|&&byte| ascii_septets(byte) == Some(1)).count();
    plain.wrapping_add(last)
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = ONES << 7;

/// Marks, in the high bit of each of eight bytes, those that need a closer look: anything but U+0020 to U+003F,
/// U+0040 to U+005A and U+0061 to U+007A. Exact up to and including the lowest byte marked, which is all that is used.
#[inline]
fn not_plain(bytes: u64) -> u64 {
    let control = !bytes.wrapping_add(ONES.wrapping_mul(0x60));
    let backtick = !(bytes ^ ONES.wrapping_mul(0x60)).wrapping_add(ONES.wrapping_mul(0x7F));
    let behind_z =
        (bytes & ONES.wrapping_mul(0x1F)).wrapping_add(ONES.wrapping_mul(0x65)) & bytes.wrapping_shl(1);
    (bytes | control | backtick | behind_z) & HIGH
}

/// Lays a text out in UTF-16 units.
fn lay_ucs2(text: &str) -> Length {
    let (chunks, rest) = text.as_bytes().as_chunks::<8>();
    let mut length = Length::default();
    for chunk in chunks {
        let bytes = u64::from_le_bytes(*chunk);
        if four_byte_leads(bytes) == 0 {
            length.add(starts(bytes));
        } else {
            lay_utf16(chunk, &mut length);
        }
    }
    lay_utf16(rest, &mut length);
    length
}

/// How many of eight bytes start a character.
#[inline]
fn starts(bytes: u64) -> usize {
    let continuations = bytes & !bytes.wrapping_shl(1) & HIGH;
    usize::try_from(8_u32.wrapping_sub(continuations.count_ones())).unwrap_or(0)
}

/// The bytes that start a character of two UTF-16 units.
#[inline]
fn four_byte_leads(bytes: u64) -> u64 {
    bytes & bytes.wrapping_shl(1) & bytes.wrapping_shl(2) & bytes.wrapping_shl(3) & HIGH
}

fn lay_utf16(bytes: &[u8], length: &mut Length) {
    for &byte in bytes {
        match byte {
            0x80..0xC0 => {}
            0xF0.. => length.add_pair(Layout::UCS2.part),
            _ => length.add(1),
        }
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::as_conversions, clippy::string_slice, reason = "tests")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counted(text: &str) -> (Encoding, u32, u32) {
        let Count { encoding, segments, units } = count(text, Counting::Gsm).unwrap();
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
            let expected = Count { encoding: Encoding::Ucs2, segments, units: length };
            let text = "a".repeat(usize::try_from(length).unwrap());
            assert_eq!(count(&text, Counting::AnyText70), Ok(expected));
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

    #[test]
    fn eight_bytes_agree_with_one() {
        for filler in [b'a', b' ', b'@', b'Z', b'z', 0x7F, b'`', b'\n'] {
            for byte in 0..=0x7F_u8 {
                for at in 0..8 {
                    let mut bytes = [filler; 8];
                    bytes[at] = byte;
                    let marked = not_plain(u64::from_le_bytes(bytes));
                    let first = bytes
                        .iter()
                        .position(|&b| ascii_septets(b) != Some(1) || matches!(b, b'\n' | b'\r' | b'_'));
                    let found = (marked != 0).then_some(marked.trailing_zeros() as usize / 8);
                    assert_eq!(found, first, "{bytes:?}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn utf16_units_are_those_of_the_text(text: String) {
            prop_assert_eq!(lay_ucs2(&text).units, text.encode_utf16().count());
        }

        #[test]
        fn septets_are_those_of_the_characters(text in "[a-zA-Z \n€{}éÉ`àΔ]{0,200}") {
            let by_character: Option<usize> = text.chars().map(septets).sum();
            prop_assert_eq!(lay_gsm(&text).map(|length| length.units), by_character);
        }
    }
}
