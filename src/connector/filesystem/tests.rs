//! The source and the sink on real files.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{AsArray, Int32Array, RecordBatch, StringArray};
use arrow::datatypes::Int32Type;

use super::Filesystem;
use crate::batch::{Batch, Columns, Data};
use crate::connector::testing::{context, context_at, options};
use crate::connector::{Boundedness, Connector, Polled, SinkWriter, Source, SourceReader, Spec};
use crate::error::{Error, ErrorKind, Result};
use crate::time::ManualClock;
use crate::types::{DataType, Field, Schema, SchemaRef, Shape};

fn ids() -> (SchemaRef, Shape) {
    (Arc::new(Schema::new(vec![Field::new("id", DataType::Int32, true)])), Shape::Row)
}

fn spec(path: &Path, entries: &[(&str, &str)], typed: bool) -> Spec {
    let path = serde_json::to_string(&[path]).unwrap();
    let entries: Vec<_> = [("path", path.as_str())].into_iter().chain(entries.iter().copied()).collect();
    Spec { options: options(&entries), row_type: typed.then(ids) }
}

fn source(path: &Path, entries: &[(&str, &str)], typed: bool) -> Result<Box<dyn Source>> {
    Filesystem.source(&spec(path, entries, typed))
}

fn reader(source: &dyn Source, batch_size: usize) -> Box<dyn SourceReader> {
    let context = context(1, batch_size);
    let mut reader = source.reader(&context).unwrap();
    reader.add_splits(source.enumerator(&context).unwrap().discover().unwrap()).unwrap();
    reader
}

fn next(reader: &mut dyn SourceReader) -> Result<Option<Batch>> {
    loop {
        match reader.poll(Duration::ZERO)? {
            Polled::Records { batch, .. } => return Ok(Some(batch)),
            Polled::SplitEnd { .. } if reader.snapshot().is_empty() => return Ok(None),
            _ => {}
        }
    }
}

fn read_ids(reader: &mut dyn SourceReader) -> Result<Vec<i32>> {
    let mut all = Vec::new();
    while let Some(batch) = next(reader)? {
        let column = batch.expect_columns()?.records.column(0).clone();
        all.extend_from_slice(column.as_primitive::<Int32Type>().values());
    }
    Ok(all)
}

fn lines(batch: &Batch) -> Vec<String> {
    let column = batch.expect_columns().unwrap().records.column(0).clone();
    column.as_string::<i32>().iter().map(|text| text.unwrap().to_owned()).collect()
}

fn message(result: Result<impl Sized>) -> Error {
    result.err().expect("an error")
}

#[test]
fn text_lines_in_batches_from_a_directory() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("b.txt"), "four\n").unwrap();
    fs::write(folder.path().join("a.txt"), "one\ntwo\r\nthree").unwrap();
    fs::write(folder.path().join(".part-0.inprogress.1"), "hidden\n").unwrap();
    let source = source(folder.path(), &[], false).unwrap();
    assert_eq!(source.boundedness(), Boundedness::Bounded);
    let mut reader = reader(source.as_ref(), 2);
    let mut batches = Vec::new();
    while let Some(batch) = next(reader.as_mut()).unwrap() {
        batches.push(lines(&batch));
    }
    assert_eq!(batches, [vec!["one", "two"], vec!["three"], vec!["four"]]);
}

#[test]
fn a_restored_reader_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt");
    fs::write(&path, "one\ntwo\nthree\nfour\n").unwrap();
    let source = source(&path, &[], false).unwrap();
    let mut first = reader(source.as_ref(), 2);
    next(first.as_mut()).unwrap();
    let splits = first.snapshot();
    assert_eq!(splits[0].position, 8u64.to_le_bytes());
    let mut second = source.reader(&context(1, 100)).unwrap();
    second.add_splits(splits).unwrap();
    assert_eq!(lines(&next(second.as_mut()).unwrap().unwrap()), ["three", "four"]);
    assert!(next(second.as_mut()).unwrap().is_none());

    fs::write(&path, "one").unwrap();
    let mut third = source.reader(&context(1, 100)).unwrap();
    third.add_splits(first.snapshot()).unwrap();
    assert!(message(third.poll(Duration::ZERO)).message().contains("shorter than the position 8"));
}

