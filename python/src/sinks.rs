//! Sinks whose end is Python: `print()` and `execute_and_collect()`.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use flott::batch::Batch;
use flott::connector::{Sink, SinkWriter};
use flott::operator::SubtaskContext;
use flott::{Error, Result};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::function::{Callable, Failure};
use crate::gate;
use crate::objects::PyObjects;

/// Writes each record as a line on `sys.stdout`, in Flink's form.
pub struct Print {
    /// Makes the text of a record.
    pub render: Py<PyAny>,
    pub identifier: Option<String>,
}

impl Sink for Print {
    fn writer(&self, context: &SubtaskContext) -> Result<Box<dyn SinkWriter>> {
        // as Flink: the subtask, from 1, where there are several; the identifier before it
        let subtask = (context.parallelism > 1).then(|| (context.subtask + 1).to_string());
        let prefix = match (&self.identifier, subtask) {
            (Some(identifier), Some(subtask)) => format!("{identifier}:{subtask}> "),
            (Some(one), None) => format!("{one}> "),
            (None, Some(one)) => format!("{one}> "),
            (None, None) => String::new(),
        };
        let render = gate::enter(|py| Ok(self.render.clone_ref(py)))?;
        Ok(Box::new(PrintWriter { render, prefix }))
    }
}

struct PrintWriter {
    render: Py<PyAny>,
    prefix: String,
}

impl SinkWriter for PrintWriter {
    fn write(&mut self, batch: Batch) -> Result<()> {
        let failure = gate::enter(|py| {
            let mut text = String::new();
            let mut failure = None;
            let render = Callable::new(self.render.bind(py));
            for item in PyObjects::take(py, batch.data)? {
                let line = render.one(&item);
                match line.and_then(|line| Ok(line.cast_into::<PyString>()?.to_string_lossy().into_owned())) {
                    Ok(line) => {
                        text += &self.prefix;
                        text += &line;
                        text.push('\n');
                    }
                    Err(error) => {
                        failure = Some(Failure::new(py, error, &item).into_error(py));
                        break;
                    }
                }
            }
            let out = py.import("sys")?.getattr("stdout")?;
            out.call_method1("write", (text,))?;
            out.call_method0("flush")?;
            Ok(failure)
        })?;
        failure.map_or(Ok(()), Err)
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

/// How many batches wait for the program to read them before the job does.
const CAPACITY: usize = 16;

/// Hands records to the program that runs the job.
#[derive(Clone)]
pub struct Collect {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    batches: VecDeque<Vec<Py<PyAny>>>,
    /// The program has closed its iterator: whatever still comes is not wanted.
    closed: bool,
    /// Nothing waits: the program reads when the job has ended.
    unbounded: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Collect {
    pub fn new() -> Self {
        Collect { shared: Arc::default() }
    }

    /// Keeps all records, for a job that has ended when the program reads them.
    pub fn unbounded() -> Self {
        let collect = Collect::new();
        collect.shared.state().unbounded = true;
        collect
    }

    /// The next batch, if one comes within `timeout`.
    pub fn next(&self, timeout: Duration) -> Option<Vec<Py<PyAny>>> {
        let mut state = self.shared.state();
        if state.batches.is_empty() {
            state = match self.shared.changed.wait_timeout(state, timeout) {
                Ok((guard, _)) => guard,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
        let batch = state.batches.pop_front();
        drop(state);
        self.shared.changed.notify_all();
        batch
    }

    pub fn close(&self) {
        self.shared.state().closed = true;
        self.shared.changed.notify_all();
    }
}

impl Sink for Collect {
    fn writer(&self, context: &SubtaskContext) -> Result<Box<dyn SinkWriter>> {
        Ok(Box::new(CollectWriter { shared: self.shared.clone(), cancelled: context.cancelled.clone() }))
    }
}

struct CollectWriter {
    shared: Arc<Shared>,
    cancelled: Arc<AtomicBool>,
}

impl SinkWriter for CollectWriter {
    fn write(&mut self, batch: Batch) -> Result<()> {
        let items = gate::enter(|py| PyObjects::take(py, batch.data))?;
        let mut state = self.shared.state();
        while state.batches.len() >= CAPACITY && !state.closed && !state.unbounded {
            if self.cancelled.load(Ordering::Relaxed) {
                return Err(Error::cancelled());
            }
            state = match self.shared.changed.wait_timeout(state, Duration::from_millis(50)) {
                Ok((guard, _)) => guard,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
        if !state.closed {
            state.batches.push_back(items);
        }
        drop(state);
        self.shared.changed.notify_all();
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}
