//! Fetch: record batches as they came, waiting for more when there are too few.

use std::sync::Arc;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::fetch_request::{FetchPartition, FetchRequest};
use kafka_protocol::messages::fetch_response::{
    AbortedTransaction, FetchResponse, FetchableTopicResponse, PartitionData,
};
use tokio::sync::Notify;
use tokio::time::{Duration, Instant, timeout_at};

use super::Context;
use crate::broker::topics::{Partition, Topic};

/// From here on topics are named by their id.
const BY_TOPIC_ID: i16 = 13;
/// The longest wait granted.
const PATIENCE: Duration = Duration::from_secs(300);

/// A topic of the request, and what is known of it.
struct Wanted {
    topic: Option<Arc<Topic>>,
    response: FetchableTopicResponse,
    partitions: Vec<(FetchPartition, Option<Arc<Partition>>)>,
}

/// Tells the partitions to forget the reader when it has its answer, or its connection is gone.
struct Waiting<'a> {
    wanted: &'a [Wanted],
    waiter: Arc<Notify>,
}

impl Waiting<'_> {
    fn partitions(&self) -> impl Iterator<Item = &Arc<Partition>> {
        self.wanted.iter().flat_map(|topic| topic.partitions.iter().filter_map(|(_, partition)| partition.as_ref()))
    }

    fn call(&self) {
        self.partitions().for_each(|partition| partition.call(&self.waiter));
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.partitions().for_each(|partition| partition.forget(&self.waiter));
    }
}

pub async fn fetch(c: &Context<'_>, request: FetchRequest) -> FetchResponse {
    // No sessions are kept: a client that is given number 0 sends whole requests.
    if request.session_id != 0 && request.session_epoch > 0 {
        return FetchResponse::default().with_error_code(ResponseError::FetchSessionIdNotFound.code());
    }
    let patience = Duration::from_millis(request.max_wait_ms.max(0) as u64).min(PATIENCE);
    let deadline = Instant::now() + patience;
    let wanted = look_up(c, &request);
    let waiting = Waiting { wanted: &wanted, waiter: Arc::new(Notify::new()) };
    loop {
        // Called before looking, so that nothing that arrives in between is missed.
        waiting.call();
        let round = read(c, &request, &wanted);
        let enough = round.bytes >= request.min_bytes.max(0) as usize;
        if enough || round.failed || Instant::now() >= deadline {
            return FetchResponse::default().with_responses(round.topics);
        }
        let _ = timeout_at(deadline, waiting.waiter.notified()).await;
    }
}

fn look_up(c: &Context<'_>, request: &FetchRequest) -> Vec<Wanted> {
    let find = |asked: &kafka_protocol::messages::fetch_request::FetchTopic| {
        let topic = match c.version >= BY_TOPIC_ID {
            true => c.state.topics.get_by_id(asked.topic_id),
            false => c.state.topics.get(&asked.topic),
        };
        let response = FetchableTopicResponse::default().with_topic(asked.topic.clone()).with_topic_id(asked.topic_id);
        let partition = |partition: &FetchPartition| {
            let found = topic.as_ref().and_then(|topic| topic.partition(partition.partition));
            (partition.clone(), found)
        };
        let partitions = asked.partitions.iter().map(partition).collect();
        Wanted { topic, response, partitions }
    };
    request.topics.iter().map(find).collect()
}

/// What one look at the partitions found.
struct Round {
    topics: Vec<FetchableTopicResponse>,
    bytes: usize,
    failed: bool,
}

fn read(c: &Context<'_>, request: &FetchRequest, wanted: &[Wanted]) -> Round {
    let committed_only = request.isolation_level == 1;
    let most = request.max_bytes.max(0) as usize;
    let mut round = Round { topics: Vec::with_capacity(wanted.len()), bytes: 0, failed: false };
    for topic in wanted {
        let mut partitions = Vec::with_capacity(topic.partitions.len());
        for (asked, partition) in &topic.partitions {
            let data = PartitionData::default().with_partition_index(asked.partition);
            let left = (asked.partition_max_bytes.max(0) as usize).min(most.saturating_sub(round.bytes));
            let read = match (partition, &topic.topic) {
                (Some(partition), _) => {
                    read_partition(partition, asked, data.clone(), committed_only, left, round.bytes == 0)
                }
                (None, None) if c.version >= BY_TOPIC_ID => Err(ResponseError::UnknownTopicId),
                (None, _) => Err(ResponseError::UnknownTopicOrPartition),
            };
            partitions.push(match read {
                Ok(data) => {
                    round.bytes += data.records.as_ref().map_or(0, |records| records.len());
                    data
                }
                Err(error) => {
                    round.failed = true;
                    data.with_error_code(error.code()).with_high_watermark(-1).with_last_stable_offset(-1)
                }
            });
        }
        round.topics.push(topic.response.clone().with_partitions(partitions));
    }
    round
}

fn read_partition(
    partition: &Partition,
    asked: &FetchPartition,
    data: PartitionData,
    committed_only: bool,
    limit: usize,
    at_least_one: bool,
) -> Result<PartitionData, ResponseError> {
    let log = partition.log();
    let offset = asked.fetch_offset;
    if offset < log.start_offset() || offset > log.end_offset() {
        return Err(ResponseError::OffsetOutOfRange);
    }
    let stable = log.stable_offset();
    let upper = if committed_only { stable } else { log.end_offset() };
    let slice = log.read(offset, upper, limit, at_least_one).map_err(|error| {
        tracing::error!(%error, "records could not be read");
        error.code()
    })?;
    let aborted = committed_only.then(|| {
        let aborted = log.aborted_in(offset, slice.end_offset).into_iter();
        aborted
            .map(|transaction| {
                AbortedTransaction::default()
                    .with_producer_id(transaction.producer_id.into())
                    .with_first_offset(transaction.first_offset)
            })
            .collect()
    });
    Ok(data
        .with_high_watermark(log.end_offset())
        .with_last_stable_offset(stable)
        .with_log_start_offset(log.start_offset())
        .with_aborted_transactions(aborted)
        .with_records(Some(slice.bytes)))
}
