//! Windows over columns with built-in aggregates: nothing is done record by record in another language.
//!
//! Windows of one size with their own trigger share what they keep by slice ([`sliced`]); all others go by the rules of
//! [`Windows`](crate::window::Windows) ([`general`]). The results are the key's columns, `window_start` and `window_end`
//! (ms since 1970; null for windows that have none), and the aggregates; their time is the window's last
//! moment, or that of the record that made the window fire earlier or once more.
//!
//! ```
//! use std::sync::Arc;
//! use flott::expression::Expr;
//! use flott::operator::window_aggregate::{Span, WindowAggregate};
//! use flott::types::{DataType, Field, Schema};
//! use flott::window::{BuiltInTrigger, TimeSpan};
//!
//! let schema = Arc::new(Schema::new(vec![
//!     Field::new("user", DataType::Utf8, true),
//!     Field::new("amount", DataType::Int64, true),
//! ]));
//! let total = Expr::from_json(r#"{"call": "sum", "args": [{"col": "amount"}]}"#)?;
//! let minutes = Span::Time(TimeSpan::Tumbling { size: 60_000, offset: 0 });
//! let totals = WindowAggregate::new(&[Expr::column("user")], minutes, true, BuiltInTrigger::EventTime, &[total], &schema)?;
//! let names: Vec<_> = totals.output_schema().fields().iter().map(|field| field.name().as_str()).collect();
//! assert_eq!(names, ["user", "window_start", "window_end", "_c0"]);
//! # Ok::<(), flott::Error>(())
//! ```

mod accumulate;
mod call;
mod chosen;
mod distinct;
mod emit;
mod general;
mod numbers;
mod panes;
mod progress;
mod sliced;
mod waiting;

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};

use self::call::Plan;
use self::general::GeneralWindows;
use self::sliced::SlicedWindows;
use super::key_by::KeyBy;
use super::{Operator, OperatorFactory, SubtaskContext, stored};
use crate::batch::{Batch, Columns, Data, Keys};
use crate::checkpoint::{KeyedPart, Snapshot};
use crate::error::{Error, Result};
use crate::expression::Expr;
use crate::types::{DataType, Field, Schema, SchemaRef, Shape, type_name};
use crate::window::{BuiltInTrigger, Slices, TimeAssigner, TimeSpan};

/// How a stream is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    Time(TimeSpan),
    /// Windows of `size` records of a key, one beginning every `slide`.
    Count {
        size: i64,
        slide: i64,
    },
}

/// The factory of windows over columns. It stands behind a key selector on columns, or none where there is no key.
#[derive(Clone)]
pub struct WindowAggregate {
    span: Span,
    event_time: bool,
    trigger: BuiltInTrigger,
    allowed_lateness: i64,
    late: Option<Arc<str>>,
    plan: Plan,
    key_schema: SchemaRef,
    output: SchemaRef,
}

impl WindowAggregate {
    /// `keys` are the expressions that the stream is keyed by, `event_time` is whether windows go by that.
    ///
    /// Fails where an aggregate does not fit the columns, or two fields of the results would have one name.
    pub fn new(
        keys: &[Expr],
        span: Span,
        event_time: bool,
        trigger: BuiltInTrigger,
        aggregates: &[Expr],
        input: &SchemaRef,
    ) -> Result<WindowAggregate> {
        let key_schema = match keys {
            [] => Arc::new(Schema::empty()),
            keys => KeyBy::new(keys, input)?.key_schema().clone(),
        };
        let plan = Plan::new(aggregates, input)?;
        let time = |name| Arc::new(Field::new(name, DataType::Int64, true));
        let mut fields = key_schema.fields().to_vec();
        fields.extend([time("window_start"), time("window_end")]);
        fields.extend(plan.fields.iter().cloned().map(Arc::new));
        for (at, field) in fields.iter().enumerate() {
            if fields[..at].iter().any(|before| before.name() == field.name()) {
                return Err(Error::config(format!(
                    "aggregate(): two fields of the results are called '{}'",
                    field.name()
                ))
                .with_hint("give an aggregate another name with .alias('…')"));
            }
        }
        let output = Arc::new(Schema::new(fields));
        Ok(WindowAggregate { span, event_time, trigger, allowed_lateness: 0, late: None, plan, key_schema, output })
    }

    /// How long (ms of event time) a window waits for late records behind its end.
    pub fn with_allowed_lateness(mut self, lateness: i64) -> WindowAggregate {
        self.allowed_lateness = lateness;
        self
    }

