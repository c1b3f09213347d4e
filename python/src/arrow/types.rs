//! Arrow's types and the engine's: what stands for what, and columns from one to the other.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, PrimitiveArray};
use arrow::buffer::{BooleanBuffer, Buffer, NullBuffer, ScalarBuffer};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Field, Fields, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, Schema, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use pyo3::PyResult;
use pyo3::exceptions::{PyTypeError, PyValueError};

/// The engine's columns for Arrow's.
pub fn known_schema(schema: &Schema) -> PyResult<Schema> {
    let mut fields: Vec<Field> = Vec::new();
    for field in schema.fields() {
        if fields.iter().any(|known| known.name() == field.name()) {
            return Err(PyValueError::new_err(format!("there are two columns '{}': rename one", field.name())));
        }
        fields.push(Field::new(field.name(), known(field.data_type(), field.name())?, true));
    }
    Ok(Schema::new(fields))
}

/// The engine's type for values of an Arrow type. Fails with the column where there is none.
pub fn known(data_type: &DataType, column: &str) -> PyResult<DataType> {
    let item = |field: &Field| -> PyResult<Field> {
        Ok(Field::new(field.name(), known(field.data_type(), &format!("{column}.{}", field.name()))?, true))
    };
    Ok(match data_type {
        DataType::Boolean
        | DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::Float32
        | DataType::Float64
        | DataType::Date32 => data_type.clone(),
        DataType::UInt8 => DataType::Int16,
        DataType::UInt16 => DataType::Int32,
        DataType::UInt32 => DataType::Int64,
        DataType::UInt64 => DataType::Decimal128(20, 0),
        DataType::Float16 => DataType::Float32,
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
            if *scale >= 0 =>
        {
            DataType::Decimal128(*precision, *scale)
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8,
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            DataType::Binary
        }
        DataType::Date64 => DataType::Date32,
        DataType::Time32(_) | DataType::Time64(_) => DataType::Time32(TimeUnit::Millisecond),
        DataType::Timestamp(_, zone) => {
            // an instant is the same in every zone
            DataType::Timestamp(TimeUnit::Microsecond, zone.as_ref().map(|_| "UTC".into()))
        }
        DataType::Dictionary(_, values) => known(values, column)?,
        DataType::List(field)
        | DataType::LargeList(field)
        | DataType::FixedSizeList(field, _)
        | DataType::ListView(field)
        | DataType::LargeListView(field) => DataType::List(Arc::new(item(field)?.with_name("item"))),
        DataType::Struct(fields) => {
            DataType::Struct(fields.iter().map(|field| item(field)).collect::<PyResult<Fields>>()?)
        }
        DataType::Map(entries, _) => {
            let DataType::Struct(pair) = entries.data_type() else { return Err(unknown(data_type, column)) };
            let key = Field::new("key", known(pair[0].data_type(), &format!("{column}.key"))?, false);
            let value = Field::new("value", known(pair[1].data_type(), &format!("{column}.value"))?, true);
            DataType::Map(Arc::new(Field::new("entries", DataType::Struct(vec![key, value].into()), false)), false)
        }
        other => return Err(unknown(other, column)),
    })
}

fn unknown(data_type: &DataType, column: &str) -> pyo3::PyErr {
    PyTypeError::new_err(format!(
        "the column '{column}' has the Arrow type {data_type}, which no type of a stream holds: cast or drop it first"
    ))
}

/// The values of a column as the type of `field`; fails where one would not be the same any more.
pub fn convert(column: &ArrayRef, field: &Field) -> PyResult<ArrayRef> {
    if column.data_type() == field.data_type() {
        return Ok(column.clone());
    }
    let options = CastOptions { safe: false, ..Default::default() };
    let failed = |error: String| PyValueError::new_err(format!("the column '{}': {error}", field.name()));
    let converted =
        cast_with_options(column, field.data_type(), &options).map_err(|error| failed(error.to_string()))?;
    if loses(column.data_type()) {
        let back = cast_with_options(&converted, column.data_type(), &options);
        if !back.is_ok_and(|back| back.to_data() == column.to_data()) {
            return Err(failed(format!(
                "a value of type {} has a fraction that {} does not hold: round the column first",
                column.data_type(),
                field.data_type()
            )));
        }
    }
    Ok(converted)
}

