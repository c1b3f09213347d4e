//! Against a real broker.
use std::sync::Arc;

use crate::metrics::OperatorMetrics;
use crate::operator::SubtaskContext;
use crate::time::SystemClock;

pub fn context(parallelism: usize) -> SubtaskContext {
    SubtaskContext {
        operator: "kafka".into(),
        job_name: "test".into(),
        subtask: 0,
        parallelism,
        max_parallelism: 128,
        batch_size: 1000,
        clock: Arc::new(SystemClock),
        metrics: OperatorMetrics::default(),
        cancelled: Arc::default(),
    }
}
