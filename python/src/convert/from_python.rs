//! Python objects to columns of a declared type.
//!
//! Values are checked here and nowhere else on this path; an error names the field, the type and the value.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryBuilder, BooleanBuilder, Decimal128Builder, ListArray, MapArray, PrimitiveBuilder, RecordBatch,
    RecordBatchOptions, StringBuilder, StructArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Field, Fields, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, SchemaRef, Time32MillisecondType, TimeUnit, TimestampMicrosecondType,
};
use flott::types::Shape;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{
    PyBool, PyByteArray, PyBytes, PyDate, PyDateAccess, PyDateTime, PyDict, PyFloat, PyInt, PyList, PyString, PyTime,
    PyTimeAccess, PyTuple, PyTzInfoAccess,
};

use crate::conform::utc;
use crate::gate;

type Cell<'py> = Option<Bound<'py, PyAny>>;

/// A record that does not fit its declared type.
pub struct Misfit {
    /// The record's index in the batch.
    pub row: usize,
    pub error: PyErr,
}

type Converted<T> = Result<T, Misfit>;

/// Objects as columns; with the first record that does not fit if one doesn't.
pub fn columns(py: Python<'_>, items: &[Py<PyAny>], schema: &SchemaRef, shape: Shape) -> Converted<RecordBatch> {
    let cells: Vec<Cell> = items.iter().map(|item| present(item.bind(py))).collect();
    let arrays = match shape {
        Shape::Scalar => {
            let field = &schema.fields()[0];
            vec![array(&cells, field.data_type(), "the record")?]
        }
        Shape::Tuple | Shape::Row => fields(&cells, schema.fields(), "")?,
    };
    let options = RecordBatchOptions::new().with_row_count(Some(items.len()));
    RecordBatch::try_new_with_options(schema.clone(), arrays, &options)
        .map_err(|error| Misfit { row: 0, error: PyTypeError::new_err(error.to_string()) })
}

/// Objects as one column, which errors call by the field's name.
pub fn column(py: Python<'_>, items: &[Py<PyAny>], field: &Field) -> Converted<ArrayRef> {
    let cells: Vec<Cell> = items.iter().map(|item| present(item.bind(py))).collect();
    array(&cells, field.data_type(), field.name())
}

fn present<'py>(value: &Bound<'py, PyAny>) -> Cell<'py> {
    (!value.is_none()).then(|| value.clone())
}

fn misfit(row: usize, path: &str, expected: &DataType, value: &Bound<'_, PyAny>) -> Misfit {
    let class = value.get_type().name().map(|name| name.to_string()).unwrap_or_default();
    let what = if path == "the record" { path.to_owned() } else { format!("field '{path}'") };
    let message = format!("{what} is declared as {}, but is {} ({class})", declared(expected), gate::describe(value));
    Misfit { row, error: PyTypeError::new_err(message) }
}

/// The type by its name in `Types`.
fn declared(data_type: &DataType) -> String {
    match data_type {
        DataType::Boolean => "BOOLEAN".into(),
        DataType::Int8 => "BYTE".into(),
        DataType::Int16 => "SHORT".into(),
        DataType::Int32 => "INT".into(),
        DataType::Int64 => "LONG".into(),
        DataType::Float32 => "FLOAT".into(),
        DataType::Float64 => "DOUBLE".into(),
        DataType::Utf8 => "STRING".into(),
        DataType::Binary => "PRIMITIVE_ARRAY(BYTE)".into(),
        DataType::Decimal128(_, 0) => "BIG_INT".into(),
        DataType::Decimal128(_, _) => "BIG_DEC".into(),
        DataType::Date32 => "SQL_DATE".into(),
        DataType::Time32(_) => "SQL_TIME".into(),
        DataType::Timestamp(_, None) => "SQL_TIMESTAMP".into(),
        DataType::Timestamp(_, Some(_)) => "INSTANT".into(),
        DataType::List(item) => format!("LIST({})", declared(item.data_type())),
        DataType::Map(_, _) => "MAP".into(),
        DataType::Struct(fields) => format!("ROW of {} fields", fields.len()),
        other => other.to_string(),
    }
}

