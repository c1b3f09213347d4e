//! Gives the records of a stream their event time, and the stream its watermarks.
//!
//! `assign_timestamps_and_watermarks` in the middle of a stream; at a source the strategy runs in each split instead.
//! Watermarks of the input are replaced, except the one at its end.

use std::sync::Arc;

use super::{Operator, OperatorFactory, Output, SubtaskContext};
use crate::batch::Batch;
use crate::error::Result;
use crate::time::{Clock, MAX_WATERMARK, PacedWatermarks, WatermarkStrategy};

pub struct AssignTimestamps {
    strategy: Arc<dyn WatermarkStrategy>,
    watermarks: PacedWatermarks,
    clock: Arc<dyn Clock>,
}

impl AssignTimestamps {
    pub fn factory(strategy: Arc<dyn WatermarkStrategy>) -> impl OperatorFactory {
        move |context: &SubtaskContext| {
            Ok(Box::new(AssignTimestamps::new(strategy.clone(), context)) as Box<dyn Operator>)
        }
    }

    fn new(strategy: Arc<dyn WatermarkStrategy>, context: &SubtaskContext) -> AssignTimestamps {
        let clock = context.clock.clone();
        let watermarks = PacedWatermarks::new(strategy.generator(), context.watermark_pace, clock.now());
        AssignTimestamps { strategy, watermarks, clock }
    }
}

impl Operator for AssignTimestamps {
    fn process(&mut self, _input: usize, mut batch: Batch, output: &mut Output) -> Result<()> {
        if let Some(timestamps) = self.strategy.timestamps(&batch)? {
            batch.timestamps = Some(timestamps);
        }
        while !batch.is_empty() {
            let room = self.watermarks.room();
            let rest = if batch.len() > room { Some(batch.split_off(room)) } else { None };
            self.watermarks.observe(&batch)?;
            output.emit(batch);
            output.emit_watermark(self.watermarks.current(self.clock.now())?);
            let Some(rest) = rest else { break };
            batch = rest;
        }
        Ok(())
    }

    fn next_wakeup(&self) -> Option<i64> {
        self.watermarks.due_at()
    }

    fn processing_time(&mut self, now: i64, output: &mut Output) -> Result<()> {
        output.emit_watermark(self.watermarks.current(now)?);
        Ok(())
    }

    fn watermark(&mut self, watermark: i64, output: &mut Output) -> Result<()> {
        if watermark == MAX_WATERMARK {
            output.emit_watermark(watermark);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::{Columns, Data};
    use crate::operator::Emission;
    use crate::operator::testing::context_at;
    use crate::time::{BoundedOutOfOrderness, ManualClock, WatermarkGenerator, WatermarkPace};
    use arrow::array::{AsArray, Int64Array};
    use arrow::datatypes::Int64Type;

    /// The record is its own time; watermarks trail by 100 ms.
    struct Itself;
    impl WatermarkStrategy for Itself {
        fn timestamps(&self, batch: &Batch) -> Result<Option<Vec<i64>>> {
            Ok(Some(batch.expect_columns()?.records.column(0).as_primitive::<Int64Type>().values().to_vec()))
        }
        fn generator(&self) -> Box<dyn WatermarkGenerator> {
            Box::new(BoundedOutOfOrderness::new(100))
        }
    }

    #[test]
    fn assigns_times_and_trails_them() {
        let clock = Arc::new(ManualClock::new(0));
        let mut context = context_at(clock.clone(), 1, 10);
        context.watermark_pace = WatermarkPace { every: 2, interval: 200 };
        let mut operator = AssignTimestamps::new(Arc::new(Itself), &context);
        let mut output = Output::default();
        let values = Arc::new(Int64Array::from(vec![500, 300, 900]));
        operator.process(0, Batch::new(Data::Columns(Columns::scalar(values))), &mut output).unwrap();
        operator.watermark(9_999, &mut output).unwrap();
        assert_eq!(operator.next_wakeup(), Some(200));
        operator.processing_time(200, &mut output).unwrap();
        operator.watermark(MAX_WATERMARK, &mut output).unwrap();
        let seen: Vec<(Option<Vec<i64>>, i64)> = output
            .take()
            .into_iter()
            .map(|emission| match emission {
                Emission::Batch(_, batch) => (batch.timestamps, 0),
                Emission::Watermark(watermark) => (None, watermark),
            })
            .collect();
        // the watermark comes behind two records, and behind the third after 200 ms
        let records = |timestamps: &[i64]| (Some(timestamps.to_vec()), 0);
        let expected =
            [records(&[500, 300]), (None, 399), records(&[900]), (None, 399), (None, 799), (None, MAX_WATERMARK)];
        assert_eq!(seen, expected);
    }
}
