//! PostgreSQL through tokio-postgres.
//!
//! The server says which type each placeholder has; a value goes in that type's binary form where the two agree,
//! else as text that the server reads (`pg_param.rs`). Multi-row statements are prepared in a few sizes and
//! kept; statements for one row are sent without waiting for each answer.

use std::collections::HashMap;
use std::future::poll_fn;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::task::Poll;
use std::time::Duration;

use futures_util::future::maybe_done;
use tokio_postgres::config::{SslMode, TargetSessionAttrs};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;
use tokio_postgres::{Config, Error, Statement};

use super::attended::Attended;
use super::client::{Client, Outcome, Packing, Settings};
use super::error::{JdbcError, Reason, Trouble};
use super::pg_param::{Param, Unfit};
use super::rows::{Cell, Rows};
use super::tls::{Trust, connector};
use super::url::JdbcUrl;

/// The protocol counts parameters in 16 bits.
const MAX_PARAMETERS: usize = 65_535;

/// Rows of a multi-row statement: a flush is cut into these, largest first.
const ROWS_PER_STATEMENT: [usize; 4] = [512, 64, 8, 1];

/// How many statements of one row are under way at a time.
const PIPELINE: usize = 256;

pub struct Postgres {
    runtime: Attended,
    client: tokio_postgres::Client,
    settings: Arc<Settings>,
    types: Vec<Type>,
    /// By number of rows.
    statements: HashMap<usize, Statement>,
}

/// What `sslmode` asks for: whether to encrypt, and whom to trust.
fn encryption(url: &JdbcUrl) -> Result<(SslMode, Trust), JdbcError> {
    let root = url.param("sslrootcert").map(str::to_owned);
    let default = if url.param("ssl").is_some() && url.flag("ssl", false)? { "verify-full" } else { "prefer" };
    let mode = url.param("sslmode").unwrap_or(default).to_ascii_lowercase();
    // a server on this machine needs no encryption, and it costs throughput
    let local = url.hosts.iter().all(|host| host.is_loopback());
    Ok(match mode.as_str() {
        "disable" => (SslMode::Disable, Trust::Anyone),
        "allow" | "prefer" if local => (SslMode::Disable, Trust::Anyone),
        "allow" | "prefer" => (SslMode::Prefer, Trust::Anyone),
        "require" => (SslMode::Require, Trust::Anyone),
        "verify-ca" => (SslMode::Require, Trust::Authority(root)),
        "verify-full" => (SslMode::Require, Trust::Host(root)),
        _ => {
            let expected = "one of disable, allow, prefer, require, verify-ca, verify-full";
            return Err(JdbcError::param("sslmode", expected));
        }
    })
}

fn target(url: &JdbcUrl) -> Result<TargetSessionAttrs, JdbcError> {
    Ok(match url.param("targetServerType").map(str::to_ascii_lowercase).as_deref() {
        None | Some("any") => TargetSessionAttrs::Any,
        Some("primary" | "master") => TargetSessionAttrs::ReadWrite,
        Some(_) => return Err(JdbcError::param("targetServerType", "any or primary")),
    })
}

pub fn check(url: &JdbcUrl) -> Result<(), JdbcError> {
    encryption(url)?;
    target(url)?;
    Ok(())
}

fn config(settings: &Settings) -> Result<(Config, Trust), JdbcError> {
    let url = &settings.url;
    let (ssl_mode, trust) = encryption(url)?;
    let mut config = Config::new();
    for host in &url.hosts {
        config.host(&host.name).port(host.port);
    }
    // as libpq does: the user's name is the system user's, the database's name the user's
    let system_user = || std::env::var("USER").unwrap_or_else(|_| "postgres".into());
    let user = settings.user.clone().unwrap_or_else(system_user);
    config.dbname(if url.name.is_empty() { &user } else { &url.name });
    config.user(user);
    if let Some(password) = &settings.password {
        config.password(password);
    }
    let mut options = url.param("options").unwrap_or_default().to_owned();
    if let Some(schema) = url.param("currentSchema") {
        // in `options` a space ends an argument
        let escaped = schema.replace('\\', "\\\\").replace(' ', "\\ ");
        options.push_str(&format!(" -c search_path={escaped}"));
    }
    if !options.is_empty() {
        config.options(options.trim());
    }
    config
        .application_name(url.param("ApplicationName").unwrap_or("flott"))
        .ssl_mode(ssl_mode)
        .target_session_attrs(target(url)?)
        .connect_timeout(settings.connect_timeout)
        .keepalives_idle(Duration::from_secs(60));
    Ok((config, trust))
}

