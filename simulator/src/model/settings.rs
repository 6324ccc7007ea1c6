//! What an account sets for itself: ceilings (rule 28), alarms (rule 32) and what is ordered by itself (rule 33, docs/recharge.md).

use super::{Account, EPOCH, Package, months_since};
use crate::operation::{Bought, Ceiling, Message, Millis, RechargeSet, Region, Threshold, iso};
use serde_json::{Value, json};

const HOUR: Millis = 3_600_000;
const DAY: Millis = 24 * HOUR;
/// Payments declined in a row after which nothing is ordered.
const DECLINES_MAX: u32 = 3;

/// What is ordered by itself for a region.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Recharge {
    pub(crate) region: &'static str,
    pub(crate) set: RechargeSet,
    pub(crate) enabled: bool,
    /// The order on its way: not paid, or its package waits for its time.
    on_way: Option<String>,
    placed: Vec<Millis>,
    declines: u32,
    cools_until: Millis,
}

impl Recharge {
    fn today(&self, now: Millis) -> usize {
        self.placed.iter().filter(|at| **at / DAY == now / DAY).count()
    }

    fn this_month(&self, now: Millis) -> usize {
        let month = months_since(EPOCH, now);
        self.placed.iter().filter(|at| months_since(EPOCH, **at) == month).count()
    }

    /// Whether nothing is lost with one that has ended.
    fn says_nothing(&self, now: Millis) -> bool {
        self.on_way.is_none() && self.this_month(now) == 0 && self.declines == 0 && self.cools_until <= now
    }
}

impl Package {
    pub(super) fn usable(&self) -> bool {
        matches!(self.phase, "begun" | "lapsed") && self.left() > 0
    }

    /// Whether it still waits for its time.
    fn waits(&self) -> bool {
        self.phase == "pending" && self.open()
    }
}

impl Account {
    /// What can pay for messages to a region, or for any, now.
    pub(super) fn usable(&self, region: Region) -> i64 {
        let usable = self.packages.values().filter(|package| package.usable() && package.pays(region));
        usable.map(Package::left).sum()
    }

    /// With a new hour what no longer has a ceiling is forgotten, so that one which is set anew begins at nothing; within the hour, it goes
    /// on where it was.
    pub(super) fn begin_hour(&mut self) {
        if self.hour != self.now / HOUR {
            self.hour = self.now / HOUR;
            let bounded: Vec<Region> = self.ceilings.iter().flatten().map(|ceiling| ceiling.0).collect();
            self.reserved.retain(|(region, ..)| bounded.contains(region));
        }
    }

    fn used(&self, region: Region, length: Millis) -> i64 {
        let same = |(own, at, _): &&(Region, Millis, i64)| *own == region && at / length == self.now / length;
        self.reserved.iter().filter(same).map(|(.., segments)| segments).sum()
    }

    /// The ceilings that a message is held to.
    fn bounds(&self, message: &Message) -> impl Iterator<Item = Ceiling> {
        let applies = |(own, ..): &Ceiling| own.is_none_or(|own| own == message.region);
        self.ceilings.iter().flatten().copied().filter(applies)
    }

    /// Rule 28: the first ceiling that a message would break.
    pub(super) fn broken(&self, message: &Message) -> Option<Value> {
        for (region, hour, day) in self.bounds(message) {
            for (per, length, most) in [("hour", HOUR, hour), ("day", DAY, day)] {
                let used = self.used(region, length);
                if most.is_some_and(|most| used + message.segments > most) {
                    return Some(json!({ "error": "CEILING_REACHED", "reason": "ceiling", "used": used,
                        "ceiling": { "region": region, "per": per, "segments": most },
                        "resetsAt": iso((self.now / length + 1) * length) }));
                }
            }
        }
        None
    }

    pub(super) fn count_reserved(&mut self, message: &Message) {
        let counted: Vec<_> =
            self.bounds(message).map(|(region, ..)| (region, self.now, message.segments)).collect();
        self.reserved.extend(counted);
    }

