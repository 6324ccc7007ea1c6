//! Messages that nobody says a final word of: where they stand in the journal, and what their time-out does (domain rule 23).

use super::undo::Undo;
use super::{Ledger, LedgerError};
use crate::calendar::Instant;
use crate::catalog::{HoldTerms, Then};
use crate::ledger::hold::{Hold, Verb};
use crate::ledger::in_flight::{Read, STRETCH_ENTRIES, STRETCHES_MAX, Stretch, Waiting};
use crate::ledger::record::{Record, RecordId};
use std::sync::Arc;

/// Messages that have been read and are not due are forgotten where there are more.
const WAITING_MAX: usize = 16_384;

impl Ledger {
    /// Notes that the last entry holds a message until then. What is noted follows from the journal alone, and not from what has
    /// been read of it.
    pub(super) fn put_in_flight(&mut self, due: Instant) {
        let sequence = self.account.head.entries;
        let index = self.account.in_flight.len().saturating_sub(1);
        let last = self.account.in_flight.get(index).copied();
        if let Some(last) = last.filter(|last| last.span_to(sequence) <= STRETCH_ENTRIES) {
            let held = last.held.saturating_add(1);
            self.change_stretch(index, Stretch { last: sequence, held, due: last.due.min(due), ..last });
            return;
        }
        self.account.in_flight.push(Stretch { first: sequence, last: sequence, held: 1, due });
        self.undo.push(Undo::StretchAdded);
        if self.account.in_flight.len() > STRETCHES_MAX {
            self.join_stretches();
        }
    }

    /// Makes one of the two neighbours that span the fewest entries.
    fn join_stretches(&mut self) {
        let stretches = &self.account.in_flight;
        let pairs = stretches.iter().zip(stretches.iter().skip(1)).enumerate();
        let shortest = pairs.min_by_key(|(_, (one, next))| one.span_to(next.last));
        let Some((index, one, next)) = shortest.map(|(index, (one, next))| (index, *one, *next)) else {
            return;
        };
        let held = one.held.saturating_add(next.held);
        self.change_stretch(index, Stretch { last: next.last, held, due: one.due.min(next.due), ..one });
        self.drop_stretch(index.saturating_add(1));
    }

    fn change_stretch(&mut self, index: usize, stretch: Stretch) {
        if let Some(known) = self.account.in_flight.get_mut(index) {
            self.undo.push(Undo::Stretch(index, std::mem::replace(known, stretch)));
        }
    }

    fn drop_stretch(&mut self, index: usize) {
        if index < self.account.in_flight.len() {
            self.undo.push(Undo::StretchGone(index, self.account.in_flight.remove(index)));
        }
    }

    /// Notes that a message is no longer in flight.
    pub(super) fn take_out_of_flight(&mut self, hold: &Hold) -> Result<(), LedgerError> {
        let Some((due, sequence)) = hold.due else { return Ok(()) };
        if let Ok(place) = self.read.place(due, sequence) {
            let waiting = self.read.waiting.remove(place);
            self.undo.extend(waiting.map(|waiting| Undo::Waiting(place, waiting)));
        }
        let index = self.account.in_flight.partition_point(|stretch| stretch.last < sequence);
        let stretch = self.account.in_flight.get(index).copied();
        let Some(stretch) = stretch.filter(|stretch| stretch.contains(sequence) && stretch.held > 0) else {
            return Err(LedgerError::Corrupt(format!("the message `{}` is not in flight", hold.id)));
        };
        if stretch.held == 1 {
            self.drop_stretch(index);
        } else {
            self.change_stretch(index, Stretch { held: stretch.held.saturating_sub(1), ..stretch });
        }
        Ok(())
    }

    /// The stretches in which messages have not been read.
    fn unread_stretches(&self) -> impl Iterator<Item = &Stretch> {
        let index = self.account.in_flight.partition_point(|stretch| stretch.last <= self.read.to);
        self.account.in_flight.iter().skip(index)
    }

