//! The journal: append-only, double-entry, each entry hashing the one before it.

use super::counts::{Bucket, Counts};
use super::package::PackageId;
use crate::calendar::Instant;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// SHA-256.
pub type Hash = [u8; 32];

/// The version of the bytes that are hashed.
const CANONICAL_VERSION: u8 = 1;

/// Why an entry was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// The account was opened.
    Open,
    /// A package was bought.
    Purchase,
    /// A period of a plan was issued.
    Plan,
    /// A message set segments aside.
    Reserve,
    /// A message spent them.
    Settle,
    /// A message gave them back.
    Release,
    /// A package ran out of time.
    Expire,
}

impl EntryKind {
    const ALL: [Self; 7] =
        [Self::Open, Self::Purchase, Self::Plan, Self::Reserve, Self::Settle, Self::Release, Self::Expire];

    /// As the journal writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Purchase => "purchase",
            Self::Plan => "plan",
            Self::Reserve => "reserve",
            Self::Settle => "settle",
            Self::Release => "release",
            Self::Expire => "expire",
        }
    }

    /// The kind of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// One side of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posting {
    /// Whose segments.
    pub package: PackageId,
    /// Which of its buckets.
    pub bucket: Bucket,
    /// How many come (or, negative, go).
    pub segments: i64,
}

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Counts from 1 without a gap.
    pub sequence: u64,
    /// Why.
    pub kind: EntryKind,
    /// The message, order, plan or package that it is about.
    pub reference: Arc<str>,
    /// Fixes the order.
    pub recorded_at: Instant,
    /// When it took effect, for reports.
    pub effective_at: Instant,
    /// Sum to zero.
    pub postings: Vec<Posting>,
    /// The account right after.
    pub balance: Counts,
    /// Over the previous entry's hash and this entry.
    pub hash: Hash,
}

impl Entry {
    /// The hash that this entry must carry when it follows one with the hash `previous`: over a version byte, the previous
    /// hash and every field as canonical bytes.
    pub fn chained(&self, previous: &Hash) -> Hash {
        let mut bytes = Canonical(Vec::with_capacity(192));
        bytes.0.push(CANONICAL_VERSION);
        bytes.0.extend_from_slice(previous);
        bytes.count(self.sequence);
        bytes.text(self.kind.as_str());
        bytes.text(&self.reference);
        bytes.signed(self.recorded_at.millis());
        bytes.signed(self.effective_at.millis());
        bytes.count(u64::try_from(self.postings.len()).unwrap_or(u64::MAX));
        for posting in &self.postings {
            bytes.count(u64::from(posting.package.0));
            bytes.0.push(posting.bucket.code());
            bytes.signed(posting.segments);
        }
        for count in self.balance.to_array() {
            bytes.count(count);
        }
        Sha256::digest(&bytes.0).into()
    }
}

/// Bytes that have exactly one reading: numbers as LEB128, texts with their length.
struct Canonical(Vec<u8>);

impl Canonical {
    fn count(&mut self, mut value: u64) {
        loop {
            let low = u8::try_from(value & 0x7f).unwrap_or(0);
            value >>= 7;
            if value == 0 {
                return self.0.push(low);
            }
            self.0.push(low | 0x80);
        }
    }

    /// Zigzag: small numbers of either sign stay short.
    fn signed(&mut self, value: i64) {
        self.count(((value << 1) ^ (value >> 63)).cast_unsigned());
    }

    fn text(&mut self, text: &str) {
        self.count(u64::try_from(text.len()).unwrap_or(u64::MAX));
        self.0.extend_from_slice(text.as_bytes());
    }
}
