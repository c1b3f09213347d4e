//! `bytes`: a record is its bytes, unchanged (Flink's `ByteArraySchema` and the `raw` format for BYTES).

use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};

use super::column::Column;
use super::error::FormatError;
use super::{Decoder, Encoder, Format};
use crate::batch::Columns;
use crate::error::{Error, Result};
use crate::options::Options;
use crate::types::{DataType, SchemaRef, Shape, type_name};

const FORMAT: &str = "bytes";

pub struct Raw;

impl Format for Raw {
    fn name(&self) -> &'static str {
        FORMAT
    }

    fn decoder(&self, schema: SchemaRef, _shape: Shape, _options: &Options) -> Result<Box<dyn Decoder>> {
        super::single_column(FORMAT, &schema, &DataType::Binary)?;
        let column = Column::new(FORMAT, schema.field(0).name(), &DataType::Binary)?;
        Ok(Box::new(RawDecoder { schema, column }))
    }

    fn encoder(&self, schema: SchemaRef, _shape: Shape, _options: &Options) -> Result<Box<dyn Encoder>> {
        super::single_column(FORMAT, &schema, &DataType::Binary)?;
        Ok(Box::new(RawEncoder))
    }
}

struct RawDecoder {
    schema: SchemaRef,
    column: Column,
}

impl Decoder for RawDecoder {
    fn decode(&mut self, payload: &[u8]) -> Result<usize> {
        let Column::Binary(bytes) = &mut self.column else {
            return Err(Error::internal("a decoder of bytes without a binary column"));
        };
        let begun = bytes.values.len();
        if bytes.push(payload).is_err() {
            bytes.values.truncate(begun);
            let path = self.schema.field(0).name().clone();
            return Err(FormatError::TooLarge { format: FORMAT, path }.into());
        }
        Ok(1)
    }

    fn len(&self) -> usize {
        self.column.len()
    }

    fn finish(&mut self) -> Result<RecordBatch> {
        let array = self.column.finish(&DataType::Binary)?;
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), vec![array])?)
    }
}

struct RawEncoder;

impl Encoder for RawEncoder {
    fn encode(&mut self, columns: &Columns, out: &mut Vec<u8>, ends: &mut Vec<usize>) -> Result<()> {
        let array = columns.records.column(0);
        let values = array.as_binary_opt::<i32>().ok_or_else(|| {
            let data_type = type_name(array.data_type());
            let column = columns.records.schema_ref().field(0).name().clone();
            FormatError::Unsupported { format: FORMAT, column, data_type }
        })?;
        for row in 0..values.len() {
            if values.is_null(row) {
                return Err(Error::data(format!("the format 'bytes' cannot write NULL (row {row} of the batch)"))
                    .with_hint("filter NULL values out before the sink, or replace them"));
            }
            out.extend_from_slice(values.value(row));
            ends.push(out.len());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_stay_as_they_are() {
        let schema = super::super::value_schema(DataType::Binary);
        let mut decoder = Raw.decoder(schema.clone(), Shape::Scalar, &Options::default()).unwrap();
        decoder.decode(b"\xff\0").unwrap();
        decoder.decode(b"").unwrap();
        let columns = Columns::new(decoder.finish().unwrap(), Shape::Scalar);
        let mut encoder = Raw.encoder(schema, Shape::Scalar, &Options::default()).unwrap();
        let (mut out, mut ends) = (Vec::new(), Vec::new());
        encoder.encode(&columns, &mut out, &mut ends).unwrap();
        assert_eq!((out.as_slice(), ends.as_slice()), (&b"\xff\0"[..], &[2, 2][..]));
    }
}
