//! The crate in WebAssembly, in a browser: the same history, texts, numbers and prices as natively.

#![cfg(target_arch = "wasm32")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "tests"
)]

mod common;
#[path = "common/wasm_cases.rs"]
mod wasm_cases;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
