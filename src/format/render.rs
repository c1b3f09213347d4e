//! The values of a column as text, for encoders: the column's class is looked up once a batch, not once a value.

use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, BooleanArray, PrimitiveArray, StringArray};
use arrow::datatypes::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, Time32MillisecondType, TimestampMicrosecondType,
};
use base64::Engine;

use super::number::{write_decimal, write_f32, write_f64, write_i64};
use super::temporal::{TimestampFormat, write_date, write_time, write_timestamp};
use crate::types::{DataType, TimeUnit};

/// A column of scalars.
pub enum Scalars<'a> {
    Boolean(&'a BooleanArray),
    Int8(&'a PrimitiveArray<Int8Type>),
    Int16(&'a PrimitiveArray<Int16Type>),
    Int32(&'a PrimitiveArray<Int32Type>),
    Int64(&'a PrimitiveArray<Int64Type>),
    Float32(&'a PrimitiveArray<Float32Type>),
    Float64(&'a PrimitiveArray<Float64Type>),
    Decimal(&'a PrimitiveArray<Decimal128Type>, i8),
    Text(&'a StringArray),
    Binary(&'a BinaryArray),
    Date(&'a PrimitiveArray<Date32Type>),
    Time(&'a PrimitiveArray<Time32MillisecondType>),
    Timestamp(&'a PrimitiveArray<TimestampMicrosecondType>),
    Instant(&'a PrimitiveArray<TimestampMicrosecondType>),
}

impl<'a> Scalars<'a> {
    /// `None` for nested types, and for types no declared type maps to.
    pub fn new(array: &'a ArrayRef) -> Option<Self> {
        fn primitive<T: ArrowPrimitiveType>(array: &ArrayRef) -> Option<&PrimitiveArray<T>> {
            array.as_primitive_opt::<T>()
        }
        Some(match array.data_type() {
            DataType::Boolean => Scalars::Boolean(array.as_boolean_opt()?),
            DataType::Int8 => Scalars::Int8(primitive(array)?),
            DataType::Int16 => Scalars::Int16(primitive(array)?),
            DataType::Int32 => Scalars::Int32(primitive(array)?),
            DataType::Int64 => Scalars::Int64(primitive(array)?),
            DataType::Float32 => Scalars::Float32(primitive(array)?),
            DataType::Float64 => Scalars::Float64(primitive(array)?),
            DataType::Decimal128(_, scale) => Scalars::Decimal(primitive(array)?, *scale),
            DataType::Utf8 => Scalars::Text(array.as_string_opt::<i32>()?),
            DataType::Binary => Scalars::Binary(array.as_binary_opt::<i32>()?),
            DataType::Date32 => Scalars::Date(primitive(array)?),
            DataType::Time32(TimeUnit::Millisecond) => Scalars::Time(primitive(array)?),
            DataType::Timestamp(TimeUnit::Microsecond, None) => Scalars::Timestamp(primitive(array)?),
            DataType::Timestamp(TimeUnit::Microsecond, Some(_)) => Scalars::Instant(primitive(array)?),
            _ => return None,
        })
    }

    pub fn is_null(&self, row: usize) -> bool {
        match self {
            Scalars::Boolean(array) => array.is_null(row),
            Scalars::Int8(array) => array.is_null(row),
            Scalars::Int16(array) => array.is_null(row),
            Scalars::Int32(array) => array.is_null(row),
            Scalars::Int64(array) => array.is_null(row),
            Scalars::Float32(array) => array.is_null(row),
            Scalars::Float64(array) => array.is_null(row),
            Scalars::Decimal(array, _) => array.is_null(row),
            Scalars::Text(array) => array.is_null(row),
            Scalars::Binary(array) => array.is_null(row),
            Scalars::Date(array) => array.is_null(row),
            Scalars::Time(array) => array.is_null(row),
            Scalars::Timestamp(array) | Scalars::Instant(array) => array.is_null(row),
        }
    }

    /// Appends the text of the value at `row`, which is not NULL. Seconds of timestamps and times get at least
    /// `min_fraction` digits behind the point.
    pub fn write(&self, row: usize, timestamps: TimestampFormat, min_fraction: usize, out: &mut Vec<u8>) {
        match self {
            Scalars::Boolean(array) => out.extend_from_slice(if array.value(row) { b"true" } else { b"false" }),
            Scalars::Int8(array) => write_i64(array.value(row).into(), out),
            Scalars::Int16(array) => write_i64(array.value(row).into(), out),
            Scalars::Int32(array) => write_i64(array.value(row).into(), out),
            Scalars::Int64(array) => write_i64(array.value(row), out),
            Scalars::Float32(array) => write_f32(array.value(row), out),
            Scalars::Float64(array) => write_f64(array.value(row), out),
            Scalars::Decimal(array, scale) => write_decimal(array.value(row), *scale, out),
            Scalars::Text(array) => out.extend_from_slice(array.value(row).as_bytes()),
            Scalars::Binary(array) => {
                out.extend_from_slice(base64::engine::general_purpose::STANDARD.encode(array.value(row)).as_bytes());
            }
            Scalars::Date(array) => write_date(array.value(row).into(), out),
            Scalars::Time(array) => write_time(i64::from(array.value(row)) * 1000, 0, out),
            Scalars::Timestamp(array) => write_timestamp(array.value(row), timestamps, min_fraction, out),
            Scalars::Instant(array) => {
                write_timestamp(array.value(row), timestamps, min_fraction, out);
                out.push(b'Z');
            }
        }
    }
}
