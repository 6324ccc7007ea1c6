//! Documents as they are stored: a row is an array of its fields, without their names. They are written for every message, so
//! they are written by hand: without a look at every byte of a number or a hash for what JSON would have to escape. They are
//! read out of parsed JSON, cell by cell, by code that all rows share.

use super::digits;
use super::hex::Hex;
use crate::money::{Currency, Price};
use crate::numbering::{NumberError, Region};
use crate::shape::{Found, words};
use serde_json::Value;
use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt::Display;
use std::ops::{Deref, DerefMut};

/// JSON as it is written: bytes, since numbers and hashes are.
#[derive(Default)]
pub(super) struct Json {
    pub(super) bytes: Vec<u8>,
    /// The instants written last and their digits: the documents of a commit bear few, again and again.
    instants: [(u64, Instant); 2],
}

/// The digits of an instant from 2001 to 2286.
type Instant = [u8; 13];
/// The first one, in milliseconds.
const FIRST_INSTANT: u64 = 1_000_000_000_000;

impl Json {
    fn number(&mut self, number: u64) {
        if number < FIRST_INSTANT {
            return digits::write(&mut self.bytes, number);
        }
        if let Some((_, digits)) = self.instants.iter().find(|(known, _)| *known == number) {
            return self.bytes.extend_from_slice(digits);
        }
        let start = self.bytes.len();
        digits::write(&mut self.bytes, number);
        if let Some(Ok(digits)) = self.bytes.get(start..).map(Instant::try_from) {
            let [latest, _] = self.instants;
            self.instants = [(number, digits), latest];
        }
    }
}

impl Deref for Json {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.bytes
    }
}

impl DerefMut for Json {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }
}

/// A field of a row, or a row itself: what appends itself as JSON.
pub(super) trait Cell {
    /// Appends the JSON.
    fn write(&self, json: &mut Json);
}

/// A field of a row, or a row itself: what comes out of JSON again.
pub(super) trait Read<'a>: Sized {
    /// Reads it. What does not fit is noted, and something that fits given in its place: a document with a problem is read to
    /// its end and then refused.
    fn read(value: &'a Value, problem: &Problem) -> Self;
}

/// Reads a whole document.
pub(super) fn read<'a, T: Read<'a>>(value: &'a Value) -> Result<T, String> {
    let problem = Problem::default();
    let document = T::read(value, &problem);
    problem.0.into_inner().map_or(Ok(document), Err)
}

/// The first thing that does not fit.
#[derive(Default)]
pub(super) struct Problem(RefCell<Option<String>>);

impl Problem {
    /// Notes a value that is not what it should be.
    #[cold]
    pub(super) fn misfit(&self, expected: &dyn Display, found: &Value) {
        self.note(format!("expected {expected}, found {}", Found(found)));
    }

    #[cold]
    fn note(&self, problem: String) {
        self.0.borrow_mut().get_or_insert(problem);
    }

    /// Says in which field the first problem lies, where there was none before it.
    #[cold]
    fn at(&self, name: &str) {
        if let Some(problem) = &mut *self.0.borrow_mut() {
            *problem = [name, ": ", problem].concat();
        }
    }

    fn is_some(&self) -> bool {
        self.0.borrow().is_some()
    }
}

/// The cells of a row, from front to back.
pub(super) struct Cells<'a, 'p> {
    rest: std::slice::Iter<'a, Value>,
    problem: &'p Problem,
    /// Whether there was a problem before this row.
    before: bool,
    /// The field read last.
    name: &'static str,
}

const NULL: &Value = &Value::Null;

impl<'a, 'p> Cells<'a, 'p> {
    #[inline(never)]
    pub(super) fn of(value: &'a Value, problem: &'p Problem) -> Self {
        let cells = value.as_array();
        if cells.is_none() {
            problem.misfit(&"a row", value);
        }
        Self {
            rest: cells.map_or(&[][..], Vec::as_slice).iter(),
            problem,
            before: problem.is_some(),
            name: "",
        }
    }

