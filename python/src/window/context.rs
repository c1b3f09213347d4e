//! What assigners, triggers and window functions of a program can ask.

use flott::window::Clocks;
use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::prelude::*;

use super::PyWindow;
use crate::state::{KeyedState, PyKey};

/// The `context` of `assign_windows(element, timestamp, context)`.
#[pyclass(module = "flott._flott")]
pub struct AssignerContext {
    pub now: i64,
    runtime_context: Py<PyAny>,
}

impl AssignerContext {
    pub fn new(runtime_context: Py<PyAny>) -> Self {
        AssignerContext { now: i64::MIN, runtime_context }
    }
}

#[pymethods]
impl AssignerContext {
    /// Milliseconds since 1970-01-01 UTC.
    fn get_current_processing_time(&self) -> i64 {
        self.now
    }

    fn get_runtime_context(&self, py: Python<'_>) -> Py<PyAny> {
        self.runtime_context.clone_ref(py)
    }
}

/// The `ctx` of a trigger: of one window of one key.
#[pyclass(module = "flott._flott")]
pub struct TriggerContext {
    pub now: i64,
    pub watermark: i64,
    pub key: Option<(PyKey, u16)>,
    pub window: Option<PyWindow>,
    /// The windows that have become this one.
    pub merged: Vec<PyWindow>,
    /// What the trigger asked for: whether to set a timer or to take it back, whether of event time, and when.
    pub asked: Vec<(bool, bool, i64)>,
    /// State of a key and a window.
    state: Py<KeyedState>,
    metrics: Py<PyAny>,
}

impl TriggerContext {
    pub fn new(state: Py<KeyedState>, metrics: Py<PyAny>) -> Self {
        let (key, window, merged, asked) = (None, None, Vec::new(), Vec::new());
        TriggerContext { now: i64::MIN, watermark: i64::MIN, key, window, merged, asked, state, metrics }
    }

    /// The state is that of this window from here on.
    fn enter(&self, py: Python<'_>, window: &PyWindow) -> PyResult<()> {
        let Some((key, group)) = &self.key else { return Err(outside()) };
        enter_window(py, &self.state, key, *group, window)
    }
}

/// Sets the key at hand of a store whose state belongs to a key and a window.
pub fn enter_window(
    py: Python<'_>,
    state: &Py<KeyedState>,
    key: &PyKey,
    group: u16,
    window: &PyWindow,
) -> PyResult<()> {
    let both = (key.object(), window.identity(py)?).into_pyobject(py)?.into_any();
    let before = state.borrow_mut(py).set_current(Some((PyKey::new(&both)?, group)));
    drop(before);
    Ok(())
}

fn outside() -> PyErr {
    PyRuntimeError::new_err("a trigger's context can be used in the trigger's methods only")
}

/// The state of that descriptor, by the kind of the descriptor.
fn partitioned<'py>(state: &Py<KeyedState>, descriptor: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = descriptor.py();
    for class in descriptor.get_type().mro() {
        let getter = match class.cast::<pyo3::types::PyType>()?.name()?.to_str()? {
            "ValueStateDescriptor" => "get_state",
            "ListStateDescriptor" => "get_list_state",
            "MapStateDescriptor" => "get_map_state",
            "ReducingStateDescriptor" => "get_reducing_state",
            "AggregatingStateDescriptor" => "get_aggregating_state",
            _ => continue,
        };
        return state.bind(py).call_method1(getter, (descriptor,));
    }
    Err(PyTypeError::new_err("get_partitioned_state() takes a state descriptor such as ValueStateDescriptor"))
}

#[pymethods]
impl TriggerContext {
    fn get_current_processing_time(&self) -> i64 {
        self.now
    }

    fn get_current_watermark(&self) -> i64 {
        self.watermark
    }

    fn get_metric_group(&self, py: Python<'_>) -> Py<PyAny> {
        self.metrics.clone_ref(py)
    }

    fn register_processing_time_timer(&mut self, time: i64) {
        self.asked.push((true, false, time));
    }

    fn register_event_time_timer(&mut self, time: i64) {
        self.asked.push((true, true, time));
    }

    fn delete_processing_time_timer(&mut self, time: i64) {
        self.asked.push((false, false, time));
    }

    fn delete_event_time_timer(&mut self, time: i64) {
        self.asked.push((false, true, time));
    }

