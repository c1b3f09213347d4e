//! Watermark strategies: how a source's event time advances.

use std::time::Duration;

use super::StoredGenerator;
use crate::batch::{Batch, NO_TIMESTAMP};
use crate::error::Result;

/// Assigns timestamps and makes a generator for each split of a source.
pub trait WatermarkStrategy: Send + Sync {
    /// The event time of each record in ms, or `None` to keep what the source assigned.
    fn timestamps(&self, _batch: &Batch) -> Result<Option<Vec<i64>>> {
        Ok(None)
    }

    fn generator(&self) -> Result<Box<dyn WatermarkGenerator>>;

    /// Whether its generators ever emit a watermark.
    fn emits(&self) -> bool {
        true
    }

    /// After this long without a record a split no longer holds event time back.
    fn idle_timeout(&self) -> Option<Duration> {
        None
    }

    /// Which sources wait for each other.
    fn alignment(&self) -> Option<&Alignment> {
        None
    }
}

/// What a generator says about event time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// No record that comes later has that timestamp (ms) or an earlier one.
    Watermark(i64),
    /// Nothing will come for a while: others need not wait.
    Idle,
    Active,
}

/// Marks, each with the number of records of the batch that it comes behind.
pub type Marks = Vec<(usize, Mark)>;

/// Follows the records of one split.
pub trait WatermarkGenerator: Send {
    /// Sees the records of a batch in order, and may say something behind each of them.
    fn observe(&mut self, batch: &Batch, marks: &mut Marks) -> Result<()>;

    /// Asked at the pace of watermarks.
    fn periodic(&mut self, marks: &mut Vec<Mark>) -> Result<()>;

    /// Whether it may have something to say though no record came since it was asked last.
    fn goes_by_the_clock(&self) -> bool {
        false
    }

    /// What it remembers of the records so far, for a checkpoint; `None` where it begins anew after a restore.
    fn stored(&self) -> Result<Option<StoredGenerator>> {
        Ok(None)
    }

    /// Goes on from what was stored, unless that is another generator's.
    fn restore(&mut self, _stored: StoredGenerator) -> Result<()> {
        Ok(())
    }
}

/// How far a source may be ahead of the slowest in its group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alignment {
    pub group: String,
    /// In event time, ms.
    pub max_drift: i64,
    /// How often sources compare at least, in ms of processing time.
    pub update_interval: i64,
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
    fn observe(&mut self, batch: &Batch, _marks: &mut Marks) -> Result<()> {
        if let Some(newest) = batch.timestamps.as_ref().and_then(|t| t.iter().max()) {
            self.max_timestamp = self.max_timestamp.max(*newest);
        }
        Ok(())
    }

    fn periodic(&mut self, marks: &mut Vec<Mark>) -> Result<()> {
        if self.max_timestamp != NO_TIMESTAMP {
            // a record of exactly that time may still come, hence the 1
            marks.push(Mark::Watermark(self.max_timestamp.saturating_sub(self.delay).saturating_sub(1)));
        }
        Ok(())
    }

    fn stored(&self) -> Result<Option<StoredGenerator>> {
        let bytes = self.max_timestamp.to_le_bytes().to_vec().into();
        Ok(Some(StoredGenerator { encoding: GREATEST.into(), bytes }))
    }

    fn restore(&mut self, stored: StoredGenerator) -> Result<()> {
        if let (GREATEST, Ok(bytes)) = (stored.encoding.as_str(), stored.bytes[..].try_into()) {
            self.max_timestamp = i64::from_le_bytes(bytes);
        }
        Ok(())
    }
}

/// How the largest timestamp is stored: 8 bytes, little-endian.
const GREATEST: &str = "largest timestamp";

/// Never advances event time.
#[derive(Debug, Default)]
pub struct NoWatermarks;

impl WatermarkGenerator for NoWatermarks {
    fn observe(&mut self, _batch: &Batch, _marks: &mut Marks) -> Result<()> {
        Ok(())
    }

    fn periodic(&mut self, _marks: &mut Vec<Mark>) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::{Columns, Data};
    use arrow::array::Int64Array;
    use std::sync::Arc;

    fn stamped(timestamps: Vec<i64>) -> Batch {
        let values = Arc::new(Int64Array::from(vec![0; timestamps.len()]));
        Batch::new(Data::Columns(Columns::scalar(values))).with_timestamps(Some(timestamps))
    }

    #[test]
    fn trails_the_largest_timestamp() {
        let mut generator = BoundedOutOfOrderness::new(5_000);
        let mut after = |timestamps: Vec<i64>| {
            let mut marks = Vec::new();
            generator.observe(&stamped(timestamps), &mut Vec::new()).unwrap();
            generator.periodic(&mut marks).unwrap();
            marks
        };
        assert_eq!(after(vec![]), []);
        assert_eq!(after(vec![10_000, 7_000]), [Mark::Watermark(4_999)]);
        assert_eq!(after(vec![8_000]), [Mark::Watermark(4_999)], "it never goes back");
    }
}
