//! A native driver: the same sequencer over the [`Storage`] trait, one command at a time or many together.

use super::answer::Answer;
use super::ask::parse;
use super::command::{Command, Message, Said, Tags};
use super::error::Result;
use super::sequencer::{Action, Finished, Loaded, Options, Sequencer};
use crate::calendar::{Instant, Zones};
use crate::catalog::Catalog;
use crate::storage::{Committed, Storage};
use std::sync::Arc;

/// A ledger for Rust users.
pub struct Driver<S> {
    sequencer: Sequencer,
    storage: S,
    next_ticket: u32,
}

impl<S: Storage> Driver<S> {
    /// A ledger over a store.
    pub fn new(catalog: Arc<Catalog>, zones: Box<dyn Zones>, options: Options, storage: S) -> Self {
        Self { sequencer: Sequencer::new(catalog, zones, options), storage, next_ticket: 0 }
    }

    /// The store.
    pub fn storage(&mut self) -> &mut S {
        &mut self.storage
    }

    /// The store, when the ledger is no longer needed.
    pub fn into_storage(self) -> S {
        self.storage
    }

    /// A command by its name in the JavaScript API, its input as JSON.
    pub fn call(&mut self, name: &str, input: &serde_json::Value, now: Instant) -> Result<Answer> {
        let (account, command) = parse(self.sequencer.catalog(), name, input)?;
        self.run(&account, command, now)
    }

    /// Reserves a message.
    pub fn reserve(&mut self, account: &str, id: &str, to: &str, text: &str, now: Instant) -> Result<Answer> {
        let message = Message::reserve(self.sequencer.catalog(), id, to, text, Tags::default(), 1)?;
        self.run(account, Command::Reserve(message), now)
    }

    /// A delivery report.
    pub fn report(&mut self, account: &str, id: &str, stage: &str, now: Instant) -> Result<Answer> {
        self.run(account, Command::Outcome(Said::report(id, stage, None, None)?), now)
    }

    /// One command.
    pub fn run(&mut self, account: &str, command: Command, now: Instant) -> Result<Answer> {
        let finished = self.run_all(account, vec![command], now).pop();
        finished.unwrap_or_else(|| Err(super::error::Error::input("", "no answer")))
    }

    /// Commands that arrive together; their answers in the same order.
    pub fn run_all(&mut self, account: &str, commands: Vec<Command>, now: Instant) -> Vec<Result<Answer>> {
        let first = self.next_ticket;
        for command in commands {
            self.sequencer.enqueue(self.next_ticket, account, command, now);
            self.next_ticket = self.next_ticket.wrapping_add(1);
        }
        let mut finished = self.drain();
        // They mostly come in order.
        if !finished.is_sorted_by_key(|(ticket, _)| ticket.wrapping_sub(first)) {
            finished.sort_by_key(|(ticket, _)| ticket.wrapping_sub(first));
        }
        finished.into_iter().map(|(_, answer)| answer).collect()
    }

    /// The account was written by something else than a command: see [`Sequencer::forget`].
    pub fn forget(&mut self, account: &str) {
        self.sequencer.forget(account);
    }

    fn drain(&mut self) -> Vec<Finished> {
        let mut finished = Vec::new();
        loop {
            let (actions, answers) = self.sequencer.poll();
            if finished.is_empty() {
                finished = answers;
            } else {
                finished.extend(answers);
            }
            if actions.is_empty() {
                return finished;
            }
            for action in actions {
                self.act(action);
            }
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Read { read, partition, keys, ranges, .. } => match self.load(&partition, &keys, &ranges)
            {
                Ok(loaded) => self.sequencer.loaded(read, loaded),
                Err(error) => self.sequencer.read_failed(read, &error.to_string()),
            },
            Action::Commit { commit, partition, batch } => match self.storage.commit(&partition, &batch) {
                Ok(Committed::Applied(revision)) => self.sequencer.committed(commit, &revision),
                Ok(Committed::Stale(keys)) => self.sequencer.refused(commit, &keys),
                Err(error) => self.sequencer.unknown(commit, &error.to_string()),
            },
            // Whoever calls confirms payments; `orders` lists those that wait.
            Action::Charge { .. } => {}
        }
    }

    fn load(
        &mut self,
        partition: &str,
        keys: &[String],
        ranges: &[crate::storage::Range],
    ) -> std::result::Result<Loaded, crate::storage::StorageError> {
        let keys = if keys.is_empty() { Vec::new() } else { self.storage.get(partition, keys)? };
        let ranges = ranges
            .iter()
            .map(|range| self.storage.list(partition, range))
            .collect::<std::result::Result<_, _>>()?;
        Ok(Loaded { keys, ranges })
    }
}
