//! Process functions of all kinds: of one stream or two, with keys or without, with a broadcast side; also the
//! co-functions of two streams. They differ in the methods they have and in what their context allows.

use std::sync::Arc;

use flott::batch::{Batch, NO_TIMESTAMP};
use flott::checkpoint::{Capture, ItemPart};
use flott::operator::{Operator, Output, Slice, SubtaskContext};
use flott::time::MAX_WATERMARK;
use flott::{Error, Result};
use pyo3::prelude::*;
use pyo3::types::PyInt;

use super::Settings;
use super::yielded::Yielded;
use crate::context::ProcessContext;
use crate::function::{Failure, UserFunction};
use crate::gate;
use crate::objects::{PyObjects, release};
use crate::state::{BroadcastStates, Copied};
use crate::timers::{Domain, TimerService, restored_watermark, stored_watermark};

/// What a method is given, and what it gives back.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `(value, ctx)`: yields.
    Process,
    /// `(value, ctx)`: yields each result behind its timestamp.
    Timed,
    /// `(value)`: yields.
    FlatMap,
    /// `(value)`: returns a record, None for none.
    Map,
}

/// One kind of function: its methods in the order of the operator's inputs.
pub struct Kind {
    methods: &'static [&'static str],
    form: Form,
    /// Records have keys, and the function has state and timers.
    pub keyed: bool,
    /// The last input is a broadcast stream.
    broadcast: bool,
}

const fn kind(methods: &'static [&'static str], form: Form) -> Kind {
    Kind { methods, form, keyed: false, broadcast: false }
}

const fn keyed(kind: Kind) -> Kind {
    Kind { keyed: true, ..kind }
}

const ONE: &[&str] = &["process_element"];
const TWO: &[&str] = &["process_element1", "process_element2"];
const BROADCAST: &[&str] = &["process_element", "process_broadcast_element"];

pub const PROCESS: Kind = kind(ONE, Form::Process);
pub const KEYED_PROCESS: Kind = keyed(kind(ONE, Form::Process));
pub const CO_PROCESS: Kind = kind(TWO, Form::Process);
pub const KEYED_CO_PROCESS: Kind = keyed(kind(TWO, Form::Process));
pub const KEYED_CO_PROCESS_TIMED: Kind = keyed(kind(TWO, Form::Timed));
pub const CO_MAP: Kind = kind(&["map1", "map2"], Form::Map);
pub const KEYED_CO_MAP: Kind = keyed(kind(&["map1", "map2"], Form::Map));
pub const CO_FLAT_MAP: Kind = kind(&["flat_map1", "flat_map2"], Form::FlatMap);
pub const KEYED_CO_FLAT_MAP: Kind = keyed(kind(&["flat_map1", "flat_map2"], Form::FlatMap));
pub const BROADCAST_PROCESS: Kind = Kind { broadcast: true, ..kind(BROADCAST, Form::Process) };
pub const KEYED_BROADCAST_PROCESS: Kind = keyed(BROADCAST_PROCESS);

impl Kind {
    pub fn create(
        &'static self,
        function: UserFunction,
        subtask: &SubtaskContext,
        settings: &Arc<Settings>,
    ) -> Box<dyn Operator> {
        let yielded = Yielded::new(function.settings.declared.clone());
        Box::new(Process {
            kind: self,
            function,
            subtask: subtask.clone(),
            settings: settings.clone(),
            opened: None,
            yielded,
            next_timer: None,
            watermark: restored_watermark(&subtask.restored),
            held: (self.broadcast && settings.broadcast_first).then(Vec::new),
            taking: None,
        })
    }
}

struct Process {
    kind: &'static Kind,
    function: UserFunction,
    subtask: SubtaskContext,
    settings: Arc<Settings>,
    opened: Option<Opened>,
    yielded: Yielded,
    /// When the first processing-time timer is due.
    next_timer: Option<i64>,
    watermark: i64,
    /// What came by the other side, where the broadcast side is read first and goes on.
    held: Option<Vec<Batch>>,
    taking: Option<Taking>,
}

/// A snapshot that is being taken.
struct Taking {
    /// The function's state.
    state: Capture,
    timers: Vec<Copied<(i64, usize)>>,
    items: Vec<ItemPart>,
}

struct Opened {
    context: Py<ProcessContext>,
    timers: Py<TimerService>,
    broadcast: Option<BroadcastStates>,
}

impl Process {
    fn opened(&self) -> Result<&Opened> {
        self.opened.as_ref().ok_or_else(|| Error::internal("a process function was called before it was opened"))
    }