pub fn connect(settings: &Arc<Settings>, cancelled: &Arc<AtomicBool>) -> Outcome<Postgres> {
    let (config, trust) = config(settings).map_err(|error| Trouble::new(Reason::Setting, "", error.to_string()))?;
    let tls = connector(&trust).map_err(|why| Trouble::new(Reason::Tls, "", why))?;
    let runtime = Attended::new(cancelled)?;
    let limit = settings.connect_timeout;
    let (client, single) = runtime.block_on(async {
        let connect = async {
            let (client, connection) = config.connect(tls).await.map_err(trouble)?;
            // runs whenever the runtime does: within `block_on`; its error reaches the client's next call
            tokio::spawn(connection);
            let single = client.prepare(&settings.statement.numbered(1)).await.map_err(trouble)?;
            Ok::<_, Trouble>((client, single))
        };
        let limited = tokio::time::timeout(limit, connect).await;
        limited.map_err(|_| Trouble { reason: Reason::Absent, ..Trouble::timed_out("a connection", limit) })?
    })??;
    let types = single.params().to_vec();
    let statements = HashMap::from([(1, single)]);
    Ok(Postgres { runtime, client, settings: settings.clone(), types, statements })
}

/// The parameters of some rows, in the order of a statement's placeholders.
struct Params<'a> {
    rows: &'a Rows,
    /// A column that goes as NULL.
    omitted: Option<usize>,
    next: usize,
    end: usize,
}

impl<'a> Params<'a> {
    fn new(rows: &'a Rows, range: Range<usize>) -> Self {
        let width = rows.width();
        Params { rows, omitted: None, next: range.start * width, end: range.end * width }
    }

    fn without(self, column: usize) -> Self {
        Params { omitted: Some(column), ..self }
    }
}

impl<'a> Iterator for Params<'a> {
    type Item = Param<'a>;

    fn next(&mut self) -> Option<Param<'a>> {
        let at = self.next;
        if at == self.end {
            return None;
        }
        self.next += 1;
        let (row, column) = (at / self.rows.width(), at % self.rows.width());
        let cell = if self.omitted == Some(column) { Cell::Null } else { self.rows.cell(row, column) };
        Some(Param { cell, row, column })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.end - self.next, Some(self.end - self.next))
    }
}

impl ExactSizeIterator for Params<'_> {}

impl Postgres {
    fn run<T>(&self, what: impl Future<Output = Result<T, Error>>) -> Outcome<T> {
        self.runtime.block_on(limited(self.settings.socket_timeout, what))??.map_err(trouble)
    }

    /// The statement for that many rows.
    fn prepared(&mut self, rows: usize) -> Outcome<Statement> {
        if let Some(statement) = self.statements.get(&rows) {
            return Ok(statement.clone());
        }
        // of several rows the server may not infer what it inferred of one
        let types: Vec<Type> = self.types.iter().cycle().take(self.types.len() * rows).cloned().collect();
        let sql = self.settings.statement.numbered(rows);
        let statement = self.run(self.client.prepare_typed(&sql, &types))?;
        self.statements.insert(rows, statement.clone());
        Ok(statement)
    }

