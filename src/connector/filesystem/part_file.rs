//! One part file of a sink: hidden while it is written, renamed when it is finished.

use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::error::FileError;
use crate::error::Result;

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
        Ok(PendingFile { hidden: self.hidden, name: self.name, durable: self.durable })
    }
}

impl PendingFile {
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
