//! What a round takes.

use std::io::{Error, Result};
use std::time::Instant;

/// Nanoseconds a message.
pub(crate) fn timed(messages: usize, run: impl FnOnce() -> Result<()>) -> Result<u64> {
    let start = Instant::now();
    run()?;
    let took = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
    let messages = u64::try_from(messages).unwrap_or(u64::MAX);
    took.checked_div(messages).ok_or_else(|| Error::other("no messages"))
}

/// A number among the arguments, the one after the benchmark's name at 0.
pub(crate) fn argument(at: usize, instead: usize) -> usize {
    std::env::args().nth(at.saturating_add(2)).and_then(|number| number.parse().ok()).unwrap_or(instead)
}
