//! A store in memory: for tests, the simulator and Rust users who keep their own.

use super::{Batch, Committed, Expect, Range, Storage, StorageError, StoredEntry, Write};
use crate::ledger::FixedMap;
use std::collections::BTreeMap;
use std::collections::hash_map::Entry;
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
    entries: FixedMap<Arc<str>, (Box<str>, u64)>,
    /// Every key, in order unless `mixed`.
    keys: Vec<Arc<str>>,
    mixed: bool,
}

fn folder_of(key: &str) -> &str {
    key.rfind('/').and_then(|slash| key.get(..=slash)).unwrap_or_default()
}

impl Partition {
    fn get(&self, key: &str) -> Option<&(Box<str>, u64)> {
        self.folders.get(folder_of(key))?.entries.get(key)
    }

    /// Applies a batch, or gives the keys that are not as it expects them. What it expects to be absent is added while that is
    /// looked at, and taken back where anything is stale.
    fn commit(&mut self, batch: &Batch) -> Result<(), Vec<String>> {
        let revision = self.commits.saturating_add(1);
        let (mut others, mut stale) = (Vec::new(), Vec::new());
        self.each(batch.writes(), |folder, write| {
            let expected = match write.expect {
                Expect::Absent => folder.add(write.key, write.value.unwrap_or_default(), revision),
                Expect::Revision(expected) => folder.revision(write.key).as_deref() == Some(expected),
                Expect::Anything => true,
            };
            if !expected {
                stale.push(write.key.to_owned());
            }
            if write.expect != Expect::Absent {
                others.push(write);
            }
        });
        if !stale.is_empty() {
            let added = batch.writes().filter(|write| write.expect == Expect::Absent);
            self.each(added, |folder, write| folder.take_back(write.key, revision));
            return Err(stale);
        }
        self.each(others.into_iter(), |folder, write| match write.value {
            Some(value) => folder.put(write.key, value, revision),
            None => folder.delete(write.key),
        });
        self.commits = revision;
        Ok(())
    }

    /// Writes, each with its folder: mostly that of the one before.
    fn each<'b>(
        &mut self,
        writes: impl Iterator<Item = Write<'b>>,
        mut act: impl FnMut(&mut Folder, Write<'b>),
    ) {
        let mut last = None;
        for write in writes {
            let name = folder_of(write.key);
            let folder = match last.take() {
                Some((own, folder)) if own == name => folder,
                _ => self.folders.entry(name.to_owned()).or_default(),
            };
            act(folder, write);
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
    fn revision(&self, key: &str) -> Option<String> {
        self.entries.get(key).map(|(_, revision)| revision.to_string())
    }

    /// Adds an entry; false where there is one under its key, which stays.
    fn add(&mut self, key: &str, value: &str, revision: u64) -> bool {
        let key: Arc<str> = Arc::from(key);
        let Entry::Vacant(place) = self.entries.entry(Arc::clone(&key)) else { return false };
        place.insert((value.into(), revision));
        self.mixed |= self.keys.last().is_some_and(|last| *last > key);
        self.keys.push(key);
        true
    }

    /// Takes an entry out again that a commit has added.
    fn take_back(&mut self, key: &str, revision: u64) {
        if self.entries.get(key).is_some_and(|(_, own)| *own == revision) {
            self.delete(key);
        }
    }

    /// Puts a value under a key, whether it is there or not.
    fn put(&mut self, key: &str, value: &str, revision: u64) {
        match self.entries.get_mut(key) {
            Some(known) => *known = (value.into(), revision),
            None => drop(self.add(key, value, revision)),
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

fn stored(key: &str, (value, revision): &(Box<str>, u64)) -> StoredEntry {
    StoredEntry { key: key.to_owned(), value: value.to_string(), revision: revision.to_string() }
}

impl MemoryStorage {
    /// Everything stored, in order: partition, key and value.
    pub fn dump(&self) -> Vec<(String, String, String)> {
        let mut all = Vec::new();
        for (name, partition) in &self.partitions {
            for folder in partition.folders.values() {
                let entries = folder.entries.iter();
                all.extend(
                    entries.map(|(key, (value, _))| (name.clone(), key.to_string(), value.to_string())),
                );
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
        Ok(match partition.commit(batch) {
            Ok(()) => Committed::Applied(partition.commits.to_string()),
            Err(stale) => Committed::Stale(stale),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn committed(store: &mut MemoryStorage, writes: &[(&str, Expect<'_>, &str)]) -> Committed {
        let mut batch = Batch::default();
        for (key, expect, value) in writes {
            batch.put(|text| text.push_str(key), *expect, |text| text.push_str(value));
        }
        store.commit("acme", &batch).unwrap()
    }

    #[test]
    fn a_batch_of_which_anything_is_stale_leaves_nothing() {
        let mut store = MemoryStorage::default();
        let first = [("account", Expect::Absent, "1"), ("hold/b", Expect::Absent, "2")];
        assert_eq!(committed(&mut store, &first), Committed::Applied("1".to_owned()));
        let stored = store.dump();
        let list = |store: &mut MemoryStorage| {
            let range = Range { prefix: "hold/".to_owned(), cursor: None, limit: 9, reverse: false };
            store.list("acme", &range).unwrap().into_iter().map(|entry| entry.key).collect::<Vec<_>>()
        };
        for (head, known) in [("1", "hold/b"), ("0", "hold/a")] {
            let batch = [
                ("account", Expect::Revision(head), "3"),
                ("hold/a", Expect::Absent, "4"),
                (known, Expect::Absent, "5"),
                ("entry/1", Expect::Anything, "6"),
            ];
            let stale = if head == "1" { ["hold/b"].as_slice() } else { &["account", "hold/a"] };
            let stale = stale.iter().map(|key| (*key).to_owned()).collect();
            assert_eq!(committed(&mut store, &batch), Committed::Stale(stale));
            assert_eq!((store.dump(), list(&mut store)), (stored.clone(), vec!["hold/b".to_owned()]));
        }
        let next = [("account", Expect::Revision("1"), "3"), ("hold/a", Expect::Absent, "4")];
        assert_eq!(committed(&mut store, &next), Committed::Applied("2".to_owned()));
        assert_eq!(list(&mut store), ["hold/a", "hold/b"]);
    }
}
