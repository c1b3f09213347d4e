//! What stands for a database in an engine that was built without RocksDB: there never is one.

use std::convert::Infallible;
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::{Expiry, RowState};
use crate::checkpoint::{Archive, FilesPart};
use crate::error::{Error, Result};
use crate::state::RocksDbSettings;
use crate::time::Clock;

pub struct Database(Infallible);

impl Database {
    pub fn restore(
        _: &RocksDbSettings,
        _: usize,
        _: &Arc<dyn Clock>,
        _: RangeInclusive<u16>,
        _: &[&FilesPart],
        _: Option<&Archive>,
    ) -> Result<Database> {
        Err(Error::config("this Flott was built without RocksDB, which the program or its checkpoint needs")
            .with_hint("use HashMapStateBackend, or build Flott with its feature 'rocksdb'"))
    }

    pub fn state(&self, _: &str, _: &str, _: Option<Expiry>) -> (u16, Option<String>) {
        match self.0 {}
    }

    pub fn states(&self) -> Vec<RowState> {
        match self.0 {}
    }

    pub fn get<T>(&self, _: &[u8], _: impl FnOnce(&[u8]) -> T) -> Result<Option<T>> {
        match self.0 {}
    }

    pub fn put(&self, _: &[u8], _: &[u8]) -> Result<()> {
        match self.0 {}
    }

    pub fn append(&self, _: &[u8], _: &[u8]) -> Result<()> {
        match self.0 {}
    }

    pub fn delete(&self, _: &[u8]) -> Result<()> {
        match self.0 {}
    }

    pub fn scan(&self, _: &[u8], _: impl FnMut(&[u8], &[u8]) -> Result<bool>) -> Result<()> {
        match self.0 {}
    }

    pub fn scan_groups(&self, _: RangeInclusive<u16>, _: impl FnMut(&[u8], &[u8]) -> Result<bool>) -> Result<()> {
        match self.0 {}
    }

    pub fn clear(&self, _: &[u8]) -> Result<()> {
        match self.0 {}
    }

    pub fn capture(&self, _: &str, _: RangeInclusive<u16>) -> Result<FilesPart> {
        match self.0 {}
    }
}
