//! The two forms of a text, UTF-8 and UTF-16, read into segments: the hot path. Eight plain characters at a time, no
//! allocation. What characters cost is in `alphabet.rs`, how they fill segments in `fill.rs`.

use super::alphabet::septets;
use super::fill::Filling;

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = ONES << 7;

/// How many septets eight ASCII characters take; none where one of them is in neither default table or needs a closer
/// look (the controls). In whatever order they stand in the word.
#[inline]
fn eight(bytes: u64) -> Option<usize> {
    // In the high bit of each: from U+0020 on; from U+0040 on; the last five bits 1B or more; not U+0060.
    let printable = bytes.wrapping_add(ONES.wrapping_mul(0x60));
    let letters = bytes.wrapping_shl(1);
    let behind_z = (bytes & ONES.wrapping_mul(0x1F)).wrapping_add(ONES.wrapping_mul(0x65));
    let not_backtick = (bytes ^ ONES.wrapping_mul(0x60)).wrapping_add(ONES.wrapping_mul(0x7F));
    let special = letters & behind_z;
    if (bytes | !printable | !not_backtick) & HIGH != 0 {
        return None;
    }
    if special & HIGH == 0 { Some(8) } else { extended(bytes, special) }
}

/// The same where some are U+005B to U+005F or U+007B to U+007F.
fn extended(bytes: u64, special: u64) -> Option<usize> {
    // In the high bit of each: from U+0060 on; the last five bits 1F.
    let small = bytes.wrapping_shl(2);
    let last = (bytes & ONES.wrapping_mul(0x1F)).wrapping_add(ONES.wrapping_mul(0x61));
    if special & last & small & HIGH != 0 {
        return None;
    }
    let double = special & !last & HIGH;
    usize::try_from(double.count_ones()).ok().map(|double| double.wrapping_add(8))
}

/// Fills in eight characters of which `units` are the septets; false where each must be looked at by itself.
#[inline]
fn fill_eight(filling: &mut Filling<'_>, index: usize, units: usize) -> bool {
    if units == 8 {
        filling.run(index, 8);
        true
    } else if filling.fits(units) {
        filling.add(units);
        true
    } else {
        false
    }
}

/// Reads UTF-8 as septets of the default tables, with indexes in bytes; none where they lack a character.
pub(super) fn gsm7_utf8(text: &str, filling: &mut Filling<'_>) -> Option<()> {
    let mut rest = text;
    while !rest.is_empty() {
        let start = text.len().wrapping_sub(rest.len());
        let mut at = 0_usize;
        for chunk in rest.as_bytes().as_chunks::<8>().0 {
            let filled = eight(u64::from_le_bytes(*chunk))
                .is_some_and(|units| fill_eight(filling, start.wrapping_add(at), units));
            if !filled {
                break;
            }
            at = at.wrapping_add(8);
        }
        // Up to the next eight bytes, or as many more as the last character has.
        let end = at.wrapping_add(8);
        for character in rest.get(at..)?.chars() {
            if at >= end {
                break;
            }
            let units = septets(u32::from(character));
            if units == 0 {
                return None;
            }
            filling.character(start.wrapping_add(at), units);
            at = at.wrapping_add(character.len_utf8());
        }
        rest = rest.get(at..)?;
    }
    Some(())
}

/// Reads UTF-16 as septets of the default tables; none where they lack a character.
#[inline(never)]
pub(super) fn gsm7_utf16(text: &[u16], filling: &mut Filling<'_>) -> Option<()> {
    let (chunks, rest) = text.as_chunks::<8>();
    let mut index = 0_usize;
    // Units that fit and are not yet filled in, and room for more.
    let mut waiting = 0_usize;
    let mut room = filling.room();
    for chunk in chunks {
        let units = match packed(chunk).and_then(eight) {
            Some(units) => units,
            None => septets_of(chunk)?,
        };
        if units <= room {
            waiting = waiting.wrapping_add(units);
            room = room.wrapping_sub(units);
        } else {
            filling.add(waiting);
            if !fill_eight(filling, index, units) {
                one_by_one(chunk, index, filling);
            }
            waiting = 0;
            room = filling.room();
        }
        index = index.wrapping_add(8);
    }
    filling.add(waiting);
    if rest.is_empty() {
        return Some(());
    }
    // The last few with spaces behind them, as eight.
    let mut last = [0x20; 8];
    let (few, spaces) = last.split_at_mut_checked(rest.len())?;
    few.copy_from_slice(rest);
    let spaces = spaces.len();
    let units = match packed(&last).and_then(eight) {
        Some(units) => units,
        None => septets_of(&last)?,
    };
    let units = units.wrapping_sub(spaces);
    if filling.fits(units) {
        filling.add(units);
    } else {
        one_by_one(rest, index, filling);
    }
    Some(())
}

