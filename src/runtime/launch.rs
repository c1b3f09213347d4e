//! From a graph to tasks that are wired together.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use super::chain::{Chain, ChainedOperator, Target, TargetKind};
use super::control::{Event, TaskControl};
use super::exchange::{Gate, Limits, Signal};
use super::explain::{WiredTask, Wiring};
use super::master::{JobMetrics, SourceGroup};
use super::network::NetworkInput;
use super::operators::{SinkOperator, SourceHead};
use super::outputs::{OutputEdge, groups_of};
use super::overtaken::Replay;
use super::positions::{self, Position};
use super::restart::RestartStrategy;
use super::source::SourceInput;
use super::tap::{Tap, Tapped};
use super::task::{Task, TaskInput};
use crate::batch::DecodeObjects;
use crate::checkpoint::{Archive, CheckpointCounts, OperatorState, Restored, Schedule, Snapshot};
use crate::error::Result;
use crate::graph::{JobEdge, JobGraph, JobVertex, NodeId, NodeKind, Partitioning, StreamGraph, StreamNode, identities};
use crate::metrics::{RECORDS_IN, RECORDS_OUT};
use crate::operator::{Operator, SubtaskContext, Waker};
use crate::state::StateBackend;
use crate::time::{Clock, WatermarkPace};
use crate::types::DEFAULT_MAX_PARALLELISM;

/// Wraps the loop of a task's thread: a language binding attaches the thread to its interpreter here.
pub type AroundTask = Arc<dyn Fn(&mut (dyn FnMut() + Send)) + Send + Sync>;

/// When the last checkpoint of a job outlives it. A job that is killed removes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Retention {
    #[default]
    Never,
    /// When the job failed.
    Failed,
    /// When it failed or was cancelled.
    FailedOrCancelled,
}

#[derive(Clone)]
pub struct JobConfig {
    pub job_name: String,
    pub parallelism: usize,
    pub max_parallelism: u16,
    /// How many records a batch should hold.
    pub batch_size: usize,
    /// When sources and `assign_timestamps_and_watermarks` emit watermarks.
    pub watermark_pace: WatermarkPace,
    /// What a channel between two tasks holds at most, in records and in bytes.
    pub exchange_records: usize,
    pub exchange_bytes: usize,
    /// How often checkpoints are taken. Where they are not enabled, sources commit what is safe once a second all the
    /// same.
    pub checkpoint_interval: Option<Duration>,
    /// From the end of one to the start of the next, at least.
    pub checkpoint_pause: Duration,
    /// What one may take.
    pub checkpoint_timeout: Duration,
    /// How many may fail in a row before the job does.
    pub tolerated_failures: u32,
    /// How many may be under way at once.
    pub concurrent_checkpoints: usize,
    /// After how long a checkpoint's barriers overtake the records that wait, which are stored then; `None` for never.
    pub unaligned_after: Option<Duration>,
    /// Where checkpoints are stored; without it barriers only make sure that what was read is safe.
    pub archive: Option<Archive>,
    /// What the job goes on from.
    pub restored: Option<Arc<Restored>>,
    /// How state is kept meanwhile.
    pub backend: Arc<StateBackend>,
    pub restart: RestartStrategy,
    pub retention: Retention,
    /// What becomes of checkpoints is counted there.
    pub checkpoint_counts: CheckpointCounts,
    /// State of operators that the program no longer has is dropped.
    pub allow_non_restored: bool,
    pub chaining: bool,
    /// Prints a line a second and a summary on standard error.
    pub progress: bool,
    pub around_task: Option<AroundTask>,
    /// Called when the job has ended, before anybody who waits for it hears of that.
    pub at_end: Option<Arc<dyn Fn() + Send + Sync>>,
    pub tap: Option<Arc<dyn Tap>>,
    /// Reads objects of a language binding back, where records on their way were stored.
    pub decode_objects: Option<DecodeObjects>,
}

impl Default for JobConfig {
    fn default() -> Self {
        JobConfig {
            job_name: "Flink Streaming Job".to_owned(),
            parallelism: 1,
            max_parallelism: DEFAULT_MAX_PARALLELISM,
            batch_size: 1024,
            watermark_pace: WatermarkPace::default(),
            exchange_records: 8192,
            exchange_bytes: 8 << 20,
            checkpoint_interval: None,
            checkpoint_pause: Duration::ZERO,
            checkpoint_timeout: Duration::from_secs(600),
            tolerated_failures: 0,
            concurrent_checkpoints: 1,
            unaligned_after: None,
            archive: None,
            restored: None,
            backend: Arc::default(),
            restart: RestartStrategy::default(),
            retention: Retention::default(),
            checkpoint_counts: CheckpointCounts::default(),
            allow_non_restored: false,
            chaining: true,
            progress: false,
            around_task: None,
            at_end: None,
            tap: None,
            decode_objects: None,
        }
    }
}

