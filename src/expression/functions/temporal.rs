//! Dates, times and timestamps: parts of them, rounding, text. Timestamps with a zone are shown in UTC.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, PrimitiveArray};
use arrow::datatypes::{
    DataType, Date32Type, DurationMillisecondType, Int64Type, Time32MillisecondType, TimestampMicrosecondType,
};
use arrow::error::ArrowError;

use super::string::written;
use super::{Call, Found};
use crate::expression::bind::Typed;
use crate::expression::calendar::{self, MICROS_PER_DAY, civil, days, days_in_month, iso_week, iso_weekday};
use crate::expression::cast::{Mode, cast};
use crate::expression::error::ExpressionError;
use crate::expression::function::{Arg, Values, function};
use crate::expression::pattern::Pattern;
use crate::expression::types::{TIMESTAMP, is_integer, is_string, is_temporal, timestamp_ltz};

type Bound = Result<Typed, ExpressionError>;

pub(super) fn bind(call: &Call<'_>) -> Found {
    Some(match call.name {
        "extract" => extract(call),
        "floor" => rounded(call, false),
        "ceil" => rounded(call, true),
        "toDate" => to_date(call),
        "toTimestamp" => to_timestamp(call),
        "toTimestampLtz" | "TO_TIMESTAMP_LTZ" => to_timestamp_ltz(call),
        "dateFormat" => date_format(call),
        "fromUnixtime" => from_unixtime(call),
        "unixTimestamp" => unix_timestamp(call),
        "timestampDiff" => timestamp_diff(call),
        "toInterval" => to_interval(call),
        _ => return None,
    })
}

/// The argument in microseconds: a date at midnight, a time on 1970-01-01.
fn micros(call: &Call<'_>, index: usize) -> Bound {
    let arg = &call.args[index];
    match &arg.data_type {
        DataType::Timestamp(..) => Ok(arg.clone()),
        DataType::Date32 => cast(arg.clone(), &TIMESTAMP, Mode::Fail, &call.text),
        DataType::Utf8 if arg.literal().is_some() => cast(arg.clone(), &TIMESTAMP, Mode::Fail, &call.text),
        DataType::Time32(_) => Ok(function("time", vec![arg.clone()], TIMESTAMP, false, |args, _| {
            let times = args[0].primitive::<Time32MillisecondType>();
            let micros: PrimitiveArray<TimestampMicrosecondType> = times.unary(|millis| i64::from(millis) * 1000);
            Ok(Arc::new(micros))
        })),
        _ => Err(call.wrong(index, "a date, time or timestamp")),
    }
}

fn longs(arg: &Arg, f: impl Fn(i64) -> i64) -> Values {
    Ok(Arc::new(arg.primitive::<TimestampMicrosecondType>().unary::<_, Int64Type>(f)))
}

fn pattern(call: &Call<'_>, index: usize, default: &str) -> Result<Pattern, ExpressionError> {
    let text = if index < call.args.len() { call.symbol(index)? } else { default };
    Pattern::new(text).map_err(|message| call.invalid(message))
}

/// `extract(unit, time)`.
fn extract(call: &Call<'_>) -> Bound {
    call.args(2, 2)?;
    let part: fn(i64) -> i64 = match call.symbol(0)? {
        "YEAR" => |at| date(at).0,
        "QUARTER" => |at| (i64::from(date(at).1) + 2) / 3,
        "MONTH" => |at| date(at).1.into(),
        "WEEK" => |at| iso_week(at.div_euclid(MICROS_PER_DAY)),
        "DAY" => |at| date(at).2.into(),
        "DOY" => |at| at.div_euclid(MICROS_PER_DAY) - days(date(at).0, 1, 1) + 1,
        // Sunday is 1 in Flink's DOW, Monday in ISODOW
        "DOW" => |at| iso_weekday(at.div_euclid(MICROS_PER_DAY)) % 7 + 1,
        "ISODOW" => |at| iso_weekday(at.div_euclid(MICROS_PER_DAY)),
        "HOUR" => |at| at.rem_euclid(MICROS_PER_DAY) / 3_600_000_000,
        "MINUTE" => |at| at.rem_euclid(3_600_000_000) / 60_000_000,
        "SECOND" => |at| at.rem_euclid(60_000_000) / 1_000_000,
        "MILLISECOND" => |at| at.rem_euclid(1_000_000) / 1000,
        "MICROSECOND" => |at| at.rem_euclid(1_000_000),
        "EPOCH" => |at| at.div_euclid(1_000_000),
        unit => return Err(call.invalid(format!("there is no part {unit} of a time"))),
    };
    Ok(call.total(vec![micros(call, 1)?], DataType::Int64, move |args, _| longs(&args[0], part)))
}

