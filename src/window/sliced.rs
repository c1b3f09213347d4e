//! Sliding windows that share what they hold. A record is added to one slice of time, however many windows it is in;
//! when a window fires, it is put together from slices ([`Panes`]).
//!
//! What a window holds is then made of the same records as in [`TimedWindows`](super::TimedWindows), but added in another
//! order: those of a slice first, then slice by slice. Windows fire at the same times, and their keys in the same order.

mod panes;
mod stored;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hash;

use super::{Cells, Clocks, Held, Open, Slices, TimeAssigner, TimeWindow, Window};
use crate::error::Result;
use crate::state::KeyedTable;

use panes::{Panes, View};
pub use stored::StoredPanes;

/// Cells whose values can be put together.
pub trait Merges<K, X>: Cells<K, X> {
    /// Both in one, the older first. They stay what they are.
    fn merge(&mut self, older: &Self::Value, newer: &Self::Value) -> Result<Self::Value>;

    /// One that may be changed without changing this one.
    fn copy(&mut self, value: &Self::Value) -> Result<Self::Value>;
}

pub struct SlicedWindows<K, V> {
    assigner: TimeAssigner,
    slices: Slices,
    allowed_lateness: i64,
    pub clocks: Clocks,
    keys: KeyedTable<K, Panes<V>>,
    /// The slices that hold something.
    live: BTreeSet<i64>,
    /// Windows that end by this time have fired.
    fired: i64,
    arrivals: u64,
    /// The window that fires, and its keys, the next one last.
    firing: (TimeWindow, Vec<Held<K, V>>),
}

impl<K: Clone + Eq + Hash, V> SlicedWindows<K, V> {
    /// `None` for windows that are no cuts of time.
    pub fn new(assigner: TimeAssigner, allowed_lateness: i64) -> Option<Self> {
        Some(SlicedWindows {
            assigner,
            slices: Slices::of_span(assigner.span)?,
            // as in Flink, windows of processing time wait for nobody
            allowed_lateness: if assigner.event_time { allowed_lateness } else { 0 },
            clocks: Clocks { watermark: i64::MIN, now: i64::MIN },
            keys: KeyedTable::default(),
            live: BTreeSet::new(),
            fired: i64::MIN,
            arrivals: 0,
            firing: (TimeWindow::GLOBAL, Vec::new()),
        })
    }

    pub fn assigner(&self) -> &TimeAssigner {
        &self.assigner
    }

    pub fn is_event_time(&self) -> bool {
        self.assigner.event_time
    }

    /// Adds a record to its windows, and evaluates those that have ended already; `false` if it came too late for all.
    pub fn add<X, C: Merges<K, X, Value = V>>(
        &mut self,
        key: &K,
        group: u16,
        record: &X,
        timestamp: i64,
        cells: &mut C,
    ) -> Result<bool> {
        let mut moment = self.assigner.moment(timestamp, self.clocks.now)?;
        if !self.assigner.event_time {
            // in the last millisecond of a window that has fired: the record is the next one's
            moment = moment.max(self.fired.saturating_add(1));
        }
        let late = self.assigner.event_time && timestamp.saturating_add(self.allowed_lateness) <= self.clocks.watermark;
        let slice = match self.slices.of(moment) {
            Some(slice) if !self.is_over(&self.slices.last_window(slice)) => slice,
            _ => return Ok(!late),
        };
        if self.keys.get_mut(group, key).is_none() {
            self.keys.insert(group, key.clone(), Panes::new(self.slices));
        }
        let Some(panes) = self.keys.get_mut(group, key) else { return Ok(true) };
        if panes.add(slice, record, self.arrivals, cells)? {
            self.arrivals += 1;
            self.live.insert(slice);
        }
        if self.assigner.event_time && self.slices.first_window(slice).max_timestamp() <= self.clocks.watermark {
            self.fire_ended(key, group, slice, cells)?;
        }
        Ok(true)
    }

    /// Evaluates again the windows of a late record that have ended and are not over, the newest first.
    fn fire_ended<X, C: Merges<K, X, Value = V>>(&self, key: &K, group: u16, slice: i64, cells: &mut C) -> Result<()> {
        let Some(panes) = self.keys.get(group, key) else { return Ok(()) };
        let windows = self.slices.windows_of(slice).take_while(|window| !self.is_over(window));
        let ended = |window: &TimeWindow| window.max_timestamp() <= self.clocks.watermark;
        let mut windows: Vec<TimeWindow> = windows.filter(ended).collect();
        windows.reverse();
        let mut view = View::new(self.slices);
        let mut sums = Vec::with_capacity(windows.len());
        for window in windows {
            sums.push((window, view.sum(window, panes.all(), cells)?));
        }
        for (window, sum) in sums.into_iter().rev() {
            let Some(sum) = sum else { continue };
            let held = Held { key: key.clone(), group, value: sum.value, arrival: sum.arrival };
            cells.fire(window, &held, self.clocks)?;
        }
        Ok(())
    }

