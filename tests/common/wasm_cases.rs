//! What holds in WebAssembly as it does natively: one list for Node.js and for browsers.

use super::common::runtimes;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
fn the_history_comes_out_as_written() {
    runtimes::the_history_comes_out_as_written();
}

#[wasm_bindgen_test]
fn texts_are_counted_as_written() {
    runtimes::texts_are_counted_as_written();
}

#[wasm_bindgen_test]
fn national_tables_are_chosen_as_written() {
    runtimes::national_tables_are_chosen_as_written();
}

#[wasm_bindgen_test]
fn quotes_are_priced_as_written() {
    runtimes::quotes_are_priced_as_written();
}

#[wasm_bindgen_test]
fn numbers_belong_to_the_regions_written() {
    runtimes::numbers_belong_to_the_regions_written();
}
