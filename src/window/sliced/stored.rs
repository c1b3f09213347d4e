//! What sliding windows hold, taken out for a checkpoint and put back: the slices, of which all else can be made.

use super::panes::{Pane, Sum};
use super::*;

/// What one key has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPanes<K, V> {
    pub key: K,
    /// Windows that end by this time have fired.
    pub fired: i64,
    /// By the slice's start: what it holds, and when the first of it came.
    pub panes: Vec<(i64, V, u64)>,
}

impl<K: Clone + Eq + Hash, V> SlicedWindows<K, V> {
    /// What all keys have, each with its group.
    pub fn stored(&self) -> impl Iterator<Item = (u16, StoredPanes<&K, &V>)> {
        self.keys.iter().map(|(group, key, panes)| {
            let fired = self.fired.max(panes.fired);
            let panes = panes.all().iter().map(|pane| (pane.start, &pane.sum.value, pane.sum.arrival)).collect();
            (group, StoredPanes { key, fired, panes })
        })
    }

    /// Fills windows that are new. `watermark` is the one at the checkpoint.
    pub fn restore(&mut self, stored: Vec<(u16, StoredPanes<K, V>)>, watermark: i64) {
        self.fired = match self.assigner.event_time {
            true => watermark,
            // subtasks have different ones
            false => stored.iter().map(|(_, stored)| stored.fired).min().unwrap_or(i64::MIN),
        };
        for (group, StoredPanes { key, fired, mut panes }) in stored {
            panes.sort_by_key(|(start, ..)| *start);
            self.live.extend(panes.iter().map(|(start, ..)| *start));
            let newest = panes.iter().map(|(_, _, arrival)| *arrival + 1).max();
            self.arrivals = self.arrivals.max(newest.unwrap_or(0));
            let panes = panes.into_iter().map(|(start, value, arrival)| Pane { start, sum: Sum { value, arrival } });
            self.keys.insert(group, key, Panes::restored(self.slices, panes.collect(), fired));
        }
    }
}
