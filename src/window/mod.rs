//! Windows: which of them a record belongs to, when they fire, and what becomes of those that meet.
//!
//! [`Windows`] is Flink's window operator without the records' contents: it knows keys, windows and timers. What a
//! window holds and what firing does is its user's ([`Contents`]); so one set of rules serves functions of a language binding and
//! aggregates over columns.

mod assigner;
mod evictor;
mod merging;
mod sliced;
mod slices;
mod timed;
mod timers;
mod trigger;
mod windows;

pub use assigner::{Assigner, Merge, TimeAssigner, TimeSpan, merge_overlapping};
pub use evictor::{BuiltInEvictor, Evictor};
pub use sliced::{Merges, SlicedWindows, StoredPanes};
pub use slices::Slices;
pub use timed::{Cells, Clocks, Due, Held, TimedWindows};
pub use timers::WindowTimers;
pub use trigger::{BuiltInTrigger, Decision, Memory, Trigger, TriggerContext};
pub use windows::{Contents, Fired, Settings, Stored, Windows};

use std::hash::Hash;

use hashbrown::Equivalent;

/// A key and a window: where something stands in a [`KeyedTable`](crate::state::KeyedTable) of windows, without
/// making a pair to ask for it.
#[derive(Hash)]
pub struct Place<'a, K, W>(pub &'a K, pub &'a W);

impl<K: Eq, W: Eq> Equivalent<(K, W)> for Place<'_, K, W> {
    fn equivalent(&self, pair: &(K, W)) -> bool {
        *self.0 == pair.0 && *self.1 == pair.1
    }
}

/// The windows of an operator, each counted for each of its keys.
pub struct Open<'a, K, W> {
    /// Those that wait for their end.
    pub open: usize,
    /// Those that have ended and wait for late records.
    pub ended: usize,
    /// What fires next, and when (ms).
    pub first: Option<(i64, &'a K, W)>,
}

/// A bucket of records of one key.
pub trait Window: Clone + Eq + Hash {
    /// The largest timestamp (ms) that still belongs to it.
    fn max_timestamp(&self) -> i64;
}

/// The time from `start` to before `end`, in ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TimeWindow {
    pub start: i64,
    pub end: i64,
}

impl TimeWindow {
    /// The one window that has every record.
    pub const GLOBAL: TimeWindow = TimeWindow { start: i64::MIN, end: i64::MAX };

    pub fn new(start: i64, end: i64) -> Self {
        TimeWindow { start, end }
    }

    /// The window of that size to which `timestamp` belongs; windows begin at `offset` and every `size` before and after it.
    pub fn tumbling(timestamp: i64, offset: i64, size: i64) -> Self {
        let start = timestamp.saturating_sub(timestamp.wrapping_sub(offset).rem_euclid(size));
        TimeWindow { start, end: start.saturating_add(size) }
    }

    /// Whether they have a moment in common, or one begins where the other ends.
    pub fn intersects(&self, other: &TimeWindow) -> bool {
        self.start <= other.end && self.end >= other.start
    }

    /// The smallest window that has both.
    pub fn cover(&self, other: &TimeWindow) -> TimeWindow {
        TimeWindow { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

impl Window for TimeWindow {
    fn max_timestamp(&self) -> i64 {
        if *self == TimeWindow::GLOBAL { i64::MAX } else { self.end - 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tumbling_windows_begin_at_their_offset() {
        assert_eq!(TimeWindow::tumbling(7_999, 0, 5_000), TimeWindow::new(5_000, 10_000));
        assert_eq!(TimeWindow::tumbling(5_000, 0, 5_000), TimeWindow::new(5_000, 10_000));
        assert_eq!(TimeWindow::tumbling(7_999, 3_000, 5_000), TimeWindow::new(3_000, 8_000));
        assert_eq!(TimeWindow::tumbling(7_999, -2_000, 5_000), TimeWindow::new(3_000, 8_000));
        // before 1970
        assert_eq!(TimeWindow::tumbling(-1, 0, 5_000), TimeWindow::new(-5_000, 0));
        assert_eq!(TimeWindow::tumbling(-5_000, 0, 5_000), TimeWindow::new(-5_000, 0));
    }

    #[test]
    fn windows_that_touch_meet() {
        let window = TimeWindow::new(0, 10);
        assert!(window.intersects(&TimeWindow::new(10, 20)));
        assert!(!window.intersects(&TimeWindow::new(11, 20)));
        assert_eq!(window.cover(&TimeWindow::new(10, 20)), TimeWindow::new(0, 20));
    }

    #[test]
    fn the_global_window_never_ends() {
        assert_eq!(TimeWindow::GLOBAL.max_timestamp(), i64::MAX);
        assert_eq!(TimeWindow::new(0, 10).max_timestamp(), 9);
    }
}
