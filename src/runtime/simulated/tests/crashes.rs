//! Whole jobs that crash anywhere, on a disk that forgets and fails, with sinks whose commits fail: what can be seen at
//! the end is what an uninterrupted run shows. `make crash-test SEEDS=10000` runs many seeds, and
//! `make crash-test JOB=windows SEED=17` plays one again.

#[cfg(feature = "rocksdb")]
mod rows;
mod world;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::*;
use crate::checkpoint::Faults;
use crate::expression::testing::{call, col, int};
use crate::operator::aggregate::{Aggregate, Function};
use crate::operator::key_by::KeyBy;
use crate::operator::window_aggregate::{Span, WindowAggregate};
use crate::window::{BuiltInTrigger, TimeSpan};
use world::{Event, Events, Ledger};

/// Of each job, unless `FLOTT_CRASH_SEEDS` says how many.
const SEEDS: u64 = 60;

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a number, not '{text}'")))
}

/// In the place of a time.
const NEVER: u64 = u64::MAX;

/// What a seed does to a job. Each kind of trouble comes in some runs and not in others. `timed`: results depend on event
/// time; where barriers overtake records that comes back as it was at the same parallelism only.
fn plan(seed: u64, timed: bool) -> (Crashes, JobConfig, u64) {
    let mut random = seed;
    let mut one_of = move |all: &[u64]| all[(next_random(&mut random) % all.len() as u64) as usize];
    let (step_millis, failing, commits_failing) = (one_of(&[0, 0, 1]) as i64, one_of(&[0, 0, 40]), one_of(&[0, 0, 12]));
    let unaligned_after = one_of(&[NEVER, NEVER, 0, 8]);
    let parallelism = match timed && unaligned_after != NEVER {
        true => vec![one_of(&[1, 2, 3, 4]) as usize],
        false => vec![1, 2, 3, 4],
    };
    let crashes = Crashes {
        seed,
        crashes: one_of(&[0, 1, 2, 5]) as usize,
        steps: 350,
        parallelism,
        batch_sizes: vec![1, 2, 3, 7, 50],
        step_millis,
        failures: 1000,
        faults: Faults { failing, ..Faults::default() },
        now: 0,
    };
    // where a step takes a millisecond many checkpoints take too long; otherwise they are only begun by steps. A job of one
    // task needs five steps for one, and some for its work
    let (interval, timeout) =
        if step_millis > 0 { (one_of(&[10, 20]), one_of(&[300, 600])) } else { (3_600_000, 86_400_000) };
    let config = JobConfig {
        checkpoint_interval: Some(Duration::from_millis(interval)),
        checkpoint_timeout: Duration::from_millis(timeout),
        // where most take too long none may be one too many, or the job never ends
        tolerated_failures: if step_millis > 0 { u32::MAX } else { one_of(&[0, 3, 1000]) as u32 },
        exchange_records: one_of(&[4, 16, 1000]) as usize,
        unaligned_after: (unaligned_after != NEVER).then(|| Duration::from_millis(unaligned_after)),
        ..JobConfig::default()
    };
    (crashes, config, commits_failing)
}

/// How a job lived under a seed; fails if it has not shown what it should.
fn live(job: fn(&Ledger) -> StreamGraph, expected: &[String], seed: u64, timed: bool) -> Vec<Start> {
    let (crashes, config, failing) = plan(seed, timed);
    let ledger = Ledger::new(seed, failing);
    let lived = crashes.live(&job(&ledger), &config).unwrap();
    lived.result.unwrap();
    let visible = ledger.visible();
    assert!(
        visible == expected,
        "it crashed so: {:#?}\nand shows {visible:#?}\nin the place of {expected:#?}",
        lived.starts
    );
    lived.starts
}

/// Runs a job under many seeds, or under the one that is asked for.
fn check(name: &str, job: fn(&Ledger) -> StreamGraph, expected: Vec<String>) {
    check_plans(name, job, expected, false);
}

/// The same; `timed` as for [`plan`].
fn check_plans(name: &str, job: fn(&Ledger) -> StreamGraph, mut expected: Vec<String>, timed: bool) {
    expected.sort();
    if let Some(seed) = variable("FLOTT_CRASH_SEED") {
        live(job, &expected, seed, timed);
        return;
    }
    let (mut starts, seeds) = (Vec::new(), variable("FLOTT_CRASH_SEEDS").unwrap_or(SEEDS));
    for seed in 0..seeds {
        let lived = catch_unwind(AssertUnwindSafe(|| live(job, &expected, seed, timed)));
        let again = || panic!("play it again: make crash-test JOB={name} SEED={seed}");
        starts.extend(lived.unwrap_or_else(|_| again()));
    }
    if seeds < SEEDS {
        return;
    }
    let many = |of: fn(&Start) -> bool| starts.iter().filter(|start| of(start)).count() as u64 * 20 > seeds;
    assert!(many(|start| start.end == End::Killed), "jobs are killed");
    assert!(many(|start| start.end == End::MachineDown), "machines go down");
    assert!(many(|start| start.end == End::Failed), "jobs fail");
    assert!(many(|start| start.from > Some(1)), "they go on from checkpoints");
}

