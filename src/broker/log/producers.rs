//! What a partition knows of its idempotent and transactional producers.
//!
//! From it follow: a repeated batch is recognised and not stored twice; a batch out of turn and a producer of an
//! old epoch (a zombie) are refused; where the first open transaction begins (the last stable offset); and which
//! transactions a `read_committed` reader has to leave out.

use std::collections::{BTreeMap, VecDeque};

use kafka_protocol::ResponseError;
use serde::{Deserialize, Serialize};

use super::batch::{BatchHeader, advance_sequence};

/// Kafka's limit too: a producer has at most five requests under way.
const REMEMBERED_BATCHES: usize = 5;

#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Producers {
    by_id: BTreeMap<i64, Producer>,
    /// First offset of each open transaction, and its producer.
    open: BTreeMap<i64, i64>,
    /// In the order in which they ended.
    aborted: Vec<Aborted>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Producer {
    epoch: i16,
    batches: VecDeque<Span>,
    transaction_start: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Span {
    first_sequence: i32,
    last_sequence: i32,
    base_offset: i64,
}

/// A transaction that was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aborted {
    pub producer_id: i64,
    pub first_offset: i64,
    /// Where its marker stands.
    pub last_offset: i64,
}

/// What to do with a batch.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    Append,
    /// It is stored already, at this offset.
    Repeated(i64),
}

impl Producers {
    /// Judges a producer's batch by its epoch and sequence number.
    pub fn judge(&self, batch: &BatchHeader) -> Result<Verdict, ResponseError> {
        if !batch.is_idempotent() {
            return Ok(Verdict::Append);
        }
        let Some(producer) = self.by_id.get(&batch.producer_id) else {
            return Ok(Verdict::Append);
        };
        if batch.producer_epoch < producer.epoch {
            return Err(ResponseError::InvalidProducerEpoch);
        }
        if batch.producer_epoch > producer.epoch {
            // A new epoch counts from 0.
            return match batch.base_sequence {
                0 => Ok(Verdict::Append),
                _ => Err(ResponseError::OutOfOrderSequenceNumber),
            };
        }
        let (Some(oldest), Some(newest)) = (producer.batches.front(), producer.batches.back()) else {
            return Ok(Verdict::Append);
        };
        let (first, last) = (batch.base_sequence, batch.last_sequence());
        if let Some(same) = producer.batches.iter().find(|b| (b.first_sequence, b.last_sequence) == (first, last)) {
            return Ok(Verdict::Repeated(same.base_offset));
        }
        if first == advance_sequence(newest.last_sequence, 1) {
            return Ok(Verdict::Append);
        }
        Err(if last < oldest.first_sequence {
            ResponseError::DuplicateSequenceNumber
        } else {
            ResponseError::OutOfOrderSequenceNumber
        })
    }

    /// Takes note of a batch that now stands in the log (its base offset is filled in).
    pub fn note(&mut self, batch: &BatchHeader) {
        if !batch.is_idempotent() {
            return;
        }
        let producer = self.entry(batch.producer_id, batch.producer_epoch);
        producer.batches.push_back(Span {
            first_sequence: batch.base_sequence,
            last_sequence: batch.last_sequence(),
            base_offset: batch.base_offset,
        });
        while producer.batches.len() > REMEMBERED_BATCHES {
            producer.batches.pop_front();
        }
        if batch.is_transactional() && producer.transaction_start.is_none() {
            producer.transaction_start = Some(batch.base_offset);
            self.open.insert(batch.base_offset, batch.producer_id);
        }
    }

    /// Takes note of a transaction's marker that now stands in the log.
    pub fn note_marker(&mut self, marker: &BatchHeader, commit: bool) {
        let producer = self.entry(marker.producer_id, marker.producer_epoch);
        if let Some(first_offset) = producer.transaction_start.take() {
            self.open.remove(&first_offset);
            if !commit {
                self.aborted.push(Aborted {
                    producer_id: marker.producer_id,
                    first_offset,
                    last_offset: marker.base_offset,
                });
            }
        }
    }

    /// Whether the producer has a transaction open here.
    pub fn in_transaction(&self, producer_id: i64) -> bool {
        self.by_id.get(&producer_id).is_some_and(|producer| producer.transaction_start.is_some())
    }

    /// Where the first open transaction begins.
    pub fn first_open(&self) -> Option<i64> {
        self.open.first_key_value().map(|(offset, _)| *offset)
    }

    /// The aborted transactions with records in `from..to`.
    pub fn aborted_in(&self, from: i64, to: i64) -> impl Iterator<Item = &Aborted> {
        let ended_before = self.aborted.partition_point(|transaction| transaction.last_offset < from);
        self.aborted[ended_before..].iter().filter(move |transaction| transaction.first_offset < to)
    }

