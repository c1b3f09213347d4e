mod restore;

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::ArrayRef;

use super::super::key_by::KeyBy;
use super::super::testing::*;
use super::super::{Emission, Output};
use super::*;
use crate::expression::testing::*;
use crate::time::ManualClock;
use crate::types::Shape;
use crate::window::TimeWindow;

fn sliding(size: i64, slide: i64) -> Span {
    Span::Time(TimeSpan::Sliding { size, slide, offset: 0 })
}

fn tumbling(size: i64) -> Span {
    Span::Time(TimeSpan::Tumbling { size, offset: 0 })
}

fn window(span: Span, trigger: BuiltInTrigger, aggregates: &[Expr], input: &SchemaRef) -> Result<WindowAggregate> {
    WindowAggregate::new(&[col("k")], span, true, trigger, aggregates, input)
}

/// Records of these keys, values and times.
fn keyed(records: &[(&str, i64, i64)]) -> Batch {
    let column = |of: fn(&(&str, i64, i64)) -> i64| -> ArrayRef {
        Arc::new(arrow::array::Int64Array::from_iter_values(records.iter().map(of)))
    };
    let keys: ArrayRef = Arc::new(arrow::array::StringArray::from_iter_values(records.iter().map(|(key, _, _)| *key)));
    let columns = batch(vec![("k", keys), ("n", column(|record| record.1))]);
    let times = records.iter().map(|record| record.2).collect();
    let key_by = KeyBy::new(&[col("k")], columns.schema_ref()).unwrap();
    run(&key_by, Batch::columns(columns, Shape::Row).with_timestamps(Some(times))).main()
}

fn schema() -> SchemaRef {
    keyed(&[("a", 0, 0)]).expect_columns().unwrap().schema()
}

fn emitted(output: &mut Output) -> Vec<String> {
    let batches = output.take().into_iter().filter_map(|emission| match emission {
        Emission::Batch(None, batch) => Some(printed(&batch)),
        _ => None,
    });
    batches.flatten().collect()
}

fn sliced(of: WindowAggregate) -> SlicedWindows {
    let (slices, assigner) = of.slices().unwrap();
    SlicedWindows::new(Arc::new(of), slices, assigner, &context()).unwrap()
}

fn sum_and_count(span: Span) -> SlicedWindows {
    let aggregates = [call("sum", &[col("n")]), call("count", &[int(1)])];
    sliced(window(span, BuiltInTrigger::EventTime, &aggregates, &schema()).unwrap().with_allowed_lateness(0))
}

#[test]
fn windows_fire_when_their_time_is_over_and_keys_as_they_came() {
    let mut windows = sum_and_count(sliding(10, 5));
    let mut output = Output::default();
    windows.process(0, keyed(&[("b", 1, 7), ("a", 2, 3), ("b", 4, 12), ("a", 8, 11)]), &mut output).unwrap();
    windows.watermark(8, &mut output).unwrap();
    // [-5, 5) has a's record of 3; b's of 7 is in [0, 10) and [5, 15)
    assert_eq!(emitted(&mut output), ["k=a, window_start=-5, window_end=5, _c0=2, _c1=1"]);
    windows.watermark(14, &mut output).unwrap();
    assert_eq!(
        emitted(&mut output),
        [
            "k=b, window_start=0, window_end=10, _c0=1, _c1=1",
            "k=a, window_start=0, window_end=10, _c0=2, _c1=1",
            "k=b, window_start=5, window_end=15, _c0=5, _c1=2",
            "k=a, window_start=5, window_end=15, _c0=8, _c1=1",
        ]
    );
}

#[test]
fn nothing_is_kept_of_windows_that_are_over() {
    for span in [tumbling(10), sliding(50, 10)] {
        let mut windows = sum_and_count(span);
        let mut output = Output::default();
        for round in 0..100 {
            // ten keys that never come again
            let keys: Vec<String> = (0..10).map(|key| format!("{round} {key}")).collect();
            let records: Vec<_> = keys.iter().map(|key| (key.as_str(), 1, round * 10)).collect();
            windows.process(0, keyed(&records), &mut output).unwrap();
            windows.watermark(round * 10, &mut output).unwrap();
            assert!(windows.held().0 <= 130 && windows.held().1 <= 60, "{:?}", windows.held());
        }
        windows.watermark(i64::MAX, &mut output).unwrap();
        assert_eq!(windows.held(), (0, 0));
    }
}

/// Of each key: when it came, how many records it has and their sum.
type Sums = BTreeMap<String, (u64, i64, i64)>;

