//! Records that a barrier has overtaken, as a checkpoint keeps them: of each channel what was on its way, in its order,
//! behind how far the channel was in event time. A task that is restored works at them before anything else.

use std::collections::VecDeque;
use std::ops::RangeInclusive;

use bytes::Bytes;

use super::chain::Chain;
use super::exchange::Element;
use super::network::InputTimes;
use crate::batch::{Batch, Columns, Data, DecodeObjects, Keys};
use crate::checkpoint::codec::{Decoder, Encoder};
use crate::checkpoint::{ItemPart, Snapshot, Spread};
use crate::error::{Error, Result};
use crate::operator::stored;
use crate::types::{RowKind, Shape};

/// At another parallelism every subtask is given all of them, and keeps those of its keys.
const BY_KEY: &str = "overtaken by key";
/// Each channel goes to one subtask.
const SPREAD: &str = "overtaken";
const ENCODING: &str = "channel";

/// What was on its way in one channel.
pub struct ChannelRecords {
    input: usize,
    keyed: bool,
    elements: Vec<Element>,
}

impl ChannelRecords {
    /// `input` is that of the operator, `keyed`: records go by their keys.
    pub fn new(input: usize, keyed: bool) -> Self {
        ChannelRecords { input, keyed, elements: Vec::new() }
    }

    /// Records, a watermark, or whether the channel is idle.
    pub fn add(&mut self, element: Element) {
        self.elements.push(element);
    }

    fn encode(&self) -> Result<Bytes> {
        let mut out = Encoder::default();
        out.u32(self.input as u32).count(self.elements.len());
        for element in &self.elements {
            match element {
                Element::Batch(batch) => encode_batch(batch, out.u8(0))?,
                Element::Watermark(watermark) => {
                    out.u8(1).i64(*watermark);
                }
                Element::Idle(idle) => {
                    out.u8(2).u8(u8::from(*idle));
                }
                Element::Barrier(_) | Element::End => return Err(Error::internal("a barrier has overtaken another")),
            }
        }
        Ok(out.into_bytes())
    }

    fn decode(bytes: Bytes, keyed: bool, objects: Option<&DecodeObjects>) -> Result<Self> {
        let mut from = Decoder::new(bytes, SPREAD);
        let input = from.u32()? as usize;
        let mut elements = Vec::new();
        for _ in 0..from.u32()? {
            elements.push(match from.u8()? {
                0 => Element::Batch(decode_batch(&mut from, objects)?),
                1 => Element::Watermark(from.i64()?),
                2 => Element::Idle(from.u8()? != 0),
                other => {
                    return Err(from.damaged(format!("something of the unknown kind {other} was overtaken")).into());
                }
            });
        }
        from.end()?;
        Ok(ChannelRecords { input, keyed, elements })
    }
}

/// What a barrier has overtaken in front of a task.
pub struct Overtaken(pub Vec<ChannelRecords>);

impl Overtaken {
    /// As parts of what the task's first operator has.
    pub fn encode(&self) -> Result<Vec<ItemPart>> {
        // watermarks alone come again from those in front
        if !self.0.iter().any(|channel| channel.elements.iter().any(|element| matches!(element, Element::Batch(_)))) {
            return Ok(Vec::new());
        }
        let part = |name: &str, spread, keyed| {
            let own = self.0.iter().filter(|channel| channel.keyed == keyed);
            let items = own.map(ChannelRecords::encode).collect::<Result<Vec<_>>>()?;
            Ok(ItemPart { name: name.to_owned(), encoding: ENCODING.to_owned(), spread, items })
        };
        let parts: Result<Vec<ItemPart>> =
            [part(BY_KEY, Spread::Own, true), part(SPREAD, Spread::Split, false)].into_iter().collect();
        Ok(parts?.into_iter().filter(|part| !part.items.is_empty()).collect())
    }
}

fn encode_data(data: &Data, out: &mut Encoder) -> Result<()> {
    match data {
        Data::Columns(columns) => {
            let shape = match columns.shape {
                Shape::Scalar => 0,
                Shape::Tuple => 1,
                Shape::Row => 2,
            };
            out.u8(0).u8(shape).bytes(&stored::encode(&columns.records)?);
        }
        Data::Objects(objects) => {
            out.u8(1).bytes(&objects.encode_all()?);
        }
    }
    Ok(())
}

