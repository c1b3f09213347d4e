//! What flows: records in batches, never one by one across a thread or a queue.
//!
//! A batch is either columns (typed streams) or opaque objects of a language binding. Dispatch on the layout
//! happens once a batch.

mod keys;
mod objects;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, UInt32Array};
use arrow::compute::{concat_batches, filter_record_batch, take_record_batch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::types::{RowKind, Shape};

pub use keys::{KeyEncoder, Keys};
pub use objects::{DecodeObjects, Objects};

/// The timestamp of a record that has none (Flink's `Long.MIN_VALUE`).
pub const NO_TIMESTAMP: i64 = i64::MIN;

/// Columns of equal length and how a row of them appears to a user.
#[derive(Debug, Clone, PartialEq)]
pub struct Columns {
    pub records: RecordBatch,
    pub shape: Shape,
}

impl Columns {
    pub fn new(records: RecordBatch, shape: Shape) -> Self {
        Columns { records, shape }
    }

    /// A stream of bare values.
    pub fn scalar(values: ArrayRef) -> Self {
        let field = Field::new("value", values.data_type().clone(), true);
        let schema = Arc::new(Schema::new(vec![field]));
        let records = RecordBatch::try_new(schema, vec![values]).expect("one column always matches its own field");
        Columns { records, shape: Shape::Scalar }
    }

    pub fn schema(&self) -> SchemaRef {
        self.records.schema()
    }
}

/// The records of a batch in one of the two layouts.
pub enum Data {
    Columns(Columns),
    Objects(Box<dyn Objects>),
}

impl Data {
    pub fn len(&self) -> usize {
        match self {
            Data::Columns(columns) => columns.records.num_rows(),
            Data::Objects(objects) => objects.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// An estimate of the memory held, for the limits of exchanges.
    pub fn byte_size(&self) -> usize {
        match self {
            Data::Columns(columns) => columns.records.columns().iter().map(size_of_slice).sum(),
            Data::Objects(objects) => objects.byte_size(),
        }
    }

    /// Splits into the first `at` records, which stay, and the others, which are returned.
    pub fn split_off(&mut self, at: usize) -> Data {
        match self {
            Data::Columns(columns) => {
                let rest = columns.records.slice(at, columns.records.num_rows() - at);
                columns.records = columns.records.slice(0, at);
                Data::Columns(Columns::new(rest, columns.shape))
            }
            Data::Objects(objects) => Data::Objects(objects.split_off(at)),
        }
    }

    pub fn take(&self, indices: &UInt32Array) -> Result<Data> {
        Ok(match self {
            Data::Columns(columns) => {
                Data::Columns(Columns::new(take_record_batch(&columns.records, indices)?, columns.shape))
            }
            Data::Objects(objects) => Data::Objects(objects.take(indices.values())),
        })
    }
}

/// What the rows of a slice take; the buffers may hold more, which other slices have too.
fn size_of_slice(array: &ArrayRef) -> usize {
    let (rows, nulls) = (array.len(), array.nulls().map_or(0, |_| array.len().div_ceil(8)));
    // those that streams are mostly made of, without a description of the array
    match array.data_type() {
        DataType::Utf8 => {
            let offsets = array.as_string::<i32>().value_offsets();
            return (offsets[rows] - offsets[0]) as usize + 4 * (rows + 1) + nulls;
        }
        data_type => {
            if let Some(width) = data_type.primitive_width() {
                return rows * width + nulls;
            }
        }
    }
    array.to_data().get_slice_memory_size().unwrap_or_else(|_| array.get_array_memory_size())
}

impl Clone for Data {
    fn clone(&self) -> Self {
        match self {
            Data::Columns(columns) => Data::Columns(columns.clone()),
            Data::Objects(objects) => Data::Objects(objects.clone_box()),
        }
    }
}

/// Some records with what belongs to each of them.
#[derive(Clone)]
pub struct Batch {
    pub data: Data,
    /// Event-time timestamps in ms, [`NO_TIMESTAMP`] where a record has none; `None` where no record has one.
    pub timestamps: Option<Vec<i64>>,
    /// `None` where every record is an insert.
    pub row_kinds: Option<Vec<RowKind>>,
    pub keys: Option<Keys>,
}

impl Batch {
    pub fn new(data: Data) -> Self {
        Batch { data, timestamps: None, row_kinds: None, keys: None }
    }

    pub fn columns(records: RecordBatch, shape: Shape) -> Self {
        Batch::new(Data::Columns(Columns::new(records, shape)))
    }

    pub fn objects(objects: Box<dyn Objects>) -> Self {
        Batch::new(Data::Objects(objects))
    }

    pub fn with_timestamps(mut self, timestamps: Option<Vec<i64>>) -> Self {
        debug_assert!(timestamps.as_ref().is_none_or(|t| t.len() == self.len()));
        self.timestamps = timestamps;
        self
    }

    pub fn len(&self) -> usize {
        self.data.len()
    }

    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    pub fn byte_size(&self) -> usize {
        self.data.byte_size() + self.timestamps.as_ref().map_or(0, |t| t.len() * 8)
    }

    pub fn timestamp(&self, row: usize) -> i64 {
        self.timestamps.as_ref().map_or(NO_TIMESTAMP, |t| t[row])
    }

    pub fn row_kind(&self, row: usize) -> RowKind {
        self.row_kinds.as_ref().map_or(RowKind::Insert, |k| k[row])
    }

    /// Splits into the first `at` records, which stay, and the others, which are returned.
    pub fn split_off(&mut self, at: usize) -> Batch {
        Batch {
            data: self.data.split_off(at),
            timestamps: self.timestamps.as_mut().map(|timestamps| timestamps.split_off(at)),
            row_kinds: self.row_kinds.as_mut().map(|kinds| kinds.split_off(at)),
            keys: self.keys.as_mut().map(|keys| keys.split_off(at)),
        }
    }

    /// The records at `indices`, in that order.
    pub fn take(&self, indices: Vec<u32>) -> Result<Batch> {
        let indices = UInt32Array::from(indices);
        let pick = |at: &u32| *at as usize;
        let data = self.data.take(&indices)?;
        let keys = self.keys.as_ref().map(|keys| keys.take(&indices, (&self.data, &data))).transpose()?;
        Ok(Batch {
            data,
            keys,
            timestamps: self.timestamps.as_ref().map(|t| indices.values().iter().map(|i| t[pick(i)]).collect()),
            row_kinds: self.row_kinds.as_ref().map(|k| indices.values().iter().map(|i| k[pick(i)]).collect()),
        })
    }

    /// The records whose `mask` is true (null counts as false).
    pub fn filter(self, mask: &BooleanArray) -> Result<Batch> {
        if mask.null_count() == 0 && mask.true_count() == mask.len() {
            return Ok(self);
        }
        if let (Data::Columns(columns), None, None, None) = (&self.data, &self.timestamps, &self.row_kinds, &self.keys)
        {
            return Ok(Batch::columns(filter_record_batch(&columns.records, mask)?, columns.shape));
        }
        let kept = mask.iter().enumerate().filter(|(_, keep)| *keep == Some(true)).map(|(i, _)| i as u32);
        self.take(kept.collect())
    }

    /// The columns, or an internal error: for operators that the graph only ever puts behind typed streams.
    pub fn expect_columns(&self) -> Result<&Columns> {
        match &self.data {
            Data::Columns(columns) => Ok(columns),
            Data::Objects(_) => Err(Error::internal("a typed operator was given a batch of objects")),
        }
    }
}

/// Joins batches of columns that have one schema.
pub fn concat(schema: &SchemaRef, batches: &[RecordBatch]) -> Result<RecordBatch> {
    Ok(concat_batches(schema, batches)?)
}

/// The type of a stream's columns as one struct, for connectors that are given "the row type".
pub fn row_type(schema: &Schema) -> DataType {
    DataType::Struct(schema.fields().clone())
}

impl crate::error::Explain for arrow::error::ArrowError {
    fn kind(&self) -> crate::error::ErrorKind {
        crate::error::ErrorKind::Internal
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{AsArray, Int64Array};
    use arrow::datatypes::Int64Type;

    fn numbers(values: Vec<i64>) -> Batch {
        Batch::new(Data::Columns(Columns::scalar(Arc::new(Int64Array::from(values)))))
    }

    fn values(batch: &Batch) -> Vec<i64> {
        batch.expect_columns().unwrap().records.column(0).as_primitive::<Int64Type>().values().to_vec()
    }

    #[test]
    fn take_carries_what_belongs_to_a_record() {
        let batch = numbers(vec![10, 20, 30]).with_timestamps(Some(vec![1, 2, 3]));
        let taken = batch.take(vec![2, 0]).unwrap();
        assert_eq!(values(&taken), [30, 10]);
        assert_eq!(taken.timestamps, Some(vec![3, 1]));
    }

    #[test]
    fn keys_that_are_a_column_are_taken_with_it() {
        let mut batch = numbers(vec![10, 20, 30]);
        let rest = numbers(vec![7, 8, 9]);
        for (keys, expected) in [(batch.data.clone(), [30, 10]), (rest.data, [9, 7])] {
            batch.keys = Some(Keys::new(keys));
            let taken = batch.take(vec![2, 0]).unwrap();
            assert_eq!(values(&taken), [30, 10]);
            assert_eq!(values(&Batch::new(taken.keys.unwrap().values)), expected);
        }
    }

    #[test]
    fn split_off_shares_out_what_belongs_to_a_record() {
        let mut first = numbers(vec![1, 2, 3]).with_timestamps(Some(vec![10, 20, 30]));
        let size = first.byte_size();
        let second = first.split_off(1);
        assert_eq!((values(&first), first.timestamps), (vec![1], Some(vec![10])));
        assert_eq!((values(&second), second.timestamps), (vec![2, 3], Some(vec![20, 30])));
        // 8 bytes of value and 8 of timestamp each, although both share one buffer of values
        assert_eq!(size, 48);
    }

    #[test]
    fn filter_counts_null_as_false() {
        let mask = BooleanArray::from(vec![Some(true), None, Some(false)]);
        assert_eq!(values(&numbers(vec![1, 2, 3]).filter(&mask).unwrap()), [1]);
        let stamped = numbers(vec![1, 2, 3]).with_timestamps(Some(vec![7, 8, 9])).filter(&mask).unwrap();
        assert_eq!(stamped.timestamps, Some(vec![7]));
    }
}
