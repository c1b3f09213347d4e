//! What a window holds, a value or a list of Python objects, and the functions that make results of it.

use flott::error::Result;
use flott::state::KeyedTable;
use flott::window::{Contents, Place, Window, WindowTimers};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyList;

use super::evictor::{PyEvictor, TimestampedValue, values};
use super::{PyWindow, WindowContext};
use crate::gate;
use crate::operators::Yielded;
use crate::state::PyKey;

/// How a window's records are kept.
enum Kept {
    /// All of them.
    List,
    /// All of them with their timestamps, until the evictor takes them out.
    Evicting(PyEvictor),
    /// Reduced to one.
    Reduced { reduce: Py<PyAny> },
    /// As an accumulator.
    Aggregated { create: Py<PyAny>, add: Py<PyAny>, result: Py<PyAny>, merge: Py<PyAny> },
}

pub struct PyContents {
    kept: Kept,
    values: KeyedTable<(PyKey, PyWindow), Py<PyAny>>,
    /// `evaluate(key, window, context, elements)` yields results; `None` where the value itself is the result.
    evaluate: Option<Py<PyAny>>,
    /// `clear(context)` when a window is over.
    clear: Option<Py<PyAny>>,
    context: Py<WindowContext>,
    pub yielded: Yielded,
}

impl PyContents {
    /// `parts` has what Python's side of the operator made for this subtask.
    pub fn new(parts: &Bound<'_, PyAny>, context: Py<WindowContext>) -> PyResult<PyContents> {
        let function = |name: &str| Ok::<_, PyErr>(parts.getattr(name)?.unbind());
        let kept = match parts.getattr("kept")?.extract::<&str>()? {
            "list" => Kept::List,
            "evicting" => Kept::Evicting(PyEvictor::new(parts)?),
            "reduced" => Kept::Reduced { reduce: function("reduce")? },
            "aggregated" => Kept::Aggregated {
                create: function("create_accumulator")?,
                add: function("add")?,
                result: function("get_result")?,
                merge: function("merge")?,
            },
            other => return Err(PyTypeError::new_err(format!("a window can't be kept as '{other}'"))),
        };
        let optional = |name: &str| Ok::<_, PyErr>(parts.getattr(name)?.extract::<Option<Py<PyAny>>>()?);
        Ok(PyContents {
            kept,
            values: KeyedTable::default(),
            evaluate: optional("evaluate")?,
            clear: optional("clear")?,
            context,
            yielded: Yielded::default(),
        })
    }

    fn added(&mut self, py: Python<'_>, key: &PyKey, group: u16, window: &PyWindow, value: &Py<PyAny>) -> PyResult<()> {
        let place = Place(key, window);
        let before = self.values.get(group, &place).map(|before| before.bind(py));
        let after = match (&self.kept, before) {
            (Kept::List | Kept::Evicting(_), Some(list)) => return list.cast::<PyList>()?.append(value),
            (Kept::List | Kept::Evicting(_), None) => PyList::new(py, [value])?.into_any(),
            (Kept::Reduced { .. }, None) => value.bind(py).clone(),
            (Kept::Reduced { reduce }, Some(before)) => reduce.bind(py).call1((before, value))?,
            (Kept::Aggregated { add, create, .. }, before) => {
                let accumulator = match before {
                    Some(before) => before.clone(),
                    None => create.bind(py).call0()?,
                };
                add.bind(py).call1((value, accumulator))?
            }
        };
        self.set(key, group, window, after);
        Ok(())
    }

    fn set(&mut self, key: &PyKey, group: u16, window: &PyWindow, value: Bound<'_, PyAny>) {
        match self.values.get_mut(group, &Place(key, window)) {
            Some(known) => *known = value.unbind(),
            None => drop(self.values.insert(group, (key.clone(), window.clone()), value.unbind())),
        }
    }

