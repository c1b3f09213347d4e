//! Writes the records of one subtask.

use std::time::{Duration, Instant};

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use rdkafka::error::RDKafkaErrorCode as Code;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

use super::client;
use super::error::KafkaError;
use super::events::{Events, ProducerEvents, describe};
use super::properties::Properties;
use crate::batch::{Batch, Columns};
use crate::connector::SinkWriter;
use crate::error::{Error, Result};
use crate::format::Encoder;
use crate::operator::SubtaskContext;
use crate::types::Shape;

/// How often an idle writer looks for delivery errors, in ms.
const IDLE_CHECK: i64 = 1000;
/// How long `close` waits for records that `flush` was not asked to wait for.
const CLOSE_WAIT: Duration = Duration::from_secs(30);
/// How long `close` waits where the job has failed.
const FAILED_WAIT: Duration = Duration::from_secs(1);

/// Some of a record's columns, written as the key or the value.
pub struct Part {
    encoder: Box<dyn Encoder>,
    columns: Vec<usize>,
    shape: Shape,
    bytes: Vec<u8>,
    ends: Vec<usize>,
    /// Where the batch has bare values that are null: for each row the number of its payload, null having none.
    numbers: Option<Vec<Option<usize>>>,
}

impl Part {
    pub fn new(encoder: Box<dyn Encoder>, columns: Vec<usize>, shape: Shape) -> Part {
        Part { encoder, columns, shape, bytes: Vec::new(), ends: Vec::new(), numbers: None }
    }

    fn encode(&mut self, records: &RecordBatch) -> Result<()> {
        let whole = self.columns.len() == records.num_columns();
        let picked = if whole { records.clone() } else { records.project(&self.columns)? };
        let nulls = match (self.shape, picked.columns()) {
            (Shape::Scalar, [values]) => values.logical_nulls().filter(|nulls| nulls.null_count() > 0),
            _ => None,
        };
        let picked = match &nulls {
            None => picked,
            Some(nulls) => filter_record_batch(&picked, &BooleanArray::new(nulls.inner().clone(), None))?,
        };
        self.numbers = nulls.map(|nulls| {
            let mut count = 0..;
            nulls.iter().map(|valid| if valid { count.next() } else { None }).collect()
        });
        let expected = picked.num_rows();
        self.bytes.clear();
        self.ends.clear();
        self.encoder.encode(&Columns::new(picked, self.shape), &mut self.bytes, &mut self.ends)?;
        if self.ends.len() != expected {
            return Err(Error::internal("the format did not write a payload for each record"));
        }
        Ok(())
    }

    fn payload(&self, row: usize) -> Option<&[u8]> {
        let number = match &self.numbers {
            None => row,
            Some(numbers) => numbers[row]?,
        };
        let start = if number == 0 { 0 } else { self.ends[number - 1] };
        Some(&self.bytes[start..self.ends[number]])
    }
}

pub struct KafkaWriter {
    producer: BaseProducer<ProducerEvents>,
    context: SubtaskContext,
    events: ProducerEvents,
    topic: Option<String>,
    topic_column: Option<usize>,
    value: Part,
    key: Option<Part>,
    /// Whether `flush` returns only when the brokers have everything (at-least-once).
    acknowledged: bool,
    next_check: i64,
}

impl KafkaWriter {
    /// Connects, and makes sure that the topic exists: fails within the time that 'default.api.timeout.ms' says.
    pub fn new(
        properties: &Properties,
        topic: Option<String>,
        topic_column: Option<usize>,
        value: Part,
        key: Option<Part>,
        acknowledged: bool,
        context: &SubtaskContext,
    ) -> Result<KafkaWriter> {
        let events = ProducerEvents::new(Events::new(&properties.servers, context));
        let producer: BaseProducer<ProducerEvents> = properties
            .client_config(&context.subtask.to_string())
            .create_with_context(events.clone())
            .map_err(|error| KafkaError::Client { reason: describe(&error) })?;
        let timeout = properties.api_timeout;
        let ask = |topic: Option<&str>, wait: Duration| {
            producer.poll(Duration::from_millis(1));
            producer.client().fetch_metadata(topic, wait)
        };
        match &topic {
            Some(topic) => {
                client::partitions(&events.events, topic, timeout, ask)?;
            }
            None => {
                client::metadata(&events.events, None, Instant::now() + timeout, timeout, ask)?;
            }
        }
        let next_check = context.clock.now() + IDLE_CHECK;
        Ok(KafkaWriter {
            producer,
            context: context.clone(),
            events,
            topic,
            topic_column,
            value,
            key,
            acknowledged,
            next_check,
        })
    }

