//! An account with segments, and the messages that are sent from it.

use std::io::{Error, Result};
use std::sync::Arc;

use serde_json::{Value, json};
use sms_ledger::calendar::{Instant, NamedZones};
use sms_ledger::catalog::Catalog;
use sms_ledger::engine::{Answer, Command, Driver, Message, Options, Tags};
use sms_ledger::storage::{Limits, Storage};

const ACCOUNT: &str = "bench";
const TO: &str = "+61491570006";
const TEXT: &str = "Your code is 481 516. It is valid for ten minutes; never tell it to anyone.";

/// The only account of a ledger.
pub(crate) struct Account<S> {
    driver: Driver<S>,
    catalog: Arc<Catalog>,
    now: Instant,
}

impl<S: Storage> Account<S> {
    /// Opened, with nothing in it, in a ledger that takes so many commands at once.
    pub(crate) fn open(catalog: &Arc<Catalog>, together: usize, storage: S) -> Result<Self> {
        // As many checks and writes as the memory store of the package takes.
        let limits = Limits { checks: 1_000_000, writes: 1_000_000, ..Limits::default() };
        let options = Options { queue_max: together, limits, ..Options::default() };
        let driver = Driver::new(Arc::clone(catalog), Box::new(NamedZones), options, storage);
        let now = "2026-03-01T00:00:00Z".parse().map_err(Error::other)?;
        let mut account = Self { driver, catalog: Arc::clone(catalog), now };
        account.call("openAccount", &json!({ "id": ACCOUNT }))?;
        Ok(account)
    }

    fn call(&mut self, name: &str, input: &Value) -> Result<()> {
        self.driver.call(name, input, self.now).map(drop).map_err(Error::other)
    }

    /// Gives it a package.
    pub(crate) fn give(&mut self, id: &str, segments: u32) -> Result<()> {
        let given =
            json!({ "account": ACCOUNT, "id": id, "segments": segments, "reason": "bench", "region": "AU" });
        self.call("adjust", &given)
    }

    fn message(&self, id: &str) -> Result<Message> {
        Message::reserve(&self.catalog, id, TO, TEXT, Tags::default(), 1).map_err(Error::other)
    }

    /// Reserves messages that come together, from their numbers and texts to their answers.
    pub(crate) fn reserve(&mut self, ids: &[String]) -> Result<()> {
        let mut commands = Vec::with_capacity(ids.len());
        for id in ids {
            commands.push(Command::Reserve(self.message(id)?));
        }
        let answers = self.driver.run_all(ACCOUNT, commands, self.now);
        all(answers.iter().filter(|answer| answer.is_ok()).count(), ids)
    }

    /// Reserves all of them or none.
    pub(crate) fn reserve_all(&mut self, ids: &[String]) -> Result<()> {
        let mut messages = Vec::with_capacity(ids.len());
        for id in ids {
            messages.push(self.message(id)?);
        }
        let answer =
            self.driver.run(ACCOUNT, Command::ReserveAll(messages), self.now).map_err(Error::other)?;
        let Answer::Batch(reserved) = answer else {
            return Err(Error::other("not the answer to a batch"));
        };
        all(reserved.len(), ids)
    }
}

/// The ids of so many messages.
pub(crate) fn ids(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("message-{number}")).collect()
}

fn all(reserved: usize, ids: &[String]) -> Result<()> {
    if reserved == ids.len() { Ok(()) } else { Err(Error::other("not all were reserved")) }
}

/// A seller's catalog.
pub(crate) fn catalog(profile: &str) -> Result<Arc<Catalog>> {
    Catalog::from_json(profile).map(Arc::new).map_err(Error::other)
}
