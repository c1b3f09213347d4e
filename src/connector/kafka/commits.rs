//! Commits of a group's offsets: sent when the engine says that the records before them are safe.
//!
//! A commit is sent without waiting; what becomes of it is counted. At the end the last one is waited for, and sent
//! once more where it failed. A commit that fails loses nothing: it is only where the group starts next time.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use rdkafka::Offset;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};

use super::client::{list, poll};
use super::error::KafkaError;
use super::events::{ConsumerEvents, describe};
use super::split::TopicPartition;
use crate::metrics::{Counter, OperatorMetrics};

/// How long the end of a job waits for its last commit.
const LAST_COMMIT: Duration = Duration::from_secs(10);
/// The same where the job is being cancelled.
const CANCELLED_COMMIT: Duration = Duration::from_secs(1);

pub struct Commits {
    events: ConsumerEvents,
    wanted: HashMap<TopicPartition, i64>,
    confirmed: HashMap<TopicPartition, i64>,
    in_flight: usize,
    succeeded: Counter,
    failed: Counter,
}

impl Commits {
    pub fn new(events: ConsumerEvents, metrics: &OperatorMetrics) -> Commits {
        Commits {
            events,
            wanted: HashMap::new(),
            confirmed: HashMap::new(),
            in_flight: 0,
            succeeded: metrics.counter("commitsSucceeded"),
            failed: metrics.counter("commitsFailed"),
        }
    }

    /// Sends the offsets that differ from those committed.
    pub fn send(
        &mut self,
        consumer: &BaseConsumer<ConsumerEvents>,
        offsets: impl Iterator<Item = (TopicPartition, i64)>,
    ) -> Result<(), KafkaError> {
        let sent = |partition: &TopicPartition, next: &i64| {
            self.confirmed.get(partition) == Some(next)
                || (self.in_flight > 0 && self.wanted.get(partition) == Some(next))
        };
        let changed: Vec<_> = offsets.filter(|(partition, next)| !sent(partition, next)).collect();
        self.wanted.extend(changed.iter().cloned());
        self.submit(consumer, &changed)
    }

    fn submit(
        &mut self,
        consumer: &BaseConsumer<ConsumerEvents>,
        offsets: &[(TopicPartition, i64)],
    ) -> Result<(), KafkaError> {
        if offsets.is_empty() {
            return Ok(());
        }
        let offsets = list(offsets.iter().map(|(partition, next)| (partition, Offset::Offset(*next))))?;
        match consumer.commit(&offsets, CommitMode::Async) {
            Ok(()) => self.in_flight += 1,
            Err(error) => self.refused(&describe(&error)),
        }
        Ok(())
    }

    /// Notes what became of commits; the consumer has been polled.
    pub fn settle(&mut self) {
        for results in self.events.take_commits() {
            self.in_flight = self.in_flight.saturating_sub(1);
            let mut problem = None;
            for result in results {
                match result.error {
                    None => {
                        self.confirmed.insert(result.partition, result.offset);
                    }
                    Some(error) => problem = Some(error),
                }
            }
            match problem {
                None => self.succeeded.add(1),
                Some(error) => self.refused(&error),
            }
        }
    }

    /// Waits, for a bounded time, until the last offsets are committed.
    pub fn finish(&mut self, consumer: &BaseConsumer<ConsumerEvents>) -> Result<(), KafkaError> {
        let limit = if self.events.events.is_cancelled() { CANCELLED_COMMIT } else { LAST_COMMIT };
        let deadline = Instant::now() + limit;
        let mut tried_again = false;
        loop {
            self.settle();
            let open: Vec<_> = self
                .wanted
                .iter()
                .filter(|(partition, next)| self.confirmed.get(partition) != Some(next))
                .map(|(partition, next)| (partition.clone(), *next))
                .collect();
            if open.is_empty() {
                return Ok(());
            }
            if Instant::now() >= deadline || (tried_again && self.in_flight == 0) {
                tracing::warn!(
                    "the last offsets of {} Kafka partitions could not be committed; the records are safe, the next \
                     run of this group reads some of them again",
                    open.len()
                );
                return Ok(());
            }
            if self.in_flight == 0 {
                self.submit(consumer, &open)?;
                tried_again = true;
            }
            poll(consumer, Duration::from_millis(20));
        }
    }

    fn refused(&self, reason: &str) {
        self.failed.add(1);
        tracing::warn!("offsets could not be committed to Kafka, trying again with the next commit: {reason}");
    }
}
