//! What `tests/wasm.rs` and `tests/wasm_browser.rs` run in WebAssembly, natively.

use crate::common::runtimes;

#[test]
fn the_history_comes_out_as_written() {
    runtimes::the_history_comes_out_as_written();
}

#[test]
fn texts_are_counted_as_written() {
    runtimes::texts_are_counted_as_written();
}

#[test]
fn national_tables_are_chosen_as_written() {
    runtimes::national_tables_are_chosen_as_written();
}

#[test]
fn quotes_are_priced_as_written() {
    runtimes::quotes_are_priced_as_written();
}

#[test]
fn numbers_belong_to_the_regions_written() {
    runtimes::numbers_belong_to_the_regions_written();
}
