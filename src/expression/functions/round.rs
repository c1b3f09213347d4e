//! `round` and `truncate`, on the decimal rendering of a number: `BigDecimal.valueOf(x).setScale(n, HALF_UP)`.
//!
//! 2.675 is stored as 2.67499999…, but written 2.675, so it rounds to 2.68 as it does in Flink.

use std::sync::Arc;

use arrow::array::{ArrowPrimitiveType, PrimitiveArray};
use arrow::datatypes::{DataType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use datafusion_common::ScalarValue;

use super::decimal::{divide_half_up, pow10};
use super::{Call, Found};
use crate::expression::bind::Typed;
use crate::expression::error::ExpressionError;
use crate::expression::function::{Arg, Values};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rounding {
    HalfUp,
    Down,
}

pub(super) fn bind(call: &Call<'_>) -> Found {
    Some(match call.name {
        "round" => rounded(call, Rounding::HalfUp),
        "truncate" => rounded(call, Rounding::Down),
        _ => return None,
    })
}

fn rounded(call: &Call<'_>, rounding: Rounding) -> Result<Typed, ExpressionError> {
    call.args(1, 2)?;
    let value = call.args[0].clone();
    let places = match call.args.len() {
        1 => Typed::value(ScalarValue::Int64(Some(0))),
        _ => call.integer(1)?,
    };
    let data_type = value.data_type.clone();
    let returns = match &data_type {
        DataType::Decimal128(precision, scale) => match places.literal() {
            Some(ScalarValue::Int64(Some(places))) => {
                let (precision, scale) = decimal_type(*precision, *scale, *places);
                DataType::Decimal128(precision, scale)
            }
            // the scale cannot depend on the record
            _ => data_type.clone(),
        },
        DataType::Float32 | DataType::Float64 => data_type.clone(),
        other if crate::expression::types::is_integer(other) => data_type.clone(),
        _ => return Err(call.wrong(0, "a number")),
    };
    let to = returns.clone();
    Ok(call.total(vec![value, places], returns, move |args, rows| match (&data_type, &to) {
        (DataType::Int8, _) => each::<Int8Type>(args, rows, |v, n| integer(v.into(), n, rounding) as i8),
        (DataType::Int16, _) => each::<Int16Type>(args, rows, |v, n| integer(v.into(), n, rounding) as i16),
        (DataType::Int32, _) => each::<Int32Type>(args, rows, |v, n| integer(v.into(), n, rounding) as i32),
        (DataType::Int64, _) => each::<Int64Type>(args, rows, |v, n| integer(v, n, rounding) as i64),
        (DataType::Float32, _) => each::<Float32Type>(args, rows, |v, n| single(v, n, rounding)),
        (DataType::Decimal128(_, from), DataType::Decimal128(precision, scale)) => {
            let values = rows_of::<Decimal128Type>(args, rows, |v, n| decimal(v, *from, *scale, n, rounding));
            Ok(Arc::new(values.with_precision_and_scale(*precision, *scale)?))
        }
        _ => each::<Float64Type>(args, rows, |v, n| double(v, n, rounding)),
    }))
}

/// One digit more before the point, as 9.9 rounds to 10.
fn decimal_type(precision: u8, scale: i8, places: i64) -> (u8, i8) {
    if places >= i64::from(scale) {
        (precision, scale)
    } else if places < 0 {
        ((1 + precision as i16 - i16::from(scale)).min(38) as u8, 0)
    } else {
        ((1 + precision as i16 - i16::from(scale) + places as i16) as u8, places as i8)
    }
}

fn each<T: ArrowPrimitiveType>(args: &[Arg], rows: usize, f: impl Fn(T::Native, i64) -> T::Native) -> Values {
    Ok(Arc::new(rows_of::<T>(args, rows, f)))
}

fn rows_of<T: ArrowPrimitiveType>(
    args: &[Arg],
    rows: usize,
    f: impl Fn(T::Native, i64) -> T::Native,
) -> PrimitiveArray<T> {
    if let (false, true, Some(places)) = (args[0].scalar, args[1].scalar, args[1].value::<Int64Type>(0)) {
        return args[0].primitive::<T>().unary(|value| f(value, places));
    }
    let values = (0..rows).map(|row| Some(f(args[0].value::<T>(row)?, args[1].value::<Int64Type>(row)?)));
    values.collect()
}

fn cut(value: i128, digits: i64, rounding: Rounding) -> i128 {
    match digits {
        ..=0 => value,
        1..=38 => {
            let unit = pow10(digits as u32);
            let quotient = if rounding == Rounding::HalfUp { divide_half_up(value, unit) } else { value / unit };
            quotient.saturating_mul(unit)
        }
        _ => 0,
    }
}

fn integer(value: i64, places: i64, rounding: Rounding) -> i128 {
    cut(value.into(), -places, rounding)
}

fn decimal(digits: i128, from: i8, to: i8, places: i64, rounding: Rounding) -> i128 {
    let places = places.clamp(-38, i64::from(from));
    let rounded = cut(digits, i64::from(from) - places, rounding);
    if to < from { rounded / pow10((from - to) as u32) } else { rounded }
}

fn double(value: f64, places: i64, rounding: Rounding) -> f64 {
    if !value.is_finite() || value == 0.0 {
        return value;
    }
    if let Ok(exponent @ 0..=15) = i32::try_from(places) {
        let unit = 10_f64.powi(exponent);
        let scaled = value * unit;
        // below 2^43 the product is off by less than 2^-9: away from the boundary its rounding is certain,
        // and whole numbers divided by a power of ten up to 10^22 round correctly
        if scaled.abs() < (1_i64 << 43) as f64 {
            let fraction = (scaled - scaled.trunc()).abs();
            const MARGIN: f64 = 1.0 / 512.0;
            let certain = match rounding {
                Rounding::HalfUp => (fraction - 0.5).abs() > MARGIN,
                Rounding::Down => fraction > MARGIN && fraction < 1.0 - MARGIN,
            };
            if certain {
                let whole = if rounding == Rounding::HalfUp { scaled.round() } else { scaled.trunc() };
                // BigDecimal has no negative zero
                return if whole == 0.0 { 0.0 } else { whole / unit };
            }
        }
    }
    rendered(&format!("{value:e}"), places, rounding).parse().unwrap_or(value)
}

fn single(value: f32, places: i64, rounding: Rounding) -> f32 {
    if !value.is_finite() || value == 0.0 {
        return value;
    }
    rendered(&format!("{value:e}"), places, rounding).parse().unwrap_or(value)
}

/// Rounds the shortest text of a number (`-1.25e-7`); the result is text that reads back exactly.
fn rendered(shortest: &str, places: i64, rounding: Rounding) -> String {
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((shortest, "0"));
    let exponent: i64 = exponent.parse().unwrap_or(0);
    let scale = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len() as i64) - exponent;
    // at most 17 digits, so this fits
    let digits: i128 = mantissa.replace('.', "").parse().unwrap_or(0);
    format!("{}e{}", cut(digits, scale.saturating_sub(places), rounding), -scale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::testing::*;

    fn round(value: f64, places: i64) -> f64 {
        double(value, places, Rounding::HalfUp)
    }

    #[test]
    fn doubles_round_as_they_are_written() {
        // what BigDecimal.valueOf(x).setScale(n, HALF_UP) gives; the nearest double of 2.675 is below it
        assert_eq!(round(2.675, 2), 2.68);
        assert_eq!(round(1.005, 2), 1.01);
        assert_eq!(round(-1.005, 2), -1.01);
        assert_eq!(round(2.5, 0), 3.0);
        assert_eq!(round(-2.5, 0), -3.0);
        assert_eq!(round(0.1 + 0.2, 2), 0.3);
        assert_eq!(round(1234.5678, -2), 1200.0);
        assert_eq!(round(1e300, 2), 1e300);
        assert_eq!(round(5e-324, 3), 0.0);
        assert_eq!(round(123456789.125, 2), 123456789.13);
        assert_eq!(round(0.285, 2), 0.29);
        assert_eq!(round(f64::INFINITY, 2), f64::INFINITY);
        assert_eq!(double(-1.999, 2, Rounding::Down), -1.99);
        assert_eq!(double(0.29, 2, Rounding::Down), 0.29);
    }

    #[test]
    fn the_fast_way_gives_what_the_slow_way_gives() {
        let mut seed = 42_u64;
        for _ in 0..20_000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let value = ((seed >> 20) as f64 / 1e6 - 8e6) / 7.0;
            for places in 0..5 {
                for rounding in [Rounding::HalfUp, Rounding::Down] {
                    let slow: f64 = rendered(&format!("{value:e}"), places, rounding).parse().unwrap();
                    assert_eq!(double(value, places, rounding), slow, "{value} {places}");
                }
            }
        }
    }

    #[test]
    fn other_types_keep_theirs() {
        let batch =
            batch(vec![("i", ints([155, -155])), ("n", decimals(6, 3, [9_995, -1_234])), ("f", singles([2.675, 0.5]))]);
        assert_eq!(int_values(&batch, "round", &[col("i"), int(-1)]), [Some(160), Some(-160)]);
        assert_eq!(int_values(&batch, "truncate", &[col("i"), int(-1)]), [Some(150), Some(-150)]);
        // DECIMAL(6, 3) to two places: DECIMAL(1 + 6 - 3 + 2, 2)
        assert_eq!(
            decimal_values(&batch, "round", &[col("n"), int(2)]),
            ("DECIMAL(6, 2)".into(), vec![Some(1_000), Some(-123)])
        );
        assert_eq!(
            decimal_values(&batch, "round", &[col("n"), int(-1)]),
            ("DECIMAL(4, 0)".into(), vec![Some(10), Some(0)])
        );
        assert_eq!(decimal_values(&batch, "round", &[col("n"), int(5)]).0, "DECIMAL(6, 3)");
        assert_eq!(strings(&batch, "concat", &[call("round", &[col("f"), int(2)])]), [Some("2.68"), Some("0.5")]);
    }

    #[test]
    fn places_may_differ_from_record_to_record() {
        let batch = batch(vec![("d", doubles([1.25, 1.25])), ("n", opt_ints([Some(1), None]))]);
        assert_eq!(double_values(&batch, "round", &[col("d"), col("n")]), [Some(1.3), None]);
    }
}
