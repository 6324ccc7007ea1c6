//! The ledger a second time, written from the domain's rules and not from the engine: what each call on an account must answer,
//! what it writes in the journal, and what time does. It decides one call after the other, reads nothing and keeps everything.
//!
//! Segments lie in buckets of packages, and every line of the journal moves some. What has an id is kept as it was asked, and as it is
//! told: an order is what `order` answers.

mod messages;
mod sales;
mod settings;

use crate::answers::{Reply, must, with};
use crate::operation::Operation::{self, Advance, Balance, Confirm, Outcome, Refund, Take};
use crate::operation::{Ceiling, Millis, Region, Threshold, UNPRICED, dollars, iso};
use crate::paper::{Counts, Move, Paper, nothing, postings, shift};
use crate::seller::Terms;
use chrono::{DateTime, Months};
use messages::Record;
use rpds::{RedBlackTreeMap as Map, RedBlackTreeSet as Set};
use sales::Plan;
use serde_json::{Value, json};
use settings::Recharge;
use std::collections::BTreeMap;
use std::sync::Arc;

/// When time does something, what first of things at one instant, and with which package or message.
type Due = (Millis, u8, u64, String);

/// A month begins here, from which months are counted.
const EPOCH: Millis = 1_704_067_200_000;

/// Segments of one origin.
#[derive(Clone, Debug, Default)]
pub(crate) struct Package {
    number: u64,
    /// What it was issued for: an order, a plan, an adjustment.
    reference: String,
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
    gift: u32,
    pub(crate) plan: Option<Plan>,
    pub(crate) packages: Map<u64, Package>,
    /// All packages together.
    pub(crate) totals: Counts,
    pub(crate) records: Map<String, Record>,
    /// What else has an id, and the journal.
    pub(crate) paper: Paper,
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
}

/// Rule 7: so many months after the anchor, clamped.
pub(crate) fn months_after(anchor: Millis, months: u32) -> Millis {
    let anchor = DateTime::from_timestamp_millis(anchor).unwrap();
    anchor.checked_add_months(Months::new(months)).unwrap().timestamp_millis()
}

/// How many months have begun since.
fn months_since(anchor: Millis, now: Millis) -> u32 {
    // None is longer than 31 days.
    let least = u32::try_from((now - anchor) / (31 * 86_400_000)).unwrap_or(0);
    (least..u32::MAX).find(|months| months_after(anchor, months + 1) > now).unwrap()
}

impl Package {
    fn left(&self) -> i64 {
        self.counts["available"]
    }

    pub(crate) fn open(&self) -> bool {
        self.left() + self.counts["held"] > 0
    }

    /// Rule 26: no package pays where there is no price.
    fn pays(&self, region: Region) -> bool {
        region != Some(UNPRICED) && (region.is_none() || self.region.is_none() || self.region == region)
    }

    fn waits(&self) -> bool {
        self.phase == "pending" && self.open()
    }

    fn usable(&self) -> bool {
        matches!(self.phase, "begun" | "lapsed") && self.left() > 0
    }

    fn expired(&self) -> bool {
        self.phase == "over" || self.phase == "lapsed" && !self.graced
    }

    /// When it was over, and when that was written down: while messages still hold of it, when its time was.
    fn ended(&self) -> [Millis; 2] {
        if self.open() { [self.expires.unwrap(); 2] } else { self.emptied }
    }
}

impl Account {
    /// One that is not opened yet.
    pub(crate) fn new(id: &str, terms: Arc<Terms>) -> Self {
        let (id, totals, last_at) = (id.to_owned(), nothing(), Millis::MIN);
        Self { terms, id, state: "unopened", totals, last_at, ..Self::default() }
    }

