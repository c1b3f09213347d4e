//! Operators: what happens to the records between a source and a sink. One operator, one file.

pub mod aggregate;
pub mod cep;
pub mod event_time;
pub mod explode;
pub mod filter;
pub mod in_flight;
pub mod key_by;
mod key_numbers;
mod outside;
pub mod parse;
pub mod render;
pub mod select;
mod slice;
pub mod stored;
mod timestamps;
mod waiting;
pub mod window_aggregate;

#[cfg(test)]
pub(crate) mod testing;

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::batch::Batch;
use crate::checkpoint::{Archive, Capture, Snapshot};
use crate::error::Result;
use crate::metrics::OperatorMetrics;
use crate::state::StateBackend;
use crate::time::{Clock, WatermarkPace};

pub use outside::{Load, Waker};
pub use slice::Slice;
pub use timestamps::AssignTimestamps;
pub use waiting::{Generated, OpenMatches, OpenWindow, OpenWindows, Waiting};

/// Where a subtask stands: given to operators, source readers and sink writers when they are made.
#[derive(Clone)]
pub struct SubtaskContext {
    /// The operator's name, for messages and metrics.
    pub operator: Arc<str>,
    pub job_name: Arc<str>,
    pub subtask: usize,
    pub parallelism: usize,
    pub max_parallelism: u16,
    /// The key groups that are this subtask's.
    pub groups: RangeInclusive<u16>,
    /// How many records a batch should hold.
    pub batch_size: usize,
    pub watermark_pace: WatermarkPace,
    pub clock: Arc<dyn Clock>,
    pub metrics: OperatorMetrics,
    /// Set when the job is being cancelled: whoever waits or retries must look at it and give up.
    pub cancelled: Arc<AtomicBool>,
    /// Wakes the task from another thread.
    pub waker: Waker,
    /// Something outside relies on what sinks have flushed: a source commits how far it has read, or checkpoints are
    /// enabled. A flush must then outlive a crash of the machine; otherwise one of the process is enough.
    pub durable: bool,
    /// Checkpoints are enabled. Barriers come without that too, so that sources commit what they have read.
    pub checkpoints: bool,
    /// What this subtask goes on with after a restore; empty at a start from nothing.
    pub restored: Arc<Snapshot>,
    /// Where the files are that it names.
    pub archive: Option<Archive>,
    pub backend: Arc<StateBackend>,
}

impl SubtaskContext {
    /// Whoever keeps this has taken what is its own of what was restored, and lets go of the rest.
    pub fn forget_restored(&mut self) {
        (self.restored, self.archive) = (Arc::default(), None);
    }
}

/// What an operator emits, in order.
pub enum Emission {
    /// Records of the main output (`None`) or of the side output with that id.
    Batch(Option<Arc<str>>, Batch),
    Watermark(i64),
    /// Whether nothing will come for a while, so that nobody waits for a watermark.
    Idle(bool),
}

/// Collects what an operator emits during one call.
#[derive(Default)]
pub struct Output {
    emissions: Vec<Emission>,
}

impl Output {
    pub fn emit(&mut self, batch: Batch) {
        if !batch.is_empty() {
            self.emissions.push(Emission::Batch(None, batch));
        }
    }

    /// Emits to the side output of that id.
    pub fn emit_side(&mut self, tag: &Arc<str>, batch: Batch) {
        if !batch.is_empty() {
            self.emissions.push(Emission::Batch(Some(tag.clone()), batch));
        }
    }

    pub fn emit_watermark(&mut self, watermark: i64) {
        self.emissions.push(Emission::Watermark(watermark));
    }

    pub fn emit_idle(&mut self, idle: bool) {
        self.emissions.push(Emission::Idle(idle));
    }

    pub fn take(&mut self) -> Vec<Emission> {
        std::mem::take(&mut self.emissions)
    }
}

/// One subtask of an operator. Calls come from one thread; none may block on another operator.
pub trait Operator: Send {
    /// Called once before the first record.
    fn open(&mut self) -> Result<()> {
        Ok(())
    }

