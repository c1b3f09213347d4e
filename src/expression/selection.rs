//! Expressions that stand for several columns in a `select`: `*`, ranges, with and without columns, `flatten`.

use arrow::datatypes::{DataType, Schema};

use super::error::ExpressionError;
use super::tree::Expr;
use crate::error::Result;

/// Replaces what stands for several columns by one expression for each, with the name of its column.
///
/// Expressions without a name of their own are called `_c0`, `_c1`, …, as in Flink.
pub fn expand(exprs: &[Expr], schema: &Schema) -> Result<Vec<(String, Expr)>> {
    let mut columns = Vec::new();
    for expr in exprs {
        match several(expr, schema)? {
            Some(found) => columns.extend(found),
            None => columns.push((expr.output_name(), expr.clone())),
        }
    }
    let mut unnamed = 0;
    let named: Vec<(String, Expr)> = columns
        .into_iter()
        .map(|(name, expr)| {
            let name = name.unwrap_or_else(|| {
                unnamed += 1;
                format!("_c{}", unnamed - 1)
            });
            (name, expr)
        })
        .collect();
    for (at, (name, expr)) in named.iter().enumerate() {
        if named[..at].iter().any(|(other, _)| other == name) {
            let message = format!("there is a column '{name}' already; name this one with .alias(...)");
            return Err(ExpressionError::Invalid { expression: expr.to_string(), message }.into());
        }
    }
    Ok(named)
}

type Columns = Vec<(Option<String>, Expr)>;

fn several(expr: &Expr, schema: &Schema) -> Result<Option<Columns>> {
    let named = |names: Vec<String>| names.into_iter().map(|name| (Some(name.clone()), Expr::column(name))).collect();
    Ok(match expr {
        Expr::Column { col } if col == "*" => Some(named(all(schema))),
        Expr::Call { call, args, .. } => match call.as_str() {
            "rangeTo" => Some(named(range(expr, args, schema)?)),
            "withColumns" => {
                let mut columns = Vec::new();
                for arg in args {
                    match several(arg, schema)? {
                        Some(found) => columns.extend(found),
                        None => columns.push((None, arg.clone())),
                    }
                }
                let columns: Columns = columns.into_iter().map(|(n, e)| (n.or_else(|| e.output_name()), e)).collect();
                Some(columns)
            }
            "withoutColumns" => {
                let mut without = Vec::new();
                for arg in args {
                    match several(arg, schema)? {
                        Some(found) => without.extend(found.into_iter().filter_map(|(name, _)| name)),
                        None => without.push(one(expr, arg, schema)?),
                    }
                }
                Some(named(all(schema).into_iter().filter(|name| !without.contains(name)).collect()))
            }
            "flatten" => flatten(expr, args, schema)?,
            _ => None,
        },
        _ => None,
    })
}

fn all(schema: &Schema) -> Vec<String> {
    schema.fields().iter().map(|field| field.name().clone()).collect()
}

/// The column that a name, or an index from 1, stands for.
fn one(expr: &Expr, arg: &Expr, schema: &Schema) -> Result<String> {
    let names = all(schema);
    let index = match arg {
        Expr::Column { col } => names.iter().position(|name| name == col),
        Expr::Literal { lit: serde_json::Value::String(text), .. } => names.iter().position(|name| name == text),
        Expr::Literal { lit, .. } => lit.as_u64().and_then(|at| usize::try_from(at).ok()?.checked_sub(1)),
        Expr::Call { .. } => None,
    };
    match index.and_then(|index| names.get(index).cloned()) {
        Some(name) => Ok(name),
        None => Err(match arg {
            Expr::Column { col } => ExpressionError::UnknownColumn { name: col.clone(), columns: names },
            _ => ExpressionError::Invalid {
                expression: expr.to_string(),
                message: format!("{arg} is no column; the columns are {}", names.join(", ")),
            },
        }
        .into()),
    }
}

fn range(expr: &Expr, args: &[Expr], schema: &Schema) -> Result<Vec<String>> {
    let [start, end] = args else {
        let message = "a range has a start and an end".to_owned();
        return Err(ExpressionError::Invalid { expression: expr.to_string(), message }.into());
    };
    let (start, end) = (one(expr, start, schema)?, one(expr, end, schema)?);
    let names = all(schema);
    let place = |name: &String| names.iter().position(|other| other == name).unwrap_or(0);
    let (start, end) = (place(&start), place(&end));
    if start > end {
        let message = "the start of the range stands behind its end".to_owned();
        return Err(ExpressionError::Invalid { expression: expr.to_string(), message }.into());
    }
    Ok(names[start..=end].to_vec())
}

/// Each field of a row as a column `row$field`.
fn flatten(expr: &Expr, args: &[Expr], schema: &Schema) -> Result<Option<Columns>> {
    let [of] = args else {
        let message = "one row is flattened".to_owned();
        return Err(ExpressionError::Invalid { expression: expr.to_string(), message }.into());
    };
    let bound = of.bind(schema)?;
    let DataType::Struct(fields) = bound.data_type() else {
        return Ok(Some(vec![(of.output_name(), of.clone())]));
    };
    let fields = fields.iter().map(|field| {
        let get = Expr::call("get", [of.clone(), Expr::literal(field.name().as_str(), "STRING")]);
        let name = get.output_name().unwrap_or_else(|| field.name().clone());
        (Some(name), get)
    });
    Ok(Some(fields.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::testing::*;

    fn names(exprs: &[Expr]) -> Vec<String> {
        let batch = batch(vec![("a", ints([])), ("b", ints([])), ("c", rows_with_a_null().slice(0, 0))]);
        expand(exprs, batch.schema_ref()).unwrap().into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn several_columns() {
        assert_eq!(names(&[col("*")]), ["a", "b", "c"]);
        assert_eq!(names(&[call("rangeTo", &[int(1), int(2)])]), ["a", "b"]);
        assert_eq!(
            names(&[call("withColumns", &[call("rangeTo", &[text("b"), text("c")]), col("a")])]),
            ["b", "c", "a"]
        );
        assert_eq!(names(&[call("withoutColumns", &[col("b")])]), ["a", "c"]);
        assert_eq!(names(&[call("flatten", &[col("c")])]), ["c$a", "c$b"]);
    }

    #[test]
    fn expressions_without_a_name_are_numbered() {
        assert_eq!(names(&[col("a"), int(1), call("as", &[int(2), text("x")]), int(3)]), ["a", "_c0", "x", "_c1"]);
    }

    #[test]
    fn a_name_is_used_once() {
        let batch = batch(vec![("a", ints([]))]);
        let message = expand(&[col("a"), col("a")], batch.schema_ref()).unwrap_err().to_string();
        assert!(message.contains("there is a column 'a' already"), "{message}");
    }
}