/// Windows by hand: every record is added to each of its windows.
#[derive(Default)]
struct Naive {
    sums: BTreeMap<(i64, i64), Sums>,
    arrived: u64,
    watermark: Option<i64>,
    fired: Vec<String>,
}

impl Naive {
    fn line(key: &str, (start, end): (i64, i64), (_, sum, count): (u64, i64, i64)) -> String {
        format!("k={key}, window_start={start}, window_end={end}, _c0={sum}, _c1={count}")
    }

    fn add(&mut self, span: TimeSpan, lateness: i64, (key, n, time): (&str, i64, i64)) {
        let passed = self.watermark.unwrap_or(i64::MIN);
        span.windows(time, |TimeWindow { start, end }| {
            if (end - 1).saturating_add(lateness) <= passed {
                return;
            }
            let sums = self.sums.entry((end, start)).or_default();
            let sum = sums.entry(key.to_owned()).or_insert((self.arrived, 0, 0));
            (sum.1, sum.2) = (sum.1 + n, sum.2 + 1);
            if end - 1 <= passed {
                self.fired.push(Naive::line(key, (start, end), *sum));
            }
        });
        self.arrived += 1;
    }

    fn advance(&mut self, watermark: i64, lateness: i64) {
        let before = self.watermark.unwrap_or(i64::MIN);
        for ((end, start), sums) in &self.sums {
            if before < end - 1 && end - 1 <= watermark {
                let mut keys: Vec<_> = sums.iter().collect();
                keys.sort_by_key(|(_, sum)| sum.0);
                self.fired.extend(keys.into_iter().map(|(key, sum)| Naive::line(key, (*start, *end), *sum)));
            }
        }
        self.sums.retain(|(end, _), _| (end - 1).saturating_add(lateness) > watermark);
        self.watermark = Some(watermark);
    }
}

#[test]
fn overlapping_windows_are_what_their_records_make() {
    let mut random = 7u64;
    let mut next = |below: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((random >> 33) % below) as i64
    };
    for (size, slide, lateness) in [(40, 4, 0), (40, 4, 25), (10, 4, 7), (100, 1, 30), (6, 9, 4), (12, 12, 20)] {
        let span = TimeSpan::Sliding { size, slide, offset: 1 };
        let aggregates = [call("sum", &[col("n")]), call("count", &[int(1)])];
        let of = window(Span::Time(span), BuiltInTrigger::EventTime, &aggregates, &schema()).unwrap();
        let mut windows = sliced(of.with_allowed_lateness(lateness));
        let (mut naive, mut output) = (Naive::default(), Output::default());
        let mut now = -50;
        for _ in 0..300 {
            let texts: Vec<String> = (0..1 + next(5)).map(|_| format!("k{}", next(4))).collect();
            let records: Vec<_> = texts.iter().map(|key| (key.as_str(), next(9), now + next(20) - next(60))).collect();
            records.iter().for_each(|record| naive.add(span, lateness, *record));
            windows.process(0, keyed(&records), &mut output).unwrap();
            now += if next(20) == 0 { 150 } else { next(6) };
            naive.advance(now - 10, lateness);
            windows.watermark(now - 10, &mut output).unwrap();
            assert_eq!(emitted(&mut output), naive.fired, "windows of {size} every {slide}, lateness {lateness}");
            naive.fired.clear();
        }
        naive.advance(i64::MAX, lateness);
        windows.watermark(i64::MAX, &mut output).unwrap();
        assert_eq!(emitted(&mut output), naive.fired);
        assert_eq!(windows.held(), (0, 0));
    }
}

#[test]
fn processing_time_fires_without_records() {
    let clock = Arc::new(ManualClock::new(1_003));
    let aggregates = [call("sum", &[col("n")])];
    let of =
        WindowAggregate::new(&[col("k")], tumbling(10), false, BuiltInTrigger::ProcessingTime, &aggregates, &schema());
    let mut windows = of.unwrap().create(&context_at(clock.clone(), 1, 1024)).unwrap();
    let mut output = Output::default();
    windows.process(0, keyed(&[("a", 1, 0), ("a", 2, 5_000)]), &mut output).unwrap();
    windows.watermark(i64::MAX, &mut output).unwrap();
    assert_eq!((emitted(&mut output), windows.next_wakeup()), (vec![], Some(1_009)));
    clock.set(1_012);
    windows.processing_time(1_012, &mut output).unwrap();
    assert_eq!(emitted(&mut output), ["k=a, window_start=1000, window_end=1010, _c0=3"]);
    assert_eq!(windows.next_wakeup(), None);
}

