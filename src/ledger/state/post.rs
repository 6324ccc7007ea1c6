//! Entries: every change of a count is a posting of one, and each hashes the one before it.

use super::undo::Undo;
use super::{Known, Ledger, LedgerError};
use crate::calendar::Instant;
use crate::ledger::account::Ended;
use crate::ledger::canonical::Hash;
use crate::ledger::entry::{Entry, EntryKind, Note, Posting, Postings};
use crate::ledger::package::{Package, PackageId};
use crate::ledger::record::{Record, RecordId};
use std::sync::Arc;

impl Ledger {
    /// Writes an entry that issues nothing.
    pub(in crate::ledger) fn post(
        &mut self,
        kind: EntryKind,
        reference: Arc<str>,
        effective_at: Instant,
        postings: Vec<Posting>,
        note: Option<Note>,
    ) -> Result<(), LedgerError> {
        self.append(kind, reference, effective_at, postings.into(), (None, note))
    }

    /// Writes an entry and applies its postings; a package in which nothing is left is closed.
    pub(super) fn append(
        &mut self,
        kind: EntryKind,
        reference: Arc<str>,
        effective_at: Instant,
        postings: Postings,
        (terms, note): (Option<Hash>, Option<Note>),
    ) -> Result<(), LedgerError> {
        // INVARIANT: double entry.
        let sum = postings.iter().try_fold(0_i64, |sum, posting| sum.checked_add(posting.segments));
        if sum != Some(0) {
            return Err(LedgerError::Corrupt("an entry does not sum to zero".to_owned()));
        }
        for own in by_package(&postings) {
            self.apply(own)?;
        }
        self.assert_posted(&postings)?;
        let head = &mut self.account.head;
        head.entries = head.entries.checked_add(1).ok_or(LedgerError::Full("too many entries"))?;
        let mut entry = Entry {
            sequence: head.entries,
            kind,
            reference,
            recorded_at: head.last_at,
            effective_at,
            postings,
            balance: head.totals,
            terms: terms.map(Box::new),
            note: note.map(Box::new),
            hash: [0; 32],
        };
        entry.hash = entry.chained(&head.hash, &mut self.bytes);
        head.hash = entry.hash;
        self.note_moved(kind, &entry.postings);
        self.close_ended(&entry.postings);
        self.entries.push(entry);
        Ok(())
    }

    /// Applies postings of one package.
    pub(super) fn apply(&mut self, postings: &[Posting]) -> Result<(), LedgerError> {
        let Some(Posting { package, .. }) = postings.first() else { return Ok(()) };
        let (package, mut totals) = (*package, self.account.head.totals);
        let before = self.open.get(package).map(|package| package.counts);
        let mut after = before;
        for Posting { bucket, segments, .. } in postings {
            after = after.and_then(|counts| counts.posted(*bucket, *segments));
            if after.is_none() {
                let bucket = bucket.as_str();
                return Err(LedgerError::Corrupt(format!(
                    "package `{package}` has not got `{segments}` {bucket}"
                )));
            }
            totals = totals.posted(*bucket, *segments).ok_or(LedgerError::Full("too many segments"))?;
        }
        let (Some(before), Some(after)) = (before, after) else { return Ok(()) };
        self.undo.push(Undo::Counts(package, before));
        if self.dirty.last() != Some(&package) {
            self.dirty.push(package);
        }
        self.open.set_counts(package, after, self.account.head.last_at, &self.catalog.policy);
        self.account.head.totals = totals;
        Ok(())
    }

    // INVARIANT: after an entry each package it touched adds up, and so does the account.
    fn assert_posted(&self, postings: &[Posting]) -> Result<(), LedgerError> {
        let adds_up = |posting: &Posting| {
            self.open.get(posting.package).is_some_and(|package| package.counts.balanced())
        };
        if by_package(postings).filter_map(<[Posting]>::first).all(adds_up)
            && self.account.head.totals.balanced()
        {
            return Ok(());
        }
        Err(LedgerError::Corrupt("an entry leaves a package that does not add up".to_owned()))
    }

    pub(super) fn close_ended(&mut self, postings: &[Posting]) {
        for posting in by_package(postings).filter_map(<[Posting]>::first) {
            if self.open.get(posting.package).is_some_and(|package| !package.counts.open()) {
                self.close(posting.package);
            }
        }
    }

    fn close(&mut self, id: PackageId) {
        let Some(package) = self.put_package(id, None) else { return };
        let ended = Ended { at: self.account.head.last_at, expired: package.counts.expired > 0 };
        let before = self.account.ended.insert(package.scope.clone(), ended);
        self.undo.push(Undo::Ended(package.scope.clone(), before));
        while let Some(scope) = self.account.crowded_out() {
            let before = self.account.ended.remove(&scope);
            self.undo.push(Undo::Ended(scope, before));
        }
        // At hand, should a message give back to it.
        let record = Known { record: Some(Record::Ended(Arc::new(package.clone()))), commit: 0 };
        let before = self.others.insert(RecordId::Ended(id), record);
        self.undo.push(Undo::Record(RecordId::Ended(id), before));
        self.closed.push(package);
    }

    pub(super) fn put_package(&mut self, id: PackageId, package: Option<Package>) -> Option<Package> {
        let before = self.open.put(id, package, self.account.head.last_at, &self.catalog.policy);
        self.undo.push(Undo::Package(id, before.clone().map(Box::new)));
        self.dirty.push(id);
        before
    }
}

/// Postings that stand together of one package.
fn by_package(postings: &[Posting]) -> impl Iterator<Item = &[Posting]> {
    postings.chunk_by(|one, next| one.package == next.package)
}
