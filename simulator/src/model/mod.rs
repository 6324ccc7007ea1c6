//! The ledger a second time, written from the domain's rules and not from the engine: what each call on an account must answer,
//! what it writes in the journal, and what time does. It decides one call after the other, reads nothing and keeps everything.
//!
//! Segments lie in buckets of packages, and every line of the journal moves some. What has an id is kept as it was asked, and as it is
//! told: an order is what `order` answers.

mod messages;
mod sales;
mod settings;

use crate::answers::{Reply, merge};
use crate::operation::{Ceiling, Millis, Operation, Region, Threshold, iso};
use crate::seller::Terms;
use chrono::{DateTime, Months};
use messages::Record;
use rpds::{RedBlackTreeMap as Map, RedBlackTreeSet as Set};
use sales::Plan;
use serde_json::{Value, json};
use settings::Recharge;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What segments of a package are: all that were issued, and what became of them.
pub(crate) const BUCKETS: [&str; 6] = ["issued", "available", "held", "spent", "expired", "adjusted"];
/// Segments by bucket.
pub(crate) type Counts = BTreeMap<&'static str, i64>;
/// So many segments of a package, from one bucket to another.
type Move = (u64, &'static str, &'static str, i64);
/// When time does something, what first of things at one instant, and with which package or message.
type Due = (Millis, u8, u64, String);

/// A month begins here, from which months are counted.
const EPOCH: Millis = 1_704_067_200_000;

/// Segments of one origin.
#[derive(Clone, Debug, Default)]
pub(crate) struct Package {
    number: u64,
    pub(crate) source: &'static str,
    /// The one that it pays for; none = all of them.
    region: Region,
    pub(crate) counts: Counts,
    pub(crate) issued_at: Millis,
    pub(crate) effective: Millis,
    pub(crate) expires: Option<Millis>,
    /// What time has made of it: `pending`, `begun`, `lapsed` (what comes back within its grace may be used), `over`.
    phase: &'static str,
    /// Whether something has come back within its grace.
    graced: bool,
    /// When nothing was left in it, and when that was written down.
    emptied: [Millis; 2],
}

/// An account.
#[derive(Clone, Debug, Default)]
pub(crate) struct Account {
    terms: Arc<Terms>,
    id: String,
    /// `unopened`, `active`, `suspended` or `closed`.
    pub(crate) state: &'static str,
    /// Since when it has the gate of the schedule, and the last month in which that gave something.
    gated: Option<Millis>,
    gift: Option<u32>,
    pub(crate) plan: Option<Plan>,
    pub(crate) packages: Map<u64, Package>,
    /// All packages together.
    pub(crate) totals: Counts,
    pub(crate) records: Map<String, Record>,
    /// What else has an id: what was asked, and what is told.
    pub(crate) documents: Map<String, (Operation, Value)>,
    pub(crate) ceilings: Option<Vec<Ceiling>>,
    /// What messages have reserved under a ceiling: its region, when, and how many segments; and the hour in which that was last looked at.
    reserved: Vec<(Region, Millis, i64)>,
    hour: Millis,
    pub(crate) thresholds: Option<Vec<Threshold>>,
    /// Whether the alarm of a region and a threshold has fired; none = it was never reached.
    pub(crate) fired: BTreeMap<(Region, i64), bool>,
    pub(crate) recharges: Vec<Recharge>,
    /// What time will do with packages and messages.
    pub(crate) dues: Set<Due>,
    /// No call is earlier.
    pub(crate) last_at: Millis,
    /// The clock of whoever calls, the account's, and the instant as of which something happens.
    clock: Millis,
    now: Millis,
    at: Millis,
    /// Lines written so far, those since they were last taken, and the keys of documents that were written since.
    entries: u64,
    pub(crate) lines: Vec<Value>,
    pub(crate) touched: BTreeSet<String>,
    /// Whether the last call has written anything, beside what time has done.
    pub(crate) changed: bool,
}

/// Rule 7: so many months after the anchor, clamped.
pub(crate) fn months_after(anchor: Millis, months: u32) -> Millis {
    let anchor = DateTime::from_timestamp_millis(anchor).unwrap();
    anchor.checked_add_months(Months::new(months)).unwrap().timestamp_millis()
}

/// How many months have begun since.
fn months_since(anchor: Millis, now: Millis) -> u32 {
    (0..u32::MAX).find(|months| months_after(anchor, months + 1) > now).unwrap()
}

impl Package {
    fn left(&self) -> i64 {
        self.counts["available"]
    }

    pub(crate) fn open(&self) -> bool {
        self.left() + self.counts["held"] > 0
    }

    fn pays(&self, region: Region) -> bool {
        region.is_none() || self.region.is_none() || self.region == region
    }

