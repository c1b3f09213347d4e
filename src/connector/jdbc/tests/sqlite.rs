//! What only SQLite has: files, folders, and one writer at a time.

use std::sync::Arc;

use arrow::array::{ArrayRef, Decimal128Array};

use super::databases::{Setup, Target, lines, records, write_all};
use super::writing::pairs;
use crate::batch::Batch;
use crate::connector::SinkWriter;
use crate::error::ErrorKind;
use crate::types::Shape;

#[test]
fn a_folder_that_does_not_exist() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing/orders.db");
    let url = format!("jdbc:sqlite:{}", path.display());
    let error = write_all(&url, "INSERT INTO t VALUES (?, ?)", pairs([1], ["a"])).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("missing' does not exist") && text.contains("create the folder"), "{text}");
    assert!(!text.contains("tried"), "waiting for a folder is in vain: {text}");
}

#[test]
fn another_program_holds_the_lock() {
    let target = Target::sqlite().unwrap();
    let table = target.table("id INTEGER PRIMARY KEY, name TEXT");
    let sql = format!("INSERT INTO {table} VALUES (?, ?)");
    let other = rusqlite::Connection::open(target.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();

    let setup = Setup::default().option("max-retries", 1);
    let url = target.url_with("busy_timeout=10");
    let mut writer = setup.writer(&url, &sql, pairs([1], ["a"]).schema()).unwrap();
    writer.write(Batch::columns(pairs([1], ["a"]), Shape::Row)).unwrap();
    let error = writer.flush().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connector);
    let text = error.to_string();
    assert!(text.contains("locked") && text.contains("tried 2 times") && text.contains("busy_timeout"), "{text}");

    // and when it lets go in time, nobody notices
    let setup = Setup::default().option("max-retries", 1_000);
    let retries = setup.metrics.counter("retries");
    let mut writer = setup.writer(&url, &sql, pairs([1], ["a"]).schema()).unwrap();
    writer.write(Batch::columns(pairs([1], ["a"]), Shape::Row)).unwrap();
    std::thread::scope(|scope| {
        let flushing = scope.spawn(move || writer.flush());
        while retries.get() == 0 {
            std::thread::yield_now();
        }
        other.execute_batch("COMMIT").unwrap();
        flushing.join().unwrap().unwrap();
    });
    assert_eq!(target.count(&table), 1);
}

#[test]
fn decimals_keep_their_digits_or_are_refused() {
    let target = Target::sqlite().unwrap();
    let table = target.table("id INTEGER PRIMARY KEY, amount DECIMAL(38,2)");
    let amounts = |values: Vec<i128>| {
        let array = Decimal128Array::from(values).with_precision_and_scale(38, 2).unwrap();
        records(vec![("amount", Arc::new(array) as ArrayRef)])
    };
    let sql = format!("INSERT INTO {table} (amount) VALUES (?)");
    write_all(&target.url, &sql, amounts(vec![1250, 123_456_789_012_345, 900_719_925_474_099_300])).unwrap();
    let found = target.query(&format!("SELECT amount FROM {table} ORDER BY id"));
    assert_eq!(found, lines(&[&["12.5"], &["1234567890123.45"], &["9007199254740993"]]));
    let error = write_all(&target.url, &sql, amounts(vec![900_719_925_474_099_312])).unwrap_err().to_string();
    assert!(error.contains("9007199254740993.12 has 18 digits") && error.contains("column 'amount'"), "{error}");
    assert!(error.contains("TEXT"), "{error}");
}

#[test]
fn pragmas_of_the_url_are_set() {
    let target = Target::sqlite().unwrap();
    let table = target.table("id INTEGER PRIMARY KEY, name TEXT");
    let url = target.url_with("journal_mode=WAL&synchronous=NORMAL&foreign_keys=true");
    write_all(&url, &format!("INSERT INTO {table} VALUES (?, ?)"), pairs([1], ["a"])).unwrap();
    assert_eq!(target.query("PRAGMA journal_mode"), lines(&[&["wal"]]));
}

#[test]
fn a_foreign_key_is_checked_where_the_url_asks_for_it() {
    let target = Target::sqlite().unwrap();
    target.run("CREATE TABLE parent (id INTEGER PRIMARY KEY)");
    target.run("CREATE TABLE child (id INTEGER REFERENCES parent(id), name TEXT)");
    let sql = "INSERT INTO child VALUES (?, ?)";
    let error = write_all(&target.url_with("foreign_keys=on"), sql, pairs([1], ["a"])).unwrap_err().to_string();
    assert!(error.contains("FOREIGN KEY") && error.contains("write the row it refers to first"), "{error}");
}
