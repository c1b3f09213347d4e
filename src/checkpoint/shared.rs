//! Which files checkpoints share, and who needs them still.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use super::CheckpointId;

/// The directory of files that checkpoints share.
pub const SHARED: &str = "shared";

/// The shared files of each checkpoint that is being taken or kept.
#[derive(Clone, Default)]
pub struct SharedFiles(Arc<Mutex<BTreeMap<CheckpointId, BTreeSet<String>>>>);

impl SharedFiles {
    fn uses(&self) -> MutexGuard<'_, BTreeMap<CheckpointId, BTreeSet<String>>> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// That checkpoint needs that file; whether it is stored already, for this one or another.
    pub fn need(&self, checkpoint: CheckpointId, path: &str) -> bool {
        let mut uses = self.uses();
        let stored = uses.values().any(|files| files.contains(path));
        uses.entry(checkpoint).or_default().insert(path.to_owned());
        stored
    }

    /// A file could not be stored: it is not there for other checkpoints either.
    pub fn lost(&self, path: &str) {
        for files in self.uses().values_mut() {
            files.remove(path);
        }
    }

    /// Checkpoints for which that holds are removed; the files that nobody needs any more.
    pub fn release(&self, gone: impl Fn(CheckpointId) -> bool) -> Vec<String> {
        let mut uses = self.uses();
        let mut free = BTreeSet::new();
        uses.retain(|checkpoint, files| {
            if gone(*checkpoint) {
                free.append(files);
            }
            !gone(*checkpoint)
        });
        free.into_iter().filter(|path| !uses.values().any(|files| files.contains(path))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_goes_with_the_last_checkpoint_that_needs_it() {
        let files = SharedFiles::default();
        assert!(!files.need(1, "a"));
        assert!(!files.need(1, "b"));
        assert!(files.need(2, "a"));
        assert!(!files.need(2, "c"));
        assert_eq!(files.release(|checkpoint| checkpoint == 1), ["b"]);
        assert!(files.need(3, "a"));
        // 2 was abandoned while 3 is being taken
        assert_eq!(files.release(|checkpoint| checkpoint == 2), ["c"]);
        assert_eq!(files.release(|checkpoint| checkpoint != 9), ["a"]);
        assert!(!files.need(4, "a"), "it has to be stored again");
        files.lost("a");
        assert!(!files.need(5, "a"));
    }
}
