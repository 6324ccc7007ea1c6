//! One account in the sequencer: its queue, what is known of it, and the one thing that is in flight for it.

use super::answer::Answer;
use super::command::Command;
use super::error::Result;
use super::sequencer::Sweep;
use crate::calendar::Instant;
use crate::ledger::{Account, Ledger, LedgerError, Package, Settings, Sorted};
use std::collections::VecDeque;
use std::sync::Arc;

/// A command in the queue.
#[derive(Debug)]
pub(super) struct Job {
    /// The driver's name for it.
    pub(super) ticket: u32,
    pub(super) command: Command,
    pub(super) now: Instant,
    /// Its place among all that was ever enqueued.
    pub(super) serial: u64,
}

/// Decided commands whose answers wait for a commit or a look at the head.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) decided: Vec<(Job, Result<Answer>)>,
    /// What had been enqueued when the group was decided.
    pub(super) serial: u64,
    /// The account did not exist before.
    pub(super) created: bool,
    /// Orders that its commit places by itself.
    pub(super) charges: Vec<Arc<str>>,
}

/// What is known of an account.
#[derive(Debug)]
pub(super) struct Known {
    /// None = there is no such account.
    pub(super) ledger: Option<Ledger>,
    /// The head's revision.
    pub(super) revision: Option<String>,
    /// Proven current for everything enqueued before this serial.
    pub(super) validated: u64,
}

/// An account on its way into memory.
#[derive(Debug, Default)]
pub(super) struct Loading {
    /// The head: not read yet, or absent, or there with its revision.
    pub(super) head: Option<Option<(Account, String)>>,
    pub(super) settings: Settings,
    pub(super) packages: Vec<Package>,
    /// What does not add up, and the head's revision at the time: another writer may have come between.
    pub(super) doubt: Option<(LedgerError, String)>,
}

/// What is in flight: at most one thing for each account.
#[derive(Debug)]
pub(super) enum Flight {
    /// The head and the open packages.
    Load(Box<Loading>),
    /// Records, by their keys.
    Fetch(Vec<String>),
    /// Messages in flight.
    Sweep(Box<Sweep>),
    /// The head again, to prove answers that need no commit.
    Validate(Group),
    /// A batch.
    Commit(Group),
}

/// One account in the sequencer.
#[derive(Debug, Default)]
pub(super) struct Slot {
    pub(super) queue: VecDeque<Job>,
    pub(super) known: Option<Known>,
    pub(super) flight: Option<Flight>,
    /// Keys of records that exist though they were thought new.
    pub(super) suspects: Sorted<String, ()>,
    /// Keys of records that were read and found absent: true only until the group is done.
    pub(super) absent: Vec<String>,
    /// Whether the account may have been written behind the sequencer's back since its head was last asked for.
    pub(super) doubted: bool,
    /// Races lost in a row.
    pub(super) tries: u32,
    pub(super) last_used: u64,
}
