//! `avro`: records in Avro's binary encoding, without a file around them (Flink's `AvroRowDeserializationSchema`).
//!
//! The option `schema` is the schema they were written with, as JSON; the columns are those it describes.
//! <https://avro.apache.org/docs/1.12.0/specification/#binary-encoding>

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::RecordBatch;
use serde_json::Value as Json;

use super::column::{Column, Struct};
use super::error::FormatError;
use super::{Decoder, Encoder, Format};
use crate::error::{Error, Result};
use crate::options::Options;
use crate::types::{SchemaRef, Shape};

const FORMAT: &str = "avro";
/// What a time of the format is multiplied with to be microseconds.
const MILLIS: i64 = 1_000;

pub struct Avro;

impl Format for Avro {
    fn name(&self) -> &'static str {
        FORMAT
    }

    fn decoder(&self, schema: SchemaRef, _shape: Shape, options: &Options) -> Result<Box<dyn Decoder>> {
        let text = options.get("schema").ok_or_else(|| invalid("the option 'schema' is missing"))?;
        let json: Json =
            serde_json::from_str(text).map_err(|error| invalid(&format!("the schema is no JSON: {error}")))?;
        let Node::Record(fields) = Node::new(&json, &mut HashMap::new())? else {
            return Err(invalid("the schema describes no record"));
        };
        let row = Struct::new(FORMAT, schema.fields())?;
        if fields.len() != row.columns.len() {
            return Err(invalid(&format!("the schema has {} fields, the row {}", fields.len(), row.columns.len())));
        }
        Ok(Box::new(AvroDecoder { schema, fields, row }))
    }

    fn encoder(&self, _schema: SchemaRef, _shape: Shape, _options: &Options) -> Result<Box<dyn Encoder>> {
        Err(Error::config("Flott reads Avro, and does not write it").with_hint("write JSON or CSV"))
    }
}

fn invalid(message: &str) -> Error {
    FormatError::Options { format: FORMAT, message: message.to_owned() }.into()
}

/// A schema, or a part of one.
#[derive(Debug, Clone, PartialEq)]
enum Node {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    Text,
    Fixed(usize),
    /// Its names, which are read as texts.
    Enum(Vec<String>),
    Array(Box<Node>),
    Map(Box<Node>),
    Union(Vec<Node>),
    Record(Vec<(String, Node)>),
    Date,
    /// An int or a long; the factor makes it microseconds.
    Time(i64),
    Timestamp(i64),
    /// In bytes, or in so many of them; with a scale.
    Decimal(Option<usize>, u32),
}

impl Node {
    /// `named` has the types that were described before.
    fn new(json: &Json, named: &mut HashMap<String, Node>) -> Result<Node> {
        match json {
            Json::String(name) => Node::simple(name, named),
            Json::Array(branches) => {
                Ok(Node::Union(branches.iter().map(|branch| Node::new(branch, named)).collect::<Result<_>>()?))
            }
            Json::Object(object) => {
                let kind = &object.get("type").cloned().unwrap_or_default();
                let Json::String(kind) = kind else { return Node::new(kind, named) };
                let part = |key: &str| object.get(key).ok_or_else(|| invalid(&format!("{json} has no '{key}'")));
                let size = || part("size")?.as_u64().map(|size| size as usize).ok_or_else(|| invalid("a bad 'size'"));
                let logical = object.get("logicalType").and_then(Json::as_str);
                let scale = object.get("scale").and_then(Json::as_u64).unwrap_or(0) as u32;
                let node = match (kind.as_str(), logical) {
                    ("int", Some("date")) => Node::Date,
                    ("int", Some("time-millis")) => Node::Time(MILLIS),
                    ("long", Some("time-micros")) => Node::Time(1),
                    ("long", Some("timestamp-millis" | "local-timestamp-millis")) => Node::Timestamp(MILLIS),
                    ("long", Some("timestamp-micros" | "local-timestamp-micros")) => Node::Timestamp(1),
                    ("bytes", Some("decimal")) => Node::Decimal(None, scale),
                    ("fixed", Some("decimal")) => Node::Decimal(Some(size()?), scale),
                    ("fixed", _) => Node::Fixed(size()?),
                    ("array", _) => Node::Array(Box::new(Node::new(part("items")?, named)?)),
                    ("map", _) => Node::Map(Box::new(Node::new(part("values")?, named)?)),
                    ("enum", _) => {
                        let symbols = part("symbols")?.as_array().map(Vec::as_slice).unwrap_or_default();
                        Node::Enum(symbols.iter().filter_map(Json::as_str).map(str::to_owned).collect())
                    }
                    ("record", _) => {
                        let fields = part("fields")?.as_array().map(Vec::as_slice).unwrap_or_default();
                        let field = |field: &Json| {
                            let name = field["name"].as_str().ok_or_else(|| invalid("a field has no 'name'"))?;
                            Ok((name.to_owned(), Node::new(&field["type"], named)?))
                        };
                        Node::Record(fields.iter().map(field).collect::<Result<_>>()?)
                    }
                    (simple, _) => return Node::simple(simple, named),
                };
                if let Some(name) = object.get("name").and_then(Json::as_str) {
                    named.insert(name.to_owned(), node.clone());
                    if let Some(space) = object.get("namespace").and_then(Json::as_str) {
                        named.insert(format!("{space}.{name}"), node.clone());
                    }
                }
                Ok(node)
            }
            other => Err(invalid(&format!("{other} is no schema"))),
        }
    }

