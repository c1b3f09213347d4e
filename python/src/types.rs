//! Declared types (`Types.*`) as Arrow schemas.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};
use flott::types::Shape;
use flott::{Error, Result};
use serde_json::{Value as Json, json};

/// A descriptor from its text.
pub fn parse(text: &str) -> Result<Json> {
    serde_json::from_str(text).map_err(|error| Error::internal(format!("not JSON: {error}: {text}")))
}

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

/// The descriptor of the nearest declared type: what `get_type()` says of a stream that native operators made.
pub fn descriptor(schema: &Schema, shape: Shape) -> Json {
    match shape {
        Shape::Scalar => of(schema.field(0).data_type()),
        Shape::Tuple => struct_of("TUPLE", schema.fields()),
        Shape::Row => struct_of("ROW", schema.fields()),
    }
}

fn struct_of(kind: &str, fields: &Fields) -> Json {
    let names: Vec<&str> = fields.iter().map(|field| field.name().as_str()).collect();
    let types: Vec<Json> = fields.iter().map(|field| of(field.data_type())).collect();
    json!({"kind": kind, "names": names, "fields": types})
}

fn of(data_type: &DataType) -> Json {
    let kind = match data_type {
        DataType::Boolean => "BOOLEAN",
        DataType::Int8 => "BYTE",
        DataType::Int16 => "SHORT",
        DataType::Int32 => "INT",
        DataType::Int64 => "LONG",
        DataType::Float32 => "FLOAT",
        DataType::Float64 => "DOUBLE",
        DataType::Utf8 => "STRING",
        DataType::Decimal128(_, 0) => "BIG_INT",
        DataType::Decimal128(_, _) => "BIG_DEC",
        DataType::Date32 => "SQL_DATE",
        DataType::Time32(_) | DataType::Time64(_) => "SQL_TIME",
        DataType::Timestamp(_, None) => "SQL_TIMESTAMP",
        DataType::Timestamp(_, Some(_)) => "INSTANT",
        DataType::Struct(fields) => return struct_of("ROW", fields),
        DataType::List(item) => return json!({"kind": "LIST", "element": of(item.data_type())}),
        DataType::Binary => return json!({"kind": "PRIMITIVE_ARRAY", "element": {"kind": "BYTE"}}),
        DataType::Map(entries, _) => {
            if let DataType::Struct(pair) = entries.data_type() {
                return json!({"kind": "MAP", "key": of(pair[0].data_type()), "value": of(pair[1].data_type())});
            }
            "PICKLED_BYTE_ARRAY"
        }
        _ => "PICKLED_BYTE_ARRAY",
    };
    json!({ "kind": kind })
}
