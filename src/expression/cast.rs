//! Casts, with Flink's (that is, Java's) meaning: narrowing integers wrap, doubles saturate, decimals round half
//! up and become NULL when they do not fit, and text that does not parse is an error or, in `tryCast`, NULL.

use std::fmt::Write;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BinaryArray, BooleanArray, PrimitiveArray, StringArray,
    StringBuilder, new_null_array,
};
use arrow::compute::{CastOptions, can_cast_types, cast_with_options};
use arrow::datatypes::{
    ArrowNativeType, DataType, Date32Type, Decimal128Type, DurationMillisecondType, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, IntervalYearMonthType, Time32MillisecondType, TimeUnit, TimestampMicrosecondType,
};
use arrow::error::ArrowError;

use super::bind::Typed;
use super::calendar::{self, MICROS_PER_DAY};
use super::error::ExpressionError;
use super::function::{Values, function};
use super::functions::decimal::{pow10, rescale};
use super::text;
use super::types::is_numeric;

/// What becomes of a value that cannot be converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Fail,
    Null,
}

/// Binds a cast; none where the types are one already.
pub(crate) fn cast(arg: Typed, target: &DataType, mode: Mode, text: &str) -> Result<Typed, ExpressionError> {
    if arg.data_type == *target {
        return Ok(arg);
    }
    if !possible(&arg.data_type, target) {
        return Err(ExpressionError::Types {
            expression: text.to_owned(),
            action: "converting between",
            left: Box::new(arg.data_type),
            right: Box::new(target.clone()),
        });
    }
    let fallible = mode == Mode::Fail && arg.data_type == DataType::Utf8 && *target != DataType::Binary;
    let to = target.clone();
    Ok(function("cast", vec![arg], target.clone(), fallible, move |args, _| convert(&args[0].array, &to, mode)))
}

fn possible(from: &DataType, to: &DataType) -> bool {
    use DataType::{
        Binary, Boolean, Date32, Decimal128, Duration, Float32, Float64, Interval, Null, Time32, Timestamp, Utf8,
    };
    let plain = |t: &DataType| is_numeric(t) || matches!(t, Boolean);
    match (from, to) {
        (Null, _) => true,
        (_, Utf8) => {
            plain(from) || matches!(from, Binary | Date32 | Time32(_) | Timestamp(..) | Duration(_) | Interval(_))
        }
        (Utf8, _) => plain(to) || matches!(to, Binary | Date32 | Time32(_) | Timestamp(..)),
        (Boolean, Decimal128(..)) | (Decimal128(..), Boolean) => true,
        (Boolean | Float32 | Float64, _) | (_, Boolean) if plain(from) && plain(to) => true,
        _ if is_numeric(from) && is_numeric(to) => true,
        (Date32 | Timestamp(..), Date32 | Timestamp(..)) | (Timestamp(..), Time32(_)) => true,
        _ if from.is_nested() && to.is_nested() => can_cast_types(from, to),
        _ => false,
    }
}

