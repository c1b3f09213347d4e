//! The input of a source task: its reader, the event time of each split, and the positions to commit.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::positions::{self, Position};
use crate::batch::{Batch, NO_TIMESTAMP};
use crate::checkpoint::{CheckpointId, Snapshot};
use crate::connector::{Polled, SourceReader, Split};
use crate::error::Result;
use crate::time::{Clock, Marks, NoWatermarks, SplitWatermarks, WatermarkGenerator, WatermarkPace, WatermarkStrategy};

pub enum Read {
    Batch(Batch),
    Nothing,
    /// A split is at its end; there may be others.
    SplitEnd,
    /// What is to be read next is paused: the task waits for a command.
    Paused,
    /// Every split there will ever be has been read.
    Ended,
}

/// Where a split stands in event time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitReport {
    pub id: String,
    /// In ms; [`NO_TIMESTAMP`] before the first.
    pub watermark: i64,
    /// Whether a record has come from it.
    pub seen: bool,
    /// Processing time in ms since which it no longer holds event time back.
    pub idle_since: Option<i64>,
    /// It is not read, because it is too far ahead of others in its group.
    pub paused: bool,
}

struct SplitTime {
    watermarks: SplitWatermarks,
    /// How often the reader had been asked when the newest record came.
    polled_at: u64,
    paused: bool,
}

/// What was read and not handed out yet.
struct Rest {
    split: Arc<str>,
    /// What the split's generator has seen, and what it said about it.
    observed: Option<(Batch, Marks)>,
    /// Behind that, what it is yet to see.
    read: Option<Batch>,
}

/// What was told to the others of the alignment group last.
#[derive(Default)]
struct Told {
    at: i64,
    watermark: Option<i64>,
}

pub struct SourceInput {
    reader: Box<dyn SourceReader>,
    strategy: Arc<dyn WatermarkStrategy>,
    pace: WatermarkPace,
    clock: Arc<dyn Clock>,
    rest: Option<Rest>,
    splits: BTreeMap<Arc<str>, SplitTime>,
    /// The splits that exist have been handed out: having none means that there is none.
    assigned: bool,
    no_more_splits: bool,
    /// Nothing more is read: that is the end.
    draining: bool,
    /// Over all splits, those that have ended among them.
    watermark: i64,
    /// All splits are idle, or there is none.
    idle: bool,
    polls: u64,
    /// No split is read ahead of this watermark.
    limit: i64,
    /// The reader can't leave out splits, and one is paused.
    held_back: bool,
    told: Told,
    /// Positions at each barrier that has not been completed yet.
    positions: BTreeMap<CheckpointId, Vec<Split>>,
    /// Event time at each of these barriers, by split.
    times: BTreeMap<CheckpointId, Vec<(String, Bytes)>>,
    /// What a checkpoint has of splits that have not been added yet.
    restored: BTreeMap<String, Bytes>,
    committed: Vec<Split>,
    /// Splits that were read to their end, now or before a restore.
    finished: Vec<String>,
}

/// Of a source that was given none.
struct NoStrategy;

impl WatermarkStrategy for NoStrategy {
    fn generator(&self) -> Result<Box<dyn WatermarkGenerator>> {
        Ok(Box::new(NoWatermarks))
    }

    fn emits(&self) -> bool {
        false
    }
}

impl SourceInput {
    pub fn new(
        reader: Box<dyn SourceReader>,
        strategy: Option<Arc<dyn WatermarkStrategy>>,
        pace: WatermarkPace,
        clock: Arc<dyn Clock>,
        finished: Vec<String>,
        restored: BTreeMap<String, Bytes>,
    ) -> Self {
        let pace = if strategy.is_some() { pace } else { WatermarkPace::NEVER };
        SourceInput {
            finished,
            reader,
            strategy: strategy.unwrap_or_else(|| Arc::new(NoStrategy)),
            pace,
            clock,
            rest: None,
            splits: BTreeMap::new(),
            assigned: false,
            no_more_splits: false,
            draining: false,
            watermark: NO_TIMESTAMP,
            idle: false,
            polls: 0,
            limit: i64::MAX,
            held_back: false,
            told: Told::default(),
            positions: BTreeMap::new(),
            times: BTreeMap::new(),
            restored,
            committed: Vec::new(),
        }
    }

    /// The splits that were found, if any of them are for this subtask.
    pub fn add_splits(&mut self, splits: Vec<Split>) -> Result<()> {
        self.assigned = true;
        let now = self.clock.now();
        for split in &splits {
            let mut watermarks = SplitWatermarks::new(self.strategy.as_ref(), self.pace, now)?;
            if let Some(stored) = self.restored.remove(&split.id) {
                watermarks.restore(stored)?;
            }
            self.splits
                .insert(split.id.as_str().into(), SplitTime { watermarks, polled_at: self.polls, paused: false });
        }
        self.reader.add_splits(splits)
    }

