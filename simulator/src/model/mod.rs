//! The ledger a second time, written from the domain's rules and not from the engine: what each call on an account must answer,
//! what it writes in the journal, and what time does. It decides one call after the other, reads nothing and keeps everything.

mod messages;
mod orders;
mod plans;
mod recharges;
mod records;
mod settings;

use crate::operation::{Millis, Operation, iso};
use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};
use recharges::Recharge;
pub(crate) use recharges::Set as RechargeSet;
use records::Plan;
pub(crate) use records::{Order, Package, Record, Verb};
use rpds::{RedBlackTreeMap as Map, RedBlackTreeSet as Set};
use serde_json::{Value, json};
use settings::Settings;
pub(crate) use settings::{Ceiling, Threshold, code};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What the seller says, as far as the simulated accounts meet it.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the policy")]
pub(crate) struct Terms {
    /// Plans and the segments of their months.
    pub(crate) plans: Vec<(&'static str, u64)>,
    /// What is sold.
    pub(crate) offers: Vec<Offer>,
    /// Segments a month for those who have the gate.
    pub(crate) gift: u64,
    /// Rule 20: what packages are sorted by.
    pub(crate) draw: Vec<&'static str>,
    /// Rule 18: whether a message may be paid from several packages.
    pub(crate) split: bool,
    /// Rule 22: whether segments are spent at once.
    pub(crate) submit: bool,
    /// Rule 23: for how long a message is held, whether it is spent then, and the grace of packages.
    pub(crate) hold: Millis,
    pub(crate) settles: bool,
    pub(crate) grace: Millis,
    /// Rule 24: whether a later receipt may correct the first.
    pub(crate) corrections: bool,
    /// Rule 25: what a stage costs: all, nothing, or not yet known.
    pub(crate) receipts: [Option<bool>; 7],
    /// Messages that the store takes at once.
    pub(crate) batch_max: usize,
}

/// What is sold: its region by its place, cents for a hundred segments, how long it waits, how long it lasts, and whether unused segments are paid back.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    pub(crate) id: &'static str,
    pub(crate) region: usize,
    pub(crate) price: u64,
    pub(crate) activation: Millis,
    pub(crate) months: u32,
    pub(crate) refunds: bool,
}

/// An answer: the fields that the model claims, or an error's code and such details.
pub(crate) type Reply = Result<Value, Refusal>;
pub(crate) type Refusal = (&'static str, Value);
/// `issued available held spent expired adjusted`.
pub(crate) type Counts = [u64; 6];
const ISSUED: usize = 0;
const AVAILABLE: usize = 1;
const HELD: usize = 2;
const SPENT: usize = 3;
const EXPIRED: usize = 4;
const ADJUSTED: usize = 5;

/// A line of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) kind: &'static str,
    pub(crate) reference: String,
    pub(crate) at: Millis,
    pub(crate) effective: Millis,
    /// By package and bucket.
    pub(crate) postings: BTreeMap<(u64, usize), i64>,
    pub(crate) balance: Counts,
    /// Of what was ordered by itself: the region, and how many segments; none where nothing can be ordered any more. Of an alarm: region,
    /// threshold and usable segments of each that was crossed.
    pub(crate) note: Value,
}

/// An account.
#[derive(Clone, Debug, Default)]
pub(crate) struct Account {
    terms: Arc<Terms>,
    id: String,
    pub(crate) opened: Option<(Option<usize>, bool)>,
    opening: Value,
    /// No call is earlier.
    pub(crate) last_at: Millis,
    pub(crate) state: &'static str,
    gated: bool,
    gated_since: Millis,
    plan: Option<Plan>,
    /// The last month in which the schedule gave something, counted from January 1970.
    gift: Option<i32>,
    pub(crate) packages: Map<u64, Package>,
    pub(crate) records: Map<String, Record>,
    pub(crate) orders: Map<String, Order>,
    adjustments: Map<String, (Operation, Value)>,
    /// Cents, and the order that has consumed it.
    vouchers: Map<String, (u64, Option<String>)>,
    /// All packages together.
    pub(crate) totals: Counts,
    /// What time will do with packages and messages.
    dues: Set<Due>,
    called_at: Millis,
    pub(crate) recharges: Vec<Recharge>,
    /// What else it has set for itself.
    pub(crate) set: Settings,
    /// Entries written so far.
    entries: u64,
    /// What was written since it was last taken.
    pub(crate) lines: Vec<Line>,
    /// The keys of the records that were written since.
    pub(crate) touched: BTreeSet<String>,
    /// Whether the last call has written anything, beside what time has done.
    pub(crate) changed: bool,
}

