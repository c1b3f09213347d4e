//! What became of a job's checkpoints, for whoever watches it.

use std::sync::{Arc, Mutex, PoisonError};

use super::CheckpointId;

/// Shared by all clones: it outlives the restarts of a job.
#[derive(Debug, Clone, Default)]
pub struct CheckpointCounts(Arc<Mutex<Counts>>);

/// The checkpoints of a job so far; savepoints are not among them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Flink's `numberOfCompletedCheckpoints`.
    pub completed: u64,
    /// Flink's `numberOfFailedCheckpoints`.
    pub failed: u64,
    pub latest: Option<Latest>,
}

/// The last checkpoint that was complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Latest {
    pub id: CheckpointId,
    /// When it was complete, in ms since 1970.
    pub at: i64,
    /// From its start, in ms: Flink's `lastCheckpointDuration`.
    pub took: i64,
}

impl CheckpointCounts {
    pub fn completed(&self, id: CheckpointId, started: i64, now: i64) {
        self.change(|counts| {
            counts.completed += 1;
            counts.latest = Some(Latest { id, at: now, took: now.saturating_sub(started) });
        });
    }

    pub fn failed(&self) {
        self.change(|counts| counts.failed += 1);
    }

    pub fn get(&self) -> Counts {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
