//! `equals`, `lessThan`, `between`, `in`, … between numbers, texts, times; NULL compared is NULL.

use std::sync::Arc;

use arrow::array::{ArrowPrimitiveType, BooleanArray, make_comparator};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{SortOptions, kernels::cmp};
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use std::cmp::Ordering;

use super::{Call, Found};
use crate::expression::bind::Typed;
use crate::expression::cast::{Mode, cast};
use crate::expression::coerce::{as_decimal, unify_comparable};
use crate::expression::error::ExpressionError;
use crate::expression::function::{Arg, Values, function};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

pub(super) fn bind(call: &Call<'_>) -> Found {
    use Comparison::*;
    Some(match call.name {
        "equals" => two(call, Equal),
        "notEquals" => two(call, NotEqual),
        "lessThan" => two(call, Less),
        "lessThanOrEqual" => two(call, LessOrEqual),
        "greaterThan" => two(call, Greater),
        "greaterThanOrEqual" => two(call, GreaterOrEqual),
        "between" => between(call, GreaterOrEqual, LessOrEqual, true),
        "notBetween" => between(call, Less, Greater, false),
        "in" => one_of(call),
        _ => return None,
    })
}

fn two(call: &Call<'_>, comparison: Comparison) -> Result<Typed, ExpressionError> {
    let args = call.args(2, 2)?;
    compare(comparison, args[0].clone(), args[1].clone(), &call.text)
}

fn between(call: &Call<'_>, low: Comparison, high: Comparison, both: bool) -> Result<Typed, ExpressionError> {
    let args = call.args(3, 3)?;
    let low = compare(low, args[0].clone(), args[1].clone(), &call.text)?;
    let high = compare(high, args[0].clone(), args[2].clone(), &call.text)?;
    Ok(super::logic::combine(low, high, both))
}

/// Equal to one of the values; with a NULL among them, NULL instead of false.
fn one_of(call: &Call<'_>) -> Result<Typed, ExpressionError> {
    let args = call.args(2, usize::MAX)?;
    let mut result: Option<Typed> = None;
    let all_literal = args[1..].iter().all(|arg| arg.literal().is_some());
    if all_literal && args.len() > 4 {
        let unified = unify_comparable(args.to_vec(), &call.text)?;
        if let Some(set) = super::collection::in_set(&unified) {
            return Ok(set);
        }
    }
    for arg in &args[1..] {
        let equal = compare(Comparison::Equal, args[0].clone(), arg.clone(), &call.text)?;
        result = Some(match result {
            None => equal,
            Some(before) => super::logic::combine(before, equal, false),
        });
    }
    result.ok_or_else(|| call.invalid("there is nothing to compare with"))
}

/// Binds a comparison of two values that have a common type.
pub(super) fn compare(comparison: Comparison, left: Typed, right: Typed, text: &str) -> Result<Typed, ExpressionError> {
    let mut pair = match wide_decimals(&left, &right) {
        Some(target) => vec![wider(left, &target), wider(right, &target)],
        None => unify_comparable(vec![left, right], text)?,
    };
    let (right, left) = (pair.pop(), pair.pop());
    let (Some(left), Some(right)) = (left, right) else {
        return Err(ExpressionError::Invalid {
            expression: text.to_owned(),
            message: "two values are compared".into(),
        });
    };
    let ordered = !matches!(comparison, Comparison::Equal | Comparison::NotEqual);
    let data_type = left.data_type.clone();
    if ordered && data_type.is_nested() {
        return Err(ExpressionError::Types {
            expression: text.to_owned(),
            action: "ordering",
            left: Box::new(data_type),
            right: Box::new(right.data_type),
        });
    }
    if data_type == DataType::Null {
        return cast(left, &DataType::Boolean, Mode::Fail, text);
    }
    let nested = data_type.is_nested();
    Ok(function("compare", vec![left, right], DataType::Boolean, false, move |args, rows| match &data_type {
        DataType::Float32 => floats::<Float32Type>(comparison, &args[0], &args[1], rows),
        DataType::Float64 => floats::<Float64Type>(comparison, &args[0], &args[1], rows),
        _ if nested => nested_equal(comparison, &args[0], &args[1], rows),
        _ => plain(comparison, &args[0], &args[1]),
    }))
}

