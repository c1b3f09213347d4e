//! The writer of one subtask: collects rows, writes them in one transaction a flush, tries again when the database
//! was away, and finds the row that a database refuses.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use arrow::array::{Array, RecordBatch};

use super::attended::CANCEL_CHECK;
use super::client::{Client, Packing, Settings, connect};
use super::error::{JdbcError, Reason, Trouble};
use super::retry::Backoff;
use super::rows::Rows;
use crate::batch::{Batch, concat};
use crate::connector::SinkWriter;
use crate::error::{Error, Result};
use crate::metrics::Counter;
use crate::operator::SubtaskContext;
use crate::time::Clock;

/// Rows wait no longer than this (ms) where the program sets no interval: a slow stream's rows would otherwise
/// stay unseen until a batch is full.
const DEFAULT_INTERVAL_MS: i64 = 1_000;

/// A flush is due when this much waits, however few rows it is.
const FLUSH_BYTES: usize = 32 << 20;

/// After PostgreSQL has met one key twice in a statement, how many flushes go row by row.
const ROW_BY_ROW_FLUSHES: u32 = 16;

pub struct JdbcWriter {
    settings: Arc<Settings>,
    client: Option<Box<dyn Client>>,
    pending: Vec<RecordBatch>,
    pending_rows: usize,
    pending_bytes: usize,
    /// When the oldest pending row has to be written.
    due: Option<i64>,
    row_by_row: u32,
    backoff: Backoff,
    clock: Arc<dyn Clock>,
    cancelled: Arc<AtomicBool>,
    counters: Counters,
}

/// What a user can watch.
struct Counters {
    records: Counter,
    flushes: Counter,
    retries: Counter,
}

/// How the attempts of one flush ended.
struct Failure {
    trouble: Trouble,
    attempts: u32,
    connected: bool,
    /// The connection broke while a commit was under way: it may have happened.
    in_doubt: bool,
}

impl JdbcWriter {
    /// Connects, so that a wrong address, password or table is known before the first row.
    pub fn open(settings: Arc<Settings>, context: &SubtaskContext, backoff: Backoff) -> Result<JdbcWriter> {
        let counter = |name| context.metrics.counter(name);
        let counters =
            Counters { records: counter("numRecordsSend"), flushes: counter("flushes"), retries: counter("retries") };
        let mut writer = JdbcWriter {
            settings,
            client: None,
            pending: Vec::new(),
            pending_rows: 0,
            pending_bytes: 0,
            due: None,
            row_by_row: 0,
            backoff,
            clock: context.clock.clone(),
            cancelled: context.cancelled.clone(),
            counters,
        };
        writer.with_retries(None).map_err(|failure| writer.explain(failure, None))?;
        Ok(writer)
    }

    fn push(&mut self, records: RecordBatch) {
        if self.pending.is_empty() {
            let set = self.settings.batch_interval_ms;
            let interval = if set > 0 { set } else { DEFAULT_INTERVAL_MS };
            self.due = Some(self.clock.now().saturating_add(interval));
        }
        self.pending_rows += records.num_rows();
        let size = |array: &dyn Array| array.to_data().get_slice_memory_size().unwrap_or(0);
        self.pending_bytes += records.columns().iter().map(|array| size(array.as_ref())).sum::<usize>();
        self.pending.push(records);
    }

    fn flush_pending(&mut self) -> Result<()> {
        self.due = None;
        if self.pending.is_empty() {
            return Ok(());
        }
        let records = match self.pending.as_slice() {
            [one] => one.clone(),
            several => concat(&several[0].schema(), several)?,
        };
        self.pending.clear();
        self.pending_rows = 0;
        self.pending_bytes = 0;
        let rows = Rows::new(&records)?;
        self.with_retries(Some(&rows)).map_err(|failure| self.explain(failure, Some(&rows)))?;
        self.counters.records.add(rows.len() as u64);
        self.counters.flushes.add(1);
        Ok(())
    }

