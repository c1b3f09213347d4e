//! CSV to columns.

use arrow::array::{RecordBatch, RecordBatchOptions};
use base64::Engine;

use super::super::Decoder;
use super::super::column::{Column, NoValue, Struct};
use super::super::error::FormatError;
use super::super::temporal::TimestampFormat;
use super::FORMAT;
use super::dialect::{CsvDialect, Fields};
use crate::error::{Error, Result, shorten};
use crate::types::SchemaRef;

pub(super) struct CsvDecoder {
    root: Struct,
    schema: SchemaRef,
    dialect: CsvDialect,
    /// `ignore-parse-errors`: a value that does not fit its type, or is not there, becomes NULL.
    lenient: bool,
    /// A header has to name the columns in their order.
    strict_headers: bool,
    /// For each field of a record its column, where a header said so.
    order: Option<Vec<Option<usize>>>,
    fields: Fields,
    nulled: u64,
}

impl CsvDecoder {
    pub fn new(schema: SchemaRef, dialect: CsvDialect, lenient: bool, strict_headers: bool) -> Result<Self> {
        let root = Struct::new(FORMAT, schema.fields())?;
        if let Some(at) = root.columns.iter().position(|column| !supported(column, 0)) {
            let (column, data_type) = (schema.field(at).name().clone(), root.columns[at].type_name());
            return Err(FormatError::Unsupported { format: FORMAT, column, data_type }.into());
        }
        Ok(CsvDecoder { root, schema, dialect, lenient, strict_headers, order: None, fields: Fields::new(), nulled: 0 })
    }

    fn record(&mut self) -> Result<(), FormatError> {
        let (expected, found) = match &self.order {
            Some(order) => (order.len(), self.fields.len()),
            None => (self.schema.fields().len(), self.fields.len()),
        };
        if found > expected || (found < expected && !self.lenient) {
            return Err(FormatError::Arity { format: FORMAT, expected, found });
        }
        let len = self.root.len();
        for at in 0..found {
            let target = self.order.as_ref().map_or(Some(at), |order| order[at]);
            let Some(target) = target else { continue };
            let column = &mut self.root.columns[target];
            let text = self.fields.get(at);
            match push(column, text, &self.dialect, true) {
                Ok(()) => {}
                Err(NoValue::TooLarge) => {
                    return Err(FormatError::TooLarge {
                        format: FORMAT,
                        path: self.schema.field(target).name().clone(),
                    });
                }
                Err(_) if self.lenient => {
                    column.truncate(len);
                    column.push_null();
                    self.nulled += 1;
                }
                Err(_) => {
                    return Err(FormatError::Mismatch {
                        format: FORMAT,
                        path: self.schema.field(target).name().clone(),
                        offset: if at == 0 { 0 } else { self.fields.ends[at - 1] },
                        expected: column.type_name(),
                        found: format!("{:?}", shorten(text, 40)),
                    });
                }
            }
        }
        for column in &mut self.root.columns {
            if column.len() == len {
                column.push_null();
                self.nulled += u64::from(self.order.is_none());
            }
        }
        self.root.seal();
        Ok(())
    }
}

/// Flink's CSV holds scalars, arrays of them and rows of them; no maps.
fn supported(column: &Column, depth: usize) -> bool {
    match column {
        Column::Map(..) => false,
        Column::List(list, _) => depth == 0 && supported(&list.items, 1),
        Column::Struct(row) => depth == 0 && row.columns.iter().all(|column| supported(column, 1)),
        _ => true,
    }
}

fn push(column: &mut Column, text: &str, dialect: &CsvDialect, top: bool) -> Result<(), NoValue> {
    if dialect.null_literal.as_deref() == Some(text) {
        column.push_null();
        return Ok(());
    }
    let parts = || split(text, &dialect.array_delimiter);
    match column {
        Column::List(list, _) if top => {
            for part in parts() {
                push(&mut list.items, part, dialect, false)?;
            }
            let items = list.items.len();
            Ok(list.seal(items)?)
        }
        Column::Struct(row) if top => {
            let mut parts = parts();
            for column in &mut row.columns {
                push(column, parts.next().ok_or(NoValue::Text)?, dialect, false)?;
            }
            if parts.next().is_some() {
                return Err(NoValue::Text);
            }
            row.seal();
            Ok(())
        }
        Column::Binary(bytes) => {
            let decoded = base64::engine::general_purpose::STANDARD.decode(text).map_err(|_| NoValue::Text)?;
            Ok(bytes.push(&decoded)?)
        }
        scalar => scalar.push_text(text, TimestampFormat::Sql),
    }
}

/// The elements of an array; an empty text is an array without any.
fn split<'a>(text: &'a str, delimiter: &'a str) -> Box<dyn Iterator<Item = &'a str> + 'a> {
    match (text.is_empty(), delimiter.is_empty()) {
        (true, _) => Box::new(std::iter::empty()),
        (false, true) => Box::new(std::iter::once(text)),
        (false, false) => Box::new(text.split(delimiter)),
    }
}

impl Decoder for CsvDecoder {
    fn decode(&mut self, payload: &[u8]) -> Result<usize> {
        if let Err(error) = simdutf8::compat::from_utf8(payload) {
            return Err(FormatError::NotUtf8 { format: FORMAT, offset: error.valid_up_to() }.into());
        }
        let record = payload.strip_suffix(b"\n").unwrap_or(payload);
        let record = record.strip_suffix(b"\r").unwrap_or(record);
        if record.is_empty() || self.dialect.is_comment(record) {
            return Ok(0);
        }
        let (before, nulled) = (self.root.len(), self.nulled);
        self.dialect.split(record, &mut self.fields)?;
        match self.record() {
            Ok(()) => Ok(1),
            Err(error) => {
                self.root.truncate(before);
                self.nulled = nulled;
                Err(error.into())
            }
        }
    }

    fn len(&self) -> usize {
        self.root.len()
    }

    fn finish(&mut self) -> Result<RecordBatch> {
        let rows = self.root.len();
        let columns = self.root.finish_columns()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        Ok(RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)?)
    }

    fn take_nulled_fields(&mut self) -> u64 {
        std::mem::take(&mut self.nulled)
    }

    fn header(&mut self, names: &[u8]) -> Result<()> {
        let record = names.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(names);
        if let Err(error) = simdutf8::compat::from_utf8(record) {
            return Err(FormatError::NotUtf8 { format: FORMAT, offset: error.valid_up_to() }.into());
        }
        self.dialect.split(record, &mut self.fields)?;
        let names: Vec<&str> = (0..self.fields.len()).map(|at| self.fields.get(at).trim()).collect();
        let missing = self.schema.fields().iter().find(|field| !names.contains(&field.name().as_str()));
        if let Some(field) = missing {
            return Err(Error::data(format!(
                "csv: the header has no column '{}', only {}",
                field.name(),
                names.join(", ")
            ))
            .with_hint("declare the columns with the names in the header, or leave out the option 'header'"));
        }
        let in_order = || self.schema.fields().iter().map(|field| field.name().as_str()).eq(names.iter().copied());
        if self.strict_headers && !in_order() {
            return Err(Error::data(format!(
                "csv: the header names the columns in another order: {}",
                names.join(", ")
            ))
            .with_hint("declare the columns in the order of the header, or leave out the option 'strict-headers'"));
        }
        self.order = Some(names.iter().map(|name| self.root.names.find(name.as_bytes())).collect());
        Ok(())
    }
}
