//! Windows that go on from a checkpoint give what they would have given without one.

use arrow::array::Int64Array;

use super::*;
use crate::operator::testing::subtasks::{Random, Subtasks};
use crate::types::TimeUnit;

/// Records around a time, of all types that windows aggregate; some values are null.
fn records(random: &mut Random, now: i64) -> Batch {
    let rows = 1 + random.below(12);
    let mut whole = |below: u64, nulls: bool| -> ArrayRef {
        let mut value = || (!nulls || random.below(4) > 0).then(|| random.below(below) - below as i64 / 2);
        Arc::new((0..rows).map(|_| value()).collect::<Int64Array>())
    };
    let (k, n, m) = (whole(12, true), whole(200, true), whole(8, true));
    let to = |column: &ArrayRef, data_type| arrow::compute::cast(column, &data_type).unwrap();
    let columns = batch(vec![
        ("k", k.clone()),
        ("ks", to(&k, DataType::Utf8)),
        ("kd", to(&k, DataType::Float64)),
        ("b", n.clone()),
        ("i", to(&n, DataType::Int32)),
        ("h", to(&n, DataType::Int16)),
        ("tiny", to(&m, DataType::Int8)),
        ("f", to(&n, DataType::Float32)),
        ("d", to(&n, DataType::Float64)),
        ("c", to(&n, DataType::Decimal128(20, 2))),
        ("s", to(&n, DataType::Utf8)),
        ("truth", to(&m, DataType::Boolean)),
        ("y", to(&to(&n, DataType::Int32), DataType::Date32)),
        ("t", to(&n, DataType::Timestamp(TimeUnit::Microsecond, None))),
    ]);
    let times = (0..rows).map(|_| now + random.below(20) - random.below(60)).collect();
    Batch::columns(columns, Shape::Row).with_timestamps(Some(times))
}

fn aggregates() -> Vec<Expr> {
    let numbers = ["b", "i", "h", "f", "d", "c"];
    let all = ["b", "i", "h", "tiny", "f", "d", "c", "s", "truth", "y", "t"];
    let of = |function: &'static str, columns: &[&str]| {
        columns.iter().map(|column| call(function, &[col(column)])).collect::<Vec<_>>()
    };
    let mut aggregates = vec![call("count", &[int(1)])];
    aggregates.extend(of("sum", &numbers));
    aggregates.extend(of("avg", &numbers));
    for function in ["count", "min", "max", "first_value", "last_value"] {
        aggregates.extend(of(function, &all));
    }
    aggregates.extend(of("count", &all).into_iter().map(|count| call("distinct", &[count])));
    aggregates
}

/// The key columns of a stream; `None` for one without keys.
fn keyed_by(keys: &[Expr], records: Batch) -> Batch {
    match keys {
        [] => records,
        keys => run(&KeyBy::new(keys, &records.expect_columns().unwrap().schema()).unwrap(), records).main(),
    }
}

fn check(
    span: Span,
    trigger: BuiltInTrigger,
    keys: &[Expr],
    lateness: i64,
    (before, after): (usize, usize),
    seed: u64,
) {
    let mut random = Random(seed);
    let schema = records(&mut random, 0).expect_columns().unwrap().schema();
    let of = WindowAggregate::new(keys, span, true, trigger.clone(), &aggregates(), &schema).unwrap();
    let of = of.with_allowed_lateness(lateness).with_late_output(Some("late".into()));
    let mut whole = Subtasks::new(&of, 1, &[]);
    let mut parts = Subtasks::new(&of, before, &[]);
    let (mut now, mut lines) = (-50, 0);
    for round in 0..60 {
        if round % 13 == 7 {
            let stored = parts.stopped();
            parts = Subtasks::new(&of, if round % 2 == 1 { after } else { before }, &stored);
        }
        let batch = keyed_by(keys, records(&mut random, now));
        whole.process(batch.clone());
        parts.process(batch);
        now += if random.below(20) == 0 { 150 } else { random.below(6) };
        let watermark = if round == 59 { i64::MAX } else { now - 10 };
        whole.watermark(watermark);
        parts.watermark(watermark);
        let expected = whole.emitted();
        lines += expected.len();
        let what = format!("{span:?} with {trigger:?} by {keys:?}, lateness {lateness}, seed {seed}, round {round}");
        assert_eq!(parts.emitted(), expected, "{what}");
    }
    assert!(lines > 30 || matches!(trigger, BuiltInTrigger::Never), "{lines} results");
}

