//! One record for each element of a list column; the other columns are repeated. Elements that are rows become
//! columns of their own.
//!
//! `{"order": 1, "items": [{"sku": "a", "qty": 2}, {"sku": "b", "qty": 1}]}` exploded by `items` gives
//! `{"order": 1, "sku": "a", "qty": 2}` and `{"order": 1, "sku": "b", "qty": 1}`. A field whose name is taken gets
//! a number behind it (`id0`), as in Flink's `UNNEST`. An empty or missing list gives no record, or with `outer`
//! one whose new columns are NULL.
//!
//! ```
//! use flott::expression::parse_type;
//! use flott::operator::explode::Explode;
//! use flott::types::{DataType, Field, Schema};
//!
//! let items = parse_type("ARRAY<ROW<sku STRING, qty INT>>")?;
//! let schema = Schema::new(vec![Field::new("order", DataType::Int64, false), Field::new("items", items, true)]);
//! let explode = Explode::new("items", false, &schema)?;
//! let names: Vec<_> = explode.output_schema().fields().iter().map(|f| f.name().as_str()).collect();
//! assert_eq!(names, ["order", "sku", "qty"]);
//! # Ok::<(), flott::Error>(())
//! ```

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, RecordBatch, RecordBatchOptions, StructArray, UInt32Array};
use arrow::compute::{cast, take};

use super::{Operator, OperatorFactory, Output, SubtaskContext};
use crate::batch::Batch;
use crate::error::{Error, Result};
use crate::expression::{Bound, Expr, ExpressionError, under};
use crate::types::{DataType, Field, FieldRef, Schema, SchemaRef, Shape};

/// The factory of explodes.
#[derive(Clone)]
pub struct Explode {
    list: Bound,
    item: FieldRef,
    /// The columns that are repeated, by their index in the input.
    kept: Arc<[usize]>,
    outer: bool,
    schema: SchemaRef,
}

impl Explode {
    /// Fails where there is no column of that name or it is no list.
    pub fn new(column: &str, outer: bool, input: &Schema) -> Result<Explode> {
        let list = Expr::column(column).bind(input)?;
        let DataType::List(item) = list.data_type() else {
            return Err(ExpressionError::Argument {
                expression: "explode".into(),
                expected: "an ARRAY".into(),
                argument: column.to_owned(),
                actual: Box::new(list.data_type().clone()),
            }
            .into());
        };
        let item = item.clone();
        let exploded = input.index_of(column)?;
        let kept: Vec<usize> = (0..input.fields().len()).filter(|index| *index != exploded).collect();
        let mut fields: Vec<Field> = kept.iter().map(|index| input.field(*index).clone()).collect();
        match item.data_type() {
            DataType::Struct(inner) => {
                for field in inner {
                    let name = unused_name(field.name(), &fields);
                    fields.push(Field::new(name, field.data_type().clone(), true));
                }
            }
            other => fields.push(Field::new(column, other.clone(), true)),
        }
        Ok(Explode { list, item, kept: kept.into(), outer, schema: Arc::new(Schema::new(fields)) })
    }

    /// The other columns, then the element's fields, or one column of the list's name.
    pub fn output_schema(&self) -> &SchemaRef {
        &self.schema
    }
}

fn unused_name(name: &str, fields: &[Field]) -> String {
    let taken = |name: &str| fields.iter().any(|field| field.name() == name);
    if !taken(name) {
        return name.to_owned();
    }
    let mut number = 0;
    loop {
        let numbered = format!("{name}{number}");
        if !taken(&numbered) {
            return numbered;
        }
        number += 1;
    }
}

impl OperatorFactory for Explode {
    fn create(&self, _context: &SubtaskContext) -> Result<Box<dyn Operator>> {
        Ok(Box::new(self.clone()))
    }
}

impl Operator for Explode {
    fn process(&mut self, _input: usize, batch: Batch, output: &mut Output) -> Result<()> {
        let records = &batch.expect_columns()?.records;
        let lists = self.list.evaluate(records)?;
        let lists = lists.as_list::<i32>();
        let (parents, elements) = self.elements(lists)?;
        let repeat = UInt32Array::from(parents);
        let mut columns = Vec::with_capacity(self.schema.fields().len());
        for index in self.kept.iter() {
            columns.push(take(records.column(*index), &repeat, None)?);
        }
        match self.item.data_type() {
            DataType::Struct(_) => {
                let rows: &StructArray = elements.as_struct();
                for column in rows.columns() {
                    columns.push(under(column, rows.nulls())?);
                }
            }
            _ => columns.push(elements),
        }
        let mut result = Batch::columns(self.rows(columns, repeat.len())?, Shape::Row);
        result.timestamps = batch.timestamps.map(|of| repeat.values().iter().map(|row| of[*row as usize]).collect());
        result.row_kinds = batch.row_kinds.map(|of| repeat.values().iter().map(|row| of[*row as usize]).collect());
        output.emit(result);
        Ok(())
    }
}

