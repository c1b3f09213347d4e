//! A whole job under a seed that crashes now and then and goes on from its last checkpoint, at another parallelism and
//! batch size each time: what it has shown at the end must be what it shows without a crash.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{JobMetrics, Settled, Simulation, Turn};
use crate::checkpoint::{Archive, CheckpointId, Faults, Restored, SimulatedStorage, Storage};
use crate::error::{Error, Result};
use crate::graph::StreamGraph;
use crate::runtime::JobConfig;
use crate::runtime::outputs::next_random;
use crate::time::Clock;

/// How long to wait for what comes from outside, such as a broker's records, when nothing else can happen.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often what may fail is tried.
const TRIES: usize = 20;

/// What happens to a job. Everything that is left open is drawn by the seed.
#[derive(Debug, Clone)]
pub struct Crashes {
    pub seed: u64,
    /// How often the job crashes: its process alone, or the whole machine, and also while it stores something.
    pub crashes: usize,
    /// How many steps the job has without a crash, about, with batches of one record: crashes come anywhere in them.
    pub steps: u64,
    /// What the parallelism of each start is drawn from.
    pub parallelism: Vec<usize>,
    pub batch_sizes: Vec<usize>,
    /// What a step takes, in ms of the job's clock: what comes by time, and checkpoints that take too long, come in the
    /// middle of the work. With 0 time stands still while there is something to do.
    pub step_millis: i64,
    /// How often the job is started again when it fails by itself.
    pub failures: usize,
    pub faults: Faults,
    /// Where the clock starts, in ms.
    pub now: i64,
}

impl Default for Crashes {
    fn default() -> Self {
        Crashes {
            seed: 0,
            crashes: 2,
            steps: 100,
            parallelism: vec![1, 2, 3],
            batch_sizes: vec![1, 2, 7],
            step_millis: 0,
            failures: 0,
            faults: Faults::default(),
            now: 0,
        }
    }
}

/// How a start of the job is to end.
#[derive(Clone, Copy)]
enum Crash {
    Kill,
    KillBehindCheckpoint,
    Stop,
    Storage,
}

impl Crash {
    const KINDS: [Crash; 4] = [Crash::Kill, Crash::KillBehindCheckpoint, Crash::Stop, Crash::Storage];
}

/// How a start of the job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Finished,
    /// The process was gone from one step to the next.
    Killed,
    /// The process, or the whole machine, went down while it stored something.
    MachineDown,
    /// Something else failed: the job's functions and sinks were closed.
    Stopped,
    /// The job failed by itself.
    Failed,
}

/// One start of the job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// The checkpoint it went on from; `None` for the beginning.
    pub from: Option<CheckpointId>,
    pub parallelism: usize,
    pub batch_size: usize,
    /// Those in which something was done.
    pub steps: u64,
    pub end: End,
}

/// What became of the job.
pub struct Lived {
    pub starts: Vec<Start>,
    /// Of the last start.
    pub metrics: JobMetrics,
    /// Of the last start.
    pub result: Result<()>,
}

impl Crashes {
    /// Runs the job to its end. Its checkpoints are kept on a simulated disk, whatever `config` says.
    pub fn live(&self, graph: &StreamGraph, config: &JobConfig) -> Result<Lived> {
        let mut random = self.seed;
        let storage = Arc::new(SimulatedStorage::new(next_random(&mut random), self.faults));
        let mut archive = Archive::new(storage.clone());
        let (mut starts, mut now) = (Vec::<Start>::new(), self.now);
        // where the job failed by itself: the process goes on, and knows its last checkpoint
        let mut known = None;
        loop {
            let left = self.crashes.saturating_sub(starts.iter().filter(|start| start.end != End::Failed).count());
            if known.is_none() {
                // another process knows nothing of what this one has stored
                archive = Archive::new(storage.clone());
            }
            let config = JobConfig { archive: Some(archive.clone()), ..config.clone() };
            let one = self.start(graph, &config, (&storage, &archive), (left > 0, known), now, random)?;
            next_random(&mut random);
            now = one.now;
            let end = one.start.end;
            known = (end == End::Failed).then_some(one.complete);
            starts.push(one.start);
            let failures = starts.iter().filter(|start| start.end == End::Failed).count();
            if end == End::Finished || end == End::Failed && failures > self.failures {
                return Ok(Lived { starts, metrics: one.metrics, result: one.result });
            }
        }
    }

