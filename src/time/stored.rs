//! The event time of a split in a checkpoint: watermarks then come behind the same records as without a restore.

use bytes::Bytes;

use super::SplitWatermarks;
use crate::checkpoint::codec::{Decoder, Encoder};
use crate::error::Result;

/// What is stored of a generator, and how its bytes are to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredGenerator {
    pub encoding: String,
    pub bytes: Bytes,
}

impl SplitWatermarks {
    /// The watermark, how many records came since the generator was asked, and what that remembers. Whether the split is
    /// idle is found out anew.
    pub fn stored(&self) -> Result<Bytes> {
        let mut out = Encoder::default();
        out.i64(self.watermark).u64(self.since as u64).u8(self.seen.into());
        match self.generator.stored()? {
            Some(StoredGenerator { encoding, bytes }) => out.u8(1).text(&encoding).bytes(&bytes),
            None => out.u8(0),
        };
        Ok(out.into_bytes())
    }

    /// Goes on where [`SplitWatermarks::stored`] was asked.
    pub fn restore(&mut self, stored: Bytes) -> Result<()> {
        let mut from = Decoder::new(stored, "event time");
        self.watermark = from.i64()?;
        // fewer than that where the pace is another one now
        self.since = usize::try_from(from.u64()?).unwrap_or(usize::MAX).min(self.pace.every.saturating_sub(1));
        self.seen = from.u8()? != 0;
        let generator = match from.u8()? {
            0 => None,
            _ => Some(StoredGenerator { encoding: from.text()?, bytes: from.bytes()? }),
        };
        from.end()?;
        generator.map_or(Ok(()), |generator| self.generator.restore(generator))
    }

    /// The watermark in what was stored.
    pub fn stored_watermark(stored: &Bytes) -> Result<i64> {
        Ok(Decoder::new(stored.clone(), "event time").i64()?)
    }
}
