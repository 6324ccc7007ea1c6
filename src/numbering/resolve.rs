//! Any number as somebody wrote it: which region it belongs to, or why that cannot be said.

use super::decode::{NOBODY, Place, Table, regions};
use super::dial::Way;
use super::lookup::{NANP, NANP_DIGITS, place};
use super::{DIGITS_MAX, DIGITS_MIN, E164, Region};

/// Why a number has no region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unresolved {
    /// Not digits with spaces, dots, dashes and brackets between them behind at most one `+`; or a 0 where a calling code
    /// is due.
    NotANumber,
    /// Neither `+` nor, where a default region is given, what can be dialled there.
    NotInternational,
    /// Fewer digits than [`DIGITS_MIN`], or too few for the North American plan.
    TooShort,
    /// More digits than [`DIGITS_MAX`], or too many for the North American plan.
    TooLong,
    /// Nobody has the calling code.
    UnassignedCallingCode,
    /// Nobody has the area code in the North American plan.
    UnassignedAreaCode,
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
/// The number may have spaces, dots, dashes and brackets in it. Without a `+` it is read as dialled in the `default` region:
/// behind an international prefix, or a national number with or without its trunk prefix. Nothing but those prefixes is taken
/// off: no carrier code, no digit that a mobile number has at home only. A worldwide service is no default region.
///
/// What decides are leading digits, as far as regions differ by them. So a region does not say that the number is assigned, or
/// long enough; but nobody's calling codes, and area codes of North America, are told.
pub fn resolve(input: &str, default: Option<Region>) -> Resolution {
    let owners = Table::get().owners();
    let at = default.and_then(|region| owners.iter().position(|owner| owner.region == region));
    let place = at.and_then(|at| Place::try_from(at.saturating_add(1)).ok()).unwrap_or(NOBODY);
    resolve_at(input.as_bytes(), place)
}

/// The same for the default region at a place among [`names`].
#[inline(never)] // two callers in the module
pub(crate) fn resolve_at(input: &[u8], default: Place) -> Resolution {
    let Some(read) = Digits::read(input) else { return Resolution::without(Unresolved::NotANumber) };
    if read.international {
        let written = Written { plain: read.plain, ..Written::default() };
        return Resolution::of(read.digits(), written, read.overlong);
    }
    let Some((calling_code, way)) =
        Table::get().owner(default).and_then(|owner| Some((owner.calling_code, owner.way?)))
    else {
        return Resolution::without(Unresolved::NotInternational);
    };
    dialled(&read, calling_code, way)
}

/// What somebody in a region with this calling code and way of dialling means by these digits.
#[inline(never)] // beside the common path
fn dialled(read: &Digits, calling_code: u16, way: Way) -> Resolution {
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
        let prefix = way.trunk(digits);
        let mut whole = Digits::default();
        whole.calling_code(calling_code);
        for digit in digits.iter().skip(prefix) {
            whole.push(*digit);
        }
        let written =
            Written { plain: false, national: true, dropped: u8::try_from(prefix).unwrap_or_default() };
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

    #[inline(never)] // three callers
    fn of(digits: &[u8], written: Written, overlong: bool) -> Self {
        let nanp = digits.first() == Some(&NANP);
        let found = place(digits);
        let calling_code =
            if nanp { Some(1) } else { Table::get().owner(found).map(|owner| owner.calling_code) };
        let [least, most] = if nanp { [NANP_DIGITS; 2] } else { [DIGITS_MIN, DIGITS_MAX] };
        let reason = match digits {
            [b'0', ..] => Some(Unresolved::NotANumber),
            _ if overlong || digits.len() > most => Some(Unresolved::TooLong),
            _ if digits.len() < least => Some(Unresolved::TooShort),
            _ if found != NOBODY => None,
            _ if nanp => Some(Unresolved::UnassignedAreaCode),
            _ => Some(Unresolved::UnassignedCallingCode),
        };
        let has_number =
            !matches!(reason, Some(Unresolved::NotANumber | Unresolved::TooLong | Unresolved::TooShort));
        let number = if has_number { E164::of_digits(digits) } else { None };
        Self { number, calling_code, reason, written, place: if reason.is_none() { found } else { NOBODY } }
    }
}

/// The most digits that are kept: a whole number behind the longest international prefix.
const READ_DIGITS_MAX: usize = DIGITS_MAX + 9;

/// The digits of an input.
#[derive(Default)]
struct Digits {
    text: [u8; READ_DIGITS_MAX],
    count: usize,
    /// There were more than fit.
    overlong: bool,
    /// A `+` stands before them.
    international: bool,
    /// There is nothing but a `+` and digits.
    plain: bool,
}

impl Digits {
    /// None where there is anything else, or no digit.
    fn read(input: &[u8]) -> Option<Self> {
        let mut read = Self { plain: input.first() == Some(&b'+'), ..Self::default() };
        for &byte in input {
            match byte {
                b'0'..=b'9' => read.push(byte),
                b' ' | b'.' | b'-' | b'(' | b')' | b'[' | b']' => read.plain = false,
                b'+' if read.count == 0 && !read.international => read.international = true,
                _ => return None,
            }
        }
        (read.count > 0).then_some(read)
    }

    fn push(&mut self, digit: u8) {
        match self.text.get_mut(self.count) {
            Some(slot) => {
                *slot = digit;
                self.count = self.count.wrapping_add(1);
            }
            None => self.overlong = true,
        }
    }

    fn calling_code(&mut self, code: u16) {
        let digits = [code / 100, code / 10 % 10, code % 10];
        for digit in digits.into_iter().skip_while(|digit| *digit == 0) {
            self.push(b'0'.wrapping_add(u8::try_from(digit).unwrap_or_default()));
        }
    }

    fn digits(&self) -> &[u8] {
        self.text.get(..self.count).unwrap_or_default()
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
    fn reasons() {
        use Unresolved::*;
        for (input, default, number, calling_code, reason) in [
            ("", "", None, None, NotANumber),
            ("+", "", None, None, NotANumber),
            ("acme", "", None, None, NotANumber),
            ("++61412345678", "", None, None, NotANumber),
            ("61+412345678", "", None, None, NotANumber),
            ("+61/412345678", "", None, None, NotANumber),
            ("+６１412345678", "", None, None, NotANumber),
            ("+0412345678", "", None, None, NotANumber),
            ("0412345678", "", None, None, NotInternational),
            ("0412345678", "870", None, None, NotInternational),
            ("+44123", "", None, Some(44), TooShort),
            ("+4", "", None, None, TooShort),
            ("123", "AU", None, Some(61), TooShort),
            ("+1212555012", "", None, Some(1), TooShort),
            ("+12125551234567", "", None, Some(1), TooLong),
            ("+4420812345678901", "", None, Some(44), TooLong),
            ("+61000000000000000000000000000000000", "", None, Some(61), TooLong),
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
            prop_assert_eq!(found.region(), crate::numbering::region(&number));
            prop_assert_eq!(found.region().is_none(), found.reason.is_some());
            if found.region().is_some() {
                prop_assert_eq!(found.number, Some(number));
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
