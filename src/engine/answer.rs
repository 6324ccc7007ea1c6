//! What a caller is told when a command was carried out; `tell` writes it in the shapes of `js/src/types.ts`.

use super::estimate::Estimated;
use super::forecast::Forecast;
use super::pace::Pace;
use super::settings::Settings;
use crate::calendar::Instant;
use crate::catalog::Source;
use crate::ledger::{
    self, AccountState, Adjustment, Contradiction, Counts, Grant, Hold, Migration, NextPlan, Note, Order,
    PackageId, Reason, Scope, Status, Verdict,
};
use crate::money::Price;
use crate::numbering::Region;
use crate::pricing::{CatalogId, Ineligible, Quote};
use crate::storage::Hex;
use std::sync::Arc;

/// The answer to a command.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// To `openAccount`.
    Account(Box<Account>),
    /// To `purchase`, `confirmPayment`, `refund` and `order`.
    Order(Arc<Order>),
    /// An order as it would be.
    WouldRefund(Arc<Order>),
    /// To `orders`.
    Orders(Orders),
    /// To `quote` for an account.
    Quote(Box<Quote>),
    /// To `grantVoucher`.
    Voucher(Box<OwnVoucher>),
    /// To `vouchers`.
    Vouchers(Vouchers),
    /// To `adjust`.
    Adjustment(Arc<Adjustment>),
    /// To `migrate` and `revertMigration`.
    Migration(Arc<Migration>),
    /// A migration as it would be.
    WouldMigrate(Box<WouldMigrate>),
    /// To `reserve` and `preview`.
    Reserved(Reserved),
    /// To `reserveBatch` in the mode `all_or_nothing`: one for each message, in order.
    Batch(Vec<Reserved>),
    /// To `estimate`.
    Estimate(Box<Estimated>),
    /// To `settle`, `release` and `report`.
    Outcome(Outcome),
    /// To `settings` and the commands that change them.
    Settings(Box<Settings>),
    /// To `balance`.
    Balance(Box<Balance>),
    /// To `activate`.
    Package(Box<Package>),
    /// To `packages`.
    Packages(Vec<Package>),
    /// To `forecast`.
    Forecast(Box<Forecast>),
    /// To `pace`.
    Pace(Box<Pace>),
    /// To `endedPackages`.
    EndedPackages(EndedPackages),
    /// To `eventPage`.
    Events(Events),
    /// To `entries`.
    Entries(Entries),
    /// To `explain`.
    Explanation(Box<Explanation>),
    /// To `verify`.
    Verification(Box<Verification>),
    /// To `snapshot`.
    Snapshot(Snapshot),
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are described in js/src/types.ts")]
pub struct Account {
    pub id: Arc<str>,
    pub catalog: CatalogId,
    pub zone: Arc<str>,
    pub opened_at: Instant,
    pub plan: Option<Arc<str>>,
    pub billing_anchor: Option<Instant>,
    pub renews_at: Option<Instant>,
    pub next_plan: Option<NextPlan>,
    pub plan_gone: bool,
    pub gates: Vec<Arc<str>>,
    pub state: AccountState,
    pub created_at: Option<Instant>,
    pub charge_model: Option<Arc<str>>,
    pub migration: Option<Arc<str>>,
}

/// A migration as it would be: what becomes of each package.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are described in js/src/types.ts")]
pub struct WouldMigrate {
    pub migration: Migration,
    pub exchanges: Vec<Exchanged>,
}

/// What would become of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are described in js/src/types.ts")]
pub struct Exchanged {
    pub package: PackageId,
    pub name: Arc<str>,
    pub before: u64,
    pub after: u64,
}

/// The orders of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are described in js/src/types.ts")]
pub struct Orders {
    pub orders: Vec<Arc<Order>>,
    pub next: Option<Arc<str>>,
}

/// A voucher of an account, and whether it applies.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are described in js/src/types.ts")]
pub struct OwnVoucher {
    pub grant: Arc<Grant>,
    pub reason: Option<Ineligible>,
    pub discount: Option<Price>,
}

/// The vouchers of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are described in js/src/types.ts")]
pub struct Vouchers {
    pub vouchers: Vec<OwnVoucher>,
    pub next: Option<Arc<str>>,
}

/// What a message takes from whom: its record, or, in a preview, what its record would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reserved {
    /// The message, whose draws pay.
    pub hold: Arc<Hold>,
    /// False in a preview, which has no id and no time.
    pub recorded: bool,
}

