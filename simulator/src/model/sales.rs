//! What an account has: its plan and its schedule (rules 29 to 31), vouchers, orders, refunds and adjustments (rules 8 to 16), packages.

use super::{Account, EPOCH, Package, months_after, months_since};
use crate::answers::{Reply, merge};
use crate::operation::{Bought, Millis, Operation, Payment, Voucher, dollars, iso};
use crate::seller::Offer;
use rpds::RedBlackTreeMap as Map;
use serde_json::{Value, json};

/// What a payment that nobody has confirmed may be, in this order.
const UNPAID: [&str; 5] = ["placed", "unknown", "timed_out", "declined", "cancelled"];

/// A plan on its way.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    on: &'static str,
    pub(crate) anchor: Millis,
    /// The running period, counted from the anchor, and what it is worth.
    pub(crate) period: u32,
    credited: i64,
    /// What it becomes with the next period: another one, or none.
    pub(super) next: Option<Option<&'static str>>,
}

impl Account {
    pub(super) fn open(&mut self, operation: &Operation, plan: Option<&'static str>, gated: bool) -> Value {
        (self.state, self.gated) = ("active", gated.then_some(self.now));
        self.write("open", "", &[]);
        if let Some(plan) = plan {
            self.begin_plan(plan);
        }
        let told = self.account();
        self.documents.insert_mut(format!("account/{}", self.id), (operation.clone(), told.clone()));
        told
    }

    pub(super) fn account(&self) -> Value {
        let next = self.plan.as_ref().and_then(|plan| plan.next);
        json!({ "id": self.id, "state": self.state, "plan": self.plan.as_ref().map(|plan| plan.on),
            "nextPlan": next.flatten(), "planEnds": (next == Some(None)).then_some(true) })
    }

    fn begin_plan(&mut self, on: &'static str) {
        let credited = self.terms.plans[on];
        self.plan = Some(Plan { on, anchor: self.now, period: 0, credited, next: None });
        self.credit(credited);
    }

    fn credit(&mut self, segments: i64) {
        let Plan { on, anchor, period, .. } = *self.plan.as_ref().unwrap();
        let expires = Some(months_after(anchor, period + 1));
        let package = Package { source: "plan", effective: self.at, expires, ..Package::default() };
        self.issue("plan", on, segments, &package);
    }

    pub(super) fn renew(&mut self) {
        let mut plan = self.plan.take().unwrap();
        if plan.next == Some(None) {
            return self.write("plan_change", plan.on, &[]);
        }
        plan.on = plan.next.take().flatten().unwrap_or(plan.on);
        let credited = self.terms.plans[plan.on];
        (plan.period, plan.credited) = (months_since(plan.anchor, self.at), credited);
        self.plan = Some(plan);
        self.credit(credited);
    }

    pub(super) fn give_gift(&mut self) {
        let month = months_since(EPOCH, self.at);
        let expires = Some(months_after(EPOCH, month + 1));
        let package = Package { source: "complimentary", effective: self.at, expires, ..Package::default() };
        self.gift = Some(month);
        self.issue("schedule", "gift", self.terms.gift, &package);
    }

    /// Whether it may buy anything.
    fn buys(&self) -> Result<(), Value> {
        match self.state {
            "closed" => Err(json!({ "error": "ACCOUNT_CLOSED" })),
            "suspended" => Err(json!({ "error": "ACCOUNT_SUSPENDED" })),
            _ => Ok(()),
        }
    }

