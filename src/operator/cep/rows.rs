//! Events that are rows of columns. A row keeps the columns of its batch; when most rows of those are gone, the others
//! are put together anew.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch};
use arrow::compute::{concat_batches, interleave, interleave_record_batch};
use arrow::datatypes::SchemaRef;
use bytes::Bytes;

use crate::batch::Columns;
use crate::error::Result;
use crate::expression::Bound;
use crate::operator::stored;
use crate::types::Shape;

/// The columns that rows are of, and what was computed for all of them at once.
pub struct Chunk {
    pub records: RecordBatch,
    /// The values of conditions that look at the row alone.
    pub truths: Vec<BooleanArray>,
    held: Arc<AtomicUsize>,
}

impl Drop for Chunk {
    fn drop(&mut self) {
        self.held.fetch_sub(self.records.num_rows(), Ordering::Relaxed);
    }
}

/// An event.
#[derive(Clone)]
pub struct Row {
    pub chunk: Arc<Chunk>,
    pub row: u32,
}

impl Row {
    /// Whether condition number `at` of the chunk's holds; NULL does not.
    pub fn truth(&self, at: usize) -> bool {
        let (truths, row) = (&self.chunk.truths[at], self.row as usize);
        truths.is_valid(row) && truths.value(row)
    }

    /// The row alone.
    pub fn alone(&self) -> RecordBatch {
        self.chunk.records.slice(self.row as usize, 1)
    }
}

/// Makes rows, and knows how many are held in memory.
pub struct Rows {
    pub schema: SchemaRef,
    pub shape: Shape,
    conditions: Vec<Bound>,
    /// The rows of all chunks that live.
    held: Arc<AtomicUsize>,
    /// From how many on it is worth looking how many are needed.
    limit: usize,
}

/// Fewer rows than this are never put together.
const FEW: usize = 64 * 1024;

impl Rows {
    pub fn new(schema: SchemaRef, shape: Shape, conditions: Vec<Bound>) -> Rows {
        Rows { schema, shape, conditions, held: Arc::default(), limit: FEW }
    }

    pub fn of(&self, columns: &Columns) -> Result<Vec<Row>> {
        let truths = self.conditions.iter().map(|condition| condition.evaluate_condition(&columns.records));
        let chunk = self.chunk(columns.records.clone(), truths.collect::<Result<_>>()?);
        Ok((0..columns.records.num_rows() as u32).map(|row| Row { chunk: chunk.clone(), row }).collect())
    }

    fn chunk(&self, records: RecordBatch, truths: Vec<BooleanArray>) -> Arc<Chunk> {
        self.held.fetch_add(records.num_rows(), Ordering::Relaxed);
        Arc::new(Chunk { records, truths, held: self.held.clone() })
    }

    pub fn wants_compaction(&self) -> bool {
        self.held.load(Ordering::Relaxed) > self.limit
    }

    /// Puts all rows that are needed into columns of their own, where that frees more than half.
    pub fn compact(&mut self, mut rows: Vec<&mut Row>) -> Result<()> {
        self.limit = FEW.max(4 * rows.len());
        if self.held.load(Ordering::Relaxed) < 2 * rows.len() {
            return Ok(());
        }
        for rows in rows.chunks_mut(8 * 1024) {
            let chunks = rows.iter().map(|row| row.chunk.clone()).collect::<Vec<_>>();
            let indices: Vec<(usize, usize)> =
                rows.iter().enumerate().map(|(at, row)| (at, row.row as usize)).collect();
            let batches: Vec<&RecordBatch> = chunks.iter().map(|chunk| &chunk.records).collect();
            let records = interleave_record_batch(&batches, &indices)?;
            let truths = (0..self.conditions.len()).map(|condition| {
                let arrays: Vec<&dyn Array> =
                    chunks.iter().map(|chunk| &chunk.truths[condition] as &dyn Array).collect();
                Ok(interleave(&arrays, &indices)?.as_boolean().clone())
            });
            let chunk = self.chunk(records, truths.collect::<Result<_>>()?);
            for (at, row) in rows.iter_mut().enumerate() {
                **row = Row { chunk: chunk.clone(), row: at as u32 };
            }
        }
        Ok(())
    }

    pub fn encode(&self, rows: &[&Row]) -> Result<Bytes> {
        let alone: Vec<RecordBatch> = rows.iter().map(|row| row.alone()).collect();
        stored::encode(&concat_batches(&self.schema, &alone)?)
    }

    /// Fails where the columns are others than the program's.
    pub fn decode(&self, bytes: Bytes) -> Result<Vec<Row>> {
        let records = stored::decode(bytes, "the events of matches")?;
        let types: Vec<_> = self.schema.fields().iter().map(|field| field.data_type().clone()).collect();
        stored::check("matches", &stored::types(&records), &types)?;
        let columns: Vec<ArrayRef> = records.columns().to_vec();
        self.of(&Columns::new(RecordBatch::try_new(self.schema.clone(), columns)?, self.shape))
    }
}
