//! What a reserve costs from its number and text to its answer, documents and hashes included, where the store takes no time.

use std::io::Result;

use serde_json::json;
use sms_ledger::catalog::profiles;
use sms_ledger::storage::{Batch, Committed, Range, Storage, StorageError, StoredEntry};

use crate::account::{Account, catalog, ids};
use crate::measure::{argument, timed};

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
    let core = (0..=argument(0, 3)).map(|_| round()).collect::<Result<Vec<u64>>>()?;
    // The first one warms up.
    println!("{}", json!({ "core": core.get(1..).unwrap_or_default() }));
    Ok(())
}

fn round() -> Result<u64> {
    let mut account = Account::open(&catalog(profiles::CLOUTLY)?, TOGETHER, Nowhere::default())?;
    account.give("given", 1_000_000)?;
    let ids = ids(MESSAGES);
    timed(MESSAGES, || ids.chunks(TOGETHER).try_for_each(|ids| account.reserve(ids)))
}
