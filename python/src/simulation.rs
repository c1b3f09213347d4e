//! A graph on the simulated executor, as a test holds it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use flott::batch::Batch;
use flott::runtime::{JobConfig, Settled, Simulation, Tap, Tapped};
use flott::time::Clock;
use flott::{Result, graph::StreamGraph};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::gate::{self, raise};
use crate::inspected::{Inspected, ShownTimer};
use crate::objects::PyObjects;
use crate::state::PyKey;

/// `(id, name, kind, counters)` of an operator; `kind` is source, operator or sink.
type Report = (usize, String, &'static str, BTreeMap<String, u64>);

/// What an operator has emitted: records with their timestamps, or a watermark.
enum Emitted {
    Records(Option<String>, Vec<Py<PyAny>>, Option<Vec<i64>>),
    Watermark(i64),
}

#[derive(Default)]
struct Recorder(Mutex<Vec<(Tapped, Emitted)>>);

impl Recorder {
    fn seen(&self) -> MutexGuard<'_, Vec<(Tapped, Emitted)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tap for Recorder {
    fn records(&self, from: Tapped, tag: Option<&str>, batch: &Batch) -> Result<()> {
        let items = gate::enter(|py| PyObjects::take(py, batch.data.clone()))?;
        self.seen().push((from, Emitted::Records(tag.map(str::to_owned), items, batch.timestamps.clone())));
        Ok(())
    }

    fn watermark(&self, from: Tapped, watermark: i64) -> Result<()> {
        self.seen().push((from, Emitted::Watermark(watermark)));
        Ok(())
    }
}

/// A job that goes on only when it is told to, with a clock that is set by hand.
#[pyclass(module = "flott._flott", frozen, name = "Simulation")]
pub struct PySimulation {
    simulation: Mutex<Simulation>,
    recorder: Arc<Recorder>,
    inspected: Arc<Inspected>,
}

impl PySimulation {
    pub fn new(graph: &StreamGraph, config: JobConfig, seed: u64, now: i64, inspected: Arc<Inspected>) -> Result<Self> {
        let recorder = Arc::new(Recorder::default());
        let config = JobConfig { tap: Some(recorder.clone()), ..config };
        let simulation = Mutex::new(Simulation::new(graph, &config, seed, now)?);
        Ok(PySimulation { simulation, recorder, inspected })
    }

    /// Detached: functions of the job may run in threads of their own.
    fn with<T: Send>(&self, py: Python<'_>, work: impl FnOnce(&mut Simulation) -> Result<T> + Send) -> PyResult<T> {
        let done = py.detach(|| match self.simulation.try_lock() {
            Ok(mut simulation) => Some(work(&mut simulation)),
            Err(TryLockError::Poisoned(poisoned)) => Some(work(&mut poisoned.into_inner())),
            Err(TryLockError::WouldBlock) => None,
        });
        match done {
            Some(result) => result.map_err(|error| raise(py, error)),
            None => Err(PyRuntimeError::new_err("a function of the job can't drive the job it runs in")),
        }
    }

    /// Does that until nothing is under way any more; True once the job has ended. Ctrl-C ends the wait.
    fn settled(&self, py: Python<'_>, step: fn(&mut Simulation, i64) -> Result<Settled>, until: i64) -> PyResult<bool> {
        loop {
            let settled = self.with(py, |simulation| step(simulation, until))?;
            if settled != Settled::InFlight {
                return Ok(settled == Settled::Ended);
            }
            py.check_signals()?;
        }
    }
}

#[pymethods]
impl PySimulation {
    /// Runs until nothing can happen at the present time; True once the job has ended. Raises what made it fail.
    fn settle(&self, py: Python<'_>) -> PyResult<bool> {
        self.settled(py, |simulation, _| simulation.settle(), 0)
    }

    /// Lets time pass until `timestamp` (ms); timers fire on the way.
    fn advance_to(&self, py: Python<'_>, timestamp: i64) -> PyResult<bool> {
        self.settled(py, Simulation::advance_to, timestamp)
    }

    /// Ends the job where it stands: functions are closed.
    fn cancel(&self, py: Python<'_>) -> PyResult<()> {
        self.with(py, Simulation::cancel)
    }

    /// The clock, in ms.
    fn now(&self, py: Python<'_>) -> PyResult<i64> {
        self.with(py, |simulation| Ok(simulation.clock().now()))
    }

    /// How many steps tasks have taken: equal for equal seeds.
    fn steps(&self, py: Python<'_>) -> PyResult<u64> {
        self.with(py, |simulation| Ok(simulation.steps()))
    }

    /// What operators have emitted since the last call, in order: `(node, subtask, tag, records, timestamps)`, or
    /// `(node, subtask, None, None, watermark)`.
    fn emitted<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let seen = std::mem::take(&mut *self.recorder.seen());
        let tuple = |(from, emitted): (Tapped, Emitted)| {
            let (node, subtask) = (from.operator, from.subtask);
            let tuple = match emitted {
                Emitted::Records(tag, items, times) => (node, subtask, tag, items, times).into_pyobject(py)?,
                Emitted::Watermark(watermark) => (node, subtask, py.None(), py.None(), watermark).into_pyobject(py)?,
            };
            Ok(tuple.into_any())
        };
        seen.into_iter().map(tuple).collect()
    }

    /// The timers an operator has set: `(key, time, domain)`.
    fn timers<'py>(&self, py: Python<'py>, node: usize) -> PyResult<Vec<ShownTimer<'py>>> {
        self.inspected.timers(py, node)
    }

    /// The names of an operator's keyed states.
    fn states(&self, py: Python<'_>, node: usize) -> Vec<String> {
        self.inspected.states(py, node)
    }

    /// What keys have in a keyed state: `(key, value)`.
    fn entries<'py>(&self, py: Python<'py>, node: usize, state: &str) -> PyResult<Vec<(Py<PyAny>, Bound<'py, PyAny>)>> {
        let entries = self.inspected.entries(py, node, state)?;
        Ok(entries.into_iter().map(|(key, value)| (key.object().clone_ref(py), value)).collect())
    }

    /// What one key has in a keyed state, or None.
    fn entry<'py>(&self, node: usize, state: &str, key: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let entries = self.inspected.entries(key.py(), node, state)?;
        let key = PyKey::new(key)?;
        Ok(entries.into_iter().find(|(of, _)| *of == key).map(|(_, value)| value))
    }

    /// The entries of a broadcast state, one dict a subtask.
    fn broadcast<'py>(&self, py: Python<'py>, node: usize, state: &str) -> PyResult<Vec<Bound<'py, PyAny>>> {
        self.inspected.broadcast(py, node, state)
    }

    /// Where each task stands in event time, as JSON.
    fn standing(&self, py: Python<'_>) -> PyResult<String> {
        self.with(py, |simulation| Ok(simulation.standing().to_json()))
    }

    /// The counters of each operator.
    fn metrics(&self, py: Python<'_>) -> PyResult<Vec<Report>> {
        let report = self.with(py, |simulation| Ok(simulation.metrics().report()))?;
        Ok(report.into_iter().map(|of| (of.id, of.name, of.kind, of.counters)).collect())
    }
}
