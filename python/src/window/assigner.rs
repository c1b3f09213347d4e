//! Assigners: PyFlink's own run in Rust, a program's are called.

use flott::state::KeyedTable;
use flott::window::{Assigner, Merge, TimeAssigner, TimeSpan, TimeWindow, merge_overlapping};
use flott::{Error, Result};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyDict, PyTuple};

use super::{AssignerContext, PyWindow};
use crate::gate;
use crate::state::{KeyedState, PyKey};

pub enum PyAssigner {
    Time(TimeAssigner),
    /// Sessions whose gap the program's function says.
    DynamicSession {
        gap: Py<PyAny>,
        event_time: bool,
    },
    /// So many records a window, and a new one every so many.
    Count {
        size: i64,
        slide: i64,
        counts: KeyedTable<PyKey, i64>,
    },
    Own(OwnAssigner),
}

/// An assigner of a program's own class.
pub struct OwnAssigner {
    assigner: Py<PyAny>,
    context: Py<AssignerContext>,
    state: Py<KeyedState>,
    event_time: bool,
    merges: bool,
}

impl PyAssigner {
    /// `spec` says which of PyFlink's own it is, with its numbers in ms; None for another one.
    pub fn new(
        assigner: &Bound<'_, PyAny>,
        spec: Option<(String, Vec<i64>)>,
        runtime_context: &Bound<'_, PyAny>,
        state: &Py<KeyedState>,
    ) -> PyResult<PyAssigner> {
        let py = assigner.py();
        let event_time: bool = assigner.call_method0("is_event_time")?.extract()?;
        let time = |span| Ok(PyAssigner::Time(TimeAssigner { span, event_time }));
        let Some((kind, numbers)) = spec else {
            let context = Py::new(py, AssignerContext::new(runtime_context.clone().unbind()))?;
            return Ok(PyAssigner::Own(OwnAssigner {
                assigner: assigner.clone().unbind(),
                context,
                state: state.clone_ref(py),
                event_time,
                merges: assigner.hasattr("merge_windows")?,
            }));
        };
        match (kind.as_str(), numbers.as_slice()) {
            ("tumbling", &[size, offset]) => time(TimeSpan::Tumbling { size, offset }),
            ("sliding", &[size, slide, offset]) => time(TimeSpan::Sliding { size, slide, offset }),
            ("session", &[gap]) => time(TimeSpan::Session { gap }),
            ("global", &[]) => time(TimeSpan::Global),
            ("dynamic_session", &[]) => {
                let gap = assigner.getattr("_session_window_time_gap_extractor")?.getattr("extract")?.unbind();
                Ok(PyAssigner::DynamicSession { gap, event_time })
            }
            ("count", &[size, slide]) => Ok(PyAssigner::Count { size, slide, counts: KeyedTable::default() }),
            _ => Err(PyTypeError::new_err(format!("there is no window assigner '{kind}' of {numbers:?}"))),
        }
    }
}

/// What a Python function of the program answered, as an engine's result.
fn asked<T>(py: Python<'_>, answer: PyResult<T>) -> Result<T> {
    answer.map_err(|error| gate::carry(py, error))
}

impl Assigner<PyKey, Py<PyAny>, PyWindow> for PyAssigner {
    fn assign(
        &mut self,
        (key, group): (&PyKey, u16),
        value: &Py<PyAny>,
        timestamp: i64,
        now: i64,
        windows: &mut Vec<PyWindow>,
    ) -> Result<()> {
        match self {
            PyAssigner::Time(assigner) => {
                let moment = assigner.moment(timestamp, now)?;
                assigner.span.windows(moment, |window| windows.push(PyWindow::Time(window)));
            }
            PyAssigner::DynamicSession { gap, event_time } => {
                let assigner = TimeAssigner { span: TimeSpan::Session { gap: 0 }, event_time: *event_time };
                let moment = assigner.moment(timestamp, now)?;
                // SAFETY: windows are used in the gate only
                let py = unsafe { Python::assume_attached() };
                let gap: i64 = asked(py, gap.bind(py).call1((value,)).and_then(|gap| gap.extract()))?;
                if gap <= 0 {
                    return Err(Error::data(format!("the gap of a session is {gap} ms, and must be above 0"))
                        .with_hint("let the extractor return a number of milliseconds above 0"));
                }
                windows.push(PyWindow::Time(TimeWindow::new(moment, moment.saturating_add(gap))));
            }
            PyAssigner::Count { size, slide, counts } => {
                let count = match counts.get_mut(group, key) {
                    Some(count) => {
                        *count += 1;
                        *count - 1
                    }
                    None => {
                        counts.insert(group, key.clone(), 1);
                        0
                    }
                };
                // the windows that begin at id * slide and have the record, the newest first
                let newest = count / *slide;
                let ids = (0..=newest).rev().take_while(|id| id * *slide + *size > count);
                windows.extend(ids.map(PyWindow::Count));
            }
            PyAssigner::Own(own) => {
                // SAFETY: windows are used in the gate only
                let py = unsafe { Python::assume_attached() };
                asked(py, own.assign(py, (key, group), value, timestamp, now, windows))?;
            }
        }
        Ok(())
    }

