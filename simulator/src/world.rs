//! One run: callers, instances, a network and a store, one event after the other in the order of a seed.

use crate::answers::{Reply, agrees, found, text};
use crate::books::{Books, Checked};
use crate::coverage::Coverage;
use crate::faults::{Fault, Faults};
use crate::generator::{self, Sizes};
use crate::instance::Instance;
use crate::operation::{Millis, Operation, Seller, instant, iso};
use crate::seller::{PLANS, seller};
use crate::store::{Law, Store};
use histories::random::Random;
use serde_json::{Value, json};
use sms_ledger::engine::{Answer, Error, Loaded, Options};
use sms_ledger::storage::{Batch, Committed, Limits, Range};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What is to be run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) operations: u64,
    pub(crate) faults: Faults,
    /// What is broken on purpose.
    pub(crate) breaks: Option<Law>,
    /// Whether what happens is written down.
    pub(crate) traced: bool,
}

/// What a run has done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// What callers wanted.
    pub operations: u64,
    /// How many of that met a fault at one of its calls.
    pub faulted: u64,
    /// How often they called for it.
    pub calls: u64,
    /// Commits that were applied.
    pub commits: u64,
    /// Which commands met which faults.
    pub coverage: Coverage,
}

impl Done {
    /// Adds another run's.
    pub fn add(&mut self, other: &Self) {
        self.operations += other.operations;
        self.faulted += other.faulted;
        self.calls += other.calls;
        self.commits += other.commits;
        self.coverage.add(&other.coverage);
    }
}

/// 1 January 2025.
const START: Millis = 1_735_689_600_000;
/// One seed in so many is a run in which much comes due at once.
const SWELLS_EACH: u64 = 400;
/// In a run in which much comes due at once, it is filled up by so many operations for each of its others.
const SWELL: u64 = 12;
/// Calls on an account that is filled up which may be open at once.
const SWELLING_OPEN_MAX: usize = 40;
/// Calls of a burst, and how often one begins where accounts come and go.
const BURST: u64 = 10;
const BURSTS_PERCENT: u64 = 12;
/// Bytes of accounts that an instance keeps, if it does.
const CACHE: usize = 64 * 1024 * 1024;
/// Events that one operation may lead to, on the average, before a run is taken to have no end.
const EVENTS_MAX: u64 = 3_000;

pub(crate) enum Event {
    /// The next operation is made up.
    Arrive,
    /// An operation is called, for the first time or again.
    Call { operation: usize },
    /// One storage call of a read.
    ReadStep { reading: usize },
    /// What was read arrives.
    ReadReply { reading: usize, failed: bool },
    /// A commit arrives at the store.
    Commit { sent: usize },
    /// What became of it arrives.
    CommitReply { sent: usize, told: Told },
}

#[derive(Clone)]
pub(crate) enum Told {
    Store(Committed),
    Nothing,
}

/// An operation that some caller wants answered.
pub(crate) struct Wanted {
    pub(crate) account: usize,
    pub(crate) operation: Operation,
    pub(crate) answer: Option<String>,
    /// Calls of it that are to come.
    pub(crate) coming: u32,
    /// Calls of it that are not over.
    pub(crate) open: u32,
}

/// One call of an operation, which is a ticket.
pub(crate) struct Call {
    pub(crate) wanted: usize,
    pub(crate) now: Millis,
    pub(crate) version: u64,
    standing: &'static str,
    pub(crate) faults: Faults,
    /// What it must be answered, once it was in a commit that was applied.
    pub(crate) decided: Option<Reply>,
    /// What it must be answered if it was in one that can do without it.
    pub(crate) perhaps: Option<Reply>,
    over: bool,
}

pub(crate) struct Reading {
    pub(crate) instance: usize,
    pub(crate) generation: u32,
    pub(crate) account: usize,
    pub(crate) read: u32,
    pub(crate) keys: Vec<String>,
    pub(crate) ranges: Vec<Range>,
    pub(crate) loaded: Loaded,
    pub(crate) version: u64,
}

pub(crate) struct Sent {
    pub(crate) instance: usize,
    pub(crate) generation: u32,
    pub(crate) account: usize,
    pub(crate) commit: u32,
    pub(crate) batch: Batch,
    pub(crate) candidates: Vec<u32>,
    pub(crate) fault: Option<Fault>,
    pub(crate) arrivals: u32,
}

