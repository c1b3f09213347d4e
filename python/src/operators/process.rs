//! `process`: `process_element(value, ctx)`, with side outputs.

use std::collections::HashMap;
use std::sync::Arc;

use flott::batch::{Batch, NO_TIMESTAMP};
use flott::operator::{Operator, Output, SubtaskContext};
use flott::{Error, Result};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyTuple, PyType};

use crate::context::ProcessContext;
use crate::function::{self, Failure, UserFunction};
use crate::gate;
use crate::objects::{PyObjects, release};

pub fn create(factory: Arc<Py<PyAny>>, context: &SubtaskContext) -> Box<dyn Operator> {
    Box::new(Process {
        function: UserFunction::new(factory, context),
        subtask: context.clone(),
        context: None,
        tags: HashMap::new(),
    })
}

struct Process {
    function: UserFunction,
    subtask: SubtaskContext,
    context: Option<Py<ProcessContext>>,
    tags: HashMap<String, Arc<str>>,
}

/// Records of one output with their timestamps, if the input has any.
struct Collected {
    items: Vec<Py<PyAny>>,
    times: Option<Vec<i64>>,
}

impl Collected {
    fn new(timed: bool) -> Self {
        Collected { items: Vec::new(), times: timed.then(Vec::new) }
    }

    fn push(&mut self, item: Py<PyAny>, time: i64) {
        self.items.push(item);
        if let Some(times) = &mut self.times {
            times.push(time);
        }
    }

    fn into_batch(self) -> Batch {
        Batch::new(PyObjects::data(self.items)).with_timestamps(self.times)
    }
}

impl Operator for Process {
    fn open(&mut self) -> Result<()> {
        let clock = self.subtask.clock.clone();
        self.context = Some(gate::enter(|py| ProcessContext::create(py, clock))?);
        self.function.open()
    }

    fn process(&mut self, _input: usize, batch: Batch, output: &mut Output) -> Result<()> {
        let Batch { data, timestamps, keys, .. } = batch;
        let timed = timestamps.is_some();
        let (main, sides, failure) = gate::enter(|py| {
            let items = PyObjects::take(py, data)?;
            let keys = keys.map(|keys| PyObjects::take(py, keys.values)).transpose()?;
            let call = self.function.callable(py)?;
            let Some(context) = &self.context else { return Ok((Collected::new(timed), Vec::new(), None)) };
            let argument = context.clone_ref(py).into_any();
            let mut main = Collected::new(timed);
            let mut sides: Vec<(Arc<str>, Collected)> = Vec::new();
            let mut failure = None;
            context.borrow_mut(py).timestamp = NO_TIMESTAMP;
            for (index, item) in items.iter().enumerate() {
                let time = timestamps.as_ref().map_or(NO_TIMESTAMP, |times| times[index]);
                if timed || keys.is_some() {
                    let mut context = context.borrow_mut(py);
                    context.timestamp = time;
                    if let Some(keys) = &keys {
                        context.key = Some(keys[index].clone_ref(py));
                    }
                }
                let tags = &mut self.tags;
                let result = call.two(item, &argument).and_then(|results| {
                    function::each_result(&results, "process_element", |item| match tagged(&item)? {
                        None => {
                            main.push(item.unbind(), time);
                            Ok(())
                        }
                        Some((id, value)) => {
                            let tag = tags.entry(id).or_insert_with_key(|id| id.as_str().into());
                            match sides.iter_mut().find(|(known, _)| known == tag) {
                                Some((_, side)) => side.push(value, time),
                                None => {
                                    let mut side = Collected::new(timed);
                                    side.push(value, time);
                                    sides.push((tag.clone(), side));
                                }
                            }
                            Ok(())
                        }
                    })
                });
                if let Err(error) = result {
                    failure = Some(Failure::new(py, error, item).into_error(py));
                    break;
                }
            }
            release(py, items);
            Ok((main, sides, failure))
        })?;
        output.emit(main.into_batch());
        for (tag, side) in sides {
            output.emit_side(&tag, side.into_batch());
        }
        failure.map_or(Ok(()), Err)
    }

    fn watermark(&mut self, watermark: i64, output: &mut Output) -> Result<()> {
        if let Some(context) = &self.context {
            gate::enter(|py| {
                context.borrow(py).set_watermark(py, watermark);
                Ok(())
            })?;
        }
        output.emit_watermark(watermark);
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        let closed = self.function.close();
        if let Some(context) = self.context.take() {
            let _: Result<(), Error> = gate::enter(|_| {
                drop(context);
                Ok(())
            });
        }
        closed
    }
}

/// The id and the value of `yield tag, value`; `None` for a record of the main output.
fn tagged(item: &Bound<'_, PyAny>) -> PyResult<Option<(String, Py<PyAny>)>> {
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
    Ok(Some((id, pair.get_item(1)?.unbind())))
}
