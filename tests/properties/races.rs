//! Several sequencers over one store whose reads and commits interleave in any order, call by call.

use super::histories::START;
use super::invariants::{hold_in_journal, hold_in_store};
use super::steps::{Step, catalog, step};
use crate::common::shared::Shared;
use crate::common::world::{ACCOUNT, World};
use crate::common::{bytes, reply};
use proptest::prelude::*;
use serde_json::Value;
use sms_ledger::calendar::NamedZones;
use sms_ledger::engine::{Action, Finished, Loaded, Options, Sequencer};
use sms_ledger::storage::{Committed, Storage};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// A process: its sequencer and what it has not yet done, one storage call at a time.
struct Process {
    sequencer: Sequencer,
    todo: VecDeque<Call>,
    finished: Vec<Finished>,
}

enum Call {
    Action(Action),
    /// A read of which the keys are read and some of the ranges.
    Half(Action, Loaded),
    /// A commit that was applied; its answer is on its way.
    Answer(u32, Committed),
}

impl Process {
    fn poll(&mut self) {
        let (actions, finished) = self.sequencer.poll();
        self.todo.extend(actions.into_iter().map(Call::Action));
        self.finished.extend(finished);
    }

    /// Makes one call of the store, or delivers one answer.
    fn go_on(&mut self, store: &mut Shared) {
        match self.todo.pop_front() {
            None => return,
            Some(Call::Action(Action::Commit { commit, partition, batch })) => {
                let answer = store.commit(&partition, &batch).unwrap();
                self.todo.push_back(Call::Answer(commit, answer));
            }
            Some(Call::Action(action)) => {
                let Action::Read { partition, keys, .. } = &action else { return };
                let keys = store.get(partition, keys).unwrap();
                self.todo.push_back(Call::Half(action, Loaded { keys, ranges: Vec::new() }));
            }
            Some(Call::Half(action, mut loaded)) => {
                let Action::Read { read, partition, ranges, .. } = &action else { return };
                match ranges.get(loaded.ranges.len()) {
                    Some(range) => {
                        loaded.ranges.push(store.list(partition, range).unwrap());
                        self.todo.push_back(Call::Half(action, loaded));
                    }
                    None => self.sequencer.loaded(*read, loaded),
                }
            }
            Some(Call::Answer(commit, Committed::Applied(revision))) => {
                self.sequencer.committed(commit, &revision);
            }
            Some(Call::Answer(commit, Committed::Stale(keys))) => self.sequencer.refused(commit, &keys),
        }
        self.poll();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 160, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the order of calls: everything is answered, the same id is answered the same everywhere, and the books add up.
    #[test]
    fn no_order_of_calls_breaks_anything(
        steps in proptest::collection::vec((0..3_usize, step().prop_map(Step::normal), 0..5_usize, 0..40 * 86_400_i64, proptest::bool::weighted(0.1)), 1..70),
        order in proptest::collection::vec(0..3_usize, 200),
    ) {
        let mut world = World::of(catalog("allow"), START);
        Step::Open { plan: true }.take(&mut world).unwrap();
        Step::Buy { id: 200, offer: 0, quantity: 40, quoted_before: 0 }.take(&mut world).unwrap();
        let process = || Process {
            sequencer: Sequencer::new(Arc::clone(&world.catalog), Box::new(NamedZones), Options::default()),
            todo: VecDeque::new(),
            finished: Vec::new(),
        };
        let mut processes = [process(), process(), process()];
        let (mut order, mut store) = (order.into_iter().cycle(), world.store.clone());
        for (ticket, (process, step, calls, jump, jumps)) in steps.iter().enumerate() {
            if *jumps {
                world.now = world.now.checked_add_seconds(*jump).unwrap();
            }
            let command = step.command(&world);
            let one = &mut processes[*process];
            one.sequencer.enqueue(u32::try_from(ticket).unwrap(), ACCOUNT, command, world.now);
            one.poll();
            for _ in 0..*calls {
                processes[order.next().unwrap()].go_on(&mut store);
            }
            hold_in_store(&world);
        }
        let mut rounds = 0;
        while processes.iter().any(|process| !process.todo.is_empty()) {
            // Every process comes round, whatever the order.
            processes[(order.next().unwrap() + rounds) % 3].go_on(&mut store);
            rounds += 1;
            prop_assert!(rounds < 20_000, "never ends");
        }
        let mut answers = BTreeMap::new();
        for process in processes {
            for (ticket, answer) in process.finished {
                prop_assert!(answers.insert(ticket, reply(answer)).is_none(), "answered twice");
            }
        }
        prop_assert_eq!(answers.len(), steps.len());
        let mut by_id: BTreeMap<String, String> = BTreeMap::new();
        for (ticket, reply) in &answers {
            let step = &steps[usize::try_from(*ticket).unwrap()].1;
            let text = bytes(reply);
            prop_assert!(!text.contains("STORAGE") && !text.contains("CONTENTION"), "{}", text);
            if let (Step::Reserve { id, to, segments, attempt }, false) = (step, text.contains("INVALID") || text.contains("REUSED")) {
                let first = by_id.entry(format!("{id} {to} {segments} {attempt}")).or_insert_with(|| text.clone());
                prop_assert_eq!(&*first, &text);
            }
        }
        hold_in_store(&world);
        hold_in_journal(&mut world);
        // What a process that has seen nothing reads is what the others were told.
        let mut fresh = world.again();
        for (ticket, reply) in &answers {
            let step = &steps[usize::try_from(*ticket).unwrap()].1;
            if let (Step::Reserve { .. }, Ok(answer)) = (step, reply) {
                prop_assert_eq!(&step.take(&mut fresh).unwrap(), answer);
            }
        }
        let balance: Value = fresh.balance();
        prop_assert!(balance["issued"].as_u64().unwrap() >= 40);
    }
}
