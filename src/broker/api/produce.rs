//! Produce: record batches go to the end of their partitions.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::produce_request::{PartitionProduceData, ProduceRequest};
use kafka_protocol::messages::produce_response::{PartitionProduceResponse, ProduceResponse, TopicProduceResponse};

use super::{Context, text};
use crate::broker::log::AppendError;
use crate::broker::log::batch::BatchHeader;
use crate::broker::topics::Topic;
use crate::broker::transaction::Producer;

/// Kafka's `acks`: 0 wants no answer; 1 and -1 (all) mean the same with one replica.
const ACKS: std::ops::RangeInclusive<i16> = -1..=1;

struct Stored {
    offset: i64,
    append_time: i64,
    start_offset: i64,
}

/// `None` when the client does not want to know (acks=0).
pub fn produce(c: &Context<'_>, request: ProduceRequest) -> Option<ProduceResponse> {
    let transactional_id = request.transactional_id.as_ref().map(|id| id.as_str());
    let mut responses = Vec::with_capacity(request.topic_data.len());
    for topic in &request.topic_data {
        let found = c.state.topics.get(&topic.name);
        let answer = |data: &PartitionProduceData| {
            let stored = match (&found, ACKS.contains(&request.acks)) {
                (_, false) => Err((ResponseError::InvalidRequiredAcks, None)),
                (None, _) => Err((ResponseError::UnknownTopicOrPartition, None)),
                (Some(topic), _) => store(c, topic, transactional_id, data),
            };
            respond(data.index, stored)
        };
        let partitions = topic.partition_data.iter().map(answer).collect();
        responses
            .push(TopicProduceResponse::default().with_name(topic.name.clone()).with_partition_responses(partitions));
    }
    (request.acks != 0).then(|| ProduceResponse::default().with_responses(responses))
}

type Refused = (ResponseError, Option<String>);

fn store(
    c: &Context<'_>,
    topic: &Topic,
    transactional_id: Option<&str>,
    data: &PartitionProduceData,
) -> Result<Stored, Refused> {
    let plain = |code| Err((code, None));
    let Some(partition) = topic.partition(data.index) else {
        return plain(ResponseError::UnknownTopicOrPartition);
    };
    let Some(batch) = &data.records else { return plain(ResponseError::InvalidRecord) };
    let Some(header) = BatchHeader::parse(batch) else { return plain(ResponseError::CorruptMessage) };
    let (largest, append_time) =
        topic.with_config(|config| (config.max_message_bytes(&c.state.config), config.log_append_time()));
    if batch.len() > largest {
        let problem = format!(
            "The record batch size in the append to {}-{} is {} bytes which exceeds the maximum configured value of {largest}.",
            topic.name,
            data.index,
            batch.len()
        );
        return Err((ResponseError::MessageTooLarge, Some(problem)));
    }
    let append_time = append_time.then(|| c.state.now());
    let mut log = partition.log();
    // Asked with the partition in hand: until it is let go of, no marker can end the transaction here.
    if header.is_transactional() {
        let producer = Producer { id: header.producer_id, epoch: header.producer_epoch };
        let id = transactional_id.unwrap_or_default();
        c.state.transactions.check_write(id, producer, &topic.name, data.index).map_err(|code| (code, None))?;
    }
    let offset = log.append(batch, append_time).map_err(|error| match error {
        AppendError::Refused(code) => (code, None),
        AppendError::Failed(error) => {
            tracing::error!(topic = %topic.name, partition = data.index, %error, "records were not stored");
            (error.code(), Some(error.to_string()))
        }
    })?;
    let start_offset = log.start_offset();
    drop(log);
    partition.wake();
    Ok(Stored { offset, append_time: append_time.unwrap_or(-1), start_offset })
}

fn respond(index: i32, stored: Result<Stored, Refused>) -> PartitionProduceResponse {
    let response = PartitionProduceResponse::default().with_index(index);
    match stored {
        Ok(stored) => response
            .with_base_offset(stored.offset)
            .with_log_append_time_ms(stored.append_time)
            .with_log_start_offset(stored.start_offset),
        Err((code, problem)) => response
            .with_error_code(code.code())
            .with_base_offset(-1)
            .with_log_append_time_ms(-1)
            .with_error_message(problem.map(text)),
    }
}
