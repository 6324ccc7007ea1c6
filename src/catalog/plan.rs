//! Recurring credits.

use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Credits that come anew on every billing date, monthly; what is left of the old ones expires then (domain rule 29).
/// They pay any region that the catalog prices (domain rule 26).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Unique in the catalog.
    pub id: Arc<str>,
    /// The package's name.
    pub name: Arc<str>,
    /// Segments a month.
    pub credits: u64,
}
