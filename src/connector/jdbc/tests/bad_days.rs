//! What a person is told when the database refuses, and that nothing is half-written then.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow::array::{ArrayRef, Float64Array, Int64Array, ListArray, RecordBatch, StringArray};
use arrow::datatypes::Int32Type;

use super::databases::{Setup, Target, records, write_all};
use super::writing::{pairs, upsert};
use crate::batch::Batch;
use crate::connector::SinkWriter;
use crate::connector::jdbc::{Database, Jdbc};
use crate::connector::{Connector, Options, Spec};
use crate::error::{Error, ErrorKind};
use crate::types::Shape;

super::on_all_databases!(
    table_missing,
    column_missing,
    statement_wrong,
    a_key_that_is_there_already,
    a_value_that_is_missing,
    a_value_of_the_wrong_kind,
    a_value_too_long,
    a_refused_row_is_found_among_thousands,
    no_secret_is_shown,
);

/// The error has that kind, and its text has all those parts.
#[track_caller]
fn assert_error(error: &Error, kind: ErrorKind, parts: &[&str]) {
    let text = error.to_string();
    // with --nocapture one can read what people will read
    eprintln!("{text}\n");
    assert_eq!(error.kind(), kind, "{text}");
    for part in parts {
        assert!(text.contains(part), "'{part}' is not in:\n{text}");
    }
    assert!(text.contains("what to do: "), "{text}");
}

fn one() -> RecordBatch {
    pairs([1], ["a"])
}

fn failure(target: &Target, sql: &str, rows: RecordBatch) -> Error {
    write_all(&target.url, sql, rows).unwrap_err()
}

/// Opens a writer, and expects it not to.
fn refused_at_once(setup: Setup, url: &str, sql: &str) -> Error {
    setup.writer(url, sql, one().schema()).map(|_| ()).unwrap_err()
}

fn table_missing(target: &Target) {
    let error = refused_at_once(Setup::default(), &target.url, "INSERT INTO nowhere_at_all VALUES (?, ?)");
    assert_error(&error, ErrorKind::Config, &["nowhere_at_all", "create the table"]);
}

fn column_missing(target: &Target) {
    let table = target.table("id BIGINT, name VARCHAR(20)");
    let error = refused_at_once(Setup::default(), &target.url, &format!("INSERT INTO {table} (id, nme) VALUES (?, ?)"));
    assert_error(&error, ErrorKind::Config, &["nme", "correct the column's name"]);
}

fn statement_wrong(target: &Target) {
    let table = target.table("id BIGINT, name VARCHAR(20)");
    let error = refused_at_once(Setup::default(), &target.url, &format!("INSERT INTO {table} VALUEZ (?, ?)"));
    assert_error(&error, ErrorKind::Config, &["VALUEZ (?, ?)", "correct the SQL statement"]);
    let error = refused_at_once(Setup::default(), &target.url, &format!("INSERT INTO {table} VALUES (?, ?, 3)"));
    assert_error(&error, ErrorKind::Config, &["VALUES (?, ?, 3)", "correct the SQL statement"]);
}

fn a_key_that_is_there_already(target: &Target) {
    let table = target.table("id BIGINT PRIMARY KEY, name VARCHAR(20)");
    let sql = format!("INSERT INTO {table} (id, name) VALUES (?, ?)");
    let error = failure(target, &sql, pairs([1, 2, 3, 2], ["a", "b", "c", "again"]));
    let hint = target.pick("ON DUPLICATE KEY UPDATE", "ON CONFLICT (key) DO UPDATE", "ON CONFLICT (key) DO UPDATE");
    assert_error(&error, ErrorKind::Data, &["record: id=2, name='again'", hint]);
    assert_eq!(target.count(&table), 0);
}

