//! Bringing an account and the records it needs into memory.

use super::records::of_key;
use super::{Loaded, PAGE_ENTRIES, Sequencer, TRIES_MAX, Waiting, contention};
use crate::catalog::Catalog;
use crate::engine::error::{Code, Error, Result};
use crate::engine::slot::{Flight, Known, Loading};
use crate::ledger::{Ledger, LedgerError};
use crate::storage::documents::{Key, OPEN};
use crate::storage::{
    DocumentError, Range, StoredEntry, decode_account, decode_package, decode_record, decode_settings,
};
use serde_json::json;
use std::sync::Arc;

impl Sequencer {
    /// Reads the head and then the packages: whatever is read after the head is covered by the commit's check of it.
    pub(super) fn load(&mut self, account: &Arc<str>, loading: Loading, cursor: Option<String>) {
        let keys =
            if loading.head.is_none() { vec![Key::Account.text(), Key::Settings.text()] } else { Vec::new() };
        let range = Range { prefix: OPEN.to_owned(), cursor, limit: PAGE_ENTRIES, reverse: false };
        let Some(slot) = self.slots.get_mut(account) else { return };
        slot.doubted &= loading.head.is_some();
        slot.flight = Some(Flight::Load(Box::new(loading)));
        let tries = slot.tries;
        self.read(Waiting::Account(Arc::clone(account)), account, keys, vec![range], tries);
    }

    pub(super) fn loaded_account(&mut self, account: &Arc<str>, loaded: Loaded) {
        let Some(flight) = self.slots.get_mut(account).and_then(|slot| slot.flight.take()) else { return };
        let done = match flight {
            Flight::Load(loading) => self.loaded_state(account, *loading, loaded),
            Flight::Fetch(keys) => {
                self.loaded_records(account, &keys, loaded);
                Ok(())
            }
            Flight::Sweep(sweep) => self.swept(account, *sweep, loaded),
            Flight::Validate(group) => {
                self.validated(account, group, &loaded);
                Ok(())
            }
            Flight::Commit(_) => Ok(()),
        };
        if let Err(error) = done {
            return self.fail_account(account, &error);
        }
        self.wake(account);
    }

    pub(super) fn loaded_state(
        &mut self,
        account: &Arc<str>,
        mut loading: Loading,
        loaded: Loaded,
    ) -> Result<()> {
        if let Some((error, revision)) = loading.doubt {
            return self.resolve_doubt(account, error, &revision, loaded);
        }
        let mut keys = loaded.keys.into_iter();
        if let Some(head) = keys.next() {
            loading.head = Some(head.map(|entry| read_head(account, &self.catalog, entry)).transpose()?);
        }
        if let Some(entry) = keys.next().flatten() {
            loading.settings = decode_settings(&entry.key, &entry.value)?;
        }
        let page = loaded.ranges.into_iter().next().unwrap_or_default();
        let cursor = page.last().map(|entry| entry.key.clone());
        let full = page.len() >= usize::try_from(PAGE_ENTRIES).unwrap_or(usize::MAX);
        for entry in page {
            loading.packages.push(decode_package(&entry.key, &entry.value)?);
        }
        if full && loading.head.as_ref().is_some_and(Option::is_some) {
            self.load(account, loading, cursor);
            return Ok(());
        }
        let (ledger, revision) = match loading.head.flatten() {
            None => (None, None),
            Some((head, revision)) => {
                let (settings, packages) = (loading.settings, loading.packages);
                match Ledger::load(Arc::clone(&self.catalog), head, settings, packages) {
                    Ok(ledger) => (Some(ledger), Some(revision)),
                    Err(error) if self.options.exclusive => return Err(error.into()),
                    Err(error) => {
                        self.doubt(account, error, revision);
                        return Ok(());
                    }
                }
            }
        };
        if let Some(slot) = self.slots.get_mut(account) {
            slot.known = Some(Known { ledger, revision, validated: 0 });
        }
        Ok(())
    }

    /// Another writer may have been at work between the head and the packages: the head is read again before the account is
    /// called corrupt.
    pub(super) fn doubt(&mut self, account: &Arc<str>, error: LedgerError, revision: String) {
        let Some(slot) = self.slots.get_mut(account) else { return };
        slot.flight =
            Some(Flight::Load(Box::new(Loading { doubt: Some((error, revision)), ..Loading::default() })));
        self.read(Waiting::Account(Arc::clone(account)), account, vec![Key::Account.text()], Vec::new(), 0);
    }

    pub(super) fn resolve_doubt(
        &mut self,
        account: &Arc<str>,
        error: LedgerError,
        revision: &str,
        loaded: Loaded,
    ) -> Result<()> {
        let head = loaded.keys.into_iter().next().flatten();
        if head.is_some_and(|head| head.revision == revision) {
            return Err(error.into());
        }
        let Some(slot) = self.slots.get_mut(account) else { return Ok(()) };
        slot.tries = slot.tries.saturating_add(1);
        if slot.tries > TRIES_MAX { Err(contention()) } else { Ok(()) }
    }

    pub(super) fn loaded_records(&mut self, account: &Arc<str>, keys: &[String], loaded: Loaded) {
        let Some(slot) = self.slots.get_mut(account) else { return };
        // A record may be newer than the head that is known: only another look at the head, or a commit, proves them one state.
        if let Some(known) = &mut slot.known {
            known.validated = 0;
        }
        let mut unreadable = Vec::new();
        for (key, entry) in keys.iter().zip(loaded.keys) {
            slot.suspects.remove(key);
            if entry.is_none() {
                slot.absent.push(key.clone());
            }
            let Some(ledger) = slot.known.as_mut().and_then(|known| known.ledger.as_mut()) else { continue };
            let value = entry.as_ref().map(|entry| entry.value.as_str());
            if let Err(error) = know_record(ledger, key, value) {
                unreadable.push((key, error));
            }
        }
        for (key, error) in unreadable {
            let error: Box<Error> = error.into();
            self.fail_about(account, key, &error);
        }
    }
}

/// The head of an account that may be this one, under this seller.
pub(in crate::engine) fn read_head(
    account: &str,
    catalog: &Catalog,
    entry: StoredEntry,
) -> Result<(crate::ledger::Account, String)> {
    if let Some(error) = Error::in_its_stead(account, &entry.value) {
        return Err(error);
    }
    let head = decode_account(&entry.key, &entry.value)?;
    if &*head.profile.id != account {
        let message = format!("the store gave the account `{}` for `{account}`", head.profile.id);
        return Err(Error::new(Code::StorageCorrupt, message, json!({ "account": account })));
    }
    if head.profile.catalog.id != catalog.id {
        let message = format!(
            "`{account}` was opened under the catalog `{}`, not `{}`",
            head.profile.catalog.id, catalog.id
        );
        return Err(Error::new(
            Code::InvalidCatalog,
            message,
            json!({ "account": account, "catalog": head.profile.catalog.id }),
        ));
    }
    Ok((head, entry.revision))
}

pub(super) fn know_record(
    ledger: &mut Ledger,
    key: &str,
    value: Option<&str>,
) -> std::result::Result<(), DocumentError> {
    let Some(id) = of_key(key) else { return Ok(()) };
    let record = value.map(|value| decode_record(key, value)).transpose()?;
    ledger.know(id, record.flatten());
    Ok(())
}
