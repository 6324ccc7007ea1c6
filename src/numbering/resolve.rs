//! Any number as somebody wrote it: which region it belongs to, or why that cannot be said.

use super::decode::{NOBODY, Owner, Place, Table, code_digits, regions};
use super::dial::Way;
use super::lookup::{NANP, NANP_DIGITS, place};
use super::notation::Digits;
use super::{DIGITS_MAX, DIGITS_MIN, E164, Region};

/// Why a number has no region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unresolved {
    /// Something else than digits in a notation that [`resolve`] reads; or a 0 where a calling code is due.
    NotANumber,
    /// Neither `+` nor, where a default region is given, what can be dialled there.
    NotInternational,
    /// Fewer digits than [`DIGITS_MIN`], or than any number of the calling code.
    TooShort,
    /// More digits than [`DIGITS_MAX`], or than any number of the calling code.
    TooLong,
    /// Nobody has the calling code.
    UnassignedCallingCode,
    /// Nobody has the area code in the North American plan.
    UnassignedAreaCode,
    /// Nothing but spaces, dashes and whatever else may stand around a number.
    Empty,
    /// As many digits as no number of the calling code has, although there are shorter ones and longer ones.
    WrongLength,
}

/// What is known of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolution {
    /// The number in E.164, where it has the right length; whether it is assigned is not asked for that.
    pub number: Option<E164>,
    /// The calling code, where it is assigned.
    pub calling_code: Option<u16>,
    /// Why it has no region; none where it has one.
    pub reason: Option<Unresolved>,
    /// How the number came about from the digits of the input.
    pub(crate) written: Written,
    place: Place,
}

/// How an input's digits become those of the number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Written {
    /// The input is the number in E.164 as it stands.
    pub(crate) plain: bool,
    /// The calling code is put before them.
    pub(crate) national: bool,
    /// As many are left out from the front: a trunk or an international prefix.
    pub(crate) dropped: u8,
    /// A trunk prefix of one digit behind the calling code is left out.
    pub(crate) trunk: bool,
}

impl Resolution {
    /// The region; where several share the digits, the main one of them: the one that libphonenumber names. For
    /// +44 7924 it is `GB`, although the Isle of Man has such numbers too.
    pub fn region(&self) -> Option<Region> {
        Table::get().owner(self.place).map(|owner| owner.region)
    }

    /// All regions that share the number's leading digits, the main one first, where the numbering plan cannot tell them
    /// apart; otherwise nothing.
    pub fn shared(&self) -> impl Iterator<Item = Region> + use<> {
        regions(Table::get().owner(self.place).map_or("", |owner| owner.shared))
    }

    /// The place of the region, or of those that share, among [`names`]; 0 is none.
    #[cfg(any(test, target_arch = "wasm32"))]
    pub(crate) fn place(&self) -> u16 {
        self.place
    }
}

/// Which region a number belongs to.
///
/// The number may have spaces, dots, dashes, slashes and brackets in it, those of Unicode too, marks that nobody sees, and
/// `tel:` or an apostrophe in front; its digits may be full-width ones. Without a `+` it is read as dialled in the `default`
/// region: behind an international prefix, or a national number with or without its trunk prefix. Where digits begin with that
/// region's calling code and are as many as a number with it has, but unlike a national number, only the `+` is missing. A
/// trunk prefix 0 behind a calling code is left out, as in `+44 (0)20`, but in no plan whose numbers begin so (Italy's).
/// Nothing else is taken off: no carrier code, no digit that a mobile number has at home only. A worldwide service is no
/// default region.
///
/// What decides are leading digits, as far as regions differ by them, and the possible lengths of the calling code's numbers. So
/// a region does not say that the number is assigned. What a message costs is [`region`](super::region)'s to say, which asks
/// for no length but in North America.
pub fn resolve(input: &str, default: Option<Region>) -> Resolution {
    let owners = Table::get().owners();
    let at = default.and_then(|region| owners.iter().position(|owner| owner.region == region));
    let place = at.and_then(|at| Place::try_from(at.saturating_add(1)).ok()).unwrap_or(NOBODY);
    resolve_at(input, place)
}

/// The same for the default region at a place among [`names`].
#[inline(never)] // two callers in the module
pub(crate) fn resolve_at(input: &str, default: Place) -> Resolution {
    let read = match Digits::read(input) {
        Ok(read) => read,
        Err(reason) => return Resolution::without(reason),
    };
    if read.international {
        let written = Written { plain: read.plain, ..Written::default() };
        return Resolution::of(read.digits(), written, read.overlong);
    }
    let Some((owner, way)) = Table::get().owner(default).and_then(|owner| Some((owner, owner.way?))) else {
        return Resolution::without(Unresolved::NotInternational);
    };
    dialled(&read, owner, way)
}

