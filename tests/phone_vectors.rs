//! Numbers whose region others have determined too: `fixtures/phone-vectors.json`.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "tests")]

use serde::Deserialize;
use sms_ledger::numbering::{E164, region, resolve};

/// What others call the region of every worldwide service; each has one of its own here, named as its calling code.
const WORLDWIDE: &str = "001";

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Vector {
    number: String,
    /// None where the number is not E.164 or its leading digits are not assigned.
    region: Option<String>,
    calling_code: Option<u16>,
    /// All regions in which the number is valid, where there are several.
    #[serde(default)]
    shared: Vec<String>,
    #[expect(dead_code, reason = "for readers of the file")]
    note: Option<String>,
}

#[test]
fn every_vector_holds() {
    let vectors: Vec<Vector> = serde_json::from_str(include_str!("fixtures/phone-vectors.json")).unwrap();
    assert_eq!(vectors.len(), 172);
    for Vector { number, region: expected, calling_code, shared, .. } in vectors {
        let expected = match expected {
            Some(region) if region == WORLDWIDE => calling_code.map(|code| code.to_string()),
            other => other,
        };
        let found = resolve(&number, None);
        assert_eq!(found.region().map(|found| found.to_string()), expected, "{number}");
        assert_eq!(found.calling_code, calling_code, "{number}");
        assert_eq!(found.reason.is_some(), expected.is_none(), "{number}");
        if expected.is_some() {
            assert_eq!(found.number.map(|found| found.to_string()), Some(number.clone()), "{number}");
        }
        let also: Vec<String> = found.shared().map(|region| region.to_string()).collect();
        assert!(shared.iter().all(|region| also.contains(region)), "{number}: {also:?}");
        let paying = E164::parse(&number).ok().and_then(|number| region(&number));
        assert_eq!(paying, found.region(), "{number}");
    }
}
