//! `col("amount").sum` and its like: what the program asked for, bound to the records.

use arrow::array::{ArrayRef, RecordBatch, new_null_array};

use super::accumulate::Accumulator;
use super::chosen::{Choice, chosen};
use super::distinct::CountDistinct;
use super::numbers::{Count, average, sum};
use crate::error::{Error, Result};
use crate::expression::{Bound, Expr};
use crate::types::{DataType, Field, Schema, SchemaRef, type_name};

/// An aggregate of the records of a window.
#[derive(Clone)]
pub struct Call {
    function: Function,
    /// `None` for the number of all records.
    argument: Option<Bound>,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Function {
    Count,
    CountDistinct,
    Sum,
    Average,
    Chosen(Choice),
}

impl Function {
    fn named(name: &str) -> Option<Function> {
        Some(match name {
            "count" => Function::Count,
            "sum" => Function::Sum,
            "avg" => Function::Average,
            "min" => Function::Chosen(Choice::Least),
            "max" => Function::Chosen(Choice::Greatest),
            "first_value" => Function::Chosen(Choice::First),
            "last_value" => Function::Chosen(Choice::Last),
            _ => return None,
        })
    }

    fn of(self, argument: Option<&DataType>) -> Option<(Box<dyn Accumulator>, DataType)> {
        let data_type = argument.unwrap_or(&DataType::Null);
        match self {
            Function::Count => Some((Box::new(Count::new(argument.is_none())), DataType::Int64)),
            Function::CountDistinct => Some((Box::new(CountDistinct::default()), DataType::Int64)),
            Function::Sum => sum(data_type),
            Function::Average => average(data_type),
            Function::Chosen(choice) => Some((chosen(data_type, choice)?, data_type.clone())),
        }
    }
}

impl Call {
    /// The aggregate that this expression is; `None` where it is none.
    fn new(expr: &Expr, input: &Schema) -> Result<Option<Call>> {
        let Expr::Call { call, args, .. } = expr else { return Ok(None) };
        let (function, args) = match (call.as_str(), args.as_slice()) {
            ("distinct", [Expr::Call { call, args, .. }]) => match Function::named(call) {
                Some(Function::Count) => (Function::CountDistinct, args),
                // one value of several equal ones is the same
                Some(function @ Function::Chosen(_)) => (function, args),
                _ => {
                    return Err(Error::config(format!(
                        "{expr}: only count, min, max, first_value and last_value can be distinct"
                    )));
                }
            },
            (name, _) => match Function::named(name) {
                Some(function) => (function, args),
                None => return Ok(None),
            },
        };
        let [argument] = args.as_slice() else {
            return Err(Error::config(format!("{expr}: an aggregate has one argument")));
        };
        let every_record = function == Function::Count
            && matches!(argument, Expr::Literal { lit, .. } if *lit != serde_json::Value::Null);
        let argument = if every_record { None } else { Some(argument.bind(input)?) };
        let call = Call { function, argument, text: expr.to_string() };
        match call.made() {
            Some(_) => Ok(Some(call)),
            None => Err(call.refused()),
        }
    }

    fn made(&self) -> Option<(Box<dyn Accumulator>, DataType)> {
        self.function.of(self.argument.as_ref().map(Bound::data_type))
    }

    fn refused(&self) -> Error {
        let (data_type, text) = match &self.argument {
            Some(argument) => (type_name(argument.data_type()), argument.text()),
            None => ("nothing".to_owned(), "it"),
        };
        let needed = match self.function {
            Function::Sum | Function::Average => "a number",
            _ => "a number, text, time or boolean",
        };
        Error::config(format!("{}: {needed} is needed here, and {text} is a {data_type}", self.text))
            .with_hint("convert it with .cast(...), or use an AggregateFunction")
    }

