//! The ledger of one account as it stands in memory, its changes since the last commit, and the way back.

use super::account::{Account, Ended, Head, PlanState, Profile};
use super::counts::{Bucket, Counts};
use super::entry::{Entry, EntryKind, Posting};
use super::hold::Hold;
use super::open::Open;
use super::order::Order;
use super::package::{Package, PackageId};
use super::sorted::Sorted;
use super::{Decision, Draw, FixedMap, HoldState, Verb};
use crate::calendar::{CalendarError, Instant};
use crate::catalog::Catalog;
use crate::numbering::Region;
use std::sync::Arc;

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

/// The record of a caller's id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// Of a message.
    Hold(Arc<Hold>),
    /// Of a purchase.
    Order(Arc<Order>),
}

/// A point to come back to; the default is the last commit.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mark {
    undo: usize,
    dirty: usize,
    closed: usize,
    entries: usize,
    written: usize,
}

/// One step back.
#[derive(Clone, Debug)]
enum Undo {
    Counts(PackageId, Counts),
    Package(PackageId, Option<Box<Package>>),
    Head(Head),
    Plan(Option<PlanState>),
    Ended(Option<Region>, Option<Ended>),
    Hold(Arc<str>, Option<Option<Arc<Hold>>>),
    Order(Arc<str>, Option<Option<Arc<Order>>>),
}

/// What a commit must write.
#[derive(Debug)]
pub struct Changes<'a> {
    /// The head.
    pub account: &'a Account,
    /// Open packages that have changed.
    pub open: Vec<&'a Package>,
    /// Packages that have ended.
    pub ended: &'a [Package],
    /// New entries.
    pub entries: &'a [Entry],
    /// Records that have changed, each once, and whether the record is new.
    pub records: Vec<(Record, bool)>,
}

/// The books of one account.
#[derive(Clone, Debug)]
pub struct Ledger {
    catalog: Arc<Catalog>,
    account: Account,
    open: Open,
    holds: FixedMap<Arc<str>, Option<Arc<Hold>>>,
    orders: FixedMap<Arc<str>, Option<Arc<Order>>>,
    undo: Vec<Undo>,
    dirty: Vec<PackageId>,
    closed: Vec<Package>,
    entries: Vec<Entry>,
    written: Vec<(RecordKind, Arc<str>, bool)>,
    draws_max: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RecordKind {
    Hold,
    Order,
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
    ) -> Result<Self, LedgerError> {
        let (opened_at, reference) = (profile.opened_at, Arc::clone(&profile.id));
        let head =
            Head { totals: Counts::default(), last_at: opened_at, entries: 0, packages: 0, hash: [0; 32] };
        let account = Account { profile: Arc::new(profile), head, plan, ended: Sorted::default() };
        let mut ledger = Self::empty(catalog, account);
        ledger.post(EntryKind::Open, reference, opened_at, Vec::new())?;
        Ok(ledger)
    }

    /// Books as stored: the head and every open package.
    ///
    /// # Errors
    /// [`LedgerError::Corrupt`] where they do not add up.
    pub fn load(
        catalog: Arc<Catalog>,
        account: Account,
        packages: Vec<Package>,
    ) -> Result<Self, LedgerError> {
        let mut ledger = Self::empty(catalog, account);
        let now = ledger.account.head.last_at;
        for package in packages {
            // INVARIANT: an open package adds up and still has something in it.
            if !package.counts.balanced() || !package.counts.open() {
                return Err(LedgerError::Corrupt(format!("package `{}` does not add up", package.id)));
            }
            ledger.open.put(package.id, Some(package), now, &ledger.catalog.policy);
        }
        ledger.assert_sums()?;
        Ok(ledger)
    }

