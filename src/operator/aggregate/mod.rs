//! `sum`, `min`, `max`, `min_by` and `max_by` on a keyed stream of columns.
//!
//! As in Flink's DataStream API, the result of `sum`, `min` and `max` is the first record of the key with the one field replaced,
//! and that of `min_by` and `max_by` the record with the least or greatest value, the first of equal ones. In streaming mode each
//! record yields its key's new result; in batch mode each key yields its last one at the end.
//!
//! ```
//! use std::sync::Arc;
//! use flott::operator::aggregate::{Aggregate, Function};
//! use flott::types::{DataType, Field, Schema};
//!
//! let schema = Arc::new(Schema::new(vec![
//!     Field::new("user", DataType::Utf8, true),
//!     Field::new("amount", DataType::Int64, true),
//! ]));
//! Aggregate::new(Function::Sum, 1, &schema)?;
//! assert!(Aggregate::new(Function::Sum, 0, &schema).is_err());
//! # Ok::<(), flott::Error>(())
//! ```

mod leader;
mod records;
mod sum;

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};

use self::leader::{Leader, leader};
use self::records::Records;
use self::sum::{Refused, Sum, sums};
use super::key_numbers::{KeyNumbers, NumberedKeys};
use super::{Operator, OperatorFactory, Output, SubtaskContext, stored};
use crate::batch::{Batch, Columns, Data, Keys};
use crate::checkpoint::{Capture, KeyedPart, Snapshot};
use crate::error::{Error, Result, shorten};
use crate::format::display::Display;
use crate::types::{DataType, RowKind, Schema, SchemaRef, Shape, type_name};

/// What is computed of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    Sum,
    Min,
    Max,
    MinBy,
    MaxBy,
}

impl Function {
    pub fn name(self) -> &'static str {
        match self {
            Function::Sum => "sum",
            Function::Min => "min",
            Function::Max => "max",
            Function::MinBy => "min_by",
            Function::MaxBy => "max_by",
        }
    }

    pub fn named(name: &str) -> Option<Function> {
        [Function::Sum, Function::Min, Function::Max, Function::MinBy, Function::MaxBy]
            .into_iter()
            .find(|function| function.name() == name)
    }
}

/// The factory of keyed aggregates. It stands behind a key selector on columns.
#[derive(Clone)]
pub struct Aggregate {
    function: Function,
    column: usize,
    field: String,
    data_type: DataType,
    input: SchemaRef,
    /// A column that all records of a key have the same value in.
    key_column: Option<usize>,
    only_final: bool,
}

impl Aggregate {
    /// Fails where the field's type has no such aggregate.
    pub fn new(function: Function, column: usize, input: &Schema) -> Result<Aggregate> {
        let field = input.field(column);
        let fits = match function {
            Function::Sum => sums(field.data_type()).is_some(),
            _ => leader(field.data_type(), Ordering::Less).is_some(),
        };
        let (name, field, data_type) = (function.name(), field.name().clone(), field.data_type().clone());
        if !fits {
            return Err(Error::config(format!("{name}('{field}'): {} is a {}", field, type_name(&data_type)))
                .with_hint(match function {
                    Function::Sum => "name a field of numbers, or use reduce()",
                    _ => "name a field of numbers, texts, times or booleans, or use reduce()",
                }));
        }
        let input = Arc::new(input.clone());
        Ok(Aggregate { function, column, field, data_type, input, key_column: None, only_final: false })
    }

    /// The column that the stream is keyed by, which then need not be kept.
    pub fn with_key_column(mut self, column: Option<usize>, input: &Schema) -> Aggregate {
        // 0.0 and -0.0 are one key
        self.key_column = column.filter(|column| !input.field(*column).data_type().is_floating());
        self
    }

    /// What results are of, in a checkpoint.
    fn what(&self) -> String {
        format!("{}('{}')", self.function.name(), self.field)
    }

    /// Only the last result of each key is emitted, at the end of the input.
    pub fn only_final(mut self) -> Aggregate {
        self.only_final = true;
        self
    }
}

