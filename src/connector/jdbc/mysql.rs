//! MySQL and MariaDB through mysql_async.
//!
//! Values travel as literals in the statement's text, as Connector/J sends them by default: a multi-row statement
//! has no limit of placeholders then, and building it costs one buffer. The connection speaks utf8mb4 and is
//! strict: a value that does not fit is an error, never cut silently.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use mysql_async::prelude::Queryable;
use mysql_async::{Compression, Conn, DriverError, Error, IoError, Opts, OptsBuilder, SslOpts};

use crate::types::DataType;

use super::attended::Attended;
use super::client::{Client, Outcome, Packing, Settings};
use super::error::{JdbcError, Reason, Trouble};
use super::literal::{Zone, write_literal};
use super::rows::Rows;
use super::url::{Host, JdbcUrl};

/// Statements grow to about this size; larger ones gain nothing.
const STATEMENT_BYTES: usize = 1 << 20;

const GOODBYE: Duration = Duration::from_secs(1);

/// What a packet holds besides the statement.
const PACKET_HEADER: usize = 16;

pub struct MySql {
    runtime: Attended,
    connection: Conn,
    settings: Arc<Settings>,
    zone: Zone,
    backslash_escapes: bool,
    max_statement: usize,
    buffer: Vec<u8>,
}

/// How the connection is encrypted: Connector/J's and MariaDB's `sslMode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SslMode {
    Disabled,
    /// Encrypted when the server can, except to this machine itself.
    Preferred,
    Required,
    VerifyCa,
    VerifyIdentity,
}

fn ssl_mode(url: &JdbcUrl) -> Result<SslMode, JdbcError> {
    if let Some(mode) = url.param("sslMode") {
        return Ok(match mode.to_ascii_uppercase().replace('-', "_").as_str() {
            "DISABLED" | "DISABLE" => SslMode::Disabled,
            "PREFERRED" => SslMode::Preferred,
            "REQUIRED" | "TRUST" => SslMode::Required,
            "VERIFY_CA" => SslMode::VerifyCa,
            "VERIFY_IDENTITY" | "VERIFY_FULL" => SslMode::VerifyIdentity,
            _ => {
                let expected = "one of DISABLED, PREFERRED, REQUIRED, VERIFY_CA, VERIFY_IDENTITY";
                return Err(JdbcError::param("sslMode", expected));
            }
        });
    }
    if !url.flag("useSSL", true)? {
        return Ok(SslMode::Disabled);
    }
    let explicit = url.param("useSSL").is_some();
    let verify = url.flag("verifyServerCertificate", false)?;
    let require = url.flag("requireSSL", false)?;
    Ok(match (explicit, verify, require) {
        (true, true, _) => SslMode::VerifyCa,
        (true, false, true) => SslMode::Required,
        _ => SslMode::Preferred,
    })
}

/// The zone that moments are written in, and whether the session is put in it in any case.
fn zone(url: &JdbcUrl) -> Result<(Zone, bool), JdbcError> {
    let force = url.flag("forceConnectionTimeZoneToSession", false)?;
    let (name, text) = match (url.param("connectionTimeZone"), url.param("serverTimezone")) {
        (Some(text), _) => ("connectionTimeZone", text),
        (None, Some(text)) => ("serverTimezone", text),
        (None, None) => return Ok((Zone::utc(), force)),
    };
    match Zone::parse(text) {
        Some(zone) => Ok((zone, force)),
        None => Err(JdbcError::param(name, "a zone like UTC, +08:00 or Asia/Shanghai")),
    }
}

pub fn check(url: &JdbcUrl) -> Result<(), JdbcError> {
    ssl_mode(url)?;
    zone(url)?;
    url.flag("createDatabaseIfNotExist", false)?;
    url.flag("jdbcCompliantTruncation", true)?;
    url.flag("useCompression", false)?;
    Ok(())
}