/// The columns of rows given as Row, tuple, list or dict.
fn fields(cells: &[Cell], fields: &Fields, path: &str) -> Converted<Vec<ArrayRef>> {
    let mut columns: Vec<Vec<Cell>> = fields.iter().map(|_| Vec::with_capacity(cells.len())).collect();
    for (row, cell) in cells.iter().enumerate() {
        let Some(record) = cell else {
            columns.iter_mut().for_each(|column| column.push(None));
            continue;
        };
        let wrong = || {
            misfit(row, if path.is_empty() { "the record" } else { path }, &DataType::Struct(fields.clone()), record)
        };
        if let Ok(dict) = record.cast::<PyDict>() {
            let mut known = 0;
            for (column, field) in columns.iter_mut().zip(fields) {
                let value = dict.get_item(field.name()).map_err(|error| Misfit { row, error })?;
                known += usize::from(value.is_some());
                column.push(value.and_then(|value| present(&value)));
            }
            if known < dict.len() {
                return Err(undeclared(row, dict, fields));
            }
            continue;
        }
        let values = sequence(record).ok_or_else(wrong)?;
        let values = match &values {
            Values::Tuple(tuple) => tuple.iter().collect::<Vec<_>>(),
            Values::List(list) => list.iter().collect(),
        };
        if values.len() != fields.len() {
            let names: Vec<&str> = fields.iter().map(|field| field.name().as_str()).collect();
            let message = format!(
                "a record has {} fields where {} are declared ({}): {}",
                values.len(),
                fields.len(),
                names.join(", "),
                gate::describe(record)
            );
            return Err(Misfit { row, error: PyTypeError::new_err(message) });
        }
        for (column, value) in columns.iter_mut().zip(&values) {
            column.push(present(value));
        }
    }
    let typed = columns.iter().zip(fields).map(|(cells, field)| array(cells, field.data_type(), &join(path, field)));
    typed.collect()
}

/// A dict with a field that no column is there for.
fn undeclared(row: usize, dict: &Bound<'_, PyDict>, fields: &Fields) -> Misfit {
    let names: Vec<&str> = fields.iter().map(|field| field.name().as_str()).collect();
    let is_declared = |key: &Bound<'_, PyAny>| key.extract::<&str>().is_ok_and(|key| names.contains(&key));
    let key = dict.keys().iter().find(|key| !is_declared(key)).map(|key| gate::describe(&key)).unwrap_or_default();
    let message = format!(
        "the field {key} of a record is not declared ({}): {}",
        names.join(", "),
        gate::describe(dict.as_any())
    );
    Misfit { row, error: PyTypeError::new_err(message) }
}

fn join(path: &str, field: &Field) -> String {
    if path.is_empty() { field.name().clone() } else { format!("{path}.{}", field.name()) }
}

enum Values<'py> {
    Tuple(Bound<'py, PyTuple>),
    List(Bound<'py, PyList>),
}

/// The fields of a tuple, a list or a Row.
fn sequence<'py>(record: &Bound<'py, PyAny>) -> Option<Values<'py>> {
    if let Ok(tuple) = record.cast::<PyTuple>() {
        return Some(Values::Tuple(tuple.clone()));
    }
    if let Ok(list) = record.cast::<PyList>() {
        return Some(Values::List(list.clone()));
    }
    let values = record.getattr(pyo3::intern!(record.py(), "_values")).ok()?;
    values.cast_into::<PyList>().ok().map(Values::List)
}

