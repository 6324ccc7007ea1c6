//! Orders, payments, refunds and adjustments (rules 8 to 16).

use super::{
    ADJUSTED, AVAILABLE, Account, HELD, Offer, Order, Package, Reply, counted, months_after, refuse, reused,
};
use crate::operation::{Bought, Millis, Operation, Payment, Voucher, dollars, iso};
use serde_json::{Value, json};
use std::collections::BTreeSet;

impl Account {
    /// Rule 14: a voucher comes into the account's hands.
    pub(super) fn grant(&mut self, (id, cents): &Voucher) -> Reply {
        let known = self.vouchers.get(id).cloned();
        if known.as_ref().is_some_and(|(known, _)| known != cents) {
            return reused(id);
        }
        let (_, order) = known.unwrap_or_else(|| {
            self.vouchers.insert_mut(id.clone(), (*cents, None));
            self.touch("voucher", id);
            (*cents, None)
        });
        Ok(
            json!({ "voucher": { "id": id, "amount": dollars(*cents) }, "eligible": order.is_none(), "order": order }),
        )
    }

    /// Says which order has a voucher; none = it is free.
    fn consume(&mut self, id: &str, order: Option<&str>) {
        self.vouchers.get_mut(id).unwrap().1 = order.map(str::to_owned);
        self.touch("voucher", id);
    }

    /// Rules 9, 10 and 14: what is to be paid, in cents.
    pub(super) fn price(&self, bought: &Bought) -> u64 {
        self.full_price(bought).saturating_sub(bought.voucher.as_ref().map_or(0, |(_, cents)| *cents))
    }

    fn full_price(&self, bought: &Bought) -> u64 {
        (bought.quantity * self.terms.offers[bought.offer].price + 50) / 100
    }

    pub(super) fn purchase(&mut self, id: &str, bought: &Bought, now: Millis) -> Reply {
        if let Some(order) = self.orders.get(id) {
            return if order.bought == *bought { self.order(id) } else { reused(id) };
        }
        let voucher = bought.voucher.as_ref().map(|(id, cents)| (id, cents, self.vouchers.get(id)));
        // A quote names the next quantity's price as well: that tells whether it is of another voucher.
        let full = self.full_price(&Bought { quantity: bought.quantity + 1, ..bought.clone() });
        self.buys()?;
        match voucher {
            Some((.., None)) => return refuse("UNKNOWN_VOUCHER", json!({})),
            Some((id, _, Some((_, Some(_))))) => {
                return refuse("VOUCHER_NOT_ELIGIBLE", json!({ "voucher": id, "reason": "consumed" }));
            }
            Some((_, cents, Some((granted, None)))) if full.min(*granted) != full.min(*cents) => {
                return refuse("QUOTE_MISMATCH", json!({}));
            }
            _ if self.called_at >= bought.quoted_at + 1_800_000 => return refuse("QUOTE_EXPIRED", json!({})),
            _ if bought.quoted_at > self.called_at + 300_000 => return refuse("QUOTE_MISMATCH", json!({})),
            _ => {}
        }
        self.orders.insert_mut(id.to_owned(), Order::placed(bought.clone(), now));
        self.touch("order", id);
        if let Some((voucher, _)) = &bought.voucher {
            self.consume(voucher, Some(id));
        }
        let free = (self.price(bought) == 0).then(|| "nothing-to-pay".to_owned());
        if let Some(proof) = bought.proof.clone().or(free) {
            self.fulfil(id, proof, now);
        }
        self.order(id)
    }

    /// Rule 15: whoever was charged has a package.
    pub(super) fn fulfil(&mut self, id: &str, proof: String, now: Millis) {
        let Bought { offer, quantity, voucher, .. } = self.orders[id].bought.clone();
        if let Some((voucher, _)) = voucher.filter(|(voucher, _)| self.vouchers[voucher].1.is_none()) {
            self.consume(&voucher, Some(id));
        }
        let Offer { region, activation, months, .. } = self.terms.offers[offer];
        let expires = (months > 0).then(|| months_after(now, months));
        let span = (now, now + activation, expires);
        let package = self.issue("purchase", id, self.orders[id].source, Some(region), quantity, now, span);
        let available = self.available();
        let order = self.orders.get_mut(id).unwrap();
        (order.state, order.reference) = ("fulfilled", Some(proof));
        order.issued = Some((package, now, available));
        self.touch("order", id);
        self.paid(id, package, now);
    }

    pub(super) fn order(&self, id: &str) -> Reply {
        let Some(order) = self.orders.get(id) else { return refuse("UNKNOWN_ORDER", json!({ "id": id })) };
        let issued = |what: fn(&(u64, Millis, u64)) -> Value| order.issued.as_ref().map(what);
        let refunded = order.refunded.map(|(segments, at, available)| {
            json!({ "segments": segments, "at": iso(at), "available": available })
        });
        Ok(
            json!({ "id": id, "state": order.state, "quantity": order.bought.quantity, "total": dollars(self.price(&order.bought)),
            "voucher": order.bought.voucher.as_ref().map(|(voucher, _)| voucher), "placedAt": iso(order.placed_at),
            "offer": self.terms.offers[order.bought.offer].id, "payment": { "reference": order.reference },
            "package": issued(|issued| json!(format!("p{}", issued.0))),
            "purchasedAt": issued(|issued| json!(iso(issued.1))), "available": issued(|issued| json!(issued.2)),
            "refunded": refunded }),
        )
    }

