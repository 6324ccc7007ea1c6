//! The ledger's changes as a batch, and documents as the ledger's types again. What is read is checked like any input.

use super::documents::{
    AccountDocument, BrokenDocument, DecisionDocument, Draws, EndedDocument, EntryDocument, HoldDocument,
    JOURNAL_END, JOURNAL_START, JournalDocument, Key, NoteDocument, PackageDocument, PlanDocument,
    PolicyDocument, Postings, RefusalDocument, ScheduleDocument, ScopeDocument, StretchDocument,
    UnpaidDocument, UsageDocument, VALUE_BYTES_MAX, VERSION, VerbDocument,
};
use super::hex::Hex;
use super::migration::{decode_migration, exchange, exchange_document, migration_document, ratio};
use super::row::{Cell, Json, read};
use super::sales::{
    adjustment_document, decode_adjustment, decode_order, decode_voucher, grant_document, order_document,
    owned,
};
use super::settings::{recharge_note, recharge_note_document, settings_document};
use super::{Batch, DocumentError, Expect};
use crate::calendar::Instant;
use crate::catalog::{HoldTerms, ReceiptRule, TimeOut};
use crate::ledger::{
    Account, Broken, Changes, Contradiction, Counts, Decision, Ended, Entry, Expiring, Head, Hold, Low,
    NextPlan, Note, Order, Package, PackageId, PlanState, Profile, Record, Refusal, ScheduleState, Scope,
    Settings, Sorted, Stretch, Terms, Usage, Used, Verb,
};
use crate::pricing::CatalogId;
use serde_json::Value;
use std::borrow::Cow;
use std::sync::Arc;

/// The batch that stores the changes of an account whose head has the revision `head` (none = it is being opened).
///
/// # Errors
/// [`DocumentError`] where a document would be too long to store.
pub fn batch(
    changes: &Changes<'_>,
    head: Option<&str>,
    value_bytes_max: usize,
) -> Result<Batch, DocumentError> {
    let bytes_max = value_bytes_max.min(VALUE_BYTES_MAX);
    let [entries, records] = [changes.entries.len(), changes.records.len()];
    let documents = entries.div_ceil(JOURNAL_ENTRIES_MAX).saturating_add(records).saturating_add(OTHERS);
    let rows = entries.saturating_add(records).saturating_add(OTHERS);
    let batch = Batch::with_capacity(documents, rows.saturating_mul(ROW_BYTES));
    let mut writer = Writer { batch, json: Json::default(), bytes_max };
    let head = head.map_or(Expect::Absent, Expect::Revision);
    writer.row(Key::Account, head, &account_document(changes.account))?;
    if let Some(settings) = changes.settings {
        writer.row(Key::Settings, Expect::Anything, &settings_document(settings))?;
    }
    for package in &changes.open {
        writer.row(Key::Open(package.id.0), Expect::Anything, &package_document(package))?;
    }
    for package in &changes.reopened {
        writer.batch.delete(|text| Key::Ended(package.0).write(text));
    }
    for package in &changes.ended {
        writer.batch.delete(|text| Key::Open(package.id.0).write(text));
        writer.row(Key::Ended(package.id.0), Expect::Anything, &package_document(package))?;
    }
    for (record, new) in &changes.records {
        let expect = if *new { Expect::Absent } else { Expect::Anything };
        match &**record {
            Record::Hold(hold) => writer.row(Key::Hold(&hold.id), expect, &hold_document(hold))?,
            Record::Order(order) => writer.order(order, *new)?,
            Record::Voucher(grant) => {
                writer.row(Key::Voucher(&grant.voucher.id), expect, &grant_document(grant))?;
            }
            Record::Adjustment(adjustment) => {
                writer.row(Key::Adjustment(&adjustment.id), expect, &adjustment_document(adjustment))?;
            }
            Record::Migration(migration) => {
                writer.row(Key::Migration(&migration.id), expect, &migration_document(migration))?;
            }
            // A revision never changes, so it may be written again.
            Record::Policy(terms) => {
                writer.row(Key::Policy(terms.revision), Expect::Anything, &policy_document(terms))?;
            }
            // Written with the packages.
            Record::Ended(_) => {}
        }
    }
    writer.journal(changes.entries)?;
    Ok(writer.batch)
}

