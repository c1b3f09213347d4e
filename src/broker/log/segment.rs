//! One file of a partition's log: record batches one after another, with a sparse index by offset and time.
//!
//! The file being written has its index in memory and is read through when the broker starts. When it is full it
//! is sealed: written to disk, its index beside it as `<base>.index`, and not read again until someone fetches.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::batch::{self, BatchHeader, HEADER_LENGTH};
use crate::broker::error::BrokerError;

/// Bytes between two entries of the index.
const INDEX_INTERVAL: u64 = 16 << 10;

pub struct Segment {
    base: i64,
    path: PathBuf,
    /// Open while the segment is being written.
    active: Option<File>,
    facts: Facts,
}

/// What the index file of a sealed segment holds.
#[derive(Debug, Serialize, Deserialize)]
struct Facts {
    size: u64,
    /// The offset after the last record.
    end: i64,
    max_timestamp: i64,
    index: Vec<Entry>,
}

/// A batch starts at `position` with `offset`; `max_timestamp` is the largest before it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Entry {
    offset: i64,
    position: u64,
    max_timestamp: i64,
}

/// Whole batches, and the offset after the last of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    pub bytes: Bytes,
    pub end_offset: i64,
}

impl Slice {
    pub fn empty(offset: i64) -> Slice {
        Slice { bytes: Bytes::new(), end_offset: offset }
    }
}

pub fn file_of(folder: &Path, base: i64, extension: &str) -> PathBuf {
    folder.join(format!("{base:020}.{extension}"))
}

impl Facts {
    fn new(base: i64) -> Facts {
        Facts { size: 0, end: base, max_timestamp: -1, index: Vec::new() }
    }

    fn note(&mut self, header: &BatchHeader) {
        let due = self.index.last().is_none_or(|last| self.size - last.position >= INDEX_INTERVAL);
        if due {
            self.index.push(Entry {
                offset: header.base_offset,
                position: self.size,
                max_timestamp: self.max_timestamp,
            });
        }
        self.size += header.length as u64;
        self.end = header.end_offset();
        self.max_timestamp = self.max_timestamp.max(header.max_timestamp);
    }
}

impl Segment {
    /// Starts an empty segment at the offset `base`.
    pub fn create(folder: &Path, base: i64) -> Result<Segment, BrokerError> {
        let path = file_of(folder, base, "log");
        let file = open_for_writing(&path)?;
        file.set_len(0).map_err(BrokerError::io("shorten", &path))?;
        Ok(Segment { base, path, active: Some(file), facts: Facts::new(base) })
    }

    /// Opens the segment being written. Its batches are checked, shown to `visit`, and whatever a crash left
    /// half-written behind the last whole one is cut off.
    pub fn recover(folder: &Path, base: i64, visit: impl FnMut(&BatchHeader, &[u8])) -> Result<Segment, BrokerError> {
        let path = file_of(folder, base, "log");
        let file = open_for_writing(&path)?;
        let length = file.metadata().map_err(BrokerError::io("read", &path))?.len();
        let facts = scan(&path, base, visit)?;
        if facts.size < length {
            let bytes = length - facts.size;
            tracing::warn!(file = %path.display(), bytes, "cut off what a crash left half-written");
            file.set_len(facts.size).map_err(BrokerError::io("shorten", &path))?;
        }
        Ok(Segment { base, path, active: Some(file), facts })
    }

    /// Opens a segment that is no longer written: by its index when that fits the file, otherwise by reading it.
    pub fn open_sealed(folder: &Path, base: i64) -> Result<Segment, BrokerError> {
        let path = file_of(folder, base, "log");
        let length = std::fs::metadata(&path).map_err(BrokerError::io("read", &path))?.len();
        let index = std::fs::read(path.with_extension("index")).ok();
        let facts = index.and_then(|bytes| serde_json::from_slice::<Facts>(&bytes).ok());
        match facts.filter(|facts| facts.size == length) {
            Some(facts) => Ok(Segment { base, path, active: None, facts }),
            None => {
                let facts = scan(&path, base, |_, _| ())?;
                let segment = Segment { base, path, active: None, facts };
                segment.write_index()?;
                Ok(segment)
            }
        }
    }

    pub fn base(&self) -> i64 {
        self.base
    }

    pub fn end(&self) -> i64 {
        self.facts.end
    }

    pub fn size(&self) -> u64 {
        self.facts.size
    }

    pub fn max_timestamp(&self) -> i64 {
        self.facts.max_timestamp
    }

    /// Adds a batch that already carries its offset.
    pub fn append(&mut self, header: &BatchHeader, batch: &[u8]) -> Result<(), BrokerError> {
        let Some(file) = self.active.as_mut() else {
            return Err(BrokerError::Damaged { path: self.path.clone(), problem: "it is sealed".into() });
        };
        if let Err(source) = file.write_all(batch) {
            // Half a batch in the middle would hide all later ones.
            let _ = file.set_len(self.facts.size);
            return Err(BrokerError::Io { action: "write", path: self.path.clone(), source });
        }
        self.facts.note(header);
        Ok(())
    }

    /// Writes the segment to disk for good and closes it.
    pub fn seal(&mut self) -> Result<(), BrokerError> {
        self.flush()?;
        self.write_index()?;
        self.active = None;
        Ok(())
    }

    pub fn flush(&self) -> Result<(), BrokerError> {
        match &self.active {
            Some(file) => file.sync_data().map_err(BrokerError::io("write", &self.path)),
            None => Ok(()),
        }
    }

    /// Whole batches from the one that holds `offset`, as long as they begin before `upper`, at most `limit` bytes;
    /// with `at_least_one` the first is there whatever its size.
    pub fn read(&self, offset: i64, upper: i64, limit: usize, at_least_one: bool) -> Result<Slice, BrokerError> {
        self.read_batches(offset, upper, limit, at_least_one).map_err(BrokerError::io("read", &self.path))
    }

