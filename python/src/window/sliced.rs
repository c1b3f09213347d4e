//! Sliding windows of accumulators that share what they hold (`flott::window::SlicedWindows`).

use flott::Result;
use flott::checkpoint::{KeyedPart, Snapshot};
use flott::operator::OpenWindows;
use flott::window::{Cells, Clocks, Merges, SlicedWindows, TimeAssigner, TimeSpan};
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

use super::PyWindow;
use super::functions::{Functions, Kept, in_gate};
use super::keyed::{KeyedWindows, describe, shown};
use crate::inspected::WindowTimer;
use crate::operators::Yielded;
use crate::state::PyKey;
use crate::timers::Domain;

/// Windows of so many slides share what they hold. Below, adding to each is as fast, and adds in the order in which
/// records came, as Flink does.
const FROM: i64 = 8;

pub struct PySlicedWindows {
    pub windows: SlicedWindows<PyKey, Py<PyAny>>,
    pub functions: Functions,
}

impl PySlicedWindows {
    /// Gives the functions back where windows can't share what they hold.
    pub fn new(
        py: Python<'_>,
        assigner: TimeAssigner,
        allowed_lateness: i64,
        functions: Functions,
    ) -> PyResult<std::result::Result<Self, Functions>> {
        let many = matches!(assigner.span, TimeSpan::Sliding { size, slide, .. } if size / FROM >= slide);
        // that a window is over is known by its key only where no late record may come
        let closes = allowed_lateness > 0 && functions.clears();
        if !many || closes || !merges(py, &functions.kept)? {
            return Ok(Err(functions));
        }
        Ok(match SlicedWindows::new(assigner, allowed_lateness) {
            Some(windows) => Ok(PySlicedWindows { windows, functions }),
            None => Err(functions),
        })
    }
}

/// Whether accumulators can be merged. PyFlink calls `merge` for sessions alone, so many programs leave it empty: it is
/// tried on two that are new.
fn merges(py: Python<'_>, kept: &Kept) -> PyResult<bool> {
    let Kept::Aggregated { create, merge, .. } = kept else { return Ok(false) };
    let new = || Ok::<_, PyErr>(create.bind(py).none()?.unbind());
    match new().and_then(|one| merge.bind(py).two(&one, &new()?)) {
        Ok(merged) => Ok(!merged.is_none()),
        Err(error) if error.is_instance_of::<PyException>(py) => Ok(false),
        Err(error) => Err(error),
    }
}

impl KeyedWindows for PySlicedWindows {
    fn set_clocks(&mut self, clocks: Clocks) {
        self.windows.clocks = clocks;
    }

    fn add(&mut self, key: &PyKey, group: u16, record: &Py<PyAny>, timestamp: i64) -> Result<bool> {
        self.functions.at = Some(timestamp);
        let added = self.windows.add(key, group, record, timestamp, &mut self.functions);
        self.functions.at = None;
        added
    }

    fn advance(&mut self, event_time: bool, until: i64) -> Result<bool> {
        if event_time != self.windows.is_event_time() {
            return Ok(false);
        }
        let Some((window, held)) = self.windows.next(until, &mut self.functions)? else { return Ok(false) };
        let clocks = self.windows.clocks;
        let result = self.functions.fire(window, &held, clocks).and_then(|()| {
            let (key, window) = ((&held.key, held.group), PyWindow::Time(window));
            in_gate(|py| self.functions.close(py, key, &window, clocks))
        });
        match result {
            Ok(()) => Ok(true),
            Err(error) => Err(error.with_input(describe(&held.key, &PyWindow::Time(window)))),
        }
    }

    fn next_processing(&self) -> Option<i64> {
        if self.windows.is_event_time() { None } else { self.windows.next_time() }
    }

    fn waiting(&self) -> usize {
        if self.windows.is_event_time() { 0 } else { self.windows.times().len() }
    }

    fn timers(&self) -> Vec<WindowTimer> {
        let domain = if self.windows.is_event_time() { Domain::Event } else { Domain::Processing };
        self.windows.times().into_iter().map(|(time, key)| (key.clone(), time, domain)).collect()
    }

    fn open(&mut self, clocks: Clocks) -> OpenWindows {
        self.set_clocks(clocks);
        shown(self.windows.open(), self.windows.is_event_time(), clocks, 0, |window| PyWindow::Time(*window))
    }

    fn yielded(&mut self) -> &mut Yielded {
        &mut self.functions.yielded
    }

    fn snapshot(&self, py: Python<'_>, operator: &str) -> PyResult<Vec<KeyedPart>> {
        self.stored(py, operator)
    }

    fn go_on(&mut self, py: Python<'_>, restored: &Snapshot, watermark: i64) -> PyResult<()> {
        self.restore(py, restored, watermark)
    }
}

impl Merges<PyKey, Py<PyAny>> for Functions {
    fn merge(&mut self, older: &Py<PyAny>, newer: &Py<PyAny>) -> Result<Py<PyAny>> {
        in_gate(|py| {
            // merge() may change either and return it
            let (mut merged, newer) = (copy(py, older)?, copy(py, newer)?);
            self.kept.merge(py, &mut merged, &newer)?;
            Ok(merged)
        })
    }

    fn copy(&mut self, value: &Py<PyAny>) -> Result<Py<PyAny>> {
        in_gate(|py| copy(py, value))
    }
}

/// An accumulator that may be changed without changing this one: itself where it can't be changed.
fn copy(py: Python<'_>, value: &Py<PyAny>) -> PyResult<Py<PyAny>> {
    static DEEP_COPY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let value = value.bind(py);
    if never_changes(value) {
        return Ok(value.clone().unbind());
    }
    if let Ok(list) = value.cast_exact::<PyList>()
        && list.iter().all(|item| never_changes(&item))
    {
        return Ok(list.get_slice(0, list.len()).into_any().unbind());
    }
    if let Ok(dict) = value.cast_exact::<PyDict>()
        && dict.iter().all(|(key, item)| never_changes(&key) && never_changes(&item))
    {
        return Ok(dict.copy()?.into_any().unbind());
    }
    Ok(DEEP_COPY.import(py, "copy", "deepcopy")?.call1((value,))?.unbind())
}

fn never_changes(value: &Bound<'_, PyAny>) -> bool {
    value.is_none()
        || value.is_exact_instance_of::<PyInt>()
        || value.is_exact_instance_of::<PyFloat>()
        || value.is_exact_instance_of::<PyString>()
        || value.is_exact_instance_of::<PyBool>()
        || value.is_exact_instance_of::<PyBytes>()
        || value.cast_exact::<PyTuple>().is_ok_and(|tuple| tuple.iter_borrowed().all(|item| never_changes(&item)))
}
