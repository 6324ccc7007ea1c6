//! Bytes in lower-case hexadecimal, as documents and answers write hashes.

use std::fmt;

/// So many bytes, written as twice as many digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hex<const N: usize>(pub [u8; N]);

fn digit(nibble: u8) -> u8 {
    let base = if nibble < 10 { b'0' } else { b'a'.saturating_sub(10) };
    base.saturating_add(nibble)
}

impl<const N: usize> Hex<N> {
    /// The two digits of each byte.
    pub(super) fn digits(&self) -> [[u8; 2]; N] {
        let mut digits = [[0; 2]; N];
        for (pair, byte) in digits.iter_mut().zip(&self.0) {
            *pair = [digit(byte >> 4), digit(byte & 15)];
        }
        digits
    }
}

impl<const N: usize> fmt::Display for Hex<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(self.digits().as_flattened()).unwrap_or_default())
    }
}

impl<const N: usize> Hex<N> {
    /// Reads as many digits as it takes; none where they are not that.
    pub(super) fn parse(text: &str) -> Option<Self> {
        read(text)
    }
}

fn read<const N: usize>(text: &str) -> Option<Hex<N>> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    if pairs.len() != N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = (value(*high)? << 4) | value(*low)?;
    }
    Some(Hex(bytes))
}

fn value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => digit.checked_sub(b'0'),
        b'a'..=b'f' => digit.checked_sub(b'a')?.checked_add(10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_and_read_again() {
        let hex = Hex([0x00, 0x9f, 0xa0, 0xff]);
        assert_eq!(hex.to_string(), "009fa0ff");
        assert_eq!(Hex::<4>::parse("009fa0ff"), Some(hex));
        for wrong in ["009FA0FF", "009fa0f", "009fa0", "zz9fa0ff", ""] {
            assert_eq!(Hex::<4>::parse(wrong), None, "{wrong}");
        }
    }
}
