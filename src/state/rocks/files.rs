//! A database in checkpoints: hard links to its files at the barrier, and databases of such files.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rocksdb::checkpoint::Checkpoint;

use super::RowState;
use super::database::{Database, Directory, failed};
use crate::checkpoint::{Archive, FileAt, FilesPart, LocalFile, StateFile};
use crate::error::{Error, Result};
use crate::state::RocksDbSettings;
use crate::time::Clock;

/// How files of RocksDB are called in checkpoints.
const ENCODING: &str = "rocksdb";

/// Under which names checkpoints share files that were restored, by what the database calls them.
pub type Known = HashMap<String, String>;

/// The links of one checkpoint, until they are stored.
struct Links {
    path: PathBuf,
    _directory: Arc<Directory>,
}

impl Drop for Links {
    fn drop(&mut self) {
        // what is left goes with the directory
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

fn unreadable(path: &Path) -> impl Fn(std::io::Error) -> Error + '_ {
    move |error| {
        Error::connector(format!("the state in '{}' can't be read or written: {error}", path.display()))
            .with_hint("look at the disk's space and the directory's permissions (state.backend.rocksdb.localdir)")
    }
}

impl Database {
    /// The files that have all rows as they are now. They are links: this takes as long as what was written last takes to
    /// become a file.
    pub fn capture(&self, name: &str, groups: RangeInclusive<u16>) -> Result<FilesPart> {
        let path = self.directory.join(&format!("links-{}", uuid::Uuid::new_v4().simple()));
        let made = Checkpoint::new(&self.db).and_then(|checkpoint| checkpoint.create_checkpoint(&path));
        made.map_err(failed(self.directory.path()))?;
        let links: Arc<dyn Send + Sync> = Arc::new(Links { path: path.clone(), _directory: self.directory.clone() });
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&path).map_err(unreadable(&path))? {
            let path = entry.map_err(unreadable(&path))?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()).map(str::to_owned) else { continue };
            let at = match name.ends_with(".sst") {
                true => {
                    let shared = || self.restored.get(&name).cloned().unwrap_or(format!("{}-{name}", self.instance));
                    FileAt::Local(LocalFile { path, shared: self.incremental.then(shared), keeper: links.clone() })
                }
                // the few small ones that say which there are
                false => FileAt::Here(std::fs::read(&path).map_err(unreadable(&path))?.into()),
            };
            files.push(StateFile { name, at });
        }
        files.sort_by(|one, other| one.name.cmp(&other.name));
        let states = self.states().into_iter().map(|state| (state.name, state.encoding)).collect();
        let groups = (*groups.start(), *groups.end());
        Ok(FilesPart { name: name.to_owned(), encoding: ENCODING.to_owned(), groups, states, files })
    }

    /// A database with the rows of these key groups in some parts of a checkpoint, which may be none.
    ///
    /// A part that has just these is opened as it is; otherwise rows are copied.
    pub fn restore(
        settings: &RocksDbSettings,
        subtask: usize,
        clock: &Arc<dyn Clock>,
        groups: RangeInclusive<u16>,
        parts: &[&FilesPart],
        archive: Option<&Archive>,
    ) -> Result<Database> {
        let directory = Arc::new(Directory::new(settings, subtask)?);
        if let ([part], Some(archive)) = (parts, archive)
            && part.groups == (*groups.start(), *groups.end())
        {
            return Self::opened(directory, part, archive, settings, clock);
        }
        let database = Self::open(directory, Vec::new(), settings, clock, Known::default())?;
        for part in parts {
            let Some(archive) = archive else { break };
            let directory = Arc::new(Directory::new(settings, subtask)?);
            database.copy(&Self::opened(directory, part, archive, settings, clock)?, groups.clone())?;
        }
        Ok(database)
    }

    /// The database that a part of a checkpoint is of.
    fn opened(
        directory: Arc<Directory>,
        part: &FilesPart,
        archive: &Archive,
        settings: &RocksDbSettings,
        clock: &Arc<dyn Clock>,
    ) -> Result<Database> {
        if part.encoding != ENCODING {
            return Err(Error::config(format!(
                "the checkpoint has the state '{}' as files of '{}', which this Flott does not read",
                part.name, part.encoding
            )));
        }
        let path = directory.database();
        std::fs::create_dir_all(&path).map_err(unreadable(&path))?;
        let mut known = Known::default();
        for file in &part.files {
            // the name comes from a file that anybody may have written
            if file.name.contains(['/', '\\']) || file.name == ".." {
                return Err(Error::data(format!("the checkpoint has a file called '{}'", file.name)));
            }
            let contents = archive.fetch(&file.at)?;
            let target = path.join(&file.name);
            std::fs::write(&target, &contents).map_err(unreadable(&target))?;
            if let FileAt::Stored { path, .. } = &file.at
                && let Some(name) = path.strip_prefix("shared/")
            {
                known.insert(file.name.clone(), name.to_owned());
            }
        }
        let states = part.states.iter().cloned().map(|(name, encoding)| RowState { name, encoding }).collect();
        Self::open(directory, states, settings, clock, known)
    }
}