    fn simple(name: &str, named: &HashMap<String, Node>) -> Result<Node> {
        Ok(match name {
            "null" => Node::Null,
            "boolean" => Node::Boolean,
            "int" => Node::Int,
            "long" => Node::Long,
            "float" => Node::Float,
            "double" => Node::Double,
            "bytes" => Node::Bytes,
            "string" => Node::Text,
            other => {
                let unknown = || invalid(&format!("there is no type '{other}'; one that holds itself can't be read"));
                named.get(other).cloned().ok_or_else(unknown)?
            }
        })
    }
}

struct AvroDecoder {
    schema: SchemaRef,
    fields: Vec<(String, Node)>,
    row: Struct,
}

impl Decoder for AvroDecoder {
    fn decode(&mut self, payload: &[u8]) -> Result<usize> {
        let begun = self.row.len();
        let mut input = Input { payload, at: 0, path: Vec::new() };
        let read = input.record(&self.fields, &mut self.row).and_then(|()| match payload.len() - input.at {
            0 => Ok(()),
            _ => Err(input.malformed("the end of the record", "more bytes")),
        });
        if let Err(error) = read {
            self.row.truncate(begun);
            return Err(error);
        }
        Ok(1)
    }

    fn len(&self) -> usize {
        self.row.len()
    }

    fn finish(&mut self) -> Result<RecordBatch> {
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), self.row.finish_columns()?)?)
    }
}

/// A payload as far as it has been read.
struct Input<'a> {
    payload: &'a [u8],
    at: usize,
    /// The names of the fields around.
    path: Vec<String>,
}

impl<'a> Input<'a> {
    fn malformed(&self, expected: &str, found: &str) -> Error {
        let (expected, found) = (expected.to_owned(), found.to_owned());
        FormatError::Malformed { format: FORMAT, path: self.path.join("."), offset: self.at, expected, found }.into()
    }

    fn mismatch(&self, column: &Column, found: &str) -> Error {
        let (expected, found) = (column.type_name(), found.to_owned());
        FormatError::Mismatch { format: FORMAT, path: self.path.join("."), offset: self.at, expected, found }.into()
    }

    fn too_large(&self) -> Error {
        FormatError::TooLarge { format: FORMAT, path: self.path.join(".") }.into()
    }