/// Converts a column; what [`cast`] binds, and the value of literals.
pub(crate) fn convert(array: &ArrayRef, to: &DataType, mode: Mode) -> Values {
    use DataType::{
        Binary, Boolean, Date32, Decimal128, Duration, Float32, Float64, Interval, Null, Time32, Timestamp, Utf8,
    };
    let from = array.data_type();
    Ok(match (from, to) {
        _ if from == to => array.clone(),
        (Null, _) => new_null_array(to, array.len()),
        (_, Utf8) => to_text(array),
        (Utf8, _) => from_text(array.as_string(), to, mode)?,
        (Boolean, _) => {
            let ones = ints_of_booleans(array.as_boolean());
            convert(&(Arc::new(ones) as ArrayRef), to, mode)?
        }
        (Decimal128(_, scale), Decimal128(precision, to_scale)) => {
            let (scale, precision, to_scale) = (*scale, *precision, *to_scale);
            let digits = array.as_primitive::<Decimal128Type>();
            decimals(digits.unary_opt(|v| rescale(v, scale, precision, to_scale)), precision, to_scale)?
        }
        (Decimal128(_, scale), Float32 | Float64) => {
            let scale = *scale;
            let doubles: PrimitiveArray<Float64Type> =
                array.as_primitive::<Decimal128Type>().unary(|v| decimal_to_double(v, scale));
            convert(&(Arc::new(doubles) as ArrayRef), to, mode)?
        }
        (Decimal128(..), Boolean) => {
            Arc::new(BooleanArray::from_unary(array.as_primitive::<Decimal128Type>(), |v| v != 0))
        }
        (Decimal128(_, scale), _) => {
            let unit = pow10(*scale as u32);
            let whole: PrimitiveArray<Int64Type> = array.as_primitive::<Decimal128Type>().unary(|v| (v / unit) as i64);
            convert(&(Arc::new(whole) as ArrayRef), to, mode)?
        }
        (Date32, Timestamp(..)) => {
            let micros: PrimitiveArray<TimestampMicrosecondType> =
                array.as_primitive::<Date32Type>().unary(|day| i64::from(day) * MICROS_PER_DAY);
            Arc::new(micros.with_data_type(to.clone()))
        }
        (Timestamp(TimeUnit::Microsecond, _), Date32) => {
            let days: PrimitiveArray<Date32Type> = array
                .as_primitive::<TimestampMicrosecondType>()
                .unary(|micros| micros.div_euclid(MICROS_PER_DAY) as i32);
            Arc::new(days)
        }
        (Timestamp(TimeUnit::Microsecond, _), Time32(_)) => {
            let millis: PrimitiveArray<Time32MillisecondType> = array
                .as_primitive::<TimestampMicrosecondType>()
                .unary(|micros| (micros.rem_euclid(MICROS_PER_DAY) / 1000) as i32);
            Arc::new(millis)
        }
        // the session's time zone is UTC
        (Timestamp(TimeUnit::Microsecond, _), Timestamp(TimeUnit::Microsecond, _)) => {
            Arc::new(array.as_primitive::<TimestampMicrosecondType>().clone().with_data_type(to.clone()))
        }
        (Float32, _) if is_numeric(to) || *to == Boolean => from_float::<Float32Type>(array, to)?,
        (Float64, _) if is_numeric(to) || *to == Boolean => from_float::<Float64Type>(array, to)?,
        (DataType::Int8, _) => from_int::<Int8Type>(array, to)?,
        (DataType::Int16, _) => from_int::<Int16Type>(array, to)?,
        (DataType::Int32, _) => from_int::<Int32Type>(array, to)?,
        (DataType::Int64, Duration(_)) | (DataType::Int64, Interval(_)) | (_, Binary) => impossible(from, to)?,
        (DataType::Int64, _) => from_int::<Int64Type>(array, to)?,
        _ => {
            let options = CastOptions { safe: mode == Mode::Null, ..CastOptions::default() };
            cast_with_options(array, to, &options)?
        }
    })
}

fn impossible(from: &DataType, to: &DataType) -> Values {
    Err(ArrowError::CastError(format!("no cast from {from} to {to}")))
}

fn ints_of_booleans(array: &BooleanArray) -> PrimitiveArray<Int32Type> {
    array.iter().map(|value| value.map(i32::from)).collect()
}

fn decimals(digits: PrimitiveArray<Decimal128Type>, precision: u8, scale: i8) -> Values {
    Ok(Arc::new(digits.with_precision_and_scale(precision, scale)?))
}

/// The double nearest to the decimal.
pub(crate) fn decimal_to_double(digits: i128, scale: i8) -> f64 {
    // both sides are exact up to 2^53 and 10^22, and a division of exact numbers rounds correctly
    if digits.unsigned_abs() < 1 << 53 && (0..=22).contains(&scale) {
        return digits as f64 / 10_f64.powi(scale.into());
    }
    let mut out = String::new();
    text::write_decimal(&mut out, digits, scale);
    out.parse().unwrap_or(f64::NAN)
}

