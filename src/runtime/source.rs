//! The input of a source task: its reader, the event time of each split, and the positions to commit.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use crate::batch::{Batch, NO_TIMESTAMP};
use crate::checkpoint::CheckpointId;
use crate::connector::{Polled, SourceReader, Split};
use crate::error::Result;
use crate::time::{Clock, MAX_WATERMARK, PacedWatermarks, WatermarkPace, WatermarkStrategy};

pub enum Read {
    Batch(Batch),
    Nothing,
    /// Every split there will ever be has been read.
    Ended,
}

struct SplitTime {
    watermarks: PacedWatermarks,
    /// Processing time of the newest record, in ms.
    active_at: i64,
}

pub struct SourceInput {
    reader: Box<dyn SourceReader>,
    strategy: Option<Arc<dyn WatermarkStrategy>>,
    pace: WatermarkPace,
    clock: Arc<dyn Clock>,
    /// What was read behind the place of a watermark.
    rest: Option<(Arc<str>, Batch)>,
    splits: HashMap<Arc<str>, SplitTime>,
    no_more_splits: bool,
    /// Positions at each barrier that has not been completed yet.
    positions: BTreeMap<CheckpointId, Vec<Split>>,
    committed: Vec<Split>,
}

impl SourceInput {
    pub fn new(
        reader: Box<dyn SourceReader>,
        strategy: Option<Arc<dyn WatermarkStrategy>>,
        pace: WatermarkPace,
        clock: Arc<dyn Clock>,
    ) -> Self {
        SourceInput {
            reader,
            strategy,
            pace,
            clock,
            rest: None,
            splits: HashMap::new(),
            no_more_splits: false,
            positions: BTreeMap::new(),
            committed: Vec::new(),
        }
    }

    pub fn add_splits(&mut self, splits: Vec<Split>) -> Result<()> {
        let now = self.clock.now();
        for split in &splits {
            let (generator, pace) = match &self.strategy {
                Some(strategy) => (strategy.generator(), self.pace),
                None => (Box::new(crate::time::NoWatermarks) as _, WatermarkPace::NEVER),
            };
            let watermarks = PacedWatermarks::new(generator, pace, now);
            self.splits.insert(split.id.as_str().into(), SplitTime { watermarks, active_at: now });
        }
        self.reader.add_splits(splits)
    }

    pub fn no_more_splits(&mut self) {
        self.no_more_splits = true;
    }

    pub fn read(&mut self, wait: Duration) -> Result<Read> {
        if let Some((split, batch)) = self.rest.take() {
            return self.up_to_watermark(split, batch);
        }
        if self.splits.is_empty() {
            return Ok(if self.no_more_splits { Read::Ended } else { Read::Nothing });
        }
        match self.reader.poll(wait)? {
            Polled::Nothing => Ok(Read::Nothing),
            Polled::SplitEnd { split } => {
                self.splits.remove(&split);
                Ok(if self.splits.is_empty() && self.no_more_splits { Read::Ended } else { Read::Nothing })
            }
            Polled::Records { split, mut batch } => {
                let Some(strategy) = &self.strategy else { return Ok(Read::Batch(batch)) };
                if let Some(timestamps) = strategy.timestamps(&batch)? {
                    batch.timestamps = Some(timestamps);
                }
                self.up_to_watermark(split, batch)
            }
        }
    }

    /// The records in front of the next watermark; the others are kept for the next reading.
    fn up_to_watermark(&mut self, split: Arc<str>, mut batch: Batch) -> Result<Read> {
        if let Some(time) = self.splits.get_mut(&split) {
            let room = time.watermarks.room();
            let rest = (batch.len() > room).then(|| batch.split_off(room));
            time.watermarks.observe(&batch)?;
            time.active_at = self.clock.now();
            self.rest = rest.map(|rest| (split, rest));
        }
        Ok(Read::Batch(batch))
    }

    /// Whether everything that was read has been handed out, so that the reader's positions are those of the stream.
    pub fn is_handed_out(&self) -> bool {
        self.rest.is_none()
    }

    pub fn no_more_splits_left(&self) -> bool {
        self.no_more_splits
    }

    /// Whether there is a split to read: otherwise the task waits for a command instead of polling.
    pub fn has_splits(&self) -> bool {
        !self.splits.is_empty()
    }

    /// The watermark over all splits that are not idle, and whether all of them are.
    pub fn watermark(&mut self) -> Result<(i64, bool)> {
        let Some(strategy) = &self.strategy else { return Ok((NO_TIMESTAMP, false)) };
        let timeout = strategy.idle_timeout().map(|timeout| timeout.as_millis() as i64);
        let now = self.clock.now();
        let mut least = MAX_WATERMARK;
        let mut active = false;
        for time in self.splits.values_mut() {
            if timeout.is_some_and(|timeout| now - time.active_at >= timeout) {
                continue;
            }
            active = true;
            least = least.min(time.watermarks.current(now)?);
        }
        Ok((if active { least } else { NO_TIMESTAMP }, !active && !self.splits.is_empty()))
    }

    pub fn remember_positions(&mut self, checkpoint: CheckpointId) {
        self.positions.insert(checkpoint, self.reader.snapshot());
    }

    /// Everything before that barrier is safe.
    pub fn complete(&mut self, checkpoint: CheckpointId) -> Result<()> {
        let later = self.positions.split_off(&(checkpoint + 1));
        let reached = std::mem::replace(&mut self.positions, later);
        match reached.into_values().next_back() {
            Some(splits) => self.commit(splits),
            None => Ok(()),
        }
    }

    fn commit(&mut self, splits: Vec<Split>) -> Result<()> {
        if splits != self.committed {
            self.reader.commit(&splits)?;
            self.committed = splits;
        }
        Ok(())
    }

    pub fn close(&mut self) -> Result<()> {
        self.reader.close()
    }
}