    /// What has been read comes, and then the end; where it is then, a checkpoint has.
    pub fn drain(&mut self) {
        self.draining = true;
    }

    pub fn no_more_splits(&mut self) {
        self.no_more_splits = true;
    }

    pub fn read(&mut self, wait: Duration) -> Result<Read> {
        if let Some(rest) = self.rest.take() {
            return self.hand_out(rest);
        }
        if self.draining {
            return Ok(Read::Ended);
        }
        if self.splits.is_empty() {
            return Ok(if self.no_more_splits { Read::Ended } else { Read::Nothing });
        }
        if self.held_back {
            return Ok(Read::Paused);
        }
        self.polls += 1;
        match self.reader.poll(wait)? {
            Polled::Nothing => {
                // nobody had anything, which settles who is idle
                self.polls += self.splits.len() as u64;
                Ok(Read::Nothing)
            }
            Polled::SplitEnd { split } => {
                self.finished.push(split.to_string());
                if let Some(time) = self.splits.get_mut(&split) {
                    time.watermarks.ask_now(self.clock.now())?;
                    self.settle();
                    self.splits.remove(&split);
                    self.settle();
                    self.align()?;
                }
                Ok(if self.splits.is_empty() && self.no_more_splits { Read::Ended } else { Read::SplitEnd })
            }
            Polled::Records { split, mut batch } => {
                if let Some(timestamps) = self.strategy.timestamps(&batch)? {
                    batch.timestamps = Some(timestamps);
                }
                self.hand_out(Rest { split, observed: None, read: Some(batch) })
            }
        }
    }

    /// The records in front of the next watermark of the task; the others are kept for the next reading.
    fn hand_out(&mut self, Rest { split, mut observed, mut read }: Rest) -> Result<Read> {
        let now = self.clock.now();
        if observed.is_none()
            && let Some(mut batch) = read.take()
        {
            let Some(time) = self.splits.get_mut(&split) else { return Ok(Read::Batch(batch)) };
            let room = time.watermarks.room();
            read = (batch.len() > room).then(|| batch.split_off(room));
            let marks = time.watermarks.observe(&batch, now)?;
            time.polled_at = self.polls;
            self.settle();
            observed = Some((batch, marks));
        }
        let Some((mut batch, mut marks)) = observed else { return Ok(Read::Nothing) };
        // a mark that does not move the task as a whole needs no end of a batch
        let (mut cut, mut passed) = (batch.len(), 0);
        for (behind, mark) in &marks {
            if let Some(time) = self.splits.get_mut(&split) {
                time.watermarks.apply(*mark, now);
            }
            passed += 1;
            if self.settle() {
                cut = *behind;
                break;
            }
        }
        let observed = (cut < batch.len() || passed < marks.len()).then(|| {
            let later = marks.split_off(passed).into_iter().map(|(behind, mark)| (behind - cut, mark));
            (batch.split_off(cut), later.collect())
        });
        if observed.is_some() || read.is_some() {
            self.rest = Some(Rest { split, observed, read });
        }
        Ok(Read::Batch(batch))
    }

    /// Looks at all splits again; `true` if that changes the watermark over them, or whether all are idle.
    fn settle(&mut self) -> bool {
        let before = (self.watermark, self.idle);
        let splits = || self.splits.values().map(|time| &time.watermarks);
        self.idle = self.assigned && splits().all(SplitWatermarks::is_idle);
        let reached = match self.idle {
            // none of them will advance: what the first has reached counts
            true => splits().map(SplitWatermarks::watermark).max(),
            false => splits().filter(|split| !split.is_idle()).map(SplitWatermarks::watermark).min(),
        };
        self.watermark = self.watermark.max(reached.unwrap_or(NO_TIMESTAMP));
        (self.watermark, self.idle) != before
    }

    /// Whether everything that was read has been handed out, so that the reader's positions are those of the stream.
    pub fn is_handed_out(&self) -> bool {
        self.rest.is_none()
    }

    pub fn no_more_splits_left(&self) -> bool {
        self.no_more_splits || self.draining
    }

    /// Whether there is a split to read: otherwise the task waits for a command instead of polling.
    pub fn has_splits(&self) -> bool {
        !self.splits.is_empty()
    }

    pub fn is_idle(&self) -> bool {
        self.idle
    }

