//! What must hold when all is done: an instance that has seen nothing answers every call as the model does.

use crate::answers::{agrees, found, text};
use crate::books::{Books, Checked};
use crate::model::Account;
use crate::operation::{Operation, Seller, instant};
use crate::store::Store;
use sms_ledger::calendar::NamedZones;
use sms_ledger::engine::{Driver, Options};
use sms_ledger::storage::{Batch, Committed, Range, Storage, StorageError, StoredEntry};
use std::sync::Arc;

/// The store, lent to a driver.
struct Lent<'a>(&'a mut Store);

impl Storage for Lent<'_> {
    fn get(&mut self, partition: &str, keys: &[String]) -> Result<Vec<Option<StoredEntry>>, StorageError> {
        self.0.get(partition, keys)
    }

    fn list(&mut self, partition: &str, range: &Range) -> Result<Vec<StoredEntry>, StorageError> {
        self.0.list(partition, range)
    }

    fn commit(&mut self, partition: &str, batch: &Batch) -> Result<Committed, StorageError> {
        self.0.commit(partition, batch)
    }
}

/// Asks everything again, in the end.
pub(crate) fn check(
    store: &mut Store,
    books: &[Books],
    seller: &Seller,
    options: Options,
    called: &[(usize, Operation)],
) -> Checked {
    let mut driver = Driver::new(Arc::clone(&seller.catalog), Box::new(NamedZones), options, Lent(store));
    // What time has done is written down first: over a small store a repetition may write it before it is known for one.
    let mut accounts: Vec<Account> = books.iter().map(|books| Account::clone(&books.account())).collect();
    for (account, books) in accounts.iter_mut().zip(books).filter(|(account, _)| account.state != "unopened")
    {
        let advance = Operation::Advance.command(seller, books.id()).map_err(|error| error.to_string())?;
        let _ = driver.run(books.id(), advance, instant(account.last_at));
        let _ = account.call(&Operation::Advance, account.last_at);
        account.paper.take();
    }
    let stored = driver.storage().0.dump();
    let mut ask = |at: usize, operation: &Operation| -> Checked {
        let mut copy = accounts[at].clone();
        let now = copy.last_at.max(0);
        let expected = copy.call(operation, now);
        if copy.paper.changed {
            return Ok(());
        }
        let command = operation.command(seller, books[at].id()).map_err(|error| error.to_string())?;
        let answer = driver.run(books[at].id(), command, instant(now));
        let told = text(&answer);
        if agrees(&expected, &found(&answer)) {
            return Ok(());
        }
        Err(format!("in the end, {operation:?} on account {at}: {told}\n  the model says {expected:?}"))
    };
    for (at, operation) in called {
        ask(*at, operation)?;
    }
    for at in 0..books.len() {
        ask(at, &Operation::Balance)?;
        ask(at, &Operation::Verify)?;
    }
    if store.dump() == stored { Ok(()) } else { Err("asking again has written something".to_owned()) }
}
