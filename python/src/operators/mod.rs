//! Operators that call Python: one a file, and one line each in [`create`].

pub mod async_wait;
mod columns;
mod filter;
mod flat_map;
mod key_by;
mod map;
mod process;
mod reduce;
mod window;
mod yielded;

use std::sync::Arc;

use flott::graph::NodeId;
use flott::operator::{Operator, OperatorFactory, SubtaskContext};
use flott::{Error, Result};
use pyo3::prelude::*;

use crate::conform::Declared;
use crate::function::UserFunction;
use crate::inspected::Inspected;

pub use columns::{Extra, ToColumns};
pub use yielded::Yielded;

/// What the program said about an operator beside its function.
#[derive(Default)]
pub struct Settings {
    /// The names of the broadcast states that a broadcast stream was given.
    pub broadcast_states: Vec<String>,
    /// In BATCH mode the broadcast side is read first.
    pub broadcast_first: bool,
    /// The side output that a window's late records go to.
    pub late_output: Option<Arc<str>>,
    pub declared: Arc<Declared>,
    /// Where the operator shows its state and timers, and the node it is there.
    pub inspected: Option<(Arc<Inspected>, NodeId)>,
}

type Create = fn(UserFunction, &SubtaskContext) -> Box<dyn Operator>;

enum Kind {
    Function(Create),
    /// The same where the function may have state of the record's key.
    Keyed(Create),
    Process(&'static process::Kind),
    Window,
}

fn kind(name: &str) -> Option<Kind> {
    Some(match name {
        "map" => Kind::Function(map::create),
        "flat_map" => Kind::Function(flat_map::create),
        "filter" => Kind::Function(filter::create),
        "key_by" => Kind::Function(key_by::create),
        "keyed_map" => Kind::Keyed(map::create),
        "keyed_flat_map" => Kind::Keyed(flat_map::create),
        "keyed_filter" => Kind::Keyed(filter::create),
        "reduce" => Kind::Keyed(reduce::create),
        "reduce_final" => Kind::Keyed(reduce::create_final),
        "process" => Kind::Process(&process::PROCESS),
        "keyed_process" => Kind::Process(&process::KEYED_PROCESS),
        "co_process" => Kind::Process(&process::CO_PROCESS),
        "keyed_co_process" => Kind::Process(&process::KEYED_CO_PROCESS),
        "keyed_co_process_timed" => Kind::Process(&process::KEYED_CO_PROCESS_TIMED),
        "co_map" => Kind::Process(&process::CO_MAP),
        "keyed_co_map" => Kind::Process(&process::KEYED_CO_MAP),
        "co_flat_map" => Kind::Process(&process::CO_FLAT_MAP),
        "keyed_co_flat_map" => Kind::Process(&process::KEYED_CO_FLAT_MAP),
        "broadcast_process" => Kind::Process(&process::BROADCAST_PROCESS),
        "keyed_broadcast_process" => Kind::Process(&process::KEYED_BROADCAST_PROCESS),
        "window" => Kind::Window,
        _ => return None,
    })
}

/// The operator of that kind around a user's function (see [`crate::function::UserFunction`] for the factory).
pub fn create(name: &str, function: Py<PyAny>, settings: Settings) -> Result<Arc<dyn OperatorFactory>> {
    let Some(kind) = kind(name) else {
        return Err(Error::internal(format!("there is no operator '{name}' over Python functions")));
    };
    let (function, settings) = (Arc::new(function), Arc::new(settings));
    Ok(Arc::new(move |context: &SubtaskContext| {
        let user_function = |keyed| UserFunction::new(function.clone(), context, keyed, &settings);
        Ok(match &kind {
            Kind::Function(create) => create(user_function(false), context),
            Kind::Keyed(create) => create(user_function(true), context),
            Kind::Process(kind) => kind.create(user_function(kind.keyed), context, &settings),
            Kind::Window => window::create(user_function(true), context, &settings),
        })
    }))
}

/// What every operator around one function does at the ends of its life.
macro_rules! lifecycle {
    () => {
        fn open(&mut self) -> flott::Result<()> {
            self.function.open()
        }

        fn barrier(&mut self, checkpoint: u64, _output: &mut flott::operator::Output) -> flott::Result<()> {
            self.function.barrier(checkpoint);
            Ok(())
        }

        fn capture(&mut self) -> flott::Result<flott::checkpoint::Capture> {
            self.function.capture()
        }

        fn go_on(&mut self, slice: &mut flott::operator::Slice) -> flott::Result<flott::checkpoint::Capture> {
            self.function.go_on(slice)
        }

        fn abandon(&mut self) {
            self.function.abandon();
        }

        fn close(&mut self) -> flott::Result<()> {
            self.function.close()
        }
    };
}
use lifecycle;
