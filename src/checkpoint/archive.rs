//! The checkpoints of a job in a storage: a directory each, `chk-7`, which its manifest makes complete.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use bytes::Bytes;

use super::shared::{SHARED, SharedFiles};
use super::{
    CheckpointError, CheckpointId, FileAt, FilesPart, LocalFile, Manifest, OperatorState, Snapshot, StateFile, Storage,
    Stored,
};
use crate::error::{Error, Result};

const MANIFEST: &str = "_metadata";
/// Snapshots up to this size (bytes) stand in the manifest: a file costs more than it holds.
const INLINE: usize = 16 << 10;

#[derive(Clone)]
pub struct Archive {
    storage: Arc<dyn Storage>,
    /// The directory of the one savepoint that it is for.
    savepoint: Option<Arc<str>>,
    shared: SharedFiles,
}

impl Archive {
    pub fn new(storage: Arc<dyn Storage>) -> Self {
        Archive { storage, savepoint: None, shared: SharedFiles::default() }
    }

    /// The place of one new savepoint, and its directory's name: as Flink calls them, `savepoint-`, the beginning of the
    /// job's id, and a random number.
    pub fn new_savepoint(storage: Arc<dyn Storage>, job_id: &str) -> (Self, String) {
        let (id, random) = (job_id.get(..6).unwrap_or(job_id), uuid::Uuid::new_v4().simple().to_string());
        let name = format!("savepoint-{id}-{}", &random[..12]);
        (Archive { savepoint: Some(name.as_str().into()), ..Archive::new(storage) }, name)
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
    pub fn put(&self, checkpoint: CheckpointId, name: &str, mut snapshot: Snapshot) -> Result<Stored> {
        for (part, files) in snapshot.files.iter_mut().enumerate() {
            for StateFile { name: file, at } in &mut files.files {
                if let FileAt::Local(local) = at {
                    *at = self.put_file(checkpoint, &format!("{name}-{part}-{file}"), local)?;
                }
            }
        }
        let encoded = snapshot.encode();
        if encoded.len() <= INLINE {
            return Ok(Stored::Inline(encoded));
        }
        let path = format!("{}/{name}", self.directory(checkpoint));
        self.storage.write(&path, &encoded)?;
        Ok(Stored::File { path, length: encoded.len() as u64 })
    }

    /// Stores a file, unless another checkpoint has it. `own` is its name if it is this one's own.
    fn put_file(&self, checkpoint: CheckpointId, own: &str, file: &LocalFile) -> Result<FileAt> {
        let unread =
            |source| CheckpointError::Storage { action: "reading", path: file.path.display().to_string(), source };
        let length = std::fs::metadata(&file.path).map_err(unread)?.len();
        // a savepoint stays when all checkpoints are gone
        let shared = file.shared.as_ref().filter(|_| self.savepoint.is_none());
        let path = match shared {
            Some(name) => format!("{SHARED}/{name}"),
            None => format!("{}/{own}", self.directory(checkpoint)),
        };
        if shared.is_none() || !self.shared.need(checkpoint, &path) {
            let written = std::fs::read(&file.path).map_err(unread).and_then(|bytes| self.storage.write(&path, &bytes));
            if let Err(error) = written {
                self.shared.lost(&path);
                return Err(error.into());
            }
        }
        Ok(FileAt::Stored { path, length })
    }

    /// The contents of a file of a state.
    pub fn fetch(&self, at: &FileAt) -> Result<Bytes> {
        match at {
            FileAt::Here(bytes) => Ok(bytes.clone()),
            FileAt::Stored { path, length } => self.read_file(path, *length),
            FileAt::Local(file) => Err(Error::internal(format!("'{}' was never stored", file.path.display()))),
        }
    }

    /// Makes a checkpoint of what was stored.
    pub fn complete(&self, manifest: &Manifest) -> Result<()> {
        let path = format!("{}/{MANIFEST}", self.directory(manifest.checkpoint));
        Ok(self.storage.write(&path, &manifest.encode())?)
    }

    /// Removes a checkpoint, and the files that no other one shares.
    pub fn remove(&self, checkpoint: CheckpointId) -> Result<()> {
        self.storage.remove(&self.directory(checkpoint))?;
        self.release(|gone| gone == checkpoint)
    }

    fn release(&self, gone: impl Fn(CheckpointId) -> bool) -> Result<()> {
        for path in self.shared.release(gone) {
            self.storage.delete(&path)?;
        }
        Ok(())
    }

    /// Removes all checkpoints but one, also those that were never completed.
    pub fn keep_only(&self, kept: Option<CheckpointId>) -> Result<()> {
        let directory = kept.map(|kept| self.directory(kept));
        for found in self.storage.directories()? {
            if found.starts_with("chk-") && directory.as_ref() != Some(&found) || found == SHARED && kept.is_none() {
                self.storage.remove(&found)?;
            }
        }
        self.release(|checkpoint| kept != Some(checkpoint))
    }

    /// Reads a checkpoint back.
    pub fn load(&self, checkpoint: CheckpointId) -> Result<Restored> {
        let restored = self.load_from(&self.directory(checkpoint))?;
        for path in restored.shared() {
            self.shared.need(checkpoint, path);
        }
        Ok(restored)
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
        let restored =
            Restored { manifest, snapshots: operators, archive: self.clone(), directory: directory.to_owned() };
        if restored.shared().next().is_some() {
            self.storage.secure(SHARED)?;
        }
        Ok(restored)
    }

    fn read(&self, stored: &Stored, manifest: &str) -> Result<Snapshot> {
        match stored {
            Stored::Inline(bytes) => Ok(Snapshot::decode(bytes.clone(), manifest)?),
            Stored::File { path, length } => Ok(Snapshot::decode(self.read_file(path, *length)?, path)?),
        }
    }

    fn read_file(&self, path: &str, length: u64) -> Result<Bytes> {
        let what = |what: String| CheckpointError::Damaged { file: path.to_owned(), what };
        let bytes = self.storage.read(path)?.ok_or_else(|| what("it is not there".to_owned()))?;
        match bytes.len() as u64 == length {
            true => Ok(bytes),
            false => Err(what(format!("it has {} bytes in the place of {length}", bytes.len())).into()),
        }
    }
}

/// A checkpoint that a job goes on from.
pub struct Restored {
    pub manifest: Manifest,
    /// By the operator's id, of each subtask it had.
    snapshots: HashMap<String, Vec<Snapshot>>,
    /// Where it is.
    pub archive: Archive,
    directory: String,
}

impl Restored {
    /// The same without the state, which the operators have taken.
    pub fn without_state(&self) -> Restored {
        let (archive, directory) = (self.archive.clone(), self.directory.clone());
        Restored { manifest: self.manifest.clone(), snapshots: HashMap::new(), archive, directory }
    }

    /// Reads it once more.
    pub fn reload(&self) -> Result<Restored> {
        self.archive.load_from(&self.directory)
    }

    /// The paths of the files that its snapshots share with others.
    fn shared(&self) -> impl Iterator<Item = &str> {
        let files = self.snapshots.values().flatten().flat_map(|snapshot| &snapshot.files);
        files.flat_map(FilesPart::paths).filter(|path| path.starts_with(SHARED))
    }

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

    fn snapshot(bytes: usize) -> Snapshot {
        let groups = vec![(5, Bytes::from(vec![7; bytes]))];
        Snapshot { keyed: vec![KeyedPart { name: "n".into(), encoding: "e".into(), groups }], ..Snapshot::default() }
    }

    fn stored(archive: &Archive, snapshots: &[Snapshot]) -> Manifest {
        let subtasks = snapshots.iter().enumerate().map(|(subtask, snapshot)| SubtaskState {
            subtask: subtask as u32,
            stored: archive.put(3, &format!("1-{subtask}"), snapshot.clone()).unwrap(),
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
        archive.put(4, "1-0", snapshot(INLINE)).unwrap();
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
