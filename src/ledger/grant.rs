//! A voucher that an account owns. It is also the idempotency record of its id.

use super::hold::Fingerprint;
use crate::calendar::Instant;
use crate::pricing::{Ineligible, Voucher};
use std::sync::Arc;

/// A voucher of an account (domain rule 14).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Of the grant's body.
    pub fingerprint: Fingerprint,
    /// What it takes off, and where.
    pub voucher: Voucher,
    /// When it was granted.
    pub granted_at: Instant,
    /// The order that has consumed it.
    pub order: Option<Arc<str>>,
}

impl Grant {
    /// Why it applies to no order at an instant.
    pub fn ineligible(&self, at: Instant) -> Option<Ineligible> {
        if self.order.is_some() {
            return Some(Ineligible::Consumed);
        }
        self.voucher.untimely(at)
    }
}