    /// Works at what was held back: both sides have ended.
    fn release(&mut self, output: &mut Output) -> Result<()> {
        for batch in self.held.take().unwrap_or_default() {
            self.process(0, batch, output)?;
        }
        Ok(())
    }

    /// Calls `on_timer` for each timer that is due, also for those that are set meanwhile. Event time is `until` from
    /// here on where the timers are its.
    fn fire(&mut self, domain: Domain, until: i64, output: &mut Output) -> Result<()> {
        // the method behind those of the inputs
        let on_timer = self.kind.methods.len();
        let batch_size = self.subtask.batch_size;
        let Some(Opened { context, timers, .. }) = &self.opened else { return Ok(()) };
        let failure = gate::enter(|py| {
            if domain == Domain::Event {
                timers.borrow_mut(py).watermark = until;
            }
            let argument = context.clone_ref(py).into_any();
            let mut failure = None;
            loop {
                // the guard must be gone before the function runs, which sets timers
                let due = timers.borrow_mut(py).pop(domain, until);
                let Some((time, key, group)) = due else { break };
                {
                    let mut context = context.borrow_mut(py);
                    (context.timestamp, context.domain, context.broadcast_side) = (time, Some(domain), false);
                }
                let of_key = key.object().clone_ref(py);
                self.function.set_key(py, Some((key, group)));
                let timestamp = PyInt::new(py, time).into_any().unbind();
                let emitted_at = if domain == Domain::Event { time } else { NO_TIMESTAMP };
                // co-functions without the method set no timers either
                let result = self.function.callable(py, on_timer)?.two(&timestamp, &argument);
                if let Err(error) = result.and_then(|results| self.yielded.add_all(&results, "on_timer", emitted_at)) {
                    let input = format!("the timer of {time} of the key {}", gate::describe(of_key.bind(py)));
                    failure = Some(Failure { error, input }.into_error(py));
                    break;
                }
                if self.yielded.len() >= batch_size {
                    self.yielded.emit(output);
                }
            }
            context.borrow_mut(py).domain = None;
            self.next_timer = timers.borrow(py).next_processing();
            Ok(failure)
        })?;
        self.yielded.emit(output);
        failure.map_or(Ok(()), Err)
    }
}

impl Operator for Process {
    fn open(&mut self) -> Result<()> {
        self.function.open()?;
        self.opened = Some(gate::enter(|py| {
            let state = match self.kind.keyed {
                true => Some(self.function.state()?.clone_ref(py)),
                false => None,
            };
            let of_keys = state.as_ref().map(|state| state.clone_ref(py));
            let timers = Py::new(py, TimerService::new(py, &self.subtask, of_keys)?)?;
            let new_states = || BroadcastStates::new(py, &self.settings.broadcast_states, &self.subtask.restored);
            let broadcast = self.kind.broadcast.then(new_states).transpose()?;
            if let Some((inspected, node)) = &self.settings.inspected {
                inspected.add_timers(*node, timers.clone_ref(py));
                if let Some(states) = &broadcast {
                    inspected.add_broadcast(*node, states.clone_ref(py));
                }
            }
            let shared = broadcast.as_ref().map(|states| states.clone_ref(py));
            let context = Py::new(py, ProcessContext::new(state, timers.clone_ref(py), shared))?;
            Ok(Opened { context, timers, broadcast })
        })?);
        let timers = &self.opened()?.timers;
        self.next_timer = gate::enter(|py| Ok(timers.borrow(py).next_processing()))?;
        self.subtask.forget_restored();
        Ok(())
    }

    fn stores(&self) -> bool {
        // what is held back is not state: BATCH mode has no checkpoints
        self.held.is_none()
    }

    fn barrier(&mut self, checkpoint: u64, _output: &mut Output) -> Result<()> {
        self.function.barrier(checkpoint);
        Ok(())
    }

    fn capture(&mut self) -> Result<Capture> {
        let state = self.function.capture()?;
        let Opened { timers, broadcast, .. } = self.opened()?;
        self.taking = Some(gate::enter(|py| {
            let mut items = vec![stored_watermark(self.watermark)];
            if let Some(states) = broadcast {
                items.extend(states.snapshot(py)?);
            }
            let timers = if self.kind.keyed { timers.borrow(py).copied(py).into() } else { Vec::new() };
            Ok(Taking { state, timers, items })
        })?);
        Ok(Capture::Unfinished)
    }

