//! What commands and time do to the books: packages issued, segments held, spent and given back, records written.

use super::decide::hours_after;
use super::undo::{Undo, Written};
use super::{Known, Ledger, LedgerError};
use crate::calendar::Instant;
use crate::catalog::ChargeOn;
use crate::ledger::account::{AccountState, PlanState, ScheduleState};
use crate::ledger::ceilings::{Usage, Used};
use crate::ledger::counts::Bucket;
use crate::ledger::entry::{EntryKind, Note, Posting, Postings};
use crate::ledger::hold::{Decision, Draw, Hold, HoldState, Verb};
use crate::ledger::migration::Exchange;
use crate::ledger::order::Order;
use crate::ledger::package::{Package, PackageId};
use crate::ledger::record::Record;
use crate::ledger::settings::Settings;
use crate::ledger::terms::Terms;
use crate::numbering::Region;
use std::sync::Arc;

impl Ledger {
    /// Moves the account's clock; it never runs backwards.
    pub fn set_clock(&mut self, now: Instant) -> Instant {
        if now > self.account.head.last_at {
            self.account.head.last_at = now;
        }
        self.account.head.last_at
    }

    /// Issues a package: its segments come into being.
    ///
    /// # Errors
    /// [`LedgerError::Full`] where there are too many packages or segments.
    pub fn issue(
        &mut self,
        kind: EntryKind,
        package: Package,
        segments: u64,
        note: Option<Note>,
    ) -> Result<PackageId, LedgerError> {
        let (id, effective_at, reference) =
            (package.id, package.effective_at, Arc::clone(&package.reference));
        let segments = i64::try_from(segments).map_err(|_| LedgerError::Full("too many segments"))?;
        let terms = package.terms();
        self.account.head.packages = id.0;
        self.put_package(id, Some(package));
        let posting = |bucket, segments| Posting { package: id, bucket, segments };
        let issued = segments.checked_neg().ok_or(LedgerError::Full("too many segments"))?;
        // What comes by itself takes effect when its period begins, whenever it is written.
        let periodic = matches!(kind, EntryKind::Plan | EntryKind::Schedule);
        let effective_at = if periodic { effective_at } else { self.account.head.last_at };
        let postings = Postings::Few([posting(Bucket::Issued, issued), posting(Bucket::Available, segments)]);
        self.append(kind, reference, effective_at, postings, (Some(terms), note))?;
        Ok(id)
    }

    /// The number of the next package.
    ///
    /// # Errors
    /// [`LedgerError::Full`] where numbers have run out.
    pub fn next_package(&self) -> Result<PackageId, LedgerError> {
        self.account.head.packages.checked_add(1).map(PackageId).ok_or(LedgerError::Full("too many packages"))
    }

    /// Sets a message's segments aside, or spends them where the seller charges on submission, and records it.
    ///
    /// # Errors
    /// [`LedgerError::Corrupt`] where a draw takes what is not there.
    pub fn hold(&mut self, mut hold: Hold) -> Result<Arc<Hold>, LedgerError> {
        let (kind, to) = self.charged();
        let postings = match &*hold.draws {
            [draw] if draw.segments > 0 => Postings::Few(moved(*draw, Bucket::Available, to)),
            draws => {
                let mut postings = Vec::new();
                for draw in draws {
                    move_segments(&mut postings, *draw, Bucket::Available, to);
                }
                postings.into()
            }
        };
        self.append(kind, Arc::clone(&hold.id), hold.at, postings, (None, None))?;
        hold.available = self.account.head.totals.available;
        if kind == EntryKind::Spend {
            let (spent, at, available) = (hold.credits(), hold.at, hold.available);
            hold.state = HoldState::Settled;
            let decision = Decision { verb: Verb::Submit, spent, released: 0, expired: 0, at, available };
            hold.decision = Some(Box::new(decision));
        }
        if kind == EntryKind::Reserve {
            let due = hours_after(hold.at, self.catalog.policy.holds.hold.hours);
            hold.due = Some((due, self.account.head.entries));
            self.put_in_flight(due);
        }
        hold.revision = self.catalog.revision;
        self.keep_terms();
        Ok(self.put_hold(hold))
    }

    /// What a message is when it is paid, and where its segments go.
    pub(super) fn charged(&self) -> (EntryKind, Bucket) {
        match self.catalog.policy.holds.charge_on {
            ChargeOn::Delivery => (EntryKind::Reserve, Bucket::Held),
            ChargeOn::Submit => (EntryKind::Spend, Bucket::Spent),
        }
    }

    /// Writes the policy that a message is paid under, unless it was written last.
    fn keep_terms(&mut self) {
        let revision = self.catalog.revision;
        if self.account.policy != revision {
            self.undo.push(Undo::Policy(std::mem::replace(&mut self.account.policy, revision)));
            self.put(Record::Policy(Arc::new(Terms::of(&self.catalog))));
        }
    }

    /// Records a message that nothing can pay; no balance changes.
    pub fn refuse(&mut self, hold: Hold) -> Arc<Hold> {
        self.put_hold(Hold { revision: self.catalog.revision, ..hold })
    }

