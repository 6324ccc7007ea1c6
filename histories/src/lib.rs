//! What random histories and the simulator share.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a tool of the tests: what goes wrong fails them"
)]

pub mod random;