fn a_value_that_is_missing(target: &Target) {
    let table = target.table("id BIGINT, name VARCHAR(20) NOT NULL");
    let rows = records(vec![
        ("key", Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef),
        ("text", Arc::new(StringArray::from(vec![Some("a"), None]))),
    ]);
    let error = failure(target, &format!("INSERT INTO {table} (id, name) VALUES (?, ?)"), rows);
    // the column's name and the row's
    assert_error(&error, ErrorKind::Data, &["name", "record: key=2, text=NULL", "let the column be NULL"]);
    assert_eq!(target.count(&table), 0);
}

fn a_value_of_the_wrong_kind(target: &Target) {
    // STRICT, or SQLite takes anything
    let table = if target.url.contains("sqlite") {
        target.run("CREATE TABLE strict_table (id INTEGER, name TEXT) STRICT");
        "strict_table".to_owned()
    } else {
        target.table("id BIGINT, name VARCHAR(20)")
    };
    let rows = records(vec![
        ("id", Arc::new(StringArray::from(vec!["1", "two"])) as ArrayRef),
        ("name", Arc::new(StringArray::from(vec!["a", "b"]))),
    ]);
    let error = failure(target, &format!("INSERT INTO {table} (id, name) VALUES (?, ?)"), rows);
    assert_error(&error, ErrorKind::Data, &["record: id='two', name='b'", "convert the value before the sink"]);
    let column = target.pick("`id`", "column 'id'", "strict_table.id");
    assert_error(&error, ErrorKind::Data, &[column]);
    assert_eq!(target.count(&table), 0);
}

fn a_value_too_long(target: &Target) {
    let check = target.pick("", "", " CHECK (length(name) <= 5)");
    let table = target.table(&format!("id BIGINT, name VARCHAR(5){check}"));
    let error = failure(
        target,
        &format!("INSERT INTO {table} (id, name) VALUES (?, ?)"),
        pairs([1, 2, 3], ["abcde", "abcdef", "abcdefg"]),
    );
    let hint = target.pick("make the column wider", "make the column wider", "the table's constraint");
    assert_error(&error, ErrorKind::Data, &["record: id=2, name='abcdef'", hint]);
    if target.database == Database::Postgres {
        // PostgreSQL does not say which column: the sink finds out
        let what =
            "PostgreSQL refused a row: value too long for type character varying(5) (error 22001), column 'name'";
        assert_error(&error, ErrorKind::Data, &[what]);
    }
    if target.database.is_mysql() {
        assert_error(&error, ErrorKind::Data, &["MariaDB refused a row: Data too long for column 'name' (error 1406"]);
    }
    assert_eq!(target.count(&table), 0);
}

fn a_refused_row_is_found_among_thousands(target: &Target) {
    let table = target.table("id BIGINT PRIMARY KEY, name VARCHAR(20)");
    let sql = format!("INSERT INTO {table} (id, name) VALUES (?, ?)");
    let ids = (0..4_000).map(|id| if id == 3_210 { 17 } else { id });
    let names = (0..4_000).map(|id| if id == 3_210 { "guilty" } else { "good" });
    let error = failure(target, &sql, pairs(ids, names));
    assert_error(&error, ErrorKind::Data, &["record: id=17, name='guilty'"]);
    assert_eq!(target.count(&table), 0);
    // the statement that runs row by row finds it as well
    let sql = format!("{sql} ON CONFLICT DO NOTHING");
    if target.pick("", "yes", "yes") == "yes" {
        write_all(&target.url, &sql, pairs([1, 1], ["a", "b"])).unwrap();
        assert_eq!(target.count(&table), 1);
    }
}

fn no_secret_is_shown(target: &Target) {
    let table = target.table("id BIGINT PRIMARY KEY, password VARCHAR(20)");
    let rows = records(vec![
        ("id", Arc::new(Int64Array::from(vec![1, 1])) as ArrayRef),
        ("password", Arc::new(StringArray::from(vec!["hunter1", "hunter2"]))),
    ]);
    let error = failure(target, &format!("INSERT INTO {table} VALUES (?, ?)"), rows).to_string();
    assert!(!error.contains("hunter") && error.contains("password=******"), "{error}");
}

