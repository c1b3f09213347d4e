//! Events: Python objects, or rows of columns that become objects where Python asks for them.

use std::sync::OnceLock;

use flott::batch::Columns;
use flott::operator::cep::rows::Row;
use flott::types::Shape;
use pyo3::prelude::*;

use crate::convert::to_python;

pub struct Event {
    object: OnceLock<Py<PyAny>>,
    pub row: Option<Row>,
}

impl Event {
    pub fn of_object(object: Py<PyAny>) -> Event {
        Event { object: OnceLock::from(object), row: None }
    }

    pub fn of_row(row: Row) -> Event {
        Event { object: OnceLock::new(), row: Some(row) }
    }

    pub fn of_both(row: Row, object: Py<PyAny>) -> Event {
        Event { object: OnceLock::from(object), row: Some(row) }
    }

    /// The object itself; of a row the one that is made when it is asked for first.
    pub fn object(&self, py: Python<'_>, shape: Shape) -> PyResult<&Py<PyAny>> {
        if let Some(known) = self.object.get() {
            return Ok(known);
        }
        let row = self.row.as_ref().map(|row| Columns::new(row.alone(), shape));
        let made = row.map(|columns| to_python::objects(py, &columns)).transpose()?;
        let made = made.and_then(|objects| objects.into_iter().next()).unwrap_or_else(|| py.None());
        Ok(self.object.get_or_init(|| made))
    }

    /// Drops the reference while the interpreter is attached.
    pub fn release(self, py: Python<'_>) {
        if let Some(object) = self.object.into_inner() {
            drop(object.into_bound(py));
        }
    }
}
