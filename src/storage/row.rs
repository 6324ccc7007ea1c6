//! Documents that stand as an array of their fields. They are written for every message, so they are written by hand: without
//! names, and without a look at every byte of a number or a hash for what JSON would have to escape.

use super::hex::Hex;
use std::borrow::Cow;

/// A field of a row, or a row itself: what appends itself as JSON.
pub(super) trait Cell {
    /// Appends the JSON.
    fn write(&self, json: &mut String);
}

/// A struct that is stored as an array of its fields: `Cell` writes it, serde reads it.
macro_rules! row {
    ($(#[$about:meta])* pub struct $name:ident<'a> { $($(#[$note:meta])* pub $field:ident: $type:ty,)* }) => {
        $(#[$about])*
        #[derive(Debug)]
        pub struct $name<'a> {
            $($(#[$note])* pub $field: $type,)*
        }

        impl $crate::storage::row::Cell for $name<'_> {
            fn write(&self, json: &mut String) {
                $crate::storage::row::cells!(json, $(self.$field),*);
            }
        }

        impl<'de, 'a> Deserialize<'de> for $name<'a> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <($($type,)*)>::deserialize(deserializer).map(|($($field,)*)| Self { $($field),* })
            }
        }
    };
}
pub(super) use row;

/// Cells of several types one after the other.
macro_rules! cells {
    ($json:ident, $first:expr $(, $rest:expr)*) => {
        $json.push('[');
        $first.write($json);
        $($json.push(','); $rest.write($json);)*
        $json.push(']');
    };
}
pub(super) use cells;

/// Items one after the other.
pub(super) fn items<T>(
    json: &mut String,
    items: impl Iterator<Item = T>,
    mut write: impl FnMut(&mut String, T),
) {
    json.push('[');
    for (index, item) in items.enumerate() {
        if index > 0 {
            json.push(',');
        }
        write(json, item);
    }
    json.push(']');
}

/// A text that needs no escape: the names of this product.
pub(super) fn name(json: &mut String, name: &str) {
    json.push('"');
    json.push_str(name);
    json.push('"');
}

impl Cell for u32 {
    fn write(&self, json: &mut String) {
        json.push_str(itoa::Buffer::new().format(*self));
    }
}

impl Cell for u8 {
    fn write(&self, json: &mut String) {
        u32::from(*self).write(json);
    }
}

/// In halves: WebAssembly multiplies 32 bits to 64, but not 64 to 128, which the division of a large number needs.
impl Cell for u64 {
    fn write(&self, json: &mut String) {
        let (high, low) = (self / HALF, self % HALF);
        match (u32::try_from(high), u32::try_from(low)) {
            (Ok(0), Ok(low)) => low.write(json),
            (Ok(high), Ok(low)) => {
                high.write(json);
                let mut digits = itoa::Buffer::new();
                let digits = digits.format(low);
                json.push_str("00000000".get(digits.len()..).unwrap_or_default());
                json.push_str(digits);
            }
            _ => json.push_str(itoa::Buffer::new().format(*self)),
        }
    }
}

/// Eight digits.
const HALF: u64 = 100_000_000;

impl Cell for i64 {
    fn write(&self, json: &mut String) {
        if *self < 0 {
            json.push('-');
        }
        self.unsigned_abs().write(json);
    }
}

impl<const N: usize> Cell for Hex<N> {
    fn write(&self, json: &mut String) {
        self.written(|digits| name(json, digits));
    }
}

impl Cell for Cow<'_, str> {
    fn write(&self, json: &mut String) {
        let plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
        if self.bytes().all(plain) {
            return name(json, self);
        }
        // Writing a text to memory does not fail.
        json.push_str(&serde_json::to_string(self).unwrap_or_default());
    }
}

impl<T: Cell> Cell for Option<T> {
    fn write(&self, json: &mut String) {
        match self {
            Some(cell) => cell.write(json),
            None => json.push_str("null"),
        }
    }
}

impl<T: Cell> Cell for Vec<T> {
    fn write(&self, json: &mut String) {
        items(json, self.iter(), |json, cell| cell.write(json));
    }
}

impl<T: Cell, const N: usize> Cell for [T; N] {
    fn write(&self, json: &mut String) {
        items(json, self.iter(), |json, cell| cell.write(json));
    }
}

impl<A: Cell, B: Cell, C: Cell> Cell for (A, B, C) {
    fn write(&self, json: &mut String) {
        cells!(json, self.0, self.1, self.2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn written(cell: &dyn Cell) -> serde_json::Value {
        let mut json = String::new();
        cell.write(&mut json);
        serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn cells_are_json() {
        let none: Option<u8> = None;
        let cells: [(&dyn Cell, serde_json::Value); 12] = [
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
        ];
        for (cell, expected) in cells {
            assert_eq!(written(cell), expected);
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
