//! A look into a running job: everything its operators emit, before it goes on.

use crate::batch::Batch;
use crate::error::Result;
use crate::graph::NodeId;

/// Which subtask of which operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tapped {
    pub operator: NodeId,
    pub subtask: usize,
}

/// Sees what every operator emits, also where nothing reads it.
pub trait Tap: Send + Sync {
    /// Records of the main output (`None`) or of a side output.
    fn records(&self, from: Tapped, tag: Option<&str>, batch: &Batch) -> Result<()>;

    fn watermark(&self, from: Tapped, watermark: i64) -> Result<()>;
}
