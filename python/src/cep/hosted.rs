//! The matcher by itself, for a host that brings its own state and timers: a process function of PyFlink.

use std::sync::Arc;

use bytes::Bytes;
use flott::cep::{Found, Host, Matcher, Progress, SoFar};
use flott::checkpoint::codec::{Decoder, Encoder};
use flott::time::{Clock, SystemClock};
use flott::types::Shape;
use flott::{Error, Result};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};

use super::context::ConditionContext;
use super::event::Event;
use super::pattern::{CepPlan, Evaluated};
use crate::function::{Failure, KeptFunction};
use crate::gate::{self, raise};
use crate::state::pickled::{dumps, loads};

/// A pattern's matcher over Python objects, one key at a time.
#[pyclass(module = "flott._flott")]
pub struct HostedMatcher {
    matcher: Matcher,
    hosted: Hosted,
    progress: Progress<Event>,
}

struct Hosted {
    conditions: Vec<(Option<KeptFunction>, bool)>,
    context: Py<ConditionContext>,
    timed_out: bool,
    /// What was found since it was asked last: `(timed out, {pattern: events}, time)`.
    found: Vec<(bool, Py<PyDict>, i64)>,
}

impl Host<Event> for Hosted {
    fn holds(&mut self, condition: usize, event: &Event, time: i64, so_far: &SoFar<'_, Event>) -> Result<bool> {
        Python::attach(|py| {
            let (Some(call), with_context) = &self.conditions[condition] else {
                return Err(Error::internal("a condition has no function"));
            };
            let object = event.object(py, Shape::Scalar).map_err(|error| gate::carry(py, error))?;
            let call = call.bind(py);
            let result = match with_context {
                false => call.one(object).and_then(|result| result.is_truthy()),
                true => {
                    let given = self.context.clone_ref(py).into_any();
                    let call = || call.two(object, &given).and_then(|result| result.is_truthy());
                    self.context.get().during(so_far, time, call)
                }
            };
            result.map_err(|error| Failure::new(py, error, object).into_error(py))
        })
    }

    fn matched(&mut self, found: &Found<'_, Event>, time: i64) -> Result<()> {
        self.keep(found, time, false)
    }

    fn wants_timed_out(&self) -> bool {
        self.timed_out
    }

    fn timed_out(&mut self, found: &Found<'_, Event>, time: i64) -> Result<()> {
        self.keep(found, time, true)
    }
}

impl Hosted {
    fn keep(&mut self, found: &Found<'_, Event>, time: i64, timed_out: bool) -> Result<()> {
        Python::attach(|py| {
            let dict = || {
                let dict = PyDict::new(py);
                for (name, events) in found.by_pattern() {
                    let objects = events.into_iter().map(|event| event.object(py, Shape::Scalar));
                    dict.set_item(name, PyList::new(py, objects.collect::<PyResult<Vec<_>>>()?)?)?;
                }
                Ok(dict.unbind())
            };
            let dict = dict().map_err(|error| gate::carry(py, error))?;
            self.found.push((timed_out, dict, time));
            Ok(())
        })
    }
}

type FoundList = Vec<(bool, Py<PyDict>, i64)>;

#[pymethods]
impl HostedMatcher {
    /// `conditions` are the callables of the plan's conditions, in its order.
    #[new]
    fn new(py: Python<'_>, plan: &CepPlan, conditions: Vec<Py<PyAny>>, timed_out: bool) -> PyResult<HostedMatcher> {
        if conditions.len() != plan.tests.len() {
            return Err(PyValueError::new_err("there is one callable for each condition"));
        }
        let conditions = conditions.into_iter().zip(&plan.tests).map(|(condition, test)| {
            let with_context = matches!(test, Evaluated::Python { with_context: true });
            (Some(KeptFunction::new(condition.into_bound(py))), with_context)
        });
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let context = Py::new(py, ConditionContext::new(clock, Shape::Scalar))?;
        let hosted = Hosted { conditions: conditions.collect(), context, timed_out, found: Vec::new() };
        Ok(HostedMatcher { matcher: plan.matcher.another(), hosted, progress: Progress::new() })
    }

    /// Goes on with the matches of another key; None for one that has none.
    fn load(&mut self, py: Python<'_>, stored: Option<Vec<u8>>) -> PyResult<()> {
        self.progress = Progress::new();
        let Some(stored) = stored else { return Ok(()) };
        let decode = || -> Result<()> {
            let mut from = Decoder::new(Bytes::from(stored), "the matches of a key");
            let fingerprint = from.u64()?;
            if fingerprint != self.matcher.nfa().fingerprint() {
                return Err(Error::config("the state has matches of another pattern"));
            }
            let pickled = from.bytes()?;
            let events = loads(py, &pickled, "the events of a pattern");
            let events = events.and_then(|list| list.try_iter()?.collect::<PyResult<Vec<_>>>());
            let events = events.map_err(|error| gate::carry(py, error))?;
            let mut event = |at: u32| Some(Event::of_object(events.get(at as usize)?.clone().unbind()));
            self.progress = Progress::decode(&mut from, self.matcher.nfa(), &mut event)?;
            Ok(())
        };
        decode().map_err(|error| raise(py, error))
    }

    /// The matches of the key as bytes; None where there is nothing to keep.
    fn store<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        if self.progress.is_idle() {
            return Ok(None);
        }
        let (mut out, mut rest, mut events) = (Encoder::default(), Encoder::default(), Vec::new());
        self.progress.encode(&mut rest, &mut events);
        let objects = events.iter().map(|event| event.object(py, Shape::Scalar)).collect::<PyResult<Vec<_>>>()?;
        let pickled = dumps(PyList::new(py, objects)?.as_any())?;
        out.u64(self.matcher.nfa().fingerprint()).bytes(&pickled).raw(&rest.into_bytes());
        Ok(Some(PyBytes::new(py, &out.into_bytes())))
    }

    /// The next event of the key; what is found: `(timed out, {pattern: events}, time in ms)`.
    fn process(&mut self, py: Python<'_>, event: Py<PyAny>, time: i64) -> PyResult<FoundList> {
        let HostedMatcher { matcher, hosted, progress } = self;
        let done = matcher.advance(progress, time, hosted);
        let done = done.and_then(|()| matcher.process(progress, Event::of_object(event), time, hosted));
        done.map_err(|error| raise(py, error))?;
        Ok(std::mem::take(&mut hosted.found))
    }

    /// No event before that time will come any more.
    fn advance(&mut self, py: Python<'_>, time: i64) -> PyResult<FoundList> {
        let HostedMatcher { matcher, hosted, progress } = self;
        matcher.advance(progress, time, hosted).map_err(|error| raise(py, error))?;
        Ok(std::mem::take(&mut hosted.found))
    }

    /// When a partial match runs out of time first, in ms; None if none does.
    #[getter]
    fn deadline(&self) -> Option<i64> {
        Some(self.progress.deadline()).filter(|deadline| *deadline < i64::MAX)
    }
}
