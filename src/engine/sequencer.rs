//! The sequencer: queues commands by account, says what to read and commit, and lets answers out only when they are proven.
//!
//! An answer leaves when the batch that carries its record is applied, or, where it needs no record, when a look at the head
//! that began after the command came has shown that the account is as it was decided on.

use super::answer::Answer;
use super::command::Command;
use super::decide::{Context, Decided, EFFECTS_PER_COMMIT_MAX, decide};
use super::error::{Code, Error, Result};
use super::scan::{Scan, Step};
use super::slot::{Flight, Group, Job, Known, Loading, Slot};
use crate::calendar::{Instant, Zones};
use crate::catalog::Catalog;
use crate::ledger::{FixedMap, Ledger, LedgerError, Mark, Sorted};
use crate::storage::documents::{ACCOUNT, HOLD, OPEN, ORDER, hold_key, order_key};
use crate::storage::{
    Batch, Limits, Range, StoredEntry, batch, decode_account, decode_hold, decode_order, decode_package,
};
use serde_json::json;
use std::collections::VecDeque;
use std::sync::Arc;

/// Entries in one page of a list.
const PAGE_ENTRIES: u32 = 1_000;
/// Races that an account may lose in a row before its callers are told.
const TRIES_MAX: u32 = 64;
/// Commands decided in one commit.
const GROUP_MAX: usize = 512;
/// What a record or a package takes in memory, roughly, in bytes.
const DOCUMENT_BYTES: usize = 512;
/// Commands between two looks at the size of the cache.
const EVICT_EVERY: u64 = 256;
/// Records kept at hand for one account.
const RECORDS_MAX: usize = 16_384;

/// How a sequencer works.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// What the store can take in one commit.
    pub limits: Limits,
    /// Whether this process is the only writer, so that what is known is current.
    pub exclusive: bool,
    /// Most bytes of accounts kept in memory.
    pub cache_bytes_max: usize,
    /// Most commands that may wait on one account.
    pub queue_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            exclusive: false,
            cache_bytes_max: 64 * 1024 * 1024,
            queue_max: 10_000,
        }
    }
}

/// What the driver must do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Read the keys and then, in order, the ranges.
    Read {
        /// Names the reply.
        read: u32,
        /// Races lost in a row: wait a random time before reading.
        tries: u32,
        /// Where.
        partition: Arc<str>,
        /// Keys.
        keys: Vec<String>,
        /// Ranges.
        ranges: Vec<Range>,
    },
    /// Commit the batch.
    Commit {
        /// Names the reply.
        commit: u32,
        /// Where.
        partition: Arc<str>,
        /// What.
        batch: Batch,
    },
}

/// What a read brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// One for each key.
    pub keys: Vec<Option<StoredEntry>>,
    /// One for each range.
    pub ranges: Vec<Vec<StoredEntry>>,
}

/// What the reply to a read must look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// The keys asked.
    pub keys: Vec<String>,
    /// How many ranges.
    pub ranges: usize,
}

/// An answer with its ticket.
pub type Finished = (u32, Result<Answer>);

#[derive(Clone, Debug)]
enum Waiting {
    Account(Arc<str>),
    Scan(u32),
}

/// See the module.
pub struct Sequencer {
    catalog: Arc<Catalog>,
    zones: Box<dyn Zones>,
    options: Options,
    slots: FixedMap<Arc<str>, Slot>,
    scans: FixedMap<u32, Scan>,
    reads: FixedMap<u32, (Waiting, Shape)>,
    commits: FixedMap<u32, Arc<str>>,
    ready: VecDeque<Arc<str>>,
    actions: Vec<Action>,
    finished: Vec<Finished>,
    serial: u64,
    next_id: u32,
    /// The serial at which the cache was last measured.
    evicted: u64,
}

impl Sequencer {
    /// A sequencer for one seller's accounts.
    pub fn new(catalog: Arc<Catalog>, zones: Box<dyn Zones>, options: Options) -> Self {
        Self {
            catalog,
            zones,
            options,
            slots: FixedMap::default(),
            scans: FixedMap::default(),
            reads: FixedMap::default(),
            commits: FixedMap::default(),
            ready: VecDeque::new(),
            actions: Vec::new(),
            finished: Vec::new(),
            serial: 0,
            next_id: 0,
            evicted: 0,
        }
    }

