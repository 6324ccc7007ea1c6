//! `setPlan`: a plan is chosen, changed or cancelled (domain rule 31). It says what the plan shall be, so that saying it twice is as
//! good as once: no id is needed. An account that may not buy chooses none, and may still cancel.

use super::answer::Answer;
use super::decide::Context;
use super::error::{Error, Result};
use super::open_account::{answer, known_plan};
use super::set_state::check_buys;
use crate::calendar::Instant;
use crate::catalog::Plan;
use crate::ledger::{Ledger, NextPlan, PlanState};
use crate::shape::Fields;
use crate::shape::expected::TIME;
use std::sync::Arc;

/// Says what an account's plan shall be.
#[derive(Clone, Debug)]
pub struct SetPlan {
    /// A plan of the catalog; none = it is cancelled.
    pub plan: Option<Arc<str>>,
    /// What the billing date repeats, of a plan that begins.
    pub billing_anchor: Option<Instant>,
}

impl SetPlan {
    pub(super) fn read(fields: &Fields<'_>) -> Self {
        let plan = fields.optional_text("plan").map(Into::into);
        if !fields.given("plan") {
            fields.add("plan", "is missing: write a plan of the catalog, or null to cancel");
        }
        let billing_anchor = fields.parsed("billingAnchor", false, TIME);
        if billing_anchor.is_some() && plan.is_none() {
            fields.add("billingAnchor", "belongs to a plan: choose one or leave it out");
        }
        Self { plan, billing_anchor }
    }
}

pub(super) fn set_plan(ledger: &mut Ledger, input: &SetPlan, context: Context<'_>) -> Result<Answer> {
    let terms = input.plan.as_ref().map(|id| known_plan(context.catalog, id)).transpose()?;
    if terms.is_some() {
        check_buys(ledger)?;
    }
    match (ledger.account().plan.clone(), terms) {
        (None, None) => {}
        (None, Some(terms)) => begin(ledger, terms, input.billing_anchor, context)?,
        (Some(plan), None) => cancel(ledger, plan)?,
        (Some(plan), Some(terms)) => {
            check_anchor(input.billing_anchor, &plan)?;
            change(ledger, plan, terms, context)?;
        }
    }
    Ok(answer(ledger))
}

/// The current period is issued by the same step as every later one.
fn begin(ledger: &mut Ledger, terms: &Plan, anchor: Option<Instant>, context: Context<'_>) -> Result<()> {
    let now = ledger.account().head.last_at;
    let plan = PlanState::beginning(Arc::clone(&terms.id), anchor.unwrap_or(now), now);
    let how = from(plan.next_at);
    ledger.change_plan(Some(plan), Arc::clone(&terms.id), now, &how)?;
    ledger.advance(now, context.zones, context.effects_max)?;
    Ok(())
}

/// What the running period has stays until its end; a plan that has not begun ends at once.
fn cancel(ledger: &mut Ledger, plan: PlanState) -> Result<()> {
    let now = ledger.account().head.last_at;
    if plan.next == Some(NextPlan::End) {
        return Ok(());
    }
    let begun = plan.anchor <= now;
    let how = if begun { ["until ", &plan.next_at.to_string()].concat() } else { from(now) };
    let id = Arc::clone(&plan.id);
    let plan = PlanState { next: Some(NextPlan::End), ..plan };
    Ok(ledger.change_plan(begun.then_some(plan), id, now, &how)?)
}

/// Up at once, down from the next period, and back to what it is by saying so.
fn change(ledger: &mut Ledger, plan: PlanState, terms: &Plan, context: Context<'_>) -> Result<()> {
    let now = ledger.account().head.last_at;
    let id = Arc::clone(&terms.id);
    let next = if plan.id == id { None } else { Some(NextPlan::Plan(Arc::clone(&id))) };
    if plan.next == next && (next.is_some() || plan.id == id) {
        return Ok(());
    }
    if next.is_some() && terms.credits >= plan.credited {
        return Ok(ledger.upgrade(terms, context.zones)?);
    }
    let how = from(if next.is_some() { plan.next_at } else { now });
    Ok(ledger.change_plan(Some(PlanState { next, ..plan }), id, now, &how)?)
}

fn from(at: Instant) -> String {
    ["from ", &at.to_string()].concat()
}

fn check_anchor(anchor: Option<Instant>, plan: &PlanState) -> Result<()> {
    if anchor.is_none_or(|anchor| anchor == plan.anchor) {
        return Ok(());
    }
    Err(Error::input(
        "billingAnchor",
        format!("belongs to a plan that begins: this one repeats {}", plan.anchor),
    ))
}
