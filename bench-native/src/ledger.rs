//! Messages reserved together over the memory store, without a boundary to JavaScript.

use std::io::{Error, Result};
use std::sync::Arc;
use std::time::Instant as Clock;

use serde::Serialize;
use serde_json::json;
use sms_ledger::calendar::{Instant, NamedZones};
use sms_ledger::catalog::{Catalog, profiles};
use sms_ledger::engine::{Answer, Command, Driver, Message, Options, Tags};
use sms_ledger::storage::{Limits, MemoryStorage};

const ACCOUNT: &str = "bench";
const TO: &str = "+61491570006";
const TEXT: &str = "Your code is 481 516. It is valid for ten minutes; never tell it to anyone.";
const SEGMENTS: u32 = 1_000_000;
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
    let mut numbers = std::env::args().skip(2).filter_map(|argument| argument.parse::<usize>().ok());
    let (rounds, messages) = (numbers.next().unwrap_or(3), numbers.next().unwrap_or(100_000));
    let ids: Vec<String> = (0..messages).map(|number| format!("message-{number}")).collect();
    let mut output = Output::default();
    for _ in 0..rounds {
        output.per_message.push(round(&ids, PART)?);
        output.all_or_nothing.push(round(&ids, 0)?);
    }
    println!("{}", serde_json::to_string(&output)?);
    Ok(())
}

/// Reserves all, in parts of so many messages or, where it is 0, as one.
fn round(ids: &[String], part: usize) -> Result<u64> {
    let catalog = Arc::new(Catalog::from_json(profiles::CLOUTLY).map_err(Error::other)?);
    let zones = Box::new(NamedZones);
    // As many as the memory store of the package.
    let limits = Limits { checks: 1_000_000, writes: 1_000_000, ..Limits::default() };
    let options = Options { queue_max: PART, limits, ..Options::default() };
    let mut driver = Driver::new(Arc::clone(&catalog), zones, options, MemoryStorage::default());
    let now: Instant = "2026-03-01T00:00:00Z".parse().map_err(Error::other)?;
    let mut call = |name: &str, input| driver.call(name, &input, now).map_err(Error::other);
    call("openAccount", json!({ "id": ACCOUNT }))?;
    let given =
        json!({ "account": ACCOUNT, "id": "given", "segments": SEGMENTS, "reason": "bench", "region": "AU" });
    call("adjust", given)?;
    let read = |id: &String| Message::reserve(&catalog, id, TO, TEXT, Tags::default(), 1);
    let start = Clock::now();
    let mut reserved = 0_usize;
    if part == 0 {
        let mut messages = Vec::with_capacity(ids.len());
        for id in ids {
            messages.push(read(id).map_err(Error::other)?);
        }
        let answer = driver.run(ACCOUNT, Command::ReserveAll(messages), now).map_err(Error::other)?;
        let Answer::Batch(all) = answer else { return Err(Error::other("not the answer to a batch")) };
        reserved = all.len();
    } else {
        for part in ids.chunks(part) {
            let commands = part.iter().map(|id| read(id).map(Command::Reserve));
            let commands = commands.collect::<std::result::Result<_, _>>().map_err(Error::other)?;
            let answers = driver.run_all(ACCOUNT, commands, now);
            reserved = reserved.saturating_add(answers.iter().filter(|answer| answer.is_ok()).count());
        }
    }
    let took = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
    if reserved != ids.len() {
        return Err(Error::other("not all were reserved"));
    }
    let messages = u64::try_from(ids.len()).unwrap_or(u64::MAX);
    took.checked_div(messages).ok_or_else(|| Error::other("no messages"))
}
