//! The keyed state of one function in one subtask: a table for each state, and the key at hand.

use std::sync::Arc;

use flott::batch::Keys;
use flott::checkpoint::{KeyedPart, Snapshot};
use flott::operator::{Slice, SubtaskContext};
use flott::state::{Cleanup, HeapTable, Slot, StateBackend, Ttl, Walk};
use flott::time::Clock;
use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::PyList;

use super::pickled;
use super::rows::{RowStore, RowTable};
use super::taking::{Pickles, RUN, Taking};
use super::typed::Typed;
use super::{AggregatingState, ListState, MapState, PyKey, ReducingState, ValueState, files, ttl};
use crate::gate;
use crate::objects::PyObjects;

/// One state by its name.
struct Table {
    name: String,
    kind: &'static str,
    ttl: Option<Ttl>,
    cleanup: Cleanup,
    /// How far expired entries have been looked for.
    cleaned: Walk,
    values: Values,
}

/// Where the values of a state are.
enum Values {
    /// `HashMapStateBackend`: live objects.
    Heap(HeapTable<PyKey, Py<PyAny>>),
    /// `EmbeddedRocksDBStateBackend`: rows of the store's database.
    Rows(RowTable),
}

/// In front of what values are, in a snapshot.
pub const PICKLE: &str = "pickle ";
/// Behind it, where they expire.
pub const EXPIRING: &str = " with time to live";
/// The space of a function's own state.
pub const FUNCTION: &str = "state";

/// How values of a state are stored.
fn encoding(kind: &str, ttl: Option<Ttl>) -> String {
    format!("{PICKLE}{kind}{}", if ttl.is_some() { EXPIRING } else { "" })
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
    /// Where state is in a database. Not there while it is used.
    rows: Option<Box<RowStore>>,
    /// Whether state is in a database.
    in_rows: bool,
    /// Whether a state is to be cleaned up at every record.
    cleans: bool,
    /// The snapshot that is being taken.
    taking: Option<Taking>,
}

impl KeyedState {
    /// `space` tells the stores of one operator apart: "state" is that of its function, which alone may be in a database.
    pub fn new(py: Python<'_>, subtask: &SubtaskContext, space: &'static str) -> PyResult<Self> {
        let operator = match space {
            FUNCTION => subtask.operator.to_string(),
            _ => format!("{} ({space})", subtask.operator),
        };
        let own = |part: &&KeyedPart| part.name.split_once('/').is_some_and(|(of, _)| of == space);
        let mut restored: Vec<KeyedPart> = subtask.restored.keyed.iter().filter(own).cloned().collect();
        let rows = match subtask.backend.as_ref() {
            StateBackend::RocksDb(settings) if space == FUNCTION => Some(RowStore::new(py, subtask, settings)?),
            _ => None,
        };
        if space == FUNCTION && rows.is_none() && !subtask.restored.files.is_empty() {
            restored.extend(files::read(py, subtask, space)?);
        }
        Ok(KeyedState {
            operator,
            space,
            current: None,
            tables: Vec::new(),
            clock: subtask.clock.clone(),
            restored,
            in_rows: rows.is_some(),
            rows: rows.map(Box::new),
            cleans: false,
            taking: None,
        })
    }

    /// Begins a snapshot: what every key has now belongs to it.
    pub fn begin_snapshot(&mut self, py: Python<'_>) -> PyResult<()> {
        for table in &mut self.tables {
            if let Values::Heap(values) = &mut table.values {
                values.begin();
            }
        }
        let files = self.rows.as_ref().map(|rows| rows.capture(py)).transpose()?;
        let tables = self.tables.iter().map(|_| Pickles::default()).collect();
        self.taking = Some(Taking { tables, unasked: self.restored.clone(), files, ..Taking::default() });
        Ok(())
    }