    /// The seller.
    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// Rules of the host's zones.
    pub fn zones(&self) -> &dyn Zones {
        &*self.zones
    }

    /// Answers a ticket without any account.
    pub fn finish(&mut self, ticket: u32, answer: Result<Answer>) {
        self.finished.push((ticket, answer));
    }

    /// Queues a command on its account.
    pub fn enqueue(&mut self, ticket: u32, account: &str, command: Command, now: Instant) {
        self.serial = self.serial.wrapping_add(1);
        if let Some(scan) = Scan::of(account, &command) {
            return self.start_scan(ticket, scan);
        }
        let (serial, queue_max) = (self.serial, self.options.queue_max);
        let (id, slot) = self.slot(account);
        if slot.queue.len() >= queue_max {
            let message = format!("{queue_max} commands already wait on `{account}`: try again later");
            let error =
                Error::new(Code::Overloaded, message, json!({ "account": account, "queueMax": queue_max }));
            return self.finish(ticket, Err(error));
        }
        let wakes = slot.queue.is_empty() && slot.flight.is_none();
        slot.queue.push_back(Job { ticket, command, now, serial });
        slot.last_used = serial;
        if wakes {
            self.ready.push_back(id);
        }
    }

    fn slot(&mut self, account: &str) -> (Arc<str>, &mut Slot) {
        let id = match self.slots.get_key_value(account) {
            Some((id, _)) => Arc::clone(id),
            None => Arc::from(account),
        };
        let slot = self.slots.entry(Arc::clone(&id)).or_default();
        (id, slot)
    }

    /// What must be done now, and the answers that may leave.
    pub fn poll(&mut self) -> (Vec<Action>, Vec<Finished>) {
        while let Some(account) = self.ready.pop_front() {
            self.turn(&account);
        }
        self.evict();
        (std::mem::take(&mut self.actions), std::mem::take(&mut self.finished))
    }

    /// What the reply to a read must look like; none for a read that nobody waits for.
    pub fn shape(&self, read: u32) -> Option<Shape> {
        self.reads.get(&read).map(|(_, shape)| shape.clone())
    }

    // --- replies ---

    /// What a read brought.
    pub fn loaded(&mut self, read: u32, loaded: Loaded) {
        match self.reads.remove(&read) {
            Some((Waiting::Scan(ticket), _)) => self.step_scan(ticket, Ok(loaded)),
            Some((Waiting::Account(account), _)) => self.loaded_account(&account, loaded),
            // A reply that was given twice says nothing new.
            None => {}
        }
    }

    /// A read that failed.
    pub fn read_failed(&mut self, read: u32, message: &str) {
        let error = Error::new(
            Code::StorageUnavailable,
            format!("the store could not be read: {message}"),
            json!({}),
        );
        match self.reads.remove(&read) {
            Some((Waiting::Scan(ticket), _)) => self.step_scan(ticket, Err(error)),
            Some((Waiting::Account(account), _)) => self.fail_account(&account, &error),
            None => {}
        }
    }

    /// A commit that was applied.
    pub fn committed(&mut self, commit: u32, revision: &str) {
        let Some((account, group)) = self.landed(commit) else { return };
        if let Some(slot) = self.slots.get_mut(&account) {
            if let Some(known) = &mut slot.known {
                if let Some(ledger) = &mut known.ledger {
                    ledger.committed();
                }
                known.revision = Some(revision.to_owned());
                known.validated = group.serial;
            }
            slot.tries = 0;
        }
        self.release(&account, group);
    }

    /// A commit that was certainly not applied.
    pub fn refused(&mut self, commit: u32, stale: &[String]) {
        let Some((account, group)) = self.landed(commit) else { return };
        let records =
            !stale.is_empty() && stale.iter().all(|key| key.starts_with(HOLD) || key.starts_with(ORDER));
        let Some(slot) = self.slots.get_mut(&account) else { return };
        roll_back(slot, &group);
        if records && !group.created {
            for key in stale {
                forget(slot, key);
                slot.suspects.insert(key.clone(), ());
            }
        } else {
            slot.known = None;
            slot.suspects = Sorted::default();
        }
        self.decide_again(&account, group);
    }

