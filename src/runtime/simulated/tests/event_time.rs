//! Event time over splits, subtasks and exchanges: idle ones, ones without a split, and sources that wait for each
//! other. Whatever the seed and the size of batches.

use std::collections::{BTreeMap, BTreeSet};

use super::super::super::{SplitReport, TimeReport};
use super::*;
use crate::time::{
    Alignment, BoundedOutOfOrderness, MAX_WATERMARK, Mark, Marks, WatermarkGenerator, WatermarkPace, WatermarkStrategy,
};

/// What splits hold, by name; it can be added to while the job runs. A split ends where it says so.
#[derive(Clone, Default)]
struct Topic {
    splits: Arc<Mutex<BTreeMap<String, Vec<Option<i64>>>>>,
    /// Looks for new splits now and then.
    grows: bool,
}

impl Topic {
    fn add(&self, split: &str, times: impl IntoIterator<Item = i64>) {
        self.splits.lock().unwrap().entry(split.into()).or_default().extend(times.into_iter().map(Some));
    }

    fn end(&self, split: &str) {
        self.splits.lock().unwrap().entry(split.into()).or_default().push(None);
    }
}

impl Source for Topic {
    fn boundedness(&self) -> Boundedness {
        Boundedness::Unbounded
    }
    fn enumerator(&self, _: &SubtaskContext) -> Result<Box<dyn SplitEnumerator>> {
        Ok(Box::new(Finder(self.clone(), BTreeSet::new())))
    }
    fn reader(&self, context: &SubtaskContext) -> Result<Box<dyn SourceReader>> {
        let (splits, paused) = (Vec::new(), BTreeSet::new());
        Ok(Box::new(TopicReader { topic: self.clone(), splits, paused, batch_size: context.batch_size, next: 0 }))
    }
}

struct Finder(Topic, BTreeSet<String>);

impl SplitEnumerator for Finder {
    fn discover(&mut self) -> Result<Vec<Split>> {
        let names: Vec<String> = self.0.splits.lock().unwrap().keys().cloned().collect();
        let new = names.into_iter().filter(|name| self.1.insert(name.clone()));
        Ok(new.map(|id| Split { id, position: Vec::new() }).collect())
    }
    fn interval(&self) -> Option<Duration> {
        self.0.grows.then_some(Duration::from_millis(100))
    }
}

struct TopicReader {
    topic: Topic,
    /// Each with the number of records that were read.
    splits: Vec<(Arc<str>, usize)>,
    paused: BTreeSet<Arc<str>>,
    batch_size: usize,
    next: usize,
}

impl SourceReader for TopicReader {
    fn add_splits(&mut self, splits: Vec<Split>) -> Result<()> {
        self.splits.extend(splits.into_iter().map(|split| (split.id.as_str().into(), 0)));
        Ok(())
    }
    fn poll(&mut self, _: Duration) -> Result<Polled> {
        let topic = self.topic.splits.lock().unwrap();
        for turn in 0..self.splits.len() {
            let at = (self.next + turn) % self.splits.len();
            let (split, read) = &mut self.splits[at];
            let left = &topic[&**split][*read..];
            if self.paused.contains(split) || left.is_empty() {
                continue;
            }
            self.next = at + 1;
            let split = split.clone();
            let times: Vec<i64> = left.iter().take(self.batch_size).map_while(|time| *time).collect();
            if times.is_empty() {
                self.splits.remove(at);
                return Ok(Polled::SplitEnd { split });
            }
            *read += times.len();
            return Ok(Polled::Records { split, batch: batch(times.clone()).with_timestamps(Some(times)) });
        }
        Ok(Polled::Nothing)
    }
    fn pause(&mut self, splits: &BTreeSet<Arc<str>>) -> Result<bool> {
        self.paused = splits.clone();
        Ok(true)
    }
    fn snapshot(&self) -> Vec<Split> {
        Vec::new()
    }
}

#[derive(Clone, Default)]
struct Ascending {
    idle: Option<u64>,
    alignment: Option<Alignment>,
}

impl WatermarkStrategy for Ascending {
    fn generator(&self) -> Result<Box<dyn WatermarkGenerator>> {
        Ok(Box::new(BoundedOutOfOrderness::new(0)))
    }
    fn idle_timeout(&self) -> Option<Duration> {
        self.idle.map(Duration::from_millis)
    }
    fn alignment(&self) -> Option<&Alignment> {
        self.alignment.as_ref()
    }
}

/// Each record with the watermark it came behind, in subtask 0.
#[derive(Clone, Default)]
struct Behind(Arc<Mutex<Vec<(i64, i64)>>>);

struct BehindOperator(Behind, i64);

