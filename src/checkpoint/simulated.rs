//! A storage on a disk that forgets, for simulated jobs: what was not synced when the machine goes down is lost, whole
//! or in part, and an operation may fail. Where only the process goes down the next one finds all that was written, and the
//! machine may lose it later.
//!
//! It writes as [`FileStorage`](super::FileStorage) does (under another name, sync, rename, sync of the directory), on a
//! disk that promises no more than a journaling file system: bytes are safe when their file was synced, names when their
//! directory was, and what is not safe may have reached the disk all the same.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::{CheckpointError, Storage};

type Result<T> = std::result::Result<T, CheckpointError>;

/// What goes wrong with a disk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Faults {
    /// One operation of so many fails; 0 for none.
    pub failing: u64,
    /// Syncing does nothing: no storage that is right, for tests that must notice.
    pub forgetful: bool,
}

/// A file's contents, and how many of its bytes outlive a crash.
#[derive(Clone, Default)]
struct File {
    contents: Vec<u8>,
    synced: usize,
}

#[derive(Clone)]
enum Change {
    Name(String, usize),
    Rename(String, String),
    Remove(String),
}

#[derive(Default)]
struct Disk {
    random: u64,
    faults: Faults,
    files: Vec<File>,
    /// The files by path, as a reader sees them.
    names: BTreeMap<String, usize>,
    /// The same after a crash that forgets all it can.
    safe: BTreeMap<String, usize>,
    /// What has become of the second to make the first, in order.
    changes: Vec<Change>,
    /// Operations until it goes down.
    crash_in: Option<u64>,
    down: bool,
}

/// Keeps files on a simulated disk. Equal seeds and equal calls give equal results.
pub struct SimulatedStorage(Mutex<Disk>);

impl SimulatedStorage {
    pub fn new(seed: u64, faults: Faults) -> Self {
        SimulatedStorage(Mutex::new(Disk { random: seed, faults, ..Disk::default() }))
    }

    /// The process, or the whole machine, goes down in the middle of that many operations from now on.
    pub fn crash_in(&self, operations: u64) {
        self.disk().crash_in = Some(operations);
    }

    /// Whether it is down: nothing can be done until [`SimulatedStorage::restart`] or [`SimulatedStorage::go_on`].
    pub fn is_down(&self) -> bool {
        self.disk().down
    }

    /// It was the process alone: another one finds what this one has written, safe or not.
    pub fn go_on(&self) {
        let mut disk = self.disk();
        (disk.down, disk.crash_in) = (false, None);
    }

    /// The machine goes down, and comes up with what is left.
    pub fn restart(&self) {
        self.disk().restart();
    }

    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn apply(names: &mut BTreeMap<String, usize>, change: Change) {
    match change {
        Change::Name(path, file) => drop(names.insert(path, file)),
        Change::Rename(from, to) => {
            if let Some(file) = names.remove(&from) {
                names.insert(to, file);
            }
        }
        Change::Remove(path) => drop(names.remove(&path)),
    }
}

impl Disk {
    /// splitmix64
    fn below(&mut self, limit: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit.max(1)
    }

    /// One operation, which may be the last one or fail.
    fn operate(&mut self, action: &'static str, path: &str) -> Result<()> {
        let failed =
            |kind: ErrorKind| Err(CheckpointError::Storage { action, path: path.to_owned(), source: kind.into() });
        if let Some(left) = self.crash_in.take() {
            self.down |= left == 0;
            self.crash_in = left.checked_sub(1);
        }
        if self.down {
            return failed(ErrorKind::BrokenPipe);
        }
        let one_of = self.faults.failing;
        if one_of > 0 && self.below(one_of) == 0 { failed(ErrorKind::StorageFull) } else { Ok(()) }
    }

    fn change(&mut self, change: Change) {
        apply(&mut self.names, change.clone());
        self.changes.push(change);
    }

