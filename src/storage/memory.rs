//! A store in memory: for tests, the simulator and Rust users who keep their own.

use super::{Batch, Committed, Expect, Range, Storage, StorageError, StoredEntry, Write};
use crate::ledger::FixedMap;
use std::collections::BTreeMap;

/// Partitions in a map. A clone is a copy of all that is stored.
#[derive(Clone, Debug, Default)]
pub struct MemoryStorage {
    partitions: BTreeMap<String, Partition>,
}

#[derive(Clone, Debug, Default)]
struct Partition {
    commits: u64,
    /// By what their keys begin with, up to the last slash.
    folders: BTreeMap<String, Folder>,
}

/// Entries whose keys begin alike: looked up at once, and in order where someone asks for that or they came so.
#[derive(Clone, Debug, Default)]
struct Folder {
    /// By whole keys: a value and its revision.
    entries: FixedMap<String, (String, u64)>,
    /// Every key, in order unless `mixed`.
    keys: Vec<String>,
    mixed: bool,
}

fn folder_of(key: &str) -> &str {
    key.rfind('/').and_then(|slash| key.get(..=slash)).unwrap_or_default()
}

impl Partition {
    fn get(&self, key: &str) -> Option<&(String, u64)> {
        self.folders.get(folder_of(key))?.entries.get(key)
    }

    fn put(&mut self, key: &str, value: &str) {
        let entry = (value.to_owned(), self.commits);
        let name = folder_of(key);
        if !self.folders.contains_key(name) {
            self.folders.insert(name.to_owned(), Folder::default());
        }
        let Some(folder) = self.folders.get_mut(name) else { return };
        if let Some(known) = folder.entries.get_mut(key) {
            *known = entry;
            return;
        }
        folder.mixed |= folder.keys.last().is_some_and(|last| last.as_str() > key);
        folder.keys.push(key.to_owned());
        folder.entries.insert(key.to_owned(), entry);
    }

    fn delete(&mut self, key: &str) {
        let Some(folder) = self.folders.get_mut(folder_of(key)) else { return };
        if folder.entries.remove(key).is_some() {
            folder.sort();
            if let Ok(at) = folder.keys.binary_search_by(|known| known.as_str().cmp(key)) {
                folder.keys.remove(at);
            }
        }
    }

    /// The entries of a range, in the order of their keys.
    fn list(&mut self, range: &Range) -> Vec<StoredEntry> {
        let Range { prefix, cursor, limit, reverse } = range;
        let limit = usize::try_from(*limit).unwrap_or(usize::MAX);
        let mut found = Vec::new();
        for (name, folder) in &mut self.folders {
            if name.starts_with(prefix.as_str()) || prefix.starts_with(name.as_str()) {
                folder.sort();
                found.extend(folder.range(prefix, cursor.as_deref(), limit, *reverse));
            }
        }
        // What lies in folders of folders stands between the entries beside them.
        found.sort_by(|one: &StoredEntry, other| one.key.cmp(&other.key));
        if *reverse {
            found.reverse();
        }
        found.truncate(limit);
        found
    }
}

impl Folder {
    fn sort(&mut self) {
        if std::mem::take(&mut self.mixed) {
            self.keys.sort_unstable();
        }
    }

    /// The first entries of a range, or the last in reverse, in no matter which direction.
    fn range(&self, prefix: &str, cursor: Option<&str>, limit: usize, reverse: bool) -> Vec<StoredEntry> {
        let start = self.keys.partition_point(|key| key.as_str() < prefix);
        let within = self.keys.get(start..).unwrap_or_default();
        let within = within.get(..within.partition_point(|key| key.starts_with(prefix))).unwrap_or_default();
        let stored = |key: &String| Some(stored(key, self.entries.get(key)?));
        if reverse {
            let end =
                cursor.map_or(within.len(), |cursor| within.partition_point(|key| key.as_str() < cursor));
            within.get(..end).unwrap_or_default().iter().rev().take(limit).filter_map(stored).collect()
        } else {
            let from = cursor.map_or(0, |cursor| within.partition_point(|key| key.as_str() <= cursor));
            within.get(from..).unwrap_or_default().iter().take(limit).filter_map(stored).collect()
        }
    }
}

fn stored(key: &str, (value, revision): &(String, u64)) -> StoredEntry {
    StoredEntry { key: key.to_owned(), value: value.clone(), revision: revision.to_string() }
}

impl MemoryStorage {
    /// Everything stored, in order: partition, key and value.
    pub fn dump(&self) -> Vec<(String, String, String)> {
        let mut all = Vec::new();
        for (name, partition) in &self.partitions {
            for folder in partition.folders.values() {
                let entries = folder.entries.iter();
                all.extend(entries.map(|(key, (value, _))| (name.clone(), key.clone(), value.clone())));
            }
        }
        all.sort_unstable();
        all
    }
}

impl Storage for MemoryStorage {
    fn get(&mut self, partition: &str, keys: &[String]) -> Result<Vec<Option<StoredEntry>>, StorageError> {
        let partition = self.partitions.get(partition);
        let find = |key: &String| partition?.get(key).map(|entry| stored(key, entry));
        Ok(keys.iter().map(find).collect())
    }

    fn list(&mut self, partition: &str, range: &Range) -> Result<Vec<StoredEntry>, StorageError> {
        Ok(self.partitions.get_mut(partition).map(|partition| partition.list(range)).unwrap_or_default())
    }

    fn commit(&mut self, partition: &str, batch: &Batch) -> Result<Committed, StorageError> {
        let partition = self.partitions.entry(partition.to_owned()).or_default();
        let stale = |write: &Write<'_>| match write.expect {
            Expect::Anything => false,
            Expect::Absent => partition.get(write.key).is_some(),
            Expect::Revision(revision) => {
                partition.get(write.key).is_none_or(|(_, known)| known.to_string() != revision)
            }
        };
        let stale: Vec<String> = batch.writes().filter(stale).map(|write| write.key.to_owned()).collect();
        if !stale.is_empty() {
            return Ok(Committed::Stale(stale));
        }
        partition.commits = partition.commits.saturating_add(1);
        for Write { key, value, .. } in batch.writes() {
            match value {
                Some(value) => partition.put(key, value),
                None => partition.delete(key),
            }
        }
        Ok(Committed::Applied(partition.commits.to_string()))
    }
}
