//! Snapshots of Python objects, which are pickled in slices between batches.
//!
//! Objects are live: a function may change one at any time, and pickling needs the interpreter. So what is in state is
//! pickled a few entries at a time, each of them at the latest before the function uses it (`keyed.rs`). What only ever
//! changes as a whole, timers for example, is copied at the barrier ([`Copied`]).

use std::collections::BTreeMap;

use flott::checkpoint::{FilesPart, KeyedPart};
use flott::operator::Slice;
use flott::state::Walk;
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::PyList;

use super::pickled;

/// How many entries become one pickle.
pub const RUN: usize = 64;

/// Pickles by key group.
#[derive(Default)]
pub struct Pickles(BTreeMap<u16, Vec<u8>>);

impl Pickles {
    pub fn add(&mut self, group: u16, pickle: Vec<u8>) {
        match self.0.get_mut(&group) {
            Some(before) => before.extend_from_slice(&pickle),
            None => drop(self.0.insert(group, pickle)),
        }
    }

    pub fn into_part(self, name: String, encoding: String) -> KeyedPart {
        let groups = self.0.into_iter().map(|(group, pickles)| (group, pickles.into())).collect();
        KeyedPart { name, encoding, groups }
    }
}

/// What has been taken of the tables of a store.
#[derive(Default)]
pub struct Taking {
    /// Of each table that was there at the barrier.
    pub tables: Vec<Pickles>,
    /// The table that is walked through, and how far.
    pub at: usize,
    pub walk: Walk,
    /// Of states that nobody had asked for.
    pub unasked: Vec<KeyedPart>,
    /// Where state is in a database.
    pub files: Option<FilesPart>,
    /// Why an entry could not be pickled when a function was about to use it.
    pub failure: Option<PyErr>,
}

/// Entries that were copied at the barrier, in the order of their key groups.
pub struct Copied<T> {
    name: String,
    encoding: String,
    what: &'static str,
    entries: std::iter::Peekable<std::vec::IntoIter<(u16, Py<PyAny>, T)>>,
    pickles: Pickles,
}

impl<T: for<'py> IntoPyObject<'py>> Copied<T> {
    /// `what` is that for messages, such as "a timer".
    pub fn new(name: &str, encoding: &str, what: &'static str, mut entries: Vec<(u16, Py<PyAny>, T)>) -> Self {
        entries.sort_by_key(|(group, ..)| *group);
        let (name, encoding) = (name.to_owned(), encoding.to_owned());
        Copied { name, encoding, what, entries: entries.into_iter().peekable(), pickles: Pickles::default() }
    }

    /// Pickles some of them; whether all are.
    pub fn go_on(&mut self, py: Python<'_>, slice: &mut Slice) -> PyResult<bool> {
        while let Some((group, ..)) = self.entries.peek() {
            let (group, most) = (*group, slice.next_run(RUN));
            if most == 0 {
                return Ok(false);
            }
            let run = PyList::empty(py);
            while run.len() < most
                && let Some((_, key, entry)) = self.entries.next_if(|(of, ..)| *of == group)
            {
                run.append((key, entry.into_py_any(py)?))?;
            }
            slice.note(run.len());
            self.pickles.add(group, pickled::dump_entries(&run, self.what)?);
        }
        Ok(true)
    }

    pub fn into_part(self) -> KeyedPart {
        self.pickles.into_part(self.name, self.encoding)
    }
}
