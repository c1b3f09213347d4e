//! Sinks that commit when a checkpoint is complete.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use super::*;
use crate::checkpoint::CheckpointId;
use crate::connector::PREPARED;

/// What is written appears when its checkpoint is complete.
#[derive(Clone, Default)]
pub struct TwoPhase {
    pub visible: Arc<Mutex<Vec<i64>>>,
    commits: Arc<Mutex<Vec<CheckpointId>>>,
}

struct TwoPhaseWriter {
    sink: TwoPhase,
    written: Vec<i64>,
    prepared: BTreeMap<CheckpointId, Vec<i64>>,
}

impl Sink for TwoPhase {
    fn commits(&self, _checkpoints: bool) -> bool {
        true
    }
    fn stores(&self) -> bool {
        true
    }
    fn writer(&self, context: &SubtaskContext) -> Result<Box<dyn SinkWriter>> {
        // prepared for a checkpoint that was complete when the job crashed; twice is once
        for prepared in context.restored.items(PREPARED) {
            let mut visible = self.visible.lock().unwrap();
            let values: Vec<i64> = serde_json::from_slice(prepared).unwrap();
            if !values.iter().all(|value| visible.contains(value)) {
                visible.extend(values);
            }
        }
        Ok(Box::new(TwoPhaseWriter { sink: self.clone(), written: Vec::new(), prepared: BTreeMap::new() }))
    }
}

impl SinkWriter for TwoPhaseWriter {
    fn write(&mut self, batch: Batch) -> Result<()> {
        self.written.extend(values(&batch));
        Ok(())
    }
    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
    fn prepare(&mut self, checkpoint: CheckpointId) -> Result<()> {
        let before = self.prepared.insert(checkpoint, std::mem::take(&mut self.written));
        assert!(before.is_none(), "a barrier passes once");
        Ok(())
    }
    fn prepared(&self) -> Result<Vec<Bytes>> {
        Ok(self.prepared.values().map(|values| serde_json::to_vec(values).unwrap().into()).collect())
    }
    fn commit(&mut self, checkpoint: CheckpointId) -> Result<()> {
        self.sink.commits.lock().unwrap().push(checkpoint);
        let later = self.prepared.split_off(&(checkpoint + 1));
        let reached = std::mem::replace(&mut self.prepared, later);
        self.sink.visible.lock().unwrap().extend(reached.into_values().flatten());
        Ok(())
    }
}

fn job(redistributed: bool) -> (StreamGraph, TwoPhase, Arc<Mutex<Vec<Split>>>) {
    let (sink, committed) = (TwoPhase::default(), Arc::default());
    let mut graph = StreamGraph::default();
    let source = Arc::new(Numbers { splits: 4, committed: Arc::clone(&committed) });
    let source = graph.add_node("numbers", NodeKind::Source { source, watermarks: None });
    let node = graph.add_node("sink", NodeKind::Sink(Arc::new(sink.clone())));
    let partitioning = if redistributed { Partitioning::Rebalance } else { Partitioning::Unspecified };
    graph.add_edge(edge(source, node, partitioning));
    (graph, sink, committed)
}

fn with_checkpoints(parallelism: usize) -> JobConfig {
    JobConfig { checkpoint_interval: Some(Duration::from_millis(10)), ..config(parallelism, 5) }
}

#[test]
fn sinks_commit_before_sources_do() {
    for (redistributed, parallelism) in [(false, 1), (false, 2), (true, 2), (true, 3)] {
        for seed in 0..5 {
            let (graph, sink, committed) = job(redistributed);
            let mut simulation = Simulation::new(&graph, &with_checkpoints(parallelism), seed, 0).unwrap();
            loop {
                simulation.clock().advance(1);
                let ended = simulation.step().unwrap();
                let visible = sink.visible.lock().unwrap().clone();
                for split in committed.lock().unwrap().iter() {
                    let first = split.id.parse::<i64>().unwrap() * 100;
                    for value in first..first + i64::from(split.position[0].min(100)) {
                        assert!(visible.contains(&value), "{value} will not be read again and is not visible");
                    }
                }
                if ended {
                    break;
                }
            }
            let mut visible = sink.visible.lock().unwrap().clone();
            visible.sort_unstable();
            assert_eq!(visible, (0..400).collect::<Vec<_>>(), "each once, none is left uncommitted");
            assert!(sink.commits.lock().unwrap().len() > 2 * parallelism, "not only at the end");
        }
    }
}