    /// Sends records that are too late to a side output; otherwise they are dropped and counted.
    pub fn with_late_output(mut self, tag: Option<Arc<str>>) -> WindowAggregate {
        self.late = tag;
        self
    }

    pub fn output_schema(&self) -> &SchemaRef {
        &self.output
    }

    /// Whether windows are of one size and fire when they are over.
    fn slices(&self) -> Option<(Slices, TimeAssigner)> {
        let Span::Time(span) = self.span else { return None };
        let own = if self.event_time { BuiltInTrigger::EventTime } else { BuiltInTrigger::ProcessingTime };
        let slices = Slices::of_span(span).filter(|_| self.trigger == own)?;
        Some((slices, TimeAssigner { span, event_time: self.event_time }))
    }

    /// The columns of the records' keys.
    fn keys<'a>(&self, batch: &'a Batch) -> Result<&'a [ArrayRef]> {
        match batch.keys.as_ref().map(|keys| &keys.values) {
            _ if self.key_schema.fields().is_empty() => Ok(&[]),
            Some(Data::Columns(keys)) => Ok(keys.records.columns()),
            _ => Err(Error::internal("a window over columns was given records without keys of columns")),
        }
    }

    fn overflow(&self, call: usize, batch: &Batch, row: usize) -> Error {
        let error = self.plan.calls[call].overflow();
        match batch.expect_columns().and_then(|columns| waiting::shown(columns, row)) {
            Ok(record) => error.with_input(record),
            Err(_) => error,
        }
    }

    /// What windows are of, in a checkpoint.
    fn what(&self) -> String {
        let calls: Vec<&str> = self.plan.calls.iter().map(|call| call.text.as_str()).collect();
        let clock = if self.event_time { "event time" } else { "processing time" };
        let keys: Vec<String> = self.key_schema.fields().iter().map(|field| type_name(field.data_type())).collect();
        let (calls, keys) = (calls.join(", "), keys.join(", "));
        format!("{calls} of {:?} in {clock} by ({keys}), {:?}", self.span, self.trigger)
    }

    /// The part of a checkpoint that has these columns of keys, and of what belongs to them.
    fn keyed_part(
        &self,
        name: &str,
        groups: &[u16],
        keys: Vec<ArrayRef>,
        columns: impl IntoIterator<Item = ArrayRef>,
    ) -> Result<KeyedPart> {
        let names = (0..).map(|at: usize| format!("column {at}"));
        let records = stored::table(names.zip(keys.into_iter().chain(columns)).collect())?;
        stored::keyed_part(name, &self.what(), &records, groups)
    }

    /// The groups of keys; without keys there is one.
    fn groups(&self, keys: &[ArrayRef], rows: usize, max_parallelism: u16) -> Result<Vec<u16>> {
        if keys.is_empty() {
            return Ok(vec![0; rows]);
        }
        let records = RecordBatch::try_new(self.key_schema.clone(), keys.to_vec())?;
        Ok(Keys::new(Data::Columns(Columns::new(records, Shape::Tuple))).groups(max_parallelism)?.to_vec())
    }

    /// The columns of keys, and of what belongs to them, in each group of a part; `types` are those of the latter.
    fn groups_of(&self, restored: &Snapshot, name: &str, types: Vec<DataType>) -> Result<Vec<Stored>> {
        let Some(part) = restored.keyed(name) else { return Ok(Vec::new()) };
        let keys = self.key_schema.fields();
        let types: Vec<DataType> = keys.iter().map(|field| field.data_type().clone()).chain(types).collect();
        let groups = stored::groups_of(part, &self.what(), &types)?.into_iter().map(|(group, records)| {
            let (keys, columns) = records.columns().split_at(keys.len());
            Stored { group, keys: keys.to_vec(), columns: columns.to_vec() }
        });
        Ok(groups.collect())
    }

    fn warn_open(&self, keys: usize) {
        tracing::warn!(
            "the input ended with open windows of processing time (of {keys} keys), which never fire, as in Flink"
        );
    }
}

/// The columns of a group's keys in a checkpoint, and those of what belongs to them.
struct Stored {
    group: u16,
    keys: Vec<ArrayRef>,
    columns: Vec<ArrayRef>,
}

impl OperatorFactory for WindowAggregate {
    fn create(&self, context: &SubtaskContext) -> Result<Box<dyn Operator>> {
        let of = Arc::new(self.clone());
        Ok(match self.slices() {
            Some((slices, assigner)) => Box::new(SlicedWindows::new(of, slices, assigner, context)?),
            None => Box::new(GeneralWindows::new(of, context)?),
        })
    }
}

#[cfg(test)]
mod tests;
