//! The input of a source task: its reader, the event time of each split, and the positions to commit.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use crate::batch::{Batch, NO_TIMESTAMP};
use crate::checkpoint::CheckpointId;
use crate::connector::{Polled, SourceReader, Split};
use crate::error::Result;
use crate::time::{Clock, MAX_WATERMARK, WatermarkGenerator, WatermarkStrategy};

pub enum Read {
    Batch(Batch),
    Nothing,
    /// Every split there will ever be has been read.
    Ended,
}

struct SplitTime {
    generator: Box<dyn WatermarkGenerator>,
    /// Processing time of the newest record, in ms.
    active_at: i64,
}

pub struct SourceInput {
    reader: Box<dyn SourceReader>,
    strategy: Option<Arc<dyn WatermarkStrategy>>,
    clock: Arc<dyn Clock>,
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
        clock: Arc<dyn Clock>,
    ) -> Self {
        SourceInput {
            reader,
            strategy,
            clock,
            splits: HashMap::new(),
            no_more_splits: false,
            positions: BTreeMap::new(),
            committed: Vec::new(),
        }
    }

    pub fn add_splits(&mut self, splits: Vec<Split>) -> Result<()> {
        for split in &splits {
            let generator: Box<dyn WatermarkGenerator> = match &self.strategy {
                Some(strategy) => strategy.generator(),
                None => Box::new(crate::time::NoWatermarks),
            };
            self.splits.insert(split.id.as_str().into(), SplitTime { generator, active_at: self.clock.now() });
        }
        self.reader.add_splits(splits)
    }

    pub fn no_more_splits(&mut self) {
        self.no_more_splits = true;
    }

    pub fn read(&mut self, wait: Duration) -> Result<Read> {
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
                if let Some(strategy) = &self.strategy {
                    if let Some(timestamps) = strategy.timestamps(&batch)? {
                        batch.timestamps = Some(timestamps);
                    }
                    if let Some(time) = self.splits.get_mut(&split) {
                        time.generator.observe(&batch)?;
                        time.active_at = self.clock.now();
                    }
                }
                Ok(Read::Batch(batch))
            }
        }
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
            least = least.min(time.generator.current()?);
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
