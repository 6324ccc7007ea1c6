//! Properties over random histories: what no order of commands, clocks, processes and failures may break.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    clippy::panic,
    clippy::similar_names,
    clippy::unwrap_used,
    reason = "tests"
)]

mod common;

mod properties {
    mod estimates;
    mod forecasts;
    mod groups;
    mod histories;
    mod invariants;
    mod legacy;
    mod model;
    mod past;
    mod races;
    mod recharges;
    mod renewals;
    mod sales;
    mod scopes;
    mod steps;
}
