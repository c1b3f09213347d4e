//! Watermark strategies: how a source's event time advances.

use std::time::Duration;

use crate::batch::{Batch, NO_TIMESTAMP};
use crate::error::Result;

/// Assigns timestamps and makes a generator for each split of a source.
pub trait WatermarkStrategy: Send + Sync {
    /// The event time of each record in ms, or `None` to keep what the source assigned.
    fn timestamps(&self, _batch: &Batch) -> Result<Option<Vec<i64>>> {
        Ok(None)
    }

    fn generator(&self) -> Box<dyn WatermarkGenerator>;

    /// After this long without a record a split no longer holds event time back.
    fn idle_timeout(&self) -> Option<Duration> {
        None
    }
}

/// Follows the timestamps of one split.
pub trait WatermarkGenerator: Send {
    fn observe(&mut self, batch: &Batch) -> Result<()>;

    /// The watermark now; [`NO_TIMESTAMP`] before the first.
    fn current(&mut self) -> Result<i64>;

    /// Whether its watermarks come when it says so, instead of at a pace.
    fn is_punctuated(&self) -> bool {
        false
    }
}

/// When watermarks come.
///
/// After a number of records, wherever batches end, so that which records are late does not depend on the size of
/// batches; and after some time, where records come slowly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WatermarkPace {
    /// Records between two watermarks.
    pub every: usize,
    /// Processing time (ms) after which one comes in any case.
    pub interval: i64,
}

impl Default for WatermarkPace {
    fn default() -> Self {
        WatermarkPace { every: 1_000, interval: 200 }
    }
}

impl WatermarkPace {
    /// None but the last, at the end of a bounded input.
    pub const NEVER: WatermarkPace = WatermarkPace { every: usize::MAX, interval: i64::MAX };
}

/// A generator whose watermarks come at a pace.
pub struct PacedWatermarks {
    generator: Box<dyn WatermarkGenerator>,
    pace: WatermarkPace,
    /// Records since the last watermark.
    since: usize,
    emitted_at: i64,
    watermark: i64,
}

impl PacedWatermarks {
    /// `now` is processing time in ms, here and below.
    pub fn new(generator: Box<dyn WatermarkGenerator>, pace: WatermarkPace, now: i64) -> Self {
        PacedWatermarks { generator, pace, since: 0, emitted_at: now, watermark: NO_TIMESTAMP }
    }

    /// How many records may be observed before the watermark has to be asked for.
    pub fn room(&self) -> usize {
        self.pace.every - self.since
    }

    /// At most [`PacedWatermarks::room`] records.
    pub fn observe(&mut self, batch: &Batch) -> Result<()> {
        self.since += batch.len();
        self.generator.observe(batch)
    }

    /// The watermark that is due, or the last one.
    pub fn current(&mut self, now: i64) -> Result<i64> {
        if self.generator.is_punctuated() || self.since >= self.pace.every || self.due_at().is_some_and(|at| at <= now)
        {
            self.watermark = self.generator.current()?;
            (self.since, self.emitted_at) = (0, now);
        }
        Ok(self.watermark)
    }

    /// When the next watermark is due, if there were records since the last.
    pub fn due_at(&self) -> Option<i64> {
        (self.since > 0).then(|| self.emitted_at.saturating_add(self.pace.interval))
    }
}

/// Watermarks that trail the largest timestamp by a fixed delay (0 for ascending timestamps).
#[derive(Debug)]
pub struct BoundedOutOfOrderness {
    max_timestamp: i64,
    delay: i64,
}

impl BoundedOutOfOrderness {
    /// `delay` is in ms.
    pub fn new(delay: i64) -> Self {
        BoundedOutOfOrderness { max_timestamp: NO_TIMESTAMP, delay }
    }
}

impl WatermarkGenerator for BoundedOutOfOrderness {
    fn observe(&mut self, batch: &Batch) -> Result<()> {
        if let Some(newest) = batch.timestamps.as_ref().and_then(|t| t.iter().max()) {
            self.max_timestamp = self.max_timestamp.max(*newest);
        }
        Ok(())
    }

    fn current(&mut self) -> Result<i64> {
        if self.max_timestamp == NO_TIMESTAMP {
            return Ok(NO_TIMESTAMP);
        }
        // a record of exactly that time may still come, hence the 1
        Ok(self.max_timestamp.saturating_sub(self.delay).saturating_sub(1))
    }
}

/// Never advances event time.
#[derive(Debug, Default)]
pub struct NoWatermarks;

impl WatermarkGenerator for NoWatermarks {
    fn observe(&mut self, _batch: &Batch) -> Result<()> {
        Ok(())
    }

    fn current(&mut self) -> Result<i64> {
        Ok(NO_TIMESTAMP)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::{Columns, Data};
    use arrow::array::Int64Array;
    use std::sync::Arc;

    #[test]
    fn trails_the_largest_timestamp() {
        let mut generator = BoundedOutOfOrderness::new(5_000);
        assert_eq!(generator.current().unwrap(), NO_TIMESTAMP);
        let batch = |timestamps: Vec<i64>| {
            let values = Arc::new(Int64Array::from(vec![0; timestamps.len()]));
            Batch::new(Data::Columns(Columns::scalar(values))).with_timestamps(Some(timestamps))
        };
        generator.observe(&batch(vec![10_000, 7_000])).unwrap();
        assert_eq!(generator.current().unwrap(), 4_999);
        generator.observe(&batch(vec![8_000])).unwrap();
        assert_eq!(generator.current().unwrap(), 4_999, "it never goes back");
    }

    fn stamped(timestamps: Vec<i64>) -> Batch {
        let values = Arc::new(Int64Array::from(vec![0; timestamps.len()]));
        Batch::new(Data::Columns(Columns::scalar(values))).with_timestamps(Some(timestamps))
    }

    #[test]
    fn come_after_some_records_or_some_time() {
        let pace = WatermarkPace { every: 3, interval: 200 };
        let mut paced = PacedWatermarks::new(Box::new(BoundedOutOfOrderness::new(0)), pace, 1_000);
        assert_eq!((paced.room(), paced.due_at()), (3, None));
        paced.observe(&stamped(vec![10, 20])).unwrap();
        assert_eq!((paced.current(1_100).unwrap(), paced.room()), (NO_TIMESTAMP, 1));
        paced.observe(&stamped(vec![30])).unwrap();
        assert_eq!((paced.current(1_100).unwrap(), paced.room()), (29, 3));
        assert_eq!(paced.due_at(), None, "nothing is new");
        paced.observe(&stamped(vec![40])).unwrap();
        assert_eq!((paced.current(1_299).unwrap(), paced.due_at()), (29, Some(1_300)));
        assert_eq!((paced.current(1_300).unwrap(), paced.room()), (39, 3));
    }
}
