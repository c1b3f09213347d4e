//! Jobs that crash and go on from their last checkpoint: the result is that of a run without a crash.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::commits::TwoPhase;
use super::*;
use crate::checkpoint::codec::{Decoder, Encoder};
use crate::checkpoint::{Archive, CheckpointError, KeyedPart, MemoryStorage, Restored, Snapshot, Storage};
use crate::state::KeyedTable;

/// Emits the running total of each last digit: `total * 10 + digit`.
struct Totals {
    totals: KeyedTable<i64, i64>,
}

impl Totals {
    fn new(context: &SubtaskContext) -> Totals {
        let mut totals = KeyedTable::default();
        for (group, digit, total) in totals_of(context) {
            totals.insert(group, digit, total);
        }
        Totals { totals }
    }
}

/// The totals that a checkpoint has: key group, digit, total.
pub fn totals_of(context: &SubtaskContext) -> Vec<(u16, i64, i64)> {
    let mut found = Vec::new();
    for (group, bytes) in context.restored.keyed("totals").into_iter().flat_map(|part| part.groups.clone()) {
        let mut from = Decoder::new(bytes, "totals");
        let totals = from.list(|from| Ok((from.i64()?, from.i64()?))).unwrap();
        found.extend(totals.into_iter().map(|(digit, total)| (group, digit, total)));
    }
    found
}

/// Totals as a checkpoint has them.
pub fn groups_of(totals: BTreeMap<u16, Vec<(i64, i64)>>) -> Vec<(u16, Bytes)> {
    let encoded = |totals: Vec<(i64, i64)>| -> Bytes {
        let mut out = Encoder::default();
        out.count(totals.len());
        for (key, total) in totals {
            out.i64(key).i64(total);
        }
        out.into_bytes()
    };
    totals.into_iter().map(|(group, totals)| (group, encoded(totals))).collect()
}

impl Operator for Totals {
    fn process(&mut self, _: usize, batch: Batch, output: &mut Output) -> Result<()> {
        let groups = batch.keys.clone().unwrap().groups(128)?.to_vec();
        let mut results = Vec::new();
        for (value, group) in values(&batch).into_iter().zip(groups) {
            let digit = value % 10;
            let total = self.totals.get(group, &digit).copied().unwrap_or_default() + value;
            self.totals.insert(group, digit, total);
            results.push(total * 10 + digit);
        }
        output.emit(super::batch(results));
        Ok(())
    }

    fn snapshot(&mut self) -> Result<Snapshot> {
        let mut groups: BTreeMap<u16, Vec<(i64, i64)>> = BTreeMap::new();
        for (group, key, total) in self.totals.iter() {
            groups.entry(group).or_default().push((key.to_owned(), *total));
        }
        let part = KeyedPart { name: "totals".into(), encoding: "pairs".into(), groups: groups_of(groups) };
        Ok(Snapshot { keyed: vec![part], ..Snapshot::default() })
    }
}

/// numbers (1 split of 100: in order) -> key by last digit -> totals -> two-phase sink
pub fn job() -> (StreamGraph, TwoPhase) {
    job_of(|context| Box::new(Totals::new(context)))
}

fn job_of(totals: impl Fn(&SubtaskContext) -> Box<dyn Operator> + Send + Sync + 'static) -> (StreamGraph, TwoPhase) {
    let sink = TwoPhase::default();
    let mut graph = StreamGraph::default();
    let source = Arc::new(Numbers { splits: 1, committed: Arc::default() });
    let source = graph.add_node("numbers", NodeKind::Source { source, watermarks: None });
    let key_by = |_: &SubtaskContext| Ok(Box::new(KeyByLastDigit) as Box<dyn Operator>);
    let key_by = graph.add_node("key by", NodeKind::Operator(Arc::new(key_by)));
    let totals = move |context: &SubtaskContext| Ok(totals(context));
    let totals = graph.add_node("totals", NodeKind::Operator(Arc::new(totals)));
    let node = graph.add_node("sink", NodeKind::Sink(Arc::new(sink.clone())));
    graph.add_edge(edge(source, key_by, Partitioning::Unspecified));
    graph.add_edge(edge(key_by, totals, Partitioning::Hash));
    graph.add_edge(edge(totals, node, Partitioning::Unspecified));
    (graph, sink)
}

/// The running totals of 0 to 99 by last digit.
pub fn expected() -> Vec<i64> {
    let mut totals = [0; 10];
    let mut all: Vec<i64> = (0..100)
        .map(|value: i64| {
            let digit = value % 10;
            totals[digit as usize] += value;
            totals[digit as usize] * 10 + digit
        })
        .collect();
    all.sort_unstable();
    all
}

