//! `reduce` on a keyed stream: combines each record with what its key has so far.
//!
//! In streaming mode every record yields the new value; in batch mode each key yields its last one at the end.

use std::sync::Arc;

use flott::batch::{Batch, Keys};
use flott::operator::{Operator, Output, SubtaskContext};
use flott::{Error, Result};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::map;
use crate::function::{Failure, UserFunction};
use crate::gate;
use crate::objects::{PyObjects, key_identity};

pub fn create(factory: Arc<Py<PyAny>>, context: &SubtaskContext) -> Box<dyn Operator> {
    Box::new(Reduce { function: UserFunction::new(factory, context), values: None, only_final: false })
}

pub fn create_final(factory: Arc<Py<PyAny>>, context: &SubtaskContext) -> Box<dyn Operator> {
    Box::new(Reduce { function: UserFunction::new(factory, context), values: None, only_final: true })
}

struct Reduce {
    function: UserFunction,
    /// The value of each key so far, in the order in which the keys came.
    values: Option<Py<PyDict>>,
    only_final: bool,
}

impl Operator for Reduce {
    fn open(&mut self) -> Result<()> {
        self.values = Some(gate::enter(|py| Ok(PyDict::new(py).unbind()))?);
        self.function.open()
    }

    fn process(&mut self, _input: usize, batch: Batch, output: &mut Output) -> Result<()> {
        let Batch { data, timestamps, keys, .. } = batch;
        let Some(Keys { values: keys, .. }) = keys else {
            return Err(Error::internal("reduce was given records without keys"));
        };
        let (made, failure) = gate::enter(|py| {
            let mut items = PyObjects::take(py, data)?;
            let keys = PyObjects::take(py, keys)?;
            let call = self.function.callable(py)?;
            let Some(values) = self.values.as_ref().map(|values| values.bind(py)) else { return Ok((items, None)) };
            for index in 0..items.len() {
                let combined = key_identity(keys[index].bind(py)).and_then(|key| {
                    let value = match values.get_item(&key)? {
                        None => items[index].clone_ref(py),
                        Some(before) => call.two(&before.unbind(), &items[index])?.unbind(),
                    };
                    values.set_item(key, &value)?;
                    Ok(value)
                });
                match combined {
                    Ok(value) => items[index] = value,
                    Err(error) => {
                        let failure = Failure::new(py, error, &items[index]);
                        items.truncate(index);
                        return Ok((items, Some(failure.into_error(py))));
                    }
                }
            }
            Ok((items, None))
        })?;
        if self.only_final {
            return failure.map_or(Ok(()), Err);
        }
        map::emit(made, timestamps, failure, output)
    }

    fn finish(&mut self, output: &mut Output) -> Result<()> {
        let Some(values) = self.values.take().filter(|_| self.only_final) else { return Ok(()) };
        let last = gate::enter(|py| Ok(values.bind(py).values().iter().map(Bound::unbind).collect()))?;
        map::emit(last, None, None, output)
    }

    fn close(&mut self) -> Result<()> {
        let closed = self.function.close();
        let values = self.values.take();
        let _ = gate::enter(|_| {
            drop(values);
            Ok(())
        });
        closed
    }
}