/// The head, the settings and the open packages as they are stored: a snapshot for a preview elsewhere.
///
/// # Errors
/// [`DocumentError`] where a document would be too long to store.
pub fn open_entries<'a>(
    account: &Account,
    settings: &Settings,
    open: impl Iterator<Item = &'a Package>,
) -> Result<Batch, DocumentError> {
    let mut writer = Writer { batch: Batch::default(), json: Json::default(), bytes_max: VALUE_BYTES_MAX };
    // What ends messages is in the journal and their records, which a preview has not got: there they stay in flight.
    let head = AccountDocument { in_flight: Vec::new(), ..account_document(account) };
    writer.row(Key::Account, Expect::Anything, &head)?;
    for package in open {
        writer.row(Key::Open(package.id.0), Expect::Anything, &package_document(package))?;
    }
    if *settings != Settings::default() {
        writer.row(Key::Settings, Expect::Anything, &settings_document(settings))?;
    }
    Ok(writer.batch)
}

/// Documents of a commit that are neither entries nor records, mostly.
const OTHERS: usize = 4;
/// What an entry takes, or a record with its key, mostly: a batch that outgrows its room is copied.
const ROW_BYTES: usize = 256;
/// Most entries of one document: a reader who wants one of them reads all.
const JOURNAL_ENTRIES_MAX: usize = 64;

/// Writes documents into a batch.
struct Writer {
    batch: Batch,
    /// Room in which a document is written: as bytes, since its numbers and hashes are, and checked as a whole to be text.
    json: Json,
    bytes_max: usize,
}

impl Writer {
    fn row(&mut self, key: Key<'_>, expect: Expect<'_>, document: &impl Cell) -> Result<(), DocumentError> {
        self.json.clear();
        document.write(&mut self.json);
        self.put(key, expect)
    }

    /// Puts the document that was written.
    #[inline(never)]
    fn put(&mut self, key: Key<'_>, expect: Expect<'_>) -> Result<(), DocumentError> {
        let json = std::str::from_utf8(&self.json).map_err(|error| refused(key, error.to_string()))?;
        let bytes = self.batch.put(|text| key.write(text), expect, |value| value.push_str(json));
        self.check_size(key, bytes)
    }

    /// Entries in as few documents as hold them: a document is what a store counts and pays for.
    fn journal(&mut self, entries: &[Entry]) -> Result<(), DocumentError> {
        let (mut held, mut last) = (0_usize, 0);
        for entry in entries {
            if held == JOURNAL_ENTRIES_MAX {
                self.journal_document(last)?;
                held = 0;
            }
            self.begin_entry(held > 0);
            let start = self.json.len();
            entry_document(entry).write(&mut self.json);
            if held > 0 && self.json.len().saturating_add(JOURNAL_END.len()) > self.bytes_max {
                let row = self.json.split_off(start);
                self.json.pop();
                self.journal_document(last)?;
                self.begin_entry(false);
                self.json.extend(row);
                held = 0;
            }
            (held, last) = (held.saturating_add(1), entry.sequence);
        }
        if held > 0 { self.journal_document(last) } else { Ok(()) }
    }

    /// Begins one more entry of a document, or the document.
    fn begin_entry(&mut self, more: bool) {
        if more {
            return self.json.push(b',');
        }
        self.json.clear();
        self.json.extend_from_slice(JOURNAL_START);
    }

    /// Puts the document that its entries are written of, under the number of the last.
    fn journal_document(&mut self, last: u64) -> Result<(), DocumentError> {
        self.json.extend_from_slice(JOURNAL_END);
        self.put(Key::Entry(last), Expect::Anything)
    }

    /// An order, and beside it whether its payment is open.
    fn order(&mut self, order: &Order, new: bool) -> Result<(), DocumentError> {
        let expect = if new { Expect::Absent } else { Expect::Anything };
        self.row(Key::Order(&order.id), expect, &order_document(order))?;
        let unpaid = Key::Unpaid(&order.id);
        if order.state.undecided() {
            let document = UnpaidDocument { v: VERSION, placed_at: order.placed_at.millis() };
            self.row(unpaid, Expect::Anything, &document)?;
        } else if !new {
            self.batch.delete(|text| unpaid.write(text));
        }
        Ok(())
    }

    fn check_size(&self, key: Key<'_>, bytes: usize) -> Result<(), DocumentError> {
        if bytes <= self.bytes_max {
            return Ok(());
        }
        let problem = format!("{bytes} bytes are more than the store takes, {}", self.bytes_max);
        Err(refused(key, problem))
    }
}

