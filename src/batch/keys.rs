//! The keys of a keyed stream's records, and their key groups.

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, RecordBatch, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{
    DataType, Date32Type, Int8Type, Int16Type, Int32Type, Int64Type, TimeUnit, TimestampMicrosecondType,
};

use super::{Columns, Data, Objects};
use crate::error::Result;
use crate::types::{Value, key_group};

/// The keys of some records: computed once where the stream is keyed, then carried along.
///
/// Key groups are computed where they are first asked for, which is in front of an exchange or in a snapshot: a stream
/// that is keyed and read in one task has none to pay for.
#[derive(Clone)]
pub struct Keys {
    pub values: Data,
    groups: Option<Vec<u16>>,
}

impl Keys {
    pub fn new(values: Data) -> Keys {
        Keys { values, groups: None }
    }

    /// Keys whose groups are known already.
    pub fn with_groups(values: Data, groups: Vec<u16>) -> Keys {
        debug_assert_eq!(values.len(), groups.len());
        Keys { values, groups: Some(groups) }
    }

    /// The key group of each record. Everybody on the keys' way must ask with the same number of groups, the job's.
    pub fn groups(&mut self, max_parallelism: u16) -> Result<&[u16]> {
        let groups = match self.groups.take() {
            Some(groups) => groups,
            None => match &self.values {
                Data::Columns(columns) => {
                    key_groups(columns.records.columns(), columns.records.num_rows(), max_parallelism)?
                }
                Data::Objects(objects) => object_groups(objects.as_ref(), max_parallelism)?,
            },
        };
        Ok(self.groups.insert(groups))
    }

    /// The keys with the group of each.
    pub fn into_parts(mut self, max_parallelism: u16) -> Result<(Data, Vec<u16>)> {
        self.groups(max_parallelism)?;
        Ok((self.values, self.groups.unwrap_or_default()))
    }

    pub(super) fn split_off(&mut self, at: usize) -> Keys {
        Keys { values: self.values.split_off(at), groups: self.groups.as_mut().map(|groups| groups.split_off(at)) }
    }

    /// The keys of some of the records; `records` are all of these and those that were taken.
    pub(super) fn take(&self, indices: &UInt32Array, records: (&Data, &Data)) -> Result<Keys> {
        let pick = |groups: &Vec<u16>| indices.values().iter().map(|index| groups[*index as usize]).collect();
        let groups = self.groups.as_ref().map(pick);
        let values = match (&self.values, records) {
            (Data::Columns(keys), (Data::Columns(all), Data::Columns(taken))) => {
                take_columns(keys, indices, &all.records, &taken.records)?
            }
            _ => self.values.take(indices)?,
        };
        Ok(Keys { values, groups })
    }
}

/// Keys are mostly columns of the records as they are, which need not be taken twice.
fn take_columns(keys: &Columns, indices: &UInt32Array, all: &RecordBatch, taken: &RecordBatch) -> Result<Data> {
    let column = |key: &ArrayRef| {
        let data = key.to_data();
        match all.columns().iter().position(|column| column.to_data().ptr_eq(&data)) {
            Some(at) => Ok(taken.column(at).clone()),
            None => Ok(take(key, indices, None)?),
        }
    };
    let columns = keys.records.columns().iter().map(column).collect::<Result<Vec<_>>>()?;
    Ok(Data::Columns(Columns::new(RecordBatch::try_new(keys.records.schema(), columns)?, keys.shape)))
}

fn object_groups(objects: &dyn Objects, max_parallelism: u16) -> Result<Vec<u16>> {
    let mut encoded = Vec::new();
    let group = |index| {
        encoded.clear();
        objects.key_value(index)?.encode_key(&mut encoded);
        Ok(key_group(&encoded, max_parallelism))
    };
    (0..objects.len()).map(group).collect()
}

/// The key group of each row; several columns are one key, encoded as a row.
fn key_groups(columns: &[ArrayRef], rows: usize, max_parallelism: u16) -> Result<Vec<u16>> {
    let mut key = Vec::with_capacity(64);
    if let [only] = columns
        && let Some(texts) = only.as_string_opt::<i32>().filter(|texts| texts.null_count() == 0)
    {
        let group = |text: &str| {
            key.clear();
            encode_text(text, &mut key);
            key_group(&key, max_parallelism)
        };
        return Ok(texts.iter().flatten().map(group).collect());
    }
    let encoder = KeyEncoder::new(columns);
    let group = |row| {
        key.clear();
        encoder.encode(row, &mut key)?;
        Ok(key_group(&key, max_parallelism))
    };
    (0..rows).map(group).collect()
}

/// Writes keys in the canonical encoding of [`Value::encode_key`], straight from their columns.
pub struct KeyEncoder<'a>(Vec<Encoder<'a>>);