    /// Connects where there is no connection and writes the rows, again and again while that may help.
    fn with_retries(&mut self, rows: Option<&Rows>) -> Result<(), Failure> {
        let mut attempts = 0;
        let mut in_doubt = false;
        loop {
            attempts += 1;
            let connected = self.client.is_some();
            let trouble = match self.attempt(rows, &mut in_doubt) {
                Ok(()) => return Ok(()),
                Err(trouble) => trouble,
            };
            if !trouble.reason.is_transient() || attempts > self.settings.max_retries {
                let connected = connected || self.client.is_some();
                return Err(Failure { trouble, attempts, connected, in_doubt });
            }
            let wait = self.backoff.wait(attempts);
            tracing::warn!(
                database = %self.settings.url,
                attempt = attempts,
                wait_ms = wait.as_millis() as u64,
                "{}: {}; trying again",
                self.settings.database(),
                trouble.message
            );
            self.counters.retries.add(1);
            if !self.sleep(wait) {
                return Err(Failure { trouble, attempts, connected: false, in_doubt });
            }
        }
    }

    /// Sleeps; false when the job was cancelled meanwhile.
    fn sleep(&self, wait: Duration) -> bool {
        let started = Instant::now();
        loop {
            if self.cancelled.load(Ordering::Relaxed) {
                return false;
            }
            match wait.checked_sub(started.elapsed()) {
                None | Some(Duration::ZERO) => return true,
                Some(left) => std::thread::sleep(left.min(CANCEL_CHECK)),
            }
        }
    }

    fn attempt(&mut self, rows: Option<&Rows>, in_doubt: &mut bool) -> Result<(), Trouble> {
        let mut client = match self.client.take() {
            Some(client) => client,
            None => connect(&self.settings, &self.cancelled)?,
        };
        let Some(rows) = rows else {
            self.client = Some(client);
            return Ok(());
        };
        let packing = if self.row_by_row > 0 { Packing::One } else { Packing::Many };
        self.row_by_row = self.row_by_row.saturating_sub(1);
        let mut outcome = transact(client.as_mut(), rows, packing, in_doubt);
        if let Err(Trouble { reason: Reason::SameRowTwice, .. }) = outcome
            && packing == Packing::Many
            && client.rollback().is_ok()
        {
            self.row_by_row = ROW_BY_ROW_FLUSHES;
            outcome = transact(client.as_mut(), rows, Packing::One, in_doubt);
        }
        match outcome {
            Ok(()) => {
                self.client = Some(client);
                Ok(())
            }
            Err(trouble) if trouble.reason.breaks_connection() => Err(trouble),
            Err(trouble) => {
                if client.rollback().is_ok() {
                    self.client = Some(client);
                }
                Err(trouble)
            }
        }
    }

    /// Finds the row to blame and turns the failure into an error that a person can act on.
    fn explain(&mut self, failure: Failure, rows: Option<&Rows>) -> Error {
        let reason = failure.trouble.reason;
        if reason == Reason::Cancelled || self.cancelled.load(Ordering::Relaxed) && reason.is_transient() {
            return Error::cancelled();
        }
        let Failure { mut trouble, attempts, connected, in_doubt } = failure;
        let database = self.settings.database();
        let Some(rows) = rows.filter(|_| connected) else {
            return self.without_rows(trouble, attempts).into();
        };
        let mut guilty = trouble.rows.clone().filter(|range| range.len() == 1).map(|range| range.start);
        if trouble.reason.may_be_a_row()
            && guilty.is_none()
            && let Some(range) = trouble.rows.clone()
            && let Some(found) = self.search(rows, range)
        {
            guilty = found.rows.clone().map(|range| range.start);
            trouble = found;
        }
        if let (Some(row), None, Some(client)) = (guilty, &trouble.column, self.client.as_mut()) {
            trouble.column = client.blame(rows, row, &trouble).map(|number| self.settings.column_name(number));
        }
        let Trouble { reason, code, message, column, .. } = trouble;
        match guilty.filter(|_| reason.may_be_a_row()) {
            Some(row) => {
                let in_doubt = in_doubt && reason == Reason::Duplicate;
                let error = JdbcError::Row { database, reason, code, message, column, in_doubt };
                Error::from(error).with_input(rows.describe(row))
            }
            None if reason.may_be_a_row() || reason.is_transient() => {
                JdbcError::Rows { database, reason, code, message, rows: rows.len(), attempts }.into()
            }
            None => self.without_rows(Trouble { reason, code, message, column, rows: None }, attempts).into(),
        }
    }

