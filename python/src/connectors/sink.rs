//! A sink written in Python: `PythonSink`, through its adapter in `flott/datastream/connectors/_python_sink.py`.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use flott::batch::{Batch, NO_TIMESTAMP};
use flott::checkpoint::{CheckpointId, ItemPart};
use flott::connector::{PREPARED, Sink, SinkWriter};
use flott::operator::SubtaskContext;
use flott::time::Clock;
use flott::{Error, Result};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

use crate::function::{Callable, Failure, Subtask};
use crate::gate;
use crate::objects::{PyObjects, release};
use crate::state::{OperatorState, pickled};

pub struct PythonSink {
    /// `open(subtask)` returns a writer, and a committer or None.
    pub open: Py<PyAny>,
    pub commits: bool,
}

impl Sink for PythonSink {
    fn commits(&self, _checkpoints: bool) -> bool {
        self.commits
    }

    fn stores(&self) -> bool {
        true
    }

    fn writer(&self, context: &SubtaskContext) -> Result<Box<dyn SinkWriter>> {
        gate::enter(|py| {
            let subtask = Subtask::create(py, context, None)?;
            let state = subtask.get().operator_state.clone_ref(py);
            let (writer, committer): (Py<PyAny>, Option<Py<PyAny>>) = self.open.call1(py, (subtask,))?.extract(py)?;
            recover(py, context, committer.as_ref())?;
            let time = SinkContext { timestamp: NO_TIMESTAMP, watermark: NO_TIMESTAMP, clock: context.clock.clone() };
            let context = Py::new(py, time)?;
            Ok(Box::new(Writer { writer, committer, context, state, prepared: BTreeMap::new() }) as Box<dyn SinkWriter>)
        })
    }
}

/// Commits what a checkpoint has that was complete.
fn recover(py: Python<'_>, context: &SubtaskContext, committer: Option<&Py<PyAny>>) -> PyResult<()> {
    let stored = context.restored.items(PREPARED);
    if stored.is_empty() {
        return Ok(());
    }
    let Some(committer) = committer else {
        return Err(PyValueError::new_err(
            "the checkpoint has committables of this sink, which has no committer any more: create_committer() must \
             return one that commits them",
        ));
    };
    let committables: PyResult<Vec<_>> = stored.iter().map(|bytes| pickled::loads(py, bytes, "committables")).collect();
    committer.call_method1(py, "commit", (committables?,)).map(drop)
}

/// The `context` of `SinkWriter.write(value, context)`: one object, reused for every record of a subtask.
#[pyclass(module = "flott._flott")]
pub struct SinkContext {
    timestamp: i64,
    watermark: i64,
    clock: Arc<dyn Clock>,
}

#[pymethods]
impl SinkContext {
    /// The record's event time in ms, or None.
    fn timestamp(&self) -> Option<i64> {
        (self.timestamp != NO_TIMESTAMP).then_some(self.timestamp)
    }

    /// The watermark in ms; the smallest long before the first one.
    fn current_watermark(&self) -> i64 {
        self.watermark
    }

    /// Milliseconds since 1970-01-01 UTC.
    fn current_processing_time(&self) -> i64 {
        self.clock.now()
    }
}

struct Writer {
    writer: Py<PyAny>,
    committer: Option<Py<PyAny>>,
    context: Py<SinkContext>,
    state: Py<OperatorState>,
    /// What belongs to each checkpoint that is not complete.
    prepared: BTreeMap<CheckpointId, Vec<Py<PyAny>>>,
}

impl SinkWriter for Writer {
    fn write(&mut self, batch: Batch) -> Result<()> {
        let Batch { data, timestamps, .. } = batch;
        let failure = gate::enter(|py| {
            let items = PyObjects::take(py, data)?;
            let write = self.writer.bind(py).getattr(pyo3::intern!(py, "write"))?;
            let write = Callable::new(&write);
            let argument = self.context.clone_ref(py).into_any();
            let mut failure = None;
            for (index, item) in items.iter().enumerate() {
                self.context.borrow_mut(py).timestamp = timestamps.as_ref().map_or(NO_TIMESTAMP, |times| times[index]);
                if let Err(error) = write.two(item, &argument) {
                    failure = Some(Failure::new(py, error, item).into_error(py));
                    break;
                }
            }
            release(py, items);
            Ok(failure)
        })?;
        failure.map_or(Ok(()), Err)
    }

    fn flush(&mut self) -> Result<()> {
        gate::enter(|py| self.writer.call_method0(py, "flush").map(drop))
    }

    fn prepare(&mut self, checkpoint: CheckpointId) -> Result<()> {
        let prepared: Vec<Py<PyAny>> = gate::enter(|py| {
            let prepared = self.writer.bind(py).call_method0("prepare_commit")?;
            if prepared.is_none() {
                return Ok(Vec::new());
            }
            prepared.try_iter()?.map(|item| Ok(item?.unbind())).collect()
        })?;
        if !prepared.is_empty() {
            self.prepared.insert(checkpoint, prepared);
        }
        Ok(())
    }

    fn prepared(&self) -> Result<Vec<Bytes>> {
        gate::enter(|py| {
            let pickled = |item: &Py<PyAny>| pickled::dumps(item.bind(py)).map_err(|error| refused(py, item, error));
            self.prepared.values().flatten().map(pickled).collect()
        })
    }

    fn snapshot(&mut self, checkpoint: CheckpointId) -> Result<Vec<ItemPart>> {
        gate::enter(|py| self.state.get().snapshot(py, checkpoint))
    }

    fn commit(&mut self, checkpoint: CheckpointId) -> Result<()> {
        let Some(committer) = &self.committer else { return Ok(()) };
        let later = self.prepared.split_off(&(checkpoint + 1));
        let reached: Vec<Py<PyAny>> = std::mem::replace(&mut self.prepared, later).into_values().flatten().collect();
        if reached.is_empty() {
            return Ok(());
        }
        gate::enter(|py| committer.call_method1(py, "commit", (reached,)).map(drop))
    }

    fn watermark(&mut self, watermark: i64) -> Result<()> {
        gate::enter(|py| {
            self.context.borrow_mut(py).watermark = watermark;
            Ok(())
        })
    }

    fn close(&mut self) -> Result<()> {
        let left = std::mem::take(&mut self.prepared);
        gate::enter(|py| {
            release(py, left.into_values().flatten());
            let closed = self.writer.call_method0(py, "close").map(drop);
            let committer = self.committer.take();
            let committer = committer.map_or(Ok(()), |committer| committer.call_method0(py, "close").map(drop));
            Ok(closed.and(committer).err().map(|error| gate::carry(py, error)))
        })?
        .map_or(Ok(()), |error: Error| Err(error))
    }
}

/// The error for a committable that can't be pickled.
fn refused(py: Python<'_>, item: &Py<PyAny>, error: PyErr) -> PyErr {
    let refused = PyTypeError::new_err(format!(
        "{}, which prepare_commit() returned, can't be stored in a checkpoint: {}; return what a committer in another \
         process can find again, such as the name of a file or of a transaction",
        gate::describe(item.bind(py)),
        error.value(py)
    ));
    refused.set_cause(py, Some(error));
    refused
}
