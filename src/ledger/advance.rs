//! What time does: packages become active, packages expire, plans and schedules renew. Computed at the instant, whether or not
//! anything runs.

use super::counts::Bucket;
use super::entry::{EntryKind, Posting};
use super::package::PackageId;
use super::state::{Ledger, LedgerError};
use crate::calendar::{Instant, Zones};
use std::sync::Arc;

/// Whether an account has reached an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// Yes.
    Now,
    /// Not yet: call again.
    Part,
}

impl Ledger {
    /// Brings the account to `now` in at most `effects_max` steps, in the order of their instants.
    ///
    /// # Errors
    /// [`LedgerError`] where the books do not add up or a billing date cannot be reckoned.
    pub fn advance(
        &mut self,
        now: Instant,
        zones: &dyn Zones,
        effects_max: usize,
    ) -> Result<Reached, LedgerError> {
        let now = self.set_clock(now);
        for _ in 0..effects_max {
            let package = self.open().next_due().filter(|(due, _)| *due <= now);
            let renewal = self.next_renewal().filter(|(due, _)| *due <= now);
            let notice = self.open().next_notice().filter(|(due, _)| *due <= now);
            let first =
                package.map(|(due, _)| due).into_iter().chain(renewal.as_ref().map(|(due, _)| *due)).min();
            if let Some((_, id)) = notice.filter(|(due, _)| first.is_none_or(|first| *due < first)) {
                self.give_notice(id, now)?;
                continue;
            }
            match (package, renewal) {
                // The instant of renewal belongs to the new period, so what ends then ends first.
                (Some((due, id)), renewal) if renewal.as_ref().is_none_or(|(renewal, _)| due <= *renewal) => {
                    self.change(id, due)?;
                    self.watch(due)?;
                }
                (_, Some((due, renewal))) => {
                    self.renew(renewal, now, zones)?;
                    self.watch(due)?;
                }
                _ => return Ok(Reached::Now),
            }
        }
        Ok(Reached::Part)
    }

    /// When time itself will next change something.
    pub fn next_due(&self) -> Option<Instant> {
        let package = self.open().next_due().map(|(due, _)| due);
        let renewal = self.next_renewal().map(|(due, _)| due);
        let notice = self.open().next_notice().map(|(due, _)| due);
        package.into_iter().chain(renewal).chain(notice).min()
    }

    fn change(&mut self, id: PackageId, due: Instant) -> Result<(), LedgerError> {
        let lost = self.package(id).filter(|package| package.ends_at().is_some_and(|end| end <= due));
        let Some(lost) = lost.map(|package| package.counts.available).filter(|lost| *lost > 0) else {
            self.relist(id);
            return Ok(());
        };
        self.lose(id, lost, due)
    }

    /// Segments of a package are lost unspent: breakage.
    pub(super) fn lose(&mut self, id: PackageId, lost: u64, due: Instant) -> Result<(), LedgerError> {
        let segments = i64::try_from(lost).map_err(|_| LedgerError::Full("too many segments"))?;
        let posting = |bucket, segments| Posting { package: id, bucket, segments };
        let postings =
            vec![posting(Bucket::Available, segments.saturating_neg()), posting(Bucket::Expired, segments)];
        self.post(EntryKind::Expire, Arc::from(id.to_string()), due, postings, None)
    }
}
