//! What the tests of connectors and operators share.

use std::sync::Arc;

use super::Options;
use crate::metrics::OperatorMetrics;
use crate::operator::SubtaskContext;
use crate::time::ManualClock;

/// The context of subtask 0 under a clock that stands at 0.
pub fn context(parallelism: usize, batch_size: usize) -> SubtaskContext {
    context_at(Arc::new(ManualClock::new(0)), parallelism, batch_size)
}

pub fn context_at(clock: Arc<ManualClock>, parallelism: usize, batch_size: usize) -> SubtaskContext {
    SubtaskContext {
        operator: "test".into(),
        job_name: "test".into(),
        subtask: 0,
        parallelism,
        max_parallelism: 128,
        batch_size,
        clock,
        metrics: OperatorMetrics::default(),
        cancelled: Arc::default(),
    }
}

pub fn options(entries: &[(&str, &str)]) -> Options {
    Options::new(entries.iter().map(|(key, value)| (key.to_string(), value.to_string())))
}
