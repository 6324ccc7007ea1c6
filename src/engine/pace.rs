//! `pace`: how many segments an account has sent a day, by what the messages were, read backwards from the end of its journal.

use super::answer::Answer;
use super::error::{Error, Result};
use super::forecast::{STREAMS_MAX, tell_stream};
use super::journal::DOCUMENTS;
use super::scan::{Step, known};
use super::sequencer::Loaded;
use super::tell::each;
use crate::calendar::Instant;
use crate::catalog::Catalog;
use crate::ledger::{DAY, EntryKind, Hold, HoldState, Scope, Sorted, Stream};
use crate::shape::{Fields, Json};
use crate::storage::documents::{ENTRY, Key};
use crate::storage::{Range, StoredEntry, decode_entries, decode_hold};
use std::sync::Arc;

/// Days to look back unless given, and at most.
const DAYS: u32 = 30;
const DAYS_MAX: u32 = 366;
/// Entries that are read: an account that writes more in the time asked for is told the pace of the latest of it.
const ENTRIES_MAX: u32 = 10_000;
/// Records of messages that are asked for at once.
const MESSAGES: usize = 1_000;

/// What is said in a preview.
const NO_JOURNAL: &str = "is in no journal that is here, since a snapshot has none: say what it is";

/// Asks for an account's pace.
#[derive(Clone, Debug)]
pub struct PaceQuery {
    /// Over how many days.
    pub over: u32,
}

/// How much an account sends.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are described in js/src/types.ts")]
pub struct Pace {
    pub account: Arc<str>,
    pub from: Instant,
    pub to: Instant,
    pub messages: u64,
    pub segments: u64,
    pub pace: Vec<Stream>,
}

impl PaceQuery {
    pub(super) const FIELDS: [&'static str; 2] = ["account", "over"];

    pub(super) fn read(fields: &Fields<'_>) -> Self {
        Self { over: fields.small("over", 1, DAYS_MAX, Some(DAYS)) }
    }
}

/// A pace on its way through the journal.
#[derive(Debug)]
pub(super) struct Sampling {
    over: u32,
    to: Instant,
    /// Once the head has been read.
    from: Option<Instant>,
    entries: u32,
    /// The keys of the messages that are still to be read.
    keys: Vec<String>,
    /// The earliest entry that was looked at, and whether no earlier one matters.
    cursor: Option<String>,
    earliest: u64,
    ends: bool,
    messages: u64,
    sums: Sorted<Scope, u64>,
}

impl Sampling {
    pub(super) fn of(query: &PaceQuery, now: Instant) -> Self {
        let sums = Sorted::default();
        let earliest = u64::MAX;
        Self {
            over: query.over,
            to: now,
            from: None,
            entries: 0,
            keys: Vec::new(),
            cursor: None,
            earliest,
            ends: false,
            messages: 0,
            sums,
        }
    }

    /// The next documents of the journal, the last first.
    pub(super) fn next(&self) -> Range {
        Range { prefix: ENTRY.to_owned(), cursor: self.cursor.clone(), limit: DOCUMENTS, reverse: true }
    }

    pub(super) fn step(&mut self, account: &Arc<str>, loaded: Loaded, catalog: &Catalog) -> Result<Step> {
        let Loaded { mut keys, ranges } = loaded;
        let Some(page) = ranges.into_iter().next() else { return self.take_messages(account, keys) };
        let from = if let Some(from) = self.from {
            from
        } else {
            let head = if keys.is_empty() { None } else { keys.swap_remove(0) };
            let (head, _) = known(account, head, catalog)?;
            self.to = self.to.max(head.head.last_at);
            let days = i64::from(self.over).saturating_mul(i64::try_from(DAY).unwrap_or(i64::MAX));
            let from = self.to.checked_add_millis(days.saturating_neg()).unwrap_or(Instant::MIN);
            from.max(head.profile.opened_at)
        };
        self.from = Some(from);
        self.take_entries(page, from)?;
        Ok(self.go_on(account))
    }

