//! A running job, as Python holds it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use flott::runtime::{JobHandle, JobStatus};
use pyo3::prelude::*;
use pyo3::sync::MutexExt;

use crate::gate::raise;

/// How often a wait looks for Ctrl-C.
const SLICE: Duration = Duration::from_millis(50);

/// Jobs that may still run when the interpreter goes down.
fn jobs() -> &'static Mutex<Vec<JobHandle>> {
    static JOBS: OnceLock<Mutex<Vec<JobHandle>>> = OnceLock::new();
    JOBS.get_or_init(Mutex::default)
}

#[pyclass(module = "flott._flott", frozen)]
pub struct Job {
    handle: JobHandle,
    /// What the job failed with, once it was asked for.
    failure: Mutex<Option<PyErr>>,
}

impl Job {
    pub fn new(handle: JobHandle) -> Self {
        let mut jobs = jobs().lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        jobs.retain(|job| !job.status().is_terminal());
        jobs.push(handle.clone());
        Job { handle, failure: Mutex::default() }
    }

    pub fn has_ended(&self) -> bool {
        self.handle.status().is_terminal()
    }
}

#[pymethods]
impl Job {
    /// The name of a `JobStatus`.
    fn status(&self) -> &'static str {
        match self.handle.status() {
            JobStatus::Created => "CREATED",
            JobStatus::Running => "RUNNING",
            JobStatus::Cancelling => "CANCELLING",
            JobStatus::Finished => "FINISHED",
            JobStatus::Failed => "FAILED",
            JobStatus::Canceled => "CANCELED",
        }
    }

    /// Asks the job to stop; returns at once.
    fn cancel(&self) {
        self.handle.cancel();
    }

    /// Waits for the end of the job and of all its threads, at most `timeout_ms`; False if it still runs then.
    /// Ctrl-C raises KeyboardInterrupt here.
    #[pyo3(signature = (timeout_ms=None))]
    fn wait(&self, py: Python<'_>, timeout_ms: Option<u64>) -> PyResult<bool> {
        let mut left = timeout_ms.map(Duration::from_millis);
        loop {
            let slice = left.map_or(SLICE, |left| left.min(SLICE));
            if py.detach(|| self.handle.wait(slice)) {
                return Ok(true);
            }
            py.check_signals()?;
            if let Some(left) = &mut left {
                *left = left.saturating_sub(slice);
                if left.is_zero() {
                    return Ok(false);
                }
            }
        }
    }

    /// Raises what made the job fail; waits for its end before.
    pub fn result(&self, py: Python<'_>) -> PyResult<()> {
        self.wait(py, None)?;
        let mut failure = self.failure.lock_py_attached(py).unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(Err(error)) = self.handle.take_result() {
            *failure = Some(raise(py, error));
        }
        failure.as_ref().map_or(Ok(()), |error| Err(error.clone_ref(py)))
    }

    /// Milliseconds since the start, or of the whole run.
    fn runtime_ms(&self) -> u64 {
        self.handle.runtime().as_millis() as u64
    }

    /// `(id, name, kind, counters)` of each operator; `kind` is source, operator or sink.
    fn metrics(&self) -> Vec<(usize, String, &'static str, BTreeMap<String, u64>)> {
        let report = self.handle.metrics().report();
        report.into_iter().map(|operator| (operator.id, operator.name, operator.kind, operator.counters)).collect()
    }
}

/// Stops what still runs; called at the interpreter's exit, while Python functions can still run.
#[pyfunction]
pub fn stop_all_jobs(py: Python<'_>) {
    let running = std::mem::take(&mut *jobs().lock().unwrap_or_else(|poisoned| poisoned.into_inner()));
    py.detach(|| {
        for job in &running {
            job.cancel();
        }
        for job in &running {
            // a function that never returns must not keep the process alive
            job.wait(Duration::from_secs(5));
        }
    });
}

/// Keeps a task's thread known to the interpreter between batches, so that entering is cheap and thread-locals stay.
pub fn around_task() -> flott::runtime::AroundTask {
    Arc::new(|body| {
        let mut body = Some(body);
        let entered = Python::try_attach(|py| {
            if let Some(body) = body.take() {
                py.detach(body);
            }
        });
        if entered.is_none()
            && let Some(body) = body
        {
            body();
        }
    })
}
