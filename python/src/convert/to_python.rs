//! Columns to Python objects.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Date32Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use flott::batch::Columns;
use flott::types::{Shape, Value};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDate, PyDateTime, PyDict, PyList, PyString, PyTime, PyTuple};

use crate::row::{self, RowClass};

type Objects = Vec<Py<PyAny>>;

/// Records of so few fields become whole rows: programs read most of the fields.
const FEW: usize = 4;

/// The rows of a batch as objects of its shape: bare values, tuples, or `Row`s.
pub fn objects(py: Python<'_>, columns: &Columns) -> PyResult<Objects> {
    let records = &columns.records;
    match columns.shape {
        Shape::Scalar => column(py, records.column(0)),
        Shape::Tuple => tuples(py, records.columns(), records.num_rows()),
        Shape::Row => {
            let names: Vec<&str> = records.schema_ref().fields().iter().map(|field| field.name().as_str()).collect();
            if names.len() > FEW {
                return row::light(py, &names, records.columns(), records.num_rows());
            }
            rows(py, &names, records.columns(), records.num_rows())
        }
    }
}

fn tuples(py: Python<'_>, columns: &[ArrayRef], len: usize) -> PyResult<Objects> {
    let mut fields = cells(py, columns)?;
    let tuple =
        |_| Ok(PyTuple::new(py, fields.iter_mut().filter_map(Iterator::next).collect::<Vec<_>>())?.into_any().unbind());
    (0..len).map(tuple).collect()
}

fn rows(py: Python<'_>, names: &[&str], columns: &[ArrayRef], len: usize) -> PyResult<Objects> {
    // shared by all rows, as PyFlink's own decoder does
    let names = row::interned_names(py, names)?;
    let class = RowClass::get(py)?;
    let mut fields = cells(py, columns)?;
    let row = |_| {
        let values = PyList::new(py, fields.iter_mut().filter_map(Iterator::next).collect::<Vec<_>>())?;
        Ok(class.make(&names, values, None)?.unbind())
    };
    (0..len).map(row).collect()
}

/// One value of a column.
pub fn cell(py: Python<'_>, array: &ArrayRef, row: usize) -> PyResult<Py<PyAny>> {
    if array.is_null(row) {
        return Ok(py.None());
    }
    match array.data_type() {
        DataType::Boolean => array.as_boolean().value(row).into_py_any(py),
        DataType::Int8 => array.as_primitive::<Int8Type>().value(row).into_py_any(py),
        DataType::Int16 => array.as_primitive::<Int16Type>().value(row).into_py_any(py),
        DataType::Int32 => array.as_primitive::<Int32Type>().value(row).into_py_any(py),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).into_py_any(py),
        DataType::Float32 => array.as_primitive::<Float32Type>().value(row).into_py_any(py),
        DataType::Float64 => array.as_primitive::<Float64Type>().value(row).into_py_any(py),
        DataType::Utf8 => Ok(PyString::new(py, array.as_string::<i32>().value(row)).into_any().unbind()),
        DataType::Binary | DataType::Date32 | DataType::List(_) | DataType::Struct(_) => {
            Ok(column(py, &array.slice(row, 1))?.remove(0))
        }
        _ => value(py, &Value::from_array(array, row).map_err(|error| crate::gate::raise(py, error))?),
    }
}

fn cells(py: Python<'_>, columns: &[ArrayRef]) -> PyResult<Vec<std::vec::IntoIter<Py<PyAny>>>> {
    columns.iter().map(|array| Ok(column(py, array)?.into_iter())).collect()
}

/// The values of a column; null becomes None.
pub fn column(py: Python<'_>, array: &ArrayRef) -> PyResult<Objects> {
    macro_rules! primitive {
        ($kind:ty) => {{
            let typed = array.as_primitive::<$kind>();
            typed.iter().map(|value| value.into_py_any(py)).collect()
        }};
    }
    match array.data_type() {
        DataType::Boolean => array.as_boolean().iter().map(|value| value.into_py_any(py)).collect(),
        DataType::Int8 => primitive!(Int8Type),
        DataType::Int16 => primitive!(Int16Type),
        DataType::Int32 => primitive!(Int32Type),
        DataType::Int64 => primitive!(Int64Type),
        DataType::Float32 => primitive!(Float32Type),
        DataType::Float64 => primitive!(Float64Type),
        DataType::Utf8 => {
            let text = |value: Option<&str>| match value {
                Some(value) => PyString::new(py, value).into_any().unbind(),
                None => py.None(),
            };
            Ok(array.as_string::<i32>().iter().map(text).collect())
        }
        DataType::Binary => {
            let bytes = |value: Option<&[u8]>| match value {
                Some(value) => PyBytes::new(py, value).into_any().unbind(),
                None => py.None(),
            };
            Ok(array.as_binary::<i32>().iter().map(bytes).collect())
        }
        DataType::Date32 => {
            let days = array.as_primitive::<Date32Type>();
            days.iter().map(|value| value.map_or_else(|| Ok(py.None()), |days| date(py, days))).collect()
        }
        DataType::List(_) => {
            let lists = array.as_list::<i32>();
            let offsets = lists.value_offsets();
            // of a sliced list, these are not all values
            let (first, end) = (offsets[0] as usize, offsets[lists.len()] as usize);
            let mut items = column(py, &lists.values().slice(first, end - first))?.into_iter();
            let list = |row: usize| {
                let len = (offsets[row + 1] - offsets[row]) as usize;
                let values: Vec<_> = items.by_ref().take(len).collect();
                if lists.is_null(row) { Ok(py.None()) } else { Ok(PyList::new(py, values)?.into_any().unbind()) }
            };
            (0..lists.len()).map(list).collect()
        }
        DataType::Struct(fields) => {
            let names: Vec<&str> = fields.iter().map(|field| field.name().as_str()).collect();
            let structs = array.as_struct();
            let mut made = rows(py, &names, structs.columns(), structs.len())?;
            for (row, object) in made.iter_mut().enumerate() {
                if structs.is_null(row) {
                    *object = py.None();
                }
            }
            Ok(made)
        }
        _ => (0..array.len())
            .map(|row| value(py, &Value::from_array(array, row).map_err(|e| crate::gate::raise(py, e))?))
            .collect(),
    }
}