    /// Another writer was first: the group is decided again, but not for ever.
    fn decide_again(&mut self, account: &Arc<str>, group: Group) {
        let Some(slot) = self.slots.get_mut(account) else { return };
        slot.tries = slot.tries.saturating_add(1);
        if slot.tries > TRIES_MAX {
            slot.tries = 0;
            let error = contention();
            return self.fail_group(account, group, &error);
        }
        self.requeue(account, group);
    }

    /// A commit whose outcome is not known.
    pub fn unknown(&mut self, commit: u32, message: &str) {
        let Some((account, group)) = self.landed(commit) else { return };
        if let Some(slot) = self.slots.get_mut(&account) {
            slot.known = None;
            slot.suspects = Sorted::default();
        }
        let message = format!(
            "the store did not say whether the commit was applied: {message}; repeat the call with the same id"
        );
        let error = Error::new(Code::StorageUnavailable, message, json!({}));
        self.fail_group(&account, group, &error);
    }

    fn landed(&mut self, commit: u32) -> Option<(Arc<str>, Group)> {
        let account = self.commits.remove(&commit)?;
        match self.slots.get_mut(&account)?.flight.take()? {
            Flight::Commit(group) => Some((account, group)),
            _ => None,
        }
    }

    // --- an account's turn ---

    fn turn(&mut self, account: &Arc<str>) {
        let Some(slot) = self.slots.get_mut(account) else { return };
        if slot.flight.is_some() || slot.queue.is_empty() {
            return;
        }
        if slot.known.is_none() {
            return self.load(account, Loading::default(), None);
        }
        let missing = missing_records(slot);
        if missing.is_empty() {
            return self.run(account);
        }
        slot.flight = Some(Flight::Fetch(missing.clone()));
        self.read(Waiting::Account(Arc::clone(account)), account, missing, Vec::new(), 0);
    }

    /// Reads the head and then the packages: whatever is read after the head is covered by the commit's check of it.
    fn load(&mut self, account: &Arc<str>, loading: Loading, cursor: Option<String>) {
        let keys = if loading.head.is_none() { vec![ACCOUNT.to_owned()] } else { Vec::new() };
        let range = Range { prefix: OPEN.to_owned(), cursor, limit: PAGE_ENTRIES, reverse: false };
        let Some(slot) = self.slots.get_mut(account) else { return };
        slot.flight = Some(Flight::Load(Box::new(loading)));
        let tries = slot.tries;
        self.read(Waiting::Account(Arc::clone(account)), account, keys, vec![range], tries);
    }

    fn read(
        &mut self,
        waiting: Waiting,
        partition: &Arc<str>,
        keys: Vec<String>,
        ranges: Vec<Range>,
        tries: u32,
    ) {
        self.next_id = self.next_id.wrapping_add(1);
        let shape = Shape { keys: keys.clone(), ranges: ranges.len() };
        self.reads.insert(self.next_id, (waiting, shape));
        self.actions.push(Action::Read {
            read: self.next_id,
            tries,
            partition: Arc::clone(partition),
            keys,
            ranges,
        });
    }

    fn loaded_account(&mut self, account: &Arc<str>, loaded: Loaded) {
        let Some(flight) = self.slots.get_mut(account).and_then(|slot| slot.flight.take()) else { return };
        let done = match flight {
            Flight::Load(loading) => self.loaded_state(account, *loading, loaded),
            Flight::Fetch(keys) => self.loaded_records(account, &keys, loaded),
            Flight::Validate(group) => {
                self.validated(account, group, &loaded);
                Ok(())
            }
            Flight::Commit(_) => Ok(()),
        };
        if let Err(error) = done {
            return self.fail_account(account, &error);
        }
        self.wake(account);
    }

