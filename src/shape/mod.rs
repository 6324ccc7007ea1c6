//! Typed values out of JSON data: of a caller's input, of a catalog, of a stored document. What does not fit is named by its
//! path and in words that a caller knows, without names of Rust types. No rule of the product lives here.
//!
//! One reader serves every type, over data that has already been parsed: a reader for each source of data would make the
//! module three times as large.

pub(crate) mod expected;
mod fields;
mod report;

use serde::de::value::StrDeserializer;
use serde::de::{self, Deserialize, DeserializeSeed, Expected, Unexpected, Visitor};
use serde_json::{Number, Value};
use std::fmt;

pub(crate) use fields::{Fields, ID_BYTES_MAX, is_id, not_an_id, twice};
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

/// Reads a value as a type.
///
/// # Errors
/// [`Problem`], the first that is met.
pub(crate) fn read<'a, T: Deserialize<'a>>(value: &'a Value) -> Result<T, Problem> {
    T::deserialize(Reader(value)).map_err(|failure| *failure.0)
}

/// Problems are rare and values are many: the rare one is the one on the heap.
#[derive(Debug)]
struct Failure(Box<Problem>);

impl Failure {
    #[cold]
    fn new(message: String) -> Self {
        Self(Box::new(Problem { path: String::new(), message }))
    }

    #[cold]
    fn expected(expected: &dyn fmt::Display, found: &Value) -> Self {
        Self::new(format!("expected {expected}, found {}", Found(found)))
    }

    /// The same failure as seen from the object around it.
    #[cold]
    fn in_property(mut self, name: &str) -> Self {
        self.0.path = joined(name, &self.0.path);
        self
    }

    /// The same failure as seen from the array around it.
    #[cold]
    fn in_item(mut self, index: usize) -> Self {
        self.0.path = joined(&format!("[{index}]"), &self.0.path);
        self
    }
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

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Failure {}

impl de::Error for Failure {
    #[cold]
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }

    #[cold]
    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("expected {expected}"))
    }

    #[cold]
    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("expected {expected}"))
    }

    #[cold]
    fn invalid_length(length: usize, _: &dyn Expected) -> Self {
        Self::new(format!("{length} items are not as many as there must be"))
    }

    #[cold]
    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let shown: String = variant.chars().take(EXCERPT_CHARACTERS_MAX).collect();
        Self::new(format!("`{shown}` is not known here; allowed are {}", list(expected)))
    }

    #[cold]
    fn unknown_field(_: &str, expected: &'static [&'static str]) -> Self {
        Self::new(format!("is not known here; allowed are {}", list(expected)))
    }

    #[cold]
    fn missing_field(field: &'static str) -> Self {
        Self::new(format!("`{field}` is missing"))
    }

    #[cold]
    fn duplicate_field(field: &'static str) -> Self {
        Self::new(format!("`{field}` stands twice"))
    }
}

/// A value as serde reads it.
#[derive(Clone, Copy)]
struct Reader<'a>(&'a Value);

impl<'a> Reader<'a> {
    fn number(self) -> Option<&'a Number> {
        if let Value::Number(number) = self.0 { Some(number) } else { None }
    }

    fn unsigned(self, max: u64) -> Result<u64, Failure> {
        match self.number().map(|number| number.as_u64().ok_or(number)) {
            Some(Ok(value)) if value <= max => Ok(value),
            Some(Ok(_)) => Err(Failure::expected(&format_args!("a whole number up to {max}"), self.0)),
            _ => Err(Failure::expected(&"a whole number of 0 or more", self.0)),
        }
    }

    fn signed(self) -> Result<i64, Failure> {
        let value = self.number().and_then(Number::as_i64);
        value.ok_or_else(|| Failure::expected(&"a whole number", self.0))
    }

    fn array(self) -> Result<Items<'a>, Failure> {
        match self.0 {
            Value::Array(items) => Ok(Items { rest: items, index: 0 }),
            other => Err(Failure::expected(&"an array", other)),
        }
    }

    /// An array of just so many items.
    fn tuple(self, length: usize) -> Result<Items<'a>, Failure> {
        let items = self.array()?;
        if items.rest.len() == length {
            return Ok(items);
        }
        Err(Failure::new(format!("expected an array of {length}, found one of {}", items.rest.len())))
    }

    fn object(self) -> Result<Properties<'a>, Failure> {
        match self.0 {
            Value::Object(properties) => Ok(Properties { rest: properties.iter(), current: None }),
            other => Err(Failure::expected(&"an object", other)),
        }
    }

    /// The name of a variant, and what is in it.
    fn variant(self) -> Result<(&'a str, Option<&'a Value>), Failure> {
        match self.0 {
            Value::String(name) => Ok((name, None)),
            Value::Object(properties) if properties.len() == 1 => {
                let mut properties = properties.iter();
                let only = properties.next().map(|(name, value)| (name.as_str(), Some(value)));
                only.ok_or_else(|| Failure::expected(&"an object", self.0))
            }
            other => Err(Failure::expected(&"a name, or an object with one property", other)),
        }
    }
}

