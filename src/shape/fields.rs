//! Reading a document field by field, without stopping at the first problem: each is noted with its path, and reading goes on.
//!
//! By hand rather than by derive: a derived reader stops at the first misfit, and is three times as large in the module.

use super::words;
use super::{Report, joined, list};
use serde_json::{Map, Value};
use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

/// The longest id.
pub(crate) const ID_BYTES_MAX: usize = 128;
/// Characters of a wrong one that a message repeats.
const ID_SHOWN_MAX: usize = 48;
/// The longest name, so that a document that carries it can always be stored.
const NAME_BYTES_MAX: usize = 256;

/// An object of the document and where it stands.
pub(crate) struct Fields<'a> {
    object: Option<&'a Map<String, Value>>,
    path: String,
    pub(crate) report: &'a Report,
}

impl<'a> Fields<'a> {
    /// A value as an object of which no field is known; what it should be is noted where it is none.
    #[inline(never)]
    pub(crate) fn of(value: &'a Value, path: String, known: &[&str], report: &'a Report) -> Self {
        let object = value.as_object();
        match object {
            None => report.wrong(path.clone(), &"an object", value),
            Some(object) => {
                for name in object.keys().filter(|name| !known.contains(&name.as_str())) {
                    let message = ["is not known here; allowed are ", &list(known)].concat();
                    report.add(joined(&path, name), message);
                }
            }
        }
        Self { object, path, report }
    }

    /// The path of a field.
    #[inline(never)]
    pub(crate) fn at(&self, name: &str) -> String {
        joined(&self.path, name)
    }

