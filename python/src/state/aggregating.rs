//! `ReducingState` and `AggregatingState`: one value a key, with which each added one is combined.

use pyo3::prelude::*;

use super::ValueState;

#[pyclass(module = "flott._flott", frozen)]
pub struct ReducingState {
    value: ValueState,
    reduce: Py<PyAny>,
}

impl ReducingState {
    pub fn new(value: ValueState, reduce: Py<PyAny>) -> Self {
        ReducingState { value, reduce }
    }
}

#[pymethods]
impl ReducingState {
    /// What the values added so far have become, or None if there is none.
    fn get<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.value.value(py)
    }

    /// Reduces `value` into what is there.
    fn add(&self, value: Bound<'_, PyAny>) -> PyResult<()> {
        let py = value.py();
        let reduced = match self.value.value(py)? {
            Some(before) => self.reduce.bind(py).call1((before, value))?,
            None => value,
        };
        self.value.update(Some(reduced), py)
    }

    /// Forgets the value.
    fn clear(&self, py: Python<'_>) -> PyResult<()> {
        self.value.clear(py)
    }

    /// Takes the value, for a window that becomes a part of another.
    fn _take<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let value = self.value.value(py)?;
        self.value.clear(py)?;
        Ok(value)
    }

    /// Adds what was taken.
    fn _merge(&self, taken: Bound<'_, PyAny>) -> PyResult<()> {
        self.add(taken)
    }
}

#[pyclass(module = "flott._flott", frozen)]
pub struct AggregatingState {
    accumulator: ValueState,
    function: Py<PyAny>,
}

impl AggregatingState {
    pub fn new(accumulator: ValueState, function: Py<PyAny>) -> Self {
        AggregatingState { accumulator, function }
    }
}

#[pymethods]
impl AggregatingState {
    /// The result of what was added so far, or None if nothing was.
    fn get<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        match self.accumulator.value(py)? {
            Some(accumulator) => self.function.bind(py).call_method1("get_result", (accumulator,)).map(Some),
            None => Ok(None),
        }
    }

    /// Adds `value` to the accumulator.
    fn add(&self, value: Bound<'_, PyAny>) -> PyResult<()> {
        let py = value.py();
        let function = self.function.bind(py);
        let accumulator = match self.accumulator.value(py)? {
            Some(accumulator) => accumulator,
            None => function.call_method0("create_accumulator")?,
        };
        self.accumulator.update(Some(function.call_method1("add", (value, accumulator))?), py)
    }

    /// Forgets the accumulator.
    fn clear(&self, py: Python<'_>) -> PyResult<()> {
        self.accumulator.clear(py)
    }

    /// Takes the accumulator, for a window that becomes a part of another.
    fn _take<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let accumulator = self.accumulator.value(py)?;
        self.accumulator.clear(py)?;
        Ok(accumulator)
    }

    /// Adds what was taken.
    fn _merge(&self, taken: Bound<'_, PyAny>) -> PyResult<()> {
        let py = taken.py();
        let merged = match self.accumulator.value(py)? {
            Some(own) => self.function.bind(py).call_method1("merge", (own, taken))?,
            None => taken,
        };
        self.accumulator.update(Some(merged), py)
    }
}
