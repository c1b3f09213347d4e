//! SQLite through rusqlite: a prepared statement, run once a row inside one transaction.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, ffi};

use super::attended::CANCEL_CHECK;
use super::client::{Client, Outcome, Packing, Settings};
use super::error::{JdbcError, Reason, Trouble};
use super::rows::{Cell, Rows};
use super::text;
use super::url::JdbcUrl;

/// How long a writer waits for another one's transaction unless the URL says otherwise.
const DEFAULT_BUSY_TIMEOUT_MS: u64 = 30_000;

/// What sqlite-jdbc sets with a `PRAGMA` of the same name.
const PRAGMAS: [&str; 8] = [
    "page_size",
    "journal_mode",
    "synchronous",
    "foreign_keys",
    "cache_size",
    "temp_store",
    "locking_mode",
    "journal_size_limit",
];

/// SQLite keeps a number in a column of numeric affinity as an 8-byte float: that many digits are safe.
const FLOAT_DIGITS: u32 = 15;

pub struct Sqlite {
    connection: Connection,
    settings: Arc<Settings>,
    /// How long to wait for another program's transaction.
    patience: Duration,
    cancelled: Arc<AtomicBool>,
    sql: String,
    /// Per placeholder: whether its column would turn a decimal's text into a float.
    numeric: Vec<bool>,
    scratch: Vec<u8>,
}

fn busy_timeout(url: &JdbcUrl) -> Result<Duration, JdbcError> {
    let millis = url.number("busy_timeout", DEFAULT_BUSY_TIMEOUT_MS)?;
    if millis > i32::MAX as u64 {
        return Err(JdbcError::param("busy_timeout", "a number of ms below 2147483648"));
    }
    Ok(Duration::from_millis(millis))
}

pub fn check(url: &JdbcUrl) -> Result<(), JdbcError> {
    busy_timeout(url)?;
    for pragma in PRAGMAS {
        let is_plain = |value: &str| value.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
        if url.param(pragma).is_some_and(|value| value.is_empty() || !is_plain(value)) {
            return Err(JdbcError::param(pragma, "a word or a number"));
        }
    }
    Ok(())
}

pub fn connect(settings: &Arc<Settings>, cancelled: &Arc<AtomicBool>) -> Outcome<Sqlite> {
    let url = &settings.url;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&url.name, flags).map_err(|error| cannot_open(&url.name, error))?;
    let setting = |error: JdbcError| Trouble::new(Reason::Setting, "", error.to_string());
    let patience = busy_timeout(url).map_err(setting)?;
    connection.busy_timeout(patience).map_err(|error| trouble(settings, error))?;
    for pragma in PRAGMAS {
        if let Some(value) = url.param(pragma) {
            connection
                .pragma_update(None, pragma, value)
                .map_err(|error| Trouble { reason: Reason::Setting, ..trouble(settings, error) })?;
        }
    }
    let sql = settings.statement.plain();
    connection.prepare_cached(&sql).map_err(|error| trouble(settings, error))?;
    let numeric = numeric_columns(&connection, settings).map_err(|error| trouble(settings, error))?;
    // from here on the waiting is done in short pieces, see `patiently`
    connection.busy_timeout(patience.min(CANCEL_CHECK)).map_err(|error| trouble(settings, error))?;
    let (settings, cancelled) = (settings.clone(), cancelled.clone());
    Ok(Sqlite { connection, settings, patience, cancelled, sql, numeric, scratch: Vec::new() })
}

/// Which placeholders fill a column whose affinity is INTEGER, REAL or NUMERIC.
fn numeric_columns(connection: &Connection, settings: &Settings) -> rusqlite::Result<Vec<bool>> {
    let columns = &settings.statement.columns;
    let mut numeric = vec![false; columns.len()];
    let Some(table) = settings.statement.table.as_deref() else { return Ok(numeric) };
    let table = table.rsplit('.').next().unwrap_or(table).trim().trim_matches(['"', '`', '[', ']']);
    let mut listing = connection.prepare("SELECT name, upper(type) FROM pragma_table_info(?1)")?;
    let mut found = listing.query([table])?;
    let mut position = 0;
    while let Some(row) = found.next()? {
        let (name, declared): (String, String) = (row.get(0)?, row.get(1)?);
        let listed = columns.iter().any(Option::is_some);
        let is_numeric = has_numeric_affinity(&declared);
        for (at, column) in columns.iter().enumerate() {
            let fills = match column {
                Some(column) => column.eq_ignore_ascii_case(&name),
                None => !listed && at == position,
            };
            if fills {
                numeric[at] = is_numeric;
            }
        }
        position += 1;
    }
    Ok(numeric)
}

