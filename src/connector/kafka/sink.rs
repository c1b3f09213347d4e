//! The sink: checks its options once, then makes the writers.

use std::sync::Arc;

use arrow::datatypes::Schema;

use super::error::KafkaError;
use super::options::{Guarantee, SinkOptions, Topic};
use super::records::{Part, Records};
use super::source::payload_shape;
use super::transactions::{TransactionalWriter, transactional};
use super::writer::KafkaWriter;
use crate::checkpoint::Spread;
use crate::connector::{Sink, SinkWriter, Spec};
use crate::error::Result;
use crate::format;
use crate::operator::SubtaskContext;
use crate::types::{SchemaRef, Shape};

pub struct KafkaSink {
    options: Arc<SinkOptions>,
    schema: SchemaRef,
    shape: Shape,
}

impl KafkaSink {
    pub fn new(spec: &Spec) -> Result<KafkaSink> {
        let mut options = SinkOptions::parse(&spec.options)?;
        defaults(&mut options);
        if let Guarantee::ExactlyOnce(_) = options.guarantee {
            transactional(&options.properties)?;
        }
        let (schema, shape) = spec.row_type.clone().ok_or_else(|| KafkaError::Option {
            option: "format".into(),
            problem: "has no row type to write".into(),
            hint: "declare the type of the stream: map(…, output_type=Types.…)".into(),
        })?;
        let sink = KafkaSink { options: Arc::new(options), schema, shape };
        sink.parts()?;
        Ok(sink)
    }

    /// The column of the topic, the value, the key.
    fn parts(&self) -> Result<(Option<usize>, Part, Option<Part>)> {
        let options = &self.options;
        let topic = match &options.topic {
            Topic::Fixed(_) => None,
            Topic::Field(name) => Some(self.column("topic.field", name)?),
        };
        let all: Vec<usize> = (0..self.schema.fields().len()).filter(|column| Some(*column) != topic).collect();
        let value = self.part(&options.format, &options.format_options, all.clone())?;
        let key = match &options.key_format {
            None => None,
            Some(format) => {
                let columns = match options.key_fields.as_slice() {
                    [] => all,
                    names => names.iter().map(|name| self.column("key.fields", name)).collect::<Result<_, _>>()?,
                };
                Some(self.part(format, &options.key_format_options, columns)?)
            }
        };
        Ok((topic, value, key))
    }

    fn part(&self, format: &str, options: &crate::connector::Options, columns: Vec<usize>) -> Result<Part> {
        let whole = columns.len() == self.schema.fields().len();
        let (schema, shape) = if whole {
            (self.schema.clone(), self.shape)
        } else {
            let fields: Vec<_> = columns.iter().map(|column| self.schema.fields()[*column].clone()).collect();
            (Arc::new(Schema::new(fields)), payload_shape(format))
        };
        let encoder = format::find(format)?.encoder(schema, shape, options)?;
        Ok(Part::new(encoder, columns, shape))
    }

    fn column(&self, option: &str, name: &str) -> Result<usize, KafkaError> {
        self.schema.index_of(name).map_err(|_| {
            let names: Vec<_> = self.schema.fields().iter().map(|field| field.name().as_str()).collect();
            KafkaError::Option {
                option: option.into(),
                problem: format!("names the column '{name}', which the stream does not have"),
                hint: format!("its columns are: {}", names.join(", ")),
            }
        })
    }
}

/// Where the Java client and librdkafka differ, the Java client's defaults hold: what a Flink program expects.
fn defaults(options: &mut SinkOptions) {
    let properties = &mut options.properties;
    properties.set_default("partitioner", "murmur2_random");
    properties.set_default("reconnect.backoff.max.ms", "1000");
    let timeout = ["message.timeout.ms", "delivery.timeout.ms"].iter().any(|name| properties.get(name).is_some());
    if !timeout {
        properties.set("message.timeout.ms", "120000");
    }
    // As in Java, idempotence (no reordering, no copies by retries) unless the program set what contradicts it.
    let acks = ["acks", "request.required.acks"].iter().find_map(|name| properties.get(name));
    let all = acks.is_none_or(|acks| matches!(acks.trim(), "all" | "-1"));
    let in_flight = ["max.in.flight", "max.in.flight.requests.per.connection"]
        .iter()
        .find_map(|name| properties.get(name))
        .and_then(|text| text.trim().parse::<u64>().ok());
    let retries = ["retries", "message.send.max.retries"].iter().find_map(|name| properties.get(name));
    if all && in_flight.is_none_or(|count| count <= 5) && retries.is_none_or(|count| count.trim() != "0") {
        properties.set_default("enable.idempotence", "true");
    }
    // only failures are reported: success is the queue running empty
    properties.set("delivery.report.only.error", "true");
}

impl Sink for KafkaSink {
    /// Without checkpoints too: a transaction then ends at each barrier of those by which sources commit.
    fn commits(&self, _checkpoints: bool) -> bool {
        matches!(self.options.guarantee, Guarantee::ExactlyOnce(_))
    }

    fn stores(&self) -> bool {
        true
    }

    /// Each writer knows all that is prepared, so that it takes back nothing that another one is to commit.
    fn spread(&self) -> Spread {
        Spread::Union
    }

    fn writer(&self, context: &SubtaskContext) -> Result<Box<dyn SinkWriter>> {
        let (topic_column, value, key) = self.parts()?;
        let topic = match &self.options.topic {
            Topic::Fixed(topic) => Some(topic.clone()),
            Topic::Field(_) => None,
        };
        let (properties, records) = (&self.options.properties, Records { topic, topic_column, value, key });
        Ok(match &self.options.guarantee {
            Guarantee::ExactlyOnce(told) => {
                if !context.checkpoints && context.subtask == 0 {
                    tracing::warn!(
                        "the Kafka sink '{}' is to write EXACTLY_ONCE, and checkpoints are not enabled: records appear in \
                         transactions, and come again after a failure. env.enable_checkpointing(…) enables them",
                        context.operator
                    );
                }
                Box::new(TransactionalWriter::new(properties, told, records, context)?)
            }
            guarantee => {
                let wait = *guarantee == Guarantee::AtLeastOnce;
                Box::new(KafkaWriter::new(properties, records, wait, context)?)
            }
        })
    }
}
