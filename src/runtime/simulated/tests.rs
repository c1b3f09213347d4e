//! Jobs under the simulated executor: results do not depend on seed or batch size, and failures end the job.

mod by_hand;
mod cep;
mod commits;
mod crashes;
mod event_time;
mod outside;
mod restore;
mod savepoints;
mod slices;

use super::*;
use std::sync::Mutex;

use arrow::array::{ArrayRef, AsArray, Int64Array};
use arrow::datatypes::Int64Type;

use crate::batch::{Batch, Columns, Data, Keys};
use crate::connector::{Boundedness, Polled, Sink, SinkWriter, Source, SourceReader, Split, SplitEnumerator};
use crate::graph::{NodeKind, Partitioning, StreamEdge};
use crate::operator::{Operator, Output, SubtaskContext};

fn batch(values: Vec<i64>) -> Batch {
    Batch::new(Data::Columns(Columns::scalar(Arc::new(Int64Array::from(values)) as ArrayRef)))
}

fn values(batch: &Batch) -> Vec<i64> {
    batch.expect_columns().unwrap().records.column(0).as_primitive::<Int64Type>().values().to_vec()
}

/// Splits of 100 numbers each; remembers what was committed.
#[derive(Clone)]
struct Numbers {
    splits: i64,
    committed: Arc<Mutex<Vec<Split>>>,
}

impl Source for Numbers {
    fn boundedness(&self) -> Boundedness {
        Boundedness::Bounded
    }
    fn enumerator(&self, _: &SubtaskContext) -> Result<Box<dyn SplitEnumerator>> {
        Ok(Box::new(self.clone()))
    }
    fn reader(&self, context: &SubtaskContext) -> Result<Box<dyn SourceReader>> {
        let committed = self.committed.clone();
        Ok(Box::new(NumbersReader { splits: Vec::new(), batch_size: context.batch_size as i64, committed }))
    }
}

impl SplitEnumerator for Numbers {
    fn discover(&mut self) -> Result<Vec<Split>> {
        Ok((0..self.splits).map(|n| Split { id: n.to_string(), position: vec![0] }).collect())
    }
}

struct NumbersReader {
    splits: Vec<Split>,
    batch_size: i64,
    committed: Arc<Mutex<Vec<Split>>>,
}

impl SourceReader for NumbersReader {
    fn add_splits(&mut self, splits: Vec<Split>) -> Result<()> {
        self.splits.extend(splits);
        Ok(())
    }
    fn poll(&mut self, _: Duration) -> Result<Polled> {
        let Some(split) = self.splits.iter_mut().find(|split| split.position[0] < 100) else {
            let ended = self.splits.iter_mut().find(|split| split.position[0] == 100);
            return Ok(match ended {
                Some(split) => {
                    split.position[0] = 101;
                    Polled::SplitEnd { split: split.id.as_str().into() }
                }
                None => Polled::Nothing,
            });
        };
        let (n, from): (i64, i64) = (split.id.parse().unwrap(), split.position[0].into());
        let to = (from + self.batch_size).min(100);
        split.position[0] = to as u8;
        Ok(Polled::Records { split: split.id.as_str().into(), batch: batch((n * 100 + from..n * 100 + to).collect()) })
    }
    fn snapshot(&self) -> Vec<Split> {
        self.splits.clone()
    }
    fn commit(&mut self, splits: &[Split]) -> Result<()> {
        self.committed.lock().unwrap().extend_from_slice(splits);
        Ok(())
    }
}

/// Collects what each subtask received.
#[derive(Clone, Default)]
struct Collect(Arc<Mutex<Vec<(usize, i64)>>>, Arc<Mutex<usize>>);

struct CollectWriter(Collect, usize);

impl Sink for Collect {
    fn writer(&self, context: &SubtaskContext) -> Result<Box<dyn SinkWriter>> {
        Ok(Box::new(CollectWriter(self.clone(), context.subtask)))
    }
}

impl SinkWriter for CollectWriter {
    fn write(&mut self, batch: Batch) -> Result<()> {
        self.0.0.lock().unwrap().extend(values(&batch).into_iter().map(|value| (self.1, value)));
        Ok(())
    }
    fn flush(&mut self) -> Result<()> {
        *self.0.1.lock().unwrap() += 1;
        Ok(())
    }
}

struct KeyByLastDigit;
impl Operator for KeyByLastDigit {
    fn process(&mut self, _: usize, mut batch: Batch, output: &mut Output) -> Result<()> {
        let keys: Vec<i64> = values(&batch).into_iter().map(|value| value % 10).collect();
        let values = Data::Columns(Columns::scalar(Arc::new(Int64Array::from(keys))));
        batch.keys = Some(Keys::new(values));
        output.emit(batch);
        Ok(())
    }
}

struct FailAt(i64);
impl Operator for FailAt {
    fn process(&mut self, _: usize, batch: Batch, output: &mut Output) -> Result<()> {
        if values(&batch).contains(&self.0) {
            return Err(Error::data(format!("{} is not allowed", self.0)));
        }
        output.emit(batch);
        Ok(())
    }
}

