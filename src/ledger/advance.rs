//! What time does: packages become active, packages expire, messages time out, plans and schedules renew. Computed at the instant, whether or not
//! anything runs.

use super::counts::Bucket;
use super::entry::{EntryKind, Posting};
use super::in_flight::Stretch;
use super::package::PackageId;
use super::renewal::Renewal;
use super::state::{Ledger, LedgerError};
use crate::calendar::{Instant, Zones};
use std::sync::Arc;

/// Whether an account has reached an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// Yes.
    Now,
    /// Not yet: call again, once what is due first of the messages in flight has been read.
    Part,
}

/// What time does.
#[derive(Clone, Copy, Debug)]
enum Effect {
    /// A package begins or ends.
    Package(PackageId),
    /// A message of this stretch may have waited long enough.
    TimeOut(Stretch),
    /// A plan or a schedule renews.
    Renewal(Renewal),
    /// A package's expiry is told of.
    Notice(PackageId),
    /// What is left in the next package is exchanged by a migration.
    Exchange,
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
            match self.next_effect(now) {
                None => return Ok(Reached::Now),
                Some((_, Effect::TimeOut(stretch))) if !self.has_read(&stretch) => return Ok(Reached::Part),
                Some((_, Effect::Notice(id))) => self.give_notice(id, now)?,
                Some((due, effect)) => {
                    match effect {
                        Effect::Package(id) => self.change(id, due)?,
                        Effect::TimeOut(stretch) => self.time_out(&stretch)?,
                        Effect::Renewal(renewal) => self.renew(renewal, now, zones)?,
                        Effect::Exchange => self.exchange_next()?,
                        Effect::Notice(_) => {}
                    }
                    self.watch(due)?;
                }
            }
        }
        Ok(Reached::Part)
    }

    /// What time does next until an instant, and when.
    fn next_effect(&self, now: Instant) -> Option<(Instant, Effect)> {
        self.effects().filter(|(due, _)| *due <= now).min_by_key(|(due, _)| *due)
    }

    /// The next of everything that time does. What comes at the same instant comes in this order: what a migration at that instant
    /// exchanges, since everything of before was done when it was decided; packages begin and end, then
    /// messages time out; the instant of renewal belongs to the new period, so that what ends then ends before it.
    fn effects(&self) -> impl Iterator<Item = (Instant, Effect)> {
        let package = self.open().next_due().map(|(due, id)| (due, Effect::Package(id)));
        let time_out = self.next_time_out().map(|(due, stretch)| (due, Effect::TimeOut(stretch)));
        let renewal = self.next_renewal().map(|(due, renewal)| (due, Effect::Renewal(renewal)));
        let notice = self.open().next_notice().map(|(due, id)| (due, Effect::Notice(id)));
        let exchange = self.next_exchange().map(|due| (due, Effect::Exchange));
        [exchange, package, time_out, renewal, notice].into_iter().flatten()
    }

    /// Whether, on the way to an instant, messages in flight must be read before anything else happens.
    pub fn is_blocked(&self, now: Instant) -> bool {
        matches!(self.next_effect(now), Some((_, Effect::TimeOut(stretch))) if !self.has_read(&stretch))
    }

    /// When time itself will next change something; of messages in flight, the earliest that it could.
    pub fn next_due(&self) -> Option<Instant> {
        self.effects().map(|(due, _)| due).min()
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
