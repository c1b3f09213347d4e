//! `reduce` on a keyed stream: combines each record with what its key has so far.
//!
//! In streaming mode every record yields the new value; in batch mode each key yields its last one at the end.

use flott::Result;
use flott::batch::Batch;
use flott::checkpoint::Capture;
use flott::operator::{Operator, Output, Slice, SubtaskContext};
use flott::state::Cleanup;
use pyo3::prelude::*;

use super::map;
use crate::function::{Failure, UserFunction};
use crate::gate;
use crate::objects::PyObjects;
use crate::state::{KeyedState, PyKey};

pub fn create(function: UserFunction, _context: &SubtaskContext) -> Box<dyn Operator> {
    Box::new(Reduce { function, at: 0, only_final: None })
}

pub fn create_final(function: UserFunction, _context: &SubtaskContext) -> Box<dyn Operator> {
    Box::new(Reduce { function, at: 0, only_final: Some(Vec::new()) })
}

struct Reduce {
    function: UserFunction,
    /// The table of the values so far.
    at: usize,
    /// The keys in the order in which they came, where only their last values are emitted.
    only_final: Option<Vec<(PyKey, u16)>>,
}

impl Operator for Reduce {
    fn open(&mut self) -> Result<()> {
        self.function.open()?;
        self.at = gate::enter(|py| {
            KeyedState::add_table(self.function.state()?, py, "_op_state", "reduced value", (None, Cleanup::default()))
        })?;
        Ok(())
    }

    fn process(&mut self, _input: usize, batch: Batch, output: &mut Output) -> Result<()> {
        let Batch { data, timestamps, keys, .. } = batch;
        let (at, only_final) = (self.at, &mut self.only_final);
        let (made, failure) = gate::enter(|py| {
            let mut items = PyObjects::take(py, data)?;
            let keys = self.function.key_cursor(py, keys)?;
            let call = self.function.callable(py, 0)?;
            let declared = &self.function.settings.declared;
            let state = self.function.state()?;
            for index in 0..items.len() {
                let combined = keys.set(py, index).and_then(|()| {
                    let before = KeyedState::read(state, py, at)?;
                    let value = match before {
                        None => {
                            if let (Some(order), Some(key)) = (only_final.as_mut(), state.borrow(py).current()) {
                                order.push(key.clone());
                            }
                            items[index].clone_ref(py)
                        }
                        Some(before) => {
                            declared.result(call.two(&before.unbind(), &items[index])?, "the result")?.unbind()
                        }
                    };
                    KeyedState::write(state, at, value.bind(py).clone())?;
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
        if only_final.is_some() {
            return failure.map_or(Ok(()), Err);
        }
        map::emit(made, timestamps, failure, output)
    }

    fn stores(&self) -> bool {
        // the order of the keys is not state: BATCH mode has no checkpoints
        self.only_final.is_none()
    }

    fn barrier(&mut self, checkpoint: u64, _output: &mut Output) -> Result<()> {
        self.function.barrier(checkpoint);
        Ok(())
    }

    fn capture(&mut self) -> Result<Capture> {
        self.function.capture()
    }

    fn go_on(&mut self, slice: &mut Slice) -> Result<Capture> {
        self.function.go_on(slice)
    }

    fn abandon(&mut self) {
        self.function.abandon();
    }

    fn finish(&mut self, output: &mut Output) -> Result<()> {
        let Some(order) = &mut self.only_final else { return Ok(()) };
        let last = gate::enter(|py| {
            let state = self.function.state()?;
            let value = |key| {
                let before = state.borrow_mut(py).set_current(Some(key));
                drop(before);
                KeyedState::read(state, py, self.at)
            };
            order.drain(..).filter_map(|key| value(key).map(|v| v.map(Bound::unbind)).transpose()).collect()
        })?;
        map::emit(last, None, None, output)
    }

    fn close(&mut self) -> Result<()> {
        self.only_final.take();
        self.function.close()
    }
}
