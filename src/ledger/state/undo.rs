//! The way back to a mark, and what a commit must write.

use super::{Known, Ledger};
use crate::ledger::account::{Account, AccountState, Ended, Head, PlanState, ScheduleState};
use crate::ledger::ceilings::{Usage, Used};
use crate::ledger::counts::Counts;
use crate::ledger::entry::Entry;
use crate::ledger::hold::Hold;
use crate::ledger::in_flight::{Stretch, Waiting};
use crate::ledger::migration::Exchange;
use crate::ledger::package::{Package, PackageId};
use crate::ledger::record::{Record, RecordId};
use crate::ledger::scope::Scope;
use crate::ledger::settings::Settings;
use crate::ledger::sorted::Sorted;
use std::borrow::Cow;
use std::sync::Arc;

/// A point to come back to; the default is the last commit.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mark {
    undo: usize,
    dirty: usize,
    closed: usize,
    reopened: usize,
    pub(super) entries: usize,
    written: usize,
    orders: usize,
    settings_changes: usize,
    /// None = as it is stored. With the mark, since every entry changes it: a step back for each would be the largest of all.
    head: Option<Head>,
}

/// Steps that a message makes.
const STEPS: usize = 2;
/// Steps that many messages make besides, where a stretch of the journal begins and where others are joined for it: a list that outgrows its
/// room by one is copied.
const STEPS_BESIDES: usize = 1_024;
/// After a commit, room is kept for as many steps back, and entries and records.
const STEPS_KEPT: usize = 4_096;

/// One step back. Every message makes [`STEPS`]: they are kept small.
#[derive(Clone, Debug)]
pub(super) enum Undo {
    Counts(PackageId, Counts),
    Package(PackageId, Option<Box<Package>>),
    Plan(Box<Option<PlanState>>),
    Ended(Scope, Option<Ended>),
    Hold(Arc<str>, Known<Arc<Hold>>),
    Record(RecordId, Option<Known<Record>>),
    Gates(Vec<Arc<str>>),
    State(AccountState),
    Policy(u32),
    Schedule(Arc<str>, Option<ScheduleState>),
    Settings(Arc<Settings>),
    Usage(Box<Usage>),
    Used(usize, Used),
    Stretch(usize, Stretch),
    StretchAdded,
    StretchGone(usize, Stretch),
    Waiting(usize, Waiting),
    Exchange(Option<Arc<Exchange>>),
}

/// What a commit must write.
#[derive(Debug)]
pub struct Changes<'a> {
    /// The head.
    pub account: &'a Account,
    /// The settings, where they have changed.
    pub settings: Option<&'a Settings>,
    /// Open packages that have changed.
    pub open: Vec<&'a Package>,
    /// Packages that have ended.
    pub ended: Vec<&'a Package>,
    /// Packages that had ended and are open again.
    pub reopened: Vec<PackageId>,
    /// New entries.
    pub entries: &'a [Entry],
    /// Records that have changed, each once, and whether the record is new.
    pub records: Vec<(Cow<'a, Record>, bool)>,
}

/// One writing of a record.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub(super) record: Record,
    /// The record was absent before.
    pub(super) new: bool,
    /// It was written before for the same commit.
    pub(super) again: bool,
    /// Nothing was known of it before, not even that it was absent.
    pub(super) unknown: bool,
}

impl Ledger {
    /// This point, to come back to.
    pub fn mark(&self) -> Mark {
        Mark {
            undo: self.undo.len(),
            dirty: self.dirty.len(),
            closed: self.closed.len(),
            reopened: self.reopened.len(),
            entries: self.entries.len(),
            written: self.written.len(),
            orders: self.orders,
            settings_changes: self.settings_changes,
            head: Some(self.account.head),
        }
    }

    /// Whether anything would have to be written since a mark. The clock alone is not worth a commit.
    pub fn changed_since(&self, mark: Mark) -> bool {
        self.entries.len() > mark.entries
            || self.written.len() > mark.written
            || self.settings_changes > mark.settings_changes
    }

    /// Whether, at a mark, something was to be written already.
    pub fn has_written_before(&self, mark: Mark) -> bool {
        mark.entries > 0 || mark.written > 0 || mark.settings_changes > 0 || mark.dirty > 0
    }

    /// Whether anything is to be written at all: packages, too, that time has changed without an entry.
    pub fn has_changes(&self) -> bool {
        self.has_written_before(self.mark())
    }

    /// What time has done since a mark: entries, or packages touched without one, of which an entry's count twice.
    pub fn effects_since(&self, mark: Mark) -> usize {
        let entries = self.entries.len().saturating_sub(mark.entries);
        entries.max(self.dirty.len().saturating_sub(mark.dirty).div_euclid(2))
    }

    pub(in crate::ledger) fn closed_since(&self, mark: Mark) -> &[Package] {
        self.closed.get(mark.closed..).unwrap_or_default()
    }

