//! A running job, as Python holds it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::time::{Duration, Instant};

use flott::Error;
use flott::runtime::{JobHandle, JobStatus};
use pyo3::prelude::*;
use pyo3::sync::MutexExt;

use crate::gate::raise;
use crate::savepoints::{Savepoints, stop_named};
use crate::threads::Threads;

/// How often a wait looks for Ctrl-C.
const SLICE: Duration = Duration::from_millis(50);

/// How long a job may take to stop by itself before its functions are interrupted, and how long after that.
const STOP: Duration = Duration::from_secs(1);
const INTERRUPTED: Duration = Duration::from_secs(3);

/// How long tasks may take to say where they stand.
const ANSWERS: Duration = Duration::from_secs(1);

/// A job that may still run when the interpreter goes down.
#[derive(Clone)]
struct Running {
    handle: JobHandle,
    threads: Threads,
    /// It was stopped before, in vain: nobody waits for it again.
    given_up: Arc<AtomicBool>,
}

fn jobs() -> &'static Mutex<Vec<Running>> {
    static JOBS: OnceLock<Mutex<Vec<Running>>> = OnceLock::new();
    JOBS.get_or_init(Mutex::default)
}

/// The name of a `JobStatus`.
pub fn status_name(status: JobStatus) -> &'static str {
    match status {
        JobStatus::Created => "CREATED",
        JobStatus::Running => "RUNNING",
        JobStatus::Restarting => "RESTARTING",
        JobStatus::Cancelling => "CANCELLING",
        JobStatus::Finished => "FINISHED",
        JobStatus::Failed => "FAILED",
        JobStatus::Canceled => "CANCELED",
    }
}

#[pyclass(module = "flott._flott", frozen)]
pub struct Job {
    handle: JobHandle,
    savepoints: Savepoints,
    id: Option<String>,
    /// What the job failed with, once it was asked for.
    failure: Mutex<Option<PyErr>>,
    running: Running,
}

impl Job {
    pub fn new(handle: JobHandle, savepoints: Savepoints, threads: Threads, id: Option<String>) -> Self {
        let running = Running { handle: handle.clone(), threads, given_up: Arc::default() };
        let mut jobs = jobs().lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        jobs.retain(|job| !job.handle.status().is_terminal());
        jobs.push(running.clone());
        Job { handle, savepoints, id, running, failure: Mutex::default() }
    }

    pub fn has_ended(&self) -> bool {
        self.handle.status().is_terminal()
    }
}

#[pymethods]
impl Job {
    /// What it was given as `job_id`.
    fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The name of a `JobStatus`.
    fn status(&self) -> &'static str {
        status_name(self.handle.status())
    }

    /// Asks the job to stop; returns at once.
    fn cancel(&self) {
        self.handle.cancel();
    }

    /// Stops the job and waits for its end, some seconds at most; False if it still runs. A user's function that does
    /// not return is interrupted. Ctrl-C raises KeyboardInterrupt here: nobody waits any longer.
    fn stop(&self, py: Python<'_>) -> PyResult<bool> {
        let given_up = &self.running.given_up;
        self.handle.cancel();
        given_up.store(true, Ordering::Relaxed);
        let mut ended = self.wait(py, Some(STOP.as_millis() as u64))?;
        if !ended {
            self.running.threads.interrupt(py);
            ended = self.wait(py, Some(INTERRUPTED.as_millis() as u64))?;
        }
        if !ended {
            tracing::warn!(
                "{} still runs: a call that blocks outside Python cannot be broken off, the program goes on without it",
                self.running.threads.tasks().join(", ")
            );
        }
        given_up.store(!ended, Ordering::Relaxed);
        Ok(ended)
    }

    /// Takes a savepoint and returns its URL. `stop` is `suspend` or `drain`: the job ends with it.
    #[pyo3(signature = (directory=None, stop=None))]
    fn savepoint(&self, py: Python<'_>, directory: Option<String>, stop: Option<&str>) -> PyResult<String> {
        let asked = py.detach(|| {
            let (sender, answer) = mpsc::channel();
            // whoever asked may have gone
            let deliver = move |result| drop(sender.send(result));
            self.savepoints.ask(directory, stop.map(stop_named).transpose()?, deliver);
            answer.recv().unwrap_or_else(|_| Err(Error::internal("nobody said what became of a savepoint")))
        });
        asked.map_err(|error| raise(py, error))
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

    /// How many checkpoints are complete and how many have failed; of the last one `(id, ms since 1970, duration in ms)`.
    fn checkpoints(&self) -> (u64, u64, Option<(u64, i64, i64)>) {
        let counts = self.handle.checkpoints();
        (counts.completed, counts.failed, counts.latest.map(|latest| (latest.id, latest.at, latest.took)))
    }

    /// The watermark that each operator has reached: `(name, ms)`; the smallest long before the first.
    fn watermarks(&self) -> Vec<(String, i64)> {
        self.handle.metrics().watermarks()
    }

    /// Where each task stands in event time, as JSON; see `flott.common._event_time`.
    fn standing(&self, py: Python<'_>) -> String {
        py.detach(|| self.handle.standing(ANSWERS).to_json())
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
    let mut running = std::mem::take(&mut *jobs().lock().unwrap_or_else(|poisoned| poisoned.into_inner()));
    // a function that never returns must not keep the process alive
    running.retain(|job| !job.given_up.load(Ordering::Relaxed));
    for job in &running {
        job.handle.cancel();
    }
    let left = wait_for(py, running, STOP);
    for job in &left {
        job.threads.interrupt(py);
    }
    wait_for(py, left, INTERRUPTED);
}

/// Waits for all of them, at most `limit` altogether; returns those that still run.
fn wait_for(py: Python<'_>, jobs: Vec<Running>, limit: Duration) -> Vec<Running> {
    let started = Instant::now();
    let ended = |job: &Running| job.handle.wait(limit.saturating_sub(started.elapsed()));
    py.detach(|| jobs.into_iter().filter(|job| !ended(job)).collect())
}
