//! The records of orders, adjustments, migrations and vouchers against the entries that tell of them; the notes that payments are open
//! against the orders; and the policies that messages were paid under.

use super::messages::Messages;
use crate::calendar::Instant;
use crate::engine::purchase::{note, package};
use crate::ledger::{
    Bucket, Canonical, Entry, EntryKind, FixedMap, Grant, Hash, Note, Order, RechargeEvent, Record, Stretch,
};
use crate::storage::documents::{ADJUSTMENT, HOLD, Key, MIGRATION, ORDER, POLICY, UNPAID, VOUCHER};
use crate::storage::{StoredEntry, decode_record, decode_unpaid};
use std::sync::Arc;

/// The records that are listed, one kind after the other: an order before its voucher and its note, a message before its policy.
pub(super) const PREFIXES: [&str; 7] = [HOLD, ADJUSTMENT, MIGRATION, ORDER, VOUCHER, UNPAID, POLICY];
/// Records that are read again at once.
const AGAIN: usize = 1_000;

/// Names a record in a few bytes, however long its key: the first of a SHA-256, so that nobody chooses two keys of one name.
pub(super) type Name = [u8; 8];

/// What the journal says of a record.
#[derive(Debug)]
struct Told {
    /// The first entry about it.
    entry: u64,
    /// What its key begins with.
    kind: &'static str,
    /// Of all that its entries say of it, one behind the other.
    digest: Name,
    /// Of a paid order: the voucher that it has used.
    voucher: Option<Name>,
    /// Of a voucher: whether an order was paid with it while another one had it.
    late: bool,
    /// Whether the record was there.
    read: bool,
}

/// Every record of the journal that was read so far.
#[derive(Debug, Default)]
pub(super) struct Records {
    pub(super) messages: Messages,
    told: FixedMap<Name, Told>,
    /// The revision that the last message was paid under, whose policy must be there.
    revision: Option<u32>,
    /// Keys of records that did not follow from the journal when they were read, each with what was wrong.
    suspects: Vec<(String, String)>,
    /// How many of them, from the first, are to be read again.
    again: usize,
    /// Room for what is hashed.
    bytes: Vec<u8>,
}

/// What an entry says of a record, or a record of itself.
struct Event {
    kind: EntryKind,
    at: Instant,
    package: u32,
    segments: i64,
    terms: Option<Hash>,
    note: Option<Note>,
}

impl Default for Event {
    fn default() -> Self {
        Self { kind: EntryKind::Open, at: Instant::MIN, package: 0, segments: 0, terms: None, note: None }
    }
}

impl Event {
    fn of(entry: &Entry) -> Self {
        let mut available = entry.postings.iter().filter(|posting| posting.bucket == Bucket::Available);
        let moved = available.next();
        Self {
            kind: entry.kind,
            at: entry.effective_at,
            package: moved.map_or(0, |posting| posting.package.0),
            segments: moved.map_or(0, |posting| posting.segments),
            // A gift's package says more than its adjustment, and of a migration that is taken back the journal alone says why.
            terms: entry.terms.as_deref().copied().filter(|_| entry.kind == EntryKind::Purchase),
            note: entry.note.as_deref().cloned().filter(|_| entry.kind != EntryKind::Revert),
        }
    }

    /// The digest of what was said before and of this.
    fn behind(&self, before: Name, bytes: &mut Vec<u8>) -> Name {
        let mut bytes = Canonical::new(bytes, 0);
        bytes.raw(&before);
        bytes.text(self.kind.as_str());
        bytes.signed(self.at.millis());
        bytes.count(self.package.into());
        bytes.signed(self.segments);
        for hash in [self.terms, self.note.as_ref().map(Note::hash)] {
            bytes.optional(hash, |bytes, hash| bytes.raw(&hash));
        }
        first(bytes)
    }
}

fn first(bytes: Canonical<'_>) -> Name {
    bytes.hash().first_chunk().copied().unwrap_or_default()
}

fn signed(segments: u64) -> i64 {
    i64::try_from(segments).unwrap_or(i64::MAX)
}

impl Records {
    /// What an entry says of a record, where it is about one.
    pub(super) fn replay(&mut self, entry: &Entry) {
        let note = entry.note.as_deref();
        let kind = match entry.kind {
            EntryKind::Purchase | EntryKind::Refund => ORDER,
            // What is ordered by itself has an order from then on.
            EntryKind::Recharge => {
                let ordered = note.and_then(|note| note.recharge.as_ref());
                if ordered.is_some_and(|note| matches!(note.event, RechargeEvent::Ordered(..))) {
                    self.told(ORDER, &entry.reference, entry.sequence);
                }
                return;
            }
            EntryKind::Adjust => ADJUSTMENT,
            EntryKind::Migrate | EntryKind::Revert => MIGRATION,
            _ => return self.messages.replay(entry),
        };
        let mut bytes = std::mem::take(&mut self.bytes);
        let told = self.told(kind, &entry.reference, entry.sequence);
        told.digest = Event::of(entry).behind(told.digest, &mut bytes);
        self.bytes = bytes;
        if let Some((_, voucher)) = note.and_then(|note| note.discount.as_ref()) {
            let used = self.name(VOUCHER, voucher);
            self.told(ORDER, &entry.reference, entry.sequence).voucher = Some(used);
            self.told(VOUCHER, voucher, entry.sequence);
        }
    }

