//! The executor of tests: one thread, a seeded order of steps, a manual clock. Same seed, same run.

mod crashes;
mod held_back;

use std::sync::Arc;
use std::time::Duration;

use super::archivist::Archivist;
use super::capturing::Slices;
use super::control::Event;
use super::explain::{Answer, Standing};
use super::launch::{JobConfig, Launched, launch};
use super::master::{JobMetrics, Master};
use super::outputs::next_random;
use super::savepoint::{Deliver, SavepointRequest, Stop};
use super::task::{Step, TimeReport};
use crate::checkpoint::{Archive, CheckpointId};
use crate::error::{Error, Result};
use crate::graph::StreamGraph;
use crate::time::{Clock, ManualClock};

pub use crashes::{Crashes, End, Lived, Start};
pub use held_back::HeldBack;

/// How long to wait for one task's results before another's are looked for.
const OUTSIDE: Duration = Duration::from_millis(1);

#[derive(Clone, Copy, PartialEq)]
enum State {
    /// May have something to do; `until` is when it wants to be woken in any case (ms).
    Alive {
        until: Option<i64>,
    },
    Ended,
}

/// What a turn of the tasks has come to.
#[derive(Clone, Copy, PartialEq)]
enum Turn {
    Progress,
    Settled(Settled),
}

/// Why nothing happens any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// Time must pass first, or something must come from outside.
    Waiting,
    /// Results that other threads make are not there yet: settle again.
    InFlight,
    /// The job has ended.
    Ended,
}

/// A job that advances only when it is told to.
pub struct Simulation {
    launched: Launched,
    master: Option<Master>,
    clock: Arc<ManualClock>,
    random: u64,
    states: Vec<State>,
    steps: u64,
    /// What stores checkpoints, where that takes time.
    storing: Option<Archivist>,
    /// One step of so many is the storage's, while it has something to do.
    slowness: u64,
}

impl Simulation {
    /// `now` is where the clock starts, in ms.
    pub fn new(graph: &StreamGraph, config: &JobConfig, seed: u64, now: i64) -> Result<Self> {
        let clock = Arc::new(ManualClock::new(now));
        let launched = launch(graph, config, clock.clone())?;
        let archivist = Archivist::here(launched.teller.clone());
        Ok(Simulation::of(launched, config, archivist, None, clock, seed))
    }

    /// A job that goes on from `config.restored`, in the storage that has it. Checkpoints take their time: one step of
    /// `slowness` is the storage's.
    fn again(graph: &StreamGraph, config: &JobConfig, seed: u64, now: i64, slowness: u64) -> Result<Self> {
        let clock = Arc::new(ManualClock::new(now));
        let launched = launch(graph, config, clock.clone())?;
        let latest = config.restored.as_ref().map(|restored| restored.manifest.checkpoint);
        let (archivist, storing) = Archivist::later(launched.teller.clone());
        Ok(Simulation {
            storing: Some(storing),
            slowness,
            ..Simulation::of(launched, config, archivist, latest, clock, seed)
        })
    }

    fn of(
        mut launched: Launched,
        config: &JobConfig,
        archivist: Archivist,
        latest: Option<CheckpointId>,
        clock: Arc<ManualClock>,
        seed: u64,
    ) -> Self {
        let master = Some(Master::new(&mut launched, config, archivist, latest, clock.now()));
        for (task, at) in launched.tasks.iter_mut().zip(1..) {
            task.slices = Slices::Drawn(seed.wrapping_mul(at));
        }
        let states = vec![State::Alive { until: None }; launched.tasks.len()];
        Simulation { launched, master, clock, random: seed, states, steps: 0, storing: None, slowness: 1 }
    }

    pub fn metrics(&self) -> &JobMetrics {
        &self.launched.metrics
    }

    /// Where each task stands in event time, with the task's name.
    pub fn event_time(&self) -> Vec<(String, TimeReport)> {
        self.launched.tasks.iter().map(|task| (task.name.clone(), task.time())).collect()
    }

    /// Where each task stands in event time.
    pub fn standing(&mut self) -> Standing {
        let tasks = self.launched.tasks.iter_mut().zip(&self.states);
        let answers = tasks.map(|(task, state)| (*state != State::Ended).then(|| Answer::of(task, false))).collect();
        let ended = |task: usize| self.states[task] == State::Ended;
        Standing::new(self.clock.now(), &self.launched.wiring, &self.launched.metrics, ended, answers)
    }

    pub fn clock(&self) -> &ManualClock {
        &self.clock
    }

    /// How many steps tasks have taken: equal for equal seeds.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Runs to the end of a bounded job. The clock jumps ahead when nothing else can happen.
    pub fn run(&mut self) -> Result<()> {
        while !self.step()? {}
        Ok(())
    }

    /// Asks for a savepoint, of which `archive` is the place; see [`super::JobHandle::savepoint`].
    pub fn savepoint(&self, archive: Archive, stop: Option<Stop>, deliver: Deliver) {
        let request = Box::new(SavepointRequest::new(archive, stop, deliver));
        let _ = self.launched.teller.send(Event::Savepoint(request));
    }

    /// One step of a task chosen by the seed; `true` once the job has ended.
    pub fn step(&mut self) -> Result<bool> {
        let turn = self.turn()?;
        if turn == Turn::Settled(Settled::Waiting) && !self.pass_time() {
            return Err(Error::internal("the simulated job can't go on: every task waits and no timer is set"));
        }
        Ok(turn == Turn::Settled(Settled::Ended))
    }

