//! What a process function has yielded: records of the main output and, as `tag, value`, of side outputs.

use std::collections::HashMap;
use std::sync::Arc;

use flott::batch::{Batch, NO_TIMESTAMP};
use flott::operator::Output;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyTuple, PyType};

use crate::conform::Declared;
use crate::function;
use crate::objects::PyObjects;

/// Collects results, with the timestamps they are given.
#[derive(Default)]
pub struct Yielded {
    main: Records,
    sides: Vec<(Arc<str>, Records)>,
    tags: HashMap<String, Arc<str>>,
    declared: Arc<Declared>,
}

#[derive(Default)]
struct Records {
    items: Vec<Py<PyAny>>,
    times: Vec<i64>,
    timed: bool,
}

impl Records {
    fn push(&mut self, item: Py<PyAny>, time: i64) {
        self.items.push(item);
        self.times.push(time);
        self.timed |= time != NO_TIMESTAMP;
    }

    fn take(&mut self) -> Batch {
        let Records { items, times, timed } = std::mem::take(self);
        Batch::new(PyObjects::data(items)).with_timestamps(timed.then_some(times))
    }
}

impl Yielded {
    /// Converts what it is given to the declared types.
    pub fn new(declared: Arc<Declared>) -> Self {
        Yielded { declared, ..Yielded::default() }
    }

    /// Adds what `function` yielded or returned.
    pub fn add_all(&mut self, results: &Bound<'_, PyAny>, function: &str, time: i64) -> PyResult<()> {
        function::each_result(results, function, |item| self.add_tagged(item, time))
    }

    /// The same where each result comes as `timestamp, result`.
    pub fn add_timed(&mut self, results: &Bound<'_, PyAny>, function: &str) -> PyResult<()> {
        function::each_result(results, function, |item| {
            let (time, item) = item.extract()?;
            self.add_tagged(item, time)
        })
    }

    fn add_tagged(&mut self, item: Bound<'_, PyAny>, time: i64) -> PyResult<()> {
        match tagged(&item)? {
            None => self.add(item, time),
            Some((id, value)) => {
                let tag = self.tags.entry(id).or_insert_with_key(|id| id.as_str().into()).clone();
                self.add_side(&tag, value, time)
            }
        }
    }

    /// Adds one result to the main output.
    pub fn add(&mut self, result: Bound<'_, PyAny>, time: i64) -> PyResult<()> {
        self.main.push(self.declared.result(result, "a result")?.unbind(), time);
        Ok(())
    }

    /// Adds a record to the side output of that id.
    pub fn add_side(&mut self, tag: &Arc<str>, record: Bound<'_, PyAny>, time: i64) -> PyResult<()> {
        let record = self.declared.side(tag, record)?.unbind();
        let at = self.sides.iter().position(|(known, _)| known == tag).unwrap_or_else(|| {
            self.sides.push((tag.clone(), Records::default()));
            self.sides.len() - 1
        });
        self.sides[at].1.push(record, time);
        Ok(())
    }

    /// How many records wait to be emitted.
    pub fn len(&self) -> usize {
        self.main.items.len() + self.sides.iter().map(|(_, side)| side.items.len()).sum::<usize>()
    }

    pub fn emit(&mut self, output: &mut Output) {
        output.emit(self.main.take());
        for (tag, side) in &mut self.sides {
            output.emit_side(tag, side.take());
        }
    }
}

/// The id and the value of `yield tag, value`; `None` for a record of the main output.
fn tagged<'py>(item: &Bound<'py, PyAny>) -> PyResult<Option<(String, Bound<'py, PyAny>)>> {
    static OUTPUT_TAG: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let py = item.py();
    let Ok(pair) = item.cast_exact::<PyTuple>() else { return Ok(None) };
    if pair.len() != 2 {
        return Ok(None);
    }
    let class = OUTPUT_TAG.import(py, "flott.datastream.output_tag", "OutputTag")?;
    let first = pair.get_borrowed_item(0)?;
    if !first.is_instance(class)? {
        return Ok(None);
    }
    let id: String = first.getattr(pyo3::intern!(py, "tag_id"))?.extract()?;
    Ok(Some((id, pair.get_item(1)?)))
}
