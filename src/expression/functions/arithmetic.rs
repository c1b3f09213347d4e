//! `plus`, `minus`, `times`, `divide`, `mod`, `minusPrefix`: integers divide and wrap around as in Java,
//! decimals follow their own precision rules, a text is concatenated, times move by intervals.

use arrow::array::{ArrowNativeTypeOp, ArrowPrimitiveType, AsArray, PrimitiveArray};
use arrow::compute::kernels::numeric;
use arrow::datatypes::{
    DataType, Date32Type, DurationMillisecondType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time32MillisecondType, TimeUnit,
};
use arrow::error::ArrowError;
use std::sync::Arc;

use super::{Call, Found, decimal, string};
use crate::expression::bind::Typed;
use crate::expression::calendar::MILLIS_PER_DAY;
use crate::expression::cast::{Mode, cast};
use crate::expression::coerce::{as_decimal, common};
use crate::expression::error::ExpressionError;
use crate::expression::function::{Arg, Values, map2, try_map2};
use crate::expression::types::{DAY_TIME, YEAR_MONTH, is_integer, is_numeric, is_string};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Plus,
    Minus,
    Times,
    Divide,
    Mod,
}

pub(super) fn bind(call: &Call<'_>) -> Found {
    Some(match call.name {
        "plus" => two(call, Operation::Plus),
        "minus" => two(call, Operation::Minus),
        "times" => two(call, Operation::Times),
        "divide" => two(call, Operation::Divide),
        "mod" => two(call, Operation::Mod),
        "minusPrefix" => negated(call),
        _ => return None,
    })
}

fn two(call: &Call<'_>, operation: Operation) -> Result<Typed, ExpressionError> {
    let args = call.args(2, 2)?;
    let (left, right) = (&args[0].data_type, &args[1].data_type);
    if operation == Operation::Plus && (is_string(left) || is_string(right)) {
        return string::concatenated(call);
    }
    if let Some(moved) = moved(call, operation)? {
        return Ok(moved);
    }
    let action = match operation {
        Operation::Plus => "adding",
        Operation::Minus => "subtracting",
        Operation::Times => "multiplying",
        Operation::Divide | Operation::Mod => "dividing",
    };
    let is_number = |t: &DataType| is_numeric(t) || *t == DataType::Null;
    let shared = common(left, right).filter(|_| is_number(left) && is_number(right));
    let Some(shared) = shared.filter(|shared| *shared != DataType::Null) else { return Err(call.types(action)) };
    if let DataType::Decimal128(..) = shared {
        let exact = |arg: &Typed| {
            // NULL has the other side's type
            let (precision, scale) = as_decimal(&arg.data_type).or_else(|| as_decimal(&shared)).unwrap_or((38, 0));
            cast(arg.clone(), &DataType::Decimal128(precision, scale), Mode::Fail, &call.text)
        };
        return Ok(decimal::bind(call, operation, exact(&args[0])?, exact(&args[1])?));
    }
    let number = |arg: &Typed| cast(arg.clone(), &shared, Mode::Fail, &call.text);
    let pair = vec![number(&args[0])?, number(&args[1])?];
    let can_fail = matches!(operation, Operation::Divide | Operation::Mod) && is_integer(&shared) && !nonzero(&pair[1]);
    let data_type = shared.clone();
    let run = move |args: &[Arg], _: usize| match data_type {
        DataType::Int8 => integers::<Int8Type>(operation, args),
        DataType::Int16 => integers::<Int16Type>(operation, args),
        DataType::Int32 => integers::<Int32Type>(operation, args),
        DataType::Int64 => integers::<Int64Type>(operation, args),
        DataType::Float32 => floats::<Float32Type>(operation, args),
        _ => floats::<Float64Type>(operation, args),
    };
    let result = if can_fail { call.partial(pair, shared.clone(), run) } else { call.total(pair, shared.clone(), run) };
    // a remainder has the divisor's type
    match operation {
        Operation::Mod if is_integer(&shared) && is_integer(right) => cast(result, right, Mode::Fail, &call.text),
        _ => Ok(result),
    }
}

fn nonzero(arg: &Typed) -> bool {
    use datafusion_common::ScalarValue::{Int8, Int16, Int32, Int64};
    match arg.literal() {
        Some(Int8(Some(v))) => *v != 0,
        Some(Int16(Some(v))) => *v != 0,
        Some(Int32(Some(v))) => *v != 0,
        Some(Int64(Some(v))) => *v != 0,
        _ => false,
    }
}

