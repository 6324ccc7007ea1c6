//! Segments that an administrator gave or took. It is also the idempotency record of its id.

use super::hold::Fingerprint;
use super::package::PackageId;
use crate::calendar::Instant;
use std::sync::Arc;

/// An administrator's adjustment (domain rule 13: it always exists, needs a reason and is an entry).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adjustment {
    /// The caller's id.
    pub id: Arc<str>,
    /// Of its body.
    pub fingerprint: Fingerprint,
    /// The package that was issued or taken from.
    pub package: PackageId,
    /// Given, or, negative, taken.
    pub segments: i64,
    /// Why.
    pub reason: Arc<str>,
    /// When.
    pub at: Instant,
    /// The account's usable and unheld segments right after.
    pub available: u64,
}
