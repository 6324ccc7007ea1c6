//! From a number's leading digits to its region.

use super::{E164, Region, table::RUNS};

/// Digits that the table tells apart, calling code included.
const LEADING_DIGITS: usize = 8;
/// Digits of every number of the North American Numbering Plan, calling code included.
const NANP_DIGITS: usize = 11;

/// The region that a number belongs to, by its longest known leading digits.
///
/// None for calling and area codes that are not assigned or belong to no region (worldwide services; 800 and the like
/// in North America): a region is never guessed. Where several regions use the same digits, the main one of their
/// calling code (domain rule 26).
pub fn region(number: &E164) -> Option<Region> {
    let digits = number.digits();
    if digits.first() == Some(&b'1') && digits.len() != NANP_DIGITS {
        return None;
    }
    let leading = leading(digits);
    let behind = RUNS.partition_point(|&(first, _)| first <= leading);
    let &(_, code) = RUNS.get(behind.checked_sub(1)?)?;
    Region::of_row(code)
}

/// The first digits of a number as one number, filled up with zeros.
fn leading(digits: &[u8]) -> u32 {
    let filled = digits.iter().copied().chain(std::iter::repeat(b'0'));
    let append = |sum: u32, digit: u8| sum.wrapping_mul(10).wrapping_add(u32::from(digit.wrapping_sub(b'0')));
    filled.take(LEADING_DIGITS).fold(0, append)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(number: &str) -> Option<String> {
        region(&E164::parse(number).unwrap()).map(|region| region.to_string())
    }

    #[test]
    fn the_table_is_in_order_and_complete() {
        assert_eq!(RUNS[0].0, 0);
        assert!(RUNS.is_sorted_by(|a, b| a.0 < b.0));
        assert!(RUNS.iter().all(|(first, _)| *first < 100_000_000));
        assert!(RUNS.iter().all(|(_, code)| code == b"--" || code.iter().all(u8::is_ascii_uppercase)));
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
            ("+15005550006", None),
            ("+18005550123", None),
            ("+18885550123", None),
            ("+19005550123", None),
            ("+11115550123", None),
            ("+10005551234", None),
            ("+1212555012", None),
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
            ("+80012345678", None),
            ("+881612345678", None),
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
