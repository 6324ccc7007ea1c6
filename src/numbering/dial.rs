//! Numbers as they are dialled within a region: trunk and international prefixes.

use super::decode::number;

/// How a region dials: each a list with spaces between, in which a longer prefix comes first and a dot is any digit.
#[derive(Clone, Copy)]
pub(super) struct Way {
    trunks: &'static str,
    /// How many digits a number has that begins like a trunk prefix and keeps that.
    kept: &'static str,
    international: &'static str,
}

impl Way {
    /// A line of the table's `DIALLING`.
    pub(super) fn of(line: &'static str) -> Self {
        let mut fields = line.split('/');
        let [trunks, kept, international] = [(); 3].map(|()| fields.next().unwrap_or_default());
        Self { trunks, kept, international }
    }

    /// Digits of each international prefix that the digits begin with, the longest first: of some regions one is the
    /// beginning of another.
    pub(super) fn international(self, digits: &[u8]) -> impl Iterator<Item = usize> {
        // No calling code begins with 0, so that what follows an international prefix does not either.
        let continued = |prefix: &usize| digits.get(*prefix).is_some_and(|digit| *digit != b'0');
        beginnings(self.international, digits).filter(continued)
    }

    /// Digits of the trunk prefix in front of a national number.
    pub(super) fn trunk(self, digits: &[u8]) -> usize {
        let keeps = self.kept.split_terminator(' ').any(|length| usize::from(number(length)) == digits.len());
        if keeps { 0 } else { beginnings(self.trunks, digits).next().unwrap_or_default() }
    }
}

/// How long each of the prefixes is that the digits begin with, in their order.
fn beginnings(prefixes: &'static str, digits: &[u8]) -> impl Iterator<Item = usize> {
    let begins = move |prefix: &&[u8]| {
        prefix.len() <= digits.len()
            && prefix.iter().zip(digits).all(|(one, digit)| *one == b'.' || one == digit)
    };
    let prefixes = prefixes.as_bytes().split(|byte| *byte == b' ');
    prefixes.filter(begins).map(<[u8]>::len).filter(|length| *length > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(region: &str) -> Way {
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
            assert_eq!(way(region).trunk(digits.as_bytes()), expected, "{region} {digits}");
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
            let found: Vec<usize> = way(region).international(digits.as_bytes()).collect();
            assert_eq!(found, expected, "{region} {digits}");
        }
    }
}
