//! Processing time and event time as a function sees them, and the timers of its keys.

use std::sync::Arc;

use flott::checkpoint::{ItemPart, Snapshot, Spread};
use flott::operator::SubtaskContext;
use flott::time::{Clock, Timers};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::state::{Copied, KeyedState, PyKey, pickled};

/// By which clock a timer goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Domain {
    Event,
    Processing,
}

impl Domain {
    /// The member of `flott.datastream.TimeDomain`.
    pub fn object(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        static TIME_DOMAIN: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let name = match self {
            Domain::Event => "EVENT_TIME",
            Domain::Processing => "PROCESSING_TIME",
        };
        TIME_DOMAIN.import(py, "flott.datastream.time_domain", "TimeDomain")?.getattr(name)
    }
}

/// Of a timer, a snapshot has its time and its place in the order in which timers fire.
const ENCODING: &str = "pickle timers";

impl Domain {
    /// Its name in a snapshot.
    fn part(self) -> &'static str {
        match self {
            Domain::Event => "timers/event time",
            Domain::Processing => "timers/processing time",
        }
    }
}

/// The timers that a checkpoint has, in the order in which they would have fired.
fn restored(py: Python<'_>, domain: Domain, snapshot: &Snapshot) -> PyResult<Timers<PyKey>> {
    let mut found = Vec::new();
    if let Some(part) = snapshot.keyed(domain.part()) {
        pickled::each_entry(py, part, |group, key, timer| {
            let (time, place): (i64, usize) = timer.extract()?;
            found.push((time, place, PyKey::new(&key)?, group));
            Ok(())
        })?;
    }
    found.sort_by_key(|(time, place, ..)| (*time, *place));
    let mut timers = Timers::default();
    for (time, _, key, group) in found {
        timers.register(key, group, time);
    }
    Ok(timers)
}

/// An item of the operators that go by event time: the watermark at the barrier, in 8 bytes, little-endian.
const WATERMARK: &str = "watermark";

/// Each subtask has its own, which is the same at a barrier that has overtaken nothing.
pub fn stored_watermark(watermark: i64) -> ItemPart {
    let items = vec![watermark.to_le_bytes().to_vec().into()];
    ItemPart { name: WATERMARK.into(), encoding: "i64".into(), spread: Spread::Own, items }
}

/// The watermark at the checkpoint, of several subtasks that of the one furthest behind; the smallest long without one.
pub fn restored_watermark(restored: &Snapshot) -> i64 {
    let each = restored.items(WATERMARK).iter().filter_map(|item| Some(i64::from_le_bytes(item[..].try_into().ok()?)));
    each.min().unwrap_or(i64::MIN)
}

/// What `ctx.timer_service()` returns: one a subtask.
#[pyclass(module = "flott._flott")]
pub struct TimerService {
    clock: Arc<dyn Clock>,
    pub watermark: i64,
    /// Where the key at hand stands; `None` on a stream without keys.
    state: Option<Py<KeyedState>>,
    event: Timers<PyKey>,
    processing: Timers<PyKey>,
}

impl TimerService {
    /// With the timers that a checkpoint has.
    pub fn new(py: Python<'_>, subtask: &SubtaskContext, state: Option<Py<KeyedState>>) -> PyResult<Self> {
        let clock = subtask.clock.clone();
        let event = restored(py, Domain::Event, &subtask.restored)?;
        let processing = restored(py, Domain::Processing, &subtask.restored)?;
        let watermark = restored_watermark(&subtask.restored);
        Ok(TimerService { clock, watermark, state, event, processing })
    }

    /// Copies of all timers, for a snapshot.
    pub fn copied(&self, py: Python<'_>) -> [Copied<(i64, usize)>; 2] {
        [Domain::Event, Domain::Processing].map(|domain| {
            let timers = self.all(domain).enumerate();
            let copy = |(place, (time, key, group)): (usize, (i64, &PyKey, u16))| {
                (group, key.object().clone_ref(py), (time, place))
            };
            Copied::new(domain.part(), ENCODING, "a timer", timers.map(copy).collect())
        })
    }

    fn timers(&mut self, domain: Domain) -> &mut Timers<PyKey> {
        match domain {
            Domain::Event => &mut self.event,
            Domain::Processing => &mut self.processing,
        }
    }

    /// Takes the first timer that is due by `until`.
    pub fn pop(&mut self, domain: Domain, until: i64) -> Option<(i64, PyKey, u16)> {
        self.timers(domain).pop(until)
    }

    /// When the first processing-time timer is due.
    pub fn next_processing(&self) -> Option<i64> {
        self.processing.next()
    }

    /// How many processing-time timers are waiting.
    pub fn waiting(&self) -> usize {
        self.processing.len()
    }

    /// The timers by that clock, in the order in which they will fire.
    pub fn all(&self, domain: Domain) -> impl Iterator<Item = (i64, &PyKey, u16)> {
        match domain {
            Domain::Event => self.event.iter(),
            Domain::Processing => self.processing.iter(),
        }
    }

    pub fn clear(&mut self) {
        self.event.clear();
        self.processing.clear();
    }

    fn key(&self, py: Python<'_>) -> PyResult<(PyKey, u16)> {
        let current = self.state.as_ref().and_then(|state| state.borrow(py).current().cloned());
        current.ok_or_else(|| {
            PyRuntimeError::new_err("a timer belongs to a key: call key_by() before process() to set timers")
        })
    }
}

#[pymethods]
impl TimerService {
    /// Milliseconds since 1970-01-01 UTC.
    pub fn current_processing_time(&self) -> i64 {
        self.clock.now()
    }

    /// The watermark in ms; the smallest long before the first one.
    pub fn current_watermark(&self) -> i64 {
        self.watermark
    }

    fn register_event_time_timer(&mut self, timestamp: i64, py: Python<'_>) -> PyResult<()> {
        let (key, group) = self.key(py)?;
        self.event.register(key, group, timestamp);
        Ok(())
    }

    fn register_processing_time_timer(&mut self, timestamp: i64, py: Python<'_>) -> PyResult<()> {
        let (key, group) = self.key(py)?;
        self.processing.register(key, group, timestamp);
        Ok(())
    }

    fn delete_event_time_timer(&mut self, timestamp: i64, py: Python<'_>) -> PyResult<()> {
        let (key, _) = self.key(py)?;
        self.event.delete(key, timestamp);
        Ok(())
    }

    fn delete_processing_time_timer(&mut self, timestamp: i64, py: Python<'_>) -> PyResult<()> {
        let (key, _) = self.key(py)?;
        self.processing.delete(key, timestamp);
        Ok(())
    }
}
