//! Time, late events, order, memory and checkpoints of the operator, over rows of columns.

use super::testing::*;
use super::*;
use crate::batch::{Columns, Keys};
use crate::cep::{Contiguity, Pattern, Within};
use crate::operator::testing::context_at;
use crate::operator::testing::subtasks::{Random, Subtasks};
use crate::time::ManualClock;
use arrow::array::{ArrayRef, Int64Array};
use std::sync::Arc;

const ANY: &str = r#"{"call": "isNotNull", "args": [{"col": "value"}]}"#;
const ABOVE_A: &str = r#"{"call": "greaterThan", "args": [{"col": "value"},
    {"call": "cepLast", "args": [{"lit": "a", "type": "STRING"}, {"col": "value"}]}]}"#;
/// The same by way of an expression that is evaluated as one: above b + 0.
const ABOVE_B: &str = r#"{"call": "greaterThan", "args": [{"col": "value"}, {"call": "plus", "args": [
    {"call": "cepLast", "args": [{"lit": "b", "type": "STRING"}, {"col": "value"}]}, {"lit": 0, "type": "INT"}]}]}"#;

/// Three numbers in a row, each above the one before, within 10 ms.
fn rising() -> Pattern<Json> {
    Pattern::begin("a")
        .condition(Json(ANY))
        .and_then(|pattern| pattern.then("b", Contiguity::Strict))
        .and_then(|pattern| pattern.condition(Json(ABOVE_A)))
        .and_then(|pattern| pattern.then("c", Contiguity::Strict))
        .and_then(|pattern| pattern.condition(Json(ABOVE_B)))
        .and_then(|pattern| pattern.within(10, Within::FirstAndLast))
        .unwrap()
}

fn numbers(values: &[i64]) -> Data {
    Data::Columns(Columns::scalar(Arc::new(Int64Array::from(values.to_vec())) as ArrayRef))
}

/// Records of `(key, time, value)`.
fn batch(records: &[(i64, i64, i64)]) -> Batch {
    let column = |of: fn(&(i64, i64, i64)) -> i64| records.iter().map(of).collect::<Vec<_>>();
    let mut batch = Batch::new(numbers(&column(|record| record.2))).with_timestamps(Some(column(|record| record.1)));
    batch.keys = Some(Keys::new(numbers(&column(|record| record.0))));
    batch
}

fn lines(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| value.replace("value", "value=")).collect()
}

#[test]
fn events_are_matched_by_time_and_key_behind_the_watermark() {
    let mut subtasks = Subtasks::new(&OverNumbers::new(rising()), 1, &[]);
    // key 1 has 5 6 7 in the order of time; 9 of key 2 is not between them
    subtasks.process(batch(&[(1, 3, 7), (2, 2, 9), (1, 1, 5), (1, 2, 6)]));
    assert!(subtasks.emitted().is_empty());
    subtasks.watermark(2);
    assert!(subtasks.emitted().is_empty());
    subtasks.watermark(3);
    assert_eq!(subtasks.emitted(), lines(&["value5006007"]));
    // time is over: 7 of key 1 at 13, 6 at 12, 9 of key 2 at 12
    subtasks.watermark(12);
    assert_eq!(subtasks.emitted(), lines(&["value-6007", "value-9"]));
    subtasks.watermark(i64::MAX);
    assert_eq!(subtasks.emitted(), lines(&["value-7"]));
}

