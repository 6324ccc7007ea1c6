//! Deciding a group of commands, and what becomes of its answers.

use super::in_flight::lacks_in_flight;
use super::records::{
    forget_absent, is_about, key, lacks, lacks_record, of_key, record_of, roll_back, trim, unread_of_batch,
};
use super::{Action, GROUP_MAX, Loaded, Sequencer, TRIES_MAX, Waiting, contention};
use crate::catalog::Source;
use crate::engine::answer::Answer;
use crate::engine::command::Command;
use crate::engine::decide::{Context, Decided, EFFECTS_PER_COMMIT_MAX, decide};
use crate::engine::error::{Code, Error, Result};
use crate::engine::past::Past;
use crate::engine::reserve_batch::too_large;
use crate::engine::scan::Scan;
use crate::engine::slot::{Flight, Group, Known};
use crate::ledger::{Ledger, Mark, OrderState, Record, Sorted};
use crate::storage::documents::Key;
use crate::storage::{Limits, batch};
use std::sync::Arc;

impl Sequencer {
    pub(super) fn run(&mut self, account: &Arc<str>) {
        let limits = self.options.limits;
        let (room, effects_max, draws_max) = (group_room(limits), effects_room(limits), draws_room(limits));
        let Some(slot) = self.slots.get_mut(account) else { return };
        let Some(known) = &mut slot.known else { return };
        let created = known.ledger.is_none();
        let (mut past, mut unread_batch) = (Vec::new(), false);
        let decided = Vec::with_capacity(slot.queue.len().min(room));
        let mut group = Group { decided, serial: self.serial, created, ..Group::default() };
        while group.decided.len() < room
            && slot
                .queue
                .front()
                .is_some_and(|job| !lacks_record(known, &slot.suspects, job) && !lacks_in_flight(known, job))
        {
            // A batch of which all or none are reserved has a commit of its own.
            let batch = slot.queue.front().is_some_and(|job| matches!(job.command, Command::ReserveAll(_)));
            if batch && !group.decided.is_empty() {
                break;
            }
            let Some(job) = slot.queue.pop_front() else { break };
            let before = known.ledger.as_ref().map(Ledger::mark);
            if let Some(ledger) = &mut known.ledger {
                ledger.limit_draws(draws_max);
            }
            let (catalog, zones, writes_max) = (&self.catalog, &*self.zones, limits.writes);
            let context = Context { catalog, zones, now: job.now, effects_max, writes_max };
            match decide(&mut known.ledger, account, &job.command, context) {
                // More than the store takes together with what came before: the next commit begins with it.
                Decided::Answer(_) if overfull(known, &group, limits) => {
                    roll_back_to(known, before);
                    slot.queue.push_front(job);
                    break;
                }
                Decided::Answer(answer) if batch => {
                    match prove_batch(known, before, &job.command, answer, limits) {
                        Ok(answer) => group.decided.push((job, answer)),
                        Err(unread) => {
                            for key in unread {
                                slot.suspects.insert(key, ());
                            }
                            slot.queue.push_front(job);
                            unread_batch = true;
                        }
                    }
                    break;
                }
                Decided::Answer(Err(error)) if refused_unread(known, &job.command, &error) => {
                    roll_back_to(known, before);
                    if let Some((record, _)) = record_of(&job.command) {
                        slot.suspects.insert(key(&record), ());
                    }
                    slot.queue.push_front(job);
                    unread_batch = group.decided.is_empty();
                    break;
                }
                Decided::Answer(answer) => group.decided.push((job, answer)),
                // What is decided and not written yet is in no journal.
                Decided::Past(_) if !group.decided.is_empty() => {
                    slot.queue.push_front(job);
                    break;
                }
                Decided::Past(at) => {
                    past.push((job.ticket, Scan::past(account, Past::of(&self.catalog, &job.command, at))));
                }
                Decided::Later => {
                    slot.queue.push_front(job);
                    break;
                }
            }
        }
        let changed = known.ledger.as_ref().is_some_and(Ledger::has_changes);
        for (ticket, scan) in past {
            self.start_scan(ticket, scan);
        }
        if unread_batch {
            // What was read so far stays at hand, or two readings would take turns for ever.
            return self.wake(account);
        }
        if changed { self.commit(account, group) } else { self.prove(account, group) }
    }

    pub(super) fn commit(&mut self, account: &Arc<str>, mut group: Group) {
        let Some(slot) = self.slots.get_mut(account) else { return };
        let Some(Known { ledger: Some(ledger), revision, .. }) = &slot.known else { return };
        let changes = ledger.changes();
        match batch(&changes, revision.as_deref(), self.options.limits.value_bytes) {
            Ok(batch) => {
                group.charges = changes.records.iter().filter_map(|(record, _)| to_charge(record)).collect();
                slot.flight = Some(Flight::Commit(group));
                self.next_id = self.next_id.wrapping_add(1);
                self.commits.insert(self.next_id, Arc::clone(account));
                self.actions.push(Action::Commit {
                    commit: self.next_id,
                    partition: Arc::clone(account),
                    batch,
                });
            }
            Err(error) => {
                roll_back(slot, &group);
                let error: Box<Error> = error.into();
                self.fail_group(account, group, &error);
            }
        }
    }

