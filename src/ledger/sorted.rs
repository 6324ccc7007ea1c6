//! A map for few keys, or for keys that mostly come in order: a sorted list. Every kind of B-tree adds its own copy of the
//! machinery to the module; this adds next to nothing.

/// Pairs in the order of their keys, each key once. A look-up takes O(log n), an insertion or removal moves what lies behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sorted<K, V>(Vec<(K, V)>);

impl<K, V> Default for Sorted<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord, V> Sorted<K, V> {
    fn find(&self, key: &K) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| known.cmp(key))
    }

    /// The value of a key.
    pub fn get(&self, key: &K) -> Option<&V> {
        let at = self.find(key).ok()?;
        self.0.get(at).map(|(_, value)| value)
    }

    /// The value of a key, to be changed.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let at = self.find(key).ok()?;
        self.0.get_mut(at).map(|(_, value)| value)
    }

    /// Puts a value in its place; gives the one that was there.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.find(&key) {
            Ok(at) => self.0.get_mut(at).map(|(_, known)| std::mem::replace(known, value)),
            Err(at) => {
                self.0.insert(at, (key, value));
                None
            }
        }
    }

    /// Takes a value out.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let at = self.find(key).ok()?;
        Some(self.0.remove(at).1)
    }

    /// The pairs in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &(K, V)> {
        self.0.iter()
    }

    /// The pairs in order, the values to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&K, &mut V)> {
        self.0.iter_mut().map(|(key, value)| (&*key, value))
    }

    /// The pairs from a key on, in order.
    pub fn from<'a>(&'a self, key: &K) -> impl Iterator<Item = &'a (K, V)> + use<'a, K, V> {
        let at = self.find(key).unwrap_or_else(|at| at);
        self.0.iter().skip(at)
    }

    /// The keys in order.
    pub fn into_keys(self) -> impl Iterator<Item = K> {
        self.0.into_iter().map(|(key, _)| key)
    }

    /// The values in the order of their keys.
    pub fn into_values(self) -> impl Iterator<Item = V> {
        self.0.into_iter().map(|(_, value)| value)
    }

    /// How many pairs there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stand_once_and_in_order() {
        let mut sorted = Sorted::default();
        for (key, before) in [(3, None), (1, None), (2, None), (3, Some(3)), (1, Some(1))] {
            assert_eq!(sorted.insert(key, key), before);
        }
        assert_eq!(sorted.iter().copied().collect::<Vec<_>>(), [(1, 1), (2, 2), (3, 3)]);
        assert_eq!((sorted.remove(&2), sorted.remove(&2), sorted.len()), (Some(2), None, 2));
        *sorted.get_mut(&3).unwrap() = 4;
        assert_eq!((sorted.get(&3), sorted.get(&2), sorted.is_empty()), (Some(&4), None, false));
        for (from, expected) in [(0, &[(1, 1), (3, 4)][..]), (2, &[(3, 4)]), (3, &[(3, 4)]), (4, &[])] {
            assert_eq!(sorted.from(&from).copied().collect::<Vec<_>>(), expected);
        }
    }
}