    /// What is to be read next of the messages in flight: the last entry before, and the last one of it.
    pub fn unread(&self) -> Option<(u64, u64)> {
        let stretch = self.unread_stretches().next()?;
        Some((stretch.first.saturating_sub(1).max(self.read.to), stretch.last))
    }

    /// No time-out of a message that has not been read is earlier; none where all have been.
    pub fn unread_due(&self) -> Option<Instant> {
        self.unread_stretches().map(|stretch| stretch.due).min()
    }

    /// Lays the messages at hand that were held by what was to be read up to an entry, and still are, each with the terms of its
    /// revision.
    ///
    /// # Errors
    /// [`LedgerError::Corrupt`] where they are not those that the head counts.
    pub fn lay_in_flight(
        &mut self,
        last: u64,
        messages: Vec<(Arc<Hold>, Arc<HoldTerms>)>,
    ) -> Result<(), LedgerError> {
        let stretch = self.unread_stretches().next().copied().filter(|stretch| stretch.last == last);
        for (hold, terms) in messages {
            let Some((due, sequence)) = hold.due else { continue };
            if let Err(place) = self.read.place(due, sequence) {
                self.read.waiting.insert(place, Waiting { due, sequence, hold, terms });
            }
        }
        self.read.to = last;
        // INVARIANT: the messages of a stretch that are held are as many as the head counts.
        let found = stretch.map(|stretch| self.read.of(&stretch).count());
        if found.and_then(|found| u64::try_from(found).ok()) == stretch.map(|stretch| stretch.held) {
            return Ok(());
        }
        Err(LedgerError::Corrupt("its messages in flight are not those of the journal".to_owned()))
    }

    /// Forgets the messages that were read where they are many and none is due.
    pub fn trim_in_flight(&mut self) {
        let now = self.account.head.last_at;
        let idle = self.read.waiting.front().is_some_and(|first| first.due > now);
        if idle && self.read.waiting.len() > WAITING_MAX {
            self.read = Read::default();
        }
    }

    /// The stretch in which a message may time out next, and when. Of those at the same instant the first: so messages time out
    /// in the order of their entries.
    pub(in crate::ledger) fn next_time_out(&self) -> Option<(Instant, Stretch)> {
        let next = self.account.in_flight.iter().min_by_key(|stretch| stretch.due);
        next.map(|stretch| (stretch.due, *stretch))
    }

    /// Whether so many of the messages that were read time out until an instant, or more.
    pub fn time_outs_reach(&self, count: usize, now: Instant) -> bool {
        let last = self.read.waiting.get(count.saturating_sub(1));
        last.is_some_and(|last| last.due <= now)
    }

    /// Whether the messages of a stretch have been read.
    pub(in crate::ledger) fn has_read(&self, stretch: &Stretch) -> bool {
        stretch.last <= self.read.to
    }

    /// Does what the time-out of a stretch's next message says, as of its instant; or says when that is, where the messages that
    /// were due earlier are over.
    pub(in crate::ledger) fn time_out(&mut self, stretch: &Stretch) -> Result<(), LedgerError> {
        let first = self.read.of(stretch).next().cloned();
        if let Some(Waiting { due, hold, terms, .. }) = first.filter(|first| first.due <= stretch.due) {
            // Its record is at hand from now on, so that it is not written as a new one.
            if !matches!(self.hold_record(&hold.id), Some(Some(_))) {
                self.know(RecordId::Hold(Arc::clone(&hold.id)), Some(Record::Hold(Arc::clone(&hold))));
            }
            let spent = match terms.hold.then {
                Then::Settle => hold.credits(),
                Then::Release => 0,
            };
            self.decide_at(&hold, Verb::TimedOut, spent, (due, terms.grace_hours))?;
        }
        let index = self.account.in_flight.partition_point(|known| known.last < stretch.last);
        let left = self.account.in_flight.get(index).copied().filter(|known| known.first == stretch.first);
        let Some(left) = left else { return Ok(()) };
        let gone = || LedgerError::Corrupt("its messages in flight are not those of the journal".to_owned());
        let due = self.read.of(&left).next().ok_or_else(gone)?.due;
        self.change_stretch(index, Stretch { due, ..left });
        Ok(())
    }
}