/// The values are what Flink SQL 1.20.3 gives for the same records.
#[test]
fn aggregates_have_the_types_and_values_of_flink() {
    let tiny = arrow::compute::cast(&ints([3, -8, -8]), &DataType::Int8).unwrap();
    let columns = batch(vec![
        ("k", texts(["k", "k", "k"])),
        ("i", ints([5, -2, -2])),
        ("b", longs([7, -9, 0])),
        ("f", singles([0.5, 0.25, 0.25])),
        ("d", doubles([0.25, 1.5, 1.5])),
        ("c", decimals(10, 2, [105, 210, 210])),
        ("e", decimals(5, 0, [1, 1, 0])),
        ("small", decimals(12, 8, [15, 10, 10])),
        ("t", tiny),
        ("truth", bools([Some(true), Some(false), Some(false)])),
        ("s", texts(["a", "b", "b"])),
        ("n", opt_ints([None, None, None])),
        ("l", opt_ints([Some(1), Some(2), None])),
    ]);
    let of = |function: &str, column: &str| call(function, &[col(column)]);
    let cases = [
        (of("sum", "i"), "INT", "1"),
        (of("avg", "i"), "INT", "0"),
        (of("avg", "b"), "BIGINT", "0"),
        (of("avg", "f"), "FLOAT", "0.33333334"),
        (of("avg", "d"), "DOUBLE", "1.0833333333333333"),
        (of("sum", "c"), "DECIMAL(38, 2)", "5.25"),
        (of("avg", "c"), "DECIMAL(38, 6)", "1.750000"),
        (of("avg", "e"), "DECIMAL(38, 6)", "0.666667"),
        (of("avg", "small"), "DECIMAL(38, 8)", "0.00000012"),
        (of("avg", "t"), "TINYINT", "-4"),
        (of("sum", "t"), "TINYINT", "-13"),
        (of("min", "truth"), "BOOLEAN", "false"),
        (of("max", "s"), "STRING", "b"),
        (of("count", "n"), "BIGINT", "0"),
        (of("sum", "n"), "INT", "null"),
        (of("avg", "n"), "INT", "null"),
        (of("first_value", "n"), "INT", "null"),
        (of("last_value", "l"), "INT", "2"),
        (call("distinct", &[of("count", "i")]), "BIGINT", "2"),
    ];
    let key_by = KeyBy::new(&[col("k")], columns.schema_ref()).unwrap();
    let records = Batch::columns(columns.clone(), Shape::Row).with_timestamps(Some(vec![1, 2, 3]));
    let records = run(&key_by, records).main();
    let aggregates: Vec<Expr> = cases.iter().map(|(aggregate, _, _)| aggregate.clone()).collect();
    // in slices of 1 the values are merged, in one of 10 added up
    for span in [tumbling(10), sliding(10, 1)] {
        let of = window(span, BuiltInTrigger::EventTime, &aggregates, columns.schema_ref()).unwrap();
        for (field, (aggregate, data_type, _)) in of.output_schema().fields()[3..].iter().zip(&cases) {
            assert_eq!(crate::types::type_name(field.data_type()), *data_type, "{aggregate}");
        }
        let mut windows = of.create(&context()).unwrap();
        let mut output = Output::default();
        windows.process(0, records.clone(), &mut output).unwrap();
        windows.watermark(9, &mut output).unwrap();
        let values: Vec<_> = cases.iter().enumerate().map(|(at, (_, _, value))| format!("_c{at}={value}")).collect();
        let whole =
            emitted(&mut output).into_iter().find(|line| line.contains("window_start=0, window_end=10")).unwrap();
        assert_eq!(whole, format!("k=k, window_start=0, window_end=10, {}", values.join(", ")));
    }
}

#[test]
fn sessions_merge_and_leave_nothing() {
    let aggregates = [call("sum", &[col("n")]), call("first_value", &[col("n")])];
    let session = Span::Time(TimeSpan::Session { gap: 10 });
    let of = window(session, BuiltInTrigger::EventTime, &aggregates, &schema()).unwrap();
    assert!(of.slices().is_none());
    let mut windows = of.create(&context()).unwrap();
    let mut output = Output::default();
    // 0 and 15 are apart until 8 comes
    windows.process(0, keyed(&[("a", 1, 15), ("b", 2, 3), ("a", 4, 0), ("a", 8, 8)]), &mut output).unwrap();
    windows.watermark(i64::MAX, &mut output).unwrap();
    assert_eq!(
        emitted(&mut output),
        ["k=b, window_start=3, window_end=13, _c0=2, _c1=2", "k=a, window_start=0, window_end=25, _c0=13, _c1=1"]
    );
}