/// A port nobody listens on.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn a_server_that_is_absent() {
    for scheme in ["mysql", "mariadb", "postgresql"] {
        let port = free_port();
        let url = format!("jdbc:{scheme}://127.0.0.1:{port}/shop?user=me&password=hunter2");
        let setup = Setup::default().option("max-retries", 2);
        let metrics = setup.metrics.clone();
        let error = refused_at_once(setup, &url, "INSERT INTO t VALUES (?, ?)");
        let address = format!("jdbc:{scheme}://127.0.0.1:{port}/shop");
        assert_error(&error, ErrorKind::Connector, &[&address, "refused", "tried 3 times", "start the server"]);
        assert!(!error.to_string().contains("hunter2"));
        assert_eq!(metrics.counter("retries").get(), 2);
    }
}

#[test]
fn a_cancelled_job_stops_waiting() {
    let cancelled = Arc::new(AtomicBool::new(false));
    let setup = Setup {
        cancelled: cancelled.clone(),
        backoff: super::super::retry::Backoff {
            first: std::time::Duration::from_secs(600),
            most: std::time::Duration::from_secs(600),
        },
        ..Setup::default()
    };
    let retries = setup.metrics.counter("retries");
    let url = format!("jdbc:mysql://127.0.0.1:{}/shop", free_port());
    let waiting = std::thread::spawn(move || refused_at_once(setup, &url, "INSERT INTO t VALUES (?, ?)"));
    while retries.get() == 0 {
        std::thread::yield_now();
    }
    cancelled.store(true, Ordering::Relaxed);
    assert_eq!(waiting.join().unwrap().kind(), ErrorKind::Cancelled);
}

fn wrong_login(target: &Target) {
    let table = target.table("id BIGINT, name VARCHAR(20)");
    let setup = Setup::default().option("password", "not-it");
    let error = refused_at_once(setup, &target.url, &format!("INSERT INTO {table} VALUES (?, ?)"));
    assert_error(&error, ErrorKind::Config, &["correct the user name and the password"]);
    assert!(!error.to_string().contains("not-it"));
}

fn wrong_database(target: &Target) {
    let server = target.url.find("://").unwrap() + 3;
    let path = server + target.url[server..].find('/').unwrap();
    let options = target.url.find('?').unwrap_or(target.url.len());
    let url = format!("{}/no_such_database{}", &target.url[..path], &target.url[options..]);
    let error = refused_at_once(Setup::default(), &url, "INSERT INTO t VALUES (?, ?)");
    // MariaDB tells users without rights to it only that they have none
    let text = error.to_string();
    assert_eq!(error.kind(), ErrorKind::Config, "{text}");
    assert!(text.contains("no_such_database") && text.contains("what to do"), "{text}");
}

#[test]
fn wrong_password() {
    [Target::mariadb(), Target::postgres()].iter().flatten().for_each(wrong_login);
}

#[test]
fn unknown_database() {
    [Target::mariadb(), Target::postgres()].iter().flatten().for_each(wrong_database);
}

#[test]
fn a_float_that_is_no_number() {
    for target in [Target::sqlite(), Target::mariadb()].iter().flatten() {
        let table = target.table("id DOUBLE");
        let rows = records(vec![("x", Arc::new(Float64Array::from(vec![1.0, f64::NAN])) as ArrayRef)]);
        let error = failure(target, &format!("INSERT INTO {table} (id) VALUES (?)"), rows);
        assert_error(&error, ErrorKind::Data, &["NaN", "column 'id'", "record: x=NaN"]);
        assert_eq!(target.count(&table), 0);
    }
}

