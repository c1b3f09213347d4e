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
    pub(super) fn captured(&mut self) -> Capture {
        let members: Vec<_> = self.members.iter_mut().map(|(start, members)| (*start, members.share())).collect();
        let (keys, mut accumulators, time) = (self.keys.share(), self.accumulators.share(), self.time);
        let (of, max_parallelism) = (self.of.clone(), self.max_parallelism);
        let watermark = if self.assigner.event_time { time } else { i64::MIN };
        Capture::deferred(move || {
            let all = || members.iter().flat_map(|(start, members)| members.iter().map(move |member| (*start, member)));
            let numbers: Vec<u32> = all().map(|(_, member)| member.number).collect();
            let places: Vec<u32> = all().map(|(_, member)| member.place).collect();
            let columns: [ArrayRef; 3] = [
                // processing time is not the same in all subtasks
                Arc::new(Int64Array::from_value(time, numbers.len())),
                Arc::new(Int64Array::from_iter_values(all().map(|(start, _)| start))),
                Arc::new(UInt64Array::from_iter_values(all().map(|(_, member)| member.first))),
            ];
            let keys = keys.columns(&numbers)?;
            let progress = Progress { watermark, arrived: accumulators.arrived() };
            let columns = columns.into_iter().chain(accumulators.export(&places));
            let groups = of.groups(&keys, numbers.len(), max_parallelism)?;
            let keyed = vec![of.keyed_part(SLICES, &groups, keys, columns)?];
            Ok(Snapshot { keyed, items: vec![progress.part()], ..Snapshot::default() })
        })
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
        for members in self.members.values_mut() {
            let mut sorted: Vec<Member> = members.iter().copied().collect();
            sorted.sort_by_key(|member| member.first);
            *members = sorted.into_iter().collect();
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
            let (place, first) = (places[row], firsts[row]);
            self.panes[at].insert(Pane { start: starts[row], place, first });
            self.members.entry(starts[row]).or_default().push(Member { number, place, first });
        }
        Ok(())
    }

    pub(super) fn emit_restored(&mut self, output: &mut Output) {
        self.restored.drain(..).for_each(|batch| output.emit(batch));
    }
}
