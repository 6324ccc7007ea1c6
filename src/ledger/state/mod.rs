//! The ledger of one account as it stands in memory: what is known of it. `changes` and `decide` say what commands do to it, `post` writes
//! its entries, `suppose` takes what a question supposes, `undo` leads back and says what a commit must write.

mod changes;
mod decide;
mod post;
mod suppose;
mod time_out;
mod undo;

pub use undo::{Changes, Mark};

use super::FixedMap;
use super::account::{Account, AccountState, Head, PlanState, Profile};
use super::ceilings::Usage;
use super::counts::Counts;
use super::entry::{Entry, EntryKind, Postings};
use super::grant::Grant;
use super::hold::Hold;
use super::in_flight::Read;
use super::open::Open;
use super::order::Order;
use super::package::{Package, PackageId};
use super::record::{Record, RecordId};
use super::scope::Scope;
use super::settings::Settings;
use super::sorted::Sorted;
use crate::calendar::CalendarError;
use crate::catalog::Catalog;
use std::sync::Arc;
use undo::{Undo, Written};

/// Books that do not add up: a document that was tampered with, or a defect here. Nothing is written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// A stored account contradicts itself.
    #[error("the stored account contradicts itself: {0}")]
    Corrupt(String),
    /// More segments or packages than can be counted.
    #[error("the account cannot hold more: {0}")]
    Full(&'static str),
    /// A billing date outside the calendar, or a zone that the host no longer knows.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
}

/// A record at hand, or the fact that there is none.
#[derive(Clone, Debug)]
struct Known<T> {
    record: Option<T>,
    /// The commit that it was last written for: it is written once in each.
    commit: u64,
}

/// The books of one account.
#[derive(Clone, Debug)]
pub struct Ledger {
    catalog: Arc<Catalog>,
    account: Account,
    /// The head as of the last commit.
    stored_head: Head,
    open: Open,
    /// Records of messages, by their ids: they are looked up for every message.
    holds: FixedMap<Arc<str>, Known<Arc<Hold>>>,
    /// All other records.
    others: FixedMap<RecordId, Known<Record>>,
    /// Counts the commits, from 1.
    commit: u64,
    /// What has been read of the messages in flight.
    read: Read,
    undo: Vec<Undo>,
    dirty: Vec<PackageId>,
    closed: Vec<Package>,
    reopened: Vec<PackageId>,
    entries: Vec<Entry>,
    written: Vec<Written>,
    settings: Arc<Settings>,
    /// How often the settings were changed for the next commit.
    settings_changes: usize,
    /// How many of them are orders.
    orders: usize,
    /// Room for the bytes that an entry's hash is taken from.
    bytes: Vec<u8>,
    draws_max: usize,
}

impl Ledger {
    /// Books that have just been opened; the opening is their first entry.
    ///
    /// # Errors
    /// None in practice: the entry has no postings.
    pub fn create(
        catalog: Arc<Catalog>,
        profile: Profile,
        plan: Option<PlanState>,
        gates: Vec<Arc<str>>,
    ) -> Result<Self, LedgerError> {
        let (opened_at, reference) = (profile.opened_at, Arc::clone(&profile.id));
        let head =
            Head { totals: Counts::default(), last_at: opened_at, entries: 0, packages: 0, hash: [0; 32] };
        let account = Account {
            profile: Arc::new(profile),
            head,
            plan,
            gates,
            schedules: Sorted::default(),
            ended: Sorted::default(),
            usage: Usage::default(),
            state: AccountState::default(),
            policy: 0,
            exchange: None,
            in_flight: Vec::new(),
        };
        let mut ledger = Self::empty(catalog, account, Settings::default());
        ledger.set_notice_days();
        let terms = ledger.account.terms();
        ledger.append(EntryKind::Open, reference, opened_at, Postings::default(), (Some(terms), None))?;
        Ok(ledger)
    }

    /// Books as stored: the head, the settings and every open package.
    ///
    /// # Errors
    /// [`LedgerError::Corrupt`] where they do not add up.
    pub fn load(
        catalog: Arc<Catalog>,
        account: Account,
        settings: Settings,
        packages: Vec<Package>,
    ) -> Result<Self, LedgerError> {
        let mut ledger = Self::empty(catalog, account, settings);
        let now = ledger.account.head.last_at;
        ledger.set_notice_days();
        for package in packages {
            // INVARIANT: an open package adds up, still has something in it, and was issued: its number is never given again.
            let issued = (1..=ledger.account.head.packages).contains(&package.id.0);
            if !package.counts.balanced() || !package.counts.open() || !issued {
                return Err(LedgerError::Corrupt(format!("package `{}` does not add up", package.id)));
            }
            ledger.open.put(package.id, Some(package), now, &ledger.catalog.policy);
        }
        ledger.assert_sums()?;
        Ok(ledger)
    }

    fn empty(catalog: Arc<Catalog>, account: Account, settings: Settings) -> Self {
        Self {
            catalog,
            stored_head: account.head,
            account,
            open: Open::default(),
            holds: FixedMap::default(),
            others: FixedMap::default(),
            commit: 1,
            read: Read::default(),
            undo: Vec::new(),
            dirty: Vec::new(),
            closed: Vec::new(),
            reopened: Vec::new(),
            entries: Vec::new(),
            written: Vec::new(),
            settings: Arc::new(settings),
            settings_changes: 0,
            orders: 0,
            bytes: Vec::new(),
            draws_max: usize::MAX,
        }
    }

