//! Questions to a cluster: its topics and their offsets. Each has an end in time and an answer or an error that
//! says what to do.

use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::RDKafkaErrorCode as Code;
use rdkafka::metadata::Metadata;
use rdkafka::{Offset, TopicPartitionList};

use super::error::KafkaError;
use super::events::{ConsumerEvents, Events, describe};
use super::offsets::OffsetLookup;
use super::properties::Properties;
use super::split::TopicPartition;
use crate::operator::SubtaskContext;

/// How long one request waits before the connection's errors are looked at again.
const SLICE: Duration = Duration::from_millis(500);
/// How long a topic may be unknown: brokers hear of a new one a little later than who created it.
const TOPIC_GRACE: Duration = Duration::from_secs(2);
/// Kafka's own topics, which a pattern never means.
const INTERNAL_TOPICS: [&str; 2] = ["__consumer_offsets", "__transaction_state"];

/// A consumer that asks and never reads.
pub struct Cluster {
    consumer: BaseConsumer<ConsumerEvents>,
    events: Events,
    group: Option<String>,
    timeout: Duration,
}

/// Makes a consumer; it connects in the background.
pub fn consumer(
    properties: &Properties,
    suffix: &str,
    context: &SubtaskContext,
) -> Result<(BaseConsumer<ConsumerEvents>, ConsumerEvents), KafkaError> {
    let events = ConsumerEvents::new(Events::new(&properties.servers, context));
    let consumer = properties
        .client_config(suffix)
        .create_with_context(events.clone())
        .map_err(|error| KafkaError::Client { reason: describe(&error) })?;
    Ok((consumer, events))
}

impl Cluster {
    pub fn connect(properties: &Properties, suffix: &str, context: &SubtaskContext) -> Result<Cluster, KafkaError> {
        let (consumer, events) = consumer(properties, suffix, context)?;
        let (group, timeout) = (properties.group.clone(), properties.api_timeout);
        Ok(Cluster { consumer, events: events.events, group, timeout })
    }

    /// The topics there are, without Kafka's own.
    pub fn topics(&self) -> Result<Vec<(String, usize)>, KafkaError> {
        let deadline = Instant::now() + self.timeout;
        let metadata = metadata(&self.events, None, deadline, self.timeout, |topic, wait| {
            poll(&self.consumer, Duration::ZERO);
            self.consumer.fetch_metadata(topic, wait)
        })?;
        let topics = metadata.topics().iter().filter(|topic| !INTERNAL_TOPICS.contains(&topic.name()));
        Ok(topics.map(|topic| (topic.name().to_owned(), topic.partitions().len())).collect())
    }

    /// How many partitions a topic has.
    pub fn partitions(&self, topic: &str) -> Result<usize, KafkaError> {
        partitions(&self.events, topic, self.timeout, |topic, wait| {
            poll(&self.consumer, Duration::ZERO);
            self.consumer.fetch_metadata(topic, wait)
        })
    }

    /// The first offset a broker holds and the one behind the last.
    pub fn watermarks(&self, partition: &TopicPartition) -> Result<(i64, i64), KafkaError> {
        self.retried("the offsets of a partition", |wait| {
            self.consumer.fetch_watermarks(&partition.topic, partition.partition, wait)
        })
    }

    fn list(&self, partitions: &[TopicPartition], timestamp: Offset) -> Result<Vec<Option<i64>>, KafkaError> {
        let wanted = list(partitions.iter().map(|partition| (partition, timestamp)))?;
        let answer =
            self.retried("the offsets of a topic", |wait| self.consumer.offsets_for_times(wanted.clone(), wait))?;
        in_order(&answer, partitions)
    }

    fn retried<T>(
        &self,
        what: &str,
        ask: impl Fn(Duration) -> rdkafka::error::KafkaResult<T>,
    ) -> Result<T, KafkaError> {
        let deadline = Instant::now() + self.timeout;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match ask(left.clamp(Duration::from_millis(1), Duration::from_secs(2))) {
                Ok(answer) => return Ok(answer),
                Err(error) => {
                    poll(&self.consumer, Duration::from_millis(100));
                    self.events.check_waiting()?;
                    let code = error.rdkafka_error_code();
                    if code == Some(Code::GroupAuthorizationFailed) {
                        let resource = format!("group '{}'", self.group.as_deref().unwrap_or_default());
                        return Err(KafkaError::NotAuthorized { servers: self.events.servers().to_owned(), resource });
                    }
                    if Instant::now() >= deadline {
                        return Err(KafkaError::Lookup { what: what.to_owned(), reason: describe(&error) });
                    }
                }
            }
        }
    }
}

impl OffsetLookup for Cluster {
    fn earliest(&self, partitions: &[TopicPartition]) -> Result<Vec<i64>, KafkaError> {
        self.list(partitions, Offset::Beginning)?.into_iter().zip(partitions).map(known).collect()
    }

    fn latest(&self, partitions: &[TopicPartition]) -> Result<Vec<i64>, KafkaError> {
        self.list(partitions, Offset::End)?.into_iter().zip(partitions).map(known).collect()
    }

