//! State of keys and of broadcast streams, as Python functions see it.

mod aggregating;
mod broadcast;
mod entries;
mod key;
mod keyed;
mod list;
mod map;
mod ttl;
mod typed;
mod value;

pub use aggregating::{AggregatingState, ReducingState};
pub use broadcast::{BroadcastState, BroadcastStates, ReadOnlyBroadcastState};
pub use key::PyKey;
pub use keyed::{KeyCursor, KeyedState};
pub use list::ListState;
pub use map::MapState;
pub use value::ValueState;
