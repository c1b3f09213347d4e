//! Keyed state as a test sees it: the values themselves, without those that have expired, and without touching any.

use flott::state::{Fate, Ttl};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use super::ttl;

/// What is stored for one key in a state of that kind; `None` if all of it has expired.
pub fn value<'py>(
    stored: &Bound<'py, PyAny>,
    kind: &str,
    ttl: Option<Ttl>,
    now: i64,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let live = |stored: Bound<'py, PyAny>| {
        let (value, fate) = ttl::unwrap(stored, ttl, now)?;
        Ok::<_, PyErr>((fate != Fate::Gone).then_some(value))
    };
    match kind {
        "ListState" => {
            let list = PyList::empty(stored.py());
            for element in stored.try_iter()? {
                if let Some(element) = live(element?)? {
                    list.append(element)?;
                }
            }
            Ok((!list.is_empty()).then(|| list.into_any()))
        }
        "MapState" => {
            let dict = PyDict::new(stored.py());
            for (key, entry) in stored.cast::<PyDict>()?.iter() {
                if let Some(entry) = live(entry)? {
                    dict.set_item(key, entry)?;
                }
            }
            Ok((!dict.is_empty()).then(|| dict.into_any()))
        }
        _ => live(stored.clone()),
    }
}
