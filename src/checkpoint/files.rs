//! State that is the files of a database: as they are, so that those that did not change need not be stored again.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;

use super::CheckpointError;
use super::codec::{Decoder, Encoder};

/// The state of one subtask's keys, in a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilesPart {
    /// Unique within the operator.
    pub name: String,
    /// How the files are to be read: `rocksdb`.
    pub encoding: String,
    /// The first and the last of the key groups in it.
    pub groups: (u16, u16),
    /// The states in it by their numbers there: the name of each, and how its rows are to be read.
    pub states: Vec<(String, String)>,
    pub files: Vec<StateFile>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateFile {
    /// What the database calls it.
    pub name: String,
    pub at: FileAt,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileAt {
    /// In the snapshot itself.
    Here(Bytes),
    /// Under that path, below the directory in which the checkpoint's directory is.
    Stored { path: String, length: u64 },
    /// Not stored yet.
    Local(LocalFile),
}

/// A file of this machine.
#[derive(Clone)]
pub struct LocalFile {
    pub path: PathBuf,
    /// Its name among the files that checkpoints share: never that of another file. `None` where it is the checkpoint's own.
    pub shared: Option<String>,
    /// The file is there as long as this is.
    pub keeper: Arc<dyn Send + Sync>,
}

impl fmt::Debug for LocalFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} as {:?}", self.path.display(), self.shared)
    }
}

impl PartialEq for LocalFile {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path && self.shared == other.shared
    }
}

impl Eq for LocalFile {}

impl FilesPart {
    pub(super) fn encode(&self, out: &mut Encoder) {
        out.text(&self.name).text(&self.encoding).u16(self.groups.0).u16(self.groups.1);
        out.count(self.states.len());
        for (name, encoding) in &self.states {
            out.text(name).text(encoding);
        }
        out.count(self.files.len());
        for StateFile { name, at } in &self.files {
            out.text(name);
            match at {
                FileAt::Here(bytes) => out.u8(0).bytes(bytes),
                FileAt::Stored { path, length } => out.u8(1).text(path).u64(*length),
                // an archive stores files before the snapshot
                FileAt::Local(file) => out.u8(1).text(&file.path.to_string_lossy()).u64(0),
            };
        }
    }

    pub(super) fn decode(from: &mut Decoder) -> Result<FilesPart, CheckpointError> {
        let (name, encoding, groups) = (from.text()?, from.text()?, (from.u16()?, from.u16()?));
        let states = from.list(|from| Ok((from.text()?, from.text()?)))?;
        let files = from.list(|from| {
            let name = from.text()?;
            let at = match from.u8()? {
                0 => FileAt::Here(from.bytes()?),
                1 => FileAt::Stored { path: from.text()?, length: from.u64()? },
                other => return Err(from.damaged(format!("it stores a file in the unknown way {other}"))),
            };
            Ok(StateFile { name, at })
        })?;
        Ok(FilesPart { name, encoding, groups, states, files })
    }

    /// How large its files are together.
    pub fn bytes(&self) -> u64 {
        let bytes = |file: &StateFile| match &file.at {
            FileAt::Here(bytes) => bytes.len() as u64,
            FileAt::Stored { length, .. } => *length,
            FileAt::Local(_) => 0,
        };
        self.files.iter().map(bytes).sum()
    }

    /// The paths of its files that are stored.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.iter().filter_map(|file| match &file.at {
            FileAt::Stored { path, .. } => Some(path.as_str()),
            _ => None,
        })
    }
}
