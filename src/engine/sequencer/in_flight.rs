//! Reading the messages in flight before a time-out can be due: their entries out of the journal, then their records, then the
//! policies that they were held under.

use super::records::key;
use super::{Loaded, Sequencer, Waiting};
use crate::engine::decide::needs_in_flight;
use crate::engine::error::Result;
use crate::engine::journal::{behind, entries_behind};
use crate::engine::slot::{Flight, Job, Known};
use crate::ledger::{EntryKind, Hold, HoldState, Ledger, LedgerError, RecordId, Sorted};
use crate::storage::documents::Key;
use crate::storage::{StoredEntry, decode_hold};
use std::sync::Arc;

/// Documents of the journal in one step: at most 64 entries each, and so records asked for with the next one.
const DOCUMENTS: u32 = 32;

/// A stretch of the journal on its way into memory.
#[derive(Debug)]
pub(in crate::engine) struct Sweep {
    /// The last entry that was read.
    read: u64,
    /// The last entry to read.
    last: u64,
    /// What the keys asked for are of.
    asked: Asked,
    /// Its messages that are held.
    held: Vec<Arc<Hold>>,
}

/// What the keys of a read are of.
#[derive(Debug)]
enum Asked {
    /// Records of messages.
    Messages(Vec<String>),
    /// Policies.
    Policies(Vec<String>),
}

/// Whether messages in flight must be read before a command can be decided.
pub(super) fn lacks_in_flight(known: &Known, job: &Job) -> bool {
    known.ledger.as_ref().is_some_and(|ledger| needs_in_flight(ledger, &job.command, job.now))
}

impl Sequencer {
    /// Reads what the first command needs of the messages in flight; decides where it needs none.
    pub(super) fn read_in_flight(&mut self, account: &Arc<str>) {
        let Some(slot) = self.slots.get(account) else { return };
        let (Some(known), Some(job)) = (&slot.known, slot.queue.front()) else { return };
        let unread = known.ledger.as_ref().filter(|_| lacks_in_flight(known, job)).and_then(Ledger::unread);
        let Some((read, last)) = unread else { return self.run(account) };
        let sweep = Sweep { read, last, asked: Asked::Messages(Vec::new()), held: Vec::new() };
        self.sweep(account, sweep);
    }

    /// Reads the keys that are asked for, and the journal's next documents.
    fn sweep(&mut self, account: &Arc<str>, sweep: Sweep) {
        let (Asked::Messages(keys) | Asked::Policies(keys)) = &sweep.asked;
        let (keys, mut ranges) = (keys.clone(), Vec::new());
        if sweep.read < sweep.last {
            let left = u32::try_from(sweep.last.saturating_sub(sweep.read)).unwrap_or(u32::MAX);
            ranges.push(behind(sweep.read, left.min(DOCUMENTS)));
        }
        let Some(slot) = self.slots.get_mut(account) else { return };
        slot.flight = Some(Flight::Sweep(Box::new(sweep)));
        self.read(Waiting::Account(Arc::clone(account)), account, keys, ranges, 0);
    }

    pub(super) fn swept(&mut self, account: &Arc<str>, mut sweep: Sweep, loaded: Loaded) -> Result<()> {
        let Some(slot) = self.slots.get_mut(account) else { return Ok(()) };
        let Some(known) = &mut slot.known else { return Ok(()) };
        // What was read may be newer than the head that is known.
        known.validated = 0;
        let Some(ledger) = &mut known.ledger else { return Ok(()) };
        if let Asked::Policies(keys) = &sweep.asked {
            let entries = keys.iter().zip(loaded.keys);
            for (key, entry) in entries {
                super::load::know_record(ledger, key, entry.as_ref().map(|entry| entry.value.as_str()))?;
            }
        } else {
            sweep.take_messages(loaded.keys)?;
            let documents = loaded.ranges.into_iter().next().unwrap_or_default();
            sweep.asked = Asked::Messages(sweep.take_entries(&documents)?);
            let waits = matches!(&sweep.asked, Asked::Messages(keys) if !keys.is_empty());
            if waits || sweep.read < sweep.last {
                self.sweep(account, sweep);
                return Ok(());
            }
            let policies = sweep.policies(ledger);
            if !policies.is_empty() {
                sweep.asked = Asked::Policies(policies);
                self.sweep(account, sweep);
                return Ok(());
            }
        }
        let laid = sweep.lay(ledger);
        self.settle_sweep(account, laid)
    }

    /// Where the journal and the head differ another writer may have come between.
    fn settle_sweep(&mut self, account: &Arc<str>, laid: std::result::Result<(), LedgerError>) -> Result<()> {
        let Err(error) = laid else { return Ok(()) };
        let known = self.slots.get_mut(account).and_then(|slot| slot.known.take());
        match known.and_then(|known| known.revision) {
            Some(revision) if !self.options.exclusive => {
                self.doubt(account, error, revision);
                Ok(())
            }
            _ => Err(error.into()),
        }
    }
}

impl Sweep {
    /// The messages among the records read that are held by entries of the stretch.
    fn take_messages(&mut self, entries: Vec<Option<StoredEntry>>) -> Result<()> {
        for entry in entries.into_iter().flatten() {
            let hold = decode_hold(&entry.key, &entry.value)?;
            if hold.state == HoldState::Held {
                self.held.push(Arc::new(hold));
            }
        }
        Ok(())
    }

    /// The keys of the messages that entries set segments aside for.
    fn take_entries(&mut self, documents: &[StoredEntry]) -> Result<Vec<String>> {
        let mut keys = Vec::new();
        // A journal that ends too early is told by what is missing of its messages.
        if documents.is_empty() {
            self.read = self.last;
        }
        for entry in entries_behind(self.read, documents) {
            let entry = entry?;
            self.read = entry.sequence;
            if entry.kind == EntryKind::Reserve && entry.sequence <= self.last {
                keys.push(Key::Hold(&entry.reference).text());
            }
        }
        Ok(keys)
    }

    /// The keys of the policies that are needed and not at hand.
    fn policies(&self, ledger: &Ledger) -> Vec<String> {
        let mut keys = Sorted::default();
        for hold in self.held.iter().filter(|hold| ledger.terms_of(hold).is_none()) {
            keys.insert(key(&RecordId::Policy(hold.revision)), ());
        }
        keys.into_keys().collect()
    }

    fn lay(self, ledger: &mut Ledger) -> std::result::Result<(), LedgerError> {
        let mut messages = Vec::with_capacity(self.held.len());
        for hold in self.held {
            let terms = ledger.known_terms(&hold)?;
            messages.push((hold, terms));
        }
        ledger.lay_in_flight(self.last, messages)
    }
}