impl OperatorFactory for Aggregate {
    fn create(&self, context: &SubtaskContext) -> Result<Box<dyn Operator>> {
        let race = |wanted| leader(&self.data_type, wanted);
        let (sum, leader) = match self.function {
            Function::Sum => (sums(&self.data_type), None),
            Function::Min | Function::MinBy => (None, race(Ordering::Less)),
            Function::Max | Function::MaxBy => (None, race(Ordering::Greater)),
        };
        let mut operator = AggregateOperator {
            of: self.clone(),
            batch_size: context.batch_size.max(1),
            max_parallelism: context.max_parallelism,
            keys: None,
            restored_keys: None,
            numbers: Vec::new(),
            totals: Totals { sum, firsts: Kept::default(), bests: Kept::default() },
            leader,
            output: None,
        };
        operator.restore(&context.restored)?;
        Ok(Box::new(operator))
    }
}

/// The state's name in a checkpoint: the columns of each key and of its result.
const RESULTS: &str = "results";

fn all(keys: Range<usize>) -> Vec<u32> {
    keys.map(|key| key as u32).collect()
}

/// Columns whose records are kept, and those records.
#[derive(Default)]
struct Kept {
    columns: Vec<usize>,
    records: Records,
    /// Where the result of each row stands.
    places: Vec<(usize, usize)>,
}

impl Kept {
    fn share(&mut self) -> Kept {
        Kept { columns: self.columns.clone(), records: self.records.share(), places: Vec::new() }
    }

    fn columns_of(&self, records: &RecordBatch) -> Vec<ArrayRef> {
        self.columns.iter().map(|column| records.column(*column).clone()).collect()
    }
}

/// What there is of each key.
struct Totals {
    sum: Option<Box<dyn Sum>>,
    /// Of the first record of each key.
    firsts: Kept,
    /// Of the record with the best value.
    bests: Kept,
}

impl Totals {
    /// What there is now, whatever becomes of it; costs next to nothing.
    fn share(&mut self) -> Totals {
        let Totals { sum, firsts, bests } = self;
        Totals { sum: sum.as_mut().map(|sum| sum.share()), firsts: firsts.share(), bests: bests.share() }
    }

    /// The columns of the last results of some keys.
    fn results(&self, of: &Aggregate, keys: &NumberedKeys, range: Range<usize>) -> Result<Vec<ArrayRef>> {
        let mut found: Vec<Option<ArrayRef>> = vec![None; of.input.fields().len()];
        for kept in [&self.firsts, &self.bests] {
            for (column, array) in kept.columns.iter().zip(kept.records.of(range.clone())?) {
                found[*column] = Some(array);
            }
        }
        if let Some(sum) = &self.sum {
            found[of.column] = Some(sum.of(range.clone()));
        }
        if let Some(column) = of.key_column
            && found[column].is_none()
        {
            found[column] = keys.columns(&all(range))?.pop();
        }
        let array = |array: Option<_>| array.ok_or_else(|| Error::internal("an aggregate has not kept a column"));
        found.into_iter().map(array).collect()
    }

    /// The part of a checkpoint that has the results of the first `count` keys.
    fn stored(&self, of: &Aggregate, keys: &NumberedKeys, count: usize, max_parallelism: u16) -> Result<KeyedPart> {
        let names = |name: &'static str| (0..).map(move |at| format!("{name} {at}"));
        let by = stored::table(names("key").zip(keys.columns(&all(0..count))?).collect())?;
        let results = self.results(of, keys, 0..count)?;
        let columns = by.columns().iter().cloned().chain(results);
        let records = stored::table(names("column").zip(columns).collect())?;
        let mut keys = Keys::new(Data::Columns(Columns::new(by, Shape::Tuple)));
        stored::keyed_part(RESULTS, &of.what(), &records, keys.groups(max_parallelism)?)
    }
}

