//! How many digits a national number may have, and what may stand before it by mistake.

use super::DIGITS_MAX;
use super::resolve::Unresolved;

/// What one calling code's plan says of lengths: a line of the table's `LENGTHS`.
#[derive(Clone, Copy)]
pub(super) struct Lengths(u32);

/// Bits that tell the possible lengths.
const POSSIBLE: u32 = 0x7ff0;
/// The three bits of the digit that tells mobile numbers from others.
const DIGIT: u32 = 0xe;

impl Lengths {
    /// A line of the table.
    pub(super) fn of(bits: u32) -> Self {
        Self(bits)
    }

    /// What is wrong with so many digits of a national number, as libphonenumber's `isPossible` has it.
    pub(super) fn misfit(self, digits: usize) -> Option<Unresolved> {
        let (one, possible) = (bit(digits), self.0 & POSSIBLE);
        if one & possible > 0 {
            None
        } else if possible < one {
            Some(Unresolved::TooLong)
        } else if possible & one.wrapping_sub(1) == 0 {
            Some(Unresolved::TooShort)
        } else {
            Some(Unresolved::WrongLength)
        }
    }

    /// Whether the first of these digits behind the calling code is a trunk prefix, which has no place there. Numbers
    /// that begin with two zeros are some services' own.
    pub(super) fn trunk(self, national: &[u8]) -> bool {
        self.0 & 1 > 0 && matches!(national, [b'0', b'1'..=b'9', ..])
    }

    /// Whether digits that begin with the calling code, of so many digits itself, may be a whole number without its `+`.
    pub(super) fn whole(self, digits: &[u8], code: usize) -> bool {
        let mobile = (self.0 & DIGIT).wrapping_shr(1);
        self.misfit(digits.len()).is_some()
            || bit(digits.len().saturating_add(DIGITS_MAX)) & self.0 > 0
            || digits.get(code).is_some_and(|digit| mobile > 0 && mobile == u32::from(digit & 0xf))
    }
}

/// The bit of a length; that of a length beyond all is the highest, which no length has.
fn bit(length: usize) -> u32 {
    1_u32.wrapping_shl(u32::try_from(length).unwrap_or(u32::MAX).min(31))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(region: &str) -> Lengths {
        let owners = super::super::decode::Table::get().owners();
        owners.iter().find(|owner| owner.region.as_str() == region).unwrap().lengths
    }

    #[test]
    fn possible_lengths() {
        use Unresolved::*;
        for (region, digits, expected) in [
            ("AU", 4, Some(TooShort)),
            ("AU", 5, None),
            ("AU", 10, None),
            ("AU", 11, Some(WrongLength)),
            ("AU", 12, None),
            ("AU", 13, Some(TooLong)),
            ("AU", 40, Some(TooLong)),
            ("NZ", 4, Some(TooShort)),
            ("NZ", 11, Some(TooLong)),
            ("US", 10, None),
            ("IM", 9, None), // as in all of +44
            ("870", 10, Some(WrongLength)),
            ("NF", 5, None), // which libphonenumber puts a 3 before
            ("AT", 3, Some(TooShort)),
        ] {
            assert_eq!(of(region).misfit(digits), expected, "{region} {digits}");
        }
    }

    #[test]
    fn trunk_prefixes_behind_a_calling_code() {
        for (region, national, expected) in [
            ("GB", "02079460958", true),
            ("JP", "09012345678", true),
            ("JP", "0077712345", false),
            ("IT", "0612345678", false),
            ("RW", "06123456", false),
            ("RU", "09161234567", false),
            ("BY", "0291234567", true),
            ("GB", "0", false),
        ] {
            assert_eq!(of(region).trunk(national.as_bytes()), expected, "{region} {national}");
        }
    }
}
