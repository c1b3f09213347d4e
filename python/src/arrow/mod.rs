//! Columns from and to other libraries, by Arrow's PyCapsule interface: no copy, and no library of theirs.
//!
//! <https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html>

mod collect;
mod types;

use std::ffi::CStr;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, RecordBatch, RecordBatchIterator, RecordBatchOptions, RecordBatchReader, StructArray,
};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi};
use arrow::ffi_stream::{ArrowArrayStreamReader, FFI_ArrowArrayStream};
use flott::types::Shape;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCapsule, PyTuple};

use crate::convert::{from_python, to_python};
use crate::native::ColumnsType;

pub use collect::ArrowCollect;

const STREAM: &CStr = c"arrow_array_stream";
const ARRAY: &CStr = c"arrow_array";
const SCHEMA: &CStr = c"arrow_schema";

/// A column in Python's hands: its name, its type, its values, and which of them are there.
type Given<'py> = (String, String, Bound<'py, PyAny>, Option<Vec<u8>>);

/// A table in memory: record batches of one schema, with column types that the engine knows.
#[pyclass(module = "flott._flott", frozen)]
pub struct ArrowTable {
    pub columns: ColumnsType,
    pub batches: Vec<RecordBatch>,
}

impl ArrowTable {
    /// A table of what is read, in the engine's types.
    pub fn normalised(
        schema: SchemaRef,
        batches: impl Iterator<Item = Result<RecordBatch, ArrowError>>,
    ) -> PyResult<ArrowTable> {
        // before anything is read: the column that is of no known type can then be named
        let schema = Arc::new(types::known_schema(&schema)?);
        let convert = |batch: Result<RecordBatch, ArrowError>| {
            let batch = batch.map_err(raise)?;
            let columns = batch.columns().iter().zip(schema.fields());
            let columns = columns.map(|(column, field)| types::convert(column, field)).collect::<PyResult<_>>()?;
            of_rows(&schema, columns, batch.num_rows())
        };
        let batches = batches.map(convert).collect::<PyResult<_>>()?;
        Ok(ArrowTable { columns: ColumnsType { schema: schema.clone(), shape: Shape::Row }, batches })
    }

    fn column(&self, index: usize) -> PyResult<ArrayRef> {
        let Some(field) = self.columns.schema.fields().get(index) else {
            return Err(PyValueError::new_err(format!("there is no column {index}")));
        };
        let arrays: Vec<&dyn Array> = self.batches.iter().map(|batch| batch.column(index).as_ref()).collect();
        match arrays.as_slice() {
            [] => Ok(arrow::array::new_empty_array(field.data_type())),
            arrays => arrow::compute::concat(arrays).map_err(raise),
        }
    }
}

#[pymethods]
impl ArrowTable {
    /// From an object with `__arrow_c_stream__` or `__arrow_c_array__`.
    #[staticmethod]
    fn read(object: &Bound<'_, PyAny>) -> PyResult<ArrowTable> {
        if let Ok(export) = object.getattr("__arrow_c_stream__") {
            let capsule = export.call0()?;
            // SAFETY: the producer put a stream of the interface into a capsule of that name; what is moved out of it
            // is marked as released, so that the capsule does not release it again
            let reader = unsafe {
                let stream = pointer::<FFI_ArrowArrayStream>(&capsule, STREAM)?;
                ArrowArrayStreamReader::from_raw(stream).map_err(raise)?
            };
            return Self::normalised(reader.schema(), reader);
        }
        let pair = object.call_method0("__arrow_c_array__")?;
        let pair = pair.cast::<PyTuple>()?;
        // SAFETY: as above; the schema stays in its capsule, which outlives its use here
        let data = unsafe {
            let schema = pointer::<FFI_ArrowSchema>(&pair.get_item(0)?, SCHEMA)?;
            let array = pointer::<FFI_ArrowArray>(&pair.get_item(1)?, ARRAY)?;
            from_ffi(FFI_ArrowArray::from_raw(array), &*schema).map_err(raise)?
        };
        let DataType::Struct(fields) = data.data_type() else {
            let message =
                format!("a table is needed, and this is an array of type {}: make it a column", data.data_type());
            return Err(PyTypeError::new_err(message));
        };
        let schema = Arc::new(Schema::new(fields.clone()));
        let rows = data.len();
        let batch = of_rows(&schema, StructArray::from(data).into_parts().1, rows)?;
        Self::normalised(schema, std::iter::once(Ok(batch)))
    }

