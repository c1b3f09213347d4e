//! The writer of one subtask: collects rows, and writes them in one transaction a flush.

use std::sync::Arc;

use arrow::array::RecordBatch;

use super::client::Settings;
use super::flusher::Flusher;
use super::retry::Backoff;
use super::rows::{self, Rows};
use crate::batch::{Batch, concat};
use crate::connector::SinkWriter;
use crate::error::Result;
use crate::operator::SubtaskContext;
use crate::time::Clock;

/// Rows wait no longer than this (ms) where the program sets no interval: a slow stream's rows would otherwise
/// stay unseen until a batch is full.
const DEFAULT_INTERVAL_MS: i64 = 1_000;

/// A flush is due when this much waits, however few rows it is.
const FLUSH_BYTES: usize = 32 << 20;

pub struct JdbcWriter {
    settings: Arc<Settings>,
    flusher: Flusher,
    pending: Vec<RecordBatch>,
    pending_rows: usize,
    pending_bytes: usize,
    /// When the oldest pending row has to be written.
    due: Option<i64>,
    clock: Arc<dyn Clock>,
}

impl JdbcWriter {
    /// Connects, so that a wrong address, password or table is known before the first row.
    pub fn open(settings: Arc<Settings>, context: &SubtaskContext, backoff: Backoff) -> Result<JdbcWriter> {
        Ok(JdbcWriter {
            flusher: Flusher::open(settings.clone(), context, backoff)?,
            settings,
            pending: Vec::new(),
            pending_rows: 0,
            pending_bytes: 0,
            due: None,
            clock: context.clock.clone(),
        })
    }

    fn push(&mut self, records: RecordBatch) {
        if self.pending.is_empty() {
            let set = self.settings.batch_interval_ms;
            let interval = if set > 0 { set } else { DEFAULT_INTERVAL_MS };
            self.due = Some(self.clock.now().saturating_add(interval));
        }
        self.pending_rows += records.num_rows();
        self.pending_bytes += rows::size(&records);
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
        self.flusher.write(&Rows::new(&records)?)
    }
}

impl SinkWriter for JdbcWriter {
    fn write(&mut self, batch: Batch) -> Result<()> {
        let records = &batch.expect_columns()?.records;
        self.settings.check(records)?;
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
        self.flusher.close();
        Ok(())
    }
}
