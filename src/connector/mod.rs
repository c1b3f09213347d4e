//! Sources and sinks. A connector is one folder here and one line in [`CONNECTORS`].
//!
//! A connector is made from options (`key = value`, as in Flink SQL's `WITH`) and, for typed streams, a row type.
//! It never sees a language binding: sources emit columns, sinks are given columns.

mod filesystem;
pub mod jdbc;
pub mod kafka;
pub mod memory;
mod number_sequence;
#[cfg(test)]
pub(crate) mod testing;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::batch::Batch;
use crate::checkpoint::{CheckpointId, ItemPart, Spread};
use crate::error::{Error, Result};
use crate::operator::SubtaskContext;
use crate::types::{SchemaRef, Shape};

pub use crate::options::Options;

/// One line a connector.
pub static CONNECTORS: &[&dyn Connector] =
    &[&filesystem::Filesystem, &jdbc::Jdbc, &kafka::Kafka, &number_sequence::NumberSequence];

/// The name under which a checkpoint has what sinks have prepared.
pub const PREPARED: &str = "prepared";

/// What the registry knows of a connector.
pub trait Connector: Sync {
    /// The name in options and messages: `kafka`.
    fn name(&self) -> &'static str;

    fn source(&self, _spec: &Spec) -> Result<Box<dyn Source>> {
        Err(Error::config(format!("the connector '{}' has no source", self.name())))
    }

    fn sink(&self, _spec: &Spec) -> Result<Box<dyn Sink>> {
        Err(Error::config(format!("the connector '{}' has no sink", self.name())))
    }
}

/// What a connector is made from.
#[derive(Debug, Clone, Default)]
pub struct Spec {
    pub options: Options,
    /// The columns a source has to emit, or a sink is given.
    pub row_type: Option<(SchemaRef, Shape)>,
}

/// Makes the connector that `spec` names in its option `connector`.
pub fn find(name: &str) -> Result<&'static dyn Connector> {
    CONNECTORS.iter().copied().find(|connector| connector.name() == name).ok_or_else(|| {
        let known: Vec<_> = CONNECTORS.iter().map(|connector| connector.name()).collect();
        Error::config(format!("there is no connector '{name}'"))
            .with_hint(format!("the connectors are: {}", known.join(", ")))
    })
}

/// A part of a source that one reader reads in order: a partition, a file, a range of numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// Unique within the source: `orders-3`.
    pub id: String,
    /// Where to go on reading, in the source's own encoding.
    pub position: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Boundedness {
    Bounded,
    Unbounded,
}

/// Finds the splits and makes the readers (FLIP-27's source).
pub trait Source: Send + Sync {
    fn boundedness(&self) -> Boundedness;

    /// Whether [`SourceReader::commit`] tells somebody outside, who then never sends those records again.
    fn commits(&self) -> bool {
        false
    }

    fn enumerator(&self, context: &SubtaskContext) -> Result<Box<dyn SplitEnumerator>>;

    fn reader(&self, context: &SubtaskContext) -> Result<Box<dyn SourceReader>>;
}

/// Lists the splits; one for all subtasks of a source.
pub trait SplitEnumerator: Send {
    /// The splits that exist now and were not returned before.
    fn discover(&mut self) -> Result<Vec<Split>>;

    /// How often to look for new splits; `None` for never.
    fn interval(&self) -> Option<Duration> {
        None
    }

    /// The subtask that reads the split which was found as the `index`-th.
    fn assign(&self, _split: &Split, index: usize, parallelism: usize) -> usize {
        index % parallelism
    }
}

pub enum Polled {
    /// Records of one split, in its order.
    Records { split: Arc<str>, batch: Batch },
    /// Nothing came within the time allowed.
    Nothing,
    /// This split is at its end.
    SplitEnd { split: Arc<str> },
}

