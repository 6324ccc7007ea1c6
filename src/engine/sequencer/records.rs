//! The records of callers' ids: which one a command is about, and whether it must be read before the command can be decided.

use super::{GROUP_MAX, RECORDS_MAX};
use crate::engine::command::Command;
use crate::engine::slot::{Group, Job, Known, Slot};
use crate::ledger::{Ledger, Mark, Sorted};
use crate::storage::documents::{HOLD, ORDER, hold_key, order_key};

/// The record of a caller's id.
#[derive(Clone, Copy)]
pub(super) enum RecordOf<'a> {
    Hold(&'a str),
    Order(&'a str),
}

impl RecordOf<'_> {
    fn key(self) -> String {
        match self {
            Self::Hold(id) => hold_key(id),
            Self::Order(id) => order_key(id),
        }
    }

    fn at_hand(self, ledger: &Ledger) -> bool {
        match self {
            Self::Hold(id) => ledger.hold_record(id).is_some(),
            Self::Order(id) => ledger.order_record(id).is_some(),
        }
    }
}

/// The record that a command is about, and whether it must have been read before the command can be decided.
pub(super) fn record_of(command: &Command) -> Option<(RecordOf<'_>, bool)> {
    match command {
        Command::Reserve(message) => Some((RecordOf::Hold(&message.id), message.attempt > 1)),
        Command::Outcome(said) => Some((RecordOf::Hold(&said.id), true)),
        // A purchase that is refused leaves no record for a commit to check: a repetition must be told beforehand.
        Command::Purchase(purchase) => Some((RecordOf::Order(&purchase.id), true)),
        _ => None,
    }
}

/// The key of the record that a command is about.
pub(super) fn record_key(command: &Command) -> Option<String> {
    record_of(command).map(|(record, _)| record.key())
}

pub(super) fn lacks_record(known: &Known, suspects: &Sorted<String, ()>, job: &Job) -> bool {
    let Some(ledger) = &known.ledger else { return false };
    record_of(&job.command).is_some_and(|(record, must)| {
        let read = must || (!suspects.is_empty() && suspects.get(&record.key()).is_some());
        read && !record.at_hand(ledger)
    })
}

pub(super) fn missing_records(slot: &Slot) -> Vec<String> {
    let Some(known) = &slot.known else { return Vec::new() };
    // What stands in the way of the first command stands in the way of all.
    if !slot.queue.front().is_some_and(|job| lacks_record(known, &slot.suspects, job)) {
        return Vec::new();
    }
    let lacking = slot.queue.iter().take(GROUP_MAX).filter(|job| lacks_record(known, &slot.suspects, job));
    let mut keys = Sorted::default();
    for (record, _) in lacking.filter_map(|job| record_of(&job.command)) {
        keys.insert(record.key(), ());
    }
    keys.into_keys().collect()
}

pub(super) fn roll_back(slot: &mut Slot, group: &Group) {
    let Some(known) = &mut slot.known else { return };
    if group.created {
        known.ledger = None;
    } else if let Some(ledger) = &mut known.ledger {
        ledger.roll_back(Mark::default());
    }
}

pub(super) fn forget(slot: &mut Slot, key: &str) {
    let Some(ledger) = slot.known.as_mut().and_then(|known| known.ledger.as_mut()) else { return };
    if let Some(id) = key.strip_prefix(HOLD) {
        ledger.forget_hold(id);
    } else if let Some(id) = key.strip_prefix(ORDER) {
        ledger.forget_order(id);
    }
}

/// That a record is absent is true only until somebody else writes it.
pub(super) fn forget_absent(slot: &mut Slot, key: &str) {
    let Some(ledger) = slot.known.as_mut().and_then(|known| known.ledger.as_mut()) else { return };
    let absent = match (key.strip_prefix(HOLD), key.strip_prefix(ORDER)) {
        (Some(id), _) => ledger.hold_record(id) == Some(None),
        (_, Some(id)) => ledger.order_record(id) == Some(None),
        _ => false,
    };
    if absent {
        forget(slot, key);
    }
}

pub(super) fn trim(slot: &mut Slot) {
    let Some(ledger) = slot.known.as_mut().and_then(|known| known.ledger.as_mut()) else { return };
    if ledger.records() > RECORDS_MAX {
        ledger.forget_records();
    }
}
