//! Patterns as Python builds them, one call a time, and what they are compiled to.

use std::sync::Arc;

use flott::Result;
use flott::cep::{CepError, Condition, Contiguity, Matcher, Nfa, Pattern, Skip, Within, draw, explain};
use flott::expression::Expr;
use flott::operator::cep::conditions::RowCondition;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::condition::PyCondition;
use crate::gate::raise;
use crate::native::ColumnsType;

/// A pattern; each method gives a new one, or raises where Flink would refuse it.
#[pyclass(module = "flott._flott", frozen)]
pub struct CepPattern(Pattern<PyCondition>);

fn contiguity(name: &str) -> PyResult<Contiguity> {
    Ok(match name {
        "next" => Contiguity::Strict,
        "followed_by" => Contiguity::Relaxed,
        "followed_by_any" => Contiguity::RelaxedAny,
        "not_next" => Contiguity::NotNext,
        "not_followed_by" => Contiguity::NotFollowedBy,
        _ => return Err(PyValueError::new_err(format!("there is no contiguity '{name}'"))),
    })
}

impl CepPattern {
    fn built(
        &self,
        py: Python<'_>,
        build: impl FnOnce(Pattern<PyCondition>) -> Result<Pattern<PyCondition>, CepError>,
    ) -> PyResult<CepPattern> {
        build(self.0.clone()).map(CepPattern).map_err(|error| raise(py, error.into()))
    }

    fn matcher(&self, py: Python<'_>) -> PyResult<(Matcher, Vec<PyCondition>)> {
        Matcher::new(&self.0).map_err(|error| raise(py, error.into()))
    }
}

/// A condition as a call takes it: `(callable, with_context, expression as JSON, text)`.
type Given = (Option<Py<PyAny>>, bool, Option<String>, String);

fn condition(py: Python<'_>, (object, with_context, expression, text): Given) -> PyResult<Condition<PyCondition>> {
    let parsed = expression.map(|json| Expr::from_json(&json)).transpose().map_err(|error| raise(py, error))?;
    Ok(Condition::test(PyCondition { object: object.map(Arc::new), expression: parsed, with_context, text }))
}

#[pymethods]
impl CepPattern {
    #[staticmethod]
    fn begin(name: String) -> CepPattern {
        CepPattern(Pattern::begin(name))
    }

    #[staticmethod]
    fn begin_group(group: &CepPattern) -> CepPattern {
        CepPattern(Pattern::begin_group(group.0.clone()))
    }

    /// `skip` is `(strategy, pattern, must exist)`.
    fn with_skip(&self, skip: (String, String, bool)) -> PyResult<CepPattern> {
        let (strategy, name, must_exist) = skip;
        let skip = match strategy.as_str() {
            "no_skip" => Skip::None,
            "skip_to_next" => Skip::ToNext,
            "skip_past_last_event" => Skip::PastLastEvent,
            "skip_to_first" => Skip::ToFirst { name, must_exist },
            "skip_to_last" => Skip::ToLast { name, must_exist },
            _ => return Err(PyValueError::new_err(format!("there is no skip strategy '{strategy}'"))),
        };
        Ok(CepPattern(self.0.clone().with_skip(skip)))
    }

    fn then(&self, py: Python<'_>, how: &str, name: String) -> PyResult<CepPattern> {
        let how = contiguity(how)?;
        self.built(py, |pattern| pattern.then(name, how))
    }

    fn then_group(&self, how: &str, group: &CepPattern) -> PyResult<CepPattern> {
        Ok(CepPattern(self.0.clone().then_group(group.0.clone(), contiguity(how)?)))
    }

    fn and_(&self, py: Python<'_>, given: Given) -> PyResult<CepPattern> {
        let condition = condition(py, given)?;
        self.built(py, |pattern| pattern.and(condition))
    }

    fn or_(&self, py: Python<'_>, given: Given) -> PyResult<CepPattern> {
        let condition = condition(py, given)?;
        self.built(py, |pattern| pattern.or(condition))
    }

    fn until(&self, py: Python<'_>, given: Given) -> PyResult<CepPattern> {
        let condition = condition(py, given)?;
        self.built(py, |pattern| pattern.until(condition))
    }

    /// `previous` where the time is that since the event before, otherwise that of the whole match.
    fn within(&self, py: Python<'_>, millis: i64, previous: bool) -> PyResult<CepPattern> {
        let within = if previous { Within::PreviousAndCurrent } else { Within::FirstAndLast };
        self.built(py, |pattern| pattern.within(millis, within))
    }

