//! Broadcast state: a dict that every subtask holds a copy of, since all of them are given the same records.

use flott::checkpoint::{ItemPart, Snapshot, Spread};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyIterator, PyList};

use super::pickled;

/// The name of a state in a snapshot.
fn part(name: &str) -> String {
    format!("broadcast/{name}")
}

/// The broadcast states of one subtask, by the names that `broadcast(...)` was given.
pub struct BroadcastStates(Vec<(String, Py<PyDict>)>);

impl BroadcastStates {
    /// With what a checkpoint has of them.
    pub fn new(py: Python<'_>, names: &[String], restored: &Snapshot) -> PyResult<Self> {
        let state = |name: &String| {
            let entries = match restored.items(&part(name)).first() {
                // every subtask had the same
                Some(bytes) => pickled::loads(py, bytes, name)?.cast_into::<PyDict>()?,
                None => PyDict::new(py),
            };
            Ok((name.clone(), entries.unbind()))
        };
        Ok(BroadcastStates(names.iter().map(state).collect::<PyResult<_>>()?))
    }

    pub fn snapshot(&self, py: Python<'_>) -> PyResult<Vec<ItemPart>> {
        let stored = |(name, entries): &(String, Py<PyDict>)| {
            let item = pickled::dumps(entries.bind(py).as_any()).map_err(|error| {
                let message = format!("broadcast state '{name}' can't be stored in a checkpoint: {}", error.value(py));
                PyTypeError::new_err(message)
            })?;
            let (name, encoding) = (part(name), "pickle BroadcastState".to_owned());
            Ok(ItemPart { name, encoding, spread: Spread::Union, items: vec![item] })
        };
        self.0.iter().map(stored).collect()
    }

    /// The same states under a second roof.
    pub fn clone_ref(&self, py: Python<'_>) -> Self {
        BroadcastStates(self.0.iter().map(|(name, entries)| (name.clone(), entries.clone_ref(py))).collect())
    }

    /// The entries of the state of that name.
    pub fn entries(&self, name: &str) -> Option<&Py<PyDict>> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, entries)| entries)
    }

    /// The state of that descriptor.
    pub fn get(&self, descriptor: &Bound<'_, PyAny>) -> PyResult<ReadOnlyBroadcastState> {
        let py = descriptor.py();
        let name: String = descriptor.call_method0("get_name")?.extract()?;
        match self.entries(&name) {
            Some(entries) => Ok(ReadOnlyBroadcastState { name, entries: entries.clone_ref(py) }),
            None => {
                let known: Vec<_> = self.0.iter().map(|(name, _)| format!("'{name}'")).collect();
                Err(PyValueError::new_err(format!(
                    "there is no broadcast state '{name}': broadcast(...) was given {}; give it this descriptor too",
                    known.join(", ")
                )))
            }
        }
    }
}

/// What the side that is not broadcast is given.
#[pyclass(module = "flott._flott", frozen, subclass, mapping)]
pub struct ReadOnlyBroadcastState {
    name: String,
    entries: Py<PyDict>,
}

#[pymethods]
impl ReadOnlyBroadcastState {
    /// The value of `key`, or None if there is none.
    fn get<'py>(&self, key: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.entries.bind(key.py()).get_item(key)
    }

    /// Whether there is an entry.
    fn contains(&self, key: &Bound<'_, PyAny>) -> PyResult<bool> {
        self.entries.bind(key.py()).contains(key)
    }

    /// The entries.
    fn items<'py>(&self, py: Python<'py>) -> Bound<'py, PyList> {
        self.entries.bind(py).items()
    }

    /// The keys of the entries.
    fn keys<'py>(&self, py: Python<'py>) -> Bound<'py, PyList> {
        self.entries.bind(py).keys()
    }

    /// The values of the entries.
    fn values<'py>(&self, py: Python<'py>) -> Bound<'py, PyList> {
        self.entries.bind(py).values()
    }

    /// Whether there are no entries.
    fn is_empty(&self, py: Python<'_>) -> bool {
        self.entries.bind(py).is_empty()
    }

    fn __getitem__<'py>(&self, key: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.get(key)
    }

    fn __contains__(&self, key: &Bound<'_, PyAny>) -> PyResult<bool> {
        self.contains(key)
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        self.keys(py).try_iter()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("<broadcast state '{}': {}>", self.name, self.entries.bind(py).repr()?))
    }
}

/// What the broadcast side is given, which may change it.
#[pyclass(module = "flott._flott", frozen, extends = ReadOnlyBroadcastState, mapping)]
pub struct BroadcastState;

impl BroadcastState {
    pub fn create(py: Python<'_>, state: ReadOnlyBroadcastState) -> PyResult<Py<BroadcastState>> {
        Py::new(py, PyClassInitializer::from(state).add_subclass(BroadcastState))
    }
}

#[pymethods]
impl BroadcastState {
    /// Sets the value of `key`.
    fn put(slf: PyRef<'_, Self>, key: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        slf.as_super().entries.bind(key.py()).set_item(key, value)
    }

    /// Sets every entry of `dict_value`.
    fn put_all(slf: PyRef<'_, Self>, dict_value: &Bound<'_, PyAny>) -> PyResult<()> {
        for entry in super::entries(dict_value)? {
            let (key, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = entry?.extract()?;
            slf.as_super().entries.bind(key.py()).set_item(key, value)?;
        }
        Ok(())
    }

    /// Removes an entry; without effect if there is none.
    fn remove(slf: PyRef<'_, Self>, key: &Bound<'_, PyAny>) -> PyResult<()> {
        let entries = slf.as_super().entries.bind(key.py());
        if entries.contains(key)? { entries.del_item(key) } else { Ok(()) }
    }

    /// Forgets all entries.
    fn clear(slf: PyRef<'_, Self>) {
        slf.as_super().entries.bind(slf.py()).clear();
    }

    fn __setitem__(slf: PyRef<'_, Self>, key: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        Self::put(slf, key, value)
    }

    fn __delitem__(slf: PyRef<'_, Self>, key: &Bound<'_, PyAny>) -> PyResult<()> {
        Self::remove(slf, key)
    }
}
