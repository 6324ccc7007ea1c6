//! A memory store that several ledgers share, that counts, and that fails on request.

use sms_ledger::storage::{
    Batch, Committed, Expect, MemoryStorage, Range, Storage, StorageError, StoredEntry,
};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

/// What goes wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A read throws.
    Read,
    /// A commit is applied and its answer lost.
    Lost,
    /// A commit is not applied and its answer lost.
    Failed,
    /// A commit is refused though nothing was stale.
    Stale,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Calls {
    pub(crate) gets: usize,
    pub(crate) lists: usize,
    pub(crate) commits: usize,
    /// Refused because something was stale.
    pub(crate) stale: usize,
}

#[derive(Default)]
struct State {
    memory: MemoryStorage,
    calls: Calls,
    /// Keys asked for, and documents that ranges brought.
    read: (usize, usize),
    read_faults: VecDeque<Fault>,
    commit_faults: VecDeque<Fault>,
    /// Commits that are done before the first of these faults.
    commits_first: usize,
    /// Happens once, between a read of the head and the list that follows.
    meanwhile: Option<Box<dyn FnOnce()>>,
    /// Happens once, right after a commit.
    afterwards: Option<Box<dyn FnOnce()>>,
    /// Checks and writes of the largest batch.
    largest: (usize, usize),
}

#[derive(Clone, Default)]
pub(crate) struct Shared(Rc<RefCell<State>>);

impl Shared {
    /// Everything stored, with each line of the journal by itself: how many share a document is the commits' business.
    pub(crate) fn dump(&self) -> Vec<(String, String, String)> {
        let mut all = Vec::new();
        for (partition, key, value) in self.documents() {
            if !key.starts_with("entry/") {
                all.push((partition, key, value));
                continue;
            }
            let document: serde_json::Value = serde_json::from_str(&value).unwrap();
            for entry in document[1].as_array().into_iter().flatten() {
                let key = format!("entry/{:016}", entry[0].as_u64().unwrap());
                all.push((partition.clone(), key, entry.to_string()));
            }
        }
        all
    }

    /// Everything stored, as it is.
    pub(crate) fn documents(&self) -> Vec<(String, String, String)> {
        self.0.borrow().memory.dump()
    }

    /// Calls since the last look.
    pub(crate) fn calls(&self) -> Calls {
        std::mem::take(&mut self.0.borrow_mut().calls)
    }

    /// Keys asked for and documents that ranges brought, since the last look.
    pub(crate) fn read(&self) -> (usize, usize) {
        std::mem::take(&mut self.0.borrow_mut().read)
    }

    pub(crate) fn largest(&self) -> (usize, usize) {
        self.0.borrow().largest
    }

    pub(crate) fn fail(&self, fault: Fault) {
        let mut state = self.0.borrow_mut();
        if fault == Fault::Read {
            state.read_faults.push_back(fault);
        } else {
            state.commit_faults.push_back(fault);
        }
    }

    /// A commit fails once so many others are done.
    pub(crate) fn fail_after(&self, commits: usize, fault: Fault) {
        self.0.borrow_mut().commits_first = commits;
        self.fail(fault);
    }

    /// Nothing fails any more.
    pub(crate) fn heal(&self) {
        let mut state = self.0.borrow_mut();
        state.read_faults.clear();
        state.commit_faults.clear();
    }

    pub(crate) fn meanwhile(&self, event: impl FnOnce() + 'static) {
        self.0.borrow_mut().meanwhile = Some(Box::new(event));
    }

    pub(crate) fn afterwards(&self, event: impl FnOnce() + 'static) {
        self.0.borrow_mut().afterwards = Some(Box::new(event));
    }

    /// Writes behind the ledger's back; a line of the journal stands in the first document that ends with it or later.
    pub(crate) fn tamper(&self, key: &str, change: impl FnOnce(&str) -> String) {
        let state = self.0.borrow();
        let holds =
            |at: &str| at == key || (key.starts_with("entry/") && at.starts_with("entry/") && at > key);
        let (_, key, value) = state.memory.dump().into_iter().find(|(_, at, _)| holds(at)).unwrap();
        drop(state);
        self.put(&key, Some(&change(&value)));
    }

    /// Writes a document behind the ledger's back, or deletes it.
    pub(crate) fn put(&self, key: &str, value: Option<&str>) {
        let mut batch = Batch::default();
        match value {
            Some(value) => {
                batch.put(|text| text.push_str(key), Expect::Anything, |text| text.push_str(value));
            }
            None => batch.delete(|text| text.push_str(key)),
        }
        self.0.borrow_mut().memory.commit(super::world::ACCOUNT, &batch).unwrap();
    }
}

fn down() -> StorageError {
    StorageError("the connection was lost".to_owned())
}

impl Storage for Shared {
    fn get(&mut self, partition: &str, keys: &[String]) -> Result<Vec<Option<StoredEntry>>, StorageError> {
        let mut state = self.0.borrow_mut();
        state.calls.gets += 1;
        state.read.0 += keys.len();
        if state.read_faults.pop_front().is_some() {
            return Err(down());
        }
        state.memory.get(partition, keys)
    }

    fn list(&mut self, partition: &str, range: &Range) -> Result<Vec<StoredEntry>, StorageError> {
        let meanwhile = self.0.borrow_mut().meanwhile.take();
        if let Some(event) = meanwhile {
            event();
        }
        let mut state = self.0.borrow_mut();
        state.calls.lists += 1;
        if state.read_faults.pop_front().is_some() {
            return Err(down());
        }
        let documents = state.memory.list(partition, range)?;
        state.read.1 += documents.len();
        Ok(documents)
    }

    fn commit(&mut self, partition: &str, batch: &Batch) -> Result<Committed, StorageError> {
        let committed = self.0.borrow_mut().commit(partition, batch);
        let afterwards = self.0.borrow_mut().afterwards.take();
        if let Some(event) = afterwards {
            event();
        }
        committed
    }
}

impl State {
    fn commit(&mut self, partition: &str, batch: &Batch) -> Result<Committed, StorageError> {
        self.calls.commits += 1;
        let size = (batch.checks(), batch.writes().len());
        self.largest = (self.largest.0.max(size.0), self.largest.1.max(size.1));
        let fine = self.commits_first > 0;
        self.commits_first = self.commits_first.saturating_sub(1);
        match self.commit_faults.pop_front_if(|_| !fine) {
            Some(Fault::Failed) => Err(down()),
            Some(Fault::Lost) => self.memory.commit(partition, batch).and_then(|_| Err(down())),
            Some(_) => Ok(Committed::Stale(vec!["account".to_owned()])),
            None => {
                let committed = self.memory.commit(partition, batch)?;
                self.calls.stale += usize::from(matches!(committed, Committed::Stale(_)));
                Ok(committed)
            }
        }
    }
}
