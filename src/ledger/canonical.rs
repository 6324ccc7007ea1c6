//! Bytes that have exactly one reading, to be hashed: numbers as LEB128, texts with their length.

use sha2::{Digest, Sha256};

/// SHA-256.
pub type Hash = [u8; 32];

/// Collects fields one after the other, in bytes that are used again and again.
pub struct Canonical<'a>(&'a mut Vec<u8>);

impl<'a> Canonical<'a> {
    /// Nothing yet but the version of what follows.
    pub fn new(bytes: &'a mut Vec<u8>, version: u8) -> Self {
        bytes.clear();
        bytes.push(version);
        Self(bytes)
    }

    /// Bytes of a number that follows from what stands before them.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// A number of 0 or more.
    pub fn count(&mut self, mut value: u64) {
        loop {
            let low = u8::try_from(value & 0x7f).unwrap_or(0);
            value >>= 7;
            if value == 0 {
                return self.0.push(low);
            }
            self.0.push(low | 0x80);
        }
    }

    /// How many of something follow.
    pub fn length(&mut self, length: usize) {
        self.count(u64::try_from(length).unwrap_or(u64::MAX));
    }

    /// Zigzag: small numbers of either sign stay short.
    pub fn signed(&mut self, value: i64) {
        self.count(((value << 1) ^ (value >> 63)).cast_unsigned());
    }

    /// A text.
    pub fn text(&mut self, text: &str) {
        self.length(text.len());
        self.raw(text.as_bytes());
    }

    /// What may be absent: whether it is there, and then it.
    pub fn optional<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.raw(&[u8::from(value.is_some())]);
        if let Some(value) = value {
            write(self, value);
        }
    }

    /// The SHA-256 of all.
    pub fn hash(self) -> Hash {
        Sha256::digest(self.0.as_slice()).into()
    }
}
