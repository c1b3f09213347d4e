//! Gives the records of a stream their event time, and the stream its watermarks.
//!
//! `assign_timestamps_and_watermarks` in the middle of a stream; at a source the strategy runs in each split instead.
//! Watermarks of the input are replaced, except the one at its end.

use std::sync::Arc;

use bytes::Bytes;

use super::{Generated, Operator, OperatorFactory, Output, SubtaskContext, Waiting};
use crate::batch::Batch;
use crate::checkpoint::{ItemPart, Snapshot, Spread};
use crate::error::Result;
use crate::time::{Clock, MAX_WATERMARK, SplitWatermarks, WatermarkStrategy};

/// Its item in a checkpoint: one a subtask.
const PART: &str = "watermarks";

/// A task that sleeps is woken this much late at most, in ms.
const HELD_UP: i64 = 1_000;

pub struct AssignTimestamps {
    strategy: Arc<dyn WatermarkStrategy>,
    watermarks: SplitWatermarks,
    clock: Arc<dyn Clock>,
    input_idle: bool,
    /// What was emitted last.
    watermark: i64,
    idle: bool,
}

impl AssignTimestamps {
    pub fn factory(strategy: Arc<dyn WatermarkStrategy>) -> impl OperatorFactory {
        move |context: &SubtaskContext| {
            Ok(Box::new(AssignTimestamps::new(strategy.clone(), context)?) as Box<dyn Operator>)
        }
    }

    fn new(strategy: Arc<dyn WatermarkStrategy>, context: &SubtaskContext) -> Result<AssignTimestamps> {
        let clock = context.clock.clone();
        let mut watermarks = SplitWatermarks::new(strategy.as_ref(), context.watermark_pace, clock.now())?;
        let mut least: Option<(i64, &Bytes)> = None;
        for stored in context.restored.items(PART) {
            // of several that have become one, the slowest: no record is late that was not
            let watermark = SplitWatermarks::stored_watermark(stored)?;
            if least.is_none_or(|(known, _)| watermark < known) {
                least = Some((watermark, stored));
            }
        }
        if let Some((_, stored)) = least {
            watermarks.restore(stored.clone())?;
        }
        Ok(AssignTimestamps { strategy, watermarks, clock, input_idle: false, watermark: i64::MIN, idle: false })
    }

    /// Emits what is new about event time.
    fn emit_time(&mut self, output: &mut Output) {
        // without records only a clock can tell a generator that time goes on
        let idle = self.watermarks.is_idle() || self.input_idle && !self.watermarks.goes_by_the_clock();
        if self.idle && !idle {
            output.emit_idle(false);
        }
        if self.watermarks.watermark() > self.watermark {
            self.watermark = self.watermarks.watermark();
            output.emit_watermark(self.watermark);
        }
        if idle && !self.idle {
            output.emit_idle(true);
        }
        self.idle = idle;
    }
}

impl Operator for AssignTimestamps {
    fn process(&mut self, _input: usize, mut batch: Batch, output: &mut Output) -> Result<()> {
        if let Some(timestamps) = self.strategy.timestamps(&batch)? {
            batch.timestamps = Some(timestamps);
        }
        self.input_idle = false;
        while !batch.is_empty() {
            let room = self.watermarks.room();
            let rest = if batch.len() > room { Some(batch.split_off(room)) } else { None };
            let now = self.clock.now();
            let marks = self.watermarks.observe(&batch, now)?;
            self.emit_time(output);
            let mut taken = 0;
            for (behind, mark) in marks {
                let later = batch.split_off(behind - taken);
                output.emit(std::mem::replace(&mut batch, later));
                taken = behind;
                self.watermarks.apply(mark, now);
                self.emit_time(output);
            }
            output.emit(batch);
            let Some(rest) = rest else { break };
            batch = rest;
        }
        Ok(())
    }

    fn next_wakeup(&self) -> Option<i64> {
        self.watermarks.next_at()
    }

    fn processing_time(&mut self, now: i64, output: &mut Output) -> Result<()> {
        self.watermarks.ask_if_due(now)?;
        if let Some(at) = self.watermarks.idle_at().filter(|at| *at <= now) {
            // much too late: the task was held up, and records may wait in front of it
            if now - at > HELD_UP {
                self.watermarks.wake(now);
            } else {
                self.watermarks.set_idle(now);
            }
        }
        self.emit_time(output);
        Ok(())
    }

    fn snapshot(&mut self) -> Result<Snapshot> {
        let (name, encoding, items) = (PART.into(), "event time".into(), vec![self.watermarks.stored()?]);
        Ok(Snapshot { items: vec![ItemPart { name, encoding, spread: Spread::Split, items }], ..Snapshot::default() })
    }

    fn waiting(&mut self) -> Option<Waiting> {
        let (watermark, idle) = (self.watermark, self.idle);
        let (seen, emits) = (self.watermarks.has_seen_records(), self.strategy.emits());
        Some(Waiting::Watermarks(Generated { watermark, idle, seen, emits }))
    }

