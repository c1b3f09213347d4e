//! Windows that follow from time alone and fire when they end: tumbling and sliding ones with their default trigger.
//!
//! [`Windows`](super::Windows) asks a trigger about each record and sets timers for each key and window, since a trigger
//! may do anything. The default trigger does one thing, so all of that can be left out: contents stand by window, and
//! within it by key; when a window's time has come it is taken whole.
//!
//! Both must give the same results in the same order. There, timers of one time fire in the order in which they were
//! set, and a key's are set by its first record in the window. So here keys fire in the order of their first record. Where
//! late records are allowed, one window may end at the moment another is over: then the keys of the two take turns, again
//! in the order of their first records, which are counted for that ([`Held::arrival`]).

mod stored;

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hash};

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::{Open, TimeAssigner, TimeSpan, TimeWindow, Window};
use crate::error::Result;

/// What a window holds of one key.
pub struct Held<K, V> {
    pub key: K,
    pub group: u16,
    pub value: V,
    /// How many keys had come to their windows before.
    pub arrival: u64,
}

/// What is done with the records of one key and window.
pub trait Cells<K, X> {
    type Value;

    /// What a window holds after its first record of a key.
    fn first(&mut self, record: &X) -> Result<Self::Value>;

    fn add(&mut self, value: &mut Self::Value, record: &X) -> Result<()>;

    /// Evaluates what the window holds of the key.
    fn fire(&mut self, window: TimeWindow, held: &Held<K, Self::Value>, clocks: Clocks) -> Result<()>;
}

/// The two clocks of an operator, in ms.
#[derive(Debug, Clone, Copy)]
pub struct Clocks {
    /// Event time as far as it has come.
    pub watermark: i64,
    pub now: i64,
}

/// One window with its keys, in the order in which they came.
struct Bucket<K, V> {
    window: TimeWindow,
    places: HashTable<u32>,
    held: Vec<Held<K, V>>,
}

/// A key whose window has ended, is over, or both.
pub struct Due<'a, K, V> {
    pub window: TimeWindow,
    pub held: &'a Held<K, V>,
    /// It is evaluated now.
    pub fires: bool,
    /// It is gone after this.
    pub closes: bool,
}

/// The windows whose time has come, and how many of their keys have had their turn.
struct Turn<K, V> {
    /// The one that is over.
    over: Option<(Bucket<K, V>, usize)>,
    /// The start of the one that ends, and waits for late records.
    ended: Option<(i64, usize)>,
}

pub struct TimedWindows<K, V> {
    assigner: TimeAssigner,
    allowed_lateness: i64,
    pub clocks: Clocks,
    buckets: BTreeMap<i64, Bucket<K, V>>,
    turn: Turn<K, V>,
    /// Windows that end by this time have fired. Without allowed lateness there are none among the buckets.
    fired: i64,
    arrivals: u64,
    hasher: RandomState,
}

impl<K: Clone + Eq + Hash, V> TimedWindows<K, V> {
    /// `None` for windows that are no cuts of time.
    pub fn new(assigner: TimeAssigner, allowed_lateness: i64) -> Option<Self> {
        matches!(assigner.span, TimeSpan::Tumbling { .. } | TimeSpan::Sliding { .. }).then(|| TimedWindows {
            assigner,
            // as in Flink, windows of processing time wait for nobody
            allowed_lateness: if assigner.event_time { allowed_lateness } else { 0 },
            clocks: Clocks { watermark: i64::MIN, now: i64::MIN },
            buckets: BTreeMap::new(),
            turn: Turn { over: None, ended: None },
            fired: i64::MIN,
            arrivals: 0,
            hasher: RandomState::default(),
        })
    }

    pub fn assigner(&self) -> &TimeAssigner {
        &self.assigner
    }

    pub fn is_event_time(&self) -> bool {
        self.assigner.event_time
    }

