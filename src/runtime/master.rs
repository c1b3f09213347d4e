//! Leads a job: hands out splits, starts checkpoints, notices the end. Both executors use it.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::alignment::Groups;
use super::archivist::Archivist;
use super::launch::{JobConfig, Launched};
use super::positions::Position;
use super::task::{Command, Event, TaskControl, TaskId};
use crate::checkpoint::{CheckpointId, Commits, Coordinator, Manifest, OperatorState, SubtaskState};
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

/// What a master that stores checkpoints knows of them.
struct Archiving {
    archivist: Archivist,
    job_name: String,
    /// What a manifest says of each operator, by its number less one.
    operators: Vec<OperatorState>,
    /// What has been stored of checkpoints that are not complete.
    stored: BTreeMap<CheckpointId, Vec<(NodeId, SubtaskState)>>,
    /// The last complete one. Those before it are removed.
    latest: Option<CheckpointId>,
}

impl Archiving {
    /// Everything has been stored of that checkpoint.
    fn complete(&mut self, checkpoint: CheckpointId, time: i64) {
        let mut operators = self.operators.clone();
        let later = self.stored.split_off(&(checkpoint + 1));
        let own = std::mem::replace(&mut self.stored, later).remove(&checkpoint);
        for (node, state) in own.into_iter().flatten() {
            operators[node - 1].subtasks.push(state);
        }
        let (job_name, written_by) = (self.job_name.clone(), env!("CARGO_PKG_VERSION").to_owned());
        self.archivist.complete(Manifest { checkpoint, job_name, time, written_by, operators });
    }

    fn completed(&mut self, checkpoint: CheckpointId) {
        if let Some(before) = self.latest.replace(checkpoint) {
            self.archivist.remove(before);
        }
    }
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
    archiving: Option<Archiving>,
    /// The last checkpoint that has failed.
    given_up: Option<CheckpointId>,
    /// Processing time in ms.
    now: i64,
}

impl Master {
    /// `archivist` stores checkpoints, if they are stored; `latest` is the last complete one of an earlier attempt.
    pub fn new(
        launched: &mut Launched,
        config: &JobConfig,
        archivist: Option<Archivist>,
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
        let archiving = archivist.map(|archivist| Archiving {
            archivist,
            job_name: config.job_name.clone(),
            operators: launched.operators.clone(),
            stored: BTreeMap::new(),
            latest,
        });
        Master {
            archiving,
            given_up: None,
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
        if let Some(checkpoint) = self.coordinator.expired(now) {
            let error = Error::connector("not every task has stored what it has within the time allowed")
                .with_hint("give checkpoints more time (execution.checkpointing.timeout), or look for what is slow");
            self.not_stored(checkpoint, error);
            self.end();
        }
        if self.last.is_none()
            && let Some(checkpoint) = self.coordinator.trigger(now)
        {
            self.trigger(checkpoint);
        }
    }

    /// When `tick` is due next, in ms.
    pub fn next_tick(&self) -> Option<i64> {
        let looks = self.sources.iter().map(|source| source.look_at).filter(|at| *at != i64::MAX).min();
        [looks, Some(self.coordinator.next_due()).filter(|at| *at != i64::MAX)].into_iter().flatten().min()
    }

    pub fn handle(&mut self, event: Event) {
        match event {
            Event::Acknowledge(task, checkpoint, taken) => {
                self.coordinator.passed(task, checkpoint);
                match &self.archiving {
                    Some(_) if !self.coordinator.is_pending(checkpoint) => {}
                    Some(archiving) => archiving.archivist.store(task, checkpoint, taken),
                    None => {
                        let stored = self.coordinator.acknowledge(task, checkpoint);
                        self.complete(stored);
                    }
                }
            }
            Event::Stored(task, checkpoint, states) => {
                if let Some(archiving) = &mut self.archiving
                    && self.coordinator.is_pending(checkpoint)
                {
                    archiving.stored.entry(checkpoint).or_default().extend(states);
                }
                let stored = self.coordinator.acknowledge(task, checkpoint);
                self.complete(stored);
            }
            Event::Completed(checkpoint) => {
                if let Some(archiving) = &mut self.archiving {
                    archiving.completed(checkpoint);
                }
                self.commit(checkpoint);
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
                // its inputs ended before the barrier came
                if let Some(checkpoint) = self.coordinator.waits_for(task).filter(|_| !self.is_source(task)) {
                    self.controls[task].send(Command::Trigger(checkpoint));
                }
            }
            Event::Finished(task) => {
                self.ended.insert(task);
                let stored = self.coordinator.task_finished(task);
                self.complete(stored);
            }
            Event::Failed(task, error) => {
                self.ended.insert(task);
                self.fail(error);
            }
        }
        self.end();
    }

    /// Every task has let the barrier of that checkpoint pass, and what it had has been stored.
    fn complete(&mut self, checkpoint: Option<CheckpointId>) {
        match (checkpoint, &mut self.archiving) {
            (Some(checkpoint), Some(archiving)) => archiving.complete(checkpoint, self.now),
            (Some(checkpoint), None) => self.commit(checkpoint),
            (None, _) => {}
        }
    }

    /// That checkpoint has failed. What is left of it goes, and the job with it unless that is tolerated.
    fn not_stored(&mut self, checkpoint: CheckpointId, error: Error) {
        if self.given_up >= Some(checkpoint) {
            return;
        }
        self.given_up = Some(checkpoint);
        self.tell(0..self.controls.len(), || Command::Abandon(checkpoint));
        if let Some(archiving) = &mut self.archiving {
            archiving.stored.remove(&checkpoint);
            archiving.archivist.remove(checkpoint);
        }
        // the one at the end of a bounded job is tried again
        self.last.take_if(|last| *last == checkpoint);
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
            self.tell(self.drained.iter().copied(), || Command::Finish);
        }
    }

    /// The last checkpoint of a bounded job, once nothing else is left to do.
    fn end(&mut self) {
        let waiting = self.drained.difference(&self.ended).count();
        if self.last.is_none() && waiting > 0 && waiting + self.ended.len() == self.controls.len() {
            self.last = self.coordinator.trigger_now(self.now);
            if let Some(checkpoint) = self.last {
                self.trigger(checkpoint);
            }
        }
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
    fn trigger(&self, checkpoint: CheckpointId) {
        let drained = self.drained.iter().copied().filter(|task| !self.is_source(*task));
        let sources = self.sources.iter().flat_map(SourceGroup::tasks);
        self.tell(sources.chain(drained), || Command::Trigger(checkpoint));
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
        self.archiving.as_ref().and_then(|archiving| archiving.latest)
    }

    pub fn into_result(self) -> Result<()> {
        match self.failure {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }
}
