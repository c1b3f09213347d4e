//! When rows are written, and what upserts, updates and deletes leave behind.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray};

use super::databases::{Setup, Target, lines, records, write_all};
use crate::batch::Batch;
use crate::connector::SinkWriter;
use crate::time::ManualClock;
use crate::types::Shape;

super::on_all_databases!(
    flushes_by_size,
    flushes_by_time,
    the_last_upsert_wins,
    an_upsert_sees_the_row_before_it,
    replaces_rows,
    updates_and_deletes,
    more_values_than_a_statement_takes,
    several_writers_at_once,
);

pub fn pairs(ids: impl IntoIterator<Item = i64>, names: impl IntoIterator<Item = &'static str>) -> RecordBatch {
    records(vec![
        ("id", Arc::new(Int64Array::from_iter_values(ids)) as ArrayRef),
        ("name", Arc::new(StringArray::from_iter_values(names))),
    ])
}

fn batch(records: RecordBatch) -> Batch {
    Batch::columns(records, Shape::Row)
}

fn numbered(range: std::ops::Range<i64>) -> RecordBatch {
    let length = (range.end - range.start) as usize;
    pairs(range, std::iter::repeat_n("x", length))
}

/// `INSERT` that replaces the name of a known id.
pub fn upsert(target: &Target, table: &str) -> String {
    let end = target.pick(
        "ON DUPLICATE KEY UPDATE name = VALUES(name)",
        "ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name",
        "ON CONFLICT (id) DO UPDATE SET name = excluded.name",
    );
    format!("INSERT INTO {table} (id, name) VALUES (?, ?) {end}")
}

fn flushes_by_size(target: &Target) {
    let table = target.table("id BIGINT PRIMARY KEY, name VARCHAR(20)");
    let setup = Setup::default().option("batch-size", 10);
    let sql = format!("INSERT INTO {table} VALUES (?, ?)");
    let mut writer = setup.writer(&target.url, &sql, numbered(0..1).schema()).unwrap();
    writer.write(batch(numbered(0..7))).unwrap();
    assert_eq!(target.count(&table), 0);
    // 7 + 18 rows are two batches of 10, and 5 that wait
    writer.write(batch(numbered(7..25))).unwrap();
    assert_eq!(target.count(&table), 20);
    assert_eq!((setup.counter("numRecordsSend"), setup.counter("flushes")), (20, 2));
    writer.flush().unwrap();
    assert_eq!(target.count(&table), 25);
    writer.flush().unwrap();
    writer.close().unwrap();
    assert_eq!((setup.counter("numRecordsSend"), setup.counter("flushes"), setup.counter("retries")), (25, 3, 0));
}

fn flushes_by_time(target: &Target) {
    let table = target.table("id BIGINT PRIMARY KEY, name VARCHAR(20)");
    let clock = Arc::new(ManualClock::new(1_000));
    let setup = Setup { clock: clock.clone(), ..Setup::default() }.option("batch-interval-ms", 200);
    let sql = format!("INSERT INTO {table} VALUES (?, ?)");
    let mut writer = setup.writer(&target.url, &sql, numbered(0..1).schema()).unwrap();
    assert_eq!(writer.next_wakeup(), None);
    writer.write(batch(numbered(0..3))).unwrap();
    clock.advance(50);
    writer.write(batch(numbered(3..5))).unwrap();
    // the oldest row decides
    assert_eq!(writer.next_wakeup(), Some(1_200));
    writer.on_time(1_199).unwrap();
    assert_eq!(target.count(&table), 0);
    writer.on_time(1_200).unwrap();
    assert_eq!((target.count(&table), writer.next_wakeup()), (5, None));
}

fn the_last_upsert_wins(target: &Target) {
    let table = target.table("id BIGINT PRIMARY KEY, name VARCHAR(20)");
    let sql = upsert(target, &table);
    let setup = Setup::default();
    let mut writer = setup.writer(&target.url, &sql, numbered(0..1).schema()).unwrap();
    writer.write(batch(pairs([1, 2, 1], ["a", "b", "c"]))).unwrap();
    writer.flush().unwrap();
    writer.write(batch(pairs([2, 3, 3], ["d", "e", "😀"]))).unwrap();
    writer.flush().unwrap();
    let found = target.query(&format!("SELECT id, name FROM {table} ORDER BY id"));
    assert_eq!(found, lines(&[&["1", "c"], &["2", "d"], &["3", "😀"]]));
    assert_eq!((setup.counter("numRecordsSend"), setup.counter("retries")), (6, 0));
}

