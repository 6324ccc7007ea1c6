//! Prepaid SMS packages and credits: priced, sold and spent by one engine.
//!
//! The rooms, in the order in which they may import each other (`tests/architecture.rs` holds it):
//! `shape`, `money`, `text`, `numbering`, `calendar` → `catalog` → `pricing` → `ledger` → `storage` → `engine` → `wasm`.
//! The crate has no I/O, no clock and no randomness: time, ids and zone rules are inputs.

pub mod calendar;
pub mod catalog;
pub mod engine;
pub mod ledger;
pub mod money;
pub mod numbering;
pub mod pricing;
mod shape;
pub mod storage;
pub mod text;

#[cfg(target_arch = "wasm32")]
mod wasm;