    /// Takes back everything since a mark.
    pub fn roll_back(&mut self, mark: Mark) {
        // First, since it tells the time as of which packages go back to their places.
        self.account.head = mark.head.unwrap_or(self.stored_head);
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
        self.reopened.truncate(mark.reopened);
        self.entries.truncate(mark.entries);
        while self.written.len() > mark.written {
            if let Some(Written { record: Record::Hold(hold), unknown: true, .. }) = self.written.pop() {
                self.holds.remove(&hold.id);
            }
        }
        self.orders = mark.orders;
        self.settings_changes = mark.settings_changes;
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
            Undo::Plan(plan) => self.account.plan = *plan,
            Undo::Ended(scope, Some(ended)) => drop(self.account.ended.insert(scope, ended)),
            Undo::Ended(scope, None) => drop(self.account.ended.remove(&scope)),
            Undo::Hold(id, before) => drop(self.holds.insert(id, before)),
            Undo::Record(id, Some(record)) => drop(self.others.insert(id, record)),
            Undo::Record(id, None) => drop(self.others.remove(&id)),
            Undo::Gates(gates) => self.account.gates = gates,
            Undo::State(state) => self.account.state = state,
            Undo::Exchange(exchange) => self.account.exchange = exchange,
            Undo::Policy(revision) => self.account.policy = revision,
            Undo::Schedule(id, Some(state)) => drop(self.account.schedules.insert(id, state)),
            Undo::Schedule(id, None) => drop(self.account.schedules.remove(&id)),
            Undo::Settings(settings) => {
                self.settings = settings;
                self.set_notice_days();
            }
            Undo::Usage(usage) => self.account.usage = *usage,
            Undo::Stretch(index, stretch) => {
                if let Some(known) = self.account.in_flight.get_mut(index) {
                    *known = stretch;
                }
            }
            Undo::StretchAdded => drop(self.account.in_flight.pop()),
            Undo::StretchGone(index, stretch) => self.account.in_flight.insert(index, stretch),
            Undo::Waiting(place, waiting) => self.read.waiting.insert(place, waiting),
            Undo::Used(index, used) => {
                if let Some(row) = self.account.usage.rows.get_mut(index) {
                    *row = used;
                }
            }
        }
        None
    }

    /// How many documents the next commit writes at most.
    pub fn writes(&self) -> usize {
        let lengths = [
            1,
            self.settings_changes.min(1),
            // Each open package once, however often it was changed.
            self.dirty.len().min(self.open.len()),
            self.closed.len(),
            self.closed.len(),
            self.reopened.len(),
            self.entries.len(),
            // An order comes with a note that its payment is open, or with the end of that note.
            self.written.len(),
            self.orders,
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
            settings: (self.settings_changes > 0).then_some(&*self.settings),
            open: dirty.iter().filter_map(|(id, ())| self.open.get(*id)).collect(),
            ended: self.ended(),
            reopened: self.reopened(),
            entries: &self.entries,
            records: self.changed_records(),
        }
    }

    /// Each once, as it ended last, and only where it is not open again.
    fn ended(&self) -> Vec<&Package> {
        let last = |index: usize, id: PackageId| {
            let mut later = self.closed.iter().skip(index.saturating_add(1));
            self.open.get(id).is_none() && !later.any(|package| package.id == id)
        };
        let simple = self.reopened.is_empty();
        let closed = self.closed.iter().enumerate();
        closed
            .filter(|(index, package)| simple || last(*index, package.id))
            .map(|(_, package)| package)
            .collect()
    }

    fn reopened(&self) -> Vec<PackageId> {
        let mut reopened = Sorted::default();
        for id in self.reopened.iter().filter(|id| self.open.get(**id).is_some()) {
            reopened.insert(*id, ());
        }
        reopened.into_keys().collect()
    }

    fn changed_records(&self) -> Vec<(Cow<'_, Record>, bool)> {
        if !self.written.iter().any(|written| written.again) {
            let once = self.written.iter().map(|written| (Cow::Borrowed(&written.record), written.new));
            return once.collect();
        }
        // A record written twice in one commit is new where its first writing was, and stored as its last one left it.
        let last = |written: &Written| match &written.record {
            Record::Hold(hold) => self.holds.get(&hold.id)?.record.clone().map(Record::Hold),
            record => self.others.get(&record.id())?.record.clone(),
        };
        let firsts = self.written.iter().filter(|written| !written.again);
        firsts.filter_map(|written| Some((Cow::Owned(last(written)?), written.new))).collect()
    }

    /// The changes are stored: there is no way back behind this point.
    pub fn committed(&mut self) {
        self.commit = self.commit.wrapping_add(1);
        self.stored_head = self.account.head;
        self.undo.clear();
        self.dirty.clear();
        self.closed.clear();
        self.reopened.clear();
        self.entries.clear();
        self.written.clear();
        self.orders = 0;
        self.settings_changes = 0;
        // What a large batch took is not kept for the small ones to come.
        self.undo.shrink_to(STEPS_KEPT);
        self.entries.shrink_to(STEPS_KEPT);
        self.written.shrink_to(STEPS_KEPT);
    }

    /// Makes room for so many messages that are reserved together.
    pub fn expect_messages(&mut self, messages: usize) {
        self.undo.reserve(messages.saturating_mul(STEPS).saturating_add(STEPS_BESIDES));
        self.entries.reserve(messages);
        self.written.reserve(messages);
        self.holds.reserve(messages);
    }
}
