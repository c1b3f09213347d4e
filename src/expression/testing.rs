//! Short ways to write expressions and columns in tests.

use std::sync::Arc;

use arrow::array::*;
use arrow::datatypes::*;

use super::Expr;
use crate::error::Error;
use crate::types::type_name;

pub(crate) fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let fields: Vec<Field> = columns.iter().map(|(name, c)| Field::new(*name, c.data_type().clone(), true)).collect();
    let columns = columns.into_iter().map(|(_, column)| column).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
}

macro_rules! columns {
    ($($name:ident($value:ty) -> $array:ty),* $(,)?) => {
        $(pub(crate) fn $name<const N: usize>(values: [$value; N]) -> ArrayRef {
            Arc::new(<$array>::from(values.to_vec()))
        })*
    };
}

columns! {
    ints(i32) -> Int32Array, opt_ints(Option<i32>) -> Int32Array, longs(i64) -> Int64Array,
    doubles(f64) -> Float64Array, singles(f32) -> Float32Array, texts(&str) -> StringArray,
    opt_texts(Option<&str>) -> StringArray, bools(Option<bool>) -> BooleanArray,
}

pub(crate) fn decimals<const N: usize>(precision: u8, scale: i8, digits: [i128; N]) -> ArrayRef {
    Arc::new(Decimal128Array::from(digits.to_vec()).with_precision_and_scale(precision, scale).unwrap())
}

fn read<const N: usize>(values: [&str; N], type_text: &str) -> ArrayRef {
    cast(col("s"), type_text)
        .bind(batch(vec![("s", texts(values))]).schema_ref())
        .unwrap()
        .evaluate(&batch(vec![("s", texts(values))]))
        .unwrap()
}

pub(crate) fn timestamps<const N: usize>(values: [&str; N]) -> ArrayRef {
    read(values, "TIMESTAMP")
}

pub(crate) fn dates<const N: usize>(values: [&str; N]) -> ArrayRef {
    read(values, "DATE")
}

/// `{a: 1, b: "x"}`, NULL, `{a: 3, b: NULL}`.
pub(crate) fn rows_with_a_null() -> ArrayRef {
    let fields: Fields = vec![Field::new("a", DataType::Int32, true), Field::new("b", DataType::Utf8, true)].into();
    let columns = vec![ints([1, 2, 3]), opt_texts([Some("x"), Some("hidden"), None])];
    Arc::new(StructArray::new(fields, columns, Some(vec![true, false, true].into())))
}

pub(crate) fn int_lists<const N: usize>(lists: [Option<Vec<i32>>; N]) -> ArrayRef {
    let lists = lists.into_iter().map(|list| list.map(|list| list.into_iter().map(Some).collect::<Vec<_>>()));
    Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(lists))
}

/// `{a: 1, b: 2}`, NULL, `{}`.
pub(crate) fn text_maps() -> ArrayRef {
    let mut builder = MapBuilder::new(None, StringBuilder::new(), Int32Builder::new());
    builder.keys().append_value("a");
    builder.values().append_value(1);
    builder.keys().append_value("b");
    builder.values().append_value(2);
    builder.append(true).unwrap();
    builder.append(false).unwrap();
    builder.append(true).unwrap();
    Arc::new(builder.finish())
}

pub(crate) fn col(name: &str) -> Expr {
    Expr::column(name)
}

pub(crate) fn int(value: i32) -> Expr {
    Expr::literal(value, "INT")
}

pub(crate) fn double_lit(value: &str) -> Expr {
    Expr::literal(value, "DOUBLE")
}

pub(crate) fn text(value: &str) -> Expr {
    Expr::literal(value, "STRING")
}

pub(crate) fn bool_lit(value: bool) -> Expr {
    Expr::literal(value, "BOOLEAN")
}

pub(crate) fn symbol(value: &str) -> Expr {
    Expr::literal(value, "SYMBOL")
}

pub(crate) fn millis(value: i64) -> Expr {
    Expr::literal(value, "INTERVAL SECOND(3)")
}

pub(crate) fn months(value: i64) -> Expr {
    Expr::literal(value, "INTERVAL MONTH")
}

pub(crate) fn null() -> Expr {
    Expr::literal(serde_json::Value::Null, "NULL")
}

