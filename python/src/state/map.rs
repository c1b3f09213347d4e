//! `MapState`: a dict a key, or a row an entry. Its entries expire one by one.

use flott::state::{Fate, Ttl};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyIterator, PyList};

use super::typed::Typed;
use super::{KeyedState, ttl};

#[pyclass(module = "flott._flott", frozen, mapping)]
pub struct MapState {
    store: Py<KeyedState>,
    at: usize,
    /// Entries are in a database.
    in_rows: bool,
    ttl: Option<Ttl>,
    keys: Typed,
    values: Typed,
}

/// A key and what is stored for it.
type Entry<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>);

impl MapState {
    pub fn new(
        (store, at, in_rows): (Py<KeyedState>, usize, bool),
        ttl: Option<Ttl>,
        keys: Typed,
        values: Typed,
    ) -> Self {
        MapState { store, at, in_rows, ttl, keys, values }
    }

    /// The dict of the key at hand.
    fn dict<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        Ok(KeyedState::read(&self.store, py, self.at)?.map(|dict| dict.cast_into()).transpose()?)
    }

    fn stored<'py>(&self, key: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = key.py();
        if self.in_rows {
            return KeyedState::with_rows(&self.store, py, self.at, |rows, of, table| rows.entry(of, table, key));
        }
        self.dict(py)?.map_or(Ok(None), |dict| dict.get_item(key))
    }

    fn store(&self, key: &Bound<'_, PyAny>, stored: Bound<'_, PyAny>) -> PyResult<()> {
        let py = key.py();
        if self.in_rows {
            return KeyedState::with_rows(&self.store, py, self.at, |rows, of, table| {
                rows.set_entry(of, table, key, &stored)
            });
        }
        match self.dict(py)? {
            Some(dict) => dict.set_item(key, stored),
            None => {
                let dict = PyDict::new(py);
                dict.set_item(key, stored)?;
                KeyedState::write(&self.store, self.at, dict.into_any())
            }
        }
    }

    fn delete(&self, key: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = key.py();
        if self.in_rows {
            return KeyedState::with_rows(&self.store, py, self.at, |rows, of, table| {
                rows.remove_entry(of, table, key)
            });
        }
        let Some(dict) = self.dict(py)? else { return Ok(()) };
        if dict.contains(key)? {
            dict.del_item(key)?;
        }
        if dict.is_empty() { self.clear(py) } else { Ok(()) }
    }

    /// All entries that are stored, at most so many.
    fn all<'py>(&self, py: Python<'py>, most: usize) -> PyResult<Vec<Entry<'py>>> {
        if self.in_rows {
            return KeyedState::with_rows(&self.store, py, self.at, |rows, of, table| {
                rows.entries(py, of, table, most)
            });
        }
        Ok(self.dict(py)?.map_or_else(Vec::new, |dict| dict.iter().take(most).collect()))
    }

    /// An entry as it is read, with what that does to it.
    fn read<'py>(&self, key: &Bound<'py, PyAny>, stored: Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
        if self.ttl.is_none() {
            return Ok(Some(stored));
        }
        let now = self.store.borrow(key.py()).now();
        let (value, fate) = ttl::unwrap(stored, self.ttl, now)?;
        match fate {
            Fate::Live => {}
            Fate::Refreshed => self.store(key, (&value, now).into_pyobject(key.py())?.into_any())?,
            Fate::LastReading => self.delete(key)?,
            Fate::Gone => {
                self.delete(key)?;
                return Ok(None);
            }
        }
        Ok(Some(value))
    }

    /// The entries that are there, as they are now: the map may be changed while they are gone through.
    fn entries<'py>(&self, py: Python<'py>) -> PyResult<Vec<Entry<'py>>> {
        let mut entries = self.all(py, usize::MAX)?;
        if self.ttl.is_some() {
            let mut live = Vec::with_capacity(entries.len());
            for (key, stored) in entries {
                if let Some(value) = self.read(&key, stored)? {
                    live.push((key, value));
                }
            }
            entries = live;
        }
        Ok(entries)
    }

    fn clean(&self, py: Python<'_>) -> PyResult<()> {
        if self.ttl.is_some() { KeyedState::clean(&self.store, py, self.at) } else { Ok(()) }
    }
}

#[pymethods]
impl MapState {
    /// The value of `key`, or None if there is none.
    fn get<'py>(&self, key: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let key = self.keys.value(key.clone())?;
        let stored = self.stored(&key)?;
        self.clean(key.py())?;
        match stored {
            Some(stored) => self.read(&key, stored),
            None => Ok(None),
        }
    }

    /// Sets the value of `key`.
    fn put(&self, key: &Bound<'_, PyAny>, value: Bound<'_, PyAny>) -> PyResult<()> {
        let py = key.py();
        let key = self.keys.value(key.clone())?;
        let value = ttl::wrap(self.values.value(value)?, self.ttl, || self.store.borrow(py).now())?;
        self.clean(py)?;
        self.store(&key, value)
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
        self.delete(&self.keys.value(key.clone())?)
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
            None => Ok(self.all(py, 1)?.is_empty()),
            Some(_) => Ok(self.entries(py)?.is_empty()),
        }
    }

    /// Forgets all entries.
    fn clear(&self, py: Python<'_>) -> PyResult<()> {
        KeyedState::remove(&self.store, py, self.at)
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
