//! A sink that keeps the columns it is given, for `execute_and_collect_arrow()`.

use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::RecordBatch;
use flott::batch::{Batch, Data};
use flott::connector::{Sink, SinkWriter};
use flott::operator::SubtaskContext;
use flott::types::RowKind;
use flott::{Error, Result};
use pyo3::prelude::*;

use super::{ArrowTable, of_rows};
use crate::native::ColumnsType;

/// The columns that have arrived.
#[pyclass(module = "flott._flott", frozen)]
#[derive(Clone)]
pub struct ArrowCollect {
    columns: ColumnsType,
    batches: Arc<Mutex<Vec<RecordBatch>>>,
}

impl ArrowCollect {
    pub fn new(columns: ColumnsType) -> Self {
        ArrowCollect { columns, batches: Arc::default() }
    }
}

#[pymethods]
impl ArrowCollect {
    /// Takes what there is.
    fn table(&self) -> PyResult<ArrowTable> {
        let batches = std::mem::take(&mut *self.batches.lock().unwrap_or_else(PoisonError::into_inner));
        let fields = self.columns.schema.fields().iter().map(|field| field.as_ref().clone().with_nullable(true));
        let schema = Arc::new(arrow::datatypes::Schema::new(fields.collect::<Vec<_>>()));
        let batch = |batch: RecordBatch| of_rows(&schema, batch.columns().to_vec(), batch.num_rows());
        let batches = batches.into_iter().map(batch).collect::<PyResult<_>>()?;
        Ok(ArrowTable { columns: ColumnsType { schema, shape: self.columns.shape }, batches })
    }
}

impl Sink for ArrowCollect {
    fn writer(&self, _context: &SubtaskContext) -> Result<Box<dyn SinkWriter>> {
        Ok(Box::new(self.clone()))
    }
}

impl SinkWriter for ArrowCollect {
    fn write(&mut self, batch: Batch) -> Result<()> {
        let kinds = batch.row_kinds.iter().flatten();
        if let Some(kind) = kinds.clone().find(|kind| **kind != RowKind::Insert) {
            return Err(Error::data(format!("a record is an update or a deletion ({kind}), which a table can't tell"))
                .with_hint("use execute_and_collect(), whose rows have a kind"));
        }
        let Data::Columns(columns) = batch.data else {
            return Err(Error::internal("a sink of columns was given a batch of objects"));
        };
        self.batches.lock().unwrap_or_else(PoisonError::into_inner).push(columns.records);
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}
