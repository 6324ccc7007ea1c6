//! Numbers whose region others have determined too: `fixtures/phone-vectors.json`.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "tests")]

use serde::Deserialize;
use sms_ledger::numbering::{E164, region};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    number: String,
    /// None where the number is not E.164 or its leading digits are not assigned.
    region: Option<String>,
    #[expect(dead_code, reason = "for readers of the file")]
    note: Option<String>,
}

#[test]
fn every_vector_holds() {
    let vectors: Vec<Vector> = serde_json::from_str(include_str!("fixtures/phone-vectors.json")).unwrap();
    assert_eq!(vectors.len(), 169);
    for vector in vectors {
        let found = E164::parse(&vector.number).ok().and_then(|number| region(&number));
        assert_eq!(found.map(|found| found.to_string()), vector.region, "{}", vector.number);
    }
}
