//! What the engine asks of Python while it matches: conditions, the order of events, and what becomes of matches.

use std::cmp::Ordering;
use std::sync::Arc;

use bytes::Bytes;
use flott::batch::{Data, NO_TIMESTAMP, Objects};
use flott::cep::{Found, Host, SoFar};
use flott::metrics::OperatorMetrics;
use flott::operator::Output;
use flott::operator::cep::CepHost;
use flott::operator::cep::rows::{Row, Rows};
use flott::time::Clock;
use flott::types::{Shape, type_name};
use flott::{Error, Result};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use super::context::{ConditionContext, MatchContext};
use super::event::Event;
use super::pattern::Evaluated;
use crate::convert::to_python;
use crate::function::{Callable, Failure, KeptFunction, UserFunction};
use crate::gate;
use crate::metrics::ShownObject;
use crate::objects::{PyObjects, encode_key};
use crate::operators::Yielded;
use crate::state::pickled::{dumps, loads};

/// What Python's side of the operator has made in this subtask.
pub struct Parts {
    /// For each test the callable; None for expressions.
    pub conditions: Vec<Option<KeptFunction>>,
    pub process: KeptFunction,
    pub timed_out: Option<KeptFunction>,
    pub comparator: Option<KeptFunction>,
    pub condition_context: Py<ConditionContext>,
    pub match_context: Py<MatchContext>,
}

impl Parts {
    /// `made` has what Python's factory has made for the subtask.
    pub fn new(made: &Bound<'_, PyAny>, clock: &Arc<dyn Clock>, shape: Shape) -> PyResult<Parts> {
        let py = made.py();
        let optional = |name: &str| {
            let found = made.getattr(name)?;
            Ok::<_, PyErr>((!found.is_none()).then(|| KeptFunction::new(found)))
        };
        let conditions = made.getattr("conditions")?.try_iter()?.map(|condition| {
            let condition = condition?;
            Ok((!condition.is_none()).then(|| KeptFunction::new(condition)))
        });
        Ok(Parts {
            conditions: conditions.collect::<PyResult<_>>()?,
            process: KeptFunction::new(made.getattr("process")?),
            timed_out: optional("timed_out")?,
            comparator: optional("comparator")?,
            condition_context: Py::new(py, ConditionContext::new(clock.clone(), shape))?,
            match_context: Py::new(py, MatchContext::new(clock.clone()))?,
        })
    }
}

pub struct PyHost {
    pub function: UserFunction,
    pub tests: Arc<Vec<Evaluated>>,
    /// Where events are rows of columns.
    pub rows: Option<Rows>,
    pub shape: Shape,
    /// Whether a condition is Python's, so that every row becomes an object.
    pub asks_python: bool,
    /// In event time results have times.
    pub event_time: bool,
    pub clock: Arc<dyn Clock>,
    pub parts: Option<Parts>,
    pub yielded: Yielded,
    pub late_tag: Option<Arc<str>>,
    pub metrics: OperatorMetrics,
}

impl PyHost {
    fn parts(&self) -> Result<&Parts> {
        self.parts.as_ref().ok_or_else(|| Error::internal("a pattern was matched before it was opened"))
    }

    /// `{pattern: [event, ...]}`, in the order in which patterns have their first event.
    fn as_dict<'py>(&self, py: Python<'py>, found: &Found<'_, Event>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for (name, events) in found.by_pattern() {
            let objects = PyList::empty(py);
            for event in events {
                objects.append(event.object(py, self.shape)?)?;
            }
            dict.set_item(name, objects)?;
        }
        Ok(dict)
    }

    fn tell(&mut self, found: &Found<'_, Event>, time: i64, timed_out: bool) -> Result<()> {
        let told = gate::enter(|py| {
            let dict = self.as_dict(py, found)?;
            let Some(parts) = &self.parts else { return Ok(Ok(())) };
            let (call, name) = match (timed_out, &parts.timed_out) {
                (true, Some(call)) => (call, "process_timed_out_match"),
                (true, None) => return Ok(Ok(())),
                (false, _) => (&parts.process, "process_match"),
            };
            parts.match_context.borrow_mut(py).timestamp = time;
            let emitted_at = if self.event_time { time } else { NO_TIMESTAMP };
            let (events, context) = (dict.into_any().unbind(), parts.match_context.clone_ref(py).into_any());
            let yielded = &mut self.yielded;
            let told = call.bind(py).two(&events, &context).and_then(|results| {
                // a generator gives to side outputs while it is read
                yielded.add_all(&results, name, emitted_at)?;
                let outputs = std::mem::take(&mut parts.match_context.borrow_mut(py).outputs);
                if outputs.is_empty() {
                    return Ok(());
                }
                yielded.add_all(PyList::new(py, outputs)?.as_any(), name, emitted_at)
            });
            Ok(told.map_err(|error| Failure::new(py, error, &events).into_error(py)))
        });
        told?
    }
}

