//! What the tests of the engine share: a ledger with a clock of its own, a store that fails on request, and one history that
//! must come out the same on every runtime.

#![allow(dead_code, reason = "each test crate uses its own part")]

pub(crate) mod history;
pub(crate) mod runtimes;
#[cfg(not(target_arch = "wasm32"))]
pub(crate) mod shared;
#[cfg(not(target_arch = "wasm32"))]
pub(crate) mod world;

use serde_json::Value;
use sms_ledger::calendar::Instant;
use sms_ledger::catalog::{Catalog, profiles};
use sms_ledger::engine::{Answer, Error};
use std::sync::Arc;

pub(crate) const AU: &str = "+61412345678";
pub(crate) const US: &str = "+12025550123";
pub(crate) const NZ: &str = "+64211234567";
pub(crate) const CANADA: &str = "+14165550123";
/// 1 segment.
pub(crate) const SHORT: &str = "Your table is booked for 7 pm.";

pub(crate) type Reply = Result<Value, Box<Error>>;

pub(crate) fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

pub(crate) fn cloutly() -> Arc<Catalog> {
    Arc::new(Catalog::from_json(profiles::CLOUTLY).unwrap())
}

/// The catalog `cloutly`, changed as data.
pub(crate) fn changed(change: impl FnOnce(&mut Value)) -> Arc<Catalog> {
    let mut catalog: Value = serde_json::from_str(profiles::CLOUTLY).unwrap();
    change(&mut catalog);
    Arc::new(Catalog::from_json(&catalog.to_string()).unwrap())
}

/// A text of so many segments.
pub(crate) fn text(segments: usize) -> String {
    if segments == 1 { "a".repeat(160) } else { "a".repeat(153 * segments) }
}

pub(crate) fn reply(answer: Result<Answer, Box<Error>>) -> Reply {
    answer.map(|answer| serde_json::from_str(&answer.json()).unwrap())
}

/// An answer or an error as a caller gets it, byte for byte.
pub(crate) fn bytes(reply: &Reply) -> String {
    match reply {
        Ok(value) => format!("ok {value}"),
        Err(error) => format!("error {}", error.json()),
    }
}

/// An error's code as a caller gets it, with the reason where it has one: `INSUFFICIENT_BALANCE exhausted`.
pub(crate) fn refusal(reply: &Reply) -> String {
    let error = reply.as_ref().expect_err("must be refused");
    let reason = error.details.get("reason").and_then(Value::as_str);
    [Some(error.code.as_str()), reason].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// What a message takes: `p1:1 p2:1`.
pub(crate) fn draws(answer: &Value) -> String {
    let draw = |draw: &Value| format!("{}:{}", draw["package"].as_str().unwrap(), draw["segments"]);
    answer["draws"].as_array().unwrap().iter().map(draw).collect::<Vec<_>>().join(" ")
}
