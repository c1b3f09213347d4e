//! The engine's opaque objects, over references to Python objects.

use std::any::Any;

use bytes::Bytes;
use flott::batch::{Data, Objects};
use flott::types::{Value, encode_text};
use flott::{Error, Result};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyFloat, PyInt, PyList, PyString, PyTuple};

use crate::convert::to_python;
use crate::gate;
use crate::row::RowClass;
use crate::state::pickled;

/// Owned references; dropping them attaches to the interpreter once for all of them.
pub struct PyObjects(Vec<Py<PyAny>>);

impl PyObjects {
    pub fn boxed(items: Vec<Py<PyAny>>) -> Box<dyn Objects> {
        Box::new(PyObjects(items))
    }

    pub fn data(items: Vec<Py<PyAny>>) -> Data {
        Data::Objects(Self::boxed(items))
    }

    pub fn items(&self) -> &[Py<PyAny>] {
        &self.0
    }

    /// The objects of a batch in either layout: columns are converted, rows becoming what their shape says.
    pub fn take(py: Python<'_>, data: Data) -> PyResult<Vec<Py<PyAny>>> {
        match data {
            Data::Columns(columns) => to_python::objects(py, &columns),
            Data::Objects(objects) => match objects.into_any().downcast::<PyObjects>() {
                Ok(mut objects) => Ok(std::mem::take(&mut objects.0)),
                Err(_) => Err(pyo3::exceptions::PyRuntimeError::new_err("a batch holds objects of another binding")),
            },
        }
    }
}

/// The objects that [`Objects::encode_all`] was given.
pub fn decode_all(bytes: &Bytes) -> Result<Box<dyn Objects>> {
    gate::enter(|py| {
        let loaded = pickled::loads(py, bytes, "records on their way")?;
        Ok(PyObjects::boxed(loaded.extract()?))
    })
}

/// Drops references while the interpreter is attached, without asking for each whether it is.
pub fn release(py: Python<'_>, items: impl IntoIterator<Item = Py<PyAny>>) {
    items.into_iter().for_each(|item| drop(item.into_bound(py)));
}

impl Drop for PyObjects {
    fn drop(&mut self) {
        if !self.0.is_empty() {
            let mut items = Some(std::mem::take(&mut self.0));
            Python::try_attach(|py| release(py, items.take().unwrap_or_default()));
            // after the interpreter is gone there is nothing to release to
            std::mem::forget(items);
        }
    }
}

impl Objects for PyObjects {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn byte_size(&self) -> usize {
        if self.0.is_empty() {
            return 0;
        }
        // of some objects, spread over the batch
        let step = self.0.len().div_ceil(16);
        let sampled = self.0.iter().step_by(step);
        let bytes: usize = sampled.clone().map(|object| size(object.as_ptr(), true)).sum();
        bytes * self.0.len() / sampled.len()
    }

    fn take(&self, indices: &[u32]) -> Box<dyn Objects> {
        let picked =
            Python::try_attach(|py| indices.iter().map(|index| self.0[*index as usize].clone_ref(py)).collect());
        PyObjects::boxed(picked.unwrap_or_default())
    }

    fn split_off(&mut self, at: usize) -> Box<dyn Objects> {
        PyObjects::boxed(self.0.split_off(at))
    }

    fn append(&mut self, other: Box<dyn Objects>) {
        if let Ok(mut other) = other.into_any().downcast::<PyObjects>() {
            self.0.append(&mut other.0);
        }
    }

    fn clone_box(&self) -> Box<dyn Objects> {
        let copied = Python::try_attach(|py| self.0.iter().map(|item| item.clone_ref(py)).collect());
        PyObjects::boxed(copied.unwrap_or_default())
    }

    fn describe(&self, index: usize) -> String {
        Python::try_attach(|py| gate::describe(self.0[index].bind(py))).unwrap_or_default()
    }

    fn key_value(&self, index: usize) -> Result<Value> {
        gate::enter(|py| key_value(self.0[index].bind(py)))
    }

    fn encode(&self, index: usize) -> Result<Vec<u8>> {
        gate::enter(|py| pickle(self.0[index].bind(py)))
    }