    /// Rule 31: more at once, less from the next period.
    pub(super) fn set_plan(&mut self, to: Option<&'static str>) -> Reply {
        if to.is_some() {
            self.buys()?;
        }
        let worth = |plan| self.terms.plans[plan];
        match (self.plan.clone(), to) {
            (None, None) => {}
            (None, Some(to)) => {
                self.write("plan_change", to, &[]);
                self.begin_plan(to);
            }
            (Some(mut plan), Some(to)) if to != plan.on && worth(to) >= worth(plan.on) => {
                let more = (worth(to) - plan.credited).max(0);
                (plan.on, plan.credited, plan.next) = (to, plan.credited + more, None);
                self.plan = Some(plan);
                self.write("plan_change", to, &[]);
                if more > 0 {
                    self.credit(more);
                }
            }
            (Some(mut plan), to) => {
                let next = Some(to).filter(|to| *to != Some(plan.on));
                if plan.next != next {
                    plan.next = next;
                    self.write("plan_change", to.unwrap_or(plan.on), &[]);
                    self.plan = Some(plan);
                }
            }
        }
        Ok(self.account())
    }

    pub(super) fn set_gates(&mut self, gated: bool) -> Value {
        if self.gated.is_some() != gated {
            self.gated = gated.then_some(self.now);
            self.write("gates", "", &[]);
        }
        self.account()
    }

    pub(super) fn set_state(&mut self, name: &'static str) -> Value {
        let [_, to] = [["suspend", "suspended"], ["resume", "active"], ["close", "closed"]]
            .into_iter()
            .find(|known| known[0] == name)
            .unwrap();
        if self.state != to {
            self.state = to;
            self.write(name, "", &[]);
        }
        self.account()
    }

    /// Rule 14: a voucher comes into the account's hands.
    pub(super) fn grant(&mut self, operation: &Operation, (id, cents): &Voucher) -> Value {
        let told =
            json!({ "voucher": { "id": id, "amount": dollars(*cents) }, "eligible": true, "order": null });
        self.record(operation, told.clone());
        told
    }

    /// What was asked is known by its id, and what is told of it.
    fn record(&mut self, operation: &Operation, told: Value) {
        let (kind, id) = operation.key(&self.id).unwrap();
        let key = format!("{kind}/{id}");
        self.documents.insert_mut(key.clone(), (operation.clone(), told));
        self.touch(&key);
    }

    /// Says which order has a voucher; none = it is free.
    fn consume(&mut self, voucher: &str, order: Option<&str>) {
        self.tell(&format!("voucher/{voucher}"), json!({ "eligible": order.is_none(), "order": order }));
    }

    /// Rules 9, 10 and 14: what is to be paid for so many, in cents, and what that is without a voucher.
    fn price(&self, bought: &Bought) -> i64 {
        let off = bought.voucher.as_ref().map_or(0, |(_, cents)| *cents);
        (self.full_price(bought.offer, bought.quantity) - off).max(0)
    }

    fn full_price(&self, offer: usize, quantity: i64) -> i64 {
        (quantity * self.terms.offers[offer].price + 50) / 100
    }

    pub(super) fn purchase(&mut self, id: &str, bought: &Bought) -> Reply {
        self.buys()?;
        if let Some((voucher, cents)) = &bought.voucher {
            // A quote names the next quantity's price as well: that tells whether it is of another voucher.
            let full = self.full_price(bought.offer, bought.quantity + 1);
            match self.documents.get(&format!("voucher/{voucher}")) {
                Some((_, told)) if told["eligible"] == false => {
                    return Err(json!({ "error": "VOUCHER_NOT_ELIGIBLE", "voucher": voucher,
                        "reason": "consumed" }));
                }
                Some((Operation::Grant((_, granted)), _)) if full.min(*granted) == full.min(*cents) => {}
                Some(_) => return Err(json!({ "error": "QUOTE_MISMATCH" })),
                None => return Err(json!({ "error": "UNKNOWN_VOUCHER" })),
            }
        }
        match self.clock - bought.quoted_at {
            1_800_000.. => return Err(json!({ "error": "QUOTE_EXPIRED" })),
            ..-300_000 => return Err(json!({ "error": "QUOTE_MISMATCH" })),
            _ => {}
        }
        self.place(id, bought);
        if let Some((voucher, _)) = &bought.voucher {
            self.consume(voucher, Some(id));
        }
        let free = (self.price(bought) == 0).then_some("nothing-to-pay");
        if let Some(proof) = bought.proof.as_deref().or(free) {
            self.fulfil(id, proof);
        }
        self.order(id)
    }

