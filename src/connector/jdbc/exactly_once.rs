//! Writes the rows of one subtask exactly once: a checkpoint has them until the database has.
//!
//! Rows are kept until a barrier, and from then on also in the checkpoint. When it is complete they are written in one
//! transaction, together with a marker ([`Marker`]). Whoever goes on from a checkpoint does the same with what it has, and
//! finds by the marker what is there already. No database needs to know of it (XA).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::RecordBatch;
use bytes::Bytes;

use super::client::Settings;
use super::error::JdbcError;
use super::flusher::Flusher;
use super::marker::{Marker, Place};
use super::retry::Backoff;
use super::rows::{self, Rows};
use crate::batch::{Batch, concat};
use crate::checkpoint::CheckpointId;
use crate::checkpoint::codec::{Decoder, Encoder};
use crate::connector::{PREPARED, SinkWriter};
use crate::error::Result;
use crate::operator::SubtaskContext;
use crate::operator::stored;
use crate::types::DataType;

/// What an exactly-once sink is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExactlyOnce {
    pub table: String,
    /// What the rows of a subtask that are not in the database may take, in bytes.
    pub most: usize,
}

pub struct ExactlyOnceWriter {
    settings: Arc<Settings>,
    flusher: Flusher,
    place: Place,
    name: String,
    most: usize,
    /// Since the last barrier.
    pending: Vec<RecordBatch>,
    pending_bytes: usize,
    /// Of checkpoints that are not complete.
    prepared: BTreeMap<CheckpointId, Item>,
}

/// The rows of one writer before one barrier.
#[derive(Debug, Clone, PartialEq)]
struct Item {
    writer: String,
    checkpoint: CheckpointId,
    /// As [`stored`] writes them.
    rows: Bytes,
}

impl Item {
    fn encode(&self) -> Bytes {
        let mut out = Encoder::default();
        out.text(&self.writer).u64(self.checkpoint).bytes(&self.rows);
        out.into_bytes()
    }

    fn decode(bytes: &Bytes) -> Result<Item> {
        let mut from = Decoder::new(bytes.clone(), "rows of a JDBC sink");
        let (writer, checkpoint, rows) = (from.text()?, from.u64()?, from.bytes()?);
        if !writer.chars().all(|c| c.is_ascii_hexdigit() || c == '-') {
            return Err(from.damaged(format!("the name of its writer is '{writer}'")).into());
        }
        from.end()?;
        Ok(Item { writer, checkpoint, rows })
    }

    /// The rows, if they are of the types that the sink writes.
    fn rows(&self, settings: &Settings) -> Result<Rows> {
        let records = stored::decode(self.rows.clone(), "rows of a JDBC sink")?;
        let needed: Vec<DataType> = settings.schema.fields().iter().map(|field| field.data_type().clone()).collect();
        stored::check("rows", &stored::types(&records), &needed)?;
        Rows::new(&records)
    }
}

impl ExactlyOnceWriter {
    /// Connects, and writes what the checkpoint has that the job goes on from.
    pub fn open(
        settings: Arc<Settings>,
        told: &ExactlyOnce,
        context: &SubtaskContext,
        backoff: Backoff,
    ) -> Result<ExactlyOnceWriter> {
        let mut flusher = Flusher::open(settings.clone(), context, backoff)?;
        let (place, name) = (Place::new(&told.table, context), uuid::Uuid::new_v4().to_string());
        flusher.once(|client| place.register(client, &settings, &name))?;
        let restored = restored(context)?;
        if context.subtask == 0 {
            let named: BTreeSet<&str> = restored.iter().map(|item| item.writer.as_str()).collect();
            flusher.once(|client| place.tidy(client, settings.database(), named))?;
        }
        for item in own_share(restored, context) {
            write(&mut flusher, &settings, &place, &item)?;
        }
        let (pending, pending_bytes, prepared) = (Vec::new(), 0, BTreeMap::new());
        Ok(ExactlyOnceWriter { settings, flusher, place, name, most: told.most, pending, pending_bytes, prepared })
    }

    fn waiting(&self) -> usize {
        self.pending_bytes + self.prepared.values().map(|item| item.rows.len()).sum::<usize>()
    }
}

/// What all writers had prepared.
fn restored(context: &SubtaskContext) -> Result<Vec<Item>> {
    context.restored.items(PREPARED).iter().map(Item::decode).collect()
}

