//! Answers as JSON, and whether one is what the model claims: nothing here knows a rule.

use serde_json::{Value, json};
use sms_ledger::engine::{Answer, Error};

/// What the model claims of an answer: its fields, or those of an error, whose code is `error`.
pub(crate) type Reply = Result<Value, Value>;

/// An answer as a caller has it.
pub(crate) fn found(answer: &Result<Answer, Box<Error>>) -> Reply {
    match answer {
        Ok(answer) => Ok(serde_json::from_str(&answer.json()).unwrap()),
        Err(error) => {
            let mut found = Value::Object(error.details.clone());
            found["error"] = json!(error.code.as_str());
            Err(found)
        }
    }
}

/// An answer as a caller reads it.
pub(crate) fn text(answer: &Result<Answer, Box<Error>>) -> String {
    match answer {
        Ok(answer) => answer.json(),
        Err(error) => error.json(),
    }
}

/// Whether an answer is what the model claims of it.
pub(crate) fn agrees(expected: &Reply, found: &Reply) -> bool {
    match (expected, found) {
        (Ok(expected), Ok(found)) | (Err(expected), Err(found)) => covers(expected, found),
        _ => false,
    }
}

/// Whether every claim holds: null says that there is nothing, and an asterisk leaves open what there is.
pub(crate) fn covers(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Object(claims), Value::Object(_)) => {
            claims.iter().all(|(name, claim)| covers(claim, found.get(name).unwrap_or(&Value::Null)))
        }
        (Value::Array(claims), Value::Array(found)) => {
            claims.len() == found.len() && claims.iter().zip(found).all(|(claim, found)| covers(claim, found))
        }
        _ => expected == "*" || expected == found,
    }
}

/// An error, unless something holds.
pub(crate) fn must(holds: bool, error: Value) -> Result<(), Value> {
    if holds { Ok(()) } else { Err(error) }
}

/// An object with fields added, or set anew.
pub(crate) fn with(mut object: Value, fields: Value) -> Value {
    if let (Value::Object(object), Value::Object(fields)) = (&mut object, fields) {
        object.extend(fields);
    }
    object
}
