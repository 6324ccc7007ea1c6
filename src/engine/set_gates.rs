//! `setGates`: what an account has, such as `enterprise-certified` (domain rule 12).

use super::answer::Answer;
use super::ask::SetGates;
use super::error::Result;
use super::open_account::answer;
use crate::ledger::{Ledger, Note};
use std::sync::Arc;

/// What the entry says where nothing is left.
const NONE: &str = "none";

pub(super) fn set_gates(ledger: &mut Ledger, input: &SetGates) -> Result<Answer> {
    if ledger.account().gates != input.gates {
        let reason = if input.gates.is_empty() { Arc::from(NONE) } else { Arc::from(input.gates.join(" ")) };
        let note = Note { reason: Some(reason), ..Note::default() };
        ledger.set_gates(input.gates.clone(), note)?;
    }
    Ok(answer(ledger))
}