/// All that one writer has prepared, in its order, is one subtask's work: its marker only rises.
fn own_share(items: Vec<Item>, context: &SubtaskContext) -> Vec<Item> {
    let mut writers: BTreeMap<String, Vec<Item>> = BTreeMap::new();
    for item in items {
        writers.entry(item.writer.clone()).or_default().push(item);
    }
    let own = writers.into_values().enumerate().filter(|(at, _)| at % context.parallelism == context.subtask);
    let mut own: Vec<Item> = own.flat_map(|(_, items)| items).collect();
    own.sort_by_key(|item| item.checkpoint);
    own
}

fn write(flusher: &mut Flusher, settings: &Settings, place: &Place, item: &Item) -> Result<()> {
    let marker = Marker::new(place, &item.writer, item.checkpoint);
    flusher.write_marked(&item.rows(settings)?, &marker)
}

impl SinkWriter for ExactlyOnceWriter {
    fn write(&mut self, batch: Batch) -> Result<()> {
        let records = &batch.expect_columns()?.records;
        self.settings.check(records)?;
        if records.num_rows() == 0 {
            return Ok(());
        }
        self.pending_bytes += rows::size(records);
        self.pending.push(records.clone());
        let bytes = self.waiting();
        if bytes > self.most {
            let rows = self.pending.iter().map(RecordBatch::num_rows).sum();
            return Err(
                JdbcError::TooMuchWaits { database: self.settings.database(), rows, bytes, most: self.most }.into()
            );
        }
        Ok(())
    }

    /// The rows are safe with the checkpoint.
    fn flush(&mut self) -> Result<()> {
        Ok(())
    }

    fn prepare(&mut self, checkpoint: CheckpointId) -> Result<()> {
        let records = std::mem::take(&mut self.pending);
        self.pending_bytes = 0;
        if let [first, ..] = records.as_slice() {
            let rows = stored::encode(&concat(&first.schema(), &records)?)?;
            self.prepared.insert(checkpoint, Item { writer: self.name.clone(), checkpoint, rows });
        }
        Ok(())
    }

    fn prepared(&self) -> Result<Vec<Bytes>> {
        Ok(self.prepared.values().map(Item::encode).collect())
    }

    fn commit(&mut self, checkpoint: CheckpointId) -> Result<()> {
        let later = self.prepared.split_off(&(checkpoint + 1));
        for item in std::mem::replace(&mut self.prepared, later).into_values() {
            write(&mut self.flusher, &self.settings, &self.place, &item)?;
        }
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        self.flusher.close();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::{ItemPart, Snapshot, Spread};
    use crate::connector::testing::context;

    fn item(writer: &str, checkpoint: CheckpointId) -> Item {
        Item { writer: writer.into(), checkpoint, rows: Bytes::from_static(b"rows") }
    }

    fn share(subtask: usize, parallelism: usize) -> Vec<(String, CheckpointId)> {
        let items = [item("b", 6), item("a", 6), item("a", 5), item("c", 5)].iter().map(Item::encode).collect();
        let part = ItemPart { name: PREPARED.into(), encoding: "sink".into(), spread: Spread::Union, items };
        let mut context = context(parallelism, 1000);
        context.subtask = subtask;
        context.restored = Arc::new(Snapshot { items: vec![part], ..Snapshot::default() });
        own_share(restored(&context).unwrap(), &context)
            .into_iter()
            .map(|item| (item.writer, item.checkpoint))
            .collect()
    }

    #[test]
    fn a_writers_checkpoints_stay_together_and_in_order() {
        let named =
            |items: &[(&str, u64)]| items.iter().map(|(name, id)| ((*name).to_owned(), *id)).collect::<Vec<_>>();
        assert_eq!(share(0, 2), named(&[("a", 5), ("c", 5), ("a", 6)]));
        assert_eq!(share(1, 2), named(&[("b", 6)]));
        assert_eq!(share(0, 1).len(), 4);
        assert!(share(3, 4).is_empty());
    }

    #[test]
    fn damage_is_noticed() {
        let whole = item("a", 5).encode();
        assert_eq!(Item::decode(&whole).unwrap(), item("a", 5));
        for at in 0..whole.len() {
            assert!(Item::decode(&whole.slice(..at)).is_err(), "the first {at} bytes");
        }
    }
}
