//! The migration of an account away from an earlier charge model: what is left in each of its packages is exchanged at a ratio, and a
//! segment is a credit from then on (domain rule 34).
//!
//! The exchange takes effect at its instant, for all packages together: they are exchanged one after the other, each by an entry of
//! its own, before anything else is decided. So an account with more packages than one commit writes is migrated like any other.

use super::counts::Bucket;
use super::entry::{EntryKind, Note, Posting};
use super::hold::{Fingerprint, Hold};
use super::package::{Package, PackageId};
use super::record::Record;
use super::state::{Ledger, LedgerError};
use crate::calendar::Instant;
use std::sync::Arc;

/// So many credits of an earlier charge model for so many of the present one, each 1 or more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    /// Of the earlier model.
    pub from: u32,
    /// Of the present one.
    pub to: u32,
}

impl Ratio {
    /// What credits of the earlier model become: rounded up, never in the seller's favour. None beyond what can be counted.
    pub fn given(self, credits: u64) -> Option<u64> {
        let exact = self.times(credits).div_ceil(u128::from(self.from).max(1));
        u64::try_from(exact).ok()
    }

    /// What is taken for credits of the earlier model that are to be paid after all: rounded down, never in the seller's favour.
    fn taken(self, credits: u64) -> u64 {
        let exact = self.times(credits).checked_div(self.from.into());
        exact.and_then(|exact| u64::try_from(exact).ok()).unwrap_or(u64::MAX)
    }

    fn times(self, credits: u64) -> u128 {
        u128::from(credits).saturating_mul(self.to.into())
    }
}

/// A migration: the record of its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// The caller's id.
    pub id: Arc<str>,
    /// Of its body.
    pub fingerprint: Fingerprint,
    /// The charge model that the account was under.
    pub model: Arc<str>,
    /// At which its credits were exchanged.
    pub ratio: Ratio,
    /// Why, in the words of whoever did it.
    pub reason: Option<Arc<str>>,
    /// How many packages had something left.
    pub packages: u32,
    /// What was left in them.
    pub before: u64,
    /// What that became.
    pub after: u64,
    /// When.
    pub at: Instant,
    /// When it was taken back.
    pub reverted_at: Option<Instant>,
}

/// The migration that an account stands under, or is taking back, and how far its packages are: part of the head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The migration's id.
    pub id: Arc<str>,
    /// The ratio.
    pub ratio: Ratio,
    /// When it takes effect; of one that is taken back, when that does.
    pub at: Instant,
    /// The last package that there was then.
    pub last: u32,
    /// The next one to be exchanged; beyond the last where all have been.
    pub next: u32,
    /// Whether it is being taken back.
    pub back: bool,
    /// The first entry since that has moved what such a package has left: from then on there is no way back.
    pub moved: Option<u64>,
}

impl Exchange {
    /// Whether packages are still to be exchanged.
    pub fn is_open(&self) -> bool {
        self.next <= self.last
    }

    /// What a package has left once it is exchanged; none where that changes nothing.
    fn target(&self, package: &Package) -> Option<u64> {
        let left = package.counts.available;
        let target = if self.back { package.exchanged } else { self.ratio.given(left) };
        target.filter(|target| *target != left)
    }
}

impl Ledger {
    /// What a migration would make of each package with something left in it, in the order of their numbers: before and after.
    ///
    /// # Errors
    /// [`LedgerError::Full`] where that is beyond what can be counted.
    pub fn exchanges(&self, ratio: Ratio) -> Result<Vec<(&Package, u64)>, LedgerError> {
        let full = || LedgerError::Full("too many segments");
        let left = self.packages().filter(|package| package.counts.available > 0);
        let exchanges: Option<Vec<_>> =
            left.map(|package| Some((package, ratio.given(package.counts.available)?))).collect();
        let exchanges = exchanges.ok_or_else(full)?;
        let sum = exchanges
            .iter()
            .try_fold(self.account().head.totals.issued, |sum, (_, after)| sum.checked_add(*after));
        sum.filter(|sum| i64::try_from(*sum).is_ok()).ok_or_else(full)?;
        Ok(exchanges)
    }

