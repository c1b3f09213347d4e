//! Which type two operands meet in: Flink's `LogicalTypeMerging`.

use arrow::datatypes::DataType;

use super::bind::Typed;
use super::cast::{Mode, cast};
use super::error::ExpressionError;
use super::types::{TIMESTAMP, is_integer, is_numeric, is_string, is_temporal};

/// Precision and scale.
pub(crate) type Decimal = (u8, i8);

const MAX_PRECISION: i32 = 38;
/// Digits behind the point that are kept when a result would be too long.
const MIN_ADJUSTED_SCALE: i32 = 6;

/// The decimal that holds every value of an exact numeric type.
pub(crate) fn as_decimal(data_type: &DataType) -> Option<Decimal> {
    Some(match data_type {
        DataType::Int8 => (3, 0),
        DataType::Int16 => (5, 0),
        DataType::Int32 => (10, 0),
        DataType::Int64 => (19, 0),
        DataType::Decimal128(precision, scale) => (*precision, *scale),
        _ => return None,
    })
}

/// Gives up digits behind the point, but not before it, when a result would be longer than 38 digits.
fn adjust(precision: i32, scale: i32) -> Decimal {
    if precision <= MAX_PRECISION {
        return (precision as u8, scale as i8);
    }
    let whole = precision - scale;
    (MAX_PRECISION as u8, (MAX_PRECISION - whole).max(scale.min(MIN_ADJUSTED_SCALE)) as i8)
}

fn wide((precision, scale): Decimal) -> (i32, i32) {
    (i32::from(precision), i32::from(scale))
}

pub(crate) fn addition(left: Decimal, right: Decimal) -> Decimal {
    let ((p1, s1), (p2, s2)) = (wide(left), wide(right));
    let scale = s1.max(s2);
    adjust((p1 - s1).max(p2 - s2) + scale + 1, scale)
}

pub(crate) fn multiplication(left: Decimal, right: Decimal) -> Decimal {
    let ((p1, s1), (p2, s2)) = (wide(left), wide(right));
    adjust(p1 + p2 + 1, s1 + s2)
}

pub(crate) fn division(left: Decimal, right: Decimal) -> Decimal {
    let ((p1, s1), (p2, s2)) = (wide(left), wide(right));
    let scale = (s1 + p2 + 1).max(6);
    adjust(p1 - s1 + s2 + scale, scale)
}

pub(crate) fn modulo(left: Decimal, right: Decimal) -> Decimal {
    let ((p1, s1), (p2, s2)) = (wide(left), wide(right));
    let scale = s1.max(s2);
    adjust((p1 - s1).min(p2 - s2) + scale, scale)
}

fn union(left: Decimal, right: Decimal) -> Decimal {
    let ((p1, s1), (p2, s2)) = (wide(left), wide(right));
    let scale = s1.max(s2);
    adjust((p1 - s1).max(p2 - s2) + scale, scale)
}

fn width(data_type: &DataType) -> u8 {
    match data_type {
        DataType::Int8 => 1,
        DataType::Int16 => 2,
        DataType::Int32 => 4,
        _ => 8,
    }
}

/// The type that holds values of both, if there is one without a cast that could fail.
pub(crate) fn common(left: &DataType, right: &DataType) -> Option<DataType> {
    use DataType::{Date32, Float32, Float64, Null, Timestamp};
    Some(match (left, right) {
        _ if left == right => left.clone(),
        (Null, other) | (other, Null) => other.clone(),
        _ if is_numeric(left) && is_numeric(right) => numeric(left, right),
        (Date32, Timestamp(_, None)) | (Timestamp(_, None), Date32) => TIMESTAMP,
        (DataType::List(l), DataType::List(r)) => {
            let item = common(l.data_type(), r.data_type())?;
            DataType::new_list(item, true)
        }
        (Float32, Float64) => Float64,
        _ if left.equals_datatype(right) => left.clone(),
        _ => return None,
    })
}

fn numeric(left: &DataType, right: &DataType) -> DataType {
    use DataType::{Decimal128, Float32, Float64};
    match (left, right) {
        (Float64, _) | (_, Float64) | (Float32, Decimal128(..)) | (Decimal128(..), Float32) => Float64,
        (Float32, _) | (_, Float32) => Float32,
        _ if is_integer(left) && is_integer(right) => {
            if width(left) >= width(right) {
                left.clone()
            } else {
                right.clone()
            }
        }
        _ => match (as_decimal(left), as_decimal(right)) {
            (Some(l), Some(r)) => {
                let (precision, scale) = union(l, r);
                Decimal128(precision, scale)
            }
            _ => Float64,
        },
    }
}

/// Brings all of `args` to their common type.
pub(crate) fn unify(args: Vec<Typed>, text: &str, action: &'static str) -> Result<Vec<Typed>, ExpressionError> {
    let mut target = DataType::Null;
    for arg in &args {
        target = common(&target, &arg.data_type).ok_or_else(|| ExpressionError::Types {
            expression: text.to_owned(),
            action,
            left: Box::new(target.clone()),
            right: Box::new(arg.data_type.clone()),
        })?;
    }
    args.into_iter().map(|arg| cast(arg, &target, Mode::Fail, text)).collect()
}

/// As [`unify`] for comparisons: a text literal next to a date, time or timestamp is read as one.
pub(crate) fn unify_comparable(args: Vec<Typed>, text: &str) -> Result<Vec<Typed>, ExpressionError> {
    let temporal = args.iter().find(|arg| is_temporal(&arg.data_type)).map(|arg| arg.data_type.clone());
    let args = match temporal {
        Some(target) => args
            .into_iter()
            .map(|arg| {
                if is_string(&arg.data_type) && arg.literal().is_some() {
                    cast(arg, &target, Mode::Fail, text)
                } else {
                    Ok(arg)
                }
            })
            .collect::<Result<_, _>>()?,
        None => args,
    };
    unify(args, text, "comparing")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_results_follow_the_table_in_flinks_documentation() {
        assert_eq!(addition((10, 2), (10, 2)), (11, 2));
        assert_eq!(multiplication((10, 2), (10, 2)), (21, 4));
        assert_eq!(division((10, 2), (10, 2)), (23, 13));
        assert_eq!(modulo((10, 2), (5, 3)), (5, 3));
        // 31 digits before the point are kept, one behind it is given up: (39, 8) becomes (38, 7)
        assert_eq!(addition((38, 8), (32, 8)), (38, 7));
    }

    #[test]
    fn operands_meet_as_in_flink() {
        use DataType::*;
        assert_eq!(common(&Int32, &Int64), Some(Int64));
        assert_eq!(common(&Int32, &Decimal128(10, 2)), Some(Decimal128(12, 2)));
        assert_eq!(common(&Decimal128(10, 2), &Float64), Some(Float64));
        assert_eq!(common(&Decimal128(10, 2), &Float32), Some(Float64));
        assert_eq!(common(&Int64, &Float32), Some(Float32));
        assert_eq!(common(&Utf8, &Int32), None);
        assert_eq!(common(&Null, &Utf8), Some(Utf8));
    }
}