    fn loaded_state(&mut self, account: &Arc<str>, mut loading: Loading, loaded: Loaded) -> Result<()> {
        if let Some((error, revision)) = loading.doubt {
            return self.resolve_doubt(account, error, &revision, loaded);
        }
        if let Some(head) = loaded.keys.into_iter().next() {
            loading.head = Some(head.map(|entry| read_head(account, &self.catalog, entry)).transpose()?);
        }
        let page = loaded.ranges.into_iter().next().unwrap_or_default();
        let cursor = page.last().map(|entry| entry.key.clone());
        let full = page.len() >= usize::try_from(PAGE_ENTRIES).unwrap_or(usize::MAX);
        for entry in page {
            loading.packages.push(decode_package(&entry.key, &entry.value)?);
        }
        if full && loading.head.as_ref().is_some_and(Option::is_some) {
            self.load(account, loading, cursor);
            return Ok(());
        }
        let (ledger, revision) = match loading.head.flatten() {
            None => (None, None),
            Some((head, revision)) => match Ledger::load(Arc::clone(&self.catalog), head, loading.packages) {
                Ok(ledger) => (Some(ledger), Some(revision)),
                Err(error) if self.options.exclusive => return Err(error.into()),
                Err(error) => {
                    self.doubt(account, error, revision);
                    return Ok(());
                }
            },
        };
        if let Some(slot) = self.slots.get_mut(account) {
            slot.known = Some(Known { ledger, revision, validated: 0 });
        }
        Ok(())
    }

    /// Another writer may have been at work between the head and the packages: the head is read again before the account is
    /// called corrupt.
    fn doubt(&mut self, account: &Arc<str>, error: LedgerError, revision: String) {
        let Some(slot) = self.slots.get_mut(account) else { return };
        slot.flight =
            Some(Flight::Load(Box::new(Loading { doubt: Some((error, revision)), ..Loading::default() })));
        self.read(Waiting::Account(Arc::clone(account)), account, vec![ACCOUNT.to_owned()], Vec::new(), 0);
    }

    fn resolve_doubt(
        &mut self,
        account: &Arc<str>,
        error: LedgerError,
        revision: &str,
        loaded: Loaded,
    ) -> Result<()> {
        let head = loaded.keys.into_iter().next().flatten();
        if head.is_some_and(|head| head.revision == revision) {
            return Err(error.into());
        }
        let Some(slot) = self.slots.get_mut(account) else { return Ok(()) };
        slot.tries = slot.tries.saturating_add(1);
        if slot.tries > TRIES_MAX { Err(contention()) } else { Ok(()) }
    }

    fn loaded_records(&mut self, account: &Arc<str>, keys: &[String], loaded: Loaded) -> Result<()> {
        let Some(slot) = self.slots.get_mut(account) else { return Ok(()) };
        // A record may be newer than the head that is known: only another look at the head, or a commit, proves them one state.
        if let Some(known) = &mut slot.known {
            known.validated = 0;
        }
        for (key, entry) in keys.iter().zip(loaded.keys) {
            slot.suspects.remove(key);
            if entry.is_none() {
                slot.absent.push(key.clone());
            }
            let Some(ledger) = slot.known.as_mut().and_then(|known| known.ledger.as_mut()) else { continue };
            let value = entry.as_ref().map(|entry| entry.value.as_str());
            if let Some(id) = key.strip_prefix(HOLD) {
                let hold = value.map(|value| decode_hold(key, value)).transpose()?;
                ledger.know_hold(Arc::from(id), hold.map(Arc::new));
            } else if let Some(id) = key.strip_prefix(ORDER) {
                let order = value.map(|value| decode_order(key, value)).transpose()?;
                ledger.know_order(Arc::from(id), order.map(Arc::new));
            }
        }
        Ok(())
    }

    // --- deciding a group ---