    /// The next key whose window ends by `until`, with what the window holds.
    pub fn next<X, C: Merges<K, X, Value = V>>(
        &mut self,
        until: i64,
        cells: &mut C,
    ) -> Result<Option<(TimeWindow, Held<K, V>)>> {
        loop {
            let (window, held) = &mut self.firing;
            if let Some(held) = held.pop() {
                return Ok(Some((*window, held)));
            }
            let Some(window) = self.next_end().filter(|window| window.max_timestamp() <= until) else {
                if self.assigner.event_time {
                    self.fired = self.fired.max(until);
                }
                self.forget();
                return Ok(None);
            };
            self.fired = window.max_timestamp();
            let mut all = Vec::new();
            // a key that came with another subtask's may be ahead
            let waiting = self.keys.iter_mut().filter(|(_, _, panes)| panes.fired < window.max_timestamp());
            for (group, key, panes) in waiting {
                if let Some(sum) = panes.sum(window, cells)? {
                    all.push(Held { key: key.clone(), group, value: sum.value, arrival: sum.arrival });
                }
            }
            all.sort_by_key(|held| std::cmp::Reverse(held.arrival));
            self.firing = (window, all);
        }
    }

    /// When the next window ends.
    pub fn next_time(&self) -> Option<i64> {
        self.next_end().map(|window| window.max_timestamp())
    }

    /// What all keys hold: for each its group, and a value for each slice, by the slice's start.
    pub fn iter(&self) -> impl Iterator<Item = (u16, &K, i64, &V)> {
        self.keys.iter().flat_map(|(group, key, panes)| {
            panes.all().iter().map(move |pane| (group, key, pane.start, &pane.sum.value))
        })
    }

    /// The times at which windows of keys end and are over, in the order of these: what would be timers.
    pub fn times(&self) -> Vec<(i64, &K)> {
        let mut times = Vec::new();
        for (_, key, panes) in self.keys.iter() {
            let mut windows: BTreeMap<i64, (TimeWindow, u64)> = BTreeMap::new();
            for pane in panes.all() {
                for window in self.slices.windows_of(pane.start).take_while(|window| !self.is_over(window)) {
                    let first = windows.entry(window.start).or_insert((window, pane.sum.arrival));
                    first.1 = first.1.min(pane.sum.arrival);
                }
            }
            for (window, arrival) in windows.into_values() {
                let end = window.max_timestamp();
                let over = Some(end.saturating_add(self.allowed_lateness)).filter(|time| *time != i64::MAX);
                let ends = (end > self.fired).then_some(end);
                let over = over.filter(|time| *time != end);
                times.extend([ends, over].into_iter().flatten().map(|time| (time, arrival, key)));
            }
        }
        times.sort_by_key(|(time, arrival, _)| (*time, *arrival));
        times.into_iter().map(|(time, _, key)| (time, key)).collect()
    }

    /// What waits for time; looks at every key.
    pub fn open(&self) -> Open<'_, K, TimeWindow> {
        let after = |time: i64| if time == i64::MIN { time } else { self.slices.next_after(time).start };
        let (next, alive) = (after(self.fired), after(self.fired.saturating_sub(self.allowed_lateness)));
        let mut open = Open { open: 0, ended: 0, first: None };
        let window = self.next_end();
        let mut earliest = u64::MAX;
        for (_, key, panes) in self.keys.iter() {
            let (waiting, ended) = self.slices.count(panes.all().iter().map(|pane| pane.start), alive, next);
            (open.open, open.ended) = (open.open + waiting, open.ended + ended);
            let Some(window) = window else { continue };
            let inside = panes.all().iter().filter(|pane| window.start <= pane.start && pane.start < window.end);
            if let Some(arrival) = inside.map(|pane| pane.sum.arrival).min().filter(|arrival| *arrival < earliest) {
                earliest = arrival;
                open.first = Some((window.max_timestamp(), key, window));
            }
        }
        open
    }

    /// The first window that has not fired and holds something.
    fn next_end(&self) -> Option<TimeWindow> {
        let next = self.slices.next_after(self.fired);
        let slice = *self.live.range(next.start..).next()?;
        Some(if slice < next.end { next } else { self.slices.first_window(slice) })
    }

    fn is_over(&self, window: &TimeWindow) -> bool {
        let over = window.max_timestamp().saturating_add(self.allowed_lateness);
        match self.assigner.event_time {
            true => over <= self.clocks.watermark,
            false => over <= self.fired,
        }
    }

    /// Forgets the slices that no window will ask for.
    fn forget(&mut self) {
        let from = self.slices.next_after(self.fired.saturating_sub(self.allowed_lateness)).start;
        if self.live.first().is_some_and(|first| *first < from) {
            self.live = self.live.split_off(&from);
            self.keys.retain(|panes| panes.forget(from));
        }
    }
}

#[cfg(test)]
mod tests;
