//! Three-valued logic. The right side of `and` and `or` is evaluated only where the left side leaves it open,
//! when evaluating it could fail: `(n != 0) & (10 / n > 1)` is safe, as it is in Flink.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{and_kleene, not, or_kleene};
use arrow::datatypes::{DataType, Schema};
use datafusion_common::DataFusionError;
use datafusion_expr::ColumnarValue;
use datafusion_physical_expr::PhysicalExpr;

use super::{Call, Found};
use crate::expression::bind::Typed;
use crate::expression::error::ExpressionError;
use crate::expression::function::{Values, function};

pub(super) fn bind(call: &Call<'_>) -> Found {
    Some(match call.name {
        "and" => many(call, true),
        "or" => many(call, false),
        "not" => one(call, |values| Ok(Arc::new(not(values)?))),
        "isTrue" => test(call, true, false),
        "isFalse" => test(call, false, false),
        "isNotTrue" => test(call, true, true),
        "isNotFalse" => test(call, false, true),
        "isNull" => null(call, true),
        "isNotNull" => null(call, false),
        _ => return None,
    })
}

fn many(call: &Call<'_>, and: bool) -> Result<Typed, ExpressionError> {
    call.args(2, usize::MAX)?;
    let mut result = call.boolean(0)?;
    for index in 1..call.args.len() {
        result = combine(result, call.boolean(index)?, and);
    }
    Ok(result)
}

fn one(call: &Call<'_>, run: fn(&BooleanArray) -> Values) -> Result<Typed, ExpressionError> {
    call.args(1, 1)?;
    Ok(call.total(vec![call.boolean(0)?], DataType::Boolean, move |args, _| run(args[0].array.as_boolean())))
}

/// Whether a value is (not) true or false; NULL is neither.
fn test(call: &Call<'_>, wanted: bool, negated: bool) -> Result<Typed, ExpressionError> {
    call.args(1, 1)?;
    Ok(call.total(vec![call.boolean(0)?], DataType::Boolean, move |args, _| {
        let values = args[0].array.as_boolean();
        let bits = known(values, wanted);
        Ok(Arc::new(BooleanArray::new(if negated { !&bits } else { bits }, None)))
    }))
}

/// Where `values` is known to be `wanted`.
fn known(values: &BooleanArray, wanted: bool) -> BooleanBuffer {
    let bits = if wanted { values.values().clone() } else { !values.values() };
    match values.nulls() {
        Some(nulls) => &bits & nulls.inner(),
        None => bits,
    }
}

fn null(call: &Call<'_>, wanted: bool) -> Result<Typed, ExpressionError> {
    let args = call.args(1, 1)?;
    Ok(call.total(args.to_vec(), DataType::Boolean, move |args, _| {
        let result = if wanted {
            arrow::compute::is_null(&args[0].array)?
        } else {
            arrow::compute::is_not_null(&args[0].array)?
        };
        Ok(Arc::new(result))
    }))
}

/// `left AND right` or `left OR right`.
pub(super) fn combine(left: Typed, right: Typed, and: bool) -> Typed {
    if right.fallible {
        let expr = Arc::new(ShortCircuit { and, left: left.expr, right: right.expr });
        return Typed { expr, data_type: DataType::Boolean, fallible: true };
    }
    let name = if and { "and" } else { "or" };
    function(name, vec![left, right], DataType::Boolean, false, move |args, rows| {
        let (left, right) = (args[0].column(rows)?, args[1].column(rows)?);
        Ok(Arc::new(kleene(and, left.as_boolean(), right.as_boolean())?))
    })
}

fn kleene(and: bool, left: &BooleanArray, right: &BooleanArray) -> Result<BooleanArray, arrow::error::ArrowError> {
    if and { and_kleene(left, right) } else { or_kleene(left, right) }
}

/// `and` and `or` whose right side can fail.
#[derive(Debug, Eq)]
struct ShortCircuit {
    and: bool,
    left: Arc<dyn PhysicalExpr>,
    right: Arc<dyn PhysicalExpr>,
}