    /// An order that nobody has paid.
    pub(super) fn place(&mut self, id: &str, bought: &Bought) {
        let offer = self.terms.offers[bought.offer].id;
        let told = json!({ "id": id, "state": "placed", "offer": offer, "quantity": bought.quantity,
            "total": dollars(self.price(bought)), "voucher": bought.voucher.as_ref().map(|(voucher, _)| voucher),
            "placedAt": iso(self.now), "payment": { "reference": null }, "package": null, "purchasedAt": null,
            "available": null, "refunded": null });
        self.record(&Operation::Purchase { id: id.to_owned(), bought: bought.clone() }, told);
    }

    /// What was bought, and the order.
    fn bought(&self, id: &str) -> Result<(Bought, Value), Value> {
        match self.documents.get(&format!("order/{id}")) {
            Some((Operation::Purchase { bought, .. }, told)) => Ok((bought.clone(), told.clone())),
            _ => Err(json!({ "error": "UNKNOWN_ORDER", "id": id })),
        }
    }

    pub(super) fn order(&self, id: &str) -> Reply {
        self.bought(id).map(|(_, told)| told)
    }

    /// The package that was issued for an order.
    pub(super) fn package_of(&self, order: &Value) -> Option<&Package> {
        let number = order["package"].as_str()?.trim_start_matches('p').parse().ok()?;
        self.packages.get(&number)
    }

    /// Rule 15: whoever was charged has a package.
    fn fulfil(&mut self, id: &str, proof: &str) {
        let (bought, _) = self.bought(id).unwrap();
        let voucher = bought.voucher.map(|(voucher, _)| voucher);
        if let Some(voucher) =
            voucher.filter(|id| self.documents[&format!("voucher/{id}")].1["eligible"] == true)
        {
            self.consume(&voucher, Some(id));
        }
        let Offer { region, activation, months, .. } = self.terms.offers[bought.offer];
        // Rule 5: validity runs from payment.
        let package = Package {
            source: if id.starts_with("recharge-") { "recharge" } else { "purchase" },
            region: Some(region),
            effective: self.now + activation,
            expires: (months > 0).then(|| months_after(self.now, months)),
            ..Package::default()
        };
        let package = self.issue("purchase", id, bought.quantity, &package);
        let change = json!({ "state": "fulfilled", "payment": { "reference": proof },
            "package": format!("p{package}"), "purchasedAt": iso(self.now), "available": self.totals["available"] });
        self.tell(&format!("order/{id}"), change);
        self.paid(id);
    }

    pub(super) fn confirm(&mut self, id: &str, payment: &Payment) -> Reply {
        let (bought, order) = self.bought(id)?;
        let key = format!("order/{id}");
        let had = matches!(order["state"].as_str(), Some("fulfilled" | "refunded"));
        let contradicted =
            |reason: &str| Err(json!({ "error": "ORDER_DECIDED", "id": id, "reason": reason }));
        let rank = |state: &str| UNPAID.iter().position(|known| *known == state);
        match payment {
            Payment::Paid(proof) if !had => self.fulfil(id, proof),
            Payment::Paid(proof) if order["payment"]["reference"] != **proof => {
                return contradicted("paid_twice");
            }
            Payment::Other(to) if had && *to != "unknown" => return contradicted("contradicted"),
            Payment::Other(to) if !had && rank(to) > rank(order["state"].as_str().unwrap()) => {
                self.tell(&key, json!({ "state": to }));
                let voucher = bought.voucher.map(|(voucher, _)| voucher).filter(|_| *to == "cancelled");
                if let Some(voucher) =
                    voucher.filter(|voucher| self.documents[&format!("voucher/{voucher}")].1["order"] == id)
                {
                    self.consume(&voucher, None);
                }
                if matches!(*to, "declined" | "cancelled") {
                    self.unpaid(id, *to == "declined");
                }
            }
            _ => {}
        }
        self.order(id)
    }