/// Two exact numbers that no 38 digits hold both of are compared with 76.
fn wide_decimals(left: &Typed, right: &Typed) -> Option<DataType> {
    let ((p1, s1), (p2, s2)) = (as_decimal(&left.data_type)?, as_decimal(&right.data_type)?);
    let scale = s1.max(s2);
    let whole = (p1 as i8 - s1).max(p2 as i8 - s2);
    (whole + scale > 38).then_some(DataType::Decimal256(76, scale))
}

fn wider(arg: Typed, target: &DataType) -> Typed {
    let to = target.clone();
    function("widen", vec![arg], target.clone(), false, move |args, _| arrow::compute::cast(&args[0].array, &to))
}

fn plain(comparison: Comparison, left: &Arg, right: &Arg) -> Values {
    Ok(Arc::new(match comparison {
        Comparison::Equal => cmp::eq(left, right),
        Comparison::NotEqual => cmp::neq(left, right),
        Comparison::Less => cmp::lt(left, right),
        Comparison::LessOrEqual => cmp::lt_eq(left, right),
        Comparison::Greater => cmp::gt(left, right),
        Comparison::GreaterOrEqual => cmp::gt_eq(left, right),
    }?))
}

/// As Java compares: NaN is equal to nothing, -0.0 equals 0.0 (Arrow's kernels order by bits).
fn floats<T: ArrowPrimitiveType>(comparison: Comparison, left: &Arg, right: &Arg, rows: usize) -> Values
where
    T::Native: PartialOrd,
{
    match comparison {
        Comparison::Equal => float_rows::<T>(left, right, rows, |l, r| l == r),
        Comparison::NotEqual => float_rows::<T>(left, right, rows, |l, r| l != r),
        Comparison::Less => float_rows::<T>(left, right, rows, |l, r| l < r),
        Comparison::LessOrEqual => float_rows::<T>(left, right, rows, |l, r| l <= r),
        Comparison::Greater => float_rows::<T>(left, right, rows, |l, r| l > r),
        Comparison::GreaterOrEqual => float_rows::<T>(left, right, rows, |l, r| l >= r),
    }
}

fn float_rows<T: ArrowPrimitiveType>(
    left: &Arg,
    right: &Arg,
    rows: usize,
    holds: impl Fn(T::Native, T::Native) -> bool,
) -> Values {
    let (l, r) = (left.primitive::<T>(), right.primitive::<T>());
    let (lv, rv) = (l.values(), r.values());
    if (left.scalar && left.is_null(0)) || (right.scalar && right.is_null(0)) {
        return Ok(Arc::new(BooleanArray::new_null(rows)));
    }
    let bits = match (left.scalar, right.scalar) {
        (false, true) => {
            let value = rv[0];
            BooleanBuffer::collect_bool(rows, |row| holds(lv[row], value))
        }
        (true, false) => {
            let value = lv[0];
            BooleanBuffer::collect_bool(rows, |row| holds(value, rv[row]))
        }
        _ => BooleanBuffer::collect_bool(rows, |row| holds(lv[row], rv[row])),
    };
    let nulls = |arg: &Arg| if arg.scalar { None } else { arg.array.nulls().cloned() };
    let nulls = arrow::buffer::NullBuffer::union(nulls(left).as_ref(), nulls(right).as_ref());
    Ok(Arc::new(BooleanArray::new(bits, nulls)))
}

fn nested_equal(comparison: Comparison, left: &Arg, right: &Arg, rows: usize) -> Values {
    let order = make_comparator(&left.array, &right.array, SortOptions::default())?;
    let equal = comparison == Comparison::Equal;
    let values = (0..rows).map(|row| {
        let known = !left.is_null(row) && !right.is_null(row);
        known.then(|| (order(left.index(row), right.index(row)) == Ordering::Equal) == equal)
    });
    Ok(Arc::new(values.collect::<BooleanArray>()))
}

