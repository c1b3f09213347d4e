//! Windows of a keyed stream whose functions are Python's. The rules are the engine's (`flott::window`).

use std::sync::Arc;

use flott::batch::{Batch, NO_TIMESTAMP};
use flott::checkpoint::Snapshot;
use flott::metrics::{Counter, LATE_DROPPED, LATE_TO_SIDE};
use flott::operator::{Operator, Output, Slice, SubtaskContext, Waiting};
use flott::window::{self, BuiltInTrigger, Clocks, TimedWindows, Windows};
use flott::{Error, Result};
use pyo3::prelude::*;

use super::{Settings, Yielded};
use crate::conform::Declared;
use crate::function::{Failure, UserFunction};
use crate::gate;
use crate::metrics::ShownObject;
use crate::objects::{PyObjects, release};
use crate::state::{KeyedState, PyKey};
use crate::timers::{restored_watermark, stored_watermark};
use crate::window::{
    AnyWindows, Functions, KeyedWindows, PlainWindows, PyAssigner, PyContents, PyEvictor, PySlicedWindows, PyTrigger,
    TriggerContext, WindowContext, built_in,
};

pub fn create(function: UserFunction, subtask: &SubtaskContext, settings: &Arc<Settings>) -> Box<dyn Operator> {
    Box::new(WindowOperator {
        function,
        subtask: subtask.clone(),
        settings: settings.clone(),
        windows: None,
        stores: Vec::new(),
        watermark: restored_watermark(&subtask.restored),
        late: subtask.metrics.counter(LATE_DROPPED),
        late_to_side: settings.late_output.is_some().then(|| subtask.metrics.counter(LATE_TO_SIDE)),
        next_timer: None,
    })
}

struct WindowOperator {
    function: UserFunction,
    subtask: SubtaskContext,
    settings: Arc<Settings>,
    windows: Option<Box<dyn KeyedWindows>>,
    /// State of windows and of the trigger.
    stores: Vec<Py<KeyedState>>,
    watermark: i64,
    late: Counter,
    late_to_side: Option<Counter>,
    /// When the first processing-time timer is due.
    next_timer: Option<i64>,
}

/// What Python's side of the operator has made, in the engine's terms.
fn opened(
    py: Python<'_>,
    parts: &Bound<'_, PyAny>,
    state: &Py<KeyedState>,
    declared: &Arc<Declared>,
    subtask: &SubtaskContext,
    stores: &mut Vec<Py<KeyedState>>,
) -> PyResult<Box<dyn KeyedWindows>> {
    let mut store = |space: &'static str| {
        let store = Py::new(py, KeyedState::new(py, subtask, space)?)?;
        stores.push(store.clone_ref(py));
        Ok::<_, PyErr>(store)
    };
    let runtime_context = parts.getattr("runtime_context")?;
    let assigner = PyAssigner::new(
        &parts.getattr("assigner")?,
        parts.getattr("assigner_spec")?.extract()?,
        &runtime_context,
        state,
    )?;
    let trigger = match parts.getattr("trigger_spec")?.extract::<Option<(String, i64)>>()? {
        Some((name, number)) => PyTrigger::BuiltIn(built_in(&name, number).map_err(|error| gate::raise(py, error))?),
        None => {
            let metrics = runtime_context.call_method0("get_metrics_group")?.unbind();
            let context = Py::new(py, TriggerContext::new(store("trigger")?, metrics))?;
            PyTrigger::Own { trigger: parts.getattr("trigger")?.unbind(), context }
        }
    };
    let merges = window::Assigner::merges(&assigner);
    let per_window = if merges { None } else { Some(store("window state")?) };
    let context = Py::new(py, WindowContext::new(per_window, state.clone_ref(py)))?;
    let mut functions = Functions::new(parts, context, Yielded::new(declared.clone()))?;
    let allowed_lateness = parts.getattr("allowed_lateness")?.extract()?;
    let evictor = match parts.getattr("kept")?.extract::<&str>()? {
        "evicting" => Some(PyEvictor::new(parts)?),
        _ => None,
    };
    if let (PyAssigner::Time(time), true, None) = (&assigner, fires_at_the_end(&assigner, &trigger), &evictor) {
        functions = match PySlicedWindows::new(py, *time, allowed_lateness, functions)? {
            Ok(windows) => return Ok(Box::new(windows)),
            Err(functions) => functions,
        };
        if let Some(windows) = TimedWindows::new(*time, allowed_lateness) {
            return Ok(Box::new(PlainWindows { windows, functions }));
        }
    }
    let windows = Windows::new(assigner, trigger, window::Settings { allowed_lateness });
    Ok(Box::new(AnyWindows { windows, contents: PyContents::new(functions, evictor) }))
}

