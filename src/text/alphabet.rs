//! The GSM 7-bit default alphabet and its extension table (TS 23.038 6.2.1 and 6.2.1.1), by what a character costs.
//!
//! U+001B is the escape and never text; form feed is septet 0A of the extension table; U+0060 is in neither table.

/// Septets of the characters up to U+00FF: 1 in the default alphabet, 2 in the extension table, 0 in neither.
const LATIN: [u8; 256] = {
    let mut septets = [0; 256];
    set(&mut septets, b"\n\r !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ_", 1);
    set(&mut septets, b"abcdefghijklmnopqrstuvwxyz", 1);
    // ¡£¤¥§¿ÄÅÆÇÉÑÖØÜßàäåæèéìñòöøùü
    set(&mut septets, b"\xA1\xA3\xA4\xA5\xA7\xBF\xC4\xC5\xC6\xC7\xC9\xD1\xD6\xD8\xDC", 1);
    set(&mut septets, b"\xDF\xE0\xE4\xE5\xE6\xE8\xE9\xEC\xF1\xF2\xF6\xF8\xF9\xFC", 1);
    set(&mut septets, b"\x0C[\\]^{|}~", 2);
    septets
};

#[expect(
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    reason = "at compile time"
)]
const fn set(septets: &mut [u8; 256], characters: &[u8], cost: u8) {
    let mut at = 0;
    while at < characters.len() {
        septets[characters[at] as usize] = cost;
        at += 1;
    }
}

/// The Greek capitals of the default alphabet, `ΓΔΘΛΞΠΣΦΨΩ`, one bit each from U+0393 on.
const GREEK: u32 = 1 | 1 << 1 | 1 << 5 | 1 << 8 | 1 << 11 | 1 << 13 | 1 << 16 | 1 << 19 | 1 << 21 | 1 << 22;

/// Septets of a character in GSM-7 by its code point: 1, or 2 with its escape; 0 where neither table has it.
#[inline]
pub(super) fn septets(code_point: u32) -> usize {
    if let Some(&cost) = usize::try_from(code_point).ok().and_then(|at| LATIN.get(at)) {
        return usize::from(cost);
    }
    match code_point {
        0x393..0x3AA => usize::from(GREEK.wrapping_shr(code_point.wrapping_sub(0x393)) & 1 == 1),
        0x20AC => 2,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The default alphabet as the standard prints it, septet 00 to 7F, the escape (1B) left out.
    const DEFAULT: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
        ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
    /// The default extension table, by septet.
    const EXTENSION: &str = "\u{C}^{}\\[~]|€";

    #[test]
    fn every_character_there_is() {
        assert_eq!(DEFAULT.chars().count(), 127);
        assert_eq!(EXTENSION.chars().count(), 10);
        for character in '\0'..=char::MAX {
            let expected = if DEFAULT.contains(character) {
                1
            } else if EXTENSION.contains(character) {
                2
            } else {
                0
            };
            assert_eq!(septets(u32::from(character)), expected, "{character:?}");
        }
    }

    #[test]
    fn never_text() {
        for character in ['\u{1B}', '`', 'ç', '\t', '\0', '\u{7F}', '\u{A0}', '’', '😀'] {
            assert_eq!(septets(u32::from(character)), 0, "{character:?}");
        }
        assert_eq!(septets(0xD83D), 0, "a lone surrogate");
    }
}