pub(super) fn latest(storage: &dyn Storage, archive: &Archive) -> Option<Arc<crate::checkpoint::Restored>> {
    let numbers = storage.directories().unwrap();
    let mut numbers: Vec<u64> = numbers.iter().map(|name| name["chk-".len()..].parse().unwrap()).collect();
    numbers.sort_unstable();
    // the last may be one that a crash interrupted
    numbers.iter().rev().find_map(|number| archive.load(*number).ok()).map(Arc::new)
}

/// Checkpoints now and then if there is a storage for them.
pub fn with_storage(parallelism: usize, storage: Option<Arc<dyn Storage>>) -> JobConfig {
    let interval = storage.is_some().then(|| Duration::from_millis(7));
    JobConfig { checkpoint_interval: interval, archive: storage.map(Archive::new), ..config(parallelism, 5) }
}

/// Whether the checkpoint has records that a barrier has overtaken.
fn has_overtaken(restored: &Restored) -> bool {
    let operators = restored.manifest.operators.iter();
    let mut snapshots = operators.flat_map(|operator| restored.all(&operator.id));
    snapshots.any(|snapshot| snapshot.items.iter().any(|part| part.name.starts_with("overtaken")))
}

/// Runs the job to its end; on the way it crashes, and goes on from its last checkpoint, which `seen` is shown, with
/// another parallelism and batch size.
pub fn with_crashes(
    graph: &StreamGraph,
    seed: u64,
    settings: impl Fn(JobConfig) -> JobConfig,
    mut seen: impl FnMut(&Restored),
) {
    let storage = Arc::new(MemoryStorage::default());
    let archive = Archive::new(storage.clone());
    let mut random = seed;
    loop {
        let restored = latest(storage.as_ref(), &archive);
        restored.as_deref().into_iter().for_each(&mut seen);
        let config = settings(JobConfig {
            checkpoint_interval: Some(Duration::from_millis(5)),
            tolerated_failures: u32::MAX,
            archive: Some(archive.clone()),
            restored,
            ..config(1 + next_random(&mut random) as usize % 4, 1 + next_random(&mut random) as usize % 7)
        });
        let mut simulation = Simulation::new(graph, &config, random, 0).unwrap();
        // after some runs one is left alone, or a job that always crashes before its first checkpoint would not end
        let crash_at = next_random(&mut random) % 400;
        while crash_at < 20 || simulation.steps() < crash_at {
            simulation.clock().advance(1);
            if simulation.step().unwrap() {
                return;
            }
        }
    }
}

#[test]
fn what_became_of_checkpoints_is_counted() {
    let run = |timeout| {
        let (graph, _) = job();
        let storage = Arc::new(MemoryStorage::default());
        let config = JobConfig {
            checkpoint_timeout: Duration::from_millis(timeout),
            tolerated_failures: u32::MAX,
            ..with_storage(2, Some(storage.clone()))
        };
        let mut simulation = Simulation::new(&graph, &config, 1, 0).unwrap();
        while !simulation.step().unwrap() {
            // a step takes a millisecond; once a checkpoint has failed time stands still, or none might ever be complete
            if config.checkpoint_counts.get().failed == 0 {
                simulation.clock().advance(1);
            }
        }
        let counts = config.checkpoint_counts.get();
        let stored = latest(storage.as_ref(), &Archive::new(storage.clone())).unwrap();
        assert_eq!(counts.latest.unwrap().id, stored.manifest.checkpoint, "the one that is there");
        assert_eq!(
            counts.completed + counts.failed,
            stored.manifest.checkpoint,
            "numbers go on, whatever becomes of one"
        );
        counts
    };
    let calm = run(600_000);
    assert_eq!(calm.failed, 0);
    assert!(calm.completed > 1);
    assert!(calm.latest.unwrap().took <= calm.latest.unwrap().at, "the clock began at 0");
    assert!(run(15).failed > 0, "most take longer than 15 ms");
}

#[test]
fn a_crash_at_any_step_changes_nothing() {
    crash_at_random_steps(200, |context| Box::new(Totals::new(context)));
}

