//! Waiting for a database's answer, and no longer than the job lives.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::runtime::Runtime;

use super::client::Outcome;
use super::error::{Reason, Trouble};

/// How often whoever waits looks whether the job was cancelled.
pub const CANCEL_CHECK: Duration = Duration::from_millis(50);

/// A runtime for one connection. A statement may wait for a lock as long as others hold it: Ctrl-C must not.
pub struct Attended {
    runtime: Runtime,
    cancelled: Arc<AtomicBool>,
}

impl Attended {
    pub fn new(cancelled: &Arc<AtomicBool>) -> Outcome<Attended> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Trouble::new(Reason::Other, "", error.to_string()))?;
        Ok(Attended { runtime, cancelled: cancelled.clone() })
    }

    /// Runs the future to its end; an error when the job is cancelled meanwhile. What is done sooner than
    /// [`CANCEL_CHECK`] is done in any case.
    pub fn block_on<T>(&self, work: impl Future<Output = T>) -> Outcome<T> {
        self.runtime.block_on(async {
            let mut work = std::pin::pin!(work);
            loop {
                if let Ok(done) = tokio::time::timeout(CANCEL_CHECK, work.as_mut()).await {
                    return Ok(done);
                }
                if self.cancelled.load(Ordering::Relaxed) {
                    return Err(Trouble::cancelled());
                }
            }
        })
    }
}
