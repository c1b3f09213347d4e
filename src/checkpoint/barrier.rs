//! What flows through the streams at a checkpoint.

use super::CheckpointId;

/// Everything in front of it belongs to the checkpoint, and nothing behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Barrier {
    pub checkpoint: CheckpointId,
    pub kind: BarrierKind,
    /// The processing time (ms) from which it does not wait for the records in front of it: they become part of the
    /// checkpoint.
    pub overtakes_at: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BarrierKind {
    Checkpoint,
    /// Somebody asked for it: it is kept until somebody removes it.
    Savepoint,
    /// Of a savepoint behind which nothing comes: the job ends with it, or goes on if it fails.
    Stop,
}

impl Barrier {
    /// One that waits for the records in front of it.
    pub fn aligned(checkpoint: CheckpointId, kind: BarrierKind) -> Self {
        Barrier { checkpoint, kind, overtakes_at: i64::MAX }
    }

    pub fn is_savepoint(self) -> bool {
        self.kind != BarrierKind::Checkpoint
    }
}
