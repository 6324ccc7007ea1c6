//! What a reserve costs from its number and text to its answer, documents and hashes included, where the store takes no time.

use std::io::{Error, Result};
use std::sync::Arc;
use std::time::Instant as Clock;

use serde_json::json;
use sms_ledger::calendar::{Instant, NamedZones};
use sms_ledger::catalog::{Catalog, profiles};
use sms_ledger::engine::{Command, Driver, Message, Options, Tags};
use sms_ledger::storage::{Batch, Committed, Range, Storage, StorageError, StoredEntry};

const ACCOUNT: &str = "bench";
const TO: &str = "+61491570006";
const TEXT: &str = "Your code is 481 516. It is valid for ten minutes; never tell it to anyone.";
/// Messages of a round.
const MESSAGES: usize = 50_000;
/// That come together, as many as wait in `bench load`.
const TOGETHER: usize = 256;

/// Takes every commit and keeps nothing: what is known is in the engine's cache.
#[derive(Default)]
struct Nowhere {
    commits: u64,
}

impl Storage for Nowhere {
    fn get(
        &mut self,
        _: &str,
        keys: &[String],
    ) -> std::result::Result<Vec<Option<StoredEntry>>, StorageError> {
        Ok(keys.iter().map(|_| None).collect())
    }

    fn list(&mut self, _: &str, _: &Range) -> std::result::Result<Vec<StoredEntry>, StorageError> {
        Ok(Vec::new())
    }

    fn commit(&mut self, _: &str, _: &Batch) -> std::result::Result<Committed, StorageError> {
        self.commits = self.commits.saturating_add(1);
        Ok(Committed::Applied(self.commits.to_string()))
    }
}

/// Argument: rounds. Writes the nanoseconds a message, of every round.
pub(crate) fn main() -> Result<()> {
    let rounds = std::env::args().nth(2).and_then(|rounds| rounds.parse::<usize>().ok()).unwrap_or(3);
    let core = (0..=rounds).map(|_| round()).collect::<Result<Vec<u64>>>()?;
    // The first one warms up.
    println!("{}", json!({ "core": core.get(1..).unwrap_or_default() }));
    Ok(())
}

fn round() -> Result<u64> {
    let catalog = Arc::new(Catalog::from_json(profiles::CLOUTLY).map_err(Error::other)?);
    let options = Options { queue_max: TOGETHER, ..Options::default() };
    let mut driver = Driver::new(Arc::clone(&catalog), Box::new(NamedZones), options, Nowhere::default());
    let now: Instant = "2026-03-01T00:00:00Z".parse().map_err(Error::other)?;
    let mut call = |name: &str, input| driver.call(name, &input, now).map_err(Error::other);
    call("openAccount", json!({ "id": ACCOUNT }))?;
    let given = json!({ "account": ACCOUNT, "id": "given", "segments": 1_000_000, "reason": "bench", "region": "AU" });
    call("adjust", given)?;
    let ids: Vec<String> = (0..MESSAGES).map(|number| format!("message-{number}")).collect();
    let read = |id: &String| Message::reserve(&catalog, id, TO, TEXT, Tags::default(), 1);
    let start = Clock::now();
    let mut reserved = 0_usize;
    for part in ids.chunks(TOGETHER) {
        let commands = part.iter().map(|id| read(id).map(Command::Reserve));
        let commands = commands.collect::<std::result::Result<_, _>>().map_err(Error::other)?;
        let answers = driver.run_all(ACCOUNT, commands, now);
        reserved = reserved.saturating_add(answers.iter().filter(|answer| answer.is_ok()).count());
    }
    let took = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
    if reserved != MESSAGES {
        return Err(Error::other("not all were reserved"));
    }
    took.checked_div(u64::try_from(MESSAGES).unwrap_or(u64::MAX)).ok_or_else(|| Error::other("no messages"))
}
