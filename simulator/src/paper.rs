//! What the model writes on: buckets of segments, lines of double entry, and documents under keys. Nothing here knows a rule.

use crate::answers::with;
use crate::operation::Operation;
use rpds::RedBlackTreeMap as Map;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What segments of a package are: all that were issued, and what became of them.
pub(crate) const BUCKETS: [&str; 6] = ["issued", "available", "held", "spent", "expired", "adjusted"];
/// Segments by bucket.
pub(crate) type Counts = BTreeMap<&'static str, i64>;
/// So many segments of a package, from one bucket to another.
pub(crate) type Move = (u64, &'static str, &'static str, i64);

/// Nothing in any bucket.
pub(crate) fn nothing() -> Counts {
    BUCKETS.map(|bucket| (bucket, 0)).into()
}

/// Moves segments from one bucket to another. What is issued comes from outside: its count grows.
pub(crate) fn shift(counts: &mut Counts, (_, from, to, segments): Move) {
    *counts.get_mut(from).unwrap() += if from == "issued" { segments } else { -segments };
    *counts.get_mut(to).unwrap() += segments;
}

/// What moves write in the journal: by package and bucket, what comes or goes.
pub(crate) fn postings(moves: &[Move]) -> Vec<((u64, &'static str), i64)> {
    let mut postings = BTreeMap::new();
    for (package, from, to, segments) in moves.iter().filter(|(.., segments)| *segments > 0) {
        *postings.entry((*package, *from)).or_insert(0) -= segments;
        *postings.entry((*package, *to)).or_insert(0) += segments;
    }
    postings.into_iter().collect()
}

/// Lines and documents.
#[derive(Clone, Debug, Default)]
pub(crate) struct Paper {
    /// Lines that were ever written.
    pub(crate) entries: u64,
    /// Those that were since they were last taken.
    pub(crate) lines: Vec<Value>,
    /// What has an id: what was asked, and what is told of it.
    pub(crate) documents: Map<String, (Operation, Value)>,
    /// The keys of documents that were written since.
    pub(crate) touched: BTreeSet<String>,
    /// Whether anything was written since that was last unset.
    pub(crate) changed: bool,
}

impl Paper {
    /// What was written is stored.
    pub(crate) fn take(&mut self) {
        self.lines.clear();
        self.touched.clear();
    }

    /// Writes a line.
    pub(crate) fn line(&mut self, line: Value) {
        self.lines.push(line);
        self.entries += 1;
        self.changed = true;
    }

    /// Adds a note to the last line.
    pub(crate) fn note(&mut self, note: Value) {
        self.lines.last_mut().unwrap()["note"] = note;
    }

    /// Writes a document that is kept elsewhere.
    pub(crate) fn touch(&mut self, key: &str) {
        self.changed = true;
        self.touched.insert(key.to_owned());
    }

    /// Writes a new document, and tells it.
    pub(crate) fn record(&mut self, key: &str, operation: &Operation, told: Value) -> Value {
        self.touch(key);
        self.documents.insert_mut(key.to_owned(), (operation.clone(), told.clone()));
        told
    }

    /// What is told under a key.
    pub(crate) fn told(&self, key: &str) -> Value {
        self.documents.get(key).map_or(Value::Null, |(_, told)| told.clone())
    }

    /// Writes a document anew, with fields that are others now.
    pub(crate) fn tell(&mut self, key: &str, change: Value) {
        let (_, told) = self.documents.get_mut(key).unwrap();
        *told = with(told.take(), change);
        self.touch(key);
    }
}
