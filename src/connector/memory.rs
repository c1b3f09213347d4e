//! Columns in memory as a source, for bindings that are given a table.
//!
//! The rows are cut into as many contiguous parts as the source has subtasks; each is read in order.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;

use super::{Boundedness, Polled, Source, SourceReader, Split, SplitEnumerator};
use crate::batch::Batch;
use crate::error::{Error, Result};
use crate::operator::SubtaskContext;
use crate::types::Shape;

/// Record batches of one schema.
pub struct Memory {
    table: Arc<Table>,
}

struct Table {
    batches: Vec<RecordBatch>,
    /// The number of rows before each batch, and of all.
    starts: Vec<usize>,
    shape: Shape,
}

impl Memory {
    pub fn new(batches: Vec<RecordBatch>, shape: Shape) -> Memory {
        let batches: Vec<_> = batches.into_iter().filter(|batch| batch.num_rows() > 0).collect();
        let mut starts = vec![0];
        for batch in &batches {
            starts.push(starts[starts.len() - 1] + batch.num_rows());
        }
        Memory { table: Arc::new(Table { batches, starts, shape }) }
    }
}

impl Source for Memory {
    fn boundedness(&self) -> Boundedness {
        Boundedness::Bounded
    }

    fn enumerator(&self, context: &SubtaskContext) -> Result<Box<dyn SplitEnumerator>> {
        let (rows, count) = (self.table.starts[self.table.batches.len()], context.parallelism.max(1));
        let parts = (0..count).map(|at| (at, rows * at / count, rows * (at + 1) / count));
        let splits = parts.filter(|(_, from, to)| from < to).map(|(at, from, to)| split(at.to_string(), from, to));
        // a checkpoint has the parts of its own parallelism, all of them
        Ok(Box::new(Enumerator { splits: splits.filter(|_| context.restored.is_empty()).collect() }))
    }

    fn reader(&self, context: &SubtaskContext) -> Result<Box<dyn SourceReader>> {
        let batch_size = context.batch_size.max(1);
        Ok(Box::new(Reader { table: self.table.clone(), batch_size, parts: VecDeque::new() }))
    }
}

/// The position of a split is the next row and the one behind the last.
fn split(id: String, next: usize, end: usize) -> Split {
    Split { id, position: [(next as u64).to_le_bytes(), (end as u64).to_le_bytes()].concat() }
}

struct Enumerator {
    splits: Vec<Split>,
}

impl SplitEnumerator for Enumerator {
    fn discover(&mut self) -> Result<Vec<Split>> {
        Ok(std::mem::take(&mut self.splits))
    }
}

struct Part {
    id: Arc<str>,
    next: usize,
    end: usize,
}

struct Reader {
    table: Arc<Table>,
    batch_size: usize,
    parts: VecDeque<Part>,
}

impl SourceReader for Reader {
    fn add_splits(&mut self, splits: Vec<Split>) -> Result<()> {
        for split in splits {
            let (next, end) = split
                .position
                .split_first_chunk()
                .and_then(|(next, end)| Some((u64::from_le_bytes(*next), u64::from_le_bytes(end.try_into().ok()?))))
                .ok_or_else(|| Error::internal(format!("the position of the split '{}' is damaged", split.id)))?;
            self.parts.push_back(Part { id: split.id.as_str().into(), next: next as usize, end: end as usize });
        }
        Ok(())
    }

    fn poll(&mut self, _wait: Duration) -> Result<Polled> {
        let Some(part) = self.parts.front_mut() else { return Ok(Polled::Nothing) };
        let (split, table) = (part.id.clone(), &self.table);
        if part.next >= part.end {
            self.parts.pop_front();
            return Ok(Polled::SplitEnd { split });
        }
        let at = table.starts.partition_point(|start| *start <= part.next) - 1;
        let rows = self.batch_size.min(table.starts[at + 1].min(part.end) - part.next);
        let records = table.batches[at].slice(part.next - table.starts[at], rows);
        part.next += rows;
        Ok(Polled::Records { split, batch: Batch::columns(records, table.shape) })
    }

    fn snapshot(&self) -> Vec<Split> {
        self.parts.iter().map(|part| split(part.id.to_string(), part.next, part.end)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::Columns;
    use crate::connector::testing::context;
    use arrow::array::{AsArray, Int64Array};
    use arrow::datatypes::Int64Type;

    /// The numbers from 0, in batches of these lengths.
    fn memory(lengths: &[i64]) -> Memory {
        let mut next = 0;
        let batch = |length: &i64| {
            next += length;
            Columns::scalar(Arc::new(Int64Array::from_iter_values(next - length..next))).records
        };
        Memory::new(lengths.iter().map(batch).collect(), Shape::Scalar)
    }

    fn read(reader: &mut dyn SourceReader, polls: usize) -> Vec<Vec<i64>> {
        let mut all = Vec::new();
        for _ in 0..polls {
            match reader.poll(Duration::ZERO).unwrap() {
                Polled::Records { batch, .. } => {
                    let records = &batch.expect_columns().unwrap().records;
                    all.push(records.column(0).as_primitive::<Int64Type>().values().to_vec());
                }
                Polled::SplitEnd { .. } => {}
                Polled::Nothing => break,
            }
        }
        all
    }

    fn splits(source: &Memory, parallelism: usize) -> Vec<Split> {
        source.enumerator(&context(parallelism, 4)).unwrap().discover().unwrap()
    }

    #[test]
    fn subtasks_read_contiguous_parts_over_the_borders_of_batches() {
        let source = memory(&[3, 0, 7]);
        let parts: Vec<_> = splits(&source, 3)
            .into_iter()
            .map(|split| {
                let mut reader = source.reader(&context(3, 4)).unwrap();
                reader.add_splits(vec![split]).unwrap();
                read(reader.as_mut(), 100).concat()
            })
            .collect();
        assert_eq!(parts, [vec![0, 1, 2], vec![3, 4, 5], vec![6, 7, 8, 9]]);
        assert_eq!(splits(&memory(&[2]), 3).len(), 2);
        assert!(splits(&memory(&[]), 3).is_empty());
    }

    #[test]
    fn goes_on_at_its_position() {
        let source = memory(&[3, 7]);
        let mut reader = source.reader(&context(1, 4)).unwrap();
        reader.add_splits(splits(&source, 1)).unwrap();
        assert_eq!(read(reader.as_mut(), 2), [vec![0, 1, 2], vec![3, 4, 5, 6]]);
        let mut restored = source.reader(&context(1, 4)).unwrap();
        restored.add_splits(reader.snapshot()).unwrap();
        assert_eq!(read(restored.as_mut(), 100), [vec![7, 8, 9]]);
        assert!(restored.snapshot().is_empty());
    }
}
