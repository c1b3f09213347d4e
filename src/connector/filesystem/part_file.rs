//! One part file of a sink: hidden while it is written, renamed when it is finished.

use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::error::FileError;
use crate::error::{Error, Result};

const BUFFER: usize = 256 << 10;

/// A file that is being written: `.part-<uid>-<n>.inprogress.<uuid>`.
pub struct PartFile {
    writer: BufWriter<File>,
    hidden: PathBuf,
    name: PathBuf,
    size: u64,
    /// What is flushed must outlive a crash of the machine.
    durable: bool,
    pub created: i64,
    pub updated: i64,
}

/// A file that is complete but still hidden.
pub struct PendingFile {
    hidden: PathBuf,
    name: PathBuf,
    size: u64,
    durable: bool,
}

impl PartFile {
    /// Creates the file and the directories above it.
    pub fn create(directory: &Path, name: &str, now: i64, durable: bool) -> Result<Self> {
        fs::create_dir_all(directory).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotADirectory | std::io::ErrorKind::AlreadyExists => {
                FileError::NotADirectory { path: directory.to_owned() }
            }
            _ => FileError::io("create the directory", directory, error),
        })?;
        let hidden = directory.join(format!(".{name}.inprogress.{}", random_uuid()));
        let file = File::create_new(&hidden).map_err(|error| FileError::io("create", &hidden, error))?;
        let writer = BufWriter::with_capacity(BUFFER, file);
        Ok(PartFile { writer, hidden, name: directory.join(name), size: 0, durable, created: now, updated: now })
    }

    pub fn size(&self) -> u64 {
        self.size
    }

    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.writer.write_all(bytes).map_err(|error| FileError::io("write", &self.hidden, error))?;
        self.size += bytes.len() as u64;
        Ok(())
    }

    /// Returns when everything written is in the file, and where that is asked for on the device.
    pub fn sync(&mut self) -> Result<()> {
        let written = self.writer.flush();
        let synced = written.and_then(|()| if self.durable { self.writer.get_ref().sync_data() } else { Ok(()) });
        Ok(synced.map_err(|error| FileError::io("write", &self.hidden, error))?)
    }

    /// Ends the file; it appears under its name when the pending file is committed.
    pub fn close(mut self) -> Result<PendingFile> {
        self.sync()?;
        Ok(PendingFile { hidden: self.hidden, name: self.name, size: self.size, durable: self.durable })
    }

    /// The file as it is now, for a checkpoint: behind [`PartFile::sync`].
    pub fn stored(&self) -> Result<Bytes> {
        stored(&self.hidden, &self.name, self.size)
    }
}

impl PendingFile {
    /// The file for a checkpoint.
    pub fn stored(&self) -> Result<Bytes> {
        stored(&self.hidden, &self.name, self.size)
    }

    /// Commits a file of a checkpoint that was complete. What was written behind the checkpoint comes again, so it is
    /// cut off. A file that was committed before stays as it is.
    pub fn recover(stored: &Bytes) -> Result<()> {
        let damaged = |error| Error::internal(format!("a pending file in the checkpoint cannot be read: {error}"));
        let Stored { hidden, name, size } = serde_json::from_slice(stored).map_err(damaged)?;
        let file = match File::options().write(true).open(&hidden) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                if !name.exists() {
                    tracing::warn!(
                        "the part file '{}' of the checkpoint is not there, nor is '{}' from which it is made: it was \
                         taken away since",
                        name.display(),
                        hidden.display()
                    );
                }
                return Ok(());
            }
            Err(error) => return Err(FileError::io("open", &hidden, error).into()),
        };
        let found = file.metadata().map_err(|error| FileError::io("read", &hidden, error))?.len();
        if found < size {
            return Err(FileError::Shrunk { path: hidden, offset: size }.into());
        }
        let cut = file.set_len(size).and_then(|()| file.sync_all());
        cut.map_err(|error| FileError::io("write", &hidden, error))?;
        PendingFile { hidden, name, size, durable: true }.commit()
    }

    /// Gives the file its name; that is on the device too where the content is.
    pub fn commit(self) -> Result<()> {
        fs::rename(&self.hidden, &self.name).map_err(|error| FileError::io("rename to", &self.name, error))?;
        if let (true, Some(directory)) = (self.durable, self.name.parent()) {
            let synced = File::open(directory).and_then(|directory| directory.sync_all());
            synced.map_err(|error| FileError::io("write", directory, error))?;
        }
        Ok(())
    }
}

/// A hidden file as a checkpoint has it: JSON with absolute paths.
#[derive(serde::Serialize, serde::Deserialize)]
struct Stored {
    hidden: PathBuf,
    name: PathBuf,
    /// What the checkpoint has of it, in bytes; there may be more in it.
    size: u64,
}

fn stored(hidden: &Path, name: &Path, size: u64) -> Result<Bytes> {
    let absolute = |path| std::path::absolute(path).map_err(|error| FileError::io("find", path, error));
    let stored = Stored { hidden: absolute(hidden)?, name: absolute(name)?, size };
    let json = serde_json::to_vec(&stored).map_err(|_| FileError::Name { path: hidden.to_owned() })?;
    Ok(json.into())
}

/// A name nobody else has, in the form of a random UUID.
pub fn random_uuid() -> String {
    // the standard library seeds each hasher with fresh randomness of the operating system
    let random = || u128::from(RandomState::new().hash_one(std::process::id()));
    let bits = (random() << 64 | random()) & !(0xF << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_have_their_form_and_differ() {
        let uuid = random_uuid();
        let lengths: Vec<_> = uuid.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!(&uuid[14..15], "4");
        assert!(matches!(&uuid[19..20], "8" | "9" | "a" | "b"));
        assert_ne!(uuid, random_uuid());
    }
}
