//! What an account has set for itself, where the catalog's policy has only defaults.

use crate::catalog::Ceiling;

/// What an account has set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Its ceilings; absent = those of the policy.
    pub ceilings: Option<Vec<Ceiling>>,
}
