//! The simulated store: a store in memory that keeps the laws of the contract, or breaks one of them on purpose, to see that it is
//! found out.

use crate::model::months_after;
use serde_json::{Value, json};
use sms_ledger::storage::{
    Batch, Committed, Expect, MemoryStorage, Range, Storage, StorageError, StoredEntry, Write,
};

/// What a run may break on purpose.
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
    /// The engine takes a command's instant although it lies before the account's last.
    Clock,
    /// The engine issues a period of a plan again.
    Periods,
    /// The engine calls a package usable that ends at this very instant.
    Ends,
}

impl Law {
    /// What a store may break of its contract.
    pub const STORES: [Self; 6] =
        [Self::Checks, Self::Absence, Self::AllOrNothing, Self::Refusals, Self::CurrentReads, Self::Ranges];
    /// What an engine may do wrong. Its code is as it is: what it reads, or what it answers, is made to look as if it were not.
    pub const ENGINES: [Self; 3] = [Self::Clock, Self::Periods, Self::Ends];
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

/// Where a head has the account's clock and its plan, and a plan its last period and the beginning of the next.
const LAST_AT: usize = 6;
const PLAN: usize = 11;
const ANCHOR: usize = 1;
const NEXT_AT: usize = 2;
const ISSUED: usize = 3;

/// A head as an engine would have it that forgot to keep its clock, or what its plan has issued.
fn forgetful(law: Law, entry: &mut StoredEntry) {
    let mut head: Value = serde_json::from_str(&entry.value).unwrap();
    let opened_at = head[5].clone();
    match law {
        Law::Clock => head[LAST_AT] = opened_at,
        _ if head[PLAN][ISSUED].as_u64().is_some_and(|issued| issued > 0) => {
            let plan = &mut head[PLAN];
            let issued = u32::try_from(plan[ISSUED].as_u64().unwrap()).unwrap();
            plan[NEXT_AT] = json!(months_after(plan[ANCHOR].as_i64().unwrap(), issued));
            plan[ISSUED] = json!(issued - 1);
        }
        _ => {}
    }
    entry.value = head.to_string();
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
        let mut found = match &mut self.before {
            Some(before) if old => before.get(partition, keys)?,
            _ => self.memory.get(partition, keys)?,
        };
        for law in [Law::Clock, Law::Periods] {
            let forgets = self.breaks(law);
            let heads = found.iter_mut().flatten().filter(|entry| forgets && entry.key == "account");
            heads.for_each(|head| forgetful(law, head));
        }
        Ok(found)
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