    fn entry(&mut self, producer_id: i64, epoch: i16) -> &mut Producer {
        let producer = self.by_id.entry(producer_id).or_insert_with(|| Producer {
            epoch,
            batches: VecDeque::new(),
            transaction_start: None,
        });
        if producer.epoch != epoch {
            producer.epoch = epoch;
            producer.batches.clear();
        }
        producer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(epoch: i16, sequence: i32, records: i32, offset: i64, transactional: bool) -> BatchHeader {
        BatchHeader {
            base_offset: offset,
            length: 61,
            crc: 0,
            attributes: if transactional { 1 << 4 } else { 0 },
            last_offset_delta: records - 1,
            base_timestamp: 0,
            max_timestamp: 0,
            producer_id: 1,
            producer_epoch: epoch,
            base_sequence: sequence,
            records,
        }
    }

    fn marker(epoch: i16, offset: i64) -> BatchHeader {
        BatchHeader { attributes: (1 << 4) | (1 << 5), base_sequence: -1, ..header(epoch, 0, 1, offset, true) }
    }

    #[test]
    fn a_batch_sent_twice_is_stored_once() {
        let mut producers = Producers::default();
        producers.note(&header(0, 0, 3, 10, false));
        producers.note(&header(0, 3, 2, 13, false));
        assert_eq!(producers.judge(&header(0, 0, 3, 0, false)), Ok(Verdict::Repeated(10)));
        assert_eq!(producers.judge(&header(0, 5, 1, 0, false)), Ok(Verdict::Append));
    }

    #[test]
    fn a_gap_is_refused_and_so_is_a_repetition_too_old_to_place() {
        let mut producers = Producers::default();
        for i in 0..7 {
            producers.note(&header(0, i, 1, i64::from(i), false));
        }
        let judge = |sequence| producers.judge(&header(0, sequence, 1, 0, false));
        assert_eq!(judge(8), Err(ResponseError::OutOfOrderSequenceNumber));
        // Five are remembered: sequences 2 to 6.
        assert_eq!(judge(2), Ok(Verdict::Repeated(2)));
        assert_eq!(judge(1), Err(ResponseError::DuplicateSequenceNumber));
    }

    #[test]
    fn sequences_go_on_at_zero_after_the_largest() {
        let mut producers = Producers::default();
        producers.note(&header(0, i32::MAX - 1, 2, 0, false));
        assert_eq!(producers.judge(&header(0, 0, 1, 0, false)), Ok(Verdict::Append));
    }

    #[test]
    fn an_older_epoch_is_fenced_and_a_newer_one_starts_at_zero() {
        let mut producers = Producers::default();
        producers.note(&header(3, 0, 1, 0, false));
        assert_eq!(producers.judge(&header(2, 1, 1, 0, false)), Err(ResponseError::InvalidProducerEpoch));
        assert_eq!(producers.judge(&header(4, 1, 1, 0, false)), Err(ResponseError::OutOfOrderSequenceNumber));
        assert_eq!(producers.judge(&header(4, 0, 1, 0, false)), Ok(Verdict::Append));
    }

    #[test]
    fn a_marker_of_a_newer_epoch_fences_the_zombie() {
        let mut producers = Producers::default();
        producers.note(&header(0, 0, 1, 5, true));
        producers.note_marker(&marker(1, 6), false);
        assert_eq!(producers.judge(&header(0, 1, 1, 0, true)), Err(ResponseError::InvalidProducerEpoch));
        assert_eq!(producers.first_open(), None);
    }

    #[test]
    fn open_transactions_hold_back_readers_and_aborted_ones_are_listed_where_they_matter() {
        let mut producers = Producers::default();
        producers.note(&header(0, 0, 2, 10, true));
        assert_eq!(producers.first_open(), Some(10));
        producers.note_marker(&marker(0, 20), false);
        assert_eq!(producers.first_open(), None);
        producers.note(&header(0, 2, 1, 21, true));
        producers.note_marker(&marker(0, 22), true);
        let aborted = |from, to| producers.aborted_in(from, to).count();
        assert_eq!((aborted(0, 10), aborted(0, 11), aborted(20, 30), aborted(21, 30)), (0, 1, 1, 0));
    }

    #[test]
    fn survives_being_written_down() {
        let mut producers = Producers::default();
        producers.note(&header(0, 0, 2, 10, true));
        let written = serde_json::to_vec(&producers).unwrap();
        let read: Producers = serde_json::from_slice(&written).unwrap();
        assert_eq!(read.first_open(), Some(10));
        assert_eq!(read.judge(&header(0, 0, 2, 0, true)), Ok(Verdict::Repeated(10)));
    }
}