    /// The keys of the messages that entries set segments aside for.
    fn take_entries(&mut self, documents: Vec<StoredEntry>, from: Instant) -> Result<()> {
        let last = documents.len() < usize::try_from(DOCUMENTS).unwrap_or(usize::MAX);
        for stored in documents {
            for entry in decode_entries(&stored.key, &stored.value)?.into_iter().rev() {
                if entry.recorded_at < from || self.entries >= ENTRIES_MAX {
                    self.ends = true;
                    return Ok(());
                }
                self.entries = self.entries.saturating_add(1);
                self.earliest = entry.sequence;
                if self.entries == ENTRIES_MAX {
                    self.from = Some(entry.recorded_at);
                }
                if matches!(entry.kind, EntryKind::Reserve | EntryKind::Spend) {
                    self.keys.push(Key::Hold(&entry.reference).text());
                }
            }
            self.cursor = Some(stored.key);
        }
        self.ends = last;
        if last && self.earliest > 1 {
            return Err(Error::input("pace", NO_JOURNAL));
        }
        Ok(())
    }

    fn take_messages(&mut self, account: &Arc<str>, stored: Vec<Option<StoredEntry>>) -> Result<Step> {
        for stored in stored.into_iter().flatten() {
            let hold = decode_hold(&stored.key, &stored.value)?;
            let segments = used(&hold);
            if segments == 0 {
                continue;
            }
            self.messages = self.messages.saturating_add(1);
            self.add(Scope { region: hold.region, purpose: hold.purpose, project: hold.project }, segments);
        }
        Ok(self.go_on(account))
    }

    fn add(&mut self, scope: Scope, segments: u64) {
        let before = self.sums.get(&scope).copied().unwrap_or(0);
        self.sums.insert(scope, before.saturating_add(segments));
    }

    fn go_on(&mut self, account: &Arc<str>) -> Step {
        if !self.keys.is_empty() {
            let rest = self.keys.split_off(self.keys.len().min(MESSAGES));
            return Step::Read(std::mem::replace(&mut self.keys, rest), Vec::new());
        }
        if !self.ends {
            return Step::Read(Vec::new(), vec![self.next()]);
        }
        if self.sums.len() > STREAMS_MAX {
            for (scope, segments) in std::mem::take(&mut self.sums).iter() {
                self.add(Scope { project: None, ..scope.clone() }, *segments);
            }
        }
        let (from, to) = (self.from.unwrap_or(self.to), self.to);
        // In an account that is younger than a day, what was sent is taken for a day's.
        let millis = u64::try_from(to.millis().saturating_sub(from.millis())).unwrap_or(0).max(DAY);
        let per_day = |segments: u64| {
            let thousandths = segments.saturating_mul(DAY).saturating_mul(1_000);
            thousandths.div_ceil(millis)
        };
        let rows = self.sums.iter();
        let pace = rows.map(|(scope, segments)| Stream { scope: scope.clone(), per_day: per_day(*segments) });
        let pace: Vec<Stream> = pace.collect();
        let segments = self.sums.iter().map(|(_, segments)| *segments).fold(0, u64::saturating_add);
        let (account, messages) = (Arc::clone(account), self.messages);
        Step::Done(Answer::Pace(Box::new(Pace { account, from, to, messages, segments, pace })))
    }
}

/// What a message has used: what it holds, or what was spent of it.
fn used(hold: &Hold) -> u64 {
    let segments = match (&hold.decision, hold.state) {
        (_, HoldState::Refused) => 0,
        (Some(decision), _) => decision.spent,
        (None, _) => hold.segments,
    };
    u64::from(segments)
}

impl Pace {
    pub(super) fn tell(&self, json: &mut Json) {
        json.text("account", &self.account);
        json.shown("from", &self.from);
        json.shown("to", &self.to);
        json.number("messages", self.messages);
        json.number("segments", self.segments);
        each(json, "pace", &self.pace, &|json, stream| tell_stream(json, stream));
    }
}
