//! Which way state is kept while a job runs.

use std::path::PathBuf;

/// Flink's state backends.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum StateBackend {
    /// `HashMapStateBackend`: live values in memory.
    #[default]
    HashMap,
    /// `EmbeddedRocksDBStateBackend`: bytes in a database on disk, larger than memory.
    RocksDb(RocksDbSettings),
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RocksDbSettings {
    /// Where databases are kept; the system's directory for temporary files where there is none.
    pub directories: Vec<PathBuf>,
    /// A checkpoint shares the files that did not change with the one before.
    pub incremental: bool,
}
