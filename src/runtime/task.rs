//! A task: one subtask of a chain, as a state machine with one `step`.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use super::capturing::{Capturing, Slices};
use super::chain::Chain;
use super::control::{Command, Event, TaskControl, TaskId};
use super::exchange::Element;
use super::explain::Answer;
use super::network::{ChannelReport, NetworkInput};
use super::overtaken::Replay;
use super::pace::Pace;
use super::source::{Read, SourceInput, SplitReport};
use crate::batch::Batch;
use crate::checkpoint::{Barrier, BarrierKind, Capture, CheckpointId};
use crate::error::{Error, Result};
use crate::operator::{Load, Slice, Waiting};
use crate::time::{Clock, MAX_WATERMARK};

/// How long a source may wait for records while operators of its task wait for results.
const IN_FLIGHT: Duration = Duration::from_millis(5);

/// What a step found to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Progress,
    /// Nothing until the signal is raised, or until that processing time (ms).
    Wait(Option<i64>),
    Finished,
}

/// Where a task stands in event time, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeReport {
    /// In ms; the smallest integer before the first.
    pub watermark: i64,
    pub idle: bool,
    /// Of a source.
    pub splits: Vec<SplitReport>,
    /// Of any other task.
    pub channels: Vec<ChannelReport>,
}

pub enum TaskInput {
    Source(Box<SourceInput>),
    Network(NetworkInput),
}