    fn optional(&self, py: Python<'_>) -> PyResult<CepPattern> {
        self.built(py, Pattern::optional)
    }

    fn one_or_more(&self, py: Python<'_>, gap: Option<i64>) -> PyResult<CepPattern> {
        self.built(py, |pattern| pattern.one_or_more(gap))
    }

    #[pyo3(signature = (least, most, gap))]
    fn times(&self, py: Python<'_>, least: i64, most: i64, gap: Option<i64>) -> PyResult<CepPattern> {
        self.built(py, |pattern| pattern.times(least, most, gap))
    }

    fn times_or_more(&self, py: Python<'_>, times: i64, gap: Option<i64>) -> PyResult<CepPattern> {
        self.built(py, |pattern| pattern.times_or_more(times, gap))
    }

    fn greedy(&self, py: Python<'_>) -> PyResult<CepPattern> {
        self.built(py, Pattern::greedy)
    }

    fn consecutive(&self, py: Python<'_>) -> PyResult<CepPattern> {
        self.built(py, Pattern::consecutive)
    }

    fn allow_combinations(&self, py: Python<'_>) -> PyResult<CepPattern> {
        self.built(py, Pattern::allow_combinations)
    }

    /// States and transitions in words.
    fn explain(&self, py: Python<'_>) -> PyResult<String> {
        let (matcher, conditions) = self.matcher(py)?;
        Ok(explain(matcher.nfa(), |at| conditions[at].text.clone()))
    }

    /// The same as a picture.
    fn svg(&self, py: Python<'_>) -> PyResult<String> {
        let (matcher, conditions) = self.matcher(py)?;
        Ok(draw(matcher.nfa(), |at| conditions[at].text.clone()))
    }
}

/// How a single test of a pattern is evaluated.
#[derive(Clone)]
pub enum Evaluated {
    /// By a callable of Python's.
    Python { with_context: bool },
    /// For a whole batch at once: its number among those.
    Batch(usize),
    /// For a row and the rows matched so far.
    Row(Box<RowCondition>),
}

/// A compiled pattern over a stream: with columns where it has those.
#[pyclass(module = "flott._flott", frozen)]
pub struct CepPlan {
    pub matcher: Matcher,
    pub columns: Option<ColumnsType>,
    pub tests: Vec<Evaluated>,
    pub batched: Vec<RowCondition>,
    objects: Vec<Option<Arc<Py<PyAny>>>>,
}

impl CepPlan {
    pub fn nfa(&self) -> &Nfa {
        self.matcher.nfa()
    }
}

#[pymethods]
impl CepPlan {
    /// Fails where the pattern as a whole is wrong, or an expression does not fit the columns.
    #[new]
    fn new(py: Python<'_>, pattern: &CepPattern, columns: Option<&ColumnsType>) -> PyResult<CepPlan> {
        let (matcher, conditions) = pattern.matcher(py)?;
        let (mut tests, mut batched, mut objects) = (Vec::new(), Vec::new(), Vec::new());
        for PyCondition { object, expression, with_context, text } in conditions {
            objects.push(object);
            let Some(expression) = expression else {
                tests.push(Evaluated::Python { with_context });
                continue;
            };
            let Some(columns) = columns else {
                let error = flott::Error::config(format!(
                    "the condition {text} is an expression, and the stream has no columns"
                ));
                return Err(raise(py, error.with_hint(
                    "declare the stream's fields where it is made (output_type, type_info), or write a Python function",
                )));
            };
            let condition = RowCondition::new(&expression, &columns.schema).map_err(|error| raise(py, error))?;
            if condition.looks_back() {
                tests.push(Evaluated::Row(Box::new(condition)));
            } else {
                tests.push(Evaluated::Batch(batched.len()));
                batched.push(condition);
            }
        }
        Ok(CepPlan { matcher, columns: columns.cloned(), tests, batched, objects })
    }

    /// The condition objects in the order of the tests; None for those that are expressions.
    #[getter]
    fn conditions(&self, py: Python<'_>) -> Vec<Option<Py<PyAny>>> {
        self.objects.iter().map(|object| object.as_ref().map(|object| object.clone_ref(py))).collect()
    }

    /// The names of patterns that events are matched under.
    #[getter]
    fn names(&self) -> Vec<String> {
        self.nfa().labels.clone()
    }
}