/// Whether it is the trigger that windows of time have when a program names no other.
fn fires_at_the_end(assigner: &PyAssigner, trigger: &PyTrigger) -> bool {
    match trigger {
        PyTrigger::BuiltIn(BuiltInTrigger::EventTime) => window::Assigner::is_event_time(assigner),
        PyTrigger::BuiltIn(BuiltInTrigger::ProcessingTime) => !window::Assigner::is_event_time(assigner),
        _ => false,
    }
}

impl WindowOperator {
    /// Evaluates every window that is due.
    fn fire(&mut self, event_time: bool, until: i64, output: &mut Output) -> Result<()> {
        let now = if event_time { self.subtask.clock.now() } else { until };
        let clocks = Clocks { watermark: self.watermark, now };
        let Some(windows) = &mut self.windows else { return Ok(()) };
        let batch_size = self.subtask.batch_size;
        let failure = gate::enter(|_| {
            windows.set_clocks(clocks);
            loop {
                match windows.advance(event_time, until) {
                    Ok(true) => {}
                    Ok(false) => return Ok(None),
                    Err(error) => return Ok(Some(error)),
                }
                if windows.yielded().len() >= batch_size {
                    windows.yielded().emit(output);
                }
            }
        })?;
        self.next_timer = windows.next_processing();
        windows.yielded().emit(output);
        self.show_timers()?;
        failure.map_or(Ok(()), Err)
    }

    /// For a test that looks at the job.
    fn show_timers(&self) -> Result<()> {
        let Some((inspected, node)) = &self.settings.inspected else { return Ok(()) };
        gate::enter(|_| {
            let shown = self.windows.as_ref().map(|windows| windows.timers()).unwrap_or_default();
            inspected.set_window_timers(*node, self.subtask.subtask, shown);
            Ok(())
        })
    }
}

impl Operator for WindowOperator {
    fn open(&mut self) -> Result<()> {
        self.function.open()?;
        let declared = &self.function.settings.declared;
        let subtask = &self.subtask;
        let (windows, stores) = gate::enter(|py| {
            let mut stores = Vec::new();
            let mut windows =
                opened(py, self.function.part(py)?, self.function.state()?, declared, subtask, &mut stores)?;
            windows.go_on(py, &subtask.restored, self.watermark)?;
            Ok((windows, stores))
        })?;
        self.next_timer = windows.next_processing();
        (self.windows, self.stores) = (Some(windows), stores);
        self.subtask.forget_restored();
        Ok(())
    }

    fn barrier(&mut self, checkpoint: u64, _output: &mut Output) -> Result<()> {
        self.function.barrier(checkpoint);
        Ok(())
    }

    fn snapshot(&mut self) -> Result<Snapshot> {
        self.function.capture()?;
        let mut snapshot = self.function.go_on(&mut Slice::whole())?.into_snapshot()?;
        let Some(windows) = &self.windows else { return Ok(snapshot) };
        gate::enter(|py| {
            for store in &self.stores {
                store.borrow_mut(py).begin_snapshot(py)?;
                let taken = KeyedState::go_on(store, py, &mut Slice::whole())?;
                snapshot.keyed.extend(taken.unwrap_or_default().keyed);
            }
            snapshot.keyed.extend(windows.snapshot(py, &self.subtask.operator)?);
            Ok(())
        })?;
        snapshot.items.push(stored_watermark(self.watermark));
        Ok(snapshot)
    }

