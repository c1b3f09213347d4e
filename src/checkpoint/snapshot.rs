//! What an operator has at a barrier, as the checkpoint keeps it.
//!
//! The engine knows where state goes when the parallelism changes, and nothing of what it means: keyed state moves in
//! key groups, other state in items. Their bytes are their owner's, in the encoding it names.

use std::ops::RangeInclusive;

use bytes::Bytes;

use super::codec::{Decoder, Encoder};
use super::{CheckpointError, FilesPart};

/// The state of one subtask of an operator.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    pub keyed: Vec<KeyedPart>,
    pub items: Vec<ItemPart>,
    /// State of keys that is in databases.
    pub files: Vec<FilesPart>,
}

/// A state of keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyedPart {
    /// Unique within the operator.
    pub name: String,
    /// How the bytes are to be read: `pickle ValueState`.
    pub encoding: String,
    /// Each key group that has something, in ascending order.
    pub groups: Vec<(u16, Bytes)>,
}

/// A state without keys: a list of items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemPart {
    /// Unique within the operator.
    pub name: String,
    pub encoding: String,
    pub spread: Spread,
    pub items: Vec<Bytes>,
}

/// How items are given to subtasks when a job is restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spread {
    /// Each item to one subtask, in turn.
    Split,
    /// All items to every subtask.
    Union,
    /// To each subtask its own again; at another parallelism all items to every subtask.
    Own,
}

const MAGIC: &[u8; 8] = b"FLOTTST\n";
/// The second one has files.
const VERSION: u16 = 2;

impl Snapshot {
    pub fn is_empty(&self) -> bool {
        self.keyed.is_empty() && self.items.is_empty() && self.files.is_empty()
    }

    pub fn encode(&self) -> Bytes {
        let mut out = Encoder::default();
        out.raw(MAGIC).u16(VERSION).count(self.keyed.len());
        for part in &self.keyed {
            out.text(&part.name).text(&part.encoding).count(part.groups.len());
            for (group, bytes) in &part.groups {
                out.u16(*group).bytes(bytes);
            }
        }
        out.count(self.items.len());
        for part in &self.items {
            out.text(&part.name).text(&part.encoding);
            out.u8(match part.spread {
                Spread::Split => 0,
                Spread::Union => 1,
                Spread::Own => 2,
            });
            out.count(part.items.len());
            for item in &part.items {
                out.bytes(item);
            }
        }
        out.count(self.files.len());
        self.files.iter().for_each(|part| part.encode(&mut out));
        out.sealed()
    }

    /// `name` is the file it comes from, for messages.
    pub fn decode(bytes: Bytes, name: &str) -> Result<Snapshot, CheckpointError> {
        let mut from = Decoder::unsealed(bytes, name)?;
        let version = super::check_head(&mut from, MAGIC, VERSION, name)?;
        let keyed = from.list(|from| {
            let (name, encoding) = (from.text()?, from.text()?);
            Ok(KeyedPart { name, encoding, groups: from.list(|from| Ok((from.u16()?, from.bytes()?)))? })
        })?;
        let items = from.list(|from| {
            let (name, encoding) = (from.text()?, from.text()?);
            let spread = match from.u8()? {
                0 => Spread::Split,
                1 => Spread::Union,
                2 => Spread::Own,
                other => return Err(from.damaged(format!("it has the unknown spread {other}"))),
            };
            Ok(ItemPart { name, encoding, spread, items: from.list(Decoder::bytes)? })
        })?;
        let files = if version == 1 { Vec::new() } else { from.list(FilesPart::decode)? };
        from.end()?;
        Ok(Snapshot { keyed, items, files })
    }

    /// What subtask `subtask` of `parallelism` goes on with, of what all subtasks had. `groups` are the key groups that
    /// it owns from now on.
    pub fn share(all: &[Snapshot], groups: RangeInclusive<u16>, subtask: usize, parallelism: usize) -> Snapshot {
        Self::share_beside(all, |_| true, groups, subtask, parallelism)
    }

    /// The same where `is_own` tells which of the snapshots were of the subtask itself.
    pub fn share_beside(
        all: &[Snapshot],
        is_own: impl Fn(usize) -> bool,
        groups: RangeInclusive<u16>,
        subtask: usize,
        parallelism: usize,
    ) -> Snapshot {
        let mut share = Snapshot::default();
        for part in all.iter().flat_map(|snapshot| &snapshot.keyed) {
            let own = part.groups.iter().filter(|(group, _)| groups.contains(group)).cloned();
            match share.keyed.iter_mut().find(|known| known.name == part.name) {
                Some(known) => known.groups.extend(own),
                None => share.keyed.push(KeyedPart { groups: own.collect(), ..part.clone() }),
            }
        }
        for part in &mut share.keyed {
            part.groups.sort_by_key(|(group, _)| *group);
        }
        let items = all.iter().enumerate().flat_map(|(at, snapshot)| snapshot.items.iter().map(move |part| (at, part)));
        for (_, part) in items.filter(|(at, part)| part.spread != Spread::Own || is_own(*at)) {
            match share.items.iter_mut().find(|known| known.name == part.name) {
                Some(known) => known.items.extend(part.items.iter().cloned()),
                None => share.items.push(part.clone()),
            }
        }
        for part in share.items.iter_mut().filter(|part| part.spread == Spread::Split) {
            let items = std::mem::take(&mut part.items).into_iter().enumerate();
            part.items = items.filter(|(at, _)| at % parallelism == subtask).map(|(_, item)| item).collect();
        }
        let overlaps = |part: &&FilesPart| part.groups.0 <= *groups.end() && *groups.start() <= part.groups.1;
        share.files = all.iter().flat_map(|snapshot| &snapshot.files).filter(overlaps).cloned().collect();
        share
    }

