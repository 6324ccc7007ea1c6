//! The GSM 7-bit default alphabet and its extension table (TS 23.038 6.2.1 and 6.2.1.1), by what a character costs.
//!
//! U+001B is the escape and never text; form feed is septet 0A of the extension table; U+0060 is in neither table.

/// Septets of each ASCII character: 1 in the default alphabet, 2 in the extension table, 0 in neither.
const ASCII: [u8; 128] = {
    let mut septets = [0; 128];
    set(&mut septets, b"\n\r !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ_", 1);
    set(&mut septets, b"abcdefghijklmnopqrstuvwxyz", 1);
    set(&mut septets, b"\x0C[\\]^{|}~", 2);
    septets
};

#[expect(
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    reason = "at compile time"
)]
const fn set(septets: &mut [u8; 128], characters: &[u8], cost: u8) {
    let mut at = 0;
    while at < characters.len() {
        septets[characters[at] as usize] = cost;
        at += 1;
    }
}

/// The Latin-1 letters and signs of the default alphabet, U+0080 to U+00FF, one bit each.
const LATIN: u128 = block(
    0x80,
    &[
        '¡', '£', '¤', '¥', '§', '¿', 'Ä', 'Å', 'Æ', 'Ç', 'É', 'Ñ', 'Ö', 'Ø', 'Ü', 'ß', 'à', 'ä', 'å', 'æ',
        'è', 'é', 'ì', 'ñ', 'ò', 'ö', 'ø', 'ù', 'ü',
    ],
);

/// The Greek capitals of the default alphabet, U+0380 to U+03FF, one bit each.
const GREEK: u128 = block(0x380, &['Γ', 'Δ', 'Θ', 'Λ', 'Ξ', 'Π', 'Σ', 'Φ', 'Ψ', 'Ω']);

#[expect(
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    reason = "at compile time"
)]
const fn block(first: u32, characters: &[char]) -> u128 {
    let mut bits = 0;
    let mut at = 0;
    while at < characters.len() {
        bits |= 1 << (characters[at] as u32 - first);
        at += 1;
    }
    bits
}

/// Septets of a character in GSM-7 by its code point: 1, or 2 with its escape; 0 where neither table has it.
#[inline]
pub(super) fn septets(code_point: u32) -> usize {
    match code_point {
        0..0x80 => {
            let at = usize::try_from(code_point).unwrap_or(0);
            usize::from(ASCII.get(at).copied().unwrap_or(0))
        }
        0x80..0x100 => bit(LATIN, code_point),
        0x380..0x400 => bit(GREEK, code_point),
        0x20AC => 2,
        _ => 0,
    }
}

fn bit(block: u128, code_point: u32) -> usize {
    usize::from(block.wrapping_shr(code_point & 0x7F) & 1 == 1)
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
