//! The check of a catalog, which needs no engine.

#![expect(unreachable_pub, reason = "wasm-bindgen exports what is public, and nothing else sees it")]

use super::data::data;
use super::tagged;
use super::zones::HostZones;
use crate::catalog::{Catalog, Findings};
use wasm_bindgen::prelude::*;

/// Everything that is wrong or odd with a catalog, as JSON; needs no engine.
#[wasm_bindgen(js_name = validateCatalog)]
pub fn validate_catalog(zone_offset: js_sys::Function, catalog: &JsValue) -> String {
    let zones = HostZones(zone_offset);
    let findings = match data(catalog) {
        Ok(catalog) => Catalog::validate(&catalog, &zones),
        Err(problem) => Findings { problems: vec![problem], warnings: Vec::new() },
    };
    tagged(Ok(findings))
}