fn options(settings: &Settings, host: &Host, database: Option<&str>, ssl: Option<SslOpts>) -> Opts {
    let url = &settings.url;
    let compress = url.flag("useCompression", false).unwrap_or(false);
    OptsBuilder::default()
        .ip_or_hostname(host.name.clone())
        .tcp_port(host.port)
        .user(settings.user.clone())
        .pass(settings.password.clone())
        .db_name(database.map(str::to_owned))
        .ssl_opts(ssl)
        .compression(compress.then(Compression::default))
        // the URL names a TCP address: going round it by a socket file would surprise
        .prefer_socket(false)
        .stmt_cache_size(0)
        .tcp_keepalive(Some(Duration::from_secs(60)))
        .into()
}

async fn connect_to(settings: &Settings, host: &Host, database: Option<&str>) -> Outcome<Conn> {
    let setting = |error: JdbcError| Trouble::new(Reason::Setting, "", error.to_string());
    let mode = ssl_mode(&settings.url).map_err(setting)?;
    let with_tls = match mode {
        SslMode::Disabled => false,
        SslMode::Preferred => !host.is_loopback(),
        _ => true,
    };
    let mut ssl = SslOpts::default();
    if let Some(path) = settings.url.param("serverSslCert") {
        ssl = ssl.with_root_certs(vec![std::path::PathBuf::from(path).into()]);
    }
    ssl = ssl
        .with_danger_accept_invalid_certs(matches!(mode, SslMode::Preferred | SslMode::Required))
        .with_danger_skip_domain_validation(mode != SslMode::VerifyIdentity);
    let attempt = Conn::new(options(settings, host, database, with_tls.then_some(ssl)));
    let connected = match timed(settings.connect_timeout, "a connection", attempt).await? {
        Err(Error::Driver(DriverError::NoClientSslFlagFromServer)) if mode == SslMode::Preferred => {
            let plain = Conn::new(options(settings, host, database, None));
            timed(settings.connect_timeout, "a connection", plain).await?
        }
        other => other,
    };
    connected.map_err(trouble)
}

async fn timed<T>(limit: Duration, what: &str, future: impl Future<Output = T>) -> Outcome<T> {
    let limited = tokio::time::timeout(limit, future).await;
    limited.map_err(|_| Trouble { reason: Reason::Absent, ..Trouble::timed_out(what, limit) })
}

/// Connects to the first host that answers.
async fn connect_any(settings: &Settings, database: Option<&str>) -> Outcome<Conn> {
    let mut last = Trouble::new(Reason::Absent, "", "the URL names no host");
    for host in &settings.url.hosts {
        match connect_to(settings, host, database).await {
            Ok(connection) => return Ok(connection),
            Err(trouble) if trouble.reason.breaks_connection() => last = trouble,
            Err(trouble) => return Err(trouble),
        }
    }
    Err(last)
}

async fn open(settings: &Settings) -> Outcome<Conn> {
    let url = &settings.url;
    let database = Some(url.name.as_str()).filter(|name| !name.is_empty());
    let create = url.flag("createDatabaseIfNotExist", false).unwrap_or(false);
    match (connect_any(settings, database).await, database) {
        (Err(trouble), Some(name)) if create && trouble.reason == Reason::UnknownDatabase => {
            let mut connection = connect_any(settings, None).await?;
            let name = name.replace('`', "``");
            connection.query_drop(format!("CREATE DATABASE IF NOT EXISTS `{name}`")).await.map_err(self::trouble)?;
            let _ = connection.disconnect().await;
            connect_any(settings, database).await
        }
        (outcome, _) => outcome,
    }
}

pub fn connect(settings: &Arc<Settings>, cancelled: &Arc<AtomicBool>) -> Outcome<MySql> {
    // without a process-wide provider rustls cannot choose one
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = Attended::new(cancelled)?;
    let (connection, zone, backslash_escapes, max_packet) = runtime.block_on(async {
        let mut connection = open(settings).await?;
        let session = prepare_session(settings, &mut connection);
        let (zone, backslashes, packet) = timed(settings.connect_timeout, "prepare the session", session).await??;
        Ok::<_, Trouble>((connection, zone, backslashes, packet))
    })??;
    Ok(MySql {
        runtime,
        connection,
        settings: settings.clone(),
        zone,
        backslash_escapes,
        max_statement: max_packet.saturating_sub(PACKET_HEADER),
        buffer: Vec::new(),
    })
}

