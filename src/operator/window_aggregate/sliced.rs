//! Windows of one size that fire when their time is over, and then for each late record: Flink's tumbling and sliding
//! windows with their own triggers. What is kept is kept by slice, not by window.

mod stored;

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::ArrayRef;

use super::WindowAggregate;
use super::accumulate::{Accumulators, NOWHERE};
use super::emit::Results;
use super::panes::{Pane, Panes};
use super::waiting::LateRecords;
use crate::batch::Batch;
use crate::checkpoint::{Capture, Snapshot};
use crate::error::Result;
use crate::operator::key_numbers::KeyNumbers;
use crate::operator::{OpenWindows, Operator, Output, SubtaskContext, Waiting};
use crate::state::SharedVec;
use crate::time::Clock;
use crate::window::{Slices, TimeAssigner, TimeWindow, Window};

pub struct SlicedWindows {
    of: Arc<WindowAggregate>,
    slices: Slices,
    assigner: TimeAssigner,
    batch_size: usize,
    clock: Arc<dyn Clock>,
    late_records: LateRecords,
    accumulators: Accumulators,
    keys: KeyNumbers,
    /// What each key has, by its number.
    panes: Vec<Panes>,
    /// The numbers of the keys that have something, and where each of them stands there.
    live: Vec<u32>,
    standing: Vec<u32>,
    /// What each slice has of keys, in the order in which they came: all that a snapshot needs.
    members: BTreeMap<i64, SharedVec<Member>>,
    /// How far time has come: the watermark, or processing time.
    time: i64,
    results: Results<u32>,
    max_parallelism: u16,
    /// What fired while the operator was restored.
    restored: Vec<Batch>,
    /// Of the batch at hand: each row's slice, key and place.
    rows: Rows,
}

/// What a slice has of one key.
#[derive(Clone, Copy)]
struct Member {
    number: u32,
    /// Of its aggregates.
    place: u32,
    /// The number of its first record.
    first: u64,
}

#[derive(Default)]
struct Rows {
    slices: Vec<i64>,
    numbers: Vec<u32>,
    places: Vec<u32>,
    /// Those that are too late for all their windows.
    late: Vec<u32>,
    /// Those that are late for some of their windows, which fire again.
    again: Vec<usize>,
}

/// Stands for the slice of a row that has none.
const NO_SLICE: i64 = i64::MIN;

/// A slice, and what a record that comes to it meets.
struct Current {
    start: i64,
    late: bool,
    again: bool,
}

impl SlicedWindows {
    pub fn new(
        of: Arc<WindowAggregate>,
        slices: Slices,
        assigner: TimeAssigner,
        context: &SubtaskContext,
    ) -> Result<SlicedWindows> {
        let mut windows = SlicedWindows {
            slices,
            assigner,
            batch_size: context.batch_size.max(1),
            clock: context.clock.clone(),
            late_records: LateRecords::new(&of, &context.metrics),
            accumulators: Accumulators::new(&of.plan.calls),
            keys: KeyNumbers::new(&of.key_schema)?,
            panes: Vec::new(),
            live: Vec::new(),
            standing: Vec::new(),
            members: BTreeMap::new(),
            time: i64::MIN,
            results: Results::default(),
            max_parallelism: context.max_parallelism,
            restored: Vec::new(),
            rows: Rows::default(),
            of,
        };
        windows.restore(&context.restored)?;
        Ok(windows)
    }

    /// How many places and keys are in use.
    #[cfg(test)]
    pub fn held(&self) -> (usize, usize) {
        assert_eq!(self.live.len(), self.keys.len());
        (self.accumulators.used(), self.keys.len())
    }

    fn lateness(&self) -> i64 {
        if self.assigner.event_time { self.of.allowed_lateness } else { 0 }
    }

    fn is_over(&self, window: TimeWindow) -> bool {
        window.max_timestamp().saturating_add(self.lateness()) <= self.time
    }

    /// The slice of each row, and which rows are late.
    fn assign(&mut self, batch: &Batch) -> Result<()> {
        let rows = batch.len();
        self.rows.slices.clear();
        self.rows.late.clear();
        self.rows.again.clear();
        // time does not go back
        let now = if self.assigner.event_time { 0 } else { self.clock.now().max(self.time.saturating_add(1)) };
        let mut current: Option<Current> = None;
        for row in 0..rows {
            let moment = self.assigner.moment(batch.timestamp(row), now)?;
            let known = current
                .as_ref()
                .filter(|known| moment >= known.start && moment.wrapping_sub(known.start) < self.slices.length());
            let met = match known {
                Some(known) => known,
                None => match self.slices.of(moment) {
                    Some(start) => {
                        let late = self.is_over(self.slices.last_window(start));
                        let again = !late
                            && self.lateness() > 0
                            && self.slices.first_window(start).max_timestamp() <= self.time;
                        current.insert(Current { start, late, again })
                    }
                    None => {
                        // between two windows it is nowhere, and late only if its time is
                        if self.assigner.event_time && moment.saturating_add(self.lateness()) <= self.time {
                            self.rows.late.push(row as u32);
                        }
                        self.rows.slices.push(NO_SLICE);
                        continue;
                    }
                },
            };
            if met.late {
                self.rows.late.push(row as u32);
            } else if met.again {
                self.rows.again.push(row);
            }
            self.rows.slices.push(if met.late { NO_SLICE } else { met.start });
        }
        Ok(())
    }

