//! The graph that Python builds, one call an operator.

use std::sync::Arc;
use std::time::Duration;

use flott::checkpoint::{Archive, storage_at};
use flott::connector::memory::Memory;
use flott::connector::{self, Boundedness, Options, Sink, Spec};
use flott::graph::{Chaining, CustomPartitioner, NodeKind, Partitioning, StreamEdge, StreamGraph};
use flott::operator::AssignTimestamps;
use flott::runtime::{HeldBack, JobConfig, RestartStrategy, Retention, run};
use flott::state::{RocksDbSettings, StateBackend};
use flott::time::WatermarkPace;
use flott::{Result, batch::Batch};
use pyo3::exceptions::{PyKeyError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arrow::{ArrowCollect, ArrowTable};
use crate::cep::{self, CepPlan};
use crate::collection::Collection;
use crate::conform::{Declared, PyConform};
use crate::connectors::sink::PythonSink;
use crate::connectors::source::PythonSource;
use crate::control::{Control, Identity};
use crate::crashes::{self, ShownStart};
use crate::feed::Feed;
use crate::function::Failure;
use crate::gate::{self, raise};
use crate::inspected::Inspected;
use crate::job::Job;
use crate::native::{ColumnsType, NativeOperator};
use crate::objects::{PyObjects, decode_all};
use crate::operators::{self, Extra, Settings, ToColumns, async_wait};
use crate::savepoints::{Places, Savepoints};
use crate::simulation::PySimulation;
use crate::sinks::{Collect, Print};
use crate::threads::Threads;
use crate::types;
use crate::watermarks::Strategy;

/// A graph of operators. Nodes are numbered from 1.
#[pyclass(module = "flott._flott", name = "Graph")]
#[derive(Default)]
pub struct PyGraph {
    graph: StreamGraph,
    /// Where the functions show their state, in a graph that is made for `simulate`.
    inspected: Option<Arc<Inspected>>,
    /// What the program prints and collects appears when its checkpoint is complete.
    held_back: bool,
}

fn checked<T>(py: Python<'_>, result: Result<T>) -> PyResult<T> {
    result.map_err(|error| raise(py, error))
}

fn spec(options: Vec<(String, String)>, columns: Option<&ColumnsType>) -> Spec {
    let row_type = columns.map(|columns| (columns.schema.clone(), columns.shape));
    Spec { options: Options::new(options), row_type }
}

/// Where an operator was built, for messages.
fn built(kind: &str, name: &str, place: Option<&str>) -> String {
    match place {
        Some(line) => format!("{kind} '{name}' ({line})"),
        None => format!("{kind} '{name}'"),
    }
}

#[pymethods]
impl PyGraph {
    /// `simulated` for one that is run by `simulate`, `crashing` for one that is run by `crash`.
    #[new]
    #[pyo3(signature = (simulated=false, crashing=false))]
    fn new(simulated: bool, crashing: bool) -> Self {
        PyGraph { graph: StreamGraph::default(), inspected: simulated.then(Arc::default), held_back: crashing }
    }

    /// Objects as a source.
    fn add_collection(&mut self, name: &str, items: Vec<Py<PyAny>>) -> usize {
        let source = Arc::new(Collection::new(items));
        self.graph.add_node(name, NodeKind::Source { source, watermarks: None })
    }

    /// A source written in Python; see [`PythonSource`].
    fn add_python_source(
        &mut self,
        name: &str,
        adapter: Py<PyAny>,
        bounded: bool,
        commits: bool,
        interval_ms: Option<u64>,
    ) -> usize {
        let interval = interval_ms.map(Duration::from_millis);
        let source = Arc::new(PythonSource { adapter: Arc::new(adapter), bounded, commits, interval });
        self.graph.add_node(name, NodeKind::Source { source, watermarks: None })
    }

    /// A sink written in Python; see [`PythonSink`].
    fn add_python_sink(&mut self, name: &str, open: Py<PyAny>, commits: bool) -> usize {
        self.graph.add_node(name, NodeKind::Sink(Arc::new(PythonSink { open, commits })))
    }

    /// A source that is fed by hand.
    fn add_feed(&mut self, name: &str) -> (usize, Feed) {
        let feed = Feed::new();
        let (source, watermarks) = (Arc::new(feed.clone()), Arc::new(feed.clone()));
        (self.graph.add_node(name, NodeKind::Source { source, watermarks: Some(watermarks) }), feed)
    }

    /// A table in memory as a source.
    fn add_arrow(&mut self, name: &str, table: &ArrowTable) -> usize {
        let source = Arc::new(Memory::new(table.batches.clone(), table.columns.shape));
        self.graph.add_node(name, NodeKind::Source { source, watermarks: None })
    }

    /// A connector's source, which emits columns of the given type.
    #[pyo3(signature = (name, connector, options, columns=None, place=None))]
    fn add_source(
        &mut self,
        py: Python<'_>,
        name: &str,
        connector: &str,
        options: Vec<(String, String)>,
        columns: Option<&ColumnsType>,
        place: Option<&str>,
    ) -> PyResult<usize> {
        let spec = spec(options, columns);
        let made = py.detach(|| connector::find(connector)?.source(&spec));
        let source = Arc::from(checked(py, made.map_err(|error| error.at(built("source", name, place))))?);
        Ok(self.graph.add_node(name, NodeKind::Source { source, watermarks: None }))
    }

    /// Gives a source its watermark strategy.
    #[pyo3(signature = (node, strategy, assigner=None, generator=None))]
    fn set_watermarks(
        &mut self,
        py: Python<'_>,
        node: usize,
        strategy: &str,
        assigner: Option<Py<PyAny>>,
        generator: Option<Py<PyAny>>,
    ) -> PyResult<()> {
        let strategy = types::parse(strategy).and_then(|spec| Strategy::new(&spec, assigner, generator));
        let strategy = checked(py, strategy)?;
        if let NodeKind::Source { watermarks, .. } = &mut self.graph.node_mut(node).kind {
            *watermarks = Some(strategy);
        }
        Ok(())
    }

    /// Gives records of any stream their event time.
    #[pyo3(signature = (name, strategy, assigner=None, generator=None))]
    fn add_timestamps(
        &mut self,
        py: Python<'_>,
        name: &str,
        strategy: &str,
        assigner: Option<Py<PyAny>>,
        generator: Option<Py<PyAny>>,
    ) -> PyResult<usize> {
        let strategy = types::parse(strategy).and_then(|spec| Strategy::new(&spec, assigner, generator));
        let strategy = checked(py, strategy)?;
        Ok(self.graph.add_node(name, NodeKind::Operator(Arc::new(AssignTimestamps::factory(strategy)))))
    }

    /// An operator around a Python function; `factory(subtask)` returns `(calls, close)`. Results are converted to the
    /// declared type `result`, and what goes to side outputs to those of `sides`.
    #[pyo3(signature = (name, kind, factory, broadcast_states=Vec::new(), late_output=None, result=None, sides=Vec::new(), broadcast_first=false))]
    #[allow(clippy::too_many_arguments, reason = "Python passes them by name")]
    fn add_operator(
        &mut self,
        py: Python<'_>,
        name: &str,
        kind: &str,
        factory: Py<PyAny>,
        broadcast_states: Vec<String>,
        late_output: Option<&str>,
        result: Option<&PyConform>,
        sides: Vec<(String, PyRef<'_, PyConform>)>,
        broadcast_first: bool,
    ) -> PyResult<usize> {
        let declared = Arc::new(Declared::new(result, sides));
        // nodes are numbered from 1
        let inspected = self.inspected.clone().map(|inspected| (inspected, self.graph.nodes.len() + 1));
        let late_output = late_output.map(Arc::from);
        let settings = Settings { broadcast_states, broadcast_first, late_output, declared, inspected };
        let operator = checked(py, operators::create(kind, factory, settings))?;
        Ok(self.graph.add_node(name, NodeKind::Operator(operator)))
    }

    /// A pattern over the stream; `clock` is whether it goes by event time, and whether events of one time are compared.
    #[allow(clippy::too_many_arguments, reason = "Python passes them by name")]
    fn add_cep(
        &mut self,
        name: &str,
        plan: &CepPlan,
        factory: Py<PyAny>,
        clock: (bool, bool),
        late_output: Option<&str>,
        result: Option<&PyConform>,
        sides: Vec<(String, PyRef<'_, PyConform>)>,
    ) -> usize {
        let declared = Arc::new(Declared::new(result, sides));
        let operator = cep::factory(plan, factory, clock, late_output.map(Arc::from), declared);
        self.graph.add_node(name, NodeKind::Operator(operator))
    }

    /// Async I/O around `factory(subtask)`; see [`async_wait::factory`].
    fn add_async_wait(&mut self, name: &str, factory: Py<PyAny>, capacity: usize, ordered: bool) -> usize {
        let operator = async_wait::factory(factory, capacity, ordered);
        self.graph.add_node(name, NodeKind::Operator(operator))
    }

    /// A connector's sink, which is given columns of that type.
    #[pyo3(signature = (name, connector, options, columns, place=None))]
    fn add_sink(
        &mut self,
        py: Python<'_>,
        name: &str,
        connector: &str,
        options: Vec<(String, String)>,
        columns: &ColumnsType,
        place: Option<&str>,
    ) -> PyResult<usize> {
        let spec = spec(options, Some(columns));
        let made = py.detach(|| connector::find(connector)?.sink(&spec));
        let sink = checked(py, made.map_err(|error| error.at(built("sink", name, place))))?;
        Ok(self.graph.add_node(name, NodeKind::Sink(Arc::from(sink))))
    }

    /// Objects to columns: of `prepare(record)` as `columns`, followed by the texts that `extra` (name, function)
    /// computes; see `ColumnsType.with_texts`.
    #[pyo3(signature = (name, columns, prepare=None, extra=Vec::new()))]
    fn add_to_columns(
        &mut self,
        name: &str,
        columns: &ColumnsType,
        prepare: Option<Py<PyAny>>,
        extra: Vec<(String, Py<PyAny>)>,
    ) -> usize {
        let extra = extra.into_iter().map(|(name, function)| Extra { name, function }).collect();
        let convert = ToColumns { schema: columns.schema.clone(), shape: columns.shape, prepare, extra };
        self.graph.add_node(name, NodeKind::Operator(convert.factory()))
    }

    /// An operator on columns.
    fn add_native(&mut self, name: &str, operator: &NativeOperator) -> usize {
        self.graph.add_node(name, NodeKind::Operator(operator.factory.clone()))
    }

    /// Lines on standard output; `render(record)` makes the text.
    #[pyo3(signature = (name, render, identifier=None))]
    fn add_print(&mut self, name: &str, render: Py<PyAny>, identifier: Option<String>) -> usize {
        self.graph.add_node(name, self.shown(Print { render, identifier }))
    }

    /// Records for the program itself; see [`Results`].
    fn add_collect(&mut self, name: &str) -> (usize, Results) {
        let collect = if self.held_back { Collect::unbounded() } else { Collect::new() };
        let node = self.graph.add_node(name, self.shown(collect.clone()));
        (node, Results { collect, ready: Vec::new() })
    }

    /// Columns for the program itself.
    fn add_collect_arrow(&mut self, name: &str, columns: &ColumnsType) -> (usize, ArrowCollect) {
        let collect = ArrowCollect::new(columns.clone());
        (self.graph.add_node(name, self.shown(collect.clone())), collect)
    }

    /// A stream from one node to another. `partitioner(record, partitions)` goes with `custom`.
    #[pyo3(signature = (from_node, to_node, input=0, tag=None, partitioning="unspecified", partitioner=None))]
    fn connect(
        &mut self,
        from_node: usize,
        to_node: usize,
        input: usize,
        tag: Option<&str>,
        partitioning: &str,
        partitioner: Option<Py<PyAny>>,
    ) -> PyResult<()> {
        let partitioning = match (partitioning, partitioner) {
            ("unspecified", _) => Partitioning::Unspecified,
            ("forward", _) => Partitioning::Forward,
            ("hash", _) => Partitioning::Hash,
            ("rebalance", _) => Partitioning::Rebalance,
            ("rescale", _) => Partitioning::Rescale,
            ("shuffle", _) => Partitioning::Shuffle,
            ("broadcast", _) => Partitioning::Broadcast,
            ("global", _) => Partitioning::Global,
            ("custom", Some(function)) => Partitioning::Custom(Arc::new(PythonPartitioner(function))),
            (other, _) => return Err(PyValueError::new_err(format!("there is no partitioning '{other}'"))),
        };
        self.graph.add_edge(StreamEdge { from: from_node, to: to_node, input, tag: tag.map(Arc::from), partitioning });
        Ok(())
    }

    /// Sets what is given of a node.
    #[pyo3(signature = (node, *, name=None, uid=None, parallelism=None, max_parallelism=None, chaining=None, slot_sharing_group=None, place=None))]
    #[allow(clippy::too_many_arguments, reason = "one keyword argument for each setting")]
    fn configure(
        &mut self,
        node: usize,
        name: Option<String>,
        uid: Option<String>,
        parallelism: Option<usize>,
        max_parallelism: Option<u16>,
        chaining: Option<&str>,
        slot_sharing_group: Option<String>,
        place: Option<String>,
    ) {
        let node = self.graph.node_mut(node);
        if let Some(name) = name {
            node.name = name;
        }
        if let Some(chaining) = chaining {
            node.chaining = match chaining {
                "head" => Chaining::Head,
                "never" => Chaining::Never,
                _ => Chaining::Always,
            };
        }
        node.uid = uid.or(node.uid.take());
        node.parallelism = parallelism.or(node.parallelism);
        node.max_parallelism = max_parallelism.or(node.max_parallelism);
        node.slot_sharing_group = slot_sharing_group.or(node.slot_sharing_group.take());
        node.place = place.or(node.place.take());
    }

    fn name(&self, node: usize) -> &str {
        &self.graph.node(node).name
    }

    fn parallelism(&self, node: usize) -> Option<usize> {
        self.graph.node(node).parallelism
    }

    /// Whether every source that was added so far ends.
    fn is_bounded(&self) -> bool {
        let bounded = |kind: &NodeKind| match kind {
            NodeKind::Source { source, .. } => source.boundedness() == Boundedness::Bounded,
            _ => true,
        };
        self.graph.nodes.iter().all(|node| bounded(&node.kind))
    }

    fn __len__(&self) -> usize {
        self.graph.nodes.len()
    }

    /// The execution plan as JSON.
    #[pyo3(signature = (parallelism, chaining=true))]
    fn plan(&self, parallelism: usize, chaining: bool) -> String {
        self.graph.execution_plan(parallelism, chaining).to_string()
    }

    /// Starts the job; see [`job_config`] for the keys of `config`.
    fn start(&self, py: Python<'_>, config: &Bound<'_, PyDict>) -> PyResult<Job> {
        let threads = Threads::default();
        let id = config.get_item("job_id")?.map(|id| id.extract::<String>()).transpose()?;
        let control = Arc::<Control>::default();
        let closed = control.clone();
        let places = places(config)?;
        let config = JobConfig {
            around_task: Some(threads.around_task()),
            at_end: Some(Arc::new(move || closed.close())),
            ..job_config(config, &places)?
        };
        let name = config.job_name.clone();
        let handle = checked(py, py.detach(|| run(&self.graph, config)))?;
        let savepoints = Savepoints::new(handle.clone(), id.clone().unwrap_or_default(), places);
        if let Some(id) = id.clone() {
            py.detach(|| control.open(handle.clone(), savepoints.clone(), Identity { id, name }));
        }
        Ok(Job::new(handle, savepoints, threads, id))
    }

    /// The job on the simulated executor; `now` (ms) is where its clock starts.
    fn simulate(&self, py: Python<'_>, config: &Bound<'_, PyDict>, seed: u64, now: i64) -> PyResult<PySimulation> {
        let inspected = self.inspected.clone().unwrap_or_default();
        let config = job_config(config, &places(config)?)?;
        checked(py, PySimulation::new(&self.graph, config, seed, now, inspected))
    }

    /// The job on the simulated executor to its end, with crashes, and what became of it; see [`crashes::plan`].
    fn crash(
        &self,
        py: Python<'_>,
        config: &Bound<'_, PyDict>,
        plan: &Bound<'_, PyDict>,
    ) -> PyResult<(Job, Vec<ShownStart>)> {
        let places = places(config)?;
        let id = config.get_item("job_id")?.map(|id| id.extract::<String>()).transpose()?;
        let (handle, starts) = crashes::live(py, &self.graph, &job_config(config, &places)?, &crashes::plan(plan)?)?;
        let savepoints = Savepoints::new(handle.clone(), id.clone().unwrap_or_default(), places);
        Ok((Job::new(handle, savepoints, Threads::default(), id), starts))
    }
}

impl PyGraph {
    /// A sink whose end is the program itself.
    fn shown(&self, sink: impl Sink + 'static) -> NodeKind {
        NodeKind::Sink(if self.held_back { Arc::new(HeldBack::new(Arc::new(sink))) } else { Arc::new(sink) })
    }
}

fn places(given: &Bound<'_, PyDict>) -> PyResult<Places> {
    let options = given.get_item("storage_options")?.map(|options| options.extract()).transpose()?;
    let savepoints = given.get_item("savepoint_dir")?.map(|directory| directory.extract()).transpose()?;
    Ok(Places { savepoints, options: Arc::new(options.unwrap_or_default()) })
}

fn job_config(given: &Bound<'_, PyDict>, places: &Places) -> PyResult<JobConfig> {
    let mut config = JobConfig { decode_objects: Some(Arc::new(decode_all)), ..JobConfig::default() };
    let storage = |py, url: &str| checked(py, storage_at(url, &places.options).map_err(Into::into));
    for (key, value) in given.iter() {
        match key.extract::<&str>()? {
            // for those who ask the job
            "job_id" | "storage_options" | "savepoint_dir" => {}
            "job_name" => config.job_name = value.extract()?,
            "parallelism" => config.parallelism = value.extract()?,
            "max_parallelism" => config.max_parallelism = value.extract()?,
            "batch_size" => config.batch_size = value.extract()?,
            "watermark_every" => config.watermark_pace.every = value.extract()?,
            // 0 for none but the last
            "watermark_interval_ms" => match value.extract()? {
                0 => config.watermark_pace = WatermarkPace::NEVER,
                interval => config.watermark_pace.interval = interval,
            },
            "chaining" => config.chaining = value.extract()?,
            "progress" => config.progress = value.extract()?,
            "checkpoint_interval_ms" => {
                config.checkpoint_interval = value.extract::<Option<u64>>()?.map(Duration::from_millis);
            }
            "checkpoint_pause_ms" => config.checkpoint_pause = Duration::from_millis(value.extract()?),
            "checkpoint_timeout_ms" => config.checkpoint_timeout = Duration::from_millis(value.extract()?),
            "tolerated_failures" => config.tolerated_failures = value.extract()?,
            "concurrent_checkpoints" => config.concurrent_checkpoints = value.extract()?,
            "unaligned_after_ms" => {
                config.unaligned_after = value.extract::<Option<u64>>()?.map(Duration::from_millis);
            }
            "checkpoint_storage" => {
                let url: String = value.extract()?;
                config.archive = Some(Archive::new(storage(value.py(), &url)?));
            }
            "retention" => {
                config.retention = match value.extract::<&str>()? {
                    "DELETE_ON_CANCELLATION" => Retention::Failed,
                    "RETAIN_ON_CANCELLATION" => Retention::FailedOrCancelled,
                    _ => Retention::Never,
                };
            }
            "restart" => config.restart = restart_strategy(&value)?,
            "restore" => {
                let (root, directory): (String, String) = value.extract()?;
                let loaded = Archive::new(storage(value.py(), &root)?).load_from(&directory);
                config.restored = Some(Arc::new(checked(value.py(), loaded)?));
            }
            "rocksdb" => {
                let (directories, incremental) = value.extract()?;
                config.backend = Arc::new(StateBackend::RocksDb(RocksDbSettings { directories, incremental }));
            }
            "allow_non_restored" => config.allow_non_restored = value.extract()?,
            other => return Err(PyKeyError::new_err(other.to_owned())),
        }
    }
    Ok(config)
}

/// A strategy by its name in Flink, with its numbers; times in ms.
fn restart_strategy(given: &Bound<'_, PyAny>) -> PyResult<RestartStrategy> {
    let (name, numbers): (String, Vec<f64>) = given.extract()?;
    let whole = |at: usize| numbers[at] as i64;
    Ok(match (name.as_str(), numbers.len()) {
        ("disable", 0) => RestartStrategy::None,
        ("fixed-delay", 2) => RestartStrategy::FixedDelay { attempts: whole(0) as u32, delay: whole(1) },
        ("failure-rate", 3) => {
            RestartStrategy::FailureRate { most: whole(0) as usize, interval: whole(1), delay: whole(2) }
        }
        ("exponential-delay", 5) => RestartStrategy::ExponentialDelay {
            initial: whole(0),
            max: whole(1),
            multiplier: numbers[2],
            reset_after: whole(3),
            jitter: numbers[4],
        },
        _ => return Err(PyKeyError::new_err(name)),
    })
}

/// A user's partitioner: `function(record, partitions)` returns the subtask.
struct PythonPartitioner(Py<PyAny>);

impl CustomPartitioner for PythonPartitioner {
    fn partition(&self, batch: &Batch, partitions: usize) -> Result<Vec<u32>> {
        let (chosen, failure) = gate::enter(|py| {
            let items = PyObjects::take(py, batch.data.clone())?;
            let mut chosen = Vec::with_capacity(items.len());
            for item in &items {
                match self.subtask(py, item, partitions) {
                    Ok(subtask) => chosen.push(subtask),
                    Err(error) => return Ok((chosen, Some(Failure::new(py, error, item).into_error(py)))),
                }
            }
            Ok((chosen, None))
        })?;
        failure.map_or(Ok(chosen), Err)
    }
}

impl PythonPartitioner {
    fn subtask(&self, py: Python<'_>, item: &Py<PyAny>, partitions: usize) -> PyResult<u32> {
        let chosen = self.0.bind(py).call1((item, partitions))?;
        match chosen.extract::<u32>() {
            Ok(subtask) if (subtask as usize) < partitions => Ok(subtask),
            _ => Err(PyValueError::new_err(format!(
                "the partitioner returned {} where it must return a subtask, an int from 0 to {}",
                gate::describe(&chosen),
                partitions - 1
            ))),
        }
    }
}

/// The records of `execute_and_collect`.
#[pyclass(module = "flott._flott")]
pub struct Results {
    collect: Collect,
    /// The batch being handed out, last record first.
    ready: Vec<Py<PyAny>>,
}

#[pymethods]
impl Results {
    /// `(record,)`, or None once the job has ended and nothing is left. Raises what made the job fail.
    fn next(&mut self, py: Python<'_>, job: &Job) -> PyResult<Option<(Py<PyAny>,)>> {
        loop {
            if let Some(record) = self.ready.pop() {
                return Ok(Some((record,)));
            }
            let ended = job.has_ended();
            let wait = if ended { Duration::ZERO } else { Duration::from_millis(50) };
            match py.detach(|| self.collect.next(wait)) {
                Some(batch) => self.ready = batch.into_iter().rev().collect(),
                None if ended => {
                    job.result(py)?;
                    return Ok(None);
                }
                None => py.check_signals()?,
            }
        }
    }

    /// Nothing more is wanted: the job is not held back any longer.
    fn close(&mut self) {
        self.ready.clear();
        self.collect.close();
    }
}