    /// The last checkpoint that is complete.
    fn latest_checkpoint(&self) -> Option<CheckpointId> {
        self.master.as_ref().and_then(Master::latest_checkpoint)
    }

    /// Moves the clock to when something is to happen; `false` if nothing is.
    fn pass_time(&mut self) -> bool {
        let next = self.next_wakeup().into_iter().chain(self.next_tick()).min();
        next.inspect(|at| self.clock.set(*at)).is_some()
    }

    /// Starts a checkpoint now, unless one is under way.
    pub fn checkpoint(&mut self) {
        if let Some(master) = &mut self.master {
            master.checkpoint();
        }
    }

    /// Runs until nothing can happen at the present time.
    pub fn settle(&mut self) -> Result<Settled> {
        loop {
            if let Turn::Settled(settled) = self.turn()? {
                return Ok(settled);
            }
        }
    }

    /// Lets time pass until `at` (ms), stopping on its way whenever a task wants to be woken. Time stands still while
    /// other threads make results.
    pub fn advance_to(&mut self, at: i64) -> Result<Settled> {
        loop {
            let settled = self.settle()?;
            if settled == Settled::InFlight {
                return Ok(settled);
            }
            match self.next_wakeup().filter(|next| *next <= at) {
                Some(next) => self.clock.set(next),
                None if self.clock.now() < at => self.clock.set(at),
                None => return Ok(settled),
            }
        }
    }

    /// Ends a job that has not ended by itself: every operator is closed; the first error is returned.
    pub fn cancel(&mut self) -> Result<()> {
        let mut first = Ok(());
        if let Some(master) = self.master.take() {
            master.cancel();
            for (task, state) in self.launched.tasks.iter_mut().zip(&mut self.states) {
                if *state != State::Ended {
                    *state = State::Ended;
                    first = first.and(task.close());
                }
            }
        }
        first
    }

    fn turn(&mut self) -> Result<Turn> {
        let Some(master) = &mut self.master else { return Ok(Turn::Settled(Settled::Ended)) };
        master.tick(self.clock.now());
        let alive: Vec<usize> = (0..self.states.len()).filter(|&task| self.states[task] != State::Ended).collect();
        // a task that waits may have been given work by any other step, so all that live stay in the draw;
        // only when a whole round of them found nothing does time pass
        let mut progressed = store(self.storing.as_ref(), self.slowness, &mut self.random);
        if !alive.is_empty() && !progressed {
            let start = (next_random(&mut self.random) % alive.len() as u64) as usize;
            for at in 0..alive.len() {
                let index = alive[(start + at) % alive.len()];
                self.steps += 1;
                let task = &mut self.launched.tasks[index];
                match task.step(Duration::ZERO) {
                    Ok(Step::Progress) => progressed = true,
                    Ok(Step::Wait(until)) => self.states[index] = State::Alive { until },
                    Ok(Step::Finished) => {
                        self.states[index] = State::Ended;
                        progressed = true;
                    }
                    Err(error) => {
                        let _ = task.close();
                        task.tell(Event::Failed(index, error));
                        self.states[index] = State::Ended;
                        progressed = true;
                    }
                }
                if progressed {
                    break;
                }
            }
        }
        progressed = progressed || store(self.storing.as_ref(), 1, &mut self.random);
        while let Ok(event) = self.launched.events.try_recv() {
            master.handle(event);
            progressed = true;
        }
        if master.all_ended() {
            return match self.master.take() {
                Some(master) => master.into_result().map(|()| Turn::Settled(Settled::Ended)),
                None => Ok(Turn::Settled(Settled::Ended)),
            };
        }
        Ok(match progressed {
            true => Turn::Progress,
            false if self.wait_outside() => Turn::Settled(Settled::InFlight),
            false => Turn::Settled(Settled::Waiting),
        })
    }

    /// Waits for results that other threads make: a clock set by hand stands still meanwhile. `false` if there are none.
    fn wait_outside(&self) -> bool {
        let alive = self.launched.tasks.iter().zip(&self.states).filter(|(_, state)| **state != State::Ended);
        let waiting = alive.map(|(task, _)| task).find(|task| task.in_flight());
        if let Some(task) = waiting {
            task.control.signal.wait(OUTSIDE);
        }
        waiting.is_some()
    }

    /// The next time at which a task wants to be woken, in ms.
    fn next_wakeup(&self) -> Option<i64> {
        let timers = self.states.iter().filter_map(|state| match state {
            State::Alive { until } => *until,
            State::Ended => None,
        });
        timers.filter(|at| *at > self.clock.now()).min()
    }

    /// The next time at which the master has something to do, in ms.
    fn next_tick(&self) -> Option<i64> {
        self.master.as_ref().and_then(Master::next_tick).filter(|at| *at > self.clock.now())
    }
}

/// A step of the storage, where it has something to do and it is its turn: one in `slowness`.
fn store(storing: Option<&Archivist>, slowness: u64, random: &mut u64) -> bool {
    let Some(storing) = storing.filter(|storing| storing.has_work()) else { return false };
    let its_turn = next_random(random).is_multiple_of(slowness.max(1));
    if its_turn {
        storing.work();
    }
    its_turn
}

#[cfg(test)]
mod tests;
