//! Values that hold others: lists, dicts, tuples, rows.

use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyDict, PyList, PyMemoryView, PyString, PyTuple, PyType};

use super::mismatch::{Mismatch, Step};
use super::{Converted, Kind};
use crate::gate;
use crate::row::RowClass;

/// A list; of bytes (`Types.PRIMITIVE_ARRAY(Types.BYTE())`) Python's `bytes`.
pub struct Elements {
    kind: String,
    element: Kind,
    primitive: bool,
}

impl Elements {
    pub fn list(kind: &str, element: Kind) -> Self {
        Elements { kind: kind.to_owned(), element, primitive: false }
    }

    /// Without nulls.
    pub fn primitive(element: Kind) -> Self {
        Elements { kind: "PRIMITIVE_ARRAY".into(), element, primitive: true }
    }

    pub fn kind(&self) -> &str {
        &self.kind
    }

    pub fn element(&self) -> &Kind {
        &self.element
    }

    fn of_bytes(&self) -> bool {
        self.primitive && matches!(&self.element, Kind::Scalar(scalar) if scalar.is_byte())
    }

    fn is_byte_list(&self) -> bool {
        self.kind == "LIST" && matches!(&self.element, Kind::Scalar(scalar) if scalar.is_byte())
    }

    pub fn fits(&self, value: &Bound<'_, PyAny>) -> bool {
        if self.of_bytes() {
            return value.is_exact_instance_of::<PyBytes>();
        }
        if self.is_byte_list() && value.is_exact_instance_of::<PyBytes>() {
            return true; // it is bytes that a LIST of BYTE holds in PyFlink
        }
        value
            .cast_exact::<PyList>()
            .is_ok_and(|list| list.iter().all(|item| self.element.fits(&item) && !(self.primitive && item.is_none())))
    }

    pub fn convert<'py>(&self, value: Bound<'py, PyAny>) -> Converted<'py> {
        let py = value.py();
        let bytes_like = value.is_instance_of::<PyBytes>()
            || value.is_instance_of::<PyByteArray>()
            || value.is_instance_of::<PyMemoryView>();
        if self.of_bytes() && bytes_like {
            return Ok(py.get_type::<PyBytes>().call1((value,))?);
        }
        let what = if self.of_bytes() { "bytes" } else { "a list" };
        let expected = || format!("{what} (Types.{}({}))", self.kind, self.element.name());
        // a string would fall apart into its characters, a dict into its keys
        let no_list = bytes_like
            || value.is_instance_of::<PyString>()
            || value.is_instance_of::<PyDict>()
            || RowClass::get(py)?.is_row(&value)?;
        let Some(items) = (!no_list).then(|| value.try_iter().ok()).flatten() else {
            return Err(Mismatch::new(expected(), &value));
        };
        let made = PyList::empty(py);
        for (index, item) in items.enumerate() {
            let item = item?;
            let step = || Step::Item(index.to_string());
            if self.primitive && item.is_none() {
                return Err(Mismatch::new(
                    format!("a value, since a primitive array holds no None ({})", self.element.name()),
                    &item,
                )
                .under(step()));
            }
            made.append(self.element.part(item, step)?)?;
        }
        if self.of_bytes() {
            let bytes: Vec<i8> = made.extract()?;
            let bytes: Vec<u8> = bytes.into_iter().map(|byte| byte as u8).collect();
            return Ok(PyBytes::new(py, &bytes).into_any());
        }
        Ok(made.into_any())
    }
}

pub fn fits_map(keys: &Kind, values: &Kind, value: &Bound<'_, PyAny>) -> bool {
    value
        .cast_exact::<PyDict>()
        .is_ok_and(|dict| dict.iter().all(|(key, item)| !key.is_none() && keys.fits(&key) && values.fits(&item)))
}

