//! How sources' timestamps and sinks' writers take part in a chain.

use std::sync::Arc;

use crate::batch::Batch;
use crate::checkpoint::{CheckpointId, ItemPart, Snapshot};
use crate::connector::{PREPARED, Sink, SinkWriter};
use crate::error::{Error, Result};
use crate::operator::{Operator, Output, SubtaskContext};

/// Stands for the source at the head of its chain: records come in from the reader and go on unchanged.
pub struct SourceHead;

impl Operator for SourceHead {
    fn process(&mut self, _input: usize, batch: Batch, output: &mut Output) -> Result<()> {
        output.emit(batch);
        Ok(())
    }
}

/// A sink's writer as the last operator of a chain. It is made when the task opens, in the task's own thread: a writer
/// may connect, and wait and retry while it does.
pub struct SinkOperator {
    sink: Arc<dyn Sink>,
    context: SubtaskContext,
    writer: Option<Box<dyn SinkWriter>>,
    /// The last checkpoint whose barrier has come.
    checkpoint: CheckpointId,
}

impl SinkOperator {
    pub fn new(sink: Arc<dyn Sink>, context: SubtaskContext) -> Self {
        SinkOperator { sink, context, writer: None, checkpoint: 0 }
    }

    fn writer(&mut self) -> Result<&mut Box<dyn SinkWriter>> {
        self.writer.as_mut().ok_or_else(|| Error::internal("a sink was used before it was opened"))
    }
}

impl Operator for SinkOperator {
    fn open(&mut self) -> Result<()> {
        self.writer = Some(self.sink.writer(&self.context)?);
        self.context.forget_restored();
        Ok(())
    }

    fn process(&mut self, _input: usize, batch: Batch, _output: &mut Output) -> Result<()> {
        self.writer()?.write(batch)
    }

    fn next_wakeup(&self) -> Option<i64> {
        self.writer.as_ref().and_then(|writer| writer.next_wakeup())
    }

    fn processing_time(&mut self, now: i64, _output: &mut Output) -> Result<()> {
        self.writer()?.on_time(now)
    }

    fn watermark(&mut self, watermark: i64, _output: &mut Output) -> Result<()> {
        self.writer()?.watermark(watermark)
    }

    fn barrier(&mut self, checkpoint: CheckpointId, _output: &mut Output) -> Result<()> {
        let commits = self.commits();
        self.checkpoint = checkpoint;
        let writer = self.writer()?;
        writer.flush()?;
        if commits { writer.prepare(checkpoint) } else { Ok(()) }
    }

    fn stores(&self) -> bool {
        self.sink.stores()
    }

    fn snapshot(&mut self) -> Result<Snapshot> {
        let checkpoint = self.checkpoint;
        let writer = self.writer()?;
        let (prepared, mut items) = (writer.prepared()?, writer.snapshot(checkpoint)?);
        if !prepared.is_empty() {
            let (name, encoding, spread) = (PREPARED.to_owned(), "sink".to_owned(), self.sink.spread());
            items.push(ItemPart { name, encoding, spread, items: prepared });
        }
        Ok(Snapshot { items, ..Snapshot::default() })
    }

    fn commits(&self) -> bool {
        self.sink.commits(self.context.checkpoints)
    }

    fn commit(&mut self, checkpoint: CheckpointId) -> Result<()> {
        self.writer()?.commit(checkpoint)
    }

    fn finish(&mut self, _output: &mut Output) -> Result<()> {
        self.writer()?.finish()
    }

    fn stop(&mut self) -> Result<()> {
        // one that commits has made visible all there is
        if self.commits() { Ok(()) } else { self.writer()?.finish() }
    }

    fn close(&mut self) -> Result<()> {
        self.writer.take().map_or(Ok(()), |mut writer| writer.close())
    }
}