fn edge(from: usize, to: usize, partitioning: Partitioning) -> StreamEdge {
    StreamEdge { from, to, input: 0, tag: None, partitioning }
}

struct Job {
    graph: StreamGraph,
    collected: Collect,
    committed: Arc<Mutex<Vec<Split>>>,
}

/// numbers (4 splits of 100) -> key by last digit -> collect
fn keyed_job() -> Job {
    let (collected, committed) = (Collect::default(), Arc::default());
    let mut graph = StreamGraph::default();
    let source = Arc::new(Numbers { splits: 4, committed: Arc::clone(&committed) });
    let source = graph.add_node("numbers", NodeKind::Source { source, watermarks: None });
    let key_by = graph.add_node(
        "key by",
        NodeKind::Operator(Arc::new(|_: &SubtaskContext| Ok(Box::new(KeyByLastDigit) as Box<dyn Operator>))),
    );
    let sink = graph.add_node("collect", NodeKind::Sink(Arc::new(collected.clone())));
    graph.add_edge(edge(source, key_by, Partitioning::Unspecified));
    graph.add_edge(edge(key_by, sink, Partitioning::Hash));
    Job { graph, collected, committed }
}

fn config(parallelism: usize, batch_size: usize) -> JobConfig {
    JobConfig { parallelism, batch_size, exchange_records: 16, ..JobConfig::default() }
}

#[test]
fn every_record_arrives_once_at_any_parallelism_batch_size_and_seed() {
    for (parallelism, batch_size) in [(1, 1), (1, 7), (2, 3), (3, 100), (3, 1)] {
        for seed in 0..20 {
            let job = keyed_job();
            Simulation::new(&job.graph, &config(parallelism, batch_size), seed, 0).unwrap().run().unwrap();
            let received = job.collected.0.lock().unwrap().clone();
            let mut sorted: Vec<i64> = received.iter().map(|(_, value)| *value).collect();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..400).collect::<Vec<_>>());
            for digit in 0..10 {
                let of_key: Vec<_> = received.iter().filter(|(_, value)| value % 10 == digit).collect();
                assert!(of_key.iter().all(|(subtask, _)| *subtask == of_key[0].0), "a key stays in one subtask");
            }
        }
    }
}

#[test]
fn the_same_seed_is_the_same_run() {
    let run = |seed| {
        let job = keyed_job();
        let mut simulation = Simulation::new(&job.graph, &config(3, 7), seed, 0).unwrap();
        simulation.run().unwrap();
        (simulation.steps(), job.collected.0.lock().unwrap().clone())
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7).1, run(8).1, "another seed interleaves the subtasks differently");
}

#[test]
fn a_source_commits_only_what_the_sinks_have_flushed() {
    let job = keyed_job();
    let mut simulation = Simulation::new(
        &job.graph,
        &JobConfig { checkpoint_interval: Some(Duration::from_millis(10)), ..config(2, 5) },
        1,
        0,
    )
    .unwrap();
    loop {
        simulation.clock().advance(1);
        let ended = simulation.step().unwrap();
        let received: Vec<i64> = job.collected.0.lock().unwrap().iter().map(|(_, value)| *value).collect();
        for split in job.committed.lock().unwrap().iter() {
            let n: i64 = split.id.parse().unwrap();
            let upto = i64::from(split.position[0].min(100));
            for value in n * 100..n * 100 + upto {
                assert!(received.contains(&value), "{value} was committed before it was written");
            }
        }
        if ended {
            break;
        }
    }
    assert!(*job.collected.1.lock().unwrap() > 2, "barriers flush the sinks before the end does");
    let last: Vec<_> = job.committed.lock().unwrap().iter().filter(|split| split.position[0] >= 100).cloned().collect();
    assert_eq!(last.iter().map(|split| &split.id).collect::<std::collections::BTreeSet<_>>().len(), 4);
}

#[test]
fn a_failure_names_the_operator_and_stops_the_job() {
    let mut job = keyed_job();
    let failing = job.graph.add_node(
        "check",
        NodeKind::Operator(Arc::new(|_: &SubtaskContext| Ok(Box::new(FailAt(250)) as Box<dyn Operator>))),
    );
    job.graph.node_mut(failing).place = Some("job.py:3".into());
    job.graph.add_edge(edge(1, failing, Partitioning::Unspecified));
    let error = Simulation::new(&job.graph, &config(2, 10), 3, 0).unwrap().run().unwrap_err();
    assert_eq!(error.to_string(), "250 is not allowed\n  where: operator 'check' (job.py:3)");
    let committed = job.committed.lock().unwrap();
    assert!(
        committed.iter().all(|split| split.id != "2" || split.position[0] <= 50),
        "nothing past the failure is committed"
    );
}

#[test]
fn the_threaded_executor_gives_the_same_records() {
    for parallelism in [1, 3] {
        let job = keyed_job();
        let handle = super::super::run(&job.graph, config(parallelism, 7)).unwrap();
        assert!(handle.wait(Duration::from_secs(60)));
        handle.take_result().unwrap().unwrap();
        let mut sorted: Vec<i64> = job.collected.0.lock().unwrap().iter().map(|(_, value)| *value).collect();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..400).collect::<Vec<_>>());
    }
}