    fn is_event_time(&self) -> bool {
        match self {
            PyAssigner::Time(TimeAssigner { event_time, .. }) | PyAssigner::DynamicSession { event_time, .. } => {
                *event_time
            }
            PyAssigner::Count { .. } => false,
            PyAssigner::Own(own) => own.event_time,
        }
    }

    fn merges(&self) -> bool {
        match self {
            PyAssigner::Time(assigner) => matches!(assigner.span, TimeSpan::Session { .. }),
            PyAssigner::DynamicSession { .. } => true,
            PyAssigner::Count { .. } => false,
            PyAssigner::Own(own) => own.merges,
        }
    }

    fn merge(&mut self, windows: Vec<PyWindow>) -> Result<Vec<Merge<PyWindow>>> {
        if let PyAssigner::Own(own) = self {
            // SAFETY: windows are used in the gate only
            let py = unsafe { Python::assume_attached() };
            return asked(py, own.merge(py, &windows));
        }
        let span = |window: &PyWindow| match window {
            PyWindow::Time(window) => *window,
            _ => TimeWindow::GLOBAL,
        };
        Ok(merge_overlapping(windows, span, PyWindow::Time))
    }
}

impl OwnAssigner {
    fn assign(
        &self,
        py: Python<'_>,
        (key, group): (&PyKey, u16),
        value: &Py<PyAny>,
        timestamp: i64,
        now: i64,
        windows: &mut Vec<PyWindow>,
    ) -> PyResult<()> {
        let before = self.state.borrow_mut(py).set_current(Some((key.clone(), group)));
        drop(before);
        self.context.borrow_mut(py).now = now;
        let assigned = self.assigner.bind(py).call_method1("assign_windows", (value, timestamp, &self.context))?;
        for window in assigned.try_iter()? {
            windows.push(PyWindow::from_object(&window?)?);
        }
        Ok(())
    }

    fn merge(&self, py: Python<'_>, windows: &[PyWindow]) -> PyResult<Vec<Merge<PyWindow>>> {
        // the program's merge_windows calls back with what becomes one
        let merges = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let found = merges.clone();
        let callback = PyCFunction::new_closure(
            py,
            None,
            None,
            move |arguments: &Bound<'_, PyTuple>, _: Option<&Bound<'_, PyDict>>| -> PyResult<()> {
                let (parts, result): (Bound<'_, PyAny>, Bound<'_, PyAny>) = arguments.extract()?;
                let parts = parts.try_iter()?.map(|part| PyWindow::from_object(&part?)).collect::<PyResult<_>>()?;
                let merge = Merge { result: PyWindow::from_object(&result)?, parts };
                found.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(merge);
                Ok(())
            },
        )?;
        let callback = py.import("flott.datastream._windows")?.getattr("Callback")?.call1((callback,))?;
        let objects = windows.iter().map(|window| window.to_object(py)).collect::<PyResult<Vec<_>>>()?;
        self.assigner.bind(py).call_method1("merge_windows", (objects, callback))?;
        let merges = std::mem::take(&mut *merges.lock().unwrap_or_else(|poisoned| poisoned.into_inner()));
        Ok(merges)
    }
}
