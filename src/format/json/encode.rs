//! Columns to JSON: one object a row, in the order of the schema, written as Flink's Jackson writes it.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};

use super::super::Encoder;
use super::super::error::FormatError;
use super::super::number::write_f64;
use super::super::render::Scalars;
use super::super::temporal::TimestampFormat;
use crate::batch::Columns;
use crate::error::Result;
use crate::types::{Shape, type_name};

pub(super) struct JsonEncoder {
    shape: Shape,
    timestamps: TimestampFormat,
}

impl JsonEncoder {
    pub fn new(shape: Shape, timestamps: TimestampFormat) -> Self {
        JsonEncoder { shape, timestamps }
    }
}

impl Encoder for JsonEncoder {
    fn encode(&mut self, columns: &Columns, out: &mut Vec<u8>, ends: &mut Vec<usize>) -> Result<()> {
        let records = &columns.records;
        let rows = match self.shape {
            Shape::Scalar if records.num_columns() == 1 => {
                Writer::new(records.schema_ref().field(0).name(), records.column(0))?
            }
            _ => Writer::Object(members(records)?),
        };
        ends.reserve(records.num_rows());
        for row in 0..records.num_rows() {
            rows.write(row, self.timestamps, out);
            ends.push(out.len());
        }
        Ok(())
    }
}

