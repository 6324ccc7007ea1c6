//! `reserve` and `preview`: the same decision, one of them kept.

use super::answer::{Answer, Reserved};
use super::command::{ATTEMPTS_MAX, Message};
use super::decide::Context;
use super::error::{Code, Error, Result, time};
use super::recharge::{self, Asked};
use super::set_state::check_open;
use crate::calendar::Instant;
use crate::catalog::Catalog;
use crate::ledger::{Broken, Draws, Hold, HoldState, Ledger, OnOrder, Reason, Refusal, Shortfall, credits};
use crate::money::Price;
use crate::numbering::Region;
use serde_json::{Value, json};
use std::sync::Arc;

pub(super) fn reserve(ledger: &mut Ledger, message: &Message, context: Context<'_>) -> Result<Answer> {
    attempt(ledger, message, true, context)
}

/// A message of a batch, which recharges as a whole or not at all.
pub(super) fn reserve_in_batch(
    ledger: &mut Ledger,
    message: &Message,
    context: Context<'_>,
) -> Result<Answer> {
    attempt(ledger, message, false, context)
}

fn attempt(ledger: &mut Ledger, message: &Message, recharges: bool, context: Context<'_>) -> Result<Answer> {
    let mut refusals = Vec::new();
    if let Some(Some(record)) = ledger.hold_record(&message.id) {
        if record.fingerprint != message.fingerprint {
            return Err(Error::id_reused(&message.id));
        }
        if let Some(answer) = repeat(ledger.catalog(), record, message.attempt) {
            return answer;
        }
        if record.state != HoldState::Refused {
            return Err(paid_already(record, message.attempt));
        }
        refusals.clone_from(&record.refusals);
    }
    check_attempt(refusals.len(), message.attempt)?;
    let at = ledger.account().head.last_at;
    let rate = rate(ledger, message);
    match allowed(ledger, message, rate, context)? {
        Ok(draws) => {
            let hold = Hold { rate, draws, ..hold(message, HoldState::Held, refusals, at) };
            let hold = ledger.hold(hold)?;
            if let Some(region) = message.region {
                ledger.count_reserved(region, message.count.segments);
            }
            Ok(Answer::Reserved(Reserved { hold, recorded: true }))
        }
        Err(mut refusal) => {
            if recharges && let Some(asked) = ask(ledger, message, &refusal, context)? {
                match asked {
                    Asked::Ordered(on_order, _) => {
                        return Err(waits(ledger, message, &refusal, &on_order, Some(&on_order.order)));
                    }
                    Asked::Withheld(why) => refusal.recharge = Some(why),
                }
            }
            let error = refused(ledger.catalog(), message, &refusal, Some(message.attempt));
            refusals.push(refusal);
            ledger.refuse(hold(message, HoldState::Refused, refusals, at));
            Err(error)
        }
    }
}

pub(super) fn preview(ledger: &mut Ledger, message: &Message, context: Context<'_>) -> Result<Answer> {
    check_open(ledger)?;
    let rate = rate(ledger, message);
    let draws = match allowed(ledger, message, rate, context)? {
        Ok(draws) => draws,
        Err(refusal) => return Err(would_be_refused(ledger, message, refusal, context)?),
    };
    let cost = credits(message.count.segments, rate);
    let head = &ledger.account().head;
    let available = head.totals.available.saturating_sub(u64::from(cost));
    let hold = Hold { rate, draws, available, ..hold(message, HoldState::Held, Vec::new(), head.last_at) };
    Ok(Answer::Reserved(Reserved { hold: Arc::new(hold), recorded: false }))
}

/// What a preview is told of a message that nothing can pay. An order that it would place has no id.
fn would_be_refused(
    ledger: &mut Ledger,
    message: &Message,
    mut refusal: Refusal,
    context: Context<'_>,
) -> Result<Box<Error>> {
    match ask(ledger, message, &refusal, context)? {
        Some(Asked::Ordered(on_order, new)) => {
            let id = (!new).then_some(&on_order.order);
            return Ok(waits(ledger, message, &refusal, &on_order, id));
        }
        Some(Asked::Withheld(why)) => refusal.recharge = Some(why),
        None => {}
    }
    Ok(refused(ledger.catalog(), message, &refusal, None))
}