/// What a checkpoint has prepared that took too long is committed with a later one.
#[test]
fn checkpoints_that_take_too_long_lose_nothing() {
    for seed in 0..20 {
        let (graph, sink, _) = job(true);
        // a step of a task is 1 ms
        let timeout = Duration::from_millis(25);
        let config = JobConfig { checkpoint_timeout: timeout, tolerated_failures: u32::MAX, ..with_checkpoints(2) };
        let mut simulation = Simulation::new(&graph, &config, seed, 0).unwrap();
        loop {
            simulation.clock().advance(1);
            if simulation.step().unwrap() {
                break;
            }
        }
        let mut visible = sink.visible.lock().unwrap().clone();
        visible.sort_unstable();
        assert_eq!(visible, (0..400).collect::<Vec<_>>(), "each once");
        let commits = sink.commits.lock().unwrap().clone();
        let taken: BTreeSet<_> = commits.iter().copied().collect();
        assert!((taken.len() as u64) < *taken.last().unwrap(), "some have failed");
    }
}

/// One source ends at once, the other goes on: what came from the first appears meanwhile.
#[test]
fn a_sink_whose_input_has_ended_commits_while_the_rest_of_the_job_goes_on() {
    for seed in 0..5 {
        let (mut graph, sink, _) = job(true);
        let committed: Arc<Mutex<Vec<Split>>> = Arc::default();
        let longer = Arc::new(Numbers { splits: 40, committed });
        let longer = graph.add_node("longer", NodeKind::Source { source: longer, watermarks: None });
        let other = Collect::default();
        let node = graph.add_node("collect", NodeKind::Sink(Arc::new(other.clone())));
        graph.add_edge(edge(longer, node, Partitioning::Rebalance));
        let mut simulation = Simulation::new(&graph, &with_checkpoints(1), seed, 0).unwrap();
        while sink.visible.lock().unwrap().len() < 400 {
            simulation.clock().advance(1);
            assert!(!simulation.step().unwrap(), "all is visible before the end");
        }
        assert!(other.0.lock().unwrap().len() < 4000);
    }
}

#[test]
fn nothing_is_committed_of_a_checkpoint_that_failed() {
    let (mut graph, sink, committed) = job(true);
    let failing = graph.add_node(
        "check",
        NodeKind::Operator(Arc::new(|_: &SubtaskContext| Ok(Box::new(FailAt(350)) as Box<dyn Operator>))),
    );
    graph.add_edge(edge(1, failing, Partitioning::Unspecified));
    Simulation::new(&graph, &with_checkpoints(2), 3, 0).unwrap().run().unwrap_err();
    let visible = sink.visible.lock().unwrap().clone();
    assert!(!visible.contains(&399), "it was read behind the failure");
    assert!(committed.lock().unwrap().iter().all(|split| split.id != "3" || split.position[0] <= 50));
}

#[test]
fn the_threaded_executor_commits_the_same() {
    for parallelism in [1, 3] {
        let (graph, sink, committed) = job(true);
        let handle = super::super::super::run(&graph, with_checkpoints(parallelism)).unwrap();
        assert!(handle.wait(Duration::from_secs(60)));
        handle.take_result().unwrap().unwrap();
        let mut visible = sink.visible.lock().unwrap().clone();
        visible.sort_unstable();
        assert_eq!(visible, (0..400).collect::<Vec<_>>());
        let committed = committed.lock().unwrap();
        let read_to_the_end = committed.iter().filter(|split| split.position[0] >= 100).map(|split| &split.id);
        assert_eq!(read_to_the_end.collect::<BTreeSet<_>>().len(), 4);
    }
}