/// The septets of a text; none where a character is in neither default table.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "the module is compiled to be small, and this is called for every text of a campaign"
)]
pub(super) fn septets_utf16(text: &[u16]) -> Option<usize> {
    let (chunks, rest) = text.as_chunks::<8>();
    let mut sum = 0_usize;
    for chunk in chunks {
        let units = packed(chunk).and_then(eight);
        sum = sum.wrapping_add(units.or_else(|| septets_of(chunk))?);
    }
    if rest.is_empty() { Some(sum) } else { Some(sum.wrapping_add(septets_of(rest)?)) }
}

/// The septets of some units; none where one is in neither default table. They have no surrogate, so that every unit is
/// a character. Not inlined: where it were, the eight units would be loaded one by one in the hot loop as well.
#[inline(never)]
fn septets_of(units: &[u16]) -> Option<usize> {
    let mut sum = 0_usize;
    for &unit in units {
        let septets = septets(u32::from(unit));
        if septets == 0 {
            return None;
        }
        sum = sum.wrapping_add(septets);
    }
    Some(sum)
}

#[inline(never)]
fn one_by_one(units: &[u16], mut index: usize, filling: &mut Filling<'_>) {
    for &unit in units {
        filling.character(index, septets(u32::from(unit)));
        index = index.wrapping_add(1);
    }
}

/// Eight units as bytes of one word; none unless all are ASCII. Their order is not kept.
#[inline]
fn packed(units: &[u16; 8]) -> Option<u64> {
    let (halves, _) = units.as_chunks::<4>();
    let [first, second] = halves else { return None };
    let (first, second) = (word(*first), word(*second));
    let beyond = (first | second) & 0xFF80_FF80_FF80_FF80;
    (beyond == 0).then(|| first | second.wrapping_shl(8))
}

#[inline]
fn word([first, second, third, fourth]: [u16; 4]) -> u64 {
    u64::from(first) | u64::from(second) << 16 | u64::from(third) << 32 | u64::from(fourth) << 48
}

/// Reads UTF-8 as UTF-16 units, without telling where cuts are.
pub(super) fn ucs2_utf8(text: &str, filling: &mut Filling<'_>) {
    for chunk in text.as_bytes().chunks(8) {
        let word = <[u8; 8]>::try_from(chunk).map(u64::from_le_bytes);
        match word {
            Ok(bytes) if four_byte_leads(bytes) == 0 => filling.run(0, starts(bytes)),
            _ => {
                for &byte in chunk {
                    match byte {
                        0x80..0xC0 => {}
                        0xF0.. => filling.character(0, 2),
                        _ => filling.character(0, 1),
                    }
                }
            }
        }
    }
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

/// Reads UTF-16 as UTF-16: only where a segment would end can there be anything to look at.
#[inline]
pub(super) fn ucs2_utf16(text: &[u16], part: usize, filling: &mut Filling<'_>) {
    let mut start = 0_usize;
    while let Some(end) = start.checked_add(part).filter(|end| *end < text.len()) {
        let end = if splits_pair(text, end) { end.wrapping_sub(1) } else { end };
        filling.add(end.wrapping_sub(start));
        filling.cut(end);
        start = end;
    }
    filling.add(text.len().wrapping_sub(start));
}

/// Whether a cut before this unit would part a surrogate pair.
fn splits_pair(text: &[u16], index: usize) -> bool {
    let unit = |at: usize| text.get(at).copied().unwrap_or(0);
    matches!(unit(index), 0xDC00..0xE000) && matches!(unit(index.wrapping_sub(1)), 0xD800..0xDC00)
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::as_conversions, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn eight_agree_with_one() {
        for filler in [b'a', b' ', b'@', b'Z', b'z', 0x7F, b'`', b'\n', b'{', b'_', b'^'] {
            for byte in 0..=0xFF_u8 {
                for at in 0..8 {
                    let mut bytes = [filler; 8];
                    bytes[at] = byte;
                    let costs = bytes.map(|byte| {
                        let printable = (0x20..0x7F).contains(&byte);
                        if printable { septets(u32::from(byte)) } else { 0 }
                    });
                    let expected = costs.iter().all(|&cost| cost > 0).then(|| costs.iter().sum());
                    assert_eq!(eight(u64::from_le_bytes(bytes)), expected, "{bytes:?}");
                    assert_eq!(packed(&bytes.map(u16::from)).and_then(eight), expected, "{bytes:?}");
                }
            }
        }
        for unit in [0x80, 0x100, 0x141, 0x2041, 0xD83D, 0xFF41] {
            for at in 0..8 {
                let mut units = [0x41_u16; 8];
                units[at] = unit;
                assert_eq!(packed(&units), None);
            }
        }
    }
}
