//! A partition as a split, and which subtask reads it.

use std::sync::Arc;

use crate::connector::Split;
use crate::error::{Error, Result};

/// The version of [`KafkaSplit`]'s encoding.
const VERSION: u8 = 1;
/// The encoding of "no stopping offset".
const NO_STOP: i64 = i64::MIN;

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TopicPartition {
    pub topic: Arc<str>,
    pub partition: i32,
}

impl TopicPartition {
    pub fn new(topic: &str, partition: i32) -> Self {
        TopicPartition { topic: topic.into(), partition }
    }
}

/// A partition with the offset to read next and the one to stop before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KafkaSplit {
    pub partition: TopicPartition,
    pub next: i64,
    pub stop: Option<i64>,
}

impl KafkaSplit {
    pub fn encode(&self) -> Split {
        let mut position = vec![VERSION];
        position.extend_from_slice(&self.next.to_be_bytes());
        position.extend_from_slice(&self.stop.unwrap_or(NO_STOP).to_be_bytes());
        Split { id: format!("{}-{}", self.partition.topic, self.partition.partition), position }
    }

    pub fn decode(split: &Split) -> Result<KafkaSplit> {
        let broken = || Error::internal(format!("'{}' is not the state of a Kafka partition", split.id));
        // topic names may hold dashes themselves
        let (topic, partition) = split.id.rsplit_once('-').ok_or_else(broken)?;
        let (version, offsets) = split.position.split_first().ok_or_else(broken)?;
        let (next, stop) = offsets.split_at_checked(8).ok_or_else(broken)?;
        let read = |bytes: &[u8]| bytes.try_into().map(i64::from_be_bytes).map_err(|_| broken());
        if *version != VERSION {
            return Err(broken());
        }
        Ok(KafkaSplit {
            partition: TopicPartition::new(topic, partition.parse().map_err(|_| broken())?),
            next: read(next)?,
            stop: Some(read(stop)?).filter(|stop| *stop != NO_STOP),
        })
    }
}

/// The subtask that reads a partition: Flink's rule, so that a topic's partitions spread evenly and two topics do
/// not start at the same subtask.
pub fn owner(partition: &TopicPartition, parallelism: usize) -> usize {
    let start = (java_hash(&partition.topic).wrapping_mul(31) & 0x7FFF_FFFF) as usize % parallelism;
    (start + partition.partition.unsigned_abs() as usize) % parallelism
}

/// Java's `String.hashCode`.
fn java_hash(text: &str) -> i32 {
    text.encode_utf16().fold(0, |hash: i32, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_survives_its_encoding() {
        for stop in [None, Some(0), Some(77)] {
            let split = KafkaSplit { partition: TopicPartition::new("order-raw-2", 11), next: 42, stop };
            assert_eq!(split.encode().id, "order-raw-2-11");
            assert_eq!(KafkaSplit::decode(&split.encode()).unwrap(), split);
        }
        assert!(KafkaSplit::decode(&Split { id: "orders-0".into(), position: vec![1, 2] }).is_err());
    }

    #[test]
    fn hashes_like_java() {
        // "hello".hashCode() and "Aa".hashCode() == "BB".hashCode(), as documented everywhere for Java
        assert_eq!(java_hash("hello"), 99_162_322);
        assert_eq!(java_hash("Aa"), 2112);
        assert_eq!(java_hash("BB"), 2112);
    }

    #[test]
    fn partitions_go_round_from_the_topics_start() {
        // "Aa": 2112 * 31 = 65,472, and 65,472 % 5 = 2
        let owners: Vec<_> = (0..6).map(|p| owner(&TopicPartition::new("Aa", p), 5)).collect();
        assert_eq!(owners, [2, 3, 4, 0, 1, 2]);
        // "hello": 99,162,322 * 31 = 3,074,031,982, which is 0xB73A_016E; without the sign bit 926,548,334; % 4 = 2
        assert_eq!(owner(&TopicPartition::new("hello", 0), 4), 2);
    }
}