impl<'a> KeyEncoder<'a> {
    /// Several columns are one key: a row of them.
    pub fn new(columns: &'a [ArrayRef]) -> KeyEncoder<'a> {
        KeyEncoder(columns.iter().map(Encoder::new).collect())
    }

    pub fn encode(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        if let [only] = self.0.as_slice() {
            return only.encode(row, out);
        }
        // the head of Value::Row's encoding
        out.push(13);
        out.extend_from_slice(&(self.0.len() as u32).to_le_bytes());
        self.0.iter().try_for_each(|encoder| encoder.encode(row, out))
    }
}

/// Writes a column's values in canonical encoding without making a [`Value`] of each.
enum Encoder<'a> {
    /// Any whole number: tag and width of its own type in the encoding.
    Integer(&'a ArrayRef, fn(&ArrayRef, usize) -> i64),
    Boolean(&'a ArrayRef),
    Date(&'a ArrayRef),
    Timestamp(&'a ArrayRef, u8),
    Text(&'a ArrayRef),
    Other(&'a ArrayRef),
}

impl<'a> Encoder<'a> {
    fn new(column: &'a ArrayRef) -> Encoder<'a> {
        match column.data_type() {
            DataType::Int8 => Encoder::Integer(column, whole::<Int8Type>),
            DataType::Int16 => Encoder::Integer(column, whole::<Int16Type>),
            DataType::Int32 => Encoder::Integer(column, whole::<Int32Type>),
            DataType::Int64 => Encoder::Integer(column, whole::<Int64Type>),
            DataType::Boolean => Encoder::Boolean(column),
            DataType::Date32 => Encoder::Date(column),
            DataType::Timestamp(TimeUnit::Microsecond, zone) => {
                Encoder::Timestamp(column, if zone.is_some() { 10 } else { 9 })
            }
            DataType::Utf8 => Encoder::Text(column),
            _ => Encoder::Other(column),
        }
    }

    fn encode(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        let column = match self {
            Encoder::Integer(column, _) | Encoder::Timestamp(column, _) => column,
            Encoder::Boolean(column) | Encoder::Date(column) | Encoder::Text(column) | Encoder::Other(column) => column,
        };
        if column.is_null(row) {
            out.push(0);
            return Ok(());
        }
        match self {
            Encoder::Integer(column, value) => tagged(out, 2, &value(column, row).to_le_bytes()),
            Encoder::Boolean(column) => tagged(out, 1, &[u8::from(column.as_boolean().value(row))]),
            Encoder::Date(column) => tagged(out, 7, &column.as_primitive::<Date32Type>().value(row).to_le_bytes()),
            Encoder::Timestamp(column, tag) => {
                tagged(out, *tag, &column.as_primitive::<TimestampMicrosecondType>().value(row).to_le_bytes());
            }
            Encoder::Text(column) => encode_text(column.as_string::<i32>().value(row), out),
            Encoder::Other(column) => Value::from_array(column, row)?.encode_key(out),
        }
        Ok(())
    }
}

fn encode_text(text: &str, out: &mut Vec<u8>) {
    tagged(out, 5, &(text.len() as u32).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}

fn tagged(out: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    out.push(tag);
    out.extend_from_slice(bytes);
}

fn whole<T: ArrowPrimitiveType>(column: &ArrayRef, row: usize) -> i64
where
    T::Native: Into<i64>,
{
    column.as_primitive::<T>().value(row).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::StringArray;
    use std::sync::Arc;

    #[test]
    fn groups_are_computed_once_and_carried() {
        let data = Data::Columns(Columns::scalar(Arc::new(StringArray::from(vec!["a", "b", "c"]))));
        let group = |text: &str| {
            let mut encoded = Vec::new();
            Value::String(text.into()).encode_key(&mut encoded);
            key_group(&encoded, 128)
        };
        let all = ["a", "b", "c"].map(group);
        let mut keys = Keys::new(data.clone());
        // before they are known, and after
        for _ in 0..2 {
            let indices = UInt32Array::from(vec![2, 0]);
            let mut taken = keys.take(&indices, (&data, &data.take(&indices).unwrap())).unwrap();
            assert_eq!(taken.groups(128).unwrap(), [all[2], all[0]]);
            let mut first = keys.clone();
            let mut rest = first.split_off(1);
            assert_eq!((first.groups(128).unwrap(), rest.groups(128).unwrap()), (&all[..1], &all[1..]));
            assert_eq!(keys.groups(128).unwrap(), all);
        }
        assert_eq!(Keys::with_groups(data, vec![7, 8, 9]).groups(128).unwrap(), [7, 8, 9]);
    }
}
