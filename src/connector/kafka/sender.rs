//! A producer of librdkafka: sends records, waits for the brokers, and says what went wrong.

use std::time::{Duration, Instant};

use rdkafka::error::RDKafkaErrorCode as Code;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

use super::client;
use super::error::KafkaError;
use super::events::{Events, ProducerEvents, describe};
use super::properties::Properties;
use super::records::Outgoing;
use crate::error::Result;
use crate::operator::SubtaskContext;

pub struct Sender {
    pub producer: BaseProducer<ProducerEvents>,
    events: ProducerEvents,
}

impl Sender {
    /// Makes the client, which connects in the background.
    pub fn new(properties: &Properties, context: &SubtaskContext) -> Result<Sender, KafkaError> {
        let events = ProducerEvents::new(Events::new(&properties.servers, context));
        let producer = properties
            .client_config(&context.subtask.to_string())
            .create_with_context(events.clone())
            .map_err(|error| KafkaError::Client { reason: describe(&error) })?;
        Ok(Sender { producer, events })
    }

    /// Makes sure that brokers answer, and that the topic exists, within `timeout`.
    pub fn look(&self, topic: Option<&str>, timeout: Duration) -> Result<(), KafkaError> {
        let ask = |topic: Option<&str>, wait: Duration| {
            self.producer.poll(Duration::from_millis(1));
            self.producer.client().fetch_metadata(topic, wait)
        };
        match topic {
            Some(topic) => client::partitions(self.events(), topic, timeout, ask).map(drop),
            None => client::metadata(self.events(), None, Instant::now() + timeout, timeout, ask).map(drop),
        }
    }

    pub fn events(&self) -> &Events {
        &self.events.events
    }

    /// Serves the client's callbacks.
    pub fn poll(&self) {
        self.producer.poll(Duration::ZERO);
    }

    /// Records that the brokers have not confirmed.
    pub fn unconfirmed(&self) -> u64 {
        u64::try_from(self.producer.in_flight_count()).unwrap_or(0)
    }

    pub fn send(&self, outgoing: &Outgoing<'_>) -> Result<()> {
        let Outgoing { topic, key, value, timestamp } = *outgoing;
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
                    self.events().check_waiting()?;
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

    /// The error of the records that could not be delivered, where there are some.
    pub fn check_delivery(&self) -> Result<(), KafkaError> {
        self.events.check()
    }

    /// The error of what was written, where there is one.
    pub fn check(&self) -> Result<(), KafkaError> {
        self.events.check()?;
        match self.producer.client().fatal_error() {
            None => Ok(()),
            Some((_, reason)) => Err(KafkaError::Fatal { reason }),
        }
    }

    /// Waits until the brokers have everything, at most for `limit`; whether they have.
    pub fn drain(&self, limit: Option<Duration>) -> Result<bool, KafkaError> {
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
                None => self.events().check_waiting()?,
                Some(limit) if started.elapsed() >= limit => return Ok(false),
                Some(_) => {}
            }
            if said.elapsed() >= Duration::from_secs(10) {
                said = Instant::now();
                let (count, servers) = (self.producer.in_flight_count(), self.events().servers());
                tracing::warn!("waiting for Kafka at {servers} to confirm {count} records");
            }
        }
    }
}
