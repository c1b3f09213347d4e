//! The offsets a group has committed, and those that wait for a transaction to end.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Committed {
    pub offset: i64,
    pub leader_epoch: i32,
    pub metadata: String,
}

/// A topic's name and a partition of it.
pub type TopicPartition = (String, i32);
pub type OffsetList = Vec<(TopicPartition, Committed)>;

#[derive(Debug, Default)]
pub struct Offsets {
    committed: BTreeMap<TopicPartition, Committed>,
    /// By producer: what becomes committed if its transaction does.
    pending: BTreeMap<i64, BTreeMap<TopicPartition, Committed>>,
}

impl Offsets {
    pub fn commit(&mut self, offsets: OffsetList) {
        self.committed.extend(offsets);
    }

    pub fn hold(&mut self, producer_id: i64, offsets: OffsetList) {
        self.pending.entry(producer_id).or_default().extend(offsets);
    }

    pub fn end_transaction(&mut self, producer_id: i64, commit: bool) {
        let held = self.pending.remove(&producer_id);
        if commit {
            self.committed.extend(held.into_iter().flatten());
        }
    }

    pub fn get(&self, topic: &str, partition: i32) -> Option<&Committed> {
        self.committed.get(&(topic.to_owned(), partition))
    }

    /// Whether a transaction may still change the partition's offset.
    pub fn is_unsettled(&self, topic: &str, partition: i32) -> bool {
        let key = (topic.to_owned(), partition);
        self.pending.values().any(|held| held.contains_key(&key))
    }

    pub fn all(&self) -> impl Iterator<Item = (&TopicPartition, &Committed)> {
        self.committed.iter()
    }

    pub fn held(&self) -> impl Iterator<Item = (i64, OffsetList)> {
        self.pending.iter().map(|(producer, held)| (*producer, held.clone().into_iter().collect()))
    }

    pub fn forget(&mut self, partitions: &[TopicPartition]) {
        for partition in partitions {
            self.committed.remove(partition);
            for held in self.pending.values_mut() {
                held.remove(partition);
            }
        }
        self.pending.retain(|_, held| !held.is_empty());
    }

    /// Every partition of a topic for which something is kept.
    pub fn partitions_of(&self, topic: &str) -> Vec<TopicPartition> {
        let held = self.pending.values().flat_map(BTreeMap::keys);
        self.committed.keys().chain(held).filter(|(name, _)| name == topic).cloned().collect()
    }

    pub fn is_empty(&self) -> bool {
        self.committed.is_empty() && self.pending.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(offset: i64) -> Committed {
        Committed { offset, leader_epoch: -1, metadata: String::new() }
    }

    #[test]
    fn offsets_sent_with_a_transaction_count_when_it_commits() {
        let key = ("t".to_owned(), 0);
        for (commit, expected) in [(true, 9), (false, 5)] {
            let mut offsets = Offsets::default();
            offsets.commit(vec![(key.clone(), at(5))]);
            offsets.hold(1, vec![(key.clone(), at(9))]);
            assert_eq!(offsets.get("t", 0), Some(&at(5)));
            assert!(offsets.is_unsettled("t", 0));
            offsets.end_transaction(1, commit);
            assert_eq!(offsets.get("t", 0), Some(&at(expected)));
            assert!(!offsets.is_unsettled("t", 0));
        }
    }
}
