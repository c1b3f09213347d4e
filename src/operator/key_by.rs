//! Computes the key of each record and its key group; the exchange behind it sends equal keys to one subtask.
//!
//! The key of several expressions is a tuple. Key groups follow from the canonical encoding of
//! [`Value::encode_key`](crate::types::Value::encode_key); see [`Keys::groups`].
//!
//! ```
//! use flott::expression::Expr;
//! use flott::operator::key_by::KeyBy;
//! use flott::types::{DataType, Field, Schema, Shape};
//!
//! let schema = Schema::new(vec![Field::new("user", DataType::Utf8, true)]);
//! let key_by = KeyBy::new(&[Expr::column("user")], &schema)?;
//! assert_eq!(key_by.key_shape(), Shape::Scalar);
//! # Ok::<(), flott::Error>(())
//! ```

use std::sync::Arc;

use arrow::array::RecordBatch;

use super::{Operator, OperatorFactory, Output, SubtaskContext};
use crate::batch::{Batch, Columns, Data, Keys};
use crate::error::{Error, Result};
use crate::expression::{Bound, Expr};
use crate::types::{DataType, Schema, SchemaRef, Shape, type_name};

/// The factory of key selectors.
pub struct KeyBy {
    keys: Arc<[Bound]>,
    schema: SchemaRef,
}

impl KeyBy {
    /// Fails where an expression does not fit the columns or has a type that is no key.
    pub fn new(exprs: &[Expr], input: &Schema) -> Result<KeyBy> {
        let mut keys = Vec::with_capacity(exprs.len());
        let mut fields = Vec::with_capacity(exprs.len());
        for (at, expr) in exprs.iter().enumerate() {
            let bound = expr.bind(input)?;
            if matches!(bound.data_type(), DataType::Null | DataType::Duration(_) | DataType::Interval(_)) {
                return Err(Error::config(format!(
                    "key_by({expr}): a value of type {} is no key",
                    type_name(bound.data_type())
                ))
                .with_hint("key by a number, text, time or boolean"));
            }
            let name = expr.output_name().unwrap_or_else(|| format!("_c{at}"));
            fields.push(bound.field(&name, input).with_nullable(true));
            keys.push(bound);
        }
        if keys.is_empty() {
            return Err(Error::config("key_by() was given no key").with_hint("name a column, as in key_by(col('id'))"));
        }
        Ok(KeyBy { keys: keys.into(), schema: Arc::new(Schema::new(fields)) })
    }

    /// The columns of the key; the stream's own columns stay as they are.
    pub fn key_schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The input's column that is the key, where it is one as it stands.
    pub fn key_column(&self) -> Option<usize> {
        match self.keys.as_ref() {
            [only] => only.column(),
            _ => None,
        }
    }

    /// A bare value for one expression, a tuple for several.
    pub fn key_shape(&self) -> Shape {
        if self.keys.len() == 1 { Shape::Scalar } else { Shape::Tuple }
    }
}

impl OperatorFactory for KeyBy {
    fn create(&self, _context: &SubtaskContext) -> Result<Box<dyn Operator>> {
        Ok(Box::new(KeyByOperator { keys: self.keys.clone(), schema: self.schema.clone(), shape: self.key_shape() }))
    }
}

struct KeyByOperator {
    keys: Arc<[Bound]>,
    schema: SchemaRef,
    shape: Shape,
}

impl Operator for KeyByOperator {
    fn process(&mut self, _input: usize, mut batch: Batch, output: &mut Output) -> Result<()> {
        let records = &batch.expect_columns()?.records;
        let columns = self.keys.iter().map(|key| key.evaluate(records)).collect::<Result<Vec<_>>>()?;
        let keys = RecordBatch::try_new(self.schema.clone(), columns)?;
        batch.keys = Some(Keys::new(Data::Columns(Columns::new(keys, self.shape))));
        output.emit(batch);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use crate::expression::testing::*;
    use crate::types::{Value, key_group};
    use arrow::array::ArrayRef;
    use arrow::datatypes::TimeUnit;

    fn groups(keys: &[ArrayRef]) -> Vec<u16> {
        let columns = keys.iter().map(|column| ("k", column.clone())).collect();
        let shape = if keys.len() == 1 { Shape::Scalar } else { Shape::Tuple };
        Keys::new(Data::Columns(Columns::new(batch(columns), shape))).groups(128).unwrap().to_vec()
    }

    /// The groups by way of `Value`, as the rest of the engine computes them.
    fn expected(columns: &[ArrayRef]) -> Vec<u16> {
        let values =
            |row: usize| columns.iter().map(|column| Value::from_array(column, row).unwrap()).collect::<Vec<_>>();
        (0..columns[0].len())
            .map(|row| {
                let mut values = values(row);
                let key = if values.len() == 1 { values.remove(0) } else { Value::Row(values) };
                let mut bytes = Vec::new();
                key.encode_key(&mut bytes);
                key_group(&bytes, 128)
            })
            .collect()
    }

    #[test]
    fn columns_are_encoded_as_values_are() {
        let times = timestamps(["2024-01-01 00:00:00", "1969-12-31 23:59:59.5", "2024-01-01 00:00:01"]);
        let columns = [
            ints([1, -1, i32::MAX]),
            longs([i64::MIN, 0, 77]),
            opt_texts([Some("订单"), None, Some("")]),
            bools([Some(true), Some(false), None]),
            dates(["2024-01-01", "1969-12-31", "0001-01-01"]),
            arrow::compute::cast(&times, &DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))).unwrap(),
            times,
            doubles([0.0, -0.0, 1.5]),
            decimals(10, 2, [1, -1, 0]),
            arrow::compute::cast(&ints([1, 2, 3]), &DataType::Int8).unwrap(),
            rows_with_a_null(),
        ];
        for column in &columns {
            let one = std::slice::from_ref(column);
            assert_eq!(groups(one), expected(one), "{}", column.data_type());
        }
        assert_eq!(groups(&columns), expected(&columns));
    }

    #[test]
    fn a_single_key_is_bare_and_several_are_a_tuple() {
        let batch = batch(vec![("u", texts(["a", "b"])), ("n", ints([1, 2]))]);
        let one = KeyBy::new(&[col("u")], batch.schema_ref()).unwrap();
        let output = run(&one, Batch::columns(batch.clone(), Shape::Row)).main();
        let keys = output.keys.as_ref().unwrap();
        assert_eq!(one.key_column(), Some(0));
        assert_eq!(printed_data(&keys.values), ["u=a", "u=b"]);
        // the records are as they were
        assert_eq!(printed(&output), ["u=a, n=1", "u=b, n=2"]);

        let two = KeyBy::new(&[col("u"), call("mod", &[col("n"), int(2)])], batch.schema_ref()).unwrap();
        assert_eq!(two.key_shape(), Shape::Tuple);
        let output = run(&two, Batch::columns(batch, Shape::Row)).main();
        let keys = output.keys.unwrap();
        assert_eq!(printed_data(&keys.values), ["u=a, _c1=1", "u=b, _c1=0"]);
        assert_eq!(two.key_column(), None);
    }

    #[test]
    fn slices_keep_their_own_keys() {
        let batch = batch(vec![("u", texts(["a", "b", "c"]))]).slice(1, 2);
        let key_by = KeyBy::new(&[col("u")], batch.schema_ref()).unwrap();
        let output = run(&key_by, Batch::columns(batch, Shape::Row)).main();
        assert_eq!(output.keys.unwrap().groups(128).unwrap(), expected(&[texts(["b", "c"])]));
    }
}