fn refused(key: Key<'_>, problem: String) -> DocumentError {
    DocumentError { key: key.text(), problem }
}

// --- to documents ---

fn account_document(account: &Account) -> AccountDocument<'_> {
    let Account { profile, head, plan, gates, schedules, ended, usage, state, policy, .. } = account;
    let Account { in_flight, exchange, .. } = account;
    AccountDocument {
        v: VERSION,
        id: Cow::Borrowed(&profile.id),
        body: Hex(profile.fingerprint),
        catalog: (Cow::Borrowed(&profile.catalog.id), profile.catalog.revision),
        zone: Cow::Borrowed(&profile.zone),
        opened_at: profile.opened_at.millis(),
        last_at: head.last_at.millis(),
        totals: head.totals.to_array(),
        entries: head.entries,
        packages: head.packages,
        hash: Hex(head.hash),
        plan: plan.as_ref().map(plan_document),
        gates: gates.iter().map(|gate| Cow::Borrowed(&**gate)).collect(),
        ended: ended
            .iter()
            .filter(|(scope, _)| !scope.named())
            .map(|(scope, ended)| (scope.region, ended.at.millis(), ended.expired))
            .collect(),
        ended_named: ended.iter().filter(|(scope, _)| scope.named()).map(ended_document).collect(),
        schedules: schedules.iter().map(|(id, state)| schedule_document(id, state)).collect(),
        usage: (!usage.rows.is_empty()).then(|| {
            let rows = usage.rows.iter().map(|used| (used.region, used.hour, used.day));
            (usage.hour_until.millis(), usage.day_until.millis(), rows.collect())
        }),
        state: *state,
        policy: *policy,
        in_flight: stretch_documents(in_flight),
        created_at: profile.created_at.map(Instant::millis),
        charge_model: text(profile.charge_model.as_ref()),
        exchange: exchange.as_deref().map(exchange_document),
    }
}

fn stretch_documents(stretches: &[Stretch]) -> Vec<StretchDocument> {
    let mut before = (0_u64, 0_i64);
    let from_before = stretches.iter().map(|stretch| {
        let due = stretch.due.millis();
        let (last, due_before) = std::mem::replace(&mut before, (stretch.last, due));
        let places =
            [stretch.first.saturating_sub(last), stretch.last.saturating_sub(stretch.first), stretch.held];
        (places, due.saturating_sub(due_before))
    });
    from_before.collect()
}

fn ended_document((scope, ended): &(Scope, Ended)) -> EndedDocument<'_> {
    EndedDocument { scope: scope_document(scope), at: ended.at.millis(), expired: ended.expired }
}

fn scope_document(scope: &Scope) -> ScopeDocument<'_> {
    (scope.region, text(scope.purpose.as_ref()), text(scope.project.as_ref()))
}

fn plan_document(plan: &PlanState) -> PlanDocument<'_> {
    let next = match &plan.next {
        Some(NextPlan::Plan(next)) => Some(next),
        _ => None,
    };
    PlanDocument {
        id: Cow::Borrowed(&plan.id),
        anchor: plan.anchor.millis(),
        next_at: plan.next_at.millis(),
        issued: plan.issued,
        credited: plan.credited,
        next: text(next),
        ends: plan.next == Some(NextPlan::End),
    }
}

fn schedule_document<'a>(id: &'a str, state: &ScheduleState) -> ScheduleDocument<'a> {
    let ScheduleState { since, next_at, issued } = *state;
    ScheduleDocument { id: Cow::Borrowed(id), since: since.millis(), next_at: next_at.millis(), issued }
}

fn package_document(package: &Package) -> PackageDocument<'_> {
    PackageDocument {
        v: VERSION,
        package: package.id.0,
        source: package.source,
        name: Cow::Borrowed(&package.name),
        reference: Cow::Borrowed(&package.reference),
        scope: scope_document(&package.scope),
        counts: package.counts.to_array(),
        issued_at: package.issued_at.millis(),
        effective_at: package.effective_at.millis(),
        expires_at: package.expires_at.map(Instant::millis),
        grace_until: package.grace_until.map(Instant::millis),
        noticed: package.noticed,
        exchanged: package.exchanged,
        category: text(package.category.as_ref()),
    }
}

