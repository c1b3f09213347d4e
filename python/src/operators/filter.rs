//! `filter`: keeps the records for which the function is true.

use flott::Result;
use flott::batch::Batch;
use flott::operator::{Operator, Output, SubtaskContext};
use pyo3::prelude::*;

use super::{lifecycle, map};
use crate::function::{Failure, UserFunction};
use crate::gate;
use crate::objects::{PyObjects, release};

pub fn create(function: UserFunction, _context: &SubtaskContext) -> Box<dyn Operator> {
    Box::new(Filter { function })
}

struct Filter {
    function: UserFunction,
}

impl Operator for Filter {
    lifecycle!();

    fn process(&mut self, _input: usize, batch: Batch, output: &mut Output) -> Result<()> {
        let Batch { data, timestamps, keys, .. } = batch;
        let (kept, times, failure) = gate::enter(|py| {
            let items = PyObjects::take(py, data)?;
            let keys = self.function.key_cursor(py, keys)?;
            let call = self.function.callable(py, 0)?;
            let mut kept = Vec::with_capacity(items.len());
            let mut times = timestamps.as_ref().map(|_| Vec::with_capacity(items.len()));
            for (index, item) in items.into_iter().enumerate() {
                match keys.set(py, index).and_then(|()| call.one(&item)).and_then(|verdict| verdict.is_truthy()) {
                    Ok(true) => {
                        kept.push(item);
                        if let (Some(times), Some(timestamps)) = (&mut times, &timestamps) {
                            times.push(timestamps[index]);
                        }
                    }
                    Ok(false) => release(py, [item]),
                    Err(error) => return Ok((kept, times, Some(Failure::new(py, error, &item).into_error(py)))),
                }
            }
            Ok((kept, times, None))
        })?;
        map::emit(kept, times, failure, output)
    }
}
