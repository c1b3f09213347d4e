//! Finds the partitions to read, with the offsets where each starts and stops.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use super::client::Cluster;
use super::error::KafkaError;
use super::offsets::{Start, starting, stopping};
use super::options::{SourceOptions, Subscription};
use super::split::{KafkaSplit, TopicPartition, owner};
use crate::connector::{Split, SplitEnumerator};
use crate::error::Result;
use crate::operator::SubtaskContext;

pub struct KafkaEnumerator {
    options: Arc<SourceOptions>,
    context: SubtaskContext,
    /// Connected at the first look; given back after it where there will be no other.
    cluster: Option<Cluster>,
    known: HashSet<TopicPartition>,
    looked: bool,
}

impl KafkaEnumerator {
    pub fn new(options: Arc<SourceOptions>, context: &SubtaskContext) -> Self {
        KafkaEnumerator { options, context: context.clone(), cluster: None, known: HashSet::new(), looked: false }
    }

    fn find(&self, cluster: &Cluster) -> Result<Vec<TopicPartition>, KafkaError> {
        let mut found = Vec::new();
        let mut all = |topic: &str, count: usize| {
            found.extend((0..count).map(|partition| TopicPartition::new(topic, partition as i32)));
        };
        match &self.options.subscription {
            Subscription::Topics(topics) => {
                for topic in topics {
                    all(topic, cluster.partitions(topic)?);
                }
            }
            Subscription::Pattern(pattern) => {
                let topics = cluster.topics()?;
                for (topic, count) in topics.iter().filter(|(topic, _)| pattern.is_match(topic)) {
                    all(topic, *count);
                }
            }
            Subscription::Partitions(partitions) => {
                for partition in partitions {
                    let count = cluster.partitions(&partition.topic)?;
                    if usize::try_from(partition.partition).map_or(true, |number| number >= count) {
                        let (topic, partition) = (partition.topic.to_string(), partition.partition);
                        return Err(KafkaError::PartitionMissing { topic, partition, count });
                    }
                    found.push(partition.clone());
                }
            }
        }
        found.sort();
        found.dedup();
        Ok(found)
    }

    fn look(&self, cluster: &Cluster) -> Result<Vec<KafkaSplit>, KafkaError> {
        let mut partitions = self.find(cluster)?;
        partitions.retain(|partition| !self.known.contains(partition));
        if partitions.is_empty() {
            return Ok(Vec::new());
        }
        // Flink reads a partition that appears later from its beginning, so that nothing in it is missed.
        let start = if self.looked { &Start::Earliest } else { &self.options.start };
        let starts = starting(start, self.options.reset, &partitions, cluster)?;
        let stops: Vec<Option<i64>> = match &self.options.stop {
            None => vec![None; partitions.len()],
            Some(stop) => stopping(stop, &partitions, cluster)?.into_iter().map(Some).collect(),
        };
        let offsets = starts.into_iter().zip(stops);
        Ok(partitions
            .into_iter()
            .zip(offsets)
            .map(|(partition, (next, stop))| KafkaSplit { partition, next, stop })
            .collect())
    }
}

impl SplitEnumerator for KafkaEnumerator {
    fn discover(&mut self) -> Result<Vec<Split>> {
        let cluster = match self.cluster.take() {
            Some(cluster) => cluster,
            None => Cluster::connect(&self.options.properties, "enumerator", &self.context)?,
        };
        let looked = self.look(&cluster);
        if self.options.discovery.is_some() {
            self.cluster = Some(cluster);
        }
        let splits = match looked {
            Ok(splits) => splits,
            // a cluster that cannot be asked just now is asked again at the next interval
            Err(error) if self.looked => {
                tracing::warn!("looking for new Kafka partitions failed, trying again later: {error}");
                Vec::new()
            }
            Err(error) => return Err(error.into()),
        };
        if !self.looked && splits.is_empty() {
            tracing::warn!("{}: no Kafka topic matches the pattern", self.context.operator);
        }
        self.looked = true;
        for split in &splits {
            let (stop, name) = (split.stop, &split.partition);
            tracing::info!("reading {}-{} from offset {} to {stop:?}", name.topic, name.partition, split.next);
            self.known.insert(split.partition.clone());
        }
        Ok(splits.iter().map(KafkaSplit::encode).collect())
    }

    fn interval(&self) -> Option<Duration> {
        self.options.discovery
    }

    fn assign(&self, split: &Split, index: usize, parallelism: usize) -> usize {
        match KafkaSplit::decode(split) {
            Ok(split) => owner(&split.partition, parallelism),
            Err(_) => index % parallelism,
        }
    }
}
