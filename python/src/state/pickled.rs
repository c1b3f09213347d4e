//! Python objects as bytes of a checkpoint. They are pickled here and nowhere else.

use std::collections::BTreeMap;

use bytes::Bytes;
use flott::checkpoint::KeyedPart;
use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyList};

use crate::gate;

/// Entries by key group: each a pair of a key and what belongs to it.
#[derive(Default)]
pub struct Groups<'py>(BTreeMap<u16, Bound<'py, PyList>>);

impl<'py> Groups<'py> {
    pub fn add(&mut self, py: Python<'py>, group: u16, key: &Py<PyAny>, value: Bound<'py, PyAny>) -> PyResult<()> {
        let entries = match self.0.entry(group) {
            std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::btree_map::Entry::Vacant(new) => new.insert(PyList::empty(py)),
        };
        entries.append((key, value))
    }

    /// The part of a snapshot that is called `name`; `what` is that for messages, such as "state 'count'".
    pub fn into_part(self, name: String, encoding: &str, what: &str) -> PyResult<KeyedPart> {
        let pickled = |(group, entries): (u16, Bound<'py, PyList>)| Ok((group, dump_entries(&entries, what)?.into()));
        let groups: PyResult<Vec<_>> = self.0.into_iter().map(pickled).collect();
        Ok(KeyedPart { name, encoding: encoding.to_owned(), groups: groups? })
    }
}

/// Pickles pairs of a key and what belongs to it. `what` is that for messages, such as "state 'count'".
pub fn dump_entries(entries: &Bound<'_, PyList>, what: &str) -> PyResult<Vec<u8>> {
    dump(entries.as_any()).map_err(|error| culprit(entries, what, error))
}

/// The error for the entry that can't be pickled.
fn culprit<'py>(entries: &Bound<'py, PyList>, what: &str, error: PyErr) -> PyErr {
    let entry = entries.iter().find(|entry| dumps(entry).is_err()).or_else(|| entries.iter().next());
    match entry.and_then(|entry| entry.get_item(0).ok()) {
        Some(key) => refused(what, &key, "stored in a checkpoint", error),
        None => error,
    }
}

/// The error for what can't be pickled: `what` of the key, which can't be `kept`.
pub fn refused(what: &str, key: &Bound<'_, PyAny>, kept: &str, error: PyErr) -> PyErr {
    let py = key.py();
    let message = format!(
        "{what} of the key {} can't be {kept}: {}; keep plain values in state (numbers, strings, tuples, lists, dicts, \
         objects of classes at the top of a module), not what belongs to this process (connections, locks, generators, \
         lambdas)",
        gate::describe(key),
        error.value(py)
    );
    let refused = PyTypeError::new_err(message);
    refused.set_cause(py, Some(error));
    refused
}

/// Hands over the entries of a part: the group, the key, and what belongs to it.
pub fn each_entry<'py>(
    py: Python<'py>,
    part: &KeyedPart,
    mut take: impl FnMut(u16, Bound<'py, PyAny>, Bound<'py, PyAny>) -> PyResult<()>,
) -> PyResult<()> {
    for (group, bytes) in &part.groups {
        // one pickle or several, one behind the other
        let file = py.import("io")?.call_method1("BytesIO", (PyBytes::new(py, bytes),))?;
        let mut read = 0;
        while read < bytes.len() {
            let entries =
                LOAD.import(py, "pickle", "load")?.call1((&file,)).map_err(|error| lost(py, &part.name, error))?;
            for entry in entries.try_iter()? {
                let (key, value) = entry?.extract()?;
                take(*group, key, value)?;
            }
            read = file.call_method0("tell")?.extract()?;
        }
    }
    Ok(())
}

static DUMPS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
static LOADS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
static LOAD: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// The newest form that every Python we run on reads.
const PROTOCOL: u8 = 5;

fn dump(value: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    let pickled = DUMPS.import(value.py(), "pickle", "dumps")?.call1((value, PROTOCOL))?;
    Ok(pickled.cast::<PyBytes>()?.as_bytes().to_vec())
}

pub fn dumps(value: &Bound<'_, PyAny>) -> PyResult<Bytes> {
    dump(value).map(Bytes::from)
}

/// `name` is what it belongs to, for messages.
pub fn loads<'py>(py: Python<'py>, bytes: &Bytes, name: &str) -> PyResult<Bound<'py, PyAny>> {
    LOADS.import(py, "pickle", "loads")?.call1((PyBytes::new(py, bytes),)).map_err(|error| lost(py, name, error))
}

/// The error for what can't be unpickled.
fn lost(py: Python<'_>, name: &str, error: PyErr) -> PyErr {
    let message = format!(
        "'{name}' can't be restored from the checkpoint: {}; the classes of what is in state must be importable under \
         the names they had",
        error.value(py)
    );
    let refused = PyRuntimeError::new_err(message);
    refused.set_cause(py, Some(error));
    refused
}