fn from_int<S>(array: &ArrayRef, to: &DataType) -> Values
where
    S: ArrowPrimitiveType,
    S::Native: Into<i64>,
{
    let values = array.as_primitive::<S>();
    Ok(match to {
        DataType::Boolean => Arc::new(BooleanArray::from_unary(values, |v| v.into() != 0)),
        DataType::Int8 => Arc::new(values.unary::<_, Int8Type>(|v| v.into() as i8)),
        DataType::Int16 => Arc::new(values.unary::<_, Int16Type>(|v| v.into() as i16)),
        DataType::Int32 => Arc::new(values.unary::<_, Int32Type>(|v| v.into() as i32)),
        DataType::Int64 => Arc::new(values.unary::<_, Int64Type>(Into::into)),
        DataType::Float32 => Arc::new(values.unary::<_, Float32Type>(|v| v.into() as f32)),
        DataType::Float64 => Arc::new(values.unary::<_, Float64Type>(|v| v.into() as f64)),
        DataType::Decimal128(precision, scale) => {
            let digits = values.unary_opt::<_, Decimal128Type>(|v| rescale(v.into().into(), 0, *precision, *scale));
            decimals(digits, *precision, *scale)?
        }
        other => impossible(array.data_type(), other)?,
    })
}

fn from_float<S>(array: &ArrayRef, to: &DataType) -> Values
where
    S: ArrowPrimitiveType,
    S::Native: Into<f64> + std::fmt::LowerExp + ArrowNativeType,
{
    let values = array.as_primitive::<S>();
    Ok(match to {
        DataType::Boolean => Arc::new(BooleanArray::from_unary(values, |v| v.into() != 0.0)),
        // Java narrows by way of int, and only that step saturates
        DataType::Int8 => Arc::new(values.unary::<_, Int8Type>(|v| v.into() as i32 as i8)),
        DataType::Int16 => Arc::new(values.unary::<_, Int16Type>(|v| v.into() as i32 as i16)),
        DataType::Int32 => Arc::new(values.unary::<_, Int32Type>(|v| v.into() as i32)),
        DataType::Int64 => Arc::new(values.unary::<_, Int64Type>(|v| v.into() as i64)),
        DataType::Float32 => Arc::new(values.unary::<_, Float32Type>(|v| v.into() as f32)),
        DataType::Float64 => Arc::new(values.unary::<_, Float64Type>(Into::into)),
        DataType::Decimal128(precision, scale) => {
            // by way of the shortest text, as BigDecimal.valueOf does
            let digits =
                values.unary_opt::<_, Decimal128Type>(|v| parse_decimal(&format!("{v:e}"), *precision, *scale));
            decimals(digits, *precision, *scale)?
        }
        other => impossible(array.data_type(), other)?,
    })
}

fn to_text(array: &ArrayRef) -> ArrayRef {
    macro_rules! written {
        ($type:ty, $write:expr) => {{
            let values = array.as_primitive::<$type>();
            write_all(array, |row, out| $write(out, values.value(row)))
        }};
    }
    match array.data_type() {
        DataType::Boolean => {
            let values = array.as_boolean();
            write_all(array, |row, out| push(out, if values.value(row) { "TRUE" } else { "FALSE" }))
        }
        DataType::Int8 => written!(Int8Type, |out: &mut StringBuilder, v| push_int(out, v)),
        DataType::Int16 => written!(Int16Type, |out: &mut StringBuilder, v| push_int(out, v)),
        DataType::Int32 => written!(Int32Type, |out: &mut StringBuilder, v| push_int(out, v)),
        DataType::Int64 => written!(Int64Type, |out: &mut StringBuilder, v| push_int(out, v)),
        DataType::Float32 => written!(Float32Type, text::write_single),
        DataType::Float64 => written!(Float64Type, text::write_double),
        DataType::Decimal128(_, scale) => {
            let scale = *scale;
            written!(Decimal128Type, |out: &mut StringBuilder, v| text::write_decimal(out, v, scale))
        }
        DataType::Date32 => {
            written!(Date32Type, |out: &mut StringBuilder, v: i32| calendar::write_date(out, v.into()))
        }
        DataType::Time32(_) => written!(Time32MillisecondType, |out: &mut StringBuilder, v: i32| {
            calendar::write_time(out, i64::from(v) * 1000, if v % 1000 == 0 { 0 } else { 3 })
        }),
        DataType::Timestamp(..) => written!(TimestampMicrosecondType, calendar::write_timestamp),
        DataType::Duration(_) => written!(DurationMillisecondType, write_day_time),
        DataType::Interval(_) => written!(IntervalYearMonthType, |out: &mut StringBuilder, months: i32| {
            let sign = if months < 0 { '-' } else { '+' };
            let _ = write!(out, "{sign}{}-{:02}", months.abs() / 12, months.abs() % 12);
        }),
        _ => {
            // BYTES: UTF-8, with the replacement character for what is none
            let values = array.as_any().downcast_ref::<BinaryArray>();
            write_all(array, |row, out| {
                push(out, &values.map_or("".into(), |values| String::from_utf8_lossy(values.value(row))))
            })
        }
    }
}

