//! Rows that are written once, whatever happens to the writers: statements here are plain `INSERT`s into tables without a
//! key, so that a row that comes twice is there twice.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use bytes::Bytes;

use super::databases::{Target, lines, records};
use super::writing::pairs;
use crate::ErrorKind;
use crate::batch::Batch;
use crate::checkpoint::{ItemPart, Snapshot};
use crate::connector::testing::{context_at, options};
use crate::connector::{self, PREPARED, SinkWriter, Spec};
use crate::error::Result;
use crate::time::SystemClock;
use crate::types::Shape;

super::on_all_databases!(
    rows_appear_with_their_checkpoint,
    a_killed_writers_rows_are_written_once_by_whoever_comes_next,
    a_writers_checkpoints_are_written_at_another_parallelism,
    a_database_that_was_set_back_gets_its_rows_again,
    what_was_committed_long_ago_is_forgotten_unless_a_checkpoint_names_it,
    too_much_that_waits_is_an_error,
    rows_of_other_types_are_refused,
);

type Prepared = Vec<Bytes>;

/// A sink whose writers come and go.
struct Job<'a> {
    target: &'a Target,
    table: String,
    more: Vec<(&'static str, String)>,
}

impl<'a> Job<'a> {
    fn new(target: &'a Target) -> Job<'a> {
        let table = target.table("id BIGINT, name VARCHAR(20)");
        let commits = ("commits-table", format!("commits_of_{table}"));
        Job { target, table, more: vec![commits] }
    }

    fn commits_table(&self) -> &str {
        &self.more[0].1
    }

    fn try_writer(&self, subtask: usize, parallelism: usize, restored: &Prepared) -> Result<Box<dyn SinkWriter>> {
        let sql = format!("INSERT INTO {} (id, name) VALUES (?, ?)", self.table);
        let mut pairs = vec![("url", self.target.url.as_str()), ("sql", &sql), ("delivery-guarantee", "exactly-once")];
        pairs.extend(self.more.iter().map(|(name, value)| (*name, value.as_str())));
        let spec = Spec { options: options(&pairs), row_type: Some((rows(0..0).schema(), Shape::Row)) };
        let sink = connector::find("jdbc")?.sink(&spec)?;
        let (name, encoding, spread) = (PREPARED.to_owned(), "sink".to_owned(), sink.spread());
        let part = ItemPart { name, encoding, spread, items: restored.clone() };
        let snapshot = Snapshot { items: vec![part], ..Snapshot::default() };
        let mut context = context_at(Arc::new(SystemClock), parallelism, 1000);
        (context.subtask, context.checkpoints) = (subtask, true);
        context.restored = Arc::new(Snapshot::share(&[snapshot], 0..=127, subtask, parallelism));
        sink.writer(&context)
    }

    fn writer(&self, restored: &Prepared) -> Box<dyn SinkWriter> {
        self.try_writer(0, 1, restored).unwrap()
    }

    /// The ids in the table.
    fn ids(&self) -> Vec<i64> {
        let found = self.target.query(&format!("SELECT id FROM {} ORDER BY id", self.table));
        found.iter().map(|line| line[0].as_ref().unwrap().parse().unwrap()).collect()
    }
}

fn rows(ids: std::ops::Range<i64>) -> RecordBatch {
    let count = (ids.end - ids.start) as usize;
    pairs(ids, std::iter::repeat_n("x", count))
}

/// Writes rows, and what the engine does at a barrier; returns what the checkpoint has.
fn checkpoint(writer: &mut dyn SinkWriter, id: u64, ids: std::ops::Range<i64>) -> Prepared {
    writer.write(Batch::columns(rows(ids), Shape::Row)).unwrap();
    writer.flush().unwrap();
    writer.prepare(id).unwrap();
    writer.prepared().unwrap()
}

fn rows_appear_with_their_checkpoint(target: &Target) {
    let job = Job::new(target);
    let mut writer = job.writer(&Vec::new());
    checkpoint(writer.as_mut(), 1, 0..3);
    assert!(job.ids().is_empty());
    checkpoint(writer.as_mut(), 2, 3..5);
    writer.commit(1).unwrap();
    assert_eq!(job.ids(), [0, 1, 2]);
    writer.commit(2).unwrap();
    writer.commit(2).unwrap();
    assert_eq!(job.ids(), [0, 1, 2, 3, 4]);
    let line = target.query(&format!("SELECT checkpoint_id, job, sink, subtask FROM {}", job.commits_table()));
    assert_eq!(line, lines(&[&["2", "test", "test", "0"]]));
    writer.write(Batch::columns(rows(5..9), Shape::Row)).unwrap();
    writer.close().unwrap();
    assert_eq!(job.ids().len(), 5, "what belongs to no checkpoint comes again");
}

fn a_killed_writers_rows_are_written_once_by_whoever_comes_next(target: &Target) {
    let job = Job::new(target);
    let mut writer = job.writer(&Vec::new());
    checkpoint(writer.as_mut(), 1, 0..1);
    writer.commit(1).unwrap();
    let before = checkpoint(writer.as_mut(), 2, 1..4);
    // killed before it wrote them
    drop(writer);
    assert_eq!(job.ids(), [0]);
    for _ in 0..3 {
        drop(job.writer(&before));
        assert_eq!(job.ids(), [0, 1, 2, 3]);
    }
    let mut writer = job.writer(&before);
    let behind = checkpoint(writer.as_mut(), 3, 4..6);
    writer.commit(3).unwrap();
    // killed when it had written them and nobody knew
    drop(writer);
    let mut writer = job.writer(&behind);
    assert_eq!(job.ids(), [0, 1, 2, 3, 4, 5]);
    // the same number once more, by a writer that goes on from checkpoint 3
    checkpoint(writer.as_mut(), 3, 6..7);
    writer.commit(3).unwrap();
    assert_eq!(job.ids(), [0, 1, 2, 3, 4, 5, 6]);
}

fn a_writers_checkpoints_are_written_at_another_parallelism(target: &Target) {
    let job = Job::new(target);
    let mut prepared = Prepared::new();
    for subtask in 0..2 {
        let first = subtask * 10;
        let mut writer = job.try_writer(subtask as usize, 2, &Vec::new()).unwrap();
        checkpoint(writer.as_mut(), 1, first..first + 2);
        // nobody has said yet that the first is complete: the second has both
        prepared.extend(checkpoint(writer.as_mut(), 2, first + 2..first + 3));
    }
    prepared.reverse();
    for subtask in (0..3).rev() {
        drop(job.try_writer(subtask, 3, &prepared).unwrap());
    }
    assert_eq!(job.ids(), [0, 1, 2, 10, 11, 12]);
}

/// Rows and marker are in one database: an older state of it has neither.
fn a_database_that_was_set_back_gets_its_rows_again(target: &Target) {
    let job = Job::new(target);
    let mut writer = job.writer(&Vec::new());
    let prepared = checkpoint(writer.as_mut(), 1, 0..2);
    writer.commit(1).unwrap();
    drop(writer);
    target.run(&format!("DELETE FROM {}", job.table));
    target.run(&format!("DELETE FROM {}", job.commits_table()));
    for _ in 0..2 {
        drop(job.writer(&prepared));
        assert_eq!(job.ids(), [0, 1]);
    }
}

fn what_was_committed_long_ago_is_forgotten_unless_a_checkpoint_names_it(target: &Target) {
    let job = Job::new(target);
    let mut writer = job.writer(&Vec::new());
    let stored = checkpoint(writer.as_mut(), 1, 0..3);
    writer.commit(1).unwrap();
    let table = job.commits_table();
    target.run(&format!("UPDATE {table} SET committed_at = '2020-01-01 00:00:00'"));
    let count = || target.query(&format!("SELECT writer FROM {table}")).len();
    drop(job.writer(&stored));
    assert_eq!((job.ids(), count()), (vec![0, 1, 2], 2), "the checkpoint names the writer, which has a line still");
    drop(job.writer(&Vec::new()));
    assert_eq!(count(), 2, "the two that came later");
}

fn too_much_that_waits_is_an_error(target: &Target) {
    let mut job = Job::new(target);
    job.more.push(("max-buffered-bytes", "10000".into()));
    let mut writer = job.writer(&Vec::new());
    let mut write = || writer.write(Batch::columns(rows(0..100), Shape::Row));
    write().unwrap();
    // 100 rows of 8 bytes for the id, 1 for the name and 4 for its end are 1,300 bytes
    let error = (0..10).find_map(|_| write().err()).expect("1,000 rows are over the limit");
    assert_eq!(error.kind(), ErrorKind::Connector);
    assert!(error.message().contains("10000") && error.hint().unwrap().contains("with_max_buffered_bytes"), "{error}");
}

fn rows_of_other_types_are_refused(target: &Target) {
    let job = Job::new(target);
    let mut writer = job.writer(&Vec::new());
    let prepared = checkpoint(writer.as_mut(), 1, 0..2);
    let other = records(vec![
        ("id", Arc::new(StringArray::from(vec!["a"])) as ArrayRef),
        ("name", Arc::new(StringArray::from(vec!["a"]))),
    ]);
    let sql = format!("INSERT INTO {} (id, name) VALUES (?, ?)", job.table);
    let pairs = [("url", target.url.as_str()), ("sql", &sql), ("delivery-guarantee", "exactly-once")];
    let spec = Spec { options: options(&pairs), row_type: Some((other.schema(), Shape::Row)) };
    let sink = connector::find("jdbc").unwrap().sink(&spec).unwrap();
    let (name, encoding, spread) = (PREPARED.to_owned(), "sink".to_owned(), sink.spread());
    let snapshot =
        Snapshot { items: vec![ItemPart { name, encoding, spread, items: prepared }], ..Snapshot::default() };
    let mut context = context_at(Arc::new(SystemClock), 1, 1000);
    context.restored = Arc::new(snapshot);
    let error = sink.writer(&context).err().unwrap();
    assert!(error.message().contains("'rows'") && error.message().contains("BIGINT"), "{error}");
    assert!(job.ids().is_empty());
}

#[test]
fn options_that_make_no_sense_are_refused() {
    let target = Target::sqlite().unwrap();
    for (name, value) in [("commits-table", "a b"), ("delivery-guarantee", "twice"), ("max-buffered-bytes", "many")] {
        let job = Job { target: &target, table: "t".into(), more: vec![(name, value.to_owned())] };
        let error = job.try_writer(0, 1, &Vec::new()).err().unwrap();
        assert!(error.message().contains(&format!("'{name}'")), "{error}");
    }
}
