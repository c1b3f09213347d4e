//! The timers of windows, in both time domains, and the clocks they go by.

use std::hash::Hash;

use super::Window;
use crate::time::Timers;

/// A timer belongs to a key and a window.
pub struct WindowTimers<K, W> {
    pub event: Timers<(K, W)>,
    pub processing: Timers<(K, W)>,
    /// Event time as far as it has come, in ms.
    pub watermark: i64,
    /// Processing time, in ms.
    pub now: i64,
}

impl<K: Clone + Eq + Hash, W: Window> WindowTimers<K, W> {
    pub(super) fn new() -> Self {
        WindowTimers { event: Timers::default(), processing: Timers::default(), watermark: i64::MIN, now: i64::MIN }
    }

    /// The timers of one domain.
    pub fn of(&mut self, event_time: bool) -> &mut Timers<(K, W)> {
        if event_time { &mut self.event } else { &mut self.processing }
    }
}
