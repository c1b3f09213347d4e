//! `Parse`: payloads to typed columns.
//!
//! The input is a stream of bare texts or bytes; a format decodes each into rows, which keep its timestamp. A payload
//! that cannot be decoded goes unchanged to a side output where one is given; otherwise it is skipped and counted
//! (`ignore-parse-errors`) or fails the job.
//!
//! `{"id": 1}`, `{"id": ` with the format `json` and the schema `id INT` gives the row `1` and, on the side, `{"id": `.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};

use super::{Operator, Output};
use crate::batch::Batch;
use crate::error::{Error, Result};
use crate::format::{
    Decoder, FIELDS_IN_ERRORS, IGNORE_PARSE_ERRORS, NULLS_SKIPPED, RECORDS_IN_ERRORS, TEXTS_REPLACED, payload_text,
};
use crate::metrics::{Counter, OperatorMetrics};
use crate::options::Options;
use crate::types::{DataType, SchemaRef, Shape, type_name};

pub struct Parse {
    decoder: Box<dyn Decoder>,
    shape: Shape,
    side: Option<Arc<str>>,
    ignore_errors: bool,
    records_in_errors: Counter,
    fields_in_errors: Counter,
    texts_replaced: Counter,
    nulls_skipped: Counter,
}

impl Parse {
    /// `options` are those of the format without a prefix; `side` is the tag of the side output for bad payloads.
    pub fn new(
        format: &str,
        schema: SchemaRef,
        shape: Shape,
        options: &Options,
        side: Option<Arc<str>>,
        metrics: &OperatorMetrics,
    ) -> Result<Self> {
        let ignore_errors = options.parse(IGNORE_PARSE_ERRORS, false)?;
        if ignore_errors && side.is_some() {
            return Err(Error::config("bad records can be ignored or sent to a side output, not both")
                .with_hint("leave out the option 'ignore-parse-errors'"));
        }
        Ok(Parse {
            decoder: crate::format::find(format)?.decoder(schema, shape, options)?,
            shape,
            side,
            ignore_errors,
            records_in_errors: metrics.counter(RECORDS_IN_ERRORS),
            fields_in_errors: metrics.counter(FIELDS_IN_ERRORS),
            texts_replaced: metrics.counter(TEXTS_REPLACED),
            nulls_skipped: metrics.counter(NULLS_SKIPPED),
        })
    }

    /// Decodes all payloads; returns from which payload each row came, and the payloads that are bad.
    fn decode(&mut self, payloads: &Payloads) -> Result<(Vec<u32>, Vec<u32>)> {
        let (mut origins, mut bad) = (Vec::with_capacity(payloads.len()), Vec::new());
        for at in 0..payloads.len() {
            let Some(payload) = payloads.get(at) else {
                self.nulls_skipped.add(1);
                continue;
            };
            match self.decoder.decode(payload) {
                Ok(rows) => origins.resize(origins.len() + rows, at as u32),
                Err(_) if self.ignore_errors || self.side.is_some() => {
                    self.records_in_errors.add(1);
                    bad.push(at as u32);
                }
                Err(error) => return Err(error.with_input(payload_text(payload))),
            }
        }
        Ok((origins, bad))
    }
}

impl Operator for Parse {
    fn process(&mut self, _input: usize, batch: Batch, output: &mut Output) -> Result<()> {
        let column = batch.expect_columns()?.records.column(0).clone();
        let payloads = Payloads::new(&column)?;
        let (origins, bad) = self.decode(&payloads)?;
        self.fields_in_errors.add(self.decoder.take_nulled_fields());
        self.texts_replaced.add(self.decoder.take_replaced_texts());
        let mut parsed = Batch::columns(self.decoder.finish()?, self.shape);
        let origin = |at: &u32| *at as usize;
        parsed.timestamps = batch.timestamps.as_ref().map(|times| origins.iter().map(|at| times[origin(at)]).collect());
        parsed.row_kinds = batch.row_kinds.as_ref().map(|kinds| origins.iter().map(|at| kinds[origin(at)]).collect());
        output.emit(parsed);
        if let (Some(side), false) = (&self.side, bad.is_empty()) {
            output.emit_side(side, batch.take(bad)?);
        }
        Ok(())
    }
}

