//! What a process function can ask about the record or the timer at hand.

use flott::batch::NO_TIMESTAMP;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::state::{BroadcastState, BroadcastStates, KeyedState};
use crate::timers::{Domain, TimerService};

/// The `ctx` of process functions of all kinds: one object, reused for every record of a subtask.
#[pyclass(module = "flott._flott")]
pub struct ProcessContext {
    /// Of the record, or of the timer.
    pub timestamp: i64,
    /// Of the timer, in `on_timer`.
    pub domain: Option<Domain>,
    /// Whether the record came by the broadcast side, which may change the broadcast state.
    pub broadcast_side: bool,
    state: Option<Py<KeyedState>>,
    timers: Py<TimerService>,
    broadcast: Option<BroadcastStates>,
}

impl ProcessContext {
    pub fn new(
        state: Option<Py<KeyedState>>,
        timers: Py<TimerService>,
        broadcast: Option<BroadcastStates>,
    ) -> ProcessContext {
        let (timestamp, domain, broadcast_side) = (NO_TIMESTAMP, None, false);
        ProcessContext { timestamp, domain, broadcast_side, state, timers, broadcast }
    }
}

#[pymethods]
impl ProcessContext {
    /// The event time of the record or the timer in ms; the smallest long for a record that has none.
    fn timestamp(&self) -> i64 {
        self.timestamp
    }

    fn timer_service(&self, py: Python<'_>) -> Py<TimerService> {
        self.timers.clone_ref(py)
    }

    /// The key of the record or the timer; None on a stream without keys.
    fn get_current_key(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        let state = self.state.as_ref()?.borrow(py);
        state.current().map(|(key, _)| key.object().clone_ref(py))
    }

    /// By which clock the timer went; only `on_timer` may ask.
    fn time_domain<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self.domain {
            Some(domain) => domain.object(py),
            None => Err(PyRuntimeError::new_err("time_domain() is that of a timer: it can be asked in on_timer only")),
        }
    }

    /// The broadcast state of that descriptor: to change on the broadcast side, to read on the other.
    fn get_broadcast_state<'py>(&self, state_descriptor: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = state_descriptor.py();
        let Some(states) = &self.broadcast else {
            return Err(PyRuntimeError::new_err(
                "there is no broadcast state here: use stream.connect(rules.broadcast(descriptor)).process(...)",
            ));
        };
        let state = states.get(state_descriptor)?;
        Ok(match self.broadcast_side {
            true => BroadcastState::create(py, state)?.into_bound(py).into_any(),
            false => Bound::new(py, state)?.into_any(),
        })
    }

    /// Milliseconds since 1970-01-01 UTC.
    fn current_processing_time(&self, py: Python<'_>) -> i64 {
        self.timers.borrow(py).current_processing_time()
    }

    /// The watermark in ms; the smallest long before the first one.
    fn current_watermark(&self, py: Python<'_>) -> i64 {
        self.timers.borrow(py).watermark
    }
}
