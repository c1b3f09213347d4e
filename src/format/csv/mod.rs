//! `csv`: one record a line, with the options and semantics of Flink's CSV format.
//!
//! Options: `field-delimiter`, `quote-character`, `disable-quote-character`, `allow-comments`,
//! `array-element-delimiter`, `escape-character`, `null-literal`, `ignore-parse-errors`, `line-delimiter` (writing);
//! files take `use-header`, `strict-headers` and `skip-first-data-row` besides.

mod decode;
mod dialect;
mod encode;
#[cfg(test)]
mod tests;

use super::{Decoder, Encoder, Format, IGNORE_PARSE_ERRORS};
use crate::error::Result;
use crate::options::Options;
use crate::types::{SchemaRef, Shape};

pub use dialect::CsvDialect;

const FORMAT: &str = "csv";

pub struct Csv;

impl Format for Csv {
    fn name(&self) -> &'static str {
        FORMAT
    }

    fn decoder(&self, schema: SchemaRef, _shape: Shape, options: &Options) -> Result<Box<dyn Decoder>> {
        let lenient = options.parse(IGNORE_PARSE_ERRORS, false)?;
        let strict_headers = options.parse("strict-headers", false)?;
        Ok(Box::new(decode::CsvDecoder::new(schema, CsvDialect::parse(options)?, lenient, strict_headers)?))
    }

    fn encoder(&self, schema: SchemaRef, _shape: Shape, options: &Options) -> Result<Box<dyn Encoder>> {
        let line_end = options.get("line-delimiter").unwrap_or("").to_owned();
        let use_header = options.parse("use-header", false)?;
        Ok(Box::new(encode::CsvEncoder::new(&schema, CsvDialect::parse(options)?, line_end, use_header)?))
    }
}