fn date(at: i64) -> (i64, u32, u32) {
    civil(at.div_euclid(MICROS_PER_DAY))
}

/// `floor(time, unit)` and `ceil(time, unit)`.
fn rounded(call: &Call<'_>, up: bool) -> Bound {
    call.args(1, 2)?;
    if call.args.len() == 1 {
        return Err(call.invalid("a time is rounded to a unit, as in floor(TimeIntervalUnit.DAY)"));
    }
    let unit = Unit::new(call.symbol(1)?).ok_or_else(|| call.invalid("there is no such unit to round to"))?;
    let data_type = call.args[0].data_type.clone();
    if !is_temporal(&data_type) {
        return Err(call.wrong(0, "a date, time or timestamp"));
    }
    let to = match &data_type {
        DataType::Timestamp(..) => data_type.clone(),
        _ => TIMESTAMP,
    };
    let returns = to.clone();
    let moved = function(call.name, vec![micros(call, 0)?], returns, false, move |args, _| {
        let values = args[0].primitive::<TimestampMicrosecondType>();
        let moved: PrimitiveArray<TimestampMicrosecondType> = values.unary(|at| {
            let start = unit.start(at);
            if up && start < at { unit.next(start) } else { start }
        });
        Ok(Arc::new(moved.with_data_type(to.clone())))
    });
    cast(moved, &data_type, Mode::Fail, &call.text)
}

#[derive(Debug, Clone, Copy)]
enum Unit {
    Months(i64),
    Week,
    Micros(i64),
}

impl Unit {
    fn new(name: &str) -> Option<Unit> {
        Some(match name {
            "YEAR" => Unit::Months(12),
            "QUARTER" => Unit::Months(3),
            "MONTH" => Unit::Months(1),
            "WEEK" => Unit::Week,
            "DAY" => Unit::Micros(MICROS_PER_DAY),
            "HOUR" => Unit::Micros(3_600_000_000),
            "MINUTE" => Unit::Micros(60_000_000),
            "SECOND" => Unit::Micros(1_000_000),
            "MILLISECOND" => Unit::Micros(1_000),
            "MICROSECOND" => Unit::Micros(1),
            _ => return None,
        })
    }

    fn start(self, at: i64) -> i64 {
        match self {
            Unit::Micros(unit) => at.div_euclid(unit) * unit,
            // weeks begin on Sunday, as in Calcite's FLOOR(… TO WEEK)
            Unit::Week => (at.div_euclid(MICROS_PER_DAY) + 4).div_euclid(7) * 7 * MICROS_PER_DAY - 4 * MICROS_PER_DAY,
            Unit::Months(count) => {
                let (year, month, _) = date(at);
                let first = (i64::from(month) - 1) / count * count + 1;
                days(year, first as u32, 1) * MICROS_PER_DAY
            }
        }
    }

    fn next(self, start: i64) -> i64 {
        match self {
            Unit::Micros(unit) => start + unit,
            Unit::Week => start + 7 * MICROS_PER_DAY,
            Unit::Months(count) => add_months(start, count),
        }
    }
}

/// The same day of another month, or its last one.
fn add_months(at: i64, months: i64) -> i64 {
    let (year, month, day) = date(at);
    let total = year * 12 + i64::from(month) - 1 + months;
    let (year, month) = (total.div_euclid(12), total.rem_euclid(12) as u32 + 1);
    days(year, month, day.min(days_in_month(year, month))) * MICROS_PER_DAY + at.rem_euclid(MICROS_PER_DAY)
}

/// Rounds a timestamp down to so many digits of a second.
pub(crate) fn keep_digits(arg: Typed, digits: u32) -> Typed {
    let data_type = arg.data_type.clone();
    let unit = 10_i64.pow(6 - digits);
    let to = data_type.clone();
    let fallible = arg.fallible;
    function("cast", vec![arg], data_type, fallible, move |args, _| {
        let values = args[0].primitive::<TimestampMicrosecondType>();
        let cut: PrimitiveArray<TimestampMicrosecondType> = values.unary(|at| at.div_euclid(unit) * unit);
        Ok(Arc::new(cut.with_data_type(to.clone())))
    })
}

/// Text that does not follow the pattern gives NULL, as Flink's TO_DATE and TO_TIMESTAMP do.
fn parsed(call: &Call<'_>, pattern: Pattern, returns: DataType, value: fn(i64) -> i64) -> Bound {
    let to = returns.clone();
    Ok(call.total(vec![call.string(0)?], returns, move |args, rows| {
        let values: Int64Array = (0..rows).map(|row| pattern.parse(args[0].text(row)?).map(value)).collect();
        as_type(values, &to)
    }))
}

