//! State of keys and of broadcast streams, as Python functions see it.

mod aggregating;
mod broadcast;
mod codec;
mod files;
mod key;
mod keyed;
mod list;
mod map;
mod operator;
pub mod pickled;
mod rows;
mod taking;
mod ttl;
mod typed;
mod value;

pub use aggregating::{AggregatingState, ReducingState};
pub use broadcast::{BroadcastState, BroadcastStates, ReadOnlyBroadcastState};
pub use key::PyKey;
pub use keyed::{FUNCTION, KeyCursor, KeyedState};
pub use list::ListState;
pub use map::MapState;
pub use operator::OperatorState;
pub use taking::Copied;
pub use value::ValueState;

use pyo3::prelude::*;
use pyo3::types::PyIterator;

/// The pairs of a dict, or of anything that has pairs, as PyFlink's `put_all` takes them.
fn entries<'py>(given: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyIterator>> {
    match given.getattr_opt("items")? {
        Some(items) => items.call0()?.try_iter(),
        None => given.try_iter(),
    }
}
