//! A checkpoint as Python reads it without a job; see `flott.state.read`.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, RecordBatch};
use arrow::datatypes::{Field, Schema};
use flott::checkpoint::{Archive, OperatorState, Restored, Snapshot, storage_at};
use flott::operator::stored;
use flott::state::RocksDbSettings;
use flott::state::rocks::{Database, Rows};
use flott::time::{Clock, SystemClock};
use flott::{Error, Result};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::arrow::ArrowTable;
use crate::gate::raise;

/// Name, encoding, where it is (`keyed`, `items` or `files`), how many pieces it has, and their bytes.
type State = (String, String, &'static str, usize, usize);

/// Subtask, key group, and of a row of a database the key, what stands behind it, and the value.
type Row<'py> = (u32, u16, Bound<'py, PyBytes>, Bound<'py, PyBytes>, Bound<'py, PyBytes>);

#[pyclass(module = "flott._flott", frozen)]
pub struct CheckpointReader {
    restored: Restored,
}

impl CheckpointReader {
    /// The subtasks of an operator, with what each of them had.
    fn subtasks(&self, uid: &str) -> impl Iterator<Item = (u32, &Snapshot)> {
        let operator = self.restored.manifest.operators.iter().find(|operator| operator.id == uid);
        let numbers = operator.into_iter().flat_map(|operator| &operator.subtasks).map(|state| state.subtask);
        numbers.zip(self.restored.all(uid))
    }

    fn states(&self, uid: &str) -> Vec<State> {
        let mut states: Vec<State> = Vec::new();
        let mut add = |name: &str, encoding: &str, place: &'static str, pieces: usize, bytes: usize| match states
            .iter_mut()
            .find(|state| state.0 == name)
        {
            Some(state) => {
                state.3 += pieces;
                state.4 += bytes;
            }
            None => states.push((name.to_owned(), encoding.to_owned(), place, pieces, bytes)),
        };
        for (_, snapshot) in self.subtasks(uid) {
            for part in &snapshot.keyed {
                let bytes = part.groups.iter().map(|(_, bytes)| bytes.len()).sum();
                add(&part.name, &part.encoding, "keyed", part.groups.len(), bytes);
            }
            for part in &snapshot.items {
                let bytes = part.items.iter().map(|item| item.len()).sum();
                add(&part.name, &part.encoding, "items", part.items.len(), bytes);
            }
            for part in &snapshot.files {
                for (name, encoding) in &part.states {
                    // in files that all states of the function have in common
                    add(&format!("{}/{name}", part.name), encoding, "files", part.files.len(), part.bytes() as usize);
                }
            }
        }
        states
    }

    fn table(&self, uid: &str, name: &str) -> Result<Vec<RecordBatch>> {
        let mut batches = Vec::new();
        for (subtask, snapshot) in self.subtasks(uid) {
            for (group, bytes) in snapshot.keyed(name).into_iter().flat_map(|part| &part.groups) {
                let records = stored::decode(bytes.clone(), name)?;
                batches.push(with_place(&records, *group, subtask)?);
            }
            for item in snapshot.items(name) {
                batches.push(with_place(&stored::decode(item.clone(), name)?, 0, subtask)?);
            }
        }
        Ok(batches)
    }
}

/// Records with the columns `key_group` and `subtask` behind theirs, whose names are made to differ.
fn with_place(records: &RecordBatch, group: u16, subtask: u32) -> Result<RecordBatch> {
    let mut names: Vec<String> = Vec::new();
    for field in records.schema().fields() {
        let taken = names.iter().filter(|name| *name == field.name()).count();
        names.push(if taken == 0 { field.name().clone() } else { format!("{} {}", field.name(), taken + 1) });
    }
    let rows = records.num_rows();
    let number = |value: i32| Arc::new(Int32Array::from(vec![value; rows])) as ArrayRef;
    names.extend(["key_group".to_owned(), "subtask".to_owned()]);
    let columns = records.columns().iter().cloned().chain([number(group.into()), number(subtask as i32)]);
    let columns: Vec<ArrayRef> = columns.collect();
    let fields =
        names.into_iter().zip(&columns).map(|(name, column)| Field::new(name, column.data_type().clone(), true));
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields.collect::<Vec<_>>())), columns)?)
}