    /// Writes a line of the journal, which moves segments. Where it refers to nothing else, it does to the account.
    fn write(&mut self, kind: &'static str, reference: &str, moves: &[Move]) {
        for &moved in moves.iter().filter(|(.., segments)| *segments > 0) {
            let known = self.packages.get_mut(&moved.0).unwrap();
            shift(&mut known.counts, moved);
            shift(&mut self.totals, moved);
            known.graced |= moved.2 == "available" && known.phase == "lapsed";
            known.emptied = if known.open() { known.emptied } else { [self.at, self.now] };
        }
        let reference = if reference.is_empty() { &self.id } else { reference };
        self.paper.line(json!({ "kind": kind, "reference": reference, "at": self.now, "effective": self.at,
            "postings": postings(moves), "balance": self.totals }));
    }

    /// Something is asked under an id for the first time.
    fn record(&mut self, operation: &Operation, told: Value) -> Value {
        self.paper.record(&operation.key(&self.id).unwrap(), operation, told)
    }

    /// A package, which takes effect at once unless it says when.
    fn issue(&mut self, kind: &'static str, reference: &str, segments: i64, mut package: Package) -> u64 {
        let number = u64::try_from(self.packages.size()).unwrap() + 1;
        let ends = package.expires.map(|at| [at, at + self.terms.grace]);
        for at in ends.into_iter().flatten().chain([package.effective]).filter(|at| *at > self.now) {
            self.dues.insert_mut((at, 0, number, String::new()));
        }
        package.phase = if package.effective > self.now { "pending" } else { "begun" };
        package.effective = package.effective.max(self.at);
        (package.number, package.reference, package.issued_at) = (number, reference.to_owned(), self.now);
        package.counts = nothing();
        self.packages.insert_mut(number, package);
        self.write(kind, reference, &[(number, "issued", "available", segments)]);
        number
    }

    /// The next thing that time does by `now`; of several at one instant packages turn first, then messages end, then periods begin.
    fn due(&self, now: Millis) -> Option<Due> {
        let plan = self.plan.map(|plan| {
            // Rule 30: a period that is over is never issued; but a plan ends with its own.
            let latest = if plan.next == Some(None) { 0 } else { months_since(plan.anchor, now) };
            (months_after(plan.anchor, latest.max(plan.period + 1)), 2, 0, String::new())
        });
        let gift = self.gated.map(|since| (months_since(EPOCH, now), since));
        let gift = gift.filter(|(month, _)| self.gift < *month);
        let gift = gift.map(|(month, since)| (months_after(EPOCH, month).max(since), 3, 0, String::new()));
        let recurring = plan.into_iter().chain(gift).filter(|_| self.state != "closed");
        self.dues.first().cloned().into_iter().chain(recurring).filter(|due| due.0 <= now).min()
    }

    /// Has time do the next thing that it does by `now`; whether there was one.
    pub(crate) fn step(&mut self, now: Millis) -> bool {
        let Some(due) = self.due(now) else { return false };
        self.dues.remove_mut(&due);
        let (at, what, package, message) = due;
        (self.at, self.now) = (at, now);
        match what {
            0 => self.turn(package),
            // Rule 23.
            1 => self.becomes(&message, if self.terms.settles { i64::MAX } else { 0 }, json!("timed_out")),
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
            self.write("expire", &format!("p{number}"), &[(number, "available", "expired", left)]);
        }
    }

    /// Has time do what it does by `now`, until more than so many lines are written.
    pub(crate) fn advance(&mut self, now: Millis, lines: usize) {
        while self.paper.lines.len() <= lines && self.step(now) {}
    }

