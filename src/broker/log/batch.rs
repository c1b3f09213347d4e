//! The 61 bytes in front of every record batch (magic 2), and the control batches that end transactions.
//!
//! Batches are stored as they came: compressed by the producer, checked by their CRC-32C, with only the base
//! offset and the leader epoch filled in, which the checksum does not cover.

use bytes::Bytes;
use kafka_protocol::records::RecordBatchDecoder;

/// Bytes from the start of a batch to its first record.
pub const HEADER_LENGTH: usize = 61;
/// Bytes that the batch's own length field does not count: the base offset and the field itself.
const LENGTH_OVERHEAD: usize = 12;
const MAGIC: i8 = 2;

const ATTRIBUTES: usize = 21;
const MAX_TIMESTAMP: usize = 35;
const CRC: usize = 17;
const LOG_APPEND_TIME: i16 = 1 << 3;
const TRANSACTIONAL: i16 = 1 << 4;
const CONTROL: i16 = 1 << 5;
const COMPRESSION: i16 = 0b111;
/// The last compression codec there is (zstd).
const LAST_CODEC: i16 = 4;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchHeader {
    pub base_offset: i64,
    /// Bytes of the whole batch, this header included.
    pub length: usize,
    pub crc: u32,
    pub attributes: i16,
    pub last_offset_delta: i32,
    pub base_timestamp: i64,
    pub max_timestamp: i64,
    pub producer_id: i64,
    pub producer_epoch: i16,
    pub base_sequence: i32,
    pub records: i32,
}

impl BatchHeader {
    /// The header at the start of `bytes`; `None` when they are too few or not a batch of magic 2.
    pub fn parse(bytes: &[u8]) -> Option<BatchHeader> {
        let bytes = bytes.get(..HEADER_LENGTH)?;
        let i16_at = |at: usize| i16::from_be_bytes([bytes[at], bytes[at + 1]]);
        let i32_at = |at: usize| i32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let i64_at = |at: usize| (i64::from(i32_at(at)) << 32) | i64::from(i32_at(at + 4) as u32);
        let length = usize::try_from(i32_at(8)).ok()? + LENGTH_OVERHEAD;
        if bytes[16] as i8 != MAGIC || length < HEADER_LENGTH {
            return None;
        }
        Some(BatchHeader {
            base_offset: i64_at(0),
            length,
            crc: i32_at(CRC) as u32,
            attributes: i16_at(ATTRIBUTES),
            last_offset_delta: i32_at(23),
            base_timestamp: i64_at(27),
            max_timestamp: i64_at(MAX_TIMESTAMP),
            producer_id: i64_at(43),
            producer_epoch: i16_at(51),
            base_sequence: i32_at(53),
            records: i32_at(57),
        })
    }

    pub fn last_offset(&self) -> i64 {
        self.base_offset + i64::from(self.last_offset_delta)
    }

    /// The offset after the batch.
    pub fn end_offset(&self) -> i64 {
        self.last_offset() + 1
    }

    pub fn is_transactional(&self) -> bool {
        self.attributes & TRANSACTIONAL != 0
    }

    pub fn is_control(&self) -> bool {
        self.attributes & CONTROL != 0
    }

    /// Whether the producer numbers its batches, so that a repeated one is recognised.
    pub fn is_idempotent(&self) -> bool {
        self.producer_id >= 0
    }

    pub fn last_sequence(&self) -> i32 {
        advance_sequence(self.base_sequence, self.last_offset_delta)
    }

    /// What a producer may send: whole, with as many records as it says, in a codec there is, no control batch.
    pub fn acceptable(&self, bytes: &[u8]) -> bool {
        self.length == bytes.len()
            && self.records > 0
            && self.last_offset_delta == self.records - 1
            && self.attributes & COMPRESSION <= LAST_CODEC
            && !self.is_control()
            && (!self.is_idempotent() || (self.producer_epoch >= 0 && self.base_sequence >= 0))
            && (!self.is_transactional() || self.is_idempotent())
    }
}

/// Whether the batch's checksum fits its bytes.
pub fn intact(header: &BatchHeader, batch: &[u8]) -> bool {
    batch.get(ATTRIBUTES..header.length).is_some_and(|covered| crc32c::crc32c(covered) == header.crc)
}