    fn process(&mut self, _input: usize, batch: Batch, output: &mut Output) -> Result<()> {
        let Batch { data, timestamps, keys, .. } = batch;
        let clocks = Clocks { watermark: self.watermark, now: self.subtask.clock.now() };
        let (Some(windows), Some(keys)) = (&mut self.windows, keys) else {
            return Err(Error::internal("a window was given records without keys"));
        };
        let (late, late_to_side, metrics) = (&self.late, &self.late_to_side, &self.subtask.metrics);
        let side = self.settings.late_output.as_ref();
        let failure = gate::enter(|py| {
            let items = PyObjects::take(py, data)?;
            let (keys, groups) =
                keys.into_parts(self.subtask.max_parallelism).map_err(|error| gate::raise(py, error))?;
            let keys = PyObjects::take(py, keys)?;
            windows.set_clocks(clocks);
            let mut failure = None;
            for (index, item) in items.iter().enumerate() {
                let time = timestamps.as_ref().map_or(NO_TIMESTAMP, |times| times[index]);
                let key = PyKey::new(keys[index].bind(py))?;
                match windows.add(&key, groups[index], item, time) {
                    Ok(true) => {}
                    Ok(false) => {
                        metrics.note_late(Box::new(ShownObject::new(py, item)), time, clocks.watermark);
                        let Some(tag) = side else {
                            late.add(1);
                            continue;
                        };
                        if let Some(counter) = late_to_side {
                            counter.add(1);
                        }
                        if let Err(error) = windows.yielded().add_side(tag, item.bind(py).clone(), time) {
                            failure = Some(Failure::new(py, error, item).into_error(py));
                            break;
                        }
                    }
                    Err(error) => {
                        failure = Some(error.with_input(gate::describe(item.bind(py))));
                        break;
                    }
                }
            }
            release(py, items);
            release(py, keys);
            Ok(failure)
        })?;
        self.next_timer = windows.next_processing();
        windows.yielded().emit(output);
        self.show_timers()?;
        failure.map_or(Ok(()), Err)
    }

    fn watermark(&mut self, watermark: i64, output: &mut Output) -> Result<()> {
        // after a restore it is told again what it knew: timers that were set behind it wait for the next one
        if watermark > self.watermark {
            self.watermark = watermark;
            self.fire(true, watermark, output)?;
        }
        output.emit_watermark(self.watermark);
        Ok(())
    }

    fn waiting(&mut self) -> Option<Waiting> {
        let clocks = Clocks { watermark: self.watermark, now: self.subtask.clock.now() };
        let windows = self.windows.as_mut()?;
        gate::enter(|_| Ok(windows.open(clocks))).ok().map(Waiting::Windows)
    }

    fn next_wakeup(&self) -> Option<i64> {
        self.next_timer
    }

    fn processing_time(&mut self, now: i64, output: &mut Output) -> Result<()> {
        self.fire(false, now, output)
    }

    fn finish(&mut self, _output: &mut Output) -> Result<()> {
        let waiting = self.windows.as_ref().map_or(0, |windows| windows.waiting());
        if waiting > 0 {
            tracing::warn!(
                "{}: the input ended with open windows of processing time ({waiting}), which never fire, as in Flink",
                self.subtask.operator
            );
        }
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        let (windows, stores) = (self.windows.take(), std::mem::take(&mut self.stores));
        let shown = self.show_timers();
        let dropped = gate::enter(|_| {
            drop((windows, stores));
            Ok(())
        });
        // without an interpreter there is nothing left to drop it for
        drop(dropped);
        self.function.close().and(shown)
    }
}
