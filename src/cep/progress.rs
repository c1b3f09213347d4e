//! What one key has of a pattern: its partial matches and their events.

use super::buffer::{Buffer, NOWHERE};
use super::matcher::Matcher;
use super::nfa::Nfa;
use super::queue::{NO_START, Partial, Queue};

/// The partial matches of one key.
#[derive(Debug)]
pub struct Progress<E> {
    pub(super) partial: Queue,
    /// Complete ones that wait, because an earlier one may make the skip strategy give them up.
    pub(super) completed: Queue,
    pub(super) buffer: Buffer<E>,
    /// How many events there were.
    pub(super) seen: u64,
    /// Before this time no partial match runs out of time.
    pub(super) deadline: i64,
    /// Whether the state in which every match begins is among the partial ones.
    pub(super) begun: bool,
}

impl<E> Default for Progress<E> {
    fn default() -> Self {
        Progress {
            partial: Queue::default(),
            completed: Queue::default(),
            buffer: Buffer::default(),
            seen: 0,
            deadline: i64::MAX,
            begun: false,
        }
    }
}

impl<E> Progress<E> {
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes it a new one, with the memory it has.
    pub fn clear(&mut self) {
        self.partial.clear();
        self.completed.clear();
        self.buffer.nodes.clear();
        self.buffer.events.clear();
        (self.seen, self.deadline, self.begun) = (0, i64::MAX, false);
    }

    /// The time (ms) up to which [`Matcher::advance`] has nothing to do.
    pub fn deadline(&self) -> i64 {
        self.deadline
    }

    /// Whether there is no partial match, so that nothing is lost with this.
    pub fn is_idle(&self) -> bool {
        self.partial.as_slice().len() <= 1 && self.completed.as_slice().is_empty() && self.buffer.nodes.len() == 0
    }

    /// How many events are kept.
    pub fn kept(&self) -> usize {
        self.buffer.events.len()
    }

    /// How many partial matches there are.
    pub fn partial_matches(&self) -> usize {
        self.partial.as_slice().iter().filter(|partial| partial.node != NOWHERE).count()
    }

    /// Each event that is kept, to put another in its place that means the same.
    pub fn events_mut(&mut self) -> impl Iterator<Item = &mut E> {
        self.buffer.events.iter_mut().map(|entry| &mut entry.event)
    }

    pub(super) fn begin(&mut self, matcher: &Matcher) {
        if !std::mem::replace(&mut self.begun, true) {
            self.partial.add(Partial { state: matcher.nfa().start, node: NOWHERE, start: NO_START, previous: 0 });
        }
    }

    /// When the first partial match runs out of time, in ms; the greatest integer if none does. That is not before
    /// [`Progress::deadline`], which may still be that of a partial match that is gone.
    pub fn first_deadline(&self, nfa: &Nfa) -> i64 {
        let of = self.partial.as_slice().iter().filter(|partial| partial.node != NOWHERE);
        let deadlines = of.map(|partial| nfa.deadline(partial.state, partial.start.0, partial.previous));
        deadlines.min().unwrap_or(i64::MAX)
    }

    pub(super) fn set_deadline(&mut self, nfa: &Nfa) {
        self.deadline = self.first_deadline(nfa);
    }
}
