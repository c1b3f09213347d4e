//! Operators whose results are made in other threads.

use std::collections::VecDeque;
use std::sync::mpsc;

use super::*;
use crate::operator::{Load, Waker};

/// Hands each batch to a thread of its own and emits it when it comes back; asks for no more while there are three.
struct Elsewhere {
    thread: mpsc::Sender<Batch>,
    back: Arc<Mutex<VecDeque<Batch>>>,
    under_way: usize,
}

const MOST: usize = 3;

impl Elsewhere {
    fn new(waker: Waker) -> Elsewhere {
        let (thread, batches) = mpsc::channel::<Batch>();
        let back: Arc<Mutex<VecDeque<Batch>>> = Arc::default();
        let results = back.clone();
        std::thread::spawn(move || {
            for batch in batches {
                std::thread::yield_now();
                results.lock().unwrap().push_back(batch);
                waker.wake();
            }
        });
        Elsewhere { thread, back, under_way: 0 }
    }
}

impl Operator for Elsewhere {
    fn process(&mut self, _: usize, batch: Batch, _: &mut Output) -> Result<()> {
        self.under_way += 1;
        self.thread.send(batch).unwrap();
        Ok(())
    }
    fn next_wakeup(&self) -> Option<i64> {
        (!self.back.lock().unwrap().is_empty()).then_some(0)
    }
    fn processing_time(&mut self, _: i64, output: &mut Output) -> Result<()> {
        while let Some(batch) = self.back.lock().unwrap().pop_front() {
            self.under_way -= 1;
            output.emit(batch);
        }
        Ok(())
    }
    fn load(&self) -> Load {
        match self.under_way {
            0 => Load::Done,
            1..MOST => Load::InFlight,
            _ => Load::Full,
        }
    }
    fn barrier(&mut self, _: u64, _: &mut Output) -> Result<()> {
        assert_eq!(self.under_way, 0, "a barrier waits for all results");
        Ok(())
    }
    fn finish(&mut self, _: &mut Output) -> Result<()> {
        assert_eq!(self.under_way, 0, "the end waits for all results");
        Ok(())
    }
}

/// numbers -> elsewhere -> elsewhere -> collect
fn job(chained: bool) -> Job {
    let (collected, committed) = (Collect::default(), Arc::default());
    let mut graph = StreamGraph::default();
    let source = Arc::new(Numbers { splits: 4, committed: Arc::clone(&committed) });
    let mut last = graph.add_node("numbers", NodeKind::Source { source, watermarks: None });
    for name in ["first", "second"] {
        let make = |context: &SubtaskContext| Ok(Box::new(Elsewhere::new(context.waker.clone())) as Box<dyn Operator>);
        let node = graph.add_node(name, NodeKind::Operator(Arc::new(make)));
        graph.add_edge(edge(last, node, if chained { Partitioning::Unspecified } else { Partitioning::Rebalance }));
        last = node;
    }
    let sink = graph.add_node("collect", NodeKind::Sink(Arc::new(collected.clone())));
    graph.add_edge(edge(last, sink, Partitioning::Unspecified));
    Job { graph, collected, committed }
}

fn sorted(job: &Job) -> Vec<i64> {
    let mut values: Vec<i64> = job.collected.0.lock().unwrap().iter().map(|(_, value)| *value).collect();
    values.sort_unstable();
    values
}

#[test]
fn every_record_comes_back_under_both_executors() {
    for (chained, parallelism, batch_size) in [(true, 1, 1), (true, 2, 7), (false, 2, 7), (false, 3, 100)] {
        let job_config =
            JobConfig { checkpoint_interval: Some(Duration::from_millis(1)), ..config(parallelism, batch_size) };
        for seed in 0..3 {
            let job = job(chained);
            Simulation::new(&job.graph, &job_config, seed, 0).unwrap().run().unwrap();
            assert_eq!(sorted(&job), (0..400).collect::<Vec<_>>());
        }
        let job = job(chained);
        let handle = super::super::super::run(&job.graph, job_config).unwrap();
        assert!(handle.wait(Duration::from_secs(60)));
        handle.take_result().unwrap().unwrap();
        assert_eq!(sorted(&job), (0..400).collect::<Vec<_>>());
        assert!(job.committed.lock().unwrap().iter().any(|split| split.position[0] >= 100));
    }
}