    fn without_rows(&self, trouble: Trouble, attempts: u32) -> JdbcError {
        use Reason::{NoColumn, NoTable, Other, Permission, Syntax};
        let Trouble { reason, code, message, .. } = trouble;
        let database = self.settings.database();
        if matches!(reason, NoColumn | NoTable | Other | Permission | Syntax) {
            let sql = crate::error::shorten(&self.settings.sql, 300);
            JdbcError::Refused { database, reason, code, message, sql, attempts }
        } else {
            let address = self.settings.url.to_string();
            JdbcError::Connect { database, address, reason, code, message, attempts }
        }
    }

    /// Runs the rows up to the failed statement once more, then that statement's rows one by one; all of it is
    /// rolled back. Returns the trouble of the first row that is refused.
    fn search(&mut self, rows: &Rows, suspects: Range<usize>) -> Option<Trouble> {
        let client = self.client.as_mut()?;
        let run = || {
            client.begin().ok()?;
            client.execute(rows, 0..suspects.start, Packing::Many).ok()?;
            for row in suspects {
                if let Err(trouble) = client.execute(rows, row..row + 1, Packing::One) {
                    return Some(trouble.with_rows(row..row + 1)).filter(|trouble| trouble.reason.may_be_a_row());
                }
            }
            None
        };
        let found = run();
        if client.rollback().is_err() {
            self.client = None;
        }
        found
    }
}

/// All rows or none.
fn transact(client: &mut dyn Client, rows: &Rows, packing: Packing, in_doubt: &mut bool) -> Result<(), Trouble> {
    client.begin()?;
    client.execute(rows, 0..rows.len(), packing)?;
    client.commit().inspect_err(|trouble| *in_doubt |= trouble.reason.breaks_connection())
}

impl SinkWriter for JdbcWriter {
    fn write(&mut self, batch: Batch) -> Result<()> {
        let records = &batch.expect_columns()?.records;
        if records.num_columns() != self.settings.schema.fields().len() {
            return Err(Error::internal(format!(
                "the JDBC sink was given {} columns and its row type has {}",
                records.num_columns(),
                self.settings.schema.fields().len()
            )));
        }
        let mut start = 0;
        while start < records.num_rows() {
            let room = match self.settings.batch_size {
                0 => usize::MAX,
                size => size - self.pending_rows,
            };
            let count = room.min(records.num_rows() - start);
            self.push(records.slice(start, count));
            start += count;
            if count == room || self.pending_bytes >= FLUSH_BYTES {
                self.flush_pending()?;
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        self.flush_pending()
    }

    fn next_wakeup(&self) -> Option<i64> {
        self.due
    }

    fn on_time(&mut self, now: i64) -> Result<()> {
        match self.due {
            Some(due) if now >= due => self.flush_pending(),
            _ => Ok(()),
        }
    }

    fn close(&mut self) -> Result<()> {
        if let Some(client) = self.client.take() {
            client.close();
        }
        Ok(())
    }
}

/// How long a test's writer waits at most between attempts.
#[cfg(test)]
pub const TEST_BACKOFF: Backoff = Backoff { first: Duration::from_millis(20), most: Duration::from_millis(500) };