    fn encode_all(&self) -> Result<Vec<u8>> {
        gate::enter(|py| pickle(PyList::new(py, &self.0)?.as_any()))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

/// About what a Python object takes: exactly where that is a matter of one look, otherwise a guess. The interpreter
/// need not be attached.
fn size(object: *mut ffi::PyObject, items: bool) -> usize {
    const OBJECT: usize = 64;
    // SAFETY: a batch owns a reference to the object, and a tuple owns its items. Type and size of these types never
    // change while an object lives, so no other thread can write what is read here.
    unsafe {
        let count = || usize::try_from(ffi::Py_SIZE(object)).unwrap_or(0);
        if ffi::PyBytes_CheckExact(object) != 0 {
            OBJECT + count()
        } else if ffi::PyUnicode_CheckExact(object) != 0 {
            OBJECT + usize::try_from(ffi::PyUnicode_GetLength(object)).unwrap_or(0)
        } else if items && ffi::PyTuple_CheckExact(object) != 0 {
            let (all, looked_at) = (count(), count().min(32));
            let item = |at: usize| size(ffi::PyTuple_GetItem(object, at as isize), false);
            OBJECT + (0..looked_at).map(item).sum::<usize>() * all / looked_at.max(1)
        } else {
            2 * OBJECT
        }
    }
}

/// A key as a scalar with a canonical encoding; what has none is pickled. A row is the tuple of its fields.
pub fn key_value(key: &Bound<'_, PyAny>) -> PyResult<Value> {
    Ok(if key.is_none() {
        Value::Null
    } else if let Ok(text) = key.cast_exact::<PyString>() {
        Value::String(text.to_str()?.to_owned())
    } else if let Ok(truth) = key.cast_exact::<PyBool>() {
        Value::Boolean(truth.is_true())
    } else if key.is_exact_instance_of::<PyInt>() {
        match key.extract::<i64>() {
            Ok(number) => Value::Int(number),
            Err(_) => Value::Bytes(pickle_key(key)?),
        }
    } else if let Ok(number) = key.cast_exact::<PyFloat>() {
        Value::Float(number.value())
    } else if let Ok(bytes) = key.cast_exact::<PyBytes>() {
        Value::Bytes(bytes.as_bytes().to_vec())
    } else if let Ok(tuple) = key.cast_exact::<PyTuple>() {
        Value::Row(tuple.iter().map(|item| key_value(&item)).collect::<PyResult<_>>()?)
    } else if let Ok(list) = key.cast_exact::<PyList>() {
        Value::List(list.iter().map(|item| key_value(&item)).collect::<PyResult<_>>()?)
    } else if RowClass::get(key.py())?.is_exact(key) {
        Value::Row(key.try_iter()?.map(|item| key_value(&item?)).collect::<PyResult<_>>()?)
    } else {
        Value::Bytes(pickle_key(key)?)
    })
}

/// Appends the canonical encoding of a key.
pub fn encode_key(key: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> PyResult<()> {
    match key.cast_exact::<PyString>() {
        Ok(text) => encode_text(text.to_str()?, out),
        Err(_) => key_value(key)?.encode_key(out),
    }
    Ok(())
}

/// What stands for a key in a dict: keys are the same when their canonical encodings are. Python would find 1, 1.0 and
/// True equal, and would not take a list.
pub fn key_identity<'py>(key: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    if key.is_exact_instance_of::<PyString>() || key.is_exact_instance_of::<PyInt>() || key.is_none() {
        return Ok(key.clone());
    }
    let mut encoded = Vec::new();
    key_value(key)?.encode_key(&mut encoded);
    Ok(PyBytes::new(key.py(), &encoded).into_any())
}

/// Equal objects give equal bytes: without pickle's memo, which tells one object used twice from two equal ones.
pub fn pickle_key(object: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    let py = object.py();
    let buffer = py.import("io")?.call_method0("BytesIO")?;
    let pickler = py.import("pickle")?.call_method1("Pickler", (&buffer, 5))?;
    pickler.setattr("fast", true)?;
    pickler.call_method1("dump", (object,))?;
    buffer.call_method0("getvalue")?.extract()
}

fn pickle(object: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    // protocol 5 is in every supported Python, and its bytes must not change with the interpreter's default
    object.py().import("pickle")?.call_method1("dumps", (object, 5))?.extract()
}

/// The objects of a batch, when a binding's operator has put them there.
pub fn downcast(data: &Data) -> Result<&PyObjects> {
    match data {
        Data::Objects(objects) => objects.as_any().downcast_ref(),
        Data::Columns(_) => None,
    }
    .ok_or_else(|| Error::internal("an operator over Python objects was given columns"))
}