/// What somebody in a region with this way of dialling means by these digits.
#[inline(never)] // beside the common path
fn dialled(read: &Digits, owner: &Owner, way: Way) -> Resolution {
    let digits = read.digits();
    let mut told = None;
    for prefix in way.international(digits) {
        let written = Written { dropped: u8::try_from(prefix).unwrap_or_default(), ..Written::default() };
        let found = Resolution::of(digits.get(prefix..).unwrap_or_default(), written, read.overlong);
        if found.reason.is_none() {
            return found;
        }
        told = told.or(Some(found));
    }
    told.unwrap_or_else(|| {
        let mut whole = Digits::default();
        whole.calling_code(owner.calling_code);
        if digits.starts_with(whole.digits()) && owner.lengths.whole(digits, whole.digits().len()) {
            let found = Resolution::of(digits, Written::default(), read.overlong);
            if found.reason.is_none() {
                return found;
            }
        }
        let prefix = way.trunk(digits);
        for digit in digits.iter().skip(prefix) {
            whole.push(*digit);
        }
        let dropped = u8::try_from(prefix).unwrap_or_default();
        let written = Written { national: true, dropped, ..Written::default() };
        Resolution::of(whole.digits(), written, read.overlong || whole.overlong)
    })
}

/// Every place's name from 0 on: nothing, then each region, then those that share, two letters each, the main one first.
#[cfg(any(test, target_arch = "wasm32"))]
pub(crate) fn names() -> String {
    let mut names = String::new();
    for owner in Table::get().owners() {
        names.push(',');
        names.push_str(if owner.shared.is_empty() { owner.region.as_str() } else { owner.shared });
    }
    names
}

impl Resolution {
    fn without(reason: Unresolved) -> Self {
        let written = Written::default();
        Self { number: None, calling_code: None, reason: Some(reason), written, place: NOBODY }
    }

    #[inline(never)] // four callers
    fn of(digits: &[u8], written: Written, overlong: bool) -> Self {
        let nanp = digits.first() == Some(&NANP);
        let found = place(digits);
        let owner = Table::get().owner(found);
        let calling_code = if nanp { Some(1) } else { owner.map(|owner| owner.calling_code) };
        let national = digits.get(calling_code.map_or(0, code_digits)..).unwrap_or_default();
        if owner.is_some_and(|owner| owner.lengths.trunk(national)) {
            // Two of them are dialled by nobody: it may be another region's international prefix.
            if written.national {
                return Self::without(Unresolved::NotInternational);
            }
            return Self::without_trunk(digits, national, written, overlong);
        }
        let [least, most] = if nanp { [NANP_DIGITS; 2] } else { [DIGITS_MIN, DIGITS_MAX] };
        let reason = match digits {
            [b'0', ..] => Some(Unresolved::NotANumber),
            _ if overlong || digits.len() > most => Some(Unresolved::TooLong),
            _ if digits.len() < least => Some(Unresolved::TooShort),
            _ => match owner {
                Some(owner) => owner.lengths.misfit(national.len()),
                None if nanp => Some(Unresolved::UnassignedAreaCode),
                None => Some(Unresolved::UnassignedCallingCode),
            },
        };
        let number = match reason {
            None | Some(Unresolved::UnassignedAreaCode | Unresolved::UnassignedCallingCode) => {
                E164::of_digits(digits)
            }
            Some(_) => None,
        };
        Self { number, calling_code, reason, written, place: if reason.is_none() { found } else { NOBODY } }
    }

