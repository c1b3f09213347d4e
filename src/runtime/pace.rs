//! How much of a batch a task works at before it looks up again.
//!
//! A function that calls a web service takes seconds for a batch that others do in a millisecond. Worked at in pieces,
//! its results leave early, Ctrl-C is noticed between two pieces, and what grows (a number into a document) waits in
//! front of the function that makes it grow.

/// A piece should take no longer than this, in ms, and may be larger where it takes less than a quarter.
const LONG: i64 = 100;
/// The same for what a piece sends to other tasks, in bytes.
const LARGE: usize = 4 << 20;

pub struct Pace {
    records: usize,
}

impl Default for Pace {
    /// One record, then two, then four: nothing is known yet, and soon enough it is whole batches.
    fn default() -> Self {
        Pace { records: 1 }
    }
}

impl Pace {
    /// How many records to take at once.
    pub fn records(&self) -> usize {
        self.records
    }

    /// That many records took that many ms and made that many bytes.
    pub fn note(&mut self, records: usize, took: i64, bytes: usize) {
        if took > LONG || bytes > LARGE {
            let in_time = records as f64 * LONG as f64 / took.max(1) as f64;
            let in_size = records as f64 * LARGE as f64 / bytes.max(1) as f64;
            self.records = in_time.min(in_size).max(1.0) as usize;
        } else if took <= LONG / 4 && bytes <= LARGE / 4 && records >= self.records {
            self.records = self.records.saturating_mul(2);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fast_functions_get_whole_batches() {
        let mut pace = Pace::default();
        for _ in 0..10 {
            pace.note(pace.records(), 1, 1_000);
        }
        assert_eq!(pace.records(), 1024);
        pace.note(10, 0, 100);
        assert_eq!(pace.records(), 1024, "a batch that was small says nothing");
    }

    #[test]
    fn slow_and_large_records_are_taken_a_few_at_a_time() {
        let mut pace = Pace { records: 1024 };
        pace.note(1024, 10_240, 0); // 10 ms each
        assert_eq!(pace.records(), 10);
        pace.note(10, 10, 10 << 20); // 1 MB each
        assert_eq!(pace.records(), 4);
        pace.note(4, 60_000, 0);
        assert_eq!(pace.records(), 1, "never none");
    }
}
