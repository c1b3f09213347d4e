//! A user's function in one subtask: made when the task opens, called once a record, closed at the end.

use std::ffi::c_long;
use std::sync::Arc;

use flott::batch::Keys;
use flott::checkpoint::{Capture, ItemPart, Snapshot};
use flott::error::ErrorKind;
use flott::metrics::OperatorMetrics;
use flott::operator::{Slice, SubtaskContext};
use flott::{Error, Result};
use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use crate::gate;
use crate::metrics::Metrics;
use crate::operators::Settings;
use crate::state::{FUNCTION, KeyCursor, KeyedState, OperatorState, PyKey};
use crate::threads;
use crate::vectorcall::{self, Entry};

/// What Python is told about the subtask its function runs in.
#[pyclass(module = "flott._flott", frozen, get_all)]
pub struct Subtask {
    operator: String,
    index: usize,
    parallelism: usize,
    max_parallelism: u16,
    metrics: Py<Metrics>,
    /// `None` on a stream without keys.
    state: Option<Py<KeyedState>>,
    pub operator_state: Py<OperatorState>,
}

impl Subtask {
    pub fn create(py: Python<'_>, context: &SubtaskContext, state: Option<&Py<KeyedState>>) -> PyResult<Py<Subtask>> {
        let metrics: OperatorMetrics = context.metrics.clone();
        Py::new(
            py,
            Subtask {
                operator: context.operator.to_string(),
                index: context.subtask,
                parallelism: context.parallelism,
                max_parallelism: context.max_parallelism,
                metrics: Py::new(py, Metrics::new(metrics))?,
                state: state.map(|state| state.clone_ref(py)),
                operator_state: Py::new(py, OperatorState::new(&context.restored))?,
            },
        )
    }
}

#[pymethods]
impl Subtask {
    /// Lets Ctrl-C reach a thread that a function has started for its calls; `ident` is `threading.get_ident()` there.
    #[staticmethod]
    fn adopt_thread(ident: u64, name: String) {
        threads::adopt(ident as c_long, name);
    }

    /// The thread is about to end.
    #[staticmethod]
    fn release_thread(ident: u64) {
        threads::release(ident as c_long);
    }
}

/// Made by Python's side of an operator: `factory(subtask)` returns `(calls, close)`: what is called for a record of
/// each input, and for a timer where there are timers; `close` may be None.
pub struct UserFunction {
    factory: Arc<Py<PyAny>>,
    context: SubtaskContext,
    calls: Vec<Py<PyAny>>,
    close: Option<Py<PyAny>>,
    keyed: bool,
    state: Option<Py<KeyedState>>,
    operator_state: Option<Py<OperatorState>>,
    /// The last checkpoint whose barrier has come.
    checkpoint: u64,
    /// What the lists of the function had at that barrier, until the snapshot is taken.
    items: Vec<ItemPart>,
    pub settings: Arc<Settings>,
}

impl UserFunction {
    /// `keyed` where the function may have state of keys.
    pub fn new(factory: Arc<Py<PyAny>>, context: &SubtaskContext, keyed: bool, settings: &Arc<Settings>) -> Self {
        let (context, settings) = (context.clone(), settings.clone());
        let (state, operator_state, checkpoint) = (None, None, 0);
        UserFunction {
            factory,
            context,
            calls: Vec::new(),
            close: None,
            keyed,
            state,
            operator_state,
            checkpoint,
            items: Vec::new(),
            settings,
        }
    }

    /// Makes the function, which runs the user's `open`.
    pub fn open(&mut self) -> Result<()> {
        let made = gate::enter(|py| {
            let new_state = || Py::new(py, KeyedState::new(py, &self.context, FUNCTION)?);
            let state = self.keyed.then(new_state).transpose()?;
            if let (Some(state), Some((inspected, node))) = (&state, &self.settings.inspected) {
                inspected.add_state(*node, state.clone_ref(py));
            }
            let subtask = Subtask::create(py, &self.context, state.as_ref())?;
            let operator_state = Some(subtask.get().operator_state.clone_ref(py));
            let (calls, close) = self.factory.call1(py, (subtask,))?.extract(py)?;
            Ok((calls, close, state, operator_state))
        })?;
        (self.calls, self.close, self.state, self.operator_state) = made;
        self.context.forget_restored();
        Ok(())
    }