    /// A call: its answer, and in `lines` and `touched` what it writes, behind what time has done by then.
    pub(crate) fn call(&mut self, operation: &Operation, clock: Millis) -> Reply {
        let (now, most) = (clock.max(self.last_at), self.terms.batch_max);
        (self.clock, self.now, self.at) = (clock, now, now);
        self.paper.changed = false;
        if let Operation::ReserveAll(messages) = operation {
            let (error, messages) = ("BATCH_TOO_LARGE", messages.len());
            must(messages <= most, json!({ "error": error, "messages": messages, "messagesMax": most }))?;
        }
        let (opens, advances) = (matches!(operation, Operation::Open { .. }), *operation == Advance);
        must(opens || self.state != "unopened", json!({ "error": "UNKNOWN_ACCOUNT", "account": self.id }))?;
        let packages = self.packages.clone();
        self.advance(now, usize::MAX);
        self.paper.changed = advances && !self.paper.lines.is_empty();
        // Whoever asks the same again is told of it; another body under an id is refused.
        if let Some(key) = operation.key(&self.id)
            && let Some((body, told)) = self.paper.documents.get(&key)
        {
            must(body == operation, reused(key.split_once('/').unwrap().1))?;
            return Ok(told.clone());
        }
        let before = (self.state == "closed").then(|| self.clone());
        let reply = self.decide(operation, &packages);
        // What is closed is wound up: what ends something is done.
        let ends = matches!(operation, Outcome(..) | Confirm { .. } | Refund { .. } | Take { .. } | Advance);
        if let Some(before) = before.filter(|_| self.paper.changed && !ends) {
            *self = before;
            return Err(json!({ "error": "ACCOUNT_CLOSED", "account": self.id }));
        }
        if self.paper.changed || advances {
            self.watch();
            self.orders_by_itself();
        }
        self.last_at = if self.paper.changed { now } else { self.last_at };
        reply
    }

    fn decide(&mut self, operation: &Operation, packages: &Map<u64, Package>) -> Reply {
        Ok(match operation {
            Operation::Open { plan, gated } => {
                (self.state, self.gated) = ("active", gated.then_some(self.now));
                self.write("open", "", &[]);
                if let Some(plan) = plan {
                    self.rise(plan);
                }
                self.record(operation, self.account())
            }
            Operation::SetPlan { plan } => self.set_plan(*plan)?,
            Operation::SetGates { gated } if self.gated.is_some() != *gated => {
                self.gated = gated.then_some(self.now);
                self.write("gates", "", &[]);
                self.account()
            }
            Operation::SetState(state) if self.state != *state => {
                self.state = state;
                self.write(operation.name(), "", &[]);
                self.account()
            }
            Operation::Account | Operation::SetGates { .. } | Operation::SetState(_) => self.account(),
            Operation::Grant((id, cents)) => {
                let voucher = json!({ "id": id, "amount": dollars(*cents) });
                self.record(operation, json!({ "voucher": voucher, "eligible": true, "order": null }))
            }
            Operation::Purchase { id, bought } => self.purchase(id, bought)?,
            Confirm { order, payment } => self.confirm(order, payment)?,
            Refund { order, dry } => self.refund(order, *dry)?,
            Operation::Order(id) => self.bought(id)?.1,
            Operation::Give { id, .. } | Take { id, .. } => self.adjust(id, operation)?,
            Operation::Activate { package } => self.activate(*package)?,
            Operation::Packages => self.listed(packages),
            Operation::Reserve(message) => self.reserve(message, None)?,
            Operation::ReserveAll(messages) => self.reserve_all(messages)?,
            Operation::Preview(message) => self.preview(message)?,
            Outcome(id, word) => self.outcome(id, word)?,
            Operation::SetRecharge { region, set } => self.set_recharge(region, *set),
            Operation::SetCeilings(ceilings) if self.ceilings != *ceilings => {
                self.ceilings.clone_from(ceilings);
                self.paper.touch("settings");
                self.settings()
            }
            Operation::SetAlarms(thresholds) if self.thresholds != *thresholds => {
                self.thresholds.clone_from(thresholds);
                self.paper.touch("settings");
                self.watch();
                self.settings()
            }
            Operation::SetCeilings(_) | Operation::SetAlarms(_) | Operation::Settings => self.settings(),
            Advance | Balance => with(json!(self.totals), json!({ "account": self.id, "at": iso(self.now) })),
            Operation::Verify => json!({ "ok": true }),
        })
    }
}

/// Rule of every id: another body under it is refused.
fn reused(id: &str) -> Value {
    json!({ "error": "ID_REUSED", "id": id })
}
