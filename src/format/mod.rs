//! Formats: bytes to columns and columns to bytes. A format is one file here and one line in [`FORMATS`].

mod avro;
mod bytes;
pub mod column;
mod csv;
pub mod display;
mod error;
mod json;
pub mod number;
pub mod render;
mod string;
pub mod temporal;

use std::sync::Arc;

use arrow::array::RecordBatch;

use crate::batch::Columns;
use crate::error::{Error, Result, shorten};
use crate::options::Options;
use crate::types::{DataType, Field, Schema, SchemaRef, Shape, type_name};

pub use csv::CsvDialect;
pub use error::FormatError;
pub use string::Charset;

/// One line a format.
pub static FORMATS: &[&dyn Format] = &[&string::Text, &bytes::Raw, &json::Json, &csv::Csv, &avro::Avro];

/// The option by which the caller of a decoder, and the decoder for single fields, passes over what is wrong.
pub const IGNORE_PARSE_ERRORS: &str = "ignore-parse-errors";

/// Counts records that were skipped because they could not be decoded.
pub const RECORDS_IN_ERRORS: &str = "numRecordsInErrors";

/// Counts fields that were read as NULL because their value did not fit their type.
pub const FIELDS_IN_ERRORS: &str = "numFieldsInErrors";

/// Counts records without a payload (Kafka's tombstones), which no format decodes.
pub const NULLS_SKIPPED: &str = "numNullRecordsSkipped";

/// Counts texts in which bytes that are no characters were replaced by U+FFFD.
pub const TEXTS_REPLACED: &str = "numTextsReplaced";

pub trait Format: Sync {
    /// The name in options and messages: `json`.
    fn name(&self) -> &'static str;

    /// `options` are those of the format, without its prefix.
    fn decoder(&self, schema: SchemaRef, shape: Shape, options: &Options) -> Result<Box<dyn Decoder>>;

    fn encoder(&self, schema: SchemaRef, shape: Shape, options: &Options) -> Result<Box<dyn Encoder>>;
}

pub fn find(name: &str) -> Result<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.name() == name).ok_or_else(|| {
        let known: Vec<_> = FORMATS.iter().map(|format| format.name()).collect();
        Error::config(format!("there is no format '{name}'"))
            .with_hint(format!("the formats are: {}", known.join(", ")))
    })
}

/// Collects payloads into columns.
pub trait Decoder: Send {
    /// Decodes one payload into zero or more rows and returns how many. On an error nothing of the payload stays:
    /// the caller decides whether the record fails the job, is counted, or goes to a side output.
    fn decode(&mut self, payload: &[u8]) -> Result<usize>;

    /// Rows decoded since the last `finish`.
    fn len(&self) -> usize;

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rows decoded since the last `finish`, as columns.
    fn finish(&mut self) -> Result<RecordBatch>;

    /// The first record of a file that names the columns; those that follow have their fields in that order.
    fn header(&mut self, _names: &[u8]) -> Result<()> {
        Err(Error::config("only files in the format 'csv' have a header"))
    }

    /// How many fields became NULL since the last call because `ignore-parse-errors` is set.
    fn take_nulled_fields(&mut self) -> u64 {
        0
    }

    /// In how many texts bytes were replaced since the last call.
    fn take_replaced_texts(&mut self) -> u64 {
        0
    }
}

/// Turns rows into payloads.
pub trait Encoder: Send {
    /// Appends the payload of each row to `out` and its end to `ends`, so that row `i` is
    /// `out[ends[i - 1]..ends[i]]`. `None` in the output of a sink that knows tombstones is left to that sink.
    fn encode(&mut self, columns: &Columns, out: &mut Vec<u8>, ends: &mut Vec<usize>) -> Result<()>;

    /// What a file begins with, before its first record.
    fn header(&self) -> Option<Vec<u8>> {
        None
    }
}

/// The schema of a stream of bare values.
pub fn value_schema(data_type: DataType) -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new("value", data_type, true)]))
}

/// A payload as a message shows it: shortened, with U+FFFD for what is no text.
pub fn payload_text(payload: &[u8]) -> String {
    const SHOWN: usize = 200;
    // a character has at most four bytes; a payload of megabytes is not converted to show its beginning
    let beginning = &payload[..payload.len().min(SHOWN * 4 + 4)];
    let text = shorten(&String::from_utf8_lossy(beginning), SHOWN);
    match text.rsplit_once('…') {
        Some((shown, _)) if payload.len() > SHOWN => format!("{shown}… ({} bytes)", payload.len()),
        _ => text,
    }
}

fn single_column(format: &'static str, schema: &Schema, data_type: &DataType) -> Result<()> {
    match schema.fields().as_ref() {
        [field] if field.data_type() == data_type => Ok(()),
        fields => {
            let found: Vec<_> = fields.iter().map(|field| type_name(field.data_type())).collect();
            Err(Error::config(format!(
                "the format '{format}' needs one column of type {}, not ({})",
                type_name(data_type),
                found.join(", ")
            )))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_format_lists_the_known_ones() {
        let error = find("xml").err().unwrap();
        assert!(error.hint().unwrap().contains("json"), "{error}");
    }

    #[test]
    fn long_payloads_are_shortened() {
        assert_eq!(payload_text(b"ok\xff"), "ok\u{FFFD}");
        let shown = payload_text("订".repeat(100_000).as_bytes());
        assert_eq!(shown, format!("{}… (300000 bytes)", "订".repeat(200)));
    }
}
