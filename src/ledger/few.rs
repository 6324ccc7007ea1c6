//! A list that mostly has the same few items, and then needs no memory of its own.

use std::ops::Deref;

/// So many items in place, or any number in a list.
#[derive(Clone, Debug)]
pub enum Few<T, const N: usize> {
    /// So many.
    Few([T; N]),
    /// Any number.
    Many(Vec<T>),
}

impl<T, const N: usize> Default for Few<T, N> {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl<T, const N: usize> From<Vec<T>> for Few<T, N> {
    fn from(items: Vec<T>) -> Self {
        Self::Many(items)
    }
}

impl<T, const N: usize> Deref for Few<T, N> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match self {
            Self::Few(items) => items,
            Self::Many(items) => items,
        }
    }
}

impl<T: PartialEq, const N: usize> PartialEq for Few<T, N> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Eq, const N: usize> Eq for Few<T, N> {}