fn as_type(values: Int64Array, to: &DataType) -> Values {
    Ok(match to {
        DataType::Date32 => Arc::new(values.unary::<_, Date32Type>(|day| day as i32)),
        DataType::Int64 => Arc::new(values),
        _ => {
            let micros: PrimitiveArray<TimestampMicrosecondType> = values.reinterpret_cast();
            Arc::new(micros.with_data_type(to.clone()))
        }
    })
}

fn to_date(call: &Call<'_>) -> Bound {
    call.args(1, 2)?;
    parsed(call, pattern(call, 1, "yyyy-MM-dd")?, DataType::Date32, |at| at.div_euclid(MICROS_PER_DAY))
}

fn to_timestamp(call: &Call<'_>) -> Bound {
    if call.args(1, 2)?.len() == 1 {
        return cast(call.string(0)?, &TIMESTAMP, Mode::Null, &call.text);
    }
    parsed(call, pattern(call, 1, "")?, TIMESTAMP, |at| at)
}

/// Seconds (precision 0) or milliseconds (3) since 1970.
fn to_timestamp_ltz(call: &Call<'_>) -> Bound {
    use datafusion_common::ScalarValue::{Int8, Int16, Int32, Int64};
    call.args(1, 3)?;
    if is_string(&call.args[0].data_type) {
        return match call.args.len() {
            1 => cast(call.string(0)?, &timestamp_ltz(), Mode::Null, &call.text),
            2 => parsed(call, pattern(call, 1, "")?, timestamp_ltz(), |at| at),
            _ => Err(call.invalid("time zones are not part of the engine; leave the third argument out")),
        };
    }
    let precision = match call.args.get(1) {
        None => Some(3),
        Some(arg) => match arg.literal() {
            Some(Int8(value)) => value.map(i64::from),
            Some(Int16(value)) => value.map(i64::from),
            Some(Int32(value)) => value.map(i64::from),
            Some(Int64(value)) => *value,
            _ => None,
        },
    };
    let unit = match precision {
        Some(0) => 1_000_000,
        Some(3) => 1_000,
        _ => return Err(call.invalid("the precision is 0 (seconds) or 3 (milliseconds)")),
    };
    let value = if is_integer(&call.args[0].data_type) {
        call.integer(0)?
    } else {
        // a fraction of the unit counts
        let scaled = call.number(0, &DataType::Float64)?;
        return Ok(call.total(vec![scaled], timestamp_ltz(), move |args, _| {
            let values = args[0].primitive::<arrow::datatypes::Float64Type>();
            as_type(values.unary::<_, Int64Type>(|v| (v * unit as f64) as i64), &timestamp_ltz())
        }));
    };
    Ok(call.total(vec![value], timestamp_ltz(), move |args, _| {
        let values = args[0].primitive::<Int64Type>();
        as_type(values.unary_opt::<_, Int64Type>(|v| v.checked_mul(unit)), &timestamp_ltz())
    }))
}

fn date_format(call: &Call<'_>) -> Bound {
    call.args(2, 2)?;
    let pattern = pattern(call, 1, "")?;
    let time = match is_string(&call.args[0].data_type) {
        true => cast(call.args[0].clone(), &TIMESTAMP, Mode::Null, &call.text)?,
        false => micros(call, 0)?,
    };
    Ok(call.total(vec![time], DataType::Utf8, move |args, rows| Ok(formatted(&args[0], rows, &pattern, 1))))
}

fn formatted(arg: &Arg, rows: usize, pattern: &Pattern, unit: i64) -> ArrayRef {
    let values: ArrayRef = match arg.array.data_type() {
        DataType::Int64 => arg.array.clone(),
        _ => Arc::new(arg.primitive::<TimestampMicrosecondType>().reinterpret_cast::<Int64Type>()),
    };
    let args = [Arg { array: values, scalar: arg.scalar }];
    written(&args, rows, |args, row, out| {
        pattern.format(args[0].value::<Int64Type>(row)?.saturating_mul(unit), out);
        Some(())
    })
}

const STANDARD: &str = "yyyy-MM-dd HH:mm:ss";

fn from_unixtime(call: &Call<'_>) -> Bound {
    call.args(1, 2)?;
    let pattern = pattern(call, 1, STANDARD)?;
    Ok(call.total(vec![call.integer(0)?], DataType::Utf8, move |args, rows| {
        Ok(formatted(&args[0], rows, &pattern, 1_000_000))
    }))
}