    /// One statement a row; the first that fails is the guilty one, those behind it only follow.
    fn one_by_one(&mut self, rows: &Rows, range: Range<usize>) -> Outcome {
        let statement = self.prepared(1)?;
        for start in range.clone().step_by(PIPELINE) {
            let part = start..range.end.min(start + PIPELINE);
            let sent = part.clone().map(|row| self.client.execute_raw(&statement, Params::new(rows, row..row + 1)));
            let answers = self.runtime.block_on(limited(self.settings.socket_timeout, in_order(sent)))??;
            for (row, answer) in part.zip(answers) {
                answer.map_err(|error| self.row_trouble(rows, error).or_rows(row..row + 1))?;
            }
        }
        Ok(())
    }

    fn row_trouble(&self, rows: &Rows, error: Error) -> Trouble {
        let unfit = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<Unfit>());
        match unfit {
            Some(unfit) => self.settings.unfit(rows, unfit.row, unfit.column, unfit.to_string()),
            None => trouble(error),
        }
    }
}

async fn limited<T>(limit: Option<Duration>, what: impl Future<Output = T>) -> Outcome<T> {
    match limit {
        None => Ok(what.await),
        Some(limit) => tokio::time::timeout(limit, what).await.map_err(|_| Trouble::timed_out("a statement", limit)),
    }
}

/// Starts the futures in their order, so that their statements are sent in that order, then collects the answers.
async fn in_order<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut started: Vec<_> = futures.map(|future| Box::pin(maybe_done(future))).collect();
    poll_fn(|context| {
        for future in &mut started {
            let _ = future.as_mut().poll(context);
        }
        Poll::Ready(())
    })
    .await;
    let mut answers = Vec::with_capacity(started.len());
    for mut future in started {
        future.as_mut().await;
        answers.extend(future.as_mut().take_output());
    }
    answers
}

impl Client for Postgres {
    fn begin(&mut self) -> Outcome {
        self.run(self.client.batch_execute("BEGIN"))
    }

    fn execute(&mut self, rows: &Rows, range: Range<usize>, packing: Packing) -> Outcome {
        if packing == Packing::One || !self.settings.statement.takes_rows() {
            return self.one_by_one(rows, range);
        }
        let most = MAX_PARAMETERS / rows.width().max(1);
        let mut start = range.start;
        while start < range.end {
            let left = range.end - start;
            let size = ROWS_PER_STATEMENT.into_iter().find(|size| *size <= left && *size <= most).unwrap_or(1);
            let part = start..start + size;
            let statement = self.prepared(size)?;
            let sent = self.client.execute_raw(&statement, Params::new(rows, part.clone()));
            let answer = self.runtime.block_on(limited(self.settings.socket_timeout, sent))??;
            answer.map_err(|error| self.row_trouble(rows, error).or_rows(part))?;
            start += size;
        }
        Ok(())
    }

    fn update(&mut self, sql: &str) -> Outcome<u64> {
        self.run(self.client.execute(sql, &[]))
    }

    fn commit(&mut self) -> Outcome {
        self.run(self.client.batch_execute("COMMIT"))
    }

    fn rollback(&mut self) -> Outcome {
        self.run(self.client.batch_execute("ROLLBACK"))
    }

    /// Writes the row with one value after the other left out: the error that goes away was that value's.
    fn blame(&mut self, rows: &Rows, row: usize, trouble: &Trouble) -> Option<usize> {
        if !matches!(trouble.reason, Reason::TooLong | Reason::OutOfRange | Reason::BadValue) {
            return None;
        }
        let statement = self.prepared(1).ok()?;
        self.begin().ok()?;
        let guilty = (0..rows.width()).filter(|column| rows.cell(row, *column) != Cell::Null).find(|column| {
            let params = Params::new(rows, row..row + 1).without(*column);
            let probe = async {
                self.client.batch_execute("SAVEPOINT probe").await?;
                let outcome = self.client.execute_raw(&statement, params).await;
                self.client.batch_execute("ROLLBACK TO SAVEPOINT probe").await?;
                Ok(outcome.err().and_then(|error| error.code().map(|code| code.code().to_owned())))
            };
            self.run(probe).is_ok_and(|code| code.as_deref() != Some(trouble.code.as_str()))
        });
        self.rollback().ok()?;
        guilty
    }

