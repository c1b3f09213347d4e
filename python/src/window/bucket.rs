//! A window as the engine knows it, and as a program does.

use std::hash::{Hash, Hasher};

use flott::window::{TimeWindow, Window};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyInt, PyTuple, PyType};

const MODULE: &str = "flott.datastream.window";

fn class<'py>(py: Python<'py>, cell: &'static PyOnceLock<Py<PyType>>, name: &str) -> PyResult<&'py Bound<'py, PyType>> {
    cell.import(py, MODULE, name)
}

static TIME_WINDOW: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static COUNT_WINDOW: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static GLOBAL_WINDOW: PyOnceLock<Py<PyType>> = PyOnceLock::new();

/// A window of one of PyFlink's classes, or of a program's own.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum PyWindow {
    Time(TimeWindow),
    Count(i64),
    Own(OwnWindow),
}

impl PyWindow {
    /// The window of an assigner that is written in Python.
    pub fn from_object(object: &Bound<'_, PyAny>) -> PyResult<PyWindow> {
        let py = object.py();
        if object.is_exact_instance(class(py, &TIME_WINDOW, "TimeWindow")?) {
            let (start, end) = (object.getattr("start")?.extract()?, object.getattr("end")?.extract()?);
            return Ok(PyWindow::Time(TimeWindow::new(start, end)));
        }
        if object.is_exact_instance(class(py, &COUNT_WINDOW, "CountWindow")?) {
            return Ok(PyWindow::Count(object.getattr("id")?.extract()?));
        }
        if object.is_exact_instance(class(py, &GLOBAL_WINDOW, "GlobalWindow")?) {
            return Ok(PyWindow::Time(TimeWindow::GLOBAL));
        }
        let max_timestamp = object.call_method0("max_timestamp")?.extract()?;
        Ok(PyWindow::Own(OwnWindow { object: object.clone().unbind(), hash: object.hash()?, max_timestamp }))
    }

    pub fn to_object<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self {
            PyWindow::Time(TimeWindow::GLOBAL) => class(py, &GLOBAL_WINDOW, "GlobalWindow")?.call_method0("get"),
            PyWindow::Time(window) => class(py, &TIME_WINDOW, "TimeWindow")?.call1((window.start, window.end)),
            PyWindow::Count(id) => class(py, &COUNT_WINDOW, "CountWindow")?.call1((*id,)),
            PyWindow::Own(window) => Ok(window.object.bind(py).clone()),
        }
    }

    /// Something that tells it from other windows, as a part of a key of state.
    pub fn identity<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(match self {
            PyWindow::Time(window) => (window.start, window.end).into_pyobject(py)?.into_any(),
            PyWindow::Count(id) => id.into_pyobject(py)?.into_any(),
            PyWindow::Own(window) => window.object.bind(py).clone(),
        })
    }

    /// The window of which [`PyWindow::identity`] gave this.
    pub fn from_identity(identity: &Bound<'_, PyAny>) -> PyResult<PyWindow> {
        if identity.is_exact_instance_of::<PyTuple>() {
            let (start, end) = identity.extract()?;
            return Ok(PyWindow::Time(TimeWindow::new(start, end)));
        }
        if identity.is_exact_instance_of::<PyInt>() {
            return Ok(PyWindow::Count(identity.extract()?));
        }
        PyWindow::from_object(identity)
    }
}

impl Window for PyWindow {
    fn max_timestamp(&self) -> i64 {
        match self {
            PyWindow::Time(window) => window.max_timestamp(),
            PyWindow::Count(_) => i64::MAX,
            PyWindow::Own(window) => window.max_timestamp,
        }
    }
}

/// A window of a program's own class, known by its `__hash__` and `__eq__`. As with keys, it is used in the gate only.
pub struct OwnWindow {
    object: Py<PyAny>,
    hash: isize,
    max_timestamp: i64,
}

impl Clone for OwnWindow {
    fn clone(&self) -> Self {
        // SAFETY: see the type
        let py = unsafe { Python::assume_attached() };
        OwnWindow { object: self.object.clone_ref(py), ..*self }
    }
}

impl PartialEq for OwnWindow {
    fn eq(&self, other: &Self) -> bool {
        let (one, two) = (self.object.as_ptr(), other.object.as_ptr());
        if one == two || self.hash != other.hash {
            return one == two;
        }
        // SAFETY: see the type; both are live references
        match unsafe { ffi::PyObject_RichCompareBool(one, two, ffi::Py_EQ) } {
            -1 => {
                // SAFETY: see the type
                unsafe { ffi::PyErr_Clear() };
                false
            }
            equal => equal == 1,
        }
    }
}

impl Eq for OwnWindow {}

impl Hash for OwnWindow {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_isize(self.hash);
    }
}