/// What auto-recharge makes of a message that nothing can pay, where it could pay for it.
pub(super) fn ask(
    ledger: &mut Ledger,
    message: &Message,
    refusal: &Refusal,
    context: Context<'_>,
) -> Result<Option<Asked>> {
    let row = recharge::row_for(ledger, message, refusal.reason);
    row.map(|row| recharge::order_for(ledger, row, message, context)).transpose()
}

/// What a message is told that waits for an order: it is open, and the same attempt is to be made again.
pub(super) fn waits(
    ledger: &Ledger,
    message: &Message,
    refusal: &Refusal,
    on_order: &OnOrder,
    id: Option<&Arc<str>>,
) -> Box<Error> {
    let (quantity, amount, currency) =
        (on_order.quantity, on_order.total.to_string(), on_order.currency.code());
    let mut order = json!({ "amount": amount, "currency": currency, "quantity": quantity });
    if let Some(order) = order.as_object_mut() {
        order.extend(id.map(|id| ("id".to_owned(), Value::from(&**id))));
        let effective_at = recharge::effective_at(ledger, on_order);
        order.extend(effective_at.map(|at| ("effectiveAt".to_owned(), time(at))));
    }
    let refused = Refused::of(message);
    let mut details = refused.details(ledger.catalog(), refusal, id.map(|_| message.attempt));
    if let Some(details) = details.as_object_mut() {
        details.insert("order".to_owned(), order);
    }
    let mut told = refused.unpaid(refusal);
    told.push_str(if id.is_some() {
        ": an order is on its way; reserve again, the same attempt, once its package can be used"
    } else {
        ": `reserve` would place an order, and succeed again, the same attempt, once its package can be used"
    });
    Error::new(Code::TopUpRequired, told, details)
}

/// Credits for a segment of a message, by the charge model that the account is under.
pub(super) fn rate(ledger: &Ledger, message: &Message) -> Option<Price> {
    message.region.and_then(|region| ledger.rate(region))
}

/// What a message costs, by that model.
pub(super) fn cost(ledger: &Ledger, message: &Message) -> u32 {
    credits(message.count.segments, rate(ledger, message))
}

/// Who pays, or why nobody does. Ceilings come first, and count segments: what is pumped must not even ask for more credits.
pub(super) fn allowed(
    ledger: &mut Ledger,
    message: &Message,
    rate: Option<Price>,
    context: Context<'_>,
) -> Result<std::result::Result<Draws, Refusal>> {
    let at = ledger.account().head.last_at;
    if let Some(need) = message.need(rate).filter(|_| !ledger.ceilings().is_empty()) {
        ledger.begin_windows(context.zones)?;
        if let Some(broken) = ledger.broken(need.region, message.count.segments) {
            let usable = ledger.usable_for(&need);
            return Ok(Err(Refusal {
                reason: Reason::Ceiling,
                usable,
                at,
                ceiling: Some(broken),
                recharge: None,
                rate,
            }));
        }
    }
    let drawn = draw(ledger, message, rate);
    let refusal =
        |Shortfall { reason, usable }| Refusal { reason, usable, at, ceiling: None, recharge: None, rate };
    Ok(drawn.map_err(refusal))
}

pub(super) fn draw(
    ledger: &Ledger,
    message: &Message,
    rate: Option<Price>,
) -> std::result::Result<Draws, Shortfall> {
    let unpriced = Shortfall { reason: Reason::UnpricedRegion, usable: 0 };
    message.need(rate).ok_or(unpriced).and_then(|need| ledger.draw(&need))
}