    fn at_time(&self, partitions: &[TopicPartition], timestamp: i64) -> Result<Vec<Option<i64>>, KafkaError> {
        // negative numbers have other meanings in that request
        self.list(partitions, Offset::Offset(timestamp.max(0)))
    }

    fn committed(&self, partitions: &[TopicPartition]) -> Result<Vec<Option<i64>>, KafkaError> {
        if partitions.is_empty() {
            return Ok(Vec::new());
        }
        let wanted = list(partitions.iter().map(|partition| (partition, Offset::Invalid)))?;
        let answer = self.retried("the offsets a group has committed", |wait| {
            self.consumer.committed_offsets(wanted.clone(), wait)
        })?;
        in_order(&answer, partitions)
    }

    fn group(&self) -> Option<&str> {
        self.group.as_deref()
    }
}

/// Serves the callbacks of a consumer that reads through queues of its own (or not at all).
pub fn poll(consumer: &BaseConsumer<ConsumerEvents>, wait: Duration) {
    let _ = consumer.poll(wait);
    // one call serves one event
    for _ in 0..8 {
        let _ = consumer.poll(Duration::ZERO);
    }
}

/// Asks for metadata until a broker answers; fails when the deadline is over or no waiting will help.
pub fn metadata(
    events: &Events,
    topic: Option<&str>,
    deadline: Instant,
    waited: Duration,
    ask: impl Fn(Option<&str>, Duration) -> rdkafka::error::KafkaResult<Metadata>,
) -> Result<Metadata, KafkaError> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let answer = ask(topic, left.min(SLICE).max(Duration::from_millis(1)));
        match answer {
            Ok(metadata) => return Ok(metadata),
            Err(_) if left.is_zero() => {
                events.check()?;
                let servers = events.servers().to_owned();
                return Err(KafkaError::Unreachable { servers, waited, reason: events.last_reason() });
            }
            Err(_) => events.check_waiting()?,
        }
    }
}

/// How many partitions a topic has; an error where there is no such topic.
pub fn partitions(
    events: &Events,
    topic: &str,
    timeout: Duration,
    ask: impl Fn(Option<&str>, Duration) -> rdkafka::error::KafkaResult<Metadata>,
) -> Result<usize, KafkaError> {
    let started = Instant::now();
    let servers = || events.servers().to_owned();
    loop {
        let metadata = metadata(events, Some(topic), started + timeout, timeout, &ask)?;
        let found = metadata.topics().iter().find(|found| found.name() == topic);
        let code = found.and_then(|found| found.error()).map(Code::from);
        match (found, code) {
            (Some(found), None) if !found.partitions().is_empty() => return Ok(found.partitions().len()),
            (_, Some(Code::TopicAuthorizationFailed)) => {
                return Err(KafkaError::NotAuthorized { servers: servers(), resource: format!("topic '{topic}'") });
            }
            (_, Some(Code::InvalidTopic)) => {
                let hint = "topic names hold letters, digits, '.', '_' and '-', at most 249 of them".to_owned();
                return Err(KafkaError::Option { option: "topics".into(), problem: format!("names '{topic}'"), hint });
            }
            (_, Some(Code::LeaderNotAvailable)) if started.elapsed() < timeout => {}
            _ if started.elapsed() < TOPIC_GRACE.min(timeout) => {}
            _ => return Err(KafkaError::TopicMissing { topic: topic.to_owned(), servers: servers() }),
        }
        events.check_waiting()?;
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// librdkafka's list of partitions with an offset each.
pub fn list<'a>(offsets: impl Iterator<Item = (&'a TopicPartition, Offset)>) -> Result<TopicPartitionList, KafkaError> {
    let mut wanted = TopicPartitionList::new();
    for (partition, offset) in offsets {
        wanted
            .add_partition_offset(&partition.topic, partition.partition, offset)
            .map_err(|error| KafkaError::Client { reason: describe(&error) })?;
    }
    Ok(wanted)
}

/// The offsets of `answer` in the order of `partitions`; `None` where there is none.
fn in_order(answer: &TopicPartitionList, partitions: &[TopicPartition]) -> Result<Vec<Option<i64>>, KafkaError> {
    let lookup = |partition: &TopicPartition, reason: String| KafkaError::Lookup {
        what: format!("the offset of partition {} of topic '{}'", partition.partition, partition.topic),
        reason,
    };
    partitions
        .iter()
        .map(|partition| {
            let element = answer
                .find_partition(&partition.topic, partition.partition)
                .ok_or_else(|| lookup(partition, "it is missing in the answer".into()))?;
            element.error().map_err(|error| lookup(partition, describe(&error)))?;
            Ok(match element.offset() {
                Offset::Offset(offset) => Some(offset),
                _ => None,
            })
        })
        .collect()
}

fn known((offset, partition): (Option<i64>, &TopicPartition)) -> Result<i64, KafkaError> {
    offset.ok_or_else(|| KafkaError::Lookup {
        what: format!("the offsets of partition {} of topic '{}'", partition.partition, partition.topic),
        reason: "the answer holds none".into(),
    })
}
