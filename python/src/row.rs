//! `flott.common.Row` without a call into Python: its slots are read and written where they lie.

use pyo3::exceptions::PyRuntimeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyList, PyType};

/// The class, and where its slots lie in an instance.
pub struct RowClass {
    class: Py<PyType>,
    names: isize,
    values: isize,
    kind: isize,
    insert: Py<PyAny>,
}

impl RowClass {
    pub fn get(py: Python<'_>) -> PyResult<&'static RowClass> {
        static CLASS: PyOnceLock<RowClass> = PyOnceLock::new();
        CLASS.get_or_try_init(py, || {
            let module = py.import("flott.common.types")?;
            let class = module.getattr("Row")?.cast_into::<PyType>().map_err(PyErr::from)?;
            let slot = |name: &str| offset(&class.getattr("__dict__")?.get_item(name)?);
            Ok(RowClass {
                names: slot("_fields")?,
                values: slot("_values")?,
                kind: slot("_row_kind")?,
                insert: module.getattr("_INSERT")?.unbind(),
                class: class.unbind(),
            })
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

    /// The names (None without) and the values of a row; `None` of one whose `__init__` never ran.
    #[inline]
    pub fn parts<'py>(&self, row: &Bound<'py, PyAny>) -> Option<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
        // SAFETY: the callers have seen that it is a row; what its slots hold is alive while it is, or null
        let read = |slot: isize| unsafe {
            let held = *row.as_ptr().cast::<u8>().offset(slot).cast::<*mut ffi::PyObject>();
            Bound::from_borrowed_ptr_or_opt(row.py(), held)
        };
        Some((read(self.names)?, read(self.values)?))
    }

    /// A row that keeps both lists as they are, of the kind of `like` where that is given.
    pub fn make<'py>(
        &self,
        names: &Bound<'py, PyList>,
        values: Bound<'py, PyList>,
        like: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = names.py();
        let kind = match like {
            Some(row) => row.getattr(pyo3::intern!(py, "_row_kind"))?,
            None => self.insert.bind(py).clone(),
        };
        let class = self.class.as_ptr().cast::<ffi::PyTypeObject>();
        // SAFETY: `PyType_GenericAlloc` is what the class itself allocates with; the new row's slots are null, and each
        // is given a reference of its own
        unsafe {
            let row = Bound::from_owned_ptr_or_err(py, ffi::PyType_GenericAlloc(class, 0))?;
            let write = |slot: isize, object: *mut ffi::PyObject| {
                *row.as_ptr().cast::<u8>().offset(slot).cast::<*mut ffi::PyObject>() = object;
            };
            write(self.names, names.clone().into_ptr());
            write(self.values, values.into_ptr());
            write(self.kind, kind.into_ptr());
            Ok(row)
        }
    }
}

/// Where a slot's descriptor says that it lies.
fn offset(descriptor: &Bound<'_, PyAny>) -> PyResult<isize> {
    if descriptor.get_type().name()? != "member_descriptor" {
        return Err(PyRuntimeError::new_err("Row is not a class of slots"));
    }
    // SAFETY: it is a member descriptor, which holds the definition of its member
    unsafe {
        let member = (*descriptor.as_ptr().cast::<ffi::PyMemberDescrObject>()).d_member;
        Ok((*member.cast::<ffi::PyMemberDef>()).offset)
    }
}
