//! Queries that read through the journal or the ended packages: they change nothing, so they run beside the commands.

use super::answer::{Answer, EndedPackages, Package, Verification};
use super::ask::Page;
use super::command::Command;
use super::entries::Walk;
use super::error::{Code, Error, Result};
use super::journal::{DOCUMENTS, behind, entries_behind};
use super::listing::Listing;
use super::pace::Sampling;
use super::past::Past;
use super::sequencer::{Loaded, read_head};
use crate::calendar::Instant;
use crate::catalog::Catalog;
use crate::ledger::{self, Counts, EntryKind, FixedMap, Hash, PackageId, Sorted, Stretch};
use crate::storage::documents::{ENDED, Key, OPEN};
use crate::storage::{Hex, Range, StoredEntry, decode_package};
use serde_json::json;
use std::sync::Arc;

/// Entries in one page of a scan.
pub(super) const PAGE_ENTRIES: u32 = 1_000;
/// How often a verification starts its comparison again because the account was changed meanwhile.
const ROUNDS_MAX: u32 = 64;

/// Keys and ranges to read.
type Reads = (Vec<String>, Vec<Range>);

/// What a scan does next.
pub(super) enum Step {
    Read(Vec<String>, Vec<Range>),
    Done(Answer),
}

/// A query on its way through the store.
#[derive(Debug)]
pub(super) struct Scan {
    account: Arc<str>,
    query: Query,
}

#[derive(Debug)]
enum Query {
    EndedPackages(Page, Instant),
    Journal(Box<Walk>),
    Verify(Box<Verify>),
    Listing(Box<Listing>),
    Pace(Box<Sampling>),
    Past(Box<Past>),
}

pub(super) fn range(prefix: &str, cursor: Option<String>, limit: u32) -> Range {
    Range { prefix: prefix.to_owned(), cursor, limit, reverse: false }
}

fn head() -> Vec<String> {
    vec![Key::Account.text()]
}

impl Scan {
    /// The scan that answers a command, if it is one.
    pub(super) fn of(account: &str, command: &Command, now: Instant) -> Option<Self> {
        let query = match command {
            Command::Entries(page) => Query::Journal(Box::new(Walk::entries(page))),
            Command::EndedPackages(page) => Query::EndedPackages(page.clone(), now),
            Command::EventPage(page) => Query::Journal(Box::new(Walk::events(page))),
            Command::Verify => Query::Verify(Box::default()),
            Command::Pace(query) => Query::Pace(Box::new(Sampling::of(query, now))),
            other => Query::Listing(Box::new(Listing::of(other, now)?)),
        };
        Some(Self { account: Arc::from(account), query })
    }

    /// The scan that answers a query of an instant before the account's last change.
    pub(super) fn past(account: &Arc<str>, past: Past) -> Self {
        Self { account: Arc::clone(account), query: Query::Past(Box::new(past)) }
    }

    pub(super) fn account(&self) -> &Arc<str> {
        &self.account
    }

    /// What is read first.
    pub(super) fn first(&self) -> Reads {
        match &self.query {
            Query::EndedPackages(page, _) => {
                let after = u32::try_from(page.after).unwrap_or(u32::MAX);
                (
                    head(),
                    vec![range(
                        ENDED,
                        (after > 0).then(|| Key::Ended(after).text()),
                        page.limit.saturating_add(1),
                    )],
                )
            }
            Query::Journal(walk) => (head(), walk.next()),
            Query::Verify(verify) => verify.journal(),
            Query::Listing(listing) => (head(), vec![listing.first()]),
            Query::Pace(sampling) => (head(), vec![sampling.next()]),
            Query::Past(past) => past.journal(),
        }
    }

    /// What follows from what was read.
    pub(super) fn step(&mut self, loaded: Loaded, catalog: &Catalog) -> Result<Step> {
        let account = &self.account;
        match &mut self.query {
            Query::EndedPackages(page, now) => {
                ended_packages(account, page, *now, loaded, catalog).map(Step::Done)
            }
            Query::Journal(walk) => walk.step(account, loaded, catalog),
            Query::Verify(verify) => verify.step(account, loaded, catalog),
            Query::Listing(listing) => listing.step(account, loaded, catalog),
            Query::Pace(sampling) => sampling.step(account, loaded, catalog),
            Query::Past(past) => past.step(account, loaded),
        }
    }
}

pub(super) fn known(
    account: &str,
    entry: Option<StoredEntry>,
    catalog: &Catalog,
) -> Result<(ledger::Account, String)> {
    read_head(account, catalog, entry.ok_or_else(|| Error::unknown_account(account))?)
}

/// The page and whether another follows.
pub(super) fn page_of(
    loaded: Loaded,
    account: &str,
    limit: u32,
    catalog: &Catalog,
) -> Result<(ledger::Account, Vec<StoredEntry>, bool)> {
    let (head, _) = known(account, loaded.keys.into_iter().next().flatten(), catalog)?;
    let mut entries = loaded.ranges.into_iter().next().unwrap_or_default();
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = entries.len() > limit;
    entries.truncate(limit);
    Ok((head, entries, more))
}