fn write_all(array: &ArrayRef, write: impl Fn(usize, &mut StringBuilder)) -> ArrayRef {
    let mut out = StringBuilder::with_capacity(array.len(), array.len() * 8);
    for row in 0..array.len() {
        if array.is_null(row) {
            out.append_null();
        } else {
            write(row, &mut out);
            out.append_value("");
        }
    }
    Arc::new(out.finish())
}

fn push(out: &mut StringBuilder, text: &str) {
    let _ = out.write_str(text);
}

fn push_int(out: &mut StringBuilder, value: impl itoa::Integer) {
    push(out, itoa::Buffer::new().format(value));
}

fn write_day_time(out: &mut StringBuilder, millis: i64) {
    let sign = if millis < 0 { '-' } else { '+' };
    let positive = millis.abs();
    let seconds = positive / 1000;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    let _ = write!(out, "{sign}{days} {hours:02}:{minutes:02}:{:02}.{:03}", seconds % 60, positive % 1000);
}

fn from_text(texts: &StringArray, to: &DataType, mode: Mode) -> Values {
    macro_rules! read {
        ($type:ty, $parse:expr) => {
            Arc::new(read_all::<$type>(texts, to, mode, $parse)?)
        };
    }
    Ok(match to {
        DataType::Binary => Arc::new(texts.iter().map(|text| text.map(str::as_bytes)).collect::<BinaryArray>()),
        DataType::Boolean => {
            let mut values = Vec::with_capacity(texts.len());
            for text in texts {
                values.push(match text.map(|text| (text, parse_boolean(text))) {
                    Some((text, None)) if mode == Mode::Fail => {
                        return Err(ArrowError::ComputeError(format!("Cannot parse '{}' as BOOLEAN.", shown(text))));
                    }
                    Some((_, value)) => value,
                    None => None,
                });
            }
            Arc::new(BooleanArray::from(values))
        }
        DataType::Int8 => read!(Int8Type, |text| parse_integer(text)?.try_into().ok()),
        DataType::Int16 => read!(Int16Type, |text| parse_integer(text)?.try_into().ok()),
        DataType::Int32 => read!(Int32Type, |text| parse_integer(text)?.try_into().ok()),
        DataType::Int64 => read!(Int64Type, parse_integer),
        DataType::Float32 => read!(Float32Type, |text| parse_double(text)?.parse().ok()),
        DataType::Float64 => read!(Float64Type, |text| parse_double(text)?.parse().ok()),
        DataType::Decimal128(precision, scale) => {
            let (precision, scale) = (*precision, *scale);
            // a number that is too large for the type is NULL in either mode, text that is none is not
            let mut digits = Vec::with_capacity(texts.len());
            for text in texts {
                digits.push(match text {
                    Some(text) if is_decimal(text.trim()) => parse_decimal(text.trim(), precision, scale),
                    Some(text) if mode == Mode::Fail => return Err(unreadable(text)),
                    _ => None,
                });
            }
            decimals(PrimitiveArray::from_iter(digits), precision, scale)?
        }
        DataType::Date32 => read!(Date32Type, |text| calendar::parse_date(text).map(|day| day as i32)),
        DataType::Time32(_) => {
            read!(Time32MillisecondType, |text| { calendar::parse_time(text).map(|micros| (micros / 1000) as i32) })
        }
        DataType::Timestamp(..) => {
            let micros = read_all::<TimestampMicrosecondType>(texts, to, mode, calendar::parse_timestamp)?;
            Arc::new(micros.with_data_type(to.clone()))
        }
        other => impossible(&DataType::Utf8, other)?,
    })
}

