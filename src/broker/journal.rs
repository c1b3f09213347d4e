//! An append-only file of events with checksums: the memory of the group and transaction coordinators.
//!
//! A frame is its length, the CRC-32C of its payload (both big-endian `u32`), and the event as JSON. What a crash
//! tore off at the end is cut away when the file is opened. When most of the file is out of date, it is written
//! anew from the state it stands for, beside the old one, and renamed over it.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::BrokerError;

const FRAME_HEADER: usize = 8;
/// Below this size nothing is written anew.
const COMPACT_FROM: u64 = 1 << 20;

pub(super) struct Journal {
    path: PathBuf,
    file: File,
    size: u64,
    compact_at: u64,
}

impl Journal {
    /// Opens the file and hands every whole event in it to `apply`.
    pub fn open<E: DeserializeOwned>(path: &Path, mut apply: impl FnMut(E)) -> Result<Journal, BrokerError> {
        let mut file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path)
            .map_err(BrokerError::io("open", path))?;
        let content = std::fs::read(path).map_err(BrokerError::io("read", path))?;
        let mut rest = &content[..];
        while let Some((payload, next)) = split_frame(rest) {
            let event = serde_json::from_slice(payload).map_err(|error| BrokerError::Damaged {
                path: path.to_path_buf(),
                problem: format!("the event at byte {} is not one of ours: {error}", content.len() - rest.len()),
            })?;
            apply(event);
            rest = next;
        }
        if !rest.is_empty() {
            tracing::warn!(file = %path.display(), bytes = rest.len(), "cut off what a crash left half-written");
        }
        let size = (content.len() - rest.len()) as u64;
        file.set_len(size).map_err(BrokerError::io("shorten", path))?;
        file.seek(SeekFrom::Start(size)).map_err(BrokerError::io("read", path))?;
        Ok(Journal { path: path.to_path_buf(), file, size, compact_at: COMPACT_FROM.max(2 * size) })
    }

    /// Adds an event; when this returns, a killed process does not lose it.
    pub fn append<E: Serialize>(&mut self, event: &E) -> Result<(), BrokerError> {
        let mut frame = Vec::with_capacity(256);
        push_frame(&mut frame, event, &self.path)?;
        if let Err(source) = self.file.write_all(&frame) {
            // Half a frame in the middle would hide all later ones.
            let _ = self.file.set_len(self.size);
            let _ = self.file.seek(SeekFrom::Start(self.size));
            return Err(BrokerError::Io { action: "write", path: self.path.clone(), source });
        }
        self.size += frame.len() as u64;
        Ok(())
    }

    pub fn wants_compaction(&self) -> bool {
        self.size >= self.compact_at
    }

    /// Replaces the file's content with the events that stand for the present state.
    pub fn rewrite<E: Serialize>(&mut self, events: impl Iterator<Item = E>) -> Result<(), BrokerError> {
        let mut content = Vec::new();
        for event in events {
            push_frame(&mut content, &event, &self.path)?;
        }
        let fresh = self.path.with_extension("new");
        let mut file = File::create(&fresh).map_err(BrokerError::io("create", &fresh))?;
        file.write_all(&content).and_then(|()| file.sync_all()).map_err(BrokerError::io("write", &fresh))?;
        std::fs::rename(&fresh, &self.path).map_err(BrokerError::io("replace", &self.path))?;
        self.file = file;
        self.size = content.len() as u64;
        self.compact_at = COMPACT_FROM.max(2 * self.size);
        Ok(())
    }

    pub fn flush(&mut self) -> Result<(), BrokerError> {
        self.file.sync_data().map_err(BrokerError::io("write", &self.path))
    }
}

fn push_frame<E: Serialize>(frame: &mut Vec<u8>, event: &E, path: &Path) -> Result<(), BrokerError> {
    let payload = serde_json::to_vec(event)
        .map_err(|error| BrokerError::Damaged { path: path.to_path_buf(), problem: error.to_string() })?;
    frame.extend_from_slice(&(payload.len() as u32).to_be_bytes());
    frame.extend_from_slice(&crc32c::crc32c(&payload).to_be_bytes());
    frame.extend_from_slice(&payload);
    Ok(())
}

/// The first whole, undamaged frame's payload, and what follows it.
fn split_frame(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (header, rest) = bytes.split_at_checked(FRAME_HEADER)?;
    let (length, checksum) = header.split_at(4);
    let length = u32::from_be_bytes(length.try_into().ok()?) as usize;
    let (payload, rest) = rest.split_at_checked(length)?;
    (crc32c::crc32c(payload).to_be_bytes() == *checksum).then_some((payload, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(path: &Path) -> Vec<u32> {
        let mut seen = Vec::new();
        Journal::open(path, |event| seen.push(event)).unwrap();
        seen
    }

    #[test]
    fn remembers_events_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j");
        let mut journal = Journal::open(&path, |_: u32| panic!("it is new")).unwrap();
        journal.append(&1u32).unwrap();
        journal.append(&2u32).unwrap();
        assert_eq!(events(&path), [1, 2]);
    }

    #[test]
    fn cuts_off_a_torn_event_and_goes_on_after_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j");
        let mut journal = Journal::open(&path, |_: u32| ()).unwrap();
        journal.append(&1u32).unwrap();
        journal.append(&22u32).unwrap();
        drop(journal);
        let whole = std::fs::metadata(&path).unwrap().len();
        File::options().write(true).open(&path).unwrap().set_len(whole - 1).unwrap();
        let mut seen = Vec::new();
        let mut journal = Journal::open(&path, |event: u32| seen.push(event)).unwrap();
        assert_eq!(seen, [1]);
        journal.append(&3u32).unwrap();
        assert_eq!(events(&path), [1, 3]);
    }

    #[test]
    fn a_rewritten_file_holds_only_what_it_was_given() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j");
        let mut journal = Journal::open(&path, |_: u32| ()).unwrap();
        for event in 0..100u32 {
            journal.append(&event).unwrap();
        }
        journal.rewrite([7u32, 8].into_iter()).unwrap();
        journal.append(&9u32).unwrap();
        assert_eq!(events(&path), [7, 8, 9]);
    }
}
