//! What the format reads and writes; the expected values are Flink's, or follow from the JSON by hand.

use std::sync::Arc;

use arrow::array::RecordBatch;

use super::super::{Decoder, Format};
use super::Json;
use crate::connector::Options;
use crate::error::Error;
use crate::types::{DataType, Field, Fields, Schema, SchemaRef, Shape, Value};

fn options(entries: &[(&str, &str)]) -> Options {
    Options::new(entries.iter().map(|(key, value)| (key.to_string(), value.to_string())))
}

fn schema(fields: &[(&str, DataType)]) -> SchemaRef {
    Arc::new(Schema::new(fields_of(fields)))
}

fn fields_of(fields: &[(&str, DataType)]) -> Fields {
    fields.iter().map(|(name, data_type)| Field::new(*name, data_type.clone(), true)).collect()
}

fn list(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new("item", item, true)))
}

fn row(fields: &[(&str, DataType)]) -> DataType {
    DataType::Struct(fields_of(fields))
}

fn map(value: DataType) -> DataType {
    let entries = [Field::new("key", DataType::Utf8, false), Field::new("value", value, true)];
    DataType::Map(Arc::new(Field::new("entries", DataType::Struct(entries.to_vec().into()), false)), false)
}

fn decoder(fields: &[(&str, DataType)], entries: &[(&str, &str)]) -> Box<dyn Decoder> {
    Json.decoder(schema(fields), Shape::Row, &options(entries)).unwrap()
}

fn rows(records: &RecordBatch) -> Vec<Vec<Value>> {
    let value = |row: usize| records.columns().iter().map(move |column| Value::from_array(column, row).unwrap());
    (0..records.num_rows()).map(|row| value(row).collect()).collect()
}

/// The fields of the one row that `json` is.
fn read(fields: &[(&str, DataType)], json: &str) -> Vec<Value> {
    let mut decoder = decoder(fields, &[]);
    assert_eq!(decoder.decode(json.as_bytes()).unwrap_or_else(|error| panic!("{json}: {error}")), 1);
    rows(&decoder.finish().unwrap()).remove(0)
}

fn read_one(data_type: DataType, value: &str) -> Value {
    read(&[("v", data_type)], &format!("{{\"v\":{value}}}")).remove(0)
}

fn refused(fields: &[(&str, DataType)], json: &[u8]) -> Error {
    let mut decoder = decoder(fields, &[]);
    let error = decoder.decode(json).expect_err(&String::from_utf8_lossy(json));
    assert_eq!(decoder.len(), 0);
    error
}

fn text(value: &str) -> Value {
    Value::String(value.to_owned())
}

fn order() -> Vec<(&'static str, DataType)> {
    let item = row(&[("product_id", DataType::Utf8), ("quantity", DataType::Int32), ("unit_price", DataType::Float64)]);
    vec![("order_id", DataType::Utf8), ("order_time", DataType::Int64), ("items", list(item))]
}

#[test]
fn an_order_with_items() {
    let json = r#" {"order_id": "o1", "unknown": {"a": [1, {"b": null}]}, "order_time": 1700000040000,
        "items": [{"product_id": "p1", "quantity": 2, "unit_price": 9.99}, {"unit_price": 1, "product_id": "p2"}]} "#;
    let expected = vec![
        text("o1"),
        Value::Int(1_700_000_040_000),
        Value::List(vec![
            Value::Row(vec![text("p1"), Value::Int(2), Value::Float(9.99)]),
            Value::Row(vec![text("p2"), Value::Null, Value::Float(1.0)]),
        ]),
    ];
    assert_eq!(read(&order(), json), expected);
}
