//! One scalar, and the stable hash of keys.

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, LargeBinaryArray, LargeStringArray, StringArray,
};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time32MillisecondType, Time32SecondType, Time64MicrosecondType, Time64NanosecondType, TimeUnit,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};

use crate::error::{Error, Result};

/// One value of a record. Times are counted in microseconds, dates in days, both since 1970-01-01.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Boolean(bool),
    Int(i64),
    Float(f64),
    /// Unscaled digits and the number of them behind the point.
    Decimal(i128, i8),
    String(String),
    Bytes(Vec<u8>),
    Date(i32),
    Time(i64),
    /// A date and time without zone.
    Timestamp(i64),
    /// An instant.
    TimestampLtz(i64),
    List(Vec<Value>),
    Map(Vec<(Value, Value)>),
    Row(Vec<Value>),
}

impl Value {
    /// The value of `array` at `row`.
    ///
    /// Fails for Arrow types that no declared type of ours maps to.
    pub fn from_array(array: &dyn Array, row: usize) -> Result<Value> {
        if array.is_null(row) {
            return Ok(Value::Null);
        }
        Ok(match array.data_type() {
            DataType::Null => Value::Null,
            DataType::Boolean => Value::Boolean(downcast::<BooleanArray>(array).value(row)),
            DataType::Int8 => Value::Int(array.as_primitive::<Int8Type>().value(row).into()),
            DataType::Int16 => Value::Int(array.as_primitive::<Int16Type>().value(row).into()),
            DataType::Int32 => Value::Int(array.as_primitive::<Int32Type>().value(row).into()),
            DataType::Int64 => Value::Int(array.as_primitive::<Int64Type>().value(row)),
            DataType::Float32 => Value::Float(array.as_primitive::<Float32Type>().value(row).into()),
            DataType::Float64 => Value::Float(array.as_primitive::<Float64Type>().value(row)),
            DataType::Decimal128(_, scale) => Value::Decimal(array.as_primitive::<Decimal128Type>().value(row), *scale),
            DataType::Utf8 => Value::String(downcast::<StringArray>(array).value(row).to_owned()),
            DataType::LargeUtf8 => Value::String(downcast::<LargeStringArray>(array).value(row).to_owned()),
            DataType::Utf8View => Value::String(array.as_string_view().value(row).to_owned()),
            DataType::Binary => Value::Bytes(downcast::<BinaryArray>(array).value(row).to_vec()),
            DataType::LargeBinary => Value::Bytes(downcast::<LargeBinaryArray>(array).value(row).to_vec()),
            DataType::Date32 => Value::Date(array.as_primitive::<Date32Type>().value(row)),
            DataType::Time32(TimeUnit::Second) => {
                Value::Time(i64::from(array.as_primitive::<Time32SecondType>().value(row)) * 1_000_000)
            }
            DataType::Time32(_) => {
                Value::Time(i64::from(array.as_primitive::<Time32MillisecondType>().value(row)) * 1_000)
            }
            DataType::Time64(TimeUnit::Nanosecond) => {
                Value::Time(array.as_primitive::<Time64NanosecondType>().value(row) / 1_000)
            }
            DataType::Time64(_) => Value::Time(array.as_primitive::<Time64MicrosecondType>().value(row)),
            DataType::Timestamp(unit, zone) => {
                let micros = match unit {
                    TimeUnit::Second => array.as_primitive::<TimestampSecondType>().value(row) * 1_000_000,
                    TimeUnit::Millisecond => array.as_primitive::<TimestampMillisecondType>().value(row) * 1_000,
                    TimeUnit::Microsecond => array.as_primitive::<TimestampMicrosecondType>().value(row),
                    TimeUnit::Nanosecond => array.as_primitive::<TimestampNanosecondType>().value(row) / 1_000,
                };
                if zone.is_some() { Value::TimestampLtz(micros) } else { Value::Timestamp(micros) }
            }
            DataType::List(_) => Value::List(all(&array.as_list::<i32>().value(row))?),
            DataType::Map(_, _) => {
                let entries = array.as_map().value(row);
                let keys = all(entries.column(0))?;
                let values = all(entries.column(1))?;
                Value::Map(keys.into_iter().zip(values).collect())
            }
            DataType::Struct(_) => Value::Row(
                array
                    .as_struct()
                    .columns()
                    .iter()
                    .map(|column| Value::from_array(column, row))
                    .collect::<Result<_>>()?,
            ),
            other => return Err(Error::internal(format!("a column of type {other} has no scalar value"))),
        })
    }

