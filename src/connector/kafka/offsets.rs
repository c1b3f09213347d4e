//! Where a partition starts and stops: decisions over what the broker says, apart from asking it.

use std::collections::BTreeMap;

use super::error::KafkaError;
use super::split::TopicPartition;

/// `scan.startup.mode`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    Earliest,
    Latest,
    Committed,
    /// The first record with that timestamp (ms) or a later one.
    Timestamp(i64),
    Specific(BTreeMap<TopicPartition, i64>),
}

/// `scan.bounded.mode`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    Latest,
    Committed,
    Timestamp(i64),
    Specific(BTreeMap<TopicPartition, i64>),
}

/// Where to go on when there is no offset to go on from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reset {
    Earliest,
    Latest,
    None,
}

/// What a cluster says of its partitions; answers are in the order of the partitions asked for.
pub trait OffsetLookup {
    fn earliest(&self, partitions: &[TopicPartition]) -> Result<Vec<i64>, KafkaError>;
    fn latest(&self, partitions: &[TopicPartition]) -> Result<Vec<i64>, KafkaError>;
    /// The first offset with that timestamp or a later one.
    fn at_time(&self, partitions: &[TopicPartition], timestamp: i64) -> Result<Vec<Option<i64>>, KafkaError>;
    /// What the group has committed.
    fn committed(&self, partitions: &[TopicPartition]) -> Result<Vec<Option<i64>>, KafkaError>;
    /// The group's name, where there is one.
    fn group(&self) -> Option<&str>;
}

// Flink's KafkaPartitionSplit: explicit offsets may be these marks.
const MARK_LATEST: i64 = -1;
const MARK_EARLIEST: i64 = -2;
const MARK_COMMITTED: i64 = -3;

/// The offsets to read first.
pub fn starting(
    start: &Start,
    reset: Reset,
    partitions: &[TopicPartition],
    lookup: &dyn OffsetLookup,
) -> Result<Vec<i64>, KafkaError> {
    match start {
        Start::Earliest => lookup.earliest(partitions),
        Start::Latest => lookup.latest(partitions),
        Start::Timestamp(timestamp) => from_time(*timestamp, partitions, lookup),
        Start::Committed => committed_or(reset, partitions, lookup),
        Start::Specific(offsets) => each(partitions, |partition| match offsets.get(partition) {
            Some(&MARK_EARLIEST) => lookup.earliest(partition_slice(partition)),
            Some(&MARK_LATEST) => lookup.latest(partition_slice(partition)),
            // Flink's order: the explicit offset, then the commit, then the reset strategy
            None | Some(&MARK_COMMITTED) => committed_or(reset, partition_slice(partition), lookup),
            Some(&offset) => Ok(vec![offset.max(0)]),
        }),
    }
}

/// The offsets to stop before.
pub fn stopping(stop: &Stop, partitions: &[TopicPartition], lookup: &dyn OffsetLookup) -> Result<Vec<i64>, KafkaError> {
    let committed = |partition: &TopicPartition| match lookup.group() {
        None => Err(no_stop(partition)),
        Some(_) => match lookup.committed(partition_slice(partition))?.first() {
            Some(Some(offset)) => Ok(vec![*offset]),
            _ => Err(no_stop(partition)),
        },
    };
    match stop {
        Stop::Latest => lookup.latest(partitions),
        Stop::Timestamp(timestamp) => from_time(*timestamp, partitions, lookup),
        Stop::Committed => each(partitions, committed),
        Stop::Specific(offsets) => each(partitions, |partition| match offsets.get(partition) {
            Some(&MARK_LATEST) => lookup.latest(partition_slice(partition)),
            None | Some(&MARK_COMMITTED) => committed(partition),
            Some(&offset) if offset < 0 => Err(no_stop(partition)),
            Some(&offset) => Ok(vec![offset]),
        }),
    }
}

fn from_time(timestamp: i64, partitions: &[TopicPartition], lookup: &dyn OffsetLookup) -> Result<Vec<i64>, KafkaError> {
    // The ends are asked for first: a record that comes in between must not be skipped.
    let ends = lookup.latest(partitions)?;
    let found = lookup.at_time(partitions, timestamp)?;
    Ok(found.into_iter().zip(ends).map(|(found, end)| found.unwrap_or(end)).collect())
}

fn committed_or(
    reset: Reset,
    partitions: &[TopicPartition],
    lookup: &dyn OffsetLookup,
) -> Result<Vec<i64>, KafkaError> {
    let committed = match lookup.group() {
        Some(_) => lookup.committed(partitions)?,
        None => vec![None; partitions.len()],
    };
    let missing: Vec<TopicPartition> =
        partitions.iter().zip(&committed).filter(|(_, offset)| offset.is_none()).map(|(p, _)| p.clone()).collect();
    let mut substitutes = match (missing.first(), reset) {
        (None, _) => Vec::new(),
        (Some(_), Reset::Earliest) => lookup.earliest(&missing)?,
        (Some(_), Reset::Latest) => lookup.latest(&missing)?,
        (Some(partition), Reset::None) => {
            return Err(KafkaError::NoCommittedOffset {
                topic: partition.topic.to_string(),
                partition: partition.partition,
                group: lookup.group().unwrap_or_default().to_owned(),
            });
        }
    }
    .into_iter();
    Ok(committed.into_iter().filter_map(|offset| offset.or_else(|| substitutes.next())).collect())
}

