//! International numbers, read into digits.

use super::{NumberError, excerpt};
use std::{fmt, str::FromStr};

/// The fewest digits of a number, calling code included. E.164 sets none; no plan has shorter ones that take messages
/// from abroad.
pub const DIGITS_MIN: usize = 7;
/// The most digits of a number, calling code included (ITU-T E.164 6.2.1).
pub const DIGITS_MAX: usize = 15;

/// An international number: `+` and its digits, held without allocation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct E164 {
    // INVARIANT: a `+`, then `digits` ASCII digits, then zero bytes.
    text: [u8; DIGITS_MAX + 1],
    digits: u8,
}

impl E164 {
    /// Reads a number: `+`, then 7 to 15 digits of which the first is not 0. Spaces, dots, dashes and brackets between
    /// them are skipped.
    ///
    /// # Errors
    /// [`NumberError::NotE164`] for anything else.
    pub fn parse(input: &str) -> Result<Self, NumberError> {
        Self::read(input.as_bytes()).ok_or_else(|| NumberError::NotE164 { input: excerpt(input) })
    }

    fn read(input: &[u8]) -> Option<Self> {
        let rest = input.strip_prefix(b"+")?;
        let mut text = [0; DIGITS_MAX + 1];
        let mut slots = text.iter_mut();
        *slots.next()? = b'+';
        for &byte in rest {
            match byte {
                b'0'..=b'9' => *slots.next()? = byte,
                b' ' | b'.' | b'-' | b'(' | b')' | b'[' | b']' => {}
                _ => return None,
            }
        }
        let digits = DIGITS_MAX.checked_sub(slots.len())?;
        let proper = digits >= DIGITS_MIN && !matches!(text, [_, b'0', ..]);
        proper.then_some(Self { text, digits: u8::try_from(digits).ok()? })
    }

    /// The number with these ASCII digits.
    pub(super) fn of_digits(digits: &[u8]) -> Option<Self> {
        let mut text = [0; DIGITS_MAX + 1];
        let ([plus, slots @ ..], count) = (&mut text, u8::try_from(digits.len()).ok()?);
        *plus = b'+';
        slots.get_mut(..digits.len())?.copy_from_slice(digits);
        Some(Self { text, digits: count })
    }

    /// The number as E.164 writes it, such as `+61412345678`.
    pub fn e164(&self) -> &str {
        let end = usize::from(self.digits).saturating_add(1);
        self.text.get(..end).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default()
    }

    /// The same of a number that was read from this, which mostly is what E.164 writes: only what was skipped makes it longer.
    pub(crate) fn e164_of<'a>(&'a self, input: &'a str) -> &'a str {
        if input.len() == self.digits().len().saturating_add(1) { input } else { self.e164() }
    }

    /// The digits without the `+`, as ASCII.
    pub fn digits(&self) -> &[u8] {
        let end = usize::from(self.digits).saturating_add(1);
        self.text.get(1..end).unwrap_or_default()
    }
}

impl FromStr for E164 {
    type Err = NumberError;

    /// As [`E164::parse`].
    fn from_str(input: &str) -> Result<Self, NumberError> {
        Self::parse(input)
    }
}

impl fmt::Display for E164 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.e164())
    }
}

impl fmt::Debug for E164 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.e164())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn read() {
        for (input, output) in [
            ("+61412345678", "+61412345678"),
            ("+61 412 345 678", "+61412345678"),
            ("+1 (212) 555-0123", "+12125550123"),
            ("+49.30.123456", "+4930123456"),
            ("+44 [20] 7946 0958", "+442079460958"),
            ("+1234567", "+1234567"),
            ("+123456789012345", "+123456789012345"),
        ] {
            let number = E164::parse(input).unwrap();
            assert_eq!((number.e164(), number.digits()), (output, &output.as_bytes()[1..]));
            assert_eq!(number.e164_of(input), output);
        }
    }

    #[test]
    fn refused() {
        for input in [
            "",
            "+",
            "61412345678",
            "0412 345 678",
            "+0412345678",
            "+123456",
            "+1234567890123456",
            "++61412345678",
            "+6141234567a",
            " +61412345678",
            "+61/412345678",
            "+６１412345678",
            "tel:+61412345678",
        ] {
            assert_eq!(
                E164::parse(input).unwrap_err().to_string(),
                format!(
                    "`{input}` is not an E.164 number: write `+`, the calling code and the number, 7 to 15 digits in all, \
                     such as `+61412345678`"
                )
            );
        }
        assert!(E164::parse(&"9".repeat(10_000)).unwrap_err().to_string().len() < 300);
    }

    proptest! {
        #[test]
        fn writing_and_reading_again(digits in "[1-9][0-9]{6,14}") {
            let number = E164::parse(&format!("+{digits}")).unwrap();
            prop_assert_eq!(number.digits(), digits.as_bytes());
            prop_assert_eq!(E164::parse(number.e164()).unwrap(), number);
        }

        #[test]
        fn never_panics(input: String) {
            let _ = E164::parse(&input);
        }
    }
}
