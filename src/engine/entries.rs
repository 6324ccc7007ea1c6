//! `entries` and `eventPage`: pages of the journal, all of it or what is asked for.

use super::answer::{Answer, Entries, Entry, Events};
use super::ask::{Page, page};
use super::error::Result;
use super::journal::{DOCUMENTS, behind};
use super::scan::{Step, known};
use super::sequencer::Loaded;
use crate::catalog::Catalog;
use crate::ledger::{self, EntryKind};
use crate::shape::Fields;
use crate::storage::documents::{ENTRY, Key};
use crate::storage::{Range, StoredEntry, decode_entries};

/// Entries that one page looks at: a journal in which little of what is asked for stands is looked through over several pages.
const LOOKED_MAX: u32 = 16_000;

/// A page of the journal.
#[derive(Clone, Debug)]
pub struct EntryPage {
    /// Start behind this one, and how many.
    pub page: Page,
    /// The newest first.
    pub reverse: bool,
    /// Only of these kinds; none = of all.
    pub kinds: Vec<EntryKind>,
}

impl EntryPage {
    /// The properties of the input.
    pub(super) const FIELDS: [&'static str; 5] = ["account", "after", "limit", "reverse", "kinds"];

    pub(super) fn read(fields: &Fields<'_>) -> Self {
        let kinds =
            if fields.get("kinds").is_some() { fields.names("kinds", &EntryKind::NAMES) } else { Vec::new() };
        let kinds = kinds.into_iter().filter_map(|index| EntryKind::ALL.get(index).copied());
        Self { page: page(fields), reverse: fields.flag("reverse"), kinds: kinds.collect() }
    }
}

/// A page on its way through the journal.
#[derive(Debug)]
pub(super) struct Walk {
    asked: EntryPage,
    /// Whether it is of the feed of events: what is no single message's.
    events: bool,
    /// The last entry that was looked at; none at the newest end.
    cursor: Option<u64>,
    /// The last entry of the account when the page was begun.
    last: Option<u64>,
    found: Vec<Entry>,
    /// Entries looked at.
    looked: u32,
}

impl Walk {
    pub(super) fn entries(asked: &EntryPage) -> Self {
        let from = asked.page.after;
        let cursor = (from > 0 || !asked.reverse).then_some(from);
        Self { asked: asked.clone(), events: false, cursor, last: None, found: Vec::new(), looked: 0 }
    }

    pub(super) fn events(page: &Page) -> Self {
        let asked = EntryPage { page: page.clone(), reverse: false, kinds: Vec::new() };
        Self { events: true, ..Self::entries(&asked) }
    }

    /// What is read next: no more documents than the page has entries, where it takes whatever comes.
    pub(super) fn next(&self) -> Vec<Range> {
        let all = !self.events && self.asked.kinds.is_empty();
        let documents = if all { self.asked.page.limit.min(DOCUMENTS) } else { DOCUMENTS };
        if !self.asked.reverse {
            return vec![behind(self.cursor.unwrap_or(0), documents)];
        }
        // The entry before the first one may stand in the middle of a document, which is under the number of its last.
        let first = self.cursor.filter(|_| self.last.is_none());
        let first = first.map(|cursor| behind(cursor.saturating_sub(2), 1));
        let cursor = self.cursor.map(|cursor| Key::Entry(cursor).text());
        let before = Range { prefix: ENTRY.to_owned(), cursor, limit: documents, reverse: true };
        first.into_iter().chain([before]).collect()
    }

    pub(super) fn step(&mut self, account: &str, loaded: Loaded, catalog: &Catalog) -> Result<Step> {
        let last = match self.last {
            Some(last) => last,
            None => known(account, loaded.keys.into_iter().next().flatten(), catalog)?.0.head.entries,
        };
        self.last = Some(last);
        let limit = usize::try_from(self.asked.page.limit).unwrap_or(usize::MAX);
        let documents: Vec<StoredEntry> = loaded.ranges.into_iter().flatten().collect();
        let start = self.cursor;
        let end = Key::Entry(last).text();
        for stored in documents {
            if self.found.len() >= limit || self.looked >= LOOKED_MAX {
                break;
            }
            // What lies behind the head came later, or is none of the account's.
            if stored.key > end {
                if self.asked.reverse {
                    self.cursor = Some(last.saturating_add(1));
                }
                continue;
            }
            self.take(decode_entries(&stored.key, &stored.value)?, limit);
        }
        // Where nothing came next nothing ever will: the journal ends here, whatever the head says of it.
        let ends = self.cursor == start;
        let cursor = self.cursor.unwrap_or(last);
        let more = !ends && if self.asked.reverse { cursor > 1 } else { cursor < last };
        if more && self.found.len() < limit && self.looked < LOOKED_MAX {
            return Ok(Step::Read(Vec::new(), self.next()));
        }
        let entries = std::mem::take(&mut self.found);
        Ok(Step::Done(if self.events {
            Answer::Events(Events { events: entries, cursor, more })
        } else {
            Answer::Entries(Entries { entries, next: more.then_some(cursor) })
        }))
    }

    /// Takes in those of a document's entries that come next.
    fn take(&mut self, mut entries: Vec<ledger::Entry>, limit: usize) {
        let reverse = self.asked.reverse;
        if reverse {
            entries.reverse();
        }
        for entry in entries {
            let next = self
                .cursor
                .is_none_or(|cursor| if reverse { entry.sequence < cursor } else { entry.sequence > cursor });
            if !next {
                continue;
            }
            if self.found.len() >= limit || self.looked >= LOOKED_MAX {
                return;
            }
            self.looked = self.looked.saturating_add(1);
            self.cursor = Some(entry.sequence);
            let asked = self.asked.kinds.is_empty() || self.asked.kinds.contains(&entry.kind);
            if asked && (!self.events || entry.kind.is_event()) {
                self.found.push(Entry::from(&entry));
            }
        }
    }
}
