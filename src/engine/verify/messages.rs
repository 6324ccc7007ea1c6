//! The messages as the journal makes them, and their records against that.

use super::records::Name;
use crate::ledger::{Bucket, Canonical, Entry, EntryKind, FixedMap, Hold, HoldState, PackageId, Stretch};
use crate::storage::documents::HOLD;

/// What the journal says of a message.
#[derive(Clone, Copy, Debug, Default)]
struct Replayed {
    held: i64,
    spent: i64,
    /// What came back too late.
    expired: i64,
    /// When it was decided last, by an entry; 0 = by none.
    decided: i64,
    /// Whether what was decided was corrected.
    corrected: bool,
    /// When it was paid, and who pays, as one number.
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
        for posting in entry.postings.iter() {
            match posting.bucket {
                Bucket::Held => replayed.held = replayed.held.saturating_add(posting.segments),
                Bucket::Spent => replayed.spent = replayed.spent.saturating_add(posting.segments),
                Bucket::Expired => replayed.expired = replayed.expired.saturating_add(posting.segments),
                Bucket::Available => draws.add(posting.package, posting.segments.unsigned_abs()),
                _ => {}
            }
        }
        let at = entry.effective_at.millis();
        if first {
            draws.mix(at.cast_unsigned());
            (replayed.draws, replayed.entry) = (draws.0, entry.sequence);
        } else {
            replayed.decided = at;
            replayed.corrected |= entry.kind == EntryKind::Correct;
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

    /// That a record is there, though it cannot be read.
    pub(super) fn mark_read(&mut self, id: &str, kind: &str) {
        if kind == HOLD {
            let name = self.name(id);
            self.replayed.entry(name).and_modify(|replayed| replayed.read = true);
        }
    }

    /// Whether a record follows from the journal. That its parts add up was seen when it was read.
    pub(super) fn follows(&mut self, hold: &Hold) -> bool {
        let name = self.name(&hold.id);
        let Some(replayed) = self.replayed.get_mut(&name) else {
            return hold.state == HoldState::Refused;
        };
        replayed.read = true;
        let mut draws = Draws::default();
        for draw in hold.draws.iter() {
            draws.add(draw.package, draw.segments.into());
        }
        draws.mix(hold.at.millis().cast_unsigned());
        let set_aside = if hold.state == HoldState::Held { hold.credits() } else { 0 };
        let spent = hold.decision.as_ref().map_or(0, |decision| decision.spent);
        let decided =
            hold.decision.as_ref().map(|decision| (decision.at.millis(), i64::from(decision.expired)));
        let decided_so = decided.is_none_or(|(at, expired)| {
            (replayed.decided == 0 || replayed.decided == at)
                && (replayed.corrected || replayed.expired == expired)
        });
        let by_its_entry = hold.due.is_none_or(|(_, entry)| entry == replayed.entry);
        by_its_entry
            && decided_so
            && (i64::from(set_aside), i64::from(spent), draws.0)
                == (replayed.held, replayed.spent, replayed.draws)
    }

    /// The first entry of a message whose record was not among all that are stored.
    pub(super) fn unread(&self) -> Option<u64> {
        self.replayed.values().filter(|message| !message.read).map(|message| message.entry).min()
    }
}

/// Packages, what each pays, and when, in order, as one number.
#[derive(Default)]
struct Draws(u64);

impl Draws {
    fn add(&mut self, package: PackageId, segments: u64) {
        self.mix(package.0.into());
        self.mix(segments);
    }

    fn mix(&mut self, part: u64) {
        self.0 = self.0.rotate_left(5).wrapping_add(part).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}