fn date(at: Millis) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(at).unwrap()
}

/// Rule 7: so many months after the anchor, clamped.
pub(crate) fn months_after(anchor: Millis, months: u32) -> Millis {
    date(anchor).checked_add_months(Months::new(months)).unwrap().timestamp_millis()
}

fn month_of(at: Millis) -> i32 {
    date(at).year() * 12 + i32::try_from(date(at).month0()).unwrap()
}

fn start_of(month: i32) -> Millis {
    let month0 = u32::try_from(month.rem_euclid(12)).unwrap();
    let first = NaiveDate::from_ymd_opt(month.div_euclid(12), month0 + 1, 1).unwrap();
    first.and_hms_opt(0, 0, 0).unwrap().and_utc().timestamp_millis()
}

/// Rule of every id: another body under it is refused.
fn reused(id: &str) -> Reply {
    refuse("ID_REUSED", json!({ "id": id }))
}

/// Segments by what they are.
fn counted([issued, available, held, spent, expired, adjusted]: Counts, more: &Value) -> Value {
    let mut counted = json!({ "issued": issued, "available": available, "held": held, "spent": spent,
        "expired": expired, "adjusted": adjusted });
    counted.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
    counted
}

fn refuse<T>(code: &'static str, details: Value) -> Result<T, (&'static str, Value)> {
    Err((code, details))
}

/// What time does next: when, what first of things at one instant, and which.
type Due = (Millis, u8, String);

fn turns(at: Millis, package: u64) -> Due {
    (at, 0, format!("{package:08}"))
}

fn out(at: Millis, entry: u64, message: &str) -> Due {
    (at, 1, format!("{entry:08} {message}"))
}

impl Account {
    /// One that is not opened yet.
    pub(crate) fn new(id: &str, terms: Arc<Terms>) -> Self {
        Self { terms, id: id.to_owned(), last_at: Millis::MIN, state: "active", ..Self::default() }
    }