    fn close(self: Box<Self>) {
        let Postgres { runtime, client, statements, .. } = *self;
        // dropping the client makes the connection say good-bye; the runtime has to run for it
        drop(statements);
        drop(client);
        let _ = runtime.block_on(async {
            for _ in 0..8 {
                tokio::task::yield_now().await;
            }
        });
    }
}

/// Puts the server's or the driver's error in order.
fn trouble(error: Error) -> Trouble {
    if let Some(server) = error.as_db_error() {
        let mut message = server.message().to_owned();
        // the detail of an error names the key or the value, and hints help
        for (label, more) in [("; ", server.detail()), ("; hint: ", server.hint())] {
            if let Some(more) = more.filter(|_| server.code() != &SqlState::NOT_NULL_VIOLATION) {
                message.push_str(label);
                message.push_str(&crate::error::shorten(more, 200));
            }
        }
        let column = server.column().map(str::to_owned);
        return Trouble::new(reason(server.code().code()), server.code().code(), message).with_column(column);
    }
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        if let Some(io) = cause.downcast_ref::<std::io::Error>() {
            return Trouble::from_io(io);
        }
        source = cause.source();
    }
    let text = match std::error::Error::source(&error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    };
    let reason = match text.as_str() {
        _ if error.is_closed() || text.contains("connection closed") => Reason::Lost,
        text if text.contains("password missing") => Reason::WrongPassword,
        text if text.contains("TLS") => Reason::Tls,
        text if text.contains("timed out") || text.contains("error connecting") => Reason::Absent,
        _ => Reason::Other,
    };
    Trouble::new(reason, "", text)
}

/// PostgreSQL's SQLSTATE codes.
fn reason(code: &str) -> Reason {
    match code {
        "40001" | "40P01" | "55P03" => Reason::Busy,
        // shutting down, crashed, starting up, dropped, idle too long; too many connections
        "57P01" | "57P02" | "57P03" | "57P04" | "57P05" | "25P03" | "53300" => Reason::Lost,
        "28P01" | "28000" => Reason::WrongPassword,
        "3D000" => Reason::UnknownDatabase,
        "42P01" | "3F000" => Reason::NoTable,
        "42703" => Reason::NoColumn,
        "42501" => Reason::Permission,
        "25006" => Reason::ReadOnly,
        "53100" => Reason::DiskFull,
        "22001" => Reason::TooLong,
        "54000" => Reason::TooBig,
        "23505" | "23P01" => Reason::Duplicate,
        "23502" => Reason::NotNull,
        "23503" => Reason::ForeignKey,
        "23514" => Reason::Check,
        "22003" | "22008" => Reason::OutOfRange,
        "21000" => Reason::SameRowTwice,
        _ if code.starts_with("08") => Reason::Lost,
        _ if code.starts_with("22") => Reason::BadValue,
        // "ON CONFLICT does not match a unique constraint", wrong types, unknown functions
        _ if code.starts_with("42") => Reason::Syntax,
        _ => Reason::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encryption_as_pgjdbc_reads_it() {
        let mode = |url: &str| encryption(&JdbcUrl::parse(url).unwrap());
        assert_eq!(mode("jdbc:postgresql://db.example/d").unwrap(), (SslMode::Prefer, Trust::Anyone));
        assert_eq!(mode("jdbc:postgresql://localhost/d").unwrap().0, SslMode::Disable);
        assert_eq!(mode("jdbc:postgresql://localhost/d?ssl=true").unwrap(), (SslMode::Require, Trust::Host(None)));
        let (ssl, trust) = mode("jdbc:postgresql://h/d?sslmode=verify-ca&sslrootcert=/ca.pem").unwrap();
        assert_eq!((ssl, trust), (SslMode::Require, Trust::Authority(Some("/ca.pem".into()))));
        assert!(mode("jdbc:postgresql://h/d?sslmode=perhaps").is_err());
    }

    #[test]
    fn classes_of_codes() {
        assert_eq!(reason("22P02"), Reason::BadValue);
        assert_eq!(reason("42601"), Reason::Syntax);
        assert_eq!(reason("08006"), Reason::Lost);
    }
}
