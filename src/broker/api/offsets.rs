//! Committed offsets: written by members, by producers within a transaction, and by tools; read by all.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::TopicName;
use kafka_protocol::messages::offset_commit_request::OffsetCommitRequest;
use kafka_protocol::messages::offset_commit_response::{
    OffsetCommitResponse, OffsetCommitResponsePartition, OffsetCommitResponseTopic,
};
use kafka_protocol::messages::offset_delete_request::OffsetDeleteRequest;
use kafka_protocol::messages::offset_delete_response::{
    OffsetDeleteResponse, OffsetDeleteResponsePartition, OffsetDeleteResponseTopic,
};
use kafka_protocol::messages::offset_fetch_request::OffsetFetchRequest;
use kafka_protocol::messages::offset_fetch_response::{
    OffsetFetchResponse, OffsetFetchResponseGroup, OffsetFetchResponsePartition, OffsetFetchResponsePartitions,
    OffsetFetchResponseTopic, OffsetFetchResponseTopics,
};
use kafka_protocol::messages::txn_offset_commit_request::TxnOffsetCommitRequest;
use kafka_protocol::messages::txn_offset_commit_response::{
    TxnOffsetCommitResponse, TxnOffsetCommitResponsePartition, TxnOffsetCommitResponseTopic,
};

use super::{Context, code, topic_name};
use crate::broker::group::{Committed, Committer, Fetched, OffsetList, TopicPartition};
use crate::broker::transaction::Producer;

/// Kafka's `offset.metadata.max.bytes`.
const LONGEST_METADATA: usize = 4096;

/// One partition of a commit: its offset, leader epoch and metadata.
struct Asked<'a> {
    topic: &'a str,
    partition: i32,
    offset: i64,
    leader_epoch: i32,
    metadata: Option<&'a str>,
}

impl Asked<'_> {
    fn check(&self, c: &Context<'_>) -> Result<(TopicPartition, Committed), ResponseError> {
        if c.state.topics.partition(self.topic, self.partition).is_none() {
            return Err(ResponseError::UnknownTopicOrPartition);
        }
        let metadata = self.metadata.unwrap_or_default();
        if metadata.len() > LONGEST_METADATA {
            return Err(ResponseError::OffsetMetadataTooLarge);
        }
        let committed =
            Committed { offset: self.offset, leader_epoch: self.leader_epoch, metadata: metadata.to_owned() };
        Ok(((self.topic.to_owned(), self.partition), committed))
    }
}

/// Commits what can be committed; the code for each partition asked, in order.
fn commit_all<'a>(
    c: &Context<'_>,
    asked: impl Iterator<Item = Asked<'a>>,
    commit: impl FnOnce(OffsetList) -> Result<(), ResponseError>,
) -> std::vec::IntoIter<i16> {
    let mut good = Vec::new();
    let mut codes = Vec::new();
    for asked in asked {
        let checked = asked.check(c);
        codes.push(code(&checked));
        good.extend(checked);
    }
    if let Err(error) = commit(good) {
        codes.iter_mut().filter(|code| **code == 0).for_each(|code| *code = error.code());
    }
    codes.into_iter()
}

pub fn commit(c: &Context<'_>, request: OffsetCommitRequest) -> OffsetCommitResponse {
    let by = Committer {
        member_id: &request.member_id,
        instance: request.group_instance_id.as_deref(),
        generation: request.generation_id_or_member_epoch,
    };
    let asked = request.topics.iter().flat_map(|topic| {
        topic.partitions.iter().map(|partition| Asked {
            topic: &topic.name,
            partition: partition.partition_index,
            offset: partition.committed_offset,
            leader_epoch: partition.committed_leader_epoch,
            metadata: partition.committed_metadata.as_deref(),
        })
    });
    let mut codes = commit_all(c, asked, |offsets| c.state.groups.commit(&request.group_id, by, offsets));
    let mut topics = Vec::with_capacity(request.topics.len());
    for topic in &request.topics {
        let answer = |index| {
            let code = codes.next().unwrap_or_default();
            OffsetCommitResponsePartition::default().with_partition_index(index).with_error_code(code)
        };
        let partitions = topic.partitions.iter().map(|partition| partition.partition_index).map(answer).collect();
        topics.push(OffsetCommitResponseTopic::default().with_name(topic.name.clone()).with_partitions(partitions));
    }
    OffsetCommitResponse::default().with_topics(topics)
}

