//! The decoders of records: after an error nothing of a payload stays, and what is decoded are columns of the type.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};
use flott::format::{self, Decoder};
use flott::options::Options;
use flott::types::Shape;

use crate::fuzz;
use crate::mutate::Mutations;

fn schema(nested: bool) -> SchemaRef {
    let list = |item| DataType::List(Arc::new(Field::new("item", item, true)));
    let mut types = vec![
        ("flag", DataType::Boolean),
        ("tiny", DataType::Int8),
        ("small", DataType::Int16),
        ("int", DataType::Int32),
        ("long", DataType::Int64),
        ("float", DataType::Float32),
        ("double", DataType::Float64),
        ("price", DataType::Decimal128(12, 2)),
        ("text", DataType::Utf8),
        ("bytes", DataType::Binary),
        ("day", DataType::Date32),
        ("time", DataType::Time32(TimeUnit::Millisecond)),
        ("at", DataType::Timestamp(TimeUnit::Microsecond, None)),
        ("since", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))),
        ("list", list(DataType::Int32)),
    ];
    if nested {
        let row =
            Fields::from(vec![Field::new("a", DataType::Int32, true), Field::new("b", list(DataType::Utf8), true)]);
        let entries = vec![Field::new("key", DataType::Utf8, false), Field::new("value", DataType::Int64, true)];
        let entries = Field::new("entries", DataType::Struct(entries.into()), false);
        types.push(("row", DataType::Struct(row.clone())));
        types.push(("map", DataType::Map(Arc::new(entries), false)));
        types.push(("rows", list(DataType::Struct(row))));
    }
    Arc::new(Schema::new(types.into_iter().map(|(name, of)| Field::new(name, of, true)).collect::<Vec<_>>()))
}

/// Feeds a decoder with a payload, between two that are right.
fn decode(target: &'static str, schema: SchemaRef, options: &[(&str, &str)], mutations: &Mutations) {
    let format = target.split('-').next().unwrap();
    let made = options.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    let options = Options::new(made.collect::<Vec<_>>());
    let make = || format::find(format).unwrap().decoder(schema.clone(), Shape::Row, &options).unwrap();
    let right = &mutations.inputs[0];
    fuzz(target, mutations, |payload| {
        let mut decoder: Box<dyn Decoder> = make();
        assert_eq!(decoder.decode(right).unwrap(), 1);
        let mut rows = 2;
        match decoder.decode(payload) {
            Ok(decoded) => rows += decoded,
            Err(error) => {
                assert_eq!(decoder.len(), 1, "rows stay of a payload that was refused");
                assert!(error.to_string().len() < 2_000, "a message of {} bytes", error.to_string().len());
            }
        }
        assert_eq!(decoder.decode(right).unwrap(), 1);
        let records = decoder.finish().unwrap();
        assert_eq!((records.num_rows(), records.schema()), (rows, schema.clone()));
        for column in records.columns() {
            assert_eq!(
                column.slice(0, 1).as_ref(),
                column.slice(rows - 1, 1).as_ref(),
                "what is right is read the same"
            );
        }
    });
}

const JSON: &str = r#"{"flag": true, "tiny": -128, "small": 32767, "int": -7, "long": 9007199254740993, "float": 1.5e-3,
    "double": -0.0, "price": 12.30, "text": "a\u00e9\ud83d\ude00\n", "bytes": "aGVsbG8=", "day": "2024-02-29",
    "time": "23:59:59.999", "at": "2024-02-29 12:00:00.123456", "since": "2024-02-29 12:00:00Z", "list": [1, null, 3],
    "row": {"a": 1, "b": ["x", ""]}, "map": {"k": 1, "l": null}, "rows": [{"a": 2}, null, {}], "other": {"x": [1, {}]}}"#;

