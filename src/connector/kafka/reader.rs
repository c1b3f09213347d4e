//! Reads the partitions of one subtask: messages in, batches of one partition each out.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use rdkafka::error::RDKafkaErrorCode as Code;

use super::client::{self, Cluster};
use super::commits::Commits;
use super::error::KafkaError;
use super::events::Events;
use super::fetcher::{Fetcher, Message};
use super::metadata::MetadataColumns;
use super::offsets::Reset;
use super::options::SourceOptions;
use super::source::Decoding;
use super::split::{KafkaSplit, TopicPartition};
use crate::batch::{Batch, NO_TIMESTAMP};
use crate::connector::{Polled, SourceReader, Split};
use crate::error::{Error, Result, shorten};
use crate::format::Decoder;
use crate::metrics::{Counter, PENDING_RECORDS};
use crate::operator::SubtaskContext;
use crate::types::{SchemaRef, Shape};

/// A batch ends where its payloads reach this many bytes, however few records they are.
const BATCH_BYTES: usize = 8 << 20;
/// Records of several partitions are fetched together; at most this many batches' worth at a time.
const FETCHED_BATCHES: usize = 8;
/// How much of a payload an error shows.
const SHOWN: usize = 200;

/// A partition being read.
struct Reading {
    split: KafkaSplit,
    id: Arc<str>,
    /// The offset behind what was decoded; `split.next` is behind what `poll` has returned.
    decoded: i64,
    ended: bool,
    /// Nothing of it is returned for now.
    paused: bool,
}

impl Reading {
    fn at_end(&self) -> bool {
        self.split.stop.is_some_and(|stop| self.decoded >= stop)
    }
}

/// What `poll` returns next, in order.
enum Ready {
    Batch {
        reading: usize,
        batch: Batch,
        next: i64,
    },
    /// Offsets passed that gave no rows.
    Passed {
        reading: usize,
        next: i64,
    },
    End {
        reading: usize,
    },
    Failed(Error),
}

impl Ready {
    /// The partition it is about.
    fn reading(&self) -> Option<usize> {
        match self {
            Ready::Batch { reading, .. } | Ready::Passed { reading, .. } | Ready::End { reading } => Some(*reading),
            Ready::Failed(_) => None,
        }
    }
}

/// What is to be done with a partition once the messages at hand are dealt with.
enum Trouble {
    /// The offset asked for is not on the broker any more.
    Reset(usize),
    /// The broker knows no such topic or partition just now.
    Unknown(usize),
}

pub struct KafkaReader {
    options: Arc<SourceOptions>,
    context: SubtaskContext,
    fetcher: Fetcher,
    events: Events,
    commits: Option<Commits>,
    readings: Vec<Reading>,
    /// The index in `readings` by topic handle and partition number.
    handles: HashMap<(usize, i32), usize>,
    ready: VecDeque<Ready>,
    decoding: Rows,
    lost: Counter,
    pending: Pending,
}

/// How many records wait in the partitions of this subtask: Flink's `pendingRecords`.
struct Pending {
    /// Of all subtasks.
    counter: Counter,
    /// What this one has added to it.
    told: u64,
}

impl Pending {
    fn new(context: &SubtaskContext) -> Self {
        Pending { counter: context.metrics.counter(PENDING_RECORDS), told: 0 }
    }

    fn count(&mut self, readings: &[Reading], fetcher: &Fetcher) {
        let waiting = |reading: &Reading| {
            let end = fetcher.end(&reading.split.partition)?;
            let end = reading.split.stop.map_or(end, |stop| stop.min(end));
            u64::try_from(end - reading.decoded).ok()
        };
        let reading = readings.iter().filter(|reading| !reading.ended);
        self.tell(reading.filter_map(waiting).sum());
    }

    fn tell(&mut self, waiting: u64) {
        self.counter.add(waiting);
        self.counter.sub(std::mem::replace(&mut self.told, waiting));
    }
}

/// Payloads on their way to a batch.
struct Rows {
    decoder: Box<dyn Decoder>,
    metadata: MetadataColumns,
    timestamps: Vec<i64>,
    bytes: usize,
    schema: SchemaRef,
    shape: Shape,
    format: String,
    skip_errors: bool,
    skippable: bool,
    nulls: Counter,
    errors: Counter,
}