fn hold_document(hold: &Hold) -> HoldDocument<'_> {
    HoldDocument {
        v: VERSION,
        id: Cow::Borrowed(&hold.id),
        body: Hex(hold.fingerprint),
        state: hold.state,
        region: hold.region,
        encoding: hold.encoding,
        segments: hold.segments,
        draws: Draws(Cow::Borrowed(&hold.draws)),
        at: hold.at.millis(),
        available: hold.available,
        refusals: hold.refusals.iter().map(refusal_document).collect(),
        decision: hold.decision.as_deref().map(decision_document),
        revision: hold.revision,
        contradictions: hold
            .contradictions
            .iter()
            .map(|said| (verb_document(&said.verb), said.at.millis(), said.stood))
            .collect(),
        purpose: text(hold.purpose.as_ref()),
        project: text(hold.project.as_ref()),
        due: hold.due.map(|(due, sequence)| (due.millis(), sequence)),
        rate: hold.rate,
    }
}

fn refusal_document(refusal: &Refusal) -> RefusalDocument {
    RefusalDocument {
        reason: refusal.reason,
        usable: refusal.usable,
        at: refusal.at.millis(),
        ceiling: refusal.ceiling.map(|broken| BrokenDocument {
            region: broken.region,
            per: broken.per,
            ceiling: broken.ceiling,
            used: broken.used,
            resets_at: broken.resets_at.millis(),
        }),
        recharge: refusal.recharge,
        rate: refusal.rate,
    }
}

fn verb_document(verb: &Verb) -> VerbDocument<'_> {
    match verb {
        Verb::Submit => VerbDocument::Submit,
        Verb::TimedOut => VerbDocument::TimedOut,
        Verb::Settle(segments) => VerbDocument::Settle(*segments),
        Verb::Release => VerbDocument::Release,
        Verb::Report { stage, code, segments } => {
            VerbDocument::Report(*stage, code.as_deref().map(Cow::Borrowed), *segments)
        }
    }
}

fn policy_document(terms: &Terms) -> PolicyDocument<'_> {
    let HoldTerms { receipts, charge_on, hold, grace_hours, corrections } = &*terms.holds;
    let rule = |rule: &'_ ReceiptRule| {
        let codes = rule.codes.iter().map(|code| Cow::Owned(code.to_string())).collect();
        (rule.stage, codes, rule.charge)
    };
    PolicyDocument {
        v: VERSION,
        revision: terms.revision,
        receipts: receipts.iter().map(rule).collect(),
        charge_on: *charge_on,
        grace_hours: *grace_hours,
        corrections: *corrections,
        draw: terms.draw.clone(),
        sources: terms.sources.clone(),
        split: terms.split,
        hold: (hold.hours, hold.then),
    }
}

fn decision_document(decision: &Decision) -> DecisionDocument<'_> {
    DecisionDocument {
        verb: verb_document(&decision.verb),
        segments: (decision.spent, decision.released, decision.expired),
        at: decision.at.millis(),
        available: decision.available,
    }
}

fn entry_document(entry: &Entry) -> EntryDocument<'_> {
    EntryDocument {
        sequence: entry.sequence,
        kind: entry.kind,
        reference: Cow::Borrowed(&entry.reference),
        at: entry.recorded_at.millis(),
        effective_at: entry.effective_at.millis(),
        postings: Postings(Cow::Borrowed(&entry.postings)),
        balance: entry.balance.to_array(),
        terms: entry.terms.as_deref().copied().map(Hex),
        note: entry.note.as_deref().map(note_document),
        hash: Hex(entry.hash),
    }
}

fn note_document(note: &Note) -> NoteDocument<'_> {
    NoteDocument {
        amount: note.amount,
        discount: note.discount.as_ref().map(|(discount, voucher)| (*discount, Cow::Borrowed(&**voucher))),
        price_list: text(note.price_list.as_ref()),
        reason: text(note.reason.as_ref()),
        low: note.low.iter().map(|low| (low.region, low.below, low.usable)).collect(),
        expiring: note
            .expiring
            .map(|expiring| (expiring.days, expiring.segments, expiring.expires_at.millis())),
        recharge: note.recharge.as_ref().map(recharge_note_document),
        ratio: note.ratio.map(|ratio| (ratio.from, ratio.to)),
    }
}

