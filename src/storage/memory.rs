//! A store in memory: for tests, the simulator and Rust users who keep their own.

use super::{Batch, Committed, Expect, Range, Storage, StorageError, StoredEntry};
use crate::ledger::FixedMap;
use std::collections::BTreeMap;
use std::sync::Arc;

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
    entries: FixedMap<Arc<str>, (String, u64)>,
    /// Every key, in order unless `mixed`.
    keys: Vec<Arc<str>>,
    mixed: bool,
}

fn folder_of(key: &str) -> &str {
    key.rfind('/').and_then(|slash| key.get(..=slash)).unwrap_or_default()
}

impl Partition {
    fn get(&self, key: &str) -> Option<&(String, u64)> {
        self.folders.get(folder_of(key))?.entries.get(key)
    }

    /// The keys of a batch that are not as it expects them.
    fn stale(&self, batch: &Batch) -> Vec<String> {
        let mut stale = Vec::new();
        // Writes to one folder mostly stand together.
        let (mut name, mut folder) = ("", self.folders.get(""));
        for write in batch.writes().filter(|write| write.expect != Expect::Anything) {
            let own = folder_of(write.key);
            if own != name {
                (name, folder) = (own, self.folders.get(own));
            }
            let known = folder.and_then(|folder| folder.entries.get(write.key));
            let expected = match write.expect {
                Expect::Anything => true,
                Expect::Absent => known.is_none(),
                Expect::Revision(revision) => known.is_some_and(|(_, known)| known.to_string() == revision),
            };
            if !expected {
                stale.push(write.key.to_owned());
            }
        }
        stale
    }

    fn apply(&mut self, batch: &Batch) {
        self.commits = self.commits.saturating_add(1);
        let mut last = None;
        for write in batch.writes() {
            let name = folder_of(write.key);
            let folder = match last.take() {
                Some((own, folder)) if own == name => folder,
                _ => self.folders.entry(name.to_owned()).or_default(),
            };
            match write.value {
                Some(value) => {
                    let entry = (value.to_owned(), self.commits);
                    folder.put(write.key, entry, write.expect == Expect::Absent);
                }
                None => folder.delete(write.key),
            }
            last = Some((name, folder));
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
    /// Stores an entry, under a key that is new where its absence was checked.
    fn put(&mut self, key: &str, entry: (String, u64), new: bool) {
        if let Some(known) = self.entries.get_mut(key).filter(|_| !new) {
            *known = entry;
            return;
        }
        self.mixed |= self.keys.last().is_some_and(|last| **last > *key);
        let key: Arc<str> = Arc::from(key);
        if self.entries.insert(Arc::clone(&key), entry).is_none() {
            self.keys.push(key);
        }
    }

    fn delete(&mut self, key: &str) {
        if self.entries.remove(key).is_some() {
            self.sort();
            if let Ok(at) = self.keys.binary_search_by(|known| (**known).cmp(key)) {
                self.keys.remove(at);
            }
        }
    }

    fn sort(&mut self) {
        if std::mem::take(&mut self.mixed) {
            self.keys.sort_unstable();
        }
    }

    /// The first entries of a range, or the last in reverse, in no matter which direction.
    fn range(&self, prefix: &str, cursor: Option<&str>, limit: usize, reverse: bool) -> Vec<StoredEntry> {
        let start = self.keys.partition_point(|key| &**key < prefix);
        let within = self.keys.get(start..).unwrap_or_default();
        let within = within.get(..within.partition_point(|key| key.starts_with(prefix))).unwrap_or_default();
        let stored = |key: &Arc<str>| Some(stored(key, self.entries.get(key)?));
        if reverse {
            let end = cursor.map_or(within.len(), |cursor| within.partition_point(|key| &**key < cursor));
            within.get(..end).unwrap_or_default().iter().rev().take(limit).filter_map(stored).collect()
        } else {
            let from = cursor.map_or(0, |cursor| within.partition_point(|key| &**key <= cursor));
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
                all.extend(entries.map(|(key, (value, _))| (name.clone(), key.to_string(), value.clone())));
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
        let stale = partition.stale(batch);
        if !stale.is_empty() {
            return Ok(Committed::Stale(stale));
        }
        partition.apply(batch);
        Ok(Committed::Applied(partition.commits.to_string()))
    }
}