/// Keys and parallelism take turns.
fn check_by_turns(seed: usize, span: Span, trigger: &BuiltInTrigger) {
    let all = [vec![col("k")], vec![col("ks")], vec![col("kd")], vec![col("ks"), col("k")], vec![]];
    for turn in [seed, seed + 2] {
        let keys = &all[turn % all.len()];
        let parallelism = if keys.is_empty() { (1, 1) } else { [(1, 2), (3, 2), (2, 3)][turn % 3] };
        check(span, trigger.clone(), keys, [0, 25][turn / 2 % 2], parallelism, turn as u64 + 1);
    }
}

#[test]
fn windows_of_one_size_go_on_at_another_parallelism() {
    let spans = [tumbling(12), sliding(40, 4), sliding(10, 4), sliding(6, 9)];
    for (seed, span) in spans.into_iter().enumerate() {
        check_by_turns(seed, span, &BuiltInTrigger::EventTime);
    }
}

#[test]
fn all_other_windows_go_on_at_another_parallelism() {
    let purging = |trigger| BuiltInTrigger::Purging(Box::new(trigger));
    let session = Span::Time(TimeSpan::Session { gap: 9 });
    let cases = [
        (session, BuiltInTrigger::EventTime),
        (session, BuiltInTrigger::Count(3)),
        (session, BuiltInTrigger::ContinuousEventTime(5)),
        (tumbling(40), BuiltInTrigger::ContinuousEventTime(7)),
        (sliding(40, 20), BuiltInTrigger::Count(2)),
        (Span::Time(TimeSpan::Global), purging(BuiltInTrigger::Count(4))),
        (Span::Count { size: 5, slide: 5 }, purging(BuiltInTrigger::Count(5))),
        (Span::Count { size: 6, slide: 2 }, purging(BuiltInTrigger::Count(6))),
    ];
    for (seed, (span, trigger)) in cases.into_iter().enumerate() {
        check_by_turns(seed, span, &trigger);
    }
}

/// Subtask 0 has fired at 1012, subtask 1 not yet: each window fires once, whoever has its key then.
#[test]
fn windows_of_processing_time_fire_once() {
    for span in [tumbling(10), sliding(10, 5), Span::Time(TimeSpan::Session { gap: 10 })] {
        let clock = Arc::new(ManualClock::new(1_003));
        let aggregates = [call("sum", &[col("n")])];
        let trigger = BuiltInTrigger::ProcessingTime;
        let of = WindowAggregate::new(&[col("k")], span, false, trigger, &aggregates, &schema()).unwrap();
        let names: Vec<String> = (0..40).map(|key| format!("key {key}")).collect();
        let each = |n| keyed(&names.iter().map(|key| (key.as_str(), n, 0)).collect::<Vec<_>>());
        let run = |restores: bool| {
            let mut parts = Subtasks::at(clock.clone(), &of, 2, &[]);
            clock.set(1_003);
            parts.process(each(1));
            clock.set(1_006);
            parts.process(each(2));
            parts.tick(0, 1_011);
            if restores {
                let mut lines = parts.emitted();
                let stored = parts.stopped();
                assert!(parts.emitted().is_empty());
                parts = Subtasks::at(clock.clone(), &of, 1, &stored);
                parts.tick(0, 1_011);
                parts.tick(0, 1_030);
                lines.extend(parts.emitted());
                lines.sort();
                return lines;
            }
            parts.tick(1, 1_011);
            parts.tick(0, 1_030);
            parts.tick(1, 1_030);
            parts.emitted()
        };
        let expected = run(false);
        assert!(expected.len() >= 40);
        assert_eq!(run(true), expected, "{span:?}");
    }
}

#[test]
fn other_windows_are_refused() {
    let of =
        |span, function| window(span, BuiltInTrigger::EventTime, &[call(function, &[col("n")])], &schema()).unwrap();
    let session = Span::Time(TimeSpan::Session { gap: 10 });
    for (before, after) in [
        (of(tumbling(10), "sum"), of(tumbling(20), "sum")),
        (of(session, "min"), of(session, "max")),
        (of(tumbling(10), "sum"), of(tumbling(10), "avg")),
    ] {
        let mut parts = Subtasks::new(&before, 1, &[]);
        parts.process(keyed(&[("a", 1, 7)]));
        let mut context = context();
        context.restored = Arc::new(parts.stopped().remove(0));
        assert!(before.create(&context).is_ok());
        let error = after.create(&context).err().unwrap();
        assert!(error.message().contains("the program needs"), "{error}");
    }
}
