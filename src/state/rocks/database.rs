//! The database of one subtask of an operator.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use rocksdb::{
    BlockBasedOptions, Cache, DB, DBCompactionStyle, DBCompressionType, LogLevel, MergeOperands, Options, ReadOptions,
    WriteBatch, WriteOptions,
};

use super::files::Known;
use super::filter::{Expiries, Factory};
use super::{Expiry, RowState, Rows};
use crate::error::{Error, Result};
use crate::state::RocksDbSettings;
use crate::time::Clock;

/// What is kept of written rows in memory before they become a file, in bytes. A barrier waits until it has become one.
const WRITE_BUFFER: usize = 32 << 20;
/// How many runs of files a database has before some are merged. More of them are read by each look-up, fewer are rewritten more often.
const FILES_TO_MERGE: i32 = 8;
/// What all databases of the process keep of their files in memory, in bytes.
const CACHE: usize = 256 << 20;

pub struct Database {
    pub(super) db: DB,
    pub(super) directory: Arc<Directory>,
    /// By their numbers.
    pub(super) states: Mutex<Vec<RowState>>,
    expiries: Expiries,
    unlogged: WriteOptions,
    /// Names its files among those of all databases that ever were.
    pub(super) instance: String,
    pub(super) incremental: bool,
    /// Under which names checkpoints share the files that were restored.
    pub(super) restored: Known,
}

/// Where a database is: gone when nobody needs it any more.
pub struct Directory(PathBuf);

impl Directory {
    /// A new one, in one of those that were named, in turn by the number of the subtask.
    pub fn new(settings: &RocksDbSettings, subtask: usize) -> Result<Directory> {
        let above = match settings.directories.as_slice() {
            [] => std::env::temp_dir(),
            directories => directories[subtask % directories.len()].clone(),
        };
        let path = above.join(format!("flott-rocksdb-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir_all(&path).map_err(|error| {
            Error::config(format!("state can't be kept in '{}': {error}", above.display())).with_hint(
                "name a directory that can be written in 'state.backend.rocksdb.localdir', or look at the disk's space",
            )
        })?;
        Ok(Directory(path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Where the database's files are.
    pub fn database(&self) -> PathBuf {
        self.join("db")
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!("the state's directory '{}' is left behind: {error}", self.0.display());
        }
    }
}

/// What RocksDB says, with the place.
pub fn failed(path: &Path) -> impl Fn(rocksdb::Error) -> Error + '_ {
    move |error| {
        Error::connector(format!("the state in '{}' can't be read or written: {error}", path.display()))
            .with_hint("look at the disk's space and the directory's permissions (state.backend.rocksdb.localdir)")
    }
}

/// Lists grow without being read.
fn append(_row: &[u8], before: Option<&[u8]>, operands: &MergeOperands) -> Option<Vec<u8>> {
    let mut list = before.unwrap_or_default().to_vec();
    operands.iter().for_each(|operand| list.extend_from_slice(operand));
    Some(list)
}

fn cache() -> &'static Cache {
    static SHARED: OnceLock<Cache> = OnceLock::new();
    SHARED.get_or_init(|| Cache::new_lru_cache(CACHE))
}

fn options(expiries: &Expiries, clock: &Arc<dyn Clock>) -> Options {
    let mut table = BlockBasedOptions::default();
    table.set_block_cache(cache());
    table.set_bloom_filter(10.0, false);
    let mut options = Options::default();
    options.create_if_missing(true);
    options.set_block_based_table_factory(&table);
    options.set_compression_type(DBCompressionType::Lz4);
    options.set_write_buffer_size(WRITE_BUFFER);
    // merges files of like size: with levels a few new rows of all key groups rewrite all of them, and a checkpoint has to store that
    options.set_compaction_style(DBCompactionStyle::Universal);
    options.set_level_zero_file_num_compaction_trigger(FILES_TO_MERGE);
    options.set_max_background_jobs(2);
    options.set_merge_operator_associative("flott.List", append);
    options.set_compaction_filter_factory(Factory { expiries: expiries.clone(), clock: clock.clone() });
    options.set_keep_log_file_num(1);
    options.set_log_level(LogLevel::Warn);
    options
}

impl Database {
    /// The database of the directory, new or with the files that are there.
    pub(super) fn open(
        directory: Arc<Directory>,
        states: Vec<RowState>,
        settings: &RocksDbSettings,
        clock: &Arc<dyn Clock>,
        restored: Known,
    ) -> Result<Database> {
        let expiries: Expiries = Expiries::default();
        let path = directory.database();
        let db = DB::open(&options(&expiries, clock), &path).map_err(failed(&path))?;
        let mut unlogged = WriteOptions::default();
        unlogged.disable_wal(true);
        Ok(Database {
            db,
            directory,
            states: Mutex::new(states),
            expiries,
            unlogged,
            instance: uuid::Uuid::new_v4().simple().to_string(),
            incremental: settings.incremental,
            restored,
        })
    }