pub(super) fn text(text: Option<&Arc<str>>) -> Option<Cow<'_, str>> {
    text.map(|text| Cow::Borrowed(&**text))
}

// --- from documents ---

/// The head of an account.
///
/// # Errors
/// [`DocumentError`] where the value is not such a document of a known version.
pub fn decode_account(key: &str, value: &str) -> Result<Account, DocumentError> {
    decoded(key, value, |value| {
        let document: AccountDocument<'_> = read(value)?;
        check_place(key, &[Key::Account])?;
        let profile = Profile {
            id: document.id.into(),
            fingerprint: document.body.0,
            catalog: CatalogId { id: document.catalog.0.into(), revision: document.catalog.1 },
            zone: document.zone.into(),
            opened_at: instant(document.opened_at)?,
            created_at: document.created_at.map(instant).transpose()?,
            charge_model: owned(document.charge_model),
        };
        let head = Head {
            totals: Counts::from_array(document.totals),
            last_at: instant(document.last_at)?,
            entries: document.entries,
            packages: document.packages,
            hash: document.hash.0,
        };
        let mut ended = Sorted::default();
        for (region, at, expired) in document.ended {
            ended.insert(Scope { region, ..Scope::default() }, Ended { at: instant(at)?, expired });
        }
        for EndedDocument { scope: own, at, expired } in document.ended_named {
            ended.insert(scope(own), Ended { at: instant(at)?, expired });
        }
        let mut schedules = Sorted::default();
        for ScheduleDocument { id, since, next_at, issued } in document.schedules {
            let state = ScheduleState { since: instant(since)?, next_at: instant(next_at)?, issued };
            schedules.insert(Arc::from(id), state);
        }
        Ok(Account {
            profile: Arc::new(profile),
            head,
            plan: document.plan.map(plan).transpose()?,
            gates: document.gates.into_iter().map(Into::into).collect(),
            state: document.state,
            schedules,
            ended,
            usage: document.usage.map(usage).transpose()?.unwrap_or_default(),
            policy: document.policy,
            exchange: document.exchange.map(exchange).transpose()?.map(Arc::new),
            in_flight: stretches(document.in_flight)?,
        })
    })
}

fn stretches(documents: Vec<StretchDocument>) -> Result<Vec<Stretch>, String> {
    let mut before = (0_u64, 0_i64);
    let mut stretch = |([gap, span, held], wait): StretchDocument| {
        let first = before.0.checked_add(gap)?;
        let (last, due) = (first.checked_add(span)?, before.1.checked_add(wait)?);
        before = (last, due);
        Some(Stretch { first, last, held, due: Instant::from_millis(due).ok()? })
    };
    let stretches = documents.into_iter().map(&mut stretch).collect::<Option<_>>();
    stretches.ok_or_else(|| "in_flight: beyond all entries or all time".to_owned())
}

fn usage((hour_until, day_until, rows): UsageDocument) -> Result<Usage, String> {
    let rows = rows.into_iter().map(|(region, hour, day)| Used { region, hour, day });
    Ok(Usage { hour_until: instant(hour_until)?, day_until: instant(day_until)?, rows: rows.collect() })
}

fn plan(document: PlanDocument<'_>) -> Result<PlanState, String> {
    let next = match (document.next, document.ends) {
        (Some(next), false) => Some(NextPlan::Plan(next.into())),
        (None, true) => Some(NextPlan::End),
        (None, false) => None,
        (Some(_), true) => return Err("its plan ends and changes at once".to_owned()),
    };
    Ok(PlanState {
        id: document.id.into(),
        anchor: instant(document.anchor)?,
        next_at: instant(document.next_at)?,
        issued: document.issued,
        credited: document.credited,
        next,
    })
}

/// A package.
///
/// # Errors
/// [`DocumentError`] where the value is not such a document of a known version.
pub fn decode_package(key: &str, value: &str) -> Result<Package, DocumentError> {
    decoded(key, value, |value| {
        let document: PackageDocument<'_> = read(value)?;
        check_place(key, &[Key::Open(document.package), Key::Ended(document.package)])?;
        Ok(Package {
            id: PackageId(document.package),
            source: document.source,
            name: document.name.into(),
            reference: document.reference.into(),
            scope: scope(document.scope),
            counts: Counts::from_array(document.counts),
            issued_at: instant(document.issued_at)?,
            effective_at: instant(document.effective_at)?,
            expires_at: document.expires_at.map(instant).transpose()?,
            grace_until: document.grace_until.map(instant).transpose()?,
            noticed: document.noticed,
            exchanged: document.exchanged,
            category: owned(document.category),
        })
    })
}