    // INVARIANT: what is available or held is in open packages, and the head's totals add up.
    fn assert_sums(&self) -> Result<(), LedgerError> {
        let mut sum = (0_u64, 0_u64);
        for package in self.open.iter() {
            sum.0 = sum.0.saturating_add(package.counts.available);
            sum.1 = sum.1.saturating_add(package.counts.held);
        }
        let totals = &self.account.head.totals;
        if sum == (totals.available, totals.held) && totals.balanced() {
            return Ok(());
        }
        Err(LedgerError::Corrupt("its packages do not add up to its totals".to_owned()))
    }

    /// The seller.
    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// The head.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// What the account has set.
    pub fn settings(&self) -> &Arc<Settings> {
        &self.settings
    }

    pub(super) fn notice_days(&self) -> Arc<[u32]> {
        self.open.notice_days()
    }

    fn set_notice_days(&mut self) {
        let alarms = self.settings.alarms.as_ref().or(self.catalog.policy.alarms.as_ref());
        self.open.set_notice_days(alarms.map_or(&[], |alarms| &alarms.expiry_days));
    }

    pub(super) fn open(&self) -> &Open {
        &self.open
    }

    /// From how many packages one message may be paid: what the store can write at once bounds it.
    pub fn limit_draws(&mut self, draws_max: usize) {
        self.draws_max = draws_max;
    }

    pub(super) fn draws_max(&self) -> usize {
        self.draws_max
    }

    /// An open package.
    pub fn package(&self, id: PackageId) -> Option<&Package> {
        self.open.get(id)
    }

    /// The open packages by number.
    pub fn packages(&self) -> impl Iterator<Item = &Package> {
        self.open.iter()
    }

    /// The open packages, and those that have ended since a mark, in draw order. Where time has ended them on the way to a
    /// query, they are still stored as open.
    pub fn ranked_since(&self, mark: Mark) -> Vec<&Package> {
        self.open.ranked(self.closed_since(mark), &self.catalog.policy)
    }

    /// The open packages and those besides that are given, in draw order.
    pub fn ranked_with<'a>(&'a self, besides: &'a [Package]) -> Vec<&'a Package> {
        self.open.ranked(besides, &self.catalog.policy)
    }

    /// Usable and unheld segments by pool, in the order of their scopes; a pool without any is none.
    pub fn pools(&self) -> impl Iterator<Item = (&Scope, u64)> {
        self.open.pools()
    }

    /// Usable and unheld segments of all pools together: what is pending does not count. O(1).
    pub fn usable_total(&self) -> u64 {
        self.open.usable_total()
    }

    /// The record of a message: none where it is not at hand, `Some(None)` where there is none.
    pub fn hold_record(&self, id: &str) -> Option<Option<&Arc<Hold>>> {
        self.holds.get(id).map(|known| known.record.as_ref())
    }

    /// Another record, likewise.
    pub fn record(&self, id: &RecordId) -> Option<Option<&Record>> {
        self.others.get(id).map(|known| known.record.as_ref())
    }

    /// The record of an order; none where there is none or it is not at hand.
    pub fn order(&self, id: &Arc<str>) -> Option<&Arc<Order>> {
        match self.record(&RecordId::Order(Arc::clone(id))) {
            Some(Some(Record::Order(order))) => Some(order),
            _ => None,
        }
    }

    /// The record of a voucher, likewise.
    pub fn grant(&self, id: &Arc<str>) -> Option<&Arc<Grant>> {
        match self.record(&RecordId::Voucher(Arc::clone(id))) {
            Some(Some(Record::Voucher(grant))) => Some(grant),
            _ => None,
        }
    }

    /// Whether a record exists; none where it is not at hand.
    pub fn at_hand(&self, id: &RecordId) -> Option<bool> {
        match id {
            RecordId::Hold(id) => self.holds.get(id).map(|known| known.record.is_some()),
            other => self.others.get(other).map(|known| known.record.is_some()),
        }
    }

    /// Lays a stored record, or the fact that there is none, at hand.
    pub fn know(&mut self, id: RecordId, record: Option<Record>) {
        match (id, record) {
            (RecordId::Hold(id), Some(Record::Hold(hold))) => {
                self.holds.insert(id, Known { record: Some(hold), commit: 0 });
            }
            (RecordId::Hold(id), _) => {
                self.holds.insert(id, Known { record: None, commit: 0 });
            }
            (id, record) => {
                self.others.insert(id, Known { record, commit: 0 });
            }
        }
    }

    /// Forgets a record, which another writer may have changed or made.
    pub fn forget(&mut self, id: &RecordId) {
        match id {
            RecordId::Hold(id) => drop(self.holds.remove(id)),
            other => drop(self.others.remove(other)),
        }
    }

    /// Records at hand.
    pub fn records(&self) -> usize {
        self.holds.len().saturating_add(self.others.len())
    }

    /// Records at hand, open packages, and messages that wait for their time-outs.
    pub fn size(&self) -> usize {
        self.records().saturating_add(self.open.len()).saturating_add(self.read.waiting.len())
    }

    /// Forgets all records: they are read again when they are needed.
    pub fn forget_records(&mut self) {
        self.holds.clear();
        self.others.clear();
    }
}

#[cfg(test)]
impl Ledger {
    /// An account of a seller that was opened in 1970 without a plan.
    pub(in crate::ledger) fn sample(catalog: &str) -> Self {
        let catalog = Arc::new(Catalog::from_json(catalog).unwrap());
        let profile = Profile {
            id: "acme".into(),
            fingerprint: [0; 16],
            catalog: crate::pricing::CatalogId { id: Arc::clone(&catalog.id), revision: catalog.revision },
            zone: "UTC".into(),
            opened_at: crate::calendar::Instant::from_millis(0).unwrap(),
            created_at: None,
            charge_model: None,
        };
        Self::create(catalog, profile, None, Vec::new()).unwrap()
    }
}
