//! What is outside of a job that crashes, and outlives it: splits of records, and a database that commits in two phases.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use super::*;
use crate::checkpoint::CheckpointId;
use crate::connector::PREPARED;
use crate::operator::testing::printed;
use crate::time::{BoundedOutOfOrderness, WatermarkGenerator, WatermarkStrategy};
use crate::types::Shape;

/// Time in ms, key and number.
pub type Event = (i64, i64, i64);

/// How far the events of a split are out of order, in ms.
const DISORDER: i64 = 6;

/// Splits of events.
#[derive(Clone)]
pub struct Events(pub Arc<Vec<Vec<Event>>>);

impl Events {
    /// The same each time: a clock that goes on by up to 3 ms, with times up to [`DISORDER`] ms behind it.
    pub fn new(splits: u64, records: usize) -> Events {
        let split = |at: u64| {
            let mut random = at;
            let mut below = move |limit: u64| (next_random(&mut random) % limit) as i64;
            let mut clock = 0;
            let event = |_| {
                clock += below(4);
                (clock - below(DISORDER as u64), below(6), below(100))
            };
            (0..records).map(event).collect()
        };
        Events(Arc::new((0..splits).map(split).collect()))
    }

    pub fn all(&self) -> impl Iterator<Item = Event> + '_ {
        self.0.iter().flatten().copied()
    }

    pub fn schema() -> arrow::datatypes::SchemaRef {
        columns(&[]).schema()
    }
}

pub fn columns(events: &[Event]) -> Columns {
    let of = |of: fn(&Event) -> i64| Arc::new(Int64Array::from_iter_values(events.iter().map(of))) as ArrayRef;
    let records = crate::expression::testing::batch(vec![("k", of(|event| event.1)), ("n", of(|event| event.2))]);
    Columns::new(records, Shape::Row)
}

impl Source for Events {
    fn boundedness(&self) -> Boundedness {
        Boundedness::Bounded
    }
    fn enumerator(&self, _: &SubtaskContext) -> Result<Box<dyn SplitEnumerator>> {
        Ok(Box::new(self.clone()))
    }
    fn reader(&self, context: &SubtaskContext) -> Result<Box<dyn SourceReader>> {
        Ok(Box::new(Reader { events: self.clone(), splits: Vec::new(), next: 0, batch_size: context.batch_size }))
    }
}

impl SplitEnumerator for Events {
    fn discover(&mut self) -> Result<Vec<Split>> {
        Ok((0..self.0.len()).map(|at| Split { id: at.to_string(), position: vec![0; 4] }).collect())
    }
}

impl WatermarkStrategy for Events {
    fn generator(&self) -> Result<Box<dyn WatermarkGenerator>> {
        Ok(Box::new(BoundedOutOfOrderness::new(DISORDER)))
    }
}

struct Reader {
    events: Events,
    /// The number of the split, and of its next record.
    splits: Vec<(usize, usize)>,
    next: usize,
    batch_size: usize,
}

impl SourceReader for Reader {
    fn add_splits(&mut self, splits: Vec<Split>) -> Result<()> {
        let number = |position: Vec<u8>| u32::from_le_bytes(position.try_into().unwrap()) as usize;
        self.splits.extend(splits.into_iter().map(|split| (split.id.parse().unwrap(), number(split.position))));
        Ok(())
    }
    fn poll(&mut self, _: Duration) -> Result<Polled> {
        // one after the other: no split is far ahead of the others
        self.next = (self.next + 1) % self.splits.len();
        let (split, from) = self.splits[self.next];
        let events = &self.events.0[split];
        let to = (from + self.batch_size).min(events.len());
        let id: Arc<str> = split.to_string().into();
        if from == to {
            self.splits.remove(self.next);
            self.next = 0;
            return Ok(Polled::SplitEnd { split: id });
        }
        self.splits[self.next].1 = to;
        let times = events[from..to].iter().map(|event| event.0).collect();
        let batch = Batch::new(Data::Columns(columns(&events[from..to]))).with_timestamps(Some(times));
        Ok(Polled::Records { split: id, batch })
    }
    fn snapshot(&self) -> Vec<Split> {
        let position = |at: usize| u32::try_from(at).unwrap().to_le_bytes().to_vec();
        self.splits.iter().map(|(id, at)| Split { id: id.to_string(), position: position(*at) }).collect()
    }
}