    /// The keyed state of that name.
    pub fn keyed(&self, name: &str) -> Option<&KeyedPart> {
        self.keyed.iter().find(|part| part.name == name)
    }

    /// The items of that name.
    pub fn items(&self, name: &str) -> &[Bytes] {
        self.items.iter().find(|part| part.name == name).map_or(&[], |part| &part.items)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{FileAt, StateFile};
    use super::*;

    fn bytes(text: &'static str) -> Bytes {
        Bytes::from_static(text.as_bytes())
    }

    fn keyed(groups: &[(u16, &'static str)]) -> KeyedPart {
        let groups = groups.iter().map(|(group, text)| (*group, bytes(text))).collect();
        KeyedPart { name: "count".into(), encoding: "e".into(), groups }
    }

    fn items(spread: Spread, items: &[&'static str]) -> ItemPart {
        let items = items.iter().map(|text| bytes(text)).collect();
        ItemPart { name: format!("{spread:?}"), encoding: "e".into(), spread, items }
    }

    fn files(groups: (u16, u16)) -> FilesPart {
        let stored = FileAt::Stored { path: "shared/one".into(), length: 7 };
        let files = [("CURRENT", FileAt::Here(bytes("x"))), ("000007.sst", stored)];
        let files = files.map(|(name, at)| StateFile { name: name.into(), at }).into();
        let states = vec![("count".into(), "pickle ValueState".into())];
        FilesPart { name: "state".into(), encoding: "rocksdb".into(), groups, states, files }
    }

    #[test]
    fn comes_back_as_it_was() {
        let snapshot = Snapshot {
            keyed: vec![keyed(&[(3, "a"), (90, "")])],
            items: vec![items(Spread::Split, &["x", "y"]), items(Spread::Union, &[])],
            files: vec![files((3, 90))],
        };
        assert_eq!(Snapshot::decode(snapshot.encode(), "f").unwrap(), snapshot);
        assert_eq!(Snapshot::decode(Snapshot::default().encode(), "f").unwrap(), Snapshot::default());
    }

    #[test]
    fn a_newer_version_says_so() {
        let mut encoder = Encoder::default();
        encoder.raw(MAGIC).u16(VERSION + 1).count(0).count(0);
        let error = Snapshot::decode(encoder.sealed(), "f").unwrap_err();
        assert!(error.to_string().contains("version 3"), "{error}");
    }

    #[test]
    fn the_first_version_had_no_files() {
        let mut encoder = Encoder::default();
        encoder.raw(MAGIC).u16(1).count(1).text("count").text("e").count(1).u16(3).bytes(b"a").count(0);
        let snapshot = Snapshot { keyed: vec![keyed(&[(3, "a")])], ..Snapshot::default() };
        assert_eq!(Snapshot::decode(encoder.sealed(), "f").unwrap(), snapshot);
    }

    #[test]
    fn state_moves_by_group_and_by_item() {
        // two subtasks of 128 groups become three: 0..=42, 43..=85, 86..=127
        let one = Snapshot {
            keyed: vec![keyed(&[(3, "a"), (50, "b")])],
            items: vec![items(Spread::Split, &["p", "q", "r"]), items(Spread::Union, &["u"])],
            files: vec![files((0, 63))],
        };
        let two = Snapshot {
            keyed: vec![keyed(&[(64, "c"), (127, "d")])],
            items: vec![items(Spread::Split, &["s"]), items(Spread::Union, &["v"])],
            files: vec![files((64, 127))],
        };
        let all = [one, two];
        let second = Snapshot::share(&all, 43..=85, 1, 3);
        assert_eq!(second.keyed("count").unwrap().groups, [(50, bytes("b")), (64, bytes("c"))]);
        // of p q r s the second of three gets q
        assert_eq!(second.items("Split"), [bytes("q")]);
        assert_eq!(second.items("Union"), [bytes("u"), bytes("v")]);
        assert_eq!(second.files, [files((0, 63)), files((64, 127))], "both have some of its groups");
        let first = Snapshot::share(&all, 0..=42, 0, 3);
        assert_eq!(first.files, [files((0, 63))]);
        assert_eq!(first.items("Split"), [bytes("p"), bytes("s")]);
        assert!(Snapshot::share(&all, 128..=130, 0, 1).keyed("count").unwrap().groups.is_empty());
    }

    #[test]
    fn own_items_come_back_to_their_subtask() {
        let all = [["a"], ["b"]].map(|own| Snapshot { items: vec![items(Spread::Own, &own)], ..Snapshot::default() });
        assert_eq!(Snapshot::share_beside(&all, |at| at == 1, 64..=127, 1, 2).items("Own"), [bytes("b")]);
        assert_eq!(Snapshot::share(&all, 0..=42, 0, 3).items("Own"), [bytes("a"), bytes("b")]);
        assert_eq!(Snapshot::decode(all[0].encode(), "f").unwrap(), all[0]);
    }
}
