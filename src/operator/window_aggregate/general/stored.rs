//! What the operator keeps, as tables of a checkpoint. In each the key's columns come first, and a window is two numbers:
//! its start and end, or the number of a window of records and 0.

use arrow::array::{AsArray, BooleanArray, Int64Array, UInt64Array};
use arrow::datatypes::{DataType, Int64Type, UInt64Type};

use super::super::progress::Progress;
use super::*;
use crate::window::{Memory, Stored};

// The states' names in a checkpoint.

/// Window, aggregates.
const CONTENTS: &str = "contents";
/// Window, whether of event time, time, place among the timers.
const TIMERS: &str = "timers";
/// Window, what a trigger has counted, when it fires next.
const MEMORIES: &str = "triggers";
/// Window, the window that its contents were first kept under; those of a key in their order.
const MERGING: &str = "merging";
/// How many records a key has had.
const COUNTS: &str = "counts";

/// The rows of a table.
#[derive(Default)]
struct Rows {
    groups: Vec<u16>,
    keys: Vec<Key>,
    windows: Vec<Bucket>,
}

impl Rows {
    fn add(&mut self, group: u16, key: &Key, window: Bucket) {
        self.groups.push(group);
        self.keys.push(key.clone());
        self.windows.push(window);
    }
}

/// What one part of a checkpoint will have.
struct Table {
    name: &'static str,
    groups: Vec<u16>,
    keys: Vec<ArrayRef>,
    columns: Vec<ArrayRef>,
}

/// A row that was read.
struct Read {
    group: u16,
    key: Key,
    row: usize,
}

fn numbers(values: impl Iterator<Item = i64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(values))
}

fn counts(values: impl Iterator<Item = u64>) -> ArrayRef {
    Arc::new(UInt64Array::from_iter_values(values))
}

fn bounds(windows: &[Bucket]) -> [ArrayRef; 2] {
    let pair = |window: &Bucket| match window {
        Bucket::Time(window) => (window.start, window.end),
        Bucket::Count(number) => (*number, 0),
    };
    [numbers(windows.iter().map(|window| pair(window).0)), numbers(windows.iter().map(|window| pair(window).1))]
}

fn number(column: &ArrayRef, row: usize) -> i64 {
    column.as_primitive::<Int64Type>().value(row)
}

fn count(column: &ArrayRef, row: usize) -> u64 {
    column.as_primitive::<UInt64Type>().value(row)
}

impl GeneralWindows {
    /// What there is, as columns; they are encoded later.
    pub(super) fn captured(&mut self) -> Result<Capture> {
        let mut tables = Vec::new();
        let (mut rows, mut places) = (Rows::default(), Vec::new());
        for (group, (key, window), place) in self.contents.places.iter() {
            rows.add(group, key, *window);
            places.push(*place);
        }
        let accumulated = self.contents.accumulators.export(&places);
        let columns = bounds(&rows.windows).into_iter().chain(accumulated);
        tables.push(self.table(CONTENTS, rows, columns)?);
        tables.extend(self.store_windows()?);
        if let Assign::Count { counts: of, .. } = self.windows.assigner() {
            let (mut rows, mut so_far) = (Rows::default(), Vec::new());
            for (group, key, count) in of.iter() {
                rows.add(group, key, Bucket::Count(0));
                so_far.push(*count);
            }
            tables.push(self.table(COUNTS, rows, [numbers(so_far.into_iter())])?);
        }
        let arrived = self.contents.accumulators.arrived();
        let progress = Progress { watermark: self.windows.timers.watermark, arrived };
        let of = self.of.clone();
        Ok(Capture::deferred(move || {
            let part = |Table { name, groups, keys, columns }| of.keyed_part(name, &groups, keys, columns);
            let keyed = tables.into_iter().map(part).collect::<Result<_>>()?;
            Ok(Snapshot { keyed, items: vec![progress.part()], ..Snapshot::default() })
        }))
    }

    fn store_windows(&self) -> Result<[Table; 3]> {
        let (mut timers, mut set) = (Rows::default(), Vec::new());
        let (mut memories, mut remembered) = (Rows::default(), Vec::new());
        let (mut merging, mut kept_under) = (Rows::default(), Vec::new());
        for (group, piece) in self.windows.stored() {
            match piece {
                Stored::Timer { event_time, time, place, key, window } => {
                    timers.add(group, &key, window);
                    set.push((event_time, time, place));
                }
                Stored::Memory { key, window, memory } => {
                    memories.add(group, &key, window);
                    remembered.push(memory);
                }
                Stored::Merging { key, windows } => {
                    for (window, state) in windows {
                        merging.add(group, &key, window);
                        kept_under.push(state);
                    }
                }
            }
        }
        let set: [ArrayRef; 3] = [
            Arc::new(set.iter().map(|timer| Some(timer.0)).collect::<BooleanArray>()),
            numbers(set.iter().map(|timer| timer.1)),
            counts(set.iter().map(|timer| timer.2)),
        ];
        let next: Int64Array = remembered.iter().map(|memory| memory.next_fire).collect();
        let remembered: [ArrayRef; 2] = [counts(remembered.iter().map(|memory| memory.count)), Arc::new(next)];
        let [timed, remembering, merged] = [&timers, &memories, &merging].map(|rows| bounds(&rows.windows).into_iter());
        Ok([
            self.table(TIMERS, timers, timed.chain(set))?,
            self.table(MEMORIES, memories, remembering.chain(remembered))?,
            self.table(MERGING, merging, merged.chain(bounds(&kept_under)))?,
        ])
    }

