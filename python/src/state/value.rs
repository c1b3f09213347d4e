//! `ValueState`: one value a key.

use flott::state::{Fate, Ttl};
use pyo3::prelude::*;

use super::typed::Typed;
use super::{KeyedState, ttl};

#[pyclass(module = "flott._flott", frozen)]
pub struct ValueState {
    store: Py<KeyedState>,
    at: usize,
    ttl: Option<Ttl>,
    typed: Typed,
}

impl ValueState {
    pub fn new(store: Py<KeyedState>, at: usize, ttl: Option<Ttl>, typed: Typed) -> Self {
        ValueState { store, at, ttl, typed }
    }
}

#[pymethods]
impl ValueState {
    /// The value, or None if there is none.
    pub fn value<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let stored = KeyedState::read(&self.store, py, self.at)?;
        let (Some(stored), Some(_)) = (&stored, self.ttl) else { return Ok(stored) };
        let (value, fate) = ttl::unwrap(stored.clone(), self.ttl, self.store.borrow(py).now())?;
        KeyedState::clean(&self.store, py, self.at)?;
        match fate {
            Fate::Live => {}
            Fate::Refreshed => self.update(Some(value.clone()), py)?,
            Fate::LastReading => self.clear(py)?,
            Fate::Gone => {
                self.clear(py)?;
                return Ok(None);
            }
        }
        Ok(Some(value))
    }

    /// Sets the value; None clears it.
    #[pyo3(signature = (value))]
    pub fn update(&self, value: Option<Bound<'_, PyAny>>, py: Python<'_>) -> PyResult<()> {
        let Some(value) = value else { return self.clear(py) };
        let value = ttl::wrap(self.typed.value(value)?, self.ttl, || self.store.borrow(py).now())?;
        if self.ttl.is_some() {
            KeyedState::clean(&self.store, py, self.at)?;
        }
        KeyedState::write(&self.store, self.at, value)
    }

    /// Forgets the value.
    pub fn clear(&self, py: Python<'_>) -> PyResult<()> {
        KeyedState::remove(&self.store, py, self.at)
    }
}
