//! The databases the suite runs on, and a way to look into them that the connector has no part in.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use arrow::array::{ArrayRef, RecordBatch};
use mysql_async::prelude::Queryable;
use tokio_postgres::SimpleQueryMessage;

use crate::batch::Batch;
use crate::connector::jdbc::flusher::TEST_BACKOFF;
use crate::connector::jdbc::retry::Backoff;
use crate::connector::jdbc::url::{Database, JdbcUrl};
use crate::connector::jdbc::writer::JdbcWriter;
use crate::connector::testing::context_at;
use crate::connector::{Options, SinkWriter};
use crate::metrics::OperatorMetrics;
use crate::operator::SubtaskContext;
use crate::time::{Clock, SystemClock};
use crate::types::{SchemaRef, Shape};

/// A database of one test.
pub struct Target {
    pub url: String,
    pub database: Database,
    /// Keeps SQLite's file.
    _folder: Option<tempfile::TempDir>,
}

pub type Line = Vec<Option<String>>;

static NEXT_TABLE: AtomicU32 = AtomicU32::new(0);

impl Target {
    pub fn sqlite() -> Option<Target> {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("jdbc:sqlite:{}", folder.path().join("test.db").display());
        Some(Target { url, database: Database::Sqlite, _folder: Some(folder) })
    }

    pub fn mariadb() -> Option<Target> {
        Target::from_variable("FLOTT_TEST_MARIADB")
    }

    pub fn postgres() -> Option<Target> {
        Target::from_variable("FLOTT_TEST_POSTGRES")
    }

    fn from_variable(variable: &str) -> Option<Target> {
        match std::env::var(variable) {
            Ok(url) if !url.is_empty() => Some(Target::at(url)),
            _ => {
                eprintln!(
                    "not run: {variable} names no server (jdbc:mariadb://127.0.0.1:3306/test?user=…&password=…); \
                     `make test` starts one"
                );
                None
            }
        }
    }

    pub fn at(url: String) -> Target {
        let database = JdbcUrl::parse(&url).unwrap().database;
        Target { url, database, _folder: None }
    }

    /// The URL with one more parameter.
    pub fn url_with(&self, param: &str) -> String {
        format!("{}{}{param}", self.url, if self.url.contains('?') { '&' } else { '?' })
    }

    pub fn path(&self) -> PathBuf {
        PathBuf::from(JdbcUrl::parse(&self.url).unwrap().name)
    }

    /// Picks the text for this database.
    pub fn pick<'a>(&self, mysql: &'a str, postgres: &'a str, sqlite: &'a str) -> &'a str {
        match self.database {
            Database::MySql | Database::MariaDb => mysql,
            Database::Postgres => postgres,
            Database::Sqlite => sqlite,
        }
    }

    /// Creates a table with those columns under a name no other test has.
    pub fn table(&self, columns: &str) -> String {
        let number = NEXT_TABLE.fetch_add(1, Ordering::Relaxed);
        let name = format!("flott_{}_{number}", std::process::id());
        self.run(&format!("DROP TABLE IF EXISTS {name}"));
        self.run(&format!("CREATE TABLE {name} ({columns}){}", self.pick(" CHARACTER SET utf8mb4", "", "")));
        name
    }

    pub fn run(&self, sql: &str) {
        self.query(sql);
    }

    /// All rows, every value as the database's own text.
    pub fn query(&self, sql: &str) -> Vec<Line> {
        self.try_query(sql).unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    pub fn try_query(&self, sql: &str) -> Result<Vec<Line>, String> {
        let url = JdbcUrl::parse(&self.url).unwrap();
        if url.database == Database::Sqlite {
            return query_sqlite(&url.name, sql).map_err(|error| error.to_string());
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            if url.database == Database::Postgres {
                query_postgres(&url, sql).await.map_err(|error| error.to_string())
            } else {
                query_mysql(&url, sql).await.map_err(|error| error.to_string())
            }
        })
    }

    pub fn count(&self, table: &str) -> usize {
        self.query(&format!("SELECT count(*) FROM {table}"))[0][0].as_deref().unwrap().parse().unwrap()
    }
}

fn login(url: &JdbcUrl) -> (String, String) {
    (url.param("user").unwrap_or_default().to_owned(), url.param("password").unwrap_or_default().to_owned())
}