/// Sets what the values rely on, and lets the server look at the statement.
async fn prepare_session(settings: &Settings, connection: &mut Conn) -> Outcome<(Zone, bool, usize)> {
    let url = &settings.url;
    let setting = |error: JdbcError| Trouble::new(Reason::Setting, "", error.to_string());
    let as_setting = |error: Error| {
        let trouble = trouble(error);
        if trouble.reason.is_transient() { trouble } else { Trouble { reason: Reason::Setting, ..trouble } }
    };
    let collation = url.param("connectionCollation").filter(|name| !name.is_empty());
    let is_name = |name: &&str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let names = match collation {
        Some(name) if is_name(&name) => format!("SET NAMES utf8mb4 COLLATE {name}"),
        Some(_) => return Err(setting(JdbcError::param("connectionCollation", "the name of a collation"))),
        None => "SET NAMES utf8mb4".into(),
    };
    connection.query_drop(names).await.map_err(as_setting)?;
    if let Some(variables) = url.param("sessionVariables").filter(|text| !text.is_empty()) {
        connection.query_drop(format!("SET {variables}")).await.map_err(as_setting)?;
    }
    if url.flag("jdbcCompliantTruncation", true).map_err(setting)? {
        let strict = "SET SESSION sql_mode = CONCAT_WS(',', NULLIF(@@sql_mode, ''), 'STRICT_TRANS_TABLES')";
        connection.query_drop(strict).await.map_err(as_setting)?;
    }
    let (zone, force) = zone(url).map_err(setting)?;
    let has_moments = settings.schema.fields().iter().any(|f| matches!(f.data_type(), DataType::Timestamp(_, Some(_))));
    if has_moments || force {
        connection.query_drop(format!("SET time_zone = '{}'", zone.for_session())).await.map_err(|error| {
            let mut trouble = as_setting(error);
            trouble.message.push_str(
                "; the server's time zone tables are not loaded, perhaps (mysql_tzinfo_to_sql); an offset like +08:00 works without them",
            );
            trouble
        })?;
    }
    let row: Option<(u64, String)> =
        connection.query_first("SELECT @@max_allowed_packet, @@sql_mode").await.map_err(trouble)?;
    let (packet, sql_mode) = row.unwrap_or((1 << 20, String::new()));
    match connection.prep(settings.statement.plain()).await {
        Ok(statement) => connection.close(statement).await.map_err(trouble)?,
        // "This command is not supported in the prepared statement protocol yet"
        Err(Error::Server(error)) if error.code == 1295 => {}
        Err(error) => return Err(trouble(error)),
    }
    Ok((zone, !sql_mode.contains("NO_BACKSLASH_ESCAPES"), usize::try_from(packet).unwrap_or(usize::MAX)))
}

impl MySql {
    fn query(&mut self, sql: &[u8]) -> Outcome {
        let Self { runtime, connection, settings, .. } = self;
        let limit = settings.socket_timeout;
        runtime.block_on(async {
            let query = connection.query_drop(sql);
            let done = match limit {
                None => query.await,
                Some(limit) => {
                    let timed = tokio::time::timeout(limit, query).await;
                    timed.map_err(|_| Trouble::timed_out("a statement", limit))?
                }
            };
            done.map_err(trouble)
        })?
    }

    /// Sends what the buffer holds as the statement of those rows, and empties it.
    fn send(&mut self, after: &str, rows: Range<usize>) -> Outcome {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.extend_from_slice(after.as_bytes());
        let sent = self.query(&buffer);
        buffer.clear();
        self.buffer = buffer;
        sent.map_err(|trouble| trouble.with_rows(rows))
    }
}