    /// Pickles some of what the snapshot does not have yet; the snapshot once it has everything.
    pub fn go_on(slf: &Py<Self>, py: Python<'_>, slice: &mut Slice) -> PyResult<Option<Snapshot>> {
        loop {
            let most = slice.next_run(RUN);
            if most == 0 {
                return Ok(None);
            }
            let Some((at, group, run)) = slf.borrow_mut(py).next_run(py, most)? else { break };
            if !run.is_empty() {
                // what is pickled may run code of the program: nobody holds the store meanwhile
                let what = slf.borrow(py).what(at);
                let pickle = pickled::dump_entries(&run, &what)?;
                slf.borrow_mut(py).took(at, group, pickle);
            }
            slice.note(run.len().max(1));
        }
        Ok(Some(slf.borrow_mut(py).taken()))
    }

    /// The next entries that the snapshot does not have, of one table and group, which it has from here on. `None` once there
    /// are none left.
    fn next_run<'py>(&mut self, py: Python<'py>, most: usize) -> PyResult<Option<(usize, u16, Bound<'py, PyList>)>> {
        let now = self.clock.now();
        let Some(taking) = &mut self.taking else { return Ok(None) };
        if let Some(failure) = taking.failure.take() {
            return Err(failure);
        }
        while taking.at < taking.tables.len() {
            let table = &mut self.tables[taking.at];
            if let Values::Heap(values) = &mut table.values {
                let (mut of, mut run) = (0, Vec::new());
                let more = values.walk(&mut taking.walk, most, |group, key, value| {
                    of = group;
                    run.push((key.object().clone_ref(py), value.bind(py).clone()));
                });
                if more {
                    let list = PyList::empty(py);
                    for (key, value) in run {
                        if let Some(value) = table.stored(&value, now)? {
                            list.append((key, value))?;
                        }
                    }
                    return Ok(Some((taking.at, of, list)));
                }
            }
            (taking.at, taking.walk) = (taking.at + 1, Walk::default());
        }
        Ok(None)
    }

    fn took(&mut self, at: usize, group: u16, pickle: Vec<u8>) {
        if let Some(pickles) = self.taking.as_mut().and_then(|taking| taking.tables.get_mut(at)) {
            pickles.add(group, pickle);
        }
    }

    /// The snapshot, of which everything has been taken.
    fn taken(&mut self) -> Snapshot {
        let Taking { tables, unasked, files, .. } = self.taking.take().unwrap_or_default();
        let heap = self.tables.iter().zip(tables).filter(|(table, _)| matches!(table.values, Values::Heap(_)));
        let part = |(table, pickles): (&Table, Pickles)| {
            pickles.into_part(format!("{}/{}", self.space, table.name), encoding(table.kind, table.ttl))
        };
        let keyed = unasked.into_iter().chain(heap.map(part)).collect();
        Snapshot { keyed, files: files.into_iter().collect(), ..Snapshot::default() }
    }

    /// Nobody wants the snapshot any more.
    pub fn abandon_snapshot(&mut self) {
        self.taking = None;
    }

    /// Pickles what table `at` has for the key at hand, since its function is about to use it.
    #[cold]
    fn take_first(slf: &Py<Self>, py: Python<'_>, at: usize) -> PyResult<()> {
        let (key, group, pair) = {
            let store = slf.borrow(py);
            let (key, group) = store.key(at)?;
            let table = &store.tables[at];
            let mut pair = None;
            if let (Values::Heap(values), true) = (&table.values, store.taking.is_some())
                && let Some(entry) = values.get(*group, key)
                && let Some(value) = table.stored(entry.value.bind(py), store.now())?
            {
                pair = Some((entry.key.object().clone_ref(py), value));
            }
            (key.clone(), *group, pair)
        };
        let what = slf.borrow(py).what(at);
        let pickle = pair.map(|pair| pickled::dump_entries(&PyList::new(py, [pair])?, &what));
        let mut store = slf.borrow_mut(py);
        if let Values::Heap(values) = &mut store.tables[at].values {
            values.mark(group, &key);
        }
        match (pickle, store.taking.as_mut()) {
            (Some(Ok(pickle)), _) => store.took(at, group, pickle),
            // it is the checkpoint's, not that of the function that uses the state
            (Some(Err(failure)), Some(taking)) => taking.failure = Some(failure),
            _ => {}
        }
        Ok(())
    }

    fn what(&self, at: usize) -> String {
        format!("{}: state '{}'", self.operator, self.tables[at].name)
    }

    /// The error for a state that is another one in the checkpoint.
    fn differs(&self, name: &str, found: &str, asked: &str) -> PyErr {
        PyTypeError::new_err(format!(
            "{}: state '{name}' is a {} in the checkpoint, and the program asks for a {}; give the new one another name",
            self.operator,
            found.trim_start_matches(PICKLE),
            asked.trim_start_matches(PICKLE),
        ))
    }

    /// Adds a table, with what a checkpoint has of it.
    fn add(
        &mut self,
        py: Python<'_>,
        name: &str,
        kind: &'static str,
        ttl: Option<Ttl>,
        cleanup: Cleanup,
    ) -> PyResult<()> {
        let encoding = encoding(kind, ttl);
        let what = format!("{}: state '{name}'", self.operator);
        let full = format!("{}/{name}", self.space);
        let found = self.restored.iter().position(|part| part.name == full).map(|at| self.restored.remove(at));
        if let Some(part) = found.as_ref().filter(|part| part.encoding != encoding) {
            return Err(self.differs(name, &part.encoding, &encoding));
        }
        let values = match &mut self.rows {
            None => {
                let mut values = HeapTable::default();
                if let Some(part) = &found {
                    pickled::each_entry(py, part, |group, key, value| {
                        values.add(group, PyKey::new(&key)?, value.unbind());
                        Ok(())
                    })?;
                }
                Values::Heap(values)
            }
            Some(rows) => {
                let ttl = ttl.map(|ttl| (ttl, cleanup.in_compaction));
                let (table, known) = rows.table(name, kind, &encoding, ttl, what);
                if let Some(known) = known.filter(|known| *known != encoding) {
                    return Err(self.differs(name, &known, &encoding));
                }
                if let Some(part) = &found {
                    pickled::each_entry(py, part, |group, key, value| {
                        rows.take_over((&PyKey::new(&key)?, group), &table, &value)
                    })?;
                }
                Values::Rows(table)
            }
        };
        let name = name.to_owned();
        self.tables.push(Table { name, kind, ttl, cleanup, cleaned: Walk::default(), values });
        Ok(())
    }

    /// State is that of this key from here on; of none where a record has no key.
    #[inline]
    pub fn set_current(&mut self, current: Option<(PyKey, u16)>) -> Option<(PyKey, u16)> {
        if let Some(rows) = &mut self.rows {
            rows.forget_key();
        }
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

    /// Whether state is rows of a database: what is read is then a copy.
    pub fn in_rows(&self) -> bool {
        self.in_rows
    }

    /// What table `at` holds for the key at hand.
    #[inline]
    pub fn read<'py>(slf: &Py<Self>, py: Python<'py>, at: usize) -> PyResult<Option<Bound<'py, PyAny>>> {
        let store = slf.borrow(py);
        let (key, group) = store.key(at)?;
        let Values::Heap(values) = &store.tables[at].values else {
            drop(store);
            return Self::with_rows(slf, py, at, |rows, key, table| rows.read(py, key, table));
        };
        let Some(entry) = values.get(*group, key) else { return Ok(None) };
        let (value, has) = (entry.value.bind(py).clone(), values.has(entry));
        drop(store);
        if !has {
            Self::take_first(slf, py, at)?;
        }
        Ok(Some(value))
    }

    /// Sets what table `at` holds for the key at hand.
    #[inline]
    pub fn write(slf: &Py<Self>, at: usize, value: Bound<'_, PyAny>) -> PyResult<()> {
        let py = value.py();
        let mut store = slf.borrow_mut(py);
        store.key(at)?;
        let KeyedState { current: Some((key, group)), tables, .. } = &mut *store else { return Ok(()) };
        let Values::Heap(values) = &mut tables[at].values else {
            drop(store);
            return Self::with_rows(slf, py, at, |rows, key, table| rows.write(key, table, &value));
        };
        let before = match values.slot(*group, key) {
            Slot::Free(held) => Some(std::mem::replace(held, value.unbind())),
            Slot::Empty => {
                values.add(*group, key.clone(), value.unbind());
                None
            }
            Slot::Untaken => {
                drop(store);
                Self::take_first(slf, py, at)?;
                return Self::write(slf, at, value);
            }
        };
        // dropping it may run code of the program, which may use the store
        drop(store);
        drop(before);
        Ok(())
    }

    /// Forgets what table `at` holds for the key at hand.
    pub fn remove(slf: &Py<Self>, py: Python<'_>, at: usize) -> PyResult<()> {
        if slf.borrow(py).in_rows {
            return Self::with_rows(slf, py, at, |rows, key, table| rows.remove(py, key, table));
        }
        // it may have to be taken for the snapshot
        drop(Self::read(slf, py, at)?);
        let mut store = slf.borrow_mut(py);
        let KeyedState { current: Some((key, group)), tables, .. } = &mut *store else { return Ok(()) };
        let before = match &mut tables[at].values {
            Values::Heap(values) => values.remove(*group, key),
            Values::Rows(_) => None,
        };
        drop(store);
        drop(before);
        Ok(())
    }

    /// Works at table `at` where it is in a database, for the key at hand. Nobody holds the store meanwhile: values may run
    /// code of the program when they are pickled.
    pub fn with_rows<T>(
        slf: &Py<Self>,
        py: Python<'_>,
        at: usize,
        action: impl FnOnce(&mut RowStore, (&PyKey, u16), &RowTable) -> PyResult<T>,
    ) -> PyResult<T> {
        let mut store = slf.borrow_mut(py);
        let (key, group) = store.key(at)?.clone();
        let table = match &store.tables[at].values {
            Values::Rows(table) => Some(table.clone()),
            Values::Heap(_) => None,
        };
        let (Some(table), Some(mut rows)) = (table, store.rows.take()) else {
            return Err(PyRuntimeError::new_err(format!(
                "{}: an object used the state while it was being pickled for it",
                store.what(at)
            )));
        };
        drop(store);
        let result = action(&mut rows, (&key, group), &table);
        slf.borrow_mut(py).rows = Some(rows);
        result
    }

    /// Removes a few entries that have expired, if that is how table `at` is cleaned up.
    pub fn clean(slf: &Py<Self>, py: Python<'_>, at: usize) -> PyResult<()> {
        let mut store = slf.borrow_mut(py);
        let now = store.now();
        let Table { kind, ttl: Some(ttl), cleanup, cleaned, values: Values::Heap(values), .. } = &mut store.tables[at]
        else {
            return Ok(());
        };
        let Some((most, _)) = cleanup.incremental else { return Ok(()) };
        let (kind, ttl, mut seen) = (*kind, *ttl, Vec::new());
        values.look(cleaned, most, |group, key, value| seen.push((group, key.clone(), value.bind(py).clone())));
        let mut gone = Vec::new();
        for (group, key, stored) in seen {
            match ttl::live(&stored, kind, Some(ttl), now)? {
                None => gone.extend(values.remove(group, &key).map(|entry| entry.value)),
                // of lists and maps only some may have
                Some(live) if !live.is(&stored) && live.len()? < stored.len()? => {
                    if let Slot::Free(held) = values.slot(group, &key) {
                        gone.push(std::mem::replace(held, live.unbind()));
                    }
                }
                Some(_) => {}
            }
        }
        drop(store);
        drop(gone);
        Ok(())
    }

    /// Cleans up the states that are to be at every record.
    #[cold]
    fn clean_all(slf: &Py<Self>, py: Python<'_>) -> PyResult<()> {
        let store = slf.borrow(py);
        let at_records = |table: &Table| matches!(table.cleanup.incremental, Some((_, true)));
        let tables: Vec<usize> = (0..store.tables.len()).filter(|at| at_records(&store.tables[*at])).collect();
        drop(store);
        tables.into_iter().try_for_each(|at| Self::clean(slf, py, at))
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
        (ttl, cleanup): (Option<Ttl>, Cleanup),
    ) -> PyResult<usize> {
        let mut store = slf.borrow_mut(py);
        store.cleans |= ttl.is_some() && matches!(cleanup.incremental, Some((_, true)));
        if let Some(at) = store.tables.iter().position(|table| table.name == name) {
            let known = store.tables[at].kind;
            if known != kind {
                return Err(PyTypeError::new_err(format!(
                    "{}: '{name}' is the name of a {known} already; give the {kind} another name",
                    store.operator
                )));
            }
            (store.tables[at].ttl, store.tables[at].cleanup) = (ttl, cleanup);
            return Ok(at);
        }
        store.add(py, name, kind, ttl, cleanup)?;
        Ok(store.tables.len() - 1)
    }

    fn table(slf: &Py<Self>, descriptor: &Bound<'_, PyAny>, kind: &'static str) -> PyResult<(usize, Option<Ttl>)> {
        let name: String = descriptor.call_method0("get_name")?.extract()?;
        let ttl = ttl::of(descriptor)?;
        let expiry = (ttl, ttl::cleanup(descriptor)?);
        Ok((Self::add_table(slf, descriptor.py(), &name, kind, expiry)?, ttl))
    }

    /// The names of the states that were asked for so far.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tables.iter().map(|table| table.name.as_str())
    }

    /// What every key has in the state of that name, as its function would see it.
    pub fn entries<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Vec<(PyKey, Bound<'py, PyAny>)>> {
        let mut found = Vec::new();
        for table in self.tables.iter().filter(|table| table.name == name) {
            let mut add = |key: PyKey, stored: &Bound<'py, PyAny>| -> PyResult<()> {
                let value = ttl::seen(stored, table.kind, table.ttl, self.now())?;
                found.extend(value.map(|value| (key, value)));
                Ok(())
            };
            match (&table.values, &self.rows) {
                (Values::Heap(values), _) => {
                    values.iter().try_for_each(|(_, key, stored)| add(key.clone(), stored.bind(py)))?;
                }
                (Values::Rows(of), Some(rows)) => {
                    rows.each(py, std::slice::from_ref(of), |_, _, key, stored| add(PyKey::new(&key)?, &stored))?;
                }
                (Values::Rows(_), None) => {}
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

impl Table {
    /// What a snapshot stores of it, if anything.
    fn stored<'py>(&self, value: &Bound<'py, PyAny>, now: i64) -> PyResult<Option<Bound<'py, PyAny>>> {
        match self.cleanup.in_snapshots {
            true => ttl::live(value, self.kind, self.ttl, now),
            false => Ok(Some(value.clone())),
        }
    }
}

