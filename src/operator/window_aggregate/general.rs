//! Windows of any kind: sessions, windows of a number of records, windows with a trigger of their own. The rules are those of
//! [`Windows`], record by record.

mod stored;

use std::ops::Range;
use std::sync::Arc;

use arrow::array::ArrayRef;

use super::accumulate::Accumulators;
use super::emit::Results;
use super::waiting::LateRecords;
use super::{Span, WindowAggregate};
use crate::batch::Batch;
use crate::checkpoint::{Capture, Snapshot};
use crate::error::{Error, Result};
use crate::operator::key_numbers::RowKeys;
use crate::operator::{OpenWindows, Operator, Output, SubtaskContext, Waiting};
use crate::state::KeyedTable;
use crate::time::Clock;
use crate::window::{
    Assigner, BuiltInTrigger, Contents, Merge, Place, Settings, TimeAssigner, TimeSpan, TimeWindow, Window,
    WindowTimers, Windows, merge_overlapping,
};

/// A key as bytes; see [`RowKeys`].
type Key = Arc<[u8]>;

/// The row of the batch at hand.
type Row = usize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Bucket {
    Time(TimeWindow),
    /// By the number of the window.
    Count(i64),
}

impl Bucket {
    /// A window of a number of records has no times.
    fn time(self) -> TimeWindow {
        match self {
            Bucket::Time(window) => window,
            Bucket::Count(_) => TimeWindow::GLOBAL,
        }
    }
}

impl Window for Bucket {
    fn max_timestamp(&self) -> i64 {
        self.time().max_timestamp()
    }
}

enum Assign {
    Time(TimeAssigner),
    Count { size: i64, slide: i64, counts: KeyedTable<Key, i64> },
}

impl Assigner<Key, Row, Bucket> for Assign {
    fn assign(
        &mut self,
        (key, group): (&Key, u16),
        _row: &Row,
        timestamp: i64,
        now: i64,
        windows: &mut Vec<Bucket>,
    ) -> Result<()> {
        match self {
            Assign::Time(assigner) => {
                let moment = assigner.moment(timestamp, now)?;
                assigner.span.windows(moment, |window| windows.push(Bucket::Time(window)));
            }
            Assign::Count { size, slide, counts } => {
                let count = counts.get(group, key).copied().unwrap_or(0);
                counts.insert(group, key.clone(), count + 1);
                let newest = count / *slide;
                let numbers = (0..=newest).rev().take_while(|number| number * *slide + *size > count);
                windows.extend(numbers.map(Bucket::Count));
            }
        }
        Ok(())
    }

    fn is_event_time(&self) -> bool {
        matches!(self, Assign::Time(TimeAssigner { event_time: true, .. }))
    }

    fn merges(&self) -> bool {
        matches!(self, Assign::Time(TimeAssigner { span: TimeSpan::Session { .. }, .. }))
    }

    fn merge(&mut self, windows: Vec<Bucket>) -> Result<Vec<Merge<Bucket>>> {
        Ok(merge_overlapping(windows, |window| window.time(), Bucket::Time))
    }
}

pub struct GeneralWindows {
    of: Arc<WindowAggregate>,
    windows: Windows<Key, Row, Bucket, Assign, BuiltInTrigger>,
    contents: Aggregated,
    row_keys: RowKeys,
    batch_size: usize,
    max_parallelism: u16,
    clock: Arc<dyn Clock>,
    late_records: LateRecords,
}

/// The aggregates of each window.
struct Aggregated {
    accumulators: Accumulators,
    places: KeyedTable<(Key, Bucket), u32>,
    results: Results<Key>,
    /// The arguments of each function in the batch at hand, and the place of the row at hand.
    values: Vec<ArrayRef>,
    row_places: Vec<u32>,
    /// The function whose sum is too large.
    overflow: Option<usize>,
}

impl Aggregated {
    fn add_row(&mut self, row: Row, place: u32) -> Result<()> {
        self.row_places[row] = place;
        let rows: Range<usize> = row..row + 1;
        self.accumulators.add(&self.values, rows, &self.row_places).map_err(|(call, _)| {
            self.overflow = Some(call);
            Error::data("the sum is too large")
        })
    }
}

impl Contents<Key, Row, Bucket> for Aggregated {
    fn add(&mut self, key: &Key, group: u16, state: &Bucket, row: &Row, _timestamp: i64) -> Result<()> {
        let place = match self.places.get(group, &Place(key, state)) {
            Some(place) => *place,
            None => {
                let place = self.accumulators.place();
                self.places.insert(group, (key.clone(), *state), place);
                place
            }
        };
        self.add_row(*row, place)
    }

    fn fire(
        &mut self,
        key: &Key,
        group: u16,
        state: &Bucket,
        window: &Bucket,
        _timers: &WindowTimers<Key, Bucket>,
    ) -> Result<()> {
        if let Some(place) = self.places.get(group, &Place(key, state)) {
            // it may have changed before the results are out
            let copy = self.accumulators.place();
            self.accumulators.merge(&[(copy, *place)])?;
            self.results.add(key.clone(), window.time(), copy);
            self.results.done_with.push(copy);
        }
        Ok(())
    }

    fn purge(&mut self, key: &Key, group: u16, state: &Bucket) -> Result<()> {
        if let Some(place) = self.places.remove(group, &Place(key, state)) {
            self.accumulators.release(&[place]);
        }
        Ok(())
    }