#[test]
fn it_tells_what_waits() {
    let context = context_at(Arc::new(ManualClock::new(0)), 1, 7);
    let (mut operator, mut output) = (OverNumbers::new(rising()).operator(&context), Output::default());
    let told = |operator: &mut CepOperator<Numbers>| match operator.waiting() {
        Some(Waiting::Patterns(OpenMatches { events, first_event, partial, first_deadline, .. })) => {
            (events, first_event, partial, first_deadline)
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(told(&mut operator), (0, None, 0, None));
    operator.process(0, batch(&[(1, 7, 5), (2, 4, 9), (1, 9, 6)]), &mut output).unwrap();
    assert_eq!(told(&mut operator), (3, Some(4), 0, None));
    // 9 of key 2 begins a match that is over at 4 + 10, 5 of key 1 one that is over at 17
    operator.watermark(8, &mut output).unwrap();
    assert_eq!(told(&mut operator), (1, Some(9), 2, Some(14)));
    operator.watermark(16, &mut output).unwrap();
    // of key 1: 5 6, and 6
    assert_eq!(told(&mut operator), (0, None, 2, Some(17)));
}

#[test]
fn what_comes_behind_the_watermark_is_late() {
    let context = context_at(Arc::new(ManualClock::new(0)), 1, 7);
    let mut output = Output::default();
    for (late_to_side, counted) in [(true, LATE_TO_SIDE), (false, LATE_DROPPED)] {
        let mut factory = OverNumbers::new(rising());
        factory.settings.late_to_side = late_to_side;
        let mut operator = factory.operator(&context);
        operator.watermark(5, &mut output).unwrap();
        operator.process(0, batch(&[(1, 5, 1), (1, 6, 2)]), &mut output).unwrap();
        assert_eq!(context.metrics.snapshot()[counted], 1);
        // no key is kept for it
        assert_eq!(operator.keys.iter().count(), 1);
    }
    let tags = output.take().into_iter().filter_map(|emission| match emission {
        crate::operator::Emission::Batch(tag, batch) => Some((tag, batch.len())),
        _ => None,
    });
    assert_eq!(tags.collect::<Vec<_>>(), [(Some("late".into()), 1)]);
    let mut operator = OverNumbers::new(rising()).operator(&context);
    let unstamped = Batch { timestamps: None, ..batch(&[(1, 0, 1)]) };
    let error = operator.process(0, unstamped, &mut output).unwrap_err();
    assert!(error.message().starts_with("a record has no timestamp"), "{error}");
}

#[test]
fn events_of_one_time_are_compared_or_stay_as_they_came() {
    for (compares, descending, found) in
        [(false, false, vec![]), (true, false, lines(&["value1002003"])), (true, true, vec![])]
    {
        let mut factory = OverNumbers::new(rising());
        factory.settings.compares = compares;
        factory.descending = descending;
        let mut subtasks = Subtasks::new(&factory, 1, &[]);
        subtasks.process(batch(&[(1, 5, 2), (1, 5, 3), (1, 5, 1)]));
        subtasks.watermark(5);
        assert_eq!(subtasks.emitted(), found, "compares {compares}, descending {descending}");
    }
}

#[test]
fn in_processing_time_events_count_when_they_come() {
    let clock = Arc::new(ManualClock::new(100));
    let mut factory = OverNumbers::new(rising());
    factory.settings.event_time = false;
    let mut subtasks = Subtasks::at(clock.clone(), &factory, 1, &[]);
    subtasks.process(batch(&[(1, 0, 1), (1, 0, 2)]));
    clock.set(104);
    subtasks.process(batch(&[(1, 0, 3)]));
    assert_eq!(subtasks.emitted(), lines(&["value1002003"]));
    clock.set(109);
    subtasks.tick(0, 109);
    assert!(subtasks.emitted().is_empty());
    clock.set(110);
    subtasks.tick(0, 110);
    assert_eq!(subtasks.emitted(), lines(&["value-2003"]));
    // where events of one millisecond are compared, they wait until it is over
    factory.settings.compares = true;
    let mut subtasks = Subtasks::at(clock.clone(), &factory, 1, &[]);
    subtasks.process(batch(&[(1, 0, 3), (1, 0, 1), (1, 0, 2)]));
    subtasks.tick(0, 110);
    assert!(subtasks.emitted().is_empty());
    subtasks.tick(0, 111);
    assert_eq!(subtasks.emitted(), lines(&["value1002003"]));
}

#[test]
fn keys_without_partial_matches_are_forgotten() {
    let context = context_at(Arc::new(ManualClock::new(0)), 1, 7);
    let mut operator = OverNumbers::new(rising()).operator(&context);
    let mut output = Output::default();
    for round in 0..100 {
        let records: Vec<_> = (0..50).map(|key| (round * 50 + key, round * 20 + 1, 1)).collect();
        operator.process(0, batch(&records), &mut output).unwrap();
        operator.watermark(round * 20 + 15, &mut output).unwrap();
        assert_eq!((operator.keys.iter().count(), operator.pending.len()), (0, 0));
    }
}

/// 400 records of 12 keys, out of order by up to 9 ms.
fn shuffled(seed: u64) -> Vec<(i64, i64, i64)> {
    let mut random = Random(seed);
    (0..400).map(|at| (random.below(12), at / 2 + 10 - random.below(10), random.below(100))).collect()
}

#[test]
fn it_goes_on_with_any_number_of_subtasks() {
    let factory = OverNumbers::new(rising());
    for seed in 0..20 {
        let records = shuffled(seed);
        let mut whole = Subtasks::new(&factory, 1, &[]);
        let mut expected = Vec::new();
        for (at, record) in records.iter().enumerate() {
            whole.process(batch(&[*record]));
            whole.watermark(at as i64 / 2);
            expected.extend(whole.emitted());
        }
        whole.watermark(i64::MAX);
        expected.extend(whole.emitted());
        expected.sort();
        let cut = 50 + seed as usize * 15;
        let mut found = Vec::new();
        let mut first = Subtasks::new(&factory, 1 + seed as usize % 3, &[]);
        for (at, records) in records[..cut].chunks(5).enumerate() {
            first.process(batch(records));
            first.watermark(at as i64 * 5 / 2);
        }
        found.extend(first.emitted());
        let stored = first.stopped();
        let mut second = Subtasks::new(&factory, 1 + (seed as usize + 1) % 4, &stored);
        for (at, records) in records[cut..].chunks(7).enumerate() {
            second.process(batch(records));
            second.watermark((cut + at * 7) as i64 / 2);
        }
        second.watermark(i64::MAX);
        found.extend(second.emitted());
        // nothing is late in either: a record is at most 9 ms behind, and no watermark is ahead of the last one by more
        found.retain(|line| !line.starts_with("late"));
        expected.retain(|line| !line.starts_with("late"));
        found.sort();
        assert_eq!(found, expected, "seed {seed}");
    }
}

#[test]
fn another_pattern_does_not_go_on() {
    let mut first = Subtasks::new(&OverNumbers::new(rising()), 1, &[]);
    first.process(batch(&[(1, 1, 5)]));
    let stored = first.stopped();
    let other = Pattern::begin("a").condition(Json(ANY)).unwrap();
    let mut context = context_at(Arc::new(ManualClock::new(0)), 1, 7);
    context.restored = Arc::new(stored[0].clone());
    let error = OverNumbers::new(other).operator(&context).open().unwrap_err();
    assert!(error.message().starts_with("the checkpoint has matches of another pattern"), "{error}");
}

#[test]
fn rows_that_are_left_of_many_batches_are_put_together() {
    let context = context_at(Arc::new(ManualClock::new(0)), 1, 1000);
    // of each batch only the first row is kept
    let first = r#"{"call": "equals", "args": [{"col": "value"}, {"lit": 0, "type": "BIGINT"}]}"#;
    let never = r#"{"call": "lessThan", "args": [{"col": "value"}, {"lit": 0, "type": "BIGINT"}]}"#;
    let pattern = Pattern::begin("a")
        .condition(Json(first))
        .and_then(|pattern| pattern.then("b", Contiguity::Relaxed))
        .and_then(|pattern| pattern.condition(Json(never)))
        .unwrap();
    let mut operator = OverNumbers::new(pattern).operator(&context);
    let mut output = Output::default();
    for round in 0..40 {
        let records: Vec<_> = (0..4000).map(|value| (1, round, value)).collect();
        operator.process(0, batch(&records), &mut output).unwrap();
        operator.watermark(round, &mut output).unwrap();
    }
    // 160,000 rows came, 40 are needed
    let mut rows: Vec<_> = operator.keys.events_mut().collect();
    assert_eq!(rows.len(), 40);
    let held: std::collections::BTreeMap<_, _> =
        rows.iter_mut().map(|row| (Arc::as_ptr(&row.chunk), row.chunk.records.num_rows())).collect();
    assert!(held.values().sum::<usize>() < 70_000, "{held:?}");
}
