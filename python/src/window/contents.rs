//! What windows of any kind hold, by key and window.

use flott::error::Result;
use flott::state::KeyedTable;
use flott::window::{Clocks, Contents, Place, WindowTimers};
use pyo3::prelude::*;
use pyo3::types::PyList;

use super::PyWindow;
use super::evictor::{PyEvictor, TimestampedValue, values};
use super::functions::{Functions, in_gate};
use crate::state::PyKey;

pub struct PyContents {
    pub functions: Functions,
    /// With it, the records are kept with their timestamps, until it takes them out.
    evictor: Option<PyEvictor>,
    values: KeyedTable<(PyKey, PyWindow), Py<PyAny>>,
}

impl PyContents {
    pub fn new(functions: Functions, evictor: Option<PyEvictor>) -> PyContents {
        PyContents { functions, evictor, values: KeyedTable::default() }
    }

    fn added(&mut self, key: &PyKey, group: u16, state: &PyWindow, record: &Py<PyAny>) -> Result<()> {
        let kept = &self.functions.kept;
        if let Some(held) = self.values.get_mut(group, &Place(key, state)) {
            return in_gate(|py| kept.add(py, held, record));
        }
        let held = in_gate(|py| kept.first(py, record))?;
        self.values.insert(group, (key.clone(), state.clone()), held);
        Ok(())
    }
}

impl PyContents {
    /// How many windows hold something.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether records are kept with their timestamps.
    pub fn is_evicting(&self) -> bool {
        self.evictor.is_some()
    }

    /// What all windows hold.
    pub fn iter(&self) -> impl Iterator<Item = (u16, &(PyKey, PyWindow), &Py<PyAny>)> {
        self.values.iter()
    }

    pub fn insert(&mut self, group: u16, key: PyKey, window: PyWindow, held: Py<PyAny>) {
        drop(self.values.insert(group, (key, window), held));
    }
}

fn clocks(timers: &WindowTimers<PyKey, PyWindow>) -> Clocks {
    Clocks { watermark: timers.watermark, now: timers.now }
}

impl Contents<PyKey, Py<PyAny>, PyWindow> for PyContents {
    fn add(&mut self, key: &PyKey, group: u16, state: &PyWindow, value: &Py<PyAny>, timestamp: i64) -> Result<()> {
        if self.evictor.is_none() {
            return self.added(key, group, state, value);
        }
        let record = in_gate(|py| Py::new(py, TimestampedValue::new(value.clone_ref(py), timestamp)))?;
        self.added(key, group, state, record.as_any())
    }

    fn fire(
        &mut self,
        key: &PyKey,
        group: u16,
        state: &PyWindow,
        window: &PyWindow,
        timers: &WindowTimers<PyKey, PyWindow>,
    ) -> Result<()> {
        let Some(held) = self.values.get(group, &Place(key, state)) else { return Ok(()) };
        let Some(evictor) = &self.evictor else {
            return in_gate(|py| self.functions.evaluate(py, (key, group), window, held, clocks(timers)));
        };
        let empty = in_gate(|py| {
            let kept = held.bind(py).cast::<PyList>()?;
            evictor.evict(false, kept, window, timers)?;
            let elements = values(kept)?.into_any();
            self.functions.deliver(py, (key, group), window, elements, clocks(timers))?;
            evictor.evict(true, kept, window, timers)?;
            Ok(kept.is_empty())
        })?;
        if empty {
            drop(self.values.remove(group, &Place(key, state)));
        }
        Ok(())
    }

    fn purge(&mut self, key: &PyKey, group: u16, state: &PyWindow) -> Result<()> {
        drop(self.values.remove(group, &Place(key, state)));
        Ok(())
    }

    fn merge(&mut self, key: &PyKey, group: u16, state: &PyWindow, others: &[PyWindow]) -> Result<()> {
        for other in others {
            let Some(value) = self.values.remove(group, &Place(key, other)) else { continue };
            match self.values.get_mut(group, &Place(key, state)) {
                Some(held) => in_gate(|py| self.functions.kept.merge(py, held, &value))?,
                None => drop(self.values.insert(group, (key.clone(), state.clone()), value)),
            }
        }
        Ok(())
    }

    fn close(
        &mut self,
        key: &PyKey,
        group: u16,
        window: &PyWindow,
        timers: &WindowTimers<PyKey, PyWindow>,
    ) -> Result<()> {
        if !self.functions.clears() {
            return Ok(());
        }
        in_gate(|py| self.functions.close(py, (key, group), window, clocks(timers)))
    }
}
