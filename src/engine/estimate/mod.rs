//! `estimate`: what many messages would come to, each decided as `reserve` would decide it, one after the other, and all taken back.

mod estimated;
mod gaps;

pub use estimated::{Estimated, Lapsing, Rows, Tally};
pub use gaps::Gap;

use super::answer::Answer;
use super::command::Message;
use super::decide::{Context, follow};
use super::error::{Code, Error, Result};
use super::recharge::Asked;
use super::reserve::{allowed, ask, rate};
use super::set_state::check_open;
use crate::calendar::Instant;
use crate::ledger::{Ledger, Mark, RechargeEvent, Scope, credits};
use std::sync::Arc;

/// Messages to be estimated.
#[derive(Clone, Debug, Default)]
pub struct Estimate {
    /// Those that can be sent.
    pub messages: Vec<Message>,
    /// The places of the others, and what each would be told.
    pub invalid: Vec<(usize, Code)>,
    /// When they are to be sent; now unless given.
    pub at: Option<Instant>,
}

impl Estimate {
    /// Of messages as they were read.
    pub fn of(messages: impl Iterator<Item = Result<Message>>, at: Option<Instant>) -> Self {
        let mut estimate = Self { at, ..Self::default() };
        for (index, message) in messages.enumerate() {
            match message {
                Ok(message) => estimate.messages.push(message),
                Err(error) => estimate.invalid.push((index, error.code)),
            }
        }
        estimate
    }
}

/// What the messages would come to as of the instant that the account was brought to.
///
/// # Errors
/// `ACCOUNT_CLOSED`; `INVALID_INPUT` for an instant before the account's last change.
pub(super) fn estimate(ledger: &mut Ledger, input: &Estimate, context: Context<'_>) -> Result<Answer> {
    check_open(ledger)?;
    let at = ledger.account().head.last_at;
    if let Some(asked) = input.at.filter(|asked| *asked < at) {
        return Err(Error::input("at", format!("`{asked}` lies before the account's last change, {at}")));
    }
    // What is ordered by itself has the price of when the messages are sent.
    let context = Context { now: input.at.unwrap_or(context.now), ..context };
    let start = ledger.mark();
    let rows = send(ledger, input, context)?;
    let mut estimated = told(ledger, input, rows, start);
    estimated.missing = gaps::gaps(ledger, &estimated.rows)?;
    gaps::widen(ledger, start, &mut estimated.missing, |ledger| send(ledger, input, context))?;
    Ok(Answer::Estimate(Box::new(estimated)))
}

/// Decides every message as if each came by itself. What is ordered for them is not paid meanwhile.
fn send(ledger: &mut Ledger, input: &Estimate, context: Context<'_>) -> Result<Rows> {
    let mut rows = Rows::default();
    for message in &input.messages {
        let before = ledger.mark();
        let rate = rate(ledger, message);
        let (refused, written) = match allowed(ledger, message, rate, context)? {
            Ok(draws) => {
                ledger.suppose_held(&draws)?;
                if let Some(region) = message.region {
                    ledger.count_reserved(region, message.count.segments);
                }
                rows.pay(&draws);
                (None, true)
            }
            Err(refusal) => {
                let asked = ask(ledger, message, &refusal, context)?;
                (Some(refusal.reason), !matches!(asked, Some(Asked::Ordered(_, false))))
            }
        };
        rows.add(message, credits(message.count.segments, rate), refused);
        if written {
            follow(ledger, before, context)?;
        }
    }
    Ok(rows)
}

fn told(ledger: &Ledger, input: &Estimate, rows: Rows, start: Mark) -> Estimated {
    let account = ledger.account();
    let notes = || ledger.entries_since(start).iter().filter_map(|entry| entry.note.as_deref());
    let recharges = notes().filter_map(|note| note.recharge.clone());
    let lapsing = ledger.packages().filter_map(|package| {
        let segments = Some(package.counts.available).filter(|segments| *segments > 0)?;
        Some(Lapsing { package: package.id, expires_at: package.ends_at()?, segments })
    });
    Estimated {
        account: Arc::clone(&account.profile.id),
        at: account.head.last_at,
        rows,
        available: account.head.totals.available,
        missing: Vec::new(),
        alarms: notes().flat_map(|note| note.low.iter().copied()).collect(),
        recharges: recharges.filter(|note| matches!(note.event, RechargeEvent::Ordered(..))).collect(),
        lapsing: lapsing.collect(),
        invalid: input.invalid.clone(),
        gates: account.gates.clone(),
    }
}

/// What a message that nothing could pay is missing from: packages for its region and its purpose.
fn bought_for(scope: &Scope) -> Scope {
    Scope { project: None, ..scope.clone() }
}
