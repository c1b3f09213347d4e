//! How far a source is, as a checkpoint keeps it: an item for each split.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::checkpoint::codec::{Decoder, Encoder};
use crate::checkpoint::{CheckpointError, ItemPart, Snapshot, Spread};
use crate::connector::Split;

const NAME: &str = "splits";
const ENCODING: &str = "split";

/// A split that has been given to a reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Position {
    /// Read up to its position.
    Reading(Split),
    /// The split of that id has been read to its end, and is not to be read again.
    Finished(String),
}

impl Position {
    /// The id of a split that is not to be read again.
    pub fn finished(self) -> Option<String> {
        match self {
            Position::Reading(_) => None,
            Position::Finished(id) => Some(id),
        }
    }

    fn encode(&self) -> Bytes {
        let mut out = Encoder::default();
        match self {
            Position::Reading(split) => out.u8(0).text(&split.id).bytes(&split.position),
            Position::Finished(id) => out.u8(1).text(id),
        };
        out.into_bytes()
    }

    fn decode(bytes: Bytes) -> Result<Position, CheckpointError> {
        let mut from = Decoder::new(bytes, NAME);
        let position = match from.u8()? {
            0 => Position::Reading(Split { id: from.text()?, position: from.bytes()?.into() }),
            1 => Position::Finished(from.text()?),
            other => return Err(from.damaged(format!("a split is in the unknown state {other}"))),
        };
        from.end()?;
        Ok(position)
    }
}

pub fn to_snapshot(positions: impl Iterator<Item = Position>) -> Snapshot {
    let items = positions.map(|position| position.encode()).collect();
    let part = ItemPart { name: NAME.to_owned(), encoding: ENCODING.to_owned(), spread: Spread::Split, items };
    Snapshot { items: vec![part], ..Snapshot::default() }
}

const TIMES: &str = "event time of splits";

/// Event time as far as it has come in each split, by the split's id: any subtask may go on with it.
pub fn times_to_snapshot(times: &[(String, Bytes)], snapshot: &mut Snapshot) {
    if times.is_empty() {
        return;
    }
    let encode = |(id, time): &(String, Bytes)| {
        let mut out = Encoder::default();
        out.text(id).bytes(time);
        out.into_bytes()
    };
    let items = times.iter().map(encode).collect();
    snapshot.items.push(ItemPart { name: TIMES.into(), encoding: TIMES.into(), spread: Spread::Union, items });
}

pub fn times_from_snapshot(snapshot: &Snapshot) -> Result<BTreeMap<String, Bytes>, CheckpointError> {
    let decode = |item: &Bytes| {
        let mut from = Decoder::new(item.clone(), TIMES);
        Ok((from.text()?, from.bytes()?))
    };
    snapshot.items(TIMES).iter().map(decode).collect()
}

pub fn from_snapshot(snapshot: &Snapshot) -> Result<Vec<Position>, CheckpointError> {
    snapshot.items(NAME).iter().cloned().map(Position::decode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_come_back() {
        let reading = Position::Reading(Split { id: "orders-3".into(), position: vec![1, 2] });
        let positions = vec![reading, Position::Finished("orders-4".into())];
        let snapshot = to_snapshot(positions.clone().into_iter());
        assert_eq!(from_snapshot(&snapshot).unwrap(), positions);
        assert_eq!(from_snapshot(&Snapshot::default()).unwrap(), []);
    }

    #[test]
    fn event_time_comes_back_by_split() {
        let mut snapshot = to_snapshot(std::iter::empty());
        times_to_snapshot(&[("orders-3".into(), Bytes::from_static(b"x"))], &mut snapshot);
        let times = times_from_snapshot(&snapshot).unwrap();
        assert_eq!(times, BTreeMap::from([("orders-3".to_owned(), Bytes::from_static(b"x"))]));
    }
}