fn json() -> Mutations {
    let words = [
        "[",
        "{",
        "{\"a\":",
        "]",
        "}",
        "\"",
        "\\u",
        "\\ud800",
        ",",
        ":",
        "null",
        "true",
        "-",
        "1e400",
        "0.",
        "1E-9999",
        "99999999999999999999999999999999999999999",
        "\"a\":",
        "\"row\":",
        "\"rows\":[",
        "\u{feff}",
        "9999-12-31",
        " ",
    ];
    let inputs = [JSON, "null", "{}", r#"{"int": 1, "int": 2, "text": null}"#];
    Mutations::new(inputs.map(|input| input.as_bytes().to_vec()).to_vec(), &words)
}

#[test]
fn json_decoder() {
    decode("json", schema(true), &[], &json());
}

#[test]
fn json_decoder_that_passes_over_errors() {
    decode("json-lenient", schema(true), &[("ignore-parse-errors", "true"), ("timestamp-format", "SQL")], &json());
}

const CSV: &str = "true,-128,32767,-7,9007199254740993,1.5e-3,-0.0,12.30,\"a \"\"b\"\", c\",aGVsbG8=,2024-02-29,23:59:59.999,\
    2024-02-29 12:00:00.123456,2024-02-29 12:00:00Z,1;2;3";

fn csv() -> Mutations {
    let words =
        ["\"", "\"\"", ",", ";", "\n", "\r\n", "\\", "'", "null", "1e400", "99999999999999999999999999999999999999999"];
    Mutations::new(vec![CSV.as_bytes().to_vec()], &words)
}

#[test]
fn csv_decoder() {
    decode("csv", schema(false), &[], &csv());
}

#[test]
fn csv_decoder_that_passes_over_errors() {
    decode("csv-lenient", schema(false), &[("ignore-parse-errors", "true"), ("escape-character", "\\")], &csv());
}

const AVRO: &str = r#"{"type": "record", "name": "r", "fields": [
    {"name": "flag", "type": "boolean"}, {"name": "int", "type": "int"}, {"name": "long", "type": ["null", "long"]},
    {"name": "float", "type": "float"}, {"name": "double", "type": "double"}, {"name": "text", "type": "string"},
    {"name": "bytes", "type": "bytes"}, {"name": "day", "type": {"type": "int", "logicalType": "date"}},
    {"name": "time", "type": {"type": "long", "logicalType": "time-micros"}},
    {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
    {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2}},
    {"name": "kind", "type": {"type": "enum", "name": "k", "symbols": ["A", "B"]}},
    {"name": "list", "type": {"type": "array", "items": ["null", "int"]}},
    {"name": "nothing", "type": {"type": "array", "items": {"type": "fixed", "name": "f", "size": 0}}},
    {"name": "map", "type": {"type": "map", "values": "long"}},
    {"name": "row", "type": {"type": "record", "name": "s", "fields": [{"name": "a", "type": "int"}]}}]}"#;

#[test]
fn avro_decoder() {
    let list = |item| DataType::List(Arc::new(Field::new("item", item, true)));
    let entries = vec![Field::new("key", DataType::Utf8, false), Field::new("value", DataType::Int64, true)];
    let entries = Field::new("entries", DataType::Struct(entries.into()), false);
    let types = [
        ("flag", DataType::Boolean),
        ("int", DataType::Int32),
        ("long", DataType::Int64),
        ("float", DataType::Float32),
        ("double", DataType::Float64),
        ("text", DataType::Utf8),
        ("bytes", DataType::Binary),
        ("day", DataType::Date32),
        ("time", DataType::Time32(TimeUnit::Millisecond)),
        ("at", DataType::Timestamp(TimeUnit::Microsecond, None)),
        ("price", DataType::Decimal128(12, 2)),
        ("kind", DataType::Utf8),
        ("list", list(DataType::Int32)),
        ("nothing", list(DataType::Binary)),
        ("map", DataType::Map(Arc::new(entries), false)),
        ("row", DataType::Struct(vec![Field::new("a", DataType::Int32, true)].into())),
    ];
    let schema = Schema::new(types.map(|(name, of)| Field::new(name, of, true)).to_vec());
    let mut right = vec![1, 0x0d, 2, 0x80, 0x01];
    right.extend_from_slice(&1.5f32.to_le_bytes());
    right.extend_from_slice(&(-0.25f64).to_le_bytes());
    right.extend_from_slice(b"\x06abc\x04\x00\xff"); // text, bytes
    right.extend_from_slice(&[0x90, 0x9c, 0x02, 0x80, 0x89, 0x7a, 0x80, 0xd0, 0xac, 0xf3, 0x0e]); // day, time, at
    right.extend_from_slice(&[4, 0x04, 0xd2, 2]); // price, kind
    right.extend_from_slice(&[4, 2, 0x0e, 0, 0, 2, 0]); // list: two items; nothing: one
    right.extend_from_slice(b"\x02\x02k\x08\x00\x0e"); // map, row
    decode("avro", Arc::new(schema), &[("schema", AVRO)], &Mutations::new(vec![right], &["\u{2}", "\0", "\u{7f}"]));
}
