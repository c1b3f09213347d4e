//! Putting back what windows held at a checkpoint: all that [`TimedWindows::iter`] gave, of those keys that are the
//! subtask's now.

use super::*;

impl<K: Clone + Eq + Hash, V> TimedWindows<K, V> {
    /// Fills windows that are new. `watermark` is the one at the checkpoint: what ended by it has fired.
    pub fn restore(&mut self, mut held: Vec<(TimeWindow, Held<K, V>)>, watermark: i64) {
        held.sort_by_key(|(_, held)| held.arrival);
        for (window, held) in held {
            let hash = self.hasher.hash_one(&held.key);
            let bucket = self.buckets.entry(window.start).or_insert_with(|| Bucket::new(window));
            // keys of two subtasks may have the same number
            bucket.push(hash, Held { arrival: self.arrivals, ..held }, &self.hasher);
            self.arrivals += 1;
        }
        if self.allowed_lateness > 0 {
            self.fired = watermark;
        }
    }
}