    /// The next cell, as a field of this name.
    #[inline(never)]
    pub(super) fn next(&mut self, name: &'static str) -> &'a Value {
        self.close();
        self.name = name;
        self.rest.next().unwrap_or_else(|| {
            self.problem.note("is missing".to_owned());
            NULL
        })
    }

    /// Nothing may be left.
    #[inline(never)]
    pub(super) fn end(mut self) {
        self.close();
        if let Some(value) = self.rest.next() {
            self.problem.misfit(&"the end of the row", value);
        }
    }

    /// A problem of the field read last bears its name.
    #[inline(never)]
    fn close(&mut self) {
        if !self.before && self.problem.is_some() {
            self.before = true;
            self.problem.at(self.name);
        }
    }
}

/// A struct that is stored as an array of its fields.
macro_rules! row {
    ($(#[$about:meta])* pub struct $name:ident $(<$life:lifetime>)? { $($(#[$note:meta])* pub $field:ident: $type:ty,)* }) => {
        $(#[$about])*
        #[derive(Debug)]
        pub struct $name $(<$life>)? {
            $($(#[$note])* pub $field: $type,)*
        }

        impl $(<$life>)? $crate::storage::row::Cell for $name $(<$life>)? {
            fn write(&self, json: &mut $crate::storage::row::Json) {
                $crate::storage::row::cells!(json, $(self.$field),*);
            }
        }

        impl<'a> $crate::storage::row::Read<'a> for $name $(<$life>)? {
            fn read(value: &'a serde_json::Value, problem: &$crate::storage::row::Problem) -> Self {
                let mut cells = $crate::storage::row::Cells::of(value, problem);
                $(let $field = $crate::storage::row::Read::read(cells.next(stringify!($field)), problem);)*
                cells.end();
                Self { $($field),* }
            }
        }
    };
}
pub(super) use row;

/// An enum that is stored by the names that its values have everywhere.
macro_rules! named {
    ($type:ty, $expected:literal, $instead:expr) => {
        impl $crate::storage::row::Cell for $type {
            fn write(&self, json: &mut $crate::storage::row::Json) {
                $crate::storage::row::name(json, self.as_str().as_bytes());
            }
        }

        impl $crate::storage::row::Read<'_> for $type {
            fn read(value: &serde_json::Value, problem: &$crate::storage::row::Problem) -> Self {
                value.as_str().and_then(Self::parse).unwrap_or_else(|| {
                    problem.misfit(&$expected, value);
                    $instead
                })
            }
        }
    };
}
pub(super) use named;

/// Cells of several types one after the other.
macro_rules! cells {
    ($json:ident, $first:expr $(, $rest:expr)*) => {
        $json.push(b'[');
        $first.write($json);
        $($json.push(b','); $rest.write($json);)*
        $json.push(b']');
    };
}
pub(super) use cells;

/// Items one after the other.
pub(super) fn items<T>(json: &mut Json, items: impl Iterator<Item = T>, mut write: impl FnMut(&mut Json, T)) {
    json.push(b'[');
    for (index, item) in items.enumerate() {
        if index > 0 {
            json.push(b',');
        }
        write(json, item);
    }
    json.push(b']');
}

/// A text that needs no escape: the names of this product.
pub(super) fn name(json: &mut Json, name: &[u8]) {
    json.push(b'"');
    json.extend_from_slice(name);
    json.push(b'"');
}

impl Cell for u32 {
    fn write(&self, json: &mut Json) {
        digits::write(json, (*self).into());
    }
}

impl Cell for u8 {
    fn write(&self, json: &mut Json) {
        digits::write(json, (*self).into());
    }
}

impl Cell for u64 {
    fn write(&self, json: &mut Json) {
        digits::write(json, *self);
    }
}

impl Cell for i64 {
    fn write(&self, json: &mut Json) {
        if *self < 0 {
            json.push(b'-');
        }
        json.number(self.unsigned_abs());
    }
}

impl<const N: usize> Cell for Hex<N> {
    fn write(&self, json: &mut Json) {
        json.push(b'"');
        json.extend_from_slice(self.digits().as_flattened());
        json.push(b'"');
    }
}

impl Cell for Cow<'_, str> {
    fn write(&self, json: &mut Json) {
        if words::only_from(b' ', [b'"', b'\\'], self.as_bytes()) {
            return name(json, self.as_bytes());
        }
        // Writing a text to memory does not fail.
        json.extend(serde_json::to_vec(self).unwrap_or_default());
    }
}

impl<T: Cell> Cell for Option<T> {
    fn write(&self, json: &mut Json) {
        match self {
            Some(cell) => cell.write(json),
            None => json.extend_from_slice(b"null"),
        }
    }
}

impl<T: Cell> Cell for Vec<T> {
    fn write(&self, json: &mut Json) {
        items(json, self.iter(), |json, cell| cell.write(json));
    }
}

impl<T: Cell, const N: usize> Cell for [T; N] {
    fn write(&self, json: &mut Json) {
        items(json, self.iter(), |json, cell| cell.write(json));
    }
}

impl<A: Cell, B: Cell, C: Cell> Cell for (A, B, C) {
    fn write(&self, json: &mut Json) {
        cells!(json, self.0, self.1, self.2);
    }
}

impl<A: Cell, B: Cell> Cell for (A, B) {
    fn write(&self, json: &mut Json) {
        cells!(json, self.0, self.1);
    }
}

impl Cell for bool {
    fn write(&self, json: &mut Json) {
        json.extend_from_slice(if *self { b"true" } else { b"false" });
    }
}

/// Money, and names that need no escape.
macro_rules! shown {
    ($type:ty, $instead:expr) => {
        impl Cell for $type {
            fn write(&self, json: &mut Json) {
                name(json, self.to_string().as_bytes());
            }
        }

        impl Read<'_> for $type {
            fn read(value: &Value, problem: &Problem) -> Self {
                text(value, problem).parse().unwrap_or_else(|error| {
                    problem.note(format!("{error}"));
                    $instead
                })
            }
        }
    };
}
shown!(Price, Price::ZERO);
shown!(Currency, Currency::NONE);

impl Cell for Region {
    fn write(&self, json: &mut Json) {
        name(json, self.as_bytes());
    }
}

impl Read<'_> for Region {
    fn read(value: &Value, problem: &Problem) -> Self {
        text(value, problem).parse().unwrap_or_else(|error: NumberError| {
            problem.note(error.to_string());
            Self::UNKNOWN
        })
    }
}

#[inline(never)]
fn text<'a>(value: &'a Value, problem: &Problem) -> &'a str {
    value.as_str().unwrap_or_else(|| {
        problem.misfit(&"a string", value);
        ""
    })
}