/// Reads the splits of one subtask.
pub trait SourceReader: Send {
    fn add_splits(&mut self, splits: Vec<Split>) -> Result<()>;

    /// The next records; waits for them at most `wait`. Called only while there are splits that have not ended.
    fn poll(&mut self, wait: Duration) -> Result<Polled>;

    /// Leaves these splits out, and reads all others, until it is called again; nothing of a split that was read
    /// already may come. `false` from a reader that can't: it is not polled at all while one of its splits is paused.
    /// That is right for those that read one split after the other.
    fn pause(&mut self, _splits: &BTreeSet<Arc<str>>) -> Result<bool> {
        Ok(false)
    }

    /// The splits with the positions behind the last record returned by `poll`.
    fn snapshot(&self) -> Vec<Split>;

    /// Everything before these positions is safely processed: tell the outside, where it wants to know.
    fn commit(&mut self, _splits: &[Split]) -> Result<()> {
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        Ok(())
    }
}

/// Makes a writer for each subtask.
pub trait Sink: Send + Sync {
    /// Whether its writers hold back what they wrote until [`SinkWriter::commit`]. `checkpoints`: they are enabled, and
    /// not only taken to commit what sources have read.
    fn commits(&self, _checkpoints: bool) -> bool {
        false
    }

    /// Whether its writers have [`SinkWriter::prepared`], where they commit.
    fn stores(&self) -> bool {
        !self.commits(true)
    }

    /// Which writers find what is prepared after a restore: one of them each piece, or all of them everything. In the
    /// latter case they share the work out themselves.
    fn spread(&self) -> Spread {
        Spread::Split
    }

    fn writer(&self, context: &SubtaskContext) -> Result<Box<dyn SinkWriter>>;
}

/// Writes the records of one subtask.
pub trait SinkWriter: Send {
    fn write(&mut self, batch: Batch) -> Result<()>;

    /// Returns when everything written so far is safe: at a barrier.
    fn flush(&mut self) -> Result<()>;

    /// The input has ended: like `flush`, and what is still held back appears.
    fn finish(&mut self) -> Result<()> {
        self.flush()
    }

    /// Behind `flush`, at a barrier, where the sink commits: what was written since the last barrier belongs to that
    /// checkpoint. After a failure nobody commits what was prepared for a checkpoint that did not complete.
    fn prepare(&mut self, _checkpoint: CheckpointId) -> Result<()> {
        Ok(())
    }

    /// Behind `prepare`, where checkpoints are stored: everything that is prepared and not committed. After a restore each
    /// of these is found under [`PREPARED`] in [`SubtaskContext::restored`], by one writer ([`Sink::spread`]). Their checkpoint was
    /// complete, so the writer commits them when it is made, also those that were committed before the failure.
    fn prepared(&self) -> Result<Vec<Bytes>> {
        Ok(Vec::new())
    }

    /// Behind `prepare`, where checkpoints are stored: what the writer has beside what is prepared. After a restore it is in
    /// [`SubtaskContext::restored`] again.
    fn snapshot(&mut self, _checkpoint: CheckpointId) -> Result<Vec<ItemPart>> {
        Ok(Vec::new())
    }

    /// That checkpoint is complete: make visible what was prepared at it and at those before. Sources commit their
    /// positions only after this has returned in every sink.
    fn commit(&mut self, _checkpoint: CheckpointId) -> Result<()> {
        Ok(())
    }

    /// Event time has reached `watermark` (ms).
    fn watermark(&mut self, _watermark: i64) -> Result<()> {
        Ok(())
    }

    /// The processing time (ms) at which `on_time` should be called, for flushes by interval.
    fn next_wakeup(&self) -> Option<i64> {
        None
    }

    fn on_time(&mut self, _now: i64) -> Result<()> {
        Ok(())
    }

    /// Called once at the end, after `finish` where the job finished, without it where it failed.
    fn close(&mut self) -> Result<()> {
        Ok(())
    }
}
