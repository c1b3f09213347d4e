//! Processing time and event time as a function sees them, and the timers of its keys.

use std::sync::Arc;

use flott::batch::NO_TIMESTAMP;
use flott::time::{Clock, Timers};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::state::{KeyedState, PyKey};

/// By which clock a timer goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Domain {
    Event,
    Processing,
}

impl Domain {
    /// The member of `flott.datastream.TimeDomain`.
    pub fn object(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        static TIME_DOMAIN: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let name = match self {
            Domain::Event => "EVENT_TIME",
            Domain::Processing => "PROCESSING_TIME",
        };
        TIME_DOMAIN.import(py, "flott.datastream.time_domain", "TimeDomain")?.getattr(name)
    }
}

/// What `ctx.timer_service()` returns: one a subtask.
#[pyclass(module = "flott._flott")]
pub struct TimerService {
    clock: Arc<dyn Clock>,
    pub watermark: i64,
    /// Where the key at hand stands; `None` on a stream without keys.
    state: Option<Py<KeyedState>>,
    event: Timers<PyKey>,
    processing: Timers<PyKey>,
}

impl TimerService {
    pub fn new(clock: Arc<dyn Clock>, state: Option<Py<KeyedState>>) -> Self {
        TimerService { clock, watermark: NO_TIMESTAMP, state, event: Timers::default(), processing: Timers::default() }
    }

    fn timers(&mut self, domain: Domain) -> &mut Timers<PyKey> {
        match domain {
            Domain::Event => &mut self.event,
            Domain::Processing => &mut self.processing,
        }
    }

    /// Takes the first timer that is due by `until`.
    pub fn pop(&mut self, domain: Domain, until: i64) -> Option<(i64, PyKey, u16)> {
        self.timers(domain).pop(until)
    }

    /// When the first processing-time timer is due.
    pub fn next_processing(&self) -> Option<i64> {
        self.processing.next()
    }

    /// How many processing-time timers are waiting.
    pub fn waiting(&self) -> usize {
        self.processing.len()
    }

    /// The timers by that clock, in the order in which they will fire.
    pub fn all(&self, domain: Domain) -> impl Iterator<Item = (i64, &PyKey, u16)> {
        match domain {
            Domain::Event => self.event.iter(),
            Domain::Processing => self.processing.iter(),
        }
    }

    pub fn clear(&mut self) {
        self.event.clear();
        self.processing.clear();
    }

    fn key(&self, py: Python<'_>) -> PyResult<(PyKey, u16)> {
        let current = self.state.as_ref().and_then(|state| state.borrow(py).current().cloned());
        current.ok_or_else(|| {
            PyRuntimeError::new_err("a timer belongs to a key: call key_by() before process() to set timers")
        })
    }
}

#[pymethods]
impl TimerService {
    /// Milliseconds since 1970-01-01 UTC.
    pub fn current_processing_time(&self) -> i64 {
        self.clock.now()
    }

    /// The watermark in ms; the smallest long before the first one.
    pub fn current_watermark(&self) -> i64 {
        self.watermark
    }

    fn register_event_time_timer(&mut self, timestamp: i64, py: Python<'_>) -> PyResult<()> {
        let (key, group) = self.key(py)?;
        self.event.register(key, group, timestamp);
        Ok(())
    }

    fn register_processing_time_timer(&mut self, timestamp: i64, py: Python<'_>) -> PyResult<()> {
        let (key, group) = self.key(py)?;
        self.processing.register(key, group, timestamp);
        Ok(())
    }

    fn delete_event_time_timer(&mut self, timestamp: i64, py: Python<'_>) -> PyResult<()> {
        let (key, _) = self.key(py)?;
        self.event.delete(key, timestamp);
        Ok(())
    }

    fn delete_processing_time_timer(&mut self, timestamp: i64, py: Python<'_>) -> PyResult<()> {
        let (key, _) = self.key(py)?;
        self.processing.delete(key, timestamp);
        Ok(())
    }
}
