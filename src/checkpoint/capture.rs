//! A snapshot on its way: what belongs to it is fixed at the barrier, and the rest of the work is done later.

use super::Snapshot;
use crate::error::{Error, Result};

/// What an operator has at a barrier.
pub enum Capture {
    /// As it is to be stored.
    Ready(Snapshot),
    /// Fixed, and encoded by whoever stores it, in another thread.
    Deferred(Box<dyn FnOnce() -> Result<Snapshot> + Send>),
    /// Fixed; the operator hands it over in slices, between batches.
    Unfinished,
}

impl Default for Capture {
    fn default() -> Self {
        Capture::Ready(Snapshot::default())
    }
}

impl Capture {
    pub fn deferred(encode: impl FnOnce() -> Result<Snapshot> + Send + 'static) -> Capture {
        Capture::Deferred(Box::new(encode))
    }

    pub fn is_unfinished(&self) -> bool {
        matches!(self, Capture::Unfinished)
    }

    /// Encodes what is not yet.
    pub fn into_snapshot(self) -> Result<Snapshot> {
        match self {
            Capture::Ready(snapshot) => Ok(snapshot),
            Capture::Deferred(encode) => encode(),
            Capture::Unfinished => Err(Error::internal("a snapshot was stored before it was taken")),
        }
    }
}
