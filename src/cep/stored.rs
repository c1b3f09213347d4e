//! A key's partial matches as bytes of a checkpoint. Events are handed over: they are somebody else's to write.

use super::buffer::{Buffer, Entry, NOWHERE, Node};
use super::nfa::Nfa;
use super::progress::Progress;
use super::queue::{Partial, Queue};
use crate::checkpoint::CheckpointError;
use crate::checkpoint::codec::{Decoder, Encoder};

impl Nfa {
    /// The same for automata of one form: partial matches of one are understood by the other.
    pub fn fingerprint(&self) -> u64 {
        let mut form = Encoder::default();
        form.u16(self.start).count(self.states.len());
        for state in &self.states {
            form.text(&state.name).text(self.label(state.label)).u8(state.kind as u8).count(state.transitions.len());
            for transition in &state.transitions {
                form.u8(transition.action as u8).u16(transition.target);
            }
        }
        twox_hash::XxHash64::oneshot(0, &form.into_bytes())
    }
}

impl<E> Progress<E> {
    /// Writes what there is; each event becomes a number, its place in `events`.
    pub fn encode<'e>(&'e self, out: &mut Encoder, events: &mut Vec<&'e E>) {
        let Buffer { nodes, events: kept } = &self.buffer;
        let (mut event_places, mut node_places) = (Vec::new(), Vec::new());
        out.u64(self.seen).count(kept.len());
        for (place, (slot, entry)) in kept.iter().enumerate() {
            set(&mut event_places, slot, place as u32);
            out.u32(events.len() as u32).i64(entry.start.0).u64(entry.start.1);
            events.push(&entry.event);
        }
        for (place, (slot, _)) in nodes.iter().enumerate() {
            set(&mut node_places, slot, place as u32);
        }
        let place_of = |node: u32| if node == NOWHERE { NOWHERE } else { node_places[node as usize] };
        out.count(nodes.len());
        for (_, node) in nodes.iter() {
            out.u32(event_places[node.event as usize]).u16(node.label).u32(place_of(node.before));
        }
        for queue in [&self.partial, &self.completed] {
            out.count(queue.as_slice().len());
            for Partial { state, node, start, previous } in queue.as_slice() {
                out.u16(*state).u32(place_of(*node)).i64(start.0).u64(start.1).i64(*previous);
            }
        }
    }

    /// What [`Progress::encode`] wrote; `event` gives the event of a number.
    pub fn decode(
        from: &mut Decoder,
        nfa: &Nfa,
        mut event: impl FnMut(u32) -> Option<E>,
    ) -> Result<Progress<E>, CheckpointError> {
        let mut progress = Progress { seen: from.u64()?, ..Progress::default() };
        let buffer = &mut progress.buffer;
        let events = from.list(|from| {
            let event = event(from.u32()?).ok_or_else(|| from.damaged("it has an event that is not there"))?;
            Ok(buffer.events.add(Entry { event, start: (from.i64()?, from.u64()?), users: 0 }))
        })?;
        let nodes = from.list(|from| {
            let (event, label, before) = (from.u32()?, from.u16()?, from.u32()?);
            if event as usize >= events.len() || usize::from(label) >= nfa.labels.len() {
                return Err(from.damaged("it has a match of an event that is not there"));
            }
            buffer.events.get_mut(event).users += 1;
            Ok(buffer.nodes.add(Node { event, label, users: 0, before }))
        })?;
        let there = |node: u32| node == NOWHERE || (node as usize) < nodes.len();
        let befores: Vec<u32> = nodes.iter().map(|node| buffer.nodes.get(*node).before).collect();
        if !befores.iter().copied().all(there) {
            return Err(from.damaged("it has a match that leads nowhere"));
        }
        befores.into_iter().for_each(|before| buffer.lock(before));
        for completed in [false, true] {
            let partials = from.list(|from| {
                let (state, node) = (from.u16()?, from.u32()?);
                let (start, previous) = ((from.i64()?, from.u64()?), from.i64()?);
                if !there(node) || usize::from(state) >= nfa.states.len() {
                    return Err(from.damaged("it has a match in a state that is not there"));
                }
                buffer.lock(node);
                Ok(Partial { state, node, start, previous })
            })?;
            let queue = if completed { &mut progress.completed } else { &mut progress.partial };
            *queue = Queue::from_heap(partials);
        }
        // a key whose events all wait for their time has nothing yet
        progress.begun = progress.partial.as_slice().iter().any(|partial| partial.node == NOWHERE);
        progress.set_deadline(nfa);
        Ok(progress)
    }
}

/// Grows the list up to `at`.
fn set(places: &mut Vec<u32>, at: u32, place: u32) {
    let at = at as usize;
    if places.len() <= at {
        places.resize(at + 1, NOWHERE);
    }
    places[at] = place;
}
