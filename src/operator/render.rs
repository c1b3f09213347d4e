//! `Render`: typed columns to payloads, the reverse of [`Parse`](super::parse::Parse).
//!
//! Each row becomes one text, written by a format; it keeps its timestamp, row kind and key.
//!
//! The row `1` of the schema `id INT` gives `{"id":1}` with the format `json`.

use std::sync::Arc;

use arrow::array::StringArray;
use arrow::buffer::{Buffer, OffsetBuffer, ScalarBuffer};

use super::{Operator, Output};
use crate::batch::{Batch, Columns, Data};
use crate::error::{Error, Result};
use crate::format::Encoder;
use crate::options::Options;
use crate::types::{SchemaRef, Shape};

pub struct Render {
    encoder: Box<dyn Encoder>,
    ends: Vec<usize>,
}

impl Render {
    /// `schema` and `shape` are those of the input; `options` those of the format without a prefix.
    pub fn new(format: &str, schema: SchemaRef, shape: Shape, options: &Options) -> Result<Self> {
        let encoder = crate::format::find(format)?.encoder(schema, shape, options)?;
        Ok(Render { encoder, ends: Vec::new() })
    }
}

impl Operator for Render {
    fn process(&mut self, _input: usize, batch: Batch, output: &mut Output) -> Result<()> {
        self.ends.clear();
        let mut payloads = Vec::new();
        self.encoder.encode(batch.expect_columns()?, &mut payloads, &mut self.ends)?;
        if i32::try_from(payloads.len()).is_err() {
            return Err(Error::data("a batch holds more than 2 GiB of text").with_hint("lower the batch size"));
        }
        let offsets = std::iter::once(0).chain(self.ends.iter().map(|end| *end as i32));
        let offsets = OffsetBuffer::new(ScalarBuffer::from_iter(offsets));
        let texts = StringArray::try_new(offsets, Buffer::from_vec(payloads), None).map_err(|_| {
            Error::data("the format writes bytes that are no UTF-8 text").with_hint("use the charset UTF-8")
        })?;
        output.emit(Batch { data: Data::Columns(Columns::scalar(Arc::new(texts))), ..batch });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operator::Emission;
    use crate::types::{DataType, Field, Schema};
    use arrow::array::{AsArray, Int32Array, RecordBatch};

    #[test]
    fn rows_become_texts() {
        let schema = Arc::new(Schema::new(vec![Field::new("id", DataType::Int32, true)]));
        let records =
            RecordBatch::try_new(schema.clone(), vec![Arc::new(Int32Array::from(vec![Some(1), None]))]).unwrap();
        let mut render = Render::new("json", schema, Shape::Row, &Options::default()).unwrap();
        let mut output = Output::default();
        let batch = Batch::columns(records, Shape::Row).with_timestamps(Some(vec![5, 6]));
        render.process(0, batch, &mut output).unwrap();
        let emissions = output.take();
        let Emission::Batch(None, batch) = &emissions[0] else { panic!("no main output") };
        let columns = batch.expect_columns().unwrap();
        let texts: Vec<_> = columns.records.column(0).as_string::<i32>().iter().flatten().collect();
        assert_eq!(texts, [r#"{"id":1}"#, r#"{"id":null}"#]);
        assert_eq!((columns.shape, batch.timestamps.as_deref()), (Shape::Scalar, Some(&[5, 6][..])));
    }
}
