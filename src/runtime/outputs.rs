//! The network side of a task: partitioning batches over the subtasks of the next vertex.

use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::exchange::{Element, Gate};
use crate::batch::Batch;
use crate::checkpoint::Barrier;
use crate::error::{Error, Result};
use crate::graph::Partitioning;

/// One edge out of a task.
pub struct OutputEdge {
    partitioning: Partitioning,
    /// The gate of each subtask this one may send to, and its channel there.
    targets: Vec<(Arc<Gate>, usize)>,
    max_parallelism: u16,
    /// The subtask of each key group, where records go by their keys.
    owners: Vec<u32>,
    /// The subtask that is next in a round.
    next: usize,
    random: u64,
    /// What did not fit yet, in order.
    pending: VecDeque<(usize, Element)>,
    /// The processing time (ms) from which a barrier among it does not wait for room.
    urgent_at: i64,
    /// The targets that have something new and were not woken yet.
    to_wake: Vec<bool>,
    bytes_sent: usize,
}

impl OutputEdge {
    pub fn new(
        partitioning: Partitioning,
        targets: Vec<(Arc<Gate>, usize)>,
        max_parallelism: u16,
        subtask: usize,
    ) -> Self {
        let start = subtask % targets.len().max(1);
        let owner = |group| subtask_of(group, max_parallelism, targets.len());
        let owners = match partitioning {
            Partitioning::Hash => (0..max_parallelism).map(owner).collect(),
            _ => Vec::new(),
        };
        let to_wake = vec![false; targets.len()];
        OutputEdge {
            partitioning,
            targets,
            max_parallelism,
            owners,
            next: start,
            random: 0x9E37_79B9_7F4A_7C15 ^ subtask as u64,
            pending: VecDeque::new(),
            urgent_at: i64::MAX,
            to_wake,
            bytes_sent: 0,
        }
    }

    pub fn send(&mut self, mut batch: Batch) -> Result<()> {
        self.bytes_sent += batch.byte_size();
        let count = self.targets.len();
        if count == 1 {
            self.push(0, Element::Batch(batch));
            return Ok(());
        }
        let targets: Vec<u32> = match &self.partitioning {
            Partitioning::Broadcast => {
                for target in 0..count {
                    self.push(target, Element::Batch(batch.clone()));
                }
                return Ok(());
            }
            Partitioning::Global | Partitioning::Forward | Partitioning::Unspecified => {
                self.push(0, Element::Batch(batch));
                return Ok(());
            }
            Partitioning::Hash => {
                let keys =
                    batch.keys.as_mut().ok_or_else(|| Error::internal("a hash edge was sent records without keys"))?;
                let groups = keys.groups(self.max_parallelism)?;
                groups.iter().map(|group| self.owners[usize::from(*group)]).collect()
            }
            Partitioning::Rebalance | Partitioning::Rescale => {
                let first = self.next;
                self.next = (first + batch.len()) % count;
                (0..batch.len()).map(|i| ((first + i) % count) as u32).collect()
            }
            Partitioning::Shuffle => {
                (0..batch.len()).map(|_| (next_random(&mut self.random) % count as u64) as u32).collect()
            }
            Partitioning::Custom(partitioner) => {
                let chosen = partitioner.partition(&batch, count)?;
                if let Some(wrong) = chosen.iter().find(|&&target| target as usize >= count) {
                    return Err(Error::config(format!(
                        "the partitioner chose subtask {wrong}, but there are {count} (0 to {})",
                        count - 1
                    )));
                }
                chosen
            }
        };
        let mut rows: Vec<Vec<u32>> = vec![Vec::with_capacity(batch.len() * 2 / count); count];
        targets.iter().enumerate().for_each(|(row, target)| rows[*target as usize].push(row as u32));
        for (target, rows) in rows.into_iter().enumerate() {
            if rows.len() == batch.len() {
                self.push(target, Element::Batch(batch));
                return Ok(());
            }
            if !rows.is_empty() {
                self.push(target, Element::Batch(batch.take(rows)?));
            }
        }
        Ok(())
    }

