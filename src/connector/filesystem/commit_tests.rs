//! The sink with checkpoints: what is visible when, and what a job that goes on from one makes of the files.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::StringArray;
use bytes::Bytes;

use super::Filesystem;
use crate::batch::{Batch, Columns, Data};
use crate::checkpoint::{ItemPart, Snapshot, Spread};
use crate::connector::testing::{context, options};
use crate::connector::{Connector, PREPARED, SinkWriter, Spec};
use crate::error::Result;
use crate::operator::SubtaskContext;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Folder(tempfile::tempdir().unwrap())
    }

    /// A writer with files of more than 6 bytes, that goes on from `restored`.
    fn writer(&self, restored: &[Bytes]) -> Result<Box<dyn SinkWriter>> {
        let path = self.0.path().to_str().unwrap();
        let options = options(&[("path", path), ("bucket", "base-path"), ("rolling.file-size", "6")]);
        let sink = Filesystem.sink(&Spec { options, row_type: None }).unwrap();
        assert!(sink.commits(true) && sink.stores() && !sink.commits(false));
        let (name, encoding) = (PREPARED.to_owned(), "sink".to_owned());
        let part = ItemPart { name, encoding, spread: Spread::Split, items: restored.to_vec() };
        let restored = Arc::new(Snapshot { items: vec![part], ..Snapshot::default() });
        sink.writer(&SubtaskContext { checkpoints: true, restored, ..context(1, 10) })
    }

    fn files(&self, hidden: bool) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.0.path()).unwrap().map(|entry| entry.unwrap());
        let picked = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with('.') == hidden);
        picked.map(|entry| entry.path()).collect()
    }

    /// What is in the files that can be seen, in order.
    fn visible(&self) -> Vec<String> {
        let mut contents: Vec<_> =
            self.files(false).into_iter().map(|path| fs::read_to_string(path).unwrap()).collect();
        contents.sort();
        contents
    }
}

fn write(writer: &mut dyn SinkWriter, texts: &[&str]) {
    let columns = Columns::scalar(Arc::new(StringArray::from(texts.to_vec())));
    writer.write(Batch::new(Data::Columns(columns))).unwrap();
}

fn barrier(writer: &mut dyn SinkWriter, checkpoint: u64) -> Vec<Bytes> {
    writer.flush().unwrap();
    writer.prepare(checkpoint).unwrap();
    writer.prepared().unwrap()
}

#[test]
fn a_file_appears_when_the_checkpoint_behind_it_is_complete() {
    let folder = Folder::new();
    let mut writer = folder.writer(&[]).unwrap();
    // a line of 4 bytes: the first file is ended before ccc
    write(writer.as_mut(), &["aaa", "bbb", "ccc"]);
    assert!(folder.visible().is_empty(), "it is ended, and in no checkpoint");
    barrier(writer.as_mut(), 1);
    assert!(folder.visible().is_empty(), "its checkpoint is not complete");
    write(writer.as_mut(), &["ddd", "eee"]);
    writer.commit(1).unwrap();
    assert_eq!(folder.visible(), ["aaa\nbbb\n"], "the file of ccc was ended behind checkpoint 1");
    writer.finish().unwrap();
    barrier(writer.as_mut(), 2);
    writer.commit(2).unwrap();
    assert_eq!(folder.visible(), ["aaa\nbbb\n", "ccc\nddd\n", "eee\n"]);
    assert!(folder.files(true).is_empty());
}

#[test]
fn a_checkpoint_that_is_never_complete_is_committed_with_the_next() {
    let folder = Folder::new();
    let mut writer = folder.writer(&[]).unwrap();
    write(writer.as_mut(), &["aaa", "bbb", "ccc"]);
    barrier(writer.as_mut(), 1);
    barrier(writer.as_mut(), 2);
    writer.commit(2).unwrap();
    assert_eq!(folder.visible(), ["aaa\nbbb\n"]);
}

#[test]
fn a_restored_job_commits_what_the_checkpoint_has_and_nothing_behind_it() {
    let folder = Folder::new();
    let mut writer = folder.writer(&[]).unwrap();
    write(writer.as_mut(), &["aaa", "bbb", "ccc"]);
    let stored = barrier(writer.as_mut(), 1);
    // comes again: one into the file that was open at the barrier, the others into files of their own
    write(writer.as_mut(), &["ddd", "eee", "fff", "ggg"]);
    writer.flush().unwrap();
    writer.close().unwrap();
    drop(writer);
    for times in 1..=2 {
        let mut writer = folder.writer(&stored).unwrap();
        assert_eq!(folder.visible(), ["aaa\nbbb\n", "ccc\n"], "restored {times} times");
        writer.close().unwrap();
    }
    assert_eq!(folder.files(true).len(), 2, "leftovers stay hidden: eee fff, and ggg");
}

#[test]
fn files_that_were_committed_before_the_failure_stay_as_they_are() {
    let folder = Folder::new();
    let mut writer = folder.writer(&[]).unwrap();
    write(writer.as_mut(), &["aaa", "bbb", "ccc"]);
    let stored = barrier(writer.as_mut(), 1);
    writer.commit(1).unwrap();
    drop(writer);
    folder.writer(&stored).unwrap();
    assert_eq!(folder.visible(), ["aaa\nbbb\n", "ccc\n"]);
    // a program downstream takes finished files away
    folder.files(false).into_iter().for_each(|path| fs::remove_file(path).unwrap());
    folder.writer(&stored).unwrap();
    assert!(folder.visible().is_empty());
}

#[test]
fn a_file_that_has_lost_what_the_checkpoint_has_is_an_error() {
    let folder = Folder::new();
    let mut writer = folder.writer(&[]).unwrap();
    write(writer.as_mut(), &["aaa"]);
    let stored = barrier(writer.as_mut(), 1);
    drop(writer);
    fs::write(folder.files(true).first().unwrap(), "a").unwrap();
    let error = folder.writer(&stored).err().unwrap();
    assert!(error.to_string().contains("shorter than the position 4"), "{error}");
}
