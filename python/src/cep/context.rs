//! What conditions and the functions of matches are given beside events.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicPtr, Ordering};

use flott::batch::NO_TIMESTAMP;
use flott::cep::SoFar;
use flott::time::Clock;
use flott::types::Shape;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use super::event::Event;

/// The `ctx` of iterative conditions: one object, good during a call.
#[pyclass(module = "flott._flott", frozen)]
pub struct ConditionContext {
    clock: Arc<dyn Clock>,
    shape: Shape,
    timestamp: AtomicI64,
    /// The events so far; null outside a call.
    so_far: AtomicPtr<SoFar<'static, Event>>,
}

impl ConditionContext {
    pub fn new(clock: Arc<dyn Clock>, shape: Shape) -> Self {
        let (timestamp, so_far) = (AtomicI64::new(NO_TIMESTAMP), AtomicPtr::default());
        ConditionContext { clock, shape, timestamp, so_far }
    }

    /// Runs `call`, during which the context tells of these events.
    pub fn during<T>(&self, so_far: &SoFar<'_, Event>, timestamp: i64, call: impl FnOnce() -> T) -> T {
        struct Reset<'a>(&'a ConditionContext);
        impl Drop for Reset<'_> {
            fn drop(&mut self) {
                self.0.so_far.store(std::ptr::null_mut(), Ordering::Release);
            }
        }
        self.timestamp.store(timestamp, Ordering::Relaxed);
        self.so_far.store(std::ptr::from_ref(so_far).cast_mut().cast(), Ordering::Release);
        let _reset = Reset(self);
        call()
    }
}

#[pymethods]
impl ConditionContext {
    /// The events that the partial match has under that pattern so far, in their order; an empty list without any.
    fn get_events_for_pattern(&self, py: Python<'_>, name: &str) -> PyResult<Vec<Py<PyAny>>> {
        let so_far = self.so_far.load(Ordering::Acquire);
        // SAFETY: `during` stores a reference that outlives the call it makes, and takes it back when that ends, also by
        // a panic; the interpreter lock keeps other threads from asking while it runs elsewhere
        let Some(so_far) = (unsafe { so_far.as_ref() }) else {
            return Err(PyRuntimeError::new_err(
                "the context of a condition is good during the call only: keep the events, not the context",
            ));
        };
        so_far.events(name).into_iter().map(|event| Ok(event.object(py, self.shape)?.clone_ref(py))).collect()
    }

    /// The event's time in ms.
    fn timestamp(&self) -> i64 {
        self.timestamp.load(Ordering::Relaxed)
    }

    /// Milliseconds since 1970-01-01 UTC.
    fn current_processing_time(&self) -> i64 {
        self.clock.now()
    }
}

/// The `ctx` of the functions of matches: one object, reused for every match of a subtask.
#[pyclass(module = "flott._flott")]
pub struct MatchContext {
    clock: Arc<dyn Clock>,
    pub timestamp: i64,
    /// What was given to `output`: pairs of a tag and a value.
    pub outputs: Vec<(Py<PyAny>, Py<PyAny>)>,
}

impl MatchContext {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        MatchContext { clock, timestamp: NO_TIMESTAMP, outputs: Vec::new() }
    }
}

#[pymethods]
impl MatchContext {
    /// The time in ms of the match's last event, or that at which the partial match ran out of time.
    fn timestamp(&self) -> i64 {
        self.timestamp
    }

    /// Milliseconds since 1970-01-01 UTC.
    fn current_processing_time(&self) -> i64 {
        self.clock.now()
    }

    /// Emits a record to a side output, as `yield tag, value` does.
    fn output(&mut self, output_tag: Py<PyAny>, value: Py<PyAny>) {
        self.outputs.push((output_tag, value));
    }
}