impl KafkaReader {
    pub fn new(options: Arc<SourceOptions>, decoding: Decoding, context: &SubtaskContext) -> Result<KafkaReader> {
        let suffix = format!("{}", context.subtask);
        let (consumer, events) = client::consumer(&options.properties, &suffix, context)?;
        let commits = options.properties.group.is_some() && options.properties.commit_offsets;
        let commits = commits.then(|| Commits::new(events.events.clone(), &context.metrics));
        let rows = Rows {
            decoder: decoding.decoder,
            metadata: decoding.metadata,
            timestamps: Vec::new(),
            bytes: 0,
            schema: decoding.schema,
            shape: decoding.shape,
            format: options.format.clone(),
            skip_errors: options.ignore_parse_errors,
            skippable: matches!(options.format.as_str(), "json" | "csv"),
            nulls: context.metrics.counter("nullValuesSkipped"),
            errors: context.metrics.counter("numRecordsInErrors"),
        };
        Ok(KafkaReader {
            fetcher: Fetcher::new(consumer)?,
            events: events.events,
            commits,
            readings: Vec::new(),
            handles: HashMap::new(),
            ready: VecDeque::new(),
            decoding: rows,
            lost: context.metrics.counter("recordsLost"),
            pending: Pending::new(context),
            context: context.clone(),
            options,
        })
    }

    /// The next thing that is ready, which `poll` returns; what only moves a position is done on the way.
    fn next_ready(&mut self) -> Option<Result<Polled>> {
        loop {
            let next = self.ready.iter().position(|ready| ready.reading().is_none_or(|at| !self.readings[at].paused));
            match next.and_then(|at| self.ready.remove(at))? {
                Ready::Failed(error) => return Some(Err(error)),
                Ready::Passed { reading, next } => self.readings[reading].split.next = next,
                Ready::Batch { reading, batch, next } => {
                    let reading = &mut self.readings[reading];
                    reading.split.next = next;
                    return Some(Ok(Polled::Records { split: reading.id.clone(), batch }));
                }
                Ready::End { reading } => {
                    return Some(Ok(Polled::SplitEnd { split: self.readings[reading].id.clone() }));
                }
            }
        }
    }

    /// Fetches messages and turns them into what is ready.
    fn fetch(&mut self, wait: Duration) -> Result<()> {
        let partitions = self.readings.iter().filter(|reading| !reading.ended).count();
        let limit = self.context.batch_size.max(1) * partitions.clamp(1, FETCHED_BATCHES);
        let messages = self.fetcher.fetch(limit, wait)?;
        // Fetched messages come in runs of one partition; a batch collects all of its partition's runs.
        let mut groups: Vec<(usize, Vec<usize>)> = Vec::new();
        for index in 0..messages.len() {
            let message = messages.get(index);
            let handle = (message.topic_handle(), message.partition());
            let reading = match self.handles.get(&handle) {
                Some(reading) => *reading,
                None => {
                    let found = self.readings.iter().position(|reading| {
                        let partition = &reading.split.partition;
                        partition.partition == message.partition() && *partition.topic == *message.topic()
                    });
                    let Some(found) = found else { continue };
                    self.handles.insert(handle, found);
                    found
                }
            };
            match groups.iter_mut().find(|(group, _)| *group == reading) {
                Some((_, indices)) => indices.push(index),
                None => groups.push((reading, vec![index])),
            }
        }
        let mut troubles = Vec::new();
        let mut ended = Vec::new();
        for (index, indices) in groups {
            let reading = &mut self.readings[index];
            if reading.ended {
                continue;
            }
            for at in indices {
                match step(reading, messages.get(at), &mut self.decoding) {
                    Ok(Step::Going) => {}
                    Ok(Step::Done) => break,
                    Ok(Step::Reset) => troubles.push(Trouble::Reset(index)),
                    Ok(Step::Unknown) => troubles.push(Trouble::Unknown(index)),
                    Err(error) => {
                        self.decoding.hand_over(index, reading.decoded, &mut self.ready)?;
                        self.ready.push_back(Ready::Failed(error));
                        return Ok(());
                    }
                }
                if self.decoding.is_full(self.context.batch_size) {
                    self.decoding.hand_over(index, reading.decoded, &mut self.ready)?;
                }
            }
            self.decoding.hand_over(index, reading.decoded, &mut self.ready)?;
            if reading.at_end() {
                reading.ended = true;
                ended.push(reading.split.partition.clone());
                self.ready.push_back(Ready::End { reading: index });
            }
        }
        drop(messages);
        for partition in ended {
            self.fetcher.stop(&partition);
        }
        for trouble in troubles {
            match trouble {
                Trouble::Reset(index) => self.reset(index)?,
                Trouble::Unknown(index) => self.look_again(index)?,
            }
        }
        Ok(())
    }

