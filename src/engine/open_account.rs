//! `openAccount`: the first entry of an account and, with a plan, the current period's credits.

use super::answer::{Account, Answer};
use super::ask::OpenAccount;
use super::decide::Context;
use super::error::{Code, Error, Result};
use crate::calendar::{Instant, Zones};
use crate::catalog::{Catalog, Plan};
use crate::ledger::{AccountState, Ledger, PlanState, Profile};
use crate::pricing::CatalogId;
use crate::shape::list;
use serde_json::json;
use std::sync::Arc;

pub(super) fn open(input: &OpenAccount, context: Context<'_>) -> Result<(Ledger, Answer)> {
    let Context { catalog, zones, now, effects_max, .. } = context;
    check_plan(catalog, input)?;
    check_created(input, now)?;
    let zone = input.zone.as_ref().unwrap_or(&catalog.zone);
    check_zone(zone, zones, context)?;
    // Who does not say when the account was created opens a new one.
    let model = input.created_at.and_then(|at| catalog.charge_model(at));
    let profile = Profile {
        id: Arc::clone(&input.id),
        fingerprint: input.fingerprint(),
        catalog: CatalogId { id: Arc::clone(&catalog.id), revision: catalog.revision },
        zone: Arc::clone(zone),
        opened_at: now,
        created_at: input.created_at,
        charge_model: model.map(|model| Arc::clone(&model.id)),
    };
    let anchor = input.billing_anchor.unwrap_or(now);
    // Due at once: the period that now lies in is issued by the same step as every later one.
    let plan = input.plan.as_ref().map(|id| PlanState::beginning(Arc::clone(id), anchor, now));
    let mut ledger = Ledger::create(Arc::clone(catalog), profile, plan, input.gates.clone())?;
    ledger.advance(now, zones, effects_max)?;
    let answer = opened(&ledger, input);
    Ok((ledger, answer))
}

/// The same again is answered the same again, whatever has become of the account since.
pub(super) fn repeat(ledger: &Ledger, input: &OpenAccount) -> Result<Answer> {
    if ledger.account().profile.fingerprint != input.fingerprint() {
        let mut error = Error::id_reused(&input.id);
        error.message.push_str("; `setPlan` and `setGates` change it");
        return Err(error);
    }
    Ok(opened(ledger, input))
}

/// The account as it was opened.
fn opened(ledger: &Ledger, input: &OpenAccount) -> Answer {
    let profile = &ledger.account().profile;
    let anchor = input.billing_anchor.unwrap_or(profile.opened_at);
    Answer::Account(Box::new(Account {
        id: Arc::clone(&profile.id),
        catalog: profile.catalog.clone(),
        zone: Arc::clone(&profile.zone),
        opened_at: profile.opened_at,
        plan: input.plan.clone(),
        billing_anchor: input.plan.is_some().then_some(anchor),
        renews_at: None,
        next_plan: None,
        plan_gone: false,
        gates: input.gates.clone(),
        state: AccountState::Active,
        created_at: profile.created_at,
        charge_model: profile.charge_model.clone(),
        migration: None,
    }))
}

fn check_plan(catalog: &Catalog, input: &OpenAccount) -> Result<()> {
    match input.plan.as_deref() {
        Some(plan) => known_plan(catalog, plan).map(drop),
        None if input.billing_anchor.is_some() => {
            Err(Error::input("billingAnchor", "belongs to a plan: choose one or leave it out"))
        }
        _ => Ok(()),
    }
}

fn check_created(input: &OpenAccount, now: Instant) -> Result<()> {
    match input.created_at.filter(|created_at| *created_at > now) {
        None => Ok(()),
        Some(_) => Err(Error::input("createdAt", format!("lies ahead: it is {now}"))),
    }
}

/// A plan of the catalog.
pub(super) fn known_plan<'a>(catalog: &'a Catalog, id: &str) -> Result<&'a Plan> {
    catalog.plan(id).ok_or_else(|| {
        let plans: Vec<&str> = catalog.plans.iter().map(|plan| &*plan.id).collect();
        let known = if plans.is_empty() {
            "which has none".to_owned()
        } else {
            ["choose one of ", &list(&plans)].concat()
        };
        let message = ["plan: `", id, "` is not a plan of this catalog: ", &known].concat();
        Error::new(Code::UnknownPlan, message, json!({ "path": "plan", "plans": plans }))
    })
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

/// The account as it is.
pub(super) fn answer(ledger: &Ledger) -> Answer {
    let account = ledger.account();
    let gone = |plan: &PlanState| ledger.catalog().plan(&plan.id).is_none();
    Answer::Account(Box::new(Account {
        id: Arc::clone(&account.profile.id),
        catalog: account.profile.catalog.clone(),
        zone: Arc::clone(&account.profile.zone),
        opened_at: account.profile.opened_at,
        plan: account.plan.as_ref().map(|plan| Arc::clone(&plan.id)),
        billing_anchor: account.plan.as_ref().map(|plan| plan.anchor),
        renews_at: account.plan.as_ref().map(|plan| plan.next_at),
        next_plan: account.plan.as_ref().and_then(|plan| plan.next.clone()),
        plan_gone: account.plan.as_ref().is_some_and(gone),
        gates: account.gates.clone(),
        state: account.state,
        created_at: account.profile.created_at,
        charge_model: account.charge_model().cloned(),
        migration: account.exchange.as_ref().map(|exchange| Arc::clone(&exchange.id)),
    }))
}
