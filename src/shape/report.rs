//! What is wrong with a document, and what is only odd.

use super::{Found, Problem};
use serde_json::Value;
use std::cell::RefCell;
use std::fmt;

/// What a look at a document found.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Findings {
    /// What makes it unusable; none where it is valid.
    pub problems: Vec<Problem>,
    /// What is allowed, but may be a slip: a larger quantity that costs less, a time without prices.
    pub warnings: Vec<Problem>,
}

/// The findings while a document is read.
#[derive(Default)]
pub(crate) struct Report(RefCell<Findings>);

impl Report {
    #[inline(never)]
    pub(crate) fn add(&self, path: String, message: impl Into<String>) {
        self.0.borrow_mut().problems.push(Problem { path, message: message.into() });
    }

    #[inline(never)]
    pub(crate) fn warn(&self, path: String, message: impl Into<String>) {
        self.0.borrow_mut().warnings.push(Problem { path, message: message.into() });
    }

    #[inline(never)]
    pub(crate) fn wrong(&self, path: String, expected: &dyn fmt::Display, found: &Value) {
        self.add(path, format!("expected {expected}, found {}", Found(found)));
    }

    /// Whether nothing is wrong so far.
    #[inline(never)]
    pub(crate) fn is_clean(&self) -> bool {
        self.0.borrow().problems.is_empty()
    }

    #[inline(never)]
    /// The first problem.
    pub(crate) fn first(&self) -> Option<Problem> {
        self.0.borrow().problems.first().cloned()
    }

    /// All of it.
    pub(crate) fn findings(self) -> Findings {
        self.0.into_inner()
    }
}
