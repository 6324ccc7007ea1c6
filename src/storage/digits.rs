//! Whole numbers in decimal digits, as documents write them: tens of them for every message, so eight digits at once.

/// Eight digits.
const EIGHT: u64 = 100_000_000;
/// `0` eight times.
const ZEROS: u64 = u64::from_le_bytes([b'0'; 8]);

/// Appends a number.
pub(super) fn write(bytes: &mut Vec<u8>, number: u64) {
    // Most numbers of a document are.
    match u8::try_from(number) {
        Ok(digit @ 0..=9) => bytes.push(b'0' | digit),
        _ => several(bytes, number),
    }
}

/// Appends a number of several digits, in parts of eight: WebAssembly multiplies 32 bits to 64, but not 64 to 128, which the
/// division of a large number needs.
fn several(bytes: &mut Vec<u8>, number: u64) {
    let (high, low) = (number / EIGHT, number % EIGHT);
    let digits = places(low);
    if high > 0 {
        several(bytes, high);
        return bytes.extend_from_slice(&(digits | ZEROS).to_le_bytes());
    }
    // The first digit is the lowest byte: leading zeros are shifted out, but for the last one, and what comes in behind is cut off.
    let leading = (digits | 1 << 56).trailing_zeros() & !7;
    bytes.extend_from_slice(&(digits | ZEROS).wrapping_shr(leading).to_le_bytes());
    bytes.truncate(bytes.len().saturating_sub(usize::try_from(leading / 8).unwrap_or(0)));
}

/// The digits of a number below 10^8, each in a byte of its own, the first one lowest: halved thrice, into parts of four digits, of
/// two and of one, and all parts at once, each beside the others in the same word. A product by the reciprocal, shifted, is the
/// quotient, exactly for numbers as small as these.
fn places(number: u64) -> u64 {
    let fours = split(number, 10_000, |number| number / 10_000, 32);
    let twos = split(fours, 100, |fours| (fours.wrapping_mul(10_486) >> 20) & 0x7f_0000_007f, 16);
    split(twos, 10, |twos| (twos.wrapping_mul(103) >> 10) & 0x000f_000f_000f_000f, 8)
}

/// Leaves the quotients where the numbers were, and puts the remainders so many bits above.
fn split(numbers: u64, divisor: u64, quotients: impl Fn(u64) -> u64, above: u32) -> u64 {
    let quotients = quotients(numbers);
    quotients | numbers.wrapping_sub(quotients.wrapping_mul(divisor)) << above
}

#[cfg(test)]
mod tests {
    use super::write;
    use proptest::prelude::*;

    fn written(number: u64) -> String {
        let mut bytes = b"a number: ".to_vec();
        write(&mut bytes, number);
        String::from_utf8(bytes).unwrap()
    }

    fn assert_written(number: u64) {
        assert_eq!(written(number), format!("a number: {number}"));
    }

    #[test]
    fn numbers_are_written_as_everywhere() {
        for number in (0..20_000).chain(99_980_000..100_020_000) {
            assert_written(number);
        }
        // Around every power of ten, and at the end.
        for power in (0..20).map(|power| 10_u64.pow(power)) {
            for number in [power - 1, power, power + 1, power.saturating_mul(9), power.saturating_mul(5)] {
                assert_written(number);
            }
        }
        assert_written(u64::MAX);
    }

    /// Each part of a word, with every value that it takes, beside every other one.
    #[test]
    fn parts_do_not_disturb_each_other() {
        for four in 0..10_000_u64 {
            for beside in [0, 1, 99, 100, 4_999, 9_900, 9_999] {
                assert_written(four * 10_000 + beside);
                assert_written(beside * 10_000 + four);
            }
        }
    }

    proptest! {
        #[test]
        fn any_number_is_written_as_everywhere(number in any::<u64>(), shift in 0..64_u32) {
            prop_assert_eq!(written(number >> shift), format!("a number: {}", number >> shift));
        }
    }
}