    fn idle(&mut self, idle: bool, output: &mut Output) -> Result<()> {
        self.input_idle = idle;
        self.emit_time(output);
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
    use std::time::Duration;

    /// The record is its own time; watermarks trail by 100 ms.
    struct Itself(Option<u64>);
    impl WatermarkStrategy for Itself {
        fn timestamps(&self, batch: &Batch) -> Result<Option<Vec<i64>>> {
            Ok(Some(batch.expect_columns()?.records.column(0).as_primitive::<Int64Type>().values().to_vec()))
        }
        fn generator(&self) -> Result<Box<dyn WatermarkGenerator>> {
            Ok(Box::new(BoundedOutOfOrderness::new(100)))
        }
        fn idle_timeout(&self) -> Option<Duration> {
            self.0.map(Duration::from_millis)
        }
    }

    /// What was emitted: the times of records, `Err(watermark)`, or `Err(-1)` and `Err(-2)` for idle and active.
    fn seen(output: &mut Output) -> Vec<std::result::Result<Vec<i64>, i64>> {
        let each = |emission| match emission {
            Emission::Batch(_, batch) => Ok(batch.timestamps.unwrap()),
            Emission::Watermark(watermark) => Err(watermark),
            Emission::Idle(idle) => Err(if idle { -1 } else { -2 }),
        };
        output.take().into_iter().map(each).collect()
    }

    fn made(strategy: Itself, clock: &Arc<ManualClock>) -> AssignTimestamps {
        let mut context = context_at(clock.clone(), 1, 10);
        context.watermark_pace = WatermarkPace { every: 2, interval: 200 };
        AssignTimestamps::new(Arc::new(strategy), &context).unwrap()
    }

    fn records(values: Vec<i64>) -> Batch {
        Batch::new(Data::Columns(Columns::scalar(Arc::new(Int64Array::from(values)))))
    }

    #[test]
    fn assigns_times_and_trails_them() {
        let clock = Arc::new(ManualClock::new(0));
        let mut operator = made(Itself(None), &clock);
        let mut output = Output::default();
        operator.process(0, records(vec![500, 300, 900]), &mut output).unwrap();
        operator.watermark(9_999, &mut output).unwrap();
        assert_eq!(operator.next_wakeup(), Some(200));
        operator.processing_time(200, &mut output).unwrap();
        operator.watermark(MAX_WATERMARK, &mut output).unwrap();
        // the watermark comes behind two records, and behind the third after 200 ms
        let expected = [Ok(vec![500, 300]), Err(399), Ok(vec![900]), Err(799), Err(MAX_WATERMARK)];
        assert_eq!(seen(&mut output), expected);
    }

    #[test]
    fn goes_on_in_the_middle_of_two_watermarks() {
        let clock = Arc::new(ManualClock::new(0));
        let mut output = Output::default();
        let mut operator = made(Itself(None), &clock);
        operator.process(0, records(vec![500, 300, 900]), &mut output).unwrap();
        let mut context = context_at(clock.clone(), 1, 10);
        context.watermark_pace = WatermarkPace { every: 2, interval: 200 };
        // another subtask is further, and both have become one
        let mut ahead = made(Itself(None), &clock);
        ahead.process(0, records(vec![5_000, 5_000]), &mut Output::default()).unwrap();
        let (one, two) = (ahead.snapshot().unwrap(), operator.snapshot().unwrap());
        context.restored = Arc::new(Snapshot::share(&[one, two], 0..=127, 0, 1));
        let mut again = AssignTimestamps::new(Arc::new(Itself(None)), &context).unwrap();
        output.take();
        again.process(0, records(vec![400, 600]), &mut output).unwrap();
        // one record more makes two since 399; the largest is 900, from before
        assert_eq!(seen(&mut output), [Err(399), Ok(vec![400]), Err(799), Ok(vec![600])]);
    }

    #[test]
    fn idle_after_the_timeout_or_with_the_input_and_active_before_the_next_record() {
        let clock = Arc::new(ManualClock::new(0));
        let mut operator = made(Itself(Some(50)), &clock);
        let mut output = Output::default();
        operator.process(0, records(vec![500, 300]), &mut output).unwrap();
        assert_eq!(operator.next_wakeup(), Some(50));
        operator.processing_time(50, &mut output).unwrap();
        clock.set(60);
        operator.process(0, records(vec![700]), &mut output).unwrap();
        operator.idle(true, &mut output).unwrap();
        operator.idle(false, &mut output).unwrap();
        let expected = [Ok(vec![500, 300]), Err(399), Err(-1), Err(-2), Ok(vec![700]), Err(-1), Err(-2)];
        assert_eq!(seen(&mut output), expected);
    }

    #[test]
    fn records_that_wait_in_front_of_a_task_that_is_held_up_are_no_idleness() {
        let clock = Arc::new(ManualClock::new(0));
        let mut operator = made(Itself(Some(50)), &clock);
        let mut output = Output::default();
        operator.processing_time(30_000, &mut output).unwrap();
        assert_eq!((seen(&mut output), operator.next_wakeup()), (vec![], Some(30_050)));
    }
}