    fn expired(&self) -> bool {
        self.phase == "over" || self.phase == "lapsed" && !self.graced
    }

    /// Rule 2.
    fn status(&self) -> &'static str {
        match () {
            () if self.phase == "pending" => "pending",
            () if self.expired() => "expired",
            () if self.left() == 0 => "exhausted",
            () => "effective",
        }
    }
}

impl Account {
    /// One that is not opened yet.
    pub(crate) fn new(id: &str, terms: Arc<Terms>) -> Self {
        let totals = BUCKETS.map(|bucket| (bucket, 0)).into();
        Self { terms, id: id.to_owned(), state: "unopened", totals, last_at: Millis::MIN, ..Self::default() }
    }

    /// Writes a line of the journal, which moves segments; a reference that nobody knows is left open.
    fn write(&mut self, kind: &'static str, reference: &str, moves: &[Move]) {
        let mut postings = BTreeMap::new();
        for &(package, from, to, segments) in moves.iter().filter(|(.., segments)| *segments > 0) {
            let known = self.packages.get_mut(&package).unwrap();
            for counts in [&mut known.counts, &mut self.totals] {
                // What is issued comes from outside: its count grows.
                *counts.get_mut(from).unwrap() += if from == "issued" { segments } else { -segments };
                *counts.get_mut(to).unwrap() += segments;
            }
            known.graced |= to == "available" && known.phase == "lapsed";
            if !known.open() {
                known.emptied = [self.at, self.now];
            }
            *postings.entry((package, from)).or_insert(0) -= segments;
            *postings.entry((package, to)).or_insert(0) += segments;
        }
        let postings: Vec<_> = postings.into_iter().collect();
        let mut line = json!({ "kind": kind, "at": self.now, "effective": self.at, "postings": postings,
            "balance": self.totals });
        if !reference.is_empty() {
            line["reference"] = json!(reference);
        }
        self.entries += 1;
        self.lines.push(line);
        self.changed = true;
    }

    /// What was written is stored.
    pub(crate) fn written(&mut self) {
        self.lines.clear();
        self.touched.clear();
    }

    fn touch(&mut self, key: &str) {
        self.changed = true;
        self.touched.insert(key.to_owned());
    }

    /// Something else is told of what has an id.
    fn tell(&mut self, key: &str, change: Value) {
        merge(&mut self.documents.get_mut(key).unwrap().1, change);
        self.touch(key);
    }

    fn issue(&mut self, kind: &'static str, reference: &str, segments: i64, package: &Package) -> u64 {
        let number = u64::try_from(self.packages.size()).unwrap() + 1;
        let begins = Some(package.effective).filter(|at| *at > self.now);
        let ends = package.expires.map(|at| [at, at + self.terms.grace]);
        begins.into_iter().chain(ends.into_iter().flatten()).for_each(|at| {
            self.dues.insert_mut((at, 0, number, String::new()));
        });
        let phase = if begins.is_some() { "pending" } else { "begun" };
        let counts = BUCKETS.map(|bucket| (bucket, 0)).into();
        self.packages
            .insert_mut(number, Package { number, counts, phase, issued_at: self.now, ..package.clone() });
        self.write(kind, reference, &[(number, "issued", "available", segments)]);
        number
    }

    /// The next thing that time does by `now`; of several at one instant packages turn first, then messages end, then periods begin.
    fn due(&self, now: Millis) -> Option<Due> {
        // Rule 30: a period that is over is never issued; but a plan ends with its own.
        let plan = self.plan.as_ref().map(|plan| {
            let latest = if plan.next == Some(None) { 0 } else { months_since(plan.anchor, now) };
            (months_after(plan.anchor, latest.max(plan.period + 1)), 2, 0, String::new())
        });
        let gift = self.gated.and_then(|since| {
            let month = months_since(EPOCH, now);
            (self.gift < Some(month)).then(|| (months_after(EPOCH, month).max(since), 3, 0, String::new()))
        });
        let recurring = plan.into_iter().chain(gift).filter(|_| self.state != "closed");
        self.dues.first().cloned().into_iter().chain(recurring).filter(|due| due.0 <= now).min()
    }

    /// Has time do the next thing that it does by `now`; whether there was one.
    pub(crate) fn step(&mut self, now: Millis) -> bool {
        let Some(due) = self.due(now) else { return false };
        self.dues.remove_mut(&due);
        let (at, what, number, id) = due;
        (self.at, self.now) = (at, now);
        match what {
            0 => self.turn(number),
            1 => {
                // Rule 23.
                let spent = if self.terms.settles { self.records[&id].segments() } else { 0 };
                self.becomes(&id, spent, json!("timed_out"));
            }
            2 => self.renew(),
            _ => self.give_gift(),
        }
        self.watch();
        self.at = now;
        true
    }