    /// Migrates the account: it is under its earlier charge model no longer, and its packages are due to be exchanged.
    ///
    /// # Errors
    /// None in practice: the entry has no postings.
    pub fn migrate(&mut self, migration: Migration) -> Result<Arc<Migration>, LedgerError> {
        let (id, ratio, at) = (Arc::clone(&migration.id), migration.ratio, migration.at);
        let last = self.account().head.packages;
        self.set_exchange(Some(Exchange {
            id: Arc::clone(&id),
            ratio,
            at,
            last,
            next: 1,
            back: false,
            moved: None,
        }));
        let note = Note { reason: migration.reason.clone(), ratio: Some(ratio), ..Note::default() };
        self.post(EntryKind::Migrate, id, at, Vec::new(), Some(note))?;
        self.pass_over(1);
        Ok(self.put_migration(migration))
    }

    /// Takes the standing migration back: the account is under its earlier charge model again, and its packages are due to have what
    /// they had.
    ///
    /// # Errors
    /// None in practice: the entry has no postings.
    pub fn revert_migration(
        &mut self,
        migration: Migration,
        reason: Option<Arc<str>>,
    ) -> Result<Arc<Migration>, LedgerError> {
        let at = self.account().head.last_at;
        if let Some(exchange) = self.account().exchange.as_deref().cloned() {
            self.set_exchange(Some(Exchange { at, back: true, ..exchange }));
        }
        let note = Note { reason, ratio: Some(migration.ratio), ..Note::default() };
        self.post(EntryKind::Revert, Arc::clone(&migration.id), at, Vec::new(), Some(note))?;
        self.pass_over(1);
        Ok(self.put_migration(Migration { reverted_at: Some(at), ..migration }))
    }

    fn put_migration(&mut self, migration: Migration) -> Arc<Migration> {
        let migration = Arc::new(migration);
        self.put(Record::Migration(Arc::clone(&migration)));
        migration
    }

    /// Whether packages are still to be exchanged: until then nothing else is decided.
    pub fn is_exchanging(&self) -> bool {
        self.account().exchange.as_ref().is_some_and(|exchange| exchange.is_open())
    }

    /// When the next package is due to be exchanged.
    pub(super) fn next_exchange(&self) -> Option<Instant> {
        self.account().exchange.as_ref().filter(|exchange| exchange.is_open()).map(|exchange| exchange.at)
    }

    /// Exchanges what is left in the next package, or gives it back what it had.
    pub(super) fn exchange_next(&mut self) -> Result<(), LedgerError> {
        let Some(exchange) = self.account().exchange.clone() else { return Ok(()) };
        let Some(package) = self.package(PackageId(exchange.next)).cloned() else {
            self.pass_over(exchange.next);
            return Ok(());
        };
        let (id, left) = (package.id, package.counts.available);
        if let Some(target) = exchange.target(&package) {
            let mut postings = Vec::new();
            let (before, after) = if exchange.back { (target, left) } else { (left, target) };
            exchanged(&mut postings, id, (Bucket::Available, before), (Bucket::Available, after))?;
            if exchange.back {
                for posting in &mut postings {
                    posting.segments = posting.segments.saturating_neg();
                }
            }
            self.replace_package(Package { exchanged: (!exchange.back).then_some(left), ..package });
            let note = Note { ratio: Some(exchange.ratio), ..Note::default() };
            self.post(EntryKind::Exchange, Arc::from(id.to_string()), exchange.at, postings, Some(note))?;
        }
        self.pass_over(id.0.saturating_add(1));
        Ok(())
    }

    /// Goes on to the next package that is to be exchanged, from a number on. Where there is none the exchange is over, and a
    /// migration that was taken back is none.
    fn pass_over(&mut self, from: u32) {
        let Some(exchange) = self.account().exchange.as_deref().cloned() else { return };
        let packages = self.open().from(PackageId(from)).take_while(|package| package.id.0 <= exchange.last);
        let next =
            packages.filter(|package| exchange.target(package).is_some()).map(|package| package.id.0).next();
        let over = exchange.last.saturating_add(1);
        let gone = exchange.back && next.is_none();
        self.set_exchange((!gone).then(|| Exchange { next: next.unwrap_or(over), ..exchange }));
    }

    /// Notes the first entry since a migration that moves what a package of before has left.
    pub(super) fn note_moved(&mut self, kind: EntryKind, postings: &[Posting]) {
        let Some(exchange) = &self.account().exchange else { return };
        let moves =
            |posting: &Posting| posting.bucket == Bucket::Available && posting.package.0 <= exchange.last;
        if exchange.moved.is_none() && kind != EntryKind::Exchange && postings.iter().any(moves) {
            let entry = Some(self.account().head.entries);
            let exchange = Exchange { moved: entry, ..Exchange::clone(exchange) };
            self.set_exchange(Some(exchange));
        }
    }