/// A stream of events, each split in its order.
fn source(graph: &mut StreamGraph, events: Events) -> usize {
    let source = Arc::new(events);
    graph.add_node("events", NodeKind::Source { source: source.clone(), watermarks: Some(source) })
}

fn then(graph: &mut StreamGraph, from: usize, name: &str, kind: NodeKind, partitioning: Partitioning) -> usize {
    let node = graph.add_node(name, kind);
    graph.add_edge(edge(from, node, partitioning));
    node
}

fn key_by() -> NodeKind {
    NodeKind::Operator(Arc::new(KeyBy::new(&[col("k")], &Events::schema()).unwrap()))
}

/// Nothing but records on their way: of two sources, over an exchange.
fn passing(ledger: &Ledger) -> StreamGraph {
    let mut graph = StreamGraph::default();
    let sources = [source(&mut graph, Events::new(3, 30)), source(&mut graph, Events::new(1, 20))];
    let sink = graph.add_node("sink", NodeKind::Sink(Arc::new(ledger.clone())));
    sources.into_iter().for_each(|source| graph.add_edge(edge(source, sink, Partitioning::Rebalance)));
    graph
}

#[test]
fn records_pass_once() {
    let (one, other) = (Events::new(3, 30), Events::new(1, 20));
    let line = |(_, key, number): Event| format!("k={key}, n={number}");
    check("records_pass_once", passing, one.all().chain(other.all()).map(line).collect());
}

/// Lets pass what comes by key, and in its first subtask what everybody is told.
struct Told(usize);

impl Operator for Told {
    fn process(&mut self, input: usize, batch: Batch, output: &mut Output) -> Result<()> {
        if input == 0 || self.0 == 0 {
            output.emit(batch);
        }
        Ok(())
    }
}

/// Barriers overtake what goes by key, and not what is broadcast.
fn told(ledger: &Ledger) -> StreamGraph {
    let mut graph = StreamGraph::default();
    let (keyed, rules) = (source(&mut graph, Events::new(3, 30)), source(&mut graph, Events::new(1, 20)));
    let keyed = then(&mut graph, keyed, "by key", key_by(), Partitioning::Unspecified);
    let told = |context: &SubtaskContext| Ok(Box::new(Told(context.subtask)) as Box<dyn Operator>);
    let told = then(&mut graph, keyed, "told", NodeKind::Operator(Arc::new(told)), Partitioning::Hash);
    graph.add_edge(StreamEdge { input: 1, ..edge(rules, told, Partitioning::Broadcast) });
    then(&mut graph, told, "sink", NodeKind::Sink(Arc::new(ledger.clone())), Partitioning::Rebalance);
    graph
}

#[test]
fn everybody_is_told_once() {
    let (keyed, rules) = (Events::new(3, 30), Events::new(1, 20));
    let line = |(_, key, number): Event| format!("k={key}, n={number}");
    check("everybody_is_told_once", told, keyed.all().chain(rules.all()).map(line).collect());
}

fn sums(ledger: &Ledger) -> StreamGraph {
    let sum = Aggregate::new(Function::Sum, 1, &Events::schema()).unwrap();
    sums_by(ledger, NodeKind::Operator(Arc::new(sum)))
}

fn sums_by(ledger: &Ledger, sum: NodeKind) -> StreamGraph {
    let mut graph = StreamGraph::default();
    let source = source(&mut graph, Events::new(1, 100));
    let keyed = then(&mut graph, source, "by key", key_by(), Partitioning::Unspecified);
    let sum = then(&mut graph, keyed, "sum", sum, Partitioning::Hash);
    then(&mut graph, sum, "sink", NodeKind::Sink(Arc::new(ledger.clone())), Partitioning::Rebalance);
    graph
}

fn expected_sums() -> Vec<String> {
    let mut sums = [0; 6];
    let line = |(_, key, number): Event| {
        sums[key as usize] += number;
        format!("k={key}, n={}", sums[key as usize])
    };
    Events::new(1, 100).all().map(line).collect()
}

