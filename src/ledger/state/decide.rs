//! What becomes of a message: its segments are spent or go back, and a later receipt may correct the first.

use super::changes::move_segments;
use super::undo::Undo;
use super::{Ledger, LedgerError};
use crate::calendar::Instant;
use crate::catalog::HoldTerms;
use crate::ledger::counts::Bucket;
use crate::ledger::entry::{EntryKind, Posting};
use crate::ledger::hold::{CONTRADICTIONS_MAX, Contradiction, Decision, Draw, Hold, HoldState, Verb};
use crate::ledger::migration::{exchanged, given, taken};
use crate::ledger::package::{Package, PackageId};
use crate::ledger::record::{Record, RecordId};
use std::sync::Arc;

/// Milliseconds of an hour.
const HOUR: i64 = 3_600_000;

impl Ledger {
    /// What decides a message: the terms of the revision that it was paid under. None where they are not at hand.
    pub fn terms_of(&self, hold: &Hold) -> Option<&Arc<HoldTerms>> {
        if hold.revision == self.catalog.revision {
            return Some(&self.catalog.policy.holds);
        }
        match self.record(&RecordId::Policy(hold.revision)) {
            Some(Some(Record::Policy(terms))) => Some(&terms.holds),
            _ => None,
        }
    }

    /// The same, where they must be at hand.
    ///
    /// # Errors
    /// [`LedgerError::Corrupt`] where they are not.
    pub fn known_terms(&self, hold: &Hold) -> Result<Arc<HoldTerms>, LedgerError> {
        let missing =
            || LedgerError::Corrupt(format!("the policy of revision `{}` is missing", hold.revision));
        self.terms_of(hold).cloned().ok_or_else(missing)
    }

    /// Decides a message: `spent` of its segments are spent, first drawn first; the rest goes back where it came from, or is
    /// breakage where that package has expired meanwhile (domain rule 23). What was spent on submission and stays spent moves
    /// nothing.
    ///
    /// # Errors
    /// [`LedgerError::Corrupt`] where a package does not hold what the hold drew, or has ended and is not at hand.
    pub fn decide(&mut self, hold: &Hold, verb: Verb, spent: u32) -> Result<Arc<Hold>, LedgerError> {
        let (now, grace_hours) = (self.account.head.last_at, self.known_terms(hold)?.grace_hours);
        self.decide_at(hold, verb, spent, (now, grace_hours))
    }

    /// As [`Ledger::decide`], as of an instant and with a grace of so many hours.
    pub(super) fn decide_at(
        &mut self,
        hold: &Hold,
        verb: Verb,
        spent: u32,
        (at, grace_hours): (Instant, u32),
    ) -> Result<Arc<Hold>, LedgerError> {
        self.take_out_of_flight(hold)?;
        let (mut postings, mut released, mut expired) = (Vec::new(), 0_u32, 0_u32);
        let from = if hold.state == HoldState::Held { Bucket::Held } else { Bucket::Spent };
        for (draw, paid) in hold.paid(spent) {
            move_segments(&mut postings, Draw { segments: paid, ..draw }, from, Bucket::Spent);
            let back = draw.segments.saturating_sub(paid);
            if back == 0 {
                continue;
            }
            let place = self.take_back(draw.package, at, grace_hours)?;
            self.give_back(&mut postings, hold, Draw { segments: back, ..draw }, (from, place))?;
            let count = if place == Bucket::Expired { &mut expired } else { &mut released };
            *count = count.saturating_add(back);
        }
        let state = if spent > 0 { HoldState::Settled } else { HoldState::Released };
        if !postings.is_empty() {
            let settles = state == HoldState::Settled && from == Bucket::Held;
            let kind = if settles { EntryKind::Settle } else { EntryKind::Release };
            self.post(kind, Arc::clone(&hold.id), at, postings, None)?;
        }
        let available = self.account.head.totals.available;
        let decision = Some(Box::new(Decision { verb, spent, released, expired, at, available }));
        Ok(self.put_hold(Hold { state, decision, due: None, ..hold.clone() }))
    }

    /// Moves what comes back to a package. What of it can be used again is exchanged where the account was migrated since.
    fn give_back(
        &self,
        postings: &mut Vec<Posting>,
        hold: &Hold,
        draw: Draw,
        (from, place): (Bucket, Bucket),
    ) -> Result<(), LedgerError> {
        let ratio = self.ratio_of(hold).filter(|_| place == Bucket::Available);
        let (before, after) = (u64::from(draw.segments), given(ratio, draw.segments));
        exchanged(postings, draw.package, (from, before), (place, after))
    }

    /// Where segments go that come back to a package now; it is open afterwards, and usable as long as its grace lasts.
    fn take_back(&mut self, id: PackageId, now: Instant, grace_hours: u32) -> Result<Bucket, LedgerError> {
        self.reopen(id)?;
        let Some(package) = self.open.get(id) else { return Err(missing(id)) };
        if is_late(package, now, grace_hours) {
            return Ok(Bucket::Expired);
        }
        let until = package.expires_at.filter(|end| *end <= now).map(|end| graced(end, grace_hours));
        if until.is_some_and(|until| package.grace_until.is_none_or(|known| known < until)) {
            let package = Package { grace_until: until, ..package.clone() };
            self.put_package(id, Some(package));
        }
        Ok(Bucket::Available)
    }

    /// Puts a package that has ended among the open ones again, so that segments can go back to it.
    fn reopen(&mut self, id: PackageId) -> Result<(), LedgerError> {
        if self.open.get(id).is_some() {
            return Ok(());
        }
        let record = RecordId::Ended(id);
        let package = self.ended_package(id).cloned().ok_or_else(|| missing(id))?;
        let before = self.others.remove(&record);
        self.undo.push(Undo::Record(record, before));
        self.put_package(id, Some(package));
        self.reopened.push(id);
        Ok(())
    }