#[pymethods]
impl CheckpointReader {
    /// The checkpoint of that directory below `root`; `options` are those of storages.
    #[new]
    fn new(py: Python<'_>, root: &str, directory: &str, options: BTreeMap<String, String>) -> PyResult<Self> {
        let read = py.detach(|| Archive::new(storage_at(root, &options)?).load_from(directory));
        read.map(|restored| CheckpointReader { restored }).map_err(|error: Error| raise(py, error))
    }

    /// Its number, the job's name, when it was complete (ms), and the Flott that wrote it.
    fn about(&self) -> (u64, String, i64, String) {
        let manifest = &self.restored.manifest;
        (manifest.checkpoint, manifest.job_name.clone(), manifest.time, manifest.written_by.clone())
    }

    /// `(uid, name, maximum parallelism, parallelism, states)`, and of a state `(name, encoding, place, pieces, bytes)`.
    #[allow(clippy::type_complexity, reason = "a table")]
    fn operators(&self) -> Vec<(String, String, u16, u32, Vec<State>)> {
        let about = |operator: &OperatorState| {
            let (id, name) = (operator.id.clone(), operator.name.clone());
            (id, name, operator.max_parallelism, operator.parallelism, self.states(&operator.id))
        };
        self.restored.manifest.operators.iter().map(about).collect()
    }

    /// `(subtask, key group, bytes)` of a keyed state.
    fn keyed<'py>(&self, py: Python<'py>, uid: &str, name: &str) -> Vec<(u32, u16, Bound<'py, PyBytes>)> {
        let mut pieces = Vec::new();
        for (subtask, snapshot) in self.subtasks(uid) {
            let groups = snapshot.keyed(name).into_iter().flat_map(|part| &part.groups);
            pieces.extend(groups.map(|(group, bytes)| (subtask, *group, PyBytes::new(py, bytes))));
        }
        pieces
    }

    /// `(subtask, key group, key, entry, value)` of the rows of a state in databases; `entry` is a map's key.
    fn rows<'py>(&self, py: Python<'py>, uid: &str, name: &str) -> PyResult<Vec<Row<'py>>> {
        let (clock, mut rows): (Arc<dyn Clock>, _) = (Arc::new(SystemClock), Vec::new());
        for (subtask, snapshot) in self.subtasks(uid) {
            for part in &snapshot.files {
                let own = |state: &(String, String)| format!("{}/{}", part.name, state.0) == name;
                let Some(number) = part.states.iter().position(own) else { continue };
                let (groups, settings) = (part.groups.0..=part.groups.1, RocksDbSettings::default());
                let opened = py.detach(|| {
                    Database::restore(&settings, 0, &clock, groups.clone(), &[part], Some(&self.restored.archive))
                });
                let database = opened.map_err(|error| raise(py, error))?;
                let scanned = database.scan_groups(groups, |row, value| {
                    if usize::from(Rows::state(row)) == number
                        && let Some((key, entry)) = Rows::key(row)
                    {
                        let [key, entry, value] = [key, entry, value].map(|bytes| PyBytes::new(py, bytes));
                        rows.push((subtask, Rows::group(row), key, entry, value));
                    }
                    Ok(true)
                });
                scanned.map_err(|error| raise(py, error))?;
            }
        }
        Ok(rows)
    }

    /// `(subtask, bytes)` of each item of a state without keys.
    fn items<'py>(&self, py: Python<'py>, uid: &str, name: &str) -> Vec<(u32, Bound<'py, PyBytes>)> {
        let mut pieces = Vec::new();
        for (subtask, snapshot) in self.subtasks(uid) {
            pieces.extend(snapshot.items(name).iter().map(|item| (subtask, PyBytes::new(py, item))));
        }
        pieces
    }

    /// A state of columns as it stands.
    fn columns(&self, py: Python<'_>, uid: &str, name: &str) -> PyResult<ArrowTable> {
        let batches = py.detach(|| self.table(uid, name)).map_err(|error| raise(py, error))?;
        let schema = batches.first().map_or_else(|| Arc::new(Schema::empty()), RecordBatch::schema);
        ArrowTable::normalised(schema, batches.into_iter().map(Ok))
    }
}