/// Whether values have more digits of a second, or a time of day, than are kept.
fn loses(data_type: &DataType) -> bool {
    match data_type {
        DataType::Timestamp(TimeUnit::Nanosecond, _) | DataType::Time64(_) | DataType::Date64 => true,
        DataType::Dictionary(_, values) => loses(values),
        DataType::List(field)
        | DataType::LargeList(field)
        | DataType::FixedSizeList(field, _)
        | DataType::ListView(field)
        | DataType::LargeListView(field)
        | DataType::Map(field, _) => loses(field.data_type()),
        DataType::Struct(fields) => fields.iter().any(|field| loses(field.data_type())),
        _ => false,
    }
}

/// A column of the bytes of a NumPy array of that type; `datetime64[us,UTC]` for instants.
pub fn of_bytes(kind: &str, bytes: &[u8], rows: usize, nulls: Option<NullBuffer>) -> Result<ArrayRef, String> {
    fn of<T: ArrowPrimitiveType>(bytes: &[u8], rows: usize, nulls: Option<NullBuffer>) -> Result<ArrayRef, String> {
        if bytes.len() != rows * size_of::<T::Native>() {
            return Err(format!("{} bytes are not {rows} values", bytes.len()));
        }
        // a buffer of its own, aligned for the type
        let values = ScalarBuffer::<T::Native>::new(Buffer::from_slice_ref(bytes), 0, rows);
        Ok(Arc::new(PrimitiveArray::<T>::new(values, nulls)))
    }
    if let Some(unit) = kind.strip_suffix(",UTC]") {
        let times = of_bytes(&format!("{unit}]"), bytes, rows, nulls)?;
        let DataType::Timestamp(unit, _) = times.data_type() else { return Err(format!("{kind} is no NumPy type")) };
        let zoned = DataType::Timestamp(*unit, Some("UTC".into()));
        return arrow::compute::cast(&times, &zoned).map_err(|error| error.to_string());
    }
    match kind {
        "bool" => Ok(Arc::new(BooleanArray::new(BooleanBuffer::from_iter(bytes.iter().map(|byte| *byte != 0)), nulls))),
        "int8" => of::<Int8Type>(bytes, rows, nulls),
        "int16" => of::<Int16Type>(bytes, rows, nulls),
        "int32" => of::<Int32Type>(bytes, rows, nulls),
        "int64" => of::<Int64Type>(bytes, rows, nulls),
        "uint8" => of::<UInt8Type>(bytes, rows, nulls),
        "uint16" => of::<UInt16Type>(bytes, rows, nulls),
        "uint32" => of::<UInt32Type>(bytes, rows, nulls),
        "uint64" => of::<UInt64Type>(bytes, rows, nulls),
        "float16" => of::<Float16Type>(bytes, rows, nulls),
        "float32" => of::<Float32Type>(bytes, rows, nulls),
        "float64" => of::<Float64Type>(bytes, rows, nulls),
        "datetime64[s]" => of::<TimestampSecondType>(bytes, rows, nulls),
        "datetime64[ms]" => of::<TimestampMillisecondType>(bytes, rows, nulls),
        "datetime64[us]" => of::<TimestampMicrosecondType>(bytes, rows, nulls),
        "datetime64[ns]" => of::<TimestampNanosecondType>(bytes, rows, nulls),
        other => Err(format!("values of the NumPy type {other} have no type in a stream: convert the column first")),
    }
}

/// The NumPy type of a column and its bytes; `None` where NumPy has no such type.
pub fn bytes_of(column: &ArrayRef) -> Option<(&'static str, Vec<u8>)> {
    fn of<T: ArrowPrimitiveType>(column: &ArrayRef) -> Vec<u8> {
        column.as_primitive::<T>().values().inner().as_slice().to_vec()
    }
    Some(match column.data_type() {
        DataType::Boolean => ("bool", column.as_boolean().values().iter().map(u8::from).collect()),
        DataType::Int8 => ("int8", of::<Int8Type>(column)),
        DataType::Int16 => ("int16", of::<Int16Type>(column)),
        DataType::Int32 => ("int32", of::<Int32Type>(column)),
        DataType::Int64 => ("int64", of::<Int64Type>(column)),
        DataType::Float32 => ("float32", of::<Float32Type>(column)),
        DataType::Float64 => ("float64", of::<Float64Type>(column)),
        DataType::Timestamp(TimeUnit::Microsecond, zone) => {
            let kind = if zone.is_some() { "datetime64[us,UTC]" } else { "datetime64[us]" };
            (kind, of::<TimestampMicrosecondType>(column))
        }
        _ => return None,
    })
}
