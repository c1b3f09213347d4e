//! Aggregates that go on from a checkpoint give what they would have given without one.

use super::*;
use crate::operator::testing::subtasks::{Random, Subtasks};

/// Records of some types; `tag` tells each from all others.
fn records(random: &mut Random, from: i64) -> RecordBatch {
    let rows = 20;
    let mut whole = |below: u64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values((0..rows).map(|_| random.below(below) - below as i64 / 2)))
    };
    let (k, n, m) = (whole(30), whole(200), whole(8));
    let to = |column: &ArrayRef, data_type| arrow::compute::cast(column, &data_type).unwrap();
    let lists: Vec<_> = (0..rows as i32).map(|row| (row % 3 > 0).then(|| vec![Some(row), None])).collect();
    batch(vec![
        ("i", to(&n, DataType::Int32)),
        ("s", to(&n, DataType::Utf8)),
        ("d", to(&n, DataType::Float64)),
        ("c", to(&n, DataType::Decimal128(20, 2))),
        ("t", to(&to(&n, DataType::Int64), DataType::Timestamp(crate::types::TimeUnit::Microsecond, None))),
        ("y", to(&to(&n, DataType::Int32), DataType::Date32)),
        ("b", to(&m, DataType::Boolean)),
        ("tiny", to(&m, DataType::Int8)),
        ("k", k.clone()),
        ("ks", to(&k, DataType::Utf8)),
        ("kd", to(&m, DataType::Float64)),
        ("l", Arc::new(arrow::array::ListArray::from_iter_primitive::<arrow::datatypes::Int32Type, _, _>(lists))),
        ("tag", Arc::new(Int64Array::from_iter_values(from..from + rows))),
    ])
}

fn check(function: Function, column: usize, keys: &[Expr], (before, after): (usize, usize), seed: u64) {
    let mut random = Random(seed);
    let schema = records(&mut random, 0).schema();
    let key_by = KeyBy::new(keys, &schema).unwrap();
    let of = Aggregate::new(function, column, &schema).unwrap().with_key_column(key_by.key_column(), &schema);
    let mut whole = Subtasks::new(&of, 1, &[]);
    let mut parts = Subtasks::new(&of, before, &[]);
    for round in 0..12 {
        if round == 3 || round == 8 {
            let stored = parts.stopped();
            parts = Subtasks::new(&of, if round == 3 { after } else { before }, &stored);
        }
        let batch = run(&key_by, Batch::columns(records(&mut random, round * 20), Shape::Row)).main();
        whole.process(batch.clone());
        parts.process(batch);
        let expected = whole.emitted();
        assert_eq!(expected.len(), 20);
        assert_eq!(parts.emitted(), expected, "{function:?} of column {column} by {keys:?}, round {round}");
    }
}

#[test]
fn each_aggregate_goes_on_at_another_parallelism() {
    let functions = [Function::Sum, Function::Min, Function::Max, Function::MinBy, Function::MaxBy];
    let keys: [&[Expr]; 5] =
        [&[col("k")], &[col("ks")], &[col("kd")], &[col("k"), col("ks")], &[call("mod", &[col("k"), int(4)])]];
    for (at, function) in functions.into_iter().enumerate() {
        for column in 0..11 {
            // numbers only
            if function == Function::Sum && [1, 4, 5, 6, 9].contains(&column) {
                continue;
            }
            let seed = (at * 11 + column) as u64;
            let parallelism = [(1, 1), (1, 2), (2, 3), (3, 2)][seed as usize % 4];
            check(function, column, keys[(at + column) % keys.len()], parallelism, seed);
        }
        for (seed, key) in keys.iter().enumerate() {
            check(function, 0, key, (2, 3), 100 + seed as u64);
        }
    }
}

#[test]
fn null_keys_and_values_stay() {
    let records = batch(vec![("k", opt_texts([None, Some("a"), Some("b")])), ("n", opt_ints([None, Some(1), None]))]);
    let key_by = KeyBy::new(&[col("k")], records.schema_ref()).unwrap();
    for function in [Function::Sum, Function::Min, Function::MaxBy] {
        let of = Aggregate::new(function, 1, records.schema_ref())
            .unwrap()
            .with_key_column(key_by.key_column(), records.schema_ref());
        let mut parts = Subtasks::new(&of, 2, &[]);
        parts.process(run(&key_by, Batch::columns(records.clone(), Shape::Row)).main());
        let stored = parts.stopped();
        let mut context = context();
        context.restored = Arc::new(crate::checkpoint::Snapshot::share(&stored, 0..=127, 0, 1));
        let mut again = of.create(&context).unwrap();
        let mut output = Output::default();
        // null's null is known, so a number has no place there any more
        let more = batch(vec![("k", opt_texts([Some("a"), None])), ("n", opt_ints([Some(2), Some(5)]))]);
        let more = run(&key_by, Batch::columns(more, Shape::Row)).main();
        let failure = again.process(0, more, &mut output).unwrap_err();
        assert!(failure.message().contains("null has no place in it"), "{failure}");
    }
}

#[test]
fn the_state_of_other_columns_is_refused() {
    let of = |records: &RecordBatch| Aggregate::new(Function::Max, 1, records.schema_ref()).unwrap();
    let key_by = KeyBy::new(&[col("user")], orders().schema_ref()).unwrap();
    let mut parts = Subtasks::new(&of(&orders()), 1, &[]);
    parts.process(run(&key_by, Batch::columns(orders(), Shape::Row)).main());
    let mut context = context();
    context.restored = Arc::new(parts.stopped().remove(0));
    let other = batch(vec![("user", texts(["a"])), ("n", longs([3])), ("note", texts(["x"]))]);
    let error = of(&other).create(&context).err().unwrap();
    assert!(error.message().contains("the checkpoint has the state 'results' as"), "{error}");
    // by another key
    let mut again = of(&orders()).create(&context).unwrap();
    let key_by = KeyBy::new(&[col("n")], orders().schema_ref()).unwrap();
    let batch = run(&key_by, Batch::columns(orders(), Shape::Row)).main();
    let error = again.process(0, batch, &mut Output::default()).unwrap_err();
    assert!(error.message().contains("as (STRING), and the program needs (INT)"), "{error}");
}