fn read_all<T: ArrowPrimitiveType>(
    texts: &StringArray,
    to: &DataType,
    mode: Mode,
    parse: impl Fn(&str) -> Option<T::Native>,
) -> Result<PrimitiveArray<T>, ArrowError> {
    let mut values = Vec::with_capacity(texts.len());
    for text in texts {
        let value = text.and_then(&parse);
        if let (Some(text), None, Mode::Fail) = (text, &value, mode) {
            return Err(if is_numeric(to) {
                unreadable(text)
            } else {
                let name = crate::types::type_name(to);
                ArrowError::ComputeError(format!("Cannot parse '{}' as {name}.", shown(text)))
            });
        }
        values.push(value);
    }
    Ok(PrimitiveArray::from_iter(values))
}

fn unreadable(text: &str) -> ArrowError {
    ArrowError::ComputeError(format!("For input string: '{}'. Invalid character found.", shown(text)))
}

fn shown(text: &str) -> String {
    crate::error::shorten(text, 100)
}

fn parse_boolean(text: &str) -> Option<bool> {
    let text = text.trim().to_lowercase();
    match text.as_str() {
        "t" | "true" | "y" | "yes" | "1" => Some(true),
        "f" | "false" | "n" | "no" | "0" => Some(false),
        _ => None,
    }
}

/// An integer; digits behind a point are read and dropped, as Flink does.
fn parse_integer(text: &str) -> Option<i64> {
    let text = text.trim();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = whole.strip_prefix(['-', '+']).unwrap_or(whole);
    let readable = !(digits.is_empty() && fraction.is_empty())
        && digits.bytes().all(|b| b.is_ascii_digit())
        && fraction.bytes().all(|b| b.is_ascii_digit());
    match (readable, digits.is_empty()) {
        (false, _) => None,
        (true, true) => Some(0),
        (true, false) => whole.parse().ok(),
    }
}

/// The text of a double in the form Rust reads, if Java reads it as one.
fn parse_double(text: &str) -> Option<&str> {
    let text = text.trim();
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, "NaN" | "Infinity") {
        return Some(text);
    }
    unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.').then(|| text.trim_end_matches(['d', 'D', 'f', 'F']))
}

fn is_decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    !(whole.is_empty() && fraction.is_empty()) && digits(whole) && digits(fraction) && exponent.parse::<i32>().is_ok()
}