    fn table(&self, name: &'static str, rows: Rows, columns: impl IntoIterator<Item = ArrayRef>) -> Result<Table> {
        let keys = self.row_keys.columns(rows.keys.iter().map(|key| key.as_ref()))?;
        Ok(Table { name, groups: rows.groups, keys, columns: columns.into_iter().collect() })
    }

    pub(super) fn restore(&mut self, restored: &Snapshot) -> Result<()> {
        let progress = Progress::restored(restored)?;
        self.windows.timers.watermark = progress.watermark;
        self.contents.accumulators.go_on(progress.arrived);
        let accumulated = self.contents.accumulators.export(&[]);
        let types = [DataType::Int64, DataType::Int64].into_iter();
        let types = types.chain(accumulated.iter().map(|column| column.data_type().clone())).collect();
        for (rows, columns) in self.tables(restored, CONTENTS, types)? {
            let places = self.contents.accumulators.import(&columns[2..], rows.len());
            for (Read { group, key, row }, place) in rows.into_iter().zip(places) {
                self.contents.places.insert(group, (key, self.window(&columns, row)), place);
            }
        }
        self.restore_windows(restored)?;
        for (rows, columns) in self.tables(restored, COUNTS, vec![DataType::Int64])? {
            if let Assign::Count { counts, .. } = self.windows.assigner_mut() {
                for Read { group, key, row } in rows {
                    counts.insert(group, key, number(&columns[0], row));
                }
            }
        }
        Ok(())
    }

    fn restore_windows(&mut self, restored: &Snapshot) -> Result<()> {
        use DataType::{Boolean, Int64, UInt64};
        let mut pieces = Vec::new();
        for (rows, columns) in self.tables(restored, TIMERS, vec![Int64, Int64, Boolean, Int64, UInt64])? {
            for Read { group, key, row } in rows {
                let (event_time, time) = (columns[2].as_boolean().value(row), number(&columns[3], row));
                let (window, place) = (self.window(&columns, row), count(&columns[4], row));
                pieces.push((group, Stored::Timer { event_time, time, place, key, window }));
            }
        }
        for (rows, columns) in self.tables(restored, MEMORIES, vec![Int64, Int64, UInt64, Int64])? {
            for Read { group, key, row } in rows {
                let next_fire = columns[3].is_valid(row).then(|| number(&columns[3], row));
                let memory = Memory { count: count(&columns[2], row), next_fire };
                pieces.push((group, Stored::Memory { key, window: self.window(&columns, row), memory }));
            }
        }
        for (rows, columns) in self.tables(restored, MERGING, vec![Int64; 4])? {
            for rows in rows.chunk_by(|one, other| one.key == other.key) {
                let pair = |read: &Read| (self.window(&columns, read.row), self.window(&columns[2..], read.row));
                let windows = rows.iter().map(pair).collect();
                pieces.push((rows[0].group, Stored::Merging { key: rows[0].key.clone(), windows }));
            }
        }
        self.windows.restore(pieces);
        Ok(())
    }

    /// The rows of a table's groups, with their columns.
    fn tables(&self, restored: &Snapshot, name: &str, types: Vec<DataType>) -> Result<Vec<(Vec<Read>, Vec<ArrayRef>)>> {
        let groups = self.of.groups_of(restored, name, types)?.into_iter().map(|stored| {
            let keys = self.row_keys.convert(&stored.keys)?;
            let read = |row: usize| Read { group: stored.group, key: keys.get(row).into(), row };
            Ok(((0..stored.columns[0].len()).map(read).collect(), stored.columns))
        });
        groups.collect()
    }

    fn window(&self, columns: &[ArrayRef], row: usize) -> Bucket {
        let (first, second) = (number(&columns[0], row), number(&columns[1], row));
        match self.of.span {
            Span::Time(_) => Bucket::Time(TimeWindow::new(first, second)),
            Span::Count { .. } => Bucket::Count(first),
        }
    }
}
