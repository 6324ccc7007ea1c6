//! The policy of a catalog's revision, as an account keeps it: a message is decided by that of the revision that held it.

use crate::catalog::{Catalog, DrawKey, HoldTerms, Source, Split};
use std::sync::Arc;

/// What a revision says of paying and deciding messages. Written once an account first pays under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Of the catalog.
    pub revision: u32,
    /// What decides a message.
    pub holds: Arc<HoldTerms>,
    /// The draw order's sort keys: a message's record says the revision, and so by which order it drew.
    pub draw: Vec<DrawKey>,
    /// What the key `source` sorts by.
    pub sources: Vec<Source>,
    /// Whether one message may be paid from several packages.
    pub split: Split,
}

impl Terms {
    /// Those of a catalog.
    pub fn of(catalog: &Catalog) -> Self {
        let policy = &catalog.policy;
        Self {
            revision: catalog.revision,
            holds: Arc::clone(&policy.holds),
            draw: policy.draw.clone(),
            sources: policy.sources.clone(),
            split: policy.split,
        }
    }
}
