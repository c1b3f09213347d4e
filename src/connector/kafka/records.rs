//! What is written of a record: its topic, its key and its value.

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;

use super::error::KafkaError;
use crate::batch::{Batch, Columns};
use crate::error::{Error, Result};
use crate::format::Encoder;
use crate::types::Shape;

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

/// A record as it is sent.
pub struct Outgoing<'a> {
    pub topic: &'a str,
    pub key: Option<&'a [u8]>,
    pub value: Option<&'a [u8]>,
    pub timestamp: i64,
}

/// Where records go and how they become bytes.
pub struct Records {
    /// `None` where a column names it.
    pub topic: Option<String>,
    pub topic_column: Option<usize>,
    pub value: Part,
    pub key: Option<Part>,
}

impl Records {
    /// Hands over each record of the batch, in order.
    pub fn each(&mut self, batch: &Batch, mut send: impl FnMut(&Outgoing<'_>) -> Result<()>) -> Result<()> {
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
            let (key, value) = (self.key.as_ref().and_then(|key| key.payload(row)), self.value.payload(row));
            send(&Outgoing { topic, key, value, timestamp: batch.timestamp(row) })?;
        }
        Ok(())
    }
}
