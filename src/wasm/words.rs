//! The flat form in which actions, answers and replies cross: words in a typed array, strings one after another in one text.

use super::batch::TICKETS;
use crate::calendar::Instant;
use crate::engine::{Action, Answer, Finished, Loaded, Outcome, Reserved, Shape};
use crate::ledger::{Contradiction, Hold};
use crate::numbering::Region;
use crate::storage::{Batch, Expect, Range, StoredEntry, Write};
use crate::text::Encoding;

const READ: u32 = 1;
const COMMIT: u32 = 2;
const ANSWERS: u32 = 3;
const RESERVED: u32 = 4;
const OUTCOME: u32 = 5;
const IN_BATCH: u32 = 6;
const BATCH: u32 = 7;
const CHARGE: u32 = 8;
const PUT: u32 = 1;
const DELETE: u32 = 2;
const PUT_NEW: u32 = 3;
const PUT_AT: u32 = 4;
const NONE: u32 = u32::MAX;
/// In place of an instant's length: it is the one said before.
const SAME: u32 = u32::MAX - 1;

/// Words of a usual answer.
const ANSWER_WORDS: usize = 16;
/// Bytes of a usual answer's strings.
const ANSWER_BYTES: usize = 48;

/// What `poll` and `text` give.
#[derive(Default)]
pub(super) struct Output {
    words: Vec<u32>,
    text: String,
    /// The instant said last: answers of one commit mostly share it.
    instant: Option<Instant>,
    /// The region said last in a batch.
    region: Option<Region>,
}

fn size(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(NONE)
}

/// A length as JavaScript counts it.
fn utf16(text: &str) -> u32 {
    if text.is_ascii() { size(text.len()) } else { size(text.encode_utf16().count()) }
}

impl Output {
    pub(super) fn fill(&mut self, actions: Vec<Action>, finished: Vec<Finished>) -> Vec<u32> {
        self.text.clear();
        self.instant = None;
        self.region = None;
        self.words.reserve(finished.len().saturating_mul(ANSWER_WORDS));
        self.text.reserve(finished.len().saturating_mul(ANSWER_BYTES));
        for action in actions {
            match action {
                Action::Read { read, tries, partition, keys, ranges } => {
                    self.read(read, tries, &partition, &keys, &ranges);
                }
                Action::Commit { commit, partition, batch } => self.commit(commit, &partition, &batch),
                Action::Charge { account, order } => {
                    self.words.push(CHARGE);
                    self.string(&account);
                    self.string(&order);
                }
            }
        }
        self.answers(finished);
        std::mem::take(&mut self.words)
    }

    pub(super) fn take_text(&mut self) -> String {
        std::mem::take(&mut self.text)
    }

    fn string(&mut self, text: &str) {
        self.words.push(utf16(text));
        self.text.push_str(text);
    }

