//! State as rows of an embedded RocksDB, one database for each subtask of an operator.
//!
//! All states of the operator share the database. A row's key is
//!
//! | bytes | |
//! |---|---|
//! | 2 | the key group, big-endian: a group is a range of rows |
//! | 2 | the number of the state, big-endian |
//! | 4, then so many | the length of the key, big-endian, and the key |
//! | the rest | of a map, the entry's key |
//!
//! What keys and values are is their owner's. Where the key's first byte is 1, the value has an object in front, behind its
//! length (`u32`, little-endian), for keys that their bytes don't tell. A value that can expire begins with the ms of its last touch (`i64`,
//! little-endian). A list is a row of elements, each behind its length (`u32`, little-endian), to which RocksDB appends
//! without reading it. There is no write-ahead log: what a crash loses is read again behind the last checkpoint.

#[cfg(not(feature = "rocksdb"))]
mod absent;
#[cfg(feature = "rocksdb")]
mod database;
#[cfg(feature = "rocksdb")]
mod files;
#[cfg(feature = "rocksdb")]
mod filter;
mod rows;

use super::Ttl;

#[cfg(not(feature = "rocksdb"))]
pub use absent::Database;
#[cfg(feature = "rocksdb")]
pub use database::Database;
pub use rows::{Rows, elements, push_element};

/// Whether the engine was built with RocksDB.
pub const IS_THERE: bool = cfg!(feature = "rocksdb");

/// One state of a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowState {
    /// Unique within the operator.
    pub name: String,
    /// How rows are to be read: `pickle ValueState`.
    pub encoding: String,
}

/// When RocksDB drops what a state holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expiry {
    pub ttl: Ttl,
    /// Elements expire one by one; the row goes when all have.
    pub list: bool,
    /// After how many rows the clock is looked at again.
    pub look_after: u64,
}

#[cfg(all(test, feature = "rocksdb"))]
mod tests;
