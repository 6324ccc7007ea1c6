//! Segment counts that others have checked too: `fixtures/segment-vectors.json`, each text with its options.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::arithmetic_side_effects, clippy::string_slice, clippy::unwrap_used, reason = "tests")]

use serde::Deserialize;
use sms_ledger::text::{
    Choice, Counting, Language, Options, Reference, Refusal, SEGMENTS_MAX, TextError, analyze, analyze_utf16,
    count, count_utf16,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Vector {
    id: String,
    text: Units,
    #[serde(default)]
    options: Asked,
    encoding: String,
    segments: u32,
    units: u32,
    per_segment: Vec<u32>,
    capacity: u32,
    remaining: u32,
    non_gsm: Option<NonGsm>,
    error: Option<String>,
    #[expect(dead_code, reason = "for readers of the file")]
    note: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NonGsm {
    count: usize,
    first_index: u32,
    first_code_point: String,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    locking: Option<String>,
    single: Option<String>,
    udh: Option<String>,
    encoding: Option<String>,
}

/// A text in UTF-16, since some have lone surrogates; as JSON the surrogates stand as private characters (below).
#[derive(Deserialize)]
#[serde(from = "String")]
struct Units(Vec<u16>);

/// A lone surrogate U+D800 + n is written U+100000 + n before the file is parsed: Rust's strings cannot hold it.
const STAND_IN: u32 = 0x0010_0000;

impl From<String> for Units {
    fn from(text: String) -> Self {
        let mut units = Vec::new();
        for character in text.chars() {
            match u32::from(character).checked_sub(STAND_IN).filter(|offset| *offset < 0x800) {
                Some(offset) => units.push(u16::try_from(0xD800 + offset).unwrap()),
                None => units.extend_from_slice(character.encode_utf16(&mut [0; 2])),
            }
        }
        Self(units)
    }
}

/// The file with every escaped lone surrogate as its stand-in.
fn without_lone_surrogates(json: &str) -> String {
    let escape = |at: usize| {
        let hex = json.get(at..at + 6)?.strip_prefix("\\u")?;
        u32::from_str_radix(hex, 16).ok()
    };
    let mut made = String::new();
    let mut at = 0;
    while at < json.len() {
        let (first, second) = (escape(at), escape(at + 6));
        match (first, second) {
            (Some(0xD800..0xDC00), Some(0xDC00..0xE000)) => {
                made.push_str(&json[at..at + 12]);
                at += 12;
            }
            (Some(lone @ 0xD800..0xE000), _) => {
                made.push(char::from_u32(STAND_IN + lone - 0xD800).unwrap());
                at += 6;
            }
            _ => {
                let character = json[at..].chars().next().unwrap();
                made.push(character);
                at += character.len_utf8();
            }
        }
    }
    made
}

fn language(code: &str) -> Language {
    let codes = ["tr", "es", "pt", "bn", "gu", "hi", "kn", "ml", "or", "pa", "ta", "te", "ur"];
    let at = codes.iter().position(|known| *known == code).unwrap();
    Language::ALL.get(at).copied().unwrap()
}

fn options(asked: &Asked) -> Options {
    let mut options = Options::default();
    options.tables.locking = asked.locking.as_deref().map(language);
    options.tables.single = asked.single.as_deref().map(language);
    if asked.udh.is_some() {
        assert_eq!(asked.udh.as_deref(), Some("16bit"));
        options.reference = Reference::Bits16;
    }
    if asked.encoding.is_some() {
        assert_eq!(asked.encoding.as_deref(), Some("UCS-2"));
        options.encoding = Choice::Ucs2;
    }
    options
}

#[test]
fn every_vector_holds() {
    let json = without_lone_surrogates(include_str!("fixtures/segment-vectors.json"));
    let vectors: Vec<Vector> = serde_json::from_str(&json).unwrap();
    assert_eq!(vectors.len(), 285);
    let mut lone = 0;
    for vector in &vectors {
        lone += usize::from(String::from_utf16(&vector.text.0).is_err());
        if vector.error.is_some() {
            check_too_long(vector);
        } else {
            check(vector);
        }
    }
    assert_eq!(lone, 7);
}

fn check(vector: &Vector) {
    let id = &vector.id;
    let options = options(&vector.options);
    let counted = count_utf16(&vector.text.0, None, &options).unwrap();
    assert_eq!(counted.encoding.as_str(), vector.encoding, "{id}");
    assert_eq!((counted.segments, counted.units), (vector.segments, vector.units), "{id}");
    assert_eq!(counted.remaining, vector.remaining, "{id}");

    let report = analyze_utf16(&vector.text.0, None, &options).unwrap();
    assert_eq!(report.encoding, counted.encoding, "{id}");
    assert_eq!((report.segments, report.units), (vector.segments, vector.units), "{id}");
    assert_eq!(report.per_segment, vector.per_segment, "{id}");
    assert_eq!((report.capacity, report.remaining), (vector.capacity, vector.remaining), "{id}");
    let first = report.non_gsm.first().map(|found| (found.index, format!("U+{:04X}", found.code_point)));
    let expected = vector.non_gsm.as_ref().map(|found| (found.first_index, found.first_code_point.clone()));
    assert_eq!(first, expected, "{id}");
    assert_eq!(report.non_gsm.len(), vector.non_gsm.as_ref().map_or(0, |found| found.count), "{id}");

    if let (Ok(text), true) = (String::from_utf16(&vector.text.0), options == Options::default()) {
        assert_eq!(count(&text, Counting::Gsm), Ok(counted), "{id}");
        assert_eq!(analyze(&text, Counting::Gsm), Ok(report), "{id}");
    }
}

fn check_too_long(vector: &Vector) {
    let text = String::from_utf16(&vector.text.0).unwrap();
    let (segments, segments_max) = (vector.segments, SEGMENTS_MAX);
    let expected = TextError::TooLong { segments, segments_max };
    assert_eq!(count(&text, Counting::Gsm), Err(expected), "{}", vector.id);
    assert_eq!(analyze(&text, Counting::Gsm), Err(expected), "{}", vector.id);
    let expected = Refusal::TooLong { segments, segments_max };
    assert_eq!(count_utf16(&vector.text.0, None, &Options::default()), Err(expected), "{}", vector.id);
}
