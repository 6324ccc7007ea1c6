//! From a number's leading digits to its region.

use super::decode::{NOBODY, Place, Table, code_digits};
use super::{E164, Region, table::LEADING_DIGITS};

/// The North American Numbering Plan's calling code, and the digits of every number of it, calling code included.
pub(super) const NANP: u8 = b'1';
pub(super) const NANP_DIGITS: usize = 11;

/// The region that a number belongs to and that pays for it, by its longest known leading digits.
///
/// Where several regions share the digits, it is the main one of them, as [`super::Resolution::region`] tells (domain
/// rule 26): a mobile number of `+61` is Australia's, although those of two of its islands look the same; `+1 800` and the
/// like are the United States'. A worldwide service has a region of its own, such as `870`. None for calling and area
/// codes that are not assigned: a region is never guessed.
pub fn region(number: &E164) -> Option<Region> {
    let digits = number.digits();
    if digits.first() == Some(&NANP) && digits.len() != NANP_DIGITS {
        return None;
    }
    let table = Table::get();
    table.owner(table.place(leading(digits))).map(|owner| owner.region)
}

/// Whose the leading digits are; nobody's where they end within a calling code.
pub(super) fn place(digits: &[u8]) -> Place {
    let table = Table::get();
    let place = table.place(leading(digits));
    let needed = table.owner(place).map_or(0, |owner| code_digits(owner.calling_code));
    if digits.len() < needed { NOBODY } else { place }
}

/// The first digits of a number as one number, filled up with zeros.
fn leading(digits: &[u8]) -> u32 {
    let digit = |place: usize| u32::from(digits.get(place).map_or(0, |digit| digit.wrapping_sub(b'0')));
    (0..LEADING_DIGITS).fold(0, |sum, place| sum.wrapping_mul(10).wrapping_add(digit(place)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(number: &str) -> Option<String> {
        region(&E164::parse(number).unwrap()).map(|region| region.to_string())
    }

    #[test]
    fn regions() {
        for (number, expected) in [
            ("+61412345678", Some("AU")),
            ("+61891621234", Some("CC")),
            ("+61891641234", Some("CX")),
            ("+6421123456", Some("NZ")),
            ("+447700900123", Some("GB")),
            ("+447781123456", Some("GG")),
            ("+447797123456", Some("JE")),
            ("+447624123456", Some("IM")),
            ("+441481256789", Some("GG")),
            ("+441534456789", Some("JE")),
            ("+441624756789", Some("IM")),
            ("+12125550123", Some("US")),
            ("+14165550123", Some("CA")),
            ("+18765550123", Some("JM")),
            ("+16585550123", Some("JM")),
            ("+18095550123", Some("DO")),
            ("+17875550123", Some("PR")),
            ("+15005550006", Some("US")),
            ("+18005550123", Some("US")),
            ("+18885550123", Some("US")),
            ("+19005550123", Some("US")),
            ("+16005550123", Some("CA")),
            ("+11115550123", None),
            ("+10005551234", None),
            ("+1212555012", None),
            // A length that no number has is no matter.
            ("+642112345678901", Some("NZ")),
            ("+3361234", Some("FR")),
            ("+4402079460958", Some("GB")),
            ("+121255501234", None),
            ("+79161234567", Some("RU")),
            ("+77011234567", Some("KZ")),
            ("+4779123456", Some("SJ")),
            ("+4741234567", Some("NO")),
            ("+393123456789", Some("IT")),
            ("+390669812345", Some("VA")),
            ("+358181234567", Some("AX")),
            ("+358401234567", Some("FI")),
            ("+262692123456", Some("RE")),
            ("+262639123456", Some("YT")),
            ("+5997171234", Some("BQ")),
            ("+59995181234", Some("CW")),
            ("+8613812345678", Some("CN")),
            ("+85251234567", Some("HK")),
            ("+88621234567", Some("TW")),
            ("+999123456789", None),
            ("+80012345678", Some("800")),
            ("+80812345678", Some("808")),
            ("+870773111632", Some("870")),
            ("+881612345678", Some("881")),
            ("+979123456789", Some("979")),
            ("+2101234567", None),
        ] {
            assert_eq!(of(number).as_deref(), expected, "{number}");
        }
    }

    proptest! {
        #[test]
        fn the_subscriber_never_matters(leading in "[2-9][0-9]{7}", a in "[0-9]{0,7}", b in "[0-9]{0,7}") {
            prop_assert_eq!(of(&format!("+{leading}{a}")), of(&format!("+{leading}{b}")));
        }
    }
}