fn scope((region, purpose, project): ScopeDocument<'_>) -> Scope {
    Scope { region, purpose: owned(purpose), project: owned(project) }
}

/// The record under a key; none where it is a key of another kind.
///
/// # Errors
/// [`DocumentError`] where the value is not such a document of a known version.
pub fn decode_record(key: &str, value: &str) -> Result<Option<Record>, DocumentError> {
    Ok(Some(match Key::record(key) {
        Some(Key::Hold(_)) => Record::Hold(Arc::new(decode_hold(key, value)?)),
        Some(Key::Order(_)) => Record::Order(Arc::new(decode_order(key, value)?)),
        Some(Key::Voucher(_)) => Record::Voucher(Arc::new(decode_voucher(key, value)?)),
        Some(Key::Adjustment(_)) => Record::Adjustment(Arc::new(decode_adjustment(key, value)?)),
        Some(Key::Migration(_)) => Record::Migration(Arc::new(decode_migration(key, value)?)),
        Some(Key::Policy(_)) => Record::Policy(Arc::new(decode_policy(key, value)?)),
        Some(Key::Ended(_)) => Record::Ended(Arc::new(decode_package(key, value)?)),
        _ => return Ok(None),
    }))
}

/// A message.
///
/// # Errors
/// [`DocumentError`] where the value is not such a document of a known version.
pub fn decode_hold(key: &str, value: &str) -> Result<Hold, DocumentError> {
    decoded(key, value, |value| {
        let document: HoldDocument<'_> = read(value)?;
        check_place(key, &[Key::Hold(&document.id)])?;
        let hold = Hold {
            id: document.id.into(),
            fingerprint: document.body.0,
            state: document.state,
            region: document.region,
            encoding: document.encoding,
            segments: document.segments,
            draws: document.draws.0.into_owned().into(),
            at: instant(document.at)?,
            available: document.available,
            refusals: document.refusals.into_iter().map(refusal).collect::<Result<_, _>>()?,
            decision: document.decision.map(decision).transpose()?.map(Box::new),
            revision: document.revision,
            contradictions: document
                .contradictions
                .into_iter()
                .map(|(said, at, stood)| {
                    Ok::<_, String>(Contradiction { verb: verb(said), at: instant(at)?, stood })
                })
                .collect::<Result<_, _>>()?,
            purpose: owned(document.purpose),
            project: owned(document.project),
            due: document
                .due
                .map(|(due, sequence)| Ok::<_, String>((instant(due)?, sequence)))
                .transpose()?,
            rate: document.rate,
        };
        if hold.adds_up() { Ok(hold) } else { Err("its parts do not add up".to_owned()) }
    })
}

fn refusal(document: RefusalDocument) -> Result<Refusal, String> {
    let broken = |broken: BrokenDocument| {
        let BrokenDocument { region, per, ceiling, used, resets_at } = broken;
        Ok::<_, String>(Broken { region, per, ceiling, used, resets_at: instant(resets_at)? })
    };
    let ceiling = document.ceiling.map(broken).transpose()?;
    let RefusalDocument { reason, usable, at, recharge, rate, .. } = document;
    Ok(Refusal { reason, usable, at: instant(at)?, ceiling, recharge, rate })
}

fn verb(document: VerbDocument<'_>) -> Verb {
    match document {
        VerbDocument::Submit => Verb::Submit,
        VerbDocument::TimedOut => Verb::TimedOut,
        VerbDocument::Settle(segments) => Verb::Settle(segments),
        VerbDocument::Release => Verb::Release,
        VerbDocument::Report(stage, code, segments) => {
            Verb::Report { stage, code: code.map(Arc::from), segments }
        }
    }
}

fn decision(document: DecisionDocument<'_>) -> Result<Decision, String> {
    let (spent, released, expired) = document.segments;
    let verb = verb(document.verb);
    Ok(Decision { verb, spent, released, expired, at: instant(document.at)?, available: document.available })
}