    fn bytes(&mut self, count: usize) -> Result<&'a [u8]> {
        match self.payload.get(self.at..).and_then(|rest| rest.get(..count)) {
            Some(bytes) => {
                self.at += count;
                Ok(bytes)
            }
            None => Err(self.malformed(&format!("{count} more bytes"), "the end of the payload")),
        }
    }

    /// A number of variable length, in zigzag encoding.
    fn long(&mut self) -> Result<i64> {
        let (mut number, mut shift) = (0u64, 0);
        loop {
            let byte = self.bytes(1)?[0];
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok((number >> 1) as i64 ^ -((number & 1) as i64));
            }
            shift += 7;
            if shift > 63 {
                return Err(self.malformed("a number", "one of more than ten bytes"));
            }
        }
    }

    fn length(&mut self) -> Result<usize> {
        let length = self.long()?;
        usize::try_from(length).map_err(|_| self.malformed("a length", &length.to_string()))
    }

    fn prefixed(&mut self) -> Result<&'a [u8]> {
        let length = self.length()?;
        self.bytes(length)
    }

    fn record(&mut self, fields: &[(String, Node)], row: &mut Struct) -> Result<()> {
        for ((name, node), column) in fields.iter().zip(&mut row.columns) {
            self.path.push(name.clone());
            self.value(node, column)?;
            self.path.pop();
        }
        row.seal();
        Ok(())
    }

    /// The blocks of an array or a map; `item` reads one of its items.
    fn blocks(&mut self, mut item: impl FnMut(&mut Self) -> Result<()>) -> Result<()> {
        loop {
            let count = self.long()?;
            if count == 0 {
                return Ok(());
            }
            if count < 0 {
                // the size of the block, for who passes over it
                self.long()?;
            }
            // an item takes a byte at least
            if count.unsigned_abs() > (self.payload.len() - self.at) as u64 {
                return Err(self.malformed("as many items as there are bytes", &count.to_string()));
            }
            for _ in 0..count.unsigned_abs() {
                item(self)?;
            }
        }
    }

    fn value(&mut self, node: &Node, column: &mut Column) -> Result<()> {
        match (node, column) {
            (Node::Null, column) => column.push_null(),
            (Node::Union(branches), column) => {
                let branch = self.length()?;
                let unknown = || self.malformed(&format!("a branch below {}", branches.len()), &branch.to_string());
                let node = branches.get(branch).ok_or_else(unknown)?;
                self.value(node, column)?;
            }
            (Node::Boolean, Column::Boolean(column)) => column.push(self.bytes(1)?[0] != 0),
            (Node::Int, Column::Int32(column)) => {
                let number = self.long()?;
                column.push(i32::try_from(number).map_err(|_| self.malformed("an int", &number.to_string()))?);
            }
            (Node::Int | Node::Long, Column::Int64(column)) => column.push(self.long()?),
            (Node::Float, Column::Float32(column)) => {
                column.push(f32::from_le_bytes(self.bytes(4)?.try_into().unwrap_or_default()));
            }
            (Node::Double, Column::Float64(column)) => {
                column.push(f64::from_le_bytes(self.bytes(8)?.try_into().unwrap_or_default()));
            }
            (Node::Text, Column::Text(column)) => {
                let text = self.prefixed()?;
                if simdutf8::basic::from_utf8(text).is_err() {
                    return Err(FormatError::NotUtf8 { format: FORMAT, offset: self.at - text.len() }.into());
                }
                column.push(text).map_err(|_| self.too_large())?;
            }
            (Node::Enum(symbols), Column::Text(column)) => {
                let at = self.length()?;
                let unknown = || self.malformed(&format!("a symbol below {}", symbols.len()), &at.to_string());
                column.push(symbols.get(at).ok_or_else(unknown)?.as_bytes()).map_err(|_| self.too_large())?;
            }
            (Node::Bytes, Column::Binary(column)) => {
                let bytes = self.prefixed()?;
                column.push(bytes).map_err(|_| self.too_large())?;
            }
            (Node::Fixed(size), Column::Binary(column)) => {
                let bytes = self.bytes(*size)?;
                column.push(bytes).map_err(|_| self.too_large())?;
            }
            (Node::Date, Column::Date(column)) => {
                let days = self.long()?;
                column.push(i32::try_from(days).map_err(|_| self.malformed("a date", &days.to_string()))?);
            }
            (Node::Time(factor), Column::Time(column)) => {
                let time = self.long()?.saturating_mul(*factor) / MILLIS;
                column.push(i32::try_from(time).map_err(|_| self.malformed("a time", &time.to_string()))?);
            }
            (Node::Timestamp(factor), Column::Timestamp(column)) => {
                let time = self.long()?;
                let micros = time.checked_mul(*factor);
                column.push(micros.ok_or_else(|| self.malformed("a timestamp", &time.to_string()))?);
            }
            (Node::Decimal(size, scale), Column::Decimal(column, _, wanted)) => {
                let bytes = match size {
                    Some(size) => self.bytes(*size)?,
                    None => self.prefixed()?,
                };
                let number = unscaled(bytes).and_then(|number| {
                    let digits = u32::try_from(*wanted).ok()?.checked_sub(*scale)?;
                    number.checked_mul(10i128.checked_pow(digits)?)
                });
                let too_large = || self.malformed("a decimal of at most 38 digits", &format!("{} bytes", bytes.len()));
                column.push(number.ok_or_else(too_large)?);
            }
            (Node::Array(node), Column::List(list, _)) => {
                self.blocks(|input| input.value(node, &mut list.items))?;
                let items = list.items.len();
                list.seal(items).map_err(|_| self.too_large())?;
            }
            (Node::Map(node), Column::Map(list, _)) => {
                let entries = &mut list.items;
                self.blocks(|input| {
                    input.value(&Node::Text, &mut entries.columns[0])?;
                    input.value(node, &mut entries.columns[1])?;
                    entries.seal();
                    Ok(())
                })?;
                let entries = list.items.len();
                list.seal(entries).map_err(|_| self.too_large())?;
            }
            (Node::Record(fields), Column::Struct(row)) => self.record(fields, row)?,
            (node, column) => {
                let found = format!("{node:?}");
                return Err(self.mismatch(column, found.split(['(', ' ']).next().unwrap_or_default()));
            }
        }
        Ok(())
    }
}

