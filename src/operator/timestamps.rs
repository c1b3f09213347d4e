//! Gives the records of a stream their event time, and the stream its watermarks.
//!
//! `assign_timestamps_and_watermarks` in the middle of a stream; at a source the strategy runs in each split instead.
//! Watermarks of the input are replaced, except the one at its end.

use std::sync::Arc;

use super::{Operator, OperatorFactory, Output, SubtaskContext};
use crate::batch::Batch;
use crate::error::Result;
use crate::time::{MAX_WATERMARK, WatermarkGenerator, WatermarkStrategy};

pub struct AssignTimestamps {
    strategy: Arc<dyn WatermarkStrategy>,
    generator: Box<dyn WatermarkGenerator>,
}

impl AssignTimestamps {
    pub fn factory(strategy: Arc<dyn WatermarkStrategy>) -> impl OperatorFactory {
        move |_: &SubtaskContext| {
            let generator = strategy.generator();
            Ok(Box::new(AssignTimestamps { strategy: strategy.clone(), generator }) as Box<dyn Operator>)
        }
    }
}

impl Operator for AssignTimestamps {
    fn process(&mut self, _input: usize, mut batch: Batch, output: &mut Output) -> Result<()> {
        if let Some(timestamps) = self.strategy.timestamps(&batch)? {
            batch.timestamps = Some(timestamps);
        }
        self.generator.observe(&batch)?;
        output.emit(batch);
        output.emit_watermark(self.generator.current()?);
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
    use crate::time::BoundedOutOfOrderness;
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
        let strategy = Arc::new(Itself);
        let mut operator = AssignTimestamps { generator: strategy.generator(), strategy };
        let mut output = Output::default();
        let values = Arc::new(Int64Array::from(vec![500, 300]));
        operator.process(0, Batch::new(Data::Columns(Columns::scalar(values))), &mut output).unwrap();
        operator.watermark(9_999, &mut output).unwrap();
        operator.watermark(MAX_WATERMARK, &mut output).unwrap();
        let mut emissions = output.take().into_iter();
        let Some(Emission::Batch(None, batch)) = emissions.next() else { panic!("the records come first") };
        assert_eq!(batch.timestamps, Some(vec![500, 300]));
        let marks: Vec<i64> = emissions.map(|e| if let Emission::Watermark(mark) = e { mark } else { 0 }).collect();
        assert_eq!(marks, [399, MAX_WATERMARK]);
    }
}