pub fn convert_map<'py>(keys: &Kind, values: &Kind, value: Bound<'py, PyAny>) -> Converted<'py> {
    let expected = || format!("a dict (Types.MAP({}, {}))", keys.name(), values.name());
    let Ok(dict) = value.cast::<PyDict>() else { return Err(Mismatch::new(expected(), &value)) };
    let made = PyDict::new(value.py());
    for (key, item) in dict.iter() {
        if key.is_none() {
            return Err(Mismatch::new("a key, since a map holds no key None", &key));
        }
        let step = || Step::Item(gate::describe(&key));
        let converted = keys.part(key.clone(), step)?;
        made.set_item(converted, values.part(item, step)?)?;
    }
    Ok(made.into_any())
}

pub fn fits_tuple(fields: &[Kind], value: &Bound<'_, PyAny>) -> bool {
    value.cast_exact::<PyTuple>().is_ok_and(|tuple| {
        tuple.len() == fields.len() && fields.iter().zip(tuple.iter_borrowed()).all(|(field, item)| field.fits(&item))
    })
}

pub fn convert_tuple<'py>(fields: &[Kind], value: Bound<'py, PyAny>) -> Converted<'py> {
    let py = value.py();
    let mismatch = || Mismatch::new(format!("a tuple of {} (Types.TUPLE)", fields.len()), &value);
    let Some(items) = positions(&value)? else { return Err(mismatch()) };
    if items.len() != fields.len() {
        return Err(mismatch().with_hint(format!("it has {}", count(items.len()))));
    }
    let mut made = Vec::with_capacity(items.len());
    for (index, (field, item)) in fields.iter().zip(items).enumerate() {
        made.push(field.part(item, || Step::Item(index.to_string()))?);
    }
    Ok(PyTuple::new(py, made)?.into_any())
}

/// The fields of a row.
pub struct Fields {
    /// Shared by all rows made here, as rows of Flink's decoder share theirs.
    names: Py<PyList>,
    /// The names are f0, f1 and so on, since none were given: rows with other names go by position.
    unnamed: bool,
    kinds: Vec<Kind>,
}

impl Fields {
    pub fn new(py: Python<'_>, names: &[&str], kinds: Vec<Kind>) -> PyResult<Self> {
        let unnamed = names.iter().enumerate().all(|(index, name)| *name == format!("f{index}"));
        let names = PyList::new(py, names.iter().map(|name| PyString::intern(py, name)))?;
        Ok(Fields { names: names.unbind(), unnamed, kinds })
    }

    pub fn len(&self) -> usize {
        self.kinds.len()
    }

    fn name(&self, py: Python<'_>, index: usize) -> String {
        self.names.bind(py).get_item(index).map(|name| name.to_string()).unwrap_or_default()
    }

    fn expected(&self, py: Python<'_>) -> String {
        let names: Vec<String> = (0..self.len()).map(|index| self.name(py, index)).collect();
        format!("a Row of {} ({}; Types.ROW)", count(names.len()), names.join(", "))
    }

    pub fn fits(&self, value: &Bound<'_, PyAny>) -> bool {
        let py = value.py();
        let Ok(class) = RowClass::get(py) else { return false };
        if !class.is_exact(value) {
            return false;
        }
        let Some((names, values)) = class.parts(value) else { return false };
        let named = self.names.is(&names)
            || names.is_exact_instance_of::<PyList>() && names.eq(self.names.bind(py)).unwrap_or(false);
        named
            && values.cast_exact::<PyList>().is_ok_and(|values| {
                values.len() == self.kinds.len()
                    && self.kinds.iter().zip(values.iter()).all(|(kind, item)| kind.fits(&item))
            })
    }

