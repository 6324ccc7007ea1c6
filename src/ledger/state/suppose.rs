//! What a question supposes: segments taken without an entry, by the draws that a message would make. Whoever asks takes it back to
//! a mark, so that none of it is ever written.

use super::{Ledger, LedgerError};
use crate::ledger::counts::Bucket;
use crate::ledger::entry::{Entry, Posting};
use crate::ledger::hold::Draw;
use crate::ledger::package::PackageId;
use crate::ledger::scope::Need;
use crate::ledger::state::undo::Mark;

impl Ledger {
    /// Takes what a message draws, as [`Ledger::hold`] does, without an entry and a record.
    ///
    /// # Errors
    /// [`LedgerError::Corrupt`] where a draw takes what is not there.
    pub fn suppose_held(&mut self, draws: &[Draw]) -> Result<(), LedgerError> {
        let (_, to) = self.charged();
        draws.iter().try_for_each(|draw| self.suppose(draw.package, draw.segments.into(), to))
    }

    /// Spends as many of some segments as there are for messages of a kind, in draw order; gives those that are missing. How a message is
    /// split, and what it needs, is no matter here.
    ///
    /// # Errors
    /// None in practice: only what is there is taken.
    pub fn suppose_spent(&mut self, need: &Need<'_>, segments: u64) -> Result<u64, LedgerError> {
        let mut missing = segments;
        while missing > 0 {
            let next = self.payers(need).next().map(|package| (package.id, package.counts.available));
            let Some((package, available)) = next else { break };
            let taken = available.min(missing);
            self.suppose(package, taken, Bucket::Spent)?;
            missing = missing.saturating_sub(taken);
        }
        Ok(missing)
    }

    fn suppose(&mut self, package: PackageId, segments: u64, to: Bucket) -> Result<(), LedgerError> {
        let segments = i64::try_from(segments).map_err(|_| LedgerError::Full("too many segments"))?;
        let posting = |bucket, segments| Posting { package, bucket, segments };
        let postings = [posting(Bucket::Available, segments.saturating_neg()), posting(to, segments)];
        self.apply(&postings)?;
        self.close_ended(&postings);
        Ok(())
    }

    /// The entries that were written since a mark.
    pub fn entries_since(&self, mark: Mark) -> &[Entry] {
        self.entries.get(mark.entries..).unwrap_or_default()
    }
}
