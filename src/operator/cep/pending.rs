//! Events that wait for their time, by that and then in the order in which they came.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use super::CepHost;
use crate::error::Result;

/// Time, place among all, and where in `events`.
type Place = (i64, u64, u32);

pub struct Pending<E> {
    /// Those that came since [`Pending::due`], in any order.
    new: Vec<Place>,
    /// The earliest time of these; the greatest integer without one.
    first_new: i64,
    /// Those of them whose time had come then, the last one first: most never see the heap.
    due: Vec<Place>,
    later: BinaryHeap<Reverse<Place>>,
    /// Each with the number of its key.
    events: Vec<Option<(u32, E)>>,
    free: Vec<u32>,
    added: u64,
}

impl<E> Default for Pending<E> {
    fn default() -> Self {
        let (new, due, later) = (Vec::new(), Vec::new(), BinaryHeap::new());
        Pending { new, first_new: i64::MAX, due, later, events: Vec::new(), free: Vec::new(), added: 0 }
    }
}

impl<E> Pending<E> {
    pub fn add(&mut self, time: i64, key: u32, event: E) {
        let at = self.free.pop().unwrap_or(self.events.len() as u32);
        if at as usize == self.events.len() {
            self.events.push(None);
        }
        self.events[at as usize] = Some((key, event));
        self.new.push((time, self.added, at));
        self.first_new = self.first_new.min(time);
        self.added += 1;
    }

    /// The time of those up to `until` has come: [`Pending::take`] gives them.
    pub fn due(&mut self, until: i64) {
        let Pending { new, due, later, .. } = self;
        let known = due.len();
        for place in new.drain(..) {
            if place.0 <= until { due.push(place) } else { later.push(Reverse(place)) }
        }
        if due.len() > known {
            due.sort_unstable_by(|left, right| right.cmp(left));
        }
        self.first_new = i64::MAX;
    }

    /// The time of the first.
    pub fn first(&self) -> Option<i64> {
        let due = self.due.last().map_or(i64::MAX, |(time, ..)| *time);
        let later = self.later.peek().map_or(i64::MAX, |Reverse((time, ..))| *time);
        (self.len() > 0).then(|| due.min(later).min(self.first_new))
    }

    /// The first one of those that are not new, with its key.
    pub fn take(&mut self) -> Option<(u32, E)> {
        let is_due = match (self.due.last(), self.later.peek()) {
            (Some(due), Some(Reverse(later))) => due < later,
            (due, _) => due.is_some(),
        };
        let place = if is_due { self.due.pop() } else { self.later.pop().map(|Reverse(place)| place) };
        let (.., at) = place?;
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
        self.new.len() + self.due.len() + self.later.len()
    }

    /// All in their order: time, key, event.
    pub fn in_order(&self) -> Vec<(i64, u32, &E)> {
        let later = self.later.iter().map(|Reverse(place)| *place);
        let mut order: Vec<_> = self.new.iter().chain(&self.due).copied().chain(later).collect();
        order.sort_unstable();
        let event = |(time, _, at): Place| {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_taken_by_time_and_then_as_they_came() {
        let mut pending = Pending::default();
        let mut taken = Vec::new();
        for (until, times) in [(4, &[5, 3, 9, 3][..]), (4, &[8, 4]), (8, &[5, 8, 9]), (9, &[])] {
            times.iter().for_each(|time| pending.add(*time, 0, (*time, pending.len())));
            let all: Vec<_> = pending.in_order().iter().map(|(time, ..)| *time).collect();
            assert_eq!(pending.first(), all.first().copied());
            pending.due(until);
            assert_eq!(pending.first(), all.first().copied());
            while pending.first().is_some_and(|first| first <= until) {
                taken.extend(pending.take().map(|(_, event)| event));
            }
        }
        // each with how many waited when it came
        assert_eq!(taken, [(3, 1), (3, 3), (4, 3), (5, 0), (5, 3), (8, 2), (8, 4), (9, 2), (9, 5)]);
        assert_eq!((pending.len(), pending.first()), (0, None));
    }
}
