//! Columns to CSV, with quotation marks where Flink's writer (Jackson) puts them.

use arrow::array::{Array, ArrayRef, AsArray};

use super::super::Encoder;
use super::super::error::FormatError;
use super::super::render::Scalars;
use super::super::temporal::TimestampFormat;
use super::FORMAT;
use super::dialect::CsvDialect;
use crate::batch::Columns;
use crate::error::Result;
use crate::types::{DataType, Schema, type_name};

/// Longer texts are quoted without looking at them.
const CHECKED: usize = 24;

pub(super) struct CsvEncoder {
    dialect: CsvDialect,
    line_end: String,
    /// Characters below this one make a text need quotation marks.
    first_safe: u8,
    scratch: Vec<u8>,
    header: Option<Vec<u8>>,
}

impl CsvEncoder {
    pub fn new(schema: &Schema, dialect: CsvDialect, line_end: String, use_header: bool) -> Result<Self> {
        for field in schema.fields() {
            if !supported(field.data_type(), 0) {
                let (column, data_type) = (field.name().clone(), type_name(field.data_type()));
                return Err(FormatError::Unsupported { format: FORMAT, column, data_type }.into());
            }
        }
        let first_safe = dialect.delimiter.max(dialect.quote.unwrap_or(0)).max(b'\n') + 1;
        let mut encoder = CsvEncoder { dialect, line_end, first_safe, scratch: Vec::new(), header: None };
        if use_header {
            let mut header = Vec::new();
            for (at, field) in schema.fields().iter().enumerate() {
                if at > 0 {
                    header.push(encoder.dialect.delimiter);
                }
                encoder.text(field.name().as_bytes(), &mut header);
            }
            header.extend_from_slice(encoder.line_end.as_bytes());
            encoder.header = Some(header);
        }
        Ok(encoder)
    }

    /// A text, in quotation marks where it may need them.
    fn text(&self, text: &[u8], out: &mut Vec<u8>) {
        let special = |byte: &u8| *byte < self.first_safe || Some(*byte) == self.dialect.escape;
        let Some(quote) = self.dialect.quote else {
            for byte in text {
                if let Some(escape) = self.dialect.escape
                    && (*byte == self.dialect.delimiter || *byte == escape)
                {
                    out.push(escape);
                }
                out.push(*byte);
            }
            return;
        };
        if text.len() <= CHECKED && !text.iter().any(special) {
            return out.extend_from_slice(text);
        }
        out.push(quote);
        for byte in text {
            if *byte == quote || Some(*byte) == self.dialect.escape {
                out.push(*byte);
            }
            out.push(*byte);
        }
        out.push(quote);
    }
}

fn supported(data_type: &DataType, depth: usize) -> bool {
    match data_type {
        DataType::List(item) => depth == 0 && supported(item.data_type(), 1),
        DataType::Struct(fields) => depth == 0 && fields.iter().all(|field| supported(field.data_type(), 1)),
        DataType::Map(..) => false,
        _ => true,
    }
}

enum Writer<'a> {
    Bare(Scalars<'a>),
    Text(Scalars<'a>),
    List(&'a arrow::array::ListArray, Scalars<'a>),
    Row(&'a arrow::array::StructArray, Vec<Scalars<'a>>),
}

impl<'a> Writer<'a> {
    fn new(name: &str, array: &'a ArrayRef) -> Result<Self> {
        let scalars = |array: &'a ArrayRef| {
            Scalars::new(array).ok_or_else(|| {
                let (column, data_type) = (name.to_owned(), type_name(array.data_type()));
                FormatError::Unsupported { format: FORMAT, column, data_type }
            })
        };
        if let Some(list) = array.as_list_opt::<i32>() {
            return Ok(Writer::List(list, scalars(list.values())?));
        }
        if let Some(row) = array.as_struct_opt() {
            return Ok(Writer::Row(row, row.columns().iter().map(scalars).collect::<Result<_, _>>()?));
        }
        let scalars = scalars(array)?;
        Ok(match scalars {
            Scalars::Text(_)
            | Scalars::Binary(_)
            | Scalars::Date(_)
            | Scalars::Time(_)
            | Scalars::Timestamp(_)
            | Scalars::Instant(_) => Writer::Text(scalars),
            _ => Writer::Bare(scalars),
        })
    }

    fn is_null(&self, row: usize) -> bool {
        match self {
            Writer::Bare(scalars) | Writer::Text(scalars) => scalars.is_null(row),
            Writer::List(list, _) => list.is_null(row),
            Writer::Row(inner, _) => inner.is_null(row),
        }
    }
}

/// A timestamp as `java.sql.Timestamp` prints it: with one digit of the fraction at least.
fn write(scalars: &Scalars, row: usize, out: &mut Vec<u8>) {
    scalars.write(row, TimestampFormat::Sql, 1, out);
}

impl Encoder for CsvEncoder {
    fn encode(&mut self, columns: &Columns, out: &mut Vec<u8>, ends: &mut Vec<usize>) -> Result<()> {
        let records = &columns.records;
        let schema = records.schema_ref();
        let writers = schema.fields().iter().zip(records.columns());
        let writers: Vec<Writer> =
            writers.map(|(field, array)| Writer::new(field.name(), array)).collect::<Result<_>>()?;
        let null = self.dialect.null_literal.clone().unwrap_or_default();
        let mut scratch = std::mem::take(&mut self.scratch);
        for row in 0..records.num_rows() {
            for (at, writer) in writers.iter().enumerate() {
                if at > 0 {
                    out.push(self.dialect.delimiter);
                }
                if writer.is_null(row) {
                    out.extend_from_slice(null.as_bytes());
                    continue;
                }
                scratch.clear();
                let mut element = |first: bool, scalars: &Scalars, row: usize| {
                    if !first {
                        scratch.extend_from_slice(self.dialect.array_delimiter.as_bytes());
                    }
                    match scalars.is_null(row) {
                        true => scratch.extend_from_slice(null.as_bytes()),
                        false => write(scalars, row, &mut scratch),
                    }
                };
                match writer {
                    Writer::Bare(scalars) => {
                        write(scalars, row, out);
                        continue;
                    }
                    Writer::Text(scalars) => write(scalars, row, &mut scratch),
                    Writer::List(list, items) => {
                        let (start, end) = (list.value_offsets()[row] as usize, list.value_offsets()[row + 1] as usize);
                        (start..end).for_each(|at| element(at == start, items, at));
                    }
                    Writer::Row(_, fields) => {
                        fields.iter().enumerate().for_each(|(at, field)| element(at == 0, field, row));
                    }
                }
                self.text(&scratch, out);
            }
            out.extend_from_slice(self.line_end.as_bytes());
            ends.push(out.len());
        }
        self.scratch = scratch;
        Ok(())
    }

    fn header(&self) -> Option<Vec<u8>> {
        self.header.clone()
    }
}