#[test]
fn keyed_state_counts_each_record_once() {
    check("keyed_state_counts_each_record_once", sums, expected_sums());
}

#[cfg(feature = "rocksdb")]
#[test]
fn keyed_state_in_rocksdb_counts_each_record_once() {
    let sums = |ledger: &Ledger| {
        let sum = |context: &SubtaskContext| Ok(Box::new(rows::Sums::new(context)) as Box<dyn Operator>);
        sums_by(ledger, NodeKind::Operator(Arc::new(sum)))
    };
    check("keyed_state_in_rocksdb_counts_each_record_once", sums, expected_sums());
}

fn windows(ledger: &Ledger, span: Span) -> StreamGraph {
    let mut graph = StreamGraph::default();
    let source = source(&mut graph, Events::new(3, 40));
    let keyed = then(&mut graph, source, "by key", key_by(), Partitioning::Unspecified);
    let aggregates = [call("sum", &[col("n")]), call("count", &[int(1)])];
    let trigger = BuiltInTrigger::EventTime;
    let window = WindowAggregate::new(&[col("k")], span, true, trigger, &aggregates, &Events::schema()).unwrap();
    let window = then(&mut graph, keyed, "window", NodeKind::Operator(Arc::new(window)), Partitioning::Hash);
    then(&mut graph, window, "sink", NodeKind::Sink(Arc::new(ledger.clone())), Partitioning::Unspecified);
    graph
}

/// What windows show, of the records in each: by key, start and end.
fn fired(windows: BTreeMap<(i64, i64, i64), Vec<i64>>) -> Vec<String> {
    let line = |((key, start, end), numbers): ((i64, i64, i64), Vec<i64>)| {
        let (sum, count) = (numbers.iter().sum::<i64>(), numbers.len());
        format!("k={key}, window_start={start}, window_end={end}, _c0={sum}, _c1={count}")
    };
    windows.into_iter().map(line).collect()
}

#[test]
fn windows_fire_once() {
    let mut windows = BTreeMap::<_, Vec<i64>>::new();
    for (time, key, number) in Events::new(3, 40).all() {
        // each record is in the windows that begin 0 and 10 before it, rounded down
        for start in [time.div_euclid(10) * 10, time.div_euclid(10) * 10 - 10] {
            windows.entry((key, start, start + 20)).or_default().push(number);
        }
    }
    check_plans(
        "windows_fire_once",
        |ledger| self::windows(ledger, Span::Time(TimeSpan::Sliding { size: 20, slide: 10, offset: 0 })),
        fired(windows),
        true,
    );
}

#[test]
fn sessions_end_once() {
    const GAP: i64 = 4;
    let mut events: Vec<Event> = Events::new(3, 40).all().collect();
    events.sort_unstable();
    let mut sessions = BTreeMap::<_, Vec<i64>>::new();
    let mut open = BTreeMap::<i64, (i64, i64)>::new();
    for (time, key, number) in events {
        let (start, end) = open.get(&key).copied().filter(|(_, end)| time <= *end).unwrap_or((time, time));
        let numbers = sessions.remove(&(key, start, end)).unwrap_or_default();
        let end = end.max(time + GAP);
        open.insert(key, (start, end));
        sessions.entry((key, start, end)).or_insert(numbers).push(number);
    }
    let job = |ledger: &Ledger| windows(ledger, Span::Time(TimeSpan::Session { gap: GAP }));
    check_plans("sessions_end_once", job, fired(sessions), true);
}

/// The same simulation finds a storage that does not sync.
#[test]
fn a_storage_that_forgets_what_it_promised_is_found_out() {
    let expected = {
        let ledger = Ledger::new(0, 0);
        let crashes = Crashes { crashes: 0, ..Crashes::default() };
        let config = JobConfig { checkpoint_interval: Some(Duration::from_secs(3600)), ..JobConfig::default() };
        crashes.live(&sums(&ledger), &config).unwrap().result.unwrap();
        ledger.visible()
    };
    let wrong = (0..100).filter(|seed| {
        let ledger = Ledger::new(*seed, 0);
        let faults = Faults { forgetful: true, ..Faults::default() };
        let crashes = Crashes { seed: *seed, steps: 350, crashes: 3, faults, ..Crashes::default() };
        let config = JobConfig { checkpoint_interval: Some(Duration::from_secs(3600)), ..JobConfig::default() };
        crashes.live(&sums(&ledger), &config).unwrap().result.unwrap();
        ledger.visible() != expected
    });
    assert!(wrong.count() > 10);
}
