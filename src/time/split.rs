//! The event time of one split (or of one subtask, in the middle of a stream): its watermark, and whether it is idle.

use super::watermark::{Mark, Marks, WatermarkGenerator, WatermarkPace, WatermarkStrategy};
use crate::batch::{Batch, NO_TIMESTAMP};
use crate::error::Result;

/// A generator with the pace at which it is asked, and what it has said. `now` is processing time in ms.
pub struct SplitWatermarks {
    pub(super) generator: Box<dyn WatermarkGenerator>,
    pub(super) pace: WatermarkPace,
    /// Records since it was asked last.
    pub(super) since: usize,
    asked_at: i64,
    pub(super) watermark: i64,
    pub(super) seen: bool,
    /// In ms.
    idle_timeout: Option<i64>,
    /// Processing time of the newest record.
    active_at: i64,
    /// The generator itself has said so, and only it takes that back.
    said_idle: bool,
    idle_since: Option<i64>,
}

impl SplitWatermarks {
    pub fn new(strategy: &dyn WatermarkStrategy, pace: WatermarkPace, now: i64) -> Result<Self> {
        Ok(SplitWatermarks {
            generator: strategy.generator()?,
            pace,
            since: 0,
            asked_at: now,
            watermark: NO_TIMESTAMP,
            seen: false,
            idle_timeout: strategy.idle_timeout().map(|timeout| timeout.as_millis() as i64),
            active_at: now,
            said_idle: false,
            idle_since: None,
        })
    }

    /// [`NO_TIMESTAMP`] before the first.
    pub fn watermark(&self) -> i64 {
        self.watermark
    }

    pub fn has_seen_records(&self) -> bool {
        self.seen
    }

    pub fn is_idle(&self) -> bool {
        self.idle_since.is_some()
    }

    pub fn idle_since(&self) -> Option<i64> {
        self.idle_since
    }

    /// Whether it speaks up without records: others can't know then that nothing will come.
    pub fn goes_by_the_clock(&self) -> bool {
        self.generator.goes_by_the_clock()
    }

    /// How many records may be observed at once.
    pub fn room(&self) -> usize {
        self.pace.every - self.since
    }

    /// Follows at most [`SplitWatermarks::room`] records, and returns what is new behind which of them. It counts once
    /// it is given to [`SplitWatermarks::apply`].
    pub fn observe(&mut self, batch: &Batch, now: i64) -> Result<Marks> {
        let mut marks = Marks::new();
        self.generator.observe(batch, &mut marks)?;
        self.since += batch.len();
        if !batch.is_empty() {
            self.seen = true;
            self.wake(now);
        }
        if self.since >= self.pace.every || self.due_at().is_some_and(|at| at <= now) {
            marks.extend(self.ask(now)?.into_iter().map(|mark| (batch.len(), mark)));
        }
        let (mut watermark, mut idle) = (self.watermark, self.is_idle());
        marks.retain(|(_, mark)| {
            let before = (watermark, idle);
            match mark {
                Mark::Watermark(later) => (watermark, idle) = (watermark.max(*later), false),
                Mark::Idle => idle = true,
                Mark::Active => idle = false,
            }
            (watermark, idle) != before
        });
        Ok(marks)
    }

    pub fn apply(&mut self, mark: Mark, now: i64) {
        match mark {
            Mark::Watermark(watermark) => {
                self.watermark = self.watermark.max(watermark);
                (self.said_idle, self.idle_since) = (false, None);
            }
            Mark::Idle => {
                self.said_idle = true;
                self.idle_since.get_or_insert(now);
            }
            Mark::Active => (self.said_idle, self.idle_since) = (false, None),
        }
    }

    /// Something came, or could not come until now.
    pub fn wake(&mut self, now: i64) {
        self.active_at = now;
        if !self.said_idle {
            self.idle_since = None;
        }
    }

    /// Asks the generator, if that is due by time.
    pub fn ask_if_due(&mut self, now: i64) -> Result<()> {
        if self.due_at().is_some_and(|at| at <= now) { self.ask_now(now) } else { Ok(()) }
    }

    /// Asks the generator, due or not: at the end of a split.
    pub fn ask_now(&mut self, now: i64) -> Result<()> {
        for mark in self.ask(now)? {
            self.apply(mark, now);
        }
        Ok(())
    }

    fn ask(&mut self, now: i64) -> Result<Vec<Mark>> {
        (self.since, self.asked_at) = (0, now);
        let mut marks = Vec::new();
        self.generator.periodic(&mut marks)?;
        Ok(marks)
    }

    /// When the generator is to be asked by time.
    fn due_at(&self) -> Option<i64> {
        let news = self.since > 0 || self.goes_by_the_clock() && (self.said_idle || !self.is_idle());
        (news && self.pace.interval != i64::MAX).then(|| self.asked_at.saturating_add(self.pace.interval))
    }

