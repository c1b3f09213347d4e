//! State that a checkpoint has in the files of a database, for a program that keeps its state on the heap.

use flott::checkpoint::KeyedPart;
use flott::operator::SubtaskContext;
use flott::state::RocksDbSettings;
use pyo3::prelude::*;
use pyo3::types::PyList;

use super::keyed::{EXPIRING, PICKLE};
use super::pickled;
use super::rows::{RowStore, RowTable};
use super::taking::{Pickles, RUN};

const KINDS: [&str; 6] = ["ValueState", "ListState", "MapState", "ReducingState", "AggregatingState", "reduced value"];

/// The parts that the heap would have stored; `space` is in front of their names.
pub fn read(py: Python<'_>, subtask: &SubtaskContext, space: &str) -> PyResult<Vec<KeyedPart>> {
    let store = RowStore::new(py, subtask, &RocksDbSettings::default())?;
    let states = store.states();
    let tables: Vec<RowTable> =
        (0..).zip(&states).map(|(number, (name, encoding))| table(number, name, encoding)).collect();
    let mut parts: Vec<Pickles> = tables.iter().map(|_| Pickles::default()).collect();
    // rows come group by group, and in each state by state
    let (mut at, run) = ((0, 0), PyList::empty(py));
    let flush = |parts: &mut Vec<Pickles>, (table, group): (usize, u16), run: &Bound<'_, PyList>| -> PyResult<()> {
        if !run.is_empty() {
            parts[table].add(group, pickled::dump_entries(run, &tables[table].what)?);
            run.del_slice(0, run.len())?;
        }
        Ok(())
    };
    store.each(py, &tables, |table, group, key, stored| {
        if at != (table, group) || run.len() >= RUN {
            flush(&mut parts, at, &run)?;
            at = (table, group);
        }
        run.append((key, stored))
    })?;
    flush(&mut parts, at, &run)?;
    let named = states.into_iter().zip(parts);
    Ok(named.map(|((name, encoding), part)| part.into_part(format!("{space}/{name}"), encoding)).collect())
}

fn table(number: u16, name: &str, encoding: &str) -> RowTable {
    let kind = encoding.trim_start_matches(PICKLE).trim_end_matches(EXPIRING);
    RowTable {
        number,
        kind: KINDS.into_iter().find(|known| *known == kind).unwrap_or("ValueState"),
        expires: encoding.ends_with(EXPIRING),
        what: format!("state '{name}'").into(),
    }
}