impl Operator for BehindOperator {
    fn process(&mut self, _: usize, batch: Batch, output: &mut Output) -> Result<()> {
        self.0.0.lock().unwrap().extend(values(&batch).into_iter().map(|value| (value, self.1)));
        output.emit(batch);
        Ok(())
    }
    fn watermark(&mut self, watermark: i64, output: &mut Output) -> Result<()> {
        assert!(watermark > self.1, "time never goes back or repeats itself");
        self.1 = watermark;
        output.emit_watermark(watermark);
        Ok(())
    }
}

impl Behind {
    fn node(&self) -> NodeKind {
        let behind = self.clone();
        NodeKind::Operator(Arc::new(move |_: &SubtaskContext| {
            Ok(Box::new(BehindOperator(behind.clone(), i64::MIN)) as Box<dyn Operator>)
        }))
    }
}

const EACH: WatermarkPace = WatermarkPace { every: 1, interval: 200 };

/// sources -> (by exchanges) one subtask that sees time
fn job(sources: &[(&Topic, &Ascending)]) -> (StreamGraph, Behind) {
    let (mut graph, behind) = (StreamGraph::default(), Behind::default());
    let ids: Vec<usize> = sources
        .iter()
        .map(|(topic, strategy)| {
            let (source, watermarks) = (Arc::new((*topic).clone()), Some(Arc::new((*strategy).clone()) as _));
            graph.add_node("topic", NodeKind::Source { source, watermarks })
        })
        .collect();
    let seen = graph.add_node("behind", behind.node());
    graph.node_mut(seen).parallelism = Some(1);
    for id in ids {
        graph.add_edge(edge(id, seen, Partitioning::Rebalance));
    }
    (graph, behind)
}

fn simulation(graph: &StreamGraph, parallelism: usize, batch_size: usize, seed: u64) -> Simulation {
    let config = JobConfig { watermark_pace: EACH, ..config(parallelism, batch_size) };
    Simulation::new(graph, &config, seed, 0).unwrap()
}

/// The time of the task that sees it.
fn time(simulation: &Simulation) -> TimeReport {
    simulation.event_time().into_iter().find(|(name, _)| name.contains("behind")).unwrap().1
}

fn everywhere(check: impl Fn(usize, usize, u64)) {
    for (parallelism, batch_size) in [(1, 1), (1, 100), (2, 3), (5, 1)] {
        (0..5).for_each(|seed| check(parallelism, batch_size, seed));
    }
}

#[test]
fn the_slowest_split_counts_until_it_is_idle() {
    everywhere(|parallelism, batch_size, seed| {
        let topic = Topic::default();
        topic.add("p0", [100, 200]);
        topic.add("p1", [50]);
        let (graph, _) = job(&[(&topic, &Ascending { idle: Some(500), alignment: None })]);
        let mut simulation = simulation(&graph, parallelism, batch_size, seed);
        simulation.settle().unwrap();
        assert_eq!(time(&simulation).watermark, 49);
        simulation.advance_to(400).unwrap();
        topic.add("p0", [300]);
        simulation.advance_to(499).unwrap();
        assert_eq!(time(&simulation).watermark, 49);
        simulation.advance_to(600).unwrap();
        assert_eq!(time(&simulation).watermark, 299, "p1 is idle, p0 is not");
        simulation.advance_to(1_000).unwrap();
        assert_eq!((time(&simulation).watermark, time(&simulation).idle), (299, true));
        topic.add("p1", [60, 400]);
        simulation.advance_to(1_001).unwrap();
        assert_eq!((time(&simulation).watermark, time(&simulation).idle), (399, false));
    });
}

#[test]
fn each_split_is_described() {
    let topic = Topic::default();
    topic.add("p0", [100, 200]);
    topic.add("p1", []);
    let (graph, _) = job(&[(&topic, &Ascending { idle: Some(500), alignment: None })]);
    let mut simulation = simulation(&graph, 1, 10, 0);
    simulation.advance_to(300).unwrap();
    topic.add("p0", [300]);
    simulation.advance_to(500).unwrap();
    let (_, report) = simulation.event_time().swap_remove(0);
    let split = |id: &str, watermark, idle_since| {
        let seen = watermark != i64::MIN;
        SplitReport { id: id.into(), watermark, seen, idle_since, paused: false }
    };
    assert_eq!(report.splits, [split("p0", 299, None), split("p1", i64::MIN, Some(500))]);
    let told = serde_json::to_value(simulation.standing()).unwrap();
    let source = &told["tasks"][0];
    assert_eq!((&source["is_source"], &source["answer"]["emits"]), (&true.into(), &true.into()));
    assert_eq!(source["answer"]["splits"][1]["id"], "p1");
}

#[test]
fn subtasks_without_a_split_do_not_count() {
    for seed in 0..10 {
        let topic = Topic { grows: true, ..Topic::default() };
        topic.add("p0", [100]);
        let (graph, _) = job(&[(&topic, &Ascending::default())]);
        let mut simulation = simulation(&graph, 4, 10, seed);
        simulation.settle().unwrap();
        assert_eq!(time(&simulation).watermark, 99);
        topic.add("p1", [150]);
        topic.add("p0", [200]);
        topic.end("p0");
        simulation.advance_to(300).unwrap();
        assert_eq!(time(&simulation).watermark, 199, "the end of a split says how far it was");
    }
}