    fn send(&self, topic: &str, row: usize, timestamp: i64) -> Result<()> {
        let (key, value) = (self.key.as_ref().and_then(|key| key.payload(row)), self.value.payload(row));
        loop {
            let mut record: BaseRecord<'_, [u8], [u8], ()> = BaseRecord::to(topic);
            record.key = key;
            record.payload = value;
            // Flink: a negative timestamp is none, and the client takes the time of sending
            record.timestamp = (timestamp >= 0).then_some(timestamp);
            let Err((error, _)) = self.producer.send(record) else { return Ok(()) };
            match error.rdkafka_error_code() {
                // the brokers are slower than the job: wait for room, which slows the job down
                Some(Code::QueueFull) => {
                    self.producer.poll(Duration::from_millis(20));
                    self.check()?;
                    self.events.events.check_waiting()?;
                }
                Some(Code::MessageSizeTooLarge) => {
                    let size = key.map_or(0, <[u8]>::len) + value.map_or(0, <[u8]>::len);
                    let reason = "it is over the limit of this producer".to_owned();
                    let topic = topic.to_owned();
                    return Err(KafkaError::RecordTooLargeToWrite { topic, size, reason, by_broker: false }.into());
                }
                _ => {
                    self.check()?;
                    let (topic, reason) = (topic.to_owned(), describe(&error));
                    return Err(KafkaError::Delivery { topic, count: 1, reason }.into());
                }
            }
        }
    }

    /// The error of what was written, where there is one.
    fn check(&self) -> Result<(), KafkaError> {
        self.events.check()?;
        match self.producer.client().fatal_error() {
            None => Ok(()),
            Some((_, reason)) => Err(KafkaError::Fatal { reason }),
        }
    }

    /// Waits until the brokers have everything, at most for `limit`; whether they have.
    fn drain(&self, limit: Option<Duration>) -> Result<bool, KafkaError> {
        let started = Instant::now();
        let mut said = started;
        loop {
            let done = self.producer.flush(Duration::from_millis(100)).is_ok();
            self.producer.poll(Duration::ZERO);
            self.check()?;
            if done && self.producer.in_flight_count() == 0 {
                return Ok(true);
            }
            match limit {
                None => self.events.events.check_waiting()?,
                Some(limit) if started.elapsed() >= limit => return Ok(false),
                Some(_) => {}
            }
            if said.elapsed() >= Duration::from_secs(10) {
                said = Instant::now();
                let (count, servers) = (self.producer.in_flight_count(), self.events.events.servers());
                tracing::warn!("waiting for Kafka at {servers} to confirm {count} records");
            }
        }
    }
}

impl SinkWriter for KafkaWriter {
    fn write(&mut self, batch: Batch) -> Result<()> {
        let records = &batch.expect_columns()?.records;
        self.value.encode(records)?;
        if let Some(key) = &mut self.key {
            key.encode(records)?;
        }
        let topics = match self.topic_column {
            None => None,
            Some(column) => {
                let name = records.schema().field(column).name().clone();
                let texts = records.column(column).as_string_opt::<i32>().ok_or_else(|| KafkaError::Option {
                    option: "topic.field".into(),
                    problem: format!("names '{name}', which holds no strings"),
                    hint: "the topic has to be a string".into(),
                })?;
                Some((texts, name))
            }
        };
        for row in 0..records.num_rows() {
            let topic = match (&topics, &self.topic) {
                (Some((topics, _)), _) if topics.is_valid(row) && !topics.value(row).is_empty() => topics.value(row),
                (Some((topics, column)), _) => {
                    let found = if topics.is_null(row) { "null" } else { "empty" }.to_owned();
                    return Err(KafkaError::NoTopic { row, column: column.clone(), found }.into());
                }
                (None, Some(topic)) => topic,
                (None, None) => {
                    return Err(Error::internal("a Kafka writer has neither a topic nor a column of topics"));
                }
            };
            self.send(topic, row, batch.timestamp(row))?;
        }
        self.producer.poll(Duration::ZERO);
        Ok(self.check()?)
    }

    fn flush(&mut self) -> Result<()> {
        if self.acknowledged {
            self.drain(None)?;
        } else {
            self.producer.poll(Duration::ZERO);
        }
        Ok(self.check()?)
    }

    fn next_wakeup(&self) -> Option<i64> {
        Some(self.next_check)
    }

    fn on_time(&mut self, now: i64) -> Result<()> {
        self.next_check = now.max(self.context.clock.now()) + IDLE_CHECK;
        self.producer.poll(Duration::ZERO);
        Ok(self.check()?)
    }

    /// Records that nobody waited for get some time, but not for ever: with at-least-once there are such records
    /// only where the job has failed and will send them again.
    fn close(&mut self) -> Result<()> {
        let failed = self.acknowledged || self.events.events.is_cancelled();
        let limit = if failed { FAILED_WAIT } else { CLOSE_WAIT };
        if self.producer.in_flight_count() == 0 || self.drain(Some(limit))? {
            return Ok(());
        }
        let lost = self.producer.in_flight_count();
        self.context.metrics.counter("recordsNotConfirmed").add(u64::try_from(lost).unwrap_or(0));
        tracing::warn!("{lost} records were not confirmed by Kafka at {} in time", self.events.events.servers());
        Ok(())
    }
}
