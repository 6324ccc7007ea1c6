//! `eventPage`: the journal without what messages did, as a feed that a host follows.

use super::answer::{Answer, Entry, Events};
use super::ask::Page;
use super::error::{Error, Result};
use super::scan::{Step, range};
use super::sequencer::{Loaded, read_head};
use crate::catalog::Catalog;
use crate::storage::documents::{ENTRY, Key};
use crate::storage::{Range, decode_entry};

/// Entries in one step.
const PAGE_ENTRIES: u32 = 1_000;
/// Steps of one page: an account that sends much and has few events is looked through over several pages.
const STEPS_MAX: u32 = 16;

/// A page of events on its way through the journal.
#[derive(Debug)]
pub(super) struct Feed {
    limit: usize,
    /// The last entry that was looked at.
    cursor: u64,
    /// The last entry of the account when the page was begun.
    last: Option<u64>,
    events: Vec<Entry>,
    steps: u32,
}

impl Feed {
    pub(super) fn of(page: &Page) -> Self {
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        Self { limit, cursor: page.after, last: None, events: Vec::new(), steps: 0 }
    }

    pub(super) fn next(&self) -> Range {
        let cursor = (self.cursor > 0).then(|| Key::Entry(self.cursor).text());
        range(ENTRY, cursor, PAGE_ENTRIES)
    }

    pub(super) fn step(&mut self, account: &str, loaded: Loaded, catalog: &Catalog) -> Result<Step> {
        let last = if let Some(last) = self.last {
            last
        } else {
            let head = loaded.keys.into_iter().next().flatten();
            let (head, _) =
                read_head(account, catalog, head.ok_or_else(|| Error::unknown_account(account))?)?;
            head.head.entries
        };
        self.last = Some(last);
        let page = loaded.ranges.into_iter().next().unwrap_or_default();
        let ends = page.len() < usize::try_from(PAGE_ENTRIES).unwrap_or(usize::MAX);
        for stored in page {
            let entry = decode_entry(&stored.key, &stored.value)?;
            // What lies behind the head came later, or is none of the account's.
            if entry.sequence > last || self.events.len() >= self.limit {
                return Ok(self.done(entry.sequence <= last));
            }
            self.cursor = entry.sequence;
            if entry.kind.is_event() {
                self.events.push(Entry::from(&entry));
            }
        }
        self.steps = self.steps.saturating_add(1);
        if ends || self.cursor >= last || self.steps >= STEPS_MAX {
            return Ok(self.done(!ends && self.cursor < last));
        }
        Ok(Step::Read(Vec::new(), vec![self.next()]))
    }

    fn done(&mut self, more: bool) -> Step {
        let events = std::mem::take(&mut self.events);
        Step::Done(Answer::Events(Events { events, cursor: self.cursor, more }))
    }
}
