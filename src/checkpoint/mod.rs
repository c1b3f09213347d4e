//! Barriers, what is stored at them, and the decisions of the checkpoint coordinator.
//!
//! A checkpoint begins with a barrier that every source puts into its stream; every task that lets the barrier pass
//! stores what its operators have ([`Snapshot`]) and acknowledges. When all have, the list of what was stored
//! ([`Manifest`]) makes it a checkpoint. Sinks that hold back what they wrote commit it then, and once all of them have,
//! sources may tell the outside that they are that far. Here is only decided and stored; the runtime acts.

mod archive;
mod barrier;
mod capture;
pub mod codec;
mod commits;
mod coordinator;
mod counts;
mod error;
mod files;
mod manifest;
mod object_storage;
mod shared;
mod simulated;
mod snapshot;
mod storage;

pub use archive::{Archive, Restored};
pub use barrier::{Barrier, BarrierKind};
pub use capture::Capture;
pub use commits::Commits;
pub use coordinator::{Coordinator, Schedule};
pub use counts::{CheckpointCounts, Counts, Latest};
pub use error::CheckpointError;
pub use files::{FileAt, FilesPart, LocalFile, StateFile};
pub use manifest::{Manifest, OperatorState, Stored, SubtaskState};
pub use object_storage::ObjectStorage;
pub use simulated::{Faults, SimulatedStorage};
pub use snapshot::{ItemPart, KeyedPart, Snapshot, Spread};
pub use storage::{FileStorage, MemoryStorage, Storage, storage_at};

pub type CheckpointId = u64;

/// Reads the first bytes of a file: which one it is, and of which version.
fn check_head(from: &mut codec::Decoder, magic: &[u8; 8], known: u16, name: &str) -> Result<u16, CheckpointError> {
    if from.take(magic.len())?[..] != magic[..] {
        return Err(CheckpointError::Foreign { file: name.to_owned() });
    }
    match from.u16()? {
        found if found > known => Err(CheckpointError::Newer { file: name.to_owned(), found, known }),
        version => Ok(version),
    }
}
