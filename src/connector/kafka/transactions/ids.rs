//! The names of transactions: `<prefix>-<subtask>-<number>`, the number out of a small pool.
//!
//! A pool keeps what a cluster has to remember small (each transactional id costs it memory for a week). A number is used
//! again only when no checkpoint that a job could go on from by itself holds a transaction of it: the one that
//! committed it has been followed by another. Each use has an epoch of its own, so that an older
//! checkpoint names transactions that have ended, and never one of these days.

use std::collections::BTreeSet;

use crate::checkpoint::CheckpointId;

/// The ids of one subtask.
pub struct Ids {
    prefix: String,
    subtask: usize,
    /// Ids in the checkpoint that the job goes on from: nobody uses them as long as it runs.
    taken: BTreeSet<String>,
    next: u64,
    free: BTreeSet<u64>,
    /// Committed, with the last checkpoint that holds the transaction.
    resting: Vec<(CheckpointId, u64)>,
}

/// One of the pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Id {
    pub name: String,
    number: u64,
}

impl Ids {
    pub fn new(prefix: &str, subtask: usize, taken: impl IntoIterator<Item = String>) -> Ids {
        let taken = taken.into_iter().collect();
        Ids { prefix: prefix.to_owned(), subtask, taken, next: 0, free: BTreeSet::new(), resting: Vec::new() }
    }

    /// An id that no transaction has now.
    pub fn take(&mut self) -> Id {
        if let Some(number) = self.free.pop_first() {
            return Id { name: self.name(number), number };
        }
        loop {
            let number = self.next;
            self.next += 1;
            let name = self.name(number);
            if !self.taken.contains(&name) {
                return Id { name, number };
            }
        }
    }

    /// Its transaction has been committed; `checkpoint` is the last one that holds it.
    pub fn rest(&mut self, id: Id, checkpoint: CheckpointId) {
        self.resting.push((checkpoint, id.number));
    }

    /// That checkpoint is complete.
    pub fn complete(&mut self, checkpoint: CheckpointId) {
        let (ready, resting) = self.resting.drain(..).partition(|(held, _)| *held < checkpoint);
        self.resting = resting;
        self.free.extend(Vec::into_iter(ready).map(|(_, number)| number));
    }

    fn name(&self, number: u64) -> String {
        format!("{}-{}-{number}", self.prefix, self.subtask)
    }
}

/// The subtask in an id with that prefix; `None` for an id of somebody else.
pub fn subtask(id: &str, prefix: &str) -> Option<usize> {
    let (subtask, number) = id.strip_prefix(prefix)?.strip_prefix('-')?.split_once('-')?;
    number.parse::<u64>().ok()?;
    subtask.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(ids: &mut Ids, count: usize) -> Vec<String> {
        (0..count).map(|_| ids.take().name).collect()
    }

    #[test]
    fn ids_of_the_restored_checkpoint_are_left_alone() {
        let mut ids =
            Ids::new("orders", 1, ["orders-1-0".to_owned(), "orders-1-2".to_owned(), "orders-0-1".to_owned()]);
        assert_eq!(names(&mut ids, 3), ["orders-1-1", "orders-1-3", "orders-1-4"]);
    }

    #[test]
    fn an_id_is_used_again_when_a_later_checkpoint_is_complete() {
        let mut ids = Ids::new("p", 0, []);
        let first = ids.take();
        // prepared at 5, committed when 6 had been prepared already: both hold it
        ids.rest(first, 6);
        ids.complete(5);
        ids.complete(6);
        assert_eq!(ids.take().name, "p-0-1", "a job that fails now goes on from 6");
        ids.complete(7);
        assert_eq!(names(&mut ids, 2), ["p-0-0", "p-0-2"]);
    }

    #[test]
    fn ids_of_others_are_told_apart() {
        assert_eq!(subtask("orders-3-17", "orders"), Some(3));
        // of the prefix 'orders-3', and of somebody who has nothing to do with this
        assert_eq!(subtask("orders-3-0-17", "orders"), None);
        assert_eq!(subtask("orders-raw", "orders"), None);
        assert_eq!(subtask("orders2-0-1", "orders"), None);
    }
}
