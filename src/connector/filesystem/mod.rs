//! `filesystem`: files as records, records as files, like Flink's `FileSource` and `FileSink`.
//!
//! Source options: `path` (a JSON list of files, directories or globs), `format` with `format.<option>`,
//! `monitor-interval-ms` (absent: the files that exist at the start, then the end).
//! Sink options: `path`, `format` with `format.<option>`, `prefix`, `suffix`, `bucket` (`base-path` or
//! `datetime:<Java pattern>`), `bucket.timezone`, `rolling.file-size`, `rolling.interval-ms`,
//! `rolling.inactivity-ms`, `rolling.on-checkpoint` (`rolling.check-interval-ms` is taken and not needed: files
//! are ended on time).

mod bucket;
#[cfg(test)]
mod commit_tests;
mod discover;
mod error;
mod lines;
mod part_file;
mod reader;
mod sink;
mod source;
#[cfg(test)]
mod tests;

use super::{Connector, Options, Sink, Source, Spec};
use crate::error::{Error, Result};
use crate::format::{Format, value_schema};
use crate::types::{DataType, SchemaRef, Shape};

pub struct Filesystem;

impl Connector for Filesystem {
    fn name(&self) -> &'static str {
        "filesystem"
    }

    fn source(&self, spec: &Spec) -> Result<Box<dyn Source>> {
        Ok(Box::new(source::FileSource::new(spec)?))
    }

    fn sink(&self, spec: &Spec) -> Result<Box<dyn Sink>> {
        Ok(Box::new(sink::FileSink::new(spec)?))
    }
}

/// A format with what its decoders and encoders are made from.
struct Formatting {
    format: &'static dyn Format,
    options: Options,
    schema: SchemaRef,
    shape: Shape,
}

impl Formatting {
    fn new(spec: &Spec) -> Result<Self> {
        let format = crate::format::find(spec.options.get("format").unwrap_or("string"))?;
        let options = spec.options.under("format").map(|(key, value)| (key.to_owned(), value.to_owned()));
        let (schema, shape) = match &spec.row_type {
            Some((schema, shape)) => (schema.clone(), *shape),
            None if format.name() == "string" => (value_schema(DataType::Utf8), Shape::Scalar),
            None => {
                return Err(Error::config(format!("files in the format '{}' need a row type", format.name()))
                    .with_hint("give the stream a type, such as Types.ROW_NAMED([...], [...])"));
            }
        };
        if format.name() == "bytes" {
            return Err(Error::config("files have no records in the format 'bytes'")
                .with_hint("use the format string, json or csv"));
        }
        Ok(Formatting { format, options: Options::new(options), schema, shape })
    }

    /// What is written behind each record: nothing where the format ends its lines itself.
    fn line_end(&self) -> &'static [u8] {
        if self.options.get("line-delimiter").is_some_and(|end| !end.is_empty()) { b"" } else { b"\n" }
    }
}