/// Runs the job under that many seeds, each run with crashes, until its results are there.
pub fn crash_at_random_steps(
    seeds: u64,
    totals: impl Fn(&SubtaskContext) -> Box<dyn Operator> + Clone + Send + Sync + 'static,
) {
    let (mut restores, mut overtaken) = (0, 0);
    for seed in 0..seeds {
        let (graph, sink) = job_of(totals.clone());
        let settings = |config| JobConfig {
            // in every second run most checkpoints take too long
            checkpoint_timeout: Duration::from_millis(if seed % 2 == 0 { 600_000 } else { 25 }),
            concurrent_checkpoints: 1 + seed as usize / 2 % 3,
            // barriers that wait, that overtake, and that wait for a while
            unaligned_after: [None, Some(0), Some(8)][seed as usize % 3].map(Duration::from_millis),
            ..config
        };
        with_crashes(&graph, seed, settings, |restored| {
            restores += 1;
            overtaken += usize::from(has_overtaken(restored));
        });
        let mut visible = sink.visible.lock().unwrap().clone();
        visible.sort_unstable();
        assert_eq!(visible, expected(), "seed {seed}");
    }
    assert!(restores > 100, "{restores}");
    assert!(overtaken > seeds as usize / 10, "{overtaken}");
}

#[test]
fn state_of_an_operator_that_is_gone_is_refused() {
    let (graph, _) = job();
    let archive = Archive::new(Arc::new(MemoryStorage::default()));
    let interval = Some(Duration::from_millis(5));
    let config = JobConfig { checkpoint_interval: interval, archive: Some(archive.clone()), ..config(2, 5) };
    let mut simulation = Simulation::new(&graph, &config, 1, 0).unwrap();
    while archive.load(2).is_err() {
        simulation.clock().advance(1);
        assert!(!simulation.step().unwrap());
    }
    drop(simulation);
    let restored = Some(Arc::new(archive.load(2).unwrap()));
    let (mut other, _) = job();
    other.node_mut(3).name = "sums".to_owned();
    let config = JobConfig { restored, ..config };
    let error = Simulation::new(&other, &config, 1, 0).err().unwrap();
    assert!(error.to_string().contains("'totals'"), "{error}");
    assert!(Simulation::new(&other, &JobConfig { allow_non_restored: true, ..config }, 1, 0).is_ok());
}

/// Fails once, at that value.
struct FailOnce(i64, Arc<std::sync::atomic::AtomicUsize>, usize);
impl Operator for FailOnce {
    fn process(&mut self, _: usize, batch: Batch, output: &mut Output) -> Result<()> {
        use std::sync::atomic::Ordering;
        if values(&batch).contains(&self.0) && self.1.fetch_add(1, Ordering::SeqCst) < self.2 {
            return Err(Error::connector("the server is gone"));
        }
        output.emit(batch);
        Ok(())
    }
}

fn failing(times: usize) -> (StreamGraph, TwoPhase, Arc<std::sync::atomic::AtomicUsize>) {
    let (sink, met) = (TwoPhase::default(), Arc::<std::sync::atomic::AtomicUsize>::default());
    let mut graph = StreamGraph::default();
    let source = Arc::new(Numbers { splits: 4, committed: Arc::default() });
    let source = graph.add_node("numbers", NodeKind::Source { source, watermarks: None });
    let shared = met.clone();
    let check = move |_: &SubtaskContext| Ok(Box::new(FailOnce(350, shared.clone(), times)) as Box<dyn Operator>);
    let check = graph.add_node("check", NodeKind::Operator(Arc::new(check)));
    let node = graph.add_node("sink", NodeKind::Sink(Arc::new(sink.clone())));
    graph.add_edge(edge(source, check, Partitioning::Unspecified));
    graph.add_edge(edge(check, node, Partitioning::Rebalance));
    (graph, sink, met)
}

fn with_restarts(parallelism: usize, attempts: u32) -> JobConfig {
    JobConfig {
        checkpoint_interval: Some(Duration::from_millis(1)),
        archive: Some(Archive::new(Arc::new(MemoryStorage::default()))),
        restart: crate::runtime::RestartStrategy::FixedDelay { attempts, delay: 1 },
        ..config(parallelism, 5)
    }
}

#[test]
fn a_job_that_failed_is_started_again() {
    for parallelism in [1, 3] {
        let (graph, sink, met) = failing(2);
        let handle = super::super::super::run(&graph, with_restarts(parallelism, 2)).unwrap();
        assert!(handle.wait(Duration::from_secs(60)));
        handle.take_result().unwrap().unwrap();
        let mut visible = sink.visible.lock().unwrap().clone();
        visible.sort_unstable();
        assert_eq!(visible, (0..400).collect::<Vec<_>>(), "each once");
        assert_eq!(met.load(std::sync::atomic::Ordering::SeqCst), 3, "two failures, and a third time that was none");
    }
}

