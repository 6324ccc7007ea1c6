//! Auto-recharge (rule 33, docs/recharge.md): what is ordered by itself, and when.

use super::{Account, Order, Package, month_of};
use crate::operation::{Bought, Message, Millis, REGIONS};
use serde_json::{Value, json};

const DAY: Millis = 86_400_000;
/// Payments declined in a row after which nothing is ordered.
const DECLINES_MAX: u32 = 3;

/// What is to be ordered: an offer by its place, the threshold, segments of a pack, orders in a day, and for how long nothing is ordered
/// after a payment was declined.
pub(crate) type Set = (usize, u64, u64, u32, Millis);

/// What is ordered by itself for a region.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recharge {
    pub(crate) region: usize,
    pub(crate) set: Set,
    pub(crate) enabled: bool,
    /// The order on its way, its segments, and its package where that is paid and waits for its time.
    on_way: Option<(String, u64, Option<u64>)>,
    placed: Vec<Millis>,
    declines: u32,
    cools_until: Millis,
}

/// What came of a message that lacks segments.
pub(super) enum Asked {
    /// An order is on its way.
    OnWay(Value),
    /// None is, and none was placed; why.
    Withheld(&'static str),
}

impl Recharge {
    fn placed_since(&self, same: impl Fn(Millis) -> bool) -> usize {
        self.placed.iter().filter(|at| same(**at)).count()
    }

    fn today(&self, now: Millis) -> usize {
        self.placed_since(|at| at / DAY == now / DAY)
    }

    fn this_month(&self, now: Millis) -> usize {
        self.placed_since(|at| month_of(at) == month_of(now))
    }

    /// Whether nothing is lost with one that has ended.
    fn says_nothing(&self, now: Millis) -> bool {
        self.on_way.is_none() && self.this_month(now) == 0 && self.declines == 0 && self.cools_until <= now
    }
}

impl Account {
    /// Whether a package that was paid still waits for its time.
    fn waits(&self, package: u64, now: Millis) -> bool {
        self.packages[&package].effective > now && self.packages[&package].open()
    }

    fn readiness(&self, recharge: &Recharge, now: Millis) -> &'static str {
        let (_, _, _, day, _) = recharge.set;
        match &recharge.on_way {
            Some((.., None)) => "paying",
            Some((.., Some(package))) if self.waits(*package, now) => "pending",
            _ if !recharge.enabled => "off",
            _ if recharge.declines >= DECLINES_MAX => "halted",
            _ if recharge.cools_until > now => "cooling",
            _ if recharge.today(now) >= usize::try_from(day).unwrap() => "capped",
            _ => "armed",
        }
    }

    /// `setRecharge`: none ends it.
    pub(super) fn set_recharge(&mut self, region: usize, set: Option<Set>, now: Millis) -> Value {
        let before = self.recharges.iter().map(|known| (known.region, known.set, known.enabled));
        let before: Vec<_> = before.collect();
        let known = self.recharges.iter_mut().find(|known| known.region == region);
        match (known, set) {
            (Some(known), _) => (known.set, known.enabled) = (set.unwrap_or(known.set), set.is_some()),
            (None, Some(set)) => {
                self.recharges.push(Recharge { region, set, enabled: true, ..Recharge::default() });
            }
            (None, None) => {}
        }
        self.recharges.retain(|known| known.enabled || !known.says_nothing(now));
        if !self.recharges.iter().map(|known| (known.region, known.set, known.enabled)).eq(before) {
            self.touch("settings", "");
            self.orders_by_itself(now);
        }
        self.settings(now)
    }

    pub(super) fn recharge_settings(&self, now: Millis) -> Vec<Value> {
        let told = |known: &Recharge| {
            let (offer, threshold, quantity, day, _) = known.set;
            let state = self.readiness(known, now);
            let order = known.on_way.as_ref().filter(|_| matches!(state, "paying" | "pending"));
            json!({ "region": REGIONS[known.region].1, "state": state, "offer": self.terms.offers[offer].id,
                "quantity": quantity, "threshold": threshold, "perDay": day, "placedToday": known.today(now),
                "placedThisMonth": known.this_month(now), "declines": known.declines,
                "order": order.map(|(id, quantity, _)| json!({ "id": id, "quantity": quantity })) })
        };
        self.recharges.iter().map(told).collect()
    }

