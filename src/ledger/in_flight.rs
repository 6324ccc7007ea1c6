//! Messages in flight, by the stretches of the journal that set their segments aside: what is known of them until time ends
//! one, and those that have been read because a time-out is near.

use super::hold::Hold;
use crate::calendar::Instant;
use crate::catalog::HoldTerms;
use std::collections::VecDeque;
use std::sync::Arc;

/// A stretch of the journal in which messages are still held. What else happened there may stand in it too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Its first entry.
    pub first: u64,
    /// Its last entry.
    pub last: u64,
    /// Messages of it that are held.
    pub held: u64,
    /// No time-out of these is earlier.
    pub due: Instant,
}

/// Most stretches of an account: the head, which every commit writes, holds them all.
pub(super) const STRETCHES_MAX: usize = 8;
/// A stretch that spans so many entries is not made longer.
pub(super) const STRETCH_ENTRIES: u64 = 1_024;

impl Stretch {
    /// Whether an entry stands in it.
    pub fn contains(&self, sequence: u64) -> bool {
        (self.first..=self.last).contains(&sequence)
    }

    /// How many entries it spans together with one behind it.
    pub(super) fn span_to(&self, last: u64) -> u64 {
        last.saturating_sub(self.first).saturating_add(1)
    }
}

/// A message that was read, and waits for its time-out.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub(super) due: Instant,
    /// The entry that set its segments aside: which of two that are due together is first.
    pub(super) sequence: u64,
    pub(super) hold: Arc<Hold>,
    pub(super) terms: Arc<HoldTerms>,
}

/// What has been read of the messages in flight: all of the journal up to an entry.
#[derive(Clone, Debug, Default)]
pub(super) struct Read {
    /// The last entry that was looked at.
    pub(super) to: u64,
    /// In the order of their time-outs.
    pub(super) waiting: VecDeque<Waiting>,
}

impl Read {
    /// The messages of a stretch, in the order of their time-outs.
    pub(super) fn of(&self, stretch: &Stretch) -> impl Iterator<Item = &Waiting> {
        let stretch = *stretch;
        self.waiting.iter().filter(move |waiting| stretch.contains(waiting.sequence))
    }

    /// Where a message stands, or would stand.
    pub(super) fn place(&self, due: Instant, sequence: u64) -> Result<usize, usize> {
        self.waiting.binary_search_by(|waiting| (waiting.due, waiting.sequence).cmp(&(due, sequence)))
    }
}
