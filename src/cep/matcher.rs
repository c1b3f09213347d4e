//! Runs a pattern's automaton over the events of a key, as Flink's `NFA` does.

use super::buffer::{Found, NOWHERE, SoFar};
use super::condition::Leaf;
use super::error::CepError;
use super::nfa::{Action, Kind, Nfa};
use super::pattern::Pattern;
use super::progress::Progress;
use super::queue::{NO_START, Partial, Queue, Start};
use super::skip::Skip;
use super::truth::Truth;
use crate::error::Result;

/// Evaluates conditions, and is given what is found.
pub trait Host<E> {
    /// Whether a single test holds; `condition` is its number among those that [`Matcher::new`] returned.
    fn holds(&mut self, condition: usize, event: &E, time: i64, so_far: &SoFar<'_, E>) -> Result<bool>;

    /// A match; `time` (ms) is that of its last event, or that at which nothing more could keep it from being one.
    fn matched(&mut self, found: &Found<'_, E>, time: i64) -> Result<()>;

    /// Whether [`Host::timed_out`] is of use.
    fn wants_timed_out(&self) -> bool {
        false
    }

    /// A partial match that has run out of time, at `time` (ms).
    fn timed_out(&mut self, _found: &Found<'_, E>, _time: i64) -> Result<()> {
        Ok(())
    }
}

/// A compiled pattern.
pub struct Matcher {
    nfa: Nfa,
    skip: Skip,
    truth: Truth,
    // kept from one event to the next for their memory
    next: Vec<Partial>,
    transitions: Vec<(Action, u16, u16)>,
    visiting: Vec<u16>,
}

/// The event at hand.
#[derive(Clone, Copy)]
struct Event {
    slot: u32,
    start: Start,
}

impl Matcher {
    /// The compiled pattern, and its single tests in the order of their numbers.
    pub fn new<C: Leaf>(pattern: &Pattern<C>) -> Result<(Matcher, Vec<C>), CepError> {
        let (nfa, leaves) = super::compile::compile(pattern)?;
        let truth = Truth::new(&nfa.looks_back);
        let (next, transitions, visiting) = (Vec::new(), Vec::new(), Vec::new());
        Ok((Matcher { nfa, skip: pattern.skip.clone(), truth, next, transitions, visiting }, leaves))
    }

    pub fn nfa(&self) -> &Nfa {
        &self.nfa
    }

    /// Another one of the same pattern.
    pub fn another(&self) -> Matcher {
        let (next, transitions, visiting) = (Vec::new(), Vec::new(), Vec::new());
        let truth = Truth::new(&self.nfa.looks_back);
        Matcher { nfa: self.nfa.clone(), skip: self.skip.clone(), truth, next, transitions, visiting }
    }

    /// The next event of a key. Call [`Matcher::advance`] with its time before.
    pub fn process<E>(
        &mut self,
        progress: &mut Progress<E>,
        event: E,
        time: i64,
        host: &mut impl Host<E>,
    ) -> Result<()> {
        progress.begin(self);
        let start = (time, progress.seen);
        progress.seen += 1;
        let event = Event { slot: progress.buffer.add_event(event, start), start };
        self.truth.next_event();
        let before = std::mem::take(&mut progress.partial);
        let (mut kept, mut complete) = (Queue::default(), Queue::default());
        for partial in before.as_slice() {
            self.truth.next_partial();
            self.step(progress, partial, event, host)?;
            let stopped = self.next.iter().any(|next| self.nfa.state(next.state).kind == Kind::Stop);
            for next in self.next.drain(..) {
                match self.nfa.state(next.state).kind {
                    _ if next.node == NOWHERE => kept.add(next),
                    Kind::Final => complete.add(next),
                    _ if stopped => progress.buffer.release(next.node),
                    _ => {
                        let deadline = self.nfa.deadline(next.state, next.start.0, next.previous);
                        progress.deadline = progress.deadline.min(deadline);
                        kept.add(next);
                    }
                }
            }
        }
        self.settle(progress, &complete, &mut kept, time, host)?;
        progress.partial = kept;
        progress.buffer.release_event(event.slot);
        Ok(())
    }

    /// No event before `time` will come any more: partial matches run out of time, and matches that waited for that are
    /// found.
    pub fn advance<E>(&mut self, progress: &mut Progress<E>, time: i64, host: &mut impl Host<E>) -> Result<()> {
        if time < progress.deadline {
            return Ok(());
        }
        let before = std::mem::take(&mut progress.partial);
        let (mut kept, mut complete) = (Queue::default(), Queue::default());
        for partial in before.as_slice() {
            let deadline = match partial.node {
                NOWHERE => i64::MAX,
                _ => self.nfa.deadline(partial.state, partial.start.0, partial.previous),
            };
            if time < deadline || deadline == i64::MAX {
                kept.add(*partial);
            } else if self.nfa.state(partial.state).kind == Kind::Pending {
                complete.add(*partial);
            } else {
                if host.wants_timed_out() {
                    host.timed_out(&progress.buffer.found(&self.nfa, partial.node), deadline)?;
                }
                progress.buffer.release(partial.node);
            }
        }
        self.settle(progress, &complete, &mut kept, time, host)?;
        progress.partial = kept;
        progress.set_deadline(&self.nfa);
        Ok(())
    }

    /// Hands over the matches that nothing earlier can make the skip strategy give up.
    fn settle<E>(
        &self,
        progress: &mut Progress<E>,
        complete: &Queue,
        partial: &mut Queue,
        time: i64,
        host: &mut impl Host<E>,
    ) -> Result<()> {
        complete.as_slice().iter().for_each(|complete| progress.completed.add(*complete));
        while let Some(earliest) = progress.completed.first().copied() {
            if self.skip.skips() && partial.first().is_some_and(|partial| partial.start < earliest.start) {
                break;
            }
            progress.completed.take_first();
            let Progress { buffer, completed, .. } = progress;
            let found = buffer.found(&self.nfa, earliest.node);
            let give_up = if self.skip.skips() { self.skip.give_up(&found.starts())? } else { None };
            host.matched(&found, time)?;
            if let Some(give_up) = give_up {
                let goes = |partial: &Partial| partial.start != NO_START && give_up.covers(partial.start);
                partial.remove(goes, |gone| buffer.release(gone.node));
                completed.remove(goes, |gone| buffer.release(gone.node));
            }
            buffer.release(earliest.node);
        }
        Ok(())
    }

    /// What becomes of a partial match with an event, into `self.next`.
    fn step<E>(
        &mut self,
        progress: &mut Progress<E>,
        partial: &Partial,
        event: Event,
        host: &mut impl Host<E>,
    ) -> Result<()> {
        let time = event.start.0;
        self.decide(progress, partial, event, host)?;
        let is_start = partial.node == NOWHERE;
        let decided = std::mem::take(&mut self.transitions);
        for &(action, source, target) in &decided {
            match action {
                Action::Ignore if is_start => {}
                Action::Take => {
                    let label = self.nfa.state(source).label;
                    let node = progress.buffer.take(label, event.slot, partial.node);
                    let start = if is_start { event.start } else { partial.start };
                    let next = Partial { state: target, node, start, previous: time };
                    progress.buffer.lock(node);
                    self.next.push(next);
                    if let Some(state) = self.completed_by(progress, partial, target, event, host)? {
                        progress.buffer.lock(node);
                        self.next.push(Partial { state, ..next });
                    }
                }
                _ => {
                    progress.buffer.lock(partial.node);
                    self.next.push(Partial { state: target, ..*partial });
                }
            }
        }
        self.transitions = decided;
        if is_start {
            self.next.push(*partial);
        }
        progress.buffer.release(partial.node);
        Ok(())
    }

    /// The transitions that an event takes, into `self.transitions`: action, source, target.
    fn decide<E>(
        &mut self,
        progress: &Progress<E>,
        partial: &Partial,
        event: Event,
        host: &mut impl Host<E>,
    ) -> Result<()> {
        let Matcher { nfa, truth, transitions, visiting, .. } = self;
        let mut ask = asking(nfa, progress, partial, event, host);
        transitions.clear();
        visiting.push(partial.state);
        while let Some(at) = visiting.pop() {
            for transition in &nfa.state(at).transitions {
                if truth.of(&transition.test, &mut ask)? {
                    match transition.action {
                        Action::Proceed => visiting.push(transition.target),
                        action => transitions.push((action, at, transition.target)),
                    }
                }
            }
        }
        Ok(())
    }

    /// The final state that can be reached from `state` without another event.
    fn completed_by<E>(
        &mut self,
        progress: &Progress<E>,
        partial: &Partial,
        state: u16,
        event: Event,
        host: &mut impl Host<E>,
    ) -> Result<Option<u16>> {
        let Matcher { nfa, truth, visiting, .. } = self;
        let mut ask = asking(nfa, progress, partial, event, host);
        visiting.clear();
        visiting.push(state);
        while let Some(at) = visiting.pop() {
            let proceeds = nfa.state(at).transitions.iter().filter(|transition| transition.action == Action::Proceed);
            for transition in proceeds {
                if truth.of(&transition.test, &mut ask)? {
                    if nfa.state(transition.target).kind == Kind::Final {
                        return Ok(Some(transition.target));
                    }
                    visiting.push(transition.target);
                }
            }
        }
        Ok(None)
    }
}

/// Asks the host for a test's value.
fn asking<'a, E>(
    nfa: &'a Nfa,
    progress: &'a Progress<E>,
    partial: &'a Partial,
    event: Event,
    host: &'a mut impl Host<E>,
) -> impl FnMut(usize) -> Result<bool> + 'a {
    let of = &progress.buffer.events.get(event.slot).event;
    let so_far = SoFar { nfa, buffer: &progress.buffer, node: partial.node };
    move |condition| host.holds(condition, of, event.start.0, &so_far)
}
