//! What windows over columns tell whoever asks why they have not fired, and the last record that came too late.

use arrow::array::ArrayRef;
use arrow::record_batch::RecordBatch;

use super::WindowAggregate;
use crate::batch::{Batch, Columns};
use crate::error::{Result, shorten};
use crate::format::display::Display;
use crate::metrics::{Counter, LATE_DROPPED, LATE_TO_SIDE, OperatorMetrics, Shown};
use crate::operator::{OpenWindow, OpenWindows, Output, Waiting};
use crate::types::{RowKind, Shape};
use crate::window::TimeWindow;

/// How much of a record or a key is shown.
const SHOWN: usize = 200;

/// Where late records of a subtask are counted.
pub struct LateRecords {
    metrics: OperatorMetrics,
    dropped: Counter,
    to_side: Option<Counter>,
}

/// A record, as a batch of one.
struct Row(Batch);

impl Shown for Row {
    fn show(&self) -> String {
        self.0.expect_columns().and_then(|columns| shown(columns, 0)).unwrap_or_default()
    }
}

pub fn shown(columns: &Columns, row: usize) -> Result<String> {
    let mut text = Vec::new();
    Display::new(columns)?.write(row, RowKind::Insert, &mut text);
    Ok(shorten(&String::from_utf8_lossy(&text), SHOWN))
}

impl LateRecords {
    pub fn new(of: &WindowAggregate, metrics: &OperatorMetrics) -> LateRecords {
        LateRecords {
            metrics: metrics.clone(),
            dropped: metrics.counter(LATE_DROPPED),
            to_side: of.late.as_ref().map(|_| metrics.counter(LATE_TO_SIDE)),
        }
    }

    /// Sends the records of those rows, which came too late, where they belong. `watermark` is event time now.
    pub fn send(
        &self,
        of: &WindowAggregate,
        rows: Vec<u32>,
        batch: &Batch,
        watermark: i64,
        output: &mut Output,
    ) -> Result<()> {
        let Some(last) = rows.last() else { return Ok(()) };
        let mut one = batch.take(vec![*last])?;
        one.keys = None;
        self.metrics.note_late(Box::new(Row(one)), batch.timestamp(*last as usize), watermark);
        match (&of.late, &self.to_side) {
            (Some(tag), to_side) => {
                if let Some(to_side) = to_side {
                    to_side.add(rows.len() as u64);
                }
                let mut late = batch.take(rows)?;
                late.keys = None;
                output.emit_side(tag, late);
            }
            (None, _) => self.dropped.add(rows.len() as u64),
        }
        Ok(())
    }
}

impl WindowAggregate {
    /// Open windows as a user sees them. `first` is the one that fires next, with the columns of its key.
    pub fn told(&self, counts: OpenWindows, first: Option<(i64, TimeWindow, Result<Vec<ArrayRef>>)>) -> Waiting {
        let first = first.map(|(until, window, key)| OpenWindow {
            until,
            key: key.and_then(|key| self.key_text(key)).unwrap_or_default(),
            window: format!("[{}, {})", window.start, window.end),
        });
        Waiting::Windows(OpenWindows { first, ..counts })
    }

    fn key_text(&self, key: Vec<ArrayRef>) -> Result<String> {
        if key.is_empty() {
            return Ok("(none)".to_owned());
        }
        let shape = if key.len() == 1 { Shape::Scalar } else { Shape::Tuple };
        let records = RecordBatch::try_new(self.key_schema.clone(), key)?;
        shown(&Columns { records, shape }, 0)
    }
}