    pub(super) fn confirm(&mut self, id: &str, payment: &Payment, now: Millis) -> Reply {
        let Some(order) = self.orders.get_mut(id) else {
            return refuse("UNKNOWN_ORDER", json!({ "id": id }));
        };
        let had = matches!(order.state, "fulfilled" | "refunded");
        let contradicted = |reason: &str| refuse("ORDER_DECIDED", json!({ "id": id, "reason": reason }));
        let to = match payment {
            Payment::Paid(proof) if had && order.reference.as_ref() != Some(proof) => {
                return contradicted("paid_twice");
            }
            Payment::Paid(proof) if !had => {
                self.fulfil(id, proof.clone(), now);
                return self.order(id);
            }
            Payment::Other("unknown") if order.state == "placed" => "unknown",
            Payment::Paid(_) | Payment::Other("unknown") => return self.order(id),
            Payment::Other(_) if had => return contradicted("contradicted"),
            Payment::Other("cancelled") => "cancelled",
            Payment::Other("declined") if order.state != "cancelled" => "declined",
            Payment::Other("timed_out") if matches!(order.state, "placed" | "unknown") => "timed_out",
            Payment::Other(_) => return self.order(id),
        };
        if order.state != to {
            order.state = to;
            let voucher = order.bought.voucher.clone().filter(|_| to == "cancelled");
            self.touch("order", id);
            if let Some((voucher, _)) =
                voucher.filter(|(voucher, _)| self.vouchers[voucher].1.as_deref() == Some(id))
            {
                self.consume(&voucher, None);
            }
            if matches!(to, "declined" | "cancelled") {
                self.unpaid(id, to == "declined", now);
            }
        }
        self.order(id)
    }

    pub(super) fn refund(&mut self, id: &str, dry: bool, now: Millis) -> Reply {
        let Some(order) = self.orders.get(id) else { return refuse("UNKNOWN_ORDER", json!({ "id": id })) };
        let not = |reason: &str| refuse("NOT_REFUNDABLE", json!({ "id": id, "reason": reason }));
        let Some((package, ..)) = order.issued else { return not("not_fulfilled") };
        if order.refunded.is_some() {
            return self.order(id);
        }
        let counts = self.packages[&package].counts;
        match () {
            () if !self.terms.offers[order.bought.offer].refunds => return not("no_refunds"),
            () if counts[HELD] > 0 => return not("held"),
            // The part of the price that is not used, rounded half up.
            () if 2 * self.price(&order.bought) * counts[AVAILABLE] < order.bought.quantity => {
                return not("nothing_back");
            }
            () => {}
        }
        let mut copy = self.clone();
        let would = if dry { &mut copy } else { &mut *self };
        would.write("refund", id, now, now, &[(package, AVAILABLE, ADJUSTED, counts[AVAILABLE])]);
        let available = would.available();
        let order = would.orders.get_mut(id).unwrap();
        (order.state, order.refunded) = ("refunded", Some((counts[AVAILABLE], now, available)));
        would.touch("order", id);
        would.order(id)
    }

    pub(super) fn adjust(&mut self, id: &str, operation: &Operation, now: Millis) -> Reply {
        if let Some((first, answer)) = self.adjustments.get(id) {
            return if first == operation { Ok(answer.clone()) } else { reused(id) };
        }
        let (package, segments) = match *operation {
            Operation::Give { expires_at: Some(at), .. } if at <= now => {
                return refuse("INVALID_INPUT", json!({}));
            }
            Operation::Give { segments, region, expires_at, .. } => {
                let span = (now, now, expires_at);
                let package = self.issue("adjust", id, "adjustment", region, segments, now, span);
                (package, i64::try_from(segments).unwrap())
            }
            Operation::Take { segments, package, .. } => {
                match self.packages.get(&package).filter(|package| package.open()) {
                    None => return refuse("UNKNOWN_PACKAGE", json!({})),
                    Some(known) if known.counts[AVAILABLE] < segments => {
                        return refuse("INVALID_INPUT", json!({}));
                    }
                    Some(_) => {
                        self.write("adjust", id, now, now, &[(package, AVAILABLE, ADJUSTED, segments)]);
                    }
                }
                (package, -i64::try_from(segments).unwrap())
            }
            _ => return refuse("INVALID_INPUT", json!({})),
        };
        let answer = json!({ "id": id, "package": format!("p{package}"), "segments": segments, "at": iso(now),
            "available": self.available() });
        self.adjustments.insert_mut(id.to_owned(), (operation.clone(), answer.clone()));
        self.touch("adjustment", id);
        Ok(answer)
    }

    pub(super) fn activate(&mut self, number: u64, now: Millis) -> Reply {
        let Some(package) = self.packages.get_mut(&number).filter(|package| package.open()) else {
            return refuse("UNKNOWN_PACKAGE", json!({}));
        };
        if package.effective > now {
            (package.effective, package.begun) = (now, true);
            self.write("activate", "", now, now, &[]);
        }
        Ok(json!({ "id": format!("p{number}"), "effectiveAt": iso(self.packages[&number].effective) }))
    }

    pub(super) fn open_packages(&self) -> Vec<u64> {
        self.packages.values().filter(|package| package.open()).map(|package| package.number).collect()
    }

    /// Rules 1 and 2: the packages that are open, and those that were before time did what nobody has written down.
    pub(super) fn listed(&self, open: Vec<u64>, now: Millis) -> Value {
        let listed: BTreeSet<u64> = open.into_iter().chain(self.open_packages()).collect();
        let mut listed: Vec<&Package> = listed.iter().map(|number| &self.packages[number]).collect();
        listed.sort_by_cached_key(|package| (self.rank(package), package.number));
        let told = |package: &&Package| {
            let own = json!({ "id": format!("p{}", package.number), "status": package.status(now),
                "effectiveAt": iso(package.effective), "expiresAt": package.expires.map(iso) });
            counted(package.counts, &own)
        };
        listed.iter().map(told).collect()
    }
}
