//! Numbers as they are dialled within a region: trunk and international prefixes.

use super::table::DIALLING;

/// What a dialled number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialled {
    /// A number of the region, behind so many digits of a trunk prefix.
    National(usize),
    /// An international number, behind so many digits of an international prefix.
    International(usize),
}

/// Reads digits as somebody in a region with this way of dialling would dial them.
pub(super) fn dialled(way: u8, digits: &[u8]) -> Dialled {
    let line = DIALLING.split('\n').nth(usize::from(way)).unwrap_or_default();
    let mut fields = line.split('/');
    let [trunks, kept, international] = [(); 3].map(|()| fields.next().unwrap_or_default());
    // No calling code begins with 0, so that what follows an international prefix does not either.
    if let Some(prefix) = longest(international, digits)
        && digits.get(prefix).is_some_and(|digit| *digit != b'0')
    {
        return Dialled::International(prefix);
    }
    let keeps = kept.split_terminator(' ').any(|length| length.parse() == Ok(digits.len()));
    Dialled::National(if keeps { 0 } else { longest(trunks, digits).unwrap_or_default() })
}

/// How long the longest of the prefixes is that the digits begin with; they stand in this order.
fn longest(prefixes: &str, digits: &[u8]) -> Option<usize> {
    let begins = |prefix: &&str| {
        prefix.len() <= digits.len()
            && prefix.bytes().zip(digits).all(|(one, digit)| one == b'.' || one == *digit)
    };
    prefixes.split_terminator(' ').find(begins).map(str::len)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Dialled::{International, National};

    fn in_region(region: &str, digits: &str) -> Dialled {
        let owners = super::super::decode::Table::get().owners();
        let owner = owners.iter().find(|owner| owner.region.as_str() == region).unwrap();
        dialled(owner.way.unwrap(), digits.as_bytes())
    }

    #[test]
    fn prefixes() {
        for (region, digits, expected) in [
            ("AU", "0412345678", National(1)),
            ("AU", "412345678", National(0)),
            ("AU", "001161412345678", International(4)),
            ("AU", "141100111212", International(8)),
            ("US", "12125550123", National(1)),
            ("US", "2125550123", National(0)),
            ("US", "01161412345678", International(3)),
            ("HU", "0612345678", National(2)),
            ("RU", "88005553535", National(1)),
            ("RU", "8005553535", National(0)),
            ("RU", "81061412345678", International(3)),
            ("LT", "861234567", National(1)),
            ("LT", "061234567", National(1)),
            ("BY", "80294911911", National(2)),
            ("IT", "0669812345", National(0)),
            ("SG", "01961412345678", International(3)),
            ("GB", "00", National(1)),
            ("GB", "000", National(1)),
        ] {
            assert_eq!(in_region(region, digits), expected, "{region} {digits}");
        }
    }
}