    pub(super) fn set_ceilings(&mut self, ceilings: Option<&Vec<Ceiling>>) -> Value {
        if self.ceilings.as_ref() != ceilings {
            self.ceilings = ceilings.cloned();
            self.touch("settings");
        }
        self.settings()
    }

    pub(super) fn set_alarms(&mut self, thresholds: Option<&Vec<Threshold>>) -> Value {
        if self.thresholds.as_ref() != thresholds {
            self.thresholds = thresholds.cloned();
            self.touch("settings");
            self.watch();
        }
        self.settings()
    }

    /// Rule 32: tells once of the thresholds that have been crossed at an instant, in one line, and arms those that are reached.
    pub(super) fn watch(&mut self) {
        let (mut low, before) = (Vec::new(), self.fired.clone());
        let thresholds = self.thresholds.clone().unwrap_or_default();
        for &(region, below, margin) in &thresholds {
            let usable = self.usable(region);
            let fired = self.fired.get(&(region, below)).copied();
            if usable >= below + if fired == Some(true) { margin } else { 0 } {
                self.fired.insert((region, below), false);
            } else if fired == Some(false) {
                self.fired.insert((region, below), true);
                low.push(json!([region, below, usable]));
            }
        }
        if self.fired != before {
            self.fired.retain(|place, _| thresholds.iter().any(|known| (known.0, known.1) == *place));
            self.touch("settings");
        }
        if !low.is_empty() {
            self.write("alarm", "", &[]);
            self.note(json!(low));
        }
    }

    /// What the last line tells besides.
    fn note(&mut self, note: Value) {
        self.lines.last_mut().unwrap()["note"] = note;
    }

    pub(super) fn settings(&mut self) -> Value {
        self.begin_hour();
        let now = self.now;
        let ceilings = self.ceilings.iter().flatten().map(|&(region, hour, day)| {
            json!({ "region": region, "perHour": hour, "perDay": day, "usedThisHour": self.used(region, HOUR),
                "usedToday": self.used(region, DAY) })
        });
        let thresholds = self.thresholds.iter().flatten().map(|&(region, below, margin)| {
            let fired = self.fired.get(&(region, below));
            let state = fired.map_or("waiting", |fired| if *fired { "fired" } else { "armed" });
            json!({ "region": region, "below": below, "margin": margin, "state": state,
                "usable": self.usable(region) })
        });
        let recharges = self.recharges.iter().map(|known| {
            let (offer, threshold, quantity, day, _) = known.set;
            let (state, order) = self.readiness(known);
            json!({ "region": known.region, "state": state, "offer": self.terms.offers[offer].id,
                "quantity": quantity, "threshold": threshold, "perDay": day, "placedToday": known.today(now),
                "placedThisMonth": known.this_month(now), "declines": known.declines, "order": order })
        });
        json!({ "account": self.id, "at": iso(now), "ceilings": ceilings.collect::<Vec<_>>(),
            "thresholds": thresholds.collect::<Vec<_>>(), "recharges": recharges.collect::<Vec<_>>() })
    }

    /// Whether something can be ordered, or why not; and the order that is on its way.
    fn readiness(&self, known: &Recharge) -> (&'static str, Option<Value>) {
        let order = known.on_way.as_ref().map(|id| self.order(id).unwrap());
        let paying = order.as_ref().is_some_and(|order| order["package"].is_null());
        let waits = order.as_ref().and_then(|order| self.package_of(order)).is_some_and(Package::waits);
        let state = match () {
            () if paying => "paying",
            () if waits => "pending",
            () if !known.enabled => "off",
            () if known.declines >= DECLINES_MAX => "halted",
            () if known.cools_until > self.now => "cooling",
            () if known.today(self.now) >= known.set.3 => "capped",
            () => "armed",
        };
        let told = |order: Value| json!({ "id": order["id"], "quantity": order["quantity"] });
        (state, order.filter(|_| paying || waits).map(told))
    }