pub(crate) fn call(name: &str, args: &[Expr]) -> Expr {
    Expr::call(name, args)
}

pub(crate) fn cast(arg: Expr, type_text: &str) -> Expr {
    Expr::Call { call: "cast".into(), args: vec![arg], target: Some(type_text.into()) }
}

pub(crate) fn try_cast(arg: Expr, type_text: &str) -> Expr {
    Expr::Call { call: "tryCast".into(), args: vec![arg], target: Some(type_text.into()) }
}

pub(crate) fn evaluate(batch: &RecordBatch, expr: &Expr) -> ArrayRef {
    let bound = expr.bind(batch.schema_ref()).unwrap();
    let values = bound.evaluate(batch).unwrap();
    assert_eq!(values.data_type(), bound.data_type(), "{expr}");
    assert_eq!(values.len(), batch.num_rows(), "{expr}");
    values
}

pub(crate) fn booleans(batch: &RecordBatch, name: &str, args: &[Expr]) -> Vec<Option<bool>> {
    evaluate(batch, &call(name, args)).as_boolean().iter().collect()
}

pub(crate) fn int_values(batch: &RecordBatch, name: &str, args: &[Expr]) -> Vec<Option<i32>> {
    evaluate(batch, &call(name, args)).as_primitive::<Int32Type>().iter().collect()
}

pub(crate) fn long_values(batch: &RecordBatch, name: &str, args: &[Expr]) -> Vec<Option<i64>> {
    evaluate(batch, &call(name, args)).as_primitive::<Int64Type>().iter().collect()
}

pub(crate) fn double_values(batch: &RecordBatch, name: &str, args: &[Expr]) -> Vec<Option<f64>> {
    evaluate(batch, &call(name, args)).as_primitive::<Float64Type>().iter().collect()
}

/// Type and digits.
pub(crate) fn decimal_values(batch: &RecordBatch, name: &str, args: &[Expr]) -> (String, Vec<Option<i128>>) {
    let values = evaluate(batch, &call(name, args));
    (type_name(values.data_type()), values.as_primitive::<Decimal128Type>().iter().collect())
}

pub(crate) struct Texts(Vec<Option<String>>);

impl Texts {
    fn borrowed(&self) -> Vec<Option<&str>> {
        self.0.iter().map(Option::as_deref).collect()
    }
}

impl std::fmt::Debug for Texts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl<const N: usize> PartialEq<[Option<&str>; N]> for Texts {
    fn eq(&self, other: &[Option<&str>; N]) -> bool {
        self.borrowed() == other
    }
}

impl std::ops::Index<usize> for Texts {
    type Output = Option<String>;

    fn index(&self, index: usize) -> &Option<String> {
        &self.0[index]
    }
}

pub(crate) fn strings(batch: &RecordBatch, name: &str, args: &[Expr]) -> Texts {
    let values = evaluate(batch, &call(name, args));
    Texts(values.as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect())
}

fn as_texts(batch: &RecordBatch, name: &str, args: &[Expr]) -> Vec<String> {
    let values = evaluate(batch, &cast(call(name, args), "STRING"));
    values.as_string::<i32>().iter().map(|text| text.unwrap_or("null").to_owned()).collect()
}

pub(crate) fn timestamp_texts(batch: &RecordBatch, name: &str, args: &[Expr]) -> Vec<String> {
    as_texts(batch, name, args)
}

pub(crate) fn date_texts(batch: &RecordBatch, name: &str, args: &[Expr]) -> Vec<String> {
    as_texts(batch, name, args)
}

/// The text of one value without columns.
pub(crate) fn one(name: &str, args: &[Expr]) -> Option<String> {
    strings(&batch(vec![("unused", ints([0]))]), name, args)[0].clone()
}

pub(crate) fn bind_error(batch: &RecordBatch, name: &str, args: &[Expr]) -> String {
    match call(name, args).bind(batch.schema_ref()) {
        Ok(bound) => panic!("{} can be bound, to {}", bound.text(), bound.data_type()),
        Err(error) => error.to_string(),
    }
}

pub(crate) fn run_error(batch: &RecordBatch, name: &str, args: &[Expr]) -> Error {
    call(name, args).bind(batch.schema_ref()).unwrap().evaluate(batch).unwrap_err()
}
