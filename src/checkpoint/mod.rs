//! Barriers and the decisions of the checkpoint coordinator.
//!
//! A checkpoint begins with a barrier that every source puts into its stream; when every task has let the
//! barrier pass (each sink having made safe what came before it), the checkpoint is complete. Sinks that hold back
//! what they wrote commit it then, and once all of them have, sources may tell the outside that they are that far.
//! Here is only decided; the runtime acts.

mod commits;
mod coordinator;

pub use commits::Commits;
pub use coordinator::Coordinator;

pub type CheckpointId = u64;
