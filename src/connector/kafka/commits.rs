//! Commits of a group's offsets: sent when the engine says that the records before them are safe.
//!
//! A commit is sent without waiting; what becomes of it is counted. At the end the last one is waited for, and sent
//! once more where it failed. A commit that fails loses nothing: it is only where the group starts next time.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::events::Events;
use super::fetcher::{CommitResult, Fetcher};
use super::split::TopicPartition;
use crate::metrics::{Counter, OperatorMetrics};

/// How long the end of a job waits for its last commit.
const LAST_COMMIT: Duration = Duration::from_secs(10);
/// The same where the job is being cancelled.
const CANCELLED_COMMIT: Duration = Duration::from_secs(1);

pub struct Commits {
    events: Events,
    wanted: HashMap<TopicPartition, i64>,
    confirmed: HashMap<TopicPartition, i64>,
    in_flight: usize,
    succeeded: Counter,
    failed: Counter,
}

impl Commits {
    pub fn new(events: Events, metrics: &OperatorMetrics) -> Commits {
        Commits {
            events,
            wanted: HashMap::new(),
            confirmed: HashMap::new(),
            in_flight: 0,
            succeeded: metrics.counter("commitsSucceeded"),
            failed: metrics.counter("commitsFailed"),
        }
    }

    /// Sends the offsets that differ from those committed or on their way.
    pub fn send(&mut self, fetcher: &Fetcher, offsets: impl Iterator<Item = (TopicPartition, i64)>) {
        let sent = |partition: &TopicPartition, next: &i64| {
            self.confirmed.get(partition) == Some(next)
                || (self.in_flight > 0 && self.wanted.get(partition) == Some(next))
        };
        let changed: Vec<_> = offsets.filter(|(partition, next)| !sent(partition, next)).collect();
        self.wanted.extend(changed.iter().cloned());
        self.submit(fetcher, &changed);
    }

    fn submit(&mut self, fetcher: &Fetcher, offsets: &[(TopicPartition, i64)]) {
        if offsets.is_empty() {
            return;
        }
        match fetcher.commit(offsets) {
            Ok(()) => self.in_flight += 1,
            Err(error) => self.refused(&error.to_string()),
        }
    }

    /// Notes what became of commits.
    pub fn settle(&mut self, fetcher: &Fetcher) {
        while self.in_flight > 0
            && let Some(result) = fetcher.commit_result(Duration::ZERO)
        {
            self.note(result);
        }
    }

    fn note(&mut self, result: CommitResult) {
        self.in_flight -= 1;
        self.confirmed.extend(result.offsets);
        match result.error {
            None => self.succeeded.add(1),
            Some(error) => self.refused(&error),
        }
    }

    /// Waits, for a bounded time, until the last offsets are committed.
    pub fn finish(&mut self, fetcher: &Fetcher) {
        let limit = if self.events.is_cancelled() { CANCELLED_COMMIT } else { LAST_COMMIT };
        let deadline = Instant::now() + limit;
        let mut tried_again = false;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if self.in_flight > 0 && !left.is_zero() {
                if let Some(result) = fetcher.commit_result(left.min(Duration::from_millis(200))) {
                    self.note(result);
                }
                fetcher.serve();
                continue;
            }
            let open = self.wanted.iter().filter(|(partition, next)| self.confirmed.get(*partition) != Some(*next));
            let open: Vec<_> = open.map(|(partition, next)| (partition.clone(), *next)).collect();
            if open.is_empty() {
                return;
            }
            if left.is_zero() || tried_again {
                tracing::warn!(
                    "the last offsets of {} Kafka partitions could not be committed; the records are safe, the next \
                     run of this group reads some of them again",
                    open.len()
                );
                return;
            }
            tried_again = true;
            self.submit(fetcher, &open);
        }
    }

    fn refused(&self, reason: &str) {
        self.failed.add(1);
        tracing::warn!("offsets could not be committed to Kafka, trying again with the next commit: {reason}");
    }
}
