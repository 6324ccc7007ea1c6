//! How people write numbers down: what stands between the digits, and around them.

use super::DIGITS_MAX;
use super::resolve::Unresolved;

/// The most digits that are kept: a whole number behind the longest international prefix.
const READ_DIGITS_MAX: usize = DIGITS_MAX + 9;

/// How far full-width characters of East Asian text are from those of ASCII.
const WIDE: u32 = 0xfee0;
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
        let text = input.trim_start_matches(is_around);
        if text.is_empty() {
            return Err(Unresolved::Empty);
        }
        let mut read = Self { plain: text.len() == input.len() && text.starts_with('+'), ..Self::default() };
        let mut ended = false;
        for character in bare(text).chars() {
            let ascii = narrow(character);
            read.plain &= ascii == character;
            match ascii {
                '0'..='9' if !ended => read.push(u8::try_from(ascii).unwrap_or_default()),
                '+' if !ended && read.count == 0 && !read.international => read.international = true,
                _ if is_around(ascii) => {
                    read.plain = false;
                    ended |= ascii < ' ';
                }
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

/// The ASCII character that a full-width one stands for; any other as it is.
fn narrow(character: char) -> char {
    match character {
        '\u{ff01}'..='\u{ff5e}' => {
            char::from_u32(u32::from(character).wrapping_sub(WIDE)).unwrap_or(character)
        }
        _ => character,
    }
}

/// What may stand around a number: the ends of cells and lines; and within it too: spaces, dots, dashes, slashes and
/// brackets, those of Unicode too, and marks that nobody sees.
#[inline(never)] // two callers
fn is_around(character: char) -> bool {
    matches!(character,
        '\t' | '\n' | '\r' | ' ' | '(' | ')' | '-' | '.' | '/' | '[' | ']'
        | '\u{a0}' | '\u{ad}' // a no-break space, a soft hyphen
        | '\u{2000}'..='\u{2015}' // spaces, joiners, marks of direction, dashes
        | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{2060}' | '\u{2066}'..='\u{2069}' // more of them
        | '\u{2212}' | '\u{3000}' | '\u{30fc}' | '\u{feff}') // a minus, a wide space, a long mark, a byte order mark
}
