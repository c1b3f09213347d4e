//! Triggers: PyFlink's own run in Rust, a program's are called.

use flott::window::{BuiltInTrigger, Decision, Trigger, TriggerContext as Engine};
use flott::{Error, Result};
use pyo3::call::PyCallArgs;
use pyo3::exceptions::PyAttributeError;
use pyo3::prelude::*;

use super::{PyWindow, TriggerContext};
use crate::gate;
use crate::state::PyKey;

pub enum PyTrigger {
    BuiltIn(BuiltInTrigger),
    Own { trigger: Py<PyAny>, context: Py<TriggerContext> },
}

/// The built-in trigger of that name, with its number.
pub fn built_in(name: &str, number: i64) -> Result<BuiltInTrigger> {
    Ok(match name {
        "event_time" => BuiltInTrigger::EventTime,
        "processing_time" => BuiltInTrigger::ProcessingTime,
        "continuous_event_time" => BuiltInTrigger::ContinuousEventTime(number),
        "continuous_processing_time" => BuiltInTrigger::ContinuousProcessingTime(number),
        "count" => BuiltInTrigger::Count(number.max(1) as u64),
        "never" => BuiltInTrigger::Never,
        other => match other.strip_prefix("purging ") {
            Some(nested) => BuiltInTrigger::Purging(Box::new(built_in(nested, number)?)),
            None => return Err(Error::internal(format!("there is no trigger '{other}'"))),
        },
    })
}

type Context<'a> = Engine<'a, PyKey, PyWindow>;

impl PyTrigger {
    /// Calls a method of a program's trigger, then does what it asked of its context.
    fn call<A: for<'py> PyCallArgs<'py>>(
        (trigger, context): (&Py<PyAny>, &Py<TriggerContext>),
        engine: &mut Context<'_>,
        merged: &[PyWindow],
        method: &str,
        arguments: impl for<'py> FnOnce(Bound<'py, PyAny>) -> A,
    ) -> Result<Py<PyAny>> {
        // SAFETY: windows are used in the gate only
        let py = unsafe { Python::assume_attached() };
        {
            let mut context = context.borrow_mut(py);
            (context.now, context.watermark) = (engine.timers.now, engine.timers.watermark);
            context.key = Some((engine.key.clone(), engine.group));
            context.window = Some(engine.window.clone());
            context.merged = merged.to_vec();
        }
        let window = engine.window.to_object(py);
        let answer = window.and_then(|window| trigger.bind(py).call_method1(method, arguments(window)));
        let asked = std::mem::take(&mut context.borrow_mut(py).asked);
        for (set, event_time, time) in asked {
            match set {
                true => engine.register(event_time, time),
                false => engine.delete(event_time, time),
            }
        }
        answer.map(Bound::unbind).map_err(|error| gate::carry(py, error))
    }
}

/// A `TriggerResult`.
fn decision(answer: Py<PyAny>) -> Result<Decision> {
    // SAFETY: windows are used in the gate only
    let py = unsafe { Python::assume_attached() };
    let asked = |what: &str| answer.bind(py).call_method0(what)?.is_truthy();
    let decided = asked("is_fire").and_then(|fire| Ok(Decision { fire, purge: asked("is_purge")? }));
    decided.map_err(|error| match error.is_instance_of::<PyAttributeError>(py) {
        true => Error::data(format!("a trigger returned {}", gate::describe(answer.bind(py))))
            .with_hint("let its methods return a TriggerResult such as TriggerResult.CONTINUE"),
        false => gate::carry(py, error),
    })
}

impl Trigger<PyKey, Py<PyAny>, PyWindow> for PyTrigger {
    fn on_element(&mut self, value: &Py<PyAny>, timestamp: i64, engine: &mut Context<'_>) -> Result<Decision> {
        match self {
            PyTrigger::BuiltIn(trigger) => trigger.on_element(value, timestamp, engine),
            PyTrigger::Own { trigger, context } => {
                let arguments = |window: Bound<'_, PyAny>| (value, timestamp, window.unbind(), &*context);
                Self::call((trigger, context), engine, &[], "on_element", arguments).and_then(decision)
            }
        }
    }

    fn on_event_time(&mut self, time: i64, engine: &mut Context<'_>) -> Result<Decision> {
        match self {
            PyTrigger::BuiltIn(trigger) => Trigger::<PyKey, Py<PyAny>, PyWindow>::on_event_time(trigger, time, engine),
            PyTrigger::Own { trigger, context } => {
                let arguments = |window: Bound<'_, PyAny>| (time, window.unbind(), &*context);
                Self::call((trigger, context), engine, &[], "on_event_time", arguments).and_then(decision)
            }
        }
    }

    fn on_processing_time(&mut self, time: i64, engine: &mut Context<'_>) -> Result<Decision> {
        match self {
            PyTrigger::BuiltIn(trigger) => {
                Trigger::<PyKey, Py<PyAny>, PyWindow>::on_processing_time(trigger, time, engine)
            }
            PyTrigger::Own { trigger, context } => {
                let arguments = |window: Bound<'_, PyAny>| (time, window.unbind(), &*context);
                Self::call((trigger, context), engine, &[], "on_processing_time", arguments).and_then(decision)
            }
        }
    }

    fn on_merge(&mut self, merged: &[PyWindow], engine: &mut Context<'_>) -> Result<()> {
        match self {
            PyTrigger::BuiltIn(trigger) => Trigger::<PyKey, Py<PyAny>, PyWindow>::on_merge(trigger, merged, engine),
            PyTrigger::Own { trigger, context } => {
                let arguments = |window: Bound<'_, PyAny>| (window.unbind(), &*context);
                Self::call((trigger, context), engine, merged, "on_merge", arguments).map(drop)
            }
        }
    }

    fn clear(&mut self, engine: &mut Context<'_>) -> Result<()> {
        match self {
            PyTrigger::BuiltIn(trigger) => Trigger::<PyKey, Py<PyAny>, PyWindow>::clear(trigger, engine),
            PyTrigger::Own { trigger, context } => {
                let arguments = |window: Bound<'_, PyAny>| (window.unbind(), &*context);
                Self::call((trigger, context), engine, &[], "clear", arguments).map(drop)
            }
        }
    }
}
