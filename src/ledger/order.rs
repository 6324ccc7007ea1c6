//! A purchase that has been paid and issued. It is also the idempotency record of its id.

use super::hold::Fingerprint;
use super::package::PackageId;
use crate::calendar::Instant;
use crate::money::{Currency, Price};
use crate::numbering::Region;
use crate::pricing::CatalogId;
use std::sync::Arc;

/// A purchase (domain rule 16: it keeps its quote's price).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The caller's id.
    pub id: Arc<str>,
    /// Of the order's body.
    pub fingerprint: Fingerprint,
    /// The offer bought.
    pub offer: Arc<str>,
    /// The catalog it was bought from.
    pub catalog: CatalogId,
    /// The region that its package pays.
    pub region: Region,
    /// Segments.
    pub quantity: u64,
    /// What was paid.
    pub total: Price,
    /// In this currency.
    pub currency: Currency,
    /// The host's proof of payment.
    pub payment: Arc<str>,
    /// The package issued.
    pub package: PackageId,
    /// When.
    pub purchased_at: Instant,
    /// When its package can be used.
    pub effective_at: Instant,
    /// When its package can no longer be used.
    pub expires_at: Option<Instant>,
    /// The account's usable and unheld segments right after.
    pub available: u64,
}