#[inline(never)]
fn count(value: &Value, problem: &Problem, most: u64) -> u64 {
    value.as_u64().filter(|number| *number <= most).unwrap_or_else(|| {
        problem.misfit(&format_args!("a whole number from 0 to {most}"), value);
        0
    })
}

impl Read<'_> for u64 {
    fn read(value: &Value, problem: &Problem) -> Self {
        count(value, problem, Self::MAX)
    }
}

impl Read<'_> for u32 {
    fn read(value: &Value, problem: &Problem) -> Self {
        Self::try_from(count(value, problem, Self::MAX.into())).unwrap_or(Self::MAX)
    }
}

impl Read<'_> for u8 {
    fn read(value: &Value, problem: &Problem) -> Self {
        Self::try_from(count(value, problem, Self::MAX.into())).unwrap_or(Self::MAX)
    }
}

impl Read<'_> for i64 {
    #[inline(never)]
    fn read(value: &Value, problem: &Problem) -> Self {
        value.as_i64().unwrap_or_else(|| {
            problem.misfit(&"a whole number", value);
            0
        })
    }
}

impl Read<'_> for bool {
    fn read(value: &Value, problem: &Problem) -> Self {
        value.as_bool().unwrap_or_else(|| {
            problem.misfit(&"`true` or `false`", value);
            false
        })
    }
}

impl<'a> Read<'a> for Cow<'a, str> {
    fn read(value: &'a Value, problem: &Problem) -> Self {
        Cow::Borrowed(text(value, problem))
    }
}

impl<const N: usize> Read<'_> for Hex<N> {
    fn read(value: &Value, problem: &Problem) -> Self {
        value.as_str().and_then(Self::parse).unwrap_or_else(|| {
            problem.misfit(&format_args!("{N} bytes in lower-case hexadecimal"), value);
            Self([0; N])
        })
    }
}

impl<'a, T: Read<'a>> Read<'a> for Option<T> {
    fn read(value: &'a Value, problem: &Problem) -> Self {
        (!value.is_null()).then(|| T::read(value, problem))
    }
}

impl<'a, T: Read<'a>> Read<'a> for Vec<T> {
    fn read(value: &'a Value, problem: &Problem) -> Self {
        Cells::of(value, problem).rest.map(|value| T::read(value, problem)).collect()
    }
}

impl<const N: usize> Read<'_> for [u64; N] {
    fn read(value: &Value, problem: &Problem) -> Self {
        let mut numbers = [0; N];
        let cells = value.as_array().map_or(&[][..], Vec::as_slice);
        if cells.len() != N {
            problem.misfit(&format_args!("{N} numbers"), value);
        }
        for (number, value) in numbers.iter_mut().zip(cells) {
            *number = u64::read(value, problem);
        }
        numbers
    }
}

