//! One keyed state of one subtask whose values are live objects, of which a snapshot can be taken bit by bit.
//!
//! A snapshot begins ([`HeapTable::begin`]) at a barrier, and from there on each entry belongs to it as it was then. It is
//! taken either by the walk through all of them, or before somebody uses it for the first time, whichever comes first:
//! an entry knows the last snapshot that has it. So entries have places that don't change under the walk: they stand in a
//! slab, one for each key group, and a hash index leads to them.

use std::hash::{BuildHasher, Hash};

use foldhash::fast::RandomState;
use hashbrown::{Equivalent, HashTable};

/// Values by key, kept by key group.
pub struct HeapTable<K, V> {
    groups: Vec<Group<K, V>>,
    hasher: RandomState,
    /// The last snapshot that was begun.
    snapshot: u32,
}

struct Group<K, V> {
    index: HashTable<u32>,
    entries: Vec<Option<Entry<K, V>>>,
    free: Vec<u32>,
}

/// What a key has, for one who is about to change it.
pub enum Slot<'a, V> {
    Empty,
    /// It must be taken for the snapshot first.
    Untaken,
    Free(&'a mut V),
}

pub struct Entry<K, V> {
    pub key: K,
    pub value: V,
    /// The last snapshot that has it, or that is older than it.
    taken: u32,
}

/// How far the walk through a table has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Walk {
    group: usize,
    at: usize,
}

impl<K, V> Default for HeapTable<K, V> {
    fn default() -> Self {
        HeapTable { groups: Vec::new(), hasher: RandomState::default(), snapshot: 0 }
    }
}

impl<K, V> Group<K, V> {
    fn new() -> Self {
        Group { index: HashTable::new(), entries: Vec::new(), free: Vec::new() }
    }
}

impl<K: Eq + Hash, V> HeapTable<K, V> {
    #[inline]
    fn place<Q: Hash + Equivalent<K>>(&self, group: u16, key: &Q) -> Option<usize> {
        let Group { index, entries, .. } = self.groups.get(usize::from(group))?;
        let same = |at: &u32| entries[*at as usize].as_ref().is_some_and(|entry| key.equivalent(&entry.key));
        index.find(self.hasher.hash_one(key), same).map(|at| *at as usize)
    }

    #[inline]
    pub fn get<Q: Hash + Equivalent<K>>(&self, group: u16, key: &Q) -> Option<&Entry<K, V>> {
        let at = self.place(group, key)?;
        self.groups[usize::from(group)].entries[at].as_ref()
    }