#[cfg(test)]
mod tests {
    use crate::expression::testing::*;

    #[test]
    fn numbers_of_different_types() {
        let batch = batch(vec![("i", ints([1, 2, 3])), ("l", longs([1, 5, 3])), ("d", doubles([1.5, 2.0, 3.0]))]);
        assert_eq!(booleans(&batch, "equals", &[col("i"), col("l")]), [Some(true), Some(false), Some(true)]);
        assert_eq!(booleans(&batch, "lessThan", &[col("i"), col("d")]), [Some(true), Some(false), Some(false)]);
        assert_eq!(booleans(&batch, "greaterThanOrEqual", &[col("l"), int(3)]), [Some(false), Some(true), Some(true)]);
    }

    #[test]
    fn null_compared_is_null() {
        let batch = batch(vec![("i", opt_ints([Some(1), None]))]);
        assert_eq!(booleans(&batch, "notEquals", &[col("i"), int(1)]), [Some(false), None]);
        assert_eq!(booleans(&batch, "equals", &[col("i"), null()]), [None, None]);
        // 1 is in (1, NULL); for no other value is it known
        assert_eq!(booleans(&batch, "in", &[col("i"), int(1), null()]), [Some(true), None]);
        assert_eq!(booleans(&batch, "in", &[col("i"), int(2), null()]), [None, None]);
    }

    #[test]
    fn many_values_are_looked_up() {
        let batch = batch(vec![("s", texts(["a", "x", "e"])), ("i", ints([1, 2, 9]))]);
        let letters: Vec<_> = ["a", "b", "c", "d", "e"].iter().map(|s| text(s)).collect();
        let mut args = vec![col("s")];
        args.extend(letters);
        assert_eq!(booleans(&batch, "in", &args), [Some(true), Some(false), Some(true)]);
        let mut args = vec![col("i")];
        args.extend([9, 8, 7, 6, 1].map(int));
        args.push(null());
        assert_eq!(booleans(&batch, "in", &args), [Some(true), None, Some(true)]);
    }

    #[test]
    fn floats_as_java_compares_them() {
        let batch = batch(vec![("d", doubles([f64::NAN, -0.0, 1.0]))]);
        assert_eq!(booleans(&batch, "equals", &[col("d"), col("d")]), [Some(false), Some(true), Some(true)]);
        assert_eq!(booleans(&batch, "equals", &[col("d"), double_lit("0.0")]), [Some(false), Some(true), Some(false)]);
    }

    #[test]
    fn between_includes_both_ends() {
        let batch = batch(vec![("i", opt_ints([Some(1), Some(5), Some(6), None]))]);
        assert_eq!(
            booleans(&batch, "between", &[col("i"), int(1), int(5)]),
            [Some(true), Some(true), Some(false), None]
        );
        assert_eq!(
            booleans(&batch, "notBetween", &[col("i"), int(1), int(5)]),
            [Some(false), Some(false), Some(true), None]
        );
    }

    #[test]
    fn a_text_literal_is_read_as_a_time() {
        let batch = batch(vec![("t", timestamps(["2024-01-01 00:00:00", "2024-06-01 12:00:00"]))]);
        assert_eq!(booleans(&batch, "lessThan", &[col("t"), text("2024-03-01 00:00:00")]), [Some(true), Some(false)]);
    }

    #[test]
    fn types_that_do_not_compare_are_named() {
        let batch = batch(vec![("i", ints([1])), ("s", texts(["a"]))]);
        let message = bind_error(&batch, "equals", &[col("i"), col("s")]);
        assert!(message.contains("equals(i, s): comparing INT and STRING is not possible"), "{message}");
    }

    #[test]
    fn long_decimals_are_compared_exactly() {
        let whole = decimals(38, 0, [10_i128.pow(30), 10_i128.pow(30) + 1]);
        let fraction = decimals(38, 18, [0, 5]);
        let batch = batch(vec![("w", whole), ("f", fraction)]);
        assert_eq!(booleans(&batch, "greaterThan", &[col("w"), col("f")]), [Some(true), Some(true)]);
    }
}
