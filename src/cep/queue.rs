//! Partial matches in the order in which Flink looks at them.
//!
//! Flink keeps them in Java's priority queue, by where they begin. Which of those that begin with one event comes first
//! decides what a skip strategy leaves, so this is the same binary heap and not any other.

/// When the first event of a match was, and its place among all events of its key.
pub type Start = (i64, u64);

/// That of a match that has no event yet; behind all others.
pub const NO_START: Start = (i64::MAX, u64::MAX);

/// A match that is not complete, or waits until an earlier one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Partial {
    pub state: u16,
    /// Its last event in the buffer.
    pub node: u32,
    pub start: Start,
    /// When its last event was.
    pub previous: i64,
}

/// Memory of so many is kept when none is left.
const FEW: usize = 8;

#[derive(Debug, Default, Clone)]
pub struct Queue(Vec<Partial>);

impl Queue {
    pub fn add(&mut self, partial: Partial) {
        self.0.push(partial);
        let mut at = self.0.len() - 1;
        while at > 0 {
            let parent = (at - 1) / 2;
            if partial.start >= self.0[parent].start {
                break;
            }
            self.0[at] = self.0[parent];
            at = parent;
        }
        self.0[at] = partial;
    }

    pub fn first(&self) -> Option<&Partial> {
        self.0.first()
    }

    pub fn take_first(&mut self) -> Option<Partial> {
        let last = self.0.pop()?;
        let Some(first) = self.0.first().copied() else { return Some(last) };
        self.sink(0, last);
        Some(first)
    }

    /// Puts `partial` at `at` or below.
    fn sink(&mut self, mut at: usize, partial: Partial) {
        let count = self.0.len();
        while at < count / 2 {
            let mut child = 2 * at + 1;
            if child + 1 < count && self.0[child].start > self.0[child + 1].start {
                child += 1;
            }
            if partial.start <= self.0[child].start {
                break;
            }
            self.0[at] = self.0[child];
            at = child;
        }
        self.0[at] = partial;
    }

    /// Removes those that `goes` names.
    pub fn remove(&mut self, goes: impl Fn(&Partial) -> bool, mut removed: impl FnMut(Partial)) {
        let before = self.0.len();
        self.0.retain(|partial| {
            let stays = !goes(partial);
            if !stays {
                removed(*partial);
            }
            stays
        });
        if self.0.len() < before {
            for at in (0..self.0.len() / 2).rev() {
                self.sink(at, self.0[at]);
            }
        }
    }

    /// Moves all into `other`, which gives up what it had, and leaves room for as many.
    pub fn move_to(&mut self, other: &mut Queue) {
        other.0.clear();
        other.0.extend_from_slice(&self.0);
        let room = 4 * self.0.len().max(FEW);
        self.0.clear();
        if self.0.capacity() > room {
            self.0.shrink_to(room);
        }
    }

    /// Removes all, and gives back what a burst took.
    pub fn clear(&mut self) {
        self.0.clear();
        self.0.shrink_to(FEW);
    }

    /// In the order of the heap.
    pub fn as_slice(&self) -> &[Partial] {
        &self.0
    }

    /// As it was stored: already a heap.
    pub fn from_heap(partials: Vec<Partial>) -> Queue {
        Queue(partials)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partial(time: i64, state: u16) -> Partial {
        Partial { state, node: 0, start: (time, 0), previous: 0 }
    }

    fn states(queue: &Queue) -> Vec<u16> {
        queue.as_slice().iter().map(|partial| partial.state).collect()
    }

    #[test]
    fn equal_ones_stand_as_in_javas_heap() {
        let mut queue = Queue::default();
        for (state, time) in [5, 3, 3, 1, 3].into_iter().enumerate() {
            queue.add(partial(time, state as u16));
        }
        // by hand: 5 | 3 5 | 3 5 3 | 1 3 3 5 | 1 3 3 5 3
        assert_eq!(states(&queue), [3, 1, 2, 0, 4]);
        // the last one, state 4, sinks from the top: 3 = 3, so it stays there
        assert_eq!(queue.take_first().map(|first| first.state), Some(3));
        assert_eq!(states(&queue), [4, 1, 2, 0]);
    }

    #[test]
    fn what_is_left_is_a_heap_again() {
        let mut queue = Queue::default();
        [4, 2, 6, 1, 3].into_iter().for_each(|time| queue.add(partial(time, time as u16)));
        let mut removed = Vec::new();
        queue.remove(|partial| partial.start.0 < 3, |gone| removed.push(gone.state));
        removed.sort_unstable();
        assert_eq!(removed, [1, 2]);
        let order: Vec<_> = std::iter::from_fn(|| queue.take_first()).map(|first| first.state).collect();
        assert_eq!(order, [3, 4, 6]);
    }
}