async fn query_postgres(url: &JdbcUrl, sql: &str) -> Result<Vec<Line>, tokio_postgres::Error> {
    let (user, password) = login(url);
    let mut config = tokio_postgres::Config::new();
    config.host(&url.hosts[0].name).port(url.hosts[0].port).dbname(&url.name).user(user).password(password);
    let (client, connection) = config.connect(tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    let messages = client.simple_query(sql).await?;
    let rows = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect()),
        _ => None,
    });
    Ok(rows.collect())
}

async fn query_mysql(url: &JdbcUrl, sql: &str) -> mysql_async::Result<Vec<Line>> {
    let (user, password) = login(url);
    let options = mysql_async::OptsBuilder::default()
        .ip_or_hostname(url.hosts[0].name.clone())
        .tcp_port(url.hosts[0].port)
        .db_name(Some(url.name.clone()))
        .user(Some(user))
        .pass(Some(password))
        .prefer_socket(false);
    let mut connection = mysql_async::Conn::new(options).await?;
    let rows: Vec<mysql_async::Row> = connection.query(sql).await?;
    connection.disconnect().await?;
    let text = |value: mysql_async::Value| match value {
        mysql_async::Value::NULL => None,
        mysql_async::Value::Bytes(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        other => Some(other.as_sql(true)),
    };
    Ok(rows.into_iter().map(|row| row.unwrap().into_iter().map(text).collect()).collect())
}

fn query_sqlite(path: &str, sql: &str) -> rusqlite::Result<Vec<Line>> {
    use rusqlite::types::ValueRef;
    let connection = rusqlite::Connection::open(path)?;
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    let mut statement = connection.prepare(sql)?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let text = |at: usize| match row.get_ref_unwrap(at) {
            ValueRef::Null => None,
            ValueRef::Integer(value) => Some(value.to_string()),
            ValueRef::Real(value) => Some(value.to_string()),
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        };
        found.push((0..columns).map(text).collect());
    }
    Ok(found)
}

/// How a test's writer differs from the usual one.
pub struct Setup {
    pub options: Vec<(&'static str, String)>,
    pub backoff: Backoff,
    pub clock: Arc<dyn Clock>,
    pub metrics: OperatorMetrics,
    pub cancelled: Arc<AtomicBool>,
}

impl Default for Setup {
    fn default() -> Self {
        Setup {
            options: Vec::new(),
            backoff: TEST_BACKOFF,
            clock: Arc::new(SystemClock),
            metrics: OperatorMetrics::default(),
            cancelled: Arc::default(),
        }
    }
}

impl Setup {
    pub fn option(mut self, name: &'static str, value: impl ToString) -> Self {
        self.options.push((name, value.to_string()));
        self
    }

    pub fn counter(&self, name: &str) -> u64 {
        self.metrics.counter(name).get()
    }

    pub fn writer(&self, url: &str, sql: &str, schema: SchemaRef) -> crate::Result<JdbcWriter> {
        let mut options = vec![("url".to_owned(), url.to_owned()), ("sql".to_owned(), sql.to_owned())];
        options.extend(self.options.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        let settings = crate::connector::jdbc::settings(&Options::new(options), &schema)?;
        let context = SubtaskContext {
            metrics: self.metrics.clone(),
            cancelled: self.cancelled.clone(),
            ..context_at(self.clock.clone(), 1, 1024)
        };
        JdbcWriter::open(Arc::new(settings), &context, self.backoff)
    }
}

/// Writes the records with one writer, from its opening to its end.
pub fn write_all(url: &str, sql: &str, records: RecordBatch) -> crate::Result<()> {
    let mut writer = Setup::default().writer(url, sql, records.schema())?;
    writer.write(Batch::columns(records, Shape::Row))?;
    writer.flush()?;
    writer.close()
}

pub fn records(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap()
}

/// Rows of texts, for comparison; `NULL` stands for no value.
pub fn lines(expected: &[&[&str]]) -> Vec<Line> {
    let text = |text: &&str| (*text != "NULL").then(|| (*text).to_owned());
    expected.iter().map(|line| line.iter().map(text).collect()).collect()
}