/// The answer that an attempt has had already.
fn repeat(catalog: &Catalog, record: &Arc<Hold>, attempt: u32) -> Option<Result<Answer>> {
    let index = usize::try_from(attempt).ok()?.checked_sub(1)?;
    if let Some(refusal) = record.refusals.get(index) {
        let refused = Refused {
            region: record.region,
            purpose: record.purpose.as_ref(),
            project: record.project.as_ref(),
            segments: record.segments,
        };
        return Some(Err(refused.error(catalog, refusal, Some(attempt))));
    }
    let held = record.state != HoldState::Refused && record.refusals.len() == index;
    held.then(|| Ok(Answer::Reserved(Reserved { hold: Arc::clone(record), recorded: true })))
}

fn check_attempt(refused: usize, attempt: u32) -> Result<()> {
    let next = u32::try_from(refused).unwrap_or(u32::MAX).saturating_add(1);
    if attempt == next && next <= ATTEMPTS_MAX {
        return Ok(());
    }
    let message =
        format!("`{attempt}` is not the next attempt: write {next}, and no more than {ATTEMPTS_MAX}");
    Err(Error::new(
        Code::InvalidInput,
        format!("attempt: {message}"),
        json!({ "path": "attempt", "next": next }),
    ))
}

/// A later attempt of a message that some earlier one has paid for.
fn paid_already(record: &Hold, attempt: u32) -> Box<Error> {
    let paid = u32::try_from(record.refusals.len()).unwrap_or(u32::MAX).saturating_add(1);
    let message = format!(
        "`{attempt}` is an attempt too many: attempt {paid} of `{}` reserved it; to send it again, take a new id",
        record.id
    );
    Error::new(Code::InvalidInput, format!("attempt: {message}"), json!({ "path": "attempt", "next": paid }))
}

/// The record of a message that takes nothing yet.
fn hold(message: &Message, state: HoldState, refusals: Vec<Refusal>, at: Instant) -> Hold {
    Hold {
        id: Arc::clone(&message.id),
        fingerprint: message.fingerprint,
        state,
        region: message.region,
        purpose: message.purpose.clone(),
        project: message.project.clone(),
        encoding: message.count.encoding,
        segments: message.count.segments,
        rate: None,
        draws: Draws::default(),
        at,
        available: 0,
        refusals,
        decision: None,
        revision: 0,
        due: None,
        contradictions: Vec::new(),
    }
}

pub(super) fn refused(
    catalog: &Catalog,
    message: &Message,
    refusal: &Refusal,
    attempt: Option<u32>,
) -> Box<Error> {
    Refused::of(message).error(catalog, refusal, attempt)
}

/// A message that nothing can pay.
struct Refused<'a> {
    region: Option<Region>,
    purpose: Option<&'a Arc<str>>,
    project: Option<&'a Arc<str>>,
    segments: u32,
}

impl<'a> Refused<'a> {
    fn of(message: &'a Message) -> Self {
        let (region, segments) = (message.region, message.count.segments);
        let (purpose, project) = (message.purpose.as_ref(), message.project.as_ref());
        Self { region, purpose, project, segments }
    }

    /// The refusal of an attempt; of none in a preview.
    fn error(&self, catalog: &Catalog, refusal: &Refusal, attempt: Option<u32>) -> Box<Error> {
        let next = attempt.map(|attempt| attempt.saturating_add(1)).filter(|next| *next <= ATTEMPTS_MAX);
        let details = self.details(catalog, refusal, next);
        if let Some(broken) = &refusal.ceiling {
            return ceiling_reached(broken, self.segments, next, details);
        }
        let (code, mut message, until) = match refusal.reason {
            Reason::UnpricedRegion => {
                return Error::new(Code::UnknownRegion, unpriced(self.region), details);
            }
            Reason::UnratedRegion => {
                let message =
                    format!("the account's charge model has no rate for messages to `{}`", self.place());
                (Code::UnknownRegion, message, "once the catalog has one, or the account is migrated")
            }
            Reason::GateClosed => {
                let message = format!(
                    "messages to `{}` are sent for accounts that have {}",
                    self.place(),
                    self.gates(catalog).join(", ")
                );
                (Code::GateClosed, message, "once it has that")
            }
            Reason::Suspended => {
                (Code::InsufficientBalance, self.unpaid(refusal), "once the account is resumed")
            }
            _ => (Code::InsufficientBalance, self.unpaid(refusal), "once there are credits"),
        };
        if let Some(why) = refusal.recharge {
            message.push_str("; auto-recharge orders nothing now: `");
            message.push_str(why.as_str());
            message.push('`');
        }
        if let Some(next) = next {
            let next = format!("; this attempt stays refused: {until}, reserve with `attempt: {next}`");
            message.push_str(&next);
        }
        Error::new(code, message, details)
    }

