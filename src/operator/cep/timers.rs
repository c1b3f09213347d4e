//! The times at which a key has something to give up.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// Times (ms), each with the number of a key. Most matches have the same time to their end, so most timers are set in
/// the order in which they fire: those need no heap.
#[derive(Default)]
pub struct Timers {
    in_order: VecDeque<(i64, u32)>,
    others: BinaryHeap<Reverse<(i64, u32)>>,
}

impl Timers {
    pub fn add(&mut self, time: i64, key: u32) {
        if self.in_order.back().is_none_or(|(last, _)| *last <= time) {
            self.in_order.push_back((time, key));
        } else {
            self.others.push(Reverse((time, key)));
        }
    }

    /// The time of the first.
    pub fn first(&self) -> Option<i64> {
        let in_order = self.in_order.front().map(|(time, _)| *time);
        let others = self.others.peek().map(|Reverse((time, _))| *time);
        in_order.into_iter().chain(others).min()
    }

    /// Takes the first.
    pub fn take(&mut self) -> Option<(i64, u32)> {
        let is_in_order = match (self.in_order.front(), self.others.peek()) {
            (Some((time, _)), Some(Reverse((other, _)))) => time <= other,
            (in_order, _) => in_order.is_some(),
        };
        if is_in_order { self.in_order.pop_front() } else { self.others.pop().map(|Reverse(timer)| timer) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_fire_by_time_however_they_were_set() {
        let mut timers = Timers::default();
        for (key, time) in [5, 7, 6, 9, 1, 7, 9, 8].into_iter().enumerate() {
            timers.add(time, key as u32);
        }
        let mut fired = Vec::new();
        while let Some(first) = timers.first() {
            let (time, _) = timers.take().unwrap();
            assert_eq!(time, first);
            fired.push(time);
        }
        assert_eq!(fired, [1, 5, 6, 7, 7, 8, 9, 9]);
        assert_eq!(timers.take(), None);
    }
}