    fn merge(&mut self, key: &Key, group: u16, state: &Bucket, others: &[Bucket]) -> Result<()> {
        for other in others {
            let Some(from) = self.places.remove(group, &Place(key, other)) else { continue };
            let into = match self.places.get(group, &Place(key, state)) {
                Some(place) => *place,
                None => {
                    let place = self.accumulators.place();
                    self.places.insert(group, (key.clone(), *state), place);
                    place
                }
            };
            self.accumulators.merge(&[(into, from)])?;
            self.accumulators.release(&[from]);
        }
        Ok(())
    }

    fn close(&mut self, _: &Key, _: u16, _: &Bucket, _: &WindowTimers<Key, Bucket>) -> Result<()> {
        Ok(())
    }
}

impl GeneralWindows {
    pub fn new(of: Arc<WindowAggregate>, context: &SubtaskContext) -> Result<GeneralWindows> {
        let assigner = match of.span {
            Span::Time(span) => Assign::Time(TimeAssigner { span, event_time: of.event_time }),
            Span::Count { size, slide } => Assign::Count { size, slide, counts: KeyedTable::default() },
        };
        let settings = Settings { allowed_lateness: of.allowed_lateness };
        let mut made = GeneralWindows {
            windows: Windows::new(assigner, of.trigger.clone(), settings),
            contents: Aggregated {
                accumulators: Accumulators::new(&of.plan.calls),
                places: KeyedTable::default(),
                results: Results::default(),
                values: Vec::new(),
                row_places: Vec::new(),
                overflow: None,
            },
            row_keys: RowKeys::new(&of.key_schema)?,
            batch_size: context.batch_size.max(1),
            max_parallelism: context.max_parallelism,
            clock: context.clock.clone(),
            late_records: LateRecords::new(&of, &context.metrics),
            of,
        };
        made.restore(&context.restored)?;
        Ok(made)
    }

    fn emit(&mut self, output: &mut Output) -> Result<()> {
        let Aggregated { accumulators, results, .. } = &mut self.contents;
        let row_keys = &self.row_keys;
        let columns = |keys: &[Key]| row_keys.columns(keys.iter().map(|key| key.as_ref()));
        results.emit(accumulators, &self.of.plan, &self.of.output, columns, output)
    }

    fn fire(&mut self, event_time: bool, until: i64, output: &mut Output) -> Result<()> {
        while let Some(fired) = self.windows.pop(event_time, until) {
            // processing time is no time of records
            self.contents.results.at = event_time.then_some(fired.time);
            self.windows.fire(&fired, &mut self.contents)?;
            if self.contents.results.len() >= self.batch_size {
                self.emit(output)?;
            }
        }
        self.emit(output)
    }
}

impl Operator for GeneralWindows {
    fn process(&mut self, _input: usize, mut batch: Batch, output: &mut Output) -> Result<()> {
        let rows = batch.len();
        let groups = match batch.keys.as_mut() {
            Some(keys) if !self.of.key_schema.fields().is_empty() => keys.groups(self.max_parallelism)?.to_vec(),
            _ => vec![0; rows],
        };
        let records = &batch.expect_columns()?.records;
        self.contents.values = self.of.plan.calls.iter().map(|call| call.values(records)).collect::<Result<_>>()?;
        self.contents.row_places.resize(rows, 0);
        self.windows.timers.now = self.clock.now();
        let keys = self.row_keys.convert(self.of.keys(&batch)?)?;
        let mut late = Vec::new();
        for (row, group) in groups.into_iter().enumerate() {
            let key: Key = keys.get(row).into();
            self.contents.results.at = Some(batch.timestamp(row));
            match self.windows.add(&key, group, &row, batch.timestamp(row), &mut self.contents) {
                Ok(true) => {}
                Ok(false) => late.push(row as u32),
                Err(error) => {
                    self.emit(output)?;
                    return Err(match self.contents.overflow {
                        Some(call) => self.of.overflow(call, &batch, row),
                        None => error,
                    });
                }
            }
            if self.contents.results.len() >= self.batch_size {
                self.emit(output)?;
            }
        }
        self.contents.accumulators.next_batch(rows);
        self.emit(output)?;
        self.late_records.send(&self.of, late, &batch, self.windows.timers.watermark, output)
    }

    fn watermark(&mut self, watermark: i64, output: &mut Output) -> Result<()> {
        // after a restore the sources' begin anew, and lag behind what is over already
        let watermark = self.windows.timers.watermark.max(watermark);
        self.windows.timers.watermark = watermark;
        self.windows.timers.now = self.clock.now();
        self.fire(true, watermark, output)?;
        output.emit_watermark(watermark);
        Ok(())
    }

    fn waiting(&mut self) -> Option<Waiting> {
        self.windows.timers.now = self.clock.now();
        let open = self.windows.open();
        let key = |key: &Key| self.row_keys.columns(std::iter::once(key.as_ref()));
        let first = open.first.map(|(until, of, window)| (until, window.time(), key(of)));
        let counts = OpenWindows {
            event_time: self.of.event_time && !matches!(self.of.span, Span::Count { .. }),
            watermark: self.windows.timers.watermark,
            open: open.open,
            fired: open.ended,
            endless: self.contents.places.len().saturating_sub(open.open + open.ended),
            first: None,
        };
        Some(self.of.told(counts, first))
    }

    fn next_wakeup(&self) -> Option<i64> {
        self.windows.timers.processing.next()
    }

    fn processing_time(&mut self, now: i64, output: &mut Output) -> Result<()> {
        self.windows.timers.now = now;
        self.fire(false, now, output)
    }

    fn capture(&mut self) -> Result<Capture> {
        self.captured()
    }

    fn finish(&mut self, _output: &mut Output) -> Result<()> {
        let waiting = self.windows.timers.processing.len();
        if waiting > 0 {
            self.of.warn_open(waiting);
        }
        Ok(())
    }
}
