//! Numbers as they are dialled within a region: trunk and international prefixes.

use super::decode::number;
use super::table::DIALLING;

/// Digits of each international prefix that the digits begin with, the longest first: of some regions one is the beginning
/// of another.
pub(super) fn international(way: u8, digits: &[u8]) -> impl Iterator<Item = usize> {
    let [_, _, prefixes] = fields(way);
    // No calling code begins with 0, so that what follows an international prefix does not either.
    beginnings(prefixes, digits).filter(|prefix| digits.get(*prefix).is_some_and(|digit| *digit != b'0'))
}

/// Digits of the trunk prefix in front of a national number.
pub(super) fn trunk(way: u8, digits: &[u8]) -> usize {
    let [prefixes, kept, _] = fields(way);
    let keeps = kept.split_terminator(' ').any(|length| usize::from(number(length)) == digits.len());
    if keeps { 0 } else { beginnings(prefixes, digits).next().unwrap_or_default() }
}

fn fields(way: u8) -> [&'static str; 3] {
    let line = DIALLING.split('\n').nth(usize::from(way)).unwrap_or_default();
    let mut fields = line.split('/');
    [(); 3].map(|()| fields.next().unwrap_or_default())
}

/// How long each of the prefixes is that the digits begin with, in their order.
fn beginnings(prefixes: &'static str, digits: &[u8]) -> impl Iterator<Item = usize> {
    let begins = move |prefix: &&str| {
        prefix.len() <= digits.len()
            && prefix.bytes().zip(digits).all(|(one, digit)| one == b'.' || one == *digit)
    };
    prefixes.split_terminator(' ').filter(begins).map(str::len)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(region: &str) -> u8 {
        let owners = super::super::decode::Table::get().owners();
        owners.iter().find(|owner| owner.region.as_str() == region).unwrap().way.unwrap()
    }

    #[test]
    fn trunk_prefixes() {
        for (region, digits, expected) in [
            ("AU", "0412345678", 1),
            ("AU", "412345678", 0),
            ("US", "12125550123", 1),
            ("US", "2125550123", 0),
            ("HU", "0612345678", 2),
            ("RU", "88005553535", 1),
            ("RU", "8005553535", 0),
            ("LT", "861234567", 1),
            ("LT", "061234567", 1),
            ("BY", "80294911911", 2),
            ("IT", "0669812345", 0),
        ] {
            assert_eq!(trunk(way(region), digits.as_bytes()), expected, "{region} {digits}");
        }
    }

    #[test]
    fn international_prefixes() {
        for (region, digits, expected) in [
            ("AU", "001161412345678", vec![4]),
            ("AU", "141100111212", vec![8]),
            ("US", "01161412345678", vec![3]),
            ("RU", "81061412345678", vec![3]),
            ("SG", "01961412345678", vec![3]),
            ("HK", "00161412345678", vec![3, 2]),
            ("GB", "00", vec![]),
            ("GB", "000", vec![]),
            ("GB", "07700900123", vec![]),
        ] {
            let found: Vec<usize> = international(way(region), digits.as_bytes()).collect();
            assert_eq!(found, expected, "{region} {digits}");
        }
    }
}