fn array(cells: &[Cell], data_type: &DataType, path: &str) -> Converted<ArrayRef> {
    Ok(match data_type {
        DataType::Boolean => {
            let mut builder = BooleanBuilder::with_capacity(cells.len());
            each(cells, path, data_type, |cell| {
                builder.append_option(match cell {
                    None => None,
                    Some(value) => Some(value.cast::<PyBool>().ok()?.is_true()),
                });
                Some(())
            })?;
            Arc::new(builder.finish())
        }
        DataType::Int8 => integers::<Int8Type>(cells, data_type, path)?,
        DataType::Int16 => integers::<Int16Type>(cells, data_type, path)?,
        DataType::Int32 => integers::<Int32Type>(cells, data_type, path)?,
        DataType::Int64 => integers::<Int64Type>(cells, data_type, path)?,
        DataType::Float32 => primitives::<Float32Type>(cells, data_type, path, |value| Some(number(value)? as f32))?,
        DataType::Float64 => primitives::<Float64Type>(cells, data_type, path, number)?,
        DataType::Utf8 => {
            let mut builder = StringBuilder::with_capacity(cells.len(), cells.len() * 16);
            each(cells, path, data_type, |cell| {
                match cell {
                    None => builder.append_null(),
                    Some(value) => builder.append_value(value.cast::<PyString>().ok()?.to_str().ok()?),
                }
                Some(())
            })?;
            Arc::new(builder.finish())
        }
        DataType::Binary => {
            let mut builder = BinaryBuilder::new();
            each(cells, path, data_type, |cell| {
                match cell {
                    None => builder.append_null(),
                    Some(value) => match value.cast::<PyBytes>() {
                        Ok(bytes) => builder.append_value(bytes.as_bytes()),
                        Err(_) => builder.append_value(value.cast::<PyByteArray>().ok()?.to_vec()),
                    },
                }
                Some(())
            })?;
            Arc::new(builder.finish())
        }
        DataType::Decimal128(precision, scale) => {
            let mut builder = Decimal128Builder::with_capacity(cells.len());
            each(cells, path, data_type, |cell| {
                builder.append_option(match cell {
                    None => None,
                    Some(value) => Some(decimal(value, *scale)?),
                });
                Some(())
            })?;
            let finished = builder.finish().with_precision_and_scale(*precision, *scale);
            Arc::new(finished.map_err(|error| Misfit { row: 0, error: PyTypeError::new_err(error.to_string()) })?)
        }
        DataType::Date32 => primitives::<Date32Type>(cells, data_type, path, |value| {
            let date = value.cast::<PyDate>().ok()?;
            Some(days_from_civil(date.get_year(), date.get_month().into(), date.get_day().into()) as i32)
        })?,
        DataType::Time32(TimeUnit::Millisecond) => {
            primitives::<Time32MillisecondType>(cells, data_type, path, |value| {
                let time = value.cast::<PyTime>().ok()?;
                Some((micros_of_day(time) / 1000) as i32)
            })?
        }
        DataType::Timestamp(TimeUnit::Microsecond, None) => {
            primitives::<TimestampMicrosecondType>(cells, data_type, path, |value| {
                let mut moment = value.cast::<PyDateTime>().ok()?.clone();
                if moment.get_tzinfo().is_some() {
                    moment = utc(&moment).ok()?;
                }
                let days = days_from_civil(moment.get_year(), moment.get_month().into(), moment.get_day().into());
                Some(days * 86_400_000_000 + micros_of_day(&moment))
            })?
        }
        DataType::Timestamp(TimeUnit::Microsecond, Some(zone)) => {
            let micros = |value: &Bound<'_, PyAny>| {
                let seconds: i64 = value.getattr("seconds").ok()?.extract().ok()?;
                let nanos: i64 = value.getattr("nanos").ok()?.extract().ok()?;
                Some(seconds * 1_000_000 + nanos / 1000)
            };
            let mut builder = PrimitiveBuilder::<TimestampMicrosecondType>::with_capacity(cells.len());
            append(&mut builder, cells, data_type, path, micros)?;
            Arc::new(builder.finish().with_timezone(zone.clone()))
        }
        DataType::List(item) => list(cells, item, path, data_type)?,
        DataType::Map(entries, _) => map(cells, entries, path, data_type)?,
        DataType::Struct(inner) => {
            let nulls: NullBuffer = cells.iter().map(Option::is_some).collect();
            let columns = fields(cells, inner, path)?;
            Arc::new(
                StructArray::try_new_with_length(inner.clone(), columns, Some(nulls), cells.len())
                    .map_err(|error| Misfit { row: 0, error: PyTypeError::new_err(error.to_string()) })?,
            )
        }
        other => {
            let message = format!("{path}: values of type {other} can't be written");
            return Err(Misfit { row: 0, error: PyTypeError::new_err(message) });
        }
    })
}

