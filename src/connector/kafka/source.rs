//! The source: checks its options once, then makes the enumerator and the readers.

use std::sync::Arc;

use arrow::datatypes::Schema;

use super::enumerator::KafkaEnumerator;
use super::error::KafkaError;
use super::metadata::MetadataColumns;
use super::options::SourceOptions;
use super::reader::KafkaReader;
use crate::connector::{Boundedness, Source, SourceReader, Spec, SplitEnumerator};
use crate::error::Result;
use crate::format::{self, Decoder};
use crate::operator::SubtaskContext;
use crate::types::{SchemaRef, Shape};

pub struct KafkaSource {
    options: Arc<SourceOptions>,
    schema: SchemaRef,
    shape: Shape,
}

/// What turns a subtask's messages into columns.
pub struct Decoding {
    pub decoder: Box<dyn Decoder>,
    pub metadata: MetadataColumns,
    pub schema: SchemaRef,
    pub shape: Shape,
}

impl KafkaSource {
    pub fn new(spec: &Spec) -> Result<KafkaSource> {
        let mut options = SourceOptions::parse(&spec.options)?;
        let properties = &mut options.properties;
        // Offsets are committed when the engine says so, the end of a partition tells a bounded read that it is
        // done, and a lost offset is dealt with by the reader, which can say what is lost.
        properties.set("enable.auto.commit", "false");
        properties.set("enable.auto.offset.store", "false");
        properties.set("enable.partition.eof", "true");
        properties.set("auto.offset.reset", "error");
        // Flink's default is Kafka's: read_uncommitted; librdkafka's own differs
        properties.set_default("isolation.level", "read_uncommitted");
        // fetch again at once when the queue has room: the default waits a second
        properties.set_default("fetch.queue.backoff.ms", "10");
        let (schema, shape) = spec.row_type.clone().ok_or_else(|| KafkaError::Option {
            option: "format".into(),
            problem: "has no row type to read into".into(),
            hint: "declare the type of the records".into(),
        })?;
        let source = KafkaSource { options: Arc::new(options), schema, shape };
        // what the format or the metadata columns do not like is said now, not when the job runs
        source.decoding()?;
        Ok(source)
    }

    fn decoding(&self) -> Result<Decoding> {
        let options = &self.options;
        let fields = self.schema.fields();
        let own = fields.len().checked_sub(options.metadata.len()).filter(|own| *own > 0).ok_or_else(|| {
            KafkaError::Option {
                option: "metadata".into(),
                problem: format!("asks for {} columns, the row type has {}", options.metadata.len(), fields.len()),
                hint: "declare a column for each, behind those of the format".into(),
            }
        })?;
        let (payload, shape) = if options.metadata.is_empty() {
            (self.schema.clone(), self.shape)
        } else {
            let payload: SchemaRef = Arc::new(Schema::new(fields[..own].to_vec()));
            (payload, payload_shape(&options.format))
        };
        Ok(Decoding {
            decoder: format::find(&options.format)?.decoder(payload, shape, &options.format_options)?,
            metadata: MetadataColumns::new(&options.metadata, &fields[own..])?,
            schema: self.schema.clone(),
            shape: self.shape,
        })
    }
}

/// The shape of some columns of a row as a format sees them: a format of bare values is given one.
pub fn payload_shape(format: &str) -> Shape {
    if matches!(format, "string" | "bytes") { Shape::Scalar } else { Shape::Row }
}

impl Source for KafkaSource {
    fn boundedness(&self) -> Boundedness {
        if self.options.bounded { Boundedness::Bounded } else { Boundedness::Unbounded }
    }

    fn commits(&self) -> bool {
        true
    }

    fn enumerator(&self, context: &SubtaskContext) -> Result<Box<dyn SplitEnumerator>> {
        Ok(Box::new(KafkaEnumerator::new(self.options.clone(), context)))
    }

    fn reader(&self, context: &SubtaskContext) -> Result<Box<dyn SourceReader>> {
        Ok(Box::new(KafkaReader::new(self.options.clone(), self.decoding()?, context)?))
    }
}