struct AggregateOperator {
    of: Aggregate,
    batch_size: usize,
    max_parallelism: u16,
    keys: Option<KeyNumbers>,
    /// The types of keys that were restored, until the first batch has the same.
    restored_keys: Option<Vec<DataType>>,
    /// The number of each row's key.
    numbers: Vec<u32>,
    totals: Totals,
    leader: Option<Box<dyn Leader>>,
    /// What is emitted: known with the first batch.
    output: Option<(SchemaRef, Shape)>,
}

impl Operator for AggregateOperator {
    /// What is emitted at the end only is that of a job without checkpoints.
    fn stores(&self) -> bool {
        !self.of.only_final
    }

    fn capture(&mut self) -> Result<Capture> {
        let Some(keys) = &mut self.keys else { return Ok(Capture::default()) };
        let (count, keys, totals) = (keys.len(), keys.share(), self.totals.share());
        let (of, max_parallelism) = (self.of.clone(), self.max_parallelism);
        Ok(Capture::deferred(move || {
            let part = totals.stored(&of, &keys, count, max_parallelism)?;
            Ok(Snapshot { keyed: vec![part], ..Snapshot::default() })
        }))
    }

    fn process(&mut self, _input: usize, batch: Batch, output: &mut Output) -> Result<()> {
        let Batch { data: Data::Columns(columns), keys, timestamps, .. } = batch else {
            return Err(Error::internal("a typed operator was given a batch of objects"));
        };
        let Some(Keys { values: Data::Columns(keys), .. }) = keys else {
            return Err(Error::internal("an aggregate was given records without keys of columns"));
        };
        let records = &columns.records;
        self.number(&keys.records, &columns)?;
        let (made, (done, refused)) = self.combine(records)?;
        if let Some(made) = made {
            let timestamps = timestamps.map(|mut timestamps| {
                timestamps.truncate(done);
                timestamps
            });
            let made = RecordBatch::try_new(records.schema(), made)?;
            output.emit(Batch::columns(made, columns.shape).with_timestamps(timestamps));
        }
        refused.map_or(Ok(()), |refused| Err(self.failure(refused, &columns, done)))
    }

    fn finish(&mut self, output: &mut Output) -> Result<()> {
        let Some((schema, shape)) = self.output.take().filter(|_| self.of.only_final) else { return Ok(()) };
        let Some(keys) = &mut self.keys else { return Ok(()) };
        let (count, keys) = (keys.len(), keys.share());
        for from in (0..count).step_by(self.batch_size) {
            let columns = self.totals.results(&self.of, &keys, from..count.min(from + self.batch_size))?;
            output.emit(Batch::columns(RecordBatch::try_new(schema.clone(), columns)?, shape));
        }
        Ok(())
    }
}

impl AggregateOperator {
    /// Numbers the keys of a batch; with the first one it is known what there is to keep.
    fn number(&mut self, keys: &RecordBatch, columns: &Columns) -> Result<()> {
        if self.output.is_none() {
            self.output = Some((columns.schema(), columns.shape));
            let by = matches!(self.of.function, Function::MinBy | Function::MaxBy);
            // at the end there is no record at hand to have the key from
            let key = self.of.key_column.filter(|_| !self.of.only_final);
            for column in 0..columns.records.num_columns() {
                let aggregated = column == self.of.column;
                if by && key != Some(column) || aggregated && self.totals.sum.is_none() {
                    self.totals.bests.columns.push(column);
                } else if !aggregated && key != Some(column) {
                    self.totals.firsts.columns.push(column);
                }
            }
        }
        if let Some(types) = self.restored_keys.take() {
            stored::check(RESULTS, &types, &stored::types(keys))?;
        }
        let table = match &mut self.keys {
            Some(table) => table,
            None => self.keys.insert(KeyNumbers::new(&keys.schema())?),
        };
        table.find(keys.columns(), keys.num_rows(), |_| true, &mut self.numbers)
    }

