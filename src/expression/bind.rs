//! From the tree to a physical expression: columns by index, literals as values, calls as functions.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Schema, TimeUnit};
use datafusion_common::ScalarValue;
use datafusion_physical_expr::PhysicalExpr;
use datafusion_physical_expr::expressions::{Column, lit};

use super::cast::{Mode, cast, convert};
use super::error::ExpressionError;
use super::function::{function, literal_of};
use super::functions;
use super::tree::Expr;
use super::types::{TIME, TIMESTAMP, fraction_digits, parse_type, timestamp_ltz};

/// A bound expression with its type.
#[derive(Clone)]
pub struct Typed {
    pub(crate) expr: Arc<dyn PhysicalExpr>,
    pub(crate) data_type: DataType,
    /// Whether evaluating it can fail for some record: such expressions are only evaluated where they are needed.
    pub(crate) fallible: bool,
}

impl Typed {
    pub(crate) fn literal(&self) -> Option<&ScalarValue> {
        literal_of(&self.expr)
    }

    pub(crate) fn value(value: ScalarValue) -> Typed {
        Typed { data_type: value.data_type(), expr: lit(value), fallible: false }
    }

    /// The text of a literal.
    pub(crate) fn literal_text(&self) -> Option<&str> {
        self.literal().and_then(|value| value.try_as_str().flatten())
    }
}

/// Resolves `expr` against `schema`.
pub fn bind(expr: &Expr, schema: &Schema) -> Result<Typed, ExpressionError> {
    match expr {
        Expr::Column { col } => column(col, schema),
        Expr::Literal { lit, type_text } => literal(lit, type_text, expr),
        Expr::Call { call, args, target } => match (call.as_str(), target) {
            ("cast" | "tryCast", Some(target)) => {
                let [arg] = args.as_slice() else {
                    return Err(invalid(expr, "a cast has one argument"));
                };
                let mode = if call == "cast" { Mode::Fail } else { Mode::Null };
                cast_to_text(bind(arg, schema)?, target, mode, &expr.to_string())
            }
            ("as", _) => match args.first() {
                Some(arg) => bind(arg, schema),
                None => Err(invalid(expr, "nothing is named")),
            },
            _ => {
                let bound = args.iter().map(|arg| bind(arg, schema)).collect::<Result<Vec<_>, _>>()?;
                functions::bind(functions::Call { name: call, text: expr.to_string(), args: bound, sources: args })
            }
        },
    }
}

fn invalid(expr: &Expr, message: &str) -> ExpressionError {
    ExpressionError::Invalid { expression: expr.to_string(), message: message.to_owned() }
}

/// A cast to the type that `target` names; TIMESTAMP(3) keeps milliseconds.
pub(crate) fn cast_to_text(arg: Typed, target: &str, mode: Mode, text: &str) -> Result<Typed, ExpressionError> {
    let bound = cast(arg, &parse_type(target)?, mode, text)?;
    match fraction_digits(target) {
        Some(digits @ 0..=5) => Ok(functions::temporal::keep_digits(bound, digits)),
        _ => Ok(bound),
    }
}

fn column(name: &str, schema: &Schema) -> Result<Typed, ExpressionError> {
    let Some((index, field)) = schema.column_with_name(name) else {
        let columns = schema.fields().iter().map(|field| field.name().clone()).collect();
        return Err(ExpressionError::UnknownColumn { name: name.to_owned(), columns });
    };
    let expr: Arc<dyn PhysicalExpr> = Arc::new(Column::new(name, index));
    let column = Typed { expr, data_type: field.data_type().clone(), fallible: false };
    Ok(match normal(field.data_type()) {
        None => column,
        Some(data_type) => {
            let target = data_type.clone();
            function("column", vec![column], data_type, false, move |args, _| {
                arrow::compute::cast(&args[0].array, &target)
            })
        }
    })
}