    fn run(&mut self, account: &Arc<str>) {
        let limits = self.options.limits;
        let (room, effects_max) = (group_room(limits), effects_room(limits));
        let Some(slot) = self.slots.get_mut(account) else { return };
        let Some(known) = &mut slot.known else { return };
        let created = known.ledger.is_none();
        let mut group = Group { decided: Vec::new(), serial: self.serial, created };
        while group.decided.len() < room
            && slot.queue.front().is_some_and(|job| !lacks_record(known, &slot.suspects, job))
        {
            let Some(job) = slot.queue.pop_front() else { break };
            let before = known.ledger.as_ref().map(Ledger::mark);
            let context = Context { catalog: &self.catalog, zones: &*self.zones, now: job.now, effects_max };
            match decide(&mut known.ledger, account, &job.command, context) {
                // More than the store takes together with what came before: the next commit begins with it.
                Decided::Answer(_) if overfull(known, &group, limits) => {
                    if let (Some(ledger), Some(before)) = (&mut known.ledger, before) {
                        ledger.roll_back(before);
                    }
                    slot.queue.push_front(job);
                    break;
                }
                Decided::Answer(answer) => group.decided.push((job, answer)),
                Decided::Later => {
                    slot.queue.push_front(job);
                    break;
                }
            }
        }
        let changed = known.ledger.as_ref().is_some_and(|ledger| ledger.changed_since(Mark::default()));
        if changed { self.commit(account, group) } else { self.prove(account, group) }
    }

    fn commit(&mut self, account: &Arc<str>, group: Group) {
        let Some(slot) = self.slots.get_mut(account) else { return };
        let Some(Known { ledger: Some(ledger), revision, .. }) = &slot.known else { return };
        match batch(&ledger.changes(), revision.clone()) {
            Ok(batch) => {
                slot.flight = Some(Flight::Commit(group));
                self.next_id = self.next_id.wrapping_add(1);
                self.commits.insert(self.next_id, Arc::clone(account));
                self.actions.push(Action::Commit {
                    commit: self.next_id,
                    partition: Arc::clone(account),
                    batch,
                });
            }
            Err(error) => {
                roll_back(slot, &group);
                let error: Box<Error> = error.into();
                self.fail_group(account, group, &error);
            }
        }
    }

    /// Lets answers out that need no commit, once the account is proven to be as it was decided on.
    fn prove(&mut self, account: &Arc<str>, group: Group) {
        let Some(slot) = self.slots.get_mut(account) else { return };
        let validated = slot.known.as_ref().map_or(0, |known| known.validated);
        let current = self.options.exclusive || group.decided.iter().all(|(job, _)| job.serial <= validated);
        if current {
            return self.release(account, group);
        }
        slot.flight = Some(Flight::Validate(group));
        self.read(Waiting::Account(Arc::clone(account)), account, vec![ACCOUNT.to_owned()], Vec::new(), 0);
    }

    fn validated(&mut self, account: &Arc<str>, group: Group, loaded: &Loaded) {
        let Some(slot) = self.slots.get_mut(account) else { return };
        let revision = loaded.keys.first().and_then(Option::as_ref).map(|entry| &entry.revision);
        match &mut slot.known {
            Some(known) if known.revision.as_ref() == revision => {
                known.validated = group.serial;
                slot.tries = 0;
                self.release(account, group);
            }
            _ => {
                slot.known = None;
                slot.suspects = Sorted::default();
                self.decide_again(account, group);
            }
        }
    }

    // --- the end of a group ---

    fn release(&mut self, account: &Arc<str>, group: Group) {
        self.finished.extend(group.decided.into_iter().map(|(job, answer)| (job.ticket, answer)));
        if let Some(slot) = self.slots.get_mut(account) {
            for key in std::mem::take(&mut slot.absent) {
                forget_absent(slot, &key);
            }
            trim(slot);
        }
        self.wake(account);
    }

    fn requeue(&mut self, account: &Arc<str>, group: Group) {
        if let Some(slot) = self.slots.get_mut(account) {
            for (job, _) in group.decided.into_iter().rev() {
                slot.queue.push_front(job);
            }
        }
        self.wake(account);
    }

    fn fail_group(&mut self, account: &Arc<str>, group: Group, error: &Error) {
        let unknown = error.code == Code::StorageUnavailable;
        for (job, _) in group.decided {
            let error = Box::new(error.clone()).with_unknown_outcome(unknown && job.command.writes());
            self.finished.push((job.ticket, Err(error)));
        }
        self.wake(account);
    }

