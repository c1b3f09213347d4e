//! Rows as Java's `toString` prints them: what `print` shows and Flink's `SimpleStringEncoder` writes.
//!
//! A row is `+I[1, a]`, a tuple `(1,a)`, a list `[1, 2]`, a map `{k=v}`, NULL is `null`.

use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, ListArray, MapArray, StructArray};

use super::error::FormatError;
use super::number::write_i64;
use super::render::Scalars;
use super::temporal::TimestampFormat;
use crate::batch::Columns;
use crate::error::Result;
use crate::types::{RowKind, Shape, type_name};

/// The rows of a batch, ready to be printed.
pub struct Display<'a> {
    columns: Vec<Values<'a>>,
    shape: Shape,
}

enum Values<'a> {
    Scalars(Scalars<'a>),
    Binary(&'a BinaryArray),
    List(&'a ListArray, Box<Values<'a>>),
    Map(&'a MapArray, Box<(Values<'a>, Values<'a>)>),
    Row(&'a StructArray, Vec<Values<'a>>),
}

impl<'a> Display<'a> {
    pub fn new(columns: &'a Columns) -> Result<Self> {
        let schema = columns.records.schema_ref();
        let values = schema.fields().iter().zip(columns.records.columns());
        let values = values.map(|(field, array)| Values::new(field.name(), array)).collect::<Result<_>>()?;
        Ok(Display { columns: values, shape: columns.shape })
    }

    pub fn write(&self, row: usize, kind: RowKind, out: &mut Vec<u8>) {
        match self.shape {
            Shape::Scalar => self.columns.iter().for_each(|column| column.write(row, out)),
            Shape::Tuple => {
                out.push(b'(');
                write_all(&self.columns, row, b",", out);
                out.push(b')');
            }
            Shape::Row => {
                out.extend_from_slice(kind.short_string().as_bytes());
                out.push(b'[');
                write_all(&self.columns, row, b", ", out);
                out.push(b']');
            }
        }
    }
}

fn write_all(columns: &[Values], row: usize, separator: &[u8], out: &mut Vec<u8>) {
    for (at, column) in columns.iter().enumerate() {
        if at > 0 {
            out.extend_from_slice(separator);
        }
        column.write(row, out);
    }
}

impl<'a> Values<'a> {
    fn new(name: &str, array: &'a ArrayRef) -> Result<Self> {
        Ok(match Scalars::new(array) {
            Some(Scalars::Binary(bytes)) => Values::Binary(bytes),
            Some(scalars) => Values::Scalars(scalars),
            None => {
                if let Some(list) = array.as_list_opt::<i32>() {
                    Values::List(list, Box::new(Values::new(name, list.values())?))
                } else if let Some(map) = array.as_map_opt() {
                    Values::Map(map, Box::new((Values::new(name, map.keys())?, Values::new(name, map.values())?)))
                } else if let Some(row) = array.as_struct_opt() {
                    let columns = row.columns().iter().map(|column| Values::new(name, column));
                    Values::Row(row, columns.collect::<Result<_>>()?)
                } else {
                    let (column, data_type) = (name.to_owned(), type_name(array.data_type()));
                    return Err(FormatError::Unsupported { format: "string", column, data_type }.into());
                }
            }
        })
    }

    fn is_null(&self, row: usize) -> bool {
        match self {
            Values::Scalars(scalars) => scalars.is_null(row),
            Values::Binary(bytes) => bytes.is_null(row),
            Values::List(list, _) => list.is_null(row),
            Values::Map(map, _) => map.is_null(row),
            Values::Row(inner, _) => inner.is_null(row),
        }
    }

    fn write(&self, row: usize, out: &mut Vec<u8>) {
        if self.is_null(row) {
            return out.extend_from_slice(b"null");
        }
        match self {
            Values::Scalars(Scalars::Instant(array)) => {
                // `Instant` prints its fraction in groups of three digits
                let micros = array.value(row).rem_euclid(1_000_000);
                let digits = if micros == 0 { 0 } else { 3 + 3 * usize::from(micros % 1000 != 0) };
                Scalars::Instant(array).write(row, TimestampFormat::Iso8601, digits, out);
            }
            Values::Scalars(scalars) => scalars.write(row, TimestampFormat::Sql, 1, out),
            Values::Binary(bytes) => {
                let bytes = bytes.value(row);
                // Java's bytes have a sign
                items(0..bytes.len(), (b'[', b']'), out, |at, out| write_i64((bytes[at] as i8).into(), out));
            }
            Values::List(list, values) => {
                let range = list.value_offsets()[row] as usize..list.value_offsets()[row + 1] as usize;
                items(range, (b'[', b']'), out, |at, out| values.write(at, out));
            }
            Values::Map(map, pair) => {
                let range = map.value_offsets()[row] as usize..map.value_offsets()[row + 1] as usize;
                items(range, (b'{', b'}'), out, |at, out| {
                    pair.0.write(at, out);
                    out.push(b'=');
                    pair.1.write(at, out);
                });
            }
            Values::Row(_, columns) => {
                out.extend_from_slice(b"+I[");
                write_all(columns, row, b", ", out);
                out.push(b']');
            }
        }
    }
}

fn items(
    range: std::ops::Range<usize>,
    (open, close): (u8, u8),
    out: &mut Vec<u8>,
    write: impl Fn(usize, &mut Vec<u8>),
) {
    out.push(open);
    for at in range.clone() {
        if at > range.start {
            out.extend_from_slice(b", ");
        }
        write(at, out);
    }
    out.push(close);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Options;
    use crate::types::{DataType, Field, Fields, Schema, TimeUnit};
    use std::sync::Arc;

    fn fields(fields: &[(&str, DataType)]) -> Fields {
        fields.iter().map(|(name, data_type)| Field::new(*name, data_type.clone(), true)).collect()
    }

    fn shown(columns: &[(&str, DataType)], shape: Shape, json: &str) -> String {
        let schema = Arc::new(Schema::new(fields(columns)));
        let format = super::super::find("json").unwrap();
        let mut decoder = format.decoder(schema, Shape::Row, &Options::default()).unwrap();
        decoder.decode(json.as_bytes()).unwrap();
        let columns = Columns::new(decoder.finish().unwrap(), shape);
        let mut out = Vec::new();
        Display::new(&columns).unwrap().write(0, RowKind::UpdateAfter, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn shapes() {
        let columns = [("word", DataType::Utf8), ("count", DataType::Int32)];
        let json = r#"{"word":"to be","count":3}"#;
        assert_eq!(shown(&columns, Shape::Row, json), "+U[to be, 3]");
        assert_eq!(shown(&columns, Shape::Tuple, json), "(to be,3)");
        assert_eq!(shown(&columns, Shape::Tuple, "{}"), "(null,null)");
        assert_eq!(shown(&columns[..1], Shape::Scalar, json), "to be");
    }

    #[test]
    fn values() {
        let pair = fields(&[("k", DataType::Utf8), ("v", DataType::Float64)]);
        let entry = vec![Field::new("key", DataType::Utf8, false), Field::new("value", DataType::Float64, true)];
        let entries = Field::new("entries", DataType::Struct(entry.into()), false);
        let columns = [
            ("b", DataType::Binary),
            ("l", DataType::List(Arc::new(Field::new("item", DataType::Int64, true)))),
            ("m", DataType::Map(Arc::new(entries), false)),
            ("r", DataType::Struct(pair)),
            ("t", DataType::Timestamp(TimeUnit::Microsecond, None)),
            ("z", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))),
            ("p", DataType::Decimal128(10, 2)),
        ];
        let json = r#"{"b":"AP8=","l":[1,null],"m":{"a":1,"b":null},"r":{"k":"x","v":1e10},
            "t":"2020-12-30 12:13:14","z":"2020-12-30T12:13:14.04Z","p":12.50}"#;
        assert_eq!(
            shown(&columns, Shape::Row, json),
            "+U[[0, -1], [1, null], {a=1.0, b=null}, +I[x, 1.0E10], 2020-12-30 12:13:14.0, \
             2020-12-30T12:13:14.040Z, 12.5]"
        );
    }
}