fn ended_packages(
    account: &str,
    page: &Page,
    now: Instant,
    loaded: Loaded,
    catalog: &Catalog,
) -> Result<Answer> {
    let (head, stored, more) = page_of(loaded, account, page.limit, catalog)?;
    let now = now.max(head.head.last_at);
    let mut packages = Vec::with_capacity(stored.len());
    for entry in stored {
        packages.push(Package::at(&decode_package(&entry.key, &entry.value)?, now));
    }
    let next = packages.last().map(|package| u64::from(package.id.0)).filter(|_| more);
    Ok(Answer::EndedPackages(EndedPackages { packages, next }))
}

/// A walk through the whole journal, and then the packages against it. Commands go on meanwhile: entries that come later are
/// read in another round, and the packages are compared under one and the same head.
#[derive(Debug, Default)]
struct Verify {
    head: Option<(ledger::Account, String)>,
    phase: Phase,
    read: u64,
    hash: Hash,
    totals: Counts,
    packages: Sorted<u32, Replayed>,
    /// Messages whose segments are held, and the entries that set them aside.
    flying: FixedMap<Arc<str>, u64>,
    compared: usize,
    /// What looks wrong, if the account has not changed meanwhile.
    suspicion: Option<String>,
    rounds: u32,
}

/// A package as the journal makes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Replayed {
    counts: Counts,
    terms: Option<Hash>,
    /// What was left in it before a migration that stands.
    exchanged: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Journal,
    Open,
    Ended,
    Close,
}

impl Verify {
    fn journal(&self) -> Reads {
        let keys = if self.head.is_none() { head() } else { Vec::new() };
        (keys, vec![behind(self.read, DOCUMENTS)])
    }

    fn step(&mut self, account: &Arc<str>, loaded: Loaded, catalog: &Catalog) -> Result<Step> {
        match self.phase {
            Phase::Journal => self.step_journal(account, loaded, catalog),
            Phase::Open => Ok(self.step_packages(loaded, OPEN, Phase::Ended)),
            Phase::Ended => Ok(self.step_packages(loaded, ENDED, Phase::Close)),
            Phase::Close => self.close(account, loaded, catalog),
        }
    }

    fn step_journal(&mut self, account: &Arc<str>, loaded: Loaded, catalog: &Catalog) -> Result<Step> {
        if let Some(entry) = loaded.keys.into_iter().next() {
            self.head = Some(known(account, entry, catalog)?);
        }
        let Some((head, _)) = &self.head else { return Err(Error::unknown_account(account)) };
        let last = head.head.entries;
        let page = loaded.ranges.into_iter().next().unwrap_or_default();
        for entry in entries_behind(self.read, &page) {
            if self.read >= last {
                break;
            }
            let checked = entry.map_err(|error| error.to_string());
            if let Err(problem) = checked.and_then(|entry| self.check_entry(entry)) {
                return Ok(self.broken(problem));
            }
        }
        if self.read < last {
            return Ok(if page.is_empty() {
                self.broken(format!("entry {} is missing", self.read.saturating_add(1)))
            } else {
                let (keys, ranges) = self.journal();
                Step::Read(keys, ranges)
            });
        }
        Ok(self.compare_head().unwrap_or_else(|| self.packages_from(Phase::Open, OPEN, None)))
    }

    fn check_entry(&mut self, entry: ledger::Entry) -> std::result::Result<(), String> {
        let expected = self.read.saturating_add(1);
        if entry.sequence != expected {
            return Err(format!("entry {expected} is missing: entry {} stands in its place", entry.sequence));
        }
        if entry.hash != entry.chained(&self.hash, &mut Vec::new()) {
            return Err(format!(
                "entry {expected} was changed: its hash does not follow from it and the one before"
            ));
        }
        let about = PackageId::parse(&entry.reference).and_then(|id| self.packages.get(&id.0));
        let before = about.map_or(0, |package| package.counts.available);
        for posting in &entry.postings {
            let known = self.packages.get(&posting.package.0).copied();
            let known = known.unwrap_or(Replayed { terms: entry.terms, ..Replayed::default() });
            let impossible =
                || format!("entry {expected} takes what package `{}` has not got", posting.package);
            let counts = known.counts.posted(posting.bucket, posting.segments).ok_or_else(impossible)?;
            self.packages.insert(posting.package.0, Replayed { counts, ..known });
            self.totals = self.totals.posted(posting.bucket, posting.segments).ok_or_else(impossible)?;
        }
        if entry.kind == EntryKind::Activate {
            let package = PackageId::parse(&entry.reference).and_then(|id| self.packages.get_mut(&id.0));
            let package = package.ok_or_else(|| format!("entry {expected} activates no package"))?;
            package.terms = entry.terms;
        }
        if entry.kind == EntryKind::Exchange {
            let exchanged = self.check_exchange(&entry, before);
            exchanged.ok_or_else(|| format!("entry {expected} exchanges by another ratio than it says"))?;
        }
        match entry.kind {
            EntryKind::Reserve => drop(self.flying.insert(entry.reference, expected)),
            EntryKind::Settle | EntryKind::Release => drop(self.flying.remove(&entry.reference)),
            _ => {}
        }
        if self.totals != entry.balance || !self.totals.balanced() {
            return Err(format!("entry {expected} states a balance that does not follow from the journal"));
        }
        (self.read, self.hash) = (expected, entry.hash);
        Ok(())
    }