    /// Everything that waits on the account is told; nothing was written.
    fn fail_account(&mut self, account: &Arc<str>, error: &Error) {
        let Some(slot) = self.slots.get_mut(account) else { return };
        slot.known = None;
        slot.suspects = Sorted::default();
        slot.tries = 0;
        let decided = match slot.flight.take() {
            Some(Flight::Validate(group)) => group.decided,
            _ => Vec::new(),
        };
        let waiting = decided.into_iter().map(|(job, _)| job).chain(std::mem::take(&mut slot.queue));
        self.finished.extend(waiting.map(|job| (job.ticket, Err(Box::new(error.clone())))));
    }

    fn wake(&mut self, account: &Arc<str>) {
        if self.slots.get(account).is_some_and(|slot| slot.flight.is_none() && !slot.queue.is_empty()) {
            self.ready.push_back(Arc::clone(account));
        }
    }

    // --- scans ---

    fn start_scan(&mut self, ticket: u32, scan: Scan) {
        let (keys, ranges) = scan.first();
        let partition = Arc::clone(scan.account());
        self.scans.insert(ticket, scan);
        self.read(Waiting::Scan(ticket), &partition, keys, ranges, 0);
    }

    fn step_scan(&mut self, ticket: u32, loaded: Result<Loaded>) {
        let Some(mut scan) = self.scans.remove(&ticket) else { return };
        match loaded.and_then(|loaded| scan.step(loaded)) {
            Ok(Step::Done(answer)) => self.finish(ticket, Ok(answer)),
            Err(error) => self.finish(ticket, Err(error)),
            Ok(Step::Read(keys, ranges)) => {
                let partition = Arc::clone(scan.account());
                self.scans.insert(ticket, scan);
                self.read(Waiting::Scan(ticket), &partition, keys, ranges, 0);
            }
        }
    }

    // --- the cache ---

    /// Drops the accounts that were used longest ago, a quarter of them at a time, while they are too large together.
    fn evict(&mut self) {
        if self.serial.wrapping_sub(self.evicted) < EVICT_EVERY {
            return;
        }
        self.evicted = self.serial;
        let cached = self.slots.values().map(slot_bytes).fold(0, usize::saturating_add);
        if cached <= self.options.cache_bytes_max {
            return;
        }
        let mut idle: Vec<(u64, Arc<str>)> = self
            .slots
            .iter()
            .filter(|(_, slot)| slot.flight.is_none() && slot.queue.is_empty())
            .map(|(id, slot)| (slot.last_used, Arc::clone(id)))
            .collect();
        idle.sort_unstable();
        let most = idle.len().div_ceil(4);
        for (_, id) in idle.into_iter().take(most) {
            self.slots.remove(&id);
        }
    }
}

fn contention() -> Box<Error> {
    let message = "other writers were first every time: try again later";
    Error::new(Code::Contention, message, json!({ "tries": TRIES_MAX }))
}

fn slot_bytes(slot: &Slot) -> usize {
    let ledger = slot.known.as_ref().and_then(|known| known.ledger.as_ref());
    ledger.map_or(1, |ledger| ledger.size().saturating_add(2)).saturating_mul(DOCUMENT_BYTES)
}

fn read_head(
    account: &str,
    catalog: &Catalog,
    entry: StoredEntry,
) -> Result<(crate::ledger::Account, String)> {
    let head = decode_account(&entry.key, &entry.value)?;
    if &*head.profile.id != account {
        let message = format!("the store gave the account `{}` for `{account}`", head.profile.id);
        return Err(Error::new(Code::StorageCorrupt, message, json!({ "account": account })));
    }
    if head.profile.catalog.id != catalog.id {
        let message = format!(
            "`{account}` was opened under the catalog `{}`, not `{}`",
            head.profile.catalog.id, catalog.id
        );
        return Err(Error::new(
            Code::InvalidCatalog,
            message,
            json!({ "account": account, "catalog": head.profile.catalog.id }),
        ));
    }
    Ok((head, entry.revision))
}

/// Commands in one group, so that no commit is more than the store can take: each may check one absent record and write
/// a record, an entry and two packages, next to the head.
fn group_room(limits: Limits) -> usize {
    let by_checks = limits.checks.saturating_sub(1);
    let by_writes = limits.writes.saturating_sub(1).div_euclid(4);
    by_checks.min(by_writes).clamp(1, GROUP_MAX)
}