/// See the module.
pub(crate) struct World {
    pub(crate) plan: Plan,
    pub(crate) random: Random,
    pub(crate) seller: Seller,
    pub(crate) options: Options,
    pub(crate) sizes: Sizes,
    pub(crate) tick: u64,
    pub(crate) serial: u64,
    pub(crate) events: BTreeMap<(u64, u64), Event>,
    pub(crate) now: Millis,
    /// Operations that are still to fill up the first account with what comes due at once, and when that is.
    swelling: u64,
    swells_until: Millis,
    /// An account that is called again and again at one moment, and how often still: whatever meets a commit there meets all those calls.
    burst: (usize, u64),
    /// How many operations there will be.
    arrivals: u64,
    pub(crate) instances: Vec<Instance>,
    pub(crate) store: Store,
    pub(crate) books: Vec<Books>,
    pub(crate) open: Vec<BTreeSet<u32>>,
    pub(crate) wanted: Vec<Wanted>,
    pub(crate) calls: Vec<Call>,
    pub(crate) readings: Vec<Reading>,
    pub(crate) sent: Vec<Sent>,
    /// No more faults: what is open is finished.
    calm: bool,
    pub(crate) done: Done,
    /// The last of what happened.
    pub(crate) trace: VecDeque<String>,
}

impl World {
    pub(crate) fn new(plan: Plan) -> Self {
        let mut random = Random::new(plan.seed);
        let small = random.percent(25);
        let swells = plan.seed.is_multiple_of(SWELLS_EACH);
        let seller = seller(&mut random, if small { 1 } else { 1_900 }, swells);
        let limits =
            if small { Limits { checks: 2, writes: 16, value_bytes: 16_384 } } else { Limits::default() };
        let instances = usize::try_from(*random.of(&[1_u64, 2, 2, 3, 4])).unwrap();
        let options = Options {
            limits,
            exclusive: instances == 1 && random.percent(60),
            cache_bytes_max: if swells { CACHE } else { *random.of(&[0, CACHE]) },
            queue_max: *random.of(&[3, 10_000, 10_000]),
        };
        // A small store takes a message from two packages at least.
        let corners = random.percent(35);
        // A small store takes a message from fewer packages where something may be ordered as well; how few is its own business.
        let recharges = random.percent(40) && !small;
        let sizes = Sizes {
            ids: *random.of(&[6, 12, 30]),
            segments_max: if small { 2 } else { 8 },
            corners,
            recharges,
        };
        let accounts = if corners { 5 } else { 1 + random.below(5) };
        let books =
            (0..accounts).map(|account| Books::new(&format!("account-{account}"), seller.terms.clone()));
        let books: Vec<Books> = books.collect();
        let now = START + i64::try_from(random.below(365 * 86_400)).unwrap() * 1_000;
        let swelling = if swells { plan.operations * SWELL } else { 0 };
        let mut world = Self {
            swelling,
            swells_until: now + seller.terms.hold,
            burst: (0, 0),
            arrivals: plan.operations + swelling,
            open: books.iter().map(|_| BTreeSet::new()).collect(),
            instances: (0..instances).map(|_| Instance::new(&seller, options, 0, 0)).collect(),
            store: Store::breaking(plan.breaks),
            now,
            plan,
            random,
            seller,
            options,
            sizes,
            tick: 0,
            serial: 0,
            events: BTreeMap::new(),
            books,
            wanted: Vec::new(),
            calls: Vec::new(),
            readings: Vec::new(),
            sent: Vec::new(),
            calm: false,
            done: Done::default(),
            trace: VecDeque::new(),
        };
        world.later(0, Event::Arrive);
        world
    }