impl Client for MySql {
    fn begin(&mut self) -> Outcome {
        self.query(b"START TRANSACTION")
    }

    fn execute(&mut self, rows: &Rows, range: Range<usize>, packing: Packing) -> Outcome {
        let settings = self.settings.clone();
        let many = packing == Packing::Many && settings.statement.takes_rows();
        let (before, pieces, after) = settings.statement.parts(many);
        let limit = STATEMENT_BYTES.min(self.max_statement);
        // the rows that are in the buffer but not yet sent
        let mut first = range.start;
        self.buffer.clear();
        for row in range.clone() {
            let is_first = row == first;
            let start = self.buffer.len();
            self.buffer.extend_from_slice(if is_first { before.as_bytes() } else { b", " });
            for (number, piece) in pieces.iter().enumerate() {
                if number > 0 {
                    let cell = rows.cell(row, number - 1);
                    write_literal(&mut self.buffer, cell, &self.zone, self.backslash_escapes)
                        .map_err(|why| settings.unfit(rows, row, number - 1, why))?;
                }
                self.buffer.extend_from_slice(piece.as_bytes());
            }
            if self.buffer.len() + after.len() > limit && !is_first {
                // send what came before, and begin a statement with this row
                let row_text = self.buffer.split_off(start + 2);
                self.buffer.truncate(start);
                self.send(after, first..row)?;
                self.buffer.extend_from_slice(before.as_bytes());
                self.buffer.extend_from_slice(&row_text);
                first = row;
            }
            let size = self.buffer.len() + after.len();
            if size > self.max_statement {
                let message = format!(
                    "the row makes a statement of {size} bytes; the server takes {} (max_allowed_packet)",
                    self.max_statement
                );
                return Err(Trouble::new(Reason::TooBig, "", message).with_rows(row..row + 1));
            }
            if !many {
                self.send(after, row..row + 1)?;
                first = row + 1;
            }
        }
        if first < range.end {
            self.send(after, first..range.end)?;
        }
        Ok(())
    }

    fn update(&mut self, sql: &str) -> Outcome<u64> {
        self.query(sql.as_bytes())?;
        Ok(self.connection.affected_rows())
    }

    fn commit(&mut self) -> Outcome {
        self.query(b"COMMIT")
    }

    fn rollback(&mut self) -> Outcome {
        self.query(b"ROLLBACK")
    }

    fn close(self: Box<Self>) {
        let MySql { runtime, connection, .. } = *self;
        // the server may be gone: a good-bye is not worth waiting for
        let _ = runtime.block_on(async { tokio::time::timeout(GOODBYE, connection.disconnect()).await });
    }
}

/// Puts the server's or the driver's error in order.
fn trouble(error: Error) -> Trouble {
    match error {
        Error::Server(error) => {
            let reason = reason(error.code, &error.state);
            let message = without_row_number(&error.message);
            let column = column(&error.message);
            Trouble::new(reason, format!("{}, SQLSTATE {}", error.code, error.state), message).with_column(column)
        }
        Error::Io(IoError::Io(error)) => Trouble::from_io(&error),
        Error::Io(IoError::Tls(error)) => Trouble::new(Reason::Tls, "", error.to_string()),
        Error::Driver(DriverError::ConnectionClosed) => {
            Trouble::new(Reason::Lost, "", "the server closed the connection")
        }
        Error::Driver(DriverError::NoClientSslFlagFromServer) => {
            Trouble::new(Reason::Tls, "", "the server does not offer TLS")
        }
        Error::Driver(error @ (DriverError::PacketOutOfOrder | DriverError::PoolDisconnected)) => {
            Trouble::new(Reason::Lost, "", error.to_string())
        }
        other => Trouble::new(Reason::Other, "", other.to_string()),
    }
}