/// The type functions expect where a source's own differs from it only in layout.
fn normal(data_type: &DataType) -> Option<DataType> {
    Some(match data_type {
        DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8,
        DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => DataType::Binary,
        DataType::Dictionary(_, value) => normal(value).unwrap_or_else(|| value.as_ref().clone()),
        DataType::UInt8 => DataType::Int16,
        DataType::UInt16 => DataType::Int32,
        DataType::UInt32 => DataType::Int64,
        DataType::Decimal32(precision, scale) | DataType::Decimal64(precision, scale) => {
            DataType::Decimal128(*precision, *scale)
        }
        DataType::Date64 => DataType::Date32,
        DataType::Time32(TimeUnit::Second) | DataType::Time64(_) => TIME,
        DataType::Timestamp(unit, None) if *unit != TimeUnit::Microsecond => TIMESTAMP,
        DataType::Timestamp(unit, Some(zone)) if *unit != TimeUnit::Microsecond || zone.as_ref() != "UTC" => {
            timestamp_ltz()
        }
        DataType::LargeList(item) => DataType::List(item.clone()),
        _ => return None,
    })
}

fn literal(value: &serde_json::Value, type_text: &str, expr: &Expr) -> Result<Typed, ExpressionError> {
    use serde_json::Value as Json;
    if type_text == "SYMBOL" {
        let text = value.as_str().ok_or_else(|| invalid(expr, "a symbol is a text"))?;
        return Ok(Typed::value(ScalarValue::Utf8(Some(text.to_owned()))));
    }
    let data_type = parse_type(type_text)?;
    let scalar = match (value, &data_type) {
        (Json::Null, _) => ScalarValue::try_from(&data_type).map_err(|error| invalid(expr, &error.to_string()))?,
        (Json::Bool(value), DataType::Boolean) => ScalarValue::Boolean(Some(*value)),
        (Json::String(text), DataType::Utf8) => ScalarValue::Utf8(Some(text.clone())),
        (Json::String(hex), DataType::Binary) => {
            let bytes = unhex(hex).ok_or_else(|| invalid(expr, "bytes are given as hexadecimal digits"))?;
            ScalarValue::Binary(Some(bytes))
        }
        (Json::String(text), _) => {
            let text: ArrayRef =
                ScalarValue::Utf8(Some(text.clone())).to_array().map_err(|e| invalid(expr, &e.to_string()))?;
            of_array(convert(&text, &data_type, Mode::Fail), expr)?
        }
        (Json::Number(number), _) => match number.as_i64() {
            Some(integer) => integer_of(integer, &data_type)
                .ok_or_else(|| invalid(expr, &format!("{integer} is not a value of type {type_text}")))?,
            None => return Err(invalid(expr, &format!("{number} is given as text"))),
        },
        _ => return Err(invalid(expr, &format!("{value} is not a value of type {type_text}"))),
    };
    Ok(Typed::value(scalar))
}

fn of_array(array: super::function::Values, expr: &Expr) -> Result<ScalarValue, ExpressionError> {
    let array = array.map_err(|error| invalid(expr, &super::error::plain(&error.into())))?;
    ScalarValue::try_from_array(&array, 0).map_err(|error| invalid(expr, &error.to_string()))
}

fn integer_of(value: i64, data_type: &DataType) -> Option<ScalarValue> {
    Some(match data_type {
        DataType::Int8 => ScalarValue::Int8(Some(value.try_into().ok()?)),
        DataType::Int16 => ScalarValue::Int16(Some(value.try_into().ok()?)),
        DataType::Int32 => ScalarValue::Int32(Some(value.try_into().ok()?)),
        DataType::Int64 => ScalarValue::Int64(Some(value)),
        DataType::Float32 => ScalarValue::Float32(Some(value as f32)),
        DataType::Float64 => ScalarValue::Float64(Some(value as f64)),
        DataType::Decimal128(precision, scale) => {
            let digits = i128::from(value).checked_mul(10_i128.checked_pow(u32::try_from(*scale).ok()?)?)?;
            ScalarValue::Decimal128(Some(digits), *precision, *scale)
        }
        DataType::Duration(TimeUnit::Millisecond) => ScalarValue::DurationMillisecond(Some(value)),
        DataType::Interval(_) => ScalarValue::IntervalYearMonth(Some(value.try_into().ok()?)),
        _ => return None,
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}
