//! What the operator keeps, as rows of a checkpoint: one for each slice of a key.

use arrow::array::{ArrayRef, AsArray, Int64Array, UInt64Array};
use arrow::datatypes::{DataType, Int64Type, UInt64Type};

use super::super::Stored;
use super::super::progress::Progress;
use super::*;
use crate::operator::Emission;

/// The state's name in a checkpoint.
const SLICES: &str = "slices";

impl SlicedWindows {
    pub(super) fn stored(&mut self) -> Result<Snapshot> {
        let (mut numbers, mut panes) = (Vec::new(), Vec::new());
        for number in &self.live {
            for pane in self.panes[*number as usize].iter() {
                numbers.push(*number);
                panes.push(*pane);
            }
        }
        let places: Vec<u32> = panes.iter().map(|pane| pane.place).collect();
        let columns: [ArrayRef; 3] = [
            // processing time is not the same in all subtasks
            Arc::new(Int64Array::from_value(self.time, panes.len())),
            Arc::new(Int64Array::from_iter_values(panes.iter().map(|pane| pane.start))),
            Arc::new(UInt64Array::from_iter_values(panes.iter().map(|pane| pane.first))),
        ];
        let keys = self.keys.columns(&numbers)?;
        let watermark = if self.assigner.event_time { self.time } else { i64::MIN };
        let progress = Progress { watermark, arrived: self.accumulators.arrived() };
        let columns = columns.into_iter().chain(self.accumulators.export(&places));
        let groups = self.of.groups(&keys, panes.len(), self.max_parallelism)?;
        Ok(Snapshot { keyed: vec![self.of.keyed_part(SLICES, &groups, keys, columns)?], items: vec![progress.part()] })
    }

    pub(super) fn restore(&mut self, restored: &Snapshot) -> Result<()> {
        let progress = Progress::restored(restored)?;
        let head = [DataType::Int64, DataType::Int64, DataType::UInt64];
        let accumulated = self.accumulators.export(&[]);
        let types = head.into_iter().chain(accumulated.iter().map(|column| column.data_type().clone()));
        let mut groups = self.of.groups_of(restored, SLICES, types.collect())?;
        groups.retain(|stored| !stored.columns[0].is_empty());
        let time = |stored: &Stored| stored.columns[0].as_primitive::<Int64Type>().value(0);
        groups.sort_by_key(time);
        let mut output = Output::default();
        for group in groups {
            // a window of which another subtask was ahead has fired for that one's keys only
            self.advance(time(&group), &mut output)?;
            self.insert(&group)?;
        }
        if self.assigner.event_time {
            self.advance(progress.watermark, &mut output)?;
        }
        for (slice, numbers) in &mut self.members {
            let first = |number: &u32| self.panes[*number as usize].iter().find(|pane| pane.start == *slice);
            numbers.sort_by_key(|number| first(number).map(|pane| pane.first));
        }
        self.accumulators.go_on(progress.arrived);
        self.restored.extend(output.take().into_iter().filter_map(|emission| match emission {
            Emission::Batch(_, batch) => Some(batch),
            _ => None,
        }));
        Ok(())
    }

    fn insert(&mut self, Stored { keys, columns, .. }: &Stored) -> Result<()> {
        let (starts, firsts) =
            (columns[1].as_primitive::<Int64Type>().values(), columns[2].as_primitive::<UInt64Type>().values());
        let mut numbers = Vec::new();
        self.keys.find(keys, starts.len(), |_| true, &mut numbers)?;
        let places = self.accumulators.import(&columns[3..], starts.len());
        for (row, number) in numbers.into_iter().enumerate() {
            let at = number as usize;
            if at >= self.panes.len() {
                self.panes.resize_with(at + 1, Panes::default);
                self.standing.resize(at + 1, 0);
            }
            if self.panes[at].is_empty() {
                self.standing[at] = self.live.len() as u32;
                self.live.push(number);
            }
            self.panes[at].insert(Pane { start: starts[row], place: places[row], first: firsts[row] });
            self.members.entry(starts[row]).or_default().push(number);
        }
        Ok(())
    }

    pub(super) fn emit_restored(&mut self, output: &mut Output) {
        self.restored.drain(..).for_each(|batch| output.emit(batch));
    }
}
