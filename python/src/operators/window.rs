//! Windows of a keyed stream whose functions are Python's. The rules are the engine's (`flott::window`).

use std::sync::Arc;

use flott::batch::{Batch, NO_TIMESTAMP};
use flott::metrics::Counter;
use flott::operator::{Operator, Output, SubtaskContext};
use flott::window::{self, Fired, Windows};
use flott::{Error, Result};
use pyo3::prelude::*;

use super::{Settings, Yielded};
use crate::function::{Failure, UserFunction};
use crate::gate;
use crate::objects::{PyObjects, release};
use crate::state::{KeyedState, PyKey};
use crate::timers::Domain;
use crate::window::{PyAssigner, PyContents, PyTrigger, PyWindow, TriggerContext, WindowContext, built_in};

pub fn create(function: UserFunction, subtask: &SubtaskContext, settings: &Arc<Settings>) -> Box<dyn Operator> {
    Box::new(WindowOperator {
        function,
        subtask: subtask.clone(),
        settings: settings.clone(),
        opened: None,
        late: subtask.metrics.counter("numLateRecordsDropped"),
        next_timer: None,
    })
}

struct WindowOperator {
    function: UserFunction,
    subtask: SubtaskContext,
    settings: Arc<Settings>,
    opened: Option<Opened>,
    late: Counter,
    /// When the first processing-time timer is due.
    next_timer: Option<i64>,
}

struct Opened {
    windows: Windows<PyKey, Py<PyAny>, PyWindow, PyAssigner, PyTrigger>,
    contents: PyContents,
}

/// What Python's side of the operator has made, in the engine's terms.
fn opened(
    py: Python<'_>,
    parts: &Bound<'_, PyAny>,
    state: &Py<KeyedState>,
    subtask: &SubtaskContext,
) -> PyResult<Opened> {
    let store =
        |what: &str| Py::new(py, KeyedState::new(&format!("{} ({what})", subtask.operator), subtask.clock.clone()));
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
    let settings = window::Settings { allowed_lateness: parts.getattr("allowed_lateness")?.extract()? };
    Ok(Opened { windows: Windows::new(assigner, trigger, settings), contents: PyContents::new(parts, context)? })
}

impl WindowOperator {
    /// Lets every timer fire that is due, also those that are set meanwhile.
    fn fire(&mut self, event_time: bool, until: i64, output: &mut Output) -> Result<()> {
        let Some(Opened { windows, contents }) = &mut self.opened else { return Ok(()) };
        let batch_size = self.subtask.batch_size;
        let failure = gate::enter(|py| {
            while let Some(fired) = windows.pop(event_time, until) {
                if let Err(error) = windows.fire(&fired, contents) {
                    return Ok(Some(error.with_input(describe(py, &fired))));
                }
                if contents.yielded.len() >= batch_size {
                    contents.yielded.emit(output);
                }
            }
            Ok(None)
        })?;
        self.next_timer = windows.timers.processing.next();
        contents.yielded.emit(output);
        self.show_timers()?;
        failure.map_or(Ok(()), Err)
    }

    /// For a test that looks at the job.
    fn show_timers(&self) -> Result<()> {
        let Some((inspected, node)) = &self.settings.inspected else { return Ok(()) };
        gate::enter(|_| {
            let mut shown = Vec::new();
            if let Some(Opened { windows, .. }) = &self.opened {
                let event = windows.timers.event.iter().map(|(time, (key, _), _)| (key.clone(), time, Domain::Event));
                let processing = windows.timers.processing.iter();
                shown.extend(event);
                shown.extend(processing.map(|(time, (key, _), _)| (key.clone(), time, Domain::Processing)));
            }
            inspected.set_window_timers(*node, self.subtask.subtask, shown);
            Ok(())
        })
    }
}

fn describe(py: Python<'_>, fired: &Fired<PyKey, PyWindow>) -> String {
    let window = fired.window.to_object(py).map(|window| gate::describe(&window)).unwrap_or_default();
    format!("the window {window} of the key {}", gate::describe(fired.key.object().bind(py)))
}

impl Operator for WindowOperator {
    fn open(&mut self) -> Result<()> {
        self.function.open()?;
        let mut opened = gate::enter(|py| opened(py, self.function.part(py)?, self.function.state()?, &self.subtask))?;
        opened.contents.yielded = Yielded::new(self.function.settings.declared.clone());
        self.opened = Some(opened);
        Ok(())
    }

    fn process(&mut self, _input: usize, batch: Batch, output: &mut Output) -> Result<()> {
        let Batch { data, timestamps, keys, .. } = batch;
        let (Some(Opened { windows, contents }), Some(keys)) = (&mut self.opened, keys) else {
            return Err(Error::internal("a window was given records without keys"));
        };
        windows.timers.now = self.subtask.clock.now();
        let (late, side) = (&self.late, self.settings.late_output.as_ref());
        let failure = gate::enter(|py| {
            let items = PyObjects::take(py, data)?;
            let (keys, groups) =
                keys.into_parts(self.subtask.max_parallelism).map_err(|error| gate::raise(py, error))?;
            let keys = PyObjects::take(py, keys)?;
            let mut failure = None;
            for (index, item) in items.iter().enumerate() {
                let time = timestamps.as_ref().map_or(NO_TIMESTAMP, |times| times[index]);
                let key = PyKey::new(keys[index].bind(py))?;
                match windows.add(&key, groups[index], item, time, contents) {
                    Ok(true) => {}
                    Ok(false) => match side {
                        Some(tag) => {
                            if let Err(error) = contents.yielded.add_side(tag, item.bind(py).clone(), time) {
                                failure = Some(Failure::new(py, error, item).into_error(py));
                                break;
                            }
                        }
                        None => late.add(1),
                    },
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
        self.next_timer = windows.timers.processing.next();
        contents.yielded.emit(output);
        self.show_timers()?;
        failure.map_or(Ok(()), Err)
    }

    fn watermark(&mut self, watermark: i64, output: &mut Output) -> Result<()> {
        if let Some(Opened { windows, .. }) = &mut self.opened {
            windows.timers.watermark = watermark;
            windows.timers.now = self.subtask.clock.now();
        }
        self.fire(true, watermark, output)?;
        output.emit_watermark(watermark);
        Ok(())
    }

    fn next_wakeup(&self) -> Option<i64> {
        self.next_timer
    }

    fn processing_time(&mut self, now: i64, output: &mut Output) -> Result<()> {
        if let Some(Opened { windows, .. }) = &mut self.opened {
            windows.timers.now = now;
        }
        self.fire(false, now, output)
    }

    fn finish(&mut self, _output: &mut Output) -> Result<()> {
        let waiting = self.opened.as_ref().map_or(0, |opened| opened.windows.timers.processing.len());
        if waiting > 0 {
            tracing::warn!(
                "{}: the input ended with open windows of processing time ({waiting}), which never fire, as in Flink",
                self.subtask.operator
            );
        }
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        let opened = self.opened.take();
        let shown = self.show_timers();
        let dropped = gate::enter(|_| {
            drop(opened);
            Ok(())
        });
        // without an interpreter there is nothing left to drop it for
        drop(dropped);
        self.function.close().and(shown)
    }
}