    /// The place of each row's aggregates.
    fn find_places(&mut self, keys: &[ArrayRef]) -> Result<()> {
        let Rows { slices, numbers, places, .. } = &mut self.rows;
        self.keys.find(keys, slices.len(), |row| slices[row] != NO_SLICE, numbers)?;
        places.clear();
        for (row, (slice, number)) in slices.iter().zip(numbers).enumerate() {
            if *slice == NO_SLICE {
                places.push(NOWHERE);
                continue;
            }
            let at = *number as usize;
            if at >= self.panes.len() {
                self.panes.resize_with(at + 1, Panes::default);
                self.standing.resize(at + 1, 0);
            }
            let panes = &mut self.panes[at];
            let place = match panes.get(*slice) {
                Some(place) => place,
                None => {
                    if panes.is_empty() {
                        self.standing[at] = self.live.len() as u32;
                        self.live.push(*number);
                    }
                    let place = self.accumulators.place();
                    let first = self.accumulators.arrived() + row as u64;
                    panes.insert(Pane { start: *slice, place, first });
                    self.members.entry(*slice).or_default().push(Member { number: *number, place, first });
                    place
                }
            };
            panes.touch(*slice, &mut self.results.done_with);
            places.push(place);
        }
        Ok(())
    }

    fn add(&mut self, batch: &Batch, output: &mut Output) -> Result<()> {
        let records = &batch.expect_columns()?.records;
        let values = self.of.plan.calls.iter().map(|call| call.values(records)).collect::<Result<Vec<_>>>()?;
        let again = std::mem::take(&mut self.rows.again);
        let mut added = 0;
        for row in again.iter().map(|row| row + 1).chain([batch.len()]) {
            let sums = self.accumulators.add(&values, added..row, &self.rows.places);
            sums.map_err(|(call, row)| self.of.overflow(call, batch, row))?;
            if row > added && again.binary_search(&(row - 1)).is_ok() {
                self.results.at = Some(batch.timestamp(row - 1));
                self.fire_again(row - 1)?;
                self.results.at = None;
                self.emit_full(output)?;
            }
            added = row;
        }
        self.rows.again = again;
        self.accumulators.next_batch(batch.len());
        Ok(())
    }

    /// Fires those windows of a row that have fired before and are not over yet.
    fn fire_again(&mut self, row: usize) -> Result<()> {
        let number = self.rows.numbers[row];
        let mut pairs = Vec::new();
        for window in self.slices.windows_of(self.rows.slices[row]) {
            if window.max_timestamp() <= self.time && !self.is_over(window) {
                let place = self.accumulators.place();
                pairs.extend(self.panes[number as usize].of(window).map(|pane| (place, pane.place)));
                self.results.add(number, window, place);
                self.results.done_with.push(place);
            }
        }
        self.accumulators.merge(&pairs)
    }

    /// Fires all windows whose time comes until `time`.
    fn advance(&mut self, time: i64, output: &mut Output) -> Result<()> {
        let mut after = self.time;
        while let Some(window) = self.next_window(after).filter(|window| window.max_timestamp() <= time) {
            match self.slices.is_tumbling() {
                true => self.fire_slice(window),
                false => self.fire_overlapping(window)?,
            }
            self.emit_full(output)?;
            after = window.max_timestamp();
        }
        self.emit(output)?;
        self.time = self.time.max(time);
        self.forget();
        Ok(())
    }

    /// The first window behind that moment that has records.
    fn next_window(&self, after: i64) -> Option<TimeWindow> {
        let (first, _) = self.members.first_key_value()?;
        let next = match self.slices.first_window(*first) {
            window if window.max_timestamp() > after => window,
            _ => self.slices.next_after(after),
        };
        let (slice, _) = self.members.range(next.start..).next()?;
        Some(if *slice < next.end { next } else { self.slices.first_window(*slice) })
    }

    fn fire_slice(&mut self, window: TimeWindow) {
        for member in self.members.get(&window.start).into_iter().flat_map(SharedVec::iter) {
            self.results.add(member.number, window, member.place);
        }
    }

