//! Where the functions of a graph under test leave their state and timers, for the test to look at.

use std::sync::{Mutex, MutexGuard, PoisonError};

use flott::graph::NodeId;
use pyo3::prelude::*;

use crate::state::{BroadcastStates, KeyedState, PyKey};
use crate::timers::{Domain, TimerService};

enum What {
    Keyed(Py<KeyedState>),
    Timers(Py<TimerService>),
    /// Of the windows in that subtask, as they are now.
    WindowTimers(usize, Vec<WindowTimer>),
    Broadcast(BroadcastStates),
}

/// The key of a timer, when it fires, and a `TimeDomain`.
pub type ShownTimer<'py> = (Py<PyAny>, i64, Bound<'py, PyAny>);

/// The key of the window, when the timer fires, and by which clock.
pub type WindowTimer = (PyKey, i64, Domain);

#[derive(Default)]
pub struct Inspected(Mutex<Vec<(NodeId, What)>>);

impl Inspected {
    pub fn add_state(&self, node: NodeId, state: Py<KeyedState>) {
        self.seen().push((node, What::Keyed(state)));
    }

    pub fn add_timers(&self, node: NodeId, timers: Py<TimerService>) {
        self.seen().push((node, What::Timers(timers)));
    }

    /// Takes these in the place of those before.
    pub fn set_window_timers(&self, node: NodeId, subtask: usize, timers: Vec<WindowTimer>) {
        let mut seen = self.seen();
        seen.retain(|(of, what)| !(*of == node && matches!(what, What::WindowTimers(known, _) if *known == subtask)));
        seen.push((node, What::WindowTimers(subtask, timers)));
    }

    pub fn add_broadcast(&self, node: NodeId, states: BroadcastStates) {
        self.seen().push((node, What::Broadcast(states)));
    }

    fn seen(&self) -> MutexGuard<'_, Vec<(NodeId, What)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The timers of all subtasks of an operator.
    pub fn timers<'py>(&self, py: Python<'py>, node: NodeId) -> PyResult<Vec<ShownTimer<'py>>> {
        let mut found = Vec::new();
        for (_, what) in self.seen().iter().filter(|(of, _)| *of == node) {
            match what {
                What::Timers(timers) => {
                    for domain in [Domain::Event, Domain::Processing] {
                        for (time, key, _) in timers.borrow(py).all(domain) {
                            found.push((key.object().clone_ref(py), time, domain.object(py)?));
                        }
                    }
                }
                What::WindowTimers(_, timers) => {
                    for (key, time, domain) in timers {
                        found.push((key.object().clone_ref(py), *time, domain.object(py)?));
                    }
                }
                What::Keyed(_) | What::Broadcast(_) => {}
            }
        }
        Ok(found)
    }

    /// The names of the keyed states of an operator, without those of subtasks that have none yet.
    pub fn states(&self, py: Python<'_>, node: NodeId) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for (_, what) in self.seen().iter().filter(|(of, _)| *of == node) {
            if let What::Keyed(state) = what {
                names.extend(state.borrow(py).names().map(str::to_owned));
            }
        }
        names.sort();
        names.dedup();
        names
    }

    /// The keys of all subtasks that have a value in that state, with what is there.
    pub fn entries<'py>(&self, py: Python<'py>, node: NodeId, name: &str) -> PyResult<Vec<(PyKey, Bound<'py, PyAny>)>> {
        let mut found = Vec::new();
        for (_, what) in self.seen().iter().filter(|(of, _)| *of == node) {
            if let What::Keyed(state) = what {
                found.extend(state.borrow(py).entries(py, name)?);
            }
        }
        Ok(found)
    }

    /// The entries of a broadcast state, one dict a subtask; none if there is no state of that name.
    pub fn broadcast<'py>(&self, py: Python<'py>, node: NodeId, name: &str) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let mut found = Vec::new();
        for (_, what) in self.seen().iter().filter(|(of, _)| *of == node) {
            if let What::Broadcast(states) = what
                && let Some(entries) = states.entries(name)
            {
                found.push(entries.bind(py).copy()?.into_any());
            }
        }
        Ok(found)
    }
}
