//! The events of a key's partial matches, each kept once.
//!
//! A match is read from its last event backwards: a node says which event was taken under which pattern, and which node
//! was before it. Matches that begin alike share nodes. A node lives as long as a partial match or another node points
//! at it, an event as long as a node does; so what nobody can complete any more is gone at once. Because a node has one
//! before it and never another, paths need no version numbers to be told apart.

use super::nfa::Nfa;
use super::queue::Start;

/// Where there is no node.
pub const NOWHERE: u32 = u32::MAX;

#[derive(Debug)]
pub struct Node {
    pub event: u32,
    pub label: u16,
    /// The partial matches and nodes that point at it.
    pub users: u32,
    pub before: u32,
}

#[derive(Debug)]
pub struct Entry<E> {
    pub event: E,
    pub start: Start,
    pub users: u32,
}

/// Values under numbers, which are used again.
#[derive(Debug)]
pub struct Slots<T> {
    slots: Vec<Slot<T>>,
    /// The free number that is used next, [`NOWHERE`] without one.
    free: u32,
    used: u32,
}

#[derive(Debug)]
enum Slot<T> {
    Used(T),
    /// The free number behind this one.
    Free(u32),
}

/// Memory of so many values is kept when none is left: most keys have a few at a time, again and again.
const FEW: usize = 16;

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Slots { slots: Vec::new(), free: NOWHERE, used: 0 }
    }
}

impl<T> Slots<T> {
    pub fn add(&mut self, value: T) -> u32 {
        self.used += 1;
        let at = self.free;
        match self.slots.get_mut(at as usize) {
            Some(slot) => {
                if let Slot::Free(next) = *slot {
                    self.free = next;
                }
                *slot = Slot::Used(value);
                at
            }
            None => {
                self.slots.push(Slot::Used(value));
                (self.slots.len() - 1) as u32
            }
        }
    }

    pub fn get(&self, at: u32) -> &T {
        match &self.slots[at as usize] {
            Slot::Used(value) => value,
            Slot::Free(_) => unreachable!("what has users is there"),
        }
    }

    pub fn get_mut(&mut self, at: u32) -> &mut T {
        match &mut self.slots[at as usize] {
            Slot::Used(value) => value,
            Slot::Free(_) => unreachable!("what has users is there"),
        }
    }

    fn remove(&mut self, at: u32) {
        self.slots[at as usize] = Slot::Free(self.free);
        self.free = at;
        self.used -= 1;
        if self.used == 0 {
            self.clear();
        }
    }

    /// Removes all, and gives back what a burst took.
    pub fn clear(&mut self) {
        self.slots.clear();
        self.slots.shrink_to(FEW);
        (self.free, self.used) = (NOWHERE, 0);
    }

    pub fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        self.slots.iter().enumerate().filter_map(|(at, slot)| match slot {
            Slot::Used(value) => Some((at as u32, value)),
            Slot::Free(_) => None,
        })
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.slots.iter_mut().filter_map(|slot| match slot {
            Slot::Used(value) => Some(value),
            Slot::Free(_) => None,
        })
    }

    pub fn len(&self) -> usize {
        self.used as usize
    }
}

#[derive(Debug)]
pub struct Buffer<E> {
    pub nodes: Slots<Node>,
    pub events: Slots<Entry<E>>,
}

impl<E> Default for Buffer<E> {
    fn default() -> Self {
        Buffer { nodes: Slots::default(), events: Slots::default() }
    }
}

impl<E> Buffer<E> {
    /// Keeps an event until [`Buffer::release_event`].
    pub fn add_event(&mut self, event: E, start: Start) -> u32 {
        self.events.add(Entry { event, start, users: 1 })
    }

    pub fn release_event(&mut self, event: u32) {
        let entry = self.events.get_mut(event);
        entry.users -= 1;
        if entry.users == 0 {
            self.events.remove(event);
        }
    }

    /// The event is taken behind `before`; the node has no user yet.
    pub fn take(&mut self, label: u16, event: u32, before: u32) -> u32 {
        self.events.get_mut(event).users += 1;
        self.lock(before);
        self.nodes.add(Node { event, label, users: 0, before })
    }

    pub fn lock(&mut self, node: u32) {
        if node != NOWHERE {
            self.nodes.get_mut(node).users += 1;
        }
    }

    /// One user less; what nobody uses goes, with all that only led to it.
    pub fn release(&mut self, mut node: u32) {
        while node != NOWHERE {
            let Node { users, event, before, .. } = self.nodes.get_mut(node);
            *users -= 1;
            if *users > 0 {
                return;
            }
            let (event, before) = (*event, *before);
            self.nodes.remove(node);
            self.release_event(event);
            node = before;
        }
    }

    /// The nodes that lead to this one, the last one first.
    fn back_from(&self, node: u32) -> impl Iterator<Item = &Node> {
        let mut at = node;
        std::iter::from_fn(move || {
            let node = (at != NOWHERE).then(|| self.nodes.get(at))?;
            at = node.before;
            Some(node)
        })
    }

    pub fn found<'a>(&'a self, nfa: &'a Nfa, node: u32) -> Found<'a, E> {
        let mut events: Vec<_> = self
            .back_from(node)
            .map(|node| {
                let Entry { event, start, .. } = self.events.get(node.event);
                (node.label, event, *start)
            })
            .collect();
        events.reverse();
        Found { nfa, events }
    }
}

/// The events of a match, complete or not.
pub struct Found<'a, E> {
    nfa: &'a Nfa,
    events: Vec<(u16, &'a E, Start)>,
}

impl<'a, E> Found<'a, E> {
    /// In the order in which they were taken, each with the number of its pattern ([`Nfa::labels`]).
    pub fn events(&self) -> impl Iterator<Item = (u16, &'a E)> {
        self.events.iter().map(|(label, event, _)| (*label, *event))
    }

    /// By pattern, in the order in which patterns have their first event.
    pub fn by_pattern(&self) -> Vec<(&'a str, Vec<&'a E>)> {
        let mut patterns: Vec<(u16, Vec<&'a E>)> = Vec::new();
        for (label, event) in self.events() {
            match patterns.iter_mut().find(|(known, _)| *known == label) {
                Some((_, events)) => events.push(event),
                None => patterns.push((label, vec![event])),
            }
        }
        patterns.into_iter().map(|(label, events)| (self.nfa.label(label), events)).collect()
    }

    pub(super) fn starts(&self) -> Vec<(&'a str, Start)> {
        self.events.iter().map(|(label, _, start)| (self.nfa.label(*label), *start)).collect()
    }
}

/// The events a partial match has, for conditions that look back.
pub struct SoFar<'a, E> {
    pub(super) nfa: &'a Nfa,
    pub(super) buffer: &'a Buffer<E>,
    pub(super) node: u32,
}

impl<'a, E> SoFar<'a, E> {
    /// The events of the pattern with that name, the last one first.
    pub fn back<'n>(&self, name: &'n str) -> impl Iterator<Item = &'a E> + use<'a, 'n, E> {
        let (nfa, buffer) = (self.nfa, self.buffer);
        let of = buffer.back_from(self.node).filter(move |node| nfa.label(node.label) == name);
        of.map(|node| &buffer.events.get(node.event).event)
    }

    /// The same in their order.
    pub fn events(&self, name: &str) -> Vec<&'a E> {
        let mut events: Vec<_> = self.back(name).collect();
        events.reverse();
        events
    }
}
