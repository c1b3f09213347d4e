//! What is said of a value that is not of its declared type.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::gate;

/// A step from a value to one of its parts.
pub enum Step {
    Field(String),
    /// As it stands between brackets.
    Item(String),
}

/// A value that is not of the declared type. Found deep inside; the path to it grows on the way out.
pub struct Mismatch {
    problem: Problem,
    /// Innermost step first.
    path: Vec<Step>,
}

enum Problem {
    Unfit {
        expected: String,
        given: String,
        hint: String,
    },
    /// A user's object failed while it was looked at.
    Raised(PyErr),
}

impl Mismatch {
    /// `expected` says what the type takes: `an int (Types.INT)`.
    pub fn new(expected: impl Into<String>, value: &Bound<'_, PyAny>) -> Self {
        let class = value.get_type().name().map(|name| name.to_string()).unwrap_or_default();
        let given = match class.as_str() {
            "NoneType" => "None".to_owned(),
            _ => format!("{} ({class})", gate::describe(value)),
        };
        Mismatch { problem: Problem::Unfit { expected: expected.into(), given, hint: String::new() }, path: Vec::new() }
    }

    pub fn with_hint(mut self, text: impl Into<String>) -> Self {
        if let Problem::Unfit { hint, .. } = &mut self.problem {
            *hint = text.into();
        }
        self
    }

    /// The same, seen from one level further out.
    pub fn under(mut self, step: Step) -> Self {
        self.path.push(step);
        self
    }

    pub fn into_error(self, what: &str) -> PyErr {
        let (expected, given, hint) = match self.problem {
            Problem::Unfit { expected, given, hint } => (expected, given, hint),
            Problem::Raised(error) => return error,
        };
        let mut path = String::new();
        for step in self.path.iter().rev() {
            match step {
                Step::Field(name) if path.is_empty() => path = name.clone(),
                Step::Field(name) => path = format!("{path}.{name}"),
                Step::Item(item) => path = format!("{path}[{item}]"),
            }
        }
        let place = match path.as_str() {
            "" => what.to_owned(),
            item if item.starts_with('[') => format!("{what}, item {item}"),
            field => format!("field '{field}' of {what}"),
        };
        let hint = if hint.is_empty() { hint } else { format!("; {hint}") };
        PyTypeError::new_err(format!("{place}: expected {expected}, got {given}{hint}"))
    }
}

impl From<PyErr> for Mismatch {
    fn from(error: PyErr) -> Self {
        Mismatch { problem: Problem::Raised(error), path: Vec::new() }
    }
}
