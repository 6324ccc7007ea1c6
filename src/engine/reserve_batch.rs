//! `reserveBatch` in the mode `all_or_nothing`: many messages in one decision (domain rule 27). In the mode `per_message` each is a
//! `reserve` of its own.

use super::answer::Answer;
use super::command::Message;
use super::decide::Context;
use super::error::{Code, Error, Result};
use super::reserve::reserve;
use crate::ledger::Ledger;
use serde_json::json;

/// Sets aside what every message takes, or nothing. The one that is refused is recorded as it would be by itself, so that the same
/// batch again is refused again: a late duplicate never succeeds behind the caller's back.
///
/// # Errors
/// What the first message is told that cannot be reserved, with its place.
pub(super) fn reserve_all(ledger: &mut Ledger, messages: &[Message], context: Context<'_>) -> Result<Answer> {
    let start = ledger.mark();
    let mut reserved = Vec::with_capacity(messages.len());
    for (index, message) in messages.iter().enumerate() {
        let before = ledger.mark();
        match reserve(ledger, message, context) {
            Ok(Answer::Reserved(one)) => reserved.push(one),
            Ok(_) => return Err(Error::input("", "not a reservation")),
            Err(error) => {
                let new = error.recorded() && ledger.changed_since(before);
                let refusal = ledger.hold_record(&message.id).flatten().filter(|_| new).cloned();
                ledger.roll_back(start);
                if let Some(refusal) = refusal {
                    ledger.refuse((*refusal).clone());
                }
                return Err(error.in_batch(index));
            }
        }
    }
    Ok(Answer::Batch(reserved))
}

/// A batch that no commit of the store can hold.
pub(super) fn too_large(messages: usize, messages_max: usize) -> Box<Error> {
    let message = format!(
        "messages: {messages} are more than the {messages_max} that this store writes at once: split the batch"
    );
    let details = json!({ "path": "messages", "messages": messages, "messagesMax": messages_max });
    Error::new(Code::BatchTooLarge, message, details)
}
