//! Records of callers' ids: what a message, an order, a voucher, an adjustment or a migration has come to; packages that have
//! ended; and policies of earlier revisions.

use super::adjustment::Adjustment;
use super::grant::Grant;
use super::hold::Hold;
use super::migration::Migration;
use super::order::Order;
use super::package::{Package, PackageId};
use super::terms::Terms;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Whose record it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordId {
    /// A message's.
    Hold(Arc<str>),
    /// A purchase's.
    Order(Arc<str>),
    /// A voucher's.
    Voucher(Arc<str>),
    /// An adjustment's.
    Adjustment(Arc<str>),
    /// A migration's.
    Migration(Arc<str>),
    /// A package's that has ended.
    Ended(PackageId),
    /// Of a catalog's revision.
    Policy(u32),
}

/// Of the id's text or number, whichever kind of record it is: one id is rarely that of two.
impl Hash for RecordId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Hold(id)
            | Self::Order(id)
            | Self::Voucher(id)
            | Self::Adjustment(id)
            | Self::Migration(id) => id.hash(state),
            Self::Ended(PackageId(number)) | Self::Policy(number) => number.hash(state),
        }
    }
}

/// The record of a caller's id, or a package that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// Of a message.
    Hold(Arc<Hold>),
    /// Of a purchase.
    Order(Arc<Order>),
    /// Of a voucher.
    Voucher(Arc<Grant>),
    /// Of an adjustment.
    Adjustment(Arc<Adjustment>),
    /// Of a migration.
    Migration(Arc<Migration>),
    /// Of a package that has ended.
    Ended(Arc<Package>),
    /// Of a catalog's revision.
    Policy(Arc<Terms>),
}

impl Record {
    /// Whose it is.
    pub fn id(&self) -> RecordId {
        match self {
            Self::Hold(hold) => RecordId::Hold(Arc::clone(&hold.id)),
            Self::Order(order) => RecordId::Order(Arc::clone(&order.id)),
            Self::Voucher(grant) => RecordId::Voucher(Arc::clone(&grant.voucher.id)),
            Self::Adjustment(adjustment) => RecordId::Adjustment(Arc::clone(&adjustment.id)),
            Self::Migration(migration) => RecordId::Migration(Arc::clone(&migration.id)),
            Self::Ended(package) => RecordId::Ended(package.id),
            Self::Policy(terms) => RecordId::Policy(terms.revision),
        }
    }
}
