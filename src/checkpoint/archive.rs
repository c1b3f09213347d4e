//! The checkpoints of a job in a storage: a directory each, `chk-7`, which its manifest makes complete.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::{CheckpointError, CheckpointId, Manifest, OperatorState, Snapshot, Storage, Stored};
use crate::error::{Error, Result};

const MANIFEST: &str = "_metadata";
/// Snapshots up to this size (bytes) stand in the manifest: a file costs more than it holds.
const INLINE: usize = 16 << 10;

#[derive(Clone)]
pub struct Archive {
    storage: Arc<dyn Storage>,
    /// The directory of the one savepoint that it is for.
    savepoint: Option<Arc<str>>,
}

impl Archive {
    pub fn new(storage: Arc<dyn Storage>) -> Self {
        Archive { storage, savepoint: None }
    }

    /// The place of one new savepoint, and its directory's name: as Flink calls them, `savepoint-`, the beginning of the
    /// job's id, and a random number.
    pub fn new_savepoint(storage: Arc<dyn Storage>, job_id: &str) -> (Self, String) {
        let (id, random) = (job_id.get(..6).unwrap_or(job_id), uuid::Uuid::new_v4().simple().to_string());
        let name = format!("savepoint-{id}-{}", &random[..12]);
        (Archive { storage, savepoint: Some(name.as_str().into()) }, name)
    }

    fn directory(&self, checkpoint: CheckpointId) -> String {
        match &self.savepoint {
            Some(directory) => directory.to_string(),
            None => format!("chk-{checkpoint}"),
        }
    }

    /// See [`Storage::lasts`].
    pub fn lasts(&self) -> bool {
        self.storage.lasts()
    }

    /// Stores what a subtask has. `name` is unique within the checkpoint.
    pub fn put(&self, checkpoint: CheckpointId, name: &str, snapshot: &Snapshot) -> Result<Stored> {
        let encoded = snapshot.encode();
        if encoded.len() <= INLINE {
            return Ok(Stored::Inline(encoded));
        }
        let path = format!("{}/{name}", self.directory(checkpoint));
        self.storage.write(&path, &encoded)?;
        Ok(Stored::File { path, length: encoded.len() as u64 })
    }

    /// Makes a checkpoint of what was stored.
    pub fn complete(&self, manifest: &Manifest) -> Result<()> {
        let path = format!("{}/{MANIFEST}", self.directory(manifest.checkpoint));
        Ok(self.storage.write(&path, &manifest.encode())?)
    }

    pub fn remove(&self, checkpoint: CheckpointId) -> Result<()> {
        Ok(self.storage.remove(&self.directory(checkpoint))?)
    }

    /// Removes all checkpoints but one, also those that were never completed.
    pub fn keep_only(&self, kept: Option<CheckpointId>) -> Result<()> {
        let kept = kept.map(|kept| self.directory(kept));
        for directory in self.storage.directories()? {
            if directory.starts_with("chk-") && kept.as_ref() != Some(&directory) {
                self.storage.remove(&directory)?;
            }
        }
        Ok(())
    }

    /// Reads a checkpoint back.
    pub fn load(&self, checkpoint: CheckpointId) -> Result<Restored> {
        self.load_from(&self.directory(checkpoint))
    }

    /// Reads the checkpoint of that directory back, whatever its name.
    pub fn load_from(&self, directory: &str) -> Result<Restored> {
        let path = format!("{directory}/{MANIFEST}");
        // what a job goes on from must not be lost when the machine goes down later
        self.storage.secure(directory)?;
        let Some(bytes) = self.storage.read(&path)? else {
            return Err(CheckpointError::Missing { place: format!("{}/{directory}", self.storage.root()) }.into());
        };
        let manifest = Manifest::decode(bytes, &path)?;
        let mut operators = HashMap::new();
        for operator in &manifest.operators {
            let snapshots: Result<Vec<Snapshot>> =
                operator.subtasks.iter().map(|state| self.read(&state.stored, &path)).collect();
            operators.insert(operator.id.clone(), snapshots?);
        }
        Ok(Restored { manifest, snapshots: operators })
    }

    fn read(&self, stored: &Stored, manifest: &str) -> Result<Snapshot> {
        match stored {
            Stored::Inline(bytes) => Ok(Snapshot::decode(bytes.clone(), manifest)?),
            Stored::File { path, length } => {
                let what = |what: String| CheckpointError::Damaged { file: path.clone(), what };
                let bytes = self.storage.read(path)?.ok_or_else(|| what("it is not there".to_owned()))?;
                if bytes.len() as u64 != *length {
                    return Err(what(format!("it has {} bytes in the place of {length}", bytes.len())).into());
                }
                Ok(Snapshot::decode(bytes, path)?)
            }
        }
    }
}

/// A checkpoint that a job goes on from.
pub struct Restored {
    pub manifest: Manifest,
    /// By the operator's id, of each subtask it had.
    snapshots: HashMap<String, Vec<Snapshot>>,
}

