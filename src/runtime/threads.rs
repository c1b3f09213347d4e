//! The executor of real runs: a thread a task, and one that leads them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::archivist::Archivist;
use super::control::{Event, TaskControl};
use super::explain::{self, Standing, Wiring};
use super::launch::{AroundTask, JobConfig, Launched, Retention, launch};
use super::master::{JobMetrics, JobStatus, Master};
use super::outputs::next_random;
use super::progress::Progress;
use super::restart::Restarts;
use super::savepoint::{Deliver, SavepointRequest, Stop};
use super::task::{Step, Task};
use crate::checkpoint::{Archive, CheckpointCounts, CheckpointId, Counts};
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
    /// What runs now: another one after a restart.
    attempt: Mutex<Attempt>,
    /// The job was asked to stop.
    stopped: AtomicBool,
    name: String,
    started: Instant,
    checkpoints: CheckpointCounts,
}

/// One start of the job, until it ends or fails.
#[derive(Clone)]
struct Attempt {
    cancelled: Arc<AtomicBool>,
    controls: Vec<Arc<TaskControl>>,
    wiring: Arc<Wiring>,
    metrics: JobMetrics,
    /// To its master.
    teller: mpsc::Sender<Event>,
}

impl Attempt {
    fn of(launched: &Launched) -> Self {
        let Launched { cancelled, controls, wiring, metrics, teller, .. } = launched;
        Attempt {
            cancelled: cancelled.clone(),
            controls: controls.clone(),
            wiring: wiring.clone(),
            metrics: metrics.clone(),
            teller: teller.clone(),
        }
    }

    fn cancel(&self) {
        self.cancelled.store(true, Ordering::SeqCst);
        for control in &self.controls {
            control.signal.raise();
        }
    }
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

    fn attempt(&self) -> MutexGuard<'_, Attempt> {
        self.attempt.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Takes the place of the last attempt; stops it at once if the job was stopped meanwhile.
    fn begin(&self, launched: &Launched) {
        let mut attempt = self.attempt();
        *attempt = Attempt::of(launched);
        if self.stopped.load(Ordering::SeqCst) {
            attempt.cancel();
        }
    }

    fn set_status(&self, status: JobStatus) {
        let mut state = self.state();
        if state.status != JobStatus::Cancelling {
            state.status = status;
        }
    }

    /// Waits that long, or until the job is stopped.
    fn pause(&self, pause: Duration) {
        let state = self.state();
        let waiting = |_: &mut State| !self.stopped.load(Ordering::SeqCst);
        drop(self.changed.wait_timeout_while(state, pause, waiting));
    }
}