    /// Adds a record to its windows, and evaluates those that have ended already; `false` if it came too late for all.
    pub fn add<X, C: Cells<K, X, Value = V>>(
        &mut self,
        key: &K,
        group: u16,
        record: &X,
        timestamp: i64,
        cells: &mut C,
    ) -> Result<bool> {
        let moment = self.assigner.moment(timestamp, self.clocks.now)?;
        let hash = self.hasher.hash_one(key);
        let (mut in_time, mut failure) = (false, None);
        self.assigner.span.windows(moment, |window| {
            if failure.is_some() || self.is_late(&window) {
                return;
            }
            in_time = true;
            let bucket = self.buckets.entry(window.start).or_insert_with(|| Bucket::new(window));
            let added = bucket.add((key, hash, group), record, &mut self.arrivals, &self.hasher, cells);
            failure = added
                .and_then(|held| match self.assigner.event_time && window.max_timestamp() <= self.clocks.watermark {
                    true => cells.fire(window, held, self.clocks),
                    false => Ok(()),
                })
                .err();
        });
        match failure {
            Some(error) => Err(error),
            None => {
                let late = self.assigner.event_time
                    && timestamp.saturating_add(self.allowed_lateness) <= self.clocks.watermark;
                Ok(in_time || !late)
            }
        }
    }

    /// The next key whose window ends or is over by `until`.
    pub fn next(&mut self, until: i64) -> Option<Due<'_, K, V>> {
        if !self.has_turn() {
            self.take_turn(until)?;
        }
        let Turn { over, ended } = &mut self.turn;
        let over_arrival = over.as_ref().map_or(u64::MAX, |(bucket, at)| bucket.arrival(*at));
        let ended_arrival = ended.map_or(u64::MAX, |(start, at)| self.buckets[&start].arrival(at));
        match (over, ended) {
            (Some((bucket, at)), _) if over_arrival < ended_arrival => {
                *at += 1;
                let fires = self.allowed_lateness == 0;
                Some(Due { window: bucket.window, held: &bucket.held[*at - 1], fires, closes: true })
            }
            (_, Some((start, at))) => {
                *at += 1;
                let bucket = &self.buckets[start];
                Some(Due { window: bucket.window, held: &bucket.held[*at - 1], fires: true, closes: false })
            }
            _ => None,
        }
    }

    /// When the next window ends or is over.
    pub fn next_time(&self) -> Option<i64> {
        let (_, first) = self.buckets.first_key_value()?;
        if self.allowed_lateness == 0 {
            return Some(first.window.max_timestamp());
        }
        let end = self.next_end().map(|window| window.max_timestamp());
        [end, self.over_at(&first.window)].into_iter().flatten().min()
    }

    /// How many keys wait for the end of their windows.
    pub fn len(&self) -> usize {
        self.buckets.values().map(|bucket| bucket.held.len()).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.buckets.is_empty()
    }

    /// What waits for time.
    pub fn open(&self) -> Open<'_, K, TimeWindow> {
        let clock = if self.assigner.event_time { self.clocks.watermark } else { self.clocks.now };
        let mut open = Open { open: 0, ended: 0, first: None };
        for bucket in self.buckets.values() {
            let end = bucket.window.max_timestamp();
            if end <= clock {
                open.ended += bucket.held.len();
                continue;
            }
            open.open += bucket.held.len();
            if let (None, Some(held)) = (&open.first, bucket.held.first()) {
                open.first = Some((end, &held.key, bucket.window));
            }
        }
        open
    }

    /// What all windows hold.
    pub fn iter(&self) -> impl Iterator<Item = (TimeWindow, &Held<K, V>)> {
        self.buckets.values().flat_map(|bucket| bucket.held.iter().map(|held| (bucket.window, held)))
    }

    /// The times at which keys have their turns, in the order of these: what would be timers.
    pub fn times(&self) -> Vec<(i64, &K)> {
        let mut times = Vec::new();
        for (window, held) in self.iter() {
            let end = window.max_timestamp();
            let ends = (self.allowed_lateness == 0 || end > self.fired).then_some(end);
            let over = self.over_at(&window).filter(|over| *over != end);
            times.extend([ends, over].into_iter().flatten().map(|time| (time, held.arrival, &held.key)));
        }
        times.sort_by_key(|(time, arrival, _)| (*time, *arrival));
        times.into_iter().map(|(time, _, key)| (time, key)).collect()
    }

    /// When nothing more can come to a window; `None` for never.
    fn over_at(&self, window: &TimeWindow) -> Option<i64> {
        Some(window.max_timestamp().saturating_add(self.allowed_lateness)).filter(|time| *time != i64::MAX)
    }

    fn is_late(&self, window: &TimeWindow) -> bool {
        self.assigner.event_time && self.over_at(window).unwrap_or(i64::MAX) <= self.clocks.watermark
    }

    /// The first window that has not fired yet.
    fn next_end(&self) -> Option<TimeWindow> {
        let size = match self.assigner.span {
            TimeSpan::Tumbling { size, .. } | TimeSpan::Sliding { size, .. } => size,
            TimeSpan::Session { .. } | TimeSpan::Global => 0,
        };
        let from = self.fired.saturating_add(1).saturating_sub(size);
        let unfired = |bucket: &&Bucket<K, V>| bucket.window.max_timestamp() > self.fired;
        self.buckets.range(from..).map(|(_, bucket)| bucket).find(unfired).map(|bucket| bucket.window)
    }

    /// Whether keys of the windows at hand have not had their turns; forgets those windows otherwise.
    fn has_turn(&mut self) -> bool {
        let Turn { over, ended } = &mut self.turn;
        if over.as_ref().is_some_and(|(bucket, at)| *at == bucket.held.len()) {
            *over = None;
        }
        if ended.is_some_and(|(start, at)| at == self.buckets[&start].held.len()) {
            *ended = None;
        }
        over.is_some() || ended.is_some()
    }

    /// Takes up the windows of the next moment, if that is `until` or before.
    fn take_turn(&mut self, until: i64) -> Option<()> {
        let Some(time) = self.next_time().filter(|time| *time <= until) else {
            if self.allowed_lateness > 0 {
                self.fired = self.fired.max(until);
            }
            return None;
        };
        if self.allowed_lateness > 0 {
            let ends = self.next_end().filter(|window| window.max_timestamp() == time);
            self.turn.ended = ends.map(|window| (window.start, 0));
            self.fired = time;
        }
        let first = self.buckets.first_entry()?;
        let window = first.get().window;
        if window.max_timestamp().saturating_add(self.allowed_lateness) == time && time != i64::MAX {
            self.turn.over = Some((first.remove(), 0));
        }
        Some(())
    }
}