    pub fn bytes_sent(&self) -> usize {
        self.bytes_sent
    }

    /// Sends what concerns every subtask: a watermark, a barrier, the end.
    pub fn broadcast(&mut self, element: &Element) {
        for target in 0..self.targets.len() {
            self.push(target, element.clone());
        }
    }

    fn push(&mut self, target: usize, element: Element) {
        let held_back = if self.pending.is_empty() { self.offer(target, element) } else { Some(element) };
        self.pending.extend(held_back.map(|element| (target, element)));
    }

    /// Gives the element back if there is no room.
    fn offer(&mut self, target: usize, element: Element) -> Option<Element> {
        let (gate, channel) = &self.targets[target];
        let given_back = gate.push(*channel, element);
        self.to_wake[target] |= given_back.is_none();
        given_back
    }

    /// Sends a barrier; it may overtake what the targets hold, and then takes with it what they have no room for.
    pub fn send_barrier(&mut self, barrier: Barrier) {
        self.broadcast(&Element::Barrier(barrier));
        if !self.pending.is_empty() && self.targets.iter().all(|(gate, channel)| gate.is_overtaken(*channel)) {
            self.urgent_at = self.urgent_at.min(barrier.overtakes_at);
        }
    }

    /// The processing time (ms) from which [`OutputEdge::flush`] sends without room; the largest number if none.
    pub fn urgent_at(&self) -> i64 {
        self.urgent_at
    }

    /// Sends what was held back; `false` while something still is.
    pub fn flush(&mut self, now: i64) -> bool {
        if self.urgent_at <= now {
            for (target, element) in std::mem::take(&mut self.pending) {
                let (gate, channel) = &self.targets[target];
                gate.force(*channel, element);
                self.to_wake[target] = true;
            }
            self.urgent_at = i64::MAX;
        }
        while let Some((target, element)) = self.pending.pop_front() {
            if let Some(element) = self.offer(target, element) {
                self.pending.push_front((target, element));
                return false;
            }
        }
        self.urgent_at = i64::MAX;
        true
    }

    /// Wakes the tasks that were sent something: once, however many elements there were.
    pub fn wake(&mut self) {
        for (waits, (gate, _)) in self.to_wake.iter_mut().zip(&self.targets) {
            if std::mem::take(waits) {
                gate.wake();
            }
        }
    }
}

/// The subtask that owns a key group, as Flink spreads them.
pub fn subtask_of(group: u16, max_parallelism: u16, parallelism: usize) -> u32 {
    (usize::from(group) * parallelism / usize::from(max_parallelism)) as u32
}

/// The key groups that a subtask owns: those of which [`subtask_of`] names it.
pub fn groups_of(subtask: usize, max_parallelism: u16, parallelism: usize) -> RangeInclusive<u16> {
    let groups = usize::from(max_parallelism);
    let (first, behind) = ((subtask * groups).div_ceil(parallelism), ((subtask + 1) * groups).div_ceil(parallelism));
    match first < behind {
        true => first as u16..=(behind - 1) as u16,
        #[allow(clippy::reversed_empty_ranges)] // a subtask beyond the last group owns none
        false => 1..=0,
    }
}

/// splitmix64
pub fn next_random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_groups_are_spread_in_ranges() {
        // 128 groups over 3 subtasks: 0..=42, 43..=85, 86..=127
        assert_eq!(subtask_of(42, 128, 3), 0);
        assert_eq!(subtask_of(43, 128, 3), 1);
        assert_eq!(subtask_of(85, 128, 3), 1);
        assert_eq!(subtask_of(86, 128, 3), 2);
        assert_eq!(subtask_of(127, 128, 3), 2);
        for (max, parallelism) in [(128, 1), (128, 3), (7, 7), (5, 4), (32_768, 100)] {
            for group in 0..max {
                let owners = (0..parallelism).filter(|at| groups_of(*at, max, parallelism).contains(&group));
                assert_eq!(owners.collect::<Vec<_>>(), [subtask_of(group, max, parallelism) as usize]);
            }
        }
    }
}
