//! What time does: packages become active, packages expire, plans renew. Computed at the instant, whether or not anything runs.

use super::account::PlanState;
use super::counts::{Bucket, Counts};
use super::entry::{EntryKind, Posting};
use super::package::{Package, PackageId};
use super::state::{Ledger, LedgerError};
use crate::calendar::{Instant, Zones, period_at};
use crate::catalog::Source;
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
            let renewal = self.account().plan.as_ref().map(|plan| plan.next_at).filter(|due| *due <= now);
            match (package, renewal) {
                // The instant of renewal belongs to the new period, so what ends then ends first.
                (Some((due, id)), renewal) if renewal.is_none_or(|renewal| due <= renewal) => {
                    self.change(id, due)?;
                }
                (_, Some(_)) => self.renew(now, zones)?,
                _ => return Ok(Reached::Now),
            }
        }
        Ok(Reached::Part)
    }

    /// When time itself will next change something.
    pub fn next_due(&self) -> Option<Instant> {
        let package = self.open().next_due().map(|(due, _)| due);
        let renewal = self.account().plan.as_ref().map(|plan| plan.next_at);
        package.into_iter().chain(renewal).min()
    }

    fn change(&mut self, id: PackageId, due: Instant) -> Result<(), LedgerError> {
        let lost = self.package(id).filter(|package| package.expires_at.is_some_and(|end| end <= due));
        let Some(lost) = lost.map(|package| package.counts.available).filter(|lost| *lost > 0) else {
            self.relist(id);
            return Ok(());
        };
        let segments = i64::try_from(lost).map_err(|_| LedgerError::Full("too many segments"))?;
        let posting = |bucket, segments| Posting { package: id, bucket, segments };
        let postings =
            vec![posting(Bucket::Available, segments.saturating_neg()), posting(Bucket::Expired, segments)];
        self.post(EntryKind::Expire, Arc::from(id.to_string()), due, postings, None)
    }

    /// Issues the period that `now` lies in; periods that are already over are never issued (domain rule 30).
    pub(super) fn renew(&mut self, now: Instant, zones: &dyn Zones) -> Result<(), LedgerError> {
        let Some(plan) = self.account().plan.clone() else { return Ok(()) };
        let zone = Arc::clone(&self.account().profile.zone);
        let Some(period) = period_at(plan.anchor, &zone, zones, now)? else {
            self.set_plan(PlanState { next_at: plan.anchor, ..plan });
            return Ok(());
        };
        let again = plan.issued.is_some_and(|issued| period.index <= issued);
        let terms = self.catalog().plan(&plan.id).filter(|_| !again);
        let terms = terms.map(|terms| (Arc::clone(&terms.name), terms.credits));
        let issued = if terms.is_some() { Some(period.index) } else { plan.issued };
        self.set_plan(PlanState { next_at: period.end, issued, ..plan.clone() });
        let Some((name, credits)) = terms else { return Ok(()) };
        let package = Package {
            id: self.next_package()?,
            source: Source::Plan,
            name,
            reference: plan.id,
            region: None,
            counts: Counts::default(),
            issued_at: self.account().head.last_at,
            effective_at: period.start,
            expires_at: Some(period.end),
        };
        self.issue(EntryKind::Plan, package, credits, None)?;
        Ok(())
    }
}