    /// The function's method for input `at`, or, behind the inputs, for timers.
    pub fn callable<'py>(&self, py: Python<'py>, at: usize) -> PyResult<Callable<'_, 'py>> {
        match self.calls.get(at) {
            Some(call) => Ok(Callable::new(call.bind(py))),
            None => Err(not_open()),
        }
    }

    /// What the factory made in the place of callables, for operators that need more than those.
    pub fn part<'py>(&self, py: Python<'py>) -> PyResult<&Bound<'py, PyAny>> {
        self.calls.first().map(|part| part.bind(py)).ok_or_else(not_open)
    }

    /// Sets the key of each record before the function is called, where it may have state.
    pub fn key_cursor(&self, py: Python<'_>, keys: Option<Keys>) -> PyResult<KeyCursor<'_>> {
        KeyCursor::new(py, self.state.as_ref(), keys, self.context.max_parallelism)
    }

    /// The state of a function on a keyed stream.
    pub fn state(&self) -> PyResult<&Py<KeyedState>> {
        self.state.as_ref().ok_or_else(not_open)
    }

    /// What is asked for next is for that checkpoint.
    pub fn barrier(&mut self, checkpoint: u64) {
        self.checkpoint = checkpoint;
    }

    /// Fixes the state of the function for a snapshot.
    pub fn capture(&mut self) -> Result<Capture> {
        let (operator_state, state, checkpoint) = (&self.operator_state, &self.state, self.checkpoint);
        let (capture, items) = gate::enter(|py| {
            // first, because the function is called
            let items = operator_state.as_ref().map(|state| state.get().snapshot(py, checkpoint));
            let items = items.transpose()?.unwrap_or_default();
            let Some(state) = state else {
                return Ok((Capture::Ready(Snapshot { items, ..Snapshot::default() }), Vec::new()));
            };
            state.borrow_mut(py).begin_snapshot(py)?;
            Ok((Capture::Unfinished, items))
        })?;
        self.items = items;
        Ok(capture)
    }

    /// Goes on with the snapshot, for one slice.
    pub fn go_on(&mut self, slice: &mut Slice) -> Result<Capture> {
        let Some(state) = &self.state else { return Ok(Capture::default()) };
        Ok(match gate::enter(|py| KeyedState::go_on(state, py, slice))? {
            Some(mut snapshot) => {
                snapshot.items.append(&mut self.items);
                Capture::Ready(snapshot)
            }
            None => Capture::Unfinished,
        })
    }

    /// Nobody wants the snapshot any more.
    pub fn abandon(&mut self) {
        self.items.clear();
        if let Some(state) = &self.state {
            // without an interpreter there is nobody to take it for either
            let _: Result<()> = gate::enter(|py| {
                state.borrow_mut(py).abandon_snapshot();
                Ok(())
            });
        }
    }

    /// State is that of this key from here on.
    pub fn set_key(&self, py: Python<'_>, key: Option<(PyKey, u16)>) {
        if let Some(state) = &self.state {
            let before = state.borrow_mut(py).set_current(key);
            drop(before);
        }
    }

    /// Runs the user's `close`, once, if the function was opened.
    pub fn close(&mut self) -> Result<()> {
        let close = self.close.take();
        let calls = std::mem::take(&mut self.calls);
        let state = (self.state.take(), self.operator_state.take());
        if close.is_none() && calls.is_empty() {
            return Ok(());
        }
        let closed = gate::enter(|py| {
            drop(calls);
            let closed = match close {
                Some(close) => close.call0(py).map(drop),
                None => Ok(()),
            };
            // after close(), which may look at it
            drop(state);
            closed
        });
        match closed {
            // there is no interpreter left to run it
            Err(error) if error.kind() == ErrorKind::Cancelled => Ok(()),
            other => other,
        }
    }
}

fn not_open() -> PyErr {
    PyRuntimeError::new_err("a function was called before it was opened")
}

