//! A partition's log: segments, producer state, and what readers may see of it.

pub mod batch;
mod producers;
mod segment;

use std::path::{Path, PathBuf};

use kafka_protocol::ResponseError;

use self::batch::BatchHeader;
pub use self::producers::Aborted;
use self::producers::{Producers, Verdict};
pub use self::segment::Slice;
use self::segment::{Segment, file_of, write_json};
use super::error::BrokerError;

/// One partition on disk. The offsets it gives out have no gaps and are never given twice.
pub struct PartitionLog {
    folder: PathBuf,
    /// At least one; the last is being written.
    segments: Vec<Segment>,
    producers: Producers,
    segment_bytes: u64,
}

/// Why a batch was not stored.
#[derive(Debug)]
pub enum AppendError {
    Refused(ResponseError),
    Failed(BrokerError),
}

impl From<BrokerError> for AppendError {
    fn from(error: BrokerError) -> Self {
        AppendError::Failed(error)
    }
}

impl PartitionLog {
    /// Opens the folder, creating it when missing, and recovers what a crash left behind.
    pub fn open(folder: &Path, segment_bytes: u64) -> Result<PartitionLog, BrokerError> {
        std::fs::create_dir_all(folder).map_err(BrokerError::io("create", folder))?;
        let mut bases = segment_bases(folder)?;
        let Some(last) = bases.pop() else {
            let segments = vec![Segment::create(folder, 0)?];
            return Ok(PartitionLog {
                folder: folder.to_path_buf(),
                segments,
                producers: Producers::default(),
                segment_bytes,
            });
        };
        let mut segments = Vec::with_capacity(bases.len() + 1);
        for base in bases {
            segments.push(Segment::open_sealed(folder, base)?);
        }
        // Beside each segment stands what was known of the producers when it began.
        let noted = std::fs::read(file_of(folder, last, "producers")).ok();
        let mut producers = match noted.and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
            Some(producers) => producers,
            None => {
                let mut producers = Producers::default();
                for segment in &segments {
                    segment.replay(|header, bytes| note(&mut producers, header, bytes))?;
                }
                producers
            }
        };
        segments.push(Segment::recover(folder, last, |header, bytes| note(&mut producers, header, bytes))?);
        Ok(PartitionLog { folder: folder.to_path_buf(), segments, producers, segment_bytes })
    }

    /// Stores a producer's batch and says at which offset; a repeated one keeps the offset it has.
    ///
    /// `append_time` replaces the records' own times.
    pub fn append(&mut self, batch: &[u8], append_time: Option<i64>) -> Result<i64, AppendError> {
        let refused = |code| Err(AppendError::Refused(code));
        let Some(header) = BatchHeader::parse(batch) else {
            return refused(ResponseError::CorruptMessage);
        };
        if header.length != batch.len() || !batch::intact(&header, batch) {
            return refused(ResponseError::CorruptMessage);
        }
        if !header.acceptable(batch) {
            return refused(ResponseError::InvalidRecord);
        }
        match self.producers.judge(&header) {
            Ok(Verdict::Append) => {}
            Ok(Verdict::Repeated(offset)) => return Ok(offset),
            Err(code) => return refused(code),
        }
        let mut bytes = batch.to_vec();
        if let Some(now) = append_time {
            batch::set_append_time(&mut bytes, now);
        }
        Ok(self.store(bytes)?)
    }

    /// Ends a producer's transaction in this partition.
    pub fn append_marker(
        &mut self,
        producer_id: i64,
        producer_epoch: i16,
        commit: bool,
        now: i64,
    ) -> Result<i64, BrokerError> {
        self.store(batch::marker(producer_id, producer_epoch, commit, now))
    }

    /// Whether the producer has a transaction open here.
    pub fn in_transaction(&self, producer_id: i64) -> bool {
        self.producers.in_transaction(producer_id)
    }

    fn store(&mut self, mut bytes: Vec<u8>) -> Result<i64, BrokerError> {
        let offset = self.end_offset();
        batch::place(&mut bytes, offset);
        let Some(header) = BatchHeader::parse(&bytes) else {
            return Err(BrokerError::Damaged { path: self.folder.clone(), problem: "not a batch".into() });
        };
        if self.active().size() > 0 && self.active().size() + bytes.len() as u64 > self.segment_bytes {
            self.roll()?;
        }
        if let Some(segment) = self.segments.last_mut() {
            segment.append(&header, &bytes)?;
        }
        note(&mut self.producers, &header, &bytes);
        Ok(offset)
    }

    /// Goes on in a new file. The new file is made last: until then, a restart goes on in the old one.
    fn roll(&mut self) -> Result<(), BrokerError> {
        let base = self.end_offset();
        if let Some(segment) = self.segments.last_mut() {
            segment.flush()?;
        }
        write_json(&file_of(&self.folder, base, "producers"), &self.producers)?;
        let fresh = Segment::create(&self.folder, base)?;
        if let Some(segment) = self.segments.last_mut() {
            segment.seal()?;
            // Only the last file is recovered with what stands beside it.
            let _ = std::fs::remove_file(file_of(&self.folder, segment.base(), "producers"));
        }
        self.segments.push(fresh);
        Ok(())
    }

    fn active(&self) -> &Segment {
        &self.segments[self.segments.len() - 1]
    }

    /// The first offset there is.
    pub fn start_offset(&self) -> i64 {
        self.segments[0].base()
    }

    /// The offset the next record gets: with one replica, also the high watermark.
    pub fn end_offset(&self) -> i64 {
        self.active().end()
    }

    /// Up to where everything is decided: the first record of an open transaction, or the end.
    pub fn stable_offset(&self) -> i64 {
        self.producers.first_open().unwrap_or_else(|| self.end_offset())
    }

    /// Bytes on disk.
    #[cfg(test)]
    fn size(&self) -> u64 {
        self.segments.iter().map(Segment::size).sum()
    }

    /// Whole batches from the one that holds `offset` up to `upper`, at most `limit` bytes; with `at_least_one` the
    /// first is there whatever its size. Empty at the end of the log.
    pub fn read(&self, offset: i64, upper: i64, limit: usize, at_least_one: bool) -> Result<Slice, BrokerError> {
        let after = self.segments.partition_point(|segment| segment.end() <= offset);
        match self.segments.get(after) {
            Some(segment) if offset < upper => segment.read(offset, upper, limit, at_least_one),
            _ => Ok(Slice::empty(offset)),
        }
    }

    /// The aborted transactions with records in `from..to`.
    pub fn aborted_in(&self, from: i64, to: i64) -> Vec<Aborted> {
        self.producers.aborted_in(from, to).copied().collect()
    }

    /// The first record at or after a time: its offset and its time.
    pub fn find_time(&self, timestamp: i64) -> Result<Option<(i64, i64)>, BrokerError> {
        for segment in &self.segments {
            if let Some(found) = segment.find_time(timestamp)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The record with the largest time: its offset and its time.
    pub fn latest_time(&self) -> Result<Option<(i64, i64)>, BrokerError> {
        match self.segments.iter().map(Segment::max_timestamp).max() {
            Some(timestamp) if self.end_offset() > self.start_offset() => self.find_time(timestamp),
            _ => Ok(None),
        }
    }

    /// Writes everything to disk.
    pub fn flush(&self) -> Result<(), BrokerError> {
        self.active().flush()
    }
}

fn note(producers: &mut Producers, header: &BatchHeader, bytes: &[u8]) {
    if header.is_control() {
        producers.note_marker(header, batch::marker_commits(bytes));
    } else {
        producers.note(header);
    }
}

fn segment_bases(folder: &Path) -> Result<Vec<i64>, BrokerError> {
    let mut bases = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(BrokerError::io("read", folder))? {
        let path = entry.map_err(BrokerError::io("read", folder))?.path();
        if path.extension().is_some_and(|extension| extension == "log")
            && let Some(base) = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok())
        {
            bases.push(base);
        }
    }
    bases.sort_unstable();
    Ok(bases)
}

