//! Operators that call Python: one a file, and one line each in [`create`].

mod columns;
mod filter;
mod flat_map;
mod key_by;
mod map;
mod process;
mod reduce;

use std::sync::Arc;

use flott::operator::{Operator, OperatorFactory, SubtaskContext};
use flott::{Error, Result};
use pyo3::prelude::*;

pub use columns::{Extra, ToColumns};

type Create = fn(Arc<Py<PyAny>>, &SubtaskContext) -> Box<dyn Operator>;

/// The operator of that kind around a user's function (see [`crate::function::UserFunction`] for the factory).
pub fn create(kind: &str, function: Py<PyAny>) -> Result<Arc<dyn OperatorFactory>> {
    let create: Create = match kind {
        "map" => map::create,
        "flat_map" => flat_map::create,
        "filter" => filter::create,
        "process" => process::create,
        "key_by" => key_by::create,
        "reduce" => reduce::create,
        "reduce_final" => reduce::create_final,
        other => return Err(Error::internal(format!("there is no operator '{other}' over Python functions"))),
    };
    let function = Arc::new(function);
    Ok(Arc::new(move |context: &SubtaskContext| Ok(create(function.clone(), context))))
}

/// What every operator around one function does at the ends of its life.
macro_rules! lifecycle {
    () => {
        fn open(&mut self) -> flott::Result<()> {
            self.function.open()
        }

        fn close(&mut self) -> flott::Result<()> {
            self.function.close()
        }
    };
}
use lifecycle;
