//! What the driver tells: what was read, and what became of a commit.

use super::records::{forget, roll_back};
use super::{Loaded, Sequencer, Waiting};
use crate::engine::error::{Code, Error};
use crate::engine::slot::{Flight, Group};
use crate::ledger::Sorted;
use crate::storage::documents::Key;
use serde_json::json;
use std::sync::Arc;

impl Sequencer {
    /// What a read brought.
    pub fn loaded(&mut self, read: u32, loaded: Loaded) {
        match self.reads.remove(&read).map(|read| read.0) {
            Some(Waiting::Scan(ticket)) => self.step_scan(ticket, Ok(loaded)),
            Some(Waiting::Account(account)) => self.loaded_account(&account, loaded),
            // A reply that was given twice says nothing new.
            None => {}
        }
    }

    /// A read that failed.
    pub fn read_failed(&mut self, read: u32, message: &str) {
        let error = Error::new(
            Code::StorageUnavailable,
            format!("the store could not be read: {message}"),
            json!({}),
        );
        match self.reads.remove(&read).map(|read| read.0) {
            Some(Waiting::Scan(ticket)) => self.step_scan(ticket, Err(error)),
            Some(Waiting::Account(account)) => self.fail_account(&account, &error),
            None => {}
        }
    }

    /// A commit that was applied.
    pub fn committed(&mut self, commit: u32, revision: &str) {
        let Some((account, group)) = self.landed(commit) else { return };
        if let Some(known) = self.slots.get_mut(&account).and_then(|slot| slot.known.as_mut()) {
            if let Some(ledger) = &mut known.ledger {
                ledger.committed();
            }
            known.revision = Some(revision.to_owned());
            known.validated = group.serial;
        }
        self.release(&account, group);
    }

    /// A commit that was certainly not applied.
    pub fn refused(&mut self, commit: u32, stale: &[String]) {
        let Some((account, group)) = self.landed(commit) else { return };
        let records = !stale.is_empty() && stale.iter().all(|key| Key::record(key).is_some());
        let Some(slot) = self.slots.get_mut(&account) else { return };
        roll_back(slot, &group);
        if records && !group.created {
            for key in stale {
                forget(slot, key);
                slot.suspects.insert(key.clone(), ());
            }
        } else {
            slot.known = None;
            slot.suspects = Sorted::default();
        }
        self.decide_again(&account, group);
    }

    /// A commit whose outcome is not known.
    pub fn unknown(&mut self, commit: u32, message: &str) {
        let Some((account, group)) = self.landed(commit) else { return };
        if let Some(slot) = self.slots.get_mut(&account) {
            slot.known = None;
            slot.suspects = Sorted::default();
        }
        let message = format!(
            "the store did not say whether the commit was applied: {message}; repeat the call with the same id"
        );
        let error = Error::new(Code::StorageUnavailable, message, json!({}));
        self.fail_group(&account, group, &error);
    }

    pub(super) fn landed(&mut self, commit: u32) -> Option<(Arc<str>, Group)> {
        let account = self.commits.remove(&commit)?;
        match self.slots.get_mut(&account)?.flight.take()? {
            Flight::Commit(group) => Some((account, group)),
            _ => None,
        }
    }
}
