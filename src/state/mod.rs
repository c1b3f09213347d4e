//! State that belongs to keys: what operators remember between records.

mod table;
mod ttl;

pub use table::KeyedTable;
pub use ttl::{Fate, Ttl};
