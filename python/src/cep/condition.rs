//! The conditions of a pattern: Python callables, or expressions over columns.

use std::sync::Arc;

use flott::cep::Leaf;
use flott::expression::Expr;
use pyo3::prelude::*;

/// What a program gave to `where`, `or_` or `until`.
#[derive(Clone)]
pub struct PyCondition {
    /// Python's side of it; None for an expression.
    pub object: Option<Arc<Py<PyAny>>>,
    pub expression: Option<Expr>,
    /// Whether a callable is given the context, and so may look at the events matched so far.
    pub with_context: bool,
    /// How it is called in `explain()`.
    pub text: String,
}

impl Leaf for PyCondition {
    fn looks_back(&self) -> bool {
        self.with_context || self.expression.as_ref().is_some_and(looks_back)
    }
}

fn looks_back(expression: &Expr) -> bool {
    match expression {
        Expr::Call { call, args, .. } => call == "cepFirst" || call == "cepLast" || args.iter().any(looks_back),
        _ => false,
    }
}
