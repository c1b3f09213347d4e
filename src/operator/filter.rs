//! Keeps the records for which a condition on their columns is true; NULL is not true.
//!
//! ```
//! use std::sync::Arc;
//! use flott::expression::Expr;
//! use flott::operator::filter::Filter;
//! use flott::types::{DataType, Field, Schema};
//!
//! let schema = Arc::new(Schema::new(vec![Field::new("price", DataType::Float64, true)]));
//! let cheap = Expr::from_json(r#"{"call": "lessThan", "args": [{"col": "price"}, {"lit": 10, "type": "INT"}]}"#)?;
//! let filter = Filter::new(&cheap, &schema)?.with_rejected("expensive".into());
//! assert_eq!(filter.output_schema(), &schema);
//! # Ok::<(), flott::Error>(())
//! ```

use std::sync::Arc;

use arrow::array::{Array, BooleanArray};

use super::{Operator, OperatorFactory, Output, SubtaskContext};
use crate::batch::Batch;
use crate::error::Result;
use crate::expression::{Bound, Expr, ExpressionError};
use crate::types::{DataType, SchemaRef};

/// The factory of filters.
pub struct Filter {
    condition: Bound,
    schema: SchemaRef,
    rejected: Option<Arc<str>>,
}

impl Filter {
    /// Fails where `condition` does not fit the columns or is no BOOLEAN.
    pub fn new(condition: &Expr, input: &SchemaRef) -> Result<Filter> {
        let bound = condition.bind(input)?;
        if *bound.data_type() != DataType::Boolean {
            return Err(ExpressionError::Argument {
                expression: "filter".into(),
                expected: "BOOLEAN".into(),
                argument: condition.to_string(),
                actual: Box::new(bound.data_type().clone()),
            }
            .into());
        }
        Ok(Filter { condition: bound, schema: input.clone(), rejected: None })
    }

    /// Sends the records that do not pass to a side output instead of dropping them.
    pub fn with_rejected(mut self, tag: Arc<str>) -> Filter {
        self.rejected = Some(tag);
        self
    }

    /// Filtering changes no column.
    pub fn output_schema(&self) -> &SchemaRef {
        &self.schema
    }
}

impl OperatorFactory for Filter {
    fn create(&self, _context: &SubtaskContext) -> Result<Box<dyn Operator>> {
        Ok(Box::new(FilterOperator { condition: self.condition.clone(), rejected: self.rejected.clone() }))
    }
}

struct FilterOperator {
    condition: Bound,
    rejected: Option<Arc<str>>,
}

impl Operator for FilterOperator {
    fn process(&mut self, _input: usize, batch: Batch, output: &mut Output) -> Result<()> {
        let passes = self.condition.evaluate_condition(&batch.expect_columns()?.records)?;
        if let Some(tag) = &self.rejected {
            let rejected = inverse(&passes);
            if rejected.has_true() {
                output.emit_side(tag, batch.clone().filter(&rejected)?);
            }
        }
        output.emit(batch.filter(&passes)?);
        Ok(())
    }
}

/// Where the condition is false or NULL.
fn inverse(passes: &BooleanArray) -> BooleanArray {
    let known = match passes.nulls() {
        Some(nulls) => passes.values() & nulls.inner(),
        None => passes.values().clone(),
    };
    BooleanArray::new(!&known, None)
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use crate::expression::testing::*;
    use crate::types::{RowKind, Shape};

    fn positive() -> Expr {
        call("greaterThan", &[col("n"), int(0)])
    }

    #[test]
    fn null_does_not_pass() {
        let batch = batch(vec![("n", opt_ints([Some(1), None, Some(-1), Some(2)]))]);
        let filter = Filter::new(&positive(), &batch.schema()).unwrap();
        let output = run(&filter, Batch::columns(batch, Shape::Row)).main();
        assert_eq!(printed(&output), ["n=1", "n=2"]);
    }

    #[test]
    fn what_belongs_to_a_record_stays_with_it() {
        let batch = batch(vec![("n", ints([-1, 5, 7]))]);
        let filter = Filter::new(&positive(), &batch.schema()).unwrap();
        let mut input = Batch::columns(batch, Shape::Row).with_timestamps(Some(vec![10, 20, 30]));
        input.row_kinds = Some(vec![RowKind::Insert, RowKind::Delete, RowKind::UpdateAfter]);
        let output = run(&filter, input).main();
        assert_eq!(output.timestamps, Some(vec![20, 30]));
        assert_eq!(output.row_kinds, Some(vec![RowKind::Delete, RowKind::UpdateAfter]));
    }

    #[test]
    fn the_others_go_to_the_side_output() {
        let batch = batch(vec![("n", opt_ints([Some(1), None, Some(-1)]))]);
        let filter = Filter::new(&positive(), &batch.schema()).unwrap().with_rejected("bad".into());
        let output = run(&filter, Batch::columns(batch, Shape::Row).with_timestamps(Some(vec![1, 2, 3])));
        let (main, side) = (output.main(), output.side("bad"));
        assert_eq!(printed(&main), ["n=1"]);
        assert_eq!(printed(&side), ["n=null", "n=-1"]);
        assert_eq!(side.timestamps, Some(vec![2, 3]));
    }

    #[test]
    fn a_condition_is_a_boolean() {
        let batch = batch(vec![("n", ints([1]))]);
        let error = Filter::new(&col("n"), &batch.schema()).err().unwrap();
        assert!(error.message().contains("filter: BOOLEAN is needed here, not INT (n)"), "{error}");
    }

    #[test]
    fn unknown_columns_are_named_with_the_nearest() {
        let batch = batch(vec![("price", ints([1])), ("amount", ints([1]))]);
        let error = Filter::new(&call("isNull", &[col("prise")]), &batch.schema()).err().unwrap();
        assert_eq!(
            error.to_string(),
            "unknown column 'prise'; the columns are price, amount\n  what to do: did you mean 'price'?"
        );
    }
}
