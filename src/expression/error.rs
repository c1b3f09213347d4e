//! What can be wrong with an expression.

use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use datafusion_common::DataFusionError;

use crate::error::{ErrorKind, Explain};
use crate::types::type_name;

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExpressionError {
    #[error("unknown column '{name}'; the columns are {}", list(columns))]
    UnknownColumn { name: String, columns: Vec<String> },
    #[error("{expression}: there is no field '{name}'; the fields are {}", list(fields))]
    UnknownField { expression: String, name: String, fields: Vec<String> },
    #[error("{expression}: {action} {} and {} is not possible", type_name(left), type_name(right))]
    Types { expression: String, action: &'static str, left: Box<DataType>, right: Box<DataType> },
    #[error("{expression}: {expected} is needed here, not {} ({argument})", type_name(actual))]
    Argument { expression: String, expected: String, argument: String, actual: Box<DataType> },
    #[error("{expression}: {message}")]
    Invalid { expression: String, message: String },
    #[error("'{name}' cannot be evaluated on columns: {reason}")]
    Unsupported { name: String, reason: String },
    #[error("{name}(...) is not among the functions that are evaluated on columns")]
    UnknownFunction { name: String },
    #[error("'{text}' is not a type: {message}")]
    TypeText { text: String, message: String },
    #[error("the expression's JSON cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    #[error("{message} in {expression}")]
    Evaluate { expression: String, message: String },
}

impl Explain for ExpressionError {
    fn kind(&self) -> ErrorKind {
        match self {
            ExpressionError::Evaluate { .. } => ErrorKind::Data,
            ExpressionError::Json(_) => ErrorKind::Internal,
            _ => ErrorKind::Config,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            ExpressionError::UnknownColumn { name, columns } => nearest(name, columns).map(did_you_mean),
            ExpressionError::UnknownField { name, fields, .. } => nearest(name, fields).map(did_you_mean),
            ExpressionError::Types { .. } | ExpressionError::Argument { .. } => {
                Some("convert one of them with .cast(...)".into())
            }
            ExpressionError::Unsupported { .. } | ExpressionError::UnknownFunction { .. } => {
                Some("use a Python function (map, filter, process) for this step".into())
            }
            ExpressionError::Evaluate { message, .. } => evaluation_hint(message),
            _ => None,
        }
    }
}

fn evaluation_hint(message: &str) -> Option<String> {
    if message.contains("zero") {
        Some("guard the division: if_then_else(divisor != 0, …, null_of(…))".into())
    } else if message.starts_with("For input string") || message.starts_with("Cannot parse") {
        Some("use try_cast to get NULL for text that cannot be converted".into())
    } else {
        None
    }
}

fn did_you_mean(name: &str) -> String {
    format!("did you mean '{name}'?")
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "(none)".into() } else { names.join(", ") }
}

/// The message of the failure at the bottom, without the layers around it.
pub(super) fn plain(error: &DataFusionError) -> String {
    match error.find_root() {
        DataFusionError::ArrowError(arrow, _) => match arrow.as_ref() {
            ArrowError::ComputeError(message) | ArrowError::CastError(message) => message.clone(),
            ArrowError::DivideByZero => "/ by zero".into(),
            other => other.to_string(),
        },
        other => other.strip_backtrace(),
    }
}

/// The name most like `name`, if one is like it at all.
pub(super) fn nearest<'a>(name: &str, names: &'a [String]) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    let distance = |other: &String| edit_distance(&wanted, &other.to_lowercase());
    let best = names.iter().min_by_key(|other| distance(other))?;
    (distance(best) <= (name.chars().count() / 3).max(1)).then_some(best.as_str())
}

fn edit_distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, l) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, r) in right.iter().enumerate() {
            let substituted = diagonal + usize::from(l != *r);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_name_is_found_only_when_it_is_near() {
        let names: Vec<String> = ["order_id", "amount", "customer"].map(String::from).into();
        assert_eq!(nearest("amuont", &names), Some("amount"));
        assert_eq!(nearest("Amount", &names), Some("amount"));
        assert_eq!(nearest("weather", &names), None);
    }
}
