//! The one way into Python and the one way out.
//!
//! [`enter`] attaches to the interpreter once a batch. An exception of a user's function travels through the engine
//! as the payload of an [`Error`] and leaves by [`raise`] as itself, with a note that says where and on what.

use std::sync::atomic::{AtomicU64, Ordering};

use flott::{Error, ErrorKind, Result};
use pyo3::exceptions::{PyKeyboardInterrupt, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// How much of a record a message shows.
pub const SHOWN: usize = 200;

static ENTRIES: AtomicU64 = AtomicU64::new(0);

/// How often the engine has entered Python in this process. It does so once a batch and operator, and never for
/// operators on columns: benchmarks and tests check that.
#[pyfunction]
pub fn gate_entries() -> u64 {
    ENTRIES.load(Ordering::Relaxed)
}

/// Runs `work` attached to the interpreter. Once the interpreter is shutting down nothing runs any more: the job
/// counts as cancelled.
pub fn enter<T>(work: impl FnOnce(Python<'_>) -> PyResult<T>) -> Result<T> {
    ENTRIES.fetch_add(1, Ordering::Relaxed);
    Python::try_attach(|py| work(py).map_err(|error| carry(py, error))).unwrap_or_else(|| Err(Error::cancelled()))
}

/// A Python exception as an engine error.
pub fn carry(py: Python<'_>, error: PyErr) -> Error {
    let text = error.value(py).str().map(|text| text.to_string()).unwrap_or_default();
    let kind = error.get_type(py).name().map(|name| name.to_string()).unwrap_or_default();
    Error::user(format!("{kind}: {text}"), Box::new(error))
}

/// An engine error as a Python exception.
pub fn raise(py: Python<'_>, mut error: Error) -> PyErr {
    let payload = error.take_payload().and_then(|payload| payload.downcast::<PyErr>().ok());
    if let Some(exception) = payload {
        let mut note = String::new();
        if let Some(place) = error.place() {
            note += &format!("in {place}");
        }
        if let Some(input) = error.input() {
            note += &format!(", while processing: {input}");
        }
        add_note(py, &exception, &note);
        return *exception;
    }
    static ERRORS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let class = match error.kind() {
        ErrorKind::Config => "ConfigurationError",
        ErrorKind::Data => "DataError",
        ErrorKind::Connector => "ConnectorError",
        ErrorKind::Cancelled => "JobCancelledError",
        _ => "InternalError",
    };
    let exception = ERRORS
        .get_or_try_init(py, || Ok::<_, PyErr>(py.import("flott.errors")?.into_any().unbind()))
        .and_then(|module| module.bind(py).getattr(class)?.call1((error.to_string(),)));
    match exception {
        Ok(exception) => PyErr::from_value(exception),
        Err(_) => PyRuntimeError::new_err(error.to_string()),
    }
}

fn add_note(py: Python<'_>, exception: &PyErr, note: &str) {
    if note.is_empty() || exception.is_instance_of::<PyKeyboardInterrupt>(py) {
        return;
    }
    let value = exception.value(py);
    // add_note came with Python 3.11; before, the attribute is there for tools that show it
    if value.call_method1("add_note", (note,)).is_err() {
        let _ = value.setattr("__notes__", vec![note]);
    }
}

/// The representation of an object, shortened, for messages; never fails.
pub fn describe(object: &Bound<'_, PyAny>) -> String {
    match object.repr() {
        Ok(text) => flott::error::shorten(&text.to_string_lossy(), SHOWN),
        Err(_) => "<an object whose repr() fails>".to_owned(),
    }
}
