//! What a process function can ask about the record at hand.

use std::sync::Arc;

use flott::batch::NO_TIMESTAMP;
use flott::time::Clock;
use pyo3::exceptions::PyNotImplementedError;
use pyo3::prelude::*;

/// The `ctx` of `process_element(value, ctx)`: one object, reused for every record of a subtask.
#[pyclass(module = "flott._flott")]
pub struct ProcessContext {
    pub timestamp: i64,
    pub key: Option<Py<PyAny>>,
    timers: Py<TimerService>,
}

impl ProcessContext {
    pub fn create(py: Python<'_>, clock: Arc<dyn Clock>) -> PyResult<Py<ProcessContext>> {
        let timers = Py::new(py, TimerService { clock, watermark: NO_TIMESTAMP })?;
        Py::new(py, ProcessContext { timestamp: NO_TIMESTAMP, key: None, timers })
    }

    pub fn set_watermark(&self, py: Python<'_>, watermark: i64) {
        self.timers.borrow_mut(py).watermark = watermark;
    }
}

#[pymethods]
impl ProcessContext {
    /// The record's event time in ms, or None.
    fn timestamp(&self) -> Option<i64> {
        (self.timestamp != NO_TIMESTAMP).then_some(self.timestamp)
    }

    fn timer_service(&self, py: Python<'_>) -> Py<TimerService> {
        self.timers.clone_ref(py)
    }

    /// The key of the record; None on a stream without keys.
    fn get_current_key(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.key.as_ref().map(|key| key.clone_ref(py))
    }
}

/// Processing time and event time as an operator sees them.
#[pyclass(module = "flott._flott")]
pub struct TimerService {
    clock: Arc<dyn Clock>,
    watermark: i64,
}

#[pymethods]
impl TimerService {
    /// Milliseconds since 1970-01-01 UTC.
    fn current_processing_time(&self) -> i64 {
        self.clock.now()
    }

    /// The watermark in ms; the smallest long before the first one.
    fn current_watermark(&self) -> i64 {
        self.watermark
    }

    #[pyo3(signature = (timestamp))]
    fn register_event_time_timer(&self, timestamp: i64) -> PyResult<()> {
        Err(no_timers(timestamp))
    }

    #[pyo3(signature = (timestamp))]
    fn register_processing_time_timer(&self, timestamp: i64) -> PyResult<()> {
        Err(no_timers(timestamp))
    }

    #[pyo3(signature = (timestamp))]
    fn delete_event_time_timer(&self, timestamp: i64) -> PyResult<()> {
        Err(no_timers(timestamp))
    }

    #[pyo3(signature = (timestamp))]
    fn delete_processing_time_timer(&self, timestamp: i64) -> PyResult<()> {
        Err(no_timers(timestamp))
    }
}

fn no_timers(_timestamp: i64) -> PyErr {
    PyNotImplementedError::new_err(
        "this version of Flott has no timers yet: compare ctx.timestamp() in process_element instead, \
         or run the job on Flink",
    )
}