    fn go_on(&mut self, slice: &mut Slice) -> Result<Capture> {
        let Some(mut taking) = self.taking.take() else { return Ok(Capture::default()) };
        if taking.state.is_unfinished() {
            taking.state = self.function.go_on(slice)?;
        }
        let timers = &mut taking.timers;
        let done = !taking.state.is_unfinished()
            && gate::enter(|py| timers.iter_mut().try_fold(true, |done, of| Ok(done && of.go_on(py, slice)?)))?;
        if !done {
            self.taking = Some(taking);
            return Ok(Capture::Unfinished);
        }
        let mut snapshot = taking.state.into_snapshot()?;
        snapshot.keyed.extend(taking.timers.into_iter().map(Copied::into_part));
        snapshot.items.extend(taking.items);
        Ok(Capture::Ready(snapshot))
    }

    fn abandon(&mut self) {
        self.function.abandon();
        if let Some(taking) = self.taking.take() {
            // without an interpreter there is nothing left to drop it for
            let _: Result<()> = gate::enter(|_| {
                drop(taking);
                Ok(())
            });
        }
    }

    fn process(&mut self, input: usize, batch: Batch, output: &mut Output) -> Result<()> {
        if let (Some(held), 0) = (&mut self.held, input) {
            held.push(batch);
            return Ok(());
        }
        let Batch { data, timestamps, keys, .. } = batch;
        let mut yielded = std::mem::take(&mut self.yielded);
        let Opened { context, timers, .. } = self.opened()?;
        let (kind, timed) = (self.kind, timestamps.is_some());
        let method = kind.methods[input];
        let (failure, next_timer) = gate::enter(|py| {
            let items = PyObjects::take(py, data)?;
            let keys = self.function.key_cursor(py, keys)?;
            let call = self.function.callable(py, input)?;
            let argument = context.clone_ref(py).into_any();
            let mut failure = None;
            {
                let mut context = context.borrow_mut(py);
                context.timestamp = NO_TIMESTAMP;
                context.broadcast_side = kind.broadcast && input == 1;
            }
            for (index, item) in items.iter().enumerate() {
                let time = timestamps.as_ref().map_or(NO_TIMESTAMP, |times| times[index]);
                if timed {
                    context.borrow_mut(py).timestamp = time;
                }
                let result = keys.set(py, index).and_then(|()| match kind.form {
                    Form::Process => call.two(item, &argument).and_then(|r| yielded.add_all(&r, method, time)),
                    Form::Timed => call.two(item, &argument).and_then(|r| yielded.add_timed(&r, method)),
                    Form::FlatMap => call.one(item).and_then(|r| yielded.add_all(&r, method, time)),
                    Form::Map => call.one(item).and_then(|result| match result.is_none() {
                        true => Ok(()), // no record
                        false => yielded.add(result, time),
                    }),
                });
                if let Err(error) = result {
                    failure = Some(Failure::new(py, error, item).into_error(py));
                    break;
                }
            }
            release(py, items);
            Ok((failure, timers.borrow(py).next_processing()))
        })?;
        self.next_timer = next_timer;
        yielded.emit(output);
        self.yielded = yielded;
        failure.map_or(Ok(()), Err)
    }

    fn watermark(&mut self, watermark: i64, output: &mut Output) -> Result<()> {
        if watermark == MAX_WATERMARK {
            self.release(output)?;
        }
        // after a restore it is told again what it knew: timers that were set behind it wait for the next one
        if watermark > self.watermark {
            self.watermark = watermark;
            self.fire(Domain::Event, watermark, output)?;
        }
        output.emit_watermark(self.watermark);
        Ok(())
    }

    fn next_wakeup(&self) -> Option<i64> {
        self.next_timer
    }

    fn processing_time(&mut self, now: i64, output: &mut Output) -> Result<()> {
        self.fire(Domain::Processing, now, output)
    }

    fn finish(&mut self, output: &mut Output) -> Result<()> {
        self.release(output)?;
        if self.next_timer.is_some() {
            let timers = &self.opened()?.timers;
            let waiting = gate::enter(|py| Ok(timers.borrow(py).waiting()))?;
            tracing::warn!(
                "{}: the input ended with timers of processing time to come ({waiting}), which never fire, as in Flink",
                self.subtask.operator
            );
        }
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        let closed = self.function.close();
        if let Some(opened) = self.opened.take() {
            let taking = self.taking.take();
            let _: Result<(), Error> = gate::enter(|py| {
                opened.timers.borrow_mut(py).clear();
                drop((opened, taking));
                Ok(())
            });
        }
        closed
    }
}
