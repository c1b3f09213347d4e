//! Writes rows in one transaction, tries again when the database was away, and finds the row that a database refuses.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::attended::CANCEL_CHECK;
use super::client::{Client, Outcome, Packing, Settings, connect};
use super::error::{JdbcError, Reason, Trouble};
use super::marker::Marker;
use super::retry::Backoff;
use super::rows::Rows;
use crate::error::{Error, Result};
use crate::metrics::Counter;
use crate::operator::SubtaskContext;

/// After PostgreSQL has met one key twice in a statement, how many flushes go row by row.
const ROW_BY_ROW_FLUSHES: u32 = 16;

/// The connection of one subtask.
pub struct Flusher {
    settings: Arc<Settings>,
    client: Option<Box<dyn Client>>,
    row_by_row: u32,
    backoff: Backoff,
    cancelled: Arc<AtomicBool>,
    counters: Counters,
}

/// What a user can watch.
struct Counters {
    records: Counter,
    flushes: Counter,
    retries: Counter,
}

/// One transaction.
struct Work<'a> {
    rows: &'a Rows,
    /// Written along; where it is there already, so are the rows.
    marker: Option<&'a Marker>,
}

/// How the attempts of one flush ended.
struct Failure {
    trouble: Trouble,
    attempts: u32,
    connected: bool,
    /// The connection broke while a commit was under way: it may have happened.
    in_doubt: bool,
}

impl Flusher {
    /// Connects, so that a wrong address, password or table is known before the first row.
    pub fn open(settings: Arc<Settings>, context: &SubtaskContext, backoff: Backoff) -> Result<Flusher> {
        let counter = |name| context.metrics.counter(name);
        let counters =
            Counters { records: counter("numRecordsSend"), flushes: counter("flushes"), retries: counter("retries") };
        let cancelled = context.cancelled.clone();
        let mut flusher = Flusher { settings, client: None, row_by_row: 0, backoff, cancelled, counters };
        flusher.with_retries(None).map_err(|failure| flusher.explain(failure, None))?;
        Ok(flusher)
    }

    /// Writes the rows, all or none.
    pub fn write(&mut self, rows: &Rows) -> Result<()> {
        self.transaction(rows, None)
    }

    /// Writes the rows and their marker, unless it says that they are there.
    pub fn write_marked(&mut self, rows: &Rows, marker: &Marker) -> Result<()> {
        self.transaction(rows, Some(marker))
    }

    fn transaction(&mut self, rows: &Rows, marker: Option<&Marker>) -> Result<()> {
        let work = Work { rows, marker };
        self.with_retries(Some(&work)).map_err(|failure| self.explain(failure, Some(rows)))?;
        self.counters.records.add(rows.len() as u64);
        self.counters.flushes.add(1);
        Ok(())
    }

    /// Does something once, without a transaction and without trying again.
    pub fn once(&mut self, what: impl FnOnce(&mut dyn Client) -> Outcome) -> Result<()> {
        let Some(client) = &mut self.client else {
            return Err(Error::internal("the JDBC sink has no connection just now"));
        };
        what(client.as_mut()).map_err(|trouble| self.without_rows(trouble, 1).into())
    }

    pub fn close(&mut self) {
        if let Some(client) = self.client.take() {
            client.close();
        }
    }

    /// Connects where there is no connection and runs the transaction, again and again while that may help.
    fn with_retries(&mut self, work: Option<&Work<'_>>) -> Result<(), Failure> {
        let mut attempts = 0;
        let mut in_doubt = false;
        loop {
            attempts += 1;
            let connected = self.client.is_some();
            let trouble = match self.attempt(work, &mut in_doubt) {
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

    fn attempt(&mut self, work: Option<&Work<'_>>, in_doubt: &mut bool) -> Result<(), Trouble> {
        let mut client = match self.client.take() {
            Some(client) => client,
            None => connect(&self.settings, &self.cancelled)?,
        };
        let Some(work) = work else {
            self.client = Some(client);
            return Ok(());
        };
        let packing = if self.row_by_row > 0 { Packing::One } else { Packing::Many };
        self.row_by_row = self.row_by_row.saturating_sub(1);
        let mut outcome = transact(client.as_mut(), work, packing, in_doubt);
        if let Err(Trouble { reason: Reason::SameRowTwice, .. }) = outcome
            && packing == Packing::Many
            && client.rollback().is_ok()
        {
            self.row_by_row = ROW_BY_ROW_FLUSHES;
            outcome = transact(client.as_mut(), work, Packing::One, in_doubt);
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
fn transact(client: &mut dyn Client, work: &Work<'_>, packing: Packing, in_doubt: &mut bool) -> Result<(), Trouble> {
    client.begin()?;
    if let Some(marker) = work.marker
        && !marker.set(client)?
    {
        return client.rollback();
    }
    client.execute(work.rows, 0..work.rows.len(), packing)?;
    client.commit().inspect_err(|trouble| *in_doubt |= trouble.reason.breaks_connection())
}

/// How long a test's writer waits at most between attempts.
#[cfg(test)]
pub const TEST_BACKOFF: Backoff = Backoff { first: Duration::from_millis(20), most: Duration::from_millis(500) };