    fn ended_package(&self, id: PackageId) -> Option<&Package> {
        match self.record(&RecordId::Ended(id)) {
            Some(Some(Record::Ended(package))) => Some(package),
            _ => None,
        }
    }

    /// Records a receipt that contradicts what was decided, and, where the policy allows corrections, moves the difference
    /// between spent and given back, for the very same packages. A correction that would need segments which have been spent
    /// meanwhile is only recorded. An explicit word is never corrected.
    ///
    /// # Errors
    /// [`LedgerError::Corrupt`] where a package has ended and is not at hand.
    pub fn contradict(&mut self, hold: &Arc<Hold>, verb: Verb, spent: u32) -> Result<Arc<Hold>, LedgerError> {
        let (now, terms) = (self.account.head.last_at, self.known_terms(hold)?);
        let Some(decision) = &hold.decision else { return Ok(Arc::clone(hold)) };
        if hold.contradictions.len() >= CONTRADICTIONS_MAX {
            return Ok(Arc::clone(hold));
        }
        let mut told = Hold::clone(hold);
        let correction = match decision.verb {
            Verb::Report { .. } | Verb::TimedOut if terms.corrections => {
                self.correction(hold, decision, spent, &terms)?
            }
            _ => None,
        };
        let Some(correction) = correction else {
            told.contradictions.push(Contradiction { verb, at: now, stood: false });
            return Ok(self.put_hold(told));
        };
        let decision = self.correct(hold, decision, &correction, (verb, spent), terms.grace_hours)?;
        told.state = if spent > 0 { HoldState::Settled } else { HoldState::Released };
        let overruled = told.decision.replace(Box::new(decision));
        told.contradictions.extend(overruled.map(|old| Contradiction {
            verb: old.verb,
            at: old.at,
            stood: true,
        }));
        Ok(self.put_hold(told))
    }

    /// What a correction moves; none where segments that it needs have been spent meanwhile.
    fn correction(
        &self,
        hold: &Hold,
        decision: &Decision,
        spent: u32,
        terms: &HoldTerms,
    ) -> Result<Option<Vec<Move>>, LedgerError> {
        let now = self.account.head.last_at;
        let mut moves = Vec::new();
        for ((draw, before), (_, after)) in hold.paid(decision.spent).zip(hold.paid(spent)) {
            let package = self.open.get(draw.package).or_else(|| self.ended_package(draw.package));
            let package = package.ok_or_else(|| missing(draw.package))?;
            if let Some(back) = before.checked_sub(after) {
                moves.push(Move {
                    package: draw.package,
                    segments: back,
                    taken: back.into(),
                    from: Bucket::Spent,
                });
                continue;
            }
            let (segments, counts) = (after.saturating_sub(before), &package.counts);
            // What came back too late is breakage, and so is what came back in time to a package that has expired since.
            let late = is_late(package, decision.at, terms.grace_hours);
            let lost = late || package.ends_at().is_some_and(|end| end <= now);
            let (from, left) =
                if lost { (Bucket::Expired, counts.expired) } else { (Bucket::Available, counts.available) };
            let ratio = self.ratio_of(hold).filter(|_| !late);
            let taken = taken(ratio, segments);
            if left < taken {
                return Ok(None);
            }
            moves.push(Move { package: draw.package, segments, taken, from });
        }
        Ok(Some(moves))
    }

    fn correct(
        &mut self,
        hold: &Hold,
        decision: &Decision,
        moves: &[Move],
        (verb, spent): (Verb, u32),
        grace_hours: u32,
    ) -> Result<Decision, LedgerError> {
        let now = self.account.head.last_at;
        let (mut postings, mut expired) = (Vec::new(), decision.expired);
        for Move { package, segments, taken, from } in moves.iter().copied().filter(|each| each.segments > 0)
        {
            self.reopen(package)?;
            let draw = Draw { package, segments };
            if from == Bucket::Spent {
                let place = self.take_back(package, now, grace_hours)?;
                self.give_back(&mut postings, hold, draw, (from, place))?;
                expired = expired.saturating_add(if place == Bucket::Expired { segments } else { 0 });
            } else {
                exchanged(&mut postings, package, (from, taken), (Bucket::Spent, segments.into()))?;
                expired = expired.saturating_sub(if from == Bucket::Expired { segments } else { 0 });
            }
        }
        self.post(EntryKind::Correct, Arc::clone(&hold.id), now, postings, None)?;
        let available = self.account.head.totals.available;
        let unspent = hold.credits().saturating_sub(spent);
        let expired = expired.min(unspent);
        Ok(Decision { verb, spent, released: unspent.saturating_sub(expired), expired, at: now, available })
    }
}

/// What a correction takes out of a package's bucket: to spent, or back from there.
#[derive(Clone, Copy, Debug)]
struct Move {
    package: PackageId,
    segments: u32,
    /// What that is in the bucket.
    taken: u64,
    from: Bucket,
}

fn missing(id: PackageId) -> LedgerError {
    LedgerError::Corrupt(format!("package `{id}` is missing"))
}

/// The end of the grace of a package that expires then.
fn graced(expires_at: Instant, hours: u32) -> Instant {
    hours_after(expires_at, hours)
}

/// So many hours later; the instant itself where the calendar ends before that.
pub(super) fn hours_after(at: Instant, hours: u32) -> Instant {
    at.checked_add_millis(i64::from(hours).saturating_mul(HOUR)).unwrap_or(at)
}

/// Whether what comes back to a package at an instant is breakage.
fn is_late(package: &Package, at: Instant, grace_hours: u32) -> bool {
    package.expires_at.is_some_and(|end| graced(end, grace_hours) <= at)
}
