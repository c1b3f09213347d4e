//! The columns of a batch, as long as rows of them are light.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use arrow::array::ArrayRef;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::class::attributes;
use super::{Values, lock};
use crate::convert::to_python;

/// Of a batch of so many rows, when the last one of them is left, rows take what is theirs.
const SHARE_LEFT: usize = 16;

/// The columns of a batch, for its rows.
pub struct Source {
    /// `None` once the rows that are left have their values in `settled`.
    columns: Mutex<Option<Arc<[ArrayRef]>>>,
    settled: Mutex<HashMap<usize, Values>>,
    alive: Vec<AtomicBool>,
    count: AtomicUsize,
    pub width: usize,
    /// For each field, whether a method of `Row` has its name: then `row.name` is the method.
    pub hidden: Vec<bool>,
}

impl Source {
    pub fn new(py: Python<'_>, names: &[&str], columns: &[ArrayRef], rows: usize) -> PyResult<Source> {
        Ok(Source {
            columns: Mutex::new(Some(columns.into())),
            settled: Mutex::default(),
            alive: (0..rows).map(|_| AtomicBool::new(true)).collect(),
            count: AtomicUsize::new(rows),
            width: columns.len(),
            hidden: names.iter().map(|name| attributes(py)?.contains(*name)).collect::<PyResult<_>>()?,
        })
    }

    pub fn cell(&self, py: Python<'_>, row: usize, field: usize) -> PyResult<Py<PyAny>> {
        // no lock is held while objects are made: that may run the garbage collector, and so the end of other rows
        let columns = lock(&self.columns).clone();
        if let Some(columns) = columns {
            return to_python::cell(py, &columns[field], row);
        }
        let settled = lock(&self.settled);
        match settled.get(&row) {
            Some(values) => Ok(values[field].clone_ref(py)),
            None => Err(PyValueError::new_err("a row was read after its end")),
        }
    }

    pub fn cells(&self, py: Python<'_>, row: usize) -> PyResult<Values> {
        let columns = lock(&self.columns).clone();
        match columns {
            Some(columns) => columns.iter().map(|column| to_python::cell(py, column, row)).collect(),
            None => (0..self.width).map(|field| self.cell(py, row, field)).collect(),
        }
    }

    /// A row needs nothing any more.
    fn leave(&self, row: usize) {
        self.alive[row].store(false, Ordering::Relaxed);
        let left = self.count.fetch_sub(1, Ordering::Relaxed) - 1;
        let gone = lock(&self.settled).remove(&row);
        drop(gone);
        if left == self.alive.len() / SHARE_LEFT && left > 0 {
            Python::try_attach(|py| {
                let pending = PyErr::take(py);
                // a value that Python can't hold stays in its column: whoever reads it is told
                let _ = self.settle(py);
                if let Some(pending) = pending {
                    pending.restore(py);
                }
            });
        }
    }

    fn settle(&self, py: Python<'_>) -> PyResult<()> {
        let Some(columns) = lock(&self.columns).clone() else { return Ok(()) };
        let mut settled = HashMap::new();
        for row in (0..self.alive.len()).filter(|row| self.alive[*row].load(Ordering::Relaxed)) {
            settled
                .insert(row, columns.iter().map(|column| to_python::cell(py, column, row)).collect::<PyResult<_>>()?);
        }
        // some may have ended meanwhile
        settled.retain(|row, _| self.alive[*row].load(Ordering::Relaxed));
        *lock(&self.settled) = settled;
        let columns = lock(&self.columns).take();
        drop(columns);
        Ok(())
    }
}

/// A row's place in its batch.
pub struct Place {
    pub source: Arc<Source>,
    pub row: usize,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.source.leave(self.row);
    }
}