/// The rules of SQLite's documentation, "Determination Of Column Affinity".
fn has_numeric_affinity(declared: &str) -> bool {
    let holds = |words: &[&str]| words.iter().any(|word| declared.contains(word));
    holds(&["INT"]) || !(holds(&["CHAR", "CLOB", "TEXT", "BLOB"]) || declared.is_empty())
}

impl Sqlite {
    /// Runs what may have to wait for another program's transaction; no longer than the job lives.
    fn patiently(&self, sql: &str) -> Outcome {
        let started = Instant::now();
        loop {
            match self.run(sql) {
                Err(trouble) if trouble.reason == Reason::Busy && started.elapsed() < self.patience => {
                    if self.cancelled.load(Ordering::Relaxed) {
                        return Err(Trouble::cancelled());
                    }
                    // some locks SQLite does not wait for by itself
                    std::thread::sleep(Duration::from_millis(1));
                }
                outcome => return outcome,
            }
        }
    }

    fn run(&self, sql: &str) -> Outcome {
        let mut statement = self.connection.prepare_cached(sql).map_err(|error| trouble(&self.settings, error))?;
        // `query` and not `execute`: a PRAGMA or RETURNING may give rows
        let mut rows = statement.query([]).map_err(|error| trouble(&self.settings, error))?;
        while rows.next().map_err(|error| trouble(&self.settings, error))?.is_some() {}
        Ok(())
    }
}

impl Client for Sqlite {
    fn begin(&mut self) -> Outcome {
        // takes the write lock at once: a reader that turns writer later could not wait for it
        self.patiently("BEGIN IMMEDIATE")
    }

    fn execute(&mut self, rows: &Rows, range: Range<usize>, _packing: Packing) -> Outcome {
        let settings = &self.settings;
        let mut statement = self.connection.prepare_cached(&self.sql).map_err(|error| trouble(settings, error))?;
        for row in range {
            for column in 0..rows.width() {
                let cell = rows.cell(row, column);
                let value = value(cell, self.numeric[column], &mut self.scratch)
                    .map_err(|why| settings.unfit(rows, row, column, why))?;
                statement
                    .raw_bind_parameter(column + 1, ToSqlOutput::Borrowed(value))
                    .map_err(|error| trouble(settings, error).with_rows(row..row + 1))?;
            }
            let mut results = statement.raw_query();
            loop {
                match results.next() {
                    Ok(Some(_)) => {}
                    Ok(None) => break,
                    Err(error) => return Err(trouble(settings, error).with_rows(row..row + 1)),
                }
            }
        }
        Ok(())
    }

    fn update(&mut self, sql: &str) -> Outcome<u64> {
        self.patiently(sql)?;
        Ok(self.connection.changes())
    }

    fn commit(&mut self) -> Outcome {
        self.patiently("COMMIT")
    }

    fn rollback(&mut self) -> Outcome {
        // some errors have rolled back already
        if self.connection.is_autocommit() { Ok(()) } else { self.run("ROLLBACK") }
    }
}

/// The value as SQLite stores it; `numeric` is whether the column's affinity makes numbers of text.
fn value<'a>(cell: Cell<'a>, numeric: bool, scratch: &'a mut Vec<u8>) -> Result<ValueRef<'a>, String> {
    Ok(match cell {
        Cell::Null => ValueRef::Null,
        Cell::Bool(value) => ValueRef::Integer(value.into()),
        Cell::Int(value) => ValueRef::Integer(value),
        Cell::Float32(value) if value.is_nan() => return Err(nan()),
        Cell::Float(value) if value.is_nan() => return Err(nan()),
        Cell::Float(value) => ValueRef::Real(value),
        Cell::Str(text) => ValueRef::Text(text.as_bytes()),
        Cell::Bytes(bytes) => ValueRef::Blob(bytes),
        Cell::Decimal(digits, scale) => {
            let (short, short_scale) = text::without_trailing_zeros(digits, scale);
            let count = short.unsigned_abs().checked_ilog10().map_or(1, |log| log + 1);
            if let (true, 0, Ok(whole)) = (numeric, short_scale, i64::try_from(short)) {
                return Ok(ValueRef::Integer(whole));
            }
            scratch.clear();
            text::write(scratch, Cell::Decimal(digits, scale));
            if numeric && count > FLOAT_DIGITS {
                return Err(format!(
                    "the decimal {} has {count} digits and SQLite keeps {FLOAT_DIGITS} in a column of numeric type; \
                     declare the column TEXT to keep them all",
                    String::from_utf8_lossy(scratch)
                ));
            }
            ValueRef::Text(scratch)
        }
        Cell::Float32(value) => {
            // 0.1f32 is meant as 0.1, not as the nearest double's 0.10000000149011612
            scratch.clear();
            text::write(scratch, cell);
            let shortest = std::str::from_utf8(scratch).ok().and_then(|text| text.parse().ok());
            ValueRef::Real(shortest.unwrap_or_else(|| value.into()))
        }
        Cell::Date(_) | Cell::Time(_) | Cell::Timestamp(_) | Cell::Instant(_) => {
            scratch.clear();
            text::write(scratch, cell);
            ValueRef::Text(scratch)
        }
    })
}

