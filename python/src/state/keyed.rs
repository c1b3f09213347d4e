//! The keyed state of one function in one subtask: a table for each state, and the key at hand.

use std::sync::Arc;

use flott::batch::Keys;
use flott::state::{KeyedTable, Ttl};
use flott::time::Clock;
use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::prelude::*;

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

/// What `RuntimeContext.get_state` and its siblings ask.
#[pyclass(module = "flott._flott")]
pub struct KeyedState {
    operator: String,
    current: Option<(PyKey, u16)>,
    tables: Vec<Table>,
    clock: Arc<dyn Clock>,
}

impl KeyedState {
    pub fn new(operator: &str, clock: Arc<dyn Clock>) -> Self {
        KeyedState { operator: operator.to_owned(), current: None, tables: Vec::new(), clock }
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
    pub fn add_table(slf: &Py<Self>, py: Python<'_>, name: &str, kind: &'static str) -> PyResult<usize> {
        let mut store = slf.borrow_mut(py);
        if let Some(at) = store.tables.iter().position(|table| table.name == name) {
            let known = store.tables[at].kind;
            if known != kind {
                return Err(PyTypeError::new_err(format!(
                    "{}: '{name}' is the name of a {known} already; give the {kind} another name",
                    store.operator
                )));
            }
            return Ok(at);
        }
        store.tables.push(Table { name: name.to_owned(), kind, ttl: None, values: KeyedTable::default() });
        Ok(store.tables.len() - 1)
    }

    fn table(slf: &Py<Self>, descriptor: &Bound<'_, PyAny>, kind: &'static str) -> PyResult<(usize, Option<Ttl>)> {
        let name: String = descriptor.call_method0("get_name")?.extract()?;
        let (at, ttl) = (Self::add_table(slf, descriptor.py(), &name, kind)?, ttl::of(descriptor)?);
        slf.borrow_mut(descriptor.py()).tables[at].ttl = ttl;
        Ok((at, ttl))
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
