//! How far windows over columns have come, as a checkpoint keeps it: the same for all keys.

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
        ItemPart { name: NAME.to_owned(), encoding, spread: Spread::Union, items: vec![item.into_bytes()] }
    }

    /// The furthest that any subtask was.
    pub fn restored(from: &Snapshot) -> Result<Progress> {
        let mut furthest = Progress { watermark: i64::MIN, arrived: 0 };
        for item in from.items(NAME) {
            let mut item = Decoder::new(item.clone(), NAME);
            let (watermark, arrived) = (item.i64()?, item.u64()?);
            item.end()?;
            furthest.watermark = furthest.watermark.max(watermark);
            furthest.arrived = furthest.arrived.max(arrived);
        }
        Ok(furthest)
    }
}
