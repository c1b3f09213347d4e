//! Barriers and the decisions of the checkpoint coordinator.
//!
//! A checkpoint begins with a barrier that every source puts into its stream; when every task has let the
//! barrier pass (each sink having made safe what came before it), the checkpoint is complete and sources
//! may tell the outside that they are that far. The coordinator only decides; the runtime acts.

mod coordinator;

pub use coordinator::Coordinator;

pub type CheckpointId = u64;
