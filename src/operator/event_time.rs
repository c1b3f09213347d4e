//! Reads the event time of each record from its columns. Watermarks are made behind it.
//!
//! ```
//! use std::sync::Arc;
//! use flott::expression::Expr;
//! use flott::operator::event_time::EventTime;
//! use flott::types::{DataType, Field, Schema};
//!
//! let schema = Arc::new(Schema::new(vec![Field::new("at", DataType::Int64, true), Field::new("by", DataType::Utf8, true)]));
//! EventTime::new(&Expr::column("at"), &schema)?;
//! assert!(EventTime::new(&Expr::column("by"), &schema).is_err());
//! # Ok::<(), flott::Error>(())
//! ```

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};

use super::{Operator, OperatorFactory, Output, SubtaskContext};
use crate::batch::Batch;
use crate::error::{Error, Result, shorten};
use crate::expression::{Bound, Expr, ExpressionError};
use crate::format::display::Display;
use crate::types::{DataType, RowKind, SchemaRef, TimeUnit};

/// The factory of the operator.
pub struct EventTime(Bound);

impl EventTime {
    /// `time` is a whole number, ms since 1970, or a TIMESTAMP.
    pub fn new(time: &Expr, input: &SchemaRef) -> Result<EventTime> {
        let bound = time.bind(input)?;
        match bound.data_type() {
            DataType::Int32 | DataType::Int64 | DataType::Timestamp(TimeUnit::Microsecond, _) => Ok(EventTime(bound)),
            other => Err(ExpressionError::Argument {
                expression: "the event time".into(),
                expected: "BIGINT (ms since 1970) or TIMESTAMP".into(),
                argument: time.to_string(),
                actual: Box::new(other.clone()),
            }
            .into()),
        }
    }
}

impl OperatorFactory for EventTime {
    fn create(&self, _context: &SubtaskContext) -> Result<Box<dyn Operator>> {
        Ok(Box::new(EventTimeOperator(self.0.clone())))
    }
}

struct EventTimeOperator(Bound);

impl Operator for EventTimeOperator {
    fn process(&mut self, _input: usize, mut batch: Batch, output: &mut Output) -> Result<()> {
        let columns = batch.expect_columns()?;
        let values = self.0.evaluate(&columns.records)?;
        if let Some(nulls) = values.nulls().filter(|nulls| nulls.null_count() > 0) {
            let row = nulls.iter().position(|valid| !valid).unwrap_or_default();
            let mut text = Vec::new();
            Display::new(columns)?.write(row, RowKind::Insert, &mut text);
            return Err(Error::data(format!("the event time {} of a record is null", self.0.text()))
                .with_hint("filter(...is_not_null) in front of assign_timestamps_and_watermarks()")
                .with_input(shorten(&String::from_utf8_lossy(&text), 200)));
        }
        batch.timestamps = Some(millis(&values)?);
        output.emit(batch);
        Ok(())
    }
}

fn millis(values: &ArrayRef) -> Result<Vec<i64>> {
    Ok(match values.data_type() {
        DataType::Int64 => values.as_primitive::<Int64Type>().values().to_vec(),
        DataType::Int32 => cast(values, &DataType::Int64)?.as_primitive::<Int64Type>().values().to_vec(),
        _ => values
            .as_primitive::<TimestampMicrosecondType>()
            .values()
            .iter()
            .map(|time| time.div_euclid(1000))
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use crate::expression::testing::*;
    use crate::types::Shape;

    fn times(column: ArrayRef) -> Option<Vec<i64>> {
        let records = batch(vec![("t", column)]);
        let operator = EventTime::new(&col("t"), records.schema_ref()).unwrap();
        run(&operator, Batch::columns(records, Shape::Row)).main().timestamps
    }

    #[test]
    fn millis_of_numbers_and_timestamps() {
        assert_eq!(times(longs([5, -1])), Some(vec![5, -1]));
        assert_eq!(times(ints([7])), Some(vec![7]));
        // a moment before 1970 belongs to the millisecond it is in
        let moments = timestamps(["1970-01-01 00:00:01.5", "1969-12-31 23:59:59.9995"]);
        assert_eq!(times(moments), Some(vec![1_500, -1]));
    }

    #[test]
    fn null_is_no_time() {
        let records = batch(vec![("t", opt_ints([Some(1), None]))]);
        let operator = EventTime::new(&col("t"), records.schema_ref()).unwrap();
        let mut operator = operator.create(&context()).unwrap();
        let error = operator.process(0, Batch::columns(records, Shape::Row), &mut Output::default()).unwrap_err();
        assert_eq!((error.message(), error.input()), ("the event time t of a record is null", Some("+I[null]")));
    }
}
