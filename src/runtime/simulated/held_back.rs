//! Shows what a sink is given once its checkpoint is complete, each record once: for sinks that can't by themselves, in
//! simulated jobs that crash. It keeps records in the process, which a simulated crash does not end.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use crate::batch::Batch;
use crate::checkpoint::CheckpointId;
use crate::connector::{PREPARED, Sink, SinkWriter};
use crate::error::{Error, Result};
use crate::operator::SubtaskContext;

/// Another sink, which is given records when they are committed. Without checkpoints it is that sink itself.
pub struct HeldBack {
    sink: Arc<dyn Sink>,
    kept: Arc<Mutex<Kept>>,
}

/// What is prepared and was not shown yet, in all subtasks, by number.
#[derive(Default)]
struct Kept {
    prepared: BTreeMap<u64, Vec<Batch>>,
    count: u64,
}

impl HeldBack {
    pub fn new(sink: Arc<dyn Sink>) -> Self {
        HeldBack { sink, kept: Arc::default() }
    }
}

impl Sink for HeldBack {
    fn commits(&self, checkpoints: bool) -> bool {
        checkpoints
    }

    fn stores(&self) -> bool {
        true
    }

    fn writer(&self, context: &SubtaskContext) -> Result<Box<dyn SinkWriter>> {
        let inner = self.sink.writer(context)?;
        if !context.checkpoints {
            return Ok(inner);
        }
        let mut writer = Writer { inner, kept: self.kept.clone(), written: Vec::new(), prepared: Vec::new() };
        for stored in context.restored.items(PREPARED) {
            let number = stored.as_ref().try_into().map(u64::from_le_bytes);
            writer.show(
                number.map_err(|_| Error::internal("what a sink has prepared is not a number of eight bytes"))?,
            )?;
        }
        Ok(Box::new(writer))
    }
}

struct Writer {
    inner: Box<dyn SinkWriter>,
    kept: Arc<Mutex<Kept>>,
    written: Vec<Batch>,
    /// The numbers of what is prepared, each with its checkpoint.
    prepared: Vec<(CheckpointId, u64)>,
}

impl Writer {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing is there of what was shown already.
    fn show(&mut self, number: u64) -> Result<()> {
        let batches = self.kept().prepared.remove(&number);
        for batch in batches.into_iter().flatten() {
            self.inner.write(batch)?;
        }
        self.inner.flush()
    }
}

impl SinkWriter for Writer {
    fn write(&mut self, batch: Batch) -> Result<()> {
        self.written.push(batch);
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }

    fn prepare(&mut self, checkpoint: CheckpointId) -> Result<()> {
        if self.written.is_empty() {
            return Ok(());
        }
        let written = std::mem::take(&mut self.written);
        let mut kept = self.kept();
        kept.count += 1;
        let number = kept.count;
        kept.prepared.insert(number, written);
        drop(kept);
        self.prepared.push((checkpoint, number));
        Ok(())
    }

    fn prepared(&self) -> Result<Vec<Bytes>> {
        Ok(self.prepared.iter().map(|(_, number)| Bytes::copy_from_slice(&number.to_le_bytes())).collect())
    }

    fn commit(&mut self, checkpoint: CheckpointId) -> Result<()> {
        let (reached, later) = self.prepared.iter().partition(|(of, _)| *of <= checkpoint);
        self.prepared = later;
        let reached: Vec<(CheckpointId, u64)> = reached;
        reached.into_iter().try_for_each(|(_, number)| self.show(number))
    }

    fn watermark(&mut self, watermark: i64) -> Result<()> {
        self.inner.watermark(watermark)
    }

    fn close(&mut self) -> Result<()> {
        self.inner.close()
    }
}
