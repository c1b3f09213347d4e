//! Timers: times at which a key wants to be called.

use std::collections::BTreeMap;
use std::hash::Hash;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

/// The timers of one subtask in one time domain. A key has at most one timer a time.
///
/// They fire by time and, at one time, in the order in which they were registered.
pub struct Timers<K> {
    due: BTreeMap<(i64, u64), (K, u16)>,
    /// Where in `due` a timer stands.
    places: HashMap<(K, i64), u64, RandomState>,
    registered: u64,
}

impl<K> Default for Timers<K> {
    fn default() -> Self {
        Timers { due: BTreeMap::new(), places: HashMap::default(), registered: 0 }
    }
}

impl<K: Clone + Eq + Hash> Timers<K> {
    /// Sets a timer of a key of that group; `false` if the key has it already.
    pub fn register(&mut self, key: K, group: u16, time: i64) -> bool {
        let place = self.registered;
        if self.places.try_insert((key.clone(), time), place).is_err() {
            return false;
        }
        self.registered += 1;
        self.due.insert((time, place), (key, group));
        true
    }

    /// Takes a timer back; `false` if there is none.
    pub fn delete(&mut self, key: K, time: i64) -> bool {
        match self.places.remove(&(key, time)) {
            Some(place) => self.due.remove(&(time, place)).is_some(),
            None => false,
        }
    }

    /// The time of the first timer.
    pub fn next(&self) -> Option<i64> {
        self.due.first_key_value().map(|((time, _), _)| *time)
    }

    /// Takes the first timer, if its time is `until` or before.
    pub fn pop(&mut self, until: i64) -> Option<(i64, K, u16)> {
        let first = self.due.first_entry().filter(|first| first.key().0 <= until)?;
        let ((time, _), (key, group)) = first.remove_entry();
        self.places.remove(&(key.clone(), time));
        Some((time, key, group))
    }

    pub fn len(&self) -> usize {
        self.due.len()
    }

    pub fn is_empty(&self) -> bool {
        self.due.is_empty()
    }

    /// All timers, in the order in which they will fire.
    pub fn iter(&self) -> impl Iterator<Item = (i64, &K, u16)> {
        self.due.iter().map(|((time, _), (key, group))| (*time, key, *group))
    }

    pub fn clear(&mut self) {
        self.due.clear();
        self.places.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fired(timers: &mut Timers<&'static str>, until: i64) -> Vec<(i64, &'static str)> {
        std::iter::from_fn(|| timers.pop(until)).map(|(time, key, _)| (time, key)).collect()
    }

    #[test]
    fn fire_by_time_and_then_by_registration() {
        let mut timers = Timers::default();
        for (key, time) in [("b", 20), ("b", 10), ("a", 10), ("c", -5), ("a", 30)] {
            assert!(timers.register(key, 0, time));
        }
        assert_eq!(timers.next(), Some(-5));
        assert_eq!(fired(&mut timers, 20), [(-5, "c"), (10, "b"), (10, "a"), (20, "b")]);
        assert_eq!(timers.len(), 1);
    }

    #[test]
    fn a_key_has_one_timer_a_time() {
        let mut timers = Timers::default();
        assert!(timers.register("a", 0, 10));
        assert!(!timers.register("a", 0, 10));
        assert!(timers.register("b", 0, 10));
        assert_eq!(fired(&mut timers, 10), [(10, "a"), (10, "b")]);
        assert!(timers.register("a", 0, 10), "it fired, so it can be set again");
    }

    #[test]
    fn deleted_timers_do_not_fire() {
        let mut timers = Timers::default();
        timers.register("a", 0, 10);
        timers.register("b", 0, 10);
        assert!(timers.delete("a", 10));
        assert!(!timers.delete("a", 10));
        assert!(!timers.delete("b", 11));
        assert_eq!(fired(&mut timers, i64::MAX), [(10, "b")]);
        assert!(timers.is_empty());
    }
}