    /// `setRecharge`: none ends it.
    pub(super) fn set_recharge(&mut self, region: &'static str, set: Option<RechargeSet>) -> Value {
        let (now, before) = (self.now, self.recharges.clone());
        match self.recharges.iter_mut().find(|known| known.region == region) {
            Some(known) => (known.set, known.enabled) = (set.unwrap_or(known.set), set.is_some()),
            None => self.recharges.extend(set.map(|set| Recharge {
                region,
                set,
                enabled: true,
                ..Recharge::default()
            })),
        }
        self.recharges.retain(|known| known.enabled || !known.says_nothing(now));
        if self.recharges != before {
            self.touch("settings");
            self.orders_by_itself();
        }
        self.settings()
    }

    /// Orders what has run low, once: of several regions the next call orders for the others.
    pub(super) fn orders_by_itself(&mut self) {
        for place in 0..self.recharges.len() {
            let known = &self.recharges[place];
            if self.state != "active" || self.lines.iter().any(|line| line["kind"] == "recharge") {
                return;
            }
            if self.usable(Some(known.region)) <= known.set.1 {
                let _ = self.order_packs(place, 0);
            }
        }
    }

    /// The fewest whole packs that leave more than the threshold behind what waits, unless what is paid already will do that: the order on
    /// its way, or why there is none.
    pub(super) fn order_packs(&mut self, place: usize, waiting: i64) -> Result<Value, &'static str> {
        let known = &self.recharges[place];
        let (region, (offer, threshold, pack, ..)) = (known.region, known.set);
        match self.readiness(known) {
            ("armed", _) => {}
            (_, Some(order)) => return Ok(order),
            (why, None) => return Err(why),
        }
        let later = self.packages.values().filter(|package| package.phase == "pending");
        let later: Vec<i64> = later.filter(|package| package.pays(Some(region))).map(Package::left).collect();
        let pending: i64 = later.iter().sum();
        // Where messages are not split, one package holds the whole of it.
        let whole = if self.terms.split { 0 } else { waiting };
        let missing = threshold + waiting + 1 - self.usable(Some(region)) - pending;
        if pending > 0 && missing <= 0 && later.into_iter().max() >= Some(whole) {
            return Err("pending");
        }
        let quantity = (missing.max(whole).max(1) + pack - 1) / pack * pack;
        let id = format!("recharge-{}", self.entries + 1);
        self.tell_recharge(region, &id, Some(quantity));
        let known = &mut self.recharges[place];
        known.placed.push(self.now);
        (known.on_way, known.cools_until) = (Some(id.clone()), 0);
        self.place(&id, &Bought { offer, quantity, quoted_at: 0, proof: None, voucher: None });
        Ok(json!({ "id": id, "quantity": quantity }))
    }

    /// A line that says that something was ordered, or no longer is.
    fn tell_recharge(&mut self, region: &'static str, reference: &str, quantity: Option<i64>) {
        self.write("recharge", reference, &[]);
        self.note(json!([region, quantity]));
        self.touch("settings");
    }

    /// An order is paid: whoever could not be charged can be now, unless it costs nothing, and what is on its way may wait for its time.
    pub(super) fn paid(&mut self, id: &str) {
        let order = self.order(id).unwrap();
        let waits = self.package_of(&order).is_some_and(Package::waits);
        let mut said = false;
        for known in &mut self.recharges {
            if order["total"] != "0.00" {
                said |= known.declines > 0 || known.cools_until > 0;
                (known.declines, known.cools_until) = (0, 0);
            }
            if known.on_way.as_deref() == Some(id) {
                known.on_way.take_if(|_| !waits);
                said = true;
            }
        }
        if said {
            self.touch("settings");
        }
    }

    /// An order is declined or cancelled: nothing is ordered for a while, and after too many declined payments nothing any more.
    pub(super) fn unpaid(&mut self, id: &str, declined: bool) {
        let Some(known) = self.recharges.iter_mut().find(|known| known.on_way.as_deref() == Some(id)) else {
            return;
        };
        (known.on_way, known.cools_until) = (None, self.now + known.set.4);
        known.declines += u32::from(declined);
        let (region, halts) = (known.region, declined && known.declines == DECLINES_MAX);
        self.touch("settings");
        if halts {
            self.tell_recharge(region, id, None);
        }
    }
}
