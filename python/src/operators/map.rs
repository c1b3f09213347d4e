//! `map`: one record out for each record in.

use flott::batch::Batch;
use flott::operator::{Operator, Output, SubtaskContext};
use flott::{Error, Result};
use pyo3::prelude::*;

use super::lifecycle;
use crate::function::{Failure, UserFunction};
use crate::gate;
use crate::objects::{PyObjects, release};

pub fn create(function: UserFunction, _context: &SubtaskContext) -> Box<dyn Operator> {
    Box::new(Map { function })
}

struct Map {
    function: UserFunction,
}

impl Operator for Map {
    lifecycle!();

    fn process(&mut self, _input: usize, batch: Batch, output: &mut Output) -> Result<()> {
        let Batch { data, timestamps, keys, .. } = batch;
        let (items, failure) = gate::enter(|py| {
            let mut items = PyObjects::take(py, data)?;
            let keys = self.function.key_cursor(py, keys)?;
            let call = self.function.callable(py, 0)?;
            let declared = &self.function.settings.declared;
            for index in 0..items.len() {
                let result = keys.set(py, index).and_then(|()| call.one(&items[index]));
                match result.and_then(|result| declared.result(result, "the result")) {
                    Ok(result) => release(py, [std::mem::replace(&mut items[index], result.unbind())]),
                    Err(error) => {
                        let failure = Failure::new(py, error, &items[index]);
                        items.truncate(index);
                        return Ok((items, Some(failure.into_error(py))));
                    }
                }
            }
            Ok((items, None))
        })?;
        emit(items, timestamps, failure, output)
    }
}

/// Emits what was made before a failure, then fails: records are processed one after the other.
pub fn emit(
    items: Vec<Py<PyAny>>,
    timestamps: Option<Vec<i64>>,
    failure: Option<Error>,
    output: &mut Output,
) -> Result<()> {
    let timestamps = timestamps.map(|mut timestamps| {
        timestamps.truncate(items.len());
        timestamps
    });
    output.emit(Batch::new(PyObjects::data(items)).with_timestamps(timestamps));
    failure.map_or(Ok(()), Err)
}
