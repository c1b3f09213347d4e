//! The operator of a pattern: the engine's, with Python's conditions and functions.

use std::sync::Arc;

use flott::operator::cep::rows::Rows;
use flott::operator::cep::{CepOperator, CepSettings};
use flott::operator::{Operator, OperatorFactory, SubtaskContext};
use flott::types::Shape;
use pyo3::prelude::*;

use super::host::PyHost;
use super::pattern::{CepPlan, Evaluated};
use crate::conform::Declared;
use crate::function::UserFunction;
use crate::operators::{Settings, Yielded};

/// `function` is Python's factory (see [`UserFunction`]), whose part has the callables; `clock` is `(event time, compares)`.
pub fn factory(
    plan: &CepPlan,
    function: Py<PyAny>,
    clock: (bool, bool),
    late_output: Option<Arc<str>>,
    declared: Arc<Declared>,
) -> Arc<dyn OperatorFactory> {
    let (event_time, compares) = clock;
    let (function, tests) = (Arc::new(function), Arc::new(plan.tests.clone()));
    let asks_python = compares || tests.iter().any(|test| matches!(test, Evaluated::Python { .. }));
    let (columns, matcher) = (plan.columns.clone(), plan.matcher.another());
    let batched: Vec<_> = plan.batched.iter().filter_map(|condition| condition.of_event().cloned()).collect();
    let settings = Arc::new(Settings { late_output: late_output.clone(), declared, ..Settings::default() });
    Arc::new(move |context: &SubtaskContext| {
        let rows = columns.as_ref().map(|columns| Rows::new(columns.schema.clone(), columns.shape, batched.clone()));
        let host = PyHost {
            function: UserFunction::new(function.clone(), context, false, &settings),
            tests: tests.clone(),
            shape: columns.as_ref().map_or(Shape::Scalar, |columns| columns.shape),
            rows,
            asks_python,
            event_time,
            clock: context.clock.clone(),
            parts: None,
            yielded: Yielded::new(settings.declared.clone()),
            late_tag: late_output.clone(),
            metrics: context.metrics.clone(),
        };
        let settings = CepSettings { event_time, compares, late_to_side: late_output.is_some() };
        Ok(Box::new(CepOperator::new(host, matcher.another(), settings, context)) as Box<dyn Operator>)
    })
}
