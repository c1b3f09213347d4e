//! Patterns of one event and those that repeat, and the conditions under which their states take and pass over.

use super::Compiler;
use crate::cep::condition::{Condition, Leaf};
use crate::cep::nfa::{Action, Kind};
use crate::cep::pattern::Step;
use crate::cep::quantifier::Contiguity;

/// The conditions of a state.
pub(super) struct Conditions<C> {
    take: Condition<C>,
    /// None where nothing may be passed over.
    ignore: Option<Condition<C>>,
}

impl<'p, C: Leaf> Compiler<'p, C> {
    /// `from` to `to` states one behind the other; from those that may be the last it can go on to `proceed`.
    pub(super) fn times(&mut self, sink: usize, proceed: usize, from: u32, to: u32) -> usize {
        let step = self.step();
        self.set_first_of_loop(false);
        let until = step.until.as_ref();
        let take = not_until(self.take_condition(step), until);
        let ignore = self.inner_ignore(step).map(|ignore| not_until(ignore, until));
        let inner = Conditions { take: take.clone(), ignore };
        if step.quantifier.greedy && from != to {
            if until.is_some() {
                let copy = self.copy(sink);
                self.originals.insert(sink, copy);
            }
            self.restrict(sink, &take);
        }
        let mut last = sink;
        for _ in from..to {
            if self.too_large {
                return last;
            }
            last = self.state(last, Some(proceed), &inner);
            self.stop_if_followed_by_not(last);
        }
        for _ in 1..from {
            if self.too_large {
                return last;
            }
            last = self.state(last, None, &inner);
            self.stop_if_followed_by_not(last);
        }
        self.set_first_of_loop(true);
        let first = Conditions { take, ignore: self.outer_ignore(step) };
        self.state(last, step.quantifier.optional.then_some(proceed), &first)
    }

    pub(super) fn single(&mut self, sink: usize) -> usize {
        let step = self.step();
        let conditions = Conditions { take: self.take_condition(step), ignore: self.outer_ignore(step) };
        self.state(sink, step.quantifier.optional.then_some(sink), &conditions)
    }

    /// A state that takes one event; `proceed` is where it can go on without one.
    fn state(&mut self, sink: usize, proceed: Option<usize>, conditions: &Conditions<C>) -> usize {
        let step = self.step();
        if let Some(patterns) = &step.group {
            return self.group(step, patterns, sink, proceed);
        }
        let Conditions { take, ignore } = conditions;
        let state = self.waiting_state(Kind::Normal);
        let sink = self.without_nots(sink);
        self.link(state, Action::Take, sink, take.clone());
        if let Some(proceed) = proceed {
            self.proceed(state, proceed);
        }
        let Some(ignore) = ignore else { return state };
        // what has passed over an event must not proceed as if it had not, or matches would be found twice
        let passed_over = if proceed.is_some() || self.is_head_of_optional_group() {
            let passed_over = self.passing_state();
            self.link(passed_over, Action::Take, sink, take.clone());
            self.link(passed_over, Action::Ignore, passed_over, ignore.clone());
            for (condition, name) in self.nots_before() {
                let stop = self.stop_state(&condition, &name);
                self.link(passed_over, Action::Proceed, stop, condition);
            }
            passed_over
        } else {
            state
        };
        self.link(state, Action::Ignore, passed_over, ignore.clone());
        state
    }

    /// A greedy pattern that ends with a condition goes on unrestricted when that holds.
    fn proceed(&mut self, state: usize, to: usize) {
        let step = self.step();
        let always = self.always();
        match (&step.until, step.quantifier.greedy) {
            (Some(until), true) => {
                if let Some(original) = self.originals.get(&to).copied() {
                    self.link(state, Action::Proceed, original, always.clone().and(until.clone()));
                }
                self.link(state, Action::Proceed, to, always.and(until.clone().negated()));
            }
            _ => self.link(state, Action::Proceed, to, always),
        }
    }

    /// A state that takes events again and again, and from which it can go on to `sink` at any time.
    pub(super) fn looping(&mut self, sink: usize) -> usize {
        let step = self.step();
        if let Some(patterns) = &step.group {
            return self.looping_group(step, patterns, sink);
        }
        let until = step.until.as_ref();
        let ignore = self.inner_ignore(step).map(|ignore| not_until(ignore, until));
        let take = not_until(self.take_condition(step), until);
        let state = self.waiting_state(Kind::Normal);
        if step.quantifier.greedy {
            if until.is_some() {
                let copy = self.copy(sink);
                self.originals.insert(sink, copy);
            }
            self.proceed(state, sink);
            let taken = self.take_condition(step);
            self.restrict(sink, &taken);
        } else {
            let always = self.always();
            self.link(state, Action::Proceed, sink, always);
        }
        self.link(state, Action::Take, state, take.clone());
        self.stop_if_followed_by_not(state);
        if let Some(ignore) = ignore {
            let passed_over = self.passing_state();
            self.link(passed_over, Action::Take, state, take);
            self.link(passed_over, Action::Ignore, passed_over, ignore.clone());
            self.link(state, Action::Ignore, passed_over, ignore);
            self.stop_if_followed_by_not(passed_over);
        }
        state
    }

    fn stop_if_followed_by_not(&mut self, state: usize) {
        if let Some(not) = self.place.following.filter(|step| step.contiguity == Contiguity::NotFollowedBy) {
            let condition = self.take_condition(not);
            let stop = self.stop_state(&condition, &not.name);
            self.link(state, Action::Proceed, stop, condition);
        }
    }

    /// Where a greedy pattern may take an event, what is behind it may not.
    fn restrict(&mut self, state: usize, taken: &Condition<C>) {
        for transition in &mut self.drafts[state].transitions {
            let condition = std::mem::replace(&mut transition.condition, Condition::True);
            transition.condition = condition.and(taken.clone().negated());
        }
    }

    fn group_until(&self) -> Option<&'p Condition<C>> {
        self.place.group.and_then(|group| group.until.as_ref())
    }

    /// True, as long as the loop of the group around has not ended.
    pub(super) fn always(&self) -> Condition<C> {
        not_until(Condition::True, self.group_until())
    }

    pub(super) fn take_condition(&self, step: &Step<C>) -> Condition<C> {
        not_until(step.condition.clone().unwrap_or(Condition::True), self.group_until())
    }

    /// What may be passed over in front of the pattern's first event.
    fn outer_ignore(&self, step: &'p Step<C>) -> Option<Condition<C>> {
        let contiguity = match self.group_of_head(step) {
            Some(group) if self.is_first_of_loop() => group.contiguity,
            Some(group) => group.quantifier.inner,
            None => step.contiguity,
        };
        self.ignore(step, contiguity)
    }

    /// What may be passed over between the pattern's events.
    fn inner_ignore(&self, step: &'p Step<C>) -> Option<Condition<C>> {
        let of = self.group_of_head(step).unwrap_or(step);
        self.ignore(step, of.quantifier.inner)
    }

    fn ignore(&self, step: &Step<C>, contiguity: Contiguity) -> Option<Condition<C>> {
        let ignore = match contiguity {
            Contiguity::Relaxed => step.condition.clone().unwrap_or(Condition::True).negated(),
            Contiguity::RelaxedAny => Condition::True,
            Contiguity::Strict | Contiguity::NotNext | Contiguity::NotFollowedBy => return None,
        };
        Some(not_until(ignore, self.group_until()))
    }
}

/// The condition, before the loop ends.
fn not_until<C>(condition: Condition<C>, until: Option<&Condition<C>>) -> Condition<C> {
    match until {
        Some(until) => until.clone().negated().and(condition),
        None => condition,
    }
}