/// Whether what a condition returned is true.
fn truth(call: &Callable<'_, '_>, event: &Py<PyAny>, context: Option<&Py<PyAny>>) -> PyResult<bool> {
    match context {
        None => call.one(event)?.is_truthy(),
        Some(context) => call.two(event, context)?.is_truthy(),
    }
}

impl Host<Event> for PyHost {
    fn holds(&mut self, condition: usize, event: &Event, time: i64, so_far: &SoFar<'_, Event>) -> Result<bool> {
        match (&self.tests[condition], &event.row) {
            (Evaluated::Batch(at), Some(row)) => Ok(row.truth(*at)),
            (Evaluated::Row(condition), Some(row)) => condition.holds(row, |name, last| {
                let mut events = so_far.back(name);
                let found = if last { events.next() } else { events.last() };
                found.and_then(|event| event.row.as_ref())
            }),
            (Evaluated::Python { with_context }, _) => Python::attach(|py| {
                let parts = self.parts()?;
                let Some(call) = &parts.conditions[condition] else {
                    return Err(Error::internal("a condition has no function"));
                };
                let object = event.object(py, self.shape).map_err(|error| gate::carry(py, error))?;
                let call = call.bind(py);
                let result = match with_context {
                    false => truth(&call, object, None),
                    true => {
                        let context = parts.condition_context.clone_ref(py);
                        let given = context.clone_ref(py).into_any();
                        context.get().during(so_far, time, || truth(&call, object, Some(&given)))
                    }
                };
                result.map_err(|error| Failure::new(py, error, object).into_error(py))
            }),
            _ => Err(Error::internal("an expression was to be evaluated on an object")),
        }
    }

    fn matched(&mut self, found: &Found<'_, Event>, time: i64) -> Result<()> {
        self.tell(found, time, false)
    }

    fn wants_timed_out(&self) -> bool {
        self.parts.as_ref().is_some_and(|parts| parts.timed_out.is_some())
    }

    fn timed_out(&mut self, found: &Found<'_, Event>, time: i64) -> Result<()> {
        self.tell(found, time, true)
    }
}

impl CepHost for PyHost {
    type Event = Event;

    fn enter(&mut self, work: &mut dyn FnMut(&mut Self) -> Result<()>) -> Result<()> {
        // over columns Python is asked for matches alone
        if self.rows.is_some() && !self.asks_python { work(self) } else { gate::enter(|_| Ok(work(self)))? }
    }

    fn open(&mut self) -> Result<()> {
        self.function.open()?;
        self.parts = Some(gate::enter(|py| Parts::new(self.function.part(py)?, &self.clock, self.shape))?);
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        let parts = self.parts.take();
        let dropped = gate::enter(|_| {
            drop(parts);
            Ok(())
        });
        // without an interpreter there is nothing left to drop it for
        drop(dropped);
        self.function.close()
    }

    fn encode_key(&mut self, keys: &dyn Objects, row: usize, out: &mut Vec<u8>) -> Result<()> {
        match keys.as_any().downcast_ref::<PyObjects>() {
            Some(keys) => {
                Python::attach(|py| encode_key(keys.items()[row].bind(py), out).map_err(|error| gate::carry(py, error)))
            }
            None => Err(Error::internal("keys are objects of another binding")),
        }
    }