    fn write(&mut self, path: &str, contents: &[u8]) -> Result<()> {
        let unfinished = format!("{path}.unfinished");
        self.operate("making", &unfinished)?;
        let file = self.files.len();
        self.files.push(File::default());
        self.change(Change::Name(unfinished.clone(), file));
        let mut rest = contents;
        while !rest.is_empty() {
            let count = 1 + self.below(rest.len() as u64) as usize;
            self.operate("writing", &unfinished)?;
            self.files[file].contents.extend_from_slice(&rest[..count]);
            rest = &rest[count..];
        }
        self.operate("syncing", &unfinished)?;
        if !self.faults.forgetful {
            self.files[file].synced = contents.len();
        }
        self.operate("renaming", path)?;
        self.change(Change::Rename(unfinished, path.to_owned()));
        self.secure(path)
    }

    /// Syncs a directory.
    fn secure(&mut self, path: &str) -> Result<()> {
        self.operate("syncing", path)?;
        if !self.faults.forgetful {
            for change in std::mem::take(&mut self.changes) {
                apply(&mut self.safe, change);
            }
        }
        Ok(())
    }

    fn remove(&mut self, directory: &str) -> Result<()> {
        let inside = |path: &String| path.split_once('/').is_some_and(|(first, _)| first == directory);
        let mut paths: Vec<String> = self.names.keys().filter(|path| inside(path)).cloned().collect();
        while !paths.is_empty() {
            let at = self.below(paths.len() as u64) as usize;
            let path = paths.swap_remove(at);
            self.operate("removing", &path)?;
            self.change(Change::Remove(path));
        }
        Ok(())
    }

    fn delete(&mut self, path: &str) -> Result<()> {
        self.operate("removing", path)?;
        if self.names.contains_key(path) {
            self.change(Change::Remove(path.to_owned()));
        }
        Ok(())
    }

    fn restart(&mut self) {
        // names change in the order in which they were changed; how far, nobody knows
        let lasting = self.below(self.changes.len() as u64 + 1) as usize;
        let changes: Vec<Change> = self.changes.drain(..).take(lasting).collect();
        changes.into_iter().for_each(|change| apply(&mut self.safe, change));
        for at in 0..self.files.len() {
            let unsafe_bytes = (self.files[at].contents.len() - self.files[at].synced) as u64;
            let left = self.files[at].synced + self.below(unsafe_bytes + 1) as usize;
            self.files[at].contents.truncate(left);
            self.files[at].synced = left;
        }
        self.names = self.safe.clone();
        (self.down, self.crash_in) = (false, None);
    }
}

impl Storage for SimulatedStorage {
    fn write(&self, path: &str, contents: &[u8]) -> Result<()> {
        self.disk().write(path, contents)
    }

    fn secure(&self, directory: &str) -> Result<()> {
        self.disk().secure(directory)
    }

    fn read(&self, path: &str) -> Result<Option<Bytes>> {
        let mut disk = self.disk();
        disk.operate("reading", path)?;
        Ok(disk.names.get(path).map(|file| Bytes::copy_from_slice(&disk.files[*file].contents)))
    }

    fn directories(&self) -> Result<Vec<String>> {
        let mut disk = self.disk();
        disk.operate("listing", "")?;
        let first = |path: &String| Some(path.split_once('/')?.0.to_owned());
        let names: BTreeSet<String> = disk.names.keys().filter_map(first).collect();
        Ok(names.into_iter().collect())
    }

    fn remove(&self, directory: &str) -> Result<()> {
        self.disk().remove(directory)
    }

    fn delete(&self, path: &str) -> Result<()> {
        self.disk().delete(path)
    }

