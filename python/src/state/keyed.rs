//! The keyed state of one function in one subtask: a table for each state, and the key at hand.

use std::sync::Arc;

use flott::batch::Keys;
use flott::checkpoint::KeyedPart;
use flott::operator::SubtaskContext;
use flott::state::{KeyedTable, Ttl};
use flott::time::Clock;
use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::prelude::*;

use super::pickled::{self, Groups};
use super::typed::Typed;
use super::{AggregatingState, ListState, MapState, PyKey, ReducingState, ValueState, entries, ttl};
use crate::gate;
use crate::objects::PyObjects;

/// One state by its name.
struct Table {
    name: String,
    kind: &'static str,
    ttl: Option<Ttl>,
    values: KeyedTable<PyKey, Py<PyAny>>,
}

/// In front of what values are, in a snapshot.
const PICKLE: &str = "pickle ";
/// The space of a function's own state.
pub const FUNCTION: &str = "state";

impl Table {
    /// How its values are stored.
    fn encoding(&self) -> String {
        format!("{PICKLE}{}{}", self.kind, if self.ttl.is_some() { " with time to live" } else { "" })
    }
}

/// What `RuntimeContext.get_state` and its siblings ask.
#[pyclass(module = "flott._flott")]
pub struct KeyedState {
    operator: String,
    /// In front of the names of its states in a snapshot.
    space: &'static str,
    current: Option<(PyKey, u16)>,
    tables: Vec<Table>,
    clock: Arc<dyn Clock>,
    /// What a checkpoint has of states that nobody has asked for yet.
    restored: Vec<KeyedPart>,
}

impl KeyedState {
    /// `space` tells the stores of one operator apart: "state" is that of its function.
    pub fn new(subtask: &SubtaskContext, space: &'static str) -> Self {
        let operator = match space {
            FUNCTION => subtask.operator.to_string(),
            _ => format!("{} ({space})", subtask.operator),
        };
        let own = |part: &&KeyedPart| part.name.split_once('/').is_some_and(|(of, _)| of == space);
        let restored = subtask.restored.keyed.iter().filter(own).cloned().collect();
        KeyedState { operator, space, current: None, tables: Vec::new(), clock: subtask.clock.clone(), restored }
    }

    /// What every key has.
    pub fn snapshot(&self, py: Python<'_>) -> PyResult<Vec<KeyedPart>> {
        let mut parts = self.restored.clone();
        for table in &self.tables {
            let mut groups = Groups::default();
            for (group, key, value) in table.values.iter() {
                groups.add(py, group, key.object(), value.bind(py).clone())?;
            }
            let what = format!("{}: state '{}'", self.operator, table.name);
            parts.push(groups.into_part(format!("{}/{}", self.space, table.name), &table.encoding(), &what)?);
        }
        Ok(parts)
    }

    /// Fills a table with what a checkpoint has of it.
    fn restore(&mut self, py: Python<'_>, at: usize) -> PyResult<()> {
        let name = format!("{}/{}", self.space, self.tables[at].name);
        let Some(found) = self.restored.iter().position(|part| part.name == name) else { return Ok(()) };
        let part = self.restored.remove(found);
        let encoding = self.tables[at].encoding();
        let table = &mut self.tables[at];
        if part.encoding != encoding {
            return Err(PyTypeError::new_err(format!(
                "{}: state '{}' is a {} in the checkpoint, and the program asks for a {}; give the new one another name",
                self.operator,
                table.name,
                part.encoding.trim_start_matches(PICKLE),
                encoding.trim_start_matches(PICKLE),
            )));
        }
        pickled::each_entry(py, &part, |group, key, value| {
            drop(table.values.insert(group, PyKey::new(&key)?, value.unbind()));
            Ok(())
        })
    }

    /// State is that of this key from here on; of none where a record has no key.
    pub fn set_current(&mut self, current: Option<(PyKey, u16)>) -> Option<(PyKey, u16)> {
        std::mem::replace(&mut self.current, current)
    }

    pub fn current(&self) -> Option<&(PyKey, u16)> {
        self.current.as_ref()
    }

    /// Whether a state was asked for: without one nobody can read anything.
    pub fn is_used(&self) -> bool {
        !self.tables.is_empty()
    }

    pub fn now(&self) -> i64 {
        self.clock.now()
    }