impl JobConfig {
    /// Forgets the state that tasks have taken: it would be kept as long as the job runs.
    pub(super) fn release_restored(&mut self) {
        self.restored = self.restored.take().map(|restored| Arc::new(restored.without_state()));
    }

    /// When barriers come.
    pub(super) fn schedule(&self) -> Schedule {
        let millis = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        match self.checkpoint_interval {
            None => Schedule::every(1000),
            Some(interval) => Schedule {
                interval: millis(interval),
                pause: millis(self.checkpoint_pause),
                timeout: millis(self.checkpoint_timeout),
                tolerated: self.tolerated_failures,
                // a pause between two of them leaves room for one, and what overtakes the other's records as well
                concurrent: match self.checkpoint_pause.is_zero() && self.unaligned_after.is_none() {
                    true => self.concurrent_checkpoints.max(1),
                    false => 1,
                },
            },
        }
    }

    /// After how long (ms) a barrier overtakes records, if it does.
    pub(super) fn overtakes_after(&self) -> Option<i64> {
        self.unaligned_after.map(|after| i64::try_from(after.as_millis()).unwrap_or(i64::MAX))
    }
}

/// Tasks ready to run, and what the master needs to lead them.
pub struct Launched {
    pub tasks: Vec<Task>,
    pub controls: Vec<Arc<TaskControl>>,
    pub wiring: Arc<Wiring>,
    pub sources: Vec<SourceGroup>,
    pub metrics: JobMetrics,
    pub cancelled: Arc<AtomicBool>,
    pub events: mpsc::Receiver<Event>,
    /// To the same master, for what is no task.
    pub teller: mpsc::Sender<Event>,
    /// What a manifest says of each operator, by its number less one.
    pub operators: Vec<OperatorState>,
    /// Where checkpoints are stored, if everything the job holds can be.
    pub archive: Option<Archive>,
    /// An operator whose state can't be stored.
    pub unstored: Option<String>,
}

pub fn launch(graph: &StreamGraph, config: &JobConfig, clock: Arc<dyn Clock>) -> Result<Launched> {
    graph.validate(config.parallelism)?;
    let job = JobGraph::new(graph, config.parallelism, config.max_parallelism, config.chaining);
    let builder = Builder::new(graph, &job, config, clock);
    if let Some(restored) = &config.restored {
        let operators = builder.operators.iter().map(|operator| (operator.id.clone(), operator.max_parallelism));
        restored.check(&operators.collect(), config.allow_non_restored)?;
    }
    builder.build()
}

struct Builder<'a> {
    graph: &'a StreamGraph,
    job: &'a JobGraph,
    config: &'a JobConfig,
    clock: Arc<dyn Clock>,
    metrics: JobMetrics,
    cancelled: Arc<AtomicBool>,
    /// The first task of each vertex.
    first_task: Vec<usize>,
    signals: Vec<Arc<Signal>>,
    /// See [`SubtaskContext::durable`].
    durable: bool,
    operators: Vec<OperatorState>,
}

fn commits(node: &StreamNode) -> bool {
    match &node.kind {
        NodeKind::Source { source, .. } => source.commits(),
        NodeKind::Sink(sink) => sink.commits(false),
        NodeKind::Operator(_) => false,
    }
}

/// One end of an edge at a task: which edge, which subtask is at the other end.
type Wire = (usize, usize);

impl<'a> Builder<'a> {
    fn new(graph: &'a StreamGraph, job: &'a JobGraph, config: &'a JobConfig, clock: Arc<dyn Clock>) -> Self {
        let mut first_task = Vec::new();
        let mut count = 0;
        for vertex in &job.vertices {
            first_task.push(count);
            count += vertex.parallelism;
        }
        let mut operators: Vec<OperatorState> = identities(graph)
            .into_iter()
            .zip(&graph.nodes)
            .map(|(id, node)| OperatorState {
                id,
                name: node.name.clone(),
                max_parallelism: 0,
                parallelism: 0,
                subtasks: Vec::new(),
            })
            .collect();
        for vertex in &job.vertices {
            for node in &vertex.nodes {
                operators[node - 1].max_parallelism = vertex.max_parallelism;
                operators[node - 1].parallelism = vertex.parallelism as u32;
            }
        }
        Builder {
            operators,
            graph,
            job,
            config,
            clock,
            metrics: JobMetrics::new(graph),
            cancelled: Arc::default(),
            first_task,
            signals: (0..count).map(|_| Arc::default()).collect(),
            durable: config.checkpoint_interval.is_some() || graph.nodes.iter().any(commits),
        }
    }

