//! What an account has: its plan and its schedule (rules 29 to 31), orders, refunds and adjustments (rules 8 to 16), packages.

use super::{Account, EPOCH, Package, months_after, months_since};
use crate::answers::{Reply, must, with};
use crate::operation::{Bought, Millis, Operation, Payment, dollars, iso};
use crate::seller::Offer;
use rpds::RedBlackTreeMap as Map;
use serde_json::{Value, json};

/// What a payment that nobody has confirmed may be: none of these is taken back.
const UNPAID: [&str; 5] = ["placed", "unknown", "timed_out", "declined", "cancelled"];

/// A plan on its way.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Plan {
    on: &'static str,
    pub(crate) anchor: Millis,
    /// The running period, counted from the anchor, and what was credited for it.
    pub(crate) period: u32,
    credited: i64,
    /// What it becomes with the next period: another one, or none.
    pub(super) next: Option<Option<&'static str>>,
}

impl Account {
    pub(super) fn account(&self) -> Value {
        let next = self.plan.and_then(|plan| plan.next);
        json!({ "id": self.id, "state": self.state, "plan": self.plan.map(|plan| plan.on),
            "nextPlan": next.flatten(), "planEnds": (next == Some(None)).then_some(true) })
    }

    /// Goes on with a plan at once, which credits what of its period is not credited yet.
    pub(super) fn rise(&mut self, on: &'static str) {
        let plan = self.plan.unwrap_or(Plan { anchor: self.now, ..Plan::default() });
        let credited = self.terms.plans[on].max(plan.credited);
        self.plan = Some(Plan { on, credited, next: None, ..plan });
        if credited > plan.credited {
            let expires = Some(months_after(plan.anchor, plan.period + 1));
            let package = Package { source: "plan", expires, ..Package::default() };
            self.issue("plan", on, credited - plan.credited, package);
        }
    }

    pub(super) fn renew(&mut self) {
        let plan = self.plan.take().unwrap();
        if plan.next == Some(None) {
            return self.write("plan_change", plan.on, &[]);
        }
        self.plan = Some(Plan { period: months_since(plan.anchor, self.at), credited: 0, ..plan });
        self.rise(plan.next.flatten().unwrap_or(plan.on));
    }

    pub(super) fn give_gift(&mut self) {
        self.gift = months_since(EPOCH, self.at);
        let expires = Some(months_after(EPOCH, self.gift + 1));
        let package = Package { source: "complimentary", expires, ..Package::default() };
        self.issue("schedule", "gift", self.terms.gift, package);
    }

    /// Whether it may buy anything.
    fn buys(&self) -> Result<(), Value> {
        must(self.state != "closed", json!({ "error": "ACCOUNT_CLOSED" }))?;
        must(self.state != "suspended", json!({ "error": "ACCOUNT_SUSPENDED" }))
    }

    /// Rule 31: more at once, less from the next period.
    pub(super) fn set_plan(&mut self, to: Option<&'static str>) -> Reply {
        to.map_or(Ok(()), |_| self.buys())?;
        let (worth, on) = (|plan| self.terms.plans[plan], self.plan.map(|plan| plan.on));
        let next = Some(to).filter(|to| *to != on);
        match (self.plan, to) {
            (_, Some(to)) if on.is_none_or(|on| to != on && worth(to) >= worth(on)) => {
                self.write("plan_change", to, &[]);
                self.rise(to);
            }
            (Some(plan), to) if plan.next != next => {
                self.write("plan_change", to.unwrap_or(plan.on), &[]);
                self.plan = Some(Plan { next, ..plan });
            }
            _ => {}
        }
        Ok(self.account())
    }

    /// Rules 9, 10 and 14: what so many cost in cents, less what a voucher takes off.
    fn price(&self, offer: usize, quantity: i64, off: i64) -> i64 {
        ((quantity * self.terms.offers[offer].price + 50) / 100 - off).max(0)
    }

    /// Rule 14: the voucher of an order goes from one that has it to another; none is its owner.
    fn pass(&mut self, bought: &Bought, from: Option<&str>, to: Option<&str>) {
        let key = bought.voucher.as_ref().map(|(voucher, _)| format!("voucher/{voucher}"));
        if let Some(key) = key.filter(|key| self.paper.told(key)["order"] == json!(from)) {
            self.paper.tell(&key, json!({ "eligible": to.is_none(), "order": to }));
        }
    }

