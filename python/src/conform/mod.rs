//! Declared types as conversions: what Flink's serializers do to a value between two operators.
//!
//! A [`Conform`] is compiled from a type's descriptor once. A value that is exactly what was declared is found so
//! without an allocation and handed on as the object it is; any other is converted, or refused with the field's path.

mod mismatch;
mod nested;
mod scalar;

use std::sync::Arc;

use flott::{Error, Result};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};
use serde_json::Value as Json;

use crate::gate::raise;
use crate::types;
use mismatch::{Mismatch, Step};
use nested::{Elements, Fields};
use scalar::Scalar;

pub use scalar::utc;

/// How values of one declared type are checked and converted.
pub struct Conform(Kind);

type Converted<'py> = std::result::Result<Bound<'py, PyAny>, Mismatch>;

enum Kind {
    /// Any object.
    Any,
    Scalar(Scalar),
    Elements(Box<Elements>),
    Map(Box<(Kind, Kind)>),
    Tuple(Vec<Kind>),
    Row(Box<Fields>),
}

impl Conform {
    /// `None` for a type that any object is of: nothing is to be done then.
    ///
    /// `narrowing`: whole numbers that are too large lose their upper bits, as in Java's casts.
    pub fn new(py: Python<'_>, descriptor: &Json, narrowing: bool) -> Result<Option<Conform>> {
        Ok(match Kind::new(py, descriptor, narrowing)? {
            Kind::Any => None,
            kind => Some(Conform(kind)),
        })
    }

    /// The value as the declared type has it; `what` names it in the TypeError for one that is not of the type.
    #[inline]
    pub fn value<'py>(&self, value: Bound<'py, PyAny>, what: &str) -> PyResult<Bound<'py, PyAny>> {
        if self.0.fits(&value) {
            return Ok(value);
        }
        self.0.convert(value).map_err(|mismatch| mismatch.into_error(what))
    }
}

impl Kind {
    fn new(py: Python<'_>, descriptor: &Json, narrowing: bool) -> Result<Kind> {
        let name = descriptor["kind"]
            .as_str()
            .ok_or_else(|| Error::internal(format!("a declared type has no kind: {descriptor}")))?;
        let inner = |key: &str| Kind::new(py, &descriptor[key], narrowing);
        let fields = || -> Result<Vec<Kind>> {
            let fields = descriptor["fields"].as_array().map(Vec::as_slice).unwrap_or_default();
            fields.iter().map(|field| Kind::new(py, field, narrowing)).collect()
        };
        Ok(match name {
            "PICKLED_BYTE_ARRAY" => Kind::Any,
            "LIST" | "BASIC_ARRAY" | "OBJECT_ARRAY" => {
                Kind::Elements(Box::new(Elements::list(name, inner("element")?)))
            }
            "PRIMITIVE_ARRAY" => Kind::Elements(Box::new(Elements::primitive(inner("element")?))),
            "MAP" => Kind::Map(Box::new((inner("key")?, inner("value")?))),
            "TUPLE" => Kind::Tuple(fields()?),
            "ROW" => {
                let names = descriptor["names"].as_array().map(Vec::as_slice).unwrap_or_default();
                let names: Vec<&str> = names.iter().filter_map(Json::as_str).collect();
                let fields = Fields::new(py, &names, fields()?);
                Kind::Row(Box::new(fields.map_err(|error| Error::internal(error.to_string()))?))
            }
            name => match Scalar::new(name) {
                Some(scalar) => Kind::Scalar(if narrowing { scalar.narrowing() } else { scalar }),
                None => return Err(Error::internal(format!("there is no declared type '{name}'"))),
            },
        })
    }

    /// Whether the value is exactly what the type says, so that it stays the object it is.
    fn fits(&self, value: &Bound<'_, PyAny>) -> bool {
        match self {
            Kind::Any => true,
            Kind::Scalar(scalar) => scalar.fits(value) || value.is_none(),
            _ if value.is_none() => true,
            Kind::Elements(elements) => elements.fits(value),
            Kind::Map(kinds) => nested::fits_map(&kinds.0, &kinds.1, value),
            Kind::Tuple(fields) => nested::fits_tuple(fields, value),
            Kind::Row(fields) => fields.fits(value),
        }
    }

