//! Bytes looked at eight at a time, as the places of one word: ids are, several times for every message.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = ONES << 7;

/// Whether all bytes are of ASCII, this one or beyond, and neither of the others.
#[inline(never)]
pub(crate) fn only_from(first: u8, but: [u8; 2], bytes: &[u8]) -> bool {
    // The last few once more, with those before them; where there are none, with zeros.
    let last = bytes.last_chunk().copied().unwrap_or_else(|| {
        let mut last = [b'0'; 8];
        for (place, byte) in last.iter_mut().zip(bytes) {
            *place = *byte;
        }
        last
    });
    let from_first = ONES.wrapping_mul(u64::from(0x80_u8.wrapping_sub(first)));
    let [one, other] = but.map(|byte| ONES.wrapping_mul(u64::from(byte)));
    // The high bit of each byte that is beyond ASCII, below the first, or one of the others.
    let marks = |eight: [u8; 8]| {
        let eight = u64::from_le_bytes(eight);
        let differ = (eight ^ one).wrapping_add(!HIGH) & (eight ^ other).wrapping_add(!HIGH);
        eight | !(eight.wrapping_add(from_first) & differ)
    };
    bytes.as_chunks().0.iter().fold(marks(last), |marked, eight| marked | marks(*eight)) & HIGH == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marked_wherever_they_stand() {
        for filler in [b'!', b'"', b'a', b'~'] {
            for byte in 0..=0xFF_u8 {
                for (length, at) in [(1, 0), (7, 6), (8, 0), (8, 7), (9, 8), (16, 3), (23, 20)] {
                    let mut bytes = vec![filler; length];
                    bytes[at] = byte;
                    let expected = bytes
                        .iter()
                        .all(|byte| (b'!'..=0x7F).contains(byte) && !matches!(byte, b'"' | b'\\'));
                    assert_eq!(only_from(b'!', [b'"', b'\\'], &bytes), expected, "{bytes:?}");
                }
            }
        }
        assert!(only_from(b'!', [b'"'; 2], b""));
    }
}