impl<'a, A: Read<'a>, B: Read<'a>> Read<'a> for (A, B) {
    fn read(value: &'a Value, problem: &Problem) -> Self {
        let mut cells = Cells::of(value, problem);
        let pair = (A::read(cells.next("0"), problem), B::read(cells.next("1"), problem));
        cells.end();
        pair
    }
}

impl<'a, A: Read<'a>, B: Read<'a>, C: Read<'a>> Read<'a> for (A, B, C) {
    fn read(value: &'a Value, problem: &Problem) -> Self {
        let mut cells = Cells::of(value, problem);
        let [a, b, c] = ["0", "1", "2"].map(|name| cells.next(name));
        cells.end();
        (A::read(a, problem), B::read(b, problem), C::read(c, problem))
    }
}

#[cfg(test)]
#[expect(unreachable_pub, reason = "what the macro makes is public, as documents are")]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn written(cell: &dyn Cell) -> serde_json::Value {
        let mut json = Json::default();
        cell.write(&mut json);
        serde_json::from_slice(&json).unwrap()
    }

    #[test]
    fn cells_are_json() {
        let none: Option<u8> = None;
        let cells: [(&dyn Cell, serde_json::Value); 16] = [
            (&u64::MAX, json!(u64::MAX)),
            (&99_999_999_u64, json!(99_999_999)),
            (&100_000_000_u64, json!(100_000_000)),
            (&1_768_000_000_007_u64, json!(1_768_000_000_007_u64)),
            (&i64::MIN, json!(i64::MIN)),
            (&none, json!(null)),
            (&Some(7_u8), json!(7)),
            (&Vec::<u8>::new(), json!([])),
            (&vec![1_u8, 2], json!([1, 2])),
            (&[3_u32; 2], json!([3, 3])),
            (&(1_u8, -1_i64, Some(2_u64)), json!([1, -1, 2])),
            (&Hex([0_u8, 0xff]), json!("00ff")),
            (&(true, false), json!([true, false])),
            (&"0.0410".parse::<Price>().unwrap(), json!("0.0410")),
            (&"CNY".parse::<Currency>().unwrap(), json!("CNY")),
            (&"AU".parse::<Region>().unwrap(), json!("AU")),
        ];
        for (cell, expected) in cells {
            assert_eq!(written(cell), expected);
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        row! {
            /// For this test.
            pub struct Inner {
                /// A number.
                pub small: u8,
            }
        }
        row! {
            /// For this test.
            pub struct Outer<'a> {
                /// A text.
                pub name: Cow<'a, str>,
                /// A row.
                pub inner: Option<Inner>,
                /// Three.
                pub three: [u64; 3],
            }
        }
        let fits = json!(["a", [255], [1, 2, 3]]);
        assert_eq!(read::<Outer<'_>>(&fits).unwrap().inner.unwrap().small, 255);
        let nothing = json!(["a", null, [1, 2, 3]]);
        assert!(read::<Outer<'_>>(&nothing).unwrap().inner.is_none());
        for (value, message) in [
            (json!({}), "expected a row, found an object"),
            (json!([]), "name: is missing"),
            (json!([7]), "name: expected a string, found the number `7`"),
            (
                json!(["a", [256]]),
                "inner: small: expected a whole number from 0 to 255, found the number `256`",
            ),
            (
                json!(["a", [1.5]]),
                "inner: small: expected a whole number from 0 to 255, found the number `1.5`",
            ),
            (json!(["a", [1, 2]]), "inner: expected the end of the row, found the number `2`"),
            (json!(["a", null, [1, 2]]), "three: expected 3 numbers, found an array"),
            (json!(["a", null, [1, 2, 3], 4]), "expected the end of the row, found the number `4`"),
        ] {
            assert_eq!(read::<Outer<'_>>(&value).unwrap_err(), message, "{value}");
        }
    }

    proptest! {
        #[test]
        fn any_number_comes_back(number: u64, signed: i64, shift in 0_u32..64) {
            prop_assert_eq!(written(&(number >> shift)), json!(number >> shift));
            prop_assert_eq!(written(&(signed >> shift)), json!(signed >> shift));
        }

        #[test]
        fn any_text_comes_back(text: String) {
            prop_assert_eq!(written(&Cow::Borrowed(text.as_str())), json!(text));
        }
    }
}