fn unix_timestamp(call: &Call<'_>) -> Bound {
    if call.args.is_empty() {
        let reason = "without arguments it reads a clock; use a process function's context".to_owned();
        return Err(ExpressionError::Unsupported { name: call.text.clone(), reason });
    }
    call.args(1, 2)?;
    let pattern = pattern(call, 1, STANDARD)?;
    let texts = call.string(0)?;
    // Flink gives Long.MIN_VALUE for text it cannot read
    Ok(call.total(vec![texts], DataType::Int64, move |args, rows| {
        let seconds = |text: &str| pattern.parse(text).map_or(i64::MIN, |at| at.div_euclid(1_000_000));
        Ok(Arc::new((0..rows).map(|row| args[0].text(row).map(seconds)).collect::<Int64Array>()))
    }))
}

/// `timestampDiff(unit, from, to)`: whole units between two times.
fn timestamp_diff(call: &Call<'_>) -> Bound {
    call.args(3, 3)?;
    let unit = Unit::new(call.symbol(0)?).ok_or_else(|| call.invalid("there is no such unit to count"))?;
    let args = vec![micros(call, 1)?, micros(call, 2)?];
    Ok(call.total(args, DataType::Int32, move |args, rows| {
        let values = (0..rows).map(|row| {
            let from = args[0].value::<TimestampMicrosecondType>(row)?;
            let to = args[1].value::<TimestampMicrosecondType>(row)?;
            Some(between(unit, from, to) as i32)
        });
        Ok(Arc::new(values.collect::<PrimitiveArray<arrow::datatypes::Int32Type>>()))
    }))
}

fn between(unit: Unit, from: i64, to: i64) -> i64 {
    match unit {
        Unit::Micros(unit) => (to - from) / unit,
        Unit::Week => (to - from) / (7 * MICROS_PER_DAY),
        Unit::Months(count) => {
            let ((y1, m1, _), (y2, m2, _)) = (date(from), date(to));
            let mut months = (y2 - y1) * 12 + i64::from(m2) - i64::from(m1);
            if months > 0 && add_months(from, months) > to {
                months -= 1;
            } else if months < 0 && add_months(from, months) < to {
                months += 1;
            }
            months / count
        }
    }
}

/// `toInterval(n, unit)`: a number of units as an interval, for amounts that come with the records.
fn to_interval(call: &Call<'_>) -> Bound {
    use crate::expression::types::{DAY_TIME, YEAR_MONTH};
    call.args(2, 2)?;
    let factor = match call.symbol(1)? {
        "WEEK" => 7 * calendar::MILLIS_PER_DAY,
        "DAY" => calendar::MILLIS_PER_DAY,
        "HOUR" => 3_600_000,
        "MINUTE" => 60_000,
        "SECOND" => 1_000,
        "MILLISECOND" => 1,
        unit @ ("YEAR" | "QUARTER" | "MONTH") => {
            let months = match unit {
                "YEAR" => 12,
                "QUARTER" => 3,
                _ => 1,
            };
            return Ok(call.partial(vec![call.integer(0)?], YEAR_MONTH, move |args, _| {
                let values = args[0].primitive::<Int64Type>();
                let overflow = || ArrowError::ComputeError("the interval is too long".into());
                Ok(Arc::new(values.try_unary::<_, arrow::datatypes::IntervalYearMonthType, _>(|v| {
                    v.checked_mul(months).and_then(|m| i32::try_from(m).ok()).ok_or_else(overflow)
                })?))
            }));
        }
        unit => return Err(call.invalid(format!("there is no interval of {unit}"))),
    };
    Ok(call.total(vec![call.integer(0)?], DAY_TIME, move |args, _| {
        let values = args[0].array.as_primitive::<Int64Type>();
        Ok(Arc::new(values.unary::<_, DurationMillisecondType>(|v| v.wrapping_mul(factor))))
    }))
}

#[cfg(test)]
mod tests {
    use crate::expression::testing::*;