/// One scalar.
pub fn value(py: Python<'_>, value: &Value) -> PyResult<Py<PyAny>> {
    Ok(match value {
        Value::Null => py.None(),
        Value::Boolean(v) => v.into_py_any(py)?,
        Value::Int(v) => v.into_py_any(py)?,
        Value::Float(v) => v.into_py_any(py)?,
        Value::String(v) => v.into_py_any(py)?,
        Value::Bytes(v) => PyBytes::new(py, v).into_any().unbind(),
        Value::Decimal(digits, scale) => decimal(py, *digits, *scale)?,
        Value::Date(days) => date(py, *days)?,
        Value::Time(micros) => {
            let time = NaiveTime::from_num_seconds_from_midnight_opt(
                (micros / 1_000_000) as u32,
                (micros % 1_000_000) as u32 * 1000,
            )
            .ok_or_else(|| PyValueError::new_err(format!("{micros} µs is not a time of day")))?;
            let (h, m, s) = (time.hour() as u8, time.minute() as u8, time.second() as u8);
            PyTime::new(py, h, m, s, time.nanosecond() / 1000, None)?.into_any().unbind()
        }
        Value::Timestamp(micros) => datetime(py, *micros)?,
        Value::TimestampLtz(micros) => {
            let class = py.import("flott.common.time")?.getattr("Instant")?;
            class.call1((micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000) * 1000))?.unbind()
        }
        Value::List(items) => PyList::new(py, all(py, items)?)?.into_any().unbind(),
        Value::Row(items) => {
            let class = py.import("flott.common.types")?.getattr("Row")?;
            class.call1(PyTuple::new(py, all(py, items)?)?)?.unbind()
        }
        Value::Map(entries) => {
            let dict = PyDict::new(py);
            for (key, item) in entries {
                dict.set_item(self::value(py, key)?, self::value(py, item)?)?;
            }
            dict.into_any().unbind()
        }
    })
}

fn all(py: Python<'_>, items: &[Value]) -> PyResult<Objects> {
    items.iter().map(|item| value(py, item)).collect()
}

fn decimal(py: Python<'_>, digits: i128, scale: i8) -> PyResult<Py<PyAny>> {
    static DECIMAL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let class = DECIMAL.get_or_try_init(py, || Ok::<_, PyErr>(py.import("decimal")?.getattr("Decimal")?.unbind()))?;
    let number = class.bind(py).call1((format!("{digits}E-{scale}"),))?;
    Ok(number.unbind())
}

fn date(py: Python<'_>, days: i32) -> PyResult<Py<PyAny>> {
    let date = NaiveDate::from_epoch_days(days)
        .filter(|date| (1..=9999).contains(&date.year()))
        .ok_or_else(|| PyValueError::new_err(format!("day {days} after 1970-01-01 is outside the years 1 to 9999")))?;
    Ok(PyDate::new(py, date.year(), date.month() as u8, date.day() as u8)?.into_any().unbind())
}

fn datetime(py: Python<'_>, micros: i64) -> PyResult<Py<PyAny>> {
    let moment: NaiveDateTime = chrono::DateTime::from_timestamp_micros(micros)
        .map(|utc| utc.naive_utc())
        .filter(|moment| (1..=9999).contains(&moment.year()))
        .ok_or_else(|| PyValueError::new_err(format!("{micros} µs after 1970-01-01 is outside the years 1 to 9999")))?;
    let made = PyDateTime::new(
        py,
        moment.year(),
        moment.month() as u8,
        moment.day() as u8,
        moment.hour() as u8,
        moment.minute() as u8,
        moment.second() as u8,
        moment.nanosecond() / 1000,
        None,
    )?;
    Ok(made.into_any().unbind())
}