    /// A package begins, ends, or loses what has come back within its grace.
    fn turn(&mut self, number: u64) {
        let (at, grace) = (self.at, self.terms.grace);
        let package = self.packages.get_mut(&number).unwrap();
        package.phase = match package.expires {
            Some(expires) if expires + grace <= at => "over",
            Some(expires) if expires <= at => "lapsed",
            _ => "begun",
        };
        let left = package.left();
        if package.phase != "begun" && left > 0 {
            self.write("expire", "", &[(number, "available", "expired", left)]);
        }
    }

    /// Has time do what it does by `now`, until more than so many lines are written.
    pub(crate) fn advance(&mut self, now: Millis, lines: usize) {
        while self.lines.len() <= lines && self.step(now) {}
    }

    /// A call: its answer, and in `lines` and `touched` what it writes, behind what time has done by then.
    pub(crate) fn call(&mut self, operation: &Operation, clock: Millis) -> Reply {
        let now = clock.max(self.last_at);
        (self.clock, self.now, self.at, self.changed) = (clock, now, now, false);
        let (opens, advances) =
            (matches!(operation, Operation::Open { .. }), matches!(operation, Operation::Advance));
        match operation {
            Operation::ReserveAll(messages) if messages.len() > self.terms.batch_max => {
                return Err(json!({ "error": "BATCH_TOO_LARGE", "messages": messages.len(),
                    "messagesMax": self.terms.batch_max }));
            }
            _ if self.state == "unopened" && !opens => {
                return Err(json!({ "error": "UNKNOWN_ACCOUNT", "account": self.id }));
            }
            _ => {}
        }
        let packages = self.packages.clone();
        self.advance(now, usize::MAX);
        self.changed = advances && !self.lines.is_empty();
        // Whoever asks the same again is told of it; another body under an id is refused.
        if let Some((kind, id)) = operation.key(&self.id)
            && let Some((body, told)) = self.documents.get(&format!("{kind}/{id}"))
        {
            return if body == operation { Ok(told.clone()) } else { Err(reused(id)) };
        }
        let before = self.clone();
        let reply = self.decide(operation, &packages);
        let winds_up = matches!(
            operation,
            Operation::Outcome(..)
                | Operation::Confirm { .. }
                | Operation::Refund { .. }
                | Operation::Take { .. }
        );
        if before.state == "closed" && self.changed && !winds_up && !advances {
            *self = before;
            return Err(json!({ "error": "ACCOUNT_CLOSED", "account": self.id }));
        }
        if self.changed || advances {
            self.watch();
            self.orders_by_itself();
        }
        if self.changed {
            self.last_at = now;
        }
        reply
    }

    fn decide(&mut self, operation: &Operation, packages: &Map<u64, Package>) -> Reply {
        Ok(match operation {
            Operation::Open { plan, gated } => self.open(operation, *plan, *gated),
            Operation::SetPlan { plan } => self.set_plan(*plan)?,
            Operation::SetGates { gated } => self.set_gates(*gated),
            Operation::SetState(name) => self.set_state(name),
            Operation::Account => self.account(),
            Operation::Purchase { id, bought } => self.purchase(id, bought)?,
            Operation::Grant(voucher) => self.grant(operation, voucher),
            Operation::Packages => self.listed(packages),
            Operation::Confirm { order, payment } => self.confirm(order, payment)?,
            Operation::Refund { order, dry } => self.refund(order, *dry)?,
            Operation::Give { id, .. } | Operation::Take { id, .. } => self.adjust(id, operation)?,
            Operation::Activate { package } => self.activate(*package)?,
            Operation::Reserve(message) => self.reserve(message, None)?,
            Operation::ReserveAll(messages) => self.reserve_all(messages)?,
            Operation::Preview(message) => self.preview(message)?,
            Operation::Outcome(id, word) => self.outcome(id, word)?,
            Operation::SetRecharge { region, set } => self.set_recharge(region, *set),
            Operation::SetCeilings(ceilings) => self.set_ceilings(ceilings.as_ref()),
            Operation::SetAlarms(thresholds) => self.set_alarms(thresholds.as_ref()),
            Operation::Settings => self.settings(),
            Operation::Order(id) => self.order(id)?,
            Operation::Verify => json!({ "ok": true }),
            Operation::Advance | Operation::Balance => {
                let mut balance = json!({ "account": self.id, "at": iso(self.now) });
                merge(&mut balance, json!(self.totals));
                balance
            }
        })
    }
}

/// Rule of every id: another body under it is refused.
fn reused(id: &str) -> Value {
    json!({ "error": "ID_REUSED", "id": id })
}