/// Sequence numbers go on at 0 after `i32::MAX`.
pub fn advance_sequence(sequence: i32, by: i32) -> i32 {
    ((i64::from(sequence) + i64::from(by)) % (1 << 31)) as i32
}

/// Gives a batch its place in the log. The leader epoch is always 0: there is one leader.
pub fn place(batch: &mut [u8], base_offset: i64) {
    batch[..8].copy_from_slice(&base_offset.to_be_bytes());
    batch[12..16].copy_from_slice(&0i32.to_be_bytes());
}

/// Makes all records of a batch carry the time they were appended (`message.timestamp.type=LogAppendTime`).
pub fn set_append_time(batch: &mut [u8], now: i64) {
    let attributes = i16::from_be_bytes([batch[ATTRIBUTES], batch[ATTRIBUTES + 1]]) | LOG_APPEND_TIME;
    batch[ATTRIBUTES..ATTRIBUTES + 2].copy_from_slice(&attributes.to_be_bytes());
    batch[MAX_TIMESTAMP..MAX_TIMESTAMP + 8].copy_from_slice(&now.to_be_bytes());
    let crc = crc32c::crc32c(&batch[ATTRIBUTES..]);
    batch[CRC..CRC + 4].copy_from_slice(&crc.to_be_bytes());
}

/// The marker that ends a producer's transaction in one partition.
pub fn marker(producer_id: i64, producer_epoch: i16, commit: bool, now: i64) -> Vec<u8> {
    // One record: key = version 0 and the marker's type, value = version 0 and the coordinator's epoch.
    // Lengths are zigzag varints: 4 is written 8, 6 is written 12.
    let mut record = vec![0u8, 0, 0, 8];
    record.extend_from_slice(&0i16.to_be_bytes());
    record.extend_from_slice(&i16::from(commit).to_be_bytes());
    record.push(12);
    record.extend_from_slice(&0i16.to_be_bytes());
    record.extend_from_slice(&0i32.to_be_bytes());
    record.push(0);

    let length = HEADER_LENGTH + 1 + record.len();
    let mut batch = Vec::with_capacity(length);
    batch.extend_from_slice(&0i64.to_be_bytes());
    batch.extend_from_slice(&((length - LENGTH_OVERHEAD) as i32).to_be_bytes());
    batch.extend_from_slice(&0i32.to_be_bytes());
    batch.push(MAGIC as u8);
    batch.extend_from_slice(&0u32.to_be_bytes());
    batch.extend_from_slice(&(TRANSACTIONAL | CONTROL).to_be_bytes());
    batch.extend_from_slice(&0i32.to_be_bytes());
    batch.extend_from_slice(&now.to_be_bytes());
    batch.extend_from_slice(&now.to_be_bytes());
    batch.extend_from_slice(&producer_id.to_be_bytes());
    batch.extend_from_slice(&producer_epoch.to_be_bytes());
    batch.extend_from_slice(&(-1i32).to_be_bytes());
    batch.extend_from_slice(&1i32.to_be_bytes());
    batch.push((record.len() * 2) as u8);
    batch.extend_from_slice(&record);
    let crc = crc32c::crc32c(&batch[ATTRIBUTES..]);
    batch[CRC..CRC + 4].copy_from_slice(&crc.to_be_bytes());
    batch
}

/// Whether a control batch says commit (`true`) or abort.
pub fn marker_commits(batch: &[u8]) -> bool {
    // Record: length, attributes, timestamp delta, offset delta, key length, key = version (2 bytes), type (2).
    batch.get(HEADER_LENGTH + 8).is_some_and(|kind| *kind == 1)
}