#[test]
fn time_ends_with_the_last_source_though_it_was_idle() {
    everywhere(|parallelism, batch_size, seed| {
        let (a, b) = (Topic::default(), Topic::default());
        a.add("a", [100]);
        b.add("b", [50]);
        let idle = Ascending { idle: Some(500), alignment: None };
        let (graph, _) = job(&[(&a, &idle), (&b, &idle)]);
        let mut simulation = simulation(&graph, parallelism, batch_size, seed);
        simulation.advance_to(1_000).unwrap();
        assert_eq!((time(&simulation).watermark, time(&simulation).idle), (99, true));
        a.end("a");
        simulation.advance_to(2_000).unwrap();
        assert_eq!(time(&simulation).watermark, 99, "b may go on");
        b.end("b");
        assert_eq!(simulation.advance_to(3_000).unwrap(), Settled::Ended);
        assert_eq!(time(&simulation).watermark, MAX_WATERMARK);
    });
}

/// A record of a multiple of ten is a watermark.
#[derive(Clone)]
struct Tens;

impl WatermarkStrategy for Tens {
    fn generator(&self) -> Result<Box<dyn WatermarkGenerator>> {
        Ok(Box::new(Tens))
    }
}

impl WatermarkGenerator for Tens {
    fn observe(&mut self, batch: &Batch, marks: &mut Marks) -> Result<()> {
        let tens = values(batch).into_iter().enumerate().filter(|(_, value)| value % 10 == 0);
        marks.extend(tens.map(|(row, value)| (row + 1, Mark::Watermark(value))));
        Ok(())
    }
    fn periodic(&mut self, _: &mut Vec<Mark>) -> Result<()> {
        Ok(())
    }
}

#[test]
fn a_watermark_of_a_record_comes_right_behind_it() {
    everywhere(|_, batch_size, seed| {
        let topic = Topic::default();
        topic.add("p0", [1, 10, 5, 20, 30, 29]);
        topic.end("p0");
        let (mut graph, behind) = (StreamGraph::default(), Behind::default());
        let watermarks: Option<Arc<dyn WatermarkStrategy>> = Some(Arc::new(Tens));
        let source = graph.add_node("topic", NodeKind::Source { source: Arc::new(topic), watermarks });
        let seen = graph.add_node("behind", behind.node());
        graph.add_edge(edge(source, seen, Partitioning::Rebalance));
        simulation(&graph, 1, batch_size, seed).run().unwrap();
        let expected = [(1, i64::MIN), (10, i64::MIN), (5, 10), (20, 10), (30, 20), (29, 30)];
        assert_eq!(*behind.0.lock().unwrap(), expected);
    });
}

#[test]
fn no_split_of_a_group_runs_ahead_by_more_than_the_drift() {
    for (parallelism, batch_size) in [(1, 1), (1, 10), (2, 10), (5, 4)] {
        for seed in 0..10 {
            // three partitions in two sources that start 1000 ms of event time apart
            let (a, b) = (Topic::default(), Topic::default());
            for (topic, split, start) in [(&a, "a0", 0), (&a, "a1", 1_000), (&b, "b0", 2_000)] {
                topic.add(split, (start..3_000).step_by(5));
                topic.end(split);
            }
            let alignment = Some(Alignment { group: "g".into(), max_drift: 100, update_interval: 1_000 });
            let strategy = Ascending { idle: None, alignment };
            let (graph, behind) = job(&[(&a, &strategy), (&b, &strategy)]);
            let mut simulation = simulation(&graph, parallelism, batch_size, seed);
            let mut paused = false;
            while !simulation.step().unwrap() {
                let reports = simulation.event_time();
                let splits: Vec<_> = reports.iter().flat_map(|(_, report)| report.splits.clone()).collect();
                paused |= splits.iter().any(|split| split.paused);
                let begun = splits.iter().filter(|split| split.watermark >= 2_000 - 1).map(|split| split.watermark);
                let least = splits.iter().map(|split| split.watermark).min().unwrap_or_default();
                // until the first records of all are known, what is read is not held back: a batch or two. Then the
                // drift, half of it until the others hear of it, and what was read together
                if splits.len() == 3 && least > 100 {
                    let most = 2_000.max(least + 150) + 5 * 2 * batch_size as i64 + 500;
                    assert!(begun.clone().all(|watermark| watermark < most), "{splits:?}");
                }
            }
            assert!(paused);
            assert_eq!(behind.0.lock().unwrap().len(), 600 + 400 + 200, "nothing is lost");
        }
    }
}
