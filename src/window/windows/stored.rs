//! What windows know of their keys, taken out for a checkpoint and put back.
//!
//! Each piece belongs to one key and so to one key group: whoever restores gives those of its groups, of one subtask or of
//! several. What windows hold is their [`Contents`]' and is not here; watermark and processing time are their user's.

use super::*;

/// One piece of what [`Windows`] know of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stored<K, W> {
    /// `place` is that among the timers of its clock, in the order in which they fire.
    Timer { event_time: bool, time: i64, place: u64, key: K, window: W },
    /// What a built-in trigger remembers of the window.
    Memory { key: K, window: W, memory: Memory },
    /// The live windows of a key that merge, each with the window under which its contents are kept.
    Merging { key: K, windows: Vec<(W, W)> },
}

impl<K, V, W, A, T> Windows<K, V, W, A, T>
where
    K: Clone + Eq + Hash,
    W: Window,
    A: Assigner<K, V, W>,
    T: Trigger<K, V, W>,
{
    /// All pieces, each with its key group.
    pub fn stored(&self) -> Vec<(u16, Stored<K, W>)> {
        let mut stored = Vec::new();
        for (event_time, timers) in [(true, &self.timers.event), (false, &self.timers.processing)] {
            for (place, (time, (key, window), group)) in (0..).zip(timers.iter()) {
                let (key, window) = (key.clone(), window.clone());
                stored.push((group, Stored::Timer { event_time, time, place, key, window }));
            }
        }
        for (group, (key, window), memory) in self.memories.iter() {
            let (key, window) = (key.clone(), window.clone());
            stored.push((group, Stored::Memory { key, window, memory: *memory }));
        }
        for (group, key, set) in self.merging.iter() {
            stored.push((group, Stored::Merging { key: key.clone(), windows: set.all().to_vec() }));
        }
        stored
    }

    /// Puts pieces into windows that are new.
    pub fn restore(&mut self, stored: Vec<(u16, Stored<K, W>)>) {
        let mut timers = Vec::new();
        for (group, piece) in stored {
            match piece {
                Stored::Timer { event_time, time, place, key, window } => {
                    timers.push((time, place, event_time, group, key, window));
                }
                Stored::Memory { key, window, memory } => drop(self.memories.insert(group, (key, window), memory)),
                Stored::Merging { key, windows } => drop(self.merging.insert(group, key, windows.into())),
            }
        }
        // those of one time fire in the order in which they are set
        timers.sort_by_key(|(time, place, ..)| (*time, *place));
        for (time, _, event_time, group, key, window) in timers {
            self.timers.of(event_time).register((key, window), group, time);
        }
    }
}
