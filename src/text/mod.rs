//! Texts and how they are cut into segments (3GPP TS 23.038, TS 23.040 9.2.3.24).
//!
//! [`count`] is what a bill needs, fast and without allocation; [`analyze`] is the full report. [`count_utf16`] and
//! [`analyze_utf16`] do the same with [`Options`] and take what JavaScript has, lone surrogates included. All of them fill
//! segments by the one rule in `fill.rs`.
//! Nothing here knows prices, accounts or sellers: which rule counts is the caller's choice. Imports nothing of ours.

mod alphabet;
mod analyze;
mod cheapest;
mod count;
mod fill;
mod layout;
mod national;
mod options;
mod read;
mod tables;
#[cfg(test)]
mod tests;

pub use analyze::{Analysis, NonGsm, analyze, analyze_utf16};
pub use count::{Count, count, count_short_utf16, count_utf16};
pub use layout::{Counting, EXTRA_HEADER_OCTETS_MAX, Encoding, Reference, SEGMENTS_MAX, TextError};
pub use national::{Language, Tables};
pub use options::{Choice, Languages, Options, Refusal};
