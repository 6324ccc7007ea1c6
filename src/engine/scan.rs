//! Queries that read through the journal or the ended packages: they change nothing, so they run beside the commands.

use super::answer::{Answer, EndedPackages, Package};
use super::ask::Page;
use super::command::Command;
use super::entries::Walk;
use super::error::{Error, Result};
use super::listing::Listing;
use super::pace::Sampling;
use super::past::Past;
use super::sequencer::{Loaded, read_head};
use super::verify::Verify;
use crate::calendar::Instant;
use crate::catalog::Catalog;
use crate::ledger;
use crate::storage::documents::{ENDED, Key};
use crate::storage::{Range, StoredEntry, decode_package};
use std::sync::Arc;

/// Entries in one page of a scan.
pub(super) const PAGE_ENTRIES: u32 = 1_000;

/// Keys and ranges to read.
pub(super) type Reads = (Vec<String>, Vec<Range>);

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

pub(super) fn head() -> Vec<String> {
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