#[cfg(test)]
mod tests {
    use super::batch::tests::{From, NOBODY, batch};
    use super::*;
    use kafka_protocol::records::Compression;

    const SEGMENT: u64 = 1 << 20;

    fn send(log: &mut PartitionLog, timestamps: &[i64]) -> i64 {
        log.append(&batch(NOBODY, timestamps, Compression::None), None).unwrap()
    }

    fn offsets(slice: &Slice) -> Vec<i64> {
        let mut rest = &slice.bytes[..];
        let mut found = Vec::new();
        while let Some(header) = BatchHeader::parse(rest) {
            found.push(header.base_offset);
            rest = &rest[header.length..];
        }
        assert!(rest.is_empty(), "a reader gets whole batches only");
        found
    }

    #[test]
    fn gives_out_offsets_without_gaps_and_reads_them_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = PartitionLog::open(folder.path(), SEGMENT).unwrap();
        assert_eq!((send(&mut log, &[1, 2, 3]), send(&mut log, &[4]), log.end_offset()), (0, 3, 4));
        let all = log.read(0, 4, 1 << 20, true).unwrap();
        assert_eq!(offsets(&all), [0, 3]);
        // From the middle of a batch, the batch that holds it.
        assert_eq!(offsets(&log.read(2, 4, 1 << 20, true).unwrap()), [0, 3]);
        assert_eq!(offsets(&log.read(3, 4, 1 << 20, true).unwrap()), [3]);
        assert!(log.read(4, 4, 1 << 20, true).unwrap().bytes.is_empty());
    }

    #[test]
    fn a_limit_too_small_for_one_batch_still_gives_one_when_it_must() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = PartitionLog::open(folder.path(), SEGMENT).unwrap();
        let big = batch(NOBODY, &[7; 5_000], Compression::None);
        log.append(&big, None).unwrap();
        send(&mut log, &[1]);
        assert_eq!(offsets(&log.read(0, 10_000, 10, true).unwrap()), [0]);
        assert!(log.read(0, 10_000, 10, false).unwrap().bytes.is_empty());
        assert_eq!(offsets(&log.read(0, 10_000, big.len(), false).unwrap()), [0]);
    }

    #[test]
    fn goes_on_in_new_files_and_finds_every_offset_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = PartitionLog::open(folder.path(), 20_000).unwrap();
        for i in 0..1_000 {
            send(&mut log, &[i]);
        }
        drop(log);
        let files = segment_bases(folder.path()).unwrap();
        assert!(files.len() > 3, "{files:?}");
        let mut log = PartitionLog::open(folder.path(), 20_000).unwrap();
        assert_eq!(log.end_offset(), 1_000);
        for offset in [0, 1, 499, files[1] - 1, files[1], 999] {
            assert_eq!(offsets(&log.read(offset, 1_000, 1, true).unwrap()), [offset]);
        }
        assert_eq!(send(&mut log, &[1]), 1_000);
    }

    #[test]
    fn a_lost_index_is_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = PartitionLog::open(folder.path(), 20_000).unwrap();
        for i in 0..1_000 {
            send(&mut log, &[i]);
        }
        drop(log);
        std::fs::remove_file(file_of(folder.path(), 0, "index")).unwrap();
        let log = PartitionLog::open(folder.path(), 20_000).unwrap();
        assert_eq!(offsets(&log.read(100, 1_000, 1, true).unwrap()), [100]);
        assert!(file_of(folder.path(), 0, "index").exists());
    }

    #[test]
    fn a_torn_tail_is_cut_off_at_any_byte_and_writing_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = PartitionLog::open(folder.path(), SEGMENT).unwrap();
        send(&mut log, &[1, 2]);
        let whole = log.size();
        send(&mut log, &[3]);
        let full = log.size();
        drop(log);
        let path = file_of(folder.path(), 0, "log");
        let content = std::fs::read(&path).unwrap();
        for cut in whole..full {
            std::fs::write(&path, &content[..cut as usize]).unwrap();
            let mut log = PartitionLog::open(folder.path(), SEGMENT).unwrap();
            assert_eq!((log.end_offset(), log.size()), (2, whole), "cut at {cut}");
            assert_eq!(send(&mut log, &[9]), 2);
        }
    }

    #[test]
    fn a_tail_of_garbage_is_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = PartitionLog::open(folder.path(), SEGMENT).unwrap();
        send(&mut log, &[1]);
        let size = log.size();
        drop(log);
        let path = file_of(folder.path(), 0, "log");
        let mut content = std::fs::read(&path).unwrap();
        content.extend_from_slice(&[0xAB; 300]);
        std::fs::write(&path, content).unwrap();
        assert_eq!(PartitionLog::open(folder.path(), SEGMENT).unwrap().size(), size);
    }

    #[test]
    fn finds_the_first_record_at_or_after_a_time_across_files() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = PartitionLog::open(folder.path(), 5_000).unwrap();
        for i in 0..500 {
            send(&mut log, &[i * 10, i * 10 + 5]);
        }
        let find = |time| log.find_time(time).unwrap();
        assert_eq!((find(0), find(1), find(2_501)), (Some((0, 0)), Some((1, 5)), Some((501, 2_505))));
        assert_eq!((find(4_995), find(4_996)), (Some((999, 4_995)), None));
        assert_eq!(log.latest_time().unwrap(), Some((999, 4_995)));
    }

    #[test]
    fn the_earliest_offset_wins_when_times_go_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = PartitionLog::open(folder.path(), SEGMENT).unwrap();
        for time in [100, 900, 300, 400] {
            send(&mut log, &[time]);
        }
        assert_eq!(log.find_time(300).unwrap(), Some((1, 900)));
    }

    #[test]
    fn producers_are_remembered_over_a_restart_and_over_files() {
        for segment_bytes in [300, SEGMENT] {
            let folder = tempfile::tempdir().unwrap();
            let sent =
                |sequence| batch(From { id: 5, epoch: 1, sequence, transactional: false }, &[1, 2], Compression::None);
            let mut log = PartitionLog::open(folder.path(), segment_bytes).unwrap();
            for i in 0..10 {
                log.append(&sent(2 * i), None).unwrap();
            }
            drop(log);
            let mut log = PartitionLog::open(folder.path(), segment_bytes).unwrap();
            assert_eq!(log.append(&sent(18), None).unwrap(), 18, "a repetition keeps its offset");
            assert!(matches!(
                log.append(&sent(22), None),
                Err(AppendError::Refused(ResponseError::OutOfOrderSequenceNumber))
            ));
            assert_eq!(log.append(&sent(20), None).unwrap(), 20);
        }
    }

    #[test]
    fn an_open_transaction_holds_the_stable_offset_over_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let from = From { id: 5, epoch: 0, sequence: 0, transactional: true };
        let mut log = PartitionLog::open(folder.path(), SEGMENT).unwrap();
        send(&mut log, &[1]);
        log.append(&batch(from, &[2, 3], Compression::None), None).unwrap();
        send(&mut log, &[4]);
        drop(log);
        let mut log = PartitionLog::open(folder.path(), SEGMENT).unwrap();
        assert_eq!((log.stable_offset(), log.end_offset(), log.in_transaction(5)), (1, 4, true));
        assert_eq!(log.append_marker(5, 0, false, 9).unwrap(), 4);
        drop(log);
        let log = PartitionLog::open(folder.path(), SEGMENT).unwrap();
        assert_eq!((log.stable_offset(), log.in_transaction(5)), (5, false));
        assert_eq!(log.aborted_in(0, 5), [Aborted { producer_id: 5, first_offset: 1, last_offset: 4 }]);
    }

    #[test]
    fn damaged_batches_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = PartitionLog::open(folder.path(), SEGMENT).unwrap();
        let mut bytes = batch(NOBODY, &[1], Compression::None).to_vec();
        bytes[70] ^= 1;
        let refused = log.append(&bytes, None);
        assert!(matches!(refused, Err(AppendError::Refused(ResponseError::CorruptMessage))), "{refused:?}");
        assert_eq!(log.end_offset(), 0);
    }
}
