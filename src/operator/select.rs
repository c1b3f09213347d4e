//! Makes new columns from expressions: a projection. The records are rows with the columns' names.
//!
//! ```
//! use std::sync::Arc;
//! use flott::expression::Expr;
//! use flott::operator::select::Select;
//! use flott::types::{DataType, Field, Schema};
//!
//! let schema = Arc::new(Schema::new(vec![Field::new("price", DataType::Int32, true)]));
//! let exprs = Expr::list_from_json(
//!     r#"[{"col": "price"}, {"call": "as", "args": [
//!         {"call": "times", "args": [{"col": "price"}, {"lit": 2, "type": "INT"}]}, {"lit": "double", "type": "STRING"}]}]"#,
//! )?;
//! let select = Select::new(&exprs, &schema)?;
//! assert_eq!(select.output_schema().field(1).name(), "double");
//! # Ok::<(), flott::Error>(())
//! ```

use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};

use super::{Operator, OperatorFactory, Output, SubtaskContext};
use crate::batch::Batch;
use crate::error::{Error, Result};
use crate::expression::{Bound, Expr, expand};
use crate::types::{Field, Schema, SchemaRef, Shape};

/// The factory of projections.
pub struct Select {
    columns: Arc<[Bound]>,
    schema: SchemaRef,
}

impl Select {
    /// `exprs` may stand for several columns each (`*`, `rangeTo`, `withoutColumns`, `flatten`).
    ///
    /// Fails where an expression does not fit the columns, or two columns would have one name.
    pub fn new(exprs: &[Expr], input: &Schema) -> Result<Select> {
        let mut columns = Vec::new();
        let mut fields = Vec::new();
        for (name, expr) in expand(exprs, input)? {
            let bound = expr.bind(input)?;
            fields.push(bound.field(&name, input));
            columns.push(bound);
        }
        if columns.is_empty() {
            return Err(Error::config("select() was given no columns").with_hint("name at least one, as in col('a')"));
        }
        Ok(Select { columns: columns.into(), schema: Arc::new(Schema::new(fields)) })
    }

    /// The selected columns; their shape is [`Shape::Row`].
    pub fn output_schema(&self) -> &SchemaRef {
        &self.schema
    }
}

impl OperatorFactory for Select {
    fn create(&self, _context: &SubtaskContext) -> Result<Box<dyn Operator>> {
        Ok(Box::new(SelectOperator { columns: self.columns.clone(), schema: self.schema.clone() }))
    }
}

struct SelectOperator {
    columns: Arc<[Bound]>,
    schema: SchemaRef,
}

impl Operator for SelectOperator {
    fn process(&mut self, _input: usize, batch: Batch, output: &mut Output) -> Result<()> {
        let records = &batch.expect_columns()?.records;
        let mut columns = Vec::with_capacity(self.columns.len());
        for bound in self.columns.iter() {
            columns.push(match bound.column() {
                Some(index) => records.column(index).clone(),
                None => bound.evaluate(records)?,
            });
        }
        let schema = self.schema_for(records);
        let options = RecordBatchOptions::new().with_row_count(Some(records.num_rows()));
        let selected = RecordBatch::try_new_with_options(schema, columns, &options)?;
        let mut result = Batch::columns(selected, Shape::Row).with_timestamps(batch.timestamps);
        result.row_kinds = batch.row_kinds;
        output.emit(result);
        Ok(())
    }
}

impl SelectOperator {
    /// The schema of the graph, unless a source's column says it may be null where it was declared it is not.
    fn schema_for(&self, records: &RecordBatch) -> SchemaRef {
        let differs = |(bound, field): (&Bound, &Arc<Field>)| {
            bound.column().is_some_and(|index| !field.is_nullable() && records.column(index).null_count() > 0)
        };
        if !self.columns.iter().zip(self.schema.fields()).any(differs) {
            return self.schema.clone();
        }
        let fields = self.schema.fields().iter().map(|field| field.as_ref().clone().with_nullable(true));
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use crate::expression::testing::*;
    use crate::types::RowKind;

    #[test]
    fn columns_and_expressions() {
        let batch = batch(vec![("a", ints([1, 2])), ("b", texts(["x", "y"]))]);
        let exprs = [
            col("b"),
            call("as", &[call("plus", &[col("a"), int(1)]), text("next")]),
            call("upper", &[col("b")]),
            int(7),
        ];
        let select = Select::new(&exprs, batch.schema_ref()).unwrap();
        let output = run(&select, Batch::columns(batch, Shape::Tuple)).main();
        assert_eq!(printed(&output), ["b=x, next=2, _c0=X, _c1=7", "b=y, next=3, _c0=Y, _c1=7"]);
        let columns = output.expect_columns().unwrap();
        assert_eq!(columns.shape, Shape::Row);
        assert_eq!(&columns.schema(), select.output_schema());
    }

    #[test]
    fn timestamps_and_row_kinds_stay() {
        let batch = batch(vec![("a", ints([1, 2]))]);
        let select = Select::new(&[call("abs", &[col("a")])], batch.schema_ref()).unwrap();
        let mut input = Batch::columns(batch, Shape::Row).with_timestamps(Some(vec![5, 6]));
        input.row_kinds = Some(vec![RowKind::Insert, RowKind::Delete]);
        let output = run(&select, input).main();
        assert_eq!(output.timestamps, Some(vec![5, 6]));
        assert_eq!(output.row_kinds, Some(vec![RowKind::Insert, RowKind::Delete]));
    }

    #[test]
    fn every_column_but_one() {
        let batch = batch(vec![("a", ints([1])), ("b", ints([2])), ("c", ints([3]))]);
        let exprs = [call("withoutColumns", &[col("b")])];
        let select = Select::new(&exprs, batch.schema_ref()).unwrap();
        assert_eq!(printed(&run(&select, Batch::columns(batch, Shape::Row)).main()), ["a=1, c=3"]);
    }
}
