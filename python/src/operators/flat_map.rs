//! `flat_map`: any number of records out for each record in.

use flott::Result;
use flott::batch::Batch;
use flott::operator::{Operator, Output, SubtaskContext};

use super::{lifecycle, map};
use crate::function::{self, Failure, UserFunction};
use crate::gate;
use crate::objects::{PyObjects, release};

pub fn create(function: UserFunction, _context: &SubtaskContext) -> Box<dyn Operator> {
    Box::new(FlatMap { function })
}

struct FlatMap {
    function: UserFunction,
}

impl Operator for FlatMap {
    lifecycle!();

    fn process(&mut self, _input: usize, batch: Batch, output: &mut Output) -> Result<()> {
        let Batch { data, timestamps, keys, .. } = batch;
        let (made, times, failure) = gate::enter(|py| {
            let items = PyObjects::take(py, data)?;
            let keys = self.function.key_cursor(py, keys)?;
            let call = self.function.callable(py, 0)?;
            let declared = &self.function.settings.declared;
            let mut made = Vec::with_capacity(items.len());
            let mut times = timestamps.as_ref().map(|_| Vec::with_capacity(items.len()));
            for (index, item) in items.iter().enumerate() {
                let result = keys.set(py, index).and_then(|()| call.one(item)).and_then(|results| {
                    function::each_result(&results, "flat_map's function", |item| {
                        made.push(declared.result(item, "a result")?.unbind());
                        Ok(())
                    })
                });
                if let (Some(times), Some(timestamps)) = (&mut times, &timestamps) {
                    times.resize(made.len(), timestamps[index]);
                }
                if let Err(error) = result {
                    return Ok((made, times, Some(Failure::new(py, error, item).into_error(py))));
                }
            }
            release(py, items);
            Ok((made, times, None))
        })?;
        map::emit(made, times, failure, output)
    }
}
