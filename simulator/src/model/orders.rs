//! Orders, payments, refunds and adjustments (rules 8 to 16).

use super::{ADJUSTED, AVAILABLE, Account, HELD, Offer, Order, Reply, months_after, refuse};
use crate::operation::{Millis, Operation, Payment, iso};
use serde_json::{Value, json};

impl Account {
    pub(super) fn purchase(
        &mut self,
        id: &str,
        body: (usize, u64, Millis, Option<String>),
        now: Millis,
    ) -> Reply {
        if let Some(order) = self.orders.get(id) {
            return if order.body == body {
                self.order(id)
            } else {
                refuse("ID_REUSED", json!({ "id": id }))
            };
        }
        match self.state {
            "closed" => return refuse("ACCOUNT_CLOSED", json!({})),
            "suspended" => return refuse("ACCOUNT_SUSPENDED", json!({})),
            _ if self.called_at >= body.2 + 1_800_000 => return refuse("QUOTE_EXPIRED", json!({})),
            _ if body.2 > self.called_at + 300_000 => return refuse("QUOTE_MISMATCH", json!({})),
            _ => {}
        }
        let proof = body.3.clone();
        self.orders.insert_mut(id.to_owned(), Order::placed(body, now));
        self.touch("order", id);
        if let Some(proof) = proof {
            self.fulfil(id, proof, now);
        }
        self.order(id)
    }

    /// Rule 15: whoever was charged has a package.
    pub(super) fn fulfil(&mut self, id: &str, proof: String, now: Millis) {
        let (offer, quantity, ..) = self.orders[id].body;
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
            json!({ "id": id, "state": order.state, "quantity": order.body.1, "placedAt": iso(order.placed_at),
            "offer": self.terms.offers[order.body.0].id, "payment": { "reference": order.reference },
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
            self.touch("order", id);
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
            () if !self.terms.offers[order.body.0].refunds => return not("no_refunds"),
            () if counts[HELD] > 0 => return not("held"),
            () if counts[AVAILABLE] == 0 => return not("nothing_back"),
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
            return if first == operation {
                Ok(answer.clone())
            } else {
                refuse("ID_REUSED", json!({ "id": id }))
            };
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
}
