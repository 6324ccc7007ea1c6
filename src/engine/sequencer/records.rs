//! The records of callers' ids: which ones a command is about, and which must be read before the command can be decided.

use super::{GROUP_MAX, RECORDS_MAX};
use crate::engine::command::{Command, Message};
use crate::engine::outcome;
use crate::engine::slot::{Group, Job, Known, Slot};
use crate::ledger::{Ledger, Mark, PackageId, RecordId, Sorted};
use crate::storage::documents::Key;
use std::sync::Arc;

/// The record that a command is about, and whether it must have been read before the command can be decided.
pub(super) fn record_of(command: &Command) -> Option<(RecordId, bool)> {
    let (record, must) = match command {
        Command::Reserve(message) => (RecordId::Hold(Arc::clone(&message.id)), message.attempt > 1),
        Command::Outcome(said) => (RecordId::Hold(Arc::clone(&said.id)), true),
        // What is refused here leaves no record for a commit to check: a repetition must be told beforehand.
        Command::Purchase(purchase) => (RecordId::Order(Arc::clone(&purchase.id)), true),
        Command::ConfirmPayment(confirmed) => (RecordId::Order(Arc::clone(&confirmed.order)), true),
        Command::Refund(refund) => (RecordId::Order(Arc::clone(&refund.order)), true),
        Command::Order(query) => (RecordId::Order(Arc::clone(&query.id)), true),
        Command::GrantVoucher(grant) => (RecordId::Voucher(Arc::clone(&grant.voucher.id)), true),
        Command::Adjust(adjust) => (RecordId::Adjustment(Arc::clone(&adjust.id)), true),
        Command::Migrate(migrate) => (RecordId::Migration(Arc::clone(&migrate.id)), true),
        Command::RevertMigration(revert) => (RecordId::Migration(Arc::clone(&revert.id)), true),
        Command::Quote(quote) => (RecordId::Voucher(Arc::clone(quote.voucher.as_ref()?)), true),
        _ => return None,
    };
    Some((record, must))
}

/// The voucher that a command is about besides its order: the quote's, or, once it is known, the order's.
fn voucher_of(ledger: &Ledger, command: &Command) -> Option<RecordId> {
    let voucher = match command {
        Command::Purchase(purchase) => purchase.quote.voucher.as_ref(),
        Command::ConfirmPayment(confirmed) => ledger.order(&confirmed.order)?.price.voucher.as_ref(),
        _ => None,
    };
    voucher.map(|voucher| RecordId::Voucher(Arc::clone(voucher)))
}

/// The messages of a batch that is decided as one.
fn batch_of(command: &Command) -> &[Message] {
    match command {
        Command::ReserveAll(messages) => messages,
        _ => &[],
    }
}

/// Those of a batch's messages whose records must be read first.
fn lacking_of_batch<'a>(
    ledger: &'a Ledger,
    suspects: &'a Sorted<String, ()>,
    command: &'a Command,
) -> impl Iterator<Item = RecordId> + 'a {
    let lacks = |message: &&Message| {
        (message.attempt > 1 || !suspects.is_empty()) && ledger.hold_record(&message.id).is_none()
    };
    let records = batch_of(command)
        .iter()
        .filter(lacks)
        .map(|message| (message.attempt, RecordId::Hold(Arc::clone(&message.id))));
    records
        .filter(|(attempt, record)| *attempt > 1 || suspects.get(&key(record)).is_some())
        .map(|(_, record)| record)
}

/// The keys of those of a batch's messages that were taken for new. A commit checks that they are; a refusal of the whole batch
/// needs no commit of them, so that it must not be told before they were read.
pub(super) fn unread_of_batch(ledger: &Ledger, command: &Command) -> Vec<String> {
    let unread = batch_of(command).iter().filter(|message| ledger.hold_record(&message.id).is_none());
    unread.map(|message| key(&RecordId::Hold(Arc::clone(&message.id)))).collect()
}

/// Whether a command is about a record.
pub(super) fn is_about(command: &Command, record: &RecordId) -> bool {
    matches!(record, RecordId::Hold(id) if batch_of(command).iter().any(|message| message.id == *id))
        || record_of(command).is_some_and(|(own, _)| own == *record)
        || matches!((command, record), (Command::Purchase(purchase), RecordId::Voucher(voucher)) if purchase.quote.voucher.as_ref() == Some(voucher))
        || matches!((command, record), (Command::ConfirmPayment(_), RecordId::Voucher(_)))
}