    /// What table `at` holds for the key at hand.
    pub fn read<'py>(&self, py: Python<'py>, at: usize) -> PyResult<Option<Bound<'py, PyAny>>> {
        let (key, group) = self.key(at)?;
        Ok(self.tables[at].values.get(*group, key).map(|value| value.bind(py).clone()))
    }

    /// Sets what table `at` holds for the key at hand. The caller drops what was there, after it gave back this store:
    /// that may run code of the program.
    pub fn write(&mut self, at: usize, value: Bound<'_, PyAny>) -> PyResult<Option<Py<PyAny>>> {
        let (key, group) = self.key(at)?.clone();
        Ok(self.tables[at].values.insert(group, key, value.unbind()))
    }

    pub fn remove(&mut self, at: usize) -> PyResult<Option<Py<PyAny>>> {
        let (key, group) = self.key(at)?.clone();
        Ok(self.tables[at].values.remove(group, &key))
    }

    fn key(&self, at: usize) -> PyResult<&(PyKey, u16)> {
        self.current.as_ref().ok_or_else(|| {
            PyRuntimeError::new_err(format!(
                "{}: state '{}' was used where there is no record with a key; use it in the methods that are given \
                 records of the keyed stream or timers, and only get it in open()",
                self.operator, self.tables[at].name
            ))
        })
    }

    /// The table of that name, made at first sight.
    pub fn add_table(
        slf: &Py<Self>,
        py: Python<'_>,
        name: &str,
        kind: &'static str,
        ttl: Option<Ttl>,
    ) -> PyResult<usize> {
        let mut store = slf.borrow_mut(py);
        if let Some(at) = store.tables.iter().position(|table| table.name == name) {
            let known = store.tables[at].kind;
            if known != kind {
                return Err(PyTypeError::new_err(format!(
                    "{}: '{name}' is the name of a {known} already; give the {kind} another name",
                    store.operator
                )));
            }
            store.tables[at].ttl = ttl;
            return Ok(at);
        }
        let at = store.tables.len();
        store.tables.push(Table { name: name.to_owned(), kind, ttl, values: KeyedTable::default() });
        store.restore(py, at)?;
        Ok(at)
    }

    fn table(slf: &Py<Self>, descriptor: &Bound<'_, PyAny>, kind: &'static str) -> PyResult<(usize, Option<Ttl>)> {
        let name: String = descriptor.call_method0("get_name")?.extract()?;
        let ttl = ttl::of(descriptor)?;
        Ok((Self::add_table(slf, descriptor.py(), &name, kind, ttl)?, ttl))
    }

    /// The names of the states that were asked for so far.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tables.iter().map(|table| table.name.as_str())
    }

    /// What every key has in the state of that name, as its function would see it.
    pub fn entries<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Vec<(PyKey, Bound<'py, PyAny>)>> {
        let mut found = Vec::new();
        for table in self.tables.iter().filter(|table| table.name == name) {
            for (_, key, stored) in table.values.iter() {
                if let Some(value) = entries::value(stored.bind(py), table.kind, table.ttl, self.now())? {
                    found.push((key.clone(), value));
                }
            }
        }
        Ok(found)
    }

    /// The declared type that stands in the descriptor's type at `path`.
    fn typed(descriptor: &Bound<'_, PyAny>, path: &str, part: &str) -> PyResult<Typed> {
        let type_info = descriptor.getattr("type_info")?;
        let type_info = if path.is_empty() { type_info } else { type_info.getattr(path)? };
        Typed::new(&type_info, part, descriptor.call_method0("get_name")?.extract()?)
    }

    fn single(slf: Py<Self>, descriptor: &Bound<'_, PyAny>, kind: &'static str) -> PyResult<ValueState> {
        let (at, ttl) = Self::table(&slf, descriptor, kind)?;
        Ok(ValueState::new(slf, at, ttl, Self::typed(descriptor, "", "value")?))
    }
}

#[pymethods]
impl KeyedState {
    fn get_state(slf: Py<Self>, state_descriptor: &Bound<'_, PyAny>) -> PyResult<ValueState> {
        Self::single(slf, state_descriptor, "ValueState")
    }

    fn get_list_state(slf: Py<Self>, state_descriptor: &Bound<'_, PyAny>) -> PyResult<ListState> {
        let (at, ttl) = Self::table(&slf, state_descriptor, "ListState")?;
        Ok(ListState::new(slf, at, ttl, Self::typed(state_descriptor, "_element_type", "element")?))
    }

    fn get_map_state(slf: Py<Self>, state_descriptor: &Bound<'_, PyAny>) -> PyResult<MapState> {
        let (at, ttl) = Self::table(&slf, state_descriptor, "MapState")?;
        let keys = Self::typed(state_descriptor, "_key_type_info", "key")?;
        let values = Self::typed(state_descriptor, "_value_type_info", "value")?;
        Ok(MapState::new(slf, at, ttl, keys, values))
    }

    fn get_reducing_state(slf: Py<Self>, state_descriptor: &Bound<'_, PyAny>) -> PyResult<ReducingState> {
        let value = Self::single(slf, state_descriptor, "ReducingState")?;
        let function = state_descriptor.call_method0("get_reduce_function")?;
        Ok(ReducingState::new(value, function.getattr("reduce")?.unbind()))
    }

    fn get_aggregating_state(slf: Py<Self>, state_descriptor: &Bound<'_, PyAny>) -> PyResult<AggregatingState> {
        let accumulator = Self::single(slf, state_descriptor, "AggregatingState")?;
        let function = state_descriptor.call_method0("get_agg_function")?;
        Ok(AggregatingState::new(accumulator, function.unbind()))
    }
}

/// The state they are set in, and each record's key and key group.
type KeysOf<'a> = (&'a Py<KeyedState>, Vec<Py<PyAny>>, Vec<u16>);

/// The keys of a batch, to be set one after the other before each record's function is called.
pub struct KeyCursor<'a> {
    keys: Option<KeysOf<'a>>,
}

impl<'a> KeyCursor<'a> {
    /// Does nothing where there is no state, or no keys.
    pub fn new(
        py: Python<'_>,
        state: Option<&'a Py<KeyedState>>,
        keys: Option<Keys>,
        max_parallelism: u16,
    ) -> PyResult<Self> {
        let Some(state) = state else { return Ok(KeyCursor { keys: None }) };
        let Some(keys) = keys else {
            let before = state.borrow_mut(py).set_current(None);
            drop(before);
            return Ok(KeyCursor { keys: None });
        };
        let (values, groups) = keys.into_parts(max_parallelism).map_err(|error| gate::raise(py, error))?;
        Ok(KeyCursor { keys: Some((state, PyObjects::take(py, values)?, groups)) })
    }

    #[inline]
    pub fn set(&self, py: Python<'_>, index: usize) -> PyResult<()> {
        if let Some((state, keys, groups)) = &self.keys {
            let key = PyKey::new(keys[index].bind(py))?;
            let before = state.borrow_mut(py).set_current(Some((key, groups[index])));
            drop(before);
        }
        Ok(())
    }
}
