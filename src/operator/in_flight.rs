//! Records whose results come later and in any order: holds the order a stream promises.
//!
//! Ordered: results leave in the order of their records. Unordered: results leave as they come, but none passes a
//! watermark, in either direction. As in Flink, a record counts against the capacity until its results have left.

use std::collections::VecDeque;

enum State<R> {
    Open,
    Complete(R),
    Left,
}

struct Entry<T, R> {
    /// What the operator remembers with the record.
    tag: T,
    state: State<R>,
}

/// What may go on to the next operator.
#[derive(Debug, PartialEq, Eq)]
pub enum Released<T, R> {
    Results(T, R),
    Watermark(i64),
}

/// What has not left yet.
#[derive(Debug, PartialEq, Eq)]
pub enum Unfinished {
    /// The number of a record whose results have not left, whether they are there or not.
    Record(u64),
    Watermark(i64),
}

/// Records are numbered from 0 in the order in which they came.
pub struct InFlight<T, R> {
    ordered: bool,
    entries: VecDeque<Entry<T, R>>,
    /// The number of the first entry.
    first: u64,
    /// The number of the record that is started next.
    next: u64,
    /// Started and not left.
    active: usize,
    /// Each with the number of the record it comes before.
    watermarks: VecDeque<(u64, i64)>,
}

impl<T: Copy, R> InFlight<T, R> {
    pub fn new(ordered: bool) -> Self {
        InFlight { ordered, entries: VecDeque::new(), first: 0, next: 0, active: 0, watermarks: VecDeque::new() }
    }

    pub fn push(&mut self, tag: T) {
        self.entries.push_back(Entry { tag, state: State::Open });
    }