    pub fn accumulator(&self) -> Box<dyn Accumulator> {
        // it could be made when the call was bound
        self.made().map(|(accumulator, _)| accumulator).unwrap_or_else(|| Box::new(Count::new(true)))
    }

    fn data_type(&self) -> DataType {
        self.made().map_or(DataType::Null, |(_, data_type)| data_type)
    }

    /// The argument's value for each record.
    pub fn values(&self, records: &RecordBatch) -> Result<ArrayRef> {
        match &self.argument {
            Some(argument) => match argument.column() {
                Some(column) => Ok(records.column(column).clone()),
                None => argument.evaluate(records),
            },
            None => Ok(new_null_array(&DataType::Null, records.num_rows())),
        }
    }

    pub fn overflow(&self) -> Error {
        Error::data(format!("{}: the sum is too large for {}", self.text, type_name(&self.data_type())))
            .with_hint("cast the argument to a larger type: .cast(DataTypes.BIGINT()), for example")
    }
}

/// All that an operator computes: aggregates, and what is made of their results.
#[derive(Clone)]
pub struct Plan {
    pub calls: Vec<Call>,
    /// Of columns with the results of `calls`.
    outputs: Vec<Bound>,
    results: SchemaRef,
    pub fields: Vec<Field>,
}

impl Plan {
    /// Expressions over aggregates, each of which is a field of the results.
    pub fn new(exprs: &[Expr], input: &Schema) -> Result<Plan> {
        let mut calls = Vec::new();
        let mut trees = Vec::new();
        for expr in exprs {
            let before = calls.len();
            trees.push(replaced(expr, input, &mut calls)?);
            if calls.len() == before {
                return Err(Error::config(format!("aggregate({expr}): it is no aggregate of the window's records"))
                    .with_hint("ask for one, such as col('amount').sum, .count, .min, .max or .avg"));
            }
        }
        let fields: Vec<Field> =
            calls.iter().enumerate().map(|(at, call)| Field::new(column(at), call.data_type(), true)).collect();
        let results = Schema::new(fields);
        let mut unnamed = 0;
        let (mut outputs, mut fields) = (Vec::new(), Vec::new());
        for (tree, expr) in trees.iter().zip(exprs) {
            let bound = tree.bind(&results)?;
            let name = expr.output_name().unwrap_or_else(|| {
                unnamed += 1;
                format!("_c{}", unnamed - 1)
            });
            fields.push(Field::new(name, bound.data_type().clone(), true));
            outputs.push(bound);
        }
        Ok(Plan { calls, outputs, results: results.into(), fields })
    }

    /// The fields of the results, made of those of the aggregates.
    pub fn outputs(&self, results: Vec<ArrayRef>) -> Result<Vec<ArrayRef>> {
        if self.outputs.iter().enumerate().all(|(at, output)| output.column() == Some(at)) {
            return Ok(results);
        }
        let results = RecordBatch::try_new(self.results.clone(), results)?;
        self.outputs.iter().map(|output| output.evaluate(&results)).collect()
    }
}

fn column(at: usize) -> String {
    format!("aggregate {at}")
}

/// The expression with a column for each aggregate in it.
fn replaced(expr: &Expr, input: &Schema, calls: &mut Vec<Call>) -> Result<Expr> {
    if let Some(call) = Call::new(expr, input)? {
        calls.push(call);
        return Ok(Expr::column(column(calls.len() - 1)));
    }
    Ok(match expr {
        Expr::Column { col } => {
            return Err(Error::config(format!("aggregate(): the column {col} has many values in a window")).with_hint(
                format!(
                    "say which: col('{col}').first_value, .last_value, .min, .max …; key columns are there already"
                ),
            ));
        }
        Expr::Literal { .. } => expr.clone(),
        Expr::Call { call, args, target } => Expr::Call {
            call: call.clone(),
            args: args.iter().map(|arg| replaced(arg, input, calls)).collect::<Result<_>>()?,
            target: target.clone(),
        },
    })
}
