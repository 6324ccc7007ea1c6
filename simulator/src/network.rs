//! Between the instances and the store: reads and commits take their time, fail, come twice, and come late.

use crate::books::{Candidate, Checked, Decided};
use crate::faults::Fault;
use crate::operation::Millis;
use crate::world::{Event, Reading, Sent, Told, World, index};
use sms_ledger::engine::{Action, Loaded};
use sms_ledger::storage::{Batch, Committed, Storage};

impl World {
    /// Does what an instance asks for, and takes its answers.
    pub(crate) fn poll(&mut self, instance: usize) -> Checked {
        let (actions, finished) = self.instances[instance].sequencer.poll();
        for (ticket, answer) in finished {
            self.answered(instance, ticket, &answer)?;
        }
        for action in actions {
            match action {
                Action::Read { read, tries, partition, keys, ranges } => {
                    let account = self.account_of(&partition);
                    let generation = self.instances[instance].generation;
                    let version = self.books[account].version();
                    let loaded = Loaded::default();
                    self.readings.push(Reading {
                        instance,
                        generation,
                        account,
                        read,
                        keys,
                        ranges,
                        loaded,
                        version,
                    });
                    let pause =
                        self.latency() + if tries > 0 { self.random.below(1 << tries.min(6)) } else { 0 };
                    self.later(pause, Event::ReadStep { reading: self.readings.len() - 1 });
                }
                Action::Commit { commit, partition, batch } => self.send(instance, commit, &partition, batch),
                Action::Charge { account, order } => {
                    let account = self.account_of(&account);
                    self.charge(account, &order);
                }
            }
        }
        Ok(())
    }

    pub(crate) fn account_of(&self, partition: &str) -> usize {
        self.books.iter().position(|books| books.id() == partition).unwrap()
    }

    /// One storage call: the keys first, then one range after the other. Others commit in between.
    pub(crate) fn read_step(&mut self, at: usize) {
        let failed = self.fails(Fault::ReadFailed, 10);
        let (pause, next) = (self.latency(), self.latency() / 4);
        let reading = &mut self.readings[at];
        if failed {
            return self.later(pause, Event::ReadReply { reading: at, failed });
        }
        let id = self.books[reading.account].id();
        if !reading.keys.is_empty() && reading.loaded.keys.is_empty() {
            reading.loaded.keys = self.store.get(id, &reading.keys).unwrap();
        } else if let Some(range) = reading.ranges.get(reading.loaded.ranges.len()) {
            let found = self.store.list(id, range).unwrap();
            reading.loaded.ranges.push(found);
        }
        let all = reading.loaded.ranges.len() == reading.ranges.len();
        if all {
            self.later(pause, Event::ReadReply { reading: at, failed });
        } else {
            self.later(next, Event::ReadStep { reading: at });
        }
    }

    pub(crate) fn read_reply(&mut self, at: usize, failed: bool) -> Checked {
        let twice = self.fails(Fault::ReplyTwice, 20);
        let reading = &mut self.readings[at];
        let (instance, account, read) = (reading.instance, reading.account, reading.read);
        let loaded = std::mem::take(&mut reading.loaded);
        if reading.generation != self.instances[instance].generation {
            return Ok(());
        }
        if failed {
            self.mark(instance, account, Fault::ReadFailed);
            self.note(|_| format!("instance {instance}: a read of {account} fails"));
            self.instances[instance].sequencer.read_failed(read, "the connection was lost");
            return self.poll(instance);
        }
        if self.readings[at].version != self.books[account].version() {
            self.mark(instance, account, Fault::OldRead);
        }
        self.note(|_| format!("instance {instance} has read {account}"));
        if twice {
            self.mark(instance, account, Fault::ReplyTwice);
            self.instances[instance].sequencer.loaded(read, loaded.clone());
            self.poll(instance)?;
        }
        self.instances[instance].sequencer.loaded(read, loaded);
        self.poll(instance)
    }

