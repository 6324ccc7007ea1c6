//! A catalog that cannot be used.

use crate::shape::Problem;
use std::fmt;

/// A catalog that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogError {
    /// At least one.
    pub problems: Vec<Problem>,
}

impl CatalogError {
    /// A single problem.
    pub(crate) fn one(path: &str, message: &str) -> Self {
        Self { problems: vec![Problem { path: path.to_owned(), message: message.to_owned() }] }
    }
}

impl fmt::Display for CatalogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            let colon = if problem.path.is_empty() { "" } else { ": " };
            write!(f, "{separator}{}{colon}{}", problem.path, problem.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for CatalogError {}