    pub(super) fn purchase(&mut self, id: &str, bought: &Bought) -> Reply {
        self.buys()?;
        let mismatch = json!({ "error": "QUOTE_MISMATCH" });
        if let Some((voucher, cents)) = &bought.voucher {
            let known = self.paper.documents.get(&format!("voucher/{voucher}"));
            let (body, told) = known.ok_or_else(|| json!({ "error": "UNKNOWN_VOUCHER" }))?;
            let used = json!({ "error": "VOUCHER_NOT_ELIGIBLE", "voucher": voucher, "reason": "consumed" });
            must(told["eligible"] == true, used)?;
            // A quote names the next quantity's price as well: that tells whether it is of another voucher.
            let price = |off: i64| self.price(bought.offer, bought.quantity + 1, off);
            let is_same = matches!(body, Operation::Grant((_, off)) if price(*off) == price(*cents));
            must(is_same, mismatch.clone())?;
        }
        must(self.clock < bought.quoted_at + 1_800_000, json!({ "error": "QUOTE_EXPIRED" }))?;
        must(self.clock >= bought.quoted_at - 300_000, mismatch)?;
        let order = self.place(id, bought);
        let free = (order["total"] == "0.00").then(|| "nothing-to-pay".to_owned());
        match bought.proof.clone().or(free) {
            Some(proof) => self.confirm(id, &Payment::Paid(proof)),
            None => Ok(order),
        }
    }

    /// An order that nobody has paid.
    pub(super) fn place(&mut self, id: &str, bought: &Bought) -> Value {
        let price = self.price(bought.offer, bought.quantity, bought.off());
        let voucher = bought.voucher.as_ref().map(|(voucher, _)| voucher);
        let told = json!({ "id": id, "state": "placed", "offer": self.terms.offers[bought.offer].id,
            "quantity": bought.quantity, "total": dollars(price), "voucher": voucher, "placedAt": iso(self.now),
            "payment": { "reference": null }, "package": null, "purchasedAt": null, "available": null, "refunded": null });
        self.pass(bought, None, Some(id));
        self.record(&Operation::Purchase { id: id.to_owned(), bought: bought.clone() }, told)
    }

    /// What was bought, and the order.
    pub(super) fn bought(&self, id: &str) -> Result<(Bought, Value), Value> {
        match self.paper.documents.get(&format!("order/{id}")) {
            Some((Operation::Purchase { bought, .. }, told)) => Ok((bought.clone(), told.clone())),
            _ => Err(json!({ "error": "UNKNOWN_ORDER", "id": id })),
        }
    }

    /// The package that was issued for an order.
    pub(super) fn package_of(&self, order: &str) -> Option<&Package> {
        self.packages.values().find(|package| package.reference == order)
    }

    /// Rule 15: whoever was charged has a package, whatever was said before.
    pub(super) fn confirm(&mut self, id: &str, payment: &Payment) -> Reply {
        let (bought, order) = self.bought(id)?;
        let (key, reference) = (format!("order/{id}"), &order["payment"]["reference"]);
        let had = !order["package"].is_null();
        let error = |reason: &str| json!({ "error": "ORDER_DECIDED", "id": id, "reason": reason });
        let rank = |state: &Value| UNPAID.iter().position(|known| state == known);
        match payment {
            Payment::Paid(proof) if had => must(*reference == **proof, error("paid_twice"))?,
            Payment::Paid(proof) => {
                self.pass(&bought, None, Some(id));
                let Offer { region, activation, months, .. } = self.terms.offers[bought.offer];
                let source = if id.starts_with("recharge-") { "recharge" } else { "purchase" };
                // Rule 5: validity runs from payment.
                let expires = (months > 0).then(|| months_after(self.now, months));
                let (region, effective) = (Some(region), self.now + activation);
                let package = Package { source, region, effective, expires, ..Package::default() };
                let package = format!("p{}", self.issue("purchase", id, bought.quantity, package));
                let change = json!({ "state": "fulfilled", "payment": { "reference": proof }, "package": package,
                    "purchasedAt": iso(self.now), "available": self.totals["available"] });
                self.paper.tell(&key, change);
                self.paid(id);
            }
            Payment::Other(to) if had => must(*to == "unknown", error("contradicted"))?,
            Payment::Other(to) if rank(&json!(to)) > rank(&order["state"]) => {
                self.paper.tell(&key, json!({ "state": to }));
                if *to == "cancelled" {
                    self.pass(&bought, Some(id), None);
                }
                self.unpaid(id, to);
            }
            Payment::Other(_) => {}
        }
        Ok(self.bought(id)?.1)
    }

