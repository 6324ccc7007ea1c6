//! `balance` and `packages` at an instant before the account's last change: the journal is read up to it.
//!
//! The account then is what every entry makes it that was recorded by the instant, and what time itself had done by then: an expiry
//! takes effect at its instant though it is written with the next command. What time does is recorded with that command, so that
//! such entries are among those recorded next.

use super::answer::Answer;
use super::ask::At;
use super::command::Command;
use super::error::{Code, Error, Result};
use super::journal::{DOCUMENTS, behind, entries_behind};
use super::scan::{Step, known};
use super::sequencer::Loaded;
use super::{balance, packages};
use crate::calendar::Instant;
use crate::catalog::Catalog;
use crate::ledger::{Account, Counts, Entry, Exchange, Head, Ledger, Package, Posting, Settings, Sorted};
use crate::storage::documents::Key;
use crate::storage::{Range, StoredEntry, decode_package};
use serde_json::json;
use std::sync::Arc;

/// Packages read at once, each under two keys.
const PACKAGES: usize = 512;

/// What is said of the past in a preview.
const NO_JOURNAL: &str = "is in no journal that is here: a snapshot has none";

/// The account as it was, on its way through the journal.
#[derive(Debug)]
pub(super) struct Past {
    catalog: Arc<Catalog>,
    at: Instant,
    /// Whether the packages are asked for, not the balance.
    packages: bool,
    account: Option<Account>,
    /// Entries read.
    read: u64,
    /// When the first change was recorded that is later.
    next: Option<Instant>,
    totals: Counts,
    counts: Sorted<u32, Counts>,
    /// Packages that were open when the last command had written.
    open: Vec<u32>,
    /// Packages of which the documents are still to be read, the last first.
    left: Vec<u32>,
    found: Vec<Package>,
}

/// The instant that a query asks for, where it lies before the account's last change.
pub(super) fn asked(ledger: &Ledger, command: &Command) -> Option<Instant> {
    let (Command::Balance(At { at }) | Command::Packages(At { at })) = command else { return None };
    at.filter(|at| *at < ledger.account().head.last_at)
}

impl Past {
    pub(super) fn of(catalog: &Arc<Catalog>, command: &Command, at: Instant) -> Self {
        Self {
            catalog: Arc::clone(catalog),
            at,
            packages: matches!(command, Command::Packages(_)),
            account: None,
            read: 0,
            next: None,
            totals: Counts::default(),
            counts: Sorted::default(),
            open: Vec::new(),
            left: Vec::new(),
            found: Vec::new(),
        }
    }

    /// The head, the first time, and the next page of the journal.
    pub(super) fn journal(&self) -> (Vec<String>, Vec<Range>) {
        let keys = if self.account.is_none() { vec![Key::Account.text()] } else { Vec::new() };
        (keys, vec![behind(self.read, DOCUMENTS)])
    }

    pub(super) fn step(&mut self, account: &str, loaded: Loaded) -> Result<Step> {
        let Loaded { keys, ranges } = loaded;
        let Some(page) = ranges.into_iter().next() else { return self.take_packages(keys) };
        if self.account.is_none() {
            let (head, _) = known(account, keys.into_iter().next().flatten(), &self.catalog)?;
            self.account = Some(head);
        }
        for entry in entries_behind(self.read, &page) {
            if !self.fold(&entry?)? {
                return self.folded();
            }
        }
        if !page.is_empty() {
            let (keys, ranges) = self.journal();
            return Ok(Step::Read(keys, ranges));
        }
        self.folded()
    }

    /// Takes an entry in; whether it belongs to the past that is asked for.
    fn fold(&mut self, entry: &Entry) -> Result<bool> {
        if self.read == 0 && entry.sequence > 1 {
            return Ok(false);
        }
        if entry.recorded_at > self.at {
            // All that is recorded with the next change: what time did before it is not wholly in the order of its instants.
            if self.next.is_none() {
                self.open = self.open_now();
            }
            let next = *self.next.get_or_insert(entry.recorded_at);
            if self.read == 0 || entry.recorded_at > next {
                return Ok(false);
            }
        }
        let key = || Key::Entry(entry.sequence).text();
        self.add(entry).ok_or_else(|| corrupt("the journal does not add up", &key()))?;
        Ok(true)
    }