#[test]
fn bad_json_fails_with_the_place_or_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    fs::write(&path, "{\"id\":1}\n\n{\"id\":\n{\"id\":4}\n").unwrap();
    let strict = source(&path, &[("format", "json")], true).unwrap();
    let error = message(read_ids(reader(strict.as_ref(), 10).as_mut()));
    let place = format!("'{}', record at byte 10", path.display());
    assert_eq!((error.place(), error.input()), (Some(place.as_str()), Some("{\"id\":")));

    let lenient = source(&path, &[("format", "json"), ("format.ignore-parse-errors", "true")], true).unwrap();
    let context = context(1, 10);
    let mut reader = lenient.reader(&context).unwrap();
    reader.add_splits(lenient.enumerator(&context).unwrap().discover().unwrap()).unwrap();
    assert_eq!(read_ids(reader.as_mut()).unwrap(), [1, 4]);
    assert_eq!(context.metrics.snapshot()["numRecordsInErrors"], 1);
}

#[test]
fn csv_with_a_header_restores_behind_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    fs::write(&path, "name,id\n\"a\nb\",1\nc,2\nd,3\n").unwrap();
    let entries = [("format", "csv"), ("format.use-header", "true")];
    let source = source(&path, &entries, true).unwrap();
    let mut first = reader(source.as_ref(), 1);
    let batch = next(first.as_mut()).unwrap().unwrap();
    assert_eq!(batch.expect_columns().unwrap().records.column(0).as_primitive::<Int32Type>().values().as_ref(), [1]);
    let mut second = source.reader(&context(1, 100)).unwrap();
    second.add_splits(first.snapshot()).unwrap();
    assert_eq!(read_ids(second.as_mut()).unwrap(), [2, 3]);
}

#[test]
fn new_files_are_found_while_monitoring() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.txt"), "a\n").unwrap();
    let source = source(folder.path(), &[("monitor-interval-ms", "50")], false).unwrap();
    assert_eq!(source.boundedness(), Boundedness::Unbounded);
    let mut enumerator = source.enumerator(&context(1, 10)).unwrap();
    assert_eq!(enumerator.interval(), Some(Duration::from_millis(50)));
    assert_eq!(enumerator.discover().unwrap().len(), 1);
    fs::write(folder.path().join("b.txt"), "b\n").unwrap();
    let found = enumerator.discover().unwrap();
    assert_eq!(
        found.iter().map(|split| &split.id).collect::<Vec<_>>(),
        [folder.path().join("b.txt").to_str().unwrap()]
    );
    assert!(enumerator.discover().unwrap().is_empty());
}

#[test]
fn what_is_wrong_with_a_source_is_said_before_it_starts() {
    let folder = tempfile::tempdir().unwrap();
    let missing = source(&folder.path().join("nowhere"), &[], false).unwrap();
    let error = message(missing.enumerator(&context(1, 1)).unwrap().discover());
    assert!(error.message().contains("nowhere") && error.hint().is_some(), "{error}");

    for (entries, typed, part) in [
        (vec![("format", "json")], false, "need a row type"),
        (vec![("format", "xml")], true, "no format 'xml'"),
        (vec![("format", "csv"), ("format.field-delimiter", "ab")], true, "field-delimiter"),
        (vec![("format.charset", "UTF-16")], false, "UTF-16"),
    ] {
        let error = message(source(folder.path(), &entries, typed));
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.message().contains(part), "{error}");
    }
}

struct Written {
    folder: tempfile::TempDir,
    clock: Arc<ManualClock>,
    writer: Box<dyn SinkWriter>,
}

impl Written {
    fn new(entries: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let entries: Vec<_> = [("path", out.to_str().unwrap())].into_iter().chain(entries.iter().copied()).collect();
        let sink = Filesystem.sink(&Spec { options: options(&entries), row_type: None }).unwrap();
        // 2023-11-14 22:13:20 UTC
        let clock = Arc::new(ManualClock::new(1_700_000_000_000));
        let writer = sink.writer(&context_at(clock.clone(), 1, 10)).unwrap();
        Written { folder, clock, writer }
    }

