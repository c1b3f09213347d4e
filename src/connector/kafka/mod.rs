//! Apache Kafka, and whatever speaks its protocol, through librdkafka.
//!
//! The source follows FLIP-27 as Flink's `KafkaSource` does: the enumerator finds partitions and the offsets where
//! each starts and stops, readers read the partitions assigned to them, offsets are committed to the group when the
//! engine says that the records before them are safe. The sink is Flink's `KafkaSink`. What every option means, and
//! what is guaranteed, is in `docs/connectors/kafka.md`.

mod client;
mod commits;
mod enumerator;
mod error;
mod events;
mod fetcher;
mod metadata;
mod offsets;
mod options;
mod properties;
mod reader;
mod records;
mod sender;
mod sink;
mod source;
mod split;
#[cfg(test)]
mod tests;
mod transactions;
mod writer;

use super::{Connector, Sink, Source, Spec};
use crate::error::Result;

pub use error::KafkaError;
pub use metadata::header_type;

/// The connector `kafka`.
pub struct Kafka;

impl Connector for Kafka {
    fn name(&self) -> &'static str {
        "kafka"
    }

    fn source(&self, spec: &Spec) -> Result<Box<dyn Source>> {
        Ok(Box::new(source::KafkaSource::new(spec)?))
    }

    fn sink(&self, spec: &Spec) -> Result<Box<dyn Sink>> {
        Ok(Box::new(sink::KafkaSink::new(spec)?))
    }
}