/// The record of a caller's id.
#[derive(Clone, Copy)]
enum RecordOf<'a> {
    Hold(&'a str),
    Order(&'a str),
}

impl RecordOf<'_> {
    fn key(self) -> String {
        match self {
            Self::Hold(id) => hold_key(id),
            Self::Order(id) => order_key(id),
        }
    }

    fn at_hand(self, ledger: &Ledger) -> bool {
        match self {
            Self::Hold(id) => ledger.hold_record(id).is_some(),
            Self::Order(id) => ledger.order_record(id).is_some(),
        }
    }
}

/// Time effects in one commit: each writes three documents at most, and the command that follows needs room too.
fn effects_room(limits: Limits) -> usize {
    limits.writes.div_euclid(8).clamp(1, EFFECTS_PER_COMMIT_MAX)
}

fn overfull(known: &Known, group: &Group, limits: Limits) -> bool {
    !group.decided.is_empty() && known.ledger.as_ref().is_some_and(|ledger| ledger.writes() > limits.writes)
}

/// The record that a command is about, and whether it must have been read before the command can be decided.
fn record_of(command: &Command) -> Option<(RecordOf<'_>, bool)> {
    match command {
        Command::Reserve(message) => Some((RecordOf::Hold(&message.id), message.attempt > 1)),
        Command::Outcome(said) => Some((RecordOf::Hold(&said.id), true)),
        // A purchase that is refused leaves no record for a commit to check: a repetition must be told beforehand.
        Command::Purchase(purchase) => Some((RecordOf::Order(&purchase.id), true)),
        _ => None,
    }
}

fn lacks_record(known: &Known, suspects: &Sorted<String, ()>, job: &Job) -> bool {
    let Some(ledger) = &known.ledger else { return false };
    record_of(&job.command).is_some_and(|(record, must)| {
        let read = must || (!suspects.is_empty() && suspects.get(&record.key()).is_some());
        read && !record.at_hand(ledger)
    })
}

fn missing_records(slot: &Slot) -> Vec<String> {
    let Some(known) = &slot.known else { return Vec::new() };
    // What stands in the way of the first command stands in the way of all.
    if !slot.queue.front().is_some_and(|job| lacks_record(known, &slot.suspects, job)) {
        return Vec::new();
    }
    let lacking = slot.queue.iter().take(GROUP_MAX).filter(|job| lacks_record(known, &slot.suspects, job));
    let mut keys = Sorted::default();
    for (record, _) in lacking.filter_map(|job| record_of(&job.command)) {
        keys.insert(record.key(), ());
    }
    keys.into_keys().collect()
}

fn roll_back(slot: &mut Slot, group: &Group) {
    let Some(known) = &mut slot.known else { return };
    if group.created {
        known.ledger = None;
    } else if let Some(ledger) = &mut known.ledger {
        ledger.roll_back(Mark::default());
    }
}

fn forget(slot: &mut Slot, key: &str) {
    let Some(ledger) = slot.known.as_mut().and_then(|known| known.ledger.as_mut()) else { return };
    if let Some(id) = key.strip_prefix(HOLD) {
        ledger.forget_hold(id);
    } else if let Some(id) = key.strip_prefix(ORDER) {
        ledger.forget_order(id);
    }
}

/// That a record is absent is true only until somebody else writes it.
fn forget_absent(slot: &mut Slot, key: &str) {
    let Some(ledger) = slot.known.as_mut().and_then(|known| known.ledger.as_mut()) else { return };
    let absent = match (key.strip_prefix(HOLD), key.strip_prefix(ORDER)) {
        (Some(id), _) => ledger.hold_record(id) == Some(None),
        (_, Some(id)) => ledger.order_record(id) == Some(None),
        _ => false,
    };
    if absent {
        forget(slot, key);
    }
}

fn trim(slot: &mut Slot) {
    let Some(ledger) = slot.known.as_mut().and_then(|known| known.ledger.as_mut()) else { return };
    if ledger.records() > RECORDS_MAX {
        ledger.forget_records();
    }
}
