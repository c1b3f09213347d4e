//! What a file system refuses, with the path.

use std::io;
use std::path::{Path, PathBuf};

use crate::error::{ErrorKind, Explain};

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    #[error("no file or directory matches '{}'", path.display())]
    Missing { path: PathBuf },
    #[error("cannot {action} '{}': permission denied", path.display())]
    Permission { action: &'static str, path: PathBuf },
    #[error("cannot {action} '{}': no space left on the device", path.display())]
    Full { action: &'static str, path: PathBuf },
    #[error("cannot write to '{}': it is a file, not a directory", path.display())]
    NotADirectory { path: PathBuf },
    #[error("cannot {action} '{}': {source}", path.display())]
    Io { action: &'static str, path: PathBuf, source: io::Error },
    #[error("the path '{path}' is not on the local file system")]
    Remote { path: String },
    #[error("the name of the file '{}' is not valid UTF-8", path.display())]
    Name { path: PathBuf },
    #[error("'{}' is shorter than the position {offset} to go on from", path.display())]
    Shrunk { path: PathBuf, offset: u64 },
    #[error("a record in '{}' at byte {offset} is longer than 2 GiB", path.display())]
    LongRecord { path: PathBuf, offset: u64 },
}

impl FileError {
    /// `action` as in "cannot {action} 'path'".
    pub fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => FileError::Missing { path },
            io::ErrorKind::PermissionDenied => FileError::Permission { action, path },
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => FileError::Full { action, path },
            _ => FileError::Io { action, path, source },
        }
    }
}

impl Explain for FileError {
    fn kind(&self) -> ErrorKind {
        match self {
            FileError::Remote { .. } | FileError::NotADirectory { .. } => ErrorKind::Config,
            FileError::LongRecord { .. } => ErrorKind::Data,
            _ => ErrorKind::Connector,
        }
    }

    fn hint(&self) -> Option<String> {
        let text = match self {
            FileError::Missing { .. } => {
                "check the path; a relative one starts at the folder the program was started in"
            }
            FileError::Permission { .. } => "give the user that runs the program access to it",
            FileError::Full { .. } => "free space, or write to another device; what was finished before is complete",
            FileError::NotADirectory { .. } => "give the sink a directory; it writes its part files into it",
            FileError::Remote { .. } => "give a path of this machine, with or without file:// in front",
            FileError::Name { .. } => "rename the file",
            FileError::Shrunk { .. } => "the file was changed since the checkpoint; restore it, or start without state",
            FileError::LongRecord { .. } => "check that the file is text with one record a line",
            FileError::Io { .. } => return None,
        };
        Some(text.to_owned())
    }
}
