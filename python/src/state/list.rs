//! `ListState`: a list a key. Its elements expire one by one.

use flott::state::{Fate, Ttl};
use pyo3::prelude::*;
use pyo3::types::{PyIterator, PyList};

use super::typed::Typed;
use super::{KeyedState, ttl};

#[pyclass(module = "flott._flott", frozen)]
pub struct ListState {
    store: Py<KeyedState>,
    at: usize,
    /// What is stored is in a database.
    in_rows: bool,
    ttl: Option<Ttl>,
    elements: Typed,
}

impl ListState {
    pub fn new((store, at, in_rows): (Py<KeyedState>, usize, bool), ttl: Option<Ttl>, elements: Typed) -> Self {
        ListState { store, at, in_rows, ttl, elements }
    }

    fn stored<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyList>>> {
        Ok(KeyedState::read(&self.store, py, self.at)?.map(|list| list.cast_into()).transpose()?)
    }

    fn write(&self, list: Bound<'_, PyList>) -> PyResult<()> {
        let py = list.py();
        match list.is_empty() {
            true => KeyedState::remove(&self.store, py, self.at),
            false => KeyedState::write(&self.store, self.at, list.into_any()),
        }
    }

    fn wrap<'py>(&self, value: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = value.py();
        ttl::wrap(self.elements.value(value)?, self.ttl, || self.store.borrow(py).now())
    }
}

#[pymethods]
impl ListState {
    /// The elements, as a new list; an empty one if there are none.
    fn get<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let Some(stored) = self.stored(py)? else { return Ok(PyList::empty(py)) };
        if self.ttl.is_none() {
            return stored.get_slice(0, stored.len()).cast_into::<PyList>().map_err(Into::into);
        }
        KeyedState::clean(&self.store, py, self.at)?;
        let now = self.store.borrow(py).now();
        let (seen, kept, mut changed) = (PyList::empty(py), PyList::empty(py), false);
        for element in stored.iter() {
            let (value, fate) = ttl::unwrap(element.clone(), self.ttl, now)?;
            changed |= fate != Fate::Live;
            match fate {
                Fate::Live => kept.append(&element)?,
                Fate::Refreshed => kept.append((&value, now))?,
                Fate::LastReading => {}
                Fate::Gone => continue,
            }
            seen.append(value)?;
        }
        if changed {
            self.write(kept)?;
        }
        Ok(seen)
    }

    /// Adds an element.
    fn add(&self, value: Bound<'_, PyAny>) -> PyResult<()> {
        let py = value.py();
        let value = self.wrap(value)?;
        if self.in_rows {
            return KeyedState::with_rows(&self.store, py, self.at, |rows, key, of| rows.append(key, of, &value));
        }
        match self.stored(py)? {
            Some(list) => list.append(value),
            None => self.write(PyList::new(py, [value])?),
        }
    }

    /// Adds each of `values`.
    fn add_all(&self, values: &Bound<'_, PyAny>) -> PyResult<()> {
        for value in values.try_iter()? {
            self.add(value?)?;
        }
        Ok(())
    }

    /// Takes `values` in the place of the list.
    fn update(&self, values: &Bound<'_, PyAny>) -> PyResult<()> {
        let list = PyList::empty(values.py());
        for value in values.try_iter()? {
            list.append(self.wrap(value?)?)?;
        }
        self.write(list)
    }

    /// Forgets the list.
    fn clear(&self, py: Python<'_>) -> PyResult<()> {
        self.write(PyList::empty(py))
    }

    /// Takes the list, for a window that becomes a part of another.
    fn _take<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let list = self.get(py)?;
        self.clear(py)?;
        Ok(list)
    }

    /// Adds what was taken.
    fn _merge(&self, taken: &Bound<'_, PyAny>) -> PyResult<()> {
        self.add_all(taken)
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        self.get(py)?.try_iter()
    }
}