    /// What is left in a package is exchanged by the ratio that the entry says, or goes back to what it was. `before` is what was left in
    /// it.
    fn check_exchange(&mut self, entry: &ledger::Entry, before: u64) -> Option<()> {
        let ratio = entry.note.as_ref()?.ratio?;
        let package = self.packages.get_mut(&PackageId::parse(&entry.reference)?.0)?;
        let after = package.counts.available;
        let (from, to) = match package.exchanged {
            None => (before, after),
            Some(exchanged) => (exchanged, before),
        };
        let back = package.exchanged.is_some();
        package.exchanged = (!back).then_some(before);
        (ratio.given(from) == Some(to) && (!back || after == from)).then_some(())
    }

    fn compare_head(&self) -> Option<Step> {
        let (head, _) = self.head.as_ref()?;
        if (head.head.hash, head.head.totals) != (self.hash, self.totals) {
            return Some(self.broken("the head does not follow from the journal".to_owned()));
        }
        let counted = |stretch: &Stretch| {
            let within = self.flying.values().filter(|sequence| stretch.contains(**sequence));
            u64::try_from(within.count()).ok() == Some(stretch.held)
        };
        let all = head.in_flight.iter().map(|stretch| stretch.held).fold(0, u64::saturating_add);
        if u64::try_from(self.flying.len()).ok() == Some(all) && head.in_flight.iter().all(counted) {
            return None;
        }
        Some(
            self.broken(
                "the messages in flight that the head counts are not those of the journal".to_owned(),
            ),
        )
    }

    fn packages_from(&mut self, phase: Phase, prefix: &str, cursor: Option<String>) -> Step {
        self.phase = phase;
        Step::Read(Vec::new(), vec![range(prefix, cursor, PAGE_ENTRIES)])
    }

    fn step_packages(&mut self, loaded: Loaded, prefix: &str, next: Phase) -> Step {
        let page = loaded.ranges.into_iter().next().unwrap_or_default();
        let cursor = page.last().map(|entry| entry.key.clone());
        let full = page.len() >= usize::try_from(PAGE_ENTRIES).unwrap_or(usize::MAX);
        for stored in page {
            self.check_package(&stored, prefix == OPEN);
        }
        if full {
            return self.packages_from(self.phase, prefix, cursor);
        }
        if next == Phase::Ended {
            return self.packages_from(Phase::Ended, ENDED, None);
        }
        self.phase = next;
        Step::Read(head(), Vec::new())
    }

    fn check_package(&mut self, stored: &StoredEntry, open: bool) {
        let problem = match decode_package(&stored.key, &stored.value) {
            Err(error) => Some(error.to_string()),
            Ok(package) => {
                let (counts, terms, exchanged) = (package.counts, Some(package.terms()), package.exchanged);
                let same = self.packages.get(&package.id.0) == Some(&Replayed { counts, terms, exchanged })
                    && package.counts.open() == open;
                (!same).then(|| format!("package `{}` does not follow from the journal", package.id))
            }
        };
        self.compared = self.compared.saturating_add(1);
        self.suspicion = self.suspicion.take().or(problem);
    }

    fn close(&mut self, account: &Arc<str>, loaded: Loaded, catalog: &Catalog) -> Result<Step> {
        let (_, revision) = known(account, loaded.keys.into_iter().next().flatten(), catalog)?;
        let same = self.head.as_ref().filter(|(_, before)| *before == revision);
        if let Some((head, _)) = same {
            let issued = usize::try_from(head.head.packages).unwrap_or(usize::MAX);
            let count = (self.compared != self.packages.len() || issued != self.packages.len())
                .then(|| "the packages stored are not those of the journal".to_owned());
            let problem = self.suspicion.take().or(count);
            return Ok(problem.map_or_else(|| self.proven(), |problem| self.broken(problem)));
        }
        self.rounds = self.rounds.saturating_add(1);
        if self.rounds > ROUNDS_MAX {
            let message = "the account changed too often to compare its packages: try again later";
            return Err(Error::new(Code::Contention, message, json!({ "rounds": ROUNDS_MAX })));
        }
        (self.head, self.phase, self.compared, self.suspicion) = (None, Phase::Journal, 0, None);
        let (keys, ranges) = self.journal();
        Ok(Step::Read(keys, ranges))
    }

    fn proven(&self) -> Step {
        let hash = Some(Hex(self.hash));
        Step::Done(Answer::Verification(Box::new(Verification {
            ok: true,
            entries: self.read,
            hash,
            problem: None,
        })))
    }

    /// `entries` counts what was found in order before the first break.
    fn broken(&self, problem: String) -> Step {
        Step::Done(Answer::Verification(Box::new(Verification {
            ok: false,
            entries: self.read,
            hash: None,
            problem: Some(problem),
        })))
    }
}