fn decode_data(from: &mut Decoder, objects: Option<&DecodeObjects>) -> Result<Data> {
    if from.u8()? == 1 {
        let bytes = from.bytes()?;
        let decode = objects.ok_or_else(|| {
            Error::config("the checkpoint has records of objects on their way, which only the binding can read")
        })?;
        return Ok(Data::Objects(decode(&bytes)?));
    }
    let shape = match from.u8()? {
        0 => Shape::Scalar,
        1 => Shape::Tuple,
        _ => Shape::Row,
    };
    Ok(Data::Columns(Columns::new(stored::decode(from.bytes()?, SPREAD)?, shape)))
}

fn encode_batch(batch: &Batch, out: &mut Encoder) -> Result<()> {
    encode_data(&batch.data, out)?;
    let times = batch.timestamps.as_deref().unwrap_or_default();
    out.count(times.len());
    for time in times {
        out.i64(*time);
    }
    let kinds: Vec<u8> = batch.row_kinds.iter().flatten().map(|kind| *kind as u8).collect();
    out.bytes(&kinds);
    match &batch.keys {
        Some(keys) => encode_data(&keys.values, out.u8(1))?,
        None => {
            out.u8(0);
        }
    }
    Ok(())
}

fn decode_batch(from: &mut Decoder, objects: Option<&DecodeObjects>) -> Result<Batch> {
    let mut batch = Batch::new(decode_data(from, objects)?);
    let times = from.list(Decoder::i64)?;
    let kinds = from.bytes()?;
    let kinds: Option<Vec<RowKind>> = kinds.iter().map(|kind| RowKind::from_u8(*kind)).collect();
    let kinds = kinds.ok_or_else(|| from.damaged("a record is of an unknown kind"))?;
    let keys = if from.u8()? == 1 { Some(decode_data(from, objects)?) } else { None };
    let fits = |len: usize| len == 0 || len == batch.len();
    if !fits(times.len()) || !fits(kinds.len()) || keys.as_ref().is_some_and(|keys| keys.len() != batch.len()) {
        return Err(from.damaged("some of a batch's records are missing").into());
    }
    batch.timestamps = (!times.is_empty()).then_some(times);
    batch.row_kinds = (!kinds.is_empty()).then_some(kinds);
    batch.keys = keys.map(Keys::new);
    Ok(batch)
}

/// What an operator of a restored task works at first.
struct OfOperator {
    /// Its place in the chain.
    place: usize,
    times: InputTimes,
    /// Of each channel that there was, what is left.
    channels: VecDeque<(usize, VecDeque<Element>)>,
    watermark: i64,
}

/// What a restored task works at before anything else: what was nearest to its end comes first.
#[derive(Default)]
pub struct Replay(Vec<OfOperator>);

