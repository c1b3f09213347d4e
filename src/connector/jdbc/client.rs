//! What the writer asks of a database; one file a database implements it.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use arrow::array::RecordBatch;

use crate::error::{Error, Result};
use crate::types::SchemaRef;

use super::error::{JdbcError, Reason, Trouble};
use super::rows::Rows;
use super::statement::Statement;
use super::url::{Database, JdbcUrl};
use super::{mysql, postgres, sqlite};

pub type Outcome<T = ()> = std::result::Result<T, Trouble>;

/// How many rows go into one statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// As many as the statement and the database allow.
    Many,
    One,
}

/// One connection. After an error only `rollback` may follow, or the end.
pub trait Client: Send {
    fn begin(&mut self) -> Outcome;

    /// Runs the statement for those rows, inside the transaction. The error says which rows the failed statement
    /// held.
    fn execute(&mut self, rows: &Rows, range: Range<usize>, packing: Packing) -> Outcome;

    /// Runs a statement of this module's own; how many rows it has changed.
    fn update(&mut self, sql: &str) -> Outcome<u64>;

    fn commit(&mut self) -> Outcome;

    fn rollback(&mut self) -> Outcome;

    /// The number of the value that a row was refused for, where the database did not say it; called outside a
    /// transaction.
    fn blame(&mut self, _rows: &Rows, _row: usize, _trouble: &Trouble) -> Option<usize> {
        None
    }

    /// Says good-bye to the server.
    fn close(self: Box<Self>) {}
}

/// Everything the writers of one sink share.
pub struct Settings {
    pub url: JdbcUrl,
    /// The statement as the user wrote it.
    pub sql: String,
    pub statement: Statement,
    pub schema: SchemaRef,
    pub user: Option<String>,
    pub password: Option<String>,
    pub batch_size: usize,
    /// 0 where the program sets none.
    pub batch_interval_ms: i64,
    pub max_retries: u32,
    pub connect_timeout: Duration,
    /// `None` waits as long as the server takes.
    pub socket_timeout: Option<Duration>,
}

impl Settings {
    pub fn database(&self) -> Database {
        self.url.database
    }

    /// The name a message gives the `number`-th value: the column it fills, else the row's field.
    pub fn column_name(&self, number: usize) -> String {
        let from_sql = self.statement.columns.get(number).cloned().flatten();
        from_sql.unwrap_or_else(|| self.schema.fields().get(number).map(|f| f.name().clone()).unwrap_or_default())
    }

    /// Refuses records of another width than the row type's.
    pub fn check(&self, records: &RecordBatch) -> Result<()> {
        let (found, wanted) = (records.num_columns(), self.schema.fields().len());
        if found == wanted {
            return Ok(());
        }
        Err(Error::internal(format!("the JDBC sink was given {found} columns and its row type has {wanted}")))
    }

    /// This side's refusal of a value.
    pub fn unfit(&self, rows: &Rows, row: usize, number: usize, why: impl Into<String>) -> Trouble {
        debug_assert!(row < rows.len());
        Trouble::new(Reason::BadValue, "", why).with_column(Some(self.column_name(number))).with_rows(row..row + 1)
    }
}

/// Reads the URL's parameters that a client will need, so that a wrong one is found before the job starts.
pub fn check(url: &JdbcUrl) -> Result<(), JdbcError> {
    match url.database {
        Database::MySql | Database::MariaDb => mysql::check(url),
        Database::Postgres => postgres::check(url),
        Database::Sqlite => sqlite::check(url),
    }
}

/// Connects, prepares the session and lets the database look at the statement.
pub fn connect(settings: &Arc<Settings>, cancelled: &Arc<AtomicBool>) -> Outcome<Box<dyn Client>> {
    Ok(match settings.database() {
        Database::MySql | Database::MariaDb => Box::new(mysql::connect(settings, cancelled)?),
        Database::Postgres => Box::new(postgres::connect(settings, cancelled)?),
        Database::Sqlite => Box::new(sqlite::connect(settings, cancelled)?),
    })
}
