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
    scratch: Scratch,
}

/// What is kept from one event to the next for its memory.
#[derive(Default)]
struct Scratch {
    /// The partial matches before the event, and those that it completes.
    before: Queue,
    complete: Queue,
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
        Ok((Matcher { nfa, skip: pattern.skip.clone(), truth, scratch: Scratch::default() }, leaves))
    }

    pub fn nfa(&self) -> &Nfa {
        &self.nfa
    }

    /// Another one of the same pattern.
    pub fn another(&self) -> Matcher {
        let truth = Truth::new(&self.nfa.looks_back);
        Matcher { nfa: self.nfa.clone(), skip: self.skip.clone(), truth, scratch: Scratch::default() }
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
        let mut before = std::mem::take(&mut self.scratch.before);
        progress.partial.move_to(&mut before);
        let done = self.step_all(progress, &before, event, host);
        self.scratch.before = before;
        done?;
        progress.buffer.release_event(event.slot);
        Ok(())
    }

    /// What becomes of all partial matches with an event: those that stay are put back, complete ones handed over.
    fn step_all<E>(
        &mut self,
        progress: &mut Progress<E>,
        before: &Queue,
        event: Event,
        host: &mut impl Host<E>,
    ) -> Result<()> {
        self.scratch.complete.clear();
        for partial in before.as_slice() {
            self.truth.next_partial();
            self.step(progress, partial, event, host)?;
            let Matcher { nfa, scratch: Scratch { next, complete, .. }, .. } = self;
            let stopped = next.iter().any(|next| nfa.state(next.state).kind == Kind::Stop);
            for next in next.drain(..) {
                match nfa.state(next.state).kind {
                    _ if next.node == NOWHERE => progress.partial.add(next),
                    Kind::Final => complete.add(next),
                    _ if stopped => progress.buffer.release(next.node),
                    _ => {
                        let deadline = nfa.deadline(next.state, next.start.0, next.previous);
                        progress.deadline = progress.deadline.min(deadline);
                        progress.partial.add(next);
                    }
                }
            }
        }
        self.settle(progress, event.start.0, host)
    }

    /// No event before `time` will come any more: partial matches run out of time, and matches that waited for that are
    /// found.
    pub fn advance<E>(&mut self, progress: &mut Progress<E>, time: i64, host: &mut impl Host<E>) -> Result<()> {
        if time < progress.deadline {
            return Ok(());
        }
        let mut before = std::mem::take(&mut self.scratch.before);
        progress.partial.move_to(&mut before);
        let done = self.give_up(progress, &before, time, host);
        self.scratch.before = before;
        done?;
        progress.set_deadline(&self.nfa);
        Ok(())
    }

    /// Puts back the partial matches whose time is not over.
    fn give_up<E>(
        &mut self,
        progress: &mut Progress<E>,
        before: &Queue,
        time: i64,
        host: &mut impl Host<E>,
    ) -> Result<()> {
        let Matcher { nfa, scratch: Scratch { complete, .. }, .. } = self;
        complete.clear();
        for partial in before.as_slice() {
            let deadline = match partial.node {
                NOWHERE => i64::MAX,
                _ => nfa.deadline(partial.state, partial.start.0, partial.previous),
            };
            if time < deadline || deadline == i64::MAX {
                progress.partial.add(*partial);
            } else if nfa.state(partial.state).kind == Kind::Pending {
                complete.add(*partial);
            } else {
                if host.wants_timed_out() {
                    host.timed_out(&progress.buffer.found(nfa, partial.node), deadline)?;
                }
                progress.buffer.release(partial.node);
            }
        }
        self.settle(progress, time, host)
    }

    /// Hands over the matches that nothing earlier can make the skip strategy give up.
    fn settle<E>(&self, progress: &mut Progress<E>, time: i64, host: &mut impl Host<E>) -> Result<()> {
        let Progress { buffer, completed, partial, .. } = progress;
        self.scratch.complete.as_slice().iter().for_each(|complete| completed.add(*complete));
        while let Some(earliest) = completed.first().copied() {
            if self.skip.skips() && partial.first().is_some_and(|partial| partial.start < earliest.start) {
                break;
            }
            completed.take_first();
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

    /// What becomes of a partial match with an event, into `scratch.next`.
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
        let decided = std::mem::take(&mut self.scratch.transitions);
        for &(action, source, target) in &decided {
            match action {
                Action::Ignore if is_start => {}
                Action::Take => {
                    let label = self.nfa.state(source).label;
                    let node = progress.buffer.take(label, event.slot, partial.node);
                    let start = if is_start { event.start } else { partial.start };
                    let next = Partial { state: target, node, start, previous: time };
                    progress.buffer.lock(node);
                    self.scratch.next.push(next);
                    if let Some(state) = self.completed_by(progress, partial, target, event, host)? {
                        progress.buffer.lock(node);
                        self.scratch.next.push(Partial { state, ..next });
                    }
                }
                _ => {
                    progress.buffer.lock(partial.node);
                    self.scratch.next.push(Partial { state: target, ..*partial });
                }
            }
        }
        self.scratch.transitions = decided;
        if is_start {
            self.scratch.next.push(*partial);
        }
        progress.buffer.release(partial.node);
        Ok(())
    }

    /// The transitions that an event takes, into `scratch.transitions`: action, source, target.
    fn decide<E>(
        &mut self,
        progress: &Progress<E>,
        partial: &Partial,
        event: Event,
        host: &mut impl Host<E>,
    ) -> Result<()> {
        let Matcher { nfa, truth, scratch: Scratch { transitions, visiting, .. }, .. } = self;
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
        let Matcher { nfa, truth, scratch: Scratch { visiting, .. }, .. } = self;
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