    /// Lets answers out that need no commit, once the account is proven to be as it was decided on.
    pub(super) fn prove(&mut self, account: &Arc<str>, group: Group) {
        let Some(slot) = self.slots.get_mut(account) else { return };
        let validated = slot.known.as_ref().map_or(0, |known| known.validated);
        let alone = self.options.exclusive && !slot.doubted;
        let current = alone || group.decided.iter().all(|(job, _)| job.serial <= validated);
        if current {
            return self.release(account, group);
        }
        slot.doubted = false;
        slot.flight = Some(Flight::Validate(group));
        self.read(Waiting::Account(Arc::clone(account)), account, vec![Key::Account.text()], Vec::new(), 0);
    }

    pub(super) fn validated(&mut self, account: &Arc<str>, group: Group, loaded: &Loaded) {
        let Some(slot) = self.slots.get_mut(account) else { return };
        let revision = loaded.keys.first().and_then(Option::as_ref).map(|entry| &entry.revision);
        match &mut slot.known {
            Some(known) if known.revision.as_ref() == revision => {
                known.validated = group.serial;
                self.release(account, group);
            }
            _ => {
                slot.known = None;
                slot.suspects = Sorted::default();
                self.decide_again(account, group);
            }
        }
    }

    pub(super) fn release(&mut self, account: &Arc<str>, group: Group) {
        self.finished.extend(group.decided.into_iter().map(|(job, answer)| (job.ticket, answer)));
        let charge = |order| Action::Charge { account: Arc::clone(account), order };
        self.actions.extend(group.charges.into_iter().map(charge));
        if let Some(slot) = self.slots.get_mut(account) {
            slot.tries = 0;
            for key in std::mem::take(&mut slot.absent) {
                forget_absent(slot, &key);
            }
            trim(slot);
            // That there is no account is not remembered: it may come from another store, which no commit of ours tells.
            if slot.known.as_ref().is_some_and(|known| known.ledger.is_none()) {
                slot.known = None;
            }
        }
        self.wake(account);
    }

    pub(super) fn requeue(&mut self, account: &Arc<str>, group: Group) {
        if let Some(slot) = self.slots.get_mut(account) {
            for (job, _) in group.decided.into_iter().rev() {
                slot.queue.push_front(job);
            }
        }
        self.wake(account);
    }

    /// The group's commands are told. A group that only brings an account nearer to now has none: then it is the command which
    /// waits for that, or the same commit would be tried for ever.
    pub(super) fn fail_group(&mut self, account: &Arc<str>, group: Group, error: &Error) {
        if group.decided.is_empty() {
            let waiting = self.slots.get_mut(account).and_then(|slot| slot.queue.pop_front());
            self.finished.extend(waiting.map(|job| (job.ticket, Err(Box::new(error.clone())))));
        }
        let unknown = error.code == Code::StorageUnavailable;
        for (job, _) in group.decided {
            let error = Box::new(error.clone()).with_unknown_outcome(unknown && job.command.writes());
            self.finished.push((job.ticket, Err(error)));
        }
        self.wake(account);
    }

    /// A damaged record concerns the commands about it and nobody else.
    pub(super) fn fail_about(&mut self, account: &Arc<str>, key: &str, error: &Error) {
        let Some(slot) = self.slots.get_mut(account) else { return };
        let Some(record) = of_key(key) else { return };
        let waiting = std::mem::take(&mut slot.queue);
        for job in waiting {
            let lacks = slot.known.as_ref().is_some_and(|known| lacks(known, &slot.suspects, &job, &record));
            if lacks || is_about(&job.command, &record) {
                self.finished.push((job.ticket, Err(Box::new(error.clone()))));
            } else {
                slot.queue.push_back(job);
            }
        }
    }

    /// Everything that waits on the account is told; nothing was written.
    pub(super) fn fail_account(&mut self, account: &Arc<str>, error: &Error) {
        let Some(slot) = self.slots.get_mut(account) else { return };
        slot.known = None;
        slot.suspects = Sorted::default();
        slot.tries = 0;
        let decided = match slot.flight.take() {
            Some(Flight::Validate(group)) => group.decided,
            _ => Vec::new(),
        };
        let waiting = decided.into_iter().map(|(job, _)| job).chain(std::mem::take(&mut slot.queue));
        self.finished.extend(waiting.map(|job| (job.ticket, Err(Box::new(error.clone())))));
    }

