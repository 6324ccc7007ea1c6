//! How people write numbers down: what stands between the digits, and around them.

use super::DIGITS_MAX;
use super::resolve::Unresolved;

/// The most digits that are kept: a whole number behind the longest international prefix.
const READ_DIGITS_MAX: usize = DIGITS_MAX + 9;

/// The full-width `+` of East Asian text.
const PLUS_WIDE: char = '\u{ff0b}';
/// The scheme of a telephone number as an address (RFC 3966); capitals or not.
const SCHEME: &str = "tel:";

/// The digits of an input.
#[derive(Default)]
pub(super) struct Digits {
    text: [u8; READ_DIGITS_MAX],
    count: usize,
    /// There were more than fit.
    pub(super) overlong: bool,
    /// A `+` stands before them.
    pub(super) international: bool,
    /// There is nothing but a `+` and digits.
    pub(super) plain: bool,
}

impl Digits {
    /// Reads them; the reason where there is anything else, or no digit.
    pub(super) fn read(input: &str) -> Result<Self, Unresolved> {
        let text = input.trim_matches(is_around);
        if text.is_empty() {
            return Err(Unresolved::Empty);
        }
        let text = bare(text);
        let mut read = Self { plain: text.len() == input.len() && input.starts_with('+'), ..Self::default() };
        for character in text.chars() {
            match character {
                '0'..='9' => read.push(digit(character, '0')),
                '+' | PLUS_WIDE if read.count == 0 && !read.international => {
                    read.international = true;
                    read.plain &= character == '+';
                }
                '\u{ff10}'..='\u{ff19}' => {
                    read.plain = false;
                    read.push(digit(character, '\u{ff10}'));
                }
                _ if is_between(character) => read.plain = false,
                _ => return Err(Unresolved::NotANumber),
            }
        }
        if read.count > 0 { Ok(read) } else { Err(Unresolved::NotANumber) }
    }

    /// Appends a digit.
    pub(super) fn push(&mut self, digit: u8) {
        match self.text.get_mut(self.count) {
            Some(slot) => {
                *slot = digit;
                self.count = self.count.wrapping_add(1);
            }
            None => self.overlong = true,
        }
    }

    /// Appends the digits of a calling code.
    pub(super) fn calling_code(&mut self, code: u16) {
        let digits = [code / 100, code / 10 % 10, code % 10];
        for digit in digits.into_iter().skip_while(|digit| *digit == 0) {
            self.push(b'0'.wrapping_add(u8::try_from(digit).unwrap_or_default()));
        }
    }

    /// All of them, as ASCII.
    pub(super) fn digits(&self) -> &[u8] {
        self.text.get(..self.count).unwrap_or_default()
    }
}

/// The text without what a page's link or a table's cell has in front of a number.
fn bare(text: &str) -> &str {
    let (front, rest) = text.split_at_checked(SCHEME.len()).unwrap_or_default();
    if front.eq_ignore_ascii_case(SCHEME) {
        return rest;
    }
    text.strip_prefix('\'').unwrap_or(text)
}

/// What may stand around a number: what may stand in it, and the ends of cells and lines.
fn is_around(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' | ' ' => true,
        '\0'..='\u{7f}' => false,
        _ => is_between(character),
    }
}

/// Spaces, dots, dashes, slashes and brackets, of ASCII, of Unicode and full-width, and marks that nobody sees.
fn is_between(character: char) -> bool {
    matches!(character,
        ' ' | '(' | ')' | '-' | '.' | '/' | '[' | ']'
        | '\u{a0}' | '\u{ad}' // a no-break space, a soft hyphen
        | '\u{2000}'..='\u{2015}' // spaces, none of which joins, marks of direction, dashes
        | '\u{2028}'..='\u{202f}' | '\u{205f}' | '\u{2060}' | '\u{2066}'..='\u{2069}' // more of them
        | '\u{2212}' | '\u{3000}' | '\u{30fc}' | '\u{feff}' // a minus, a wide space, a long mark, a byte order mark
        | '\u{ff08}' | '\u{ff09}' | '\u{ff0d}'..='\u{ff0f}' | '\u{ff3b}' | '\u{ff3d}') // full-width
}

/// The ASCII digit of one that is so far from a zero.
fn digit(character: char, zero: char) -> u8 {
    let value = u32::from(character).wrapping_sub(u32::from(zero));
    b'0'.wrapping_add(u8::try_from(value).unwrap_or_default())
}
