//! Events that wait for their time, by that and then in the order in which they came.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use super::CepHost;
use crate::error::Result;

pub struct Pending<E> {
    /// Time, place among all, and where in `events`.
    order: BinaryHeap<Reverse<(i64, u64, u32)>>,
    /// Each with the number of its key.
    events: Vec<Option<(u32, E)>>,
    free: Vec<u32>,
    added: u64,
}

impl<E> Default for Pending<E> {
    fn default() -> Self {
        Pending { order: BinaryHeap::new(), events: Vec::new(), free: Vec::new(), added: 0 }
    }
}

impl<E> Pending<E> {
    pub fn add(&mut self, time: i64, key: u32, event: E) {
        let at = self.free.pop().unwrap_or(self.events.len() as u32);
        if at as usize == self.events.len() {
            self.events.push(None);
        }
        self.events[at as usize] = Some((key, event));
        self.order.push(Reverse((time, self.added, at)));
        self.added += 1;
    }

    /// The time of the first.
    pub fn first(&self) -> Option<i64> {
        self.order.peek().map(|Reverse((time, ..))| *time)
    }

    /// The first, with its key.
    pub fn take(&mut self) -> Option<(u32, E)> {
        let Reverse((.., at)) = self.order.pop()?;
        self.free.push(at);
        self.events[at as usize].take()
    }

    /// All of that time, which is the first one's.
    pub fn take_all_of(&mut self, time: i64) -> Vec<(u32, E)> {
        let mut all = Vec::new();
        while self.first() == Some(time) {
            all.extend(self.take());
        }
        all
    }

    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// All in their order: time, key, event.
    pub fn in_order(&self) -> Vec<(i64, u32, &E)> {
        let mut order: Vec<_> = self.order.iter().map(|Reverse(of)| *of).collect();
        order.sort_unstable();
        let event = |(time, _, at): (i64, u64, u32)| {
            let (key, event) = self.events[at as usize].as_ref()?;
            Some((time, *key, event))
        };
        order.into_iter().filter_map(event).collect()
    }

    pub fn events_mut(&mut self) -> impl Iterator<Item = &mut E> {
        self.events.iter_mut().flatten().map(|(_, event)| event)
    }
}

/// Events of one time in the host's order; those of a key that it calls equal stay as they came.
pub fn sorted<H: CepHost>(mut events: Vec<(u32, H::Event)>, host: &mut H) -> Result<Vec<(u32, H::Event)>> {
    let mut failure = None;
    events.sort_by(|(key, left), (other, right)| {
        // one key after the other: keys have nothing to do with each other
        let by_key = key.cmp(other);
        by_key.then_with(|| match host.compare(left, right) {
            Ok(order) => order,
            Err(error) => {
                failure.get_or_insert(error);
                Ordering::Equal
            }
        })
    });
    failure.map_or(Ok(events), Err)
}