    fn write(&mut self, texts: &[&str]) {
        let columns = Columns::scalar(Arc::new(StringArray::from(texts.to_vec())));
        self.writer.write(Batch::new(Data::Columns(columns))).unwrap();
    }

    /// Moves the clock and does what the runtime would do at that time.
    fn advance(&mut self, millis: i64) {
        self.clock.advance(millis);
        let now = crate::time::Clock::now(self.clock.as_ref());
        if self.writer.next_wakeup().is_some_and(|at| at <= now) {
            self.writer.on_time(now).unwrap();
        }
    }

    /// The files below the sink's directory: (hidden, path, content), in the order of their content.
    fn files(&self) -> Vec<(bool, PathBuf, String)> {
        let out = self.folder.path().join("out");
        let mut found = Vec::new();
        let mut open = vec![out.clone()];
        while let Some(directory) = open.pop() {
            for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
                if entry.path().is_dir() {
                    open.push(entry.path());
                    continue;
                }
                let hidden = entry.file_name().to_string_lossy().starts_with('.');
                let content = fs::read_to_string(entry.path()).unwrap();
                found.push((hidden, entry.path().strip_prefix(&out).unwrap().to_owned(), content));
            }
        }
        found.sort_by(|a, b| a.2.cmp(&b.2));
        found
    }

    fn finished(&self) -> Vec<String> {
        self.files().into_iter().filter(|(hidden, ..)| !hidden).map(|(_, _, content)| content).collect()
    }
}

#[test]
fn a_part_file_appears_when_it_is_finished() {
    let mut written = Written::new(&[("bucket", "base-path"), ("prefix", "orders"), ("suffix", ".txt")]);
    written.write(&["b", "a"]);
    written.writer.flush().unwrap();
    let files = written.files();
    let (hidden, path, content) = &files[0];
    let name = path.to_str().unwrap();
    assert!(*hidden && name.starts_with(".orders-") && name.contains("-0.txt.inprogress."), "{name}");
    // the flush at a barrier makes the data safe under the hidden name
    assert_eq!(content, "b\na\n");
    written.writer.finish().unwrap();
    let files = written.files();
    let name = files[0].1.to_str().unwrap();
    // orders-<uid of 36 characters>-0.txt
    assert_eq!((files.len(), files[0].0, name.len()), (1, false, "orders-".len() + 36 + "-0.txt".len()));
    assert_eq!(files[0].2, "b\na\n");
    assert!(written.writer.next_wakeup().is_none());
}

#[test]
fn a_failed_job_leaves_nothing_finished() {
    let mut written = Written::new(&[("bucket", "base-path")]);
    written.write(&["a"]);
    written.writer.close().unwrap();
    drop(written.writer);
    let names: Vec<_> = fs::read_dir(written.folder.path().join("out")).unwrap().flatten().collect();
    assert!(names.iter().all(|entry| entry.file_name().to_string_lossy().starts_with('.')));
}

#[test]
fn files_roll_by_size() {
    // a line of 4 bytes; a file of more than 6 is ended before the next line
    let mut written = Written::new(&[("bucket", "base-path"), ("rolling.file-size", "6")]);
    written.write(&["aaa", "bbb", "ccc"]);
    assert_eq!(written.finished(), ["aaa\nbbb\n"]);
    written.writer.finish().unwrap();
    assert_eq!(written.finished(), ["aaa\nbbb\n", "ccc\n"]);
}

#[test]
fn files_roll_by_age_and_by_inactivity() {
    let entries = [("bucket", "base-path"), ("rolling.interval-ms", "1000"), ("rolling.inactivity-ms", "300")];
    let mut written = Written::new(&entries);
    written.write(&["a"]);
    written.advance(299);
    assert!(written.finished().is_empty());
    written.advance(1);
    assert_eq!(written.finished(), ["a\n"]);
    written.write(&["b"]);
    for text in ["c", "d", "e"] {
        written.advance(250);
        written.write(&[text]);
    }
    assert_eq!(written.finished(), ["a\n"]);
    written.advance(250);
    assert_eq!(written.finished(), ["a\n", "b\nc\nd\ne\n"]);
}