    /// Rule 13.
    pub(super) fn refund(&mut self, id: &str, dry: bool) -> Reply {
        let (bought, order) = self.bought(id)?;
        let error = |reason: &str| json!({ "error": "NOT_REFUNDABLE", "id": id, "reason": reason });
        let package = self.package_of(id).ok_or_else(|| error("not_fulfilled"))?;
        if order["state"] == "refunded" {
            return Ok(order);
        }
        let (number, left) = (package.number, package.left());
        must(self.terms.offers[bought.offer].refunds, error("no_refunds"))?;
        must(package.counts["held"] == 0, error("held"))?;
        // The part of the price that is not used, rounded half up.
        let price = self.price(bought.offer, bought.quantity, bought.off());
        must(2 * price * left >= bought.quantity, error("nothing_back"))?;
        let before = self.clone();
        self.write("refund", id, &[(number, "available", "adjusted", left)]);
        let (at, available) = (iso(self.now), self.totals["available"]);
        let refunded = json!({ "segments": left, "at": at, "available": available });
        self.paper.tell(&format!("order/{id}"), json!({ "state": "refunded", "refunded": refunded }));
        let told = self.bought(id)?.1;
        if dry {
            *self = before;
        }
        Ok(told)
    }

    pub(super) fn adjust(&mut self, id: &str, operation: &Operation) -> Reply {
        let invalid = json!({ "error": "INVALID_INPUT" });
        let (package, segments) = match *operation {
            Operation::Give { segments, region, expires_at: expires, .. } => {
                must(expires.is_none_or(|at| at > self.now), invalid)?;
                let package = Package { source: "adjustment", region, expires, ..Package::default() };
                (self.issue("adjust", id, segments, package), segments)
            }
            Operation::Take { segments, package, .. } => {
                must(self.opened(package)?.left() >= segments, invalid)?;
                self.write("adjust", id, &[(package, "available", "adjusted", segments)]);
                (package, -segments)
            }
            _ => return Err(invalid),
        };
        let told = json!({ "id": id, "package": format!("p{package}"), "segments": segments,
            "at": iso(self.now), "available": self.totals["available"] });
        Ok(self.record(operation, told))
    }

    /// A package that is not used up.
    fn opened(&self, number: u64) -> Result<&Package, Value> {
        let package = self.packages.get(&number).filter(|package| package.open());
        package.ok_or_else(|| json!({ "error": "UNKNOWN_PACKAGE" }))
    }

    pub(super) fn activate(&mut self, number: u64) -> Reply {
        let id = format!("p{number}");
        if self.opened(number)?.waits() {
            let package = self.packages.get_mut(&number).unwrap();
            (package.effective, package.phase) = (self.now, "begun");
            self.write("activate", &id, &[]);
        }
        Ok(json!({ "id": id, "effectiveAt": iso(self.packages[&number].effective) }))
    }

    /// Rules 1 and 2: the packages that are open, and those that were before time did what nobody has written down.
    pub(super) fn listed(&self, before: &Map<u64, Package>) -> Value {
        let was_open = |package: &Package| before.get(&package.number).is_some_and(Package::open);
        let listed = self.packages.values().filter(|package| package.open() || was_open(package));
        let mut listed: Vec<&Package> = listed.collect();
        listed.sort_by_cached_key(|package| self.rank(package));
        let told = |package: &Package| {
            let status = match () {
                () if package.phase == "pending" => "pending",
                () if package.expired() => "expired",
                () if package.left() == 0 => "exhausted",
                () => "effective",
            };
            let told = json!({ "id": format!("p{}", package.number), "status": status,
                "effectiveAt": iso(package.effective), "expiresAt": package.expires.map(iso) });
            with(told, json!(package.counts))
        };
        listed.into_iter().map(told).collect()
    }
}