    /// The broker does not hold the offset asked for: goes on where the reset strategy says, and says what is lost.
    fn reset(&mut self, index: usize) -> Result<()> {
        let cluster = Cluster::connect(&self.options.properties, "reset", &self.context)?;
        let reading = &mut self.readings[index];
        let partition = reading.split.partition.clone();
        let (low, high) = cluster.watermarks(&partition)?;
        let position = reading.decoded;
        let next = match self.options.reset {
            Reset::Earliest => low,
            Reset::Latest => high,
            Reset::None => {
                let (topic, partition) = (partition.topic.to_string(), partition.partition);
                return Err(KafkaError::OffsetLost { topic, partition, position, low, high }.into());
            }
        };
        let lost = u64::try_from(next - position).unwrap_or(0);
        self.lost.add(lost);
        tracing::warn!(
            "offset {position} of partition {} of topic '{}' does not exist any more, going on at {next}: {lost} \
             records were deleted before they were read",
            partition.partition,
            partition.topic
        );
        reading.decoded = next;
        self.fetcher.stop(&partition);
        self.ready.push_back(Ready::Passed { reading: index, next });
        if reading.at_end() {
            reading.ended = true;
            self.ready.push_back(Ready::End { reading: index });
        } else {
            let paused = reading.paused;
            self.fetcher.start(&partition, next)?;
            self.fetcher.pause(&partition, paused);
        }
        Ok(())
    }

    /// The broker said that it has no such partition: true when the topic was deleted, false while a broker starts.
    fn look_again(&mut self, index: usize) -> Result<()> {
        let partition = self.readings[index].split.partition.clone();
        let cluster = Cluster::connect(&self.options.properties, "check", &self.context)?;
        let count = cluster.partitions(&partition.topic)?;
        if usize::try_from(partition.partition).map_or(true, |number| number >= count) {
            let (topic, partition) = (partition.topic.to_string(), partition.partition);
            return Err(KafkaError::PartitionMissing { topic, partition, count }.into());
        }
        self.fetcher.stop(&partition);
        self.fetcher.start(&partition, self.readings[index].decoded)?;
        self.fetcher.pause(&partition, self.readings[index].paused);
        Ok(())
    }
}

enum Step {
    Going,
    /// The stopping offset is reached: what follows is not read.
    Done,
    Reset,
    Unknown,
}

/// Takes one message of a partition.
fn step(reading: &mut Reading, message: Message<'_>, rows: &mut Rows) -> Result<Step> {
    let partition = &reading.split.partition;
    if let Some((code, reason)) = message.error() {
        return trouble(reading, code, reason, message.offset());
    }
    let offset = message.offset();
    if reading.split.stop.is_some_and(|stop| offset >= stop) {
        // Behind the stop. Offsets before it that are missing (compaction, transactions) will never come.
        reading.decoded = reading.decoded.max(offset);
        return Ok(Step::Done);
    }
    rows.append(partition, message)?;
    reading.decoded = offset + 1;
    Ok(if reading.at_end() { Step::Done } else { Step::Going })
}

fn trouble(reading: &mut Reading, code: Code, reason: String, offset: i64) -> Result<Step> {
    let partition = &reading.split.partition;
    let (topic, number) = (partition.topic.to_string(), partition.partition);
    match code {
        Code::PartitionEOF => {
            // The offset behind all there is, transaction marks and compacted records included.
            reading.decoded = reading.decoded.max(offset);
            Ok(if reading.at_end() { Step::Done } else { Step::Going })
        }
        Code::AutoOffsetReset | Code::OffsetOutOfRange => Ok(Step::Reset),
        Code::UnknownTopicOrPartition | Code::UnknownTopic | Code::UnknownPartition => Ok(Step::Unknown),
        Code::MessageSizeTooLarge | Code::InvalidMessageSize => {
            Err(KafkaError::RecordTooLargeToRead { topic, partition: number, reason }.into())
        }
        Code::BadMessage | Code::BadCompression | Code::TopicAuthorizationFailed | Code::UnsupportedFeature => {
            Err(KafkaError::Fetch { topic, partition: number, reason }.into())
        }
        _ => {
            tracing::warn!("reading partition {number} of topic '{topic}': {reason}; trying again");
            Ok(Step::Going)
        }
    }
}