    pub fn convert<'py>(&self, value: Bound<'py, PyAny>) -> Converted<'py> {
        let py = value.py();
        let class = RowClass::get(py)?;
        let is_row = class.is_row(&value)?;
        let mut made = self.values(&value, class, is_row)?;
        for (index, kind) in self.kinds.iter().enumerate() {
            if !kind.fits(&made[index]) {
                let converted = kind.convert(made[index].clone());
                made[index] = converted.map_err(|mismatch| mismatch.under(Step::Field(self.name(py, index))))?;
            }
        }
        let values = PyList::new(py, made)?;
        Ok(class.make(self.names.bind(py), values, is_row.then_some(&value))?)
    }

    /// The values in the order of the declared names: by name of a row that has names, a dict and an object with
    /// attributes; else by position.
    fn values<'py>(
        &self,
        value: &Bound<'py, PyAny>,
        class: &RowClass,
        is_row: bool,
    ) -> Result<Vec<Bound<'py, PyAny>>, Mismatch> {
        let py = value.py();
        let mismatch = || Mismatch::new(self.expected(py), value);
        if let Ok(dict) = value.cast::<PyDict>() {
            return self.by_name(dict, false, mismatch);
        }
        if let Some((names, values)) = is_row.then(|| class.parts(value)).flatten() {
            let by_position = names.is_none()
                || self.names.is(&names)
                || names.eq(self.names.bind(py))?
                || self.unnamed && !self.declares_one_of(&names)?;
            if !by_position {
                let pairs = PyDict::new(py);
                for (name, item) in names.try_iter()?.zip(values.try_iter()?) {
                    pairs.set_item(name?, item?)?;
                }
                return self.by_name(&pairs, true, mismatch);
            }
        }
        match positions(value)? {
            Some(items) if items.len() == self.len() => Ok(items),
            Some(items) => Err(mismatch().with_hint(format!("it has {}", count(items.len())))),
            None => match value.getattr(pyo3::intern!(py, "__dict__")) {
                Ok(attributes) if !value.is_instance_of::<PyType>() => match attributes.cast::<PyDict>() {
                    Ok(attributes) => self.by_name(attributes, false, mismatch),
                    Err(_) => Err(mismatch()),
                },
                _ => Err(mismatch()),
            },
        }
    }

    fn declares_one_of(&self, names: &Bound<'_, PyAny>) -> PyResult<bool> {
        let declared = self.names.bind(names.py());
        for name in names.try_iter()? {
            if declared.contains(name?)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// `complete`: a field that is missing is an error, and not None.
    fn by_name<'py>(
        &self,
        given: &Bound<'py, PyDict>,
        complete: bool,
        mismatch: impl Fn() -> Mismatch,
    ) -> Result<Vec<Bound<'py, PyAny>>, Mismatch> {
        let py = given.py();
        let names = self.names.bind(py);
        for name in given.keys() {
            if !names.contains(&name)? {
                return Err(mismatch().with_hint(format!("the field {} is not declared", gate::describe(&name))));
            }
        }
        let value = |name: Bound<'py, PyAny>| match given.get_item(&name)? {
            Some(value) => Ok(value),
            None if complete => Err(mismatch().with_hint(format!("it has no field {}", gate::describe(&name)))),
            None => Ok(py.None().into_bound(py)),
        };
        names.iter().map(value).collect()
    }
}

fn count(fields: usize) -> String {
    if fields == 1 { "1 field".to_owned() } else { format!("{fields} fields") }
}

/// The items of a tuple, a list or a row.
fn positions<'py>(value: &Bound<'py, PyAny>) -> PyResult<Option<Vec<Bound<'py, PyAny>>>> {
    Ok(if let Ok(tuple) = value.cast::<PyTuple>() {
        Some(tuple.iter().collect())
    } else if let Ok(list) = value.cast::<PyList>() {
        Some(list.iter().collect())
    } else if let Some((_, values)) = row_parts(value)? {
        Some(values.try_iter()?.collect::<PyResult<_>>()?)
    } else {
        None
    })
}

fn row_parts<'py>(value: &Bound<'py, PyAny>) -> PyResult<Option<(Bound<'py, PyAny>, Bound<'py, PyAny>)>> {
    let class = RowClass::get(value.py())?;
    Ok(if class.is_row(value)? { class.parts(value) } else { None })
}
