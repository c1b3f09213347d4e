//! Formats: bytes to columns and columns to bytes. A format is one file here and one line in [`FORMATS`].

use arrow::array::RecordBatch;

use crate::batch::Columns;
use crate::connector::Options;
use crate::error::{Error, Result};
use crate::types::{SchemaRef, Shape};

/// One line a format.
pub static FORMATS: &[&dyn Format] = &[];

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
}

/// Turns rows into payloads.
pub trait Encoder: Send {
    /// Appends the payload of each row to `out` and its end to `ends`, so that row `i` is
    /// `out[ends[i - 1]..ends[i]]`. `None` in the output of a sink that knows tombstones is left to that sink.
    fn encode(&mut self, columns: &Columns, out: &mut Vec<u8>, ends: &mut Vec<usize>) -> Result<()>;
}