    fn build(self) -> Result<Launched> {
        let (sender, events) = mpsc::channel();
        let limits = Limits { records: self.config.exchange_records, bytes: self.config.exchange_bytes };
        let incoming = self.incoming();
        let gates: Vec<Arc<Gate>> = incoming
            .iter()
            .enumerate()
            .map(|(task, wires)| {
                // as in Flink: behind other edges the order of a channel means something, or a subtask is the only one for
                // its records
                let spread = |edge: usize| {
                    let partitioning = &self.job.edges[edge].partitioning;
                    matches!(partitioning, Partitioning::Hash | Partitioning::Rebalance | Partitioning::Shuffle)
                };
                let unaligned = self.config.unaligned_after.is_some();
                let producer = |wire: &Wire| {
                    let signal = self.signals[self.producer_task(*wire)].clone();
                    (signal, unaligned && spread(wire.0))
                };
                Arc::new(Gate::new(self.signals[task].clone(), wires.iter().map(producer).collect(), limits))
            })
            .collect();
        let mut sources: Vec<SourceGroup> = Vec::new();
        let mut tasks = Vec::new();
        let mut controls = Vec::new();
        for (vertex_index, vertex) in self.job.vertices.iter().enumerate() {
            for subtask in 0..vertex.parallelism {
                let id = self.first_task[vertex_index] + subtask;
                let control = Arc::new(TaskControl::new(self.signals[id].clone(), self.cancelled.clone()));
                let chain = self.chain(vertex_index, subtask, &incoming, &gates)?;
                let head = self.graph.node(vertex.nodes[0]);
                let input = match &head.kind {
                    NodeKind::Source { source, watermarks } => {
                        let context = self.context(head.id, vertex_index, subtask);
                        if subtask == 0 {
                            let place = self.place(head.id);
                            let enumerator = source.enumerator(&context).map_err(|error| error.at(place.clone()))?;
                            let positions = self.positions(head.id).map_err(|error| error.at(place.clone()))?;
                            let mut group = SourceGroup::new(enumerator, id, vertex.parallelism, place, positions);
                            group.alignment = watermarks.as_ref().and_then(|strategy| strategy.alignment().cloned());
                            sources.push(group);
                        }
                        let reader = source.reader(&context).map_err(|error| error.at(self.place(head.id)))?;
                        let pace = self.config.watermark_pace;
                        let positions = positions::from_snapshot(&context.restored)?;
                        let finished = positions.into_iter().filter_map(Position::finished).collect();
                        let times = positions::times_from_snapshot(&context.restored)?;
                        let (watermarks, clock) = (watermarks.clone(), self.clock.clone());
                        TaskInput::Source(Box::new(SourceInput::new(reader, watermarks, pace, clock, finished, times)))
                    }
                    _ => {
                        let input = |(edge, _): &Wire| {
                            let JobEdge { stream, partitioning, .. } = &self.job.edges[*edge];
                            (stream.input, matches!(partitioning, Partitioning::Hash))
                        };
                        let inputs = incoming[id].iter().map(input).collect();
                        TaskInput::Network(NetworkInput::new(gates[id].clone(), inputs))
                    }
                };
                let name = self.task_name(vertex_index, subtask);
                let mut task = Task::new(id, name, control.clone(), input, chain, self.clock.clone(), sender.clone());
                task.replay = self.replay(vertex_index, subtask)?;
                tasks.push(task);
                controls.push(control);
            }
        }
        let unstored = tasks.iter().find_map(Task::unstored).map(str::to_owned);
        let archive = self.config.archive.clone().filter(|_| {
            if let Some(place) = &unstored {
                tracing::warn!("checkpoints are not stored: what {place} holds can't be in this version of Flott");
            }
            unstored.is_none()
        });
        let last = archive.as_ref().is_some_and(Archive::lasts);
        tasks.iter_mut().for_each(|task| (task.stores, task.checkpoints_last) = (archive.is_some(), last));
        let wiring = Arc::new(self.wiring(&incoming));
        let (metrics, cancelled, operators) = (self.metrics, self.cancelled, self.operators);
        let teller = sender;
        Ok(Launched {
            tasks,
            controls,
            wiring,
            sources,
            metrics,
            cancelled,
            events,
            teller,
            operators,
            archive,
            unstored,
        })
    }