    fn add(&mut self, entry: &Entry) -> Option<()> {
        self.read = self.read.checked_add(1).filter(|read| *read == entry.sequence)?;
        let postings: &[Posting] = if entry.effective_at > self.at { &[] } else { &entry.postings };
        for posting in postings {
            let counts = self.counts.get(&posting.package.0).copied().unwrap_or_default();
            self.counts.insert(posting.package.0, counts.posted(posting.bucket, posting.segments)?);
            self.totals = self.totals.posted(posting.bucket, posting.segments)?;
        }
        Some(())
    }

    fn folded(&mut self) -> Result<Step> {
        if self.read == 0 {
            let opened = self.account.as_ref().is_some_and(|account| account.profile.opened_at <= self.at);
            let why = if opened { NO_JOURNAL } else { "lies before the account was opened" };
            return Err(Error::input("at", format!("`{}` {why}", self.at)));
        }
        let mut wanted = Sorted::default();
        for package in self.open_now().into_iter().chain(std::mem::take(&mut self.open)) {
            wanted.insert(package, ());
        }
        self.left = wanted.into_keys().collect();
        self.left.reverse();
        self.fetch()
    }

    fn open_now(&self) -> Vec<u32> {
        self.counts.iter().filter(|(_, counts)| counts.open()).map(|(package, _)| *package).collect()
    }

    fn fetch(&self) -> Result<Step> {
        let keys: Vec<String> = self
            .left
            .iter()
            .rev()
            .take(PACKAGES)
            .flat_map(|package| [Key::Open(*package).text(), Key::Ended(*package).text()])
            .collect();
        if keys.is_empty() { self.done().map(Step::Done) } else { Ok(Step::Read(keys, Vec::new())) }
    }

    /// A package stands under one of its two keys; what it is never changes, only its counts do.
    fn take_packages(&mut self, keys: Vec<Option<StoredEntry>>) -> Result<Step> {
        let mut keys = keys.into_iter();
        while let (Some(open), Some(ended)) = (keys.next(), keys.next()) {
            let (Some(number), Some(stored)) = (self.left.pop(), open.or(ended)) else {
                let message = "a package was moved while it was read: try again";
                return Err(Error::new(Code::Contention, message, json!({ "tries": 1 })));
            };
            let counts = self.counts.get(&number).copied().unwrap_or_default();
            let package = decode_package(&stored.key, &stored.value)?;
            // Before the expiry, and where nothing was left behind it, nothing had come back yet that has a grace.
            let expired = package.expires_at.is_some_and(|end| end <= self.at);
            let grace_until = package.grace_until.filter(|_| expired && counts.available > 0);
            let migrated = self.account.as_ref().and_then(|account| account.exchange.as_ref());
            let stood = migrated.is_some_and(|exchange| exchange.at <= self.at);
            let exchanged = package.exchanged.filter(|_| stood);
            self.found.push(Package { counts, grace_until, exchanged, ..package });
        }
        self.fetch()
    }

    fn done(&self) -> Result<Answer> {
        let Some(account) = &self.account else { return Err(Error::input("", "no account")) };
        // What follows from packages alone is as it was; plan and records are as they are.
        // The journal may have grown since the head was read.
        let packages = self.found.iter().map(|package| package.id.0).max().unwrap_or(0);
        let head = Head { totals: self.totals, last_at: self.at, packages, ..account.head };
        // A migration that came later is none yet; one that stood had exchanged all.
        let done = |exchange: &Exchange| Exchange { next: u32::MAX, back: false, ..exchange.clone() };
        let exchange = account.exchange.as_deref().filter(|exchange| exchange.at <= self.at).map(done);
        let exchange = exchange.map(Arc::new);
        let account = Account { head, plan: None, in_flight: Vec::new(), exchange, ..account.clone() };
        let (open, ended): (Vec<Package>, Vec<Package>) =
            self.found.iter().cloned().partition(|package| package.counts.open());
        let ledger = Ledger::load(Arc::clone(&self.catalog), account, Settings::default(), open)?;
        Ok(if self.packages {
            packages::packages(&ledger, &ledger.ranked_with(&ended))
        } else {
            balance::balance(&ledger)
        })
    }
}

fn corrupt(message: &str, key: &str) -> Box<Error> {
    Error::new(Code::StorageCorrupt, message, json!({ "key": key }))
}