    fn end(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    pub fn push_watermark(&mut self, watermark: i64, released: &mut Vec<Released<T, R>>) {
        let end = self.end();
        match self.watermarks.back_mut() {
            Some((before, last)) if *before == end => *last = watermark,
            _ => self.watermarks.push_back((end, watermark)),
        }
        self.release(released);
    }

    /// The number of the first record to start now and how many, so that no more than `capacity` are under way.
    pub fn start(&mut self, capacity: usize) -> (u64, usize) {
        let first = self.next;
        let waiting = (self.end() - self.next) as usize;
        let count = waiting.min(capacity.saturating_sub(self.active));
        self.next += count as u64;
        self.active += count;
        (first, count)
    }

    /// Records that have not been started.
    pub fn has_waiting(&self) -> bool {
        self.next < self.end()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The number of the first record that has not left, and of which those behind may have.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// What was remembered with a record that is not through.
    pub fn tag(&self, record: u64) -> Option<T> {
        let entry = self.entries.get(record.checked_sub(self.first)? as usize)?;
        Some(entry.tag)
    }

    /// All that has not left, in the order in which it came.
    pub fn unfinished(&self) -> Vec<Unfinished> {
        let mut watermarks = self.watermarks.iter().peekable();
        let mut all = Vec::new();
        for (at, entry) in (self.first..).zip(&self.entries) {
            while let Some((_, watermark)) = watermarks.next_if(|(before, _)| *before <= at) {
                all.push(Unfinished::Watermark(*watermark));
            }
            if !matches!(entry.state, State::Left) {
                all.push(Unfinished::Record(at));
            }
        }
        all.extend(watermarks.map(|(_, watermark)| Unfinished::Watermark(*watermark)));
        all
    }

    /// The results of a record are there.
    pub fn complete(&mut self, record: u64, results: R, released: &mut Vec<Released<T, R>>) {
        let limit = self.limit();
        let Some(index) = record.checked_sub(self.first).and_then(|index| usize::try_from(index).ok()) else { return };
        let Some(entry) = self.entries.get_mut(index).filter(|entry| matches!(entry.state, State::Open)) else {
            return;
        };
        if !self.ordered && record < limit {
            entry.state = State::Left;
            self.active -= 1;
            released.push(Released::Results(entry.tag, results));
        } else {
            entry.state = State::Complete(results);
        }
        self.release(released);
    }

    /// The number of the record behind the next watermark.
    fn limit(&self) -> u64 {
        self.watermarks.front().map_or(u64::MAX, |(before, _)| *before)
    }

    fn release(&mut self, released: &mut Vec<Released<T, R>>) {
        loop {
            while self.first < self.limit()
                && let Some(entry) = self.entries.pop_front_if(|entry| !matches!(entry.state, State::Open))
            {
                self.first += 1;
                if let State::Complete(results) = entry.state {
                    self.active -= 1;
                    released.push(Released::Results(entry.tag, results));
                }
            }
            match self.watermarks.front() {
                Some((before, watermark)) if *before == self.first => {
                    released.push(Released::Watermark(*watermark));
                    self.watermarks.pop_front();
                    if !self.ordered {
                        self.release_section(released);
                    }
                }
                _ => return,
            }
        }
    }

    /// What was complete already between the watermark that just passed and the next one.
    fn release_section(&mut self, released: &mut Vec<Released<T, R>>) {
        let count = (self.limit() - self.first).min(self.entries.len() as u64) as usize;
        for entry in self.entries.iter_mut().take(count) {
            if matches!(entry.state, State::Complete(_))
                && let State::Complete(results) = std::mem::replace(&mut entry.state, State::Left)
            {
                self.active -= 1;
                released.push(Released::Results(entry.tag, results));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Records are told apart by their tags: 0, 1, 2 ...
    struct Run {
        queue: InFlight<i64, char>,
        released: Vec<Released<i64, char>>,
    }

    impl Run {
        fn new(ordered: bool, records: i64) -> Run {
            let mut run = Run { queue: InFlight::new(ordered), released: Vec::new() };
            (0..records).for_each(|tag| run.queue.push(tag));
            run
        }

        fn complete(&mut self, records: &[u64]) -> String {
            for record in records {
                self.queue.complete(*record, 'r', &mut self.released);
            }
            self.taken()
        }

        fn watermark(&mut self, watermark: i64) -> String {
            self.queue.push_watermark(watermark, &mut self.released);
            self.taken()
        }

        /// `0 w5 2`: results of record 0, the watermark 5, results of record 2.
        fn taken(&mut self) -> String {
            let text = |released: Released<i64, char>| match released {
                Released::Results(tag, _) => tag.to_string(),
                Released::Watermark(watermark) => format!("w{watermark}"),
            };
            self.released.drain(..).map(text).collect::<Vec<_>>().join(" ")
        }
    }

    #[test]
    fn ordered_results_leave_in_the_order_of_their_records() {
        let mut run = Run::new(true, 4);
        run.queue.start(4);
        assert_eq!(run.complete(&[2, 1]), "");
        assert_eq!(run.complete(&[0]), "0 1 2");
        assert_eq!(run.complete(&[3]), "3");
        assert!(run.queue.is_empty());
    }

    #[test]
    fn unordered_results_leave_as_they_come() {
        let mut run = Run::new(false, 4);
        run.queue.start(4);
        assert_eq!(run.complete(&[2, 0]), "2 0");
        assert_eq!(run.complete(&[3, 1]), "3 1");
        assert!(run.queue.is_empty());
    }

    #[test]
    fn no_result_passes_a_watermark() {
        for ordered in [true, false] {
            let mut run = Run::new(ordered, 2);
            assert_eq!(run.watermark(5), "");
            run.queue.push(2);
            run.queue.push(3);
            run.queue.start(4);
            assert_eq!(run.complete(&[3]), "", "behind the watermark");
            assert_eq!(run.watermark(9), "");
            assert_eq!(run.complete(&[1]), if ordered { "" } else { "1" });
            assert_eq!(run.complete(&[0]), if ordered { "0 1 w5" } else { "0 w5 3" });
            assert_eq!(run.complete(&[2]), if ordered { "2 3 w9" } else { "2 w9" });
            assert_eq!(run.watermark(10), "w10", "nothing is before it");
        }
    }

    #[test]
    fn of_two_watermarks_without_a_record_between_them_the_later_counts() {
        let mut run = Run::new(false, 1);
        run.queue.start(1);
        assert_eq!(run.watermark(5) + &run.watermark(6), "");
        assert_eq!(run.complete(&[0]), "0 w6");
    }

    #[test]
    fn no_more_are_under_way_than_the_capacity() {
        let mut run = Run::new(true, 5);
        assert_eq!(run.queue.start(2), (0, 2));
        assert_eq!(run.queue.start(2), (2, 0));
        assert_eq!(run.complete(&[1]), "");
        assert_eq!(run.queue.start(2), (2, 0), "complete, but it has not left");
        assert_eq!(run.complete(&[0]), "0 1");
        assert_eq!(run.queue.start(2), (2, 2));
        assert!(run.queue.has_waiting());
        assert_eq!(run.complete(&[3, 2, 2]), "2 3", "a record is complete once");
        assert_eq!(run.queue.start(2), (4, 1));
        assert!(!run.queue.has_waiting() && !run.queue.is_empty());
    }

    #[test]
    fn what_has_not_left_is_known_in_its_order() {
        use Unfinished::{Record, Watermark};
        let mut run = Run::new(false, 3);
        run.queue.start(3);
        run.watermark(5);
        run.queue.push(3);
        run.queue.push(4);
        run.queue.start(2);
        run.watermark(9);
        assert_eq!(run.complete(&[1, 4]), "1", "4 is complete, and behind a watermark");
        assert_eq!(run.queue.unfinished(), [Record(0), Record(2), Watermark(5), Record(3), Record(4), Watermark(9)]);
        assert_eq!(run.queue.first(), 0);
    }
}
