//! Arithmetic on decimals: exact, in as many digits as the result type has, NULL where it does not fit.

use std::sync::Arc;

use arrow::array::PrimitiveArray;
use arrow::datatypes::{DataType, Decimal128Type, i256};
use arrow::error::ArrowError;

use super::Call;
use super::arithmetic::Operation;
use crate::expression::bind::Typed;
use crate::expression::coerce;
use crate::expression::function::{Arg, Values, function, map2};

const POWERS: [i128; 39] = {
    let mut powers = [1; 39];
    let mut at = 1;
    while at < 39 {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

/// Ten to the power of `digits`, which is at most 38.
pub(crate) fn pow10(digits: u32) -> i128 {
    POWERS[digits.min(38) as usize]
}

/// Half up: away from zero from the middle on.
pub(crate) fn divide_half_up(value: i128, unit: i128) -> i128 {
    let (quotient, rest) = (value / unit, value % unit);
    let rounds = rest.unsigned_abs() >= unit.unsigned_abs().div_ceil(2);
    if rounds { quotient + if (value < 0) != (unit < 0) { -1 } else { 1 } } else { quotient }
}

/// The digits at another scale, rounded half up; `None` if there are more than `precision`.
pub(crate) fn rescale(digits: i128, from: i8, precision: u8, to: i8) -> Option<i128> {
    let value = if to >= from {
        digits.checked_mul(pow10((to - from) as u32))?
    } else {
        divide_half_up(digits, pow10((from - to) as u32))
    };
    (value.unsigned_abs() < pow10(precision.into()) as u128).then_some(value)
}

/// Binds `left operation right`, both decimals.
pub(super) fn bind(call: &Call<'_>, operation: Operation, left: Typed, right: Typed) -> Typed {
    let (l, r) = (of(&left.data_type), of(&right.data_type));
    let (precision, scale) = match operation {
        Operation::Plus | Operation::Minus => coerce::addition(l, r),
        Operation::Times => coerce::multiplication(l, r),
        Operation::Divide => coerce::division(l, r),
        Operation::Mod => coerce::modulo(l, r),
    };
    let can_fail = matches!(operation, Operation::Divide | Operation::Mod);
    let returns = DataType::Decimal128(precision, scale);
    function(call.name, vec![left, right], returns, can_fail, move |args, rows| {
        let digits = match fast(operation, args, l, r, (precision, scale))? {
            Some(digits) => digits,
            None => slow(operation, args, rows, l, r, (precision, scale))?,
        };
        Ok(Arc::new(digits.with_precision_and_scale(precision, scale)?))
    })
}

fn of(data_type: &DataType) -> coerce::Decimal {
    match data_type {
        DataType::Decimal128(precision, scale) => (*precision, *scale),
        _ => (38, 0),
    }
}

type Digits = PrimitiveArray<Decimal128Type>;

/// Sums and products that fit their type by its definition: no check is needed for any record.
fn fast(
    operation: Operation,
    args: &[Arg],
    (p1, s1): coerce::Decimal,
    (p2, s2): coerce::Decimal,
    (_, scale): coerce::Decimal,
) -> Result<Option<Digits>, ArrowError> {
    let exact = s1.max(s2);
    let digits = (i16::from(p1) - i16::from(s1)).max(i16::from(p2) - i16::from(s2)) + i16::from(exact) + 1;
    let (left, right) = (&args[0], &args[1]);
    let computed: Values = match operation {
        Operation::Plus | Operation::Minus if digits <= 38 => {
            let (lift_left, lift_right) = (pow10((exact - s1) as u32), pow10((exact - s2) as u32));
            if operation == Operation::Plus {
                map2::<Decimal128Type, Decimal128Type>(left, right, |l, r| {
                    l.wrapping_mul(lift_left).wrapping_add(r.wrapping_mul(lift_right))
                })
            } else {
                map2::<Decimal128Type, Decimal128Type>(left, right, |l, r| {
                    l.wrapping_mul(lift_left).wrapping_sub(r.wrapping_mul(lift_right))
                })
            }
        }
        Operation::Times if p1 + p2 < 38 && scale == s1 + s2 => {
            map2::<Decimal128Type, Decimal128Type>(left, right, i128::wrapping_mul)
        }
        _ => return Ok(None),
    };
    use arrow::array::AsArray;
    Ok(Some(computed?.as_primitive::<Decimal128Type>().clone()))
}

fn slow(
    operation: Operation,
    args: &[Arg],
    rows: usize,
    (_, s1): coerce::Decimal,
    (_, s2): coerce::Decimal,
    (precision, scale): coerce::Decimal,
) -> Result<Digits, ArrowError> {
    let mut out = Vec::with_capacity(rows);
    for row in 0..rows {
        let pair = (args[0].value::<Decimal128Type>(row), args[1].value::<Decimal128Type>(row));
        let (Some(left), Some(right)) = pair else {
            out.push(None);
            continue;
        };
        if right == 0 && matches!(operation, Operation::Divide | Operation::Mod) {
            return Err(ArrowError::ComputeError("Division by zero".into()));
        }
        let value = match operation {
            Operation::Divide => quotient(left, right, i32::from(scale) + i32::from(s2) - i32::from(s1)),
            _ => exact(operation, left, s1, right, s2, scale),
        };
        out.push(value.filter(|digits| digits.unsigned_abs() < pow10(precision.into()) as u128));
    }
    Ok(Digits::from_iter(out))
}

/// The exact result in 256 bits, then rounded to `scale`.
fn exact(operation: Operation, left: i128, s1: i8, right: i128, s2: i8, scale: i8) -> Option<i128> {
    let (left, right) = (i256::from_i128(left), i256::from_i128(right));
    let common = s1.max(s2);
    let lift = |value: i256, from: i8| value.checked_mul(i256::from_i128(pow10((common - from) as u32)));
    let (value, value_scale) = match operation {
        Operation::Plus => (lift(left, s1)?.checked_add(lift(right, s2)?)?, common),
        Operation::Minus => (lift(left, s1)?.checked_sub(lift(right, s2)?)?, common),
        Operation::Mod => (lift(left, s1)?.checked_rem(lift(right, s2)?)?, common),
        _ => (left.checked_mul(right)?, s1 + s2),
    };
    let drop = i32::from(value_scale) - i32::from(scale);
    if drop <= 0 {
        return value.checked_mul(i256::from_i128(pow10((-drop) as u32)))?.to_i128();
    }
    // more than 38 digits are dropped in two steps; the first cannot round, it only cuts zeros' worth
    let mut value = value;
    let mut drop = drop as u32;
    while drop > 38 {
        value = value.checked_div(i256::from_i128(10))?;
        drop -= 1;
    }
    half_up(value, i256::from_i128(pow10(drop)))
}

/// `left * 10^shift / right`, rounded half up.
fn quotient(left: i128, right: i128, shift: i32) -> Option<i128> {
    // most quotients need no more than 128 bits
    if let Some(value) = (0..=38).contains(&shift).then(|| left.checked_mul(pow10(shift as u32))).flatten() {
        let (quotient, rest) = (value.checked_div(right)?, value.checked_rem(right)?);
        let away = if (value < 0) == (right < 0) { 1 } else { -1 };
        let rounds = rest.unsigned_abs() >= right.unsigned_abs() - rest.unsigned_abs();
        return Some(if rounds { quotient + away } else { quotient });
    }
    let divisor = i256::from_i128(right);
    if shift < 0 {
        return half_up(i256::from_i128(left), divisor.checked_mul(i256::from_i128(pow10((-shift) as u32)))?);
    }
    let mut value = i256::from_i128(left);
    let mut shift = shift as u32;
    while shift > 0 {
        let step = shift.min(38);
        value = value.checked_mul(i256::from_i128(pow10(step)))?;
        shift -= step;
    }
    half_up(value, divisor)
}

fn half_up(value: i256, unit: i256) -> Option<i128> {
    let quotient = value.checked_div(unit)?;
    let rest = value.checked_rem(unit)?.checked_abs()?;
    let twice = rest.checked_add(rest)?;
    let negative = value.is_negative() != unit.is_negative();
    let step = if twice < unit.checked_abs()? {
        i256::ZERO
    } else if negative {
        i256::MINUS_ONE
    } else {
        i256::ONE
    };
    quotient.checked_add(step)?.to_i128()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::testing::*;

    #[test]
    fn results_have_flinks_precision_and_scale() {
        let batch = batch(vec![("a", decimals(10, 2, [1250, -1])), ("b", decimals(5, 3, [2_000, 3_000]))]);
        // 12.50 + 2.000, -0.01 + 3.000
        assert_eq!(
            decimal_values(&batch, "plus", &[col("a"), col("b")]),
            ("DECIMAL(12, 3)".into(), vec![Some(14_500), Some(2_990)])
        );
        assert_eq!(decimal_values(&batch, "minus", &[col("a"), col("b")]).1, [Some(10_500), Some(-3_010)]);
        // 12.50 * 2.000 = 25.00000
        assert_eq!(
            decimal_values(&batch, "times", &[col("a"), col("b")]),
            ("DECIMAL(16, 5)".into(), vec![Some(2_500_000), Some(-3_000)])
        );
        // scale max(6, 2 + 5 + 1) = 8: 12.50 / 2.000 = 6.25; -0.01 / 3 = -0.00333333
        assert_eq!(
            decimal_values(&batch, "divide", &[col("a"), col("b")]),
            ("DECIMAL(19, 8)".into(), vec![Some(625_000_000), Some(-333_333)])
        );
        // 12.50 % 2 = 0.500; the sign is the dividend's
        assert_eq!(decimal_values(&batch, "mod", &[col("a"), col("b")]).1, [Some(500), Some(-10)]);
    }

    #[test]
    fn integers_join_in_exactly_and_doubles_take_over() {
        let batch = batch(vec![("a", decimals(10, 2, [1250])), ("i", ints([3])), ("d", doubles([0.5]))]);
        assert_eq!(
            decimal_values(&batch, "times", &[col("a"), col("i")]),
            ("DECIMAL(21, 2)".into(), vec![Some(3_750)])
        );
        assert_eq!(double_values(&batch, "times", &[col("a"), col("d")]), [Some(6.25)]);
    }

    #[test]
    fn division_by_zero_and_overflow() {
        let batch = batch(vec![("a", decimals(38, 0, [10_i128.pow(37)])), ("z", decimals(2, 0, [0]))]);
        assert!(run_error(&batch, "divide", &[col("a"), col("z")]).message().starts_with("Division by zero"));
        // 10^74 has no place in 38 digits
        assert_eq!(decimal_values(&batch, "times", &[col("a"), col("a")]).1, [None]);
    }

    #[test]
    fn halves_round_away_from_zero() {
        assert_eq!(rescale(125, 2, 10, 1), Some(13));
        assert_eq!(rescale(-125, 2, 10, 1), Some(-13));
        assert_eq!(rescale(124, 2, 10, 1), Some(12));
        assert_eq!(rescale(999, 1, 2, 0), None);
        assert_eq!(quotient(2, 3, 2), Some(67));
        assert_eq!(quotient(-1, 2, 0), Some(-1));
    }
}