/// Rows of one key in a batch may not be merged beforehand: each may build on the one before it.
fn an_upsert_sees_the_row_before_it(target: &Target) {
    let table = target.table("word VARCHAR(20) PRIMARY KEY, n BIGINT");
    let end = target
        .pick(
            "ON DUPLICATE KEY UPDATE n = n + VALUES(n)".to_owned().as_str(),
            &format!("ON CONFLICT (word) DO UPDATE SET n = {table}.n + EXCLUDED.n"),
            "ON CONFLICT (word) DO UPDATE SET n = n + excluded.n",
        )
        .to_owned();
    let words = ["to", "be", "or", "not", "to", "be"].repeat(200);
    let rows =
        records(vec![("word", Arc::new(StringArray::from(words))), ("n", Arc::new(Int32Array::from(vec![1; 1_200])))]);
    write_all(&target.url, &format!("INSERT INTO {table} (word, n) VALUES (?, ?) {end}"), rows).unwrap();
    let found = target.query(&format!("SELECT word, n FROM {table} ORDER BY word"));
    assert_eq!(found, lines(&[&["be", "400"], &["not", "200"], &["or", "200"], &["to", "400"]]));
}

fn replaces_rows(target: &Target) {
    let table = target.table("id BIGINT PRIMARY KEY, name VARCHAR(20)");
    let verb = target.pick("REPLACE", "", "INSERT OR REPLACE");
    let sql = match verb {
        "" => upsert(target, &table),
        verb => format!("{verb} INTO {table} (id, name) VALUES (?, ?)"),
    };
    for _ in 0..2 {
        write_all(&target.url, &sql, pairs([1, 1, 2], ["a", "b", "c"])).unwrap();
    }
    let found = target.query(&format!("SELECT id, name FROM {table} ORDER BY id"));
    assert_eq!(found, lines(&[&["1", "b"], &["2", "c"]]));
}

fn updates_and_deletes(target: &Target) {
    let table = target.table("id BIGINT PRIMARY KEY, name VARCHAR(20)");
    write_all(&target.url, &format!("INSERT INTO {table} VALUES (?, ?)"), numbered(0..1_000)).unwrap();
    let renamed = records(vec![
        ("name", Arc::new(StringArray::from(vec!["p", "q", "r"])) as ArrayRef),
        ("id", Arc::new(Int64Array::from(vec![5, 6, 5]))),
    ]);
    write_all(&target.url, &format!("UPDATE {table} SET name = ? WHERE id = ?"), renamed).unwrap();
    let ids = records(vec![("id", Arc::new(Int64Array::from_iter_values(6..1_000)) as ArrayRef)]);
    write_all(&target.url, &format!("DELETE FROM {table} WHERE id = ?"), ids).unwrap();
    let found = target.query(&format!("SELECT id, name FROM {table} WHERE id > 3 ORDER BY id"));
    assert_eq!(found, lines(&[&["4", "x"], &["5", "r"]]));
}

/// 70,000 values in one flush: PostgreSQL takes 65,535 a statement, SQLite 32,766.
fn more_values_than_a_statement_takes(target: &Target) {
    let columns: Vec<String> = (0..70).map(|at| format!("c{at} BIGINT")).collect();
    let table = target.table(&columns.join(", "));
    let values: ArrayRef = Arc::new(Int64Array::from_iter_values(0..1_000));
    let names: Vec<String> = (0..70).map(|at| format!("c{at}")).collect();
    let rows = records(names.iter().map(|name| (name.as_str(), values.clone())).collect());
    let marks = vec!["?"; 70].join(", ");
    write_all(&target.url, &format!("INSERT INTO {table} VALUES ({marks})"), rows).unwrap();
    let found = target.query(&format!("SELECT count(*), sum(c0), sum(c69) FROM {table}"));
    // 0 + 1 + … + 999 = 499,500
    assert_eq!(found, lines(&[&["1000", "499500", "499500"]]));
}

fn several_writers_at_once(target: &Target) {
    let table = target.table("id BIGINT PRIMARY KEY, name VARCHAR(20)");
    let sql = upsert(target, &table);
    std::thread::scope(|scope| {
        for subtask in 0..4i64 {
            let sql = sql.as_str();
            scope.spawn(move || {
                let setup = Setup::default().option("batch-size", 50);
                let mut writer = setup.writer(&target.url, sql, numbered(0..1).schema()).unwrap();
                for start in (0..1_000).step_by(100) {
                    let from = subtask * 1_000 + start;
                    writer.write(batch(numbered(from..from + 100))).unwrap();
                }
                writer.flush().unwrap();
                writer.close().unwrap();
            });
        }
    });
    assert_eq!(target.count(&table), 4_000);
}