    /// From columns in Python's hands: `(name, values, valid)`. Values are a NumPy type's name with the bytes of an array of it,
    /// or a list of objects with a type's descriptor; `valid` is a byte for each row, 0 where it is null, or None.
    #[staticmethod]
    fn of_columns(py: Python<'_>, rows: usize, columns: Vec<Given<'_>>) -> PyResult<Self> {
        let (mut fields, mut arrays) = (Vec::new(), Vec::new());
        for (name, kind, values, valid) in columns {
            let nulls =
                valid.map(|valid| NullBuffer::new(BooleanBuffer::from_iter(valid.iter().map(|byte| *byte != 0))));
            let array = match values.cast::<PyBytes>() {
                Ok(bytes) => types::of_bytes(&kind, bytes.as_bytes(), rows, nulls)
                    .map_err(|error| PyTypeError::new_err(format!("the column '{name}': {error}")))?,
                Err(_) => {
                    let declared = ColumnsType::new(py, &kind)?;
                    let items: Vec<Py<PyAny>> = values.extract()?;
                    let field = declared.schema.field(0).clone().with_name(&name);
                    from_python::column(py, &items, &field).map_err(|misfit| misfit.error)?
                }
            };
            fields.push(Field::new(name, array.data_type().clone(), true));
            arrays.push(array);
        }
        let schema = Arc::new(Schema::new(fields));
        let batch = of_rows(&schema, arrays, rows)?;
        Self::normalised(schema, std::iter::once(Ok(batch)))
    }

    /// From records of these columns: tuples or rows.
    #[staticmethod]
    fn of_records(py: Python<'_>, columns: &ColumnsType, records: Vec<Py<PyAny>>) -> PyResult<Self> {
        let batch =
            from_python::columns(py, &records, &columns.schema, columns.shape).map_err(|misfit| misfit.error)?;
        Ok(ArrowTable { columns: columns.clone(), batches: vec![batch] })
    }

    #[getter]
    fn columns(&self) -> ColumnsType {
        self.columns.clone()
    }

    fn __len__(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// The table as a stream of Arrow's C interface. The types are as they are: a `requested_schema` is not looked at,
    /// as the interface allows.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let _ = requested_schema;
        let batches = self.batches.clone().into_iter().map(Ok::<_, ArrowError>);
        let reader = RecordBatchIterator::new(batches, self.columns.schema.clone());
        PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(Box::new(reader)), STREAM)
    }

    /// The values of a column as Python objects.
    fn objects(&self, py: Python<'_>, index: usize) -> PyResult<Vec<Py<PyAny>>> {
        to_python::column(py, &self.column(index)?)
    }

    /// `(NumPy type, bytes, valid)` of a column of numbers, truth values or times; None for any other.
    #[allow(clippy::type_complexity, reason = "three things that belong together for a moment")]
    fn buffers<'py>(
        &self,
        py: Python<'py>,
        index: usize,
    ) -> PyResult<Option<(&'static str, Bound<'py, PyBytes>, Option<Bound<'py, PyBytes>>)>> {
        let column = self.column(index)?;
        let Some((kind, bytes)) = types::bytes_of(&column) else { return Ok(None) };
        let valid = column.nulls().filter(|nulls| nulls.null_count() > 0);
        let valid = valid.map(|nulls| nulls.iter().map(u8::from).collect::<Vec<_>>());
        Ok(Some((kind, PyBytes::new(py, &bytes), valid.map(|valid| PyBytes::new(py, &valid)))))
    }
}

fn of_rows(schema: &SchemaRef, columns: Vec<ArrayRef>, rows: usize) -> PyResult<RecordBatch> {
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(schema.clone(), columns, &options).map_err(raise)
}

fn raise(error: ArrowError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// What a capsule of that name holds.
fn pointer<T>(object: &Bound<'_, PyAny>, name: &'static CStr) -> PyResult<*mut T> {
    Ok(object.cast::<PyCapsule>()?.pointer_checked(Some(name))?.cast::<T>().as_ptr())
}