    fn root(&self) -> String {
        "a simulated disk".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::{Archive, Manifest};
    use super::*;

    fn contents(storage: &SimulatedStorage, path: &str) -> Option<Vec<u8>> {
        storage.read(path).unwrap().map(Vec::from)
    }

    #[test]
    fn what_was_written_outlives_a_crash() {
        for seed in 0..50 {
            let storage = SimulatedStorage::new(seed, Faults::default());
            storage.write("chk-1/a", b"one").unwrap();
            storage.write("chk-1/a", b"three").unwrap();
            storage.restart();
            assert_eq!(contents(&storage, "chk-1/a").unwrap(), b"three");
            assert_eq!(storage.directories().unwrap(), ["chk-1"]);
        }
    }

    /// Making, writing, syncing, renaming, syncing: whichever it is in the middle of, all of it is there or nothing.
    #[test]
    fn a_crash_in_the_middle_of_writing_leaves_all_or_nothing() {
        let (mut all, mut nothing) = (0, 0);
        for seed in 0..400 {
            let storage = SimulatedStorage::new(seed, Faults::default());
            storage.write("chk-1/a", b"old").unwrap();
            storage.crash_in(seed % 7);
            let written = storage.write("chk-1/a", b"new contents");
            assert_eq!(written.is_err(), storage.is_down());
            storage.restart();
            match contents(&storage, "chk-1/a").unwrap().as_slice() {
                b"new contents" => all += 1,
                b"old" => nothing += 1,
                torn => panic!("seed {seed}: {torn:?}"),
            }
        }
        assert!(all > 20 && nothing > 20, "{all} {nothing}");
    }

    /// What one process has renamed and not synced another one restores: it must be there ever after.
    #[test]
    fn a_checkpoint_that_was_restored_outlives_a_crash() {
        let mut restored = 0;
        for seed in 0..400 {
            let storage = Arc::new(SimulatedStorage::new(seed, Faults::default()));
            let archive = Archive::new(storage.clone());
            storage.crash_in(seed % 7);
            let _ = archive.complete(&Manifest { checkpoint: 1, ..Manifest::default() });
            storage.go_on();
            if archive.load(1).is_ok() {
                restored += 1;
                storage.restart();
                assert!(archive.load(1).is_ok(), "seed {seed}");
            }
        }
        assert!(restored > 20, "{restored}");
    }

    #[test]
    fn without_syncing_files_are_torn_or_gone() {
        let (mut gone, mut torn) = (0, 0);
        for seed in 0..100 {
            let storage = SimulatedStorage::new(seed, Faults { forgetful: true, ..Faults::default() });
            storage.write("chk-1/a", b"contents").unwrap();
            storage.restart();
            match contents(&storage, "chk-1/a") {
                None => gone += 1,
                Some(contents) => torn += usize::from(contents != b"contents"),
            }
        }
        assert!(gone > 10 && torn > 10, "{gone} {torn}");
    }

    #[test]
    fn removing_may_stop_halfway() {
        let mut left = BTreeSet::new();
        for seed in 0..100 {
            let storage = SimulatedStorage::new(seed, Faults::default());
            storage.write("chk-1/a", b"one").unwrap();
            storage.write("chk-1/b", b"two").unwrap();
            storage.crash_in(seed % 3);
            let _ = storage.remove("chk-1");
            storage.restart();
            left.insert((contents(&storage, "chk-1/a").is_some(), contents(&storage, "chk-1/b").is_some()));
        }
        assert_eq!(left.len(), 4, "{left:?}");
    }

    #[test]
    fn a_file_is_deleted_alone() {
        let storage = SimulatedStorage::new(1, Faults::default());
        storage.write("shared/a", b"one").unwrap();
        storage.write("shared/b", b"two").unwrap();
        storage.delete("shared/a").unwrap();
        storage.delete("shared/c").unwrap();
        assert_eq!(contents(&storage, "shared/a"), None);
        assert_eq!(contents(&storage, "shared/b").unwrap(), b"two");
    }

    #[test]
    fn operations_fail_now_and_then() {
        let storage = SimulatedStorage::new(1, Faults { failing: 10, ..Faults::default() });
        let failed = (0..100).filter(|at| storage.write(&format!("chk-{at}/a"), b"x").is_err()).count();
        // four or five operations each, of which one in ten fails: 1 - 0.9^5 = 41% or so
        assert!((20..65).contains(&failed), "{failed}");
    }
}