    /// Whether a package has been exchanged, or what comes back to it is.
    pub fn is_exchanged(&self, package: PackageId) -> bool {
        let exchange = self.account().exchange.as_ref();
        exchange
            .is_some_and(|exchange| package.0 <= exchange.last && exchange.ratio.from != exchange.ratio.to)
    }

    /// The ratio at which segments come back that a message holds, or has spent, by the charge model that the account was migrated
    /// away from; none where they come back as they are.
    pub(super) fn ratio_of(&self, hold: &Hold) -> Option<Ratio> {
        hold.rate.and_then(|_| self.account().exchange.as_ref().map(|exchange| exchange.ratio))
    }
}

/// What comes back of an earlier charge model's credits.
pub(super) fn given(ratio: Option<Ratio>, credits: u32) -> u64 {
    let credits = u64::from(credits);
    ratio.map_or(credits, |ratio| ratio.given(credits).unwrap_or(credits))
}

/// What is taken for an earlier charge model's credits.
pub(super) fn taken(ratio: Option<Ratio>, credits: u32) -> u64 {
    let credits = u64::from(credits);
    ratio.map_or(credits, |ratio| ratio.taken(credits))
}

/// Moves credits of one charge model from a bucket of a package into a bucket where they are as many of another. What becomes more is
/// issued, and what becomes fewer is taken away: an entry sums to zero.
pub(super) fn exchanged(
    postings: &mut Vec<Posting>,
    package: PackageId,
    (from, before): (Bucket, u64),
    (to, after): (Bucket, u64),
) -> Result<(), LedgerError> {
    let signed = |count: u64| i64::try_from(count).map_err(|_| LedgerError::Full("too many segments"));
    let (before, after) = (signed(before)?, signed(after)?);
    let difference = after.saturating_sub(before);
    let counter = if difference > 0 { Bucket::Issued } else { Bucket::Adjusted };
    let mut post = |bucket: Bucket, segments: i64| {
        if segments != 0 {
            postings.push(Posting { package, bucket, segments });
        }
    };
    if from == to {
        post(to, difference);
    } else {
        post(from, before.saturating_neg());
        post(to, after);
    }
    post(counter, difference.saturating_neg());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn credits_are_exchanged_exactly_and_rounded_for_the_buyer() {
        for ((from, to), credits, given, taken) in [
            ((3, 2), 9, 6, 6),
            ((3, 2), 10, 7, 6),
            ((3, 2), 1, 1, 0),
            ((2, 3), 1, 2, 1),
            ((1, 1), 7, 7, 7),
            ((1_000_000, 1), 1, 1, 0),
            ((1, 1_000_000), 5, 5_000_000, 5_000_000),
            ((3, 2), 0, 0, 0),
        ] {
            let ratio = Ratio { from, to };
            assert_eq!(
                (ratio.given(credits), ratio.taken(credits)),
                (Some(given), taken),
                "{ratio:?} {credits}"
            );
        }
        assert_eq!(Ratio { from: 1, to: 2 }.given(u64::MAX), None);
    }

    proptest! {
        #[test]
        #[expect(clippy::arithmetic_side_effects, reason = "an independent computation")]
        fn nothing_is_lost_to_the_buyer(from in 1..=1_000_000_u32, to in 1..=1_000_000_u32, credits in 0..=1_000_000_000_u64) {
            let ratio = Ratio { from, to };
            let given = ratio.given(credits).unwrap();
            let exact = u128::from(credits) * u128::from(to);
            prop_assert!(u128::from(given) * u128::from(from) >= exact);
            prop_assert!(u128::from(given) * u128::from(from) < exact + u128::from(from));
            prop_assert!(u128::from(ratio.taken(credits)) * u128::from(from) <= exact);
            prop_assert!(given - ratio.taken(credits) <= 1);
        }

        /// Every way of moving credits sums to zero.
        #[test]
        fn an_exchange_sums_to_zero(before in 0..1_000_u64, after in 0..1_000_u64, same: bool) {
            let mut postings = Vec::new();
            let from = if same { Bucket::Available } else { Bucket::Held };
            exchanged(&mut postings, PackageId(1), (from, before), (Bucket::Available, after)).unwrap();
            prop_assert_eq!(postings.iter().map(|posting| posting.segments).sum::<i64>(), 0);
        }
    }
}
