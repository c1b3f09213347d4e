//! The class `Row` as the binding uses it: without a call into Python.

use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyFrozenSet, PyList, PyTuple, PyType};

use super::{Content, RowBase, lock};

pub struct RowClass {
    class: Py<PyType>,
    insert: Py<PyAny>,
    /// The names that every `Row` has as attributes.
    attributes: Py<PyFrozenSet>,
}

impl RowClass {
    pub fn get(py: Python<'_>) -> PyResult<&'static RowClass> {
        static CLASS: PyOnceLock<RowClass> = PyOnceLock::new();
        CLASS.get_or_try_init(py, || {
            let module = py.import("flott.common.types")?;
            let class = module.getattr("Row")?.cast_into::<PyType>().map_err(PyErr::from)?;
            let attributes = PyFrozenSet::new(py, class.dir()?.iter())?.unbind();
            Ok(RowClass { insert: module.getattr("_INSERT")?.unbind(), class: class.unbind(), attributes })
        })
    }

    /// Whether it is a row, and of no subclass.
    #[inline]
    pub fn is_exact(&self, value: &Bound<'_, PyAny>) -> bool {
        value.get_type_ptr().cast() == self.class.as_ptr()
    }

    /// Whether it is a row, or of a subclass.
    pub fn is_row(&self, value: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(self.is_exact(value) || value.is_instance(self.class.bind(value.py()))?)
    }

    /// `RowKind.INSERT`.
    pub fn insert(&self) -> &Py<PyAny> {
        &self.insert
    }

    /// The names (None without) and the values of a row; `None` of one whose `__init__` never ran.
    pub fn parts<'py>(&self, row: &Bound<'py, PyAny>) -> Option<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
        let py = row.py();
        let base = row.cast::<RowBase>().ok()?.get();
        let values = base._values(py).ok()?.into_any();
        Some((base._fields(py).into_pyobject(py).ok()?.into_any(), values))
    }

    /// A row that keeps both lists as they are, of the kind of `like` where that is given.
    pub fn make<'py>(
        &self,
        names: &Bound<'py, PyList>,
        values: Bound<'py, PyList>,
        like: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let kind = like.and_then(|row| {
            lock(&row.cast::<RowBase>().ok()?.get().inner).kind.as_ref().map(|kind| kind.clone_ref(names.py()))
        });
        self.with(names, Content::Own(values.unbind()), kind)
    }

    pub(super) fn with<'py>(
        &self,
        names: &Bound<'py, PyList>,
        content: Content,
        kind: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = names.py();
        static NO_ARGUMENTS: PyOnceLock<Py<PyTuple>> = PyOnceLock::new();
        let none = NO_ARGUMENTS.get_or_init(py, || PyTuple::empty(py).unbind());
        // SAFETY: the class is a subclass of RowBase without a `__new__` of its own, so that its `tp_new` is RowBase's,
        // which takes any arguments; the result is a new reference, or null with an exception set
        let row = unsafe {
            let class = self.class.as_ptr().cast::<ffi::PyTypeObject>();
            let new: Option<ffi::newfunc> = std::mem::transmute(ffi::PyType_GetSlot(class, ffi::Py_tp_new));
            let new = new.ok_or_else(|| PyTypeError::new_err("Row has no __new__"))?;
            Bound::from_owned_ptr_or_err(py, new(class, none.as_ptr(), std::ptr::null_mut()))?
        };
        let row = row.cast_into::<RowBase>()?;
        {
            let mut inner = lock(&row.get().inner);
            inner.fields = Some(names.clone().unbind());
            inner.content = content;
            inner.kind = kind;
        }
        Ok(row.into_any())
    }
}

/// The names that every `Row` has as attributes.
pub fn attributes(py: Python<'_>) -> PyResult<&Bound<'_, PyFrozenSet>> {
    Ok(RowClass::get(py)?.attributes.bind(py))
}
