//! Conditions written as expressions over columns.
//!
//! One that looks at the event alone is evaluated for a whole batch. One that names events matched so far,
//! `col("amount") > last("a", "amount")`, is evaluated for the row: comparisons of plain columns without anything in
//! between, all else as an expression over one row.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, new_null_array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::rows::Row;
use crate::error::{Error, Result};
use crate::expression::{Bound, Expr};

/// `first(pattern, column)` or `last(pattern, column)`.
#[derive(Debug, Clone, PartialEq)]
struct Reference {
    pattern: String,
    column: usize,
    last: bool,
}

/// A condition over columns.
#[derive(Clone)]
pub struct RowCondition {
    bound: Bound,
    /// The columns behind those of the row.
    references: Vec<Reference>,
    schema: SchemaRef,
    quick: Option<Quick>,
}

impl RowCondition {
    /// Fails where a column does not exist or the expression is no condition.
    pub fn new(expression: &Expr, input: &SchemaRef) -> Result<RowCondition> {
        let mut references = Vec::new();
        let rewritten = rewrite(expression, input, &mut references)?;
        let behind = references.iter().enumerate().map(|(at, reference)| {
            let field = input.field(reference.column);
            Arc::new(Field::new(name_of(at), field.data_type().clone(), true))
        });
        let fields: Vec<_> = input.fields().iter().cloned().chain(behind).collect();
        let schema = Arc::new(Schema::new(fields));
        let bound = rewritten.bind(&schema)?;
        if *bound.data_type() != DataType::Boolean {
            return Err(Error::config(format!("{expression} is no condition: it is neither true nor false")));
        }
        let quick = Quick::new(&rewritten, &schema, input.fields().len());
        Ok(RowCondition { bound, references, schema, quick })
    }

    /// The expression, where it looks at the event alone.
    pub fn of_event(&self) -> Option<&Bound> {
        self.references.is_empty().then_some(&self.bound)
    }

    pub fn looks_back(&self) -> bool {
        !self.references.is_empty()
    }

    /// Whether it holds for `row`; `matched` gives the first or last row so far of a pattern.
    pub fn holds<'r>(&self, row: &'r Row, matched: impl Fn(&str, bool) -> Option<&'r Row>) -> Result<bool> {
        let found = |reference: &Reference| matched(&reference.pattern, reference.last);
        if let Some(quick) = &self.quick {
            return Ok(quick.truth(row, &self.references, &found) == Some(true));
        }
        let mut columns: Vec<ArrayRef> = row.alone().columns().to_vec();
        for reference in &self.references {
            let data_type = self.schema.field(columns.len()).data_type();
            columns.push(match found(reference) {
                Some(row) => row.chunk.records.column(reference.column).slice(row.row as usize, 1),
                None => new_null_array(data_type, 1),
            });
        }
        let one = RecordBatch::try_new(self.schema.clone(), columns)?;
        let truth = self.bound.evaluate_condition(&one)?;
        Ok(truth.iter().next().flatten() == Some(true))
    }
}

/// A column that no record has.
fn name_of(reference: usize) -> String {
    format!("\u{0}{reference}")
}

/// Puts columns in the place of events matched so far.
fn rewrite(expression: &Expr, input: &Schema, references: &mut Vec<Reference>) -> Result<Expr> {
    let Expr::Call { call, args, target } = expression else { return Ok(expression.clone()) };
    if let ("cepFirst" | "cepLast", [Expr::Literal { lit, .. }, Expr::Column { col }]) =
        (call.as_str(), args.as_slice())
        && let Some(pattern) = lit.as_str()
    {
        // as the error for a column that does not exist has it
        Expr::column(col.clone()).bind(input)?;
        let reference =
            Reference { pattern: pattern.to_owned(), column: input.index_of(col)?, last: call == "cepLast" };
        let known = references.iter().position(|known| *known == reference).unwrap_or_else(|| {
            references.push(reference);
            references.len() - 1
        });
        return Ok(Expr::column(name_of(known)));
    }
    let args = args.iter().map(|arg| rewrite(arg, input, references)).collect::<Result<Vec<_>>>()?;
    Ok(Expr::Call { call: call.clone(), args, target: target.clone() })
}

/// Comparisons of columns of one simple type, joined by and and or: what most conditions are.
#[derive(Debug, Clone)]
enum Quick {
    Compare(Comparison, Operand, Operand),
    And(Box<Quick>, Box<Quick>),
    Or(Box<Quick>, Box<Quick>),
}

