//! The keyed state of one function as rows of a database: what `EmbeddedRocksDBStateBackend` asks for.

use std::ops::RangeInclusive;
use std::sync::Arc;

use flott::checkpoint::FilesPart;
use flott::operator::SubtaskContext;
use flott::state::rocks::{Database, Expiry, Rows, elements, push_element};
use flott::state::{RocksDbSettings, Ttl};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use super::PyKey;
use super::codec::{self, RowKey};
use crate::gate::raise;

/// The name of the part of a checkpoint that has the files.
const PART: &str = "state";

pub struct RowStore {
    database: Database,
    groups: RangeInclusive<u16>,
    /// The key at hand.
    key: Option<RowKey>,
}

/// One state in the store.
#[derive(Clone)]
pub struct RowTable {
    pub number: u16,
    pub kind: &'static str,
    pub expires: bool,
    /// For messages.
    pub what: Arc<str>,
}

/// The entries of a map that were read so far: what its rows begin with, its table, the key, and they.
type Gathered<'py> = (Vec<u8>, usize, Bound<'py, PyAny>, Bound<'py, PyDict>);

fn checked<T>(py: Python<'_>, result: flott::Result<T>) -> PyResult<T> {
    result.map_err(|error| raise(py, error))
}

impl RowStore {
    /// With what a checkpoint has in files.
    pub fn new(py: Python<'_>, subtask: &SubtaskContext, settings: &RocksDbSettings) -> PyResult<RowStore> {
        let SubtaskContext { clock, groups, restored, archive, .. } = subtask;
        let made = py.detach(|| {
            let parts: Vec<&FilesPart> = restored.files.iter().filter(|part| part.name == PART).collect();
            Database::restore(settings, subtask.subtask, clock, groups.clone(), &parts, archive.as_ref())
        });
        Ok(RowStore { database: checked(py, made)?, groups: groups.clone(), key: None })
    }

    /// The state of that name, and how it was encoded where it was restored.
    pub fn table(
        &self,
        name: &str,
        kind: &'static str,
        encoding: &str,
        ttl: Option<(Ttl, Option<u64>)>,
        what: String,
    ) -> (RowTable, Option<String>) {
        let list = kind == "ListState";
        let expiry = ttl.and_then(|(ttl, look_after)| Some(Expiry { ttl, list, look_after: look_after? }));
        let (number, known) = self.database.state(name, encoding, expiry);
        (RowTable { number, kind, expires: ttl.is_some(), what: what.into() }, known)
    }

    /// Another key is at hand.
    #[inline]
    pub fn forget_key(&mut self) {
        self.key = None;
    }

    /// What the rows of a table begin with for a key, and what its values have in front.
    fn row(&mut self, py: Python<'_>, (key, group): (&PyKey, u16), table: &RowTable) -> PyResult<(Vec<u8>, &[u8])> {
        let key = match &mut self.key {
            Some(known) => known,
            none => none.insert(RowKey::new(key.object().bind(py))?),
        };
        let mut row = Vec::with_capacity(key.bytes.len() + 24);
        Rows::of(group, table.number, &key.bytes, &mut row);
        Ok((row, &key.head))
    }