    /// Orders what has run low, once: of several regions the next call orders for the others.
    pub(super) fn orders_by_itself(&mut self, now: Millis) {
        for place in 0..self.recharges.len() {
            let known = &self.recharges[place];
            let usable = self.usable(Some(known.region), now);
            if self.state != "active" || self.lines.iter().any(|line| line.kind == "recharge") {
                return;
            }
            if self.readiness(known, now) == "armed" && usable <= known.set.1 {
                self.order_packs(place, 0, now);
            }
        }
    }

    /// What a message that lacks segments is told, where something is ordered for its region.
    pub(super) fn ask_for(&mut self, message: &Message, now: Millis) -> Option<Asked> {
        let is_for = |known: &Recharge| known.region == message.region && known.enabled;
        let place = self.recharges.iter().position(is_for)?;
        Some(self.order_packs(place, message.segments, now))
    }

    /// The fewest whole packs that leave more than the threshold behind what waits; unless what is paid already will do that.
    fn order_packs(&mut self, place: usize, waiting: u64, now: Millis) -> Asked {
        let known = &self.recharges[place];
        let (offer, threshold, pack, ..) = known.set;
        match (self.readiness(known, now), &known.on_way) {
            ("paying" | "pending", Some((id, quantity, _))) => {
                return Asked::OnWay(json!({ "id": id, "quantity": quantity }));
            }
            ("armed", _) => {}
            (why, _) => return Asked::Withheld(why),
        }
        let later = |package: &&Package| package.effective > now && package.pays(known.region);
        let later: Vec<u64> = self.packages.values().filter(later).map(Package::left).collect();
        let (pending, largest) = (later.iter().sum::<u64>(), later.into_iter().max().unwrap_or(0));
        let whole = if self.terms.split { 0 } else { waiting };
        let has = self.usable(Some(known.region), now) + pending;
        let missing = (threshold + waiting + 1).saturating_sub(has);
        if pending > 0 && missing == 0 && largest >= whole {
            return Asked::Withheld("pending");
        }
        let quantity = missing.max(whole).max(1).div_ceil(pack) * pack;
        let id = format!("recharge-{}", self.entries + 1);
        self.tell(known.region, &id, Some(quantity), now);
        let known = &mut self.recharges[place];
        known.placed.push(now);
        (known.on_way, known.cools_until) = (Some((id.clone(), quantity, None)), 0);
        let bought = Bought { offer, quantity, quoted_at: 0, proof: None, voucher: None };
        let order = Order { source: "recharge", ..Order::placed(bought, now) };
        self.orders.insert_mut(id.clone(), order);
        self.touch("order", &id);
        Asked::OnWay(json!({ "id": id, "quantity": quantity }))
    }

    /// An entry that says that something was ordered, or no longer is.
    fn tell(&mut self, region: usize, reference: &str, quantity: Option<u64>, now: Millis) {
        self.write("recharge", reference, now, now, &[]);
        self.lines.last_mut().unwrap().note = json!([REGIONS[region].1, quantity]);
        self.touch("settings", "");
    }

    /// An order is paid: whoever could not be charged can be now, and what is on its way may wait for its time.
    pub(super) fn paid(&mut self, id: &str, package: u64, now: Millis) {
        let waits = self.waits(package, now).then_some(package);
        let mut said = false;
        // What costs nothing shows nothing.
        let free = self.price(&self.orders[id].bought) == 0;
        for known in &mut self.recharges {
            said |= !free && (known.declines > 0 || known.cools_until > 0);
            (known.declines, known.cools_until) =
                if free { (known.declines, known.cools_until) } else { (0, 0) };
            if let Some((_, quantity, _)) = known.on_way.take_if(|(order, ..)| order == id) {
                known.on_way = waits.map(|package| (id.to_owned(), quantity, Some(package)));
                said = true;
            }
        }
        if said {
            self.touch("settings", "");
        }
    }

    /// An order is declined or cancelled: nothing is ordered for a while, and after too many declined payments nothing any more.
    pub(super) fn unpaid(&mut self, id: &str, declined: bool, now: Millis) {
        let on_way = |known: &Recharge| known.on_way.as_ref().is_some_and(|(order, ..)| order == id);
        let Some(place) = self.recharges.iter().position(on_way) else { return };
        self.touch("settings", "");
        let known = &mut self.recharges[place];
        (known.on_way, known.cools_until) = (None, now + known.set.4);
        known.declines += u32::from(declined);
        if declined && known.declines == DECLINES_MAX {
            let region = known.region;
            self.tell(region, id, None, now);
        }
    }
}
