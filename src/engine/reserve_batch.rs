//! `reserveBatch` in the mode `all_or_nothing`: many messages in one decision (domain rule 27). In the mode `per_message` each is a
//! `reserve` of its own.

use super::answer::Answer;
use super::command::Message;
use super::decide::Context;
use super::error::{Code, Error, Result};
use super::recharge::{self, Asked, Gap};
use super::reserve::{cost, refused, reserve_in_batch, waits};
use crate::ledger::{Hold, Ledger, Mark, Trigger};
use serde_json::json;
use std::sync::Arc;

/// A message that cannot be reserved.
struct Failed {
    /// Its place.
    index: usize,
    error: Box<Error>,
    /// Its record, where the refusal is a new one.
    refusal: Option<Arc<Hold>>,
    /// The recharge that could pay for it.
    row: Option<usize>,
}

/// Sets aside what every message takes, or nothing. The one that is refused is recorded as it would be by itself, so that the same
/// batch again is refused again: a late duplicate never succeeds behind the caller's back. Where messages lack nothing but credits that
/// auto-recharge can buy, what they lack together is ordered at once, and nothing is recorded.
///
/// # Errors
/// What the first message is told that cannot be reserved, with its place; one that lacks more than credits goes first.
pub(super) fn reserve_all(ledger: &mut Ledger, messages: &[Message], context: Context<'_>) -> Result<Answer> {
    let start = ledger.mark();
    ledger.expect_messages(messages.len());
    let mut reserved = Vec::with_capacity(messages.len());
    let (mut first, mut lacking) = (None::<Failed>, 0_u64);
    for (index, message) in messages.iter().enumerate() {
        let before = ledger.mark();
        match reserve_in_batch(ledger, message, context) {
            Ok(Answer::Reserved(one)) => reserved.push(one),
            Ok(_) => return Err(Error::input("", "not a reservation")),
            Err(error) => {
                let failed = failed(ledger, before, index, message, error);
                let row = failed.row;
                if row.is_none() || first.is_none() {
                    first = Some(failed);
                }
                if row.is_none() {
                    break;
                }
                // What another recharge is to pay for has its turn once this one has paid.
                if first.as_ref().is_some_and(|first| first.row == row) {
                    lacking = lacking.saturating_add(cost(ledger, message).into());
                }
            }
        }
    }
    let Some(failed) = first else { return Ok(Answer::Batch(reserved)) };
    let message = messages.get(failed.index);
    let gap = failed.row.zip(message).map(|(row, message)| {
        let usable = recharge::usable_for(ledger, row, message);
        (row, Gap { usable, waiting: lacking, trigger: Trigger::Batch })
    });
    ledger.roll_back(start);
    let asked = gap.map(|(row, gap)| recharge::order(ledger, row, gap, context)).transpose()?;
    Err(answer(ledger, failed, message, asked))
}

fn failed(ledger: &mut Ledger, before: Mark, index: usize, message: &Message, error: Box<Error>) -> Failed {
    let new = error.recorded() && ledger.changed_since(before);
    let refusal = ledger.hold_record(&message.id).flatten().filter(|_| new).map(Arc::clone);
    let last = refusal.as_ref().and_then(|refusal| refusal.refusals.last());
    let row = last.and_then(|last| recharge::row_for(ledger, message, last.reason));
    ledger.roll_back(before);
    Failed { index, error, refusal, row }
}

/// What the batch is told, and what is recorded of it.
fn answer(
    ledger: &mut Ledger,
    failed: Failed,
    message: Option<&Message>,
    asked: Option<Asked>,
) -> Box<Error> {
    let Failed { index, mut error, refusal, .. } = failed;
    if let Some(refusal) = refusal {
        let mut record = (*refusal).clone();
        if let (Some(message), Some(last), Some(asked)) = (message, record.refusals.last_mut(), asked) {
            match asked {
                Asked::Ordered(on_order, _) => {
                    return waits(ledger, message, last, &on_order, Some(&on_order.order)).in_batch(index);
                }
                Asked::Withheld(why) => last.recharge = Some(why),
            }
            error = refused(ledger.catalog(), message, last, Some(message.attempt));
        }
        ledger.refuse(record);
    }
    error.in_batch(index)
}

/// A batch that no commit of the store can hold.
pub(super) fn too_large(messages: usize, messages_max: usize) -> Box<Error> {
    let message = format!(
        "messages: {messages} are more than the {messages_max} that this store writes at once: split the batch"
    );
    let details = json!({ "path": "messages", "messages": messages, "messagesMax": messages_max });
    Error::new(Code::BatchTooLarge, message, details)
}