    /// Runs to the end.
    pub(crate) fn run(&mut self) -> Checked<Done> {
        let mut left = (self.arrivals + 100) * EVENTS_MAX;
        while let Some(((tick, _), event)) = self.events.pop_first() {
            self.tick = tick;
            self.maybe_crash();
            self.happen(event)?;
            left = left.checked_sub(1).ok_or("it never ends")?;
        }
        for wanted in &self.wanted {
            if wanted.answer.is_none() {
                return Err(format!("nobody has answered {:?}", wanted.operation));
            }
        }
        let asked = self.wanted_with_answers();
        crate::ending::check(&mut self.store, &self.books, &self.seller, self.options, &asked)?;
        self.done.operations = u64::try_from(self.wanted.len()).unwrap();
        let faulted = self.calls.iter().filter(|call| !call.faults.is_empty()).map(|call| call.wanted);
        self.done.faulted = u64::try_from(faulted.collect::<BTreeSet<usize>>().len()).unwrap();
        self.done.calls = u64::try_from(self.calls.len()).unwrap();
        Ok(std::mem::take(&mut self.done))
    }

    fn wanted_with_answers(&self) -> Vec<(usize, Operation)> {
        self.wanted.iter().map(|wanted| (wanted.account, wanted.operation.clone())).collect()
    }

    pub(crate) fn note(&mut self, line: impl FnOnce(&Self) -> String) {
        if self.plan.traced {
            let line = format!("{:>6}  {}", self.tick, line(self));
            self.trace.push_back(line);
            if self.trace.len() > 100_000 {
                self.trace.pop_front();
            }
        }
    }

    pub(crate) fn later(&mut self, ticks: u64, event: Event) {
        self.serial += 1;
        self.events.insert((self.tick + ticks, self.serial), event);
    }

    /// Whether something goes wrong that does so in so many of a thousand times. Chance is spent whether or not it may.
    pub(crate) fn fails(&mut self, fault: Fault, per_mille: u64) -> bool {
        let per_mille = if self.sizes.corners { 4 * per_mille } else { per_mille };
        self.random.below(1_000) < per_mille && self.plan.faults.has(fault) && !self.calm
    }

    /// How long something takes: mostly a moment, sometimes long.
    pub(crate) fn latency(&mut self) -> u64 {
        let draw = self.random.below(100);
        let long = self.random.below(60);
        match draw {
            _ if self.calm => draw % 3,
            0..=49 => 0,
            50..=84 => draw % 4,
            85..=96 => draw % 12,
            _ => long,
        }
    }

    pub(crate) fn mark(&mut self, instance: usize, account: usize, fault: Fault) {
        for ticket in self.instances[instance].queue(account) {
            self.calls[index(ticket)].faults.add(fault);
        }
    }

    fn maybe_crash(&mut self) {
        let instance =
            usize::try_from(self.random.below(u64::try_from(self.instances.len()).unwrap())).unwrap();
        if !self.fails(Fault::Crash, 4) {
            return;
        }
        self.note(|_| format!("instance {instance} crashes"));
        let skew = self.skew();
        let generation = self.instances[instance].generation + 1;
        let new = Instance::new(&self.seller, self.options, generation, skew);
        let old = std::mem::replace(&mut self.instances[instance], new);
        for ticket in old.queues.into_values().flatten() {
            self.calls[index(ticket)].faults.add(Fault::Crash);
            self.over(ticket);
            self.again(self.calls[index(ticket)].wanted);
        }
    }

    fn skew(&mut self) -> Millis {
        let skew = self.random.below(7_200_000);
        let behind = self.random.percent(40);
        if behind && self.plan.faults.has(Fault::ClockBack) { -i64::try_from(skew).unwrap() } else { 0 }
    }

    /// The caller calls again, unless it has the answer from elsewhere.
    fn again(&mut self, wanted: usize) {
        let pause = 1 + self.latency();
        self.call_later(wanted, pause, 1);
    }

    /// Has an operation called once more, unless it is answered or that many of its calls are open or to come: callers that wait for the
    /// same answer do not add up without end.
    fn call_later(&mut self, wanted: usize, pause: u64, calls_max: u32) {
        let known = &mut self.wanted[wanted];
        if known.answer.is_none() && known.open + known.coming < calls_max {
            known.coming += 1;
            self.later(pause, Event::Call { operation: wanted });
        }
    }

    /// A call is over, with an answer or without.
    fn over(&mut self, ticket: u32) {
        let call = &mut self.calls[index(ticket)];
        call.over = true;
        let wanted = &mut self.wanted[call.wanted];
        wanted.open -= 1;
        self.done.coverage.count(&wanted.operation, call.standing, call.faults);
        let account = wanted.account;
        self.open[account].remove(&ticket);
        let first = self.open[account].first().map_or(u64::MAX, |first| self.calls[index(*first)].version);
        self.books[account].forget(first);
    }