/// Whether a message's command can be decided at once: its first attempt, whose commit checks its record, or one whose record
/// is at hand. Asked for every message.
fn is_ready(ledger: &Ledger, suspects: &Sorted<String, ()>, command: &Command) -> bool {
    match command {
        Command::Reserve(message) => message.attempt == 1 && suspects.is_empty(),
        Command::Outcome(said) => {
            ledger.hold_record(&said.id).is_some() && outcome::lacking(ledger, said).is_empty()
        }
        _ => false,
    }
}

/// What must be read before a command can be decided.
fn lacking(known: &Known, suspects: &Sorted<String, ()>, job: &Job) -> Vec<RecordId> {
    let Some(ledger) = &known.ledger else { return Vec::new() };
    let own = record_of(&job.command).filter(|(record, must)| {
        let read = *must || (!suspects.is_empty() && suspects.get(&key(record)).is_some());
        read && ledger.at_hand(record).is_none()
    });
    let voucher = voucher_of(ledger, &job.command).filter(|voucher| ledger.at_hand(voucher).is_none());
    let mut lacking: Vec<RecordId> = own.map(|(record, _)| record).into_iter().chain(voucher).collect();
    if let Command::Outcome(said) = &job.command {
        lacking.extend(outcome::lacking(ledger, said));
    }
    lacking.extend(lacking_of_batch(ledger, suspects, &job.command));
    lacking
}

/// Whether a command cannot be decided without a record.
pub(super) fn lacks(known: &Known, suspects: &Sorted<String, ()>, job: &Job, record: &RecordId) -> bool {
    lacking(known, suspects, job).contains(record)
}

pub(super) fn lacks_record(known: &Known, suspects: &Sorted<String, ()>, job: &Job) -> bool {
    let ready = known.ledger.as_ref().is_some_and(|ledger| is_ready(ledger, suspects, &job.command));
    !ready && !lacking(known, suspects, job).is_empty()
}

pub(super) fn missing_records(slot: &Slot) -> Vec<String> {
    let Some(known) = &slot.known else { return Vec::new() };
    // What stands in the way of the first command stands in the way of all.
    if !slot.queue.front().is_some_and(|job| lacks_record(known, &slot.suspects, job)) {
        return Vec::new();
    }
    let mut keys = Sorted::default();
    for job in slot.queue.iter().take(GROUP_MAX) {
        for record in lacking(known, &slot.suspects, job).iter().take(GROUP_MAX) {
            keys.insert(key(record), ());
        }
    }
    keys.into_keys().collect()
}

/// A record's key in the store.
pub(super) fn key(record: &RecordId) -> String {
    let key = match record {
        RecordId::Hold(id) => Key::Hold(id),
        RecordId::Order(id) => Key::Order(id),
        RecordId::Voucher(id) => Key::Voucher(id),
        RecordId::Adjustment(id) => Key::Adjustment(id),
        RecordId::Migration(id) => Key::Migration(id),
        RecordId::Ended(id) => Key::Ended(id.0),
        RecordId::Policy(revision) => Key::Policy(*revision),
    };
    key.text()
}

/// The record that a key is of.
pub(super) fn of_key(key: &str) -> Option<RecordId> {
    match Key::record(key)? {
        Key::Hold(id) => Some(RecordId::Hold(id.into())),
        Key::Order(id) => Some(RecordId::Order(id.into())),
        Key::Voucher(id) => Some(RecordId::Voucher(id.into())),
        Key::Adjustment(id) => Some(RecordId::Adjustment(id.into())),
        Key::Ended(id) => Some(RecordId::Ended(PackageId(id))),
        Key::Migration(id) => Some(RecordId::Migration(id.into())),
        Key::Policy(revision) => Some(RecordId::Policy(revision)),
        _ => None,
    }
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
    let ledger = slot.known.as_mut().and_then(|known| known.ledger.as_mut());
    if let (Some(ledger), Some(record)) = (ledger, of_key(key)) {
        ledger.forget(&record);
    }
}

/// That a record is absent is true only until somebody else writes it.
pub(super) fn forget_absent(slot: &mut Slot, key: &str) {
    let ledger = slot.known.as_ref().and_then(|known| known.ledger.as_ref());
    let known = ledger.and_then(|ledger| ledger.at_hand(&of_key(key)?));
    if known == Some(false) {
        forget(slot, key);
    }
}

pub(super) fn trim(slot: &mut Slot) {
    let Some(ledger) = slot.known.as_mut().and_then(|known| known.ledger.as_mut()) else { return };
    ledger.trim_in_flight();
    if ledger.records() > RECORDS_MAX {
        ledger.forget_records();
    }
}
