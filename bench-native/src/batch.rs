//! Messages reserved together over the memory store, without a boundary to JavaScript.

use std::io::Result;
use std::sync::Arc;

use serde::Serialize;
use sms_ledger::catalog::{Catalog, profiles};
use sms_ledger::storage::MemoryStorage;

use crate::account::{Account, catalog, ids};
use crate::measure::{argument, timed};

/// Messages that cross at once in `per_message`, as through the package.
const PART: usize = 1_024;

/// Nanoseconds a message, of every round.
#[derive(Default, Serialize)]
struct Output {
    per_message: Vec<u64>,
    all_or_nothing: Vec<u64>,
}

/// Arguments: rounds and messages. What is timed begins with the messages' numbers and texts and ends with their answers.
pub(crate) fn main() -> Result<()> {
    let (rounds, messages) = (argument(0, 3), argument(1, 100_000));
    let catalog = catalog(profiles::CLOUTLY)?;
    // What a process does first finds no memory of its own yet.
    round(&catalog, messages, 0)?;
    let mut output = Output::default();
    for _ in 0..rounds {
        output.per_message.push(round(&catalog, messages, PART)?);
        output.all_or_nothing.push(round(&catalog, messages, 0)?);
    }
    println!("{}", serde_json::to_string(&output)?);
    Ok(())
}

/// Reserves all, in parts of so many messages or, where it is 0, as one.
fn round(catalog: &Arc<Catalog>, messages: usize, part: usize) -> Result<u64> {
    let mut account = Account::open(catalog, PART, MemoryStorage::default())?;
    account.give("given", 1_000_000)?;
    let ids = ids(messages);
    timed(messages, || match part {
        0 => account.reserve_all(&ids),
        _ => ids.chunks(part).try_for_each(|part| account.reserve(part)),
    })
}