    /// State of the window, by a descriptor of any kind.
    fn get_partitioned_state<'py>(&self, state_descriptor: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let Some(window) = &self.window else { return Err(outside()) };
        self.enter(state_descriptor.py(), window)?;
        partitioned(&self.state, state_descriptor)
    }

    /// Adds the state of the windows that have become this one to its own.
    fn merge_partitioned_state(&self, state_descriptor: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = state_descriptor.py();
        let Some(window) = &self.window else { return Err(outside()) };
        let state = partitioned(&self.state, state_descriptor)?;
        if !state.hasattr("_merge")? {
            return Err(PyTypeError::new_err(format!(
                "merge_partitioned_state() takes a descriptor of reducing, aggregating or list state, not {}",
                state_descriptor.repr()?
            )));
        }
        let mut values = Vec::new();
        for merged in &self.merged {
            self.enter(py, merged)?;
            let value = state.call_method0("_take")?;
            if !value.is_none() {
                values.push(value);
            }
        }
        self.enter(py, window)?;
        for value in values {
            state.call_method1("_merge", (value,))?;
        }
        Ok(())
    }
}

/// The context of a window function: of the window that fires, or that is over.
#[pyclass(module = "flott._flott")]
pub struct WindowContext {
    clocks: Clocks,
    window: Option<PyWindow>,
    /// The window as the program sees it, made when it is first asked for. The keys of a window fire one after the
    /// other and share it.
    object: Option<Py<PyAny>>,
    /// State of the key and the window; `None` where windows merge.
    per_window: Option<Py<KeyedState>>,
    /// State of the key.
    global: Py<KeyedState>,
}

impl WindowContext {
    pub fn new(per_window: Option<Py<KeyedState>>, global: Py<KeyedState>) -> Self {
        let clocks = Clocks { watermark: i64::MIN, now: i64::MIN };
        WindowContext { clocks, window: None, object: None, per_window, global }
    }

    /// The window at hand from here on.
    #[inline]
    pub fn enter(
        &mut self,
        py: Python<'_>,
        (key, group): (&PyKey, u16),
        window: &PyWindow,
        clocks: Clocks,
    ) -> PyResult<()> {
        self.clocks = clocks;
        match (&self.window, window) {
            (Some(PyWindow::Time(before)), PyWindow::Time(now)) if before == now => {}
            _ => (self.window, self.object) = (Some(window.clone()), None),
        }
        let before = self.global.borrow_mut(py).set_current(Some((key.clone(), group)));
        drop(before);
        match &self.per_window {
            // functions may have kept what they got of it
            Some(per_window) if per_window.borrow(py).is_used() => enter_window(py, per_window, key, group, window),
            _ => Ok(()),
        }
    }

    /// The window as the program sees it.
    pub fn object(&mut self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        if let Some(object) = &self.object {
            return Ok(object.clone_ref(py));
        }
        let Some(window) = &self.window else { return Ok(py.None()) };
        let object = window.to_object(py)?.unbind();
        Ok(self.object.insert(object).clone_ref(py))
    }
}

#[pymethods]
impl WindowContext {
    fn window(&mut self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.object(py)
    }

    fn current_processing_time(&self) -> i64 {
        self.clocks.now
    }

    fn current_watermark(&self) -> i64 {
        self.clocks.watermark
    }

    /// State of the key and the window.
    fn window_state(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let Some(state) = &self.per_window else { return Ok(Py::new(py, NoWindowState)?.into_any()) };
        let current = self.global.borrow(py).current().cloned();
        if let (Some((key, group)), Some(window)) = (current, &self.window) {
            enter_window(py, state, &key, group, window)?;
        }
        Ok(state.clone_ref(py).into_any())
    }

    /// State of the key, which all its windows share.
    fn global_state(&self, py: Python<'_>) -> Py<KeyedState> {
        self.global.clone_ref(py)
    }
}

/// What `window_state()` returns where windows merge: it has no state.
#[pyclass(module = "flott._flott", frozen)]
pub struct NoWindowState;

fn no_window_state() -> PyErr {
    PyRuntimeError::new_err(
        "windows that merge, such as sessions, have no state of their own; use global_state(), which is the key's",
    )
}

#[pymethods]
impl NoWindowState {
    fn get_state(&self, _state_descriptor: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(no_window_state())
    }

    fn get_list_state(&self, _state_descriptor: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(no_window_state())
    }

    fn get_map_state(&self, _state_descriptor: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(no_window_state())
    }

    fn get_reducing_state(&self, _state_descriptor: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(no_window_state())
    }

    fn get_aggregating_state(&self, _state_descriptor: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(no_window_state())
    }
}
