//! Operator state: lists that belong to a subtask and to no key. When a job goes on at another parallelism their elements
//! are dealt out anew, or every subtask is given all of them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use flott::checkpoint::{ItemPart, Snapshot, Spread};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyList;

use super::pickled;
use crate::gate;

const ENCODING: &str = "pickle ListState";

const PREFIX: &str = "operator/";

/// The name of a state in a snapshot.
fn part(name: &str) -> String {
    format!("{PREFIX}{name}")
}

struct Known {
    name: String,
    spread: Spread,
    elements: Py<PyList>,
}

/// The lists of one subtask of a function, by name; see `flott/datastream/_operator_state.py`.
#[pyclass(module = "flott._flott", frozen)]
pub struct OperatorState {
    is_restored: bool,
    /// What a checkpoint has of lists.
    restored: Vec<ItemPart>,
    lists: Mutex<Vec<Known>>,
    /// Called with the checkpoint's number before the lists are stored.
    before: Mutex<Vec<Py<PyAny>>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[pymethods]
impl OperatorState {
    /// Whether the subtask goes on from a checkpoint that has state of its operator.
    fn is_restored(&self) -> bool {
        self.is_restored
    }

    /// The list of that name, with what a checkpoint has of it. With `union` every subtask is given all elements.
    fn list(&self, py: Python<'_>, name: &str, union: bool) -> PyResult<Py<PyList>> {
        let spread = if union { Spread::Union } else { Spread::Split };
        let mut lists = locked(&self.lists);
        if let Some(known) = lists.iter().find(|known| known.name == name) {
            return match known.spread == spread {
                true => Ok(known.elements.clone_ref(py)),
                false => Err(PyValueError::new_err(format!(
                    "the state '{name}' is a list state and a union list state: choose one, or give them two names"
                ))),
            };
        }
        let elements = PyList::empty(py);
        let restored = self.restored.iter().find(|restored| restored.name == part(name));
        for bytes in restored.into_iter().flat_map(|restored| &restored.items) {
            elements.append(pickled::loads(py, bytes, name)?)?;
        }
        let elements = elements.unbind();
        lists.push(Known { name: name.to_owned(), spread, elements: elements.clone_ref(py) });
        Ok(elements)
    }

    /// Calls `before(checkpoint)` whenever the lists are about to be stored.
    fn call_before(&self, before: Py<PyAny>) {
        locked(&self.before).push(before);
    }
}

impl OperatorState {
    pub fn new(restored: &Snapshot) -> Self {
        // copied: as slices they would keep all of the checkpoint in memory
        let own = restored.items.iter().filter(|part| part.name.starts_with(PREFIX)).map(|part| ItemPart {
            items: part.items.iter().map(|item| Bytes::copy_from_slice(item)).collect(),
            ..part.clone()
        });
        let (is_restored, restored) = (!restored.is_empty(), own.collect());
        OperatorState { is_restored, restored, lists: Mutex::default(), before: Mutex::default() }
    }

    /// Lets the function bring its lists up to date, and takes what they have.
    pub fn snapshot(&self, py: Python<'_>, checkpoint: u64) -> PyResult<Vec<ItemPart>> {
        // the guard must be gone before the function runs
        let before: Vec<_> = locked(&self.before).iter().map(|before| before.clone_ref(py)).collect();
        for before in before {
            before.call1(py, (checkpoint,))?;
        }
        locked(&self.lists).iter().map(|known| stored(py, known)).collect()
    }
}

fn stored(py: Python<'_>, known: &Known) -> PyResult<ItemPart> {
    let pickled = |element: Bound<'_, PyAny>| {
        pickled::dumps(&element).map_err(|error| {
            let refused = PyTypeError::new_err(format!(
                "{} in operator state '{}' can't be stored in a checkpoint: {}; keep plain values in state (numbers, \
                 strings, tuples, lists, dicts, objects of classes at the top of a module)",
                gate::describe(&element),
                known.name,
                error.value(py)
            ));
            refused.set_cause(py, Some(error));
            refused
        })
    };
    let items = known.elements.bind(py).iter().map(pickled).collect::<PyResult<_>>()?;
    Ok(ItemPart { name: part(&known.name), encoding: ENCODING.to_owned(), spread: known.spread, items })
}
