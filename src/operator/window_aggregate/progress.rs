//! How far windows over columns have come, as a checkpoint keeps it: the same for all keys of a subtask.

use crate::checkpoint::codec::{Decoder, Encoder};
use crate::checkpoint::{ItemPart, Snapshot, Spread};
use crate::error::Result;

const NAME: &str = "progress";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Event time (ms).
    pub watermark: i64,
    /// How many records have come.
    pub arrived: u64,
}

impl Progress {
    pub fn part(self) -> ItemPart {
        let mut item = Encoder::default();
        item.i64(self.watermark).u64(self.arrived);
        let encoding = "watermark, records".to_owned();
        ItemPart { name: NAME.to_owned(), encoding, spread: Spread::Own, items: vec![item.into_bytes()] }
    }

    /// Of several subtasks, the event time of the one that was furthest behind: nothing is late that was not. They
    /// differ only where a barrier has overtaken records.
    pub fn restored(from: &Snapshot) -> Result<Progress> {
        let mut all = Vec::new();
        for item in from.items(NAME) {
            let mut item = Decoder::new(item.clone(), NAME);
            all.push((item.i64()?, item.u64()?));
            item.end()?;
        }
        let watermark = all.iter().map(|(watermark, _)| *watermark).min().unwrap_or(i64::MIN);
        let arrived = all.iter().map(|(_, arrived)| *arrived).max().unwrap_or(0);
        Ok(Progress { watermark, arrived })
    }
}