fn integers<T: ArrowPrimitiveType>(operation: Operation, args: &[Arg]) -> Values {
    let divided =
        |divide: fn(T::Native, T::Native) -> T::Native| {
            try_map2::<T, T>(&args[0], &args[1], move |l, r| {
                if r.is_zero() { Err(ArrowError::DivideByZero) } else { Ok(divide(l, r)) }
            })
        };
    match operation {
        Operation::Divide => divided(|l, r| l.div_wrapping(r)),
        Operation::Mod => divided(|l, r| l.mod_wrapping(r)),
        _ => floats::<T>(operation, args),
    }
}

fn floats<T: ArrowPrimitiveType>(operation: Operation, args: &[Arg]) -> Values {
    let (left, right) = (&args[0], &args[1]);
    match operation {
        Operation::Plus => map2::<T, T>(left, right, |l, r| l.add_wrapping(r)),
        Operation::Minus => map2::<T, T>(left, right, |l, r| l.sub_wrapping(r)),
        Operation::Times => map2::<T, T>(left, right, |l, r| l.mul_wrapping(r)),
        Operation::Divide => map2::<T, T>(left, right, |l, r| l.div_wrapping(r)),
        Operation::Mod => map2::<T, T>(left, right, |l, r| l.mod_wrapping(r)),
    }
}

fn negated(call: &Call<'_>) -> Result<Typed, ExpressionError> {
    let arg = call.args(1, 1)?[0].clone();
    let data_type = arg.data_type.clone();
    if !is_numeric(&data_type) && data_type != DAY_TIME && data_type != YEAR_MONTH {
        return Err(call.wrong(0, "a number or interval"));
    }
    Ok(call.total(vec![arg], data_type, |args, _| numeric::neg_wrapping(&args[0].array)))
}

/// A time plus or minus an interval, and intervals among themselves.
fn moved(call: &Call<'_>, operation: Operation) -> Result<Option<Typed>, ExpressionError> {
    use DataType::{Date32, Duration, Interval, Time32, Timestamp};
    let (mut left, mut right) = (call.args[0].clone(), call.args[1].clone());
    let is_interval = |t: &DataType| matches!(t, Duration(_) | Interval(_));
    if operation == Operation::Plus && is_interval(&left.data_type) && !is_interval(&right.data_type) {
        std::mem::swap(&mut left, &mut right);
    }
    let backwards = match operation {
        Operation::Plus => false,
        Operation::Minus => true,
        _ => return Ok(None),
    };
    let data_type = left.data_type.clone();
    let to = data_type.clone();
    Ok(Some(match (&left.data_type, &right.data_type) {
        (Timestamp(TimeUnit::Microsecond, _), Duration(_)) => {
            call.total(vec![left, right], data_type, move |args, _| {
                let micros = DataType::Duration(TimeUnit::Microsecond);
                let step = Arg { array: arrow::compute::cast(&args[1].array, &micros)?, scalar: args[1].scalar };
                if backwards { numeric::sub_wrapping(&args[0], &step) } else { numeric::add_wrapping(&args[0], &step) }
            })
        }
        (Timestamp(..) | Date32, Interval(_)) | (Interval(_), Interval(_)) | (Duration(_), Duration(_)) => {
            call.total(vec![left, right], data_type, move |args, _| {
                let moved =
                    if backwards { numeric::sub(&args[0], &args[1])? } else { numeric::add(&args[0], &args[1])? };
                arrow::compute::cast(&moved, &to)
            })
        }
        (Date32, Duration(_)) => call.total(vec![left, right], data_type, move |args, rows| {
            shifted::<Date32Type>(args, rows, move |day, millis| {
                let days = millis.div_euclid(MILLIS_PER_DAY) as i32;
                if backwards { day.wrapping_sub(days) } else { day.wrapping_add(days) }
            })
        }),
        (Time32(_), Duration(_)) => call.total(vec![left, right], data_type, move |args, rows| {
            shifted::<Time32MillisecondType>(args, rows, move |time, millis| {
                let millis = if backwards { -millis } else { millis };
                (i64::from(time) + millis).rem_euclid(MILLIS_PER_DAY) as i32
            })
        }),
        _ => return Ok(None),
    }))
}