/// The one column of a stream of payloads.
enum Payloads<'a> {
    Text(&'a arrow::array::StringArray),
    Binary(&'a arrow::array::BinaryArray),
}

impl<'a> Payloads<'a> {
    fn new(column: &'a ArrayRef) -> Result<Self> {
        match column.data_type() {
            DataType::Utf8 => Ok(Payloads::Text(column.as_string())),
            DataType::Binary => Ok(Payloads::Binary(column.as_binary())),
            other => Err(Error::config(format!(
                "only a stream of STRING or BYTES can be parsed, not one of {}",
                type_name(other)
            ))),
        }
    }

    fn len(&self) -> usize {
        match self {
            Payloads::Text(array) => array.len(),
            Payloads::Binary(array) => array.len(),
        }
    }

    fn get(&self, at: usize) -> Option<&'a [u8]> {
        match self {
            Payloads::Text(array) => array.is_valid(at).then(|| array.value(at).as_bytes()),
            Payloads::Binary(array) => array.is_valid(at).then(|| array.value(at)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operator::Emission;
    use crate::options::testing::options;
    use crate::types::{Field, Schema};
    use arrow::array::StringArray;
    use arrow::datatypes::Int32Type;

    fn schema() -> SchemaRef {
        Arc::new(Schema::new(vec![Field::new("id", DataType::Int32, true)]))
    }

    fn payloads() -> Batch {
        let texts = StringArray::from(vec![Some(r#"{"id": 1}"#), Some(r#"{"id": "#), None, Some(r#"{"id": 4}"#)]);
        let columns = crate::batch::Columns::scalar(Arc::new(texts));
        Batch::columns(columns.records, columns.shape).with_timestamps(Some(vec![10, 20, 30, 40]))
    }

    fn run(side: Option<&str>, entries: &[(&str, &str)]) -> Result<(Vec<Emission>, OperatorMetrics)> {
        let metrics = OperatorMetrics::default();
        let mut parse = Parse::new("json", schema(), Shape::Row, &options(entries), side.map(Into::into), &metrics)?;
        let mut output = Output::default();
        parse.process(0, payloads(), &mut output)?;
        Ok((output.take(), metrics))
    }

    fn ids(emission: &Emission) -> (Vec<i32>, Option<Vec<i64>>) {
        let Emission::Batch(None, batch) = emission else { panic!("no main output") };
        let ids = batch.expect_columns().unwrap().records.column(0).as_primitive::<Int32Type>().values().to_vec();
        (ids, batch.timestamps.clone())
    }

    #[test]
    fn bad_payloads_go_to_the_side_unchanged() {
        let (emissions, metrics) = run(Some("bad"), &[]).unwrap();
        assert_eq!(ids(&emissions[0]), (vec![1, 4], Some(vec![10, 40])));
        let Emission::Batch(Some(tag), side) = &emissions[1] else { panic!("no side output") };
        assert_eq!(tag.as_ref(), "bad");
        assert_eq!(side.expect_columns().unwrap().records.column(0).as_string::<i32>().value(0), r#"{"id": "#);
        assert_eq!(side.timestamps, Some(vec![20]));
        let counters = metrics.snapshot();
        assert_eq!((counters[RECORDS_IN_ERRORS], counters[NULLS_SKIPPED]), (1, 1));
    }

    #[test]
    fn bad_payloads_are_skipped_and_counted() {
        let (emissions, metrics) = run(None, &[(IGNORE_PARSE_ERRORS, "true")]).unwrap();
        assert_eq!(emissions.len(), 1);
        assert_eq!(ids(&emissions[0]).0, [1, 4]);
        assert_eq!(metrics.snapshot()[RECORDS_IN_ERRORS], 1);
    }

    #[test]
    fn a_bad_payload_fails_the_job_and_is_shown() {
        let error = run(None, &[]).err().unwrap();
        assert_eq!(error.kind(), crate::ErrorKind::Data);
        assert_eq!(error.input(), Some(r#"{"id": "#));
    }

    #[test]
    fn the_two_ways_exclude_each_other() {
        let error = run(Some("bad"), &[(IGNORE_PARSE_ERRORS, "true")]).err().unwrap();
        assert_eq!(error.kind(), crate::ErrorKind::Config);
    }
}
