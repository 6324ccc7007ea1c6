//! Accounts, their states, plans and schedules (rules 29 to 31).

use super::{Account, Plan, Refusal, Reply, month_of, months_after, refuse, reused, start_of};
use crate::operation::Millis;
use serde_json::{Value, json};

impl Account {
    pub(super) fn renew(&mut self, period: u32, at: Millis, now: Millis) {
        let mut plan = self.plan.take().unwrap();
        match plan.next.take() {
            Some(None) => {
                return self.write("plan_change", self.terms.clone().plans[plan.on].0, now, at, &[]);
            }
            Some(Some(next)) => plan.on = next,
            None => {}
        }
        (plan.period, plan.credited) = (period, self.terms.plans[plan.on].1);
        self.plan = Some(plan);
        self.give_plan(self.plan.as_ref().unwrap().credited, at, now);
    }

    pub(super) fn give_plan(&mut self, segments: u64, at: Millis, now: Millis) {
        let plan = self.plan.as_ref().unwrap();
        let (name, until) = (self.terms.plans[plan.on].0, months_after(plan.anchor, plan.period + 1));
        self.issue("plan", name, "plan", None, segments, now, (at, at, Some(until)));
    }

    pub(super) fn give_gift(&mut self, at: Millis, now: Millis) {
        let month = month_of(at);
        self.gift = Some(month);
        let until = start_of(month + 1);
        self.issue("schedule", "gift", "complimentary", None, self.terms.gift, now, (at, at, Some(until)));
    }

    pub(super) fn open(&mut self, plan: Option<usize>, gated: bool, now: Millis) -> Reply {
        match self.opened {
            Some(opened) if opened == (plan, gated) => return Ok(self.opening.clone()),
            Some(_) => return reused(&self.id),
            None => self.opened = Some((plan, gated)),
        }
        (self.gated, self.gated_since) = (gated, now);
        self.write("open", "", now, now, &[]);
        if let Some(plan) = plan {
            let credited = self.terms.plans[plan].1;
            self.plan = Some(Plan { on: plan, anchor: now, period: 0, credited, next: None });
            self.give_plan(credited, now, now);
        }
        self.opening = self.account();
        Ok(self.opening.clone())
    }

    pub(super) fn account(&self) -> Value {
        let name = |plan: usize| self.terms.plans[plan].0;
        let next = self.plan.as_ref().and_then(|plan| plan.next);
        json!({ "id": self.id, "state": self.state, "plan": self.plan.as_ref().map(|plan| name(plan.on)),
            "nextPlan": next.flatten().map(name), "planEnds": (next == Some(None)).then_some(true) })
    }

    /// Whether it may buy anything.
    pub(super) fn buys(&self) -> Result<(), Refusal> {
        match self.state {
            "closed" => refuse("ACCOUNT_CLOSED", json!({})),
            "suspended" => refuse("ACCOUNT_SUSPENDED", json!({})),
            _ => Ok(()),
        }
    }

    pub(super) fn set_plan(&mut self, to: Option<usize>, now: Millis) -> Reply {
        if to.is_some() {
            self.buys()?;
        }
        let plans = self.terms.plans.clone();
        let Some(mut plan) = self.plan.clone() else {
            if let Some(to) = to {
                self.plan = Some(Plan { on: to, anchor: now, period: 0, credited: plans[to].1, next: None });
                self.write("plan_change", plans[to].0, now, now, &[]);
                self.give_plan(plans[to].1, now, now);
            }
            return Ok(self.account());
        };
        let next = match to {
            Some(to) if to == plan.on => None,
            Some(to) if plans[to].1 >= plans[plan.on].1 => {
                let more = plans[to].1.saturating_sub(plan.credited);
                (plan.on, plan.credited, plan.next) = (to, plan.credited + more, None);
                self.plan = Some(plan);
                self.write("plan_change", plans[to].0, now, now, &[]);
                if more > 0 {
                    self.give_plan(more, now, now);
                }
                return Ok(self.account());
            }
            to => Some(to),
        };
        if plan.next != next {
            plan.next = next;
            self.write("plan_change", plans[to.unwrap_or(plan.on)].0, now, now, &[]);
            self.plan = Some(plan);
        }
        Ok(self.account())
    }

    pub(super) fn set_gates(&mut self, gated: bool, now: Millis) -> Value {
        if self.gated != gated {
            self.gated = gated;
            self.gated_since = now;
            self.write("gates", "", now, now, &[]);
        }
        self.account()
    }

    pub(super) fn set_state(&mut self, name: &'static str, now: Millis) -> Reply {
        let to = match name {
            "suspend" => "suspended",
            "resume" => "active",
            _ => "closed",
        };
        if self.state == "closed" && to != "closed" {
            return refuse("ACCOUNT_CLOSED", json!({}));
        }
        if self.state != to {
            self.state = to;
            self.write(name, "", now, now, &[]);
        }
        Ok(self.account())
    }
}
