//! The messages as the journal makes them, and their records against that.

use crate::ledger::{Bucket, Canonical, Entry, EntryKind, FixedMap, Hold, HoldState, PackageId, Stretch};
use crate::storage::documents::HOLD;
use crate::storage::{StoredEntry, decode_hold};

/// Records that are read again at once.
const AGAIN: usize = 1_000;

/// Names a message in a few bytes, however long its id: the first of a SHA-256, so that nobody chooses two ids of one name.
type Name = [u8; 8];

/// What the journal says of a message.
#[derive(Clone, Copy, Debug, Default)]
struct Replayed {
    held: i64,
    spent: i64,
    /// Who pays, as one number.
    draws: u64,
    /// The entry that set its segments aside.
    entry: u64,
    /// Whether its record was there.
    read: bool,
}

/// Every message of the journal that was read so far.
#[derive(Debug, Default)]
pub(super) struct Messages {
    replayed: FixedMap<Name, Replayed>,
    /// Keys of records that did not follow from the journal when they were read, each with what was wrong.
    suspects: Vec<(String, String)>,
    /// How many of them, from the first, are to be read again.
    again: usize,
    /// Room for what is hashed.
    bytes: Vec<u8>,
}

impl Messages {
    /// What an entry says of a message, where it is about one.
    pub(super) fn replay(&mut self, entry: &Entry) {
        let first = matches!(entry.kind, EntryKind::Reserve | EntryKind::Spend);
        if !first && !matches!(entry.kind, EntryKind::Settle | EntryKind::Release | EntryKind::Correct) {
            return;
        }
        let name = self.name(&entry.reference);
        let replayed = self.replayed.entry(name).or_default();
        let mut draws = Draws::default();
        for posting in &entry.postings {
            match posting.bucket {
                Bucket::Held => replayed.held = replayed.held.saturating_add(posting.segments),
                Bucket::Spent => replayed.spent = replayed.spent.saturating_add(posting.segments),
                Bucket::Available => draws.add(posting.package, posting.segments.unsigned_abs()),
                _ => {}
            }
        }
        if first {
            (replayed.draws, replayed.entry) = (draws.0, entry.sequence);
        }
    }

    fn name(&mut self, id: &str) -> Name {
        let mut bytes = Canonical::new(&mut self.bytes, 0);
        bytes.text(id);
        bytes.hash().first_chunk().copied().unwrap_or_default()
    }

    /// How many messages are held.
    pub(super) fn held(&self) -> u64 {
        self.count(|_| true)
    }

    /// How many of them were set aside by the entries of a stretch.
    pub(super) fn held_within(&self, stretch: &Stretch) -> u64 {
        self.count(|message| stretch.contains(message.entry))
    }

    fn count(&self, which: impl Fn(&Replayed) -> bool) -> u64 {
        let held = self.replayed.values().filter(|message| message.held > 0 && which(message));
        u64::try_from(held.count()).unwrap_or(u64::MAX)
    }

    /// Compares a record with the journal; it is suspect where it does not follow from that.
    pub(super) fn compare(&mut self, stored: &StoredEntry) {
        let problem = match decode_hold(&stored.key, &stored.value) {
            Err(error) => {
                let name = self.name(stored.key.strip_prefix(HOLD).unwrap_or_default());
                self.replayed.entry(name).and_modify(|replayed| replayed.read = true);
                Some(error.to_string())
            }
            Ok(hold) => {
                let follows = self.follows(&hold);
                (!follows).then(|| format!("message `{}` does not follow from the journal", hold.id))
            }
        };
        self.suspects.extend(problem.map(|problem| (stored.key.clone(), problem)));
    }

    /// That its parts add up was seen when it was read.
    fn follows(&mut self, hold: &Hold) -> bool {
        let name = self.name(&hold.id);
        let Some(replayed) = self.replayed.get_mut(&name) else {
            return hold.state == HoldState::Refused;
        };
        replayed.read = true;
        let mut draws = Draws::default();
        for draw in hold.draws.iter() {
            draws.add(draw.package, draw.segments.into());
        }
        let set_aside = if hold.state == HoldState::Held { hold.credits() } else { 0 };
        let spent = hold.decision.as_ref().map_or(0, |decision| decision.spent);
        let by_its_entry = hold.due.is_none_or(|(_, entry)| entry == replayed.entry);
        by_its_entry
            && (i64::from(set_aside), i64::from(spent), draws.0)
                == (replayed.held, replayed.spent, replayed.draws)
    }

    /// The first entry of a message whose record was not among all that are stored.
    pub(super) fn unread(&self) -> Option<u64> {
        self.replayed.values().filter(|message| !message.read).map(|message| message.entry).min()
    }

    /// The keys to read again next; none where all were.
    pub(super) fn suspects(&mut self) -> Vec<String> {
        let first = self.again.saturating_sub(AGAIN);
        let again = self.suspects.drain(first..self.again.max(first)).map(|(key, _)| key).collect();
        self.again = first;
        again
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

/// Packages and what each pays, in order, as one number.
#[derive(Default)]
struct Draws(u64);

impl Draws {
    fn add(&mut self, package: PackageId, segments: u64) {
        for part in [u64::from(package.0), segments] {
            self.0 = self.0.rotate_left(5).wrapping_add(part).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
    }
}