fn shifted<T: ArrowPrimitiveType>(args: &[Arg], rows: usize, f: impl Fn(T::Native, i64) -> T::Native) -> Values {
    let (times, steps) = (args[0].column(rows)?, args[1].column(rows)?);
    let steps = steps.as_primitive::<DurationMillisecondType>();
    let result: PrimitiveArray<T> = arrow::compute::binary(times.as_primitive::<T>(), steps, f)?;
    Ok(Arc::new(result))
}

#[cfg(test)]
mod tests {
    use crate::expression::testing::*;

    #[test]
    fn integers_divide_towards_zero_and_wrap() {
        let batch = batch(vec![("a", ints([7, -7, i32::MAX, i32::MIN])), ("b", ints([2, 2, 1, -1]))]);
        assert_eq!(
            int_values(&batch, "divide", &[col("a"), col("b")]),
            [Some(3), Some(-3), Some(i32::MAX), Some(i32::MIN)]
        );
        assert_eq!(int_values(&batch, "mod", &[col("a"), int(2)]), [Some(1), Some(-1), Some(1), Some(0)]);
        // Java: Integer.MAX_VALUE + 1 is Integer.MIN_VALUE
        assert_eq!(int_values(&batch, "plus", &[col("a"), int(1)])[2], Some(i32::MIN));
        assert_eq!(int_values(&batch, "minusPrefix", &[col("a")])[3], Some(i32::MIN));
    }

    #[test]
    fn the_wider_type_wins() {
        let batch = batch(vec![("i", ints([i32::MAX])), ("l", longs([1])), ("d", doubles([0.5]))]);
        assert_eq!(long_values(&batch, "plus", &[col("i"), col("l")]), [Some(2_147_483_648)]);
        assert_eq!(double_values(&batch, "times", &[col("l"), col("d")]), [Some(0.5)]);
        // a remainder has the divisor's type
        assert_eq!(int_values(&batch, "mod", &[col("l"), col("i")]), [Some(1)]);
    }

    #[test]
    fn division_by_zero() {
        let batch = batch(vec![
            ("id", texts(["x", "y"])),
            ("a", ints([1, 2])),
            ("b", ints([1, 0])),
            ("d", doubles([0.0, 0.0])),
        ]);
        let error = run_error(&batch, "divide", &[col("a"), col("b")]);
        assert_eq!(error.message(), "/ by zero in divide(a, b)");
        assert_eq!(error.input(), Some("id=y, a=2, b=0, d=0.0"));
        assert_eq!(double_values(&batch, "divide", &[col("a"), col("d")]), [Some(f64::INFINITY), Some(f64::INFINITY)]);
    }

    #[test]
    fn division_by_zero_next_to_null_is_null() {
        let batch = batch(vec![("a", opt_ints([None, Some(4)])), ("b", ints([0, 2]))]);
        assert_eq!(int_values(&batch, "divide", &[col("a"), col("b")]), [None, Some(2)]);
    }

    #[test]
    fn texts_are_joined_by_plus() {
        let batch = batch(vec![("s", texts(["a"])), ("n", ints([1]))]);
        assert_eq!(strings(&batch, "plus", &[col("s"), col("n")]), [Some("a1")]);
    }

    #[test]
    fn times_move_by_intervals() {
        let batch = batch(vec![("t", timestamps(["2024-01-31 23:59:30"])), ("d", dates(["2024-01-31"]))]);
        assert_eq!(timestamp_texts(&batch, "plus", &[col("t"), millis(60_000)]), ["2024-02-01 00:00:30.000000"]);
        assert_eq!(timestamp_texts(&batch, "minus", &[col("t"), millis(30_000)]), ["2024-01-31 23:59:00.000000"]);
        assert_eq!(timestamp_texts(&batch, "plus", &[months(1), col("t")]), ["2024-02-29 23:59:30.000000"]);
        assert_eq!(date_texts(&batch, "plus", &[col("d"), millis(86_400_000)]), ["2024-02-01"]);
    }

    #[test]
    fn operands_that_do_not_fit_are_named() {
        let batch = batch(vec![("b", bools([Some(true)])), ("n", ints([1]))]);
        let message = bind_error(&batch, "plus", &[col("n"), col("b")]);
        assert!(message.contains("plus(n, b): adding INT and BOOLEAN is not possible"), "{message}");
    }
}