    fn optional(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.string(text),
            None => self.words.push(NONE),
        }
    }

    fn read(&mut self, read: u32, tries: u32, partition: &str, keys: &[String], ranges: &[Range]) {
        self.words.extend([READ, read, tries]);
        self.string(partition);
        self.words.push(size(keys.len()));
        for key in keys {
            self.string(key);
        }
        self.words.push(size(ranges.len()));
        for range in ranges {
            self.string(&range.prefix);
            self.optional(range.cursor.as_deref());
            self.words.extend([range.limit, u32::from(range.reverse)]);
        }
    }

    fn commit(&mut self, commit: u32, partition: &str, batch: &Batch) {
        self.words.extend([COMMIT, commit]);
        self.string(partition);
        let writes = batch.writes();
        self.words.reserve(writes.len().saturating_mul(4).saturating_add(1));
        self.text.reserve(batch.text().len());
        self.words.push(size(writes.len()));
        let plain = batch.text().is_ascii();
        let length = |text: &str| if plain { size(text.len()) } else { utf16(text) };
        for Write { key, expect, value } in writes {
            match (value, expect) {
                (None, _) => self.words.extend([DELETE, length(key)]),
                (Some(value), Expect::Anything) => self.words.extend([PUT, length(key), length(value)]),
                (Some(value), Expect::Absent) => self.words.extend([PUT_NEW, length(key), length(value)]),
                (Some(value), Expect::Revision(revision)) => {
                    self.words.extend([PUT_AT, length(key), length(revision), length(value)]);
                }
            }
        }
        self.text.push_str(batch.text());
    }

    /// The answers of the hot path as words, in their places; the others as one JSON text behind them.
    fn answers(&mut self, finished: Vec<Finished>) {
        let mut rest = Vec::new();
        for (ticket, answer) in finished {
            match answer {
                Ok(Answer::Reserved(reserved)) if ticket >= TICKETS => {
                    self.words.extend([IN_BATCH, ticket]);
                    self.in_batch(&reserved);
                }
                Ok(Answer::Reserved(reserved)) => self.reserved(ticket, &reserved),
                Ok(Answer::Batch(all)) => {
                    self.words.extend([BATCH, ticket, size(all.len())]);
                    for reserved in &all {
                        self.in_batch(reserved);
                    }
                }
                Ok(Answer::Outcome(outcome)) => self.outcome(ticket, &outcome),
                other => rest.push((ticket, other)),
            }
        }
        if !rest.is_empty() {
            self.rest(rest);
        }
    }

    fn reserved(&mut self, ticket: u32, reserved: &Reserved) {
        self.words.extend([RESERVED, ticket]);
        self.optional(reserved.recorded.then_some(&reserved.hold.id));
        self.optional(reserved.hold.region.as_ref().map(Region::as_str));
        self.paid(reserved);
    }

    /// What a message of a batch takes: its id is known to whoever sent it, its region mostly the one said before.
    fn in_batch(&mut self, reserved: &Reserved) {
        let region = reserved.hold.region;
        if self.region.is_some() && region == self.region {
            self.words.push(SAME);
        } else {
            self.region = region;
            self.optional(region.as_ref().map(Region::as_str));
        }
        self.paid(reserved);
    }

    /// What a message comes to and who pays.
    fn paid(&mut self, reserved: &Reserved) {
        let hold = &reserved.hold;
        self.words.extend([flags(hold), hold.segments, size(hold.draws.len())]);
        for draw in hold.draws.iter() {
            self.words.extend([draw.package.0, draw.segments]);
        }
        self.wide(hold.available);
        self.instant(reserved.recorded.then_some(hold.at));
    }

    fn outcome(&mut self, ticket: u32, outcome: &Outcome) {
        self.words.extend([OUTCOME, ticket]);
        let (hold, decision) = (&outcome.hold, outcome.hold.decision.as_ref());
        self.string(&hold.id);
        self.string(hold.state.as_str());
        self.words.push(hold.segments);
        self.words.extend(outcome.segments());
        self.words.push(u32::from(outcome.applied) | u32::from(hold.rate.is_some()) << 1);
        self.words.extend(hold.rate.map(|_| hold.credits()));
        self.instant(decision.map(|decision| decision.at));
        self.words.push(u32::from(decision.is_some()));
        self.wide(decision.map_or(0, |decision| decision.available));
        let contradicted = outcome.contradicted().and_then(Contradiction::report);
        self.words.push(u32::from(contradicted.is_some()));
        if let Some((stage, code, segments, at)) = contradicted {
            self.string(stage.as_str());
            self.optional(code);
            self.words.push(segments.unwrap_or(0));
            self.instant(Some(at));
        }
    }

    /// A count of more than 32 bits: the low half first.
    fn wide(&mut self, count: u64) {
        let half = |count: u64| u32::try_from(count & u64::from(u32::MAX)).unwrap_or(0);
        self.words.extend([half(count), half(count >> 32)]);
    }

    fn instant(&mut self, at: Option<Instant>) {
        match at {
            None => self.words.push(NONE),
            Some(_) if at == self.instant => self.words.push(SAME),
            Some(at) => {
                self.instant = Some(at);
                self.string(&at.to_string());
            }
        }
    }

    fn rest(&mut self, finished: Vec<Finished>) {
        self.words.extend([ANSWERS, size(finished.len())]);
        let mut json = String::from("[");
        for (ticket, answer) in finished {
            self.words.extend([ticket, u32::from(answer.is_ok())]);
            if json.len() > 1 {
                json.push(',');
            }
            json.push_str(&answer.map_or_else(|error| error.json(), |answer| answer.json()));
        }
        json.push(']');
        self.string(&json);
    }
}

/// The encoding; and whether an earlier charge model says what the message costs, which is the sum of its draws.
fn flags(hold: &Hold) -> u32 {
    u32::from(hold.encoding == Encoding::Ucs2) | u32::from(hold.rate.is_some()) << 1
}

/// What a READ brought, by the shape that was asked for; none where the reply does not have it.
pub(super) fn read_loaded(shape: Option<Shape>, text: &str, lengths: &[u32]) -> Option<Loaded> {
    let Shape { keys, ranges } = shape?;
    let mut input = Input::new(text, lengths);
    let mut loaded = Loaded::default();
    for key in keys {
        loaded.keys.push(match input.optional()? {
            None => None,
            Some(value) => {
                Some(StoredEntry { key, value: value.to_owned(), revision: input.string()?.to_owned() })
            }
        });
    }
    for _ in 0..ranges {
        let count = *input.lengths.next()?;
        let entry = |input: &mut Input<'_>| {
            Some(StoredEntry {
                key: input.string()?.to_owned(),
                value: input.string()?.to_owned(),
                revision: input.string()?.to_owned(),
            })
        };
        loaded.ranges.push((0..count).map(|_| entry(&mut input)).collect::<Option<_>>()?);
    }
    (input.text.is_empty() && input.lengths.next().is_none()).then_some(loaded)
}

/// Strings one after another in one text, and the words that say their lengths.
pub(super) struct Input<'a> {
    text: &'a str,
    lengths: std::slice::Iter<'a, u32>,
}

impl<'a> Input<'a> {
    pub(super) fn new(text: &'a str, lengths: &'a [u32]) -> Self {
        Self { text, lengths: lengths.iter() }
    }

    /// The next word, where it is no length.
    pub(super) fn word(&mut self) -> Option<u32> {
        self.lengths.next().copied()
    }

    /// A string that must be there.
    pub(super) fn string(&mut self) -> Option<&'a str> {
        self.optional()?
    }

    pub(super) fn optional(&mut self) -> Option<Option<&'a str>> {
        let length = *self.lengths.next()?;
        if length == NONE {
            return Some(None);
        }
        let (head, rest) = self.text.split_at_checked(bytes_of(self.text, length)?)?;
        self.text = rest;
        Some(Some(head))
    }
}

/// How many bytes so many UTF-16 units are.
fn bytes_of(text: &str, units: u32) -> Option<usize> {
    let units = usize::try_from(units).ok()?;
    let ascii = text.as_bytes().get(..units).is_some_and(<[u8]>::is_ascii);
    if ascii {
        return Some(units);
    }
    let mut left = units;
    for (index, character) in text.char_indices() {
        if left == 0 {
            return Some(index);
        }
        left = left.checked_sub(character.len_utf16())?;
    }
    (left == 0).then_some(text.len())
}