    pub(super) fn put_hold(&mut self, hold: Hold) -> Arc<Hold> {
        let hold = Arc::new(hold);
        let known = Known { record: Some(Arc::clone(&hold)), commit: self.commit };
        let before = self.holds.insert(Arc::clone(&hold.id), known);
        self.note_written(Record::Hold(Arc::clone(&hold)), before.as_ref());
        // One of which nothing was known goes with its writing.
        self.undo.extend(before.map(|before| Undo::Hold(Arc::clone(&hold.id), before)));
        hold
    }

    /// Records what an order, a voucher or an adjustment has come to.
    pub fn put(&mut self, record: Record) {
        self.put_record(record, true);
    }

    /// Records an order that bears the number of an entry. Whoever writes that entry first writes the head: that no other order has the
    /// id needs no check of its own, for which a store may have no room.
    pub fn put_numbered(&mut self, order: Arc<Order>) {
        self.put_record(Record::Order(order), false);
    }

    fn put_record(&mut self, record: Record, checked: bool) {
        let id = record.id();
        self.orders = self.orders.saturating_add(usize::from(matches!(record, Record::Order(_))));
        let known = Known { record: Some(record.clone()), commit: self.commit };
        let before = self.others.insert(id.clone(), known);
        self.note_written(record, before.as_ref());
        if let Some(written) = self.written.last_mut().filter(|_| !checked) {
            written.new = false;
        }
        self.undo.push(Undo::Record(id, before));
    }

    /// Takes segments out of a package, for good.
    ///
    /// # Errors
    /// [`LedgerError::Corrupt`] where the package has not got them.
    pub fn withdraw(
        &mut self,
        kind: EntryKind,
        reference: Arc<str>,
        package: PackageId,
        segments: u64,
        note: Note,
    ) -> Result<(), LedgerError> {
        let segments = i64::try_from(segments).map_err(|_| LedgerError::Full("too many segments"))?;
        let posting = |bucket, segments| Posting { package, bucket, segments };
        let postings =
            vec![posting(Bucket::Available, segments.saturating_neg()), posting(Bucket::Adjusted, segments)];
        self.post(kind, reference, self.account.head.last_at, postings, Some(note))
    }

    /// Says anew what the account has, such as `enterprise-certified`.
    ///
    /// # Errors
    /// None in practice: the entry has no postings.
    pub fn set_gates(&mut self, gates: Vec<Arc<str>>, note: Note) -> Result<(), LedgerError> {
        let reference = Arc::clone(&self.account.profile.id);
        self.begin_schedules(&gates);
        self.undo.push(Undo::Gates(std::mem::replace(&mut self.account.gates, gates)));
        let (terms, now) = (self.account.terms(), self.account.head.last_at);
        self.append(EntryKind::Gates, reference, now, Postings::default(), (Some(terms), Some(note)))
    }

    /// What the account has only from now on is due at once; what it has lost comes no more, and what came of it stays.
    fn begin_schedules(&mut self, gates: &[Arc<str>]) {
        let (catalog, now) = (Arc::clone(&self.catalog), self.account.head.last_at);
        for schedule in &catalog.schedules {
            if schedule.is_for(gates) && !schedule.is_for(&self.account.gates) {
                let issued = self.schedule_state(&schedule.id).issued;
                self.put_schedule(&schedule.id, ScheduleState { since: now, next_at: now, issued });
            }
        }
    }

    /// Says anew what the account has set.
    pub fn set_settings(&mut self, settings: Settings) {
        self.undo.push(Undo::Settings(std::mem::replace(&mut self.settings, Arc::new(settings))));
        self.settings_changes = self.settings_changes.saturating_add(1);
        self.set_notice_days();
    }

    pub(in crate::ledger) fn set_exchange(&mut self, exchange: Option<Exchange>) {
        let exchange = exchange.map(Arc::new);
        self.undo.push(Undo::Exchange(std::mem::replace(&mut self.account.exchange, exchange)));
    }

    /// Puts an open package in the place of what it was.
    pub(in crate::ledger) fn replace_package(&mut self, package: Package) {
        self.put_package(package.id, Some(package));
    }

    pub(in crate::ledger) fn set_usage(&mut self, usage: Usage) {
        self.undo.push(Undo::Usage(Box::new(std::mem::replace(&mut self.account.usage, usage))));
    }

    /// Counts segments that messages to a region, or to all together, have reserved.
    pub(in crate::ledger) fn add_used(&mut self, region: Option<Region>, segments: u64) {
        let rows = &self.account.usage.rows;
        let Some(index) = rows.iter().position(|used| used.region == region) else {
            let mut usage = self.account.usage.clone();
            usage.rows.push(Used { region, hour: segments, day: segments });
            return self.set_usage(usage);
        };
        let Some(used) = self.account.usage.rows.get_mut(index) else { return };
        self.undo.push(Undo::Used(index, *used));
        used.hour = used.hour.saturating_add(segments);
        used.day = used.day.saturating_add(segments);
    }