    /// The number without the first digit of its national part.
    #[cold]
    fn without_trunk(digits: &[u8], national: &[u8], written: Written, overlong: bool) -> Self {
        let mut whole = Digits::default();
        let code = digits.len().saturating_sub(national.len());
        for (_, digit) in digits.iter().enumerate().filter(|(at, _)| *at != code) {
            whole.push(*digit);
        }
        Self::of(whole.digits(), Written { plain: false, trunk: true, ..written }, overlong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told(input: &str, default: &str) -> (Option<String>, Option<String>, Option<u16>, Option<Unresolved>) {
        let found = resolve(input, default.parse().ok());
        let number = found.number.map(|number| number.to_string());
        (found.region().map(|region| region.to_string()), number, found.calling_code, found.reason)
    }

    #[test]
    fn regions() {
        for (input, default, region, number, calling_code) in [
            ("+61412345678", "", "AU", "+61412345678", 61),
            ("+61 412-345.678", "", "AU", "+61412345678", 61),
            (" (+61) [412] 345 678 ", "", "AU", "+61412345678", 61),
            ("0412 345 678", "AU", "AU", "+61412345678", 61),
            ("(02) 9876 5432", "AU", "AU", "+61298765432", 61),
            ("412 345 678", "AU", "AU", "+61412345678", 61),
            ("0011 44 7700 900123", "AU", "GB", "+447700900123", 44),
            ("+44 7700 900123", "AU", "GB", "+447700900123", 44),
            ("1 (212) 555-0123", "US", "US", "+12125550123", 1),
            ("(416) 555-0123", "US", "CA", "+14165550123", 1),
            ("011 61 412 345 678", "US", "AU", "+61412345678", 61),
            ("001 61 412 345 678", "HK", "AU", "+61412345678", 61),
            ("00 61 412 345 678", "HK", "AU", "+61412345678", 61),
            ("06 1 234 5678", "HU", "HU", "+3612345678", 36),
            ("8 (916) 123-45-67", "RU", "RU", "+79161234567", 7),
            ("8 701 123 45 67", "RU", "KZ", "+77011234567", 7),
            ("800 555 35 35", "RU", "RU", "+78005553535", 7),
            ("06 6981 2345", "IT", "IT", "+390669812345", 39),
            ("+870 773 111 632", "", "870", "+870773111632", 870),
        ] {
            let region = if number.starts_with("+3906698") { "VA" } else { region };
            let expected = (Some(region.to_owned()), Some(number.to_owned()), Some(calling_code), None);
            assert_eq!(told(input, default), expected, "{input}");
        }
    }

    #[test]
    fn a_trunk_prefix_behind_a_calling_code_is_left_out() {
        for (input, default, expected) in [
            ("+44 (0)20 7946 0958", "", "+442079460958"),
            ("+49 (0) 151 12345678", "", "+4915112345678"),
            ("+64 021 123 4567", "", "+64211234567"),
            ("+81 (0)90-1234-5678", "", "+819012345678"),
            ("+358 (0)40 1234567", "", "+358401234567"),
            ("00 44 (0)20 7946 0958", "NZ", "+442079460958"),
            ("44 (0)20 7946 0958", "GB", "+442079460958"),
            ("+39 06 6982 1234", "", "+390669821234"),
            ("+250 06 123456", "", "+25006123456"),
        ] {
            assert_eq!(told(input, default).1.as_deref(), Some(expected), "{input}");
        }
    }

    #[test]
    fn a_missing_plus_is_seen_by_the_length() {
        for (input, default, expected) in [
            ("64211234567", "NZ", "+64211234567"),
            ("6421123456", "NZ", "+6421123456"),
            ("447924123456", "GB", "+447924123456"),
            ("447924123456", "IM", "+447924123456"),
            ("61491570006", "AU", "+61491570006"),
            ("919876543210", "IN", "+919876543210"),
            ("4915112345678", "DE", "+4915112345678"),
            ("491511234567", "DE", "+491511234567"),
            ("436641234567", "AT", "+436641234567"),
            ("628123456789", "ID", "+628123456789"),
            ("12125550123", "US", "+12125550123"),
            ("79161234567", "RU", "+79161234567"),
            ("393471234567", "IT", "+393471234567"),
            // As many as a national number has.
            ("5532221234", "BR", "+555532221234"),
            ("55912345678", "BR", "+5555912345678"),
            ("9198765432", "IN", "+919198765432"),
            ("4312345678", "AT", "+434312345678"),
            ("3912345678", "IT", "+393912345678"),
            ("61234567", "AU", "+6161234567"),
            ("12345", "NZ", "+6412345"),
        ] {
            assert_eq!(told(input, default).1.as_deref(), Some(expected), "{input} {default}");
        }
        assert_eq!(told("64211234567", ""), (None, None, None, Some(Unresolved::NotInternational)));
    }

    #[test]
    fn what_people_paste() {
        for input in [
            "+64\u{a0}21\u{202f}123\u{2009}456",
            "+64–21—123\u{2011}456",
            "+64/21/123/456",
            "\t+6421123456\r\n",
            "\u{feff}+6421123456\u{200b}",
            "\u{202a}+64 21 123 456\u{202c}",
            "\u{2066}+64\u{200e}21\u{200f}123456\u{2069}",
            "＋６４ （２１） １２３－４５６",
            "tel:+64-21-123-456",
            "TEL:+6421123456",
            "'+6421123456",
            "'021 123 456",
        ] {
            assert_eq!(told(input, "NZ").1.as_deref(), Some("+6421123456"), "{input}");
            assert!(!resolve(input, None).written.plain, "{input}");
        }
        assert!(resolve("+6421123456", None).written.plain);
    }

    #[test]
    fn reasons() {
        use Unresolved::*;
        for (input, default, number, calling_code, reason) in [
            ("", "", None, None, Empty),
            (" \u{a0}\t\u{feff}\n", "AU", None, None, Empty),
            (" - ", "AU", None, None, Empty),
            ("+", "", None, None, NotANumber),
            ("tel:", "", None, None, NotANumber),
            ("acme", "", None, None, NotANumber),
            ("++61412345678", "", None, None, NotANumber),
            ("61+412345678", "", None, None, NotANumber),
            ("+61412345678 ext. 5", "", None, None, NotANumber),
            ("tel:+61412345678;ext=5", "", None, None, NotANumber),
            ("'tel:+61412345678", "", None, None, NotANumber),
            ("+61412345678\n+61412345678", "", None, None, NotANumber),
            ("+614\t12345678", "", None, None, NotANumber),
            ("+٦١٤١٢٣٤٥٦٧٨", "", None, None, NotANumber),
            ("+0412345678", "", None, None, NotANumber),
            ("0412345678", "", None, None, NotInternational),
            ("0412345678", "870", None, None, NotInternational),
            ("00 41 79 123 45 67", "AU", None, None, NotInternational),
            ("+44123", "", None, Some(44), TooShort),
            ("+4", "", None, None, TooShort),
            ("123", "AU", None, Some(61), TooShort),
            ("+1212555012", "", None, Some(1), TooShort),
            ("+12125551234567", "", None, Some(1), TooLong),
            ("+4420812345678901", "", None, Some(44), TooLong),
            ("+61000000000000000000000000000000000", "", None, Some(61), TooLong),
            ("+33612345", "", None, Some(33), TooShort),
            ("06 12 34 56 7", "FR", None, Some(33), TooShort),
            ("+336123456789", "", None, Some(33), TooLong),
            ("+44 (0)20 7946 09581", "", None, Some(44), TooLong),
            ("6421123456789", "NZ", None, Some(64), TooLong),
            ("+6141234567890", "", None, Some(61), WrongLength),
            ("+8707731116321", "", None, Some(870), WrongLength),
            ("+999123456789", "", Some("+999123456789"), None, UnassignedCallingCode),
            ("+10005551234", "", Some("+10005551234"), Some(1), UnassignedAreaCode),
            ("000 555 1234", "US", Some("+10005551234"), Some(1), UnassignedAreaCode),
        ] {
            let expected = (None, number.map(str::to_owned), calling_code, Some(reason));
            assert_eq!(told(input, default), expected, "{input} {default}");
        }
    }

    #[test]
    fn shared() {
        let shared =
            |input: &str| resolve(input, None).shared().map(|region| region.to_string()).collect::<Vec<_>>();
        assert_eq!(shared("+447924123456"), ["GB", "IM"]);
        assert_eq!(shared("+61412345678"), ["AU", "CC", "CX"]);
        assert_eq!(shared("+212528812345"), ["MA", "EH"]);
        assert_eq!((shared("+18002345678").len(), shared("+18002345678")[0].as_str()), (25, "US"));
        assert!(shared("+12125550123").is_empty() && shared("+999123456789").is_empty());
    }

    #[test]
    fn names_stand_at_their_places() {
        let names = names();
        let name = |input: &str| names.split(',').nth(usize::from(resolve(input, None).place())).unwrap();
        assert_eq!(
            ["+61298765432", "+447924123456", "+979123456789", "+"].map(name),
            ["AU", "GBIM", "979", ""]
        );
    }

    proptest! {
        #[test]
        fn what_is_resolved_is_what_the_bill_asks(digits in "[1-9][0-9]{6,14}") {
            let number = E164::parse(&format!("+{digits}")).unwrap();
            let found = resolve(number.e164(), None);
            prop_assert_eq!(found.region().is_none(), found.reason.is_some());
            if let Some(resolved) = found.number {
                prop_assert_eq!(found.region(), crate::numbering::region(&resolved));
                prop_assert!(found.written.trunk || resolved == number);
            }
        }

        #[test]
        fn never_panics(input: String, digits in "[ +0-9().-]{0,40}") {
            for default in [None, "AU".parse().ok(), "UY".parse().ok()] {
                let _ = resolve(&input, default);
                let _ = resolve(&digits, default);
            }
        }
    }
}