    /// Records of input `input` (0 unless the operator has several).
    fn process(&mut self, input: usize, batch: Batch, output: &mut Output) -> Result<()>;

    /// Event time, over all inputs, has reached `watermark`; pass it on with `emit_watermark`.
    fn watermark(&mut self, watermark: i64, output: &mut Output) -> Result<()> {
        output.emit_watermark(watermark);
        Ok(())
    }

    /// Nothing will come for a while from any input, or something will again; pass it on with `emit_idle`.
    fn idle(&mut self, idle: bool, output: &mut Output) -> Result<()> {
        output.emit_idle(idle);
        Ok(())
    }

    /// The processing time (ms) at which the operator wants [`Operator::processing_time`] next.
    fn next_wakeup(&self) -> Option<i64> {
        None
    }

    fn processing_time(&mut self, _now: i64, _output: &mut Output) -> Result<()> {
        Ok(())
    }

    /// What the operator knows of event time: asked for by a user who waits for a window. Never on a record's way.
    fn waiting(&mut self) -> Option<Waiting> {
        None
    }

    /// What is still being done with the records received so far, in other threads.
    fn load(&self) -> Load {
        Load::Done
    }

    /// Whether a barrier has to wait for what is still being done: not where [`Operator::snapshot`] has it.
    fn holds_barriers(&self) -> bool {
        self.load() != Load::Done
    }

    /// A barrier has been aligned: make everything received so far safe before it is passed on.
    fn barrier(&mut self, _checkpoint: u64, _output: &mut Output) -> Result<()> {
        Ok(())
    }

    /// Whether [`Operator::capture`] has all there is.
    fn stores(&self) -> bool {
        true
    }

    /// What the operator has now, behind [`Operator::barrier`]: with it, given to the next one as
    /// [`SubtaskContext::restored`], that one goes on as this one would have. Asked for only where checkpoints are stored.
    ///
    /// For operators that have little; one whose state may be large has [`Operator::capture`] in its place.
    fn snapshot(&mut self) -> Result<Snapshot> {
        Ok(Snapshot::default())
    }

    /// Fixes what the operator has now. Records wait for it, so it is quick: what takes time is left to
    /// [`Capture::Deferred`], or to [`Operator::go_on`].
    fn capture(&mut self) -> Result<Capture> {
        self.snapshot().map(Capture::Ready)
    }

    /// Goes on with a capture that is [`Capture::Unfinished`], for one slice. What happened since the barrier is not in it.
    fn go_on(&mut self, _slice: &mut Slice) -> Result<Capture> {
        Ok(Capture::default())
    }

    /// Nobody wants what was begun by [`Operator::capture`] any more.
    fn abandon(&mut self) {}

    /// Whether there is something to [`Operator::commit`]: the task then outlives its input until that is done.
    fn commits(&self) -> bool {
        false
    }

    /// That checkpoint is complete: make visible what was prepared at its barrier and those before.
    fn commit(&mut self, _checkpoint: u64) -> Result<()> {
        Ok(())
    }

    /// All inputs have ended; emit what is left. Barriers may still come.
    fn finish(&mut self, _output: &mut Output) -> Result<()> {
        Ok(())
    }

    /// In the place of [`Operator::finish`] where the job ends with a savepoint, to go on later.
    fn stop(&mut self) -> Result<()> {
        Ok(())
    }

    /// Called once at the end, whether the job finished, failed or was cancelled.
    fn close(&mut self) -> Result<()> {
        Ok(())
    }
}

/// Makes the operator of each subtask.
pub trait OperatorFactory: Send + Sync {
    fn create(&self, context: &SubtaskContext) -> Result<Box<dyn Operator>>;
}

impl<F> OperatorFactory for F
where
    F: Fn(&SubtaskContext) -> Result<Box<dyn Operator>> + Send + Sync,
{
    fn create(&self, context: &SubtaskContext) -> Result<Box<dyn Operator>> {
        self(context)
    }
}
