//! Against real brokers: `FLOTT_TEST_KAFKA` names the bootstrap servers of one, and `FLOTT_KAFKA_LIBS` a folder with
//! Apache Kafka's jars, for tests that stop and start a broker of their own. Without them these tests do nothing but
//! say so (`make test` sets both).

mod bad_days;
mod server;
mod sink;
mod source;
mod transactions;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::message::OwnedHeaders;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

use crate::connector::testing::context_at;
use crate::connector::{self, Options, Polled, Sink, Source, SourceReader, Spec, Split};
use crate::operator::SubtaskContext;
use crate::time::SystemClock;
use crate::types::{SchemaRef, Shape};
use crate::{Error, Result};

pub const PATIENCE: Duration = Duration::from_secs(60);

pub fn context(parallelism: usize) -> SubtaskContext {
    context_at(Arc::new(SystemClock), parallelism, 1000)
}

/// The broker to test against, or a word that there is none.
pub fn broker() -> Option<String> {
    let servers = std::env::var("FLOTT_TEST_KAFKA").ok().filter(|servers| !servers.is_empty());
    if servers.is_none() {
        eprintln!("NOT RUN: this test needs a Kafka broker, named by FLOTT_TEST_KAFKA (host:port)");
    }
    servers
}

/// A name that no other test and no earlier run uses.
pub fn unique(name: &str) -> String {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros();
    format!("{name}-{since}-{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

pub fn admin(servers: &str) -> AdminClient<DefaultClientContext> {
    ClientConfig::new().set("bootstrap.servers", servers).create().unwrap()
}

pub fn create_topic(servers: &str, name: &str, partitions: i32, config: &[(&str, &str)]) {
    let mut topic = NewTopic::new(name, partitions, TopicReplication::Fixed(1));
    topic.config = config.to_vec();
    let options = AdminOptions::new().request_timeout(Some(PATIENCE)).operation_timeout(Some(PATIENCE));
    for result in block_on(admin(servers).create_topics(&[topic], &options)).unwrap() {
        result.unwrap();
    }
}

#[derive(Default, Clone)]
pub struct Record<'a> {
    pub partition: i32,
    pub key: Option<&'a [u8]>,
    pub value: Option<&'a [u8]>,
    pub timestamp: Option<i64>,
    pub headers: Option<OwnedHeaders>,
}

pub fn text<'a>(partition: i32, value: &'a str) -> Record<'a> {
    Record { partition, value: Some(value.as_bytes()), ..Record::default() }
}

pub fn producer(servers: &str, more: &[(&str, &str)]) -> BaseProducer {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", servers).set("message.max.bytes", "30000000");
    more.iter().for_each(|(name, value)| {
        config.set(*name, *value);
    });
    config.create().unwrap()
}

