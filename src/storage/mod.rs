//! What is stored and how: documents with their keys, the batch of a commit, and the contract of a store.
//!
//! `documents` shows every document; `codec` turns the ledger's changes into a `batch`; `memory` is the native store.
//! Nothing here decides anything.

mod batch;
mod codec;
mod digits;
pub mod documents;
mod hex;
mod memory;
mod migration;
mod row;
mod sales;
mod settings;

pub use batch::{Batch, Expect, Write};
pub use codec::{
    batch, decode_account, decode_entries, decode_hold, decode_package, decode_policy, decode_record,
    open_entries,
};
pub use hex::Hex;
pub use memory::MemoryStorage;
pub use migration::decode_migration;
pub use sales::{decode_adjustment, decode_order, decode_unpaid, decode_voucher};
pub use settings::decode_settings;

/// A stored text under its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEntry {
    /// The key in the account's partition.
    pub key: String,
    /// Given back exactly as it was put.
    pub value: String,
    /// Changes with every commit that writes the key.
    pub revision: String,
}

/// Entries under a prefix in byte order, strictly beyond a cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// What the keys begin with.
    pub prefix: String,
    /// Strictly beyond this key; absent = from the start.
    pub cursor: Option<String>,
    /// Most entries.
    pub limit: u32,
    /// From the end.
    pub reverse: bool,
}

/// What became of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Committed {
    /// Applied; the revision of everything written.
    Applied(String),
    /// Certainly not applied: the keys whose check was stale.
    Stale(Vec<String>),
}

/// A store that failed. Of a commit: its outcome is unknown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct StorageError(pub String);

/// The store, as a native host supplies it. The laws are those of the JavaScript contract.
pub trait Storage {
    /// Entries in the order asked, none where absent.
    fn get(&mut self, partition: &str, keys: &[String]) -> Result<Vec<Option<StoredEntry>>, StorageError>;
    /// Entries under a prefix.
    fn list(&mut self, partition: &str, range: &Range) -> Result<Vec<StoredEntry>, StorageError>;
    /// All writes or none.
    fn commit(&mut self, partition: &str, batch: &Batch) -> Result<Committed, StorageError>;
}

/// What a store can take in one commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most checks.
    pub checks: usize,
    /// Most writes.
    pub writes: usize,
    /// Longest value, in bytes.
    pub value_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { checks: 2_048, writes: 4_096, value_bytes: documents::VALUE_BYTES_MAX }
    }
}

/// A stored document that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the document `{key}` cannot be stored or read: {problem}")]
pub struct DocumentError {
    /// Which.
    pub key: String,
    /// Why.
    pub problem: String,
}
