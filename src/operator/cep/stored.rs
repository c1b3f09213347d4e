//! What an operator has, as bytes of a checkpoint: for each key group the events of its keys, each once, and the partial
//! matches and waiting events that refer to them.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::{CepHost, CepOperator};
use crate::cep::Progress;
use crate::checkpoint::codec::{Decoder, Encoder};
use crate::checkpoint::{CheckpointError, ItemPart, KeyedPart, Snapshot, Spread};
use crate::error::{Error, Result};

const MATCHES: &str = "matches";
const WATERMARK: &str = "watermark";

/// The bytes of a key group while they are made.
struct Group<'e, E> {
    events: Vec<&'e E>,
    keys: Encoder,
    count: usize,
}

impl<H: CepHost> CepOperator<H> {
    fn encoding(&self) -> String {
        format!("matches of {:016x}, {}", self.matcher.nfa().fingerprint(), self.host.encoding())
    }

    pub(super) fn stored(&mut self) -> Result<Snapshot> {
        let encoding = self.encoding();
        let mut waiting: BTreeMap<u32, Vec<(i64, &H::Event)>> = BTreeMap::new();
        for (time, key, event) in self.pending.in_order() {
            waiting.entry(key).or_default().push((time, event));
        }
        let mut groups: BTreeMap<u16, Group<'_, H::Event>> = BTreeMap::new();
        for (number, key) in self.keys.iter() {
            let new = || Group { events: Vec::new(), keys: Encoder::default(), count: 0 };
            let Group { events, keys, count } = groups.entry(key.group).or_insert_with(new);
            *count += 1;
            keys.bytes(&key.bytes);
            key.progress.encode(keys, events);
            let of_key = waiting.remove(&number).unwrap_or_default();
            keys.count(of_key.len());
            for (time, event) in of_key {
                keys.i64(time).u32(events.len() as u32);
                events.push(event);
            }
        }
        let mut written = Vec::new();
        let host = &mut self.host;
        host.enter(&mut |host| {
            for (group, Group { events, keys, count }) in std::mem::take(&mut groups) {
                let mut out = Encoder::default();
                out.bytes(&host.encode(&events)?).count(count).raw(&keys.into_bytes());
                written.push((group, out.into_bytes()));
            }
            Ok(())
        })?;
        let matches = KeyedPart { name: MATCHES.into(), encoding, groups: written };
        let items = vec![self.watermark.to_le_bytes().to_vec().into()];
        let watermark = ItemPart { name: WATERMARK.into(), encoding: "i64".into(), spread: Spread::Union, items };
        Ok(Snapshot { keyed: vec![matches], items: vec![watermark], ..Snapshot::default() })
    }

    pub(super) fn restore(&mut self) -> Result<()> {
        let restored = self.subtask.restored.clone();
        let times =
            restored.items(WATERMARK).iter().filter_map(|item| Some(i64::from_le_bytes(item[..].try_into().ok()?)));
        self.watermark = times.max().unwrap_or(i64::MIN);
        let Some(part) = restored.keyed(MATCHES).filter(|part| !part.groups.is_empty()) else { return Ok(()) };
        if part.encoding != self.encoding() {
            return Err(Error::config("the checkpoint has matches of another pattern, or of other events")
                .with_hint("restore with the pattern that wrote it, or give the operator another uid()"));
        }
        for (group, bytes) in &part.groups {
            self.restore_group(*group, bytes.clone())?;
        }
        Ok(())
    }

    fn restore_group(&mut self, group: u16, bytes: Bytes) -> Result<()> {
        let mut from = Decoder::new(bytes, format!("the matches of key group {group}"));
        let stored = from.bytes()?;
        let mut events: Vec<Option<H::Event>> = Vec::new();
        self.host.enter(&mut |host| {
            events = host.decode(stored.clone())?.into_iter().map(Some).collect();
            Ok(())
        })?;
        let keys = from.list(|from| {
            let key = from.bytes()?;
            let mut take = |at: u32| events.get_mut(at as usize)?.take();
            let progress = Progress::decode(from, self.matcher.nfa(), &mut take)?;
            let pending = from.list(|from| {
                let (time, at) = (from.i64()?, from.u32()?);
                let event = take(at).ok_or_else(|| from.damaged("it has an event that is not there"))?;
                Ok::<_, CheckpointError>((time, event))
            })?;
            Ok((key, progress, pending))
        })?;
        from.end()?;
        for (key, progress, pending) in keys {
            let number = self.keys.number(&key, group);
            let of = self.keys.get_mut(number);
            of.pending = pending.len();
            of.timer = progress.deadline();
            of.progress = progress;
            if of.timer < i64::MAX {
                self.timers.add(of.timer, number);
            }
            for (time, event) in pending {
                self.pending.add(time, number, event);
            }
        }
        Ok(())
    }
}
