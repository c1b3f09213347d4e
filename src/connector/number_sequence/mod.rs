//! `number-sequence`: the integers from `from` to `to`, both included, like Flink's `NumberSequenceSource`.
//!
//! The range is cut into as many contiguous parts as the source has subtasks; each is read in order.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::Int64Array;

use super::{Boundedness, Connector, Options, Polled, Source, SourceReader, Spec, Split, SplitEnumerator};
use crate::batch::{Batch, Columns, Data};
use crate::error::{Error, Result};
use crate::operator::SubtaskContext;

pub struct NumberSequence;

impl Connector for NumberSequence {
    fn name(&self) -> &'static str {
        "number-sequence"
    }

    fn source(&self, spec: &Spec) -> Result<Box<dyn Source>> {
        let bound = |options: &Options, key: &str| {
            options.require(key)?;
            options.parse(key, 0i64)
        };
        let (from, to) = (bound(&spec.options, "from")?, bound(&spec.options, "to")?);
        if from > to {
            return Err(Error::config(format!("'from' must be <= 'to', but from is {from} and to is {to}")));
        }
        Ok(Box::new(Sequence { from, to }))
    }
}

struct Sequence {
    from: i64,
    to: i64,
}

impl Source for Sequence {
    fn boundedness(&self) -> Boundedness {
        Boundedness::Bounded
    }

    fn enumerator(&self, context: &SubtaskContext) -> Result<Box<dyn SplitEnumerator>> {
        // a checkpoint has the parts of its own parallelism, all of them
        let fresh = context.restored.is_empty();
        Ok(Box::new(Enumerator {
            splits: if fresh { parts(self.from, self.to, context.parallelism) } else { Vec::new() },
        }))
    }

    fn reader(&self, context: &SubtaskContext) -> Result<Box<dyn SourceReader>> {
        Ok(Box::new(Reader { batch_size: context.batch_size.max(1), ranges: VecDeque::new() }))
    }
}

/// At most `count` parts of equal length; where it does not divide evenly, the first ones have one number more.
fn parts(from: i64, to: i64, count: usize) -> Vec<Split> {
    let (mut next, numbers, count) = (i128::from(from), i128::from(to) - i128::from(from) + 1, count.max(1) as i128);
    let mut splits = Vec::new();
    for at in 0..count {
        let length = numbers / count + i128::from(at < numbers % count);
        if length > 0 {
            splits.push(split(at.to_string(), next as i64, (next + length - 1) as i64));
            next += length;
        }
    }
    splits
}

/// The position of a split is the next number and the last one.
fn split(id: String, next: i64, last: i64) -> Split {
    Split { id, position: [next.to_le_bytes(), last.to_le_bytes()].concat() }
}

struct Enumerator {
    splits: Vec<Split>,
}

impl SplitEnumerator for Enumerator {
    fn discover(&mut self) -> Result<Vec<Split>> {
        Ok(std::mem::take(&mut self.splits))
    }
}

struct Range {
    id: Arc<str>,
    next: i64,
    last: i64,
    /// The last number has been read; `next` cannot say so where that is the largest integer.
    ended: bool,
}

struct Reader {
    batch_size: usize,
    ranges: VecDeque<Range>,
}

impl SourceReader for Reader {
    fn add_splits(&mut self, splits: Vec<Split>) -> Result<()> {
        for split in splits {
            let (next, last) = split
                .position
                .split_first_chunk()
                .and_then(|(next, last)| Some((i64::from_le_bytes(*next), i64::from_le_bytes(last.try_into().ok()?))))
                .ok_or_else(|| Error::internal(format!("the position of the split '{}' is damaged", split.id)))?;
            self.ranges.push_back(Range { id: split.id.as_str().into(), next, last, ended: next > last });
        }
        Ok(())
    }

    fn poll(&mut self, _wait: Duration) -> Result<Polled> {
        let Some(range) = self.ranges.front_mut() else { return Ok(Polled::Nothing) };
        let split = range.id.clone();
        if range.ended {
            self.ranges.pop_front();
            return Ok(Polled::SplitEnd { split });
        }
        let last = range.last.min(range.next.saturating_add(self.batch_size as i64 - 1));
        let numbers = Int64Array::from_iter_values(range.next..=last);
        range.ended = last == range.last;
        range.next = last.saturating_add(1);
        let batch = Batch::new(Data::Columns(Columns::scalar(Arc::new(numbers))));
        Ok(Polled::Records { split, batch })
    }