    /// What a table stores for a key; not of maps.
    pub fn read<'py>(
        &mut self,
        py: Python<'py>,
        key: (&PyKey, u16),
        table: &RowTable,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let (row, head) = self.row(py, key, table)?;
        let head = head.len();
        let read = |value: &[u8]| decode_row(py, value.get(head..).unwrap_or_default(), table);
        checked(py, self.database.get(&row, read))?.transpose()
    }

    /// Sets what a table stores for a key; not of maps.
    pub fn write(&mut self, key: (&PyKey, u16), table: &RowTable, stored: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = stored.py();
        let (row, head) = self.row(py, key, table)?;
        let mut value = head.to_vec();
        match stored.cast::<PyList>() {
            Ok(list) if table.kind == "ListState" => {
                for element in list.iter() {
                    push_stored(&element, table, key.0, &mut value)?;
                }
            }
            _ => encode_stored(stored, table, key.0, &mut value)?,
        }
        checked(py, self.database.put(&row, &value))
    }

    /// Adds an element to a list, which is not read.
    pub fn append(&mut self, key: (&PyKey, u16), table: &RowTable, element: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = element.py();
        let (row, head) = self.row(py, key, table)?;
        let mut value = Vec::new();
        let head = head.to_vec();
        if !head.is_empty() && checked(py, self.database.get(&row, |_| ()))?.is_none() {
            value = head;
        }
        push_stored(element, table, key.0, &mut value)?;
        checked(py, self.database.append(&row, &value))
    }

    /// Forgets what a table stores for a key.
    pub fn remove(&mut self, py: Python<'_>, key: (&PyKey, u16), table: &RowTable) -> PyResult<()> {
        let (row, _) = self.row(py, key, table)?;
        let removed = match table.kind {
            "MapState" => self.database.clear(&row),
            _ => self.database.delete(&row),
        };
        checked(py, removed)
    }

    fn entry_row(
        &mut self,
        key: (&PyKey, u16),
        table: &RowTable,
        entry: &Bound<'_, PyAny>,
    ) -> PyResult<(Vec<u8>, &[u8])> {
        let (mut row, head) = self.row(entry.py(), key, table)?;
        codec::encode_entry_key(entry, &mut row)?;
        Ok((row, head))
    }

    /// What a map stores for one of its keys.
    pub fn entry<'py>(
        &mut self,
        key: (&PyKey, u16),
        table: &RowTable,
        entry: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = entry.py();
        let (row, head) = self.entry_row(key, table, entry)?;
        let head = head.len();
        let value =
            |value: &[u8]| codec::decode_stored(py, value.get(head..).unwrap_or_default(), table.expires, &table.what);
        checked(py, self.database.get(&row, value))?.transpose()
    }

    pub fn set_entry(
        &mut self,
        key: (&PyKey, u16),
        table: &RowTable,
        entry: &Bound<'_, PyAny>,
        stored: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let (row, head) = self.entry_row(key, table, entry)?;
        let mut value = head.to_vec();
        encode_stored(stored, table, key.0, &mut value)?;
        checked(entry.py(), self.database.put(&row, &value))
    }

    pub fn remove_entry(&mut self, key: (&PyKey, u16), table: &RowTable, entry: &Bound<'_, PyAny>) -> PyResult<()> {
        let (row, _) = self.entry_row(key, table, entry)?;
        checked(entry.py(), self.database.delete(&row))
    }

    /// The entries of a map, at most so many.
    pub fn entries<'py>(
        &mut self,
        py: Python<'py>,
        key: (&PyKey, u16),
        table: &RowTable,
        most: usize,
    ) -> PyResult<Vec<(Bound<'py, PyAny>, Bound<'py, PyAny>)>> {
        let (row, head) = self.row(py, key, table)?;
        let (head, mut found, mut failure) = (head.len(), Vec::new(), None);
        let scanned = self.database.scan(&row, |entry, value| {
            let pair = codec::decode(py, &entry[row.len()..], &table.what).and_then(|entry| {
                let value = value.get(head..).unwrap_or_default();
                Ok((entry, codec::decode_stored(py, value, table.expires, &table.what)?))
            });
            match pair {
                Ok(pair) => found.push(pair),
                Err(error) => failure = Some(error),
            }
            Ok(failure.is_none() && found.len() < most)
        });
        checked(py, scanned)?;
        failure.map_or(Ok(found), Err)
    }

    /// What all keys have in some tables, each with its key group: `take(table, group, key, stored)`, in the form that the heap
    /// stores it in.
    pub fn each<'py>(
        &self,
        py: Python<'py>,
        tables: &[RowTable],
        mut take: impl FnMut(usize, u16, Bound<'py, PyAny>, Bound<'py, PyAny>) -> PyResult<()>,
    ) -> PyResult<()> {
        let mut failure = None;
        // the rows of a map follow one another
        let mut map: Option<Gathered<'py>> = None;
        let mut one = |row: &[u8], value: &[u8]| -> PyResult<()> {
            if let Some((prefix, at, key, dict)) = map.take_if(|(prefix, ..)| !row.starts_with(prefix)) {
                take(at, Rows::group(&prefix), key, dict.into_any())?;
            }
            let Some((encoded, entry)) = Rows::key(row) else { return Ok(()) };
            let Some(at) = tables.iter().position(|table| table.number == Rows::state(row)) else { return Ok(()) };
            let table = &tables[at];
            let (key, value) = codec::decode_key(py, encoded, value)?;
            if table.kind != "MapState" {
                return take(at, Rows::group(row), key, decode_row(py, value, table)?);
            }
            let entry = codec::decode(py, entry, &table.what)?;
            let stored = codec::decode_stored(py, value, table.expires, &table.what)?;
            let prefix = row[..8 + encoded.len()].to_vec();
            map.get_or_insert_with(|| (prefix, at, key, PyDict::new(py))).3.set_item(entry, stored)
        };
        let scanned = self.database.scan_groups(self.groups.clone(), |row, value| {
            failure = one(row, value).err();
            Ok(failure.is_none())
        });
        checked(py, scanned)?;
        if let Some(failure) = failure {
            return Err(failure);
        }
        match map {
            Some((prefix, at, key, dict)) => take(at, Rows::group(&prefix), key, dict.into_any()),
            None => Ok(()),
        }
    }

    /// Takes over what the heap, or a checkpoint of it, has for a key.
    pub fn take_over(&mut self, key: (&PyKey, u16), table: &RowTable, stored: &Bound<'_, PyAny>) -> PyResult<()> {
        self.forget_key();
        match stored.cast::<PyDict>() {
            Ok(dict) if table.kind == "MapState" => {
                for (entry, stored) in dict.iter() {
                    self.set_entry(key, table, &entry, &stored)?;
                }
            }
            _ => self.write(key, table, stored)?,
        }
        self.forget_key();
        Ok(())
    }

    /// The states there are: the name of each, and how it is encoded.
    pub fn states(&self) -> Vec<(String, String)> {
        self.database.states().into_iter().map(|state| (state.name, state.encoding)).collect()
    }

    /// The files that have all of it now.
    pub fn capture(&self, py: Python<'_>) -> PyResult<FilesPart> {
        checked(py, py.detach(|| self.database.capture(PART, self.groups.clone())))
    }
}

fn decode_row<'py>(py: Python<'py>, value: &[u8], table: &RowTable) -> PyResult<Bound<'py, PyAny>> {
    if table.kind != "ListState" {
        return codec::decode_stored(py, value, table.expires, &table.what);
    }
    let list = PyList::empty(py);
    for element in elements(value) {
        list.append(codec::decode_stored(py, element.unwrap_or_default(), table.expires, &table.what)?)?;
    }
    Ok(list.into_any())
}

fn push_stored(stored: &Bound<'_, PyAny>, table: &RowTable, key: &PyKey, out: &mut Vec<u8>) -> PyResult<()> {
    let mut element = Vec::new();
    encode_stored(stored, table, key, &mut element)?;
    push_element(out, &element);
    Ok(())
}

fn encode_stored(stored: &Bound<'_, PyAny>, table: &RowTable, key: &PyKey, out: &mut Vec<u8>) -> PyResult<()> {
    let py = stored.py();
    codec::encode_stored(stored, table.expires, out)
        .map_err(|error| super::pickled::refused(&table.what, key.object().bind(py), "kept", error))
}
