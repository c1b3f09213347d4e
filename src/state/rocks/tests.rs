//! A database in checkpoints, and what becomes of its files.

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::*;
use crate::checkpoint::{Archive, FilesPart, Manifest, MemoryStorage, OperatorState, Snapshot, Storage, SubtaskState};
use crate::state::RocksDbSettings;
use crate::time::{Clock, ManualClock};

const INCREMENTAL: RocksDbSettings = RocksDbSettings { directories: Vec::new(), incremental: true };

fn clock() -> Arc<dyn Clock> {
    Arc::new(ManualClock::new(0))
}

fn restored(groups: RangeInclusive<u16>, parts: &[&FilesPart], archive: &Archive) -> Database {
    Database::restore(&INCREMENTAL, 0, &clock(), groups, parts, Some(archive)).unwrap()
}

fn empty(settings: &RocksDbSettings) -> Database {
    Database::restore(settings, 0, &clock(), 0..=127, &[], None).unwrap()
}

fn row(group: u16, state: u16, key: &str) -> Vec<u8> {
    let mut row = Vec::new();
    Rows::of(group, state, key.as_bytes(), &mut row);
    row
}

fn put(database: &Database, group: u16, key: &str, value: &str) {
    let (state, _) = database.state("v", "text", None);
    database.put(&row(group, state, key), value.as_bytes()).unwrap();
}

fn get(database: &Database, group: u16, key: &str) -> Option<String> {
    let (state, _) = database.state("v", "text", None);
    database.get(&row(group, state, key), |value| String::from_utf8(value.to_vec()).unwrap()).unwrap()
}

/// Takes that checkpoint of a subtask of each of the databases.
fn checkpoint(archive: &Archive, checkpoint: u64, databases: &[(&Database, RangeInclusive<u16>)]) -> Vec<FilesPart> {
    let subtasks = databases.iter().zip(0..).map(|((database, groups), subtask)| {
        let files = vec![database.capture("state", groups.clone()).unwrap()];
        let stored = archive.put(checkpoint, &format!("1-{subtask}"), Snapshot { files, ..Snapshot::default() });
        SubtaskState { subtask, stored: stored.unwrap() }
    });
    let (subtasks, id) = (subtasks.collect(), "operator".to_owned());
    let operator = OperatorState { name: id.clone(), id, max_parallelism: 128, parallelism: 1, subtasks };
    archive.complete(&Manifest { checkpoint, operators: vec![operator], ..Manifest::default() }).unwrap();
    let restored = archive.load(checkpoint).unwrap();
    restored.all("operator").iter().flat_map(|snapshot| snapshot.files.clone()).collect()
}

fn paths(parts: &[FilesPart]) -> Vec<&str> {
    parts.iter().flat_map(FilesPart::paths).collect()
}

#[test]
fn rows_can_be_written_read_and_scanned() {
    let database = empty(&INCREMENTAL);
    put(&database, 3, "a", "one");
    put(&database, 3, "ab", "two");
    put(&database, 255, "a", "three");
    assert_eq!((get(&database, 3, "a"), get(&database, 3, "b")), (Some("one".into()), None));
    let list = row(4, database.state("l", "list", None).0, "a");
    for element in ["x", "yz"] {
        let mut encoded = Vec::new();
        push_element(&mut encoded, element.as_bytes());
        database.append(&list, &encoded).unwrap();
    }
    let stored = database.get(&list, <[u8]>::to_vec).unwrap().unwrap();
    assert_eq!(elements(&stored).collect::<Vec<_>>(), [Some(&b"x"[..]), Some(&b"yz"[..])]);
    let mut seen = Vec::new();
    // of 255 there is no next prefix of one byte less
    for groups in [3..=3, 200..=u16::MAX] {
        database
            .scan_groups(groups, |row, _| {
                Ok({
                    seen.push(Rows::group(row));
                    true
                })
            })
            .unwrap();
    }
    assert_eq!(seen, [3, 3, 255]);
    database.clear(&row(3, 0, "a")).unwrap();
    assert_eq!((get(&database, 3, "a"), get(&database, 3, "ab")), (None, Some("two".into())));
}

#[test]
fn a_checkpoint_stores_only_the_files_that_are_new() {
    let storage = Arc::new(MemoryStorage::default());
    let archive = Archive::new(storage.clone());
    let database = empty(&INCREMENTAL);
    put(&database, 1, "a", "one");
    let first = checkpoint(&archive, 1, &[(&database, 0..=127)]);
    put(&database, 1, "b", "two");
    let second = checkpoint(&archive, 2, &[(&database, 0..=127)]);
    assert_eq!((paths(&first).len(), paths(&second).len()), (1, 2));
    assert!(paths(&second).contains(&paths(&first)[0]), "{second:?}");
    archive.remove(1).unwrap();
    assert!(storage.read(paths(&first)[0]).unwrap().is_some(), "the second one needs it");
    // the process is killed, and another one goes on from the second; what it begins is given up
    let archive = Archive::new(storage.clone());
    archive.load(2).unwrap();
    let again = restored(0..=127, &[&second[0]], &archive);
    put(&again, 1, "c", "three");
    let third = checkpoint(&archive, 3, &[(&again, 0..=127)]);
    assert_eq!(paths(&third).len(), 3);
    assert!(paths(&second).iter().all(|path| paths(&third).contains(path)));
    archive.remove(3).unwrap();
    for path in paths(&third) {
        assert_eq!(storage.read(path).unwrap().is_some(), paths(&second).contains(&path), "{path}");
    }
    archive.keep_only(None).unwrap();
    assert!(storage.directories().unwrap().is_empty());
}