impl Rows {
    fn append(&mut self, partition: &TopicPartition, message: Message<'_>) -> Result<()> {
        let Some(payload) = message.payload() else {
            self.nulls.add(1);
            return Ok(());
        };
        match self.decoder.decode(payload) {
            Ok(rows) => {
                let timestamp = message.timestamp().unwrap_or(NO_TIMESTAMP);
                self.timestamps.extend(std::iter::repeat_n(timestamp, rows));
                self.metadata.append(message, rows);
                self.bytes += payload.len();
                Ok(())
            }
            Err(_) if self.skip_errors => {
                self.errors.add(1);
                Ok(())
            }
            Err(error) => {
                self.errors.add(1);
                let (topic, offset) = (partition.topic.to_string(), message.offset());
                let (format, reason) = (self.format.clone(), error.message().to_owned());
                let (partition, skippable) = (partition.partition, self.skippable);
                let error = KafkaError::Decode { topic, partition, offset, format, reason, skippable };
                // invalid bytes show as such; much more than is shown need not be looked at
                let start = &payload[..payload.len().min(SHOWN * 4)];
                let shown = shorten(&String::from_utf8_lossy(start), SHOWN);
                let shown = if shown.len() < payload.len() && start.len() < payload.len() {
                    format!("{} ({} bytes in all)", shown.split("… (").next().unwrap_or(&shown), payload.len())
                } else {
                    shown
                };
                Err(Error::from(error).with_input(shown))
            }
        }
    }

    fn is_full(&self, batch_size: usize) -> bool {
        self.decoder.len() >= batch_size || self.bytes >= BATCH_BYTES
    }

    /// Makes what was collected ready as one batch; `next` is the offset behind it.
    fn hand_over(&mut self, reading: usize, next: i64, ready: &mut VecDeque<Ready>) -> Result<()> {
        self.bytes = 0;
        if self.decoder.is_empty() {
            ready.push_back(Ready::Passed { reading, next });
            return Ok(());
        }
        let decoded = self.decoder.finish()?;
        let mut columns = decoded.columns().to_vec();
        columns.extend(self.metadata.finish());
        let timestamps = std::mem::take(&mut self.timestamps);
        let timestamps = timestamps.iter().any(|time| *time != NO_TIMESTAMP).then_some(timestamps);
        let records = RecordBatch::try_new(self.schema.clone(), columns)?;
        let batch = Batch::columns(records, self.shape).with_timestamps(timestamps);
        ready.push_back(Ready::Batch { reading, batch, next });
        Ok(())
    }
}

impl SourceReader for KafkaReader {
    fn add_splits(&mut self, splits: Vec<Split>) -> Result<()> {
        for split in &splits {
            let decoded = KafkaSplit::decode(split)?;
            let (index, next) = (self.readings.len(), decoded.next);
            let id = split.id.as_str().into();
            let mut reading = Reading { split: decoded, id, decoded: next, ended: false, paused: false };
            if reading.at_end() {
                reading.ended = true;
                self.ready.push_back(Ready::End { reading: index });
            } else {
                self.fetcher.start(&reading.split.partition, next)?;
            }
            self.readings.push(reading);
        }
        Ok(())
    }

    fn poll(&mut self, wait: Duration) -> Result<Polled> {
        if let Some(polled) = self.next_ready() {
            return polled;
        }
        self.fetcher.serve();
        self.events.check()?;
        if let Some(commits) = &mut self.commits {
            commits.settle(&self.fetcher);
        }
        self.fetch(wait)?;
        self.pending.count(&self.readings, &self.fetcher);
        self.next_ready().unwrap_or(Ok(Polled::Nothing))
    }

    fn pause(&mut self, splits: &BTreeSet<Arc<str>>) -> Result<bool> {
        for reading in &mut self.readings {
            let paused = splits.contains(&reading.id);
            if paused != reading.paused {
                reading.paused = paused;
                self.fetcher.pause(&reading.split.partition, paused);
            }
        }
        Ok(true)
    }

    /// Ended partitions stay in the list: their last offset is to be committed as well.
    fn snapshot(&self) -> Vec<Split> {
        self.readings.iter().map(|reading| reading.split.encode()).collect()
    }

    fn commit(&mut self, splits: &[Split]) -> Result<()> {
        let Some(commits) = &mut self.commits else { return Ok(()) };
        let splits: Vec<KafkaSplit> = splits.iter().map(KafkaSplit::decode).collect::<Result<_>>()?;
        self.fetcher.serve();
        commits.settle(&self.fetcher);
        commits.send(&self.fetcher, splits.into_iter().map(|split| (split.partition, split.next)));
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        self.pending.tell(0);
        if let Some(commits) = &mut self.commits {
            commits.finish(&self.fetcher);
        }
        Ok(())
    }
}
