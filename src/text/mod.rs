//! Texts and how they are cut into segments (3GPP TS 23.038, TS 23.040 9.2.3.24).
//!
//! [`count`] is what a bill needs, fast and without allocation; [`analyze`] is the full report and agrees with it.
//! Nothing here knows prices, accounts or sellers: which rule counts is the caller's choice. Imports nothing of ours.

mod alphabet;
mod analyze;
mod count;
mod layout;

pub use analyze::{Analysis, NonGsm, analyze};
pub use count::{Count, count};
pub use layout::{Counting, Encoding, SEGMENTS_MAX, TextError};
