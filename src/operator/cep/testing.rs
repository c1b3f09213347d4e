//! Patterns over numbers, for tests: rows with one column, results that name the numbers of a match.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef};
use bytes::Bytes;

use super::conditions::RowCondition;
use super::rows::{Row, Rows};
use super::{CepHost, CepOperator, CepSettings};
use crate::batch::{Batch, Columns, Data};
use crate::cep::{Found, Host, Leaf, Matcher, Pattern, SoFar};
use crate::error::Result;
use crate::expression::Expr;
use crate::operator::{Operator, OperatorFactory, Output, SubtaskContext};
use crate::types::Shape;

/// A condition as JSON.
#[derive(Clone)]
pub(crate) struct Json(pub &'static str);

impl Leaf for Json {
    fn looks_back(&self) -> bool {
        self.0.contains("cepLast") || self.0.contains("cepFirst")
    }
}

pub(crate) fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new("value", DataType::Int64, true)]))
}

/// Emits for each match the numbers in it, `12_013_014` for 12, 13 and 14; below 0 for one that ran out of time.
pub(crate) struct Numbers {
    conditions: Vec<(RowCondition, Option<usize>)>,
    rows: Rows,
    found: Vec<i64>,
    late: Vec<i64>,
    descending: bool,
}

fn value(row: &Row) -> i64 {
    row.chunk.records.column(0).as_primitive::<Int64Type>().value(row.row as usize)
}

impl Host<Row> for Numbers {
    fn holds(&mut self, condition: usize, event: &Row, _: i64, so_far: &SoFar<'_, Row>) -> Result<bool> {
        match &self.conditions[condition] {
            (_, Some(at)) => Ok(event.truth(*at)),
            (condition, None) => condition.holds(event, |name, last| {
                let mut events = so_far.back(name);
                if last { events.next() } else { events.last() }
            }),
        }
    }

    fn matched(&mut self, found: &Found<'_, Row>, _: i64) -> Result<()> {
        self.found.push(found.events().fold(0, |all, (_, row)| all * 1000 + value(row)));
        Ok(())
    }

    fn wants_timed_out(&self) -> bool {
        true
    }

    fn timed_out(&mut self, found: &Found<'_, Row>, _: i64) -> Result<()> {
        self.found.push(-found.events().fold(0, |all, (_, row)| all * 1000 + value(row)));
        Ok(())
    }
}

fn batch(values: Vec<i64>) -> Batch {
    Batch::new(Data::Columns(Columns::scalar(Arc::new(Int64Array::from(values)) as ArrayRef)))
}

impl CepHost for Numbers {
    type Event = Row;

    fn events(&mut self, data: Data) -> Result<Vec<Row>> {
        let Data::Columns(columns) = data else { panic!("columns are expected") };
        self.rows.of(&columns)
    }

    fn compare(&mut self, left: &Row, right: &Row) -> Result<Ordering> {
        let order = value(left).cmp(&value(right));
        Ok(if self.descending { order.reverse() } else { order })
    }

    fn late(&mut self, event: Row, _: i64, _: i64, to_side: bool) -> Result<()> {
        self.late.extend(to_side.then(|| value(&event)));
        Ok(())
    }

    fn waiting(&self) -> usize {
        self.found.len() + self.late.len()
    }

    fn emit(&mut self, output: &mut Output) {
        output.emit(batch(std::mem::take(&mut self.found)));
        output.emit_side(&"late".into(), batch(std::mem::take(&mut self.late)));
    }

    fn encoding(&self) -> String {
        "numbers".into()
    }

    fn encode(&mut self, events: &[&Row]) -> Result<Bytes> {
        self.rows.encode(events)
    }

    fn decode(&mut self, bytes: Bytes) -> Result<Vec<Row>> {
        self.rows.decode(bytes)
    }

    fn wants_compaction(&self) -> bool {
        self.rows.wants_compaction()
    }

    fn compact(&mut self, events: Vec<&mut Row>) -> Result<()> {
        self.rows.compact(events)
    }
}

/// The factory of such an operator.
pub(crate) struct OverNumbers {
    pub pattern: Pattern<Json>,
    pub settings: CepSettings,
    pub descending: bool,
}

impl OverNumbers {
    pub fn new(pattern: Pattern<Json>) -> OverNumbers {
        let settings = CepSettings { event_time: true, compares: false, late_to_side: true };
        OverNumbers { pattern, settings, descending: false }
    }

    pub fn operator(&self, context: &SubtaskContext) -> CepOperator<Numbers> {
        let (matcher, conditions) = Matcher::new(&self.pattern).unwrap();
        let (mut batched, mut made) = (Vec::new(), Vec::new());
        for Json(text) in conditions {
            let condition = RowCondition::new(&Expr::from_json(text).unwrap(), &schema()).unwrap();
            let at = condition.of_event().map(|bound| {
                batched.push(bound.clone());
                batched.len() - 1
            });
            made.push((condition, at));
        }
        let rows = Rows::new(schema(), Shape::Scalar, batched);
        let host = Numbers { conditions: made, rows, found: Vec::new(), late: Vec::new(), descending: self.descending };
        CepOperator::new(host, matcher, self.settings, context)
    }
}

impl OperatorFactory for OverNumbers {
    fn create(&self, context: &SubtaskContext) -> Result<Box<dyn Operator>> {
        Ok(Box::new(self.operator(context)))
    }
}