    pub(crate) fn send(&mut self, instance: usize, commit: u32, partition: &str, batch: Batch) {
        let account = self.account_of(partition);
        let faults = [
            (Fault::CommitFailed, 45),
            (Fault::AnswerLost, 40),
            (Fault::LateCommit, 40),
            (Fault::CommitTwice, 30),
            (Fault::ReplyTwice, 30),
            (Fault::FalseRefusal, 25),
        ];
        let mut fault = None;
        for (kind, per_mille) in faults {
            // Of an exclusive store no commit outlives the instance that made it.
            let possible =
                !(self.options.exclusive && matches!(kind, Fault::LateCommit | Fault::CommitTwice));
            if self.fails(kind, per_mille) && possible {
                fault = Some(kind);
            }
        }
        if let Some(fault) = fault {
            self.mark(instance, account, fault);
        }
        let candidates = self.instances[instance].queue(account).collect();
        let generation = self.instances[instance].generation;
        self.sent.push(Sent { instance, generation, account, commit, batch, candidates, fault, arrivals: 0 });
        let (sent, pause, more) = (self.sent.len() - 1, self.latency(), 5 + self.random.below(60));
        self.note(|world| {
            format!(
                "instance {instance} commits {sent} on {account} ({fault:?}): {}",
                short(&world.sent[sent])
            )
        });
        match fault {
            Some(Fault::CommitFailed) => self.later(pause, Event::CommitReply { sent, told: Told::Nothing }),
            Some(Fault::LateCommit) => {
                self.later(pause, Event::CommitReply { sent, told: Told::Nothing });
                self.later(pause + more, Event::Commit { sent });
            }
            Some(Fault::FalseRefusal) => {
                let told = Told::Store(Committed::Stale(vec!["account".to_owned()]));
                self.later(pause, Event::CommitReply { sent, told });
            }
            Some(Fault::CommitTwice) => {
                self.later(pause, Event::Commit { sent });
                self.later(pause + more, Event::Commit { sent });
            }
            _ => self.later(pause, Event::Commit { sent }),
        }
    }

    pub(crate) fn commit(&mut self, at: usize) -> Checked {
        let sent = &self.sent[at];
        let (instance, account) = (sent.instance, sent.account);
        // An instance that is gone commits nothing any more over a store that is its own.
        if self.options.exclusive && sent.generation != self.instances[instance].generation {
            return Ok(());
        }
        let told = self.store.commit(self.books[account].id(), &sent.batch).unwrap();
        self.sent[at].arrivals += 1;
        if let Committed::Applied(_) = told {
            self.applied(at)?;
        } else if self.sent[at].arrivals == 1
            && self.sent[at].generation == self.instances[instance].generation
        {
            self.mark(instance, account, Fault::Race);
        }
        self.note(|_| format!("the store: {at} on {account}: {told:?}"));
        let sent = &self.sent[at];
        let told = match sent.fault {
            Some(Fault::AnswerLost) => Told::Nothing,
            Some(Fault::LateCommit) => return Ok(()),
            _ if sent.arrivals > 1 => return Ok(()),
            _ => Told::Store(told),
        };
        let pause = self.latency();
        if self.sent[at].fault == Some(Fault::ReplyTwice) {
            self.later(pause + 1, Event::CommitReply { sent: at, told: told.clone() });
        }
        self.later(pause, Event::CommitReply { sent: at, told });
        Ok(())
    }

    /// Holds what was applied to the books, and has the calls in it decided.
    pub(crate) fn applied(&mut self, at: usize) -> Checked {
        self.done.commits += 1;
        let sent = &self.sent[at];
        let undecided = sent.candidates.iter().filter(|ticket| self.calls[index(**ticket)].decided.is_none());
        let candidates: Vec<Candidate<'_>> = undecided
            .map(|ticket| {
                let call = &self.calls[index(*ticket)];
                Candidate { ticket: *ticket, operation: &self.wanted[call.wanted].operation, now: call.now }
            })
            .collect();
        let tickets: Vec<(u32, Millis)> =
            candidates.iter().map(|candidate| (candidate.ticket, candidate.now)).collect();
        let decided = self.books[sent.account].applied(&sent.batch, self.options.limits, &candidates);
        let decided = decided.map_err(|problem| {
            format!("commit {at} on account {} with {tickets:?}: {problem}", sent.account)
        })?;
        for Decided { ticket, reply, sure } in decided {
            let call = &mut self.calls[index(ticket)];
            *(if sure { &mut call.decided } else { &mut call.perhaps }) = Some(reply);
        }
        Ok(())
    }

    pub(crate) fn commit_reply(&mut self, at: usize, told: Told) -> Checked {
        let Sent { instance, commit, generation, .. } = self.sent[at];
        if generation != self.instances[instance].generation {
            return Ok(());
        }
        let sequencer = &mut self.instances[instance].sequencer;
        match told {
            Told::Store(Committed::Applied(revision)) => sequencer.committed(commit, &revision),
            Told::Store(Committed::Stale(keys)) => sequencer.refused(commit, &keys),
            Told::Nothing => sequencer.unknown(commit, "the connection was lost"),
        }
        self.poll(instance)
    }
}

fn short(commit: &Sent) -> String {
    let keys: Vec<&str> = commit.batch.writes().map(|write| write.key).collect();
    keys.join(" ")
}
