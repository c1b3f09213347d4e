//! A file as a sequence of records: read in large blocks, cut where the format says a record ends.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use flate2::read::{MultiGzDecoder, ZlibDecoder};
use memchr::{memchr, memchr_iter};

use super::error::FileError;
use crate::error::Result;
use crate::format::column::{Bytes, TooLarge};
use crate::format::{Charset, CsvDialect};

/// How many bytes are asked for at once.
const BLOCK: usize = 1 << 20;

/// Where records end.
pub enum Framing {
    Lines,
    /// A line end in quotation marks belongs to the record.
    Csv(CsvDialect),
}

impl Framing {
    /// The position of the line end behind the first record of `bytes`, if it is there.
    fn end(&self, bytes: &[u8]) -> Option<usize> {
        match self {
            Framing::Lines => memchr(b'\n', bytes),
            Framing::Csv(dialect) => dialect.record_end(bytes),
        }
    }
}

/// The bytes of a file from some position on; compressed files by their extension (`.gz`, `.gzip`, `.deflate`),
/// with positions counted in what they hold.
pub struct Blocks {
    path: PathBuf,
    input: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    offset: u64,
    at_end: bool,
}

impl Blocks {
    pub fn open(path: &Path, offset: u64) -> Result<Self> {
        let failed = |error| FileError::io("read", path, error);
        let mut file = File::open(path).map_err(failed)?;
        let extension = path.extension().map(|extension| extension.to_ascii_lowercase());
        let decoder: Option<Box<dyn Read + Send>> = match extension.as_ref().and_then(|extension| extension.to_str()) {
            Some("gz" | "gzip") => Some(Box::new(MultiGzDecoder::new(file.try_clone().map_err(failed)?))),
            Some("deflate") => Some(Box::new(ZlibDecoder::new(file.try_clone().map_err(failed)?))),
            _ => None,
        };
        let reached = match decoder {
            Some(mut decoder) => {
                let skipped = std::io::copy(&mut decoder.by_ref().take(offset), &mut std::io::sink());
                (skipped.map_err(failed)?, decoder)
            }
            None => {
                let reached = offset.min(file.metadata().map_err(failed)?.len());
                file.seek(SeekFrom::Start(reached)).map_err(failed)?;
                (reached, Box::new(file) as Box<dyn Read + Send>)
            }
        };
        if reached.0 < offset {
            return Err(FileError::Shrunk { path: path.to_owned(), offset }.into());
        }
        let path = path.to_owned();
        Ok(Blocks { path, input: reached.1, buffer: Vec::new(), start: 0, end: 0, offset, at_end: false })
    }

    /// The position of the first byte that was not consumed.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    fn pending(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    fn consume(&mut self, bytes: usize) {
        self.start += bytes;
        self.offset += bytes as u64;
    }

    /// Reads more behind what is pending; false at the end of the file.
    fn fill(&mut self) -> Result<bool> {
        if self.at_end {
            return Ok(false);
        }
        if self.end - self.start > i32::MAX as usize {
            return Err(FileError::LongRecord { path: self.path.clone(), offset: self.offset }.into());
        }
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        // a long record is read in ever larger steps, so that searching it again costs little
        self.buffer.resize((self.end * 2).max(BLOCK), 0);
        loop {
            match self.input.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.at_end = true,
                Ok(read) => self.end += read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(FileError::io("read", &self.path, error).into()),
            }
            return Ok(!self.at_end);
        }
    }

    /// The next record without its line end, and where it begins; `None` at the end of the file.
    pub fn next_record(&mut self, framing: &Framing) -> Result<Option<(u64, &[u8])>> {
        let (length, consumed) = loop {
            if let Some(end) = framing.end(self.pending()) {
                break (end, end + 1);
            }
            if !self.fill()? {
                if self.pending().is_empty() {
                    return Ok(None);
                }
                break (self.pending().len(), self.pending().len());
            }
        };
        let (begins, from) = (self.offset, self.start);
        self.consume(consumed);
        Ok(Some((begins, without_return(&self.buffer[from..from + length]))))
    }

    /// Appends lines to `column` until it holds `rows` of them or `bytes` of text, or the file ends. Returns how many
    /// of them had bytes replaced that are no text in `charset`.
    pub fn read_lines(&mut self, charset: Charset, rows: usize, bytes: usize, column: &mut Bytes) -> Result<u64> {
        let mut replaced = 0;
        while column.len() < rows && column.values.len() < bytes {
            let pending = self.pending();
            let first = column.len();
            let mut consumed = 0;
            // what lies between two line ends is copied as it is, and all of it is checked at once
            for end in memchr_iter(b'\n', pending) {
                let line = without_return(&pending[consumed..end]);
                column.push(line).map_err(|_| self.too_long())?;
                consumed = end + 1;
                if column.len() >= rows || column.values.len() >= bytes {
                    break;
                }
            }
            if consumed == 0 && self.at_end {
                if pending.is_empty() {
                    break;
                }
                column.push(without_return(pending)).map_err(|_| self.too_long())?;
                consumed = pending.len();
            }
            let block = &pending[..consumed];
            if charset != Charset::Utf8 || simdutf8::basic::from_utf8(block).is_err() {
                column.truncate(first);
                let lines = block.strip_suffix(b"\n").unwrap_or(block).split(|byte| *byte == b'\n');
                for line in lines.filter(|_| !block.is_empty()) {
                    replaced += u64::from(charset.decode(without_return(line), &mut column.values));
                    column.seal().map_err(|TooLarge| self.too_long())?;
                }
            }
            self.consume(consumed);
            if consumed == 0 {
                self.fill()?;
            }
        }
        Ok(replaced)
    }

    fn too_long(&self) -> FileError {
        FileError::LongRecord { path: self.path.clone(), offset: self.offset }
    }
}

fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn file(name: &str, content: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        (folder, path)
    }

    fn records(path: &Path, offset: u64, framing: &Framing) -> Vec<(u64, String)> {
        let mut blocks = Blocks::open(path, offset).unwrap();
        let mut all = Vec::new();
        while let Some((at, record)) = blocks.next_record(framing).unwrap() {
            all.push((at, String::from_utf8(record.to_vec()).unwrap()));
        }
        all
    }

    fn texts(path: &Path, charset: Charset, rows: usize) -> (Vec<Vec<String>>, u64) {
        let mut blocks = Blocks::open(path, 0).unwrap();
        let (mut batches, mut replaced) = (Vec::new(), 0);
        loop {
            let mut column = Bytes::default();
            replaced += blocks.read_lines(charset, rows, usize::MAX, &mut column).unwrap();
            if column.is_empty() {
                return (batches, replaced);
            }
            let line = |at| String::from_utf8(column.get(at).to_vec()).unwrap();
            batches.push((0..column.len()).map(line).collect());
        }
    }

    #[test]
    fn line_ends() {
        let (_folder, path) = file("a.txt", b"one\r\n\ntwo\nlast");
        let expected = [(0, "one"), (5, ""), (6, "two"), (10, "last")];
        assert_eq!(records(&path, 0, &Framing::Lines), expected.map(|(at, text)| (at, text.to_owned())));
        assert_eq!(records(&path, 6, &Framing::Lines).len(), 2);
        let (batches, replaced) = texts(&path, Charset::Utf8, 3);
        assert_eq!(batches, [vec!["one", "", "two"], vec!["last"]]);
        assert_eq!(replaced, 0);
    }

    #[test]
    fn no_lines_and_one_empty_line() {
        let (_folder, path) = file("a.txt", b"");
        assert!(texts(&path, Charset::Utf8, 10).0.is_empty());
        let (_folder, path) = file("a.txt", b"\n");
        assert_eq!(texts(&path, Charset::Utf8, 10).0, [[""]]);
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced_and_counted() {
        // the two halves of é in two lines are two wrong bytes, not one letter
        let (_folder, path) = file("a.txt", b"ok\nx\xc3\n\xa9y\nfine \xc3\xa9\n");
        let (batches, replaced) = texts(&path, Charset::Utf8, 10);
        assert_eq!(batches, [["ok", "x\u{FFFD}", "\u{FFFD}y", "fine é"]]);
        assert_eq!(replaced, 2);
        let (_folder, path) = file("a.txt", b"caf\xe9\n");
        assert_eq!(texts(&path, Charset::Latin1, 10).0, [["café"]]);
    }

    #[test]
    fn lines_longer_than_a_block() {
        let long = "x".repeat(3 * BLOCK + 17);
        let (_folder, path) = file("a.txt", format!("a\n{long}\nb\n{long}").as_bytes());
        let read: Vec<_> = records(&path, 0, &Framing::Lines).into_iter().map(|(_, text)| text).collect();
        assert_eq!(read, ["a", &long, "b", &long]);
        let (batches, _) = texts(&path, Charset::Utf8, 10);
        assert_eq!(batches[0].iter().map(String::len).collect::<Vec<_>>(), [1, long.len(), 1, long.len()]);
    }

    #[test]
    fn compressed_files_go_on_at_a_position() {
        let (_folder, path) = file("a.gz", b"");
        let mut encoder = flate2::write::GzEncoder::new(File::create(&path).unwrap(), flate2::Compression::fast());
        encoder.write_all(b"one\ntwo\nthree\n").unwrap();
        encoder.finish().unwrap();
        let texts = |offset| records(&path, offset, &Framing::Lines).into_iter().map(|(_, t)| t).collect::<Vec<_>>();
        assert_eq!(texts(0), ["one", "two", "three"]);
        assert_eq!(texts(4), ["two", "three"]);
        assert!(Blocks::open(&path, 15).err().unwrap().message().contains("15"));
    }
}