/// The digits of a decimal text at `scale`, rounded half up; `None` if it has more than `precision`.
pub(crate) fn parse_decimal(text: &str, precision: u8, scale: i8) -> Option<i128> {
    if !is_decimal(text) {
        return None;
    }
    let negative = text.starts_with('-');
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = [whole, fraction].concat();
    let digits = digits.trim_start_matches('0');
    // how many of the digits are kept; zeros are added where it is more than there are
    let exponent: i64 = exponent.parse().ok()?;
    let kept = digits.len() as i64 - fraction.len() as i64 + exponent + i64::from(scale);
    let mut value: i128 = 0;
    if kept > i64::from(precision) && !digits.is_empty() {
        return None;
    }
    for at in 0..kept.max(0) as usize {
        let digit = digits.as_bytes().get(at).map_or(0, |b| b - b'0');
        value = value.checked_mul(10)?.checked_add(digit.into())?;
    }
    if kept >= 0 && digits.as_bytes().get(kept as usize).is_some_and(|b| *b >= b'5') {
        value += 1;
    }
    (value < pow10(precision.into())).then_some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use crate::expression::testing;
    use crate::expression::testing::*;
    use arrow::array::{ArrayRef, AsArray, RecordBatch};
    use arrow::datatypes::Int32Type;

    fn as_text(batch: &RecordBatch, type_text: &str) -> Vec<String> {
        let expr = testing::cast(testing::cast(col("x"), type_text), "STRING");
        evaluate(batch, &expr).as_string::<i32>().iter().map(|t| t.unwrap_or("null").to_owned()).collect()
    }

    fn column(values: ArrayRef) -> RecordBatch {
        batch(vec![("x", values)])
    }

    #[test]
    fn numbers_narrow_as_in_java() {
        // (byte) 300 is 44, (int) 3e9 is Integer.MAX_VALUE, (byte) 300.7 is 44, (int) NaN is 0
        assert_eq!(as_text(&column(ints([300, -1])), "TINYINT"), ["44", "-1"]);
        assert_eq!(as_text(&column(longs([1 << 32, 5])), "INT"), ["0", "5"]);
        assert_eq!(as_text(&column(doubles([3e9, -1.9, f64::NAN])), "INT"), ["2147483647", "-1", "0"]);
        assert_eq!(as_text(&column(doubles([300.7])), "TINYINT"), ["44"]);
        assert_eq!(as_text(&column(ints([0, 7])), "BOOLEAN"), ["FALSE", "TRUE"]);
        assert_eq!(as_text(&column(bools([Some(true), None])), "INT"), ["1", "null"]);
    }

    #[test]
    fn decimals_round_half_up_and_overflow_to_null() {
        assert_eq!(as_text(&column(doubles([1.005, -2.345, 1e9])), "DECIMAL(5, 2)"), ["1.01", "-2.35", "null"]);
        assert_eq!(as_text(&column(texts(["12.345", "1e3", "99999"])), "DECIMAL(6, 2)"), ["12.35", "1000.00", "null"]);
        assert_eq!(as_text(&column(decimals(5, 3, [1_995, -1_995])), "DECIMAL(4, 1)"), ["2.0", "-2.0"]);
        assert_eq!(as_text(&column(decimals(5, 3, [1_995, -1_995])), "INT"), ["1", "-1"]);
        assert_eq!(as_text(&column(decimals(5, 2, [110])), "DOUBLE"), ["1.1"]);
        assert_eq!(as_text(&column(ints([5])), "DECIMAL(3, 1)"), ["5.0"]);
    }

    #[test]
    fn texts_are_read() {
        assert_eq!(as_text(&column(texts([" 42 ", "-7", "1.9"])), "INT"), ["42", "-7", "1"]);
        assert_eq!(as_text(&column(texts(["1e2", "NaN", " .5 "])), "DOUBLE"), ["100.0", "NaN", "0.5"]);
        assert_eq!(as_text(&column(texts(["Yes", "0"])), "BOOLEAN"), ["TRUE", "FALSE"]);
        assert_eq!(as_text(&column(texts(["2024-1-5"])), "DATE"), ["2024-01-05"]);
        assert_eq!(as_text(&column(texts(["12:30"])), "TIME"), ["12:30:00"]);
        assert_eq!(as_text(&column(texts(["2024-01-05"])), "TIMESTAMP"), ["2024-01-05 00:00:00.000000"]);
        assert_eq!(as_text(&column(timestamps(["2024-01-05 10:00:00"])), "DATE"), ["2024-01-05"]);
        assert_eq!(as_text(&column(timestamps(["2024-01-05 10:00:00"])), "TIME"), ["10:00:00"]);
    }

    #[test]
    fn what_cannot_be_read_fails_or_is_null() {
        let batch = column(opt_texts([Some("1"), Some("abc"), None, Some("3000000000")]));
        let failing = testing::cast(col("x"), "INT");
        let error = failing.bind(batch.schema_ref()).unwrap().evaluate(&batch).unwrap_err();
        assert_eq!(error.message(), "For input string: 'abc'. Invalid character found. in cast(x, INT)");
        assert_eq!(error.input(), Some("x=abc"));
        assert!(error.hint().is_some_and(|hint| hint.contains("try_cast")));
        let values = evaluate(&batch, &try_cast(col("x"), "INT"));
        assert_eq!(values.as_primitive::<Int32Type>().iter().collect::<Vec<_>>(), [Some(1), None, None, None]);
    }

    #[test]
    fn impossible_casts_are_refused() {
        let batch = column(ints([1]));
        let message = testing::cast(col("x"), "DATE").bind(batch.schema_ref()).err().unwrap().to_string();
        assert!(message.contains("cast(x, DATE): converting between INT and DATE is not possible"), "{message}");
    }
}
