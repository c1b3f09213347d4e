//! What a `Row` is made of: the base of `flott.common.types.Row`, which adds the methods.
//!
//! A row of a batch of columns is light: it knows its batch and its place there, and a field becomes a Python object
//! when it is read, once. When few rows of a batch are left, they take what is theirs, so that a row that is kept somewhere
//! does not keep a whole batch.

mod class;
mod source;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::array::ArrayRef;
use pyo3::exceptions::{PyAttributeError, PyIndexError, PyKeyError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt, PyIterator, PyList, PyString, PyTuple};
use pyo3::{PyTraverseError, PyVisit, ffi};

use self::class::attributes;
use self::source::{Place, Source};

pub use class::RowClass;

type Values = Vec<Py<PyAny>>;

#[derive(Default)]
enum Content {
    /// `__init__` has not run.
    #[default]
    Nothing,
    Own(Py<PyList>),
    /// The fields that were read, none of them before the first was; without a place once all were.
    Light {
        place: Option<Place>,
        read: Vec<Option<Py<PyAny>>>,
        missing: usize,
    },
}

#[derive(Default)]
struct Inner {
    fields: Option<Py<PyList>>,
    /// `None` for INSERT.
    kind: Option<Py<PyAny>>,
    content: Content,
}

/// See `flott.common.types.Row`.
#[pyclass(module = "flott._flott", subclass, frozen)]
#[derive(Default)]
pub struct RowBase {
    inner: Mutex<Inner>,
}