#[test]
fn without_that_each_checkpoint_has_files_of_its_own() {
    let archive = Archive::new(Arc::new(MemoryStorage::default()));
    let database = empty(&RocksDbSettings::default());
    put(&database, 1, "a", "one");
    let first = checkpoint(&archive, 1, &[(&database, 0..=127)]);
    let second = checkpoint(&archive, 2, &[(&database, 0..=127)]);
    archive.remove(1).unwrap();
    assert!(paths(&first).iter().all(|path| path.starts_with("chk-1/")));
    assert_eq!(get(&restored(0..=127, &[&second[0]], &archive), 1, "a"), Some("one".into()));
}

#[test]
fn rows_move_by_group_when_the_parallelism_changes() {
    let archive = Archive::new(Arc::new(MemoryStorage::default()));
    let (low, high) = (empty(&INCREMENTAL), empty(&INCREMENTAL));
    // states have other numbers there
    high.state("another", "text", None);
    for group in 0..64 {
        put(&low, group, "key", &group.to_string());
        put(&high, group + 64, "key", &(group + 64).to_string());
    }
    let parts = checkpoint(&archive, 1, &[(&low, 0..=63), (&high, 64..=127)]);
    let parts: Vec<&FilesPart> = parts.iter().collect();
    for (groups, parts) in
        [(0..=42, &parts[..1]), (43..=85, &parts[..]), (86..=127, &parts[1..]), (0..=127, &parts[..])]
    {
        let database = restored(groups.clone(), parts, &archive);
        for group in 0..128 {
            let expected = groups.contains(&group).then(|| group.to_string());
            assert_eq!(get(&database, group, "key"), expected, "group {group} of {groups:?}");
        }
    }
}

#[test]
fn a_checkpoint_has_what_there_was_at_the_barrier() {
    let archive = Archive::new(Arc::new(MemoryStorage::default()));
    let database = empty(&INCREMENTAL);
    put(&database, 1, "a", "before");
    let files = vec![database.capture("state", 0..=127).unwrap()];
    put(&database, 1, "a", "behind");
    drop(database);
    // its directory is there until the files are stored
    archive.put(1, "1-0", Snapshot { files: files.clone(), ..Snapshot::default() }).unwrap();
    let crate::checkpoint::FileAt::Local(link) =
        &files[0].files.iter().find(|file| file.name.ends_with("sst")).unwrap().at
    else {
        panic!("a file is local until it is stored")
    };
    let directory = link.path.parent().unwrap().parent().unwrap().to_owned();
    assert!(directory.exists());
    drop(files);
    assert!(!directory.exists(), "nothing is left behind");
}

#[test]
fn what_has_expired_goes_with_a_compaction() {
    let manual = Arc::new(ManualClock::new(0));
    let clock: Arc<dyn Clock> = manual.clone();
    let database = Database::restore(&INCREMENTAL, 0, &clock, 0..=127, &[], None).unwrap();
    let ttl = Ttl { millis: 100, update_on_read: false, return_expired: true };
    let (expiring, _) = database.state("e", "text", Some(Expiry { ttl, list: false, look_after: 1 }));
    let (lasting, _) = database.state("l", "text", None);
    for (touched, key) in [(0i64, "old"), (50, "young")] {
        let value = [&touched.to_le_bytes()[..], b"value"].concat();
        database.put(&row(1, expiring, key), &value).unwrap();
        database.put(&row(1, lasting, key), &value).unwrap();
    }
    // a key that its bytes don't tell stands in front of the value; this one's would be a time long ago
    for (touched, key) in [(0i64, "\u{1}old"), (50, "\u{1}young")] {
        let mut value = Vec::new();
        push_element(&mut value, &[0; 20]);
        value.extend_from_slice(&touched.to_le_bytes());
        database.put(&row(1, expiring, key), &value).unwrap();
    }
    manual.set(120);
    database.compact();
    let is_there = |state, key| database.get(&row(1, state, key), |_| ()).unwrap().is_some();
    assert_eq!((is_there(expiring, "old"), is_there(expiring, "young")), (false, true));
    assert_eq!((is_there(expiring, "\u{1}old"), is_there(expiring, "\u{1}young")), (false, true));
    assert!(is_there(lasting, "old"));
}

#[test]
fn a_directory_that_cannot_be_written_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let settings = RocksDbSettings { directories: vec![file.path().join("below")], incremental: false };
    let error = Database::restore(&settings, 0, &clock(), 0..=127, &[], None).err().unwrap();
    assert!(error.to_string().contains(&file.path().display().to_string()), "{error}");
    assert!(error.hint().is_some_and(|hint| hint.contains("state.backend.rocksdb.localdir")), "{error}");
}
