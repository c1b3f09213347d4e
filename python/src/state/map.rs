//! `MapState`: a dict a key. Its entries expire one by one.

use flott::state::{Fate, Ttl};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyIterator, PyList};

use super::typed::Typed;
use super::{KeyedState, ttl};

#[pyclass(module = "flott._flott", frozen, mapping)]
pub struct MapState {
    store: Py<KeyedState>,
    at: usize,
    ttl: Option<Ttl>,
    keys: Typed,
    values: Typed,
}

impl MapState {
    pub fn new(store: Py<KeyedState>, at: usize, ttl: Option<Ttl>, keys: Typed, values: Typed) -> Self {
        MapState { store, at, ttl, keys, values }
    }

    fn stored<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        Ok(self.store.borrow(py).read(py, self.at)?.map(|dict| dict.cast_into()).transpose()?)
    }

    /// The dict of the key at hand, made if there is none.
    fn made<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        if let Some(dict) = self.stored(py)? {
            return Ok(dict);
        }
        let dict = PyDict::new(py);
        let before = self.store.borrow_mut(py).write(self.at, dict.clone().into_any())?;
        drop(before);
        Ok(dict)
    }

    /// An entry as it is read, with what that does to it.
    fn read<'py>(
        &self,
        dict: &Bound<'py, PyDict>,
        key: &Bound<'py, PyAny>,
        stored: Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = dict.py();
        let now = if self.ttl.is_some() { self.store.borrow(py).now() } else { 0 };
        let (value, fate) = ttl::unwrap(stored, self.ttl, now)?;
        match fate {
            Fate::Live => {}
            Fate::Refreshed => dict.set_item(key, (&value, now))?,
            Fate::LastReading => self.delete(dict, key)?,
            Fate::Gone => {
                self.delete(dict, key)?;
                return Ok(None);
            }
        }
        Ok(Some(value))
    }

    fn delete(&self, dict: &Bound<'_, PyDict>, key: &Bound<'_, PyAny>) -> PyResult<()> {
        if dict.contains(key)? {
            dict.del_item(key)?;
        }
        if dict.is_empty() {
            return self.clear(dict.py());
        }
        Ok(())
    }

    /// The entries that are there, as they are now: the map may be changed while they are gone through.
    fn entries<'py>(&self, py: Python<'py>) -> PyResult<Vec<(Bound<'py, PyAny>, Bound<'py, PyAny>)>> {
        let Some(dict) = self.stored(py)? else { return Ok(Vec::new()) };
        let stored: Vec<_> = dict.iter().collect();
        let mut entries = Vec::with_capacity(stored.len());
        for (key, value) in stored {
            if let Some(value) = self.read(&dict, &key, value)? {
                entries.push((key, value));
            }
        }
        Ok(entries)
    }
}

#[pymethods]
impl MapState {
    /// The value of `key`, or None if there is none.
    fn get<'py>(&self, key: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(dict) = self.stored(key.py())? else { return Ok(None) };
        let key = self.keys.value(key.clone())?;
        match dict.get_item(&key)? {
            Some(stored) => self.read(&dict, &key, stored),
            None => Ok(None),
        }
    }

    /// Sets the value of `key`.
    fn put(&self, key: &Bound<'_, PyAny>, value: Bound<'_, PyAny>) -> PyResult<()> {
        let py = key.py();
        let key = self.keys.value(key.clone())?;
        let value = ttl::wrap(self.values.value(value)?, self.ttl, || self.store.borrow(py).now())?;
        self.made(py)?.set_item(key, value)
    }

    /// Sets every entry of `dict_value`.
    fn put_all(&self, dict_value: &Bound<'_, PyAny>) -> PyResult<()> {
        for entry in super::entries(dict_value)? {
            let (key, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = entry?.extract()?;
            self.put(&key, value)?;
        }
        Ok(())
    }

    /// Removes an entry; without effect if there is none.
    fn remove(&self, key: &Bound<'_, PyAny>) -> PyResult<()> {
        match self.stored(key.py())? {
            Some(dict) => self.delete(&dict, &self.keys.value(key.clone())?),
            None => Ok(()),
        }
    }

    /// Whether there is an entry.
    fn contains(&self, key: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(self.get(key)?.is_some())
    }

    /// The entries.
    fn items<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        PyList::new(py, self.entries(py)?)
    }

    /// The keys of the entries.
    fn keys<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        PyList::new(py, self.entries(py)?.into_iter().map(|(key, _)| key))
    }

    /// The values of the entries.
    fn values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        PyList::new(py, self.entries(py)?.into_iter().map(|(_, value)| value))
    }

    /// Whether there are no entries.
    fn is_empty(&self, py: Python<'_>) -> PyResult<bool> {
        match self.ttl {
            None => Ok(self.stored(py)?.is_none()),
            Some(_) => Ok(self.entries(py)?.is_empty()),
        }
    }

    /// Forgets all entries.
    fn clear(&self, py: Python<'_>) -> PyResult<()> {
        let before = self.store.borrow_mut(py).remove(self.at)?;
        drop(before);
        Ok(())
    }

    fn __getitem__<'py>(&self, key: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.get(key)
    }

    fn __setitem__(&self, key: &Bound<'_, PyAny>, value: Bound<'_, PyAny>) -> PyResult<()> {
        self.put(key, value)
    }

    fn __delitem__(&self, key: &Bound<'_, PyAny>) -> PyResult<()> {
        self.remove(key)
    }

    fn __contains__(&self, key: &Bound<'_, PyAny>) -> PyResult<bool> {
        self.contains(key)
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        self.keys(py)?.try_iter()
    }
}
