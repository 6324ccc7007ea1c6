//! JavaScript's values as JSON data. What JSON cannot say is refused, never changed on the way.

use crate::shape::{Problem, joined};
use serde_json::{Map, Number, Value};
use wasm_bindgen::{JsCast, JsValue};

/// Levels of objects and arrays within one input.
const DEPTH_LEVELS_MAX: u32 = 40;
/// The largest whole number that a JavaScript number tells from its neighbours (`Number.MAX_SAFE_INTEGER`).
const SAFE_MAX: f64 = 9_007_199_254_740_991.0;

/// The value as data; a property that is `undefined` is absent.
///
/// # Errors
/// [`Problem`] for what is no data: numbers that are not finite, whole numbers too large to be exact, big integers, functions,
/// symbols.
pub(super) fn data(value: &JsValue) -> Result<Value, Problem> {
    any(value, DEPTH_LEVELS_MAX)
}

fn refuse<T>(message: &str) -> Result<T, Problem> {
    Err(Problem { path: String::new(), message: message.to_owned() })
}

fn any(value: &JsValue, depth: u32) -> Result<Value, Problem> {
    if value.is_null() {
        return Ok(Value::Null);
    }
    if let Some(value) = value.as_bool() {
        return Ok(Value::Bool(value));
    }
    if let Some(value) = value.as_string() {
        return Ok(Value::String(value));
    }
    if let Some(value) = value.as_f64() {
        return number(value).map(Value::Number);
    }
    if !value.is_object() || value.is_function() {
        return refuse("not data: write a string, a number, `true`, `false`, null, an array or an object");
    }
    let Some(depth) = depth.checked_sub(1) else { return refuse("nested too deep") };
    match value.dyn_ref::<js_sys::Array>() {
        Some(items) => array(items, depth),
        None => object(value.unchecked_ref(), depth),
    }
}

fn array(items: &js_sys::Array, depth: u32) -> Result<Value, Problem> {
    let mut made = Vec::new();
    for (index, item) in items.iter().enumerate() {
        made.push(any(&item, depth).map_err(|misfit| within(&format!("[{index}]"), misfit))?);
    }
    Ok(Value::Array(made))
}

fn object(object: &js_sys::Object, depth: u32) -> Result<Value, Problem> {
    let mut made = Map::new();
    for name in js_sys::Object::keys(object).iter() {
        let value = js_sys::Reflect::get(object, &name);
        let name = name.as_string().unwrap_or_default();
        let value = match value {
            Ok(value) if value.is_undefined() => continue,
            Ok(value) => any(&value, depth),
            Err(_) => refuse("cannot be read: its getter throws"),
        };
        made.insert(name.clone(), value.map_err(|misfit| within(&name, misfit))?);
    }
    Ok(Value::Object(made))
}

#[cold]
fn within(above: &str, misfit: Problem) -> Problem {
    Problem { path: joined(above, &misfit.path), ..misfit }
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "a whole number within the safe ones is exact"
)]
fn number(value: f64) -> Result<Number, Problem> {
    if value.fract() != 0.0 {
        // None where it is not finite, and a fraction of infinity is not a number, which differs from 0 too.
        return Number::from_f64(value).map_or_else(|| refuse("not a finite number"), Ok);
    }
    if value.abs() > SAFE_MAX {
        return refuse("a number too large to be exact: write at most 9007199254740991");
    }
    Ok(Number::from(value as i64))
}
