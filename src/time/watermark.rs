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
}