/// Held for a moment, never while Python runs.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[pymethods]
impl RowBase {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyAny>, _kwargs: Option<&Bound<'_, PyAny>>) -> Self {
        RowBase::default()
    }

    /// Makes a row of ``args``, or of ``kwargs`` with their names.
    ///
    /// :raises ValueError: if both are given
    #[pyo3(signature = (*args, **kwargs))]
    fn __init__(&self, args: &Bound<'_, PyTuple>, kwargs: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
        let (fields, values) = match kwargs.filter(|kwargs| !kwargs.is_empty()) {
            None => (None, args.to_list()),
            Some(_) if !args.is_empty() => {
                return Err(PyValueError::new_err("Can not use both args and kwargs to create Row"));
            }
            Some(kwargs) => (Some(kwargs.keys().unbind()), kwargs.values()),
        };
        let made = Inner { fields, kind: None, content: Content::Own(values.unbind()) };
        let before = std::mem::replace(&mut *lock(&self.inner), made);
        drop(before);
        Ok(())
    }

    /// Equal kinds and equal fields; between rows with names the order of the names does not count.
    fn __eq__(&self, py: Python<'_>, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        let Ok(other) = other.cast::<RowBase>() else { return Ok(false) };
        let other = other.get();
        if !self._row_kind(py)?.is(&other._row_kind(py)?) {
            return Ok(false);
        }
        let (values, others) = (self._values(py)?, other._values(py)?);
        match (self._fields(py), other._fields(py)) {
            (None, None) => values.eq(others),
            (Some(fields), Some(other_fields)) => {
                let (fields, other_fields) = (fields.bind(py), other_fields.bind(py));
                if fields.is(other_fields) || fields.eq(other_fields)? {
                    return values.eq(others);
                }
                by_name(fields, &values)?.eq(by_name(other_fields, &others)?)
            }
            _ => Ok(false),
        }
    }

    /// The names of the fields, or None.
    #[getter]
    fn _fields(&self, py: Python<'_>) -> Option<Py<PyList>> {
        lock(&self.inner).fields.as_ref().map(|fields| fields.clone_ref(py))
    }

    #[setter(_fields)]
    fn set_fields(&self, fields: Option<Py<PyList>>) {
        let before = std::mem::replace(&mut lock(&self.inner).fields, fields);
        drop(before);
    }

    /// The values of the fields: the row's own list.
    #[getter]
    fn _values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let (untouched, width) = match &lock(&self.inner).content {
            Content::Nothing => return Err(PyAttributeError::new_err("_values")),
            Content::Own(values) => return Ok(values.bind(py).clone()),
            Content::Light { place: Some(place), read, .. } => {
                (read.is_empty().then(|| (place.source.clone(), place.row)), place.source.width)
            }
            Content::Light { read, .. } => (None, read.len()),
        };
        let values = match untouched {
            Some((source, row)) => source.cells(py, row)?,
            None => (0..width).map(|field| self.value(py, field)).collect::<PyResult<_>>()?,
        };
        let values = PyList::new(py, values)?;
        let before = std::mem::replace(&mut lock(&self.inner).content, Content::Own(values.clone().unbind()));
        drop(before);
        Ok(values)
    }

    #[setter(_values)]
    fn set_values(&self, values: Py<PyList>) {
        let before = std::mem::replace(&mut lock(&self.inner).content, Content::Own(values));
        drop(before);
    }

    #[getter]
    fn _row_kind(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        if let Some(kind) = &lock(&self.inner).kind {
            return Ok(kind.clone_ref(py));
        }
        Ok(RowClass::get(py)?.insert().clone_ref(py))
    }

    #[setter(_row_kind)]
    fn set_row_kind(&self, py: Python<'_>, kind: Py<PyAny>) -> PyResult<()> {
        let kind = (!RowClass::get(py)?.insert().is(&kind)).then_some(kind);
        let before = std::mem::replace(&mut lock(&self.inner).kind, kind);
        drop(before);
        Ok(())
    }

    fn __getattribute__<'py>(slf: &Bound<'py, Self>, name: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyAny>> {
        let (py, row) = (slf.py(), slf.get());
        if RowClass::get(py)?.is_exact(slf)
            && let Some(field) = row.interned(py, name)
            && !row.hides(py, field, name)?
        {
            return Ok(row.value(py, field)?.into_bound(py));
        }
        // SAFETY: both are live references; the result is a new one, or null with an exception set
        unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyObject_GenericGetAttr(slf.as_ptr(), name.as_ptr())) }
    }

    /// For what is neither an attribute nor a field by the very same name.
    fn __getattr__<'py>(&self, py: Python<'py>, name: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyAny>> {
        if matches!(lock(&self.inner).content, Content::Nothing) {
            return Err(PyAttributeError::new_err(name.clone().unbind()));
        }
        let Some(fields) = self._fields(py) else { return Err(no_names(name)) };
        match self.named(py, fields.bind(py), name)? {
            Some(field) => Ok(self.value(py, field)?.into_bound(py)),
            None => Err(PyAttributeError::new_err(format!(
                "the row has no field {}: its fields are {}",
                name.repr()?,
                joined(fields.bind(py))?
            ))),
        }
    }

    fn __getitem__<'py>(&self, item: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = item.py();
        if let Ok(name) = item.cast_exact::<PyString>() {
            if let Some(field) = self.interned(py, name) {
                return Ok(self.value(py, field)?.into_bound(py));
            }
            let Some(fields) = self._fields(py) else { return Err(no_names(name)) };
            return match self.named(py, fields.bind(py), name)? {
                Some(field) => Ok(self.value(py, field)?.into_bound(py)),
                None => Err(unknown(name, fields.bind(py))?),
            };
        }
        if item.is_exact_instance_of::<PyInt>() {
            let width = self.__len__(py);
            let at: isize = item.extract().map_err(|_| PyIndexError::new_err("list index out of range"))?;
            let at = if at < 0 { at + width as isize } else { at };
            return match usize::try_from(at) {
                Ok(field) if field < width => Ok(self.value(py, field)?.into_bound(py)),
                _ => Err(PyIndexError::new_err("list index out of range")),
            };
        }
        self._values(py)?.as_any().get_item(item)
    }

    fn __setitem__(&self, key: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = key.py();
        let values = self._values(py)?;
        let Ok(name) = key.cast_exact::<PyString>() else { return values.as_any().set_item(key, value) };
        let Some(fields) = self._fields(py) else { return Err(PyKeyError::new_err(name.clone().unbind())) };
        match self.named(py, fields.bind(py), name)? {
            Some(field) => values.set_item(field, value),
            None => Err(unknown(name, fields.bind(py))?),
        }
    }

    fn __len__(&self, py: Python<'_>) -> usize {
        match &lock(&self.inner).content {
            Content::Nothing => 0,
            Content::Own(values) => values.bind(py).len(),
            Content::Light { place, read, .. } => place.as_ref().map_or(read.len(), |place| place.source.width),
        }
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        self._values(py)?.try_iter()
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // what is being changed at the moment is in use
        let Ok(inner) = self.inner.try_lock() else { return Ok(()) };
        visit.call(&inner.fields)?;
        visit.call(&inner.kind)?;
        match &inner.content {
            Content::Nothing => Ok(()),
            Content::Own(values) => visit.call(values),
            Content::Light { read, .. } => read.iter().try_for_each(|value| visit.call(value)),
        }
    }

    fn __clear__(&self) {
        let before = std::mem::take(&mut *lock(&self.inner));
        drop(before);
    }
}

