//! Counters that user functions share with the engine.

use flott::metrics::{Counter as EngineCounter, OperatorMetrics};
use pyo3::prelude::*;

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