/// MySQL's and MariaDB's error codes.
fn reason(code: u16, state: &str) -> Reason {
    match code {
        1205 | 1213 | 1020 | 1614 | 3572 => Reason::Busy,
        // shutting down, killed, too many connections, aborted, idle too long
        1053 | 1927 | 1040 | 1152 | 1158..=1161 | 1203 | 1226 | 1317 | 2006 | 2013 | 3169 | 4031 => Reason::Lost,
        1045 | 1698 | 1251 | 1862 | 1820 => Reason::WrongPassword,
        1049 => Reason::UnknownDatabase,
        1046 | 1146 | 1051 => Reason::NoTable,
        1054 | 1166 => Reason::NoColumn,
        1064 | 1136 | 1065 | 1305 | 1318 => Reason::Syntax,
        1044 | 1142 | 1143 | 1227 | 1370 => Reason::Permission,
        1290 | 1792 | 1836 => Reason::ReadOnly,
        1021 | 1114 => Reason::DiskFull,
        1406 => Reason::TooLong,
        1062 | 1586 | 1022 => Reason::Duplicate,
        1048 | 1364 | 1263 => Reason::NotNull,
        1216 | 1217 | 1451 | 1452 => Reason::ForeignKey,
        3819 | 4025 => Reason::Check,
        1264 | 1690 => Reason::OutOfRange,
        1265 | 1292 | 1366 | 1367 | 1411 | 3140 | 3141 | 4078 | 4079 => Reason::BadValue,
        1153 | 1301 => Reason::TooBig,
        _ if state.starts_with("08") => Reason::Lost,
        _ if state.starts_with("40") => Reason::Busy,
        _ => Reason::Other,
    }
}

/// A multi-row statement's own row numbers say nothing about the program's rows.
fn without_row_number(message: &str) -> String {
    match message.rfind(" at row ") {
        Some(at) if message[at + 8..].bytes().all(|byte| byte.is_ascii_digit()) => message[..at].to_owned(),
        _ => message.to_owned(),
    }
}

/// The column of `… for column 'name' at row 1`, MariaDB's `` `db`.`t`.`name` ``, or `Column 'name' cannot be null`.
fn column(message: &str) -> Option<String> {
    let lower = message.to_ascii_lowercase();
    let at = lower.find("column ").map(|at| at + 7).or_else(|| lower.find("field ").map(|at| at + 6))?;
    let rest = message.get(at..)?;
    let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '`' | '"'))?;
    let mut end = rest[1..].find(quote)? + 2;
    while rest[end..].starts_with(&format!(".{quote}")) {
        end += rest[end + 2..].find(quote)? + 3;
    }
    let name = rest[..end].trim_matches(quote);
    Some(name.rsplit(['.', quote]).next().unwrap_or(name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_in_messages() {
        assert_eq!(column("Data too long for column 'name' at row 3").as_deref(), Some("name"));
        assert_eq!(column("Incorrect x: 'a' for column `test`.`t`.`amount` at row 1").as_deref(), Some("amount"));
        assert_eq!(column("Column 'id' cannot be null").as_deref(), Some("id"));
        assert_eq!(column("Field 'id' doesn't have a default value").as_deref(), Some("id"));
        assert_eq!(column("Duplicate entry '1' for key 'PRIMARY'"), None);
        assert_eq!(without_row_number("Data too long for column 'name' at row 3"), "Data too long for column 'name'");
    }

    #[test]
    fn encryption_as_connector_j_reads_it() {
        let mode = |query: &str| ssl_mode(&JdbcUrl::parse(&format!("jdbc:mysql://h/d{query}")).unwrap()).unwrap();
        assert_eq!(mode(""), SslMode::Preferred);
        assert_eq!(mode("?useSSL=false"), SslMode::Disabled);
        assert_eq!(mode("?useSSL=true&requireSSL=true"), SslMode::Required);
        assert_eq!(mode("?useSSL=true&verifyServerCertificate=true"), SslMode::VerifyCa);
        assert_eq!(mode("?sslMode=verify-full"), SslMode::VerifyIdentity);
    }
}
