//! The keys of a subtask that have events or partial matches, under numbers.

use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::CepHost;
use crate::batch::{Data, KeyEncoder, Keys};
use crate::cep::{Nfa, Progress};
use crate::error::Result;

pub struct Key<E> {
    /// In canonical encoding; empty on a stream without keys.
    pub bytes: Vec<u8>,
    hash: u64,
    /// Whether it is one; otherwise its number is free, and its memory waits for another key.
    is_there: bool,
    pub group: u16,
    pub progress: Progress<E>,
    /// Its events that wait for their time.
    pub pending: usize,
    /// The time of its timer that counts; the greatest integer without one.
    pub timer: i64,
}

/// Of so many keys that are gone the memory is kept: of most, the next event comes when they are gone.
const KEPT: usize = 4096;

pub struct KeyTable<E> {
    keys: Vec<Key<E>>,
    free: Vec<u32>,
    by_bytes: HashTable<u32>,
    hasher: RandomState,
}

impl<E> Default for KeyTable<E> {
    fn default() -> Self {
        KeyTable { keys: Vec::new(), free: Vec::new(), by_bytes: HashTable::new(), hasher: RandomState::default() }
    }
}

impl<E> KeyTable<E> {
    pub fn get_mut(&mut self, key: u32) -> &mut Key<E> {
        &mut self.keys[key as usize]
    }

    pub fn find_mut(&mut self, key: u32) -> Option<&mut Key<E>> {
        self.keys.get_mut(key as usize).filter(|key| key.is_there)
    }

    /// The number of a key, which is new if need be.
    pub fn number(&mut self, bytes: &[u8], group: u16) -> u32 {
        let KeyTable { keys, free, by_bytes, hasher } = self;
        let hash = hasher.hash_one(bytes);
        let is_it = |number: &u32| {
            let key = &keys[*number as usize];
            key.hash == hash && key.bytes == bytes
        };
        if let Some(known) = by_bytes.find(hash, is_it) {
            return *known;
        }
        let number = free.pop().unwrap_or(keys.len() as u32);
        if number as usize == keys.len() {
            let (bytes, progress) = (bytes.to_vec(), Progress::new());
            keys.push(Key { bytes, hash, is_there: true, group, progress, pending: 0, timer: i64::MAX });
        } else {
            let key = &mut keys[number as usize];
            key.bytes.extend_from_slice(bytes);
            (key.hash, key.is_there, key.group, key.timer) = (hash, true, group, i64::MAX);
        }
        by_bytes.insert_unique(hash, number, |number| keys[*number as usize].hash);
        number
    }

    /// The key of each record.
    pub fn of_batch(
        &mut self,
        host: &mut impl CepHost,
        keys: Option<Keys>,
        records: usize,
        max_parallelism: u16,
    ) -> Result<Vec<u32>> {
        let Some(keys) = keys else { return Ok(vec![self.number(&[], 0); records]) };
        let (values, groups) = keys.into_parts(max_parallelism)?;
        let mut encoded = Vec::with_capacity(64);
        let mut numbers = Vec::with_capacity(records);
        match &values {
            Data::Columns(columns) => {
                let encoder = KeyEncoder::new(columns.records.columns());
                for (row, group) in groups.iter().enumerate() {
                    encoded.clear();
                    encoder.encode(row, &mut encoded)?;
                    numbers.push(self.number(&encoded, *group));
                }
            }
            Data::Objects(objects) => {
                for (row, group) in groups.iter().enumerate() {
                    encoded.clear();
                    host.encode_key(objects.as_ref(), row, &mut encoded)?;
                    numbers.push(self.number(&encoded, *group));
                }
            }
        }
        Ok(numbers)
    }

    /// A key without partial matches and events is as one that never was.
    pub fn forget_if_idle(&mut self, key: u32) {
        let of = &mut self.keys[key as usize];
        if of.pending > 0 || !of.is_there || !of.progress.is_idle() {
            return;
        }
        if let Ok(entry) = self.by_bytes.find_entry(of.hash, |number| *number == key) {
            entry.remove();
        }
        of.is_there = false;
        if self.free.len() < KEPT {
            of.bytes.clear();
            of.progress.clear();
        } else {
            (of.bytes, of.progress) = (Vec::new(), Progress::new());
        }
        self.free.push(key);
    }

    pub fn iter(&self) -> impl Iterator<Item = (u32, &Key<E>)> {
        self.keys.iter().enumerate().filter(|(_, key)| key.is_there).map(|(number, key)| (number as u32, key))
    }

    pub fn events_mut(&mut self) -> impl Iterator<Item = &mut E> {
        self.keys.iter_mut().flat_map(|key| key.progress.events_mut())
    }

    pub fn partial_matches(&self) -> usize {
        self.keys.iter().map(|key| key.progress.partial_matches()).sum()
    }

    /// When the first partial match of all runs out of time, in ms.
    pub fn first_deadline(&self, nfa: &Nfa) -> Option<i64> {
        let deadlines = self.keys.iter().map(|key| key.progress.first_deadline(nfa));
        deadlines.min().filter(|deadline| *deadline < i64::MAX)
    }
}