impl TaskInput {
    /// Whether nothing that was read waits to be worked at: a barrier would come before it.
    fn is_handed_out(&self) -> bool {
        match self {
            TaskInput::Source(source) => source.is_handed_out(),
            TaskInput::Network(_) => true,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Created,
    Running,
    /// The end has been sent; it may still be held back by full channels.
    Ending,
    /// A source or a task that commits, waiting for the rest of the job.
    Drained,
    /// Behind the barrier with which the job stops.
    Stopped,
    Finished,
}

/// What must not overtake a record that an operator still works at.
#[derive(Clone, Copy)]
enum Held {
    Barrier(Barrier),
    /// One that overtakes what waits in the channels.
    Overtaking(Barrier),
    End,
}

impl Held {
    /// Whether results must be there first that are still being made. Where checkpoints last, the records are in them;
    /// where they don't, what sources commit outside must not depend on them.
    fn waits(&self, chain: &Chain, checkpoints_last: bool) -> bool {
        match self {
            Held::Barrier(barrier) | Held::Overtaking(barrier) if checkpoints_last || barrier.is_savepoint() => {
                chain.holds_barriers()
            }
            // sources rely on that nothing is left
            _ => chain.load() != Load::Done,
        }
    }
}

/// What is left of the batch at hand.
struct Rest {
    channel: usize,
    input: usize,
    batch: Batch,
}

pub struct Task {
    pub id: TaskId,
    /// For threads and messages: `map, print (1/2)`.
    pub name: String,
    pub control: Arc<TaskControl>,
    input: TaskInput,
    chain: Chain,
    clock: Arc<dyn Clock>,
    events: mpsc::Sender<Event>,
    phase: Phase,
    idle: bool,
    /// Nothing else is taken before it is done.
    rest: Option<Rest>,
    /// What waits until the chain has emitted all results. Nothing else is taken before it has passed.
    held: Option<Held>,
    pace: Pace,
    /// Whether checkpoints are stored.
    pub stores: bool,
    /// Whether they outlive the process.
    pub checkpoints_last: bool,
    /// What a checkpoint has on its way to this task: it comes before anything else.
    pub replay: Replay,
    /// What of a checkpoint is still to be taken, and when that is done.
    capturing: Option<Capturing>,
    pub slices: Slices,
    /// The last savepoint with which the job was to stop in vain.
    gone_on: CheckpointId,
    /// The job ends with a savepoint, in which every task takes part.
    draining: bool,
}

impl Task {
    pub fn new(
        id: TaskId,
        name: String,
        control: Arc<TaskControl>,
        input: TaskInput,
        chain: Chain,
        clock: Arc<dyn Clock>,
        events: mpsc::Sender<Event>,
    ) -> Self {
        let (phase, pace) = (Phase::Created, Pace::default());
        let (idle, rest, held) = (false, None, None);
        let (stores, replay, gone_on, draining) = (false, Replay::default(), 0, false);
        let (capturing, slices) = (None, Slices::Timed { next: false });
        Task {
            id,
            name,
            control,
            input,
            chain,
            clock,
            events,
            phase,
            idle,
            rest,
            held,
            pace,
            stores,
            checkpoints_last: false,
            replay,
            capturing,
            slices,
            gone_on,
            draining,
        }
    }

    /// Does one small piece of work: a command, a batch, a timer. A source waits for records at most `wait`.
    pub fn step(&mut self, wait: Duration) -> Result<Step> {
        let step = match self.capturing.as_ref().is_some_and(Capturing::is_unfinished) {
            true => self.advance_or_capture(),
            false => self.advance_by_one(wait),
        };
        // what one step sends comes to the next tasks at once
        self.chain.wake_edges();
        step
    }

    /// A slice of a snapshot, or a small piece of work like any other; a slice too where there is nothing else to do.
    fn advance_or_capture(&mut self) -> Result<Step> {
        if self.control.is_cancelled() {
            return Err(Error::cancelled());
        }
        if let Some(slice) = self.slices.turn(&self.clock) {
            return self.go_on_capturing(slice).map(|()| Step::Progress);
        }
        let step = self.advance_by_one(Duration::ZERO)?;
        if !matches!(step, Step::Wait(_)) || self.capturing.is_none() {
            return Ok(step);
        }
        let slice = self.slices.slice(&self.clock);
        self.go_on_capturing(slice).map(|()| Step::Progress)
    }

    fn advance_by_one(&mut self, wait: Duration) -> Result<Step> {
        if self.phase == Phase::Finished {
            return Ok(Step::Finished);
        }
        if self.control.is_cancelled() {
            return Err(Error::cancelled());
        }
        self.answer();
        if self.phase == Phase::Created {
            self.chain.open()?;
            self.phase = Phase::Running;
            return Ok(Step::Progress);
        }
        let now = self.clock.now();
        if self.overtake(now)? {
            return Ok(Step::Progress);
        }
        // a source lets go of what it has read, so that its barrier comes
        if !self.chain.flush_edges(now) && self.control.urgent_at() > now {
            return Ok(Step::Wait(self.urgent_behind(now)));
        }
        if self.replay.step(&mut self.chain)? {
            return Ok(Step::Progress);
        }
        if self.phase == Phase::Ending {
            return self.ended();
        }
        if self.rest.is_none() && self.held.is_none() && self.input.is_handed_out() {
            while let Some(command) = self.control.receive() {
                // to give up a checkpoint is no step of its own: where most take too long, the next one would, too
                let is_step = !matches!(command, Command::Abandon(_));
                self.command(command)?;
                if is_step {
                    return Ok(Step::Progress);
                }
            }
        }
        if matches!(self.phase, Phase::Drained | Phase::Stopped) {
            return Ok(Step::Wait(None));
        }
        let timer = self.chain.next_wakeup();
        let wakeup = [timer, self.urgent_behind(now)].into_iter().flatten().min();
        if timer.is_some_and(|at| at <= now) {
            self.chain.processing_time(now)?;
            return Ok(Step::Progress);
        }
        let load = self.chain.load();
        if let Some(held) = self.held.take_if(|held| !held.waits(&self.chain, self.checkpoints_last)) {
            self.pass(held)?;
            return Ok(Step::Progress);
        }
        if self.held.is_some() || load == Load::Full {
            return Ok(Step::Wait(wakeup));
        }
        if let Some(Rest { channel, input, batch }) = self.rest.take() {
            self.process(channel, input, batch)?;
            return Ok(Step::Progress);
        }
        // a reader that waits does not hear that a result is there
        let wait = if load == Load::InFlight { wait.min(IN_FLIGHT) } else { wait };
        let wait = match wakeup {
            Some(at) => wait.min(Duration::from_millis((at - now).max(0) as u64)),
            None => wait,
        };
        match &mut self.input {
            TaskInput::Source(_) => self.step_source(wait, wakeup),
            TaskInput::Network(_) => self.step_network(wakeup),
        }
    }

    fn step_source(&mut self, wait: Duration, wakeup: Option<i64>) -> Result<Step> {
        let TaskInput::Source(source) = &mut self.input else { return Ok(Step::Wait(wakeup)) };
        if !source.has_splits() && !source.no_more_splits_left() {
            return self.wait_for_time(wakeup);
        }
        let place = |error: Error, chain: &Chain| error.at(chain.operators[0].place.clone());
        let read = source.read(wait).map_err(|error| place(error, &self.chain))?;
        match read {
            Read::Batch(batch) => {
                if !source.is_idle() {
                    self.set_idle(false)?;
                }
                self.process(0, 0, batch)?;
                Ok(Step::Progress)
            }
            Read::Nothing => {
                let step = self.wait_for_time(wakeup)?;
                Ok(if wait.is_zero() { step } else { Step::Progress })
            }
            Read::SplitEnd => {
                self.source_time()?;
                Ok(Step::Progress)
            }
            Read::Paused => self.wait_for_time(wakeup),
            Read::Ended => {
                self.set_idle(false)?;
                self.chain.advance_watermark(MAX_WATERMARK)?;
                self.hold(Held::End)?;
                Ok(Step::Progress)
            }
        }
    }

    /// Works at the first piece of the batch and keeps the rest for the next step.
    fn process(&mut self, channel: usize, input: usize, mut batch: Batch) -> Result<()> {
        let records = self.pace.records();
        let rest = if batch.len() > records { Some(batch.split_off(records)) } else { None };
        let records = batch.len();
        let (started, sent) = (self.clock.now(), self.chain.bytes_sent());
        self.chain.process(input, batch)?;
        self.pace.note(records, self.clock.now() - started, self.chain.bytes_sent() - sent);
        match rest {
            Some(batch) => self.rest = Some(Rest { channel, input, batch }),
            // event time passes behind the whole batch
            None => drop(self.source_time()?),
        }
        Ok(())
    }

    /// Nothing came, but event time may go on without.
    fn wait_for_time(&mut self, wakeup: Option<i64>) -> Result<Step> {
        let before = (self.chain.watermark(), self.idle);
        let next_at = self.source_time()?;
        Ok(match before == (self.chain.watermark(), self.idle) {
            true => Step::Wait([wakeup, next_at].into_iter().flatten().min()),
            false => Step::Progress,
        })
    }

    /// Passes event time on, and tells when time alone will change it (ms).
    fn source_time(&mut self) -> Result<Option<i64>> {
        let TaskInput::Source(source) = &mut self.input else { return Ok(None) };
        let place = |error: Error| error.at(self.chain.operators[0].place.clone());
        let (watermark, idle) = source.watermark().map_err(place)?;
        let (news, next_at) = (source.news(), source.next_at());
        if let Some(watermark) = news {
            self.tell(Event::Watermark(self.id, watermark));
        }
        self.advance(watermark, idle)?;
        Ok(next_at)
    }

    fn advance(&mut self, watermark: i64, idle: bool) -> Result<()> {
        if !idle {
            self.set_idle(false)?;
        }
        self.chain.advance_watermark(watermark)?;
        if idle { self.set_idle(true) } else { Ok(()) }
    }

    fn set_idle(&mut self, idle: bool) -> Result<()> {
        if idle == self.idle {
            return Ok(());
        }
        self.idle = idle;
        self.chain.set_idle(idle)
    }

    fn step_network(&mut self, wakeup: Option<i64>) -> Result<Step> {
        let TaskInput::Network(network) = &mut self.input else { return Ok(Step::Wait(wakeup)) };
        let Some((index, element)) = network.gate.pop() else { return Ok(Step::Wait(wakeup)) };
        network.taken(index, &element);
        match element {
            Element::Batch(batch) => {
                let input = network.input(index);
                self.process(index, input, batch)?;
            }
            Element::Watermark(watermark) => {
                let (watermark, idle) = network.time(index, |valve, at| valve.set_watermark(at, watermark));
                self.advance(watermark, idle)?;
            }
            Element::Idle(idle) => {
                let (watermark, idle) = network.time(index, |valve, at| valve.set_idle(at, idle));
                self.advance(watermark, idle)?;
            }
            Element::Barrier(barrier) => {
                network.barrier(index, barrier);
                self.acknowledge_cut()?;
                self.pass_aligned_barrier()?;
            }
            Element::End => {
                let (watermark, idle) = network.end(index);
                let all_ended = network.all_ended();
                self.acknowledge_cut()?;
                self.advance(watermark, idle)?;
                if all_ended {
                    self.hold(Held::End)?;
                } else {
                    self.pass_aligned_barrier()?;
                }
            }
        }
        Ok(Step::Progress)
    }

    fn pass_aligned_barrier(&mut self) -> Result<()> {
        let TaskInput::Network(network) = &mut self.input else { return Ok(()) };
        match network.aligned() {
            Some(barrier) => self.hold(Held::Barrier(barrier)),
            None => Ok(()),
        }
    }

    /// The processing time (ms) behind `now` from which a barrier does not wait any longer.
    fn urgent_behind(&self, now: i64) -> Option<i64> {
        let input = match &self.input {
            TaskInput::Source(_) => self.control.urgent_at(),
            TaskInput::Network(network) => network.urgent_at(),
        };
        [input, self.chain.urgent_at()].into_iter().filter(|at| *at > now && *at != i64::MAX).min()
    }

    /// Lets a barrier pass that does not wait for the records in front of it, if there is one.
    fn overtake(&mut self, now: i64) -> Result<bool> {
        if self.acknowledge_cut()? {
            return Ok(true);
        }
        let TaskInput::Network(network) = &self.input else { return Ok(false) };
        if self.phase != Phase::Running || self.held.is_some() || !self.replay.is_empty() {
            return Ok(false);
        }
        match network.urgent(now) {
            Some(barrier) => self.hold(Held::Overtaking(barrier)).map(|()| true),
            None => Ok(false),
        }
    }

    /// Adds what a barrier has overtaken to what was taken behind it, once all of it is known.
    fn acknowledge_cut(&mut self) -> Result<bool> {
        let (TaskInput::Network(network), Some(capturing)) = (&mut self.input, &mut self.capturing) else {
            return Ok(false);
        };
        if !capturing.is_cut {
            return Ok(false);
        }
        let Some(overtaken) = network.overtaken() else { return Ok(false) };
        capturing.is_cut = false;
        if let Some(first) = capturing.taken.first_mut() {
            let place = || self.chain.operators[0].place.clone();
            first.overtaken = overtaken.encode().map_err(|error| error.at(place()))?;
        }
        self.captured_if_done();
        Ok(true)
    }

    /// Lets a barrier or the end pass, at once or as soon as all results of the records before it are there.
    fn hold(&mut self, what: Held) -> Result<()> {
        if !what.waits(&self.chain, self.checkpoints_last) {
            return self.pass(what);
        }
        self.held = Some(what);
        Ok(())
    }

    fn pass(&mut self, what: Held) -> Result<()> {
        match what {
            Held::Barrier(barrier) => {
                self.chain.prepare(barrier.checkpoint)?;
                self.capture(barrier, false)?;
                self.chain.send_barrier(barrier);
                if barrier.kind == BarrierKind::Stop && barrier.checkpoint > self.gone_on {
                    self.phase = Phase::Stopped;
                }
            }
            Held::Overtaking(barrier) => {
                self.chain.prepare(barrier.checkpoint)?;
                if let TaskInput::Network(network) = &mut self.input {
                    network.overtake(barrier, self.rest.as_ref().map(|rest| (rest.channel, rest.batch.clone())));
                }
                self.capture(barrier, true)?;
                self.chain.send_barrier(barrier);
            }
            Held::End => {
                self.chain.finish()?;
                self.phase = Phase::Ending;
            }
        }
        Ok(())
    }

    /// Fixes what the operators have, where it is stored, and tells the master once all of it has been taken. `is_cut`:
    /// the barrier has overtaken what is not known yet.
    fn capture(&mut self, barrier: Barrier, is_cut: bool) -> Result<()> {
        // one that is not done is of an earlier barrier, and somebody may wait for it
        self.finish_capturing()?;
        let mut taken = Vec::new();
        if self.stores || barrier.is_savepoint() {
            match self.chain.capture() {
                Ok(captured) => taken = captured,
                Err(error) => return self.not_captured(barrier, error),
            }
            if let TaskInput::Source(source) = &mut self.input {
                taken[0].capture = Capture::Ready(source.snapshot(barrier.checkpoint));
            }
        }
        self.capturing = Some(Capturing { barrier, taken, is_cut });
        self.captured_if_done();
        Ok(())
    }

    /// A failure ends the job, unless it is that of a savepoint: nobody's question does.
    fn not_captured(&mut self, barrier: Barrier, error: Error) -> Result<()> {
        if !barrier.is_savepoint() {
            return Err(error);
        }
        self.chain.abandon();
        self.tell(Event::NotStored(barrier.checkpoint, error));
        Ok(())
    }

    fn captured_if_done(&mut self) {
        let done = |capturing: &mut Capturing| !capturing.is_cut && !capturing.is_unfinished();
        if let Some(Capturing { barrier, taken, .. }) = self.capturing.take_if(done) {
            self.tell(Event::Acknowledge(self.id, barrier.checkpoint, taken));
        }
    }

    fn go_on_capturing(&mut self, mut slice: Slice) -> Result<()> {
        let Some(capturing) = &mut self.capturing else { return Ok(()) };
        if let Err(error) = self.chain.go_on(&mut capturing.taken, &mut slice) {
            let barrier = capturing.barrier;
            self.capturing = None;
            return self.not_captured(barrier, error);
        }
        self.captured_if_done();
        Ok(())
    }

    /// Takes all that is left, before the state it is of goes.
    fn finish_capturing(&mut self) -> Result<()> {
        self.go_on_capturing(Slice::whole())
    }

    /// Nobody wants that checkpoint any more.
    fn abandon(&mut self, checkpoint: CheckpointId) {
        if self.capturing.take_if(|capturing| capturing.barrier.checkpoint == checkpoint).is_some() {
            self.chain.abandon();
            if let TaskInput::Network(network) = &mut self.input {
                network.forget_cut();
            }
        }
    }

    fn command(&mut self, command: Command) -> Result<()> {
        match command {
            Command::AddSplits(splits) => self.at_source(|source| source.add_splits(splits)),
            Command::NoMoreSplits => self.at_source(|source| {
                source.no_more_splits();
                Ok(())
            }),
            Command::Align(limit) => self.at_source(|source| source.set_limit(limit)),
            Command::Trigger(barrier) => {
                self.at_source(|source| source.remember_positions(barrier.checkpoint))?;
                if self.phase != Phase::Drained {
                    return self.hold(Held::Barrier(barrier));
                }
                self.chain.prepare(barrier.checkpoint)?;
                self.capture(barrier, false)
            }
            Command::GoOn(checkpoint) => {
                self.gone_on = checkpoint;
                if self.phase == Phase::Stopped {
                    self.phase = Phase::Running;
                }
                Ok(())
            }
            Command::Drain => {
                self.draining = true;
                self.at_source(|source| {
                    source.drain();
                    Ok(())
                })
            }
            Command::Commit(checkpoint) => {
                self.chain.commit(checkpoint)?;
                self.tell(Event::Committed(self.id, checkpoint));
                Ok(())
            }
            Command::Complete(checkpoint) => self.at_source(|source| source.complete(checkpoint)),
            Command::Abandon(checkpoint) => {
                self.abandon(checkpoint);
                Ok(())
            }
            Command::Finish => {
                if self.phase == Phase::Stopped {
                    self.chain.stop()?;
                }
                self.finished()
            }
        }
    }

    fn at_source(&mut self, action: impl FnOnce(&mut SourceInput) -> Result<()>) -> Result<()> {
        match &mut self.input {
            TaskInput::Source(source) => {
                action(source).map_err(|error| error.at(self.chain.operators[0].place.clone()))
            }
            TaskInput::Network(_) => Ok(()),
        }
    }

    /// Where the task stands in event time, and what it reads or is sent.
    pub fn time(&self) -> TimeReport {
        let (splits, channels) = match &self.input {
            TaskInput::Source(source) => (source.describe(), Vec::new()),
            TaskInput::Network(network) => (Vec::new(), network.describe()),
        };
        TimeReport { watermark: self.chain.watermark(), idle: self.idle, splits, channels }
    }

    /// What its operators know of event time, with their places in the task.
    pub fn waiting(&mut self) -> Vec<(usize, Waiting)> {
        self.chain.waiting()
    }

    /// Whether it is a source with a strategy that emits watermarks.
    pub fn source_emits(&self) -> bool {
        matches!(&self.input, TaskInput::Source(source) if source.emits())
    }

    fn answer(&mut self) {
        let asking = self.control.questions();
        if asking.is_empty() {
            return;
        }
        let held_back = !self.chain.flush_edges(self.clock.now());
        for answers in asking {
            // whoever asked may have gone
            let _ = answers.send((self.id, Answer::of(&mut *self, held_back)));
        }
    }

    /// An operator whose state can't be stored.
    pub fn unstored(&self) -> Option<&str> {
        self.chain.operators.iter().find(|chained| !chained.operator.stores()).map(|chained| chained.place.as_str())
    }

    /// Whether the task has something to commit once a checkpoint is complete.
    pub fn commits(&self) -> bool {
        self.chain.commits()
    }

    /// Whether operators wait for results from other threads.
    pub fn in_flight(&self) -> bool {
        self.chain.load() != Load::Done
    }

    /// The end has left this task.
    fn ended(&mut self) -> Result<Step> {
        self.finish_capturing()?;
        if matches!(self.input, TaskInput::Source(_)) || self.commits() || self.draining {
            self.phase = Phase::Drained;
            self.tell(Event::Drained(self.id));
            return Ok(Step::Progress);
        }
        self.finished()?;
        Ok(Step::Finished)
    }

    fn finished(&mut self) -> Result<()> {
        self.phase = Phase::Finished;
        self.capturing = None;
        self.control.end();
        self.close()?;
        self.tell(Event::Finished(self.id));
        Ok(())
    }

    /// Closes operators and reader; called by the executor too when a task fails or is cancelled.
    pub fn close(&mut self) -> Result<()> {
        let closed = self.chain.close();
        let reader = match &mut self.input {
            TaskInput::Source(source) => source.close(),
            TaskInput::Network(_) => Ok(()),
        };
        closed.and(reader)
    }

    /// Where to tell the master what outlives this task.
    pub fn events(&self) -> mpsc::Sender<Event> {
        self.events.clone()
    }

    pub fn tell(&self, event: Event) {
        // the master may be gone when a job is cancelled; then nobody needs to know
        let _ = self.events.send(event);
    }
}
