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
        if let Some(last) = last.filter(|last| self.lengthens(last, sequence)) {
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

    /// Whether an entry belongs to the last stretch: while that is short, and where both would be joined at once, since no other two
    /// neighbours span as few entries.
    fn lengthens(&self, last: &Stretch, sequence: u64) -> bool {
        let (stretches, span) = (&self.account.in_flight, last.span_to(sequence));
        let pairs = || stretches.iter().zip(stretches.iter().skip(1));
        span <= STRETCH_ENTRIES
            || (stretches.len() == STRETCHES_MAX && pairs().all(|(one, next)| one.span_to(next.last) > span))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::profiles;
    use crate::ledger::hold::{Draws, HoldState};
    use crate::text::Encoding;

    fn at(day: i64) -> Instant {
        Instant::from_millis(day.checked_mul(86_400_000).unwrap()).unwrap()
    }

    /// Messages are held by these entries until a day.
    fn with(entries: &[(u64, i64)]) -> Ledger {
        let mut ledger = Ledger::sample(profiles::CLOUTLY);
        for (sequence, due) in entries {
            ledger.account.head.entries = *sequence;
            ledger.put_in_flight(at(*due));
        }
        ledger
    }

    fn stretches(ledger: &Ledger) -> Vec<(u64, u64, u64, i64)> {
        let day = |due: Instant| due.millis().checked_div(86_400_000).unwrap();
        let told = |each: &Stretch| (each.first, each.last, each.held, day(each.due));
        ledger.account.in_flight.iter().map(told).collect()
    }

    fn held(id: &str, sequence: u64, due: i64) -> (Arc<Hold>, Arc<HoldTerms>) {
        let hold = Hold {
            id: id.into(),
            fingerprint: [0; 16],
            state: HoldState::Held,
            region: None,
            purpose: None,
            project: None,
            encoding: Encoding::Gsm7,
            segments: 1,
            rate: None,
            draws: Draws::default(),
            at: at(0),
            available: 0,
            refusals: Vec::new(),
            decision: None,
            revision: 1,
            due: Some((at(due), sequence)),
            contradictions: Vec::new(),
        };
        (Arc::new(hold), Arc::clone(&Ledger::sample(profiles::CLOUTLY).catalog.policy.holds))
    }

    #[test]
    fn a_stretch_is_made_longer_up_to_its_most_entries() {
        for (second, expected) in
            [(1_033, vec![(10, 1_033, 2, 3)]), (1_034, vec![(10, 10, 1, 4), (1_034, 1_034, 1, 3)])]
        {
            assert_eq!(stretches(&with(&[(10, 4), (second, 3)])), expected);
        }
    }

    /// The two neighbours that span the fewest entries become one, and nothing of either is lost.
    #[test]
    fn neighbours_are_joined_where_stretches_are_too_many() {
        // The seventh stretch begins sooner behind the sixth than all others do.
        let first = |index: u64| if index < 6 { index * 2_000 + 2 } else { index * 2_000 - 498 };
        let mut entries: Vec<(u64, i64)> = (0..8).map(|index| (first(index), 90)).collect();
        entries.insert(7, (first(6) + 3, 80));
        let full = with(&entries);
        let all = stretches(&full);
        assert_eq!(all.len(), 8);
        assert_eq!(all[5..7], [(10_002, 10_002, 1, 90), (11_502, 11_505, 2, 80)]);
        entries.push((first(8), 90));
        let mut joined = with(&entries);
        let mut expected = all.clone();
        expected.splice(5..7, [(10_002, 11_505, 3, 80)]);
        expected.push((15_502, 15_502, 1, 90));
        assert_eq!(stretches(&joined), expected);
        joined.roll_back(crate::ledger::Mark::default());
        assert_eq!(stretches(&joined), []);
    }

    /// A stretch that spans as many entries as one may goes on where it and a new one would be the neighbours that span the fewest.
    #[test]
    fn the_last_stretch_is_made_longer_where_it_would_be_joined_with_the_next() {
        for (second, joined) in [(1_027, false), (1_026, true)] {
            let firsts = (0..8).map(|index: u64| if index == 1 { second } else { index * 2_000 + 2 });
            let mut entries: Vec<(u64, i64)> =
                firsts.chain(14_003..=15_025).map(|first| (first, 90)).collect();
            let mut expected = stretches(&with(&entries));
            assert_eq!((expected.len(), expected[7]), (8, (14_002, 15_025, 1_024, 90)));
            entries.push((15_026, 80));
            if joined {
                expected.splice(0..2, [(2, second, 2, 90)]);
                expected.push((15_026, 15_026, 1, 80));
            } else {
                expected[7] = (14_002, 15_026, 1_025, 80);
            }
            assert_eq!(stretches(&with(&entries)), expected, "{second}");
        }
    }

    #[test]
    fn what_is_read_of_a_stretch_must_be_what_the_head_counts() {
        let entries = [(2, 3), (3, 3), (5_000, 3)];
        for (messages, fits) in [
            (vec![held("a", 2, 3), held("b", 3, 3)], true),
            (vec![held("a", 2, 3)], false),
            (vec![], false),
            (vec![held("a", 2, 3), held("b", 3, 3), held("c", 3, 4)], false),
        ] {
            let mut ledger = with(&entries);
            assert_eq!(ledger.unread(), Some((1, 3)));
            let count = messages.len();
            assert_eq!(ledger.lay_in_flight(3, messages).is_ok(), fits, "{count}");
        }
    }

    #[test]
    fn time_outs_reach_so_many_where_the_last_of_them_is_due() {
        let mut ledger = with(&[(2, 3), (3, 4), (4, 5)]);
        let messages = vec![held("a", 2, 3), held("b", 3, 4), held("c", 4, 5)];
        ledger.lay_in_flight(4, messages).unwrap();
        for (count, now, reach) in [
            (1, 2, false),
            (1, 3, true),
            (2, 3, false),
            (2, 4, true),
            (3, 4, false),
            (3, 9, true),
            (4, 9, false),
        ] {
            assert_eq!(ledger.time_outs_reach(count, at(now)), reach, "{count} {now}");
        }
    }
}