impl Explode {
    /// The element of each record to come, and the row it came from.
    fn elements(&self, lists: &ListArray) -> Result<(Vec<u32>, ArrayRef)> {
        let offsets = lists.value_offsets();
        let empty = |row: usize| lists.is_null(row) || offsets[row] == offsets[row + 1];
        let mut parents = Vec::with_capacity(lists.values().len());
        if lists.null_count() == 0 && !(self.outer && (0..lists.len()).any(empty)) {
            // the elements stand next to each other already
            for row in 0..lists.len() {
                parents.extend(std::iter::repeat_n(row as u32, (offsets[row + 1] - offsets[row]) as usize));
            }
            let start = offsets.first().copied().unwrap_or(0) as usize;
            let count = parents.len();
            return Ok((parents, lists.values().slice(start, count)));
        }
        let mut elements = Vec::with_capacity(lists.values().len());
        for row in 0..lists.len() {
            if empty(row) {
                if self.outer {
                    parents.push(row as u32);
                    elements.push(None);
                }
                continue;
            }
            for element in offsets[row]..offsets[row + 1] {
                parents.push(row as u32);
                elements.push(Some(element as u32));
            }
        }
        let values = take(lists.values(), &UInt32Array::from(elements), None)?;
        Ok((parents, values))
    }

    fn rows(&self, columns: Vec<ArrayRef>, rows: usize) -> Result<RecordBatch> {
        let mut typed = Vec::with_capacity(columns.len());
        for (column, field) in columns.into_iter().zip(self.schema.fields()) {
            typed.push(if column.data_type() == field.data_type() {
                column
            } else {
                cast(&column, field.data_type())?
            });
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(self.schema.clone(), typed, &options)
            .map_err(|error| Error::internal(format!("exploding {}: {error}", self.list.text())))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use crate::expression::testing::*;
    use arrow::buffer::OffsetBuffer;

    fn exploded(batch: RecordBatch, outer: bool) -> Vec<String> {
        let explode = Explode::new("l", outer, batch.schema_ref()).unwrap();
        printed(&run(&explode, Batch::columns(batch, Shape::Row)).main())
    }

    fn numbers() -> RecordBatch {
        batch(vec![
            ("l", int_lists([Some(vec![1, 2]), None, Some(vec![]), Some(vec![3])])),
            ("id", texts(["a", "b", "c", "d"])),
        ])
    }

    #[test]
    fn a_record_for_each_element() {
        assert_eq!(exploded(numbers(), false), ["id=a, l=1", "id=a, l=2", "id=d, l=3"]);
    }

    #[test]
    fn outer_keeps_records_without_elements() {
        assert_eq!(exploded(numbers(), true), ["id=a, l=1", "id=a, l=2", "id=b, l=null", "id=c, l=null", "id=d, l=3"]);
    }

    #[test]
    fn slices_and_lists_without_nulls() {
        let whole =
            batch(vec![("l", int_lists([Some(vec![1]), Some(vec![2, 3]), Some(vec![4])])), ("id", ints([1, 2, 3]))]);
        assert_eq!(exploded(whole.slice(1, 2), false), ["id=2, l=2", "id=2, l=3", "id=3, l=4"]);
    }

    /// Orders 1 and 2 with the rows of `rows_with_a_null` as items: two and one.
    fn orders() -> RecordBatch {
        let rows = rows_with_a_null();
        let item = Arc::new(Field::new_list_field(rows.data_type().clone(), true));
        let lists = ListArray::new(item, OffsetBuffer::from_lengths([2, 1]), rows, None);
        batch(vec![("a", ints([1, 2])), ("l", Arc::new(lists))])
    }

    #[test]
    fn fields_of_rows_become_columns() {
        assert_eq!(exploded(orders(), false), ["a=1, a0=1, b=x", "a=1, a0=null, b=null", "a=2, a0=3, b=null"]);
    }

    #[test]
    fn timestamps_are_repeated() {
        let batch = numbers();
        let explode = Explode::new("l", false, batch.schema_ref()).unwrap();
        let input = Batch::columns(batch, Shape::Row).with_timestamps(Some(vec![10, 20, 30, 40]));
        assert_eq!(run(&explode, input).main().timestamps, Some(vec![10, 10, 40]));
    }

    #[test]
    fn only_lists_are_exploded() {
        let error = Explode::new("id", false, numbers().schema_ref()).err().unwrap();
        assert!(error.message().contains("explode: an ARRAY is needed here, not STRING (id)"), "{error}");
    }
}
