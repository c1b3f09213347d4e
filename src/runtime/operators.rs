//! How sources' timestamps and sinks' writers take part in a chain.

use crate::batch::Batch;
use crate::connector::SinkWriter;
use crate::error::Result;
use crate::operator::{Operator, Output};

/// Stands for the source at the head of its chain: records come in from the reader and go on unchanged.
pub struct SourceHead;

impl Operator for SourceHead {
    fn process(&mut self, _input: usize, batch: Batch, output: &mut Output) -> Result<()> {
        output.emit(batch);
        Ok(())
    }
}

/// A sink's writer as the last operator of a chain.
pub struct SinkOperator {
    pub writer: Box<dyn SinkWriter>,
}

impl Operator for SinkOperator {
    fn process(&mut self, _input: usize, batch: Batch, _output: &mut Output) -> Result<()> {
        self.writer.write(batch)
    }

    fn next_wakeup(&self) -> Option<i64> {
        self.writer.next_wakeup()
    }

    fn processing_time(&mut self, now: i64, _output: &mut Output) -> Result<()> {
        self.writer.on_time(now)
    }

    fn barrier(&mut self, _checkpoint: u64, _output: &mut Output) -> Result<()> {
        self.writer.flush()
    }

    fn finish(&mut self, _output: &mut Output) -> Result<()> {
        self.writer.finish()
    }

    fn close(&mut self) -> Result<()> {
        self.writer.close()
    }
}
