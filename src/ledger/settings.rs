//! What an account has set for itself, where the catalog's policy has only defaults.

use super::recharge::Recharge;
use crate::catalog::{Alarms, Ceiling};
use crate::numbering::Region;

/// What an account has set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Its ceilings; absent = those of the policy.
    pub ceilings: Option<Vec<Ceiling>>,
    /// Its alarms; absent = those of the policy.
    pub alarms: Option<Alarms>,
    /// Where its thresholds stand; one that is not listed was never reached.
    pub watched: Vec<Watched>,
    /// What is ordered by itself; one for each region and purpose.
    pub recharges: Vec<Recharge>,
}

/// Where a threshold stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watched {
    /// Of what can pay for messages to this region; absent = of everything.
    pub region: Option<Region>,
    /// The threshold.
    pub below: u64,
    /// Whether its alarm has fired and is not armed again; else it is armed.
    pub fired: bool,
}