fn nan() -> String {
    "NaN is not a number SQLite can store: it would become NULL".into()
}

fn cannot_open(path: &str, error: rusqlite::Error) -> Trouble {
    let folder = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty());
    let why = match folder {
        Some(folder) if !folder.exists() => format!("the folder '{}' does not exist", folder.display()),
        _ if Path::new(path).is_dir() => "it is a folder".to_owned(),
        _ => match &error {
            rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
            other => other.to_string(),
        },
    };
    let code = error.sqlite_error().map(|error| error.extended_code.to_string()).unwrap_or_default();
    Trouble::new(Reason::CannotOpen, code, format!("the file cannot be opened: {why}"))
}

/// Puts SQLite's error in order.
fn trouble(settings: &Settings, error: rusqlite::Error) -> Trouble {
    let (failure, message) = match error {
        rusqlite::Error::SqliteFailure(failure, message) => (failure, message),
        rusqlite::Error::SqlInputError { error, msg, .. } => (error, Some(msg)),
        other => return Trouble::new(Reason::Other, "", other.to_string()),
    };
    let message = message.unwrap_or_else(|| failure.to_string());
    let reason = match (failure.code, failure.extended_code) {
        (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => Reason::Busy,
        (ErrorCode::CannotOpen, _) => Reason::CannotOpen,
        (ErrorCode::ReadOnly, _) => Reason::ReadOnly,
        (ErrorCode::DiskFull, _) => Reason::DiskFull,
        (ErrorCode::TooBig, _) => Reason::TooBig,
        (ErrorCode::TypeMismatch, _) => Reason::BadValue,
        (ErrorCode::NotADatabase, _) => Reason::CannotOpen,
        (_, ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_ROWID) => {
            Reason::Duplicate
        }
        (_, ffi::SQLITE_CONSTRAINT_NOTNULL) => Reason::NotNull,
        (_, ffi::SQLITE_CONSTRAINT_FOREIGNKEY) => Reason::ForeignKey,
        (_, ffi::SQLITE_CONSTRAINT_CHECK) => Reason::Check,
        (_, ffi::SQLITE_CONSTRAINT_DATATYPE) => Reason::BadValue,
        _ if message.contains("no such table") => Reason::NoTable,
        _ if message.contains("no such column") || message.contains("has no column named") => Reason::NoColumn,
        _ if ["syntax error", "values for", "values were supplied", "incomplete input", "ON CONFLICT clause"]
            .iter()
            .any(|words| message.contains(words)) =>
        {
            Reason::Syntax
        }
        _ => Reason::Other,
    };
    // "UNIQUE constraint failed: t.id", "cannot store TEXT value in INTEGER column t.id"
    let column = matches!(reason, Reason::Duplicate | Reason::NotNull | Reason::BadValue)
        .then(|| message.rsplit(' ').next().and_then(|name| name.rsplit_once('.')).map(|(_, name)| name.to_owned()))
        .flatten()
        .filter(|name| settings.statement.columns.iter().flatten().any(|column| column.eq_ignore_ascii_case(name)));
    Trouble::new(reason, failure.extended_code.to_string(), message).with_column(column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn affinities_follow_sqlites_rules() {
        for declared in ["DECIMAL(10,2)", "INTEGER", "REAL", "DOUBLE", "NUMERIC", "DATE", "CHARINT"] {
            assert!(has_numeric_affinity(declared), "{declared}");
        }
        for declared in ["VARCHAR(10)", "TEXT", "CLOB", "BLOB", ""] {
            assert!(!has_numeric_affinity(declared), "{declared}");
        }
    }

    #[test]
    fn a_decimal_is_never_rounded() {
        let mut scratch = Vec::new();
        let long = Cell::Decimal(12_345_678_901_234_567, 2);
        assert!(value(long, true, &mut scratch).unwrap_err().contains("123456789012345.67 has 17 digits"));
        assert_eq!(value(long, false, &mut scratch), Ok(ValueRef::Text(b"123456789012345.67")));
        let whole = Cell::Decimal(123_456_789_012_345_678_900, 2);
        assert_eq!(value(whole, true, &mut scratch), Ok(ValueRef::Integer(1_234_567_890_123_456_789)));
    }
}