    /// A key's result stands for all its records: combined with nothing, it is what there was.
    fn restore(&mut self, restored: &Snapshot) -> Result<()> {
        let Some(part) = restored.keyed(RESULTS) else { return Ok(()) };
        let input = self.of.input.clone();
        let types: Vec<DataType> = input.fields().iter().map(|field| field.data_type().clone()).collect();
        let mut key_types: Option<Vec<DataType>> = None;
        for (_, records) in stored::groups_of(part, &self.of.what(), &types)? {
            let by: Vec<usize> = (0..records.num_columns() - types.len()).collect();
            let keys = records.project(&by)?;
            let found = stored::types(&keys);
            stored::check(RESULTS, &found, key_types.as_ref().unwrap_or(&found))?;
            let columns = RecordBatch::try_new(input.clone(), records.columns()[by.len()..].to_vec())?;
            let columns = Columns::new(columns, Shape::Row);
            self.number(&keys, &columns)?;
            if let (_, (row, Some(refused))) = self.combine(&columns.records)? {
                return Err(self.failure(refused, &columns, row));
            }
            key_types = Some(found);
        }
        self.restored_keys = key_types;
        Ok(())
    }

    /// Combines the records with what their keys have; the columns of the results unless only the last ones count.
    fn combine(&mut self, records: &RecordBatch) -> Result<(Option<Vec<ArrayRef>>, sum::Done)> {
        let rolling = !self.of.only_final;
        let values = records.column(self.of.column);
        let (mut summed, mut done) = (None, (self.numbers.len(), None));
        let Totals { sum, firsts, bests } = &mut self.totals;
        if let Some(sum) = sum {
            (done, summed) = sum.add(values, &self.numbers, rolling);
        }
        let numbers = &self.numbers;
        if let Some(leader) = &mut self.leader {
            let Kept { records, places, .. } = bests;
            places.clear();
            done = leader.race(values, numbers, &mut |row, led| {
                if led {
                    records.set(numbers[row], row);
                }
                if rolling {
                    places.push(records.place(numbers[row]));
                }
            });
        }
        if !firsts.columns.is_empty() {
            let Kept { records, places, .. } = firsts;
            places.clear();
            for (row, key) in numbers[..done.0].iter().enumerate() {
                if *key as usize == records.len() {
                    records.set(*key, row);
                }
                if rolling {
                    places.push(records.place(*key));
                }
            }
        }
        let mut made: Option<Vec<_>> =
            rolling.then(|| records.columns().iter().map(|column| column.slice(0, done.0)).collect());
        for kept in [firsts, bests] {
            if kept.columns.is_empty() {
                continue;
            }
            let current = kept.columns_of(records);
            if let Some(made) = &mut made {
                put(made, &kept.columns, kept.records.gather(&kept.places, &current)?);
            }
            kept.records.keep(&current)?;
        }
        if let (Some(made), Some(summed)) = (&mut made, summed) {
            put(made, &[self.of.column], vec![summed]);
        }
        Ok((made, done))
    }

    fn failure(&self, refused: Refused, columns: &Columns, row: usize) -> Error {
        let Aggregate { function, field, data_type, .. } = &self.of;
        let call = format!("{}('{field}')", function.name());
        let error = match refused {
            Refused::Null => Error::data(format!("{call}: null has no place in it")).with_hint(format!(
                "filter(col('{field}').is_not_null) in front, or give nulls a value with if_null()"
            )),
            Refused::Overflow => Error::data(format!("{call}: the sum is too large for {}", type_name(data_type)))
                .with_hint("cast the field to a larger type with select() in front of key_by()"),
        };
        let mut text = Vec::new();
        match Display::new(columns) {
            Ok(display) => display.write(row, RowKind::Insert, &mut text),
            Err(_) => return error,
        }
        error.with_input(shorten(&String::from_utf8_lossy(&text), 200))
    }
}

fn put(made: &mut [ArrayRef], columns: &[usize], arrays: Vec<ArrayRef>) {
    for (column, array) in columns.iter().zip(arrays) {
        made[*column] = array;
    }
}

#[cfg(test)]
mod tests;
