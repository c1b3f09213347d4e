//! A Python object as a key of the engine's tables.

use std::hash::{Hash, Hasher};

use pyo3::ffi;
use pyo3::prelude::*;

use crate::objects::key_identity;

/// The key of a record. Two are equal when their canonical encodings are; Python would find 1, 1.0 and True equal.
///
/// Cloning and comparing need the interpreter attached. Tables of keys are used by functions that run in the gate
/// and by nothing else, so it is.
pub struct PyKey {
    /// The key as the program made it.
    key: Py<PyAny>,
    /// What stands for it, where that is another object. Always of a built-in type, so that comparing two cannot fail
    /// and runs no code of the program.
    identity: Option<Py<PyAny>>,
    hash: isize,
}

impl PyKey {
    pub fn new(key: &Bound<'_, PyAny>) -> PyResult<PyKey> {
        let identity = key_identity(key)?;
        let hash = identity.hash()?;
        let identity = (!identity.is(key)).then(|| identity.unbind());
        Ok(PyKey { key: key.clone().unbind(), identity, hash })
    }

    /// The key as the program made it.
    pub fn object(&self) -> &Py<PyAny> {
        &self.key
    }

    fn identity(&self) -> *mut ffi::PyObject {
        self.identity.as_ref().unwrap_or(&self.key).as_ptr()
    }
}

impl Clone for PyKey {
    fn clone(&self) -> Self {
        // SAFETY: see the type
        let py = unsafe { Python::assume_attached() };
        let identity = self.identity.as_ref().map(|identity| identity.clone_ref(py));
        PyKey { key: self.key.clone_ref(py), identity, hash: self.hash }
    }
}

impl PartialEq for PyKey {
    fn eq(&self, other: &Self) -> bool {
        let (one, two) = (self.identity(), other.identity());
        // SAFETY: see the type; both are live references
        self.hash == other.hash && (one == two || unsafe { ffi::PyObject_RichCompareBool(one, two, ffi::Py_EQ) == 1 })
    }
}

impl Eq for PyKey {}

impl Hash for PyKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_isize(self.hash);
    }
}
