//! State that belongs to keys: what operators remember between records.

mod backend;
mod heap;
pub mod rocks;
mod shared;
mod table;
mod ttl;

pub use backend::{RocksDbSettings, StateBackend};
pub use heap::{Entry, HeapTable, Slot, Walk};
pub use shared::SharedVec;
pub use table::KeyedTable;
pub use ttl::{Cleanup, Fate, Ttl};