impl Restored {
    /// What all subtasks of an operator had.
    pub fn all(&self, id: &str) -> &[Snapshot] {
        self.snapshots.get(id).map_or(&[], Vec::as_slice)
    }

    /// What a subtask goes on with; see [`Snapshot::share`].
    pub fn share(&self, id: &str, groups: RangeInclusive<u16>, subtask: usize, parallelism: usize) -> Snapshot {
        let operator = self.manifest.operators.iter().find(|operator| operator.id == id);
        let same = operator.filter(|operator| operator.parallelism as usize == parallelism);
        let is_own = |at: usize| same.is_none_or(|operator| operator.subtasks[at].subtask as usize == subtask);
        Snapshot::share_beside(self.all(id), is_own, groups, subtask, parallelism)
    }

    /// Refuses a job that has no place for some of the state. `operators` are the ids of the job's operators with the
    /// maximum parallelism of each.
    pub fn check(&self, operators: &HashMap<String, u16>, allow_non_restored: bool) -> Result<()> {
        for operator in self.manifest.operators.iter().filter(|operator| self.has_state(operator)) {
            let Some(most) = operators.get(&operator.id) else {
                if allow_non_restored {
                    continue;
                }
                return Err(Error::config(format!(
                    "the checkpoint has state of the operator '{}', which the program does not have",
                    operator.name
                ))
                .with_hint(
                    "give operators a uid() before their first checkpoint, so that they are found again in a program \
                     that was changed; or drop the state with --allowNonRestoredState",
                ));
            };
            if *most != operator.max_parallelism {
                return Err(Error::config(format!(
                    "the operator '{}' had the maximum parallelism {} in the checkpoint, and has {most} now",
                    operator.name, operator.max_parallelism
                ))
                .with_hint(format!(
                    "set_max_parallelism({}), which can't change once there is state",
                    operator.max_parallelism
                )));
            }
        }
        Ok(())
    }

    fn has_state(&self, operator: &OperatorState) -> bool {
        self.all(&operator.id).iter().any(|snapshot| !snapshot.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{KeyedPart, MemoryStorage, SubtaskState};
    use super::*;
    use bytes::Bytes;

    fn snapshot(bytes: usize) -> Snapshot {
        let groups = vec![(5, Bytes::from(vec![7; bytes]))];
        Snapshot { keyed: vec![KeyedPart { name: "n".into(), encoding: "e".into(), groups }], items: vec![] }
    }

    fn stored(archive: &Archive, snapshots: &[Snapshot]) -> Manifest {
        let subtasks = snapshots.iter().enumerate().map(|(subtask, snapshot)| SubtaskState {
            subtask: subtask as u32,
            stored: archive.put(3, &format!("1-{subtask}"), snapshot).unwrap(),
        });
        let (id, name) = ("count".to_owned(), "orders per user".to_owned());
        let subtasks = subtasks.collect();
        let operators = vec![OperatorState { id, name, max_parallelism: 128, parallelism: 2, subtasks }];
        Manifest { checkpoint: 3, operators, ..Manifest::default() }
    }

    #[test]
    fn small_snapshots_need_no_file() {
        let archive = Archive::new(Arc::new(MemoryStorage::default()));
        let manifest = stored(&archive, &[snapshot(10), snapshot(INLINE)]);
        assert_eq!(manifest.files().collect::<Vec<_>>(), ["chk-3/1-1"]);
        assert!(archive.load(3).is_err(), "without a manifest it is no checkpoint");
        archive.complete(&manifest).unwrap();
        let restored = archive.load(3).unwrap();
        assert_eq!(restored.all("count"), [snapshot(10), snapshot(INLINE)]);
        assert!(restored.all("other").is_empty());
        archive.put(4, "1-0", &snapshot(INLINE)).unwrap();
        archive.keep_only(Some(3)).unwrap();
        assert!(archive.load(3).is_ok());
        archive.keep_only(None).unwrap();
        let error = archive.load(3).err().unwrap();
        assert!(error.to_string().contains("'memory/chk-3'"), "{error}");
    }

    #[test]
    fn state_without_an_operator_is_refused() {
        let archive = Archive::new(Arc::new(MemoryStorage::default()));
        archive.complete(&stored(&archive, &[snapshot(10)])).unwrap();
        let restored = archive.load(3).unwrap();
        let operators = |id: &str, most| HashMap::from([(id.to_owned(), most)]);
        restored.check(&operators("count", 128), false).unwrap();
        let error = restored.check(&operators("total", 128), false).unwrap_err();
        assert!(error.to_string().contains("'orders per user'"), "{error}");
        restored.check(&operators("total", 128), true).unwrap();
        let error = restored.check(&operators("count", 64), false).unwrap_err();
        assert!(error.to_string().contains("128"), "{error}");
    }
}