    fn happen(&mut self, event: Event) -> Checked {
        match event {
            Event::Arrive => self.arrive(),
            Event::Call { operation } => {
                self.wanted[operation].coming -= 1;
                self.call(operation)
            }
            Event::ReadStep { reading } => {
                self.read_step(reading);
                Ok(())
            }
            Event::ReadReply { reading, failed } => self.read_reply(reading, failed),
            Event::Commit { sent } => self.commit(sent),
            Event::CommitReply { sent, told } => self.commit_reply(sent, told),
        }
    }

    fn arrive(&mut self) -> Checked {
        if u64::try_from(self.wanted.len()).unwrap() >= self.arrivals {
            self.calm = true;
            return Ok(());
        }
        if self.swelling > 0 && self.open[0].len() > SWELLING_OPEN_MAX {
            self.later(3, Event::Arrive);
            return Ok(());
        }
        let (account, operation) = if self.swelling > 0 { self.swell() } else { self.operation() };
        self.wanted.push(Wanted { account, operation, answer: None, coming: 0, open: 0 });
        let gap = if self.random.percent(40) { 0 } else { self.random.below(8) };
        let gap = if self.burst.1 > 0 { 0 } else { gap };
        self.later(gap, Event::Arrive);
        self.call(self.wanted.len() - 1)
    }

    fn operation(&mut self) -> (usize, Operation) {
        let account = usize::try_from(self.random.below(u64::try_from(self.books.len()).unwrap())).unwrap();
        let begins = self.sizes.corners && self.burst.1 == 0 && self.random.percent(BURSTS_PERCENT);
        if begins {
            self.burst = (account, BURST);
        }
        let account = if self.burst.1 > 0 { self.burst.0 } else { account };
        self.burst.1 = self.burst.1.saturating_sub(1);
        let known = self.books[account].account();
        self.now += generator::pause(&mut self.random, &known, self.now);
        self.now = self.now.max(START);
        (account, generator::operation(&mut self.random, &known, self.sizes, self.now))
    }

    /// Messages of a batch that fills up an account; batches are left out where accounts order by themselves.
    pub(crate) fn swelling_messages(&self) -> usize {
        if self.sizes.recharges { 1 } else { self.seller.terms.batch_max.min(20) }
    }

    /// Fills up the first account; then the clock goes to where all of it comes due, or just before or behind that.
    fn swell(&mut self) -> (usize, Operation) {
        self.swelling -= 1;
        let known = self.books[0].account();
        let operation = match self.swelling {
            0 => {
                self.now = self.swells_until + i64::try_from(self.random.below(3)).unwrap() - 1;
                Operation::Advance
            }
            _ if known.state == "unopened" => Operation::Open { plan: Some(PLANS[0].0), gated: true },
            place => {
                let messages = self.swelling_messages();
                generator::swell(&mut self.random, place, messages, self.swells_until)
            }
        };
        (0, operation)
    }

    /// The payment provider is asked for an order's money: it says what became of it soon, late, twice, or never.
    pub(crate) fn charge(&mut self, account: usize, order: &str) {
        for _ in 0..self.random.below(3) {
            let operation = generator::payment(&mut self.random, order);
            self.wanted.push(Wanted { account, operation, answer: None, coming: 0, open: 0 });
            let pause = self.latency() + self.random.below(40);
            self.call_later(self.wanted.len() - 1, pause, 1);
        }
    }

