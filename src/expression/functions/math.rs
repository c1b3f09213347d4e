//! Functions of numbers that give a DOUBLE, and `abs`, `sign`, `floor`, `ceil`, which keep the type.

use std::sync::Arc;

use arrow::array::{ArrowNativeTypeOp, ArrowPrimitiveType, PrimitiveArray};
use arrow::datatypes::{DataType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use datafusion_common::ScalarValue;

use super::decimal::pow10;
use super::{Call, Found};
use crate::expression::bind::Typed;
use crate::expression::error::ExpressionError;
use crate::expression::function::{Arg, Values, map2};
use crate::expression::types::{is_integer, is_temporal};

type Bound = Result<Typed, ExpressionError>;

pub(super) fn bind(call: &Call<'_>) -> Found {
    Some(match call.name {
        "abs" => same(call, |call, data_type| Ok(keep(call, data_type, |v| v.wrapping_abs(), f64::abs, |v| v.abs()))),
        "sign" => same(call, |call, data_type| Ok(keep(call, data_type, i64::signum, signum, decimal_sign))),
        "floor" | "ceil" if call.args.first().is_some_and(|arg| is_temporal(&arg.data_type)) => return None,
        "floor" => whole(call, f64::floor, i128::div_euclid),
        "ceil" => whole(call, f64::ceil, |value, unit| -(-value).div_euclid(unit)),
        "pi" => constant(call, std::f64::consts::PI),
        "e" => constant(call, std::f64::consts::E),
        "power" => two(call, f64::powf),
        "atan2" => two(call, f64::atan2),
        "log" if call.args.len() == 2 => two(call, |base, value| value.ln() / base.ln()),
        "exp" => one(call, f64::exp),
        "ln" | "log" => one(call, f64::ln),
        "log10" => one(call, f64::log10),
        "log2" => one(call, |value| value.ln() / std::f64::consts::LN_2),
        "sqrt" => one(call, f64::sqrt),
        "sin" => one(call, f64::sin),
        "cos" => one(call, f64::cos),
        "tan" => one(call, f64::tan),
        "cot" => one(call, |value| 1.0 / value.tan()),
        "asin" => one(call, f64::asin),
        "acos" => one(call, f64::acos),
        "atan" => one(call, f64::atan),
        "sinh" => one(call, f64::sinh),
        "cosh" => one(call, f64::cosh),
        "tanh" => one(call, f64::tanh),
        "degrees" => one(call, f64::to_degrees),
        "radians" => one(call, f64::to_radians),
        _ => return None,
    })
}

fn constant(call: &Call<'_>, value: f64) -> Bound {
    call.args(0, 0)?;
    Ok(Typed::value(ScalarValue::Float64(Some(value))))
}

fn one(call: &Call<'_>, f: fn(f64) -> f64) -> Bound {
    call.args(1, 1)?;
    Ok(call.total(vec![call.number(0, &DataType::Float64)?], DataType::Float64, move |args, _| {
        Ok(Arc::new(args[0].primitive::<Float64Type>().unary::<_, Float64Type>(f)))
    }))
}

fn two(call: &Call<'_>, f: fn(f64, f64) -> f64) -> Bound {
    call.args(2, 2)?;
    let args = vec![call.number(0, &DataType::Float64)?, call.number(1, &DataType::Float64)?];
    Ok(call.total(args, DataType::Float64, move |args, _| map2::<Float64Type, Float64Type>(&args[0], &args[1], f)))
}

/// Binds a function of one number whose result has the number's type.
fn same(call: &Call<'_>, make: fn(&Call<'_>, DataType) -> Bound) -> Bound {
    let data_type = call.args(1, 1)?[0].data_type.clone();
    match data_type {
        DataType::Float32 | DataType::Float64 | DataType::Decimal128(..) => make(call, data_type),
        _ if is_integer(&data_type) => make(call, data_type),
        _ => Err(call.wrong(0, "a number")),
    }
}

fn signum(value: f64) -> f64 {
    // Math.signum keeps both zeros
    if value == 0.0 { value } else { value.signum() }
}

fn decimal_sign(value: Digits) -> Digits {
    Digits { digits: value.digits.signum() * pow10(value.scale as u32), ..value }
}

#[derive(Clone, Copy)]
struct Digits {
    digits: i128,
    scale: i8,
}

impl Digits {
    fn abs(self) -> Digits {
        Digits { digits: self.digits.abs(), ..self }
    }
}