    fn events(&mut self, data: Data) -> Result<Vec<Event>> {
        let Some(rows) = &self.rows else {
            return Python::attach(|py| {
                let items = PyObjects::take(py, data).map_err(|error| gate::carry(py, error))?;
                Ok(items.into_iter().map(Event::of_object).collect())
            });
        };
        let Data::Columns(columns) = &data else {
            return Err(Error::internal("a pattern over columns was given objects"));
        };
        let made = rows.of(columns)?;
        if !self.asks_python {
            return Ok(made.into_iter().map(Event::of_row).collect());
        }
        let objects = Python::attach(|py| to_python::objects(py, columns).map_err(|error| gate::carry(py, error)))?;
        Ok(made.into_iter().zip(objects).map(|(row, object)| Event::of_both(row, object)).collect())
    }

    fn compare(&mut self, left: &Event, right: &Event) -> Result<Ordering> {
        Python::attach(|py| {
            let Some(comparator) = &self.parts()?.comparator else { return Ok(Ordering::Equal) };
            let objects = left.object(py, self.shape).and_then(|left| Ok((left, right.object(py, self.shape)?)));
            let (left, right) = objects.map_err(|error| gate::carry(py, error))?;
            let order = comparator.bind(py).two(left, right).and_then(|order| order.extract::<f64>());
            match order {
                Ok(order) => Ok(order.partial_cmp(&0.0).unwrap_or(Ordering::Equal)),
                Err(error) => Err(Failure::new(py, error, left).into_error(py)),
            }
        })
    }

    fn late(&mut self, event: Event, time: i64, watermark: i64, to_side: bool) -> Result<()> {
        Python::attach(|py| {
            let object = event.object(py, self.shape).map_err(|error| gate::carry(py, error))?;
            self.metrics.note_late(Box::new(ShownObject::new(py, object)), time, watermark);
            if let (true, Some(tag)) = (to_side, &self.late_tag) {
                let added = self.yielded.add_side(tag, object.bind(py).clone(), time);
                added.map_err(|error| Failure::new(py, error, object).into_error(py))?;
            }
            event.release(py);
            Ok(())
        })
    }

    fn waiting(&self) -> usize {
        self.yielded.len()
    }

    fn emit(&mut self, output: &mut Output) {
        self.yielded.emit(output);
    }

    fn encoding(&self) -> String {
        match &self.rows {
            None => "pickle".to_owned(),
            Some(rows) => {
                let types: Vec<String> =
                    rows.schema.fields().iter().map(|field| type_name(field.data_type())).collect();
                format!("arrow ({})", types.join(", "))
            }
        }
    }

    fn encode(&mut self, events: &[&Event]) -> Result<Bytes> {
        if let Some(rows) = &self.rows {
            return rows.encode(&events.iter().filter_map(|event| event.row.as_ref()).collect::<Vec<_>>());
        }
        Python::attach(|py| {
            let objects = events.iter().map(|event| event.object(py, self.shape)).collect::<PyResult<Vec<_>>>();
            let list = objects.and_then(|objects| PyList::new(py, objects));
            list.and_then(|list| dumps(list.as_any())).map_err(|error| {
                let text = error.value(py).to_string();
                Error::config(format!("the events of a pattern can't be stored in a checkpoint: {text}"))
                    .with_hint("match plain values, or objects of classes at the top of a module")
            })
        })
    }

    fn decode(&mut self, bytes: Bytes) -> Result<Vec<Event>> {
        if let Some(rows) = &self.rows {
            return Ok(rows.decode(bytes)?.into_iter().map(Event::of_row).collect());
        }
        Python::attach(|py| {
            let events = loads(py, &bytes, "the events of a pattern").and_then(|list| {
                list.try_iter()?.map(|item| Ok(Event::of_object(item?.unbind()))).collect::<PyResult<_>>()
            });
            events.map_err(|error| gate::carry(py, error))
        })
    }

    fn wants_compaction(&self) -> bool {
        self.rows.as_ref().is_some_and(Rows::wants_compaction)
    }

    fn compact(&mut self, events: Vec<&mut Event>) -> Result<()> {
        let rows: Vec<&mut Row> = events.into_iter().filter_map(|event| event.row.as_mut()).collect();
        self.rows.as_mut().map_or(Ok(()), |all| all.compact(rows))
    }
}

impl Drop for PyHost {
    fn drop(&mut self) {
        let parts = self.parts.take();
        Python::try_attach(|_| drop(parts));
    }
}
