//! ListOffsets: the first and last offset of a partition, and the offset at a time.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsRequest};
use kafka_protocol::messages::list_offsets_response::{
    ListOffsetsPartitionResponse, ListOffsetsResponse, ListOffsetsTopicResponse,
};
use kafka_protocol::messages::offset_for_leader_epoch_request::OffsetForLeaderEpochRequest;
use kafka_protocol::messages::offset_for_leader_epoch_response::{
    EpochEndOffset, OffsetForLeaderEpochResponse, OffsetForLeaderTopicResult,
};

use super::Context;
use crate::broker::log::PartitionLog;

const LATEST: i64 = -1;
const EARLIEST: i64 = -2;
const MAX_TIMESTAMP: i64 = -3;
const EARLIEST_LOCAL: i64 = -4;

/// The first version whose answer has the leader's epoch.
const FIRST_WITH_EPOCH: i16 = 4;

pub fn list_offsets(c: &Context<'_>, request: ListOffsetsRequest) -> ListOffsetsResponse {
    let committed_only = request.isolation_level == 1;
    let mut topics = Vec::with_capacity(request.topics.len());
    for topic in &request.topics {
        let answer = |asked: &ListOffsetsPartition| {
            let found = match c.state.topics.partition(&topic.name, asked.partition_index) {
                Some(partition) => look(&partition.log(), asked.timestamp, committed_only),
                None => Err(ResponseError::UnknownTopicOrPartition),
            };
            let response = ListOffsetsPartitionResponse::default().with_partition_index(asked.partition_index);
            match found {
                Ok((offset, timestamp)) => response
                    .with_offset(offset)
                    .with_timestamp(timestamp)
                    .with_leader_epoch(if offset < 0 || c.version < FIRST_WITH_EPOCH { -1 } else { 0 }),
                Err(error) => response.with_error_code(error.code()).with_offset(-1).with_timestamp(-1),
            }
        };
        let partitions = topic.partitions.iter().map(answer).collect();
        topics.push(ListOffsetsTopicResponse::default().with_name(topic.name.clone()).with_partitions(partitions));
    }
    ListOffsetsResponse::default().with_topics(topics)
}

/// The offset and time that answer a question; -1 and -1 when no record does.
fn look(log: &PartitionLog, timestamp: i64, committed_only: bool) -> Result<(i64, i64), ResponseError> {
    let visible = if committed_only { log.stable_offset() } else { log.end_offset() };
    let found = match timestamp {
        LATEST => return Ok((visible, -1)),
        EARLIEST | EARLIEST_LOCAL => return Ok((log.start_offset(), -1)),
        MAX_TIMESTAMP => log.latest_time(),
        0.. => log.find_time(timestamp),
        _ => return Err(ResponseError::InvalidRequest),
    };
    let found = found.map_err(|error| {
        tracing::error!(%error, "an offset could not be looked up");
        error.code()
    })?;
    Ok(found.filter(|(offset, _)| *offset < visible).unwrap_or((-1, -1)))
}

/// Where a leader's epoch ended: there is one leader and one epoch, so nowhere yet.
pub fn end_of_epoch(c: &Context<'_>, request: OffsetForLeaderEpochRequest) -> OffsetForLeaderEpochResponse {
    let mut topics = Vec::with_capacity(request.topics.len());
    for topic in &request.topics {
        let mut partitions = Vec::with_capacity(topic.partitions.len());
        for asked in &topic.partitions {
            let response = EpochEndOffset::default().with_partition(asked.partition);
            partitions.push(match c.state.topics.partition(&topic.topic, asked.partition) {
                Some(partition) => response.with_leader_epoch(0).with_end_offset(partition.log().end_offset()),
                None => response.with_error_code(ResponseError::UnknownTopicOrPartition.code()),
            });
        }
        topics.push(OffsetForLeaderTopicResult::default().with_topic(topic.topic.clone()).with_partitions(partitions));
    }
    OffsetForLeaderEpochResponse::default().with_topics(topics)
}