    /// What messages to the region ask for.
    fn gates<'c>(&self, catalog: &'c Catalog) -> &'c [Arc<str>] {
        self.region.map_or(&[], |region| catalog.sending_gates(region))
    }

    fn place(&self) -> String {
        self.region.map(|region| region.to_string()).unwrap_or_default()
    }

    fn unpaid(&self, refusal: &Refusal) -> String {
        let needed = credits(self.segments, refusal.rate);
        let noun = if refusal.rate.is_some() { "credit" } else { "segment" };
        let plural = if needed == 1 { "" } else { "s" };
        format!(
            "nothing can pay {needed} {noun}{plural} to `{}`: {} usable there, reason `{}`",
            self.place(),
            refusal.usable,
            refusal.reason.as_str()
        )
    }

    fn details(&self, catalog: &Catalog, refusal: &Refusal, next: Option<u32>) -> Value {
        let mut details = json!({
            "reason": refusal.reason.as_str(),
            "region": self.region.as_ref().map(Region::as_str),
            "needed": credits(self.segments, refusal.rate),
            "available": refusal.usable,
            "at": time(refusal.at),
        });
        if let Some(details) = details.as_object_mut() {
            for (name, value) in [("purpose", self.purpose), ("project", self.project)] {
                details.extend(value.map(|value| (name.to_owned(), Value::from(&**value))));
            }
            let recharge = refusal.recharge.map(|why| ("recharge".to_owned(), why.as_str().into()));
            details.extend(recharge);
            details.extend(refusal.rate.map(|_| ("segments".to_owned(), self.segments.into())));
            details.extend(next.map(|next| ("nextAttempt".to_owned(), next.into())));
            if refusal.reason == Reason::GateClosed {
                let gates = self.gates(catalog).iter().map(|gate| Value::from(&**gate));
                details.insert("gates".to_owned(), gates.collect());
            }
        }
        details
    }
}

/// The refusal of a message that a ceiling stands against.
fn ceiling_reached(broken: &Broken, segments: u32, next: Option<u32>, mut details: Value) -> Box<Error> {
    let Broken { region, per, ceiling, used, resets_at } = broken;
    if let Some(details) = details.as_object_mut() {
        let mut shown = json!({ "per": per.as_str(), "segments": ceiling });
        if let (Some(region), Some(shown)) = (region, shown.as_object_mut()) {
            shown.insert("region".to_owned(), region.as_str().into());
        }
        details.insert("ceiling".to_owned(), shown);
        details.insert("used".to_owned(), (*used).into());
        details.insert("resetsAt".to_owned(), time(*resets_at));
    }
    let place = region.map_or_else(String::new, |region| format!(" to `{region}`"));
    let next = next.map_or_else(String::new, |next| format!(" with `attempt: {next}`"));
    let message = format!(
        "{used} of at most {ceiling} segments{place} are reserved this {}, and {segments} more would break the ceiling: \
         this attempt stays refused; reserve again from {resets_at} on{next}",
        per.as_str()
    );
    Error::new(Code::CeilingReached, message, details)
}

fn unpriced(region: Option<Region>) -> String {
    let place = region.map_or_else(|| "the number's region".to_owned(), |region| format!("`{region}`"));
    format!("to: {place} has no price: choose a number in a region on offer")
}
