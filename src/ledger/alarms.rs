//! Alarms: an account's owner is told when something runs low, and before something expires (domain rule 32).

use super::entry::{EntryKind, Note};
use super::package::{Package, PackageId};
use super::settings::Watched;
use super::state::{Ledger, LedgerError};
use crate::calendar::Instant;
use crate::catalog::{Alarms, Source, Threshold};
use crate::numbering::Region;
use std::sync::Arc;

/// A day before an expiry, in milliseconds: exactly 24 hours, whatever clocks do.
const DAY: i64 = 86_400_000;

/// A threshold that was crossed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Low {
    /// Of what can pay for messages to this region; absent = of everything.
    pub region: Option<Region>,
    /// The threshold.
    pub below: u64,
    /// Segments that are usable.
    pub usable: u64,
}

/// A package that expires soon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiring {
    /// How many days before.
    pub days: u32,
    /// Segments that would be lost.
    pub segments: u64,
    /// When.
    pub expires_at: Instant,
}

impl Ledger {
    /// The account's alarms: its own, or those of the policy.
    pub fn alarms(&self) -> Option<&Alarms> {
        self.settings().alarms.as_ref().or(self.catalog().policy.alarms.as_ref())
    }

    /// Usable and unheld segments that can pay for messages to a region, whatever they are for; or, of no region, all of them.
    pub fn usable_in(&self, region: Option<Region>) -> u64 {
        let Some(region) = region else { return self.open().usable_total() };
        let general = if self.catalog().prices(region) { self.open().usable_of(None) } else { 0 };
        self.open().usable_of(Some(region)).saturating_add(general)
    }

    /// Where a threshold stands; none where it was never reached.
    pub fn watched(&self, threshold: &Threshold) -> Option<Watched> {
        let same =
            |watched: &&Watched| (watched.region, watched.below) == (threshold.region, threshold.below);
        self.settings().watched.iter().find(same).copied()
    }

    /// Tells once of every threshold that has been crossed, in one entry, and arms those that have been reached again.
    ///
    /// # Errors
    /// None in practice: the entry has no postings.
    pub fn watch(&mut self, effective_at: Instant) -> Result<(), LedgerError> {
        // Of a migration that is under way, what is usable is neither what was nor what will be.
        let Some(alarms) = self.alarms().filter(|_| !self.is_exchanging()) else { return Ok(()) };
        let (mut low, mut moved) = (Vec::new(), Vec::new());
        for threshold in &alarms.thresholds {
            let Threshold { region, below, margin } = *threshold;
            let usable = self.usable_in(region);
            let fired = match self.watched(threshold).map(|watched| watched.fired) {
                Some(false) if usable < below => true,
                Some(true) if usable >= below.saturating_add(margin) => false,
                None if usable >= below => false,
                _ => continue,
            };
            moved.push(Watched { region, below, fired });
            if fired {
                low.push(Low { region, below, usable });
            }
        }
        if moved.is_empty() {
            return Ok(());
        }
        self.move_watched(&moved);
        if low.is_empty() {
            return Ok(());
        }
        let reference = Arc::clone(&self.account().profile.id);
        let note = Note { low, ..Note::default() };
        self.post(EntryKind::Alarm, reference, effective_at, Vec::new(), Some(note))
    }

    fn move_watched(&mut self, moved: &[Watched]) {
        let mut settings = (**self.settings()).clone();
        let thresholds = self.alarms().map_or(&[][..], |alarms| &alarms.thresholds);
        // What is no longer a threshold, or stands elsewhere now, goes.
        settings.watched.retain(|watched| {
            let place = (watched.region, watched.below);
            thresholds.iter().any(|threshold| (threshold.region, threshold.below) == place)
                && !moved.iter().any(|moved| (moved.region, moved.below) == place)
        });
        settings.watched.extend(moved);
        self.set_settings(settings);
    }

    /// Tells that a package expires soon. Of several notices that are due at once only the nearest is given, and none where the
    /// package has expired by `now`: who comes late is told what still matters.
    pub(super) fn give_notice(&mut self, id: PackageId, now: Instant) -> Result<(), LedgerError> {
        let days = self.notice_days();
        let Some(package) = self.package(id).cloned() else { return Ok(()) };
        let (Some((at, next)), Some(expires_at)) = (package.next_notice(&days), package.expires_at) else {
            return Ok(());
        };
        let due = |days: u32| days_before(expires_at, days).is_some_and(|at| at <= now);
        let nearest = days.iter().copied().filter(|days| *days <= next && due(*days)).min();
        let noticed = if expires_at <= now { 0 } else { nearest.unwrap_or(next) };
        if noticed < next && noticed > 0 {
            // The nearest one comes at its own instant: whatever else happens before it goes first.
            let before = days.iter().copied().filter(|days| *days > noticed).min();
            self.set_noticed(package, before.unwrap_or(next));
            return Ok(());
        }
        let segments = package.counts.available;
        self.set_noticed(package, noticed);
        if segments == 0 || noticed == 0 {
            return Ok(());
        }
        let note = Note { expiring: Some(Expiring { days: next, segments, expires_at }), ..Note::default() };
        self.post(EntryKind::Expiring, Arc::from(id.to_string()), at, Vec::new(), Some(note))
    }
}

impl Package {
    /// The next notice of its expiry, and how many days before it that is. What comes anew by itself is not told of; nor are
    /// instants before the package was issued.
    pub(super) fn next_notice(&self, days: &[u32]) -> Option<(Instant, u32)> {
        let expires_at =
            self.expires_at.filter(|_| !matches!(self.source, Source::Plan | Source::Complimentary))?;
        let left = days.iter().copied().filter(|days| self.noticed.is_none_or(|noticed| *days < noticed));
        let notices = left.filter_map(|days| Some((days_before(expires_at, days)?, days)));
        notices.filter(|(at, _)| *at > self.issued_at).min()
    }
}

fn days_before(at: Instant, days: u32) -> Option<Instant> {
    at.checked_add_millis(i64::from(days).saturating_mul(DAY).saturating_neg()).ok()
}