    /// Where it stands, for the table of what was simulated.
    pub(crate) fn standing(&self) -> &'static str {
        if self.opened.is_none() { "unopened" } else { self.state }
    }

    fn available(&self) -> u64 {
        self.totals[AVAILABLE]
    }

    /// Writes a line: moves what the postings say.
    fn write(
        &mut self,
        kind: &'static str,
        reference: &str,
        now: Millis,
        effective: Millis,
        moves: &[(u64, usize, usize, u64)],
    ) {
        let mut postings = BTreeMap::new();
        for &(package, from, to, segments) in moves.iter().filter(|(.., segments)| *segments > 0) {
            let known = self.packages.get_mut(&package).unwrap();
            for counts in [&mut known.counts, &mut self.totals] {
                // What is issued comes from outside: the count grows, and the posting is negative.
                counts[from] = if from == ISSUED { counts[from] + segments } else { counts[from] - segments };
                counts[to] += segments;
            }
            let signed = i64::try_from(segments).unwrap();
            known.graced |= to == AVAILABLE && known.lapsed(effective);
            if !known.open() {
                known.emptied = [effective, now];
            }
            *postings.entry((package, from)).or_insert(0) -= signed;
            *postings.entry((package, to)).or_insert(0) += signed;
        }
        let (reference, balance) = (reference.to_owned(), self.totals);
        self.changed = true;
        self.entries += 1;
        self.lines.push(Line { kind, reference, at: now, effective, postings, balance, note: Value::Null });
    }

    /// What was written is stored.
    pub(crate) fn written(&mut self) {
        self.lines.clear();
        self.touched.clear();
    }

    fn touch(&mut self, kind: &str, id: &str) {
        self.changed = true;
        self.touched.insert(if id.is_empty() { kind.to_owned() } else { format!("{kind}/{id}") });
    }

    #[allow(clippy::too_many_arguments, reason = "the terms of a package")]
    fn issue(
        &mut self,
        kind: &'static str,
        reference: &str,
        source: &'static str,
        region: Option<usize>,
        segments: u64,
        now: Millis,
        span: (Millis, Millis, Option<Millis>),
    ) -> u64 {
        let number = u64::try_from(self.packages.size()).unwrap() + 1;
        let (at, effective, expires) = span;
        let begun = effective <= now;
        let (ends, emptied) = (expires, [now, now]);
        let package = Package {
            number,
            source,
            region,
            issued_at: now,
            effective,
            expires,
            ends,
            begun,
            emptied,
            ..Package::default()
        };
        self.packages.insert_mut(number, package);
        let begins = (!begun).then_some(effective);
        begins.into_iter().chain(expires).for_each(|at| self.dues.insert_mut(turns(at, number)));
        self.write(kind, reference, now, at, &[(number, ISSUED, AVAILABLE, segments)]);
        number
    }

    /// The next thing that time does by `now`; of several at one instant packages end first, then messages, then periods begin.
    fn due(&self, now: Millis) -> Option<Due> {
        let first = self.dues.first().cloned();
        let plan = self.plan.as_ref().filter(|_| self.state != "closed").map(|plan| {
            let mut period = plan.period + 1;
            while plan.next != Some(None) && months_after(plan.anchor, period + 1) <= now {
                period += 1;
            }
            (months_after(plan.anchor, period), 2, period.to_string())
        });
        let gift = (self.gated && self.state != "closed" && self.opened.is_some())
            .then(|| (start_of(month_of(now)).max(self.gated_since), 3, String::new()))
            .filter(|_| self.gift.is_none_or(|month| month < month_of(now)));
        first.into_iter().chain(plan).chain(gift).filter(|(at, ..)| *at <= now).min()
    }

    /// When time will do something next, for whoever sets the clock.
    pub(crate) fn next_due(&self) -> Option<Millis> {
        let first = self.dues.first().map(|due| due.0);
        let plan = self.plan.as_ref().map(|plan| months_after(plan.anchor, plan.period + 1));
        first.into_iter().chain(plan).min()
    }

    /// Has time do what it does by `now`, until more than so many lines are written.
    pub(crate) fn advance(&mut self, now: Millis, lines: usize) {
        while self.lines.len() <= lines && self.step(now) {}
    }

    /// Has time do the next thing that it does by `now`; whether there was one.
    pub(crate) fn step(&mut self, now: Millis) -> bool {
        let Some((at, what, which)) = self.due(now) else { return false };
        match what {
            0 => self.turn(which.parse().unwrap(), at, now),
            1 => {
                let id = which.split_once(' ').unwrap().1;
                let spent = if self.terms.settles { self.records[id].message.segments } else { 0 };
                self.decide(id, spent, Verb::TimedOut, at, now);
            }
            2 => self.renew(which.parse().unwrap(), at, now),
            _ => self.give_gift(at, now),
        }
        self.watch(at, now);
        true
    }

    /// A package begins, ends, or loses what has come back within its grace.
    fn turn(&mut self, number: u64, at: Millis, now: Millis) {
        let grace = self.terms.grace;
        self.dues.remove_mut(&turns(at, number));
        let package = self.packages.get_mut(&number).unwrap();
        package.begun |= package.effective <= at;
        if package.ends.is_none_or(|ends| ends > at) {
            return;
        }
        package.ends = package.expires.filter(|expires| *expires == at && grace > 0).map(|at| at + grace);
        if let Some(again) = package.ends {
            self.dues.insert_mut(turns(again, number));
        }
        let left = package.counts[AVAILABLE];
        if left > 0 {
            self.write("expire", "", now, at, &[(number, AVAILABLE, EXPIRED, left)]);
        }
    }

    /// A call: its answer, and in `lines` and `touched` what it writes, behind what time has done by then.
    pub(crate) fn call(&mut self, operation: &Operation, now: Millis) -> Reply {
        // Quotes are held against the clock of whoever is called, everything else against the account's.
        (self.called_at, self.changed) = (now, false);
        let now = now.max(self.last_at);
        let most = self.terms.batch_max;
        if let Operation::ReserveAll(messages) = operation
            && messages.len() > most
        {
            return refuse("BATCH_TOO_LARGE", json!({ "messages": messages.len(), "messagesMax": most }));
        }
        let open = if matches!(operation, Operation::Packages) { self.open_packages() } else { Vec::new() };
        if self.opened.is_some() {
            self.advance(now, usize::MAX);
        } else if !matches!(operation, Operation::Open { .. }) {
            return refuse("UNKNOWN_ACCOUNT", json!({ "account": self.id }));
        }
        self.changed = matches!(operation, Operation::Advance) && !self.lines.is_empty();
        let before = (self.state == "closed").then(|| self.clone());
        let reply = self.decide_call(operation, open, now);
        let winds_up = matches!(
            operation,
            Operation::Outcome(..)
                | Operation::Confirm { .. }
                | Operation::Refund { .. }
                | Operation::Take { .. }
                | Operation::Advance
        );
        if let Some(before) = before.filter(|before| self.changed && !before.changed && !winds_up) {
            *self = before;
            return refuse("ACCOUNT_CLOSED", json!({ "account": self.id }));
        }
        if self.changed || matches!(operation, Operation::Advance) {
            self.watch(now, now);
            self.orders_by_itself(now);
        }
        if self.changed {
            self.last_at = now;
        }
        reply
    }

    fn decide_call(&mut self, operation: &Operation, open: Vec<u64>, now: Millis) -> Reply {
        match operation {
            Operation::Open { plan, gated } => self.open(*plan, *gated, now),
            Operation::SetPlan { plan } => self.set_plan(*plan, now),
            Operation::SetGates { gated } => Ok(self.set_gates(*gated, now)),
            Operation::SetState(name) => self.set_state(name, now),
            Operation::Account => Ok(self.account()),
            Operation::Purchase { id, bought } => self.purchase(id, bought, now),
            Operation::Grant(voucher) => self.grant(voucher),
            Operation::Packages => Ok(self.listed(open, now)),
            Operation::Confirm { order, payment } => self.confirm(order, payment, now),
            Operation::Refund { order, dry } => self.refund(order, *dry, now),
            Operation::Give { id, .. } | Operation::Take { id, .. } => self.adjust(id, operation, now),
            Operation::Activate { package } => self.activate(*package, now),
            Operation::Reserve(message) => self.reserve(message, true, now),
            Operation::ReserveAll(messages) => self.reserve_all(messages, now),
            Operation::Preview(message) => self.preview(message, now),
            Operation::SetRecharge { region, set } => Ok(self.set_recharge(*region, *set, now)),
            Operation::SetCeilings(ceilings) => Ok(self.set_ceilings(ceilings.as_ref(), now)),
            Operation::SetAlarms(thresholds) => Ok(self.set_alarms(thresholds.as_ref(), now)),
            Operation::Settings => Ok(self.settings(now)),
            Operation::Outcome(id, word) => self.outcome(id, word, now),
            Operation::Advance | Operation::Balance => {
                Ok(counted(self.totals, &json!({ "account": self.id, "at": iso(now) })))
            }
            Operation::Order(id) => self.order(id),
            Operation::Verify => Ok(json!({ "ok": true })),
        }
    }
}
