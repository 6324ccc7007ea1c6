//! The record of a message: what was set aside for it, what refused it, and what became of it. It is also the
//! idempotency record of its id, so it is kept as long as the account.

use super::ceilings::Broken;
use super::draw::Reason;
use super::few::Few;
use super::package::PackageId;
use super::recharge::Withheld;
use crate::calendar::Instant;
use crate::money::Price;
use crate::numbering::Region;
use crate::shape::names;
use crate::text::Encoding;
use std::sync::Arc;

/// Identifies the body of a command: the first 16 bytes of its SHA-256.
pub type Fingerprint = [u8; 16];

/// What a message takes from one package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw {
    /// The package.
    pub package: PackageId,
    /// Segments.
    pub segments: u32,
}

/// What a message takes, in draw order: mostly from one package.
pub type Draws = Few<Draw, 1>;

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The caller's id.
    pub id: Arc<str>,
    /// Of the message's body, without the attempt.
    pub fingerprint: Fingerprint,
    /// Where it stands.
    pub state: HoldState,
    /// Where it goes; absent where the number belongs to no region.
    pub region: Option<Region>,
    /// What it is for: as said, or else the policy's usual one.
    pub purpose: Option<Arc<str>>,
    /// The project that sends it.
    pub project: Option<Arc<str>>,
    /// How it is encoded.
    pub encoding: Encoding,
    /// As the networks count them. What they cost is for its rate to say.
    pub segments: u32,
    /// Credits for a segment, by the charge model that held it; absent = one.
    pub rate: Option<Price>,
    /// Who pays, in draw order; empty while refused.
    pub draws: Draws,
    /// When it was held or last refused.
    pub at: Instant,
    /// The account's usable and unheld segments right after.
    pub available: u64,
    /// Its refused attempts, oldest first.
    pub refusals: Vec<Refusal>,
    /// What ended it. In a box: most records are looked at while nothing has.
    pub decision: Option<Box<Decision>>,
    /// The catalog's revision that it was paid, or last refused, under: it is decided by the same.
    pub revision: u32,
    /// While it is held: when its time is out, and the entry that set its segments aside.
    pub due: Option<(Instant, u64)>,
    /// What else was said of it, oldest first, each once and no more than eight.
    pub contradictions: Vec<Contradiction>,
}

/// Most words that a message's record keeps besides the one that stands. What is said after that changes nothing.
pub(super) const CONTRADICTIONS_MAX: usize = 8;

impl Hold {
    /// Whether a word was said of it before, without standing now.
    pub fn was_told(&self, verb: &Verb) -> bool {
        self.contradictions.iter().any(|said| said.verb == *verb)
    }

    /// What each draw pays where so many segments are spent, first drawn first: the draw, and how much of it.
    pub fn paid(&self, spent: u32) -> impl Iterator<Item = (Draw, u32)> {
        let mut unspent = spent;
        self.draws.iter().map(move |draw| {
            let paid = draw.segments.min(unspent);
            unspent = unspent.saturating_sub(paid);
            (*draw, paid)
        })
    }

    /// Whether its segments are spent for the time being.
    pub fn is_provisional(&self) -> bool {
        self.decision.as_ref().is_some_and(|decision| decision.verb == Verb::Submit)
    }

    // INVARIANT: what was drawn is what the message costs, and what became of it is all of that; what was refused drew nothing.
    /// Whether its parts fit together.
    pub fn adds_up(&self) -> bool {
        let drawn = self.draws.iter().map(|draw| draw.segments).try_fold(0_u32, u32::checked_add);
        let decided = self.decision.as_ref().map(|decision| {
            let all = [decision.spent, decision.released, decision.expired];
            let sum = all.into_iter().try_fold(0_u32, u32::checked_add);
            (decision.spent > 0, sum == Some(self.credits()))
        });
        match self.state {
            HoldState::Refused => self.draws.is_empty() && decided.is_none() && !self.refusals.is_empty(),
            HoldState::Held => drawn == Some(self.credits()) && decided.is_none() && self.due.is_some(),
            HoldState::Settled => drawn == Some(self.credits()) && decided == Some((true, true)),
            HoldState::Released => drawn == Some(self.credits()) && decided == Some((false, true)),
        }
    }
}

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldState {
    /// Nothing could pay for it.
    Refused,
    /// Its segments are set aside.
    Held,
    /// They are spent, some of them at least.
    Settled,
    /// They went back.
    Released,
}

names!(HoldState {
    Refused = "refused",
    Held = "held",
    Settled = "settled",
    Released = "released",
});

/// A refused attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub reason: Reason,
    /// Segments that would have been usable.
    pub usable: u64,
    /// When.
    pub at: Instant,
    /// The ceiling that it would have broken, where that is why.
    pub ceiling: Option<Broken>,
    /// Why auto-recharge ordered nothing for it, where it is set.
    pub recharge: Option<Withheld>,
    /// Credits for a segment, by the charge model of the time; absent = one.
    pub rate: Option<Price>,
}

/// What ended a hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What was said.
    pub verb: Verb,
    /// Segments spent.
    pub spent: u32,
    /// Segments back in their packages.
    pub released: u32,
    /// Segments released too late: breakage.
    pub expired: u32,
    /// When.
    pub at: Instant,
    /// The account's usable and unheld segments right after.
    pub available: u64,
}

/// A word about a message that does not stand: it came too late, or was overruled by a correction (domain rule 24).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// What was said.
    pub verb: Verb,
    /// When.
    pub at: Instant,
    /// Whether it stood until a correction.
    pub stood: bool,
}

impl Contradiction {
    /// The receipt, where it was one: stage, code, segments delivered where not all were, and when.
    pub fn report(&self) -> Option<(crate::catalog::Stage, Option<&str>, Option<u32>, Instant)> {
        match &self.verb {
            Verb::Report { stage, code, segments } => Some((*stage, code.as_deref(), *segments, self.at)),
            _ => None,
        }
    }
}

/// What was said to end a hold: the same again is answered the same again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Nothing yet: it was charged on submission, and the first final word decides.
    Submit,
    /// Nothing: its time is out, and the policy has decided.
    TimedOut,
    /// `settle`, so many segments.
    Settle(u32),
    /// `release`.
    Release,
    /// `report`.
    Report {
        /// What happened.
        stage: crate::catalog::Stage,
        /// The provider's code.
        code: Option<Arc<str>>,
        /// How many segments were delivered, where not all were.
        segments: Option<u32>,
    },
}
