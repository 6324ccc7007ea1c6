//! What the model keeps: packages, messages, orders and plans.

use super::{AVAILABLE, Counts, HELD};
use crate::operation::{Bought, Message, Millis, Word};
use serde_json::Value;

/// Segments of one origin.
#[derive(Clone, Debug, Default)]
pub(crate) struct Package {
    pub(super) number: u64,
    pub(crate) source: &'static str,
    pub(crate) region: Option<usize>,
    pub(crate) counts: Counts,
    pub(crate) issued_at: Millis,
    pub(crate) effective: Millis,
    pub(crate) expires: Option<Millis>,
    /// When what is left is lost: its expiry, then the end of its grace, then never again.
    pub(super) ends: Option<Millis>,
    /// Whether something has come back after its expiry that can be used.
    pub(super) graced: bool,
    /// Whether its time has come.
    pub(super) begun: bool,
    /// When nothing was left in it, and when that was written down.
    pub(super) emptied: [Millis; 2],
}

impl Package {
    /// Whether nothing comes back any more.
    pub(super) fn over(&self) -> bool {
        self.expires.is_some() && self.ends.is_none()
    }

    pub(super) fn left(&self) -> u64 {
        self.counts[AVAILABLE]
    }

    pub(super) fn lapsed(&self, now: Millis) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    /// Whether it has ended, and nothing has come back within its grace.
    pub(super) fn expired(&self, now: Millis) -> bool {
        self.lapsed(now) && (self.over() || !self.graced)
    }

    pub(super) fn usable(&self, now: Millis) -> bool {
        self.begun && self.effective <= now && !self.over()
    }

    /// Rule 2: the status at an instant.
    pub(super) fn status(&self, now: Millis) -> &'static str {
        match () {
            () if now < self.effective => "pending",
            () if self.expired(now) => "expired",
            () if self.left() == 0 => "exhausted",
            () => "effective",
        }
    }

    pub(super) fn pays(&self, region: usize) -> bool {
        self.region.is_none_or(|own| own == region)
    }

    pub(crate) fn open(&self) -> bool {
        self.counts[AVAILABLE] + self.counts[HELD] > 0
    }
}

/// What ended a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Held,
    Submitted,
    TimedOut,
    Said(Word),
}

/// A message that was paid.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    /// Packages and segments, in the order of the draw.
    pub(crate) draws: Vec<(u64, u64)>,
    /// The number of its entry.
    pub(super) entry: u64,
    pub(super) at: Millis,
    pub(super) available: u64,
    pub(super) due: Option<Millis>,
    pub(crate) verb: Verb,
    /// Spent, released and expired.
    pub(crate) became: [u64; 3],
    pub(super) decided: (Millis, u64),
    /// What else was said of it.
    pub(crate) contradictions: Vec<Said>,
}

/// What was said of a message besides what decides it: when, and whether that had decided it before.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(super) verb: Verb,
    pub(super) at: Millis,
    pub(super) stood: bool,
}

/// What is known under a message's id.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(super) message: Message,
    pub(crate) refusals: Vec<(&'static str, Value)>,
    pub(crate) held: Option<Held>,
}

impl Held {
    /// By package, what of each draw is spent where so many segments are, first drawn first, and what is not.
    pub(super) fn parts(&self, spent: u64) -> Vec<(u64, u64, u64)> {
        let mut left = spent;
        let part = |(package, drawn): &(u64, u64)| {
            let pays = left.min(*drawn);
            left -= pays;
            (*package, pays, drawn - pays)
        };
        self.draws.iter().map(part).collect()
    }
}

impl Record {
    /// As the store names where it stands.
    pub(crate) fn state(&self) -> &'static str {
        match &self.held {
            None => "refused",
            Some(held) if held.verb == Verb::Held => "held",
            Some(held) if held.became[0] > 0 => "settled",
            Some(_) => "released",
        }
    }
}

impl Order {
    /// One that nobody has paid.
    pub(super) fn placed(bought: Bought, placed_at: Millis) -> Self {
        let (reference, issued, refunded) = (None, None, None);
        Self { bought, source: "purchase", state: "placed", reference, placed_at, issued, refunded }
    }
}

/// An order.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(super) bought: Bought,
    /// `purchase` or `recharge`: of the package that is issued for it, too.
    pub(super) source: &'static str,
    pub(crate) state: &'static str,
    pub(super) reference: Option<String>,
    pub(super) placed_at: Millis,
    /// Its package, when that was paid, and what was available then.
    pub(crate) issued: Option<(u64, Millis, u64)>,
    /// Segments taken back, when, and what was available then.
    pub(super) refunded: Option<(u64, Millis, u64)>,
}

/// A plan on its way.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// By its place.
    pub(super) on: usize,
    pub(super) anchor: Millis,
    /// The running period, counted from the anchor, and what it is worth.
    pub(super) period: u32,
    pub(super) credited: u64,
    /// What it becomes with the next period: another one, or none.
    pub(super) next: Option<Option<usize>>,
}