impl RowBase {
    /// A field's value.
    fn value(&self, py: Python<'_>, field: usize) -> PyResult<Py<PyAny>> {
        let (source, row) = match &lock(&self.inner).content {
            Content::Nothing => return Err(PyAttributeError::new_err("_values")),
            Content::Own(values) => return Ok(values.bind(py).get_item(field)?.unbind()),
            Content::Light { place, read, .. } => match (read.get(field), place) {
                (Some(Some(value)), _) => return Ok(value.clone_ref(py)),
                (_, Some(place)) => (place.source.clone(), place.row),
                _ => return Err(PyIndexError::new_err("list index out of range")),
            },
        };
        let made = source.cell(py, row, field);
        let mut done = None;
        let mut inner = lock(&self.inner);
        if let Content::Light { place, read, missing } = &mut inner.content {
            if read.is_empty() {
                read.resize_with(source.width, || None);
            }
            if let Some(first) = &read[field] {
                // another thread was faster: a field has one object
                let first = first.clone_ref(py);
                drop(inner);
                return Ok(first);
            }
            let Ok(value) = &made else { return made };
            read[field] = Some(value.clone_ref(py));
            *missing -= 1;
            if *missing == 0 {
                done = place.take();
            }
        }
        drop(inner);
        drop(done);
        made
    }

    /// The field whose name is this very object, as names in a program and in a row usually are.
    fn interned(&self, py: Python<'_>, name: &Bound<'_, PyString>) -> Option<usize> {
        let inner = lock(&self.inner);
        let fields = inner.fields.as_ref()?.bind(py);
        let width = match &inner.content {
            Content::Nothing => 0,
            Content::Own(values) => values.bind(py).len(),
            Content::Light { place, read, .. } => place.as_ref().map_or(read.len(), |place| place.source.width),
        };
        // SAFETY: the list is alive, and nothing changes it while this thread is attached and runs no Python
        let same = |at: &usize| unsafe { ffi::PyList_GetItem(fields.as_ptr(), *at as isize) } == name.as_ptr();
        (0..fields.len().min(width)).find(same)
    }

    fn named(&self, py: Python<'_>, fields: &Bound<'_, PyList>, name: &Bound<'_, PyString>) -> PyResult<Option<usize>> {
        for (at, field) in fields.iter().enumerate().take(self.__len__(py)) {
            if field.eq(name)? {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    /// Whether an attribute of the class stands before the field.
    fn hides(&self, py: Python<'_>, field: usize, name: &Bound<'_, PyString>) -> PyResult<bool> {
        if let Content::Light { place: Some(place), .. } = &lock(&self.inner).content {
            return Ok(place.source.hidden[field]);
        }
        attributes(py)?.contains(name)
    }
}

/// A row for each of `len` records of these columns.
pub fn light(py: Python<'_>, names: &[&str], columns: &[ArrayRef], len: usize) -> PyResult<Values> {
    let class = RowClass::get(py)?;
    let source = Arc::new(Source::new(py, names, columns, len)?);
    let names = interned_names(py, names)?;
    let content = |row| {
        let place = Some(Place { source: source.clone(), row });
        Content::Light { place, read: Vec::new(), missing: columns.len() }
    };
    (0..len).map(|row| Ok(class.with(&names, content(row), None)?.unbind())).collect()
}

/// Names as a list that rows share.
pub fn interned_names<'py>(py: Python<'py>, names: &[&str]) -> PyResult<Bound<'py, PyList>> {
    PyList::new(py, names.iter().map(|name| PyString::intern(py, name)))
}

/// The fields that have a name.
fn by_name<'py>(fields: &Bound<'py, PyList>, values: &Bound<'py, PyList>) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(fields.py());
    for (field, value) in fields.iter().zip(values.iter()) {
        dict.set_item(field, value)?;
    }
    Ok(dict)
}

fn no_names(name: &Bound<'_, PyString>) -> PyErr {
    match name.repr() {
        Ok(name) => {
            PyAttributeError::new_err(format!("the row has no field names, so no field {name}: read it by position"))
        }
        Err(error) => error,
    }
}

fn unknown(name: &Bound<'_, PyString>, fields: &Bound<'_, PyList>) -> PyResult<PyErr> {
    Ok(PyValueError::new_err(format!("{}: the row's fields are {}", name.to_string_lossy(), joined(fields)?)))
}

fn joined(fields: &Bound<'_, PyList>) -> PyResult<String> {
    Ok(fields.iter().map(|field| field.str().map(|text| text.to_string())).collect::<PyResult<Vec<_>>>()?.join(", "))
}