/// Writes the values of one column.
enum Writer<'a> {
    /// Values whose text needs no quotation marks.
    Bare(Scalars<'a>),
    /// Dates, times and Base64: in quotation marks, without escapes.
    Quoted(Scalars<'a>),
    Text(&'a arrow::array::StringArray),
    Float32(&'a arrow::array::Float32Array),
    Float64(&'a arrow::array::Float64Array),
    List(&'a arrow::array::ListArray, Box<Writer<'a>>),
    Map(&'a arrow::array::MapArray, Box<(Writer<'a>, Writer<'a>)>),
    Struct(&'a arrow::array::StructArray, Vec<(Vec<u8>, Writer<'a>)>),
    /// The rows of a batch.
    Object(Vec<(Vec<u8>, Writer<'a>)>),
}

/// What comes before each value of an object (`{"a":`, `,"b":`) with its writer.
fn members<'a>(records: &'a RecordBatch) -> Result<Vec<(Vec<u8>, Writer<'a>)>> {
    let names = records.schema_ref().fields().iter().map(|field| field.name().as_str());
    members_of(names, records.columns())
}

fn members_of<'a, 'n>(
    names: impl Iterator<Item = &'n str>,
    columns: &'a [ArrayRef],
) -> Result<Vec<(Vec<u8>, Writer<'a>)>> {
    let members = names.zip(columns).enumerate().map(|(at, (name, column))| {
        let mut prefix = vec![if at == 0 { b'{' } else { b',' }];
        write_string(name.as_bytes(), &mut prefix);
        prefix.push(b':');
        Ok((prefix, Writer::new(name, column)?))
    });
    members.collect()
}

impl<'a> Writer<'a> {
    fn new(name: &str, array: &'a ArrayRef) -> Result<Self> {
        if let Some(scalars) = Scalars::new(array) {
            return Ok(match scalars {
                Scalars::Text(array) => Writer::Text(array),
                Scalars::Float32(array) => Writer::Float32(array),
                Scalars::Float64(array) => Writer::Float64(array),
                Scalars::Binary(_)
                | Scalars::Date(_)
                | Scalars::Time(_)
                | Scalars::Timestamp(_)
                | Scalars::Instant(_) => Writer::Quoted(scalars),
                _ => Writer::Bare(scalars),
            });
        }
        if let Some(list) = array.as_list_opt::<i32>() {
            return Ok(Writer::List(list, Box::new(Writer::new(name, list.values())?)));
        }
        if let Some(map) = array.as_map_opt() {
            let pair = (Writer::new(name, map.keys())?, Writer::new(name, map.values())?);
            return Ok(Writer::Map(map, Box::new(pair)));
        }
        if let Some(row) = array.as_struct_opt() {
            let names = row.fields().iter().map(|field| field.name().as_str());
            return Ok(Writer::Struct(row, members_of(names, row.columns())?));
        }
        let (column, data_type) = (name.to_owned(), type_name(array.data_type()));
        Err(FormatError::Unsupported { format: "json", column, data_type }.into())
    }

    fn is_null(&self, row: usize) -> bool {
        match self {
            Writer::Bare(scalars) | Writer::Quoted(scalars) => scalars.is_null(row),
            Writer::Text(array) => array.is_null(row),
            Writer::Float32(array) => array.is_null(row),
            Writer::Float64(array) => array.is_null(row),
            Writer::List(list, _) => list.is_null(row),
            Writer::Map(map, _) => map.is_null(row),
            Writer::Struct(inner, _) => inner.is_null(row),
            Writer::Object(_) => false,
        }
    }

    fn write(&self, row: usize, timestamps: TimestampFormat, out: &mut Vec<u8>) {
        if self.is_null(row) {
            return out.extend_from_slice(b"null");
        }
        match self {
            Writer::Bare(scalars) => scalars.write(row, timestamps, 0, out),
            Writer::Quoted(scalars) => {
                out.push(b'"');
                scalars.write(row, timestamps, 0, out);
                out.push(b'"');
            }
            Writer::Text(array) => write_string(array.value(row).as_bytes(), out),
            // JSON has no NaN and no infinity: Jackson writes their names in quotation marks
            Writer::Float64(array) if array.value(row).is_finite() => write_f64(array.value(row), out),
            Writer::Float32(array) if array.value(row).is_finite() => {
                super::super::number::write_f32(array.value(row), out)
            }
            Writer::Float64(array) => quoted(array.value(row), out),
            Writer::Float32(array) => quoted(array.value(row).into(), out),
            Writer::List(list, items) => {
                let range = list.value_offsets()[row] as usize..list.value_offsets()[row + 1] as usize;
                out.push(b'[');
                for at in range.clone() {
                    if at > range.start {
                        out.push(b',');
                    }
                    items.write(at, timestamps, out);
                }
                out.push(b']');
            }
            Writer::Map(map, pair) => {
                let range = map.value_offsets()[row] as usize..map.value_offsets()[row + 1] as usize;
                out.push(b'{');
                for at in range.clone() {
                    if at > range.start {
                        out.push(b',');
                    }
                    pair.0.write_key(at, timestamps, out);
                    out.push(b':');
                    pair.1.write(at, timestamps, out);
                }
                out.push(b'}');
            }
            Writer::Struct(_, members) | Writer::Object(members) => {
                for (prefix, value) in members {
                    out.extend_from_slice(prefix);
                    value.write(row, timestamps, out);
                }
                out.extend_from_slice(if members.is_empty() { b"{}" } else { b"}" });
            }
        }
    }

    /// A map's key, always as a string.
    fn write_key(&self, row: usize, timestamps: TimestampFormat, out: &mut Vec<u8>) {
        let mut text = Vec::new();
        self.write(row, timestamps, &mut text);
        if text.first() == Some(&b'"') {
            out.extend_from_slice(&text);
        } else {
            write_string(&text, out);
        }
    }
}

fn quoted(value: f64, out: &mut Vec<u8>) {
    out.push(b'"');
    write_f64(value, out);
    out.push(b'"');
}

/// What stands behind the backslash for a byte that needs one; `u` for `\u00XX`, 0 for none.
const ESCAPES: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = b'u';
        byte += 1;
    }
    table[8] = b'b';
    table[9] = b't';
    table[10] = b'n';
    table[12] = b'f';
    table[13] = b'r';
    table[b'"' as usize] = b'"';
    table[b'\\' as usize] = b'\\';
    table
};

/// Appends a JSON string; everything but control characters, `"` and `\` stays as it is.
pub(super) fn write_string(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    let mut start = 0;
    for (at, byte) in text.iter().enumerate() {
        let escape = ESCAPES[*byte as usize];
        if escape != 0 {
            out.extend_from_slice(&text[start..at]);
            out.extend_from_slice(&[b'\\', escape]);
            if escape == b'u' {
                const HEX: &[u8; 16] = b"0123456789ABCDEF";
                let digits = [b'0', b'0', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]];
                out.extend_from_slice(&digits);
            }
            start = at + 1;
        }
    }
    out.extend_from_slice(&text[start..]);
    out.push(b'"');
}