    #[inline]
    pub fn slot<Q: Hash + Equivalent<K>>(&mut self, group: u16, key: &Q) -> Slot<'_, V> {
        let Some(at) = self.place(group, key) else { return Slot::Empty };
        match &mut self.groups[usize::from(group)].entries[at] {
            Some(entry) if entry.taken == self.snapshot => Slot::Free(&mut entry.value),
            Some(_) => Slot::Untaken,
            None => Slot::Empty,
        }
    }

    /// Adds an entry for a key that has none.
    pub fn add(&mut self, group: u16, key: K, value: V) {
        let group = usize::from(group);
        if self.groups.len() <= group {
            self.groups.resize_with(group + 1, Group::new);
        }
        let (hasher, taken) = (&self.hasher, self.snapshot);
        let Group { index, entries, free } = &mut self.groups[group];
        let hash = hasher.hash_one(&key);
        let entry = Some(Entry { key, value, taken });
        let at = match free.pop() {
            Some(at) => {
                entries[at as usize] = entry;
                at
            }
            None => {
                entries.push(entry);
                // a group of more than 4 Gi keys is larger than any memory
                (entries.len() - 1) as u32
            }
        };
        index.insert_unique(hash, at, |at| {
            entries[*at as usize].as_ref().map_or(0, |entry| hasher.hash_one(&entry.key))
        });
    }

    pub fn remove<Q: Hash + Equivalent<K>>(&mut self, group: u16, key: &Q) -> Option<Entry<K, V>> {
        let at = self.place(group, key)?;
        let hash = self.hasher.hash_one(key);
        let Group { index, entries, free } = &mut self.groups[usize::from(group)];
        if let Ok(found) = index.find_entry(hash, |known| *known as usize == at) {
            found.remove();
        }
        free.push(at as u32);
        let entry = entries[at].take();
        if index.is_empty() {
            (*entries, *free) = (Vec::new(), Vec::new());
        }
        entry
    }

    /// How many keys have a value.
    pub fn len(&self) -> usize {
        self.groups.iter().map(|group| group.index.len()).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.groups.iter().all(|group| group.index.is_empty())
    }

    /// All keys that have a value, group by group.
    pub fn iter(&self) -> impl Iterator<Item = (u16, &K, &V)> {
        let groups = self.groups.iter().enumerate();
        groups.flat_map(|(group, of)| {
            of.entries.iter().flatten().map(move |entry| (group as u16, &entry.key, &entry.value))
        })
    }

    /// Looks at the next few entries, beginning anew behind the last. Of those that a snapshot does not have yet nothing is
    /// told.
    pub fn look(&self, walk: &mut Walk, most: usize, mut look: impl FnMut(u16, &K, &V)) {
        let mut left = most;
        // once around, from the middle of a group to the same place
        for _ in 0..self.groups.len() + 2 {
            let Some(group) = self.groups.get(walk.group) else {
                *walk = Walk::default();
                continue;
            };
            let from = walk.at.min(group.entries.len());
            let until = group.entries.len().min(from.saturating_add(left));
            for entry in group.entries[from..until].iter().flatten().filter(|entry| self.has(entry)) {
                look(walk.group as u16, &entry.key, &entry.value);
            }
            left -= until - from;
            if until < group.entries.len() || left == 0 {
                walk.at = until;
                return;
            }
            *walk = Walk { group: walk.group + 1, at: 0 };
        }
    }

    /// Begins a snapshot. What was not taken of the one before will not be.
    pub fn begin(&mut self) {
        self.snapshot = self.snapshot.wrapping_add(1);
    }

    /// Whether the snapshot that was begun last has the entry, or need not have it.
    #[inline]
    pub fn has(&self, entry: &Entry<K, V>) -> bool {
        entry.taken == self.snapshot
    }

    /// The snapshot has the entry of that key.
    pub fn mark<Q: Hash + Equivalent<K>>(&mut self, group: u16, key: &Q) {
        let snapshot = self.snapshot;
        if let Some(at) = self.place(group, key)
            && let Some(entry) = &mut self.groups[usize::from(group)].entries[at]
        {
            entry.taken = snapshot;
        }
    }

    /// Hands over entries that the snapshot does not have yet, at most so many and all of one group, and looks at not many
    /// more places than that; `false` once there are none left.
    pub fn walk(&mut self, walk: &mut Walk, most: usize, mut take: impl FnMut(u16, &K, &V)) -> bool {
        let mut taken = 0;
        while let Some(group) = self.groups.get_mut(walk.group) {
            let until = group.entries.len().min(walk.at + most);
            for entry in group.entries[walk.at.min(until)..until].iter_mut().flatten() {
                if entry.taken != self.snapshot {
                    entry.taken = self.snapshot;
                    take(walk.group as u16, &entry.key, &entry.value);
                    taken += 1;
                }
            }
            walk.at = until;
            if until == group.entries.len() {
                *walk = Walk { group: walk.group + 1, at: 0 };
            }
            if taken > 0 || walk.at > 0 {
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_key_has_one_value() {
        let mut table = HeapTable::default();
        table.add(3, "a", 1);
        let Slot::Free(value) = table.slot(3, &"a") else { panic!("it is there") };
        *value = 2;
        let value = |group, key| table.get(group, &key).map(|entry| entry.value);
        assert_eq!((value(3, "a"), value(3, "b"), value(99, "a")), (Some(2), None, None));
        assert_eq!(table.remove(3, &"a").map(|entry| entry.value), Some(2));
        assert_eq!((table.remove(3, &"a").is_none(), table.len()), (true, 0));
    }

    #[test]
    fn a_few_entries_are_looked_at_in_turn() {
        let mut table = HeapTable::default();
        for (group, key) in [(3, "a"), (3, "b"), (90, "c"), (127, "d")] {
            table.add(group, key, ());
        }
        let mut walk = Walk::default();
        let mut turn = |table: &HeapTable<&'static str, ()>, most| {
            let mut seen = Vec::new();
            table.look(&mut walk, most, |group, key, ()| seen.push((group, *key)));
            seen
        };
        assert_eq!(turn(&table, 3), [(3, "a"), (3, "b"), (90, "c")]);
        assert_eq!(turn(&table, 3), [(127, "d"), (3, "a"), (3, "b")]);
        assert_eq!(turn(&table, 99), [(90, "c"), (127, "d"), (3, "a"), (3, "b")]);
        assert_eq!(turn(&HeapTable::default(), 5), []);
        table.begin();
        assert_eq!(turn(&table, 5), [], "the snapshot does not have them yet");
    }

    /// 5000 random steps under each of some seeds; what the snapshot has is what there was when it began.
    #[test]
    fn a_snapshot_has_what_there_was_when_it_began() {
        for seed in 0..20u64 {
            let mut random = seed;
            let mut draw = move |below: u64| {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (random >> 33) % below
            };
            let mut table: HeapTable<u64, u64> = HeapTable::default();
            let mut now: BTreeMap<(u16, u64), u64> = BTreeMap::new();
            let mut then = now.clone();
            let (mut walk, mut took, mut running, mut finished) = (Walk::default(), BTreeMap::new(), false, 0);
            for step in 0..5_000 {
                let (key, group) = (draw(60), draw(3) as u16);
                // whoever uses an entry takes it first
                if let Some(entry) = table.get(group, &key)
                    && !table.has(entry)
                {
                    if running {
                        assert!(took.insert((group, key), entry.value).is_none());
                    }
                    table.mark(group, &key);
                }
                match draw(10) {
                    0..=4 => {
                        match table.slot(group, &key) {
                            Slot::Free(value) => *value = step,
                            Slot::Empty => table.add(group, key, step),
                            Slot::Untaken => panic!("it was taken above"),
                        }
                        now.insert((group, key), step);
                    }
                    5 | 6 => {
                        assert_eq!(table.remove(group, &key).map(|entry| entry.value), now.remove(&(group, key)));
                    }
                    _ if running => {
                        let more = table.walk(&mut walk, 1 + draw(4) as usize, |group, key, value| {
                            assert!(took.insert((group, *key), *value).is_none(), "each once");
                        });
                        if !more {
                            assert_eq!(took, then, "seed {seed}");
                            (running, finished) = (false, finished + 1);
                        }
                    }
                    _ => {
                        // sometimes one is given up and the next one begins
                        table.begin();
                        (then, walk, running) = (now.clone(), Walk::default(), draw(5) > 0);
                        took.clear();
                    }
                }
            }
            let all: BTreeMap<_, _> = table.iter().map(|(group, key, value)| ((group, *key), *value)).collect();
            assert_eq!(all, now);
            assert!(finished > 5, "{finished}");
        }
    }
}
