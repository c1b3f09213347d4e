//! What can go wrong between a row and its table, and what to do about each.

use std::ops::Range;
use std::time::Duration;

use crate::error::{ErrorKind, Explain};
use crate::types::DataType;

use super::url::Database;

/// Why a database did not do what was asked, the same for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Nothing answers at the address.
    Absent,
    UnknownHost,
    /// The connection broke, or the server ended it.
    Lost,
    /// A deadlock, a serialization failure, a lock that was not released in time.
    Busy,
    WrongPassword,
    UnknownDatabase,
    Tls,
    /// SQLite: the file cannot be opened.
    CannotOpen,
    NoTable,
    NoColumn,
    Syntax,
    Permission,
    ReadOnly,
    DiskFull,
    TooLong,
    TooBig,
    Duplicate,
    NotNull,
    ForeignKey,
    Check,
    OutOfRange,
    BadValue,
    /// PostgreSQL: one statement may not touch a row twice.
    SameRowTwice,
    /// A setting in the URL the database does not take.
    Setting,
    /// The job was cancelled while the database was waited for.
    Cancelled,
    Other,
}

impl Reason {
    /// Whether the same transaction may succeed when it is tried again.
    pub fn is_transient(self) -> bool {
        matches!(self, Reason::Absent | Reason::UnknownHost | Reason::Lost | Reason::Busy)
    }

    /// Whether the connection is of no more use.
    pub fn breaks_connection(self) -> bool {
        matches!(self, Reason::Absent | Reason::UnknownHost | Reason::Lost | Reason::Cancelled)
    }

    /// Whether one row may be to blame, so that it is worth finding.
    pub fn may_be_a_row(self) -> bool {
        use Reason::*;
        matches!(
            self,
            TooLong | TooBig | Duplicate | NotNull | ForeignKey | Check | OutOfRange | BadValue | SameRowTwice | Other
        )
    }

    fn kind(self) -> ErrorKind {
        use Reason::*;
        match self {
            WrongPassword | UnknownDatabase | NoTable | NoColumn | Syntax | Permission | Setting => ErrorKind::Config,
            TooLong | TooBig | Duplicate | NotNull | ForeignKey | Check | OutOfRange | BadValue | SameRowTwice => {
                ErrorKind::Data
            }
            Cancelled => ErrorKind::Cancelled,
            _ => ErrorKind::Connector,
        }
    }