/// Calls `add` for each cell; `None` from it means that the value does not fit.
fn each<'py>(
    cells: &[Cell<'py>],
    path: &str,
    expected: &DataType,
    mut add: impl FnMut(&Cell<'py>) -> Option<()>,
) -> Converted<()> {
    for (row, cell) in cells.iter().enumerate() {
        if add(cell).is_none() {
            let value = cell.as_ref().map(|value| misfit(row, path, expected, value));
            return Err(value.unwrap_or_else(|| Misfit { row, error: PyTypeError::new_err(path.to_owned()) }));
        }
    }
    Ok(())
}

fn append<T: ArrowPrimitiveType>(
    builder: &mut PrimitiveBuilder<T>,
    cells: &[Cell],
    data_type: &DataType,
    path: &str,
    convert: impl Fn(&Bound<'_, PyAny>) -> Option<T::Native>,
) -> Converted<()> {
    each(cells, path, data_type, |cell| {
        builder.append_option(match cell {
            None => None,
            Some(value) => Some(convert(value)?),
        });
        Some(())
    })
}

fn primitives<T: ArrowPrimitiveType>(
    cells: &[Cell],
    data_type: &DataType,
    path: &str,
    convert: impl Fn(&Bound<'_, PyAny>) -> Option<T::Native>,
) -> Converted<ArrayRef> {
    let mut builder = PrimitiveBuilder::<T>::with_capacity(cells.len());
    append(&mut builder, cells, data_type, path, convert)?;
    Ok(Arc::new(builder.finish()))
}

/// Whole numbers that fit the type; True and False are not numbers.
fn integers<T: ArrowPrimitiveType>(cells: &[Cell], data_type: &DataType, path: &str) -> Converted<ArrayRef>
where
    T::Native: TryFrom<i64>,
{
    primitives::<T>(cells, data_type, path, |value| {
        if value.is_instance_of::<PyBool>() {
            return None;
        }
        // NumPy's integers have __index__ too
        let number: i64 = value.extract().ok()?;
        T::Native::try_from(number).ok()
    })
}

fn number(value: &Bound<'_, PyAny>) -> Option<f64> {
    if let Ok(float) = value.cast::<PyFloat>() {
        return Some(float.value());
    }
    if value.is_instance_of::<PyBool>() || value.is_instance_of::<PyString>() {
        return None;
    }
    value.extract().ok()
}

/// Unscaled digits at `scale`; `None` for what is no number or has more digits than can be kept exactly.
fn decimal(value: &Bound<'_, PyAny>, scale: i8) -> Option<i128> {
    static DECIMAL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = value.py();
    if value.is_instance_of::<PyBool>() {
        return None;
    }
    if value.is_instance_of::<PyInt>() {
        let whole: i128 = value.extract().ok()?;
        return whole.checked_mul(10i128.checked_pow(scale.try_into().ok()?)?);
    }
    let class = DECIMAL
        .get_or_try_init(py, || Ok::<_, PyErr>(py.import("decimal")?.getattr("Decimal")?.unbind()))
        .ok()?
        .bind(py);
    if !value.is_instance(class).ok()? {
        return None;
    }
    // 'f' never uses an exponent; NaN and Infinity fail to parse below
    let text: String = value.call_method1("__format__", ("f",)).ok()?.extract().ok()?;
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.as_str()),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = fraction.trim_end_matches('0');
    let scale = usize::try_from(scale).ok()?;
    if fraction.len() > scale {
        return None;
    }
    let unscaled = format!("{whole}{fraction:0<scale$}");
    unscaled.parse::<i128>().ok().map(|digits| sign * digits)
}

fn micros_of_day(time: &impl PyTimeAccess) -> i64 {
    let seconds = i64::from(time.get_hour()) * 3600 + i64::from(time.get_minute()) * 60 + i64::from(time.get_second());
    seconds * 1_000_000 + i64::from(time.get_microsecond())
}

fn days_from_civil(year: i32, month: u32, day: u32) -> i64 {
    // Python has made sure that it is a date
    chrono::NaiveDate::from_ymd_opt(year, month, day).map_or(0, |date| date.to_epoch_days().into())
}

fn list(cells: &[Cell], item: &Arc<Field>, path: &str, data_type: &DataType) -> Converted<ArrayRef> {
    let mut items: Vec<Cell> = Vec::new();
    let mut owners = Vec::new();
    let mut lengths = Vec::with_capacity(cells.len());
    for (row, cell) in cells.iter().enumerate() {
        let before = items.len();
        if let Some(value) = cell {
            let iterator = match value.is_instance_of::<PyString>() {
                true => None,
                false => value.try_iter().ok(),
            };
            for element in iterator.ok_or_else(|| misfit(row, path, data_type, value))? {
                items.push(present(&element.map_err(|error| Misfit { row, error })?));
                owners.push(row);
            }
        }
        lengths.push(items.len() - before);
    }
    let values = array(&items, item.data_type(), &format!("{path}[]")).map_err(|wrong| owned(wrong, &owners))?;
    let nulls: NullBuffer = cells.iter().map(Option::is_some).collect();
    Ok(Arc::new(ListArray::new(item.clone(), OffsetBuffer::from_lengths(lengths), values, Some(nulls))))
}

fn map(cells: &[Cell], entries: &Arc<Field>, path: &str, data_type: &DataType) -> Converted<ArrayRef> {
    let DataType::Struct(pair) = entries.data_type() else {
        return Err(Misfit { row: 0, error: PyTypeError::new_err(format!("{path}: not a map type")) });
    };
    let (mut keys, mut values, mut owners): (Vec<Cell>, Vec<Cell>, _) = (Vec::new(), Vec::new(), Vec::new());
    let mut lengths = Vec::with_capacity(cells.len());
    for (row, cell) in cells.iter().enumerate() {
        let before = keys.len();
        if let Some(value) = cell {
            let dict = value.cast::<PyDict>().map_err(|_| misfit(row, path, data_type, value))?;
            for (key, item) in dict.iter() {
                if key.is_none() {
                    return Err(misfit(row, &format!("{path}{{}}"), pair[0].data_type(), &key));
                }
                keys.push(Some(key));
                values.push(present(&item));
                owners.push(row);
            }
        }
        lengths.push(keys.len() - before);
    }
    let keys = array(&keys, pair[0].data_type(), &format!("{path}{{}}")).map_err(|wrong| owned(wrong, &owners))?;
    let values = array(&values, pair[1].data_type(), &format!("{path}{{}}")).map_err(|wrong| owned(wrong, &owners))?;
    let nulls: NullBuffer = cells.iter().map(Option::is_some).collect();
    let pairs = StructArray::new(pair.clone(), vec![keys, values], None);
    Ok(Arc::new(MapArray::new(entries.clone(), OffsetBuffer::from_lengths(lengths), pairs, Some(nulls), false)))
}

/// An element's misfit belongs to the record that holds the element.
fn owned(wrong: Misfit, owners: &[usize]) -> Misfit {
    Misfit { row: owners.get(wrong.row).copied().unwrap_or(0), error: wrong.error }
}
