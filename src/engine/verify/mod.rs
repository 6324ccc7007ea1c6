//! `verify`: a walk through the whole journal, and then the records and the packages against it.

mod head;
mod messages;
mod records;

use super::answer::{Answer, Verification};
use super::error::{Code, Error, Result};
use super::journal::{DOCUMENTS, behind, entries_behind};
use super::scan::{PAGE_ENTRIES, Reads, Step, head, known, range};
use super::sequencer::Loaded;
use crate::calendar::Instant;
use crate::catalog::Catalog;
use crate::ledger::{self, Bucket, Counts, EntryKind, Hash, Package, PackageId, Sorted};
use crate::storage::documents::{ENDED, Key, OPEN};
use crate::storage::{Hex, StoredEntry, decode_package, decode_settings};
use head::Head;
use records::{PREFIXES, Records};
use serde_json::json;
use std::sync::Arc;

/// How often a verification starts its comparison again because the account was changed meanwhile.
const ROUNDS_MAX: u32 = 64;

/// Commands go on meanwhile: entries that come later are read in another round, records that were changed are read again, and the
/// packages are compared under one and the same head.
#[derive(Debug, Default)]
pub(super) struct Verify {
    head: Option<(ledger::Account, String)>,
    phase: Phase,
    read: u64,
    hash: Hash,
    totals: Counts,
    packages: Sorted<u32, Replayed>,
    story: Head,
    records: Records,
    /// The keys of records that are read again.
    asked: Vec<String>,
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
    /// The nearest notice of its expiry, in days before it.
    noticed: Option<u32>,
    /// When something came back to it last that could be used again, in milliseconds.
    back: Option<i64>,
}

impl Replayed {
    /// Whether a package is this one. Of several notices that are due at once only the nearest is told of, and what comes back after
    /// the expiry can be used until the grace is over.
    fn is(&self, package: &Package) -> bool {
        let told = |days| package.noticed.is_some_and(|noticed| noticed <= days);
        let [expiry, grace] = [package.expires_at, package.grace_until].map(|at| at.map(Instant::millis));
        let late = self.back.filter(|back| expiry.is_some_and(|expiry| expiry <= *back));
        (self.counts, self.terms, self.exchanged)
            == (package.counts, Some(package.terms()), package.exchanged)
            && self.noticed.is_none_or(told)
            && late.map_or(grace.is_none(), |back| grace.is_some_and(|grace| back < grace))
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Journal,
    /// Every record of a kind, once; this is the kind's place in [`PREFIXES`].
    Records(usize),
    /// Records that did not follow from the journal when they were read before.
    Suspects,
    Open,
    Ended,
    Close,
}

impl Verify {
    pub(super) fn journal(&self) -> Reads {
        let keys = if self.head.is_none() { head() } else { Vec::new() };
        (keys, vec![behind(self.read, DOCUMENTS)])
    }

