//! Segment counts that others have checked too: `fixtures/segment-vectors.json`, each text with default options.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "tests")]

use serde::Deserialize;
use sms_ledger::text::{Counting, SEGMENTS_MAX, TextError, analyze, count};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Vector {
    id: String,
    text: String,
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

#[test]
fn every_vector_holds() {
    let vectors: Vec<Vector> = serde_json::from_str(include_str!("fixtures/segment-vectors.json")).unwrap();
    assert_eq!(vectors.len(), 237);
    for vector in &vectors {
        if vector.error.is_some() {
            check_too_long(vector);
        } else {
            check(vector);
        }
    }
}

fn check(vector: &Vector) {
    let id = &vector.id;
    let counted = count(&vector.text, Counting::Gsm).unwrap();
    assert_eq!(counted.encoding.as_str(), vector.encoding, "{id}");
    assert_eq!((counted.segments, counted.units), (vector.segments, vector.units), "{id}");

    let report = analyze(&vector.text, Counting::Gsm).unwrap();
    assert_eq!(report.encoding, counted.encoding, "{id}");
    assert_eq!((report.segments, report.units), (vector.segments, vector.units), "{id}");
    assert_eq!(report.per_segment, vector.per_segment, "{id}");
    assert_eq!((report.capacity, report.remaining), (vector.capacity, vector.remaining), "{id}");
    let first = report.non_gsm.first().map(|found| (found.index, format!("U+{:04X}", found.code_point)));
    let expected = vector.non_gsm.as_ref().map(|found| (found.first_index, found.first_code_point.clone()));
    assert_eq!(first, expected, "{id}");
    assert_eq!(report.non_gsm.len(), vector.non_gsm.as_ref().map_or(0, |found| found.count), "{id}");
}

fn check_too_long(vector: &Vector) {
    let expected = TextError::TooLong { segments: vector.segments, segments_max: SEGMENTS_MAX };
    assert_eq!(count(&vector.text, Counting::Gsm), Err(expected), "{}", vector.id);
    assert_eq!(analyze(&vector.text, Counting::Gsm), Err(expected), "{}", vector.id);
}
