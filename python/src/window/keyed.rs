//! The windows of an operator, of whichever kind: what the operator does with them.

use flott::Result;
use flott::checkpoint::{KeyedPart, Snapshot};
use flott::operator::{OpenWindow, OpenWindows};
use flott::window::{Assigner, Cells, Clocks, Held, Open, TimeWindow, TimedWindows, Windows};
use pyo3::prelude::*;

use super::functions::{Functions, in_gate};
use super::{PyAssigner, PyContents, PyTrigger, PyWindow};
use crate::gate;
use crate::inspected::WindowTimer;
use crate::operators::Yielded;
use crate::state::PyKey;
use crate::timers::Domain;

/// Windows by key. All of it is used in the gate only.
pub trait KeyedWindows: Send {
    fn set_clocks(&mut self, clocks: Clocks);

    /// Adds a record to its windows; `false` if it came too late for all of them.
    fn add(&mut self, key: &PyKey, group: u16, record: &Py<PyAny>, timestamp: i64) -> Result<bool>;

    /// Evaluates the next key whose window is due by `until` in that time; `false` if there is none.
    fn advance(&mut self, event_time: bool, until: i64) -> Result<bool>;

    /// The next processing time at which something is due.
    fn next_processing(&self) -> Option<i64>;

    /// How many keys and windows wait for processing time.
    fn waiting(&self) -> usize;

    /// When keys are due next, in the order in which they will be.
    fn timers(&self) -> Vec<WindowTimer>;

    /// What waits for time. `clocks` are those of now.
    fn open(&mut self, clocks: Clocks) -> OpenWindows;

    fn yielded(&mut self) -> &mut Yielded;

    /// What they have of all keys.
    fn snapshot(&self, py: Python<'_>, operator: &str) -> PyResult<Vec<KeyedPart>>;

    /// Takes up what a checkpoint has. `watermark` is the one at its barrier.
    fn go_on(&mut self, py: Python<'_>, restored: &Snapshot, watermark: i64) -> PyResult<()>;
}

/// Windows of any assigner with any trigger.
pub struct AnyWindows {
    pub windows: Windows<PyKey, Py<PyAny>, PyWindow, PyAssigner, PyTrigger>,
    pub contents: PyContents,
}

impl KeyedWindows for AnyWindows {
    fn set_clocks(&mut self, clocks: Clocks) {
        (self.windows.timers.watermark, self.windows.timers.now) = (clocks.watermark, clocks.now);
    }

    fn add(&mut self, key: &PyKey, group: u16, record: &Py<PyAny>, timestamp: i64) -> Result<bool> {
        self.contents.functions.at = Some(timestamp);
        self.windows.add(key, group, record, timestamp, &mut self.contents)
    }

    fn advance(&mut self, event_time: bool, until: i64) -> Result<bool> {
        let Some(fired) = self.windows.pop(event_time, until) else { return Ok(false) };
        // processing time is no time of records
        self.contents.functions.at = event_time.then_some(fired.time);
        match self.windows.fire(&fired, &mut self.contents) {
            Ok(()) => Ok(true),
            Err(error) => Err(error.with_input(describe(&fired.key, &fired.window))),
        }
    }

    fn next_processing(&self) -> Option<i64> {
        self.windows.timers.processing.next()
    }

    fn waiting(&self) -> usize {
        self.windows.timers.processing.len()
    }

    fn timers(&self) -> Vec<WindowTimer> {
        let timers = &self.windows.timers;
        let event = timers.event.iter().map(|(time, (key, _), _)| (key.clone(), time, Domain::Event));
        let processing = timers.processing.iter().map(|(time, (key, _), _)| (key.clone(), time, Domain::Processing));
        event.chain(processing).collect()
    }

    fn open(&mut self, clocks: Clocks) -> OpenWindows {
        self.set_clocks(clocks);
        let open = self.windows.open();
        let endless = self.contents.len().saturating_sub(open.open + open.ended);
        let event_time = Assigner::is_event_time(self.windows.assigner());
        shown(open, event_time, clocks, endless, PyWindow::clone)
    }

    fn yielded(&mut self) -> &mut Yielded {
        &mut self.contents.functions.yielded
    }

    fn snapshot(&self, py: Python<'_>, operator: &str) -> PyResult<Vec<KeyedPart>> {
        self.stored(py, operator)
    }

    fn go_on(&mut self, py: Python<'_>, restored: &Snapshot, _watermark: i64) -> PyResult<()> {
        self.restore(py, restored)
    }
}

/// Windows that follow from time alone, with their default trigger.
pub struct PlainWindows {
    pub windows: TimedWindows<PyKey, Py<PyAny>>,
    pub functions: Functions,
}

impl KeyedWindows for PlainWindows {
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
        let clocks = self.windows.clocks;
        let Some(due) = self.windows.next(until) else { return Ok(false) };
        let mut result = match due.fires {
            true => self.functions.fire(due.window, due.held, clocks),
            false => Ok(()),
        };
        let window = PyWindow::Time(due.window);
        if due.closes && self.functions.clears() && result.is_ok() {
            let key = (&due.held.key, due.held.group);
            result = in_gate(|py| self.functions.close(py, key, &window, clocks));
        }
        match result {
            Ok(()) => Ok(true),
            Err(error) => Err(error.with_input(describe(&due.held.key, &window))),
        }
    }

    fn next_processing(&self) -> Option<i64> {
        if self.windows.is_event_time() { None } else { self.windows.next_time() }
    }

    fn waiting(&self) -> usize {
        if self.windows.is_event_time() { 0 } else { self.windows.len() }
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

impl Cells<PyKey, Py<PyAny>> for Functions {
    type Value = Py<PyAny>;

    fn first(&mut self, record: &Py<PyAny>) -> Result<Py<PyAny>> {
        in_gate(|py| self.kept.first(py, record))
    }

    fn add(&mut self, value: &mut Py<PyAny>, record: &Py<PyAny>) -> Result<()> {
        in_gate(|py| self.kept.add(py, value, record))
    }

    fn fire(&mut self, window: TimeWindow, held: &Held<PyKey, Py<PyAny>>, clocks: Clocks) -> Result<()> {
        let window = PyWindow::Time(window);
        in_gate(|py| self.evaluate(py, (&held.key, held.group), &window, &held.value, clocks))
    }
}

/// Open windows as texts.
pub fn shown<W>(
    open: Open<'_, PyKey, W>,
    event_time: bool,
    clocks: Clocks,
    endless: usize,
    window_of: impl Fn(&W) -> PyWindow,
) -> OpenWindows {
    // SAFETY: windows are used in the gate only
    let py = unsafe { Python::assume_attached() };
    let first = open.first.map(|(until, key, window)| OpenWindow {
        until,
        key: gate::describe(key.object().bind(py)),
        window: window_of(&window).to_object(py).map(|window| gate::describe(&window)).unwrap_or_default(),
    });
    OpenWindows { event_time, watermark: clocks.watermark, open: open.open, fired: open.ended, endless, first }
}

/// A key and a window for messages.
pub fn describe(key: &PyKey, window: &PyWindow) -> String {
    // SAFETY: windows are used in the gate only
    let py = unsafe { Python::assume_attached() };
    let window = window.to_object(py).map(|window| gate::describe(&window)).unwrap_or_default();
    format!("the window {window} of the key {}", gate::describe(key.object().bind(py)))
}