impl<'a> de::Deserializer<'a> for Reader<'a> {
    type Error = Failure;

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(value) => match (value.as_u64(), value.as_i64()) {
                (Some(value), _) => visitor.visit_u64(value),
                (_, Some(value)) => visitor.visit_i64(value),
                _ => visitor.visit_f64(value.as_f64().unwrap_or(f64::NAN)),
            },
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(_) => visitor.visit_seq(self.array()?),
            Value::Object(_) => visitor.visit_map(self.object()?),
        }
    }

    fn deserialize_bool<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.0 {
            Value::Bool(value) => visitor.visit_bool(*value),
            other => Err(Failure::expected(&"`true` or `false`", other)),
        }
    }

    fn deserialize_u8<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_u64(self.unsigned(u64::from(u8::MAX))?)
    }

    fn deserialize_u32<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_u64(self.unsigned(u64::from(u32::MAX))?)
    }

    fn deserialize_u64<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_u64(self.unsigned(u64::MAX)?)
    }

    fn deserialize_i64<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_i64(self.signed()?)
    }

    fn deserialize_str<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.0 {
            Value::String(text) => visitor.visit_borrowed_str(text),
            other => {
                let expected: &dyn Expected = &visitor;
                Err(Failure::expected(&expected, other))
            }
        }
    }

    fn deserialize_string<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Failure> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_seq(self.array()?)
    }

    fn deserialize_tuple<V: Visitor<'a>>(self, length: usize, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_seq(self.tuple(length)?)
    }

    fn deserialize_map<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_map(self.object()?)
    }

    fn deserialize_struct<V: Visitor<'a>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        visitor.visit_map(self.object()?)
    }

    fn deserialize_enum<V: Visitor<'a>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        let (name, content) = self.variant()?;
        visitor.visit_enum(Variant { name, content })
    }

    fn deserialize_ignored_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        <V: Visitor<'a>> i8 i16 i32 i128 u16 u128 f32 f64 char bytes byte_buf unit unit_struct tuple_struct identifier
    }
}

struct Items<'a> {
    rest: &'a [Value],
    index: usize,
}

impl<'a> de::SeqAccess<'a> for Items<'a> {
    type Error = Failure;

    fn next_element_seed<T: DeserializeSeed<'a>>(&mut self, seed: T) -> Result<Option<T::Value>, Failure> {
        let Some((first, rest)) = self.rest.split_first() else { return Ok(None) };
        let index = self.index;
        (self.rest, self.index) = (rest, index.saturating_add(1));
        seed.deserialize(Reader(first)).map(Some).map_err(|failure| failure.in_item(index))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

struct Properties<'a> {
    rest: serde_json::map::Iter<'a>,
    current: Option<(&'a str, &'a Value)>,
}

impl<'a> de::MapAccess<'a> for Properties<'a> {
    type Error = Failure;

    fn next_key_seed<K: DeserializeSeed<'a>>(&mut self, seed: K) -> Result<Option<K::Value>, Failure> {
        let Some((name, value)) = self.rest.next() else { return Ok(None) };
        self.current = Some((name, value));
        let key = seed.deserialize(StrDeserializer::<Failure>::new(name));
        key.map(Some).map_err(|failure| failure.in_property(name))
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, Failure> {
        let (name, value) = self.current.take().unwrap_or(("", &Value::Null));
        seed.deserialize(Reader(value)).map_err(|failure| failure.in_property(name))
    }
}

struct Variant<'a> {
    name: &'a str,
    content: Option<&'a Value>,
}

impl<'a> de::EnumAccess<'a> for Variant<'a> {
    type Error = Failure;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'a>>(self, seed: V) -> Result<(V::Value, Self), Failure> {
        Ok((seed.deserialize(StrDeserializer::<Failure>::new(self.name))?, self))
    }
}

impl<'a> Variant<'a> {
    fn content(&self) -> Result<Reader<'a>, Failure> {
        let none = || Failure::new(format!("`{0}` stands alone: write `{{\"{0}\": …}}`", self.name));
        self.content.map(Reader).ok_or_else(none)
    }
}