    fn snapshot(&self) -> Vec<Split> {
        // a range that ended at the largest integer is restored as an empty one
        let position = |range: &Range| match range.ended {
            true => split(range.id.to_string(), i64::MAX, i64::MIN),
            false => split(range.id.to_string(), range.next, range.last),
        };
        self.ranges.iter().map(position).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::testing::{context, options};
    use arrow::array::AsArray;
    use arrow::datatypes::Int64Type;

    fn source(from: i64, to: i64) -> Box<dyn Source> {
        let options = options(&[("from", &from.to_string()), ("to", &to.to_string())]);
        NumberSequence.source(&Spec { options, row_type: None }).unwrap()
    }

    fn numbers(batch: &Batch) -> Vec<i64> {
        batch.expect_columns().unwrap().records.column(0).as_primitive::<Int64Type>().values().to_vec()
    }

    fn read(reader: &mut dyn SourceReader) -> Vec<i64> {
        let mut all = Vec::new();
        loop {
            match reader.poll(Duration::ZERO).unwrap() {
                Polled::Records { batch, .. } => all.extend(numbers(&batch)),
                Polled::SplitEnd { .. } => {}
                Polled::Nothing => return all,
            }
        }
    }

    /// 10 numbers in 4 parts: 3, 3, 2, 2.
    #[test]
    fn parts_are_contiguous_and_the_first_ones_longer() {
        let source = source(1, 10);
        let splits = source.enumerator(&context(4, 100)).unwrap().discover().unwrap();
        let parts: Vec<_> = splits
            .into_iter()
            .map(|split| {
                let mut reader = source.reader(&context(4, 100)).unwrap();
                reader.add_splits(vec![split]).unwrap();
                read(reader.as_mut())
            })
            .collect();
        assert_eq!(parts, [vec![1, 2, 3], vec![4, 5, 6], vec![7, 8], vec![9, 10]]);
    }

    #[test]
    fn fewer_numbers_than_subtasks() {
        let mut enumerator = source(5, 6).enumerator(&context(4, 100)).unwrap();
        assert_eq!(enumerator.discover().unwrap().len(), 2);
        assert!(enumerator.discover().unwrap().is_empty());
    }

    #[test]
    fn goes_on_at_its_position() {
        let source = source(0, 9);
        let mut reader = source.reader(&context(1, 4)).unwrap();
        reader.add_splits(source.enumerator(&context(1, 4)).unwrap().discover().unwrap()).unwrap();
        let Polled::Records { batch, .. } = reader.poll(Duration::ZERO).unwrap() else { panic!("no records") };
        assert_eq!(numbers(&batch), [0, 1, 2, 3]);

        let mut restored = source.reader(&context(1, 4)).unwrap();
        restored.add_splits(reader.snapshot()).unwrap();
        assert_eq!(read(restored.as_mut()), [4, 5, 6, 7, 8, 9]);
        assert!(restored.snapshot().is_empty());
    }

    #[test]
    fn the_ends_of_the_integers() {
        let source = source(i64::MAX - 1, i64::MAX);
        let mut reader = source.reader(&context(1, 2)).unwrap();
        reader.add_splits(source.enumerator(&context(1, 2)).unwrap().discover().unwrap()).unwrap();
        let Polled::Records { batch, .. } = reader.poll(Duration::ZERO).unwrap() else { panic!("no records") };
        assert_eq!(numbers(&batch), [i64::MAX - 1, i64::MAX]);
        let mut restored = source.reader(&context(1, 2)).unwrap();
        restored.add_splits(reader.snapshot()).unwrap();
        assert_eq!(read(restored.as_mut()), Vec::<i64>::new());
        // 2^64 numbers in two parts meet at zero
        let halves = parts(i64::MIN, i64::MAX, 2);
        assert_eq!(halves[1], split("1".into(), 0, i64::MAX));
    }

    #[test]
    fn a_range_turned_round_is_refused() {
        let options = options(&[("from", "2"), ("to", "1")]);
        let error = NumberSequence.source(&Spec { options, row_type: None }).err().unwrap();
        assert!(error.message().contains("'from' must be <= 'to'"), "{error}");
    }
}
