//! Evictors: Flink's own run in Rust, a program's are called.

use flott::batch::NO_TIMESTAMP;
use flott::window::{BuiltInEvictor, Evictor, WindowTimers};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyList;

use super::PyWindow;
use crate::gate;
use crate::state::PyKey;

/// A record of a window with its timestamp.
#[pyclass(frozen, module = "flott._flott")]
pub struct TimestampedValue {
    value: Py<PyAny>,
    timestamp: i64,
}

impl TimestampedValue {
    pub fn new(value: Py<PyAny>, timestamp: i64) -> Self {
        TimestampedValue { value, timestamp }
    }
}

#[pymethods]
impl TimestampedValue {
    fn get_value(&self, py: Python<'_>) -> Py<PyAny> {
        self.value.clone_ref(py)
    }

    /// Milliseconds since 1970-01-01 UTC.
    fn get_timestamp(&self) -> PyResult<i64> {
        match self.timestamp {
            NO_TIMESTAMP => Err(PyValueError::new_err(
                "the record has no timestamp: ask has_timestamp(), or assign timestamps before the window",
            )),
            timestamp => Ok(timestamp),
        }
    }

    fn has_timestamp(&self) -> bool {
        self.timestamp != NO_TIMESTAMP
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let value = self.value.bind(py).repr()?;
        Ok(match self.has_timestamp() {
            true => format!("TimestampedValue({value}, {})", self.timestamp),
            false => format!("TimestampedValue({value})"),
        })
    }
}

/// The `ctx` of an evictor.
#[pyclass(module = "flott._flott")]
pub struct EvictorContext {
    now: i64,
    watermark: i64,
    metrics: Py<PyAny>,
}

#[pymethods]
impl EvictorContext {
    fn get_current_processing_time(&self) -> i64 {
        self.now
    }

    fn get_current_watermark(&self) -> i64 {
        self.watermark
    }

    fn get_metric_group(&self, py: Python<'_>) -> Py<PyAny> {
        self.metrics.clone_ref(py)
    }
}

pub enum PyEvictor {
    BuiltIn { evictor: Evictor, delta: Option<Py<PyAny>> },
    Own { evictor: Py<PyAny>, context: Py<EvictorContext> },
}

impl PyEvictor {
    /// `parts` has what Python's side of the operator made for this subtask.
    pub fn new(parts: &Bound<'_, PyAny>) -> PyResult<PyEvictor> {
        let py = parts.py();
        let evictor = parts.getattr("evictor")?;
        let Some((kind, number, after)) = parts.getattr("evictor_spec")?.extract::<Option<(String, f64, bool)>>()?
        else {
            let metrics = parts.getattr("runtime_context")?.call_method0("get_metrics_group")?.unbind();
            let context = Py::new(py, EvictorContext { now: i64::MIN, watermark: i64::MIN, metrics })?;
            return Ok(PyEvictor::Own { evictor: evictor.unbind(), context });
        };
        let rule = match kind.as_str() {
            "count" => BuiltInEvictor::Count(number as usize),
            "time" => BuiltInEvictor::Time(number as i64),
            "delta" => BuiltInEvictor::Delta(number),
            _ => return Err(PyTypeError::new_err(format!("there is no evictor '{kind}'"))),
        };
        let delta = match rule {
            BuiltInEvictor::Delta(_) => Some(evictor.getattr("_delta")?.unbind()),
            _ => None,
        };
        Ok(PyEvictor::BuiltIn { evictor: Evictor { rule, after }, delta })
    }

    /// Takes records out of `kept`, which has them as [`TimestampedValue`]s; `after` the function has seen them, or before.
    pub fn evict(
        &self,
        after: bool,
        kept: &Bound<'_, PyList>,
        window: &PyWindow,
        timers: &WindowTimers<PyKey, PyWindow>,
    ) -> PyResult<()> {
        let py = kept.py();
        match self {
            PyEvictor::BuiltIn { evictor, delta } if evictor.after == after => {
                let records = kept.iter().map(record).collect::<PyResult<Vec<_>>>()?;
                let times: Vec<i64> = records.iter().map(|record| record.get().timestamp).collect();
                let distance = |index: usize| {
                    let (Some(delta), Some(last)) = (delta, records.last()) else { return Ok(0.0) };
                    let distance = delta.bind(py).call1((&records[index].get().value, &last.get().value));
                    distance.and_then(|distance| distance.extract()).map_err(|error| gate::carry(py, error))
                };
                let evicted = evictor.rule.evicted(&times, distance).map_err(|error| gate::raise(py, error))?;
                let gone = evicted.iter().filter(|evicted| **evicted).count();
                if evicted[..gone].iter().all(|evicted| *evicted) {
                    return kept.del_slice(0, gone);
                }
                let stay = records.iter().zip(evicted).filter(|(_, evicted)| !evicted).map(|(record, _)| record);
                kept.set_slice(0, kept.len(), PyList::new(py, stay.collect::<Vec<_>>())?.as_any())
            }
            PyEvictor::BuiltIn { .. } => Ok(()),
            PyEvictor::Own { evictor, context } => {
                {
                    let mut context = context.borrow_mut(py);
                    (context.now, context.watermark) = (timers.now, timers.watermark);
                }
                let method = if after { "evict_after" } else { "evict_before" };
                let arguments = (kept, kept.len(), window.to_object(py)?, context);
                evictor.bind(py).call_method1(method, arguments).map(drop)
            }
        }
    }
}

fn record<'py>(item: Bound<'py, PyAny>) -> PyResult<Bound<'py, TimestampedValue>> {
    item.cast_into().map_err(|error| {
        let found = gate::describe(&error.into_inner());
        PyTypeError::new_err(format!("an evictor may only remove elements, and has put {found} among them"))
    })
}

/// The records alone.
pub fn values<'py>(kept: &Bound<'py, PyList>) -> PyResult<Bound<'py, PyList>> {
    let values = kept.iter().map(|item| Ok(record(item)?.get().value.clone_ref(kept.py())));
    PyList::new(kept.py(), values.collect::<PyResult<Vec<_>>>()?)
}

/// The records as pairs with their timestamps, for a checkpoint.
pub fn pairs<'py>(kept: &Bound<'py, PyList>) -> PyResult<Bound<'py, PyList>> {
    let py = kept.py();
    let pairs = kept.iter().map(|item| record(item).map(|item| (item.get().value.clone_ref(py), item.get().timestamp)));
    PyList::new(py, pairs.collect::<PyResult<Vec<_>>>()?)
}

/// The records of which [`pairs`] were made.
pub fn timestamped<'py>(pairs: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
    let kept = PyList::empty(pairs.py());
    for pair in pairs.try_iter()? {
        let (value, timestamp) = pair?.extract()?;
        kept.append(TimestampedValue::new(value, timestamp))?;
    }
    Ok(kept)
}