#[test]
fn files_roll_at_barriers_only_where_that_is_the_policy() {
    let mut written = Written::new(&[("bucket", "base-path"), ("rolling.on-checkpoint", "true")]);
    written.write(&["a"]);
    written.advance(100_000_000);
    assert!(written.finished().is_empty());
    written.writer.flush().unwrap();
    assert_eq!(written.finished(), ["a\n"]);
}

#[test]
fn buckets_by_processing_time() {
    let mut written = Written::new(&[("bucket", "datetime:yyyy-MM-dd/HHmm"), ("bucket.timezone", "UTC")]);
    written.write(&["a"]);
    written.advance(40_000);
    written.write(&["b"]);
    written.writer.finish().unwrap();
    let directories: Vec<_> =
        written.files().iter().map(|(_, path, _)| path.parent().unwrap().to_str().unwrap().to_owned()).collect();
    assert_eq!(directories, ["2023-11-14/2213", "2023-11-14/2214"]);
}

#[test]
fn typed_rows_become_json_lines() {
    let folder = tempfile::tempdir().unwrap();
    let entries = [("path", folder.path().to_str().unwrap()), ("format", "json"), ("bucket", "base-path")];
    let sink = Filesystem.sink(&Spec { options: options(&entries), row_type: Some(ids()) }).unwrap();
    let mut writer = sink.writer(&context(1, 10)).unwrap();
    let records = RecordBatch::try_new(ids().0, vec![Arc::new(Int32Array::from(vec![Some(1), None]))]).unwrap();
    writer.write(Batch::columns(records, Shape::Row)).unwrap();
    writer.finish().unwrap();
    writer.close().unwrap();
    let files = super::discover::files(folder.path()).unwrap();
    assert_eq!(fs::read_to_string(files.first().unwrap()).unwrap(), "{\"id\":1}\n{\"id\":null}\n");
}

#[test]
fn each_csv_file_begins_with_the_header() {
    let folder = tempfile::tempdir().unwrap();
    let entries = [
        ("path", folder.path().to_str().unwrap()),
        ("format", "csv"),
        ("format.use-header", "true"),
        ("format.line-delimiter", "\r\n"),
        ("bucket", "base-path"),
    ];
    let sink = Filesystem.sink(&Spec { options: options(&entries), row_type: Some(ids()) }).unwrap();
    for id in [1, 2] {
        let mut writer = sink.writer(&context(1, 10)).unwrap();
        let records = RecordBatch::try_new(ids().0, vec![Arc::new(Int32Array::from(vec![id]))]).unwrap();
        writer.write(Batch::columns(records, Shape::Row)).unwrap();
        writer.finish().unwrap();
    }
    let files = super::discover::files(folder.path()).unwrap();
    let mut contents: Vec<_> = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    contents.sort();
    assert_eq!(contents, ["id\r\n1\r\n", "id\r\n2\r\n"]);
}

#[test]
fn a_text_that_ends_its_line_itself_keeps_the_blank_line() {
    let mut written = Written::new(&[("bucket", "base-path")]);
    written.write(&["a\n", "b"]);
    written.writer.finish().unwrap();
    assert_eq!(written.finished(), ["a\n\nb\n"]);
}

#[test]
fn what_is_wrong_with_a_sink_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let sink = |path: &Path, entries: &[(&str, &str)]| {
        let entries: Vec<_> = [("path", path.to_str().unwrap())].into_iter().chain(entries.iter().copied()).collect();
        Filesystem.sink(&Spec { options: options(&entries), row_type: None })
    };
    assert!(message(sink(&file, &[])).message().contains("is a file, not a directory"));
    for entries in [("rolling.file-size", "0"), ("prefix", "a/b"), ("bucket", "daily")] {
        assert_eq!(message(sink(folder.path(), &[entries])).kind(), ErrorKind::Config);
    }
    // a bucket whose directory cannot be made
    let below = sink(&file.join("below"), &[("bucket", "base-path")]).unwrap();
    let mut writer = below.writer(&context(1, 1)).unwrap();
    let texts = Columns::scalar(Arc::new(StringArray::from(vec!["a"])));
    let error = message(writer.write(Batch::new(Data::Columns(texts))));
    assert!(error.message().contains("not a directory") || error.message().contains("Not a directory"), "{error}");
}
