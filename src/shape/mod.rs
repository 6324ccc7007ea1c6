//! Typed values out of JSON data, and JSON out of typed values: of a caller's input, of a catalog, of an answer. What does not
//! fit is named by its path and in words that a caller knows, without names of Rust types. No rule of the product lives here.

pub(crate) mod expected;
mod fields;
mod json;
mod names;
mod report;
pub(crate) mod words;

use serde_json::Value;
use std::fmt;

pub(crate) use fields::{Fields, ID_BYTES_MAX, is_id, not_an_id, twice};
pub(crate) use json::{Json, ToJson};
pub(crate) use names::names;
pub use report::Findings;
pub(crate) use report::Report;

/// Characters of a wrong text that a message repeats.
const EXCERPT_CHARACTERS_MAX: usize = 48;

/// What does not fit, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// Such as `offers[2].price.tiers[1].up_to`; empty for the whole.
    pub path: String,
    /// What, and what would fit.
    pub message: String,
}

/// A path and what comes below it, with a point where a name follows.
pub(crate) fn joined(above: &str, below: &str) -> String {
    let point = if above.is_empty() || below.is_empty() || below.starts_with('[') { "" } else { "." };
    [above, point, below].concat()
}

/// A wrong value in a message: scalars as they are, a text's beginning, and of the rest only what it is.
pub(crate) struct Found<'a>(pub(crate) &'a Value);

impl fmt::Display for Found<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Null => f.write_str("null"),
            Value::Bool(value) => write!(f, "`{value}`"),
            Value::Number(value) => write!(f, "the number `{value}`"),
            Value::String(text) => match text.char_indices().nth(EXCERPT_CHARACTERS_MAX) {
                None => write!(f, "the string `{text}`"),
                Some((end, _)) => write!(f, "the string `{}…`", text.get(..end).unwrap_or_default()),
            },
            Value::Array(_) => f.write_str("an array"),
            Value::Object(_) => f.write_str("an object"),
        }
    }
}

/// Names in a message.
pub(crate) fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