    /// How the tasks are wired, in words.
    fn wiring(&self, incoming: &[Vec<Wire>]) -> Wiring {
        let mut tasks = Vec::new();
        for (vertex_index, vertex) in self.job.vertices.iter().enumerate() {
            for subtask in 0..vertex.parallelism {
                let wires = &incoming[self.first_task[vertex_index] + subtask];
                let nodes = vertex.nodes.iter().map(|id| self.graph.node(*id));
                tasks.push(WiredTask {
                    name: self.task_name(vertex_index, subtask),
                    subtask,
                    operators: nodes.map(|node| (node.id, node.name.clone(), node.place.clone())).collect(),
                    is_source: matches!(self.graph.node(vertex.nodes[0]).kind, NodeKind::Source { .. }),
                    producers: wires.iter().map(|wire| self.producer_task(*wire)).collect(),
                });
            }
        }
        Wiring(tasks)
    }

    /// The wires into each task, in the order of its gate's channels.
    fn incoming(&self) -> Vec<Vec<Wire>> {
        let mut incoming = vec![Vec::new(); self.signals.len()];
        for (edge_index, edge) in self.job.edges.iter().enumerate() {
            for subtask in 0..self.job.vertices[edge.to_vertex].parallelism {
                for producer in self.producers(edge, subtask) {
                    incoming[self.first_task[edge.to_vertex] + subtask].push((edge_index, producer));
                }
            }
        }
        incoming
    }

    fn producers(&self, edge: &JobEdge, consumer: usize) -> Vec<usize> {
        let from = self.job.vertices[edge.from_vertex].parallelism;
        let to = self.job.vertices[edge.to_vertex].parallelism;
        match edge.partitioning {
            Partitioning::Forward | Partitioning::Unspecified => vec![consumer],
            Partitioning::Rescale if from <= to => vec![consumer * from / to],
            Partitioning::Rescale => (0..from).filter(|producer| producer * to / from == consumer).collect(),
            _ => (0..from).collect(),
        }
    }

    fn producer_task(&self, (edge, subtask): Wire) -> usize {
        self.first_task[self.job.edges[edge].from_vertex] + subtask
    }

    fn chain(&self, vertex_index: usize, subtask: usize, incoming: &[Vec<Wire>], gates: &[Arc<Gate>]) -> Result<Chain> {
        let vertex = &self.job.vertices[vertex_index];
        let position: HashMap<NodeId, usize> = vertex.nodes.iter().enumerate().map(|(i, id)| (*id, i)).collect();
        let mut edges = Vec::new();
        let mut targets: Vec<Vec<Target>> = vertex.nodes.iter().map(|_| Vec::new()).collect();
        for (edge_index, edge) in self.job.edges.iter().enumerate().filter(|(_, e)| e.from_vertex == vertex_index) {
            let first = self.first_task[edge.to_vertex];
            let reached = (0..self.job.vertices[edge.to_vertex].parallelism).filter_map(|consumer| {
                let channel = incoming[first + consumer].iter().position(|wire| *wire == (edge_index, subtask))?;
                Some((gates[first + consumer].clone(), channel))
            });
            let max_parallelism = self.job.vertices[edge.to_vertex].max_parallelism;
            targets[position[&edge.stream.from]]
                .push(Target { tag: edge.stream.tag.clone(), to: TargetKind::Edge(edges.len()) });
            edges.push(OutputEdge::new(edge.partitioning.clone(), reached.collect(), max_parallelism, subtask));
        }
        for (at, id) in vertex.nodes.iter().enumerate().skip(1) {
            // a chained operator has exactly one input, and it is in the chain
            if let Some(edge) = self.graph.inputs(*id).next() {
                targets[position[&edge.from]].push(Target { tag: edge.tag.clone(), to: TargetKind::Operator(at) });
            }
        }
        let mut operators = Vec::new();
        for (id, targets) in vertex.nodes.iter().zip(targets) {
            let context = self.context(*id, vertex_index, subtask);
            let operator: Result<Box<dyn Operator>> = match &self.graph.node(*id).kind {
                NodeKind::Source { .. } => Ok(Box::new(SourceHead)),
                NodeKind::Operator(factory) => factory.create(&context),
                NodeKind::Sink(sink) => Ok(Box::new(SinkOperator::new(sink.clone(), context.clone()))),
            };
            operators.push(ChainedOperator {
                operator: operator.map_err(|error| error.at(self.place(*id)))?,
                node: *id,
                subtask,
                targets,
                tap: self.config.tap.clone().map(|tap| (tap, Tapped { operator: *id, subtask })),
                place: self.place(*id),
                event_time: context.metrics.event_time(),
                records_in: context.metrics.counter(RECORDS_IN),
                records_out: context.metrics.counter(RECORDS_OUT),
            });
        }
        Ok(Chain::new(operators, edges))
    }

