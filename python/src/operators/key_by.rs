//! `key_by`: computes each record's key once; it travels with the record from then on.

use flott::Result;
use flott::batch::{Batch, Keys};
use flott::operator::{Operator, Output, SubtaskContext};
use flott::types::key_group;

use super::lifecycle;
use crate::function::{Failure, UserFunction};
use crate::gate;
use crate::objects::{PyObjects, encode_key};

pub fn create(function: UserFunction, context: &SubtaskContext) -> Box<dyn Operator> {
    Box::new(KeyBy { function, max_parallelism: context.max_parallelism })
}

struct KeyBy {
    function: UserFunction,
    max_parallelism: u16,
}

impl Operator for KeyBy {
    lifecycle!();

    fn process(&mut self, _input: usize, batch: Batch, output: &mut Output) -> Result<()> {
        let Batch { data, timestamps, .. } = batch;
        let (mut items, keys, groups, failure) = gate::enter(|py| {
            let items = PyObjects::take(py, data)?;
            let call = self.function.callable(py, 0)?;
            let declared = &self.function.settings.declared;
            let mut keys = Vec::with_capacity(items.len());
            let mut groups = Vec::with_capacity(items.len());
            let mut encoded = Vec::new();
            for item in &items {
                let key = call.one(item).and_then(|key| declared.result(key, "the key"));
                encoded.clear();
                match key.and_then(|key| encode_key(&key, &mut encoded).map(|()| key)) {
                    Ok(key) => {
                        groups.push(key_group(&encoded, self.max_parallelism));
                        keys.push(key.unbind());
                    }
                    Err(error) => {
                        let failure = Failure::new(py, error, item).into_error(py);
                        return Ok((items, keys, groups, Some(failure)));
                    }
                }
            }
            Ok((items, keys, groups, None))
        })?;
        items.truncate(keys.len());
        let timestamps = timestamps.map(|mut times| {
            times.truncate(items.len());
            times
        });
        let mut batch = Batch::new(PyObjects::data(items)).with_timestamps(timestamps);
        batch.keys = Some(Keys::with_groups(PyObjects::data(keys), groups));
        output.emit(batch);
        failure.map_or(Ok(()), Err)
    }
}
