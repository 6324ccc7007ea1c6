//! A store in memory: for tests, the simulator and Rust users who keep their own.

use super::{Batch, Committed, Expect, Range, Storage, StorageError, StoredEntry, Write};
use std::collections::BTreeMap;
use std::ops::Bound;

/// Partitions in a map. A clone is a copy of all that is stored.
#[derive(Clone, Debug, Default)]
pub struct MemoryStorage {
    partitions: BTreeMap<String, Partition>,
}

#[derive(Clone, Debug, Default)]
struct Partition {
    commits: u64,
    entries: BTreeMap<String, (String, u64)>,
}

fn stored(key: &str, (value, revision): &(String, u64)) -> StoredEntry {
    StoredEntry { key: key.to_owned(), value: value.clone(), revision: revision.to_string() }
}

impl MemoryStorage {
    /// Everything stored, in order: partition, key and value.
    pub fn dump(&self) -> Vec<(String, String, String)> {
        let all = self.partitions.iter().flat_map(|(name, partition)| {
            partition.entries.iter().map(move |(key, (value, _))| (name.clone(), key.clone(), value.clone()))
        });
        all.collect()
    }
}

impl Storage for MemoryStorage {
    fn get(&mut self, partition: &str, keys: &[String]) -> Result<Vec<Option<StoredEntry>>, StorageError> {
        let partition = self.partitions.get(partition);
        let find = |key: &String| partition?.entries.get(key).map(|entry| stored(key, entry));
        Ok(keys.iter().map(find).collect())
    }

    fn list(&mut self, partition: &str, range: &Range) -> Result<Vec<StoredEntry>, StorageError> {
        let Some(partition) = self.partitions.get(partition) else { return Ok(Vec::new()) };
        let limit = usize::try_from(range.limit).unwrap_or(usize::MAX);
        let under = |(key, _): &(&String, &(String, u64))| key.starts_with(&range.prefix);
        let entry = |(key, entry): (&String, &(String, u64))| stored(key, entry);
        if range.reverse {
            let end = range.cursor.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
            let bounds = (Bound::Included(range.prefix.as_str()), end);
            return Ok(partition
                .entries
                .range::<str, _>(bounds)
                .rev()
                .filter(under)
                .take(limit)
                .map(entry)
                .collect());
        }
        let start = range.cursor.as_deref().map_or(Bound::Included(range.prefix.as_str()), Bound::Excluded);
        let bounds = (start, Bound::Unbounded);
        Ok(partition.entries.range::<str, _>(bounds).take_while(under).take(limit).map(entry).collect())
    }

    fn commit(&mut self, partition: &str, batch: &Batch) -> Result<Committed, StorageError> {
        let partition = self.partitions.entry(partition.to_owned()).or_default();
        let stale = |write: &Write<'_>| {
            let known = partition.entries.get(write.key).map(|(_, revision)| revision.to_string());
            match write.expect {
                Expect::Anything => false,
                Expect::Absent => known.is_some(),
                Expect::Revision(revision) => known.as_deref() != Some(revision),
            }
        };
        let stale: Vec<String> = batch.writes().filter(stale).map(|write| write.key.to_owned()).collect();
        if !stale.is_empty() {
            return Ok(Committed::Stale(stale));
        }
        partition.commits = partition.commits.saturating_add(1);
        for Write { key, value, .. } in batch.writes() {
            match value {
                Some(value) => {
                    drop(partition.entries.insert(key.to_owned(), (value.to_owned(), partition.commits)));
                }
                None => drop(partition.entries.remove(key)),
            }
        }
        Ok(Committed::Applied(partition.commits.to_string()))
    }
}
