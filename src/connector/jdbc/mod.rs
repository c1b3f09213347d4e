//! The JDBC sink: rows into MySQL, MariaDB, PostgreSQL or SQLite by a JDBC URL and a SQL statement with `?`.
//!
//! Options: `url`, `sql`, `username`, `password`, `batch-size` (5000), `batch-interval-ms` (0), `max-retries` (3),
//! `driver` (accepted, without effect). At-least-once; effectively once where the statement is an upsert.
//! `docs/connectors/jdbc.md` is the page for users.

mod attended;
mod client;
mod error;
mod lexer;
mod literal;
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

use crate::connector::{Connector, Options, Sink, SinkWriter, Spec};
use crate::error::{Error, Result};
use crate::operator::SubtaskContext;
use crate::types::SchemaRef;

use client::Settings;
pub use error::JdbcError;
use retry::Backoff;
use statement::Statement;
pub use url::{Database, JdbcUrl};
use writer::JdbcWriter;

/// How long a connection may take unless the URL says otherwise.
const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

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
        Ok(Box::new(JdbcSink { settings: Arc::new(settings), backoff: Backoff::default() }))
    }
}

struct JdbcSink {
    settings: Arc<Settings>,
    backoff: Backoff,
}

impl Sink for JdbcSink {
    fn writer(&self, context: &SubtaskContext) -> Result<Box<dyn SinkWriter>> {
        Ok(Box::new(JdbcWriter::open(self.settings.clone(), context, self.backoff)?))
    }
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