fn keep(
    call: &Call<'_>,
    data_type: DataType,
    integer: fn(i64) -> i64,
    float: fn(f64) -> f64,
    decimal: fn(Digits) -> Digits,
) -> Typed {
    let returns = data_type.clone();
    call.total(call.args.clone(), returns, move |args, _| {
        let arg = &args[0];
        match data_type {
            DataType::Int8 => each::<Int8Type>(arg, |v| integer(v.into()) as i8),
            DataType::Int16 => each::<Int16Type>(arg, |v| integer(v.into()) as i16),
            DataType::Int32 => each::<Int32Type>(arg, |v| integer(v.into()) as i32),
            DataType::Int64 => each::<Int64Type>(arg, integer),
            DataType::Float32 => each::<Float32Type>(arg, |v| float(v.into()) as f32),
            DataType::Decimal128(precision, scale) => {
                let values = arg.primitive::<Decimal128Type>();
                let digits: PrimitiveArray<Decimal128Type> =
                    values.unary(|digits| decimal(Digits { digits, scale }).digits);
                Ok(Arc::new(digits.with_precision_and_scale(precision, scale)?))
            }
            _ => each::<Float64Type>(arg, float),
        }
    })
}

fn each<T: ArrowPrimitiveType>(arg: &Arg, f: impl Fn(T::Native) -> T::Native) -> Values
where
    T::Native: ArrowNativeTypeOp,
{
    Ok(Arc::new(arg.primitive::<T>().unary::<_, T>(f)))
}

/// Down or up to a whole number; a decimal loses the digits behind its point.
fn whole(call: &Call<'_>, float: fn(f64) -> f64, decimal: fn(i128, i128) -> i128) -> Bound {
    let arg = call.args(1, 1)?[0].clone();
    match arg.data_type {
        DataType::Decimal128(precision, scale) if scale > 0 => {
            let unit = pow10(scale as u32);
            Ok(call.total(vec![arg], DataType::Decimal128(precision, 0), move |args, _| {
                let digits: PrimitiveArray<Decimal128Type> =
                    args[0].primitive::<Decimal128Type>().unary(|digits| decimal(digits, unit));
                Ok(Arc::new(digits.with_precision_and_scale(precision, 0)?))
            }))
        }
        DataType::Float32 | DataType::Float64 => {
            let data_type = arg.data_type.clone();
            Ok(keep(call, data_type, |v| v, float, |v| v))
        }
        DataType::Decimal128(..) => Ok(arg),
        _ if is_integer(&arg.data_type) => Ok(arg),
        _ => Err(call.wrong(0, "a number or time")),
    }
}

#[cfg(test)]
mod tests {
    use crate::expression::testing::*;

    #[test]
    fn the_type_is_kept() {
        let batch =
            batch(vec![("i", ints([-3, i32::MIN])), ("d", doubles([-1.5, 0.25])), ("n", decimals(4, 2, [-150, 25]))]);
        // Java: Math.abs(Integer.MIN_VALUE) is Integer.MIN_VALUE
        assert_eq!(int_values(&batch, "abs", &[col("i")]), [Some(3), Some(i32::MIN)]);
        assert_eq!(double_values(&batch, "abs", &[col("d")]), [Some(1.5), Some(0.25)]);
        assert_eq!(decimal_values(&batch, "abs", &[col("n")]), ("DECIMAL(4, 2)".into(), vec![Some(150), Some(25)]));
        assert_eq!(int_values(&batch, "sign", &[col("i")]), [Some(-1), Some(-1)]);
        assert_eq!(decimal_values(&batch, "sign", &[col("n")]).1, [Some(-100), Some(100)]);
        assert_eq!(double_values(&batch, "floor", &[col("d")]), [Some(-2.0), Some(0.0)]);
        assert_eq!(decimal_values(&batch, "floor", &[col("n")]), ("DECIMAL(4, 0)".into(), vec![Some(-2), Some(0)]));
        assert_eq!(decimal_values(&batch, "ceil", &[col("n")]).1, [Some(-1), Some(1)]);
        assert_eq!(int_values(&batch, "ceil", &[col("i")]), [Some(-3), Some(i32::MIN)]);
    }

    #[test]
    fn functions_of_doubles() {
        let batch = batch(vec![("n", ints([2]))]);
        assert_eq!(double_values(&batch, "power", &[col("n"), int(10)]), [Some(1024.0)]);
        assert_eq!(double_values(&batch, "sqrt", &[int(16)]), [Some(4.0)]);
        assert_eq!(double_values(&batch, "log10", &[int(1000)]), [Some(3.0)]);
        assert_eq!(double_values(&batch, "log", &[int(2), int(8)]), [Some(3.0)]);
        assert_eq!(double_values(&batch, "log2", &[int(8)]), [Some(3.0)]);
        assert_eq!(double_values(&batch, "degrees", &[call("pi", &[])]), [Some(180.0)]);
        assert!(double_values(&batch, "ln", &[int(-1)])[0].is_some_and(f64::is_nan));
        assert!(bind_error(&batch, "sqrt", &[text("4")]).contains("a number is needed here, not STRING ('4')"));
    }
}