    fn convert<'py>(&self, value: Bound<'py, PyAny>) -> Converted<'py> {
        match self {
            Kind::Any => Ok(value),
            _ if value.is_none() => Ok(value),
            Kind::Scalar(scalar) => scalar.convert(value),
            Kind::Elements(elements) => elements.convert(value),
            Kind::Map(kinds) => nested::convert_map(&kinds.0, &kinds.1, value),
            Kind::Tuple(fields) => nested::convert_tuple(fields, value),
            Kind::Row(fields) => fields.convert(value),
        }
    }

    /// A part of a larger value, which stands at `step` there.
    fn part<'py>(&self, value: Bound<'py, PyAny>, step: impl FnOnce() -> Step) -> Converted<'py> {
        if self.fits(&value) {
            return Ok(value);
        }
        self.convert(value).map_err(|mismatch| mismatch.under(step()))
    }

    /// The type as messages name it.
    fn name(&self) -> String {
        match self {
            Kind::Any => "PICKLED_BYTE_ARRAY".into(),
            Kind::Scalar(scalar) => scalar.name().into(),
            Kind::Elements(elements) => format!("{}({})", elements.kind(), elements.element().name()),
            Kind::Map(kinds) => format!("MAP({}, {})", kinds.0.name(), kinds.1.name()),
            Kind::Tuple(fields) => format!("TUPLE of {}", fields.len()),
            Kind::Row(fields) => format!("ROW of {}", fields.len()),
        }
    }
}

/// The types that a program declared for what an operator emits; the default is any object.
#[derive(Default)]
pub struct Declared {
    pub result: Option<Arc<Conform>>,
    /// Of side outputs, by their ids.
    pub sides: Vec<(String, Arc<Conform>)>,
}

impl Declared {
    pub fn new(result: Option<&PyConform>, sides: Vec<(String, PyRef<'_, PyConform>)>) -> Self {
        let sides = sides.into_iter().filter_map(|(id, conform)| Some((id, conform.0.clone()?)));
        Declared { result: result.and_then(|conform| conform.0.clone()), sides: sides.collect() }
    }

    /// A result as its declared type has it; `what` names it in the TypeError for one that is not of the type.
    #[inline]
    pub fn result<'py>(&self, value: Bound<'py, PyAny>, what: &str) -> PyResult<Bound<'py, PyAny>> {
        match &self.result {
            Some(conform) => conform.value(value, what),
            None => Ok(value),
        }
    }

    /// A record for the side output of that id, as its declared type has it.
    pub fn side<'py>(&self, id: &str, value: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        match self.sides.iter().find(|(known, _)| known == id) {
            Some((_, conform)) => conform.value(value, &format!("the record for the side output '{id}'")),
            None => Ok(value),
        }
    }
}

/// A declared type for Python's side: `Conform(descriptor)`.
#[pyclass(module = "flott._flott", name = "Conform", frozen)]
pub struct PyConform(pub Option<Arc<Conform>>);

#[pymethods]
impl PyConform {
    /// From a type's descriptor as JSON.
    #[new]
    #[pyo3(signature = (descriptor, narrowing=false))]
    fn new(py: Python<'_>, descriptor: &str, narrowing: bool) -> PyResult<Self> {
        let made = types::parse(descriptor).and_then(|descriptor| Conform::new(py, &descriptor, narrowing));
        made.map(|conform| PyConform(conform.map(Arc::new))).map_err(|error| raise(py, error))
    }

    /// The value, converted; a TypeError names it `what`.
    fn value<'py>(&self, value: Bound<'py, PyAny>, what: &str) -> PyResult<Bound<'py, PyAny>> {
        match &self.0 {
            Some(conform) => conform.value(value, what),
            None => Ok(value),
        }
    }

    /// The values of a list, converted; a TypeError names one `what[index]`.
    fn values<'py>(&self, values: &Bound<'py, PyList>, what: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyList>> {
        let Some(conform) = &self.0 else { return Ok(values.clone()) };
        let made = PyList::empty(values.py());
        for (index, value) in values.iter().enumerate() {
            if conform.0.fits(&value) {
                made.append(value)?;
            } else {
                let converted = conform.0.convert(value);
                made.append(converted.map_err(|mismatch| mismatch.into_error(&format!("{what}[{index}]")))?)?;
            }
        }
        Ok(made)
    }
}
