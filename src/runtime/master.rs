//! Leads a job: hands out splits, starts checkpoints, notices the end. Both executors use it.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::alignment::Groups;
use super::archiving::Archiving;
use super::archivist::Archivist;
use super::control::{Command, Event, TaskControl, TaskId};
use super::launch::{JobConfig, Launched};
use super::positions::Position;
use super::savepoint::{SavepointRequest, Stop};
use crate::checkpoint::{Barrier, BarrierKind, CheckpointCounts, CheckpointId, Commits, Coordinator};
use crate::connector::{Split, SplitEnumerator};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{NodeId, NodeKind, StreamGraph};
use crate::metrics::OperatorMetrics;
use crate::time::Alignment;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobStatus {
    Created,
    Running,
    /// It failed, and is about to be started again.
    Restarting,
    Cancelling,
    Finished,
    Failed,
    Canceled,
}

impl JobStatus {
    pub fn is_terminal(self) -> bool {
        matches!(self, JobStatus::Finished | JobStatus::Failed | JobStatus::Canceled)
    }
}

/// What an operator is, for reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorReport {
    pub id: NodeId,
    pub name: String,
    /// `source`, `operator` or `sink`.
    pub kind: &'static str,
    pub counters: BTreeMap<String, u64>,
}

/// The counters of all operators of a job.
#[derive(Clone)]
pub struct JobMetrics(Arc<Vec<(String, &'static str, OperatorMetrics)>>);

impl JobMetrics {
    pub fn new(graph: &StreamGraph) -> Self {
        let entry = |node: &crate::graph::StreamNode| {
            let kind = match node.kind {
                NodeKind::Source { .. } => "source",
                NodeKind::Operator(_) => "operator",
                NodeKind::Sink(_) => "sink",
            };
            (node.name.clone(), kind, OperatorMetrics::default())
        };
        JobMetrics(Arc::new(graph.nodes.iter().map(entry).collect()))
    }

    pub fn operator(&self, id: NodeId) -> OperatorMetrics {
        self.0[id - 1].2.clone()
    }

    /// How far each operator is in event time, in ms; see [`OperatorMetrics::watermark`].
    pub fn watermarks(&self) -> Vec<(String, i64)> {
        self.0.iter().map(|(name, _, metrics)| (name.clone(), metrics.watermark())).collect()
    }

    pub fn report(&self) -> Vec<OperatorReport> {
        let entries = self.0.iter().enumerate();
        entries
            .map(|(index, (name, kind, metrics))| OperatorReport {
                id: index + 1,
                name: name.clone(),
                kind,
                counters: metrics.snapshot(),
            })
            .collect()
    }
}

/// The subtasks of one source and what finds their splits.
pub struct SourceGroup {
    enumerator: Box<dyn SplitEnumerator>,
    first_task: TaskId,
    parallelism: usize,
    place: String,
    found: usize,
    /// Processing time of the next look for splits, in ms.
    look_at: i64,
    /// Whether splits have been looked for.
    looked: bool,
    pub alignment: Option<Alignment>,
    /// Splits that were read before a restore: not new when they are found.
    known: HashSet<String>,
    /// Those of them that have not been read to their end, until they are assigned.
    restored: Vec<Split>,
}

impl SourceGroup {
    /// `positions` is how far the source was, where it goes on from a checkpoint.
    pub fn new(
        enumerator: Box<dyn SplitEnumerator>,
        first_task: TaskId,
        parallelism: usize,
        place: String,
        positions: Vec<Position>,
    ) -> Self {
        let (mut known, mut restored) = (HashSet::new(), Vec::new());
        for position in positions {
            match position {
                Position::Finished(id) => drop(known.insert(id)),
                Position::Reading(split) => {
                    known.insert(split.id.clone());
                    restored.push(split);
                }
            }
        }
        let (found, look_at, looked, alignment) = (0, i64::MIN, false, None);
        SourceGroup { enumerator, first_task, parallelism, place, found, look_at, looked, alignment, known, restored }
    }

    fn tasks(&self) -> std::ops::Range<TaskId> {
        self.first_task..self.first_task + self.parallelism
    }

    fn discover(&mut self, controls: &[Arc<TaskControl>], now: i64) -> Result<()> {
        let mut splits = std::mem::take(&mut self.restored);
        let found = self.enumerator.discover().map_err(|error| error.at(self.place.clone()))?;
        splits.extend(found.into_iter().filter(|split| !self.known.contains(&split.id)));
        let mut assigned: BTreeMap<TaskId, Vec<Split>> = BTreeMap::new();
        if !std::mem::replace(&mut self.looked, true) {
            // those for which there is none hear of it: nobody waits for their watermark
            assigned.extend(self.tasks().map(|task| (task, Vec::new())));
        }
        for split in splits {
            let subtask = self.enumerator.assign(&split, self.found, self.parallelism);
            self.found += 1;
            assigned.entry(self.first_task + subtask % self.parallelism).or_default().push(split);
        }
        for (task, splits) in assigned {
            controls[task].send(Command::AddSplits(splits));
        }
        match self.enumerator.interval() {
            Some(interval) => self.look_at = now.saturating_add(interval.as_millis() as i64),
            None => {
                self.look_at = i64::MAX;
                for task in self.tasks() {
                    controls[task].send(Command::NoMoreSplits);
                }
            }
        }
        Ok(())
    }
}

/// A checkpoint that has begun and not ended.
struct UnderWay {
    barrier: Barrier,
    /// In ms.
    started: i64,
    /// Who asked for it.
    request: Option<SavepointRequest>,
}

pub struct Master {
    controls: Vec<Arc<TaskControl>>,
    sources: Vec<SourceGroup>,
    coordinator: Coordinator,
    commits: Commits,
    aligned: Groups,
    drained: BTreeSet<TaskId>,
    ended: BTreeSet<TaskId>,
    failure: Option<Error>,
    /// The checkpoint at the end of a bounded job: every task takes part in it that has not ended.
    last: Option<CheckpointId>,
    cancelled: Arc<std::sync::atomic::AtomicBool>,
    archiving: Archiving,
    under_way: BTreeMap<CheckpointId, UnderWay>,
    counts: CheckpointCounts,
    /// Savepoints that were asked for and have not begun.
    asked: VecDeque<SavepointRequest>,
    /// The job ends with this one, behind the end of event time.
    draining: Option<SavepointRequest>,
    /// What a savepoint may take (ms).
    timeout: i64,
    /// After how long (ms) the barriers of checkpoints overtake records, if they do.
    overtakes_after: Option<i64>,
    /// An operator whose state can't be stored.
    unstored: Option<String>,
    /// Processing time in ms.
    now: i64,
}

impl Master {
    /// `archivist` stores checkpoints; `latest` is the last complete one of an earlier attempt.
    pub fn new(
        launched: &mut Launched,
        config: &JobConfig,
        archivist: Archivist,
        latest: Option<CheckpointId>,
        now: i64,
    ) -> Self {
        let controls = launched.controls.clone();
        let sources = std::mem::take(&mut launched.sources);
        let mut aligned = Groups::default();
        for source in &sources {
            let alignment = source.alignment.iter();
            alignment.for_each(|alignment| source.tasks().for_each(|task| aligned.add(task, alignment)));
        }
        let first = config.restored.as_ref().map_or(1, |restored| restored.manifest.checkpoint + 1);
        let (archive, name) = (launched.archive.clone(), config.job_name.clone());
        let archiving = Archiving::new(archivist, archive, name, launched.operators.clone(), latest);
        Master {
            // what is overtaken must be stored
            overtakes_after: config.overtakes_after().filter(|_| archiving.stores()),
            archiving,
            under_way: BTreeMap::new(),
            counts: config.checkpoint_counts.clone(),
            asked: VecDeque::new(),
            draining: None,
            timeout: i64::try_from(config.checkpoint_timeout.as_millis()).unwrap_or(i64::MAX),
            unstored: launched.unstored.clone(),
            now,
            coordinator: Coordinator::new(0..controls.len(), first, config.schedule(), now),
            commits: Commits::new(launched.tasks.iter().filter(|task| task.commits()).map(|task| task.id)),
            controls,
            sources,
            aligned,
            drained: BTreeSet::new(),
            ended: BTreeSet::new(),
            failure: None,
            last: None,
            cancelled: launched.cancelled.clone(),
        }
    }

    /// Processing time, in ms; [`Master::tick`] says it as well.
    pub fn now_is(&mut self, now: i64) {
        self.now = now;
    }

    /// What is due by time: looking for splits, starting a checkpoint.
    pub fn tick(&mut self, now: i64) {
        self.now = now;
        if self.is_cancelled() {
            return;
        }
        for index in 0..self.sources.len() {
            if self.sources[index].look_at <= now
                && let Err(error) = self.sources[index].discover(&self.controls, now)
            {
                self.fail(error);
                return;
            }
        }
        while let Some(checkpoint) = self.coordinator.expired(now) {
            let error = Error::connector("not every task has stored what it has within the time allowed")
                .with_hint("give checkpoints more time (execution.checkpointing.timeout), or look for what is slow");
            self.not_stored(checkpoint, error);
            self.end();
        }
        self.start_savepoints();
        if !self.waits()
            && let Some(checkpoint) = self.coordinator.trigger(now)
        {
            self.start(checkpoint);
        }
    }

    fn start(&mut self, checkpoint: CheckpointId) {
        let overtakes_at = self.overtakes_after.map_or(i64::MAX, |after| self.now.saturating_add(after));
        self.trigger(Barrier { checkpoint, kind: BarrierKind::Checkpoint, overtakes_at }, None);
    }

    /// Starts a checkpoint before its time, unless one is under way or sources don't know their splits yet.
    pub fn checkpoint(&mut self) {
        if !self.waits()
            && !self.is_cancelled()
            && self.sources.iter().all(|source| source.looked)
            && let Some(checkpoint) = self.coordinator.trigger_now(self.now)
        {
            self.start(checkpoint);
        }
    }

    /// When `tick` is due next, in ms.
    pub fn next_tick(&self) -> Option<i64> {
        let due = if self.waits() { self.coordinator.next_expiry() } else { self.coordinator.next_due() };
        let looks = self.sources.iter().map(|source| source.look_at);
        looks.chain([due]).filter(|at| *at != i64::MAX).min()
    }

    pub fn handle(&mut self, event: Event) {
        match event {
            Event::Acknowledge(task, checkpoint, taken) => {
                self.coordinator.passed(task, checkpoint);
                if self.coordinator.is_pending(checkpoint) && !self.archiving.store(task, checkpoint, taken) {
                    let complete = self.coordinator.acknowledge(task, checkpoint);
                    self.complete(complete);
                }
            }
            Event::Stored(task, checkpoint, states) => {
                if self.coordinator.is_pending(checkpoint) {
                    self.archiving.stored(checkpoint, states);
                }
                let complete = self.coordinator.acknowledge(task, checkpoint);
                self.complete(complete);
            }
            Event::Completed(checkpoint) => self.completed(checkpoint),
            Event::Savepoint(request) => {
                self.asked.push_back(*request);
                self.start_savepoints();
            }
            Event::NotStored(checkpoint, error) => self.not_stored(checkpoint, error),
            Event::Committed(task, checkpoint) => {
                let safe = self.commits.committed(task, checkpoint);
                self.safe(safe);
            }
            Event::Watermark(task, watermark) => {
                let limits = self.aligned.report(task, watermark);
                self.align(limits);
            }
            Event::Drained(task) => {
                let limits = self.aligned.leave(task);
                self.align(limits);
                self.drained.insert(task);
                if !self.is_source(task) {
                    // its inputs ended before the barriers came
                    for checkpoint in self.coordinator.waits_for(task) {
                        let barrier = self.under_way.get(&checkpoint).map(|under_way| under_way.barrier);
                        barrier.into_iter().for_each(|barrier| self.controls[task].send(Command::Trigger(barrier)));
                    }
                }
            }
            Event::Finished(task) => {
                self.ended.insert(task);
                let complete = self.coordinator.task_finished(task);
                self.complete(complete);
            }
            Event::Failed(task, error) => {
                self.ended.insert(task);
                self.fail(error);
            }
        }
        self.end();
    }

    /// Every task has let the barriers of these checkpoints pass, and what it had has been stored.
    fn complete(&mut self, checkpoints: impl IntoIterator<Item = CheckpointId>) {
        for checkpoint in checkpoints {
            if !self.archiving.complete(checkpoint, self.now) {
                self.completed(checkpoint);
            }
        }
    }

    /// That checkpoint has its manifest, where it is stored.
    fn completed(&mut self, checkpoint: CheckpointId) {
        let Some(UnderWay { barrier, started, request }) = self.under_way.remove(&checkpoint) else { return };
        self.archiving.completed(checkpoint);
        if request.is_none() && self.archiving.stores() {
            self.counts.completed(checkpoint, started, self.now);
        }
        match request {
            // the job goes on and may fail, and then begins in front of it: nothing is committed
            Some(request) if barrier.kind == BarrierKind::Savepoint && self.last != Some(checkpoint) => {
                request.answer(Ok(()));
            }
            request => {
                if let Some(request) = request {
                    self.last = Some(checkpoint);
                    self.draining = Some(request);
                }
                self.commit(checkpoint);
            }
        }
        self.start_savepoints();
    }

    /// That checkpoint has failed. What is left of it goes, and the job with it unless that is tolerated.
    fn not_stored(&mut self, checkpoint: CheckpointId, error: Error) {
        let Some(UnderWay { barrier, request, .. }) = self.under_way.remove(&checkpoint) else { return };
        self.tell(0..self.controls.len(), || Command::Abandon(checkpoint));
        self.archiving.give_up(checkpoint);
        // the one at the end of a bounded job is tried again
        let at_end = self.last.take_if(|last| *last == checkpoint).is_some();
        if let Some(request) = request {
            self.coordinator.give_up(checkpoint);
            request.answer(Err(error));
            match (barrier.kind, at_end) {
                (BarrierKind::Stop, _) => self.tell(0..self.controls.len(), || Command::GoOn(checkpoint)),
                // its windows have fired: it can only begin again
                (_, true) => self.fail(Error::connector("the job has drained, and its savepoint failed")),
                (_, false) => {}
            }
            return self.start_savepoints();
        }
        self.counts.failed();
        let error = error.at(format!("checkpoint {checkpoint}"));
        match self.coordinator.failed(checkpoint, self.now) {
            true => tracing::warn!("a checkpoint has failed, the job goes on: {error}"),
            false => self.fail(error),
        }
    }

    /// That checkpoint is complete: sinks commit.
    fn commit(&mut self, checkpoint: CheckpointId) {
        self.coordinator.completed(self.now);
        self.tell(self.commits.tasks(), || Command::Commit(checkpoint));
        let safe = self.commits.start(checkpoint);
        self.safe(safe);
    }

    /// Every sink has committed that checkpoint: sources may say so outside.
    fn safe(&mut self, checkpoint: Option<CheckpointId>) {
        let Some(checkpoint) = checkpoint else { return };
        self.tell(self.sources.iter().flat_map(SourceGroup::tasks), || Command::Complete(checkpoint));
        if self.last == Some(checkpoint) {
            if let Some(request) = self.draining.take() {
                request.answer(Ok(()));
            }
            self.tell(0..self.controls.len(), || Command::Finish);
        }
    }

    /// The last checkpoint of a bounded job, once nothing else is left to do.
    fn end(&mut self) {
        if self.is_stopping() || !self.is_at_end() {
            return;
        }
        match self.draining.take() {
            Some(request) => match self.coordinator.is_quiet() {
                true => self.last = self.begin_savepoint(request, BarrierKind::Savepoint),
                false => self.draining = Some(request),
            },
            None => {
                self.last = self.coordinator.trigger_now(self.now);
                if let Some(checkpoint) = self.last {
                    self.trigger(Barrier::aligned(checkpoint, BarrierKind::Checkpoint), None);
                }
            }
        }
    }

    /// Whether nothing is left but the last checkpoint.
    fn is_at_end(&self) -> bool {
        let waiting = self.drained.difference(&self.ended).count();
        waiting > 0 && waiting + self.ended.len() == self.controls.len()
    }

    /// Whether no checkpoint begins although it may be due: another has to come first.
    fn waits(&self) -> bool {
        self.is_stopping() || !self.asked.is_empty() || self.is_at_end() && !self.coordinator.is_quiet()
    }

    /// Whether the last checkpoint of the job is under way.
    fn is_stopping(&self) -> bool {
        self.last.is_some() || self.under_way.values().any(|each| each.barrier.kind == BarrierKind::Stop)
    }

    /// Begins what was asked for, as far as there is room.
    fn start_savepoints(&mut self) {
        while !self.is_stopping()
            && self.draining.is_none()
            && let Some(request) = self.asked.pop_front()
        {
            if let Some(place) = &self.unstored {
                let error = Error::config(format!("what {place} holds can't be stored in this version of Flott"))
                    .with_hint("let the job end, or cancel it");
                request.answer(Err(error));
                continue;
            }
            let begun = match request.stop {
                Some(Stop::Drain) => {
                    self.draining = Some(request);
                    self.tell(0..self.controls.len(), || Command::Drain);
                    return;
                }
                // nothing of the job goes on behind its barrier
                Some(Stop::Suspend) if !self.coordinator.is_quiet() => return self.asked.push_front(request),
                Some(Stop::Suspend) => self.begin_savepoint(request, BarrierKind::Stop),
                None => self.begin_savepoint(request, BarrierKind::Savepoint),
            };
            if begun.is_none() {
                return;
            }
        }
    }

    /// `None` if it must wait: then it stands in front of the others again.
    fn begin_savepoint(&mut self, request: SavepointRequest, kind: BarrierKind) -> Option<CheckpointId> {
        let Some(savepoint) = self.coordinator.trigger_savepoint(self.now, self.timeout) else {
            self.asked.push_front(request);
            return None;
        };
        self.archiving.begin_savepoint(savepoint, request.archive.clone());
        self.trigger(Barrier::aligned(savepoint, kind), Some(request));
        Some(savepoint)
    }

    fn align(&self, limits: Vec<(TaskId, i64)>) {
        for (task, limit) in limits {
            self.tell(std::iter::once(task), || Command::Align(limit));
        }
    }

    fn is_source(&self, task: TaskId) -> bool {
        self.sources.iter().any(|source| source.tasks().contains(&task))
    }

    /// Sources put the barrier into their streams; no barrier reaches the others that have drained.
    fn trigger(&mut self, barrier: Barrier, request: Option<SavepointRequest>) {
        self.under_way.insert(barrier.checkpoint, UnderWay { barrier, started: self.now, request });
        let drained = self.drained.iter().copied().filter(|task| !self.is_source(*task));
        let sources = self.sources.iter().flat_map(SourceGroup::tasks);
        self.tell(sources.chain(drained), || Command::Trigger(barrier));
    }

    fn tell(&self, tasks: impl Iterator<Item = TaskId>, command: impl Fn() -> Command) {
        for task in tasks.filter(|task| !self.ended.contains(task)) {
            self.controls[task].send(command());
        }
    }

    /// Keeps the first real failure and stops everything.
    fn fail(&mut self, error: Error) {
        let worse = match &self.failure {
            None => true,
            Some(known) => known.kind() == ErrorKind::Cancelled && error.kind() != ErrorKind::Cancelled,
        };
        if worse {
            self.failure = Some(error);
        }
        self.cancel();
    }

    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::SeqCst);
        for control in &self.controls {
            control.signal.raise();
        }
    }

    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::SeqCst)
    }

    /// Whether every task has ended, well or not.
    pub fn all_ended(&self) -> bool {
        self.ended.len() == self.controls.len()
    }

    /// The last checkpoint that is complete.
    pub fn latest_checkpoint(&self) -> Option<CheckpointId> {
        self.archiving.latest()
    }

    pub fn into_result(self) -> Result<()> {
        match self.failure {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }
}