#[pymethods]
impl KeyedState {
    fn get_state(slf: Py<Self>, state_descriptor: &Bound<'_, PyAny>) -> PyResult<ValueState> {
        Self::single(slf, state_descriptor, "ValueState")
    }

    fn get_list_state(slf: Py<Self>, state_descriptor: &Bound<'_, PyAny>) -> PyResult<ListState> {
        let (at, ttl) = Self::table(&slf, state_descriptor, "ListState")?;
        let in_rows = slf.borrow(state_descriptor.py()).in_rows;
        Ok(ListState::new((slf, at, in_rows), ttl, Self::typed(state_descriptor, "_element_type", "element")?))
    }

    fn get_map_state(slf: Py<Self>, state_descriptor: &Bound<'_, PyAny>) -> PyResult<MapState> {
        let (at, ttl) = Self::table(&slf, state_descriptor, "MapState")?;
        let keys = Self::typed(state_descriptor, "_key_type_info", "key")?;
        let values = Self::typed(state_descriptor, "_value_type_info", "value")?;
        let in_rows = slf.borrow(state_descriptor.py()).in_rows;
        Ok(MapState::new((slf, at, in_rows), ttl, keys, values))
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
        let Some((state, keys, groups)) = &self.keys else { return Ok(()) };
        let key = PyKey::new(keys[index].bind(py))?;
        let mut store = state.borrow_mut(py);
        let before = store.set_current(Some((key, groups[index])));
        let cleans = store.cleans;
        drop(store);
        drop(before);
        if cleans { KeyedState::clean_all(state, py) } else { Ok(()) }
    }
}
