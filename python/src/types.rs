//! Declared types (`Types.*`) as Arrow schemas.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};
use flott::types::Shape;
use flott::{Error, Result};
use serde_json::Value as Json;

/// The columns of a stream of the type that `TypeInformation._descriptor()` describes.
pub fn schema(descriptor: &Json) -> Result<(SchemaRef, Shape)> {
    let (fields, shape) = match kind(descriptor)? {
        "ROW" => (fields(descriptor)?, Shape::Row),
        "TUPLE" => (fields(descriptor)?, Shape::Tuple),
        _ => (Fields::from(vec![Field::new("value", data_type(descriptor)?, true)]), Shape::Scalar),
    };
    Ok((Arc::new(Schema::new(fields)), shape))
}

fn kind(descriptor: &Json) -> Result<&str> {
    descriptor["kind"].as_str().ok_or_else(|| Error::internal(format!("a type without kind: {descriptor}")))
}

fn fields(descriptor: &Json) -> Result<Fields> {
    let types = descriptor["fields"].as_array().map(Vec::as_slice).unwrap_or_default();
    let name = |index: usize| match descriptor["names"].get(index).and_then(Json::as_str) {
        Some(name) => name.to_owned(),
        None => format!("f{index}"),
    };
    let field = |(index, inner): (usize, &Json)| Ok(Field::new(name(index), data_type(inner)?, true));
    types.iter().enumerate().map(field).collect()
}

fn data_type(descriptor: &Json) -> Result<DataType> {
    let inner = |key: &str| data_type(&descriptor[key]);
    Ok(match kind(descriptor)? {
        "BOOLEAN" => DataType::Boolean,
        "BYTE" => DataType::Int8,
        "SHORT" => DataType::Int16,
        "INT" => DataType::Int32,
        "LONG" => DataType::Int64,
        "FLOAT" => DataType::Float32,
        "DOUBLE" => DataType::Float64,
        "STRING" | "CHAR" => DataType::Utf8,
        "BIG_INT" => DataType::Decimal128(38, 0),
        "BIG_DEC" => DataType::Decimal128(38, 18),
        "SQL_DATE" => DataType::Date32,
        "SQL_TIME" => DataType::Time32(TimeUnit::Millisecond),
        "SQL_TIMESTAMP" => DataType::Timestamp(TimeUnit::Microsecond, None),
        "INSTANT" => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        "ROW" | "TUPLE" => DataType::Struct(fields(descriptor)?),
        "PRIMITIVE_ARRAY" if kind(&descriptor["element"])? == "BYTE" => DataType::Binary,
        "LIST" | "PRIMITIVE_ARRAY" | "BASIC_ARRAY" | "OBJECT_ARRAY" => {
            DataType::List(Arc::new(Field::new("item", inner("element")?, true)))
        }
        "MAP" => {
            let entries = vec![Field::new("key", inner("key")?, false), Field::new("value", inner("value")?, true)];
            DataType::Map(Arc::new(Field::new("entries", DataType::Struct(entries.into()), false)), false)
        }
        other => {
            return Err(Error::config(format!("a stream of type {other} can't be written by a native connector"))
                .with_hint("declare the fields, for example with output_type=Types.ROW_NAMED([...], [...])"));
        }
    })
}