    fn context(&self, id: NodeId, vertex: usize, subtask: usize) -> SubtaskContext {
        let node = self.graph.node(id);
        let signal = self.signals[self.first_task[vertex] + subtask].clone();
        SubtaskContext {
            operator: node.name.as_str().into(),
            job_name: self.config.job_name.as_str().into(),
            subtask,
            parallelism: self.job.vertices[vertex].parallelism,
            max_parallelism: self.job.vertices[vertex].max_parallelism,
            groups: self.groups(vertex, subtask),
            batch_size: self.config.batch_size,
            watermark_pace: self.config.watermark_pace,
            clock: self.clock.clone(),
            metrics: self.metrics.operator(id),
            cancelled: self.cancelled.clone(),
            waker: Waker::new(move || signal.raise()),
            durable: self.durable,
            checkpoints: self.config.checkpoint_interval.is_some(),
            restored: self.restored(id, vertex, subtask),
            archive: self.config.restored.as_ref().map(|restored| restored.archive.clone()),
            backend: self.config.backend.clone(),
        }
    }

    /// How far all subtasks of a source were.
    fn positions(&self, id: NodeId) -> Result<Vec<Position>> {
        let Some(restored) = &self.config.restored else { return Ok(Vec::new()) };
        let mut positions = Vec::new();
        for snapshot in restored.all(&self.operators[id - 1].id) {
            positions.extend(positions::from_snapshot(snapshot)?);
        }
        Ok(positions)
    }

    /// What a subtask goes on with.
    fn restored(&self, id: NodeId, vertex: usize, subtask: usize) -> Arc<Snapshot> {
        let Some(restored) = &self.config.restored else { return Arc::default() };
        let parallelism = self.job.vertices[vertex].parallelism;
        Arc::new(restored.share(&self.operators[id - 1].id, self.groups(vertex, subtask), subtask, parallelism))
    }

    fn groups(&self, vertex: usize, subtask: usize) -> RangeInclusive<u16> {
        let JobVertex { parallelism, max_parallelism, .. } = self.job.vertices[vertex];
        groups_of(subtask, max_parallelism, parallelism)
    }

    /// What a subtask of that vertex works at first.
    fn replay(&self, vertex: usize, subtask: usize) -> Result<Replay> {
        let JobVertex { parallelism, max_parallelism, nodes, .. } = &self.job.vertices[vertex];
        let groups = (groups_of(subtask, *max_parallelism, *parallelism), *max_parallelism);
        let mut replay = Replay::default();
        for (place, id) in nodes.iter().enumerate() {
            let restored = self.restored(*id, vertex, subtask);
            let added = replay.add(place, &restored, groups.clone(), self.config.decode_objects.as_ref());
            added.map_err(|error| error.at(self.place(*id)))?;
        }
        Ok(replay)
    }

    fn place(&self, id: NodeId) -> String {
        let node = self.graph.node(id);
        let kind = match node.kind {
            NodeKind::Source { .. } => "source",
            NodeKind::Operator(_) => "operator",
            NodeKind::Sink(_) => "sink",
        };
        match &node.place {
            Some(line) => format!("{kind} '{}' ({line})", node.name),
            None => format!("{kind} '{}'", node.name),
        }
    }

    fn task_name(&self, vertex: usize, subtask: usize) -> String {
        let vertex = &self.job.vertices[vertex];
        let names: Vec<&str> = vertex.nodes.iter().map(|id| self.graph.node(*id).name.as_str()).collect();
        format!("{} ({}/{})", names.join(" -> "), subtask + 1, vertex.parallelism)
    }
}