    fn evaluated(
        &mut self,
        py: Python<'_>,
        key: &PyKey,
        group: u16,
        (state, window): (&PyWindow, &PyWindow),
        timers: &WindowTimers<PyKey, PyWindow>,
    ) -> PyResult<()> {
        let Some(value) = self.values.get(group, &Place(key, state)) else { return Ok(()) };
        let value = value.bind(py);
        let value = match &self.kept {
            // a function may keep what it is given
            Kept::List => {
                let list = value.cast::<PyList>()?;
                if list.is_empty() {
                    return Ok(());
                }
                list.get_slice(0, list.len()).into_any()
            }
            Kept::Evicting(evictor) => {
                let list = value.cast::<PyList>()?;
                evictor.evict(false, list, window, timers)?;
                values(list)?.into_any()
            }
            Kept::Reduced { .. } => value.clone(),
            Kept::Aggregated { result, .. } => result.bind(py).call1((value,))?,
        };
        let at = window.max_timestamp();
        let Some(evaluate) = &self.evaluate else {
            return self.yielded.add(value, at);
        };
        enter(py, &self.context, key, group, window, timers)?;
        let elements = match self.kept {
            Kept::List | Kept::Evicting(_) => value,
            _ => PyList::new(py, [value])?.into_any(),
        };
        let arguments = (key.object(), window.to_object(py)?, &self.context, elements);
        let results = evaluate.bind(py).call1(arguments)?;
        self.yielded.add_all(&results, "the window function", at)?;
        if let (Kept::Evicting(evictor), Some(kept)) = (&self.kept, self.values.get(group, &Place(key, state))) {
            let kept = kept.bind(py).cast::<PyList>()?;
            evictor.evict(true, kept, window, timers)?;
            if kept.is_empty() {
                drop(self.values.remove(group, &Place(key, state)));
            }
        }
        Ok(())
    }

    fn merged(
        &mut self,
        py: Python<'_>,
        key: &PyKey,
        group: u16,
        state: &PyWindow,
        others: &[PyWindow],
    ) -> PyResult<()> {
        for other in others {
            let Some(value) = self.values.remove(group, &Place(key, other)) else { continue };
            let value = value.into_bound(py);
            let own = self.values.get(group, &Place(key, state)).map(|own| own.bind(py));
            let whole = match (&self.kept, own) {
                (_, None) => value,
                (Kept::List | Kept::Evicting(_), Some(own)) => {
                    own.call_method1("extend", (value,))?;
                    continue;
                }
                (Kept::Reduced { reduce }, Some(own)) => reduce.bind(py).call1((own, value))?,
                (Kept::Aggregated { merge, .. }, Some(own)) => merge.bind(py).call1((own, value))?,
            };
            self.set(key, group, state, whole);
        }
        Ok(())
    }
}

/// The context is that of this window from here on.
fn enter(
    py: Python<'_>,
    context: &Py<WindowContext>,
    key: &PyKey,
    group: u16,
    window: &PyWindow,
    timers: &WindowTimers<PyKey, PyWindow>,
) -> PyResult<()> {
    let mut context = context.borrow_mut(py);
    (context.now, context.watermark) = (timers.now, timers.watermark);
    context.enter(py, key, group, window)
}

/// Windows are used in the gate only.
fn in_gate<T>(work: impl FnOnce(Python<'_>) -> PyResult<T>) -> Result<T> {
    // SAFETY: see above
    let py = unsafe { Python::assume_attached() };
    work(py).map_err(|error| gate::carry(py, error))
}

impl Contents<PyKey, Py<PyAny>, PyWindow> for PyContents {
    fn add(&mut self, key: &PyKey, group: u16, state: &PyWindow, value: &Py<PyAny>, timestamp: i64) -> Result<()> {
        in_gate(|py| match self.kept {
            Kept::Evicting(_) => {
                let value = Py::new(py, TimestampedValue::new(value.clone_ref(py), timestamp))?.into_any();
                self.added(py, key, group, state, &value)
            }
            _ => self.added(py, key, group, state, value),
        })
    }

    fn fire(
        &mut self,
        key: &PyKey,
        group: u16,
        state: &PyWindow,
        window: &PyWindow,
        timers: &WindowTimers<PyKey, PyWindow>,
    ) -> Result<()> {
        in_gate(|py| self.evaluated(py, key, group, (state, window), timers))
    }

    fn purge(&mut self, key: &PyKey, group: u16, state: &PyWindow) -> Result<()> {
        drop(self.values.remove(group, &Place(key, state)));
        Ok(())
    }

    fn merge(&mut self, key: &PyKey, group: u16, state: &PyWindow, others: &[PyWindow]) -> Result<()> {
        in_gate(|py| self.merged(py, key, group, state, others))
    }

    fn close(
        &mut self,
        key: &PyKey,
        group: u16,
        window: &PyWindow,
        timers: &WindowTimers<PyKey, PyWindow>,
    ) -> Result<()> {
        let Some(clear) = &self.clear else { return Ok(()) };
        in_gate(|py| {
            enter(py, &self.context, key, group, window, timers)?;
            clear.bind(py).call1((&self.context,)).map(drop)
        })
    }
}
