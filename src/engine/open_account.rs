//! `openAccount`: the first entry of an account and, with a plan, the current period's credits.

use super::answer::{Account, Answer};
use super::ask::OpenAccount;
use super::decide::Context;
use super::error::{Code, Error, Result};
use crate::calendar::Zones;
use crate::catalog::Catalog;
use crate::ledger::{Ledger, PlanState, Profile};
use crate::pricing::CatalogId;
use serde_json::json;
use std::sync::Arc;

pub(super) fn open(input: &OpenAccount, context: Context<'_>) -> Result<(Ledger, Answer)> {
    let Context { catalog, zones, now, effects_max } = context;
    check_plan(catalog, input)?;
    let zone = input.zone.as_ref().unwrap_or(&catalog.zone);
    check_zone(zone, zones, context)?;
    let profile = Profile {
        id: Arc::clone(&input.id),
        fingerprint: input.fingerprint(),
        catalog: CatalogId { id: Arc::clone(&catalog.id), revision: catalog.revision },
        zone: Arc::clone(zone),
        opened_at: now,
    };
    let anchor = input.billing_anchor.unwrap_or(now);
    // Due at once: the period that now lies in is issued by the same step as every later one.
    let plan = input.plan.as_ref().map(|id| PlanState {
        id: Arc::clone(id),
        anchor,
        next_at: anchor.min(now),
        issued: None,
    });
    let mut ledger = Ledger::create(Arc::clone(catalog), profile, plan, input.gates.clone())?;
    ledger.advance(now, zones, effects_max)?;
    let answer = answer(&ledger);
    Ok((ledger, answer))
}

/// The same again is answered the same again.
pub(super) fn repeat(ledger: &Ledger, input: &OpenAccount) -> Result<Answer> {
    if ledger.account().profile.fingerprint != input.fingerprint() {
        return Err(Error::id_reused(&input.id));
    }
    Ok(answer(ledger))
}

fn check_plan(catalog: &Catalog, input: &OpenAccount) -> Result<()> {
    match input.plan.as_deref() {
        Some(plan) if catalog.plan(plan).is_none() => {
            let plans: Vec<&str> = catalog.plans.iter().map(|plan| &*plan.id).collect();
            let message =
                format!("plan: `{plan}` is not a plan of this catalog: choose one of {}", plans.join(", "));
            Err(Error::new(Code::UnknownPlan, message, json!({ "path": "plan", "plans": plans })))
        }
        None if input.billing_anchor.is_some() => {
            Err(Error::input("billingAnchor", "belongs to a plan: choose one or leave it out"))
        }
        _ => Ok(()),
    }
}

fn check_zone(zone: &str, zones: &dyn Zones, context: Context<'_>) -> Result<()> {
    if zones.offset_seconds(zone, context.now).is_some() {
        return Ok(());
    }
    Err(Error::input(
        "zone",
        format!(
            "`{zone}` is not a zone that this host knows: write an IANA zone, such as `Australia/Sydney`"
        ),
    ))
}

pub(super) fn answer(ledger: &Ledger) -> Answer {
    let account = ledger.account();
    Answer::Account(Box::new(Account {
        id: Arc::clone(&account.profile.id),
        catalog: account.profile.catalog.clone(),
        zone: Arc::clone(&account.profile.zone),
        opened_at: account.profile.opened_at,
        plan: account.plan.as_ref().map(|plan| Arc::clone(&plan.id)),
        billing_anchor: account.plan.as_ref().map(|plan| plan.anchor),
        gates: account.gates.clone(),
        state: account.state,
    }))
}