    fn told(&mut self, kind: &'static str, id: &str, entry: u64) -> &mut Told {
        let name = self.name(kind, id);
        self.told.entry(name).or_insert(Told {
            entry,
            kind,
            digest: Name::default(),
            voucher: None,
            late: false,
            read: false,
        })
    }

    fn name(&mut self, kind: &str, id: &str) -> Name {
        let mut bytes = Canonical::new(&mut self.bytes, 0);
        bytes.text(kind);
        bytes.text(id);
        first(bytes)
    }

    /// Whether the head counts the messages in flight as the journal does.
    pub(super) fn counts(&self, in_flight: &[Stretch]) -> bool {
        let all = in_flight.iter().map(|stretch| stretch.held).fold(0, u64::saturating_add);
        self.messages.held() == all
            && in_flight.iter().all(|stretch| self.messages.held_within(stretch) == stretch.held)
    }

    /// Compares a record that was listed; it is suspect where it does not follow from the journal. Whether an order and its note
    /// agree is seen when both are read together.
    pub(super) fn list(&mut self, stored: &StoredEntry) {
        let (key, problem, id) = if let Some(id) = stored.key.strip_prefix(UNPAID) {
            (Key::Order(id).text(), None, Some(id))
        } else {
            let (problem, open) = self.look(stored);
            (stored.key.clone(), problem, stored.key.strip_prefix(ORDER).filter(|_| open.is_some()))
        };
        self.suspects.extend(problem.or_else(|| id.map(disagree)).map(|problem| (key, problem)));
    }

    /// Compares records that are read again, of the keys asked for: an order and its note one behind the other.
    pub(super) fn compare(&mut self, keys: Vec<String>, found: &[Option<StoredEntry>]) {
        let mut pairs = keys.into_iter().zip(found);
        while let Some((key, stored)) = pairs.next() {
            let (mut problem, open) = stored.as_ref().map(|stored| self.look(stored)).unwrap_or_default();
            if let Some(id) = key.strip_prefix(ORDER) {
                let note = pairs.next().and_then(|(_, note)| note.as_ref());
                let noted = note.map(|note| decode_unpaid(&note.key, &note.value).ok());
                problem = problem.or_else(|| (noted != open.map(Some)).then(|| disagree(id)));
            }
            self.suspects.extend(problem.map(|problem| (key, problem)));
        }
    }

    /// What is wrong with a record; and of an order since when its payment is open, if it is.
    fn look(&mut self, stored: &StoredEntry) -> (Option<String>, Option<Instant>) {
        let key = &stored.key;
        let (follows, open) = match decode_record(key, &stored.value) {
            Ok(Some(Record::Order(order))) => {
                let open = Some(order.placed_at).filter(|_| order.state.undecided());
                (self.follows_order(&order), open)
            }
            Ok(record) => (record.is_none_or(|record| self.follows(&record)), None),
            Err(error) => {
                self.mark_unreadable(key);
                return (Some(error.to_string()), None);
            }
        };
        let (kind, id) = key.split_once('/').unwrap_or_default();
        let kind = if kind == "hold" { "message" } else { kind };
        let problem = || [kind, " `", id, "` does not follow from the journal"].concat();
        ((!follows).then(problem), open)
    }

    /// One that cannot be read is there all the same.
    fn mark_unreadable(&mut self, key: &str) {
        let (kind, id) = key.split_at(key.find('/').map_or(0, |at| at.saturating_add(1)));
        self.messages.mark_read(id, kind);
        let name = self.name(kind, id);
        self.told.entry(name).and_modify(|told| told.read = true);
    }

