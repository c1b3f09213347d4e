//! Native expressions over columns: `col("price") * lit(2) > lit(100)`.
//!
//! An expression arrives as a tree ([`Expr`], JSON from a language binding) and is bound to a schema once; the
//! [`Bound`] expression then evaluates whole batches. Underneath it is a DataFusion physical expression, so that
//! SQL can plan onto the same functions. What the functions mean is Flink's: three-valued logic, integer division
//! and wrap-around as in Java, decimal precision rules, 1-based strings, a failed cast is an error and a failed
//! `tryCast` is NULL. Functions go by the names of Flink's `BuiltInFunctionDefinitions`.
//!
//! ```
//! use std::sync::Arc;
//! use arrow::array::{AsArray, Int64Array, RecordBatch};
//! use arrow::datatypes::{DataType, Field, Int64Type, Schema};
//! use flott::expression::Expr;
//!
//! let schema = Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, true)]));
//! let expr = Expr::from_json(r#"{"call": "times", "args": [{"col": "n"}, {"lit": 2, "type": "INT"}]}"#)?;
//! assert_eq!(expr.to_string(), "times(n, 2)");
//! let bound = expr.bind(&schema)?;
//! let batch = RecordBatch::try_new(schema, vec![Arc::new(Int64Array::from(vec![1, 2]))]).unwrap();
//! assert_eq!(bound.evaluate(&batch)?.as_primitive::<Int64Type>().values(), &[2, 4]);
//! # Ok::<(), flott::Error>(())
//! ```

mod bind;
mod calendar;
mod cast;
mod coerce;
mod error;
mod function;
mod functions;
mod pattern;
mod selection;
mod text;
mod tree;
mod types;

#[cfg(test)]
pub(crate) mod testing;

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema};
use datafusion_common::DataFusionError;
use datafusion_physical_expr::PhysicalExpr;
use datafusion_physical_expr::expressions::Column;

use crate::error::{Error, Result, shorten};

pub use bind::bind;
pub use error::ExpressionError;
pub(crate) use functions::under;
pub use selection::expand;
pub use tree::Expr;
pub use types::parse_type;

/// An expression bound to a schema: evaluates batches of that schema.
#[derive(Clone)]
pub struct Bound {
    expr: Arc<dyn PhysicalExpr>,
    data_type: DataType,
    text: Arc<str>,
}

impl Bound {
    fn new(typed: bind::Typed, text: String) -> Bound {
        Bound { expr: typed.expr, data_type: typed.data_type, text: text.into() }
    }

    pub fn data_type(&self) -> &DataType {
        &self.data_type
    }

    /// The expression as it is written in messages.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The physical expression, for planners that go on from here.
    pub fn physical(&self) -> &Arc<dyn PhysicalExpr> {
        &self.expr
    }

    /// The index of the column, where the expression is nothing but a column.
    pub fn column(&self) -> Option<usize> {
        self.expr.downcast_ref::<Column>().map(Column::index)
    }

    /// The column this expression makes, named `name`.
    pub fn field(&self, name: &str, input: &Schema) -> Field {
        match self.column() {
            Some(index) => input.field(index).clone().with_name(name),
            None => Field::new(name, self.data_type.clone(), true),
        }
    }

    /// The expression's value for every row of `batch`.
    ///
    /// Fails with the first row that cannot be evaluated (division by zero, text that is not a number).
    pub fn evaluate(&self, batch: &RecordBatch) -> Result<ArrayRef> {
        match self.run(batch) {
            Ok(values) => Ok(values),
            Err(error) => Err(self.first_failure(batch, error)),
        }
    }

    /// The rows for which a condition holds; NULL stays NULL.
    pub fn evaluate_condition(&self, batch: &RecordBatch) -> Result<BooleanArray> {
        let values = self.evaluate(batch)?;
        match values.as_any().downcast_ref::<BooleanArray>() {
            Some(values) => Ok(values.clone()),
            None => Err(Error::internal(format!("{} is a condition but gave {}", self.text, values.data_type()))),
        }
    }

    fn run(&self, batch: &RecordBatch) -> Result<ArrayRef, DataFusionError> {
        self.expr.evaluate(batch)?.into_array(batch.num_rows())
    }

    /// Looks for the row that failed: only done once the whole batch has.
    fn first_failure(&self, batch: &RecordBatch, error: DataFusionError) -> Error {
        for row in 0..batch.num_rows() {
            let one = batch.slice(row, 1);
            if let Err(error) = self.run(&one) {
                return self.failure(error).with_input(shorten(&text::row(&one, 0), 500));
            }
        }
        self.failure(error)
    }

    fn failure(&self, error: DataFusionError) -> Error {
        ExpressionError::Evaluate { expression: self.text.to_string(), message: error::plain(&error) }.into()
    }
}
