//! The host's zone rules.

use crate::calendar::{Instant, Zones};
use wasm_bindgen::JsValue;

/// `zoneOffset(zone, epochMs)`: seconds east of UTC, not a number for an unknown zone.
pub(super) struct HostZones(pub(super) js_sys::Function);

impl Zones for HostZones {
    fn offset_seconds(&self, zone: &str, at: Instant) -> Option<i32> {
        if zone == "UTC" {
            return Some(0);
        }
        let answer =
            self.0.call2(&JsValue::NULL, &JsValue::from_str(zone), &JsValue::from_f64(epoch(at))).ok()?;
        answer.as_f64().filter(|seconds| seconds.is_finite()).map(seconds)
    }
}

#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "the years of an instant are within a float's whole numbers"
)]
fn epoch(at: Instant) -> f64 {
    at.millis() as f64
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "saturating; offsets are within a day"
)]
fn seconds(offset: f64) -> i32 {
    offset as i32
}
