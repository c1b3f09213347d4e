//! A savepoint that somebody asks a running job for.

use crate::checkpoint::Archive;
use crate::error::{Error, Result};

/// How a job ends with a savepoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// As it stands, to go on from the savepoint.
    Suspend,
    /// Behind the end of event time, for good: all windows and timers fire first.
    Drain,
}

/// Called once, in the master's thread, before a job that is to stop ends.
pub type Deliver = Box<dyn FnOnce(Result<()>) + Send>;

/// Whoever asks hears of it in any case: also of a job that ends meanwhile.
pub struct SavepointRequest {
    pub archive: Archive,
    pub stop: Option<Stop>,
    deliver: Option<Deliver>,
}

impl SavepointRequest {
    /// `archive` is that of the savepoint.
    pub fn new(archive: Archive, stop: Option<Stop>, deliver: Deliver) -> Self {
        SavepointRequest { archive, stop, deliver: Some(deliver) }
    }

    pub fn answer(mut self, result: Result<()>) {
        if let Some(deliver) = self.deliver.take() {
            deliver(result);
        }
    }
}

impl Drop for SavepointRequest {
    fn drop(&mut self) {
        if let Some(deliver) = self.deliver.take() {
            deliver(Err(Error::connector("the job ended, or failed, before its savepoint was complete")
                .with_hint("look at what the job itself says; if it has been started again, ask it again")));
        }
    }
}