/// A number in two's complement, most significant byte first.
fn unscaled(bytes: &[u8]) -> Option<i128> {
    let sign = if bytes.first().is_some_and(|first| first & 0x80 != 0) { 0xff } else { 0 };
    let mut number = [sign; 16];
    let (extra, rest) = bytes.split_at(bytes.len().saturating_sub(16));
    if extra.iter().any(|byte| *byte != sign) {
        return None;
    }
    number[16 - rest.len()..].copy_from_slice(rest);
    Some(i128::from_be_bytes(number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{DataType, Field, Schema, TimeUnit};
    use arrow::util::pretty::pretty_format_batches;

    fn decoder(schema: &str, fields: Vec<Field>) -> Result<Box<dyn Decoder>> {
        let options = Options::new(vec![("schema".to_owned(), schema.to_owned())]);
        Avro.decoder(Arc::new(Schema::new(fields)), Shape::Row, &options)
    }

    fn field(name: &str, data_type: DataType) -> Field {
        Field::new(name, data_type, true)
    }

    fn rows(decoder: &mut dyn Decoder) -> Vec<String> {
        let text = pretty_format_batches(&[decoder.finish().unwrap()]).unwrap().to_string();
        let lines = text.lines().skip(3).filter(|line| !line.starts_with('+'));
        lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    }

    const TWO: &str = r#"{"type": "record", "name": "test",
        "fields": [{"name": "a", "type": "long"}, {"name": "b", "type": "string"}]}"#;

    #[test]
    fn the_specifications_examples() {
        let mut two = decoder(TWO, vec![field("a", DataType::Int64), field("b", DataType::Utf8)]).unwrap();
        // a = 27 is 36, b = "foo" is its length 06 and its bytes
        two.decode(&[0x36, 0x06, b'f', b'o', b'o']).unwrap();
        // -1 is 01, -64 is 7f, 64 is 80 01
        for number in [&[0x01][..], &[0x7f], &[0x80, 0x01]] {
            two.decode(&[number, &[0]].concat()).unwrap();
        }
        assert_eq!(rows(two.as_mut()), ["| 27 | foo |", "| -1 | |", "| -64 | |", "| 64 | |"]);
        // an array of the longs 3 and 27 is 04 06 36 00; a union of null and string: 00, and 02 02 61
        let list = DataType::List(Arc::new(field("item", DataType::Int64)));
        let schema = r#"{"type": "record", "name": "r", "fields": [
            {"name": "l", "type": {"type": "array", "items": "long"}}, {"name": "u", "type": ["null", "string"]}]}"#;
        let mut both = decoder(schema, vec![field("l", list), field("u", DataType::Utf8)]).unwrap();
        both.decode(&[0x04, 0x06, 0x36, 0x00, 0x02, 0x02, 0x61]).unwrap();
        // the same in a block that says its size in bytes: -2 items are 03, 2 bytes are 04
        both.decode(&[0x03, 0x04, 0x06, 0x36, 0x00, 0x00]).unwrap();
        assert_eq!(rows(both.as_mut()), ["| [3, 27] | a |", "| [3, 27] | |"]);
    }

    #[test]
    fn logical_types_enums_and_records_in_records() {
        let schema = r#"{"type": "record", "name": "r", "fields": [
            {"name": "d", "type": {"type": "int", "logicalType": "date"}},
            {"name": "t", "type": {"type": "long", "logicalType": "timestamp-millis"}},
            {"name": "n", "type": {"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2}},
            {"name": "e", "type": {"type": "enum", "name": "suit", "symbols": ["HEARTS", "SPADES"]}},
            {"name": "e2", "type": "suit"},
            {"name": "p", "type": {"type": "record", "name": "p", "fields": [{"name": "x", "type": "double"}]}}]}"#;
        let point = DataType::Struct(vec![field("x", DataType::Float64)].into());
        let fields = vec![
            field("d", DataType::Date32),
            field("t", DataType::Timestamp(TimeUnit::Microsecond, None)),
            field("n", DataType::Decimal128(38, 18)),
            field("e", DataType::Utf8),
            field("e2", DataType::Utf8),
            field("p", point),
        ];
        let mut decoder = decoder(schema, fields).unwrap();
        // day 1 is 02; 1000 ms are d0 0f; -1.00 is the byte 9c behind its length 02; HEARTS is 00, SPADES 02
        let head = [0x02, 0xd0, 0x0f, 0x02, 0x9c, 0x00, 0x02];
        decoder.decode(&[&head[..], &1.5f64.to_le_bytes()].concat()).unwrap();
        let expected = "| 1970-01-02 | 1970-01-01T00:00:01 | -1.000000000000000000 | HEARTS | SPADES | {x: 1.5} |";
        assert_eq!(rows(decoder.as_mut()), [expected]);
    }

    #[test]
    fn nothing_of_a_bad_record_stays() {
        let mut two = decoder(TWO, vec![field("a", DataType::Int64), field("b", DataType::Utf8)]).unwrap();
        two.decode(&[0x36, 0x00]).unwrap();
        let text = |payload: &[u8], two: &mut Box<dyn Decoder>| two.decode(payload).unwrap_err().to_string();
        assert!(text(&[0x36], &mut two).contains("in the field 'b' at byte 1: expected 1 more bytes"));
        assert!(text(&[0x36, 0x06, b'f'], &mut two).contains("expected 3 more bytes, found the end of the payload"));
        assert!(text(&[0x36, 0x01], &mut two).contains("expected a length, found -1"));
        assert!(text(&[0xff; 12], &mut two).contains("one of more than ten bytes"));
        assert!(text(&[0x36, 0x00, 0x00], &mut two).contains("expected the end of the record, found more bytes"));
        assert!(text(&[0x36, 0x02, 0xff], &mut two).contains("invalid UTF-8 at byte 2"));
        assert_eq!(rows(two.as_mut()), ["| 27 | |"]);
        let schema =
            r#"{"type": "record", "name": "r", "fields": [{"name": "l", "type": {"type": "array", "items": "long"}}]}"#;
        let list = DataType::List(Arc::new(field("item", DataType::Int64)));
        let mut many = decoder(schema, vec![field("l", list)]).unwrap();
        assert!(text(&[0xfe, 0xff, 0xff, 0xff, 0x0f, 0x02], &mut many).contains("as many items as there are bytes"));
    }

    #[test]
    fn schemas_that_cannot_be_read() {
        let of = |schema: &str| decoder(schema, vec![field("a", DataType::Int64)]).err().unwrap().to_string();
        assert!(of("{").contains("the schema is no JSON"));
        assert!(of("\"long\"").contains("the schema describes no record"));
        assert!(
            of(r#"{"type": "record", "name": "r", "fields": [{"name": "a", "type": "r"}]}"#).contains("holds itself")
        );
        assert!(of(TWO).contains("the schema has 2 fields, the row 1"));
    }
}