    fn empty(catalog: Arc<Catalog>, account: Account) -> Self {
        Self {
            catalog,
            account,
            open: Open::default(),
            holds: FixedMap::default(),
            orders: FixedMap::default(),
            undo: Vec::new(),
            dirty: Vec::new(),
            closed: Vec::new(),
            entries: Vec::new(),
            written: Vec::new(),
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

    /// The open packages in draw order.
    pub fn ranked(&self) -> Vec<&Package> {
        self.open.ranked(&self.catalog.policy)
    }

    /// Usable and unheld segments by the region they are bound to.
    pub fn usable(&self) -> Vec<(Option<Region>, u64)> {
        self.open.usable()
    }

    /// The record of a message: none where it is not at hand, `Some(None)` where there is none.
    pub fn hold_record(&self, id: &str) -> Option<Option<&Arc<Hold>>> {
        self.holds.get(id).map(Option::as_ref)
    }

    /// The record of an order, likewise.
    pub fn order_record(&self, id: &str) -> Option<Option<&Arc<Order>>> {
        self.orders.get(id).map(Option::as_ref)
    }

    /// Lays a stored record, or the fact that there is none, at hand.
    pub fn know_hold(&mut self, id: Arc<str>, hold: Option<Arc<Hold>>) {
        self.holds.insert(id, hold);
    }

    /// Lays a stored record, or the fact that there is none, at hand.
    pub fn know_order(&mut self, id: Arc<str>, order: Option<Arc<Order>>) {
        self.orders.insert(id, order);
    }

    /// Forgets a record, which another writer may have changed or made.
    pub fn forget_hold(&mut self, id: &str) {
        self.holds.remove(id);
    }

    /// Forgets a record, likewise.
    pub fn forget_order(&mut self, id: &str) {
        self.orders.remove(id);
    }

    /// Records at hand.
    pub fn records(&self) -> usize {
        self.holds.len().saturating_add(self.orders.len())
    }

    /// Records at hand, and open packages.
    pub fn size(&self) -> usize {
        self.records().saturating_add(self.open.len())
    }

    /// Forgets all records: they are read again when they are needed.
    pub fn forget_records(&mut self) {
        self.holds = FixedMap::default();
        self.orders = FixedMap::default();
    }

    // --- changes ---

    /// Moves the account's clock; it never runs backwards.
    pub fn set_clock(&mut self, now: Instant) -> Instant {
        if now > self.account.head.last_at {
            self.undo.push(Undo::Head(self.account.head));
            self.account.head.last_at = now;
        }
        self.account.head.last_at
    }

    /// Issues a package: its segments come into being.
    ///
    /// # Errors
    /// [`LedgerError::Full`] where there are too many packages or segments.
    pub fn issue(
        &mut self,
        kind: EntryKind,
        package: Package,
        segments: u64,
    ) -> Result<PackageId, LedgerError> {
        let (id, effective_at, reference) =
            (package.id, package.effective_at, Arc::clone(&package.reference));
        let segments = i64::try_from(segments).map_err(|_| LedgerError::Full("too many segments"))?;
        self.undo.push(Undo::Head(self.account.head));
        self.account.head.packages = id.0;
        self.put_package(id, Some(package));
        let posting = |bucket, segments| Posting { package: id, bucket, segments };
        let issued = segments.checked_neg().ok_or(LedgerError::Full("too many segments"))?;
        let effective_at = if kind == EntryKind::Plan { effective_at } else { self.account.head.last_at };
        self.post(
            kind,
            reference,
            effective_at,
            vec![posting(Bucket::Issued, issued), posting(Bucket::Available, segments)],
        )?;
        Ok(id)
    }

    /// The number of the next package.
    ///
    /// # Errors
    /// [`LedgerError::Full`] where numbers have run out.
    pub fn next_package(&self) -> Result<PackageId, LedgerError> {
        self.account.head.packages.checked_add(1).map(PackageId).ok_or(LedgerError::Full("too many packages"))
    }

    /// Sets a message's segments aside and records it.
    ///
    /// # Errors
    /// [`LedgerError::Corrupt`] where a draw takes what is not there.
    pub fn hold(&mut self, mut hold: Hold) -> Result<Arc<Hold>, LedgerError> {
        let mut postings = Vec::with_capacity(hold.draws.len().saturating_mul(2));
        for draw in &hold.draws {
            move_segments(&mut postings, *draw, Bucket::Available, Bucket::Held);
        }
        self.post(EntryKind::Reserve, Arc::clone(&hold.id), hold.at, postings)?;
        hold.available = self.account.head.totals.available;
        Ok(self.put_hold(hold))
    }

    /// Records a message that nothing can pay; no balance changes.
    pub fn refuse(&mut self, hold: Hold) -> Arc<Hold> {
        self.put_hold(hold)
    }

    /// Ends a hold: `spent` of its segments are spent, first drawn first; the rest goes back where it came from, or is
    /// breakage where that package has expired meanwhile (domain rule 23).
    ///
    /// # Errors
    /// [`LedgerError::Corrupt`] where a package does not hold what the hold drew.
    pub fn decide(&mut self, hold: &Hold, verb: Verb, spent: u32) -> Result<Arc<Hold>, LedgerError> {
        let now = self.account.head.last_at;
        let (mut postings, mut unspent, mut released, mut expired) = (Vec::new(), spent, 0_u32, 0_u32);
        for draw in &hold.draws {
            let paid = draw.segments.min(unspent);
            unspent = unspent.saturating_sub(paid);
            let back = draw.segments.saturating_sub(paid);
            let late = self
                .open
                .get(draw.package)
                .and_then(|package| package.expires_at)
                .is_some_and(|end| end <= now);
            move_segments(&mut postings, Draw { segments: paid, ..*draw }, Bucket::Held, Bucket::Spent);
            let place = if late { Bucket::Expired } else { Bucket::Available };
            move_segments(&mut postings, Draw { segments: back, ..*draw }, Bucket::Held, place);
            let count = if late { &mut expired } else { &mut released };
            *count = count.saturating_add(back);
        }
        let (kind, state) = if spent > 0 {
            (EntryKind::Settle, HoldState::Settled)
        } else {
            (EntryKind::Release, HoldState::Released)
        };
        self.post(kind, Arc::clone(&hold.id), now, postings)?;
        let available = self.account.head.totals.available;
        let decision = Decision { verb, spent, released, expired, at: now, available };
        Ok(self.put_hold(Hold { state, decision: Some(decision), ..hold.clone() }))
    }

    fn put_hold(&mut self, hold: Hold) -> Arc<Hold> {
        let (id, hold) = (Arc::clone(&hold.id), Arc::new(hold));
        let before = self.holds.insert(Arc::clone(&id), Some(Arc::clone(&hold)));
        let new = !matches!(before, Some(Some(_)));
        self.undo.push(Undo::Hold(Arc::clone(&id), before));
        self.written.push((RecordKind::Hold, id, new));
        hold
    }

    /// Records a purchase.
    pub fn put_order(&mut self, order: Order) -> Arc<Order> {
        let (id, order) = (Arc::clone(&order.id), Arc::new(order));
        let before = self.orders.insert(Arc::clone(&id), Some(Arc::clone(&order)));
        let new = !matches!(before, Some(Some(_)));
        self.undo.push(Undo::Order(Arc::clone(&id), before));
        self.written.push((RecordKind::Order, id, new));
        order
    }

    pub(super) fn set_plan(&mut self, plan: PlanState) {
        self.undo.push(Undo::Plan(self.account.plan.replace(plan)));
    }

    /// Puts a package that time has changed where it now belongs.
    pub(super) fn relist(&mut self, id: PackageId) {
        let before = self.open.get(id).map(|package| package.counts);
        if let Some(counts) = before {
            self.undo.push(Undo::Counts(id, counts));
        }
        self.open.relist(id, self.account.head.last_at, &self.catalog.policy);
    }

    /// Writes an entry and applies its postings; a package in which nothing is left is closed.
    pub(super) fn post(
        &mut self,
        kind: EntryKind,
        reference: Arc<str>,
        effective_at: Instant,
        postings: Vec<Posting>,
    ) -> Result<(), LedgerError> {
        // INVARIANT: double entry.
        let sum = postings.iter().try_fold(0_i64, |sum, posting| sum.checked_add(posting.segments));
        if sum != Some(0) {
            return Err(LedgerError::Corrupt("an entry does not sum to zero".to_owned()));
        }
        self.undo.push(Undo::Head(self.account.head));
        for posting in &postings {
            self.apply(posting)?;
        }
        self.assert_posted(&postings)?;
        let head = &mut self.account.head;
        head.entries = head.entries.checked_add(1).ok_or(LedgerError::Full("too many entries"))?;
        let mut entry = Entry {
            sequence: head.entries,
            kind,
            reference,
            recorded_at: head.last_at,
            effective_at,
            postings,
            balance: head.totals,
            hash: [0; 32],
        };
        entry.hash = entry.chained(&head.hash);
        head.hash = entry.hash;
        self.close_ended(&entry.postings);
        self.entries.push(entry);
        Ok(())
    }

    fn apply(&mut self, posting: &Posting) -> Result<(), LedgerError> {
        let corrupt = || {
            LedgerError::Corrupt(format!(
                "package `{}` has not got `{}` {}",
                posting.package,
                posting.segments,
                posting.bucket.as_str()
            ))
        };
        let before = self.open.get(posting.package).ok_or_else(corrupt)?.counts;
        let after = before.posted(posting.bucket, posting.segments).ok_or_else(corrupt)?;
        self.undo.push(Undo::Counts(posting.package, before));
        if self.dirty.last() != Some(&posting.package) {
            self.dirty.push(posting.package);
        }
        self.open.set_counts(posting.package, after, self.account.head.last_at, &self.catalog.policy);
        let totals = self.account.head.totals.posted(posting.bucket, posting.segments);
        self.account.head.totals = totals.ok_or(LedgerError::Full("too many segments"))?;
        Ok(())
    }

    // INVARIANT: after an entry each package it touched adds up, and so does the account.
    fn assert_posted(&self, postings: &[Posting]) -> Result<(), LedgerError> {
        let adds_up = |posting: &Posting| {
            self.open.get(posting.package).is_some_and(|package| package.counts.balanced())
        };
        if postings.iter().all(adds_up) && self.account.head.totals.balanced() {
            return Ok(());
        }
        Err(LedgerError::Corrupt("an entry leaves a package that does not add up".to_owned()))
    }

    fn close_ended(&mut self, postings: &[Posting]) {
        for posting in postings {
            if self.open.get(posting.package).is_some_and(|package| !package.counts.open()) {
                self.close(posting.package);
            }
        }
    }

    fn close(&mut self, id: PackageId) {
        let Some(package) = self.put_package(id, None) else { return };
        let before = self.account.ended.get(&package.region).copied();
        let ended = Ended { at: self.account.head.last_at, expired: package.counts.expired > 0 };
        self.undo.push(Undo::Ended(package.region, before));
        self.account.ended.insert(package.region, ended);
        self.closed.push(package);
    }

    fn put_package(&mut self, id: PackageId, package: Option<Package>) -> Option<Package> {
        let before = self.open.put(id, package, self.account.head.last_at, &self.catalog.policy);
        self.undo.push(Undo::Package(id, before.clone().map(Box::new)));
        self.dirty.push(id);
        before
    }

    // --- commit and rollback ---

    /// This point, to come back to.
    pub fn mark(&self) -> Mark {
        Mark {
            undo: self.undo.len(),
            dirty: self.dirty.len(),
            closed: self.closed.len(),
            entries: self.entries.len(),
            written: self.written.len(),
        }
    }

    /// Whether anything would have to be written since a mark. The clock alone is not worth a commit.
    pub fn changed_since(&self, mark: Mark) -> bool {
        self.entries.len() > mark.entries || self.written.len() > mark.written
    }

    /// Entries written since a mark.
    pub fn entries_since(&self, mark: Mark) -> usize {
        self.entries.len().saturating_sub(mark.entries)
    }

    /// Takes back everything since a mark.
    pub fn roll_back(&mut self, mark: Mark) {
        let mut moved = Sorted::default();
        while self.undo.len() > mark.undo {
            let Some(step) = self.undo.pop() else { break };
            if let Some(id) = self.step_back(step) {
                moved.insert(id, ());
            }
        }
        for (id, ()) in moved.iter() {
            self.open.relist(*id, self.account.head.last_at, &self.catalog.policy);
        }
        self.dirty.truncate(mark.dirty);
        self.closed.truncate(mark.closed);
        self.entries.truncate(mark.entries);
        self.written.truncate(mark.written);
    }

    fn step_back(&mut self, step: Undo) -> Option<PackageId> {
        let (now, policy) = (self.account.head.last_at, &self.catalog.policy);
        match step {
            Undo::Counts(id, counts) => {
                self.open.set_counts(id, counts, now, policy);
                return Some(id);
            }
            Undo::Package(id, package) => {
                self.open.put(id, package.map(|package| *package), now, policy);
                return Some(id);
            }
            Undo::Head(head) => self.account.head = head,
            Undo::Plan(plan) => self.account.plan = plan,
            Undo::Ended(region, Some(ended)) => drop(self.account.ended.insert(region, ended)),
            Undo::Ended(region, None) => drop(self.account.ended.remove(&region)),
            Undo::Hold(id, Some(hold)) => drop(self.holds.insert(id, hold)),
            Undo::Hold(id, None) => drop(self.holds.remove(&id)),
            Undo::Order(id, Some(order)) => drop(self.orders.insert(id, order)),
            Undo::Order(id, None) => drop(self.orders.remove(&id)),
        }
        None
    }

    /// How many documents the next commit writes at most.
    pub fn writes(&self) -> usize {
        let lengths = [
            1,
            self.dirty.len(),
            self.closed.len(),
            self.closed.len(),
            self.entries.len(),
            self.written.len(),
        ];
        lengths.into_iter().fold(0, usize::saturating_add)
    }

    /// What the next commit must write.
    pub fn changes(&self) -> Changes<'_> {
        let mut dirty = Sorted::default();
        for id in &self.dirty {
            dirty.insert(*id, ());
        }
        Changes {
            account: &self.account,
            open: dirty.iter().filter_map(|(id, ())| self.open.get(*id)).collect(),
            ended: &self.closed,
            entries: &self.entries,
            records: self.changed_records(),
        }
    }

    fn changed_records(&self) -> Vec<(Record, bool)> {
        // A record written twice in one commit is new where its first writing was.
        let mut seen = Sorted::default();
        let first = |(kind, id, _): &&(RecordKind, Arc<str>, bool)| {
            seen.insert((*kind == RecordKind::Hold, Arc::clone(id)), ()).is_none()
        };
        let firsts: Vec<_> = self.written.iter().filter(first).collect();
        let record = |(kind, id, new): &(RecordKind, Arc<str>, bool)| {
            let record = match kind {
                RecordKind::Hold => self.holds.get(id).and_then(Option::clone).map(Record::Hold),
                RecordKind::Order => self.orders.get(id).and_then(Option::clone).map(Record::Order),
            };
            record.map(|record| (record, *new))
        };
        firsts.into_iter().filter_map(record).collect()
    }

    /// The changes are stored: there is no way back behind this point.
    pub fn committed(&mut self) {
        self.undo.clear();
        self.dirty.clear();
        self.closed.clear();
        self.entries.clear();
        self.written.clear();
    }
}

fn move_segments(postings: &mut Vec<Posting>, draw: Draw, from: Bucket, to: Bucket) {
    if draw.segments > 0 {
        let segments = i64::from(draw.segments);
        postings.push(Posting { package: draw.package, bucket: from, segments: segments.saturating_neg() });
        postings.push(Posting { package: draw.package, bucket: to, segments });
    }
}
