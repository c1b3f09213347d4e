//! One keyed state of one subtask: a value for each key, kept by key group.

use std::hash::Hash;

use foldhash::fast::RandomState;
use hashbrown::{Equivalent, HashMap};

/// Values by key. Keys of one group stay together, since a group is what a snapshot holds and what moves to
/// another subtask when the parallelism changes.
pub struct KeyedTable<K, V> {
    groups: Vec<HashMap<K, V, RandomState>>,
}

impl<K, V> Default for KeyedTable<K, V> {
    fn default() -> Self {
        KeyedTable { groups: Vec::new() }
    }
}

impl<K: Eq + Hash, V> KeyedTable<K, V> {
    pub fn get<Q: Hash + Equivalent<K>>(&self, group: u16, key: &Q) -> Option<&V> {
        self.groups.get(usize::from(group))?.get(key)
    }

    pub fn get_mut<Q: Hash + Equivalent<K>>(&mut self, group: u16, key: &Q) -> Option<&mut V> {
        self.groups.get_mut(usize::from(group))?.get_mut(key)
    }

    /// Sets the value of `key` and returns the one before.
    pub fn insert(&mut self, group: u16, key: K, value: V) -> Option<V> {
        let group = usize::from(group);
        if self.groups.len() <= group {
            self.groups.resize_with(group + 1, HashMap::default);
        }
        self.groups[group].insert(key, value)
    }

    pub fn remove<Q: Hash + Equivalent<K>>(&mut self, group: u16, key: &Q) -> Option<V> {
        self.groups.get_mut(usize::from(group))?.remove(key)
    }

    /// How many keys have a value.
    pub fn len(&self) -> usize {
        self.groups.iter().map(HashMap::len).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.groups.iter().all(HashMap::is_empty)
    }

    /// All keys that have a value, group by group; in no order within a group.
    pub fn iter(&self) -> impl Iterator<Item = (u16, &K, &V)> {
        let groups = self.groups.iter().enumerate();
        groups.flat_map(|(group, values)| values.iter().map(move |(key, value)| (group as u16, key, value)))
    }

    /// The same, to change the values.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (u16, &K, &mut V)> {
        let groups = self.groups.iter_mut().enumerate();
        groups.flat_map(|(group, values)| values.iter_mut().map(move |(key, value)| (group as u16, key, value)))
    }

    /// Removes the values that `stays` denies.
    pub fn retain(&mut self, mut stays: impl FnMut(&mut V) -> bool) {
        self.groups.iter_mut().for_each(|values| values.retain(|_, value| stays(value)));
    }

    pub fn clear(&mut self) {
        self.groups.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_one_value() {
        let mut table = KeyedTable::default();
        assert_eq!(table.insert(3, "a", 1), None);
        assert_eq!(table.insert(3, "a", 2), Some(1));
        assert_eq!((table.get(3, &"a"), table.get(3, &"b"), table.get(99, &"a")), (Some(&2), None, None));
        assert_eq!(table.remove(3, &"a"), Some(2));
        assert_eq!((table.remove(3, &"a"), table.len()), (None, 0));
    }

    #[test]
    fn iterates_by_group() {
        let mut table = KeyedTable::default();
        for (group, key) in [(7, "c"), (0, "a"), (3, "b")] {
            table.insert(group, key, ());
        }
        let keys: Vec<_> = table.iter().map(|(group, key, ())| (group, *key)).collect();
        assert_eq!(keys, [(0, "a"), (3, "b"), (7, "c")]);
    }
}
