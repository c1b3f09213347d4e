//! The results of windows that fired, as records.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch};

use super::accumulate::Accumulators;
use super::call::Plan;
use crate::batch::Batch;
use crate::error::Result;
use crate::operator::Output;
use crate::types::{SchemaRef, Shape};
use crate::window::{TimeWindow, Window};

/// Windows that fired and were not emitted yet, each with the place of its aggregates.
#[derive(Default)]
pub struct Results<K> {
    pub keys: Vec<K>,
    places: Vec<u32>,
    windows: Vec<TimeWindow>,
    times: Vec<i64>,
    /// The time of the record or timer at hand, which results have, as those of Python functions do; without it the end
    /// of their window.
    pub at: Option<i64>,
    /// Places that are given back when the results are out.
    pub done_with: Vec<u32>,
}

impl<K> Results<K> {
    pub fn add(&mut self, key: K, window: TimeWindow, place: u32) {
        self.keys.push(key);
        self.places.push(place);
        self.windows.push(window);
        self.times.push(self.at.unwrap_or_else(|| window.max_timestamp()));
    }

    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Emits them, the key columns of `keys` first.
    pub fn emit(
        &mut self,
        accumulators: &mut Accumulators,
        plan: &Plan,
        schema: &SchemaRef,
        key_columns: impl FnOnce(&[K]) -> Result<Vec<ArrayRef>>,
        output: &mut Output,
    ) -> Result<()> {
        if !self.keys.is_empty() {
            let mut columns = key_columns(&self.keys)?;
            // a window of all records has neither start nor end
            let bound = |of: fn(&TimeWindow) -> i64| -> ArrayRef {
                let times = self.windows.iter().map(|window| (*window != TimeWindow::GLOBAL).then(|| of(window)));
                Arc::new(times.collect::<Int64Array>())
            };
            columns.push(bound(|window| window.start));
            columns.push(bound(|window| window.end));
            columns.extend(plan.outputs(accumulators.results(&self.places))?);
            let timestamps = std::mem::take(&mut self.times);
            let records = RecordBatch::try_new(schema.clone(), columns)?;
            output.emit(Batch::columns(records, Shape::Row).with_timestamps(Some(timestamps)));
            self.keys.clear();
            self.places.clear();
            self.windows.clear();
        }
        accumulators.release(&self.done_with);
        self.done_with.clear();
        Ok(())
    }
}