/// What has become of a hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The message, with what decided it.
    pub hold: Arc<Hold>,
    /// Whether what was said is what stands.
    pub applied: bool,
}

impl Outcome {
    /// Segments spent, given back, and given back too late; none of each while nothing is decided.
    pub fn segments(&self) -> [u32; 3] {
        let decision = self.hold.decision.as_ref();
        decision.map_or([0; 3], |decision| [decision.spent, decision.released, decision.expired])
    }

    /// The last word that did not stand.
    pub fn contradicted(&self) -> Option<&Contradiction> {
        self.hold.decision.as_ref().and(self.hold.contradictions.iter().rfind(|said| !said.stood))
    }
}

/// What there is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are described in js/src/types.ts")]
pub struct Balance {
    pub account: Arc<str>,
    pub at: Instant,
    pub counts: Counts,
    pub pools: Vec<PoolBalance>,
    pub stranded: u64,
    pub next_due: Option<Instant>,
}

/// Usable segments of the packages of one scope.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are described in js/src/types.ts")]
pub struct PoolBalance {
    pub scope: Scope,
    pub available: u64,
}

/// A package as of an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are described in js/src/types.ts")]
pub struct Package {
    pub id: PackageId,
    pub name: Arc<str>,
    pub source: Source,
    pub category: Option<Arc<str>>,
    pub scope: Scope,
    pub status: Status,
    pub counts: Counts,
    pub issued_at: Instant,
    pub effective_at: Instant,
    pub expires_at: Option<Instant>,
    pub grace_until: Option<Instant>,
    pub order: Option<Arc<str>>,
    pub stranded: u64,
    pub exchanged: Option<u64>,
}

impl Package {
    /// A package with its status at an instant.
    pub fn at(package: &ledger::Package, now: Instant) -> Self {
        Self {
            id: package.id,
            name: Arc::clone(&package.name),
            source: package.source,
            category: package.category.clone(),
            scope: package.scope.clone(),
            status: package.status(now),
            counts: package.counts,
            issued_at: package.issued_at,
            effective_at: package.effective_at,
            expires_at: package.expires_at,
            grace_until: package.grace_until,
            stranded: 0,
            exchanged: package.exchanged,
            order: matches!(package.source, Source::Purchase | Source::Recharge)
                .then(|| Arc::clone(&package.reference)),
        }
    }
}

/// A page of ended packages.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are described in js/src/types.ts")]
pub struct EndedPackages {
    pub packages: Vec<Package>,
    pub next: Option<u64>,
}

/// A page of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are described in js/src/types.ts")]
pub struct Entries {
    pub entries: Vec<Entry>,
    pub next: Option<u64>,
}

/// A page of the events.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are described in js/src/types.ts")]
pub struct Events {
    pub events: Vec<Entry>,
    pub cursor: u64,
    pub more: bool,
}

/// A line of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are described in js/src/types.ts")]
pub struct Entry {
    pub sequence: u64,
    pub kind: &'static str,
    pub reference: Arc<str>,
    pub recorded_at: Instant,
    pub effective_at: Instant,
    pub postings: Vec<Posting>,
    pub balance: Counts,
    pub terms: Option<Hex<32>>,
    pub note: Option<Box<Note>>,
    pub hash: Hex<32>,
}

/// One side of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
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
            terms: entry.terms.as_deref().copied().map(Hex),
            note: entry.note.clone(),
            hash: Hex(entry.hash),
        }
    }
}

/// Who would pay, and why not the others.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are described in js/src/types.ts")]
pub struct Explanation {
    pub region: Option<Region>,
    pub purpose: Option<Arc<str>>,
    pub project: Option<Arc<str>>,
    pub segments: u32,
    pub credits: Option<u32>,
    pub payable: bool,
    pub reason: Option<Reason>,
    pub packages: Vec<Considered>,
}

/// A package that was considered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are described in js/src/types.ts")]
pub struct Considered {
    pub package: PackageId,
    pub name: Arc<str>,
    pub scope: Scope,
    pub available: u64,
    pub verdict: Verdict,
    pub segments: u32,
}

/// Whether the journal proves the account.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are described in js/src/types.ts")]
pub struct Verification {
    pub ok: bool,
    pub entries: u64,
    pub hash: Option<Hex<32>>,
    pub problem: Option<String>,
}

/// An account as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are described in js/src/types.ts")]
pub struct Snapshot {
    pub partition: Arc<str>,
    pub entries: Vec<SnapshotEntry>,
}

/// A stored document.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are described in js/src/types.ts")]
pub struct SnapshotEntry {
    pub key: String,
    pub value: String,
}
