//! What an account sets for itself: ceilings (rule 28), alarms (rule 32) and what is ordered by itself (rule 33, docs/recharge.md).

use super::{Account, EPOCH, Package, months_since};
use crate::answers::must;
use crate::operation::{Bought, Ceiling, Message, Millis, RechargeSet, Region, iso};
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
    /// The day and the month of each order.
    placed: Vec<(Millis, u32)>,
    declines: u32,
    cools_until: Millis,
}

impl Recharge {
    /// Orders of the day and of the month.
    fn placed(&self, now: Millis) -> [usize; 2] {
        let (today, this_month) = (now / DAY, months_since(EPOCH, now));
        let of_today = self.placed.iter().filter(|(day, _)| *day == today);
        [of_today.count(), self.placed.iter().filter(|(_, month)| *month == this_month).count()]
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
    pub(super) fn begin_hour(&mut self, looks: bool) {
        if looks && self.hour != self.now / HOUR {
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
    pub(super) fn keeps_ceilings(&self, message: &Message) -> Result<(), Value> {
        for (region, hour, day) in self.bounds(message) {
            for (per, length, most) in [("hour", HOUR, hour), ("day", DAY, day)] {
                let (used, resets_at) = (self.used(region, length), iso((self.now / length + 1) * length));
                let ceiling = json!({ "region": region, "per": per, "segments": most });
                let broken = json!({ "error": "CEILING_REACHED", "reason": "ceiling", "ceiling": ceiling,
                    "used": used, "resetsAt": resets_at });
                must(most.is_none_or(|most| used + message.segments <= most), broken)?;
            }
        }
        Ok(())
    }

    pub(super) fn count_reserved(&mut self, message: &Message) {
        let counted = self.bounds(message).map(|(region, ..)| (region, self.now, message.segments));
        self.reserved.extend(counted.collect::<Vec<_>>());
    }

    /// Rule 32: tells once of the thresholds that have been crossed at an instant, in one line, and arms those that are reached.
    pub(super) fn watch(&mut self) {
        let (mut low, before) = (Vec::new(), self.fired.clone());
        let thresholds = self.thresholds.clone().unwrap_or_default();
        for &(region, below, margin) in &thresholds {
            let (usable, fired) = (self.usable(region), before.get(&(region, below)));
            let is_low = usable < below + if fired == Some(&true) { margin } else { 0 };
            // One that was never reached is not crossed.
            if !is_low || fired == Some(&false) {
                self.fired.insert((region, below), is_low);
                low.extend(is_low.then(|| json!([region, below, usable])));
            }
        }
        if self.fired != before {
            self.fired.retain(|place, _| thresholds.iter().any(|known| (known.0, known.1) == *place));
            self.paper.touch("settings");
        }
        if !low.is_empty() {
            self.write("alarm", "", &[]);
            self.paper.note(json!(low));
        }
    }

    pub(super) fn settings(&mut self) -> Value {
        self.begin_hour(true);
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
            let ([today, this_month], (state, order)) = (known.placed(self.now), self.readiness(known));
            json!({ "region": known.region, "state": state, "offer": self.terms.offers[offer].id,
                "quantity": quantity, "threshold": threshold, "perDay": day, "placedToday": today,
                "placedThisMonth": this_month, "declines": known.declines, "order": order })
        });
        json!({ "account": self.id, "at": iso(self.now), "ceilings": ceilings.collect::<Vec<_>>(),
            "thresholds": thresholds.collect::<Vec<_>>(), "recharges": recharges.collect::<Vec<_>>() })
    }

    /// Whether something can be ordered, or why not; and the order that is on its way.
    fn readiness(&self, known: &Recharge) -> (&'static str, Value) {
        let id = known.on_way.as_deref().unwrap_or_default();
        let order = self.paper.told(&format!("order/{id}"));
        let told = json!({ "id": id, "quantity": order["quantity"] });
        let state = match () {
            () if order.is_object() && order["package"].is_null() => return ("paying", told),
            () if self.package_of(id).is_some_and(Package::waits) => return ("pending", told),
            () if !known.enabled => "off",
            () if known.declines >= DECLINES_MAX => "halted",
            () if known.cools_until > self.now => "cooling",
            () if known.placed(self.now)[0] >= known.set.3 => "capped",
            () => "armed",
        };
        (state, Value::Null)
    }

    /// `setRecharge`: none ends it.
    pub(super) fn set_recharge(&mut self, region: &'static str, set: Option<RechargeSet>) -> Value {
        let (now, before) = (self.now, self.recharges.clone());
        if !self.recharges.iter().any(|known| known.region == region) {
            self.recharges.push(Recharge { region, ..Recharge::default() });
        }
        for known in self.recharges.iter_mut().filter(|known| known.region == region) {
            (known.set, known.enabled) = (set.unwrap_or(known.set), set.is_some());
        }
        // One that has ended is kept as long as that would lift a limit.
        self.recharges.retain(|known| {
            let says = known.on_way.is_some() || known.declines > 0 || known.cools_until > now;
            known.enabled || says || known.placed(now)[1] > 0
        });
        if self.recharges != before {
            self.paper.touch("settings");
            self.orders_by_itself();
        }
        self.settings()
    }

    /// Orders what has run low, once: of several regions the next call orders for the others.
    pub(super) fn orders_by_itself(&mut self) {
        for place in 0..self.recharges.len() {
            let (region, (_, threshold, ..)) = (self.recharges[place].region, self.recharges[place].set);
            let ordered = self.paper.lines.iter().any(|line| line["kind"] == "recharge");
            if self.state == "active" && !ordered && self.usable(Some(region)) <= threshold {
                self.order_packs(place, 0);
            }
        }
    }

    /// The fewest whole packs that leave more than the threshold behind what waits, unless what is paid already will do that: what a message
    /// is told that waits.
    pub(super) fn order_packs(&mut self, place: usize, waiting: i64) -> Value {
        let known = &self.recharges[place];
        let (region, (offer, threshold, pack, ..)) = (known.region, known.set);
        let ordered = |order| json!({ "error": "TOP_UP_REQUIRED", "order": order });
        match self.readiness(known) {
            ("armed", _) => {}
            (why, Value::Null) => return json!({ "recharge": why }),
            (_, order) => return ordered(order),
        }
        let later = |package: &&Package| package.waits() && package.pays(Some(region));
        let later: Vec<i64> = self.packages.values().filter(later).map(Package::left).collect();
        let pending: i64 = later.iter().sum();
        // Where messages are not split, one package holds the whole of it.
        let whole = if self.terms.split { 0 } else { waiting };
        let missing = threshold + waiting + 1 - self.usable(Some(region)) - pending;
        if pending > 0 && missing <= 0 && later.into_iter().max() >= Some(whole) {
            return json!({ "recharge": "pending" });
        }
        let quantity = (missing.max(whole).max(1) + pack - 1) / pack * pack;
        let id = format!("recharge-{}", self.paper.entries + 1);
        self.tell_recharge(region, &id, Some(quantity));
        let known = &mut self.recharges[place];
        known.placed.push((self.now / DAY, months_since(EPOCH, self.now)));
        (known.on_way, known.cools_until) = (Some(id.clone()), 0);
        self.place(&id, &Bought { offer, quantity, quoted_at: 0, proof: None, voucher: None });
        ordered(json!({ "id": id, "quantity": quantity }))
    }

    /// A line that says that something was ordered, or no longer is.
    fn tell_recharge(&mut self, region: &'static str, reference: &str, quantity: Option<i64>) {
        self.write("recharge", reference, &[]);
        self.paper.note(json!([region, quantity]));
        self.paper.touch("settings");
    }

    /// An order is paid: whoever could not be charged can be now, unless it costs nothing, and what is on its way may wait for its time.
    pub(super) fn paid(&mut self, id: &str) {
        let free = self.paper.told(&format!("order/{id}"))["total"] == "0.00";
        let waits = self.package_of(id).is_some_and(Package::waits);
        let (before, mut own) = (self.recharges.clone(), false);
        for known in &mut self.recharges {
            let (declines, cools_until) = (known.declines, known.cools_until);
            (known.declines, known.cools_until) = if free { (declines, cools_until) } else { (0, 0) };
            own |= known.on_way.as_deref() == Some(id);
            known.on_way.take_if(|order| order == id && !waits);
        }
        if own || self.recharges != before {
            self.paper.touch("settings");
        }
    }

    /// An order is declined or cancelled: nothing is ordered for a while, and after too many declined payments nothing any more.
    pub(super) fn unpaid(&mut self, id: &str, state: &str) {
        let ended = matches!(state, "declined" | "cancelled");
        let own = |known: &&mut Recharge| ended && known.on_way.as_deref() == Some(id);
        let Some(known) = self.recharges.iter_mut().find(own) else { return };
        (known.on_way, known.cools_until) = (None, self.now + known.set.4);
        known.declines += u32::from(state == "declined");
        let (region, halts) = (known.region, state == "declined" && known.declines == DECLINES_MAX);
        self.paper.touch("settings");
        if halts {
            self.tell_recharge(region, id, None);
        }
    }
}