impl PartialEq for ShortCircuit {
    fn eq(&self, other: &Self) -> bool {
        self.and == other.and && *self.left == *other.left && *self.right == *other.right
    }
}

impl Hash for ShortCircuit {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.and, &self.left, &self.right).hash(state);
    }
}

impl PhysicalExpr for ShortCircuit {
    fn data_type(&self, _: &Schema) -> Result<DataType, DataFusionError> {
        Ok(DataType::Boolean)
    }

    fn nullable(&self, _: &Schema) -> Result<bool, DataFusionError> {
        Ok(true)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue, DataFusionError> {
        let rows = batch.num_rows();
        let left = self.left.evaluate(batch)?.into_array(rows)?;
        let left = left.as_boolean();
        // false AND anything is false, true OR anything is true
        let open = BooleanArray::new(!&known(left, !self.and), None);
        if !open.has_true() {
            return Ok(ColumnarValue::Array(Arc::new(left.clone())));
        }
        let right = self.right.evaluate_selection(batch, &open)?.into_array(rows)?;
        Ok(ColumnarValue::Array(Arc::new(kleene(self.and, left, right.as_boolean())?)))
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        vec![&self.left, &self.right]
    }

    fn with_new_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn PhysicalExpr>>,
    ) -> Result<Arc<dyn PhysicalExpr>, DataFusionError> {
        match (children.pop(), children.pop()) {
            (Some(right), Some(left)) => Ok(Arc::new(ShortCircuit { and: self.and, left, right })),
            _ => Err(DataFusionError::Internal("a condition has two sides".into())),
        }
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for ShortCircuit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({}, {})", if self.and { "and" } else { "or" }, self.left, self.right)
    }
}

#[cfg(test)]
mod tests {
    use crate::expression::testing::*;

    const T: Option<bool> = Some(true);
    const F: Option<bool> = Some(false);
    const U: Option<bool> = None;

    #[test]
    fn truth_tables() {
        // Kleene's tables, row by row: every pair of true, false and unknown
        let batch = batch(vec![("a", bools([T, T, T, F, F, F, U, U, U])), ("b", bools([T, F, U, T, F, U, T, F, U]))]);
        assert_eq!(booleans(&batch, "and", &[col("a"), col("b")]), [T, F, U, F, F, F, U, F, U]);
        assert_eq!(booleans(&batch, "or", &[col("a"), col("b")]), [T, T, T, T, F, U, T, U, U]);
        assert_eq!(booleans(&batch, "not", &[col("b")]), [F, T, U, F, T, U, F, T, U]);
    }

    #[test]
    fn tests_know_no_null() {
        let batch = batch(vec![("a", bools([T, F, U]))]);
        assert_eq!(booleans(&batch, "isTrue", &[col("a")]), [T, F, F]);
        assert_eq!(booleans(&batch, "isFalse", &[col("a")]), [F, T, F]);
        assert_eq!(booleans(&batch, "isNotTrue", &[col("a")]), [F, T, T]);
        assert_eq!(booleans(&batch, "isNotFalse", &[col("a")]), [T, F, T]);
        assert_eq!(booleans(&batch, "isNull", &[col("a")]), [F, F, T]);
        assert_eq!(booleans(&batch, "isNotNull", &[col("a")]), [T, T, F]);
    }

    #[test]
    fn the_right_side_is_guarded_by_the_left() {
        let batch = batch(vec![("n", ints([0, 5, 20]))]);
        let guard = call("notEquals", &[col("n"), int(0)]);
        let divided = call("greaterThan", &[call("divide", &[int(10), col("n")]), int(1)]);
        assert_eq!(booleans(&batch, "and", &[guard, divided.clone()]), [F, T, F]);
        let zero = call("equals", &[col("n"), int(0)]);
        assert_eq!(booleans(&batch, "or", &[zero, divided]), [T, T, F]);
    }

    #[test]
    fn conditions_are_booleans() {
        let batch = batch(vec![("n", ints([0]))]);
        let message = bind_error(&batch, "and", &[col("n"), call("isNull", &[col("n")])]);
        assert!(message.contains("BOOLEAN is needed here, not INT (n)"), "{message}");
    }
}