    fn failed(&self, error: rocksdb::Error) -> Error {
        failed(self.directory.path())(error)
    }

    /// The number of the state of that name, which is new unless it was restored; and how that was encoded.
    pub fn state(&self, name: &str, encoding: &str, expiry: Option<Expiry>) -> (u16, Option<String>) {
        let mut states = self.states.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let (at, known) = match states.iter().position(|state| state.name == name) {
            Some(at) => (at, Some(states[at].encoding.clone())),
            None => {
                states.push(RowState { name: name.to_owned(), encoding: encoding.to_owned() });
                (states.len() - 1, None)
            }
        };
        let mut expiries = self.expiries.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        let length = expiries.len().max(at + 1);
        expiries.resize(length, None);
        expiries[at] = expiry;
        (at as u16, known)
    }

    /// The states there are, by their numbers.
    pub fn states(&self) -> Vec<RowState> {
        self.states.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    /// Reads the value of a row, if there is one.
    pub fn get<T>(&self, row: &[u8], read: impl FnOnce(&[u8]) -> T) -> Result<Option<T>> {
        let value = self.db.get_pinned(row).map_err(|error| self.failed(error))?;
        Ok(value.map(|value| read(&value)))
    }

    pub fn put(&self, row: &[u8], value: &[u8]) -> Result<()> {
        self.db.put_opt(row, value, &self.unlogged).map_err(|error| self.failed(error))
    }

    /// Appends to a list.
    pub fn append(&self, row: &[u8], elements: &[u8]) -> Result<()> {
        self.db.merge_opt(row, elements, &self.unlogged).map_err(|error| self.failed(error))
    }

    pub fn delete(&self, row: &[u8]) -> Result<()> {
        self.db.delete_opt(row, &self.unlogged).map_err(|error| self.failed(error))
    }

    /// Calls `take(row, value)` for the rows whose keys begin with `prefix`, in order, until it says false.
    pub fn scan(&self, prefix: &[u8], take: impl FnMut(&[u8], &[u8]) -> Result<bool>) -> Result<()> {
        let mut until = prefix.to_vec();
        // the first key that does not begin with it
        while until.pop_if(|last| *last == u8::MAX).is_some() {}
        if let Some(last) = until.last_mut() {
            *last += 1;
        }
        self.scan_range(prefix, &until, take)
    }

    /// The same for all rows of some key groups.
    pub fn scan_groups(
        &self,
        groups: RangeInclusive<u16>,
        take: impl FnMut(&[u8], &[u8]) -> Result<bool>,
    ) -> Result<()> {
        let until = groups.end().checked_add(1).map(u16::to_be_bytes);
        self.scan_range(&groups.start().to_be_bytes(), until.as_ref().map_or(&[][..], |until| &until[..]), take)
    }

    fn scan_range(&self, from: &[u8], until: &[u8], mut take: impl FnMut(&[u8], &[u8]) -> Result<bool>) -> Result<()> {
        let mut options = ReadOptions::default();
        if !until.is_empty() {
            options.set_iterate_upper_bound(until.to_vec());
        }
        let mut iterator = self.db.raw_iterator_opt(options);
        iterator.seek(from);
        while let Some((row, value)) = iterator.item() {
            if !take(row, value)? {
                return Ok(());
            }
            iterator.next();
        }
        iterator.status().map_err(|error| self.failed(error))
    }

    /// Forgets all rows whose keys begin with `prefix`.
    pub fn clear(&self, prefix: &[u8]) -> Result<()> {
        let mut batch = WriteBatch::default();
        self.scan(prefix, |row, _| {
            batch.delete(row);
            Ok(true)
        })?;
        self.db.write_opt(batch, &self.unlogged).map_err(|error| self.failed(error))
    }

    /// Copies the rows of some key groups from another database, whose states may have other numbers.
    pub fn copy(&self, from: &Database, groups: RangeInclusive<u16>) -> Result<()> {
        let numbers: Vec<u16> =
            from.states().iter().map(|state| self.state(&state.name, &state.encoding, None).0).collect();
        let (mut batch, mut copy) = (WriteBatch::default(), Vec::new());
        from.scan_groups(groups, |row, value| {
            let Some((key, rest)) = Rows::key(row) else { return Ok(true) };
            let Some(number) = numbers.get(usize::from(Rows::state(row))) else { return Ok(true) };
            Rows::of(Rows::group(row), *number, key, &mut copy);
            copy.extend_from_slice(rest);
            batch.put(&copy, value);
            if batch.size_in_bytes() > 1 << 20 {
                let full = std::mem::take(&mut batch);
                self.db.write_opt(full, &self.unlogged).map_err(|error| self.failed(error))?;
            }
            Ok(true)
        })?;
        self.db.write_opt(batch, &self.unlogged).map_err(|error| self.failed(error))
    }

    /// Rewrites the files without what is gone or has expired.
    #[cfg(test)]
    pub fn compact(&self) {
        self.db.compact_range(None::<&[u8]>, None::<&[u8]>);
    }
}