    #[test]
    fn parts_of_a_time() {
        let batch = batch(vec![
            ("t", timestamps(["2024-02-29 13:14:15.016017", "1969-12-31 23:59:59.999000"])),
            ("d", dates(["2024-02-29", "1969-12-31"])),
        ]);
        let part = |unit: &str, column: &str| long_values(&batch, "extract", &[symbol(unit), col(column)]);
        assert_eq!(part("YEAR", "t"), [Some(2024), Some(1969)]);
        assert_eq!(part("QUARTER", "t"), [Some(1), Some(4)]);
        assert_eq!(part("DAY", "d"), [Some(29), Some(31)]);
        assert_eq!(part("DOY", "d"), [Some(60), Some(365)]);
        // 29 February 2024 was a Thursday, 31 December 1969 a Wednesday
        assert_eq!(part("DOW", "d"), [Some(5), Some(4)]);
        assert_eq!(part("HOUR", "t"), [Some(13), Some(23)]);
        assert_eq!(part("SECOND", "t"), [Some(15), Some(59)]);
        assert_eq!(part("MILLISECOND", "t"), [Some(16), Some(999)]);
        assert_eq!(part("EPOCH", "t")[1], Some(-1));
    }

    #[test]
    fn rounding_to_units() {
        let batch = batch(vec![("t", timestamps(["2024-02-29 13:14:15.5"])), ("d", dates(["2024-02-29"]))]);
        let floor = |unit: &str| timestamp_texts(&batch, "floor", &[col("t"), symbol(unit)]).remove(0);
        assert_eq!(floor("YEAR"), "2024-01-01 00:00:00.000000");
        assert_eq!(floor("WEEK"), "2024-02-25 00:00:00.000000");
        assert_eq!(floor("MINUTE"), "2024-02-29 13:14:00.000000");
        let ceil = |unit: &str| timestamp_texts(&batch, "ceil", &[col("t"), symbol(unit)]).remove(0);
        assert_eq!(ceil("MONTH"), "2024-03-01 00:00:00.000000");
        assert_eq!(ceil("HOUR"), "2024-02-29 14:00:00.000000");
        assert_eq!(date_texts(&batch, "floor", &[col("d"), symbol("MONTH")]), ["2024-02-01"]);
    }

    #[test]
    fn texts_to_times_and_back() {
        let batch = batch(vec![("s", opt_texts([Some("15/02/2023 10:00"), Some("x"), None]))]);
        let read = call("toTimestamp", &[col("s"), text("dd/MM/yyyy HH:mm")]);
        assert_eq!(
            strings(&batch, "dateFormat", &[read, text("yyyy-MM-dd'T'HH:mm:ss")]),
            [Some("2023-02-15T10:00:00"), None, None]
        );
        assert_eq!(one("fromUnixtime", &[int(44)]), Some("1970-01-01 00:00:44".into()));
        assert_eq!(long_values(&batch, "unixTimestamp", &[text("1970-01-01 00:00:44")])[0], Some(44));
        assert_eq!(date_texts(&batch.slice(0, 1), "toDate", &[text("2018-03-18")]), ["2018-03-18"]);
    }

    #[test]
    fn epoch_numbers() {
        let batch = batch(vec![("n", longs([4_001]))]);
        assert_eq!(timestamp_texts(&batch, "toTimestampLtz", &[col("n"), int(3)]), ["1970-01-01 00:00:04.001000"]);
        assert_eq!(timestamp_texts(&batch, "toTimestampLtz", &[col("n"), int(0)]), ["1970-01-01 01:06:41.000000"]);
    }

    #[test]
    fn differences_count_whole_units() {
        let batch = batch(vec![("a", timestamps(["2016-01-31 00:00:00"])), ("b", timestamps(["2016-02-29 12:00:00"]))]);
        let diff = |unit: &str| int_values(&batch, "timestampDiff", &[symbol(unit), col("a"), col("b")])[0];
        // 29 days and a half; the 31st becomes 29 February, so a month has passed
        assert_eq!(diff("DAY"), Some(29));
        assert_eq!(diff("HOUR"), Some(708));
        assert_eq!(diff("MONTH"), Some(1));
        assert_eq!(diff("YEAR"), Some(0));
    }

    #[test]
    fn a_timestamp_of_three_digits_is_cut_to_milliseconds() {
        let batch = batch(vec![("s", texts(["2024-01-01 00:00:00.123456"]))]);
        assert_eq!(
            timestamp_texts(
                &batch,
                "ifThenElse",
                &[bool_lit(true), cast(col("s"), "TIMESTAMP(3)"), cast(null(), "TIMESTAMP(3)")]
            ),
            ["2024-01-01 00:00:00.123000"]
        );
    }

    #[test]
    fn intervals_from_columns() {
        let batch = batch(vec![("t", timestamps(["2024-01-01 00:00:00"])), ("n", ints([90]))]);
        let interval = call("toInterval", &[col("n"), symbol("SECOND")]);
        assert_eq!(timestamp_texts(&batch, "plus", &[col("t"), interval]), ["2024-01-01 00:01:30.000000"]);
    }
}
