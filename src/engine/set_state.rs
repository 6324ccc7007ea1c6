//! `suspend`, `resume` and `close`: whether an account may spend and buy. Each is an entry with its reason; saying what is so already
//! changes nothing.

use super::answer::Answer;
use super::ask::Adjust;
use super::command::Command;
use super::error::{Code, Error, Result};
use super::open_account::answer;
use crate::ledger::{AccountState, Ledger, Note};
use crate::shape::Fields;
use serde_json::json;
use std::sync::Arc;

/// Suspends an account, lets it go on, or closes it for good.
#[derive(Clone, Debug)]
pub struct SetState {
    /// What it is from now on.
    pub state: AccountState,
    /// Why.
    pub reason: Arc<str>,
}

impl SetState {
    /// The properties of all three.
    pub(super) const FIELDS: [&'static str; 2] = ["account", "reason"];

    /// Reads the input of the call with this name.
    pub(super) fn read(name: &str, fields: &Fields<'_>) -> Self {
        let state = match name {
            "suspend" => AccountState::Suspended,
            "resume" => AccountState::Active,
            _ => AccountState::Closed,
        };
        Self { state, reason: super::ask::short(fields, "reason", true).unwrap_or_default() }
    }
}

pub(super) fn set_state(ledger: &mut Ledger, input: &SetState) -> Result<Answer> {
    if ledger.account().state != input.state {
        let note = Note { reason: Some(Arc::clone(&input.reason)), ..Note::default() };
        ledger.set_state(input.state, note)?;
    }
    Ok(answer(ledger))
}

/// Whether a command belongs to what a closed account still winds up: messages and payments on their way, and what is taken back.
pub(super) fn winds_up(command: &Command) -> bool {
    let takes = |adjust: &Adjust| adjust.segments < 0;
    match command {
        Command::Outcome(_) | Command::ConfirmPayment(_) | Command::Refund(_) => true,
        Command::Adjust(adjust) => takes(adjust),
        _ => false,
    }
}

/// What a closed account answers to what would begin something new.
pub(super) fn check_open(ledger: &Ledger) -> Result<()> {
    if ledger.account().state == AccountState::Closed { Err(closed(ledger)) } else { Ok(()) }
}

pub(super) fn closed(ledger: &Ledger) -> Box<Error> {
    let id = &*ledger.account().profile.id;
    let message = format!("`{id}` is closed for good: open another account");
    Error::new(Code::AccountClosed, message, json!({ "account": id }))
}

/// A suspended account buys nothing either, where its seller's suspensions block at all.
pub(super) fn check_buys(ledger: &Ledger) -> Result<()> {
    check_open(ledger)?;
    if !ledger.blocked() {
        return Ok(());
    }
    let id = &*ledger.account().profile.id;
    let message = format!("`{id}` is suspended: resume it before it buys");
    Err(Error::new(Code::AccountSuspended, message, json!({ "account": id })))
}