    fn hint(self, database: Database) -> Option<String> {
        use Reason::*;
        let hint = match (self, database) {
            (Absent, _) => "start the server, or correct host and port in the URL",
            (UnknownHost, _) => "correct the host in the URL, or see that this machine can resolve its name",
            (Lost, _) => {
                "see the server's log for why the connection ended; more retries (max-retries) bridge a longer restart"
            }
            (Busy, Database::Sqlite) => {
                "another program holds the database's lock: end its transaction, or raise ?busy_timeout=<ms> in the URL"
            }
            (Busy, _) => {
                "other transactions hold the same rows: shorten them, lower the batch size, or raise max-retries"
            }
            (WrongPassword, _) => "correct the user name and the password in the connection options or in the URL",
            (UnknownDatabase, Database::MySql | Database::MariaDb) => {
                "create the database, correct its name in the URL, or add createDatabaseIfNotExist=true to the URL"
            }
            (UnknownDatabase, _) => "create the database, or correct its name in the URL",
            (Tls, Database::Postgres) => {
                "correct sslmode and sslrootcert in the URL; sslmode=disable does without encryption"
            }
            (Tls, _) => "correct sslMode and serverSslCert in the URL; sslMode=DISABLED does without encryption",
            (CannotOpen, _) => "create the folder, and see that it and the file can be written by this user",
            (NoTable, Database::Sqlite) => {
                "create the table, or correct its name in the statement and the file's path in the URL"
            }
            (NoTable, Database::Postgres) => {
                "create the table, or correct its name, the database in the URL or its currentSchema"
            }
            (NoTable, _) => "create the table, or correct its name in the statement and the database in the URL",
            (NoColumn, _) => "correct the column's name in the statement, or add the column to the table",
            (Syntax, _) => "correct the SQL statement; '?' stands for a value",
            (Permission, _) => "grant the user the right to do this, or use another user",
            (ReadOnly, Database::Sqlite) => "see that the file and its folder can be written by this user",
            (ReadOnly, _) => "connect to a server that takes writes",
            (DiskFull, _) => "make room on the database's disk",
            (TooLong, _) => "make the column wider, or cut the value before it is written",
            (TooBig, Database::MySql | Database::MariaDb) => {
                "raise the server's max_allowed_packet above the size of the row"
            }
            (TooBig, _) => "split the value: it is larger than the database takes",
            (Duplicate, Database::MySql | Database::MariaDb) => {
                "use INSERT … ON DUPLICATE KEY UPDATE, INSERT IGNORE or REPLACE when a key may come twice"
            }
            (Duplicate, _) => "use INSERT … ON CONFLICT (key) DO UPDATE SET … or DO NOTHING when a key may come twice",
            (NotNull, _) => "give the value, filter the row out, or let the column be NULL",
            (ForeignKey, _) => "write the row it refers to first, or drop the constraint",
            (Check, _) => "filter such rows out before the sink, or change the table's constraint",
            (OutOfRange, _) => "use a larger type for the column, or filter such rows out before the sink",
            (BadValue, _) => "convert the value before the sink, or change the column's type or the declared row type",
            (SameRowTwice, _) => "the statement touches one row twice by itself: rewrite it",
            (Setting, _) => "correct the parameter in the URL",
            (Other | Cancelled, _) => return None,
        };
        Some(hint.to_owned())
    }
}

/// What a client reports: the database's own words, put in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    pub reason: Reason,
    /// The database's code (`1062, SQLSTATE 23000`), empty where this side refused.
    pub code: String,
    pub message: String,
    /// The column it names.
    pub column: Option<String>,
    /// The rows of the statement that failed.
    pub rows: Option<Range<usize>>,
}

impl Trouble {
    pub fn new(reason: Reason, code: impl Into<String>, message: impl Into<String>) -> Self {
        Trouble { reason, code: code.into(), message: message.into(), column: None, rows: None }
    }

    /// A failure to reach a server.
    pub fn from_io(error: &std::io::Error) -> Self {
        use std::io::ErrorKind::{ConnectionRefused, HostUnreachable, NetworkUnreachable, NotFound, TimedOut};
        let text = error.to_string();
        let is_tls = error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>());
        let reason = match error.kind() {
            _ if is_tls => Reason::Tls,
            ConnectionRefused | HostUnreachable | NetworkUnreachable | TimedOut | NotFound => Reason::Absent,
            _ if text.contains("lookup address") => Reason::UnknownHost,
            _ => Reason::Lost,
        };
        Trouble::new(reason, "", text)
    }

    pub fn cancelled() -> Self {
        Trouble::new(Reason::Cancelled, "", "the job was cancelled")
    }

    pub fn timed_out(what: &str, after: Duration) -> Self {
        Trouble::new(Reason::Lost, "", format!("no answer within {} ms to {what}", after.as_millis()))
    }

    pub fn with_column(mut self, column: Option<String>) -> Self {
        self.column = column;
        self
    }

    pub fn with_rows(mut self, rows: Range<usize>) -> Self {
        self.rows = Some(rows);
        self
    }

    /// Those rows, unless it names some already.
    pub fn or_rows(mut self, rows: Range<usize>) -> Self {
        self.rows.get_or_insert(rows);
        self
    }
}

/// `: message (error 1062)`
fn details(message: &str, code: &str) -> String {
    if code.is_empty() { message.to_owned() } else { format!("{message} (error {code})") }
}

fn tried(attempts: u32) -> String {
    if attempts > 1 { format!(", tried {attempts} times") } else { String::new() }
}