fn each(
    partitions: &[TopicPartition],
    decide: impl Fn(&TopicPartition) -> Result<Vec<i64>, KafkaError>,
) -> Result<Vec<i64>, KafkaError> {
    let mut offsets = Vec::with_capacity(partitions.len());
    for partition in partitions {
        offsets.extend(decide(partition)?);
    }
    Ok(offsets)
}

fn partition_slice(partition: &TopicPartition) -> &[TopicPartition] {
    std::slice::from_ref(partition)
}

fn no_stop(partition: &TopicPartition) -> KafkaError {
    KafkaError::NoStoppingOffset { topic: partition.topic.to_string(), partition: partition.partition }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cluster whose partition `p` holds the offsets 10·p up to 100·p + 100, with a commit at 50 in partition 1
    /// and one record of timestamp 1000 at offset 7 of partition 0.
    struct Fixed;

    impl OffsetLookup for Fixed {
        fn earliest(&self, partitions: &[TopicPartition]) -> Result<Vec<i64>, KafkaError> {
            Ok(partitions.iter().map(|p| i64::from(p.partition) * 10).collect())
        }
        fn latest(&self, partitions: &[TopicPartition]) -> Result<Vec<i64>, KafkaError> {
            Ok(partitions.iter().map(|p| i64::from(p.partition) * 100 + 100).collect())
        }
        fn at_time(&self, partitions: &[TopicPartition], timestamp: i64) -> Result<Vec<Option<i64>>, KafkaError> {
            Ok(partitions.iter().map(|p| (p.partition == 0 && timestamp <= 1000).then_some(7)).collect())
        }
        fn committed(&self, partitions: &[TopicPartition]) -> Result<Vec<Option<i64>>, KafkaError> {
            Ok(partitions.iter().map(|p| (p.partition == 1).then_some(50)).collect())
        }
        fn group(&self) -> Option<&str> {
            Some("g")
        }
    }

    fn partitions() -> Vec<TopicPartition> {
        (0..3).map(|p| TopicPartition::new("t", p)).collect()
    }

    fn started(start: Start, reset: Reset) -> Result<Vec<i64>, KafkaError> {
        starting(&start, reset, &partitions(), &Fixed)
    }

    #[test]
    fn every_start_has_its_offsets() {
        assert_eq!(started(Start::Earliest, Reset::None).unwrap(), [0, 10, 20]);
        assert_eq!(started(Start::Latest, Reset::None).unwrap(), [100, 200, 300]);
        assert_eq!(started(Start::Committed, Reset::Earliest).unwrap(), [0, 50, 20]);
        assert_eq!(started(Start::Committed, Reset::Latest).unwrap(), [100, 50, 300]);
    }

    #[test]
    fn a_time_nobody_has_reached_is_the_end() {
        assert_eq!(started(Start::Timestamp(1000), Reset::None).unwrap(), [7, 200, 300]);
        assert_eq!(started(Start::Timestamp(1001), Reset::None).unwrap(), [100, 200, 300]);
    }

    #[test]
    fn explicit_offsets_fall_back_to_the_commit_and_then_to_the_reset_strategy() {
        let offsets = BTreeMap::from([(TopicPartition::new("t", 0), 33)]);
        assert_eq!(started(Start::Specific(offsets), Reset::Latest).unwrap(), [33, 50, 300]);
        let marks = [(0, MARK_EARLIEST), (1, MARK_LATEST), (2, MARK_COMMITTED)];
        let marks = marks.map(|(p, mark)| (TopicPartition::new("t", p), mark)).into();
        assert_eq!(started(Start::Specific(marks), Reset::Earliest).unwrap(), [0, 200, 20]);
    }

    #[test]
    fn no_commit_and_no_reset_names_the_partition() {
        let error = started(Start::Committed, Reset::None).unwrap_err();
        assert!(matches!(error, KafkaError::NoCommittedOffset { partition: 0, .. }), "{error}");
    }

    #[test]
    fn every_stop_has_its_offsets() {
        let stopped = |stop, partitions: &[TopicPartition]| stopping(&stop, partitions, &Fixed);
        assert_eq!(stopped(Stop::Latest, &partitions()).unwrap(), [100, 200, 300]);
        assert_eq!(stopped(Stop::Timestamp(5), &partitions()).unwrap(), [7, 200, 300]);
        assert_eq!(stopped(Stop::Committed, &partitions()[1..2]).unwrap(), [50]);
        assert!(matches!(stopped(Stop::Committed, &partitions()), Err(KafkaError::NoStoppingOffset { .. })));
        let offsets = BTreeMap::from([(TopicPartition::new("t", 0), 5)]);
        assert_eq!(stopped(Stop::Specific(offsets), &partitions()[..2]).unwrap(), [5, 50]);
    }
}
