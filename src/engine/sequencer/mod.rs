//! The sequencer: queues commands by account, says what to read and commit, and lets answers out only when they are proven.
//!
//! An answer leaves when the batch that carries its record is applied, or, where it needs no record, when a look at the head
//! that began after the command came has shown that the account is as it was decided on.

mod group;
mod in_flight;
mod load;
mod records;
mod replies;

use super::answer::Answer;
use super::command::Command;
use super::error::{Code, Error, Result};
use super::reserve_batch::too_large;
use super::scan::{Scan, Step};
use super::slot::{Flight, Job, Loading, Slot};
use crate::calendar::{Instant, Zones};
use crate::catalog::Catalog;
use crate::ledger::{FixedMap, Sorted};
use crate::storage::{Batch, Limits, Range, StoredEntry};
use group::batch_room;
pub(super) use in_flight::Sweep;
pub(super) use load::read_head;
use records::missing_records;
use serde_json::json;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;

/// Entries in one page of a list.
const PAGE_ENTRIES: u32 = 1_000;
/// Races that an account may lose in a row before its callers are told.
const TRIES_MAX: u32 = 64;
/// Commands decided in one commit.
const GROUP_MAX: usize = 512;
/// What a record or a package takes in memory, roughly, in bytes. Measured in the module: 320 for a record.
const DOCUMENT_BYTES: usize = 512;
/// What an account takes besides, with the room in which it is worked on. Measured in the module: 4,500 with one package.
const ACCOUNT_BYTES: usize = 4_096;
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
    /// An order that was placed by itself is stored: have it paid, or leave that to whoever confirms it. Nothing waits for a reply.
    Charge {
        /// Of this account.
        account: Arc<str>,
        /// Its id.
        order: Arc<str>,
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
    scans: Sorted<u32, Scan>,
    /// In boxes: to take one out moves those behind it.
    reads: Sorted<u32, Box<(Waiting, Shape)>>,
    commits: Sorted<u32, Arc<str>>,
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
            scans: Sorted::default(),
            reads: Sorted::default(),
            commits: Sorted::default(),
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
        let (serial, queue_max) = (self.serial, self.options.queue_max);
        if let Some(scan) = Scan::of(account, &command, now) {
            if self.scans.len() >= queue_max {
                return self.finish(ticket, Err(overloaded(account, queue_max)));
            }
            return self.start_scan(ticket, scan);
        }
        if let Command::ReserveAll(messages) = &command
            && messages.len() > batch_room(self.options.limits)
        {
            let error = too_large(messages.len(), batch_room(self.options.limits));
            return self.finish(ticket, Err(error));
        }
        let slot = match self.slots.get_mut(account) {
            Some(slot) => slot,
            None => self.slots.entry(Arc::from(account)).or_default(),
        };
        if slot.queue.len() >= queue_max {
            return self.finish(ticket, Err(overloaded(account, queue_max)));
        }
        let wakes = slot.queue.is_empty() && slot.flight.is_none();
        slot.queue.push_back(Job { ticket, command, now, serial });
        slot.last_used = serial;
        if wakes {
            self.ready.push_back(Arc::from(account));
        }
    }

    /// The account was written by something else than a command, such as its retirement: what is known of it is proven before the next
    /// answer, also where this process is the only writer.
    pub fn forget(&mut self, account: &str) {
        let Some(slot) = self.slots.get_mut(account) else { return };
        slot.doubted = true;
        if slot.flight.is_none() {
            slot.known = None;
            slot.suspects = Sorted::default();
        }
    }

    /// What must be done now, and the answers that may leave.
    pub fn poll(&mut self) -> (Vec<Action>, Vec<Finished>) {
        while let Some(account) = self.ready.pop_front() {
            self.turn(&account);
        }
        self.evict();
        let mut finished = std::mem::take(&mut self.finished);
        for (_, answer) in &mut finished {
            if let Err(error) = answer {
                error.name_for(&self.catalog);
            }
        }
        (std::mem::take(&mut self.actions), finished)
    }

    /// What the reply to a read must look like; none for a read that nobody waits for.
    pub fn shape(&self, read: u32) -> Option<Shape> {
        self.reads.get(&read).map(|read| read.1.clone())
    }

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
            return self.read_in_flight(account);
        }
        slot.flight = Some(Flight::Fetch(missing.clone()));
        self.read(Waiting::Account(Arc::clone(account)), account, missing, Vec::new(), 0);
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
        self.reads.insert(self.next_id, Box::new((waiting, shape)));
        self.actions.push(Action::Read {
            read: self.next_id,
            tries,
            partition: Arc::clone(partition),
            keys,
            ranges,
        });
    }

    fn wake(&mut self, account: &Arc<str>) {
        if self.slots.get(account).is_some_and(|slot| slot.flight.is_none() && !slot.queue.is_empty()) {
            self.ready.push_back(Arc::clone(account));
        }
    }

    fn start_scan(&mut self, ticket: u32, scan: Scan) {
        let (keys, ranges) = scan.first();
        let partition = Arc::clone(scan.account());
        self.scans.insert(ticket, scan);
        self.read(Waiting::Scan(ticket), &partition, keys, ranges, 0);
    }

    fn step_scan(&mut self, ticket: u32, loaded: Result<Loaded>) {
        let Some(mut scan) = self.scans.remove(&ticket) else { return };
        match loaded.and_then(|loaded| scan.step(loaded, &self.catalog)) {
            Ok(Step::Done(answer)) => self.finish(ticket, Ok(answer)),
            Err(error) => self.finish(ticket, Err(error)),
            Ok(Step::Read(keys, ranges)) => {
                let partition = Arc::clone(scan.account());
                self.scans.insert(ticket, scan);
                self.read(Waiting::Scan(ticket), &partition, keys, ranges, 0);
            }
        }
    }

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
        let idle = self.slots.iter().filter(|(_, slot)| slot.flight.is_none() && slot.queue.is_empty());
        let idle: Vec<(u64, Arc<str>)> = idle.map(|(id, slot)| (slot.last_used, Arc::clone(id))).collect();
        let oldest = quarter(idle.iter().map(|(last_used, _)| *last_used), idle.len());
        for (_, id) in idle.into_iter().filter(|(last_used, _)| *last_used <= oldest) {
            self.slots.remove(&id);
        }
    }
}

/// The number that a quarter of them do not exceed. A heap, because a sort would add more to the module than all that is around it.
fn quarter(numbers: impl Iterator<Item = u64>, count: usize) -> u64 {
    let most = count.div_ceil(4);
    let mut smallest = BinaryHeap::new();
    for number in numbers {
        smallest.push(number);
        if smallest.len() > most {
            smallest.pop();
        }
    }
    smallest.peek().copied().unwrap_or(0)
}

fn overloaded(account: &str, queue_max: usize) -> Box<Error> {
    let message = format!("{queue_max} commands already wait on `{account}`: try again later");
    Error::new(Code::Overloaded, message, json!({ "account": account, "queueMax": queue_max }))
}

fn contention() -> Box<Error> {
    let message = "other writers were first every time: try again later";
    Error::new(Code::Contention, message, json!({ "tries": TRIES_MAX }))
}

fn slot_bytes(slot: &Slot) -> usize {
    let ledger = slot.known.as_ref().and_then(|known| known.ledger.as_ref());
    ledger.map_or(DOCUMENT_BYTES, |ledger| {
        ledger.size().saturating_mul(DOCUMENT_BYTES).saturating_add(ACCOUNT_BYTES)
    })
}