/// `, column 'name'` where the message does not name it already.
fn in_column(column: &Option<String>, message: &str) -> String {
    let named = |column: &str| message.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == column);
    match column {
        Some(column) if !named(column) => format!(", column '{column}'"),
        _ => String::new(),
    }
}

/// The errors of the JDBC connector.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JdbcError {
    #[error("the JDBC URL cannot be read: {problem}")]
    Url { problem: String, hint: String },

    #[error("the URL parameter '{name}' has a value that is not {expected}")]
    Param { name: String, expected: String },

    #[error("the SQL statement cannot be used: {problem}\n  statement: {sql}")]
    Statement { sql: String, problem: String },

    #[error(
        "the SQL statement has {placeholders} placeholders (?) and the row type has {} fields: {}",
        fields.len(),
        fields.join(", ")
    )]
    Placeholders { placeholders: usize, fields: Vec<String> },

    #[error("the field '{field}' is of type {data_type}, which {database} has no parameter type for")]
    FieldType { database: Database, field: String, data_type: DataType },

    #[error("no connection to {database} at {address}: {}{}", details(message, code), tried(*attempts))]
    Connect { database: Database, address: String, reason: Reason, code: String, message: String, attempts: u32 },

    #[error("{database} refused the statement: {}{}\n  statement: {sql}", details(message, code), tried(*attempts))]
    Refused { database: Database, reason: Reason, code: String, message: String, sql: String, attempts: u32 },

    #[error(
        "{database} refused a row: {}{}{}",
        details(message, code),
        in_column(column, message),
        if *in_doubt { "; an earlier commit's answer was lost, so this row may have been written then" } else { "" }
    )]
    Row { database: Database, reason: Reason, code: String, message: String, column: Option<String>, in_doubt: bool },

    #[error("{database} did not take a flush of {rows} row(s): {}{}", details(message, code), tried(*attempts))]
    Rows { database: Database, reason: Reason, code: String, message: String, rows: usize, attempts: u32 },

    #[error(
        "{rows} rows wait for a checkpoint to be written to {database} exactly once: they take {bytes} bytes, and the limit is {most}"
    )]
    TooMuchWaits { database: Database, rows: usize, bytes: usize, most: usize },
}

impl JdbcError {
    pub fn url(problem: impl Into<String>, hint: impl Into<String>) -> Self {
        JdbcError::Url { problem: problem.into(), hint: hint.into() }
    }

    pub fn param(name: &str, expected: &str) -> Self {
        JdbcError::Param { name: name.to_owned(), expected: expected.to_owned() }
    }
}

impl Explain for JdbcError {
    fn kind(&self) -> ErrorKind {
        match self {
            JdbcError::Connect { reason, .. }
            | JdbcError::Refused { reason, .. }
            | JdbcError::Row { reason, .. }
            | JdbcError::Rows { reason, .. } => reason.kind(),
            JdbcError::TooMuchWaits { .. } => ErrorKind::Connector,
            _ => ErrorKind::Config,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            JdbcError::Url { hint, .. } => Some(hint.clone()),
            JdbcError::Param { name, expected } => Some(format!("write {name}=<{expected}> in the URL")),
            JdbcError::Statement { .. } => Some("give one SQL statement with '?' for each field of the row".into()),
            JdbcError::Placeholders { .. } => {
                Some("give the statement one '?' for each field, in the order of the row type".into())
            }
            JdbcError::FieldType { .. } => {
                Some("turn the field into a string before the sink, as JSON for example".into())
            }
            JdbcError::TooMuchWaits { .. } => Some(
                "take checkpoints more often, raise the limit (JdbcExactlyOnceOptions, with_max_buffered_bytes), or write an \
                 upsert with JdbcSink.sink(), which keeps nothing back"
                    .into(),
            ),
            JdbcError::Connect { reason, database, .. }
            | JdbcError::Refused { reason, database, .. }
            | JdbcError::Row { reason, database, .. }
            | JdbcError::Rows { reason, database, .. } => reason.hint(*database),
        }
    }
}
