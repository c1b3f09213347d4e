//! Where checkpoints are kept.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use url::Url;

use super::{CheckpointError, ObjectStorage, object_storage};

type Result<T> = std::result::Result<T, CheckpointError>;

/// Keeps files by path. Paths are relative to the storage's root, with `/` between their parts.
pub trait Storage: Send + Sync {
    /// Writes a whole file. When this has returned the file outlives a crash; before, there is nothing of it under that path.
    fn write(&self, path: &str, contents: &[u8]) -> Result<()>;

    /// The contents of a file, `None` if there is none.
    fn read(&self, path: &str) -> Result<Option<Bytes>>;

    /// Makes sure that what is found right below the root in a directory outlives a crash: whoever wrote it may have died
    /// before it did. Does nothing if there is no such directory.
    fn secure(&self, _directory: &str) -> Result<()> {
        Ok(())
    }

    /// The names of the directories right below the root.
    fn directories(&self) -> Result<Vec<String>>;

    /// Removes a directory right below the root with all it has; does nothing if there is none.
    fn remove(&self, directory: &str) -> Result<()>;

    /// Whether a later process finds what is stored.
    fn lasts(&self) -> bool {
        true
    }

    /// Removes a file; does nothing if there is none.
    fn delete(&self, path: &str) -> Result<()>;

    /// The root, for messages.
    fn root(&self) -> String;
}

/// The storage that a URL or a path names; none at all is memory. `options` are those of the program, of which each
/// storage knows its own.
pub fn storage_at(url: &str, options: &BTreeMap<String, String>) -> Result<Arc<dyn Storage>> {
    if url.is_empty() {
        return Ok(Arc::new(MemoryStorage::default()));
    }
    match Url::parse(url) {
        Ok(parsed) if object_storage::SCHEMES.contains(&parsed.scheme()) => {
            Ok(Arc::new(ObjectStorage::new(&parsed, options)?))
        }
        _ => Ok(Arc::new(FileStorage::new(url)?)),
    }
}

/// A directory of this machine.
pub struct FileStorage {
    root: PathBuf,
    /// Those that outlive a crash.
    made: Mutex<BTreeSet<PathBuf>>,
}

impl FileStorage {
    /// `url` is a path, or a URL of one: `file:///var/lib/checkpoints`. The directory is made when it is first needed.
    pub fn new(url: &str) -> Result<Self> {
        let refused = |why: &str| CheckpointError::Place { url: url.to_owned(), why: why.to_owned() };
        let path = match Url::parse(url) {
            Ok(parsed) if parsed.scheme() == "file" => {
                parsed.to_file_path().map_err(|()| refused("it is no absolute path of this machine"))?
            }
            // a letter before the colon is a drive
            Ok(parsed) if parsed.scheme().len() > 1 => {
                return Err(refused(&format!(
                    "there is storage for 'file:' and 's3:', and not for '{}:'",
                    parsed.scheme()
                )));
            }
            _ if url.is_empty() => return Err(refused("it is empty")),
            _ => PathBuf::from(url),
        };
        Ok(FileStorage { root: path, made: Mutex::default() })
    }

    fn path(&self, path: &str) -> PathBuf {
        path.split('/').fold(self.root.clone(), |whole, part| whole.join(part))
    }

    fn made(&self) -> MutexGuard<'_, BTreeSet<PathBuf>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a directory with those above it, so that a crash leaves it where it is.
    fn make(&self, directory: &Path) -> Result<()> {
        if self.made().contains(directory) {
            return Ok(());
        }
        let missing: Vec<&Path> = directory.ancestors().take_while(|above| !above.exists()).collect();
        std::fs::create_dir_all(directory).map_err(failed("making", directory))?;
        missing.iter().filter_map(|made| made.parent()).try_for_each(sync_directory)?;
        // what was there may be the work of a process that died before it was safe
        for path in [directory, &self.root] {
            if !missing.contains(&path) && !self.made().contains(path) {
                path.parent().map_or(Ok(()), sync_if_possible)?;
            }
            self.made().insert(path.to_owned());
        }
        Ok(())
    }
}

fn failed<'a>(action: &'static str, path: &'a Path) -> impl FnOnce(std::io::Error) -> CheckpointError + 'a {
    move |source| CheckpointError::Storage { action, path: path.display().to_string(), source }
}

/// What a directory lists must outlive a crash as well as what its files hold.
fn sync_directory(path: &Path) -> Result<()> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    #[cfg(unix)]
    File::open(path).and_then(|directory| directory.sync_all()).map_err(failed("syncing", path))?;
    Ok(())
}

/// The same where a directory may be somebody else's, on a disk that is only read: then nothing was left half done.
fn sync_if_possible(path: &Path) -> Result<()> {
    use ErrorKind::{InvalidInput, NotFound, PermissionDenied, ReadOnlyFilesystem, Unsupported};
    match sync_directory(path) {
        Err(CheckpointError::Storage { source, .. })
            if matches!(
                source.kind(),
                InvalidInput | NotFound | PermissionDenied | ReadOnlyFilesystem | Unsupported
            ) =>
        {
            Ok(())
        }
        done => done,
    }
}