    fn start(
        &self,
        graph: &StreamGraph,
        config: &JobConfig,
        (storage, archive): (&SimulatedStorage, &Archive),
        (crashing, known): (bool, Option<Option<CheckpointId>>),
        now: i64,
        mut random: u64,
    ) -> Result<One> {
        let mut below = move |limit: u64| next_random(&mut random) % limit.max(1);
        let restored = match known {
            Some(known) => {
                let _ = (0..TRIES).find(|_| archive.keep_only(known).is_ok());
                known.and_then(|known| load(archive, known))
            }
            None => {
                // the process alone may have gone, and what it wrote is seen whether it lasts or not
                if below(2) == 0 {
                    storage.restart()
                } else {
                    storage.go_on()
                }
                latest(storage, archive)
            }
        };
        let restored = restored.map(Arc::new);
        let from = restored.as_ref().map(|restored| restored.manifest.checkpoint);
        let mut draw = |all: &[usize]| all[below(all.len() as u64) as usize];
        let (parallelism, batch_size) = (draw(&self.parallelism), draw(&self.batch_sizes));
        let config = JobConfig { parallelism, batch_size, restored, ..config.clone() };
        if below(2) == 0 {
            // as a restart in the same process does; what stays otherwise must not matter
            let _ = archive.keep_only(from);
        }
        let slowness = 1 + below(12);
        let mut simulation = Simulation::again(graph, &config, below(u64::MAX), now, slowness)?;
        let expected = (self.steps / batch_size as u64).max(8);
        // between three and a dozen checkpoints in all, beside those by time
        let every = 2 + expected / (3 + below(10));
        let crash = crashing.then(|| Crash::KINDS[below(4) as usize]);
        let (at, operations) = (1 + below(expected + expected / 4), below(12));
        let (mut steps, mut waiting, mut complete) = (0, None, from);
        let mut end = loop {
            complete = complete.max(simulation.latest_checkpoint());
            if storage.is_down() {
                break Ok(End::MachineDown);
            }
            match crash {
                Some(Crash::Kill) if steps >= at => break Ok(End::Killed),
                Some(Crash::Stop) if steps >= at => break Ok(End::Stopped),
                Some(Crash::KillBehindCheckpoint) if steps >= at && simulation.latest_checkpoint() > from => {
                    break Ok(End::Killed);
                }
                Some(Crash::KillBehindCheckpoint) if steps == at => simulation.checkpoint(),
                Some(Crash::Storage) if steps == at => {
                    storage.crash_in(operations);
                    simulation.checkpoint();
                }
                _ => {}
            }
            simulation.clock().advance(self.step_millis);
            if below(every) == 0 {
                simulation.checkpoint();
            }
            match simulation.turn() {
                Ok(Turn::Progress) => {
                    steps += 1;
                    waiting = None;
                }
                Ok(Turn::Settled(Settled::Ended)) => break Ok(End::Finished),
                Ok(Turn::Settled(Settled::Waiting)) if !simulation.pass_time() => {
                    let since = *waiting.get_or_insert_with(Instant::now);
                    if since.elapsed() > PATIENCE {
                        break Err(Error::config(format!("the job waits for ever: nothing came for {PATIENCE:?}"))
                            .with_hint("read from sources that end"));
                    }
                    std::thread::sleep(Duration::from_millis(1));
                }
                Ok(Turn::Settled(_)) => {}
                // what can't be stored any more fails first
                Err(_) if storage.is_down() => break Ok(End::MachineDown),
                Err(error) => break Err(error),
            }
        };
        if let Ok(End::Stopped) = end
            && let Err(error) = simulation.cancel()
        {
            end = Err(error);
        }
        let (now, metrics) = (simulation.clock.now(), simulation.metrics().clone());
        let (end, result) = match end {
            Ok(end) => (end, Ok(())),
            Err(error) => (End::Failed, Err(error)),
        };
        Ok(One { start: Start { from, parallelism, batch_size, steps, end }, complete, now, metrics, result })
    }
}

struct One {
    start: Start,
    /// The last checkpoint that was complete.
    complete: Option<CheckpointId>,
    now: i64,
    metrics: JobMetrics,
    result: Result<()>,
}

/// The last checkpoint that is complete. Reading is tried until it works.
fn latest(storage: &dyn Storage, archive: &Archive) -> Option<Restored> {
    let directories = std::iter::repeat_with(|| storage.directories()).find_map(|found| found.ok());
    let number = |name: String| name.strip_prefix("chk-")?.parse::<CheckpointId>().ok();
    let mut numbers: Vec<CheckpointId> = directories.into_iter().flatten().filter_map(number).collect();
    numbers.sort_unstable();
    // one that was interrupted has no manifest, and of one that was being removed something may be missing
    numbers.into_iter().rev().find_map(|number| load(archive, number))
}

fn load(archive: &Archive, number: CheckpointId) -> Option<Restored> {
    (0..TRIES).find_map(|_| archive.load(number).ok())
}