#[test]
fn a_number_is_no_timestamp_for_postgres() {
    let Some(target) = Target::postgres() else { return };
    let table = target.table("at TIMESTAMP");
    let rows = records(vec![("ms", Arc::new(Int64Array::from(vec![1_704_103_200_000])) as ArrayRef)]);
    let error = failure(&target, &format!("INSERT INTO {table} (at) VALUES (?)"), rows);
    assert_error(
        &error,
        ErrorKind::Data,
        &["a whole number cannot be written to a column of type timestamp", "column 'at'", "record: ms=1704103200000"],
    );
}

#[test]
fn a_row_larger_than_a_packet() {
    let Some(target) = Target::mariadb() else { return };
    let table = target.table("id BIGINT, name LONGTEXT");
    let largest: usize = target.query("SELECT @@max_allowed_packet")[0][0].as_deref().unwrap().parse().unwrap();
    let huge = "x".repeat(largest + 1);
    let rows = records(vec![
        ("id", Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef),
        ("name", Arc::new(StringArray::from(vec!["small", huge.as_str()]))),
    ]);
    let error = failure(&target, &format!("INSERT INTO {table} VALUES (?, ?)"), rows);
    assert_error(&error, ErrorKind::Data, &["max_allowed_packet", "record: id=2, name='xxx"]);
    assert!(error.to_string().len() < 1_000);
    assert_eq!(target.count(&table), 0);
}

#[test]
fn what_is_wrong_before_any_connection() {
    let build = |url: &str, sql: &str, rows: RecordBatch| {
        let options = [("url", url), ("sql", sql)].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let spec = Spec { options: Options::new(options), row_type: Some((rows.schema(), Shape::Row)) };
        Jdbc.sink(&spec).map(|_| ()).unwrap_err()
    };
    let url = "jdbc:mysql://nowhere.invalid/d";
    let error = build(url, "INSERT INTO t VALUES (?, ?, ?)", one());
    assert_error(&error, ErrorKind::Config, &["3 placeholders (?) and the row type has 2 fields: id, name"]);
    let list = ListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![Some(1)])]);
    let rows = records(vec![("tags", Arc::new(list) as ArrayRef)]);
    assert_error(&build(url, "INSERT INTO t VALUES (?)", rows), ErrorKind::Config, &["'tags'", "MySQL"]);
    let url = "jdbc:mysql://h/d?sslMode=perhaps";
    assert_error(&build(url, "INSERT INTO t VALUES (?, ?)", one()), ErrorKind::Config, &["sslMode", "VERIFY_CA"]);
    let url = "jdbc:sqlite:/tmp/x?synchronous=OFF;DROP";
    assert_error(&build(url, "INSERT INTO t VALUES (?, ?)", one()), ErrorKind::Config, &["synchronous"]);
}

/// The server ends the writer's session between two flushes.
#[test]
fn a_session_that_is_killed() {
    for target in [Target::mariadb(), Target::postgres()].iter().flatten() {
        let session = target.pick("connection_id()", "pg_backend_pid()", "");
        let table = target.table(&format!("id BIGINT PRIMARY KEY, name VARCHAR(20), session INT DEFAULT ({session})"));
        let setup = Setup::default();
        let mut writer = setup.writer(&target.url, &upsert(target, &table), one().schema()).unwrap();
        writer.write(Batch::columns(pairs([1, 2], ["a", "b"]), Shape::Row)).unwrap();
        writer.flush().unwrap();
        let session = target.query(&format!("SELECT session FROM {table} WHERE id = 1"))[0][0].clone().unwrap();
        if target.database.is_mysql() {
            target.run(&format!("KILL {session}"));
        } else {
            target.run(&format!("SELECT pg_terminate_backend({session}, 10000)"));
        }
        writer.write(Batch::columns(pairs([2, 3], ["c", "d"]), Shape::Row)).unwrap();
        writer.flush().unwrap();
        writer.close().unwrap();
        assert_eq!(target.count(&table), 3);
    }
}