impl Storage for FileStorage {
    fn write(&self, path: &str, contents: &[u8]) -> Result<()> {
        let target = self.path(path);
        let parent = target.parent().unwrap_or(&self.root);
        self.make(parent)?;
        let unfinished = target.with_extension("unfinished");
        let written = File::create(&unfinished).and_then(|mut file| {
            file.write_all(contents)?;
            file.sync_all()
        });
        written.map_err(failed("writing", &unfinished))?;
        std::fs::rename(&unfinished, &target).map_err(failed("writing", &target))?;
        sync_directory(parent)
    }

    fn secure(&self, directory: &str) -> Result<()> {
        let directory = self.path(directory);
        [Some(&*directory), Some(&*self.root), self.root.parent()].into_iter().flatten().try_for_each(sync_if_possible)
    }

    fn read(&self, path: &str) -> Result<Option<Bytes>> {
        let path = self.path(path);
        match std::fs::read(&path) {
            Ok(contents) => Ok(Some(contents.into())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("reading", &path)(error)),
        }
    }

    fn directories(&self) -> Result<Vec<String>> {
        let entries = match std::fs::read_dir(&self.root) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed("reading", &self.root)(error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(failed("reading", &self.root))?;
            if entry.file_type().map_err(failed("reading", &self.root))?.is_dir() {
                names.extend(entry.file_name().into_string());
            }
        }
        names.sort();
        Ok(names)
    }

    fn remove(&self, directory: &str) -> Result<()> {
        let path = self.path(directory);
        self.made().remove(&path);
        match std::fs::remove_dir_all(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(failed("removing", &path)(error)),
            _ => Ok(()),
        }
    }

    fn delete(&self, path: &str) -> Result<()> {
        let path = self.path(path);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(failed("removing", &path)(error)),
            _ => Ok(()),
        }
    }

    fn root(&self) -> String {
        self.root.display().to_string()
    }
}

/// Files in memory: gone with the process.
#[derive(Default)]
pub struct MemoryStorage {
    files: Mutex<BTreeMap<String, Bytes>>,
}

impl MemoryStorage {
    fn files(&self) -> MutexGuard<'_, BTreeMap<String, Bytes>> {
        self.files.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Storage for MemoryStorage {
    fn write(&self, path: &str, contents: &[u8]) -> Result<()> {
        self.files().insert(path.to_owned(), Bytes::copy_from_slice(contents));
        Ok(())
    }

    fn read(&self, path: &str) -> Result<Option<Bytes>> {
        Ok(self.files().get(path).cloned())
    }

    fn directories(&self) -> Result<Vec<String>> {
        let files = self.files();
        let mut names: Vec<String> = files.keys().filter_map(|path| Some(path.split_once('/')?.0.to_owned())).collect();
        names.dedup();
        Ok(names)
    }

    fn remove(&self, directory: &str) -> Result<()> {
        self.files().retain(|path, _| path.split_once('/').is_none_or(|(first, _)| first != directory));
        Ok(())
    }

    fn lasts(&self) -> bool {
        false
    }

    fn delete(&self, path: &str) -> Result<()> {
        self.files().remove(path);
        Ok(())
    }

    fn root(&self) -> String {
        "memory".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keeps_files(storage: &dyn Storage) {
        assert_eq!(storage.directories().unwrap(), Vec::<String>::new());
        assert_eq!(storage.read("chk-1/a").unwrap(), None);
        storage.write("chk-1/a", b"one").unwrap();
        storage.write("chk-1/a", b"two").unwrap();
        storage.write("chk-2/a", b"three").unwrap();
        storage.write("chk-2/b", b"").unwrap();
        assert_eq!(storage.read("chk-1/a").unwrap().as_deref(), Some(&b"two"[..]));
        assert_eq!(storage.directories().unwrap(), ["chk-1", "chk-2"]);
        storage.remove("chk-1").unwrap();
        storage.remove("chk-1").unwrap();
        storage.delete("chk-2/a").unwrap();
        storage.delete("chk-2/a").unwrap();
        assert_eq!(storage.read("chk-2/a").unwrap(), None);
        assert_eq!(storage.read("chk-1/a").unwrap(), None);
        assert_eq!(storage.read("chk-2/b").unwrap().as_deref(), Some(&b""[..]));
        assert_eq!(storage.directories().unwrap(), ["chk-2"]);
    }

    #[test]
    fn both_keep_files() {
        keeps_files(&MemoryStorage::default());
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("not/there yet");
        keeps_files(&FileStorage::new(root.to_str().unwrap()).unwrap());
        let storage = FileStorage::new(root.to_str().unwrap()).unwrap();
        storage.secure("chk-2").unwrap();
        storage.secure("chk-3").unwrap();
        assert_eq!(storage.directories().unwrap(), ["chk-2"], "none is made by that");
    }

    #[test]
    fn urls_name_directories() {
        assert_eq!(FileStorage::new("file:///tmp/a%20b").unwrap().root(), "/tmp/a b");
        assert_eq!(FileStorage::new("checkpoints").unwrap().root(), "checkpoints");
        let storage = |url| storage_at(url, &BTreeMap::new());
        let error = storage("hdfs://host/dir").err().unwrap();
        assert!(error.to_string().contains("'hdfs:'"), "{error}");
        assert_eq!(storage("").unwrap().root(), "memory");
        assert_eq!(storage("s3://bucket/dir").unwrap().root(), "s3://bucket/dir");
        assert!(FileStorage::new("").is_err());
    }
}
