//! The JDBC sink: rows into MySQL, MariaDB, PostgreSQL or SQLite by a JDBC URL and a SQL statement with `?`.
//!
//! Options: `url`, `sql`, `username`, `password`, `batch-size` (5000), `batch-interval-ms` (0), `max-retries` (3),
//! `driver` (accepted, without effect). At-least-once; effectively once where the statement is an upsert, and exactly-once
//! where `delivery-guarantee` says so (then also `commits-table` and `max-buffered-bytes`).
//! `docs/connectors/jdbc.md` is the page for users.

mod attended;
mod client;
mod error;
mod exactly_once;
mod flusher;
mod lexer;
mod literal;
mod marker;
mod mysql;
mod params;
mod pg_param;
mod postgres;
mod retry;
mod rows;
mod sqlite;
mod statement;
#[cfg(test)]
mod tests;
mod text;
mod tls;
mod url;
mod writer;

use std::sync::Arc;
use std::time::Duration;

use crate::checkpoint::Spread;
use crate::connector::{Connector, Options, Sink, SinkWriter, Spec};
use crate::error::{Error, Result};
use crate::operator::SubtaskContext;
use crate::types::SchemaRef;

use client::Settings;
pub use error::JdbcError;
use exactly_once::{ExactlyOnce, ExactlyOnceWriter};
use retry::Backoff;
use statement::Statement;
pub use url::{Database, JdbcUrl};
use writer::JdbcWriter;

/// How long a connection may take unless the URL says otherwise.
const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What the rows of a subtask of an exactly-once sink that are not in the database may take, unless the program says
/// otherwise.
const DEFAULT_BUFFERED_BYTES: usize = 256 << 20;

/// The registry's entry.
pub struct Jdbc;

impl Connector for Jdbc {
    fn name(&self) -> &'static str {
        "jdbc"
    }

    fn sink(&self, spec: &Spec) -> Result<Box<dyn Sink>> {
        let (schema, _) = spec.row_type.as_ref().ok_or_else(|| {
            Error::config("the JDBC sink was given no row type")
                .with_hint("give the stream an output type: Types.ROW_NAMED([...], [...]) or Types.ROW([...])")
        })?;
        let settings = settings(&spec.options, schema)?;
        let exactly_once = exactly_once(&spec.options)?;
        Ok(Box::new(JdbcSink { settings: Arc::new(settings), exactly_once, backoff: Backoff::default() }))
    }
}

struct JdbcSink {
    settings: Arc<Settings>,
    /// `None`: at-least-once.
    exactly_once: Option<ExactlyOnce>,
    backoff: Backoff,
}

impl Sink for JdbcSink {
    /// Without checkpoints too: rows are then written at each barrier of those by which sources commit.
    fn commits(&self, _checkpoints: bool) -> bool {
        self.exactly_once.is_some()
    }

    fn stores(&self) -> bool {
        true
    }

    fn spread(&self) -> Spread {
        Spread::Union
    }

    fn writer(&self, context: &SubtaskContext) -> Result<Box<dyn SinkWriter>> {
        let settings = self.settings.clone();
        let Some(told) = &self.exactly_once else {
            return Ok(Box::new(JdbcWriter::open(settings, context, self.backoff)?));
        };
        if !context.checkpoints && context.subtask == 0 {
            tracing::warn!(
                "the JDBC sink '{}' is to write exactly once, and checkpoints are not enabled: rows come again after a \
                 failure. env.enable_checkpointing(…) enables them",
                context.operator
            );
        }
        Ok(Box::new(ExactlyOnceWriter::open(settings, told, context, self.backoff)?))
    }
}

fn exactly_once(options: &Options) -> Result<Option<ExactlyOnce>> {
    match options.get("delivery-guarantee") {
        None | Some("at-least-once") => return Ok(None),
        Some("exactly-once") => {}
        Some(other) => {
            return Err(Error::config(format!("the option 'delivery-guarantee' is '{other}'"))
                .with_hint("it has to be at-least-once or exactly-once"));
        }
    }
    let table = options.get("commits-table").unwrap_or(marker::DEFAULT_TABLE);
    if !marker::is_name(table) {
        return Err(Error::config(format!(
            "the option 'commits-table' is '{table}', which is no plain name of a table"
        ))
        .with_hint("use letters, digits and '_', with the name of a schema and a '.' in front where it is needed"));
    }
    let most = options.parse("max-buffered-bytes", DEFAULT_BUFFERED_BYTES)?;
    Ok(Some(ExactlyOnce { table: table.to_owned(), most }))
}

/// Checks everything that can be checked without a connection.
fn settings(options: &Options, schema: &SchemaRef) -> Result<Settings> {
    let url = JdbcUrl::parse(options.require("url")?)?;
    let sql = options.require("sql")?;
    let statement = Statement::parse(sql, url.database)?;
    let fields = schema.fields();
    if statement.placeholders() != fields.len() {
        let fields = fields.iter().map(|field| field.name().clone()).collect();
        return Err(JdbcError::Placeholders { placeholders: statement.placeholders(), fields }.into());
    }
    if let Some(field) = fields.iter().find(|field| !rows::is_supported(field.data_type())) {
        let (field, data_type) = (field.name().clone(), field.data_type().clone());
        return Err(JdbcError::FieldType { database: url.database, field, data_type }.into());
    }
    client::check(&url)?;
    let unknown = params::unknown(&url);
    if !unknown.is_empty() {
        tracing::warn!(database = %url, "the URL has parameters nothing here knows: {}", unknown.join(", "));
    }
    let (connect_timeout, socket_timeout) = timeouts(&url)?;
    let login = |option: &str, param: &str| options.get(option).or_else(|| url.param(param)).map(str::to_owned);
    Ok(Settings {
        user: login("username", "user"),
        password: login("password", "password"),
        sql: sql.to_owned(),
        statement,
        schema: schema.clone(),
        batch_size: options.parse("batch-size", 5_000)?,
        batch_interval_ms: options.parse("batch-interval-ms", 0)?,
        max_retries: options.parse("max-retries", 3)?,
        connect_timeout,
        socket_timeout,
        url,
    })
}

/// `connectTimeout` and `socketTimeout`: milliseconds for MySQL and MariaDB, seconds for PostgreSQL; 0 means none.
fn timeouts(url: &JdbcUrl) -> Result<(Duration, Option<Duration>)> {
    let unit = if url.database == Database::Postgres { Duration::from_secs(1) } else { Duration::from_millis(1) };
    let read = |name: &str| -> Result<Option<Duration>> {
        let number = u32::try_from(url.number(name, 0)?).map_err(|_| JdbcError::param(name, "a smaller number"))?;
        Ok((number > 0).then(|| unit * number))
    };
    let login = if url.database == Database::Postgres { read("loginTimeout")? } else { None };
    Ok((read("connectTimeout")?.or(login).unwrap_or(DEFAULT_CONNECT_TIMEOUT), read("socketTimeout")?))
}
