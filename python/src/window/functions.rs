//! What a program's functions do with the records of a window: keep them, and make results of what was kept.

use flott::error::Result;
use flott::window::{Clocks, Window};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyList;

use super::{PyWindow, WindowContext};
use crate::function::KeptFunction;
use crate::gate;
use crate::operators::Yielded;
use crate::state::PyKey;

/// How a window's records are kept.
pub enum Kept {
    /// All of them.
    List,
    /// Reduced to one.
    Reduced { reduce: KeptFunction },
    /// As an accumulator.
    Aggregated { create: KeptFunction, add: KeptFunction, result: KeptFunction, merge: KeptFunction },
}

impl Kept {
    fn new(parts: &Bound<'_, PyAny>) -> PyResult<Kept> {
        let function = |name: &str| Ok::<_, PyErr>(KeptFunction::new(parts.getattr(name)?));
        Ok(match parts.getattr("kept")?.extract::<&str>()? {
            "list" | "evicting" => Kept::List,
            "reduced" => Kept::Reduced { reduce: function("reduce")? },
            "aggregated" => Kept::Aggregated {
                create: function("create_accumulator")?,
                add: function("add")?,
                result: function("get_result")?,
                merge: function("merge")?,
            },
            other => return Err(PyTypeError::new_err(format!("a window can't be kept as '{other}'"))),
        })
    }

    /// What is kept after the first record.
    #[inline]
    pub fn first(&self, py: Python<'_>, record: &Py<PyAny>) -> PyResult<Py<PyAny>> {
        Ok(match self {
            Kept::List => PyList::new(py, [record])?.into_any().unbind(),
            Kept::Reduced { .. } => record.clone_ref(py),
            Kept::Aggregated { create, add, .. } => {
                let accumulator = create.bind(py).none()?.unbind();
                add.bind(py).two(record, &accumulator)?.unbind()
            }
        })
    }

    #[inline]
    pub fn add(&self, py: Python<'_>, held: &mut Py<PyAny>, record: &Py<PyAny>) -> PyResult<()> {
        *held = match self {
            Kept::List => return held.bind(py).cast::<PyList>()?.append(record),
            // as in Flink, null is nothing that could be reduced
            Kept::Reduced { .. } if held.is_none(py) => record.clone_ref(py),
            Kept::Reduced { reduce } => reduce.bind(py).two(held, record)?.unbind(),
            Kept::Aggregated { add, .. } => add.bind(py).two(record, held)?.unbind(),
        };
        Ok(())
    }

    /// Adds what another window held.
    pub fn merge(&self, py: Python<'_>, held: &mut Py<PyAny>, other: &Py<PyAny>) -> PyResult<()> {
        *held = match self {
            Kept::List => return held.bind(py).call_method1("extend", (other,)).map(drop),
            Kept::Reduced { reduce } => reduce.bind(py).two(held, other)?.unbind(),
            Kept::Aggregated { merge, .. } => merge.bind(py).two(held, other)?.unbind(),
        };
        Ok(())
    }
}

/// What a window function is given.
#[derive(Clone, Copy)]
enum Given {
    KeyContext,
    Context,
    KeyWindow,
    Window,
}

pub struct Functions {
    pub kept: Kept,
    /// Yields results; `None` where the value that is kept is the result itself.
    evaluate: Option<(KeptFunction, Given)>,
    /// `clear(context)` when a window is over; `None` where it does nothing.
    clear: Option<KeptFunction>,
    context: Py<WindowContext>,
    pub yielded: Yielded,
    /// The time of the record or timer at hand, which results have, as in PyFlink; without it the end of their window.
    pub at: Option<i64>,
}

impl Functions {
    /// `parts` has what Python's side of the operator made for this subtask.
    pub fn new(parts: &Bound<'_, PyAny>, context: Py<WindowContext>, yielded: Yielded) -> PyResult<Functions> {
        let optional = |name: &str| Ok::<_, PyErr>(parts.getattr_opt(name)?.filter(|part| !part.is_none()));
        let evaluate = match optional("evaluate")? {
            None => None,
            Some(function) => {
                let given = match parts.getattr("given")?.extract::<&str>()? {
                    "key context elements" => Given::KeyContext,
                    "context elements" => Given::Context,
                    "key window elements" => Given::KeyWindow,
                    "window elements" => Given::Window,
                    other => return Err(PyTypeError::new_err(format!("a window function can't be given '{other}'"))),
                };
                Some((KeptFunction::new(function), given))
            }
        };
        let clear = optional("clear")?.map(KeptFunction::new);
        Ok(Functions { kept: Kept::new(parts)?, evaluate, clear, context, yielded, at: None })
    }

    /// Whether anything is called when a window is over.
    pub fn clears(&self) -> bool {
        self.clear.is_some()
    }

    /// Evaluates what a window holds of a key, unless that is nothing.
    pub fn evaluate(
        &mut self,
        py: Python<'_>,
        (key, group): (&PyKey, u16),
        window: &PyWindow,
        held: &Py<PyAny>,
        clocks: Clocks,
    ) -> PyResult<()> {
        let value = match &self.kept {
            // a function may keep what it is given
            Kept::List => {
                let list = held.bind(py).cast::<PyList>()?;
                if list.is_empty() {
                    return Ok(());
                }
                list.get_slice(0, list.len()).into_any()
            }
            Kept::Reduced { .. } => held.bind(py).clone(),
            Kept::Aggregated { result, .. } => result.bind(py).one(held)?,
        };
        // as in Flink, a window whose value is null has nothing to say
        if value.is_none() {
            return Ok(());
        }
        self.deliver(py, (key, group), window, value, clocks)
    }

    /// Makes results of a list of records, or of the one value that was kept instead.
    pub fn deliver(
        &mut self,
        py: Python<'_>,
        (key, group): (&PyKey, u16),
        window: &PyWindow,
        value: Bound<'_, PyAny>,
        clocks: Clocks,
    ) -> PyResult<()> {
        let at = self.at.unwrap_or_else(|| window.max_timestamp());
        let Some((function, given)) = &self.evaluate else {
            return self.yielded.add(value, at);
        };
        let elements = match self.kept {
            Kept::List => value.unbind(),
            _ => PyList::new(py, [value])?.into_any().unbind(),
        };
        let object = {
            let mut context = self.context.borrow_mut(py);
            context.enter(py, (key, group), window, clocks)?;
            match given {
                Given::KeyWindow | Given::Window => Some(context.object(py)?),
                Given::KeyContext | Given::Context => None,
            }
        };
        let second = object.as_ref().unwrap_or(self.context.as_any());
        let function = function.bind(py);
        let results = match given {
            Given::KeyContext | Given::KeyWindow => function.three(key.object(), second, &elements)?,
            Given::Context | Given::Window => function.two(second, &elements)?,
        };
        self.yielded.add_all(&results, "the window function", at)
    }

    /// The window is over.
    pub fn close(
        &mut self,
        py: Python<'_>,
        (key, group): (&PyKey, u16),
        window: &PyWindow,
        clocks: Clocks,
    ) -> PyResult<()> {
        let Some(clear) = &self.clear else { return Ok(()) };
        self.context.borrow_mut(py).enter(py, (key, group), window, clocks)?;
        clear.bind(py).one(self.context.as_any()).map(drop)
    }
}

/// Windows are used in the gate only.
pub fn in_gate<T>(work: impl FnOnce(Python<'_>) -> PyResult<T>) -> Result<T> {
    // SAFETY: see above
    let py = unsafe { Python::assume_attached() };
    work(py).map_err(|error| gate::carry(py, error))
}
