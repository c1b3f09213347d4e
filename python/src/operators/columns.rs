//! Objects to columns of a declared type, in front of a native connector.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringBuilder};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use flott::batch::{Batch, Columns, Data};
use flott::operator::{Operator, OperatorFactory, Output, SubtaskContext};
use flott::types::Shape;
use flott::{Error, ErrorKind, Result};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::convert::from_python::{self, Misfit};
use crate::function::Callable;
use crate::gate;
use crate::objects::PyObjects;

/// A column that a Python function computes from each record: `topic` for a topic selector.
pub struct Extra {
    pub name: String,
    pub function: Py<PyAny>,
}

pub struct ToColumns {
    pub schema: SchemaRef,
    pub shape: Shape,
    /// Applied to each record first: how it is written as text, for example.
    pub prepare: Option<Py<PyAny>>,
    pub extra: Vec<Extra>,
}

impl ToColumns {
    /// The type of what is emitted.
    fn output(&self) -> (SchemaRef, Shape) {
        if self.extra.is_empty() {
            return (self.schema.clone(), self.shape);
        }
        let extra = self.extra.iter().map(|extra| Arc::new(Field::new(&extra.name, DataType::Utf8, true)));
        let fields: Vec<_> = self.schema.fields().iter().cloned().chain(extra).collect();
        (Arc::new(Schema::new(fields)), Shape::Row)
    }

    pub fn factory(self) -> Arc<dyn OperatorFactory> {
        let shared = Arc::new(self);
        Arc::new(move |_: &SubtaskContext| Ok(Box::new(Convert(shared.clone())) as Box<dyn Operator>))
    }

    fn convert(&self, py: Python<'_>, data: Data) -> PyResult<(Columns, usize, Option<Error>)> {
        let (schema, shape) = self.output();
        if let Data::Columns(columns) = &data
            && self.extra.is_empty()
            && self.prepare.is_none()
            && columns.records.schema_ref().fields() == schema.fields()
        {
            let rows = columns.records.num_rows();
            return Ok((columns.clone(), rows, None));
        }
        let mut items = PyObjects::take(py, data)?;
        let mut failure = None;
        let mut fail = |py, items: &mut Vec<Py<PyAny>>, row: usize, error: PyErr, user: bool| {
            let input = gate::describe(items[row].bind(py));
            items.truncate(row);
            failure = Some(match user {
                true => gate::carry(py, error).with_input(input),
                false => Error::new(ErrorKind::Data, error.value(py).to_string())
                    .with_input(input)
                    .with_hint("change the record in a map() before, or the declared type"),
            });
        };
        let mut extra: Vec<Vec<Option<String>>> = Vec::new();
        for Extra { name, function } in &self.extra {
            let function = Callable::new(function.bind(py));
            let mut column = Vec::with_capacity(items.len());
            for row in 0..items.len() {
                let text = function.one(&items[row]).and_then(|value| text(&value, name));
                match text {
                    Ok(text) => column.push(text),
                    Err(error) => {
                        fail(py, &mut items, row, error, true);
                        break;
                    }
                }
            }
            extra.push(column);
        }
        if let Some(prepare) = &self.prepare {
            let prepare = Callable::new(prepare.bind(py));
            for row in 0..items.len() {
                match prepare.one(&items[row]) {
                    Ok(prepared) => items[row] = prepared.unbind(),
                    Err(error) => {
                        fail(py, &mut items, row, error, true);
                        break;
                    }
                }
            }
        }
        let records = match from_python::columns(py, &items, &self.schema, self.shape) {
            Ok(records) => records,
            Err(Misfit { row, error }) => {
                fail(py, &mut items, row, error, false);
                from_python::columns(py, &items, &self.schema, self.shape).map_err(|misfit| misfit.error)?
            }
        };
        let mut arrays: Vec<ArrayRef> = records.columns().to_vec();
        for column in extra {
            let mut builder = StringBuilder::new();
            column.into_iter().take(items.len()).for_each(|text| builder.append_option(text));
            arrays.push(Arc::new(builder.finish()));
        }
        let records = RecordBatch::try_new(schema, arrays).map_err(|error| PyTypeError::new_err(error.to_string()))?;
        Ok((Columns::new(records, shape), items.len(), failure))
    }
}

fn text(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Option<String>> {
    if value.is_none() {
        return Ok(None);
    }
    match value.cast::<PyString>() {
        Ok(text) => Ok(Some(text.to_str()?.to_owned())),
        Err(_) => Err(PyTypeError::new_err(format!("the {name} must be a str, not {}", gate::describe(value)))),
    }
}

struct Convert(Arc<ToColumns>);

impl Operator for Convert {
    fn process(&mut self, _input: usize, batch: Batch, output: &mut Output) -> Result<()> {
        let Batch { data, timestamps, row_kinds, .. } = batch;
        let (columns, rows, failure) = gate::enter(|py| self.0.convert(py, data))?;
        let mut converted = Batch::new(Data::Columns(columns)).with_timestamps(timestamps.map(|mut times| {
            times.truncate(rows);
            times
        }));
        converted.row_kinds = row_kinds.map(|mut kinds| {
            kinds.truncate(rows);
            kinds
        });
        output.emit(converted);
        failure.map_or(Ok(()), Err)
    }
}
