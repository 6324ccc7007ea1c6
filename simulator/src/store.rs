//! The simulated store: a store in memory that keeps the laws of the contract, or breaks one of them on purpose, to see that it is
//! found out.

use sms_ledger::storage::{
    Batch, Committed, Expect, MemoryStorage, Range, Storage, StorageError, StoredEntry, Write,
};

/// A law of the contract that a store may break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// A commit whose checks are stale is applied.
    Checks,
    /// A new document is not checked to be absent.
    Absence,
    /// Of a commit the last write is lost.
    AllOrNothing,
    /// A commit is applied and called refused.
    Refusals,
    /// A read gives what was before the last commit.
    CurrentReads,
    /// A list leaves out its last entry.
    Ranges,
}

impl Law {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Checks, Self::Absence, Self::AllOrNothing, Self::Refusals, Self::CurrentReads, Self::Ranges];
}

/// See the module.
#[derive(Default)]
pub(crate) struct Store {
    memory: MemoryStorage,
    /// As it was before the last commit, where reads are to be old.
    before: Option<MemoryStorage>,
    breaks: Option<Law>,
    /// A broken law is broken in one of so many calls.
    calls: u64,
}

impl Store {
    pub(crate) fn breaking(breaks: Option<Law>) -> Self {
        Self { breaks, ..Self::default() }
    }

    /// Everything stored.
    pub(crate) fn dump(&self) -> Vec<(String, String, String)> {
        self.memory.dump()
    }

    fn breaks(&mut self, law: Law) -> bool {
        self.calls += 1;
        self.breaks == Some(law) && self.calls.is_multiple_of(7)
    }
}

fn but_absence(expect: Expect<'_>) -> Expect<'_> {
    if expect == Expect::Absent { Expect::Anything } else { expect }
}

/// The batch with other expectations, or without its last write.
fn changed(batch: &Batch, writes: usize, expect: impl for<'a> Fn(Expect<'a>) -> Expect<'a>) -> Batch {
    let mut changed = Batch::default();
    for Write { key, expect: expected, value } in batch.writes().take(writes) {
        match value {
            Some(value) => {
                changed.put(|text| text.push_str(key), expect(expected), |text| text.push_str(value));
            }
            None => changed.delete(|text| text.push_str(key)),
        }
    }
    changed
}

impl Storage for Store {
    fn get(&mut self, partition: &str, keys: &[String]) -> Result<Vec<Option<StoredEntry>>, StorageError> {
        let old = self.breaks(Law::CurrentReads);
        match &mut self.before {
            Some(before) if old => before.get(partition, keys),
            _ => self.memory.get(partition, keys),
        }
    }

    fn list(&mut self, partition: &str, range: &Range) -> Result<Vec<StoredEntry>, StorageError> {
        let short = self.breaks(Law::Ranges);
        let mut found = self.memory.list(partition, range)?;
        if short {
            found.pop();
        }
        Ok(found)
    }

    fn commit(&mut self, partition: &str, batch: &Batch) -> Result<Committed, StorageError> {
        if self.breaks == Some(Law::CurrentReads) {
            self.before = Some(self.memory.clone());
        }
        let all = batch.writes().len();
        if self.breaks(Law::Checks) {
            return self.memory.commit(partition, &changed(batch, all, |_| Expect::Anything));
        }
        if self.breaks(Law::Absence) {
            return self.memory.commit(partition, &changed(batch, all, but_absence));
        }
        if self.breaks(Law::AllOrNothing) {
            return self.memory.commit(partition, &changed(batch, all - 1, |expect| expect));
        }
        let told = self.memory.commit(partition, batch)?;
        if self.breaks(Law::Refusals) && matches!(told, Committed::Applied(_)) {
            return Ok(Committed::Stale(vec!["account".to_owned()]));
        }
        Ok(told)
    }
}
