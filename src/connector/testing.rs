//! What the tests of connectors share.

use std::sync::Arc;

use crate::operator::SubtaskContext;
use crate::time::ManualClock;

pub(crate) use crate::operator::testing::context_at;
pub(crate) use crate::options::testing::options;

/// The context of subtask 0 under a clock that stands at 0.
pub fn context(parallelism: usize, batch_size: usize) -> SubtaskContext {
    context_at(Arc::new(ManualClock::new(0)), parallelism, batch_size)
}
