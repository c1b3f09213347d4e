//! The executor of real runs: a thread a task, and one that leads them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::explain::{self, Standing, Wiring};
use super::launch::{AroundTask, JobConfig, Launched, launch};
use super::master::{JobMetrics, JobStatus, Master};
use super::progress::Progress;
use super::task::{Event, Step, Task, TaskControl};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::StreamGraph;
use crate::time::{Clock, SystemClock};

/// How long a source may wait for records, and a sleeping task without a reason to wake.
const SLICE: Duration = Duration::from_millis(50);
/// User functions run on these threads: as much stack as a main thread has. It is reserved, not used.
const STACK: usize = 8 << 20;

/// A running job.
#[derive(Clone)]
pub struct JobHandle {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    cancelled: Arc<AtomicBool>,
    controls: Vec<Arc<TaskControl>>,
    wiring: Arc<Wiring>,
    metrics: JobMetrics,
    name: String,
    started: Instant,
}

struct State {
    status: JobStatus,
    result: Option<Result<()>>,
    runtime: Duration,
    master: Option<JoinHandle<()>>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// Starts the job and returns at once.
pub fn run(graph: &StreamGraph, config: JobConfig) -> Result<JobHandle> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let launched = launch(graph, &config, clock.clone())?;
    let shared = Arc::new(Shared {
        state: Mutex::new(State { status: JobStatus::Created, result: None, runtime: Duration::ZERO, master: None }),
        changed: Condvar::new(),
        cancelled: launched.cancelled.clone(),
        controls: launched.controls.clone(),
        wiring: launched.wiring.clone(),
        metrics: launched.metrics.clone(),
        name: config.job_name.clone(),
        started: Instant::now(),
    });
    let handle = JobHandle { shared: shared.clone() };
    let master = std::thread::Builder::new()
        .name("flott-master".into())
        .spawn(move || {
            let result = catch_unwind(AssertUnwindSafe(|| lead(launched, &config, clock.as_ref(), &shared)))
                .unwrap_or_else(|panic| {
                    Err(Error::internal(format!("the job's master panicked: {}", panic_text(panic.as_ref()))))
                });
            if let Some(at_end) = &config.at_end {
                at_end();
            }
            let mut state = shared.state();
            state.runtime = shared.started.elapsed();
            state.status = match &result {
                Ok(()) => JobStatus::Finished,
                Err(error) if error.kind() == ErrorKind::Cancelled => JobStatus::Canceled,
                Err(_) => JobStatus::Failed,
            };
            state.result = Some(result);
            drop(state);
            shared.changed.notify_all();
        })
        .map_err(|error| Error::internal(format!("the job's thread could not be started: {error}")))?;
    handle.shared.state().master = Some(master);
    Ok(handle)
}

fn lead(mut launched: Launched, config: &JobConfig, clock: &dyn Clock, shared: &Shared) -> Result<()> {
    let mut master = Master::new(&mut launched, Some(config.barrier_interval()), clock.now());
    let mut progress = config.progress.then(|| Progress::new(launched.metrics.clone()));
    shared.state().status = JobStatus::Running;
    // splits are found before any thread starts: a missing topic or file fails at once
    master.tick(clock.now());
    let mut threads = Vec::new();
    let mut tasks = launched.tasks.into_iter();
    for mut task in tasks.by_ref() {
        if master.is_cancelled() {
            task.close().ok();
            task.tell(Event::Failed(task.id, Error::cancelled()));
            continue;
        }
        let around = config.around_task.clone();
        let id = task.id;
        let teller = task.events();
        let spawned = std::thread::Builder::new()
            .name(thread_name(&task.name))
            .stack_size(STACK)
            .spawn(move || work(task, around));
        match spawned {
            Ok(thread) => threads.push(thread),
            Err(error) => {
                let error = Error::internal(format!("a task's thread could not be started: {error}"))
                    .with_hint("lower the parallelism, or raise the limit of threads (ulimit -u)");
                let _ = teller.send(Event::Failed(id, error));
            }
        }
    }
    while !master.all_ended() {
        let now = clock.now();
        let due = master.next_tick().map_or(SLICE, |at| Duration::from_millis(at.saturating_sub(now).max(0) as u64));
        match launched.events.recv_timeout(due.min(SLICE)) {
            Ok(event) => master.handle(event),
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
        }
        if !master.is_cancelled() {
            master.tick(clock.now());
        }
        if let Some(progress) = &mut progress {
            progress.tick(shared.started.elapsed());
        }
    }
    for thread in threads {
        // a task's panic has been caught and told
        let _ = thread.join();
    }
    if let Some(progress) = &mut progress {
        progress.summary(&shared.name, shared.started.elapsed());
    }
    master.into_result()
}