/// A database in which what is written becomes visible when its transaction is committed.
#[derive(Clone, Default)]
pub struct Ledger(Arc<Mutex<Tables>>);

#[derive(Default)]
struct Tables {
    open: BTreeMap<u64, Vec<String>>,
    committed: BTreeSet<u64>,
    visible: Vec<String>,
    transactions: u64,
    /// One commit of so many fails, before it or behind it, and not a second time; 0 for none.
    failing: u64,
    failed: BTreeSet<u64>,
    random: u64,
}

impl Ledger {
    pub fn new(seed: u64, failing: u64) -> Ledger {
        Ledger(Arc::new(Mutex::new(Tables { failing, random: seed, ..Tables::default() })))
    }

    /// What anybody can read, in order of its text.
    pub fn visible(&self) -> Vec<String> {
        let mut visible = self.0.lock().unwrap().visible.clone();
        visible.sort();
        visible
    }
}

impl Tables {
    fn fails(&mut self, transaction: u64) -> Result<()> {
        let fails = self.failing > 0 && next_random(&mut self.random).is_multiple_of(self.failing);
        match fails && self.failed.insert(transaction) {
            true => Err(Error::connector("the database is gone")),
            false => Ok(()),
        }
    }

    fn commit(&mut self, transaction: u64) -> Result<()> {
        self.fails(transaction)?;
        if self.committed.insert(transaction) {
            let rows = self.open.remove(&transaction).expect("what is committed was prepared");
            self.visible.extend(rows);
        }
        self.fails(transaction)
    }
}

impl Sink for Ledger {
    fn commits(&self, _checkpoints: bool) -> bool {
        true
    }
    fn stores(&self) -> bool {
        true
    }
    fn writer(&self, context: &SubtaskContext) -> Result<Box<dyn SinkWriter>> {
        for transaction in context.restored.items(PREPARED) {
            self.0.lock().unwrap().commit(u64::from_le_bytes(transaction.as_ref().try_into().unwrap()))?;
        }
        Ok(Box::new(Writer { ledger: self.clone(), written: Vec::new(), prepared: Vec::new() }))
    }
}

struct Writer {
    ledger: Ledger,
    written: Vec<String>,
    prepared: Vec<(CheckpointId, u64)>,
}

impl SinkWriter for Writer {
    fn write(&mut self, batch: Batch) -> Result<()> {
        self.written.extend(printed(&batch));
        Ok(())
    }
    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
    fn prepare(&mut self, checkpoint: CheckpointId) -> Result<()> {
        let mut tables = self.ledger.0.lock().unwrap();
        tables.transactions += 1;
        let transaction = tables.transactions;
        tables.open.insert(transaction, std::mem::take(&mut self.written));
        self.prepared.push((checkpoint, transaction));
        Ok(())
    }
    fn prepared(&self) -> Result<Vec<Bytes>> {
        Ok(self.prepared.iter().map(|(_, transaction)| Bytes::copy_from_slice(&transaction.to_le_bytes())).collect())
    }
    fn commit(&mut self, checkpoint: CheckpointId) -> Result<()> {
        let (reached, later) = std::mem::take(&mut self.prepared).into_iter().partition(|(of, _)| *of <= checkpoint);
        self.prepared = later;
        let reached: Vec<(CheckpointId, u64)> = reached;
        reached.into_iter().try_for_each(|(_, transaction)| self.ledger.0.lock().unwrap().commit(transaction))
    }
}