    fn call(&mut self, wanted: usize) -> Checked {
        if self.wanted[wanted].answer.is_some() {
            return Ok(());
        }
        let instance =
            usize::try_from(self.random.below(u64::try_from(self.instances.len()).unwrap())).unwrap();
        let impatient = self.fails(Fault::CalledTwice, 60);
        if impatient {
            let pause = self.latency();
            // This call is not open yet.
            self.call_later(wanted, pause, 3);
        }
        let account = self.wanted[wanted].account;
        let now = self.now + self.instances[instance].skew;
        let known = self.books[account].account();
        let mut faults = Faults::default();
        if now < known.last_at {
            faults.add(Fault::ClockBack);
        }
        if self.wanted[wanted].open > 0 {
            faults.add(Fault::CalledTwice);
        }
        let command = self.wanted[wanted].operation.command(&self.seller, self.books[account].id());
        let command = command.map_err(|error| format!("{:?}: {error}", self.wanted[wanted].operation))?;
        let ticket = u32::try_from(self.calls.len()).unwrap();
        let (version, standing) = (self.books[account].version(), known.state);
        self.calls.push(Call {
            wanted,
            now,
            version,
            standing,
            faults,
            decided: None,
            perhaps: None,
            over: false,
        });
        self.wanted[wanted].open += 1;
        self.open[account].insert(ticket);
        self.note(|world| {
            let operation = &world.wanted[wanted].operation;
            format!("call {ticket} at {instance} on {account} at {}: {operation:?}", iso(now))
        });
        let id = self.books[account].id().to_owned();
        self.instances[instance].queues.entry(account).or_default().push_back(ticket);
        self.instances[instance].sequencer.enqueue(ticket, &id, command, instant(now));
        self.poll(instance)
    }

    pub(crate) fn answered(
        &mut self,
        instance: usize,
        ticket: u32,
        answer: &Result<Answer, Box<Error>>,
    ) -> Checked {
        let call = &self.calls[index(ticket)];
        if call.over {
            return Err(format!("call {ticket} is answered twice"));
        }
        let wanted = call.wanted;
        let account = self.wanted[wanted].account;
        self.instances[instance].done(account, ticket);
        let code = answer.as_ref().err().map(|error| error.code.as_str());
        self.note(|_| format!("answer {ticket}: {}", code.unwrap_or("ok")));
        if let Some(code @ ("STORAGE_UNAVAILABLE" | "CONTENTION" | "OVERLOADED")) = code {
            let call = &mut self.calls[index(ticket)];
            let excused = match code {
                "OVERLOADED" => {
                    call.faults.add(Fault::Overloaded);
                    self.options.queue_max < 10
                }
                "CONTENTION" => call.faults.has(Fault::Race) || call.faults.has(Fault::OldRead),
                _ => [Fault::ReadFailed, Fault::CommitFailed, Fault::AnswerLost, Fault::LateCommit]
                    .iter()
                    .any(|fault| call.faults.has(*fault)),
            };
            self.over(ticket);
            if code == "OVERLOADED" {
                let pause = 1 + self.random.below(200);
                self.call_later(wanted, pause, 1);
            } else {
                self.again(wanted);
            }
            return if excused {
                Ok(())
            } else {
                Err(format!("call {ticket} fails without a reason: {code}"))
            };
        }
        self.agree(ticket, answer).map_err(|problem| {
            format!("call {ticket}, {:?}: {}\n  {problem}", self.wanted[wanted].operation, text(answer))
        })?;
        self.wanted[wanted].answer = Some(text(answer));
        self.over(ticket);
        Ok(())
    }

    /// Whether an answer is the model's.
    fn agree(&self, ticket: u32, answer: &Result<Answer, Box<Error>>) -> Checked {
        let call = &self.calls[index(ticket)];
        let Wanted { account, operation, .. } = &self.wanted[call.wanted];
        let mut found = found(answer);
        if let (Some(Law::Ends), Ok(Value::Array(packages))) = (self.plan.breaks, &mut found) {
            let ends = |package: &&mut Value| {
                package["expiresAt"] == iso(call.now) && package["status"] == "expired"
            };
            packages.iter_mut().filter(ends).for_each(|package| package["status"] = json!("effective"));
        }
        let agrees = |expected: &Reply| agrees(expected, &found);
        match &call.decided {
            Some(expected) if agrees(expected) => Ok(()),
            Some(expected) => {
                Err(format!("the model says {expected:?} of {:?}", self.books[*account].account().packages))
            }
            None if call.perhaps.as_ref().is_some_and(agrees) => Ok(()),
            None => self.books[*account].was_true(operation, call.now, call.version, &agrees),
        }
    }
}

pub(crate) fn index(ticket: u32) -> usize {
    usize::try_from(ticket).unwrap()
}
