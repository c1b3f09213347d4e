//! `ifThenElse`, `IFNULL`, `COALESCE`: a branch is evaluated only for the records that take it.

use arrow::datatypes::DataType;
use datafusion_physical_expr::expressions::{case, is_not_null};

use super::{Call, Found};
use crate::expression::bind::Typed;
use crate::expression::coerce::unify;
use crate::expression::error::ExpressionError;

pub(super) fn bind(call: &Call<'_>) -> Found {
    Some(match call.name {
        "ifThenElse" => if_then_else(call),
        "IFNULL" => call.args(2, 2).and_then(|args| first_known(call, args)),
        "COALESCE" => call.args(1, usize::MAX).and_then(|args| first_known(call, args)),
        "NULLIF" => null_if(call),
        _ => return None,
    })
}

fn if_then_else(call: &Call<'_>) -> Result<Typed, ExpressionError> {
    let args = call.args(3, 3)?;
    let branches = branches(call, args[1..].to_vec())?;
    choose(call, vec![(call.boolean(0)?, branches[0].clone())], branches[1].clone())
}

fn first_known(call: &Call<'_>, args: &[Typed]) -> Result<Typed, ExpressionError> {
    let mut branches = branches(call, args.to_vec())?;
    let Some(last) = branches.pop() else { return Err(call.invalid("there is nothing to choose from")) };
    if branches.is_empty() {
        return Ok(last);
    }
    let whens = branches.into_iter().map(|branch| {
        let known = is_not_null(branch.expr.clone()).map_err(|error| call.invalid(error.strip_backtrace()))?;
        Ok((Typed { expr: known, data_type: DataType::Boolean, fallible: branch.fallible }, branch))
    });
    let whens = whens.collect::<Result<_, ExpressionError>>()?;
    choose(call, whens, last)
}

fn null_if(call: &Call<'_>) -> Result<Typed, ExpressionError> {
    let args = call.args(2, 2)?;
    let equal =
        super::comparison::compare(super::comparison::Comparison::Equal, args[0].clone(), args[1].clone(), &call.text)?;
    let null =
        unify(vec![args[0].clone(), Typed::value(datafusion_common::ScalarValue::Null)], &call.text, "choosing")?;
    choose(call, vec![(equal, null[1].clone())], null[0].clone())
}

fn branches(call: &Call<'_>, args: Vec<Typed>) -> Result<Vec<Typed>, ExpressionError> {
    let unified = unify(args, &call.text, "choosing between")?;
    match unified.first() {
        Some(first) if first.data_type == DataType::Null => {
            Err(call.invalid("every branch is NULL; give one a type with null_of(...)"))
        }
        _ => Ok(unified),
    }
}

fn choose(call: &Call<'_>, whens: Vec<(Typed, Typed)>, otherwise: Typed) -> Result<Typed, ExpressionError> {
    let data_type = otherwise.data_type.clone();
    let fallible = otherwise.fallible || whens.iter().any(|(when, then)| when.fallible || then.fallible);
    let whens = whens.into_iter().map(|(when, then)| (when.expr, then.expr)).collect();
    let expr = case(None, whens, Some(otherwise.expr)).map_err(|error| call.invalid(error.strip_backtrace()))?;
    Ok(Typed { expr, data_type, fallible })
}

#[cfg(test)]
mod tests {
    use crate::expression::testing::*;

    #[test]
    fn a_condition_that_is_null_takes_the_else_branch() {
        let batch = batch(vec![("n", opt_ints([Some(1), Some(-1), None]))]);
        let positive = call("greaterThan", &[col("n"), int(0)]);
        assert_eq!(
            strings(&batch, "ifThenElse", &[positive, text("yes"), text("no")]),
            [Some("yes"), Some("no"), Some("no")]
        );
    }

    #[test]
    fn only_the_branch_taken_is_evaluated() {
        let batch = batch(vec![("n", ints([0, 5]))]);
        let zero = call("equals", &[col("n"), int(0)]);
        let divided = call("divide", &[int(10), col("n")]);
        assert_eq!(int_values(&batch, "ifThenElse", &[zero, int(-1), divided]), [Some(-1), Some(2)]);
    }

    #[test]
    fn branches_meet_in_one_type() {
        let batch = batch(vec![("i", opt_ints([Some(1), None])), ("l", longs([7, 8]))]);
        assert_eq!(long_values(&batch, "COALESCE", &[col("i"), null(), col("l")]), [Some(1), Some(8)]);
        assert_eq!(int_values(&batch, "IFNULL", &[col("i"), int(0)]), [Some(1), Some(0)]);
        let message = bind_error(&batch, "IFNULL", &[col("i"), text("none")]);
        assert!(message.contains("choosing between INT and STRING"), "{message}");
    }

    #[test]
    fn null_if_equal() {
        let batch = batch(vec![("i", ints([1, 2]))]);
        assert_eq!(int_values(&batch, "NULLIF", &[col("i"), int(2)]), [Some(1), None]);
    }
}