    fn fire_overlapping(&mut self, window: TimeWindow) -> Result<()> {
        let (mut fired, mut pairs) = (Vec::new(), Vec::new());
        for number in &self.live {
            let dropped = &mut self.results.done_with;
            let parts = self.panes[*number as usize].parts(window, &mut self.accumulators, &mut pairs, dropped);
            let Some(first) = parts.iter().flatten().map(|part| part.first).min() else { continue };
            let place = self.accumulators.place();
            pairs.extend(parts.iter().flatten().map(|part| (place, part.place)));
            self.results.done_with.push(place);
            fired.push((first, *number, place));
        }
        self.accumulators.merge(&pairs)?;
        // keys in the order in which they came to the window
        fired.sort_unstable();
        fired.into_iter().for_each(|(_, number, place)| self.results.add(number, window, place));
        Ok(())
    }

    /// How many windows, each key counted, wait for their end, and how many for late records.
    fn count_windows(&self) -> (usize, usize) {
        let after = |time: i64| if time == i64::MIN { time } else { self.slices.next_after(time).start };
        let (next, alive) = (after(self.time), after(self.time.saturating_sub(self.lateness())));
        let (mut open, mut fired) = (0, 0);
        for number in &self.live {
            let starts = self.panes[*number as usize].iter().map(|pane| pane.start);
            let (waiting, ended) = self.slices.count(starts, alive, next);
            (open, fired) = (open + waiting, fired + ended);
        }
        (open, fired)
    }

    fn emit_full(&mut self, output: &mut Output) -> Result<()> {
        if self.results.len() >= self.batch_size { self.emit(output) } else { Ok(()) }
    }

    fn emit(&mut self, output: &mut Output) -> Result<()> {
        let keys = &self.keys;
        let columns = |numbers: &[u32]| keys.columns(numbers);
        self.results.emit(&mut self.accumulators, &self.of.plan, &self.of.output, columns, output)
    }

    /// Gives up the slices whose windows are all over, and the keys that have nothing left.
    fn forget(&mut self) {
        let (lateness, mut places) = (self.lateness(), Vec::new());
        while let Some(entry) = self.members.first_entry() {
            let last = self.slices.last_window(*entry.key());
            if last.max_timestamp().saturating_add(lateness) > self.time {
                break;
            }
            for Member { number, .. } in entry.remove().iter().copied() {
                let panes = &mut self.panes[number as usize];
                places.extend(panes.pop().map(|pane| pane.place));
                if panes.is_empty() {
                    panes.forget_view(&mut places);
                    self.keys.forget(number);
                    let standing = self.standing[number as usize];
                    self.live.swap_remove(standing as usize);
                    if let Some(moved) = self.live.get(standing as usize) {
                        self.standing[*moved as usize] = standing;
                    }
                }
            }
        }
        self.accumulators.release(&places);
    }
}

impl Operator for SlicedWindows {
    fn process(&mut self, _input: usize, batch: Batch, output: &mut Output) -> Result<()> {
        self.emit_restored(output);
        self.assign(&batch)?;
        let of = self.of.clone();
        self.find_places(of.keys(&batch)?)?;
        self.add(&batch, output)?;
        self.emit(output)?;
        self.late_records.send(&of, std::mem::take(&mut self.rows.late), &batch, self.time, output)
    }

    fn watermark(&mut self, watermark: i64, output: &mut Output) -> Result<()> {
        self.emit_restored(output);
        if self.assigner.event_time {
            self.advance(watermark, output)?;
            // after a restore the sources' begin anew, and lag behind what is over already
            output.emit_watermark(self.time);
        } else {
            output.emit_watermark(watermark);
        }
        Ok(())
    }

    fn waiting(&mut self) -> Option<Waiting> {
        let first = self.next_window(self.time).and_then(|window| {
            let (_, members) = self.members.range(window.start..).next()?;
            Some((window.max_timestamp(), window, self.keys.columns(&[members.get(0)?.number])))
        });
        let (open, fired) = self.count_windows();
        let event_time = self.assigner.event_time;
        let watermark = if event_time { self.time } else { i64::MIN };
        Some(self.of.told(OpenWindows { event_time, watermark, open, fired, ..OpenWindows::default() }, first))
    }

    fn next_wakeup(&self) -> Option<i64> {
        if self.assigner.event_time {
            return None;
        }
        if !self.restored.is_empty() {
            return Some(self.time);
        }
        self.next_window(self.time).map(|window| window.max_timestamp())
    }

    fn processing_time(&mut self, now: i64, output: &mut Output) -> Result<()> {
        self.emit_restored(output);
        if !self.assigner.event_time {
            self.advance(now, output)?;
        }
        Ok(())
    }

    fn barrier(&mut self, _checkpoint: u64, output: &mut Output) -> Result<()> {
        self.emit_restored(output);
        Ok(())
    }

    fn capture(&mut self) -> Result<Capture> {
        Ok(self.captured())
    }

    fn finish(&mut self, output: &mut Output) -> Result<()> {
        self.emit_restored(output);
        if !self.members.is_empty() && !self.assigner.event_time {
            self.of.warn_open(self.keys.len());
        }
        Ok(())
    }
}