#[derive(Debug, Clone, Copy)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, Copy)]
enum Operand {
    Own(usize),
    Matched(usize),
}

impl Quick {
    /// `None` where the expression is something else; `own` is the number of the row's own columns.
    fn new(expression: &Expr, schema: &Schema, own: usize) -> Option<Quick> {
        let Expr::Call { call, args, target: None } = expression else { return None };
        let [left, right] = args.as_slice() else { return None };
        let both = || Some((Box::new(Quick::new(left, schema, own)?), Box::new(Quick::new(right, schema, own)?)));
        let comparison = match call.as_str() {
            "and" => return both().map(|(left, right)| Quick::And(left, right)),
            "or" => return both().map(|(left, right)| Quick::Or(left, right)),
            "equals" => Comparison::Equal,
            "notEquals" => Comparison::NotEqual,
            "lessThan" => Comparison::Less,
            "lessThanOrEqual" => Comparison::LessOrEqual,
            "greaterThan" => Comparison::Greater,
            "greaterThanOrEqual" => Comparison::GreaterOrEqual,
            _ => return None,
        };
        let operand = |of: &Expr| match of {
            Expr::Column { col } => {
                let at = schema.index_of(col).ok()?;
                let operand = if at < own { Operand::Own(at) } else { Operand::Matched(at - own) };
                Some((operand, schema.field(at).data_type().clone()))
            }
            _ => None,
        };
        let ((left, of_left), (right, of_right)) = (operand(left)?, operand(right)?);
        let simple = matches!(
            of_left,
            DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 | DataType::Float64 | DataType::Utf8
        );
        (simple && of_left == of_right).then_some(Quick::Compare(comparison, left, right))
    }

    /// Three-valued, as in SQL.
    fn truth<'r>(
        &self,
        row: &'r Row,
        references: &[Reference],
        found: &impl Fn(&Reference) -> Option<&'r Row>,
    ) -> Option<bool> {
        match self {
            Quick::And(left, right) => match left.truth(row, references, found) {
                Some(false) => Some(false),
                Some(true) => right.truth(row, references, found),
                None => right.truth(row, references, found).filter(|truth| !truth),
            },
            Quick::Or(left, right) => match left.truth(row, references, found) {
                Some(true) => Some(true),
                Some(false) => right.truth(row, references, found),
                None => right.truth(row, references, found).filter(|truth| *truth),
            },
            Quick::Compare(comparison, left, right) => {
                let cell = |operand: &Operand| match operand {
                    Operand::Own(column) => Some((row, *column)),
                    Operand::Matched(at) => found(&references[*at]).map(|row| (row, references[*at].column)),
                };
                comparison.of(cell(left)?, cell(right)?)
            }
        }
    }
}

/// The column and the place in it; `None` for NULL.
fn cell((row, column): (&Row, usize)) -> Option<(&ArrayRef, usize)> {
    let (array, at) = (row.chunk.records.column(column), row.row as usize);
    (!array.is_null(at)).then_some((array, at))
}

impl Comparison {
    fn of(self, left: (&Row, usize), right: (&Row, usize)) -> Option<bool> {
        let ((left, at), (right, other)) = (cell(left)?, cell(right)?);
        use arrow::array::AsArray;
        use arrow::datatypes::{Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
        macro_rules! primitive {
            ($type:ty) => {
                left.as_primitive::<$type>().value(at).partial_cmp(&right.as_primitive::<$type>().value(other))
            };
        }
        // NaN is equal to nothing and less than nothing, as in Java
        let order = match left.data_type() {
            DataType::Int8 => primitive!(Int8Type),
            DataType::Int16 => primitive!(Int16Type),
            DataType::Int32 => primitive!(Int32Type),
            DataType::Int64 => primitive!(Int64Type),
            DataType::Float64 => primitive!(Float64Type),
            _ => Some(left.as_string::<i32>().value(at).cmp(right.as_string::<i32>().value(other))),
        };
        Some(match self {
            Comparison::Equal => order.is_some_and(|order| order.is_eq()),
            Comparison::NotEqual => order.is_none_or(|order| order.is_ne()),
            Comparison::Less => order.is_some_and(|order| order.is_lt()),
            Comparison::LessOrEqual => order.is_some_and(|order| order.is_le()),
            Comparison::Greater => order.is_some_and(|order| order.is_gt()),
            Comparison::GreaterOrEqual => order.is_some_and(|order| order.is_ge()),
        })
    }
}