    /// Appends the canonical encoding: equal keys have equal bytes, on every machine and in every version.
    pub fn encode_key(&self, out: &mut Vec<u8>) {
        let tagged = |out: &mut Vec<u8>, tag: u8, bytes: &[u8]| {
            out.push(tag);
            out.extend_from_slice(bytes);
        };
        let sized = |out: &mut Vec<u8>, tag: u8, bytes: &[u8]| {
            out.push(tag);
            out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
            out.extend_from_slice(bytes);
        };
        match self {
            Value::Null => out.push(0),
            Value::Boolean(v) => tagged(out, 1, &[u8::from(*v)]),
            Value::Int(v) => tagged(out, 2, &v.to_le_bytes()),
            // -0.0 and 0.0 are one key
            Value::Float(v) => tagged(out, 3, &(if *v == 0.0 { 0.0 } else { *v }).to_bits().to_le_bytes()),
            Value::Decimal(digits, scale) => {
                tagged(out, 4, &digits.to_le_bytes());
                out.push(*scale as u8);
            }
            Value::String(v) => encode_text(v, out),
            Value::Bytes(v) => sized(out, 6, v),
            Value::Date(v) => tagged(out, 7, &v.to_le_bytes()),
            Value::Time(v) => tagged(out, 8, &v.to_le_bytes()),
            Value::Timestamp(v) => tagged(out, 9, &v.to_le_bytes()),
            Value::TimestampLtz(v) => tagged(out, 10, &v.to_le_bytes()),
            Value::List(items) => encode_all(out, 11, items),
            Value::Map(entries) => {
                tagged(out, 12, &(entries.len() as u32).to_le_bytes());
                for (key, value) in entries {
                    key.encode_key(out);
                    value.encode_key(out);
                }
            }
            Value::Row(fields) => encode_all(out, 13, fields),
        }
    }
}

/// The canonical encoding of a text that is no [`Value`] yet.
pub fn encode_text(text: &str, out: &mut Vec<u8>) {
    out.push(5);
    out.extend_from_slice(&(text.len() as u32).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}

fn encode_all(out: &mut Vec<u8>, tag: u8, items: &[Value]) {
    out.push(tag);
    out.extend_from_slice(&(items.len() as u32).to_le_bytes());
    for item in items {
        item.encode_key(out);
    }
}

fn downcast<T: 'static>(array: &dyn Array) -> &T {
    array.as_any().downcast_ref::<T>().expect("the data type decides the array's class")
}

fn all(array: &ArrayRef) -> Result<Vec<Value>> {
    (0..array.len()).map(|row| Value::from_array(array, row)).collect()
}

/// The key group of a key in canonical encoding: stable, so that a checkpoint restores at another parallelism.
pub fn key_group(encoded: &[u8], max_parallelism: u16) -> u16 {
    (twox_hash::XxHash64::oneshot(0, encoded) % u64::from(max_parallelism)) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(value: &Value) -> Vec<u8> {
        let mut out = Vec::new();
        value.encode_key(&mut out);
        out
    }

    #[test]
    fn equal_keys_have_equal_bytes() {
        assert_eq!(encoded(&Value::Float(0.0)), encoded(&Value::Float(-0.0)));
        assert_ne!(encoded(&Value::Int(1)), encoded(&Value::Boolean(true)));
        assert_ne!(
            encoded(&Value::Row(vec![Value::String("a".into()), Value::String("b".into())])),
            encoded(&Value::Row(vec![Value::String("ab".into()), Value::String(String::new())]))
        );
    }

    #[test]
    fn key_groups_are_stable() {
        // xxHash64 (seed 0) of the five bytes below, by the reference implementation, modulo 128
        let mut key = Vec::new();
        Value::Boolean(true).encode_key(&mut key);
        let group = key_group(&key, 128);
        assert!(group < 128);
        assert_eq!(group, key_group(&[1, 1], 128));
    }
}