    /// What a field holds; null is as good as absent.
    #[inline(never)]
    pub(crate) fn get(&self, name: &str) -> Option<&'a Value> {
        self.object?.get(name).filter(|value| !value.is_null())
    }

    /// Whether a field is there at all, be it null.
    pub(crate) fn given(&self, name: &str) -> bool {
        self.object.is_none_or(|object| object.contains_key(name))
    }

    /// Notes a problem of a field.
    #[inline(never)]
    pub(crate) fn add(&self, name: &str, message: impl Into<String>) {
        self.report.add(self.at(name), message.into());
    }

    /// What a field holds, which must be there.
    #[inline(never)]
    fn required(&self, name: &str) -> Option<&'a Value> {
        let value = self.get(name);
        if value.is_none() && self.object.is_some() {
            self.report.add(self.path.clone(), ["`", name, "` is missing"].concat());
        }
        value
    }

    #[inline(never)]
    fn wrong<T>(&self, name: &str, expected: &dyn Display, found: &Value) -> Option<T> {
        self.report.wrong(self.at(name), expected, found);
        None
    }

    /// A text that may be absent.
    #[inline(never)]
    pub(crate) fn optional_text(&self, name: &str) -> Option<&'a str> {
        let value = self.get(name)?;
        value.as_str().or_else(|| self.wrong(name, &"a string", value))
    }

    /// A text; empty where it is not there.
    #[inline(never)]
    pub(crate) fn text(&self, name: &str) -> &'a str {
        self.required(name).and_then(|_| self.optional_text(name)).unwrap_or_default()
    }

    /// What a person reads.
    #[inline(never)]
    pub(crate) fn name(&self, name: &str) -> Arc<str> {
        let given = self.text(name);
        if self.get(name).is_some_and(Value::is_string) && !(1..=NAME_BYTES_MAX).contains(&given.len()) {
            let length = given.len();
            self.add(
                name,
                format!("{length} bytes long: write what a person reads, 1 to {NAME_BYTES_MAX} bytes"),
            );
        }
        given.into()
    }

    /// An id that may be absent.
    #[inline(never)]
    pub(crate) fn optional_id(&self, name: &str) -> Option<Arc<str>> {
        let given = self.optional_text(name)?;
        if !is_id(given) {
            self.add(name, not_an_id(given));
        }
        Some(given.into())
    }

    /// An id.
    #[inline(never)]
    pub(crate) fn id(&self, name: &str) -> Arc<str> {
        self.required(name).and_then(|_| self.optional_id(name)).unwrap_or_else(|| "".into())
    }

    /// An id that no other of its list has.
    #[inline(never)]
    pub(crate) fn unique_id(&self, name: &str, seen: &mut Vec<Arc<str>>) -> Arc<str> {
        let id = self.id(name);
        if !id.is_empty() && seen.contains(&id) {
            self.add(name, twice(&id));
        }
        seen.push(Arc::clone(&id));
        id
    }

    /// A whole number within bounds; absent = `usual`, and where that is none it must be there.
    #[inline(never)]
    pub(crate) fn whole(&self, name: &str, least: u64, most: u64, usual: Option<u64>) -> u64 {
        let given = if usual.is_some() { self.get(name) } else { self.required(name) };
        let Some(value) = given else { return usual.unwrap_or(least) };
        let Some(number) = value.as_u64() else {
            self.report.wrong(self.at(name), &"a whole number of 0 or more", value);
            return least;
        };
        if !(least..=most).contains(&number) {
            self.add(name, format!("`{number}` is not {least} to {most}"));
        }
        number.clamp(least, most)
    }

    /// A number of 32 bits.
    #[inline(never)]
    pub(crate) fn small(&self, name: &str, least: u32, most: u32, usual: Option<u32>) -> u32 {
        let number = self.whole(name, u64::from(least), u64::from(most), usual.map(u64::from));
        u32::try_from(number).unwrap_or(most)
    }

    /// A whole number of either sign, but not 0, that must be there.
    #[inline(never)]
    pub(crate) fn signed(&self, name: &str, most: i64) -> i64 {
        let Some(value) = self.required(name) else { return 0 };
        let number =
            value.as_i64().filter(|number| *number != 0 && number.unsigned_abs() <= most.unsigned_abs());
        let expected = format_args!("a whole number from -{most} to {most}, but not 0");
        number.or_else(|| self.wrong(name, &expected, value)).unwrap_or(0)
    }

    /// `true` or `false`; absent = `false`.
    #[inline(never)]
    pub(crate) fn flag(&self, name: &str) -> bool {
        let Some(value) = self.get(name) else { return false };
        value.as_bool().or_else(|| self.wrong(name, &"`true` or `false`", value)).unwrap_or(false)
    }

    /// A list; absent = empty.
    #[inline(never)]
    pub(crate) fn list(&self, name: &str) -> &'a [Value] {
        let Some(value) = self.get(name) else { return &[] };
        value.as_array().or_else(|| self.wrong(name, &"an array", value)).map_or(&[], Vec::as_slice)
    }

    /// A list that must be there and hold something.
    #[inline(never)]
    pub(crate) fn some(&self, name: &str) -> &'a [Value] {
        let items = self.required(name).map_or(&[][..], |_| self.list(name));
        if items.is_empty() && self.get(name).is_some_and(Value::is_array) {
            self.add(name, "empty: list at least one");
        }
        items
    }

    /// The objects of a list.
    #[inline(never)]
    pub(crate) fn items(&self, name: &str, known: &[&str]) -> Vec<Self> {
        let items = self.list(name).iter().enumerate();
        items.map(|(index, value)| Self::of(value, self.at_item(name, index), known, self.report)).collect()
    }

    /// The path of a list's item.
    #[inline(never)]
    pub(crate) fn at_item(&self, name: &str, index: usize) -> String {
        format!("{}[{index}]", self.at(name))
    }

    /// The object in a field, which must be there where `must`.
    #[inline(never)]
    pub(crate) fn object(&self, name: &str, must: bool, known: &[&str]) -> Option<Self> {
        let value = if must { self.required(name) } else { self.get(name) }?;
        Some(Self::of(value, self.at(name), known, self.report))
    }

    /// Which of some names a field holds.
    #[inline(never)]
    pub(crate) fn one_of(&self, name: &str, names: &[&str]) -> Option<usize> {
        let value = self.required(name)?;
        position(value, names).or_else(|| self.wrong(name, &format_args!("one of {}", list(names)), value))
    }

    /// A list of names, each once.
    #[inline(never)]
    pub(crate) fn names(&self, name: &str, names: &[&str]) -> Vec<usize> {
        let mut found: Vec<usize> = Vec::new();
        for (index, value) in self.some(name).iter().enumerate() {
            match position(value, names) {
                None => {
                    let expected = format_args!("one of {}", list(names));
                    self.report.wrong(self.at_item(name, index), &expected, value);
                }
                Some(at) if found.contains(&at) => {
                    self.report.add(self.at_item(name, index), twice(names.get(at).unwrap_or(&"")));
                }
                Some(at) => found.push(at),
            }
        }
        found
    }

    /// A text that reads as a `T`.
    pub(crate) fn parsed<T: FromStr<Err: Display>>(
        &self,
        name: &str,
        must: bool,
        expected: &str,
    ) -> Option<T> {
        let text = self.readable(name, must, expected)?;
        text.parse().map_err(|error: T::Err| self.unreadable(name, &error)).ok()
    }

    #[inline(never)]
    fn readable(&self, name: &str, must: bool, expected: &str) -> Option<&'a str> {
        let value = if must { self.required(name) } else { self.get(name) }?;
        value.as_str().or_else(|| self.wrong(name, &expected, value))
    }

    #[inline(never)]
    fn unreadable(&self, name: &str, error: &dyn Display) {
        self.add(name, error.to_string());
    }

    /// A list of texts, each once.
    #[inline(never)]
    pub(crate) fn texts(&self, name: &str) -> Vec<&'a str> {
        let mut seen: Vec<&str> = Vec::new();
        for (index, value) in self.list(name).iter().enumerate() {
            match value.as_str() {
                None => self.report.wrong(self.at_item(name, index), &"a string", value),
                Some(text) if seen.contains(&text) => self.report.add(self.at_item(name, index), twice(text)),
                Some(_) => {}
            }
            // One that is none keeps its place.
            seen.push(value.as_str().unwrap_or_default());
        }
        seen
    }

    /// Whether an item of a list is a text at all; one that is none is told of as such.
    pub(crate) fn is_text(&self, name: &str, index: usize) -> bool {
        self.list(name).get(index).is_some_and(Value::is_string)
    }

    /// A list of ids, each once.
    #[inline(never)]
    pub(crate) fn ids(&self, name: &str) -> Vec<Arc<str>> {
        let texts = self.texts(name);
        for (index, id) in
            texts.iter().enumerate().filter(|(index, id)| self.is_text(name, *index) && !is_id(id))
        {
            self.report.add(self.at_item(name, index), not_an_id(id));
        }
        texts.into_iter().map(Arc::from).collect()
    }
}

/// Whether a text is an id: printable ASCII, so that it is the same key in every store.
pub(crate) fn is_id(id: &str) -> bool {
    (1..=ID_BYTES_MAX).contains(&id.len()) && words::only_from(b'!', [0x7F; 2], id.as_bytes())
}

/// What is said of a text that is none.
pub(crate) fn not_an_id(id: &str) -> String {
    let shown: String = id.chars().take(ID_SHOWN_MAX).collect();
    format!("`{shown}` is not an id: write 1 to {ID_BYTES_MAX} printable ASCII characters without spaces")
}

/// What is said of something that is listed before.
#[inline(never)]
pub(crate) fn twice(what: &str) -> String {
    ["`", what, "` stands twice: each is listed once"].concat()
}

fn position(value: &Value, names: &[&str]) -> Option<usize> {
    value.as_str().and_then(|given| names.iter().position(|name| *name == given))
}