    fn follows(&mut self, record: &Record) -> bool {
        match record {
            Record::Hold(hold) => {
                if !hold.draws.is_empty() && Some(hold.revision) != self.revision {
                    self.revision = Some(hold.revision);
                    self.told(POLICY, &policy(hold.revision), u64::MAX);
                }
                self.messages.follows(hold)
            }
            Record::Voucher(grant) => self.follows_grant(grant),
            Record::Policy(terms) => self.is_told(POLICY, &policy(terms.revision), &[None, None]),
            Record::Migration(made) => {
                let (reason, ratio) = (made.reason.clone(), Some(made.ratio));
                let note = Some(Note { reason, ratio, ..Note::default() });
                let event = |kind, at, note| Event { kind, at, note, ..Event::default() };
                let migrated = event(EntryKind::Migrate, made.at, note);
                let reverted = made.reverted_at.map(|at| event(EntryKind::Revert, at, None));
                self.is_told(MIGRATION, &made.id, &[Some(migrated), reverted])
            }
            Record::Adjustment(made) => {
                let note = Some(Note { reason: Some(Arc::clone(&made.reason)), ..Note::default() });
                let (kind, at, package, segments) =
                    (EntryKind::Adjust, made.at, made.package.0, made.segments);
                let event = Event { kind, at, package, segments, note, ..Event::default() };
                self.is_told(ADJUSTMENT, &made.id, &[Some(event), None])
            }
            Record::Order(_) | Record::Ended(_) => true,
        }
    }

    fn follows_order(&mut self, order: &Order) -> bool {
        let paid = order.issued.as_ref().map(|issued| {
            let terms =
                package(order, issued.package, issued.at, issued.effective_at, issued.expires_at).terms();
            let (at, package, segments) = (issued.at, issued.package.0, signed(order.item.quantity));
            let (kind, terms, note) = (EntryKind::Purchase, Some(terms), Some(note(order)));
            Event { kind, at, package, segments, terms, note }
        });
        let returned = order.refunded.map(|refunded| {
            let amount = Some((refunded.amount, order.price.currency));
            let note = Some(Note { amount, ..Note::default() });
            let package = paid.as_ref().map_or(0, |paid| paid.package);
            let (at, segments) = (refunded.at, signed(refunded.segments).saturating_neg());
            Event { kind: EntryKind::Refund, at, package, segments, terms: None, note }
        });
        if order.price.voucher_used_by.is_some() {
            let voucher = order.price.voucher.as_deref().unwrap_or_default();
            let name = self.name(VOUCHER, voucher);
            self.told.entry(name).and_modify(|told| told.late = true);
        }
        self.is_told(ORDER, &order.id, &[paid, returned])
    }

    /// A voucher that a paid order has used stays that order's, and a paid order has no other.
    fn follows_grant(&mut self, grant: &Grant) -> bool {
        let name = self.name(VOUCHER, &grant.voucher.id);
        let order = grant.order.as_ref().map(|order| self.name(ORDER, order));
        let order = order.and_then(|order| self.told.get(&order));
        let used = order.is_some_and(|order| order.voucher == Some(name));
        let by_another = order.is_some_and(|order| order.digest != Name::default() && !used);
        match self.told.get_mut(&name) {
            Some(told) => {
                told.read = true;
                told.late || used
            }
            None => !by_another,
        }
    }

    /// Whether the journal says just this of a record.
    fn is_told(&mut self, kind: &'static str, id: &str, events: &[Option<Event>]) -> bool {
        let name = self.name(kind, id);
        let digest = events
            .iter()
            .flatten()
            .fold(Name::default(), |digest, event| event.behind(digest, &mut self.bytes));
        match self.told.get_mut(&name) {
            Some(told) => {
                told.read = true;
                told.digest == digest
            }
            None => digest == Name::default(),
        }
    }

    /// What is missing among all that is stored: the record of the first entry that tells of one, or a policy.
    pub(super) fn missing(&self) -> Option<String> {
        let message = self.messages.unread().map(|entry| (entry, HOLD));
        let other = self.told.values().filter(|told| !told.read).map(|told| (told.entry, told.kind));
        let (entry, kind) = other.chain(message).min()?;
        Some(if kind == POLICY {
            "a policy is missing under which messages were paid".to_owned()
        } else {
            format!("entry {entry} is of something under `{kind}` that is missing")
        })
    }

    /// The keys to read again next, each order with its note; none where all were.
    pub(super) fn suspects(&mut self) -> Vec<String> {
        let first = self.again.saturating_sub(AGAIN);
        let mut keys = Vec::new();
        for (key, _) in self.suspects.drain(first..self.again.max(first)) {
            let note = key.strip_prefix(ORDER).map(|id| Key::Unpaid(id).text());
            keys.push(key);
            keys.extend(note);
        }
        self.again = first;
        keys
    }

    /// What is wrong with the first of them.
    pub(super) fn suspicion(&self) -> Option<String> {
        self.suspects.iter().min().map(|(_, problem)| problem.clone())
    }

    /// In another round all that is suspect is read again.
    pub(super) fn again(&mut self) {
        self.again = self.suspects.len();
    }
}

fn disagree(id: &str) -> String {
    ["order `", id, "` and the note that its payment is open do not agree"].concat()
}

/// What stands for a policy's id in its key.
fn policy(revision: u32) -> String {
    Key::Policy(revision).text().split_off(POLICY.len())
}
