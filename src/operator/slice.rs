//! How much of a snapshot is taken at a time.

use std::sync::Arc;

use crate::time::Clock;

/// How much of an unfinished snapshot is taken before records have their turn again.
pub struct Slice {
    entries: usize,
    /// Processing time in ms.
    until: Option<(Arc<dyn Clock>, i64)>,
}

impl Slice {
    /// All that is left.
    pub fn whole() -> Slice {
        Slice { entries: usize::MAX, until: None }
    }

    /// So many entries.
    pub fn of(entries: usize) -> Slice {
        Slice { entries, until: None }
    }

    /// As many entries as can be taken in that many ms.
    pub fn timed(clock: &Arc<dyn Clock>, millis: i64) -> Slice {
        Slice { entries: usize::MAX, until: Some((clock.clone(), clock.now().saturating_add(millis))) }
    }

    /// How many entries to take before time is looked at again: at most `run`, and none once the slice is used up.
    pub fn next_run(&self, run: usize) -> usize {
        match &self.until {
            Some((clock, until)) if clock.now() >= *until => 0,
            _ => self.entries.min(run),
        }
    }

    /// That many have been taken.
    pub fn note(&mut self, entries: usize) {
        self.entries = self.entries.saturating_sub(entries);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::ManualClock;

    #[test]
    fn a_slice_ends_by_number_or_by_time() {
        let mut three = Slice::of(3);
        assert_eq!(three.next_run(2), 2);
        three.note(2);
        assert_eq!(three.next_run(2), 1);
        three.note(1);
        assert_eq!(three.next_run(2), 0);

        let manual = Arc::new(ManualClock::new(100));
        let clock: Arc<dyn Clock> = manual.clone();
        let mut timed = Slice::timed(&clock, 3);
        timed.note(1_000_000);
        manual.set(102);
        assert_eq!(timed.next_run(64), 64);
        manual.set(103);
        assert_eq!(timed.next_run(64), 0);
        assert_eq!(Slice::whole().next_run(64), 64);
    }
}