pub fn commit_in_transaction(c: &Context<'_>, request: TxnOffsetCommitRequest) -> TxnOffsetCommitResponse {
    let by = Committer {
        member_id: &request.member_id,
        instance: request.group_instance_id.as_deref(),
        generation: request.generation_id,
    };
    let producer = Producer { id: *request.producer_id, epoch: request.producer_epoch };
    let asked = request.topics.iter().flat_map(|topic| {
        topic.partitions.iter().map(|partition| Asked {
            topic: &topic.name,
            partition: partition.partition_index,
            offset: partition.committed_offset,
            leader_epoch: partition.committed_leader_epoch,
            metadata: partition.committed_metadata.as_deref(),
        })
    });
    let hold = |offsets| {
        c.state.transactions.check_offsets(&request.transactional_id, producer, &request.group_id)?;
        c.state.groups.hold(&request.group_id, by, producer.id, offsets)
    };
    let mut codes = commit_all(c, asked, hold);
    let mut topics = Vec::with_capacity(request.topics.len());
    for topic in &request.topics {
        let answer = |index| {
            let code = codes.next().unwrap_or_default();
            TxnOffsetCommitResponsePartition::default().with_partition_index(index).with_error_code(code)
        };
        let partitions = topic.partitions.iter().map(|partition| partition.partition_index).map(answer).collect();
        topics.push(TxnOffsetCommitResponseTopic::default().with_name(topic.name.clone()).with_partitions(partitions));
    }
    TxnOffsetCommitResponse::default().with_topics(topics)
}

/// What a group has committed, by topic; without a list, everything.
fn fetch_group(
    c: &Context<'_>,
    group: &str,
    asked: Option<Vec<(TopicName, Vec<i32>)>>,
    stable: bool,
) -> Vec<(TopicName, Vec<(i32, Fetched)>)> {
    let asked = asked.unwrap_or_else(|| {
        let mut topics: Vec<(TopicName, Vec<i32>)> = Vec::new();
        for (topic, partition) in c.state.groups.committed_partitions(group) {
            match topics.last_mut() {
                Some((last, partitions)) if last.as_str() == topic => partitions.push(partition),
                _ => topics.push((topic_name(topic), vec![partition])),
            }
        }
        topics
    });
    let fetch = |(topic, partitions): (TopicName, Vec<i32>)| {
        let keys: Vec<TopicPartition> = partitions.iter().map(|index| (topic.to_string(), *index)).collect();
        let fetched = c.state.groups.fetch(group, &keys, stable);
        (topic, partitions.into_iter().zip(fetched).collect())
    };
    asked.into_iter().map(fetch).collect()
}

/// Offset, leader epoch, metadata and error code; an offset of -1 means that nothing is committed.
fn parts(fetched: Fetched) -> (i64, i32, String, i16) {
    match fetched {
        Ok(Some(committed)) => (committed.offset, committed.leader_epoch, committed.metadata, 0),
        Ok(None) => (-1, -1, String::new(), 0),
        Err(error) => (-1, -1, String::new(), error.code()),
    }
}

pub fn fetch(c: &Context<'_>, request: OffsetFetchRequest) -> OffsetFetchResponse {
    let stable = request.require_stable;
    if c.version < 8 {
        let asked = request
            .topics
            .map(|topics| topics.into_iter().map(|topic| (topic.name, topic.partition_indexes)).collect());
        let topics = fetch_group(c, &request.group_id, asked, stable).into_iter().map(|(name, partitions)| {
            let partition = |(index, fetched)| {
                let (offset, epoch, metadata, code) = parts(fetched);
                OffsetFetchResponsePartition::default()
                    .with_partition_index(index)
                    .with_committed_offset(offset)
                    .with_committed_leader_epoch(epoch)
                    .with_metadata(Some(super::text(metadata)))
                    .with_error_code(code)
            };
            let partitions = partitions.into_iter().map(partition).collect();
            OffsetFetchResponseTopic::default().with_name(name).with_partitions(partitions)
        });
        return OffsetFetchResponse::default().with_topics(topics.collect());
    }
    let groups = request.groups.into_iter().map(|group| {
        let asked =
            group.topics.map(|topics| topics.into_iter().map(|topic| (topic.name, topic.partition_indexes)).collect());
        let topics = fetch_group(c, &group.group_id, asked, stable).into_iter().map(|(name, partitions)| {
            let partition = |(index, fetched)| {
                let (offset, epoch, metadata, code) = parts(fetched);
                OffsetFetchResponsePartitions::default()
                    .with_partition_index(index)
                    .with_committed_offset(offset)
                    .with_committed_leader_epoch(epoch)
                    .with_metadata(Some(super::text(metadata)))
                    .with_error_code(code)
            };
            let partitions = partitions.into_iter().map(partition).collect();
            OffsetFetchResponseTopics::default().with_name(name).with_partitions(partitions)
        });
        OffsetFetchResponseGroup::default().with_topics(topics.collect()).with_group_id(group.group_id)
    });
    OffsetFetchResponse::default().with_groups(groups.collect())
}

pub fn delete(c: &Context<'_>, request: OffsetDeleteRequest) -> OffsetDeleteResponse {
    let named = request
        .topics
        .iter()
        .flat_map(|topic| topic.partitions.iter().map(|partition| (topic.name.to_string(), partition.partition_index)));
    if let Err(error) = c.state.groups.forget(&request.group_id, named.collect()) {
        return OffsetDeleteResponse::default().with_error_code(error.code());
    }
    let topics = request.topics.into_iter().map(|topic| {
        let partitions = topic.partitions.iter();
        let partitions = partitions
            .map(|partition| OffsetDeleteResponsePartition::default().with_partition_index(partition.partition_index));
        OffsetDeleteResponseTopic::default().with_name(topic.name.clone()).with_partitions(partitions.collect())
    });
    OffsetDeleteResponse::default().with_topics(topics.collect())
}