pub fn send(producer: &BaseProducer, topic: &str, records: &[Record<'_>]) {
    for record in records {
        let mut out: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(topic).partition(record.partition);
        (out.key, out.payload, out.timestamp) = (record.key, record.value, record.timestamp);
        out.headers = record.headers.clone();
        while let Err((error, again)) = producer.send(out) {
            assert_eq!(error.rdkafka_error_code(), Some(rdkafka::types::RDKafkaErrorCode::QueueFull));
            out = again;
            producer.poll(Duration::from_millis(10));
        }
    }
    producer.flush(PATIENCE).unwrap();
}

/// Sends records to a topic of a broker, and returns when the broker has them.
pub fn produce(servers: &str, topic: &str, records: &[Record<'_>]) {
    send(&producer(servers, &[]), topic, records);
}

pub fn strings() -> (SchemaRef, Shape) {
    (Arc::new(Schema::new(vec![Field::new("value", DataType::Utf8, true)])), Shape::Scalar)
}

pub fn spec(servers: &str, row_type: (SchemaRef, Shape), pairs: &[(&str, &str)]) -> Spec {
    let mut options: std::collections::BTreeMap<String, String> =
        [("properties.bootstrap.servers", servers), ("format", "string")]
            .iter()
            .chain(pairs)
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
    options.insert("connector".into(), "kafka".into());
    Spec { options: Options::new(options), row_type: Some(row_type) }
}

pub fn source(servers: &str, pairs: &[(&str, &str)]) -> Result<Box<dyn Source>> {
    connector::find("kafka")?.source(&spec(servers, strings(), pairs))
}

pub fn sink(servers: &str, row_type: (SchemaRef, Shape), pairs: &[(&str, &str)]) -> Result<Box<dyn Sink>> {
    connector::find("kafka")?.sink(&spec(servers, row_type, pairs))
}

/// What the engine does with a source of one subtask.
pub struct Run {
    pub reader: Box<dyn SourceReader>,
    pub context: SubtaskContext,
    pub open: usize,
    /// What was read: the split, and the rows as they came.
    pub batches: Vec<(String, RecordBatch, Option<Vec<i64>>)>,
}

impl Run {
    pub fn start(source: &dyn Source) -> Result<Run> {
        let context = context(1);
        let splits = source.enumerator(&context)?.discover()?;
        Run::resume(source, context, splits)
    }

    pub fn resume(source: &dyn Source, context: SubtaskContext, splits: Vec<Split>) -> Result<Run> {
        let mut reader = source.reader(&context)?;
        let open = splits.len();
        reader.add_splits(splits)?;
        Ok(Run { reader, context, open, batches: Vec::new() })
    }

    /// Polls once; whether it is worth going on.
    pub fn step(&mut self) -> Result<()> {
        match self.reader.poll(Duration::from_millis(100))? {
            Polled::Nothing => {}
            Polled::SplitEnd { .. } => self.open -= 1,
            Polled::Records { split, batch } => {
                let records = batch.expect_columns()?.records.clone();
                assert!(records.num_rows() > 0, "batches are never empty");
                self.batches.push((split.to_string(), records, batch.timestamps));
            }
        }
        Ok(())
    }

    /// Reads until all splits have ended.
    pub fn read_to_end(&mut self) -> Result<()> {
        self.until(|run| run.open == 0)
    }

    pub fn until_rows(&mut self, rows: usize) -> Result<()> {
        self.until(|run| run.rows() >= rows)
    }

    pub fn until(&mut self, done: impl Fn(&Run) -> bool) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while !done(self) {
            if Instant::now() > deadline {
                return Err(Error::internal(format!("still waiting after {} rows", self.rows())));
            }
            self.step()?;
        }
        Ok(())
    }

    pub fn rows(&self) -> usize {
        self.batches.iter().map(|(_, records, _)| records.num_rows()).sum()
    }

    /// The texts of the first column, with all splits' or one's.
    pub fn texts(&self, split: Option<&str>) -> Vec<String> {
        let wanted = self.batches.iter().filter(|(name, ..)| split.is_none_or(|split| split == name));
        wanted
            .flat_map(|(_, records, _)| {
                records.column(0).as_string::<i32>().iter().map(|text| text.unwrap_or("NULL").to_owned())
            })
            .collect()
    }

    pub fn counter(&self, name: &str) -> u64 {
        self.context.metrics.counter(name).get()
    }

    /// Commits what was read, as the engine does when it is safe, and closes.
    pub fn commit_and_close(&mut self) -> Result<()> {
        let splits = self.reader.snapshot();
        self.reader.commit(&splits)?;
        self.reader.close()
    }
}

/// Reads a whole topic as it is now.
pub fn read_all(servers: &str, pairs: &[(&str, &str)]) -> Result<Run> {
    let bounded = [&[("scan.bounded.mode", "latest-offset")], pairs].concat();
    let source = source(servers, &bounded)?;
    let mut run = Run::start(source.as_ref())?;
    run.read_to_end()?;
    Ok(run)
}
