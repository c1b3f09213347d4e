mod restore;

use std::sync::Arc;

use super::super::key_by::KeyBy;
use super::super::testing::*;
use super::*;
use crate::expression::Expr;
use crate::expression::testing::*;
use crate::operator::Emission;
use arrow::array::{Array, AsArray, Float64Array, Int64Array};
use arrow::datatypes::Int64Type;

/// What comes of `function` over `column`, by `key`, given batches of `size` records; and the failure.
fn emitted(
    records: &RecordBatch,
    key: Expr,
    (function, column): (Function, usize),
    only_final: bool,
    size: usize,
) -> (Vec<String>, Option<Error>) {
    let key_by = KeyBy::new(&[key], records.schema_ref()).unwrap();
    let mut aggregate = Aggregate::new(function, column, records.schema_ref())
        .unwrap()
        .with_key_column(key_by.key_column(), records.schema_ref());
    if only_final {
        aggregate = aggregate.only_final();
    }
    let mut operator = aggregate.create(&context()).unwrap();
    let mut output = Output::default();
    let mut failure = None;
    for from in (0..records.num_rows()).step_by(size) {
        let slice = records.slice(from, size.min(records.num_rows() - from));
        let keyed = run(&key_by, Batch::columns(slice, Shape::Row)).main();
        if let Err(error) = operator.process(0, keyed, &mut output) {
            failure = Some(error);
            break;
        }
    }
    if failure.is_none() {
        operator.finish(&mut output).unwrap();
    }
    let printed = output.take().into_iter().flat_map(|emission| match emission {
        Emission::Batch(None, batch) => {
            assert!(batch.keys.is_none() && batch.row_kinds.is_none());
            printed(&batch)
        }
        _ => panic!("only records are expected"),
    });
    (printed.collect(), failure)
}

/// The results in both modes, the same at every batch size.
fn results(records: &RecordBatch, key: Expr, function: Function, column: usize) -> (Vec<String>, Vec<String>) {
    let at = |size| {
        let rolling = emitted(records, key.clone(), (function, column), false, size);
        let last = emitted(records, key.clone(), (function, column), true, size);
        assert!(rolling.1.is_none() && last.1.is_none());
        (rolling.0, last.0)
    };
    let whole = at(1000);
    assert_eq!(whole, at(1));
    assert_eq!(whole, at(2));
    whole
}

/// Of two users: (a, 3, x), (b, 5, y), (a, 1, z), (b, 3, w), (a, 1, v).
fn orders() -> RecordBatch {
    batch(vec![
        ("user", texts(["a", "b", "a", "b", "a"])),
        ("n", ints([3, 5, 1, 3, 1])),
        ("note", texts(["x", "y", "z", "w", "v"])),
    ])
}

#[test]
fn a_sum_replaces_the_field_of_the_keys_first_record() {
    let (rolling, last) = results(&orders(), col("user"), Function::Sum, 1);
    assert_eq!(
        rolling,
        [
            "user=a, n=3, note=x",
            "user=b, n=5, note=y",
            "user=a, n=4, note=x",
            "user=b, n=8, note=y",
            "user=a, n=5, note=x"
        ]
    );
    assert_eq!(last, ["user=a, n=5, note=x", "user=b, n=8, note=y"]);
}

#[test]
fn min_keeps_the_other_fields_and_min_by_takes_the_record() {
    let (rolling, last) = results(&orders(), col("user"), Function::Min, 1);
    assert_eq!(rolling[2..], ["user=a, n=1, note=x", "user=b, n=3, note=y", "user=a, n=1, note=x"]);
    assert_eq!(last, ["user=a, n=1, note=x", "user=b, n=3, note=y"]);
    // of a's two records with 1 the first stays
    let (rolling, last) = results(&orders(), col("user"), Function::MinBy, 1);
    assert_eq!(rolling[2..], ["user=a, n=1, note=z", "user=b, n=3, note=w", "user=a, n=1, note=z"]);
    assert_eq!(last, ["user=a, n=1, note=z", "user=b, n=3, note=w"]);
}

#[test]
fn max_and_max_by_of_texts() {
    let (_, last) = results(&orders(), col("user"), Function::Max, 2);
    assert_eq!(last, ["user=a, n=3, note=z", "user=b, n=5, note=y"]);
    let (rolling, last) = results(&orders(), col("user"), Function::MaxBy, 2);
    assert_eq!(rolling[2..], ["user=a, n=1, note=z", "user=b, n=5, note=y", "user=a, n=1, note=z"]);
    assert_eq!(last, ["user=a, n=1, note=z", "user=b, n=5, note=y"]);
}

#[test]
fn keys_that_are_computed() {
    // 3, 5, 1, 3, 1 modulo 3: 0, 2, 1, 0, 1
    let (_, last) = results(&orders(), call("mod", &[col("n"), int(3)]), Function::Sum, 1);
    assert_eq!(last, ["user=a, n=6, note=x", "user=b, n=5, note=y", "user=a, n=2, note=z"]);
    // the field that is summed up is the key itself
    let (_, last) = results(&orders(), col("n"), Function::Sum, 1);
    assert_eq!(last, ["user=a, n=6, note=x", "user=b, n=5, note=y", "user=a, n=2, note=z"]);
}