/// Starts the job and returns at once.
pub fn run(graph: &StreamGraph, mut config: JobConfig) -> Result<JobHandle> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let launched = launch(graph, &config, clock.clone())?;
    config.release_restored();
    let shared = Arc::new(Shared {
        state: Mutex::new(State { status: JobStatus::Created, result: None, runtime: Duration::ZERO, master: None }),
        changed: Condvar::new(),
        attempt: Mutex::new(Attempt::of(&launched)),
        stopped: AtomicBool::new(false),
        name: config.job_name.clone(),
        started: Instant::now(),
        checkpoints: config.checkpoint_counts.clone(),
    });
    let handle = JobHandle { shared: shared.clone() };
    let graph = graph.clone();
    let at_end = config.at_end.clone();
    let master = std::thread::Builder::new()
        .name("flott-master".into())
        .spawn(move || {
            let result = catch_unwind(AssertUnwindSafe(|| live(&graph, launched, config, clock, &shared)))
                .unwrap_or_else(|panic| {
                    Err(Error::internal(format!("the job's master panicked: {}", panic_text(panic.as_ref()))))
                });
            if let Some(at_end) = &at_end {
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

/// Leads the job, and removes its last checkpoint unless that is to outlive it.
fn live(
    graph: &StreamGraph,
    launched: Launched,
    config: JobConfig,
    clock: Arc<dyn Clock>,
    shared: &Shared,
) -> Result<()> {
    let (archive, retention) = (config.archive.clone(), config.retention);
    let mut latest = None;
    let result = restarted(graph, launched, config, clock, shared, &mut latest);
    let kept = match &result {
        Ok(()) => false,
        Err(error) if error.kind() == ErrorKind::Cancelled => retention == Retention::FailedOrCancelled,
        Err(_) => retention != Retention::Never,
    };
    if let Some(archive) = archive
        && let Err(error) = archive.keep_only(latest.filter(|_| kept))
    {
        tracing::warn!("old checkpoints are left behind: {error}");
    }
    result
}

/// Leads the job, and starts it again from its last checkpoint as often as its strategy allows.
fn restarted(
    graph: &StreamGraph,
    launched: Launched,
    mut config: JobConfig,
    clock: Arc<dyn Clock>,
    shared: &Shared,
    latest: &mut Option<CheckpointId>,
) -> Result<()> {
    let mut restarts = Restarts::new(config.restart.clone());
    let mut random = clock.now() as u64;
    let mut outcome = lead(launched, &config, clock.as_ref(), shared, latest);
    loop {
        let Err(error) = outcome else { return Ok(()) };
        let hopeless = matches!(error.kind(), ErrorKind::Cancelled | ErrorKind::Config);
        if hopeless || shared.stopped.load(Ordering::SeqCst) {
            return Err(error);
        }
        let fraction = (next_random(&mut random) >> 11) as f64 / (1u64 << 53) as f64;
        let Some(pause) = restarts.after_failure(clock.now(), fraction) else { return Err(error) };
        let restored = config.restored.as_ref().map(|restored| restored.manifest.checkpoint);
        let from = match latest.or(restored) {
            Some(checkpoint) => format!("checkpoint {checkpoint}"),
            None => "the beginning".to_owned(),
        };
        tracing::warn!("{} failed: {error}\nrestart {} from {from} in {pause} ms", shared.name, restarts.count());
        shared.set_status(JobStatus::Restarting);
        shared.pause(Duration::from_millis(pause as u64));
        if shared.stopped.load(Ordering::SeqCst) {
            return Err(Error::cancelled());
        }
        // a storage that fails now may answer at the next attempt
        outcome = recover(&mut config, *latest).map_err(|error| error.of_kind(ErrorKind::Connector)).and_then(|()| {
            let launched = launch(graph, &config, clock.clone())?;
            config.release_restored();
            shared.begin(&launched);
            lead(launched, &config, clock.as_ref(), shared, latest)
        });
    }
}

/// Reads what the job goes on from, and removes what was begun behind it: that gets the same numbers again.
fn recover(config: &mut JobConfig, latest: Option<CheckpointId>) -> Result<()> {
    config.restored = match (&config.archive, latest, &config.restored) {
        (Some(archive), Some(checkpoint), _) => Some(Arc::new(archive.load(checkpoint)?)),
        // it has to begin once more with what it was started with
        (_, _, Some(restored)) => Some(Arc::new(restored.reload()?)),
        _ => None,
    };
    config.archive.as_ref().map_or(Ok(()), |archive| archive.keep_only(latest))
}

/// Runs the tasks of one attempt to their end. `latest` is the job's last complete checkpoint.
fn lead(
    mut launched: Launched,
    config: &JobConfig,
    clock: &dyn Clock,
    shared: &Shared,
    latest: &mut Option<CheckpointId>,
) -> Result<()> {
    let archivist = Archivist::in_thread(launched.teller.clone());
    let mut master = Master::new(&mut launched, config, archivist, *latest, clock.now());
    let mut progress = config.progress.then(|| Progress::new(launched.metrics.clone()));
    shared.set_status(JobStatus::Running);
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
            Ok(event) => {
                master.now_is(clock.now());
                master.handle(event);
            }
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
    *latest = master.latest_checkpoint();
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
    /// Of a job that has ended already, elsewhere than in threads.
    pub fn of_ended(name: String, metrics: JobMetrics, result: Result<()>, runtime: Duration) -> JobHandle {
        let status = if result.is_ok() { JobStatus::Finished } else { JobStatus::Failed };
        let (cancelled, controls, wiring) = Default::default();
        // nobody listens: what is asked of a job that has ended is not answered
        let (teller, _) = mpsc::channel();
        JobHandle {
            shared: Arc::new(Shared {
                state: Mutex::new(State { status, result: Some(result), runtime, master: None }),
                changed: Condvar::new(),
                attempt: Mutex::new(Attempt { cancelled, controls, wiring, metrics, teller }),
                stopped: AtomicBool::new(false),
                name,
                started: Instant::now(),
                checkpoints: CheckpointCounts::default(),
            }),
        }
    }

    /// Asks every task to stop; returns at once.
    pub fn cancel(&self) {
        let mut state = self.shared.state();
        if !state.status.is_terminal() {
            state.status = JobStatus::Cancelling;
        }
        drop(state);
        self.shared.stopped.store(true, Ordering::SeqCst);
        self.shared.attempt().cancel();
        self.shared.changed.notify_all();
    }

    /// Asks for a savepoint, of which `archive` is the place, and tells `deliver` when it is complete, or why it is
    /// not: always, and once. Returns at once.
    ///
    /// A savepoint is not taken into account when the job fails: it begins again at its last checkpoint. Of one with
    /// which the job stops everything is committed when it is delivered, and the job ends behind it.
    pub fn savepoint(&self, archive: Archive, stop: Option<Stop>, deliver: Deliver) {
        let request = Box::new(SavepointRequest::new(archive, stop, deliver));
        let teller = self.shared.attempt().teller.clone();
        // a job that has ended answers, too: by dropping the request
        let _ = teller.send(Event::Savepoint(request));
    }

    pub fn status(&self) -> JobStatus {
        self.shared.state().status
    }

    /// Where each task stands in event time. Tasks that are busy for longer than `timeout` are left out.
    pub fn standing(&self, timeout: Duration) -> Standing {
        let Attempt { controls, wiring, metrics, .. } = self.shared.attempt().clone();
        let answers = match self.status().is_terminal() {
            true => controls.iter().map(|_| None).collect(),
            false => explain::ask(&controls, timeout),
        };
        let ended = |task: usize| controls[task].has_ended() || self.status().is_terminal();
        Standing::new(SystemClock.now(), &wiring, &metrics, ended, answers)
    }

    /// Of what runs now: a restart begins at 0.
    pub fn metrics(&self) -> JobMetrics {
        self.shared.attempt().metrics.clone()
    }

    /// What became of the checkpoints that were stored, or were to be, since the job was submitted.
    pub fn checkpoints(&self) -> Counts {
        self.shared.checkpoints.get()
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
