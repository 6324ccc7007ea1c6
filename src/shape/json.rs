//! JSON as answers are written: by name and value, without a tree in between. By hand rather than by derive: a derived writer
//! is a copy of itself for every type, and the module carries it for all of them.

use serde_json::{Map, Value};
use std::fmt::Display;

/// About as long as an answer is.
const BYTES: usize = 512;

/// JSON on its way: a comma goes before whatever does not open something.
pub(crate) struct Json(String);

impl Default for Json {
    fn default() -> Self {
        Self(String::with_capacity(BYTES))
    }
}

/// What appends itself as JSON.
pub(crate) trait ToJson {
    /// Appends the JSON.
    fn to_json(&self, json: &mut Json);

    /// The JSON alone.
    fn json(&self) -> String {
        let mut json = Json::default();
        self.to_json(&mut json);
        json.0
    }
}

/// Nothing to tell.
impl ToJson for () {
    fn to_json(&self, json: &mut Json) {
        json.value(&Value::Null);
    }
}

impl Json {
    /// A comma, where something stands before.
    #[inline(never)]
    fn separate(&mut self) {
        if !matches!(self.0.as_bytes().last(), None | Some(b'{' | b'[' | b':')) {
            self.0.push(',');
        }
    }

    /// The name of what follows.
    #[inline(never)]
    pub(crate) fn name(&mut self, name: &str) {
        self.separate();
        self.0.push('"');
        self.0.push_str(name);
        self.0.push_str("\":");
    }

    /// A bracket that opens, as a value.
    #[inline(never)]
    pub(crate) fn open(&mut self, bracket: char) {
        self.separate();
        self.0.push(bracket);
    }

    /// A bracket that closes.
    pub(crate) fn close(&mut self, bracket: char) {
        self.0.push(bracket);
    }

    /// A text as a value.
    #[inline(never)]
    pub(crate) fn string(&mut self, text: &str) {
        self.separate();
        self.0.push('"');
        for character in text.chars() {
            match character {
                '"' | '\\' => {
                    self.0.push('\\');
                    self.0.push(character);
                }
                '\0'..='\u{1f}' => self.control(u32::from(character)),
                _ => self.0.push(character),
            }
        }
        self.0.push('"');
    }

    #[cold]
    fn control(&mut self, code: u32) {
        self.0.push_str("\\u00");
        for nibble in [code >> 4, code & 15] {
            self.0.push(char::from_digit(nibble, 16).unwrap_or('0'));
        }
    }

    /// A text.
    #[inline(never)]
    pub(crate) fn text(&mut self, name: &str, text: &str) {
        self.name(name);
        self.string(text);
    }

    /// A text that may be absent.
    #[inline(never)]
    pub(crate) fn optional(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    /// A number.
    #[inline(never)]
    pub(crate) fn number(&mut self, name: &str, number: u64) {
        self.name(name);
        self.0.push_str(itoa::Buffer::new().format(number));
    }

    /// A number of either sign.
    #[inline(never)]
    pub(crate) fn signed(&mut self, name: &str, number: i64) {
        self.name(name);
        self.0.push_str(itoa::Buffer::new().format(number));
    }

    /// `true` or `false`.
    #[inline(never)]
    pub(crate) fn flag(&mut self, name: &str, flag: bool) {
        self.name(name);
        self.0.push_str(if flag { "true" } else { "false" });
    }

    /// Money, a time or whatever else is written as it is shown.
    #[inline(never)]
    pub(crate) fn shown(&mut self, name: &str, shown: &dyn Display) {
        self.text(name, &shown.to_string());
    }

    /// The same, where there is one.
    #[inline(never)]
    pub(crate) fn optional_shown(&mut self, name: &str, shown: Option<&dyn Display>) {
        if let Some(shown) = shown {
            self.shown(name, shown);
        }
    }

    /// An object.
    #[inline(never)]
    pub(crate) fn object(&mut self, name: &str, fields: &dyn Fn(&mut Self)) {
        self.name(name);
        self.open('{');
        fields(self);
        self.close('}');
    }

    /// A list of objects.
    #[inline(never)]
    pub(crate) fn objects(&mut self, name: &str, count: usize, fields: &dyn Fn(&mut Self, usize)) {
        self.name(name);
        self.open('[');
        for index in 0..count {
            self.open('{');
            fields(self, index);
            self.close('}');
        }
        self.close(']');
    }

    /// A list of numbers.
    pub(crate) fn numbers(&mut self, name: &str, numbers: &[u32]) {
        self.name(name);
        self.open('[');
        for number in numbers {
            self.value(&Value::from(*number));
        }
        self.close(']');
    }

    /// A list of texts.
    #[inline(never)]
    pub(crate) fn texts(&mut self, name: &str, texts: &mut dyn Iterator<Item = &str>) {
        self.name(name);
        self.open('[');
        for text in texts {
            self.string(text);
        }
        self.close(']');
    }

    /// A tree of values. It holds no fractions: a number that is none is null.
    #[inline(never)]
    pub(crate) fn value(&mut self, value: &Value) {
        match value {
            Value::String(text) => return self.string(text),
            Value::Object(fields) => return self.map(fields),
            Value::Array(items) => {
                self.open('[');
                for item in items {
                    self.value(item);
                }
                return self.close(']');
            }
            _ => self.separate(),
        }
        match (value.as_u64(), value.as_i64(), value.as_bool()) {
            (Some(number), ..) => self.0.push_str(itoa::Buffer::new().format(number)),
            (_, Some(number), _) => self.0.push_str(itoa::Buffer::new().format(number)),
            (.., Some(flag)) => self.0.push_str(if flag { "true" } else { "false" }),
            _ => self.0.push_str("null"),
        }
    }

    /// An object of such values.
    #[inline(never)]
    pub(crate) fn map(&mut self, fields: &Map<String, Value>) {
        self.open('{');
        for (name, value) in fields {
            self.name(name);
            self.value(value);
        }
        self.close('}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn what_is_written_is_json() {
        let mut json = Json::default();
        json.open('{');
        json.objects("none", 0, &|_, _| {});
        json.object("empty", &|_| {});
        json.objects("two", 2, &|json, index| {
            json.number("index", u64::try_from(index).unwrap());
            json.flag("last", index == 1);
        });
        json.optional("absent", None);
        json.optional("text", Some("a\"b\\c\n\u{1}é😀"));
        json.signed("below", -7);
        json.shown("shown", &1.5);
        json.texts("texts", &mut ["a", "b"].into_iter());
        json.object("deep", &|json| json.object("er", &|_| {}));
        json.name("tree");
        json.value(&json!({ "a": [1, -2, true, null, { "b": "c" }] }));
        json.close('}');
        let expected = json!({
            "none": [], "empty": {}, "two": [{ "index": 0, "last": false }, { "index": 1, "last": true }],
            "text": "a\"b\\c\n\u{1}é😀", "below": -7, "shown": "1.5", "texts": ["a", "b"], "deep": { "er": {} }, "tree": { "a": [1, -2, true, null, { "b": "c" }] },
        });
        assert_eq!(serde_json::from_str::<Value>(&json.0).unwrap(), expected);
    }

    proptest! {
        #[test]
        fn any_text_comes_back(text: String) {
            let mut json = Json::default();
            json.string(&text);
            prop_assert_eq!(serde_json::from_str::<Value>(&json.0).unwrap(), json!(text));
        }
    }
}