#[test]
fn a_key_that_is_null_is_a_key() {
    let records = batch(vec![("k", opt_texts([None, Some("a"), None])), ("n", ints([1, 2, 4]))]);
    let (rolling, last) = results(&records, col("k"), Function::Sum, 1);
    assert_eq!(rolling, ["k=null, n=1", "k=a, n=2", "k=null, n=5"]);
    assert_eq!(last, ["k=null, n=5", "k=a, n=2"]);
}

#[test]
fn zeroes_of_either_sign_are_one_key_and_keep_the_first_ones_sign() {
    let records = batch(vec![("k", doubles([-0.0, 0.0])), ("n", ints([1, 2]))]);
    assert_eq!(results(&records, col("k"), Function::Sum, 1).0, ["k=-0.0, n=1", "k=-0.0, n=3"]);
}

#[test]
fn every_type_of_number_is_summed_up() {
    for column in [
        arrow::compute::cast(&ints([1, 2]), &DataType::Int8).unwrap(),
        arrow::compute::cast(&ints([1, 2]), &DataType::Int16).unwrap(),
        longs([1, 2]),
        ints([1, 2]),
        singles([1.0, 2.0]),
        doubles([1.0, 2.0]),
        decimals(10, 0, [1, 2]),
    ] {
        let data_type = column.data_type().clone();
        let records = batch(vec![("k", ints([7, 7])), ("n", column)]);
        let (_, last) = results(&records, col("k"), Function::Sum, 1);
        assert!(["k=7, n=3", "k=7, n=3.0"].contains(&last[0].as_str()), "{data_type}: {last:?}");
    }
}

#[test]
fn nothing_is_less_than_nan() {
    let values: ArrayRef = Arc::new(Float64Array::from(vec![2.0, f64::NAN, 1.0, f64::NAN, 3.0]));
    let records = batch(vec![("k", ints([1, 1, 1, 2, 2])), ("n", values)]);
    assert_eq!(results(&records, col("k"), Function::Min, 1).1, ["k=1, n=1.0", "k=2, n=NaN"]);
}

#[test]
fn a_null_can_only_be_the_keys_single_value() {
    let records = batch(vec![("k", ints([1, 2, 2, 1])), ("n", opt_ints([None, Some(1), Some(2), Some(3)]))]);
    for (function, second) in [(Function::Sum, 3), (Function::Max, 2)] {
        for size in [1, 3, 100] {
            let (printed, failure) = emitted(&records, col("k"), (function, 1), false, size);
            // what came before the failure has its results
            assert_eq!(printed, ["k=1, n=null", "k=2, n=1", format!("k=2, n={second}").as_str()]);
            let failure = failure.unwrap();
            assert!(failure.message().contains("('n'): null has no place in it"), "{failure}");
            assert_eq!(failure.input(), Some("+I[1, 3]"));
        }
    }
    let alone = records.slice(0, 2);
    assert_eq!(results(&alone, col("k"), Function::Sum, 1).1, ["k=1, n=null", "k=2, n=1"]);
}

#[test]
fn a_sum_that_does_not_fit_fails() {
    for column in [ints([i32::MAX, 1]), decimals(3, 1, [995, 5])] {
        let records = batch(vec![("k", ints([1, 1])), ("n", column)]);
        let (printed, failure) = emitted(&records, col("k"), (Function::Sum, 1), false, 10);
        assert_eq!(printed.len(), 1);
        assert!(failure.unwrap().message().starts_with("sum('n'): the sum is too large for "));
    }
}

#[test]
fn timestamps_are_those_of_the_records() {
    let key_by = KeyBy::new(&[col("user")], orders().schema_ref()).unwrap();
    let sum = Aggregate::new(Function::Sum, 1, orders().schema_ref()).unwrap();
    let stamped = Batch::columns(orders(), Shape::Row).with_timestamps(Some(vec![1, 2, 3, 4, 5]));
    let output = run(&sum, run(&key_by, stamped).main()).main();
    assert_eq!(output.timestamps, Some(vec![1, 2, 3, 4, 5]));
}

#[test]
fn fields_without_such_an_aggregate_are_refused() {
    let error = |function, column| Aggregate::new(function, column, orders().schema_ref()).err().unwrap();
    assert_eq!(error(Function::Sum, 0).message(), "sum('user'): user is a STRING");
    let lists = batch(vec![("l", int_lists([Some(vec![1])]))]);
    assert!(Aggregate::new(Function::Min, 0, lists.schema_ref()).is_err());
}

/// 100 keys in turn, 20 records each: the sum of key k is 20 k + 100 (0 + 1 + … + 19) = 20 k + 19000.
#[test]
fn many_records_in_batches_of_any_size() {
    let keys: ArrayRef = Arc::new(Int64Array::from_iter_values((0..2000).map(|n| n % 100)));
    let values: ArrayRef = Arc::new(Int64Array::from_iter_values(0..2000));
    let texts = arrow::compute::cast(&values, &DataType::Utf8).unwrap();
    let records = batch(vec![("k", keys), ("n", values), ("t", texts)]);
    for size in [1, 7, 150, 2000] {
        let (last, _) = emitted(&records, col("k"), (Function::Sum, 1), true, size);
        let expected: Vec<String> = (0..100).map(|k| format!("k={k}, n={}, t={k}", 20 * k + 19000)).collect();
        assert_eq!(last, expected);
        let (rolling, _) = emitted(&records, col("k"), (Function::MaxBy, 1), false, size);
        assert_eq!(rolling[1999], "k=99, n=1999, t=1999");
        assert_eq!(rolling.len(), 2000);
    }
    assert_eq!(records.column(1).as_primitive::<Int64Type>().len(), 2000);
}