    /// When it will be idle if nothing comes before.
    pub fn idle_at(&self) -> Option<i64> {
        let timeout = self.idle_timeout.filter(|_| self.idle_since.is_none())?;
        Some(self.active_at.saturating_add(timeout))
    }

    pub fn set_idle(&mut self, now: i64) {
        self.idle_since.get_or_insert(now);
    }

    /// When time alone changes something.
    pub fn next_at(&self) -> Option<i64> {
        [self.due_at(), self.idle_at()].into_iter().flatten().min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::{Columns, Data};
    use crate::time::BoundedOutOfOrderness;
    use arrow::array::Int64Array;
    use std::sync::Arc;
    use std::time::Duration;

    const PACE: WatermarkPace = WatermarkPace { every: 3, interval: 200 };

    fn stamped(timestamps: Vec<i64>) -> Batch {
        let values = Arc::new(Int64Array::from(vec![0; timestamps.len()]));
        Batch::new(Data::Columns(Columns::scalar(values))).with_timestamps(Some(timestamps))
    }

    /// Ascending timestamps; idle after that many ms.
    struct Ascending(Option<u64>);
    impl WatermarkStrategy for Ascending {
        fn generator(&self) -> Result<Box<dyn WatermarkGenerator>> {
            Ok(Box::new(BoundedOutOfOrderness::new(0)))
        }
        fn idle_timeout(&self) -> Option<Duration> {
            self.0.map(Duration::from_millis)
        }
    }

    /// Every record with an even timestamp is a watermark, 0 says that nothing will come.
    struct Even;
    impl WatermarkStrategy for Even {
        fn generator(&self) -> Result<Box<dyn WatermarkGenerator>> {
            Ok(Box::new(Even))
        }
    }
    impl WatermarkGenerator for Even {
        fn observe(&mut self, batch: &Batch, marks: &mut Marks) -> Result<()> {
            for row in (0..batch.len()).filter(|row| batch.timestamp(*row) % 2 == 0) {
                let time = batch.timestamp(row);
                marks.push((row + 1, if time == 0 { Mark::Idle } else { Mark::Watermark(time) }));
            }
            Ok(())
        }
        fn periodic(&mut self, _: &mut Vec<Mark>) -> Result<()> {
            Ok(())
        }
    }

    fn follow(split: &mut SplitWatermarks, timestamps: Vec<i64>, now: i64) -> i64 {
        for (_, mark) in split.observe(&stamped(timestamps), now).unwrap() {
            split.apply(mark, now);
        }
        split.watermark()
    }

    #[test]
    fn watermarks_come_after_some_records_or_some_time() {
        let mut split = SplitWatermarks::new(&Ascending(None), PACE, 1_000).unwrap();
        assert_eq!((split.room(), split.next_at()), (3, None));
        assert_eq!((follow(&mut split, vec![10, 20], 1_100), split.room()), (NO_TIMESTAMP, 1));
        assert_eq!((follow(&mut split, vec![30], 1_100), split.room()), (29, 3));
        assert_eq!(split.next_at(), None, "nothing is new");
        assert_eq!((follow(&mut split, vec![40], 1_299), split.next_at()), (29, Some(1_300)));
        split.ask_if_due(1_300).unwrap();
        assert_eq!((split.watermark(), split.room()), (39, 3));
    }

    #[test]
    fn what_a_generator_says_behind_a_record_keeps_its_place() {
        let mut split = SplitWatermarks::new(&Even, WatermarkPace::NEVER, 0).unwrap();
        let marks = split.observe(&stamped(vec![1, 4, 2, 6, 0, 0, 6]), 0).unwrap();
        let expected = [
            (2, Mark::Watermark(4)),
            // 2 is behind the watermark and says nothing new
            (4, Mark::Watermark(6)),
            (5, Mark::Idle),
            // the watermark is the same, but it is active again
            (7, Mark::Watermark(6)),
        ];
        assert_eq!(marks, expected);
    }

    #[test]
    fn idle_without_records_for_the_timeout_and_active_with_the_next() {
        let mut split = SplitWatermarks::new(&Ascending(Some(500)), PACE, 0).unwrap();
        follow(&mut split, vec![10, 20, 30], 100);
        assert_eq!(split.idle_at(), Some(600));
        split.set_idle(600);
        assert_eq!((split.is_idle(), split.next_at()), (true, None));
        follow(&mut split, vec![40], 700);
        assert_eq!((split.is_idle(), split.idle_at()), (false, Some(1_200)));
    }

    #[test]
    fn idle_by_its_generator_until_that_says_otherwise() {
        let mut split = SplitWatermarks::new(&Even, WatermarkPace::NEVER, 0).unwrap();
        follow(&mut split, vec![0, 5], 100);
        assert_eq!(split.idle_since(), Some(100), "a record alone does not take it back");
        follow(&mut split, vec![6], 200);
        assert_eq!((split.is_idle(), split.watermark()), (false, 6));
    }
}