#[test]
fn not_more_often_than_its_strategy_allows() {
    let (graph, _, met) = failing(usize::MAX);
    let handle = super::super::super::run(&graph, with_restarts(2, 2)).unwrap();
    assert!(handle.wait(Duration::from_secs(60)));
    let error = handle.take_result().unwrap().unwrap_err();
    assert_eq!(error.message(), "the server is gone");
    assert_eq!(met.load(std::sync::atomic::Ordering::SeqCst), 3, "the first start and two more");
}

/// A sink of which the first commit fails: behind a checkpoint that is complete.
#[derive(Clone)]
struct FailsToCommit(TwoPhase, Arc<std::sync::atomic::AtomicBool>);

struct FailingWriter(Box<dyn SinkWriter>, Arc<std::sync::atomic::AtomicBool>);

impl Sink for FailsToCommit {
    fn commits(&self, checkpoints: bool) -> bool {
        self.0.commits(checkpoints)
    }
    fn stores(&self) -> bool {
        self.0.stores()
    }
    fn writer(&self, context: &SubtaskContext) -> Result<Box<dyn SinkWriter>> {
        Ok(Box::new(FailingWriter(self.0.writer(context)?, self.1.clone())))
    }
}

impl SinkWriter for FailingWriter {
    fn write(&mut self, batch: Batch) -> Result<()> {
        self.0.write(batch)
    }
    fn flush(&mut self) -> Result<()> {
        self.0.flush()
    }
    fn prepare(&mut self, checkpoint: u64) -> Result<()> {
        self.0.prepare(checkpoint)
    }
    fn prepared(&self) -> Result<Vec<Bytes>> {
        self.0.prepared()
    }
    fn commit(&mut self, checkpoint: u64) -> Result<()> {
        match self.1.swap(true, std::sync::atomic::Ordering::SeqCst) {
            false => Err(Error::connector("the database is gone")),
            true => self.0.commit(checkpoint),
        }
    }
}

/// Finds nothing the first times it is asked.
struct Away(MemoryStorage, std::sync::atomic::AtomicUsize);

impl Storage for Away {
    fn write(&self, path: &str, contents: &[u8]) -> std::result::Result<(), CheckpointError> {
        self.0.write(path, contents)
    }
    fn read(&self, path: &str) -> std::result::Result<Option<Bytes>, CheckpointError> {
        use std::sync::atomic::Ordering::SeqCst;
        match self.1.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)) {
            Ok(_) => Ok(None),
            Err(_) => self.0.read(path),
        }
    }
    fn directories(&self) -> std::result::Result<Vec<String>, CheckpointError> {
        self.0.directories()
    }
    fn remove(&self, directory: &str) -> std::result::Result<(), CheckpointError> {
        self.0.remove(directory)
    }
    fn delete(&self, path: &str) -> std::result::Result<(), CheckpointError> {
        self.0.delete(path)
    }
    fn root(&self) -> String {
        "a disk that is not there".to_owned()
    }
}

/// A job that fails once, and whose storage is away at its next two starts.
fn with_storage_away(attempts: u32) -> (Result<()>, TwoPhase) {
    let sink = TwoPhase::default();
    let mut graph = StreamGraph::default();
    let source = Arc::new(Numbers { splits: 4, committed: Arc::default() });
    let source = graph.add_node("numbers", NodeKind::Source { source, watermarks: None });
    let failing = FailsToCommit(sink.clone(), Arc::default());
    let node = graph.add_node("sink", NodeKind::Sink(Arc::new(failing)));
    graph.add_edge(edge(source, node, Partitioning::Rebalance));
    let storage = Arc::new(Away(MemoryStorage::default(), 2.into()));
    let config = JobConfig { archive: Some(Archive::new(storage)), ..with_restarts(2, attempts) };
    let handle = super::super::super::run(&graph, config).unwrap();
    assert!(handle.wait(Duration::from_secs(60)));
    (handle.take_result().unwrap(), sink)
}

#[test]
fn a_storage_that_fails_at_a_restart_counts_as_a_failure() {
    // the job fails, and two starts do
    let (result, sink) = with_storage_away(3);
    result.unwrap();
    let mut visible = sink.visible.lock().unwrap().clone();
    visible.sort_unstable();
    assert_eq!(visible, (0..400).collect::<Vec<_>>(), "each once");
    let error = with_storage_away(2).0.unwrap_err();
    assert!(error.message().contains("no checkpoint in 'a disk that is not there/chk-"), "{error}");
    assert_eq!(error.kind(), crate::error::ErrorKind::Connector, "it may be there again");
}