    /// Lets a package that waits be used from now on. One that can be used already stays as it is.
    ///
    /// # Errors
    /// None in practice: the entry has no postings.
    pub fn activate(&mut self, id: PackageId) -> Result<(), LedgerError> {
        let now = self.account.head.last_at;
        let Some(package) = self.open.get(id).filter(|package| package.effective_at > now) else {
            return Ok(());
        };
        let package = Package { effective_at: now, ..package.clone() };
        let terms = package.terms();
        self.put_package(id, Some(package));
        let (about, postings) = (Arc::from(id.to_string()), Postings::default());
        self.append(EntryKind::Activate, about, now, postings, (Some(terms), None))
    }

    /// Suspends the account, lets it go on, or closes it.
    ///
    /// # Errors
    /// None in practice: the entry has no postings.
    pub fn set_state(&mut self, state: AccountState, note: Note) -> Result<(), LedgerError> {
        let reference = Arc::clone(&self.account.profile.id);
        self.undo.push(Undo::State(std::mem::replace(&mut self.account.state, state)));
        let kind = match state {
            AccountState::Active => EntryKind::Resume,
            AccountState::Suspended => EntryKind::Suspend,
            AccountState::Closed => EntryKind::Close,
        };
        self.post(kind, reference, self.account.head.last_at, Vec::new(), Some(note))
    }

    /// Records the latest notice of a package's expiry.
    pub(in crate::ledger) fn set_noticed(&mut self, package: Package, noticed: u32) {
        self.replace_package(Package { noticed: Some(noticed), ..package });
    }

    fn note_written<T>(&mut self, record: Record, before: Option<&Known<T>>) {
        let again = before.is_some_and(|before| before.commit == self.commit);
        let new = before.is_none_or(|before| before.record.is_none());
        self.written.push(Written { record, new, again, unknown: before.is_none() });
    }

    /// The plan becomes another, or none, or is one for which nothing can be issued; the entry names it and says how.
    ///
    /// # Errors
    /// None in practice: the entry has no postings.
    pub fn change_plan(
        &mut self,
        plan: Option<PlanState>,
        id: Arc<str>,
        effective_at: Instant,
        how: &str,
    ) -> Result<(), LedgerError> {
        self.put_plan(plan);
        let note = Note { reason: Some(how.into()), ..Note::default() };
        self.post(EntryKind::PlanChange, id, effective_at, Vec::new(), Some(note))
    }

    pub(in crate::ledger) fn put_plan(&mut self, plan: Option<PlanState>) {
        let before = std::mem::replace(&mut self.account.plan, plan);
        self.undo.push(Undo::Plan(Box::new(before)));
    }

    pub(in crate::ledger) fn put_schedule(&mut self, id: &Arc<str>, state: ScheduleState) {
        let before = self.account.schedules.insert(Arc::clone(id), state);
        self.undo.push(Undo::Schedule(Arc::clone(id), before));
    }

    pub(in crate::ledger) fn drop_schedule(&mut self, id: &Arc<str>) {
        let before = self.account.schedules.remove(id);
        self.undo.push(Undo::Schedule(Arc::clone(id), before));
    }

    /// Puts a package that time has changed where it now belongs.
    pub(in crate::ledger) fn relist(&mut self, id: PackageId) {
        let before = self.open.get(id).map(|package| package.counts);
        if let Some(counts) = before {
            self.undo.push(Undo::Counts(id, counts));
        }
        self.open.relist(id, self.account.head.last_at, &self.catalog.policy);
    }
}

pub(super) fn move_segments(postings: &mut Vec<Posting>, draw: Draw, from: Bucket, to: Bucket) {
    if draw.segments > 0 && from != to {
        postings.extend(moved(draw, from, to));
    }
}

fn moved(draw: Draw, from: Bucket, to: Bucket) -> [Posting; 2] {
    let posting = |bucket, segments| Posting { package: draw.package, bucket, segments };
    let segments = i64::from(draw.segments);
    [posting(from, segments.saturating_neg()), posting(to, segments)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::profiles;

    fn at(day: i64) -> Instant {
        Instant::from_millis(day.checked_mul(86_400_000).unwrap()).unwrap()
    }

    #[test]
    fn a_schedule_begins_where_an_account_comes_to_what_it_asks_for_and_only_then() {
        let gates = |names: &str| names.split_whitespace().map(Arc::from).collect::<Vec<Arc<str>>>();
        for (before, after, since) in [
            ("", "other", None),
            ("", "postpaid", Some(20)),
            ("other", "other postpaid", Some(20)),
            ("postpaid", "other postpaid", None),
            ("postpaid", "", None),
        ] {
            let mut ledger = Ledger::sample(profiles::TENCENT_SMS);
            ledger.account.gates = gates(before);
            ledger.set_clock(at(20));
            ledger.set_gates(gates(after), Note::default()).unwrap();
            let state =
                ledger.account().schedules.get(&"monthly".into()).map(|state| (state.since, state.next_at));
            assert_eq!(state, since.map(|day| (at(day), at(day))), "{before} {after}");
        }
    }
}
