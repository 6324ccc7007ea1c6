//! One process of the service: its sequencer, its clock, and the calls that wait in it.

use crate::operation::{Millis, Seller};
use sms_ledger::calendar::NamedZones;
use sms_ledger::engine::{Options, Sequencer};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// See the module.
pub(crate) struct Instance {
    pub(crate) sequencer: Sequencer,
    /// How often it was thrown away; what is on its way to an earlier one arrives nowhere.
    pub(crate) generation: u32,
    /// How far its clock is from everybody's.
    pub(crate) skew: Millis,
    /// The tickets that wait, by account, in the order in which they came.
    pub(crate) queues: BTreeMap<usize, VecDeque<u32>>,
}

impl Instance {
    pub(crate) fn new(seller: &Seller, options: Options, generation: u32, skew: Millis) -> Self {
        let sequencer = Sequencer::new(Arc::clone(&seller.catalog), Box::new(NamedZones), options);
        Self { sequencer, generation, skew, queues: BTreeMap::new() }
    }

    /// What waits on an account.
    pub(crate) fn queue(&self, account: usize) -> impl Iterator<Item = u32> {
        self.queues.get(&account).into_iter().flatten().copied()
    }

    pub(crate) fn done(&mut self, account: usize, ticket: u32) {
        if let Some(queue) = self.queues.get_mut(&account) {
            queue.retain(|waiting| *waiting != ticket);
        }
    }
}
