//! Counters that user functions share with the engine.

use flott::metrics::{Counter as EngineCounter, OperatorMetrics, Shown};
use pyo3::prelude::*;

use crate::gate;

/// The counters of one operator, by name.
#[pyclass(module = "flott._flott", frozen)]
pub struct Metrics(OperatorMetrics);

impl Metrics {
    pub fn new(metrics: OperatorMetrics) -> Self {
        Metrics(metrics)
    }
}

#[pymethods]
impl Metrics {
    /// The counter of that name, made on first use; all subtasks of an operator share it.
    fn counter(&self, name: &str) -> Counter {
        Counter(self.0.counter(name))
    }

    /// Remembers a record that came too late, for whoever asks what was dropped.
    fn note_late(&self, record: &Bound<'_, PyAny>, timestamp: i64, watermark: i64) {
        let shown = ShownObject(record.clone().unbind());
        self.0.note_late(Box::new(shown), timestamp, watermark);
    }
}

#[pyclass(module = "flott._flott", frozen)]
pub struct Counter(EngineCounter);

#[pymethods]
impl Counter {
    #[pyo3(signature = (n = 1))]
    fn inc(&self, n: u64) {
        self.0.add(n);
    }

    #[pyo3(signature = (n = 1))]
    fn dec(&self, n: u64) {
        self.0.sub(n);
    }

    fn get_count(&self) -> u64 {
        self.0.get()
    }
}

/// A Python object that is shown when somebody asks.
pub struct ShownObject(Py<PyAny>);

impl ShownObject {
    pub fn new(py: Python<'_>, object: &Py<PyAny>) -> ShownObject {
        ShownObject(object.clone_ref(py))
    }
}

impl Shown for ShownObject {
    fn show(&self) -> String {
        gate::enter(|py| Ok(gate::describe(self.0.bind(py)))).unwrap_or_default()
    }
}
