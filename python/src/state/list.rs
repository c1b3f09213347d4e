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
    ttl: Option<Ttl>,
    elements: Typed,
}

impl ListState {
    pub fn new(store: Py<KeyedState>, at: usize, ttl: Option<Ttl>, elements: Typed) -> Self {
        ListState { store, at, ttl, elements }
    }

    fn stored<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyList>>> {
        Ok(self.store.borrow(py).read(py, self.at)?.map(|list| list.cast_into()).transpose()?)
    }

    fn write(&self, list: Bound<'_, PyList>) -> PyResult<()> {
        let py = list.py();
        let before = match list.is_empty() {
            true => self.store.borrow_mut(py).remove(self.at)?,
            false => self.store.borrow_mut(py).write(self.at, list.into_any())?,
        };
        drop(before);
        Ok(())
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
        let now = self.store.borrow(py).now();
        let (seen, kept) = (PyList::empty(py), PyList::empty(py));
        for element in stored.iter() {
            let (value, fate) = ttl::unwrap(element.clone(), self.ttl, now)?;
            match fate {
                Fate::Live => kept.append(&element)?,
                Fate::Refreshed => kept.append((&value, now))?,
                Fate::LastReading => {}
                Fate::Gone => continue,
            }
            seen.append(value)?;
        }
        self.write(kept)?;
        Ok(seen)
    }

    /// Adds an element.
    fn add(&self, value: Bound<'_, PyAny>) -> PyResult<()> {
        let py = value.py();
        let value = self.wrap(value)?;
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
