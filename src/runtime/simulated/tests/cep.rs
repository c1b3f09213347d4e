//! Patterns in jobs that crash and go on from their last checkpoint.

use super::commits::TwoPhase;
use super::restore::with_crashes;
use super::*;
use crate::cep::{Contiguity, Pattern, Within};
use crate::operator::cep::testing::{Json, OverNumbers};

/// Each number is its own timestamp, and the watermark follows.
struct Stamp;
impl Operator for Stamp {
    fn process(&mut self, _: usize, batch: Batch, output: &mut Output) -> Result<()> {
        let values = values(&batch);
        let watermark = values.iter().max().map_or(i64::MIN, |last| last - 3);
        output.emit(batch.with_timestamps(Some(values)));
        output.emit_watermark(watermark);
        Ok(())
    }
    fn watermark(&mut self, watermark: i64, output: &mut Output) -> Result<()> {
        if watermark == i64::MAX {
            output.emit_watermark(watermark);
        }
        Ok(())
    }
}

/// Of the numbers with one last digit, two in a row within 15.
fn pairs() -> Pattern<Json> {
    let any = Json(r#"{"call": "isNotNull", "args": [{"col": "value"}]}"#);
    Pattern::begin("a")
        .condition(any.clone())
        .and_then(|pattern| pattern.then("b", Contiguity::Strict))
        .and_then(|pattern| pattern.condition(any))
        .and_then(|pattern| pattern.within(15, Within::FirstAndLast))
        .unwrap()
}

/// numbers (1 split of 100: in order) -> timestamps -> key by last digit -> pairs -> two-phase sink
fn job() -> (StreamGraph, TwoPhase) {
    let sink = TwoPhase::default();
    let mut graph = StreamGraph::default();
    let source = Arc::new(Numbers { splits: 1, committed: Arc::default() });
    let source = graph.add_node("numbers", NodeKind::Source { source, watermarks: None });
    let stamp = |_: &SubtaskContext| Ok(Box::new(Stamp) as Box<dyn Operator>);
    let stamp = graph.add_node("stamp", NodeKind::Operator(Arc::new(stamp)));
    graph.node_mut(stamp).parallelism = Some(1);
    let key_by = |_: &SubtaskContext| Ok(Box::new(KeyByLastDigit) as Box<dyn Operator>);
    let key_by = graph.add_node("key by", NodeKind::Operator(Arc::new(key_by)));
    let pairs = graph.add_node("pairs", NodeKind::Operator(Arc::new(OverNumbers::new(pairs()))));
    let node = graph.add_node("sink", NodeKind::Sink(Arc::new(sink.clone())));
    graph.add_edge(edge(source, stamp, Partitioning::Unspecified));
    graph.add_edge(edge(stamp, key_by, Partitioning::Unspecified));
    graph.add_edge(edge(key_by, pairs, Partitioning::Hash));
    graph.add_edge(edge(pairs, node, Partitioning::Unspecified));
    (graph, sink)
}

#[test]
fn a_crash_at_any_step_loses_no_match_and_finds_none_twice() {
    // 0 10, 1 11, … 89 99, and the last of each digit runs out of time
    let mut expected: Vec<i64> = (0..90).map(|n| n * 1000 + n + 10).chain((90..100).map(|n| -n)).collect();
    expected.sort_unstable();
    let mut restores = 0;
    for seed in 0..100 {
        let (graph, sink) = job();
        with_crashes(&graph, seed, |config| config, |_| restores += 1);
        let mut visible = sink.visible.lock().unwrap().clone();
        visible.sort_unstable();
        assert_eq!(visible, expected, "seed {seed}");
    }
    assert!(restores > 50, "{restores}");
}
