//! The records of callers' ids: which one a command is about, and whether it must be read before the command can be decided.

use super::{GROUP_MAX, RECORDS_MAX};
use crate::engine::command::Command;
use crate::engine::slot::{Group, Job, Known, Slot};
use crate::ledger::{Ledger, Mark, Sorted};
use crate::storage::documents::Key;

/// The record that a command is about, and whether it must have been read before the command can be decided.
pub(super) fn record_of(command: &Command) -> Option<(Key<'_>, bool)> {
    match command {
        Command::Reserve(message) => Some((Key::Hold(&message.id), message.attempt > 1)),
        Command::Outcome(said) => Some((Key::Hold(&said.id), true)),
        // A purchase that is refused leaves no record for a commit to check: a repetition must be told beforehand.
        Command::Purchase(purchase) => Some((Key::Order(&purchase.id), true)),
        _ => None,
    }
}

/// What is known of a record: none where it is not at hand, else whether it exists.
fn at_hand(ledger: &Ledger, record: Key<'_>) -> Option<bool> {
    match record {
        Key::Hold(id) => ledger.hold_record(id).map(|hold| hold.is_some()),
        Key::Order(id) => ledger.order_record(id).map(|order| order.is_some()),
        _ => None,
    }
}

pub(super) fn lacks_record(known: &Known, suspects: &Sorted<String, ()>, job: &Job) -> bool {
    let Some(ledger) = &known.ledger else { return false };
    record_of(&job.command).is_some_and(|(record, must)| {
        let read = must || (!suspects.is_empty() && suspects.get(&record.text()).is_some());
        read && at_hand(ledger, record).is_none()
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
        keys.insert(record.text(), ());
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
    match Key::record(key) {
        Some(Key::Hold(id)) => ledger.forget_hold(id),
        Some(Key::Order(id)) => ledger.forget_order(id),
        _ => {}
    }
}

/// That a record is absent is true only until somebody else writes it.
pub(super) fn forget_absent(slot: &mut Slot, key: &str) {
    let ledger = slot.known.as_ref().and_then(|known| known.ledger.as_ref());
    let known = ledger.and_then(|ledger| at_hand(ledger, Key::record(key)?));
    if known == Some(false) {
        forget(slot, key);
    }
}

pub(super) fn trim(slot: &mut Slot) {
    let Some(ledger) = slot.known.as_mut().and_then(|known| known.ledger.as_mut()) else { return };
    if ledger.records() > RECORDS_MAX {
        ledger.forget_records();
    }
}