impl<'a> de::VariantAccess<'a> for Variant<'a> {
    type Error = Failure;

    fn unit_variant(self) -> Result<(), Failure> {
        match self.content {
            None => Ok(()),
            Some(found) => Err(Failure::expected(&"nothing", found).in_property(self.name)),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'a>>(self, seed: T) -> Result<T::Value, Failure> {
        seed.deserialize(self.content()?).map_err(|failure| failure.in_property(self.name))
    }

    fn tuple_variant<V: Visitor<'a>>(self, length: usize, visitor: V) -> Result<V::Value, Failure> {
        let items = self.content()?.tuple(length);
        items.and_then(|items| visitor.visit_seq(items)).map_err(|failure| failure.in_property(self.name))
    }

    fn struct_variant<V: Visitor<'a>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        let properties = self.content()?.object();
        properties
            .and_then(|properties| visitor.visit_map(properties))
            .map_err(|failure| failure.in_property(self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Thing {
        name: String,
        size: u32,
        #[serde(default)]
        parts: Vec<Thing>,
        #[serde(default)]
        kind: Option<Kind>,
        #[serde(default)]
        pair: Option<(u8, i64)>,
        #[serde(default)]
        whole: bool,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Plain,
        Sized(u32),
        Paired(u32, Option<String>),
    }

    #[test]
    fn what_fits_is_read() {
        let value = json!({
            "name": "a", "size": 1, "kind": {"paired": [2, null]}, "pair": [255, -3], "whole": true,
            "parts": [{"name": "b", "size": 4_294_967_295_u32, "kind": {"sized": 3}}, {"name": "c", "size": 0, "kind": "plain"}],
        });
        let part = |name: &str, size, kind| Thing {
            name: name.to_owned(),
            size,
            parts: Vec::new(),
            kind: Some(kind),
            pair: None,
            whole: false,
        };
        let thing = Thing {
            parts: vec![part("b", u32::MAX, Kind::Sized(3)), part("c", 0, Kind::Plain)],
            pair: Some((255, -3)),
            whole: true,
            ..part("a", 1, Kind::Paired(2, None))
        };
        assert_eq!(read::<Thing>(&value).unwrap(), thing);
    }

    #[test]
    fn what_does_not_fit_is_named_by_its_path() {
        let long = "x".repeat(10_000);
        let whole = "a whole number of 0 or more";
        for (field, value, path, message) in [
            ("name", json!(1), "name", "expected a string, found the number `1`".to_owned()),
            ("name", json!(null), "name", "expected a string, found null".to_owned()),
            ("size", json!(-1), "size", format!("expected {whole}, found the number `-1`")),
            ("size", json!(1.5), "size", format!("expected {whole}, found the number `1.5`")),
            ("size", json!("1"), "size", format!("expected {whole}, found the string `1`")),
            (
                "size",
                json!(long),
                "size",
                format!("expected {whole}, found the string `{}…`", "x".repeat(48)),
            ),
            (
                "size",
                json!(u64::MAX),
                "size",
                format!("expected a whole number up to 4294967295, found the number `{}`", u64::MAX),
            ),
            ("parts", json!({}), "parts", "expected an array, found an object".to_owned()),
            ("parts", json!([1]), "parts[0]", "expected an object, found the number `1`".to_owned()),
            ("parts", json!([{"name": "b"}]), "parts[0]", "`size` is missing".to_owned()),
            (
                "parts",
                json!([{"name": "b", "size": 1, "parts": [{"size": []}]}]),
                "parts[0].parts[0].size",
                format!("expected {whole}, found an array"),
            ),
            (
                "colour",
                json!("red"),
                "colour",
                "is not known here; allowed are `name`, `size`, `parts`, `kind`, `pair`, `whole`".to_owned(),
            ),
            (
                "kind",
                json!("odd"),
                "kind",
                "`odd` is not known here; allowed are `plain`, `sized`, `paired`".to_owned(),
            ),
            ("kind", json!("sized"), "kind", "`sized` stands alone: write `{\"sized\": …}`".to_owned()),
            ("kind", json!({"plain": 1}), "kind.plain", "expected nothing, found the number `1`".to_owned()),
            ("kind", json!({"sized": "1"}), "kind.sized", format!("expected {whole}, found the string `1`")),
            (
                "kind",
                json!({"paired": [1]}),
                "kind.paired",
                "expected an array of 2, found one of 1".to_owned(),
            ),
            ("pair", json!([1, "2"]), "pair[1]", "expected a whole number, found the string `2`".to_owned()),
            (
                "pair",
                json!([256, 2]),
                "pair[0]",
                "expected a whole number up to 255, found the number `256`".to_owned(),
            ),
            ("whole", json!(1), "whole", "expected `true` or `false`, found the number `1`".to_owned()),
        ] {
            let mut thing = json!({"name": "a", "size": 1});
            thing[field] = value;
            assert_eq!(read::<Thing>(&thing), Err(Problem { path: path.to_owned(), message }));
        }
    }
}