/// The first record of a batch whose timestamp is at least `timestamp`, with its own timestamp.
pub fn first_at_or_after(header: &BatchHeader, batch: Bytes, timestamp: i64) -> Option<(i64, i64)> {
    if header.attributes & LOG_APPEND_TIME != 0 {
        return (header.max_timestamp >= timestamp).then_some((header.base_offset, header.max_timestamp));
    }
    let mut bytes = batch;
    match RecordBatchDecoder::decode(&mut bytes) {
        Ok(set) => set
            .records
            .iter()
            .find(|record| record.timestamp >= timestamp)
            .map(|record| (record.offset, record.timestamp)),
        // A batch that cannot be unpacked is still delivered as it came; its start misses no record.
        Err(_) => Some((header.base_offset, header.base_timestamp)),
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use bytes::BytesMut;
    use kafka_protocol::records::{Compression, Record, RecordBatchEncoder, RecordEncodeOptions, TimestampType};

    /// Who sends a batch in the tests of the log.
    #[derive(Clone, Copy)]
    pub struct From {
        pub id: i64,
        pub epoch: i16,
        pub sequence: i32,
        pub transactional: bool,
    }

    pub const NOBODY: From = From { id: -1, epoch: -1, sequence: -1, transactional: false };

    /// A batch as a client would send it: one record per timestamp.
    pub fn batch(from: From, timestamps: &[i64], compression: Compression) -> Bytes {
        let records: Vec<Record> = timestamps
            .iter()
            .enumerate()
            .map(|(i, timestamp)| Record {
                transactional: from.transactional,
                control: false,
                delete_horizon: false,
                partition_leader_epoch: -1,
                producer_id: from.id,
                producer_epoch: from.epoch,
                timestamp_type: TimestampType::Creation,
                offset: i as i64,
                sequence: from.sequence + i as i32,
                timestamp: *timestamp,
                key: None,
                value: Some(Bytes::from_static(b"value")),
                headers: Default::default(),
            })
            .collect();
        let mut bytes = BytesMut::new();
        RecordBatchEncoder::encode(&mut bytes, &records, &RecordEncodeOptions { version: 2, compression }).unwrap();
        bytes.freeze()
    }

    #[test]
    fn reads_what_a_client_wrote() {
        let from = From { id: 7, epoch: 2, sequence: 5, transactional: true };
        let bytes = batch(from, &[100, 300, 200], Compression::None);
        let header = BatchHeader::parse(&bytes).unwrap();
        assert!(header.acceptable(&bytes) && intact(&header, &bytes) && header.is_transactional());
        assert_eq!((header.producer_id, header.producer_epoch, header.base_sequence), (7, 2, 5));
        assert_eq!((header.records, header.last_sequence(), header.max_timestamp), (3, 7, 300));
    }

    #[test]
    fn a_changed_byte_is_noticed() {
        let mut bytes = batch(NOBODY, &[1], Compression::None).to_vec();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        let header = BatchHeader::parse(&bytes).unwrap();
        assert!(!intact(&header, &bytes));
    }

    #[test]
    fn a_marker_is_a_control_batch_that_kafkas_codec_reads() {
        for commit in [true, false] {
            let mut bytes = marker(9, 4, commit, 1_000);
            place(&mut bytes, 42);
            let header = BatchHeader::parse(&bytes).unwrap();
            assert!(header.is_control() && header.is_transactional() && intact(&header, &bytes));
            assert_eq!(marker_commits(&bytes), commit);
            let set = RecordBatchDecoder::decode(&mut Bytes::from(bytes)).unwrap();
            let record = &set.records[0];
            assert_eq!((record.offset, record.producer_id, record.producer_epoch), (42, 9, 4));
            assert_eq!(record.key.as_deref(), Some(&[0, 0, 0, u8::from(commit)][..]));
            assert_eq!(record.value.as_deref(), Some(&[0, 0, 0, 0, 0, 0][..]));
        }
    }

    #[test]
    fn finds_a_record_by_time_inside_a_compressed_batch() {
        for compression in [Compression::None, Compression::Gzip, Compression::Lz4, Compression::Zstd] {
            let mut bytes = batch(NOBODY, &[100, 300, 200], compression).to_vec();
            place(&mut bytes, 10);
            let header = BatchHeader::parse(&bytes).unwrap();
            let find = |time| first_at_or_after(&header, Bytes::from(bytes.clone()), time);
            assert_eq!((find(50), find(150), find(301)), (Some((10, 100)), Some((11, 300)), None));
        }
    }

    #[test]
    fn append_time_replaces_the_producers_and_keeps_the_checksum_right() {
        let mut bytes = batch(NOBODY, &[1, 2], Compression::None).to_vec();
        set_append_time(&mut bytes, 5_000);
        let header = BatchHeader::parse(&bytes).unwrap();
        assert!(intact(&header, &bytes));
        assert_eq!(first_at_or_after(&header, Bytes::from(bytes), 5_000), Some((0, 5_000)));
    }

    #[test]
    fn sequences_wrap() {
        assert_eq!(advance_sequence(i32::MAX, 1), 0);
        assert_eq!(advance_sequence(i32::MAX - 1, 3), 1);
    }
}