    /// Rule 13.
    pub(super) fn refund(&mut self, id: &str, dry: bool) -> Reply {
        let (bought, order) = self.bought(id)?;
        let not = |reason: &str| Err(json!({ "error": "NOT_REFUNDABLE", "id": id, "reason": reason }));
        let Some(package) = self.package_of(&order) else { return not("not_fulfilled") };
        let (number, left) = (package.number, package.left());
        match () {
            () if order["state"] == "refunded" => return Ok(order),
            () if !self.terms.offers[bought.offer].refunds => return not("no_refunds"),
            () if package.counts["held"] > 0 => return not("held"),
            // The part of the price that is not used, rounded half up.
            () if 2 * self.price(&bought) * left < bought.quantity => return not("nothing_back"),
            () => {}
        }
        let before = self.clone();
        self.write("refund", id, &[(number, "available", "adjusted", left)]);
        let refunded =
            json!({ "segments": left, "at": iso(self.now), "available": self.totals["available"] });
        self.tell(&format!("order/{id}"), json!({ "state": "refunded", "refunded": refunded }));
        let order = self.order(id);
        if dry {
            *self = before;
        }
        order
    }

    pub(super) fn adjust(&mut self, id: &str, operation: &Operation) -> Reply {
        let invalid = || Err(json!({ "error": "INVALID_INPUT" }));
        let (package, segments) = match *operation {
            Operation::Give { segments, region, expires_at: expires, .. } => {
                if expires.is_some_and(|at| at <= self.now) {
                    return invalid();
                }
                let effective = self.now;
                let package =
                    Package { source: "adjustment", region, effective, expires, ..Package::default() };
                (self.issue("adjust", id, segments, &package), segments)
            }
            Operation::Take { segments, package, .. } => {
                if self.opened(package)?.left() < segments {
                    return invalid();
                }
                self.write("adjust", id, &[(package, "available", "adjusted", segments)]);
                (package, -segments)
            }
            _ => return invalid(),
        };
        let told = json!({ "id": id, "package": format!("p{package}"), "segments": segments,
            "at": iso(self.now), "available": self.totals["available"] });
        self.record(operation, told.clone());
        Ok(told)
    }

    /// A package that is not used up.
    fn opened(&self, number: u64) -> Result<&Package, Value> {
        let package = self.packages.get(&number).filter(|package| package.open());
        package.ok_or_else(|| json!({ "error": "UNKNOWN_PACKAGE" }))
    }

    pub(super) fn activate(&mut self, number: u64) -> Reply {
        if self.opened(number)?.phase == "pending" {
            let package = self.packages.get_mut(&number).unwrap();
            (package.effective, package.phase) = (self.now, "begun");
            self.write("activate", "", &[]);
        }
        Ok(json!({ "id": format!("p{number}"), "effectiveAt": iso(self.packages[&number].effective) }))
    }

    /// Rules 1 and 2: the packages that are open, and those that were before time did what nobody has written down.
    pub(super) fn listed(&self, before: &Map<u64, Package>) -> Value {
        let was_open =
            |package: &&Package| package.open() || before.get(&package.number).is_some_and(Package::open);
        let mut listed: Vec<&Package> = self.packages.values().filter(was_open).collect();
        listed.sort_by_cached_key(|package| self.rank(package));
        let told = |package: &Package| {
            let mut told = json!({ "id": format!("p{}", package.number), "status": package.status(),
                "effectiveAt": iso(package.effective), "expiresAt": package.expires.map(iso) });
            merge(&mut told, json!(package.counts));
            told
        };
        listed.into_iter().map(told).collect()
    }
}