    /// Another writer was first: the group is decided again, but not for ever.
    pub(super) fn decide_again(&mut self, account: &Arc<str>, group: Group) {
        let Some(slot) = self.slots.get_mut(account) else { return };
        slot.tries = slot.tries.saturating_add(1);
        if slot.tries > TRIES_MAX {
            slot.tries = 0;
            let error = contention();
            return self.fail_group(account, group, &error);
        }
        self.requeue(account, group);
    }
}

/// Commands in one group, so that no commit is more than the store can take: each may check one absent record and write
/// a record, an entry and two packages, next to the head.
pub(super) fn group_room(limits: Limits) -> usize {
    let by_checks = limits.checks.saturating_sub(1);
    let by_writes = limits.writes.saturating_sub(1).div_euclid(4);
    by_checks.min(by_writes).clamp(1, GROUP_MAX)
}

/// Time effects in one commit: each writes four documents at most, its alarm among them, and the command that follows needs room too.
pub(super) fn effects_room(limits: Limits) -> usize {
    limits.writes.saturating_sub(COMMAND_WRITES).div_euclid(8).clamp(1, EFFECTS_PER_COMMIT_MAX)
}

/// The order that a commit places by itself: nobody waits for its payment, who could ask for it.
fn to_charge(record: &Record) -> Option<Arc<str>> {
    match record {
        Record::Order(order) if order.source == Source::Recharge && order.state == OrderState::Placed => {
            Some(Arc::clone(&order.id))
        }
        _ => None,
    }
}

/// Whether a message was taken for new and is refused without a record, since it is to wait for an order or the account is closed, say.
/// Nothing is written of it, so that no commit would check that it is new: it is told only once its record has been read.
fn refused_unread(known: &Known, command: &Command, error: &Error) -> bool {
    let unread = |id: &str| known.ledger.as_ref().is_some_and(|ledger| ledger.hold_record(id).is_none());
    let unwritten = error.code == Code::TopUpRequired || !error.recorded();
    matches!(command, Command::Reserve(message) if unwritten && unread(&message.id))
}

fn roll_back_to(known: &mut Known, before: Option<Mark>) {
    if let (Some(ledger), Some(before)) = (&mut known.ledger, before) {
        ledger.roll_back(before);
    }
}

/// The answer to a batch of which all or none are reserved, or the keys of the records that must be read before it is told.
fn prove_batch(
    known: &mut Known,
    before: Option<Mark>,
    command: &Command,
    answer: Result<Answer>,
    limits: Limits,
) -> std::result::Result<Result<Answer>, Vec<String>> {
    match answer {
        Ok(Answer::Batch(reserved)) if over(known, limits) => {
            roll_back_to(known, before);
            let half = reserved.len().div_ceil(2);
            Ok(Err(too_large(reserved.len(), batch_room(limits).min(half))))
        }
        Err(error) => {
            let unread =
                known.ledger.as_ref().map(|ledger| unread_of_batch(ledger, command)).unwrap_or_default();
            if unread.is_empty() {
                return Ok(Err(error));
            }
            roll_back_to(known, before);
            Err(unread)
        }
        answer => Ok(answer),
    }
}

pub(super) fn overfull(known: &Known, group: &Group, limits: Limits) -> bool {
    !group.decided.is_empty() && over(known, limits)
}

fn over(known: &Known, limits: Limits) -> bool {
    known.ledger.as_ref().is_some_and(|ledger| ledger.writes() > limits.writes)
}

/// Messages that can be reserved in one commit, next to the head, the settings, an alarm and what time does first: each checks and writes a record, and
/// writes an entry. What they take from many packages, and what is ordered by itself, may still be more than the store writes.
pub(super) fn batch_room(limits: Limits) -> usize {
    let others = effects_room(limits).saturating_mul(4).saturating_add(3);
    let by_writes = limits.writes.saturating_sub(others).div_euclid(2);
    limits.checks.saturating_sub(1).min(by_writes).max(1)
}

/// Packages that one message may be paid from. Its settlement writes two documents for each that it ends, next to what any
/// command writes and what time does first; and two postings, in one value, for what of each is spent, two for what is not.
pub(super) fn draws_room(limits: Limits) -> usize {
    let others = effects_room(limits).saturating_mul(4).saturating_add(COMMAND_WRITES);
    let by_writes = limits.writes.saturating_sub(others).div_euclid(2);
    let by_bytes = limits.value_bytes.saturating_sub(ENTRY_BYTES).div_euclid(DRAW_BYTES);
    by_writes.min(by_bytes).max(1)
}

/// Documents that a message's command writes besides its packages: the head, the settings, the record, the entry and the alarm; and what
/// is ordered by itself, with the note that it is not paid, and its entry.
const COMMAND_WRITES: usize = 8;

/// An entry or a message's record at its longest, without what it has of each package.
const ENTRY_BYTES: usize = 2_048;
/// What an entry has of a package at most: four postings of a number of 10 digits, a bucket and a count of 10 digits.
const DRAW_BYTES: usize = 112;