    pub(super) fn step(&mut self, account: &Arc<str>, loaded: Loaded, catalog: &Catalog) -> Result<Step> {
        match self.phase {
            Phase::Journal => self.step_journal(account, loaded, catalog),
            Phase::Records(kind) => Ok(self.step_records(kind, loaded)),
            Phase::Suspects => Ok(self.step_suspects(&loaded)),
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
            if let Err(problem) = checked.and_then(|entry| self.check_entry(&entry)) {
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
        if let Some(broken) = self.compare_head() {
            return Ok(broken);
        }
        Ok(if self.rounds == 0 { self.list(0, None) } else { self.suspects() })
    }

    /// Lists the records of a kind; what is suspect is read again once all were.
    fn list(&mut self, kind: usize, cursor: Option<String>) -> Step {
        if let Some(prefix) = PREFIXES.get(kind) {
            return self.page_from(Phase::Records(kind), prefix, cursor);
        }
        // A record is never deleted, so what was not among all of them is missing.
        if let Some(problem) = self.records.missing() {
            return self.broken(problem);
        }
        self.records.again();
        self.suspects()
    }

    fn step_records(&mut self, kind: usize, loaded: Loaded) -> Step {
        let page = loaded.ranges.into_iter().next().unwrap_or_default();
        for stored in &page {
            self.records.list(stored);
        }
        if page.len() < usize::try_from(PAGE_ENTRIES).unwrap_or(usize::MAX) {
            return self.list(kind.saturating_add(1), None);
        }
        self.list(kind, page.last().map(|entry| entry.key.clone()))
    }

    /// Reads what did not follow from the journal again: it may have been changed meanwhile.
    fn suspects(&mut self) -> Step {
        self.phase = Phase::Suspects;
        self.asked = self.records.suspects();
        if self.asked.is_empty() {
            return self.page_from(Phase::Open, OPEN, None);
        }
        Step::Read(self.asked.clone(), Vec::new())
    }

    fn step_suspects(&mut self, loaded: &Loaded) -> Step {
        let asked = std::mem::take(&mut self.asked);
        self.records.compare(asked, &loaded.keys);
        self.suspects()
    }

    fn check_entry(&mut self, entry: &ledger::Entry) -> std::result::Result<(), String> {
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
        for posting in entry.postings.iter() {
            let known = self.packages.get(&posting.package.0).copied();
            let known =
                known.unwrap_or(Replayed { terms: entry.terms.as_deref().copied(), ..Replayed::default() });
            let impossible =
                || format!("entry {expected} takes what package `{}` has not got", posting.package);
            let counts = known.counts.posted(posting.bucket, posting.segments).ok_or_else(impossible)?;
            let back = entry.effective_at.millis();
            let comes_back = posting.bucket == Bucket::Available
                && posting.segments > 0
                && matches!(entry.kind, EntryKind::Settle | EntryKind::Release | EntryKind::Correct);
            let back = if comes_back { known.back.max(Some(back)) } else { known.back };
            self.packages.insert(posting.package.0, Replayed { counts, back, ..known });
            self.totals = self.totals.posted(posting.bucket, posting.segments).ok_or_else(impossible)?;
        }
        if entry.kind == EntryKind::Activate {
            let package = PackageId::parse(&entry.reference).and_then(|id| self.packages.get_mut(&id.0));
            let package = package.ok_or_else(|| format!("entry {expected} activates no package"))?;
            package.terms = entry.terms.as_deref().copied();
        }
        if entry.kind == EntryKind::Exchange {
            let exchanged = self.check_exchange(entry, before);
            exchanged.ok_or_else(|| format!("entry {expected} exchanges by another ratio than it says"))?;
        }
        if let Some(expiring) = entry.note.as_ref().and_then(|note| note.expiring)
            && let Some(package) =
                PackageId::parse(&entry.reference).and_then(|id| self.packages.get_mut(&id.0))
        {
            package.noticed = Some(expiring.days);
        }
        self.records.replay(entry);
        self.story.replay(entry);
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
        if !self.story.is(head) {
            return Some(self.broken("the head is not the one that the journal tells of".to_owned()));
        }
        if self.records.counts(&head.in_flight) {
            return None;
        }
        Some(
            self.broken(
                "the messages in flight that the head counts are not those of the journal".to_owned(),
            ),
        )
    }

    fn page_from(&mut self, phase: Phase, prefix: &str, cursor: Option<String>) -> Step {
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
            return self.page_from(self.phase, prefix, cursor);
        }
        if next == Phase::Ended {
            return self.page_from(Phase::Ended, ENDED, None);
        }
        self.phase = next;
        Step::Read(vec![Key::Account.text(), Key::Settings.text()], Vec::new())
    }

    fn check_package(&mut self, stored: &StoredEntry, open: bool) {
        let problem = match decode_package(&stored.key, &stored.value) {
            Err(error) => Some(error.to_string()),
            Ok(package) => {
                let replayed = self.packages.get(&package.id.0);
                let same =
                    replayed.is_some_and(|replayed| replayed.is(&package)) && package.counts.open() == open;
                (!same).then(|| format!("package `{}` does not follow from the journal", package.id))
            }
        };
        self.compared = self.compared.saturating_add(1);
        self.suspicion = self.suspicion.take().or(problem);
    }

    fn close(&mut self, account: &Arc<str>, loaded: Loaded, catalog: &Catalog) -> Result<Step> {
        let mut keys = loaded.keys.into_iter();
        let (_, revision) = known(account, keys.next().flatten(), catalog)?;
        let settings = keys.next().flatten().map(|stored| decode_settings(&stored.key, &stored.value));
        let settings = settings.and_then(std::result::Result::err).map(|error| error.to_string());
        let same = self.head.as_ref().filter(|(_, before)| *before == revision);
        if let Some((head, _)) = same {
            let issued = usize::try_from(head.head.packages).unwrap_or(usize::MAX);
            let count = (self.compared != self.packages.len() || issued != self.packages.len())
                .then(|| "the packages stored are not those of the journal".to_owned());
            let problem = self.records.suspicion().or(self.suspicion.take()).or(count).or(settings);
            return Ok(problem.map_or_else(|| self.proven(), |problem| self.broken(problem)));
        }
        self.rounds = self.rounds.saturating_add(1);
        if self.rounds > ROUNDS_MAX {
            let message = "the account changed too often to compare its packages: try again later";
            return Err(Error::new(Code::Contention, message, json!({ "rounds": ROUNDS_MAX })));
        }
        (self.head, self.phase, self.compared, self.suspicion) = (None, Phase::Journal, 0, None);
        self.records.again();
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
