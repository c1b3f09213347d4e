//! Runs one operator on one batch.

pub(crate) mod subtasks;

use std::sync::Arc;

use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::{Emission, OperatorFactory, Output, SubtaskContext, Waker};
use crate::batch::{Batch, Data};
use crate::metrics::OperatorMetrics;
use crate::time::{Clock, ManualClock};

pub(crate) struct Emitted(Vec<Emission>);

impl Emitted {
    fn find(&self, tag: Option<&str>) -> Batch {
        let batch = self.0.iter().find_map(|emission| match emission {
            Emission::Batch(of, batch) if of.as_deref() == tag => Some(batch.clone()),
            _ => None,
        });
        batch.expect("the operator emitted a batch")
    }

    pub fn main(&self) -> Batch {
        self.find(None)
    }

    pub fn side(&self, tag: &str) -> Batch {
        self.find(Some(tag))
    }
}

/// The context of subtask 0.
pub(crate) fn context_at(clock: Arc<dyn Clock>, parallelism: usize, batch_size: usize) -> SubtaskContext {
    SubtaskContext {
        operator: "test".into(),
        job_name: "test".into(),
        subtask: 0,
        parallelism,
        max_parallelism: 128,
        groups: 0..=127,
        batch_size,
        watermark_pace: Default::default(),
        clock,
        metrics: OperatorMetrics::default(),
        cancelled: Arc::default(),
        waker: Waker::new(|| ()),
        durable: true,
        checkpoints: false,
        restored: Arc::default(),
        archive: None,
        backend: Arc::default(),
    }
}

pub(crate) fn context() -> SubtaskContext {
    context_at(Arc::new(ManualClock::new(0)), 1, 1024)
}

pub(crate) fn run(factory: &dyn OperatorFactory, batch: Batch) -> Emitted {
    let mut output = Output::default();
    let mut operator = factory.create(&context()).unwrap();
    operator.open().unwrap();
    operator.process(0, batch, &mut output).unwrap();
    operator.close().unwrap();
    Emitted(output.take())
}

pub(crate) fn printed(batch: &Batch) -> Vec<String> {
    printed_data(&batch.data)
}

/// Each record as `name=value, …`.
pub(crate) fn printed_data(data: &Data) -> Vec<String> {
    let Data::Columns(columns) = data else { panic!("a batch of columns is expected") };
    let options = FormatOptions::default().with_null("null");
    let records = &columns.records;
    let field = |at: usize, row: usize| {
        let formatter = ArrayFormatter::try_new(records.column(at).as_ref(), &options).unwrap();
        format!("{}={}", records.schema_ref().field(at).name(), formatter.value(row))
    };
    let row = |row: usize| (0..records.num_columns()).map(|at| field(at, row)).collect::<Vec<_>>().join(", ");
    (0..records.num_rows()).map(row).collect()
}