/// A function with its entry point, which is looked up once a batch instead of at every call.
pub struct Callable<'a, 'py> {
    function: &'a Bound<'py, PyAny>,
    entry: Option<Entry>,
}

impl<'a, 'py> Callable<'a, 'py> {
    pub fn new(function: &'a Bound<'py, PyAny>) -> Self {
        Callable { function, entry: vectorcall::entry(function) }
    }

    pub fn function(&self) -> &'a Bound<'py, PyAny> {
        self.function
    }

    /// `function(argument)`, without a tuple for the argument.
    #[inline]
    pub fn one(&self, argument: &Py<PyAny>) -> PyResult<Bound<'py, PyAny>> {
        // the first slot is the callee's, for a bound method's self
        self.call([std::ptr::null_mut(), argument.as_ptr()])
    }

    /// `function(first, second)`.
    #[inline]
    pub fn two(&self, first: &Py<PyAny>, second: &Py<PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.call([std::ptr::null_mut(), first.as_ptr(), second.as_ptr()])
    }

    /// `function()`.
    #[inline]
    pub fn none(&self) -> PyResult<Bound<'py, PyAny>> {
        self.call([std::ptr::null_mut()])
    }

    /// `function(first, second, third)`.
    #[inline]
    pub fn three(&self, first: &Py<PyAny>, second: &Py<PyAny>, third: &Py<PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.call([std::ptr::null_mut(), first.as_ptr(), second.as_ptr(), third.as_ptr()])
    }

    #[inline]
    fn call<const N: usize>(&self, mut arguments: [*mut ffi::PyObject; N]) -> PyResult<Bound<'py, PyAny>> {
        let py = self.function.py();
        let Some(entry) = self.entry else {
            // SAFETY: live references behind the free slot
            let given = arguments[1..].iter().map(|given| unsafe { Bound::from_borrowed_ptr(py, *given) });
            return self.function.call1(PyTuple::new(py, given.collect::<Vec<_>>())?);
        };
        let count = (N - 1) | vectorcall::ARGUMENTS_OFFSET;
        // SAFETY: the array outlives the call and holds live references behind the free slot; the entry point is the
        // function's own, and the result is a new reference, or null with an exception set
        unsafe {
            let arguments = arguments.as_mut_ptr().add(1);
            let result = entry(self.function.as_ptr(), arguments, count, std::ptr::null_mut());
            Bound::from_owned_ptr_or_err(py, result)
        }
    }
}

/// A function that is kept together with its entry point.
pub struct KeptFunction {
    function: Py<PyAny>,
    entry: Option<Entry>,
}

impl KeptFunction {
    pub fn new(function: Bound<'_, PyAny>) -> Self {
        let entry = Callable::new(&function).entry;
        KeptFunction { function: function.unbind(), entry }
    }

    #[inline]
    pub fn bind<'a, 'py>(&'a self, py: Python<'py>) -> Callable<'a, 'py> {
        Callable { function: self.function.bind(py), entry: self.entry }
    }
}

/// Hands over what a function yielded or returned, one by one; None stands for nothing.
pub fn each_result<'py>(
    results: &Bound<'py, PyAny>,
    function: &str,
    mut take: impl FnMut(Bound<'py, PyAny>) -> PyResult<()>,
) -> PyResult<()> {
    if results.is_none() {
        return Ok(());
    }
    // a string would fall apart into its characters, which nobody means
    let iterator = if results.is_instance_of::<PyString>() { None } else { results.try_iter().ok() };
    let iterator = iterator.ok_or_else(|| {
        PyTypeError::new_err(format!(
            "{function} must yield its results or return an iterable of them (None for none), not {}",
            gate::describe(results)
        ))
    })?;
    for item in iterator {
        take(item?)?;
    }
    Ok(())
}

/// The record a function failed on, and its exception.
pub struct Failure {
    pub error: PyErr,
    pub input: String,
}

impl Failure {
    pub fn new(py: Python<'_>, error: PyErr, input: &Py<PyAny>) -> Self {
        Failure { error, input: gate::describe(input.bind(py)) }
    }

    pub fn into_error(self, py: Python<'_>) -> Error {
        gate::carry(py, self.error).with_input(self.input)
    }
}