    fn read_batches(&self, offset: i64, upper: i64, limit: usize, at_least_one: bool) -> io::Result<Slice> {
        let position = self.position_before(offset);
        let left = (self.facts.size - position) as usize;
        // The batch sought begins less than one interval behind the index entry.
        let mut window = limit.saturating_add(INDEX_INTERVAL as usize + HEADER_LENGTH).min(left);
        let mut file = self.reader()?;
        file.seek(SeekFrom::Start(position))?;
        let mut buffer = vec![0; window];
        file.read_exact(&mut buffer)?;

        let mut start = 0;
        let first = loop {
            match BatchHeader::parse(&buffer[start..]) {
                Some(header) if header.last_offset() < offset => start += header.length,
                Some(header) if header.base_offset < upper => break header,
                _ => return Ok(Slice::empty(offset)),
            }
            if start >= window {
                return Ok(Slice::empty(offset));
            }
        };
        let mut end = start;
        let mut end_offset = offset;
        if at_least_one || first.length <= limit {
            end = start + first.length;
            end_offset = first.end_offset();
            if end > window {
                buffer.resize(end, 0);
                file.read_exact(&mut buffer[window..])?;
                window = end;
            }
        }
        while end > start && end < window {
            match BatchHeader::parse(&buffer[end..]) {
                Some(next)
                    if next.base_offset < upper
                        && end + next.length <= window
                        && end + next.length - start <= limit =>
                {
                    end += next.length;
                    end_offset = next.end_offset();
                }
                _ => break,
            }
        }
        Ok(Slice { bytes: Bytes::from(buffer).slice(start..end), end_offset })
    }

    /// The first record at or after a time: its offset and its time.
    pub fn find_time(&self, timestamp: i64) -> Result<Option<(i64, i64)>, BrokerError> {
        if self.facts.max_timestamp < timestamp {
            return Ok(None);
        }
        self.search_time(timestamp).map_err(BrokerError::io("read", &self.path))
    }

    fn search_time(&self, timestamp: i64) -> io::Result<Option<(i64, i64)>> {
        let later = self.facts.index.partition_point(|entry| entry.max_timestamp < timestamp);
        let mut position = self.facts.index.get(later.saturating_sub(1)).map_or(0, |entry| entry.position);
        let mut file = self.reader()?;
        let mut head = [0; HEADER_LENGTH];
        while position < self.facts.size {
            file.seek(SeekFrom::Start(position))?;
            file.read_exact(&mut head)?;
            let Some(header) = BatchHeader::parse(&head) else { break };
            if header.max_timestamp >= timestamp {
                let mut bytes = vec![0; header.length];
                bytes[..HEADER_LENGTH].copy_from_slice(&head);
                file.read_exact(&mut bytes[HEADER_LENGTH..])?;
                if let Some(found) = batch::first_at_or_after(&header, bytes.into(), timestamp) {
                    return Ok(Some(found));
                }
            }
            position += header.length as u64;
        }
        Ok(None)
    }

    /// Shows every batch to `visit`.
    pub fn replay(&self, visit: impl FnMut(&BatchHeader, &[u8])) -> Result<(), BrokerError> {
        scan(&self.path, self.base, visit).map(|_| ())
    }

    fn position_before(&self, offset: i64) -> u64 {
        let after = self.facts.index.partition_point(|entry| entry.offset <= offset);
        self.facts.index.get(after.saturating_sub(1)).map_or(0, |entry| entry.position)
    }

    fn reader(&self) -> io::Result<File> {
        match &self.active {
            Some(file) => file.try_clone(),
            None => File::open(&self.path),
        }
    }

    fn write_index(&self) -> Result<(), BrokerError> {
        write_json(&self.path.with_extension("index"), &self.facts)
    }
}

/// Written beside and renamed, so that it is there whole or not at all.
pub fn write_json(path: &Path, value: &impl Serialize) -> Result<(), BrokerError> {
    let fresh = path.with_extension("new");
    let bytes = serde_json::to_vec(value)
        .map_err(|error| BrokerError::Damaged { path: path.to_path_buf(), problem: error.to_string() })?;
    let write = || {
        let mut file = File::create(&fresh)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        std::fs::rename(&fresh, path)
    };
    write().map_err(BrokerError::io("write", path))
}

fn open_for_writing(path: &Path) -> Result<File, BrokerError> {
    File::options().create(true).read(true).append(true).open(path).map_err(BrokerError::io("open", path))
}

/// Reads batches until the end or the first that is not whole, undamaged and in its place.
fn scan(path: &Path, base: i64, mut visit: impl FnMut(&BatchHeader, &[u8])) -> Result<Facts, BrokerError> {
    let file = File::open(path).map_err(BrokerError::io("open", path))?;
    let length = file.metadata().map_err(BrokerError::io("read", path))?.len();
    let mut reader = BufReader::with_capacity(256 << 10, file);
    let mut facts = Facts::new(base);
    let mut bytes = Vec::new();
    while facts.size + HEADER_LENGTH as u64 <= length {
        bytes.resize(HEADER_LENGTH, 0);
        reader.read_exact(&mut bytes).map_err(BrokerError::io("read", path))?;
        let Some(header) = BatchHeader::parse(&bytes) else { break };
        if facts.size + header.length as u64 > length || header.base_offset != facts.end {
            break;
        }
        bytes.resize(header.length, 0);
        reader.read_exact(&mut bytes[HEADER_LENGTH..]).map_err(BrokerError::io("read", path))?;
        if !batch::intact(&header, &bytes) {
            break;
        }
        visit(&header, &bytes);
        facts.note(&header);
    }
    Ok(facts)
}