/// The policy of a catalog's revision.
///
/// # Errors
/// [`DocumentError`] where the value is not such a document of a known version.
pub fn decode_policy(key: &str, value: &str) -> Result<Terms, DocumentError> {
    decoded(key, value, |value| {
        let document: PolicyDocument<'_> = read(value)?;
        check_place(key, &[Key::Policy(document.revision)])?;
        let rule = |(stage, codes, charge): (_, Vec<Cow<'_, str>>, _)| ReceiptRule {
            stage,
            codes: codes.into_iter().map(Into::into).collect(),
            charge,
        };
        let holds = HoldTerms {
            receipts: document.receipts.into_iter().map(rule).collect(),
            charge_on: document.charge_on,
            hold: TimeOut { hours: document.hold.0, then: document.hold.1 },
            grace_hours: document.grace_hours,
            corrections: document.corrections,
        };
        let PolicyDocument { revision, draw, sources, split, .. } = document;
        Ok(Terms { revision, holds: Arc::new(holds), draw, sources, split })
    })
}

/// Lines of the journal.
///
/// # Errors
/// [`DocumentError`] where the value is not such a document of a known version, or has a gap.
pub fn decode_entries(key: &str, value: &str) -> Result<Vec<Entry>, DocumentError> {
    decoded(key, value, |value| {
        let JournalDocument { entries: rows, .. } = read(value)?;
        let entries = rows.into_iter().map(entry).collect::<Result<Vec<_>, _>>()?;
        let follows = |pair: &[Entry]| matches!(pair, [one, next] if one.sequence.checked_add(1) == Some(next.sequence));
        if !entries.windows(2).all(follows) {
            return Err("its entries do not follow one another".to_owned());
        }
        check_place(key, &[Key::Entry(entries.last().map_or(0, |entry| entry.sequence))])?;
        Ok(entries)
    })
}

fn entry(document: EntryDocument<'_>) -> Result<Entry, String> {
    Ok(Entry {
        sequence: document.sequence,
        kind: document.kind,
        reference: document.reference.into(),
        recorded_at: instant(document.at)?,
        effective_at: instant(document.effective_at)?,
        postings: document.postings.0.into_owned().into(),
        balance: Counts::from_array(document.balance),
        terms: document.terms.map(|terms| Box::new(terms.0)),
        note: document.note.map(|document| note(document).map(Box::new)).transpose()?,
        hash: document.hash.0,
    })
}

fn note(document: NoteDocument<'_>) -> Result<Note, String> {
    let low = |(region, below, usable)| Low { region, below, usable };
    let expiring = |(days, segments, expires_at)| {
        Ok::<_, String>(Expiring { days, segments, expires_at: instant(expires_at)? })
    };
    Ok(Note {
        amount: document.amount,
        discount: document.discount.map(|(discount, voucher)| (discount, voucher.into())),
        price_list: document.price_list.map(Into::into),
        reason: document.reason.map(Into::into),
        low: document.low.into_iter().map(low).collect(),
        expiring: document.expiring.map(expiring).transpose()?,
        recharge: document.recharge.map(recharge_note).transpose()?,
        ratio: document.ratio.map(ratio).transpose()?,
    })
}

/// What a document of the version that this release knows stands for.
pub(super) fn decoded<T>(
    key: &str,
    value: &str,
    decode: impl FnOnce(&Value) -> Result<T, String>,
) -> Result<T, DocumentError> {
    let decoded = parsed(value).and_then(|value| decode(&value));
    decoded.map_err(|problem| DocumentError { key: key.to_owned(), problem })
}

#[inline(never)]
fn parsed(value: &str) -> Result<Value, String> {
    let value: Value = serde_json::from_str(value).map_err(|error| format!("not JSON: {error}"))?;
    check_version(&value).map(|()| value)
}

// INVARIANT: a document stands under the key that its own fields say.
pub(super) fn check_place(key: &str, own: &[Key<'_>]) -> Result<(), String> {
    if own.iter().any(|own| own.text() == key) {
        Ok(())
    } else {
        Err("it belongs under another key".to_owned())
    }
}

fn check_version(document: &Value) -> Result<(), String> {
    match document.get(0).and_then(Value::as_u64) {
        Some(version) if version != u64::from(VERSION) => {
            Err(format!("version `{version}` is unknown to this release, which reads {VERSION}"))
        }
        _ => Ok(()),
    }
}

pub(super) fn instant(millis: i64) -> Result<Instant, String> {
    Instant::from_millis(millis).map_err(|error| error.to_string())
}
