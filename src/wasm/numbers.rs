//! Numbers and their regions: three exports that need no engine. A resolution crosses as one word.

#![expect(unreachable_pub, reason = "wasm-bindgen exports what is public, and nothing else sees it")]

use crate::numbering::{Resolution, Unresolved, names, resolve_at};
use wasm_bindgen::prelude::*;

/// Bits of a word: the calling code, the place among the names, the reason, and how the number is written.
const PLACE_SHIFT: u32 = 10;
const REASON_SHIFT: u32 = 19;
const DROPPED_SHIFT: u32 = 23;
const NATIONAL: u32 = 1 << 27;
const PLAIN: u32 = 1 << 28;
const TRUNK: u32 = 1 << 29;

/// What stands between two numbers of a list.
const SEPARATOR: char = '\n';

/// Which region a number belongs to; `default` is the place of a region among the names, 0 for none.
#[wasm_bindgen(js_name = resolveRegion)]
pub fn resolve_region(number: &str, default: u16) -> u32 {
    word(&resolve_at(number, default))
}

/// The same for each of many numbers, a line each.
#[wasm_bindgen(js_name = resolveRegions)]
pub fn resolve_regions(numbers: &str, default: u16) -> Vec<u32> {
    numbers.split(SEPARATOR).map(|number| word(&resolve_at(number, default))).collect()
}

/// The name at each place from 0 on, with commas between them: nothing, the regions, then those that share digits.
#[wasm_bindgen(js_name = regionNames)]
pub fn region_names() -> String {
    names()
}

fn word(found: &Resolution) -> u32 {
    let reason: u32 = match found.reason {
        None => 0,
        Some(Unresolved::NotANumber) => 1,
        Some(Unresolved::NotInternational) => 2,
        Some(Unresolved::TooShort) => 3,
        Some(Unresolved::TooLong) => 4,
        Some(Unresolved::UnassignedCallingCode) => 5,
        Some(Unresolved::UnassignedAreaCode) => 6,
        Some(Unresolved::Empty) => 7,
        Some(Unresolved::WrongLength) => 8,
    };
    let written = found.written;
    u32::from(found.calling_code.unwrap_or_default())
        | u32::from(found.place()) << PLACE_SHIFT
        | reason << REASON_SHIFT
        | u32::from(written.dropped) << DROPPED_SHIFT
        | if written.national { NATIONAL } else { 0 }
        | if written.plain { PLAIN } else { 0 }
        | if written.trunk { TRUNK } else { 0 }
}
