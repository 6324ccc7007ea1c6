//! Auto-recharge (rule 33), as far as the model holds it: it follows the journal in when something is ordered, and holds each order to
//! what limits it.

use super::{Account, Line, Order, refuse};
use crate::operation::Millis;
use serde_json::{Value, json};

const DAY: Millis = 86_400_000;

/// What is ordered by itself for a region.
#[derive(Clone, Debug)]
pub(crate) struct Recharge {
    /// Offer, threshold, segments of a pack, orders in a day, and for how long nothing is ordered after a declined payment.
    pub(crate) set: (usize, u64, u64, u32, Millis),
    pub(crate) enabled: bool,
    /// The order on its way.
    pub(super) on_way: Option<String>,
    placed: Vec<Millis>,
    pub(super) cools_until: Millis,
}

impl Account {
    /// `setRecharge`: none ends it.
    pub(super) fn set_recharge(
        &mut self,
        region: usize,
        set: Option<(usize, u64, u64, u32, Millis)>,
    ) -> Value {
        let known = self.recharges.get_mut(&region);
        match (known, set) {
            (None, None) => {}
            (Some(known), None) => {
                self.changed = known.enabled;
                known.enabled = false;
            }
            (Some(known), Some(set)) => {
                self.changed = known.set != set || !known.enabled;
                (known.set, known.enabled) = (set, true);
            }
            (None, Some(set)) => {
                let new = Recharge { set, enabled: true, on_way: None, placed: Vec::new(), cools_until: 0 };
                self.recharges.insert(region, new);
                self.changed = true;
            }
        }
        json!({ "account": self.id })
    }

    /// Whether a message to a region may be told to wait: for an order on its way, or a package that is paid and waits for its time.
    pub(super) fn may_wait(&self, region: usize, now: Millis, preview: bool) -> bool {
        let waits = |recharge: &Recharge| {
            let pending = self.packages.values().any(|package| {
                package.source == "recharge" && package.region == Some(region) && package.effective > now
            });
            recharge.on_way.is_some() || pending || (preview && recharge.enabled)
        };
        self.waits && self.recharges.get(&region).is_some_and(waits)
    }

    /// Takes a line that says that something was ordered, or cannot be.
    ///
    /// # Errors
    /// The rule that the order breaks.
    pub(crate) fn ordered(&mut self, line: &Line) -> Result<(), String> {
        let note = line.recharge.as_ref().ok_or("a recharge without its note")?;
        self.last_at = self.last_at.max(line.at);
        self.entries += 1;
        let Some(recharge) = self.recharges.get_mut(&note.0) else {
            return Err("nobody has set it".to_owned());
        };
        let Some(quantity) = note.1 else { return Ok(()) };
        let today = recharge.placed.iter().filter(|at| *at / DAY == line.at / DAY).count();
        match () {
            () if !recharge.enabled => return Err("it was ended".to_owned()),
            () if recharge.on_way.is_some() => return Err("another one is on its way".to_owned()),
            () if line.at < recharge.cools_until => return Err("a payment was declined just now".to_owned()),
            () if today >= usize::try_from(recharge.set.3).unwrap() => {
                return Err("too many in a day".to_owned());
            }
            () if quantity % recharge.set.2 != 0 => return Err("no whole packs".to_owned()),
            () if line.reference != format!("recharge-{}", self.entries) => {
                return Err("another id".to_owned());
            }
            () => {}
        }
        recharge.placed.push(line.at);
        recharge.on_way = Some(line.reference.clone());
        let body = (recharge.set.0, quantity, 0, None);
        let order = Order {
            body,
            source: "recharge",
            state: "placed",
            reference: None,
            placed_at: line.at,
            issued: None,
            refunded: None,
        };
        self.orders.insert(line.reference.clone(), order);
        self.touch("order", &line.reference);
        Ok(())
    }

    /// What a decided payment of an order means for what comes next.
    pub(super) fn paid_or_not(&mut self, id: &str, now: Millis) {
        let order = &self.orders[id];
        let region = self.terms.offers[order.body.0].region;
        let (paid, own) = (order.state == "fulfilled", order.source == "recharge");
        let Some(recharge) = self.recharges.get_mut(&region).filter(|_| own) else { return };
        if paid || matches!(order.state, "declined" | "cancelled") {
            recharge.on_way = recharge.on_way.take().filter(|on_way| on_way != id);
            recharge.cools_until = if paid { 0 } else { now + recharge.set.4 };
        }
    }
}

/// What a message is told that waits.
pub(super) fn wait<T>() -> Result<T, (&'static str, Value)> {
    refuse("TOP_UP_REQUIRED", json!({}))
}
