//! `json`: one JSON object a record, with the semantics of Flink's `JsonRowDeserializationSchema`.
//!
//! Options: `ignore-parse-errors`, `fail-on-missing-field`, `timestamp-format` (`SQL` or `ISO-8601`).

mod compact;
mod cursor;
mod decode;
mod encode;
mod fault;
#[cfg(test)]
mod tests;

use super::temporal::TimestampFormat;
use super::{Decoder, Encoder, Format};
use crate::error::{Error, Result};
use crate::options::Options;
use crate::types::{SchemaRef, Shape};

pub struct Json;

impl Format for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn decoder(&self, schema: SchemaRef, shape: Shape, options: &Options) -> Result<Box<dyn Decoder>> {
        let settings = decode::Settings {
            fail_on_missing_field: options.parse("fail-on-missing-field", false)?,
            null_on_mismatch: options.parse(super::IGNORE_PARSE_ERRORS, false)?,
            timestamps: TimestampFormat::parse(options.get("timestamp-format"))?,
        };
        if settings.fail_on_missing_field && settings.null_on_mismatch {
            return Err(Error::config(
                "JSON format doesn't support failOnMissingField and ignoreParseErrors are both enabled.",
            )
            .with_hint("choose one of the options 'fail-on-missing-field' and 'ignore-parse-errors'"));
        }
        Ok(Box::new(decode::JsonDecoder::new(schema, shape, settings)?))
    }

    fn encoder(&self, _schema: SchemaRef, shape: Shape, options: &Options) -> Result<Box<dyn Encoder>> {
        let timestamps = TimestampFormat::parse(options.get("timestamp-format"))?;
        Ok(Box::new(encode::JsonEncoder::new(shape, timestamps)))
    }
}