impl<K: Clone + Eq + Hash, V> Bucket<K, V> {
    fn new(window: TimeWindow) -> Self {
        Bucket { window, places: HashTable::new(), held: Vec::new() }
    }

    /// When the key at that place came.
    fn arrival(&self, at: usize) -> u64 {
        self.held.get(at).map_or(u64::MAX, |held| held.arrival)
    }

    fn add<X, C: Cells<K, X, Value = V>>(
        &mut self,
        (key, hash, group): (&K, u64, u16),
        record: &X,
        arrivals: &mut u64,
        hasher: &RandomState,
        cells: &mut C,
    ) -> Result<&Held<K, V>> {
        if let Some(place) = self.places.find(hash, |place| self.held[*place as usize].key == *key) {
            let held = &mut self.held[*place as usize];
            cells.add(&mut held.value, record)?;
            return Ok(held);
        }
        let value = cells.first(record)?;
        let held = Held { key: key.clone(), group, value, arrival: *arrivals };
        *arrivals += 1;
        Ok(self.push(hash, held, hasher))
    }

    /// Adds a key that is not there, behind the others.
    fn push(&mut self, hash: u64, held: Held<K, V>, hasher: &RandomState) -> &Held<K, V> {
        let place = self.held.len();
        self.held.push(held);
        let held = &self.held;
        self.places.insert_unique(hash, place as u32, |place| hasher.hash_one(&held[*place as usize].key));
        &held[place]
    }
}

#[cfg(test)]
mod tests;
