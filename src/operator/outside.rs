//! Operators whose work goes on outside their task's thread: how much of it there is, and how it wakes the task.

use std::sync::Arc;

/// Wakes the task an operator belongs to, from any thread. Once awake, the task asks its operators for
/// [`super::Operator::next_wakeup`].
#[derive(Clone)]
pub struct Waker(Arc<dyn Fn() + Send + Sync>);

impl Waker {
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Waker(Arc::new(wake))
    }

    pub fn wake(&self) {
        (self.0)();
    }
}

/// What an operator still has to do with the records it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Load {
    /// Nothing: all results have been emitted.
    #[default]
    Done,
    /// Some results are still being made outside the task's thread. The end of the input waits for them, and barriers do
    /// unless [`super::Operator::holds_barriers`] says otherwise.
    InFlight,
    /// So many that its task takes in no more records for now; those of operators before it in its chain still come.
    Full,
}