    /// The watermark over all splits that are not idle, and whether all of them are.
    pub fn watermark(&mut self) -> Result<(i64, bool)> {
        let now = self.clock.now();
        let count = self.splits.len() as u64;
        // what its generator says now would pass the records that wait
        let waiting = self.rest.as_ref().filter(|rest| rest.observed.is_some()).map(|rest| rest.split.clone());
        for (id, time) in &mut self.splits {
            if waiting.as_ref() == Some(id) || time.paused {
                continue;
            }
            time.watermarks.ask_if_due(now)?;
            // a split is idle if the reader had the time to find something there
            let asked = self.polls - time.polled_at > count;
            if asked && time.watermarks.idle_at().is_some_and(|at| at <= now) {
                time.watermarks.set_idle(now);
            }
        }
        self.settle();
        self.align()?;
        Ok((self.watermark, self.idle))
    }

    /// When time alone changes something, in ms.
    pub fn next_at(&self) -> Option<i64> {
        let splits = self.splits.values().filter(|time| !time.paused);
        let news = self.strategy.alignment().filter(|_| self.least() != self.told.watermark);
        let news = news.map(|alignment| self.told.at.saturating_add(alignment.update_interval));
        // a split that is due to be idle is so once it has been asked for records
        let now = self.clock.now();
        splits.filter_map(|time| time.watermarks.next_at()).chain(news).filter(|at| *at > now).min()
    }

    /// The least watermark of a split that may come, for alignment; `None` if no split counts.
    fn least(&self) -> Option<i64> {
        let splits = self.splits.values().map(|time| &time.watermarks).filter(|split| !split.is_idle());
        splits.map(SplitWatermarks::watermark).filter(|watermark| *watermark != NO_TIMESTAMP).min()
    }

    /// Reads no split that is ahead of that watermark.
    pub fn set_limit(&mut self, limit: i64) -> Result<()> {
        self.limit = limit;
        self.align()
    }

    fn align(&mut self) -> Result<()> {
        let limit = self.limit;
        let ahead = |time: &SplitTime| time.watermarks.watermark() > limit;
        if self.splits.values().all(|time| ahead(time) == time.paused) {
            return Ok(());
        }
        let now = self.clock.now();
        for time in self.splits.values_mut() {
            let paused = ahead(time);
            if time.paused && !paused {
                time.watermarks.wake(now);
                time.polled_at = self.polls;
            }
            time.paused = paused;
        }
        let paused: BTreeSet<Arc<str>> =
            self.splits.iter().filter(|(_, time)| time.paused).map(|(id, _)| id.clone()).collect();
        self.held_back = !self.reader.pause(&paused)? && !paused.is_empty();
        Ok(())
    }

    /// What the others in the alignment group should know now, if there is anything.
    pub fn news(&mut self) -> Option<Option<i64>> {
        let alignment = self.strategy.alignment()?;
        let (drift, interval) = (alignment.max_drift, alignment.update_interval);
        let now = self.clock.now();
        let least = self.least();
        let due = match (least, self.told.watermark) {
            // sooner than the interval where others may wait for it
            (Some(now), Some(told)) => now.saturating_sub(told) > drift / 2,
            (now, told) => now.is_some() != told.is_some(),
        };
        if least == self.told.watermark || !due && now - self.told.at < interval {
            return None;
        }
        self.told = Told { at: now, watermark: least };
        Some(least)
    }

    /// Whether it was given a strategy that emits watermarks.
    pub fn emits(&self) -> bool {
        self.strategy.emits()
    }

    /// Each split's place in event time.
    pub fn describe(&self) -> Vec<SplitReport> {
        let report = |(id, time): (&Arc<str>, &SplitTime)| SplitReport {
            id: id.to_string(),
            watermark: time.watermarks.watermark(),
            seen: time.watermarks.has_seen_records(),
            idle_since: time.watermarks.idle_since(),
            paused: time.paused,
        };
        self.splits.iter().map(report).collect()
    }

    pub fn remember_positions(&mut self, checkpoint: CheckpointId) -> Result<()> {
        self.positions.insert(checkpoint, self.reader.snapshot());
        if self.strategy.emits() {
            let time = |(id, time): (&Arc<str>, &SplitTime)| Ok((id.to_string(), time.watermarks.stored()?));
            self.times.insert(checkpoint, self.splits.iter().map(time).collect::<Result<_>>()?);
        }
        Ok(())
    }

    /// How far the splits were at that barrier.
    pub fn snapshot(&self, checkpoint: CheckpointId) -> Snapshot {
        let reading = self.positions.get(&checkpoint).into_iter().flatten();
        // a reader may still name a split that it has read to the end
        let reading = reading.filter(|split| !self.finished.contains(&split.id)).cloned().map(Position::Reading);
        let mut snapshot = positions::to_snapshot(reading.chain(self.finished.iter().cloned().map(Position::Finished)));
        if let Some(times) = self.times.get(&checkpoint) {
            positions::times_to_snapshot(times, &mut snapshot);
        }
        snapshot
    }

    /// Everything before that barrier is safe.
    pub fn complete(&mut self, checkpoint: CheckpointId) -> Result<()> {
        self.times = self.times.split_off(&(checkpoint + 1));
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
