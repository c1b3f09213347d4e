//! What is kept in state, as its descriptor declares it: what is read back is of that type, whenever it is read.

use std::sync::Arc;

use pyo3::prelude::*;

use crate::conform::{Conform, PyConform};

/// The declared type of a value, of a list's elements, or of a map's keys or values.
pub struct Typed {
    /// `None` where any object may be kept.
    conform: Option<Arc<Conform>>,
    /// `the value of state 'total'`.
    what: String,
}

impl Typed {
    /// `part` is `value`, `element` or `key`.
    pub fn new(type_info: &Bound<'_, PyAny>, part: &str, state: &str) -> PyResult<Self> {
        let conform = type_info.call_method0("_conform")?.extract::<PyRef<'_, PyConform>>()?.0.clone();
        Ok(Typed { conform, what: format!("the {part} of state '{state}'") })
    }

    /// The value as it is kept.
    #[inline]
    pub fn value<'py>(&self, value: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        match &self.conform {
            Some(conform) => conform.value(value, &self.what),
            None => Ok(value),
        }
    }
}