impl Replay {
    /// Adds what a checkpoint has for the operator at that place of the chain, behind those in front of it. The subtask
    /// owns the key groups `own` of `max_parallelism`.
    pub fn add(
        &mut self,
        place: usize,
        restored: &Snapshot,
        (own, max_parallelism): (RangeInclusive<u16>, u16),
        objects: Option<&DecodeObjects>,
    ) -> Result<()> {
        let mut channels = Vec::new();
        for (name, keyed) in [(BY_KEY, true), (SPREAD, false)] {
            for item in restored.items(name) {
                let mut channel = ChannelRecords::decode(item.clone(), keyed, objects)?;
                if keyed {
                    for element in &mut channel.elements {
                        if let Element::Batch(batch) = element {
                            *batch = of_groups(batch, &own, max_parallelism)?;
                        }
                    }
                }
                channels.push(channel);
            }
        }
        if !channels.is_empty() {
            let times = InputTimes::new(channels.iter().map(|channel| channel.input));
            let channels = channels.into_iter().map(|channel| channel.elements.into()).enumerate().collect();
            self.0.push(OfOperator { place, times, channels, watermark: i64::MIN });
        }
        Ok(())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Works at the next element; `false` if nothing is left.
    pub fn step(&mut self, chain: &mut Chain) -> Result<bool> {
        let Some(of) = self.0.last_mut() else { return Ok(false) };
        let Some((channel, elements)) = of.channels.front_mut() else {
            self.0.pop();
            return Ok(true);
        };
        let channel = *channel;
        let Some(element) = elements.pop_front() else {
            of.channels.pop_front();
            return Ok(true);
        };
        let (watermark, _) = match element {
            Element::Batch(batch) => {
                if !batch.is_empty() {
                    chain.process_at(of.place, of.times.input(channel), batch)?;
                }
                return Ok(true);
            }
            Element::Watermark(watermark) => of.times.say(channel, |valve, at| valve.set_watermark(at, watermark)),
            Element::Idle(idle) => of.times.say(channel, |valve, at| valve.set_idle(at, idle)),
            Element::Barrier(_) | Element::End => return Ok(true),
        };
        if watermark > of.watermark {
            of.watermark = watermark;
            chain.watermark_at(of.place, watermark)?;
        }
        Ok(true)
    }
}

/// The records of some key groups.
fn of_groups(batch: &Batch, own: &RangeInclusive<u16>, max_parallelism: u16) -> Result<Batch> {
    let mut keys = batch.keys.clone().ok_or_else(|| Error::internal("records on their way by key have no keys"))?;
    let groups = keys.groups(max_parallelism)?.iter().enumerate();
    batch.take(groups.filter(|(_, group)| own.contains(group)).map(|(row, _)| row as u32).collect())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{AsArray, Int64Array};
    use arrow::datatypes::Int64Type;

    use super::*;

    fn numbers(values: Vec<i64>) -> Data {
        Data::Columns(Columns::scalar(Arc::new(Int64Array::from(values))))
    }

    fn values(data: &Data) -> Vec<i64> {
        match data {
            Data::Columns(columns) => columns.records.column(0).as_primitive::<Int64Type>().values().to_vec(),
            Data::Objects(_) => unreachable!(),
        }
    }

    #[test]
    fn all_that_belongs_to_a_record_comes_back() {
        let mut batch = Batch::new(numbers(vec![10, 20, 30])).with_timestamps(Some(vec![1, 2, 3]));
        batch.row_kinds = Some(vec![RowKind::Insert, RowKind::Delete, RowKind::UpdateAfter]);
        batch.keys = Some(Keys::new(numbers(vec![7, 8, 9])));
        let mut channel = ChannelRecords::new(1, true);
        let plain = Batch::new(numbers(vec![5]));
        for element in [Element::Watermark(4), Element::Batch(batch), Element::Idle(true), Element::Batch(plain)] {
            channel.add(element);
        }
        let back = ChannelRecords::decode(channel.encode().unwrap(), true, None).unwrap();
        let [Element::Watermark(4), Element::Batch(first), Element::Idle(true), Element::Batch(second)] =
            &back.elements[..]
        else {
            panic!("other elements")
        };
        assert_eq!((back.input, values(&first.data), values(&second.data)), (1, vec![10, 20, 30], vec![5]));
        assert_eq!(first.timestamps, Some(vec![1, 2, 3]));
        assert_eq!(first.row_kinds.as_ref().unwrap()[1], RowKind::Delete);
        assert_eq!(values(&first.keys.as_ref().unwrap().values), [7, 8, 9]);
        assert!(second.timestamps.is_none() && second.row_kinds.is_none() && second.keys.is_none());
    }

    #[test]
    fn damage_is_an_error_and_never_a_panic() {
        let mut channel = ChannelRecords::new(0, false);
        channel.add(Element::Batch(Batch::new(numbers(vec![10, 20])).with_timestamps(Some(vec![1, 2]))));
        let whole = channel.encode().unwrap();
        for length in 0..whole.len() {
            assert!(ChannelRecords::decode(whole.slice(..length), false, None).is_err());
        }
        for at in 0..whole.len() {
            for value in [0, 1, 127, 255] {
                let mut changed = whole.to_vec();
                changed[at] = value;
                let _ = ChannelRecords::decode(changed.into(), false, None);
            }
        }
    }

    #[test]
    fn watermarks_alone_are_not_kept() {
        let mut channel = ChannelRecords::new(0, false);
        channel.add(Element::Watermark(4));
        assert!(Overtaken(vec![channel]).encode().unwrap().is_empty());
    }
}
