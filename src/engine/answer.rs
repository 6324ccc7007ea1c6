//! What a caller is told when a command was carried out: the shapes of `js/src/types.ts`.

use crate::calendar::Instant;
use crate::catalog::Source;
use crate::ledger::{self, Counts, Draw, Hold, PackageId, Reason, Status, Verdict};
use crate::money::{Currency, Price};
use crate::numbering::Region;
use crate::pricing::CatalogId;
use crate::storage::Hex;
use crate::text::Encoding;
use serde::Serialize;
use std::sync::Arc;

/// The answer to a command.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// To `openAccount`.
    Account(Box<Account>),
    /// To `purchase`.
    Order(Box<Order>),
    /// To `reserve` and `preview`.
    Reserved(Reserved),
    /// To `settle`, `release` and `report`.
    Outcome(Outcome),
    /// To `balance`.
    Balance(Box<Balance>),
    /// To `packages`.
    Packages(Vec<Package>),
    /// To `endedPackages`.
    EndedPackages(EndedPackages),
    /// To `entries`.
    Entries(Entries),
    /// To `explain`.
    Explanation(Box<Explanation>),
    /// To `verify`.
    Verification(Verification),
    /// To `snapshot`.
    Snapshot(Snapshot),
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the fields are described in js/src/types.ts")]
pub struct Account {
    pub id: Arc<str>,
    pub catalog: CatalogId,
    pub zone: Arc<str>,
    pub opened_at: Instant,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<Arc<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_anchor: Option<Instant>,
}

/// A purchase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the fields are described in js/src/types.ts")]
pub struct Order {
    pub id: Arc<str>,
    pub package: PackageId,
    pub offer: Arc<str>,
    pub region: Region,
    pub quantity: u64,
    pub total: Price,
    pub currency: Currency,
    pub purchased_at: Instant,
    pub effective_at: Instant,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Instant>,
    pub available: u64,
}

impl From<&ledger::Order> for Order {
    fn from(order: &ledger::Order) -> Self {
        Self {
            id: Arc::clone(&order.id),
            package: order.package,
            offer: Arc::clone(&order.offer),
            region: order.region,
            quantity: order.quantity,
            total: order.total,
            currency: order.currency,
            purchased_at: order.purchased_at,
            effective_at: order.effective_at,
            expires_at: order.expires_at,
            available: order.available,
        }
    }
}

/// What a message takes from whom; `id` and `at` are absent in a preview.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are described in js/src/types.ts")]
pub struct Reserved {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Arc<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    pub encoding: Encoding,
    pub segments: u32,
    pub draws: Vec<Draw>,
    pub available: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Instant>,
}

impl From<&Hold> for Reserved {
    fn from(hold: &Hold) -> Self {
        Self {
            id: Some(Arc::clone(&hold.id)),
            region: hold.region,
            encoding: hold.encoding,
            segments: hold.segments,
            draws: hold.draws.clone(),
            available: hold.available,
            at: Some(hold.at),
        }
    }
}

/// What has become of a hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are described in js/src/types.ts")]
pub struct Outcome {
    pub id: Arc<str>,
    pub state: &'static str,
    pub segments: u32,
    pub spent: u32,
    pub released: u32,
    pub expired: u32,
    pub applied: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available: Option<u64>,
}

/// What there is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the fields are described in js/src/types.ts")]
pub struct Balance {
    pub account: Arc<str>,
    pub at: Instant,
    #[serde(flatten)]
    pub counts: Counts,
    pub regions: Vec<RegionBalance>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_due: Option<Instant>,
}

/// Usable segments of a region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are described in js/src/types.ts")]
pub struct RegionBalance {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    pub available: u64,
}

/// A package as of an instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the fields are described in js/src/types.ts")]
pub struct Package {
    pub id: PackageId,
    pub name: Arc<str>,
    pub source: Source,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    pub status: Status,
    #[serde(flatten)]
    pub counts: Counts,
    pub issued_at: Instant,
    pub effective_at: Instant,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<Arc<str>>,
}

impl Package {
    /// A package with its status at an instant.
    pub fn at(package: &ledger::Package, now: Instant) -> Self {
        Self {
            id: package.id,
            name: Arc::clone(&package.name),
            source: package.source,
            region: package.region,
            status: package.status(now),
            counts: package.counts,
            issued_at: package.issued_at,
            effective_at: package.effective_at,
            expires_at: package.expires_at,
            order: (package.source == Source::Purchase).then(|| Arc::clone(&package.reference)),
        }
    }
}

/// A page of ended packages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are described in js/src/types.ts")]
pub struct EndedPackages {
    pub packages: Vec<Package>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// A page of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are described in js/src/types.ts")]
pub struct Entries {
    pub entries: Vec<Entry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// A line of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the fields are described in js/src/types.ts")]
pub struct Entry {
    pub sequence: u64,
    pub kind: &'static str,
    pub reference: Arc<str>,
    pub recorded_at: Instant,
    pub effective_at: Instant,
    pub postings: Vec<Posting>,
    pub balance: Counts,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terms: Option<Hex<32>>,
    pub hash: Hex<32>,
}

/// One side of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are described in js/src/types.ts")]
pub struct Posting {
    pub package: PackageId,
    pub bucket: &'static str,
    pub segments: i64,
}

impl From<&ledger::Entry> for Entry {
    fn from(entry: &ledger::Entry) -> Self {
        let posting = |posting: &ledger::Posting| Posting {
            package: posting.package,
            bucket: posting.bucket.as_str(),
            segments: posting.segments,
        };
        Self {
            sequence: entry.sequence,
            kind: entry.kind.as_str(),
            reference: Arc::clone(&entry.reference),
            recorded_at: entry.recorded_at,
            effective_at: entry.effective_at,
            postings: entry.postings.iter().map(posting).collect(),
            balance: entry.balance,
            terms: entry.terms.map(Hex),
            hash: Hex(entry.hash),
        }
    }
}

/// Who would pay, and why not the others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are described in js/src/types.ts")]
pub struct Explanation {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    pub segments: u32,
    pub payable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    pub packages: Vec<Considered>,
}

/// A package that was considered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are described in js/src/types.ts")]
pub struct Considered {
    pub package: PackageId,
    pub name: Arc<str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    pub available: u64,
    pub verdict: Verdict,
    pub segments: u32,
}

/// Whether the journal proves the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are described in js/src/types.ts")]
pub struct Verification {
    pub ok: bool,
    pub entries: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<Hex<32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// An account as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are described in js/src/types.ts")]
pub struct Snapshot {
    pub partition: Arc<str>,
    pub entries: Vec<SnapshotEntry>,
}

/// A stored document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are described in js/src/types.ts")]
pub struct SnapshotEntry {
    pub key: String,
    pub value: String,
}