fn work(task: Task, around: Option<AroundTask>) {
    let mut task = Some(task);
    let mut body = || {
        if let Some(task) = task.take() {
            drive(task);
        }
    };
    match around {
        Some(around) => around(&mut body),
        None => body(),
    }
}

fn drive(mut task: Task) {
    let clock = SystemClock;
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        loop {
            match task.step(SLICE) {
                Ok(Step::Progress) => {}
                Ok(Step::Finished) => return Ok(()),
                Ok(Step::Wait(until)) => {
                    let limit = until.map_or(SLICE, |at| Duration::from_millis((at - clock.now()).max(0) as u64));
                    task.control.signal.wait(limit.min(SLICE));
                }
                Err(error) => return Err(error),
            }
        }
    }));
    let error = match outcome {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error,
        Err(panic) => Error::internal(format!("task '{}' panicked: {}", task.name, panic_text(panic.as_ref())))
            .with_hint("this is a bug in Flott: please report it with the program that shows it"),
    };
    // the job has failed already; a failure to close adds nothing a user could act on
    let _ = catch_unwind(AssertUnwindSafe(|| task.close()));
    let (id, teller) = (task.id, task.events());
    // user objects go first, so that whoever is told of the failure finds nothing left running
    drop(task);
    let _ = teller.send(Event::Failed(id, error));
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}

/// Linux shows 15 bytes of it.
fn thread_name(task: &str) -> String {
    task.chars().filter(|c| *c != '\0').take(40).collect()
}

impl JobHandle {
    /// Asks every task to stop; returns at once.
    pub fn cancel(&self) {
        let mut state = self.shared.state();
        if !state.status.is_terminal() {
            state.status = JobStatus::Cancelling;
        }
        drop(state);
        self.shared.cancelled.store(true, Ordering::SeqCst);
        for control in &self.shared.controls {
            control.signal.raise();
        }
    }

    pub fn status(&self) -> JobStatus {
        self.shared.state().status
    }

    /// Where each task stands in event time. Tasks that are busy for longer than `timeout` are left out.
    pub fn standing(&self, timeout: Duration) -> Standing {
        let controls = &self.shared.controls;
        let answers = match self.status().is_terminal() {
            true => controls.iter().map(|_| None).collect(),
            false => explain::ask(controls, timeout),
        };
        let ended = |task: usize| controls[task].has_ended() || self.status().is_terminal();
        Standing::new(SystemClock.now(), &self.shared.wiring, &self.shared.metrics, ended, answers)
    }

    pub fn metrics(&self) -> &JobMetrics {
        &self.shared.metrics
    }

    /// Time since the start, or of the whole run once it has ended.
    pub fn runtime(&self) -> Duration {
        let state = self.shared.state();
        if state.status.is_terminal() { state.runtime } else { self.shared.started.elapsed() }
    }

    /// Waits at most `timeout`; `true` once the job has ended and none of its threads is left.
    pub fn wait(&self, timeout: Duration) -> bool {
        let mut state = self.shared.state();
        if !state.status.is_terminal() {
            state = match self.shared.changed.wait_timeout_while(state, timeout, |state| !state.status.is_terminal()) {
                Ok((guard, _)) => guard,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
        if !state.status.is_terminal() {
            return false;
        }
        let master = state.master.take();
        drop(state);
        if let Some(master) = master {
            let _ = master.join();
        }
        true
    }

    /// The job's result, once: `None` while it runs and after it has been taken.
    pub fn take_result(&self) -> Option<Result<()>> {
        self.shared.state().result.take()
    }
}
